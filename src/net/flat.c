/* flat.c - flat arrays of weights or gradients: averaged, clipped, measured. */
#include "base/cpu.h"
#include "net/flat.h"
#include "net/par.h"
#include "ganatomy/net.h"
#include <math.h>

enum {
    GRAIN = 16384, /* numbers of a piece */
    PARTS = 256,   /* of a sum: fixed, so that threads do not change its order */
    TILE = 1024    /* differences made at a time */
};

typedef struct average {
    const ga_vec *vec;
    float *average;
    const float *weights;
    float decay, rest;
} average;

static void average_range(const void *user, size_t begin, size_t end)
{
    const average *a = user;
    a->vec->average(a->average + begin, a->weights + begin, end - begin, a->decay, a->rest);
}

void ga_moving_average(float *kept, const float *weights, size_t count, double decay)
{
    average a = {.vec = ga_vec_of(ga_cpu_isa()),
                 .weights = weights,
                 .decay = (float)decay,
                 .rest = (float)(1 - decay)};
    a.average = kept;
    ga_parallel(ga_cpu_threads(0), count, GRAIN, average_range, &a);
}

typedef struct clip {
    const ga_vec *vec;
    float *x, limit;
} clip;

static void clip_range(const void *user, size_t begin, size_t end)
{
    const clip *c = user;
    c->vec->clip(c->x + begin, end - begin, c->limit);
}

void ga_clip(float *x, size_t count, float limit)
{
    const clip c = {ga_vec_of(ga_cpu_isa()), x, limit};
    ga_parallel(ga_cpu_threads(0), count, GRAIN, clip_range, &c);
}

/* Sum of x y, or of (x - y)^2. */
typedef struct pairs {
    const ga_vec *vec;
    const float *x, *y;
    size_t count;
    bool difference;
    double *parts;
} pairs;

static double difference_square(const pairs *s, size_t begin, size_t end)
{
    double sum = 0;
    for (size_t at = begin; at < end; at += TILE) {
        float d[TILE];
        const size_t n = end - at < TILE ? end - at : TILE;
        for (size_t i = 0; i < n; i++)
            d[i] = s->x[at + i] - s->y[at + i];
        sum += s->vec->dot(d, d, n);
    }
    return sum;
}

static void sum_parts(const void *user, size_t begin, size_t end)
{
    const pairs *s = user;
    const size_t share = s->count / PARTS, more = s->count % PARTS;
    for (size_t p = begin; p < end; p++) {
        const size_t from = p * share + (p < more ? p : more),
                     to = from + share + (p < more ? 1 : 0);
        s->parts[p] = s->difference ? difference_square(s, from, to)
                                    : s->vec->dot(s->x + from, s->y + from, to - from);
    }
}

static double sum_of(pairs s, int threads)
{
    double parts[PARTS], sum = 0;
    s.parts = parts;
    /* in one piece where there is little to do */
    ga_parallel(threads, PARTS, s.count < (size_t)GRAIN ? PARTS : PARTS / 16, sum_parts, &s);
    for (int p = 0; p < PARTS; p++)
        sum += parts[p];
    return sum;
}

double ga_flat_dot(const ga_vec *vec, int threads, const float *x, const float *y, size_t count)
{
    return sum_of((pairs){.vec = vec, .x = x, .y = y, .count = count}, threads);
}

double ga_norm2(const float *x, size_t count)
{
    return sqrt(ga_flat_dot(ga_vec_of(ga_cpu_isa()), ga_cpu_threads(0), x, x, count));
}

double ga_update_ratio(const float *before, const float *after, size_t count)
{
    const pairs s = {.vec = ga_vec_of(ga_cpu_isa()),
                     .x = after,
                     .y = before,
                     .count = count,
                     .difference = true};
    const double moved = sqrt(sum_of(s, ga_cpu_threads(0)));
    return moved > 0 ? moved / ga_norm2(before, count) : moved;
}
