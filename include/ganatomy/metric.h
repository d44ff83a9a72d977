/* metric.h - how good a generator is, always with the number of samples and the network that
 * looked: two scores may be compared only where both are the same. docs/scores.md explains each.
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
GA_API const char *ga_eye_hash(const ga_eye *e); /* ga_model_hash of the classifier */
/* Whether sights keep what was seen of each picture, from now on; at first they do not. */
GA_API void ga_eye_remember(ga_eye *e, bool each);
/* Looks at pictures v (N,C,H,W) whose values lie in lo..hi. features (N,F), logits (N,K); NULL for
 * what is not wanted. GA_ESHAPE: other channels than the classifier reads. */
GA_API ga_status ga_eye_look(ga_eye *e, ga_view v, float lo, float hi, float *features,
                             float *logits, ga_err *err);

/* How sure a classifier is of one picture, 1/K to 1, from its logits (K >= 2).
 *     GA_CERTAINTY_SOFTMAX  the largest of softmax(logits)
 *     GA_CERTAINTY_SCALED   the largest of softmax(3 logits / s), s the standard deviation of the K
 *                           logits (divided by K - 1): blind to the scale of logits, and never
 * above 1/(1 + (K-1) exp(-3 sqrt(K))), 0.99932 for 10 classes. All logits equal: 1/K. Source:
 * course work "GAN and CNN to conquer MNIST", part 1 *label (may be NULL): the class of the largest
 * logit, the first of equals. */
typedef enum ga_certainty { GA_CERTAINTY_SOFTMAX, GA_CERTAINTY_SCALED } ga_certainty;
GA_API double ga_certainty_of(const float *logits, int k, ga_certainty kind, int *label);

/* What was seen of many pictures. Zeroed before use or filled by the functions below. */
typedef struct ga_sight {
    char by[65];         /* ga_eye_hash of who looked */
    ga_moments *moments; /* of the features; NULL if the eye has no tap */
    size_t n;
    int classes;                         /* K */
    size_t count[GA_METRIC_MAX_CLASSES]; /* pictures whose largest logit is that class's */
    double certainty;                    /* mean of the largest softmax */
    /* What each picture was meant to be: labels of data, or the classes that a conditional
     * generator was asked for; without them has_labels is false and right is 0. */
    bool has_labels;
    size_t right; /* pictures read as meant */
    /* Of each picture, if the eye remembers; else NULL. Owned. */
    float *features; /* (N,D), D = ga_moments_d(moments) */
    float *logits;   /* (N,K) */
    int32_t *labels; /* (N) */
} ga_sight;
GA_API void ga_sight_free(ga_sight *s); /* zeroed structs are fine; zeroes *s */

/* The first n pictures of data (all if n is 0), read without loss as bytes / 255. right (may be
 * NULL) is how many were read as their label. GA_EINVAL: n above what there is. */
GA_API ga_status ga_sight_of_data(ga_eye *e, const ga_dataset *data, int n, ga_sight *out,
                                  int *right, const ga_progress *progress, ga_err *err);
/* The pictures index[0..n-1] of data, in that order; index NULL: the first n. GA_EINVAL: n below 1,
 * an index outside of the set. */
GA_API ga_status ga_sight_of_some(ga_eye *e, const ga_dataset *data, const uint32_t *index, int n,
                                  ga_sight *out, const ga_progress *progress, ga_err *err);
/* n pictures of a generator: rows 0..n-1 of ga_latents(seed), of a conditional one with the classes
 * of ga_labels. Batches of 100, which matters for GA_BN_BATCH only. */
GA_API ga_status ga_sight_of_generator(ga_eye *e, ga_model *generator, int n, uint32_t seed,
                                       ga_bn_mode bn, int threads, size_t memory_limit,
                                       ga_sight *out, const ga_progress *progress, ga_err *err);
/* The pictures themselves, (n,C,H,W) in the generator's range, of rows first .. first+n-1 (at least
 * 0, 1) as ga_sight_of_generator looks at them (with GA_BN_BATCH: if first is a multiple of 100,
 * and n too or first+n the end of what was looked at). labels (n; may be NULL) receives the classes
 * asked for; unconditional generators leave it alone. */
GA_API ga_status ga_samples_of_generator(ga_model *generator, int first, int n, uint32_t seed,
                                         ga_bn_mode bn, int threads, size_t memory_limit,
                                         float *pictures, int32_t *labels, ga_err *err);
/* The same rows of a conditional generator, all of one class. GA_EINVAL: a class outside
 * 0..ga_arch_classes-1, of which an unconditional generator has none. */
GA_API ga_status ga_samples_of_class(ga_model *generator, int one, int first, int n, uint32_t seed,
                                     ga_bn_mode bn, int threads, size_t memory_limit,
                                     float *pictures, ga_err *err);

/* Squared Fréchet distance of the features (ga_frechet), covariances divided by N - 1. Values for
 * different N must not be compared: the distance falls with N. GA_EDATA: fewer than 2 pictures, no
 * features; GA_EINVAL: seen by different networks. */
GA_API ga_status ga_sight_distance(const ga_sight *a, const ga_sight *b, double *distance,
                                   ga_err *err);

/* ---- scores -------------------------------------------------------------------------------------
 *
 * id, name, what is better, in a few words. Formulas and sources: stat.h and docs/scores.md. */
typedef enum ga_better { GA_BETTER_LOWER, GA_BETTER_HIGHER, GA_BETTER_HALF } ga_better;
#define GA_SCORE_MAP(X)                                                                            \
    X(FRECHET, "frechet", LOWER, "distance of means and spreads of features, squared")             \
    X(KERNEL, "kernel", LOWER, "distance of features' distributions; around 0 for equals")         \
    X(PRECISION, "precision", HIGHER, "samples that lie among pictures")                           \
    X(RECALL, "recall", HIGHER, "pictures that lie among samples")                                 \
    X(DENSITY, "density", HIGHER, "how thick pictures lie around samples; 1 for equals")           \
    X(COVERAGE, "coverage", HIGHER, "pictures with a sample nearby")                               \
    X(INCEPTION, "inception", HIGHER,                                                              \
      "sure of each, even over all; at most the classes there are")                                \
    X(BALANCE, "balance", LOWER, "class shares that would have to move to be uniform")             \
    X(SHIFT, "shift", LOWER, "class shares that would have to move to be the pictures'")           \
    X(PRESENT, "present", HIGHER, "classes with more than 1 % of the samples")                     \
    X(CERTAINTY, "certainty", HIGHER, "how sure the classifier is, on average")                    \
    X(SUPPORT, "support", HIGHER, "how many different samples there seem to be")                   \
    X(COPYING, "copying", HALF, "samples nearer to training pictures than test pictures are")      \
    X(LABELS, "labels", HIGHER, "samples that are read as the class asked for")

typedef enum ga_score_id {
#define GA_SCORE_ENUM(id, name, better, words) GA_SCORE_##id,
    GA_SCORE_MAP(GA_SCORE_ENUM)
#undef GA_SCORE_ENUM
        GA_SCORE_COUNT
} ga_score_id;
GA_API const char *ga_score_name(ga_score_id id);
GA_API ga_better ga_score_better(ga_score_id id);
GA_API const char *ga_score_words(ga_score_id id);
/* "all", or names with commas between; *set is a set of 1u << id. GA_EINVAL: an unknown name, with
 * the nearest one. */
GA_API ga_status ga_scores_parse(const char *text, unsigned *set, ga_err *err);
/* Every score that fakes and reals alone give (all but copying and labels). */
#define GA_SCORES_USUAL                                                                            \
    (((1u << GA_SCORE_COUNT) - 1) & ~(1u << GA_SCORE_COPYING) & ~(1u << GA_SCORE_LABELS))

typedef struct ga_score {
    bool have;
    double value;
    double spread; /* standard deviation over parts or subsets; 0: none is known */
    double lo, hi; /* 95 % interval (Wilson) of shares of independent pictures; equal: none */
    bool at_least; /* value is a lower limit */
} ga_score;

typedef struct ga_scores_options {
    int k;                    /* of precision, recall, density, coverage */
    ga_kernel_options kernel; /* of the kernel distance */
    int splits;               /* of the inception score */
    double duplicate; /* near-duplicates of support are at most so far apart as this share of the
                         pictures is from its nearest other picture */
    int threads;
} ga_scores_options;
/* k 3, 100 subsets of 1000 with seed 0, 10 splits, 1 %, 1 thread. */
GA_API ga_scores_options ga_scores_defaults(void);

typedef struct ga_scores {
    ga_score score[GA_SCORE_COUNT];
    ga_scores_options options;
    char by[65]; /* who looked */
    size_t n_fake, n_real, n_train;
    int features, classes;
    int kernel_size;     /* points of a subset that was used */
    double duplicate;    /* the distance at which two samples are near-duplicates */
    uint64_t duplicates; /* pairs of samples nearer than that */
    double birthday;     /* batch that has one with probability 1/2 */
    double copying_z;    /* standard deviations from 1/2 */
} ga_scores;

/* The scores in set of what was seen of fakes against reals. All sights must be remembered ones, by
 * one network. COPYING also needs what was seen of the training pictures, train, and reals that
 * were not trained on; LABELS needs fakes with labels: without, they are left out (have is false).
 * SUPPORT is of the fakes, with a distance measured on the reals.
 * GA_EINVAL: seen by different networks, nothing remembered, too few pictures for k or splits;
 * GA_EDATA: a feature that is not finite; GA_EINTERRUPTED. */
GA_API ga_status ga_scores_of(const ga_sight *fake, const ga_sight *real, const ga_sight *train,
                              unsigned set, const ga_scores_options *options, ga_scores *out,
                              const ga_progress *progress, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
