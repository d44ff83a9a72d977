/* runs_import.h - runs of other workspaces, from what `ganatomy runs export` wrote. */
#ifndef GA_RUNS_IMPORT_H
#define GA_RUNS_IMPORT_H
#include "app/verb.h"

typedef struct ga_import_tally {
    int runs, present; /* taken over; here already, known by their uuid */
    int files;
    size_t points;
    uint64_t bytes;
    char name[128]; /* of the last one */
} ga_import_tally;

/* Takes over every run in path, a .zip file or a folder; a run that is here already is left alone.
 * A killed import leaves whole runs only, and can be repeated. name: of the run, if it is one;
 * NULL: its own. GA_EEXIST: another run has the name; GA_EDATA: damaged, with place. */
ga_status ga_runs_import(ga_request *rq, const char *path, const char *name, ga_import_tally *out,
                         ga_err *err);
/* Says what came of it ("took over", "installed") and how it goes on, and makes it the result. */
void ga_runs_import_tell(ga_request *rq, const ga_import_tally *t, const char *did);
#endif
