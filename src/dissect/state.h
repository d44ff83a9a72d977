/* state.h - what a dissection has seen so far, as a file. */
#ifndef GA_DISSECT_STATE_H
#define GA_DISSECT_STATE_H
#include "dissect/inner.h"

/* What such a file says of itself. */
typedef struct ga_stamp {
    const char *key;
    int pass, block, passes; /* how far it has come: the pass, and the next block of it */
    int shard, shards;       /* 1..shards; 0: of all images */
    /* of files that go to other machines; NULL: it is none */
    const char *about; /* what was asked, a JSON object */
    const char *after; /* the seal of what the pass was begun with; "": it is the first */
    const char *seal;  /* SHA-256 of all of it; only when read */
} ga_stamp;

#define GA_PICK_BYTES 40 /* of a pick in a file, and in memory while it is written */

/* Writes everything that the layers hold. Atomic. Sealed if stamp->about is there. */
ga_status ga_dissect_save(const ga_dissection *d, const char *path, const ga_stamp *stamp,
                          ga_err *err);
/* What is at path; stamp points into *out (ga_weights_free). GA_ENOTFOUND, GA_EIO; GA_EDATA: no
 * such file, or its seal is broken. */
ga_status ga_dissect_open(const char *path, ga_weights **out, ga_stamp *stamp, ga_err *err);
/* Thresholds and what led to them, as far as the file has them: before the pass that it is in is
 * begun. */
ga_status ga_dissect_restore_rule(ga_dissection *d, const ga_weights *file, ga_err *err);
/* Fills what the layers hold already (of the pass that the file is in) from it. GA_EDATA names what
 * does not fit. */
ga_status ga_dissect_restore(ga_dissection *d, const ga_weights *file, ga_err *err);
#endif
