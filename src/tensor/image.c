#include "ganatomy/image.h"
#include "base/alloc.h"
#include <math.h>
#include <string.h>

ga_status ga_image_create(int w, int h, int c, ga_image *out, ga_err *err)
{
    *out = (ga_image){0};
    if (w < 1 || h < 1 || (int64_t)w * h > GA_IMAGE_MAX_PIXELS)
        return ga_fail(err, GA_EINVAL, "a picture of %d x %d, expected 1 to %d million pixels", w,
                       h, GA_IMAGE_MAX_PIXELS / 1000000);
    if (c != 1 && c != 3 && c != 4)
        return ga_fail(err, GA_EINVAL, "a picture of %d channels, expected 1, 3 or 4", c);
    uint8_t *pixels = ga_mem_new((size_t)w * (size_t)h, (size_t)c);
    if (pixels == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a picture of %d x %d", w, h);
    *out = (ga_image){.pixels = pixels, .w = w, .h = h, .c = c};
    return GA_OK;
}

void ga_image_free(ga_image *image)
{
    if (image == NULL)
        return;
    ga_mem_free(image->pixels);
    *image = (ga_image){0};
}

/* The range of the finite values; false if there are none. */
static bool finite_range(const float *x, size_t n, float *lo, float *hi)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            continue;
        *lo = any && *lo < x[i] ? *lo : x[i];
        *hi = any && *hi > x[i] ? *hi : x[i];
        any = true;
    }
    return any;
}

static uint8_t level_of(float x, ga_scale scale)
{
    if (!(scale.hi > scale.lo)) /* a constant picture that was to be stretched */
        return x < scale.lo ? 0 : x > scale.hi ? 255 : 128;
    const double part = ((double)x - scale.lo) / ((double)scale.hi - scale.lo);
    return part <= 0 ? 0 : part >= 1 ? 255 : (uint8_t)lround(part * 255);
}

ga_status ga_image_from_view(ga_view v, int n, ga_scale scale, ga_image *out, ga_err *err)
{
    *out = (ga_image){0};
    if (n < 0 || n >= v.n)
        return ga_fail(err, GA_EINVAL, "picture %d of a batch of %d", n, v.n);
    if (v.c != 1 && v.c != 3)
        return ga_fail(err, GA_ESHAPE, "a picture of %d channels, expected 1 or 3", v.c);
    if (!scale.stretch && !(scale.hi > scale.lo))
        return ga_fail(err, GA_EINVAL, "black is %g and white is %g, expected black below white",
                       (double)scale.lo, (double)scale.hi);
    const size_t channels = (size_t)v.c, area = (size_t)v.h * (size_t)v.w;
    const float *x = v.data + (size_t)n * channels * area;
    bool any_nan = false;
    for (size_t i = 0; i < channels * area && !any_nan; i++)
        any_nan = isnan(x[i]);
    const ga_status status = ga_image_create(v.w, v.h, any_nan ? 3 : v.c, out, err);
    if (status != GA_OK)
        return status;
    if (scale.stretch && !finite_range(x, channels * area, &scale.lo, &scale.hi))
        scale.lo = scale.hi = 0;
    for (size_t p = 0; p < area; p++) {
        uint8_t *pixel = out->pixels + p * (size_t)out->c;
        bool bad = false;
        for (size_t c = 0; c < channels; c++)
            bad = bad || isnan(x[c * area + p]);
        for (size_t c = 0; c < (size_t)out->c; c++)
            pixel[c] = bad ? (c == 0 ? 255 : 0)
                           : level_of(x[(c < channels ? c : 0) * area + p], scale);
    }
    return GA_OK;
}
