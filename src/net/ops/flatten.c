/* flatten.c - (C,H,W) as a vector in that order. */
#include "net/layout.h"
#include "net/ops/common.h"
#include <string.h>

static const ga_attr_spec attrs[] = {GA_WHOLE("start_dim", 1, 1, 1, 1, 1),
                                     GA_WHOLE("end_dim", 1, 1, -1, -1, -1)};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    return ga_node_out(node, (int64_t)ga_dims_count(node->in[0]), 1, 1, out, err);
}

static bool view(const ga_need *need)
{
    return ga_pixels(need->node->in[0]) == 1;
}

static void forward(const ga_call *c)
{
    if (c->dst != c->src[0])
        ga_reshape(c->vec, c->threads, c->node->in[0], c->node->out, c->n, c->src[0], c->dst);
}

static void backward(const ga_call *c)
{
    if (c->diff_src[0] != c->diff_dst)
        ga_reshape(c->vec, c->threads, c->node->out, c->node->in[0], c->n, c->diff_dst,
                   c->diff_src[0]);
}

static void reference(const ga_ref *ref)
{
    memcpy(ref->dst, ref->src[0], ga_ref_count(ref) * sizeof *ref->dst);
}

static const ga_case cases[] = {
    {3, 1, {{4, 1, 1}}, 0, {{0}}}, {2, 1, {{1, 5, 3}}, 0, {{0}}}, {3, 1, {{19, 4, 5}}, 0, {{0}}}};

const ga_op ga_op_flatten = {
    .type = "Flatten",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .view = view,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = ga_tangent_by_forward,
    .kernel = "transpose",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
