/* pairs_tile.h - the register tiles of pairs.h, included once by each pairs_ISA.c, which defines
 * LANES (floats of a vector), ROWS and TABLE (the name of its table). A tile is ROWS x 2 vectors of
 * sums, which the compiler keeps in registers, and walks down D. */
#include "stat/pairs.h"
#include <string.h>

#define COLUMNS (2 * LANES)

typedef float vec __attribute__((vector_size(4 * LANES)));

static inline vec load(const float *p)
{
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(float *p, vec v)
{
    memcpy(p, &v, sizeof v);
}

static void squares(const float *a, const float *b, size_t d, float *out, size_t stride)
{
    vec sum[ROWS][2];
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++)
        sum[r][0] = sum[r][1] = (vec){0};
    for (size_t k = 0; k < d; k++, a += ROWS, b += COLUMNS) {
        const vec b0 = load(b), b1 = load(b + LANES);
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            const vec gap0 = a[r] - b0, gap1 = a[r] - b1;
            sum[r][0] += gap0 * gap0;
            sum[r][1] += gap1 * gap1;
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
        store(out + (size_t)r * stride, sum[r][0]);
        store(out + (size_t)r * stride + LANES, sum[r][1]);
    }
}

static void products(const float *a, const float *b, size_t d, float *out, size_t stride)
{
    vec sum[ROWS][2];
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++)
        sum[r][0] = sum[r][1] = (vec){0};
    for (size_t k = 0; k < d; k++, a += ROWS, b += COLUMNS) {
        const vec b0 = load(b), b1 = load(b + LANES);
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            sum[r][0] += a[r] * b0;
            sum[r][1] += a[r] * b1;
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
        store(out + (size_t)r * stride, sum[r][0]);
        store(out + (size_t)r * stride + LANES, sum[r][1]);
    }
}

const ga_pairs_isa TABLE = {ROWS, COLUMNS, {squares, products}};
