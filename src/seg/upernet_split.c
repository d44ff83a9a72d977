/* upernet_split.c - the description with other layers in place of the fusion, then its numbers. */
#include "seg/upernet_split.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define FUSION  "decoder.fusion"        /* Concat of the first map and of resized ones */
#define PRODUCT "decoder.conv_fusion.0" /* its 3x3 convolution */
#define RESIZED "decoder.up."           /* Upsample */
#define PART    "split."                /* the layers in their place: split.0, split.1, ... */
enum { TAPS = 9, MOST = 8 };

/* What is found of the fusion. */
typedef struct fusion {
    const char *part[MOST]; /* the first map; what is resized */
    int parts, in, out;     /* channels of each, and of the product */
} fusion;

static const json_t *layer_named(const json_t *layers, const char *name)
{
    size_t i;
    const json_t *layer;
    json_array_foreach((json_t *)layers, i, layer)
    {
        const char *is = json_string_value(json_object_get(layer, "name"));
        if (is != NULL && strcmp(is, name) == 0)
            return layer;
    }
    return NULL;
}

static int whole(const json_t *layer, const char *key)
{
    return (int)json_integer_value(json_object_get(layer, key));
}

static const char *input_of(const json_t *layer, size_t i)
{
    return json_string_value(json_array_get(json_object_get(layer, "inputs"), i));
}

static bool find_fusion(const json_t *layers, fusion *f)
{
    const json_t *join = layer_named(layers, FUSION), *product = layer_named(layers, PRODUCT);
    const size_t n = json_array_size(json_object_get(join, "inputs"));
    if (n < 2 || n > MOST || whole(product, "kernel_size") != 3 || whole(product, "padding") != 1 ||
        whole(product, "stride") != 1 || !json_is_false(json_object_get(product, "bias")) ||
        json_object_get(product, "inputs") != NULL)
        return false;
    *f = (fusion){.parts = (int)n,
                  .in = whole(product, "in_channels") / (int)n,
                  .out = whole(product, "out_channels")};
    for (size_t k = 0; k < n; k++) {
        const char *name = input_of(join, k);
        if (k == 0) {
            f->part[k] = name;
            continue;
        }
        const json_t *up = layer_named(layers, name);
        const char *mode = json_string_value(json_object_get(up, "mode"));
        f->part[k] = input_of(up, 0);
        if (!ga_starts_with(name, RESIZED) || f->part[k] == NULL || mode == NULL ||
            strcmp(mode, "bilinear") != 0)
            return false;
    }
    return true;
}

/* ---- the description --------------------------------------------------------------------------*/

static bool add_parts(json_t *layers, const fusion *f)
{
    json_t *inputs = json_array();
    bool fine = inputs != NULL;
    for (int k = 0; k < f->parts && fine; k++) {
        char name[24];
        (void)snprintf(name, sizeof name, PART "%d", k);
        fine = json_array_append_new(
                   layers, json_pack("{s:s, s:s, s:[s], s:i, s:i, s:i, s:i, s:b}", "name", name,
                                     "type", "Conv2d", "inputs", f->part[k], "in_channels", f->in,
                                     "out_channels", k == 0 ? f->out : TAPS * f->out, "kernel_size",
                                     k == 0 ? 3 : 1, "padding", k == 0 ? 1 : 0, "bias", 0)) == 0 &&
               json_array_append_new(inputs, json_string(name)) == 0;
    }
    return fine &&
           json_array_append_new(layers, json_pack("{s:s, s:s, s:o}", "name", PRODUCT, "type",
                                                   "GatherTaps", "inputs", inputs)) == 0;
}

/* The description as text, ga_mem_free; NULL: no memory. */
static char *describe(json_t *document, const fusion *f)
{
    json_t *layers = json_array();
    size_t i;
    json_t *layer;
    bool fine = layers != NULL;
    json_array_foreach(json_object_get(document, "layers"), i, layer)
    {
        const char *name = json_string_value(json_object_get(layer, "name"));
        if (strcmp(name, PRODUCT) == 0)
            fine = fine && add_parts(layers, f);
        else if (strcmp(name, FUSION) != 0 && !ga_starts_with(name, RESIZED))
            fine = fine && json_array_append(layers, layer) == 0;
    }
    (void)json_object_del(document, "pieces"); /* no file has these keys */
    fine = json_object_set_new(document, "layers", layers) == 0 && fine;
    return fine ? ga_json_canonical(document) : NULL;
}

/* ---- its numbers ------------------------------------------------------------------------------*/

static const ga_param_spec *spec_named(const ga_graph *g, const char *name)
{
    for (int i = 0; i < ga_graph_n_params(g); i++)
        if (strcmp(ga_graph_param(g, i)->name, name) == 0)
            return ga_graph_param(g, i);
    return NULL;
}

/* Part k of W (out, parts in, 3, 3): as it is for the first, (9 out, in) tap by tap for others. */
static void fill_part(const float *w, const fusion *f, int k, float *dst)
{
    for (int o = 0; o < f->out; o++)
        for (int i = 0; i < f->in; i++) {
            const float *from = w +
                                ((size_t)o * (size_t)(f->parts * f->in) + (size_t)(k * f->in + i)) *
                                    TAPS;
            for (int tap = 0; tap < TAPS; tap++)
                dst[k == 0 ? ((size_t)o * (size_t)f->in + (size_t)i) * TAPS + (size_t)tap
                           : ((size_t)tap * (size_t)f->out + (size_t)o) * (size_t)f->in +
                                 (size_t)i] = from[tap];
        }
}

static void fill(ga_model *to, ga_model *m, const fusion *f)
{
    const ga_graph *g = ga_model_graph(to), *old = ga_model_graph(m);
    float *weights = ga_params_weights(ga_model_params(to), NULL),
          *buffers = ga_params_buffers(ga_model_params(to), NULL);
    const float *old_weights = ga_params_weights(ga_model_params(m), NULL),
                *old_buffers = ga_params_buffers(ga_model_params(m), NULL);
    for (int p = 0; p < ga_graph_n_params(g); p++) {
        const ga_param_spec *s = ga_graph_param(g, p);
        if (ga_starts_with(s->name, PART)) {
            fill_part(old_weights + spec_named(old, PRODUCT ".weight")->offset, f,
                      s->name[strlen(PART)] - '0', weights + s->offset);
            continue;
        }
        const size_t from = spec_named(old, s->name)->offset;
        if (s->kind == GA_WEIGHT)
            memcpy(weights + s->offset, old_weights + from, s->count * sizeof *weights);
        else
            memcpy(buffers + s->offset, old_buffers + from, s->count * sizeof *buffers);
    }
    ga_params_changed(ga_model_params(to));
}

ga_status ga_upernet_split(ga_model *m, ga_model **out, ga_err *err)
{
    const char *json = ga_arch_json(ga_model_arch(m));
    const char *where = ga_arch_name(ga_model_arch(m));
    json_t *document;
    fusion f;
    ga_arch *a = NULL;
    *out = NULL;
    ga_status s = ga_json_parse(json, strlen(json), where, &document, err);
    if (s != GA_OK)
        return s;
    if (!find_fusion(json_object_get(document, "layers"), &f)) {
        json_decref(document);
        return GA_OK;
    }
    /* the names in f are the document's: a copy outlives them */
    json_t *changed = json_deep_copy(document);
    char *text = changed != NULL ? describe(changed, &f) : NULL;
    if (text == NULL)
        s = ga_fail(err, GA_ENOMEM, "%s: out of memory", where);
    if (s == GA_OK)
        s = ga_arch_parse(text, strlen(text), where, &a, err);
    if (s == GA_OK)
        s = ga_model_create(a, out, err);
    if (s == GA_OK)
        fill(*out, m, &f);
    ga_arch_free(a);
    ga_mem_free(text);
    json_decref(changed);
    json_decref(document);
    return s;
}
