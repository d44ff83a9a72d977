/* rng.h - randomness, seeded and named. */
#ifndef GA_RNG_H
#define GA_RNG_H
#include "ganatomy/base.h"

/* NumPy's legacy RandomState, bit for bit: MT19937 with init_genrand(seed); a uniform double is
 * (a*2^26 + b) / 2^53 with a = word>>5, b = next word>>6; normals by Marsaglia's polar method,
 * f*x2 first, f*x1 kept for the next call. Plain data: copying it copies the stream. */
typedef struct ga_numpy_rng {
    uint32_t mt[624];
    int at;
    bool has_kept;
    double kept;
} ga_numpy_rng;
void ga_numpy_seed(ga_numpy_rng *r, uint32_t seed);
uint32_t ga_numpy_u32(ga_numpy_rng *r);
double ga_numpy_uniform(ga_numpy_rng *r); /* [0,1) */
double ga_numpy_normal(ga_numpy_rng *r);

/* The program's own stream for training: splitmix64 over (seed, stream, counter), so that any
 * step's draws can be had without the steps before it. */
typedef struct ga_rng {
    uint64_t key, counter;
} ga_rng;
ga_rng ga_rng_of(uint64_t seed, uint64_t stream);
uint64_t ga_rng_u64(ga_rng *r);
double ga_rng_uniform(ga_rng *r);               /* [0,1), 53 bits */
double ga_rng_normal(ga_rng *r);                /* Box-Muller; two counters a number */
uint32_t ga_rng_below(ga_rng *r, uint32_t n);   /* 0..n-1, unbiased */
void ga_rng_shuffle(ga_rng *r, uint32_t *items, uint32_t n); /* Fisher-Yates */
#endif
