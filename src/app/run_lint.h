/* run_lint.h - does a training that has ended show one of the classic mistakes? Its curves are read
 * from the database; of a generator, samples are looked at too. */
#ifndef GA_RUN_LINT_H
#define GA_RUN_LINT_H
#include "app/run_log.h"
#include "ganatomy/lint.h"

/* What a classifier saw of samples and of test pictures; classes 0: nobody looked. */
typedef struct ga_seen {
    int classes;
    const double *share_fake, *share_real; /* (classes) */
} ga_seen;

/* Tells every finding as a note, with the page that explains it, and records it as an event "lint";
 * what was measured of samples becomes an event "samples", so that the rules can be asked again.
 * seen: NULL if the training diverged; then only the curves are looked at, since its weights may be
 * no numbers. */
ga_status ga_run_lint(ga_request *rq, ga_run_log *log, ga_train *t, const ga_config *c,
                      const ga_cast *cast, const ga_seen *seen, ga_err *err);
#endif
