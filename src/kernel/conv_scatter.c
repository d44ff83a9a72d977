/* conv_scatter.c - one direction of a shape with few output channels: every source row times the
 * weights of all taps at once, which fills vectors with (tap, channel); then each output adds up
 * its taps' products. Sources are read once, and no sum runs across lanes. */
#include "kernel/conv_plan.h"

enum { BUFFER_ROWS = 112 /* rows of products before they are turned */ };

typedef struct scatter {
    const ga_product *p;
    const ga_kernels *kernels;
    size_t n;
    const float *src, *packed, *bias;
    float *dst;
    float *products; /* (pixel, group, column, image) */
    char *threads;
} scatter;

size_t ga_product_scatter_bytes(const ga_kernels *kernels, const ga_product *p)
{
    const size_t width = ga_round_up((size_t)p->columns, 2 * (size_t)kernels->f32->lanes);
    return BUFFER_ROWS * width * sizeof(float);
}

/* Source rows from row0, at most BUFFER_ROWS, times one group's weights; row i to c + i*c_step.
 * whole: c has room for whole panels, whose last columns, beyond the weights, become 0. */
static void multiply_rows(const scatter *s, int g, size_t row0, size_t n, float *c, size_t c_step,
                          bool whole)
{
    const ga_product *p = s->p;
    const ga_conv_isa *isa = s->kernels->f32;
    const size_t tiles = (n + (size_t)isa->rows - 1) / (size_t)isa->rows, zero = 0;
    const int full = 2 * isa->lanes;
    size_t a_row[GA_TILE_ROWS], c_row[GA_TILE_ROWS];
    for (size_t i = 0; i < tiles; i++) {
        const size_t from = ga_part(n, tiles, i), rows = ga_part(n, tiles, i + 1) - from;
        for (size_t r = 0; r < rows; r++) {
            a_row[r] = (row0 + from + r) * p->source_words;
            c_row[r] = (from + r) * c_step;
        }
        for (int panel = 0; panel < p->panels; panel++) {
            const int columns = ga_min(full, p->columns - panel * full);
            const int wide = columns > isa->lanes ? 2 : 1;
            const ga_tile t = {.a = s->src + (size_t)g * p->red_words,
                               .a_tap = &zero,
                               .a_row = a_row,
                               .b = s->packed + (size_t)g * p->group_words +
                                    (size_t)panel * p->panel_words,
                               .b_tap = &zero,
                               .n_taps = 1,
                               .k = p->red_words,
                               .c = c + panel * full,
                               .c_row = c_row,
                               .columns = whole ? wide * isa->lanes : columns};
            isa->tile[wide - 1][rows - 1](&t);
        }
    }
}

/* Rows of one pixel's images, columns side by side, become columns with images side by side. */
static void turn(const scatter *s, const float *rows, size_t step, size_t n, float *to)
{
    const float *src[16];
    float *dst[16];
    for (size_t i = 0; i < n; i += 16)
        for (int c = 0; c < s->p->columns; c += 16) {
            const int images = n - i < 16 ? (int)(n - i) : 16;
            const int columns = ga_min(16, s->p->columns - c);
            for (int r = 0; r < images; r++)
                src[r] = rows + (i + (size_t)r) * step + c;
            for (int j = 0; j < columns; j++)
                dst[j] = to + (size_t)(c + j) * s->n + i;
            s->kernels->f32->transpose(src, images, columns, dst, false);
        }
}

/* All products of `pixels` pixels of one group. */
static void multiply_pixels(const scatter *s, int g, size_t pixel, size_t pixels, float *buffer)
{
    const ga_product *p = s->p;
    const size_t columns = (size_t)p->columns, n = s->n;
    const size_t width = ga_round_up(columns, 2 * (size_t)s->kernels->f32->lanes);
    const size_t step = (size_t)p->groups * columns * n; /* from one pixel's products to the next */
    float *const to = s->products + pixel * step + (size_t)g * columns * n;
    if (n == 1) {
        multiply_rows(s, g, pixel, pixels, to, step, false);
        return;
    }
    for (size_t image = 0; image < n; image += BUFFER_ROWS) { /* more than once: pixels is 1 */
        const size_t images = n - image < BUFFER_ROWS ? n - image : BUFFER_ROWS;
        multiply_rows(s, g, pixel * n + image, pixels * images, buffer, width, true);
        for (size_t i = 0; i < pixels; i++)
            turn(s, buffer + i * images * width, width, images, to + i * step + image);
    }
}

/* The products of channel 0 that one output pixel collects; returns how many. */
static size_t list_products(const scatter *s, int h, int w, const float **taps)
{
    const ga_axis *rows = &s->p->rows, *cols = &s->p->cols;
    const size_t out = (size_t)s->p->out, columns = (size_t)(s->p->columns * s->p->groups);
    const size_t class_h = (size_t)rows->class_of[h], class_w = (size_t)cols->class_of[w];
    const int *tap_h = rows->tap + class_h * (size_t)rows->k;
    const int *tap_w = cols->tap + class_w * (size_t)cols->k;
    const int *delta_h = rows->delta + class_h * (size_t)rows->k;
    const int *delta_w = cols->delta + class_w * (size_t)cols->k;
    size_t n = 0;
    for (int i = 0; i < rows->n_taps[class_h]; i++)
        for (int j = 0; j < cols->n_taps[class_w]; j++) {
            const int in_h = rows->lowest[h] + delta_h[i], in_w = cols->lowest[w] + delta_w[j];
            const size_t column = (size_t)(tap_h[i] * cols->k + tap_w[j]) * out;
            taps[n++] = s->products +
                        ((size_t)(in_h * cols->n_in + in_w) * columns + column) * s->n;
        }
    return n;
}

/* Every channel and image of one output pixel. taps: room for as many pointers. */
static void collect_pixel(const scatter *s, int h, int w, const float **taps)
{
    const ga_product *p = s->p;
    const size_t columns = (size_t)p->columns, out = (size_t)p->out, n = s->n;
    const size_t channels = (size_t)p->groups * out;
    float *const to = s->dst + (size_t)(h * p->cols.n_out + w) * n * channels;
    const size_t n_taps = list_products(s, h, w, taps);
    if (channels == 1) {
        s->kernels->f32->sum_rows(taps, n_taps, s->bias != NULL ? s->bias[0] : 0, n, to);
        return;
    }
    for (size_t c = 0; c < channels; c++) {
        const float start = s->bias != NULL ? s->bias[c] : 0;
        for (size_t i = 0; i < n; i += 64) {
            float sums[64];
            const size_t images = n - i < 64 ? n - i : 64;
            s->kernels->f32->sum_rows(taps, n_taps, start, images, sums);
            for (size_t j = 0; j < images; j++)
                to[(i + j) * channels + c] = sums[j];
            for (size_t t = 0; t < n_taps; t++)
                taps[t] += images;
        }
        /* columns of a group are (tap, channel): the next channel, or the next group's first */
        for (size_t t = 0; t < n_taps && (c + 1) % out == 0 && c + 1 < channels; t++)
            taps[t] += (columns - out) * n;
    }
}

void ga_product_run_scatter(const ga_product *p, const ga_kernels *kernels, size_t n,
                            const float *src, const float *packed, const float *bias, float *dst,
                            void *scratch, bool parallel)
{
    char *const base = scratch;
    const scatter s = {.p = p,
                       .kernels = kernels,
                       .n = n,
                       .src = src,
                       .packed = packed,
                       .bias = bias,
                       .dst = dst,
                       .products = (float *)(void *)base,
                       .threads = base + p->copy_bytes + p->units_bytes};
    const size_t pixels = (size_t)p->rows.n_in * (size_t)p->cols.n_in;
    const size_t most = n < BUFFER_ROWS ? BUFFER_ROWS / n : 1;
    const size_t blocks = (pixels + most - 1) / most, groups = (size_t)p->groups;
    const size_t buffer_bytes = ga_product_scatter_bytes(kernels, p);
#pragma omp parallel num_threads(kernels->threads) if (parallel)
    {
        char *const mine = s.threads + ga_thread() * p->thread_bytes;
#pragma omp for schedule(dynamic, 1)
        for (size_t job = 0; job < blocks * groups; job++) {
            const size_t from = ga_part(pixels, blocks, job / groups);
            const size_t to = ga_part(pixels, blocks, job / groups + 1);
            multiply_pixels(&s, (int)(job % groups), from, to - from, (float *)(void *)mine);
        }
#pragma omp for schedule(dynamic, 1)
        for (int h = 0; h < p->rows.n_out; h++)
            for (int w = 0; w < p->cols.n_out; w++)
                collect_pixel(&s, h, w, (const float **)(void *)(mine + buffer_bytes));
    }
}
