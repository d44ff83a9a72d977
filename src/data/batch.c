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

/* One channel of a picture: floats row by row, or every step-th byte through a table. */
typedef struct plane {
    const float *floats; /* NULL: bytes */
    const uint8_t *bytes;
    const float *value; /* (256) */
    size_t step;
    int h, w;
} plane;

enum { STRIP = 512 }; /* columns at a time, so that any width needs the same small stack */

/* n outputs of row y, which read at t. */
static void resize_row(const plane *p, int y, const tap *t, int n, float *dst)
{
    if (p->floats != NULL) {
        const float *row = p->floats + (size_t)y * (size_t)p->w;
        for (int x = 0; x < n; x++)
            dst[x] = (1 - t[x].share) * row[t[x].a] + t[x].share * row[t[x].b];
        return;
    }
    const uint8_t *row = p->bytes + (size_t)y * (size_t)p->w * p->step;
    for (int x = 0; x < n; x++)
        dst[x] = (1 - t[x].share) * p->value[row[(size_t)t[x].a * p->step]] +
                 t[x].share * p->value[row[(size_t)t[x].b * p->step]];
}

/* Rows first, each once: the two that an output row lies between are kept for the next one. */
static void resize_plane(const plane *p, float *dst, int out_h, int out_w)
{
    tap along[STRIP];
    float kept[2][STRIP];
    for (int from = 0; from < out_w; from += STRIP) {
        const int n = out_w - from < STRIP ? out_w - from : STRIP;
        int row_kept[2] = {-1, -1};
        for (int x = 0; x < n; x++)
            along[x] = tap_of(from + x, p->w, out_w);
        for (int y = 0; y < out_h; y++) {
            const tap down = tap_of(y, p->h, out_h);
            const int rows[2] = {down.a, down.b};
            for (int i = 0; i < 2; i++)
                if (row_kept[rows[i] & 1] != rows[i]) { /* neighbours: one even, one odd */
                    resize_row(p, rows[i], along, n, kept[rows[i] & 1]);
                    row_kept[rows[i] & 1] = rows[i];
                }
            const float *upper = kept[down.a & 1], *lower = kept[down.b & 1];
            float *to = dst + (size_t)y * (size_t)out_w + (size_t)from;
            for (int x = 0; x < n; x++)
                to[x] = (1 - down.share) * upper[x] + down.share * lower[x];
        }
    }
}

void ga_resize_bilinear(const float *src, int planes, int h, int w, float *dst, int out_h,
                        int out_w)
{
    const size_t in_size = (size_t)h * (size_t)w, out_size = (size_t)out_h * (size_t)out_w;
    if (h == out_h && w == out_w) {
        memcpy(dst, src, (size_t)planes * in_size * sizeof *dst);
        return;
    }
    for (size_t i = 0; i < (size_t)planes; i++) {
        const plane p = {.floats = src + i * in_size, .h = h, .w = w};
        resize_plane(&p, dst + i * out_size, out_h, out_w);
    }
}

void ga_resize_bilinear_gradient(const float *diff_out, int planes, int out_h, int out_w,
                                 float *diff, int h, int w)
{
    const size_t in_size = (size_t)h * (size_t)w, out_size = (size_t)out_h * (size_t)out_w;
    memset(diff, 0, (size_t)planes * in_size * sizeof *diff);
    for (int y = 0; y < out_h; y++) {
        const tap down = tap_of(y, h, out_h);
        for (int x = 0; x < out_w; x++) {
            const tap along = tap_of(x, w, out_w);
            const size_t upper = (size_t)down.a * (size_t)w, lower = (size_t)down.b * (size_t)w;
            for (size_t i = 0; i < (size_t)planes; i++) {
                const float g = diff_out[i * out_size + (size_t)y * (size_t)out_w + (size_t)x];
                float *to = diff + i * in_size;
                to[upper + (size_t)along.a] += (1 - down.share) * (1 - along.share) * g;
                to[upper + (size_t)along.b] += (1 - down.share) * along.share * g;
                to[lower + (size_t)along.a] += down.share * (1 - along.share) * g;
                to[lower + (size_t)along.b] += down.share * along.share * g;
            }
        }
    }
}

/* One picture (H,W,C) bytes to (C,H,W) floats. */
static void convert(const uint8_t *src, ga_dims d, const float value[256], float *dst)
{
    const size_t hw = (size_t)d.h * (size_t)d.w, c = (size_t)d.c;
    for (size_t k = 0; k < c; k++)
        for (size_t i = 0; i < hw; i++)
            dst[k * hw + i] = value[src[i * c + k]];
}

/* The same with ga_resize_bilinear, so that no plane of floats is needed in between. */
static void convert_resized(const uint8_t *src, ga_dims d, const float value[256], float *dst,
                            int out_h, int out_w)
{
    const size_t out_hw = (size_t)out_h * (size_t)out_w;
    for (size_t k = 0; k < (size_t)d.c; k++) {
        const plane p = {.bytes = src + k, .value = value, .step = (size_t)d.c, .h = d.h, .w = d.w};
        resize_plane(&p, dst + k * out_hw, out_h, out_w);
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
