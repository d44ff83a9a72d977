/* verb_runs_show.c - `ganatomy runs show`: one run in words, as curves, as a strip of samples. */
#include "app/runs_card.h"
#include "app/runs_curves.h"
#include "app/runs_film.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

static ga_status show_card(ga_request *rq, ga_store *s, const char *name, ga_err *err)
{
    ga_run_card card;
    ga_status status = ga_run_card_read(s, name, &card, err);
    if (status == GA_OK)
        status = ga_run_card_say(rq, &card, err);
    if (status == GA_OK)
        ga_rq_result(rq, ga_run_card_json(&card));
    ga_run_card_free(&card);
    return status;
}

/* ---- curves -----------------------------------------------------------------------------------*/

/* Where guessing is, for losses of which that is known: docs/training.md. */
static int guessing(const ga_run_found *run, char *const *names, size_t n, ga_chart_mark marks[2])
{
    const char *loss = json_string_value(json_object_get(run->config, "loss")),
               *kind = run->record->kind;
    const bool gan = strcmp(kind, "gan") == 0 || strcmp(kind, "cgan") == 0;
    const bool minimax = loss != NULL && strcmp(loss, "minimax") == 0;
    bool d = false, g = false;
    int n_marks = 0;
    if (!gan || (loss != NULL && strcmp(loss, "nonsaturating") != 0 && !minimax))
        return 0;
    for (size_t i = 0; i < n; i++) {
        d = d || ga_ends_with(names[i], "loss_d");
        g = g || strcmp(names[i], "loss_g") == 0;
    }
    if (d)
        marks[n_marks++] = (ga_chart_mark){2 * log(2), "2 ln 2"};
    if (g && minimax)
        marks[n_marks++] = (ga_chart_mark){-log(2), "-ln 2"};
    else if (g)
        marks[n_marks++] = (ga_chart_mark){log(2), "ln 2"};
    return n_marks;
}

/* What was changed while the run lasted, and where it diverged. */
typedef struct changes {
    ga_event *events;
    size_t n;
    char (*words)[GA_EVENT_WORDS];
    ga_chart_mark *marks; /* n, and one more */
    int n_marks;
} changes;

static void changes_free(changes *c)
{
    ga_events_free(c->events, c->n);
    ga_mem_free(c->words);
    ga_mem_free(c->marks);
}

static ga_status read_changes(ga_store *s, int64_t run, changes *c, ga_err *err)
{
    ga_status status = ga_store_events(s, run, "change", &c->events, &c->n, err);
    if (status != GA_OK)
        return status;
    c->words = ga_mem_new(c->n, sizeof *c->words);
    c->marks = ga_mem_new(c->n + 1, sizeof *c->marks);
    if (c->words == NULL || c->marks == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for what was changed");
    for (size_t i = 0; i < c->n; i++)
        c->marks[c->n_marks++] = (ga_chart_mark){(double)c->events[i].step,
                                                 ga_words_event(&c->events[i], c->words[i])};
    return GA_OK;
}

static ga_status draw(ga_request *rq, ga_store *s, const ga_run_found *run, char *const *names,
                      const ga_run_curve *curves, size_t n, const ga_curve_wish *wish, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    char title[256], words[GA_CURVES_WORDS];
    ga_chart_mark levels[2];
    changes c = {0};
    ga_status status = read_changes(s, run->record->id, &c, err);
    if (status == GA_OK && run->record->state == GA_RUN_DIVERGED && n > 0) {
        double last = 0;
        for (size_t i = 0; i < n; i++)
            last = curves[i].n > 0 ? fmax(last, curves[i].x[curves[i].n - 1]) : last;
        c.marks[c.n_marks++] = (ga_chart_mark){last, "diverged"};
    }
    snprintf(title, sizeof title, "%s: %s", run->record->name, ga_curves_title(names, n, words));
    if (status == GA_OK)
        status = ga_curves_save(&(ga_curves_sheet){.title = title,
                                                   .y_label = ga_curves_y_label(names, n),
                                                   .curves = curves,
                                                   .n = n,
                                                   .levels = levels,
                                                   .n_levels = guessing(run, names, n, levels),
                                                   .moments = c.marks,
                                                   .n_moments = c.n_marks},
                                wish, path, err);
    changes_free(&c);
    return status;
}

static ga_status show_curves(ga_request *rq, ga_store *s, const ga_run_found *run, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    ga_curve_wish wish;
    char **names;
    size_t n = 0;
    ga_status status = ga_curve_wish_of(rq, &wish, err);
    if (status == GA_OK)
        status = ga_curves_check_path(path, err);
    if (status == GA_OK)
        status = ga_curves_chosen(s, run->record, ga_rq_text(rq, "curves"), &names, &n, err);
    if (status != GA_OK)
        return status;
    ga_run_curve *curves = ga_mem_new(n, sizeof *curves);
    if (curves == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for %zu curves", n);
    for (size_t i = 0; i < n && status == GA_OK; i++)
        status = ga_run_curve_read(s, run->record->id, names[i], names[i], (int)i, &wish,
                                   &curves[i], err);
    if (status == GA_OK)
        status = draw(rq, s, run, names, curves, n, &wish, err);
    if (status == GA_OK) {
        json_t *list = json_array();
        for (size_t i = 0; i < n; i++)
            (void)json_array_append_new(list, json_string(names[i]));
        ga_rq_say(rq, "wrote %s", path);
        ga_curves_note_flat(rq, curves, n, &wish, path);
        ga_rq_result(rq, json_pack("{s:s, s:o, s:s}", "run", run->record->name, "curves", list,
                                   "file", path));
    }
    for (size_t i = 0; curves != NULL && i < n; i++)
        ga_run_curve_free(&curves[i]);
    ga_mem_free(curves);
    ga_store_names_free(names, n);
    return status;
}

/* ---- the strip --------------------------------------------------------------------------------*/

enum { FRAMES = 14 };

static bool is_sheet(const ga_artifact *file, const ga_curve_wish *wish)
{
    return strcmp(file->kind, "samples") == 0 && file->step >= wish->from && file->step <= wish->to;
}

/* Sheets of the run in the range, by step (the database has them in that order); at most `most` of
 * them, evenly spread, the first and the last included. */
static size_t pick(const ga_artifact *files, size_t n, const ga_curve_wish *wish, size_t most,
                   const ga_artifact **out)
{
    size_t sheets = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        sheets += is_sheet(&files[i], wish);
    const size_t wanted = sheets < most ? sheets : most;
    for (size_t i = 0, k = 0; i < n && kept < wanted; i++) {
        if (!is_sheet(&files[i], wish))
            continue;
        const size_t at = wanted > 1 ? kept * (sheets - 1) / (wanted - 1) : sheets - 1;
        if (k++ == at)
            out[kept++] = &files[i];
    }
    return kept;
}

static ga_status show_sheets(ga_request *rq, ga_store *s, const ga_run_found *run, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    ga_artifact *files;
    ga_curve_wish wish;
    size_t n;
    ga_status status = ga_curve_wish_of(rq, &wish, err);
    if (status == GA_OK)
        status = ga_store_artifacts(s, run->record->id, &files, &n, err);
    if (status != GA_OK)
        return status;
    const size_t most = (size_t)ga_rq_int(rq, "frames", FRAMES);
    const ga_artifact **frames = ga_mem_new(n, sizeof(ga_artifact *));
    if (frames == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for sheets");
    const size_t kept = status == GA_OK ? pick(files, n, &wish, most, frames) : 0;
    if (status == GA_OK && kept == 0)
        status = ga_fail(err, GA_ENOTFOUND, "run '%s' has no sheets of samples%s",
                         run->record->name,
                         ga_rq_given(rq, "from") || ga_rq_given(rq, "to") ? " in that range" : "");
    ga_film_frame *film = ga_mem_new(kept, sizeof *film);
    if (status == GA_OK && film == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for %zu sheets", kept);
    for (size_t i = 0; i < kept && status == GA_OK; i++) {
        film[i].path = frames[i]->path;
        snprintf(film[i].caption, sizeof film[i].caption, "step %lld", (long long)frames[i]->step);
    }
    if (status == GA_OK)
        status = ga_film_write(film, kept, 7, run->record->name, path, err);
    ga_mem_free(film);
    if (status == GA_OK) {
        json_t *steps = json_array();
        for (size_t i = 0; i < kept; i++)
            (void)json_array_append_new(steps, json_integer(frames[i]->step));
        ga_rq_say(rq, "wrote %s: %zu sheets, steps %lld to %lld", path, kept,
                  (long long)frames[0]->step, (long long)frames[kept - 1]->step);
        ga_rq_result(rq, json_pack("{s:s, s:o, s:s}", "run", run->record->name, "steps", steps,
                                   "file", path));
    }
    ga_mem_free(frames);
    ga_artifacts_free(files, n);
    return status;
}

/* ---- the verb ---------------------------------------------------------------------------------*/

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *name = ga_rq_text(rq, "run"), *path = ga_rq_text(rq, "output");
    static const char *const of_sheets[] = {"frames", NULL};
    const bool sheets = ga_rq_flag(rq, "sheets");
    ga_store *s = NULL;
    ga_run_found found = {0};
    ga_status status = ga_pictures_check(rq, "film.png", of_sheets, err);
    if (status == GA_OK)
        status = ga_runs_open(rq, &s, err);
    if (status == GA_OK && path == NULL) {
        status = show_card(rq, s, name, err);
    } else if (status == GA_OK) {
        status = ga_runs_find(s, name, &found, err);
        if (status == GA_OK)
            status = ga_output_check(path, err);
        if (status == GA_OK)
            status = sheets ? show_sheets(rq, s, &found, err) : show_curves(rq, s, &found, err);
    }
    ga_run_found_free(&found);
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
    {.name = "curves",
     .type = GA_FIELD_TEXT,
     .value = "NAMES",
     .help = "these curves into -o: loss_d,loss_g; a * at the end of a name stands for any rest"},
    GA_CURVE_FIELDS,
    {.name = "sheets",
     .type = GA_FIELD_FLAG,
     .help = "the sheets of samples by step, as one picture into -o"},
    {.name = "frames",
     .type = GA_FIELD_INT,
     .value = "N",
     .fallback = "14",
     .min = 1,
     .max = 200,
     .help = "so many of them at most, evenly spread"},
    {.name = "output",
     .letter = 'o',
     .type = GA_FIELD_OUTPUT,
     .value = "FILE",
     .help = "curves as .svg, .png or .csv, sheets as .png (default: the run in words)"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy runs show digits", "all that is known of a run"},
    {"ganatomy runs show digits --curves loss_d,loss_g --rolling 50 -o losses.svg",
     "both losses, and their means over 50 steps"},
    {"ganatomy runs show digits --curves 'test/*' -o test.csv", "numbers for another program"},
    {"ganatomy runs show digits --sheets -o film.png", "how the samples came about"},
    {0}};

const ga_verb ga_verb_runs_show = {
    .name = "runs show",
    .summary = "show a training: settings, curves, samples, mistakes",
    .description =
        "Without -o, in words: command, options, data with the hash of its content, machine, "
        "times, "
        "files, and for every curve its first, last, lowest and highest value. If the run shows "
        "one "
        "of the classic mistakes, it is named with the number that gave it away and the page that "
        "explains it.\n\n"
        "With -o, a chart of curves, their numbers, or the sheets of samples. Curves are treated "
        "in "
        "this order: range, bound, rolling mean. Values that are not finite stay what they are: a "
        "cross in charts, a word in files.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
