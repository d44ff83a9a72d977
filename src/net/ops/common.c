#include "net/ops/common.h"
#include <string.h>

enum { GRAIN = 32768 }; /* floats of a piece: half of a core's first cache and some */

size_t ga_call_count(const ga_call *call)
{
    return ga_dims_count(call->node->out) * (size_t)call->n;
}

size_t ga_ref_count(const ga_ref *ref)
{
    return ga_dims_count(ref->node->out) * (size_t)ref->n;
}

uint64_t ga_cost_of_numbers(const ga_node *node)
{
    return ga_dims_count(node->out);
}

void ga_for_elements(const ga_call *call, ga_range_fn *fn)
{
    ga_parallel(call->threads, ga_call_count(call), GRAIN, fn, call);
}

static void copy_range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    memcpy(c->dst + begin, c->src[0] + begin, (end - begin) * sizeof *c->dst);
}

void ga_copy_forward(const ga_call *call)
{
    if (call->dst != call->src[0])
        ga_for_elements(call, copy_range);
}

static void copy_back_range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    memcpy(c->diff_src[0] + begin, c->diff_dst + begin, (end - begin) * sizeof *c->dst);
}

void ga_copy_backward(const ga_call *call)
{
    if (call->diff_src[0] != NULL && call->diff_src[0] != call->diff_dst)
        ga_for_elements(call, copy_back_range);
}

bool ga_always_view(const ga_need *need)
{
    (void)need;
    return true;
}

/* ---- second order -----------------------------------------------------------------------------*/

void ga_tangent_by_forward(const ga_call *call)
{
    ga_call c = *call;
    c.src[0] = call->tangent_src[0];
    c.dst = call->tangent_dst;
    call->node->op->forward(&c);
}

void ga_tangent_by_backward(const ga_call *call)
{
    ga_call c = *call;
    c.diff_dst = call->tangent_src[0];
    c.diff_src[0] = call->tangent_dst;
    call->node->op->backward(&c);
}

typedef struct bending {
    const ga_call *call;
    ga_second_fn *second;
} bending;

/* With dx = f'(x) dy: f'(x) (tangent of dy), which is there already, and f''(x) (tangent of x) dy.
 */
static void bend_range(const void *user, size_t begin, size_t end)
{
    const bending *b = user;
    const ga_call *c = b->call;
    for (size_t i = begin; i < end; i++) {
        const float by_slope = c->tangent_diff != NULL ? c->diff_src[0][i] : 0;
        c->diff_src[0][i] = by_slope + b->second(c->node, c->src[0][i], c->dst[i]) *
                                           c->tangent_src[0][i] * c->diff_dst[i];
    }
}

void ga_bend_elements(const ga_call *call, ga_second_fn *second)
{
    const bending b = {call, second};
    ga_call c = *call;
    c.diff_dst = call->tangent_diff;
    if (call->tangent_diff != NULL)
        call->node->op->backward(&c);
    ga_parallel(call->threads, ga_call_count(call), GRAIN, bend_range, &b);
}

/* ---- products ---------------------------------------------------------------------------------*/

void ga_product_forward(const ga_call *c)
{
    ga_conv_forward(c->conv, c->n, c->src[0], c->packed, c->param[1], c->dst, c->scratch);
}

/* Behind what the convolution itself needs. */
static float *folded_in(const ga_call *c)
{
    const size_t bytes = (ga_conv_describe(c->conv).scratch_bytes + 63) & ~(size_t)63;
    return (float *)(void *)((char *)c->scratch + bytes);
}

static void doubled_weights(const ga_call *c)
{
    ga_conv_shape s;
    float *const folded = folded_in(c);
    (void)c->node->op->conv(c->node, &s);
    if (c->accumulate) /* the bias is added to what it has, so here is nothing */
        memset(folded, 0, ga_conv_folded_count(&s) * sizeof *folded);
    ga_conv_backward_weights(c->conv, c->n, c->src[0], c->diff_dst, folded, c->diff_param[1],
                             c->accumulate, c->scratch);
    ga_conv_unfold(&s, folded, c->diff_param[0], c->accumulate, c->threads);
}

void ga_product_backward(const ga_call *c)
{
    if (c->diff_param[0] != NULL && c->doubled)
        doubled_weights(c);
    else if (c->diff_param[0] != NULL)
        ga_conv_backward_weights(c->conv, c->n, c->src[0], c->diff_dst, c->diff_param[0],
                                 c->diff_param[1], c->accumulate, c->scratch);
    if (c->diff_src[0] != NULL)
        ga_conv_backward_data(c->conv, c->n, c->diff_dst, c->packed_backward, c->diff_src[0],
                              c->scratch);
}

void ga_product_tangent(const ga_call *c)
{
    if (c->tangent_dst != NULL)
        ga_conv_forward(c->conv, c->n, c->tangent_src[0], c->packed, NULL, c->tangent_dst,
                        c->scratch);
    if (c->diff_param[0] != NULL)
        ga_conv_backward_weights(c->conv, c->n, c->tangent_src[0], c->diff_dst, c->diff_param[0],
                                 NULL, c->accumulate, c->scratch);
}

/* One output of image n: the sum over all taps that hit a pixel. In a transposed layer input pixel
 * i reaches output i * stride - pad + k * dilation; in a plain one output o reads input
 * o * stride - pad + k * dilation. */
static double one_output(const ga_ref *ref, const ga_conv_shape *s, int n, int oc, int oh, int ow)
{
    const int icg = s->ic / s->groups, ocg = s->oc / s->groups, group = oc / ocg;
    double sum = ref->node->n_params > 1 ? ref->param[1][oc] : 0;
    for (int k = 0; k < icg; k++)
        for (int r = 0; r < s->kh; r++)
            for (int q = 0; q < s->kw; q++) {
                const int ic = group * icg + k;
                int h = oh * s->sh - s->ph + r * s->dh, w = ow * s->sw - s->pw + q * s->dw;
                size_t weight = (size_t)((oc * icg + k) * s->kh + r) * (size_t)s->kw + (size_t)q;
                if (s->transposed) {
                    h = oh + s->ph - r * s->dh;
                    w = ow + s->pw - q * s->dw;
                    if (h % s->sh != 0 || w % s->sw != 0)
                        continue;
                    h /= s->sh;
                    w /= s->sw;
                    weight = (size_t)((ic * ocg + oc % ocg) * s->kh + r) * (size_t)s->kw +
                             (size_t)q;
                }
                if (h < 0 || h >= s->ih || w < 0 || w >= s->iw)
                    continue;
                sum += ref->param[0][weight] *
                       ref->src[0][((size_t)(n * s->ic + ic) * (size_t)s->ih + (size_t)h) *
                                       (size_t)s->iw +
                                   (size_t)w];
            }
    return sum;
}

void ga_product_reference(const ga_ref *ref)
{
    ga_conv_shape s;
    double *dst = ref->dst;
    (void)ref->node->op->conv(ref->node, &s);
    for (int n = 0; n < ref->n; n++)
        for (int oc = 0; oc < s.oc; oc++)
            for (int oh = 0; oh < s.oh; oh++)
                for (int ow = 0; ow < s.ow; ow++)
                    *dst++ = one_output(ref, &s, n, oc, oh, ow);
}

int ga_product_params(ga_op_param out[GA_MAX_OP_PARAMS], int rank, const int64_t *dim, int64_t oc,
                      double fan_in, bool bias)
{
    out[0] = (ga_op_param){
        .suffix = "weight", .kind = GA_WEIGHT, .init = GA_INIT_FAN, .rank = rank, .fan_in = fan_in};
    memcpy(out[0].dim, dim, (size_t)rank * sizeof *dim);
    if (!bias)
        return 1;
    out[1] = (ga_op_param){.suffix = "bias",
                           .kind = GA_WEIGHT,
                           .init = GA_INIT_FAN,
                           .rank = 1,
                           .dim = {oc},
                           .fan_in = fan_in};
    return 2;
}

/* ---- windows ----------------------------------------------------------------------------------*/

int64_t ga_window_count(int64_t in, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation,
                        bool up)
{
    const int64_t room = in + 2 * pad - dilation * (kernel - 1) - 1;
    if (room < 0)
        return 0;
    int64_t count = room / stride + 1;
    /* PyTorch: a window that rounding up adds must start inside the input or the padding before. */
    if (up && room % stride != 0 && count * stride < in + pad)
        count++;
    return count;
}
