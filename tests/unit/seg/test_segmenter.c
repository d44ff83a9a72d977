/* test_segmenter.c - pictures into label maps: exact colours, a network that was built by hand. */
#include "models.h"
#include "ganatomy/seg.h"

enum { SIDE = 4, PIXELS = SIDE * SIDE };

static int label_of(const ga_segmenter *s, const char *name)
{
    ga_err err;
    int label = -1;
    CHECK_OK(ga_vocabulary_find(ga_segmenter_vocabulary(s), name, &label, &err));
    return label;
}

/* Halves of a picture: the left one a, the right one b, in lo..hi. */
static void halves(float *x, const float a[3], const float b[3], float lo, float hi)
{
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < PIXELS; i++)
            x[c * PIXELS + i] = lo + (hi - lo) * (i % SIDE < SIDE / 2 ? a[c] : b[c]);
}

static void colors_have_their_names(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    static const float red[3] = {1, 0, 0}, blue[3] = {0, 0, 1}, white[3] = {1, 1, 1},
                       black[3] = {0, 0, 0};
    float x[2 * 3 * PIXELS];
    uint16_t maps[2 * PIXELS];
    halves(x, red, blue, -1, 1);
    halves(x + 3 * PIXELS, white, black, -1, 1);
    CHECK_OK(ga_segmenter_colors(&s, &err));
    assert_int_equal(ga_segmenter_planes(s), 1);
    assert_int_equal(ga_vocabulary_n(ga_segmenter_vocabulary(s)), 12);
    const ga_seg_pictures p = {x, 2, {3, SIDE, SIDE}, -1, 1};
    CHECK_OK(ga_segmenter_maps(s, p, SIDE, SIDE, maps, &err));
    for (int i = 0; i < PIXELS; i++) {
        const bool left = i % SIDE < SIDE / 2;
        assert_int_equal(maps[i], label_of(s, left ? "red" : "blue"));
        assert_int_equal(maps[PIXELS + i], label_of(s, left ? "white" : "black"));
    }
    ga_segmenter_free(s);
}

static void grey_pictures_are_read_as_three_equal_channels(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    float x[PIXELS];
    uint16_t map[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        x[i] = i < PIXELS / 2 ? 0.5F : 1;
    CHECK_OK(ga_segmenter_colors(&s, &err));
    CHECK_OK(ga_segmenter_maps(s, (ga_seg_pictures){x, 1, {1, SIDE, SIDE}, 0, 1}, SIDE, SIDE, map,
                               &err));
    assert_int_equal(map[0], label_of(s, "grey"));
    assert_int_equal(map[PIXELS - 1], label_of(s, "white"));
    ga_segmenter_free(s);
}

static void what_cannot_be_segmented_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    float x[3 * PIXELS] = {0};
    uint16_t map[PIXELS];
    CHECK_OK(ga_segmenter_colors(&s, &err));
    const ga_seg_pictures p = {x, 1, {3, SIDE, SIDE}, 0, 1};
    CHECK_FAILS(ga_segmenter_maps(s, p, SIDE + 1, SIDE, map, &err), GA_EINVAL, "5x4");
    CHECK_FAILS(ga_segmenter_maps(s, p, 0, 1, map, &err), GA_EINVAL, "0x1");
    CHECK_FAILS(
        ga_segmenter_maps(s, (ga_seg_pictures){x, 1, {2, SIDE, SIDE}, 0, 1}, 1, 1, map, &err),
        GA_EINVAL, "2 channels");
    CHECK_FAILS(
        ga_segmenter_maps(s, (ga_seg_pictures){x, 1, {3, SIDE, SIDE}, 1, 1}, 1, 1, map, &err),
        GA_EINVAL, "expected a range");
    x[7] = NAN;
    CHECK_FAILS(ga_segmenter_maps(s, p, SIDE, SIDE, map, &err), GA_EDATA, "picture 0");
    ga_segmenter_free(s);
}

/* ---- a network --------------------------------------------------------------------------------*/

/* Categories object (sky, tree) and color (red): channels none, sky, tree, none, red. sky is as
 * sure as the pixel is blue, tree as it is green, red as it is red; none of it always 0.5. */
static const char network[] =
    "{\"format\": \"ganatomy-arch-1\", \"name\": \"by-hand\","
    " \"input\": {\"name\": \"image\", \"shape\": [3, 4, 4], \"range\": [0, 1]},"
    " \"output\": {\"kind\": \"labels\"}, \"layers\": [{\"name\": \"logits\", \"type\": \"Conv2d\","
    " \"in_channels\": 3, \"out_channels\": 5, \"kernel_size\": 1}]}";
static const char words[] = "{\"categories\": [\"object\", \"color\"], \"labels\": [[\"sky\", "
                            "\"object\"], [\"red\", \"color\"], [\"tree\", \"object\"]]}";

static ga_model *by_hand(const char *vocabulary)
{
    ga_err err;
    ga_model *m = model_described(network);
    size_t n;
    float *w = ga_params_weights(ga_model_params(m), &n); /* (5,3), then (5) */
    memset(w, 0, n * sizeof *w);
    w[1 * 3 + 2] = w[2 * 3 + 1] = w[4 * 3 + 0] = 1;
    w[15 + 0] = w[15 + 3] = 0.5F;
    ga_params_changed(ga_model_params(m));
    if (vocabulary != NULL)
        CHECK_OK(ga_model_set_note(m, "vocabulary", vocabulary, &err));
    return m;
}

static void a_network_says_a_label_a_category(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    ga_model *m = by_hand(words);
    const ga_segmenter_options o = {.threads = 1};
    CHECK_OK(ga_segmenter_of_model(m, &o, &s, &err));
    assert_int_equal(ga_segmenter_planes(s), 2);
    static const float sky[3] = {0.1F, 0.2F, 0.9F}, fire[3] = {0.9F, 0.8F, 0};
    enum { N = 20 }; /* more than a batch */
    static float x[N * 3 * PIXELS];
    static uint16_t maps[N * 2 * PIXELS];
    for (int i = 0; i < N; i++)
        halves(x + i * 3 * PIXELS, i % 2 ? fire : sky, i % 2 ? sky : fire, -1, 1);
    CHECK_OK(ga_segmenter_maps(s, (ga_seg_pictures){x, N, {3, SIDE, SIDE}, -1, 1}, SIDE, SIDE, maps,
                               &err));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < PIXELS; k++) {
            const bool is_sky = (k % SIDE < SIDE / 2) == (i % 2 == 0);
            assert_int_equal(maps[(i * 2) * PIXELS + k], label_of(s, is_sky ? "sky" : "tree"));
            assert_int_equal(maps[(i * 2 + 1) * PIXELS + k], is_sky ? 0 : label_of(s, "red"));
        }
    /* a smaller map reads resized logits */
    CHECK_OK(
        ga_segmenter_maps(s, (ga_seg_pictures){x, 1, {3, SIDE, SIDE}, -1, 1}, 2, 2, maps, &err));
    assert_int_equal(maps[0], label_of(s, "sky"));
    assert_int_equal(maps[1], label_of(s, "tree"));
    ga_segmenter_free(s);
    ga_model_free(m);
}

static void a_network_without_fitting_words_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    const ga_segmenter_options o = {.threads = 1};
    ga_model *m = by_hand(NULL);
    CHECK_FAILS(ga_segmenter_of_model(m, &o, &s, &err), GA_EDATA, "no vocabulary");
    CHECK_OK(ga_model_set_note(
        m, "vocabulary", "{\"categories\": [\"object\"], \"labels\": [[\"sky\", \"object\"]]}",
        &err));
    CHECK_FAILS(ga_segmenter_of_model(m, &o, &s, &err), GA_EDATA, "needs 2");
    ga_model_free(m);
    m = model_named("lenet5");
    CHECK_FAILS(ga_segmenter_of_model(m, &o, &s, &err), GA_EINVAL, "a segmenter is needed");
    ga_model_free(m);
}

/* ---- scores -----------------------------------------------------------------------------------*/

static void scores_are_counted_by_hand(void **state)
{
    (void)state;
    ga_err err;
    static const char *const categories[] = {"object", "part"};
    static const ga_label labels[] = {{"wall", 0}, {"roof", 0}, {"door", 1}};
    ga_vocabulary *v;
    ga_seg_score *s;
    CHECK_OK(ga_vocabulary_create(categories, 2, labels, 3, &v, &err));
    CHECK_OK(ga_seg_score_create(v, &s, &err));
    /* one picture, two planes of four pixels */
    const uint16_t truth[] = {1, 1, 2, 2, 3, 0, 0, 0}, said[] = {1, 2, 2, 2, 0, 0, 0, 0};
    const ga_label_maps t = {truth, 1, 2, 2, 2}, p = {said, 1, 2, 2, 2};
    CHECK_OK(ga_seg_score_add(s, p, t, &err));
    const ga_seg_quality q = ga_seg_score_of(s);
    /* wall 1 of 2, roof 2 of 3, door 0 of 1 */
    assert_true(fabs(q.mean_iou - (1.0 / 2 + 2.0 / 3 + 0) / 3) < 1e-12);
    assert_true(q.pixel_right == 6.0 / 8);
    assert_int_equal(q.pictures, 1);
    assert_int_equal(q.both[2], 2);
    assert_int_equal(q.predicted[2], 3);
    assert_int_equal(q.truth[3], 1);
    const ga_seg_category object = ga_seg_score_category(s, 0), part = ga_seg_score_category(s, 1);
    assert_true(object.labels == 2 && part.labels == 1);
    assert_true(fabs(object.mean_iou - (1.0 / 2 + 2.0 / 3) / 2) < 1e-12 && part.mean_iou == 0);
    assert_true(object.pixel_right == 3.0 / 4 && part.pixel_right == 3.0 / 4);
    const uint16_t wrong[] = {4, 0, 0, 0, 0, 0, 0, 0};
    CHECK_FAILS(ga_seg_score_add(s, (ga_label_maps){wrong, 1, 2, 2, 2}, t, &err), GA_EDATA,
                "label 4");
    CHECK_FAILS(ga_seg_score_add(s, (ga_label_maps){said, 1, 1, 2, 2}, t, &err), GA_ESHAPE,
                "(1,1,2,2)");
    assert_true(ga_seg_score_of(s).pixel_right == 6.0 / 8);
    /* a second batch of two: parts are right twice more of eight, a category without labels is none */
    const uint16_t more[] = {0, 0, 0, 0, 3, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0},
                   told[] = {0, 0, 0, 0, 3, 0, 0, 0, 1, 1, 1, 1, 3, 3, 3, 3};
    CHECK_OK(ga_seg_score_add(s, (ga_label_maps){told, 2, 2, 2, 2},
                              (ga_label_maps){more, 2, 2, 2, 2}, &err));
    const ga_seg_category then = ga_seg_score_category(s, 1);
    assert_true(then.pixel_right == 5.0 / 12 && then.mean_iou == 1.0 / 8);
    ga_seg_score_free(s);
    ga_vocabulary_free(v);
}

/* ---- what a classifier reads, and several
 * ------------------------------------------------------*/

/* Reads 2x2 grey pictures: class 0 if the upper half is the brighter one, else 1. */
static const char halves_reader[] =
    "{\"format\": \"ganatomy-arch-1\", \"name\": \"halves\","
    " \"input\": {\"name\": \"image\", \"shape\": [1, 2, 2], \"range\": [0, 1]},"
    " \"output\": {\"kind\": \"logits\"}, \"layers\": [{\"name\": \"flat\", \"type\": "
    "\"Flatten\"}, {\"name\": \"logits\", \"type\": \"Linear\", \"in_features\": 4, "
    "\"out_features\": 2}]}";

static ga_model *reader(void)
{
    ga_model *m = model_described(halves_reader);
    size_t n;
    float *w = ga_params_weights(ga_model_params(m), &n); /* (2,4), then (2) */
    const float wanted[10] = {1, 1, 0, 0, 0, 0, 1, 1, 0, 0};
    assert_int_equal(n, 10);
    memcpy(w, wanted, sizeof wanted);
    ga_params_changed(ga_model_params(m));
    return m;
}

static ga_segmenter *by_reader(ga_model *m)
{
    ga_err err;
    ga_segmenter *s;
    static const char *const names[] = {"up", "down"};
    CHECK_OK(
        ga_segmenter_classes(m, names, "halves", &(ga_segmenter_options){.threads = 1}, &s, &err));
    return s;
}

static void ink_has_the_class_of_its_picture(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = reader();
    ga_segmenter *s = by_reader(m);
    float x[2 * PIXELS];
    uint16_t maps[2 * PIXELS];
    for (int i = 0; i < PIXELS; i++) { /* upper half, lower half; in -1..1 */
        x[i] = i < PIXELS / 2 ? 0.8F : -1;
        x[PIXELS + i] = i < PIXELS / 2 ? -0.2F : 0.5F;
    }
    CHECK_OK(ga_segmenter_maps(s, (ga_seg_pictures){x, 2, {1, SIDE, SIDE}, -1, 1}, SIDE, SIDE, maps,
                               &err));
    for (int i = 0; i < PIXELS; i++) {
        assert_int_equal(maps[i], i < PIXELS / 2 ? label_of(s, "up") : 0);
        assert_int_equal(maps[PIXELS + i], i < PIXELS / 2 ? 0 : label_of(s, "down"));
    }
    CHECK_OK(
        ga_segmenter_maps(s, (ga_seg_pictures){x, 1, {1, SIDE, SIDE}, -1, 1}, 2, 1, maps, &err));
    assert_int_equal(maps[0], label_of(s, "up"));
    assert_int_equal(maps[1], 0);
    ga_segmenter_free(s);
    ga_model_free(m);
}

static void joined_segmenters_say_what_each_says(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = reader();
    ga_segmenter *part[3], *all, *colors, *strokes;
    float x[2 * PIXELS];
    static uint16_t maps[2 * 4 * PIXELS], alone[2 * 2 * PIXELS];
    for (int i = 0; i < 2 * PIXELS; i++)
        x[i] = (float)(i % 5) / 4;
    CHECK_OK(ga_segmenter_colors(&part[0], &err));
    CHECK_OK(ga_segmenter_strokes(&part[1], &err));
    part[2] = by_reader(m);
    CHECK_OK(ga_segmenter_join(part, 3, &all, &err));
    assert_string_equal(ga_segmenter_name(all), "colors+strokes+halves");
    assert_int_equal(ga_segmenter_planes(all), 4);
    assert_int_equal(ga_vocabulary_n(ga_segmenter_vocabulary(all)), 1 + 11 + 8 + 2);
    const ga_seg_pictures p = {x, 2, {1, SIDE, SIDE}, 0, 1};
    CHECK_OK(ga_segmenter_maps(all, p, SIDE, SIDE, maps, &err));
    CHECK_OK(ga_segmenter_colors(&colors, &err));
    CHECK_OK(ga_segmenter_maps(colors, p, SIDE, SIDE, alone, &err));
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < PIXELS; i++) {
            const char *name =
                ga_vocabulary_at(ga_segmenter_vocabulary(colors), alone[k * PIXELS + i]).name;
            assert_int_equal(maps[k * 4 * PIXELS + i], label_of(all, name));
        }
    CHECK_OK(ga_segmenter_strokes(&strokes, &err));
    CHECK_OK(ga_segmenter_maps(strokes, p, SIDE, SIDE, alone, &err));
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 2 * PIXELS; i++) {
            const uint16_t label = alone[k * 2 * PIXELS + i];
            assert_int_equal(maps[(k * 4 + 1) * PIXELS + i], label > 0 ? label + 11 : 0);
        }
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < PIXELS; i++) {
            const uint16_t label = maps[(k * 4 + 3) * PIXELS + i];
            if (x[k * PIXELS + i] > 0.5F)
                assert_true(label == label_of(all, "up") || label == label_of(all, "down"));
            else
                assert_int_equal(label, 0);
        }
    ga_segmenter_free(strokes);
    ga_segmenter_free(all);
    ga_segmenter *twice[2] = {colors, NULL};
    CHECK_OK(ga_segmenter_colors(&twice[1], &err));
    CHECK_FAILS(ga_segmenter_join(twice, 2, &all, &err), GA_EINVAL, "category 'color'");
    ga_model_free(m);
}

static void only_classifiers_of_grey_pictures_read_ink(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    ga_model *m = by_hand(words);
    static const char *const names[] = {"a", "b"};
    CHECK_FAILS(
        ga_segmenter_classes(m, names, "x", &(ga_segmenter_options){.threads = 1}, &s, &err),
        GA_EINVAL, "does not read grey pictures");
    ga_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ink_has_the_class_of_its_picture),
        cmocka_unit_test(joined_segmenters_say_what_each_says),
        cmocka_unit_test(only_classifiers_of_grey_pictures_read_ink),
        cmocka_unit_test(colors_have_their_names),
        cmocka_unit_test(grey_pictures_are_read_as_three_equal_channels),
        cmocka_unit_test(what_cannot_be_segmented_is_said),
        cmocka_unit_test(a_network_says_a_label_a_category),
        cmocka_unit_test(a_network_without_fitting_words_is_refused),
        cmocka_unit_test(scores_are_counted_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
