/* table.h - from counts to the 2x2 table of a unit and a label. */
#ifndef GA_TABLE_H
#define GA_TABLE_H
#include "ganatomy/tally.h"

typedef struct ga_table_counts {
    uint64_t both, label, active, category_active, category_pixels, pixels;
} ga_table_counts;

ga_table ga_table_of(ga_denominator of, ga_table_counts n);
#endif
