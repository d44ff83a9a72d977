/* conv_winograd.c - compiles a shape for products with fewer multiplications (conv_winograd.h says
 * how they work), and decides whether they pay. */
#include "base/alloc.h"
#include "kernel/conv_plan.h"
#include <string.h>

enum {
    CHANNELS = 16,          /* both sides' channels are a multiple: transforms have no last few */
    MOST_TAPS = 36,         /* of the kernel: packing holds all of some inputs */
    BLOCK_BYTES = 4 << 20,  /* of transformed sources and results at a time: they stay in L3 */
    PACKED_MOST = 32 << 20, /* bytes of a direction's weights */
    /* What passes over data cost, in multiply-adds of the register tiles: */
    MOVE_COST = 12,   /* to transform one number of a source or a result */
    WEIGHT_COST = 40, /* to transform one weight, and to bring it from memory */
    IMAGES = 32       /* taken for the number that share packed weights */
};

/* ---- transforms -------------------------------------------------------------------------------*/

/* Lagrange's polynomial of point p of a set is the product of (x - a) over its other points a,
 * divided by its value at p. For the pair +-p with the other pairs +-b it is, up to sign,
 *     x^zero (x +- p) prod (x^2 - b^2) / (2 p^(1 + zero) prod (p^2 - b^2)) . */
void ga_wino_lines(ga_wino_line *lines)
{
    const double pair[3] = {ga_wino_root[0], ga_wino_root[1], ga_wino_root[2]};
    for (int n = 1; n <= GA_WINO_POINTS; n++) {
        ga_wino_line *l = &lines[n];
        const int pairs = (n - 1) / 2, zero = n % 2 == 0;
        double all[4] = {1}; /* prod (y - b^2) over all pairs, lowest power first */
        memset(l, 0, sizeof *l);
        for (int k = 0; k < pairs; k++) {
            double other[4] = {1}, at_p = zero ? 2 * pair[k] * pair[k] : 2 * pair[k];
            const double square = pair[k] * pair[k];
            for (int b = 0, degree = 0; b < pairs; b++) {
                const double root = pair[b] * pair[b];
                if (b == k)
                    continue;
                degree++;
                for (int j = degree; j >= 0; j--)
                    other[j] = (j > 0 ? other[j - 1] : 0) - root * other[j];
                at_p *= square - root;
            }
            for (int j = 0; j < pairs; j++) {
                l->even[k][j] = (float)(pair[k] * other[j] / at_p);
                l->odd[k][j] = (float)(other[j] / at_p);
            }
            for (int j = k + 1; j >= 0; j--)
                all[j] = (j > 0 ? all[j - 1] : 0) - square * all[j];
        }
        for (int j = 0; j < pairs; j++) {
            l->infinity[j] = (float)all[j];
            l->zero[j] = (float)(all[j + 1] / all[0]);
        }
    }
}

/* The smallest set that holds the sets of n and of m points. */
static int join(int n, int m)
{
    const int pairs = n > m ? (n - 1) / 2 : (m - 1) / 2;
    return n == 0 ? m : 1 + 2 * pairs + (n % 2 == 0 || m % 2 == 0);
}

/* ---- shapes -----------------------------------------------------------------------------------*/

/* A convolution's forward, or a transposed one's backward: phases of the source. */
static void phases_of_source(ga_wino_axis *a, int k, int stride, int pad)
{
    a->step_in = stride;
    a->step_out = 1;
    for (int p = 0; p < stride; p++)
        a->phase[p] = (ga_wino_phase){
            .taps = (k - p + stride - 1) / stride, .tap = p, .tap_step = stride, .first = p - pad};
}

/* The other way round: phases of the result. Sources fall as taps rise, so taps go backwards. */
static void phases_of_result(ga_wino_axis *a, int k, int stride, int pad)
{
    a->step_in = 1;
    a->step_out = stride;
    for (int p = 0; p < stride; p++) {
        const int tap = (p + pad) % stride, taps = (k - tap + stride - 1) / stride;
        a->phase[p] = (ga_wino_phase){.taps = taps,
                                      .tap = tap + (taps - 1) * stride,
                                      .tap_step = -stride,
                                      .first = (p + pad - tap) / stride - (taps - 1)};
    }
}

/* Outputs of one phase of the result, in tiles of nearly equal size, at most `most`. */
static void add_tiles(ga_wino_axis *a, int result_phase, int phase, int n_phases, int most)
{
    const int outputs = ga_div_up(a->n_out - result_phase, a->step_out);
    const int tiles = ga_div_up(outputs, most);
    for (int kind = 0, first = 0; kind < 2 && first < outputs; kind++) {
        ga_wino_tiles t = {.m = outputs / tiles + (kind == 0 && outputs % tiles != 0),
                           .tiles = outputs % tiles != 0 ? outputs % tiles : tiles,
                           .first = first,
                           .start = result_phase + first * a->step_out,
                           .phase = phase,
                           .n_phases = n_phases};
        if (kind == 1)
            t.tiles = tiles - outputs % tiles;
        for (int p = phase; p < phase + n_phases; p++) {
            const int points = t.m + a->phase[p].taps - 1;
            t.points = join(t.points, points);
            a->phase[p].points = join(a->phase[p].points, points);
        }
        first += t.m * t.tiles;
        a->kind[a->n_kinds++] = t;
    }
}

/* False where the shape does not fit. */
static bool make_axis(ga_wino_axis *a, bool gather, int n_in, int n_out, int k, int stride, int pad,
                      int most)
{
    *a = (ga_wino_axis){.k = k, .n_in = n_in, .n_out = n_out, .n_phases = stride};
    if (k < 2 || k < stride || stride > GA_WINO_PHASES ||
        (k + stride - 1) / stride > GA_WINO_TAPS ||
        n_out < stride) /* every phase has taps, and outputs */
        return false;
    if (gather) {
        phases_of_source(a, k, stride, pad);
        add_tiles(a, 0, 0, stride, most);
    } else {
        phases_of_result(a, k, stride, pad);
        for (int p = 0; p < stride; p++)
            add_tiles(a, p, p, 1, most);
    }
    return true;
}

/* Points that the sources of a tile of this kind are transformed to, all phases together. */
static int source_points(const ga_wino_axis *a, const ga_wino_tiles *t)
{
    int points = 0;
    for (int p = t->phase; p < t->phase + t->n_phases; p++)
        points += t->m + a->phase[p].taps - 1;
    return points;
}

/* Words from row to row of transformed numbers: an odd number of cache lines, so that the same
 * element of many rows lies in many sets of the cache. */
static size_t spread_rows(size_t words)
{
    const size_t lines = (words + 15) / 16;
    return (lines + (lines % 2 == 0)) * 16;
}

size_t ga_wino_point_step(size_t rows, size_t stride)
{
    return spread_rows(rows * stride);
}

size_t ga_wino_block_rows(const ga_wino *w, int kind_h, int kind_w, size_t n)
{
    const ga_wino_tiles *h = &w->rows.kind[kind_h], *v = &w->cols.kind[kind_w];
    const size_t sources = (size_t)(source_points(&w->rows, h) * source_points(&w->cols, v));
    const size_t results = (size_t)(h->points * v->points);
    const size_t rows = (size_t)h->tiles * (size_t)v->tiles * n;
    size_t most = BLOCK_BYTES /
                  (sizeof(float) * (sources * w->in_stride + results * w->out_stride));
    most = most < 2 * GA_TILE_ROWS ? 2 * GA_TILE_ROWS : most;
    return rows < most ? rows : most;
}

/* Memory of the transformed sources and results of any block. */
static void lay_out_block(ga_wino *w, size_t n)
{
    size_t sources = 0, results = 0;
    for (int i = 0; i < w->rows.n_kinds; i++)
        for (int j = 0; j < w->cols.n_kinds; j++) {
            const ga_wino_tiles *h = &w->rows.kind[i], *v = &w->cols.kind[j];
            const size_t rows = ga_wino_block_rows(w, i, j, n);
            const size_t in = (size_t)(source_points(&w->rows, h) * source_points(&w->cols, v)) *
                              ga_wino_point_step(rows, w->in_stride);
            const size_t out = (size_t)(h->points * v->points) *
                               ga_wino_point_step(rows, w->out_stride);
            sources = in > sources ? in : sources;
            results = out > results ? out : results;
        }
    w->results_offset = sources;
    w->block_bytes = (sources + results) * sizeof(float);
}

static bool make_wino(ga_wino *w, const ga_conv_shape *s, bool backward, int most)
{
    const bool gather = s->transposed == backward;
    const int in_h = backward ? s->oh : s->ih, in_w = backward ? s->ow : s->iw;
    const int out_h = backward ? s->ih : s->oh, out_w = backward ? s->iw : s->ow;
    if (!make_axis(&w->rows, gather, in_h, out_h, s->kh, s->sh, s->ph, most) ||
        !make_axis(&w->cols, gather, in_w, out_w, s->kw, s->sw, s->pw, most))
        return false;
    uint64_t sources[2] = {0}, results[2] = {0};
    const ga_wino_axis *axes[2] = {&w->rows, &w->cols};
    for (int a = 0; a < 2; a++)
        for (int i = 0; i < axes[a]->n_kinds; i++) {
            const ga_wino_tiles *t = &axes[a]->kind[i];
            sources[a] += (uint64_t)t->tiles * (uint64_t)source_points(axes[a], t);
            results[a] += (uint64_t)t->tiles * (uint64_t)t->points;
        }
    w->sources = sources[0] * sources[1];
    w->results = results[0] * results[1];
    w->slots = 0;
    for (int a = 0; a < w->rows.n_phases; a++)
        for (int b = 0; b < w->cols.n_phases; b++) {
            w->slot[a][b] = w->slots;
            w->slots += w->rows.phase[a].points * w->cols.phase[b].points;
        }
    return true;
}

/* Cost of a direction in multiply-adds an image. */
static double cost_of(const ga_wino *w, double in, double out)
{
    return (double)w->sources * in * out +
           MOVE_COST * ((double)w->sources * in + (double)w->results * out) +
           (double)WEIGHT_COST / IMAGES * w->slots * in * out;
}

/* Taps that fall on a pixel, along a line of the convolution or of what it is the transpose of. */
static double valid_taps(int n_in, int n_out, int k, int stride, int pad)
{
    double taps = 0;
    for (int i = 0; i < k; i++) { /* outputs o with 0 <= o*stride - pad + i < n_in */
        const int64_t least = pad - i > 0 ? (pad - i + stride - 1) / stride : 0;
        const int64_t end = ((int64_t)n_in - 1 + pad - i) / stride + 1;
        const int64_t last = (int64_t)n_in - 1 + pad - i < 0 ? 0 : end < n_out ? end : n_out;
        taps += (double)(last > least ? last - least : 0);
    }
    return taps;
}

bool ga_wino_fits(const ga_conv_shape *s)
{
    ga_wino w;
    return s->groups == 1 && s->ic % CHANNELS == 0 && s->oc % CHANNELS == 0 && s->dh == 1 &&
           s->dw == 1 && s->kh * s->kw <= MOST_TAPS && make_wino(&w, s, false, GA_WINO_OUTPUTS) &&
           make_wino(&w, s, true, GA_WINO_OUTPUTS);
}

int ga_wino_tile(const ga_conv_shape *s)
{
    const bool t = s->transposed;
    const double ic = s->ic, oc = s->oc, taps = s->kh * s->kw;
    const double valid = valid_taps(t ? s->oh : s->ih, t ? s->ih : s->oh, s->kh, s->sh, s->ph) *
                         valid_taps(t ? s->ow : s->iw, t ? s->iw : s->ow, s->kw, s->sw, s->pw);
    /* A close call is not worth its error and its memory. */
    double least = 0.9 * (valid + (double)WEIGHT_COST / IMAGES * taps) * ic * oc;
    int best = 0;
    if (!ga_wino_fits(s))
        return 0;
    for (int m = 2; m <= GA_WINO_OUTPUTS; m++) {
        ga_wino forward, backward;
        make_wino(&forward, s, false, m);
        make_wino(&backward, s, true, m);
        const int slots = forward.slots > backward.slots ? forward.slots : backward.slots;
        const double cost = (cost_of(&forward, ic, oc) + cost_of(&backward, oc, ic)) / 2;
        if (cost < least && slots * ic * oc * sizeof(float) <= PACKED_MOST) {
            least = cost;
            best = m;
        }
    }
    return best;
}

ga_wino *ga_wino_make(const ga_conv_shape *s, bool backward, int tile, int n)
{
    ga_wino *w = ga_mem_new(1, sizeof *w);
    if (w == NULL)
        return NULL;
    make_wino(w, s, backward, tile);
    const int in = backward ? s->oc : s->ic, out = backward ? s->ic : s->oc;
    w->in_stride = spread_rows((size_t)in);
    w->out_stride = spread_rows((size_t)out);
    w->zeros_bytes = ga_round_up((size_t)in * sizeof(float), 64);
    lay_out_block(w, (size_t)n);
    ga_wino_lines(w->lines);
    return w;
}
