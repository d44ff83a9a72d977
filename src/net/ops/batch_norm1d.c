/* batch_norm1d.c - batch norm of vectors. */
#include "net/ops/batch_norm.h"
#include "net/ops/common.h"
#include "net/ops/norm.h"

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const int features = ga_node_int(node, GA_BATCH_NORM_FEATURES, 0);
    if (node->in[0].c != features || node->in[0].h != 1 || node->in[0].w != 1)
        return ga_node_misfit(node, 0, err, "takes (%d,1,1)", features);
    *out = node->in[0];
    return GA_OK;
}

static const ga_case cases[] = {
    {5, 1, {{1, 1, 1}}, 1, {GA_ONE("num_features", 1)}},
    {33, 1, {{7, 1, 1}}, 1, {GA_ONE("num_features", 7)}},
};

const ga_op ga_op_batch_norm1d = {
    .type = "BatchNorm1d",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = ga_batch_norm_attrs,
    .n_attrs = GA_COUNT(ga_batch_norm_attrs),
    .in_place = true,
    .backward_in_place = true,
    .fuses_slope = true,
    .shape = shape,
    .params = ga_batch_norm_params,
    .memory = ga_norm_memory,
    .cost = ga_cost_of_numbers,
    .forward = ga_batch_norm_forward,
    .backward = ga_batch_norm_backward,
    .reference = ga_batch_norm_reference,
    .no_tangent = "it ties the images of a batch together, so that none has a gradient of its own",
    .kernel = "norm",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
