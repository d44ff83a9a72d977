/* scale.c - scale x + bias with two given numbers. */
#include "net/ops/common.h"

enum { SCALE, BIAS };
static const ga_attr_spec attrs[] = {
    [SCALE] = GA_NUMBER("scale", -1e30, 1e30, 1),
    [BIAS] = GA_NUMBER("bias", -1e30, 1e30, 0),
};

static void range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->scale(c->src[0] + begin, c->dst + begin, end - begin,
                  (float)ga_node_num(c->node, SCALE, 0), (float)ga_node_num(c->node, BIAS, 0));
}

static void forward(const ga_call *call)
{
    ga_for_elements(call, range);
}

static void back_range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->scale(c->diff_dst + begin, c->diff_src[0] + begin, end - begin,
                  (float)ga_node_num(c->node, SCALE, 0), 0);
}

static void backward(const ga_call *call)
{
    ga_for_elements(call, back_range);
}

static void reference(const ga_ref *ref)
{
    for (size_t i = 0; i < ga_ref_count(ref); i++)
        ref->dst[i] = ga_node_num(ref->node, SCALE, 0) * ref->src[0][i] +
                      ga_node_num(ref->node, BIAS, 0);
}

static const ga_case cases[] = {
    {2, 1, {{3, 2, 2}}, 0, {{0}}},
    {3, 1, {{5, 3, 7}}, 2, {GA_ONE("scale", -0.4), GA_ONE("bias", 1.5)}},
};

const ga_op ga_op_scale = {
    .type = "Scale",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .in_place = true,
    .backward_in_place = true,
    .shape = ga_same_shape,
    .cost = ga_cost_of_numbers,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = ga_tangent_by_backward,
    .kernel = "elementwise",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
