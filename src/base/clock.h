/* clock.h - time, only ever for people and benches: results do not depend on it. */
#ifndef GA_CLOCK_H
#define GA_CLOCK_H
#include "ganatomy/base.h"
double ga_seconds(void);     /* monotonic */
int64_t ga_unix_time(void);  /* seconds since 1970 */
size_t ga_peak_memory(void); /* bytes of resident memory at most so far; 0 if unknown */
#endif
