/* plan.c - compiling a graph: which layers run, what is fused, what it takes. */
#include "net/plan.h"
#include "base/alloc.h"
#include "base/text.h"
#include <string.h>

/* ---- selection --------------------------------------------------------------------------------*/

/* Marks what the taps in plan need, back to the starts. */
static ga_status mark_needed(ga_plan *plan, int from, ga_err *err)
{
    const ga_graph *g = plan->graph;
    for (int t = g->n_nodes - 1; t >= 0; t--) {
        ga_tap_state *tap = &plan->taps[t];
        if (!tap->in_plan)
            continue;
        if (t == from || (from < 0 && g->nodes[t].op == NULL)) {
            tap->start = true;
            continue;
        }
        if (g->nodes[t].op == NULL)
            return ga_fail(err, GA_ENOTFOUND,
                           "a run from '%s' cannot reach '%s': that needs '%s' too",
                           g->nodes[from].name, g->nodes[plan->end].name, g->nodes[t].name);
        for (int i = 0; i < g->nodes[t].n_inputs; i++)
            plan->taps[g->nodes[t].inputs[i]].in_plan = true;
    }
    return GA_OK;
}

static ga_status select_layers(ga_plan *plan, ga_err *err)
{
    const ga_graph *g = plan->graph;
    const ga_plan_options *o = &plan->options;
    int from = -1;
    ga_status s = GA_OK;
    plan->end = g->n_nodes - 1;
    if (o->from != NULL)
        s = ga_graph_need(g, o->from, &from, err);
    if (s == GA_OK && o->to != NULL)
        s = ga_graph_need(g, o->to, &plan->end, err);
    if (s != GA_OK)
        return s;
    plan->taps[plan->end].in_plan = plan->taps[plan->end].kept = true;
    for (int i = 0; i < o->n_keep; i++) {
        int tap;
        s = ga_graph_need(g, o->keep[i], &tap, err);
        if (s != GA_OK)
            return s;
        plan->taps[tap].in_plan = plan->taps[tap].kept = true;
    }
    s = mark_needed(plan, from, err);
    if (s == GA_OK && from >= 0 && !plan->taps[from].start)
        s = ga_fail(err, GA_ENOTFOUND,
                    "a run from '%s' cannot reach '%s', which does not depend on it",
                    g->nodes[from].name, g->nodes[plan->end].name);
    return s;
}

/* Numbers the steps and finds who reads what, and where gradients flow. */
static void link_steps(ga_plan *plan)
{
    const ga_graph *g = plan->graph;
    for (int t = 0; t < g->n_nodes; t++) {
        ga_tap_state *tap = &plan->taps[t];
        tap->step = tap->last_reader = -1;
        tap->from_start = tap->start;
        if (!tap->in_plan || tap->start)
            continue;
        const ga_node *node = &g->nodes[t];
        tap->step = plan->n_steps;
        plan->steps[plan->n_steps] = (ga_step){
            .node = node, .rectifier = -1, .doubling = -1, .slope = 1};
        for (int k = 0; k < node->n_params; k++)
            tap->from_weights = tap->from_weights ||
                                g->params[node->first_param + k].kind == GA_WEIGHT;
        for (int i = 0; i < node->n_inputs; i++) {
            ga_tap_state *src = &plan->taps[node->inputs[i]];
            src->readers++;
            src->last_reader = plan->n_steps;
            tap->from_start = tap->from_start || src->from_start;
            tap->from_weights = tap->from_weights || src->from_weights;
        }
        plan->n_steps++;
    }
    plan->taps[plan->end].to_end = true;
    for (int i = plan->n_steps - 1; i >= 0; i--) {
        const ga_node *node = plan->steps[i].node;
        for (int k = 0; k < node->n_inputs && plan->taps[node->tap].to_end; k++) {
            plan->taps[node->inputs[k]].to_end = true;
            plan->taps[node->inputs[k]].diff_writers++;
        }
    }
}

/* A norm whose only reader is the (leaky) rectifier right behind it does that in the same pass. */
static void fuse(ga_plan *plan)
{
    for (int i = 0; i + 1 < plan->n_steps; i++) {
        ga_step *norm = &plan->steps[i], *act = &plan->steps[i + 1];
        const ga_tap_state *tap = &plan->taps[norm->node->tap];
        float slope;
        if (!norm->node->op->fuses_slope || act->node->op->slope == NULL || tap->kept ||
            tap->readers != 1 || act->node->inputs[0] != norm->node->tap ||
            !act->node->op->slope(act->node, &slope))
            continue;
        norm->rectifier = i + 1;
        norm->slope = slope;
        act->fused = true;
    }
}

/* A doubling whose only reader is a product that can do it (conv_doubled.c). */
static void fuse_doublings(ga_plan *plan)
{
    for (int i = 0; i < plan->n_steps; i++) {
        ga_step *up = &plan->steps[i];
        const ga_tap_state *tap = &plan->taps[up->node->tap];
        ga_conv_shape shape;
        if (up->node->op->doubles == NULL || !up->node->op->doubles(up->node) || tap->kept ||
            tap->readers != 1)
            continue;
        ga_step *product = &plan->steps[tap->last_reader];
        const ga_op *op = product->node->op;
        if (op->conv == NULL || !op->conv(product->node, &shape) || !ga_conv_can_double(&shape))
            continue;
        up->absorbed = true;
        product->doubling = i;
        ga_tap_state *src = &plan->taps[up->node->inputs[0]];
        src->last_reader = src->last_reader > tap->last_reader ? src->last_reader
                                                               : tap->last_reader;
    }
}

int ga_plan_input(const ga_plan *plan, const ga_step *step, int k)
{
    const ga_node *node = step->doubling >= 0 ? plan->steps[step->doubling].node : step->node;
    return node->inputs[k];
}

/* ---- what the steps need ----------------------------------------------------------------------*/

ga_need ga_plan_need(const ga_plan *plan, const ga_node *node)
{
    return (ga_need){node, plan->options.batch, plan->threads, plan->options.train,
                     plan->options.bn};
}

static ga_status make_conv(const ga_plan *plan, const ga_conv_shape *shape, ga_conv **out,
                           ga_err *err)
{
    const bool quick = plan->options.quick || ga_graph_quick(plan->graph);
    const ga_conv_use use = plan->options.train ? GA_CONV_TRAIN
                            : quick             ? GA_CONV_QUICK
                                                : GA_CONV_EXACT;
    return ga_conv_create(shape, plan->options.batch, plan->options.bf16, use, ga_cpu_isa(),
                          plan->threads, out, err);
}

/* Room for folded weights behind what the product needs, and for the product without doubling.
 * Multiply-adds stay those of the layer's definition: each line has 3 taps an output less the two
 * that fall on padding. */
static void measure_doubled(ga_step *step, const ga_conv_shape *shape, uint64_t n)
{
    step->scratch_bytes = ((step->scratch_bytes + 63) & ~(size_t)63) +
                          ga_conv_folded_count(shape) * sizeof(float);
    step->multiply_adds = n * (uint64_t)(3 * shape->ih - 2) * (uint64_t)(3 * shape->iw - 2) *
                          (uint64_t)shape->ic * (uint64_t)shape->oc;
    if (step->plain == NULL)
        return;
    const ga_conv_info plain = ga_conv_describe(step->plain);
    step->plain_bytes = plain.packed_bytes;
    if (plain.scratch_bytes > step->scratch_bytes)
        step->scratch_bytes = plain.scratch_bytes;
}

static ga_status measure(ga_plan *plan, ga_step *step, ga_err *err)
{
    const ga_node *node = step->node;
    const ga_op *op = node->op;
    const ga_need need = ga_plan_need(plan, node);
    const uint64_t n = (uint64_t)plan->options.batch;
    size_t saved = 0;
    ga_conv_shape shape;
    step->view = op->view != NULL && op->view(&need);
    if (op->memory != NULL)
        op->memory(&need, &saved, &step->scratch_bytes);
    step->saved_bytes = saved * sizeof(float);
    step->multiply_adds = op->cost != NULL ? n * op->cost(node) : 0;
    if (op->conv == NULL || !op->conv(node, &shape))
        return GA_OK;
    const bool doubled = step->doubling >= 0;
    const ga_conv_shape small = doubled ? ga_conv_double(&shape) : shape;
    ga_status s = make_conv(plan, &small, &step->conv, err);
    if (s == GA_OK && doubled && !plan->options.train)
        s = make_conv(plan, &shape, &step->plain, err);
    if (s != GA_OK)
        return ga_fail_in(err, s, "layer '%s' (%s)", node->name, op->type);
    const ga_conv_info info = ga_conv_describe(step->conv);
    step->packed_bytes = info.packed_bytes;
    step->packed_backward_bytes = plan->options.train ? info.packed_backward_bytes : 0;
    step->scratch_bytes = info.scratch_bytes;
    step->multiply_adds = n * info.multiply_adds;
    if (doubled)
        measure_doubled(step, &shape, n);
    return GA_OK;
}

static ga_status check_options(const ga_graph *g, const ga_plan_options *o, ga_err *err)
{
    const int most = 1 << 20;
    if (g->n_nodes == 0)
        return ga_fail(err, GA_EINVAL, "the network has no layers");
    if (o->batch < 1 || o->batch > most)
        return ga_fail(err, GA_EINVAL, "a batch of %d images was asked for, expected 1 to %d",
                       o->batch, most);
    if (o->penalty && !o->train)
        return ga_fail(err, GA_EINVAL, "a gradient penalty needs a plan for training");
    for (int t = 0; t < g->n_nodes; t++)
        if (ga_dims_count(g->nodes[t].out) > ((size_t)1 << 40) / (size_t)o->batch)
            return ga_fail(err, GA_ENOMEM, "a batch of %d needs more than 4 TiB for '%s' alone",
                           o->batch, g->nodes[t].name);
    return GA_OK;
}

/* All but the memory itself. */
static ga_status compile(const ga_graph *g, const ga_plan_options *options, ga_plan **out,
                         ga_err *err)
{
    *out = NULL;
    ga_status s = check_options(g, options, err);
    if (s != GA_OK)
        return s;
    ga_plan *plan = ga_mem_new(1, sizeof *plan);
    if (plan != NULL) {
        plan->graph = g;
        plan->options = *options;
        plan->threads = ga_cpu_threads(options->threads);
        plan->vec = ga_vec_of(ga_cpu_isa());
        plan->taps = ga_mem_new((size_t)g->n_nodes, sizeof *plan->taps);
        plan->steps = ga_mem_new((size_t)g->n_nodes, sizeof *plan->steps);
    }
    if (plan == NULL || plan->taps == NULL || plan->steps == NULL) {
        ga_plan_free(plan);
        return ga_fail(err, GA_ENOMEM, "no memory for a plan of %d layers", g->n_nodes);
    }
    s = select_layers(plan, err);
    if (s == GA_OK) {
        link_steps(plan);
        if (options->penalty)
            s = ga_penalty_mark(plan, err);
        else {
            fuse(plan);
            fuse_doublings(plan);
        }
    }
    for (int i = 0; i < plan->n_steps && s == GA_OK; i++)
        s = measure(plan, &plan->steps[i], err);
    if (s == GA_OK)
        s = ga_plan_layout(plan, err);
    if (s != GA_OK) {
        ga_plan_free(plan);
        return s;
    }
    *out = plan;
    return GA_OK;
}

/* ---- create -----------------------------------------------------------------------------------*/

ga_status ga_plan_forecast(const ga_graph *g, const ga_plan_options *options, ga_plan_cost *cost,
                           ga_err *err)
{
    ga_plan *plan;
    const ga_status s = compile(g, options, &plan, err);
    if (plan != NULL)
        *cost = plan->cost;
    ga_plan_free(plan);
    return s;
}

/* The largest batch whose plan stays within limit, by halving; 0 if not even one image does. */
static int batch_that_fits(const ga_graph *g, const ga_plan_options *options, size_t limit)
{
    ga_plan_options o = *options;
    int fits = 0, too_many = options->batch;
    while (too_many - fits > 1) {
        ga_plan_cost cost = {0};
        o.batch = fits + (too_many - fits) / 2;
        if (ga_plan_forecast(g, &o, &cost, NULL) == GA_OK && cost.total_bytes <= limit)
            fits = o.batch;
        else
            too_many = o.batch;
    }
    return fits;
}

static ga_status too_large(const ga_graph *g, const ga_plan_options *options, size_t total,
                           ga_err *err)
{
    char needs[24], limit[24];
    ga_format_bytes(total, needs, sizeof needs);
    ga_format_bytes(options->memory_limit, limit, sizeof limit);
    const int fits = batch_that_fits(g, options, options->memory_limit);
    if (fits == 0)
        return ga_fail(
            err, GA_ENOMEM,
            "a batch of %d needs %s (%zu bytes), the limit is %s (%zu bytes); not even one "
            "image would fit",
            options->batch, needs, total, limit, options->memory_limit);
    return ga_fail(err, GA_ENOMEM,
                   "a batch of %d needs %s (%zu bytes), the limit is %s (%zu bytes); a batch of %d "
                   "would fit",
                   options->batch, needs, total, limit, options->memory_limit, fits);
}

ga_status ga_plan_create(const ga_graph *g, ga_params *p, const ga_plan_options *options,
                         ga_plan **out, ga_err *err)
{
    *out = NULL;
    if (p->n_weights != g->n_weights || p->n_buffers != g->n_buffers)
        return ga_fail(err, GA_EINVAL, "the network has %zu weights, the parameters hold %zu",
                       g->n_weights, p->n_weights);
    ga_plan *plan;
    const ga_status s = compile(g, options, &plan, err);
    if (plan == NULL)
        return s;
    plan->params = p;
    if (options->memory_limit > 0 && plan->cost.total_bytes > options->memory_limit) {
        const size_t total = plan->cost.total_bytes;
        ga_plan_free(plan);
        return too_large(g, options, total, err);
    }
    plan->memory = ga_mem_new(plan->cost.total_bytes, 1);
    if (plan->memory == NULL) {
        char needs[24];
        const size_t total = plan->cost.total_bytes;
        ga_plan_free(plan);
        return ga_fail(err, GA_ENOMEM, "a batch of %d needs %s (%zu bytes), which there is not",
                       options->batch, ga_format_bytes(total, needs, sizeof needs), total);
    }
    ga_plan_point(plan);
    *out = plan;
    return GA_OK;
}

void ga_plan_free(ga_plan *plan)
{
    if (plan == NULL)
        return;
    for (int i = 0; plan->steps != NULL && i < plan->n_steps; i++) {
        ga_conv_free(plan->steps[i].conv);
        ga_conv_free(plan->steps[i].plain);
    }
    ga_mem_free(plan->taps);
    ga_mem_free(plan->steps);
    ga_mem_free(plan->items);
    ga_mem_free(plan->memory);
    ga_mem_free(plan);
}

/* ---- describing -------------------------------------------------------------------------------*/

ga_plan_cost ga_plan_cost_of(const ga_plan *plan)
{
    return plan->cost;
}

int ga_plan_n_layers(const ga_plan *plan)
{
    return plan->n_steps;
}

ga_plan_layer ga_plan_layer_at(const ga_plan *plan, int i)
{
    const ga_step *step = &plan->steps[i];
    const ga_node *node = step->node;
    ga_plan_layer l = {.name = node->name,
                       .type = node->op->type,
                       .dims = node->out,
                       .kernel = node->op->kernel,
                       .reason = "one pass over the activation",
                       .multiply_adds = step->multiply_adds,
                       .packed_weight_bytes = step->packed_bytes + step->packed_backward_bytes +
                                              step->plain_bytes};
    for (int k = 0; k < node->n_params; k++) {
        const ga_param_spec *spec = &plan->graph->params[node->first_param + k];
        l.weights += spec->kind == GA_WEIGHT ? spec->count : 0;
    }
    if (!step->in_place && !(step->absorbed && plan->options.train))
        l.activation_bytes = ga_dims_count(node->out) * (size_t)plan->options.batch * sizeof(float);
    if (step->conv != NULL) {
        const ga_conv_info info = ga_conv_describe(step->conv);
        l.kernel = info.kernel;
        l.reason = info.reason;
        if (step->doubling >= 0)
            l.reason =
                "2.25 times fewer multiplications: the doubling before it and 3 x 3 taps are "
                "2 x 2 taps for each parity of rows and columns";
    } else if (step->absorbed) {
        l.kernel = "fused";
        l.reason = "done by the product behind it, which alone reads it";
    } else if (step->fused) {
        l.kernel = "fused";
        l.reason = "done in the same pass as the norm before it, which nobody else reads";
    } else if (step->rectifier >= 0) {
        l.reason = "the rectifier behind it is done in the same pass";
    } else if (step->view) {
        l.kernel = "none";
        l.reason = "the numbers stay as they are";
    } else if (step->in_place) {
        l.reason = "in place: nobody else reads its input";
    }
    return l;
}
