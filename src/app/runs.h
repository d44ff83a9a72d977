/* runs.h - what the verbs about recorded runs share: finding runs, words for times and numbers. */
#ifndef GA_APP_RUNS_H
#define GA_APP_RUNS_H
#include "app/verb.h"
#include "ganatomy/store.h"

/* The workspace's database, with runs of dead processes marked as far as it can be written to. No
 * database is made: GA_ENOTFOUND with the command that begins a run. */
ga_status ga_runs_open(const ga_request *rq, ga_store **out, ga_err *err);
/* Is there a database at all? */
bool ga_runs_any(const ga_request *rq);
/* A sentence for a workspace without runs: which, and the next command. */
void ga_runs_none(const ga_request *rq, ga_text *text);

/* A run with its parsed options ({} if they cannot be parsed). */
typedef struct ga_run_found {
    ga_run_record *record;
    json_t *config;
} ga_run_found;
/* GA_ENOTFOUND names the nearest. End with ga_run_found_free, zeroed structs are fine. */
ga_status ga_runs_find(ga_store *s, const char *name, ga_run_found *out, ga_err *err);
void ga_run_found_free(ga_run_found *run);
/* The steps that it is to have, 0 if its options do not say. */
int64_t ga_run_steps(const json_t *config);

enum { GA_RUN_WORDS = 48 };
/* "0.4 s", "45 s", "12 min 3 s", "2 h 5 min", "3 d 4 h"; buf of GA_RUN_WORDS, which is returned. */
char *ga_words_duration(double seconds, char *buf);
/* "just now", "5 min ago", "3 d ago". */
char *ga_words_age(int64_t then, int64_t now, char *buf);
/* "2026-11-25 16:02", in the time zone of the environment. */
char *ga_words_time(int64_t then, char *buf);
/* With so many digits at most, from GA_ALL_DIGITS on with as many as bring the same number back;
 * "nan", "inf", "-inf". */
enum { GA_ALL_DIGITS = 17 };
char *ga_words_number(double v, int digits, char *buf);
/* A number for JSON: what is not finite becomes a word. */
json_t *ga_json_number(double v);

/* Rows of cells under headings, columns as wide as they need be, two spaces apart; numbers to the
 * right (a column whose heading begins with '>', which is not shown). cells: rows*columns strings,
 * NULL for empty. Every line is said with `indent` spaces before it. */
void ga_say_table(ga_request *rq, int indent, const char *const *headings, int columns,
                  const char *const *cells, size_t rows);
/* "label       words", wrapped at 96 columns under their first letter. */
void ga_say_entry(ga_request *rq, const char *label, const char *words);
#endif
