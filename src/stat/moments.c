/* moments.c - streaming mean and covariance. */
#include "base/alloc.h"
#include "ganatomy/stat.h"

struct ga_moments {
    int d;
    size_t n;
    double *mean;   /* (D) */
    double *spread; /* (D,D), upper triangle: sums of products of deviations from the mean */
    double *before; /* (D) deviations of the sample at hand from the old mean */
};

ga_status ga_moments_create(int d, ga_moments **out, ga_err *err)
{
    *out = NULL;
    if (d < 1 || d > 8192)
        return ga_fail(err, GA_EINVAL, "moments of %d numbers a sample: expected 1 to 8192", d);
    ga_moments *m = ga_mem_new(1, sizeof *m);
    if (m == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for moments");
    m->d = d;
    m->mean = ga_mem_new((size_t)d, sizeof(double));
    m->before = ga_mem_new((size_t)d, sizeof(double));
    m->spread = ga_mem_new((size_t)d * (size_t)d, sizeof(double));
    if (m->mean == NULL || m->before == NULL || m->spread == NULL) {
        ga_moments_free(m);
        return ga_fail(err, GA_ENOMEM, "no memory for the moments of %d numbers a sample", d);
    }
    *out = m;
    return GA_OK;
}

void ga_moments_free(ga_moments *m)
{
    if (m == NULL)
        return;
    ga_mem_free(m->mean);
    ga_mem_free(m->before);
    ga_mem_free(m->spread);
    ga_mem_free(m);
}

void ga_moments_add(ga_moments *m, const float *samples, size_t n)
{
    const size_t d = (size_t)m->d;
    for (size_t s = 0; s < n; s++) {
        const float *x = samples + s * d;
        m->n++;
        for (size_t i = 0; i < d; i++) {
            m->before[i] = (double)x[i] - m->mean[i];
            m->mean[i] += m->before[i] / (double)m->n;
        }
        /* (x - old mean)(x - new mean)' = before before' (n - 1) / n: symmetric, one factor */
        const double share = (double)(m->n - 1) / (double)m->n;
        for (size_t i = 0; i < d; i++) {
            const double w = share * m->before[i];
            for (size_t j = i; j < d; j++)
                m->spread[i * d + j] += w * m->before[j];
        }
    }
}

ga_status ga_moments_merge(ga_moments *m, const ga_moments *other, ga_err *err)
{
    if (m->d != other->d)
        return ga_fail(err, GA_ESHAPE,
                       "moments of %d numbers a sample do not merge with those of %d", m->d,
                       other->d);
    if (other->n == 0)
        return GA_OK;
    const size_t d = (size_t)m->d, n = m->n + other->n;
    const double weight = (double)m->n * (double)other->n / (double)n;
    for (size_t i = 0; i < d; i++)
        m->before[i] = other->mean[i] - m->mean[i];
    for (size_t i = 0; i < d; i++)
        for (size_t j = i; j < d; j++)
            m->spread[i * d + j] += other->spread[i * d + j] + weight * m->before[i] * m->before[j];
    for (size_t i = 0; i < d; i++)
        m->mean[i] += m->before[i] * (double)other->n / (double)n;
    m->n = n;
    return GA_OK;
}

size_t ga_moments_n(const ga_moments *m)
{
    return m->n;
}

int ga_moments_d(const ga_moments *m)
{
    return m->d;
}

ga_status ga_moments_get(const ga_moments *m, double *mean, double *covariance, ga_err *err)
{
    if (m->n < 2)
        return ga_fail(err, GA_EDATA, "a covariance of %zu samples: expected at least 2", m->n);
    const size_t d = (size_t)m->d;
    for (size_t i = 0; i < d && mean != NULL; i++)
        mean[i] = m->mean[i];
    for (size_t i = 0; i < d && covariance != NULL; i++)
        for (size_t j = i; j < d; j++)
            covariance[i * d + j] = covariance[j * d + i] = m->spread[i * d + j] /
                                                            (double)(m->n - 1);
    return GA_OK;
}

void ga_moments_one(const ga_moments *m, int i, double *mean, double *variance)
{
    const size_t at = (size_t)i;
    *mean = m->mean[at];
    *variance = m->n > 1 ? m->spread[at * (size_t)m->d + at] / (double)(m->n - 1) : 0;
}
