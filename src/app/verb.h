/* verb.h - the one description of what can be asked.
 *
 * A verb is a row: its name, its fields (name, type, unit, limits, default, help), examples, and
 * the function that does it. Everything else comes from the row: options, help, man pages and shell
 * completion of the command (src/cli), and later the routes, the schema and the types of the pages.
 * A verb lives in src/app/verb_NAME.c; the list of all of them is src/app/verbs.c. */
#ifndef GA_VERB_H
#define GA_VERB_H
#include "ganatomy/base.h"
#include "base/text.h"
#include <jansson.h>

typedef enum ga_field_type {
    GA_FIELD_FLAG,   /* present or not */
    GA_FIELD_INT,    /* whole number in min..max */
    GA_FIELD_NUMBER, /* finite number in min..max */
    GA_FIELD_TEXT,
    GA_FIELD_CHOICE,  /* one of choices[] */
    GA_FIELD_BYTES,   /* "512M", "4G" */
    GA_FIELD_FILE,    /* a file that is read */
    GA_FIELD_OUTPUT,  /* a file that is written */
    GA_FIELD_PICTURE, /* the same, a PNG: by its name, too, if that has a suffix */
    GA_FIELD_FOLDER   /* a folder that is read or written */
} ga_field_type;

typedef struct ga_field {
    const char *name; /* "layer": --layer; upper-case words in help are made from value */
    char letter;      /* 'o' for -o, or 0 */
    ga_field_type type;
    const char *value;    /* what the value is called in help: "LAYER", "Z", "FILE" */
    const char *help;     /* one line, lower case, with the unit; no full stop */
    const char *fallback; /* default, as text; NULL: none */
    double min, max;      /* GA_FIELD_INT and GA_FIELD_NUMBER; both 0: any */
    const char *const *choices;
    bool positional, required;
    const char
        *unless; /* required unless this field of the verb is given; NULL: as `required` says */
    bool many;   /* may be given more than once (positional: takes all that follow) */
} ga_field;

typedef struct ga_example {
    const char *command, *what;
} ga_example;

/* A word that a value can be made of, and what it means. */
typedef struct ga_term {
    const char *name, *meaning;
} ga_term;

typedef struct ga_request ga_request;

typedef struct ga_verb {
    const char *name;           /* "model info" */
    const char *summary;        /* one line for lists of verbs */
    const char *description;    /* paragraphs for help and the man page, separated by "\n\n" */
    const ga_field *fields;     /* ended by a row whose name is NULL; the common fields come on top:
                                   --home --threads --memory --quiet --json --help */
    const ga_example *examples; /* ended by NULL; shown first */
    const char *terms_title;    /* heading of the next; NULL: there are none */
    const ga_term *terms;       /* ended by a row whose name is NULL; shown before the options */
    ga_status (*run)(ga_request *rq, ga_err *err);
} ga_verb;

extern const ga_verb *const ga_verbs[]; /* NULL at the end, in the order of help */

/* ---- what a verb's function asks and says
 * ------------------------------------------------------*/

/* Values were parsed and checked against the row before run is called. Absent and without a
 * fallback: text NULL, int and number the given other. Asking for a name that the row lacks, or as
 * another type, is our own mistake: assert. */
bool ga_rq_flag(const ga_request *rq, const char *field);
bool ga_rq_given(const ga_request *rq, const char *field); /* by the user, not by fallback */
int64_t ga_rq_int(const ga_request *rq, const char *field, int64_t other);
double ga_rq_number(const ga_request *rq, const char *field, double other);
const char *ga_rq_text(const ga_request *rq, const char *field); /* also choices and paths */
uint64_t ga_rq_bytes(const ga_request *rq, const char *field, uint64_t other);
/* All values of a `many` field; *n may be 0. */
const char *const *ga_rq_list(const ga_request *rq, const char *field, int *n);

/* The common fields, resolved. */
const char *ga_rq_home(const ga_request *rq); /* workspace folder; whoever writes there makes it */
int ga_rq_threads(const ga_request *rq);
size_t ga_rq_memory(const ga_request *rq); /* bytes, 0: none given */
bool ga_rq_wants_json(const ga_request *rq);
const char *ga_rq_command(const ga_request *rq); /* the command as typed, for records */
/* Progress for long work; its `cancelled` becomes true at SIGINT and SIGTERM. */
const ga_progress *ga_rq_progress(const ga_request *rq);

/* Words for people on stdout; dropped with --quiet and with --json. */
void ga_rq_say(ga_request *rq, const char *format, ...) GA_PRINTF(2, 3);
/* A remark on stderr, "note: ..."; dropped with --quiet. */
void ga_rq_note(ga_request *rq, const char *format, ...) GA_PRINTF(2, 3);
/* The one object that --json prints; takes the reference. At most once a request. */
void ga_rq_result(ga_request *rq, json_t *object);

/* ---- making requests: for src/cli, later src/http, and tests ----------------------------------*/

typedef struct ga_request_sink {
    void (*say)(void *user, const char *line);
    void (*note)(void *user, const char *line);
    ga_progress progress;
    void *user;
} ga_request_sink;

ga_status ga_request_create(const ga_verb *verb, const ga_request_sink *sink, ga_request **out,
                            ga_err *err);
/* Sets one value from its text; checks type and limits. GA_EINVAL with field, found, expected. */
ga_status ga_request_set(ga_request *rq, const char *field, const char *value, ga_err *err);
void ga_request_set_command(ga_request *rq, const char *command);
/* Checks required fields and the environment, fills fallbacks; then it can be asked as the verb
 * would. */
ga_status ga_request_ready(ga_request *rq, ga_err *err);
/* Makes it ready, runs the verb. */
ga_status ga_request_run(ga_request *rq, ga_err *err);
/* The verb's own values as they were given, {"FIELD": ["TEXT", ...]}, and the way back, by which a
 * request is made again elsewhere. A new reference, or NULL; GA_EINVAL, GA_EDATA. */
json_t *ga_request_given(const ga_request *rq);
ga_status ga_request_set_all(ga_request *rq, const json_t *given, ga_err *err);
const json_t *ga_request_result(const ga_request *rq); /* borrowed; NULL if the verb gave none */
void ga_request_free(ga_request *rq);

extern const ga_field ga_common_fields[]; /* ended by NULL */
#endif
