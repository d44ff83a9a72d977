/* identity.c - a name for a place; moves nothing. */
#include "net/ops/common.h"
#include <string.h>

static void reference(const ga_ref *ref)
{
    memcpy(ref->dst, ref->src[0], ga_ref_count(ref) * sizeof *ref->dst);
}

static const ga_case cases[] = {{2, 1, {{3, 4, 5}}, 0, {{0}}}};

const ga_op ga_op_identity = {
    .type = "Identity",
    .min_inputs = 1,
    .max_inputs = 1,
    .in_place = true,
    .backward_in_place = true,
    .shape = ga_same_shape,
    .view = ga_always_view,
    .forward = ga_copy_forward,
    .backward = ga_copy_backward,
    .reference = reference,
    .tangent = ga_tangent_by_forward,
    .kernel = "copy",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
