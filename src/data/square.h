/* square.h - pictures to one square size: middle square, then a triangle filter. */
#ifndef GA_SQUARE_H
#define GA_SQUARE_H
#include "ganatomy/tensor.h"

/* The weights for pictures of one size; made again only when the size changes. Start with {0}. */
typedef struct ga_square {
    ga_dims from; /* what the weights are for */
    int side;
    struct ga_square_axis {
        int *first;    /* (side) first pixel that counts */
        float *weight; /* (side, taps), sum 1 */
        int taps;
    } x, y;
    float *rows; /* (from.h, side, c) after the first pass */
} ga_square;

/* Source: the "bilinear" resampling of Pillow and torch's antialias=True: triangle of half width
 * max(1, step), cut at the picture's edges, weights made to sum to 1. */
ga_status ga_square_set(ga_square *s, ga_dims from, int side, ga_err *err);
/* (H,W,C) bytes to (side,side,C) bytes. */
void ga_square_run(const ga_square *s, const uint8_t *src, uint8_t *dst);
void ga_square_free(ga_square *s);
#endif
