/* conv_patch.c - weight gradients where one side has few channels: its patch around each pixel of
 * the other side becomes one row of (tap, channel), so that register tiles are full. */
#include "kernel/conv_gradient.h"
#include <string.h>

/* Patches of images n0 .. n0+n-1 at one pixel: row i at to + i*width. */
static void gather_pixel(const ga_gradient_call *q, int group, int pixel, size_t n0, size_t n,
                         float *to, size_t width)
{
    static const float zeros[16];
    const ga_gradient *g = q->g;
    const ga_axis *rows = &q->around->rows, *cols = &q->around->cols;
    const float *const data = g->row.is_dst ? q->diff_dst : q->src;
    const size_t few = (size_t)g->row.channels, step = few * (size_t)g->groups;
    const int h = pixel / cols->n_out, w = pixel % cols->n_out;
    const float *from[16];
    float *dst[16];
    for (int t0 = 0; t0 < g->taps; t0 += 16) {
        const int taps = ga_min(16, g->taps - t0);
        for (int t = 0; t < taps; t++) {
            const int in_h = rows->source[h * rows->k + (t0 + t) / cols->k];
            const int in_w = cols->source[w * cols->k + (t0 + t) % cols->k];
            from[t] = NULL;
            if (in_h >= 0 && in_w >= 0)
                from[t] = data + (size_t)group * few +
                          ((size_t)(in_h * cols->n_in + in_w) * q->n + n0) * step;
        }
        for (size_t i = 0; i < n && step == 1; i += 16) { /* images lie side by side */
            const int images = n - i < 16 ? (int)(n - i) : 16;
            const float *src[16];
            for (int t = 0; t < taps; t++)
                src[t] = from[t] != NULL ? from[t] + i : zeros;
            for (int j = 0; j < images; j++)
                dst[j] = to + (i + (size_t)j) * width + t0;
            q->kernels->f32->transpose(src, taps, images, dst, false);
        }
        for (size_t i = 0; i < n && step != 1; i++)
            for (int t = 0; t < taps; t++)
                for (size_t c = 0; c < few; c++)
                    to[i * width + (size_t)(t0 + t) * few + c] = from[t] != NULL
                                                                     ? from[t][i * step + c]
                                                                     : 0;
    }
}

/* The column side's rows, padded, where they cannot be read in place. */
static const float *column_rows(const ga_gradient_call *q, int group, size_t row, size_t n,
                                float *copy, size_t *step)
{
    const ga_gradient *g = q->g;
    const size_t channels = (size_t)g->col.channels;
    const float *from = (g->col.is_dst ? q->diff_dst : q->src) + (size_t)group * channels;
    *step = channels * (size_t)g->groups;
    from += row * *step;
    if (channels == g->width)
        return from;
    for (size_t i = 0; i < n; i++) {
        memcpy(copy + i * g->width, from + i * *step, channels * sizeof(float));
        memset(copy + i * g->width + channels, 0, (g->width - channels) * sizeof(float));
    }
    *step = g->width;
    return copy;
}

static void sum_chunk(const ga_gradient_call *q, int chunk, int group, float *patches)
{
    const ga_gradient *g = q->g;
    const ga_conv_isa *isa = q->kernels->f32;
    const size_t patch = (size_t)(g->taps * g->row.channels);
    const size_t rows = (size_t)(g->col.h * g->col.w) * q->n, all = patch * g->width;
    const size_t end = ga_part(rows, (size_t)g->chunks, (size_t)chunk + 1);
    float *const copy = patches + GA_PATCH_ROWS * patch;
    float *const sums = q->sums + (size_t)(chunk * g->groups + group) * all;
    size_t row = ga_part(rows, (size_t)g->chunks, (size_t)chunk);
    if (row == end)
        memset(sums, 0, all * sizeof(float));
    for (bool add = false; row < end; add = true) {
        const size_t n = end - row < GA_PATCH_ROWS ? end - row : GA_PATCH_ROWS;
        for (size_t i = 0; i < n;) {
            const size_t image = (row + i) % q->n;
            const size_t images = q->n - image < n - i ? q->n - image : n - i;
            gather_pixel(q, group, (int)((row + i) / q->n), image, images, patches + i * patch,
                         patch);
            i += images;
        }
        ga_outer t = {.a_n = patch, .n_i = 1, .n_j = 1, .n = n, .c_row = g->width, .add = add};
        const float *const columns = column_rows(q, group, row, n, copy, &t.b_n);
        for (int panel = 0; panel < g->panels; panel++)
            for (size_t tile = 0; tile < (size_t)g->tiles; tile++) {
                const size_t from = ga_part(patch, (size_t)g->tiles, tile);
                const size_t to = ga_part(patch, (size_t)g->tiles, tile + 1);
                const int first = panel * 2 * isa->lanes;
                t.a = patches + from;
                t.b = columns + first;
                t.c = sums + from * g->width + first;
                isa->outer[g->col.channels - first > isa->lanes][to - from - 1](&t);
            }
        row += n;
    }
}

void ga_gradient_patches(const ga_gradient_call *q)
{
    const ga_gradient *g = q->g;
    float *const buffer = (float *)(void *)(q->scratch + g->thread_offset +
                                            ga_thread() * g->thread_bytes);
#pragma omp for schedule(dynamic, 1)
    for (int job = 0; job < g->chunks * g->groups; job++)
        sum_chunk(q, job / g->groups, job % g->groups, buffer);
}
