/* vec_transpose.h - a square block transposed in registers; part of vec_template.h. */
#ifndef GA_VEC_TRANSPOSE_H
#define GA_VEC_TRANSPOSE_H
#include <stddef.h>

#ifdef __AVX__
#include <immintrin.h>
enum { TRANSPOSE_BLOCK = 8 };

/* 8x8: pairs of rows interleaved, then pairs of pairs, then halves exchanged. */
static inline void transpose_block(const float *src, size_t src_stride, float *dst,
                                   size_t dst_stride)
{
    __m256 r[8], t[8];
    for (size_t i = 0; i < 8; i++)
        r[i] = _mm256_loadu_ps(src + i * src_stride);
    for (size_t i = 0; i < 4; i++) {
        t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
    }
    for (size_t i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
        r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    for (size_t i = 0; i < 4; i++) {
        _mm256_storeu_ps(dst + i * dst_stride, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
        _mm256_storeu_ps(dst + (i + 4) * dst_stride, _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
    }
}
#else
enum { TRANSPOSE_BLOCK = 4 };

static inline void transpose_block(const float *src, size_t src_stride, float *dst,
                                   size_t dst_stride)
{
    for (size_t c = 0; c < 4; c++)
        for (size_t r = 0; r < 4; r++)
            dst[c * dst_stride + r] = src[r * src_stride + c];
}
#endif
#endif
