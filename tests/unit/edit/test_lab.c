/* test_lab.c - edits at a tap: against pictures rendered from changed activations and weights. */
#include "small.h"

static void swapping_every_unit_gives_the_donor(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model();
    ga_lab *lab = small_lab(m, "b", GA_BN_IMAGE, 1);
    float source[180], donor[180], picture[PICTURE], want[PICTURE];
    const int all[] = {0, 1, 2, 3, 4};
    CHECK_OK(ga_lab_render(lab, z_source, NULL, 1, source, NULL, &err));
    CHECK_OK(ga_lab_render(lab, z_donor, NULL, 1, donor, want, &err));
    CHECK_OK(ga_lab_apply(lab, GA_OP_SWAP, all, 5, source, donor, 1, picture, &err));
    assert_memory_equal(picture, want, sizeof want);
    ga_lab_free(lab);
    ga_model_free(m);
}

/* The same latent as two classes: source and donor differ by their label alone. */
static void the_class_goes_in_at_the_front(void **state)
{
    (void)state;
    ga_err err;
    enum { N = 5, U = 8 * 49, P = 784 };
    ga_model *m = model_named("dcgan:width=4,z=4,classes=3");
    ga_params_init(ga_model_params(m), ga_model_graph(m), 7, GA_START_PYTORCH);
    ga_lab *lab = small_lab(m, "layer0", GA_BN_RUNNING, 1); /* batches of 4 */
    static float z[N * Z], source[N * U], donor[N * U], before[N * P], want[N * P], picture[P];
    const int32_t from[N] = {0, 1, 2, 0, 1}, to[N] = {2, 0, 1, 2, 0};
    const int all[] = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int i = 0; i < N; i++)
        memcpy(z + i * Z, z_source, sizeof z_source);
    CHECK_OK(ga_lab_render(lab, z, from, N, source, before, &err));
    CHECK_OK(ga_lab_render(lab, z, to, N, donor, want, &err));
    assert_memory_not_equal(before, want, P * sizeof(float));
    assert_memory_not_equal(before, before + P, P * sizeof(float));
    assert_memory_equal(before + P, before + 4 * P, P * sizeof(float)); /* of the second batch */
    CHECK_OK(
        ga_lab_apply(lab, GA_OP_SWAP, all, 8, source + 4 * U, donor + 4 * U, 1, picture, &err));
    assert_memory_equal(picture, want + 4 * P, sizeof picture);
    CHECK_FAILS(ga_lab_render(lab, z, NULL, N, source, NULL, &err), GA_EINVAL,
                "draws 3 classes, and no labels are given");
    ga_lab_free(lab);
    ga_model_free(m);
}

static void no_units_leave_the_source(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model();
    ga_lab *lab = small_lab(m, "a", GA_BN_RUNNING, 1);
    float source[54], picture[PICTURE], want[PICTURE];
    CHECK_OK(ga_lab_render(lab, z_source, NULL, 1, source, want, &err));
    CHECK_OK(ga_lab_apply(lab, GA_OP_ZERO, NULL, 0, source, NULL, 1, picture, &err));
    assert_memory_equal(picture, want, sizeof want);
    ga_lab_free(lab);
    ga_model_free(m);
}

/* Changing the activation by hand and rendering on must equal the operation. */
static void operations_equal_activations_changed_by_hand(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model();
    ga_lab *lab = small_lab(m, "b", GA_BN_RUNNING, 1);
    float source[180], changed[180], picture[PICTURE], want[PICTURE];
    const int units[] = {3, 1};
    CHECK_OK(ga_lab_render(lab, z_source, NULL, 1, source, NULL, &err));
    for (int op = GA_OP_ZERO; op <= GA_OP_MEAN; op++) {
        memcpy(changed, source, sizeof changed);
        for (int i = 0; i < 2; i++) {
            double sum = 0;
            for (int p = 0; p < 36; p++)
                sum += (double)source[units[i] * 36 + p];
            for (int p = 0; p < 36; p++)
                changed[units[i] * 36 + p] = op == GA_OP_MEAN ? (float)(sum / 36) : 0;
        }
        CHECK_OK(ga_lab_apply(lab, (ga_operation)op, units, 2, source, NULL, 1, picture, &err));
        CHECK_OK(ga_lab_continue(lab, changed, 1, want, &err));
        check_close("picture", picture, want, PICTURE, 1e-6); /* the mean may round otherwise */
    }
    ga_lab_free(lab);
    ga_model_free(m);
}

/* The filter's weights really set to zero in the model: the whole network run again. */
static void a_zero_filter_equals_zero_weights_in_every_norm_mode(void **state)
{
    (void)state;
    ga_err err;
    const ga_bn_mode modes[] = {GA_BN_RUNNING, GA_BN_IMAGE};
    for (int k = 0; k < 2; k++) {
        ga_model *m = small_model();
        ga_lab *lab = small_lab(m, "b", modes[k], 1);
        float source[180], picture[PICTURE], want[PICTURE];
        const int unit = 2;
        CHECK_OK(ga_lab_render(lab, z_source, NULL, 1, source, NULL, &err));
        CHECK_OK(ga_lab_apply(lab, GA_OP_ZERO_FILTER, &unit, 1, source, NULL, 1, picture, &err));
        const ga_graph *g = ga_model_graph(m);
        for (int i = 0; i < ga_graph_n_params(g); i++) {
            const ga_param_spec *p = ga_graph_param(g, i);
            if (strcmp(p->name, "conv1.weight") != 0)
                continue;
            float *w = ga_params_weights(ga_model_params(m), NULL) + p->offset;
            for (int ic = 0; ic < 6; ic++)
                memset(w + (ic * 5 + unit) * 25, 0, 25 * sizeof *w);
        }
        ga_params_changed(ga_model_params(m));
        CHECK_OK(ga_lab_render(lab, z_source, NULL, 1, source, want, &err));
        check_close("picture", picture, want, PICTURE, 1e-5);
        ga_lab_free(lab);
        ga_model_free(m);
    }
}

static void pairs_are_edited_as_each_alone(void **state)
{
    (void)state;
    ga_err err;
    enum { N = 6 }; /* more than the lab's batch of 4 */
    ga_model *m = small_model();
    ga_lab *lab = small_lab(m, "b", GA_BN_IMAGE, 2);
    static float z[2 * N * Z], source[N * 180], donor[N * 180], pictures[N * PICTURE], one[PICTURE];
    const int units[] = {0, 4};
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 3, 0, 2 * N, Z, z, &err));
    CHECK_OK(ga_lab_render(lab, z, NULL, N, source, NULL, &err));
    CHECK_OK(ga_lab_render(lab, z + N * Z, NULL, N, donor, NULL, &err));
    CHECK_OK(ga_lab_apply(lab, GA_OP_SWAP, units, 2, source, donor, N, pictures, &err));
    for (int i = 0; i < N; i++) {
        CHECK_OK(ga_lab_apply(lab, GA_OP_SWAP, units, 2, source + i * 180, donor + i * 180, 1, one,
                              &err));
        assert_memory_equal(one, pictures + i * PICTURE, sizeof one);
    }
    ga_lab_free(lab);
    ga_model_free(m);
}

/* With a limit below what a batch of 64 needs, both plans together stay within it, in smaller
 * batches with the same pictures; a batch that must be whole is refused. */
static void a_limit_makes_batches_smaller(void **state)
{
    (void)state;
    ga_err err;
    enum { N = 9 };
    ga_model *m = small_model();
    ga_lab *lab, *free_lab;
    static float z[N * Z], pictures[N * PICTURE], want[N * PICTURE];
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 5, 0, N, Z, z, &err));
    ga_lab_options o = {.tap = "b", .bn = GA_BN_IMAGE, .threads = 1};
    CHECK_OK(ga_lab_create(m, &o, &free_lab, &err));
    CHECK_OK(ga_lab_render(free_lab, z, NULL, N, NULL, want, &err));
    ga_lab_free(free_lab);
    o.memory_limit = 60000;
    CHECK_OK(ga_lab_create(m, &o, &lab, &err));
    CHECK_OK(ga_lab_render(lab, z, NULL, N, NULL, pictures, &err));
    assert_memory_equal(pictures, want, sizeof want);
    ga_lab_free(lab);
    o.bn = GA_BN_BATCH;
    CHECK_FAILS(ga_lab_create(m, &o, &lab, &err), GA_ENOMEM, "would fit");
    assert_null(lab);
    o.bn = GA_BN_IMAGE;
    o.memory_limit = 1000;
    CHECK_FAILS(ga_lab_create(m, &o, &lab, &err), GA_ENOMEM, "not even one image");
    ga_model_free(m);
}

static void what_cannot_be_edited_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_lab *lab;
    ga_model *m = small_model();
    CHECK_FAILS(ga_lab_create(m, &(ga_lab_options){.tap = "layer9"}, &lab, &err), GA_ENOTFOUND,
                "conv1");
    CHECK_FAILS(ga_lab_create(m, &(ga_lab_options){.tap = "picture"}, &lab, &err), GA_EINVAL,
                "output");
    CHECK_FAILS(ga_lab_create(m, &(ga_lab_options){.tap = "z"}, &lab, &err), GA_EINVAL, "input");
    lab = small_lab(m, "b", GA_BN_BATCH, 1);
    float x[180] = {0}, picture[PICTURE];
    const int unit = 5;
    CHECK_FAILS(ga_lab_apply(lab, GA_OP_ZERO, &unit, 1, x, NULL, 1, picture, &err), GA_EINVAL,
                "'b' has no unit 5: its units are 0 to 4");
    CHECK_FAILS(ga_lab_apply(lab, GA_OP_SWAP, NULL, 0, x, NULL, 1, picture, &err), GA_EINVAL,
                "donor");
    CHECK_FAILS(ga_lab_render(lab, x, NULL, 5, NULL, x, &err), GA_EINVAL,
                "do not fit one batch of 4");
    ga_lab_free(lab);
    lab = small_lab(m, "view", GA_BN_IMAGE, 1);
    CHECK_FAILS(ga_lab_apply(lab, GA_OP_ZERO_FILTER, &unit, 1, x, NULL, 1, picture, &err),
                GA_EINVAL, "no convolution feeds 'view'");
    ga_lab_free(lab);
    ga_model_free(m);
}

static void random_units_are_different_and_nested(void **state)
{
    (void)state;
    ga_err err;
    int few[5], many[20], seen[20] = {0};
    CHECK_OK(ga_random_units(20, 20, 9, many, &err));
    CHECK_OK(ga_random_units(20, 5, 9, few, &err));
    assert_memory_equal(few, many, sizeof few);
    for (int i = 0; i < 20; i++)
        seen[many[i]]++;
    for (int i = 0; i < 20; i++)
        assert_int_equal(seen[i], 1);
    CHECK_FAILS(ga_random_units(20, 21, 9, many, &err), GA_EINVAL, "there are 20");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swapping_every_unit_gives_the_donor),
        cmocka_unit_test(the_class_goes_in_at_the_front),
        cmocka_unit_test(no_units_leave_the_source),
        cmocka_unit_test(operations_equal_activations_changed_by_hand),
        cmocka_unit_test(a_zero_filter_equals_zero_weights_in_every_norm_mode),
        cmocka_unit_test(pairs_are_edited_as_each_alone),
        cmocka_unit_test(a_limit_makes_batches_smaller),
        cmocka_unit_test(what_cannot_be_edited_is_said),
        cmocka_unit_test(random_units_are_different_and_nested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
