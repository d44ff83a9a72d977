/* run.c - what goes in, the layers in order, what comes out. Allocates nothing. */
#include "net/layout.h"
#include "net/ops/norm.h"
#include "net/plan.h"
#include "net/raw.h"
#include <string.h>

/* ---- in and out -------------------------------------------------------------------------------*/

int ga_first_start(const ga_plan *plan)
{
    int t = 0;
    while (!plan->taps[t].start)
        t++;
    return t;
}

static void was_written(ga_plan *plan, int tap, int n)
{
    plan->taps[tap].written_n = n;
    plan->ran_n = 0;
}

ga_status ga_plan_write(ga_plan *plan, const char *tap, ga_view v, ga_err *err)
{
    int t;
    const ga_status s = ga_graph_need(plan->graph, tap, &t, err);
    if (s != GA_OK)
        return s;
    const ga_dims d = plan->graph->nodes[t].out;
    if (!plan->taps[t].start)
        return ga_fail(err, GA_ENOTFOUND, "the run starts at '%s', so '%s' cannot be written",
                       plan->graph->nodes[ga_first_start(plan)].name, tap);
    if (v.c != d.c || v.h != d.h || v.w != d.w)
        return ga_fail(err, GA_ESHAPE, "'%s' takes (%d,%d,%d), got (%d,%d,%d)", tap, d.c, d.h, d.w,
                       v.c, v.h, v.w);
    if (v.n < 1 || v.n > plan->options.batch)
        return ga_fail(err, GA_ESHAPE, "'%s' got %d images, the plan takes 1 to %d", tap, v.n,
                       plan->options.batch);
    ga_from_nchw(plan->vec, plan->threads, d, v.n, v.data, plan->taps[t].written);
    was_written(plan, t, v.n);
    return GA_OK;
}

float *ga_plan_raw_input(ga_plan *plan, int n)
{
    const int t = ga_first_start(plan);
    was_written(plan, t, n);
    return plan->taps[t].written;
}

const float *ga_plan_raw_output(const ga_plan *plan)
{
    return plan->taps[plan->end].data;
}

/* A doubling that was not run, into (N,C,H,W). */
static void redouble(const ga_plan *plan, const ga_step *up, float *dst)
{
    const ga_dims d = up->node->out;
    const size_t n = (size_t)plan->ran_n, c = (size_t)d.c, across = (size_t)d.w / 2;
    const float *x = plan->taps[up->node->inputs[0]].data;
    for (size_t i = 0; i < n * c; i++)
        for (size_t h = 0; h < (size_t)d.h; h++)
            for (size_t w = 0; w < (size_t)d.w; w++)
                *dst++ = x[(h / 2 * across + w / 2) * n * c + i];
}

ga_status ga_plan_read(const ga_plan *plan, const char *tap, float *dst, ga_err *err)
{
    int t;
    const ga_status s = ga_graph_need(plan->graph, tap, &t, err);
    if (s != GA_OK)
        return s;
    const ga_tap_state *state = &plan->taps[t];
    if (!state->in_plan || !(state->kept || state->start || plan->options.train))
        return ga_fail(err, GA_ENOTFOUND, "'%s' is not kept by this plan", tap);
    if (plan->ran_n == 0)
        return ga_fail(err, GA_EINVAL, "'%s' is read before the run", tap);
    const ga_step *step = state->step >= 0 ? &plan->steps[state->step] : NULL;
    if (step != NULL && step->rectifier >= 0)
        ga_plan_remake(plan, step, dst);
    else if (step != NULL && step->absorbed)
        redouble(plan, step, dst);
    else
        ga_to_nchw(plan->vec, plan->threads, plan->graph->nodes[t].out, plan->ran_n, state->data,
                   dst);
    return GA_OK;
}

void ga_plan_remake(const ga_plan *plan, const ga_step *norm, float *dst)
{
    const ga_dims d = norm->node->out;
    const size_t n = (size_t)plan->ran_n, c_count = (size_t)d.c, hw = ga_pixels(d),
                 sets = ga_norm_mode(norm->node, plan->options.bn) == GA_BN_IMAGE ? n : 1;
    const float *x = plan->taps[norm->node->inputs[0]].data;
    /* What a norm saves: see ops/norm.h. */
    const float *a = norm->saved, *b = a + sets * c_count, *mean = b + sets * c_count;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < c_count; c++) {
            const size_t k = (sets > 1 ? i : 0) * c_count + c;
            for (size_t p = 0; p < hw; p++)
                dst[(i * c_count + c) * hw + p] = a[k] * (x[(p * n + i) * c_count + c] - mean[k]) +
                                                  b[k];
        }
}

/* ---- forward ----------------------------------------------------------------------------------*/

ga_call ga_plan_call(const ga_plan *plan, const ga_step *step, int n)
{
    const ga_node *node = step->node;
    ga_call c = {.node = node,
                 .conv = step->conv,
                 .vec = plan->vec,
                 .n = n,
                 .threads = plan->threads,
                 .train = plan->options.train,
                 .bn = plan->options.bn,
                 .slope = step->slope,
                 .dst = plan->taps[node->tap].own,
                 .packed = step->packed,
                 .packed_backward = step->packed_backward,
                 .saved = step->saved,
                 .scratch = plan->scratch,
                 .dropout_seed = plan->dropout_seed};
    c.doubled = step->doubling >= 0 && !plan->taps[plan->steps[step->doubling].node->tap].edited;
    if (step->doubling >= 0 && !c.doubled) {
        c.conv = step->plain;
        c.packed = step->plain_packed;
    }
    for (int i = 0; i < node->n_inputs; i++)
        c.src[i] = plan->taps[c.doubled ? ga_plan_input(plan, step, i) : node->inputs[i]].data;
    for (int k = 0; k < node->n_params; k++) {
        const ga_param_spec *spec = &plan->graph->params[node->first_param + k];
        c.param[k] = (spec->kind == GA_WEIGHT ? plan->params->weights : plan->params->buffers) +
                     spec->offset;
    }
    return c;
}

static ga_status ready(const ga_plan *plan, int *n, ga_err *err)
{
    *n = 0;
    for (int t = 0; t < plan->graph->n_nodes; t++) {
        const ga_tap_state *tap = &plan->taps[t];
        if (!tap->start)
            continue;
        if (tap->written_n == 0)
            return ga_fail(err, GA_EINVAL, "'%s' was not written before the run",
                           plan->graph->nodes[t].name);
        if (*n != 0 && *n != tap->written_n)
            return ga_fail(err, GA_ESHAPE, "'%s' holds %d images, another input %d",
                           plan->graph->nodes[t].name, tap->written_n, *n);
        *n = tap->written_n;
    }
    return GA_OK;
}

static void pack(ga_plan *plan)
{
    if (plan->packed_version == plan->params->version)
        return;
    for (int i = 0; i < plan->n_steps; i++) {
        const ga_step *step = &plan->steps[i];
        if (step->conv != NULL)
            ga_conv_pack(step->conv, ga_plan_weights(plan, step), step->packed);
    }
    plan->packed_version = plan->params->version;
}

const float *ga_plan_weights(const ga_plan *plan, const ga_step *step)
{
    const float *weights = ga_plan_call(plan, step, 1).param[0];
    ga_conv_shape shape;
    if (step->doubling < 0)
        return weights;
    (void)step->node->op->conv(step->node, &shape);
    ga_conv_fold(&shape, weights, (float *)(void *)plan->scratch, plan->threads);
    return (const float *)(const void *)plan->scratch;
}

/* Weights of the products whose doubling is edited in the run at hand. */
static void pack_plain(ga_plan *plan)
{
    bool wanted = false;
    for (int i = 0; i < plan->n_steps && plan->plain_version != plan->params->version; i++) {
        const ga_step *step = &plan->steps[i];
        wanted = wanted || (step->absorbed && plan->taps[step->node->tap].edited);
    }
    for (int i = 0; i < plan->n_steps && wanted; i++) {
        const ga_step *step = &plan->steps[i];
        if (step->plain != NULL)
            ga_conv_pack(step->plain, ga_plan_call(plan, step, 1).param[0], step->plain_packed);
    }
    if (wanted)
        plan->plain_version = plan->params->version;
}

/* What the starts' readers see: what was written, or a copy of it that is edited. */
static void set_starts(ga_plan *plan, const ga_run *run, int n)
{
    for (int t = 0; t < plan->graph->n_nodes; t++) {
        ga_tap_state *tap = &plan->taps[t];
        if (!tap->start)
            continue;
        tap->data = tap->written;
        if (!tap->edited)
            continue;
        tap->data = tap->own;
        memcpy(tap->own, tap->written,
               ga_dims_count(plan->graph->nodes[t].out) * (size_t)n * sizeof *tap->own);
        ga_edits_apply(plan, run, t, n);
    }
}

static ga_status run_step(const ga_plan *plan, int i, int n, ga_err *err)
{
    const ga_step *step = &plan->steps[i];
    const ga_op *op = step->node->op;
    ga_call call = ga_plan_call(plan, step, n);
    const bool split = step->rectifier >= 0 && plan->taps[step->node->tap].edited;
    if (step->fused && !plan->taps[step->node->inputs[0]].edited)
        return GA_OK;
    if (step->absorbed && !plan->taps[step->node->tap].edited)
        return GA_OK;
    if (split)
        call.slope = 1; /* the edit lies between the norm and its rectifier */
    if (op->check != NULL) {
        const ga_status s = op->check(&call, err);
        if (s != GA_OK)
            return s;
    }
    op->forward(&call);
    return GA_OK;
}

ga_status ga_plan_forward(ga_plan *plan, const ga_run *run, ga_err *err)
{
    int n;
    for (int t = 0; t < plan->graph->n_nodes; t++)
        plan->taps[t].edited = false;
    ga_status s = ready(plan, &n, err);
    if (s == GA_OK && run != NULL && run->n_edits > 0)
        s = ga_edits_check(plan, run, n, err);
    if (s != GA_OK)
        return s;
    plan->ran_n = 0;
    plan->dropout_seed = run != NULL ? run->dropout_seed : 0;
    for (int i = 0; run != NULL && i < run->n_edits; i++)
        plan->taps[ga_graph_find(plan->graph, run->edits[i].tap)].edited = true;
    pack(plan);
    pack_plain(plan);
    set_starts(plan, run, n);
    for (int i = 0; i < plan->n_steps; i++) {
        s = run_step(plan, i, n, err);
        if (s != GA_OK)
            return s;
        if (plan->taps[plan->steps[i].node->tap].edited)
            ga_edits_apply(plan, run, plan->steps[i].node->tap, n);
    }
    plan->ran_n = n;
    return GA_OK;
}
