/* Folders of pictures: what lies where, which split it is of, sizes and colours, and what is wrong.
 */
#include "data/reading.h"
#include "base/alloc.h"
#include "unit/data/make.h"

enum { N = 60 }; /* enough for a tenth that is not empty */

static void put_picture(const char *folder, const char *name, int w, int h, int c,
                        const uint8_t *pixels)
{
    char path[512];
    ga_err err;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK_OK(ga_image_write_png(path, &(ga_image){(uint8_t *)(uintptr_t)pixels, w, h, c}, &err));
}

/* A picture of one grey. */
static void put_grey(const char *folder, const char *name, int w, int h, int grey)
{
    uint8_t pixels[4096];
    memset(pixels, grey, sizeof pixels);
    put_picture(folder, name, w, h, 1, pixels);
}

static void make_sub(const char *folder, const char *below)
{
    char command[600];
    snprintf(command, sizeof command, "mkdir -p '%s/%s'", folder, below);
    assert_int_equal(system(command), 0);
}

/* n pictures of 2 x 2 in folder/below, called 000.png, ..., whose grey is first + i. */
static void put_class(const char *folder, const char *below, int n, int first)
{
    make_sub(folder, below);
    for (int i = 0; i < n; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%03d.png", below, i);
        put_grey(folder, name, 2, 2, first + i);
    }
}

static ga_dataset *open_all(const char *folder, ga_split split)
{
    ga_err err;
    ga_dataset *d;
    CHECK_OK(ga_dataset_open(folder, split, NULL, &d, &err));
    return d;
}

static void a_folder_for_each_class(void **state)
{
    const char *folder = *state;
    put_class(folder, "dog", 30, 100);
    put_class(folder, "cat", 30, 10);
    ga_dataset *train = open_all(folder, GA_SPLIT_TRAIN), *test = open_all(folder, GA_SPLIT_TEST);
    assert_int_equal(ga_dataset_classes(train), 2);
    assert_string_equal(ga_dataset_class_name(train, 0), "cat");
    assert_string_equal(ga_dataset_class_name(test, 1), "dog");
    assert_string_equal(ga_dataset_name(train), strrchr(folder, '/') + 1);
    assert_string_equal(ga_dataset_folder(train), folder);
    const ga_dims dims = ga_dataset_dims(train);
    assert_true(dims.c == 1 && dims.h == 2 && dims.w == 2);
    assert_null(ga_dataset_note(train, 0));
    /* every picture is in one split: the one that its name says; classes and names in order */
    assert_int_equal(ga_dataset_n(train) + ga_dataset_n(test), N);
    assert_true(ga_dataset_n(test) >= 1 && ga_dataset_n(test) <= 15);
    int at[2] = {0};
    for (int i = 0; i < N; i++) {
        char name[32];
        const int c = i / 30;
        snprintf(name, sizeof name, "%s/%03d.png", c == 0 ? "cat" : "dog", i % 30);
        const int split = ga_held_out(name);
        const ga_dataset *d = split ? test : train;
        assert_int_equal(ga_dataset_labels(d)[at[split]], c);
        for (int k = 0; k < 4; k++)
            assert_int_equal(ga_dataset_pixels(d)[4 * at[split] + k], (c == 0 ? 10 : 100) + i % 30);
        at[split]++;
    }
    ga_dataset_free(train);
    ga_dataset_free(test);
}

static void pictures_are_told_by_the_ends_of_their_names(void **state)
{
    (void)state;
    static const char *const yes[] = {"a.png", "b/c.JPG", "d.e.jpeg", "x.PNG"},
                             *const no[] = {"png", ".png", "a.png.txt", "a.gif", "a_jpg", ""};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(ga_is_picture_name(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(ga_is_picture_name(no[i]));
}

/* The split of a name is for ever: SHA-256, first eight bytes, big-endian, modulo 10. */
static void a_tenth_is_held_out_by_name(void **state)
{
    (void)state;
    int held = 0;
    for (int i = 0; i < 10000; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        held += ga_held_out(name);
    }
    assert_true(abs(held - 1000) < 5 * 30);
    /* python3 -c 'import hashlib; print([i for i in range(40) if
     *   int.from_bytes(hashlib.sha256(b"%d" % i).digest()[:8], "big") % 10 == 0])' */
    static const int by_python[] = {0, 7, 9, 10, 33};
    int k = 0;
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        if (ga_held_out(name))
            assert_int_equal(by_python[k++], i);
    }
    assert_int_equal(k, sizeof by_python / sizeof *by_python);
}

static void folders_train_and_test_are_the_splits(void **state)
{
    ga_err err;
    const char *folder = *state;
    put_class(folder, "train/b", 3, 10);
    put_class(folder, "train/a", 2, 20);
    put_class(folder, "test/b", 1, 30);
    put_class(folder, "test/c", 2, 40);
    ga_dataset *train = open_all(folder, GA_SPLIT_TRAIN), *test = open_all(folder, GA_SPLIT_TEST);
    int counts[3];
    assert_true(ga_dataset_n(train) == 5 && ga_dataset_n(test) == 3);
    /* the classes of both, alike in both */
    assert_true(ga_dataset_classes(train) == 3 && ga_dataset_classes(test) == 3);
    assert_string_equal(ga_dataset_class_name(test, 0), "a");
    ga_dataset_class_counts(train, counts);
    assert_true(counts[0] == 2 && counts[1] == 3 && counts[2] == 0);
    ga_dataset_class_counts(test, counts);
    assert_true(counts[0] == 0 && counts[1] == 1 && counts[2] == 2);
    assert_int_equal(ga_dataset_pixels(test)[0], 30);
    ga_dataset_free(train);
    ga_dataset_free(test);
    make_sub(folder, "val");
    put_grey(folder, "loose.png", 2, 2, 1);
    train = open_all(folder, GA_SPLIT_TRAIN);
    assert_non_null(strstr(ga_dataset_note(train, 0), "what lies beside the folders of its "
                                                      "pictures (2, the first is 'val')"));
    ga_dataset_free(train);
    char command[200];
    snprintf(command, sizeof command, "rm -r '%s/test'", folder);
    assert_int_equal(system(command), 0);
    CHECK_FAILS(
        ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &train, &err), GA_EDATA,
        "has a folder 'train' but no folder 'test': expected both, or neither (then a tenth "
        "of the pictures is held out for testing)");
}

static void pictures_without_folders_are_one_class(void **state)
{
    const char *folder = *state;
    put_class(folder, ".", N, 0);
    ga_dataset *d = open_all(folder, GA_SPLIT_TRAIN);
    assert_int_equal(ga_dataset_classes(d), 1);
    assert_string_equal(ga_dataset_class_name(d, 0), ga_dataset_name(d));
    assert_true(ga_dataset_n(d) > 40 && ga_dataset_n(d) < N);
    ga_dataset_free(d);
}

static void numbered_classes_are_in_the_order_of_numbers(void **state)
{
    const char *folder = *state;
    put_class(folder, "train/10", 1, 0);
    put_class(folder, "train/9", 1, 0);
    put_class(folder, "train/011", 1, 0);
    put_class(folder, "test/9", 1, 0);
    ga_dataset *d = open_all(folder, GA_SPLIT_TRAIN);
    assert_string_equal(ga_dataset_class_name(d, 0), "9");
    assert_string_equal(ga_dataset_class_name(d, 1), "10");
    assert_string_equal(ga_dataset_class_name(d, 2), "011");
    ga_dataset_free(d);
    put_class(folder, "train/1x", 1, 0); /* one name that is no number: the order of letters */
    d = open_all(folder, GA_SPLIT_TRAIN);
    assert_string_equal(ga_dataset_class_name(d, 0), "011");
    assert_string_equal(ga_dataset_class_name(d, 1), "10");
    assert_string_equal(ga_dataset_class_name(d, 2), "1x");
    assert_string_equal(ga_dataset_class_name(d, 3), "9");
    ga_dataset_free(d);
}

static void what_is_no_picture_is_left_out_and_said(void **state)
{
    const char *folder = *state;
    put_class(folder, "a", 30, 0);
    put_class(folder, "b", 30, 0);
    put_class(folder, "a/deeper", 1, 0);
    put_class(folder, "raw", 0, 0);
    put_file(folder, "a/notes.txt", "hello", 5);
    put_file(folder, "b/list.csv", "1,2", 3);
    put_file(folder, "b/.hidden", "", 0); /* not worth a word */
    put_grey(folder, "loose.png", 2, 2, 1);
    ga_dataset *d = open_all(folder, GA_SPLIT_TRAIN);
    char want[4][200];
    const char *name = ga_dataset_name(d);
    snprintf(want[0], 200,
             "left out in '%s': files that are no PNG or JPEG pictures (2, the first is "
             "'a/notes.txt')",
             name);
    snprintf(want[1], 200,
             "left out in '%s': what lies beside the folders of its pictures (1, the "
             "first is 'loose.png')",
             name);
    snprintf(want[2], 200,
             "left out in '%s': folders without pictures, which are no classes (1, the "
             "first is 'raw')",
             name);
    snprintf(want[3], 200,
             "left out in '%s': folders inside those of classes (1, the first is "
             "'a/deeper')",
             name);
    for (int i = 0; i < 4; i++)
        assert_string_equal(ga_dataset_note(d, i), want[i]);
    assert_null(ga_dataset_note(d, 4));
    assert_int_equal(ga_dataset_classes(d), 2);
    ga_dataset *test = open_all(folder, GA_SPLIT_TEST);
    assert_int_equal(ga_dataset_n(d) + ga_dataset_n(test), 60);
    ga_dataset_free(test);
    ga_dataset_free(d);
}

static void pictures_of_other_sizes_are_refused_or_resized(void **state)
{
    ga_err err;
    ga_dataset *d;
    const char *folder = *state;
    put_class(folder, "train/a", 2, 50);
    put_class(folder, "test/a", 1, 50);
    put_grey(folder, "train/a/wide.png", 40, 30, 70);
    put_grey(folder, "train/a/zzz.png", 3, 3, 70);
    CHECK_FAILS(
        ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
        "'train/a/wide.png' is 40 x 30 pixels, but 'train/a/000.png' is 2 x 2: the pictures "
        "of a set have one size; --pixels 2 makes all of them 2 x 2");
    assert_null(d);
    CHECK_OK(ga_dataset_load(folder, GA_SPLIT_TRAIN, &(ga_data_selection){.pixels = 20}, NULL, NULL,
                             &d, &err));
    const ga_dims dims = ga_dataset_dims(d);
    assert_true(dims.c == 1 && dims.h == 20 && dims.w == 20 && ga_dataset_n(d) == 4);
    for (int i = 0; i < 4 * 400; i++)
        assert_int_equal(ga_dataset_pixels(d)[i], i < 400 ? 50 : i < 800 ? 51 : 70);
    ga_dataset_free(d);
    /* the size that is proposed fits into both, whichever side is the shortest */
    put_grey(folder, "train/a/000.png", 4, 9, 50);
    CHECK_FAILS(
        ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
        "'train/a/001.png' is 2 x 2 pixels, but 'train/a/000.png' is 4 x 9: the pictures of "
        "a set have one size; --pixels 2 makes");
    put_grey(folder, "train/a/001.png", 5, 7, 50);
    CHECK_FAILS(ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA, "--pixels 4");
    put_grey(folder, "train/a/000.png", 9, 4, 50);
    CHECK_FAILS(ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA, "--pixels 4");
    /* what the selection leaves out may have any size: it is not even read */
    put_file(folder, "train/a/zzz.png", "broken", 6);
    CHECK_OK(ga_dataset_load(folder, GA_SPLIT_TRAIN, &(ga_data_selection){.images = 1, .seed = 2},
                             NULL, NULL, &d, &err));
    ga_dataset_free(d);
}

static void grey_beside_colour_becomes_colour(void **state)
{
    const char *folder = *state;
    const uint8_t colour[] = {1, 2, 3, 4, 5, 6};
    const uint8_t glass[] = {255, 0, 100, 128, 9, 9, 9, 0}; /* half see-through, wholly */
    make_sub(folder, "train");
    make_sub(folder, "test");
    put_grey(folder, "train/1.png", 2, 1, 7);
    put_grey(folder, "train/2.png", 2, 1, 8);
    put_picture(folder, "train/3.png", 2, 1, 3, colour);
    put_grey(folder, "train/4.png", 2, 1, 9);
    put_picture(folder, "train/5.png", 2, 1, 4, glass);
    ga_err err;
    ga_dataset *d;
    CHECK_OK(ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err));
    const uint8_t want[] = {7, 7, 7, 7, 7, 7, 8, 8, 8, 8,   8, 8,  1, 2, 3,
                            4, 5, 6, 9, 9, 9, 9, 9, 9, 128, 0, 50, 0, 0, 0};
    assert_int_equal(ga_dataset_dims(d).c, 3);
    assert_memory_equal(ga_dataset_pixels(d), want, sizeof want);
    assert_non_null(strstr(ga_dataset_note(d, 0), "': grey pictures were made colour (3 of 5)"));
    assert_non_null(
        strstr(ga_dataset_note(d, 1), "': see-through pictures were put on black (1 of 5)"));
    ga_dataset_free(d);
    /* a grey picture with alpha is read as RGBA, and stays grey where the others are */
    const uint8_t shade[] = {200, 200, 200, 128, 90, 90, 90, 255},
                  solid[] = {1, 1, 1, 255, 2, 2, 2, 255};
    put_picture(folder, "test/1.png", 2, 1, 4, shade);
    put_picture(folder, "test/2.png", 2, 1, 4, solid);
    CHECK_OK(ga_dataset_open(folder, GA_SPLIT_TEST, NULL, &d, &err));
    assert_int_equal(ga_dataset_dims(d).c, 1);
    assert_true(ga_dataset_pixels(d)[0] == 100 && ga_dataset_pixels(d)[1] == 90);
    assert_non_null(
        strstr(ga_dataset_note(d, 0), "': see-through pictures were put on black (1 of 2)"));
    ga_dataset_free(d);
}

static void broken_and_missing_pictures_are_answered_in_words(void **state)
{
    ga_err err;
    ga_dataset *d;
    char path[512];
    const char *folder = *state;
    put_class(folder, "train", 3, 0);
    make_sub(folder, "test");
    snprintf(path, sizeof path, "%s/train/001.png", folder);
    assert_int_equal(truncate(path, 50), 0);
    CHECK_FAILS(ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "001.png: offset");
    assert_null(d);
    CHECK_FAILS(ga_dataset_open(folder, GA_SPLIT_TEST, NULL, &d, &err), GA_ENOTFOUND,
                "has no picture of the test split (3 of the other): make the folders 'train' and "
                "'test' in it");
    put_file(folder, "train/001.png", "no picture", 10);
    CHECK_FAILS(ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "begins with 6e 6f 20 70, expected a PNG or JPEG picture");
    CHECK_FAILS(ga_dataset_open(path, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "is one picture: give the folder that it is in");
}

static void folders_that_cannot_be_a_set_are_refused(void **state)
{
    ga_err err;
    ga_dataset *d;
    const char *folder = *state;
    put_file(folder, "photo.webp", "RIFF", 4);
    CHECK_FAILS(ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err), GA_ENOTFOUND,
                "has neither PNG or JPEG pictures, also in folders one level down, nor IDX files "
                "such as 'train-images-idx3-ubyte' (there is 'photo.webp')");
    put_class(folder, "a\tb", 1, 0);
    CHECK_FAILS(ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "the folder 'a?b' cannot name a class: expected 1 to 63 bytes of UTF-8 without "
                "control characters");
    char name[70];
    memset(name, 'x', sizeof name);
    name[64] = 0;
    char command[300];
    snprintf(command, sizeof command, "mv '%s/a\tb' '%s/%s'", folder, folder, name);
    assert_int_equal(system(command), 0);
    CHECK_FAILS(ga_dataset_open(folder, GA_SPLIT_TRAIN, NULL, &d, &err), GA_EDATA,
                "cannot name a class: expected 1 to 63 bytes");
    /* a picture's name may sound like that of an IDX file, and so may a folder's */
    snprintf(command, sizeof command, "rm -r '%s/%s'", folder, name);
    assert_int_equal(system(command), 0);
    put_class(folder, "train-images", 30, 0);
    put_grey(folder, "train-images/test-labels.png", 2, 2, 0);
    d = open_all(folder, GA_SPLIT_TRAIN);
    assert_string_equal(ga_dataset_class_name(d, 0), "train-images");
    ga_dataset_free(d);
}

/* The corpus has a photo of 17 x 9 pixels whose camera was held on its side. */
static void photos_are_turned_as_their_camera_noted(void **state)
{
    char command[600];
    const char *folder = *state;
    make_sub(folder, "train");
    make_sub(folder, "test");
    snprintf(command, sizeof command, "cd '%s' && cp '%s' train/a.jpg && cp train/a.jpg test",
             folder, GA_SOURCE_DIR "/fuzz/corpus/image/turned_6.jpg");
    assert_int_equal(system(command), 0);
    ga_dataset *d = open_all(folder, GA_SPLIT_TRAIN);
    const ga_dims dims = ga_dataset_dims(d);
    assert_true(dims.c == 3 && dims.w == 9 && dims.h == 17);
    ga_dataset_free(d);
}

typedef struct watcher {
    uint64_t last, total;
    int calls, stop_after;
} watcher;

static void report(void *user, const char *what, uint64_t done, uint64_t total)
{
    watcher *w = user;
    assert_string_equal(what, "pictures");
    assert_true(done >= w->last && done <= total);
    w->last = done;
    w->total = total;
    w->calls++;
}

static bool cancelled(void *user)
{
    const watcher *w = user;
    return w->stop_after > 0 && w->calls >= w->stop_after;
}

static void long_reading_is_reported_and_can_be_stopped(void **state)
{
    ga_err err;
    ga_dataset *d;
    watcher w = {0};
    const ga_progress progress = {report, cancelled, &w};
    put_class(*state, "train", 150, 0);
    put_class(*state, "test", 1, 0);
    CHECK_OK(ga_dataset_load(*state, GA_SPLIT_TRAIN, NULL, NULL, &progress, &d, &err));
    assert_true(w.calls >= 3 && w.last == 150 && w.total == 150);
    ga_dataset_free(d);
    w = (watcher){.stop_after = 2};
    CHECK_FAILS(ga_dataset_load(*state, GA_SPLIT_TRAIN, NULL, NULL, &progress, &d, &err),
                GA_EINTERRUPTED, "reading pictures of");
    assert_null(d);
}

/* The same pictures are the same content, however their files and folders are called and packed. */
static void the_hash_is_of_the_content(void **state)
{
    const char *folder = *state;
    put_class(folder, "one/train/cat", 3, 5);
    put_class(folder, "one/test/cat", 1, 9);
    put_class(folder, "two/train/katze", 3, 5);
    put_class(folder, "two/test/katze", 1, 9);
    char path[2][300];
    snprintf(path[0], 300, "%s/one", folder);
    snprintf(path[1], 300, "%s/two", folder);
    ga_dataset *a = open_all(path[0], GA_SPLIT_TRAIN), *b = open_all(path[1], GA_SPLIT_TRAIN);
    assert_string_equal(ga_dataset_hash(a), ga_dataset_hash(b));
    ga_dataset_free(a);
    ga_dataset_free(b);
}

static void no_memory_is_said_and_leaves_nothing(void **state)
{
    ga_err err;
    ga_dataset *d;
    put_class(*state, "train/a", 2, 0);
    put_class(*state, "train/b", 1, 0);
    put_class(*state, "test/b", 1, 0);
    put_picture(*state, "train/b/c.png", 1, 2, 3, (const uint8_t *)"abcdef");
    ga_status status = GA_ENOMEM;
    int n = 0;
    for (; status != GA_OK; n++) {
        ga_mem_fail_after(n);
        status = ga_dataset_load(*state, GA_SPLIT_TRAIN, &(ga_data_selection){.pixels = 2}, NULL,
                                 NULL, &d, &err);
        ga_mem_fail_after(-1);
        assert_true(status == GA_OK ? d != NULL : d == NULL && err.text[0] != 0);
        assert_true(status == GA_OK || status == GA_ENOMEM);
    }
    assert_true(n > 30);
    ga_dataset_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_folder_for_each_class),
        cmocka_unit_test(pictures_are_told_by_the_ends_of_their_names),
        cmocka_unit_test(a_tenth_is_held_out_by_name),
        WITH_FOLDER(folders_train_and_test_are_the_splits),
        WITH_FOLDER(pictures_without_folders_are_one_class),
        WITH_FOLDER(numbered_classes_are_in_the_order_of_numbers),
        WITH_FOLDER(what_is_no_picture_is_left_out_and_said),
        WITH_FOLDER(pictures_of_other_sizes_are_refused_or_resized),
        WITH_FOLDER(grey_beside_colour_becomes_colour),
        WITH_FOLDER(broken_and_missing_pictures_are_answered_in_words),
        WITH_FOLDER(folders_that_cannot_be_a_set_are_refused),
        WITH_FOLDER(photos_are_turned_as_their_camera_noted),
        WITH_FOLDER(long_reading_is_reported_and_can_be_stopped),
        WITH_FOLDER(the_hash_is_of_the_content),
        WITH_FOLDER(no_memory_is_said_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
