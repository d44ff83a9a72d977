/* bench_conv.c - speed of the product kernels on the layers of the MNIST GAN, per direction, beside
 * the machine's own peak: `bench_conv [BATCH [THREADS [f32|bf16 [LAYER]]]]`. Medians of alternating
 * rounds; the peak is measured between them, as clocks and neighbours change. One thread is timed
 * by the CPU time it gets, which neighbours disturb less; more are timed by the clock. Shares count
 * the multiplications of valid taps: kernels that do fewer can exceed 100 %. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/text.h"
#include "kernel/conv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 15, JOBS = 5 };

static const struct layer {
    const char *name;
    ga_conv_shape s;
} layers[] = {
    {"G1 5->12544", {false, 1, 5, 12544, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1}},
    {"G2 256->128 s1", {true, 1, 256, 128, 7, 7, 7, 7, 5, 5, 1, 1, 2, 2, 1, 1}},
    {"G3 128->64 s2", {true, 1, 128, 64, 7, 7, 14, 14, 5, 5, 2, 2, 2, 2, 1, 1}},
    {"G4 64->1 s2", {true, 1, 64, 1, 14, 14, 28, 28, 5, 5, 2, 2, 2, 2, 1, 1}},
    {"D1 1->64 s2", {false, 1, 1, 64, 28, 28, 14, 14, 5, 5, 2, 2, 2, 2, 1, 1}},
    {"D2 64->128 s2", {false, 1, 64, 128, 14, 14, 7, 7, 5, 5, 2, 2, 2, 2, 1, 1}},
    {"D3 6272->1", {false, 1, 6272, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1}},
};

static const char *const job_names[JOBS] = {"pack", "forward", "bwd data", "bwd weights",
                                            "pack bwd"};

/* Multiply-adds a second of registers alone. One function a vector length; CHAINS hides latency. */
enum { PEAK_STEPS = 400000 };
#define SPIN(name, options, bytes, chains)                                                         \
    options static double name(void)                                                               \
    {                                                                                              \
        typedef float v __attribute__((vector_size(bytes)));                                       \
        v a[chains], x = {0};                                                                      \
        for (int i = 0; i < chains; i++)                                                           \
            a[i] = x + (float)i;                                                                   \
        x += 1.000001f;                                                                            \
        for (int i = 0; i < PEAK_STEPS; i++) {                                                     \
            _Pragma("GCC unroll 24") for (int j = 0; j < chains; j++) a[j] = a[j] * x + x;         \
            __asm__ volatile("" : "+x"(x));                                                        \
        }                                                                                          \
        v sum = a[0];                                                                              \
        for (int j = 1; j < chains; j++)                                                           \
            sum += a[j];                                                                           \
        if (sum[0] == 42.0f) /* keeps the loop */                                                  \
            puts("");                                                                              \
        const int lanes = bytes / 4;                                                               \
        return (double)PEAK_STEPS * chains * lanes;                                                \
    }
SPIN(spin_portable, , 16, 12)
#ifdef __x86_64__
SPIN(spin_avx2, __attribute__((target("avx2,fma"))), 32, 12)
SPIN(spin_avx512, __attribute__((target("avx512f,fma"))), 64, 24)
#endif

static double seconds(int threads)
{
    struct timespec t;
    if (threads > 1)
        return ga_seconds();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double peak(int threads)
{
    double rate = 0;
    const ga_isa isa = ga_cpu_isa();
    const double start = seconds(threads);
#pragma omp parallel num_threads(threads) reduction(+ : rate)
    {
#ifdef __x86_64__
        rate += isa >= GA_ISA_AVX512 ? spin_avx512()
                : isa == GA_ISA_AVX2 ? spin_avx2()
                                     : spin_portable();
#else
        (void)isa;
        rate += spin_portable();
#endif
    }
    return rate / (seconds(threads) - start);
}

static float *draw(size_t n)
{
    ga_rng rng = ga_rng_of(1, n);
    float *x = ga_mem_new(n, sizeof *x);
    if (x == NULL) {
        fprintf(stderr, "bench_conv: out of memory\n");
        exit(4);
    }
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * ga_rng_uniform(&rng) - 1);
    return x;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, compare);
    return x[n / 2];
}

static double time_job(const ga_conv *c, int job, int n, float *const data[7], void *const pack[2],
                       void *scratch, int repeats, int threads)
{
    const double start = seconds(threads);
    for (int i = 0; i < repeats; i++) {
        if (job == 0)
            ga_conv_pack(c, data[2], pack[0]);
        else if (job == 1)
            ga_conv_forward(c, n, data[0], pack[0], data[3], data[1], scratch);
        else if (job == 2)
            ga_conv_backward_data(c, n, data[4], pack[1], data[5], scratch);
        else if (job == 3)
            ga_conv_backward_weights(c, n, data[0], data[4], data[6], data[3], false, scratch);
        else
            ga_conv_pack_backward(c, data[2], pack[1]);
    }
    return (seconds(threads) - start) / repeats;
}

static void run_layer(const struct layer *layer, int n, int threads, bool bf16)
{
    const ga_conv_shape *s = &layer->s;
    ga_err err;
    ga_conv *c;
    if (ga_conv_create(s, n, bf16, GA_CONV_TRAIN, ga_cpu_isa(), threads, &c, &err) != GA_OK) {
        fprintf(stderr, "bench_conv: %s\n", err.text);
        exit(1);
    }
    const ga_conv_info info = ga_conv_describe(c);
    const size_t n_src = (size_t)(s->ih * s->iw * s->ic) * (size_t)n;
    const size_t n_dst = (size_t)(s->oh * s->ow * s->oc) * (size_t)n;
    const size_t n_weights = (size_t)(s->ic * s->oc * s->kh * s->kw);
    float *data[7] = {draw(n_src), draw(n_dst), draw(n_weights), draw((size_t)s->oc),
                      draw(n_dst), draw(n_src), draw(n_weights)};
    void *pack[2] = {ga_mem_new(info.packed_bytes, 1), ga_mem_new(info.packed_backward_bytes, 1)};
    void *scratch = ga_mem_new(info.scratch_bytes, 1);
    double times[JOBS][ROUNDS], peaks[ROUNDS];
    int repeats[JOBS];
    ga_conv_pack(c, data[2], pack[0]);
    ga_conv_pack_backward(c, data[2], pack[1]);
    for (int job = 0; job < JOBS; job++) {
        const double once = time_job(c, job, n, data, pack, scratch, 2, threads);
        repeats[job] = once > 0.01 ? 1 : (int)(0.01 / once) + 1;
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int job = 0; job < JOBS; job++)
            times[job][round] = time_job(c, job, n, data, pack, scratch, repeats[job], threads);
        peaks[round] = peak(threads);
    }
    const double top = median(peaks, ROUNDS), work = (double)info.multiply_adds * n;
    printf("%-15s %-24s", layer->name, info.kernel);
    for (int job = 0; job < JOBS; job++) {
        const double t = median(times[job], ROUNDS);
        printf(" | %s %8.3f ms", job_names[job], 1e3 * t);
        if (job >= 1 && job <= 3)
            printf(" %3.0f %%", 100 * work / t / top);
    }
    printf(" | peak %.0f GFLOP/s\n", 2e-9 * top);
    for (int i = 0; i < 7; i++)
        ga_mem_free(data[i]);
    ga_mem_free(pack[0]);
    ga_mem_free(pack[1]);
    ga_mem_free(scratch);
    ga_conv_free(c);
}

int main(int argc, char **argv)
{
    int64_t n = 100, threads = ga_cpu_threads(0);
    if (argc > 1 && (!ga_parse_i64(argv[1], &n) || n < 1 || n > 4096)) {
        fprintf(stderr, "usage: bench_conv [BATCH [THREADS [f32|bf16 [LAYER]]]]\n");
        return 2;
    }
    if (argc > 2 && (!ga_parse_i64(argv[2], &threads) || threads < 1 || threads > 256)) {
        fprintf(stderr, "bench_conv: '%s' is no number of threads\n", argv[2]);
        return 2;
    }
    const bool bf16 = argc > 3 && strcmp(argv[3], "bf16") == 0;
    printf("batch %d, %d threads, %s, %s; shares are of the f32 peak\n", (int)n, (int)threads,
           bf16 ? "bf16" : "f32", ga_isa_name(ga_cpu_isa()));
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (argc <= 4 || strncmp(layers[i].name, argv[4], strlen(argv[4])) == 0)
            run_layer(&layers[i], (int)n, (int)threads, bf16);
    return 0;
}
