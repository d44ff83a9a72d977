/* worker_stat.h - the benchmark's jobs of dissection: counts, iqr, quantiles (bench/torch_stat.py). */
#ifndef GA_BENCH_WORKER_STAT_H
#define GA_BENCH_WORKER_STAT_H

void *make_counts(const char *name);
void once_counts(void *state);
void *make_iqr(const char *name);
void once_iqr(void *state);
void *make_quantiles(const char *name);
void once_quantiles(void *state);
#endif
