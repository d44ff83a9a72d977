/* concat.c - the channels of several inputs behind each other. */
#include "net/ops/common.h"
#include <string.h>

enum { GRAIN = 64 }; /* rows (pixel, image) of a piece */

static const ga_attr_spec attrs[] = {GA_WHOLE("dim", 1, 1, 1, 1, 1)}; /* C and nothing else */

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    int64_t c = 0;
    for (int i = 0; i < node->n_inputs; i++) {
        if (node->in[i].h != node->in[0].h || node->in[i].w != node->in[0].w)
            return ga_node_misfit(
                node, i, err, "joins maps of the size of '%s', which is (%d,%d,%d)",
                node->input_names[0], node->in[0].c, node->in[0].h, node->in[0].w);
        c += node->in[i].c;
    }
    return ga_node_out(node, c, node->in[0].h, node->in[0].w, out, err);
}

static void rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    for (size_t row = begin; row < end; row++) {
        float *dst = c->dst + row * (size_t)c->node->out.c;
        for (int i = 0; i < c->node->n_inputs; i++) {
            const size_t cols = (size_t)c->node->in[i].c;
            memcpy(dst, c->src[i] + row * cols, cols * sizeof *dst);
            dst += cols;
        }
    }
}

static void forward(const ga_call *call)
{
    ga_parallel(call->threads, ga_pixels(call->node->out) * (size_t)call->n, GRAIN, rows, call);
}

static void back_rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    for (size_t row = begin; row < end; row++) {
        const float *diff = c->diff_dst + row * (size_t)c->node->out.c;
        for (int i = 0; i < c->node->n_inputs; i++) {
            const size_t cols = (size_t)c->node->in[i].c;
            if (c->diff_src[i] != NULL)
                memcpy(c->diff_src[i] + row * cols, diff, cols * sizeof *diff);
            diff += cols;
        }
    }
}

static void backward(const ga_call *call)
{
    ga_parallel(call->threads, ga_pixels(call->node->out) * (size_t)call->n, GRAIN, back_rows,
                call);
}

static void tangent_rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    for (size_t row = begin; row < end; row++) {
        float *dst = c->tangent_dst + row * (size_t)c->node->out.c;
        for (int i = 0; i < c->node->n_inputs; i++) {
            const size_t cols = (size_t)c->node->in[i].c;
            if (c->tangent_src[i] != NULL)
                memcpy(dst, c->tangent_src[i] + row * cols, cols * sizeof *dst);
            else
                memset(dst, 0, cols * sizeof *dst);
            dst += cols;
        }
    }
}

static void tangent(const ga_call *call)
{
    ga_parallel(call->threads, ga_pixels(call->node->out) * (size_t)call->n, GRAIN, tangent_rows,
                call);
}

static void reference(const ga_ref *ref)
{
    double *dst = ref->dst;
    for (int n = 0; n < ref->n; n++)
        for (int i = 0; i < ref->node->n_inputs; i++) {
            const size_t count = ga_dims_count(ref->node->in[i]);
            memcpy(dst, ref->src[i] + (size_t)n * count, count * sizeof *dst);
            dst += count;
        }
}

static const ga_case cases[] = {{2, 1, {{3, 2, 2}}, 0, {{0}}},
                                {3, 2, {{3, 2, 4}, {5, 2, 4}}, 0, {{0}}},
                                {2, 3, {{1, 3, 3}, {17, 3, 3}, {2, 3, 3}}, 0, {{0}}}};

const ga_op ga_op_concat = {
    .type = "Concat",
    .min_inputs = 1,
    .max_inputs = GA_MAX_INPUTS,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = tangent,
    .kernel = "rows",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
