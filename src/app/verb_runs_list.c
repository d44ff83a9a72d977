/* verb_runs_list.c - `ganatomy runs list`. */
#include "app/runs.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include <string.h>

enum { NAME, KIND, STATE, DATA, STEPS, LAST, BEGUN, TOOK, COLUMNS };
static const char *const headings[COLUMNS] = {"name",   "kind",        "state", "data",
                                              ">steps", "last values", "begun", ">took"};

/* Those that tell most at a glance, in this order; others are in `runs show`. */
static bool belongs(const char *series)
{
    static const char *const shown[] = {"loss",          "loss_d",  "loss_g",
                                        "test/accuracy", "frechet", NULL};
    for (int i = 0; shown[i] != NULL; i++)
        if (strcmp(series, shown[i]) == 0)
            return true;
    return false;
}

/* The run as an object, and its cells (ga_mem_free each). */
static ga_status describe(ga_store *s, const ga_run_record *r, char *cells[COLUMNS], json_t **out,
                          ga_err *err)
{
    ga_last_point *last;
    size_t n;
    char buf[GA_RUN_WORDS];
    ga_text words = {0}, steps = {0};
    int64_t done = 0;
    *out = NULL;
    ga_status status = ga_store_last_points(s, r->id, &last, &n, err);
    if (status != GA_OK)
        return status;
    json_t *config = json_loads(r->config, 0, NULL), *values = json_object();
    const int64_t total = ga_run_steps(config);
    for (size_t i = 0; i < n; i++) {
        done = last[i].step > done ? last[i].step : done;
        (void)json_object_set_new(values, last[i].series, ga_json_number(last[i].value));
        if (belongs(last[i].series))
            ga_text_addf(&words, "%s%s %s", words.length > 0 ? ", " : "", last[i].series,
                         ga_words_number(last[i].value, 4, buf));
    }
    ga_text_addf(&steps, "%lld", (long long)done);
    if (total > 0 && total != done)
        ga_text_addf(&steps, " of %lld", (long long)total);
    cells[NAME] = ga_mem_string(r->name);
    cells[KIND] = ga_mem_string(r->kind);
    cells[STATE] = ga_mem_string(strcmp(r->error, "interrupted") == 0
                                     ? r->error
                                     : ga_run_state_name(r->state));
    cells[DATA] = ga_mem_string(r->data_name);
    cells[STEPS] = ga_mem_string(steps.failed ? "" : steps.data);
    cells[LAST] = ga_mem_string(words.length > 0 && !words.failed ? words.data : "");
    cells[BEGUN] = ga_mem_string(ga_words_age(r->created, ga_unix_time(), buf));
    cells[TOOK] = ga_mem_string(ga_words_duration(r->seconds, buf));
    *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:I, s:I, s:f, s:s}",
                     "name", r->name, "kind", r->kind, "state", ga_run_state_name(r->state),
                     "error", r->error, "data", r->data_name, "data_sha256", r->data_hash, "seed",
                     (json_int_t)r->seed, "steps", (json_int_t)done, "steps_total",
                     (json_int_t)total, "last", values, "created", (json_int_t)r->created,
                     "finished", (json_int_t)r->finished, "seconds", r->seconds, "command",
                     r->command);
    ga_text_free(&words);
    ga_text_free(&steps);
    json_decref(config);
    ga_last_points_free(last, n);
    return *out != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for a list of runs");
}

static ga_status list(ga_request *rq, ga_store *s, json_t *runs, ga_err *err)
{
    ga_run_record *records;
    size_t n;
    ga_status status = ga_store_runs(s, ga_rq_text(rq, "kind"), &records, &n, err);
    if (status != GA_OK)
        return status;
    char **cells = ga_mem_new(n * COLUMNS + 1, sizeof *cells);
    if (cells == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a list of runs");
    for (size_t i = 0; i < n && status == GA_OK; i++) {
        json_t *run;
        status = describe(s, &records[i], cells + i * COLUMNS, &run, err);
        if (status == GA_OK)
            (void)json_array_append_new(runs, run);
    }
    if (status == GA_OK && n > 0)
        ga_say_table(rq, 2, headings, COLUMNS, (const char *const *)cells, n);
    for (size_t i = 0; cells != NULL && i < n * COLUMNS; i++)
        ga_mem_free(cells[i]);
    ga_mem_free(cells);
    ga_run_records_free(records, n);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    ga_store *s = NULL;
    json_t *runs = json_array();
    ga_status status = GA_OK;
    if (ga_runs_any(rq))
        status = ga_runs_open(rq, &s, err);
    if (status == GA_OK && s != NULL)
        status = list(rq, s, runs, err);
    if (status == GA_OK && json_array_size(runs) == 0) {
        ga_text words = {0};
        if (s != NULL && ga_rq_given(rq, "kind"))
            ga_text_addf(&words, "no run of kind '%s': `ganatomy runs list` shows all",
                         ga_rq_text(rq, "kind"));
        else
            ga_runs_none(rq, &words);
        if (!words.failed)
            ga_rq_say(rq, "%s", words.data);
        ga_text_free(&words);
    }
    ga_store_close(s);
    if (status == GA_OK)
        ga_rq_result(rq, json_pack("{s:o}", "runs", runs));
    else
        json_decref(runs);
    return status;
}

static const ga_field fields[] = {{.name = "kind",
                                   .type = GA_FIELD_TEXT,
                                   .value = "KIND",
                                   .help = "only these: gan, cgan, classifier, vae, encoder or segmenter"},
                                  {0}};

static const ga_example examples[] = {
    {"ganatomy runs list", "every training of the workspace, the newest last"},
    {"ganatomy runs list --kind gan --json", "with all last values, for programs"},
    {0}};

const ga_verb ga_verb_runs_list = {
    .name = "runs list",
    .summary = "list the trainings of the workspace",
    .description =
        "State, steps done, last values, and how long each took: the sum of its sessions, "
        "without the pauses between them. A training whose process is gone is marked as "
        "interrupted; `ganatomy train KIND --out NAME --resume` takes it up again.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
