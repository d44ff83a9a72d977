/* arch.c - architectures by name, what they say, and the latent size as a knob. */
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "model/arch_inner.h"
#include "model/arch_list.h"
#include "model/family.h"

/* ---- the built-in ones ------------------------------------------------------------------------*/

/* In arch_files.S. */
#define GA_SYMBOLS(symbol, name, file)                                                             \
    extern const char ga_arch_file_##symbol[], ga_arch_file_end_##symbol[];
GA_ARCH_LIST(GA_SYMBOLS)
#undef GA_SYMBOLS

#define GA_NAME(symbol, name, file) name,
static const char *const names[] = {GA_ARCH_LIST(GA_NAME) NULL};
#undef GA_NAME

#define GA_BEGIN(symbol, name, file) ga_arch_file_##symbol,
static const char *const begins[] = {GA_ARCH_LIST(GA_BEGIN)};
#undef GA_BEGIN

#define GA_END(symbol, name, file) ga_arch_file_end_##symbol,
static const char *const ends[] = {GA_ARCH_LIST(GA_END)};
#undef GA_END

const char *const *ga_arch_names(void)
{
    return names;
}

static ga_status unknown_arch(const char *name, ga_err *err)
{
    const char *known[64] = {NULL};
    size_t n = 0;
    ga_text list = {0};
    for (size_t i = 0; names[i] != NULL; i++)
        known[n++] = names[i];
    const size_t n_fixed = n;
    for (int i = 0; ga_family_at(i) != NULL; i++)
        known[n++] = ga_family_at(i)->name;
    for (size_t i = 0; i < n; i++)
        ga_text_addf(&list, "%s%s",
                     i == n_fixed ? ", nor of the families "
                     : i > 0      ? ", "
                                  : "",
                     known[i]);
    char word[80]; /* "dgcan:z=5" is near the family's name, not its knobs */
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(name, ":"), name);
    char hint[GA_DID_YOU_MEAN];
    const ga_status s = ga_fail(err, GA_ENOTFOUND,
                                "no architecture '%.100s'%s: neither a file nor one of %s", name,
                                ga_did_you_mean(word, known, hint),
                                list.data != NULL ? list.data : "the built-in ones");
    ga_text_free(&list);
    return s;
}

ga_status ga_arch_open(const char *name, ga_arch **out, ga_err *err)
{
    *out = NULL;
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return ga_arch_parse(begins[i], (size_t)(ends[i] - begins[i]), names[i], out, err);
    if (ga_family_is(name))
        return ga_family_open(name, out, err);
    if (!ga_is_file(name) && !ga_is_folder(name))
        return unknown_arch(name, err);
    json_t *document = NULL;
    const ga_status s = ga_json_read(name, &document, err);
    return s == GA_OK ? ga_arch_take(document, name, out, err) : s;
}

ga_status ga_arch_open_for(const char *name, const char *const *paths, int n_paths, ga_arch **out,
                           ga_err *err)
{
    const ga_family_row *row = ga_family_row_of(name);
    char knobs[160], spec[240];
    ga_weights *w = NULL;
    *out = NULL;
    if (row == NULL || row->infer == NULL || n_paths < 1 || strchr(name, ':') != NULL)
        return ga_arch_open(name, out, err);
    const ga_status s = ga_weights_read(paths[0], 0, &w, err);
    if (s != GA_OK)
        return s;
    const bool known = row->infer(w, knobs, sizeof knobs);
    ga_weights_free(w);
    (void)snprintf(spec, sizeof spec, "%s:%s", name, known ? knobs : "");
    return ga_arch_open(known ? spec : name, out, err);
}

/* ---- what it says -----------------------------------------------------------------------------*/

ga_status ga_arch_copy(const ga_arch *a, ga_arch **out, ga_err *err)
{
    return ga_arch_parse(a->json, strlen(a->json), a->name, out, err);
}

void ga_arch_free(ga_arch *a)
{
    if (a == NULL)
        return;
    ga_graph_free(a->graph);
    ga_mem_free(a->json);
    json_decref(a->document);
    ga_mem_free(a);
}

const char *ga_arch_name(const ga_arch *a)
{
    return a->name;
}

const char *ga_arch_json(const ga_arch *a)
{
    return a->json;
}

const ga_graph *ga_arch_graph(const ga_arch *a)
{
    return a->graph;
}

ga_law ga_arch_law(const ga_arch *a)
{
    return a->law;
}

ga_dims ga_arch_input(const ga_arch *a)
{
    return a->input;
}

void ga_arch_input_range(const ga_arch *a, float *lo, float *hi)
{
    *lo = a->input_lo;
    *hi = a->input_hi;
}

int ga_arch_classes(const ga_arch *a)
{
    return a->classes;
}

int ga_arch_label_input(const ga_arch *a)
{
    return a->classes > 0 ? a->label_input : -1;
}

ga_output_kind ga_arch_output_kind(const ga_arch *a)
{
    return a->output_kind;
}

void ga_arch_output_range(const ga_arch *a, float *lo, float *hi)
{
    *lo = a->output_lo;
    *hi = a->output_hi;
}

const char *ga_arch_partner(const ga_arch *a)
{
    return a->partner;
}

ga_start ga_arch_start(const ga_arch *a, ga_start otherwise)
{
    return a->start != NULL ? *a->start : otherwise;
}

int ga_arch_n_pieces(const ga_arch *a)
{
    return (int)json_array_size(a->pieces);
}

const char *ga_arch_piece(const ga_arch *a, int i)
{
    return json_string_value(json_array_get(a->pieces, (size_t)i));
}

/* ---- another latent size ----------------------------------------------------------------------*/

/* What depends on how many numbers z has: the option of a layer that counts its input's channels,
 * and whether the layer hands a changed count on to the layers after it. */
static const struct sized {
    const char *type, *option;
    bool hands_on;
} sized[] = {
    {"Linear", "in_features", false},          {"Conv2d", "in_channels", false},
    {"ConvTranspose2d", "in_channels", false}, {"BatchNorm1d", "num_features", true},
    {"BatchNorm2d", "num_features", true},     {"InstanceNorm2d", "num_features", true},
    {"LayerNorm", "normalized_shape", true},   {"ScaleBias", "num_features", true},
    {"Unflatten", "unflattened_size", true},   {"Reshape", "shape", true},
};

/* Adds difference to an option: to a number, or to the first of a list whose others are 1. */
static bool widen(json_t *layer, const char *option, int difference)
{
    json_t *v = json_object_get(layer, option);
    const bool list = json_is_array(v);
    for (size_t i = 1; list && i < json_array_size(v); i++)
        if (json_integer_value(json_array_get(v, i)) != 1)
            return false;
    const json_t *old = list ? json_array_get(v, 0) : v;
    if (!json_is_integer(old))
        return false;
    json_t *wide = json_integer(json_integer_value(old) + difference);
    return (list ? json_array_set_new(v, 0, wide) : json_object_set_new(layer, option, wide)) == 0;
}

/* Follows z through the layers; grown[tap] is true where the count of channels changes with it. */
static ga_status widen_readers(const ga_arch *a, json_t *layers, int difference, bool *grown,
                               ga_err *err)
{
    const int first = ga_graph_n_inputs(a->graph), n = ga_graph_n_taps(a->graph);
    int readers = 0;
    grown[0] = true;
    for (int tap = first; tap < n; tap++) {
        bool reads = false;
        for (int i = 0; i < ga_graph_tap_n_inputs(a->graph, tap); i++)
            reads = reads || grown[ga_graph_tap_input(a->graph, tap, i)];
        if (!reads)
            continue;
        grown[tap] = true; /* activations, dropout, flatten, concat: what comes in goes out */
        for (size_t k = 0; k < sizeof sized / sizeof *sized; k++) {
            if (strcmp(ga_graph_tap_type(a->graph, tap), sized[k].type) != 0)
                continue;
            json_t *layer = json_array_get(layers, (size_t)(tap - first));
            if (!widen(layer, sized[k].option, difference))
                return ga_fail(err, GA_EINVAL,
                               "'%s': the latent size cannot change: '%s' of layer "
                               "'%s' does not follow from it",
                               a->name, sized[k].option, ga_graph_tap_name(a->graph, tap));
            grown[tap] = sized[k].hands_on;
            readers += !sized[k].hands_on;
        }
    }
    if (readers == 0 || grown[n - 1])
        return ga_fail(err, GA_EINVAL,
                       "'%s': the latent size cannot change: no linear or "
                       "convolutional layer reads it",
                       a->name);
    return GA_OK;
}

ga_status ga_arch_with_latent(const ga_arch *a, int z, ga_arch **out, ga_err *err)
{
    *out = NULL;
    if (a->law == GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads pictures, so it has no latent size", a->name);
    if (z < 1 || z > 65536 || a->input.h != 1 || a->input.w != 1)
        return ga_fail(err, GA_EINVAL, "'%s': latent size %d, expected 1 to 65536 numbers in a row",
                       a->name, z);
    bool is_family;
    const ga_status turned = ga_family_with_latent(a, z, &is_family, out, err);
    if (is_family)
        return turned;
    json_t *document = json_deep_copy(a->document);
    bool *grown = ga_mem_new((size_t)ga_graph_n_taps(a->graph), sizeof *grown);
    ga_status s = GA_OK;
    if (document == NULL || grown == NULL) {
        s = ga_fail(err, GA_ENOMEM, "'%s': out of memory", a->name);
        goto done;
    }
    json_t *input = json_object_get(document, "input");
    if (json_is_array(input))
        input = json_array_get(input, 0);
    if (json_object_get(input, "size") != NULL)
        (void)json_object_set_new(input, "size", json_integer(z));
    else
        (void)json_array_set_new(json_object_get(input, "shape"), 0, json_integer(z));
    s = widen_readers(a, json_object_get(document, "layers"), z - a->input.c, grown, err);
    if (s == GA_OK) {
        s = ga_arch_take(document, a->name, out, err);
        document = NULL; /* taken either way */
    }
done:
    json_decref(document);
    ga_mem_free(grown);
    return s;
}
