/* wide.h - sums of f64 as whole numbers: what is added in whatever order, in whatever parts, is the
 * same to the last bit.
 *
 * A sum is a number of n limbs of 64 bits, lowest first, in two's complement, that counts units of
 * 2^lowest. What an addend has below one unit is dropped (towards 0), each addend for itself. */
#ifndef GA_WIDE_H
#define GA_WIDE_H
#include <stdint.h>

/* |x| below 2^(lowest + 64 n - 1), and so the sum; x finite. */
void ga_wide_add(uint64_t *sum, int n, int lowest, double x);
void ga_wide_merge(uint64_t *sum, const uint64_t *other, int n);
/* The nearest f64. n at most 16. */
double ga_wide_value(const uint64_t *sum, int n, int lowest);
#endif
