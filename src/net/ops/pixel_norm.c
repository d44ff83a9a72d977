/* pixel_norm.c - each pixel's channels to a mean square of 1: x / sqrt(mean(x^2) + eps), as in
 * Karras et al. 2018 (ProGAN), sec. 4.2. */
#include "net/ops/common.h"
#include <math.h>

enum { EPS, GRAIN = 64 }; /* rows (pixel, image) of a piece */
static const ga_attr_spec attrs[] = {[EPS] = GA_NUMBER("eps", 0, 1, 1e-8)};

static size_t row_count(const ga_call *c)
{
    return ga_pixels(c->node->out) * (size_t)c->n;
}

static void rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t cols = (size_t)c->node->out.c;
    c->vec->pixel_norm(c->src[0] + begin * cols, c->dst + begin * cols, end - begin, cols,
                       (float)ga_node_num(c->node, EPS, 0));
}

static void forward(const ga_call *call)
{
    ga_parallel(call->threads, row_count(call), GRAIN, rows, call);
}

static void back_rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t at = begin * (size_t)c->node->out.c;
    c->vec->pixel_norm_backward(c->src[0] + at, c->diff_dst + at, c->diff_src[0] + at, end - begin,
                                (size_t)c->node->out.c, (float)ga_node_num(c->node, EPS, 0));
}

static void backward(const ga_call *call)
{
    ga_parallel(call->threads, row_count(call), GRAIN, back_rows, call);
}

static void reference(const ga_ref *ref)
{
    const size_t hw = ga_pixels(ref->node->out), c_count = (size_t)ref->node->out.c;
    for (size_t n = 0; n < (size_t)ref->n; n++)
        for (size_t p = 0; p < hw; p++) {
            const size_t at = n * c_count * hw + p;
            double sum = 0;
            for (size_t c = 0; c < c_count; c++)
                sum += ref->src[0][at + c * hw] * ref->src[0][at + c * hw];
            for (size_t c = 0; c < c_count; c++)
                ref->dst[at + c * hw] = ref->src[0][at + c * hw] /
                                        sqrt(sum / (double)c_count +
                                             ga_node_num(ref->node, EPS, 0));
        }
}

static const ga_case cases[] = {{2, 1, {{3, 2, 2}}, 0, {{0}}},
                                {3, 1, {{37, 2, 3}}, 1, {GA_ONE("eps", 1e-3)}}};

const ga_op ga_op_pixel_norm = {
    .type = "PixelNorm",
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
