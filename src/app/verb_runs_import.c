/* verb_runs_import.c - `ganatomy runs import`: the way back of `runs export`. */
#include "app/runs_import.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *path = ga_rq_text(rq, "path");
    ga_import_tally t;
    const ga_status status = ga_runs_import(rq, path, ga_rq_text(rq, "name"), &t, err);
    if (status == GA_OK)
        ga_runs_import_tell(rq, &t, "took over");
    return status;
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
