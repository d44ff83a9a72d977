/* test_detect.c - detectors in constructed generators whose truth is known: a unit that is the
 * mask, a mask in two halves, and one that no unit shows but a difference of two. */
#include "ganatomy/detect.h"
#include "dissect_check.h"
#include "drawing.h"

enum { TRAIN = 60, TEST = 40, PIXELS = SIDE * SIDE };

/* Units have 5 where they draw nothing, and 6 where they do, so that what they mean is not what
 * they are. */
static scene make_scene(const stroke *strokes, int n, const float *mixture, int threads)
{
    static const float ground[UNITS] = {5, 5, 5, 5};
    return scene_of(make_drawing(strokes, n, ground, mixture), SIDE, false, threads);
}

static ga_detect_options options_of(const scene *s, const int *labels, int n)
{
    return (ga_detect_options){.train = TRAIN,
                               .test = TEST,
                               .seed = 1,
                               .labels = labels,
                               .n_labels = n,
                               .rival = s->colors,
                               .lie = GA_LIE_CLAMP,
                               .most = 8,
                               .samples = PIXELS,
                               .l2 = 1e-4,
                               .bootstrap = 200,
                               .threads = 1,
                               .memory = (size_t)1 << 26};
}

static ga_detections *detect(scene *s, const ga_detect_options *o)
{
    ga_err err;
    ga_detections *d;
    CHECK_OK(ga_detect(s->s, o, NULL, &d, &err));
    return d;
}

static int label_of(const scene *s, const char *color)
{
    ga_err err;
    int label;
    CHECK_OK(ga_vocabulary_find(ga_subject_vocabulary(s->s), color, &label, &err));
    return label;
}

/* Test images whose latent opens a gate. */
static int open_in_test(int gate)
{
    ga_err err;
    static float z[(TRAIN + TEST) * 3];
    int n = 0;
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 1, 0, TRAIN + TEST, 3, z, &err));
    for (int i = TRAIN; i < TRAIN + TEST; i++)
        n += z[i * 3 + gate] > 0;
    return n;
}

static void a_unit_that_is_the_mask_is_perfect(void **state)
{
    (void)state;
    scene s = make_scene(shapes, 3, plain, 1);
    const int labels[] = {label_of(&s, "green"), label_of(&s, "red")};
    const ga_detect_options o = options_of(&s, labels, 2);
    ga_detections *d = detect(&s, &o);
    for (int i = 0; i < 2; i++) {
        const ga_detected *f = ga_detections_of(d, 0, i);
        const int gate = i == 0 ? GREEN : RED;
        const uint64_t images = (uint64_t)open_in_test(gate);
        assert_int_equal(f->test_images, images);
        assert_int_equal(f->test_pixels, images * 12); /* both shapes have 12 pixels */
        assert_int_equal(f->n_units, 1);               /* no second unit helps */
        assert_int_equal(f->unit[0], gate);
        for (int k = 0; k < GA_DETECTORS; k++) {
            assert_true(f->by[k].judged && f->by[k].iou == 1 && f->by[k].ap == 1);
            assert_true(f->by[k].iou_lo == 1 && f->by[k].iou_hi == 1 && f->by[k].gain == 0);
            assert_int_equal(f->by[k].both, f->test_pixels);
        }
        assert_int_equal(f->samples, TRAIN * PIXELS);
        assert_int_equal(f->sample_pixels, f->train_pixels); /* every pixel is a sample */
        assert_true(f->fit.gradient <= 1e-9);
    }
    ga_detections_free(d);
    free_scene(&s);
}

static void two_half_masks_make_a_whole_one(void **state)
{
    (void)state;
    static const stroke strokes[] = {{RED, 0, 0, 3, 0, 2}, {RED, 3, 0, 3, 2, 4}};
    static const float mixture[3 * UNITS] = {1, 0, 0, 1};
    scene s = make_scene(strokes, 2, mixture, 1);
    const int labels[] = {label_of(&s, "red")};
    const ga_detect_options o = options_of(&s, labels, 1);
    ga_detections *d = detect(&s, &o);
    const ga_detected *f = ga_detections_of(d, 0, 0);
    const ga_judged *unit = &f->by[GA_DETECT_UNIT], *both = &f->by[GA_DETECT_UNION];
    assert_true(unit->iou == 0.5 && both->iou == 1 && both->ap == 1);
    /* the found half at precision 1, the other at the share of red */
    const double share = (double)f->test_pixels / (TEST * PIXELS);
    assert_true(fabs(unit->ap - (0.5 + 0.5 * share)) < 1e-12);
    assert_true(fabs(unit->ap_by_steps - unit->ap) < 1e-12); /* there are two scores */
    assert_int_equal(f->n_units, 2);
    assert_true(f->unit[0] == 0 && f->unit[1] == 3); /* of equals the lower one first */
    assert_true(both->gain == 0.5 && both->gain_lo == 0.5 && both->gain_hi == 0.5);
    assert_true(f->by[GA_DETECT_PROBE].iou == 1);
    ga_detections_free(d);
    free_scene(&s);
}

/* Unit 0 is on where red or blue is, unit 1 where blue is: red is their difference. */
static void the_probe_finds_what_no_unit_shows(void **state)
{
    (void)state;
    static const stroke strokes[] = {
        {RED, 0, 0, 3, 0, 4}, {BLUE, 0, 2, 7, 5, 8}, {BLUE, 1, 2, 7, 5, 8}};
    static const float mixture[3 * UNITS] = {1, -1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0};
    scene s = make_scene(strokes, 3, mixture, 1);
    const int labels[] = {label_of(&s, "red"), label_of(&s, "blue")};
    ga_detect_options o = options_of(&s, labels, 2);
    o.samples = 32; /* half of the pixels are enough */
    ga_detections *d = detect(&s, &o);
    const ga_detected *f = ga_detections_of(d, 0, 0);
    const double red = 12.0 * open_in_test(RED), blue = 15.0 * open_in_test(BLUE);
    const ga_judged *unit = &f->by[GA_DETECT_UNIT], *probe = &f->by[GA_DETECT_PROBE];
    assert_true(fabs(unit->iou - red / (red + blue)) < 1e-12);
    assert_true(fabs(unit->ap - red / (red + blue)) < 1e-12); /* all found, at that precision */
    assert_true(f->by[GA_DETECT_UNION].iou == unit->iou && f->n_units == 1);
    assert_true(probe->iou == 1 && probe->ap == 1);
    assert_true(probe->gain == 1 - unit->iou && probe->gain_lo > 0 &&
                probe->gain_lo < probe->gain && probe->gain_hi > probe->gain);
    assert_int_equal(f->samples, TRAIN * 32);
    assert_true(f->sample_pixels < f->train_pixels);
    assert_true(ga_detections_of(d, 0, 1)->by[GA_DETECT_UNIT].iou == 1);
    ga_detections_free(d);
    free_scene(&s);
}

static void memory_and_threads_change_nothing(void **state)
{
    (void)state;
    static const stroke strokes[] = {
        {RED, 0, 0, 3, 0, 4}, {BLUE, 0, 2, 7, 5, 8}, {BLUE, 1, 2, 7, 5, 8}};
    static const float mixture[3 * UNITS] = {1, -1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0};
    scene one = make_scene(strokes, 3, mixture, 1), two = make_scene(strokes, 3, mixture, 2);
    const int labels[] = {label_of(&one, "red"), label_of(&one, "blue"), label_of(&one, "black")};
    ga_detect_options o = options_of(&one, labels, 3);
    ga_detections *want = detect(&one, &o);
    o.threads = 2;
    o.rival = two.colors;
    o.memory = 90000; /* one label at a time */
    ga_detections *got = detect(&two, &o);
    for (int i = 0; i < 3; i++) {
        ga_detected a = *ga_detections_of(want, 0, i), b = *ga_detections_of(got, 0, i);
        for (int k = 0; k < GA_DETECTORS; k++)
            a.by[k].seconds = b.by[k].seconds = 0;
        assert_memory_equal(&a, &b, sizeof a);
    }
    ga_detections_free(want);
    ga_detections_free(got);
    free_scene(&one);
    free_scene(&two);
}

static void a_label_that_never_occurs_has_no_detector(void **state)
{
    (void)state;
    scene s = make_scene(shapes, 1, plain, 1);
    const int labels[] = {label_of(&s, "pink")};
    const ga_detect_options o = options_of(&s, labels, 1);
    ga_detections *d = detect(&s, &o);
    const ga_detected *f = ga_detections_of(d, 0, 0);
    assert_true(f->train_pixels == 0 && f->test_pixels == 0 && f->n_units == 0);
    assert_false(f->by[GA_DETECT_UNIT].judged || f->by[GA_DETECT_UNION].judged ||
                 f->by[GA_DETECT_PROBE].judged);
    assert_true(f->by[GA_DETECT_RIVAL].judged && f->by[GA_DETECT_RIVAL].ap == -1);
    ga_detections_free(d);
    free_scene(&s);
}

static void what_cannot_be_asked_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_detections *d;
    scene s = make_scene(shapes, 1, plain, 1);
    const int labels[] = {3, 3};
    ga_detect_options o = options_of(&s, labels, 2);
    CHECK_FAILS(ga_detect(s.s, &o, NULL, &d, &err), GA_EINVAL, "is named twice");
    o.n_labels = 1;
    o.train = 0;
    CHECK_FAILS(ga_detect(s.s, &o, NULL, &d, &err), GA_EINVAL, "0 training");
    o.train = TRAIN;
    o.l2 = 0;
    CHECK_FAILS(ga_detect(s.s, &o, NULL, &d, &err), GA_EINVAL, "l2 above 0");
    o.l2 = 1;
    o.memory = 70000;
    CHECK_FAILS(ga_detect(s.s, &o, NULL, &d, &err), GA_ENOMEM, "60 training and 40 test images");
    o.memory = 1000;
    CHECK_FAILS(ga_detect(s.s, &o, NULL, &d, &err), GA_ENOMEM, "fewer pixels an image");
    assert_null(d);
    free_scene(&s);
}

/* What was reported last, and whether to stop once it is about pairs. */
typedef struct listener {
    char what[64];
    uint64_t done, total;
    bool stops;
} listener;

static void hear(void *user, const char *what, uint64_t done, uint64_t total)
{
    listener *l = user;
    snprintf(l->what, sizeof l->what, "%s", what);
    l->done = done;
    l->total = total;
}

static bool stop_at_pairs(void *user)
{
    const listener *l = user;
    return l->stops && strncmp(l->what, "pairs", 5) == 0;
}

/* Sorting and resampling come behind the images, and take as long. */
static void judging_is_reported_and_can_be_stopped(void **state)
{
    (void)state;
    static const stroke strokes[] = {{RED, 0, 0, 3, 0, 4}};
    ga_err err;
    ga_detections *d;
    scene s = make_scene(strokes, 1, plain, 1);
    const int labels[] = {label_of(&s, "red"), label_of(&s, "pink")};
    const ga_detect_options o = options_of(&s, labels, 2);
    listener l = {0};
    const ga_progress p = {.report = hear, .cancelled = stop_at_pairs, .user = &l};
    CHECK_OK(ga_detect(s.s, &o, &p, &d, &err));
    assert_string_equal(l.what, "pairs of layer and label");
    assert_true(l.done == 2 && l.total == 2);
    ga_detections_free(d);
    l.stops = true;
    CHECK_FAILS(ga_detect(s.s, &o, &p, &d, &err), GA_EINTERRUPTED,
                "interrupted after 1 of 2 pairs of layer and label");
    assert_null(d);
    free_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_that_is_the_mask_is_perfect),
        cmocka_unit_test(two_half_masks_make_a_whole_one),
        cmocka_unit_test(the_probe_finds_what_no_unit_shows),
        cmocka_unit_test(memory_and_threads_change_nothing),
        cmocka_unit_test(a_label_that_never_occurs_has_no_detector),
        cmocka_unit_test(what_cannot_be_asked_is_said),
        cmocka_unit_test(judging_is_reported_and_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
