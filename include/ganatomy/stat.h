/* stat.h - statistics of plain arrays of numbers. Knows no networks. All sums in f64.
 *
 * Letters: N samples, D numbers a sample. */
#ifndef GA_STAT_H
#define GA_STAT_H
#include "ganatomy/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- mean and covariance, streaming
 * -------------------------------------------------------------- Sums of squared deviations are
 * updated around the running mean (Welford 1962; merging after Chan, Golub and LeVeque 1983), so
 * large offsets cost no digits. */
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

/* ---- symmetric matrices
 * --------------------------------------------------------------------------*/

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

#ifdef __cplusplus
}
#endif
#endif
