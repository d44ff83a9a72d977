/* multiply.c - the product of two inputs; the second may be (C,1,1), a factor for each channel. */
#include "net/ops/common.h"
#include <string.h>

enum { STRIP = 512 }; /* columns (image, channel) of a piece */

static bool broadcast(const ga_node *node)
{
    return ga_pixels(node->in[1]) == 1 && ga_pixels(node->in[0]) > 1;
}

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const ga_dims a = node->in[0], b = node->in[1];
    if (a.c != b.c || !((a.h == b.h && a.w == b.w) || (b.h == 1 && b.w == 1)))
        return ga_node_misfit(node, 1, err, "multiplies '%s', which is (%d,%d,%d)",
                              node->input_names[0], a.c, a.h, a.w);
    *out = a;
    return GA_OK;
}

/* Columns begin to end of all pixels. */
static void strips(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->n * (size_t)c->node->out.c, step = broadcast(c->node) ? 0 : cols;
    for (size_t p = 0; p < ga_pixels(c->node->out); p++)
        c->vec->multiply(c->src[0] + p * cols + begin, c->src[1] + p * step + begin,
                         c->dst + p * cols + begin, end - begin);
}

static void forward(const ga_call *call)
{
    ga_parallel(call->threads, (size_t)call->n * (size_t)call->node->out.c, STRIP, strips, call);
}

static void back_strips(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->n * (size_t)c->node->out.c, step = broadcast(c->node) ? 0 : cols;
    if (c->diff_src[1] != NULL && step == 0)
        memset(c->diff_src[1] + begin, 0, (end - begin) * sizeof(float));
    for (size_t p = 0; p < ga_pixels(c->node->out); p++) {
        const float *diff = c->diff_dst + p * cols + begin;
        if (c->diff_src[0] != NULL)
            c->vec->multiply(diff, c->src[1] + p * step + begin, c->diff_src[0] + p * cols + begin,
                             end - begin);
        if (c->diff_src[1] != NULL && step != 0)
            c->vec->multiply(diff, c->src[0] + p * cols + begin, c->diff_src[1] + p * cols + begin,
                             end - begin);
        if (c->diff_src[1] != NULL && step == 0)
            c->vec->add_product(diff, c->src[0] + p * cols + begin, c->diff_src[1] + begin,
                                end - begin);
    }
}

static void backward(const ga_call *call)
{
    ga_parallel(call->threads, (size_t)call->n * (size_t)call->node->out.c, STRIP, back_strips,
                call);
}

static void tangent_strips(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->n * (size_t)c->node->out.c, step = broadcast(c->node) ? 0 : cols;
    const float *t0 = c->tangent_src[0], *t1 = c->tangent_src[1];
    for (size_t p = 0; p < ga_pixels(c->node->out); p++) {
        float *dst = c->tangent_dst + p * cols + begin;
        if (t0 != NULL)
            c->vec->multiply(t0 + p * cols + begin, c->src[1] + p * step + begin, dst, end - begin);
        else
            memset(dst, 0, (end - begin) * sizeof *dst);
        if (t1 != NULL)
            c->vec->add_product(c->src[0] + p * cols + begin, t1 + p * step + begin, dst,
                                end - begin);
    }
}

static void tangent(const ga_call *call)
{
    ga_parallel(call->threads, (size_t)call->n * (size_t)call->node->out.c, STRIP, tangent_strips,
                call);
}

/* The gradient of one input is dy times the other: (tangent of dy) other + dy (tangent of other).
 */
static void bend_strips(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->n * (size_t)c->node->out.c, n = end - begin,
                 step[2] = {cols, broadcast(c->node) ? 0 : cols};
    for (int k = 0; k < 2; k++) {
        const int other = 1 - k;
        if (c->diff_src[k] == NULL)
            continue;
        for (size_t p = 0; p < ga_pixels(c->node->in[k]); p++)
            memset(c->diff_src[k] + p * cols + begin, 0, n * sizeof(float));
        for (size_t p = 0; p < ga_pixels(c->node->out); p++) {
            float *to = c->diff_src[k] + p * step[k] + begin;
            const size_t at = p * cols + begin, there = p * step[other] + begin;
            if (c->tangent_diff != NULL)
                c->vec->add_product(c->tangent_diff + at, c->src[other] + there, to, n);
            if (c->tangent_src[other] != NULL)
                c->vec->add_product(c->diff_dst + at, c->tangent_src[other] + there, to, n);
        }
    }
}

static void bend(const ga_call *call)
{
    ga_parallel(call->threads, (size_t)call->n * (size_t)call->node->out.c, STRIP, bend_strips,
                call);
}

static void reference(const ga_ref *ref)
{
    const size_t hw = ga_pixels(ref->node->out);
    for (size_t i = 0; i < ga_ref_count(ref); i++)
        ref->dst[i] = ref->src[0][i] * ref->src[1][broadcast(ref->node) ? i / hw : i];
}

static const ga_case cases[] = {{3, 2, {{5, 2, 3}, {5, 2, 3}}, 0, {{0}}},
                                {2, 2, {{19, 4, 3}, {19, 1, 1}}, 0, {{0}}}};

const ga_op ga_op_multiply = {
    .type = "Multiply",
    .min_inputs = 2,
    .max_inputs = 2,
    .in_place = true,
    .shape = shape,
    .cost = ga_cost_of_numbers,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = tangent,
    .bend = bend,
    .bilinear = true,
    .kernel = "elementwise",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
