/* test_dissect.c - a generator whose units draw known shapes is taken apart, and its units are
 * found to draw just these. */
#include <unistd.h>
#include "dissect_check.h"
#include "drawing.h"

enum { CONSTANT = 3, IMAGES = 200 };

/* The tap has 2 where a shape is and 1 elsewhere; unit 3 is always 0.5. */
static scene make_scene(bool twin, int threads)
{
    static const float ground[UNITS] = {1, 1, 1, 0.5F};
    return scene_of(make_drawing(shapes, GATES, ground, plain), SIDE, twin, threads);
}

static ga_dissect_options options_of(const char *preset)
{
    return few_of(preset, SIDE, IMAGES);
}

static ga_dissection *dissect(scene *s, const ga_dissect_options *o)
{
    ga_err err;
    ga_dissection *d;
    const ga_dissect_work work = {0};
    CHECK_OK(ga_dissect(s->s, o, &work, &d, &err));
    return d;
}

static void each_unit_is_found_to_draw_its_shape(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene(false, 1);
    const ga_dissect_options o = options_of("2018-iqr");
    ga_dissection *d = dissect(&s, &o);
    static const char *const color[] = {"red", "green", "blue"};
    for (int u = 0; u < 3; u++) {
        const ga_unit_finding f = ga_dissection_unit(d, 0, u);
        int label;
        CHECK_OK(ga_vocabulary_find(ga_subject_vocabulary(s.s), color[u], &label, &err));
        assert_int_equal(f.finding[0].label, label);
        assert_true(f.finding[0].iou == 1);
        assert_true(fabs(f.finding[0].iqr - 1) < 1e-12);
        assert_true(f.finding[0].lo == 1 && f.finding[0].hi == 1);
        assert_true(f.threshold == 1);
        assert_true(f.interpretable && f.above_chance);
        assert_int_equal(f.pick.label, label);
        /* with labels of other images: both on in 1/4, one of them in 3/4 */
        assert_true(f.finding[0].chance > 0.2 && f.finding[0].chance < 0.5);
        for (int i = 1; i < f.n; i++)
            assert_true(f.finding[i].iou == 0);
        /* it has but two values, one where its label is */
        assert_true(fabs(f.finding[0].cor - 1) < 1e-9 && f.cor == f.finding[0].cor);
        assert_int_equal(f.cor_label, label);
    }
    free_scene(&s);
    ga_dissection_free(d);
}

static void a_constant_unit_stands_for_nothing(void **state)
{
    (void)state;
    scene s = make_scene(false, 1);
    const ga_dissect_options o = options_of("2018-iqr");
    ga_dissection *d = dissect(&s, &o);
    const ga_unit_finding f = ga_dissection_unit(d, 0, CONSTANT);
    assert_false(f.interpretable);
    assert_int_equal(f.pick.label, 0);
    assert_true(f.finding[0].iou == 0);
    assert_true(f.cor == 0 && f.cor_label == 0 && f.finding[0].cor == 0);
    const ga_layer_finding l = ga_dissection_layer(d, 0);
    assert_int_equal(l.units, UNITS);
    assert_int_equal(l.interpretable, 3);
    assert_int_equal(l.above_chance, 3);
    assert_int_equal(l.concepts, 3);
    assert_true(l.best_iou == 1);
    free_scene(&s);
    ga_dissection_free(d);
}

/* Pixels of each shape in the images that have it, counted from the latents. */
static void counts_are_those_of_the_latents(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene(false, 1);
    const ga_dissect_options o = options_of("2018-iqr");
    ga_dissection *d = dissect(&s, &o);
    static float z[IMAGES * 3];
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 1, 0, IMAGES, 3, z, &err));
    for (int u = 0; u < 3; u++) {
        const int pixels = (shapes[u].bottom - shapes[u].top) * (shapes[u].right - shapes[u].left);
        uint64_t images = 0;
        for (int i = 0; i < IMAGES; i++)
            images += z[i * 3 + u] > 0;
        const ga_tally_counts c = ga_dissection_counts(d, 0);
        assert_int_equal(c.active[u], images * (uint64_t)pixels);
        assert_int_equal(c.images, IMAGES);
    }
    free_scene(&s);
    ga_dissection_free(d);
}

/* Only who asks for correlations gets them, and all else is the same. */
static void correlations_are_told_if_asked_for(void **state)
{
    (void)state;
    scene s = make_scene(false, 1);
    ga_dissect_options o = options_of("2018-iqr");
    o.size = 32;
    for (int asked = 0; asked < 2; asked++) {
        o.covariance = asked;
        ga_dissection *d = dissect(&s, &o);
        char *text = json_of(&s, d);
        static const char *const words[] = {"\"cor\":", "\"cor_label\": \"red\"",
                                            "\"cor_cat\":", "\"max cor\"", "\"red-cor\""};
        for (int i = 0; i < 5; i++)
            assert_int_equal(strstr(text, words[i]) != NULL, asked);
        assert_int_equal(ga_dissection_covariance(d, 0) != NULL, asked);
        assert_true(ga_dissection_unit(d, 0, RED).finding[0].cor > 0.999 || !asked);
        ga_dissect_text_free(text);
        ga_dissection_free(d);
    }
    free_scene(&s);
}

static void memory_and_threads_change_nothing(void **state)
{
    (void)state;
    scene one = make_scene(true, 1), two = make_scene(true, 2);
    ga_dissect_options o = options_of("2018-iqr");
    ga_dissection *first = dissect(&one, &o);
    char *want = json_of(&one, first);
    for (int k = 0; k < 2; k++) {
        o.memory = 0; /* nothing, then a few blocks, are kept */
        o.threads = 2;
        ga_dissection *again = dissect(&two, &o);
        char *got = json_of(&two, again);
        assert_string_equal(got, want);
        ga_dissect_text_free(got);
        ga_dissection_free(again);
    }
    ga_dissect_text_free(want);
    ga_dissection_free(first);
    free_scene(&one);
    free_scene(&two);
}

/* Nothing can be said of chance from one image, and nothing is. */
static void one_image_says_nothing_of_chance(void **state)
{
    (void)state;
    scene s = make_scene(false, 1);
    static const char *const presets[] = {"2018-iqr", "2018-fixed", "2020"};
    for (int i = 0; i < 3; i++) {
        ga_dissect_options o = options_of(presets[i]);
        o.size = 1;
        ga_dissection *d = dissect(&s, &o);
        assert_true(ga_dissection_layer(d, 0).chance_iou == -1);
        for (int u = 0; u < UNITS; u++) {
            const ga_unit_finding f = ga_dissection_unit(d, 0, u);
            assert_int_equal(f.n_top, 1);
            assert_int_equal(f.above_chance, f.interpretable);
            for (int k = 0; k < f.n; k++)
                assert_true(f.finding[k].chance == -1 && f.finding[k].lo == f.finding[k].hi);
        }
        char *text = json_of(&s, d);
        assert_null(strstr(text, "\"chance\""));
        assert_null(strstr(text, "nan"));
        ga_dissect_text_free(text);
        ga_dissection_free(d);
    }
    free_scene(&s);
}

/* Labels that no pixel has are told of no unit, and do not count in the mean of chance. */
static void labels_that_never_occur_are_told_of_no_unit(void **state)
{
    (void)state;
    scene s = make_scene(false, 1);
    ga_dissect_options o = options_of("2018-iqr");
    o.labels = 8;
    ga_dissection *d = dissect(&s, &o);
    const ga_tally_counts counts = ga_dissection_counts(d, 0);
    const int labels = ga_vocabulary_n(ga_subject_vocabulary(s.s));
    int occur = 0;
    for (int c = 1; c < labels; c++)
        occur += counts.label[c] > 0;
    assert_int_equal(occur, 4); /* black, red, green, blue: no two shapes overlap */
    double sum = 0;
    for (int u = 0; u < UNITS; u++) {
        const ga_unit_finding f = ga_dissection_unit(d, 0, u);
        assert_int_equal(f.n, occur);
        for (int k = 0; k < f.n; k++) {
            assert_true(counts.label[f.finding[k].label] > 0);
            sum += u == 0 ? f.finding[k].chance : 0;
        }
    }
    assert_true(fabs(ga_dissection_layer(d, 0).chance_iou - sum / occur) < 1e-12);
    ga_dissection_free(d);
    free_scene(&s);
}

/* An infinite activation of a layer that does not spoil the picture is said with its image. */
static void activations_that_are_no_numbers_are_said(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene(false, 1);
    ga_subject *other;
    ga_dissection *d;
    const char *layers[] = {"gate"};
    const ga_subject_spec spec = {.model = s.m,
                                  .segmenter = s.colors,
                                  .layers = layers,
                                  .n_layers = 1,
                                  .side = 8,
                                  .threads = 1};
    const ga_dissect_work work = {0};
    const ga_dissect_options o = options_of("2018-iqr");
    weights_of(s.m, "gate.weight")[0] = INFINITY;
    ga_params_changed(ga_model_params(s.m));
    CHECK_OK(ga_subject_create(&spec, &other, &err));
    CHECK_FAILS(ga_dissect(other, &o, &work, &d, &err), GA_EDATA, "image 0");
    assert_null(d);
    ga_subject_free(other);
    weights_of(s.m, "units.bias")[0] = NAN;
    ga_params_changed(ga_model_params(s.m));
    CHECK_FAILS(ga_dissect(s.s, &o, &work, &d, &err), GA_EDATA, "picture 0");
    assert_null(d);
    free_scene(&s);
}

/* What a screen is told. */
typedef struct told {
    char what[48];
    uint64_t done, total;
    int times, words; /* how often the word was another one */
} told;

static void hear(void *user, const char *what, uint64_t done, uint64_t total)
{
    told *t = user;
    t->words += strcmp(t->what, what) != 0;
    assert_true(t->times == 0 || (done > t->done && total == t->total));
    snprintf(t->what, sizeof t->what, "%s", what);
    t->done = done;
    t->total = total;
    t->times++;
}

/* One count and one word for all passes, so that a screen can tell how long the whole will take. */
static void progress_goes_through_all_passes(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene(false, 1);
    static const struct {
        const char *preset;
        uint64_t passes;
    } cases[] = {{"2018-iqr", 3}, {"2018-fixed", 2}};
    for (size_t i = 0; i < 2; i++) {
        told t = {.words = 0};
        const ga_progress progress = {.report = hear, .user = &t};
        const ga_dissect_work work = {.progress = &progress};
        const ga_dissect_options o = options_of(cases[i].preset);
        ga_dissection *d;
        CHECK_OK(ga_dissect(s.s, &o, &work, &d, &err));
        ga_dissection_free(d);
        assert_int_equal(t.words, 1);
        assert_int_equal(t.total, cases[i].passes * IMAGES);
        assert_int_equal(t.done, t.total);
        assert_int_equal(t.times, cases[i].passes * ((IMAGES + 15) / 16));
    }
    free_scene(&s);
}

/* Ends the work at its n-th question. */
static bool stop_soon(void *user)
{
    int *left = user;
    return --*left < 0;
}

/* Stopped again and again, each time a little later, it ends with the same bytes. */
static void interrupted_work_goes_on(void **state)
{
    (void)state;
    ga_err err;
    char folder[] = "/tmp/ga-dissect-XXXXXX";
    assert_non_null(mkdtemp(folder));
    scene s = make_scene(true, 1);
    ga_dissect_options o = options_of("2018-iqr");
    ga_dissection *d = dissect(&s, &o);
    char *want = json_of(&s, d);
    ga_dissection_free(d);
    int stops = 0;
    for (ga_status status = GA_EINTERRUPTED; status != GA_OK;) {
        int left = 9;
        const ga_progress progress = {.cancelled = stop_soon, .user = &left};
        const ga_dissect_work work = {folder, "key", &progress};
        o.memory = stops % 2 == 0 ? 0 : (size_t)1 << 28;
        err.text[0] = 0;
        status = ga_dissect(s.s, &o, &work, &d, &err);
        if (status != GA_OK)
            if (strstr(err.text, "interrupted") == NULL)
                fail_msg("%s", err.text);
        assert_true(++stops < 100);
    }
    assert_true(stops > 3);
    char *got = json_of(&s, d);
    assert_string_equal(got, want);
    ga_dissect_text_free(got);
    ga_dissect_text_free(want);
    ga_dissection_free(d);
    free_scene(&s);
    ga_dissect_done(&(ga_dissect_work){folder, "another", NULL});
    assert_int_not_equal(rmdir(folder), 0); /* a state of another key is left */
    ga_dissect_done(&(ga_dissect_work){folder, "key", NULL});
    assert_int_equal(rmdir(folder), 0);
    ga_dissect_done(&(ga_dissect_work){folder, "key", NULL}); /* nothing there is fine */
}

/* Images that were looked at, of those that a screen is told of. */
static void count_images(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    *(int *)user += strncmp(what, "images", 6) == 0;
}

/* Stopped in judging, or not at all: an image is not looked at twice, and the bytes are the same.
 */
static void what_was_seen_is_only_judged_again(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene(true, 1);
    for (int i = 0; ga_dissect_presets[i] != NULL; i++) {
        char folder[] = "/tmp/ga-dissect-XXXXXX";
        assert_non_null(mkdtemp(folder));
        ga_dissect_options o = options_of(ga_dissect_presets[i]);
        o.size = 40; /* 3 blocks */
        ga_dissection *d = dissect(&s, &o);
        char *want = json_of(&s, d);
        ga_dissection_free(d);
        const int passes = i == 0 ? 3 : 2;
        int left = passes * 3 + passes + 1; /* every block, the end of every pass, a bootstrap */
        const ga_progress stop = {.cancelled = stop_soon, .user = &left};
        CHECK_FAILS(ga_dissect(s.s, &o, &(ga_dissect_work){folder, "key", &stop}, &d, &err),
                    GA_EINTERRUPTED, "interrupted");
        for (int again = 0; again < 2; again++) {
            int images = 0;
            const ga_progress count = {.report = count_images, .user = &images};
            CHECK_OK(ga_dissect(s.s, &o, &(ga_dissect_work){folder, "key", &count}, &d, &err));
            assert_int_equal(images, 0);
            char *got = json_of(&s, d);
            assert_string_equal(got, want);
            ga_dissect_text_free(got);
            ga_dissection_free(d);
        }
        ga_dissect_text_free(want);
        ga_dissect_done(&(ga_dissect_work){folder, "key", NULL});
        assert_int_equal(rmdir(folder), 0);
    }
    free_scene(&s);
}

/* Stopped at any block, or between two passes, it ends with the same bytes. */
static void work_goes_on_from_anywhere(void **state)
{
    (void)state;
    ga_err err;
    char folder[] = "/tmp/ga-dissect-XXXXXX";
    assert_non_null(mkdtemp(folder));
    scene s = make_scene(false, 1);
    ga_dissect_options o = options_of("2018-iqr");
    o.size = 40; /* 3 blocks */
    o.bootstrap = 0;
    ga_dissection *d = dissect(&s, &o);
    char *want = json_of(&s, d);
    ga_dissection_free(d);
    for (int at = 0; at < 12; at++) { /* 9 blocks, and the ends of 3 passes */
        int left = at;
        const ga_progress stop = {.cancelled = stop_soon, .user = &left};
        const ga_dissect_work first = {folder, "key", &stop}, second = {folder, "key", NULL};
        CHECK_FAILS(ga_dissect(s.s, &o, &first, &d, &err), GA_EINTERRUPTED, "goes on from there");
        CHECK_OK(ga_dissect(s.s, &o, &second, &d, &err));
        ga_dissect_done(&second);
        char *got = json_of(&s, d);
        assert_string_equal(got, want);
        ga_dissect_text_free(got);
        ga_dissection_free(d);
    }
    ga_dissect_text_free(want);
    free_scene(&s);
    assert_int_equal(rmdir(folder), 0);
}

/* A state of other work is not taken up, and one that was cut short neither. */
static void a_strange_state_is_left(void **state)
{
    (void)state;
    ga_err err;
    char folder[] = "/tmp/ga-dissect-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state.safetensors", folder);
    scene s = make_scene(false, 1);
    ga_dissect_options o = options_of("2018-fixed");
    ga_dissection *d = dissect(&s, &o);
    char *want = json_of(&s, d);
    ga_dissection_free(d);
    for (int k = 0; k < 2; k++) {
        int left = 3;
        const ga_progress stop = {.cancelled = stop_soon, .user = &left};
        const ga_dissect_work first = {folder, "another", &stop}, second = {folder, "key", NULL};
        CHECK_FAILS(ga_dissect(s.s, &o, &first, &d, &err), GA_EINTERRUPTED, "goes on from there");
        if (k == 1)
            assert_int_equal(truncate(path, 100), 0);
        CHECK_OK(ga_dissect(s.s, &o, &second, &d, &err));
        ga_dissect_done(&second);
        char *got = json_of(&s, d);
        assert_string_equal(got, want);
        ga_dissect_text_free(got);
        ga_dissection_free(d);
    }
    ga_dissect_text_free(want);
    free_scene(&s);
    assert_int_equal(rmdir(folder), 0);
}

/* An image is the same whatever it is asked with. */
static void an_image_does_not_depend_on_its_block(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene(true, 2);
    static float all[16 * UNITS * 64], alone[UNITS * 64], twin[16 * UNITS * 64],
        twin_alone[UNITS * 64], pictures[16 * 3 * 64], picture[3 * 64];
    uint16_t maps[16 * 64], map[64];
    uint32_t ids[16];
    for (uint32_t i = 0; i < 16; i++)
        ids[i] = i * 7 % 40;
    float *many[] = {all, twin}, *single[] = {alone, twin_alone};
    CHECK_OK(ga_subject_look(s.s, 1, ids, 16, (ga_subject_block){many, maps, pictures}, &err));
    for (int i = 15; i >= 0; i -= 5) {
        CHECK_OK(
            ga_subject_look(s.s, 1, ids + i, 1, (ga_subject_block){single, map, picture}, &err));
        assert_memory_equal(alone, all + i * UNITS * 64, sizeof alone);
        assert_memory_equal(twin_alone, twin + i * UNITS * 64, sizeof twin_alone);
        assert_memory_equal(picture, pictures + i * 3 * 64, sizeof picture);
        assert_memory_equal(map, maps + i * 64, sizeof map);
    }
    free_scene(&s);
}

static void every_preset_counts(void **state)
{
    (void)state;
    for (int i = 0; ga_dissect_presets[i] != NULL; i++) {
        scene s = make_scene(false, 1);
        const ga_dissect_options o = options_of(ga_dissect_presets[i]);
        ga_dissection *d = dissect(&s, &o);
        const ga_tally_counts c = ga_dissection_counts(d, 0);
        assert_int_equal(c.images, IMAGES);
        for (int u = 0; u < UNITS; u++)
            assert_true(c.active[u] <= (uint64_t)IMAGES * 64);
        ga_dissection_free(d);
        free_scene(&s);
    }
}

static void what_cannot_be_dissected_is_said(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene(false, 1);
    ga_subject *other;
    const char *layers[] = {"unit"};
    ga_subject_spec spec = {.model = s.m,
                            .segmenter = s.colors,
                            .layers = layers,
                            .n_layers = 1,
                            .side = 8,
                            .threads = 1};
    CHECK_FAILS(ga_subject_create(&spec, &other, &err), GA_ENOTFOUND, "units");
    layers[0] = "z";
    CHECK_FAILS(ga_subject_create(&spec, &other, &err), GA_EINVAL, "not a layer");
    layers[0] = "units";
    spec.segmenter = NULL;
    CHECK_FAILS(ga_subject_create(&spec, &other, &err), GA_EINVAL, "name a segmenter");
    spec.segmenter = s.colors;
    spec.side = 9;
    CHECK_FAILS(ga_subject_create(&spec, &other, &err), GA_EINVAL, "9 pixels a side");
    spec.side = 7;
    CHECK_FAILS(ga_subject_create(&spec, &other, &err), GA_EINVAL,
                "layer 'units' has maps of 8x8, and label maps of 7 pixels a side are smaller");
    spec.side = 8;
    spec.memory_limit = 1000;
    CHECK_FAILS(ga_subject_create(&spec, &other, &err), GA_ENOMEM, "the limit is 1000 B");
    spec.memory_limit = 0;
    spec.bn = GA_BN_BATCH;
    CHECK_FAILS(ga_subject_create(&spec, &other, &err), GA_EINVAL, "statistics of a batch");

    ga_dissection *d;
    const ga_dissect_work work = {0};
    ga_dissect_options o = options_of("2018-iqr");
    o.rule_seed = o.seed;
    CHECK_FAILS(ga_dissect(s.s, &o, &work, &d, &err), GA_EINVAL, "different seeds");
    o = options_of("2018-iqr");
    o.size = 0;
    CHECK_FAILS(ga_dissect(s.s, &o, &work, &d, &err), GA_EINVAL, "0 images");
    o = options_of("2018-iqr");
    o.bootstrap = 7;
    CHECK_FAILS(ga_dissect(s.s, &o, &work, &d, &err), GA_EINVAL, "7 rounds");
    CHECK_FAILS(ga_dissect_preset("2018", 64, &o, NULL, &err), GA_ENOTFOUND, "2018-iqr");
    free_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_unit_is_found_to_draw_its_shape),
        cmocka_unit_test(a_constant_unit_stands_for_nothing),
        cmocka_unit_test(counts_are_those_of_the_latents),
        cmocka_unit_test(correlations_are_told_if_asked_for),
        cmocka_unit_test(memory_and_threads_change_nothing),
        cmocka_unit_test(one_image_says_nothing_of_chance),
        cmocka_unit_test(labels_that_never_occur_are_told_of_no_unit),
        cmocka_unit_test(activations_that_are_no_numbers_are_said),
        cmocka_unit_test(progress_goes_through_all_passes),
        cmocka_unit_test(interrupted_work_goes_on),
        cmocka_unit_test(what_was_seen_is_only_judged_again),
        cmocka_unit_test(work_goes_on_from_anywhere),
        cmocka_unit_test(a_strange_state_is_left),
        cmocka_unit_test(an_image_does_not_depend_on_its_block),
        cmocka_unit_test(every_preset_counts),
        cmocka_unit_test(what_cannot_be_dissected_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
