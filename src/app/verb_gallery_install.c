/* verb_gallery_install.c - `ganatomy gallery install`. */
#include "app/gallery.h"
#include "app/models.h"
#include "app/runs_import.h"
#include "base/alloc.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *given = ga_rq_text(rq, "path");
    ga_import_tally t;
    char bytes[32];
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
    if (status != GA_OK)
        return status;
    if (t.runs > 0)
        ga_rq_say(rq, "installed %d runs: %zu points of curves, %d files (%s)", t.runs, t.points,
                  t.files, ga_format_bytes(t.bytes, bytes, sizeof bytes));
    if (t.present > 0)
        ga_rq_say(rq, "%d %s here already", t.present, t.present == 1 ? "run was" : "runs were");
    ga_rq_say(rq, "next: ganatomy runs list, or ganatomy runs show %s --sheets -o film.png",
              t.name);
    ga_rq_result(rq, json_pack("{s:i, s:i, s:I, s:i}", "runs", t.runs, "present", t.present,
                               "points", (json_int_t)t.points, "files", t.files));
    return GA_OK;
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
        "them.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
