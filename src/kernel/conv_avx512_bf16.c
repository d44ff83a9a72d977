/* conv_avx512_bf16.c - register tiles over pairs of bf16, summed in f32: 14 x 32. Rounding to bf16
 * is to nearest even. */
#ifdef __AVX512BF16__
#include "kernel/conv_plan.h"
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/conv_vector_avx512.inc"

#define BF16_TILES
#include "kernel/conv_tiles.inc"

INLINE V spread_pair(const float *a)
{
    int32_t pair;
    memcpy(&pair, a, sizeof pair);
    return _mm512_castsi512_ps(_mm512_set1_epi32(pair));
}
INLINE V multiply_pairs(V a, V b, V c)
{
    return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
}
TILE_BODY(tile_bf16, spread_pair, multiply_pairs)
OUTER_BODY(outer_bf16, spread_pair, multiply_pairs)

#define DEFINE_TILES(r)                                                                            \
    static void tile_##r##_1(const ga_tile *t)                                                     \
    {                                                                                              \
        tile_bf16(t, r, 1);                                                                        \
    }                                                                                              \
    static void tile_##r##_2(const ga_tile *t)                                                     \
    {                                                                                              \
        tile_bf16(t, r, 2);                                                                        \
    }                                                                                              \
    static void outer_##r##_1(const ga_outer *t)                                                   \
    {                                                                                              \
        outer_bf16(t, r, 1);                                                                       \
    }                                                                                              \
    static void outer_##r##_2(const ga_outer *t)                                                   \
    {                                                                                              \
        outer_bf16(t, r, 2);                                                                       \
    }
FOR_ROWS(DEFINE_TILES)

static inline __m512i words_of(V x)
{
    return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x));
}

static void pair_rows(const float *low, const float *high, size_t n, uint32_t *words)
{
    for (size_t i = 0; i < n; i += LANES) {
        const int left = n - i < LANES ? (int)(n - i) : LANES;
        __m512i w = words_of(v_load_n(low + i, left));
        if (high != NULL)
            w = _mm512_or_si512(w, _mm512_slli_epi32(words_of(v_load_n(high + i, left)), 16));
        _mm512_mask_storeu_epi32(words + i, first_lanes(left), w);
    }
}

static void pair_part(const float *src, size_t step, size_t rows, int count, float *dst,
                      size_t width)
{
    for (size_t r = 0; r < rows; r += 2, src += 2 * step, dst += width)
        for (size_t c = 0; c < width; c += LANES) {
            const int left = count - (int)c;
            __m512i w = words_of(v_load_n(src + c, left));
            if (r + 1 < rows)
                w = _mm512_or_si512(
                    w, _mm512_slli_epi32(words_of(v_load_n(src + step + c, left)), 16));
            if (width - c >= LANES)
                _mm512_storeu_si512(dst + c, w);
            else
                _mm512_mask_storeu_epi32(dst + c, first_lanes((int)(width - c)), w);
        }
}

static void to_bf16(const float *src, size_t n, uint16_t *dst)
{
    for (size_t i = 0; i < n; i += LANES) {
        const int left = n - i < LANES ? (int)(n - i) : LANES;
        const __m256i x = (__m256i)_mm512_cvtneps_pbh(v_load_n(src + i, left));
        _mm256_mask_storeu_epi16(dst + i, first_lanes(left + (left & 1)), x);
    }
}

#define LIST_TILE_1(r)  tile_##r##_1,
#define LIST_TILE_2(r)  tile_##r##_2,
#define LIST_OUTER_1(r) outer_##r##_1,
#define LIST_OUTER_2(r) outer_##r##_2,
static const ga_conv_bf16 table = {
    .tile = {{FOR_ROWS(LIST_TILE_1)}, {FOR_ROWS(LIST_TILE_2)}},
    .outer = {{FOR_ROWS(LIST_OUTER_1)}, {FOR_ROWS(LIST_OUTER_2)}},
    .pair_part = pair_part,
    .pair_rows = pair_rows,
    .to_bf16 = to_bf16,
};

const ga_conv_bf16 *ga_conv_avx512_bf16(void)
{
    return &table;
}
#else
#include "kernel/conv_plan.h"
const ga_conv_bf16 *ga_conv_avx512_bf16(void)
{
    return NULL;
}
#endif
