/* minibatch_stddev.c - one channel more, which tells each image how much the images of its group
 * differ: the standard deviation of every value over the group, averaged over all values. So a
 * discriminator sees at once that samples are all alike. Karras et al. 2018 (ProGAN), sec. 3;
 * groups as in their program: of N images, image n is in group n mod (N / G), with G the largest
 * divisor of N up to group_size.
 *
 * With d the deviations from the group's mean, v = mean of d^2 over its G images, s = sqrt(v + eps)
 * and F values an image:  y = mean over values of s,  dy/dx = d / (F G s). */
#include "net/ops/common.h"
#include <math.h>

enum { SIZE, EPS };
static const ga_attr_spec attrs[] = {
    [SIZE] = GA_WHOLE("group_size", 1, 1, 1, 4096, 4), [EPS] = GA_NUMBER("eps", 1e-12, 1, 1e-8)};

static int group_of(const ga_node *node, int n)
{
    int g = ga_node_int(node, SIZE, 0);
    g = g < n ? g : n;
    while (n % g != 0)
        g--;
    return g;
}

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    return ga_node_out(node, (int64_t)node->in[0].c + 1, node->in[0].h, node->in[0].w, out, err);
}

static void memory(const ga_need *need, size_t *saved_floats, size_t *scratch_bytes)
{
    *saved_floats = 0;
    *scratch_bytes = 2 * (size_t)need->n * sizeof(double); /* of each group */
}

/* Images of a call as groups: value k of image g of group m is at k / C * N * C + (g M + m) C + k %
 * C of the input. */
typedef struct groups {
    size_t c, pixels, n, size, count; /* C, H W, N, G, M */
    double eps;
} groups;

static groups groups_of(const ga_call *call)
{
    const int size = group_of(call->node, call->n);
    return (groups){.c = (size_t)call->node->in[0].c,
                    .pixels = ga_pixels(call->node->in[0]),
                    .n = (size_t)call->n,
                    .size = (size_t)size,
                    .count = (size_t)(call->n / size),
                    .eps = ga_node_num(call->node, EPS, 0)};
}

/* The values of one channel of one pixel over a group: of the input, which has C channels, and of
 * the output, which has one more. */
typedef struct column {
    size_t in, in_step, out, out_step;
} column;

static column column_of(const groups *g, size_t pixel, size_t channel, size_t group)
{
    const size_t row = pixel * g->n + group;
    return (column){row * g->c + channel, g->count * g->c, row * (g->c + 1) + channel,
                    g->count * (g->c + 1)};
}

static double mean_of(const groups *g, const float *x, column at)
{
    double sum = 0;
    for (size_t i = 0; i < g->size; i++)
        sum += (double)x[at.in + i * at.in_step];
    return sum / (double)g->size;
}

/* s of a column whose mean is known. */
static double deviation_of(const groups *g, const float *x, column at, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < g->size; i++) {
        const double d = (double)x[at.in + i * at.in_step] - mean;
        sum += d * d;
    }
    return sqrt(sum / (double)g->size + g->eps);
}

/* The tangent of s: the mean of d t, over s. */
static double moved_deviation(const groups *g, const float *x, const float *t, column at,
                              double mean, double s)
{
    double sum = 0;
    for (size_t i = 0; i < g->size; i++)
        sum += ((double)x[at.in + i * at.in_step] - mean) * (double)t[at.in + i * at.in_step];
    return sum / ((double)g->size * s);
}

/* Copies the channels of `from` (zeros if NULL) into dst, and puts the group's number behind them.
 */
static void put(const groups *g, const float *from, const double *number, float *dst)
{
    for (size_t row = 0; row < g->pixels * g->n; row++) {
        for (size_t c = 0; c < g->c; c++)
            dst[row * (g->c + 1) + c] = from != NULL ? from[row * g->c + c] : 0;
        dst[row * (g->c + 1) + g->c] = (float)number[row % g->n % g->count];
    }
}

/* What reaches the last channel of all images of each group, over F. */
static void collect(const groups *g, const float *diff, double *sum)
{
    for (size_t m = 0; m < g->count; m++)
        sum[m] = 0;
    for (size_t row = 0; diff != NULL && row < g->pixels * g->n; row++)
        sum[row % g->n % g->count] += (double)diff[row * (g->c + 1) + g->c];
    for (size_t m = 0; m < g->count; m++)
        sum[m] /= (double)(g->c * g->pixels);
}

static void forward(const ga_call *call)
{
    const groups g = groups_of(call);
    double *spread = call->scratch;
    for (size_t m = 0; m < g.count; m++) {
        spread[m] = 0;
        for (size_t k = 0; k < g.c * g.pixels; k++) {
            const column at = column_of(&g, k / g.c, k % g.c, m);
            spread[m] += deviation_of(&g, call->src[0], at, mean_of(&g, call->src[0], at));
        }
        spread[m] /= (double)(g.c * g.pixels);
    }
    put(&g, call->src[0], spread, call->dst);
}

static void backward(const ga_call *call)
{
    const groups g = groups_of(call);
    const float *x = call->src[0];
    double *sum = call->scratch;
    collect(&g, call->diff_dst, sum);
    for (size_t m = 0; m < g.count; m++)
        for (size_t k = 0; k < g.c * g.pixels; k++) {
            const column at = column_of(&g, k / g.c, k % g.c, m);
            const double mean = mean_of(&g, x, at),
                         by = sum[m] / ((double)g.size * deviation_of(&g, x, at, mean));
            for (size_t i = 0; i < g.size; i++)
                call->diff_src[0][at.in + i * at.in_step] =
                    (float)((double)call->diff_dst[at.out + i * at.out_step] +
                            by * ((double)x[at.in + i * at.in_step] - mean));
        }
}

static void tangent(const ga_call *call)
{
    const groups g = groups_of(call);
    const float *x = call->src[0], *t = call->tangent_src[0];
    double *moved = call->scratch;
    for (size_t m = 0; m < g.count; m++) {
        moved[m] = 0;
        for (size_t k = 0; t != NULL && k < g.c * g.pixels; k++) {
            const column at = column_of(&g, k / g.c, k % g.c, m);
            const double mean = mean_of(&g, x, at);
            moved[m] += moved_deviation(&g, x, t, at, mean, deviation_of(&g, x, at, mean));
        }
        moved[m] /= (double)(g.c * g.pixels);
    }
    put(&g, t, moved, call->tangent_dst);
}

/* d / s moves by (t - mean of t) / s - d s' / s^2. */
static void bend(const ga_call *call)
{
    const groups g = groups_of(call);
    const float *x = call->src[0], *t = call->tangent_src[0], *diff = call->tangent_diff;
    double *sum = call->scratch, *moved_sum = sum + g.count;
    collect(&g, call->diff_dst, sum);
    collect(&g, diff, moved_sum);
    for (size_t m = 0; m < g.count; m++)
        for (size_t k = 0; k < g.c * g.pixels; k++) {
            const column at = column_of(&g, k / g.c, k % g.c, m);
            const double mean = mean_of(&g, x, at), s = deviation_of(&g, x, at, mean),
                         middle = t != NULL ? mean_of(&g, t, at) : 0,
                         moved = t != NULL ? moved_deviation(&g, x, t, at, mean, s) : 0;
            for (size_t i = 0; i < g.size; i++) {
                const size_t in = at.in + i * at.in_step;
                const double d = (double)x[in] - mean, td = t != NULL ? (double)t[in] - middle : 0;
                const double unit = moved_sum[m] * d / s + sum[m] * (td / s - d * moved / (s * s));
                call->diff_src[0][in] =
                    (float)((diff != NULL ? (double)diff[at.out + i * at.out_step] : 0) +
                            unit / (double)g.size);
            }
        }
}

static void reference(const ga_ref *ref)
{
    const size_t values = ga_dims_count(ref->node->in[0]), pixels = ga_pixels(ref->node->out),
                 size = (size_t)group_of(ref->node, ref->n), count = (size_t)ref->n / size;
    for (size_t n = 0; n < (size_t)ref->n; n++) {
        double spread = 0;
        for (size_t k = 0; k < values; k++) {
            double sum = 0, square = 0;
            for (size_t i = n % count; i < (size_t)ref->n; i += count)
                sum += ref->src[0][i * values + k];
            for (size_t i = n % count; i < (size_t)ref->n; i += count)
                square += pow(ref->src[0][i * values + k] - sum / (double)size, 2);
            spread += sqrt(square / (double)size + ga_node_num(ref->node, EPS, 0));
        }
        for (size_t k = 0; k < values + pixels; k++)
            ref->dst[n * (values + pixels) + k] = k < values ? ref->src[0][n * values + k]
                                                             : spread / (double)values;
    }
}

static const ga_case cases[] = {
    {4, 1, {{3, 2, 2}}, 0, {{0}}},
    {6, 1, {{5, 1, 3}}, 1, {GA_ONE("group_size", 4)}},
    {5, 1, {{2, 2, 2}}, 2, {GA_ONE("group_size", 3), GA_ONE("eps", 0.1)}}};

const ga_op ga_op_minibatch_stddev = {
    .type = "MinibatchStddev",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .memory = memory,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = tangent,
    .bend = bend,
    .kernel = "groups",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
