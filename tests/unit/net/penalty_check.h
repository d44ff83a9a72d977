/* penalty_check.h - networks that a gradient penalty passes through, and plans with room for one.
 */
#ifndef GA_PENALTY_CHECK_H
#define GA_PENALTY_CHECK_H
#include "net_check.h"

#define OPTIONS(...)                                                                               \
    (const ga_attr[]){__VA_ARGS__}, (int)(sizeof((const ga_attr[]){__VA_ARGS__}) / sizeof(ga_attr))
#define NAMES(...)                                                                                 \
    (const char *const[]){__VA_ARGS__},                                                            \
        (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
#define BEFORE NULL, 0
#define NONE   NULL, 0
#define LINEAR(in, out)                                                                            \
    "Linear", BEFORE, OPTIONS(GA_ONE("in_features", in), GA_ONE("out_features", out))
#define CONV(ic, oc, k, s, p)                                                                      \
    OPTIONS(GA_ONE("in_channels", ic), GA_ONE("out_channels", oc), GA_ONE("kernel_size", k),       \
            GA_ONE("stride", s), GA_ONE("padding", p))
#define LEAKY "LeakyReLU", BEFORE, OPTIONS(GA_ONE("negative_slope", 0.2))

enum { MOST = 20, SEED = 9 };

typedef struct network {
    const char *name;
    int n;
    ga_dims image;
    bool label; /* a second input, 0..2 */
    ga_layer layers[MOST];
} network;

static const network networks[] = {
    {"MLP",
     3,
     {7, 1, 1},
     false,
     {{"fc0", LINEAR(7, 9)},
      {"act0", LEAKY},
      {"fc1", LINEAR(9, 6)},
      {"act1", "ReLU", BEFORE, NONE},
      {"fc2", LINEAR(6, 1)}}},
    {"DCGAN",
     2,
     {2, 7, 7},
     false,
     {{"conv0", "Conv2d", BEFORE, CONV(2, 4, 5, 2, 2)},
      {"act0", LEAKY},
      {"drop0", "Dropout2d", BEFORE, OPTIONS(GA_ONE("p", 0.3))},
      {"conv1", "Conv2d", BEFORE, CONV(4, 5, 3, 2, 1)},
      {"act1", LEAKY},
      {"drop1", "Dropout", BEFORE, OPTIONS(GA_ONE("p", 0.25))},
      {"flat", "Flatten", BEFORE, NONE},
      {"fc", LINEAR(20, 1)}}},
    {"pools and pads",
     2,
     {2, 6, 6},
     false,
     {{"conv0", "Conv2d", BEFORE, CONV(2, 3, 3, 1, 1)},
      {"act0", LEAKY},
      {"max", "MaxPool2d", BEFORE, OPTIONS(GA_ONE("kernel_size", 2))},
      {"mirror", "ReflectionPad2d", BEFORE, OPTIONS(GA_FOUR("padding", 1, 0, 2, 1))},
      {"conv1", "Conv2d", BEFORE, CONV(3, 3, 3, 1, 0)},
      {"mean", "AvgPool2d", BEFORE, OPTIONS(GA_ONE("kernel_size", 2), GA_ONE("stride", 1))},
      {"up", "Upsample", BEFORE,
       OPTIONS(GA_ONE("scale_factor", 2), GA_WORD_IS("mode", "bilinear"))},
      {"zero", "ZeroPad2d", BEFORE, OPTIONS(GA_ONE("padding", 1))},
      {"conv2", "Conv2d", BEFORE, CONV(3, 4, 3, 2, 0)},
      {"act2", "ReLU", BEFORE, NONE},
      {"edge", "ReplicationPad2d", BEFORE, OPTIONS(GA_ONE("padding", 1))},
      {"most", "AdaptiveMaxPool2d", BEFORE, OPTIONS(GA_ONE("output_size", 2))},
      {"conv3", "Conv2d", BEFORE, CONV(4, 3, 2, 1, 1)},
      {"rest", "AdaptiveAvgPool2d", BEFORE, OPTIONS(GA_ONE("output_size", 1))},
      {"fc", LINEAR(3, 1)}}},
    {"joins and shapes",
     2,
     {2, 4, 4},
     false,
     {{"conv0", "Conv2d", BEFORE, CONV(2, 3, 3, 1, 1)},
      {"gain", "ScaleBias", BEFORE, OPTIONS(GA_ONE("num_features", 3))},
      {"act0", LEAKY},
      {"conv1", "Conv2d", BEFORE, CONV(3, 3, 3, 1, 1)},
      {"sum", "Add", NAMES("act0", "conv1", "act0"), NONE},
      {"join", "Concat", NAMES("sum", "conv1"), NONE},
      {"part", "Slice", BEFORE, OPTIONS(GA_ONE("start", 1), GA_ONE("stop", 5))},
      {"same", "Identity", BEFORE, NONE},
      {"half", "Scale", BEFORE, OPTIONS(GA_ONE("scale", 0.7), GA_ONE("bias", 0.3))},
      {"gain2", "WScale", BEFORE, OPTIONS(GA_ONE("num_features", 4), GA_ONE("scale", 1.3))},
      {"grow", "ConvTranspose2d", BEFORE, CONV(4, 2, 4, 2, 1)},
      {"act1", LEAKY},
      {"mean", "AdaptiveAvgPool2d", NAMES("conv1"), OPTIONS(GA_ONE("output_size", 1))},
      {"view", "Reshape", NAMES("act1"), OPTIONS(GA_THREE("shape", 4, 8, 4))},
      {"flat", "Flatten", BEFORE, NONE},
      {"fc", LINEAR(128, 2)}}},
    {"projection",
     3,
     {2, 5, 5},
     true,
     {{"conv0", "Conv2d", NAMES("x"), CONV(2, 4, 3, 2, 1)},
      {"act0", LEAKY},
      {"conv1", "Conv2d", BEFORE, CONV(4, 5, 3, 1, 1)},
      {"act1", LEAKY},
      {"pool", "AdaptiveAvgPool2d", BEFORE, OPTIONS(GA_ONE("output_size", 1))},
      {"fc", LINEAR(5, 1)},
      {"word", "Embedding", NAMES("label"),
       OPTIONS(GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 4))},
      {"word1", LINEAR(4, 5)},
      {"agree", "Multiply", NAMES("pool", "word1"), NONE},
      {"ones", LINEAR(5, 1)},
      {"out", "Add", NAMES("ones", "fc"), NONE}}},
    {"label joined to the picture",
     2,
     {2, 4, 4},
     true,
     {{"word", "Embedding", NAMES("label"),
       OPTIONS(GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 16))},
      {"map", "Unflatten", BEFORE, OPTIONS(GA_THREE("unflattened_size", 1, 4, 4))},
      {"join", "Concat", NAMES("x", "map"), NONE},
      {"conv0", "Conv2d", BEFORE, CONV(3, 4, 3, 2, 1)},
      {"act0", LEAKY},
      {"shift", "Embedding", NAMES("label"),
       OPTIONS(GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 4))},
      {"moved", "Add", NAMES("act0", "shift"), NONE},
      {"act1", "ReLU", BEFORE, NONE},
      {"flat", "Flatten", BEFORE, NONE},
      {"fc", LINEAR(16, 1)}}},
    {"products of what moves",
     2,
     {3, 4, 4},
     false,
     {{"conv0", "Conv2d", BEFORE, CONV(3, 3, 3, 1, 1)},
      {"act0", LEAKY},
      {"mean", "AdaptiveAvgPool2d", BEFORE, OPTIONS(GA_ONE("output_size", 1))},
      {"fc0", LINEAR(3, 3)},
      {"gate", "Sigmoid", BEFORE, NONE},
      {"gated", "Multiply", NAMES("act0", "gate"), NONE},
      {"conv1", "Conv2d", BEFORE, CONV(3, 3, 3, 1, 1)},
      {"cross", "Multiply", NAMES("conv1", "x"), NONE},
      {"square", "Multiply", NAMES("cross", "cross"), NONE},
      {"sum", "Add", NAMES("square", "gated", "gate"), NONE},
      {"flat", "Flatten", BEFORE, NONE},
      {"fc", LINEAR(48, 1)}}},
    {"smooth",
     2,
     {2, 4, 4},
     false,
     {{"conv0", "Conv2d", BEFORE, CONV(2, 4, 3, 2, 1)},
      {"act0", "Tanh", BEFORE, NONE},
      {"conv1", "Conv2d", BEFORE, CONV(4, 4, 3, 1, 1)},
      {"act1", "SiLU", BEFORE, NONE},
      {"flat", "Flatten", BEFORE, NONE},
      {"fc0", LINEAR(16, 5)},
      {"act2", "ELU", BEFORE, OPTIONS(GA_ONE("alpha", 0.7))},
      {"fc1", LINEAR(5, 4)},
      {"act3", "Sigmoid", BEFORE, NONE},
      {"fc2", LINEAR(4, 1)}}},
    {"spread of a group",
     4,
     {2, 4, 4},
     false,
     {{"conv0", "Conv2d", BEFORE, CONV(2, 3, 3, 1, 1)},
      {"act0", LEAKY},
      {"spread", "MinibatchStddev", BEFORE, OPTIONS(GA_ONE("group_size", 2))},
      {"conv1", "Conv2d", BEFORE, CONV(4, 3, 3, 2, 1)},
      {"act1", LEAKY},
      {"all", "MinibatchStddev", BEFORE, NONE},
      {"flat", "Flatten", BEFORE, NONE},
      {"fc", LINEAR(16, 1)}}}};

/* What a golden file of PyTorch has. */
static const network judge = {
    "golden",
    5,
    {2, 12, 12},
    true,
    {{"conv0", "Conv2d", NAMES("x"), CONV(2, 6, 5, 2, 2)},
     {"act0", LEAKY},
     {"conv1", "Conv2d", BEFORE, CONV(6, 8, 5, 2, 2)},
     {"act1", LEAKY},
     {"conv2", "Conv2d", BEFORE, CONV(8, 8, 3, 1, 1)},
     {"sum", "Add", NAMES("act1", "conv2"), NONE},
     {"act2", LEAKY},
     {"pool", "AdaptiveAvgPool2d", BEFORE, OPTIONS(GA_ONE("output_size", 1))},
     {"fc", LINEAR(8, 1)},
     {"word", "Embedding", NAMES("label"),
      OPTIONS(GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 8))},
     {"agree", "Multiply", NAMES("pool", "word"), NONE},
     {"ones", "Linear", BEFORE,
      OPTIONS(GA_ONE("in_features", 8), GA_ONE("out_features", 1), GA_ONE("bias", 0))},
     {"out", "Add", NAMES("fc", "ones"), NONE}}};

typedef struct fixture {
    const network *what;
    ga_graph *g;
    ga_params *p, *grads;
    size_t x_count;
    float *x, labels[8];
    double *weights, *taps[MOST + 2];
} fixture;

static inline ga_graph *build(const network *w)
{
    ga_err err;
    ga_graph *g;
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "x", w->image, &err));
    if (w->label)
        CHECK_OK(ga_graph_add_input(g, "label", (ga_dims){1, 1, 1}, &err));
    for (int i = 0; i < MOST && w->layers[i].name != NULL; i++)
        CHECK_OK(ga_graph_add(g, &w->layers[i], &err));
    return g;
}

static inline void start(fixture *f, const network *w, uint64_t seed)
{
    ga_err err;
    *f = (fixture){.what = w, .g = build(w), .labels = {2, 0, 2, 1, 0, 0, 1, 2}};
    f->p = new_params(f->g, seed);
    CHECK_OK(ga_params_create(f->g, &f->grads, &err));
    f->x_count = (size_t)w->n * ga_dims_count(w->image);
    f->x = new_floats(f->x_count, seed + 2);
    f->weights = doubles(f->p->weights, f->p->n_weights);
    f->taps[0] = doubles(f->x, f->x_count);
    if (w->label)
        f->taps[1] = doubles(f->labels, (size_t)w->n);
}

static inline void stop(fixture *f)
{
    for (int t = 0; t < f->g->n_nodes; t++)
        ga_mem_free(f->taps[t]);
    ga_mem_free(f->weights);
    ga_mem_free(f->x);
    ga_params_free(f->p);
    ga_params_free(f->grads);
    ga_graph_free(f->g);
}

static inline ga_plan *run(const fixture *f, ga_plan_options o)
{
    ga_err err;
    ga_plan *plan;
    o.train = o.penalty = true;
    CHECK_OK(ga_plan_create(f->g, f->p, &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "x", view_of(f->x, f->what->n, f->what->image), &err));
    if (f->what->label)
        CHECK_OK(ga_plan_write(plan, "label", (ga_view){f->labels, f->what->n, 1, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, &(ga_run){.dropout_seed = SEED}, &err));
    return plan;
}

static inline ga_plan_options room_for(const fixture *f)
{
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = f->what->n + 1;
    return o;
}
#endif
