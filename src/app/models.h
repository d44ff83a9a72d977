/* models.h - models by path or by name, and where names are looked for.
 *
 * NAME is, in this order,
 *   1. HOME/models/NAME.safetensors and HOME/runs/NAME/model.safetensors in the workspace
 *   2. NAME.safetensors in each folder of $GANATOMY_MODELS (':' between them)
 *   3. models/NAME.safetensors in the current folder
 *   4. what came with the program: PREFIX/share/ganatomy/models if it runs as PREFIX/bin/ganatomy
 *      from wherever it was moved to, the project's models/ if it runs from the project's build/,
 *      and the prefix that it was built for. */
#ifndef GA_APP_MODELS_H
#define GA_APP_MODELS_H
#include "app/verb.h"
#include "ganatomy/model.h"

/* A model by path or name. GA_ENOTFOUND says where it looked and names the nearest one that is
 * there. *out is the caller's. */
ga_status ga_app_model(const ga_request *rq, const char *name, ga_model **out, ga_err *err);
/* The same, refusing a model that reads pictures: "'lenet' reads pictures: a generator is needed". */
ga_status ga_app_generator(const ga_request *rq, const char *name, ga_model **out, ga_err *err);
/* Every name that ga_app_model would find with that workspace folder, and its file: a new object
 * {"NAME": "FILE"}, or NULL without memory. */
json_t *ga_app_model_names(const char *home);
/* The classifier that came with the program for a known set of data; NULL if none did. */
const char *ga_app_usual_eye(const char *data);
/* A file that came with the program beside its models, as a new string (ga_mem_free).
 * GA_ENOTFOUND, with what can be done otherwise. */
ga_status ga_app_shipped_file(const ga_request *rq, const char *name, const char *otherwise,
                              char **path, ga_err *err);
#endif
