/* vec_template.h - the loops of vec.h, included once by each vec_ISA.c, which defines VEC_TABLE
 * (the name of its table). Written so that the compiler's vectoriser takes every inner loop; the
 * files are compiled with -ffp-contract=off, and FMA() says where a fused multiply-add is meant. */
#include "kernel/vec.h"
#include "kernel/vec_transpose.h"
#include <math.h>

#ifdef __FMA__
#define FMA(a, b, c) __builtin_fmaf((a), (b), (c))
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif
/* Iterations are independent even where dst is src. */
#define SIMD _Pragma("omp simd")

/* ---- exponentials -----------------------------------------------------------------------------*/

typedef union bits {
    float f;
    int32_t i;
} bits;

/* Shared part of exp and expm1: x = k ln 2 + r with |r| <= ln 2 / 2; gives 2^k and exp(r) - 1.
 * The polynomial is Taylor's to r^7; what it leaves out is below 6e-9 of the result. */
static inline void exp_parts(float x, float *power, float *rest)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    const bits k = {.f = FMA(x, 1.44269504f, shift)};
    const float whole = k.f - shift;
    float r = FMA(whole, -0.693359375f, x);
    r = FMA(whole, 2.12194440e-4f, r);
    float p = FMA(r, 1.0f / 5040, 1.0f / 720);
    p = FMA(p, r, 1.0f / 120);
    p = FMA(p, r, 1.0f / 24);
    p = FMA(p, r, 1.0f / 6);
    p = FMA(p, r, 0.5f);
    const bits two_k = {.i = (int32_t)(((uint32_t)k.i - 0x4b400000u + 127u) << 23)};
    *rest = FMA(p * r, r, r);
    *power = two_k.f;
}

static inline float exp_of(float x)
{
    float power, rest;
    exp_parts(x, &power, &rest);
    return FMA(power, rest, power);
}

static inline float expm1_of(float x)
{
    float power, rest;
    exp_parts(x, &power, &rest);
    return FMA(power, rest, power - 1.0f);
}

static inline float tanh_of(float x)
{
    const float e = expm1_of(-2.0f * fabsf(x)); /* -1..0, exact for small x */
    return copysignf(-e / (2.0f + e), x);
}

static inline float sigmoid_of(float x)
{
    const float e = exp_of(-fabsf(x)), s = 1.0f / (1.0f + e);
    return x >= 0 ? s : e * s;
}

/* ---- norms ------------------------------------------------------------------------------------*/

static void column_means(const float *x, size_t rows, size_t cols, size_t stride,
                         float *restrict mean)
{
    const float share = 1.0f / (float)rows;
    size_t r = 0;
    for (size_t c = 0; c < cols; c++)
        mean[c] = 0;
    for (; r + 4 <= rows; r += 4) {
        const float *restrict x0 = x + r * stride, *restrict x1 = x0 + stride,
                              *restrict x2 = x1 + stride, *restrict x3 = x2 + stride;
        SIMD for (size_t c = 0; c < cols; c++) mean[c] += (x0[c] + x1[c]) + (x2[c] + x3[c]);
    }
    for (; r < rows; r++) {
        const float *restrict x0 = x + r * stride;
        SIMD for (size_t c = 0; c < cols; c++) mean[c] += x0[c];
    }
    SIMD for (size_t c = 0; c < cols; c++) mean[c] *= share;
}

/* Sum of x - mean, and of its square. */
static void column_squares(const float *x, size_t rows, size_t cols, size_t stride,
                           const float *restrict mean, float *restrict rest, float *restrict m2)
{
    size_t r = 0;
    for (size_t c = 0; c < cols; c++)
        rest[c] = m2[c] = 0;
    for (; r + 4 <= rows; r += 4) {
        const float *restrict x0 = x + r * stride, *restrict x1 = x0 + stride,
                              *restrict x2 = x1 + stride, *restrict x3 = x2 + stride;
        SIMD for (size_t c = 0; c < cols; c++)
        {
            const float d0 = x0[c] - mean[c], d1 = x1[c] - mean[c], d2 = x2[c] - mean[c],
                        d3 = x3[c] - mean[c];
            rest[c] += (d0 + d1) + (d2 + d3);
            m2[c] += FMA(d0, d0, d1 * d1) + FMA(d2, d2, d3 * d3);
        }
    }
    for (; r < rows; r++) {
        const float *restrict x0 = x + r * stride;
        SIMD for (size_t c = 0; c < cols; c++)
        {
            const float d = x0[c] - mean[c];
            rest[c] += d;
            m2[c] = FMA(d, d, m2[c]);
        }
    }
}

/* The mean of a plain sum is off by some roundings of the sum; the mean of what is left over when
 * it is taken off, which the second pass meets anyway, puts it right. */
static void moments(const float *x, size_t rows, size_t cols, size_t stride, float *restrict mean,
                    float *restrict m2)
{
    enum { PART = 256 };
    const float share = 1.0f / (float)rows;
    float rest[PART];
    for (size_t at = 0; at < cols; at += PART) {
        const size_t n = cols - at < PART ? cols - at : PART;
        column_means(x + at, rows, n, stride, mean + at);
        column_squares(x + at, rows, n, stride, mean + at, rest, m2 + at);
        SIMD for (size_t c = 0; c < n; c++)
        {
            mean[at + c] = FMA(rest[c], share, mean[at + c]);
            m2[at + c] = FMA(-rest[c] * share, rest[c], m2[at + c]);
        }
    }
}

static void affine(const float *x, float *y, size_t rows, size_t cols, size_t stride,
                   const float *a, const float *b, const float *mean, float slope)
{
    for (size_t r = 0; r < rows; r++) {
        const float *src = x + r * stride;
        float *dst = y + r * stride;
        SIMD for (size_t c = 0; c < cols; c++)
        {
            const float v = FMA(a[c], src[c] - mean[c], b[c]);
            dst[c] = v > 0 ? v : slope * v;
        }
    }
}

static void affine_sums(const float *x, const float *dy, size_t rows, size_t cols, size_t stride,
                        const float *restrict a, const float *restrict b,
                        const float *restrict mean, float slope, float *restrict sum,
                        float *restrict sum_x)
{
    for (size_t c = 0; c < cols; c++)
        sum[c] = sum_x[c] = 0;
    size_t r = 0;
    for (; r + 2 <= rows; r += 2) {
        const float *restrict x0 = x + r * stride, *restrict x1 = x0 + stride;
        const float *restrict d0 = dy + r * stride, *restrict d1 = d0 + stride;
        SIMD for (size_t c = 0; c < cols; c++)
        {
            const float e0 = x0[c] - mean[c], e1 = x1[c] - mean[c];
            const float v0 = FMA(a[c], e0, b[c]), v1 = FMA(a[c], e1, b[c]);
            const float g0 = v0 > 0 ? d0[c] : slope * d0[c], g1 = v1 > 0 ? d1[c] : slope * d1[c];
            sum[c] += g0 + g1;
            sum_x[c] += FMA(g0, e0, g1 * e1);
        }
    }
    for (; r < rows; r++) {
        const float *restrict x0 = x + r * stride, *restrict d0 = dy + r * stride;
        SIMD for (size_t c = 0; c < cols; c++)
        {
            const float e = x0[c] - mean[c], v = FMA(a[c], e, b[c]),
                        g = v > 0 ? d0[c] : slope * d0[c];
            sum[c] += g;
            sum_x[c] = FMA(g, e, sum_x[c]);
        }
    }
}

static void affine_backward(const float *x, const float *dy, float *dx, size_t rows, size_t cols,
                            size_t stride, const float *a, const float *b, const float *mean,
                            const float *p, const float *q, float slope)
{
    for (size_t r = 0; r < rows; r++) {
        const float *src = x + r * stride, *diff = dy + r * stride;
        float *dst = dx + r * stride;
        SIMD for (size_t c = 0; c < cols; c++)
        {
            const float e = src[c] - mean[c], v = FMA(a[c], e, b[c]),
                        g = v > 0 ? diff[c] : slope * diff[c];
            dst[c] = a[c] * FMA(p[c], e, g + q[c]);
        }
    }
}

/* ---- activations ------------------------------------------------------------------------------*/

static void rectify(const float *x, float *y, size_t n, float slope)
{
    SIMD for (size_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

static void rectify_backward(const float *x, const float *dy, float *dx, size_t n, float slope)
{
    SIMD for (size_t i = 0; i < n; i++) dx[i] = x[i] > 0 ? dy[i] : slope * dy[i];
}

static void tanh_forward(const float *x, float *y, size_t n)
{
    SIMD for (size_t i = 0; i < n; i++) y[i] = tanh_of(x[i]);
}

static void tanh_backward(const float *y, const float *dy, float *dx, size_t n)
{
    SIMD for (size_t i = 0; i < n; i++) dx[i] = dy[i] * (1.0f - y[i] * y[i]);
}

static void sigmoid_forward(const float *x, float *y, size_t n)
{
    SIMD for (size_t i = 0; i < n; i++) y[i] = sigmoid_of(x[i]);
}

static void sigmoid_backward(const float *y, const float *dy, float *dx, size_t n)
{
    SIMD for (size_t i = 0; i < n; i++) dx[i] = dy[i] * (y[i] * (1.0f - y[i]));
}

static void elu_forward(const float *x, float *y, size_t n, float alpha)
{
    SIMD for (size_t i = 0; i < n; i++)
    {
        const float e = alpha * expm1_of(x[i] < 0 ? x[i] : 0);
        y[i] = x[i] < 0 ? e : x[i]; /* a NaN goes this way */
    }
}

static void elu_backward(const float *x, const float *y, const float *dy, float *dx, size_t n,
                         float alpha)
{
    SIMD for (size_t i = 0; i < n; i++) dx[i] = x[i] < 0 ? dy[i] * (y[i] + alpha) : dy[i];
}

static void silu_forward(const float *x, float *y, size_t n)
{
    SIMD for (size_t i = 0; i < n; i++) y[i] = x[i] * sigmoid_of(x[i]);
}

static void silu_backward(const float *x, const float *dy, float *dx, size_t n)
{
    SIMD for (size_t i = 0; i < n; i++)
    {
        const float s = sigmoid_of(x[i]);
        dx[i] = dy[i] * (s * FMA(x[i], 1.0f - s, 1.0f));
    }
}

static void softmax(const float *x, float *y, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        const float *src = x + r * cols;
        float *dst = y + r * cols, top = src[0], sum = 0;
        for (size_t c = 1; c < cols; c++)
            top = src[c] > top ? src[c] : top;
        SIMD for (size_t c = 0; c < cols; c++) dst[c] = exp_of(src[c] - top);
        for (size_t c = 0; c < cols; c++)
            sum += dst[c];
        const float share = 1.0f / sum;
        SIMD for (size_t c = 0; c < cols; c++) dst[c] *= share;
    }
}

static void softmax_backward(const float *y, const float *dy, float *dx, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        const float *out = y + r * cols, *diff = dy + r * cols;
        float *dst = dx + r * cols, sum = 0;
        for (size_t c = 0; c < cols; c++)
            sum = FMA(out[c], diff[c], sum);
        SIMD for (size_t c = 0; c < cols; c++) dst[c] = out[c] * (diff[c] - sum);
    }
}

enum { LANES = 16 }; /* of a sum along a row: fixed, so that every instruction set adds alike */

/* Sum of x y over cols. */
static inline float row_product(const float *x, const float *y, size_t cols)
{
    float lane[LANES] = {0};
    size_t c = 0;
    for (; c + LANES <= cols; c += LANES) {
        SIMD for (size_t k = 0; k < LANES; k++) lane[k] = FMA(x[c + k], y[c + k], lane[k]);
    }
    for (size_t k = 0; c + k < cols; k++)
        lane[k] = FMA(x[c + k], y[c + k], lane[k]);
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++)
            lane[k] += lane[k + half];
    return lane[0];
}

static void pixel_norm(const float *x, float *y, size_t rows, size_t cols, float eps)
{
    for (size_t r = 0; r < rows; r++) {
        const float *src = x + r * cols;
        float *dst = y + r * cols;
        const float gain = 1.0f / sqrtf(row_product(src, src, cols) / (float)cols + eps);
        SIMD for (size_t c = 0; c < cols; c++) dst[c] = src[c] * gain;
    }
}

static void pixel_norm_backward(const float *x, const float *dy, float *dx, size_t rows,
                                size_t cols, float eps)
{
    for (size_t r = 0; r < rows; r++) {
        const float *src = x + r * cols, *diff = dy + r * cols;
        float *dst = dx + r * cols;
        const float gain = 1.0f / sqrtf(row_product(src, src, cols) / (float)cols + eps),
                    share = gain * gain * (row_product(src, diff, cols) / (float)cols);
        SIMD for (size_t c = 0; c < cols; c++) dst[c] = gain * FMA(-share, src[c], diff[c]);
    }
}

/* ---- arithmetic -------------------------------------------------------------------------------*/

static void add(const float *x, const float *y, float *sum, size_t n)
{
    SIMD for (size_t i = 0; i < n; i++) sum[i] = x[i] + y[i];
}

static void multiply(const float *x, const float *y, float *dst, size_t n)
{
    SIMD for (size_t i = 0; i < n; i++) dst[i] = x[i] * y[i];
}

static void scale(const float *x, float *y, size_t n, float a, float b)
{
    SIMD for (size_t i = 0; i < n; i++) y[i] = FMA(a, x[i], b);
}

static void add_scaled(const float *x, float *y, size_t n, float a)
{
    SIMD for (size_t i = 0; i < n; i++) y[i] = FMA(a, x[i], y[i]);
}

static void add_product(const float *x, const float *y, float *sum, size_t n)
{
    SIMD for (size_t i = 0; i < n; i++) sum[i] = FMA(x[i], y[i], sum[i]);
}

static double dot(const float *x, const float *y, size_t n)
{
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        SIMD for (size_t k = 0; k < LANES; k++) lane[k] += (double)x[i + k] * (double)y[i + k];
    }
    for (size_t k = 0; i + k < n; k++)
        lane[k] += (double)x[i + k] * (double)y[i + k];
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++)
            lane[k] += lane[k + half];
    return lane[0];
}

static void clip(float *x, size_t n, float limit)
{
    SIMD for (size_t i = 0; i < n; i++)
    {
        const float low = x[i] < -limit ? -limit : x[i];
        x[i] = low > limit ? limit : low;
    }
}

static void dropout(const float *x, float *y, size_t n, uint64_t key, uint64_t first, float p)
{
    const float gain = p < 1 ? 1.0f / (1.0f - p) : 0.0f;
    SIMD for (size_t i = 0; i < n; i++) y[i] = ga_vec_keep(key, first + i, p) ? x[i] * gain : 0.0f;
}

static void transpose(const float *src, size_t src_stride, float *dst, size_t dst_stride,
                      size_t rows, size_t cols)
{
    enum { B = TRANSPOSE_BLOCK };
    const size_t whole_rows = rows - rows % B, whole_cols = cols - cols % B;
    for (size_t c = 0; c < whole_cols; c += B)
        for (size_t r = 0; r < whole_rows; r += B)
            transpose_block(src + r * src_stride + c, src_stride, dst + c * dst_stride + r,
                            dst_stride);
    for (size_t c = 0; c < cols; c++)
        for (size_t r = c < whole_cols ? whole_rows : 0; r < rows; r++)
            dst[c * dst_stride + r] = src[r * src_stride + c];
}

/* ---- optimisers -------------------------------------------------------------------------------*/

static void sgd(float *w, const float *g, float *m, size_t n, const ga_vec_step *s)
{
    const float lr = s->lr, decay = s->weight_decay, momentum = s->momentum,
                kept = s->first ? 0.0f : s->momentum, ahead = s->nesterov ? momentum : 0.0f,
                now = s->nesterov ? 1.0f : 0.0f;
    if (momentum == 0) {
        SIMD for (size_t i = 0; i < n; i++) w[i] = FMA(-lr, FMA(decay, w[i], g[i]), w[i]);
        return;
    }
    if (s->nesterov) {
        SIMD for (size_t i = 0; i < n; i++)
        {
            const float d = FMA(decay, w[i], g[i]);
            m[i] = FMA(kept, m[i], d);
            w[i] = FMA(-lr, FMA(ahead, m[i], now * d), w[i]);
        }
        return;
    }
    SIMD for (size_t i = 0; i < n; i++)
    {
        m[i] = FMA(kept, m[i], FMA(decay, w[i], g[i]));
        w[i] = FMA(-lr, m[i], w[i]);
    }
}

/* The step that Adam and AdamW share, on the gradient d. */
static inline float adam_step(float w, float d, float *m, float *v, const ga_vec_step *s)
{
    *m = FMA(s->beta1, *m, s->rest1 * d);
    *v = FMA(s->beta2, *v, s->rest2 * d * d);
    return w - s->correction1 * *m / (sqrtf(*v) / s->correction2 + s->eps);
}

static void adam(float *w, const float *g, float *m, float *v, size_t n, const ga_vec_step *step)
{
    const ga_vec_step s = *step;
    SIMD for (size_t i = 0; i < n; i++)
        w[i] = adam_step(w[i], FMA(s.weight_decay, w[i], g[i]), &m[i], &v[i], &s);
}

static void adamw(float *w, const float *g, float *m, float *v, size_t n, const ga_vec_step *step)
{
    const ga_vec_step s = *step;
    const float shrink = 1.0f - s.lr * s.weight_decay;
    SIMD for (size_t i = 0; i < n; i++) w[i] = adam_step(w[i] * shrink, g[i], &m[i], &v[i], &s);
}

static void rmsprop(float *w, const float *g, float *m, float *v, size_t n, const ga_vec_step *step)
{
    const ga_vec_step s = *step;
    if (s.momentum == 0) {
        SIMD for (size_t i = 0; i < n; i++)
        {
            const float d = FMA(s.weight_decay, w[i], g[i]);
            v[i] = FMA(s.alpha, v[i], s.rest_alpha * d * d);
            w[i] = w[i] - s.lr * d / (sqrtf(v[i]) + s.eps);
        }
        return;
    }
    SIMD for (size_t i = 0; i < n; i++)
    {
        const float d = FMA(s.weight_decay, w[i], g[i]);
        v[i] = FMA(s.alpha, v[i], s.rest_alpha * d * d);
        m[i] = FMA(s.momentum, m[i], d / (sqrtf(v[i]) + s.eps));
        w[i] = FMA(-s.lr, m[i], w[i]);
    }
}

static void average(float *kept, const float *w, size_t n, float decay, float rest)
{
    SIMD for (size_t i = 0; i < n; i++) kept[i] = FMA(decay, kept[i], rest * w[i]);
}

const ga_vec VEC_TABLE = {moments,
                          affine,
                          affine_sums,
                          affine_backward,
                          rectify,
                          rectify_backward,
                          tanh_forward,
                          tanh_backward,
                          sigmoid_forward,
                          sigmoid_backward,
                          elu_forward,
                          elu_backward,
                          silu_forward,
                          silu_backward,
                          softmax,
                          softmax_backward,
                          pixel_norm,
                          pixel_norm_backward,
                          add,
                          multiply,
                          scale,
                          add_scaled,
                          add_product,
                          dot,
                          clip,
                          dropout,
                          transpose,
                          sgd,
                          adam,
                          adamw,
                          rmsprop,
                          average};
