/* arch_parse.c - from JSON to an architecture. The format is described in docs/arch.md.
 *
 * What a layer may be and how shapes must fit is the graph's business; this file turns its
 * sentences into ones that say which file and which layer. */
#include <limits.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "model/arch_inner.h"

#define MAX_LAYERS 4096
#define MAX_INPUTS 16
#define MAX_ATTRS  24
#define MAX_VALUES 4 /* of one option, see ga_attr */

static ga_json_at at_of(const char *where, const char *format, size_t i)
{
    ga_json_at at = {.where = where};
    if (format != NULL)
        (void)snprintf(at.path, sizeof at.path, format, i);
    return at;
}

/* The graph speaks of bad arguments; for somebody who wrote the file they are bad data. */
static ga_status blame(ga_err *err, ga_status status, const char *where, const char *field)
{
    if (status == GA_EINVAL || status == GA_ENOTFOUND)
        status = GA_EDATA;
    (void)ga_fail_in(err, status, "%s: %s", where, field);
    if (err != NULL)
        err->status = status;
    return status;
}

static ga_status need_object(const json_t *v, const ga_json_at *at, const char *key, ga_err *err)
{
    if (json_is_object(v))
        return GA_OK;
    return ga_json_fail(at, key, err, v == NULL ? "is missing" : "is not an object {...}");
}

/* "key": [lo, hi] of o. */
static ga_status read_range(const json_t *o, const ga_json_at *at, float *lo, float *hi,
                            ga_err *err)
{
    const json_t *v = json_object_get(o, "range");
    if (json_array_size(v) != 2 || !json_is_number(json_array_get(v, 0)) ||
        !json_is_number(json_array_get(v, 1)))
        return ga_json_fail(at, "range", err, "%s, expected two numbers [lowest, highest]",
                            v == NULL ? "is missing" : "is something else");
    const double a = json_number_value(json_array_get(v, 0));
    const double b = json_number_value(json_array_get(v, 1));
    if (!(a < b) || a < -1e6 || b > 1e6)
        return ga_json_fail(at, "range", err, "is [%g, %g], expected [lowest, highest]", a, b);
    *lo = (float)a;
    *hi = (float)b;
    return GA_OK;
}

/* "shape": [C], [C,H,W] */
static ga_status read_shape(const json_t *v, const ga_json_at *at, ga_dims *dims, ga_err *err)
{
    const size_t n = json_array_size(v);
    int dim[3] = {1, 1, 1};
    bool fits = n == 1 || n == 3;
    for (size_t i = 0; fits && i < n; i++) {
        const json_t *d = json_array_get(v, i);
        const json_int_t value = json_integer_value(d);
        fits = json_is_integer(d) && value >= 1 && value <= 65536;
        dim[i] = fits ? (int)value : 1;
    }
    if (!fits)
        return ga_json_fail(
            at, "shape", err,
            "is not [channels, height, width], each a whole number from 1 to 65536");
    *dims = (ga_dims){dim[0], dim[1], dim[2]};
    return GA_OK;
}

static ga_status read_law(const json_t *o, const ga_json_at *at, ga_law *law, ga_err *err)
{
    const char *word = NULL;
    const ga_status s = ga_json_get_string(o, at, "law", true, &word, err);
    if (s != GA_OK)
        return s;
    if (word == NULL)
        *law = GA_LAW_NONE;
    else if (strcmp(word, "normal") == 0)
        *law = GA_LAW_NORMAL;
    else if (strcmp(word, "uniform") == 0)
        *law = GA_LAW_UNIFORM;
    else
        return ga_json_fail(at, "law", err, "is '%.40s', expected 'normal' or 'uniform'", word);
    return GA_OK;
}

/* "classes": K. The class of each image, one whole number. */
static ga_status read_label(ga_arch *a, const json_t *o, const ga_json_at *at, bool first,
                            ga_err *err)
{
    static const char *const others[] = {"size", "law", "shape", "range", NULL};
    const char *name = NULL;
    int64_t classes = 0;
    ga_status s = ga_json_get_string(o, at, "name", false, &name, err);
    if (s == GA_OK)
        s = ga_json_get_int(o, at, "classes", false, 1, 65536, &classes, err);
    if (s != GA_OK)
        return s;
    for (int i = 0; others[i] != NULL; i++)
        if (json_object_get(o, others[i]) != NULL)
            return ga_json_fail(at, others[i], err,
                                "stands beside 'classes': a label is one whole number");
    if (first)
        return ga_json_fail(at, "classes", err,
                            "makes a label, which cannot be the first input: that is the latent "
                            "or the picture");
    if (a->classes > 0)
        return ga_json_fail(at, "classes", err, "makes a second label, expected at most one");
    a->classes = (int)classes;
    a->label_input = ga_graph_n_inputs(a->graph);
    s = ga_graph_add_input(a->graph, name, (ga_dims){1, 1, 1}, err);
    return s == GA_OK ? s : blame(err, s, at->where, at->path);
}

static ga_status read_input(ga_arch *a, const json_t *o, const ga_json_at *at, bool first,
                            ga_err *err)
{
    static const char *const keys[] = {"name", "size", "law", "shape", "range", "classes", NULL};
    const char *name = NULL;
    int64_t size = 0;
    ga_dims dims = {1, 1, 1};
    ga_law law = GA_LAW_NONE;
    float lo = -1, hi = 1;
    ga_status s = need_object(o, at, NULL, err);
    if (s == GA_OK)
        s = ga_json_only(o, at, keys, err);
    if (s == GA_OK && json_object_get(o, "classes") != NULL)
        return read_label(a, o, at, first, err);
    if (s == GA_OK)
        s = ga_json_get_string(o, at, "name", false, &name, err);
    if (s == GA_OK)
        s = ga_json_get_int(o, at, "size", true, 1, 65536, &size, err);
    if (s == GA_OK)
        s = read_law(o, at, &law, err);
    if (s != GA_OK)
        return s;

    const json_t *shape = json_object_get(o, "shape");
    if ((size > 0) == (shape != NULL))
        return ga_json_fail(at, size > 0 ? "shape" : "size", err,
                            size > 0 ? "stands beside 'size', expected only one of them"
                                     : "is missing: a latent has a 'size', a picture a 'shape'");
    if (shape != NULL) {
        s = read_shape(shape, at, &dims, err);
        /* Every command that hands pictures to this network must know their scale. */
        if (s == GA_OK && law == GA_LAW_NONE && (first || json_object_get(o, "range") != NULL))
            s = read_range(o, at, &lo, &hi, err);
    } else {
        dims.c = (int)size;
        if (json_object_get(o, "range") != NULL)
            return ga_json_fail(at, "range", err, "belongs to pictures, and this input has a size");
    }
    if (s != GA_OK)
        return s;
    if (first) {
        a->law = law;
        a->input = dims;
        a->input_lo = lo;
        a->input_hi = hi;
    } else if (law != GA_LAW_NONE) {
        return ga_json_fail(at, "law", err, "makes a latent, which must be the first input");
    }
    s = ga_graph_add_input(a->graph, name, dims, err);
    return s == GA_OK ? s : blame(err, s, at->where, at->path);
}

static ga_status read_inputs(ga_arch *a, const char *where, ga_err *err)
{
    const json_t *v = json_object_get(a->document, "input");
    if (!json_is_array(v)) {
        const ga_json_at at = at_of(where, "input", 0);
        return read_input(a, v, &at, true, err);
    }
    if (json_array_size(v) < 1 || json_array_size(v) > MAX_INPUTS) {
        const ga_json_at at = at_of(where, NULL, 0);
        return ga_json_fail(&at, "input", err, "has %zu entries, expected 1 to %d",
                            json_array_size(v), MAX_INPUTS);
    }
    for (size_t i = 0; i < json_array_size(v); i++) {
        const ga_json_at at = at_of(where, "input[%zu]", i);
        const ga_status s = read_input(a, json_array_get(v, i), &at, i == 0, err);
        if (s != GA_OK)
            return s;
    }
    return GA_OK;
}

/* One option in the words of PyTorch: a number, true or false, a few numbers, a word. */
static ga_status read_attr(const json_t *v, const ga_json_at *at, const char *key, ga_attr *attr,
                           ga_err *err)
{
    *attr = (ga_attr){.key = key, .n = 1};
    if (json_is_string(v)) {
        attr->word = json_string_value(v);
        attr->n = 0;
        return GA_OK;
    }
    if (json_is_boolean(v) || json_is_number(v)) {
        attr->v[0] = json_is_number(v) ? json_number_value(v) : json_is_true(v) ? 1 : 0;
        return GA_OK;
    }
    if (!json_is_array(v))
        return ga_json_fail(at, key, err,
                            "is an object, expected a number, a word or true or false");
    if (json_array_size(v) < 1 || json_array_size(v) > MAX_VALUES)
        return ga_json_fail(at, key, err, "has %zu values, expected 1 to %d", json_array_size(v),
                            MAX_VALUES);
    attr->n = (int)json_array_size(v);
    for (int i = 0; i < attr->n; i++) {
        const json_t *x = json_array_get(v, (size_t)i);
        if (!json_is_number(x))
            return ga_json_fail(at, key, err, "has no number at place %d", i);
        attr->v[i] = json_number_value(x);
    }
    return GA_OK;
}

static ga_status read_layer_inputs(const json_t *v, const ga_json_at *at,
                                   const char *names[MAX_INPUTS], int *n, ga_err *err)
{
    if (json_is_string(v)) {
        names[0] = json_string_value(v);
        *n = 1;
        return GA_OK;
    }
    if (json_array_size(v) < 1 || json_array_size(v) > MAX_INPUTS)
        return ga_json_fail(at, "inputs", err, "is not a list of 1 to %d layer names", MAX_INPUTS);
    *n = (int)json_array_size(v);
    for (int i = 0; i < *n; i++) {
        names[i] = json_string_value(json_array_get(v, (size_t)i));
        if (names[i] == NULL)
            return ga_json_fail(at, "inputs", err, "has no layer name at place %d", i);
    }
    return GA_OK;
}

static ga_status read_layer(ga_arch *a, const json_t *o, const ga_json_at *at, ga_err *err)
{
    const char *names[MAX_INPUTS] = {NULL};
    ga_attr attrs[MAX_ATTRS];
    ga_layer layer = {.attrs = attrs};
    ga_status s = need_object(o, at, NULL, err);
    if (s == GA_OK)
        s = ga_json_get_string(o, at, "name", false, &layer.name, err);
    if (s == GA_OK)
        s = ga_json_get_string(o, at, "type", false, &layer.type, err);
    const json_t *inputs = json_object_get(o, "inputs");
    if (s == GA_OK && inputs != NULL) {
        s = read_layer_inputs(inputs, at, names, &layer.n_inputs, err);
        layer.inputs = names;
    } else if (ga_graph_n_taps(a->graph) == ga_graph_n_inputs(a->graph)) {
        names[0] = ga_graph_tap_name(a->graph, 0); /* not the label behind it */
        layer.inputs = names;
        layer.n_inputs = 1;
    }
    if (s != GA_OK)
        return s;
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)o, key, v)
    {
        if (strcmp(key, "name") == 0 || strcmp(key, "type") == 0 || strcmp(key, "inputs") == 0 ||
            json_is_null(v)) /* PyTorch's None: the default */
            continue;
        if (layer.n_attrs == MAX_ATTRS)
            return ga_json_fail(at, key, err, "is one option too many, expected at most %d",
                                MAX_ATTRS);
        s = read_attr(v, at, key, &attrs[layer.n_attrs], err);
        if (s != GA_OK)
            return s;
        layer.n_attrs++;
    }
    s = ga_graph_add(a->graph, &layer, err);
    return s == GA_OK ? s : blame(err, s, at->where, at->path);
}

static ga_status read_layers(ga_arch *a, const char *where, ga_err *err)
{
    const json_t *v = json_object_get(a->document, "layers");
    const size_t n = json_array_size(v);
    if (n < 1 || n > MAX_LAYERS) {
        const ga_json_at at = at_of(where, NULL, 0);
        return ga_json_fail(&at, "layers", err, "is not a list of 1 to %d layers", MAX_LAYERS);
    }
    for (size_t i = 0; i < n; i++) {
        const ga_json_at at = at_of(where, "layers[%zu]", i);
        const ga_status s = read_layer(a, json_array_get(v, i), &at, err);
        if (s != GA_OK)
            return s;
    }
    return GA_OK;
}

/* A table that the label looks things up in has a row for every class. */
static ga_status check_label(const ga_arch *a, const char *where, ga_err *err)
{
    const ga_graph *g = a->graph;
    for (int t = ga_graph_n_inputs(g); t < ga_graph_n_taps(g) && a->classes > 0; t++) {
        double rows[4];
        if (ga_graph_tap_input(g, t, 0) != a->label_input ||
            ga_graph_attr(g, t, "num_embeddings", rows) == 0 || rows[0] >= a->classes)
            continue;
        const ga_json_at at = at_of(where, "layers[%zu]", (size_t)(t - ga_graph_n_inputs(g)));
        return ga_json_fail(&at, "num_embeddings", err, "is %g, but '%s' has %d classes", rows[0],
                            ga_graph_tap_name(g, a->label_input), a->classes);
    }
    return GA_OK;
}

/* The last layer's shape must be what the kind says. */
static ga_status check_vector(const ga_arch *a, const ga_json_at *at, ga_err *err)
{
    const int last = ga_graph_output(a->graph);
    const ga_dims d = ga_graph_tap_dims(a->graph, last);
    if (d.h == 1 && d.w == 1 && (a->output_kind != GA_OUTPUT_GAUSSIAN || d.c % 2 == 0))
        return GA_OK;
    return ga_json_fail(at, "kind", err, "is %s, and '%s' gives (%d,%d,%d)",
                        a->output_kind == GA_OUTPUT_GAUSSIAN
                            ? "'gaussian', as many means as log-variances in a row"
                            : "'latent', numbers in a row",
                        ga_graph_tap_name(a->graph, last), d.c, d.h, d.w);
}

static bool is_logits(ga_output_kind kind)
{
    return kind == GA_OUTPUT_LOGITS || kind == GA_OUTPUT_LABELS || kind == GA_OUTPUT_PARSING;
}

static ga_status read_output(ga_arch *a, const char *where, ga_err *err)
{
    static const char *const keys[] = {"kind", "range", NULL};
    static const char *const kinds[] = {[GA_OUTPUT_IMAGE] = "image",
                                        [GA_OUTPUT_LOGITS] = "logits",
                                        [GA_OUTPUT_GAUSSIAN] = "gaussian",
                                        [GA_OUTPUT_LATENT] = "latent",
                                        [GA_OUTPUT_LABELS] = "labels",
                                        [GA_OUTPUT_PARSING] = "parsing",
                                        NULL};
    const json_t *o = json_object_get(a->document, "output");
    const ga_json_at at = at_of(where, "output", 0);
    const char *kind = kinds[GA_OUTPUT_IMAGE];
    ga_status s = need_object(o, &at, NULL, err);
    if (s == GA_OK)
        s = ga_json_only(o, &at, keys, err);
    if (s == GA_OK)
        s = ga_json_get_string(o, &at, "kind", true, &kind, err);
    if (s != GA_OK)
        return s;
    int k = 0;
    while (kinds[k] != NULL && strcmp(kinds[k], kind) != 0)
        k++;
    if (kinds[k] == NULL)
        return ga_json_fail(&at, "kind", err,
                            "is '%.40s', expected 'image', 'logits', 'gaussian', 'latent', "
                            "'labels' or 'parsing'",
                            kind);
    a->output_kind = (ga_output_kind)k;
    if (a->output_kind == GA_OUTPUT_IMAGE)
        return read_range(o, &at, &a->output_lo, &a->output_hi, err);
    if (json_object_get(o, "range") != NULL)
        return ga_json_fail(&at, "range", err, "belongs to pictures, and these are %s",
                            is_logits(a->output_kind) ? "logits" : "numbers of a latent");
    return is_logits(a->output_kind) ? GA_OK : check_vector(a, &at, err);
}

/* Every key must belong to exactly one piece, else no set of files could fill the network. */
static ga_status read_pieces(ga_arch *a, const char *where, ga_err *err)
{
    const ga_json_at at = at_of(where, NULL, 0);
    a->pieces = json_object_get(a->document, "pieces");
    if (a->pieces == NULL)
        return GA_OK;
    const size_t n = json_array_size(a->pieces);
    if (n < 1 || n > 256)
        return ga_json_fail(&at, "pieces", err, "is not a list of 1 to 256 prefixes");
    for (size_t i = 0; i < n; i++)
        if (json_string_length(json_array_get(a->pieces, i)) == 0)
            return ga_json_fail(&at, "pieces", err, "has no prefix at place %zu", i);
    for (int p = 0; p < ga_graph_n_params(a->graph); p++) {
        const char *name = ga_graph_param(a->graph, p)->name;
        int owners = 0;
        for (size_t i = 0; i < n; i++) {
            const json_t *piece = json_array_get(a->pieces, i);
            owners += strncmp(name, json_string_value(piece), json_string_length(piece)) == 0;
        }
        if (owners != 1)
            return ga_json_fail(&at, "pieces", err,
                                "'%.80s' begins with %d of the prefixes, "
                                "expected 1",
                                name, owners);
    }
    return GA_OK;
}

/* "start": how the weights begin where the layers only work with that. */
static ga_status read_start(ga_arch *a, const char *where, ga_err *err)
{
    static const struct {
        const char *word;
        ga_start start;
    } starts[] = {
        {"pytorch", GA_START_PYTORCH}, {"dcgan", GA_START_DCGAN}, {"normal", GA_START_NORMAL}};
    const ga_json_at at = at_of(where, NULL, 0);
    const char *word = NULL;
    const ga_status s = ga_json_get_string(a->document, &at, "start", true, &word, err);
    if (s != GA_OK || word == NULL)
        return s;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strcmp(starts[i].word, word) == 0)
            a->start = &starts[i].start;
    return a->start != NULL
               ? GA_OK
               : ga_json_fail(&at, "start", err,
                              "is '%.40s', expected 'pytorch', 'dcgan' or 'normal'", word);
}

static ga_status read_quick(ga_arch *a, const char *where, ga_err *err)
{
    const ga_json_at at = at_of(where, NULL, 0);
    const json_t *v = json_object_get(a->document, "quick");
    if (v != NULL && !json_is_boolean(v))
        return ga_json_fail(&at, "quick", err, "is not true or false");
    ga_graph_set_quick(a->graph, json_is_true(v));
    return GA_OK;
}

static ga_status read_document(ga_arch *a, const char *where, ga_err *err)
{
    static const char *const keys[] = {"format", "name",  "about",   "input",  "output", "layers",
                                       "start",  "quick", "partner", "pieces", NULL};
    const ga_json_at at = at_of(where, NULL, 0);
    const char *format = NULL, *about = NULL;
    if (!json_is_object(a->document))
        return ga_fail(err, GA_EDATA, "%s: no architecture, expected an object {...}", where);
    /* The format first: a file of another kind has many unknown keys, and one reason. */
    ga_status s = ga_json_get_string(a->document, &at, "format", false, &format, err);
    if (s != GA_OK)
        return s;
    if (strcmp(format, GA_ARCH_FORMAT) != 0)
        return ga_json_fail(&at, "format", err, "is '%.40s', expected '" GA_ARCH_FORMAT "'",
                            format);
    s = ga_json_only(a->document, &at, keys, err);
    if (s == GA_OK)
        s = ga_json_get_string(a->document, &at, "name", false, &a->name, err);
    if (s == GA_OK && (a->name[0] == 0 || strlen(a->name) > 100))
        s = ga_json_fail(&at, "name", err, "has %zu letters, expected 1 to 100", strlen(a->name));
    if (s == GA_OK)
        s = ga_json_get_string(a->document, &at, "about", true, &about, err);
    if (s == GA_OK)
        s = ga_json_get_string(a->document, &at, "partner", true, &a->partner, err);
    if (s == GA_OK)
        s = read_start(a, where, err);
    if (s == GA_OK)
        s = read_quick(a, where, err);
    if (s == GA_OK)
        s = read_inputs(a, where, err);
    if (s == GA_OK)
        s = read_layers(a, where, err);
    if (s == GA_OK)
        s = check_label(a, where, err);
    if (s == GA_OK)
        s = read_output(a, where, err);
    if (s == GA_OK)
        s = read_pieces(a, where, err);
    return s;
}

ga_status ga_arch_take(json_t *document, const char *where, ga_arch **out, ga_err *err)
{
    *out = NULL;
    ga_arch *a = ga_mem_new(1, sizeof *a);
    if (a == NULL) {
        json_decref(document);
        return ga_fail(err, GA_ENOMEM, "%s: out of memory", where);
    }
    a->document = document;
    ga_status s = ga_graph_create(&a->graph, err);
    if (s == GA_OK)
        s = read_document(a, where, err);
    if (s == GA_OK) {
        a->json = ga_json_canonical(document);
        if (a->json == NULL)
            s = ga_fail(err, GA_ENOMEM, "%s: out of memory", where);
    }
    if (s != GA_OK) {
        ga_arch_free(a);
        return s;
    }
    *out = a;
    return GA_OK;
}

ga_status ga_arch_parse(const char *text, size_t length, const char *where, ga_arch **out,
                        ga_err *err)
{
    *out = NULL;
    json_t *document = NULL;
    const ga_status s = ga_json_parse(text, length, where, &document, err);
    return s == GA_OK ? ga_arch_take(document, where, out, err) : s;
}
