/* elu.c - x where it is positive, else alpha (exp(x) - 1). */
#include "net/ops/common.h"
#include <math.h>

enum { ALPHA };
static const ga_attr_spec attrs[] = {
    [ALPHA] = GA_NUMBER("alpha", 0, 1e6, 1),
    GA_WHOLE("inplace", 1, 1, 0, 1, 0), /* PyTorch's hint; the plan decides by itself */
};

static void range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->elu(c->src[0] + begin, c->dst + begin, end - begin,
                (float)ga_node_num(c->node, ALPHA, 0));
}

static void forward(const ga_call *call)
{
    ga_for_elements(call, range);
}

static void back_range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->elu_backward(c->src[0] + begin, c->dst + begin, c->diff_dst + begin,
                         c->diff_src[0] + begin, end - begin,
                         (float)ga_node_num(c->node, ALPHA, 0));
}

static void backward(const ga_call *call)
{
    ga_for_elements(call, back_range);
}

static float second(const ga_node *node, float x, float y)
{
    return x < 0 ? y + (float)ga_node_num(node, ALPHA, 0) : 0;
}

static void bend(const ga_call *call)
{
    ga_bend_elements(call, second);
}

static void reference(const ga_ref *ref)
{
    for (size_t i = 0; i < ga_ref_count(ref); i++)
        ref->dst[i] = ref->src[0][i] > 0 ? ref->src[0][i]
                                         : ga_node_num(ref->node, ALPHA, 0) * expm1(ref->src[0][i]);
}

static const ga_case cases[] = {{1, 1, {{1, 1, 1}}, 0, {{0}}},
                                {3, 1, {{5, 3, 7}}, 1, {GA_ONE("alpha", 0.7)}}};

const ga_op ga_op_elu = {
    .type = "ELU",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .in_place = true,
    .backward_in_place = true,
    .shape = ga_same_shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = ga_tangent_by_backward,
    .bend = bend,
    .kernel = "elementwise",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
