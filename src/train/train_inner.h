/* train_inner.h - what the files of this room share: the parts of a training, and what a kind of
 * training (gan.c, classifier.c, vae.c, encoder.c) has to say for itself. */
#ifndef GA_TRAIN_INNER_H
#define GA_TRAIN_INNER_H
#include "base/rng.h"
#include "ganatomy/scenes.h"
#include "ganatomy/train.h"

#define GA_LOOK_BATCH 64 /* pictures at a time where nothing is learnt */

/* A network in training. */
typedef struct ga_learner {
    const char *name; /* "generator", ...; its prefix in checkpoints */
    ga_model *model;
    ga_params *grads;
    ga_optim *optim;
    ga_plan *plan;
    ga_spectral *spectral; /* NULL: none. Else the model has what `raw` makes, divided by sigma */
    ga_params *raw;
    ga_plan *look; /* inference, GA_LOOK_BATCH pictures: of the average where the learner has one */
} ga_learner;

/* A kind of training. */
typedef struct ga_train_trade {
    const char *name;
    const char *partner; /* name of learner[1], or NULL */
    bool renders,
        settles; /* makes pictures of latents; whose batch statistics can be measured anew */
    const char *const *measures; /* NULL at the end; those of test pictures come last */
    int n_test_measures;
    ga_status (*step)(ga_train *t, double *values, ga_err *err);
    ga_status (*measure)(ga_train *t, int n, double *values, ga_err *err);
} ga_train_trade;

struct ga_train {
    const ga_train_trade *trade;
    ga_train_options options; /* as begun, but for what the dials changed */
    const ga_dataset *data, *test;
    ga_learner learner[2]; /* what the training makes, its partner */
    int n_learners;
    ga_params *average; /* of learner[0]; NULL without moving average */
    ga_model *frozen;   /* encoder: the generator, borrowed */
    ga_plan *frozen_plan, *frozen_look;
    uint64_t done;  /* steps */
    uint64_t epoch; /* whose order is in `order`; UINT64_MAX: none yet */
    uint32_t *order;
    size_t bytes;
    const char *curves[GA_TRAIN_MAX_CURVES + 1], *measures[GA_TRAIN_MAX_CURVES + 1];
    double penalty;             /* as last computed */
    double augment_p, sign_sum; /* chance now; mean signs since it was last adapted, added up */
    ga_augmentation *draws;     /* (N) of the pictures that were changed last */
    int threads;                /* at least 1 */
    void *augment_room;         /* ga_augment_room for each thread */
    ga_batch_spec spec;
    ga_dims real; /* of one picture as the network reads or makes it */
    int z, classes;
    /* of a batch, or of GA_LOOK_BATCH pictures if that is more */
    float *pictures, *fake, *seen, *diff_fake; /* (N,C,H,W) */
    float *latents, *diff_latents;             /* (N,Z) */
    float *output, *diff;                      /* (N,outputs) of the network that judges */
    float *label_room;                         /* (N) labels as a network reads them */
    int32_t *labels, *fake_labels;
    float *before; /* weights before an update */
    /* segmenter: which pictures of which data the batch is, and what their pixels are */
    const ga_dataset *from;
    uint32_t *picked;  /* (N) */
    uint16_t *maps;    /* (N,D,H,W) */
    int planes;        /* D; 0: no maps */
    int *first, *size; /* (D), as layout has them */
    uint16_t *channel; /* (L) */
    ga_label_layout layout;
    void *counts; /* where what is measured is counted */
};

/* Streams of random numbers, so that no two uses of one seed share draws. Epoch orders use the
 * stream numbers below 2^56 (ga_epoch_order). */
enum {
    GA_DRAW_Z = 1,
    GA_DRAW_NOISE_REAL,
    GA_DRAW_NOISE_FAKE,
    GA_DRAW_NOISE_AGAIN,
    GA_DRAW_SHIFT,
    GA_DRAW_DROPOUT,
    GA_DRAW_SETTLE,
    GA_DRAW_LABEL,
    GA_DRAW_MEASURE,
    GA_DRAW_POSTERIOR,
    GA_DRAW_AUGMENT
};
static inline ga_rng ga_draw(const ga_train *t, int kind, uint64_t index)
{
    return ga_rng_of(t->options.seed, ((uint64_t)kind << 56) | index);
}

/* ---- making one (train.c) ---------------------------------------------------------------------*/

/* What the making of a kind hands over; archs and generator as in ga_train_*. */
typedef struct ga_train_parts {
    const ga_train_trade *trade;
    const ga_arch *arch[2]; /* learners */
    const char *name[2];
    ga_model *frozen;
    const ga_dataset *data, *test;
    const ga_train_options *options;
    ga_dims picture;      /* of one */
    const ga_arch *range; /* whose pictures give the scale: its output if it reads latents */
    int z, outputs;       /* numbers of a latent; of an output that is judged */
    const ga_vocabulary *vocabulary; /* segmenter: what pixels can be; else NULL */
    int least_batch;
    const char *const *curves;
} ga_train_parts;

ga_status ga_train_make(const ga_train_parts *parts, ga_train **out, ga_err *err);
/* GA_ESHAPE unless data has as many channels as the pictures of arch. */
ga_status ga_train_check_channels(const ga_dataset *data, int channels, const ga_arch *arch,
                                  ga_err *err);

/* The pictures of update number `index`, changed at random, into t->seen (src may be that); draws
 * keeps how. kind tells uses of one update apart. */
void ga_train_augment(ga_train *t, const float *src, float *dst, uint64_t index, uint64_t kind);
/* grad, with respect to the pictures that were changed last, becomes that with respect to what they
 * were before. */
void ga_train_augment_back(const ga_train *t, float *grad);

/* GA_ESHAPE unless reader reads pictures of the size that maker makes. */
ga_status ga_train_check_pictures(const ga_arch *maker, const ga_arch *reader, ga_err *err);

/* ---- parts of a step (step.c) -----------------------------------------------------------------*/

/* Batch number `index` of the whole training, into pictures and labels. */
ga_status ga_train_fill(ga_train *t, uint64_t index, ga_err *err);
void ga_train_draw_latents(const ga_train *t, const ga_arch *arch, int kind, uint64_t index, int n,
                           float *z);
/* One network on n inputs. labels: for its label input, or NULL. dropout: number of this pass in
 * the whole training. out receives the last layer. */
typedef struct ga_pass {
    ga_plan *plan;
    const ga_model *model;
    const float *in;
    const int32_t *labels;
    int n;
    uint64_t dropout;
    float *out;
} ga_pass;
ga_status ga_train_pass(ga_train *t, const ga_pass *pass, ga_err *err);
/* Optimiser step; *grad and *update receive |gradient| and |update| / |weights|. */
ga_status ga_train_update(ga_train *t, int learner, double *grad, double *update, ga_err *err);
void ga_train_average(ga_train *t);
double ga_train_left(const ga_train *t); /* 1 at the first step, falling to 1/steps at the last */
ga_status ga_train_not_finite(const ga_train *t, const char *what, double loss, ga_err *err);
/* Calls look for stretches of the first n pictures of data (all if fewer), which are in pictures
 * and labels then. */
ga_status ga_train_each(ga_train *t, const ga_dataset *data, int n,
                        ga_status (*look)(ga_train *t, int n, double *sums, ga_err *err),
                        double *sums, int n_sums, ga_err *err);
/* The same of the training pictures and, behind them in sums, of the test pictures if there are. */
ga_status ga_train_both(ga_train *t, int n,
                        ga_status (*look)(ga_train *t, int n, double *sums, ga_err *err),
                        double *sums, int n_sums, ga_err *err);
#endif
