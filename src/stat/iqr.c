/* iqr.c - the threshold at which a unit tells most about a label. */
#include "stat/ladder.h"
#include "stat/table.h"
#include <math.h>

void ga_iqr_shares(double share[GA_IQR_LEVELS])
{
    for (int j = 0; j < GA_IQR_LEVELS; j++)
        share[j] = pow(10, -3 + 3.0 * j / (GA_IQR_LEVELS - 1));
}

/* The best level of one pair; label 0 if none qualifies. */
static ga_iqr_pick pick_pair(const ga_ladder *l, ga_iqr_rules rules, int label, int unit)
{
    const size_t j = (size_t)l->j, u = (size_t)unit, k = l->spec.category[label],
                 units = (size_t)l->spec.units;
    const float *levels = l->levels + u * j;
    const uint32_t *both = l->both[label] + u * j, *active = l->active + u * j,
                   *category = l->category_active + (k * units + u) * j;
    ga_table_counts n = {.label = l->label[label],
                         .category_pixels = l->category_pixels[k],
                         .pixels = l->images * (uint64_t)l->spec.grid.H * (uint64_t)l->spec.grid.W};
    ga_iqr_pick best = {.level = levels[0]};
    const int last = rules.last ? l->j : l->j - 1;
    for (int i = 0; i < last && levels[i] > 0; i++) { /* levels descend */
        n.both += both[i];
        n.active += active[i];
        n.category_active += category[i];
        const ga_table t = ga_table_of(rules.of, n);
        const double all = rules.of == GA_OF_MIXED
                               ? 1
                               : t.both + t.active_only + t.label_only + t.neither;
        const double neither = t.neither > 0 ? t.neither : 0;
        if (!(t.both + neither > rules.agreement * all))
            continue;
        const double iqr = ga_table_iqr(t);
        if (iqr > best.iqr)
            best = (ga_iqr_pick){levels[i], label, i, iqr, ga_table_iou(t)};
    }
    return best;
}

static void pick_unit(const ga_ladder *l, ga_iqr_rules rules, int unit, ga_iqr_pick *pick,
                      ga_iqr_pick *best)
{
    const size_t units = (size_t)l->spec.units, u = (size_t)unit;
    const double pixels = (double)l->images * l->spec.grid.H * l->spec.grid.W;
    const ga_iqr_pick none = {.level = l->levels[u * (size_t)l->j]};
    *pick = none;
    for (int c = 0; c < l->spec.labels; c++) {
        const bool trusted = l->label[c] != 0 && (double)l->label[c] >= rules.label_share * pixels;
        const ga_iqr_pick one = trusted ? pick_pair(l, rules, c, unit) : none;
        if (one.iqr > pick->iqr)
            *pick = one;
        if (best != NULL)
            best[(size_t)c * units + u] = one;
    }
}

ga_status ga_ladder_pick(const ga_ladder *l, ga_iqr_rules rules, ga_iqr_pick *picks,
                         ga_iqr_pick *best, ga_err *err)
{
    if (l->images == 0)
        return ga_fail(err, GA_EDATA, "a choice of levels from no images");
#pragma omp parallel for num_threads(l->spec.threads) schedule(dynamic, 8)
    for (int u = 0; u < l->spec.units; u++)
        pick_unit(l, rules, u, &picks[u], best);
    return GA_OK;
}
