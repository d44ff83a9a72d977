/* stored.h - what a statistic holds, as named arrays, and foreign arrays looked up by name. */
#ifndef GA_STORED_H
#define GA_STORED_H
#include "ganatomy/tally.h"

/* Shapes end with 0s: (n), (n,m) or (n,m,k). */
ga_stat_array ga_stored(const char *name, ga_stat_type type, size_t a, size_t b, size_t c,
                        const void *data);
/* *data becomes the array of that name, type and shape. GA_EDATA: there is none, or another. */
ga_status ga_stored_find(const ga_stat_array *arrays, int n, ga_stat_array wanted,
                         const void **data, ga_err *err);
#endif
