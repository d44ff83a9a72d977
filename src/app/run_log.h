/* run_log.h - a training meets the workspace: its row and curves in the database, its folder.
 *
 * HOME/runs/NAME/ holds checkpoint.safetensors (the newest), samples/step-000600.png and, at the
 * end, model.safetensors. What is written there and in the curves depends on options, data and
 * seed alone. Order of a checkpoint: curves up to its step are in the database and sheets on disk
 * before the checkpoint takes its name, and a resumed run forgets what came after it. */
#ifndef GA_RUN_LOG_H
#define GA_RUN_LOG_H
#include "app/run_config.h"
#include "ganatomy/store.h"

typedef struct ga_run_log ga_run_log;

/* --out of the command: the run's name, and the file that shall hold the model too (NULL: none).
 * "digits" is a name; "models/digits.safetensors" a file and the name digits; NULL: ARCH-DATA. */
ga_status ga_run_name(const ga_request *rq, const char *arch, const char *data, char *name,
                      size_t size, const char **file, ga_err *err);

/* Begins a run: its row and its folder. kind: "gan" or "classifier". GA_EEXIST: the name is taken.
 */
ga_status ga_run_begin(ga_request *rq, const char *kind, const char *name, const char *config,
                       uint64_t seed, const ga_dataset *data, ga_run_log **out, ga_err *err);
/* Takes a run up again. *config (ga_mem_free) is what it was begun with. GA_ENOTFOUND: no such run;
 * GA_EEXIST: a living process is training it; GA_EINVAL: of another kind. */
ga_status ga_run_resume(ga_request *rq, const char *kind, const char *name, ga_run_log **out,
                        char **config, ga_err *err);

/* Trains to the end: loads the checkpoint if there is one, steps, writes, and leaves the run's
 * state as it should be, also on failure. file: see ga_run_name. */
ga_status ga_run_train(ga_run_log *log, ga_train *t, const ga_config *c, const char *config,
                       const char *file, ga_err *err);
/* Was it taken up although it had ended well, with its model written? */
bool ga_run_is_finished(const ga_run_log *log);
const char *ga_run_folder(const ga_run_log *log);
/* Path of the finished model in the folder. */
const char *ga_run_model_path(const ga_run_log *log);
/* Records how the run ended; frees log either way. For failures outside ga_run_train as well. */
void ga_run_end(ga_run_log *log, ga_status status, const ga_err *err);
#endif
