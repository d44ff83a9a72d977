/* params.c - the numbers of one graph: two flat arrays in PyTorch's layouts. */
#include "base/alloc.h"
#include "base/rng.h"
#include "net/graph.h"
#include <math.h>
#include <string.h>

static ga_status make(size_t n_weights, size_t n_buffers, ga_params **out, ga_err *err)
{
    *out = NULL;
    ga_params *p = ga_mem_new(1, sizeof *p);
    if (p != NULL) {
        *p = (ga_params){.n_weights = n_weights, .n_buffers = n_buffers, .version = 1};
        p->weights = ga_mem_new(n_weights, sizeof *p->weights);
        p->buffers = ga_mem_new(n_buffers, sizeof *p->buffers);
    }
    if (p == NULL || p->weights == NULL || p->buffers == NULL) {
        ga_params_free(p);
        return ga_fail(err, GA_ENOMEM, "no memory for %zu parameters", n_weights + n_buffers);
    }
    *out = p;
    return GA_OK;
}

ga_status ga_params_create(const ga_graph *g, ga_params **out, ga_err *err)
{
    const ga_status s = make(g->n_weights, g->n_buffers, out, err);
    for (int i = 0; *out != NULL && i < g->n_params; i++)
        if (g->params[i].kind == GA_BUFFER && g->starts[i].init == GA_INIT_ONE)
            for (size_t k = 0; k < g->params[i].count; k++)
                (*out)->buffers[g->params[i].offset + k] = 1;
    return s;
}

ga_status ga_params_copy(const ga_params *p, ga_params **out, ga_err *err)
{
    const ga_status s = make(p->n_weights, p->n_buffers, out, err);
    if (*out != NULL) {
        memcpy((*out)->weights, p->weights, p->n_weights * sizeof *p->weights);
        memcpy((*out)->buffers, p->buffers, p->n_buffers * sizeof *p->buffers);
    }
    return s;
}

void ga_params_free(ga_params *p)
{
    if (p == NULL)
        return;
    ga_mem_free(p->weights);
    ga_mem_free(p->buffers);
    ga_mem_free(p);
}

void ga_params_init(ga_params *p, const ga_graph *g, uint64_t seed, bool dcgan)
{
    for (int i = 0; i < g->n_params; i++) {
        const ga_op_param *start = &g->starts[i];
        const ga_param_spec *spec = &g->params[i];
        /* One stream per parameter: what another layer draws does not matter. */
        ga_rng r = ga_rng_of(seed, (uint64_t)i);
        float *dst = (spec->kind == GA_WEIGHT ? p->weights : p->buffers) + spec->offset;
        const bool bias = strcmp(start->suffix, "bias") == 0;
        const double bound = start->init == GA_INIT_FAN ? 1.0 / sqrt(start->fan_in) : 0;
        for (size_t k = 0; k < spec->count; k++) {
            double v = start->init == GA_INIT_ONE ? 1 : 0;
            if (start->init == GA_INIT_NORMAL)
                v = ga_rng_normal(&r);
            if (start->init == GA_INIT_FAN && !dcgan)
                v = bound * (2 * ga_rng_uniform(&r) - 1);
            if (dcgan && spec->kind == GA_WEIGHT && !bias) {
                if (start->init == GA_INIT_FAN)
                    v = 0.02 * ga_rng_normal(&r);
                if (start->init == GA_INIT_ONE)
                    v = 1 + 0.02 * ga_rng_normal(&r);
            }
            dst[k] = (float)v;
        }
    }
    ga_params_changed(p);
}

float *ga_params_weights(ga_params *p, size_t *count)
{
    if (count != NULL)
        *count = p->n_weights;
    return p->weights;
}

float *ga_params_buffers(ga_params *p, size_t *count)
{
    if (count != NULL)
        *count = p->n_buffers;
    return p->buffers;
}

void ga_params_changed(ga_params *p)
{
    p->version++;
}
