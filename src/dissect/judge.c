/* judge.c - from counts to findings: which labels a unit may stand for, and whether chance would do
 * as well. */
#include "base/alloc.h"
#include "dissect/inner.h"
#include "ganatomy/stat.h"
#include <string.h>

/* ---- chance -----------------------------------------------------------------------------------*/

/* The 99th percentile of the IoU of one label and any unit with labels of other images. values:
 * room for shuffles * U. */
static ga_status chance_of(const ga_dissection *d, const ga_dissect_layer *l, int label,
                           float *values, double *out, ga_err *err)
{
    static const double at = 0.99;
    const int units = l->dims.c, shuffles = d->options.shuffles;
    *out = -1;
    /* a single image has no others whose labels it could have had */
    if (shuffles == 0 || ga_tally_counts_of(l->chance[0]).images == 0)
        return GA_OK;
    for (int s = 0; s < shuffles; s++)
        for (int u = 0; u < units; u++)
            values[s * units + u] = (float)ga_table_iou(
                ga_tally_table(l->chance[s], label, u, d->options.of));
    return ga_quantiles(values, (size_t)shuffles * (size_t)units, &at, 1, out, err);
}

/* chance (L): of every label that occurs, -1 for the others. */
static ga_status chances(const ga_dissection *d, const ga_dissect_layer *l, double *chance,
                         ga_err *err)
{
    const ga_tally_counts counts = ga_tally_counts_of(l->tally);
    float *values = ga_mem_new((size_t)d->options.shuffles * (size_t)l->dims.c, sizeof *values);
    if (values == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the baseline of %d shuffles",
                       d->options.shuffles);
    ga_status status = GA_OK;
    for (int c = 0; c < d->labels && status == GA_OK; c++) {
        chance[c] = -1;
        if (c > 0 && counts.label[c] > 0)
            status = chance_of(d, l, c, values, &chance[c], err);
    }
    ga_mem_free(values);
    return status;
}

/* ---- labels of a unit -------------------------------------------------------------------------*/

/* What a unit's first label is found by: the rule's own choice on other images where it made one,
 * then IoU. */
typedef struct rank {
    double choice, iou;
} rank;

static rank rank_of(const ga_dissect_layer *l, int unit, const ga_finding *f)
{
    const size_t at = (size_t)f->label * (size_t)l->dims.c + (size_t)unit;
    return (rank){.choice = l->best != NULL ? l->best[at].iqr : 0, .iou = f->iou};
}

static bool before(rank a, rank b)
{
    return a.choice > b.choice || (a.choice == b.choice && a.iou > b.iou);
}

/* Puts f among those behind the unit's label, by IoU; equal ones keep the order in which they came,
 * that of labels. */
static int insert(ga_finding *best, int n, int most, const ga_finding *f)
{
    int at = n;
    while (at > 1 && f->iou > best[at - 1].iou)
        at--;
    if (at >= most)
        return n;
    const int moved = (n < most ? n : most - 1) - at;
    memmove(best + at + 1, best + at, (size_t)moved * sizeof *best);
    best[at] = *f;
    return n < most ? n + 1 : n;
}

static double correlation(const ga_dissect_layer *l, int label, int unit)
{
    return l->covariance != NULL ? ga_covariance_of(l->covariance, label, unit).correlation : 0;
}

static ga_finding finding_of(const ga_dissection *d, const ga_dissect_layer *l, int label, int unit,
                             double chance)
{
    const ga_table table = ga_tally_table(l->tally, label, unit, d->options.of);
    return (ga_finding){.label = label,
                        .iou = ga_table_iou(table),
                        .iqr = ga_table_iqr(table),
                        .chance = chance,
                        .table = table,
                        .cor = correlation(l, label, unit)};
}

/* Of all labels that occur, the unit's first; and the one that its values go with most. */
static void find_first(const ga_dissection *d, const ga_dissect_layer *l, int unit,
                       const double *chance, ga_unit_finding *out)
{
    const ga_tally_counts counts = ga_tally_counts_of(l->tally);
    for (int c = 1; c < d->labels; c++) {
        if (counts.label[c] == 0)
            continue;
        const ga_finding f = finding_of(d, l, c, unit, chance[c]);
        if (f.cor > out->cor) {
            out->cor = f.cor;
            out->cor_label = c;
        }
        if (out->n == 0 || before(rank_of(l, unit, &f), rank_of(l, unit, &out->finding[0])))
            out->finding[0] = f;
        out->n = 1;
    }
}

static void judge_unit(const ga_dissection *d, ga_dissect_layer *l, int unit, const double *chance)
{
    const ga_dissect_options *o = &d->options;
    const ga_tally_counts counts = ga_tally_counts_of(l->tally);
    ga_unit_finding *out = &l->unit[unit];
    *out = (ga_unit_finding){.threshold = l->threshold[unit]};
    find_first(d, l, unit, chance, out);
    for (int c = 1; c < d->labels; c++) {
        if (counts.label[c] == 0 || c == out->finding[0].label)
            continue;
        const ga_finding f = finding_of(d, l, c, unit, chance[c]);
        out->n = insert(out->finding, out->n, o->labels, &f);
    }
    const ga_finding *first = &out->finding[0];
    out->interpretable = out->n > 0 && first->iou > o->least_iou && first->iqr > o->least_iqr;
    out->above_chance = out->interpretable && (first->chance < 0 || first->iou > first->chance);
    if (l->pick != NULL)
        out->pick = l->pick[unit];
    out->top = ga_top_of(l->top, unit, &out->n_top);
}

static ga_status judge_layer(const ga_dissection *d, ga_dissect_layer *l, const double *chance,
                             ga_err *err)
{
    const int units = l->dims.c;
    bool *seen = ga_mem_new((size_t)d->labels, sizeof *seen);
    if (seen == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to count concepts");
    ga_layer_finding f = {.units = units};
    int found = 0, by_chance = 0;
    for (int u = 0; u < units; u++) {
        const ga_unit_finding *unit = &l->unit[u];
        f.interpretable += unit->interpretable;
        f.above_chance += unit->above_chance;
        if (unit->above_chance && !seen[unit->finding[0].label]) {
            seen[unit->finding[0].label] = true;
            f.concepts++;
        }
        if (unit->n == 0)
            continue;
        found++;
        f.mean_iou += unit->finding[0].iou;
        f.best_iou = unit->finding[0].iou > f.best_iou ? unit->finding[0].iou : f.best_iou;
    }
    for (int c = 1; c < d->labels; c++)
        if (chance[c] >= 0) {
            f.chance_iou += chance[c];
            by_chance++;
        }
    f.mean_iou = found > 0 ? f.mean_iou / found : 0;
    f.chance_iou = by_chance > 0 ? f.chance_iou / by_chance : -1;
    l->finding = f;
    ga_mem_free(seen);
    return GA_OK;
}

ga_status ga_dissect_judge(const ga_dissection *d, ga_dissect_layer *l, const ga_progress *progress,
                           ga_err *err)
{
    double *chance = ga_mem_new((size_t)d->labels, sizeof *chance);
    if (chance == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to judge %d labels", d->labels);
    ga_status status = chances(d, l, chance, err);
    for (int u = 0; u < l->dims.c && status == GA_OK; u++)
        judge_unit(d, l, u, chance);
    if (status == GA_OK && d->options.bootstrap > 0)
        status = ga_dissect_bootstrap(d, l, progress, err);
    ga_records_free(&l->records); /* which may be large; a state has them */
    if (status == GA_OK)
        status = judge_layer(d, l, chance, err);
    ga_mem_free(chance);
    return status;
}
