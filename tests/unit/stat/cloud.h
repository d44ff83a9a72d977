/* cloud.h - points that the tests and the NumPy scripts both make. */
#ifndef GA_CLOUD_H
#define GA_CLOUD_H
#include "base/alloc.h"
#include "ganatomy/stat.h"

/* (n,d) numbers k/2^24 + shift of a linear congruential generator; ga_mem_free. */
static inline float *cloud(uint64_t seed, size_t n, size_t d, float shift)
{
    float *x = ga_mem_new(n * d, sizeof *x);
    uint64_t s = seed;
    for (size_t i = 0; i < n * d; i++) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        x[i] = (float)(s >> 40) / (1 << 24) + shift;
    }
    return x;
}
#endif
