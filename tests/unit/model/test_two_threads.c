/* The library from two threads at once: each opens, plans and runs for itself, over one set of
 * parameters that both read. Run under the thread sanitizer by tools/check_threads.sh. */
#include <pthread.h>
#include "ganatomy/model.h"
#include "check.h"

enum { Z = 4, RUNS = 25, BATCH = 3, PICTURE = 144 };

static const char *const generator = GA_SOURCE_DIR "/tests/data/small/generator.safetensors";
static const char *const description = GA_SOURCE_DIR "/tests/data/small/generator.json";

typedef struct work {
    ga_model *shared; /* its parameters are read by both */
    int seed;
    float pictures[RUNS][BATCH * PICTURE];
    ga_err err; /* status GA_OK: all went well */
} work;

/* Latents of its own, an edit of its own in every other run, the parameters of all. */
static ga_status run_all(work *w)
{
    const ga_graph *g = ga_model_graph(w->shared);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    ga_plan *plan;
    const int unit = w->seed % 4;
    const float value = 0.5f;
    const ga_edit edit = {.tap = "layer1", .units = &unit, .n_units = 1, .values = &value, .alpha = 1};
    o.batch = BATCH;
    o.threads = 1;
    o.bn = w->seed % 2 ? GA_BN_RUNNING : GA_BN_IMAGE;
    ga_status s = ga_plan_create(g, ga_model_params(w->shared), &o, &plan, &w->err);
    for (int i = 0; i < RUNS && s == GA_OK; i++) {
        float z[BATCH * Z];
        const ga_run run = {.edits = &edit, .n_edits = i % 2};
        s = ga_latents(GA_LAW_NORMAL, (uint32_t)w->seed, (uint64_t)i, BATCH, Z, z, &w->err);
        if (s == GA_OK)
            s = ga_plan_write(plan, ga_graph_tap_name(g, 0), (ga_view){z, BATCH, Z, 1, 1}, &w->err);
        if (s == GA_OK)
            s = ga_plan_forward(plan, &run, &w->err);
        if (s == GA_OK)
            s = ga_plan_read(plan, "layer3", w->pictures[i], &w->err);
    }
    ga_plan_free(plan);
    return s;
}

/* Files and JSON as well: nothing behind them may be shared in secret. */
static ga_status open_all(work *w)
{
    ga_arch *a = NULL;
    ga_model *m = NULL;
    ga_status s = ga_arch_open(description, &a, &w->err);
    if (s == GA_OK)
        s = ga_model_import(a, &generator, 1, &m, &w->err);
    if (s == GA_OK)
        s = ga_model_set_note(m, "note", "mine alone", &w->err);
    ga_model_free(m);
    ga_arch_free(a);
    if (s == GA_OK && ga_arch_open("no such network", &a, &w->err) != GA_ENOTFOUND)
        s = ga_fail(&w->err, GA_EFAILED, "an unknown architecture was opened");
    return s;
}

static void *work_for_itself(void *user)
{
    work *w = user;
    ga_status s = GA_OK;
    for (int i = 0; i < 4 && s == GA_OK; i++)
        s = open_all(w);
    if (s == GA_OK)
        s = run_all(w);
    w->err.status = s;
    return NULL;
}

static void two_threads_get_what_one_gets(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a;
    ga_model *m;
    pthread_t thread[2];
    work *alone = calloc(2, sizeof *alone), *together = calloc(2, sizeof *together);
    CHECK_OK(ga_arch_open(description, &a, &err));
    CHECK_OK(ga_model_import(a, &generator, 1, &m, &err));
    for (int i = 0; i < 2; i++) {
        alone[i] = (work){.shared = m, .seed = i + 1};
        together[i] = alone[i];
        work_for_itself(&alone[i]);
        if (alone[i].err.status != GA_OK)
            fail_msg("alone: %s", alone[i].err.text);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, work_for_itself, &together[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    for (int i = 0; i < 2; i++) {
        if (together[i].err.status != GA_OK)
            fail_msg("together: %s", together[i].err.text);
        assert_memory_equal(together[i].pictures, alone[i].pictures, sizeof alone[i].pictures);
    }
    assert_memory_not_equal(alone[0].pictures, alone[1].pictures, sizeof alone[0].pictures);
    ga_model_free(m);
    ga_arch_free(a);
    free(alone);
    free(together);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_get_what_one_gets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
