/* run_cast.h - who takes part in a training: from names to opened architectures, data and models.
 */
#ifndef GA_RUN_CAST_H
#define GA_RUN_CAST_H
#include "app/run_config.h"

/* What a request asks for. A family of architectures is fitted to the data: its knobs pixels,
 * channels and classes, where not given, become those of the pictures. End with ga_cast_free, also
 * after a failure. */
ga_status ga_cast_of_request(ga_request *rq, ga_training what, ga_cast *out, ga_err *err);
/* What run `run` was begun with, checked to be what it was. */
ga_status ga_cast_of_config(ga_request *rq, ga_training what, const ga_config *c, const char *run,
                            ga_cast *out, ga_err *err);
/* An architecture's name with a family's knobs fitted to the cast's data or generator, as
 * ga_cast_of_request does: *out is a new string (ga_mem_free). */
ga_status ga_cast_fitted(const char *arch, ga_training what, const ga_cast *cast, char **out,
                         ga_err *err);
void ga_cast_free(ga_cast *cast);
#endif
