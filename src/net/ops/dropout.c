/* dropout.c - elements become 0 in training, each by itself (dropout.h). */
#include "net/ops/dropout.h"
#include "base/rng.h"
#include "net/ops/common.h"

enum { P, GRAIN = 64 }; /* rows (pixel, image) of a piece */
const ga_attr_spec ga_dropout_attrs[2] = {
    [P] = GA_NUMBER("p", 0, 1, 0.5),
    GA_WHOLE("inplace", 1, 1, 0, 1, 0), /* PyTorch's hint; the plan decides by itself */
};

bool ga_dropout_view(const ga_need *need)
{
    return !need->train;
}

static uint64_t stream(uint64_t seed, const ga_node *node)
{
    return ga_rng_of(seed, (uint64_t)node->tap).key;
}

/* One direction. */
typedef struct masking {
    const ga_call *call;
    bool channels;
    const float *src;
    float *dst;
} masking;

static void mask_rows(const void *user, size_t begin, size_t end)
{
    const masking *m = user;
    const ga_call *c = m->call;
    const size_t n = (size_t)c->n, cols = (size_t)c->node->out.c, hw = ga_pixels(c->node->out);
    const uint64_t key = stream(c->dropout_seed, c->node);
    for (size_t row = begin; row < end; row++) {
        const size_t i = row % n, p = row / n, first = m->channels ? i : i * hw + p;
        c->vec->dropout(m->src + row * cols, m->dst + row * cols, cols, key, first * cols,
                        (float)ga_node_num(c->node, P, 0));
    }
}

static void mask(const ga_call *call, bool channels, const float *src, float *dst)
{
    const masking m = {call, channels, src, dst};
    ga_parallel(call->threads, ga_pixels(call->node->out) * (size_t)call->n, GRAIN, mask_rows, &m);
}

void ga_dropout_forward(const ga_call *call, bool channels)
{
    if (!call->train)
        ga_copy_forward(call);
    else
        mask(call, channels, call->src[0], call->dst);
}

void ga_dropout_backward(const ga_call *call, bool channels)
{
    mask(call, channels, call->diff_dst, call->diff_src[0]);
}

void ga_dropout_reference(const ga_ref *ref, bool channels)
{
    const size_t hw = ga_pixels(ref->node->out), c_count = (size_t)ref->node->out.c;
    const float p_drop = (float)ga_node_num(ref->node, P, 0);
    const uint64_t key = stream(ref->dropout_seed, ref->node);
    const double *src = ref->src[0];
    double *dst = ref->dst;
    for (size_t n = 0; n < (size_t)ref->n; n++)
        for (size_t c = 0; c < c_count; c++)
            for (size_t p = 0; p < hw; p++, src++, dst++) {
                const size_t at = channels ? n * c_count + c : (n * hw + p) * c_count + c;
                const bool keep = ga_vec_keep(key, at, p_drop);
                *dst = !ref->train ? *src : keep ? *src / (1 - (double)p_drop) : 0;
            }
}

static void forward(const ga_call *call)
{
    ga_dropout_forward(call, false);
}

static void backward(const ga_call *call)
{
    ga_dropout_backward(call, false);
}

static void reference(const ga_ref *ref)
{
    ga_dropout_reference(ref, false);
}

static const ga_case cases[] = {{3, 1, {{9, 1, 1}}, 0, {{0}}},
                                {2, 1, {{5, 4, 3}}, 1, {GA_ONE("p", 0.25)}}};

const ga_op ga_op_dropout = {
    .type = "Dropout",
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
