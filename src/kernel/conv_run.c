/* conv_run.c - runs one direction of a shape: cuts the output into units of rows, hands them to
 * register tiles.
 *
 * Two ways to walk, with the same sums in the same order. By class: the rows (pixel, image) of all
 * outputs with the same taps, tile after tile, all taps in registers. Tap by tap: for few images,
 * whose classes are too small to fill tiles; each tap gathers the outputs it is valid for. */
#include "kernel/conv_plan.h"

enum {
    PARALLEL_WORK = 200000, /* multiply-adds below which a call stays on its thread */
    TOGETHER_WORDS = 8192,  /* of weights for the panels of one job: half of a first cache */
    TOGETHER_MOST = 16,
    JOBS_WANTED = 32
};

/* Rows row0 .. row0+n_rows-1 of one class of outputs. */
typedef struct unit {
    int h, w; /* classes */
    size_t row0, n_rows;
} unit;

/* One call. */
typedef struct run {
    const ga_product *p;
    const ga_kernels *kernels;
    size_t n; /* images */
    const float *src;
    const float *packed, *bias;
    float *dst;
    const unit *units;
    size_t n_units;
    char *threads; /* scratch of thread 0 */
    bool parallel;
} run;

static size_t unit_rows(const ga_kernels *kernels)
{
    return 8 * (size_t)kernels->f32->rows;
}

static int class_size(const ga_axis *a, int c)
{
    return a->first[c + 1] - a->first[c];
}

static size_t class_rows(const run *r, int h, int w)
{
    return (size_t)class_size(&r->p->rows, h) * (size_t)class_size(&r->p->cols, w) * r->n;
}

size_t ga_product_units_bytes(const ga_product *p, const ga_kernels *kernels, size_t rows)
{
    const size_t classes = (size_t)p->rows.n_classes * (size_t)p->cols.n_classes;
    return ga_round_up((classes + rows / unit_rows(kernels)) * sizeof(unit), 64);
}

static void list_units(run *r, unit *units)
{
    const ga_product *p = r->p;
    const size_t most = unit_rows(r->kernels);
    r->units = units;
    r->n_units = 0;
    for (int h = 0; h < p->rows.n_classes; h++)
        for (int w = 0; w < p->cols.n_classes; w++) {
            const size_t rows = class_rows(r, h, w), parts = (rows + most - 1) / most;
            for (size_t i = 0; i < parts; i++) {
                const size_t from = ga_part(rows, parts, i);
                units[r->n_units++] = (unit){h, w, from, ga_part(rows, parts, i + 1) - from};
            }
        }
}

/* Walks the rows of a unit: where the source row of its lowest tap and its result begin. */
typedef struct walk {
    const run *r;
    const int *order_h, *order_w;
    size_t at_h, at_w, n_w, image; /* next row */
} walk;

static walk walk_unit(const run *r, const unit *u)
{
    const ga_product *p = r->p;
    walk k = {.r = r,
              .order_h = p->rows.order + p->rows.first[u->h],
              .order_w = p->cols.order + p->cols.first[u->w],
              .n_w = (size_t)class_size(&p->cols, u->w),
              .image = u->row0 % r->n};
    const size_t pixel = u->row0 / r->n;
    k.at_h = pixel / k.n_w;
    k.at_w = pixel % k.n_w;
    return k;
}

static void walk_rows(walk *k, size_t n, size_t *a_row, size_t *c_row)
{
    const run *r = k->r;
    const ga_product *p = r->p;
    const size_t out = (size_t)p->out * (size_t)p->groups;
    for (size_t i = 0; i < n;) {
        const int h = k->order_h[k->at_h], w = k->order_w[k->at_w];
        const size_t from = ((size_t)p->rows.lowest[h] * (size_t)p->cols.n_in +
                             (size_t)p->cols.lowest[w]) *
                            r->n;
        const size_t to = ((size_t)h * (size_t)p->cols.n_out + (size_t)w) * r->n;
        for (; i < n && k->image < r->n; k->image++, i++) {
            a_row[i] = (from + k->image) * p->source_words;
            c_row[i] = (to + k->image) * out;
        }
        if (k->image == r->n) {
            k->image = 0;
            if (++k->at_w == k->n_w) {
                k->at_w = 0;
                k->at_h++;
            }
        }
    }
}

/* The taps of a class: offsets into source and weights; returns how many. */
static size_t list_taps(const run *r, const unit *u, size_t b_step, size_t *a_tap, size_t *b_tap)
{
    const ga_axis *rows = &r->p->rows, *cols = &r->p->cols;
    const int *tap_h = rows->tap + (size_t)u->h * (size_t)rows->k;
    const int *delta_h = rows->delta + (size_t)u->h * (size_t)rows->k;
    const int *tap_w = cols->tap + (size_t)u->w * (size_t)cols->k;
    const int *delta_w = cols->delta + (size_t)u->w * (size_t)cols->k;
    size_t n = 0;
    for (int i = 0; i < rows->n_taps[u->h]; i++)
        for (int j = 0; j < cols->n_taps[u->w]; j++) {
            a_tap[n] = ((size_t)delta_h[i] * (size_t)cols->n_in + (size_t)delta_w[j]) * r->n *
                       r->p->source_words;
            b_tap[n++] = (size_t)(tap_h[i] * cols->k + tap_w[j]) * b_step;
        }
    return n;
}

/* One panel of output columns of one group. */
typedef struct columns {
    ga_tile tile; /* without rows */
    int wide;     /* vectors */
    const ga_tile_fn *run;
    size_t a_first, c_first; /* the group's first word in a source row, the first column */
} columns;

static columns panel_of(const run *r, int g, int index)
{
    const ga_product *p = r->p;
    const int lanes = r->kernels->f32->lanes, first = index * 2 * lanes;
    columns out = {.wide = p->out - first > lanes ? 2 : 1};
    out.run = p->bf16 ? r->kernels->bf16->tile[out.wide - 1] : r->kernels->f32->tile[out.wide - 1];
    out.a_first = (size_t)g * p->red_words;
    out.c_first = (size_t)g * (size_t)p->out + (size_t)first;
    out.tile = (ga_tile){.a = r->src + out.a_first,
                         .b = r->packed + (size_t)g * p->group_words +
                              (size_t)index * p->panel_words,
                         .k = p->red_words,
                         .c = r->dst + out.c_first,
                         .bias = r->bias != NULL ? r->bias + out.c_first : NULL,
                         .columns = ga_min(p->out - first, out.wide * lanes)};
    return out;
}

static void run_unit_taps(const run *r, const columns *panels, size_t n_panels, const unit *u,
                          size_t *taps)
{
    size_t a_row[GA_TILE_ROWS], c_row[GA_TILE_ROWS];
    const size_t most = (size_t)r->kernels->f32->rows, tiles = (u->n_rows + most - 1) / most;
    walk k = walk_unit(r, u);
    const size_t n_taps = list_taps(r, u, r->p->red_words, taps, taps + r->p->taps);
    for (size_t i = 0; i < tiles; i++) {
        const size_t rows = ga_part(u->n_rows, tiles, i + 1) - ga_part(u->n_rows, tiles, i);
        walk_rows(&k, rows, a_row, c_row);
        for (size_t j = 0; j < n_panels; j++) {
            ga_tile t = panels[j].tile;
            t.a_tap = taps;
            t.b_tap = taps + r->p->taps;
            t.a_row = a_row;
            t.c_row = c_row;
            t.n_taps = n_taps;
            panels[j].run[rows - 1](&t);
        }
    }
}

static void run_unit_dot(const run *r, int g, const unit *u, size_t *taps)
{
    const ga_product *p = r->p;
    const ga_conv_isa *isa = r->kernels->f32;
    const size_t most = (size_t)isa->dot_rows[p->out - 1];
    size_t a_row[16], c_row[16];
    walk k = walk_unit(r, u);
    ga_dot t = {.a = r->src + (size_t)g * p->red_words,
                .a_tap = taps,
                .a_row = a_row,
                .b = r->packed + (size_t)g * p->group_words,
                .b_tap = taps + p->taps,
                .k = (size_t)p->red,
                .b_out = p->panel_words,
                .c = r->dst + (size_t)(g * p->out),
                .c_row = c_row,
                .bias = r->bias != NULL ? r->bias + (size_t)(g * p->out) : NULL};
    t.n_taps = list_taps(r, u, (size_t)p->out * p->panel_words, taps, taps + p->taps);
    size_t left = u->n_rows;
    for (; left >= most; left -= most) {
        walk_rows(&k, most, a_row, c_row);
        isa->dot[p->out - 1](&t);
    }
    if (2 * left > most) { /* a whole tile that computes its last row again and again */
        walk_rows(&k, left, a_row, c_row);
        for (size_t i = left; i < most; i++) {
            a_row[i] = a_row[left - 1];
            c_row[i] = c_row[left - 1];
        }
        isa->dot[p->out - 1](&t);
        left = 0;
    }
    for (; left > 0; left--) {
        walk_rows(&k, 1, a_row, c_row);
        isa->dot_one[p->out - 1](&t);
    }
}

/* ---- tap by tap -------------------------------------------------------------------------------*/

/* Rows of one tap among the outputs pixel0 .. pixel1-1; returns how many. */
static size_t gather_tap(const run *r, int kh, int kw, int pixel0, int pixel1, size_t *a_row,
                         size_t *c_row)
{
    const ga_axis *rows = &r->p->rows, *cols = &r->p->cols;
    const size_t out = (size_t)r->p->out * (size_t)r->p->groups, words = r->p->source_words;
    size_t n = 0;
    for (int h = pixel0 / cols->n_out; h * cols->n_out < pixel1; h++) {
        const int in_h = rows->source[(size_t)h * (size_t)rows->k + (size_t)kh];
        if (in_h < 0)
            continue;
        const int line = h * cols->n_out, from = pixel0 > line ? pixel0 - line : 0;
        const int to = ga_min(pixel1 - line, cols->n_out);
        for (int w = from; w < to; w++) {
            const int in_w = cols->source[(size_t)w * (size_t)cols->k + (size_t)kw];
            if (in_w < 0)
                continue;
            const size_t in = ((size_t)in_h * (size_t)cols->n_in + (size_t)in_w) * r->n;
            const size_t at = (size_t)(line + w) * r->n;
            for (size_t i = 0; i < r->n; i++, n++) {
                a_row[n] = (in + i) * words;
                c_row[n] = (at + i) * out;
            }
        }
    }
    return n;
}

static void run_block(const run *r, const columns *panel, int pixel0, int pixel1)
{
    size_t a_row[GA_BLOCK_ROWS], c_row[GA_BLOCK_ROWS];
    const ga_product *p = r->p;
    const size_t out = (size_t)p->out * (size_t)p->groups, zero = 0;
    const size_t most = (size_t)r->kernels->f32->rows;
    for (size_t row = (size_t)pixel0 * r->n; row < (size_t)pixel1 * r->n; row++)
        for (int c = 0; c < panel->tile.columns; c++)
            panel->tile.c[row * out + (size_t)c] = panel->tile.bias != NULL ? panel->tile.bias[c]
                                                                            : 0;

    ga_tile t = panel->tile;
    size_t b_tap = 0;
    t.a_tap = &zero;
    t.b_tap = &b_tap;
    t.n_taps = 1;
    t.add = true;
    for (int kh = 0; kh < p->rows.k; kh++)
        for (int kw = 0; kw < p->cols.k; kw++) {
            const size_t n = gather_tap(r, kh, kw, pixel0, pixel1, a_row, c_row);
            const size_t tiles = (n + most - 1) / most;
            b_tap = (size_t)(kh * p->cols.k + kw) * p->red_words;
            for (size_t i = 0; i < tiles; i++) {
                const size_t from = ga_part(n, tiles, i), to = ga_part(n, tiles, i + 1);
                t.a_row = a_row + from;
                t.c_row = c_row + from;
                panel->run[to - from - 1](&t);
            }
        }
}

/* ---- the call ---------------------------------------------------------------------------------*/

/* Whether tiles of single classes would be mostly full. */
static bool classes_fill_tiles(const run *r)
{
    const ga_product *p = r->p;
    const size_t most = (size_t)r->kernels->f32->rows;
    size_t rows = 0, padded = 0;
    if (r->n >= most)
        return true;
    for (int h = 0; h < p->rows.n_classes; h++)
        for (int w = 0; w < p->cols.n_classes; w++) {
            const size_t taps = (size_t)p->rows.n_taps[h] * (size_t)p->cols.n_taps[w];
            rows += class_rows(r, h, w) * taps;
            padded += ga_round_up(class_rows(r, h, w), most) * taps;
        }
    return 4 * padded <= 5 * rows;
}

/* Panels that a job runs side by side: where weights are few, so that rows are read once and
 * results are written in longer stretches; yet some jobs must be left for every thread. */
static size_t panels_together(const run *r)
{
    const ga_product *p = r->p;
    const size_t panels = (size_t)p->panels, jobs = (size_t)p->groups * panels * r->n_units;
    size_t together = TOGETHER_WORDS / p->panel_words;
    together = together > jobs / JOBS_WANTED ? jobs / JOBS_WANTED : together;
    together = together > TOGETHER_MOST ? TOGETHER_MOST : together;
    together = together > panels ? panels : together;
    return together < 1 ? 1 : together;
}

static void run_classes(const run *r)
{
    const ga_product *p = r->p;
    const bool dot = p->kind == GA_PRODUCT_DOT;
    const size_t panels = (size_t)p->panels, together = dot ? 1 : panels_together(r);
    const size_t blocks = dot ? 1 : (panels + together - 1) / together;
    const size_t jobs = (size_t)p->groups * blocks * r->n_units;
#pragma omp parallel num_threads(r->kernels->threads) if (r->parallel)
    {
        size_t *const taps = (size_t *)(void *)(r->threads + ga_thread() * p->thread_bytes);
#pragma omp for schedule(dynamic, 1)
        for (size_t job = 0; job < jobs; job++) {
            const unit *u = r->units + job % r->n_units;
            const int g = (int)(job / r->n_units / blocks);
            if (dot) {
                run_unit_dot(r, g, u, taps);
                continue;
            }
            columns block[TOGETHER_MOST];
            size_t n = 0;
            for (size_t i = job / r->n_units % blocks * together; i < panels && n < together; i++)
                block[n++] = panel_of(r, g, (int)i);
            run_unit_taps(r, block, n, u, taps);
        }
    }
}

static void run_taps(const run *r)
{
    const ga_product *p = r->p;
    const int pixels = p->rows.n_out * p->cols.n_out, all_panels = p->groups * p->panels;
    const size_t rows = (size_t)pixels * r->n, tile = (size_t)r->kernels->f32->rows;
    /* As few blocks as possible, since each reads all weights, but some for every thread. */
    size_t blocks = (rows + GA_BLOCK_ROWS - 1) / GA_BLOCK_ROWS;
    size_t wanted = (size_t)ga_div_up(2 * r->kernels->threads, all_panels);
    if (wanted > rows / (2 * tile))
        wanted = rows / (2 * tile);
    blocks = blocks < wanted ? wanted : blocks;
    while ((size_t)pixels < blocks || ((size_t)pixels + blocks - 1) / blocks * r->n > GA_BLOCK_ROWS)
        blocks = (size_t)pixels < blocks ? (size_t)pixels : blocks + 1;
    const size_t jobs = blocks * (size_t)all_panels;
#pragma omp parallel for num_threads(r->kernels->threads) if (r->parallel) schedule(dynamic, 1)
    for (size_t job = 0; job < jobs; job++) {
        const int index = (int)(job / blocks);
        const columns panel = panel_of(r, index / p->panels, index % p->panels);
        run_block(r, &panel, (int)ga_part((size_t)pixels, blocks, job % blocks),
                  (int)ga_part((size_t)pixels, blocks, job % blocks + 1));
    }
}

static void run_depth(const run *r)
{
    const ga_product *p = r->p;
    const size_t channels = (size_t)p->groups;
#pragma omp parallel num_threads(r->kernels->threads) if (r->parallel)
    {
        size_t *const taps = (size_t *)(void *)(r->threads + ga_thread() * p->thread_bytes);
#pragma omp for schedule(dynamic, 1)
        for (int h = 0; h < p->rows.n_out; h++)
            for (int w = 0; w < p->cols.n_out; w++) {
                ga_depth t = {.a = r->src,
                              .a_tap = taps,
                              .b_tap = taps + p->taps,
                              .b = r->packed,
                              .n = r->n,
                              .channels = channels,
                              .bias = r->bias,
                              .c = r->dst + (size_t)(h * p->cols.n_out + w) * r->n * channels};
                for (int kh = 0; kh < p->rows.k; kh++)
                    for (int kw = 0; kw < p->cols.k; kw++) {
                        const int in_h = p->rows.source[h * p->rows.k + kh];
                        const int in_w = p->cols.source[w * p->cols.k + kw];
                        if (in_h < 0 || in_w < 0)
                            continue;
                        taps[t.n_taps] = (size_t)(in_h * p->cols.n_in + in_w) * r->n * channels;
                        taps[(size_t)p->taps + t.n_taps++] = (size_t)(kh * p->cols.k + kw) *
                                                             p->panel_words;
                    }
                r->kernels->f32->depth(&t);
            }
    }
}

/* Source rows with padding between them, or as pairs of bf16 channels. */
static const float *convert_source(const run *r, float *copy)
{
    enum { ROWS = 32 };
    const ga_product *p = r->p;
    const size_t rows = (size_t)p->rows.n_in * (size_t)p->cols.n_in * r->n;
    const size_t groups = (size_t)p->groups, red = (size_t)p->red;
#pragma omp parallel for num_threads(r->kernels->threads) if (r->parallel) schedule(static)
    for (size_t from = 0; from < rows; from += ROWS) {
        const size_t n = rows - from < ROWS ? rows - from : ROWS;
        if (!p->bf16)
            r->kernels->f32->copy_part(r->src + from * groups * red, groups * red, n,
                                       (int)(groups * red), copy + from * p->source_words,
                                       p->source_words);
        for (size_t i = from * groups; p->bf16 && i < (from + n) * groups; i++)
            r->kernels->bf16->to_bf16(r->src + i * red, red,
                                      (uint16_t *)(void *)(copy + i / groups * p->source_words +
                                                           i % groups * p->red_words));
    }
    return copy;
}

void ga_product_run(const ga_product *p, const ga_kernels *kernels, int n, const float *src,
                    const float *packed, const float *bias, float *dst, void *scratch)
{
    char *const base = scratch;
    run r = {.p = p,
             .kernels = kernels,
             .n = (size_t)n,
             .src = src,
             .packed = packed,
             .bias = bias,
             .dst = dst,
             .threads = base + p->copy_bytes + p->units_bytes};
    r.parallel = kernels->threads > 1 && ga_product_work(p) * (uint64_t)n > PARALLEL_WORK;
    if (p->kind == GA_PRODUCT_SCATTER) {
        ga_product_run_scatter(p, kernels, r.n, src, packed, bias, dst, scratch, r.parallel);
        return;
    }
    if (p->kind == GA_PRODUCT_WINOGRAD) {
        ga_wino_run(p, kernels, r.n, src, packed, bias, dst, scratch, r.parallel);
        return;
    }
    if (p->convert)
        r.src = convert_source(&r, (float *)(void *)base);
    if (p->kind == GA_PRODUCT_DEPTH) {
        run_depth(&r);
    } else if (p->kind == GA_PRODUCT_TAPS && !classes_fill_tiles(&r)) {
        run_taps(&r);
    } else {
        list_units(&r, (unit *)(void *)(base + p->copy_bytes));
        run_classes(&r);
    }
}
