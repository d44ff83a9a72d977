/* test_precision.c - average precision by hand, against a plain count of every threshold, and of
 * images that are there several times; the best cut. */
#include "base/rng.h"
#include "check.h"
#include "ganatomy/stat.h"

static double ap_of(const float *score, const uint8_t *truth, int images, size_t pixels)
{
    ga_err err;
    double ap = -1;
    CHECK_OK(ga_average_precision((ga_scored){score, truth, images, pixels}, &ap, &err));
    return ap;
}

/* By its definition: for every distinct score, counts of all pixels at or above it. */
static double plain_ap(const float *score, const uint8_t *truth, size_t n)
{
    double ap = 0, before = 0, all = 0;
    for (size_t i = 0; i < n; i++)
        all += truth[i];
    for (float at = INFINITY;;) {
        float next = -INFINITY;
        bool found = false;
        for (size_t i = 0; i < n; i++)
            if (score[i] < at && score[i] >= next) {
                next = score[i];
                found = true;
            }
        if (!found)
            return ap;
        double yes = 0, taken = 0;
        for (size_t i = 0; i < n; i++)
            if (score[i] >= next) {
                yes += truth[i];
                taken++;
            }
        ap += (yes / all - before) * yes / taken;
        before = yes / all;
        at = next;
    }
}

static void cases_by_hand(void **state)
{
    (void)state;
    static const float falling[] = {4, 3, 2, 1}, equal[] = {7, 7, 7, 7}, zeros[] = {0.0F, -0.0F};
    static const uint8_t first[] = {1, 0, 1, 0}, good[] = {1, 1, 0, 0}, bad[] = {0, 0, 0, 1},
                         one[] = {1, 0};
    assert_true(fabs(ap_of(falling, first, 1, 4) - (1 + 2.0 / 3) / 2) < 1e-15);
    assert_true(ap_of(falling, good, 2, 2) == 1);
    assert_true(ap_of(falling, bad, 1, 4) == 0.25);
    /* equal scores are taken together, in whatever order they come */
    assert_true(ap_of(equal, first, 1, 4) == 0.5);
    assert_true(ap_of(zeros, one, 1, 2) == 0.5);
    /* the example of scikit-learn's average_precision_score */
    static const float published[] = {0.1F, 0.4F, 0.35F, 0.8F};
    static const uint8_t of_it[] = {0, 0, 1, 1};
    assert_true(fabs(ap_of(published, of_it, 4, 1) - 0.8333333333333333) < 1e-15);
    /* a yes or no as score: recall times precision, and the rest at the share of yes */
    static const float mask[] = {1, 1, 0, 0, 0};
    static const uint8_t truth[] = {1, 0, 1, 0, 0};
    assert_true(fabs(ap_of(mask, truth, 1, 5) - (0.5 * 0.5 + 0.5 * 0.4)) < 1e-15);
}

enum { IMAGES = 12, PIXELS = 97, ALL = IMAGES * PIXELS };

static void draw(uint64_t seed, int levels, float *score, uint8_t *truth)
{
    ga_rng r = ga_rng_of(seed, 1);
    for (int i = 0; i < ALL; i++) {
        truth[i] = ga_rng_uniform(&r) < 0.2;
        const double v = ga_rng_normal(&r) + truth[i];
        score[i] = (float)(levels > 0 ? floor(v * levels) / levels : v);
    }
}

static void equal_to_a_plain_count(void **state)
{
    (void)state;
    static const int levels[] = {0, 1, 3, 20};
    float score[ALL];
    uint8_t truth[ALL];
    for (int k = 0; k < 4; k++) {
        draw((uint64_t)k, levels[k], score, truth);
        assert_true(fabs(ap_of(score, truth, IMAGES, PIXELS) - plain_ap(score, truth, ALL)) <
                    1e-12);
    }
}

/* With fewer distinct scores than steps nothing is lost, so that a round is the AP of the images
 * drawn. */
static void rounds_are_of_the_images_drawn(void **state)
{
    (void)state;
    ga_err err;
    float score[ALL], values[3], drawn[ALL];
    uint8_t truth[ALL], drawn_truth[ALL], times[3 * IMAGES] = {0};
    double whole;
    draw(5, 20, score, truth);
    for (int i = 0; i < IMAGES; i++) {
        times[i] = 1;
        times[IMAGES + i] = i % 3 == 0 ? 3 : 0;
    } /* and nothing in the third round */
    CHECK_OK(ga_average_precision_rounds((ga_scored){score, truth, IMAGES, PIXELS}, times, 3,
                                         &whole, values, &err));
    assert_true(fabs(whole - ap_of(score, truth, IMAGES, PIXELS)) < 1e-12);
    assert_true(fabs((double)values[0] - whole) < 1e-7);
    for (int i = 0; i < IMAGES; i++) {
        memcpy(drawn + i * PIXELS, score + i / 3 * 3 * PIXELS, PIXELS * sizeof *score);
        memcpy(drawn_truth + i * PIXELS, truth + i / 3 * 3 * PIXELS, PIXELS);
    }
    assert_true(fabs((double)values[1] - ap_of(drawn, drawn_truth, IMAGES, PIXELS)) < 1e-7);
    assert_true(values[2] == 0);
}

static void steps_cost_little(void **state)
{
    (void)state;
    enum { MANY = 40 * 4096 };
    ga_err err;
    float *score = malloc(MANY * sizeof *score);
    uint8_t *truth = malloc(MANY);
    ga_rng r = ga_rng_of(9, 1);
    for (int i = 0; i < MANY; i++) {
        truth[i] = ga_rng_uniform(&r) < 0.03;
        score[i] = (float)(ga_rng_normal(&r) + 1.5 * truth[i]);
    }
    double whole;
    const uint8_t once[40] = {1};
    float value;
    CHECK_OK(ga_average_precision_rounds((ga_scored){score, truth, 40, 4096}, once, 1, &whole,
                                         &value, &err));
    const double exact = ap_of(score, truth, 40, 4096);
    assert_true(fabs(whole - exact) < 1e-4 &&
                whole != exact); /* 5e-5 here */
    free(score);
    free(truth);
}

static void the_best_cut_is_that_of_all_cuts(void **state)
{
    (void)state;
    ga_err err;
    static const int levels[] = {0, 2, 10};
    for (int k = 0; k < 3; k++) {
        float score[ALL], cut;
        uint8_t truth[ALL];
        double iou, best = -1, there = 0;
        draw(20 + (uint64_t)k, levels[k], score, truth);
        CHECK_OK(ga_best_cut((ga_scored){score, truth, IMAGES, PIXELS}, &cut, &iou, &err));
        for (int c = -1; c < ALL; c++) {
            double both = 0, either = 0;
            for (int i = 0; i < ALL; i++) {
                const bool on = c < 0 ? score[i] > cut : score[i] >= score[c];
                both += on && truth[i];
                either += on || truth[i];
            }
            there = c < 0 ? both / either : there;
            best = c >= 0 && both / either > best ? both / either : best;
        }
        assert_true(iou == best && there == best);
    }
    /* all of it: below every score */
    static const float same[] = {2, 2};
    static const uint8_t yes[] = {1, 1};
    float cut;
    CHECK_OK(ga_best_cut((ga_scored){same, yes, 1, 2}, &cut, NULL, &err));
    assert_true(cut < 2);
    /* two neighbours among floats, whose middle rounds to the upper one */
    const float near[] = {1 + 0x1p-22F, 1 + 0x1p-23F};
    static const uint8_t upper[] = {1, 0};
    CHECK_OK(ga_best_cut((ga_scored){near, upper, 1, 2}, &cut, NULL, &err));
    assert_true(cut < near[0] && cut >= near[1]);
}

static void what_has_no_precision_is_said(void **state)
{
    (void)state;
    ga_err err;
    double ap;
    float score[] = {1, NAN, 3};
    const uint8_t truth[] = {0, 1, 0}, none[] = {0, 0, 0};
    CHECK_FAILS(ga_average_precision((ga_scored){score, truth, 3, 1}, &ap, &err), GA_EDATA,
                "pixel 0 of image 1 is not a number");
    score[1] = 2;
    CHECK_FAILS(ga_average_precision((ga_scored){score, none, 3, 1}, &ap, &err), GA_EDATA,
                "none of 3 pixels");
    CHECK_FAILS(ga_average_precision((ga_scored){score, truth, 0, 1}, &ap, &err), GA_EINVAL,
                "0 images");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_by_hand),
        cmocka_unit_test(equal_to_a_plain_count),
        cmocka_unit_test(rounds_are_of_the_images_drawn),
        cmocka_unit_test(steps_cost_little),
        cmocka_unit_test(the_best_cut_is_that_of_all_cuts),
        cmocka_unit_test(what_has_no_precision_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
