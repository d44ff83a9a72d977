/* test_search.c - the greedy search against one that renders every candidate plainly, and against
 * the list that the mnist-gan study printed. */
#include "small.h"

enum { MAX_UNITS = 8 };

/* The definition, with ga_lab_apply on lists of units: no linearity, no blocks. */
static void plain_search(ga_lab *lab, ga_search_goal goal, ga_operation op, const float *source,
                         const float *donor, int count, int *units, double *scores)
{
    ga_err err;
    const int n = ga_lab_tap_dims(lab).c;
    float reference[PICTURE], picture[PICTURE];
    bool taken[MAX_UNITS] = {false};
    CHECK_OK(ga_lab_apply(lab, op, NULL, 0, goal == GA_SEARCH_TOWARD ? donor : source, donor, 1,
                          reference, &err));
    for (int step = 0; step < count; step++) {
        int best = -1;
        double best_score = 0;
        for (int u = 0; u < n; u++) {
            if (taken[u])
                continue;
            units[step] = u;
            CHECK_OK(ga_lab_apply(lab, op, units, step + 1, source, donor, 1, picture, &err));
            const double score = mse(picture, reference);
            if (best < 0 || (goal == GA_SEARCH_MOST ? score > best_score : score < best_score)) {
                best = u;
                best_score = score;
            }
        }
        taken[best] = true;
        units[step] = best;
        scores[step] = best_score;
    }
}

static void compare(const char *tap, ga_bn_mode bn, ga_search_goal goal, ga_operation op, int threads)
{
    ga_err err;
    ga_model *m = small_model();
    ga_lab *lab = small_lab(m, tap, bn, threads);
    const int n = ga_lab_tap_dims(lab).c;
    float source[512], donor[512];
    int units[MAX_UNITS], want[MAX_UNITS];
    double scores[MAX_UNITS], want_scores[MAX_UNITS];
    CHECK_OK(ga_lab_render(lab, z_source, NULL, 1, source, NULL, &err));
    CHECK_OK(ga_lab_render(lab, z_donor, NULL, 1, donor, NULL, &err));
    plain_search(lab, goal, op, source, donor, n, want, want_scores);
    CHECK_OK(ga_lab_search(lab, goal, op, source, donor, n, units, scores, NULL, &err));
    for (int i = 0; i < n; i++) {
        assert_int_equal(units[i], want[i]);
        /* f32 pictures: 1e-7 of their range a pixel, squared differences of about 0.1 */
        if (fabs(scores[i] - want_scores[i]) > 1e-6)
            fail_msg("%s, step %d: score %.9g, plainly %.9g", tap, i, scores[i], want_scores[i]);
    }
    ga_lab_free(lab);
    ga_model_free(m);
}

static void a_search_behind_a_transposed_convolution_equals_the_plain_one(void **state)
{
    (void)state;
    for (int goal = GA_SEARCH_MOST; goal <= GA_SEARCH_TOWARD; goal++) {
        compare("a", GA_BN_IMAGE, (ga_search_goal)goal, GA_OP_SWAP, 1);
        compare("a", GA_BN_RUNNING, (ga_search_goal)goal, GA_OP_SWAP, 2);
    }
}

static void a_search_behind_a_convolution_equals_the_plain_one(void **state)
{
    (void)state;
    compare("b", GA_BN_IMAGE, GA_SEARCH_MOST, GA_OP_SWAP, 2);
    compare("b", GA_BN_RUNNING, GA_SEARCH_LEAST, GA_OP_SWAP, 1);
}

static void a_search_where_no_convolution_follows_equals_the_plain_one(void **state)
{
    (void)state;
    compare("conv1", GA_BN_IMAGE, GA_SEARCH_MOST, GA_OP_SWAP, 2);
    compare("bn1", GA_BN_RUNNING, GA_SEARCH_TOWARD, GA_OP_SWAP, 1);
}

static void units_can_be_searched_by_switching_them_off(void **state)
{
    (void)state;
    compare("a", GA_BN_IMAGE, GA_SEARCH_MOST, GA_OP_ZERO, 1);
    compare("a", GA_BN_RUNNING, GA_SEARCH_LEAST, GA_OP_MEAN, 1);
    compare("b", GA_BN_IMAGE, GA_SEARCH_MOST, GA_OP_ZERO_FILTER, 1);
    compare("b", GA_BN_RUNNING, GA_SEARCH_MOST, GA_OP_ZERO_FILTER, 1);
}

static void asking_for_too_many_units_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model();
    ga_lab *lab = small_lab(m, "a", GA_BN_IMAGE, 1);
    float x[512] = {0};
    int units[MAX_UNITS];
    double scores[MAX_UNITS];
    CHECK_FAILS(ga_lab_search(lab, GA_SEARCH_MOST, GA_OP_SWAP, x, x, 7, units, scores, NULL, &err),
                GA_EINVAL, "7 units asked for: 'a' has 1 to 6");
    CHECK_FAILS(ga_lab_search(lab, GA_SEARCH_MOST, GA_OP_SWAP, x, NULL, 2, units, scores, NULL, &err),
                GA_EINVAL, "needs a donor");
    ga_lab_free(lab);
    ga_model_free(m);
}

/* Whatever the limit, a search either finds the same or says what it would need. */
static void a_limit_refuses_a_search_or_leaves_it_as_it_is(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model();
    ga_lab *lab = small_lab(m, "a", GA_BN_IMAGE, 2);
    float source[54], donor[54];
    int units[MAX_UNITS], want[MAX_UNITS], refused = 0, done = 0;
    double scores[MAX_UNITS];
    CHECK_OK(ga_lab_render(lab, z_source, NULL, 1, source, NULL, &err));
    CHECK_OK(ga_lab_render(lab, z_donor, NULL, 1, donor, NULL, &err));
    CHECK_OK(ga_lab_search(lab, GA_SEARCH_MOST, GA_OP_SWAP, source, donor, 4, want, scores, NULL, &err));
    ga_lab_free(lab);
    for (size_t limit = 2000; limit < 400000; limit += limit / 4) {
        const ga_lab_options o = {.tap = "a", .bn = GA_BN_IMAGE, .batch = 1, .threads = 2,
                                  .memory_limit = limit};
        if (ga_lab_create(m, &o, &lab, &err) != GA_OK)
            continue;
        const ga_status s = ga_lab_search(lab, GA_SEARCH_MOST, GA_OP_SWAP, source, donor, 4, units,
                                          scores, NULL, &err);
        if (s == GA_OK) {
            assert_memory_equal(units, want, 4 * sizeof *units);
            done++;
        } else {
            assert_int_equal(s, GA_ENOMEM);
            assert_non_null(strstr(err.text, "for the 6 units of 'a', and beside them: a batch of"));
            refused++;
        }
        ga_lab_free(lab);
    }
    assert_true(refused > 0 && done > 0);
    ga_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_behind_a_transposed_convolution_equals_the_plain_one),
        cmocka_unit_test(a_search_behind_a_convolution_equals_the_plain_one),
        cmocka_unit_test(a_search_where_no_convolution_follows_equals_the_plain_one),
        cmocka_unit_test(units_can_be_searched_by_switching_them_off),
        cmocka_unit_test(a_limit_refuses_a_search_or_leaves_it_as_it_is),
        cmocka_unit_test(asking_for_too_many_units_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
