/* weights.h - what the readers and writers of weight files share; private to the array room.
 *
 * A reader is given a ga_weights that holds the bytes of the file and nothing else. It adds arrays
 * with ga_weights_add (dense) or ga_weights_add_strided; ga_weights_parse_as then orders the names
 * and refuses a name that occurs twice. Whatever is allocated on the way comes from one budget, so
 * that a small hostile file cannot ask for much memory. */
#ifndef GA_MODEL_WEIGHTS_H
#define GA_MODEL_WEIGHTS_H
#include "base/alloc.h"
#include "base/cursor.h"
#include "base/file.h"
#include "ganatomy/array.h"

enum {
    GA_NAME_MAX = 4096, /* bytes of an array's name */
    GA_SHOW = 72        /* what ga_show needs */
};

#ifdef __clang_analyzer__ /* it cannot see from outside that these never return GA_OK */
#define ga_fail(err, status, ...) ((void)ga_fail(err, status, __VA_ARGS__), status)
#define ga_cursor_fail(...)       ((void)ga_cursor_fail(__VA_ARGS__), GA_EDATA)
#endif

/* Memory with a limit and the words for reaching it. */
typedef struct ga_budget {
    ga_arena *arena;
    size_t limit;
    bool given; /* by the caller (more is GA_ENOMEM), not derived from the file (GA_EDATA) */
    const char *where;
} ga_budget;

/* n zeroed elements from the arena; *out stays as it was on failure. */
ga_status ga_budget_new(ga_budget *b, size_t n, size_t size, void **out, ga_err *err);
ga_status ga_budget_string(ga_budget *b, const char *text, size_t length, char **out, ga_err *err);

struct ga_weights {
    ga_file file;        /* closed with it; .data NULL when the bytes are borrowed */
    const uint8_t *data; /* the whole file; arrays may point into it */
    size_t size;
    const char *where; /* what messages call it: the path */
    const char *format;
    ga_budget budget;
    ga_array *arrays; /* in file order */
    size_t n, capacity;
    const ga_array **by_name;
    struct ga_weights_note {
        const char *key, *value;
    } * notes; /* metadata */
    size_t n_notes;
};

typedef ga_status (*ga_weights_reader)(ga_weights *w, ga_err *err);

/* The readers. Each wants its own format and refuses others. */
ga_status ga_read_zip(ga_weights *w, ga_err *err); /* PyTorch zip or .npz */
ga_status ga_read_torch_stream(ga_weights *w, ga_err *err);
ga_status ga_read_safetensors(ga_weights *w, ga_err *err);
ga_status ga_read_npy(ga_weights *w, ga_err *err);

/* As ga_weights_read on borrowed bytes, which must outlive *out. */
ga_status ga_weights_parse(const void *data, size_t size, const char *where, size_t memory_limit,
                           ga_weights **out, ga_err *err);
/* The same with a reader chosen by the caller. */
ga_status ga_weights_parse_as(ga_weights_reader reader, const void *data, size_t size,
                              const char *where, size_t memory_limit, ga_weights **out,
                              ga_err *err);

/* Adds an array whose bytes lie densely at data (inside w->data or the budget's arena); they are
 * copied only if they are not aligned for their type. The name is copied. GA_EDATA: the name is
 * not valid UTF-8, has control characters, or is too long. */
ga_status ga_weights_add(ga_weights *w, const char *name, size_t name_length, ga_dtype dtype,
                         int rank, const int64_t *dim, const void *data, ga_err *err);
/* The same with strides in elements, none negative. The caller has checked that every element lies
 * inside the bytes it has. */
ga_status ga_weights_add_strided(ga_weights *w, const char *name, size_t name_length,
                                 ga_dtype dtype, int rank, const int64_t *dim,
                                 const int64_t *stride, const void *data, ga_err *err);

/* Product of the dims, 0 if one is 0; false if it overflows or a dim is negative. */
bool ga_shape_count(int rank, const int64_t *dim, size_t *count);
/* Foreign text made fit for a message: printable ASCII, cut at 60 characters. Into buf[GA_SHOW]. */
const char *ga_show(const void *text, size_t length, char *buf);
/* Valid UTF-8 of at most GA_NAME_MAX bytes without control characters. */
bool ga_name_is_clean(const char *name, size_t length);

/* One element from its bytes, exact. */
float ga_f16_value(uint16_t bits);
float ga_bf16_value(uint16_t bits);
/* Nearest, ties to even; NaN stays NaN; too large becomes infinite. */
uint16_t ga_f16_bits(float value);
uint16_t ga_bf16_bits(float value);

/* One .npy image (data, size) as array `name` of w. */
ga_status ga_npy_add(ga_weights *w, const uint8_t *data, size_t size, const char *where,
                     const char *name, size_t name_length, ga_err *err);

/* The writers behind ga_weights_write; arrays have been checked. */
ga_status ga_write_safetensors(ga_writer *out, const ga_array *arrays, int n,
                               const char *const *metadata, ga_err *err);
ga_status ga_write_npy(ga_writer *out, const ga_array *array, ga_err *err);
ga_status ga_write_npz(ga_writer *out, const ga_array *arrays, int n, ga_err *err);
ga_status ga_write_torch(ga_writer *out, const ga_array *arrays, int n, ga_err *err);
#endif
