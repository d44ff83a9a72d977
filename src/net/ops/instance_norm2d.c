/* instance_norm2d.c - each channel of each image by its own mean and variance, always. */
#include "net/ops/common.h"
#include "net/ops/norm.h"

enum { FEATURES, EPS, MOMENTUM, AFFINE };
static const ga_attr_spec attrs[] = {
    [FEATURES] = GA_WHOLE_NEEDED("num_features", 1, 1, 1, 1 << 24),
    [EPS] = GA_NUMBER("eps", 0, 1, 1e-5),
    [MOMENTUM] = GA_NUMBER("momentum", 0, 1, 0.1), /* of running statistics, which it has not */
    [AFFINE] = GA_WHOLE("affine", 1, 1, 0, 1, 0),
};

static int params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    return ga_node_int(node, AFFINE, 0) != 0 ? ga_norm_affine_params(node, out) : 0;
}

static ga_norm norm_of(const ga_node *node)
{
    return (ga_norm){.eps = ga_node_num(node, EPS, 0),
                     .affine = ga_node_int(node, AFFINE, 0) != 0,
                     .mode = GA_BN_IMAGE};
}

static void forward(const ga_call *call)
{
    const ga_norm norm = norm_of(call->node);
    ga_norm_forward(call, &norm);
}

static void backward(const ga_call *call)
{
    const ga_norm norm = norm_of(call->node);
    ga_norm_backward(call, &norm);
}

static void reference(const ga_ref *ref)
{
    const ga_norm norm = norm_of(ref->node);
    ga_norm_reference(ref, &norm, NULL, NULL);
}

static const ga_case cases[] = {
    {3, 1, {{4, 5, 3}}, 1, {GA_ONE("num_features", 4)}},
    {2, 1, {{9, 12, 12}}, 2, {GA_ONE("num_features", 9), GA_ONE("affine", 1)}},
};

const ga_op ga_op_instance_norm2d = {
    .type = "InstanceNorm2d",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .in_place = true,
    .backward_in_place = true,
    .fuses_slope = true,
    .norm = GA_NORM_IMAGE,
    .shape = ga_norm_shape,
    .params = params,
    .memory = ga_norm_memory,
    .cost = ga_cost_of_numbers,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .no_tangent = "its second derivative is not known here",
    .kernel = "norm",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
