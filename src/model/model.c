/* model.c - an architecture with its numbers, its notes and its name by content. */
#include <math.h>
#include <string.h>
#include "base/alloc.h"
#include "base/hash.h"
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

ga_status ga_model_set_note(ga_model *m, const char *key, const char *value, ga_err *err)
{
    if (value == NULL) {
        (void)json_object_del(m->notes, key);
        return GA_OK;
    }
    if (json_object_set_new(m->notes, key, json_string(value)) != 0)
        return ga_fail(err, GA_EINVAL, "note '%.80s': no text in UTF-8", key);
    return GA_OK;
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
