/* cpu.h - which instruction set the hot loops use, chosen once at run time. */
#ifndef GA_CPU_H
#define GA_CPU_H
#include "ganatomy/base.h"

typedef enum ga_isa { GA_ISA_PORTABLE, GA_ISA_AVX2, GA_ISA_AVX512, GA_ISA_AVX512_BF16 } ga_isa;
/* The best this CPU (and its operating system) has, or less if the environment variable
 * GANATOMY_ISA asks for it: portable, avx2, avx512, avx512_bf16. AVX2 includes FMA. */
ga_isa ga_cpu_isa(void);
const char *ga_isa_name(ga_isa isa);
int ga_cpu_cores(void); /* that this process may use */
/* wanted, or all cores if 0, never more than those; GANATOMY_THREADS if set is used for 0. */
int ga_cpu_threads(int wanted);
/* GA_EINVAL: GANATOMY_THREADS is no number of threads, which ga_cpu_threads passes over. An empty one
 * is as good as none. (What GANATOMY_ISA asks for in vain, `ganatomy doctor` tells.) */
ga_status ga_cpu_check_environment(ga_err *err);
#endif
