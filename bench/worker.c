/* worker.c - our side of the benchmark, driven by bench/bench.py.
 *
 * Reads lines "JOB VARIANT REPS" on stdin, answers with milliseconds per repetition. The jobs are
 * those of bench/torch_worker.py; the variant is ignored. Weights and pictures are random: the time
 * does not depend on them. */
#include "ganatomy/edit.h"
#include "ganatomy/train.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 2, BATCH = 100, PICTURES = 2000 };

static void must(ga_status s, const ga_err *err)
{
    if (s == GA_OK)
        return;
    fprintf(stderr, "bench worker: %s\n", err->text);
    exit(1);
}

static void fill_normal(float *x, size_t n, uint64_t seed)
{
    ga_rng rng = ga_rng_of(seed, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)ga_rng_normal(&rng);
}

static ga_model *random_generator(void)
{
    ga_err err = {0};
    ga_arch *arch;
    ga_model *m;
    must(ga_arch_open("mnist-gan", &arch, &err), &err);
    must(ga_model_create(arch, &m, &err), &err);
    ga_params_init(ga_model_params(m), ga_model_graph(m), 1, false);
    ga_params_changed(ga_model_params(m));
    ga_arch_free(arch);
    return m;
}

/* ---- jobs: a state made once, then repeated
 * ----------------------------------------------------*/

typedef struct job {
    const char *name;
    void *state;
    void *(*make)(const char *name);
    void (*once)(void *state);
} job;

/* Noise in ten classes: lives as long as the process. */
static ga_dataset *random_data(void)
{
    ga_err err = {0};
    ga_dataset *data;
    const size_t size = (size_t)PICTURES * 28 * 28;
    uint8_t *pixels = ga_mem_new(size, 1);
    int32_t *labels = ga_mem_new(PICTURES, sizeof *labels);
    ga_rng rng = ga_rng_of(1, 1);
    for (size_t i = 0; i < size; i++)
        pixels[i] = (uint8_t)ga_rng_u64(&rng);
    for (int i = 0; i < PICTURES; i++)
        labels[i] = i % 10;
    must(ga_dataset_create("noise", GA_SPLIT_TRAIN, pixels, labels, PICTURES, (ga_dims){1, 28, 28},
                           10, NULL, &data, &err),
         &err);
    ga_mem_free(pixels);
    ga_mem_free(labels);
    return data;
}

/* The networks of a job that trains, and how. */
static const struct training {
    const char *name, *arch, *partner; /* no partner: a classifier */
    int batch, shift;
    double r1;
} trainings[] = {{"train-f32", "mnist-gan", "mnist-gan-d", BATCH, 0, 0},
                 {"train-bf16", "mnist-gan", "mnist-gan-d", BATCH, 0, 0},
                 {"classifier-step", "cnn", NULL, BATCH, 2, 0},
                 {"cgan-step", "dcgan:classes=10", "dcgan-d:classes=10", 64, 0, 0},
                 {"r1-step", "dcgan", "dcgan-d:norm=none", 64, 0, 0.1}};

static void *make_train(const char *name)
{
    ga_err err = {0};
    ga_arch *a, *b = NULL;
    ga_train *t;
    const struct training *how = trainings;
    while (strcmp(how->name, name) != 0)
        how++;
    must(ga_arch_open(how->arch, &a, &err), &err);
    ga_train_options o = how->partner != NULL ? ga_train_gan_defaults()
                                              : ga_train_classifier_defaults();
    o.steps = 1000000;
    o.batch = how->batch;
    o.shift = how->shift;
    o.r1 = how->r1;
    o.r1_every = 1;
    o.seed = 1;
    o.threads = THREADS;
    o.bf16 = strcmp(name, "train-bf16") == 0;
    if (how->partner == NULL) {
        must(ga_train_classifier(a, random_data(), NULL, &o, &t, &err), &err);
    } else {
        must(ga_arch_open(how->partner, &b, &err), &err);
        must(ga_train_gan(a, b, random_data(), NULL, &o, &t, &err), &err);
    }
    ga_arch_free(a);
    ga_arch_free(b);
    return t;
}

static void once_train(void *state)
{
    ga_err err = {0};
    double values[GA_TRAIN_MAX_CURVES];
    must(ga_train_step(state, values, &err), &err);
}

typedef struct inference {
    ga_plan *plan;
    float *z, *pictures;
    int n;
} inference;

static void *make_generate(const char *name)
{
    ga_err err = {0};
    inference *s = ga_mem_new(1, sizeof *s);
    ga_model *m = random_generator();
    s->n = atoi(strchr(name, '-') + 1);
    s->z = ga_mem_new((size_t)s->n * 5, sizeof(float));
    s->pictures = ga_mem_new((size_t)s->n * 784, sizeof(float));
    fill_normal(s->z, (size_t)s->n * 5, 2);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = s->n;
    o.threads = THREADS;
    o.bf16 = strstr(name, "bf16") != NULL;
    must(ga_plan_create(ga_model_graph(m), ga_model_params(m), &o, &s->plan, &err), &err);
    return s;
}

static void once_generate(void *state)
{
    ga_err err = {0};
    inference *s = state;
    must(ga_plan_write(s->plan, "z", (ga_view){s->z, s->n, 5, 1, 1}, &err), &err);
    must(ga_plan_forward(s->plan, NULL, &err), &err);
    must(ga_plan_read(s->plan, "layer3", s->pictures, &err), &err);
}

typedef struct hunt {
    ga_lab *lab;
    float *maps; /* source, donor */
} hunt;

static void *make_search(const char *name)
{
    (void)name;
    ga_err err = {0};
    hunt *s = ga_mem_new(1, sizeof *s);
    const ga_lab_options o = {.tap = "layer1", .bn = GA_BN_IMAGE, .threads = THREADS};
    float z[10];
    must(ga_lab_create(random_generator(), &o, &s->lab, &err), &err);
    s->maps = ga_mem_new(2 * 128 * 49, sizeof(float));
    fill_normal(z, 10, 3);
    must(ga_lab_render(s->lab, z, NULL, 2, s->maps, NULL, &err), &err);
    return s;
}

static void once_search(void *state)
{
    ga_err err = {0};
    hunt *s = state;
    int units[20];
    double scores[20];
    must(ga_lab_search(s->lab, GA_SEARCH_MOST, GA_OP_SWAP, s->maps, s->maps + 128 * 49, 20, units,
                       scores, NULL, &err),
         &err);
}

int main(void)
{
    static job jobs[] = {{"train-f32", NULL, make_train, once_train},
                         {"train-bf16", NULL, make_train, once_train},
                         {"generate-128", NULL, make_generate, once_generate},
                         {"generate-1", NULL, make_generate, once_generate},
                         {"generate-128-bf16", NULL, make_generate, once_generate},
                         {"search", NULL, make_search, once_search},
                         {"classifier-step", NULL, make_train, once_train},
                         {"cgan-step", NULL, make_train, once_train},
                         {"r1-step", NULL, make_train, once_train}};
    char line[256], name[64], variant[64];
    int reps;
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        double ms = -1;
        if (sscanf(line, "%63s %63s %d", name, variant, &reps) != 3)
            return 1;
        for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
            job *j = &jobs[i];
            if (strcmp(j->name, name) != 0)
                continue;
            if (j->state == NULL) {
                j->state = j->make(name);
                j->once(j->state);
            }
            const double start = ga_seconds();
            for (int r = 0; r < reps; r++)
                j->once(j->state);
            ms = (ga_seconds() - start) * 1000 / reps;
        }
        if (strcmp(name, "memory") == 0)
            ms = (double)ga_peak_memory();
        printf("%.6f\n", ms);
        fflush(stdout);
    }
    return 0;
}
