/* test_areas.c - areas of labels in pictures whose labels were laid by hand. */
#include "check.h"
#include "ganatomy/areas.h"

enum { SIDE = 10, PIXELS = SIDE * SIDE, SKY = 1, TREE, DOME, LABELS };

static ga_vocabulary *words(void)
{
    ga_err err;
    ga_vocabulary *v;
    static const char *const categories[] = {"object", "part"};
    static const ga_label labels[] = {{"sky", 0}, {"tree", 0}, {"dome", 1}};
    CHECK_OK(ga_vocabulary_create(categories, 2, labels, 3, &v, &err));
    return v;
}

/* Adds a picture with so many pixels of sky, then of tree, in its first plane; of dome in its
 * second. A pixel is one per cent. */
static void add(ga_areas *a, int sky, int tree, int dome)
{
    ga_err err;
    uint16_t map[2 * PIXELS] = {0};
    for (int i = 0; i < PIXELS; i++) {
        map[i] = (uint16_t)(i < sky ? SKY : i < sky + tree ? TREE : 0);
        map[PIXELS + i] = (uint16_t)(i < dome ? DOME : 0);
    }
    CHECK_OK(ga_areas_add(a, (ga_label_maps){map, 1, 2, SIDE, SIDE}, &err));
}

static ga_areas *none_of(const ga_vocabulary *v)
{
    ga_err err;
    ga_areas *a;
    CHECK_OK(ga_areas_create(v, &a, &err));
    return a;
}

static void areas_are_per_cent_of_a_picture(void **state)
{
    (void)state;
    ga_vocabulary *v = words();
    ga_areas *a = none_of(v);
    add(a, 50, 10, 0);
    add(a, 30, 0, 4);
    assert_int_equal(ga_areas_n(a), 2);
    const ga_area sky = ga_areas_of(a, SKY), tree = ga_areas_of(a, TREE),
                  dome = ga_areas_of(a, DOME);
    assert_float_equal(sky.mean, 40, 1e-6);
    assert_float_equal(sky.error, 10, 1e-6); /* variance 200 over 2 pictures */
    assert_int_equal(sky.pictures, 2);
    assert_float_equal(tree.mean, 5, 1e-6);
    assert_int_equal(tree.pictures, 1);
    assert_float_equal(dome.mean, 2, 1e-6);
    assert_int_equal(dome.pictures, 1);
    ga_areas_free(a);
    ga_vocabulary_free(v);
}

static void a_change_has_the_interval_of_a_ratio(void **state)
{
    (void)state;
    const ga_area_change less = ga_area_change_of((ga_area){3, 0.3, 9}, (ga_area){4, 0.2, 9});
    /* 1.96 sqrt(.1^2 + .05^2) = .219131 */
    assert_true(less.have);
    assert_float_equal(less.change, -0.25, 1e-12);
    assert_float_equal(less.lo, 0.75 * 0.8032164 - 1, 1e-6);
    assert_float_equal(less.hi, 0.75 / 0.8032164 - 1, 1e-6);
    assert_false(ga_area_change_of((ga_area){0, 0, 0}, (ga_area){4, 1, 9}).have);
    assert_false(ga_area_change_of((ga_area){4, 1, 9}, (ga_area){0, 0, 0}).have);
}

static ga_areas_distance between(const ga_areas *a, const ga_areas *b, int category)
{
    ga_err err;
    ga_areas_distance d;
    CHECK_OK(ga_areas_compare(a, b, category, &d, &err));
    return d;
}

static void five_per_cent_of_sky_that_become_trees_are_a_distance_of_fifty(void **state)
{
    (void)state;
    ga_vocabulary *v = words();
    ga_areas *a = none_of(v), *b = none_of(v), *c = none_of(v);
    for (int i = 0; i < 8; i++) {
        const int sky = 40 + 3 * (i % 4), tree = 20 + 5 * (i % 2);
        add(a, sky, tree, i);
        add(b, sky - 5, tree + 5, i);
        add(c, sky - 5, tree, i); /* these became nothing that has a name */
    }
    assert_float_equal(between(a, a, 0).distance, 0, 1e-4);
    assert_float_equal(between(a, b, 0).distance, 50, 1e-4);
    assert_float_equal(between(a, b, 0).means, 50, 1e-4);
    assert_float_equal(between(a, c, 0).distance, 50, 1e-4);
    assert_float_equal(between(a, b, 1).distance, 0, 1e-4);
    assert_int_equal(between(a, b, 0).components, 3);
    assert_int_equal(between(a, b, 1).components, 2);
    ga_areas_free(a);
    ga_areas_free(b);
    ga_areas_free(c);
    ga_vocabulary_free(v);
}

static void equal_means_of_other_spread_are_apart(void **state)
{
    (void)state;
    ga_vocabulary *v = words();
    ga_areas *a = none_of(v), *b = none_of(v);
    for (int i = 0; i < 8; i++) {
        add(a, 0, 0, 50 + (i % 2 == 0 ? 10 : -10));
        add(b, 0, 0, 50 + (i % 2 == 0 ? 4 : -4));
    }
    /* dome and what is none of it: both change by (10 - 4)^2 8/7, along one direction of length
     * sqrt 2 */
    const ga_areas_distance d = between(a, b, 1);
    assert_float_equal(d.means, 0, 1e-9);
    assert_float_equal(d.distance, 2 * 36 * 8 / 7.0, 1e-3);
    ga_areas_free(a);
    ga_areas_free(b);
    ga_vocabulary_free(v);
}

static void what_cannot_be_compared_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_vocabulary *v = words();
    ga_areas *a = none_of(v), *b = none_of(v);
    ga_areas_distance d;
    uint16_t map[PIXELS] = {LABELS};
    CHECK_FAILS(ga_areas_add(a, (ga_label_maps){map, 1, 1, SIDE, SIDE}, &err), GA_EDATA,
                "there are 4 labels");
    assert_int_equal(ga_areas_n(a), 0);
    add(a, 1, 2, 3);
    CHECK_FAILS(ga_areas_compare(a, b, 0, &d, &err), GA_EDATA, "at least 2");
    CHECK_FAILS(ga_areas_compare(a, b, 2, &d, &err), GA_EINVAL, "category 2 of 2");
    ga_areas_free(a);
    ga_areas_free(b);
    ga_vocabulary_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_are_per_cent_of_a_picture),
        cmocka_unit_test(a_change_has_the_interval_of_a_ratio),
        cmocka_unit_test(five_per_cent_of_sky_that_become_trees_are_a_distance_of_fifty),
        cmocka_unit_test(equal_means_of_other_spread_are_apart),
        cmocka_unit_test(what_cannot_be_compared_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
