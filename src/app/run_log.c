/* run_log.c - see run_log.h. */
#include "app/run_log.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/hash.h"
#include <dirent.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define SHEET_SIDE   8
#define FLUSH_POINTS 512

struct ga_run_log {
    ga_request *rq; /* borrowed */
    ga_store *store;
    int64_t id;
    bool done;    /* taken up, but had ended well */
    bool at_work; /* begun or trained by this process, so that its end is to be recorded */
    char *name, *folder, *samples, *checkpoint, *model;
    /* while training */
    ga_train *t;
    const ga_config *c;
    const char *config;
    float *z, *pictures;
    ga_point points[FLUSH_POINTS];
    size_t n_points;
    double last[GA_TRAIN_MAX_CURVES];
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
    ga_mem_free(log->z);
    ga_mem_free(log->pictures);
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
    }
    ga_status status = GA_OK;
    if (database == NULL || log->samples == NULL || log->checkpoint == NULL || log->model == NULL)
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
                            .data_name = ga_dataset_name(data),
                            .data_hash = ga_dataset_hash(data)};
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

const char *ga_run_folder(const ga_run_log *log)
{
    return log->folder;
}

const char *ga_run_model_path(const ga_run_log *log)
{
    return log->model;
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

/* ---- what the loop tells
 * -----------------------------------------------------------------------*/

static ga_status flush(ga_run_log *log, ga_err *err)
{
    if (log->n_points == 0)
        return GA_OK;
    const ga_status status = ga_store_points_add(log->store, log->id, log->points, log->n_points,
                                                 err);
    if (status == GA_OK)
        log->n_points = 0;
    return status;
}

static ga_status on_step(void *user, uint64_t step, const double *values, ga_err *err)
{
    ga_run_log *log = user;
    const char *const *curves = ga_train_curves(log->t);
    for (int i = 0; curves[i] != NULL; i++) {
        log->points[log->n_points++] = (ga_point){curves[i], (int64_t)step, values[i]};
        log->last[i] = values[i];
    }
    const ga_progress *progress = ga_rq_progress(log->rq);
    if (progress->report != NULL)
        progress->report(progress->user, "steps", step, log->c->options.steps);
    return log->n_points + GA_TRAIN_MAX_CURVES > FLUSH_POINTS ? flush(log, err) : GA_OK;
}

/* The file's size and hash go into the record, so that a file changed later can be told. */
static ga_status record_file(ga_run_log *log, const char *kind, int64_t step, const char *path,
                             ga_err *err)
{
    ga_file f;
    ga_sha256 h;
    uint8_t digest[32];
    char hex[65];
    const ga_status status = ga_file_open(path, &f, err);
    if (status != GA_OK)
        return status;
    ga_sha256_start(&h);
    ga_sha256_add(&h, f.data, f.size);
    ga_sha256_end(&h, digest);
    ga_hex(digest, sizeof digest, hex);
    const int64_t size = (int64_t)f.size;
    ga_file_close(&f);
    return ga_store_artifact_add(log->store, log->id, kind, step, path, size, hex, err);
}

static ga_status draw_sheet(ga_run_log *log, const char *path, ga_err *err)
{
    const int n = SHEET_SIDE * SHEET_SIDE;
    const ga_arch *arch = ga_train_arch(log->t);
    const ga_graph *g = ga_arch_graph(arch);
    const ga_dims d = ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1);
    const int z = (int)ga_dims_count(ga_arch_input(arch));
    ga_scale scale = {.stretch = false};
    ga_status status = GA_OK;
    ga_arch_output_range(arch, &scale.lo, &scale.hi);
    if (log->z == NULL) {
        log->z = ga_mem_new((size_t)(n * z), sizeof *log->z);
        log->pictures = ga_mem_new((size_t)n * ga_dims_count(d), sizeof *log->pictures);
        status = log->z != NULL && log->pictures != NULL
                     ? ga_latents(ga_arch_law(arch), 1, 0, n, z, log->z, err)
                     : ga_fail(err, GA_ENOMEM, "no memory for a sheet of samples");
    }
    if (status == GA_OK)
        status = ga_train_render(log->t, log->z, n, log->pictures, err);
    ga_sheet *sheet = NULL;
    if (status == GA_OK)
        status = ga_sheet_create(SHEET_SIDE, SHEET_SIDE, d.w, d.h, ga_zoom_for(d.w, 56), false,
                                 NULL, &sheet, err);
    for (int i = 0; i < n && status == GA_OK; i++)
        status = ga_sheet_put_view(sheet, i % SHEET_SIDE, i / SHEET_SIDE,
                                   (ga_view){log->pictures, n, d.c, d.h, d.w}, i, scale, NULL, err);
    if (status == GA_OK)
        status = ga_image_write_png(path, ga_sheet_image(sheet), err);
    ga_sheet_free(sheet);
    return status;
}

static ga_status on_sheet(void *user, uint64_t step, ga_err *err)
{
    ga_run_log *log = user;
    char name[48];
    snprintf(name, sizeof name, "step-%06llu.png", (unsigned long long)step);
    char *path = ga_path_join(log->samples, name);
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_status status = draw_sheet(log, path, err);
    if (status == GA_OK)
        status = record_file(log, "samples", (int64_t)step, path, err);
    ga_mem_free(path);
    if (status == GA_OK)
        ga_rq_say(log->rq, "step %llu: loss D %.3f, G %.3f; D(x) %.3f, D(G(z)) %.3f",
                  (unsigned long long)step, log->last[0], log->last[1], log->last[2], log->last[3]);
    return status;
}

static ga_status on_save(void *user, uint64_t step, ga_err *err)
{
    ga_run_log *log = user;
    (void)step;
    const ga_status status = flush(log, err);
    return status == GA_OK ? ga_train_save(log->t, log->checkpoint, log->config, err) : status;
}

static ga_status on_cancelled(void *user)
{
    const ga_run_log *log = user;
    const ga_progress *progress = ga_rq_progress(log->rq);
    const bool asked = progress->cancelled != NULL && progress->cancelled(progress->user);
    return asked ? GA_EINTERRUPTED : GA_OK;
}

/* ---- the whole
 * ---------------------------------------------------------------------------------*/

/* Back to the checkpoint, or to the start where none was written yet. */
static ga_status take_up(ga_run_log *log, ga_err *err)
{
    ga_status status = GA_OK;
    sweep(log->folder);
    sweep(log->samples);
    if (ga_is_file(log->checkpoint))
        status = ga_train_load(log->t, log->checkpoint, log->config, err);
    if (status == GA_OK)
        status = ga_store_rewind(log->store, log->id, (int64_t)ga_train_steps_done(log->t), err);
    return status;
}

static ga_status set_notes(ga_model *m, const ga_config *c, ga_err *err)
{
    ga_text command = {0};
    char seed[32];
    ga_config_command(c, c->z > 0, &command);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)c->options.seed);
    ga_status status = command.failed ? ga_fail(err, GA_ENOMEM, "no memory for a command") : GA_OK;
    const char *const notes[][2] = {{"origin", "trained by ganatomy " GA_VERSION},
                                    {"data", c->data},
                                    {"data_sha256", c->data_hash},
                                    {"command", command.data},
                                    {"seed", seed}};
    for (size_t i = 0; i < sizeof notes / sizeof *notes && status == GA_OK; i++)
        status = ga_model_set_note(m, notes[i][0], notes[i][1], err);
    ga_text_free(&command);
    return status;
}

static ga_status write_model(ga_run_log *log, const char *file, ga_err *err)
{
    ga_model *m;
    const ga_dtype dtype = log->c->half ? GA_F16 : GA_F32;
    ga_status status = ga_train_model(log->t, log->c->settle, &m, err);
    if (status != GA_OK)
        return status;
    status = set_notes(m, log->c, err);
    if (status == GA_OK)
        status = ga_model_save(m, log->model, dtype, err);
    if (status == GA_OK)
        status = record_file(log, "weights", -1, log->model, err);
    if (status == GA_OK && file != NULL)
        status = ga_model_save(m, file, dtype, err);
    ga_model_free(m);
    if (status == GA_OK)
        ga_rq_say(log->rq, "wrote %s", file != NULL ? file : log->model);
    return status;
}

ga_status ga_run_train(ga_run_log *log, ga_train *t, const ga_config *c, const char *config,
                       const char *file, ga_err *err)
{
    const ga_train_events events = {.user = log,
                                    .step = on_step,
                                    .sheet = c->z > 0 ? on_sheet : NULL,
                                    .save = on_save,
                                    .cancelled = on_cancelled,
                                    .sheet_every = c->sheet_every,
                                    .save_every = c->save_every};
    log->at_work = true;
    log->t = t;
    log->c = c;
    log->config = config;
    ga_status status = ga_make_folders(c->z > 0 ? log->samples : log->folder, err);
    if (status == GA_OK)
        status = take_up(log, err);
    if (status == GA_OK)
        status = ga_store_run_set_state(log->store, log->id, GA_RUN_RUNNING, NULL, err);
    if (status == GA_OK && ga_train_steps_done(t) > 0)
        ga_rq_say(log->rq, "run '%s' goes on after step %llu", log->name,
                  (unsigned long long)ga_train_steps_done(t));
    if (status == GA_OK)
        status = ga_train_run(t, &events, err);
    if (status == GA_OK)
        status = write_model(log, file, err);
    if (status == GA_EDIVERGED) {
        (void)flush(log, NULL); /* the curve up to the accident shows how it came about */
        if (ga_is_file(log->checkpoint))
            ga_rq_note(log->rq, "the last good state is kept in %s", log->checkpoint);
    }
    return status;
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
