/* curve.h - one curve, values (n) at steps (n, ascending), made fit to be looked at.
 *
 * A value that is not finite is a state of its own, "the training diverged here": no treatment
 * makes it a number, and none lets it spoil the numbers around it. */
#ifndef GA_CURVE_H
#define GA_CURVE_H
#include "ganatomy/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The points with from <= step <= to: *count of them from index *first on. O(log n). */
GA_API void ga_curve_range(const int64_t *steps, size_t n, int64_t from, int64_t to, size_t *first,
                           size_t *count);

/* What becomes of a value above an upper bound: a few outliers must not flatten all the rest. */
typedef enum ga_bound_mode {
    GA_BOUND_DROP, /* its point is taken out, and a line breaks there */
    GA_BOUND_CLAMP /* it becomes the bound, so that one sees that something was there */
} ga_bound_mode;
/* In place. Returns how many points are left; *above is how many values were above bound. gap:
 * NULL, or n: whether points were taken out between the one that is left and the one before it. */
GA_API size_t ga_curve_bound(int64_t *steps, double *values, size_t n, double bound,
                             ga_bound_mode mode, size_t *above, bool *gap);

/* out[i] = mean of the finite values among the last `window` up to and including i (of fewer at the
 * start); where values[i] is not finite, out[i] is values[i]. The sums are made by additions alone
 * (of a block's end and the next one's beginning), so one huge value leaves no trace behind the
 * window. out may not be values. GA_EINVAL: window below 1; GA_ENOMEM. */
GA_API ga_status ga_curve_rolling(const double *values, size_t n, size_t window, double *out,
                                  ga_err *err);

/* Fewer points that look the same when drawn in `columns` columns of equal width in x: of each
 * column its first, lowest, highest and last finite point, and its first that is not finite, in
 * their order. Peaks survive however many columns there are. x (n), ascending; columns at least 1.
 * kept (5 columns or n, whichever is less) receives the indices, ascending; returns how many. */
GA_API size_t ga_curve_thin(const double *x, const double *values, size_t n, size_t columns,
                            size_t *kept);

/* A curve in a few numbers. Of equal values the first counts. */
typedef struct ga_curve_summary {
    size_t n, not_finite; /* points; those of them that are not finite */
    double first, last;   /* as they are; NaN if there are no points */
    double low, high;     /* of the finite values; NaN if there are none */
    int64_t first_step, last_step, low_step, high_step; /* -1 where there is no such point */
    int64_t bad_step; /* of the first value that is not finite, or -1 */
} ga_curve_summary;
GA_API ga_curve_summary ga_curve_summarise(const int64_t *steps, const double *values, size_t n);

#ifdef __cplusplus
}
#endif
#endif
