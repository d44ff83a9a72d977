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
static ga_status kernel_mean(ga_points x, ga_points y, bool one_set, double *of_row, double *mean,
                             ga_err *err)
{
    kernel_sum k = {1.0 / x.d, one_set, of_row};
    memset(of_row, 0, x.n * sizeof *of_row);
    const ga_status status = ga_pairs_walk(GA_PAIRS_PRODUCTS, x, y, false, 1, see_kernel, &k, err);
    double sum = 0;
    for (size_t i = 0; i < x.n; i++)
        sum += of_row[i];
    *mean = sum / ((double)x.n * (double)(one_set ? x.n - 1 : y.n));
    return status;
}

/* size of the n points, chosen without repetition; order (n) is room for a permutation. */
static void choose(ga_points p, size_t size, ga_rng *rng, uint32_t *order, float *chosen)
{
    const size_t d = (size_t)p.d;
    for (size_t i = 0; i < p.n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = 0; i < size; i++) {
        const size_t j = i + ga_rng_below(rng, (uint32_t)(p.n - i));
        const uint32_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
        memcpy(chosen + i * d, p.x + (size_t)order[i] * d, d * sizeof *chosen);
    }
}

/* What a thread works with. */
typedef struct room {
    uint32_t *order; /* (N of the larger set) */
    float *x, *y;    /* (size,D) */
    double *of_row;  /* (size) */
} room;

static void room_free(room *r)
{
    ga_mem_free(r->order);
    ga_mem_free(r->x);
    ga_mem_free(r->y);
    ga_mem_free(r->of_row);
}

static ga_status room_create(ga_points x, ga_points y, size_t size, room *r, ga_err *err)
{
    const size_t d = (size_t)x.d;
    *r = (room){ga_mem_new(x.n > y.n ? x.n : y.n, sizeof(uint32_t)),
                ga_mem_new(size * d, sizeof(float)), ga_mem_new(size * d, sizeof(float)),
                ga_mem_new(size, sizeof(double))};
    if (r->order != NULL && r->x != NULL && r->y != NULL && r->of_row != NULL)
        return GA_OK;
    return ga_fail(err, GA_ENOMEM, "no memory for subsets of %zu points", size);
}

static ga_status one_subset(ga_points x, ga_points y, size_t size, ga_rng rng, room *r,
                            double *distance, ga_err *err)
{
    double xx = 0, yy = 0, xy = 0;
    choose(x, size, &rng, r->order, r->x);
    choose(y, size, &rng, r->order, r->y);
    const ga_points some_x = {r->x, size, x.d}, some_y = {r->y, size, y.d};
    ga_status status = kernel_mean(some_x, some_x, true, r->of_row, &xx, err);
    if (status == GA_OK)
        status = kernel_mean(some_y, some_y, true, r->of_row, &yy, err);
    if (status == GA_OK)
        status = kernel_mean(some_x, some_y, false, r->of_row, &xy, err);
    *distance = xx + yy - 2 * xy;
    return status;
}

/* Subsets at, at + step, ...: a thread's share. */
static ga_status some_subsets(ga_points x, ga_points y, size_t size,
                              const ga_kernel_options *options, int at, int step, double *distance,
                              ga_err *err)
{
    room r;
    ga_status status = room_create(x, y, size, &r, err);
    for (int s = at; s < options->subsets && status == GA_OK; s += step)
        status = one_subset(x, y, size, ga_rng_of(options->seed, (uint64_t)s), &r, &distance[s],
                            err);
    room_free(&r);
    return status;
}

static ga_status all_subsets(ga_points x, ga_points y, size_t size,
                             const ga_kernel_options *options, int threads, double *distance,
                             ga_err *err)
{
    ga_status status = GA_OK;
    const int team = threads < 1 ? 1 : threads < options->subsets ? threads : options->subsets;
#pragma omp parallel for num_threads(team) schedule(static, 1)
    for (int t = 0; t < team; t++) {
        ga_err mine;
        const ga_status got = some_subsets(x, y, size, options, t, team, distance, &mine);
#pragma omp critical(ga_kernel_distance_status)
        if (got != GA_OK && status == GA_OK)
            status = ga_fail(err, got, "%s", mine.text);
    }
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
    double *distance = ga_mem_new((size_t)options->subsets, sizeof *distance);
    if (distance == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d subsets", options->subsets);
    status = all_subsets(x, y, size, options, threads, distance, err);
    if (status == GA_OK) {
        *out = (ga_kernel_distance){.size = (int)size};
        mean_and_sd(distance, (size_t)options->subsets, &out->mean, &out->sd);
    }
    ga_mem_free(distance);
    return status;
}
