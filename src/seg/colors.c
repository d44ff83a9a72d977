/* colors.c - the eleven basic colours as a segmenter: exact, one plane, pictures of any size. */
#include "base/hash.h"
#include "seg/kind.h"
#include <string.h>

/* To bytes as pictures are written: floor(255 x + 0.5), clamped. */
static uint8_t byte_of(float x)
{
    const float scaled = x * 255 + 0.5F;
    return scaled <= 0 ? 0 : scaled >= 255 ? 255 : (uint8_t)scaled;
}

static ga_status maps(ga_segmenter *s, const float *x, int n, int h, int w, uint16_t *out,
                      ga_err *err)
{
    const size_t plane = (size_t)h * (size_t)w;
    (void)s;
    (void)err;
    for (int i = 0; i < n; i++) {
        const float *rgb = x + (size_t)i * 3 * plane;
        for (size_t k = 0; k < plane; k++)
            out[(size_t)i * plane + k] = (uint16_t)(1 +
                                                    ga_basic_color(byte_of(rgb[k]),
                                                                   byte_of(rgb[plane + k]),
                                                                   byte_of(rgb[2 * plane + k])));
    }
    return GA_OK;
}

static void end(void *own)
{
    (void)own;
}

ga_status ga_segmenter_colors(ga_segmenter **out, ga_err *err)
{
    static const ga_seg_kind kind = {.batch = 16, .maps = maps, .end = end};
    static const char *const category[] = {"color"};
    static const char version[] = "ganatomy colors 1";
    ga_label labels[GA_BASIC_COLORS];
    *out = NULL;
    for (int i = 0; i < GA_BASIC_COLORS; i++)
        labels[i] = (ga_label){ga_basic_color_name(i), 0};
    ga_segmenter s = {.kind = &kind, .name = "colors", .lo = 0, .hi = 1};
    ga_sha256_hex(version, sizeof version - 1, s.hash);
    const ga_status status = ga_vocabulary_create(category, 1, labels, GA_BASIC_COLORS,
                                                  &s.vocabulary, err);
    return status == GA_OK ? ga_seg_make(s, out, err) : status;
}
