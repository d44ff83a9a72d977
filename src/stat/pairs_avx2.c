/* pairs_avx2.c - tiles of 6 x 16, in 12 of 16 registers. */
#if defined(__AVX2__) && defined(__FMA__)
#define LANES 8
#define ROWS  6
#define TABLE ga_pairs_avx2
#include "stat/pairs_tile.h"
#else
typedef int pairs_avx2_is_empty; /* a translation unit may not be */
#endif
