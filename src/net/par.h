/* par.h - loops over many threads whose results do not depend on how many. */
#ifndef GA_PAR_H
#define GA_PAR_H
#include <stddef.h>

/* Calls fn(user, begin, end) for consecutive pieces of 0..count of `grain` each (the last may be
 * shorter), in any order, on up to `threads` threads. One piece: on the calling thread. */
typedef void ga_range_fn(const void *user, size_t begin, size_t end);
void ga_parallel(int threads, size_t count, size_t grain, ga_range_fn *fn, const void *user);
#endif
