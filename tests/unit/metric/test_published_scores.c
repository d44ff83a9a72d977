/* labels: slow. Scores of real digits and of the published generator, seen by the published LeNet:
 * against PyTorch and NumPy, and against the reference rows (../shared/reference/seeds.md 7.2).
 * Skipped where the networks or the digits are not there. */
#include "published.h"
#include "published_golden.h"

enum { N = 10000 };

static ga_model *lenet;
static ga_eye *eye;
static ga_sight train, test, fake;
/* Of training digits and of samples: all scores with N, and those of balls with 5,000. */
static ga_scores whole[2], half[2];

static const unsigned balls = 1u << GA_SCORE_PRECISION | 1u << GA_SCORE_RECALL |
                              1u << GA_SCORE_DENSITY | 1u << GA_SCORE_COVERAGE;

/* The scores of the first n of a against the first n test digits. (The moments are those of all N:
 * the Fréchet distance is asked for with N only.) */
static ga_scores scores(const ga_sight *a, size_t n, unsigned set)
{
    ga_err err;
    ga_scores s;
    ga_scores_options o = ga_scores_defaults();
    ga_sight some = *a, reals = test;
    some.n = reals.n = n;
    o.threads = 2;
    CHECK_OK(ga_scores_of(&some, &reals, NULL, set, &o, &s, NULL, &err));
    return s;
}

static int look(void **state)
{
    (void)state;
    ga_err err;
    lenet = published_lenet();
    ga_dataset *data[] = {digits(GA_SPLIT_TRAIN), digits(GA_SPLIT_TEST)};
    ga_model *g = published_generator();
    CHECK_OK(ga_eye_create(lenet, GA_FEATURE_TAP, 2, 0, &eye, &err));
    ga_eye_remember(eye, true);
    CHECK_OK(ga_sight_of_data(eye, data[0], N, &train, NULL, NULL, &err));
    CHECK_OK(ga_sight_of_data(eye, data[1], N, &test, NULL, NULL, &err));
    CHECK_OK(ga_sight_of_generator(eye, g, N, 1, GA_BN_RUNNING, 2, 0, &fake, NULL, &err));
    ga_model_free(g);
    ga_dataset_free(data[0]);
    ga_dataset_free(data[1]);
    for (int i = 0; i < 2; i++) {
        whole[i] = scores(i == 0 ? &train : &fake, N, GA_SCORES_USUAL);
        half[i] = scores(i == 0 ? &train : &fake, 5000, balls);
    }
    return 0;
}

static int close_eyes(void **state)
{
    (void)state;
    ga_sight_free(&train);
    ga_sight_free(&test);
    ga_sight_free(&fake);
    ga_eye_free(eye);
    ga_model_free(lenet);
    return 0;
}

static void near(const char *what, double got, double want, double tolerance)
{
    print_message("%-28s %8.4f, expected %8.4f within %g\n", what, got, want, tolerance);
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s is %.6f, expected %.6f within %g", what, got, want, tolerance);
}

/* frechet, kernel, precision, recall, density, coverage, inception, balance, shift. Features differ
 * by 1e-6 of their size, so that a picture or two of 10,000 may change sides. The kernel distance
 * of all is compared with the mean over subsets, whose standard error is a tenth of its deviation.
 */
static void agrees(const char *what, int set, const double *with_all, const double *with_half)
{
    static const ga_score_id ids[] = {GA_SCORE_PRECISION, GA_SCORE_RECALL, GA_SCORE_DENSITY,
                                      GA_SCORE_COVERAGE};
    const ga_score *s = whole[set].score, *h = half[set].score;
    print_message("%s\n", what);
    near("frechet", s[GA_SCORE_FRECHET].value, with_all[0], 1e-3);
    near("kernel", s[GA_SCORE_KERNEL].value, with_all[1], 0.4 * s[GA_SCORE_KERNEL].spread);
    for (int i = 0; i < 4; i++) {
        near(ga_score_name(ids[i]), s[ids[i]].value, with_all[2 + i], 4e-4);
        near(ga_score_name(ids[i]), h[ids[i]].value, with_half[2 + i], 6e-4);
    }
    near("inception", s[GA_SCORE_INCEPTION].value, with_all[6], 1e-3);
    near("balance", s[GA_SCORE_BALANCE].value, with_all[7], 3e-4);
    near("shift", s[GA_SCORE_SHIFT].value, with_all[8], 3e-4);
}

static void scores_agree_with_pytorch_and_numpy(void **state)
{
    (void)state;
    agrees("training digits", 0, real_10000, real_5000);
    agrees("published generator", 1, running_10000, running_5000);
}

/* The rows say n = 10,000; their precision, recall and coverage are those of the first 5,000 (with
 * all 10,000 NumPy gives .880 .885 .841 and .757 .532 .555). Their samples are of another stream,
 * and their subsets of the kernel distance other ones: one and a half of the stated deviations. */
static void the_reference_rows_are_met(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double frechet, kernel, kernel_sd, inception, shift, precision, recall, coverage;
        double frechet_room;
    } rows[] = {{"digits", 1.21, -0.5, 2.8, 9.77, .015, .856, .874, .790, 0.1},
                {"generator", 12.1, 16, 6, 8.71, .091, .742, .633, .572, 1.0}};
    for (int i = 0; i < 2; i++) {
        const ga_score *s = whole[i].score, *h = half[i].score;
        print_message("%s\n", rows[i].what);
        near("frechet", s[GA_SCORE_FRECHET].value, rows[i].frechet, rows[i].frechet_room);
        near("kernel", s[GA_SCORE_KERNEL].value, rows[i].kernel, 1.5 * rows[i].kernel_sd);
        near("inception", s[GA_SCORE_INCEPTION].value, rows[i].inception, 0.05);
        near("shift", s[GA_SCORE_SHIFT].value, rows[i].shift, 0.005);
        near("precision", h[GA_SCORE_PRECISION].value, rows[i].precision, 0.015);
        near("recall", h[GA_SCORE_RECALL].value, rows[i].recall, 0.015);
        near("coverage", h[GA_SCORE_COVERAGE].value, rows[i].coverage, 0.015);
    }
}

/* Published: 99.08 % of the 10,000 test digits. */
static void the_published_classifier_reads_9908_right(void **state)
{
    (void)state;
    assert_int_equal(test.right, 9908);
}

/* The course work's own classifier, which reads 28x28 in [-1,1]: 97.66 % (seeds.md 2.3). */
static void the_course_works_classifier_reads_9766_right(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = imported("homework-cnn", (const char *[]){"homework/CNN_digit"}, 1);
    ga_dataset *data = digits(GA_SPLIT_TEST);
    ga_eye *cnn;
    ga_sight s;
    CHECK_OK(ga_eye_create(m, NULL, 2, 0, &cnn, &err));
    CHECK_OK(ga_sight_of_data(cnn, data, 0, &s, NULL, NULL, &err));
    assert_int_equal(s.right, 9766);
    ga_sight_free(&s);
    ga_eye_free(cnn);
    ga_dataset_free(data);
    ga_model_free(m);
}

int main(void)
{
    /* the published networks are missing: exit 77; no digits or too slow a run: skipped */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_agree_with_pytorch_and_numpy),
        cmocka_unit_test(the_reference_rows_are_met),
        cmocka_unit_test(the_published_classifier_reads_9908_right),
        cmocka_unit_test(the_course_works_classifier_reads_9766_right),
    };
    return too_slow_here() ? 77 : cmocka_run_group_tests(tests, look, close_eyes);
}
