/* gan.c - a generator against a discriminator. */
#include "train/train_inner.h"
#include <math.h>
#include <string.h>

/* Numbers of the passes of an update of the discriminator, so that each has dropout of its own. */
enum { PASS_REAL, PASS_FAKE, PASS_AGAIN, PASS_GENERATOR, N_PASSES };

enum {
    LOSS_D,
    LOSS_G,
    D_REAL,
    D_FAKE,
    RIGHT_REAL,
    RIGHT_FAKE,
    GRAD_D,
    GRAD_G,
    UPDATE_D,
    UPDATE_G,
    N_CURVES
};
static const char *const curves[] = {"loss_d",     "loss_g",     "d_real", "d_fake",
                                     "right_real", "right_fake", "grad_d", "grad_g",
                                     "update_d",   "update_g",   NULL};

static const char *const measures[] = {"train/loss_d",
                                       "train/right_real",
                                       "fakes/loss_g",
                                       "fakes/right_fake",
                                       "test/loss_d",
                                       "test/right_real",
                                       NULL};

/* ---- a step -----------------------------------------------------------------------------------*/

/* Pictures as the discriminator is shown them: augmented, with noise, or as they are. */
static const float *shown(ga_train *t, const float *pictures, int number, uint64_t update)
{
    static const int noise[] = {[PASS_REAL] = GA_DRAW_NOISE_REAL,
                                [PASS_FAKE] = GA_DRAW_NOISE_FAKE,
                                [PASS_AGAIN] = GA_DRAW_NOISE_AGAIN};
    const double sigma = t->options.noise * ga_train_left(t);
    if (ga_augment_any(&t->options.augment)) {
        ga_train_augment(t, pictures, t->seen, update, (uint64_t)number);
        pictures = t->seen;
    }
    if (t->options.noise == 0)
        return pictures;
    const size_t count = (size_t)t->options.batch * ga_dims_count(t->real);
    ga_rng rng = ga_draw(t, noise[number], update);
    for (size_t i = 0; i < count; i++)
        t->seen[i] = pictures[i] + (float)(sigma * ga_rng_normal(&rng));
    return t->seen;
}

/* The discriminator on a batch, into t->output; the loss of a side, its slope into t->diff. */
static ga_status judge(ga_train *t, ga_gan_side side, uint64_t update, int number, ga_verdict *out,
                       ga_err *err)
{
    const ga_train_options *o = &t->options;
    const bool real = side == GA_SIDE_REAL;
    const ga_pass pass = {.plan = t->learner[1].plan,
                          .model = t->learner[1].model,
                          .in = shown(t, real ? t->pictures : t->fake, number, update),
                          .labels = real ? t->labels : t->fake_labels,
                          .n = o->batch,
                          .dropout = update * N_PASSES + (uint64_t)number,
                          .out = t->output};
    const ga_status status = ga_train_pass(t, &pass, err);
    if (status != GA_OK)
        return status;
    *out = ga_loss_gan(o->loss, side, o->real_target, t->output, o->batch, t->diff);
    if (!isfinite(out->loss))
        return ga_train_not_finite(t, side == GA_SIDE_GENERATOR ? "generator" : "discriminator",
                                   out->loss, err);
    return GA_OK;
}

static ga_status imagine(ga_train *t, uint64_t update, ga_err *err)
{
    const ga_model *m = t->learner[0].model;
    ga_train_draw_latents(t, ga_model_arch(m), GA_DRAW_Z, update, t->options.batch, t->latents);
    ga_rng rng = ga_draw(t, GA_DRAW_LABEL, update);
    for (int i = 0; i < t->options.batch && t->classes > 0; i++)
        t->fake_labels[i] = (int32_t)ga_rng_below(&rng, (uint32_t)t->classes);
    const ga_pass pass = {.plan = t->learner[0].plan,
                          .model = m,
                          .in = t->latents,
                          .labels = t->fake_labels,
                          .n = t->options.batch,
                          .dropout = update * N_PASSES + PASS_GENERATOR,
                          .out = t->fake};
    return ga_train_pass(t, &pass, err);
}

/* Adds the gradient of the penalty on the real pictures that were judged last. */
static ga_status penalise(ga_train *t, uint64_t update, ga_err *err)
{
    const ga_train_options *o = &t->options;
    ga_learner *d = &t->learner[1];
    if (o->r1 == 0 || update % (uint64_t)o->r1_every != 0)
        return GA_OK;
    const ga_status status = ga_plan_gradient_penalty(d->plan, o->r1 * o->r1_every, d->grads,
                                                      &t->penalty, err);
    t->penalty /= o->r1_every;
    return status;
}

/* More augmentation where the discriminator knows the real pictures too well, else less. */
static void adapt(ga_train *t, uint64_t update, double right)
{
    enum { EVERY = 4 };
    const double speed = 500000;
    if (t->options.ada_target == 0)
        return;
    t->sign_sum += 2 * right - 1;
    if (update % EVERY != EVERY - 1)
        return;
    const double step = EVERY * t->options.batch / speed;
    t->augment_p += t->sign_sum / EVERY > t->options.ada_target ? step : -step;
    t->augment_p = fmin(1, fmax(0, t->augment_p));
    t->sign_sum = 0;
}

/* One update of the discriminator: on real and on fake, whose gradients add up. */
static ga_status update_discriminator(ga_train *t, uint64_t update, double *values, ga_err *err)
{
    ga_learner *d = &t->learner[1];
    ga_verdict real, fake;
    ga_status status = ga_train_fill(t, update, err);
    if (status == GA_OK)
        status = imagine(t, update, err);
    if (status == GA_OK)
        status = judge(t, GA_SIDE_REAL, update, PASS_REAL, &real, err);
    if (status == GA_OK)
        status = ga_plan_backward(d->plan, t->diff, d->grads, false, NULL, err);
    if (status == GA_OK)
        status = penalise(t, update, err);
    if (status == GA_OK)
        status = judge(t, GA_SIDE_FAKE, update, PASS_FAKE, &fake, err);
    if (status == GA_OK)
        status = ga_plan_backward(d->plan, t->diff, d->grads, true, NULL, err);
    if (status != GA_OK)
        return status;
    values[LOSS_D] = real.loss + fake.loss;
    values[D_REAL] = real.mean;
    values[D_FAKE] = fake.mean;
    values[RIGHT_REAL] = real.right;
    values[RIGHT_FAKE] = fake.right;
    adapt(t, update, real.right);
    return ga_train_update(t, 1, &values[GRAD_D], &values[UPDATE_D], err);
}

/* The generator: the same fakes before the new discriminator. */
static ga_status update_generator(ga_train *t, uint64_t update, double *values, ga_err *err)
{
    ga_verdict v;
    ga_status status = judge(t, GA_SIDE_GENERATOR, update, PASS_AGAIN, &v, err);
    if (status == GA_OK)
        status = ga_plan_backward(t->learner[1].plan, t->diff, NULL, false, t->diff_fake, err);
    if (status == GA_OK && ga_augment_any(&t->options.augment))
        ga_train_augment_back(t, t->diff_fake);
    if (status == GA_OK)
        status = ga_plan_backward(t->learner[0].plan, t->diff_fake, t->learner[0].grads, false,
                                  NULL, err);
    if (status != GA_OK)
        return status;
    values[LOSS_G] = v.loss;
    return ga_train_update(t, 0, &values[GRAD_G], &values[UPDATE_G], err);
}

static ga_status step(ga_train *t, double *values, ga_err *err)
{
    const uint64_t d_steps = (uint64_t)t->options.d_steps, first = t->done * d_steps;
    ga_status status = GA_OK;
    for (uint64_t i = 0; i < d_steps && status == GA_OK; i++)
        status = update_discriminator(t, first + i, values, err);
    if (status == GA_OK)
        status = update_generator(t, first + d_steps - 1, values, err);
    if (status != GA_OK)
        return status;
    int at = N_CURVES;
    if (t->options.r1 > 0)
        values[at++] = t->penalty;
    if (t->options.ada_target > 0)
        values[at] = t->augment_p;
    ga_train_average(t);
    return GA_OK;
}

/* ---- measuring --------------------------------------------------------------------------------*/

/* Adds loss and right of a side over n pictures to sums[0] and sums[1]. */
static ga_status weigh(ga_train *t, ga_gan_side side, const float *pictures, const int32_t *labels,
                       int n, double *sums, ga_err *err)
{
    const ga_pass pass = {.plan = t->learner[1].look,
                          .model = t->learner[1].model,
                          .in = pictures,
                          .labels = labels,
                          .n = n,
                          .out = t->output};
    const ga_status status = ga_train_pass(t, &pass, err);
    if (status != GA_OK)
        return status;
    const ga_verdict v = ga_loss_gan(t->options.loss, side, t->options.real_target, t->output, n,
                                     t->diff);
    sums[0] += v.loss * n;
    sums[1] += v.right * n;
    return GA_OK;
}

static ga_status weigh_real(ga_train *t, int n, double *sums, ga_err *err)
{
    return weigh(t, GA_SIDE_REAL, t->pictures, t->labels, n, sums, err);
}

/* sums: loss and right as fakes, loss as the generator's. */
static ga_status weigh_fakes(ga_train *t, int n, double *sums, ga_err *err)
{
    double again[2] = {0, 0};
    memset(sums, 0, 3 * sizeof *sums);
    for (int at = 0; at < n; at += GA_LOOK_BATCH) {
        const int some = n - at < GA_LOOK_BATCH ? n - at : GA_LOOK_BATCH;
        ga_train_draw_latents(t, ga_train_arch(t), GA_DRAW_MEASURE, (uint64_t)at, some, t->latents);
        for (int i = 0; i < some && t->classes > 0; i++)
            t->fake_labels[i] = (at + i) % t->classes;
        ga_status status = ga_train_render(t, t->latents, t->fake_labels, some, t->fake, err);
        if (status == GA_OK)
            status = weigh(t, GA_SIDE_FAKE, t->fake, t->fake_labels, some, sums, err);
        if (status != GA_OK)
            return status;
        again[0] +=
            ga_loss_gan(t->options.loss, GA_SIDE_GENERATOR, 1, t->output, some, t->diff).loss *
            some;
    }
    sums[0] /= n;
    sums[1] /= n;
    sums[2] = again[0] / n;
    return GA_OK;
}

static ga_status measure(ga_train *t, int n, double *values, ga_err *err)
{
    double train[2], test[2] = {0, 0}, fake[3];
    ga_status status = ga_train_each(t, t->data, n, weigh_real, train, 2, err);
    if (status == GA_OK)
        status = weigh_fakes(t, n, fake, err);
    if (status == GA_OK && t->test != NULL)
        status = ga_train_each(t, t->test, n, weigh_real, test, 2, err);
    if (status != GA_OK)
        return status;
    values[0] = train[0] + fake[0];
    values[1] = train[1];
    values[2] = fake[2];
    values[3] = fake[1];
    values[4] = test[0] + fake[0];
    values[5] = test[1];
    return GA_OK;
}

/* ---- making one -------------------------------------------------------------------------------*/

static ga_status check_fit(const ga_arch *generator, const ga_arch *discriminator,
                           const ga_dataset *data, ga_err *err)
{
    const ga_dims judged = ga_graph_output_dims(ga_arch_graph(discriminator));
    const int classes = ga_arch_classes(generator);
    if (ga_arch_law(generator) == GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads pictures: a generator is needed",
                       ga_arch_name(generator));
    const ga_status status = ga_train_check_pictures(generator, discriminator, err);
    if (status != GA_OK)
        return status;
    if (ga_dims_count(judged) != 1)
        return ga_fail(err, GA_ESHAPE, "'%s' gives %dx%dx%d numbers a picture: expected one logit",
                       ga_arch_name(discriminator), judged.c, judged.h, judged.w);
    if (classes != ga_arch_classes(discriminator))
        return ga_fail(err, GA_ESHAPE,
                       "'%s' has %d classes, but '%s' has %d: both must be told the label, or none",
                       ga_arch_name(generator), classes, ga_arch_name(discriminator),
                       ga_arch_classes(discriminator));
    if (classes > 0 && classes != ga_dataset_classes(data))
        return ga_fail(err, GA_ESHAPE, "'%s' has %d classes, but '%s' has %d",
                       ga_arch_name(generator), classes, ga_dataset_name(data),
                       ga_dataset_classes(data));
    return ga_train_check_channels(data, ga_arch_input(discriminator).c, generator, err);
}

ga_status ga_train_gan(const ga_arch *generator, const ga_arch *discriminator,
                       const ga_dataset *data, const ga_dataset *test,
                       const ga_train_options *options, ga_train **out, ga_err *err)
{
    static const ga_train_trade trade = {.name = "gan",
                                         .partner = "discriminator",
                                         .renders = true,
                                         .settles = true,
                                         .measures = measures,
                                         .n_test_measures = 2,
                                         .step = step,
                                         .measure = measure};
    *out = NULL;
    const ga_status status = check_fit(generator, discriminator, data, err);
    if (status != GA_OK)
        return status;
    const ga_train_parts parts = {.trade = &trade,
                                  .arch = {generator, discriminator},
                                  .name = {"generator", "discriminator"},
                                  .data = data,
                                  .test = test,
                                  .options = options,
                                  .picture = ga_graph_output_dims(ga_arch_graph(generator)),
                                  .range = generator,
                                  .z = (int)ga_dims_count(ga_arch_input(generator)),
                                  .outputs = 1,
                                  .least_batch = 2,
                                  .curves = curves};
    return ga_train_make(&parts, out, err);
}
