/* What a training says that it will need, beside what the process then really holds: counted by the
 * C library's own books (mallinfo2), not by ours. */
#include "base/alloc.h"
#include "books.h"
#include "check.h"
#include "ganatomy/train.h"

static const struct kind {
    const char *what, *arch, *partner;
    int batch;
    double r1, ema;
    bool spectral, sgd;
} kinds[] = {{"gan", "mnist-gan", "mnist-gan-d", 100, 0, 0.999, false, false},
             {"gan", "dcgan-28", "dcgan-28-d", 32, 0, 0, true, false},
             {"gan", "mlp-gan:width=32", "mlp-gan-d:width=32", 16, 1, 0.999, false, false},
             {"gan", "homework-generator", "homework-discriminator", 64, 1, 0.999, true, false},
             {"gan", "mnist-gan", "mnist-gan-d", 16, 0, 0, false, false},
             {"gan", "cdcgan:width=8", "dcgan-d:width=8,classes=10", 64, 0, 0, false, false},
             {"gan", "mlp-gan", "mlp-gan-d", 4, 0, 0, false, true},
             {"classifier", "lenet5", NULL, 100, 0, 0, false, false},
             {"classifier", "cnn:width=8", NULL, 16, 0, 0.999, false, false},
             {"vae", "vae", "vae-e", 64, 0, 0, false, false},
             {"encoder", "encoder:width=8,z=5", "mnist-gan", 32, 0, 0.999, false, false},
             {.what = NULL}};

/* n pictures of noise in ten classes. */
static ga_dataset *noise(int n)
{
    ga_err err;
    ga_dataset *d;
    uint8_t *pixels = malloc((size_t)n * 784);
    int32_t *labels = malloc((size_t)n * sizeof *labels);
    for (int i = 0; i < n * 784; i++)
        pixels[i] = (uint8_t)((uint32_t)i * 2654435761u >> 24);
    for (int i = 0; i < n; i++)
        labels[i] = i % 10;
    CHECK_OK(ga_dataset_create("noise", GA_SPLIT_TRAIN, pixels, labels, n, (ga_dims){1, 28, 28}, 10,
                               NULL, &d, &err));
    free(pixels);
    free(labels);
    return d;
}

static ga_train *begin(const struct kind *k, const ga_dataset *data, ga_model *frozen)
{
    ga_err err;
    ga_arch *a, *b = NULL;
    ga_train *t = NULL;
    ga_train_options o = ga_train_gan_defaults();
    o.batch = k->batch;
    o.steps = 10;
    o.r1 = k->r1;
    o.ema = k->ema;
    o.spectral = k->spectral;
    o.optimizer = k->sgd ? GA_SGD : GA_ADAM;
    o.threads = 1; /* OpenMP keeps its workers' memory, which is no training's */
    CHECK_OK(ga_arch_open(k->arch, &a, &err));
    if (k->partner != NULL && frozen == NULL)
        CHECK_OK(ga_arch_open(k->partner, &b, &err));
    if (strcmp(k->what, "gan") == 0)
        CHECK_OK(ga_train_gan(a, b, data, data, &o, &t, &err));
    else if (strcmp(k->what, "classifier") == 0)
        CHECK_OK(ga_train_classifier(a, data, data, &o, &t, &err));
    else if (strcmp(k->what, "vae") == 0)
        CHECK_OK(ga_train_vae(a, b, data, data, &o, &t, &err));
    else
        CHECK_OK(ga_train_encoder(a, frozen, &o, &t, &err));
    ga_arch_free(a);
    ga_arch_free(b);
    return t;
}

static void the_forecast_is_within_a_tenth_of_what_is_held(void **state)
{
    (void)state;
    ga_err err;
    double values[GA_TRAIN_MAX_CURVES];
    if (!books_are_kept())
        skip();
    ga_dataset *data = noise(400);
    for (const struct kind *k = kinds; k->what != NULL; k++) {
        ga_arch *a = NULL;
        ga_model *frozen = NULL;
        if (strcmp(k->what, "encoder") == 0) {
            CHECK_OK(ga_arch_open(k->partner, &a, &err));
            CHECK_OK(ga_model_create(a, &frozen, &err));
        }
        const size_t before = held();
        ga_train *t = begin(k, data, frozen);
        for (int step = 0; step < 2; step++)
            CHECK_OK(ga_train_step(t, values, &err));
        CHECK_OK(ga_train_measure(t, 100, values, &err));
        const double ratio = (double)(held() - before) / (double)ga_train_bytes(t);
        if (ratio < 0.9 || ratio > 1.1)
            fail_msg("%s of %s, batch %d: held is %.3f of the forecast of %zu bytes", k->what,
                     k->arch, k->batch, ratio, ga_train_bytes(t));
        ga_train_free(t);
        ga_model_free(frozen);
        ga_arch_free(a);
    }
    ga_dataset_free(data);
}

/* A plan more, as the generator's, would be 3 MiB. */
static void settling_statistics_takes_no_second_plan(void **state)
{
    (void)state;
    ga_err err;
    ga_model *plain, *settled;
    ga_dataset *data = noise(40);
    const struct kind k = {"gan", "dcgan:width=8", "dcgan-d:width=8", 16, 0, 0.999, false, false};
    ga_train *t = begin(&k, data, NULL);
    const uint64_t before = ga_mem_count();
    CHECK_OK(ga_train_model(t, 0, &plain, &err));
    const uint64_t between = ga_mem_count();
    CHECK_OK(ga_train_model(t, 2, &settled, &err));
    assert_int_equal(ga_mem_count() - between, between - before + 1); /* the sums */
    ga_model_free(plain);
    ga_model_free(settled);
    ga_train_free(t);
    ga_dataset_free(data);
}

static void a_limit_is_kept_to_the_byte(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a;
    ga_train *t;
    ga_dataset *data = noise(40);
    ga_train_options o = ga_train_classifier_defaults();
    o.steps = 10;
    o.batch = 32;
    o.threads = 1;
    CHECK_OK(ga_arch_open("lenet5", &a, &err));
    CHECK_OK(ga_train_classifier(a, data, NULL, &o, &t, &err));
    o.memory_limit = ga_train_bytes(t);
    const size_t with = ga_train_bytes(t);
    ga_train_free(t);
    CHECK_OK(ga_train_classifier(a, data, NULL, &o, &t, &err));
    ga_train_free(t);
    o.memory_limit = with - 1;
    CHECK_FAILS(ga_train_classifier(a, data, NULL, &o, &t, &err), GA_ENOMEM,
                "training with batch 32 needs ");
    assert_null(t);
    ga_arch_free(a);
    ga_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_forecast_is_within_a_tenth_of_what_is_held),
        cmocka_unit_test(settling_statistics_takes_no_second_plan),
        cmocka_unit_test(a_limit_is_kept_to_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
