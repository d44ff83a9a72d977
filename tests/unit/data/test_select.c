/* Selections: which classes, which pictures, how large. */
#include "data/select.h"
#include "data/square.h"
#include "base/alloc.h"
#include "unit/data/make.h"

/* n pictures of 1 x 1 x 3 that say in red and green which they are, and in blue their class. */
static ga_dataset *numbered_set(const int32_t *labels, int n, int classes, const char *const *names)
{
    ga_err err;
    ga_dataset *d;
    uint8_t *pixels = malloc(3 * (size_t)n);
    for (int i = 0; i < n; i++) {
        pixels[3 * i] = (uint8_t)i;
        pixels[3 * i + 1] = (uint8_t)(i / 256);
        pixels[3 * i + 2] = (uint8_t)labels[i];
    }
    CHECK_OK(ga_dataset_create("pets", GA_SPLIT_TRAIN, pixels, labels, n, (ga_dims){3, 1, 1},
                               classes, names, &d, &err));
    free(pixels);
    return d;
}

static int number_of(const ga_dataset *d, int i)
{
    return ga_dataset_pixels(d)[3 * i] + 256 * ga_dataset_pixels(d)[3 * i + 1];
}

static const char *const pets[] = {"cat", "dog", "t-shirt", "2", "Bird"};

static ga_dataset *five_pets(void)
{
    int32_t labels[20];
    for (int i = 0; i < 20; i++)
        labels[i] = (i * 3 + 1) % 5;
    return numbered_set(labels, 20, 5, pets);
}

/* The selection keeps exactly the pictures of the classes whose bits are set, in their order, with
 * new labels and the old names. */
static void check_classes(const ga_dataset *d, const char *text, unsigned bits)
{
    ga_err err;
    ga_dataset *part;
    CHECK_OK(ga_dataset_select(d, &(ga_data_selection){.classes = text}, &part, &err));
    int at = 0, k = 0, label[5];
    for (int c = 0; c < 5; c++) {
        label[c] = k;
        if ((bits >> c & 1) != 0)
            assert_string_equal(ga_dataset_class_name(part, k++), ga_dataset_class_name(d, c));
    }
    assert_int_equal(ga_dataset_classes(part), k);
    for (int i = 0; i < ga_dataset_n(d); i++) {
        const int c = ga_dataset_labels(d)[i];
        if ((bits >> c & 1) == 0)
            continue;
        assert_int_equal(number_of(part, at), i);
        assert_int_equal(ga_dataset_labels(part)[at++], label[c]);
    }
    assert_int_equal(ga_dataset_n(part), at);
    assert_string_equal(ga_dataset_name(part), "pets");
    ga_dataset_free(part);
}

static void classes_are_named_by_number_range_and_name(void **state)
{
    (void)state;
    ga_dataset *d = five_pets();
    check_classes(d, "0", 1);
    check_classes(d, "4", 16);
    check_classes(d, "0-1", 3);
    check_classes(d, "1,0,1", 3); /* order and repetition do not count */
    check_classes(d, "dog", 2);
    check_classes(d, " cat , 4 ", 17);
    check_classes(d, "bird", 16); /* upper and lower case do not count */
    check_classes(d, "2", 8);     /* a class of that name, not the class of that number */
    check_classes(d, "t-shirt", 4);
    check_classes(d, "dog-t-shirt", 6);
    check_classes(d, "t-shirt-bird", 28);
    check_classes(d, "cat-bird", 31);
    check_classes(d, NULL, 31);
    ga_dataset_free(d);
}

static void a_wrong_class_is_named_with_the_nearest_and_all(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d = five_pets(), *part;
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.classes = "cat,dgo"}, &part, &err),
                GA_ENOTFOUND,
                "class 'dgo' is not in data set 'pets' (did you mean 'dog'?): its 5 classes are "
                "cat, dog, t-shirt, 2, Bird");
    assert_null(part);
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.classes = "5"}, &part, &err),
                GA_ENOTFOUND, "class '5' is not in data set 'pets': its 5");
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.classes = "1-0"}, &part, &err),
                GA_ENOTFOUND, "class '1-0' is not in"); /* no range runs backwards */
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.classes = "0,,1"}, &part, &err),
                GA_ENOTFOUND, "class '' is not in");
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.classes = ""}, &part, &err), GA_EINVAL,
                "the selection '' names no class of data set 'pets'");
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.classes = " , "}, &part, &err),
                GA_EINVAL, "names no class");
    ga_dataset_free(d);
}

static void a_class_without_pictures_is_an_empty_selection(void **state)
{
    (void)state;
    ga_err err;
    const int32_t labels[] = {0, 0, 2};
    ga_dataset *d = numbered_set(labels, 3, 3, NULL), *part;
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.classes = "1"}, &part, &err),
                GA_ENOTFOUND,
                "the selection '1' is empty: no picture of these classes is in the train split of "
                "data set 'pets'");
    /* beside others it is a class without pictures */
    CHECK_OK(ga_dataset_select(d, &(ga_data_selection){.classes = "1-2"}, &part, &err));
    assert_true(ga_dataset_n(part) == 1 && ga_dataset_classes(part) == 2);
    assert_int_equal(ga_dataset_labels(part)[0], 1);
    ga_dataset_free(part);
    ga_dataset_free(d);
}

/* 6 pictures of class 0, 300 each of 1 and 2. */
static ga_dataset *uneven_set(void)
{
    int32_t labels[606];
    for (int i = 0; i < 606; i++)
        labels[i] = i % 101 == 0 ? 0 : 1 + i % 2;
    return numbered_set(labels, 606, 3, NULL);
}

static ga_dataset *subset(const ga_dataset *d, const char *classes, int images, uint64_t seed)
{
    ga_err err;
    ga_dataset *part;
    CHECK_OK(ga_dataset_select(
        d, &(ga_data_selection){.classes = classes, .images = images, .seed = seed}, &part, &err));
    assert_int_equal(ga_dataset_n(part), images);
    for (int i = 1; i < images; i++)
        assert_true(number_of(part, i) > number_of(part, i - 1)); /* in the order of the set */
    return part;
}

static void a_subset_is_even_over_the_classes_as_far_as_they_reach(void **state)
{
    (void)state;
    static const struct {
        int images, count[3];
    } rows[] = {{1, {1, 0, 0}},     {2, {1, 1, 0}},       {3, {1, 1, 1}},
                {17, {6, 6, 5}},    {18, {6, 6, 6}},      {19, {6, 7, 6}},
                {106, {6, 50, 50}}, {605, {6, 300, 299}}, {606, {6, 300, 300}}};
    ga_dataset *d = uneven_set();
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        int count[3];
        ga_dataset *part = subset(d, NULL, rows[k].images, 3);
        ga_dataset_class_counts(part, count);
        assert_memory_equal(count, rows[k].count, sizeof count);
        ga_dataset_free(part);
    }
    ga_dataset_free(d);
}

static bool contains(const ga_dataset *d, int number)
{
    for (int i = 0; i < ga_dataset_n(d); i++)
        if (number_of(d, i) == number)
            return true;
    return false;
}

static void smaller_subsets_of_a_seed_lie_in_larger_ones(void **state)
{
    (void)state;
    ga_dataset *d = uneven_set();
    ga_dataset *ten = subset(d, NULL, 10, 1), *hundred = subset(d, NULL, 100, 1),
               *other = subset(d, NULL, 100, 2), *ones = subset(d, "1", 40, 1);
    int same = 0;
    for (int i = 0; i < 10; i++)
        assert_true(contains(hundred, number_of(ten, i)));
    for (int i = 0; i < 100; i++)
        same += contains(other, number_of(hundred, i));
    /* 6 of class 0 in both; of the other classes 47 of 300, in common 7 each by chance */
    assert_true(same > 6 && same < 50);
    /* a class's pictures do not depend on which other classes are there */
    for (int i = 0; i < 40; i++)
        assert_true(contains(hundred, number_of(ones, i)));
    ga_dataset_free(ten);
    ga_dataset_free(hundred);
    ga_dataset_free(other);
    ga_dataset_free(ones);
    ga_dataset_free(d);
}

static void wrong_numbers_are_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d = five_pets(), *part;
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.images = 21}, &part, &err), GA_EINVAL,
                "21 pictures of data set 'pets', whose train split has 20: ask for 1 to 20");
    CHECK_FAILS(
        ga_dataset_select(d, &(ga_data_selection){.classes = "0", .images = 5}, &part, &err),
        GA_EINVAL, "has 4 of these classes: ask for 1 to 4");
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.images = -1}, &part, &err), GA_EINVAL,
                "-1 pictures");
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.pixels = -1}, &part, &err), GA_EINVAL,
                "pictures of -1 pixels a side, expected 1 to 4096");
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.pixels = 4097}, &part, &err), GA_EINVAL,
                "pictures of 4097 pixels");
    ga_dataset_free(d);
    int32_t *labels = calloc(60, sizeof *labels);
    d = numbered_set(labels, 60, 1, NULL); /* 60 of 4096 x 4096 x 3 are 2.8 GiB */
    CHECK_FAILS(ga_dataset_select(d, &(ga_data_selection){.pixels = 4096}, &part, &err), GA_EDATA,
                "60 pictures of 4096 x 4096 with 3 channels are 2.8 GiB, more than the limit of "
                "2.0 GiB: take fewer (--images) or smaller ones (--pixels)");
    free(labels);
    ga_dataset_free(d);
}

/* The hash is over the content alone: a part is what a set made of the same arrays is. */
static void a_part_has_the_hash_of_its_content(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d = five_pets(), *all, *one, *again;
    CHECK_OK(ga_dataset_select(d, NULL, &all, &err));
    assert_string_equal(ga_dataset_hash(all), ga_dataset_hash(d));
    CHECK_OK(ga_dataset_select(d, &(ga_data_selection){.classes = "dog"}, &one, &err));
    const int32_t zeros[4] = {0};
    CHECK_OK(ga_dataset_create("x", GA_SPLIT_TEST, ga_dataset_pixels(one), zeros, 4,
                               (ga_dims){3, 1, 1}, 1, NULL, &again, &err));
    assert_string_equal(ga_dataset_hash(one), ga_dataset_hash(again));
    ga_dataset_free(d);
    ga_dataset_free(all);
    ga_dataset_free(one);
    ga_dataset_free(again);
}

/* ---- sizes ------------------------------------------------------------------------------------*/

/* As picture() of tests/golden/antialias.py. */
static ga_dataset *one_picture(int h, int w, int c)
{
    ga_err err;
    ga_dataset *d;
    const size_t n = (size_t)h * (size_t)w * (size_t)c;
    uint8_t *pixels = malloc(n);
    const int32_t label = 0;
    for (size_t i = 0; i < n; i++)
        pixels[i] = (uint8_t)(i * 37 + i / 11 * 5);
    CHECK_OK(ga_dataset_create("x", GA_SPLIT_TRAIN, pixels, &label, 1, (ga_dims){c, h, w}, 1, NULL,
                               &d, &err));
    free(pixels);
    return d;
}

/* Bytes at (k * 7919) mod size, and the sum of all, by PyTorch 1.13: tests/golden/antialias.py. Its
 * f32 sums may fall on the other side of a half: one step a byte, and as often as `near` in all. */
static void resizing_agrees_with_pytorch(void **state)
{
    (void)state;
    static const struct {
        int h, w, c, side, sum, near, want[12];
    } rows[] = {
        {28, 28, 1, 13, 21489, 0, {48, 91, 71, 122, 171, 162, 104, 118, 96, 148, 177, 134}},
        {30, 60, 3, 10, 38109, 0, {118, 130, 127, 135, 128, 134, 117, 116, 127, 124, 123, 134}},
        {28, 28, 1, 64, 520191, 107, {0, 110, 52, 230, 182, 115, 49, 140, 187, 122, 55, 211}},
        {40, 16, 3, 24, 220054, 249, {67, 84, 9, 26, 134, 151, 75, 163, 179, 105, 137, 83}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        ga_err err;
        ga_dataset *d = one_picture(rows[r].h, rows[r].w, rows[r].c), *part;
        CHECK_OK(ga_dataset_select(d, &(ga_data_selection){.pixels = rows[r].side}, &part, &err));
        const ga_dims dims = ga_dataset_dims(part);
        assert_true(dims.h == rows[r].side && dims.w == rows[r].side && dims.c == rows[r].c);
        const int n = rows[r].side * rows[r].side * rows[r].c;
        int sum = 0;
        for (int i = 0; i < n; i++)
            sum += ga_dataset_pixels(part)[i];
        assert_true(abs(sum - rows[r].sum) <= rows[r].near);
        for (int k = 0; k < 12; k++) {
            const int got = ga_dataset_pixels(part)[k * 7919 % n];
            assert_true(abs(got - rows[r].want[k]) <= (rows[r].near > 0));
        }
        ga_dataset_free(part);
        ga_dataset_free(d);
    }
}

static void the_middle_square_is_kept_and_its_size_is_exact(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d, *part;
    /* 2 x 5: the middle square of side 2 begins at 1.5, so each pixel is the mean of two */
    const uint8_t wide[] = {0, 10, 20, 30, 40, 100, 110, 120, 130, 140};
    const int32_t label = 0;
    CHECK_OK(ga_dataset_create("x", GA_SPLIT_TRAIN, wide, &label, 1, (ga_dims){1, 2, 5}, 1, NULL,
                               &d, &err));
    CHECK_OK(ga_dataset_select(d, &(ga_data_selection){.pixels = 2}, &part, &err));
    const uint8_t want[] = {15, 25, 115, 125};
    assert_memory_equal(ga_dataset_pixels(part), want, 4);
    ga_dataset_free(part);
    /* its own size leaves a square picture as it is */
    ga_dataset_free(d);
    d = one_picture(9, 9, 3);
    CHECK_OK(ga_dataset_select(d, &(ga_data_selection){.pixels = 9}, &part, &err));
    assert_string_equal(ga_dataset_hash(d), ga_dataset_hash(part));
    ga_dataset_free(part);
    ga_dataset_free(d);
    /* one pixel is the mean of white and black halves; a white picture stays white at any size */
    uint8_t half[64];
    for (int i = 0; i < 64; i++)
        half[i] = i % 8 < 4 ? 255 : 0;
    ga_square s = {0};
    uint8_t out[49];
    CHECK_OK(ga_square_set(&s, (ga_dims){1, 8, 8}, 1, &err));
    ga_square_run(&s, half, out);
    assert_int_equal(out[0], 128);
    memset(half, 255, sizeof half);
    for (int side = 1; side <= 7; side++) {
        CHECK_OK(ga_square_set(&s, (ga_dims){1, 8, 8}, side, &err));
        ga_square_run(&s, half, out);
        for (int i = 0; i < side * side; i++)
            assert_int_equal(out[i], 255);
    }
    ga_square_free(&s);
}

static void no_memory_is_said_and_leaves_nothing(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d = uneven_set(), *part = NULL;
    const ga_data_selection what = {.classes = "0-1", .images = 20, .seed = 1, .pixels = 3};
    ga_status status = GA_ENOMEM;
    int n = 0;
    for (; status != GA_OK; n++) {
        ga_mem_fail_after(n);
        status = ga_dataset_select(d, &what, &part, &err);
        ga_mem_fail_after(-1);
        assert_true(status == GA_OK ? part != NULL : part == NULL);
        assert_true(status == GA_OK || (status == GA_ENOMEM && err.text[0] != 0));
    }
    assert_true(n > 10);
    ga_dataset_free(part);
    ga_dataset_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_named_by_number_range_and_name),
        cmocka_unit_test(a_wrong_class_is_named_with_the_nearest_and_all),
        cmocka_unit_test(a_class_without_pictures_is_an_empty_selection),
        cmocka_unit_test(a_subset_is_even_over_the_classes_as_far_as_they_reach),
        cmocka_unit_test(smaller_subsets_of_a_seed_lie_in_larger_ones),
        cmocka_unit_test(wrong_numbers_are_refused_in_words),
        cmocka_unit_test(a_part_has_the_hash_of_its_content),
        cmocka_unit_test(resizing_agrees_with_pytorch),
        cmocka_unit_test(the_middle_square_is_kept_and_its_size_is_exact),
        cmocka_unit_test(no_memory_is_said_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
