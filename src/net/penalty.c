/* penalty.c - gradient penalties, whose weight gradient is of second order.
 *
 * S(x, w) is the sum of the outputs, v = dS/dx. The gradient of |v|^2 / 2 with respect to w is that
 * of v . dS/dx with v held, so the derivative of dS/dw when x moves along v: the weight gradients'
 * tangent (Pearlmutter 1994, the R-operator). Each layer's weight gradient is made of its input and
 * of its output's gradient, so it has two terms: the tangent of the first with the second, in a run
 * forward, and the first with the tangent of the second, in a run back. Between kinks most layers
 * have a fixed slope; then gradients do not move, and the run back has nothing to do. It starts at
 * products of two inputs and at smooth activations ("bend"), and passes only what has weights
 * before it.
 *
 * Time, for who shares memory: backward 0 .. steps + 1, then forward, then back. */
#include "base/alloc.h"
#include "net/flat.h"
#include "net/par.h"
#include "net/plan.h"
#include <math.h>

static int forward_time(const ga_plan *plan, int step)
{
    return plan->n_steps + 2 + step;
}

static int back_time(const ga_plan *plan, int step)
{
    return 3 * plan->n_steps + 2 - step;
}

static bool has_weights(const ga_plan *plan, const ga_step *step)
{
    for (int k = 0; k < step->node->n_params; k++)
        if (plan->graph->params[step->node->first_param + k].kind == GA_WEIGHT)
            return true;
    return false;
}

/* ---- marks ------------------------------------------------------------------------------------*/

static bool moves(const ga_plan *plan, const ga_step *step)
{
    return plan->taps[step->node->tap].moves;
}

/* Does the gradient of input k move because the step's slope does? */
static bool bends(const ga_plan *plan, const ga_step *step, int k)
{
    const ga_node *node = step->node;
    bool others = false;
    if (node->op->bend == NULL || !moves(plan, step))
        return false;
    for (int i = 0; i < node->n_inputs; i++)
        others = others || (i != k && plan->taps[node->inputs[i]].moves);
    return node->op->bilinear ? others : plan->taps[node->inputs[k]].moves;
}

/* Does the step add to the tangent of input k's gradient? */
static bool moves_diff(const ga_plan *plan, const ga_step *step, int k)
{
    return plan->taps[step->node->inputs[k]].diff_moves &&
           (plan->taps[step->node->tap].diff_moves || bends(plan, step, k));
}

/* Does the step have work in the run back, with its own input tangents? */
static bool bends_back(const ga_plan *plan, const ga_step *step)
{
    for (int k = 0; step->node->op->bend != NULL && k < step->node->n_inputs; k++)
        if (moves_diff(plan, step, k))
            return true;
    return false;
}

static ga_status mark_moving(ga_plan *plan, ga_err *err)
{
    ga_tap_state *start = &plan->taps[ga_first_start(plan)];
    start->moves = start->to_end;
    for (int i = 0; i < plan->n_steps; i++) {
        const ga_node *node = plan->steps[i].node;
        ga_tap_state *tap = &plan->taps[node->tap];
        for (int k = 0; k < node->n_inputs; k++)
            tap->moves = tap->moves || (tap->to_end && plan->taps[node->inputs[k]].moves);
        if (tap->moves && node->op->tangent == NULL)
            return ga_fail(err, GA_EINVAL,
                           "layer '%s' (%s): no gradient penalty passes it, as %s; take a network "
                           "without it, or no penalty",
                           node->name, node->op->type, node->op->no_tangent);
    }
    return plan->taps[plan->end].moves
               ? GA_OK
               : ga_fail(err, GA_EINVAL, "no gradient to penalise: '%s' does not depend on '%s'",
                         plan->graph->nodes[plan->end].name,
                         plan->graph->nodes[ga_first_start(plan)].name);
}

ga_status ga_penalty_mark(ga_plan *plan, ga_err *err)
{
    const ga_status s = mark_moving(plan, err);
    for (int i = plan->n_steps - 1; i >= 0 && s == GA_OK; i--) {
        const ga_step *step = &plan->steps[i];
        const ga_tap_state *tap = &plan->taps[step->node->tap];
        if (!tap->to_end)
            continue;
        for (int k = 0; k < step->node->n_inputs; k++) {
            ga_tap_state *src = &plan->taps[step->node->inputs[k]];
            if (src->from_weights && (tap->diff_moves || bends(plan, step, k)))
                src->diff_moves = true;
        }
        const int until = bends_back(plan, step) ? back_time(plan, i)
                          : tap->moves && (tap->tangent_until > 0 || has_weights(plan, step))
                              ? forward_time(plan, i)
                              : 0;
        for (int k = 0; k < step->node->n_inputs; k++) {
            ga_tap_state *src = &plan->taps[step->node->inputs[k]];
            if (src->moves && until > src->tangent_until)
                src->tangent_until = until;
        }
    }
    return s;
}

/* ---- memory -----------------------------------------------------------------------------------*/

bool ga_penalty_keeps_diff(const ga_plan *plan, const ga_step *step)
{
    return plan->options.penalty && moves(plan, step) &&
           (has_weights(plan, step) || bends_back(plan, step));
}

/* A tangent may lie over its input's if that is read here for the last time. */
static bool tangent_in_place(const ga_plan *plan, int i)
{
    const ga_step *step = &plan->steps[i];
    const ga_op *op = step->node->op;
    const ga_tap_state *src = &plan->taps[step->node->inputs[0]];
    for (int k = 1; k < step->node->n_inputs; k++)
        if (step->node->inputs[k] == step->node->inputs[0])
            return false;
    return (step->view || (op->in_place && op->backward_in_place)) && src->moves &&
           src->tangent_until == forward_time(plan, i) &&
           ga_dims_count(step->node->in[0]) == ga_dims_count(step->node->out);
}

static void tangent_items(ga_plan *plan)
{
    ga_tap_state *start = &plan->taps[ga_first_start(plan)];
    start->tangent_item = start->diff_item; /* v itself */
    if (start->tangent_until > 0)
        ga_extend_item(&plan->items[start->diff_item], start->tangent_until, start->tangent_until);
    for (int i = 0; i < plan->n_steps; i++) {
        const ga_step *step = &plan->steps[i];
        ga_tap_state *tap = &plan->taps[step->node->tap];
        if (!tap->moves || tap->tangent_until == 0)
            continue;
        if (tangent_in_place(plan, i)) {
            tap->tangent_item = plan->taps[step->node->inputs[0]].tangent_item;
            ga_extend_item(&plan->items[tap->tangent_item], forward_time(plan, i),
                           tap->tangent_until);
        } else {
            tap->tangent_item = ga_new_item(plan, ga_tap_bytes(plan, step->node->tap),
                                            forward_time(plan, i), tap->tangent_until);
        }
    }
}

void ga_penalty_items(ga_plan *plan)
{
    for (int i = 0; i < plan->n_steps; i++) {
        const ga_step *step = &plan->steps[i];
        const int last = bends_back(plan, step) ? back_time(plan, i) : forward_time(plan, i);
        if (ga_penalty_keeps_diff(plan, step))
            ga_extend_item(&plan->items[plan->taps[step->node->tap].diff_item], last, last);
    }
    tangent_items(plan);
    for (int i = plan->n_steps - 1; i >= 0; i--) {
        ga_step *step = &plan->steps[i];
        const int now = back_time(plan, i);
        for (int k = 0; k < step->node->n_inputs; k++) {
            const int s = step->node->inputs[k];
            ga_tap_state *src = &plan->taps[s];
            step->extra_tangent_item[k] = -1;
            if (!moves_diff(plan, step, k))
                continue;
            if (src->tangent_diff_item >= 0)
                step->extra_tangent_item[k] = ga_new_item(plan, ga_tap_bytes(plan, s), now, now);
            else
                src->tangent_diff_item = ga_new_item(plan, ga_tap_bytes(plan, s), now,
                                                     back_time(plan, src->step));
        }
    }
}

/* ---- running ----------------------------------------------------------------------------------*/

static size_t input_count(const ga_plan *plan, const ga_node *node, int k)
{
    return ga_dims_count(node->in[k]) * (size_t)plan->ran_n;
}

static void fill(float *x, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        x[i] = value;
}

/* dS/d(tap) of every tap that moves, so v in the first start's gradient. */
static void run_backward(ga_plan *plan)
{
    fill(plan->taps[plan->end].diff,
         ga_dims_count(plan->graph->nodes[plan->end].out) * (size_t)plan->ran_n, 1);
    ga_pack_backward(plan);
    for (int i = plan->n_steps - 1; i >= 0; i--) {
        const ga_step *step = &plan->steps[i];
        const ga_node *node = step->node;
        if (!moves(plan, step))
            continue;
        ga_call call = ga_plan_call(plan, step, plan->ran_n);
        call.diff_dst = plan->taps[node->tap].diff;
        for (int k = 0; k < node->n_inputs; k++)
            if (plan->taps[node->inputs[k]].moves)
                call.diff_src[k] = step->extra_item[k] >= 0 ? step->extra[k]
                                                            : plan->taps[node->inputs[k]].diff;
        node->op->backward(&call);
        for (int k = 0; k < node->n_inputs; k++)
            if (call.diff_src[k] != NULL && call.diff_src[k] == step->extra[k])
                ga_sum_up(plan, plan->taps[node->inputs[k]].diff, step->extra[k],
                          input_count(plan, node, k));
    }
}

static void want_weights(const ga_plan *plan, const ga_node *node, ga_params *grads, ga_call *call)
{
    call->accumulate = true;
    for (int k = 0; k < node->n_params; k++) {
        const ga_param_spec *spec = &plan->graph->params[node->first_param + k];
        if (spec->kind == GA_WEIGHT)
            call->diff_param[k] = grads->weights + spec->offset;
    }
}

static void run_tangents(ga_plan *plan, ga_params *grads)
{
    for (int i = 0; i < plan->n_steps; i++) {
        const ga_step *step = &plan->steps[i];
        const ga_node *node = step->node;
        const ga_tap_state *tap = &plan->taps[node->tap];
        if (!tap->moves || (tap->tangent == NULL && !has_weights(plan, step)))
            continue;
        ga_call call = ga_plan_call(plan, step, plan->ran_n);
        for (int k = 0; k < node->n_inputs; k++)
            call.tangent_src[k] = plan->taps[node->inputs[k]].tangent;
        call.tangent_dst = tap->tangent;
        call.diff_dst = tap->diff;
        want_weights(plan, node, grads, &call);
        node->op->tangent(&call);
    }
}

static void run_back(ga_plan *plan, ga_params *grads)
{
    for (int i = plan->n_steps - 1; i >= 0; i--) {
        const ga_step *step = &plan->steps[i];
        const ga_node *node = step->node;
        const ga_tap_state *tap = &plan->taps[node->tap];
        const bool bend = bends_back(plan, step);
        if (!bend && !tap->diff_moves)
            continue;
        ga_call call = ga_plan_call(plan, step, plan->ran_n);
        for (int k = 0; k < node->n_inputs; k++) {
            const ga_tap_state *src = &plan->taps[node->inputs[k]];
            call.tangent_src[k] = src->tangent;
            if (moves_diff(plan, step, k))
                call.diff_src[k] = step->extra_tangent[k] != NULL ? step->extra_tangent[k]
                                                                  : src->tangent_diff;
        }
        if (bend) {
            call.diff_dst = tap->diff;
            call.tangent_diff = tap->tangent_diff;
            node->op->bend(&call);
        } else {
            call.diff_dst = tap->tangent_diff;
            want_weights(plan, node, grads, &call);
            node->op->backward(&call);
        }
        for (int k = 0; k < node->n_inputs; k++)
            if (call.diff_src[k] != NULL && step->extra_tangent[k] != NULL)
                ga_sum_up(plan, plan->taps[node->inputs[k]].tangent_diff, step->extra_tangent[k],
                          input_count(plan, node, k));
    }
}

ga_status ga_plan_gradient_penalty(ga_plan *plan, double gamma, ga_params *grads, double *penalty,
                                   ga_err *err)
{
    if (!plan->options.penalty)
        return ga_fail(err, GA_EINVAL, "this plan was made without a gradient penalty");
    if (plan->ran_n == 0)
        return ga_fail(err, GA_EINVAL, "the gradient penalty comes before forward");
    if (!(gamma >= 0 && isfinite(gamma)))
        return ga_fail(err, GA_EINVAL, "the gradient penalty's weight is %g, expected 0 or more",
                       gamma);
    if (grads != NULL && grads->n_weights != plan->params->n_weights)
        return ga_fail(err, GA_EINVAL, "the network has %zu weights, the gradients hold %zu",
                       plan->params->n_weights, grads->n_weights);
    const int start = ga_first_start(plan);
    float *v = plan->taps[start].diff;
    const size_t count = ga_dims_count(plan->graph->nodes[start].out) * (size_t)plan->ran_n;
    run_backward(plan);
    *penalty = gamma / 2 * ga_flat_dot(plan->vec, plan->threads, v, v, count) / plan->ran_n;
    if (grads == NULL)
        return GA_OK;
    /* all that follows is linear in the direction, so the factor is put there */
    plan->vec->scale(v, v, count, (float)(gamma / plan->ran_n), 0);
    run_tangents(plan, grads);
    run_back(plan, grads);
    return GA_OK;
}
