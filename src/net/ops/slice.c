/* slice.c - the channels from start to before stop. */
#include "net/ops/common.h"
#include <string.h>

enum { START, STOP, GRAIN = 64 }; /* GRAIN: rows (pixel, image) of a piece */
static const ga_attr_spec attrs[] = {
    [START] = GA_WHOLE("start", 1, 1, 0, 1 << 29, 0),
    [STOP] = GA_WHOLE_NEEDED("stop", 1, 1, 1, 1 << 29),
};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const int start = ga_node_int(node, START, 0), stop = ga_node_int(node, STOP, 0);
    if (start >= stop || stop > node->in[0].c)
        return ga_node_misfit(node, 0, err, "takes channels %d to before %d", start, stop);
    *out = (ga_dims){stop - start, node->in[0].h, node->in[0].w};
    return GA_OK;
}

static void rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->node->out.c, from = (size_t)c->node->in[0].c,
                 start = (size_t)ga_node_int(c->node, START, 0);
    for (size_t row = begin; row < end; row++)
        memcpy(c->dst + row * cols, c->src[0] + row * from + start, cols * sizeof *c->dst);
}

static void forward(const ga_call *call)
{
    ga_parallel(call->threads, ga_pixels(call->node->out) * (size_t)call->n, GRAIN, rows, call);
}

static void back_rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->node->out.c, from = (size_t)c->node->in[0].c,
                 start = (size_t)ga_node_int(c->node, START, 0);
    for (size_t row = begin; row < end; row++) {
        memset(c->diff_src[0] + row * from, 0, from * sizeof *c->dst);
        memcpy(c->diff_src[0] + row * from + start, c->diff_dst + row * cols,
               cols * sizeof *c->dst);
    }
}

static void backward(const ga_call *call)
{
    ga_parallel(call->threads, ga_pixels(call->node->out) * (size_t)call->n, GRAIN, back_rows,
                call);
}

static void reference(const ga_ref *ref)
{
    const size_t hw = ga_pixels(ref->node->out), from = (size_t)ref->node->in[0].c,
                 start = (size_t)ga_node_int(ref->node, START, 0), cols = (size_t)ref->node->out.c;
    for (size_t n = 0; n < (size_t)ref->n; n++)
        memcpy(ref->dst + n * cols * hw, ref->src[0] + (n * from + start) * hw,
               cols * hw * sizeof *ref->dst);
}

static const ga_case cases[] = {{2, 1, {{3, 2, 2}}, 2, {GA_ONE("start", 0), GA_ONE("stop", 3)}},
                                {3, 1, {{19, 2, 3}}, 2, {GA_ONE("start", 2), GA_ONE("stop", 18)}},
                                {1, 1, {{4, 1, 1}}, 2, {GA_ONE("start", 3), GA_ONE("stop", 4)}}};

const ga_op ga_op_slice = {
    .type = "Slice",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = ga_tangent_by_forward,
    .kernel = "rows",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
