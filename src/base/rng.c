#include "base/rng.h"
#include <math.h>

enum { MT_N = 624, MT_M = 397 };

/* init_genrand of Matsumoto and Nishimura's mt19937ar, which RandomState(int) uses. */
void ga_numpy_seed(ga_numpy_rng *r, uint32_t seed)
{
    *r = (ga_numpy_rng){.at = MT_N};
    r->mt[0] = seed;
    for (uint32_t i = 1; i < MT_N; i++)
        r->mt[i] = 1812433253u * (r->mt[i - 1] ^ r->mt[i - 1] >> 30) + i;
}

static void mt_refill(uint32_t mt[MT_N])
{
    for (int i = 0; i < MT_N; i++) {
        const uint32_t y = (mt[i] & 0x80000000u) | (mt[(i + 1) % MT_N] & 0x7fffffffu);
        mt[i] = mt[(i + MT_M) % MT_N] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
}

uint32_t ga_numpy_u32(ga_numpy_rng *r)
{
    if (r->at == MT_N) {
        mt_refill(r->mt);
        r->at = 0;
    }
    uint32_t y = r->mt[r->at++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

double ga_numpy_uniform(ga_numpy_rng *r)
{
    const uint32_t a = ga_numpy_u32(r) >> 5, b = ga_numpy_u32(r) >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

double ga_numpy_normal(ga_numpy_rng *r)
{
    if (r->has_kept) {
        r->has_kept = false;
        return r->kept;
    }
    double x1, x2, r2;
    do {
        x1 = 2.0 * ga_numpy_uniform(r) - 1.0;
        x2 = 2.0 * ga_numpy_uniform(r) - 1.0;
        r2 = x1 * x1 + x2 * x2;
    } while (r2 >= 1.0 || r2 == 0.0);
    const double f = sqrt(-2.0 * log(r2) / r2);
    r->kept = f * x1;
    r->has_kept = true;
    return f * x2;
}

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static const uint64_t GOLDEN = 0x9e3779b97f4a7c15u;

ga_rng ga_rng_of(uint64_t seed, uint64_t stream)
{
    /* mixed twice, so that neighbouring seeds and streams share no stretch of the sequence */
    return (ga_rng){.key = mix(mix(seed + GOLDEN) + stream * GOLDEN), .counter = 0};
}

uint64_t ga_rng_u64(ga_rng *r)
{
    r->counter++;
    return mix(r->key + r->counter * GOLDEN);
}

double ga_rng_uniform(ga_rng *r)
{
    return (double)(ga_rng_u64(r) >> 11) * 0x1p-53;
}

double ga_rng_normal(ga_rng *r)
{
    const double u = 1.0 - ga_rng_uniform(r); /* (0,1], so that the logarithm is finite */
    const double angle = 6.283185307179586476925 * ga_rng_uniform(r);
    return sqrt(-2.0 * log(u)) * cos(angle);
}

uint32_t ga_rng_below(ga_rng *r, uint32_t n)
{
    /* Lemire 2019: the high half of word * n, unless the low half falls into the uneven rest */
    if (n == 0)
        return 0;
    const uint32_t rest = (uint32_t)(-n) % n;
    uint64_t product;
    do {
        product = (ga_rng_u64(r) >> 32) * n;
    } while ((uint32_t)product < rest);
    return (uint32_t)(product >> 32);
}

void ga_rng_shuffle(ga_rng *r, uint32_t *items, uint32_t n)
{
    for (uint32_t i = n; i > 1; i--) {
        const uint32_t j = ga_rng_below(r, i), kept = items[i - 1];
        items[i - 1] = items[j];
        items[j] = kept;
    }
}
