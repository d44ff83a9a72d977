/* symmetric.c - eigenvalues of symmetric matrices, and the Fréchet distance of normal laws. */
#include "base/alloc.h"
#include "ganatomy/stat.h"
#include <math.h>
#include <string.h>

#define MAX_SWEEPS 60

static double off_diagonal(const double *a, size_t d)
{
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        for (size_t j = i + 1; j < d; j++)
            sum += a[i * d + j] * a[i * d + j];
    return sum;
}

/* Turns rows and columns p, q of a (full symmetric) so that a[p][q] becomes 0; the same turn of the
 * rows p, q of v collects the eigenvectors. */
static void rotate(double *a, double *v, size_t d, size_t p, size_t q)
{
    const double apq = a[p * d + q];
    if (apq == 0)
        return;
    const double theta = (a[q * d + q] - a[p * d + p]) / (2 * apq);
    const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < d; k++) { /* columns: a J */
        const double x = a[k * d + p], y = a[k * d + q];
        a[k * d + p] = c * x - s * y;
        a[k * d + q] = s * x + c * y;
    }
    for (size_t k = 0; k < d; k++) { /* rows: J' (a J) */
        const double x = a[p * d + k], y = a[q * d + k];
        a[p * d + k] = c * x - s * y;
        a[q * d + k] = s * x + c * y;
    }
    a[p * d + q] = a[q * d + p] = 0;
    for (size_t k = 0; v != NULL && k < d; k++) {
        const double x = v[p * d + k], y = v[q * d + k];
        v[p * d + k] = c * x - s * y;
        v[q * d + k] = s * x + c * y;
    }
}

/* Ascending, the rows of v along; selection is enough for some hundred values. */
static void sort_values(double *values, double *v, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        size_t least = i;
        for (size_t j = i + 1; j < d; j++)
            if (values[j] < values[least])
                least = j;
        if (least == i)
            continue;
        const double kept = values[i];
        values[i] = values[least];
        values[least] = kept;
        for (size_t k = 0; v != NULL && k < d; k++) {
            const double x = v[i * d + k];
            v[i * d + k] = v[least * d + k];
            v[least * d + k] = x;
        }
    }
}

ga_status ga_symmetric_eigen(const double *a, int n, double *values, double *vectors, ga_err *err)
{
    const size_t d = (size_t)n;
    double *work = ga_mem_new(d * d, sizeof *work);
    if (work == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a matrix of %d x %d", n, n);
    ga_status status = GA_OK;
    double norm = 0;
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++) {
            work[i * d + j] = 0.5 * (a[i * d + j] + a[j * d + i]);
            norm += work[i * d + j] * work[i * d + j];
        }
    if (!isfinite(norm)) {
        status = ga_fail(err, GA_EDATA, "eigenvalues of a matrix with numbers that are not finite");
        goto done;
    }
    if (vectors != NULL) {
        memset(vectors, 0, d * d * sizeof *vectors);
        for (size_t i = 0; i < d; i++)
            vectors[i * d + i] = 1;
    }
    int sweep = 0;
    /* 1e-32 of the squared norm: what is left is below the rounding of the largest eigenvalue */
    while (off_diagonal(work, d) > 1e-32 * norm && sweep < MAX_SWEEPS) {
        for (size_t p = 0; p + 1 < d; p++)
            for (size_t q = p + 1; q < d; q++)
                rotate(work, vectors, d, p, q);
        sweep++;
    }
    if (sweep == MAX_SWEEPS) {
        status = ga_fail(err, GA_EDATA, "eigenvalues of a %d x %d matrix do not converge", n, n);
        goto done;
    }
    for (size_t i = 0; i < d; i++)
        values[i] = work[i * d + i];
    sort_values(values, vectors, d);
done:
    ga_mem_free(work);
    return status;
}

/* root = v' diag(sqrt(max(values,0))) v, where row i of v is an eigenvector */
static void symmetric_root(const double *values, const double *v, size_t d, double *root)
{
    memset(root, 0, d * d * sizeof *root);
    for (size_t k = 0; k < d; k++) {
        const double s = values[k] > 0 ? sqrt(values[k]) : 0;
        for (size_t i = 0; i < d; i++)
            for (size_t j = 0; j < d; j++)
                root[i * d + j] += s * v[k * d + i] * v[k * d + j];
    }
}

static void multiply(const double *a, const double *b, size_t d, double *out)
{
    memset(out, 0, d * d * sizeof *out);
    for (size_t i = 0; i < d; i++)
        for (size_t k = 0; k < d; k++)
            for (size_t j = 0; j < d; j++)
                out[i * d + j] += a[i * d + k] * b[k * d + j];
}

ga_status ga_frechet(const double *mean1, const double *covariance1, const double *mean2,
                     const double *covariance2, int n, double *distance, ga_err *err)
{
    const size_t d = (size_t)n;
    double *values = ga_mem_new(d, sizeof *values);
    double *vectors = ga_mem_new(d * d, sizeof *vectors), *root = ga_mem_new(d * d, sizeof *root);
    ga_status status;
    if (values == NULL || vectors == NULL || root == NULL) {
        status = ga_fail(err, GA_ENOMEM, "no memory for matrices of %d x %d", n, n);
        goto done;
    }
    status = ga_symmetric_eigen(covariance1, n, values, vectors, err);
    if (status != GA_OK)
        goto done;
    symmetric_root(values, vectors, d, root);
    multiply(root, covariance2, d, vectors); /* vectors is free to hold the product now */
    double *product = ga_mem_new(d * d, sizeof *product);
    if (product == NULL) {
        status = ga_fail(err, GA_ENOMEM, "no memory for matrices of %d x %d", n, n);
        goto done;
    }
    multiply(vectors, root, d, product);
    status = ga_symmetric_eigen(product, n, values, NULL, err);
    ga_mem_free(product);
    if (status != GA_OK)
        goto done;
    double sum = 0;
    for (size_t i = 0; i < d; i++) {
        const double gap = mean1[i] - mean2[i];
        sum += gap * gap + covariance1[i * d + i] + covariance2[i * d + i];
        sum -= 2 * (values[i] > 0 ? sqrt(values[i]) : 0);
    }
    *distance = sum;
done:
    ga_mem_free(values);
    ga_mem_free(vectors);
    ga_mem_free(root);
    return status;
}
