/* batch.c - from bytes to floats: ranges, resizing, the order of an epoch. */
#include "ganatomy/data.h"
#include "base/rng.h"
#include <math.h>
#include <string.h>

#define MAX_SIDE 4096

/* Where one output coordinate reads: two neighbours and the share of the second. f32 throughout, as
 * PyTorch computes it. */
typedef struct tap {
    int a, b;
    float share;
} tap;

static tap tap_of(int out, int n_in, int n_out)
{
    const float scale = (float)n_in / (float)n_out;
    const float at = fmaxf(scale * ((float)out + 0.5f) - 0.5f, 0.0f);
    const int a = (int)at < n_in - 1 ? (int)at : n_in - 1;
    return (tap){.a = a, .b = a + 1 < n_in ? a + 1 : a, .share = at - (float)a};
}

void ga_resize_bilinear(const float *src, int planes, int h, int w, float *dst, int out_h,
                        int out_w)
{
    const size_t in_size = (size_t)h * (size_t)w, out_size = (size_t)out_h * (size_t)out_w;
    if (h == out_h && w == out_w) {
        memcpy(dst, src, (size_t)planes * in_size * sizeof *dst);
        return;
    }
    for (int y = 0; y < out_h; y++) {
        const tap ty = tap_of(y, h, out_h);
        for (int x = 0; x < out_w; x++) {
            const tap tx = tap_of(x, w, out_w);
            for (int p = 0; p < planes; p++) {
                const float *top = src + (size_t)p * in_size + (size_t)ty.a * (size_t)w;
                const float *low = src + (size_t)p * in_size + (size_t)ty.b * (size_t)w;
                const float upper = (1 - tx.share) * top[tx.a] + tx.share * top[tx.b];
                const float lower = (1 - tx.share) * low[tx.a] + tx.share * low[tx.b];
                dst[(size_t)p * out_size + (size_t)y * (size_t)out_w + (size_t)x] =
                    (1 - ty.share) * upper + ty.share * lower;
            }
        }
    }
}

/* One picture (H,W,C) bytes to (C,H,W) floats. */
static void convert(const uint8_t *src, ga_dims d, const float value[256], float *dst)
{
    const size_t hw = (size_t)d.h * (size_t)d.w, c = (size_t)d.c;
    for (size_t i = 0; i < hw; i++)
        for (size_t k = 0; k < c; k++)
            dst[k * hw + i] = value[src[i * c + k]];
}

/* As ga_resize_bilinear, but from bytes, so that no plane of floats is needed in between. */
static void convert_resized(const uint8_t *src, ga_dims d, const float value[256], float *dst,
                            int out_h, int out_w)
{
    const size_t c = (size_t)d.c, row = (size_t)d.w * c, out_hw = (size_t)out_h * (size_t)out_w;
    for (int y = 0; y < out_h; y++) {
        const tap ty = tap_of(y, d.h, out_h);
        const uint8_t *top = src + (size_t)ty.a * row, *low = src + (size_t)ty.b * row;
        for (int x = 0; x < out_w; x++) {
            const tap tx = tap_of(x, d.w, out_w);
            for (size_t k = 0; k < c; k++) {
                const size_t a = (size_t)tx.a * c + k, b = (size_t)tx.b * c + k;
                const float upper = (1 - tx.share) * value[top[a]] + tx.share * value[top[b]];
                const float lower = (1 - tx.share) * value[low[a]] + tx.share * value[low[b]];
                dst[k * out_hw + (size_t)y * (size_t)out_w + (size_t)x] = (1 - ty.share) * upper +
                                                                          ty.share * lower;
            }
        }
    }
}

ga_status ga_batch_fill(const ga_dataset *d, const uint32_t *indices, int n, ga_batch_spec spec,
                        float *pixels, int32_t *labels, ga_err *err)
{
    const ga_dims dims = ga_dataset_dims(d);
    const int h = spec.h != 0 ? spec.h : dims.h, w = spec.w != 0 ? spec.w : dims.w;
    if (h < 1 || w < 1 || h > MAX_SIDE || w > MAX_SIDE)
        return ga_fail(err, GA_EINVAL, "a batch of pictures of %d x %d: expected 1 to %d", h, w,
                       MAX_SIDE);
    for (int i = 0; i < n; i++)
        if (indices[i] >= (uint32_t)ga_dataset_n(d))
            return ga_fail(err, GA_EINVAL, "picture %u of data set '%s': the last one is %d",
                           indices[i], ga_dataset_name(d), ga_dataset_n(d) - 1);
    float value[256];
    for (int b = 0; b < 256; b++)
        value[b] = (float)((double)spec.lo + ((double)spec.hi - (double)spec.lo) * b / 255);
    const size_t in_size = ga_dims_count(dims);
    const size_t out_size = (size_t)dims.c * (size_t)h * (size_t)w;
    for (int i = 0; i < n; i++) {
        const uint8_t *src = ga_dataset_pixels(d) + indices[i] * in_size;
        float *dst = pixels + (size_t)i * out_size;
        if (h == dims.h && w == dims.w)
            convert(src, dims, value, dst);
        else
            convert_resized(src, dims, value, dst, h, w);
        if (labels != NULL)
            labels[i] = ga_dataset_labels(d)[indices[i]];
    }
    return GA_OK;
}

void ga_epoch_order(uint32_t n, uint64_t seed, uint64_t epoch, uint32_t *order)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    ga_rng rng = ga_rng_of(seed, epoch);
    ga_rng_shuffle(&rng, order, n);
}
