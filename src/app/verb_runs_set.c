/* verb_runs_set.c - `ganatomy runs set`: a wish to a training that runs, left in its folder. */
#include "app/runs.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include <string.h>
#include <unistd.h>

static const char *const dials[] = {"lr", "lr-d", "real-target", "noise", "r1", NULL};

/* OPTION=VALUE into o. */
static ga_status read_wish(const char *text, json_t *o, ga_err *err)
{
    char name[32];
    double value;
    const size_t length = strcspn(text, "=");
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1),
             text);
    bool known = false;
    for (int i = 0; dials[i] != NULL; i++)
        known = known || strcmp(dials[i], name) == 0;
    if (!known) {
        const char *near = ga_nearest_word(name, dials);
        return ga_fail(err, GA_EINVAL,
                       "'%s' cannot change while a training runs%s%s%s: lr, lr-d, real-target, "
                       "noise and r1 can",
                       name, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                       near != NULL ? "'?)" : "");
    }
    if (text[length] != '=' || !ga_parse_f64(text + length + 1, &value))
        return ga_fail(err, GA_EINVAL, "'%s' is not OPTION=NUMBER, such as lr=0.0001", text);
    if (json_object_set_new(o, name, json_real(value)) != 0)
        return ga_fail(err, GA_ENOMEM, "no memory for a wish");
    return GA_OK;
}

static ga_status find_running(ga_request *rq, const char *name, char **control, ga_err *err)
{
    ga_store *store = NULL;
    ga_run_record *record = NULL;
    ga_status status = ga_runs_open(rq, &store, err);
    if (status == GA_OK)
        status = ga_store_run_find(store, name, &record, err);
    if (status == GA_OK && record->state != GA_RUN_RUNNING)
        status = ga_fail(err, GA_EINVAL,
                         "run '%s' is %s, so nobody would hear it: only a running training changes",
                         name, ga_run_state_name(record->state));
    char *runs = ga_path_join(ga_rq_home(rq), "runs");
    char *folder = runs != NULL ? ga_path_join(runs, name) : NULL;
    *control = folder != NULL ? ga_path_join(folder, "control.json") : NULL;
    if (status == GA_OK && *control == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_mem_free(runs);
    ga_mem_free(folder);
    ga_run_records_free(record, 1);
    ga_store_close(store);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    int n;
    const char *name = ga_rq_text(rq, "run");
    const char *const *wishes = ga_rq_list(rq, "wishes", &n);
    json_t *o = json_object();
    char *control = NULL, *text = NULL;
    ga_status status = o != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for a wish");
    for (int i = 0; i < n && status == GA_OK; i++)
        status = read_wish(wishes[i], o, err);
    if (status == GA_OK)
        status = find_running(rq, name, &control, err);
    if (status == GA_OK && ga_is_file(control))
        status = ga_fail(
            err, GA_EEXIST,
            "run '%s' has not yet heard the last change: try again after its next step", name);
    if (status == GA_OK && (text = ga_json_canonical(o)) == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a wish");
    if (status == GA_OK)
        status = ga_file_write(control, text, strlen(text), err);
    if (status == GA_OK) {
        ga_rq_say(rq, "run '%s' will change after its next step", name);
        ga_rq_result(rq, json_pack("{s:s, s:O}", "run", name, "set", o));
    }
    json_decref(o);
    ga_mem_free(control);
    ga_mem_free(text);
    return status;
}

static const ga_field fields[] = {{.name = "run",
                                   .type = GA_FIELD_TEXT,
                                   .value = "RUN",
                                   .positional = true,
                                   .required = true,
                                   .help = "a run that is being trained"},
                                  {.name = "wishes",
                                   .type = GA_FIELD_TEXT,
                                   .value = "OPTION=NUMBER",
                                   .positional = true,
                                   .required = true,
                                   .many = true,
                                   .help = "lr, lr-d, real-target, noise or r1, and its new value"},
                                  {0}};

static const ga_example examples[] = {
    {"ganatomy runs set digits lr=0.0001", "half the learning rate from the next step on"}, {0}};

const ga_verb ga_verb_runs_set = {
    .name = "runs set",
    .summary = "change an option of a training while it runs",
    .description =
        "The training reads the wish after its next step, records the change with that step, and "
        "writes a checkpoint, so that a run that is taken up again keeps it. A value that is out "
        "of "
        "range is refused by the training in a note, and changes nothing.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
