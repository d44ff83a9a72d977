/* worker_seg.h - the benchmark's job of labels: upernet, upernet-bf16 (bench/torch_upernet.py). */
#ifndef GA_BENCH_WORKER_SEG_H
#define GA_BENCH_WORKER_SEG_H

void *make_segment(const char *name);
void once_segment(void *state);
#endif
