/* Which class is which: by names, by numbers that are names, by place. */
#include "app/class_match.h"
#include "models.h"

static ga_model *classifier(const char *const *names, const char *data)
{
    ga_err err;
    static const char text[] =
        "{\"format\":\"ganatomy-arch-1\",\"name\":\"three\",\"input\":{\"name\":\"image\","
        "\"shape\":[1,1,1],"
        "\"range\":[0,1]},\"output\":{\"kind\":\"logits\"},\"layers\":[{\"name\":\"flat\",\"type\":"
        "\"Flatten\"},"
        "{\"name\":\"out\",\"type\":\"Linear\",\"in_features\":1,\"out_features\":3}]}";
    ga_model *m = model_described(text);
    if (names != NULL)
        CHECK_OK(ga_model_set_class_names(m, names, 3, &err));
    if (data != NULL)
        CHECK_OK(ga_model_set_note(m, "data", data, &err));
    return m;
}

static ga_dataset *pets(const char *const *names, int n)
{
    ga_err err;
    ga_dataset *d;
    const uint8_t pixels[4] = {0};
    const int32_t labels[4] = {0};
    CHECK_OK(ga_dataset_create("pets", GA_SPLIT_TEST, pixels, labels, 4, (ga_dims){1, 1, 1}, n,
                               names, &d, &err));
    return d;
}

static void names_are_matched_in_any_order(void **state)
{
    (void)state;
    ga_err err;
    int to[3];
    ga_model *m = classifier((const char *const[]){"cat", "dog", "7"}, NULL);
    ga_dataset *d = pets((const char *const[]){"dog", "bird", "cat"}, 3);
    CHECK_OK(ga_classes_of_data(m, 3, d, to, &err));
    assert_true(to[0] == 1 && to[1] == -1 && to[2] == 0);
    char buf[16];
    assert_string_equal(ga_class_called(m, d, 0, buf, sizeof buf), "cat");
    assert_string_equal(ga_class_called(m, d, 2, buf, sizeof buf), "7");
    ga_dataset_free(d);
    ga_model_free(m);
}

/* digits 2 and 1 of a set of which nothing else was taken, and a set of words */
static void without_names_numbers_decide(void **state)
{
    (void)state;
    ga_err err;
    int to[4];
    char buf[16];
    ga_model *m = classifier(NULL, NULL);
    ga_dataset *digits = pets((const char *const[]){"2", "1"}, 2);
    ga_dataset *words = pets((const char *const[]){"a", "b", "c", "d"}, 4);
    CHECK_OK(ga_classes_of_data(m, 3, digits, to, &err));
    assert_true(to[0] == 2 && to[1] == 1);
    assert_string_equal(ga_class_called(m, digits, 2, buf, sizeof buf), "2");
    assert_string_equal(ga_class_called(m, digits, 0, buf, sizeof buf), "0");
    CHECK_OK(ga_classes_of_data(m, 3, words, to, &err));
    assert_true(to[0] == 0 && to[2] == 2 && to[3] == -1);
    assert_string_equal(ga_class_called(m, words, 1, buf, sizeof buf), "b");
    ga_model *stranger = classifier(NULL, "digits");
    assert_string_equal(ga_class_called(stranger, words, 1, buf, sizeof buf), "1");
    assert_string_equal(ga_class_called(m, NULL, 1, buf, sizeof buf), "1");
    ga_model_free(stranger);
    ga_dataset_free(digits);
    ga_dataset_free(words);
    ga_model_free(m);
}

static void classes_of_a_generator_are_matched_like_those_of_data(void **state)
{
    (void)state;
    ga_err err;
    int to[3];
    ga_model *m = classifier((const char *const[]){"cat", "dog", "bird"}, NULL),
             *g = model_named("cmlp-gan:pixels=8,classes=3,width=8,z=2");
    CHECK_OK(ga_classes_of_generator(m, 3, g, to, &err)); /* it has no names: by place */
    assert_true(to[0] == 0 && to[1] == 1 && to[2] == 2);
    CHECK_OK(ga_model_set_class_names(g, (const char *const[]){"bird", "fish", "cat"}, 3, &err));
    CHECK_OK(ga_classes_of_generator(m, 3, g, to, &err));
    assert_true(to[0] == 2 && to[1] == -1 && to[2] == 0);
    ga_model_free(g);
    ga_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_matched_in_any_order),
        cmocka_unit_test(without_names_numbers_decide),
        cmocka_unit_test(classes_of_a_generator_are_matched_like_those_of_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
