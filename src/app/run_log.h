/* run_log.h - a run in the workspace: its row, curves and events in the database, its folder.
 *
 * HOME/runs/NAME/ holds checkpoint.safetensors (the newest), samples/step-000600.png and, at the
 * end, model.safetensors and the network beside it (discriminator.safetensors). What is written
 * there and in the curves depends on options, data and seed alone. Order of a checkpoint: curves up
 * to its step are in the database and sheets on disk before the checkpoint takes its name, and a
 * resumed run forgets what came after it. */
#ifndef GA_RUN_LOG_H
#define GA_RUN_LOG_H
#include "app/lint_curves.h"
#include "app/run_config.h"
#include "ganatomy/store.h"

typedef struct ga_run_log ga_run_log;

/* --out of the command: the run's name, and the file that shall hold the model too (NULL: none).
 * "digits" is a name; "models/digits.safetensors" a file and the name digits; NULL: ARCH-DATA. */
ga_status ga_run_name(const ga_request *rq, const char *arch, const char *data, char *name,
                      size_t size, const char **file, ga_err *err);

/* Begins a run: its row and its folder. kind: ga_training_word; data may be NULL. GA_EEXIST: the
 * name is taken. */
ga_status ga_run_begin(ga_request *rq, const char *kind, const char *name, const char *config,
                       uint64_t seed, const ga_dataset *data, ga_run_log **out, ga_err *err);
/* Takes a run up again. *config (ga_mem_free) is what it was begun with. GA_ENOTFOUND: no such run;
 * GA_EEXIST: a living process is training it; GA_EINVAL: of another kind. */
ga_status ga_run_resume(ga_request *rq, const char *kind, const char *name, ga_run_log **out,
                        char **config, ga_err *err);
/* Was it taken up although it had ended well, with its model written? */
bool ga_run_is_finished(const ga_run_log *log);
/* The same, whether or not the model is still there. */
bool ga_run_had_ended(const ga_run_log *log);
/* What it diverged with, NULL if it did not. */
const char *ga_run_accident(const ga_run_log *log);

/* The training is at this step now: leftovers and what came after are forgotten, its state is
 * running. */
ga_status ga_run_start(ga_run_log *log, uint64_t step, ga_err *err);
/* Points of a step, one a series (NULL at the end, the words must last); in the database at the
 * next flush. */
ga_status ga_run_points(ga_run_log *log, uint64_t step, const char *const *series,
                        const double *values, ga_err *err);
ga_status ga_run_flush(ga_run_log *log, ga_err *err);
/* Records a file that is in place. */
ga_status ga_run_record_file(ga_run_log *log, const char *kind, int64_t step, const char *path,
                             ga_err *err);
/* Records what happened; takes the reference. */
ga_status ga_run_event(ga_run_log *log, uint64_t step, const char *kind, json_t *object,
                       ga_err *err);

/* The run is from now on one of `to` steps instead of `from`, with this config. */
ga_status ga_run_lengthen(ga_run_log *log, uint64_t step, const char *config, uint64_t from,
                          uint64_t to, ga_err *err);

/* ga_lint_curves_read of this run, as far as it was flushed. */
ga_status ga_run_lint_curves(ga_run_log *log, bool logistic, ga_lint_input *in, ga_lint_curves *c,
                             ga_err *err);

const char *ga_run_name_of(const ga_run_log *log);
const char *ga_run_folder(const ga_run_log *log);
const char *ga_run_model_path(const ga_run_log *log);
const char *ga_run_checkpoint_path(const ga_run_log *log);
const char *ga_run_samples_folder(const ga_run_log *log);
const char *ga_run_control_path(const ga_run_log *log);

/* Records how the run ended; frees log either way. A run that was only looked at stays as it was.
 */
void ga_run_end(ga_run_log *log, ga_status status, const ga_err *err);
#endif
