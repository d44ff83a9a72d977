/* backward.c - the layers in reverse. Allocates nothing. */
#include "net/layout.h"
#include "net/par.h"
#include "net/plan.h"
#include <string.h>

void ga_pack_backward(ga_plan *plan)
{
    if (plan->packed_backward_version == plan->params->version)
        return;
    for (int i = 0; i < plan->n_steps; i++) {
        const ga_step *step = &plan->steps[i];
        if (step->conv != NULL)
            ga_conv_pack_backward(step->conv, ga_plan_weights(plan, step), step->packed_backward);
    }
    plan->packed_backward_version = plan->params->version;
}

typedef struct sum {
    const ga_vec *vec;
    float *to;
    const float *more;
} sum;

static void add_range(const void *user, size_t begin, size_t end)
{
    const sum *s = user;
    s->vec->add(s->to + begin, s->more + begin, s->to + begin, end - begin);
}

void ga_sum_up(const ga_plan *plan, float *to, const float *more, size_t count)
{
    const sum s = {plan->vec, to, more};
    ga_parallel(plan->threads, count, 65536, add_range, &s);
}

static void back_step(ga_plan *plan, int i, ga_params *grads, bool accumulate, bool want_input)
{
    const ga_step *step = &plan->steps[i];
    const ga_node *node = step->node;
    const ga_tap_state *tap = &plan->taps[node->tap];
    if (!tap->to_end || step->fused || step->absorbed)
        return;
    ga_call call = ga_plan_call(plan, step, plan->ran_n);
    bool wanted = false;
    call.accumulate = accumulate;
    call.diff_dst = step->rectifier >= 0 ? plan->taps[plan->steps[step->rectifier].node->tap].diff
                                         : tap->diff;
    for (int k = 0; k < node->n_inputs; k++) {
        const ga_tap_state *src = &plan->taps[ga_plan_input(plan, step, k)];
        if ((want_input && src->from_start) || (grads != NULL && src->from_weights)) {
            call.diff_src[k] = step->extra_item[k] >= 0 ? step->extra[k] : src->diff;
            wanted = true;
        }
    }
    for (int k = 0; grads != NULL && k < node->n_params; k++) {
        const ga_param_spec *spec = &plan->graph->params[node->first_param + k];
        if (spec->kind == GA_WEIGHT) {
            call.diff_param[k] = grads->weights + spec->offset;
            wanted = true;
        }
    }
    if (wanted)
        node->op->backward(&call);
    for (int k = 0; k < node->n_inputs; k++) {
        const int src = ga_plan_input(plan, step, k);
        if (step->extra_item[k] >= 0 && call.diff_src[k] != NULL)
            ga_sum_up(plan, plan->taps[src].diff, step->extra[k],
                      ga_dims_count(plan->graph->nodes[src].out) * (size_t)plan->ran_n);
    }
}

/* Layers that the end does not depend on have gradient 0. */
static void clear_others(const ga_plan *plan, ga_params *grads)
{
    for (int i = 0; i < plan->graph->n_params; i++) {
        const ga_param_spec *spec = &plan->graph->params[i];
        const ga_tap_state *tap = &plan->taps[spec->tap];
        if (spec->kind == GA_WEIGHT && !(tap->step >= 0 && tap->to_end))
            memset(grads->weights + spec->offset, 0, spec->count * sizeof *grads->weights);
    }
}

ga_status ga_plan_backward(ga_plan *plan, const float *diff_out, ga_params *grads, bool accumulate,
                           float *diff_input, ga_err *err)
{
    if (!plan->options.train)
        return ga_fail(err, GA_EINVAL, "a plan for inference cannot run backward");
    if (plan->ran_n == 0)
        return ga_fail(err, GA_EINVAL, "backward comes before forward");
    if (grads != NULL && grads->n_weights != plan->params->n_weights)
        return ga_fail(err, GA_EINVAL, "the network has %zu weights, the gradients hold %zu",
                       plan->params->n_weights, grads->n_weights);
    const ga_graph *g = plan->graph;
    ga_from_nchw(plan->vec, plan->threads, g->nodes[plan->end].out, plan->ran_n, diff_out,
                 plan->taps[plan->end].diff);
    ga_pack_backward(plan);
    if (grads != NULL && !accumulate)
        clear_others(plan, grads);
    for (int i = plan->n_steps - 1; i >= 0; i--)
        back_step(plan, i, grads, accumulate, diff_input != NULL);
    for (int t = 0; diff_input != NULL && t < g->n_nodes; t++) {
        const ga_tap_state *tap = &plan->taps[t];
        if (!tap->start)
            continue;
        const size_t count = ga_dims_count(g->nodes[t].out) * (size_t)plan->ran_n;
        if (tap->to_end)
            ga_to_nchw(plan->vec, plan->threads, g->nodes[t].out, plan->ran_n, tap->diff,
                       diff_input);
        else
            memset(diff_input, 0, count * sizeof *diff_input);
        diff_input += count;
    }
    return GA_OK;
}
