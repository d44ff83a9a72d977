/* model_file.c - a model is one safetensors file whose metadata holds the architecture. */
#include <math.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "model/model_inner.h"

/* ---- 16-bit floats, rounded to nearest, ties to even ------------------------------------------*/

static uint32_t bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static uint16_t to_bf16(float x)
{
    const uint32_t u = bits_of(x);
    if (isnan(x))
        return (uint16_t)(u >> 16 | 0x40); /* rounding could make an infinity of it */
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static uint16_t to_f16(float x)
{
    const uint32_t u = bits_of(x), sign = u >> 16 & 0x8000, magnitude = u & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return (uint16_t)(sign | 0x7e00); /* NaN */
    if (magnitude >= 0x477ff000)          /* 65520 rounds up to infinity */
        return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x38800000) /* below 2^-14: a whole number of steps of 2^-24 */
        return (uint16_t)(sign | (uint32_t)lrintf(fabsf(x) * 16777216.0f));
    const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | (rounded - 0x38000000) >> 13);
}

/* What a reader of the file will see. dst has room for count elements of dtype. */
static ga_status round_to(ga_dtype dtype, const ga_param_spec *spec, const float *src,
                          uint16_t *dst, ga_err *err)
{
    for (size_t i = 0; i < spec->count; i++) {
        dst[i] = dtype == GA_F16 ? to_f16(src[i]) : to_bf16(src[i]);
        if (dtype == GA_F16 && isfinite(src[i]) && (dst[i] & 0x7fff) == 0x7c00)
            return ga_fail(err, GA_EDATA,
                           "'%s' holds %g, and 16-bit floats (F16) end at 65504: "
                           "save it as BF16 or F32",
                           spec->name, (double)src[i]);
    }
    return GA_OK;
}

/* ---- writing ----------------------------------------------------------------------------------*/

/* Everything that is stored with the numbers; ga_mem_free. */
static char *description(const ga_model *m)
{
    json_t *all = json_object();
    (void)json_object_set(all, "arch", m->arch->document);
    (void)json_object_set(all, "notes", m->notes);
    char *text = json_object_size(all) == 2 ? ga_json_canonical(all) : NULL;
    json_decref(all);
    return text;
}

/* arrays[i] is parameter i; those rounded lie in *room. Running statistics stay F32: they are few,
 * and a variance of 1e-9 would be 0 in F16. */
static ga_status collect(const ga_model *m, ga_dtype dtype, ga_array *arrays, uint16_t *room,
                         ga_err *err)
{
    for (int i = 0; i < ga_graph_n_params(m->arch->graph); i++) {
        const ga_param_spec *spec = ga_graph_param(m->arch->graph, i);
        const float *values = ga_model_values(m, spec);
        const bool small = dtype != GA_F32 && spec->kind == GA_WEIGHT;
        arrays[i] = (ga_array){.name = spec->name,
                               .dtype = small ? dtype : GA_F32,
                               .rank = spec->rank,
                               .count = spec->count,
                               .data = small ? (const void *)room : values};
        memcpy(arrays[i].dim, spec->dim, sizeof arrays[i].dim);
        if (!small)
            continue;
        const ga_status s = round_to(dtype, spec, values, room, err);
        if (s != GA_OK)
            return s;
        room += spec->count;
    }
    return GA_OK;
}

static ga_status write_form(const ga_model *m, const char *path, ga_weights_form form,
                            ga_dtype dtype, ga_err *err)
{
    const int n = ga_graph_n_params(m->arch->graph);
    size_t count;
    (void)ga_params_weights(m->params, &count);
    ga_array *arrays = ga_mem_new((size_t)n, sizeof *arrays);
    uint16_t *room = ga_mem_new(dtype == GA_F32 ? 0 : count, sizeof *room);
    char *text = description(m);
    ga_status s = GA_OK;
    if (arrays == NULL || room == NULL || text == NULL)
        s = ga_fail(err, GA_ENOMEM, "%s: out of memory", path);
    if (s == GA_OK && (s = collect(m, dtype, arrays, room, err)) != GA_OK)
        s = ga_fail_in(err, s, "%s", path);
    if (s == GA_OK) {
        const char *const metadata[] = {"format", "pt", GA_MODEL_KEY, text, NULL};
        s = ga_weights_write(path, form, arrays, n, form == GA_FORM_SAFETENSORS ? metadata : NULL,
                             err);
    }
    ga_mem_free(arrays);
    ga_mem_free(room);
    ga_mem_free(text);
    return s;
}

ga_status ga_model_save(const ga_model *m, const char *path, ga_dtype dtype, ga_err *err)
{
    if (dtype != GA_F32 && dtype != GA_F16 && dtype != GA_BF16)
        return ga_fail(err, GA_EINVAL, "%s: a model is stored as F32, F16 or BF16, not as %s", path,
                       ga_dtype_name(dtype));
    return write_form(m, path, GA_FORM_SAFETENSORS, dtype, err);
}

ga_status ga_model_export(const ga_model *m, const char *path, ga_weights_form form, ga_err *err)
{
    if (form == GA_FORM_NPY)
        return ga_fail(err, GA_EINVAL,
                       "%s: a .npy file holds one array, and '%s' has %d: write "
                       ".npz, .safetensors or .pt",
                       path, m->arch->name, ga_graph_n_params(m->arch->graph));
    return write_form(m, path, form, GA_F32, err);
}

/* ---- reading ----------------------------------------------------------------------------------*/

static ga_status check_notes(const json_t *notes, const ga_json_at *at, ga_err *err)
{
    const char *key;
    json_t *v;
    if (notes != NULL && !json_is_object(notes))
        return ga_json_fail(at, "notes", err, "is not an object {...}");
    json_object_foreach((json_t *)(uintptr_t)notes, key,
                        v) if (!json_is_string(v)) return ga_json_fail(at, key, err,
                                                                       "a note is not a string");
    return GA_OK;
}

/* {"arch": {...}, "notes": {...}} of the file; json_decref. where: "PATH: metadata 'ganatomy'". */
static ga_status read_description(const ga_weights *w, const char *path, const char *where,
                                  json_t **out, ga_err *err)
{
    static const char *const keys[] = {"arch", "notes", NULL};
    const ga_json_at at = {.where = where};
    const char *text = ga_weights_metadata(w, GA_MODEL_KEY);
    if (text == NULL)
        return ga_fail(err, GA_EDATA,
                       "%s: holds weights but no architecture: 'ganatomy model import "
                       "--arch NAME FILE' makes a model of them",
                       path);
    ga_status s = ga_json_parse(text, strlen(text), where, out, err);
    if (s == GA_OK)
        s = ga_json_only(*out, &at, keys, err);
    if (s == GA_OK && json_object_get(*out, "arch") == NULL)
        s = ga_json_fail(&at, "arch", err, "is missing");
    return s == GA_OK ? check_notes(json_object_get(*out, "notes"), &at, err) : s;
}

/* One of the 16-bit types if all weights have it. */
static ga_dtype stored_in(const ga_graph *g, const ga_weights *w)
{
    ga_dtype stored = GA_F32;
    bool first = true;
    for (int i = 0; i < ga_graph_n_params(g); i++) {
        const ga_param_spec *spec = ga_graph_param(g, i);
        const ga_array *a = ga_weights_find(w, spec->name);
        if (spec->kind != GA_WEIGHT || a == NULL)
            continue;
        if (!first && a->dtype != stored)
            return GA_F32;
        stored = a->dtype;
        first = false;
    }
    return stored == GA_F16 || stored == GA_BF16 ? stored : GA_F32;
}

ga_dtype ga_model_stored(const ga_model *m)
{
    return m->stored;
}

static ga_status from_weights(const ga_weights *w, const char *path, ga_model **out, ga_err *err)
{
    char where[256];
    (void)snprintf(where, sizeof where, "%.200s: metadata '" GA_MODEL_KEY "'", path);
    json_t *all = NULL;
    ga_model *m = NULL;
    ga_arch *arch = NULL;
    ga_status s = read_description(w, path, where, &all, err);
    if (s == GA_OK)
        s = ga_arch_take(json_incref(json_object_get(all, "arch")), where, &arch, err);
    if (s == GA_OK && (s = ga_model_check_keys(arch, w, "", true, path, err)) != GA_OK)
        ga_arch_free(arch);
    if (s == GA_OK)
        s = ga_model_take(arch, &m, err);
    if (s == GA_OK && json_object_get(all, "notes") != NULL &&
        json_object_update(m->notes, json_object_get(all, "notes")) != 0)
        s = ga_fail(err, GA_ENOMEM, "%s: out of memory", path);
    if (s == GA_OK && (s = ga_model_read_class_names(m, err)) != GA_OK)
        s = ga_fail_in(err, s, "%s", where);
    if (s == GA_OK)
        s = ga_model_fill(m, w, "", true, path, err);
    if (s == GA_OK)
        m->stored = stored_in(m->arch->graph, w);
    json_decref(all);
    if (s == GA_OK)
        *out = m;
    else
        ga_model_free(m);
    return s;
}

ga_status ga_model_open(const char *path, ga_model **out, ga_err *err)
{
    *out = NULL;
    ga_weights *w = NULL;
    ga_status s = ga_weights_read(path, 0, &w, err);
    if (s == GA_OK)
        s = from_weights(w, path, out, err);
    ga_weights_free(w);
    return s;
}
