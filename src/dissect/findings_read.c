/* findings_read.c - dissect.json read back; see findings.h. The document is kept, and strings point
 * into it. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include "ganatomy/findings.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_BYTES ((size_t)128 << 20)
enum { MOST_LAYERS = 128, MOST_UNITS = 65536, LONGEST = 127 };

typedef struct read_layer {
    ga_found_layer found;
    ga_found_best *best; /* (labels) */
} read_layer;

struct ga_findings {
    json_t *document;
    ga_findings_about about;
    read_layer *layer;
    int n_layers; /* twin's included */
    ga_found_label *label;
    ga_found_champion *champion; /* (labels) */
    int labels;
    ga_dissect_options limits; /* of the preset: what it takes to stand for a label */
};

void ga_findings_free(ga_findings *f)
{
    if (f == NULL)
        return;
    for (int i = 0; f->layer != NULL && i < f->n_layers; i++)
        ga_mem_free(f->layer[i].best);
    ga_mem_free(f->layer);
    ga_mem_free(f->label);
    ga_mem_free(f->champion);
    json_decref(f->document);
    ga_mem_free(f);
}

/* ---- fields -----------------------------------------------------------------------------------*/

static ga_status get_text(const json_t *o, const ga_json_at *at, const char *key, const char **out,
                          ga_err *err)
{
    const ga_status status = ga_json_get_string(o, at, key, false, out, err);
    if (status == GA_OK && strlen(*out) > LONGEST)
        return ga_json_fail(at, key, err, "is %zu bytes long, expected at most %d", strlen(*out),
                            LONGEST);
    return status;
}

static ga_status get_count(const json_t *o, const ga_json_at *at, const char *key, int64_t lo,
                           int64_t hi, int *out, ga_err *err)
{
    int64_t v = lo;
    const ga_status status = ga_json_get_int(o, at, key, false, lo, hi, &v, err);
    *out = (int)v;
    return status;
}

static ga_status get_seed(const json_t *o, const ga_json_at *at, const char *key, uint32_t *out,
                          ga_err *err)
{
    int64_t v = 0;
    /* written as an int, so that seeds from 2^31 up are negative in files of version 1 */
    const ga_status status = ga_json_get_int(o, at, key, false, INT32_MIN, UINT32_MAX, &v, err);
    *out = (uint32_t)v;
    return status;
}

/* A number in lo..hi. */
static ga_status get_share(const json_t *o, const ga_json_at *at, const char *key, double lo,
                           double hi, double *out, ga_err *err)
{
    const ga_status status = ga_json_get_double(o, at, key, false, out, err);
    if (status == GA_OK && !(*out >= lo && *out <= hi))
        return ga_json_fail(at, key, err, "is %g, expected %g to %g", *out, lo, hi);
    return status;
}

static ga_status get_bool(const json_t *o, const ga_json_at *at, const char *key, bool *out,
                          ga_err *err)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_boolean(v))
        return ga_json_fail(at, key, err, v == NULL ? "is missing" : "is not true or false");
    *out = json_is_true(v);
    return GA_OK;
}

static ga_status get_list(const json_t *o, const ga_json_at *at, const char *key, size_t lo,
                          size_t hi, const json_t **out, ga_err *err)
{
    *out = json_object_get(o, key);
    if (!json_is_array(*out))
        return ga_json_fail(at, key, err, *out == NULL ? "is missing" : "is not a list");
    const size_t n = json_array_size(*out);
    if (n < lo || n > hi)
        return ga_json_fail(at, key, err, "has %zu entries, expected %zu to %zu", n, lo, hi);
    return GA_OK;
}

/* ---- what was asked ---------------------------------------------------------------------------*/

static ga_status read_form(const json_t *all, const ga_json_at *at, ga_findings_about *a,
                           ga_err *err)
{
    const json_t *form = json_object_get(all, "ganatomy");
    const char *word = json_string_value(json_object_get(form, "form"));
    int version;
    if (word != NULL && strcmp(word, "imported dissection") == 0)
        return ga_fail(err, GA_EDATA,
                       "%s: was imported: what another program left says nothing of chance and of "
                       "the labels of all units, which this needs",
                       at->where);
    if (word == NULL || strcmp(word, "dissection") != 0)
        return ga_fail(err, GA_EDATA,
                       "%s: is no dissection that this program left (its 'ganatomy' object, which "
                       "says so, is missing or says something else)",
                       at->where);
    const ga_json_at inside = {at->where, "ganatomy"};
    const ga_status status = get_count(form, &inside, "version", 1, GA_DISSECT_VERSION, &version,
                                       err);
    return status == GA_OK ? get_text(form, &inside, "key", &a->key, err) : status;
}

static ga_status read_identities(const json_t *s, const ga_json_at *at, ga_findings_about *a,
                                 ga_err *err)
{
    const ga_json_at of_model = {at->where, "settings.model"},
                     of_data = {at->where, "settings.data"};
    const json_t *model = json_object_get(s, "model"), *data = json_object_get(s, "data");
    ga_status status = model == NULL
                           ? ga_json_fail(at, "model", err, "is missing")
                           : ga_json_get_string(model, &of_model, "name", false, &a->model, err);
    if (status == GA_OK)
        status = get_text(model, &of_model, "sha256", &a->model_sha256, err);
    if (status != GA_OK || data == NULL || json_is_null(data))
        return status;
    status = ga_json_get_string(data, &of_data, "name", false, &a->data, err);
    if (status == GA_OK)
        status = get_text(data, &of_data, "sha256", &a->data_sha256, err);
    return status == GA_OK ? get_text(data, &of_data, "split", &a->split, err) : status;
}

static ga_status read_asked(const json_t *all, const ga_json_at *where, ga_findings_about *a,
                            ga_err *err)
{
    const json_t *s = json_object_get(all, "settings");
    const ga_json_at at = {where->where, "settings"};
    if (!json_is_object(s))
        return ga_json_fail(where, "settings", err, s == NULL ? "is missing" : "is not an object");
    ga_status status = read_identities(s, &at, a, err);
    if (status == GA_OK)
        status = get_text(s, &at, "segmenter", &a->segmenter, err);
    if (status == GA_OK)
        status = get_text(s, &at, "segmenter_sha256", &a->segmenter_sha256, err);
    if (status == GA_OK)
        status = get_text(s, &at, "preset", &a->preset, err);
    if (status == GA_OK)
        status = get_text(s, &at, "bn", &a->bn, err);
    if (status == GA_OK)
        status = get_count(s, &at, "size", 1, 1 << 24, &a->size, err);
    if (status == GA_OK)
        status = get_count(s, &at, "side", 1, 1024, &a->side, err);
    if (status == GA_OK)
        status = get_count(s, &at, "shuffles", 0, GA_DISSECT_BLOCK - 1, &a->shuffles, err);
    if (status == GA_OK)
        status = get_count(s, &at, "bootstrap", 0, 100000, &a->bootstrap, err);
    if (status == GA_OK)
        status = get_seed(s, &at, "seed", &a->seed, err);
    if (status == GA_OK)
        status = get_seed(s, &at, "rule_seed", &a->rule_seed, err);
    a->image_class = -1;
    if (status == GA_OK && json_object_get(s, "class") != NULL)
        status = get_count(s, &at, "class", 0, INT32_MAX, &a->image_class, err);
    if (status == GA_OK && json_object_get(s, "covariance") != NULL)
        status = get_bool(s, &at, "covariance", &a->covariance, err);
    return status == GA_OK ? get_bool(s, &at, "random_twin", &a->random_twin, err) : status;
}

/* ---- labels -----------------------------------------------------------------------------------*/

/* Makes room for label numbers up to `number`. */
static ga_status grow_labels(ga_findings *f, int number, ga_err *err)
{
    if (number < f->labels)
        return GA_OK;
    const size_t n = (size_t)number + 1;
    ga_found_label *more = ga_mem_resize(f->label, (size_t)f->labels, n, sizeof *more);
    if (more == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %zu labels", n);
    f->label = more;
    f->labels = (int)n;
    return GA_OK;
}

static ga_status read_label(ga_findings *f, const json_t *o, const ga_json_at *at, ga_err *err)
{
    const char *title, *category;
    int number;
    ga_status status = get_text(o, at, "label", &title, err);
    if (status == GA_OK)
        status = get_text(o, at, "cat", &category, err);
    if (status == GA_OK)
        status = get_count(o, at, "labelnum", 1, GA_MAX_LABELS - 1, &number, err);
    if (status == GA_OK)
        status = grow_labels(f, number, err);
    if (status != GA_OK)
        return status;
    ga_found_label *l = &f->label[number];
    if (l->title != NULL && (strcmp(l->title, title) != 0 || strcmp(l->category, category) != 0))
        return ga_json_fail(at, "labelnum", err, "%d is '%s', and was '%s' before", number, title,
                            l->title);
    *l = (ga_found_label){title, category};
    return GA_OK;
}

/* ---- layers -----------------------------------------------------------------------------------*/

/* Where a unit of a layer is, for sentences. */
static ga_json_at unit_at(const ga_json_at *where, int layer, size_t unit)
{
    ga_json_at at = {.where = where->where};
    snprintf(at.path, sizeof at.path, "layers[%d].units[%zu]", layer, unit);
    return at;
}

static ga_status read_shape(const json_t *o, const ga_json_at *at, ga_dims *out, ga_err *err)
{
    const json_t *shape;
    int d[3];
    const ga_status status = get_list(o, at, "shape", 3, 3, &shape, err);
    if (status != GA_OK)
        return status;
    for (size_t i = 0; i < 3; i++) {
        const json_t *v = json_array_get(shape, i);
        const json_int_t n = json_integer_value(v);
        if (!json_is_integer(v) || n < 1 || n > MOST_UNITS)
            return ga_json_fail(at, "shape", err, "is not three numbers from 1 to %d", MOST_UNITS);
        d[i] = (int)n;
    }
    *out = (ga_dims){d[0], d[1], d[2]};
    return GA_OK;
}

static ga_status read_summary(const json_t *o, const ga_json_at *at, ga_layer_finding *out,
                              ga_err *err)
{
    const json_t *s = json_object_get(o, "summary");
    ga_json_at in = *at;
    snprintf(in.path, sizeof in.path, "%.100s.summary", at->path);
    if (!json_is_object(s))
        return ga_json_fail(at, "summary", err, s == NULL ? "is missing" : "is not an object");
    ga_status status = get_count(s, &in, "units", 1, MOST_UNITS, &out->units, err);
    if (status == GA_OK)
        status = get_count(s, &in, "interpretable", 0, out->units, &out->interpretable, err);
    if (status == GA_OK)
        status = get_count(s, &in, "above_chance", 0, out->interpretable, &out->above_chance, err);
    if (status == GA_OK)
        status = get_count(s, &in, "concepts", 0, out->above_chance, &out->concepts, err);
    if (status == GA_OK)
        status = get_share(s, &in, "mean_iou", 0, 1, &out->mean_iou, err);
    if (status == GA_OK)
        status = get_share(s, &in, "best_iou", 0, 1, &out->best_iou, err);
    return status == GA_OK ? get_share(s, &in, "chance_iou", -1, 1, &out->chance_iou, err) : status;
}

/* The labels that units list: which ones there are. */
static ga_status read_words(ga_findings *f, const json_t *units, const ga_json_at *where,
                            int number, ga_err *err)
{
    ga_status status = GA_OK;
    for (size_t u = 0; u < json_array_size(units) && status == GA_OK; u++) {
        const ga_json_at at = unit_at(where, number, u);
        const json_t *o = json_array_get(units, u), *labels;
        int unit;
        status = get_count(o, &at, "unit", (int64_t)u, (int64_t)u, &unit, err);
        if (status == GA_OK)
            status = get_list(o, &at, "labels", 0, 8, &labels, err);
        for (size_t i = 0; status == GA_OK && i < json_array_size(labels); i++)
            status = read_label(f, json_array_get(labels, i), &at, err);
    }
    return status;
}

static ga_status read_one(ga_findings *f, const json_t *o, const ga_json_at *where, int number,
                          ga_err *err)
{
    read_layer *l = &f->layer[number];
    const json_t *units;
    ga_json_at at = {.where = where->where};
    snprintf(at.path, sizeof at.path, "layers[%d]", number);
    ga_status status = get_text(o, &at, "layer", &l->found.name, err);
    if (status == GA_OK)
        status = read_shape(o, &at, &l->found.dims, err);
    if (status == GA_OK)
        status = read_summary(o, &at, &l->found.finding, err);
    if (status == GA_OK)
        status = get_list(o, &at, "units", 1, MOST_UNITS, &units, err);
    if (status != GA_OK)
        return status;
    const int n = (int)json_array_size(units);
    if (n != l->found.dims.c || n != l->found.finding.units)
        return ga_json_fail(&at, "units", err,
                            "has %d entries, but the shape says %d and the summary %d", n,
                            l->found.dims.c, l->found.finding.units);
    return read_words(f, units, where, number, err);
}

/* ---- the best unit of a label -----------------------------------------------------------------*/

static ga_status read_interval(const json_t *o, const ga_json_at *at, ga_finding *out, ga_err *err)
{
    const json_t *interval = json_object_get(o, "interval");
    out->lo = json_number_value(json_array_get(interval, 0));
    out->hi = json_number_value(json_array_get(interval, 1));
    if (interval != NULL &&
        (json_array_size(interval) != 2 || !(out->lo >= 0 && out->lo <= out->hi && out->hi <= 1)))
        return ga_json_fail(at, "interval", err, "is not two ascending numbers from 0 to 1");
    return GA_OK;
}

/* What a unit says of one of its labels. */
static ga_status read_finding(const json_t *o, const ga_json_at *at, ga_finding *out, ga_err *err)
{
    *out = (ga_finding){.chance = -1};
    ga_status status = get_count(o, at, "labelnum", 1, GA_MAX_LABELS - 1, &out->label, err);
    if (status == GA_OK)
        status = get_share(o, at, "iou", 0, 1, &out->iou, err);
    if (status == GA_OK)
        status = get_share(o, at, "iqr", 0, 1, &out->iqr, err);
    if (status == GA_OK && json_object_get(o, "chance") != NULL)
        status = get_share(o, at, "chance", 0, 1, &out->chance, err);
    if (status == GA_OK && json_object_get(o, "cor") != NULL)
        status = get_share(o, at, "cor", -1, 1, &out->cor, err);
    return status == GA_OK ? read_interval(o, at, out, err) : status;
}

static void take_best(ga_found_best *b, int unit, const ga_finding *f)
{
    b->chance = f->chance >= 0 ? f->chance : b->chance;
    if (b->unit >= 0 && !(f->iou > b->iou))
        return;
    b->unit = unit;
    b->iou = f->iou;
    b->lo = f->lo;
    b->hi = f->hi;
}

static void take_champion(ga_findings *f, const ga_found_champion *c)
{
    const ga_finding *one = &c->finding;
    ga_found_champion *best = &f->champion[one->label];
    const bool stands = one->iou > f->limits.least_iou && one->iqr > f->limits.least_iqr &&
                        (one->chance < 0 || one->iou > one->chance);
    if (stands && (best->unit < 0 || one->iou > best->finding.iou))
        *best = *c;
}

/* The labels of a unit; above: it stands for its first one. */
static ga_status read_labels(ga_findings *f, int number, int unit, bool above, const json_t *labels,
                             const ga_json_at *at, ga_err *err)
{
    read_layer *l = &f->layer[number];
    ga_found_champion c = {.layer = number, .unit = unit};
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const ga_status status = read_finding(json_array_get(labels, i), at, &c.finding, err);
        if (status != GA_OK)
            return status;
        const int label = c.finding.label;
        c.first = i == 0 ? label : c.first;
        l->best[label].stand += i == 0 && above;
        take_best(&l->best[label], unit, &c.finding);
        if (number < ga_findings_layers(f))
            take_champion(f, &c);
    }
    return GA_OK;
}

static ga_status read_units(ga_findings *f, const json_t *units, const ga_json_at *where,
                            int number, ga_err *err)
{
    read_layer *l = &f->layer[number];
    int interpretable = 0, above = 0, concepts = 0;
    ga_status status = GA_OK;
    for (size_t u = 0; u < json_array_size(units) && status == GA_OK; u++) {
        const ga_json_at at = unit_at(where, number, u);
        const json_t *o = json_array_get(units, u), *labels = json_object_get(o, "labels");
        bool interp = false, of_chance = false;
        status = get_bool(o, &at, "interp", &interp, err);
        if (status == GA_OK)
            status = get_bool(o, &at, "above_chance", &of_chance, err);
        if (status == GA_OK)
            status = read_labels(f, number, (int)u, of_chance, labels, &at, err);
        if (status == GA_OK) {
            interpretable += interp;
            above += of_chance;
        }
    }
    for (int c = 1; c < f->labels; c++)
        concepts += l->best[c].stand > 0;
    const ga_layer_finding *s = &l->found.finding;
    if (status == GA_OK &&
        (interpretable != s->interpretable || above != s->above_chance || concepts != s->concepts))
        return ga_fail(err, GA_EDATA,
                       "%s: layer '%s': its units count to %d interpretable, %d above chance, %d "
                       "concepts, but its summary says %d, %d, %d",
                       where->where, l->found.name, interpretable, above, concepts,
                       s->interpretable, s->above_chance, s->concepts);
    return status;
}

static int label_of_title(const ga_findings *f, const char *title)
{
    for (int c = 1; title != NULL && c < f->labels; c++)
        if (f->label[c].title != NULL && strcmp(f->label[c].title, title) == 0)
            return c;
    return 0;
}

/* A ranking by one label's IoU has all units in it, those too that do not list the label. */
static ga_status read_ranking(const ga_findings *f, read_layer *l, const json_t *o,
                              const ga_json_at *at, ga_err *err)
{
    const char *metric = json_string_value(json_object_get(o, "metric"));
    const int c = label_of_title(f, json_string_value(json_object_get(o, "concept")));
    const json_t *score = json_object_get(o, "score");
    if (c == 0 || metric == NULL || strcmp(metric, "iou") != 0)
        return GA_OK;
    if (json_array_size(score) != (size_t)l->found.dims.c)
        return ga_json_fail(at, "rankings", err, "by '%s' has %zu scores for %d units",
                            f->label[c].title, json_array_size(score), l->found.dims.c);
    int unit = 0;
    double best = -1;
    for (int u = 0; u < l->found.dims.c; u++) {
        const json_t *v = json_array_get(score, (size_t)u);
        const double iou = -json_number_value(v);
        if (!json_is_number(v) || !(iou >= 0 && iou <= 1))
            return ga_json_fail(at, "rankings", err, "by '%s': unit %d has no score from -1 to 0",
                                f->label[c].title, u);
        if (iou > best) {
            best = iou;
            unit = u;
        }
    }
    ga_found_best *b = &l->best[c];
    if (b->unit >= 0 && b->iou > best)
        return ga_json_fail(at, "rankings", err,
                            "by '%s' has no more than %g, but unit %d says %g of itself",
                            f->label[c].title, best, b->unit, b->iou);
    if (b->unit < 0 || best > b->iou)
        *b = (ga_found_best){.unit = unit, .iou = best, .chance = b->chance, .stand = b->stand};
    b->exact = true;
    return GA_OK;
}

static ga_status read_bests(ga_findings *f, const json_t *o, const ga_json_at *where, int number,
                            ga_err *err)
{
    read_layer *l = &f->layer[number];
    const json_t *rankings;
    ga_json_at at = {.where = where->where};
    snprintf(at.path, sizeof at.path, "layers[%d]", number);
    l->best = ga_mem_new((size_t)f->labels, sizeof *l->best);
    if (l->best == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the best units of %d labels", f->labels);
    for (int c = 0; c < f->labels; c++)
        l->best[c] = (ga_found_best){.unit = -1, .chance = -1};
    ga_status status = read_units(f, json_object_get(o, "units"), where, number, err);
    if (status == GA_OK)
        status = get_list(o, &at, "rankings", 0, 4 * GA_MAX_LABELS, &rankings, err);
    for (size_t i = 0; status == GA_OK && i < json_array_size(rankings); i++)
        status = read_ranking(f, l, json_array_get(rankings, i), &at, err);
    return status;
}

/* Room for them, and the limits of the preset. */
static ga_status make_champions(ga_findings *f, const ga_json_at *where, ga_err *err)
{
    const ga_json_at at = {where->where, "settings"};
    if (ga_dissect_preset(f->about.preset, f->about.side, &f->limits, NULL, NULL) != GA_OK)
        return ga_json_fail(&at, "preset", err, "is '%s', which this version does not know",
                            f->about.preset);
    f->champion = ga_mem_new((size_t)f->labels, sizeof *f->champion);
    if (f->champion == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the best units of %d labels", f->labels);
    for (int c = 0; c < f->labels; c++)
        f->champion[c].unit = -1;
    return GA_OK;
}

/* ---- all of it --------------------------------------------------------------------------------*/

static ga_status read_all(ga_findings *f, const char *where, ga_err *err)
{
    const json_t *all = f->document, *layers;
    const ga_json_at at = {.where = where};
    if (!json_is_object(all))
        return ga_json_fail(&at, NULL, err, "is not an object");
    ga_status status = read_form(all, &at, &f->about, err);
    if (status == GA_OK)
        status = read_asked(all, &at, &f->about, err);
    if (status == GA_OK)
        status = get_list(all, &at, "layers", 1, MOST_LAYERS, &layers, err);
    if (status == GA_OK)
        status = grow_labels(f, 0, err);
    if (status != GA_OK)
        return status;
    const int n = (int)json_array_size(layers);
    if (f->about.random_twin && n % 2 != 0)
        return ga_json_fail(&at, "layers", err, "are %d: with a twin there are as many again", n);
    f->layer = ga_mem_new((size_t)n, sizeof *f->layer);
    if (f->layer == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d layers", n);
    f->n_layers = n;
    for (int i = 0; i < n && status == GA_OK; i++)
        status = read_one(f, json_array_get(layers, (size_t)i), &at, i, err);
    if (status == GA_OK)
        status = make_champions(f, &at, err);
    for (int i = 0; i < n && status == GA_OK; i++)
        status = read_bests(f, json_array_get(layers, (size_t)i), &at, i, err);
    return status;
}

ga_status ga_findings_parse(const char *text, size_t length, const char *where, ga_findings **out,
                            ga_err *err)
{
    *out = NULL;
    ga_findings *f = ga_mem_new(1, sizeof *f);
    if (f == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: no memory for it", where);
    ga_status status = ga_json_parse_up_to(text, length, MOST_BYTES, where, &f->document, err);
    if (status == GA_OK)
        status = read_all(f, where, err);
    if (status != GA_OK)
        ga_findings_free(f);
    else
        *out = f;
    return status;
}

ga_status ga_findings_read(const char *path, ga_findings **out, ga_err *err)
{
    ga_file file;
    *out = NULL;
    ga_status status = ga_file_open(path, &file, err);
    if (status != GA_OK)
        return status;
    status = ga_findings_parse((const char *)file.data, file.size, path, out, err);
    ga_file_close(&file);
    return status;
}

/* ---- what it has ------------------------------------------------------------------------------*/

ga_findings_about ga_findings_of(const ga_findings *f)
{
    return f->about;
}

int ga_findings_layers(const ga_findings *f)
{
    return f->about.random_twin ? f->n_layers / 2 : f->n_layers;
}

ga_found_layer ga_findings_layer(const ga_findings *f, int layer)
{
    return f->layer[layer].found;
}

ga_found_layer ga_findings_twin(const ga_findings *f, int layer)
{
    return f->layer[ga_findings_layers(f) + layer].found;
}

int ga_findings_labels(const ga_findings *f)
{
    return f->labels;
}

ga_found_label ga_findings_label(const ga_findings *f, int label)
{
    return label < f->labels ? f->label[label] : (ga_found_label){0};
}

ga_found_best ga_findings_best(const ga_findings *f, int layer, int label)
{
    return label < f->labels ? f->layer[layer].best[label]
                             : (ga_found_best){.unit = -1, .chance = -1};
}

ga_found_champion ga_findings_champion(const ga_findings *f, int label)
{
    return label < f->labels ? f->champion[label] : (ga_found_champion){.unit = -1};
}
