/* Files of arrays: which are pictures and labels, what their numbers mean, what is refused. */
#include "data/reading.h"
#include "base/alloc.h"
#include "unit/data/make.h"

enum { N = 40, H = 2, W = 3, SIZE = H * W };

/* Arrays for one .npz; numbers live as long as the list. */
typedef struct bag {
    ga_array array[8];
    int n;
} bag;

static void put(bag *b, const char *name, ga_dtype type, int rank, const int64_t *dim,
                const void *data)
{
    ga_array *a = &b->array[b->n++];
    *a = (ga_array){.name = name, .dtype = type, .rank = rank, .count = 1, .data = data};
    for (int i = 0; i < rank; i++) {
        a->dim[i] = dim[i];
        a->count *= (size_t)dim[i];
    }
}

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static const char *write_bag(const char *folder, const bag *b)
{
    static char path[300];
    ga_err err;
    snprintf(path, sizeof path, "%s/set.npz", folder);
    CHECK_OK(ga_weights_write(path, GA_FORM_NPZ, b->array, b->n, NULL, &err));
    return path;
}

static ga_dataset *open_bag(const char *folder, const bag *b, ga_split split)
{
    ga_err err;
    ga_dataset *d;
    CHECK_OK(ga_dataset_open(write_bag(folder, b), split, NULL, &d, &err));
    return d;
}

static void check_refused(const char *folder, const bag *b, ga_status status, const char *words)
{
    ga_err err;
    ga_dataset *d;
    CHECK_FAILS(ga_dataset_open(write_bag(folder, b), GA_SPLIT_TRAIN, NULL, &d, &err), status,
                words);
    assert_null(d);
    assert_non_null(strstr(err.text, "set.npz"));
}

static uint8_t bytes[N * SIZE * 3];
static int64_t labels[N];

static void fill(void)
{
    for (int i = 0; i < N * SIZE * 3; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (int i = 0; i < N; i++)
        labels[i] = i % 4;
}

static void pictures_and_labels_are_split_by_their_number(void **state)
{
    fill();
    bag b = {0};
    put(&b, "images", GA_U8, 3, DIMS(N, H, W), bytes);
    put(&b, "labels", GA_I64, 1, DIMS(N), labels);
    ga_dataset *train = open_bag(*state, &b, GA_SPLIT_TRAIN),
               *test = open_bag(*state, &b, GA_SPLIT_TEST);
    assert_true(ga_dataset_n(train) + ga_dataset_n(test) == N && ga_dataset_n(test) > 0);
    assert_true(ga_dataset_classes(train) == 4 && ga_dataset_classes(test) == 4);
    assert_string_equal(ga_dataset_class_name(test, 3), "3");
    assert_string_equal(ga_dataset_name(train), "set");
    assert_null(ga_dataset_note(train, 0));
    int at[2] = {0};
    for (int i = 0; i < N; i++) {
        char number[8];
        snprintf(number, sizeof number, "%d", i);
        const int split = ga_held_out(number);
        const ga_dataset *d = split ? test : train;
        assert_int_equal(ga_dataset_labels(d)[at[split]], labels[i]);
        assert_memory_equal(ga_dataset_pixels(d) + at[split]++ * SIZE, bytes + i * SIZE, SIZE);
    }
    ga_dataset_free(train);
    ga_dataset_free(test);
    bag one = {0}; /* number 0 is held out, so there is nothing to train with */
    put(&one, "x_train", GA_U8, 3, DIMS(1, H, W), bytes);
    check_refused(*state, &one, GA_ENOTFOUND,
                  "no picture is of the train split (1 of the other): name the arrays x_train, "
                  "y_train, x_test, y_test");
}

static void arrays_of_both_splits_are_the_splits(void **state)
{
    static const char *const names[][4] = {
        {"x_train", "y_train", "x_test", "y_test"},
        {"train_images", "train_labels", "test_images", "test_labels"},
        {"X_train", "Y_train", "X_test", "Y_test"}};
    fill();
    for (size_t k = 0; k < 3; k++) {
        bag b = {0};
        put(&b, names[k][0], GA_U8, 3, DIMS(10, H, W), bytes);
        put(&b, names[k][1], GA_I64, 2, DIMS(10, 1), labels); /* a column, as MedMNIST has it */
        put(&b, names[k][2], GA_U8, 3, DIMS(3, H, W), bytes + 60);
        put(&b, names[k][3], GA_I64, 1, DIMS(3), labels);
        ga_dataset *train = open_bag(*state, &b, GA_SPLIT_TRAIN),
                   *test = open_bag(*state, &b, GA_SPLIT_TEST);
        assert_true(ga_dataset_n(train) == 10 && ga_dataset_n(test) == 3);
        assert_true(ga_dataset_classes(test) == 4); /* those of both */
        assert_memory_equal(ga_dataset_pixels(train), bytes, 60);
        assert_memory_equal(ga_dataset_pixels(test), bytes + 60, 18);
        assert_int_equal(ga_dataset_labels(test)[2], 2);
        ga_dataset_free(train);
        ga_dataset_free(test);
    }
}

static void channels_may_come_last_or_first(void **state)
{
    fill();
    bag last = {0}, first = {0};
    put(&last, "x_train", GA_U8, 4, DIMS(2, H, W, 3), bytes);
    put(&last, "x_test", GA_U8, 4, DIMS(1, H, W, 3), bytes);
    put(&first, "x_train", GA_U8, 4, DIMS(2, 3, W, H), bytes); /* (2, 3, H, 3) would be unclear */
    put(&first, "x_test", GA_U8, 4, DIMS(1, 3, W, H), bytes);
    ga_err err;
    ga_dataset *d;
    CHECK_OK(ga_dataset_open(write_bag(*state, &last), GA_SPLIT_TRAIN, NULL, &d, &err));
    ga_dims dims = ga_dataset_dims(d);
    assert_true(dims.c == 3 && dims.h == H && dims.w == W);
    assert_memory_equal(ga_dataset_pixels(d), bytes, 2 * 3 * SIZE);
    ga_dataset_free(d);
    CHECK_OK(ga_dataset_open(write_bag(*state, &first), GA_SPLIT_TRAIN, NULL, &d, &err));
    dims = ga_dataset_dims(d);
    assert_true(dims.c == 3 && dims.h == W && dims.w == H);
    for (int i = 0; i < 2; i++)
        for (int p = 0; p < SIZE; p++)
            for (int c = 0; c < 3; c++)
                assert_int_equal(ga_dataset_pixels(d)[(i * SIZE + p) * 3 + c],
                                 bytes[(i * 3 + c) * SIZE + p]);
    assert_string_equal(ga_dataset_note(d, 0),
                        "'set' has no labels: all pictures are of one class");
    ga_dataset_free(d);
}

/* Bytes as other numbers: 0..255, 0..1 and -1..1, told from the values, of both splits together. */
static void numbers_are_told_from_their_range(void **state)
{
    static float whole[SIZE * 4], share[SIZE * 4], both[SIZE * 4];
    static int16_t shorts[SIZE * 4];
    static double doubles[SIZE * 4];
    static uint16_t halves[SIZE * 4];
    fill();
    for (int i = 0; i < SIZE * 4; i++) {
        shorts[i] = bytes[i];
        whole[i] = bytes[i];
        doubles[i] = bytes[i] / 255.0;
        share[i] = (float)(bytes[i] / 255.0);
        both[i] = (float)(bytes[i] / 127.5 - 1);
        halves[i] = i % 2 ? 0x3c00 : 0x3800; /* 1 and 1/2 */
    }
    const struct {
        ga_dtype type;
        const void *data;
        const char *note;
    } rows[] = {
        {GA_I16, shorts, NULL},
        {GA_F32, whole, NULL},
        {GA_F32, share, "the pictures of 'set' are floats from 0 to 1 and were made bytes"},
        {GA_F64, doubles, "the pictures of 'set' are floats from 0 to 1 and were made bytes"},
        {GA_F32, both, "the pictures of 'set' are floats from -1 to 1 and were made bytes"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        bag b = {0};
        put(&b, "x_train", rows[k].type, 3, DIMS(3, H, W), rows[k].data);
        put(&b, "x_test", GA_U8, 3, DIMS(1, H, W), bytes);
        put(&b, "y_train", GA_I64, 1, DIMS(3), labels);
        put(&b, "y_test", GA_I64, 1, DIMS(1), labels);
        ga_dataset *d = open_bag(*state, &b, GA_SPLIT_TRAIN);
        assert_memory_equal(ga_dataset_pixels(d), bytes, 3 * SIZE);
        if (rows[k].note == NULL)
            assert_null(ga_dataset_note(d, 0));
        else
            assert_string_equal(ga_dataset_note(d, 0), rows[k].note);
        ga_dataset_free(d);
    }
    bag b = {0}; /* the test split alone has nothing below 0; it is read as the other one */
    both[3 * SIZE] = 0;
    for (int i = 1; i < SIZE; i++)
        both[3 * SIZE + i] = 1;
    put(&b, "x_train", GA_F32, 3, DIMS(3, H, W), both);
    put(&b, "x_test", GA_F32, 3, DIMS(1, H, W), both + 3 * SIZE);
    ga_dataset *d = open_bag(*state, &b, GA_SPLIT_TEST);
    assert_true(ga_dataset_pixels(d)[0] == 128 && ga_dataset_pixels(d)[1] == 255);
    ga_dataset_free(d);
    bag h = {0};
    put(&h, "x_train", GA_F16, 3, DIMS(1, H, W), halves);
    put(&h, "x_test", GA_F16, 3, DIMS(1, H, W), halves);
    d = open_bag(*state, &h, GA_SPLIT_TRAIN);
    assert_true(ga_dataset_pixels(d)[0] == 128 && ga_dataset_pixels(d)[1] == 255);
    ga_dataset_free(d);
}

static void selections_are_read_out_of_the_file(void **state)
{
    ga_err err;
    ga_dataset *d;
    fill();
    bag b = {0};
    put(&b, "images", GA_U8, 3, DIMS(N, H, W), bytes);
    put(&b, "labels", GA_I64, 1, DIMS(N), labels);
    const ga_data_selection what = {.classes = "3,1", .images = 5, .seed = 1, .pixels = 4};
    CHECK_OK(ga_dataset_load(write_bag(*state, &b), GA_SPLIT_TRAIN, &what, NULL, NULL, &d, &err));
    ga_dataset *all = open_bag(*state, &b, GA_SPLIT_TRAIN), *part;
    CHECK_OK(ga_dataset_select(all, &what, &part, &err));
    assert_string_equal(ga_dataset_hash(d), ga_dataset_hash(part));
    assert_string_equal(ga_dataset_class_name(d, 1), "3");
    ga_dataset_free(d);
    ga_dataset_free(all);
    ga_dataset_free(part);
    b.n = 1; /* no labels: the note goes along with a part */
    all = open_bag(*state, &b, GA_SPLIT_TRAIN);
    CHECK_OK(ga_dataset_select(all, &(ga_data_selection){.images = 2}, &part, &err));
    assert_string_equal(ga_dataset_note(part, 0), ga_dataset_note(all, 0));
    ga_dataset_free(all);
    ga_dataset_free(part);
}

static void wrong_shapes_and_names_are_answered_in_words(void **state)
{
    fill();
    bag none = {0}, flat = {0}, odd = {0}, empty = {0}, unlike = {0}, lonely = {0};
    put(&none, "pixels", GA_U8, 3, DIMS(2, H, W), bytes);
    put(&none, "y", GA_I64, 1, DIMS(2), labels);
    check_refused(*state, &none, GA_EDATA,
                  "found no pictures: expected an array 'images' or 'x_train' and 'x_test'; its "
                  "arrays are: 'pixels', 'y'");
    put(&lonely, "x_test", GA_U8, 3, DIMS(2, H, W), bytes);
    check_refused(*state, &lonely, GA_EDATA, "found no pictures");
    put(&flat, "images", GA_U8, 2, DIMS(2, SIZE), bytes);
    check_refused(*state, &flat, GA_EDATA,
                  "array 'images' is (2,6), expected (N,H,W), (N,H,W,C) or (N,C,H,W) with 1 or 3 "
                  "channels, sides of 1 to 4096");
    put(&odd, "images", GA_U8, 4, DIMS(2, 2, 2, 2), bytes);
    check_refused(*state, &odd, GA_EDATA, "array 'images' is (2,2,2,2), expected");
    put(&empty, "images", GA_U8, 3, DIMS(0, H, W), bytes);
    check_refused(*state, &empty, GA_EDATA, "array 'images' is (0,2,3), expected");
    put(&unlike, "x_train", GA_U8, 3, DIMS(2, H, W), bytes);
    put(&unlike, "x_test", GA_U8, 3, DIMS(2, W, H), bytes);
    check_refused(*state, &unlike, GA_EDATA,
                  "array 'x_test' is (2,3,2), expected pictures as those of the training split");
}

static void wrong_labels_are_answered_in_words(void **state)
{
    static float halves[N];
    fill();
    const struct {
        ga_dtype type;
        int rank;
        int64_t dim[2];
        const void *data;
        const char *words;
    } rows[] = {
        {GA_F32,
         1,
         {N, 0},
         halves,
         "labels out of range or float: array 'labels' is of F32, expected whole numbers from 0 "
         "(in "
         "NumPy: .astype('int64'))"},
        {GA_I64, 2, {N / 4, 4}, labels, "array 'labels' is (10,4), expected (N)"},
        {GA_I64,
         1,
         {N - 1, 0},
         labels,
         "array 'labels' has 39 labels, but 'images' has 40 pictures"},
        {GA_I64,
         1,
         {N, 0},
         labels,
         "labels out of range or float: label 7 of array 'labels' is -1, expected 0 to 999"},
    };
    labels[7] = -1;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        bag b = {0};
        put(&b, "images", GA_U8, 3, DIMS(N, H, W), bytes);
        put(&b, "labels", rows[k].type, rows[k].rank, rows[k].dim, rows[k].data);
        check_refused(*state, &b, GA_EDATA, rows[k].words);
    }
    labels[7] = ((int64_t)1 << 32) + 1; /* not 1 */
    bag b = {0};
    put(&b, "images", GA_U8, 3, DIMS(N, H, W), bytes);
    put(&b, "labels", GA_I64, 1, DIMS(N), labels);
    check_refused(*state, &b, GA_EDATA, "label 7 of array 'labels' is 4294967297");
    bag half = {0};
    put(&half, "x_train", GA_U8, 3, DIMS(4, H, W), bytes);
    put(&half, "x_test", GA_U8, 3, DIMS(4, H, W), bytes);
    put(&half, "y_test", GA_I64, 1, DIMS(4), labels);
    check_refused(*state, &half, GA_EDATA, "only one of 'x_train' and 'x_test' has labels");
}

static void wrong_numbers_are_answered_in_words(void **state)
{
    static float x[SIZE];
    const struct {
        float a, b;
        const char *words;
    } rows[] = {
        {-3, 7,
         "the numbers of its pictures go from -3 to 7: expected whole numbers 0 to 255, or "
         "floats from 0 to 1 or -1 to 1"},
        {0, 256, "go from 0 to 256"},
        {0.5f, 1.5f, "go from 0 to 1.5"},
        {NAN, 0, "number 0 of array 'images' is nan: pictures are finite numbers"},
        {0, INFINITY, "number 1 of array 'images' is inf"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        bag b = {0};
        x[0] = rows[k].a;
        x[1] = rows[k].b;
        put(&b, "images", GA_F32, 3, DIMS(1, H, W), x);
        check_refused(*state, &b, GA_EDATA, rows[k].words);
    }
    static const int16_t minus[SIZE] = {-1, 1};
    bag b = {0}; /* whole numbers are bytes or nothing */
    put(&b, "images", GA_I16, 3, DIMS(1, H, W), minus);
    check_refused(*state, &b, GA_EDATA, "go from -1 to 1");
    static const uint8_t mask[SIZE] = {0, 1, 1};
    bag yes = {0}; /* yes and no are white and black */
    put(&yes, "x_train", GA_BOOL, 3, DIMS(1, H, W), mask);
    put(&yes, "x_test", GA_BOOL, 3, DIMS(1, H, W), mask);
    ga_dataset *d = open_bag(*state, &yes, GA_SPLIT_TRAIN);
    assert_true(ga_dataset_pixels(d)[0] == 0 && ga_dataset_pixels(d)[1] == 255);
    ga_dataset_free(d);
}

static void no_memory_is_said_and_leaves_nothing(void **state)
{
    ga_err err;
    ga_dataset *d;
    fill();
    bag b = {0};
    put(&b, "images", GA_U8, 3, DIMS(N, H, W), bytes);
    put(&b, "labels", GA_I64, 1, DIMS(N), labels);
    const char *path = write_bag(*state, &b);
    ga_status status = GA_ENOMEM;
    int n = 0;
    for (; status != GA_OK; n++) {
        ga_mem_fail_after(n);
        status = ga_dataset_load(path, GA_SPLIT_TRAIN,
                                 &(ga_data_selection){.images = 9, .pixels = 4}, NULL, NULL, &d,
                                 &err);
        ga_mem_fail_after(-1);
        assert_true(status == GA_OK ? d != NULL : d == NULL && err.text[0] != 0);
        assert_true(status == GA_OK || status == GA_ENOMEM);
    }
    assert_true(n > 20);
    ga_dataset_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(pictures_and_labels_are_split_by_their_number),
        WITH_FOLDER(arrays_of_both_splits_are_the_splits),
        WITH_FOLDER(channels_may_come_last_or_first),
        WITH_FOLDER(numbers_are_told_from_their_range),
        WITH_FOLDER(selections_are_read_out_of_the_file),
        WITH_FOLDER(wrong_shapes_and_names_are_answered_in_words),
        WITH_FOLDER(wrong_labels_are_answered_in_words),
        WITH_FOLDER(wrong_numbers_are_answered_in_words),
        WITH_FOLDER(no_memory_is_said_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
