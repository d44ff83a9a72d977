/* verb_dissect_import.c - `ganatomy dissect import`: a dissection that the published programme
 * left. */
#include "app/dissection_files.h"
#include "app/dissection_folder.h"
#include "app/file_set.h"
#include "base/file.h"
#include "base/json.h"
#include "ganatomy/findings.h"
#include "ganatomy/report.h"
#include <string.h>

/* ---- units.csv --------------------------------------------------------------------------------*/

static void add_number(ga_text *t, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    ga_text_add(t, ",");
    if (v != NULL)
        ga_text_addf(t, "%.9g", json_number_value(v));
}

static double number_of(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

/* What such a file does not know stays empty. */
static void add_row(ga_text *t, const char *layer, const json_t *unit)
{
    const json_t *label = json_array_get(json_object_get(unit, "labels"), 0);
    ga_csv_add_name(t, layer);
    ga_text_addf(t, ",%.0f,1,", number_of(unit, "unit"));
    if (label != NULL)
        ga_csv_add_name(t, json_string_value(json_object_get(label, "label")));
    ga_text_add(t, ",");
    if (label != NULL)
        ga_csv_add_name(t, json_string_value(json_object_get(label, "cat")));
    add_number(t, label, "iou");
    ga_text_add(t, ",,");
    add_number(t, label, "iqr");
    ga_text_add(t, ",");
    add_number(t, unit, "level");
    if (json_object_get(unit, "ic") != NULL)
        ga_text_addf(t, ",%.0f,%.0f,%.0f", number_of(unit, "ic"),
                     number_of(unit, "cc") - number_of(unit, "ic"),
                     number_of(unit, "lc") - number_of(unit, "ic"));
    else
        ga_text_add(t, ",,,");
    ga_text_addf(t, ",,%d,\n", json_is_true(json_object_get(unit, "interp")));
}

static ga_status write_csv(const char *json, const char *path, ga_err *err)
{
    json_t *all;
    ga_text t = {0};
    ga_status status = ga_json_parse_up_to(json, strlen(json), SIZE_MAX, path, &all, err);
    if (status != GA_OK)
        return status;
    ga_text_add(&t, ga_csv_heading);
    const json_t *layers = json_object_get(all, "layers");
    for (size_t k = 0; k < json_array_size(layers); k++) {
        const json_t *layer = json_array_get(layers, k), *units = json_object_get(layer, "units");
        for (size_t u = 0; u < json_array_size(units); u++)
            add_row(&t, json_string_value(json_object_get(layer, "layer")),
                    json_array_get(units, u));
    }
    json_decref(all);
    status = t.failed ? ga_fail(err, GA_ENOMEM, "%s: no memory for it", path)
                      : ga_file_write(path, t.data, t.length, err);
    ga_text_free(&t);
    return status;
}

/* ---- the verb ---------------------------------------------------------------------------------*/

/* dissect.json last: where it is, all others are. */
enum { HTML, CSV, JSON, FILES };
static const char *const file_names[FILES] = {"dissect.html", "units.csv", "dissect.json"};

static ga_status write_files(const ga_imported *in, const char *from, char *const path[FILES],
                             ga_err *err)
{
    ga_text title = {0}, lead = {0};
    ga_unit_page *page = NULL;
    ga_text_addf(&title, "Dissection of %s", in->title);
    ga_text_addf(&lead, "Imported from %s: what another program found, without pictures.", from);
    ga_status status = title.failed || lead.failed
                           ? ga_fail(err, GA_ENOMEM, "no memory for the page")
                           : ga_unit_page_begin(path[HTML], title.data, lead.data, in->json, &page,
                                                err);
    if (status == GA_OK)
        status = ga_unit_page_end(page, err);
    if (status == GA_OK)
        status = write_csv(in->json, path[CSV], err);
    if (status == GA_OK)
        status = ga_file_write(path[JSON], in->json, strlen(in->json), err);
    ga_text_free(&title);
    ga_text_free(&lead);
    return status;
}

static ga_status write_folder(const ga_imported *in, const char *from, const char *folder,
                              ga_err *err)
{
    ga_file_set files;
    ga_lock lock;
    ga_status status = ga_dissection_hold(folder, ga_dissection_lock, &lock, err);
    if (status != GA_OK)
        return status;
    status = ga_file_set_open(folder, file_names, FILES, &files, err);
    if (status == GA_OK)
        status = write_files(in, from, files.fresh, err);
    status = ga_file_set_close(&files, status, err);
    ga_lock_end(&lock);
    return status;
}

static ga_status read_old(const char *path, ga_imported *in, ga_err *err)
{
    ga_file file;
    *in = (ga_imported){0};
    ga_status status = ga_file_open(path, &file, err);
    if (status != GA_OK)
        return status;
    status = ga_dissection_import((const char *)file.data, file.size, path, in, err);
    ga_file_close(&file);
    if (status == GA_OK && in->ours)
        return ga_fail(err, GA_EINVAL,
                       "%s was written by this program: there is nothing to import (`ganatomy "
                       "compare dissections` reads it)",
                       path);
    return status;
}

/* The key is the last thing in the document: what the file was. */
static void key_of(const ga_imported *in, char key[65])
{
    const char *at = in->json, *last = at;
    while ((at = strstr(at, "\"key\": \"")) != NULL)
        last = at += strlen("\"key\": \"");
    snprintf(key, 65, "%.64s", last);
}

static void tell(ga_request *rq, const ga_imported *in, const char *folder)
{
    if (in->labelled > 0)
        ga_rq_say(rq, "%s: %d layers, %d units, %d of them interpretable", in->title, in->layers,
                  in->units, in->interpretable);
    else
        ga_rq_say(rq, "%s: %d layers, %d units, without labels", in->title, in->layers, in->units);
    if (in->left_out > 0)
        ga_rq_note(rq,
                   "left out of the rankings: %d LABEL-maxiou (that program gives every layer the "
                   "scores of the last one)",
                   in->left_out);
    ga_rq_say(rq, "next: open %s/dissect.html", folder);
    ga_rq_result(rq, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "folder", folder, "title",
                               in->title, "layers", in->layers, "units", in->units, "interpretable",
                               in->interpretable, "labelled", in->labelled));
}

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *from = ga_rq_text(rq, "file"), *folder = ga_rq_text(rq, "output");
    ga_imported in;
    char key[65];
    bool there = false;
    ga_status status = read_old(from, &in, err);
    if (status == GA_OK) {
        key_of(&in, key);
        const ga_dissection_wanted wanted = {key, NULL, ga_rq_flag(rq, "force")};
        status = ga_dissection_look_into(folder, &wanted, &there, err);
    }
    if (status == GA_OK && !there)
        status = write_folder(&in, from, folder, err);
    if (status == GA_OK)
        tell(rq, &in, folder);
    ga_imported_end(&in);
    return status;
}

/* clang-format off */
static const ga_field fields[] = {
    {.name = "file", .type = GA_FIELD_FILE, .value = "OLD.json", .positional = true, .required = true,
     .help = "a dissect.json of the program of 2018, of all layers or of one"},
    {.name = "force", .type = GA_FIELD_FLAG, .help = "replace another dissection in the folder"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_FOLDER, .value = "FOLDER",
     .fallback = "dissection", .help = "what gets dissect.html, dissect.json, units.csv"},
    {0}};
/* clang-format on */

static const ga_example examples[] = {
    {"ganatomy dissect import dissect/church/dissect.json -o church",
     "what netdissect found in a generator of churches, as a page that works offline"},
    {0}};

const ga_verb ga_verb_dissect_import = {
    .name = "dissect import",
    .summary = "read what the published program found",
    .description =
        "Reads the dissect.json that `python -m netdissect` (GAN Dissection, 2018) left, checks "
        "every field, and writes it as this program does: dissect.json with the same published "
        "keys, a page to sort, filter and search units (without pictures: they are in other "
        "files), and a table of units. Nothing is computed anew; what such a file does not tell "
        "(intervals, chance, shapes of maps) stays empty.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
