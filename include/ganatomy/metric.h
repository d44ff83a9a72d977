/* metric.h - how good a generator is, always with the number of samples and the network that
 * looked.
 *
 * Features are the activation of a classifier at its tap "features" (84 numbers of lenet5 after f6
 * and ReLU). Pictures are scaled from their own range to the classifier's and enlarged to its input
 * bilinearly with half-pixel centres (28x28 in [-1,1] to 32x32 in [0,1], say). */
#ifndef GA_METRIC_H
#define GA_METRIC_H
#include "ganatomy/data.h"
#include "ganatomy/model.h"
#include "ganatomy/stat.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GA_FEATURE_TAP        "features"
#define GA_METRIC_MAX_CLASSES 1000

/* A classifier made ready to look at pictures. Borrows the model. Not for two threads at once. */
typedef struct ga_eye ga_eye;

/* tap: GA_FEATURE_TAP or another, NULL if only classes are wanted. GA_EINVAL: the model reads
 * latents; GA_ENOTFOUND: it has no such tap (the sentence lists the taps); GA_ESHAPE: its output is
 * not a vector of 2..1000 classes. */
GA_API ga_status ga_eye_create(ga_model *classifier, const char *tap, int threads,
                               size_t memory_limit, ga_eye **out, ga_err *err);
GA_API void ga_eye_free(ga_eye *e);          /* NULL is fine */
GA_API int ga_eye_features(const ga_eye *e); /* how many numbers; 0 without a tap */
GA_API int ga_eye_classes(const ga_eye *e);
/* Looks at pictures v (N,C,H,W) whose values lie in lo..hi. features (N,F), logits (N,K); NULL for
 * what is not wanted. GA_ESHAPE: other channels than the classifier reads. */
GA_API ga_status ga_eye_look(ga_eye *e, ga_view v, float lo, float hi, float *features,
                             float *logits, ga_err *err);

/* What was seen of many pictures. */
typedef struct ga_sight {
    ga_moments *moments; /* of the features; NULL if the eye has no tap */
    size_t n;
    size_t count[GA_METRIC_MAX_CLASSES]; /* pictures whose largest logit is that class's */
    double certainty;                    /* mean of the largest softmax */
} ga_sight;
GA_API void ga_sight_free(ga_sight *s); /* zeroed structs are fine */

/* The first n pictures of data (all if n is 0), read without loss as bytes / 255. right (may be
 * NULL) is how many were read as their label. GA_EINVAL: n above what there is. */
GA_API ga_status ga_sight_of_data(ga_eye *e, const ga_dataset *data, int n, ga_sight *out,
                                  int *right, const ga_progress *progress, ga_err *err);
/* n pictures of a generator: rows 0..n-1 of ga_latents(seed). Batches of 100, which matters for
 * GA_BN_BATCH only. */
GA_API ga_status ga_sight_of_generator(ga_eye *e, ga_model *generator, int n, uint32_t seed,
                                       ga_bn_mode bn, int threads, size_t memory_limit,
                                       ga_sight *out, const ga_progress *progress, ga_err *err);

/* Squared Fréchet distance of the features (ga_frechet), covariances divided by N - 1. Values for
 * different N must not be compared: the distance falls with N. GA_EDATA: fewer than 2 pictures, no
 * features. */
GA_API ga_status ga_sight_distance(const ga_sight *a, const ga_sight *b, double *distance,
                                   ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
