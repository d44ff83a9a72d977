/* lint_curves.h - the curves of a run that the rules of lint.h ask for. Whoever asks the rules, the
 * training that ends or a verb about a run of last year, reads them here. */
#ifndef GA_LINT_CURVES_H
#define GA_LINT_CURVES_H
#include "ganatomy/lint.h"
#include "ganatomy/store.h"

enum { GA_LINT_CURVES = 11 };

typedef struct ga_lint_curves { /* owns what a ga_lint_input borrows; zeroed structs are fine */
    int64_t *steps[GA_LINT_CURVES];
    double *values[GA_LINT_CURVES];
    int64_t last; /* largest step of them all, 0 without any */
} ga_lint_curves;

/* Reads them into in. logistic: losses are cross-entropies of logits; otherwise a discriminator's
 * mean outputs are no chances, and are left out. */
ga_status ga_lint_curves_read(ga_store *s, int64_t run, bool logistic, ga_lint_input *in,
                              ga_lint_curves *c, ga_err *err);
void ga_lint_curves_free(ga_lint_curves *c);
#endif
