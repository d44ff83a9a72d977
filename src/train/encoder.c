/* encoder.c - from a generator's pictures back to their latents. */
#include "train/train_inner.h"
#include <math.h>
#include <string.h>

enum { LOSS, LATENT, PIXEL, GRAD, UPDATE };
static const char *const curves[] = {"loss", "latent", "pixel", "grad", "update", NULL};
static const char *const measures[] = {"fakes/latent", "fakes/pixel", NULL};

/* Latents number `index` of a stream and the pictures of them. */
static ga_status imagine(ga_train *t, ga_plan *plan, int kind, uint64_t index, int n, ga_err *err)
{
    const int classes = ga_arch_classes(ga_model_arch(t->frozen));
    ga_train_draw_latents(t, ga_model_arch(t->frozen), kind, index, n, t->latents);
    ga_rng rng = ga_draw(t, GA_DRAW_LABEL, ((uint64_t)kind << 48) | index);
    for (int i = 0; i < n && classes > 0; i++)
        t->fake_labels[i] = (int32_t)ga_rng_below(&rng, (uint32_t)classes);
    const ga_pass pass = {.plan = plan,
                          .model = t->frozen,
                          .in = t->latents,
                          .labels = t->fake_labels,
                          .n = n,
                          .out = t->pictures};
    return ga_train_pass(t, &pass, err);
}

/* G(E(x)) of what the encoder gave, into t->fake; squared error to x, mean over pixels, its slope
 * times weight into t->diff_fake. */
static ga_status again(ga_train *t, ga_plan *plan, int n, double weight, double *error, ga_err *err)
{
    const size_t p = ga_dims_count(t->real);
    const ga_pass pass = {.plan = plan,
                          .model = t->frozen,
                          .in = t->output,
                          .labels = t->fake_labels,
                          .n = n,
                          .out = t->fake};
    const ga_status status = ga_train_pass(t, &pass, err);
    if (status != GA_OK)
        return status;
    *error = ga_loss_squares(t->fake, t->pictures, n, p, t->diff_fake) / (double)p;
    for (size_t i = 0; i < (size_t)n * p; i++)
        t->diff_fake[i] *= (float)(weight / (double)p);
    return GA_OK;
}

static ga_status step(ga_train *t, double *values, ga_err *err)
{
    ga_learner *e = &t->learner[0];
    const int n = t->options.batch;
    const size_t numbers = (size_t)n * (size_t)t->z;
    const double weight = t->options.pixel_weight;
    ga_status status = imagine(t, t->frozen_plan, GA_DRAW_Z, t->done, n, err);
    const ga_pass encode = {.plan = e->plan,
                            .model = e->model,
                            .in = t->pictures,
                            .n = n,
                            .dropout = t->done,
                            .out = t->output};
    if (status == GA_OK)
        status = ga_train_pass(t, &encode, err);
    if (status == GA_OK)
        status = again(t, t->frozen_plan, n, weight, &values[PIXEL], err);
    if (status != GA_OK)
        return status;
    values[LATENT] = ga_loss_squares(t->output, t->latents, n, (size_t)t->z, t->diff) / t->z;
    values[LOSS] = values[LATENT] + weight * values[PIXEL];
    if (!isfinite(values[LOSS]))
        return ga_train_not_finite(t, "encoder", values[LOSS], err);
    if (weight > 0)
        status = ga_plan_backward(t->frozen_plan, t->diff_fake, NULL, false, t->diff_latents, err);
    else
        memset(t->diff_latents, 0, numbers * sizeof *t->diff_latents);
    if (status != GA_OK)
        return status;
    for (size_t i = 0; i < numbers; i++)
        t->diff[i] = t->diff[i] / (float)t->z + t->diff_latents[i];
    status = ga_plan_backward(e->plan, t->diff, e->grads, false, NULL, err);
    if (status != GA_OK)
        return status;
    status = ga_train_update(t, 0, &values[GRAD], &values[UPDATE], err);
    if (status == GA_OK)
        ga_train_average(t);
    return status;
}

static ga_status measure(ga_train *t, int n, double *values, ga_err *err)
{
    memset(values, 0, 2 * sizeof *values);
    for (int at = 0; at < n; at += GA_LOOK_BATCH) {
        const int some = n - at < GA_LOOK_BATCH ? n - at : GA_LOOK_BATCH;
        double pixel;
        const ga_pass encode = {.plan = t->learner[0].look,
                                .model = t->learner[0].model,
                                .in = t->pictures,
                                .n = some,
                                .out = t->output};
        ga_status status = imagine(t, t->frozen_look, GA_DRAW_MEASURE, (uint64_t)at, some, err);
        if (status == GA_OK)
            status = ga_train_pass(t, &encode, err);
        if (status == GA_OK)
            status = again(t, t->frozen_look, some, 0, &pixel, err);
        if (status != GA_OK)
            return status;
        values[0] += ga_loss_squares(t->output, t->latents, some, (size_t)t->z, t->diff) * some;
        values[1] += pixel * some;
    }
    values[0] /= (double)n * t->z;
    values[1] /= n;
    return GA_OK;
}

ga_status ga_train_encoder(const ga_arch *encoder, ga_model *generator,
                           const ga_train_options *options, ga_train **out, ga_err *err)
{
    static const ga_train_trade trade = {
        .name = "encoder", .measures = measures, .step = step, .measure = measure};
    const ga_arch *g = ga_model_arch(generator);
    const size_t z = ga_dims_count(ga_arch_input(g));
    *out = NULL;
    if (ga_arch_law(g) == GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads pictures: a generator is needed",
                       ga_arch_name(g));
    if (ga_arch_output_kind(encoder) != GA_OUTPUT_LATENT)
        return ga_fail(err, GA_EINVAL, "the output of '%s' is no latent: an encoder is needed",
                       ga_arch_name(encoder));
    if (ga_dims_count(ga_graph_output_dims(ga_arch_graph(encoder))) != z)
        return ga_fail(err, GA_ESHAPE, "'%s' gives %zu numbers, but '%s' reads a latent of %zu",
                       ga_arch_name(encoder),
                       ga_dims_count(ga_graph_output_dims(ga_arch_graph(encoder))), ga_arch_name(g),
                       z);
    const ga_status status = ga_train_check_pictures(g, encoder, err);
    if (status != GA_OK)
        return status;
    const ga_train_parts parts = {.trade = &trade,
                                  .arch = {encoder},
                                  .name = {"encoder"},
                                  .frozen = generator,
                                  .options = options,
                                  .picture = ga_arch_input(encoder),
                                  .range = g,
                                  .z = (int)z,
                                  .outputs = (int)z,
                                  .least_batch = 1,
                                  .curves = curves};
    return ga_train_make(&parts, out, err);
}
