/* add.c - the sum of several inputs of one shape. */
#include "net/ops/common.h"
#include <string.h>

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const ga_dims d = node->in[0];
    for (int i = 1; i < node->n_inputs; i++)
        if (node->in[i].c != d.c || node->in[i].h != d.h || node->in[i].w != d.w)
            return ga_node_misfit(node, i, err, "adds to '%s', which is (%d,%d,%d)",
                                  node->input_names[0], d.c, d.h, d.w);
    *out = d;
    return GA_OK;
}

static uint64_t cost(const ga_node *node)
{
    return ga_dims_count(node->out) * (uint64_t)(node->n_inputs - 1);
}

static void range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    c->vec->add(c->src[0] + begin, c->src[1] + begin, c->dst + begin, end - begin);
    for (int i = 2; i < c->node->n_inputs; i++)
        c->vec->add(c->dst + begin, c->src[i] + begin, c->dst + begin, end - begin);
}

static void forward(const ga_call *call)
{
    ga_for_elements(call, range);
}

static void back_range(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    for (int i = 0; i < c->node->n_inputs; i++)
        if (c->diff_src[i] != NULL && c->diff_src[i] != c->diff_dst)
            memcpy(c->diff_src[i] + begin, c->diff_dst + begin, (end - begin) * sizeof(float));
}

static void backward(const ga_call *call)
{
    ga_for_elements(call, back_range);
}

static void reference(const ga_ref *ref)
{
    for (size_t i = 0; i < ga_ref_count(ref); i++) {
        ref->dst[i] = 0;
        for (int k = 0; k < ref->node->n_inputs; k++)
            ref->dst[i] += ref->src[k][i];
    }
}

static const ga_case cases[] = {{3, 2, {{5, 2, 3}, {5, 2, 3}}, 0, {{0}}},
                                {2, 3, {{3, 1, 1}, {3, 1, 1}, {3, 1, 1}}, 0, {{0}}}};

const ga_op ga_op_add = {
    .type = "Add",
    .min_inputs = 2,
    .max_inputs = GA_MAX_INPUTS,
    .in_place = true,
    .backward_in_place = true,
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .kernel = "elementwise",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
