/* unflatten.c - numbers in (C,H,W) order under another (C,H,W). */
#include "net/ops/reshape.h"
#include "net/ops/common.h"

enum { SIZE };
static const ga_attr_spec attrs[] = {
    [SIZE] = GA_WHOLE_NEEDED("unflattened_size", 3, 3, 1, 1 << 24),
    GA_WHOLE("dim", 1, 1, 1, 1, 1),
};

static const ga_case cases[] = {{3, 1, {{4, 1, 1}}, 1, {GA_THREE("unflattened_size", 4, 1, 1)}},
                                {2, 1, {{15, 1, 1}}, 1, {GA_THREE("unflattened_size", 1, 5, 3)}},
                                {3, 1, {{190, 1, 1}}, 1, {GA_THREE("unflattened_size", 19, 2, 5)}},
                                {2, 1, {{6, 2, 4}}, 1, {GA_THREE("unflattened_size", 3, 4, 4)}},
                                {2, 1, {{6, 2, 4}}, 1, {GA_THREE("unflattened_size", 6, 4, 2)}}};

const ga_op ga_op_unflatten = {
    .type = "Unflatten",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = ga_reshape_shape,
    .view = ga_reshape_view,
    .forward = ga_reshape_forward,
    .backward = ga_reshape_backward,
    .reference = ga_reshape_reference,
    .tangent = ga_tangent_by_forward,
    .kernel = "transpose",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
