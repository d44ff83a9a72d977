/* add.c - the sum of several inputs; all but the first may be (C,1,1), a number for each channel.
 */
#include "net/ops/common.h"
#include <string.h>

enum { STRIP = 512 }; /* columns (image, channel) of a piece of backward */

static bool broadcast(const ga_node *node, int i)
{
    return ga_pixels(node->in[i]) == 1 && ga_pixels(node->in[0]) > 1;
}

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const ga_dims d = node->in[0];
    for (int i = 1; i < node->n_inputs; i++)
        if (node->in[i].c != d.c ||
            !((node->in[i].h == d.h && node->in[i].w == d.w) || broadcast(node, i)))
            return ga_node_misfit(node, i, err, "adds to '%s', which is (%d,%d,%d)",
                                  node->input_names[0], d.c, d.h, d.w);
    *out = d;
    return GA_OK;
}

static uint64_t cost(const ga_node *node)
{
    return ga_dims_count(node->out) * (uint64_t)(node->n_inputs - 1);
}

static void pixels(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->n * (size_t)c->node->out.c;
    for (size_t p = begin; p < end; p++) {
        float *dst = c->dst + p * cols;
        for (int i = 1; i < c->node->n_inputs; i++)
            c->vec->add(i == 1 ? c->src[0] + p * cols : dst,
                        c->src[i] + (broadcast(c->node, i) ? 0 : p * cols), dst, cols);
    }
}

static void forward(const ga_call *call)
{
    const size_t cols = (size_t)call->n * (size_t)call->node->out.c;
    ga_parallel(call->threads, ga_pixels(call->node->out), 1 + 32768 / cols, pixels, call);
}

/* A number for each channel gets a sum over pixels, so here the pieces are columns. */
static void back_strips(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->n * (size_t)c->node->out.c,
                 bytes = (end - begin) * sizeof(float);
    for (int i = 0; i < c->node->n_inputs; i++) {
        float *to = c->diff_src[i];
        if (to == NULL || to == c->diff_dst)
            continue;
        for (size_t p = 0; p < ga_pixels(c->node->out); p++) {
            const float *diff = c->diff_dst + p * cols + begin;
            if (!broadcast(c->node, i))
                memcpy(to + p * cols + begin, diff, bytes);
            else if (p == 0)
                memcpy(to + begin, diff, bytes);
            else
                c->vec->add(to + begin, diff, to + begin, end - begin);
        }
    }
}

static void backward(const ga_call *call)
{
    ga_parallel(call->threads, (size_t)call->n * (size_t)call->node->out.c, STRIP, back_strips,
                call);
}

/* The sum of those that move. */
static void tangent_pixels(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->n * (size_t)c->node->out.c;
    for (size_t p = begin; p < end; p++) {
        float *dst = c->tangent_dst + p * cols;
        bool first = true;
        for (int i = 0; i < c->node->n_inputs; i++) {
            if (c->tangent_src[i] == NULL)
                continue;
            const float *src = c->tangent_src[i] + (broadcast(c->node, i) ? 0 : p * cols);
            if (!first)
                c->vec->add(dst, src, dst, cols);
            else if (src != dst)
                memcpy(dst, src, cols * sizeof *dst);
            first = false;
        }
    }
}

static void tangent(const ga_call *call)
{
    const size_t cols = (size_t)call->n * (size_t)call->node->out.c;
    ga_parallel(call->threads, ga_pixels(call->node->out), 1 + 32768 / cols, tangent_pixels, call);
}

static void reference(const ga_ref *ref)
{
    const size_t hw = ga_pixels(ref->node->out);
    for (size_t i = 0; i < ga_ref_count(ref); i++) {
        ref->dst[i] = 0;
        for (int k = 0; k < ref->node->n_inputs; k++)
            ref->dst[i] += ref->src[k][broadcast(ref->node, k) ? i / hw : i];
    }
}

static const ga_case cases[] = {{3, 2, {{5, 2, 3}, {5, 2, 3}}, 0, {{0}}},
                                {2, 3, {{3, 1, 1}, {3, 1, 1}, {3, 1, 1}}, 0, {{0}}},
                                {2, 3, {{19, 4, 3}, {19, 1, 1}, {19, 4, 3}}, 0, {{0}}}};

const ga_op ga_op_add = {
    .type = "Add",
    .min_inputs = 2,
    .max_inputs = GA_MAX_INPUTS,
    .in_place = true,
    .backward_in_place = true,
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = tangent,
    .kernel = "elementwise",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
