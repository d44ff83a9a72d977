/* runs_export.c - see runs_export.h. */
#include "app/runs_export.h"
#include "app/runs_curves.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include <string.h>

/* One export. */
typedef struct job {
    ga_request *rq;
    ga_bundle *b;
    const char *folder; /* in the bundle, "" for its top */
    ga_store *s;
    const ga_run_card *card;
    const ga_export_options *o;
    ga_export_tally *t;
} job;

static ga_status put(const job *j, const char *name, const void *data, size_t size, ga_err *err)
{
    ga_text path = {0};
    ga_text_addf(&path, "%s%s%s", j->folder, j->folder[0] != 0 ? "/" : "", name);
    const ga_status status = path.failed ? ga_fail(err, GA_ENOMEM, "no memory for '%s'", name)
                                         : ga_bundle_put(j->b, path.data, data, size, err);
    ga_text_free(&path);
    return status;
}

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
            ga_words_number(c->values[k], GA_ALL_DIGITS, word);
            ga_text_addf(t, finite ? "%s%s" : "%s\"%s\"", k > 0 ? "," : "", word);
        }
        ga_text_add(t, "]}");
    }
    ga_text_add(t, "\n}\n");
}

static ga_status put_curves(const job *j, ga_err *err)
{
    const ga_run_card *card = j->card;
    const ga_curve_wish all = {.to = INT64_MAX, .rolling = 1};
    const size_t n = card->n_curves;
    ga_run_curve *curves = ga_mem_new(n, sizeof *curves);
    ga_text csv = {0}, json = {0};
    ga_status status = curves != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for curves");
    for (size_t i = 0; i < n && status == GA_OK; i++)
        status = ga_run_curve_read(j->s, card->run.record->id, card->names[i], card->names[i], 0,
                                   &all, &curves[i], err);
    if (status == GA_OK) {
        ga_curves_add_csv(curves, n, j->o->digits, &csv);
        if (!j->o->lean)
            add_curves_json(curves, n, &json);
        if (csv.failed || json.failed)
            status = ga_fail(err, GA_ENOMEM, "no memory for %zu curves", n);
    }
    if (status == GA_OK)
        status = put(j, "curves.csv", csv.data, csv.length, err);
    if (status == GA_OK && !j->o->lean)
        status = put(j, "curves.json", json.data, json.length, err);
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

static ga_status put_json(const job *j, const char *name, const json_t *o, ga_err *err)
{
    ga_text t = {0};
    ga_status status;
    if (o == NULL || json_dump_callback(o, add_part, &t, JSON_INDENT(2)) != 0 || t.failed)
        status = ga_fail(err, GA_ENOMEM, "no memory for %s", name);
    else
        status = put(j, name, t.data, t.length, err);
    ga_text_free(&t);
    return status;
}

/* ---- files ------------------------------------------------------------------------------------*/

static bool is_wanted(const ga_artifact *a, const ga_export_options *o)
{
    return !o->lean || strcmp(a->kind, "samples") == 0 || strcmp(a->kind, "weights") == 0;
}

/* A recorded file, noted in list under its name in the bundle; one that is gone, or is not what was
 * recorded, is left out and named. */
static ga_status put_file(const job *j, const ga_artifact *a, json_t *list, ga_err *err)
{
    ga_file f;
    char hex[65], name[512];
    ga_err why = {0};
    if (ga_file_open(a->path, &f, &why) != GA_OK) {
        ga_rq_note(j->rq, "left out: %s", why.text);
        j->t->missing++;
        return GA_OK;
    }
    ga_sha256_hex(f.data, f.size, hex);
    ga_status status = GA_OK;
    if (strcmp(hex, a->sha256) == 0) {
        snprintf(name, sizeof name, "%s%s", strcmp(a->kind, "samples") == 0 ? "samples/" : "",
                 ga_path_base(a->path));
        status = put(j, name, f.data, f.size, err);
        (void)json_array_append_new(list, json_pack("{s:s, s:I, s:s, s:I, s:s}", "kind", a->kind,
                                                    "step", (json_int_t)a->step, "path", name,
                                                    "bytes", (json_int_t)a->bytes, "sha256", hex));
        j->t->files++;
        j->t->bytes += f.size;
    } else {
        ga_rq_note(j->rq, "left out: '%s' is not what the run wrote", a->path);
        j->t->missing++;
    }
    ga_file_close(&f);
    return status;
}

static ga_status put_checkpoint(const job *j, ga_err *err)
{
    ga_text path = {0};
    ga_file f;
    ga_text_addf(&path, "%s/runs/%s/checkpoint.safetensors", ga_rq_home(j->rq),
                 j->card->run.record->name);
    ga_status status = path.failed ? ga_fail(err, GA_ENOMEM, "no memory for a path")
                                   : ga_file_open(path.data, &f, err);
    if (status == GA_OK) {
        status = put(j, "checkpoint.safetensors", f.data, f.size, err);
        j->t->files++;
        j->t->bytes += f.size;
        ga_file_close(&f);
    }
    ga_text_free(&path);
    return status;
}

/* ---- words ------------------------------------------------------------------------------------*/

/* The options that select pictures, as a command has them. */
static void add_selection(const json_t *config, ga_text *t)
{
    static const char *const names[] = {"classes", "images", "pixels"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *v = json_object_get(config, names[i]);
        if (json_is_string(v) && json_string_length(v) > 0)
            ga_text_addf(t, " --%s %s", names[i], json_string_value(v));
        else if (json_integer_value(v) > 0)
            ga_text_addf(t, " --%s %lld", names[i], (long long)json_integer_value(v));
    }
}

static ga_status put_readme(const job *j, ga_err *err)
{
    const ga_run_record *r = j->card->run.record;
    const char *given = json_string_value(json_object_get(j->card->run.config, "data"));
    ga_text t = {0};
    ga_text_addf(&t,
                 "Run '%s': a training of kind %s by ganatomy %s.\n\n"
                 "It was begun with\n\n    %s\n\n",
                 r->name, r->kind, r->code_version, r->command);
    if (r->data_name[0] != 0) {
        ga_text_addf(&t,
                     "on the data '%s', whose content has the SHA-256\n\n    %s\n\n(`ganatomy data "
                     "info %s",
                     r->data_name, r->data_hash, given != NULL ? given : r->data_name);
        add_selection(j->card->run.config, &t);
        ga_text_add(&t, "` prints it).\n\n");
    }
    ga_text_addf(&t, "The same command makes the same run again: byte for byte on the same\n"
                     "kind of processor, within rounding on others.\n\n"
                     "run.json       options, machine, times, events, mistakes that were noticed\n"
                     "curves.csv     one row a step; nan, inf and -inf are words\n"
                     "curves.json    the same by curve, with all digits\n"
                     "samples/       sheets of the same latents, by step\n"
                     "*.safetensors  the models: `ganatomy model info FILE`\n");
    if (j->o->checkpoint)
        ga_text_add(
            &t, "checkpoint.safetensors\n               everything that further steps depend on\n");
    const ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "no memory for README.txt")
                                      : put(j, "README.txt", t.data, t.length, err);
    ga_text_free(&t);
    return status;
}

/* ---- the whole --------------------------------------------------------------------------------*/

ga_status ga_run_export(ga_request *rq, ga_bundle *b, const char *folder, ga_store *s,
                        const ga_run_card *card, const ga_export_options *o, ga_export_tally *t,
                        ga_err *err)
{
    const job j = {rq, b, folder, s, card, o, t};
    json_t *about = ga_run_card_json(card), *files = json_array();
    ga_status status = about != NULL && files != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for a run's card");
    if (status == GA_OK && !o->lean)
        status = put_readme(&j, err);
    for (size_t i = 0; i < card->n_files && status == GA_OK; i++)
        if (is_wanted(&card->files[i], o))
            status = put_file(&j, &card->files[i], files, err);
    (void)json_object_set_new(about, "files", files);
    if (status == GA_OK)
        status = put_json(&j, "run.json", about, err);
    if (status == GA_OK)
        status = put_curves(&j, err);
    if (status == GA_OK && o->checkpoint)
        status = put_checkpoint(&j, err);
    json_decref(about);
    return status;
}
