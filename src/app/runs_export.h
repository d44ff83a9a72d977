/* runs_export.h - a run with all that it takes to make it again, as files of a bundle. */
#ifndef GA_RUNS_EXPORT_H
#define GA_RUNS_EXPORT_H
#include "app/runs_bundle.h"
#include "app/runs_card.h"

typedef struct ga_export_options {
    int digits;      /* of curves; 17: all */
    bool checkpoint; /* with what it takes to go on */
    bool lean;       /* run.json, curves.csv, sheets and the model alone */
} ga_export_options;

typedef struct ga_export_tally {
    int files, missing; /* copied; gone or changed since, each with a note */
    uint64_t bytes;
} ga_export_tally;

/* Puts a run into folder of b ("": its top). The paths of run.json are those in the bundle. */
ga_status ga_run_export(ga_request *rq, ga_bundle *b, const char *folder, ga_store *s,
                        const ga_run_card *card, const ga_export_options *o, ga_export_tally *t,
                        ga_err *err);
#endif
