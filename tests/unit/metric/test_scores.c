/* Scores of small sets whose answers are known: which set is which, what is counted, what is
 * refused. The formulas have their own tests under unit/stat. */
#include "columns.h"
#include "base/alloc.h"

enum { N = 60 };

/* Features of a 2x2 picture are its four pixels. Clusters of pictures around left (class 0) and
 * right (class 1), 1/255 apart within a cluster. */
static ga_dataset *clusters(int left, int right, int brightness)
{
    uint8_t pixels[2 * N * 4] = {0};
    int32_t labels[2 * N];
    for (int i = 0; i < left + right; i++) {
        const int side = i < left ? 0 : 1, place = i < left ? i : i - left;
        pixels[4 * i + side] = (uint8_t)(brightness + place % 8);
        pixels[4 * i + side + 2] = (uint8_t)(brightness + place / 8);
        labels[i] = side;
    }
    return squares(pixels, labels, left + right);
}

typedef struct bench {
    ga_model *model;
    ga_eye *eye;
} bench;

static int set_up(void **state)
{
    ga_err err;
    static bench b;
    b.model = columns();
    CHECK_OK(ga_eye_create(b.model, GA_FEATURE_TAP, 1, 0, &b.eye, &err));
    ga_eye_remember(b.eye, true);
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    ga_eye_free(b->eye);
    ga_model_free(b->model);
    return 0;
}

static ga_sight seen(bench *b, ga_dataset *data)
{
    ga_err err;
    ga_sight s;
    CHECK_OK(ga_sight_of_data(b->eye, data, 0, &s, NULL, NULL, &err));
    ga_dataset_free(data);
    return s;
}

static ga_scores scores(const ga_sight *fake, const ga_sight *real, const ga_sight *train)
{
    ga_err err;
    ga_scores s;
    const ga_scores_options o = ga_scores_defaults();
    CHECK_OK(ga_scores_of(fake, real, train, ~0u, &o, &s, NULL, &err));
    return s;
}

#define VALUE(s, id) ((s).score[GA_SCORE_##id].value)

static void one_of_two_classes_is_half_of_everything(void **state)
{
    ga_sight both = seen(*state, clusters(N, N, 100)), left = seen(*state, clusters(N, 0, 100));
    ga_scores s = scores(&left, &both, NULL);
    assert_true(VALUE(s, PRECISION) == 1 && VALUE(s, RECALL) == 0.5 && VALUE(s, COVERAGE) == 0.5);
    assert_true(VALUE(s, BALANCE) == 0.5 && VALUE(s, SHIFT) == 0.5 && VALUE(s, PRESENT) == 1);
    /* all left, surely: logits 10 (100 + ...)/255 against 0 */
    assert_true(fabs(VALUE(s, INCEPTION) - 1) < 1e-4 && VALUE(s, CERTAINTY) > 0.99);
    assert_true(VALUE(s, FRECHET) > 0.1 && VALUE(s, KERNEL) > 0.01);
    assert_true(s.n_fake == N && s.n_real == 2 * N && s.features == 4 && s.classes == 2);
    assert_true(s.kernel_size == N && s.options.k == 3);
    /* the other way round */
    s = scores(&both, &left, NULL);
    assert_true(VALUE(s, PRECISION) == 0.5 && VALUE(s, RECALL) == 1 && VALUE(s, COVERAGE) == 1);
    assert_true(VALUE(s, BALANCE) == 0 && VALUE(s, SHIFT) == 0.5 && VALUE(s, PRESENT) == 2);
    assert_true(fabs(VALUE(s, INCEPTION) - 2) < 0.05);
    assert_false(s.score[GA_SCORE_COPYING].have); /* nothing to copy from was shown */
    ga_sight_free(&both);
    ga_sight_free(&left);
}

static void equals_have_no_distance(void **state)
{
    ga_sight a = seen(*state, clusters(N, N, 100)), b = seen(*state, clusters(N, N, 100));
    const ga_scores s = scores(&a, &b, NULL);
    assert_true(fabs(VALUE(s, FRECHET)) < 1e-12 && VALUE(s, SHIFT) == 0);
    assert_true(VALUE(s, PRECISION) == 1 && VALUE(s, RECALL) == 1 && VALUE(s, COVERAGE) == 1);
    assert_true(fabs(VALUE(s, KERNEL)) < 0.01);
    ga_sight_free(&a);
    ga_sight_free(&b);
}

/* 8 pictures 1/255 apart in a row are 8 different ones; with each five times, 8 * 10 of the 780
 * pairs are duplicates: 9.75. The reals are 1/255 from their nearest, so duplicates must be nearer:
 * the distance is that of the nearest percent, and pairs at exactly 1/255 count, too. */
static void support_counts_different_samples(void **state)
{
    uint8_t one[40 * 4] = {0}, real[40 * 4] = {0};
    const int32_t labels[40] = {0};
    for (int i = 0; i < 40; i++) {
        one[4 * i] = (uint8_t)(100 + 10 * (i % 8));
        real[4 * i] = (uint8_t)(3 * i);
    }
    ga_sight fake = seen(*state, squares(one, labels, 40)),
             reals = seen(*state, squares(real, labels, 40));
    const ga_scores s = scores(&fake, &reals, NULL);
    assert_int_equal(s.duplicates, 80);
    assert_true(fabs(s.duplicate - 3.0 / 255) < 1e-8);
    assert_true(fabs(VALUE(s, SUPPORT) - 9.75) < 1e-12 && !s.score[GA_SCORE_SUPPORT].at_least);
    assert_true(fabs(s.birthday - (0.5 + sqrt(0.25 + 2 * log(2) * 9.75))) < 1e-12);
    ga_sight_free(&fake);
    ga_sight_free(&reals);
}

static void copies_of_training_pictures_are_found_out(void **state)
{
    ga_sight train = seen(*state, clusters(N, N, 100)), held = seen(*state, clusters(N, N, 130));
    ga_sight copies = seen(*state, clusters(N, 0, 100)), far = seen(*state, clusters(0, N, 200));
    ga_scores s = scores(&copies, &held, &train);
    assert_true(s.score[GA_SCORE_COPYING].have && s.n_train == 2 * N);
    assert_true(VALUE(s, COPYING) == 1 && s.copying_z > 5);
    s = scores(&far, &held, &train);
    assert_true(VALUE(s, COPYING) == 0 && s.copying_z < -5);
    s = scores(&held, &held, &train);
    assert_true(VALUE(s, COPYING) == 0.5 && s.copying_z == 0);
    ga_sight_free(&train);
    ga_sight_free(&held);
    ga_sight_free(&copies);
    ga_sight_free(&far);
}

/* Every part has one picture of each class, read with p = 1/(1 + exp(-logit)) for its own. */
static void half_sure_is_less_than_two_classes(void **state)
{
    uint8_t pixels[20 * 4] = {0};
    const int32_t labels[20] = {0};
    for (int i = 0; i < 20; i++)
        pixels[4 * i + i / 10] = pixels[4 * i + 2 + i / 10] = 26;
    ga_sight s = seen(*state, squares(pixels, labels, 20));
    const double p = 1 / (1 + exp(-10 * 2 * 26.0 / 255));
    const ga_scores got = scores(&s, &s, NULL);
    assert_true(fabs(VALUE(got, INCEPTION) - 2 * exp(p * log(p) + (1 - p) * log(1 - p))) < 1e-5);
    assert_true(fabs(VALUE(got, CERTAINTY) - p) < 1e-6);
    ga_sight_free(&s);
}

static void labels_are_counted_with_their_interval(void **state)
{
    uint8_t pixels[20 * 4] = {0};
    int32_t wrong[20] = {0};
    double lo, hi;
    for (int i = 0; i < 20; i++) {
        pixels[4 * i + i % 2] = 200;
        wrong[i] = i < 15 ? i % 2 : 1 - i % 2;
    }
    ga_sight s = seen(*state, squares(pixels, wrong, 20));
    const ga_scores got = scores(&s, &s, NULL);
    ga_wilson(15, 20, &lo, &hi);
    assert_true(got.score[GA_SCORE_LABELS].have && VALUE(got, LABELS) == 0.75);
    assert_true(got.score[GA_SCORE_LABELS].lo == lo && got.score[GA_SCORE_LABELS].hi == hi);
    s.has_labels = false; /* as of a generator that is not asked for classes */
    assert_false(scores(&s, &s, NULL).score[GA_SCORE_LABELS].have);
    ga_sight_free(&s);
}

static void only_what_is_asked_for_is_given(void **state)
{
    ga_err err;
    unsigned set;
    ga_scores s;
    const ga_scores_options o = ga_scores_defaults();
    ga_sight a = seen(*state, clusters(N, N, 100));
    CHECK_OK(ga_scores_parse("recall,frechet", &set, &err));
    assert_int_equal(set, 1u << GA_SCORE_RECALL | 1u << GA_SCORE_FRECHET);
    CHECK_OK(ga_scores_of(&a, &a, NULL, set, &o, &s, NULL, &err));
    for (int i = 0; i < GA_SCORE_COUNT; i++)
        assert_true(s.score[i].have == (i == GA_SCORE_RECALL || i == GA_SCORE_FRECHET));
    CHECK_OK(ga_scores_parse("all", &set, &err));
    assert_int_equal(set, (1u << GA_SCORE_COUNT) - 1);
    CHECK_FAILS(ga_scores_parse("recall,precison", &set, &err), GA_EINVAL,
                "no score 'precison' (nearest: 'precision'): expected all, frechet, kernel, ");
    CHECK_FAILS(ga_scores_parse("", &set, &err), GA_EINVAL, "no score ''");
    CHECK_FAILS(ga_scores_parse("recall,", &set, &err), GA_EINVAL, "no score ''");
    ga_sight_free(&a);
}

static void what_must_not_be_compared_is_refused_in_words(void **state)
{
    ga_err err;
    ga_scores s;
    bench *b = *state;
    const ga_scores_options o = ga_scores_defaults();
    ga_sight a = seen(b, clusters(N, N, 100)), other = seen(b, clusters(N, N, 100));
    other.by[0] = other.by[0] == 'a' ? 'b' : 'a';
    CHECK_FAILS(ga_scores_of(&a, &other, NULL, ~0u, &o, &s, NULL, &err), GA_EINVAL,
                "cannot be compared");
    CHECK_FAILS(ga_scores_of(&a, &a, &other, ~0u, &o, &s, NULL, &err), GA_EINVAL,
                "cannot be compared");
    ga_sight_free(&other);
    ga_eye_remember(b->eye, false);
    other = seen(b, clusters(N, N, 100));
    ga_eye_remember(b->eye, true);
    CHECK_FAILS(ga_scores_of(&a, &other, NULL, ~0u, &o, &s, NULL, &err), GA_EINVAL,
                "nothing was remembered");
    ga_sight_free(&other);
    other = seen(b, clusters(2, 1, 100));
    CHECK_FAILS(ga_scores_of(&other, &a, NULL, 1u << GA_SCORE_RECALL, &o, &s, NULL, &err),
                GA_EINVAL, "3 nearest neighbours among 3 points");
    a.features[5] = NAN;
    CHECK_FAILS(ga_scores_of(&a, &other, NULL, 1u << GA_SCORE_FRECHET, &o, &s, NULL, &err),
                GA_EDATA, "features of samples: number 1 of point 1 is not finite");
    ga_sight_free(&other);
    ga_sight_free(&a);
}

static bool always(void *user)
{
    (void)user;
    return true;
}

static void work_can_be_stopped_and_memory_may_run_out(void **state)
{
    ga_err err;
    ga_scores s;
    ga_scores_options o = ga_scores_defaults();
    ga_sight a = seen(*state, clusters(N / 4, N / 4, 100));
    const ga_progress stop = {.cancelled = always};
    CHECK_FAILS(ga_scores_of(&a, &a, NULL, ~0u, &o, &s, &stop, &err), GA_EINTERRUPTED,
                "1 of 6 scores");
    o.kernel.subsets = 2;
    ga_status status = GA_ENOMEM;
    long n = 0;
    for (; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_scores_of(&a, &a, &a, ~0u, &o, &s, NULL, &err);
    }
    ga_mem_fail_after(-1);
    assert_int_equal(status, GA_OK);
    assert_true(n > 40);
    ga_sight_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_two_classes_is_half_of_everything),
        cmocka_unit_test(equals_have_no_distance),
        cmocka_unit_test(support_counts_different_samples),
        cmocka_unit_test(copies_of_training_pictures_are_found_out),
        cmocka_unit_test(half_sure_is_less_than_two_classes),
        cmocka_unit_test(labels_are_counted_with_their_interval),
        cmocka_unit_test(only_what_is_asked_for_is_given),
        cmocka_unit_test(what_must_not_be_compared_is_refused_in_words),
        cmocka_unit_test(work_can_be_stopped_and_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
