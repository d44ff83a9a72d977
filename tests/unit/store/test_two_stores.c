/* Two threads with a store each on one database: both write runs and curves at once, nothing is
 * lost or mixed. Run under the thread sanitizer by tools/check_threads.sh. */
#include <pthread.h>
#include "check.h"
#include "ganatomy/store.h"

enum { ROUNDS = 12, POINTS = 40 };

typedef struct work {
    const char *path, *name;
    double factor; /* of its points: value = factor * step */
    int64_t run;
    ga_err err; /* status GA_OK: all went well */
} work;

static void *write_a_run(void *user)
{
    work *w = user;
    ga_store *s = NULL;
    const ga_run_new run = {.name = w->name, .kind = "gan", .config = "{}", .seed = 1};
    ga_status status = ga_store_open(w->path, &s, &w->err);
    if (status == GA_OK)
        status = ga_store_run_create(s, &run, &w->run, &w->err);
    for (int i = 0; i < ROUNDS && status == GA_OK; i++) {
        ga_point points[POINTS];
        for (int k = 0; k < POINTS; k++) {
            const int64_t step = i * POINTS + k + 1;
            points[k] = (ga_point){"loss", step, w->factor * (double)step};
        }
        status = ga_store_points_add(s, w->run, points, POINTS, &w->err);
    }
    if (status == GA_OK)
        status = ga_store_run_set_state(s, w->run, GA_RUN_DONE, NULL, &w->err);
    ga_store_close(s);
    w->err.status = status;
    return NULL;
}

static void two_threads_write_one_database(void **state)
{
    (void)state;
    ga_err err;
    char folder[] = "/tmp/ganatomy-two-stores-XXXXXX", path[96], command[128];
    pthread_t thread[2];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/ganatomy.db", folder);
    work w[2] = {{.path = path, .name = "one", .factor = 2}, {.path = path, .name = "two", .factor = -3}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, write_a_run, &w[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    ga_store *s;
    CHECK_OK(ga_store_open(path, &s, &err));
    for (int i = 0; i < 2; i++) {
        int64_t *steps;
        double *values;
        size_t n;
        if (w[i].err.status != GA_OK)
            fail_msg("%s: %s", w[i].name, w[i].err.text);
        CHECK_OK(ga_store_series_read(s, w[i].run, "loss", 0, INT64_MAX, &steps, &values, &n,
                                      &err));
        assert_int_equal(n, ROUNDS * POINTS);
        for (size_t k = 0; k < n; k++)
            if (steps[k] != (int64_t)k + 1 || values[k] != w[i].factor * (double)(k + 1))
                fail_msg("%s: point %zu is (%lld, %g)", w[i].name, k, (long long)steps[k], values[k]);
        ga_store_series_free(steps, values);
    }
    ga_store_close(s);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_write_one_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
