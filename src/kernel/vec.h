/* vec.h - hot elementwise loops: norms, activations, optimiser steps, transposes.
 *
 * One source (vec_template.h), compiled once per instruction set; ga_vec_of gives the table of one.
 * A result never depends on where an element lies in a vector register or in a block: every lane
 * does the same operations in the same order, fused multiply-adds are written out, and sums over
 * rows go down each column in an order that only the number of rows decides.
 *
 * "rows" lie `stride` floats apart and have `cols` consecutive floats. Unless said otherwise dst
 * may be src itself (in place) but must not overlap it in another way. */
#ifndef GA_VEC_H
#define GA_VEC_H
#include "base/cpu.h"

/* Rows in a block of partial sums; fixed, so that sums do not depend on threads. */
enum { GA_VEC_ROWS = 128 };

/* Numbers of one optimiser step; which fields matter depends on the step. */
typedef struct ga_vec_step {
    float lr, beta1, beta2, eps, weight_decay, momentum, alpha;
    float rest1, rest2, rest_alpha; /* 1 - beta1, ...: made in double, since they are small */
    float correction1, correction2; /* lr / (1 - beta1^t), sqrt(1 - beta2^t) */
    bool nesterov, first;           /* first: the momentum buffer has no history yet */
} ga_vec_step;

typedef struct ga_vec {
    /* Per column of a block of rows (at most GA_VEC_ROWS): mean, and sum of (x - mean)^2. */
    void (*moments)(const float *x, size_t rows, size_t cols, size_t stride, float *mean,
                    float *m2);
    /* y = r(a (x - mean) + b) per column, with r(v) = v > 0 ? v : slope v; slope 1 is no
     * activation. The mean is taken off first: a x + (b - a mean) loses digits where it is large.
     */
    void (*affine)(const float *x, float *y, size_t rows, size_t cols, size_t stride,
                   const float *a, const float *b, const float *mean, float slope);
    /* Per column of a block: sum of g and of g (x - mean), where g = dy r'(a (x - mean) + b). */
    void (*affine_sums)(const float *x, const float *dy, size_t rows, size_t cols, size_t stride,
                        const float *a, const float *b, const float *mean, float slope, float *sum,
                        float *sum_x);
    /* dx = a (g + q + p (x - mean)) per column. */
    void (*affine_backward)(const float *x, const float *dy, float *dx, size_t rows, size_t cols,
                            size_t stride, const float *a, const float *b, const float *mean,
                            const float *p, const float *q, float slope);

    /* Activations of n consecutive floats, and dx = dy f'(x) given x and y = f(x). */
    void (*rectify)(const float *x, float *y, size_t n, float slope);
    void (*rectify_backward)(const float *x, const float *dy, float *dx, size_t n, float slope);
    void (*tanh)(const float *x, float *y, size_t n);
    void (*tanh_backward)(const float *y, const float *dy, float *dx, size_t n);
    void (*sigmoid)(const float *x, float *y, size_t n);
    void (*sigmoid_backward)(const float *y, const float *dy, float *dx, size_t n);
    void (*elu)(const float *x, float *y, size_t n, float alpha);
    void (*elu_backward)(const float *x, const float *y, const float *dy, float *dx, size_t n,
                         float alpha);
    void (*silu)(const float *x, float *y, size_t n);
    void (*silu_backward)(const float *x, const float *dy, float *dx, size_t n);
    /* Over each row of cols dense floats: y = exp(x - max) / sum; dx = y (dy - sum(y dy)). */
    void (*softmax)(const float *x, float *y, size_t rows, size_t cols);
    void (*softmax_backward)(const float *y, const float *dy, float *dx, size_t rows, size_t cols);

    /* Over each row of cols dense floats: y = x r with r = 1 / sqrt(mean(x^2) + eps); and
     * dx = r (dy - y mean(y dy)). */
    void (*pixel_norm)(const float *x, float *y, size_t rows, size_t cols, float eps);
    void (*pixel_norm_backward)(const float *x, const float *dy, float *dx, size_t rows,
                                size_t cols, float eps);

    void (*add)(const float *x, const float *y, float *sum, size_t n);      /* sum may be x or y */
    void (*multiply)(const float *x, const float *y, float *dst, size_t n); /* dst may be x or y */
    void (*scale)(const float *x, float *y, size_t n, float a, float b);    /* a x + b */
    void (*add_scaled)(const float *x, float *y, size_t n, float a);        /* y += a x */
    void (*add_product)(const float *x, const float *y, float *sum, size_t n); /* sum += x y */
    /* Sum of x y: exact products, added in double in an order that only n decides, so every
     * instruction set gives the same bits. */
    double (*dot)(const float *x, const float *y, size_t n);
    void (*clip)(float *x, size_t n, float limit); /* to -limit..limit; a NaN stays one */
    /* y = x keep / (1 - p), keep = 0 or 1 from (key, first + i); see ga_vec_keep. */
    void (*dropout)(const float *x, float *y, size_t n, uint64_t key, uint64_t first, float p);
    /* dst[c * dst_stride + r] = src[r * src_stride + c]; no overlap */
    void (*transpose)(const float *src, size_t src_stride, float *dst, size_t dst_stride,
                      size_t rows, size_t cols);

    /* Optimiser steps on n weights w with gradients g and state m, v. */
    void (*sgd)(float *w, const float *g, float *m, size_t n, const ga_vec_step *s);
    void (*adam)(float *w, const float *g, float *m, float *v, size_t n, const ga_vec_step *s);
    void (*adamw)(float *w, const float *g, float *m, float *v, size_t n, const ga_vec_step *s);
    void (*rmsprop)(float *w, const float *g, float *m, float *v, size_t n, const ga_vec_step *s);
    /* average = decay average + rest w */
    void (*average)(float *average, const float *w, size_t n, float decay, float rest);
} ga_vec;

const ga_vec *ga_vec_of(ga_isa isa); /* static */

/* Whether dropout keeps element number i of stream key: the top 24 bits of splitmix64's mixing of
 * key + i * golden ratio, as a fraction in [0,1), are at least p. */
static inline bool ga_vec_keep(uint64_t key, uint64_t i, float p)
{
    uint64_t z = key + i * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (float)(uint32_t)(z >> 40) * 0x1p-24f >= p;
}
#endif
