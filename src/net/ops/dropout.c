/* dropout.c - in training each element becomes 0 with probability p, the others 1/(1-p) of
 * themselves. Which ones depends on the run's dropout_seed and the layer alone: number c of pixel p
 * of image n has the number (n H W + p) C + c in the layer's stream (ga_vec_keep), so threads do
 * not matter and backward makes the mask again. */
#include "base/rng.h"
#include "net/ops/common.h"
#include <string.h>

enum { P, GRAIN = 64 }; /* rows (pixel, image) of a piece */
static const ga_attr_spec attrs[] = {
    [P] = GA_NUMBER("p", 0, 1, 0.5),
    GA_WHOLE("inplace", 1, 1, 0, 1, 0), /* PyTorch's hint; the plan decides by itself */
};

static uint64_t stream(uint64_t seed, const ga_node *node)
{
    return ga_rng_of(seed, (uint64_t)node->tap).key;
}

static bool view(const ga_need *need)
{
    return !need->train;
}

/* One direction: masks rows begin to end of src into dst. */
static void mask(const ga_call *c, const float *src, float *dst, size_t begin, size_t end)
{
    const size_t n = (size_t)c->n, cols = (size_t)c->node->out.c, hw = ga_pixels(c->node->out);
    const uint64_t key = stream(c->dropout_seed, c->node);
    for (size_t row = begin; row < end; row++) {
        const size_t i = row % n, p = row / n;
        c->vec->dropout(src + row * cols, dst + row * cols, cols, key, (i * hw + p) * cols,
                        (float)ga_node_num(c->node, P, 0));
    }
}

static void rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    mask(c, c->src[0], c->dst, begin, end);
}

static void back_rows(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    mask(c, c->diff_dst, c->diff_src[0], begin, end);
}

static void forward(const ga_call *call)
{
    if (!call->train)
        ga_copy_forward(call);
    else
        ga_parallel(call->threads, ga_pixels(call->node->out) * (size_t)call->n, GRAIN, rows, call);
}

static void backward(const ga_call *call)
{
    ga_parallel(call->threads, ga_pixels(call->node->out) * (size_t)call->n, GRAIN, back_rows,
                call);
}

static void reference(const ga_ref *ref)
{
    const size_t hw = ga_pixels(ref->node->out), c_count = (size_t)ref->node->out.c;
    const float p_drop = (float)ga_node_num(ref->node, P, 0);
    const uint64_t key = stream(ref->dropout_seed, ref->node);
    const double *src = ref->src[0];
    double *dst = ref->dst;
    for (size_t n = 0; n < (size_t)ref->n; n++)
        for (size_t c = 0; c < c_count; c++)
            for (size_t p = 0; p < hw; p++, src++, dst++) {
                const bool keep = ga_vec_keep(key, (n * hw + p) * c_count + c, p_drop);
                *dst = !ref->train ? *src : keep ? *src / (1 - (double)p_drop) : 0;
            }
}

static const ga_case cases[] = {{3, 1, {{9, 1, 1}}, 0, {{0}}},
                                {2, 1, {{5, 4, 3}}, 1, {GA_ONE("p", 0.25)}}};

const ga_op ga_op_dropout = {
    .type = "Dropout",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .in_place = true,
    .backward_in_place = true,
    .shape = ga_same_shape,
    .view = view,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = ga_tangent_by_backward,
    .kernel = "rows",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
