/* train.h - losses, and training as a thing that is stepped, saved and taken up again.
 *
 *     ga_train   one training in memory: networks, optimisers, moving average, data, step number.
 *
 * A training knows no store and no files but its checkpoint: what happens is told to callbacks
 * (ga_train_events). Every random draw depends on the seed and the step number alone, and every sum
 * has one fixed order, so a training that is loaded from a checkpoint goes on exactly as the one
 * that wrote it: same machine, instruction set, options and data, same bytes.
 *
 * Letters: N pictures of a batch, K classes, Z length of a latent. */
#ifndef GA_TRAIN_H
#define GA_TRAIN_H
#include "ganatomy/data.h"
#include "ganatomy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- losses
 * ------------------------------------------------------------------------------------*/

/* Binary cross-entropy of logits (n) against one target t in 0..1, mean over n:
 *     t softplus(-x) + (1 - t) softplus(x),  softplus(x) = max(x,0) + log1p(exp(-|x|))
 * (never overflows). diff (n) receives dLoss/dx = (sigmoid(x) - t) / n. *mean (may be NULL): the
 * mean of sigmoid(x). The non-saturating generator loss (Goodfellow et al. 2014, sec. 3) is this
 * with t = 1 on the logits of fakes. Sums in f64. NaN logits give a NaN loss. */
GA_API double ga_loss_logits(const float *logits, int n, double target, float *diff, double *mean);

/* Cross-entropy of softmax(logits (n,k)) against labels (n) in 0..k-1, mean over n. diff (n,k)
 * receives dLoss/dlogits = (softmax - onehot) / n. *right (may be NULL): how many rows have their
 * largest logit (the first of equals) at the label. */
GA_API double ga_loss_classes(const float *logits, const int32_t *labels, int n, int k, float *diff,
                              int *right);

/* ---- what is trained
 * ---------------------------------------------------------------------------*/

typedef struct ga_train ga_train;

typedef struct ga_train_options {
    uint64_t steps; /* of the whole training, at least 1 */
    int batch; /* N, 2..pictures of the data set for a GAN (batch norm), 1.. for a classifier */
    uint64_t seed;
    double lr;    /* Adam's, per step (the generator's in a GAN) */
    double lr_d;  /* the discriminator's; 0: lr */
    double beta1; /* Adam's; beta2 is 0.999, eps 1e-8 */
    double
        decay_from; /* share of the steps after which lr falls linearly to 0 at the end; 1: never */
    double ema;     /* moving average of the weights and of the running statistics, per step:
                       average = d average + (1 - d) now with d = min(ema, (1 + step) / (10 +
                       step)), which forgets the start; 0: none is kept */
    double real_target; /* GAN: target of real pictures, 1 or a little less (one-sided smoothing) */
    double noise; /* GAN: standard deviation of normal noise on what the discriminator sees, real
                     and fake, falling linearly to 0 at the end; 0: none */
    int shift;    /* classifier: pictures are moved by up to so many pixels each way at random */
    bool dcgan;   /* start of ga_params_init */
    bool bf16;
    int threads;
    size_t memory_limit;
} ga_train_options;

/* Adam 2e-4 (0.5, 0.999), batch 100, average 0.999, normal(0, 0.02) start. steps is 0. */
GA_API ga_train_options ga_train_gan_defaults(void);
/* Adam 1e-3 (0.9, 0.999), batch 100, no average, PyTorch's start. steps is 0. */
GA_API ga_train_options ga_train_classifier_defaults(void);

/* A training of generator against discriminator on the pictures of data. Borrows data (it must
 * outlive the training); copies the architectures. The step, with one fake batch for both updates:
 *     fake = G(z);  D on real: loss towards real_target;  D on fake: loss towards 0;
 *     Adam step of D;  D on the same fake with its new weights: loss towards 1, backward through D
 *     to its input and on through G;  Adam step of G;  moving average.
 * (PyTorch recipes that draw fakes twice do the same in expectation at 1.2 times the cost.)
 * Curves: loss_d (the sum of both terms), loss_g, d_real, d_fake (mean sigmoid of D on real and
 * fake before its update). GA_ESHAPE: data, generator and discriminator do not fit; GA_EINVAL: an
 * option out of range; GA_ENOMEM: above memory_limit. */
GA_API ga_status ga_train_gan(const ga_arch *generator, const ga_arch *discriminator,
                              const ga_dataset *data, const ga_train_options *options,
                              ga_train **out, ga_err *err);

/* A training of a classifier by cross-entropy. Pictures are resized (bilinear, half-pixel centres)
 * to the input of arch and scaled to its range. Curves: loss, accuracy (of the batch, before the
 * update). GA_ESHAPE: the output of arch is not (classes,1,1), or the channels differ. */
GA_API ga_status ga_train_classifier(const ga_arch *arch, const ga_dataset *data,
                                     const ga_train_options *options, ga_train **out, ga_err *err);
GA_API void ga_train_free(ga_train *t); /* NULL is fine */

/* The architecture of the generator or the classifier; lives as long as t. */
GA_API const ga_arch *ga_train_arch(const ga_train *t);
/* Steps done. */
GA_API uint64_t ga_train_steps_done(const ga_train *t);
/* Batches an epoch: pictures / batch; what is left over of an epoch's order is not used. */
GA_API uint64_t ga_train_steps_an_epoch(const ga_train *t);
/* Bytes of all plans, weights and optimisers. */
GA_API size_t ga_train_bytes(const ga_train *t);
/* Names of the curves, NULL at the end; ga_train_step's values are in this order. */
GA_API const char *const *ga_train_curves(const ga_train *t);
#define GA_TRAIN_MAX_CURVES 8

/* One step. values (GA_TRAIN_MAX_CURVES) receives the curves' numbers of step
 * ga_train_steps_done(t) after the call. GA_EDIVERGED: a loss is not finite, the sentence says
 * which and at which step; the weights may then be spoilt: load a checkpoint. */
GA_API ga_status ga_train_step(ga_train *t, double *values, ga_err *err);

/* ---- checkpoints
 * -------------------------------------------------------------------------------*/

/* Everything that the coming steps depend on, as one safetensors file: weights and buffers under
 * "generator.", "discriminator." or "classifier." and their state-dict keys, the average under
 * "average.", optimiser slots under "NAME.adam0." and "NAME.adam1."; metadata: format
 * "ganatomy-checkpoint-1", step, config. Atomic. config: a text that the loading training must have
 * too (its options). Equal states give equal bytes. */
GA_API ga_status ga_train_save(ga_train *t, const char *path, const char *config, ga_err *err);
/* GA_EDATA: another config, a missing or mis-shaped array, not finite numbers; t is then as it
 * was. */
GA_API ga_status ga_train_load(ga_train *t, const char *path, const char *config, ga_err *err);

/* The network as it stands: the averaged generator, or the classifier (averaged if ema is not 0).
 * *out becomes the caller's. settle: batches of `batch` latents that are run through the averaged
 * generator to measure its batch-norm statistics anew (those of the moving average lag behind the
 * weights, and averaging weights changes what they should be); 0 keeps the moving averages. They
 * depend on the seed only. */
GA_API ga_status ga_train_model(ga_train *t, int settle, ga_model **out, ga_err *err);

/* Pictures of the averaged generator with running statistics for latents (n,Z), (n,C,H,W).
 * GA_EINVAL for a classifier. */
GA_API ga_status ga_train_render(ga_train *t, const float *z, int n, float *pictures, ga_err *err);

/* ---- the loop
 * ----------------------------------------------------------------------------------*/

/* What the loop tells. Every call but step may be NULL; a status other than GA_OK ends the loop
 * with it. All come from the calling thread, in this order within a step: step, sheet, save,
 * cancelled. */
typedef struct ga_train_events {
    void *user;
    ga_status (*step)(void *user, uint64_t step, const double *values, ga_err *err);
    ga_status (*sheet)(void *user, uint64_t step,
                       ga_err *err);                           /* every sheet_every, and the last */
    ga_status (*save)(void *user, uint64_t step, ga_err *err); /* every save_every, and the last */
    /* asked after each step: GA_EINTERRUPTED or GA_ETERMINATED save and end the loop with it */
    ga_status (*cancelled)(void *user);
    uint64_t sheet_every, save_every; /* steps; 0: only the last */
} ga_train_events;

/* Steps until options.steps are done. */
GA_API ga_status ga_train_run(ga_train *t, const ga_train_events *events, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
