/* pairs_avx512.c - tiles of 12 x 32, in 24 of 32 registers. */
#if defined(__AVX512F__)
#define LANES 16
#define ROWS  12
#define TABLE ga_pairs_avx512
#include "stat/pairs_tile.h"
#else
typedef int pairs_avx512_is_empty; /* a translation unit may not be */
#endif
