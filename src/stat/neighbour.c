/* neighbour.c - nearest points, balls around points, pairs that lie close. */
#include "base/alloc.h"
#include "stat/pairs.h"
#include <math.h>
#include <string.h>

enum { MAX_K = 64 };

static ga_status check_k(int k, size_t n, ga_err *err)
{
    if (k >= 1 && k <= MAX_K && (size_t)k < n)
        return GA_OK;
    return ga_fail(err, GA_EINVAL,
                   "%d nearest neighbours among %zu points: expected 1 to %d, and fewer than there "
                   "are points",
                   k, n, MAX_K);
}

static ga_status check_both(ga_points x, const char *what_x, ga_points y, const char *what_y,
                            ga_err *err)
{
    ga_status status = ga_points_check(x, what_x, err);
    if (status == GA_OK)
        status = ga_points_check(y, what_y, err);
    if (status == GA_OK && x.d != y.d)
        status = ga_fail(err, GA_EINVAL, "%s have %d numbers a point, %s %d", what_x, x.d, what_y,
                         y.d);
    return status;
}

/* ---- k nearest within a set -------------------------------------------------------------------*/

typedef struct nearest_few {
    size_t k;
    float *squares; /* (N,k) ascending; infinity where none was seen yet */
} nearest_few;

static void insert(float *list, size_t k, float v)
{
    size_t at = k - 1;
    for (; at > 0 && list[at - 1] > v; at--)
        list[at] = list[at - 1];
    list[at] = v;
}

static void see_few(void *user, const ga_pairs_block *b)
{
    const nearest_few *f = user;
    for (size_t r = 0; r < b->rows; r++) {
        const float *v = b->values + r * b->stride;
        float *list = f->squares + (b->row + r) * f->k;
        for (size_t c = 0; c < b->columns; c++)
            if (v[c] < list[f->k - 1] && b->column + c != b->row + r)
                insert(list, f->k, v[c]);
    }
}

/* squares (N,k), ascending. */
static ga_status few_squares(ga_points x, int k, int threads, float *squares, ga_err *err)
{
    nearest_few f = {(size_t)k, squares};
    for (size_t i = 0; i < x.n * f.k; i++)
        squares[i] = INFINITY;
    return ga_pairs_walk(GA_PAIRS_SQUARES, x, x, false, threads, see_few, &f, err);
}

ga_status ga_neighbours(ga_points x, int k, int threads, float *distance, ga_err *err)
{
    ga_status status = ga_points_check(x, "points", err);
    if (status == GA_OK)
        status = check_k(k, x.n, err);
    if (status == GA_OK)
        status = few_squares(x, k, threads, distance, err);
    for (size_t i = 0; status == GA_OK && i < x.n * (size_t)k; i++)
        distance[i] = sqrtf(distance[i]);
    return status;
}

/* ---- the nearest of another set ---------------------------------------------------------------*/

typedef struct nearest_of {
    size_t k;
    uint32_t *index; /* (N,k) */
    float *squares;  /* (N,k) ascending; infinity where none was seen yet */
} nearest_of;

static void see_of(void *user, const ga_pairs_block *b)
{
    const nearest_of *o = user;
    for (size_t r = 0; r < b->rows; r++) {
        const float *v = b->values + r * b->stride;
        float *list = o->squares + (b->row + r) * o->k;
        uint32_t *places = o->index + (b->row + r) * o->k;
        for (size_t c = 0; c < b->columns; c++) {
            if (v[c] >= list[o->k - 1])
                continue;
            size_t at = o->k - 1;
            for (; at > 0 && list[at - 1] > v[c]; at--) {
                list[at] = list[at - 1];
                places[at] = places[at - 1];
            }
            list[at] = v[c];
            places[at] = (uint32_t)(b->column + c);
        }
    }
}

ga_status ga_nearest(ga_points x, ga_points pool, int k, int threads, uint32_t *index,
                     float *distance, ga_err *err)
{
    ga_status status = check_both(x, "points", pool, "the pool's points", err);
    if (status == GA_OK && (k < 1 || k > MAX_K || (size_t)k > pool.n))
        status = ga_fail(err, GA_EINVAL,
                         "the %d nearest of %zu points: expected 1 to %d, and no more "
                         "than there are",
                         k, pool.n, MAX_K);
    if (status != GA_OK)
        return status;
    const size_t count = x.n * (size_t)k;
    uint32_t *own_index = index == NULL ? ga_mem_new(count, sizeof *own_index) : NULL;
    float *own_squares = distance == NULL ? ga_mem_new(count, sizeof *own_squares) : NULL;
    nearest_of of = {(size_t)k, index != NULL ? index : own_index,
                     distance != NULL ? distance : own_squares};
    if (of.index == NULL || of.squares == NULL) {
        status = ga_fail(err, GA_ENOMEM, "no memory for the neighbours of %zu points", x.n);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        of.squares[i] = INFINITY;
        of.index[i] = 0; /* also if every square overflows */
    }
    status = ga_pairs_walk(GA_PAIRS_SQUARES, x, pool, false, threads, see_of, &of, err);
    for (size_t i = 0; status == GA_OK && distance != NULL && i < count; i++)
        distance[i] = sqrtf(distance[i]);
done:
    ga_mem_free(own_index);
    ga_mem_free(own_squares);
    return status;
}

/* ---- close pairs ------------------------------------------------------------------------------*/

typedef struct close_pairs {
    float square;
    uint64_t *of_row; /* (N) */
} close_pairs;

static void see_close(void *user, const ga_pairs_block *b)
{
    const close_pairs *p = user;
    for (size_t r = 0; r < b->rows; r++) {
        const float *v = b->values + r * b->stride;
        const size_t row = b->row + r;
        size_t count = 0;
        for (size_t c = row < b->column ? 0 : row + 1 - b->column; c < b->columns; c++)
            count += v[c] <= p->square;
        p->of_row[row] += count;
    }
}

ga_status ga_close_pairs(ga_points x, float radius, int threads, uint64_t *pairs, ga_err *err)
{
    ga_status status = ga_points_check(x, "points", err);
    if (status == GA_OK && !(radius >= 0))
        status = ga_fail(err, GA_EINVAL, "pairs at most %g apart: expected 0 or more",
                         (double)radius);
    if (status != GA_OK)
        return status;
    close_pairs p = {radius * radius, ga_mem_new(x.n, sizeof(uint64_t))};
    if (p.of_row == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the pairs of %zu points", x.n);
    status = ga_pairs_walk(GA_PAIRS_SQUARES, x, x, true, threads, see_close, &p, err);
    *pairs = 0;
    for (size_t i = 0; i < x.n; i++)
        *pairs += p.of_row[i];
    ga_mem_free(p.of_row);
    return status;
}

ga_birthday ga_birthday_of(uint64_t pairs, size_t n)
{
    const double all = 0.5 * (double)n * ((double)n - 1);
    const double p = (pairs > 0 ? (double)pairs : 3) / all;
    return (ga_birthday){
        .batch = 0.5 + sqrt(0.25 + 2 * log(2) / p), .support = 1 / p, .at_least = pairs == 0};
}

/* ---- balls ------------------------------------------------------------------------------------*/

typedef struct meeting {
    const float *real_ball, *fake_ball; /* squared radii, (reals), (fakes) */
    uint32_t *balls;                    /* (fakes) how many balls of reals it lies in */
    uint8_t *covered, *recalled;        /* (threads,reals) */
    size_t reals;
} meeting;

/* Rows are fakes, columns reals. */
static void see_meeting(void *user, const ga_pairs_block *b)
{
    const meeting *m = user;
    uint8_t *covered = m->covered + (size_t)b->thread * m->reals + b->column;
    uint8_t *recalled = m->recalled + (size_t)b->thread * m->reals + b->column;
    const float *real_ball = m->real_ball + b->column;
    for (size_t r = 0; r < b->rows; r++) {
        const float *v = b->values + r * b->stride;
        const float fake_ball = m->fake_ball[b->row + r];
        uint32_t balls = 0;
        for (size_t c = 0; c < b->columns; c++) {
            const bool inside = v[c] <= real_ball[c];
            balls += inside;
            covered[c] |= inside;
            recalled[c] |= v[c] <= fake_ball;
        }
        m->balls[b->row + r] += balls;
    }
}

/* Squared distance to the k-th neighbour of each point, (N). */
static ga_status ball_squares(ga_points x, int k, int threads, float *squares, ga_err *err)
{
    float *few = ga_mem_new(x.n * (size_t)k, sizeof *few);
    if (few == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the neighbours of %zu points", x.n);
    const ga_status status = few_squares(x, k, threads, few, err);
    for (size_t i = 0; i < x.n; i++)
        squares[i] = few[(i + 1) * (size_t)k - 1];
    ga_mem_free(few);
    return status;
}

/* How many of n flags are set in any of the threads' rows. */
static size_t count_any(const uint8_t *flags, size_t threads, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t any = 0;
        for (size_t t = 0; t < threads; t++)
            any |= flags[t * n + i];
        count += any;
    }
    return count;
}

static void count_meeting(const meeting *m, size_t fakes, size_t threads, int k, ga_manifold *out)
{
    size_t inside = 0;
    uint64_t balls = 0;
    for (size_t i = 0; i < fakes; i++) {
        inside += m->balls[i] > 0;
        balls += m->balls[i];
    }
    *out = (ga_manifold){
        .precision = (double)inside / (double)fakes,
        .recall = (double)count_any(m->recalled, threads, m->reals) / (double)m->reals,
        .density = (double)balls / ((double)k * (double)fakes),
        .coverage = (double)count_any(m->covered, threads, m->reals) / (double)m->reals};
}

ga_status ga_manifolds(ga_points real, ga_points fake, int k, int threads, ga_manifold *out,
                       ga_err *err)
{
    ga_status status = check_both(real, "the reals", fake, "the fakes", err);
    if (status == GA_OK)
        status = check_k(k, real.n < fake.n ? real.n : fake.n, err);
    if (status != GA_OK)
        return status;
    const size_t team = threads < 1 ? 1 : (size_t)threads;
    float *real_ball = ga_mem_new(real.n, sizeof *real_ball);
    float *fake_ball = ga_mem_new(fake.n, sizeof *fake_ball);
    meeting m = {real_ball,
                 fake_ball,
                 ga_mem_new(fake.n, sizeof(uint32_t)),
                 ga_mem_new(team * real.n, 1),
                 ga_mem_new(team * real.n, 1),
                 real.n};
    if (real_ball == NULL || fake_ball == NULL || m.balls == NULL || m.covered == NULL ||
        m.recalled == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for the balls of %zu and %zu points", real.n,
                         fake.n);
    if (status == GA_OK)
        status = ball_squares(real, k, threads, real_ball, err);
    if (status == GA_OK)
        status = ball_squares(fake, k, threads, fake_ball, err);
    if (status == GA_OK)
        status = ga_pairs_walk(GA_PAIRS_SQUARES, fake, real, false, threads, see_meeting, &m, err);
    if (status == GA_OK)
        count_meeting(&m, fake.n, team, k, out);
    ga_mem_free(real_ball);
    ga_mem_free(fake_ball);
    ga_mem_free(m.balls);
    ga_mem_free(m.covered);
    ga_mem_free(m.recalled);
    return status;
}
