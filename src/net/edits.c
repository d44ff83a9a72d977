/* edits.c - interventions: y = x (1 - A) + V A on units of one tap, in the order given. */
#include "net/par.h"
#include "net/plan.h"
#include <math.h>

static ga_status check_one(const ga_plan *plan, const ga_edit *e, int n, ga_err *err)
{
    int t;
    const ga_status s = ga_graph_need(plan->graph, e->tap, &t, err);
    if (s != GA_OK)
        return s;
    const ga_dims d = plan->graph->nodes[t].out;
    if (!plan->taps[t].in_plan)
        return ga_fail(err, GA_ENOTFOUND, "an edit names '%s', which this run does not pass",
                       e->tap);
    for (int i = 0; e->units != NULL && i < e->n_units; i++)
        if (e->units[i] < 0 || e->units[i] >= d.c)
            return ga_fail(err, GA_EINVAL, "'%s' has no unit %d: its units are 0 to %d", e->tap,
                           e->units[i], d.c - 1);
    if (!(e->alpha >= 0 && e->alpha <= 1))
        return ga_fail(err, GA_EINVAL, "an edit of '%s' has alpha %g, expected 0 to 1", e->tap,
                       (double)e->alpha);
    if (e->value == GA_EDIT_DONOR) {
        const ga_view v = e->donor;
        if (v.data == NULL || v.c != d.c || v.h != d.h || v.w != d.w || (v.n != 1 && v.n != n))
            return ga_fail(
                err, GA_ESHAPE,
                "the donor of '%s' has the shape (%d,%d,%d,%d), expected (1 or %d,%d,%d,%d)",
                e->tap, v.n, v.c, v.h, v.w, n, d.c, d.h, d.w);
    } else if (e->value != GA_EDIT_CONSTANT && e->value != GA_EDIT_MEAN) {
        return ga_fail(err, GA_EINVAL, "an edit of '%s' has the unknown value %d", e->tap,
                       (int)e->value);
    }
    return GA_OK;
}

ga_status ga_edits_check(const ga_plan *plan, const ga_run *run, int n, ga_err *err)
{
    if (plan->options.train)
        return ga_fail(err, GA_EINVAL, "a training run takes no edits, got one of '%s'",
                       run->edits[0].tap);
    for (int i = 0; i < run->n_edits; i++) {
        const ga_status s = check_one(plan, &run->edits[i], n, err);
        if (s != GA_OK)
            return s;
    }
    return GA_OK;
}

typedef struct work {
    const ga_edit *edit;
    float *data; /* HWNC */
    size_t n, c, hw;
} work;

static void edit_unit(const work *w, size_t image, size_t unit, size_t listed)
{
    const ga_edit *e = w->edit;
    float *x = w->data + image * w->c + unit;
    const size_t step = w->n * w->c;
    const float *donor = NULL;
    float value = 0;
    if (e->value == GA_EDIT_DONOR)
        donor = e->donor.data + ((e->donor.n == 1 ? 0 : image) * w->c + unit) * w->hw;
    else if (e->value == GA_EDIT_CONSTANT)
        value = e->values != NULL ? e->values[listed] : 0;
    else {
        double sum = 0;
        for (size_t p = 0; p < w->hw; p++)
            sum += (double)x[p * step];
        value = (float)(sum / (double)w->hw);
    }
    for (size_t p = 0; p < w->hw; p++) {
        const float a = e->mask != NULL ? e->alpha * e->mask[p] : e->alpha,
                    v = donor != NULL ? donor[p] : value;
        /* All or nothing is exact, whatever the other side holds. */
        if (a >= 1)
            x[p * step] = v;
        else if (a > 0)
            x[p * step] = x[p * step] * (1 - a) + v * a;
    }
}

static void edit_images(const void *user, size_t begin, size_t end)
{
    const work *w = user;
    const size_t units = w->edit->units != NULL ? (size_t)w->edit->n_units : w->c;
    for (size_t i = begin; i < end; i++)
        for (size_t k = 0; k < units; k++)
            edit_unit(w, i, w->edit->units != NULL ? (size_t)w->edit->units[k] : k, k);
}

void ga_edits_apply(const ga_plan *plan, const ga_run *run, int tap, int n)
{
    const ga_dims d = plan->graph->nodes[tap].out;
    for (int i = 0; i < run->n_edits; i++) {
        const ga_edit *e = &run->edits[i];
        if (ga_graph_find(plan->graph, e->tap) != tap || e->alpha == 0 ||
            (e->units != NULL && e->n_units <= 0))
            continue;
        const work w = {e, plan->taps[tap].data, (size_t)n, (size_t)d.c, ga_pixels(d)};
        ga_parallel(plan->threads, (size_t)n, 1, edit_images, &w);
    }
}
