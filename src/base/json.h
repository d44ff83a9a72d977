/* json.h - jansson with sentences: every failure names the source and the path of the field. */
#ifndef GA_JSON_H
#define GA_JSON_H
#include "ganatomy/base.h"
#include <jansson.h>

/* Parses strictly (no duplicate keys, nothing after the end, depth <= 64, size <= 16 MiB);
 * *out is a new reference (json_decref). GA_EDATA: "WHERE: line L column C: ...". */
ga_status ga_json_parse(const char *text, size_t length, const char *where, json_t **out,
                        ga_err *err);
/* The same with another limit, in bytes. */
ga_status ga_json_parse_up_to(const char *text, size_t length, size_t limit, const char *where,
                              json_t **out, ga_err *err);
ga_status ga_json_read(const char *path, json_t **out, ga_err *err);

/* A place in a document, for messages: source and the path walked so far ("layers[3].inputs"). */
typedef struct ga_json_at {
    const char *where;
    char path[160];
} ga_json_at;
ga_status ga_json_fail(const ga_json_at *at, const char *key, ga_err *err, const char *format, ...)
    GA_PRINTF(4, 5);
/* Fields of an object. Absent: *out keeps its value if optional, else GA_EDATA. */
ga_status ga_json_get_string(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                             const char **out, ga_err *err);
ga_status ga_json_get_int(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                          int64_t lo, int64_t hi, int64_t *out, ga_err *err);
ga_status ga_json_get_double(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                             double *out, ga_err *err);
/* GA_EDATA naming any key of o that is not in keys (NULL at the end), with the nearest one. */
ga_status ga_json_only(const json_t *o, const ga_json_at *at, const char *const *keys,
                       ga_err *err);
/* Canonical text: sorted keys, no spaces, floats with 9 digits; ga_mem_free. NULL: no memory. */
char *ga_json_canonical(const json_t *v);
#endif
