/* conv_gradient.h - what the two halves of the weight gradients share. */
#ifndef GA_CONV_GRADIENT_H
#define GA_CONV_GRADIENT_H
#include "kernel/conv_plan.h"

enum { GA_PATCH_ROWS = 128 }; /* rows of patches that are gathered at a time */

/* One call; every thread of the team works with the same one. */
typedef struct ga_gradient_call {
    const ga_gradient *g;
    const ga_conv_shape *shape;
    const ga_kernels *kernels;
    const ga_product *around; /* whose outputs are the column side's pixels (patches) */
    size_t n;                 /* images */
    const float *src, *diff_dst;
    float *diff_weights, *diff_bias;
    bool accumulate;
    char *scratch;
    float *sums;
} ga_gradient_call;

/* To be called by all threads of a team: sums by patches, chunk by chunk, a barrier at the end. */
void ga_gradient_patches(const ga_gradient_call *q);
#endif
