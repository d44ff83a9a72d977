/* flat.h - sums over flat arrays, for the rest of this room. */
#ifndef GA_FLAT_H
#define GA_FLAT_H
#include "kernel/vec.h"

/* Sum of (x - minus)^2 in double, minus may be NULL; the threads do not change a bit of it. */
double ga_square_sum(const ga_vec *vec, int threads, const float *x, const float *minus,
                     size_t count);
#endif
