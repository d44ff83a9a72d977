/* lay_avx512.c - sixteen lanes. */
#if defined(__AVX512F__) && defined(__AVX512BW__)
#include <immintrin.h>
#include <stdint.h>
#define LANES 16
#define TABLE ga_lay_avx512

typedef float vec __attribute__((vector_size(64)));
typedef int32_t ivec __attribute__((vector_size(64)));

static inline uint32_t above_bits(vec a, vec b)
{
    return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ);
}

static inline vec within(vec x, vec top)
{
    return (vec)_mm512_min_ps(_mm512_max_ps((__m512)x, _mm512_setzero_ps()), (__m512)top);
}

static inline vec pick(const float *cells, ivec i)
{
    return (vec)_mm512_permutexvar_ps((__m512i)i, _mm512_loadu_ps(cells));
}

static uint64_t equal_labels(const uint16_t *labels, uint16_t label)
{
    const __m512i all = _mm512_set1_epi16((short)label);
    const uint64_t lo = _mm512_cmpeq_epi16_mask(_mm512_loadu_si512(labels), all);
    return lo | (uint64_t)_mm512_cmpeq_epi16_mask(_mm512_loadu_si512(labels + 32), all) << 32;
}

#include "stat/lay_lanes.h"
#else
typedef int lay_avx512_is_empty; /* a translation unit may not be */
#endif
