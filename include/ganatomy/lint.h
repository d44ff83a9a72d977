/* lint.h - does a training show one of the classic mistakes?
 *
 * Looks at what was recorded of a run, at numbers alone: no network and no picture is needed, so a
 * run of last year is looked at like one that ends now. Every finding has the number that gave it
 * away and the limit that it crossed; docs/lint/CODE.md explains it. What was not recorded is left
 * out, and the rules that need it say nothing. */
#ifndef GA_LINT_H
#define GA_LINT_H
#include "ganatomy/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Borrowed. n = 0: it was not recorded. */
typedef struct ga_lint_curve {
    const int64_t *steps; /* ascending */
    const double *values;
    size_t n;
} ga_lint_curve;

/* All that rules look at. Curves begin as {0}; numbers that were not measured are NaN, counts 0:
 * start from ga_lint_nothing(). */
typedef struct ga_lint_input {
    int64_t diverged_at; /* step at which the training was ended for a loss that was not finite, -1:
                            it was not; for curves that end before it */

    /* |update| / |weights| of each step: of the only network or the larger of both, of a
       discriminator, of a generator */
    ga_lint_curve update, update_d, update_g;

    /* a classifier */
    int classes;                  /* K; 0 for other networks, whatever their data */
    ga_lint_curve loss, accuracy; /* mean cross-entropy in nats; share of right answers */

    /* a discriminator */
    bool logistic;                /* loss_d is the sum of two binary cross-entropies of logits */
    ga_lint_curve loss_d, loss_g; /* in nats */
    ga_lint_curve d_real, d_fake; /* mean sigmoid of the logits */
    ga_lint_curve right_real, right_fake; /* share of right calls on each side */

    /* evaluation: the loss (any) of the same pictures with the same weights */
    double eval_first, eval_again; /* evaluated twice */
    double as_trained, evaluated;  /* in training mode; in evaluation mode */
    double reported;               /* as the run's own curves have it */

    /* a generator */
    const double *sensitivity;             /* (Z) how much a picture changes with each latent */
    int z;                                 /* Z */
    double distance_fake, distance_real;   /* mean over pairs of samples, of real pictures */
    const double *share_fake, *share_real; /* (K_seen) of each class in samples, in real pictures */
    int classes_seen;                      /* K_seen */
    double nearest_fake, nearest_test;     /* median distance to the nearest training picture: of
                                              samples, of test pictures */
} ga_lint_input;

GA_API ga_lint_input ga_lint_nothing(void);

typedef struct ga_lint_finding {
    const char *code;        /* "softmax-twice"; static */
    double value, threshold; /* the number that gave it away, and where the rule begins */
    int64_t step;            /* where, -1: of the run as a whole */
    char words[320];         /* one sentence, no full stop */
} ga_lint_finding;

#define GA_LINT_MAX 16 /* more rules than there are */

/* Fills out (room for `most`), the gravest first; returns how many. */
GA_API int ga_lint(const ga_lint_input *input, ga_lint_finding *out, int most);

/* The codes of all rules, in that order; NULL at the end. */
GA_API const char *const *ga_lint_codes(void);

/* As a JSON object: code, value, threshold, step, words, page ("docs/lint/CODE.md"). What is not
 * finite is a word ("nan"). Returns the length that it has or would have, as snprintf does. */
GA_API int ga_lint_json(const ga_lint_finding *finding, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
