/* How networks of families read a label: what it changes, and by how much. */
#include "models.h"

static ga_model *make_model(const char *name)
{
    ga_model *m = model_named(name);
    ga_params_init(ga_model_params(m), ga_model_graph(m), 3, GA_START_PYTORCH);
    return m;
}

/* Runs n images x and reads tap (which needs no label), or the output for those labels. */
static void run(ga_model *m, const float *x, const float *labels, int n, const char *tap,
                float *dst)
{
    ga_err err;
    ga_plan *plan;
    const ga_graph *g = ga_model_graph(m);
    const ga_dims in = ga_graph_tap_dims(g, 0);
    const int label = ga_arch_label_input(ga_model_arch(m));
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = n;
    o.to = tap;
    CHECK_OK(ga_plan_create(g, ga_model_params(m), &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, ga_graph_tap_name(g, 0), (ga_view){x, n, in.c, in.h, in.w}, &err));
    if (label >= 0 && tap == NULL)
        CHECK_OK(
            ga_plan_write(plan, ga_graph_tap_name(g, label), (ga_view){labels, n, 1, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, tap != NULL ? tap : ga_graph_output_name(g), dst, &err));
    ga_plan_free(plan);
}

static void the_label_changes_the_picture_and_the_latent_does_too(void **state)
{
    (void)state;
    static const char *const names[] = {"cdcgan:width=4,z=3", "cmlp-gan:width=4,z=3,pixels=8"};
    for (int i = 0; i < 2; i++) {
        ga_model *m = make_model(names[i]);
        assert_int_equal(ga_arch_classes(ga_model_arch(m)), 10);
        assert_int_equal(ga_arch_label_input(ga_model_arch(m)), 1);
        const float z[4 * 3] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 3, 2, 1}, labels[] = {0, 7, 0, 0};
        const ga_graph *g = ga_model_graph(m);
        const size_t size = ga_dims_count(ga_graph_output_dims(g));
        float *pictures = calloc(4 * size, sizeof *pictures);
        run(m, z, labels, 4, NULL, pictures);
        assert_memory_not_equal(pictures, pictures + size, size * sizeof(float));
        assert_memory_equal(pictures, pictures + 2 * size, size * sizeof(float));
        assert_memory_not_equal(pictures, pictures + 3 * size, size * sizeof(float));
        free(pictures);
        ga_model_free(m);
    }
}

/* The logit by hand from the features: w h + b + (sum over h of h times the code) / root. */
static void the_projection_is_the_product_with_the_label_s_code(void **state)
{
    (void)state;
    enum { N = 3, F = 8 * 49, P = 784 };
    ga_model *m = make_model("dcgan-d:width=4,classes=5");
    static float x[N * P], h[N * F];
    const float labels[N] = {4, 0, 2};
    float logits[N];
    for (int i = 0; i < N * P; i++)
        x[i] = (float)((i * 37) % 101) / 50.0f - 1;
    run(m, x, labels, N, "features", h);
    run(m, x, labels, N, NULL, logits);
    const float *w = weights_of(m, "score.weight"), *b = weights_of(m, "score.bias"),
                *code = weights_of(m, "label.code.weight");
    for (int n = 0; n < N; n++) {
        double score = (double)b[0], match = 0;
        for (int k = 0; k < F; k++) {
            score += (double)w[k] * (double)h[n * F + k];
            match += (double)code[(int)labels[n] * F + k] * (double)h[n * F + k];
        }
        const double want = score + match / sqrt(F);
        if (fabs(want - (double)logits[n]) > 1e-5 * (1 + fabs(want)))
            fail_msg("logit %d is %g, expected %g", n, (double)logits[n], want);
        assert_true(fabs(match) > 0.01); /* else this would prove nothing */
    }
    ga_model_free(m);
}

static void every_way_to_read_a_label_tells_classes_apart(void **state)
{
    (void)state;
    static const char *const names[] = {"dcgan-d:width=4,classes=5",
                                        "dcgan-d:width=4,classes=5,cond=concat",
                                        "mlp-gan-d:width=4,classes=5"};
    static float x[2 * 784];
    const float labels[2] = {1, 3};
    for (int i = 0; i < 784; i++)
        x[i] = x[784 + i] = (float)((i * 37) % 101) / 50.0f - 1;
    for (int i = 0; i < 3; i++) {
        float logits[2];
        ga_model *m = make_model(names[i]);
        run(m, x, labels, 2, NULL, logits);
        assert_true(logits[0] != logits[1]);
        ga_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_label_changes_the_picture_and_the_latent_does_too),
        cmocka_unit_test(the_projection_is_the_product_with_the_label_s_code),
        cmocka_unit_test(every_way_to_read_a_label_tells_classes_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
