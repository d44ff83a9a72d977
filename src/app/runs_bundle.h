/* runs_bundle.h - files put together under one name, in a folder or in a zip archive, and taken out
 * again. */
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

/* Folders that hold a run.json, in a bundle that was written: the archive or folder itself or what
 * lies in it, at most GA_BUNDLE_RUNS. */
enum { GA_BUNDLE_RUNS = 10000 };
typedef struct ga_bundle_in ga_bundle_in;
/* path: a .zip file or a folder. limit: bytes that may be unpacked. GA_ENOTFOUND: not there;
 * GA_EDATA: damaged, or nothing in it is a run. */
ga_status ga_bundle_open(const char *path, size_t limit, ga_bundle_in **out, ga_err *err);
void ga_bundle_close(ga_bundle_in *b); /* NULL is fine */
size_t ga_bundle_n(const ga_bundle_in *b);
/* A file of a run as messages call it: "runs.zip: digits/run.json"; size is that of buf. */
const char *ga_bundle_where(const ga_bundle_in *b, size_t run, const char *name, char *buf,
                            size_t size);
/* A file of a run: its bytes, there until close. name is one that ga_bundle_is_name allows.
 * GA_EDATA: missing or damaged. */
ga_status ga_bundle_get(ga_bundle_in *b, size_t run, const char *name, const uint8_t **data,
                        size_t *size, ga_err *err);
/* A-Z a-z 0-9 . _ - and at most one folder before: nothing that leads elsewhere. */
bool ga_bundle_is_name(const char *name);
#endif
