/* conv.h - products: convolution, transposed convolution and linear layers, forward and both
 * backwards, as one thing: lists of (pixel, valid tap) and one small family of product kernels.
 *
 * Letters: N images, IC/OC channels in and out, IH/IW/OH/OW rows and columns, KH/KW kernel.
 * Activations are HWNC f32: element (h,w,n,c) at ((h*W + w)*N + n)*C + c, N that of the call.
 * Weights come and gradients go in PyTorch's layouts: Conv2d (OC,IC/groups,KH,KW), transposed
 * (IC,OC/groups,KH,KW); a linear layer (out,in) is a convolution with one pixel and one tap.
 * An output pixel is the sum over its taps that fall on a real input pixel: padding is never
 * multiplied. Strides, dilation and transposition only change the list. Sums are f32 in an order
 * that does not depend on the number of threads nor on the images beside the one at hand.
 * Where the use says so, as in training, layers of many channels and 2 to 5 taps a phase
 * take fewer multiplications for larger rounding errors (conv_winograd.h): relative to the largest
 * result below 2e-5, weight gradients below 1e-4, in place of some 1e-6. */
#ifndef GA_CONV_H
#define GA_CONV_H
#include "base/cpu.h"
#include "ganatomy/base.h"

typedef struct ga_conv_shape {
    bool transposed;
    int groups, ic, oc;
    int ih, iw, oh, ow; /* oh, ow already include output padding; the caller checked them */
    int kh, kw, sh, sw; /* kernel, stride */
    int ph, pw;         /* padding above and to the left (below and right follow from oh, ow) */
    int dh, dw;         /* dilation, 1 = none */
} ga_conv_shape;

typedef struct ga_conv ga_conv; /* immutable; may be shared by threads */

typedef struct ga_conv_info {
    const char *kernel;           /* "avx512 taps 14x32", "avx2 winograd 4x4", "portable", ... */
    const char *reason;           /* one clause: why this one for this shape */
    size_t packed_bytes;          /* for ga_conv_pack */
    size_t packed_backward_bytes; /* for ga_conv_pack_backward */
    size_t scratch_bytes;         /* for every call, at the largest N, all directions */
    uint64_t multiply_adds;       /* per image, valid taps only: of the definition */
} ga_conv_info;

/* n: the largest N. bf16: multiply in bfloat16, sum in f32, if isa has it (else f32, and the reason
 * says so). threads: as many as calls will use. What is chosen depends on the shape and on use,
 * never on n. */
typedef enum ga_conv_use {
    GA_CONV_EXACT, /* forward, products over valid taps */
    GA_CONV_QUICK, /* forward; rounding errors of 1e-5 are tolerable */
    GA_CONV_TRAIN  /* also the backward calls; the same errors */
} ga_conv_use;
ga_status ga_conv_create(const ga_conv_shape *shape, int n, bool bf16, ga_conv_use use, ga_isa isa,
                         int threads, ga_conv **out, ga_err *err);
void ga_conv_free(ga_conv *c);
ga_conv_info ga_conv_describe(const ga_conv *c);

/* packed buffers and scratch: 64-byte aligned, at least the sizes above. */
void ga_conv_pack(const ga_conv *c, const float *weights, void *packed);
void ga_conv_pack_backward(const ga_conv *c, const float *weights, void *packed);

/* src HWNC (IH,IW,N,IC), bias (OC) or NULL, dst HWNC (OH,OW,N,OC), overwritten. */
void ga_conv_forward(const ga_conv *c, int n, const float *src, const void *packed,
                     const float *bias, float *dst, void *scratch);
/* diff_src is overwritten. */
void ga_conv_backward_data(const ga_conv *c, int n, const float *diff_dst, const void *packed,
                           float *diff_src, void *scratch);
/* diff_weights in PyTorch's layout, diff_bias (OC) or NULL; accumulate: added, else overwritten. */
void ga_conv_backward_weights(const ga_conv *c, int n, const float *src, const float *diff_dst,
                              float *diff_weights, float *diff_bias, bool accumulate,
                              void *scratch);

/* ---- doubled sources (conv_doubled.c) ---------------------------------------------------------*/

/* A 3x3 convolution (stride 1, padding 1) of a source that was made twice as high and wide by
 * repeating its pixels is one of the small source, with folded weights: exactly, but for rounding,
 * with 2.25 times fewer multiplications. s: the shape on the doubled source, throughout. */
bool ga_conv_can_double(const ga_conv_shape *s);
/* The shape on the small source: transposed, weights (IC,OC,4,4). */
ga_conv_shape ga_conv_double(const ga_conv_shape *s);
size_t ga_conv_folded_count(const ga_conv_shape *s); /* floats */
void ga_conv_fold(const ga_conv_shape *s, const float *weights, float *folded, int threads);
/* Gradients of weights from those of folded ones. */
void ga_conv_unfold(const ga_conv_shape *s, const float *folded, float *weights, bool accumulate,
                    int threads);
#endif
