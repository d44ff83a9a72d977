/* cursor.h - the bounded reader that all foreign bytes go through. Never reads past its end;
 * every failure is GA_EDATA and names where (the file), the offset and the field. */
#ifndef GA_CURSOR_H
#define GA_CURSOR_H
#include "ganatomy/base.h"

typedef struct ga_cursor {
    const uint8_t *data;
    size_t size, at;
    const char *where; /* what messages call the bytes: a path, "x.zip: data.pkl" */
} ga_cursor;

ga_cursor ga_cursor_of(const void *data, size_t size, const char *where);
/* Fails as "WHERE: offset AT: FIELD: words". */
ga_status ga_cursor_fail(const ga_cursor *c, size_t at, const char *field, ga_err *err,
                         const char *format, ...) GA_PRINTF(5, 6);
/* *out points into data. */
ga_status ga_read_bytes(ga_cursor *c, size_t n, const uint8_t **out, const char *field,
                        ga_err *err);
ga_status ga_read_u8(ga_cursor *c, uint8_t *out, const char *field, ga_err *err);
ga_status ga_read_u16le(ga_cursor *c, uint16_t *out, const char *field, ga_err *err);
ga_status ga_read_u32le(ga_cursor *c, uint32_t *out, const char *field, ga_err *err);
ga_status ga_read_u64le(ga_cursor *c, uint64_t *out, const char *field, ga_err *err);
ga_status ga_read_u32be(ga_cursor *c, uint32_t *out, const char *field, ga_err *err);
ga_status ga_seek(ga_cursor *c, size_t at, const char *field, ga_err *err);
size_t ga_cursor_left(const ga_cursor *c);
#endif
