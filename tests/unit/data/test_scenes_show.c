/* Sheets of scenes: pictures beside the maps of their labels, and a legend of those that occur. */
#include "ganatomy/scenes.h"
#include "unit/data/make.h"

enum { SIDE = 64, ZOOM = 2, STEP = SIDE * ZOOM + 2, TOP = 18, MARGIN = 4 };

static ga_dataset *some(int images, int pixels)
{
    ga_err err;
    ga_dataset *d;
    const ga_data_selection what = {.images = images, .seed = 1, .pixels = pixels};
    CHECK_OK(ga_dataset_load("scenes", GA_SPLIT_TEST, &what, NULL, NULL, &d, &err));
    return d;
}

static const uint8_t *at(const ga_image *image, int x, int y)
{
    return image->pixels + 3 * ((size_t)y * (size_t)image->w + (size_t)x);
}

/* Where the first cell begins: below the title, at the first row that is not the paper's white at
 * its left edge (the first scene's sky is not white). */
static int first_row(const ga_image *image, const uint8_t *rgb)
{
    for (int y = 0; y < 60; y++)
        if (memcmp(at(image, MARGIN, y), rgb, 3) == 0 &&
            memcmp(at(image, MARGIN + 1, y), rgb, 3) == 0)
            return y;
    return -1;
}

static void each_picture_is_beside_its_maps(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    ga_dataset *d = some(4, 0);
    static uint8_t rgb[SIDE * SIDE * 3];
    static uint16_t map[4][SIDE * SIDE];
    uint64_t seed, index;
    CHECK_OK(ga_data_show(d, &(ga_data_show_options){.seed = 1}, &image, &err));
    assert_int_equal(image.c, 3);
    assert_int_equal(image.w, 2 * MARGIN + 10 * STEP - 2);
    int first = 0; /* of the first class */
    while (ga_dataset_labels(d)[first] != 0)
        first++;
    assert_true(ga_dataset_scene(d, first, &seed, &index));
    CHECK_OK(ga_scene_draw(seed, index, SIDE, rgb, &map[0][0], NULL, &err));
    const int y0 = first_row(&image, rgb);
    assert_true(y0 > 0);
    for (int y = 0; y < SIDE * ZOOM; y++)
        for (int x = 0; x < SIDE * ZOOM; x++) {
            const int p = y / ZOOM * SIDE + x / ZOOM;
            assert_memory_equal(at(&image, MARGIN + x, y0 + y), rgb + 3 * p, 3);
            for (int k = 0; k < 4; k++) {
                uint8_t color[3];
                ga_scenes_label_color(map[k][p], color);
                assert_memory_equal(at(&image, MARGIN + (k + 1) * STEP + x, y0 + y), color, 3);
            }
        }
    ga_image_free(&image);
    ga_dataset_free(d);
}

/* A square of 8 x 8 of this colour somewhere below row y. */
static bool has_swatch(const ga_image *image, int y, const uint8_t color[3])
{
    for (; y + 8 <= image->h; y++)
        for (int x = 0; x + 8 <= image->w; x++) {
            bool all = true;
            for (int k = 0; all && k < 64; k++)
                all = memcmp(at(image, x + k % 8, y + k / 8), color, 3) == 0;
            if (all)
                return true;
        }
    return false;
}

static void the_legend_has_the_labels_that_occur(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    ga_dataset *d = some(1, 0);
    const ga_vocabulary *v = ga_scenes_vocabulary();
    static uint8_t rgb[SIDE * SIDE * 3];
    static uint16_t map[4 * SIDE * SIDE];
    bool occurs[64] = {false};
    for (int i = 0; i < 1; i++) {
        uint64_t seed, index;
        assert_true(ga_dataset_scene(d, i, &seed, &index));
        CHECK_OK(ga_scene_draw(seed, index, SIDE, rgb, map, NULL, &err));
        for (int p = 0; p < 4 * SIDE * SIDE; p++)
            occurs[map[p]] = true;
    }
    CHECK_OK(ga_data_show(d, &(ga_data_show_options){.seed = 1}, &image, &err));
    const int legend = image.h - 4 * 16;
    int there = 0, not_there = 0;
    for (int l = 1; l < ga_vocabulary_n(v); l++) {
        uint8_t color[3];
        bool shared = false; /* with a label that occurs, or the paper's own white */
        ga_scenes_label_color(l, color);
        for (int o = 1; o < ga_vocabulary_n(v); o++) {
            uint8_t other[3];
            ga_scenes_label_color(o, other);
            shared = shared || (o != l && occurs[o] && memcmp(color, other, 3) == 0);
        }
        if (color[0] + color[1] + color[2] == 3 * 255)
            continue;
        if (has_swatch(&image, legend, color) != (occurs[l] || shared))
            fail_msg("'%s' %s", ga_vocabulary_title(v, l),
                     occurs[l] ? "is not in the legend" : "does not occur");
        there += occurs[l];
        not_there += !occurs[l];
    }
    assert_true(there > 12 && not_there > 3);
    ga_image_free(&image);
    ga_dataset_free(d);
}

static void labels_of_a_category_have_colours_of_their_own(void **state)
{
    (void)state;
    const ga_vocabulary *v = ga_scenes_vocabulary();
    uint8_t nothing[3], outside[3];
    ga_scenes_label_color(0, nothing);
    ga_scenes_label_color(ga_vocabulary_n(v), outside);
    assert_memory_equal(nothing, outside, 3);
    for (int l = 1; l < ga_vocabulary_n(v); l++)
        for (int o = 0; o < l; o++) {
            uint8_t a[3], b[3];
            ga_scenes_label_color(l, a);
            ga_scenes_label_color(o, b);
            int far = 0;
            for (int k = 0; k < 3; k++)
                far += abs(a[k] - b[k]);
            if ((ga_vocabulary_at(v, o).category == ga_vocabulary_at(v, l).category || o == 0) &&
                far < 40)
                fail_msg("'%s' and '%s' are painted nearly alike", ga_vocabulary_title(v, l),
                         ga_vocabulary_title(v, o));
        }
    for (int i = 0; i < GA_BASIC_COLORS; i++) { /* a colour is painted in itself */
        uint8_t c[3];
        ga_scenes_label_color(ga_vocabulary_n(v) - GA_BASIC_COLORS + i, c);
        assert_int_equal(ga_basic_color(c[0], c[1], c[2]), i);
    }
}

static void scenes_can_be_shown_plain_and_at_other_sizes(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    ga_dataset *d = some(4, 0), *tiny, *large = some(4, 256);
    CHECK_OK(
        ga_data_show(d, &(ga_data_show_options){.plain = true, .columns = 3, .zoom = 1, .seed = 1},
                     &image, &err));
    assert_true(image.h < 4 * (SIDE + 16) + 40 && image.w < 400); /* one cell a sample, four rows */
    ga_image_free(&image);
    CHECK_OK(ga_dataset_select(d, &(ga_data_selection){.pixels = 8}, &tiny,
                               &err)); /* too small for maps */
    CHECK_OK(ga_data_show(tiny, &(ga_data_show_options){.columns = 1, .zoom = 1}, &image, &err));
    assert_true(image.h < 200);
    ga_image_free(&image);
    CHECK_OK(ga_data_show(large, &(ga_data_show_options){.columns = 1, .rows = 1}, &image, &err));
    assert_true(image.w >= 5 * 256 && image.w < 6 * 256); /* one sample a row */
    ga_image_free(&image);
    ga_dataset_free(large);
    ga_dataset_free(tiny);
    ga_dataset_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_picture_is_beside_its_maps),
        cmocka_unit_test(the_legend_has_the_labels_that_occur),
        cmocka_unit_test(labels_of_a_category_have_colours_of_their_own),
        cmocka_unit_test(scenes_can_be_shown_plain_and_at_other_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
