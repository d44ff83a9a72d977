/* state.h - what a dissection has seen so far, as a file. */
#ifndef GA_DISSECT_STATE_H
#define GA_DISSECT_STATE_H
#include "dissect/inner.h"

/* How far it has come: the pass, and the next block of it. */
typedef struct ga_dissect_place {
    int pass, block;
} ga_dissect_place;

/* Writes everything that the layers hold. Atomic. */
ga_status ga_dissect_save(const ga_dissection *d, const char *path, const char *key,
                          ga_dissect_place place, ga_err *err);
/* The state of this key at path, for ga_dissect_restore (ga_weights_free), with the place where it
 * is; NULL if there is none, if it is another's or cannot be read. */
ga_weights *ga_dissect_find(const char *path, const char *key, ga_dissect_place *place);
/* Thresholds and what led to them, as far as the file has them: before the pass that it is in is
 * begun. */
ga_status ga_dissect_restore_rule(ga_dissection *d, const ga_weights *file, ga_err *err);
/* Fills what the layers hold already (of the pass that the file is in) from it. GA_EDATA names what
 * does not fit. */
ga_status ga_dissect_restore(ga_dissection *d, const ga_weights *file, ga_err *err);
#endif
