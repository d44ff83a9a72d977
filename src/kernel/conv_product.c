/* conv_product.c - compiles one direction of a shape, and packs its weights. */
#include "base/alloc.h"
#include "kernel/conv_plan.h"
#include <string.h>

enum {
    DOT_MOST = 8,         /* output channels that the dot kernel takes */
    BF16_FEWEST = 16,     /* channels on either side below which bf16 gains nothing */
    PACK_TAPS = 64,       /* taps of one input channel that are packed at a time */
    PACK_ROWS = 960,      /* rows (tap, channel) of a packing step: 30 kB for 8 columns */
    PARALLEL_WORK = 4096, /* weights below which packing stays on one thread */
    /* Rows a multiple of this many words apart fall into few sets of the first cache, where a
     * tile's rows then push each other out; this many more words spread them. */
    CROWDED_WORDS = 256,
    PAD_WORDS = 16
};

/* ---- making -----------------------------------------------------------------------------------*/

static bool make_axes(ga_product *p, const ga_conv_shape *s, bool backward)
{
    const bool gather = s->transposed == backward;
    const int in_h = backward ? s->oh : s->ih, in_w = backward ? s->ow : s->iw;
    const int out_h = backward ? s->ih : s->oh, out_w = backward ? s->iw : s->ow;
    return ga_axis_make(&p->rows, gather, in_h, out_h, s->kh, s->sh, s->ph, s->dh) &&
           ga_axis_make(&p->cols, gather, in_w, out_w, s->kw, s->sw, s->pw, s->dw);
}

static ga_weight_strides strides_of(const ga_conv_shape *s, bool backward)
{
    const size_t taps = (size_t)s->kh * (size_t)s->kw;
    const size_t icg = (size_t)(s->ic / s->groups), ocg = (size_t)(s->oc / s->groups);
    const size_t o = s->transposed ? taps : icg * taps, i = s->transposed ? ocg * taps : taps;
    return (ga_weight_strides){
        .group = icg * ocg * taps, .output = backward ? i : o, .input = backward ? o : i};
}

/* Whether most of what scattering computes is wanted: it multiplies all taps of every source pixel
 * and fills whole vectors. The products must not outgrow the source by much either. */
static bool scatter_pays(const ga_product *p, int lanes)
{
    const uint64_t pixels = (uint64_t)p->rows.n_in * (uint64_t)p->cols.n_in;
    const uint64_t computed = pixels * ga_round_up((size_t)(p->taps * p->out), (size_t)lanes);
    const uint64_t wanted = ga_axis_pairs(&p->rows) * ga_axis_pairs(&p->cols) * (uint64_t)p->out;
    return p->taps > 1 && computed <= 2 * wanted && p->taps * p->out <= 2 * p->red;
}

static void choose_kind(ga_product *p, const ga_kernels *kernels, int tile)
{
    const int lanes = kernels->f32->lanes;
    if (p->red == 1 && p->out == 1 && p->groups > 1)
        p->kind = GA_PRODUCT_DEPTH;
    else if (p->out <= DOT_MOST && p->red >= lanes)
        p->kind = scatter_pays(p, lanes) ? GA_PRODUCT_SCATTER : GA_PRODUCT_DOT;
    else
        p->kind = GA_PRODUCT_TAPS;
    p->bf16 = kernels->bf16 != NULL && p->kind == GA_PRODUCT_TAPS && p->red >= BF16_FEWEST &&
              p->out >= BF16_FEWEST;
    if (p->kind == GA_PRODUCT_TAPS && !p->bf16 && tile > 0)
        p->kind = GA_PRODUCT_WINOGRAD;
}

static void lay_out_packed(ga_product *p, int lanes)
{
    const size_t taps = (size_t)p->taps, groups = (size_t)p->groups, full = 2 * (size_t)lanes;
    const size_t out = (size_t)p->out, red = (size_t)p->red;
    p->red_words = p->bf16 ? (red + 1) / 2 : red;
    if (p->kind == GA_PRODUCT_DEPTH) {
        p->panel_words = ga_round_up(groups, (size_t)lanes); /* of one tap */
        p->group_words = taps * p->panel_words;
        p->packed_bytes = p->group_words * sizeof(float);
    } else if (p->kind == GA_PRODUCT_DOT) {
        p->panel_words = ga_round_up(red, (size_t)lanes); /* of one output */
        p->group_words = taps * out * p->panel_words;
        p->packed_bytes = groups * p->group_words * sizeof(float);
    } else {
        const bool scatter = p->kind == GA_PRODUCT_SCATTER;
        size_t rows = scatter ? red : taps * p->red_words;
        if (p->kind == GA_PRODUCT_WINOGRAD)
            rows = (size_t)p->wino->slots * red;
        p->columns = scatter ? p->taps * p->out : p->out;
        p->panels = ga_div_up(p->columns, (int)full);
        p->panel_words = rows * full;
        p->group_words = rows * ga_round_up((size_t)p->columns, (size_t)lanes);
        p->packed_bytes = groups * p->group_words * sizeof(float);
    }
}

ga_status ga_product_make(ga_product *p, const ga_conv_shape *s, bool backward,
                          const ga_kernels *kernels, int tile, int n, ga_err *err)
{
    *p = (ga_product){.groups = s->groups, .taps = s->kh * s->kw};
    p->red = (backward ? s->oc : s->ic) / s->groups;
    p->out = (backward ? s->ic : s->oc) / s->groups;
    p->strides = strides_of(s, backward);
    if (!make_axes(p, s, backward)) {
        ga_product_end(p);
        return ga_fail(err, GA_ENOMEM, "no memory for the tap lists of a convolution");
    }
    choose_kind(p, kernels, tile);
    if (p->kind == GA_PRODUCT_WINOGRAD) {
        p->wino = ga_wino_make(s, backward, tile, n);
        if (p->wino == NULL) {
            ga_product_end(p);
            return ga_fail(err, GA_ENOMEM, "no memory for the tiles of a convolution");
        }
    }
    lay_out_packed(p, kernels->f32->lanes);

    const size_t pixels_in = (size_t)p->rows.n_in * (size_t)p->cols.n_in * (size_t)n;
    const size_t rows_out = (size_t)p->rows.n_out * (size_t)p->cols.n_out * (size_t)n;
    const size_t channels = (size_t)p->red * (size_t)p->groups;
    p->source_words = p->bf16 ? p->red_words * (size_t)p->groups : channels;
    const bool crowded = p->kind == GA_PRODUCT_TAPS && p->source_words % CROWDED_WORDS == 0 &&
                         p->panels * p->taps >= 4;
    p->source_words += crowded ? PAD_WORDS : 0;
    p->convert = p->bf16 || crowded;
    p->thread_bytes = ga_round_up(2 * (size_t)p->taps * sizeof(size_t), 64);
    if (p->kind == GA_PRODUCT_SCATTER) {
        p->copy_bytes = ga_round_up(pixels_in * (size_t)(p->columns * p->groups) * sizeof(float),
                                    64);
        p->thread_bytes += ga_product_scatter_bytes(kernels, p);
    } else if (p->kind == GA_PRODUCT_WINOGRAD) {
        p->copy_bytes = p->wino->zeros_bytes + p->wino->block_bytes;
        p->thread_bytes = 0;
    } else {
        p->copy_bytes = p->convert ? ga_round_up(pixels_in * p->source_words * 4, 64) : 0;
        p->units_bytes = ga_product_units_bytes(p, kernels, rows_out);
    }
    return GA_OK;
}

void ga_product_end(ga_product *p)
{
    ga_axis_end(&p->rows);
    ga_axis_end(&p->cols);
    ga_mem_free(p->wino);
    p->wino = NULL;
}

size_t ga_product_scratch(const ga_product *p, int threads)
{
    return p->copy_bytes + p->units_bytes + p->thread_bytes * (size_t)threads;
}

uint64_t ga_product_work(const ga_product *p)
{
    return ga_axis_pairs(&p->rows) * ga_axis_pairs(&p->cols) * (uint64_t)p->red * (uint64_t)p->out *
           (uint64_t)p->groups;
}

/* ---- packing ----------------------------------------------------------------------------------*/

/* Where the vectors of one packing step go: row (tap, r) at to + (tap*tap_step + r)*width. */
typedef struct pack_step {
    const ga_conv_isa *isa;
    const float *weights; /* of the group, at the panel's first output */
    size_t output, input; /* strides */
    int n_out, taps;      /* outputs in the panel */
    size_t width, tap_step;
    float *to;
} pack_step;

/* Transposes n weights that lie side by side for each output: taps of one input after another. */
static void pack_run(const pack_step *s, const float *from, int n)
{
    int tap = 0, r = 0;
    const float *src[16];
    float *dst[16];
    for (int j = 0; j < n; j += 16) {
        const int columns = ga_min(16, n - j);
        for (int c = 0; c < columns; c++) {
            dst[c] = s->to + ((size_t)tap * s->tap_step + (size_t)r) * s->width;
            if (++tap == s->taps) {
                tap = 0;
                r++;
            }
        }
        for (int v = 0; v < s->n_out; v += 16) {
            const int rows = ga_min(16, s->n_out - v);
            for (int i = 0; i < rows; i++)
                src[i] = from + (size_t)(v + i) * s->output + j;
            s->isa->transpose(src, rows, columns, dst, false);
            for (int c = 0; c < columns; c++)
                dst[c] += 16;
        }
    }
}

/* Inputs r0 .. r0+n-1, taps t0 .. t0+n_taps-1, to rows 0.. of `to`. */
static void pack_inputs(const pack_step *s, int r0, int n, int t0, int n_taps)
{
    const float *const first = s->weights + (size_t)r0 * s->input;
    if (s->output == 1) { /* outputs lie side by side: one tap, nothing to transpose */
        for (int r = 0; r < n; r++)
            memcpy(s->to + (size_t)r * s->width, first + (size_t)r * s->input,
                   (size_t)s->n_out * sizeof(float));
    } else if (s->input == (size_t)s->taps && n_taps == s->taps) {
        pack_run(s, first, n * s->taps);
    } else {
        pack_step part = *s;
        part.taps = n_taps;
        for (int r = 0; r < n; r++) {
            part.to = s->to + (size_t)r * s->width;
            pack_run(&part, first + (size_t)r * s->input + t0, n_taps);
        }
    }
}

/* The columns of a panel that no output fills. */
static void clear_columns(const pack_step *s, int n, int n_taps)
{
    const size_t used = (size_t)s->n_out;
    if (used == s->width)
        return;
    for (int t = 0; t < n_taps; t++)
        for (int r = 0; r < n; r++)
            memset(s->to + ((size_t)t * s->tap_step + (size_t)r) * s->width + used, 0,
                   (s->width - used) * sizeof(float));
}

static void pack_f32(pack_step *s, int r0, int n, int red)
{
    float *const panel = s->to;
    s->tap_step = (size_t)red;
    s->to = panel + (size_t)r0 * s->width;
    pack_inputs(s, r0, n, 0, s->taps);
    clear_columns(s, n, s->taps);
    s->to = panel;
}

/* Through a buffer of f32 rows, two inputs of which make one row of pairs. */
static void pack_bf16(pack_step *s, const ga_conv_bf16 *bf16, int r0, int n, int red)
{
    float buffer[PACK_ROWS * 8];
    float *const panel = s->to;
    const int most = ga_min(PACK_TAPS, s->taps);
    const size_t pairs = (size_t)(red + 1) / 2;
    int step = PACK_ROWS * 8 / (int)s->width / most / 2 * 2;
    step = step < 2 ? 2 : step;
    s->to = buffer;
    s->tap_step = (size_t)step;
    for (int t0 = 0; t0 < s->taps; t0 += most)
        for (int r = r0; r < r0 + n; r += step) {
            const int inputs = ga_min(step, r0 + n - r), n_taps = ga_min(most, s->taps - t0);
            pack_inputs(s, r, inputs, t0, n_taps);
            clear_columns(s, inputs, n_taps);
            for (int t = 0; t < n_taps; t++)
                for (int i = 0; i < inputs; i += 2) {
                    const float *low = buffer + (size_t)(t * step + i) * s->width;
                    const float *high = i + 1 < inputs ? low + s->width : NULL;
                    float *to = panel + ((size_t)(t0 + t) * pairs + (size_t)(r + i) / 2) * s->width;
                    bf16->pair_rows(low, high, s->width, (uint32_t *)(void *)to);
                }
        }
    s->to = panel;
}

/* All taps of some inputs in a buffer, then pair by pair of phases to the points' matrices. */
static void pack_winograd(pack_step *s, const ga_wino *w, int r0, int n, int red, int kw)
{
    enum { WORDS = 36 * 8 * 32 };
    float buffer[WORDS];
    float *const panel = s->to;
    const size_t row = (size_t)n * s->width;
    s->to = buffer;
    s->tap_step = (size_t)n;
    pack_inputs(s, r0, n, 0, s->taps);
    for (int a = 0; a < w->rows.n_phases; a++)
        for (int b = 0; b < w->cols.n_phases; b++) {
            const ga_wino_phase *down = &w->rows.phase[a], *across = &w->cols.phase[b];
            ga_wino_move m = {.lines = w->lines,
                              .in_h = down->taps,
                              .in_w = across->taps,
                              .out_h = down->points,
                              .out_w = across->points,
                              .count = row};
            for (int k = 0; k < m.in_h * m.in_w; k++)
                m.in[k] = buffer + row * (size_t)((down->tap + k / m.in_w * down->tap_step) * kw +
                                                  across->tap + k % m.in_w * across->tap_step);
            for (int k = 0; k < m.out_h * m.out_w; k++)
                m.out[k] = panel +
                           ((size_t)(w->slot[a][b] + k) * (size_t)red + (size_t)r0) * s->width;
            s->isa->wino_evaluate(&m);
        }
    s->to = panel;
}

static void pack_taps(const ga_product *p, const ga_kernels *kernels, const float *weights,
                      float *packed)
{
    enum { INPUTS = 16, WINOGRAD_INPUTS = 8 };
    const int inputs = p->kind == GA_PRODUCT_WINOGRAD ? WINOGRAD_INPUTS : INPUTS;
    const int steps = ga_div_up(p->red, inputs), jobs = p->groups * p->panels * steps;
    const int full = 2 * kernels->f32->lanes;
    const bool parallel = (size_t)p->groups * p->group_words > PARALLEL_WORK &&
                          kernels->threads > 1;
#pragma omp parallel for num_threads(kernels->threads) if (parallel) schedule(dynamic, 4)
    for (int job = 0; job < jobs; job++) {
        const int g = job / (p->panels * steps), panel = job / steps % p->panels;
        const int r0 = job % steps * inputs, n = ga_min(inputs, p->red - r0);
        const int n_out = ga_min(full, p->out - panel * full);
        pack_step s = {.isa = kernels->f32,
                       .weights = weights + (size_t)g * p->strides.group +
                                  (size_t)(panel * full) * p->strides.output,
                       .output = p->strides.output,
                       .input = p->strides.input,
                       .n_out = n_out,
                       .taps = p->taps,
                       .width = (size_t)(n_out > full / 2 ? full : full / 2),
                       .to = packed + (size_t)g * p->group_words + (size_t)panel * p->panel_words};
        if (p->kind == GA_PRODUCT_WINOGRAD)
            pack_winograd(&s, p->wino, r0, n, p->red, p->cols.k);
        else if (p->bf16)
            pack_bf16(&s, kernels->bf16, r0, n, p->red);
        else
            pack_f32(&s, r0, n, p->red);
    }
}

/* Where a weight goes in the packings of few output channels. */
static size_t few_place(const ga_product *p, const ga_kernels *kernels, int g, int t, int o, int r)
{
    const size_t group = (size_t)g * p->group_words;
    if (p->kind == GA_PRODUCT_DEPTH)
        return (size_t)t * p->panel_words + (size_t)g;
    if (p->kind == GA_PRODUCT_DOT)
        return group + (size_t)(t * p->out + o) * p->panel_words + (size_t)r;
    const int full = 2 * kernels->f32->lanes, column = t * p->out + o, panel = column / full;
    const int wide = p->columns - panel * full > full / 2 ? full : full / 2;
    return group + (size_t)panel * p->panel_words + (size_t)(r * wide + column % full);
}

void ga_product_pack(const ga_product *p, const ga_kernels *kernels, const float *weights,
                     float *packed)
{
    if (p->kind == GA_PRODUCT_TAPS || p->kind == GA_PRODUCT_WINOGRAD) {
        pack_taps(p, kernels, weights, packed);
        return;
    }
    memset(packed, 0, p->packed_bytes);
    for (int g = 0; g < p->groups; g++)
        for (int r = 0; r < p->red; r++)
            for (int o = 0; o < p->out; o++) {
                const float *w = weights + (size_t)g * p->strides.group +
                                 (size_t)o * p->strides.output + (size_t)r * p->strides.input;
                for (int t = 0; t < p->taps; t++)
                    packed[few_place(p, kernels, g, t, o, r)] = w[t];
            }
}
