/* pairs.h - every row of one matrix against every row of another: squared distances or products.
 *
 * The values come block by block to a visitor and are never kept as a whole (10,000 x 10,000 would
 * be 400 MB). Sums are f32 over the D numbers in their order, so that a value depends on its two
 * rows alone: not on threads, blocks or the rows beside them. Squared distances are sums of squared
 * differences and not |x|^2 + |y|^2 - 2xy, which would cost twice less and lose the digits of near
 * neighbours: equal rows are exactly 0 apart, and (x,y) is exactly (y,x). */
#ifndef GA_PAIRS_H
#define GA_PAIRS_H
#include "ganatomy/stat.h"

typedef enum ga_pairs_kind { GA_PAIRS_SQUARES, GA_PAIRS_PRODUCTS } ga_pairs_kind;

/* Value of (row + r, column + c), r < rows, c < columns, at values[r * stride + c]. */
typedef struct ga_pairs_block {
    size_t row, column, rows, columns, stride;
    const float *values;
    int thread; /* 0 .. threads-1: which of the visitor's private rooms to use */
} ga_pairs_block;

/* Called by several threads at once, but blocks of one row come from one thread, columns
 * ascending. */
typedef void ga_pairs_fn(void *user, const ga_pairs_block *block);

/* upper: blocks wholly below the diagonal (columns before rows) may be left out. GA_ENOMEM. */
ga_status ga_pairs_walk(ga_pairs_kind kind, ga_points x, ga_points y, bool upper, int threads,
                        ga_pairs_fn *visit, void *user, ga_err *err);

/* ---- the tiles, one table per instruction set -------------------------------------------------*/

/* rows x columns values at out, stride floats from row to row, from packed rows a (D,rows) and
 * packed columns b (D,columns). */
typedef void ga_pairs_tile(const float *a, const float *b, size_t d, float *out, size_t stride);

typedef struct ga_pairs_isa {
    int rows, columns;
    ga_pairs_tile *tile[2]; /* by ga_pairs_kind */
} ga_pairs_isa;

extern const ga_pairs_isa ga_pairs_portable, ga_pairs_avx2, ga_pairs_avx512;
#endif
