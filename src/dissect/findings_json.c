/* findings_json.c - dissect.json: the published form (netdissect 2018) and, in keys that its
 * readers pass over, what was found besides. docs/formats/dissect.md has every key. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "dissect/inner.h"
#include "dissect/label_group.h"
#include <stdlib.h>
#include <string.h>

/* ---- rankings ---------------------------------------------------------------------------------*/

/* The published order of units "by label": interpretable ones first; then by how many interpretable
 * units share the label, more first; the label's best IoU; the label's number; the own IoU. */
typedef struct by_label {
    int unit, interpretable, label, sharing;
    double best, iou;
} by_label;

static int compare_by_label(const void *a, const void *b)
{
    const by_label *x = a, *y = b;
    if (x->interpretable != y->interpretable)
        return y->interpretable - x->interpretable;
    if (x->sharing != y->sharing)
        return y->sharing - x->sharing;
    if (x->best != y->best)
        return x->best < y->best ? 1 : -1;
    if (x->label != y->label)
        return x->label - y->label;
    if (x->iou != y->iou)
        return x->iou < y->iou ? 1 : -1;
    return x->unit - y->unit;
}

static json_t *label_ranking(const ga_dissection *d, const ga_dissect_layer *l)
{
    const int units = l->dims.c;
    by_label *rows = ga_mem_new((size_t)units, sizeof *rows);
    int *sharing = ga_mem_new((size_t)d->labels, sizeof *sharing);
    double *best = ga_mem_new((size_t)d->labels, sizeof *best);
    json_t *score = NULL;
    if (rows != NULL && sharing != NULL && best != NULL) {
        for (int u = 0; u < units; u++) {
            const ga_unit_finding *f = &l->unit[u];
            const int label = f->n > 0 ? f->finding[0].label : 0;
            const double iou = f->n > 0 ? f->finding[0].iou : 0;
            sharing[label] += f->interpretable;
            best[label] = iou > best[label] ? iou : best[label];
            rows[u] = (by_label){u, f->interpretable, label, 0, 0, iou};
        }
        for (int u = 0; u < units; u++) {
            rows[u].sharing = sharing[rows[u].label];
            rows[u].best = best[rows[u].label];
        }
        qsort(rows, (size_t)units, sizeof *rows, compare_by_label);
        score = json_array();
        for (int u = 0; u < units; u++)
            json_array_append_new(score, json_integer(0));
        for (int at = 0; at < units; at++)
            json_array_set_new(score, (size_t)rows[at].unit, json_integer(at));
    }
    ga_mem_free(rows);
    ga_mem_free(sharing);
    ga_mem_free(best);
    return json_pack("{s:s, s:o*}", "name", "label", "score", score);
}

/* What units are ranked by. */
enum { BY_IOU, BY_IQR, BY_COR };
static const char *const measures[] = {"iou", "iqr", "cor"};

static int measures_of(const ga_dissect_layer *l)
{
    return l->covariance != NULL ? 3 : 2;
}

static double measure(const ga_dissection *d, const ga_dissect_layer *l, int unit, int label,
                      int by)
{
    if (by == BY_COR)
        return ga_covariance_of(l->covariance, label, unit).correlation;
    const ga_table t = ga_tally_table(l->tally, label, unit, d->options.of);
    return by == BY_IOU ? ga_table_iou(t) : ga_table_iqr(t);
}

/* Of the label that a unit stands for, or goes with most. */
static double measure_first(const ga_unit_finding *f, int by)
{
    if (by == BY_COR)
        return f->cor;
    return f->n == 0 ? 0 : by == BY_IOU ? f->finding[0].iou : f->finding[0].iqr;
}

/* By one label, or (label 0) by each unit's own. Scores of published rankings are the lower the
 * better: measures stand negated. */
static json_t *ranking_of(const ga_dissection *d, const ga_vocabulary *v, const ga_dissect_layer *l,
                          int by, int label)
{
    const char *concept = label > 0 ? ga_vocabulary_title(v, label) : NULL;
    char name[GA_LABEL_NAME + 32];
    json_t *score = json_array();
    for (int u = 0; u < l->dims.c; u++)
        json_array_append_new(score, json_real(label > 0 ? -measure(d, l, u, label, by)
                                                         : -measure_first(&l->unit[u], by)));
    if (label > 0)
        snprintf(name, sizeof name, "%s-%s", concept, measures[by]);
    else
        snprintf(name, sizeof name, "max %s", measures[by]);
    return json_pack("{s:s, s:s, s:s*, s:o}", "name", name, "metric", measures[by], "concept",
                     concept, "score", score);
}

static json_t *rankings(const ga_dissection *d, const ga_vocabulary *v, const ga_dissect_layer *l,
                        const bool *ranked)
{
    json_t *list = json_array(), *number = json_array();
    for (int u = 0; u < l->dims.c; u++)
        json_array_append_new(number, json_integer(u));
    json_array_append_new(list, json_pack("{s:s, s:o}", "name", "unit", "score", number));
    json_array_append_new(list, label_ranking(d, l));
    for (int by = 0; by < measures_of(l); by++)
        json_array_append_new(list, ranking_of(d, v, l, by, 0));
    for (int by = 0; by < measures_of(l); by++)
        for (int c = 1; c < d->labels; c++)
            if (ranked[c])
                json_array_append_new(list, ranking_of(d, v, l, by, c));
    return list;
}

/* ---- units and layers -------------------------------------------------------------------------*/

static json_t *finding_of(const ga_vocabulary *v, const ga_finding *f, bool with_cor)
{
    json_t *o = json_pack(
        "{s:s, s:s, s:i, s:f, s:f, s:[f,f,f,f]}", "label", ga_vocabulary_title(v, f->label), "cat",
        ga_vocabulary_category(v, ga_vocabulary_at(v, f->label).category), "labelnum", f->label,
        "iou", f->iou, "iqr", f->iqr, "pixels", f->table.both, f->table.active_only,
        f->table.label_only, f->table.neither);
    if (f->hi > f->lo)
        json_object_set_new(o, "interval", json_pack("[f,f]", f->lo, f->hi));
    if (f->chance >= 0)
        json_object_set_new(o, "chance", json_real(f->chance));
    if (with_cor)
        json_object_set_new(o, "cor", json_real(f->cor));
    return o;
}

/* The published keys of the label that a unit's values go with most. */
static void add_correlation(json_t *o, const ga_vocabulary *v, const ga_unit_finding *f)
{
    const ga_label of = ga_vocabulary_at(v, f->cor_label);
    json_object_set_new(o, "cor", json_real(f->cor));
    json_object_set_new(o, "cor_label", json_string(ga_vocabulary_title(v, f->cor_label)));
    json_object_set_new(o, "cor_cat", json_string(ga_vocabulary_category(v, of.category)));
}

/* The published keys of a unit's best label. */
static void add_published(json_t *o, const ga_dissection *d, const ga_vocabulary *v,
                          const ga_unit_finding *f)
{
    if (f->n == 0)
        return;
    const ga_finding *first = &f->finding[0];
    const char *title = ga_vocabulary_title(v, first->label);
    const char *category = ga_vocabulary_category(v, ga_vocabulary_at(v, first->label).category);
    const ga_table t = first->table;
    json_object_set_new(o, "iou", json_real(first->iou));
    json_object_set_new(o, "iou_iqr", json_real(first->iqr));
    json_object_set_new(o, "lc", json_integer((json_int_t)(t.both + t.label_only)));
    json_object_set_new(o, "cc", json_integer((json_int_t)(t.both + t.active_only)));
    json_object_set_new(o, "ic", json_integer((json_int_t)t.both));
    json_object_set_new(o, "iou_labelnum", json_integer(first->label));
    json_object_set_new(o, "iou_label", json_string(title));
    json_object_set_new(o, "iou_cat", json_string(category));
    if (d->options.rule != GA_RULE_IQR)
        return;
    double share[GA_IQR_LEVELS];
    ga_iqr_shares(share);
    const ga_iqr_pick *p = &f->pick;
    json_object_set_new(o, "iqr", json_real(p->iqr));
    json_object_set_new(o, "iqr_label", json_string(ga_vocabulary_title(v, p->label)));
    json_object_set_new(
        o, "iqr_cat",
        json_string(ga_vocabulary_category(v, ga_vocabulary_at(v, p->label).category)));
    json_object_set_new(o, "iqr_level", json_real((double)p->level));
    json_object_set_new(o, "iqr_quantile", json_real(share[p->at]));
    json_object_set_new(o, "iqr_iou", json_real(p->iou));
}

static json_t *unit_of(const ga_dissection *d, const ga_vocabulary *v, const ga_dissect_layer *l,
                       int unit)
{
    const ga_unit_finding *f = &l->unit[unit];
    json_t *o = json_pack("{s:i, s:b, s:f}", "unit", unit, "interp", f->interpretable, "level",
                          (double)f->threshold);
    json_t *top = json_array(), *labels = json_array();
    for (int i = 0; i < f->n_top; i++)
        json_array_append_new(top, json_pack("{s:i, s:f}", "imgnum", (int)f->top[i].image, "maxact",
                                             (double)f->top[i].value));
    json_object_set_new(o, "top", top);
    add_published(o, d, v, f);
    if (l->covariance != NULL)
        add_correlation(o, v, f);
    json_object_set_new(o, "above_chance", json_boolean(f->above_chance));
    for (int i = 0; i < f->n; i++)
        json_array_append_new(labels, finding_of(v, &f->finding[i], l->covariance != NULL));
    json_object_set_new(o, "labels", labels);
    return o;
}

int ga_label_groups_compare(const void *a, const void *b)
{
    const ga_label_group *x = a, *y = b;
    if (x->category != y->category)
        return x->category - y->category;
    if (x->units != y->units)
        return y->units - x->units;
    if (x->best != y->best)
        return x->best < y->best ? 1 : -1;
    return x->label - y->label;
}

static json_t *groups_of(const ga_dissection *d, const ga_vocabulary *v, const ga_dissect_layer *l)
{
    json_t *list = json_array();
    ga_label_group *g = ga_mem_new((size_t)d->labels, sizeof *g);
    if (g == NULL)
        return list;
    for (int c = 0; c < d->labels; c++)
        g[c] = (ga_label_group){.label = c, .category = d->category[c]};
    for (int u = 0; u < l->dims.c; u++) {
        const ga_unit_finding *f = &l->unit[u];
        if (!f->interpretable)
            continue;
        ga_label_group *of = &g[f->finding[0].label];
        of->units++;
        of->best = f->finding[0].iou > of->best ? f->finding[0].iou : of->best;
    }
    qsort(g, (size_t)d->labels, sizeof *g, ga_label_groups_compare);
    for (int i = 0; i < d->labels; i++) {
        if (g[i].units == 0)
            continue;
        json_t *units = json_array();
        for (int u = 0; u < l->dims.c; u++)
            if (l->unit[u].interpretable && l->unit[u].finding[0].label == g[i].label)
                json_array_append_new(units, json_integer(u));
        json_array_append_new(list, json_pack("{s:s, s:i, s:o, s:s}", "label",
                                              ga_vocabulary_title(v, g[i].label), "labelnum",
                                              g[i].label, "units", units, "cat",
                                              ga_vocabulary_category(v, g[i].category)));
    }
    ga_mem_free(g);
    return list;
}

static json_t *layer_of(const ga_dissection *d, const ga_vocabulary *v, const ga_dissect_layer *l,
                        const char *name, const bool *ranked)
{
    json_t *units = json_array();
    const ga_layer_finding f = l->finding;
    for (int u = 0; u < l->dims.c; u++)
        json_array_append_new(units, unit_of(d, v, l, u));
    /* the published programme writes this limit as a list of one, and its readers expect that */
    json_t *o = json_pack("{s:s, s:s, s:i, s:[f], s:o, s:o, s:o}", "layer", name, "dirname", name,
                          "interpretable", f.interpretable, "iou_threshold", d->options.least_iou,
                          "units", units, "labels", groups_of(d, v, l), "rankings",
                          rankings(d, v, l, ranked));
    json_object_set_new(o, "shape", json_pack("[i,i,i]", l->dims.c, l->dims.h, l->dims.w));
    json_object_set_new(o, "summary",
                        json_pack("{s:i, s:i, s:i, s:i, s:f, s:f, s:f}", "units", f.units,
                                  "interpretable", f.interpretable, "above_chance", f.above_chance,
                                  "concepts", f.concepts, "mean_iou", f.mean_iou, "best_iou",
                                  f.best_iou, "chance_iou", f.chance_iou));
    return o;
}

/* ---- the document -----------------------------------------------------------------------------*/

/* Labels that are the best one of some unit in some layer. */
static bool *ranked_labels(const ga_dissection *d)
{
    bool *ranked = ga_mem_new((size_t)d->labels, sizeof *ranked);
    for (int k = 0; k < d->n_layers && ranked != NULL; k++)
        for (int u = 0; u < d->layer[k].dims.c; u++)
            if (d->layer[k].unit[u].n > 0)
                ranked[d->layer[k].unit[u].finding[0].label] = true;
    return ranked;
}

static int add_piece(const char *piece, size_t n, void *text)
{
    ga_text_add_n(text, piece, n);
    return ((ga_text *)text)->failed ? -1 : 0;
}

static ga_status dump(const json_t *all, char **text, ga_err *err)
{
    ga_text out = {0};
    const size_t flags = JSON_INDENT(1) | JSON_REAL_PRECISION(9);
    if (all == NULL || json_dump_callback(all, add_piece, &out, flags) != 0) {
        ga_text_free(&out);
        return ga_fail(err, GA_ENOMEM, "no memory for dissect.json");
    }
    ga_text_add(&out, "\n");
    *text = out.data;
    return GA_OK;
}

ga_status ga_dissection_json(const ga_dissection *d, const ga_dissect_naming *names, char **text,
                             ga_err *err)
{
    const ga_dissect_options *o = &d->options;
    *text = NULL;
    json_t *settings = NULL, *layers = json_array();
    ga_status status = ga_json_parse(names->settings, strlen(names->settings), "settings",
                                     &settings, err);
    bool *ranked = status == GA_OK ? ranked_labels(d) : NULL;
    if (status == GA_OK && ranked == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for rankings");
    for (int k = 0; k < d->n_layers && status == GA_OK; k++)
        json_array_append_new(
            layers, layer_of(d, names->vocabulary, &d->layer[k], names->layers[k], ranked));
    if (status == GA_OK) {
        json_t *quantile = o->rule == GA_RULE_IQR ? json_string("iqr") : json_real(o->share);
        json_t *all = json_pack(
            "{s:s, s:{}, s:s, s:o, s:o, s:f, s:f, s:o}", "netname", names->title, "meta",
            "default_ranking", "label", "quantile_threshold", quantile, "settings", settings,
            "iou_threshold", o->least_iou, "iqr_threshold", o->least_iqr, "layers", layers);
        settings = layers = NULL;
        json_object_set_new(all, "ganatomy",
                            json_pack("{s:s, s:i, s:s}", "form", "dissection", "version",
                                      GA_DISSECT_VERSION, "key", names->key));
        status = dump(all, text, err);
        json_decref(all);
    }
    json_decref(settings);
    json_decref(layers);
    ga_mem_free(ranked);
    return status;
}

void ga_dissect_text_free(char *text)
{
    ga_mem_free(text);
}
