/* runs_card.c - see runs_card.h. */
#include "app/runs_card.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "ganatomy/curve.h"
#include <math.h>
#include <string.h>

void ga_run_card_free(ga_run_card *c)
{
    ga_sessions_free(c->sessions, c->n_sessions);
    ga_events_free(c->events, c->n_events);
    ga_artifacts_free(c->files, c->n_files);
    ga_store_names_free(c->names, c->n_curves);
    ga_mem_free(c->curves);
    ga_run_found_free(&c->run);
    *c = (ga_run_card){0};
}

static ga_status read_curves(ga_store *s, ga_run_card *c, ga_err *err)
{
    const int64_t id = c->run.record->id;
    ga_status status = ga_store_series_names(s, id, &c->names, &c->n_curves, err);
    if (status != GA_OK)
        return status;
    c->curves = ga_mem_new(c->n_curves, sizeof *c->curves);
    if (c->curves == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %zu curves", c->n_curves);
    for (size_t i = 0; i < c->n_curves && status == GA_OK; i++) {
        int64_t *steps;
        double *values;
        size_t n;
        status = ga_store_series_read(s, id, c->names[i], 0, INT64_MAX, &steps, &values, &n, err);
        if (status != GA_OK)
            break;
        c->curves[i] = ga_curve_summarise(steps, values, n);
        ga_store_series_free(steps, values);
    }
    return status;
}

ga_status ga_run_card_read(ga_store *s, const char *name, ga_run_card *out, ga_err *err)
{
    *out = (ga_run_card){0};
    ga_status status = ga_runs_find(s, name, &out->run, err);
    const int64_t id = status == GA_OK ? out->run.record->id : 0;
    if (status == GA_OK)
        status = ga_store_sessions(s, id, &out->sessions, &out->n_sessions, err);
    if (status == GA_OK)
        status = ga_store_events(s, id, NULL, &out->events, &out->n_events, err);
    if (status == GA_OK)
        status = ga_store_artifacts(s, id, &out->files, &out->n_files, err);
    if (status == GA_OK)
        status = ga_runs_lint(s, &out->run, &out->findings, err);
    if (status == GA_OK)
        status = read_curves(s, out, err);
    if (status != GA_OK)
        ga_run_card_free(out);
    return status;
}

/* ---- in words ---------------------------------------------------------------------------------*/

/* Options as they are written, but for hashes and what has a line of its own. */
static void add_options(const json_t *config, ga_text *t)
{
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)config, key, v)
    {
        if (ga_ends_with(key, "_sha256") || strcmp(key, "data") == 0 || strcmp(key, "seed") == 0 ||
            json_is_false(v) || json_is_array(v) || (json_is_string(v) && json_string_value(v)[0] == 0))
            continue;
        ga_text_addf(t, "%s%s", t->length > 0 ? ", " : "", key);
        if (json_is_string(v))
            ga_text_addf(t, " %s", json_string_value(v));
        else if (json_is_integer(v))
            ga_text_addf(t, " %lld", (long long)json_integer_value(v));
        else if (json_is_real(v))
            ga_text_addf(t, " %.9g", json_real_value(v));
    }
}

static void say_machine(ga_request *rq, const ga_session *last)
{
    json_t *about = NULL;
    ga_text t = {0};
    const char *key;
    json_t *v;
    ga_text_addf(&t, "%s (process %lld)", last->machine, (long long)last->pid);
    if (ga_json_parse(last->about, strlen(last->about), "session", &about, NULL) == GA_OK)
        json_object_foreach(about, key, v)
        {
            if (json_is_string(v))
                ga_text_addf(&t, ", %s %s", key, json_string_value(v));
            else if (json_is_integer(v) && strcmp(key, "after_step") != 0)
                ga_text_addf(&t, ", %s %lld", key, (long long)json_integer_value(v));
        }
    if (!t.failed)
        ga_say_entry(rq, "machine", t.data);
    json_decref(about);
    ga_text_free(&t);
}

/* When a run was taken up, and after which step: a line a session. */
static void say_sessions(ga_request *rq, const ga_session *list, size_t n)
{
    for (size_t i = 0; n > 1 && i < n; i++) {
        char line[160], step[48] = "", begun[GA_RUN_WORDS], took[GA_RUN_WORDS];
        json_t *about = NULL;
        if (ga_json_parse(list[i].about, strlen(list[i].about), "session", &about, NULL) == GA_OK) {
            const json_t *v = json_object_get(about, "after_step");
            if (json_is_integer(v) && json_integer_value(v) > 0)
                snprintf(step, sizeof step, ", after step %lld", (long long)json_integer_value(v));
        }
        json_decref(about);
        snprintf(line, sizeof line, "%zu: %s %s%s, %s", i + 1, i > 0 ? "taken up" : "begun",
                 ga_words_time((int64_t)list[i].started, begun), step,
                 ga_words_duration(list[i].seen - list[i].started, took));
        ga_say_entry(rq, i == 0 ? "sessions" : "", line);
    }
}

static void say_times(ga_request *rq, const ga_run_record *r, const ga_session *list, size_t n)
{
    char begun[GA_RUN_WORDS], ended[GA_RUN_WORDS], took[GA_RUN_WORDS], memory[32];
    ga_text t = {0};
    ga_text_addf(&t, "begun %s", ga_words_time(r->created, begun));
    if (r->finished > 0)
        ga_text_addf(&t, ", ended %s", ga_words_time(r->finished, ended));
    ga_text_addf(&t, "; %s of work", ga_words_duration(r->seconds, took));
    if (n > 1)
        ga_text_addf(&t, " in %zu sessions", n);
    if (r->memory > 0)
        ga_text_addf(&t, ", at most %s of memory",
                     ga_format_bytes((uint64_t)r->memory, memory, sizeof memory));
    if (!t.failed)
        ga_say_entry(rq, "time", t.data);
    ga_text_free(&t);
    say_sessions(rq, list, n);
    if (n > 0)
        say_machine(rq, &list[n - 1]);
}

char *ga_words_event(const ga_event *e, char *buf)
{
    json_t *o = NULL;
    snprintf(buf, GA_EVENT_WORDS, "%s", e->kind);
    if (strcmp(e->kind, "change") == 0 &&
        ga_json_parse(e->text, strlen(e->text), "event", &o, NULL) == GA_OK) {
        const char *option = json_string_value(json_object_get(o, "option"));
        const json_t *from = json_object_get(o, "from"), *to = json_object_get(o, "to");
        if (option != NULL && json_is_number(from) && json_is_number(to))
            snprintf(buf, GA_EVENT_WORDS, "%.40s %.6g -> %.6g", option, json_number_value(from),
                     json_number_value(to));
    }
    json_decref(o);
    return buf;
}

static void say_events(ga_request *rq, const ga_event *events, size_t n)
{
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        char line[160], words[GA_EVENT_WORDS];
        if (strcmp(events[i].kind, "lint") == 0 || strcmp(events[i].kind, "samples") == 0)
            continue;
        snprintf(line, sizeof line, "step %lld: %s", (long long)events[i].step,
                 ga_words_event(&events[i], words));
        ga_say_entry(rq, first ? "events" : "", line);
        first = false;
    }
}

static void say_files(ga_request *rq, const ga_artifact *files, size_t n)
{
    size_t sheets = 0;
    const ga_artifact *first = NULL, *last = NULL;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(files[i].kind, "samples") != 0) {
            char line[4200], bytes[32];
            snprintf(line, sizeof line, "%s (%s, %s)", files[i].path, files[i].kind,
                     ga_format_bytes((uint64_t)files[i].bytes, bytes, sizeof bytes));
            ga_say_entry(rq, "file", line);
            continue;
        }
        first = first == NULL ? &files[i] : first;
        last = &files[i];
        sheets++;
    }
    if (sheets > 0) {
        char line[128];
        if (sheets == 1)
            snprintf(line, sizeof line, "a sheet of samples at step %lld", (long long)first->step);
        else
            snprintf(line, sizeof line, "%zu sheets of samples, steps %lld to %lld: see --sheets",
                     sheets, (long long)first->step, (long long)last->step);
        ga_say_entry(rq, "samples", line);
    }
}

static void say_run(ga_request *rq, const ga_run_card *c)
{
    const ga_run_record *r = c->run.record;
    ga_text t = {0};
    char line[256];
    snprintf(line, sizeof line, "%s (%s)", r->name, r->kind);
    ga_say_entry(rq, "run", line);
    ga_text_addf(&t, "%s", ga_run_state_name(r->state));
    if (r->error[0] != 0)
        ga_text_addf(&t, ": %s", r->error);
    if (!t.failed)
        ga_say_entry(rq, "state", t.data);
    if (r->command[0] != 0)
        ga_say_entry(rq, "command", r->command);
    t.length = 0;
    add_options(c->run.config, &t);
    if (!t.failed && t.length > 0)
        ga_say_entry(rq, "options", t.data);
    ga_text_free(&t);
    if (r->data_name[0] != 0) {
        snprintf(line, sizeof line, "%.100s, content %.64s", r->data_name, r->data_hash);
        ga_say_entry(rq, "data", line);
    }
    snprintf(line, sizeof line, "%llu", (unsigned long long)r->seed);
    ga_say_entry(rq, "seed", line);
    snprintf(line, sizeof line, "ganatomy %s", r->code_version);
    ga_say_entry(rq, "program", line);
    say_times(rq, r, c->sessions, c->n_sessions);
}

static ga_status say_curves(ga_request *rq, const ga_run_card *card, ga_err *err)
{
    enum { NAME, POINTS, FIRST, LAST, LOW, LOW_AT, HIGH, HIGH_AT, COLUMNS };
    static const char *const headings[COLUMNS] = {"curve",   ">points", ">first",   ">last",
                                                  ">lowest", ">at",     ">highest", ">at"};
    const size_t n = card->n_curves;
    char(*words)[GA_RUN_WORDS] = ga_mem_new(n * COLUMNS, sizeof *words);
    const char **cells = ga_mem_new(n * COLUMNS, sizeof *cells);
    ga_status status = GA_OK;
    if (words == NULL || cells == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a table of curves");
    for (size_t i = 0; i < n && status == GA_OK; i++) {
        const ga_curve_summary *c = &card->curves[i];
        char(*w)[GA_RUN_WORDS] = words + i * COLUMNS;
        for (int k = POINTS; k < COLUMNS; k++)
            cells[i * COLUMNS + (size_t)k] = w[k];
        cells[i * COLUMNS + NAME] = card->names[i];
        snprintf(w[POINTS], GA_RUN_WORDS, "%zu", c->n);
        ga_words_number(c->first, 5, w[FIRST]);
        ga_words_number(c->last, 5, w[LAST]);
        ga_words_number(c->low, 5, w[LOW]);
        ga_words_number(c->high, 5, w[HIGH]);
        snprintf(w[LOW_AT], GA_RUN_WORDS, "%lld", (long long)c->low_step);
        snprintf(w[HIGH_AT], GA_RUN_WORDS, "%lld", (long long)c->high_step);
    }
    if (status == GA_OK && n > 0) {
        ga_rq_say(rq, "%s", "");
        ga_say_table(rq, 0, headings, COLUMNS, cells, n);
    }
    ga_mem_free(words);
    ga_mem_free(cells);
    return status;
}

ga_status ga_run_card_say(ga_request *rq, const ga_run_card *c, ga_err *err)
{
    say_run(rq, c);
    say_events(rq, c->events, c->n_events);
    say_files(rq, c->files, c->n_files);
    ga_runs_lint_say(rq, &c->findings);
    return say_curves(rq, c, err);
}

/* ---- as JSON ----------------------------------------------------------------------------------*/

static json_t *sessions_json(const ga_session *list, size_t n)
{
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *about = NULL;
        if (ga_json_parse(list[i].about, strlen(list[i].about), "session", &about, NULL) != GA_OK)
            about = json_object();
        (void)json_array_append_new(
            out, json_pack("{s:s, s:I, s:f, s:f, s:I, s:o}", "machine", list[i].machine, "pid",
                           (json_int_t)list[i].pid, "started", list[i].started, "seen",
                           list[i].seen, "memory", (json_int_t)list[i].memory, "about", about));
    }
    return out;
}

static json_t *events_json(const ga_event *list, size_t n)
{
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = NULL;
        if (ga_json_parse(list[i].text, strlen(list[i].text), "event", &o, NULL) == GA_OK)
            (void)json_array_append_new(out, json_pack("{s:I, s:s, s:o}", "step",
                                                       (json_int_t)list[i].step, "kind",
                                                       list[i].kind, "what", o));
    }
    return out;
}

static json_t *files_json(const ga_artifact *list, size_t n)
{
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            out, json_pack("{s:s, s:I, s:s, s:I, s:s}", "kind", list[i].kind, "step",
                           (json_int_t)list[i].step, "path", list[i].path, "bytes",
                           (json_int_t)list[i].bytes, "sha256", list[i].sha256));
    return out;
}

static json_t *curves_json(const ga_run_card *card)
{
    json_t *out = json_object();
    for (size_t i = 0; i < card->n_curves; i++) {
        const ga_curve_summary *c = &card->curves[i];
        (void)json_object_set_new(
            out, card->names[i],
            json_pack("{s:I, s:I, s:o, s:o, s:I, s:o, s:I, s:o, s:I}", "points", (json_int_t)c->n,
                      "not_finite", (json_int_t)c->not_finite, "first", ga_json_number(c->first),
                      "last", ga_json_number(c->last), "last_step", (json_int_t)c->last_step,
                      "lowest", ga_json_number(c->low), "lowest_step", (json_int_t)c->low_step,
                      "highest", ga_json_number(c->high), "highest_step",
                      (json_int_t)c->high_step));
    }
    return out;
}

json_t *ga_run_card_json(const ga_run_card *c)
{
    const ga_run_record *r = c->run.record;
    json_t *o = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:s, s:s, s:I, s:s, s:I, s:I, s:f, s:I}", "name",
        r->name, "uuid", r->uuid, "kind", r->kind, "state", ga_run_state_name(r->state), "error",
        r->error, "command", r->command, "options", c->run.config, "data", r->data_name,
        "data_sha256", r->data_hash, "seed", (json_int_t)r->seed, "program", r->code_version,
        "created", (json_int_t)r->created, "finished", (json_int_t)r->finished, "seconds",
        r->seconds, "memory", (json_int_t)r->memory);
    (void)json_object_set_new(o, "sessions", sessions_json(c->sessions, c->n_sessions));
    (void)json_object_set_new(o, "events", events_json(c->events, c->n_events));
    (void)json_object_set_new(o, "files", files_json(c->files, c->n_files));
    (void)json_object_set_new(o, "lint", ga_runs_lint_json(&c->findings));
    (void)json_object_set_new(o, "curves", curves_json(c));
    return o;
}
