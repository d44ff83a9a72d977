/* families_progan_keys.c - the three kinds of keys under which progressive GANs were published, and
 * a network's sizes from its weights. docs/formats/progan.md has them as tables. */
#include <stdio.h>
#include <string.h>
#include "model/family.h"

enum { LAYERS, FEATURES, TENSORFLOW, OUTPUT = 0 };

/* Layer K of "layerK.conv.weight", 0 of "output_64x64.conv.weight"; *bias: it is "...wscale.b".
 * -1: something else. */
static int layer_of(const char *ours, bool *bias)
{
    const char *tail = strchr(ours, '.');
    int k = OUTPUT;
    if (tail == NULL || (sscanf(ours, "layer%d.", &k) != 1 && strncmp(ours, "output_", 7) != 0))
        return -1;
    *bias = strcmp(tail, ".wscale.b") == 0;
    return *bias || strcmp(tail, ".conv.weight") == 0 ? k : -1;
}

static void set_layout(ga_foreign *f, const int axis[4], bool flip)
{
    f->rank = 4;
    f->flip = flip;
    memcpy(f->axis, axis, sizeof f->axis);
}

/* TensorFlow's variables are named by size, and lie (height, width, in, out); those of transposed
 * convolutions (height, width, out, in). The first layer is a product of z with (z, C*4*4), which
 * a convolution of one padded pixel reads backward. */
static void tensorflow_key(int layer, bool bias, ga_foreign *f)
{
    static const int dense[] = {1, 0, 2, 3}, up[] = {2, 3, 0, 1}, plain[] = {3, 2, 0, 1};
    const int size = layer < 3 ? 4 : 4 << ((layer - 1) / 2);
    const char *what = layer == 1       ? "Dense"
                       : layer == 2     ? "Conv"
                       : layer % 2 == 1 ? "Conv0_up"
                                        : "Conv1";
    const char *part = bias ? "bias" : "weight";
    if (layer == OUTPUT)
        (void)snprintf(f->key, sizeof f->key, "ToRGB_lod0/%s", part);
    else
        (void)snprintf(f->key, sizeof f->key, "%dx%d/%s/%s", size, size, what, part);
    if (bias)
        return;
    if (layer == 1)
        set_layout(f, dense, true);
    else if (layer != OUTPUT && layer % 2 == 1)
        set_layout(f, up, true);
    else
        set_layout(f, plain, false);
}

bool ga_progan_foreign(const char *ours, int style, ga_foreign *f)
{
    bool bias = false;
    const int layer = layer_of(ours, &bias);
    const char *part = bias ? "wscale.b" : "conv.weight";
    const size_t block = strcspn(ours, ".");
    char name[48];
    *f = (ga_foreign){.own = "scale"};
    if (layer < 0 || style > TENSORFLOW || block > 24)
        return false;
    (void)snprintf(f->layer, sizeof f->layer, "%.*s.wscale", (int)block, ours);
    if (style == TENSORFLOW) {
        tensorflow_key(layer, bias, f);
        return true;
    }
    if (style == LAYERS)
        (void)snprintf(name, sizeof name, "%.*s", (int)block, ours);
    else if (layer == OUTPUT)
        (void)snprintf(name, sizeof name, "output");
    else
        (void)snprintf(name, sizeof name, "features.%d", layer - 1);
    (void)snprintf(f->key, sizeof f->key, "%s.%s", name, part);
    if (!bias)
        (void)snprintf(f->factor, sizeof f->factor, "%s.wscale.scale", name);
    return true;
}

/* The coarser pictures of a network that was grown, and how far it had grown. */
const char *const ga_progan_ignored[] = {"ToRGB_lod", "lod", NULL};

/* ---- sizes ------------------------------------------------------------------------------------*/

/* Channels out and in of a convolution as it lies in a file. False: not there, or no such shape. */
static bool channels_of(const ga_weights *w, const char *ours, int style, int *out, int *in)
{
    ga_foreign f;
    const ga_array *a = ga_progan_foreign(ours, style, &f) ? ga_foreign_find(w, f.key) : NULL;
    int64_t n[2];
    if (a == NULL || (a->rank != 4 && !(a->rank == 2 && f.rank == 4)))
        return false;
    for (int i = 0; i < 2; i++)
        n[i] = a->rank == 2 ? (f.axis[i] == 1 ? a->dim[1] / 16 : a->dim[0])
                            : a->dim[f.rank > 0 ? f.axis[i] : i];
    if (n[0] < 1 || n[1] < 1 || n[0] > 4096 || n[1] > 4096)
        return false;
    *out = (int)n[0];
    *in = (int)n[1];
    return true;
}

/* Do the knobs give these channels at 4, 8, ... pixels? */
static bool ladder_is(const int *channels, int n, int top, int width)
{
    for (int i = 0; i < n; i++) {
        const long long wanted = (long long)width << (n - 1 - i);
        if (channels[i] != (wanted < top ? (int)wanted : top))
            return false;
    }
    return true;
}

bool ga_progan_infer(const ga_weights *w, char *knobs, size_t size)
{
    enum { MOST = 9 };
    int channels[MOST], z = 0, n = 0, style = LAYERS, colours = 0, in, top = 0;
    char ours[48];
    while (style <= TENSORFLOW && !channels_of(w, "layer1.conv.weight", style, &channels[0], &z))
        style++;
    if (style > TENSORFLOW)
        return false;
    for (n = 1; n < MOST; n++) {
        (void)snprintf(ours, sizeof ours, "layer%d.conv.weight", 2 * n + 1);
        if (!channels_of(w, ours, style, &channels[n], &in))
            break;
    }
    const int pixels = 2 << n;
    (void)snprintf(ours, sizeof ours, "output_%dx%d.conv.weight", pixels, pixels);
    if (!channels_of(w, ours, style, &colours, &in))
        return false;
    for (int i = 0; i < n; i++)
        top = channels[i] > top ? channels[i] : top;
    const int published = ga_progan_width(pixels);
    const bool usual = ladder_is(channels, n, 512, published);
    (void)snprintf(knobs, size, "pixels=%d,channels=%d,z=%d,top=%d,width=%d", pixels, colours, z,
                   usual ? 512 : top, usual ? 0 : channels[n - 1]);
    return usual || ladder_is(channels, n, top, channels[n - 1]);
}
