/* run_train.c - from a request to a trained model. */
#include "app/run_train.h"
#include "app/run_cast.h"
#include "app/run_watch.h"
#include "base/alloc.h"
#include "base/file.h"
#include "ganatomy/metric.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Everything a training borrows. */
typedef struct bench {
    ga_training what;
    char name[128];
    const char *file; /* that gets the model too, or NULL */
    ga_cast cast;
    ga_train *train;
    char *config_text; /* what the run was begun with */
    ga_config config;
    uint64_t longer_from; /* steps that it had before this command, 0: they stay */
    ga_run_log *log;
} bench;

static void bench_free(bench *b)
{
    ga_train_free(b->train);
    ga_cast_free(&b->cast);
    json_decref(b->config.json);
    ga_mem_free(b->config_text);
}

static ga_status make_training(const ga_request *rq, bench *b, ga_err *err)
{
    const ga_cast *c = &b->cast;
    ga_train_options o = b->config.options;
    o.threads = ga_rq_threads(rq);
    o.memory_limit = ga_rq_memory(rq);
    switch (b->what) {
    case GA_TRAINING_GAN:
    case GA_TRAINING_CGAN:
        return ga_train_gan(c->arch, c->partner, c->data, c->test, &o, &b->train, err);
    case GA_TRAINING_CLASSIFIER:
        return ga_train_classifier(c->arch, c->data, c->test, &o, &b->train, err);
    case GA_TRAINING_SEGMENTER:
        return ga_train_segmenter(c->arch, c->data, c->test, &o, &b->train, err);
    case GA_TRAINING_VAE:
        return ga_train_vae(c->arch, c->partner, c->data, c->test, &o, &b->train, err);
    case GA_TRAINING_ENCODER:
        break;
    }
    return ga_train_encoder(c->arch, c->generator, &o, &b->train, err);
}

/* Pictures of another size than the network's are resized, which nobody asked for. */
static void note_resized(ga_request *rq, const bench *b)
{
    const ga_cast *c = &b->cast;
    const ga_graph *g = ga_arch_graph(c->arch);
    const bool reads = (b->what & (GA_TRAINING_CLASSIFIER | GA_TRAINING_SEGMENTER)) != 0;
    if (c->data == NULL)
        return;
    const ga_dims is = ga_dataset_dims(c->data),
                  wants = ga_graph_tap_dims(g, reads ? 0 : ga_graph_output(g));
    if (is.h != wants.h || is.w != wants.w)
        ga_rq_note(rq,
                   "the pictures of '%s' are %d x %d, '%s' %s %d x %d: they are resized to that, "
                   "bilinearly",
                   b->config.data, is.w, is.h, c->arch_name, reads ? "reads" : "makes", wants.w,
                   wants.h);
}

/* Batch norm stands in the way of two regularisers; the sentence names a discriminator without. */
static void note_batch_norm(ga_request *rq, const bench *b)
{
    const ga_train_options *o = &b->config.options;
    const ga_graph *g = b->cast.partner != NULL ? ga_arch_graph(b->cast.partner) : NULL;
    if (g == NULL || !(o->spectral || o->r1 > 0))
        return;
    int i = 0;
    while (i < ga_graph_n_taps(g) && !ga_starts_with(ga_graph_tap_type(g, i), "BatchNorm"))
        i++;
    if (i < ga_graph_n_taps(g))
        ga_rq_note(rq,
                   "the discriminator has batch norm (layer '%s'), %s: one without it is, for a DCGAN, "
                   "--discriminator dcgan-d:norm=none (docs/losses/%s.md)",
                   ga_graph_tap_name(g, i),
                   o->r1 > 0 ? "which no gradient penalty passes"
                             : "which undoes what spectral normalisation bounds",
                   o->r1 > 0 ? "r1" : "spectral");
}

/* A run that begins: nothing is recorded before everything is known to fit. */
static ga_status begin(ga_request *rq, bench *b, ga_err *err)
{
    ga_status status = ga_cast_of_request(rq, b->what, &b->cast, err);
    if (status == GA_OK)
        status = ga_config_of_request(rq, b->what, &b->cast, &b->config_text, err);
    if (status == GA_OK)
        status = ga_config_read(b->config_text, b->name, &b->config, err);
    if (status == GA_OK) {
        note_resized(rq, b);
        note_batch_norm(rq, b);
        status = make_training(rq, b, err);
    }
    if (status == GA_OK)
        status = ga_run_begin(rq, ga_training_word(b->what), b->name, b->config_text,
                              b->config.options.seed, b->cast.data, &b->log, err);
    return status;
}

/* The same numbers again would end the same way. */
static ga_status refuse_diverged(ga_request *rq, const bench *b, ga_err *err)
{
    const double lr = b->config.options.lr;
    ga_rq_note(rq,
               "a calmer run is its command with a tenth of the rate and another name: --lr %.3g "
               "--out %s-calmer (`ganatomy runs show %s` has the command)",
               lr / 10, b->name, b->name);
    return ga_fail(err, GA_EINVAL,
                   "run '%s' diverged (%s), and --resume would repeat that with the same numbers: "
                   "begin another run",
                   b->name, ga_run_accident(b->log));
}

/* `steps` instead of those of the config. */
static ga_status make_longer(bench *b, uint64_t steps, ga_err *err)
{
    const char *checkpoint = ga_run_checkpoint_path(b->log);
    const uint64_t was = b->config.options.steps;
    uint64_t at = 0;
    char *text = NULL;
    ga_status status = GA_OK;
    if (ga_is_file(checkpoint)) {
        char *config;
        status = ga_train_peek(checkpoint, &at, &config, err);
        ga_train_config_free(config);
    } else if (ga_run_had_ended(b->log)) {
        status = ga_fail(err, GA_ENOTFOUND,
                         "run '%s' cannot be made longer, as its checkpoint is not there any more "
                         "('%s'): begin another run with --steps %llu",
                         b->name, checkpoint, (unsigned long long)steps);
    }
    if (status == GA_OK)
        status = ga_config_lengthen(&b->config, steps, at, &text, err);
    if (status != GA_OK)
        return status;
    ga_mem_free(b->config_text);
    json_decref(b->config.json);
    b->config_text = text;
    b->longer_from = was;
    return ga_config_read(text, b->name, &b->config, err);
}

static ga_status resume(ga_request *rq, bench *b, ga_err *err)
{
    char *arch = NULL;
    uint64_t steps = 0;
    ga_status status = ga_run_resume(rq, ga_training_word(b->what), b->name, &b->log,
                                     &b->config_text, err);
    if (status == GA_OK)
        status = ga_config_read(b->config_text, b->name, &b->config, err);
    if (status == GA_OK)
        status = ga_cast_of_config(rq, b->what, &b->config, b->name, &b->cast, err);
    if (status == GA_OK && ga_rq_given(rq, "arch"))
        status = ga_cast_fitted(ga_rq_text(rq, "arch"), b->what, &b->cast, &arch, err);
    if (status == GA_OK)
        status = ga_config_same(rq, b->name, b->what, &b->config, b->cast.data, arch, &steps,
                                err);
    ga_mem_free(arch);
    if (status == GA_OK && ga_run_accident(b->log) != NULL)
        status = refuse_diverged(rq, b, err);
    if (status == GA_OK && steps > b->config.options.steps)
        status = make_longer(b, steps, err);
    if (status == GA_OK)
        status = make_training(rq, b, err);
    return status;
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

static const char *model_path(const bench *b)
{
    return b->file != NULL ? b->file : ga_run_model_path(b->log);
}

static json_t *result_of(const bench *b, bool finished)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:b}", "run", b->name, "kind",
                          ga_training_word(b->what), "folder", ga_run_folder(b->log), "model",
                          model_path(b), "steps", (json_int_t)b->config.options.steps,
                          "finished_before", finished);
    if (b->cast.data != NULL)
        (void)json_object_set_new(o, "data_sha256", json_string(ga_dataset_hash(b->cast.data)));
    return o;
}

/* --resume of a run that needs none. */
static void tell_finished(ga_request *rq, const bench *b)
{
    ga_rq_say(rq, "run '%s' is finished: %llu steps; nothing to do", b->name,
              (unsigned long long)b->config.options.steps);
    ga_rq_say(rq, "its model is %s", model_path(b));
    ga_rq_say(rq, "for more: ganatomy train %s --out %s --resume --steps %llu",
              ga_training_word(b->what), b->file != NULL ? b->file : b->name,
              2 * (unsigned long long)b->config.options.steps);
    ga_rq_result(rq, result_of(b, true));
}

/* The finished model, as it was written, on all test pictures. */
static void tell_accuracy(ga_request *rq, const bench *b, json_t *result)
{
    ga_model *m = NULL;
    ga_eye *eye = NULL;
    ga_sight sight = {0};
    int right = 0;
    ga_err err;
    if (b->cast.test == NULL) {
        ga_rq_note(rq, "no test pictures were looked at: '%s' has none", b->config.data);
        return;
    }
    if (ga_model_open(ga_run_model_path(b->log), &m, &err) == GA_OK &&
        ga_eye_create(m, NULL, ga_rq_threads(rq), ga_rq_memory(rq), &eye, &err) == GA_OK &&
        ga_sight_of_data(eye, b->cast.test, 0, &sight, &right, NULL, &err) == GA_OK) {
        const double share = (double)right / (double)sight.n;
        ga_rq_say(rq, "reads %d of %zu test pictures right: %.2f %%", right, sight.n, 100 * share);
        json_object_set_new(result, "test_accuracy", json_real(share));
    } else {
        ga_rq_note(rq, "no test pictures were looked at: %s", err.text);
    }
    ga_sight_free(&sight);
    ga_eye_free(eye);
    ga_model_free(m);
}

static ga_status train(ga_request *rq, bench *b, ga_err *err)
{
    if (b->longer_from == 0 && ga_run_is_finished(b->log) &&
        (b->file == NULL || ga_is_file(b->file))) {
        tell_finished(rq, b);
        return GA_OK;
    }
    const ga_watch watch = {.rq = rq,
                            .log = b->log,
                            .train = b->train,
                            .what = b->what,
                            .config = &b->config,
                            .config_text = b->config_text,
                            .cast = &b->cast,
                            .file = b->file,
                            .longer_from = b->longer_from};
    const ga_status status = ga_watch_train(&watch, err);
    if (status != GA_OK)
        return status;
    json_t *result = result_of(b, false);
    if (b->what == GA_TRAINING_CLASSIFIER)
        tell_accuracy(rq, b, result);
    ga_rq_result(rq, result);
    return GA_OK;
}

ga_status ga_train_verb(ga_request *rq, ga_training what, ga_err *err)
{
    bench b = {.what = what};
    ga_err own = {0};
    if (err == NULL)
        err = &own;
    const bool again = ga_rq_flag(rq, "resume");
    const char *arch = ga_rq_text(rq, "arch");
    const char *data = ga_rq_text(rq, what == GA_TRAINING_ENCODER ? "generator" : "data");
    ga_status status = ga_preset_apply(rq, what, err);
    if (status == GA_OK)
        status = ga_run_name(rq, arch, data, b.name, sizeof b.name, &b.file, err);
    if (status == GA_OK)
        status = check_target(b.file, err);
    if (status == GA_OK && again)
        status = resume(rq, &b, err);
    /* killed before it was recorded: there is nothing to take up, so it begins */
    const bool never_begun = again && status == GA_ENOTFOUND && b.log == NULL;
    if (never_begun && arch != NULL && data != NULL)
        status = GA_OK;
    else if (never_begun)
        ga_rq_note(rq, "without --resume, and with --arch and --data, a run begins");
    if (status == GA_OK && b.log == NULL)
        status = begin(rq, &b, err);
    if (status == GA_OK)
        status = train(rq, &b, err);
    ga_run_end(b.log, status, err);
    bench_free(&b);
    return status;
}
