/* verb_runs_import.c - `ganatomy runs import`: the way back of `runs export`. */
#include "app/runs_import.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *path = ga_rq_text(rq, "path");
    ga_import_tally t;
    char bytes[32];
    const ga_status status = ga_runs_import(rq, path, ga_rq_text(rq, "name"), &t, err);
    if (status != GA_OK)
        return status;
    if (t.runs == 1)
        ga_rq_say(rq, "took over run '%s': %zu points of curves, %d files (%s)", t.name, t.points,
                  t.files, ga_format_bytes(t.bytes, bytes, sizeof bytes));
    else if (t.runs > 0)
        ga_rq_say(rq, "took over %d runs: %zu points of curves, %d files (%s)", t.runs, t.points,
                  t.files, ga_format_bytes(t.bytes, bytes, sizeof bytes));
    if (t.present > 0)
        ga_rq_say(rq,
                  t.present == 1 ? "%d run was here already, as '%s'" : "%d runs were here already",
                  t.present, t.name);
    ga_rq_say(rq, "next: ganatomy runs show %s", t.name);
    ga_rq_result(rq, json_pack("{s:i, s:i, s:I, s:i}", "runs", t.runs, "present", t.present,
                               "points", (json_int_t)t.points, "files", t.files));
    return GA_OK;
}

static const ga_field fields[] = {
    {.name = "path",
     .type = GA_FIELD_TEXT,
     .value = "PATH",
     .positional = true,
     .required = true,
     .help = "what `ganatomy runs export` wrote: a .zip file, or a folder"},
    {.name = "name",
     .type = GA_FIELD_TEXT,
     .value = "NAME",
     .help = "another name for the run than it has"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy runs import digits.zip", "a colleague's run"},
    {"ganatomy runs import digits.zip --name hers", "beside one's own of the same name"},
    {0}};

const ga_verb ga_verb_runs_import = {
    .name = "runs import",
    .summary = "take over trainings that were exported elsewhere",
    .description =
        "Adds the run to the workspace as it was: options, curves, events, sheets and models, "
        "which "
        "can then be shown, compared and used like one's own. Files are checked against what "
        "the run recorded. A run that is here already is left alone. Its checkpoint does not come "
        "along, so it cannot be trained further.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
