/* Mean and covariance against NumPy, and what streaming and merging must not change. */
#include "check.h"
#include "frechet_golden.h"
#include "ganatomy/stat.h"

static void near(const double *got, const double *want, int n, double tolerance)
{
    for (int i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= tolerance * fmax(1, fabs(want[i]))))
            fail_msg("number %d is %.17g, expected %.17g", i, got[i], want[i]);
}

static void mean_and_covariance_agree_with_numpy(void **state)
{
    (void)state;
    ga_err err;
    ga_moments *m;
    double mean[5], covariance[25];
    CHECK_OK(ga_moments_create(5, &m, &err));
    ga_moments_add(m, sample_a, 5);
    ga_moments_add(m, sample_a + 25, 7);
    assert_int_equal(ga_moments_n(m), 12);
    CHECK_OK(ga_moments_get(m, mean, covariance, &err));
    near(mean, mean_a, 5, 1e-14);
    near(covariance, covariance_a, 25, 1e-14);
    ga_moments_free(m);
}

static void merging_parts_equals_adding_all(void **state)
{
    (void)state;
    ga_err err;
    for (size_t cut = 0; cut <= 12; cut++) {
        ga_moments *first, *rest;
        double mean[5], covariance[25];
        CHECK_OK(ga_moments_create(5, &first, &err));
        CHECK_OK(ga_moments_create(5, &rest, &err));
        ga_moments_add(first, sample_a, cut);
        ga_moments_add(rest, sample_a + cut * 5, 12 - cut);
        CHECK_OK(ga_moments_merge(first, rest, &err));
        CHECK_OK(ga_moments_get(first, mean, covariance, &err));
        near(mean, mean_a, 5, 1e-14);
        near(covariance, covariance_a, 25, 1e-14);
        ga_moments_free(first);
        ga_moments_free(rest);
    }
}

static void a_large_offset_costs_no_digits(void **state)
{
    (void)state;
    ga_err err;
    ga_moments *m;
    double covariance[1];
    /* 1e6 + {0,1,2}: variance 1; sums of squares in f32 or naive f64 differences would be off */
    const float x[] = {1000000.0f, 1000001.0f, 1000002.0f};
    CHECK_OK(ga_moments_create(1, &m, &err));
    ga_moments_add(m, x, 3);
    CHECK_OK(ga_moments_get(m, NULL, covariance, &err));
    near(covariance, (const double[]){1.0}, 1, 1e-12);
    ga_moments_free(m);
}

static void too_little_or_unlike_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_moments *m, *other;
    double mean[2] = {-1, -1};
    CHECK_FAILS(ga_moments_create(0, &m, &err), GA_EINVAL, "0 numbers");
    assert_null(m);
    CHECK_OK(ga_moments_create(2, &m, &err));
    CHECK_OK(ga_moments_create(3, &other, &err));
    const float one[] = {1, 2};
    ga_moments_add(m, one, 1);
    CHECK_FAILS(ga_moments_get(m, mean, NULL, &err), GA_EDATA, "1 samples: expected at least 2");
    assert_true(mean[0] == -1);
    CHECK_FAILS(ga_moments_merge(m, other, &err), GA_ESHAPE, "do not merge");
    ga_moments_free(m);
    ga_moments_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_covariance_agree_with_numpy),
        cmocka_unit_test(merging_parts_equals_adding_all),
        cmocka_unit_test(a_large_offset_costs_no_digits),
        cmocka_unit_test(too_little_or_unlike_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
