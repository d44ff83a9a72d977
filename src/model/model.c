/* model.c - an architecture with its numbers, its notes and its name by content. */
#include <math.h>
#include <string.h>
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"
#include "model/model_inner.h"

ga_status ga_model_take(ga_arch *arch, ga_model **out, ga_err *err)
{
    *out = NULL;
    ga_model *m = ga_mem_new(1, sizeof *m);
    if (m == NULL) {
        ga_arch_free(arch);
        return ga_fail(err, GA_ENOMEM, "model: out of memory");
    }
    m->arch = arch;
    m->stored = GA_F32;
    m->notes = json_object();
    const ga_status s = ga_params_create(arch->graph, &m->params, err);
    if (s != GA_OK || m->notes == NULL) {
        ga_model_free(m);
        return s != GA_OK ? s : ga_fail(err, GA_ENOMEM, "model: out of memory");
    }
    *out = m;
    return GA_OK;
}

ga_status ga_model_create(const ga_arch *a, ga_model **out, ga_err *err)
{
    *out = NULL;
    ga_arch *copy = NULL;
    const ga_status s = ga_arch_copy(a, &copy, err);
    return s == GA_OK ? ga_model_take(copy, out, err) : s;
}

void ga_model_free(ga_model *m)
{
    if (m == NULL)
        return;
    ga_params_free(m->params);
    ga_arch_free(m->arch);
    json_decref(m->notes);
    json_decref(m->class_names);
    ga_mem_free(m);
}

const ga_arch *ga_model_arch(const ga_model *m)
{
    return m->arch;
}

const ga_graph *ga_model_graph(const ga_model *m)
{
    return m->arch->graph;
}

ga_params *ga_model_params(ga_model *m)
{
    return m->params;
}

float *ga_model_values(const ga_model *m, const ga_param_spec *spec)
{
    size_t count;
    float *all = spec->kind == GA_WEIGHT ? ga_params_weights(m->params, &count)
                                         : ga_params_buffers(m->params, &count);
    return all + spec->offset;
}

const char *ga_model_note(const ga_model *m, const char *key)
{
    return json_string_value(json_object_get(m->notes, key));
}

/* The list of names that text is; json_decref. */
static ga_status read_names(const char *text, json_t **out, ga_err *err)
{
    ga_status s = ga_json_parse(text, strlen(text), "note '" GA_NOTE_CLASSES "'", out, err);
    bool fits = json_is_array(*out);
    for (size_t i = 0; fits && i < json_array_size(*out); i++)
        fits = json_is_string(json_array_get(*out, i));
    if (s == GA_OK && !fits)
        s = ga_fail(err, GA_EDATA, "note '" GA_NOTE_CLASSES "': is not a list of names");
    if (s != GA_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return s;
}

ga_status ga_model_read_class_names(ga_model *m, ga_err *err)
{
    const char *text = ga_model_note(m, GA_NOTE_CLASSES);
    json_decref(m->class_names);
    m->class_names = NULL;
    return text != NULL ? read_names(text, &m->class_names, err) : GA_OK;
}

ga_status ga_model_set_note(ga_model *m, const char *key, const char *value, ga_err *err)
{
    const bool classes = strcmp(key, GA_NOTE_CLASSES) == 0;
    json_t *names = NULL;
    if (value != NULL) {
        json_t *text = json_string(value);
        if (text == NULL)
            return ga_fail(err, GA_EINVAL, "note '%.80s': no text in UTF-8", key);
        const ga_status s = classes ? read_names(value, &names, err) : GA_OK;
        if (s != GA_OK) {
            json_decref(text);
            return s;
        }
        if (json_object_set_new(m->notes, key, text) != 0) {
            json_decref(names);
            return ga_fail(err, GA_ENOMEM, "note '%.80s': out of memory", key);
        }
    } else {
        (void)json_object_del(m->notes, key);
    }
    if (classes) {
        json_decref(m->class_names);
        m->class_names = names;
    }
    return GA_OK;
}

ga_status ga_model_set_class_names(ga_model *m, const char *const *names, int n, ga_err *err)
{
    json_t *list = json_array();
    for (int i = 0; i < n && list != NULL; i++)
        if (json_array_append_new(list, json_string(names[i])) != 0) {
            json_decref(list);
            return ga_fail(err, GA_EINVAL, "the name of class %d is no text in UTF-8", i);
        }
    char *text = list != NULL ? ga_json_canonical(list) : NULL;
    json_decref(list);
    if (text == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the names of %d classes", n);
    const ga_status s = ga_model_set_note(m, GA_NOTE_CLASSES, text, err);
    ga_mem_free(text);
    return s;
}

const char *ga_model_class_name(const ga_model *m, int i)
{
    return i < 0 ? NULL : json_string_value(json_array_get(m->class_names, (size_t)i));
}

void ga_model_hash(const ga_model *m, char hex[65])
{
    ga_sha256 hash;
    uint8_t digest[32];
    ga_sha256_start(&hash);
    ga_sha256_add(&hash, m->arch->json, strlen(m->arch->json) + 1); /* its 0 ends the text */
    for (int i = 0; i < ga_graph_n_params(m->arch->graph); i++) {
        const ga_param_spec *spec = ga_graph_param(m->arch->graph, i);
        ga_sha256_add(&hash, ga_model_values(m, spec), spec->count * sizeof(float));
    }
    ga_sha256_end(&hash, digest);
    ga_hex(digest, sizeof digest, hex);
}

size_t ga_model_count_nan(const ga_model *m)
{
    size_t count, n = 0;
    const float *weights = ga_params_weights(m->params, &count);
    for (size_t i = 0; i < count; i++)
        n += isnan(weights[i]) != 0;
    const float *buffers = ga_params_buffers(m->params, &count);
    for (size_t i = 0; i < count; i++)
        n += isnan(buffers[i]) != 0;
    return n;
}
