/* Batches: ranges, resizing, order; sample sheets. */
#include "data/catalog.h"
#include "base/alloc.h"
#include "unit/data/make.h"

static ga_dataset *small_set(void)
{
    ga_err err;
    ga_dataset *d;
    const uint8_t pixels[] = {0, 255, 51, 102, 204, 1}; /* 3 pictures of 1 x 2 */
    const int32_t labels[] = {2, 0, 1};
    CHECK_OK(ga_dataset_create("small", GA_SPLIT_TRAIN, pixels, labels, 3, (ga_dims){1, 1, 2}, 3,
                               NULL, &d, &err));
    return d;
}

static void bytes_become_numbers_of_the_range(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d = small_set();
    const uint32_t indices[] = {2, 0, 2};
    float got[6];
    int32_t labels[3];
    CHECK_OK(ga_batch_fill(d, indices, 3, (ga_batch_spec){-1, 1, 0, 0}, got, labels, &err));
    const float want[] = {0.6f, -1 + 2.0f / 255, -1, 1, 0.6f, -1 + 2.0f / 255};
    check_close("[-1,1]", got, want, 6, 1e-7);
    assert_true(labels[0] == 1 && labels[1] == 2 && labels[2] == 1);
    assert_true(got[2] == -1 && got[3] == 1); /* the ends are exact */
    CHECK_OK(ga_batch_fill(d, indices, 3, (ga_batch_spec){0, 1, 0, 0}, got, NULL, &err));
    const float want01[] = {0.8f, 1.0f / 255, 0, 1, 0.8f, 1.0f / 255};
    check_close("[0,1]", got, want01, 6, 0);
    ga_dataset_free(d);
}

static void wrong_indices_and_sizes_write_nothing(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d = small_set();
    float got[4] = {7, 7, 7, 7};
    const uint32_t indices[] = {0, 3};
    CHECK_FAILS(ga_batch_fill(d, indices, 2, (ga_batch_spec){0, 1, 0, 0}, got, NULL, &err),
                GA_EINVAL, "picture 3 of data set 'small': the last one is 2");
    CHECK_FAILS(ga_batch_fill(d, indices, 1, (ga_batch_spec){0, 1, -4, 2}, got, NULL, &err),
                GA_EINVAL, "-4 x 2");
    CHECK_FAILS(ga_batch_fill(d, indices, 1, (ga_batch_spec){0, 1, 4, 5000}, got, NULL, &err),
                GA_EINVAL, "expected 1 to 4096");
    for (int i = 0; i < 4; i++)
        assert_true(got[i] == 7);
    ga_dataset_free(d);
}

/* By hand: two pixels a, b to four: centres of the outputs lie at -1/4, 1/4, 3/4, 5/4 of the
 * inputs' centres, so a, 3/4 a + 1/4 b, 1/4 a + 3/4 b, b. */
static void resizing_by_hand(void **state)
{
    (void)state;
    const float two[] = {0, 8}, four[] = {0, 2, 6, 8}, one[] = {4};
    float got[8];
    ga_resize_bilinear(two, 1, 1, 2, got, 1, 4);
    check_close("up", got, four, 4, 0);
    ga_resize_bilinear(two, 1, 2, 1, got, 4, 1);
    check_close("up, rows", got, four, 4, 0);
    ga_resize_bilinear(two, 1, 1, 2, got, 1, 1);
    check_close("down", got, one, 1, 0);
    const float both[] = {0, 8, 8, 16}, both_four[] = {0, 2, 6, 8, 8, 10, 14, 16};
    ga_resize_bilinear(both, 2, 1, 2, got, 1, 4);
    check_close("planes", got, both_four, 8, 0);
    ga_resize_bilinear(both, 1, 2, 2, got, 2, 2);
    check_close("same size", got, both, 4, 0);
}

/* torch.nn.functional.interpolate(x, size, mode="bilinear", align_corners=False) of PyTorch 1.13,
 * x[i] = (37 i mod 256) / 255 * 2 - 1 as 28 x 28. Sums of four f32 products: 2e-6 of the scale 1.
 */
static void resizing_agrees_with_pytorch(void **state)
{
    (void)state;
    float x[784], up[32 * 32], other[13 * 40];
    uint8_t bytes[784];
    for (int i = 0; i < 784; i++) {
        bytes[i] = (uint8_t)(i * 37 % 256);
        x[i] = (float)(bytes[i] / 255.0 * 2 - 1);
    }
    ga_resize_bilinear(x, 1, 28, 28, up, 32, 32);
    const int at[][2] = {{0, 0}, {0, 1}, {3, 5}, {16, 16}, {31, 31}, {31, 0}, {10, 30}};
    const float want[] = {
        -1, -0.764215708f, 0.492647082f, 0.340686291f, -0.662745118f, -0.466666669f, -0.614215732f};
    float got[7];
    double sum = 0;
    for (int i = 0; i < 7; i++)
        got[i] = up[at[i][0] * 32 + at[i][1]];
    for (int i = 0; i < 1024; i++)
        sum += (double)up[i];
    check_close("28 to 32", got, want, 7, 2e-6);
    assert_true(fabs(sum - (-5.75686291)) < 1e-4);
    ga_resize_bilinear(x, 1, 28, 28, other, 13, 40);
    const int at2[][2] = {{0, 0}, {0, 1}, {3, 5}, {6, 20}, {12, 39}};
    const float want2[] = {-0.945701361f, -0.786093533f, 0.634600341f, 0.274117649f, -0.717043638f};
    sum = 0;
    for (int i = 0; i < 5; i++)
        got[i] = other[at2[i][0] * 40 + at2[i][1]];
    for (int i = 0; i < 13 * 40; i++)
        sum += (double)other[i];
    check_close("28 x 28 to 13 x 40", got, want2, 5, 2e-6);
    assert_true(fabs(sum - (-4.19523262)) < 1e-4);

    /* A batch of that picture is resized the same, straight from bytes, without allocating. */
    ga_err err;
    ga_dataset *d;
    float batch[1024];
    CHECK_OK(ga_dataset_create("x", GA_SPLIT_TRAIN, bytes, (const int32_t[]){0}, 1,
                               (ga_dims){1, 28, 28}, 1, NULL, &d, &err));
    const uint64_t before = ga_mem_count();
    CHECK_OK(ga_batch_fill(d, (const uint32_t[]){0}, 1, (ga_batch_spec){-1, 1, 32, 32}, batch, NULL,
                           &err));
    assert_int_equal(ga_mem_count(), before);
    check_close("batch", batch, up, 1024, 0);
    ga_dataset_free(d);
}

/* By the formula, a pixel at a time, also where a row is longer than what is done at once. */
static void resizing_agrees_with_its_formula_at_any_size(void **state)
{
    (void)state;
    static const int sizes[][4] = {
        {3, 5, 9, 4}, {2, 700, 3, 1300}, {40, 1, 1, 7}, {1, 1300, 1, 520}};
    static float x[3 * 1300], got[3 * 1300], want[3 * 1300];
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const int h = sizes[k][0], w = sizes[k][1], oh = sizes[k][2], ow = sizes[k][3];
        for (int i = 0; i < h * w; i++)
            x[i] = (float)(i * 37 % 256);
        for (int y = 0; y < oh; y++)
            for (int c = 0; c < ow; c++) {
                const double sy = fmin(fmax((y + 0.5) * h / oh - 0.5, 0), h - 1);
                const double sx = fmin(fmax((c + 0.5) * w / ow - 0.5, 0), w - 1);
                double sum = 0;
                for (int r = (int)sy; r <= (int)sy + 1 && r < h; r++)
                    for (int q = (int)sx; q <= (int)sx + 1 && q < w; q++)
                        sum += (1 - fabs(sy - r)) * (1 - fabs(sx - q)) * (double)x[r * w + q];
                want[y * ow + c] = (float)sum;
            }
        ga_resize_bilinear(x, 1, h, w, got, oh, ow);
        check_close("resized", got, want, (size_t)(oh * ow), 1e-4); /* places near 1300 in f32 */
    }
}

static void an_epoch_is_a_shuffle_of_its_own(void **state)
{
    (void)state;
    enum { N = 1000 };
    uint32_t a[N], b[N], c[N], other_seed[N];
    int seen[N] = {0}, same = 0, in_place = 0;
    ga_epoch_order(N, 5, 3, a);
    ga_epoch_order(N, 5, 3, b);
    ga_epoch_order(N, 5, 4, c);
    ga_epoch_order(N, 6, 3, other_seed);
    assert_memory_equal(a, b, sizeof a);
    for (int i = 0; i < N; i++) {
        assert_true(a[i] < N);
        seen[a[i]]++;
        in_place += a[i] == (uint32_t)i;
        same += (a[i] == c[i]) + (a[i] == other_seed[i]);
    }
    for (int i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
    assert_true(same < 15 && in_place < 10); /* about 2 and 1 of 1000 agree by chance */
    ga_epoch_order(1, 5, 3, a);
    assert_int_equal(a[0], 0);
}

/* Picture i of class c is all grey level 20 c + i + 1: the sheet's pixels say who is where. */
static void a_sheet_has_a_class_a_row(void **state)
{
    (void)state;
    enum { CLASSES = 12, EACH = 5, SIDE = 8 };
    ga_err err;
    ga_dataset *d;
    ga_image image, again;
    uint8_t pixels[CLASSES * EACH * SIDE * SIDE];
    int32_t labels[CLASSES * EACH];
    for (int i = 0; i < CLASSES * EACH; i++) {
        labels[i] = i % CLASSES;
        memset(pixels + i * SIDE * SIDE, 20 * (i % CLASSES) + i / CLASSES + 1, SIDE * SIDE);
    }
    CHECK_OK(ga_dataset_create("grey", GA_SPLIT_TEST, pixels, labels, CLASSES * EACH,
                               (ga_dims){1, SIDE, SIDE}, CLASSES, NULL, &d, &err));
    const ga_data_show_options options = {.columns = 3, .zoom = 4, .seed = 2};
    CHECK_OK(ga_data_show(d, &options, &image, &err));
    int found[CLASSES][EACH] = {{0}}, last_y[CLASSES] = {0};
    for (int y = 0; y < image.h; y++)
        for (int x = 0; x < image.w; x++) {
            const int v = image.pixels[((size_t)y * (size_t)image.w + (size_t)x) * (size_t)image.c];
            if (v >= 1 && v < 20 * CLASSES && (v - 1) % 20 < EACH) {
                found[(v - 1) / 20][(v - 1) % 20]++;
                last_y[(v - 1) / 20] = y;
            }
        }
    for (int c = 0; c < CLASSES; c++) {
        int samples = 0;
        for (int i = 0; i < EACH; i++) {
            assert_true(found[c][i] == 0 || found[c][i] == SIDE * SIDE * 16);
            samples += found[c][i] > 0;
        }
        assert_int_equal(samples, c < 10 ? 3 : 0); /* ten classes unless more are asked for */
        assert_true(c == 0 || c >= 10 || last_y[c] > last_y[c - 1]);
    }
    CHECK_OK(ga_data_show(d, &options, &again, &err));
    assert_memory_equal(image.pixels, again.pixels,
                        (size_t)image.w * (size_t)image.h * (size_t)image.c);
    ga_image_free(&image);
    ga_image_free(&again);
    const ga_data_show_options rest = {.columns = 7, .rows = 40, .first = 10};
    CHECK_OK(ga_data_show(d, &rest, &image, &err)); /* fewer samples and rows than asked for */
    ga_image_free(&image);
    const ga_data_show_options beyond = {.first = 12}, wide = {.columns = 1000};
    CHECK_FAILS(ga_data_show(d, &beyond, &image, &err), GA_EINVAL, "class 12 of data set 'grey'");
    CHECK_FAILS(ga_data_show(d, &wide, &image, &err), GA_EINVAL, "1000 samples");
    ga_dataset_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_become_numbers_of_the_range),
        cmocka_unit_test(wrong_indices_and_sizes_write_nothing),
        cmocka_unit_test(resizing_by_hand),
        cmocka_unit_test(resizing_agrees_with_pytorch),
        cmocka_unit_test(resizing_agrees_with_its_formula_at_any_size),
        cmocka_unit_test(an_epoch_is_a_shuffle_of_its_own),
        cmocka_unit_test(a_sheet_has_a_class_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
