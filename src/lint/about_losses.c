/* about_losses.c - rules about losses and accuracies. */
#include "lint/rules.h"
#include <math.h>
#include <stdio.h>

/* A loss that is no number, whichever it is. */
bool ga_lint_diverged(const ga_lint_input *in, ga_lint_finding *f)
{
    const struct {
        const char *name;
        const ga_lint_curve *curve;
    } losses[] = {{"loss", &in->loss}, {"loss of D", &in->loss_d}, {"loss of G", &in->loss_g}};
    const char *name = NULL;
    for (size_t k = 0; k < sizeof losses / sizeof losses[0]; k++) {
        const ga_lint_curve *c = losses[k].curve;
        size_t i = 0;
        while (i < c->n && isfinite(c->values[i]))
            i++;
        if (i == c->n || (name != NULL && c->steps[i] >= f->step))
            continue;
        name = losses[k].name;
        f->step = c->steps[i];
        f->value = c->values[i];
    }
    if (name == NULL && in->diverged_at >= 0) {
        name = "loss";
        f->step = in->diverged_at;
        f->value = NAN;
    }
    f->threshold = INFINITY;
    if (name != NULL)
        snprintf(f->words, sizeof f->words,
                 "the %s is no finite number from step %lld on: the steps were too large, so train "
                 "again with a lower learning rate",
                 name, (long long)f->step);
    return name != NULL;
}

/* The optimiser moved the weights by more than their own length: whatever it does later, nothing is
 * left of what they were, and the network is where the step threw it. Good steps are a hundredth of
 * the weights and less. A loss that is no number is told by another rule. */
bool ga_lint_step_too_large(const ga_lint_input *in, ga_lint_finding *f)
{
    const struct {
        const char *name;
        const ga_lint_curve *curve;
    } all[] = {{"the weights", &in->update}, {"D's weights", &in->update_d},
               {"G's weights", &in->update_g}};
    const char *name = NULL;
    ga_lint_finding accident;
    if (ga_lint_diverged(in, &accident))
        return false;
    f->threshold = 1;
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
        for (size_t i = 0; i < all[k].curve->n; i++)
            if (all[k].curve->values[i] > fmax(f->threshold, f->value)) {
                name = all[k].name;
                f->value = all[k].curve->values[i];
                f->step = all[k].curve->steps[i];
            }
    if (name != NULL)
        snprintf(f->words, sizeof f->words,
                 "step %lld moved %s by %.3g times their own length, so nothing is left of what they "
                 "were: try a tenth of the learning rate, or less",
                 (long long)f->step, name, f->value);
    return name != NULL;
}

/* Softmax of probabilities is never sure: with one at 1 and the others at 0 it is e / (e + K - 1),
 * so a right answer costs at least ln(1 + (K-1)/e), and a wrong one that is sure costs 1 more. */
bool ga_lint_softmax_twice(const ga_lint_input *in, ga_lint_finding *f)
{
    const double near = 0.02, good = 0.95;
    const double loss = ga_lint_tail(&in->loss), accuracy = ga_lint_tail(&in->accuracy),
                 before = ga_lint_mean(&in->loss, 0.6, 0.9);
    if (in->classes < 2)
        return false;
    const double lowest = log1p((in->classes - 1) / exp(1));
    f->value = loss;
    f->threshold = lowest + (1 - accuracy) + near;
    snprintf(
        f->words, sizeof f->words,
        "the loss stays at %.4f although %.1f %% are right: ln(1 + %d/e) = %.4f is as low as it "
        "can get if softmax is taken twice",
        loss, 100 * accuracy, in->classes - 1, lowest);
    /* a good network's loss may pass there on its way down */
    return loss >= lowest - near && loss <= f->threshold && fabs(before - loss) <= near &&
           accuracy > good;
}

/* Right calls have a loss below ln 2, wrong ones above. */
bool ga_lint_accuracy_against_loss(const ga_lint_input *in, ga_lint_finding *f)
{
    const double loss = ga_lint_tail(&in->loss_d),
                 accuracy = (ga_lint_tail(&in->right_real) + ga_lint_tail(&in->right_fake)) / 2;
    f->value = accuracy;
    f->threshold = 0.5;
    snprintf(
        f->words, sizeof f->words,
        "D is said to be right in %.1f %% of its calls, but its loss of %.3f is below 2 ln 2 = "
        "%.3f, that of guessing: is the accuracy taken of logits as if they were probabilities?",
        100 * accuracy, loss, 2 * log(2));
    return in->logistic && accuracy < 0.5 && loss < 2 * log(2);
}

static bool eval_differs(const ga_lint_input *in, ga_lint_finding *f)
{
    const double scale = fmax(fabs(in->eval_first), fabs(in->eval_again));
    f->value = fabs(in->eval_first - in->eval_again);
    f->threshold = 1e-5 * scale; /* above the rounding of f32 sums in another order */
    snprintf(
        f->words, sizeof f->words,
        "the same pictures were evaluated twice, to %.6g and %.6g: something is still drawn at "
        "random, as dropout is in training mode",
        in->eval_first, in->eval_again);
    return f->value > f->threshold;
}

/* Batch norm with the batch's own statistics draws nothing, and is known by its value alone. */
static bool eval_as_trained(const ga_lint_input *in, ga_lint_finding *f)
{
    const double gap = fabs(in->as_trained - in->evaluated),
                 scale = fmax(fabs(in->as_trained), fabs(in->evaluated));
    f->value = fabs(in->reported - in->as_trained);
    f->threshold = 0.1 * gap;
    snprintf(
        f->words, sizeof f->words,
        "the reported loss %.4g is that of training mode (%.4g), not that of evaluation (%.4g): "
        "dropout or batch norm was not switched over",
        in->reported, in->as_trained, in->evaluated);
    return gap > 0.01 * scale && f->value < f->threshold;
}

bool ga_lint_eval_in_training_mode(const ga_lint_input *in, ga_lint_finding *f)
{
    return eval_differs(in, f) || eval_as_trained(in, f);
}

/* The loss at the end is no lower than that of the beginning, or than that of a network that knows
 * nothing and says so: a rate that was far too high may have thrown it up in between. */
bool ga_lint_plateau(const ga_lint_input *in, ga_lint_finding *f)
{
    enum { LEAST = 50 }; /* points: a short try-out is no plateau */
    const double share = 0.97;
    if (in->loss.n < LEAST)
        return false;
    const double first = ga_lint_mean(&in->loss, 0, 0.05), last = ga_lint_tail(&in->loss),
                 guessing = in->classes >= 2 ? log(in->classes) : INFINITY,
                 start = fmin(first, guessing);
    f->value = last;
    f->threshold = share * start;
    snprintf(f->words, sizeof f->words,
             "the loss ends at %.4g, no lower than the %.4g of %s: nothing was learnt, so try "
             "learning rates ten times lower and ten times higher",
             last, start, first <= guessing ? "the beginning" : "guessing");
    return start > 0 && last > f->threshold;
}
