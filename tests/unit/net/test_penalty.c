/* Gradient penalties: value and weight gradient of gamma/2 mean |dS/dx|^2 against differences of
 * differences, taken with the plain references in double. */
#include "golden/golden.h"
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
      {"fc", LINEAR(16, 1)}}}
};

typedef struct fixture {
    const network *what;
    ga_graph *g;
    ga_params *p, *grads;
    size_t x_count;
    float *x, labels[8];
    double *weights, *taps[MOST + 2];
} fixture;

static ga_graph *build(const network *w)
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

static void start(fixture *f, const network *w, uint64_t seed)
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

static void stop(fixture *f)
{
    for (int t = 0; t < f->g->n_nodes; t++)
        ga_mem_free(f->taps[t]);
    ga_mem_free(f->weights);
    ga_mem_free(f->x);
    ga_params_free(f->p);
    ga_params_free(f->grads);
    ga_graph_free(f->g);
}

static ga_plan *run(const fixture *f, ga_plan_options o)
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

static ga_plan_options room_for(const fixture *f)
{
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = f->what->n + 1;
    return o;
}

/* ---- by differences ---------------------------------------------------------------------------*/

static double outputs(fixture *f)
{
    double sum = 0;
    const int end = f->g->n_nodes - 1;
    refer_graph(f->g, f->weights, NULL, GA_BN_BATCH, true, SEED, f->what->n, f->taps);
    for (size_t i = 0; i < (size_t)f->what->n * ga_dims_count(f->g->nodes[end].out); i++)
        sum += f->taps[end][i];
    return sum;
}

/* mean over n of |dS/dx_n|^2 / 2. Steps of 1e-4: what a third derivative does is about 1e-9 and the
 * same for neighbouring weights; rounding leaves 1e-12. */
static double penalty_of(fixture *f)
{
    const double h = 1e-4;
    double sum = 0;
    for (size_t i = 0; i < f->x_count; i++) {
        const double kept = f->taps[0][i];
        f->taps[0][i] = kept + h;
        const double above = outputs(f);
        f->taps[0][i] = kept - h;
        const double slope = (above - outputs(f)) / (2 * h);
        f->taps[0][i] = kept;
        sum += slope * slope / 2;
    }
    return sum / f->what->n;
}

/* Some weights of every layer; in which |dS/dx|^2 is a polynomial between kinks,
 * of low degree. */
static void check_slopes(fixture *f, const float *got, double gamma, double value)
{
    const double h = 1e-4;
    for (int i = 0; i < f->g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(f->g, i);
        double scale = 0.1 * value; /* a bias has gradient 0 between kinks; rounding is left */
        for (size_t k = 0; k < s->count; k++)
            scale = fmax(scale, fabs((double)got[s->offset + k]));
        for (size_t k = 0; k < s->count; k += 1 + s->count / 9) {
            double *w = &f->weights[s->offset + k];
            const double kept = *w;
            *w = kept + h;
            const double above = penalty_of(f);
            *w = kept - h;
            const double slope = gamma * (above - penalty_of(f)) / (2 * h);
            *w = kept;
            if (!(fabs(slope - (double)got[s->offset + k]) <= 3e-5 * scale))
                fail_msg("%s: %s %zu is %.8g, differences say %.8g", f->what->name, s->name, k,
                         (double)got[s->offset + k], slope);
        }
    }
}

static void penalties_agree_with_differences_of_differences(void **state)
{
    (void)state;
    ga_err err;
    const double gamma = 3;
    for (int i = 0; i < GA_COUNT(networks); i++) {
        fixture f;
        double value;
        start(&f, &networks[i], 20);
        ga_plan *plan = run(&f, room_for(&f));
        CHECK_OK(ga_plan_gradient_penalty(plan, gamma, f.grads, &value, &err));
        const double want = gamma * penalty_of(&f);
        if (!(fabs(value - want) <= 3e-6 * want))
            fail_msg("%s: the penalty is %.9g, differences say %.9g", f.what->name, value, want);
        check_slopes(&f, f.grads->weights, gamma, value);
        ga_plan_free(plan);
        stop(&f);
    }
}

/* ---- by PyTorch -------------------------------------------------------------------------------*/

static void check_golden(const ga_golden *gold, const ga_graph *g, const ga_params *got,
                         const char *what)
{
    for (int i = 0; i < g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(g, i);
        char key[100];
        snprintf(key, sizeof key, "%s.%s", what, s->name);
        const float *want = golden_find(gold, key, s->count, true);
        double scale = 1e-3; /* a bias behind the last kink has gradient 0 */
        for (size_t k = 0; k < s->count; k++)
            scale = fmax(scale, fabs((double)want[k]));
        for (size_t k = 0; k < s->count; k++) /* f32 through 8 layers there and back */
            if (!(fabs((double)got->weights[s->offset + k] - (double)want[k]) <= 1e-5 * scale))
                fail_msg("%s %zu is %.8g, PyTorch has %.8g", key, k,
                         (double)got->weights[s->offset + k], (double)want[k]);
    }
}

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

/* The whole step on real pictures, with the penalty before or after the loss. */
static void a_step_with_a_penalty_agrees_with_pytorch(void **state)
{
    (void)state;
    ga_err err;
    ga_golden gold = golden_open("penalty");
    fixture f;
    start(&f, &judge, 1);
    memcpy(f.x, golden_find(&gold, "x", f.x_count, true), f.x_count * sizeof *f.x);
    memcpy(f.labels, golden_find(&gold, "label", 5, true), 5 * sizeof *f.labels);
    for (int i = 0; i < f.g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(f.g, i);
        char key[100];
        snprintf(key, sizeof key, "weight.%s", s->name);
        memcpy(f.p->weights + s->offset, golden_find(&gold, key, s->count, true),
               s->count * sizeof(float));
    }
    ga_params_changed(f.p);
    ga_plan *plan = run(&f, room_for(&f));
    float out[5], diff[5];
    double value;
    CHECK_OK(ga_plan_read(plan, "out", out, &err));
    check_close("out", out, golden_find(&gold, "out", 5, true), 5, 2e-6);
    for (int i = 0; i < 5; i++)
        diff[i] = (float)(-1 / (1 + exp((double)out[i])) / 5);
    for (int first = 0; first < 2; first++) {
        memset(f.grads->weights, 0, f.grads->n_weights * sizeof(float));
        if (first == 1)
            CHECK_OK(ga_plan_backward(plan, diff, f.grads, true, NULL, &err));
        CHECK_OK(ga_plan_gradient_penalty(plan, 10, f.grads, &value, &err));
        assert_float_equal(value, golden_find(&gold, "penalty", 1, true)[0], 1e-6 * value);
        if (first == 0) {
            check_golden(&gold, f.g, f.grads, "penalty");
            CHECK_OK(ga_plan_backward(plan, diff, f.grads, true, NULL, &err));
        }
        check_golden(&gold, f.g, f.grads, "total");
    }
    ga_plan_free(plan);
    stop(&f);
    golden_close(&gold);
}

/* ---- what must not matter ---------------------------------------------------------------------*/

/* Sizes above every grain, and nothing allocated. */
static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    ga_err err;
    network large = networks[6]; /* which bends */
    assert_string_equal(large.name, "products of what moves");
    large.n = 400;
    fixture f;
    start(&f, &large, 3);
    float *first = new_floats(f.p->n_weights, 0);
    double value = 0, kept = 0;
    for (int threads = 1; threads <= 3; threads++) {
        ga_plan_options o = room_for(&f);
        o.threads = threads;
        ga_plan *plan = run(&f, o);
        plan->threads = threads; /* also where there are fewer cores */
        memset(f.grads->weights, 0, f.grads->n_weights * sizeof(float));
        const uint64_t before = ga_mem_count();
        CHECK_OK(ga_plan_gradient_penalty(plan, 1, f.grads, &value, &err));
        assert_true(ga_mem_count() == before);
        if (threads == 1) {
            kept = value;
            memcpy(first, f.grads->weights, f.grads->n_weights * sizeof(float));
        }
        assert_true(value == kept && value > 0);
        assert_memory_equal(first, f.grads->weights, f.grads->n_weights * sizeof(float));
        ga_plan_free(plan);
    }
    ga_mem_free(first);
    stop(&f);
}

/* Gradients that are there are added to; without gradients the value is the same. A plan with room
 * for the penalty does everything else as one without. */
static void the_penalty_is_added_and_disturbs_nothing(void **state)
{
    (void)state;
    ga_err err;
    for (int i = 0; i < GA_COUNT(networks); i++) {
        fixture f;
        start(&f, &networks[i], 20);
        const size_t count = f.p->n_weights, out = (size_t)f.what->n * 2;
        double value, alone;
        float *plain = new_floats(count, 0), *pure = new_floats(count, 0),
              *diff = new_floats(out, 7), *diff_x = new_floats(2 * (f.x_count + out), 0),
              *diff_x2 = diff_x + f.x_count + out;
        ga_plan_options o = room_for(&f);
        ga_plan *plan = run(&f, o), *other;
        const ga_plan_cost with = ga_plan_cost_of(plan);
        CHECK_OK(ga_plan_gradient_penalty(plan, 3, NULL, &alone, &err));
        CHECK_OK(ga_plan_gradient_penalty(plan, 3, f.grads, &value, &err));
        assert_true(value == alone);
        memcpy(pure, f.grads->weights, count * sizeof *pure);
        CHECK_OK(ga_plan_backward(plan, diff, f.grads, false, diff_x, &err));
        memcpy(plain, f.grads->weights, count * sizeof *plain);
        CHECK_OK(ga_plan_gradient_penalty(plan, 3, f.grads, &value, &err));
        for (size_t k = 0; k < count; k++) {
            const double want = (double)plain[k] + (double)pure[k],
                         size = fabs((double)plain[k]) + fabs((double)pure[k]);
            assert_true(fabs((double)f.grads->weights[k] - want) <= 1e-6 * size);
        }
        ga_plan_free(plan);

        o.train = true;
        CHECK_OK(ga_plan_create(f.g, f.p, &o, &other, &err));
        CHECK_OK(ga_plan_write(other, "x", view_of(f.x, f.what->n, f.what->image), &err));
        if (f.what->label)
            CHECK_OK(ga_plan_write(other, "label", (ga_view){f.labels, f.what->n, 1, 1, 1}, &err));
        CHECK_OK(ga_plan_forward(other, &(ga_run){.dropout_seed = SEED}, &err));
        CHECK_OK(ga_plan_backward(other, diff, f.grads, false, diff_x2, &err));
        assert_memory_equal(diff_x, diff_x2, f.x_count * sizeof *diff_x);
        check_close("gradients", f.grads->weights, plain, count, 1e-6); /* norms are not fused */
        assert_true(ga_plan_cost_of(other).gradient_bytes < with.gradient_bytes);
        assert_true(ga_plan_cost_of(other).activation_bytes <= with.activation_bytes);
        ga_plan_free(other);
        o.penalty = true;
        ga_plan_cost forecast;
        CHECK_OK(ga_plan_forecast(f.g, &o, &forecast, &err));
        assert_memory_equal(&forecast, &with, sizeof with);
        ga_mem_free(plain);
        ga_mem_free(pure);
        ga_mem_free(diff);
        ga_mem_free(diff_x);
        stop(&f);
    }
}

/* There the run back is one product long: it ends at the embedding. */
static void a_projection_has_no_run_back_into_the_picture(void **state)
{
    (void)state;
    fixture f;
    start(&f, &judge, 1);
    ga_plan *plan = run(&f, room_for(&f));
    for (int t = 0; t < f.g->n_nodes; t++) {
        const char *name = ga_graph_tap_name(f.g, t);
        assert_true(plan->taps[t].diff_moves == (strcmp(name, "word") == 0));
        assert_true(plan->taps[t].moves ==
                    (strcmp(name, "word") != 0 && strcmp(name, "label") != 0));
    }
    ga_plan_free(plan);
    stop(&f);
}

/* ---- refusals ---------------------------------------------------------------------------------*/

static void what_has_no_rule_is_refused_by_name(void **state)
{
    (void)state;
    ga_err err;
    const network bad[] = {
        {"batch norm",
         1,
         {2, 4, 4},
         false,
         {{"conv0", "Conv2d", BEFORE, CONV(2, 3, 3, 1, 1)},
          {"bn0", "BatchNorm2d", BEFORE, OPTIONS(GA_ONE("num_features", 3))},
          {"act0", LEAKY}}},
        {"pixel norm", 1, {2, 4, 4}, false, {{"norm", "PixelNorm", BEFORE, NONE}}},
        {"index",
         1,
         {1, 1, 1},
         false,
         {{"word", "Embedding", BEFORE,
           OPTIONS(GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 2))}}},
        {"nothing", 1, {1, 1, 1}, true, {{"word", LINEAR(1, 1)}}}};
    const char *const words[] = {
        "layer 'bn0' (BatchNorm2d): no gradient penalty passes it, as it ties the images of a "
        "batch "
        "together, so that none has a gradient of its own; take a network without it, or no "
        "penalty",
        "layer 'norm' (PixelNorm): no gradient penalty passes it, as its second derivative",
        "layer 'word' (Embedding): no gradient penalty passes it, as it reads an index",
        "no gradient to penalise: 'word' does not depend on 'x'"};
    for (int i = 0; i < GA_COUNT(bad); i++) {
        ga_graph *g = build(&bad[i]);
        ga_params *p = new_params(g, 1);
        ga_plan *plan;
        ga_plan_cost cost;
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.train = o.penalty = true;
        const char *const keep = "x";
        o.keep = &keep;
        o.n_keep = i == 3 ? 1 : 0;
        CHECK_FAILS(ga_plan_create(g, p, &o, &plan, &err), GA_EINVAL, words[i]);
        assert_null(plan);
        CHECK_FAILS(ga_plan_forecast(g, &o, &cost, &err), GA_EINVAL, words[i]);
        ga_params_free(p);
        ga_graph_free(g);
    }
}

/* What the picture does not reach may be anything: batch norm of words. */
static void a_norm_beside_the_picture_is_no_obstacle(void **state)
{
    (void)state;
    ga_err err;
    const network beside = {"beside",
                            4,
                            {3, 1, 1},
                            true,
                            {{"word", "Embedding", NAMES("label"),
                              OPTIONS(GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 3))},
                             {"bn", "BatchNorm1d", BEFORE, OPTIONS(GA_ONE("num_features", 3))},
                             {"act", LEAKY},
                             {"agree", "Multiply", NAMES("x", "act"), NONE},
                             {"fc", LINEAR(3, 1)}}};
    fixture f;
    double value;
    start(&f, &beside, 5);
    ga_plan_options o = room_for(&f);
    o.bn = GA_BN_BATCH;
    ga_plan *plan = run(&f, o);
    CHECK_OK(ga_plan_gradient_penalty(plan, 3, f.grads, &value, &err));
    assert_float_equal(value, 3 * penalty_of(&f), 1e-5);
    check_slopes(&f, f.grads->weights, 3, value);
    ga_plan_free(plan);
    stop(&f);
}

static void wrong_use_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    ga_plan *plan;
    double value;
    start(&f, &networks[0], 1);
    ga_plan_options o = room_for(&f);
    o.penalty = true;
    CHECK_FAILS(ga_plan_create(f.g, f.p, &o, &plan, &err), GA_EINVAL, "a plan for training");
    plan = run(&f, o);
    CHECK_FAILS(ga_plan_gradient_penalty(plan, -1, f.grads, &value, &err), GA_EINVAL,
                "the gradient penalty's weight is -1, expected 0 or more");
    CHECK_FAILS(ga_plan_gradient_penalty(plan, NAN, f.grads, &value, &err), GA_EINVAL, "nan");
    CHECK_OK(ga_plan_write(plan, "x", view_of(f.x, 1, f.what->image), &err));
    CHECK_FAILS(ga_plan_gradient_penalty(plan, 1, f.grads, &value, &err), GA_EINVAL,
                "comes before forward");
    ga_plan_free(plan);
    o.penalty = false;
    o.train = true;
    CHECK_OK(ga_plan_create(f.g, f.p, &o, &plan, &err));
    CHECK_FAILS(ga_plan_gradient_penalty(plan, 1, f.grads, &value, &err), GA_EINVAL,
                "made without a gradient penalty");
    ga_plan_free(plan);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(penalties_agree_with_differences_of_differences),
        cmocka_unit_test(a_step_with_a_penalty_agrees_with_pytorch),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(the_penalty_is_added_and_disturbs_nothing),
        cmocka_unit_test(a_projection_has_no_run_back_into_the_picture),
        cmocka_unit_test(what_has_no_rule_is_refused_by_name),
        cmocka_unit_test(a_norm_beside_the_picture_is_no_obstacle),
        cmocka_unit_test(wrong_use_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
