/* import_write.c - the dissection of another programme in this one's form. */
#include "base/alloc.h"
#include "base/hash.h"
#include "base/text.h"
#include "dissect/import.h"
#include "dissect/label_group.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES ((size_t)128 << 20)

/* ---- labels -----------------------------------------------------------------------------------*/

static int number_of(const json_t *unit)
{
    return (int)json_number_value(json_object_get(unit, "iou_labelnum"));
}

/* Label 0 is "-", which is none. */
static bool has_label(const json_t *unit)
{
    return json_object_get(unit, "iou") != NULL && number_of(unit) > 0;
}

static double iou_of(const json_t *unit)
{
    return json_number_value(json_object_get(unit, "iou"));
}

/* The label's name, with its category where labels of other numbers have the name too. */
static json_t *title_of(const ga_import_words *w, int number)
{
    const char *name = w->label[number];
    bool shared = false;
    for (int c = 1; c < GA_MAX_LABELS; c++)
        shared = shared || (c != number && w->label[c] != NULL && strcmp(w->label[c], name) == 0);
    shared = shared && w->cat[number][0] != 0 &&
             strlen(name) + strlen(w->cat[number]) + 3 <= GA_IMPORT_LONGEST;
    return shared ? json_sprintf("%s (%s)", name, w->cat[number]) : json_string(name);
}

/* ---- units ------------------------------------------------------------------------------------*/

static void copy(json_t *to, const json_t *from, const char *key)
{
    json_t *v = json_object_get(from, key);
    if (v != NULL)
        json_object_set(to, key, v);
}

static void copy_stage(json_t *to, const json_t *unit, const ga_import_stage *s)
{
    char key[32];
    if (json_object_get(unit, s->name) == NULL)
        return;
    copy(to, unit, s->name);
    static const char *const ends[] = {"label", "cat"};
    for (int i = 0; i < 2; i++) {
        snprintf(key, sizeof key, "%s_%s", s->name, ends[i]);
        copy(to, unit, key);
    }
    if (s->level != NULL)
        copy(to, unit, s->level);
    for (int i = 0; i < 2; i++)
        if (s->ratio[i] != NULL)
            copy(to, unit, s->ratio[i]);
}

static json_t *top_of(const json_t *unit)
{
    const json_t *from = json_object_get(unit, "top");
    json_t *to = json_array();
    for (size_t i = 0; i < json_array_size(from); i++) {
        json_t *o = json_object();
        copy(o, json_array_get(from, i), "imgnum");
        copy(o, json_array_get(from, i), "maxact");
        json_array_append_new(to, o);
    }
    return to;
}

static json_t *labels_of(const json_t *unit, json_t *title)
{
    json_t *list = json_array();
    if (!has_label(unit))
        return list;
    json_t *o = json_pack("{s:O, s:s, s:i}", "label", title, "cat", ga_import_text(unit, "iou_cat"),
                          "labelnum", number_of(unit));
    json_object_set(o, "iou", json_object_get(unit, "iou"));
    if (json_object_get(unit, "iou_iqr") != NULL)
        json_object_set(o, "iqr", json_object_get(unit, "iou_iqr"));
    json_array_append_new(list, o);
    return list;
}

static json_t *unit_of(const json_t *unit, const ga_import_words *w)
{
    static const char *const first[] = {"unit", "interp", "level"}, *const counts[] = {"lc", "cc",
                                                                                       "ic"};
    json_t *to = json_object();
    for (int i = 0; i < 3; i++)
        copy(to, unit, first[i]);
    json_object_set_new(to, "top", top_of(unit));
    for (int i = 0; i < GA_IMPORT_STAGES; i++)
        copy_stage(to, unit, &ga_import_stages[i]);
    json_t *title = NULL;
    if (json_object_get(unit, "iou") != NULL) {
        title = title_of(w, number_of(unit));
        json_object_set(to, "iou_label", title);
        copy(to, unit, "iou_labelnum");
        for (int i = 0; i < 3; i++)
            copy(to, unit, counts[i]);
    }
    json_object_set_new(to, "labels", labels_of(unit, title));
    json_decref(title);
    return to;
}

/* ---- what a layer's interpretable units stand for ---------------------------------------------*/

static int place_of_category(const char *cat)
{
    static const char *const order[] = {"object",  "scene",  "part",  "piece", "material",
                                        "texture", "colour", "color", ""};
    int i = 0;
    while (order[i][0] != 0 && strcmp(order[i], cat) != 0)
        i++;
    return i;
}

static bool stands_for(const json_t *unit, int label)
{
    return json_is_true(json_object_get(unit, "interp")) && has_label(unit) &&
           number_of(unit) == label;
}

static json_t *group_of(const json_t *units, const ga_import_words *w, int label)
{
    json_t *list = json_array();
    for (size_t u = 0; u < json_array_size(units); u++)
        if (stands_for(json_array_get(units, u), label))
            json_array_append_new(list, json_integer((json_int_t)u));
    return json_pack("{s:o, s:i, s:o, s:s}", "label", title_of(w, label), "labelnum", label,
                     "units", list, "cat", w->cat[label]);
}

static json_t *groups_of(const json_t *units, const ga_import_words *w)
{
    ga_label_group *g = ga_mem_new(GA_MAX_LABELS, sizeof *g);
    if (g == NULL)
        return NULL;
    for (int c = 0; c < GA_MAX_LABELS; c++)
        g[c] = (ga_label_group){.label = c,
                                .category = w->cat[c] != NULL ? place_of_category(w->cat[c]) : 0};
    for (size_t u = 0; u < json_array_size(units); u++) {
        const json_t *unit = json_array_get(units, u);
        if (!has_label(unit) || !stands_for(unit, number_of(unit)))
            continue;
        ga_label_group *of = &g[number_of(unit)];
        of->units++;
        of->best = iou_of(unit) > of->best ? iou_of(unit) : of->best;
    }
    qsort(g, GA_MAX_LABELS, sizeof *g, ga_label_groups_compare);
    json_t *list = json_array();
    for (int i = 0; i < GA_MAX_LABELS; i++)
        if (g[i].units > 0)
            json_array_append_new(list, group_of(units, w, g[i].label));
    ga_mem_free(g);
    return list;
}

/* ---- layers -----------------------------------------------------------------------------------*/

/* The published programme's folder of a layer: what is neither letter, digit, blank nor one of
 * "._-" is left out, and so are blanks at the end. */
static void folder_of(const char *layer, char out[128])
{
    size_t n = 0;
    for (; *layer != 0 && n < 127; layer++)
        if ((*layer >= '0' && *layer <= '9') || (*layer >= 'a' && *layer <= 'z') ||
            (*layer >= 'A' && *layer <= 'Z') || strchr("._- ", *layer) != NULL)
            out[n++] = *layer;
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = 0;
}

static json_t *rankings_of(const json_t *layer, bool several, ga_imported *out)
{
    static const char *const keys[] = {"name", "metric", "concept", "score"};
    const json_t *from = json_object_get(layer, "rankings");
    json_t *to = json_array();
    for (size_t i = 0; i < json_array_size(from); i++) {
        const json_t *o = json_array_get(from, i);
        /* those of all layers have the scores of the last one */
        if (several && json_object_get(o, "concept") != NULL &&
            strcmp(ga_import_text(o, "metric"), "maxiou") == 0) {
            out->left_out++;
            continue;
        }
        json_t *r = json_object();
        for (int k = 0; k < 4; k++)
            copy(r, o, keys[k]);
        json_array_append_new(to, r);
    }
    return to;
}

static json_t *layer_of(const json_t *layer, const ga_import_words *w, bool several, double least,
                        ga_imported *out)
{
    const json_t *from = json_object_get(layer, "units");
    json_t *units = json_array(), *to = json_object();
    char folder[128];
    int interpretable = 0;
    folder_of(ga_import_text(layer, "layer"), folder);
    for (size_t u = 0; u < json_array_size(from); u++) {
        const json_t *unit = json_array_get(from, u);
        json_array_append_new(units, unit_of(unit, w));
        interpretable += json_is_true(json_object_get(unit, "interp"));
        out->labelled += has_label(unit);
    }
    out->units += (int)json_array_size(from);
    out->interpretable += interpretable;
    copy(to, layer, "layer");
    json_object_set_new(to, "dirname", json_string(folder));
    json_object_set_new(to, "interpretable", json_integer(interpretable));
    json_object_set_new(to, "iou_threshold",
                        json_pack("[f]", ga_import_limit(layer, "iou_threshold", least)));
    json_object_set_new(to, "units", units);
    json_object_set_new(to, "labels", groups_of(from, w));
    json_object_set_new(to, "rankings", rankings_of(layer, several, out));
    return to;
}

/* ---- the document -----------------------------------------------------------------------------*/

/* Of the published programme's metadata, numbers. */
static json_t *meta_of(const json_t *all)
{
    json_t *to = json_object(), *v;
    const char *key;
    json_object_foreach(json_object_get(all, "meta"), key, v)
    {
        if (json_is_number(v))
            json_object_set(to, key, v);
    }
    return to;
}

static json_t *document_of(const json_t *all, const ga_import_words *w, const char *key,
                           ga_imported *out)
{
    const json_t *from = json_object_get(all, "layers");
    const double least = ga_import_limit(all, "iou_threshold", 0.05);
    json_t *to = json_object(), *layers = json_array();
    out->layers = (int)json_array_size(from);
    for (int k = 0; k < out->layers; k++)
        json_array_append_new(
            layers, layer_of(json_array_get(from, (size_t)k), w, out->layers > 1, least, out));
    const char *name = ga_import_text(all, "netname"),
               *ranking = ga_import_text(all, "default_ranking");
    snprintf(out->title, sizeof out->title, "%s", name[0] != 0 ? name : "a network");
    json_object_set_new(to, "netname", json_string(out->title));
    json_object_set_new(to, "meta", meta_of(all));
    json_object_set_new(to, "default_ranking",
                        json_string(ranking[0] != 0     ? ranking
                                    : out->labelled > 0 ? "label"
                                                        : "unit"));
    copy(to, all, "quantile_threshold");
    json_object_set_new(to, "settings", json_object());
    copy(to, all, "settings");
    json_object_set_new(to, "iou_threshold", json_real(least));
    json_object_set_new(to, "iqr_threshold",
                        json_real(ga_import_limit(all, "iqr_threshold", 0.01)));
    json_object_set_new(to, "layers", layers);
    json_object_set_new(to, "ganatomy",
                        json_pack("{s:s, s:i, s:s}", "form", "imported dissection", "version",
                                  GA_DISSECT_VERSION, "key", key));
    return to;
}

static int add_piece(const char *piece, size_t n, void *text)
{
    ga_text_add_n(text, piece, n);
    return ((ga_text *)text)->failed ? -1 : 0;
}

static ga_status write(const json_t *all, const ga_import_words *w, const char *key,
                       ga_imported *out, ga_err *err)
{
    json_t *to = document_of(all, w, key, out);
    ga_text text = {0};
    const size_t flags = JSON_INDENT(1) | JSON_REAL_PRECISION(9);
    const bool whole = to != NULL && json_dump_callback(to, add_piece, &text, flags) == 0;
    ga_text_add(&text, "\n");
    json_decref(to);
    if (!whole || text.failed) {
        ga_text_free(&text);
        return ga_fail(err, GA_ENOMEM, "no memory for what is imported");
    }
    out->json = text.data;
    return GA_OK;
}

ga_status ga_dissection_import(const char *text, size_t length, const char *where, ga_imported *out,
                               ga_err *err)
{
    *out = (ga_imported){0};
    json_t *all = NULL;
    char key[65];
    ga_import_words *w = ga_mem_new(1, sizeof *w);
    ga_status status = w != NULL ? ga_json_parse_up_to(text, length, MOST_BYTES, where, &all, err)
                                 : ga_fail(err, GA_ENOMEM, "%s: no memory for its labels", where);
    if (status == GA_OK)
        status = ga_import_check(all, where, w, err);
    if (status == GA_OK) {
        ga_sha256_hex(text, length, key);
        out->ours = json_is_object(json_object_get(all, "ganatomy"));
        status = write(all, w, key, out, err);
    }
    json_decref(all);
    ga_mem_free(w);
    return status;
}

void ga_imported_end(ga_imported *i)
{
    ga_mem_free(i->json);
    *i = (ga_imported){0};
}
