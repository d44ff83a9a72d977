/* run_train.c - from a request to a trained model. */
#include "app/run_train.h"
#include "app/run_log.h"
#include "base/alloc.h"
#include "base/file.h"
#include "ganatomy/metric.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *const ga_init_words[] = {"dcgan", "pytorch", NULL};

/* Everything a training borrows. */
typedef struct workbench {
    ga_arch *arch, *partner;
    ga_dataset *data;
    ga_train *train;
    char *config_text; /* what the run was begun with */
    ga_config config;
} workbench;

static void workbench_free(workbench *w)
{
    ga_train_free(w->train);
    ga_dataset_free(w->data);
    ga_arch_free(w->arch);
    ga_arch_free(w->partner);
    json_decref(w->config.json);
    ga_mem_free(w->config_text);
}

static ga_status open_arch(const char *name, int z, const char *partner, workbench *w, ga_err *err)
{
    ga_arch *opened;
    ga_status status = ga_arch_open(name, &opened, err);
    if (status != GA_OK)
        return status;
    if (z > 0 && ga_arch_law(opened) != GA_LAW_NONE) {
        status = ga_arch_with_latent(opened, z, &w->arch, err);
        ga_arch_free(opened);
        if (status != GA_OK)
            return status;
    } else {
        w->arch = opened;
    }
    if (partner == NULL)
        return GA_OK;
    if (partner[0] == 0)
        partner = ga_arch_partner(w->arch);
    if (partner == NULL)
        return ga_fail(err, GA_EINVAL, "'%s' names no discriminator: give one with --discriminator",
                       name);
    return ga_arch_open(partner, &w->partner, err);
}

static ga_status open_data(const ga_request *rq, const char *name, workbench *w, ga_err *err)
{
    const ga_data_places places = {.home = ga_rq_home(rq)};
    return ga_dataset_open(name, GA_SPLIT_TRAIN, &places, &w->data, err);
}

/* What the command asks for, as options of a run that begins. */
static ga_status ask(ga_request *rq, bool gan, workbench *w, char **text, ga_err *err)
{
    const char *arch = ga_rq_text(rq, "arch"), *data = ga_rq_text(rq, "data");
    *text = NULL;
    if (arch == NULL || data == NULL)
        return ga_fail(err, GA_EINVAL, "%s is missing: a new run needs --arch and --data",
                       arch == NULL ? "--arch" : "--data");
    const char *partner = gan ? ga_rq_text(rq, "discriminator") : NULL;
    ga_status status = open_arch(arch, gan ? (int)ga_rq_int(rq, "z", 0) : 0,
                                 gan && partner == NULL ? "" : partner, w, err);
    if (status == GA_OK)
        status = open_data(rq, data, w, err);
    if (status == GA_OK)
        status = ga_config_of_request(rq, gan, w->arch, w->partner, w->data, text, err);
    return status;
}

/* The recorded run once more: its architectures and data, which must be what they were. */
static ga_status recall(ga_request *rq, bool gan, const char *name, workbench *w, ga_err *err)
{
    const ga_config *c = &w->config;
    char hex[65];
    ga_status status = open_arch(c->arch, c->z, gan ? c->partner : NULL, w, err);
    if (status == GA_OK)
        status = open_data(rq, c->data, w, err);
    if (status != GA_OK)
        return status;
    ga_config_arch_hash(w->arch, w->partner, hex);
    if (strcmp(hex, c->arch_hash) != 0)
        return ga_fail(err, GA_EDATA, "architecture '%s' is not what run '%s' was begun with",
                       c->arch, name);
    if (strcmp(ga_dataset_hash(w->data), c->data_hash) != 0)
        return ga_fail(err, GA_EDATA, "data '%s' is not what run '%s' was begun with", c->data,
                       name);
    return GA_OK;
}

static ga_status make_training(const ga_request *rq, bool gan, workbench *w, ga_err *err)
{
    ga_train_options o = w->config.options;
    o.threads = ga_rq_threads(rq);
    o.memory_limit = ga_rq_memory(rq);
    return gan ? ga_train_gan(w->arch, w->partner, w->data, &o, &w->train, err)
               : ga_train_classifier(w->arch, w->data, &o, &w->train, err);
}

/* A run that begins: nothing is recorded before everything is known to fit. */
static ga_status begin(ga_request *rq, bool gan, const char *name, workbench *w, ga_run_log **log,
                       ga_err *err)
{
    ga_status status = ask(rq, gan, w, &w->config_text, err);
    if (status == GA_OK)
        status = ga_config_read(w->config_text, name, &w->config, err);
    if (status == GA_OK)
        status = make_training(rq, gan, w, err);
    if (status == GA_OK)
        status = ga_run_begin(rq, gan ? "gan" : "classifier", name, w->config_text,
                              w->config.options.seed, w->data, log, err);
    return status;
}

static ga_status resume(ga_request *rq, bool gan, const char *name, workbench *w, ga_run_log **log,
                        ga_err *err)
{
    ga_status status = ga_run_resume(rq, gan ? "gan" : "classifier", name, log, &w->config_text,
                                     err);
    if (status == GA_OK)
        status = ga_config_read(w->config_text, name, &w->config, err);
    if (status == GA_OK)
        status = recall(rq, gan, name, w, err);
    if (status == GA_OK)
        status = ga_config_same(rq, name, gan, &w->config, w->data, err);
    if (status == GA_OK)
        status = make_training(rq, gan, w, err);
    return status;
}

/* The classifier's accuracy on the test half of its data, if there is one. */
static void tell_accuracy(ga_request *rq, const workbench *w, const char *path, json_t *result)
{
    const ga_data_places places = {.home = ga_rq_home(rq)};
    ga_dataset *test = NULL;
    ga_model *m = NULL;
    ga_eye *eye = NULL;
    ga_sight sight = {0};
    int right = 0;
    ga_err err; /* a data set without a test half is no failure of the training */
    if (ga_dataset_open(w->config.data, GA_SPLIT_TEST, &places, &test, &err) == GA_OK &&
        ga_model_open(path, &m, &err) == GA_OK &&
        ga_eye_create(m, NULL, ga_rq_threads(rq), ga_rq_memory(rq), &eye, &err) == GA_OK &&
        ga_sight_of_data(eye, test, 0, &sight, &right, NULL, &err) == GA_OK) {
        const double share = (double)right / (double)sight.n;
        ga_rq_say(rq, "reads %d of %zu test pictures right: %.2f %%", right, sight.n, 100 * share);
        json_object_set_new(result, "test_accuracy", json_real(share));
    } else {
        ga_rq_note(rq, "no test pictures were looked at: %s", err.text);
    }
    ga_sight_free(&sight);
    ga_eye_free(eye);
    ga_model_free(m);
    ga_dataset_free(test);
}

/* Hours of training must not end at a folder that is not there. */
static ga_status check_target(const char *file, ga_err *err)
{
    if (file == NULL)
        return GA_OK;
    char *folder = ga_mem_string_n(file, (size_t)(ga_path_base(file) - file));
    if (folder == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    const bool good = access(folder[0] != 0 ? folder : ".", W_OK | X_OK) == 0;
    const ga_status status = good
                                 ? GA_OK
                                 : ga_fail(err, GA_EIO, "folder '%s': %s", folder, strerror(errno));
    ga_mem_free(folder);
    return status;
}

static json_t *result_of(const workbench *w, const ga_run_log *log, const char *name,
                         const char *file, bool finished)
{
    const char *model = file != NULL ? file : ga_run_model_path(log);
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:b}", "run", name, "folder", ga_run_folder(log),
                     "model", model, "steps", (json_int_t)w->config.options.steps, "data_sha256",
                     ga_dataset_hash(w->data), "finished_before", finished);
}

/* --resume of a run that needs none. */
static void tell_finished(ga_request *rq, const workbench *w, const ga_run_log *log,
                          const char *name, const char *file)
{
    ga_rq_say(rq, "run '%s' is finished: %llu steps; nothing to do", name,
              (unsigned long long)w->config.options.steps);
    ga_rq_say(rq, "its model is %s", file != NULL ? file : ga_run_model_path(log));
    ga_rq_say(rq, "for more, begin another run: the same command with --out OTHER, more --epochs "
                  "or --steps, and without --resume");
    ga_rq_result(rq, result_of(w, log, name, file, true));
}

ga_status ga_train_verb(ga_request *rq, bool gan, ga_err *err)
{
    char name[128];
    const char *file = NULL;
    workbench w = {0};
    ga_run_log *log = NULL;
    ga_err own = {0};
    if (err == NULL)
        err = &own;
    const char *arch = ga_rq_text(rq, "arch"), *data = ga_rq_text(rq, "data");
    ga_status status = ga_run_name(rq, arch, data, name, sizeof name, &file, err);
    if (status == GA_OK)
        status = check_target(file, err);
    if (status == GA_OK) {
        const bool again = ga_rq_flag(rq, "resume");
        if (again)
            status = resume(rq, gan, name, &w, &log, err);
        /* killed before it was recorded: there is nothing to take up, so it begins */
        const bool never_begun = again && status == GA_ENOTFOUND && log == NULL;
        if (!again || (never_begun && arch != NULL && data != NULL))
            status = begin(rq, gan, name, &w, &log, err);
    }
    const bool finished = status == GA_OK && ga_run_is_finished(log) &&
                          (file == NULL || ga_is_file(file));
    if (finished)
        tell_finished(rq, &w, log, name, file);
    else if (status == GA_OK)
        status = ga_run_train(log, w.train, &w.config, w.config_text, file, err);
    if (status == GA_OK && !finished) {
        json_t *result = result_of(&w, log, name, file, false);
        if (!gan)
            tell_accuracy(rq, &w, ga_run_model_path(log), result);
        ga_rq_result(rq, result);
    }
    ga_run_end(log, status, err);
    workbench_free(&w);
    return status;
}
