/* latents.c - z by number: row i of a seed is the same whatever is asked for. */
#include "base/rng.h"
#include "ganatomy/model.h"

/* The stream cannot be entered in the middle: row i costs all draws before it. At some 20 ns a draw
 * this is a minute and a half; what lies beyond is a slip of the finger. */
#define MAX_DRAWS ((uint64_t)1 << 32)

ga_status ga_latents(ga_law law, uint32_t seed, uint64_t first, int n, int z, float *dst,
                     ga_err *err)
{
    if (law != GA_LAW_NORMAL && law != GA_LAW_UNIFORM)
        return ga_fail(err, GA_EINVAL, "latents were asked of a network that reads none");
    if (n < 0 || z < 1)
        return ga_fail(err, GA_EINVAL,
                       "%d latents of %d numbers, expected at least 0 of at least 1", n, z);
    const uint64_t rows = MAX_DRAWS / (uint64_t)z;
    if (first > rows || (uint64_t)n > rows - first)
        return ga_fail(
            err, GA_EINVAL, "latents %llu to %llu: with %d numbers each, ids end at %llu",
            (unsigned long long)first, (unsigned long long)(first + (uint64_t)n) - (n > 0 ? 1 : 0),
            z, (unsigned long long)rows - 1);
    ga_numpy_rng rng;
    ga_numpy_seed(&rng, seed);
    const uint64_t begin = first * (uint64_t)z, end = begin + (uint64_t)n * (uint64_t)z;
    for (uint64_t i = 0; i < end; i++) {
        const double x = law == GA_LAW_NORMAL ? ga_numpy_normal(&rng)
                                              : -1.0 + 2.0 * ga_numpy_uniform(&rng);
        if (i >= begin)
            dst[i - begin] = (float)x;
    }
    return GA_OK;
}
