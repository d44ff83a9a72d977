/* inside.c - segmenters that read a generator's activations in place of pictures. */
#include "base/alloc.h"
#include "base/json.h"
#include "ganatomy/data.h"
#include "seg/kind.h"
#include <math.h>
#include <string.h>

struct ga_seg_own_inside {
    ga_seg_inside face;
    const char *layer[GA_SEG_MOST_LAYERS];
    json_t *words; /* owns all of them */
};

void ga_seg_inside_free(ga_seg_own_inside *in)
{
    if (in == NULL)
        return;
    json_decref(in->words);
    ga_mem_free(in);
}

const ga_seg_inside *ga_segmenter_inside(const ga_segmenter *s)
{
    return s->inside != NULL ? &s->inside->face : NULL;
}

static ga_status read_layers(ga_seg_own_inside *in, const ga_json_at *at, ga_err *err)
{
    const json_t *list = json_object_get(in->words, "layers");
    const size_t n = json_array_size(list);
    if (n < 1 || n > GA_SEG_MOST_LAYERS)
        return ga_json_fail(at, "layers", err, "is not a list of 1 to %d layers",
                            GA_SEG_MOST_LAYERS);
    for (size_t i = 0; i < n; i++) {
        in->layer[i] = json_string_value(json_array_get(list, i));
        if (in->layer[i] == NULL)
            return ga_json_fail(at, "layers", err, "has an entry that is no text");
    }
    in->face.layers = in->layer;
    in->face.n_layers = (int)n;
    return GA_OK;
}

static ga_status read_note(ga_seg_own_inside *in, const char *note, ga_err *err)
{
    const ga_json_at at = {.where = "what the segmenter says of its generator"};
    const char *bn = "running";
    ga_status status = ga_json_parse(note, strlen(note), at.where, &in->words, err);
    if (status == GA_OK)
        status = ga_json_get_string(in->words, &at, "generator", false, &in->face.generator, err);
    if (status == GA_OK)
        status = ga_json_get_string(in->words, &at, "sha256", false, &in->face.sha256, err);
    if (status == GA_OK)
        status = ga_json_get_string(in->words, &at, "bn", false, &bn, err);
    if (status == GA_OK && strcmp(bn, "running") != 0 && strcmp(bn, "image") != 0)
        status = ga_json_fail(&at, "bn", err, "is '%.20s', expected running or image", bn);
    in->face.bn = strcmp(bn, "image") == 0 ? GA_BN_IMAGE : GA_BN_RUNNING;
    return status == GA_OK ? read_layers(in, &at, err) : status;
}

ga_status ga_seg_inside_read(const char *note, ga_seg_own_inside **out, ga_err *err)
{
    ga_seg_own_inside *in = *out = ga_mem_new(1, sizeof *in);
    if (in == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a segmenter");
    const ga_status status = read_note(in, note, err);
    if (status != GA_OK) {
        ga_seg_inside_free(in);
        *out = NULL;
    }
    return status;
}

ga_status ga_segmenter_check_inside(const ga_segmenter *s, ga_model *generator, ga_bn_mode bn,
                                    ga_err *err)
{
    const ga_seg_inside *in = ga_segmenter_inside(s);
    const ga_arch *a = ga_model_arch(generator);
    const ga_graph *g = ga_model_graph(generator);
    const ga_dims made = ga_graph_output_dims(g);
    char hash[65];
    int units = 0;
    ga_model_hash(generator, hash);
    if (strcmp(hash, in->sha256) != 0)
        return ga_fail(err, GA_EINVAL,
                       "the segmenter '%s' reads the activations of '%s' with sha256 %.12s..., and "
                       "this is '%s' with %.12s...: its units mean other things (`ganatomy parts "
                       "train` makes one for it)",
                       s->name, in->generator, in->sha256, ga_arch_name(a), hash);
    if (bn != in->bn)
        return ga_fail(err, GA_EINVAL,
                       "the segmenter '%s' was trained with --bn %s: other statistics make other "
                       "activations",
                       s->name, in->bn == GA_BN_IMAGE ? "image" : "running");
    for (int i = 0; i < in->n_layers; i++) {
        int tap;
        const ga_status status = ga_graph_need(g, in->layers[i], &tap, err);
        if (status != GA_OK)
            return status;
        units += ga_graph_tap_dims(g, tap).c;
    }
    if (units != s->dims.c || made.h != s->dims.h || made.w != s->dims.w)
        return ga_fail(err, GA_EDATA,
                       "the segmenter '%s' reads %d units at %d x %d, its generator's layers have "
                       "%d for pictures of %d x %d",
                       s->name, s->dims.c, s->dims.h, s->dims.w, units, made.h, made.w);
    return GA_OK;
}

static ga_status check(const ga_segmenter *s, const ga_view *v, int h, int w, ga_err *err)
{
    int units = 0;
    if (s->inside == NULL)
        return ga_fail(err, GA_EINVAL, "'%s' reads pictures, not activations", s->name);
    for (int i = 0; i < s->inside->face.n_layers; i++) {
        units += v[i].c;
        if (v[i].n != v[0].n)
            return ga_fail(err, GA_ESHAPE, "activations of %d images in one layer, %d in another",
                           v[0].n, v[i].n);
    }
    if (units != s->dims.c)
        return ga_fail(err, GA_ESHAPE, "'%s' reads %d units, not %d", s->name, s->dims.c, units);
    if (h < 1 || w < 1 || h > s->dims.h || w > s->dims.w)
        return ga_fail(err, GA_EINVAL, "label maps of %dx%d: '%s' makes them from 1x1 to %dx%d", h,
                       w, s->name, s->dims.h, s->dims.w);
    return GA_OK;
}

/* Image i of all layers, each resized to the picture, one behind the other. */
static ga_status stack(const ga_segmenter *s, const ga_view *v, int i, float *dst, ga_err *err)
{
    const size_t pixels = (size_t)s->dims.h * (size_t)s->dims.w;
    for (int l = 0; l < s->inside->face.n_layers; l++) {
        const size_t one = (size_t)v[l].c * (size_t)v[l].h * (size_t)v[l].w;
        const float *from = v[l].data + (size_t)i * one;
        for (size_t k = 0; k < one; k++)
            if (isnan(from[k]))
                return ga_fail(err, GA_EDATA,
                               "layer '%s' of image %d has values that are not "
                               "numbers",
                               s->inside->face.layers[l], i);
        ga_resize_bilinear(from, v[l].c, v[l].h, v[l].w, dst, s->dims.h, s->dims.w);
        dst += (size_t)v[l].c * pixels;
    }
    return GA_OK;
}

ga_status ga_segmenter_maps_inside(ga_segmenter *s, const ga_view *activations, int h, int w,
                                   uint16_t *maps, ga_err *err)
{
    const size_t map = (size_t)s->planes * (size_t)h * (size_t)w, one = ga_dims_count(s->dims);
    ga_status status = check(s, activations, h, w, err);
    if (status == GA_OK)
        status = ga_seg_need_room(s, (size_t)s->kind->batch * one, err);
    const int all = status == GA_OK ? activations[0].n : 0;
    for (int first = 0; first < all && status == GA_OK; first += s->kind->batch) {
        const int n = all - first < s->kind->batch ? all - first : s->kind->batch;
        for (int i = 0; i < n && status == GA_OK; i++)
            status = stack(s, activations, first + i, s->room + (size_t)i * one, err);
        if (status == GA_OK)
            status = s->kind->maps(s, s->room, n, h, w, maps + (size_t)first * map, err);
    }
    return status;
}
