/* Neighbours, balls and close pairs: points on a line by hand, clouds against NumPy. */
#include "check.h"
#include "cloud.h"
#include "scores_golden.h"

enum { D = 7, REALS = 700, FAKES = 530 };

/* Squares are sums of D products in f32, so distances agree to some 1e-7 of their size. */
static void near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fmax(1e-30, fabs(want))))
        fail_msg("%s is %.17g, expected %.17g", what, got, want);
}

static void neighbours_on_a_line_are_as_by_hand(void **state)
{
    (void)state;
    ga_err err;
    const float x[] = {0, 7, 1, 3};
    float distance[8];
    const float wanted[] = {1, 3, 4, 6, 1, 2, 2, 3};
    CHECK_OK(ga_neighbours((ga_points){x, 4, 1}, 2, 2, distance, &err));
    assert_memory_equal(distance, wanted, sizeof wanted);
}

static void neighbours_of_a_cloud_agree_with_numpy(void **state)
{
    (void)state;
    ga_err err;
    static const size_t some[] = {0, 47, 48, 511, 512, 699}; /* ends of strips and chunks */
    float *x = cloud(1, REALS, D, 0), *distance = ga_mem_new(REALS * 5, sizeof *distance);
    double first = 0, fifth = 0;
    CHECK_OK(ga_neighbours((ga_points){x, REALS, D}, 5, 2, distance, &err));
    for (size_t i = 0; i < REALS; i++) {
        first += (double)distance[5 * i];
        fifth += (double)distance[5 * i + 4];
    }
    near("sum of nearest distances", first, neighbour_1_sum, 1e-6);
    near("sum of fifth distances", fifth, neighbour_5_sum, 1e-6);
    for (int i = 0; i < 6; i++) {
        near("a nearest distance", (double)distance[5 * some[i]], neighbour_1_some[i], 1e-6);
        near("a fifth distance", (double)distance[5 * some[i] + 4], neighbour_5_some[i], 1e-6);
    }
    ga_mem_free(x);
    ga_mem_free(distance);
}

static void the_nearest_of_another_set_agrees_with_numpy(void **state)
{
    (void)state;
    ga_err err;
    float *real = cloud(1, REALS, D, 0), *fake = cloud(2, FAKES, D, 0.125f), distance[FAKES];
    uint32_t index[FAKES];
    const ga_points reals = {real, REALS, D}, fakes = {fake, FAKES, D};
    double places = 0, sum = 0;
    CHECK_OK(ga_nearest(fakes, reals, 1, 2, index, distance, &err));
    for (int i = 0; i < FAKES; i++) {
        places += index[i];
        sum += (double)distance[i];
    }
    assert_true(places == nearest_index_sum);
    near("sum of distances", sum, nearest_distance_sum, 1e-6);
    /* either answer alone is the same answer */
    uint32_t index_alone[FAKES];
    float distance_alone[FAKES];
    CHECK_OK(ga_nearest(fakes, reals, 1, 1, index_alone, NULL, &err));
    CHECK_OK(ga_nearest(fakes, reals, 1, 1, NULL, distance_alone, &err));
    assert_memory_equal(index, index_alone, sizeof index);
    assert_memory_equal(distance, distance_alone, sizeof distance);
    ga_mem_free(real);
    ga_mem_free(fake);
}

static void equal_points_are_nothing_apart_and_the_lowest_wins(void **state)
{
    (void)state;
    ga_err err;
    /* large numbers: |x|^2 + |y|^2 - 2xy in f32 would be off by hundreds */
    const float pool[] = {5, 5, 4096.25f, 8191.5f, 4096.25f, 8191.5f};
    const float x[] = {4096.25f, 8191.5f, 4096.25f, 8192.5f};
    uint32_t index[2];
    float distance[2];
    CHECK_OK(
        ga_nearest((ga_points){x, 2, 2}, (ga_points){pool, 3, 2}, 1, 1, index, distance, &err));
    assert_true(index[0] == 1 && index[1] == 1);
    assert_true(distance[0] == 0 && distance[1] == 1);
}

/*        -9 ....... -1 1 2             reals; balls of k = 1 reach 8, 2, 1, 1
 *                        1 3 .... 10    fakes; balls reach 2, 2, 7
 * Borders: 3 is on that of 2's ball, -1 on that of the ball of the fake 1. 10 is in no ball; -9 is
 * in none and has no fake in its own. */
static void balls_on_a_line_are_as_by_hand(void **state)
{
    (void)state;
    ga_err err;
    const float reals[] = {-9, -1, 1, 2}, fakes[] = {1, 3, 10};
    ga_manifold m;
    CHECK_OK(ga_manifolds((ga_points){reals, 4, 1}, (ga_points){fakes, 3, 1}, 1, 2, &m, &err));
    assert_true(m.precision == 2.0 / 3);
    assert_true(m.recall == 3.0 / 4);
    assert_true(m.density == 4.0 / 3); /* 1 lies in three balls, 3 in one */
    assert_true(m.coverage == 3.0 / 4);
}

static void several_nearest_come_in_order(void **state)
{
    (void)state;
    ga_err err;
    const float pool[] = {4, 9, 0, 6, 4}, x[] = {5};
    uint32_t index[4];
    float distance[4];
    const uint32_t wanted[] = {0, 3, 4, 1}; /* 4 6 4 are equally near, 9 follows */
    const float gaps[] = {1, 1, 1, 4};
    CHECK_OK(
        ga_nearest((ga_points){x, 1, 1}, (ga_points){pool, 5, 1}, 4, 1, index, distance, &err));
    assert_memory_equal(index, wanted, sizeof wanted);
    assert_memory_equal(distance, gaps, sizeof gaps);
    CHECK_FAILS(
        ga_nearest((ga_points){x, 1, 1}, (ga_points){pool, 3, 1}, 4, 1, index, distance, &err),
        GA_EINVAL, "the 4 nearest of 3 points");
}

static void balls_of_clouds_agree_with_numpy(void **state)
{
    (void)state;
    ga_err err;
    float *real = cloud(1, REALS, D, 0), *fake = cloud(2, FAKES, D, 0.125f);
    const double *wanted[] = {manifold_3, manifold_5};
    for (int i = 0; i < 2; i++) {
        ga_manifold m;
        CHECK_OK(ga_manifolds((ga_points){real, REALS, D}, (ga_points){fake, FAKES, D}, 3 + 2 * i,
                              2, &m, &err));
        near("precision", m.precision, wanted[i][0], 1e-12);
        near("recall", m.recall, wanted[i][1], 1e-12);
        near("density", m.density, wanted[i][2], 1e-12);
        near("coverage", m.coverage, wanted[i][3], 1e-12);
    }
    ga_mem_free(real);
    ga_mem_free(fake);
}

static void a_set_covers_itself_and_a_copy_far_away_does_not(void **state)
{
    (void)state;
    ga_err err;
    float *x = cloud(1, 100, 3, 0), *far = cloud(1, 100, 3, 50);
    ga_manifold m;
    CHECK_OK(ga_manifolds((ga_points){x, 100, 3}, (ga_points){x, 100, 3}, 3, 1, &m, &err));
    assert_true(m.precision == 1 && m.recall == 1 && m.coverage == 1 && m.density >= 1);
    CHECK_OK(ga_manifolds((ga_points){x, 100, 3}, (ga_points){far, 100, 3}, 3, 1, &m, &err));
    assert_true(m.precision == 0 && m.recall == 0 && m.coverage == 0 && m.density == 0);
    ga_mem_free(x);
    ga_mem_free(far);
}

static void close_pairs_are_counted_once_with_the_border(void **state)
{
    (void)state;
    ga_err err;
    float line[100];
    uint64_t pairs;
    for (int i = 0; i < 100; i++)
        line[i] = (float)((i * 37) % 100); /* 0..99 in another order */
    CHECK_OK(ga_close_pairs((ga_points){line, 100, 1}, 0.5f, 2, &pairs, &err));
    assert_int_equal(pairs, 0);
    CHECK_OK(ga_close_pairs((ga_points){line, 100, 1}, 1, 2, &pairs, &err));
    assert_int_equal(pairs, 99);
    CHECK_OK(ga_close_pairs((ga_points){line, 100, 1}, 2, 2, &pairs, &err));
    assert_int_equal(pairs, 99 + 98);
    float *real = cloud(1, REALS, D, 0);
    CHECK_OK(ga_close_pairs((ga_points){real, REALS, D}, 0.25f, 2, &pairs, &err));
    assert_true((double)pairs == close_few);
    CHECK_OK(ga_close_pairs((ga_points){real, REALS, D}, 0.75f, 2, &pairs, &err));
    assert_true((double)pairs == close_many);
    ga_mem_free(real);
}

static void birthdays_give_the_number_of_days(void **state)
{
    (void)state;
    /* 10,000 people, 365 days: the expected number of pairs, rounded; 23 people are enough */
    const ga_birthday days = ga_birthday_of(136973, 10000);
    assert_true(fabs(days.support - 365) < 0.01 && fabs(days.batch - 23) < 0.05);
    assert_false(days.at_least);
    const ga_birthday none = ga_birthday_of(0, 10000);
    assert_true(none.at_least && fabs(none.support - 16665000) < 1);
}

/* Draws from 2,000 points on a line, a unit apart: the estimate finds the 2,000. With c of the
 * N(N-1)/2 pairs equal, its relative error is about 1/sqrt(c) = 2.8 %; three of them are allowed.
 */
static void the_support_of_a_finite_set_is_found(void **state)
{
    (void)state;
    ga_err err;
    enum { N = 2236 };
    float *x = cloud(9, N, 1, 0);
    uint64_t pairs;
    for (int i = 0; i < N; i++)
        x[i] = floorf(x[i] * 2000);
    CHECK_OK(ga_close_pairs((ga_points){x, N, 1}, 0.5f, 2, &pairs, &err));
    near("support", ga_birthday_of(pairs, N).support, 2000, 3 * 0.028);
    ga_mem_free(x);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    ga_err err;
    float *real = cloud(1, REALS, D, 0), *fake = cloud(2, FAKES, D, 0.125f);
    float one[REALS * 3], five[REALS * 3];
    ga_manifold m1, m5;
    uint64_t p1, p5;
    const ga_points reals = {real, REALS, D}, fakes = {fake, FAKES, D};
    CHECK_OK(ga_neighbours(reals, 3, 1, one, &err));
    CHECK_OK(ga_neighbours(reals, 3, 5, five, &err));
    assert_memory_equal(one, five, sizeof one);
    CHECK_OK(ga_manifolds(reals, fakes, 3, 1, &m1, &err));
    CHECK_OK(ga_manifolds(reals, fakes, 3, 5, &m5, &err));
    assert_memory_equal(&m1, &m5, sizeof m1);
    CHECK_OK(ga_close_pairs(reals, 0.5f, 1, &p1, &err));
    CHECK_OK(ga_close_pairs(reals, 0.5f, 5, &p5, &err));
    assert_int_equal(p1, p5);
    ga_mem_free(real);
    ga_mem_free(fake);
}

static void what_cannot_be_compared_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    const float x[] = {0, 1, 2, NAN, 4, 5}, y[] = {1, 2, 3};
    float distance[8];
    ga_manifold m;
    uint64_t pairs;
    CHECK_FAILS(ga_neighbours((ga_points){x, 3, 2}, 1, 1, distance, &err), GA_EDATA,
                "number 1 of point 1 is not finite");
    CHECK_FAILS(ga_neighbours((ga_points){y, 3, 1}, 3, 1, distance, &err), GA_EINVAL,
                "3 nearest neighbours among 3 points");
    CHECK_FAILS(ga_neighbours((ga_points){y, 0, 1}, 1, 1, distance, &err), GA_EINVAL, "0 points");
    CHECK_FAILS(ga_nearest((ga_points){y, 3, 1}, (ga_points){x, 1, 2}, 1, 1, NULL, distance, &err),
                GA_EINVAL, "1 numbers a point, the pool's points 2");
    CHECK_FAILS(ga_manifolds((ga_points){y, 3, 1}, (ga_points){y, 2, 1}, 2, 1, &m, &err), GA_EINVAL,
                "2 nearest neighbours among 2 points");
    CHECK_FAILS(ga_close_pairs((ga_points){y, 3, 1}, NAN, 1, &pairs, &err), GA_EINVAL, "nan apart");
}

static void running_out_of_memory_is_survived(void **state)
{
    (void)state;
    ga_err err;
    float *x = cloud(1, 60, D, 0);
    const ga_points p = {x, 60, D};
    ga_manifold m;
    uint64_t pairs;
    ga_status status = GA_ENOMEM;
    long n = 0;
    for (; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_manifolds(p, p, 3, 1, &m, &err);
    }
    assert_int_equal(status, GA_OK);
    assert_true(n > 8);
    for (status = GA_ENOMEM, n = 0; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_close_pairs(p, 1, 1, &pairs, &err);
    }
    ga_mem_fail_after(-1);
    assert_int_equal(status, GA_OK);
    assert_true(n > 3);
    ga_mem_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_on_a_line_are_as_by_hand),
        cmocka_unit_test(neighbours_of_a_cloud_agree_with_numpy),
        cmocka_unit_test(the_nearest_of_another_set_agrees_with_numpy),
        cmocka_unit_test(equal_points_are_nothing_apart_and_the_lowest_wins),
        cmocka_unit_test(several_nearest_come_in_order),
        cmocka_unit_test(balls_on_a_line_are_as_by_hand),
        cmocka_unit_test(balls_of_clouds_agree_with_numpy),
        cmocka_unit_test(a_set_covers_itself_and_a_copy_far_away_does_not),
        cmocka_unit_test(close_pairs_are_counted_once_with_the_border),
        cmocka_unit_test(birthdays_give_the_number_of_days),
        cmocka_unit_test(the_support_of_a_finite_set_is_found),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(what_cannot_be_compared_is_refused_in_words),
        cmocka_unit_test(running_out_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
