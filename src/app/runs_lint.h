/* runs_lint.h - the rules of lint.h over what the workspace knows of a run. */
#ifndef GA_RUNS_LINT_H
#define GA_RUNS_LINT_H
#include "app/runs.h"
#include "ganatomy/lint.h"

typedef struct ga_runs_findings {
    ga_lint_finding list[GA_LINT_MAX];
    int n;
} ga_runs_findings;

/* What was recorded when the training ended (events of kind lint), and what the rules say to its
 * curves and to what was measured of its samples then (an event of kind samples): so runs of before
 * a rule, and runs that broke off, are looked at too. Each code once. */
ga_status ga_runs_lint(ga_store *s, const ga_run_found *run, ga_runs_findings *out, ga_err *err);
/* Each finding in words, with its numbers and its page; nothing if there is none. */
void ga_runs_lint_say(ga_request *rq, const ga_runs_findings *findings);
json_t *ga_runs_lint_json(const ga_runs_findings *findings);
#endif
