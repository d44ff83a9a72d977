/* labels.json of unified parsing: the published numbers, and what is said about one that does not
 * fit. */
#include "seg/upernet_labels.h"
#include "labels_text.h"
#include <string.h>

static const ga_parsing_heads published = {336, 427, 26, 365};

static ga_parsing_words read(bool quad)
{
    ga_err err;
    ga_parsing_words w;
    char *text = published_like();
    CHECK_OK(ga_parsing_words_read(text, strlen(text), "labels.json", "upernet", published, quad,
                                   &w, &err));
    ga_mem_free(text);
    return w;
}

typedef struct known {
    int label;
    const char *name, *category;
} known;

static void check_known(const ga_parsing_words *w, const known *list, size_t n)
{
    const ga_vocabulary *v = w->vocabulary;
    for (size_t i = 0; i < n; i++) {
        const ga_label l = ga_vocabulary_at(v, list[i].label);
        if (strcmp(l.name, list[i].name) != 0 ||
            strcmp(ga_vocabulary_category(v, l.category), list[i].category) != 0)
            fail_msg("label %d is '%s' (%s), expected '%s' (%s)", list[i].label, l.name,
                     ga_vocabulary_category(v, l.category), list[i].name, list[i].category);
    }
}

static void without_quadrants_there_are_389_labels(void **state)
{
    (void)state;
    static const known list[] = {{0, "-", "object"},
                                 {1, "wall", "object"},
                                 {2, "sky", "object"},
                                 {16, "door", "object"},
                                 {335, "object 335", "object"},
                                 {336, "brick", "material"},
                                 {360, "material 25", "material"},
                                 {361, "cloud", "part"},
                                 {362, "roof", "part"},
                                 {388, "back", "part"}};
    ga_parsing_words w = read(false);
    assert_int_equal(ga_vocabulary_n(w.vocabulary), 389);
    assert_int_equal(w.quad, 0);
    check_known(&w, list, sizeof list / sizeof *list);
    ga_parsing_words_free(&w);
}

static void with_quadrants_the_published_numbers_come_out(void **state)
{
    (void)state;
    static const known list[] = {{1, "wall", "object"},       {4, "tree", "object"},
                                 {5, "building", "object"},   {6, "person", "object"},
                                 {9, "window", "object"},     {11, "grass", "object"},
                                 {13, "car", "object"},       {16, "door", "object"},
                                 {336, "wall-t", "part"},     {670, "object 335-t", "part"},
                                 {671, "wall-l", "part"},     {1006, "wall-b", "part"},
                                 {1341, "wall-r", "part"},    {1675, "object 335-r", "part"},
                                 {1676, "brick", "material"}, {1700, "material 25", "material"},
                                 {1701, "cloud", "part"},     {1708, "dome", "part"},
                                 {1728, "back", "part"}};
    ga_parsing_words w = read(true);
    assert_int_equal(ga_vocabulary_n(w.vocabulary), 1729);
    assert_int_equal(w.quad, 335);
    assert_int_equal(w.material, 1676);
    check_known(&w, list, sizeof list / sizeof *list);
    ga_parsing_words_free(&w);
}

/* Owners lie behind each other in the order of objects, wherever they stand in the file: sky 2,
 * building 24, person 15. A door of a building is a door; nothing of it is nothing. */
static void parts_of_the_three_owners_get_labels(void **state)
{
    (void)state;
    ga_parsing_words w = read(true);
    assert_int_equal(w.owners, 3);
    const ga_parsing_owner *sky = &w.owner[0], *building = &w.owner[1], *person = &w.owner[2];
    assert_int_equal(sky->object, 2);
    assert_int_equal(sky->first, 0);
    assert_int_equal(sky->n, 2);
    assert_int_equal(sky->label[0], 0);
    assert_int_equal(sky->label[1], 1701);
    assert_int_equal(building->object, 5);
    assert_int_equal(building->first, 2);
    assert_int_equal(building->n, 24);
    assert_int_equal(building->label[0], 0);
    assert_int_equal(building->label[1], 9);    /* window */
    assert_int_equal(building->label[2], 16);   /* door */
    assert_int_equal(building->label[3], 1702); /* roof */
    assert_int_equal(building->label[16], 100);
    assert_int_equal(person->first, 26);
    assert_int_equal(person->label[14], 1728);
    ga_parsing_words_free(&w);
}

/* An owner that no one tells parts of still has its outputs. */
static void outputs_of_other_owners_are_skipped(void **state)
{
    (void)state;
    ga_err err;
    ga_parsing_words w;
    static const char text[] =
        "{\"object\":[\"-\",\"tree\",\"sky\",\"cloud\",\"person\"],\"material\":[\"-\"],"
        "\"object_part\":{\"sky\":[\"-\",\"cloud\",\"sun\"],\"tree\":[\"-\",\"trunk\"],"
        "\"person\":[\"-\",\"head\",\"sun\"]}}";
    CHECK_OK(ga_parsing_words_read(text, sizeof text - 1, "few.json", "tiny",
                                   (ga_parsing_heads){5, 8, 1, 0}, false, &w, &err));
    assert_int_equal(w.owners, 2);
    assert_int_equal(w.owner[0].first, 2);
    assert_int_equal(w.owner[0].label[1], 3); /* the object */
    assert_int_equal(w.owner[0].label[2], 5); /* sun, new */
    assert_int_equal(w.owner[1].first, 5);
    assert_int_equal(w.owner[1].label[1], 6); /* head */
    assert_int_equal(w.owner[1].label[2], 5); /* the same sun */
    assert_int_equal(ga_vocabulary_n(w.vocabulary), 7);
    /* what is kept of it is the same document */
    ga_parsing_words again;
    CHECK_OK(ga_parsing_words_read(w.text, strlen(w.text), "again", "tiny",
                                   (ga_parsing_heads){5, 8, 1, 0}, false, &again, &err));
    assert_string_equal(w.text, again.text);
    ga_parsing_words_free(&w);
    ga_parsing_words_free(&again);
}

#define OBJECT   "\"object\":[\"-\",\"sky\",\"building\"]"
#define MATERIAL "\"material\":[\"-\",\"brick\"]"
#define PARTS    "\"object_part\":{\"sky\":[\"-\",\"cloud\"]}"

static void what_does_not_fit_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"[1]", "labels.json: no lists of names, expected an object {...}"},
        {"{\"object\":", "labels.json: line 1"},
        {"{" MATERIAL "," PARTS "}", "'object': is missing"},
        {"{" OBJECT "," PARTS "}", "'material': is missing"},
        {"{" OBJECT "," MATERIAL "}", "'object_part': is missing"},
        {"{\"object\":3," MATERIAL "," PARTS "}", "'object': is not a list of names"},
        {"{\"object\":[\"-\",7,\"x\"]," MATERIAL "," PARTS "}", "'object[1]': is not a name"},
        {"{\"object\":[\"-\",\"\",\"x\"]," MATERIAL "," PARTS "}",
         "'object[1]': has 0 bytes, expected 1 to 61"},
        {"{\"object\":[]," MATERIAL "," PARTS "}", "'object': has no names"},
        {"{\"object\":[\"sky\",\"wall\",\"tree\"]," MATERIAL "," PARTS "}",
         "'object[0]': is 'sky', expected '-'"},
        {"{\"object\":[\"-\",\"sky\"]," MATERIAL "," PARTS "}",
         "'object': has 2 names, expected 3: network 'tiny' has so many outputs for it"},
        {"{" OBJECT ",\"material\":[\"-\"]," PARTS "}", "'material': has 1 names, expected 2"},
        {"{" OBJECT "," MATERIAL ",\"scene\":[\"a\"]," PARTS "}",
         "'scene': has 1 names, expected 2"},
        {"{" OBJECT "," MATERIAL ",\"object_part\":[]}", "'object_part': is not an object"},
        {"{" OBJECT "," MATERIAL ",\"object_part\":{\"sky\":[\"-\"]}}",
         "'object_part': has 1 names, expected 2"},
        {"{" OBJECT "," MATERIAL ",\"object_part\":{\"sky\":[\"cloud\",\"-\"]}}",
         "'object_part.sky[0]': is 'cloud', expected '-'"},
        {"{" OBJECT "," MATERIAL ",\"object_part\":{\"bulding\":[\"-\",\"roof\"]}}",
         "'object_part': has parts of 'bulding', which is no object (did you mean 'building'?)"},
        {"{\"object\":[\"-\",\"sky\",\"sky\"]," MATERIAL "," PARTS "}", "'sky' is twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_err err;
        ga_parsing_words w;
        CHECK_FAILS(ga_parsing_words_read(cases[i].text, strlen(cases[i].text), "labels.json",
                                          "tiny", (ga_parsing_heads){3, 2, 2, 2}, true, &w, &err),
                    GA_EDATA, cases[i].sentence);
        assert_null(w.vocabulary);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_quadrants_there_are_389_labels),
        cmocka_unit_test(with_quadrants_the_published_numbers_come_out),
        cmocka_unit_test(parts_of_the_three_owners_get_labels),
        cmocka_unit_test(outputs_of_other_owners_are_skipped),
        cmocka_unit_test(what_does_not_fit_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
