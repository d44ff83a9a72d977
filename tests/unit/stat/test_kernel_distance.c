/* The kernel distance: two points by hand, clouds against NumPy, subsets by their law. */
#include "check.h"
#include "cloud.h"
#include "scores_golden.h"

enum { D = 7, REALS = 700, FAKES = 530 };

/* x = {0, 2}, y = {1, 3} with D = 1, k = (xy + 1)^3: within x 1, within y 64, between
 * (1 + 1 + 27 + 343) / 4 = 93, so 1 + 64 - 186 = -121. Subsets of all points are all points. */
static void two_points_are_as_by_hand(void **state)
{
    (void)state;
    ga_err err;
    const float x[] = {0, 2}, y[] = {1, 3};
    ga_kernel_distance k;
    CHECK_OK(ga_kernel_distance_of((ga_points){x, 2, 1}, (ga_points){y, 2, 1},
                                   &(ga_kernel_options){3, 1000, 1}, 1, &k, &err));
    assert_true(k.mean == -121 && k.sd == 0 && k.size == 2);
}

/* Two subsets of two of y = {1, 3, 5} against x = {0, 2}: by the same formula -121 for {1, 3}, -463
 * for {1, 5} and 1 + 4096 - 2 (1 + 1 + 343 + 1331) / 4 = 3259 for {3, 5}. Whichever were drawn,
 * mean and deviation are those of two of the three. */
static void the_deviation_is_over_subsets_less_one(void **state)
{
    (void)state;
    ga_err err;
    const float x[] = {0, 2}, y[] = {1, 3, 5};
    const double value[] = {-121, 1 + 216 - (1 + 1 + 27 + 1331) / 2.0, 3259};
    int unlike = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        ga_kernel_distance k;
        bool found = false;
        CHECK_OK(ga_kernel_distance_of((ga_points){x, 2, 1}, (ga_points){y, 3, 1},
                                       &(ga_kernel_options){2, 2, seed}, 1, &k, &err));
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                if (fabs(k.mean - (value[i] + value[j]) / 2) < 1e-9 &&
                    fabs(k.sd - fabs(value[i] - value[j]) / sqrt(2)) < 1e-9)
                    found = true;
        assert_true(found);
        unlike += k.sd > 0;
    }
    assert_true(unlike > 0);
}

static void clouds_agree_with_numpy(void **state)
{
    (void)state;
    ga_err err;
    float *real = cloud(1, REALS, D, 0), *fake = cloud(2, FAKES, D, 0.125f);
    ga_kernel_distance k;
    CHECK_OK(ga_kernel_distance_of((ga_points){real, FAKES, D}, (ga_points){fake, FAKES, D},
                                   &(ga_kernel_options){2, FAKES, 1}, 2, &k, &err));
    /* products in f32: 1e-7 of the kernel, whose mean is 2, and less after averaging */
    if (!(fabs(k.mean - kernel_distance) < 1e-7 * kernel_self))
        fail_msg("distance %.17g, expected %.17g", k.mean, kernel_distance);
    assert_true(k.sd < 1e-12); /* both subsets are the whole, in another order */
    ga_mem_free(real);
    ga_mem_free(fake);
}

/* The estimate is unbiased, so subsets scatter around the value of the whole. */
static void subsets_scatter_around_the_whole(void **state)
{
    (void)state;
    ga_err err;
    float *real = cloud(1, REALS, D, 0), *fake = cloud(2, FAKES, D, 0.125f);
    const ga_points reals = {real, REALS, D}, fakes = {fake, FAKES, D};
    const ga_kernel_options options = {100, 50, 7};
    ga_kernel_distance k, again, other, whole;
    CHECK_OK(ga_kernel_distance_of(reals, fakes, &options, 1, &k, &err));
    CHECK_OK(ga_kernel_distance_of(reals, fakes, &options, 5, &again, &err));
    assert_memory_equal(&k, &again, sizeof k);
    CHECK_OK(
        ga_kernel_distance_of(reals, fakes, &(ga_kernel_options){100, 50, 8}, 1, &other, &err));
    assert_true(other.mean != k.mean);
    CHECK_OK(
        ga_kernel_distance_of(reals, fakes, &(ga_kernel_options){2, FAKES, 1}, 1, &whole, &err));
    assert_true(k.sd > 0.001 && k.size == 50);
    assert_true(fabs(k.mean - whole.mean) < 4 * k.sd / 10); /* 4 of its standard errors */
    ga_mem_free(real);
    ga_mem_free(fake);
}

static void one_law_is_nothing_apart_on_average(void **state)
{
    (void)state;
    ga_err err;
    float *a = cloud(11, 2000, D, 0), *b = cloud(12, 2000, D, 0);
    ga_kernel_distance k;
    CHECK_OK(ga_kernel_distance_of((ga_points){a, 2000, D}, (ga_points){b, 2000, D},
                                   &(ga_kernel_options){50, 400, 1}, 2, &k, &err));
    assert_true(fabs(k.mean) < k.sd);
    ga_mem_free(a);
    ga_mem_free(b);
}

static void what_has_no_distance_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    const float x[] = {0, INFINITY, 2, 3};
    const ga_kernel_options usual = {2, 2, 1};
    ga_kernel_distance k;
    CHECK_FAILS(
        ga_kernel_distance_of((ga_points){x, 4, 1}, (ga_points){x, 4, 1}, &usual, 1, &k, &err),
        GA_EDATA, "the first points: number 0 of point 1 is not finite");
    CHECK_FAILS(
        ga_kernel_distance_of((ga_points){x, 1, 1}, (ga_points){x + 2, 2, 1}, &usual, 1, &k, &err),
        GA_EINVAL, "of 1 points");
    CHECK_FAILS(ga_kernel_distance_of((ga_points){x + 2, 2, 1}, (ga_points){x + 2, 1, 2}, &usual, 1,
                                      &k, &err),
                GA_EINVAL, "expected as many numbers");
    ga_status status = GA_ENOMEM;
    long n = 0;
    for (; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_kernel_distance_of((ga_points){x + 2, 2, 1}, (ga_points){x + 2, 2, 1}, &usual,
                                       1, &k, &err);
    }
    ga_mem_fail_after(-1);
    assert_int_equal(status, GA_OK);
    assert_true(n > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_points_are_as_by_hand),
        cmocka_unit_test(the_deviation_is_over_subsets_less_one),
        cmocka_unit_test(clouds_agree_with_numpy),
        cmocka_unit_test(subsets_scatter_around_the_whole),
        cmocka_unit_test(one_law_is_nothing_apart_on_average),
        cmocka_unit_test(what_has_no_distance_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
