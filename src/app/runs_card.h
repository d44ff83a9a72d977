/* runs_card.h - all that the workspace knows of one run, in words and as JSON. */
#ifndef GA_RUNS_CARD_H
#define GA_RUNS_CARD_H
#include "app/runs_lint.h"
#include "ganatomy/curve.h"

typedef struct ga_run_card {
    ga_run_found run;
    ga_session *sessions;
    ga_event *events;
    ga_artifact *files;
    char **names;             /* of the curves */
    ga_curve_summary *curves; /* one a name */
    size_t n_sessions, n_events, n_files, n_curves;
    ga_runs_findings findings;
} ga_run_card;

/* GA_ENOTFOUND as ga_runs_find. End with ga_run_card_free, zeroed structs are fine. */
ga_status ga_run_card_read(ga_store *s, const char *name, ga_run_card *out, ga_err *err);
void ga_run_card_free(ga_run_card *card);

ga_status ga_run_card_say(ga_request *rq, const ga_run_card *card, ga_err *err);
/* A new object, or NULL without memory. */
json_t *ga_run_card_json(const ga_run_card *card);

enum { GA_EVENT_WORDS = 96 };
/* "lr 0.0002 -> 0.0001" of a change, else its kind; buf of GA_EVENT_WORDS, which is returned. */
char *ga_words_event(const ga_event *event, char *buf);
#endif
