/* kernel_distance.c - unbiased squared maximum mean discrepancy over random subsets. */
#include "base/alloc.h"
#include "base/rng.h"
#include "stat/pairs.h"
#include <math.h>
#include <string.h>

/* Sum of the kernel over a block's rows, the diagonal left out where x and y are one set. */
typedef struct kernel_sum {
    double inverse_d;
    bool one_set;
    double *of_row; /* (rows) */
} kernel_sum;

static double sum_of(const float *v, size_t n, double inverse_d)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double t = (double)v[i] * inverse_d + 1;
        sum += t * t * t;
    }
    return sum;
}

static void see_kernel(void *user, const ga_pairs_block *b)
{
    const kernel_sum *k = user;
    for (size_t r = 0; r < b->rows; r++) {
        const float *v = b->values + r * b->stride;
        const size_t row = b->row + r;
        const bool split = k->one_set && row >= b->column && row < b->column + b->columns;
        const size_t before = split ? row - b->column : b->columns;
        double sum = sum_of(v, before, k->inverse_d);
        if (split)
            sum += sum_of(v + before + 1, b->columns - before - 1, k->inverse_d);
        k->of_row[row] += sum;
    }
}

/* Mean of the kernel over all pairs (those of a point with itself left out in one set). */
static ga_status kernel_mean(ga_points x, ga_points y, bool one_set, int threads, double *of_row,
                             double *mean, ga_err *err)
{
    kernel_sum k = {1.0 / x.d, one_set, of_row};
    memset(of_row, 0, x.n * sizeof *of_row);
    const ga_status status = ga_pairs_walk(GA_PAIRS_PRODUCTS, x, y, false, threads, see_kernel, &k,
                                           err);
    double sum = 0;
    for (size_t i = 0; i < x.n; i++)
        sum += of_row[i];
    *mean = sum / ((double)x.n * (double)(one_set ? x.n - 1 : y.n));
    return status;
}

/* size of the n points, chosen without repetition; order (n) is a permutation and stays one. */
static void choose(ga_points p, size_t size, ga_rng *rng, uint32_t *order, float *chosen)
{
    const size_t d = (size_t)p.d;
    for (size_t i = 0; i < size; i++) {
        const size_t j = i + ga_rng_below(rng, (uint32_t)(p.n - i));
        const uint32_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
        memcpy(chosen + i * d, p.x + (size_t)order[i] * d, d * sizeof *chosen);
    }
}

typedef struct room {
    uint32_t *order_x, *order_y;
    float *x, *y;     /* (size,D) */
    double *of_row;   /* (size) */
    double *distance; /* (subsets) */
} room;

static void room_free(room *r)
{
    ga_mem_free(r->order_x);
    ga_mem_free(r->order_y);
    ga_mem_free(r->x);
    ga_mem_free(r->y);
    ga_mem_free(r->of_row);
    ga_mem_free(r->distance);
}

static ga_status room_create(ga_points x, ga_points y, size_t size, size_t subsets, room *r,
                             ga_err *err)
{
    const size_t d = (size_t)x.d;
    *r = (room){ga_mem_new(x.n, sizeof(uint32_t)),   ga_mem_new(y.n, sizeof(uint32_t)),
                ga_mem_new(size * d, sizeof(float)), ga_mem_new(size * d, sizeof(float)),
                ga_mem_new(size, sizeof(double)),    ga_mem_new(subsets, sizeof(double))};
    if (r->order_x == NULL || r->order_y == NULL || r->x == NULL || r->y == NULL ||
        r->of_row == NULL || r->distance == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for subsets of %zu points", size);
    for (size_t i = 0; i < x.n; i++)
        r->order_x[i] = (uint32_t)i;
    for (size_t i = 0; i < y.n; i++)
        r->order_y[i] = (uint32_t)i;
    return GA_OK;
}

static ga_status one_subset(ga_points x, ga_points y, size_t size, ga_rng *rng, room *r,
                            int threads, double *distance, ga_err *err)
{
    double xx = 0, yy = 0, xy = 0;
    choose(x, size, rng, r->order_x, r->x);
    choose(y, size, rng, r->order_y, r->y);
    const ga_points some_x = {r->x, size, x.d}, some_y = {r->y, size, y.d};
    ga_status status = kernel_mean(some_x, some_x, true, threads, r->of_row, &xx, err);
    if (status == GA_OK)
        status = kernel_mean(some_y, some_y, true, threads, r->of_row, &yy, err);
    if (status == GA_OK)
        status = kernel_mean(some_x, some_y, false, threads, r->of_row, &xy, err);
    *distance = xx + yy - 2 * xy;
    return status;
}

static void mean_and_sd(const double *v, size_t n, double *mean, double *sd)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (v[i] - *mean) * (v[i] - *mean);
    *sd = sqrt(squares / (double)(n - 1));
}

ga_status ga_kernel_distance_of(ga_points x, ga_points y, const ga_kernel_options *options,
                                int threads, ga_kernel_distance *out, ga_err *err)
{
    ga_status status = ga_points_check(x, "the first points", err);
    if (status == GA_OK)
        status = ga_points_check(y, "the second points", err);
    if (status != GA_OK)
        return status;
    if (x.d != y.d || x.n < 2 || y.n < 2 || options->subsets < 2 || options->size < 2)
        return ga_fail(
            err, GA_EINVAL,
            "a kernel distance of %zu points of %d numbers to %zu of %d, over %d subsets "
            "of %d: expected as many numbers, and at least 2 of each",
            x.n, x.d, y.n, y.d, options->subsets, options->size);
    size_t size = (size_t)options->size;
    size = size > x.n ? x.n : size;
    size = size > y.n ? y.n : size;
    const size_t subsets = (size_t)options->subsets;
    room r;
    status = room_create(x, y, size, subsets, &r, err);
    for (size_t s = 0; s < subsets && status == GA_OK; s++) {
        ga_rng rng = ga_rng_of(options->seed, s);
        status = one_subset(x, y, size, &rng, &r, threads, &r.distance[s], err);
    }
    if (status == GA_OK) {
        *out = (ga_kernel_distance){.size = (int)size};
        mean_and_sd(r.distance, subsets, &out->mean, &out->sd);
    }
    room_free(&r);
    return status;
}
