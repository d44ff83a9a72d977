/* pairs_portable.c - tiles of 4 x 8 for any processor (vectors of 4 where there are some). */
#define LANES 4
#define ROWS  4
#define TABLE ga_pairs_portable
#include "stat/pairs_tile.h"
