/* Scores of class shares and comparisons of single numbers: by hand, and against NumPy. */
#include "check.h"
#include "cloud.h"
#include "scores_golden.h"

static void sure_and_even_is_as_many_as_there_are_classes(void **state)
{
    (void)state;
    ga_err err;
    double mean, sd;
    const float even[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1};
    const float one_class[] = {0, 1, 0, 0, 1, 0}, unsure[] = {0.5f, 0.5f, 0.5f, 0.5f};
    CHECK_OK(ga_inception_score(even, 6, 3, 1, &mean, &sd, &err));
    assert_true(fabs(mean - 3) < 1e-14 && sd == 0);
    /* classes take turns, as those of a conditional generator do: parts 0 4, 1 5, 2 3 have two each */
    CHECK_OK(ga_inception_score(even, 6, 3, 3, &mean, &sd, &err));
    assert_true(fabs(mean - 2) < 1e-14 && sd < 1e-14);
    CHECK_OK(ga_inception_score(one_class, 2, 3, 1, &mean, &sd, &err));
    assert_true(mean == 1);
    CHECK_OK(ga_inception_score(unsure, 2, 2, 1, &mean, &sd, &err));
    assert_true(mean == 1);
}

static void the_score_of_a_cloud_agrees_with_numpy(void **state)
{
    (void)state;
    ga_err err;
    double mean, sd;
    CHECK_OK(ga_inception_score(softmax, 100, 5, 1, &mean, &sd, &err));
    assert_true(fabs(mean - inception_1[0]) < 1e-12);
    CHECK_OK(ga_inception_score(softmax, 100, 5, 7, &mean, &sd, &err));
    assert_true(fabs(mean - inception_7[0]) < 1e-12);
    assert_true(fabs(sd - inception_7[1]) < 1e-12);
}

static void no_softmax_is_refused(void **state)
{
    (void)state;
    ga_err err;
    double mean, sd;
    const float logits[] = {0.5f, 0.5f, 7, -2}, nan[] = {NAN, 1};
    CHECK_FAILS(ga_inception_score(logits, 2, 2, 1, &mean, &sd, &err), GA_EDATA,
                "sample 1: probability 0 is 7");
    CHECK_FAILS(ga_inception_score(nan, 1, 2, 1, &mean, &sd, &err), GA_EDATA, "sample 0");
    CHECK_FAILS(ga_inception_score(logits, 2, 2, 3, &mean, &sd, &err), GA_EINVAL, "in 3 parts");
}

static void total_variation_is_half_of_what_moved(void **state)
{
    (void)state;
    const double p[] = {0.5, 0.25, 0.25}, q[] = {0.25, 0.5, 0.25}, only[] = {1, 0, 0, 0};
    assert_true(ga_total_variation(p, p, 3) == 0);
    assert_true(ga_total_variation(p, q, 3) == 0.25);
    assert_true(ga_total_variation(only, NULL, 4) == 0.75);
}

/* Newcombe 1998, Statist. Med. 17, table I, method 3: 81/263 and 1/29 and 0/20 */
static void wilsons_interval_is_as_published(void **state)
{
    (void)state;
    double lo, hi;
    ga_wilson(81, 263, &lo, &hi);
    assert_true(fabs(lo - 0.2553) < 5e-5 && fabs(hi - 0.3662) < 5e-5);
    ga_wilson(1, 29, &lo, &hi);
    assert_true(fabs(lo - 0.0061) < 5e-5 && fabs(hi - 0.1718) < 5e-5);
    ga_wilson(0, 20, &lo, &hi);
    assert_true(lo == 0 && fabs(hi - 0.1611) < 5e-5);
    ga_wilson(20, 20, &lo, &hi);
    assert_true(fabs(lo - (1 - 0.1611)) < 5e-5 && hi == 1);
    ga_wilson(0, 0, &lo, &hi);
    assert_true(lo == 0 && hi == 1);
}

static void ranks_are_compared_as_by_counting(void **state)
{
    (void)state;
    ga_err err;
    ga_rank_share r;
    const float a[] = {1, 2, 3}, b[] = {2, 4}, above[] = {5, 6, 7, 8};
    /* 1<2 1<4 2=2 2<4 3>2 3<4: 4.5 of 6 */
    CHECK_OK(ga_rank_compare(a, 3, b, 2, &r, &err));
    assert_true(r.share == 0.75);
    assert_true(fabs(r.z - 1.5 / sqrt(6.0 * 6 / 12)) < 1e-14);
    CHECK_OK(ga_rank_compare(b, 2, a, 3, &r, &err));
    assert_true(r.share == 0.25 && r.z < 0);
    CHECK_OK(ga_rank_compare(a, 3, above, 4, &r, &err));
    assert_true(r.share == 1);
    float *x = cloud(4, 40, 1, 0), *y = cloud(5, 31, 1, 0);
    for (int i = 0; i < 40; i++)
        x[i] = floorf(x[i] * 16);
    for (int i = 0; i < 31; i++)
        y[i] = floorf(y[i] * 16) - 2;
    CHECK_OK(ga_rank_compare(x, 40, y, 31, &r, &err));
    assert_true(fabs(r.share - rank_share) < 1e-15);
    const double at[] = {0, 0.05, 0.5, 0.99, 1};
    double values[5];
    CHECK_OK(ga_quantiles(x, 40, at, 5, values, &err));
    for (int i = 0; i < 5; i++)
        assert_true(fabs(values[i] - quantiles_of_a[i]) < 1e-12);
    ga_mem_free(x);
    ga_mem_free(y);
    CHECK_FAILS(ga_rank_compare(a, 0, b, 2, &r, &err), GA_EINVAL, "without numbers");
    CHECK_FAILS(ga_quantiles((const float[]){NAN}, 1, at, 5, values, &err), GA_EDATA, "number 0");
    CHECK_FAILS(ga_quantiles(a, 3, (const double[]){1.5}, 1, values, &err), GA_EINVAL, "1.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sure_and_even_is_as_many_as_there_are_classes),
        cmocka_unit_test(the_score_of_a_cloud_agrees_with_numpy),
        cmocka_unit_test(no_softmax_is_refused),
        cmocka_unit_test(total_variation_is_half_of_what_moved),
        cmocka_unit_test(wilsons_interval_is_as_published),
        cmocka_unit_test(ranks_are_compared_as_by_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
