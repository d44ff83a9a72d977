/* published.h - the published networks under ../shared/data and the real digits, or exit 77. */
#ifndef GA_PUBLISHED_H
#define GA_PUBLISHED_H
#include "base/cpu.h"
#include "check.h"
#include "ganatomy/metric.h"

/* Ten thousand pictures take minutes without vector instructions or with sanitizers; those runs
 * have the constructed cases. Says so. */
static inline bool too_slow_here(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const bool slow = true;
#else
    const bool slow = ga_cpu_isa() == GA_ISA_PORTABLE;
#endif
    if (slow)
        printf("skipped: ten thousand pictures take minutes here\n");
    return slow;
}

static inline ga_model *imported(const char *arch, const char *const *files, int n)
{
    ga_err err;
    char path[4][512];
    const char *paths[4];
    ga_arch *a;
    ga_model *m;
    for (int i = 0; i < n; i++)
        paths[i] = need_shared(files[i], path[i], sizeof path[i]);
    CHECK_OK(ga_arch_open(arch, &a, &err));
    CHECK_OK(ga_model_import(a, paths, n, &m, &err));
    ga_arch_free(a);
    return m;
}

static inline ga_model *published_lenet(void)
{
    return imported("lenet5", (const char *[]){"lenet/lenet_epoch=12_test_acc=0.991.pth"}, 1);
}

static inline ga_model *published_generator(void)
{
    return imported("mnist-gan",
                    (const char *[]){"mnist-gan/g_layer_0.zip", "mnist-gan/g_layer_1.zip",
                                     "mnist-gan/g_layer_2.zip", "mnist-gan/g_layer_3.zip"},
                    4);
}

/* The real digits, or exit 77. */
static inline ga_dataset *digits(ga_split split)
{
    ga_err err;
    ga_dataset *data;
    if (ga_dataset_open("mnist", split, NULL, &data, &err) != GA_OK) {
        printf("skipped: %s\n", err.text);
        exit(77);
    }
    return data;
}
#endif
