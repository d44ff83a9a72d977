/* Classes that label maps say, held against the classes of a data set. */
#include "app/class_score.h"
#include "check.h"

static ga_vocabulary *vocabulary(void)
{
    static const char *const categories[] = {"part", "class"};
    static const ga_label labels[] = {{"loop", 0}, {"cat", 1}, {"dog", 1}, {"eel", 1}};
    ga_err err;
    ga_vocabulary *v;
    CHECK_OK(ga_vocabulary_create(categories, 2, labels, 4, &v, &err));
    return v;
}

static ga_dataset *pets(const char *const *names, int n)
{
    ga_err err;
    ga_dataset *d;
    const uint8_t pixels[1] = {0};
    const int32_t labels[1] = {0};
    CHECK_OK(ga_dataset_create("pets", GA_SPLIT_TEST, pixels, labels, 1, (ga_dims){1, 1, 1}, n,
                               names, &d, &err));
    return d;
}

/* The data call class 0 dog (label 3), class 1 fox (nobody), class 2 cat (label 2). */
static void most_of_the_ink_says_the_class_and_no_ink_says_none(void **state)
{
    (void)state;
    static const char *const names[] = {"dog", "fox", "cat"};
    static const uint16_t dog[] = {0, 3, 3, 2, 0, 0}, cat[] = {2, 2, 0, 0, 0, 0},
                          eel[] = {4, 4, 4, 2, 2, 0}, blank[6] = {0};
    ga_err err;
    ga_vocabulary *v = vocabulary();
    ga_dataset *d = pets(names, 3);
    ga_class_score s;
    CHECK_OK(ga_class_score_open(v, d, &s, &err));
    assert_true(s.category == 1 && s.known == 2);
    ga_class_score_add(&s, dog, 6, 0);
    assert_true(s.pictures == 1 && s.right == 1);
    ga_class_score_add(&s, dog, 6, 2);
    ga_class_score_add(&s, cat, 6, 2);
    assert_true(s.pictures == 3 && s.right == 2);
    ga_class_score_add(&s, eel, 6, 2); /* a class that the data have not: wrong */
    assert_true(s.pictures == 4 && s.right == 2 && s.silent == 0);
    ga_class_score_add(&s, blank, 6, 0);
    assert_true(s.pictures == 5 && s.right == 2 && s.silent == 1);
    ga_class_score_add(&s, dog, 6, 1); /* foxes cannot be said */
    assert_true(s.pictures == 5 && s.right == 2);
    ga_class_score_free(&s);
    ga_dataset_free(d);
    ga_vocabulary_free(v);
}

static void nothing_is_scored_where_no_class_has_the_same_name(void **state)
{
    (void)state;
    static const char *const others[] = {"gnu", "yak"}, *const one[] = {"cat"};
    static const char *const categories[] = {"object"};
    static const ga_label labels[] = {{"gnu", 0}};
    ga_err err;
    ga_vocabulary *v = vocabulary(), *objects;
    ga_dataset *wild = pets(others, 2), *alone = pets(one, 1);
    ga_class_score s;
    CHECK_OK(ga_class_score_open(v, wild, &s, &err));
    assert_int_equal(s.category, -1);
    ga_class_score_free(&s);
    CHECK_OK(ga_class_score_open(v, alone, &s, &err));
    assert_int_equal(s.category, -1);
    ga_class_score_free(&s);
    CHECK_OK(ga_vocabulary_create(categories, 1, labels, 1, &objects, &err));
    CHECK_OK(ga_class_score_open(objects, wild, &s, &err));
    assert_int_equal(s.category, -1);
    ga_class_score_free(&s);
    ga_vocabulary_free(objects);
    ga_dataset_free(wild);
    ga_dataset_free(alone);
    ga_vocabulary_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(most_of_the_ink_says_the_class_and_no_ink_says_none),
        cmocka_unit_test(nothing_is_scored_where_no_class_has_the_same_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
