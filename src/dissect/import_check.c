/* import_check.c - dissect.json of the programme of 2018, field by field. docs/formats/dissect.md
 * has the fields. */
#include "dissect/import.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    MOST_LAYERS = 1024,
    MOST_UNITS = 65536,
    MOST_TOP = 1000,
    MOST_RANKINGS = 4 * GA_MAX_LABELS + 64
};

/* ---- kinds of fields --------------------------------------------------------------------------*/

/* Absent is fine where `optional` says so. */
static ga_status check_number(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                              double lo, double hi, ga_err *err)
{
    const json_t *v = json_object_get(o, key);
    if (v == NULL && optional)
        return GA_OK;
    if (!json_is_number(v))
        return ga_json_fail(at, key, err, v == NULL ? "is missing" : "is not a number");
    const double x = json_number_value(v);
    if (!(x >= lo && x <= hi))
        return ga_json_fail(at, key, err, "is %g, expected %g to %g", x, lo, hi);
    return GA_OK;
}

static ga_status check_whole(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                             double hi, ga_err *err)
{
    const ga_status status = check_number(o, at, key, optional, 0, hi, err);
    const double x = json_number_value(json_object_get(o, key));
    if (status == GA_OK && x != floor(x))
        return ga_json_fail(at, key, err, "is %g, expected a whole number", x);
    return status;
}

static ga_status check_text(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                            ga_err *err)
{
    const json_t *v = json_object_get(o, key);
    if (v == NULL && optional)
        return GA_OK;
    const char *text = json_string_value(v);
    if (text == NULL)
        return ga_json_fail(at, key, err, v == NULL ? "is missing" : "is not a text");
    if (text[0] == 0 || json_string_length(v) > GA_IMPORT_LONGEST)
        return ga_json_fail(at, key, err, "is %zu bytes long, expected 1 to %d",
                            json_string_length(v), GA_IMPORT_LONGEST);
    return GA_OK;
}

static ga_status check_list(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                            size_t lo, size_t hi, ga_err *err)
{
    const json_t *v = json_object_get(o, key);
    if (v == NULL && optional)
        return GA_OK;
    if (!json_is_array(v))
        return ga_json_fail(at, key, err, v == NULL ? "is missing" : "is not a list");
    const size_t n = json_array_size(v);
    if (n < lo || n > hi)
        return ga_json_fail(at, key, err, "has %zu entries, expected %zu to %zu", n, lo, hi);
    return GA_OK;
}

/* A limit: a number from 0 to 1, or a list of one, as the published programme writes it for layers. */
static ga_status check_limit(const json_t *o, const ga_json_at *at, const char *key, ga_err *err)
{
    const json_t *v = json_object_get(o, key);
    if (json_array_size(v) == 1)
        v = json_array_get(v, 0);
    if (v == NULL)
        return GA_OK;
    const double x = json_number_value(v);
    if (!json_is_number(v) || !(x >= 0 && x <= 1))
        return ga_json_fail(at, key, err, "is not a number from 0 to 1, nor a list of one");
    return GA_OK;
}

double ga_import_limit(const json_t *o, const char *key, double other)
{
    const json_t *v = json_object_get(o, key);
    if (json_array_size(v) == 1)
        v = json_array_get(v, 0);
    return json_is_number(v) ? json_number_value(v) : other;
}

/* ---- a unit -----------------------------------------------------------------------------------*/

/* Ratios may exceed their limits by the rounding of f32. */
#define ROUNDING 1e-4
#define COUNT    9007199254740992.0 /* 2^53 */
const ga_import_stage ga_import_stages[GA_IMPORT_STAGES] = {
    {"iou", 0, {"iou_iqr", NULL}, NULL},
    {"maxiou", 0, {"maxiou_quantile", NULL}, "maxiou_level"},
    {"iqr", 0, {"iqr_quantile", "iqr_iou"}, "iqr_level"},
    {"cor", -1, {NULL, NULL}, NULL}};
static const char *const counts[] = {"lc", "cc", "ic"};

static ga_status check_stage(const ga_import_stage *s, const json_t *unit, const ga_json_at *at, ga_err *err)
{
    char label[32], cat[32];
    snprintf(label, sizeof label, "%s_label", s->name);
    snprintf(cat, sizeof cat, "%s_cat", s->name);
    const bool there = json_object_get(unit, s->name) != NULL;
    if (!there && json_object_get(unit, label) != NULL)
        return ga_json_fail(at, s->name, err, "is missing, and '%s' is there", label);
    if (!there)
        return GA_OK;
    ga_status status = check_number(unit, at, s->name, false, s->lo - ROUNDING, 1 + ROUNDING, err);
    if (status == GA_OK)
        status = check_text(unit, at, label, false, err);
    if (status == GA_OK)
        status = check_text(unit, at, cat, true, err);
    for (int i = 0; i < 2 && status == GA_OK; i++)
        if (s->ratio[i] != NULL)
            status = check_number(unit, at, s->ratio[i], true, -ROUNDING, 1 + ROUNDING, err);
    if (status == GA_OK && s->level != NULL)
        status = check_number(unit, at, s->level, true, -HUGE_VAL, HUGE_VAL, err);
    return status;
}

/* lc, cc, ic: all three or none, and the IoU is theirs, so far as it may have been rounded. */
static ga_status check_counts(const json_t *unit, const ga_json_at *at, ga_err *err)
{
    double n[3] = {0};
    int there = 0;
    for (int i = 0; i < 3; i++) {
        const ga_status status = check_whole(unit, at, counts[i], true, COUNT, err);
        if (status != GA_OK)
            return status;
        there += json_object_get(unit, counts[i]) != NULL;
        n[i] = json_number_value(json_object_get(unit, counts[i]));
    }
    if (there == 0)
        return GA_OK;
    for (int i = 0; i < 3; i++)
        if (json_object_get(unit, counts[i]) == NULL)
            return ga_json_fail(at, counts[i], err, "is missing, and others of lc, cc, ic are there");
    const double all = n[0] + n[1] - n[2], iou = json_number_value(json_object_get(unit, "iou"));
    if (n[2] > n[0] || n[2] > n[1])
        return ga_json_fail(at, "ic", err, "is %.0f, more than lc (%.0f) or cc (%.0f)", n[2], n[0],
                            n[1]);
    if (fabs(iou - (all > 0 ? n[2] / all : 0)) > 1e-3)
        return ga_json_fail(at, "iou", err, "is %g, but ic / (lc + cc - ic) is %g", iou,
                            all > 0 ? n[2] / all : 0);
    return GA_OK;
}

static ga_status check_top(const json_t *unit, const ga_json_at *at, ga_err *err)
{
    const ga_status status = check_list(unit, at, "top", false, 0, MOST_TOP, err);
    const json_t *top = json_object_get(unit, "top");
    double before = HUGE_VAL;
    for (size_t i = 0; status == GA_OK && i < json_array_size(top); i++) {
        const json_t *o = json_array_get(top, i), *v = json_object_get(o, "maxact");
        ga_json_at in = {.where = at->where};
        snprintf(in.path, sizeof in.path, "%.100s.top[%zu]", at->path, i);
        ga_status one = check_whole(o, &in, "imgnum", false, 1 << 30, err);
        if (one == GA_OK)
            one = check_number(o, &in, "maxact", false, -HUGE_VAL, HUGE_VAL, err);
        if (one != GA_OK)
            return one;
        if (json_number_value(v) > before)
            return ga_json_fail(&in, "maxact", err, "is %g, above the %g before it: images are best first",
                                json_number_value(v), before);
        before = json_number_value(v);
    }
    return status;
}

const char *ga_import_text(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text != NULL ? text : "";
}

static ga_status learn_label(ga_import_words *w, const json_t *unit, const ga_json_at *at, ga_err *err)
{
    if (json_object_get(unit, "iou") == NULL)
        return GA_OK;
    const ga_status status = check_whole(unit, at, "iou_labelnum", false, GA_MAX_LABELS - 1, err);
    if (status != GA_OK)
        return status;
    const int n = (int)json_number_value(json_object_get(unit, "iou_labelnum"));
    const char *label = ga_import_text(unit, "iou_label"), *cat = ga_import_text(unit, "iou_cat");
    if (w->label[n] != NULL && (strcmp(w->label[n], label) != 0 || strcmp(w->cat[n], cat) != 0))
        return ga_json_fail(at, "iou_labelnum", err, "%d is '%s' (%s), and was '%s' (%s) before", n,
                            label, cat, w->label[n], w->cat[n]);
    w->label[n] = label;
    w->cat[n] = cat;
    return GA_OK;
}

static ga_status check_unit(ga_import_words *w, const json_t *unit, size_t number, const ga_json_at *at,
                            ga_err *err)
{
    if (!json_is_object(unit))
        return ga_json_fail(at, NULL, err, "is not an object");
    ga_status status = check_whole(unit, at, "unit", false, COUNT, err);
    if (status == GA_OK && json_number_value(json_object_get(unit, "unit")) != (double)number)
        return ga_json_fail(at, "unit", err, "is %.0f, expected %zu: units are in their order",
                            json_number_value(json_object_get(unit, "unit")), number);
    if (status == GA_OK && !json_is_boolean(json_object_get(unit, "interp")))
        return ga_json_fail(at, "interp", err, "is missing, or not true or false");
    if (status == GA_OK)
        status = check_number(unit, at, "level", false, -HUGE_VAL, HUGE_VAL, err);
    if (status == GA_OK)
        status = check_top(unit, at, err);
    for (int i = 0; i < GA_IMPORT_STAGES && status == GA_OK; i++)
        status = check_stage(&ga_import_stages[i], unit, at, err);
    if (status == GA_OK && json_object_get(unit, "iou") != NULL)
        status = check_counts(unit, at, err);
    return status == GA_OK ? learn_label(w, unit, at, err) : status;
}

/* ---- a layer ----------------------------------------------------------------------------------*/

static ga_status check_ranking(const json_t *o, size_t units, const ga_json_at *at, ga_err *err)
{
    ga_status status = check_text(o, at, "name", false, err);
    if (status == GA_OK)
        status = check_text(o, at, "metric", true, err);
    if (status == GA_OK)
        status = check_text(o, at, "concept", true, err);
    if (status == GA_OK)
        status = check_list(o, at, "score", false, units, units, err);
    const json_t *score = json_object_get(o, "score");
    for (size_t i = 0; status == GA_OK && i < units; i++)
        if (!json_is_number(json_array_get(score, i)))
            return ga_json_fail(at, "score", err, "has no number for unit %zu", i);
    return status;
}

static ga_status check_rankings(const json_t *layer, size_t units, const ga_json_at *at, ga_err *err)
{
    ga_status status = check_list(layer, at, "rankings", true, 0, MOST_RANKINGS, err);
    const json_t *list = json_object_get(layer, "rankings");
    for (size_t i = 0; status == GA_OK && i < json_array_size(list); i++) {
        ga_json_at in = {.where = at->where};
        snprintf(in.path, sizeof in.path, "%.100s.rankings[%zu]", at->path, i);
        status = check_ranking(json_array_get(list, i), units, &in, err);
    }
    return status;
}

static ga_status check_units(ga_import_words *w, const json_t *layer, const ga_json_at *at, ga_err *err)
{
    const json_t *units = json_object_get(layer, "units");
    size_t interpretable = 0, judged = 0;
    ga_status status = GA_OK;
    for (size_t u = 0; status == GA_OK && u < json_array_size(units); u++) {
        const json_t *unit = json_array_get(units, u);
        ga_json_at in = {.where = at->where};
        snprintf(in.path, sizeof in.path, "%.100s.units[%zu]", at->path, u);
        status = check_unit(w, unit, u, &in, err);
        interpretable += json_is_true(json_object_get(unit, "interp"));
        judged += json_object_get(unit, "iou") != NULL;
    }
    const json_t *said = json_object_get(layer, "interpretable");
    if (status == GA_OK && said != NULL && judged > 0 && json_number_value(said) != (double)interpretable)
        return ga_json_fail(at, "interpretable", err, "says %g units, but 'interp' is true of %zu",
                            json_number_value(said), interpretable);
    return status;
}

static ga_status check_layer(ga_import_words *w, const json_t *layers, size_t k, const ga_json_at *where,
                             ga_err *err)
{
    const json_t *layer = json_array_get(layers, k);
    ga_json_at at = {.where = where->where};
    snprintf(at.path, sizeof at.path, "layers[%zu]", k);
    if (!json_is_object(layer))
        return ga_json_fail(&at, NULL, err, "is not an object");
    ga_status status = check_text(layer, &at, "layer", false, err);
    for (size_t i = 0; i < k && status == GA_OK; i++)
        if (strcmp(ga_import_text(json_array_get(layers, i), "layer"), ga_import_text(layer, "layer")) == 0)
            return ga_json_fail(&at, "layer", err, "is '%s', as layers[%zu] is",
                                ga_import_text(layer, "layer"), i);
    if (status == GA_OK)
        status = check_limit(layer, &at, "iou_threshold", err);
    if (status == GA_OK)
        status = check_whole(layer, &at, "interpretable", true, MOST_UNITS, err);
    if (status == GA_OK)
        status = check_list(layer, &at, "units", false, 1, MOST_UNITS, err);
    if (status == GA_OK)
        status = check_units(w, layer, &at, err);
    return status == GA_OK
               ? check_rankings(layer, json_array_size(json_object_get(layer, "units")), &at, err)
               : status;
}

/* ---- the document -----------------------------------------------------------------------------*/

static ga_status check_quantile(const json_t *all, const ga_json_at *at, ga_err *err)
{
    const json_t *v = json_object_get(all, "quantile_threshold");
    const bool iqr = json_is_string(v) && strcmp(json_string_value(v), "iqr") == 0;
    const double x = json_number_value(v);
    if (v != NULL && !iqr && !(json_is_number(v) && x >= 0 && x <= 1))
        return ga_json_fail(at, "quantile_threshold", err, "is not \"iqr\", nor a number from 0 to 1");
    return GA_OK;
}

ga_status ga_import_check(const json_t *all, const char *where, ga_import_words *w, ga_err *err)
{
    const ga_json_at from = {.where = where}, *at = &from;
    *w = (ga_import_words){0};
    if (!json_is_object(all))
        return ga_json_fail(at, NULL, err, "is not an object");
    ga_status status = check_text(all, at, "netname", true, err);
    if (status == GA_OK)
        status = check_text(all, at, "default_ranking", true, err);
    static const char *const objects[] = {"meta", "settings"};
    for (int i = 0; i < 2 && status == GA_OK; i++) {
        const json_t *v = json_object_get(all, objects[i]);
        if (v != NULL && !json_is_object(v))
            status = ga_json_fail(at, objects[i], err, "is not an object");
    }
    if (status == GA_OK)
        status = check_quantile(all, at, err);
    if (status == GA_OK)
        status = check_limit(all, at, "iou_threshold", err);
    if (status == GA_OK)
        status = check_limit(all, at, "iqr_threshold", err);
    if (status == GA_OK)
        status = check_list(all, at, "layers", false, 1, MOST_LAYERS, err);
    const json_t *layers = json_object_get(all, "layers");
    for (size_t k = 0; status == GA_OK && k < json_array_size(layers); k++)
        status = check_layer(w, layers, k, at, err);
    return status;
}
