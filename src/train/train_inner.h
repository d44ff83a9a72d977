/* train_inner.h - what the files of this room share. */
#ifndef GA_TRAIN_INNER_H
#define GA_TRAIN_INNER_H
#include "base/rng.h"
#include "ganatomy/train.h"

/* A network in training. */
typedef struct ga_learner {
    const char *name; /* "generator", "discriminator", "classifier"; prefix in checkpoints */
    ga_model *model;
    ga_params *grads;
    ga_optim *optim;
    ga_plan *plan;
} ga_learner;

struct ga_train {
    ga_train_options options;
    const ga_dataset *data;
    bool gan;
    ga_learner learner[2]; /* generator, discriminator; or classifier alone */
    int n_learners;
    ga_params *average; /* of learner[0]; NULL without moving average */
    ga_plan *render;    /* generator from the average, running statistics; NULL for a classifier */
    uint64_t done;      /* steps */
    uint64_t epoch;     /* whose order is in `order`; UINT64_MAX: none yet */
    uint32_t *order;
    size_t bytes;
    ga_batch_spec spec;
    ga_dims real; /* of one picture as the network reads it */
    int z;        /* 0 for a classifier */
    float *pictures, *fake, *seen, *latents, *logits, *diff, *diff_fake;
    int32_t *labels;
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
    GA_DRAW_SETTLE
};
static inline ga_rng ga_draw(const ga_train *t, int kind, uint64_t index)
{
    return ga_rng_of(t->options.seed, ((uint64_t)kind << 56) | index);
}

/* The step of each kind: fills values; returns GA_EDIVERGED with words. */
ga_status ga_train_gan_step(ga_train *t, double *values, ga_err *err);
ga_status ga_train_classifier_step(ga_train *t, double *values, ga_err *err);

/* Shared by both kinds of step. */
ga_status ga_train_next_pictures(ga_train *t, ga_err *err); /* into pictures and labels */
void ga_train_set_rates(ga_train *t);                       /* of both optimisers, for this step */
void ga_train_update(ga_learner *l);
void ga_train_average(ga_train *t);
ga_status ga_train_not_finite(const ga_train *t, const char *what, double loss, ga_err *err);
double ga_train_left(const ga_train *t); /* 1 at the first step, falling to 1/steps at the last */
#endif
