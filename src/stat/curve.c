/* curve.c - see curve.h. */
#include "base/alloc.h"
#include "ganatomy/curve.h"
#include <math.h>

/* First index whose step is not below at. */
static size_t lower(const int64_t *steps, size_t n, int64_t at)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        if (steps[middle] < at)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

void ga_curve_range(const int64_t *steps, size_t n, int64_t from, int64_t to, size_t *first,
                    size_t *count)
{
    *first = lower(steps, n, from);
    const size_t end = to == INT64_MAX ? n : lower(steps, n, to + 1);
    *count = end > *first ? end - *first : 0;
}

size_t ga_curve_bound(int64_t *steps, double *values, size_t n, double bound, ga_bound_mode mode,
                      size_t *above, bool *gap)
{
    size_t left = 0;
    bool taken_out = false;
    *above = 0;
    for (size_t i = 0; i < n; i++) {
        const bool over = isfinite(values[i]) && values[i] > bound;
        *above += over;
        if (over && mode == GA_BOUND_DROP) {
            taken_out = true;
            continue;
        }
        if (gap != NULL)
            gap[left] = taken_out && left > 0;
        taken_out = false;
        steps[left] = steps[i];
        values[left++] = over ? bound : values[i];
    }
    return left;
}

/* Sum and number of the finite values of a part of a window. */
typedef struct part {
    double sum;
    size_t n;
} part;

static part with(part p, double value)
{
    if (!isfinite(value))
        return p;
    return (part){p.sum + value, p.n + 1};
}

/* Blocks of `window` values: a window is the end of one block, whose sums from each index on are
 * made when the block is full, and the beginning of the next. */
ga_status ga_curve_rolling(const double *values, size_t n, size_t window, double *out, ga_err *err)
{
    if (window < 1)
        return ga_fail(err, GA_EINVAL, "a rolling mean of 0 values, expected 1 or more");
    if (window > n)
        window = n > 0 ? n : 1;
    part *ends = ga_mem_new(window, sizeof *ends), begin = {0};
    if (ends == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a rolling mean of %zu values", window);
    for (size_t i = 0; i < n; i++) {
        const size_t at = i % window;
        begin = with(begin, values[i]);
        /* at the block's last index the window is the block itself */
        const part end = at + 1 < window ? ends[at + 1] : (part){0};
        const size_t count = begin.n + end.n;
        out[i] = isfinite(values[i]) ? (begin.sum + end.sum) / (double)count : values[i];
        if (at + 1 < window)
            continue;
        part sum = {0};
        for (size_t k = window; k-- > 0;)
            ends[k] = sum = with(sum, values[i + 1 - window + k]);
        begin = (part){0};
    }
    ga_mem_free(ends);
    return GA_OK;
}

/* The points worth keeping of values[from..to), ascending and each once. */
static size_t keep_of_column(const double *values, size_t from, size_t to, size_t *kept)
{
    enum { FIRST, LOW, HIGH, LAST, BAD, MOST };
    size_t best[MOST], n = 0;
    bool finite = false, bad = false;
    for (size_t i = from; i < to; i++) {
        if (!isfinite(values[i])) {
            best[BAD] = bad ? best[BAD] : i;
            bad = true;
            continue;
        }
        if (!finite)
            best[FIRST] = best[LOW] = best[HIGH] = i;
        finite = true;
        best[LOW] = values[i] < values[best[LOW]] ? i : best[LOW];
        best[HIGH] = values[i] > values[best[HIGH]] ? i : best[HIGH];
        best[LAST] = i;
    }
    for (size_t i = from; i < to; i++) {
        bool wanted = bad && i == best[BAD];
        for (int k = FIRST; k <= LAST && finite; k++)
            wanted = wanted || i == best[k];
        if (wanted)
            kept[n++] = i;
    }
    return n;
}

size_t ga_curve_thin(const double *x, const double *values, size_t n, size_t columns, size_t *kept)
{
    size_t n_kept = 0, from = 0;
    if (n <= 5 * columns) {
        for (size_t i = 0; i < n; i++)
            kept[i] = i;
        return n;
    }
    for (size_t c = 0; c < columns; c++) {
        const double edge = x[0] + (x[n - 1] - x[0]) * ((double)(c + 1) / (double)columns);
        size_t to = from;
        while (to < n && (c + 1 == columns || x[to] < edge))
            to++;
        n_kept += keep_of_column(values, from, to, kept + n_kept);
        from = to;
    }
    return n_kept;
}

ga_curve_summary ga_curve_summarise(const int64_t *steps, const double *values, size_t n)
{
    ga_curve_summary s = {.n = n,
                          .first = NAN,
                          .last = NAN,
                          .low = NAN,
                          .high = NAN,
                          .first_step = -1,
                          .last_step = -1,
                          .low_step = -1,
                          .high_step = -1,
                          .bad_step = -1};
    if (n > 0) {
        s.first = values[0];
        s.first_step = steps[0];
        s.last = values[n - 1];
        s.last_step = steps[n - 1];
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) {
            s.bad_step = s.not_finite++ == 0 ? steps[i] : s.bad_step;
            continue;
        }
        if (s.low_step < 0 || values[i] < s.low) {
            s.low = values[i];
            s.low_step = steps[i];
        }
        if (s.high_step < 0 || values[i] > s.high) {
            s.high = values[i];
            s.high_step = steps[i];
        }
    }
    return s;
}
