/* reshape.c - numbers in (C,H,W) order under another (C,H,W); Unflatten with a shorter option. */
#include "net/ops/reshape.h"
#include "net/layout.h"
#include "net/ops/common.h"
#include <string.h>

enum { SIZE };
static const ga_attr_spec attrs[] = {
    [SIZE] = GA_WHOLE_NEEDED("shape", 3, 3, 1, 1 << 24),
};

ga_status ga_reshape_shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const int64_t c = ga_node_int(node, SIZE, 0), h = ga_node_int(node, SIZE, 1),
                  w = ga_node_int(node, SIZE, 2);
    if ((double)c * (double)h * (double)w != (double)ga_dims_count(node->in[0]))
        return ga_node_misfit(node, 0, err, "makes (%d,%d,%d), %.0f numbers", (int)c, (int)h,
                              (int)w, (double)c * (double)h * (double)w);
    return ga_node_out(node, c, h, w, out, err);
}

bool ga_reshape_view(const ga_need *need)
{
    return ga_pixels(need->node->in[0]) == ga_pixels(need->node->out);
}

void ga_reshape_forward(const ga_call *c)
{
    if (c->dst != c->src[0])
        ga_reshape(c->vec, c->threads, c->node->in[0], c->node->out, c->n, c->src[0], c->dst);
}

void ga_reshape_backward(const ga_call *c)
{
    if (c->diff_src[0] != c->diff_dst)
        ga_reshape(c->vec, c->threads, c->node->out, c->node->in[0], c->n, c->diff_dst,
                   c->diff_src[0]);
}

void ga_reshape_reference(const ga_ref *ref)
{
    memcpy(ref->dst, ref->src[0], ga_ref_count(ref) * sizeof *ref->dst);
}

static const ga_case cases[] = {{3, 1, {{4, 1, 1}}, 1, {GA_THREE("shape", 4, 1, 1)}},
                                {2, 1, {{15, 1, 1}}, 1, {GA_THREE("shape", 1, 5, 3)}},
                                {3, 1, {{190, 1, 1}}, 1, {GA_THREE("shape", 19, 2, 5)}},
                                {2, 1, {{6, 2, 4}}, 1, {GA_THREE("shape", 3, 4, 4)}},
                                {2, 1, {{6, 2, 4}}, 1, {GA_THREE("shape", 6, 4, 2)}}};

const ga_op ga_op_reshape = {
    .type = "Reshape",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = ga_reshape_shape,
    .view = ga_reshape_view,
    .forward = ga_reshape_forward,
    .backward = ga_reshape_backward,
    .reference = ga_reshape_reference,
    .tangent = ga_tangent_by_forward,
    .kernel = "transpose",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
