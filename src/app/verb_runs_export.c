/* verb_runs_export.c - `ganatomy runs export`: a run to take along. */
#include "app/runs_export.h"
#include "base/file.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    ga_store *s = NULL;
    ga_run_card card = {0};
    ga_bundle *b = NULL;
    ga_export_tally t = {0};
    const ga_export_options o = {.digits = GA_ALL_DIGITS, .checkpoint = ga_rq_flag(rq, "checkpoint")};
    ga_status status = ga_runs_open(rq, &s, err);
    if (status == GA_OK && ga_is_file(path))
        status = ga_fail(err, GA_EEXIST,
                         "'%s' is there already: give another name, or remove it", path);
    if (status == GA_OK)
        status = ga_run_card_read(s, ga_rq_text(rq, "run"), &card, err);
    if (status == GA_OK)
        status = ga_bundle_create(path, &b, err);
    if (status == GA_OK)
        status = ga_run_export(rq, b, "", s, &card, &o, &t, err);
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
