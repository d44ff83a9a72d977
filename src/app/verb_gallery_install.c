/* verb_gallery_install.c - `ganatomy gallery install`. */
#include "app/models.h"
#include "app/runs_import.h"
#include "base/alloc.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *given = ga_rq_text(rq, "path");
    ga_import_tally t;
    char *path = given != NULL ? ga_mem_string(given) : NULL;
    ga_status status = GA_OK;
    if (given == NULL)
        status = ga_app_shipped_file(rq, "gallery.zip",
                                     "`ganatomy gallery build` makes one, or name what it made",
                                     &path, err);
    else if (path == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a path");
    if (status == GA_OK)
        status = ga_runs_import(rq, path, NULL, &t, err);
    ga_mem_free(path);
    if (status == GA_OK)
        ga_runs_import_tell(rq, &t, "installed");
    return status;
}

static const ga_field fields[] = {
    {.name = "path",
     .type = GA_FIELD_TEXT,
     .value = "PATH",
     .positional = true,
     .help =
         "what `ganatomy gallery build` wrote (default: the gallery that came with the program)"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy gallery install", "sixty finished trainings to look at"}, {0}};

const ga_verb ga_verb_gallery_install = {
    .name = "gallery install",
    .summary = "put sixty finished trainings into the workspace",
    .description =
        "Sixty small GANs on MNIST and Fashion-MNIST, six learning rates by five lengths of the "
        "latent, with their losses, scores and sheets of samples over time, and their generators. "
        "They are runs like one's own: `ganatomy runs list`, `show`, `compare`, `ganatomy generate "
        "mnist-lr0.0004-z100`. What is here already is left alone. `ganatomy gallery build` made "
        "them, and makes galleries of one's own.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
