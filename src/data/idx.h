/* idx.h - IDX files, gzipped or not, as MNIST made them known. Format: docs/formats/idx.md. */
#ifndef GA_IDX_H
#define GA_IDX_H
#include "ganatomy/base.h"

#define GA_IDX_MAX_RANK 4
/* No data set that this program can use needs more than this unpacked. */
#define GA_IDX_MAX_BYTES ((size_t)2 << 30)

enum { GA_IDX_U8 = 0x08, GA_IDX_I8 = 0x09, GA_IDX_I16 = 0x0B, GA_IDX_I32 = 0x0C };

typedef struct ga_idx {
    int type;                      /* one of the four above; floats are refused */
    int rank;                      /* 1..GA_IDX_MAX_RANK */
    uint32_t dim[GA_IDX_MAX_RANK]; /* each at least 1 */
    size_t count;                  /* product of dim */
    size_t bytes;                  /* count times 1, 2 or 4 */
    uint8_t *data;                 /* owned; elements row by row, big-endian as in the file */
} ga_idx;

/* where: what messages call the bytes. max_bytes bounds what is allocated; checked, together with
 * what the bytes at hand can possibly hold, before anything is. GA_EDATA, GA_ENOMEM. */
ga_status ga_idx_parse(const uint8_t *bytes, size_t size, const char *where, size_t max_bytes,
                       ga_idx *out, ga_err *err);
ga_status ga_idx_read(const char *path, size_t max_bytes, ga_idx *out, ga_err *err);
void ga_idx_free(ga_idx *x); /* NULL and zeroed structs are fine; zeroes *x */

/* Element i as a number. */
int32_t ga_idx_at(const ga_idx *x, size_t i);
/* SHA-256 of the unpacked file, 64 hex digits and a 0. */
void ga_idx_sha256(const ga_idx *x, char hex[65]);
#endif
