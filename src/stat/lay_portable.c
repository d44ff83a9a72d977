/* lay_portable.c - four lanes, for any processor. */
#include <stdint.h>
#define LANES 4
#define TABLE ga_lay_portable

typedef float vec __attribute__((vector_size(16)));
typedef int32_t ivec __attribute__((vector_size(16)));

static inline uint32_t above_bits(vec a, vec b)
{
    const ivec m = (ivec)(a > b) & (ivec){1, 2, 4, 8};
    return (uint32_t)(m[0] | m[1] | m[2] | m[3]);
}

static inline vec within(vec x, vec top)
{
    const vec positive = (vec)((ivec)x & (ivec)(x > 0.0f));
    const ivec below = (ivec)(positive < top);
    return (vec)(((ivec)positive & below) | ((ivec)top & ~below));
}

static inline vec pick(const float *cells, ivec i)
{
    return (vec){cells[i[0]], cells[i[1]], cells[i[2]], cells[i[3]]};
}

static uint64_t equal_labels(const uint16_t *labels, uint16_t label)
{
    uint64_t m = 0;
    for (int i = 0; i < 64; i++)
        m |= (uint64_t)(labels[i] == label) << i;
    return m;
}

#include "stat/lay_lanes.h"
