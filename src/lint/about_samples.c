/* about_samples.c - rules about generators and what their discriminators make of them. */
#include "lint/rules.h"
#include <math.h>
#include <stdio.h>

/* Shares of classes are compared with those of the data by half of the sum of the differences
 * (total variation): 0 alike, 1 nothing in common. */
static bool classes_lack(const ga_lint_input *in, ga_lint_finding *f)
{
    const double limit = 0.3, present = 0.01;
    double differences = 0;
    int there = 0, expected = 0;
    for (int k = 0; k < in->classes_seen; k++) {
        differences += fabs(in->share_fake[k] - in->share_real[k]);
        expected += in->share_real[k] >= present;
        there += in->share_real[k] >= present && in->share_fake[k] >= present;
    }
    f->value = differences / 2;
    f->threshold = limit;
    snprintf(f->words, sizeof f->words,
             "%.0f %% of the samples would have to be of other classes to be spread like the data; "
             "%d of its %d classes have 1 %% of the samples or more",
             100 * f->value, there, expected);
    return f->value > limit;
}

static bool samples_alike(const ga_lint_input *in, ga_lint_finding *f)
{
    const double limit = 0.5;
    f->value = in->distance_fake / in->distance_real;
    f->threshold = limit;
    snprintf(f->words, sizeof f->words,
             "two samples are on average %.3g apart, two real pictures %.3g: the samples are too "
             "much alike, or the training was too short",
             in->distance_fake, in->distance_real);
    return f->value < limit;
}

/* A generator that has hardly begun makes pictures that are all alike, too. */
static bool is_early(const ga_lint_input *in)
{
    const int64_t steps = 200;
    const ga_lint_curve *c = in->loss_d.n > 0 ? &in->loss_d : &in->loss;
    return c->n > 0 && c->steps[c->n - 1] < steps;
}

bool ga_lint_mode_collapse(const ga_lint_input *in, ga_lint_finding *f)
{
    if (is_early(in))
        return false;
    return samples_alike(in, f) || classes_lack(in, f);
}

/* D is sure of everything, and G's loss still rises: what G learns from, the slope of D, is gone.
 */
bool ga_lint_discriminator_won(const ga_lint_input *in, ga_lint_finding *f)
{
    const double sure = 0.95, rise = 1.1;
    const double real = ga_lint_tail(&in->d_real), fake = ga_lint_tail(&in->d_fake),
                 now = ga_lint_tail(&in->loss_g), before = ga_lint_mean(&in->loss_g, 0.45, 0.55);
    f->value = fake;
    f->threshold = 1 - sure;
    snprintf(f->words, sizeof f->words,
             "D tells all apart (D(x) %.3f, D(G(z)) %.3f) and G's loss has risen from %.3g to %.3g "
             "since half-time: G has nothing left to learn from",
             real, fake, before, now);
    return real > sure && fake < 1 - sure && now > rise * before;
}

/* D takes fakes for more real than reals: it learns too slowly, so G is told nothing that is true.
 */
bool ga_lint_discriminator_lost(const ga_lint_input *in, ga_lint_finding *f)
{
    const double behind = 0.2;
    const double real = ga_lint_tail(&in->d_real), fake = ga_lint_tail(&in->d_fake);
    f->value = real - fake;
    f->threshold = -behind;
    snprintf(f->words, sizeof f->words,
             "D takes fakes for more real than reals (D(x) %.3f, D(G(z)) %.3f): it is too weak, or "
             "its learning rate is too low",
             real, fake);
    return f->value < f->threshold;
}

bool ga_lint_memorised(const ga_lint_input *in, ga_lint_finding *f)
{
    const double limit = 0.5;
    f->value = in->nearest_fake / in->nearest_test;
    f->threshold = limit;
    snprintf(f->words, sizeof f->words,
             "a sample is %.3g from its nearest training picture, a test picture %.3g (medians): "
             "the samples are copies",
             in->nearest_fake, in->nearest_test);
    return f->value < limit;
}

bool ga_lint_dead_latents(const ga_lint_input *in, ga_lint_finding *f)
{
    const double share = 0.05;
    double most = 0;
    int dead = 0, first = -1;
    for (int i = 0; i < in->z; i++)
        most = fmax(most, in->sensitivity[i]);
    for (int i = 0; i < in->z; i++)
        if (in->sensitivity[i] <= share * most) {
            first = dead++ == 0 ? i : first;
            f->value = dead == 1 ? in->sensitivity[i] : fmax(f->value, in->sensitivity[i]);
        }
    f->threshold = share * most;
    snprintf(f->words, sizeof f->words,
             "%d of the %d latents change next to nothing (number %d is the first): the picture "
             "depends on "
             "them less than a twentieth as much as on the strongest",
             dead, in->z, first);
    return in->z > 1 && dead > 0;
}
