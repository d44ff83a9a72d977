/* softmax.c - exp(x) / sum of exp(x) over the channels of each pixel. */
#include "net/ops/common.h"
#include <math.h>

static const ga_attr_spec attrs[] = {GA_WHOLE("dim", 1, 1, 1, 1, 1)}; /* over C and nothing else */

enum { GRAIN = 64 }; /* rows of a piece */

static void rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->node->out.c;
    c->vec->softmax(c->src[0] + begin * cols, c->dst + begin * cols, end - begin, cols);
}

static void forward(const ga_call *call)
{
    ga_parallel(call->threads, ga_call_count(call) / (size_t)call->node->out.c, GRAIN, rows, call);
}

static void back_rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->node->out.c;
    c->vec->softmax_backward(c->dst + begin * cols, c->diff_dst + begin * cols,
                             c->diff_src[0] + begin * cols, end - begin, cols);
}

static void backward(const ga_call *call)
{
    ga_parallel(call->threads, ga_call_count(call) / (size_t)call->node->out.c, GRAIN, back_rows,
                call);
}

static void reference(const ga_ref *ref)
{
    const size_t hw = ga_pixels(ref->node->out), c_count = (size_t)ref->node->out.c;
    for (size_t n = 0; n < (size_t)ref->n; n++)
        for (size_t p = 0; p < hw; p++) {
            const size_t at = n * c_count * hw + p;
            double sum = 0;
            for (size_t c = 0; c < c_count; c++)
                sum += exp(ref->src[0][at + c * hw]);
            for (size_t c = 0; c < c_count; c++)
                ref->dst[at + c * hw] = exp(ref->src[0][at + c * hw]) / sum;
        }
}

static const ga_case cases[] = {{1, 1, {{1, 1, 1}}, 0, {{0}}},
                                {3, 1, {{10, 1, 1}}, 0, {{0}}},
                                {2, 1, {{35, 3, 2}}, 1, {GA_ONE("dim", 1)}}};

const ga_op ga_op_softmax = {
    .type = "Softmax",
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
    .no_tangent = "its second derivative is not known here",
    .kernel = "rows",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
