/* A training that is saved, thrown away and loaded goes on as if nothing had happened. */
#include "ganatomy/model.h"
#include "toy.h"
#include <unistd.h>

static void steps(ga_train *t, int n, double *trace)
{
    ga_err err;
    for (int i = 0; i < n; i++)
        CHECK_OK(ga_train_step(t, trace + i * GA_TRAIN_MAX_CURVES, &err));
}

static void bytes_of(const char *path, char **data, size_t *size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    *data = malloc(*size);
    assert_int_equal(fread(*data, 1, *size, f), *size);
    fclose(f);
}

static void same_files(const char *a, const char *b)
{
    char *x, *y;
    size_t nx, ny;
    bytes_of(a, &x, &nx);
    bytes_of(b, &y, &ny);
    assert_int_equal(nx, ny);
    assert_memory_equal(x, y, nx);
    free(x);
    free(y);
}

/* At every step of a training that crosses epochs, with noise, dropout, decay and average. */
static void a_loaded_training_goes_on_byte_for_byte(void **state)
{
    (void)state;
    enum { ALL = 12 };
    ga_err err;
    ga_dataset *data = toy_data(70); /* 4 batches an epoch, 6 pictures left over */
    ga_train_options o = toy_options(ALL);
    o.noise = 0.1;
    o.decay_from = 0.5;
    o.real_target = 0.9;
    double want[ALL * GA_TRAIN_MAX_CURVES] = {0};
    double got[(ALL + 1) * GA_TRAIN_MAX_CURVES] = {
        0}; /* two steps too many may begin at the last */
    ga_train *t = toy_gan(data, &o);
    steps(t, ALL, want);
    CHECK_OK(ga_train_save(t, "undisturbed.safetensors", "{}", &err));
    ga_train_free(t);
    for (int cut = 0; cut < ALL; cut++) {
        t = toy_gan(data, &o);
        steps(t, cut, got);
        CHECK_OK(ga_train_save(t, "cut.safetensors", "{}", &err));
        ga_train_free(t);
        t = toy_gan(data, &o);
        steps(t, 2, got + cut * GA_TRAIN_MAX_CURVES); /* what is loaded must not depend on this */
        CHECK_OK(ga_train_load(t, "cut.safetensors", "{}", &err));
        assert_int_equal(ga_train_steps_done(t), cut);
        steps(t, ALL - cut, got + cut * GA_TRAIN_MAX_CURVES);
        assert_memory_equal(got, want, sizeof want);
        CHECK_OK(ga_train_save(t, "resumed.safetensors", "{}", &err));
        same_files("undisturbed.safetensors", "resumed.safetensors");
        ga_train_free(t);
    }
    unlink("undisturbed.safetensors");
    unlink("cut.safetensors");
    unlink("resumed.safetensors");
    ga_dataset_free(data);
}

static void another_seed_is_another_training(void **state)
{
    (void)state;
    ga_dataset *data = toy_data(40);
    ga_train_options o = toy_options(3);
    double a[3 * GA_TRAIN_MAX_CURVES] = {0}, b[3 * GA_TRAIN_MAX_CURVES] = {0};
    ga_train *t = toy_gan(data, &o);
    steps(t, 3, a);
    ga_train_free(t);
    o.seed++;
    t = toy_gan(data, &o);
    steps(t, 3, b);
    ga_train_free(t);
    assert_memory_not_equal(a, b, sizeof a);
    ga_dataset_free(data);
}

static void a_checkpoint_says_its_step_and_its_config(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *data = toy_data(40);
    const ga_train_options o = toy_options(9);
    double values[3 * GA_TRAIN_MAX_CURVES];
    uint64_t step = 99;
    char *config;
    ga_train *t = toy_gan(data, &o);
    steps(t, 3, values);
    CHECK_OK(ga_train_save(t, "third.safetensors", "{\"lr\":1}", &err));
    CHECK_OK(ga_train_peek("third.safetensors", &step, &config, &err));
    assert_int_equal(step, 3);
    assert_string_equal(config, "{\"lr\":1}");
    ga_train_config_free(config);
    CHECK_FAILS(ga_train_peek("nowhere.safetensors", &step, &config, &err), GA_ENOTFOUND, "nowhere");
    assert_null(config);
    const float one = 1;
    const ga_array array = {"a", GA_F32, 1, {1}, 1, (void *)(uintptr_t)&one};
    const char *const head[] = {"format", "something", "step", "3", NULL};
    CHECK_OK(ga_weights_write("other.safetensors", GA_FORM_SAFETENSORS, &array, 1, head, &err));
    CHECK_FAILS(ga_train_peek("other.safetensors", &step, &config, &err), GA_EDATA,
                "'format' is 'something'");
    const char *const odd[] = {"format", "ganatomy-checkpoint-2", "step", "-3", NULL};
    CHECK_OK(ga_weights_write("other.safetensors", GA_FORM_SAFETENSORS, &array, 1, odd, &err));
    CHECK_FAILS(ga_train_peek("other.safetensors", &step, &config, &err), GA_EDATA, "'step' is '-3'");
    ga_train_free(t);
    ga_dataset_free(data);
}

static void a_checkpoint_of_something_else_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *data = toy_data(40);
    ga_train_options o = toy_options(9);
    double a[2 * GA_TRAIN_MAX_CURVES], b[2 * GA_TRAIN_MAX_CURVES];
    ga_train *t = toy_gan(data, &o);
    CHECK_OK(ga_train_save(t, "first.safetensors", "{\"lr\":1}", &err));
    CHECK_FAILS(ga_train_load(t, "first.safetensors", "{\"lr\":2}", &err), GA_EDATA,
                "other options");
    CHECK_FAILS(ga_train_load(t, "absent.safetensors", "{}", &err), GA_ENOTFOUND, "absent");

    /* one number spoilt: refused, and the training is where it was */
    ga_weights *w;
    CHECK_OK(ga_weights_read("first.safetensors", 0, &w, &err));
    const int n = ga_weights_count(w);
    if (n < 1)
        fail_msg("the checkpoint has no arrays");
    ga_array *arrays = malloc((size_t)n * sizeof *arrays);
    for (int i = 0; i < n; i++)
        arrays[i] = *ga_weights_at(w, i);
    float *spoilt = malloc(arrays[n - 1].count * sizeof *spoilt);
    ga_array_to_f32(&arrays[n - 1], spoilt);
    spoilt[0] = NAN;
    arrays[n - 1].data = spoilt;
    const char *const head[] = {"format", "ganatomy-checkpoint-2", "step",   "0",
                                "dials",  "1 0 1 0 0 0 1 0",       "config", "{}",
                                NULL};
    CHECK_OK(ga_weights_write("bad.safetensors", GA_FORM_SAFETENSORS, arrays, n, head, &err));
    CHECK_FAILS(ga_train_load(t, "bad.safetensors", "{}", &err), GA_EDATA, "not finite");
    CHECK_OK(ga_weights_write("bad.safetensors", GA_FORM_SAFETENSORS, arrays, n - 1, head, &err));
    CHECK_FAILS(ga_train_load(t, "bad.safetensors", "{}", &err), GA_EDATA, "is missing");
    const char *const other[] = {"format", "ganatomy-checkpoint-2", "step",   "10",
                                 "dials",  "1 0 1 0 0 0 1 0",       "config", "{}",
                                 NULL};
    CHECK_OK(ga_weights_write("bad.safetensors", GA_FORM_SAFETENSORS, arrays, n - 1, other, &err));
    CHECK_FAILS(ga_train_load(t, "bad.safetensors", "{}", &err), GA_EDATA, "expected 0 to 9");
    const char *const dials[] = {
        "format", "ganatomy-checkpoint-2", "step", "0", "dials", "1 0 1 0 0", "config", "{}", NULL};
    CHECK_OK(ga_weights_write("bad.safetensors", GA_FORM_SAFETENSORS, arrays, n - 1, dials, &err));
    CHECK_FAILS(ga_train_load(t, "bad.safetensors", "{}", &err), GA_EDATA,
                "'dials' is '1 0 1 0 0', expected 8 numbers");
    steps(t, 2, a);
    ga_train_free(t);
    t = toy_gan(data, &o);
    steps(t, 2, b);
    assert_memory_equal(a, b, 4 * sizeof *a);
    ga_weights_free(w);
    free(arrays);
    free(spoilt);
    unlink("first.safetensors");
    unlink("bad.safetensors");
    ga_train_free(t);
    ga_dataset_free(data);
}

/* ---- the loop ---------------------------------------------------------------------------------*/

typedef struct diary {
    char text[400];
    int stop_after;
    int n;
} diary;

static void note(diary *d, const char *what)
{
    const size_t n = strlen(d->text);
    snprintf(d->text + n, sizeof d->text - n, "%s", what);
}

static ga_status on_step(void *user, uint64_t step, const double *values, ga_err *err)
{
    diary *d = user;
    (void)values;
    (void)err;
    char number[16];
    snprintf(number, sizeof number, " %d", (int)step);
    note(d, number);
    d->n++;
    return GA_OK;
}
static ga_status on_sheet(void *user, uint64_t step, ga_err *err)
{
    diary *d = user;
    (void)step;
    (void)err;
    note(d, "p");
    return GA_OK;
}
static ga_status on_save(void *user, uint64_t step, ga_err *err)
{
    diary *d = user;
    (void)step;
    (void)err;
    note(d, "s");
    return GA_OK;
}
static ga_status on_cancelled(void *user)
{
    diary *d = user;
    return d->n == d->stop_after ? GA_ETERMINATED : GA_OK;
}

static ga_status on_measure(void *user, uint64_t step, ga_err *err)
{
    diary *d = user;
    (void)step;
    (void)err;
    note(d, "m");
    return GA_OK;
}
static ga_status on_change(void *user, uint64_t step, bool *save, ga_err *err)
{
    diary *d = user;
    (void)err;
    if (step == 3) {
        note(d, "c");
        *save = true;
    }
    return GA_OK;
}

static void the_loop_tells_what_happens_in_order(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *data = toy_data(40);
    ga_train_options o = toy_options(7);
    ga_train *t = toy_gan(data, &o);
    diary d = {.stop_after = 5};
    const ga_train_events events = {.user = &d,
                                    .step = on_step,
                                    .measure = on_measure,
                                    .sheet = on_sheet,
                                    .save = on_save,
                                    .change = on_change,
                                    .cancelled = on_cancelled,
                                    .measure_every = 4,
                                    .sheet_every = 3,
                                    .save_every = 2};
    CHECK_FAILS(ga_train_run(t, &events, &err), GA_ETERMINATED, "stopped after step 5 of 7");
    /* before the first step what there is to see; stopped: finishes the step and saves */
    assert_string_equal(d.text, "mp 1 2s 3pcs 4ms 5s");
    d = (diary){.stop_after = -1};
    CHECK_OK(ga_train_run(t, &events, &err));
    assert_string_equal(d.text, " 6ps 7mps");
    d = (diary){.stop_after = -1};
    CHECK_OK(ga_train_run(t, &events, &err));
    assert_string_equal(d.text, "");
    ga_train_free(t);
    ga_dataset_free(data);
}

int main(void)
{
    char folder[] = "/tmp/ganatomy-test-XXXXXX";
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loaded_training_goes_on_byte_for_byte),
        cmocka_unit_test(another_seed_is_another_training),
        cmocka_unit_test(a_checkpoint_says_its_step_and_its_config),
        cmocka_unit_test(a_checkpoint_of_something_else_is_refused_and_changes_nothing),
        cmocka_unit_test(the_loop_tells_what_happens_in_order),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(folder);
    return failed;
}
