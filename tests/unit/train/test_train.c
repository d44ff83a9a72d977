/* Trainings of toy networks: they learn, they say what does not fit, they notice divergence. */
#include "toy.h"

static void a_separable_task_is_learnt_without_error(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *data = toy_data(200);
    ga_arch *arch = toy_arch(toy_classifier);
    ga_train_options o = ga_train_classifier_defaults();
    o.steps = 120;
    o.batch = 20;
    o.lr = 0.02;
    o.threads = 1;
    ga_train *t;
    double values[GA_TRAIN_MAX_CURVES], first = 0;
    CHECK_OK(ga_train_classifier(arch, data, NULL, &o, &t, &err));
    assert_string_equal(ga_train_curves(t)[1], "accuracy");
    assert_int_equal(ga_train_steps_an_epoch(t), 10);
    for (uint64_t i = 0; i < o.steps; i++) {
        CHECK_OK(ga_train_step(t, values, &err));
        if (i == 0)
            first = values[0];
    }
    assert_true(fabs(first - log(2)) < 0.5);
    assert_true(values[0] < 0.1 * first);
    assert_true(values[1] == 1.0);
    ga_train_free(t);
    ga_arch_free(arch);
    ga_dataset_free(data);
}

/* The two kinds of real pictures differ in the sign of (left half - right half); after training the
 * fakes must show it clearly too, and both kinds must be there. */
static void a_toy_generator_learns_both_kinds_of_pictures(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *data = toy_data(160);
    ga_train_options o = toy_options(600);
    ga_train *t = toy_gan(data, &o);
    double values[GA_TRAIN_MAX_CURVES];
    float z[64 * 3], pictures[64 * 16];
    for (uint64_t i = 0; i < o.steps; i++) {
        CHECK_OK(ga_train_step(t, values, &err));
        for (int k = 0; k < 4; k++)
            assert_true(isfinite(values[k]));
        assert_true(values[2] > 0 && values[2] < 1 && values[3] > 0 && values[3] < 1);
    }
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 1, 0, 64, 3, z, &err));
    CHECK_OK(ga_train_render(t, z, NULL, 64, pictures, &err));
    int left = 0, right = 0;
    for (int i = 0; i < 64; i++) {
        double gap = 0;
        for (int p = 0; p < 16; p++)
            gap += (p % 4 < 2 ? 1 : -1) * (double)pictures[i * 16 + p] / 8;
        left += gap > 0.6;
        right += gap < -0.6;
    }
    if (left < 10 || right < 10 || left + right < 45)
        fail_msg("%d fakes are bright on the left, %d on the right", left, right);
    ga_train_free(t);
    ga_dataset_free(data);
}

static void the_model_that_comes_out_renders_as_the_training_does(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *data = toy_data(64);
    ga_train_options o = toy_options(20);
    ga_train *t = toy_gan(data, &o);
    double values[GA_TRAIN_MAX_CURVES];
    for (int i = 0; i < 20; i++)
        CHECK_OK(ga_train_step(t, values, &err));
    float z[4 * 3], got[4 * 16], want[4 * 16];
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 1, 0, 4, 3, z, &err));
    CHECK_OK(ga_train_render(t, z, NULL, 4, want, &err));
    ga_model *m, *settled;
    CHECK_OK(ga_train_model(t, 0, &m, &err));
    ga_plan_options po = {.batch = 4, .bn = GA_BN_RUNNING, .threads = 1};
    ga_plan *plan;
    CHECK_OK(ga_plan_create(ga_model_graph(m), ga_model_params(m), &po, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){z, 4, 3, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, "b", got, &err));
    assert_memory_equal(got, want, sizeof got);
    ga_plan_free(plan);

    /* settled statistics: those of the averaged weights. For batch norm right behind a linear layer
     * they follow from the weights: mean = bias, variance = row sums of squares over the pixels */
    CHECK_OK(ga_train_model(t, 400, &settled, &err));
    size_t n;
    const float *w = ga_params_weights(ga_model_params(settled), &n);
    const float *b = ga_params_buffers(ga_model_params(settled), &n);
    const ga_graph *g = ga_model_graph(settled);
    const float *weight = NULL, *bias = NULL, *mean = NULL, *var = NULL;
    for (int i = 0; i < ga_graph_n_params(g); i++) {
        const ga_param_spec *s = ga_graph_param(g, i);
        if (strcmp(s->name, "a.fc.weight") == 0)
            weight = w + s->offset;
        else if (strcmp(s->name, "a.fc.bias") == 0)
            bias = w + s->offset;
        else if (strcmp(s->name, "a.bn.running_mean") == 0)
            mean = b + s->offset;
        else if (strcmp(s->name, "a.bn.running_var") == 0)
            var = b + s->offset;
    }
    assert_true(weight && bias && mean && var);
    for (int c = 0; c < 8; c++) {
        double m1 = 0, m2 = 0;
        for (int p = 0; p < 4; p++) {
            const int row = c * 4 + p;
            m1 += (double)bias[row] / 4;
            m2 += (double)bias[row] * (double)bias[row] / 4;
            for (int j = 0; j < 3; j++)
                m2 += (double)weight[row * 3 + j] * (double)weight[row * 3 + j] / 4;
        }
        /* 400 batches of 16: the mean is known to about 1/80 of a standard deviation; batches of
         * 16 underestimate the variance by up to 1/16, since a picture's pixels go together */
        const double sd = sqrt(m2 - m1 * m1);
        assert_true(fabs((double)mean[c] - m1) < 0.06 * sd);
        assert_true(fabs((double)var[c] - sd * sd) < 0.12 * sd * sd);
    }
    ga_model_free(settled);
    ga_model_free(m);
    ga_train_free(t);
    ga_dataset_free(data);
}

static void a_loss_that_is_not_finite_stops_with_words(void **state)
{
    (void)state;
    ga_err err = {0};
    ga_dataset *data = toy_data(64);
    ga_train_options o = toy_options(400);
    o.lr = 1e30; /* Adam moves every weight by about lr: products overflow in the second step */
    ga_train *t = toy_gan(data, &o);
    double values[GA_TRAIN_MAX_CURVES];
    ga_status status = GA_OK;
    for (int i = 0; i < 400 && status == GA_OK; i++)
        status = ga_train_step(t, values, &err);
    assert_int_equal(status, GA_EDIVERGED);
    assert_non_null(strstr(err.text, "the loss of the"));
    assert_non_null(strstr(err.text, "try a learning rate below 1e+30"));
    assert_int_equal(ga_status_exit_code(status), 5);
    ga_train_free(t);
    ga_dataset_free(data);
}

static void what_does_not_fit_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_train *t;
    ga_dataset *data = toy_data(20);
    ga_arch *g = toy_arch(toy_generator), *d = toy_arch(toy_discriminator);
    ga_arch *c = toy_arch(toy_classifier);
    ga_train_options o = toy_options(10);
    CHECK_FAILS(ga_train_gan(d, d, data, NULL, &o, &t, &err), GA_EINVAL, "a generator is needed");
    CHECK_FAILS(ga_train_gan(g, c, data, NULL, &o, &t, &err), GA_ESHAPE, "expected one logit");
    CHECK_FAILS(ga_train_classifier(g, data, NULL, &o, &t, &err), GA_EINVAL, "reads latents");
    CHECK_FAILS(ga_train_classifier(d, data, NULL, &o, &t, &err), GA_ESHAPE, "has 2 classes");
    o.batch = 21;
    CHECK_FAILS(ga_train_gan(g, d, data, NULL, &o, &t, &err), GA_EINVAL,
                "batch 21: expected 2 to 20");
    o.batch = 16;
    o.beta1 = 1;
    CHECK_FAILS(ga_train_gan(g, d, data, NULL, &o, &t, &err), GA_EINVAL, "beta1 is 1");
    o.beta1 = 0.5;
    o.memory_limit = 1000;
    CHECK_FAILS(ga_train_gan(g, d, data, NULL, &o, &t, &err), GA_ENOMEM, "a smaller batch");
    assert_null(t);
    ga_arch_free(g);
    ga_arch_free(d);
    ga_arch_free(c);
    ga_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_separable_task_is_learnt_without_error),
        cmocka_unit_test(a_toy_generator_learns_both_kinds_of_pictures),
        cmocka_unit_test(the_model_that_comes_out_renders_as_the_training_does),
        cmocka_unit_test(a_loss_that_is_not_finite_stops_with_words),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
