/* The legend of a sheet of label maps: what is in it, and in which order. */
#include "data/legend.h"
#include "ganatomy/palette.h"
#include "unit/data/make.h"

enum { LEFT = 70, STEP = 33, LINE = 16 }; /* of keys with names of one letter */

/* Label l is (10 l, 1, category), so that a swatch tells who asked for it. */
static void color(const void *user, int label, int category, uint8_t rgb[3])
{
    rgb[0] = (uint8_t)(label == GA_UNPAINTED ? *(const int *)user : 10 * label);
    rgb[1] = 1;
    rgb[2] = (uint8_t)category;
}

/* Red of the k-th swatch of a line of the legend; 255: there is none. */
static int swatch(const ga_sheet *s, int top, int line, int k)
{
    const ga_image *i = ga_sheet_image(s);
    const size_t at = (size_t)(top + line * LINE + 1) * (size_t)i->w + LEFT + (size_t)k * STEP + 1;
    return i->pixels[3 * at];
}

static void labels_come_by_area_and_only_those_that_occur(void **state)
{
    (void)state;
    static const char *const categories[] = {"object", "empty", "part"};
    static const ga_label labels[] = {{"a", 0}, {"b", 0}, {"c", 0}, {"d", 0},
                                      {"e", 1}, {"f", 2}, {"g", 2}};
    static const uint16_t object[] = {2, 1, 2, 4, 4, 2, 4, 1, 1, 1};
    static const uint16_t part[] = {6, 7, 7, 0, 0, 0, GA_UNPAINTED, 7, 0, 0};
    ga_err err;
    ga_vocabulary *v;
    ga_legend *l;
    ga_sheet *s;
    const int unpainted = 200;
    CHECK_OK(ga_vocabulary_create(categories, 3, labels, 7, &v, &err));
    CHECK_OK(ga_legend_create(v, &l, &err));
    CHECK_OK(ga_sheet_create(1, 1, 300, 8, 1, false, NULL, &s, &err));
    ga_legend_count(l, object, 10, 0);
    ga_legend_count(l, part, 10, 2);
    const int top = ga_sheet_image(s)->h;
    CHECK_OK(ga_legend_add(l, color, &unpainted, s, &err));
    assert_int_equal(ga_sheet_image(s)->h, top + 3 * LINE); /* object, part, not painted */
    /* four pixels of a, three of b and of d, none of c; every pixel has an object */
    assert_true(swatch(s, top, 0, 0) == 10 && swatch(s, top, 0, 1) == 20);
    assert_true(swatch(s, top, 0, 2) == 40 && swatch(s, top, 0, 3) == 255);
    /* three of g, one of f; five of none, which stands last all the same */
    assert_true(swatch(s, top, 1, 0) == 70 && swatch(s, top, 1, 1) == 60);
    assert_true(swatch(s, top, 1, 2) == 0);
    assert_int_equal(swatch(s, top, 2, 0), unpainted);
    ga_sheet_free(s);
    ga_legend_free(l);
    ga_legend_free(NULL);
    ga_vocabulary_free(v);
}

static void where_nothing_was_counted_nothing_is_added(void **state)
{
    (void)state;
    static const char *const categories[] = {"object"};
    static const ga_label labels[] = {{"a", 0}};
    ga_err err;
    ga_vocabulary *v;
    ga_legend *l;
    ga_sheet *s;
    CHECK_OK(ga_vocabulary_create(categories, 1, labels, 1, &v, &err));
    CHECK_OK(ga_legend_create(v, &l, &err));
    CHECK_OK(ga_sheet_create(1, 1, 90, 8, 1, false, NULL, &s, &err));
    CHECK_OK(ga_legend_add(l, color, NULL, s, &err));
    assert_true(ga_sheet_image(s)->h == 16 && ga_sheet_image(s)->c == 1);
    ga_sheet_free(s);
    ga_legend_free(l);
    ga_vocabulary_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_come_by_area_and_only_those_that_occur),
        cmocka_unit_test(where_nothing_was_counted_nothing_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
