/* worker.c - our side of the benchmark, driven by bench/bench.py.
 *
 * Reads lines "JOB VARIANT REPS" on stdin, answers with milliseconds per repetition. The jobs are
 * those of bench/torch_worker.py; the variant is ignored. Weights and pictures are random: the time
 * does not depend on them. */
#include "ganatomy/edit.h"
#include "ganatomy/metric.h"
#include "ganatomy/train.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "train/train_inner.h"
#include "worker_seg.h"
#include "worker_stat.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 2, BATCH = 100, PICTURES = 2000, SCORED = 10000 };

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

static ga_model *random_model(const char *name)
{
    ga_err err = {0};
    ga_arch *arch;
    ga_model *m;
    must(ga_arch_open(name, &arch, &err), &err);
    must(ga_model_create(arch, &m, &err), &err);
    ga_params_init(ga_model_params(m), ga_model_graph(m), 1, GA_START_PYTORCH);
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
    double (*answer)(void *state, int reps); /* in place of milliseconds */
} job;

/* Noise in ten classes: lives as long as the process. */
static ga_dataset *random_data(int n)
{
    ga_err err = {0};
    ga_dataset *data;
    const size_t size = (size_t)n * 28 * 28;
    uint8_t *pixels = ga_mem_new(size, 1);
    int32_t *labels = ga_mem_new((size_t)n, sizeof *labels);
    ga_rng rng = ga_rng_of(1, 1);
    for (size_t i = 0; i < size; i++)
        pixels[i] = (uint8_t)ga_rng_u64(&rng);
    for (int i = 0; i < n; i++)
        labels[i] = i % 10;
    must(ga_dataset_create("noise", GA_SPLIT_TRAIN, pixels, labels, n, (ga_dims){1, 28, 28}, 10,
                           NULL, &data, &err),
         &err);
    ga_mem_free(pixels);
    ga_mem_free(labels);
    return data;
}

#define EVERY_KIND "crop,rotate,translate,flip,jitter,blur,noise,cutout"

/* The networks of a job that trains, and how. */
static const struct training {
    const char *name, *arch, *partner; /* no partner: a classifier */
    int batch, shift;
    double r1;
    const char *augment;
} trainings[] = {
    {.name = "train-f32", .arch = "mnist-gan", .partner = "mnist-gan-d", .batch = BATCH},
    {.name = "train-bf16", .arch = "mnist-gan", .partner = "mnist-gan-d", .batch = BATCH},
    {.name = "classifier-step", .arch = "cnn", .batch = BATCH, .shift = 2},
    {.name = "loader-cnn", .arch = "cnn", .batch = BATCH, .shift = 2, .augment = EVERY_KIND},
    {.name = "loader-lenet5", .arch = "lenet5", .batch = BATCH, .shift = 2, .augment = EVERY_KIND},
    {.name = "cgan-step", .arch = "dcgan:classes=10", .partner = "dcgan-d:classes=10", .batch = 64},
    {.name = "r1-step", .arch = "dcgan", .partner = "dcgan-d:norm=none", .batch = 64, .r1 = 0.1}};

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
    must(ga_augment_parse(how->augment != NULL ? how->augment : "none", &o.augment, &err), &err);
    if (how->partner == NULL) {
        must(ga_train_classifier(a, random_data(PICTURES), NULL, &o, &t, &err), &err);
    } else {
        must(ga_arch_open(how->partner, &b, &err), &err);
        must(ga_train_gan(a, b, random_data(PICTURES), NULL, &o, &t, &err), &err);
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

/* Percent of the steps' time in which the trainer does not wait for its loader. The loader runs at
 * the start of each step; what it does there is done once more behind each step, when the caches
 * hold what a step leaves in them, and timed. */
static double share_busy(void *state, int reps)
{
    ga_err err = {0};
    ga_train *t = state;
    double steps = 0, loader = 0;
    for (int r = 0; r < reps; r++) {
        const double start = ga_seconds();
        once_train(t);
        const double stepped = ga_seconds();
        must(ga_train_fill(t, t->done, &err), &err);
        ga_train_augment(t, t->pictures, t->pictures, t->done, 0);
        steps += stepped - start;
        loader += ga_seconds() - stepped;
    }
    return 100 * (1 - loader / steps);
}

typedef struct inference {
    ga_plan *plan;
    const char *end;
    float *z, *pictures;
    int n, z_size;
} inference;

/* "generate-N": N pictures of mnist-gan; "progan...": one of 256 pixels. */
static void *make_generate(const char *name)
{
    ga_err err = {0};
    inference *s = ga_mem_new(1, sizeof *s);
    const bool small = strncmp(name, "generate", 8) == 0;
    ga_model *m = random_model(small ? "mnist-gan" : "progan:pixels=256");
    const ga_graph *g = ga_model_graph(m);
    const int last = ga_graph_output(g);
    s->n = small ? atoi(strchr(name, '-') + 1) : 1;
    s->z_size = ga_graph_tap_dims(g, 0).c;
    s->end = ga_graph_tap_name(g, last);
    s->z = ga_mem_new((size_t)s->n * (size_t)s->z_size, sizeof(float));
    s->pictures = ga_mem_new((size_t)s->n * ga_dims_count(ga_graph_tap_dims(g, last)),
                             sizeof(float));
    fill_normal(s->z, (size_t)s->n * (size_t)s->z_size, 2);
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
    must(ga_plan_write(s->plan, "z", (ga_view){s->z, s->n, s->z_size, 1, 1}, &err), &err);
    must(ga_plan_forward(s->plan, NULL, &err), &err);
    must(ga_plan_read(s->plan, s->end, s->pictures, &err), &err);
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
    must(ga_lab_create(random_model("mnist-gan"), &o, &s->lab, &err), &err);
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

typedef struct contest {
    ga_model *generator;
    ga_dataset *reals;
    ga_eye *eye;
} contest;

static void *make_frechet(const char *name)
{
    (void)name;
    ga_err err = {0};
    contest *s = ga_mem_new(1, sizeof *s);
    s->generator = random_model("mnist-gan");
    s->reals = random_data(SCORED);
    must(ga_eye_create(random_model("lenet5"), GA_FEATURE_TAP, THREADS, 0, &s->eye, &err), &err);
    return s;
}

static void once_frechet(void *state)
{
    ga_err err = {0};
    contest *s = state;
    ga_sight fake = {0}, real = {0};
    double distance;
    must(ga_sight_of_generator(s->eye, s->generator, SCORED, 1, GA_BN_RUNNING, THREADS, 0, &fake,
                               NULL, &err),
         &err);
    must(ga_sight_of_data(s->eye, s->reals, SCORED, &real, NULL, NULL, &err), &err);
    must(ga_sight_distance(&fake, &real, &distance, &err), &err);
    ga_sight_free(&fake);
    ga_sight_free(&real);
}

int main(void)
{
    static job jobs[] = {
        {.name = "train-f32", .make = make_train, .once = once_train},
        {.name = "train-bf16", .make = make_train, .once = once_train},
        {.name = "generate-128", .make = make_generate, .once = once_generate},
        {.name = "generate-1", .make = make_generate, .once = once_generate},
        {.name = "generate-128-bf16", .make = make_generate, .once = once_generate},
        {.name = "progan", .make = make_generate, .once = once_generate},
        {.name = "progan-bf16", .make = make_generate, .once = once_generate},
        {.name = "upernet", .make = make_segment, .once = once_segment},
        {.name = "upernet-bf16", .make = make_segment, .once = once_segment},
        {.name = "search", .make = make_search, .once = once_search},
        {.name = "frechet", .make = make_frechet, .once = once_frechet},
        {.name = "classifier-step", .make = make_train, .once = once_train},
        {.name = "loader-cnn", .make = make_train, .once = once_train, .answer = share_busy},
        {.name = "loader-lenet5", .make = make_train, .once = once_train, .answer = share_busy},
        {.name = "cgan-step", .make = make_train, .once = once_train},
        {.name = "r1-step", .make = make_train, .once = once_train},
        {.name = "counts", .make = make_counts, .once = once_counts},
        {.name = "iqr", .make = make_iqr, .once = once_iqr},
        {.name = "quantiles", .make = make_quantiles, .once = once_quantiles}};
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
            if (j->answer != NULL) {
                ms = j->answer(j->state, reps);
                continue;
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
