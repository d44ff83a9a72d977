/* vae.c - a variational autoencoder: decoder (what the training makes) and encoder. */
#include "train/train_inner.h"
#include <math.h>
#include <string.h>

enum { LOSS, RECON, KL, GRAD, UPDATE };
static const char *const curves[] = {"loss", "recon", "kl", "grad", "update", NULL};
static const char *const measures[] = {"train/recon", "train/kl", "test/recon", "test/kl", NULL};

/* Loss of t->fake against t->pictures, its slope into t->diff_fake. */
static double reconstruct(ga_train *t, int n)
{
    const size_t p = ga_dims_count(t->real);
    if (t->options.recon == GA_RECON_SQUARES)
        return ga_loss_squares(t->fake, t->pictures, n, p, t->diff_fake);
    return ga_loss_bernoulli(t->fake, t->pictures, n, p, t->spec.lo, t->spec.hi, t->diff_fake);
}

/* z = mean + exp(v/2) e with e from normal(0,1), kept in diff_latents until the slope needs it. */
static void draw_posterior(ga_train *t, int n)
{
    ga_rng rng = ga_draw(t, GA_DRAW_POSTERIOR, t->done);
    for (int i = 0; i < n; i++) {
        const float *mean = t->output + (size_t)i * 2 * (size_t)t->z, *v = mean + t->z;
        for (int j = 0; j < t->z; j++) {
            const size_t at = (size_t)i * (size_t)t->z + (size_t)j;
            const double noise = ga_rng_normal(&rng);
            t->latents[at] = (float)((double)mean[j] + exp((double)v[j] / 2) * noise);
        }
    }
}

/* Adds the slope of the reconstruction, which came down to z, to that of the divergence. */
static void chain_posterior(ga_train *t, int n)
{
    for (int i = 0; i < n; i++) {
        const float *mean = t->output + (size_t)i * 2 * (size_t)t->z;
        float *to = t->diff + (size_t)i * 2 * (size_t)t->z;
        for (int j = 0; j < t->z; j++) {
            const size_t at = (size_t)i * (size_t)t->z + (size_t)j;
            const double dz = t->diff_latents[at];
            const double moved = (double)t->latents[at] - (double)mean[j]; /* exp(v/2) e */
            to[j] = (float)(t->options.kl_weight * (double)to[j] + dz);
            to[t->z + j] = (float)(t->options.kl_weight * (double)to[t->z + j] + dz * moved / 2);
        }
    }
}

static ga_status step(ga_train *t, double *values, ga_err *err)
{
    ga_learner *decoder = &t->learner[0], *encoder = &t->learner[1];
    const int n = t->options.batch;
    const ga_pass encode = {.plan = encoder->plan,
                            .model = encoder->model,
                            .in = t->pictures,
                            .n = n,
                            .dropout = t->done * 2,
                            .out = t->output};
    const ga_pass decode = {.plan = decoder->plan,
                            .model = decoder->model,
                            .in = t->latents,
                            .n = n,
                            .dropout = t->done * 2 + 1,
                            .out = t->fake};
    ga_status status = ga_train_fill(t, t->done, err);
    if (status == GA_OK && ga_augment_any(&t->options.augment))
        ga_train_augment(t, t->pictures, t->pictures, t->done, 0);
    if (status == GA_OK)
        status = ga_train_pass(t, &encode, err);
    if (status != GA_OK)
        return status;
    draw_posterior(t, n);
    status = ga_train_pass(t, &decode, err);
    if (status != GA_OK)
        return status;
    values[RECON] = reconstruct(t, n);
    values[KL] = ga_loss_gaussian(t->output, n, t->z, t->diff);
    values[LOSS] = values[RECON] + t->options.kl_weight * values[KL];
    if (!isfinite(values[LOSS]))
        return ga_train_not_finite(t, "autoencoder", values[LOSS], err);
    status = ga_plan_backward(decoder->plan, t->diff_fake, decoder->grads, false, t->diff_latents,
                              err);
    if (status != GA_OK)
        return status;
    chain_posterior(t, n);
    status = ga_plan_backward(encoder->plan, t->diff, encoder->grads, false, NULL, err);
    if (status != GA_OK)
        return status;
    double grad[2], update[2];
    for (int i = 0; i < 2 && status == GA_OK; i++)
        status = ga_train_update(t, i, &grad[i], &update[i], err);
    if (status != GA_OK)
        return status;
    values[GRAD] = hypot(grad[0], grad[1]);
    values[UPDATE] = fmax(update[0], update[1]);
    ga_train_average(t);
    return GA_OK;
}

static ga_status look(ga_train *t, int n, double *sums, ga_err *err)
{
    const ga_pass encode = {.plan = t->learner[1].look,
                            .model = t->learner[1].model,
                            .in = t->pictures,
                            .n = n,
                            .out = t->output};
    ga_status status = ga_train_pass(t, &encode, err);
    for (int i = 0; i < n && status == GA_OK; i++)
        memcpy(t->latents + (size_t)i * (size_t)t->z, t->output + (size_t)i * 2 * (size_t)t->z,
               (size_t)t->z * sizeof(float));
    if (status == GA_OK)
        status = ga_train_render(t, t->latents, NULL, n, t->fake, err);
    if (status != GA_OK)
        return status;
    sums[0] += reconstruct(t, n) * n;
    sums[1] += ga_loss_gaussian(t->output, n, t->z, t->diff) * n;
    return GA_OK;
}

static ga_status measure(ga_train *t, int n, double *values, ga_err *err)
{
    return ga_train_both(t, n, look, values, 2, err);
}

static ga_status check_fit(const ga_arch *decoder, const ga_arch *encoder, const ga_dataset *data,
                           ga_err *err)
{
    const size_t z = ga_dims_count(ga_arch_input(decoder));
    if (ga_arch_law(decoder) != GA_LAW_NORMAL || ga_arch_classes(decoder) > 0)
        return ga_fail(err, GA_EINVAL,
                       "'%s' does not read a normal latent alone: a VAE's decoder is needed",
                       ga_arch_name(decoder));
    if (ga_arch_output_kind(encoder) != GA_OUTPUT_GAUSSIAN)
        return ga_fail(err, GA_EINVAL,
                       "the output of '%s' is no mean and variance (\"gaussian\"): a VAE's encoder "
                       "is needed",
                       ga_arch_name(encoder));
    if (ga_dims_count(ga_graph_output_dims(ga_arch_graph(encoder))) != 2 * z)
        return ga_fail(err, GA_ESHAPE,
                       "'%s' gives %zu numbers, but '%s' reads a latent of %zu: "
                       "expected twice as many",
                       ga_arch_name(encoder),
                       ga_dims_count(ga_graph_output_dims(ga_arch_graph(encoder))),
                       ga_arch_name(decoder), z);
    const ga_status status = ga_train_check_pictures(decoder, encoder, err);
    return status == GA_OK ? ga_train_check_channels(data, ga_arch_input(encoder).c, decoder, err)
                           : status;
}

ga_status ga_train_vae(const ga_arch *decoder, const ga_arch *encoder, const ga_dataset *data,
                       const ga_dataset *test, const ga_train_options *options, ga_train **out,
                       ga_err *err)
{
    static const ga_train_trade trade = {.name = "vae",
                                         .partner = "encoder",
                                         .renders = true,
                                         .measures = measures,
                                         .n_test_measures = 2,
                                         .step = step,
                                         .measure = measure};
    *out = NULL;
    const ga_status status = check_fit(decoder, encoder, data, err);
    if (status != GA_OK)
        return status;
    const int z = (int)ga_dims_count(ga_arch_input(decoder));
    const ga_train_parts parts = {.trade = &trade,
                                  .arch = {decoder, encoder},
                                  .name = {"decoder", "encoder"},
                                  .data = data,
                                  .test = test,
                                  .options = options,
                                  .picture = ga_graph_output_dims(ga_arch_graph(decoder)),
                                  .range = decoder,
                                  .z = z,
                                  .outputs = 2 * z,
                                  .least_batch = 2,
                                  .curves = curves};
    return ga_train_make(&parts, out, err);
}
