/* runs_bundle.h - files put together under one name: in a folder, or in a zip archive. */
#ifndef GA_RUNS_BUNDLE_H
#define GA_RUNS_BUNDLE_H
#include "ganatomy/base.h"

typedef struct ga_bundle ga_bundle;

/* path ends in .zip: an archive that takes its name when it is whole, over what was there; entries
 * lie in one folder of its stem. Else a folder, which is made. GA_EEXIST: a folder that is not
 * empty; GA_EIO. */
ga_status ga_bundle_create(const char *path, ga_bundle **out, ga_err *err);
/* A file; name may have folders ("samples/step-000600.png"). */
ga_status ga_bundle_put(ga_bundle *b, const char *name, const void *data, size_t size, ga_err *err);
/* Completes an archive, and frees b either way. */
ga_status ga_bundle_finish(ga_bundle *b, ga_err *err);
/* Frees b; of an archive nothing is left, of a folder what was put. NULL is fine. */
void ga_bundle_abandon(ga_bundle *b);
#endif
