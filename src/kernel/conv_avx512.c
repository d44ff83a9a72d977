/* conv_avx512.c - register tiles for AVX-512: 14 x 32, in 28 of 32 registers. */
#ifdef __AVX512F__
#include "kernel/conv_plan.h"
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define ISA_NAME     "avx512"
#define ISA_FUNCTION ga_conv_avx512
#define DOT_ROWS_1   14
#define DOT_ROWS_2   10
#define DOT_ROWS_3   7
#define DOT_ROWS_4   5
#define DOT_ROWS_5   4
#define DOT_ROWS_6   3
#define DOT_ROWS_7   3
#define DOT_ROWS_8   2
#include "kernel/conv_vector_avx512.inc"

/* 16 x 16 in four steps of exchanging ever larger blocks. */
static void transpose_block(const float *const *src, int rows, int columns, float *const *dst,
                            _Bool add)
{
    const __mmask16 in = first_lanes(columns), out = first_lanes(rows);
    __m512 x[16], y[16];
    for (int i = 0; i < 16; i++)
        x[i] = i < rows ? _mm512_maskz_loadu_ps(in, src[i]) : _mm512_setzero_ps();
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        y[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        x[i] = _mm512_shuffle_ps(y[i], y[i + 2], 0x44);
        x[i + 1] = _mm512_shuffle_ps(y[i], y[i + 2], 0xee);
        x[i + 2] = _mm512_shuffle_ps(y[i + 1], y[i + 3], 0x44);
        x[i + 3] = _mm512_shuffle_ps(y[i + 1], y[i + 3], 0xee);
    }
    /* x[4q + j]: column j, 4 + j, 8 + j, 12 + j of rows 4q to 4q + 3 */
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const __m512 even01 = _mm512_shuffle_f32x4(x[j], x[4 + j], 0x88);
        const __m512 odd01 = _mm512_shuffle_f32x4(x[j], x[4 + j], 0xdd);
        const __m512 even23 = _mm512_shuffle_f32x4(x[8 + j], x[12 + j], 0x88);
        const __m512 odd23 = _mm512_shuffle_f32x4(x[8 + j], x[12 + j], 0xdd);
        y[j] = _mm512_shuffle_f32x4(even01, even23, 0x88);
        y[8 + j] = _mm512_shuffle_f32x4(even01, even23, 0xdd);
        y[4 + j] = _mm512_shuffle_f32x4(odd01, odd23, 0x88);
        y[12 + j] = _mm512_shuffle_f32x4(odd01, odd23, 0xdd);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        if (i < columns) {
            if (add)
                y[i] = _mm512_add_ps(y[i], _mm512_maskz_loadu_ps(out, dst[i]));
            _mm512_mask_storeu_ps(dst[i], out, y[i]);
        }
}

#include "kernel/conv_tiles.inc"
#else
#include "kernel/conv_plan.h"
const ga_conv_isa *ga_conv_avx512(void)
{
    return NULL;
}
#endif
