#include "net/ops/norm.h"
#include "net/par.h"
#include <math.h>

enum { STRIP = 512, TILE = 64 }; /* columns of a piece; of a combination in double */

typedef struct grid {
    const ga_call *call;
    const ga_norm *norm;
    size_t c, rows, cols, blocks, strips;
    float *a, *b, *mean, *inverse; /* saved */
    float *first, *second;         /* (blocks, cols): partial sums */
    float *p, *q;                  /* backward's factors per column */
    double *sums;                  /* (2, cols): total of g, of g (x - mean) */
} grid;

static size_t columns(int c, int n, ga_bn_mode mode)
{
    return mode == GA_BN_IMAGE ? (size_t)c * (size_t)n : (size_t)c;
}

static size_t block_count(size_t rows)
{
    return (rows + GA_VEC_ROWS - 1) / GA_VEC_ROWS;
}

ga_status ga_norm_shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const int features = ga_node_int(node, 0, 0);
    if (node->in[0].c != features)
        return ga_node_misfit(node, 0, err, "takes (%d,H,W)", features);
    *out = node->in[0];
    return GA_OK;
}

int ga_norm_affine_params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    out[0] = (ga_op_param){.suffix = "weight",
                           .kind = GA_WEIGHT,
                           .init = GA_INIT_ONE,
                           .rank = 1,
                           .dim = {node->in[0].c}};
    out[1] = out[0];
    out[1].suffix = "bias";
    out[1].init = GA_INIT_ZERO;
    return 2;
}

ga_bn_mode ga_norm_mode(const ga_node *node, ga_bn_mode bn)
{
    return node->op->norm == GA_NORM_IMAGE  ? GA_BN_IMAGE
           : node->op->norm == GA_NORM_NONE ? GA_BN_RUNNING
                                            : bn;
}

void ga_norm_memory(const ga_need *need, size_t *saved_floats, size_t *scratch_bytes)
{
    const ga_dims d = need->node->out;
    const ga_bn_mode mode = ga_norm_mode(need->node, need->bn);
    const size_t cols = columns(d.c, need->n, mode),
                 rows = ga_pixels(d) * (mode == GA_BN_IMAGE ? 1 : (size_t)need->n);
    *saved_floats = 4 * cols;
    *scratch_bytes = cols * (2 * sizeof(double) + (2 * block_count(rows) + 2) * sizeof(float));
}

static grid grid_of(const ga_call *call, const ga_norm *norm)
{
    const ga_dims d = call->node->out;
    grid g = {.call = call, .norm = norm, .c = (size_t)d.c};
    g.cols = columns(d.c, call->n, norm->mode);
    g.rows = ga_pixels(d) * (norm->mode == GA_BN_IMAGE ? 1 : (size_t)call->n);
    g.blocks = block_count(g.rows);
    g.strips = (g.cols + STRIP - 1) / STRIP;
    g.a = call->saved;
    g.b = g.a + g.cols;
    g.mean = g.b + g.cols;
    g.inverse = g.mean + g.cols;
    g.sums = call->scratch;
    g.p = (float *)(void *)(g.sums + 2 * g.cols);
    g.q = g.p + g.cols;
    g.first = g.q + g.cols;
    g.second = g.first + g.blocks * g.cols;
    return g;
}

/* Piece i of the grid: rows of a block, columns of a strip. */
typedef struct piece {
    size_t rows, cols, at, column, partial;
} piece;

static piece piece_of(const grid *g, size_t i)
{
    const size_t block = i / g->strips, column = i % g->strips * STRIP, row = block * GA_VEC_ROWS;
    piece p = {.column = column, .at = row * g->cols + column, .partial = block * g->cols + column};
    p.rows = g->rows - row < GA_VEC_ROWS ? g->rows - row : GA_VEC_ROWS;
    p.cols = g->cols - column < STRIP ? g->cols - column : STRIP;
    return p;
}

static void for_pieces(const grid *g, ga_range_fn *fn)
{
    const piece p = piece_of(g, 0);
    const size_t numbers = p.rows * p.cols; /* of a piece, at least 1 */
    ga_parallel(g->call->threads, g->blocks * g->strips, numbers > 0 ? 1 + 32768 / numbers : 1, fn,
                g);
}

static void for_columns(const grid *g, ga_range_fn *fn)
{
    ga_parallel(g->call->threads, g->cols, 1024, fn, g);
}

/* ---- forward ----------------------------------------------------------------------------------*/

static void moments(const void *user, size_t begin, size_t end)
{
    const grid *g = user;
    for (size_t i = begin; i < end; i++) {
        const piece p = piece_of(g, i);
        g->call->vec->moments(g->call->src[0] + p.at, p.rows, p.cols, g->cols, g->first + p.partial,
                              g->second + p.partial);
    }
}

static void set_column(const grid *g, size_t k, double mean, double var)
{
    const float *weight = g->call->param[0], *bias = g->call->param[g->norm->fixed ? 0 : 1];
    const double inverse = 1 / sqrt(var + g->norm->eps),
                 a = g->norm->affine ? (double)weight[k % g->c] * inverse : inverse;
    g->a[k] = (float)(g->norm->fixed ? g->norm->scale : a);
    g->b[k] = g->norm->affine || g->norm->fixed ? bias[k % g->c] : 0;
    g->mean[k] = (float)mean;
    g->inverse[k] = (float)inverse;
}

/* Blocks of some columns combined; leaves the sum of squares in sums for the running variance. */
static void combine(const void *user, size_t begin, size_t end)
{
    const grid *g = user;
    for (size_t at = begin; at < end; at += TILE) {
        const size_t n = end - at < TILE ? end - at : TILE;
        double mean[TILE] = {0}, square[TILE] = {0};
        for (size_t block = 0; block < g->blocks; block++) {
            const size_t row = block * GA_VEC_ROWS;
            const double rows = (double)(g->rows - row < GA_VEC_ROWS ? g->rows - row : GA_VEC_ROWS);
            for (size_t k = 0; k < n; k++)
                mean[k] += rows * (double)g->first[block * g->cols + at + k];
        }
        for (size_t k = 0; k < n; k++)
            mean[k] /= (double)g->rows;
        for (size_t block = 0; block < g->blocks; block++) {
            const size_t row = block * GA_VEC_ROWS;
            const double rows = (double)(g->rows - row < GA_VEC_ROWS ? g->rows - row : GA_VEC_ROWS);
            for (size_t k = 0; k < n; k++) {
                const double d = (double)g->first[block * g->cols + at + k] - mean[k];
                square[k] += (double)g->second[block * g->cols + at + k] + rows * d * d;
            }
        }
        for (size_t k = 0; k < n; k++) {
            set_column(g, at + k, mean[k], square[k] / (double)g->rows);
            g->sums[at + k] = mean[k];
            g->sums[g->cols + at + k] = square[k];
        }
    }
}

/* PyTorch: running = (1 - momentum) running + momentum new, with the unbiased variance; with
 * statistics of single images their average over the images, as its instance norm does. */
static void update_running(const grid *g)
{
    const size_t sets = g->cols / g->c;
    const double m = g->norm->momentum, unbiased = g->rows > 1 ? (double)(g->rows - 1) : 1;
    for (size_t c = 0; c < g->c; c++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < sets; i++) {
            mean += g->sums[i * g->c + c];
            square += g->sums[g->cols + i * g->c + c];
        }
        mean /= (double)sets;
        square /= (double)sets * unbiased;
        g->norm->running_mean[c] = (float)((1 - m) * (double)g->norm->running_mean[c] + m * mean);
        g->norm->running_var[c] = (float)((1 - m) * (double)g->norm->running_var[c] + m * square);
    }
}

static void apply(const void *user, size_t begin, size_t end)
{
    const grid *g = user;
    for (size_t i = begin; i < end; i++) {
        const piece p = piece_of(g, i);
        g->call->vec->affine(g->call->src[0] + p.at, g->call->dst + p.at, p.rows, p.cols, g->cols,
                             g->a + p.column, g->b + p.column, g->mean + p.column, g->call->slope);
    }
}

void ga_norm_forward(const ga_call *call, const ga_norm *norm)
{
    const grid g = grid_of(call, norm);
    if (norm->mode == GA_BN_RUNNING) {
        for (size_t c = 0; c < g.c; c++)
            set_column(&g, c, norm->running_mean != NULL ? (double)norm->running_mean[c] : 0,
                       norm->running_var != NULL ? (double)norm->running_var[c] : 1);
    } else {
        for_pieces(&g, moments);
        for_columns(&g, combine);
        if (call->train && norm->running_mean != NULL)
            update_running(&g);
    }
    for_pieces(&g, apply);
}

/* ---- backward ---------------------------------------------------------------------------------*/

static void sums(const void *user, size_t begin, size_t end)
{
    const grid *g = user;
    const ga_call *c = g->call;
    for (size_t i = begin; i < end; i++) {
        const piece p = piece_of(g, i);
        c->vec->affine_sums(c->src[0] + p.at, c->diff_dst + p.at, p.rows, p.cols, g->cols,
                            g->a + p.column, g->b + p.column, g->mean + p.column, c->slope,
                            g->first + p.partial, g->second + p.partial);
    }
}

/* With g = dy r' and R rows: dx = a (g - mean(g) - (x - mean) inverse^2 mean(g (x - mean))). */
static void factors(const void *user, size_t begin, size_t end)
{
    const grid *g = user;
    const bool frozen = g->norm->mode == GA_BN_RUNNING;
    for (size_t k = begin; k < end; k++) {
        double sum = 0, sum_x = 0;
        for (size_t block = 0; block < g->blocks; block++) {
            sum += (double)g->first[block * g->cols + k];
            sum_x += (double)g->second[block * g->cols + k];
        }
        const double inverse = (double)g->inverse[k], r = (double)g->rows;
        g->sums[k] = sum;
        g->sums[g->cols + k] = sum_x * inverse;
        g->p[k] = frozen ? 0 : (float)(-inverse * inverse * sum_x / r);
        g->q[k] = frozen ? 0 : (float)(-sum / r);
    }
}

static void back(const void *user, size_t begin, size_t end)
{
    const grid *g = user;
    const ga_call *c = g->call;
    for (size_t i = begin; i < end; i++) {
        const piece p = piece_of(g, i);
        c->vec->affine_backward(c->src[0] + p.at, c->diff_dst + p.at, c->diff_src[0] + p.at, p.rows,
                                p.cols, g->cols, g->a + p.column, g->b + p.column,
                                g->mean + p.column, g->p + p.column, g->q + p.column, c->slope);
    }
}

static void put(float *dst, double value, bool accumulate)
{
    *dst = accumulate ? (float)((double)*dst + value) : (float)value;
}

void ga_norm_backward(const ga_call *call, const ga_norm *norm)
{
    const grid g = grid_of(call, norm);
    for_pieces(&g, sums);
    for_columns(&g, factors);
    float *const diff_weight = norm->affine ? call->diff_param[0] : NULL,
                 *const diff_bias = norm->affine  ? call->diff_param[1]
                                    : norm->fixed ? call->diff_param[0]
                                                  : NULL;
    for (size_t c = 0; c < g.c; c++) {
        double weight = 0, bias = 0;
        for (size_t k = c; k < g.cols; k += g.c) {
            bias += g.sums[k];
            weight += g.sums[g.cols + k];
        }
        if (diff_weight != NULL)
            put(&diff_weight[c], weight, call->accumulate);
        if (diff_bias != NULL)
            put(&diff_bias[c], bias, call->accumulate);
    }
    if (call->diff_src[0] != NULL)
        for_pieces(&g, back);
}

/* ---- reference --------------------------------------------------------------------------------*/

void ga_norm_reference(const ga_ref *ref, const ga_norm *norm, const double *running_mean,
                       const double *running_var)
{
    const size_t n = (size_t)ref->n, c_count = (size_t)ref->node->out.c,
                 hw = ga_pixels(ref->node->out);
    for (size_t c = 0; c < c_count; c++)
        for (size_t i = 0; i < n; i++) {
            const bool alone = norm->mode == GA_BN_IMAGE;
            double mean = 0, var = 0, count = 0;
            for (size_t k = alone ? i : 0; k < (alone ? i + 1 : n); k++)
                for (size_t p = 0; p < hw; p++, count++)
                    mean += ref->src[0][(k * c_count + c) * hw + p];
            mean /= count;
            for (size_t k = alone ? i : 0; k < (alone ? i + 1 : n); k++)
                for (size_t p = 0; p < hw; p++) {
                    const double d = ref->src[0][(k * c_count + c) * hw + p] - mean;
                    var += d * d / count;
                }
            if (norm->mode == GA_BN_RUNNING) {
                mean = running_mean != NULL ? running_mean[c] : 0;
                var = running_var != NULL ? running_var[c] : 1;
            }
            for (size_t p = 0; p < hw; p++) {
                const size_t at = (i * c_count + c) * hw + p;
                const double x = (ref->src[0][at] - mean) / sqrt(var + norm->eps);
                ref->dst[at] = norm->affine ? ref->param[0][c] * x + ref->param[1][c] : x;
            }
        }
}
