/* The real data sets, as far as they are here; skipped where none is. */
#include "data/catalog.h"
#include "unit/data/make.h"

static const char *const near_build[] = {GA_SOURCE_DIR "/build/npm",
                                         GA_SOURCE_DIR "/build/datasets", NULL};
static const ga_data_places places = {.folders = near_build};

static ga_dataset *open_or_skip(const char *name, ga_split split)
{
    ga_err err;
    ga_dataset *d;
    char folder[512];
    if (ga_data_find(name, &places, folder, sizeof folder, &err) != GA_OK) {
        printf("skipped: %s\n", err.text);
        skip();
    }
    CHECK_OK(ga_dataset_open(name, split, &places, &d, &err));
    assert_true(ga_dataset_is_published(d));
    return d;
}

static void mnist_has_its_known_counts(void **state)
{
    (void)state;
    static const int train[] = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
    static const int test[] = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};
    int counts[10];
    ga_dataset *d = open_or_skip("mnist", GA_SPLIT_TRAIN);
    assert_int_equal(ga_dataset_n(d), 60000);
    ga_dataset_class_counts(d, counts);
    assert_memory_equal(counts, train, sizeof train);
    const int32_t first[] = {5, 0, 4, 1, 9};
    assert_memory_equal(ga_dataset_labels(d), first, sizeof first);
    double sum = 0; /* the mean that everybody normalises by: 0.1307 */
    for (int i = 0; i < 60000 * 784; i++)
        sum += ga_dataset_pixels(d)[i];
    assert_true(fabs(sum / 255 / 60000 / 784 - 0.1307) < 5e-5);
    ga_dataset_free(d);
    d = open_or_skip("mnist", GA_SPLIT_TEST);
    ga_dataset_class_counts(d, counts);
    assert_memory_equal(counts, test, sizeof test);
    ga_dataset_free(d);
}

static void fashion_mnist_has_its_known_counts(void **state)
{
    (void)state;
    int counts[10];
    ga_dataset *d = open_or_skip("fashion-mnist", GA_SPLIT_TRAIN);
    ga_dataset_class_counts(d, counts);
    for (int i = 0; i < 10; i++)
        assert_int_equal(counts[i], 6000);
    assert_string_equal(ga_dataset_class_name(d, 9), "ankle boot");
    assert_int_equal(ga_dataset_labels(d)[0], 9);
    ga_dataset_free(d);
}

/* Drawn here and now, byte for byte what was drawn when the checksum was noted. */
static void scenes_are_those_that_models_were_trained_on(void **state)
{
    (void)state;
    int counts[4];
    ga_dataset *d = open_or_skip("scenes", GA_SPLIT_TEST);
    assert_int_equal(ga_dataset_n(d), 2000);
    ga_dataset_class_counts(d, counts);
    for (int i = 0; i < 4; i++)
        assert_int_equal(counts[i], 500);
    assert_string_equal(ga_dataset_class_name(d, 2), "autumn");
    ga_dataset_free(d);
}

static void a_published_set_is_known_by_its_content_wherever_it_lies(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d = open_or_skip("fashion-mnist", GA_SPLIT_TEST), *same;
    CHECK_OK(ga_dataset_open(ga_dataset_folder(d), GA_SPLIT_TEST, &places, &same, &err));
    assert_true(ga_dataset_is_published(same));
    assert_string_equal(ga_dataset_class_name(same, 1), "trouser");
    assert_string_equal(ga_dataset_hash(same), ga_dataset_hash(d));
    ga_dataset_free(same);
    ga_dataset_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mnist_has_its_known_counts),
        cmocka_unit_test(fashion_mnist_has_its_known_counts),
        cmocka_unit_test(scenes_are_those_that_models_were_trained_on),
        cmocka_unit_test(a_published_set_is_known_by_its_content_wherever_it_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
