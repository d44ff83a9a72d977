/* net_check.h - what the tests of net share: seeded numbers, small graphs. */
#ifndef GA_NET_CHECK_H
#define GA_NET_CHECK_H
#include "base/alloc.h"
#include "base/rng.h"
#include "check.h"
#include "net/graph.h"

/* n numbers, all different, none near 0, between -1 and 1, in an order drawn from seed: kinks of
 * rectifiers and ties of maxima stay 1/n away. */
static inline void fill_distinct(float *x, size_t n, uint64_t seed)
{
    uint32_t *order = ga_mem_new(n, sizeof *order);
    ga_rng r = ga_rng_of(seed, 1);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    ga_rng_shuffle(&r, order, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * ((double)order[i] + 0.5) / (double)n - 1 + (n % 2 == 1 ? 0.3 / (double)n : 0));
    ga_mem_free(order);
}

static inline float *new_floats(size_t n, uint64_t seed)
{
    float *x = ga_mem_new(n, sizeof *x);
    assert_non_null(x);
    if (seed != 0)
        fill_distinct(x, n, seed);
    return x;
}

/* Parameters that hide no mistake: nothing is 0 or 1, variances are positive. */
static inline ga_params *new_params(const ga_graph *g, uint64_t seed)
{
    ga_err err;
    ga_params *p;
    CHECK_OK(ga_params_create(g, &p, &err));
    size_t n_weights, n_buffers;
    float *weights = ga_params_weights(p, &n_weights), *buffers = ga_params_buffers(p, &n_buffers);
    fill_distinct(weights, n_weights, seed);
    fill_distinct(buffers, n_buffers, seed + 1);
    for (size_t i = 0; i < n_buffers; i++)
        buffers[i] = 1 + 0.5f * buffers[i];
    ga_params_changed(p);
    return p;
}

/* Words for a layer in a table of a test: "kernel_size" {3} and so on. */
#define ONE(k, x)      {.key = (k), .n = 1, .v = {x}}
#define PAIR(k, x, y)  {.key = (k), .n = 2, .v = {x, y}}
#define THREE(k, x, y, z) {.key = (k), .n = 3, .v = {x, y, z}}
#define WORD(k, w)     {.key = (k), .word = (w)}

/* Adds a layer behind the last one, or behind `input` if that is not NULL. */
static inline ga_status add_layer(ga_graph *g, const char *name, const char *type, const char *input,
                                  const ga_attr *attrs, int n_attrs, ga_err *err)
{
    const ga_layer layer = {.name = name, .type = type, .inputs = input != NULL ? &input : NULL,
                            .n_inputs = input != NULL ? 1 : 0, .attrs = attrs, .n_attrs = n_attrs};
    return ga_graph_add(g, &layer, err);
}
#endif
