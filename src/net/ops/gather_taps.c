/* gather_taps.c - the second half of a convolution over maps that were resized to the size of one
 * of them. As resizing and convolving are sums,
 *     conv(join(P, resize(Q))) = conv(P) + sum over taps of shift(resize(W_tap Q)):
 * products with each tap's weights (a 1x1 convolution to K K C channels, tap by tap) are taken at
 * the size of Q, and only their results are resized, moved by the tap and added here. Exact up to
 * rounding, borders too: what falls outside is padding, which no tap reads.
 *
 * Inputs: conv(P), (C,H,W), then for each Q (K K C, h, w). Resizing is bilinear, as Upsample. */
#include "net/ops/common.h"
#include <math.h>
#include <string.h>

enum { KERNEL };
static const ga_attr_spec attrs[] = {[KERNEL] = GA_WHOLE("kernel_size", 1, 1, 1, 31, 3)};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const int k = ga_node_int(node, KERNEL, 0);
    const ga_dims d = node->in[0];
    if (k % 2 == 0)
        return ga_fail(err, GA_EINVAL, "layer '%s' (%s): kernel_size is %d, expected an odd number",
                       node->name, node->op->type, k);
    for (int i = 1; i < node->n_inputs; i++)
        if (node->in[i].c / (k * k) != d.c || node->in[i].c % (k * k) != 0)
            return ga_node_misfit(node, i, err, "takes %d x %d x %d channels", k, k, d.c);
    *out = d;
    return GA_OK;
}

/* Where place o of a line of `outs` reads one of `length`; both neighbours may be the last. */
typedef struct between {
    int cell[2];
    float weight[2];
} between;

static between place(int o, int outs, int length)
{
    const float at = ((float)o + 0.5f) * ((float)length / (float)outs) - 0.5f;
    const float from = at > 0 ? at : 0;
    const int first = (int)from < length - 1 ? (int)from : length - 1;
    const float t = first < length - 1 ? from - (float)first : 0;
    return (between){{first, first < length - 1 ? first + 1 : first}, {1 - t, t}};
}

/* One way through: dst gets what src has, or, back, diffs get what dst's has. */
typedef struct walk {
    const ga_call *call;
    const float *src[GA_MAX_INPUTS]; /* NULL: 0, or nothing is wanted */
    float *dst;
    int input; /* backward: the one at hand */
} walk;

/* Of an output pixel the at most four cells that it reads of input i at a tap. */
static void touch(const walk *w, size_t pixel, int i, int tap, bool back)
{
    const ga_call *call = w->call;
    const ga_dims out = call->node->out, in = call->node->in[i];
    const int k = ga_node_int(call->node, KERNEL, 0);
    const int y = (int)(pixel / (size_t)out.w) + tap / k - k / 2,
              x = (int)(pixel % (size_t)out.w) + tap % k - k / 2;
    if (y < 0 || y >= out.h || x < 0 || x >= out.w)
        return;
    const between rows = place(y, out.h, in.h), columns = place(x, out.w, in.w);
    const size_t c = (size_t)out.c, N = (size_t)call->n;
    for (int at = 0; at < 4; at++) {
        const float weight = rows.weight[at / 2] * columns.weight[at % 2];
        const size_t cell = (size_t)rows.cell[at / 2] * (size_t)in.w + (size_t)columns.cell[at % 2];
        for (size_t n = 0; weight != 0 && n < N; n++) {
            const size_t there = (cell * N + n) * (size_t)in.c + (size_t)tap * c,
                         here = (pixel * N + n) * c;
            if (back)
                call->vec->add_scaled(call->diff_dst + here, call->diff_src[i] + there, c, weight);
            else
                call->vec->add_scaled(w->src[i] + there, w->dst + here, c, weight);
        }
    }
}

static void pixels(const void *user, size_t begin, size_t end)
{
    const walk *w = user;
    const size_t cols = (size_t)w->call->n * (size_t)w->call->node->out.c;
    const int k = ga_node_int(w->call->node, KERNEL, 0);
    for (size_t p = begin; p < end; p++) {
        if (w->src[0] == NULL)
            memset(w->dst + p * cols, 0, cols * sizeof(float));
        else if (w->src[0] != w->dst)
            memcpy(w->dst + p * cols, w->src[0] + p * cols, cols * sizeof(float));
        for (int i = 1; i < w->call->node->n_inputs; i++)
            for (int tap = 0; tap < k * k && w->src[i] != NULL; tap++)
                touch(w, p, i, tap, false);
    }
}

static void gather(const ga_call *call, const float *const *src, float *dst)
{
    walk w = {.call = call, .dst = dst};
    for (int i = 0; i < call->node->n_inputs; i++)
        w.src[i] = src[i];
    ga_parallel(call->threads, ga_pixels(call->node->out), (size_t)call->node->out.w, pixels, &w);
}

static void forward(const ga_call *call)
{
    gather(call, call->src, call->dst);
}

static void tangent(const ga_call *call)
{
    gather(call, call->tangent_src, call->tangent_dst);
}

/* Several pixels reach one cell, so the pieces are taps. */
static void back_taps(const void *user, size_t begin, size_t end)
{
    const walk *w = user;
    for (size_t tap = begin; tap < end; tap++)
        for (size_t p = 0; p < ga_pixels(w->call->node->out); p++)
            touch(w, p, w->input, (int)tap, true);
}

static void backward(const ga_call *call)
{
    const int k = ga_node_int(call->node, KERNEL, 0);
    const size_t count = ga_dims_count(call->node->out) * (size_t)call->n;
    for (int i = 1; i < call->node->n_inputs; i++) {
        const walk w = {.call = call, .input = i};
        if (call->diff_src[i] == NULL)
            continue;
        memset(call->diff_src[i], 0,
               ga_dims_count(call->node->in[i]) * (size_t)call->n * sizeof(float));
        ga_parallel(call->threads, (size_t)(k * k), 1, back_taps, &w);
    }
    if (call->diff_src[0] != NULL && call->diff_src[0] != call->diff_dst)
        memcpy(call->diff_src[0], call->diff_dst, count * sizeof(float));
}

static uint64_t cost(const ga_node *node)
{
    const int k = ga_node_int(node, KERNEL, 0);
    return ga_dims_count(node->out) * (uint64_t)(node->n_inputs - 1) * (uint64_t)(4 * k * k);
}

/* ---- plainly ----------------------------------------------------------------------------------*/

static double tent(int o, int outs, int i, int length)
{
    double at = (o + 0.5) * length / outs - 0.5;
    at = at < 0 ? 0 : at > length - 1 ? length - 1 : at;
    return fmax(0, 1 - fabs(at - i));
}

/* The resized map of a tap and channel at (y,x); 0 outside. */
static double resized(const double *map, ga_dims in, ga_dims out, int y, int x)
{
    double all = 0;
    for (int h = 0; h < in.h; h++)
        for (int v = 0; v < in.w && y >= 0 && y < out.h && x >= 0 && x < out.w; v++)
            all += tent(y, out.h, h, in.h) * tent(x, out.w, v, in.w) * map[h * in.w + v];
    return all;
}

static void reference(const ga_ref *ref)
{
    const ga_dims out = ref->node->out;
    const int k = ga_node_int(ref->node, KERNEL, 0);
    double *dst = ref->dst;
    for (int n = 0; n < ref->n; n++)
        for (int c = 0; c < out.c; c++)
            for (int p = 0; p < (int)ga_pixels(out); p++, dst++) {
                *dst = ref->src[0][dst - ref->dst];
                for (int i = 1; i < ref->node->n_inputs; i++)
                    for (int tap = 0; tap < k * k; tap++) {
                        const ga_dims in = ref->node->in[i];
                        *dst += resized(
                            ref->src[i] + (size_t)((n * k * k + tap) * out.c + c) * ga_pixels(in),
                            in, out, p / out.w + tap / k - k / 2, p % out.w + tap % k - k / 2);
                    }
            }
}

static const ga_case cases[] = {
    {1, 2, {{3, 4, 4}, {27, 2, 2}}, 0, {{0}}},
    {2, 3, {{5, 5, 3}, {45, 3, 2}, {45, 1, 1}}, 0, {{0}}},
    {2, 2, {{2, 4, 3}, {2, 2, 2}}, 1, {GA_ONE("kernel_size", 1)}},
    {1, 2, {{1, 6, 5}, {25, 2, 3}}, 1, {GA_ONE("kernel_size", 5)}},
};

const ga_op ga_op_gather_taps = {
    .type = "GatherTaps",
    .min_inputs = 2,
    .max_inputs = GA_MAX_INPUTS,
    .in_place = true,
    .backward_in_place = true,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = tangent,
    .kernel = "taps of resized maps",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
