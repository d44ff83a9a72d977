/* verb_runs_export.c - `ganatomy runs export`: a run to take along, with all that it takes to make
 * it again. */
#include "app/runs_bundle.h"
#include "app/runs_card.h"
#include "app/runs_curves.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include <string.h>

/* ---- numbers ----------------------------------------------------------------------------------*/

/* {"loss_d": {"step": [...], "value": [...]}}, values with all their digits. */
static void add_curves_json(const ga_run_curve *curves, size_t n, ga_text *t)
{
    char word[GA_RUN_WORDS];
    ga_text_add(t, "{");
    for (size_t i = 0; i < n; i++) {
        const ga_run_curve *c = &curves[i];
        ga_text_add(t, i > 0 ? ",\n" : "\n");
        ga_text_add_json(t, c->label);
        ga_text_add(t, ": {\"step\": [");
        for (size_t k = 0; k < c->n; k++)
            ga_text_addf(t, "%s%lld", k > 0 ? "," : "", (long long)c->steps[k]);
        ga_text_add(t, "], \"value\": [");
        for (size_t k = 0; k < c->n; k++) {
            const bool finite = c->values[k] - c->values[k] == 0;
            ga_words_number(c->values[k], 17, word);
            ga_text_addf(t, finite ? "%s%s" : "%s\"%s\"", k > 0 ? "," : "", word);
        }
        ga_text_add(t, "]}");
    }
    ga_text_add(t, "\n}\n");
}

static ga_status put_curves(ga_bundle *b, ga_store *s, const ga_run_card *card, ga_err *err)
{
    const ga_curve_wish all = {.to = INT64_MAX, .rolling = 1};
    const size_t n = card->n_curves;
    ga_run_curve *curves = ga_mem_new(n, sizeof *curves);
    ga_text csv = {0}, json = {0};
    ga_status status = curves != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for curves");
    for (size_t i = 0; i < n && status == GA_OK; i++)
        status = ga_run_curve_read(s, card->run.record->id, card->names[i], card->names[i], 0, &all,
                                   &curves[i], err);
    if (status == GA_OK) {
        ga_curves_add_csv(curves, n, &csv);
        add_curves_json(curves, n, &json);
        if (csv.failed || json.failed)
            status = ga_fail(err, GA_ENOMEM, "no memory for %zu curves", n);
    }
    if (status == GA_OK)
        status = ga_bundle_put(b, "curves.csv", csv.data, csv.length, err);
    if (status == GA_OK)
        status = ga_bundle_put(b, "curves.json", json.data, json.length, err);
    for (size_t i = 0; curves != NULL && i < n; i++)
        ga_run_curve_free(&curves[i]);
    ga_mem_free(curves);
    ga_text_free(&csv);
    ga_text_free(&json);
    return status;
}

static int add_part(const char *part, size_t n, void *text)
{
    ga_text_add_n(text, part, n);
    return 0;
}

static ga_status put_json(ga_bundle *b, const char *name, const json_t *o, ga_err *err)
{
    ga_text t = {0};
    ga_status status;
    if (o == NULL || json_dump_callback(o, add_part, &t, JSON_INDENT(2)) != 0 || t.failed)
        status = ga_fail(err, GA_ENOMEM, "no memory for %s", name);
    else
        status = ga_bundle_put(b, name, t.data, t.length, err);
    ga_text_free(&t);
    return status;
}

/* ---- files ------------------------------------------------------------------------------------*/

typedef struct tally {
    int files, missing;
    uint64_t bytes;
} tally;

/* A recorded file; one that is gone, or is not what was recorded, is left out and named. */
static ga_status put_file(ga_request *rq, ga_bundle *b, const ga_artifact *a, tally *t, ga_err *err)
{
    ga_file f;
    ga_sha256 h;
    uint8_t digest[32];
    char hex[65], name[512];
    ga_err why = {0};
    if (ga_file_open(a->path, &f, &why) != GA_OK) {
        ga_rq_note(rq, "left out: %s", why.text);
        t->missing++;
        return GA_OK;
    }
    ga_sha256_start(&h);
    ga_sha256_add(&h, f.data, f.size);
    ga_sha256_end(&h, digest);
    ga_hex(digest, sizeof digest, hex);
    const bool same = strcmp(hex, a->sha256) == 0;
    ga_status status = GA_OK;
    if (same) {
        snprintf(name, sizeof name, "%s%s", strcmp(a->kind, "samples") == 0 ? "samples/" : "",
                 ga_path_base(a->path));
        status = ga_bundle_put(b, name, f.data, f.size, err);
        t->files++;
        t->bytes += f.size;
    } else {
        ga_rq_note(rq, "left out: '%s' is not what the run wrote", a->path);
        t->missing++;
    }
    ga_file_close(&f);
    return status;
}

static ga_status put_checkpoint(ga_request *rq, ga_bundle *b, const char *name, tally *t,
                                ga_err *err)
{
    ga_text path = {0};
    ga_file f;
    ga_text_addf(&path, "%s/runs/%s/checkpoint.safetensors", ga_rq_home(rq), name);
    ga_status status = path.failed ? ga_fail(err, GA_ENOMEM, "no memory for a path")
                                   : ga_file_open(path.data, &f, err);
    if (status == GA_OK) {
        status = ga_bundle_put(b, "checkpoint.safetensors", f.data, f.size, err);
        t->files++;
        t->bytes += f.size;
        ga_file_close(&f);
    }
    ga_text_free(&path);
    return status;
}

/* ---- words ------------------------------------------------------------------------------------*/

static ga_status put_readme(ga_bundle *b, const ga_run_found *run, bool checkpoint, ga_err *err)
{
    const ga_run_record *r = run->record;
    const char *given = json_string_value(json_object_get(run->config, "data"));
    ga_text t = {0};
    ga_text_addf(&t,
                 "Run '%s': a training of kind %s by ganatomy %s.\n\n"
                 "It was begun with\n\n    %s\n\n",
                 r->name, r->kind, r->code_version, r->command);
    if (r->data_name[0] != 0)
        ga_text_addf(&t,
                     "on the data '%s', whose content has the SHA-256\n\n    %s\n\n(`ganatomy data "
                     "info %s` prints it).\n\n",
                     r->data_name, r->data_hash, given != NULL ? given : r->data_name);
    ga_text_addf(&t, "The same command makes the same run again: byte for byte on the same\n"
                     "kind of processor, within rounding on others.\n\n"
                     "run.json       options, machine, times, events, mistakes that were noticed\n"
                     "curves.csv     one row a step; nan, inf and -inf are words\n"
                     "curves.json    the same by curve, with all digits\n"
                     "samples/       sheets of the same latents, by step\n"
                     "*.safetensors  the models: `ganatomy model info FILE`\n");
    if (checkpoint)
        ga_text_add(
            &t, "checkpoint.safetensors\n               everything that further steps depend on\n");
    const ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "no memory for README.txt")
                                      : ga_bundle_put(b, "README.txt", t.data, t.length, err);
    ga_text_free(&t);
    return status;
}

/* ---- the verb ---------------------------------------------------------------------------------*/

static ga_status put_all(ga_request *rq, ga_bundle *b, ga_store *s, const ga_run_card *card,
                         tally *t, ga_err *err)
{
    const bool checkpoint = ga_rq_flag(rq, "checkpoint");
    json_t *o = ga_run_card_json(card);
    ga_status status = put_readme(b, &card->run, checkpoint, err);
    if (status == GA_OK)
        status = put_json(b, "run.json", o, err);
    if (status == GA_OK)
        status = put_curves(b, s, card, err);
    for (size_t i = 0; i < card->n_files && status == GA_OK; i++)
        status = put_file(rq, b, &card->files[i], t, err);
    if (status == GA_OK && checkpoint)
        status = put_checkpoint(rq, b, card->run.record->name, t, err);
    json_decref(o);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    ga_store *s = NULL;
    ga_run_card card = {0};
    ga_bundle *b = NULL;
    tally t = {0};
    ga_status status = ga_runs_open(rq, &s, err);
    if (status == GA_OK)
        status = ga_run_card_read(s, ga_rq_text(rq, "run"), &card, err);
    if (status == GA_OK)
        status = ga_bundle_create(path, &b, err);
    if (status == GA_OK)
        status = put_all(rq, b, s, &card, &t, err);
    if (status == GA_OK) {
        status = ga_bundle_finish(b, err);
        b = NULL;
    }
    if (status == GA_OK) {
        char bytes[32];
        ga_rq_say(rq, "wrote %s: run '%s' with %zu curves and %d files (%s)", path,
                  card.run.record->name, card.n_curves, t.files,
                  ga_format_bytes(t.bytes, bytes, sizeof bytes));
        ga_rq_result(rq, json_pack("{s:s, s:s, s:I, s:i, s:i}", "run", card.run.record->name,
                                   "export", path, "curves", (json_int_t)card.n_curves, "files",
                                   t.files, "left_out", t.missing));
    }
    ga_bundle_abandon(b);
    ga_run_card_free(&card);
    ga_store_close(s);
    return status;
}

static const ga_field fields[] = {
    {.name = "run",
     .type = GA_FIELD_TEXT,
     .value = "RUN",
     .positional = true,
     .required = true,
     .help = "name of a run (`ganatomy runs list`)"},
    {.name = "output",
     .letter = 'o',
     .type = GA_FIELD_OUTPUT,
     .value = "PATH",
     .required = true,
     .help = "a new folder, or a .zip file"},
    {.name = "checkpoint",
     .type = GA_FIELD_FLAG,
     .help = "with the checkpoint, which is a few times as large as the models"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy runs export digits -o digits.zip", "one file for a colleague"},
    {"ganatomy runs export digits -o digits --checkpoint", "a folder, to go on elsewhere"},
    {0}};

const ga_verb ga_verb_runs_export = {
    .name = "runs export",
    .summary = "write a training with all that it takes to make it again",
    .description =
        "A folder or an archive with README.txt (the command and the hash of the data), run.json "
        "(options, machine, times, events), curves as CSV and JSON, the sheets of samples and the "
        "models. Values that are not finite are the words nan, inf and -inf. Files that are gone "
        "or "
        "were changed since are left out and named.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
