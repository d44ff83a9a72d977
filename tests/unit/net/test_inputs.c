/* Plans with several inputs, one of them a label: what a class-conditional generator is made of. */
#include "net_check.h"

enum { N = 5, Z = 4, CLASSES = 4, OUT = 2 * 16, LAYERS = 13 };

static const float labels[N] = {2, 0, 2, 3, 2}; /* class 1 does not occur, class 2 three times */

#define OPTIONS(...)                                                                               \
    (const ga_attr[]){__VA_ARGS__}, (int)(sizeof((const ga_attr[]){__VA_ARGS__}) / sizeof(ga_attr))
#define TABLE(columns) OPTIONS(GA_ONE("num_embeddings", CLASSES), GA_ONE("embedding_dim", columns))

/* z and an embedded label side by side; then class-conditional batch norm: plain statistics, with
 * gain and shift of the class for each channel, x (1 + gain) + shift. */
static ga_graph *conditional_network(bool label_first)
{
    ga_err err;
    ga_graph *g;
    const char *const label = "label", *const join[] = {"z", "word"},
                      *const scale[] = {"norm", "gain"}, *const sum[] = {"norm", "scaled", "shift"};
    const ga_layer layers[LAYERS] = {
        {"word", "Embedding", &label, 1, TABLE(3)},
        {"join", "Concat", join, 2, NULL, 0},
        {"fc", "Linear", NULL, 0,
         OPTIONS(GA_ONE("in_features", Z + 3), GA_ONE("out_features", 24))},
        {"view", "Unflatten", NULL, 0, OPTIONS(GA_THREE("unflattened_size", 6, 2, 2))},
        {"norm", "BatchNorm2d", NULL, 0, OPTIONS(GA_ONE("num_features", 6), GA_ONE("affine", 0))},
        {"gain", "Embedding", &label, 1, TABLE(6)},
        {"shift", "Embedding", &label, 1, TABLE(6)},
        {"scaled", "Multiply", scale, 2, NULL, 0},
        {"sum", "Add", sum, 3, NULL, 0},
        {"act", "LeakyReLU", NULL, 0, OPTIONS(GA_ONE("negative_slope", 0.2))},
        {"up", "Upsample", NULL, 0, OPTIONS(GA_ONE("scale_factor", 2))},
        {"conv", "Conv2d", NULL, 0,
         OPTIONS(GA_ONE("in_channels", 6), GA_ONE("out_channels", 2), GA_ONE("kernel_size", 3),
                 GA_ONE("padding", 1))},
        {"out", "Tanh", NULL, 0, NULL, 0},
    };
    CHECK_OK(ga_graph_create(&g, &err));
    for (int i = 0; i < 2; i++)
        CHECK_OK((i == 0) == label_first ? ga_graph_add_input(g, "label", (ga_dims){1, 1, 1}, &err)
                                         : ga_graph_add_input(g, "z", (ga_dims){Z, 1, 1}, &err));
    for (int i = 0; i < LAYERS; i++)
        CHECK_OK(ga_graph_add(g, &layers[i], &err));
    return g;
}

typedef struct fixture {
    ga_graph *g;
    ga_params *p, *grads;
    int z, label; /* taps */
    float at[N * Z], diff[N * OUT];
    double *weights, *buffers, *taps[LAYERS + 2];
} fixture;

static void start(fixture *f, bool label_first)
{
    ga_err err;
    *f = (fixture){.g = conditional_network(label_first)};
    f->p = new_params(f->g, 3);
    CHECK_OK(ga_params_create(f->g, &f->grads, &err));
    f->z = ga_graph_find(f->g, "z");
    f->label = ga_graph_find(f->g, "label");
    fill_distinct(f->at, N * Z, 4);
    fill_distinct(f->diff, N * OUT, 5);
    f->weights = doubles(f->p->weights, f->p->n_weights);
    f->buffers = doubles(f->p->buffers, f->p->n_buffers);
    f->taps[f->z] = doubles(f->at, N * Z);
    f->taps[f->label] = doubles(labels, N);
}

static void stop(fixture *f)
{
    for (int t = 0; t < LAYERS + 2; t++)
        ga_mem_free(f->taps[t]);
    ga_mem_free(f->weights);
    ga_mem_free(f->buffers);
    ga_params_free(f->p);
    ga_params_free(f->grads);
    ga_graph_free(f->g);
}

static ga_plan *run(fixture *f, ga_bn_mode bn, bool train)
{
    ga_err err;
    ga_plan *plan;
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = N + 1;
    o.train = train;
    o.bn = bn;
    CHECK_OK(ga_plan_create(f->g, f->p, &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "label", (ga_view){labels, N, 1, 1, 1}, &err));
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){f->at, N, Z, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    return plan;
}

static void a_conditional_generator_agrees_with_its_reference(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    float got[N * OUT], want[N * OUT];
    for (int m = 0; m < 3; m++)
        for (int k = 0; k < 4; k++) {
            start(&f, k % 2 == 1);
            ga_plan *plan = run(&f, (ga_bn_mode)m, k >= 2);
            refer_graph(f.g, f.weights, f.buffers, (ga_bn_mode)m, k >= 2, 0, N, f.taps);
            CHECK_OK(ga_plan_read(plan, "out", got, &err));
            for (int i = 0; i < N * OUT; i++)
                want[i] = (float)f.taps[LAYERS + 1][i];
            check_close("out", got, want, N * OUT, 1e-5);
            ga_plan_free(plan);
            stop(&f);
        }
}

static double loss(fixture *f)
{
    double sum = 0;
    refer_graph(f->g, f->weights, f->buffers, GA_BN_BATCH, true, 0, N, f->taps);
    for (int i = 0; i < N * OUT; i++)
        sum += f->taps[LAYERS + 1][i] * (double)f->diff[i];
    return sum;
}

static void check_slope(fixture *f, double *x, double got, const char *what)
{
    const double h = 1e-6, kept = *x;
    *x = kept + h;
    const double above = loss(f);
    *x = kept - h;
    const double slope = (above - loss(f)) / (2 * h);
    *x = kept;
    /* gradients are of size 1; f32 through 13 layers */
    if (!(fabs(slope - got) <= 2e-5))
        fail_msg("%s: %.8g, differences say %.8g", what, got, slope);
}

/* dLoss/d(inputs) come in the graph's order; that of a label is 0. */
static void its_gradients_agree_with_finite_differences(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    for (int first = 0; first < 2; first++) {
        start(&f, first == 1);
        float diff_in[N * Z + N];
        const float *diff_z = diff_in + (first == 1 ? N : 0),
                    *diff_label = diff_in + (first == 1 ? 0 : N * Z);
        ga_plan *plan = run(&f, GA_BN_BATCH, true);
        CHECK_OK(ga_plan_backward(plan, f.diff, f.grads, false, diff_in, &err));
        for (size_t i = 0; i < N * Z; i++)
            check_slope(&f, &f.taps[f.z][i], (double)diff_z[i], "z");
        for (size_t i = 0; i < N; i++)
            assert_true(diff_label[i] == 0);
        for (int i = 0; i < f.g->n_params; i++) {
            const ga_param_spec *s = ga_graph_param(f.g, i);
            for (size_t k = 0; s->kind == GA_WEIGHT && k < s->count; k++)
                check_slope(&f, &f.weights[s->offset + k], (double)f.grads->weights[s->offset + k],
                            s->name);
        }
        ga_plan_free(plan);
        stop(&f);
    }
}

/* A class that is not in the batch learns nothing, those that are do. */
static void only_classes_of_the_batch_learn(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f, false);
    ga_plan *plan = run(&f, GA_BN_BATCH, true);
    fill_distinct(f.grads->weights, f.grads->n_weights, 6);
    CHECK_OK(ga_plan_backward(plan, f.diff, f.grads, false, NULL, &err));
    int tables = 0;
    for (int i = 0; i < f.g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(f.g, i);
        if (strcmp(ga_graph_tap_type(f.g, s->tap), "Embedding") != 0)
            continue;
        tables++;
        for (size_t k = 0; k < s->count; k++)
            assert_true((f.grads->weights[s->offset + k] == 0) == (k / (size_t)s->dim[1] == 1));
    }
    assert_int_equal(tables, 3);
    ga_plan_free(plan);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conditional_generator_agrees_with_its_reference),
        cmocka_unit_test(its_gradients_agree_with_finite_differences),
        cmocka_unit_test(only_classes_of_the_batch_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
