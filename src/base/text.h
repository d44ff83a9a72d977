/* text.h - growing strings, small string questions. */
#ifndef GA_TEXT_H
#define GA_TEXT_H
#include "ganatomy/base.h"

/* Always 0-terminated once something was added. Start with {0}; end with ga_text_free.
 * When memory runs out `failed` becomes true and stays so; adding is then a no-op. */
typedef struct ga_text {
    char *data;
    size_t length, capacity;
    bool failed;
} ga_text;

void ga_text_add(ga_text *t, const char *s);
void ga_text_add_n(ga_text *t, const char *s, size_t n);
void ga_text_addf(ga_text *t, const char *format, ...) GA_PRINTF(2, 3);
void ga_text_add_json(ga_text *t, const char *s); /* with quotes and escapes; bad UTF-8 as U+FFFD */
void ga_text_add_html(ga_text *t, const char *s); /* & < > " ' escaped */
void ga_text_add_base64(ga_text *t, const void *bytes, size_t n); /* RFC 4648, with padding */
void ga_text_free(ga_text *t);

bool ga_starts_with(const char *s, const char *prefix);
bool ga_ends_with(const char *s, const char *suffix);
/* The word of names[] (NULL at the end) nearest to s by edit distance, NULL if none is near. */
const char *ga_nearest_word(const char *s, const char *const *names);
/* " (did you mean 'layer'?)" with that word, for a sentence that named s; "" if none is near. Into
 * buf of GA_DID_YOU_MEAN chars, returns buf. */
enum { GA_DID_YOU_MEAN = 128 };
const char *ga_did_you_mean(const char *s, const char *const *names, char *buf);
/* Whole-string numbers: false if anything is left over, out of range or not finite. */
bool ga_parse_i64(const char *s, int64_t *out);
bool ga_parse_f64(const char *s, double *out);
/* Bytes with a unit: "512", "64M", "4G", "1.5GiB". */
bool ga_parse_bytes(const char *s, uint64_t *out);
/* A finite number as a decimal, with as few digits as give the same number back when they are read:
 * "0.1", "1e+30", "0.30000000000000004". buf of GA_DOUBLE_WORDS, which is returned. */
enum { GA_DOUBLE_WORDS = 32 };
char *ga_format_double(double v, char *buf);
/* "3.1 GiB" into buf (at least 16), returns buf. */
char *ga_format_bytes(uint64_t bytes, char *buf, size_t size);
/* GA_ENOMEM, for whoever cannot choose how many images run at a time: name needs so many bytes for
 * count of them, and no more than limit are allowed. Says the smallest limit that will do. */
ga_status ga_fail_memory(ga_err *err, const char *name, int count, size_t needs, size_t limit);
#endif
