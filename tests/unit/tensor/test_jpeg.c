#include "check.h"
#include "ganatomy/image.h"
#include <turbojpeg.h>

/* A smooth picture, which JPEG at quality 100 keeps to a few levels. */
static uint8_t smooth(int x, int y, int c)
{
    return (uint8_t)(128 + 80 * sin(0.2 * x + c) * cos(0.15 * y));
}

static unsigned char *encode(int w, int h, int format, int subsampling, int flags,
                             unsigned long *size)
{
    const int c = tjPixelSize[format];
    unsigned char *pixels = malloc((size_t)(w * h * c)), *jpeg = NULL;
    for (int i = 0; i < w * h * c; i++)
        pixels[i] = smooth(i / c % w, i / c / w, i % c);
    tjhandle handle = tjInitCompress();
    *size = 0;
    assert_int_equal(
        tjCompress2(handle, pixels, w, 0, h, format, &jpeg, size, subsampling, 100, flags), 0);
    tjDestroy(handle);
    free(pixels);
    return jpeg;
}

static void grey_and_colour_come_back_nearly(void **state)
{
    (void)state;
    static const struct {
        int format, subsampling, flags, c;
    } kinds[] = {{TJPF_GRAY, TJSAMP_GRAY, 0, 1},
                 {TJPF_RGB, TJSAMP_444, 0, 3},
                 {TJPF_RGB, TJSAMP_420, 0, 3},
                 {TJPF_RGB, TJSAMP_444, TJFLAG_PROGRESSIVE, 3}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        ga_err err;
        ga_image image;
        unsigned long size;
        unsigned char *jpeg = encode(45, 31, kinds[k].format, kinds[k].subsampling, kinds[k].flags,
                                     &size);
        CHECK_OK(ga_image_decode(jpeg, size, "p.jpg", &image, &err));
        assert_true(image.w == 45 && image.h == 31 && image.c == kinds[k].c);
        int worst = 0;
        for (int i = 0; i < 45 * 31 * image.c; i++) {
            const int d = abs(image.pixels[i] -
                              smooth(i / image.c % 45, i / image.c / 45, i % image.c));
            worst = d > worst ? d : worst;
        }
        /* rounding of YCbCr and of the cosines; halved chroma loses more */
        assert_true(worst <= (kinds[k].subsampling == TJSAMP_420 ? 24 : 4));
        ga_image_free(&image);
        tjFree(jpeg);
    }
}

static void a_jpeg_cut_anywhere_is_refused(void **state)
{
    (void)state;
    unsigned long size;
    unsigned char *jpeg = encode(24, 24, TJPF_RGB, TJSAMP_444, 0, &size);
    for (unsigned long n = 0; n < size; n++) {
        ga_err err;
        ga_image image;
        unsigned char *cut = malloc(n == 0 ? 1 : n);
        memcpy(cut, jpeg, n);
        CHECK_FAILS(ga_image_decode(cut, n, "cut.jpg", &image, &err), GA_EDATA, "cut.jpg: ");
        assert_null(image.pixels);
        free(cut);
    }
    tjFree(jpeg);
}

static void sizes_and_printing_colours_are_refused_before_decoding(void **state)
{
    (void)state;
    ga_err err;
    ga_image image;
    unsigned long size;
    unsigned char *jpeg = encode(24, 24, TJPF_RGB, TJSAMP_444, 0, &size);
    size_t frame = 0; /* the SOF0 marker; height and width lie 5 and 7 bytes behind it */
    while (jpeg[frame] != 0xff || jpeg[frame + 1] != 0xc0)
        frame++;
    memcpy(jpeg + frame + 5, "\x40\x00\x20\x00", 4);
    CHECK_FAILS(ga_image_decode(jpeg, size, "p.jpg", &image, &err), GA_EDATA,
                "8192 x 16384 pixels, expected 1 to 64 million");
    memcpy(jpeg + frame + 5, "\x10\x00\x10\x00", 4);
    CHECK_FAILS(ga_image_decode(jpeg, size, "p.jpg", &image, &err), GA_EDATA,
                "p.jpg: broken JPEG: ");
    tjFree(jpeg);
    jpeg = encode(24, 24, TJPF_CMYK, TJSAMP_444, 0, &size);
    CHECK_FAILS(ga_image_decode(jpeg, size, "p.jpg", &image, &err), GA_EDATA, "CMYK");
    tjFree(jpeg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grey_and_colour_come_back_nearly),
        cmocka_unit_test(a_jpeg_cut_anywhere_is_refused),
        cmocka_unit_test(sizes_and_printing_colours_are_refused_before_decoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
