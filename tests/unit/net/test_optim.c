/* Optimisers: what the golden files do not show. */
#include "net_check.h"

enum { N = 1000 };

static void a_step_by_hand(void **state)
{
    (void)state;
    ga_err err;
    ga_optim *o;
    ga_optim_options options = ga_optim_defaults(GA_ADAM);
    const float g[] = {3, -0.002f, 0};
    float w[] = {1, 1, 1};
    CHECK_OK(ga_optim_create(&options, 3, &o, &err));
    ga_optim_step(o, w, g); /* Adam's first step is the rate against the sign, whatever the size */
    assert_float_equal(w[0], 1 - 1e-3f, 1e-7);
    assert_float_equal(w[1], 1 + 1e-3f, 1e-7);
    assert_true(w[2] == 1);
    ga_optim_free(o);
}

/* State taken out and put into another optimiser goes on with the same bytes, for every kind. */
static void state_can_be_saved_and_put_back(void **state)
{
    (void)state;
    ga_err err;
    float *w = new_floats(N, 1), *g = new_floats(N, 2), *again = new_floats(N, 0);
    for (int kind = 0; kind < 4; kind++)
        for (int momentum = 0; momentum < 2; momentum++) {
            ga_optim *a, *b;
            ga_optim_options options = ga_optim_defaults((ga_optim_kind)kind);
            options.lr = 0.01;
            options.momentum = momentum ? 0.9 : 0;
            CHECK_OK(ga_optim_create(&options, N, &a, &err));
            CHECK_OK(ga_optim_create(&options, N, &b, &err));
            for (int i = 0; i < 3; i++)
                ga_optim_step(a, w, g);
            assert_int_equal(ga_optim_steps(a), 3);
            assert_int_equal(ga_optim_n_slots(a), ga_optim_n_slots(b));
            for (int i = 0; i < ga_optim_n_slots(a); i++)
                memcpy(ga_optim_slot(b, i), ga_optim_slot(a, i), N * sizeof *w);
            ga_optim_set_steps(b, ga_optim_steps(a));
            memcpy(again, w, N * sizeof *w);
            for (int i = 0; i < 3; i++) {
                ga_optim_step(a, w, g);
                ga_optim_step(b, again, g);
            }
            assert_memory_equal(w, again, N * sizeof *w);
            ga_optim_free(a);
            ga_optim_free(b);
        }
    ga_mem_free(w);
    ga_mem_free(g);
    ga_mem_free(again);
}

static void wrong_options_are_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_optim *o;
    ga_optim_options options = ga_optim_defaults(GA_ADAM);
    options.beta1 = 1;
    CHECK_FAILS(ga_optim_create(&options, 1, &o, &err), GA_EINVAL,
                "beta1 is 1, expected 0 to below 1");
    options = ga_optim_defaults(GA_ADAM);
    options.lr = -1;
    CHECK_FAILS(ga_optim_create(&options, 1, &o, &err), GA_EINVAL, "lr is -1");
    options.lr = NAN;
    CHECK_FAILS(ga_optim_create(&options, 1, &o, &err), GA_EINVAL, "lr is nan");
    options = ga_optim_defaults(GA_SGD);
    options.nesterov = true;
    CHECK_FAILS(ga_optim_create(&options, 1, &o, &err), GA_EINVAL, "nesterov needs a momentum");
    assert_null(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_by_hand),
        cmocka_unit_test(state_can_be_saved_and_put_back),
        cmocka_unit_test(wrong_options_are_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
