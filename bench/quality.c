/* quality.c - our side of `make bench-quality`, driven by bench/quality.py.
 *
 *     bench_quality RECIPE CHECKPOINT
 *
 * Trains the GAN that RECIPE, a JSON object, describes, on MNIST. Goes on from CHECKPOINT if that
 * is a file. Says "ready STEPS" and reads lines on stdin:
 *     train N                  N steps; answers with their seconds
 *     save CHECKPOINT MODEL    writes both, MODEL with its statistics settled; answers "saved"
 * bench/torch_quality.py understands the same. */
#include "ganatomy/train.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE = 100 }; /* batches that measure the batch-norm statistics of the average */

static void must(ga_status s, const ga_err *err)
{
    if (s == GA_OK)
        return;
    fprintf(stderr, "bench_quality: %s\n", err->text);
    exit(1);
}

typedef struct recipe {
    ga_arch *generator, *discriminator;
    ga_train_options options;
} recipe;

static recipe read_recipe(const char *text)
{
    const ga_json_at at = {.where = "the recipe"};
    ga_err err = {0};
    json_t *o;
    const char *names[2];
    int64_t batch, seed, threads, most;
    recipe r = {.options = ga_train_gan_defaults()};
    must(ga_json_parse(text, strlen(text), at.where, &o, &err), &err);
    must(ga_json_get_string(o, &at, "generator", false, &names[0], &err), &err);
    must(ga_json_get_string(o, &at, "discriminator", false, &names[1], &err), &err);
    must(ga_json_get_int(o, &at, "batch", false, 2, 65536, &batch, &err), &err);
    must(ga_json_get_int(o, &at, "seed", false, 0, INT32_MAX, &seed, &err), &err);
    must(ga_json_get_int(o, &at, "threads", false, 1, 1024, &threads, &err), &err);
    must(ga_json_get_int(o, &at, "most_steps", false, 1, INT32_MAX, &most, &err), &err);
    must(ga_json_get_double(o, &at, "lr", false, &r.options.lr, &err), &err);
    must(ga_json_get_double(o, &at, "beta1", false, &r.options.beta1, &err), &err);
    must(ga_json_get_double(o, &at, "beta2", false, &r.options.beta2, &err), &err);
    must(ga_json_get_double(o, &at, "ema", false, &r.options.ema, &err), &err);
    must(ga_arch_open(names[0], &r.generator, &err), &err);
    must(ga_arch_open(names[1], &r.discriminator, &err), &err);
    r.options.batch = (int)batch;
    r.options.seed = (uint64_t)seed;
    r.options.threads = (int)threads;
    r.options.steps = (uint64_t)most;
    json_decref(o);
    return r;
}

static double train(ga_train *t, int steps)
{
    ga_err err = {0};
    double values[GA_TRAIN_MAX_CURVES];
    const double start = ga_seconds();
    for (int i = 0; i < steps; i++)
        must(ga_train_step(t, values, &err), &err);
    return ga_seconds() - start;
}

static void save(ga_train *t, const char *config, const char *checkpoint, const char *model)
{
    ga_err err = {0};
    ga_model *m;
    must(ga_train_save(t, checkpoint, config, &err), &err);
    must(ga_train_model(t, SETTLE, &m, &err), &err);
    must(ga_model_save(m, model, GA_F32, &err), &err);
    ga_model_free(m);
}

int main(int argc, char **argv)
{
    ga_err err = {0};
    ga_dataset *data;
    ga_train *t;
    char line[8192], checkpoint[4096], model[4096];
    int steps;
    if (argc != 3) {
        fputs("usage: bench_quality RECIPE CHECKPOINT (started by bench/quality.py)\n", stderr);
        return 2;
    }
    const recipe r = read_recipe(argv[1]);
    must(ga_dataset_open("mnist", GA_SPLIT_TRAIN, NULL, &data, &err), &err);
    must(ga_train_gan(r.generator, r.discriminator, data, NULL, &r.options, &t, &err), &err);
    if (ga_is_file(argv[2]))
        must(ga_train_load(t, argv[2], argv[1], &err), &err);
    printf("ready %llu\n", (unsigned long long)ga_train_steps_done(t));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "train %d", &steps) == 1) {
            printf("%.6f\n", train(t, steps));
        } else if (sscanf(line, "save %4095s %4095s", checkpoint, model) == 2) {
            save(t, argv[1], checkpoint, model);
            puts("saved");
        } else {
            fprintf(stderr, "bench_quality: no such request: %s", line);
            return 1;
        }
        fflush(stdout);
    }
    ga_train_free(t);
    ga_dataset_free(data);
    ga_arch_free(r.generator);
    ga_arch_free(r.discriminator);
    return 0;
}
