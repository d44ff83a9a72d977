/* lint/rules.h - one rule: one function, one row in one table, one page docs/lint/CODE.md. */
#ifndef GA_LINT_RULES_H
#define GA_LINT_RULES_H
#include "ganatomy/lint.h"

/* Looks for one mistake. True: it is there, and value, threshold, words (and step, if it is at one)
 * are filled. False as well if what it needs was not recorded. */
typedef struct ga_lint_rule {
    const char *code;
    bool (*look)(const ga_lint_input *in, ga_lint_finding *f);
} ga_lint_rule;

/* The gravest first. */
#define GA_LINT_RULES(X)                                                                           \
    X("diverged", ga_lint_diverged)                                                                \
    X("step-too-large", ga_lint_step_too_large)                                                    \
    X("softmax-twice", ga_lint_softmax_twice)                                                      \
    X("accuracy-against-loss", ga_lint_accuracy_against_loss)                                      \
    X("eval-in-training-mode", ga_lint_eval_in_training_mode)                                      \
    X("mode-collapse", ga_lint_mode_collapse)                                                      \
    X("discriminator-won", ga_lint_discriminator_won)                                              \
    X("discriminator-lost", ga_lint_discriminator_lost)                                            \
    X("memorised", ga_lint_memorised)                                                              \
    X("dead-latents", ga_lint_dead_latents)                                                        \
    X("plateau", ga_lint_plateau)

#define DECLARE(code, look) bool look(const ga_lint_input *in, ga_lint_finding *f);
GA_LINT_RULES(DECLARE)
#undef DECLARE

/* Mean of the finite values between two shares of the points (0..1); NaN without any. */
double ga_lint_mean(const ga_lint_curve *c, double from, double to);
/* Of the last tenth, of at least three points; NaN if there are fewer. */
double ga_lint_tail(const ga_lint_curve *c);
#endif
