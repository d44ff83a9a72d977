/* leaky_relu.c - x where it is positive, else negative_slope x. */
#include "net/ops/common.h"

enum { SLOPE };
static const ga_attr_spec attrs[] = {
    [SLOPE] = GA_NUMBER("negative_slope", -1e6, 1e6, 0.01),
    GA_WHOLE("inplace", 1, 1, 0, 1, 0), /* PyTorch's hint; the plan decides by itself */
};

static bool slope(const ga_node *node, float *out)
{
    *out = (float)ga_node_num(node, SLOPE, 0);
    return true;
}

static void range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->rectify(c->src[0] + begin, c->dst + begin, end - begin,
                    (float)ga_node_num(c->node, SLOPE, 0));
}

static void forward(const ga_call *call)
{
    ga_for_elements(call, range);
}

static void back_range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->rectify_backward(c->src[0] + begin, c->diff_dst + begin, c->diff_src[0] + begin,
                             end - begin, (float)ga_node_num(c->node, SLOPE, 0));
}

static void backward(const ga_call *call)
{
    ga_for_elements(call, back_range);
}

static void reference(const ga_ref *ref)
{
    const double s = ga_node_num(ref->node, SLOPE, 0);
    for (size_t i = 0; i < ga_ref_count(ref); i++)
        ref->dst[i] = ref->src[0][i] > 0 ? ref->src[0][i] : s * ref->src[0][i];
}

static const ga_case cases[] = {
    {1, 1, {{1, 1, 1}}, 0, {{0}}},
    {3, 1, {{5, 3, 7}}, 1, {GA_ONE("negative_slope", 0.2)}},
};

const ga_op ga_op_leaky_relu = {
    .type = "LeakyReLU",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .in_place = true,
    .backward_in_place = true,
    .shape = ga_same_shape,
    .slope = slope,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = ga_tangent_by_backward,
    .kernel = "elementwise",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
