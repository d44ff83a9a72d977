/* flat.h - sums over flat arrays, for the rest of this room. */
#ifndef GA_FLAT_H
#define GA_FLAT_H
#include "kernel/vec.h"

/* Sum of x y in double; the threads do not change a bit of it. */
double ga_flat_dot(const ga_vec *vec, int threads, const float *x, const float *y, size_t count);
#endif
