/* lay_avx2.c - eight lanes. */
#if defined(__AVX2__)
#include <immintrin.h>
#include <stdint.h>
#define LANES 8
#define TABLE ga_lay_avx2

typedef float vec __attribute__((vector_size(32)));
typedef int32_t ivec __attribute__((vector_size(32)));

static inline uint32_t above_bits(vec a, vec b)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ));
}

static inline vec within(vec x, vec top)
{
    return (vec)_mm256_min_ps(_mm256_max_ps((__m256)x, _mm256_setzero_ps()), (__m256)top);
}

static inline vec pick(const float *cells, ivec i)
{
    return (vec)_mm256_permutevar8x32_ps(_mm256_loadu_ps(cells), (__m256i)i);
}

/* Packing 16 + 16 words to bytes interleaves the halves of both; the permutation undoes that. */
static inline uint32_t equal_half(const uint16_t *labels, __m256i label)
{
    const __m256i lo = _mm256_cmpeq_epi16(_mm256_loadu_si256((const __m256i *)labels), label);
    const __m256i hi = _mm256_cmpeq_epi16(_mm256_loadu_si256((const __m256i *)(labels + 16)),
                                          label);
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(lo, hi), 0xD8);
    return (uint32_t)_mm256_movemask_epi8(bytes);
}

static uint64_t equal_labels(const uint16_t *labels, uint16_t label)
{
    const __m256i all = _mm256_set1_epi16((short)label);
    return equal_half(labels, all) | (uint64_t)equal_half(labels + 32, all) << 32;
}

#include "stat/lay_lanes.h"
#else
typedef int lay_avx2_is_empty; /* a translation unit may not be */
#endif
