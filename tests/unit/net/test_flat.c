/* Flat arrays: averages, limits and norms. */
#include "net_check.h"

enum { N = 1000, LARGE = 100003 }; /* LARGE: several pieces, the last one short */

static void the_moving_average_follows_its_formula(void **state)
{
    (void)state;
    float *average = new_floats(N, 3), *before = new_floats(N, 3), *w = new_floats(N, 4);
    ga_moving_average(average, w, N, 0.999);
    for (int i = 0; i < N; i++) {
        const double want = 0.999 * (double)before[i] + 0.001 * (double)w[i];
        assert_true(fabs((double)average[i] - want) < 1e-7);
    }
    ga_moving_average(average, w, N, 0);
    assert_memory_equal(average, w, N * sizeof *w);
    ga_mem_free(average);
    ga_mem_free(before);
    ga_mem_free(w);
}

static void clipping_touches_only_what_is_outside(void **state)
{
    (void)state;
    float *x = new_floats(LARGE, 5), *before = new_floats(LARGE, 5);
    x[7] = before[7] = NAN;
    x[8] = before[8] = INFINITY;
    x[9] = before[9] = -INFINITY;
    ga_clip(x, LARGE, 0.25f);
    for (int i = 0; i < LARGE; i++) {
        const float b = before[i];
        if (i == 7)
            assert_true(isnan(x[i]));
        else
            assert_true(x[i] == (b > 0.25f ? 0.25f : b < -0.25f ? -0.25f : b));
    }
    ga_mem_free(x);
    ga_mem_free(before);
}

static void norms_are_exact_where_they_can_be(void **state)
{
    (void)state;
    const float legs[] = {3, 4, 12}, tiny[] = {3e-30f, 4e-30f}, huge[] = {3e30f, -4e30f};
    assert_true(ga_norm2(legs, 3) == 13);
    assert_true(ga_norm2(legs, 0) == 0);
    assert_float_equal(ga_norm2(tiny, 2) * 1e30, 5, 1e-6); /* squares that a float cannot hold */
    assert_float_equal(ga_norm2(huge, 2) * 1e-30, 5, 1e-6);
    float *x = ga_mem_new(LARGE, sizeof *x);
    for (int i = 0; i < LARGE; i++)
        x[i] = 0.5f;
    assert_true(ga_norm2(x, LARGE) == sqrt(0.25 * LARGE)); /* every number is counted once */
    x[LARGE - 1] = NAN;
    assert_true(isnan(ga_norm2(x, LARGE)));
    ga_mem_free(x);
}

static void a_norm_does_not_depend_on_threads(void **state)
{
    (void)state;
    float *x = new_floats(LARGE, 6), *y = new_floats(LARGE, 7);
    const double many[2] = {ga_norm2(x, LARGE), ga_update_ratio(x, y, LARGE)};
    setenv("GANATOMY_THREADS", "1", 1);
    const double one[2] = {ga_norm2(x, LARGE), ga_update_ratio(x, y, LARGE)};
    unsetenv("GANATOMY_THREADS");
    assert_memory_equal(many, one, sizeof one);
    ga_mem_free(x);
    ga_mem_free(y);
}

static void the_update_ratio_follows_its_formula(void **state)
{
    (void)state;
    const float zero[2] = {0}, before[] = {3, 4}, after[] = {3.5f, 4};
    assert_true(ga_update_ratio(before, after, 2) == 0.1);
    assert_true(ga_update_ratio(before, before, 2) == 0);
    assert_true(ga_update_ratio(zero, zero, 2) == 0);
    assert_true(isinf(ga_update_ratio(zero, after, 2)));
    float *x = new_floats(LARGE, 6), *y = new_floats(LARGE, 7);
    double moved = 0, size = 0;
    for (int i = 0; i < LARGE; i++) {
        moved += ((double)y[i] - (double)x[i]) * ((double)y[i] - (double)x[i]);
        size += (double)x[i] * (double)x[i];
    }
    assert_float_equal(ga_update_ratio(x, y, LARGE), sqrt(moved / size), 1e-7);
    ga_mem_free(x);
    ga_mem_free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_moving_average_follows_its_formula),
        cmocka_unit_test(clipping_touches_only_what_is_outside),
        cmocka_unit_test(norms_are_exact_where_they_can_be),
        cmocka_unit_test(a_norm_does_not_depend_on_threads),
        cmocka_unit_test(the_update_ratio_follows_its_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
