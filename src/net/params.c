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

/* One number of a parameter that begins as `from` says. */
static double draw(const ga_op_param *from, ga_start start, ga_rng *r)
{
    const bool trained = from->kind == GA_WEIGHT && strcmp(from->suffix, "bias") != 0;
    switch (from->init) {
    case GA_INIT_NORMAL:
        return ga_rng_normal(r);
    case GA_INIT_ONE:
        return start == GA_START_DCGAN && trained ? 1 + 0.02 * ga_rng_normal(r) : 1;
    case GA_INIT_FAN:
        if (start == GA_START_PYTORCH)
            return (2 * ga_rng_uniform(r) - 1) * (1.0 / sqrt(from->fan_in));
        return !trained ? 0 : (start == GA_START_DCGAN ? 0.02 : 1) * ga_rng_normal(r);
    case GA_INIT_ZERO:
        break;
    }
    return 0;
}

void ga_params_init(ga_params *p, const ga_graph *g, uint64_t seed, ga_start start)
{
    for (int i = 0; i < g->n_params; i++) {
        const ga_param_spec *spec = &g->params[i];
        /* One stream per parameter: what another layer draws does not matter. */
        ga_rng r = ga_rng_of(seed, (uint64_t)i);
        float *dst = (spec->kind == GA_WEIGHT ? p->weights : p->buffers) + spec->offset;
        for (size_t k = 0; k < spec->count; k++)
            dst[k] = (float)draw(&g->starts[i], start, &r);
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
