#include "base/cpu.h"
#include "base/text.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char *const NAMES[] = {"portable", "avx2", "avx512", "avx512_bf16", NULL};

const char *ga_isa_name(ga_isa isa)
{
    return NAMES[isa];
}

/* Every flag that the room `kernel` is compiled with for an instruction set is asked for.
 * __builtin_cpu_supports also asks whether the operating system saves the wide registers. */
static ga_isa best_isa(void)
{
#if defined(__x86_64__)
    unsigned a, b, c, d;
    __builtin_cpu_init();
    const bool f16c = __get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 29)) != 0;
    if (!f16c || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return GA_ISA_PORTABLE;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
        return GA_ISA_AVX2;
    const bool bf16 = __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5)) != 0;
    return bf16 ? GA_ISA_AVX512_BF16 : GA_ISA_AVX512;
#else
    return GA_ISA_PORTABLE;
#endif
}

ga_isa ga_cpu_isa(void)
{
    const ga_isa best = best_isa();
    const char *wanted = getenv("GANATOMY_ISA");
    if (wanted != NULL)
        for (int i = 0; i < (int)best; i++)
            if (strcmp(wanted, NAMES[i]) == 0)
                return (ga_isa)i;
    return best;
}

ga_status ga_cpu_check_environment(ga_err *err)
{
    enum { MOST_THREADS = 1024 };
    const char *text = getenv("GANATOMY_THREADS");
    int64_t number;
    if (text == NULL || text[0] == 0 ||
        (ga_parse_i64(text, &number) && number >= 1 && number <= MOST_THREADS))
        return GA_OK;
    return ga_fail(err, GA_EINVAL,
                   "'GANATOMY_THREADS': found '%.60s', expected a whole number from 1 to %d", text,
                   MOST_THREADS);
}

/* Cores' worth of time that the control group grants, or max. A container that owns two of 64 cores
 * sees all 64; 64 threads on two cores would mostly wait for each other. */
static int granted_cores(int max)
{
    long long quota, period;
    int cores = max;
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (f == NULL)
        return max;
    if (fscanf(f, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0) {
        const long long whole = (quota + period - 1) / period;
        cores = whole < max ? (int)whole : max;
    }
    fclose(f);
    return cores;
}

int ga_cpu_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    const int cores = CPU_COUNT(&set);
    return granted_cores(cores < 1 ? 1 : cores);
}

int ga_cpu_threads(int wanted)
{
    const int cores = ga_cpu_cores();
    const char *text = getenv("GANATOMY_THREADS");
    int64_t number;
    if (wanted <= 0 && text != NULL && ga_parse_i64(text, &number) && number >= 1)
        wanted = number < cores ? (int)number : cores;
    return wanted <= 0 || wanted > cores ? cores : wanted;
}
