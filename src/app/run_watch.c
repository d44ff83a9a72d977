/* run_watch.c - see run_watch.h. */
#include "app/run_watch.h"
#include "app/class_match.h"
#include "app/run_lint.h"
#include "app/sheets.h"
#include "ganatomy/scenes.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include "ganatomy/metric.h"
#include <string.h>
#include <unistd.h>

#define SHEET_MOST 12 /* columns of classes */

/* What a running training is watched with. */
typedef struct watch {
    ga_watch w;
    const char *const *curves;
    double last[GA_TRAIN_MAX_CURVES];
    bool fulfilled; /* a wish that no checkpoint remembers yet */
    /* of a sheet */
    int columns, rows, n;
    float *z, *pictures;
    int32_t *labels;
    /* of the scores */
    ga_eye *eye;
    ga_sight real;
    unsigned scores; /* set of 1u << ga_score_id */
    double share_fake[GA_METRIC_MAX_CLASSES], share_real[GA_METRIC_MAX_CLASSES]; /* as last seen */
    bool scored; /* by this process */
} watch;

static void watch_free(watch *h)
{
    ga_sight_free(&h->real);
    ga_eye_free(h->eye);
    ga_mem_free(h->z);
    ga_mem_free(h->pictures);
    ga_mem_free(h->labels);
}

/* ---- what happens -----------------------------------------------------------------------------*/

/* Curves that --detail-every thins; losses and the discriminator's outputs are of every step. */
static bool is_detail(const char *curve)
{
    static const char *const begin[] = {"grad_", "update_", "right_"};
    bool is = false;
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        is = is || strncmp(curve, begin[i], strlen(begin[i])) == 0;
    return is;
}

static ga_status on_step(void *user, uint64_t step, const double *values, ga_err *err)
{
    watch *h = user;
    const char *names[GA_TRAIN_MAX_CURVES + 1] = {NULL};
    double kept[GA_TRAIN_MAX_CURVES];
    const bool detailed = step % h->w.config->detail_every == 0;
    for (int i = 0, n = 0; h->curves[i] != NULL; i++) {
        h->last[i] = values[i];
        if (!detailed && is_detail(h->curves[i]))
            continue;
        names[n] = h->curves[i];
        kept[n++] = values[i];
    }
    const ga_progress *progress = ga_rq_progress(h->w.rq);
    if (progress->report != NULL)
        progress->report(progress->user, "steps", step, h->w.config->options.steps);
    return ga_run_points(h->w.log, step, names, kept, err);
}

static ga_status on_save(void *user, uint64_t step, ga_err *err)
{
    watch *h = user;
    (void)step;
    ga_status status = ga_run_flush(h->w.log, err);
    if (status == GA_OK)
        status = ga_train_save(h->w.train, ga_run_checkpoint_path(h->w.log), h->w.config_text, err);
    if (status == GA_OK && h->fulfilled) {
        (void)unlink(ga_run_control_path(h->w.log));
        h->fulfilled = false;
    }
    return status;
}

static ga_status on_cancelled(void *user)
{
    const watch *h = user;
    const ga_progress *progress = ga_rq_progress(h->w.rq);
    const bool asked = progress->cancelled != NULL && progress->cancelled(progress->user);
    return asked ? GA_EINTERRUPTED : GA_OK;
}

/* ---- sheets -----------------------------------------------------------------------------------*/

/* Latents that every sheet of the run shows: ids 0, 1, ... of seed 1. Of a conditional generator
 * each row is one latent and each column one class. */
static ga_status make_sheet_latents(watch *h, ga_err *err)
{
    const ga_arch *arch = ga_train_arch(h->w.train);
    const int z = h->w.config->z, classes = ga_arch_classes(arch);
    const ga_dims d = ga_graph_output_dims(ga_arch_graph(arch));
    const int count = h->w.config->sample_count > 0 ? h->w.config->sample_count
                      : classes == 0                ? 64
                                                    : 8;
    h->columns = classes == 0 ? ga_columns_for(count) : classes < SHEET_MOST ? classes : SHEET_MOST;
    h->rows = classes == 0 ? (count + h->columns - 1) / h->columns : count;
    h->n = classes == 0 ? count : count * h->columns;
    h->z = ga_mem_new((size_t)h->n * (size_t)z, sizeof *h->z);
    h->pictures = ga_mem_new((size_t)h->n * ga_dims_count(d), sizeof *h->pictures);
    h->labels = ga_mem_new((size_t)h->n, sizeof *h->labels);
    if (h->z == NULL || h->pictures == NULL || h->labels == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a sheet of samples");
    if (classes == 0)
        return ga_latents(ga_arch_law(arch), 1, 0, h->n, z, h->z, err);
    for (int i = 0; i < h->n; i++) {
        h->labels[i] = i % h->columns;
        const ga_status status = ga_latents(ga_arch_law(arch), 1, (uint64_t)(i / h->columns), 1, z,
                                            h->z + (size_t)i * (size_t)z, err);
        if (status != GA_OK)
            return status;
    }
    return GA_OK;
}

static ga_status draw_sheet(watch *h, const char *path, ga_err *err)
{
    const ga_arch *arch = ga_train_arch(h->w.train);
    const ga_graph *g = ga_arch_graph(arch);
    const ga_dims d = ga_graph_output_dims(g);
    ga_scale scale = {.stretch = false};
    ga_arch_output_range(arch, &scale.lo, &scale.hi);
    ga_status status = h->z == NULL ? make_sheet_latents(h, err) : GA_OK;
    if (status == GA_OK)
        status = ga_train_render(h->w.train, h->z, h->labels, h->n, h->pictures, err);
    ga_sheet *sheet = NULL;
    const int zoom = h->w.config->sample_zoom > 0 ? h->w.config->sample_zoom : ga_zoom_for(d.w, 56);
    if (status == GA_OK)
        status = ga_sheet_create(h->columns, h->rows, d.w, d.h, zoom, false, NULL, &sheet, err);
    for (int i = 0; i < h->n && status == GA_OK; i++)
        status = ga_sheet_put_view(sheet, i % h->columns, i / h->columns,
                                   (ga_view){h->pictures, h->n, d.c, d.h, d.w}, i, scale, NULL,
                                   err);
    if (status == GA_OK)
        status = ga_image_write_png(path, ga_sheet_image(sheet), err);
    ga_sheet_free(sheet);
    return status;
}

static ga_status on_sheet(void *user, uint64_t step, ga_err *err)
{
    watch *h = user;
    char name[48];
    snprintf(name, sizeof name, "step-%06llu.png", (unsigned long long)step);
    char *path = ga_path_join(ga_run_samples_folder(h->w.log), name);
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_status status = draw_sheet(h, path, err);
    if (status == GA_OK)
        status = ga_run_record_file(h->w.log, "samples", (int64_t)step, path, err);
    ga_mem_free(path);
    return status;
}

/* ---- measuring --------------------------------------------------------------------------------*/

/* The classifier that looks, and what it sees of the test pictures. */
static ga_status open_eye(watch *h, ga_err *err)
{
    const ga_cast *cast = h->w.cast;
    const ga_request *rq = h->w.rq;
    int n = h->w.config->score_images;
    if (cast->features == NULL)
        return GA_OK;
    if (cast->test == NULL)
        return ga_fail(err, GA_EINVAL,
                       "--features needs test pictures, and '%s' has none to compare with",
                       h->w.config->data);
    if (n > ga_dataset_n(cast->test))
        return ga_fail(err, GA_EINVAL, "--score-images %d: '%s' has %d test pictures", n,
                       h->w.config->data, ga_dataset_n(cast->test));
    ga_status status = ga_scores_parse(h->w.config->scores, &h->scores, err);
    if (status == GA_OK)
        status = ga_eye_create(cast->features, GA_FEATURE_TAP, ga_rq_threads(rq), ga_rq_memory(rq),
                               &h->eye, err);
    if (status == GA_OK)
        ga_eye_remember(h->eye, true);
    if (status == GA_OK)
        status = ga_sight_of_data(h->eye, cast->test, n, &h->real, NULL, NULL, err);
    return status;
}

/* The scores of the model as it is now, one a name (NULL at the end) of names. */
static ga_status score(watch *h, const char **names, double *values, ga_err *err)
{
    ga_sight fake = {0};
    ga_model *m = NULL;
    ga_scores scores;
    const ga_request *rq = h->w.rq;
    ga_scores_options o = ga_scores_defaults();
    o.threads = ga_rq_threads(rq);
    ga_status status = ga_train_model(h->w.train, 0, &m, err);
    if (status == GA_OK)
        status = ga_sight_of_generator(h->eye, m, h->w.config->score_images, 1, GA_BN_RUNNING,
                                       ga_rq_threads(rq), ga_rq_memory(rq), &fake, NULL, err);
    if (status == GA_OK)
        status = ga_scores_of(&fake, &h->real, NULL, h->scores, &o, &scores, NULL, err);
    for (int i = 0, n = 0; i < GA_SCORE_COUNT && status == GA_OK; i++) {
        if (!scores.score[i].have)
            continue;
        names[n] = ga_score_name((ga_score_id)i);
        values[n++] = scores.score[i].value;
    }
    for (int i = 0; i < ga_eye_classes(h->eye) && status == GA_OK; i++) {
        h->share_fake[i] = (double)fake.count[i] / (double)fake.n;
        h->share_real[i] = (double)h->real.count[i] / (double)h->real.n;
    }
    h->scored = h->scored || status == GA_OK;
    ga_sight_free(&fake);
    ga_model_free(m);
    return status;
}

static void add_values(ga_text *line, const char *const *names, const double *values, int most)
{
    for (int i = 0; i < most && names[i] != NULL; i++)
        ga_text_addf(line, " %s %.3f", names[i], values[i]);
}

static ga_status on_measure(void *user, uint64_t step, ga_err *err)
{
    watch *h = user;
    double values[GA_TRAIN_MAX_CURVES], scores[GA_SCORE_COUNT] = {0};
    const char *const *names = ga_train_measures(h->w.train);
    const char *score_names[GA_SCORE_COUNT + 1] = {NULL};
    ga_text line = {0};
    ga_status status = ga_train_measure(h->w.train, h->w.config->eval_images, values, err);
    if (status == GA_OK)
        status = ga_run_points(h->w.log, step, names, values, err);
    if (status == GA_OK && h->eye != NULL)
        status = score(h, score_names, scores, err);
    if (status == GA_OK)
        status = ga_run_points(h->w.log, step, score_names, scores, err);
    if (status != GA_OK)
        return status;
    ga_text_addf(&line, "step %llu:", (unsigned long long)step);
    add_values(&line, h->curves, h->last, step > 0 ? 4 : 0);
    ga_text_add(&line, step > 0 ? ";" : "");
    add_values(&line, names, values, GA_TRAIN_MAX_CURVES);
    if (score_names[0] != NULL) {
        ga_text_add(&line, ";");
        add_values(&line, score_names, scores, GA_SCORE_COUNT);
        ga_text_addf(&line, " (n %d)", h->w.config->score_images);
    }
    if (!line.failed)
        ga_rq_say(h->w.rq, "%s", line.data);
    ga_text_free(&line);
    return GA_OK;
}

/* ---- changing ---------------------------------------------------------------------------------*/

/* What control.json (`ganatomy runs set`) may name. */
static const struct dial {
    const char *name;
    size_t offset;
} dial_table[] = {{"lr", offsetof(ga_train_dials, lr)},
                  {"lr-d", offsetof(ga_train_dials, lr_d)},
                  {"real-target", offsetof(ga_train_dials, real_target)},
                  {"noise", offsetof(ga_train_dials, noise)},
                  {"r1", offsetof(ga_train_dials, r1)}};
#define N_DIALS (sizeof dial_table / sizeof *dial_table)

static double *dial(ga_train_dials *d, size_t i)
{
    return (double *)(void *)((char *)d + dial_table[i].offset);
}

/* A wish that cannot be fulfilled is said and dropped; it must not end hours of training. */
static ga_status on_change(void *user, uint64_t step, bool *save, ga_err *err)
{
    watch *h = user;
    const char *path = ga_run_control_path(h->w.log);
    json_t *wish = NULL;
    ga_err why = {0};
    if (access(path, F_OK) != 0)
        return GA_OK;
    ga_train_dials was = ga_train_dials_of(h->w.train), now = was;
    ga_status status = ga_json_read(path, &wish, &why);
    for (size_t i = 0; i < N_DIALS && status == GA_OK; i++) {
        const json_t *v = json_object_get(wish, dial_table[i].name);
        if (json_is_number(v))
            *dial(&now, i) = json_number_value(v);
    }
    json_decref(wish);
    if (status == GA_OK)
        status = ga_train_set_dials(h->w.train, &now, &why);
    if (status != GA_OK) {
        (void)unlink(path);
        ga_rq_note(h->w.rq, "nothing is changed at step %llu: %s", (unsigned long long)step,
                   why.text);
        return GA_OK;
    }
    for (size_t i = 0; i < N_DIALS && status == GA_OK; i++) {
        if (*dial(&was, i) == *dial(&now, i))
            continue;
        ga_rq_say(h->w.rq, "step %llu: --%s is %.9g from now on (was %.9g)",
                  (unsigned long long)step, dial_table[i].name, *dial(&now, i), *dial(&was, i));
        status = ga_run_event(h->w.log, step, "change",
                              json_pack("{s:s, s:f, s:f}", "option", dial_table[i].name, "from",
                                        *dial(&was, i), "to", *dial(&now, i)),
                              err);
    }
    h->fulfilled = *save = true; /* the wish may go once a checkpoint remembers it */
    return status;
}

/* ---- the models -------------------------------------------------------------------------------*/

/* What the classes are called, for networks that tell them apart or are told them. */
static ga_status name_classes(ga_model *m, const ga_dataset *data, ga_err *err)
{
    const char **names = ga_class_names_of_data(data, err);
    if (names == NULL)
        return GA_ENOMEM;
    const ga_status status = ga_model_set_class_names(m, names, ga_dataset_classes(data), err);
    ga_mem_free(names);
    return status;
}

/* What a segmenter's logits are called. */
static ga_status name_labels(ga_model *m, const ga_dataset *data, ga_err *err)
{
    char *text;
    ga_status status = ga_vocabulary_json(ga_dataset_vocabulary(data), &text, err);
    if (status != GA_OK)
        return status;
    status = ga_model_set_note(m, "vocabulary", text, err);
    ga_vocabulary_text_free(text);
    return status;
}

static ga_status set_notes(ga_model *m, const ga_watch *w, ga_err *err)
{
    ga_text command = {0};
    char seed[32], pixels[16] = "";
    ga_config_command(w->config, w->what, &command);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)w->config->options.seed);
    if (w->config->pixels > 0)
        snprintf(pixels, sizeof pixels, "%d", w->config->pixels);
    ga_status status = command.failed ? ga_fail(err, GA_ENOMEM, "no memory for a command") : GA_OK;
    const char *const notes[][2] = {{"origin", "trained by ganatomy " GA_VERSION},
                                    {"data", w->config->data},
                                    {"data_sha256", w->config->data_hash},
                                    {"data_classes", w->config->classes},
                                    {"data_pixels", pixels},
                                    {"command", command.data},
                                    {"seed", seed}};
    for (size_t i = 0; i < sizeof notes / sizeof *notes && status == GA_OK; i++)
        if (notes[i][1][0] != 0)
            status = ga_model_set_note(m, notes[i][0], notes[i][1], err);
    if (status == GA_OK && w->what == GA_TRAINING_SEGMENTER)
        status = name_labels(m, w->cast->data, err);
    const bool told = ga_arch_classes(ga_model_arch(m)) > 0;
    if (status == GA_OK && (told || w->what == GA_TRAINING_CLASSIFIER))
        status = name_classes(m, w->cast->data, err);
    ga_text_free(&command);
    return status;
}

/* m in the run's folder, recorded, and as `file` too unless that is NULL. Frees m. */
static ga_status save_model(const ga_watch *w, ga_model *m, const char *kind, const char *path,
                            const char *file, ga_err *err)
{
    const ga_dtype dtype = w->config->half ? GA_F16 : GA_F32;
    ga_status status = set_notes(m, w, err);
    if (status == GA_OK)
        status = ga_model_save(m, path, dtype, err);
    if (status == GA_OK)
        status = ga_run_record_file(w->log, kind, -1, path, err);
    if (status == GA_OK && file != NULL)
        status = ga_model_save(m, file, dtype, err);
    ga_model_free(m);
    return status;
}

static ga_status write_partner(const ga_watch *w, ga_err *err)
{
    char name[64];
    ga_model *m;
    const char *word = ga_train_partner_name(w->train);
    ga_status status = ga_train_partner(w->train, &m, err);
    if (status != GA_OK || m == NULL)
        return status;
    snprintf(name, sizeof name, "%s.safetensors", word);
    char *path = ga_path_join(ga_run_folder(w->log), name);
    if (path == NULL) {
        ga_model_free(m);
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    }
    status = save_model(w, m, word, path, NULL, err);
    ga_mem_free(path);
    return status;
}

static ga_status write_models(const ga_watch *w, ga_err *err)
{
    ga_model *m;
    ga_status status = write_partner(w, err);
    if (status == GA_OK)
        status = ga_train_model(w->train, w->config->settle, &m, err);
    /* the model last: with it the run is finished */
    if (status == GA_OK)
        status = save_model(w, m, "weights", ga_run_model_path(w->log), w->file, err);
    if (status == GA_OK)
        ga_rq_say(w->rq, "wrote %s", w->file != NULL ? w->file : ga_run_model_path(w->log));
    return status;
}

/* ---- the whole --------------------------------------------------------------------------------*/

/* A checkpoint of before the run was made longer has the shorter length in its options. */
static ga_status load(const ga_watch *w, const char *checkpoint, ga_err *err)
{
    uint64_t step;
    char *config = NULL;
    ga_status status = ga_train_peek(checkpoint, &step, &config, err);
    if (status == GA_OK)
        status = ga_train_load(w->train, checkpoint,
                               ga_config_same_but_length(config, w->config_text) ? config
                                                                                 : w->config_text,
                               err);
    ga_train_config_free(config);
    return status;
}

static ga_status make_longer(const ga_watch *w, uint64_t done, ga_err *err)
{
    const ga_train_options *o = &w->config->options;
    const unsigned long long steps = o->steps, from = w->longer_from;
    const ga_status status = ga_run_lengthen(w->log, done, w->config_text, w->longer_from, o->steps,
                                             err);
    if (status != GA_OK)
        return status;
    ga_rq_say(w->rq, "run '%s' is made longer at step %llu: %llu steps instead of %llu",
              ga_run_name_of(w->log), (unsigned long long)done, steps, from);
    if (o->decay_from < 1)
        ga_rq_say(w->rq,
                  "its learning rate now falls from step %.0f to 0 at step %llu, no longer from step "
                  "%.0f to 0 at step %llu",
                  o->decay_from * (double)steps, steps, o->decay_from * (double)from, from);
    if (o->noise > 0)
        ga_rq_say(w->rq, "its noise now falls to 0 at step %llu, no longer at step %llu", steps,
                  from);
    ga_rq_say(w->rq,
              ga_config_knows_length(w->config)
                  ? "so its model will be another than that of a run begun with %llu steps"
                  : "nothing else depends on the length: it ends as a run begun with %llu steps does",
              steps);
    return GA_OK;
}

/* Back to the checkpoint, or to the start where none was written yet. */
static ga_status take_up(const ga_watch *w, ga_err *err)
{
    const char *checkpoint = ga_run_checkpoint_path(w->log);
    const char *folder = ga_train_renders(w->train) ? ga_run_samples_folder(w->log)
                                                    : ga_run_folder(w->log);
    ga_status status = ga_make_folders(folder, err);
    if (status == GA_OK && ga_is_file(checkpoint))
        status = load(w, checkpoint, err);
    const uint64_t done = ga_train_steps_done(w->train);
    if (status == GA_OK)
        status = ga_run_start(w->log, done, err);
    if (status == GA_OK && w->longer_from > 0)
        return make_longer(w, done, err);
    if (status == GA_OK && done > 0)
        ga_rq_say(w->rq, "run '%s' goes on after step %llu", ga_run_name_of(w->log),
                  (unsigned long long)done);
    return status;
}

/* After a signal or a full disk: how it goes on. */
static void tell_how_to_go_on(const ga_watch *w)
{
    const bool elsewhere = ga_rq_given(w->rq, "home");
    if (ga_is_file(ga_run_checkpoint_path(w->log)))
        ga_rq_note(w->rq, "to go on: ganatomy train %s --out %s --resume%s%s",
                   ga_training_word(w->what), w->file != NULL ? w->file : ga_run_name_of(w->log),
                   elsewhere ? " --home " : "", elsewhere ? ga_rq_home(w->rq) : "");
}

/* What the run's end says of it. Taken up behind its last step, nothing was scored again. */
static ga_status look_back(watch *h, ga_err *err)
{
    const char *names[GA_SCORE_COUNT + 1] = {NULL};
    double values[GA_SCORE_COUNT];
    ga_status status = ga_run_flush(h->w.log, err);
    if (status == GA_OK && h->eye != NULL && !h->scored)
        status = score(h, names, values, err);
    const ga_seen seen = {h->eye != NULL ? ga_eye_classes(h->eye) : 0, h->share_fake,
                          h->share_real};
    if (status == GA_OK)
        status = ga_run_lint(h->w.rq, h->w.log, h->w.train, h->w.config, h->w.cast, &seen, err);
    return status;
}

/* The curve up to the accident shows how it came about. What goes wrong here is not what the user
 * has to be told. */
static void look_at_accident(const watch *h)
{
    const ga_watch *w = &h->w;
    if (ga_run_flush(w->log, NULL) == GA_OK)
        (void)ga_run_lint(w->rq, w->log, w->train, w->config, w->cast, NULL, NULL);
    if (ga_is_file(ga_run_checkpoint_path(w->log)))
        ga_rq_note(w->rq, "the last checkpoint is kept in %s", ga_run_checkpoint_path(w->log));
}

ga_status ga_watch_train(const ga_watch *w, ga_err *err)
{
    watch h = {.w = *w, .curves = ga_train_curves(w->train)};
    const ga_train_events events = {.user = &h,
                                    .step = on_step,
                                    .measure = on_measure,
                                    .sheet = ga_train_renders(w->train) ? on_sheet : NULL,
                                    .save = on_save,
                                    .change = on_change,
                                    .cancelled = on_cancelled,
                                    .measure_every = w->config->eval_every,
                                    .sheet_every = w->config->sample_every,
                                    .save_every = w->config->save_every};
    ga_status status = take_up(w, err);
    if (status == GA_OK)
        status = open_eye(&h, err);
    if (status == GA_OK)
        status = ga_train_run(w->train, &events, err);
    if (status == GA_OK)
        status = write_models(w, err);
    if (status == GA_OK)
        status = look_back(&h, err);
    if (status == GA_EDIVERGED)
        look_at_accident(&h);
    if (status == GA_EINTERRUPTED || status == GA_ETERMINATED || status == GA_EIO)
        tell_how_to_go_on(w);
    watch_free(&h);
    return status;
}
