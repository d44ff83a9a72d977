/* net_check.h - what the tests of net share: seeded numbers, small graphs. */
#ifndef GA_NET_CHECK_H
#define GA_NET_CHECK_H
#include "base/alloc.h"
#include "base/rng.h"
#include "check.h"
#include "net/plan.h"

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
        x[i] = (float)(2 * ((double)order[i] + 0.5) / (double)n - 1 +
                       (n % 2 == 1 ? 0.3 / (double)n : 0));
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

/* Adds the inputs in0, in1, ... of a case. */
static const char *const case_inputs[] = {"in0", "in1", "in2"};
static inline void add_case_inputs(ga_graph *g, const ga_dims *in, int n)
{
    ga_err err;
    if (n > GA_COUNT(case_inputs))
        fail_msg("a case of %d inputs, and names for %d", n, GA_COUNT(case_inputs));
    for (int i = 0; i < n; i++)
        CHECK_OK(ga_graph_add_input(g, case_inputs[i], in[i], &err));
}

/* Adds a layer behind the last one, or behind `input` if that is not NULL. */
static inline ga_status add_layer(ga_graph *g, const char *name, const char *type,
                                  const char *input, const ga_attr *attrs, int n_attrs, ga_err *err)
{
    const ga_layer layer = {.name = name,
                            .type = type,
                            .inputs = input != NULL ? &input : NULL,
                            .n_inputs = input != NULL ? 1 : 0,
                            .attrs = attrs,
                            .n_attrs = n_attrs};
    return ga_graph_add(g, &layer, err);
}

/* A small network with everything that a plan must get right: a norm before a rectifier three
 * times, a shape change, a branch that joins again, channel dropout, odd sizes. z (5) to (2,6,6).
 */
static inline ga_graph *small_network(void)
{
    ga_err err;
    ga_graph *g;
    const char *const branches[] = {"act2", "skip"};
    const ga_layer layers[] = {
        {"fc", "Linear", NULL, 0,
         (const ga_attr[]){GA_ONE("in_features", 5), GA_ONE("out_features", 72)}, 2},
        {"view", "Unflatten", NULL, 0, (const ga_attr[]){GA_THREE("unflattened_size", 8, 3, 3)}, 1},
        {"bn0", "BatchNorm2d", NULL, 0, (const ga_attr[]){GA_ONE("num_features", 8)}, 1},
        {"act0", "LeakyReLU", NULL, 0, (const ga_attr[]){GA_ONE("negative_slope", 0.2)}, 1},
        {"conv1", "ConvTranspose2d", NULL, 0,
         (const ga_attr[]){GA_ONE("in_channels", 8), GA_ONE("out_channels", 6),
                           GA_ONE("kernel_size", 3), GA_ONE("padding", 1)},
         4},
        {"bn1", "BatchNorm2d", NULL, 0, (const ga_attr[]){GA_ONE("num_features", 6)}, 1},
        {"act1", "ReLU", NULL, 0, NULL, 0},
        {"conv2", "ConvTranspose2d", NULL, 0,
         (const ga_attr[]){GA_ONE("in_channels", 6), GA_ONE("out_channels", 4),
                           GA_ONE("kernel_size", 5), GA_ONE("stride", 2), GA_ONE("padding", 2),
                           GA_ONE("output_padding", 1)},
         6},
        {"bn2", "BatchNorm2d", NULL, 0, (const ga_attr[]){GA_ONE("num_features", 4)}, 1},
        {"act2", "LeakyReLU", NULL, 0, (const ga_attr[]){GA_ONE("negative_slope", 0.1)}, 1},
        {"up", "Upsample", (const char *const[]){"act1"}, 1,
         (const ga_attr[]){GA_ONE("scale_factor", 2)}, 1},
        {"skip", "Conv2d", NULL, 0,
         (const ga_attr[]){GA_ONE("in_channels", 6), GA_ONE("out_channels", 4),
                           GA_ONE("kernel_size", 1)},
         3},
        {"sum", "Add", branches, 2, NULL, 0},
        {"drop", "Dropout2d", NULL, 0, (const ga_attr[]){GA_ONE("p", 0.3)}, 1},
        {"conv3", "Conv2d", NULL, 0,
         (const ga_attr[]){GA_ONE("in_channels", 4), GA_ONE("out_channels", 2),
                           GA_ONE("kernel_size", 3), GA_ONE("padding", 1)},
         4},
        {"out", "Tanh", NULL, 0, NULL, 0},
    };
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "z", (ga_dims){5, 1, 1}, &err));
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        CHECK_OK(ga_graph_add(g, &layers[i], &err));
    return g;
}

/* The whole graph in double by the ops' references; taps[t] is (N,C,H,W), for the caller to free.
 */
static inline void refer_graph(const ga_graph *g, const double *weights, const double *buffers,
                               ga_bn_mode bn, bool train, uint64_t dropout_seed, int n,
                               double **taps)
{
    for (int t = g->n_inputs; t < g->n_nodes; t++) {
        const ga_node *node = &g->nodes[t];
        if (taps[t] == NULL)
            taps[t] = ga_mem_new((size_t)n * ga_dims_count(node->out), sizeof(double));
        ga_ref ref = {.node = node,
                      .n = n,
                      .bn = bn,
                      .train = train,
                      .dropout_seed = dropout_seed,
                      .dst = taps[t]};
        for (int i = 0; i < node->n_inputs; i++)
            ref.src[i] = taps[node->inputs[i]];
        for (int k = 0; k < node->n_params; k++) {
            const ga_param_spec *spec = &g->params[node->first_param + k];
            ref.param[k] = (spec->kind == GA_WEIGHT ? weights : buffers) + spec->offset;
        }
        node->op->reference(&ref);
    }
}

static inline double *doubles(const float *x, size_t n)
{
    double *d = ga_mem_new(n, sizeof *d);
    for (size_t i = 0; i < n; i++)
        d[i] = (double)x[i];
    return d;
}

static inline ga_view view_of(const float *data, int n, ga_dims d)
{
    return (ga_view){data, n, d.c, d.h, d.w};
}
#endif
