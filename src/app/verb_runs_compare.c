/* verb_runs_compare.c - `ganatomy runs compare`: what differs between runs, in options and results.
 */
#include "app/runs_curves.h"
#include "app/runs_film.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/text.h"
#include <string.h>

enum { MOST_RUNS = 64, FEW_RUNS = 3 /* that are columns of a table; more are rows */ };

typedef struct party {
    ga_store *store;
    ga_run_found runs[MOST_RUNS];
    ga_last_point *last[MOST_RUNS];
    size_t n_last[MOST_RUNS];
    int n;
} party;

static void party_free(party *p)
{
    for (int i = 0; i < p->n; i++) {
        ga_run_found_free(&p->runs[i]);
        ga_last_points_free(p->last[i], p->n_last[i]);
    }
    ga_store_close(p->store);
}

static ga_status add_run(party *p, const char *name, ga_err *err)
{
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->runs[i].record->name, name) == 0)
            return ga_fail(err, GA_EINVAL, "run '%s' is named twice", name);
    if (p->n == MOST_RUNS)
        return ga_fail(err, GA_EINVAL, "more than %d runs to compare", MOST_RUNS);
    ga_status status = ga_runs_find(p->store, name, &p->runs[p->n], err);
    if (status != GA_OK)
        return status;
    const int i = p->n++;
    return ga_store_last_points(p->store, p->runs[i].record->id, &p->last[i], &p->n_last[i], err);
}

/* Adds what a name stands for: with `*` at its end, every run whose name begins so, oldest first.
 */
static ga_status add_named(party *p, const char *name, ga_err *err)
{
    ga_run_record *all;
    size_t n;
    const size_t stem = strlen(name) - 1;
    if (name[0] == 0 || name[stem] != '*')
        return add_run(p, name, err);
    const int before = p->n;
    ga_status status = ga_store_runs(p->store, NULL, &all, &n, err);
    for (size_t i = 0; i < n && status == GA_OK; i++)
        if (strncmp(all[i].name, name, stem) == 0)
            status = add_run(p, all[i].name, err);
    if (status == GA_OK && p->n == before)
        status = ga_fail(err, GA_ENOTFOUND, "no run's name begins with '%.*s'", (int)stem, name);
    ga_run_records_free(all, n);
    return status;
}

static ga_status gather(ga_request *rq, party *p, ga_err *err)
{
    int n;
    const char *const *names = ga_rq_list(rq, "runs", &n);
    ga_status status = ga_runs_open(rq, &p->store, err);
    for (int i = 0; i < n && status == GA_OK; i++)
        status = add_named(p, names[i], err);
    if (status == GA_OK && p->n < 2)
        status = ga_fail(err, GA_EINVAL, "1 run to compare: expected 2 to %d", MOST_RUNS);
    return status;
}

/* ---- tables -----------------------------------------------------------------------------------*/

/* A table whose columns are the runs, row by row; cells are owned. */
typedef struct table {
    const party *p;
    char **cells;
    size_t rows, capacity;
    bool failed;
} table;

static void table_free(table *t)
{
    for (size_t i = 0; i < t->rows * (size_t)(t->p->n + 1); i++)
        ga_mem_free(t->cells[i]);
    ga_mem_free(t->cells);
}

/* A new row: its heading and, to be filled with ga_mem_string, its cells; NULL without memory. */
static char **add_row(table *t, const char *heading)
{
    const size_t columns = (size_t)t->p->n + 1;
    if (t->rows == t->capacity) {
        const size_t more = t->capacity > 0 ? 2 * t->capacity : 16;
        char **cells = ga_mem_resize(t->cells, t->capacity * columns, more * columns,
                                     sizeof *cells);
        t->failed = t->failed || cells == NULL;
        if (cells == NULL)
            return NULL;
        t->cells = cells;
        t->capacity = more;
    }
    char **row = t->cells + t->rows++ * columns;
    row[0] = ga_mem_string(heading);
    return row + 1;
}

/* Rows that a table of many runs keeps; options all but their hashes. */
static bool is_kept(const char *row, bool results)
{
    static const char *const results_kept[] = {
        "took",          "frechet", "precision", "recall", "coverage",
        "test/accuracy", "loss",    "loss_d",    "loss_g", NULL};
    if (!results)
        return !ga_ends_with(row, "_sha256");
    for (int i = 0; results_kept[i] != NULL; i++)
        if (strcmp(row, results_kept[i]) == 0)
            return true;
    return false;
}

/* Many runs are rows; what there is to say of them are columns. */
static void say_turned(ga_request *rq, table *t, const char *right, bool results)
{
    enum { MOST_COLUMNS = 64 };
    const size_t wide = (size_t)t->p->n + 1;
    const char *headings[MOST_COLUMNS + 1] = {"run"};
    char words[MOST_COLUMNS][128];
    size_t kept[MOST_COLUMNS], n = 0;
    for (size_t i = 0; i < t->rows && n < MOST_COLUMNS; i++) {
        if (!is_kept(t->cells[i * wide], results))
            continue;
        snprintf(words[n], sizeof words[n], "%s%s", right, t->cells[i * wide]);
        headings[n + 1] = words[n];
        kept[n++] = i;
    }
    const char **cells = ga_mem_new((size_t)t->p->n * (n + 1), sizeof *cells);
    t->failed = t->failed || cells == NULL;
    for (int i = 0; cells != NULL && i < t->p->n; i++) {
        const char **row = cells + (size_t)i * (n + 1);
        row[0] = t->p->runs[i].record->name;
        for (size_t k = 0; k < n; k++)
            row[k + 1] = t->cells[kept[k] * wide + (size_t)i + 1];
    }
    if (cells != NULL && n > 0)
        ga_say_table(rq, 0, headings, (int)n + 1, cells, (size_t)t->p->n);
    ga_mem_free(cells);
}

static void say_table(ga_request *rq, table *t, bool results)
{
    const char *right = results ? ">" : "";
    const char *headings[MOST_RUNS + 1] = {results ? "last value" : "what differs"};
    char names[MOST_RUNS][128];
    if (t->p->n > FEW_RUNS) {
        say_turned(rq, t, right, results);
        return;
    }
    for (int i = 0; i < t->p->n; i++) {
        snprintf(names[i], sizeof names[i], "%s%s", right, t->p->runs[i].record->name);
        headings[i + 1] = names[i];
    }
    ga_say_table(rq, 0, headings, t->p->n + 1, (const char *const *)t->cells, t->rows);
}

/* ---- options ----------------------------------------------------------------------------------*/

/* Of a hash, which shows that networks or data differ, the beginning is enough. */
static char *words_of(const char *key, const json_t *v)
{
    char buf[64];
    if (json_is_string(v))
        return ga_mem_string_n(json_string_value(v), ga_ends_with(key, "_sha256")
                                                         ? strnlen(json_string_value(v), 12)
                                                         : json_string_length(v));
    if (json_is_integer(v))
        snprintf(buf, sizeof buf, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        snprintf(buf, sizeof buf, "%.9g", json_real_value(v));
    else
        snprintf(buf, sizeof buf, "%s", json_is_true(v) ? "on" : json_is_false(v) ? "off" : "-");
    return ga_mem_string(buf);
}

/* A row unless all runs have the same. */
static void add_option(table *t, const char *key, json_t *out)
{
    const party *p = t->p;
    const json_t *first = json_object_get(p->runs[0].config, key);
    bool same = true;
    for (int i = 1; i < p->n; i++) {
        const json_t *v = json_object_get(p->runs[i].config, key);
        same = same && (v == first || json_equal(v, first));
    }
    if (same)
        return;
    char **row = add_row(t, key);
    json_t *list = json_array();
    for (int i = 0; i < p->n && row != NULL; i++) {
        json_t *v = json_object_get(p->runs[i].config, key);
        row[i] = words_of(key, v);
        (void)json_array_append_new(list, v != NULL ? json_incref(v) : json_null());
    }
    (void)json_object_set_new(out, key, list);
}

static void add_words(table *t, const char *key, const char *(*word)(const ga_run_record *),
                      json_t *out)
{
    bool same = true;
    for (int i = 1; i < t->p->n; i++)
        same = same && strcmp(word(t->p->runs[i].record), word(t->p->runs[0].record)) == 0;
    if (same)
        return;
    char **row = add_row(t, key);
    json_t *list = json_array();
    for (int i = 0; i < t->p->n && row != NULL; i++) {
        row[i] = ga_mem_string(word(t->p->runs[i].record));
        (void)json_array_append_new(list, json_string(word(t->p->runs[i].record)));
    }
    (void)json_object_set_new(out, key, list);
}

static const char *kind_of(const ga_run_record *r)
{
    return r->kind;
}

static const char *state_of(const ga_run_record *r)
{
    return ga_run_state_name(r->state);
}

static const char *program_of(const ga_run_record *r)
{
    return r->code_version;
}

static ga_status compare_options(ga_request *rq, const party *p, json_t *out, ga_err *err)
{
    table t = {.p = p};
    json_t *keys = json_object(); /* of all runs, in their order */
    const char *key;
    json_t *v;
    for (int i = 0; i < p->n; i++)
        (void)json_object_update_missing(keys, p->runs[i].config);
    add_words(&t, "kind", kind_of, out);
    json_object_foreach(keys, key, v) add_option(&t, key, out);
    add_words(&t, "program", program_of, out);
    add_words(&t, "state", state_of, out);
    json_decref(keys);
    const ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "no memory for a comparison")
                                      : GA_OK;
    if (status == GA_OK && t.rows == 0)
        ga_rq_say(rq, "all options are the same");
    else if (status == GA_OK)
        say_table(rq, &t, false);
    table_free(&t);
    return status;
}

/* ---- results ----------------------------------------------------------------------------------*/

static const ga_last_point *last_of(const party *p, int run, const char *series)
{
    for (size_t i = 0; i < p->n_last[run]; i++)
        if (strcmp(p->last[run][i].series, series) == 0)
            return &p->last[run][i];
    return NULL;
}

static ga_status compare_results(ga_request *rq, const party *p, json_t *out, ga_err *err)
{
    table t = {.p = p};
    char buf[GA_RUN_WORDS];
    char **row = add_row(&t, "took");
    for (int i = 0; i < p->n && row != NULL; i++)
        row[i] = ga_mem_string(ga_words_duration(p->runs[i].record->seconds, buf));
    for (int i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->n_last[i]; k++) {
            const char *series = p->last[i][k].series;
            bool told = false; /* with a run before */
            for (int j = 0; j < i; j++)
                told = told || last_of(p, j, series) != NULL;
            if (told || (row = add_row(&t, series)) == NULL)
                continue;
            json_t *list = json_array();
            for (int j = 0; j < p->n; j++) {
                const ga_last_point *last = last_of(p, j, series);
                row[j] = ga_mem_string(last != NULL ? ga_words_number(last->value, 5, buf) : "-");
                (void)json_array_append_new(list, last != NULL ? ga_json_number(last->value)
                                                               : json_null());
            }
            (void)json_object_set_new(out, series, list);
        }
    const ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "no memory for a comparison")
                                      : GA_OK;
    if (status == GA_OK) {
        ga_rq_say(rq, "%s", "");
        say_table(rq, &t, true);
    }
    table_free(&t);
    return status;
}

/* ---- the chart --------------------------------------------------------------------------------*/

/* The most telling curve that all of them have. */
static const char *common_curve(const party *p)
{
    static const char *const telling[] = {"frechet", "test/accuracy", "test/loss",
                                          "loss_g",  "loss",          NULL};
    for (int i = 0; telling[i] != NULL; i++) {
        bool all = true;
        for (int k = 0; k < p->n; k++)
            all = all && last_of(p, k, telling[i]) != NULL;
        if (all)
            return telling[i];
    }
    return p->n_last[0] > 0 ? p->last[0][0].series : NULL;
}

/* Runs have colours; with several curves each, these have strokes as far as there are some. */
static int look_of(const party *p, int run, size_t curve, size_t n_curves)
{
    enum { COLOURS = 7 };
    if (p->n <= COLOURS && n_curves * COLOURS <= GA_CHART_MAX_CURVES)
        return run + (int)curve * COLOURS;
    return run * (int)n_curves + (int)curve;
}

static ga_status read_all(const party *p, const char *list, const ga_curve_wish *wish,
                          ga_run_curve *curves, char *const *names, size_t n, ga_err *err)
{
    ga_status status = GA_OK;
    for (int i = 0; i < p->n && status == GA_OK; i++) {
        const ga_run_record *r = p->runs[i].record;
        char **here;
        size_t n_here;
        /* says which run lacks which curve */
        status = ga_curves_chosen(p->store, r, list, &here, &n_here, err);
        if (status == GA_OK)
            ga_store_names_free(here, n_here);
        for (size_t k = 0; k < n && status == GA_OK; k++) {
            char label[256];
            snprintf(label, sizeof label, "%s%s%s", r->name, n > 1 ? " " : "",
                     n > 1 ? names[k] : "");
            status = ga_run_curve_read(p->store, r->id, names[k], label, look_of(p, i, k, n), wish,
                                       &curves[(size_t)i * n + k], err);
        }
    }
    return status;
}

static ga_status draw(ga_request *rq, const party *p, const char *path, ga_err *err)
{
    ga_curve_wish wish;
    char **names = NULL, title[192], words[GA_CURVES_WORDS];
    size_t n = 0;
    const char *list = ga_rq_given(rq, "curves") ? ga_rq_text(rq, "curves") : common_curve(p);
    ga_status status = ga_curve_wish_of(rq, &wish, err);
    if (status == GA_OK)
        status = ga_curves_check_path(path, err);
    if (status == GA_OK)
        status = ga_curves_chosen(p->store, p->runs[0].record, list, &names, &n, err);
    if (status != GA_OK)
        return status;
    const size_t n_curves = n * (size_t)p->n;
    ga_run_curve *curves = ga_mem_new(n_curves, sizeof *curves);
    status = curves != NULL ? read_all(p, list, &wish, curves, names, n, err)
                            : ga_fail(err, GA_ENOMEM, "no memory for %zu curves", n_curves);
    snprintf(title, sizeof title, "%s of %d runs", ga_curves_title(names, n, words), p->n);
    if (status == GA_OK)
        status = ga_curves_save(&(ga_curves_sheet){.title = title,
                                                   .y_label = ga_curves_y_label(names, n),
                                                   .curves = curves,
                                                   .n = n_curves},
                                &wish, path, err);
    if (status == GA_OK) {
        ga_rq_say(rq, "\nwrote %s", path);
        ga_curves_note_flat(rq, curves, n_curves, &wish, path);
    }
    for (size_t i = 0; curves != NULL && i < n_curves; i++)
        ga_run_curve_free(&curves[i]);
    ga_mem_free(curves);
    ga_store_names_free(names, n);
    return status;
}

/* ---- sheets -----------------------------------------------------------------------------------*/

/* The run's last sheet at or before a step as a frame; path is a new string. */
static ga_status frame_of(const party *p, int run, int64_t step, ga_film_frame *out, ga_err *err)
{
    const ga_run_record *r = p->runs[run].record;
    ga_artifact *files;
    size_t n;
    ga_status status = ga_store_artifacts(p->store, r->id, &files, &n, err);
    if (status != GA_OK)
        return status;
    const ga_artifact *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (strcmp(files[i].kind, "samples") == 0 && files[i].step <= step)
            best = &files[i];
    if (best == NULL)
        status = ga_fail(err, GA_ENOTFOUND, "run '%s' has no sheets of samples%s", r->name,
                         n > 0 && step < INT64_MAX ? " at or before that step" : "");
    else if ((out->path = ga_mem_string(best->path)) == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a path");
    else
        snprintf(out->caption, sizeof out->caption, "%s", r->name);
    ga_artifacts_free(files, n);
    return status;
}

static ga_status draw_sheets(ga_request *rq, const party *p, const char *path, ga_err *err)
{
    const int64_t step = ga_rq_int(rq, "step", INT64_MAX);
    ga_film_frame *frames = ga_mem_new((size_t)p->n, sizeof *frames);
    ga_status status = frames != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for sheets");
    for (int i = 0; i < p->n && status == GA_OK; i++)
        status = frame_of(p, i, step, &frames[i], err);
    if (status == GA_OK)
        status = ga_film_write(frames, (size_t)p->n, (int)ga_rq_int(rq, "columns", 5), NULL, path,
                               err);
    for (int i = 0; frames != NULL && i < p->n; i++)
        ga_mem_free((char *)frames[i].path);
    ga_mem_free(frames);
    if (status == GA_OK)
        ga_rq_say(rq, "\nwrote %s: sheets of %d runs", path, p->n);
    return status;
}

/* ---- the verb ---------------------------------------------------------------------------------*/

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    party p = {0};
    json_t *options = json_object(), *last = json_object(), *names = json_array();
    static const char *const of_sheets[] = {"step", "columns", NULL};
    const bool sheets = ga_rq_flag(rq, "sheets");
    ga_status status = ga_pictures_check(rq, "sheets.png", of_sheets, err);
    if (status == GA_OK && sheets && (ga_rq_given(rq, "from") || ga_rq_given(rq, "to")))
        status = ga_fail(err, GA_EINVAL,
                         "--from and --to are about curves: of each run one sheet is shown, and "
                         "--step STEP says which");
    if (status == GA_OK)
        status = ga_output_check(path, err);
    if (status == GA_OK)
        status = gather(rq, &p, err);
    if (status == GA_OK)
        status = compare_options(rq, &p, options, err);
    if (status == GA_OK)
        status = compare_results(rq, &p, last, err);
    if (status == GA_OK && path != NULL)
        status = sheets ? draw_sheets(rq, &p, path, err) : draw(rq, &p, path, err);
    for (int i = 0; i < p.n && status == GA_OK; i++)
        (void)json_array_append_new(names, json_string(p.runs[i].record->name));
    if (status == GA_OK)
        ga_rq_result(rq, json_pack("{s:O, s:O, s:O, s:s?}", "runs", names, "options", options,
                                   "last", last, "file", path));
    json_decref(names);
    json_decref(options);
    json_decref(last);
    party_free(&p);
    return status;
}

static const ga_field fields[] = {
    {.name = "runs",
     .type = GA_FIELD_TEXT,
     .value = "RUN",
     .positional = true,
     .required = true,
     .many = true,
     .help = "two runs or more; a * at the end of a name stands for any rest"},
    {.name = "curves",
     .type = GA_FIELD_TEXT,
     .value = "NAMES",
     .help = "these curves into -o (default: the most telling one that all have, frechet first)"},
    GA_CURVE_FIELDS,
    {.name = "sheets",
     .type = GA_FIELD_FLAG,
     .help = "the last sheet of samples of each run into -o, side by side"},
    {.name = "step",
     .type = GA_FIELD_INT,
     .value = "STEP",
     .min = 0,
     .max = 9007199254740992.0,
     .help = "sheets of the last moment at or before this step"},
    {.name = "columns",
     .type = GA_FIELD_INT,
     .value = "N",
     .fallback = "5",
     .min = 1,
     .max = 64,
     .help = "sheets in a row"},
    {.name = "output",
     .letter = 'o',
     .type = GA_FIELD_OUTPUT,
     .value = "FILE",
     .help = "the same curves of all runs, as .svg, .png or .csv; sheets as .png"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy runs compare slow fast", "options that differ, and last values side by side"},
    {"ganatomy runs compare slow fast --curves loss_g --rolling 50 -o rates.svg",
     "and their curves in one chart"},
    {"ganatomy runs compare 'mnist-*' --sheets -o samples.png",
     "what each of the gallery's thirty drew in the end"},
    {0}};

const ga_verb ga_verb_runs_compare = {
    .name = "runs compare",
    .summary = "compare trainings: options, curves, last values",
    .description =
        "A table of the options that differ, one of the last value of every curve, and "
        "with -o one chart with the same curves of all runs, or with --sheets their samples "
        "side by side.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
