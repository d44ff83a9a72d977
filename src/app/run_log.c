/* run_log.c - see run_log.h. */
#include "app/run_log.h"
#include "app/machine.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_POINTS 512
#define FLUSH_SECONDS 1.0 /* who watches from another terminal sees no older numbers */

struct ga_run_log {
    ga_request *rq; /* borrowed */
    ga_store *store;
    int64_t id;
    bool done;    /* taken up, but had ended well */
    bool at_work; /* begun or trained by this process, so that its end is to be recorded */
    char *name, *folder, *samples, *checkpoint, *model, *control;
    char *accident; /* what it diverged with, or NULL */
    ga_point points[FLUSH_POINTS]; /* not in the database yet */
    size_t n_points;
    double flushed; /* when, by ga_seconds */
};

ga_status ga_run_name(const ga_request *rq, const char *arch, const char *data, char *name,
                      size_t size, const char **file, ga_err *err)
{
    static const char suffix[] = ".safetensors";
    const char *out = ga_rq_text(rq, "out");
    int written;
    *file = NULL;
    if (out == NULL && (arch == NULL || data == NULL))
        return ga_fail(err, GA_EINVAL, "--out is missing: it names the run");
    if (out == NULL) {
        const char *of_arch = ga_path_base(arch);
        const int stem = (int)strcspn(of_arch, ".");
        written = snprintf(name, size, "%.*s-%s", stem, of_arch, ga_path_base(data));
    } else if (strchr(out, '/') != NULL || ga_ends_with(out, suffix)) {
        const char *base = ga_path_base(out);
        const size_t length = strlen(base);
        const size_t stem = ga_ends_with(base, suffix) ? length - (sizeof suffix - 1) : length;
        written = snprintf(name, size, "%.*s", (int)stem, base);
        *file = out;
    } else {
        written = snprintf(name, size, "%s", out);
    }
    if (written < 1 || (size_t)written >= size)
        return ga_fail(err, GA_EINVAL, "'%s' gives no name of a run: expected 1 to %zu characters",
                       out != NULL ? out : data, size - 1);
    return GA_OK;
}

static void log_free(ga_run_log *log)
{
    if (log == NULL)
        return;
    ga_store_close(log->store);
    ga_mem_free(log->name);
    ga_mem_free(log->folder);
    ga_mem_free(log->samples);
    ga_mem_free(log->checkpoint);
    ga_mem_free(log->model);
    ga_mem_free(log->control);
    ga_mem_free(log->accident);
    ga_mem_free(log);
}

/* Opens the store and works out the paths; makes no folder. */
static ga_status log_create(ga_request *rq, const char *name, ga_run_log **out, ga_err *err)
{
    ga_run_log *log = ga_mem_new(1, sizeof *log);
    *out = NULL;
    if (log == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a run");
    log->rq = rq;
    log->name = ga_mem_string(name);
    char *runs = ga_path_join(ga_rq_home(rq), "runs");
    char *database = ga_path_join(ga_rq_home(rq), "ganatomy.db");
    if (runs != NULL && log->name != NULL)
        log->folder = ga_path_join(runs, name);
    if (log->folder != NULL) {
        log->samples = ga_path_join(log->folder, "samples");
        log->checkpoint = ga_path_join(log->folder, "checkpoint.safetensors");
        log->model = ga_path_join(log->folder, "model.safetensors");
        log->control = ga_path_join(log->folder, "control.json");
    }
    ga_status status = GA_OK;
    if (database == NULL || log->samples == NULL || log->checkpoint == NULL || log->model == NULL ||
        log->control == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for the paths of run '%s'", name);
    if (status == GA_OK)
        status = ga_store_open(database, &log->store, err);
    ga_mem_free(runs);
    ga_mem_free(database);
    if (status != GA_OK)
        log_free(log);
    else
        *out = log;
    return status;
}

ga_status ga_run_begin(ga_request *rq, const char *kind, const char *name, const char *config,
                       uint64_t seed, const ga_dataset *data, ga_run_log **out, ga_err *err)
{
    ga_run_log *log;
    *out = NULL;
    ga_status status = log_create(rq, name, &log, err);
    if (status != GA_OK)
        return status;
    const ga_run_new run = {.name = name,
                            .kind = kind,
                            .config = config,
                            .command = ga_rq_command(rq),
                            .seed = seed,
                            .data_name = data != NULL ? ga_dataset_name(data) : NULL,
                            .data_hash = data != NULL ? ga_dataset_hash(data) : NULL};
    status = ga_store_run_create(log->store, &run, &log->id, err);
    if (status != GA_OK) {
        log_free(log);
        return status;
    }
    log->at_work = true;
    *out = log;
    return GA_OK;
}

ga_status ga_run_resume(ga_request *rq, const char *kind, const char *name, ga_run_log **out,
                        char **config, ga_err *err)
{
    ga_run_log *log = NULL;
    ga_run_record *record = NULL;
    *out = NULL;
    *config = NULL;
    ga_status status = log_create(rq, name, &log, err);
    if (status == GA_OK)
        status = ga_store_mark_interrupted(log->store, NULL, err);
    if (status == GA_OK)
        status = ga_store_run_find(log->store, name, &record, err);
    if (status == GA_OK && strcmp(record->kind, kind) != 0)
        status = ga_fail(err, GA_EINVAL, "run '%s' trains a %s, not a %s", name, record->kind,
                         kind);
    if (status == GA_OK && record->state == GA_RUN_RUNNING)
        status = ga_fail(err, GA_EEXIST, "run '%s' is being trained by process %lld on '%s'", name,
                         (long long)record->pid, record->machine);
    if (status == GA_OK && record->state == GA_RUN_DIVERGED &&
        (log->accident = ga_mem_string(record->error)) == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for the end of run '%s'", name);
    if (status == GA_OK && (*config = ga_mem_string(record->config)) == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for the options of run '%s'", name);
    if (status == GA_OK) {
        log->id = record->id;
        log->done = record->state == GA_RUN_DONE;
    }
    ga_run_records_free(record, 1);
    if (status == GA_OK)
        *out = log;
    else
        log_free(log);
    return status;
}

bool ga_run_is_finished(const ga_run_log *log)
{
    return log->done && ga_is_file(log->model);
}

bool ga_run_had_ended(const ga_run_log *log)
{
    return log->done;
}

const char *ga_run_accident(const ga_run_log *log)
{
    return log->accident;
}

const char *ga_run_folder(const ga_run_log *log)
{
    return log->folder;
}

const char *ga_run_name_of(const ga_run_log *log)
{
    return log->name;
}

const char *ga_run_model_path(const ga_run_log *log)
{
    return log->model;
}

const char *ga_run_checkpoint_path(const ga_run_log *log)
{
    return log->checkpoint;
}

const char *ga_run_samples_folder(const ga_run_log *log)
{
    return log->samples;
}

const char *ga_run_control_path(const ga_run_log *log)
{
    return log->control;
}

/* Removes what a killed process was writing aside (NAME.tmp-...). */
static void sweep(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strstr(entry->d_name, ".tmp-") == NULL)
            continue;
        char *path = ga_path_join(folder, entry->d_name);
        if (path != NULL)
            (void)unlink(path);
        ga_mem_free(path);
    }
    closedir(dir);
}

/* ---- writing ----------------------------------------------------------------------------------*/

static ga_status describe_session(ga_run_log *log, uint64_t step, ga_err *err)
{
    json_t *about = ga_machine_json(ga_rq_threads(log->rq));
    (void)json_object_set_new(about, "after_step", json_integer((json_int_t)step));
    char *text = about != NULL ? ga_json_canonical(about) : NULL;
    const ga_status status = text != NULL ? ga_store_session_about(log->store, log->id, text, err)
                                          : ga_fail(err, GA_ENOMEM, "no memory for a description");
    json_decref(about);
    ga_mem_free(text);
    return status;
}

ga_status ga_run_start(ga_run_log *log, uint64_t step, ga_err *err)
{
    log->at_work = true;
    sweep(log->folder);
    sweep(log->samples);
    ga_status status = ga_store_rewind(log->store, log->id, (int64_t)step, err);
    if (status == GA_OK)
        status = ga_store_run_set_state(log->store, log->id, GA_RUN_RUNNING, NULL, err);
    return status == GA_OK ? describe_session(log, step, err) : status;
}

ga_status ga_run_flush(ga_run_log *log, ga_err *err)
{
    log->flushed = ga_seconds();
    if (log->n_points == 0)
        return GA_OK;
    const ga_status status = ga_store_points_add(log->store, log->id, log->points, log->n_points,
                                                 err);
    if (status == GA_OK)
        log->n_points = 0;
    return status;
}

ga_status ga_run_points(ga_run_log *log, uint64_t step, const char *const *series,
                        const double *values, ga_err *err)
{
    for (size_t i = 0; series[i] != NULL; i++) {
        const ga_status status = log->n_points < FLUSH_POINTS ? GA_OK : ga_run_flush(log, err);
        if (status != GA_OK)
            return status;
        log->points[log->n_points++] = (ga_point){series[i], (int64_t)step, values[i]};
    }
    return ga_seconds() - log->flushed < FLUSH_SECONDS ? GA_OK : ga_run_flush(log, err);
}

/* The file's size and hash go into the record, so that a file changed later can be told. */
ga_status ga_run_record_file(ga_run_log *log, const char *kind, int64_t step, const char *path,
                             ga_err *err)
{
    ga_file f;
    char hex[65];
    const ga_status status = ga_file_open(path, &f, err);
    if (status != GA_OK)
        return status;
    ga_sha256_hex(f.data, f.size, hex);
    const int64_t size = (int64_t)f.size;
    ga_file_close(&f);
    return ga_store_artifact_add(log->store, log->id, kind, step, path, size, hex, err);
}

ga_status ga_run_event(ga_run_log *log, uint64_t step, const char *kind, json_t *object,
                       ga_err *err)
{
    char *text = object != NULL ? ga_json_canonical(object) : NULL;
    const ga_status status = text != NULL ? ga_store_event_add(log->store, log->id, (int64_t)step,
                                                               kind, text, err)
                                          : ga_fail(err, GA_ENOMEM, "no memory for what happened");
    json_decref(object);
    ga_mem_free(text);
    return status;
}

ga_status ga_run_lengthen(ga_run_log *log, uint64_t step, const char *config, uint64_t from,
                          uint64_t to, ga_err *err)
{
    char text[128];
    snprintf(text, sizeof text, "{\"from\":%llu,\"option\":\"steps\",\"to\":%llu}",
             (unsigned long long)from, (unsigned long long)to);
    return ga_store_run_reconfigure(log->store, log->id, config, (int64_t)step, "change", text, err);
}

ga_status ga_run_lint_curves(ga_run_log *log, bool logistic, ga_lint_input *in, ga_lint_curves *c,
                             ga_err *err)
{
    return ga_lint_curves_read(log->store, log->id, logistic, in, c, err);
}

void ga_run_end(ga_run_log *log, ga_status status, const ga_err *err)
{
    if (log == NULL || !log->at_work) { /* a run that was only looked at stays what it was */
        log_free(log);
        return;
    }
    ga_run_state state = GA_RUN_FAILED;
    if (status == GA_OK)
        state = GA_RUN_DONE;
    else if (status == GA_EDIVERGED)
        state = GA_RUN_DIVERGED;
    else if (status == GA_EINTERRUPTED || status == GA_ETERMINATED)
        state = GA_RUN_STOPPED;
    /* what went wrong first is what the user is told; a failure here would hide it */
    (void)ga_store_run_set_state(log->store, log->id, state,
                                 status == GA_OK || err == NULL ? NULL : err->text, NULL);
    log_free(log);
}
