/* augment_run.c - augmentations applied to pictures, and their adjoints, step by step backwards. */
#include "ganatomy/augment.h"
#include "base/rng.h"
#include <math.h>
#include <string.h>

/* The most pixels that a blur reaches to one side: three times the largest sigma. */
#define MOST_REACH 30

/* Room: all channels of a picture with a frame of one pixel left and above and two right and below,
 * so that neither sampling nor its adjoint asks where the edge is; then what one row needs. */
typedef struct room {
    float *frame;   /* (C, H+3, W+3) */
    float *fx, *fy; /* (W) */
    float *row;     /* (W + 2 MOST_REACH) */
    int32_t *at;    /* (W) where the four neighbours of a pixel begin */
} room;

static size_t frame_count(ga_dims d)
{
    return (size_t)d.c * ((size_t)d.h + 3) * ((size_t)d.w + 3);
}

size_t ga_augment_room(ga_dims d)
{
    const size_t w = (size_t)d.w, floats = frame_count(d) + 2 * w + w + 2 * MOST_REACH;
    return floats * sizeof(float) + w * sizeof(int32_t);
}

static room room_of(void *bytes, ga_dims d)
{
    room r = {.frame = bytes};
    r.fx = r.frame + frame_count(d);
    r.fy = r.fx + d.w;
    r.row = r.fy + d.w;
    r.at = (int32_t *)(void *)(r.row + d.w + 2 * MOST_REACH);
    return r;
}

static bool has(const ga_augmentation *a, ga_augment_kind kind)
{
    return (a->kinds >> kind & 1) != 0;
}

static bool moves(const ga_augmentation *a)
{
    return a->side != 1 || a->angle != 0 || a->dx != 0 || a->dy != 0 || has(a, GA_AUGMENT_FLIP);
}

/* ---- places -----------------------------------------------------------------------------------*/

/* Picture into frame, with `outside` around it. */
static void put_in_frame(const float *src, ga_dims d, float outside, float *frame)
{
    const size_t w = (size_t)d.w, row = w + 3;
    for (int c = 0; c < d.c; c++) {
        for (size_t i = 0; i < row; i++)
            frame[i] = outside;
        frame += row;
        for (int y = 0; y < d.h; y++, frame += row, src += w) {
            frame[0] = frame[w + 1] = frame[w + 2] = outside;
            memcpy(frame + 1, src, w * sizeof *src);
        }
        for (size_t i = 0; i < 2 * row; i++)
            frame[i] = outside;
        frame += 2 * row;
    }
}

/* For row y of the result: where in a frame's plane the four neighbours of each pixel begin, and
 * the shares of the right and the lower ones. What is outside ends in the frame. */
static void aim_row(const ga_augmentation *a, ga_dims d, int y, const room *r)
{
    const float *m = a->warp, x0 = m[1] * (float)y + m[2] + 1, y0 = m[4] * (float)y + m[5] + 1;
    const float right = (float)(d.w + 1), below = (float)(d.h + 1);
    const int32_t row = d.w + 3;
    for (int x = 0; x < d.w; x++) {
        float u = m[0] * (float)x + x0, v = m[3] * (float)x + y0;
        u = u > 0 ? u : 0;
        u = u < right ? u : right;
        v = v > 0 ? v : 0;
        v = v < below ? v : below;
        const int32_t i = (int32_t)u, j = (int32_t)v;
        r->fx[x] = u - (float)i;
        r->fy[x] = v - (float)j;
        r->at[x] = j * row + i;
    }
}

static void warp(const ga_augmentation *a, ga_dims d, float lo, const float *src, float *dst,
                 const room *r)
{
    const size_t plane = (size_t)d.h * (size_t)d.w, row = (size_t)d.w + 3;
    const size_t framed = ((size_t)d.h + 3) * row;
    put_in_frame(src, d, lo, r->frame);
    for (int y = 0; y < d.h; y++) {
        aim_row(a, d, y, r);
        for (int c = 0; c < d.c; c++) {
            const float *from = r->frame + (size_t)c * framed;
            float *to = dst + (size_t)c * plane + (size_t)y * (size_t)d.w;
            for (int x = 0; x < d.w; x++) {
                const float *p = from + r->at[x], fx = r->fx[x], fy = r->fy[x];
                const float upper = (1 - fx) * p[0] + fx * p[1];
                const float lower = (1 - fx) * p[row] + fx * p[row + 1];
                to[x] = (1 - fy) * upper + fy * lower;
            }
        }
    }
}

/* Every other pixel of a row first: neighbours add to the same places, and a sum that the next
 * addition waits for takes several times as long. */
static void warp_adjoint(const ga_augmentation *a, ga_dims d, const float *grad_dst,
                         float *grad_src, const room *r)
{
    const size_t w = (size_t)d.w, even = (w + 1) / 2, plane = (size_t)d.h * w, row = w + 3;
    const size_t framed = ((size_t)d.h + 3) * row;
    memset(r->frame, 0, frame_count(d) * sizeof *r->frame);
    for (int y = 0; y < d.h; y++) {
        aim_row(a, d, y, r);
        for (int c = 0; c < d.c; c++) {
            float *to = r->frame + (size_t)c * framed;
            const float *g = grad_dst + (size_t)c * plane + (size_t)y * w;
            for (size_t i = 0; i < w; i++) {
                const size_t x = i < even ? 2 * i : 2 * (i - even) + 1;
                float *p = to + r->at[x];
                const float fx = r->fx[x], lower = r->fy[x] * g[x], upper = (1 - r->fy[x]) * g[x];
                p[0] += (1 - fx) * upper;
                p[1] += fx * upper;
                p[row] += (1 - fx) * lower;
                p[row + 1] += fx * lower;
            }
        }
    }
    for (int c = 0; c < d.c; c++)
        for (size_t y = 0; y < (size_t)d.h; y++)
            memcpy(grad_src + (size_t)c * plane + y * w,
                   r->frame + (size_t)c * framed + (y + 1) * row + 1, w * sizeof *grad_src);
}

/* ---- colour -----------------------------------------------------------------------------------*/

static double sum_of(const float *x, size_t n)
{
    double part[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            part[k] += (double)x[i + k];
    for (; i < n; i++)
        part[i % 8] += (double)x[i];
    return ((part[0] + part[1]) + (part[2] + part[3])) +
           ((part[4] + part[5]) + (part[6] + part[7]));
}

/* x becomes M x + shift for each pixel, M by rows or, for the adjoint, by columns. */
static void mix_pixels(const ga_augmentation *a, ga_dims d, bool by_columns, float shift, float *x)
{
    const size_t plane = (size_t)d.h * (size_t)d.w, n = plane * (size_t)d.c;
    if (d.c != 3) {
        for (size_t i = 0; i < n; i++)
            x[i] = a->contrast * x[i] + shift;
        return;
    }
    const int next = by_columns ? 3 : 1, row = by_columns ? 1 : 3;
    const float *m = a->mix;
    for (size_t i = 0; i < plane; i++) {
        const float p = x[i], q = x[plane + i], r = x[2 * plane + i];
        x[i] = m[0] * p + m[next] * q + m[2 * next] * r + shift;
        x[plane + i] = m[row] * p + m[row + next] * q + m[row + 2 * next] * r + shift;
        x[2 * plane + i] = m[2 * row] * p + m[2 * row + next] * q + m[2 * row + 2 * next] * r +
                           shift;
    }
}

/* c K (x - mean) + mean + brightness, where K leaves grey as it is. */
static void jitter(const ga_augmentation *a, ga_dims d, float range, float *x)
{
    const size_t n = ga_dims_count(d);
    const double mean = sum_of(x, n) / (double)n;
    const double shift = (1 - (double)a->contrast) * mean + (double)a->brightness * (double)range;
    mix_pixels(a, d, false, (float)shift, x);
}

static void jitter_adjoint(const ga_augmentation *a, ga_dims d, float *g)
{
    const size_t n = ga_dims_count(d);
    const double mean = sum_of(g, n) / (double)n;
    mix_pixels(a, d, true, (float)((1 - (double)a->contrast) * mean), g);
}

/* ---- blur -------------------------------------------------------------------------------------*/

/* Weights 0..reach of a Gaussian whose two sides sum to 1; returns reach. */
static int blur_weights(float sigma, float weight[MOST_REACH + 1])
{
    const int reach = (int)fmin(ceil(3 * (double)sigma), MOST_REACH);
    double w[MOST_REACH + 1], sum = 0;
    for (int i = 0; i <= reach; i++) {
        w[i] = exp(-0.5 * i * i / ((double)sigma * (double)sigma));
        sum += i > 0 ? 2 * w[i] : w[i];
    }
    for (int i = 0; i <= reach; i++)
        weight[i] = (float)(w[i] / sum);
    return reach;
}

/* lo + G (x - lo) with nothing outside of the picture: symmetric, so its own adjoint. */
static void blur(const ga_augmentation *a, ga_dims d, float lo, float *x, const room *r)
{
    float weight[MOST_REACH + 1] = {0};
    if (!(a->sigma > 0))
        return;
    const int reach = blur_weights(a->sigma, weight), w = d.w, h = d.h;
    for (int c = 0; c < d.c; c++, x += (size_t)h * (size_t)w) {
        float *sums = r->frame; /* (H,W): columns done */
        memset(sums, 0, (size_t)h * (size_t)w * sizeof *sums);
        for (int y = 0; y < h; y++)
            for (int k = -reach; k <= reach; k++) {
                if (y + k < 0 || y + k >= h)
                    continue;
                const float share = weight[k < 0 ? -k : k], *from = x + (size_t)(y + k) * (size_t)w;
                float *to = sums + (size_t)y * (size_t)w;
                for (int i = 0; i < w; i++)
                    to[i] += share * (from[i] - lo);
            }
        memset(r->row, 0, ((size_t)w + 2 * MOST_REACH) * sizeof *r->row);
        for (int y = 0; y < h; y++) {
            float *to = x + (size_t)y * (size_t)w;
            memcpy(r->row + MOST_REACH, sums + (size_t)y * (size_t)w, (size_t)w * sizeof *sums);
            for (int i = 0; i < w; i++)
                to[i] = lo;
            for (int k = -reach; k <= reach; k++) {
                const float share = weight[k < 0 ? -k : k], *from = r->row + MOST_REACH + k;
                for (int i = 0; i < w; i++)
                    to[i] += share * from[i];
            }
        }
    }
}

/* ---- noise and cutout -------------------------------------------------------------------------*/

/* Natural logarithm of x in 2^-24..1, to 1e-6: the exponent apart, then the series of artanh. */
static inline float log_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t from = bits - 0x3f3504f3; /* sqrt(1/2): mantissas of sqrt(1/2)..sqrt(2) */
    const int32_t exponent = (int32_t)from >> 23;
    bits -= (uint32_t)exponent << 23;
    memcpy(&x, &bits, sizeof x);
    const float s = (x - 1) / (x + 1), q = s * s;
    const float series = 1 + q * (1 / 3.0f + q * (1 / 5.0f + q * (1 / 7.0f + q / 9)));
    return 2 * s * series + 0.69314718f * (float)exponent;
}

/* Normal numbers by Box and Muller, without calls so that the loops go in lanes. A pair takes one
 * word: 24 bits for the length, 24 for an angle in -45..45 degrees, 2 for which of the four
 * quarters that is turned into. x gets sigma times (NOISE_BLOCK) of them. */
enum { NOISE_PAIRS = 64, NOISE_BLOCK = 2 * NOISE_PAIRS };

static void noise_block(ga_rng *rng, float sigma, float x[NOISE_BLOCK])
{
    float length[NOISE_PAIRS], part[NOISE_PAIRS];
    int32_t across[NOISE_PAIRS];
    float sign[NOISE_PAIRS];
    for (int i = 0; i < NOISE_PAIRS; i++) {
        const uint64_t word = ga_rng_u64(rng);
        length[i] = (float)(int32_t)((word >> 40) + 1) * 0x1p-24f; /* (0,1] */
        part[i] = (float)(int32_t)(word >> 16 & 0xffffff) * 0x1p-24f - 0.5f;
        across[i] = (int32_t)(word & 1);
        sign[i] = (float)(int32_t)(word & 2) - 1;
    }
    for (int i = 0; i < NOISE_PAIRS; i++)
        length[i] = sigma * sqrtf(-2 * log_of(length[i]));
    for (int i = 0; i < NOISE_PAIRS; i++) {
        const float a = part[i] * 1.57079633f, q = a * a;
        const float sine = a * (1 - q / 6 * (1 - q / 20 * (1 - q / 42)));
        const float cosine = 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56)));
        const float big = sign[i] * cosine;
        x[i] = length[i] * (across[i] != 0 ? sine : big);
        x[NOISE_PAIRS + i] = length[i] * (across[i] != 0 ? big : sine);
    }
}

static void add_noise(const ga_augmentation *a, size_t n, float range, float *x)
{
    ga_rng rng = {.key = a->noise_key};
    float block[NOISE_BLOCK];
    for (size_t at = 0; at < n; at += NOISE_BLOCK) {
        const size_t now = n - at < NOISE_BLOCK ? n - at : NOISE_BLOCK;
        noise_block(&rng, a->noise * range, block);
        for (size_t i = 0; i < now; i++)
            x[at + i] += block[i];
    }
}

static void cut_out(const ga_augmentation *a, ga_dims d, float value, float *x)
{
    for (int c = 0; c < d.c; c++, x += (size_t)d.h * (size_t)d.w)
        for (int y = a->cut_y; y < a->cut_y + a->cut_h; y++)
            for (int i = a->cut_x; i < a->cut_x + a->cut_w; i++)
                x[(size_t)y * (size_t)d.w + (size_t)i] = value;
}

/* ---- all of them ------------------------------------------------------------------------------*/

void ga_augment_apply(const ga_augmentation *a, int n, ga_dims d, float lo, float hi,
                      const float *src, float *dst, void *bytes)
{
    const size_t count = ga_dims_count(d);
    const room r = room_of(bytes, d);
    for (int i = 0; i < n; i++, a++, src += count, dst += count) {
        if (moves(a))
            warp(a, d, lo, src, dst, &r);
        else if (src != dst)
            memcpy(dst, src, count * sizeof *dst);
        if (has(a, GA_AUGMENT_JITTER))
            jitter(a, d, hi - lo, dst);
        if (has(a, GA_AUGMENT_BLUR))
            blur(a, d, lo, dst, &r);
        if (has(a, GA_AUGMENT_NOISE) && hi != lo)
            add_noise(a, count, hi - lo, dst);
        if (has(a, GA_AUGMENT_CUTOUT))
            cut_out(a, d, lo, dst);
    }
}

void ga_augment_adjoint(const ga_augmentation *a, int n, ga_dims d, const float *grad_dst,
                        float *grad_src, void *bytes)
{
    const size_t count = ga_dims_count(d);
    const room r = room_of(bytes, d);
    for (int i = 0; i < n; i++, a++, grad_dst += count, grad_src += count) {
        if (grad_src != grad_dst)
            memcpy(grad_src, grad_dst, count * sizeof *grad_src);
        if (has(a, GA_AUGMENT_CUTOUT))
            cut_out(a, d, 0, grad_src);
        if (has(a, GA_AUGMENT_BLUR))
            blur(a, d, 0, grad_src, &r);
        if (has(a, GA_AUGMENT_JITTER))
            jitter_adjoint(a, d, grad_src);
        if (moves(a))
            warp_adjoint(a, d, grad_src, grad_src, &r);
    }
}
