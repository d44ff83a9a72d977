/* sigmoid.c - 1 / (1 + exp(-x)). */
#include "net/ops/common.h"
#include <math.h>

static void range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->sigmoid(c->src[0] + begin, c->dst + begin, end - begin);
}

static void forward(const ga_call *call)
{
    ga_for_elements(call, range);
}

static void back_range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->sigmoid_backward(c->dst + begin, c->diff_dst + begin, c->diff_src[0] + begin,
                             end - begin);
}

static void backward(const ga_call *call)
{
    ga_for_elements(call, back_range);
}

static float second(const ga_node *node, float x, float y)
{
    (void)node, (void)x;
    return y * (1 - y) * (1 - 2 * y);
}

static void bend(const ga_call *call)
{
    ga_bend_elements(call, second);
}

static void reference(const ga_ref *ref)
{
    for (size_t i = 0; i < ga_ref_count(ref); i++)
        ref->dst[i] = 1 / (1 + exp(-ref->src[0][i]));
}

static const ga_case cases[] = {{1, 1, {{1, 1, 1}}, 0, {{0}}}, {3, 1, {{5, 3, 7}}, 0, {{0}}}};

const ga_op ga_op_sigmoid = {
    .type = "Sigmoid",
    .min_inputs = 1,
    .max_inputs = 1,
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
