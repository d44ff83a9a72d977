/* Sums as whole numbers: against numbers that are known, and against themselves in other orders. */
#include "base/rng.h"
#include "check.h"
#include "stat/wide.h"

enum { N = 5, LOWEST = -144 };

static double sum_of(const double *x, int n)
{
    uint64_t sum[N] = {0};
    for (int i = 0; i < n; i++)
        ga_wide_add(sum, N, LOWEST, x[i]);
    return ga_wide_value(sum, N, LOWEST);
}

static void what_is_added_is_there(void **state)
{
    (void)state;
    const double one[] = {
        0,         1,       -1,    0.1,    -0.1,   0x1.8p-131, 0x1p-144,
        -0x1p-144, 1e37,    -1e37, 0x1p63, 0x1p64, -0x1p64,    0x1.fffffffffffffp-80,
        0x1p170,   -0x1p170};
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        if (sum_of(&one[i], 1) != one[i])
            fail_msg("%a came back as %a", one[i], sum_of(&one[i], 1));
    /* below a unit, towards 0 */
    const double under[] = {0x1p-145, -0x1p-145, 0x1.8p-144, -0x1.8p-144, 0x1p-300};
    const double left[] = {0, 0, 0x1p-144, -0x1p-144, 0};
    for (int i = 0; i < 5; i++)
        assert_true(sum_of(&under[i], 1) == left[i]);
}

static void large_addends_leave_small_ones_whole(void **state)
{
    (void)state;
    assert_true(sum_of((const double[]){1e30, 1, -1e30}, 3) == 1);
    assert_true(sum_of((const double[]){-0x1p160, 0x1p-140, 0x1p160, -3}, 4) == -3 + 0x1p-140);
    assert_true(sum_of((const double[]){-1, 1}, 2) == 0);
    /* borrows and carries through all limbs */
    assert_true(sum_of((const double[]){0x1p170, -0x1p-144, 0x1p-144}, 3) == 0x1p170);
    assert_true(sum_of((const double[]){-0x1p-144, 0x1p-143}, 2) == 0x1p-144);
    assert_true(sum_of((const double[]){0x1p127, -0x1p-144, -0x1p127}, 3) == -0x1p-144);
}

static void the_value_is_the_nearest(void **state)
{
    (void)state;
    const double ulp = 0x1p-52;
    assert_true(sum_of((const double[]){1, ulp / 2}, 2) == 1);                 /* tie to even */
    assert_true(sum_of((const double[]){1 + ulp, ulp / 2}, 2) == 1 + 2 * ulp); /* and up */
    assert_true(sum_of((const double[]){1, ulp / 2, 0x1p-140}, 3) == 1 + ulp); /* no tie */
    assert_true(sum_of((const double[]){-1, -ulp / 2, -0x1p-140}, 3) == -1 - ulp);
    assert_true(sum_of((const double[]){1 + ulp, ulp / 2, -0x1p-140}, 3) == 1 + ulp);
    assert_true(sum_of((const double[]){0x1p64, 0x1p11, 0x1p-140}, 3) == 0x1p64 + 0x1p12);
}

static void every_order_and_division_is_the_same(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    static double x[COUNT];
    ga_rng rng = ga_rng_of(7, 0);
    for (int i = 0; i < COUNT; i++) /* from 2^-150 to 2^150, of either sign */
        x[i] = ldexp(ga_rng_normal(&rng), (int)ga_rng_below(&rng, 300) - 150);
    uint64_t forth[N] = {0}, back[N] = {0}, part[3][N] = {{0}};
    long double near = 0;
    for (int i = 0; i < COUNT; i++) {
        ga_wide_add(forth, N, LOWEST, x[i]);
        ga_wide_add(back, N, LOWEST, x[COUNT - 1 - i]);
        ga_wide_add(part[i % 3], N, LOWEST, x[i]);
        near += x[i];
    }
    ga_wide_merge(part[2], part[0], N);
    ga_wide_merge(part[2], part[1], N);
    assert_memory_equal(forth, back, sizeof forth);
    assert_memory_equal(forth, part[2], sizeof forth);
    assert_true(fabsl((long double)ga_wide_value(forth, N, LOWEST) - near) <= 1e-14L * fabsl(near));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_there),
        cmocka_unit_test(large_addends_leave_small_ones_whole),
        cmocka_unit_test(the_value_is_the_nearest),
        cmocka_unit_test(every_order_and_division_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
