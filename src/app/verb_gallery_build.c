/* verb_gallery_build.c - `ganatomy gallery build`. */
#include "app/gallery.h"
#include "app/runs_export.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include <string.h>
#include <sys/stat.h>

/* Digits of the curves in the archive. */
enum { DIGITS = 6 };

/* What the workspace has of a run. */
typedef enum presence { ABSENT, BEGUN, WHOLE, OTHER } presence;

static presence look(ga_store *s, const ga_gallery_plan *plan, size_t i)
{
    ga_run_record *r;
    ga_err unused;
    ga_text command = {0};
    if (ga_store_run_find(s, plan->run[i].name, &r, &unused) != GA_OK)
        return ABSENT;
    ga_gallery_command(plan, i, &command);
    const bool same = !command.failed && strcmp(command.data, r->command) == 0;
    const bool over = r->state == GA_RUN_DONE || r->state == GA_RUN_DIVERGED;
    ga_run_records_free(r, 1);
    ga_text_free(&command);
    return !same ? OTHER : over ? WHOLE : BEGUN;
}

/* The first option in which a recorded command is another than the gallery's. */
typedef struct difference {
    const char *command;
    const char *option; /* NULL: none was found yet */
    char was[96], is[96];
} difference;

/* What the command gives as --option: "" for a flag, "nothing" without it. */
static void value_in(const char *command, const char *option, char *buf, size_t size)
{
    char name[48];
    const int length = snprintf(name, sizeof name, " --%s", option);
    snprintf(buf, size, "nothing");
    for (const char *at = strstr(command, name); at != NULL; at = strstr(at + 1, name)) {
        const char *from = at + length, *end = strstr(from, " --");
        if (*from != ' ' && *from != 0)
            continue; /* a longer name */
        from += *from == ' ' && from != end;
        snprintf(buf, size, "%.*s", end != NULL ? (int)(end - from) : 90, from);
        return;
    }
}

static void compare_option(const char *option, const char *value, void *user)
{
    difference *d = user;
    if (d->option != NULL)
        return;
    value_in(d->command, option, d->was, sizeof d->was);
    snprintf(d->is, sizeof d->is, "%s", value != NULL ? value : "");
    if (strcmp(d->was, d->is) != 0)
        d->option = option;
}

static ga_status refuse_other(ga_store *s, const ga_gallery_plan *plan, size_t i, ga_err *err)
{
    const char *name = plan->run[i].name;
    ga_run_record *r;
    ga_status status = ga_store_run_find(s, name, &r, err);
    if (status != GA_OK)
        return status;
    difference d = {.command = r->command};
    ga_gallery_options(plan, i, compare_option, &d);
    if (d.option != NULL)
        status = ga_fail(err, GA_EEXIST,
                         "run '%s' was made with --%s %s, this gallery's has %s: give the same "
                         "options, or build in another workspace (--home)",
                         name, d.option, d.was, d.is);
    else
        status = ga_fail(err, GA_EEXIST,
                         "run '%s' was not made by this gallery's command: `ganatomy runs show %s` "
                         "tells how; build in another workspace (--home)",
                         name, name);
    ga_run_records_free(r, 1);
    return status;
}

/* wanted[i]: run i is still to be made. */
static ga_status find_wanted(ga_request *rq, const ga_gallery_plan *plan, bool *wanted, size_t *n,
                             ga_err *err)
{
    ga_store *s = NULL;
    const bool resume = ga_rq_flag(rq, "resume");
    *n = plan->n;
    memset(wanted, true, plan->n * sizeof *wanted);
    if (!ga_runs_any(rq))
        return GA_OK;
    ga_status status = ga_runs_open(rq, &s, err);
    for (size_t i = 0; status == GA_OK && i < plan->n; i++) {
        const presence is = look(s, plan, i);
        if (is == OTHER)
            status = refuse_other(s, plan, i, err);
        else if (is != ABSENT && !resume)
            status = ga_fail(err, GA_EEXIST,
                             "run '%s' is here already: --resume goes on with what is missing",
                             plan->run[i].name);
        wanted[i] = is != WHOLE;
        *n -= is == WHOLE;
    }
    ga_store_close(s);
    return status;
}

static ga_status pack(ga_request *rq, const ga_gallery_plan *plan, const char *path,
                      ga_export_tally *t, ga_err *err)
{
    const ga_export_options o = {.digits = DIGITS, .lean = true};
    const ga_progress *progress = ga_rq_progress(rq);
    ga_store *s = NULL;
    ga_bundle *b = NULL;
    ga_status status = ga_runs_open(rq, &s, err);
    if (status == GA_OK)
        status = ga_bundle_create(path, &b, err);
    for (size_t i = 0; status == GA_OK && i < plan->n; i++) {
        ga_run_card card = {0};
        status = ga_run_card_read(s, plan->run[i].name, &card, err);
        if (status == GA_OK)
            status = ga_run_export(rq, b, plan->run[i].name, s, &card, &o, t, err);
        ga_run_card_free(&card);
        if (progress->report != NULL)
            progress->report(progress->user, "packing", i + 1, plan->n);
    }
    if (status == GA_OK) {
        status = ga_bundle_finish(b, err);
        b = NULL;
    }
    ga_bundle_abandon(b);
    ga_store_close(s);
    return status;
}

static ga_status build(ga_request *rq, const ga_gallery_plan *plan, const bool *wanted, size_t n,
                       ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    ga_export_tally t = {0};
    struct stat st;
    char bytes[32];
    const int jobs = ga_cpu_threads((int)ga_rq_int(rq, "jobs", ga_rq_threads(rq)));
    ga_status status = ga_output_check(path, err);
    if (status == GA_OK && n < plan->n)
        ga_rq_say(rq, "%zu of %zu runs are here, %zu are to be made", plan->n - n, plan->n, n);
    if (status == GA_OK && n > 0)
        status = ga_gallery_make(rq, plan, wanted, jobs, err);
    if (status == GA_EINTERRUPTED || status == GA_ETERMINATED)
        ga_rq_note(rq, "to go on: the same command with --resume");
    if (status == GA_OK)
        status = pack(rq, plan, path, &t, err);
    if (status == GA_OK)
        status = ga_gallery_say(rq, plan, err);
    if (status != GA_OK)
        return status;
    const uint64_t size = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
    ga_rq_say(rq, "wrote %s: %zu runs, %d files (%s)", path, plan->n, t.files,
              ga_format_bytes(size, bytes, sizeof bytes));
    ga_rq_say(rq, "next: ganatomy runs show %s --sheets -o film.png", plan->run[0].name);
    ga_rq_result(rq, json_pack("{s:I, s:I, s:s, s:I}", "runs", (json_int_t)plan->n, "made",
                               (json_int_t)n, "gallery", path, "bytes", (json_int_t)size));
    return GA_OK;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    ga_gallery_plan plan;
    size_t n = 0;
    ga_status status = ga_gallery_plan_of(rq, &plan, err);
    if (status != GA_OK)
        return status;
    bool *wanted = ga_mem_new(plan.n, sizeof *wanted);
    status = wanted != NULL ? find_wanted(rq, &plan, wanted, &n, err)
                            : ga_fail(err, GA_ENOMEM, "no memory for a gallery");
    if (status == GA_OK)
        status = build(rq, &plan, wanted, n, err);
    ga_mem_free(wanted);
    ga_gallery_plan_free(&plan);
    return status;
}

static const ga_field fields[] = {
    {.name = "output",
     .letter = 'o',
     .type = GA_FIELD_OUTPUT,
     .value = "FILE.zip",
     .fallback = "gallery.zip",
     .help = "archive of the finished runs, for `ganatomy gallery install`; or a new folder"},
    {.name = "resume",
     .type = GA_FIELD_FLAG,
     .help = "go on with what is missing: runs that are whole are kept, others taken up"},
    {.name = "jobs",
     .type = GA_FIELD_INT,
     .value = "N",
     .min = 1,
     .max = 256,
     .help = "runs at a time, each on one core (default: --threads)"},
    {.name = "data",
     .type = GA_FIELD_TEXT,
     .value = "LIST",
     .fallback = "mnist,fashion-mnist",
     .help = "sets of pictures, commas between"},
    {.name = "lr",
     .type = GA_FIELD_TEXT,
     .value = "LIST",
     .fallback = "0.0001,0.0002,0.0004,0.0008,0.001,0.002",
     .help = "learning rates"},
    {.name = "z",
     .type = GA_FIELD_TEXT,
     .value = "LIST",
     .fallback = "25,50,75,100,125",
     .help = "lengths of the latent"},
    {.name = "steps",
     .type = GA_FIELD_INT,
     .value = "N",
     .fallback = "6250",
     .min = 1,
     .max = 1e9,
     .help = "length of each run, in steps of 64 pictures"},
    {.name = "images",
     .type = GA_FIELD_INT,
     .value = "N",
     .min = 1,
     .max = 1e9,
     .help = "only so many training pictures, evenly over the classes (default: 20000 of mnist and "
             "fashion-mnist, all of others)"},
    {.name = "pixels",
     .type = GA_FIELD_INT,
     .value = "N",
     .min = 1,
     .max = 4096,
     .help = "make every picture N x N (default: as they are; a DCGAN has 28, 32, 64 or 128)"},
    {.name = "width",
     .type = GA_FIELD_INT,
     .value = "W",
     .fallback = "8",
     .min = 1,
     .max = 256,
     .help = "of the generators (`dcgan:width=W`); discriminators are twice as wide"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy gallery build --resume", "the sixty runs, taken up wherever they stand"},
    {"ganatomy gallery build --data ./leaves --pixels 32 --lr 0.0002,0.0004 --z 16,64 --steps 2000 "
     "-o leaves.zip",
     "four runs on pictures of one's own, for a class"},
    {0}};

const ga_verb ga_verb_gallery_build = {
    .name = "gallery build",
    .summary = "train a gallery of small GANs that differ in one or two things",
    .description =
        "Trains a DCGAN for each set of pictures, learning rate and latent (sixty by default), in "
        "this workspace, under names such as mnist-lr0.0004-z100, and packs them: losses of every "
        "step, sheets and scores at fourteen moments, models. Small networks use one core well and "
        "two badly, so runs are made side by side. Each run is one command (`ganatomy runs show "
        "NAME`), and --resume takes up what was stopped or killed.\n\nCurves in the archive have "
        "six digits. A run that diverges is part of the gallery.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
