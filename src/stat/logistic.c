/* logistic.c - logistic regression by Newton's method.
 *
 * Every sum runs in one order whatever the threads: over samples in blocks, within a block in LANES
 * interleaved parts. Threads share out blocks of samples (margins) or rows (gradient, Hessian). */
#include "base/alloc.h"
#include "ganatomy/stat.h"
#include <math.h>
#include <string.h>

enum { BLOCK = 512, LANES = 8, MOST_STEPS = 200, MOST_HALVINGS = 60 };
static const double enough = 1e-9; /* of every entry of the gradient */

typedef struct work {
    const ga_logistic *data;
    int threads, parameters; /* D + 1 */
    size_t blocks;
    double *residual, *curvature;    /* (N): p - y and p (1 - p) */
    double *loss;                    /* (blocks) */
    double *gradient, *step, *tried; /* (D+1) */
    double *hessian;                 /* (D+1,D+1), the lower triangle */
} work;

static double dot(const double *a, const float *b, size_t n)
{
    double s[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (size_t l = 0; l < LANES; l++)
            s[l] += a[k + l] * (double)b[k + l];
    for (size_t l = 0; k < n; k++, l++)
        s[l] += a[k] * (double)b[k];
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

static double sum(const double *a, size_t n)
{
    double s = 0;
    for (size_t k = 0; k < n; k++)
        s += a[k];
    return s;
}

static size_t length_of(const work *w, size_t block)
{
    const size_t left = w->data->n - block * BLOCK;
    return left < BLOCK ? left : BLOCK;
}

/* ---- loss and its derivatives -----------------------------------------------------------------*/

/* Samples of one block: their loss, residuals and curvatures. */
static void look(const work *w, const double *weights, size_t block)
{
    const ga_logistic *d = w->data;
    const size_t first = block * BLOCK, n = length_of(w, block);
    double z[BLOCK], loss = 0;
    for (size_t k = 0; k < n; k++)
        z[k] = weights[d->d];
    for (int i = 0; i < d->d; i++) {
        const float *x = d->x + (size_t)i * d->n + first;
        for (size_t k = 0; k < n; k++)
            z[k] += weights[i] * (double)x[k];
    }
    for (size_t k = 0; k < n; k++) {
        const double e = exp(-fabs(z[k])), y = d->y[first + k];
        const double p = z[k] >= 0 ? 1 / (1 + e) : e / (1 + e);
        loss += log1p(e) + (z[k] > 0 ? z[k] : 0) - y * z[k];
        w->residual[first + k] = p - y;
        w->curvature[first + k] = e / ((1 + e) * (1 + e));
    }
    w->loss[block] = loss;
}

static double loss_at(const work *w, const double *weights)
{
    double squares = 0;
#pragma omp parallel for num_threads(w->threads) schedule(static)
    for (size_t b = 0; b < w->blocks; b++)
        look(w, weights, b);
    for (int i = 0; i < w->data->d; i++)
        squares += weights[i] * weights[i];
    return sum(w->loss, w->blocks) / (double)w->data->n + w->data->l2 / 2 * squares;
}

/* After loss_at. */
static void gradient_at(const work *w, const double *weights, double *gradient)
{
    const ga_logistic *d = w->data;
#pragma omp parallel for num_threads(w->threads) schedule(static)
    for (int i = 0; i <= d->d; i++) {
        double g = 0;
        for (size_t b = 0; b < w->blocks; b++) {
            const double *r = w->residual + b * BLOCK;
            g += i < d->d ? dot(r, d->x + (size_t)i * d->n + b * BLOCK, length_of(w, b))
                          : sum(r, length_of(w, b));
        }
        gradient[i] = g / (double)d->n + (i < d->d ? d->l2 * weights[i] : 0);
    }
}

/* Row i of the lower triangle; the bias is the last row. */
static void hessian_row(const work *w, int i)
{
    const ga_logistic *d = w->data;
    double *row = w->hessian + (size_t)i * (size_t)w->parameters, weighted[BLOCK];
    memset(row, 0, (size_t)w->parameters * sizeof *row);
    for (size_t b = 0; b < w->blocks; b++) {
        const size_t n = length_of(w, b), first = b * BLOCK;
        const float *x = d->x + (size_t)i * d->n + first;
        for (size_t k = 0; k < n; k++)
            weighted[k] = w->curvature[first + k] * (i < d->d ? (double)x[k] : 1);
        for (int j = 0; j < (i < d->d ? i + 1 : i); j++)
            row[j] += dot(weighted, d->x + (size_t)j * d->n + first, n);
        if (i == d->d)
            row[i] += sum(weighted, n);
    }
    for (int j = 0; j <= i; j++)
        row[j] /= (double)d->n;
    if (i < d->d)
        row[i] += d->l2;
}

static void hessian_at(const work *w)
{
#pragma omp parallel for num_threads(w->threads) schedule(dynamic, 1)
    for (int i = 0; i < w->parameters; i++)
        hessian_row(w, i);
}

/* ---- one step ---------------------------------------------------------------------------------*/

/* Cholesky in place; false: a pivot is not above 0, as rounding can bring about. */
static bool factor(double *a, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double s = a[(size_t)i * (size_t)n + (size_t)j];
            for (int k = 0; k < j; k++)
                s -= a[(size_t)i * (size_t)n + (size_t)k] * a[(size_t)j * (size_t)n + (size_t)k];
            if (i == j && !(s > 0))
                return false;
            a[(size_t)i * (size_t)n + (size_t)j] = i == j
                                                       ? sqrt(s)
                                                       : s / a[(size_t)j * (size_t)n + (size_t)j];
        }
    return true;
}

/* x = -(L L^T)^-1 b */
static void solve(const double *l, int n, const double *b, double *x)
{
    for (int i = 0; i < n; i++) {
        double s = -b[i];
        for (int k = 0; k < i; k++)
            s -= l[(size_t)i * (size_t)n + (size_t)k] * x[k];
        x[i] = s / l[(size_t)i * (size_t)n + (size_t)i];
    }
    for (int i = n - 1; i >= 0; i--) {
        double s = x[i];
        for (int k = i + 1; k < n; k++)
            s -= l[(size_t)k * (size_t)n + (size_t)i] * x[k];
        x[i] = s / l[(size_t)i * (size_t)n + (size_t)i];
    }
}

/* Newton's direction; that of steepest descent where the Hessian cannot be inverted. */
static void choose_step(const work *w)
{
    const int n = w->parameters;
    hessian_at(w);
    if (factor(w->hessian, n)) {
        solve(w->hessian, n, w->gradient, w->step);
        return;
    }
    for (int i = 0; i < n; i++)
        w->step[i] = -w->gradient[i];
}

/* Goes as far along the step as the loss falls (Armijo, halving). Loss at where it came to. */
static double follow(const work *w, double *weights, double loss)
{
    const int n = w->parameters;
    double slope = 0, length = 1, reached = loss;
    for (int i = 0; i < n; i++)
        slope += w->gradient[i] * w->step[i];
    for (int k = 0; k < MOST_HALVINGS; k++, length /= 2) {
        for (int i = 0; i < n; i++)
            w->tried[i] = weights[i] + length * w->step[i];
        reached = loss_at(w, w->tried);
        if (reached <= loss + 1e-4 * length * slope + 1e-15 * (1 + fabs(loss)))
            break;
    }
    memcpy(weights, w->tried, (size_t)n * sizeof *weights);
    return reached;
}

/* ---- all of it --------------------------------------------------------------------------------*/

static void free_work(work *w)
{
    ga_mem_free(w->residual);
    ga_mem_free(w->curvature);
    ga_mem_free(w->loss);
    ga_mem_free(w->gradient);
    ga_mem_free(w->step);
    ga_mem_free(w->tried);
    ga_mem_free(w->hessian);
}

static ga_status check(const ga_logistic *d, ga_err *err)
{
    if (d->d < 1 || d->d > 4096 || d->n < 1 || !(d->l2 > 0))
        return ga_fail(
            err, GA_EINVAL,
            "%zu samples of %d numbers, l2 %g: expected samples, 1 to 4096 numbers, and an "
            "l2 above 0",
            d->n, d->d, d->l2);
    size_t yes = 0;
    for (size_t k = 0; k < d->n; k++)
        yes += d->y[k] != 0;
    if (yes == 0 || yes == d->n)
        return ga_fail(err, GA_EDATA,
                       "all %zu samples have the same answer: nothing can be told apart", d->n);
    for (int i = 0; i < d->d; i++)
        for (size_t k = 0; k < d->n; k++)
            if (!isfinite(d->x[(size_t)i * d->n + k]))
                return ga_fail(err, GA_EDATA, "number %d of sample %zu is not finite", i, k);
    return GA_OK;
}

static ga_status make_work(const ga_logistic *d, int threads, bool second, work *w, ga_err *err)
{
    *w = (work){.data = d,
                .threads = threads,
                .parameters = d->d + 1,
                .blocks = (d->n + BLOCK - 1) / BLOCK};
    const ga_status status = check(d, err);
    if (status != GA_OK)
        return status;
    const size_t n = (size_t)w->parameters;
    w->residual = ga_mem_new(d->n, sizeof(double));
    w->curvature = ga_mem_new(d->n, sizeof(double));
    w->loss = ga_mem_new(w->blocks, sizeof(double));
    w->gradient = ga_mem_new(n, sizeof(double));
    w->step = ga_mem_new(n, sizeof(double));
    w->tried = ga_mem_new(n, sizeof(double));
    w->hessian = ga_mem_new(second ? n * n : 1, sizeof(double));
    if (w->residual == NULL || w->curvature == NULL || w->loss == NULL || w->gradient == NULL ||
        w->step == NULL || w->tried == NULL || w->hessian == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a regression of %zu samples of %d numbers",
                       d->n, d->d);
    return GA_OK;
}

ga_status ga_logistic_loss(const ga_logistic *data, const double *weights, double *loss,
                           double *gradient, ga_err *err)
{
    work w;
    const ga_status status = make_work(data, 1, false, &w, err);
    if (status == GA_OK) {
        *loss = loss_at(&w, weights);
        if (gradient != NULL)
            gradient_at(&w, weights, gradient);
    }
    free_work(&w);
    return status;
}

static double largest(const double *a, int n)
{
    double most = 0;
    for (int i = 0; i < n; i++)
        most = fabs(a[i]) > most ? fabs(a[i]) : most;
    return most;
}

ga_status ga_logistic_solve(const ga_logistic *data, int threads, double *weights,
                            ga_logistic_fit *fit, ga_err *err)
{
    work w;
    ga_status status = make_work(data, threads, true, &w, err);
    if (status == GA_OK) {
        memset(weights, 0, (size_t)w.parameters * sizeof *weights);
        *fit = (ga_logistic_fit){.loss = loss_at(&w, weights)};
        for (;; fit->steps++) {
            gradient_at(&w, weights, w.gradient);
            fit->gradient = largest(w.gradient, w.parameters);
            if (fit->gradient <= enough || fit->steps == MOST_STEPS)
                break;
            choose_step(&w);
            fit->loss = follow(&w, weights, fit->loss);
        }
        if (!(fit->gradient <= enough))
            status = ga_fail(err, GA_EFAILED,
                             "a regression of %zu samples of %d numbers has not come to an end in "
                             "%d steps: the gradient is still %g",
                             data->n, data->d, MOST_STEPS, fit->gradient);
    }
    free_work(&w);
    return status;
}
