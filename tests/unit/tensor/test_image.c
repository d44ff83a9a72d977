#include "check.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/hash.h"
#include "ganatomy/image.h"
#include <unistd.h>
#include <zlib.h>

static char path[100];

/* ---- numbers to grey ---------------------------------------------------------------------- */

static void numbers_become_grey_with_rounding_and_clamping(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    const float x[] = {-1, 1, 0, -5, INFINITY, -INFINITY, -1 + 2 / 255.0f, -1 + 0.99f / 255};
    const uint8_t wanted[] = {0, 255, 128, 0, 255, 0, 1, 0}; /* 127.5 rounds up */
    const ga_scale scale = {-1, 1, false};
    CHECK_OK(ga_image_from_view((ga_view){x, 1, 1, 2, 4}, 0, scale, &image, &err));
    assert_int_equal(image.w, 4);
    assert_int_equal(image.h, 2);
    assert_int_equal(image.c, 1);
    assert_memory_equal(image.pixels, wanted, 8);
    ga_image_free(&image);
}

static void stretching_uses_each_pictures_own_range(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    const ga_scale stretch = {.stretch = true};
    const float x[] = {5, 6, 7, 9, 2, 2, 2, 2, 3, -INFINITY, 4, INFINITY};
    const ga_view v = {x, 3, 1, 1, 4};
    CHECK_OK(ga_image_from_view(v, 0, stretch, &image, &err));
    assert_memory_equal(image.pixels, ((uint8_t[]){0, 64, 128, 255}), 4);
    ga_image_free(&image);
    CHECK_OK(ga_image_from_view(v, 1, stretch, &image, &err));
    assert_memory_equal(image.pixels, ((uint8_t[]){128, 128, 128, 128}), 4);
    ga_image_free(&image);
    CHECK_OK(ga_image_from_view(v, 2, stretch, &image, &err));
    assert_memory_equal(image.pixels, ((uint8_t[]){0, 0, 255, 255}), 4);
    ga_image_free(&image);
}

static void planes_become_pixels_and_nan_is_red(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    const ga_scale scale = {0, 1, false};
    const float x[] = {0, 1, 1, 0, 0.2f, NAN};
    CHECK_OK(ga_image_from_view((ga_view){x, 1, 3, 1, 2}, 0, scale, &image, &err));
    assert_int_equal(image.c, 3);
    assert_memory_equal(image.pixels, ((uint8_t[]){0, 255, 51, 255, 0, 0}), 6);
    ga_image_free(&image);
    CHECK_OK(ga_image_from_view((ga_view){x + 4, 1, 1, 1, 2}, 0, scale, &image, &err));
    assert_int_equal(image.c, 3);
    assert_memory_equal(image.pixels, ((uint8_t[]){51, 51, 51, 255, 0, 0}), 6);
    ga_image_free(&image);
}

static void what_is_no_picture_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    const float x[8] = {0};
    const ga_scale scale = {0, 1, false}, turned = {1, 0, false}, nothing = {NAN, 1, false};
    const ga_view grey = {x, 2, 1, 2, 2}, pairs = {x, 1, 2, 2, 2};
    CHECK_FAILS(ga_image_from_view(grey, 2, scale, &image, &err), GA_EINVAL,
                "picture 2 of a batch of 2");
    CHECK_FAILS(ga_image_from_view(grey, -1, scale, &image, &err), GA_EINVAL, "picture -1");
    CHECK_FAILS(ga_image_from_view(pairs, 0, scale, &image, &err), GA_ESHAPE, "2 channels");
    CHECK_FAILS(ga_image_from_view(grey, 0, turned, &image, &err), GA_EINVAL,
                "black is 1 and white is 0");
    CHECK_FAILS(ga_image_from_view(grey, 0, nothing, &image, &err), GA_EINVAL, "black is nan");
    CHECK_FAILS(ga_image_create(0, 5, 1, &image, &err), GA_EINVAL, "0 x 5");
    CHECK_FAILS(ga_image_create(5, -5, 1, &image, &err), GA_EINVAL, "5 x -5");
    CHECK_FAILS(ga_image_create(8001, 8000, 1, &image, &err), GA_EINVAL, "64 million");
    CHECK_FAILS(ga_image_create(5, 5, 2, &image, &err), GA_EINVAL, "2 channels");
    assert_null(image.pixels);
}

/* ---- PNG out ------------------------------------------------------------------------------ */

static ga_image picture(int w, int h, int c)
{
    ga_image image;
    assert_int_equal(ga_image_create(w, h, c, &image, NULL), GA_OK);
    for (int i = 0; i < w * h * c; i++)
        image.pixels[i] = (uint8_t)((i * 2654435761u) >> 24);
    return image;
}

static uint32_t u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A reader of its own for exactly what the header promises: IHDR, IDAT, IEND, filter 0 or 1. */
static void check_png(const uint8_t *png, size_t size, const ga_image *image)
{
    const size_t row = (size_t)image->w * (size_t)image->c, raw = (row + 1) * (size_t)image->h;
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
    assert_int_equal(u32be(png + 16), image->w);
    assert_int_equal(u32be(png + 20), image->h);
    assert_memory_equal(png + 24,
                        image->c == 1   ? "\x8\0\0\0\0"
                        : image->c == 3 ? "\x8\2\0\0\0"
                                        : "\x8\6\0\0\0",
                        5);
    assert_int_equal(u32be(png + 29), crc32(0, png + 12, 17));
    const uint8_t *idat = png + 33;
    const size_t n = u32be(idat);
    assert_memory_equal(idat + 4, "IDAT", 4);
    assert_int_equal(u32be(idat + 8 + n), crc32(0, idat + 4, (uInt)n + 4));
    assert_int_equal(size, 33 + 12 + n + 12);
    assert_memory_equal(idat + 12 + n, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
    uint8_t *out = malloc(raw);
    uLongf length = raw;
    assert_int_equal(uncompress(out, &length, idat + 8, n), Z_OK);
    assert_int_equal(length, raw);
    for (size_t y = 0; y < (size_t)image->h; y++) {
        uint8_t *r = out + y * (row + 1);
        assert_int_equal(*r++, image->c == 1 ? 0 : 1);
        for (size_t i = (size_t)image->c; image->c > 1 && i < row; i++)
            r[i] = (uint8_t)(r[i] + r[i - (size_t)image->c]);
        assert_memory_equal(r, image->pixels + y * row, row);
    }
    free(out);
}

static void a_written_png_is_as_the_specification_says_and_comes_back(void **state)
{
    (void)state;
    ga_err err;
    static const int sizes[][2] = {{1, 1}, {7, 3}, {1, 50}, {300, 200}};
    for (int c = 1; c <= 4; c++)
        for (size_t k = 0; c != 2 && k < sizeof sizes / sizeof *sizes; k++) {
            ga_image image = picture(sizes[k][0], sizes[k][1], c), back;
            uint8_t *png, *again;
            size_t size, size_again;
            CHECK_OK(ga_image_encode_png(&image, &png, &size, &err));
            check_png(png, size, &image);
            CHECK_OK(ga_image_decode(png, size, "p", &back, &err));
            assert_true(back.w == image.w && back.h == image.h && back.c == c);
            assert_memory_equal(back.pixels, image.pixels, (size_t)(image.w * image.h * c));
            CHECK_OK(ga_image_encode_png(&back, &again, &size_again, &err));
            assert_int_equal(size_again, size);
            assert_memory_equal(again, png, size);
            ga_image_bytes_free(png);
            ga_image_bytes_free(again);
            ga_image_free(&image);
            ga_image_free(&back);
        }
}

static void writing_fails_with_the_path_and_leaves_nothing(void **state)
{
    (void)state;
    ga_err err;
    ga_image image = picture(20, 20, 3);
    const ga_image wrong = {image.pixels, 20, 20, 2};
    CHECK_FAILS(ga_image_write_png("/dev/full", &image, &err), GA_EIO,
                "'/dev/full': No space left");
    CHECK_FAILS(ga_image_write_png(path, &wrong, &err), GA_EINVAL, path);
    for (long n = 0; n < 2; n++) {
        ga_mem_fail_after(n);
        CHECK_FAILS(ga_image_write_png(path, &image, &err), GA_ENOMEM, "no memory");
    }
    ga_mem_fail_after(-1);
    assert_false(ga_is_file(path));
    CHECK_OK(ga_image_write_png(path, &image, &err));
    ga_image back;
    CHECK_OK(ga_image_read(path, &back, &err));
    assert_memory_equal(back.pixels, image.pixels, 1200);
    ga_image_free(&back);
    ga_image_free(&image);
    unlink(path);
}

/* ---- PNG in ------------------------------------------------------------------------------- */

/* As in tools/golden/pictures.py. */
static unsigned sample(int x, int y, int c, int depth)
{
    return (uint32_t)(37 * x + 91 * y + 53 * c + 11) * 2654435761u >> (32 - depth);
}

static int rounded(unsigned value, int depth)
{
    return (int)floor(value * 255.0 / ((1 << depth) - 1) + 0.5);
}

/* What pixel (x,y) of a picture of that kind is in RGBA. */
static void wanted_pixel(int x, int y, int kind, int depth, bool transparent, int rgba[4])
{
    const bool colour = (kind & 2) != 0;
    const int alpha = kind == 4 ? 1 : 3;
    for (int c = 0; c < 3; c++)
        rgba[c] = rounded(sample(x, y, colour ? c : 0, depth), depth);
    rgba[3] = (kind & 4) != 0 ? rounded(sample(x, y, alpha, depth), depth) : 255;
    if (kind != 3)
        return;
    const int i = (int)sample(x, y, 0, depth);
    rgba[0] = 3 * i % 256;
    rgba[1] = 255 - i;
    rgba[2] = 7 * i % 256;
    rgba[3] = transparent && i < 2 ? 128 * i : 255;
}

static void check_kind(int kind, int depth, const char *more)
{
    ga_err err;
    ga_image image;
    char name[300];
    const bool transparent = strcmp(more, "_transparent") == 0;
    const int c = transparent || (kind & 4) != 0 ? 4 : kind == 0 ? 1 : 3;
    snprintf(name, sizeof name, "%s/tests/unit/tensor/pictures/kind%d_depth%d%s.png", GA_SOURCE_DIR,
             kind, depth, more);
    CHECK_OK(ga_image_read(name, &image, &err));
    if (image.w != 13 || image.h != 9 || image.c != c)
        fail_msg("%s: %d x %d x %d, expected 13 x 9 x %d", name, image.w, image.h, image.c, c);
    for (int i = 0; i < 13 * 9 * c; i++) {
        int rgba[4];
        wanted_pixel(i / c % 13, i / c / 13, kind, depth, transparent, rgba);
        if (image.pixels[i] != rgba[i % c])
            fail_msg("%s: pixel (%d,%d) channel %d is %d, expected %d", name, i / c % 13,
                     i / c / 13, i % c, image.pixels[i], rgba[i % c]);
    }
    ga_image_free(&image);
}

static void every_kind_of_png_is_read(void **state)
{
    (void)state;
    static const int kinds[][2] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
                                   {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        check_kind(kinds[k][0], kinds[k][1], "");
        check_kind(kinds[k][0], kinds[k][1], "_adam7");
    }
    check_kind(3, 2, "_transparent");
}

static void a_png_cut_anywhere_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_image image = picture(20, 10, 3), back;
    uint8_t *png;
    size_t size;
    CHECK_OK(ga_image_encode_png(&image, &png, &size, &err));
    for (size_t n = 0; n < size; n++) {
        uint8_t *cut = malloc(n == 0 ? 1 : n);
        memcpy(cut, png, n);
        CHECK_FAILS(ga_image_decode(cut, n, "cut.png", &back, &err), GA_EDATA, "cut.png: ");
        assert_null(back.pixels);
        free(cut);
    }
    CHECK_FAILS(ga_image_decode(png, size - 1, "cut.png", &back, &err), GA_EDATA,
                "PNG chunk IEND: cut short: 3 bytes are left, but it takes 4");
    ga_image_bytes_free(png);
    ga_image_free(&image);
}

/* All bytes of our own files matter: signature, sizes, checksummed data. */
static void a_png_with_any_byte_changed_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_image image = picture(9, 5, 1), back;
    uint8_t *png;
    size_t size;
    CHECK_OK(ga_image_encode_png(&image, &png, &size, &err));
    for (size_t i = 0; i < size; i++) {
        png[i] ^= 0x40;
        CHECK_FAILS(ga_image_decode(png, size, "x", &back, &err), GA_EDATA, "x: ");
        png[i] ^= 0x40;
    }
    ga_image_bytes_free(png);
    ga_image_free(&image);
}

/* Writes another size into the header, with a checksum that fits. */
static void set_size(uint8_t *png, uint32_t w, uint32_t h)
{
    for (int i = 0; i < 4; i++) {
        png[16 + i] = (uint8_t)(w >> (24 - 8 * i));
        png[20 + i] = (uint8_t)(h >> (24 - 8 * i));
    }
    const uint32_t crc = ga_crc32(0, png + 12, 17);
    for (int i = 0; i < 4; i++)
        png[29 + i] = (uint8_t)(crc >> (24 - 8 * i));
}

static void sizes_are_checked_before_memory_is_taken(void **state)
{
    (void)state;
    ga_err err;
    ga_image image = picture(9, 5, 1), back;
    uint8_t *png;
    size_t size;
    CHECK_OK(ga_image_encode_png(&image, &png, &size, &err));
    set_size(png, 8001, 8000);
    CHECK_FAILS(ga_image_decode(png, size, "x", &back, &err), GA_EDATA,
                "x: 8001 x 8000 pixels, expected 1 to 64 million");
    set_size(png, 0x7fffffff, 0x7fffffff);
    CHECK_FAILS(ga_image_decode(png, size, "x", &back, &err), GA_EDATA, "2147483647 x 2147483647");
    set_size(png, 0, 5);
    CHECK_FAILS(ga_image_decode(png, size, "x", &back, &err), GA_EDATA, "x: ");
    set_size(png, 8000, 8000);
    CHECK_FAILS(ga_image_decode(png, size, "x", &back, &err), GA_EDATA, "too short for its size");
    set_size(png, 9, 6); /* a row more than there is */
    CHECK_FAILS(ga_image_decode(png, size, "x", &back, &err), GA_EDATA, "x: ");
    set_size(png, 9, 5);
    CHECK_OK(ga_image_decode(png, size, "x", &back, &err));
    ga_image_free(&back);
    ga_image_bytes_free(png);
    ga_image_free(&image);
}

/* libpng would take the 2 GiB that the chunk promises; here they are seen to be missing. */
static void chunks_that_promise_more_than_the_file_has_are_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_image image = picture(9, 5, 1), back;
    uint8_t *png;
    size_t size;
    CHECK_OK(ga_image_encode_png(&image, &png, &size, &err));
    const uint64_t before = ga_mem_count();
    memcpy(png + 33, "\x7f\xff\xff\xffiCCP", 8);
    CHECK_FAILS(ga_image_decode(png, size, "x", &back, &err), GA_EDATA, "but it takes 2147483651");
    memcpy(png + 33, "\0\0\0\1I\0AT", 8);
    CHECK_FAILS(ga_image_decode(png, size, "x", &back, &err), GA_EDATA,
                "x: offset 37: PNG chunk: its type is 49 00 41 54, expected letters");
    assert_int_equal(ga_mem_count(), before);
    ga_image_bytes_free(png);
    ga_image_free(&image);
}

static void reading_without_memory_says_so_and_leaks_nothing(void **state)
{
    (void)state;
    ga_err err;
    ga_image image = picture(9, 5, 3), back;
    uint8_t *png;
    size_t size;
    CHECK_OK(ga_image_encode_png(&image, &png, &size, &err));
    ga_status status = GA_ENOMEM;
    long n = 0;
    for (; status != GA_OK && n < 100; n++) {
        ga_mem_fail_after(n);
        status = ga_image_decode(png, size, "x", &back, &err);
        ga_mem_fail_after(-1);
        if (status != GA_OK) {
            assert_int_equal(status, GA_ENOMEM);
            assert_non_null(strstr(err.text, "no memory"));
            assert_null(back.pixels);
        }
    }
    assert_true(n > 3 && n < 100);
    ga_image_free(&back);
    ga_image_bytes_free(png);
    ga_image_free(&image);
}

static void what_is_neither_png_nor_jpeg_is_named(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    CHECK_FAILS(ga_image_decode("GIF89a..", 8, "x.gif", &image, &err), GA_EDATA,
                "x.gif: begins with 47 49 46 38, expected a PNG or JPEG picture");
    CHECK_FAILS(ga_image_decode("", 0, "x", &image, &err), GA_EDATA, "x: 0 bytes, expected");
    CHECK_FAILS(ga_image_read("/nowhere/x.png", &image, &err), GA_ENOTFOUND, "/nowhere/x.png");
    CHECK_FAILS(ga_image_read("/dev", &image, &err), GA_EIO, "it is a folder");
}

int main(void)
{
    snprintf(path, sizeof path, "/tmp/ganatomy-image-%ld.png", (long)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_become_grey_with_rounding_and_clamping),
        cmocka_unit_test(stretching_uses_each_pictures_own_range),
        cmocka_unit_test(planes_become_pixels_and_nan_is_red),
        cmocka_unit_test(what_is_no_picture_is_refused),
        cmocka_unit_test(a_written_png_is_as_the_specification_says_and_comes_back),
        cmocka_unit_test(writing_fails_with_the_path_and_leaves_nothing),
        cmocka_unit_test(every_kind_of_png_is_read),
        cmocka_unit_test(a_png_cut_anywhere_is_refused),
        cmocka_unit_test(a_png_with_any_byte_changed_is_refused),
        cmocka_unit_test(sizes_are_checked_before_memory_is_taken),
        cmocka_unit_test(chunks_that_promise_more_than_the_file_has_are_refused),
        cmocka_unit_test(reading_without_memory_says_so_and_leaks_nothing),
        cmocka_unit_test(what_is_neither_png_nor_jpeg_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
