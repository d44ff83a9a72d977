/* shares.c - statistics of class shares and of single numbers. */
#include "base/alloc.h"
#include "ganatomy/stat.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each run of `splits` samples gives one to every part, and the next run one place further on: parts
 * are alike whether samples are sorted by class or classes take turns. */
static size_t sample_of(size_t run, size_t part, size_t splits)
{
    return run * splits + (part + run) % splits;
}

/* Mean Kullback-Leibler divergence of part s of the rows from their mean. */
static double mean_divergence(const float *softmax, size_t n, size_t classes, size_t splits,
                              size_t s, double *mean)
{
    const size_t runs = (n + splits - 1) / splits;
    size_t rows = 0;
    double sum = 0;
    memset(mean, 0, classes * sizeof *mean);
    for (size_t run = 0; run < runs; run++) {
        const size_t i = sample_of(run, s, splits);
        rows += i < n;
        for (size_t k = 0; k < classes && i < n; k++)
            mean[k] += (double)softmax[i * classes + k];
    }
    for (size_t k = 0; k < classes; k++)
        mean[k] /= (double)rows;
    for (size_t run = 0; run < runs; run++) {
        const size_t i = sample_of(run, s, splits);
        for (size_t k = 0; k < classes && i < n; k++) {
            const double p = (double)softmax[i * classes + k];
            if (p > 0)
                sum += p * log(p / mean[k]);
        }
    }
    return sum / (double)rows;
}

ga_status ga_inception_score(const float *softmax, size_t n, int classes, int splits, double *mean,
                             double *sd, ga_err *err)
{
    if (classes < 1 || splits < 1 || (size_t)splits > n)
        return ga_fail(err, GA_EINVAL,
                       "a score of %zu samples of %d classes in %d parts: expected at least one "
                       "sample a part",
                       n, classes, splits);
    const size_t k = (size_t)classes, parts = (size_t)splits;
    for (size_t i = 0; i < n * k; i++)
        if (!(softmax[i] >= 0 && softmax[i] <= 1))
            return ga_fail(err, GA_EDATA, "sample %zu: probability %zu is %g, expected 0 to 1",
                           i / k, i % k, (double)softmax[i]);
    double *row = ga_mem_new(k, sizeof *row), *score = ga_mem_new(parts, sizeof *score);
    if (row == NULL || score == NULL) {
        ga_mem_free(row);
        ga_mem_free(score);
        return ga_fail(err, GA_ENOMEM, "no memory for the shares of %d classes", classes);
    }
    double sum = 0, squares = 0;
    for (size_t s = 0; s < parts; s++) {
        score[s] = exp(mean_divergence(softmax, n, k, parts, s, row));
        sum += score[s];
    }
    sum /= (double)parts;
    for (size_t s = 0; s < parts; s++)
        squares += (score[s] - sum) * (score[s] - sum);
    *mean = sum;
    *sd = parts > 1 ? sqrt(squares / (double)(parts - 1)) : 0;
    ga_mem_free(row);
    ga_mem_free(score);
    return GA_OK;
}

double ga_total_variation(const double *p, const double *q, int k)
{
    double sum = 0;
    for (int i = 0; i < k; i++)
        sum += fabs(p[i] - (q != NULL ? q[i] : 1.0 / k));
    return 0.5 * sum;
}

void ga_wilson(uint64_t right, uint64_t n, double *lo, double *hi)
{
    const double z = 1.959963984540054; /* the normal law's 97.5 % */
    if (n == 0) {
        *lo = 0;
        *hi = 1;
        return;
    }
    const double count = (double)n, p = (double)right / count, zz = z * z;
    const double centre = (p + zz / (2 * count)) / (1 + zz / count);
    const double reach = z / (1 + zz / count) *
                         sqrt(p * (1 - p) / count + zz / (4 * count * count));
    *lo = right == 0 ? 0 : centre - reach;
    *hi = right == n ? 1 : centre + reach;
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* A sorted copy of x; GA_EDATA if one is not a number. */
static ga_status sorted_copy(const float *x, size_t n, float **out, ga_err *err)
{
    *out = NULL;
    if (n == 0)
        return ga_fail(err, GA_EINVAL, "a sample without numbers");
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return ga_fail(err, GA_EDATA, "number %zu of a sample is not a number", i);
    float *copy = ga_mem_new(n, sizeof *copy);
    if (copy == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to sort %zu numbers", n);
    memcpy(copy, x, n * sizeof *copy);
    qsort(copy, n, sizeof *copy, ascending);
    *out = copy;
    return GA_OK;
}

ga_status ga_rank_compare(const float *a, size_t n, const float *b, size_t m, ga_rank_share *out,
                          ga_err *err)
{
    float *x = NULL, *y = NULL;
    ga_status status = sorted_copy(a, n, &x, err);
    if (status == GA_OK)
        status = sorted_copy(b, m, &y, err);
    if (status == GA_OK) {
        double wins = 0; /* pairs with a below b, ties half */
        size_t below = 0, upto = 0;
        for (size_t i = 0; i < n; i++) {
            while (below < m && y[below] < x[i])
                below++;
            while (upto < m && y[upto] <= x[i])
                upto++;
            wins += (double)(m - upto) + 0.5 * (double)(upto - below);
        }
        const double all = (double)n * (double)m;
        *out = (ga_rank_share){.share = wins / all,
                               .z = (wins - 0.5 * all) / sqrt(all * (double)(n + m + 1) / 12)};
    }
    ga_mem_free(x);
    ga_mem_free(y);
    return status;
}

ga_status ga_quantiles(const float *x, size_t n, const double *at, int count, double *values,
                       ga_err *err)
{
    float *sorted = NULL;
    for (int i = 0; i < count; i++)
        if (!(at[i] >= 0 && at[i] <= 1))
            return ga_fail(err, GA_EINVAL, "quantile %g: expected 0 to 1", at[i]);
    const ga_status status = sorted_copy(x, n, &sorted, err);
    for (int i = 0; status == GA_OK && i < count; i++) {
        const double place = at[i] * (double)(n - 1);
        const size_t low = (size_t)place, high = low + 1 < n ? low + 1 : low;
        values[i] = (double)sorted[low] +
                    (place - (double)low) * ((double)sorted[high] - (double)sorted[low]);
    }
    ga_mem_free(sorted);
    return status;
}
