/* train.h - losses, and training as a thing that is stepped, measured, saved and taken up again.
 *
 *     ga_train   one training in memory: networks, optimisers, moving average, data, step number.
 *
 * A training knows no store and no files but its checkpoint: what happens is told to callbacks
 * (ga_train_events). Every random draw depends on the seed and the step number alone, and every sum
 * has one fixed order, so a training that is loaded from a checkpoint goes on exactly as the one
 * that wrote it: same machine, instruction set, options and data, same bytes.
 *
 * Letters: N pictures of a batch, K classes, Z length of a latent, P numbers of a picture. */
#ifndef GA_TRAIN_H
#define GA_TRAIN_H
#include "ganatomy/augment.h"
#include "ganatomy/data.h"
#include "ganatomy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- losses -----------------------------------------------------------------------------------*/

/* Every loss is a mean over the N pictures, summed in f64; diff receives dLoss/dinput. A NaN among
 * the inputs gives a NaN loss. softplus(x) = max(x,0) + log1p(exp(-|x|)), which never overflows. */

/* What a discriminator's output x (one number a picture) is held against:
 *
 *     loss             real, target t          fake            generator
 *     nonsaturating    t sp(-x)+(1-t) sp(x)    sp(x)           sp(-x)       Goodfellow et al. 2014
 *     minimax          as above                sp(x)           -sp(x)       the same, eq. 1
 *     least-squares    (x-t)^2 / 2             x^2 / 2         (x-1)^2 / 2  Mao et al. 2017
 *     hinge            max(0, t-x)             max(0, 1+x)     -x           Lim and Ye 2017
 *     wasserstein      -x                      x               -x           Arjovsky et al. 2017
 *
 * (sp is softplus. t is 1, or a little less for one-sided smoothing; wasserstein ignores it.) */
#define GA_GAN_LOSS_MAP(X)                                                                         \
    X(NONSATURATING, "nonsaturating")                                                              \
    X(MINIMAX, "minimax")                                                                          \
    X(LEAST_SQUARES, "least-squares")                                                              \
    X(HINGE, "hinge")                                                                              \
    X(WASSERSTEIN, "wasserstein")

typedef enum ga_gan_loss {
#define GA_GAN_LOSS_ENUM(name, word) GA_LOSS_##name,
    GA_GAN_LOSS_MAP(GA_GAN_LOSS_ENUM)
#undef GA_GAN_LOSS_ENUM
} ga_gan_loss;

GA_API extern const char *const ga_gan_loss_words[]; /* in the order of the enum; NULL at the end */

typedef enum ga_gan_side { GA_SIDE_REAL, GA_SIDE_FAKE, GA_SIDE_GENERATOR } ga_gan_side;

typedef struct ga_verdict {
    double loss;
    double mean;  /* of the output: of sigmoid(x) where x is a logit (the first two), else of x */
    double right; /* share of pictures on their side of the border: real above, fake not above it;
                     the border is 0, for least-squares 1/2. The generator's are fakes */
} ga_verdict;

/* x (n), diff (n). */
GA_API ga_verdict ga_loss_gan(ga_gan_loss loss, ga_gan_side side, double target, const float *x,
                              int n, float *diff);

/* Cross-entropy of softmax(logits (n,k)) against labels (n) in 0..k-1. diff (n,k) receives
 * (softmax - onehot) / n. *right (may be NULL): how many rows have their largest logit (the first
 * of equals) at the label. */
GA_API double ga_loss_classes(const float *logits, const int32_t *labels, int n, int k, float *diff,
                              int *right);

/* How label logits lie: see ga_vocabulary_layout. */
typedef struct ga_label_layout {
    int channels, planes;    /* C, D */
    const int *first, *size; /* (D) */
    const uint16_t *channel; /* (L) of each label; entry 0 is not read */
} ga_label_layout;

/* Cross-entropy of label logits (n,C,P pixels) against maps (n,D,P): in each plane, softmax over
 * its channels against that of the pixel's label, or of none where the map has 0; summed over
 * planes, mean over pixels and pictures. diff (n,C,P). *right (may be NULL): how many of the n D P
 * labels have the largest logit, the first of equals. A label of another plane counts as none. */
GA_API double ga_loss_labels(const float *logits, const uint16_t *maps, ga_label_layout layout,
                             int n, size_t p, float *diff, uint64_t *right);

/* Squared error of x against y, both (n,p): summed over p, mean over n. diff (n,p). */
GA_API double ga_loss_squares(const float *x, const float *y, int n, size_t p, float *diff);

/* Cross-entropy of pictures x against y, both (n,p) on lo..hi, read as the chances q and t that a
 * pixel is white: -t log q - (1-t) log(1-q), summed over p, mean over n; q is kept within 1e-6 of 0
 * and 1. diff (n,p) is with respect to x. */
GA_API double ga_loss_bernoulli(const float *x, const float *y, int n, size_t p, float lo, float hi,
                                float *diff);

/* Kullback-Leibler divergence of normal(mean, exp(log_variance)) from normal(0, 1): gaussian
 * (n,2,z) holds mean and log variance of each picture; 1/2 sum (m^2 + e^v - 1 - v), mean over n.
 * diff (n,2,z). Kingma and Welling 2014, appendix B. */
GA_API double ga_loss_gaussian(const float *gaussian, int n, int z, float *diff);

/* ---- what is trained --------------------------------------------------------------------------*/

typedef struct ga_train ga_train;

typedef enum ga_recon { GA_RECON_BERNOULLI, GA_RECON_SQUARES } ga_recon;
GA_API extern const char *const ga_recon_words[]; /* "bernoulli", "squares", NULL */

typedef struct ga_train_options {
    /* all kinds */
    uint64_t steps; /* of the whole training, at least 1 */
    int batch;      /* N: at least 2 for a GAN or VAE (batch norm), at least 1 else; at most the
                       pictures of the data set */
    uint64_t seed;
    ga_optim_kind optimizer;
    double lr;           /* per step (the generator's in a GAN) */
    double beta1, beta2; /* Adam, AdamW; the other constants are PyTorch's defaults */
    double weight_decay;
    double decay_from; /* share of the steps after which lr falls linearly to 0 at the end; 1: never
                        */
    double ema;        /* moving average of the weights and of the running statistics, per step:
                          average = d average + (1 - d) now with d = min(ema, (1 + step) / (10 +
                          step)), which forgets the start; 0: none is kept */
    ga_start start;    /* of networks that do not have one of their own (ga_arch_start) */
    bool bf16;
    int threads;
    size_t memory_limit;
    int shift;          /* classifier: pictures move by up to so many pixels each way at random */
    ga_augment augment; /* classifier, VAE: of the training pictures. GAN: of all that the
                           discriminator sees, real and fake alike, and the generator's gradient
                           goes back through it (Zhao et al. 2020) */
    double augment_p;   /* chance of each kind, 0..1 */

    /* GAN */
    ga_gan_loss loss;
    double lr_d;        /* the discriminator's; 0: lr */
    int d_steps;        /* updates of the discriminator for each of the generator; 0: 1 */
    double real_target; /* 1, or a little less: one-sided label smoothing */
    double noise;  /* standard deviation of normal noise on what the discriminator sees, real and
                      fake, falling linearly to 0 at the end; 0: none */
    double clip;   /* the discriminator's weights are kept within +-clip after each of its updates
                      (Wasserstein); 0: not */
    bool spectral; /* the discriminator's weights are divided by their largest singular value
                      (ga_spectral), one round of power iteration an update */
    double r1;     /* gamma of the penalty gamma/2 E|grad D(x)|^2 on real pictures
                      (ga_plan_gradient_penalty); 0: none */
    int r1_every;  /* every so many discriminator updates, then so many times as strong; 0: 1 */
    double ada_target; /* 0: augment_p stays. Else it starts there, and after every 4th update of
                          the discriminator goes up if the mean sign of its output on real pictures
                          since then (2 right_real - 1) was above the target, else down, by the
                          pictures seen since then / 500,000 (Karras et al. 2020; they take 0.6) */

    /* VAE */
    ga_recon recon;
    double kl_weight; /* of the Kullback-Leibler term; 1: the evidence lower bound */

    /* encoder */
    double pixel_weight; /* of the squared error between G(E(x)) and x, mean over pixels */
} ga_train_options;

/* Defaults of each kind; steps is 0. All: Adam, batch 100, no decay.
 *     GAN          2e-4 (0.5, 0.999), average 0.999, normal(0, 0.02) start
 *     classifier   1e-3 (0.9, 0.999), no average, PyTorch's start
 *     VAE          1e-3 (0.9, 0.999), no average, PyTorch's start, Bernoulli
 *     encoder      1e-3 (0.9, 0.999), average 0.999, PyTorch's start */
GA_API ga_train_options ga_train_gan_defaults(void);
GA_API ga_train_options ga_train_classifier_defaults(void);
GA_API ga_train_options ga_train_vae_defaults(void);
GA_API ga_train_options ga_train_encoder_defaults(void);

/* All four: data is borrowed and must outlive the training, architectures are copied. Pictures are
 * resized (bilinear, half-pixel centres) to what the network reads or makes and scaled to its
 * range. test (may be NULL, borrowed): unseen pictures of the same classes, for ga_train_measure.
 * GA_ESHAPE: data and networks do not fit; GA_EINVAL: an option out of range, a network of another
 * kind; GA_ENOMEM: above memory_limit. */

/* A generator against a discriminator. The step, with one fake batch for both updates:
 *     fake = G(z);  D on real, D on fake: the loss of each side;  every r1_every-th time the
 *     penalty;  update of D;  all that d_steps times, each with new pictures;  D on the last fake
 *     with its new weights, backward through D to its input and on through G;  update of G;
 *     moving average.
 * (PyTorch recipes that draw fakes twice do the same in expectation at 1.2 times the cost.)
 * A generator with a label input (ga_arch_classes) is trained conditionally: the discriminator must
 * have one of as many classes; real pictures go with their labels, fakes with uniform ones. */
GA_API ga_status ga_train_gan(const ga_arch *generator, const ga_arch *discriminator,
                              const ga_dataset *data, const ga_dataset *test,
                              const ga_train_options *options, ga_train **out, ga_err *err);

/* A classifier by cross-entropy. GA_ESHAPE: the output of arch is not (classes,1,1). */
GA_API ga_status ga_train_classifier(const ga_arch *arch, const ga_dataset *data,
                                     const ga_dataset *test, const ga_train_options *options,
                                     ga_train **out, ga_err *err);

/* A variational autoencoder: the encoder gives mean and log variance of z for a picture
 * ("gaussian" output, (2Z,1,1)), the decoder (a generator with a normal latent) the picture of a z
 * drawn from them. Loss: recon + kl_weight * divergence, both in nats a picture. */
GA_API ga_status ga_train_vae(const ga_arch *decoder, const ga_arch *encoder,
                              const ga_dataset *data, const ga_dataset *test,
                              const ga_train_options *options, ga_train **out, ga_err *err);

/* An encoder E of a generator's pictures ("latent" output, (Z,1,1)): squared error between E(G(z))
 * and z, mean over Z, plus pixel_weight times that between G(E(G(z))) and G(z). The generator is
 * borrowed, never changed, and uses running statistics. Needs no data. */
GA_API ga_status ga_train_encoder(const ga_arch *encoder, ga_model *generator,
                                  const ga_train_options *options, ga_train **out, ga_err *err);

/* A segmenter by the cross-entropy of ga_loss_labels, of data with label maps
 * (ga_dataset_vocabulary), in pictures of their own size. augment may have flip alone, which moves
 * the labels along. GA_EINVAL: another augmentation, shift, or data without label maps; GA_ESHAPE:
 * arch makes no label logits for this vocabulary and size. Measured: loss, accuracy (share of all
 * labels of all pixels that are right) and mean IoU over the labels that occur. */
GA_API ga_status ga_train_segmenter(const ga_arch *arch, const ga_dataset *data,
                                    const ga_dataset *test, const ga_train_options *options,
                                    ga_train **out, ga_err *err);
GA_API void ga_train_free(ga_train *t); /* NULL is fine */

GA_API const char *ga_train_kind(const ga_train *t); /* "gan", "classifier", "vae", "encoder",
                                                         "segmenter" */
/* The architecture of what the training makes (generator, classifier, decoder, encoder); lives as
 * long as t. */
GA_API const ga_arch *ga_train_arch(const ga_train *t);
/* Whether ga_train_render makes pictures of latents: a GAN, a VAE. */
GA_API bool ga_train_renders(const ga_train *t);
/* Steps done. */
GA_API uint64_t ga_train_steps_done(const ga_train *t);
/* Steps an epoch: pictures / (batch * d_steps), at least 1; what is left over of an epoch's order
 * is not used. 0 where there is no data (encoder). */
GA_API uint64_t ga_train_steps_an_epoch(const ga_train *t);
/* Bytes of all plans, weights and optimisers. */
GA_API size_t ga_train_bytes(const ga_train *t);

/* Names of the curves, NULL at the end; ga_train_step's values are in this order.
 *     GAN         loss_d (both sides), loss_g, d_real, d_fake, right_real, right_fake
 *                 (ga_verdict.mean and .right before the update), and of each network the norm of
 *                 the gradient and |update| / |weights|: grad_d, grad_g, update_d, update_g; with
 *                 r1: penalty, gamma/2 E|grad D(x)|^2 as last computed; with ada_target: augment_p
 *     classifier  loss, accuracy (of the batch, before the update), grad, update
 *     VAE         loss, recon, kl, grad, update, of both networks: the root of the
 *                 sum of squares, the larger one
 *     encoder     loss, latent, pixel, grad, update */
GA_API const char *const *ga_train_curves(const ga_train *t);
#define GA_TRAIN_MAX_CURVES 16

/* One step. values (GA_TRAIN_MAX_CURVES) receives the curves' numbers of step
 * ga_train_steps_done(t) after the call. GA_EDIVERGED: a loss is not finite, the sentence says
 * which and at which step; the weights may then be spoilt: load a checkpoint. */
GA_API ga_status ga_train_step(ga_train *t, double *values, ga_err *err);

/* What can change while a training lasts; from the next step on. 0 for lr_d: as lr. */
typedef struct ga_train_dials {
    double lr, lr_d, real_target, noise, r1;
} ga_train_dials;
GA_API ga_train_dials ga_train_dials_of(const ga_train *t);
/* GA_EINVAL: out of range, or r1 where the training was not begun with one. */
GA_API ga_status ga_train_set_dials(ga_train *t, const ga_train_dials *dials, ga_err *err);

/* ---- measuring --------------------------------------------------------------------------------*/

/* The networks as they stand, in inference mode (running statistics, no dropout), on the first n
 * training pictures, the first n test pictures (both all of them if there are fewer) and n fakes of
 * latents that are the same at every call: numbers that can be compared over a training. Changes
 * nothing of what the coming steps compute. Names, NULL at the end, none that a curve has, test
 * ones only with test data: GAN         train/loss_d, train/right_real, fakes/loss_g,
 * fakes/right_fake, test/loss_d, test/right_real classifier  train/loss, train/accuracy, test/loss,
 * test/accuracy (of the average if kept) VAE         train/recon, train/kl, test/recon, test/kl (z
 * at the mean) encoder     fakes/latent, fakes/pixel (of the average if kept) */
GA_API const char *const *ga_train_measures(const ga_train *t);
/* values as ga_train_measures names them, at most GA_TRAIN_MAX_CURVES. */
GA_API ga_status ga_train_measure(ga_train *t, int n, double *values, ga_err *err);

/* ---- checkpoints ------------------------------------------------------------------------------*/

/* Everything that the coming steps depend on, as one safetensors file: weights and buffers under
 * the network's name ("generator.", "discriminator.", "classifier.", "decoder.", "encoder.") and
 * their state-dict keys, the average under "average.", optimiser slots under "NAME.slot0.", ...;
 * under spectral normalisation the discriminator's raw weights under "spectral.raw." and the power
 * iteration's vectors as "spectral.vectors";
 * metadata: format "ganatomy-checkpoint-2", step, dials, config. Atomic. config: a text that the
 * loading training must have too (its options). Equal states give equal bytes. */
GA_API ga_status ga_train_save(ga_train *t, const char *path, const char *config, ga_err *err);
/* GA_EDATA: another config, a missing or mis-shaped array, not finite numbers; t is then as it
 * was. */
GA_API ga_status ga_train_load(ga_train *t, const char *path, const char *config, ga_err *err);
/* What a checkpoint says of itself: the steps that were done, and its config as a new string, ended
 * with ga_train_config_free. GA_EDATA: no checkpoint. */
GA_API ga_status ga_train_peek(const char *path, uint64_t *step, char **config, ga_err *err);
GA_API void ga_train_config_free(char *config);

/* ---- what comes out ---------------------------------------------------------------------------*/

/* The network that the training makes, averaged if an average is kept. *out becomes the caller's.
 * settle: batches of `batch` latents that are run through a generator to measure its batch-norm
 * statistics anew (those of the moving average lag behind the weights, and averaging weights
 * changes what they should be); 0 keeps the moving averages, as do other kinds than GANs. They
 * depend on the seed only. */
GA_API ga_status ga_train_model(ga_train *t, int settle, ga_model **out, ga_err *err);
/* The network beside it: discriminator (with its effective weights), VAE encoder; *out is NULL
 * where there is none. */
GA_API ga_status ga_train_partner(ga_train *t, ga_model **out, ga_err *err);
/* "discriminator", "encoder", or NULL. */
GA_API const char *ga_train_partner_name(const ga_train *t);

/* Pictures of that generator or decoder with running statistics (not settled) for latents (n,Z),
 * (n,C,H,W). labels (n): of a conditional generator, else NULL. GA_EINVAL for other kinds. */
GA_API ga_status ga_train_render(ga_train *t, const float *z, const int32_t *labels, int n,
                                 float *pictures, ga_err *err);

/* ---- the loop ---------------------------------------------------------------------------------*/

/* What the loop tells. Every call but step may be NULL; a status other than GA_OK ends the loop
 * with it. All come from the calling thread, in this order within a step: step, measure, sheet,
 * change, save, cancelled. Before the first step of all, at step 0: measure, sheet. */
typedef struct ga_train_events {
    void *user;
    ga_status (*step)(void *user, uint64_t step, const double *values, ga_err *err);
    ga_status (*measure)(void *user, uint64_t step,
                         ga_err *err);                          /* every measure_every, and last */
    ga_status (*sheet)(void *user, uint64_t step, ga_err *err); /* every sheet_every, and last */
    ga_status (*save)(void *user, uint64_t step, ga_err *err);  /* every save_every, and last */
    /* asked after each step but the last: may call ga_train_set_dials, and then sets *save */
    ga_status (*change)(void *user, uint64_t step, bool *save, ga_err *err);
    /* asked after each step: GA_EINTERRUPTED or GA_ETERMINATED save and end the loop with it */
    ga_status (*cancelled)(void *user);
    uint64_t measure_every, sheet_every, save_every; /* steps; 0: only the last */
} ga_train_events;

/* Steps until options.steps are done. */
GA_API ga_status ga_train_run(ga_train *t, const ga_train_events *events, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
