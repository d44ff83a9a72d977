/* records.h - what single images gave, for resampling images. */
#ifndef GA_RECORDS_H
#define GA_RECORDS_H
#include "ganatomy/tally.h"

/* Words, image after image: n labels present, then these labels, the pixels of each, (n,U) pixels
 * where a unit is active on it, (U) active pixels. They grow with images, and lie in memory as far
 * as `memory` goes; all of them go to a nameless file of `folder` when that is not enough. */
typedef struct ga_records {
    uint32_t *w;
    size_t length, capacity; /* words */
    int images;
    int units;          /* U, set before the first image; so are these: */
    size_t memory;      /* bytes; twice that while they move */
    const char *folder; /* NULL: no file */
    bool in_file;
    int file; /* if in_file */
} ga_records;

void ga_records_free(ga_records *r);
/* Bytes of memory that they hold now; what is in a file counts as none. */
size_t ga_records_bytes(const ga_records *r);
/* GA_ENOMEM: more than memory, and no folder; GA_EIO: the file cannot grow. Nothing is added. */
ga_status ga_records_add(ga_records *r, ga_tally_present p, ga_err *err);
/* Puts those of other behind those of r. */
ga_status ga_records_join(ga_records *r, const ga_records *other, ga_err *err);
/* Those of (length) words w, in place of what r has. GA_EDATA: they do not fit units and labels,
 * and r has what it had; other failures leave it with none. */
ga_status ga_records_take(ga_records *r, const uint32_t *w, size_t length, int labels, ga_err *err);

/* The way through them: for (size_t at = 0; ga_records_next(r, &at, which, &p);). which: room for
 * the labels of an image, which p points into. */
bool ga_records_next(const ga_records *r, size_t *at, uint16_t *which, ga_tally_present *p);
/* After a way through: pages of the file need not stay in memory. */
void ga_records_rest(const ga_records *r);
#endif
