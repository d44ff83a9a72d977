/* runs_curves.c - see runs_curves.h. */
#include "app/runs_curves.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const ga_bound_words[] = {"drop", "clamp", NULL};
_Static_assert(GA_BOUND_DROP == 0 && GA_BOUND_CLAMP == 1, "ga_bound_words is in its order");

ga_status ga_curve_wish_of(const ga_request *rq, ga_curve_wish *out, ga_err *err)
{
    *out = (ga_curve_wish){.from = ga_rq_int(rq, "from", 0),
                           .to = ga_rq_int(rq, "to", INT64_MAX),
                           .bounded = ga_rq_given(rq, "bound"),
                           .bound = ga_rq_number(rq, "bound", 0),
                           .rolling = (size_t)ga_rq_int(rq, "rolling", 1),
                           .log = ga_rq_flag(rq, "log")};
    if (strcmp(ga_rq_text(rq, "bound-mode"), ga_bound_words[GA_BOUND_CLAMP]) == 0)
        out->mode = GA_BOUND_CLAMP;
    if (out->to < out->from)
        return ga_fail(err, GA_EINVAL, "--to %lld lies before --from %lld", (long long)out->to,
                       (long long)out->from);
    if (ga_rq_given(rq, "bound-mode") && !out->bounded)
        return ga_fail(err, GA_EINVAL, "--bound-mode needs the bound: --bound X");
    return GA_OK;
}

/* The first of names (NULL at the end) that the user gave, or NULL. */
static const char *given_of(const ga_request *rq, const char *const *names)
{
    while (*names != NULL && !ga_rq_given(rq, *names))
        names++;
    return *names;
}

ga_status ga_pictures_check(const ga_request *rq, const char *film, const char *const *of_sheets,
                            ga_err *err)
{
    static const char *const of_curves[] = {"bound", "bound-mode", "rolling", "log", NULL};
    static const char *const of_both[] = {"from", "to", NULL};
    const bool sheets = ga_rq_flag(rq, "sheets"), curves = ga_rq_given(rq, "curves");
    const bool file = ga_rq_text(rq, "output") != NULL;
    const char *curve_option = given_of(rq, of_curves), *range = given_of(rq, of_both),
               *sheet_option = given_of(rq, of_sheets);
    if (sheets && curves)
        return ga_fail(err, GA_EINVAL, "--curves and --sheets are two pictures: ask for each");
    if ((sheets || curves) && !file)
        return ga_fail(err, GA_EINVAL, "--%s needs a file: -o %s", sheets ? "sheets" : "curves",
                       sheets ? film : "curves.svg");
    if (sheets && curve_option != NULL)
        return ga_fail(err, GA_EINVAL, "--%s is about curves, and --sheets draws none",
                       curve_option);
    if (!sheets && sheet_option != NULL)
        return ga_fail(err, GA_EINVAL, "--%s is about sheets of samples: give --sheets too",
                       sheet_option);
    if (!file && (curve_option != NULL || range != NULL))
        return ga_fail(err, GA_EINVAL, "--%s is about curves, which need a file: -o curves.svg",
                       curve_option != NULL ? curve_option : range);
    return GA_OK;
}

/* ---- which ------------------------------------------------------------------------------------*/

/* Does a word of the list (n chars) mean that series? */
static bool means(const char *word, size_t n, const char *series)
{
    if (n > 0 && word[n - 1] == '*')
        return strncmp(series, word, n - 1) == 0;
    return strlen(series) == n && strncmp(series, word, n) == 0;
}

static ga_status no_such(const ga_run_record *run, const char *word, size_t length, char **all,
                         size_t n, ga_err *err)
{
    char near[GA_DID_YOU_MEAN], asked[128];
    ga_text list = {0};
    const char **words = ga_mem_new(n + 1, sizeof *words);
    snprintf(asked, sizeof asked, "%.*s", (int)length, word);
    for (size_t i = 0; words != NULL && i < n; i++) {
        words[i] = all[i];
        ga_text_addf(&list, "%s%s", i > 0 ? ", " : "", all[i]);
    }
    ga_status status;
    if (words == NULL || list.failed)
        status = ga_fail(err, GA_ENOMEM, "no memory for names of curves");
    else if (n == 0)
        status = ga_fail(err, GA_ENOTFOUND, "run '%s' has no curves: nothing was recorded of it",
                         run->name);
    else
        status = ga_fail(err, GA_ENOTFOUND, "run '%s' has no curve '%s'%s: its curves are %s",
                         run->name, asked, ga_did_you_mean(asked, words, near), list.data);
    ga_text_free(&list);
    ga_mem_free(words);
    return status;
}

/* Adds what the word means and is not there yet; *found tells whether it means anything. */
static ga_status add_meant(const char *word, size_t length, char **all, size_t n_all, char **names,
                           size_t *n, bool *found, ga_err *err)
{
    *found = false;
    for (size_t i = 0; i < n_all; i++) {
        if (!means(word, length, all[i]))
            continue;
        *found = true;
        bool there = false;
        for (size_t k = 0; k < *n; k++)
            there = there || strcmp(names[k], all[i]) == 0;
        if (!there && (names[(*n)++] = ga_mem_string(all[i])) == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for names of curves");
    }
    return GA_OK;
}

static ga_status choose(const ga_run_record *run, const char *list, char **all, size_t n_all,
                        char **names, size_t *n, ga_err *err)
{
    bool found = false;
    const bool by_default = list == NULL;
    ga_status status = GA_OK;
    if (by_default) {
        status = add_meant("loss*", 5, all, n_all, names, n, &found, err);
        list = found ? "" : "*";
    }
    while (status == GA_OK && *list != 0) {
        const size_t length = strcspn(list, ",");
        status = add_meant(list, length, all, n_all, names, n, &found, err);
        if (status == GA_OK && !found)
            status = no_such(run, list, length, all, n_all, err);
        list += length + (list[length] == ',');
    }
    if (status == GA_OK && *n == 0) /* --curves "" */
        status = no_such(run, "", 0, all, n_all, err);
    return status;
}

ga_status ga_curves_chosen(ga_store *s, const ga_run_record *run, const char *list, char ***names,
                           size_t *n, ga_err *err)
{
    char **all;
    size_t n_all;
    *names = NULL;
    *n = 0;
    ga_status status = ga_store_series_names(s, run->id, &all, &n_all, err);
    if (status != GA_OK)
        return status;
    char **chosen = ga_mem_new(n_all + 1, sizeof *chosen);
    if (chosen == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for names of curves");
    if (status == GA_OK)
        status = choose(run, list, all, n_all, chosen, n, err);
    ga_store_names_free(all, n_all);
    if (status != GA_OK) {
        ga_store_names_free(chosen, chosen != NULL ? n_all : 0);
        *n = 0;
        return status;
    }
    *names = chosen;
    return GA_OK;
}

/* ---- treated ----------------------------------------------------------------------------------*/

void ga_run_curve_free(ga_run_curve *c)
{
    ga_store_series_free(c->steps, c->values);
    ga_mem_free(c->label);
    ga_mem_free(c->mean);
    ga_mem_free(c->x);
    ga_mem_free(c->gap);
    *c = (ga_run_curve){0};
}

ga_status ga_run_curve_read(ga_store *s, int64_t run, const char *series, const char *label,
                            int look, const ga_curve_wish *wish, ga_run_curve *out, ga_err *err)
{
    *out = (ga_run_curve){.look = look, .label = ga_mem_string(label)};
    ga_status status = out->label != NULL
                           ? ga_store_series_read(s, run, series, wish->from, wish->to, &out->steps,
                                                  &out->values, &out->n, err)
                           : ga_fail(err, GA_ENOMEM, "no memory for a curve");
    if (status != GA_OK) {
        ga_run_curve_free(out);
        return status;
    }
    out->of = out->n;
    if (wish->bounded) {
        out->gap = ga_mem_new(out->n, sizeof *out->gap);
        if (out->gap == NULL)
            status = ga_fail(err, GA_ENOMEM, "no memory for a curve of %zu points", out->n);
        out->n = ga_curve_bound(out->steps, out->values, out->n, wish->bound, wish->mode,
                                &out->above, out->gap);
    }
    out->x = ga_mem_new(out->n, sizeof *out->x);
    if (wish->rolling > 1)
        out->mean = ga_mem_new(out->n, sizeof *out->mean);
    if (out->x == NULL || (wish->rolling > 1 && out->mean == NULL))
        status = ga_fail(err, GA_ENOMEM, "no memory for a curve of %zu points", out->n);
    for (size_t i = 0; i < out->n && status == GA_OK; i++)
        out->x[i] = (double)out->steps[i];
    if (status == GA_OK && out->mean != NULL)
        status = ga_curve_rolling(out->values, out->n, wish->rolling, out->mean, err);
    if (status != GA_OK)
        ga_run_curve_free(out);
    return status;
}

/* ---- charts -----------------------------------------------------------------------------------*/

const char *ga_curves_y_label(char *const *names, size_t n)
{
    bool loss = n > 0, share = n > 0;
    for (size_t i = 0; i < n; i++) {
        loss = loss && strstr(names[i], "loss") != NULL;
        share = share &&
                (strstr(names[i], "accuracy") != NULL || strstr(names[i], "right") != NULL);
    }
    return n == 1 ? names[0] : loss ? "loss" : share ? "share that is right" : "value";
}

char *ga_curves_title(char *const *names, size_t n, char *buf)
{
    size_t at = 0;
    for (size_t i = 0; i < n && at < GA_CURVES_WORDS; i++)
        at += (size_t)snprintf(buf + at, GA_CURVES_WORDS - at, "%s%s", i > 0 ? ", " : "", names[i]);
    if (at > 60) /* longer than a title should be */
        snprintf(buf, GA_CURVES_WORDS, "%zu curves", n);
    return buf;
}

/* What was done to the numbers, in one line. */
static void add_note(const ga_curves_sheet *sheet, const ga_curve_wish *wish, ga_text *t)
{
    char number[GA_RUN_WORDS];
    if (wish->rolling > 1)
        ga_text_addf(t, "faint: each point; strong: mean of the last %zu points", wish->rolling);
    if (!wish->bounded)
        return;
    size_t above = 0, of = 0;
    for (size_t i = 0; i < sheet->n; i++) {
        above += sheet->curves[i].above;
        of += sheet->curves[i].of;
    }
    ga_text_addf(t, "%sabove %s %s: %zu of %zu points", t->length > 0 ? "; " : "",
                 ga_words_number(wish->bound, 6, number),
                 wish->mode == GA_BOUND_CLAMP ? "clamped to it" : "dropped", above, of);
}

static ga_status save_chart(const ga_curves_sheet *sheet, const ga_curve_wish *wish,
                            const char *path, ga_err *err)
{
    ga_text note = {0};
    int n = 0;
    if (sheet->n > GA_CHART_MAX_CURVES)
        return ga_fail(err, GA_EINVAL, "%zu curves in one chart, at most %d can be told apart",
                       sheet->n, GA_CHART_MAX_CURVES);
    ga_curve *curves = ga_mem_new(2 * sheet->n, sizeof *curves);
    if (curves == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a chart");
    for (size_t i = 0; i < sheet->n; i++) {
        const ga_run_curve *c = &sheet->curves[i];
        const bool averaged = c->mean != NULL;
        curves[n++] = (ga_curve){.name = averaged ? NULL : c->label,
                                 .x = c->x,
                                 .y = c->values,
                                 .n = (int)c->n,
                                 .look = c->look,
                                 .faint = averaged,
                                 .gap = c->gap};
        if (averaged)
            curves[n++] = (ga_curve){.name = c->label,
                                     .x = c->x,
                                     .y = c->mean,
                                     .n = (int)c->n,
                                     .look = c->look,
                                     .gap = c->gap};
    }
    add_note(sheet, wish, &note);
    const ga_status status = note.failed ? ga_fail(err, GA_ENOMEM, "no memory for a chart")
                                         : ga_chart_save(&(ga_chart){.title = sheet->title,
                                                                     .note = note.data,
                                                                     .x_label = "step",
                                                                     .y_label = sheet->y_label,
                                                                     .curves = curves,
                                                                     .n_curves = n,
                                                                     .y_log = wish->log,
                                                                     .levels = sheet->levels,
                                                                     .n_levels = sheet->n_levels,
                                                                     .moments = sheet->moments,
                                                                     .n_moments = sheet->n_moments},
                                                         path, err);
    ga_text_free(&note);
    ga_mem_free(curves);
    return status;
}

/* ---- CSV --------------------------------------------------------------------------------------*/

/* A field of RFC 4180. */
static void add_field(ga_text *t, const char *words, const char *more)
{
    const bool quoted = strpbrk(words, "\",\n\r") != NULL;
    if (!quoted) {
        ga_text_addf(t, ",%s%s", words, more);
        return;
    }
    ga_text_add(t, ",\"");
    for (; *words != 0; words++)
        ga_text_add_n(t, *words == '"' ? "\"\"" : words, *words == '"' ? 2 : 1);
    ga_text_addf(t, "%s\"", more);
}

static void add_value(ga_text *t, double v, int digits)
{
    char word[GA_RUN_WORDS];
    ga_text_addf(t, ",%s", ga_words_number(v, digits, word));
}

static void add_heading(const ga_run_curve *curves, size_t n, ga_text *t)
{
    ga_text_add(t, "step");
    for (size_t i = 0; i < n; i++) {
        add_field(t, curves[i].label, "");
        if (curves[i].mean != NULL)
            add_field(t, curves[i].label, " (rolling mean)");
    }
    ga_text_add(t, "\n");
}

/* at[i] is how many points of curve i are written. */
static void add_row(const ga_run_curve *curves, size_t n, int64_t step, size_t *at, int digits,
                    ga_text *t)
{
    ga_text_addf(t, "%lld", (long long)step);
    for (size_t i = 0; i < n; i++) {
        const ga_run_curve *c = &curves[i];
        if (at[i] == c->n || c->steps[at[i]] != step) {
            ga_text_add(t, c->mean != NULL ? ",," : ",");
            continue;
        }
        add_value(t, c->values[at[i]], digits);
        if (c->mean != NULL)
            add_value(t, c->mean[at[i]], digits);
        at[i]++;
    }
    ga_text_add(t, "\n");
}

void ga_curves_add_csv(const ga_run_curve *curves, size_t n, int digits, ga_text *t)
{
    size_t *at = ga_mem_new(n, sizeof *at);
    t->failed = t->failed || at == NULL;
    add_heading(curves, n, t);
    while (at != NULL && !t->failed) {
        int64_t step = INT64_MAX;
        for (size_t i = 0; i < n; i++)
            if (at[i] < curves[i].n && curves[i].steps[at[i]] < step)
                step = curves[i].steps[at[i]];
        if (step == INT64_MAX)
            break;
        add_row(curves, n, step, at, digits, t);
    }
    ga_mem_free(at);
}

static ga_status save_csv(const ga_curves_sheet *sheet, const char *path, ga_err *err)
{
    ga_text t = {0};
    ga_curves_add_csv(sheet->curves, sheet->n, GA_ALL_DIGITS, &t);
    const ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "no memory for '%s'", path)
                                      : ga_file_write(path, t.data, t.length, err);
    ga_text_free(&t);
    return status;
}

/* ---- a hint -----------------------------------------------------------------------------------*/

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void ga_curves_note_flat(ga_request *rq, const ga_run_curve *curves, size_t n,
                         const ga_curve_wish *wish, const char *path)
{
    char most[GA_RUN_WORDS], below[GA_RUN_WORDS], bound[GA_RUN_WORDS];
    size_t all = 0, finite = 0;
    for (size_t i = 0; i < n; i++)
        all += curves[i].n;
    if (ga_ends_with(path, ".csv") || wish->bounded || wish->log || all == 0)
        return;
    double *v = ga_mem_new(all, sizeof *v);
    for (size_t i = 0; v != NULL && i < n; i++)
        for (size_t k = 0; k < curves[i].n; k++)
            if (isfinite(curves[i].values[k]))
                v[finite++] = curves[i].values[k];
    if (finite > 0) {
        qsort(v, finite, sizeof *v, by_value);
        const double high = v[finite - 1], usual = v[(finite - 1) * 95 / 100],
                     middle = v[(finite - 1) / 2];
        const bool few = usual > 0 && high > 20 * usual, most_of = middle > 0 && high > 1000 * middle;
        const double level = few ? usual : middle;
        if (few || most_of)
            ga_rq_note(rq,
                       "the largest value, %s, makes the rest of the chart flat: %s of them are at "
                       "most %s; --bound %s%s shows them",
                       ga_words_number(high, 3, most), few ? "95 %" : "half",
                       ga_words_number(level, 3, below), ga_words_number(2 * level, 2, bound),
                       v[0] > 0 ? " or --log" : "");
    }
    ga_mem_free(v);
}

/* ---- files ------------------------------------------------------------------------------------*/

ga_status ga_curves_check_path(const char *path, ga_err *err)
{
    if (ga_ends_with(path, ".svg") || ga_ends_with(path, ".png") || ga_ends_with(path, ".csv"))
        return GA_OK;
    return ga_fail(err, GA_EINVAL, "'%s': expected a name that ends in .svg, .png or .csv", path);
}

ga_status ga_curves_save(const ga_curves_sheet *sheet, const ga_curve_wish *wish, const char *path,
                         ga_err *err)
{
    const ga_status status = ga_curves_check_path(path, err);
    if (status != GA_OK)
        return status;
    return ga_ends_with(path, ".csv") ? save_csv(sheet, path, err)
                                      : save_chart(sheet, wish, path, err);
}
