/* wscale.c - scale x + b[c], with one given number and learned b: what makes the rate of learning
 * equal for all layers, behind a convolution whose weights start as normal(0, 1) (Karras et al.
 * 2018, arXiv:1710.10196, sec. 4.1). */
#include "net/ops/common.h"
#include "net/ops/norm.h"

enum { FEATURES, SCALE };
static const ga_attr_spec attrs[] = {
    [FEATURES] = GA_WHOLE_NEEDED("num_features", 1, 1, 1, 1 << 24),
    [SCALE] = GA_NUMBER("scale", -1e30, 1e30, 1),
};

static int params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    out[0] = (ga_op_param){
        .suffix = "b", .kind = GA_WEIGHT, .init = GA_INIT_ZERO, .rank = 1, .dim = {node->in[0].c}};
    return 1;
}

static ga_norm norm_of(const ga_call *call)
{
    return (ga_norm){
        .fixed = true, .scale = ga_node_num(call->node, SCALE, 0), .mode = GA_BN_RUNNING};
}

static void forward(const ga_call *call)
{
    const ga_norm norm = norm_of(call);
    ga_norm_forward(call, &norm);
}

static void scale_back(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->scale(c->diff_dst + begin, c->diff_src[0] + begin, end - begin,
                  (float)ga_node_num(c->node, SCALE, 0), 0);
}

static void backward(const ga_call *call)
{
    const ga_norm norm = norm_of(call);
    if (call->diff_param[0] == NULL && call->slope == 1) /* no sums are wanted */
        ga_for_elements(call, scale_back);
    else
        ga_norm_backward(call, &norm);
}

static void tangent(const ga_call *call)
{
    ga_call c = *call;
    c.diff_dst = call->tangent_src[0];
    c.diff_src[0] = call->tangent_dst;
    if (call->tangent_dst != NULL)
        ga_for_elements(&c, scale_back);
}

static void reference(const ga_ref *ref)
{
    const size_t hw = ga_pixels(ref->node->out), c_count = (size_t)ref->node->out.c;
    for (size_t i = 0; i < (size_t)ref->n * c_count * hw; i++)
        ref->dst[i] = ga_node_num(ref->node, SCALE, 0) * ref->src[0][i] +
                      ref->param[0][i / hw % c_count];
}

static const ga_case cases[] = {
    {3, 1, {{4, 5, 3}}, 1, {GA_ONE("num_features", 4)}},
    {2, 1, {{19, 1, 1}}, 2, {GA_ONE("num_features", 19), GA_ONE("scale", -0.3)}},
};

const ga_op ga_op_wscale = {
    .type = "WScale",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .in_place = true,
    .backward_in_place = true,
    .fuses_slope = true,
    .norm = GA_NORM_NONE,
    .shape = ga_norm_shape,
    .params = params,
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
