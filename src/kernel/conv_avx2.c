/* conv_avx2.c - register tiles for AVX2 with FMA: 6 x 16, in 12 of 16 registers. */
#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#include "kernel/conv_plan.h"
#include <stddef.h>
#include <stdint.h>

#define LANES 8
#ifdef GA_SMALL_TILES
#define ROWS 4
#else
#define ROWS 6
#endif
#define ISA_NAME     "avx2"
#define ISA_FUNCTION ga_conv_avx2
#define DOT_ROWS_1   12
#define DOT_ROWS_2   5
#define DOT_ROWS_3   4
#define DOT_ROWS_4   2
#define DOT_ROWS_5   2
#define DOT_ROWS_6   1
#define DOT_ROWS_7   1
#define DOT_ROWS_8   1

typedef __m256 V;

static inline V v_set(float x)
{
    return _mm256_set1_ps(x);
}
static inline V v_zero(void)
{
    return _mm256_setzero_ps();
}
static inline V v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
static inline void v_store(float *p, V x)
{
    _mm256_storeu_ps(p, x);
}
static inline V v_fma(V a, V b, V c)
{
    return _mm256_fmadd_ps(a, b, c);
}
static inline V v_add(V a, V b)
{
    return _mm256_add_ps(a, b);
}
static inline V v_sub(V a, V b)
{
    return _mm256_sub_ps(a, b);
}
static inline V v_mul(V a, V b)
{
    return _mm256_mul_ps(a, b);
}
static inline float v_sum(V x)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
static inline __m256i first_lanes(int n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline V v_load_n(const float *p, int n)
{
    return _mm256_maskload_ps(p, first_lanes(n));
}
static inline void v_store_n(float *p, V x, int n)
{
    _mm256_maskstore_ps(p, first_lanes(n), x);
}

static void transpose_8(const float *const *src, int rows, int columns, int from_row, int from_col,
                        float *const *dst, _Bool add)
{
    const int n_rows = rows - from_row < 8 ? rows - from_row : 8;
    const int n_cols = columns - from_col < 8 ? columns - from_col : 8;
    const _Bool whole = n_rows == 8 && n_cols == 8; /* masked stores are slow */
    __m256 x[8], y[8];
    for (int i = 0; i < 8; i++)
        x[i] = whole        ? v_load(src[from_row + i] + from_col)
               : i < n_rows ? v_load_n(src[from_row + i] + from_col, n_cols)
                            : v_zero();
    for (int i = 0; i < 8; i += 2) {
        y[i] = _mm256_unpacklo_ps(x[i], x[i + 1]);
        y[i + 1] = _mm256_unpackhi_ps(x[i], x[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int h = 0; h < 2; h++) {
            x[i + 2 * h] = _mm256_shuffle_ps(y[i + h], y[i + h + 2], 0x44);
            x[i + 2 * h + 1] = _mm256_shuffle_ps(y[i + h], y[i + h + 2], 0xee);
        }
    for (int i = 0; i < 4; i++) {
        y[i] = _mm256_permute2f128_ps(x[i], x[i + 4], 0x20);
        y[i + 4] = _mm256_permute2f128_ps(x[i], x[i + 4], 0x31);
    }
    for (int i = 0; i < n_cols; i++) {
        float *const to = dst[from_col + i] + from_row;
        if (whole)
            v_store(to, add ? v_add(v_load(to), y[i]) : y[i]);
        else
            v_store_n(to, add ? v_add(v_load_n(to, n_rows), y[i]) : y[i], n_rows);
    }
}

static void transpose_block(const float *const *src, int rows, int columns, float *const *dst,
                            _Bool add)
{
    for (int r = 0; r < rows; r += 8)
        for (int c = 0; c < columns; c += 8)
            transpose_8(src, rows, columns, r, c, dst, add);
}

#include "kernel/conv_tiles.inc"
#else
#include "kernel/conv_plan.h"
const ga_conv_isa *ga_conv_avx2(void)
{
    return NULL;
}
#endif
