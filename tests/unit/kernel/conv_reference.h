/* conv_reference.h - convolutions as their definition says, in double, one multiplication at a
 * time: the proof that the product kernels are held against. Layouts as in kernel/conv.h. */
#ifndef GA_CONV_REFERENCE_H
#define GA_CONV_REFERENCE_H
#include "kernel/conv.h"

/* Calls f(user, source element, weight element, result element) for every multiplication of a
 * convolution of n images; this one enumeration defines all three directions. */
typedef void (*conv_visit)(void *user, size_t src, size_t weight, size_t dst);

static inline void conv_enumerate(const ga_conv_shape *s, int n, conv_visit f, void *user)
{
    const int icg = s->ic / s->groups, ocg = s->oc / s->groups;
    /* A transposed convolution goes from result to source as a convolution from source to result.
     */
    const int big_h = s->transposed ? s->oh : s->ih, big_w = s->transposed ? s->ow : s->iw;
    const int small_h = s->transposed ? s->ih : s->oh, small_w = s->transposed ? s->iw : s->ow;
    for (int h = 0; h < small_h; h++)
        for (int w = 0; w < small_w; w++)
            for (int kh = 0; kh < s->kh; kh++)
                for (int kw = 0; kw < s->kw; kw++) {
                    const int y = h * s->sh - s->ph + kh * s->dh;
                    const int x = w * s->sw - s->pw + kw * s->dw;
                    if (y < 0 || y >= big_h || x < 0 || x >= big_w)
                        continue;
                    const size_t big = (size_t)y * big_w + x, small = (size_t)h * small_w + w;
                    for (int i = 0; i < n; i++)
                        for (int o = 0; o < s->oc; o++)
                            for (int c = 0; c < icg; c++) {
                                const int in = o / ocg * icg + c;
                                const size_t a = s->transposed ? small : big;
                                const size_t b = s->transposed ? big : small;
                                const size_t k = (size_t)kh * s->kw + kw;
                                const size_t weight = s->transposed ? (size_t)in * ocg + o % ocg
                                                                    : (size_t)o * icg + c;
                                f(user, (a * n + i) * s->ic + in, weight * s->kh * s->kw + k,
                                  (b * n + i) * s->oc + o);
                            }
                }
}

typedef struct conv_numbers {
    const float *src, *weights, *diff_dst;
    double *dst, *diff_src, *diff_weights;
} conv_numbers;

static inline void conv_multiply(void *user, size_t src, size_t weight, size_t dst)
{
    const conv_numbers *x = user;
    x->dst[dst] += (double)x->src[src] * x->weights[weight];
    x->diff_src[src] += (double)x->diff_dst[dst] * x->weights[weight];
    x->diff_weights[weight] += (double)x->diff_dst[dst] * x->src[src];
}
#endif
