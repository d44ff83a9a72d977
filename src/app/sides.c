/* sides.c - dissections side by side, as tables, JSON and CSV. */
#include "app/sides.h"
#include "app/cells.h"
#include "app/runs.h"
#include "base/alloc.h"
#include "base/file.h"
#include <stdlib.h>
#include <string.h>

int ga_side_away(const ga_side *s, int layer)
{
    const bool reads = ga_findings_of(s->findings).data != NULL;
    return reads ? layer + 1 : ga_findings_layers(s->findings) - layer;
}

bool ga_sides_stand(const ga_sides *s, int label)
{
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < ga_findings_layers(s->side[i].findings); k++)
            if (ga_findings_best(s->side[i].findings, k, label).stand > 0)
                return true;
    return false;
}

int ga_sides_labels(const ga_sides *s)
{
    int most = 0;
    for (int i = 0; i < s->n; i++) {
        const int n = ga_findings_labels(s->side[i].findings);
        most = n > most ? n : most;
    }
    return most;
}

ga_found_label ga_sides_label(const ga_sides *s, int label)
{
    ga_found_label l = {0};
    for (int i = 0; i < s->n && l.title == NULL; i++)
        l = ga_findings_label(s->side[i].findings, label);
    return l;
}

/* ---- what is not alike ------------------------------------------------------------------------*/

enum { SIDE, IMAGES, CLASS, SEED, RULE_SEED, SHUFFLES, BOOTSTRAP, NORM, PICTURES, SETTINGS };

static void add_setting(ga_text *t, const ga_findings_about *a, int setting)
{
    switch (setting) {
    case SIDE:
        ga_text_addf(t, "%d pixels", a->side);
        break;
    case IMAGES:
        ga_text_addf(t, "%d", a->size);
        break;
    case CLASS:
        if (a->image_class >= 0)
            ga_text_addf(t, "%d", a->image_class);
        else
            ga_text_add(t, "all");
        break;
    case SEED:
        ga_text_addf(t, "%u", a->seed);
        break;
    case RULE_SEED:
        ga_text_addf(t, "%u", a->rule_seed);
        break;
    case SHUFFLES:
        ga_text_addf(t, "%d", a->shuffles);
        break;
    case BOOTSTRAP:
        ga_text_addf(t, "%d", a->bootstrap);
        break;
    case NORM:
        ga_text_add(t, a->bn);
        break;
    default:
        if (a->data != NULL)
            ga_text_addf(t, "%s %s", a->data, a->split);
        else
            ga_text_add(t, "its own");
    }
}

static bool is_alike(const ga_findings_about *a, const ga_findings_about *b, int setting)
{
    switch (setting) {
    case SIDE:
        return a->side == b->side;
    case IMAGES:
        return a->size == b->size;
    case CLASS:
        return a->image_class == b->image_class;
    case SEED:
        return a->seed == b->seed;
    case RULE_SEED:
        return a->rule_seed == b->rule_seed;
    case SHUFFLES:
        return a->shuffles == b->shuffles;
    case BOOTSTRAP:
        return a->bootstrap == b->bootstrap;
    case NORM:
        return strcmp(a->bn, b->bn) == 0;
    default:
        return (a->data == NULL) == (b->data == NULL) &&
               (a->data == NULL || strcmp(a->data_sha256, b->data_sha256) == 0);
    }
}

bool ga_sides_differ(const ga_sides *s, int *i, ga_text *sentence)
{
    static const char *const what[SETTINGS] = {"sides of label maps",
                                               "numbers of images",
                                               "classes of the images",
                                               "seeds of the images",
                                               "seeds of the images that choose thresholds",
                                               "rounds of chance",
                                               "rounds of resampling",
                                               "batch norm",
                                               "pictures"};
    for (; *i < SETTINGS; ++*i) {
        bool alike = true;
        const ga_findings_about first = ga_findings_of(s->side[0].findings);
        for (int k = 1; k < s->n; k++) {
            const ga_findings_about other = ga_findings_of(s->side[k].findings);
            alike = alike && is_alike(&first, &other, *i);
        }
        if (alike)
            continue;
        ga_text_addf(sentence, "%s differ: ", what[*i]);
        for (int k = 0; k < s->n; k++) {
            const ga_findings_about a = ga_findings_of(s->side[k].findings);
            ga_text_addf(sentence, "%s%s ", k > 0 ? ", " : "", s->side[k].name);
            add_setting(sentence, &a, *i);
        }
        ++*i;
        return true;
    }
    return false;
}

/* ---- tables -----------------------------------------------------------------------------------*/

static void say_layers(ga_request *rq, const ga_sides *s)
{
    static const char *const headings[] = {
        "dissection", "layer",     ">map",      ">interpretable", ">above chance",
        ">concepts",  ">mean IoU", ">best IoU", ">mean chance",   ">random weights"};
    enum { COLUMNS = sizeof headings / sizeof *headings };
    ga_cells c = {0};
    for (int i = 0; i < s->n; i++) {
        const ga_findings *f = s->side[i].findings;
        for (int k = 0; k < ga_findings_layers(f); k++) {
            const ga_found_layer l = ga_findings_layer(f, k);
            const ga_layer_finding *n = &l.finding;
            ga_cells_add(&c, "%s", s->side[i].name);
            ga_cells_add(&c, "%s", l.name);
            ga_cells_add(&c, "%dx%d", l.dims.h, l.dims.w);
            ga_cells_add(&c, "%d of %d", n->interpretable, n->units);
            ga_cells_add(&c, "%d of %d", n->above_chance, n->units);
            ga_cells_add(&c, "%d", n->concepts);
            ga_cells_add(&c, "%.3f", n->mean_iou);
            ga_cells_add(&c, "%.3f", n->best_iou);
            if (n->chance_iou >= 0)
                ga_cells_add(&c, "%.3f", n->chance_iou);
            else
                ga_cells_add(&c, "-");
            if (ga_findings_of(f).random_twin) {
                const ga_found_layer twin = ga_findings_twin(f, k);
                ga_cells_add(&c, "%d of %d", twin.finding.above_chance, twin.finding.units);
            } else {
                ga_cells_add(&c, "-");
            }
        }
    }
    if (!c.failed)
        ga_say_table(rq, 2, headings, COLUMNS, ga_cells_of(&c), c.n / COLUMNS);
    ga_cells_free(&c);
}

/* Labels by layers: as many columns as a terminal has room for. */
static void say_labels(ga_request *rq, const ga_sides *s)
{
    enum { MOST_COLUMNS = 12 };
    char words[MOST_COLUMNS + 1][GA_SIDE_NAME + 128];
    const char *headings[MOST_COLUMNS + 1] = {"label"};
    int columns = 1;
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < ga_findings_layers(s->side[i].findings); k++) {
            if (columns > MOST_COLUMNS)
                return;
            snprintf(words[columns], sizeof words[0], ">%s %s", s->side[i].name,
                     ga_findings_layer(s->side[i].findings, k).name);
            headings[columns] = words[columns];
            columns++;
        }
    ga_cells c = {0};
    bool some_inexact = false, some_none = false;
    for (int label = 1; label < ga_sides_labels(s); label++) {
        if (!ga_sides_stand(s, label))
            continue;
        ga_cells_add(&c, "%s", ga_sides_label(s, label).title);
        for (int i = 0; i < s->n; i++)
            for (int k = 0; k < ga_findings_layers(s->side[i].findings); k++) {
                const ga_found_best b = ga_findings_best(s->side[i].findings, k, label);
                if (b.unit < 0)
                    ga_cells_add(&c, "-");
                else
                    ga_cells_add(&c, "%s%.3f", b.exact ? "" : ">= ", b.iou);
                some_none = some_none || b.unit < 0;
                some_inexact = some_inexact || (b.unit >= 0 && !b.exact);
            }
    }
    if (!c.failed && c.n > 0) {
        ga_rq_say(
            rq,
            "IoU of the best unit, for each label that is the first one of a unit above chance:");
        ga_say_table(rq, 2, headings, columns, ga_cells_of(&c), c.n / (size_t)columns);
        if (some_inexact)
            ga_rq_say(rq, ">=: the best of the units that have the label among their five (in that "
                          "dissection no unit has it first)");
        if (some_none)
            ga_rq_say(rq, "-: no unit has the label among its five");
    }
    ga_cells_free(&c);
}

void ga_sides_say(ga_request *rq, const ga_sides *s)
{
    say_layers(rq, s);
    say_labels(rq, s);
}

/* ---- JSON -------------------------------------------------------------------------------------*/

static json_t *finding_json(const ga_found_layer *l)
{
    const ga_layer_finding *n = &l->finding;
    return json_pack("{s:i, s:i, s:i, s:i, s:f, s:f, s:f}", "units", n->units, "interpretable",
                     n->interpretable, "above_chance", n->above_chance, "concepts", n->concepts,
                     "mean_iou", n->mean_iou, "best_iou", n->best_iou, "chance_iou", n->chance_iou);
}

static json_t *layers_json(const ga_side *s)
{
    json_t *list = json_array();
    for (int k = 0; k < ga_findings_layers(s->findings); k++) {
        const ga_found_layer l = ga_findings_layer(s->findings, k);
        json_t *o = finding_json(&l), *by = json_object();
        for (int c = 1; c < ga_findings_labels(s->findings); c++)
            if (ga_findings_best(s->findings, k, c).stand > 0) {
                const char *category = ga_findings_label(s->findings, c).category;
                const json_int_t so_far = json_integer_value(json_object_get(by, category));
                json_object_set_new(by, category, json_integer(so_far + 1));
            }
        json_object_set_new(o, "layer", json_string(l.name));
        json_object_set_new(o, "shape", json_pack("[i,i,i]", l.dims.c, l.dims.h, l.dims.w));
        json_object_set_new(o, "away_from_pictures", json_integer(ga_side_away(s, k)));
        json_object_set_new(o, "concepts_by_category", by);
        if (ga_findings_of(s->findings).random_twin) {
            const ga_found_layer twin = ga_findings_twin(s->findings, k);
            json_object_set_new(o, "random_weights", finding_json(&twin));
        }
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *side_json(const ga_side *s)
{
    const ga_findings_about a = ga_findings_of(s->findings);
    json_t *o = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s, s:s, s:s, s:i, s:i, s:I, s:o}", "name", s->name,
        "folder", s->folder, "key", a.key, "model", a.model, "model_sha256", a.model_sha256, "data",
        a.data, "split", a.split, "segmenter", a.segmenter, "segmenter_sha256", a.segmenter_sha256,
        "preset", a.preset, "images", a.size, "side", a.side, "seed", (json_int_t)a.seed, "layers",
        layers_json(s));
    if (a.image_class >= 0)
        json_object_set_new(o, "class", json_integer(a.image_class));
    return o;
}

static json_t *best_json(const ga_side *s, int layer, int label)
{
    const ga_found_best b = ga_findings_best(s->findings, layer, label);
    if (b.unit < 0)
        return NULL;
    json_t *o = json_pack("{s:s, s:s, s:i, s:f, s:b, s:i}", "dissection", s->name, "layer",
                          ga_findings_layer(s->findings, layer).name, "unit", b.unit, "iou", b.iou,
                          "exact", b.exact, "units_that_stand_for_it", b.stand);
    if (b.hi > b.lo)
        json_object_set_new(o, "interval", json_pack("[f,f]", b.lo, b.hi));
    if (b.chance >= 0)
        json_object_set_new(o, "chance", json_real(b.chance));
    return o;
}

static json_t *labels_json(const ga_sides *s)
{
    json_t *list = json_array();
    for (int c = 1; c < ga_sides_labels(s); c++) {
        const ga_found_label l = ga_sides_label(s, c);
        json_t *best = json_array();
        for (int i = 0; i < s->n; i++)
            for (int k = 0; k < ga_findings_layers(s->side[i].findings); k++) {
                json_t *o = best_json(&s->side[i], k, c);
                if (o != NULL)
                    json_array_append_new(best, o);
            }
        if (l.title != NULL)
            json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:O}", "label", l.title, "cat",
                                                  l.category, "labelnum", c, "best", best));
        json_decref(best);
    }
    return list;
}

json_t *ga_sides_json(const ga_sides *s)
{
    json_t *sides = json_array(), *differ = json_array();
    for (int i = 0; i < s->n; i++)
        json_array_append_new(sides, side_json(&s->side[i]));
    ga_text sentence = {0};
    for (int i = 0; ga_sides_differ(s, &i, &sentence); sentence.length = 0)
        if (!sentence.failed)
            json_array_append_new(differ, json_string(sentence.data));
    ga_text_free(&sentence);
    return json_pack("{s:{s:s, s:i}, s:o, s:o, s:o}", "ganatomy", "form",
                     "comparison of dissections", "version", 1, "dissections", sides, "differences",
                     differ, "labels", labels_json(s));
}

/* ---- files ------------------------------------------------------------------------------------*/

static void add_csv_name(ga_text *t, const char *name)
{
    ga_text_add(t, "\"");
    for (; *name != 0; name++)
        ga_text_add_n(t, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
    ga_text_add(t, "\",");
}

static void add_layer_rows(ga_text *t, const ga_sides *s)
{
    ga_text_add(t, "dissection,layer,random_weights,away_from_pictures,units,rows,columns,"
                   "interpretable,above_chance,concepts,mean_iou,best_iou,chance_iou\n");
    for (int i = 0; i < s->n; i++) {
        const ga_findings *f = s->side[i].findings;
        const int n = ga_findings_layers(f), twins = ga_findings_of(f).random_twin ? 2 : 1;
        for (int k = 0; k < n * twins; k++) {
            const ga_found_layer l = k < n ? ga_findings_layer(f, k) : ga_findings_twin(f, k - n);
            const ga_layer_finding *o = &l.finding;
            add_csv_name(t, s->side[i].name);
            add_csv_name(t, l.name);
            ga_text_addf(t, "%d,%d,%d,%d,%d,%d,%d,%d,%.9g,%.9g,", k >= n,
                         ga_side_away(&s->side[i], k % n), o->units, l.dims.h, l.dims.w,
                         o->interpretable, o->above_chance, o->concepts, o->mean_iou, o->best_iou);
            if (o->chance_iou >= 0)
                ga_text_addf(t, "%.9g", o->chance_iou);
            ga_text_add(t, "\n");
        }
    }
}

static void add_label_rows(ga_text *t, const ga_sides *s)
{
    ga_text_add(t, "dissection,layer,label,category,unit,iou,exact,iou_low,iou_high,iou_by_chance,"
                   "units_that_stand_for_it\n");
    for (int i = 0; i < s->n; i++) {
        const ga_findings *f = s->side[i].findings;
        for (int k = 0; k < ga_findings_layers(f); k++)
            for (int c = 1; c < ga_findings_labels(f); c++) {
                const ga_found_best b = ga_findings_best(f, k, c);
                if (b.unit < 0)
                    continue;
                add_csv_name(t, s->side[i].name);
                add_csv_name(t, ga_findings_layer(f, k).name);
                add_csv_name(t, ga_findings_label(f, c).title);
                add_csv_name(t, ga_findings_label(f, c).category);
                ga_text_addf(t, "%d,%.9g,%d,", b.unit, b.iou, b.exact);
                if (b.hi > b.lo)
                    ga_text_addf(t, "%.9g,%.9g,", b.lo, b.hi);
                else
                    ga_text_add(t, ",,");
                if (b.chance >= 0)
                    ga_text_addf(t, "%.9g", b.chance);
                ga_text_addf(t, ",%d\n", b.stand);
            }
    }
}

static ga_status write_text(ga_text *t, const char *folder, const char *name, ga_err *err)
{
    char *path = ga_path_join(folder, name);
    const ga_status status = path == NULL || t->failed
                                 ? ga_fail(err, GA_ENOMEM, "no memory for '%s'", name)
                                 : ga_file_write(path, t->data, t->length, err);
    ga_mem_free(path);
    ga_text_free(t);
    return status;
}

static int add_piece(const char *piece, size_t n, void *text)
{
    ga_text_add_n(text, piece, n);
    return ((ga_text *)text)->failed ? -1 : 0;
}

ga_status ga_sides_write(const ga_sides *s, const json_t *json, const char *folder, ga_err *err)
{
    ga_text layers = {0}, labels = {0}, all = {0};
    ga_status status = ga_make_folders(folder, err);
    char *page = ga_path_join(folder, "compare.html");
    if (status == GA_OK)
        status = page != NULL ? ga_sides_page(s, page, err)
                              : ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_mem_free(page);
    add_layer_rows(&layers, s);
    add_label_rows(&labels, s);
    if (json_dump_callback(json, add_piece, &all, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) != 0)
        all.failed = true;
    ga_text_add(&all, "\n");
    if (status == GA_OK)
        status = write_text(&layers, folder, "layers.csv", err);
    if (status == GA_OK)
        status = write_text(&labels, folder, "labels.csv", err);
    if (status == GA_OK)
        status = write_text(&all, folder, "compare.json", err);
    ga_text_free(&layers);
    ga_text_free(&labels);
    ga_text_free(&all);
    return status;
}
