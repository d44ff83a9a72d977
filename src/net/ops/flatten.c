/* flatten.c - (C,H,W) as a vector in that order. */
#include "net/ops/reshape.h"
#include "net/ops/common.h"

static const ga_attr_spec attrs[] = {GA_WHOLE("start_dim", 1, 1, 1, 1, 1),
                                     GA_WHOLE("end_dim", 1, 1, -1, -1, -1)};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    return ga_node_out(node, (int64_t)ga_dims_count(node->in[0]), 1, 1, out, err);
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
    .view = ga_reshape_view,
    .forward = ga_reshape_forward,
    .backward = ga_reshape_backward,
    .reference = ga_reshape_reference,
    .tangent = ga_tangent_by_forward,
    .kernel = "transpose",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
