/* dropout2d.c - whole channels become 0 in training (dropout.h). */
#include "net/ops/dropout.h"
#include "net/ops/common.h"

static void forward(const ga_call *call)
{
    ga_dropout_forward(call, true);
}

static void backward(const ga_call *call)
{
    ga_dropout_backward(call, true);
}

static void reference(const ga_ref *ref)
{
    ga_dropout_reference(ref, true);
}

static const ga_case cases[] = {{3, 1, {{9, 1, 1}}, 0, {{0}}},
                                {2, 1, {{5, 4, 3}}, 1, {GA_ONE("p", 0.25)}}};

const ga_op ga_op_dropout2d = {
    .type = "Dropout2d",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = ga_dropout_attrs,
    .n_attrs = GA_COUNT(ga_dropout_attrs),
    .in_place = true,
    .backward_in_place = true,
    .shape = ga_same_shape,
    .view = ga_dropout_view,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = ga_tangent_by_backward,
    .kernel = "rows",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
