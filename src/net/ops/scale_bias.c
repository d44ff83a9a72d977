/* scale_bias.c - weight[c] x + bias[c], both learned: a norm without statistics. */
#include "net/ops/common.h"
#include "net/ops/norm.h"

static const ga_attr_spec attrs[] = {
    GA_WHOLE_NEEDED("num_features", 1, 1, 1, 1 << 24),
};

static const ga_norm norm = {.eps = 0, .affine = true, .mode = GA_BN_RUNNING};

static void forward(const ga_call *call)
{
    ga_norm_forward(call, &norm);
}

static void backward(const ga_call *call)
{
    ga_norm_backward(call, &norm);
}

/* By backward twice: the weight's part of the tangent, then slope times it, perhaps in place. */
static void tangent(const ga_call *call)
{
    ga_call c = *call;
    c.src[0] = call->tangent_src[0];
    c.diff_param[1] = NULL;
    if (c.diff_param[0] != NULL)
        backward(&c);
    c.diff_param[0] = NULL;
    if (call->tangent_dst != NULL)
        ga_tangent_by_backward(&c);
}

static void reference(const ga_ref *ref)
{
    const size_t hw = ga_pixels(ref->node->out), c_count = (size_t)ref->node->out.c;
    for (size_t i = 0; i < (size_t)ref->n * c_count * hw; i++)
        ref->dst[i] = ref->param[0][i / hw % c_count] * ref->src[0][i] +
                      ref->param[1][i / hw % c_count];
}

static const ga_case cases[] = {
    {3, 1, {{4, 5, 3}}, 1, {GA_ONE("num_features", 4)}},
    {2, 1, {{19, 1, 1}}, 1, {GA_ONE("num_features", 19)}},
};

const ga_op ga_op_scale_bias = {
    .type = "ScaleBias",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .in_place = true,
    .backward_in_place = true,
    .fuses_slope = true,
    .norm = GA_NORM_NONE,
    .shape = ga_norm_shape,
    .params = ga_norm_affine_params,
    .memory = ga_norm_memory,
    .cost = ga_cost_of_numbers,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = tangent,
    .kernel = "norm",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
