/* stat.h - statistics of plain arrays of numbers. Knows no networks. Sums in f64 unless said
 * otherwise.
 *
 * Letters: N samples, D numbers a sample, K classes. */
#ifndef GA_STAT_H
#define GA_STAT_H
#include "ganatomy/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- mean and covariance, streaming -------------------------------------------------------------
 *
 * Sums of squared deviations are updated around the running mean (Welford 1962; merging after Chan,
 * Golub and LeVeque 1983), so large offsets cost no digits. */
typedef struct ga_moments ga_moments;

/* Of samples of d numbers, none seen yet. GA_EINVAL: d outside 1..8192. */
GA_API ga_status ga_moments_create(int d, ga_moments **out, ga_err *err);
GA_API void ga_moments_free(ga_moments *m); /* NULL is fine */
/* Adds n samples, (n,D) f32. The order matters in the last digits only. */
GA_API void ga_moments_add(ga_moments *m, const float *samples, size_t n);
/* m becomes what it were had it seen what other saw too. GA_ESHAPE: another D. */
GA_API ga_status ga_moments_merge(ga_moments *m, const ga_moments *other, ga_err *err);
GA_API size_t ga_moments_n(const ga_moments *m);
GA_API int ga_moments_d(const ga_moments *m);
/* mean (D); covariance (D,D), divided by N - 1 as numpy.cov does; either may be NULL.
 * GA_EDATA: fewer than 2 samples. */
GA_API ga_status ga_moments_get(const ga_moments *m, double *mean, double *covariance, ga_err *err);
/* Mean and variance (divided by N - 1; 0 below 2 samples) of number i of 0..D-1. */
GA_API void ga_moments_one(const ga_moments *m, int i, double *mean, double *variance);

/* ---- symmetric matrices -----------------------------------------------------------------------*/

/* Eigenvalues (D), ascending, and eigenvectors (D,D), row i belonging to value i, of the symmetric
 * matrix a (D,D), of which both triangles are read as their mean. vectors may be NULL. Method:
 * cyclic Jacobi rotations (Golub and Van Loan, 8.5), which are exact to a few units in the last
 * place for every eigenvalue relative to the largest. GA_EDATA: a number that is not finite, or no
 * convergence in 60 sweeps (never seen). GA_ENOMEM. */
GA_API ga_status ga_symmetric_eigen(const double *a, int d, double *values, double *vectors,
                                    ga_err *err);

/* Squared Fréchet (Wasserstein-2) distance of two normal distributions (Dowson and Landau 1982):
 *     |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^1/2)
 * with the trace of the root as the sum of the roots of the eigenvalues of C1^1/2 C2 C1^1/2, which
 * is symmetric; eigenvalues below 0 (rounding) count as 0. means (D), covariances (D,D). */
GA_API ga_status ga_frechet(const double *mean1, const double *covariance1, const double *mean2,
                            const double *covariance2, int d, double *distance, ga_err *err);

/* ---- points and their neighbours ----------------------------------------------------------------
 *
 * Every point against every other, in blocks, on up to `threads` threads (at least 1); results do
 * not depend on how many. Distances are Euclidean; their squares are summed in f32, straight from
 * the differences, so equal points are exactly 0 apart. All functions: GA_EINVAL for no points, D
 * below 1 or another D in the second set; GA_EDATA for a number that is not finite, named by its
 * point; GA_ENOMEM. On failure outputs are unspecified. */

typedef struct ga_points {
    const float *x; /* (N,D), borrowed */
    size_t n;       /* at most 2^31 - 1 */
    int d;
} ga_points;

/* GA_EDATA: a number that is not finite, named by its point; GA_EINVAL: no points, too many, D below
 * 1. what: how sentences call them, as in "the samples". */
GA_API ga_status ga_points_check(ga_points p, const char *what, ga_err *err);

/* distance (N,k): from each point to its k nearest others, ascending. GA_EINVAL: k outside 1..64 or
 * not below N. */
GA_API ga_status ga_neighbours(ga_points x, int k, int threads, float *distance, ga_err *err);

/* For each point of x the k nearest of pool, nearest first (the lowest index of equals): their index
 * (N,k; may be NULL) and distance (N,k; may be NULL). GA_EINVAL: k outside 1..64 or above pool.n. */
GA_API ga_status ga_nearest(ga_points x, ga_points pool, int k, int threads, uint32_t *index,
                            float *distance, ga_err *err);

/* How many of the N(N-1)/2 pairs of points are at most radius apart. GA_EINVAL: it is negative. */
GA_API ga_status ga_close_pairs(ga_points x, float radius, int threads, uint64_t *pairs,
                                ga_err *err);

/* Support by neighbourhoods. The ball of a point reaches to its k-th nearest neighbour within its
 * own set, the border included.
 *     precision  share of the fakes that lie in a ball of a real
 *     recall     share of the reals that lie in a ball of a fake
 *     density    balls of reals that a fake lies in, on average over the fakes, divided by k
 *     coverage   share of the reals whose own ball has a fake in it
 * Source: precision, recall: Kynkaanniemi et al. 2019, arXiv:1904.06991, eq. 1-2; density,
 * coverage: Naeem et al. 2020, arXiv:2002.09797, eq. 3-4. Departure: none in the formulas; Naeem's
 * programme leaves the border out, which matters for ties only. */
typedef struct ga_manifold {
    double precision, recall, density, coverage;
} ga_manifold;
/* GA_EINVAL: k outside 1..64 or not below both N. */
GA_API ga_status ga_manifolds(ga_points real, ga_points fake, int k, int threads, ga_manifold *out,
                              ga_err *err);

/* What a number of near-duplicates says about how many different samples there are. If two random
 * draws are near-duplicates with probability p, then
 *     batch    = the size of a batch that has a near-duplicate with probability 1/2
 *              = 1/2 + sqrt(1/4 + 2 ln 2 / p)   (from exp(-p s(s-1)/2) = 1/2)
 *     support  = 1 / p: the number of samples, if all were equally likely; never more than there
 *                are (Simpson 1949), and about batch^2 / 1.39
 * with p estimated as pairs / (N(N-1)/2). No pair at all: p is taken as 3 / (N(N-1)/2), its upper
 * limit at 95 %, and batch and support are lower limits (at_least).
 * Source of the test: Arora, Risteski and Zhang 2018, arXiv:1706.08224, who looked at the pairs by
 * eye. */
typedef struct ga_birthday {
    double batch, support;
    bool at_least;
} ga_birthday;
/* n at least 2. */
GA_API ga_birthday ga_birthday_of(uint64_t pairs, size_t n);

/* ---- kernel distance --------------------------------------------------------------------------*/

typedef struct ga_kernel_options {
    int subsets;   /* at least 2; 100 is usual */
    int size;      /* points of a subset, at least 2; 1000 is usual, and more than either set has is
                      cut to what the smaller one has */
    uint64_t seed; /* of the draws of subsets, without repetition within one */
} ga_kernel_options;
typedef struct ga_kernel_distance {
    double mean, sd; /* over the subsets; sd divided by subsets - 1 */
    int size;        /* that was used */
} ga_kernel_distance;

/* Squared maximum mean discrepancy with the kernel k(x,y) = (x.y / D + 1)^3, unbiased:
 *     mean over i != j of k(x_i,x_j) + the same of y - 2 mean over i,j of k(x_i,y_j)
 * It is 0 on average, and so below 0 half of the time, for samples of one law. Products in f32 (see
 * above), all else in f64. Source: Binkowski et al. 2018, arXiv:1801.01401, sec. 4. */
GA_API ga_status ga_kernel_distance_of(ga_points x, ga_points y, const ga_kernel_options *options,
                                       int threads, ga_kernel_distance *out, ga_err *err);

/* ---- classes ----------------------------------------------------------------------------------*/

/* exp(mean over samples of KL(p(class|sample) || p(class))), 1 (all alike) to K (sure and evenly
 * spread), on each of `splits` parts, then mean and sd (divided by splits - 1; 0 for one split)
 * over them. softmax (N,K). Sample i is in part (i - i / splits) mod splits, so that
 * samples may be sorted by class, or classes take turns (a departure; published programmes cut the
 * list). Source: Salimans et al. 2016, arXiv:1606.03498.
 * GA_EINVAL: splits below 1 or above N, K below 1; GA_EDATA: a number outside 0..1 or not a number.
 */
GA_API ga_status ga_inception_score(const float *softmax, size_t n, int classes, int splits,
                                    double *mean, double *sd, ga_err *err);

/* Half of the sum of |p - q| over k shares: 0 equal, 1 disjoint. q NULL: the uniform 1/k. */
GA_API double ga_total_variation(const double *p, const double *q, int k);

/* Wilson's score interval of a share right/n at 95 % (z = 1.959964; Wilson 1927): good also where
 * the share is near 0 or 1. n = 0 gives 0..1. */
GA_API void ga_wilson(uint64_t right, uint64_t n, double *lo, double *hi);

/* ---- two samples of one number ----------------------------------------------------------------*/

typedef struct ga_rank_share {
    double share; /* probability that a random a is below a random b; ties count half */
    double z;     /* how many standard deviations share is from 1/2 if both have one law (Mann and
                     Whitney 1947, without correction for ties): positive if a is lower */
} ga_rank_share;
/* GA_EDATA: not a number; GA_EINVAL: an empty sample; GA_ENOMEM. */
GA_API ga_status ga_rank_compare(const float *a, size_t n, const float *b, size_t m,
                                 ga_rank_share *out, ga_err *err);

/* values[i] receives quantile at[i] (0..1) of x (n), linear between order statistics as
 * numpy.quantile does. GA_EINVAL, GA_EDATA (not a number), GA_ENOMEM. */
GA_API ga_status ga_quantiles(const float *x, size_t n, const double *at, int count, double *values,
                              ga_err *err);

/* ---- drawing again ------------------------------------------------------------------------------
 *
 * The bootstrap (Efron 1979): n things are drawn n times with replacement, round after round. */

/* times (n) receives how often each is drawn in the round that stream names; 255 at most. */
GA_API void ga_resample(uint64_t seed, uint64_t stream, uint32_t n, uint8_t *times);

/* Ratios of sums over things: (count,n) whole numbers, each at most 2^24. */
typedef struct ga_ratios {
    const uint32_t *part, *whole;
    size_t count;
    uint32_t n;
} ga_ratios;
/* Of rounds from .. to-1 of `rounds` (0 <= from <= to <= rounds), whose number is their stream; all
 * ratios on the same things, on up to `threads` threads (at least 1).
 * values (count,rounds) receives sum of part over sum of whole, rounded once, 0 where that is 0, in
 * the columns of these rounds. The same for any number of threads. GA_ENOMEM. */
GA_API ga_status ga_resampled_ratios(ga_ratios r, uint64_t seed, int from, int to, int rounds,
                                     int threads, float *values, ga_err *err);

/* ---- a score against a yes or no ----------------------------------------------------------------
 *
 * How well a number tells which pixels are something: the larger, the more likely. Pixels of one
 * image belong together. */
typedef struct ga_scored {
    const float *score;   /* (images,pixels) no NaN; -0 counts as 0 */
    const uint8_t *truth; /* (images,pixels) 0 or 1 */
    int images;
    size_t pixels; /* of an image; images * pixels at most 2^31 - 1 */
} ga_scored;

/* Average precision: with pixels taken in the order of their scores, largest first,
 *     AP = sum over distinct scores t of (recall(t) - recall(before t)) precision(t)
 * where equal scores are taken together (so that a constant score has the share of yes as its AP),
 * and nothing is interpolated. Exact: all pixels are sorted. Holds 16 bytes a pixel meanwhile.
 * GA_EDATA: NaN (names image and pixel), or no yes; GA_EINVAL: no pixels or too many; GA_ENOMEM. */
GA_API ga_status ga_average_precision(ga_scored s, double *ap, ga_err *err);
/* The same when image i is there times[round * images + i] times, for intervals over images. Scores
 * are first put into at most GA_PRECISION_STEPS steps that hold equally many yes of all images, and one
 * for what is below the last yes; within a step of several scores, yes and no count as evenly mixed.
 * whole (may be NULL): the AP of all images by these steps, so that its difference to the exact one
 * shows what the steps cost. A round without a yes has 0. */
#define GA_PRECISION_STEPS 512
GA_API ga_status ga_average_precision_rounds(ga_scored s, const uint8_t *times, int rounds,
                                             double *whole, float *values, ga_err *err);
/* The cut with the largest IoU of the pixels whose score is above it, strictly, and those that are
 * yes; of equals the highest. It lies midway between two scores, or below them all. iou (may be
 * NULL). Failures as above. */
GA_API ga_status ga_best_cut(ga_scored s, float *cut, double *iou, ga_err *err);

/* ---- logistic regression ------------------------------------------------------------------------
 *
 * The weights w and the bias b with the least
 *     mean over samples of [ln(1 + exp z) - y z] + l2/2 |w|^2,   z = b + w . x
 * which is strictly convex, so that there is one solution. Letters: N samples, D numbers each. */
typedef struct ga_logistic {
    const float *x;   /* (D,N): a row for each number, as sums run over samples */
    const uint8_t *y; /* (N) 0 or 1 */
    size_t n;
    int d;     /* 1..4096 */
    double l2; /* above 0 */
} ga_logistic;

/* weights (D+1): w, then b. gradient (D+1; may be NULL). */
GA_API ga_status ga_logistic_loss(const ga_logistic *data, const double *weights, double *loss,
                                  double *gradient, ga_err *err);

typedef struct ga_logistic_fit {
    double loss, gradient; /* at the end; gradient: its largest entry, at most 1e-9 */
    int steps;
} ga_logistic_fit;
/* Newton's method with halved steps, Hessian and all sums in f64, about N D^2 / 2 products a step
 * and some ten steps. The same bytes for any number of threads. Numbers should be of the order of 1
 * (subtract means, divide by deviations). GA_EDATA: a number that is not finite, or only one of the
 * two answers occurs; GA_EINVAL: sizes; GA_EFAILED: no convergence in 200 steps (never seen);
 * GA_ENOMEM. */
GA_API ga_status ga_logistic_solve(const ga_logistic *data, int threads, double *weights,
                                   ga_logistic_fit *fit, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
