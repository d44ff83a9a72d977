/* conv_gradient.c - weight gradients: compiles a shape, and runs everything but the sums of
 * patches (conv_patch.c). */
#include "kernel/conv_gradient.h"
#include <string.h>

enum {
    PATCH_MOST = 8,   /* channels of the side whose patches become tile rows */
    JOBS_WANTED = 32, /* fewer tiles than that: the sum is split */
    DIRECT_MOST = 16, /* channels up to which rows are read in place */
    BF16_FEWEST = 16, /* channels on either side below which bf16 gains nothing */
    PATCH_CHUNKS = 32,
    BIAS_PARTS = 128,           /* at most, of the sum of the bias's gradient */
    PARALLEL_WORK = 200000,     /* multiply-adds below which a call stays on its thread */
    SUMS_MOST = 8 * 1024 * 1024 /* bytes that splitting may cost */
};

/* ---- making -----------------------------------------------------------------------------------*/

/* Registers of work a step costs with r rows and c columns; under four rows the adds wait. */
static int tile_cost(int r, int c, int lanes)
{
    return (r < 4 ? 4 : r) * ga_div_up(c, lanes);
}

static bool patches_pay(const ga_conv_shape *s, const ga_side *few, const ga_side *other, int lanes)
{
    /* Patches around the pixels of the strided side are mostly holes. */
    const bool dense = !other->strided || (s->sh == 1 && s->sw == 1);
    return s->kh * s->kw > 1 && few->channels <= PATCH_MOST && other->channels >= lanes && dense;
}

static void choose_sides(ga_gradient *g, const ga_conv_shape *s, int lanes, bool winograd)
{
    const ga_side src = {
        .channels = s->ic / s->groups, .strided = !s->transposed, .h = s->ih, .w = s->iw};
    const ga_side dst = {.channels = s->oc / s->groups,
                         .is_dst = true,
                         .strided = s->transposed,
                         .h = s->oh,
                         .w = s->ow};
    const int src_rows = tile_cost(src.channels, dst.channels, lanes);
    const int dst_rows = tile_cost(dst.channels, src.channels, lanes);
    /* If equal, the strided side gets the wide panels: fewer passes over the larger image. */
    bool swap = dst_rows < src_rows || (dst_rows == src_rows && src.strided);
    g->kind = GA_GRADIENT_OUTER;
    if (winograd) {
        g->kind = GA_GRADIENT_WINOGRAD;
        swap = false;
    } else if (s->groups > 1 && src.channels == 1 && dst.channels == 1) {
        g->kind = GA_GRADIENT_DEPTH;
    } else if (patches_pay(s, &src, &dst, lanes)) {
        g->kind = GA_GRADIENT_PATCH;
        swap = false;
    } else if (patches_pay(s, &dst, &src, lanes)) {
        g->kind = GA_GRADIENT_PATCH;
        swap = true;
    }
    g->row = swap ? dst : src;
    g->col = swap ? src : dst;
}

static size_t take(size_t *end, size_t bytes)
{
    const size_t at = *end;
    *end = ga_round_up(at + bytes, 64);
    return at;
}

static void lay_out_outer(ga_gradient *g, const ga_kernels *kernels, size_t n, size_t *end)
{
    const int lanes = kernels->f32->lanes;
    const size_t words = g->bf16 ? (n + 1) / 2 : n;
    const size_t row_pixels = (size_t)g->row.h * (size_t)g->row.w;
    const size_t col_pixels = (size_t)g->col.h * (size_t)g->col.w;
    g->tiles = ga_div_up(g->row.channels, kernels->f32->rows);
    g->row.packed = g->bf16 ||
                    (g->row.channels * g->groups > DIRECT_MOST && g->taps * g->panels >= 4);
    g->col.packed = g->bf16 || g->col.channels % lanes != 0 ||
                    (g->col.channels * g->groups > DIRECT_MOST && g->taps * g->tiles >= 4);
    if (g->row.packed)
        g->row.offset = take(end, row_pixels * words * (size_t)(g->groups * g->tiles) *
                                      ga_round_up((size_t)kernels->f32->rows, (size_t)lanes) * 4);
    if (g->col.packed)
        g->col.offset = take(end, col_pixels * words * (size_t)g->groups * g->width * 4);

    const ga_side *plain = g->row.strided ? &g->col : &g->row;
    const int jobs = g->groups * g->panels * g->tiles * g->taps;
    if (jobs < JOBS_WANTED)
        g->chunks = ga_min(plain->h, ga_div_up(JOBS_WANTED, jobs));
}

void ga_gradient_make(ga_gradient *g, const ga_conv_shape *s, const ga_kernels *kernels, int n,
                      const ga_product *forward)
{
    const int lanes = kernels->f32->lanes;
    const size_t taps = (size_t)s->kh * (size_t)s->kw;
    *g = (ga_gradient){.groups = s->groups, .taps = (int)taps, .chunks = 1};
    choose_sides(g, s, lanes, forward->kind == GA_PRODUCT_WINOGRAD);
    g->bf16 = kernels->bf16 != NULL && g->kind == GA_GRADIENT_OUTER &&
              g->row.channels >= BF16_FEWEST && g->col.channels >= BF16_FEWEST;
    g->panels = ga_div_up(g->col.channels, 2 * lanes);
    g->width = ga_round_up((size_t)g->col.channels, (size_t)lanes);

    const size_t row = (size_t)g->row.channels, col = (size_t)g->col.channels;
    const bool rows_outer = g->row.is_dst != s->transposed; /* in PyTorch's layout */
    g->strides.group = row * col * taps;
    g->strides.input = rows_outer ? col * taps : taps;
    g->strides.output = rows_outer ? taps : row * taps;

    size_t end = 0;
    const size_t one = (size_t)s->groups * taps * row * g->width * sizeof(float);
    if (g->kind == GA_GRADIENT_OUTER) {
        lay_out_outer(g, kernels, (size_t)n, &end);
    } else if (g->kind == GA_GRADIENT_PATCH) {
        g->tiles = ga_div_up((int)(taps * row), kernels->f32->rows);
        g->chunks = PATCH_CHUNKS;
        g->thread_bytes = ga_round_up(GA_PATCH_ROWS * (taps * row + g->width) * sizeof(float), 64);
    } else if (g->kind == GA_GRADIENT_WINOGRAD) {
        g->block_offset = take(&end, forward->wino->zeros_bytes + forward->wino->block_bytes);
        g->points_offset = take(&end, (size_t)forward->wino->slots * sizeof(float) *
                                          ga_wino_point_step(row, g->width));
    }
    if (g->kind == GA_GRADIENT_DEPTH)
        g->sums_offset = take(&end, taps * ga_round_up((size_t)s->groups, (size_t)lanes) * 4);
    while (g->chunks > 1 && one * (size_t)g->chunks > SUMS_MOST)
        g->chunks--;
    if (g->kind != GA_GRADIENT_DEPTH)
        g->sums_offset = take(&end, one * (size_t)g->chunks);
    g->thread_offset = take(&end, g->thread_bytes * (size_t)kernels->threads);
    g->bias_offset = take(&end, BIAS_PARTS * (size_t)s->oc * sizeof(float));
    g->scratch_bytes = end;
}

/* ---- packing ----------------------------------------------------------------------------------*/

/* First channel of part i, and how many it has: tiles of rows are nearly equal, panels full. */
static void part_of(const ga_gradient *g, const ga_side *side, int i, int lanes, int *from, int *n)
{
    if (side == &g->row) {
        *from = (int)ga_part((size_t)side->channels, (size_t)g->tiles, (size_t)i);
        *n = (int)ga_part((size_t)side->channels, (size_t)g->tiles, (size_t)i + 1) - *from;
    } else {
        *from = i * 2 * lanes;
        *n = ga_min(2 * lanes, side->channels - *from);
    }
}

/* Words from one row of a packed part to the next. */
static size_t part_width(const ga_gradient *g, const ga_side *side, int n,
                         const ga_kernels *kernels)
{
    if (side == &g->row) /* whole vectors, which are quicker to write */
        return ga_round_up((size_t)kernels->f32->rows, (size_t)kernels->f32->lanes);
    return ga_round_up((size_t)n, (size_t)kernels->f32->lanes);
}

/* Where part i of a group begins in the packed copy. */
static size_t part_offset(const ga_gradient *g, const ga_side *side, int group, int i, size_t rows,
                          const ga_kernels *kernels)
{
    const size_t lanes = (size_t)kernels->f32->lanes;
    if (side == &g->row)
        return (size_t)(group * g->tiles + i) * rows * part_width(g, side, 0, kernels);
    return ((size_t)group * g->width + (size_t)i * 2 * lanes) * rows;
}

/* Parts [part0, part1) of every group of one pixel's rows. */
static void pack_pixel(const ga_gradient_call *q, const ga_side *side, const float *data,
                       size_t pixel, int part0, int part1)
{
    const ga_gradient *g = q->g;
    const size_t channels = (size_t)side->channels * (size_t)g->groups, n = q->n;
    const size_t words = g->bf16 ? (n + 1) / 2 : n;
    const size_t rows = (size_t)side->h * (size_t)side->w * words;
    float *const copy = (float *)(void *)(q->scratch + side->offset);
    const float *const from = data + pixel * n * channels;
    for (int group = 0; group < g->groups; group++)
        for (int i = part0; i < part1; i++) {
            int first, count;
            part_of(g, side, i, q->kernels->f32->lanes, &first, &count);
            const size_t width = part_width(g, side, count, q->kernels);
            float *dst = copy + part_offset(g, side, group, i, rows, q->kernels) +
                         pixel * words * width;
            (g->bf16 ? q->kernels->bf16->pair_part : q->kernels->f32->copy_part)(
                from + group * side->channels + first, channels, n, count, dst, width);
        }
}

static float *bias_sums(const ga_gradient_call *q)
{
    return (float *)(void *)(q->scratch + q->g->bias_offset);
}

/* Blocks of pixels, each cut into ranges of parts where pixels are few. Sums the bias's gradient
 * on the way, block by block, while the rows are in the cache. */
static void pack_side(const ga_gradient_call *q, const ga_side *side)
{
    if (!side->packed)
        return;
    const size_t pixels = (size_t)side->h * (size_t)side->w;
    const size_t blocks = pixels < BIAS_PARTS ? pixels : BIAS_PARTS;
    const int parts = side == &q->g->row ? q->g->tiles : q->g->panels;
    const int ranges = ga_min(parts, ga_div_up(JOBS_WANTED, (int)blocks));
    const float *data = side->is_dst ? q->diff_dst : q->src;
    const size_t pixel_words = q->n * (size_t)side->channels * (size_t)q->g->groups;
#pragma omp for schedule(dynamic, 1) nowait
    for (size_t job = 0; job < blocks * (size_t)ranges; job++) {
        const size_t block = job / (size_t)ranges, range = job % (size_t)ranges;
        const size_t from = ga_part(pixels, blocks, block), to = ga_part(pixels, blocks, block + 1);
        for (size_t pixel = from; pixel < to; pixel++)
            pack_pixel(q, side, data, pixel, (int)ga_part((size_t)parts, (size_t)ranges, range),
                       (int)ga_part((size_t)parts, (size_t)ranges, range + 1));
        if (side->is_dst && q->diff_bias != NULL && range == 0)
            q->kernels->f32->column_sums(data + from * pixel_words, (to - from) * q->n,
                                         (size_t)q->shape->oc,
                                         bias_sums(q) + block * (size_t)q->shape->oc);
    }
}

/* ---- sums of one tap --------------------------------------------------------------------------*/

/* The plain side's pixels [*from, *to) of which tap k meets a real pixel of the strided side. */
static void valid_range(int k, int stride, int pad, int dilation, int n_strided, int n_plain,
                        int *from, int *to)
{
    const int64_t at = (int64_t)k * dilation - pad; /* strided pixel of plain pixel 0 */
    const int64_t low = at >= 0 ? 0 : (-at + stride - 1) / stride;
    const int64_t high = at >= n_strided ? 0 : (n_strided - 1 - at) / stride + 1;
    *from = (int)(low < n_plain ? low : n_plain);
    *to = (int)(high < n_plain ? high : n_plain);
    if (*to < *from)
        *to = *from;
}

/* Pointer and steps of one side for a tile part. */
typedef struct lane {
    const float *data;
    size_t i, j, n; /* words a row of pixels, a pixel, an image */
} lane;

static lane lane_of(const ga_gradient_call *q, const ga_side *side, int group, int part, int h,
                    int w)
{
    const ga_gradient *g = q->g;
    const ga_conv_shape *s = q->shape;
    const size_t words = g->bf16 ? (q->n + 1) / 2 : q->n;
    const size_t pixels = (size_t)side->h * (size_t)side->w;
    int first, count;
    lane l;
    part_of(g, side, part, q->kernels->f32->lanes, &first, &count);
    if (side->packed) {
        l.data = (const float *)(const void *)(q->scratch + side->offset) +
                 part_offset(g, side, group, part, pixels * words, q->kernels);
        l.n = part_width(g, side, count, q->kernels);
    } else {
        l.data = (side->is_dst ? q->diff_dst : q->src) + group * side->channels + first;
        l.n = (size_t)side->channels * (size_t)g->groups;
    }
    l.j = words * l.n;
    l.i = l.j * (size_t)side->w;
    l.data += (size_t)h * l.i + (size_t)w * l.j;
    if (side->strided) {
        l.i *= (size_t)s->sh;
        l.j *= (size_t)s->sw;
    }
    return l;
}

static void sum_tap(const ga_gradient_call *q, int chunk, int group, int panel, int tile, int tap)
{
    const ga_gradient *g = q->g;
    const ga_conv_shape *s = q->shape;
    const ga_side *strided = g->row.strided ? &g->row : &g->col;
    const ga_side *plain = g->row.strided ? &g->col : &g->row;
    const int kh = tap / s->kw, kw = tap % s->kw, lanes = q->kernels->f32->lanes;
    int h0, h1, w0, w1, first, rows, column, columns;
    valid_range(kh, s->sh, s->ph, s->dh, strided->h, plain->h, &h0, &h1);
    valid_range(kw, s->sw, s->pw, s->dw, strided->w, plain->w, &w0, &w1);
    const int c0 = (int)ga_part((size_t)plain->h, (size_t)g->chunks, (size_t)chunk);
    const int c1 = (int)ga_part((size_t)plain->h, (size_t)g->chunks, (size_t)chunk + 1);
    h0 = h0 > c0 ? h0 : c0;
    h1 = h1 < c1 ? h1 : c1;
    const bool none = h1 <= h0 || w1 <= w0;
    const int sh0 = none ? 0 : h0 * s->sh - s->ph + kh * s->dh;
    const int sw0 = none ? 0 : w0 * s->sw - s->pw + kw * s->dw;
    h0 = none ? 0 : h0;
    w0 = none ? 0 : w0;
    part_of(g, &g->row, tile, lanes, &first, &rows);
    part_of(g, &g->col, panel, lanes, &column, &columns);
    const lane a = lane_of(q, &g->row, group, tile, g->row.strided ? sh0 : h0,
                           g->row.strided ? sw0 : w0);
    const lane b = lane_of(q, &g->col, group, panel, g->col.strided ? sh0 : h0,
                           g->col.strided ? sw0 : w0);
    const size_t at = (((size_t)chunk * (size_t)g->groups + (size_t)group) * (size_t)g->taps +
                       (size_t)tap) *
                          (size_t)g->row.channels +
                      (size_t)first;
    ga_outer t = {.a = a.data,
                  .b = b.data,
                  .a_i = a.i,
                  .a_j = a.j,
                  .a_n = a.n,
                  .b_i = b.i,
                  .b_j = b.j,
                  .b_n = b.n,
                  .n_i = none ? 0 : (size_t)(h1 - h0),
                  .n_j = none ? 0 : (size_t)(w1 - w0),
                  .n = g->bf16 ? (q->n + 1) / 2 : q->n,
                  .c = q->sums + at * g->width + column,
                  .c_row = g->width};
    if (s->sw == 1) { /* neighbouring pixels follow each other on both sides */
        t.n *= t.n_j;
        t.n_j = 1;
    }
    const int wide = columns > lanes ? 1 : 0;
    (g->bf16 ? q->kernels->bf16->outer : q->kernels->f32->outer)[wide][rows - 1](&t);
}

/* Taps in an order that keeps those together which meet the same pixels of the strided side, as
 * what they share then stays in the cache. */
static int ordered_tap(const ga_conv_shape *s, int i)
{
    for (int h = 0; h < s->sh && h < s->kh; h++)
        for (int w = 0; w < s->sw && w < s->kw; w++) {
            const int wide = ga_div_up(s->kw - w, s->sw), n = ga_div_up(s->kh - h, s->sh) * wide;
            if (i < n)
                return (h + i / wide * s->sh) * s->kw + w + i % wide * s->sw;
            i -= n;
        }
    return 0; /* not reached: the groups cover all taps */
}

static void sum_outer(const ga_gradient_call *q)
{
    const ga_gradient *g = q->g;
    const int jobs = g->chunks * g->groups * g->panels * g->tiles * g->taps;
    pack_side(q, &g->row);
    pack_side(q, &g->col);
#pragma omp barrier
#pragma omp for schedule(dynamic, 4)
    for (int job = 0; job < jobs; job++) {
        int at = job;
        const int tap = ordered_tap(q->shape, at % g->taps);
        const int tile = (at /= g->taps) % g->tiles;
        const int panel = (at /= g->tiles) % g->panels;
        const int group = (at /= g->panels) % g->groups;
        sum_tap(q, at / g->groups, group, panel, tile, tap);
    }
}

static void sum_depth(const ga_gradient_call *q)
{
    const ga_gradient *g = q->g;
    const ga_conv_shape *s = q->shape;
    const ga_side *strided = g->row.strided ? &g->row : &g->col;
    const ga_side *plain = g->row.strided ? &g->col : &g->row;
    const size_t channels = (size_t)g->groups, step = q->n * channels;
    const size_t width = ga_round_up(channels, (size_t)q->kernels->f32->lanes);
#pragma omp for schedule(dynamic, 1)
    for (int tap = 0; tap < g->taps; tap++) {
        const int kh = tap / s->kw, kw = tap % s->kw;
        int h0, h1, w0, w1;
        valid_range(kh, s->sh, s->ph, s->dh, strided->h, plain->h, &h0, &h1);
        valid_range(kw, s->sw, s->pw, s->dw, strided->w, plain->w, &w0, &w1);
        const bool none = h1 <= h0 || w1 <= w0;
        const int a_h = none ? 0 : h0 * s->sh - s->ph + kh * s->dh;
        const int a_w = none ? 0 : w0 * s->sw - s->pw + kw * s->dw;
        const float *a = strided->is_dst ? q->diff_dst : q->src;
        const float *b = strided->is_dst ? q->src : q->diff_dst;
        const ga_outer t = {.a = a + (size_t)(a_h * strided->w + a_w) * step,
                            .b = b + (none ? 0 : (size_t)(h0 * plain->w + w0) * step),
                            .a_i = (size_t)(s->sh * strided->w) * step,
                            .a_j = (size_t)s->sw * step,
                            .a_n = channels,
                            .b_i = (size_t)plain->w * step,
                            .b_j = step,
                            .b_n = channels,
                            .n_i = none ? 0 : (size_t)(h1 - h0),
                            .n_j = none ? 0 : (size_t)(w1 - w0),
                            .n = q->n,
                            .c = q->sums + (size_t)tap * width,
                            .c_row = channels};
        q->kernels->f32->depth_weights(&t);
    }
}

/* ---- results ----------------------------------------------------------------------------------*/

static void add_chunks(const ga_gradient_call *q)
{
    const ga_gradient *g = q->g;
    if (g->chunks == 1)
        return;
    const size_t rows = (size_t)(g->groups * g->taps * g->row.channels), all = rows * g->width;
#pragma omp for schedule(static)
    for (size_t r = 0; r < rows; r++)
        for (size_t chunk = 1; chunk < (size_t)g->chunks; chunk++)
            for (size_t c = r * g->width; c < (r + 1) * g->width; c++)
                q->sums[c] += q->sums[chunk * all + c];
}

static const float *sums_row(const ga_gradient_call *q, int group, int tap, int r)
{
    const ga_gradient *g = q->g;
    return q->sums +
           (((size_t)group * (size_t)g->taps + (size_t)tap) * (size_t)g->row.channels + (size_t)r) *
               g->width;
}

/* 16 columns; the channels and taps of the row side follow each other in the result. */
static void write_columns(const ga_gradient_call *q, int group, int column)
{
    const ga_gradient *g = q->g;
    const int columns = ga_min(16, g->col.channels - column), run = g->row.channels * g->taps;
    float *const to = q->diff_weights + (size_t)group * g->strides.group +
                      (size_t)column * g->strides.output;
    const float *src[16];
    float *dst[16];
    for (int j = 0; j < run; j += 16) {
        const int rows = ga_min(16, run - j);
        for (int i = 0; i < rows; i++)
            src[i] = sums_row(q, group, (j + i) % g->taps, (j + i) / g->taps) + column;
        for (int c = 0; c < columns; c++)
            dst[c] = to + (size_t)c * g->strides.output + j;
        q->kernels->f32->transpose(src, rows, columns, dst, q->accumulate);
    }
}

/* One channel of the row side; the columns and their taps follow each other in the result. */
static void write_row(const ga_gradient_call *q, int group, int r)
{
    const ga_gradient *g = q->g;
    float *const to = q->diff_weights + (size_t)group * g->strides.group +
                      (size_t)r * g->strides.input;
    const float *src[16];
    float *dst[16];
    if (g->strides.output == 1) {
        const float *const from = sums_row(q, group, 0, r);
        for (int c = 0; c < g->col.channels; c++)
            to[c] = q->accumulate ? to[c] + from[c] : from[c];
        return;
    }
    for (int column = 0; column < g->col.channels; column += 16) {
        const int columns = ga_min(16, g->col.channels - column);
        for (int tap = 0; tap < g->taps; tap += 16) {
            const int rows = ga_min(16, g->taps - tap);
            for (int i = 0; i < rows; i++)
                src[i] = sums_row(q, group, tap + i, r) + column;
            for (int c = 0; c < columns; c++)
                dst[c] = to + (size_t)(column + c) * g->strides.output + tap;
            q->kernels->f32->transpose(src, rows, columns, dst, q->accumulate);
        }
    }
}

static void write_weights(const ga_gradient_call *q)
{
    const ga_gradient *g = q->g;
    if (g->kind == GA_GRADIENT_DEPTH) {
        const size_t width = ga_round_up((size_t)g->groups, (size_t)q->kernels->f32->lanes);
#pragma omp for schedule(static) nowait
        for (int i = 0; i < g->groups * g->taps; i++) {
            const float sum = q->sums[(size_t)(i % g->taps) * width + (size_t)(i / g->taps)];
            q->diff_weights[i] = q->accumulate ? q->diff_weights[i] + sum : sum;
        }
    } else if (g->strides.input == (size_t)g->taps && g->strides.output != 1) {
        const int blocks = ga_div_up(g->col.channels, 16);
#pragma omp for schedule(dynamic, 1) nowait
        for (int job = 0; job < g->groups * blocks; job++)
            write_columns(q, job / blocks, job % blocks * 16);
    } else {
#pragma omp for schedule(dynamic, 1) nowait
        for (int job = 0; job < g->groups * g->row.channels; job++)
            write_row(q, job / g->row.channels, job % g->row.channels);
    }
}

/* Sums of parts of the rows of the result's gradient, unless packing made them; then their sum. */
static void sum_bias(const ga_gradient_call *q)
{
    const ga_conv_shape *s = q->shape;
    const ga_side *dst = q->g->row.is_dst ? &q->g->row : &q->g->col;
    const size_t pixels = (size_t)s->oh * (size_t)s->ow, rows = pixels * q->n;
    const size_t oc = (size_t)s->oc;
    size_t parts = dst->packed ? pixels : rows / 16 + 1;
    parts = parts < BIAS_PARTS ? parts : BIAS_PARTS;
    float *const sums = bias_sums(q);
    if (!dst->packed) {
#pragma omp for schedule(static)
        for (size_t i = 0; i < parts; i++) {
            const size_t from = ga_part(rows, parts, i), to = ga_part(rows, parts, i + 1);
            q->kernels->f32->column_sums(q->diff_dst + from * oc, to - from, oc, sums + i * oc);
        }
    }
#pragma omp for schedule(static)
    for (size_t c = 0; c < oc; c++) {
        float sum = sums[c];
        for (size_t i = 1; i < parts; i++)
            sum += sums[i * oc + c];
        q->diff_bias[c] = q->accumulate ? q->diff_bias[c] + sum : sum;
    }
}

void ga_gradient_run(const ga_conv *c, int n, const float *src, const float *diff_dst,
                     float *diff_weights, float *diff_bias, bool accumulate, void *scratch)
{
    const ga_gradient *g = &c->gradient;
    const ga_product *around = g->row.is_dst ? &c->backward : &c->forward;
    const ga_gradient_call q = {.g = g,
                                .shape = &c->shape,
                                .kernels = &c->kernels,
                                .around = around,
                                .n = (size_t)n,
                                .src = src,
                                .diff_dst = diff_dst,
                                .diff_weights = diff_weights,
                                .diff_bias = diff_bias,
                                .accumulate = accumulate,
                                .scratch = scratch,
                                .sums = (float *)(void *)((char *)scratch + g->sums_offset)};
    const bool parallel = c->kernels.threads > 1 &&
                          ga_product_work(&c->forward) * (uint64_t)n > PARALLEL_WORK;
#pragma omp parallel num_threads(c->kernels.threads) if (parallel)
    {
        if (g->kind == GA_GRADIENT_DEPTH)
            sum_depth(&q);
        else if (g->kind == GA_GRADIENT_PATCH)
            ga_gradient_patches(&q);
        else if (g->kind == GA_GRADIENT_WINOGRAD)
            ga_wino_sum(&c->forward, q.kernels, q.n, src, diff_dst,
                        (float *)(void *)(q.scratch + g->points_offset), q.sums,
                        q.scratch + g->block_offset);
        else
            sum_outer(&q);
        add_chunks(&q);
        write_weights(&q);
        if (diff_bias != NULL)
            sum_bias(&q);
    }
}
