/* plan_memory.c - lifetimes, and one block of memory for all of them. */
#include "base/alloc.h"
#include "net/plan.h"
#include <stdlib.h>

static size_t rounded(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static int larger_first(const void *a, const void *b)
{
    const ga_item *x = *(const ga_item *const *)a, *y = *(const ga_item *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Largest first, each at the lowest offset that is free during its whole life. `order` holds n
 * pointers; `placed` n more, kept sorted by offset. */
static size_t place(ga_item **order, ga_item **placed, int n)
{
    size_t total = 0;
    for (int i = 0; i < n; i++) {
        ga_item *item = order[i];
        size_t at = 0;
        for (int k = 0; k < i; k++) {
            const ga_item *other = placed[k];
            if (other->last < item->first || other->first > item->last)
                continue;
            if (other->offset >= at + item->bytes)
                break;
            if (other->offset + other->bytes > at)
                at = other->offset + other->bytes;
        }
        item->offset = at;
        int k = i;
        for (; k > 0 && placed[k - 1]->offset > at; k--)
            placed[k] = placed[k - 1];
        placed[k] = item;
        total = at + item->bytes > total ? at + item->bytes : total;
    }
    return total;
}

size_t ga_place_items(ga_item *items, int n)
{
    ga_item **order = ga_mem_new(2 * (size_t)n, sizeof(void *));
    if (order == NULL)
        return SIZE_MAX;
    for (int i = 0; i < n; i++) {
        items[i].bytes = rounded(items[i].bytes);
        order[i] = &items[i];
    }
    if (n > 0)
        qsort(order, (size_t)n, sizeof(ga_item *), larger_first);
    const size_t total = place(order, order + n, n);
    ga_mem_free(order);
    return total;
}

int ga_new_item(ga_plan *plan, size_t bytes, int first, int last)
{
    plan->items[plan->n_items] = (ga_item){.bytes = bytes, .first = first, .last = last};
    return plan->n_items++;
}

void ga_extend_item(ga_item *item, int first, int last)
{
    item->first = first < item->first ? first : item->first;
    item->last = last > item->last ? last : item->last;
}

size_t ga_tap_bytes(const ga_plan *plan, int tap)
{
    return ga_dims_count(plan->graph->nodes[tap].out) * (size_t)plan->options.batch * sizeof(float);
}

/* ---- activations ------------------------------------------------------------------------------*/

/* May a step write over its first input? The input must have no other reader, then or later. */
static bool may_overwrite(const ga_plan *plan, const ga_step *step)
{
    const ga_tap_state *src = &plan->taps[step->node->inputs[0]];
    if (step->fused)
        return true;
    if (plan->options.train)
        return step->view; /* all taps are kept, and a view keeps the same numbers */
    return (step->view || step->node->op->in_place) && !src->kept && src->readers == 1 &&
           ga_dims_count(step->node->in[0]) == ga_dims_count(step->node->out);
}

static void activation_items(ga_plan *plan)
{
    const bool train = plan->options.train;
    const int end = plan->n_steps;
    for (int t = 0; t < plan->graph->n_nodes; t++) {
        ga_tap_state *tap = &plan->taps[t];
        if (!tap->in_plan || !tap->start)
            continue;
        /* What was written stays, so that one write serves many runs; an edit of the start itself
         * happens in a copy. */
        tap->written_item = ga_new_item(plan, ga_tap_bytes(plan, t), -1, end);
        tap->item = train ? tap->written_item
                          : ga_new_item(plan, ga_tap_bytes(plan, t), -1,
                                        tap->kept ? end : tap->last_reader);
    }
    for (int i = 0; i < plan->n_steps; i++) {
        ga_step *step = &plan->steps[i];
        ga_tap_state *tap = &plan->taps[step->node->tap];
        const int last = train || tap->kept ? end : tap->last_reader;
        if (step->absorbed && train)
            continue; /* nobody makes it */
        step->in_place = may_overwrite(plan, step);
        if (step->in_place) {
            tap->item = plan->taps[step->node->inputs[0]].item;
            ga_extend_item(&plan->items[tap->item], i, last);
        } else {
            tap->item = ga_new_item(plan, ga_tap_bytes(plan, step->node->tap), i,
                                    last > i ? last : i);
        }
    }
}

/* ---- gradients --------------------------------------------------------------------------------*/

/* Backward runs the steps from the last to the first: step i at time n_steps - i. */
static void gradient_items(ga_plan *plan)
{
    const int end = plan->n_steps + 1;
    ga_tap_state *last = &plan->taps[plan->end];
    plan->first_diff_item = plan->n_items;
    last->diff_item = ga_new_item(plan, ga_tap_bytes(plan, plan->end), 0,
                                  last->step >= 0 ? plan->n_steps - last->step : end);
    for (int i = plan->n_steps - 1; i >= 0; i--) {
        ga_step *step = &plan->steps[i];
        const ga_tap_state *dst = &plan->taps[step->node->tap];
        const int now = plan->n_steps - i;
        for (int k = 0; k < step->node->n_inputs; k++) {
            const int s = ga_plan_input(plan, step, k);
            ga_tap_state *src = &plan->taps[s];
            step->extra_item[k] = -1;
            if (!dst->to_end || step->absorbed)
                continue;
            const int until = src->step >= 0 ? plan->n_steps - src->step : end;
            const bool same = k == 0 && src->diff_writers == 1 && s != plan->end &&
                              (step->fused || step->view || step->node->op->backward_in_place) &&
                              !ga_penalty_keeps_diff(plan, step) &&
                              ga_dims_count(step->node->in[0]) == ga_dims_count(step->node->out);
            if (src->diff_item >= 0) {
                step->extra_item[k] = ga_new_item(plan, ga_tap_bytes(plan, s), now, now);
            } else if (same) {
                src->diff_item = dst->diff_item;
                ga_extend_item(&plan->items[src->diff_item], now, until);
            } else {
                src->diff_item = ga_new_item(plan, ga_tap_bytes(plan, s), now, until);
            }
        }
    }
}

/* ---- the whole --------------------------------------------------------------------------------*/

ga_status ga_plan_layout(ga_plan *plan, ga_err *err)
{
    ga_plan_cost *cost = &plan->cost;
    const int n_taps = plan->graph->n_nodes;
    plan->item_capacity = 4 * n_taps + 1;
    for (int i = 0; i < plan->n_steps; i++)
        plan->item_capacity += 2 * plan->steps[i].node->n_inputs + 1;
    plan->items = ga_mem_new((size_t)plan->item_capacity, sizeof *plan->items);
    if (plan->items == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a plan");
    for (int t = 0; t < n_taps; t++) {
        ga_tap_state *tap = &plan->taps[t];
        tap->item = tap->diff_item = tap->written_item = -1;
        tap->tangent_item = tap->tangent_diff_item = -1;
    }

    activation_items(plan);
    plan->first_diff_item = plan->n_items;
    if (plan->options.train)
        gradient_items(plan);
    if (plan->options.penalty)
        ga_penalty_items(plan);
    const size_t activations = ga_place_items(plan->items, plan->first_diff_item),
                 gradients = ga_place_items(plan->items + plan->first_diff_item,
                                            plan->n_items - plan->first_diff_item);
    if (activations == SIZE_MAX || gradients == SIZE_MAX)
        return ga_fail(err, GA_ENOMEM, "no memory for a plan");
    cost->activation_bytes = activations;
    cost->gradient_bytes = gradients;
    for (int i = 0; i < plan->n_steps; i++) {
        const ga_step *step = &plan->steps[i];
        cost->activation_bytes += rounded(step->saved_bytes);
        cost->packed_weight_bytes += rounded(step->packed_bytes) + rounded(step->plain_bytes) +
                                     rounded(step->packed_backward_bytes);
        if (rounded(step->scratch_bytes) > cost->scratch_bytes)
            cost->scratch_bytes = rounded(step->scratch_bytes);
        cost->multiply_adds += step->multiply_adds;
    }
    cost->total_bytes = cost->activation_bytes + cost->gradient_bytes + cost->packed_weight_bytes +
                        cost->scratch_bytes;
    return GA_OK;
}

/* NULL for item -1 */
static float *item_at(const ga_plan *plan, char *block, int item)
{
    return item >= 0 ? (float *)(void *)(block + plan->items[item].offset) : NULL;
}

void ga_plan_point(ga_plan *plan)
{
    char *activations = plan->memory, *at = activations;
    size_t placed = 0;
    for (int i = 0; i < plan->first_diff_item; i++) {
        const size_t top = plan->items[i].offset + plan->items[i].bytes;
        placed = top > placed ? top : placed;
    }
    at += placed;
    for (int i = 0; i < plan->n_steps; i++) {
        plan->steps[i].saved = (float *)(void *)at;
        at += rounded(plan->steps[i].saved_bytes);
    }
    char *gradients = at;
    at += plan->cost.gradient_bytes;
    for (int i = 0; i < plan->n_steps; i++) {
        ga_step *step = &plan->steps[i];
        step->packed = at;
        at += rounded(step->packed_bytes);
        step->plain_packed = at;
        at += rounded(step->plain_bytes);
        step->packed_backward = at;
        at += rounded(step->packed_backward_bytes);
        for (int k = 0; plan->options.train && k < step->node->n_inputs; k++) {
            step->extra[k] = item_at(plan, gradients, step->extra_item[k]);
            step->extra_tangent[k] = plan->options.penalty
                                         ? item_at(plan, gradients, step->extra_tangent_item[k])
                                         : NULL;
        }
    }
    plan->scratch = at;
    for (int t = 0; t < plan->graph->n_nodes; t++) {
        ga_tap_state *tap = &plan->taps[t];
        tap->data = tap->own = item_at(plan, activations, tap->item);
        tap->written = item_at(plan, activations, tap->written_item);
        tap->diff = item_at(plan, gradients, tap->diff_item);
        tap->tangent = item_at(plan, gradients, tap->tangent_item);
        tap->tangent_diff = item_at(plan, gradients, tap->tangent_diff_item);
    }
}
