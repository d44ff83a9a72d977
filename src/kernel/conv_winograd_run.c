/* conv_winograd_run.c - runs products with fewer multiplications: tile by tile of a block of rows
 * (tile, image) sources become points, point by point register tiles multiply, results come back.
 * A row's result depends on that row alone, so neither blocks nor threads show in it. */
#include "kernel/conv_plan.h"
#include <string.h>

enum { ROWS_A_JOB = 4 /* that are transformed by one thread at a time */ };

/* One call. */
typedef struct call {
    const ga_wino *w;
    const ga_kernels *kernels;
    size_t n; /* images */
    int in, out;
    const float *src, *zeros; /* zeros: a row, in the place of padding */
    float *memory;            /* of a block */
} call;

typedef struct block {
    const ga_wino_tiles *h, *v;
    size_t row0, rows;
    size_t in_step, out_step; /* words from point to point */
    float *sources[GA_WINO_PHASES][GA_WINO_PHASES], *results;
} block;

/* Points of a phase's sources for tiles of this kind. */
static int points_of(const ga_wino_axis *a, const ga_wino_tiles *t, int phase)
{
    return t->m + a->phase[phase].taps - 1;
}

static size_t count_blocks(const call *c, int kind_h, int kind_w)
{
    const size_t rows = (size_t)c->w->rows.kind[kind_h].tiles *
                        (size_t)c->w->cols.kind[kind_w].tiles * c->n;
    const size_t most = ga_wino_block_rows(c->w, kind_h, kind_w, c->n);
    return (rows + most - 1) / most;
}

static block block_of(const call *c, int kind_h, int kind_w, size_t index, size_t blocks)
{
    const ga_wino *w = c->w;
    block b = {.h = &w->rows.kind[kind_h], .v = &w->cols.kind[kind_w]};
    const size_t rows = (size_t)b.h->tiles * (size_t)b.v->tiles * c->n;
    float *at = c->memory;
    b.row0 = ga_part(rows, blocks, index);
    b.rows = ga_part(rows, blocks, index + 1) - b.row0;
    b.in_step = ga_wino_point_step(b.rows, w->in_stride);
    b.out_step = ga_wino_point_step(b.rows, w->out_stride);
    for (int p = b.h->phase; p < b.h->phase + b.h->n_phases; p++)
        for (int q = b.v->phase; q < b.v->phase + b.v->n_phases; q++) {
            b.sources[p][q] = at;
            at += (size_t)(points_of(&w->rows, b.h, p) * points_of(&w->cols, b.v, q)) * b.in_step;
        }
    b.results = c->memory + w->results_offset;
    return b;
}

/* Where a row of a block lies: the first output of its tile, numbered within its phase. */
typedef struct place {
    int h, w;
    size_t image;
} place;

static place place_of(const call *c, const block *b, size_t row)
{
    const size_t tile = row / c->n, across = (size_t)b->v->tiles;
    return (place){(int)(tile / across) * b->h->m, (int)(tile % across) * b->v->m, row % c->n};
}

/* Sources of rows row .. row+rows-1 of the block, for one pair of phases. */
static void transform_sources(const call *c, const block *b, int p, int q, size_t row, size_t rows)
{
    const ga_wino *w = c->w;
    const ga_wino_axis *down = &w->rows, *across = &w->cols;
    ga_wino_move m = {.lines = w->lines, .count = (size_t)c->in};
    m.in_h = m.out_h = points_of(down, b->h, p);
    m.in_w = m.out_w = points_of(across, b->v, q);
    for (size_t r = row; r < row + rows; r++) {
        const place at = place_of(c, b, b->row0 + r);
        float *out = b->sources[p][q] + r * w->in_stride;
        int k = 0;
        for (int i = 0; i < m.in_h; i++) {
            const int y = down->phase[p].first + (b->h->first + at.h + i) * down->step_in;
            for (int j = 0; j < m.in_w; j++, k++) {
                const int x = across->phase[q].first + (b->v->first + at.w + j) * across->step_in;
                const bool inside = y >= 0 && y < down->n_in && x >= 0 && x < across->n_in;
                const size_t pixel = inside ? (size_t)y * (size_t)across->n_in + (size_t)x : 0;
                m.in[k] = inside ? c->src + (pixel * c->n + at.image) * (size_t)c->in : c->zeros;
                m.out[k] = out + (size_t)k * b->in_step;
            }
        }
        c->kernels->f32->wino_source(&m);
    }
}

static void transform_all_sources(const call *c, const block *b)
{
    const size_t parts = (b->rows + ROWS_A_JOB - 1) / ROWS_A_JOB;
    const size_t pairs = (size_t)(b->h->n_phases * b->v->n_phases);
#pragma omp for schedule(dynamic, 1)
    for (size_t job = 0; job < parts * pairs; job++) {
        const size_t row = job / pairs * ROWS_A_JOB;
        const int pair = (int)(job % pairs);
        transform_sources(c, b, b->h->phase + pair / b->v->n_phases,
                          b->v->phase + pair % b->v->n_phases, row,
                          b->rows - row < ROWS_A_JOB ? b->rows - row : ROWS_A_JOB);
    }
}

/* The pixel of `image` that has output (i,j) of a tile, (H,W,N,C) with c channels. */
static size_t output_at(const call *c, const block *b, const place *at, int i, int j)
{
    const int y = b->h->start + (at->h + i) * c->w->rows.step_out;
    const int x = b->v->start + (at->w + j) * c->w->cols.step_out;
    return (((size_t)y * (size_t)c->w->cols.n_out + (size_t)x) * c->n + at->image) * (size_t)c->out;
}

/* ---- forward and backward data ----------------------------------------------------------------*/

/* The matrices that make the results of a point: phases' sources and weights. Returns how many. */
static size_t list_pairs(const call *c, const block *b, int i, int j, size_t *a_tap, size_t *b_tap)
{
    const ga_wino *w = c->w;
    size_t n = 0;
    for (int p = b->h->phase; p < b->h->phase + b->h->n_phases; p++)
        for (int q = b->v->phase; q < b->v->phase + b->v->n_phases; q++) {
            const int n_h = points_of(&w->rows, b->h, p), n_w = points_of(&w->cols, b->v, q);
            const int y = i - ga_wino_first(n_h), x = j - ga_wino_first(n_w);
            const ga_wino_phase *down = &w->rows.phase[p], *across = &w->cols.phase[q];
            if (y < 0 || y >= n_h || x < 0 || x >= n_w)
                continue;
            a_tap[n] = (size_t)(b->sources[p][q] - c->memory) + (size_t)(y * n_w + x) * b->in_step;
            b_tap[n++] = (size_t)(w->slot[p][q] +
                                  (i - ga_wino_first(down->points)) * across->points + j -
                                  ga_wino_first(across->points)) *
                         (size_t)c->in;
        }
    return n;
}

/* Results of one point, one panel of output channels. */
static void multiply(const call *c, const block *b, const ga_product *product, const float *packed,
                     int point, int panel)
{
    enum { PAIRS = GA_WINO_PHASES * GA_WINO_PHASES };
    const ga_conv_isa *isa = c->kernels->f32;
    size_t a_tap[PAIRS], b_tap[PAIRS], a_row[GA_TILE_ROWS], c_row[GA_TILE_ROWS];
    const int first = panel * 2 * isa->lanes, wide = c->out - first > isa->lanes ? 2 : 1;
    const size_t tiles = (b->rows + (size_t)isa->rows - 1) / (size_t)isa->rows;
    ga_tile t = {.a = c->memory,
                 .a_tap = a_tap,
                 .a_row = a_row,
                 .b = packed + (size_t)panel * product->panel_words,
                 .b_tap = b_tap,
                 .k = (size_t)c->in,
                 .c = b->results + (size_t)point * b->out_step + first,
                 .c_row = c_row,
                 .columns = wide * isa->lanes};
    t.n_taps = list_pairs(c, b, ga_wino_first(b->h->points) + point / b->v->points,
                          ga_wino_first(b->v->points) + point % b->v->points, a_tap, b_tap);
    for (size_t i = 0; i < tiles; i++) {
        const size_t from = ga_part(b->rows, tiles, i),
                     rows = ga_part(b->rows, tiles, i + 1) - from;
        for (size_t r = 0; r < rows; r++) {
            a_row[r] = (from + r) * c->w->in_stride;
            c_row[r] = (from + r) * c->w->out_stride;
        }
        isa->tile[wide - 1][rows - 1](&t);
    }
}

static void collect_results(const call *c, const block *b, const float *bias, float *dst,
                            size_t row, size_t rows)
{
    ga_wino_move m = {.lines = c->w->lines,
                      .in_h = b->h->points,
                      .in_w = b->v->points,
                      .out_h = b->h->m,
                      .out_w = b->v->m,
                      .start = bias,
                      .count = (size_t)c->out};
    for (size_t r = row; r < row + rows; r++) {
        const place at = place_of(c, b, b->row0 + r);
        for (int k = 0; k < m.in_h * m.in_w; k++)
            m.in[k] = b->results + (size_t)k * b->out_step + r * c->w->out_stride;
        for (int k = 0; k < m.out_h * m.out_w; k++)
            m.out[k] = dst + output_at(c, b, &at, k / m.out_w, k % m.out_w);
        c->kernels->f32->wino_collect(&m);
    }
}

static void run_block(const call *c, const block *b, const ga_product *p, const float *packed,
                      const float *bias, float *dst)
{
    const int jobs = b->h->points * b->v->points * p->panels;
    transform_all_sources(c, b);
#pragma omp for schedule(dynamic, 2)
    for (int job = 0; job < jobs; job++)
        multiply(c, b, p, packed, job / p->panels, job % p->panels);
#pragma omp for schedule(dynamic, ROWS_A_JOB) nowait /* no source of the next block lies there */
    for (size_t row = 0; row < b->rows; row++)
        collect_results(c, b, bias, dst, row, 1);
}

static call call_of(const ga_product *p, const ga_kernels *kernels, size_t n, const float *src,
                    void *scratch)
{
    char *const base = scratch;
    return (call){.w = p->wino,
                  .kernels = kernels,
                  .n = n,
                  .in = p->red,
                  .out = p->out,
                  .src = src,
                  .zeros = (const float *)(const void *)base,
                  .memory = (float *)(void *)(base + p->wino->zeros_bytes)};
}

void ga_wino_run(const ga_product *p, const ga_kernels *kernels, size_t n, const float *src,
                 const float *packed, const float *bias, float *dst, void *scratch, bool parallel)
{
    const ga_wino *w = p->wino;
    const call c = call_of(p, kernels, n, src, scratch);
    memset(scratch, 0, w->zeros_bytes);
#pragma omp parallel num_threads(kernels->threads) if (parallel)
    for (int i = 0; i < w->rows.n_kinds; i++)
        for (int j = 0; j < w->cols.n_kinds; j++) {
            const size_t blocks = count_blocks(&c, i, j);
            for (size_t k = 0; k < blocks; k++) {
                const block b = block_of(&c, i, j, k, blocks);
                run_block(&c, &b, p, packed, bias, dst);
            }
        }
}

/* ---- weight gradients -------------------------------------------------------------------------*/

static void transform_gradients(const call *c, const block *b, const float *diff_dst)
{
    ga_wino_move m = {.lines = c->w->lines,
                      .in_h = b->h->m,
                      .in_w = b->v->m,
                      .out_h = b->h->points,
                      .out_w = b->v->points,
                      .count = (size_t)c->out};
#pragma omp for schedule(dynamic, ROWS_A_JOB) nowait
    for (size_t r = 0; r < b->rows; r++) {
        const place at = place_of(c, b, b->row0 + r);
        for (int k = 0; k < m.in_h * m.in_w; k++)
            m.in[k] = diff_dst + output_at(c, b, &at, k / m.in_w, k % m.in_w);
        for (int k = 0; k < m.out_h * m.out_w; k++)
            m.out[k] = b->results + (size_t)k * b->out_step + r * c->w->out_stride;
        c->kernels->f32->wino_evaluate(&m);
    }
}

/* Adds a block to the sums of one point, one panel of output channels, for all its phases. */
static void add_outer(const call *c, const block *b, float *points, size_t slot_step, int point,
                      int panel)
{
    enum { PAIRS = GA_WINO_PHASES * GA_WINO_PHASES };
    const ga_conv_isa *isa = c->kernels->f32;
    size_t sources[PAIRS], slots[PAIRS];
    const int first = panel * 2 * isa->lanes, wide = c->out - first > isa->lanes ? 1 : 0;
    const size_t pairs = list_pairs(c, b, ga_wino_first(b->h->points) + point / b->v->points,
                                    ga_wino_first(b->v->points) + point % b->v->points, sources,
                                    slots);
    const size_t tiles = ((size_t)c->in + (size_t)isa->rows - 1) / (size_t)isa->rows;
    for (size_t p = 0; p < pairs; p++)
        for (size_t i = 0; i < tiles; i++) {
            const size_t from = ga_part((size_t)c->in, tiles, i);
            const ga_outer t = {.a = c->memory + sources[p] + from,
                                .b = b->results + (size_t)point * b->out_step + first,
                                .a_n = c->w->in_stride,
                                .b_n = c->w->out_stride,
                                .n_i = 1,
                                .n_j = 1,
                                .n = b->rows,
                                .c = points + slots[p] / (size_t)c->in * slot_step +
                                     from * (size_t)c->out + first,
                                .c_row = (size_t)c->out,
                                .add = true};
            isa->outer[wide][ga_part((size_t)c->in, tiles, i + 1) - from - 1](&t);
        }
}

/* The taps of one pair of phases, for one channel in. */
static void collect_taps(const call *c, const float *points, size_t slot_step, float *sums, int p,
                         int q, int channel)
{
    const ga_wino_axis *rows = &c->w->rows, *cols = &c->w->cols;
    const ga_wino_phase *down = &rows->phase[p], *across = &cols->phase[q];
    const size_t at = (size_t)channel * (size_t)c->out, tap_step = (size_t)c->in * (size_t)c->out;
    ga_wino_move m = {.lines = c->w->lines,
                      .in_h = down->points,
                      .in_w = across->points,
                      .out_h = down->taps,
                      .out_w = across->taps,
                      .count = (size_t)c->out};
    for (int k = 0; k < m.in_h * m.in_w; k++)
        m.in[k] = points + (size_t)(c->w->slot[p][q] + k) * slot_step + at;
    for (int k = 0; k < m.out_h * m.out_w; k++) {
        const int y = down->tap + k / m.out_w * down->tap_step;
        const int x = across->tap + k % m.out_w * across->tap_step;
        m.out[k] = sums + (size_t)(y * cols->k + x) * tap_step + at;
    }
    c->kernels->f32->wino_collect(&m);
}

void ga_wino_sum(const ga_product *forward, const ga_kernels *kernels, size_t n, const float *src,
                 const float *diff_dst, float *points, float *sums, void *scratch)
{
    const ga_wino *w = forward->wino;
    const call c = call_of(forward, kernels, n, src, scratch);
    const size_t step = ga_wino_point_step((size_t)c.in, (size_t)c.out);
    const int pairs = w->rows.n_phases * w->cols.n_phases;
#pragma omp for schedule(static)
    for (int slot = -1; slot < w->slots; slot++)
        if (slot < 0)
            memset(scratch, 0, w->zeros_bytes);
        else
            memset(points + (size_t)slot * step, 0, step * sizeof *points);
    for (int i = 0; i < w->rows.n_kinds; i++)
        for (int j = 0; j < w->cols.n_kinds; j++) {
            const size_t blocks = count_blocks(&c, i, j);
            for (size_t k = 0; k < blocks; k++) {
                const block b = block_of(&c, i, j, k, blocks);
                transform_gradients(&c, &b, diff_dst);
                transform_all_sources(&c, &b);
#pragma omp for schedule(dynamic, 2)
                for (int job = 0; job < b.h->points * b.v->points * forward->panels; job++)
                    add_outer(&c, &b, points, step, job / forward->panels, job % forward->panels);
            }
        }
#pragma omp for schedule(static)
    for (int job = 0; job < pairs * c.in; job++)
        collect_taps(&c, points, step, sums, job / c.in / w->cols.n_phases,
                     job / c.in % w->cols.n_phases, job % c.in);
}
