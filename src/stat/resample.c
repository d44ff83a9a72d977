/* resample.c - things drawn again, with replacement. */
#include "base/alloc.h"
#include "base/rng.h"
#include "ganatomy/stat.h"
#include <omp.h>
#include <string.h>

void ga_resample(uint64_t seed, uint64_t stream, uint32_t n, uint8_t *times)
{
    ga_rng rng = ga_rng_of(seed, stream);
    memset(times, 0, n);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *t = &times[ga_rng_below(&rng, n)];
        if (*t < UINT8_MAX) /* 255 times: less likely than a broken machine */
            (*t)++;
    }
}

/* Products are below 2^32. */
static uint64_t weigh(const uint8_t *times, const uint32_t *x, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += times[i] * x[i];
    return sum;
}

ga_status ga_resampled_ratios(ga_ratios r, uint64_t seed, int from, int to, int rounds, int threads,
                              float *values, ga_err *err)
{
    const size_t n = r.n;
    const int team = threads < 1 ? 1 : threads;
    uint8_t *all = ga_mem_new((size_t)team * n, 1);
    if (all == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d rounds of %zu things", team, n);
#pragma omp parallel for num_threads(team) schedule(static)
    for (int round = from; round < to; round++) {
        uint8_t *times = all + (size_t)omp_get_thread_num() * n;
        ga_resample(seed, (uint64_t)round, r.n, times);
        for (size_t i = 0; i < r.count; i++) {
            const uint64_t part = weigh(times, r.part + i * n, n),
                           whole = weigh(times, r.whole + i * n, n);
            values[i * (size_t)rounds + (size_t)round] = whole > 0
                                                             ? (float)((double)part / (double)whole)
                                                             : 0;
        }
    }
    ga_mem_free(all);
    return GA_OK;
}
