/* conv_winograd.h - inside the product kernels: products with fewer multiplications, for training.
 *
 * Along a line, m outputs with r taps read n = m + r - 1 sources d and are
 *     y = A^T ((G w) * (B^T d))            n multiplications in place of m r
 * where G and A take the values of polynomials with coefficients w and y at n points, and B^T is
 * the transpose of interpolation, which finds n coefficients from n values. In two dimensions lines
 * are transformed along both: a tile of 4 x 4 outputs with 5 x 5 taps takes 64 products, not 400.
 * Per point these are products of matrices (tiles and images, channels in) x (channels in, out),
 * which the register tiles of conv_plan.h do. A step of s splits a layer into s phases along a line
 * (of the source, or of the result if it is the larger one) with ceil(k/s) taps at most.
 *
 * Points are 0, infinity (the leading coefficient), 3/2, -3/2, 1/2, -1/2, 1, -1 in this order: whole
 * pairs, which share work, and 0 only where n is even. A and G hold nothing but powers of the points:
 * that is why tiles of every size m and phases of every r find the weights of a point, and the sums
 * over phases, in the same numbers.
 *
 * Error: intermediate values are larger than results. Relative to the largest result, of random
 * numbers, results and gradients of sources were within 1e-5 (up to 3 taps a phase: 4e-6), gradients
 * of weights, which sum over all tiles and images, within 4e-5 (8e-6). Direct sums: 2e-6 and 4e-6. The points
 * were chosen for that among the fractions up to 3 with denominators up to 8.
 *
 * Sources: Toom 1963, Cook 1966; Winograd 1980 (Arithmetic Complexity of Computations); Lavin and
 * Gray 2016, arXiv:1509.09308, sec. 4. Departures: nested sets of points, all scaling in B. */
#ifndef GA_CONV_WINOGRAD_H
#define GA_CONV_WINOGRAD_H
#include "kernel/conv.h"

enum {
    GA_WINO_POINTS = 8, /* along a line, at most */
    GA_WINO_OUTPUTS = 4,
    GA_WINO_TAPS = 5,  /* of a phase, at most */
    GA_WINO_PHASES = 4 /* the largest step */
};

/* ---- transforms -------------------------------------------------------------------------------*/

/* The points above 0, in the order in which sets take them in. */
static const float ga_wino_root[3] = {1.5f, 0.5f, 1.0f};

/* What interpolation from n points takes along a line; pairs = (n - 1) / 2, zero = n even. */
typedef struct ga_wino_line {
    float infinity[3]; /* of source zero + 2j; that of the last source is 1 */
    float zero[3];     /* of source 2j + 2; that of source 0 is 1 */
    float even[3][3];  /* pair k: of source zero + 2j, and */
    float odd[3][3];   /* of source zero + 2j + 1; the two sums added and subtracted */
} ga_wino_line;

/* A transform of one tile, element by element of its rows of `count` floats (a multiple of 16).
 * Tiles are h x w rows, points are sets of n as above, both row by row. */
typedef struct ga_wino_move {
    const ga_wino_line *lines; /* [n] */
    const float *in[GA_WINO_POINTS * GA_WINO_POINTS];
    float *out[GA_WINO_POINTS * GA_WINO_POINTS];
    int in_h, in_w, out_h, out_w;
    const float *start; /* `gather`: added to each result; NULL: 0 */
    size_t count;
} ga_wino_move;
typedef void (*ga_wino_fn)(const ga_wino_move *m);

/* Fills lines[1 .. GA_WINO_POINTS]. */
void ga_wino_lines(ga_wino_line *lines);

/* ---- compiled shapes --------------------------------------------------------------------------*/

/* One phase of the kernel along a line. Tap b of output q of its phase reads source
 * first + (q + b)*step_in and is number tap + b*tap_step of the kernel. */
typedef struct ga_wino_phase {
    int taps, tap, tap_step, first;
    int points; /* all that its tiles use: the set its weights are transformed to */
} ga_wino_phase;

/* Tiles of m outputs each: tile t makes outputs start + (t*m + i)*step_out, numbered first + t*m +
 * i within their phase, from phases phase .. phase+n_phases-1 of the kernel. */
typedef struct ga_wino_tiles {
    int m, tiles, start, first, phase, n_phases;
    int points; /* all that its phases use: the set its results are collected from */
} ga_wino_tiles;

typedef struct ga_wino_axis {
    int k, n_in, n_out, step_in, step_out;
    int n_phases, n_kinds;
    ga_wino_phase phase[GA_WINO_PHASES];
    ga_wino_tiles kind[2 * GA_WINO_PHASES];
} ga_wino_axis;

/* One direction. Weights of a pair of phases and a pair of points are one matrix, a slot. */
typedef struct ga_wino {
    ga_wino_axis rows, cols;
    int slot[GA_WINO_PHASES][GA_WINO_PHASES]; /* first of a pair of phases */
    int slots;
    uint64_t sources, results; /* points an image; as many products as sources, for each in x out */
    size_t in_stride,
        out_stride; /* words from one row of transformed sources, results to the next */
    size_t zeros_bytes, block_bytes; /* scratch: a row of zeros, then a block's sources and, */
    size_t results_offset;           /* so many words behind their start, its results */
    ga_wino_line lines[GA_WINO_POINTS + 1];
} ga_wino;

/* One group of multiples of 16 channels, no dilation, 2 to 5 taps a phase, at most 36 in all. */
bool ga_wino_fits(const ga_conv_shape *s);
/* The largest tile (2 .. GA_WINO_OUTPUTS) that makes training on a shape cheapest, or 0 where
 * products over valid taps do. Depends on the shape alone. */
int ga_wino_tile(const ga_conv_shape *s);
/* n: the most images. To be freed with ga_mem_free; NULL: no memory. */
ga_wino *ga_wino_make(const ga_conv_shape *s, bool backward, int tile, int n);
/* Rows (tile, image) of one pair of kinds of tiles that are worked on at a time, at most. Does not
 * fall as n rises, so what suffices for the most images suffices for fewer. */
size_t ga_wino_block_rows(const ga_wino *w, int kind_h, int kind_w, size_t n);
/* Words from one point's matrix of so many rows to the next. */
size_t ga_wino_point_step(size_t rows, size_t stride);

/* Points of n are numbers ga_wino_first(n) .. ga_wino_first(n) + n - 1. */
static inline int ga_wino_first(int n)
{
    return n % 2 == 0 ? 0 : 1;
}

#endif
