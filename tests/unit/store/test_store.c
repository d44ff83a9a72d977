/* The workspace's database: what is kept, and what is refused. */
#include "place.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_run_comes_back_as_it_was_recorded(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_store *s = with_run(p, "digits", &id);
    ga_store_close(s);
    CHECK_OK(ga_store_open(p->db, &s, &err));
    ga_run_record *r, *by_uuid;
    CHECK_OK(ga_store_run_find(s, "digits", &r, &err));
    assert_int_equal(r->id, id);
    assert_string_equal(r->kind, "gan");
    assert_string_equal(r->config, "{\"lr\":0.0002}");
    assert_string_equal(r->command, "ganatomy train gan");
    assert_string_equal(r->data_name, "mnist");
    assert_string_equal(r->data_hash, "abc");
    assert_string_equal(r->error, "");
    assert_true(r->seed == 0xfedcba9876543210u);
    assert_int_equal(r->state, GA_RUN_RUNNING);
    assert_int_equal(r->pid, getpid());
    assert_true(r->created > 1600000000 && r->finished == 0);
    assert_true(strlen(r->uuid) == 36 && r->uuid[14] == '4');
    CHECK_OK(ga_store_run_find(s, r->uuid, &by_uuid, &err));
    assert_int_equal(by_uuid->id, id);
    ga_run_records_free(by_uuid, 1);
    ga_run_records_free(r, 1);
    ga_store_close(s);
}

static void a_taken_name_is_refused_with_a_free_one(void **state)
{
    ga_err err;
    int64_t id, second;
    ga_store *s = with_run(*state, "digits", &id);
    const ga_run_new again = gan("digits"), other = gan("digits-2");
    CHECK_FAILS(ga_store_run_create(s, &again, &second, &err), GA_EEXIST, "such as 'digits-2'");
    CHECK_OK(ga_store_run_create(s, &other, &second, &err));
    CHECK_FAILS(ga_store_run_create(s, &again, &second, &err), GA_EEXIST, "such as 'digits-3'");
    char name[128], small[4];
    CHECK_OK(ga_store_free_name(s, "digits", name, sizeof name, &err));
    assert_string_equal(name, "digits-3");
    CHECK_OK(ga_store_free_name(s, "new", name, sizeof name, &err));
    assert_string_equal(name, "new");
    CHECK_FAILS(ga_store_free_name(s, "digits", small, sizeof small, &err), GA_EINVAL, "too long");
    ga_store_close(s);
}

static void bad_names_and_configs_are_refused(void **state)
{
    ga_err err;
    int64_t id;
    ga_store *s = with_run(*state, "digits", &id);
    const char *const names[] = {"", "../up", "a/b", ".hidden", "-x", "with space", "caf\xc3\xa9"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const ga_run_new run = gan(names[i]);
        CHECK_FAILS(ga_store_run_create(s, &run, &id, &err), GA_EINVAL, "expected 1 to 100");
    }
    char long_name[102];
    memset(long_name, 'x', 101);
    long_name[101] = 0;
    ga_run_new run = gan(long_name);
    CHECK_FAILS(ga_store_run_create(s, &run, &id, &err), GA_EINVAL, "expected 1 to 100");
    run = gan("good");
    run.config = "{not json";
    CHECK_FAILS(ga_store_run_create(s, &run, &id, &err), GA_EINVAL, "not JSON");
    ga_store_close(s);
}

static void states_change_and_say_when(void **state)
{
    ga_err err;
    int64_t id;
    ga_store *s = with_run(*state, "digits", &id);
    ga_run_record *r;
    for (int i = GA_RUN_QUEUED; i <= GA_RUN_STOPPED; i++) {
        CHECK_OK(ga_store_run_set_state(s, id, (ga_run_state)i, "because", &err));
        CHECK_OK(ga_store_run_find(s, "digits", &r, &err));
        assert_int_equal(r->state, i);
        assert_int_equal(r->finished != 0, i >= GA_RUN_DONE);
        assert_string_equal(r->error, i == GA_RUN_RUNNING ? "" : "because");
        ga_run_records_free(r, 1);
    }
    CHECK_FAILS(ga_store_run_set_state(s, 99, GA_RUN_DONE, NULL, &err), GA_ENOTFOUND,
                "no run number 99");
    ga_store_close(s);
}

static void an_unknown_run_is_answered_with_the_runs_there_are(void **state)
{
    const place *p = *state;
    ga_err err;
    ga_store *s;
    ga_run_record *r;
    CHECK_OK(ga_store_open(p->db, &s, &err));
    CHECK_FAILS(ga_store_run_find(s, "x", &r, &err), GA_ENOTFOUND, "none was recorded");
    assert_null(r);
    int64_t id;
    const ga_run_new a = gan("church"), b = gan("digits");
    CHECK_OK(ga_store_run_create(s, &a, &id, &err));
    CHECK_OK(ga_store_run_create(s, &b, &id, &err));
    CHECK_FAILS(ga_store_run_find(s, "chruch", &r, &err), GA_ENOTFOUND,
                "(did you mean 'church'?): the runs are digits, church");
    ga_store_close(s);
}

static void runs_are_listed_oldest_first_and_by_kind(void **state)
{
    ga_err err;
    int64_t id;
    size_t n;
    ga_run_record *r;
    ga_store *s = with_run(*state, "one", &id);
    for (int i = 0; i < 40; i++) { /* more than the list grows by */
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        ga_run_new run = gan(name);
        run.kind = i % 2 ? "classifier" : "gan";
        CHECK_OK(ga_store_run_create(s, &run, &id, &err));
    }
    CHECK_OK(ga_store_runs(s, NULL, &r, &n, &err));
    assert_int_equal(n, 41);
    assert_string_equal(r[0].name, "one");
    assert_string_equal(r[40].name, "r39");
    ga_run_records_free(r, n);
    CHECK_OK(ga_store_runs(s, "classifier", &r, &n, &err));
    assert_int_equal(n, 20);
    ga_run_records_free(r, n);
    CHECK_OK(ga_store_runs(s, "none", &r, &n, &err));
    assert_int_equal(n, 0);
    ga_run_records_free(r, n);
    ga_store_close(s);
}

static void points_come_back_bit_for_bit_and_nan_is_nan(void **state)
{
    ga_err err;
    int64_t id;
    ga_store *s = with_run(*state, "digits", &id);
    const double values[] = {0.1, NAN, INFINITY, -INFINITY, 5e-324, 1.7976931348623157e308, 3, 0};
    enum { N = sizeof values / sizeof values[0] };
    ga_point points[N];
    for (int i = 0; i < N; i++)
        points[i] = (ga_point){"loss", i * 10, values[i]};
    CHECK_OK(ga_store_points_add(s, id, points, N, &err));
    int64_t *steps;
    double *got;
    size_t n;
    CHECK_OK(ga_store_series_read(s, id, "loss", 0, INT64_MAX, &steps, &got, &n, &err));
    assert_int_equal(n, N);
    for (int i = 0; i < N; i++) {
        assert_int_equal(steps[i], i * 10);
        assert_true(isnan(values[i]) ? isnan(got[i]) : got[i] == values[i]);
    }
    ga_store_series_free(steps, got);
    CHECK_OK(ga_store_series_read(s, id, "loss", 10, 20, &steps, &got, &n, &err));
    assert_true(n == 2 && isnan(got[0]) && got[1] == INFINITY);
    ga_store_series_free(steps, got);
    CHECK_OK(ga_store_series_read(s, id, "other", 0, 20, &steps, &got, &n, &err));
    assert_int_equal(n, 0);
    ga_store_series_free(steps, got);
    ga_store_close(s);
}

static void long_curves_and_many_names_are_read_whole(void **state)
{
    enum { N = 5000, NAMES = 40 };
    ga_err err;
    int64_t id;
    ga_store *s = with_run(*state, "digits", &id);
    ga_point *points = calloc(N, sizeof *points);
    char names[NAMES][16];
    for (int i = 0; i < NAMES; i++)
        snprintf(names[i], sizeof names[i], "c%02d", NAMES - 1 - i);
    for (int i = 0; i < N; i++)
        points[i] = (ga_point){"loss", N - 1 - i, (N - 1 - i) * 0.5};
    CHECK_OK(ga_store_points_add(s, id, points, N, &err));
    for (int i = 0; i < NAMES; i++)
        points[i] = (ga_point){names[i], 1, i};
    CHECK_OK(ga_store_points_add(s, id, points, NAMES, &err));
    int64_t *steps;
    double *got;
    size_t n;
    char **list;
    CHECK_OK(ga_store_series_read(s, id, "loss", 0, N, &steps, &got, &n, &err));
    assert_int_equal(n, N);
    for (int i = 0; i < N; i++)
        assert_true(steps[i] == i && got[i] == i * 0.5);
    ga_store_series_free(steps, got);
    CHECK_OK(ga_store_series_names(s, id, &list, &n, &err));
    assert_int_equal(n, NAMES + 1);
    assert_string_equal(list[0], "c00");
    assert_string_equal(list[NAMES], "loss");
    ga_store_names_free(list, n);
    free(points);
    ga_store_close(s);
}

static void bad_points_add_nothing(void **state)
{
    ga_err err;
    int64_t id;
    size_t n;
    char *text;
    ga_store *s = with_run(*state, "digits", &id);
    const ga_point bad[] = {{"loss", 1, 1}, {"two\tparts", 1, 1}};
    const ga_point negative[] = {{"loss", 1, 1}, {"loss", -1, 1}};
    CHECK_FAILS(ga_store_points_add(s, id, bad, 2, &err), GA_EINVAL, "without tabs");
    CHECK_FAILS(ga_store_points_add(s, id, negative, 2, &err), GA_EINVAL, "step -1");
    CHECK_FAILS(ga_store_points_add(s, 7, bad, 1, &err), GA_ENOTFOUND, "no run number 7");
    CHECK_OK(ga_store_export(s, id, &text, &n, &err));
    assert_int_equal(n, 0);
    ga_store_text_free(text);
    ga_store_close(s);
}

static void other_options_come_with_the_event_that_says_so_or_not_at_all(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_store *s = with_run(p, "longer", &id);
    ga_run_record *r;
    ga_event *events;
    size_t n;
    CHECK_OK(ga_store_run_reconfigure(s, id, "{\"steps\":600}", 300, "change", "{\"to\":600}", &err));
    CHECK_FAILS(ga_store_run_reconfigure(s, id, "600", 300, "change", "{}", &err), GA_EINVAL,
                "configuration");
    CHECK_FAILS(ga_store_run_reconfigure(s, id, "{\"steps\":900}", 600, "change", "900", &err),
                GA_EINVAL, "text of an event");
    CHECK_FAILS(ga_store_run_reconfigure(s, id, "{\"steps\":900}", -1, "change", "{}", &err),
                GA_EINVAL, "step -1");
    CHECK_FAILS(ga_store_run_reconfigure(s, 4711, "{}", 0, "change", "{}", &err), GA_ENOTFOUND,
                "4711");
    CHECK_OK(ga_store_run_find(s, "longer", &r, &err));
    assert_string_equal(r->config, "{\"steps\":600}");
    CHECK_OK(ga_store_events(s, id, NULL, &events, &n, &err));
    assert_int_equal(n, 1);
    assert_int_equal(events[0].step, 300);
    assert_string_equal(events[0].kind, "change");
    assert_string_equal(events[0].text, "{\"to\":600}");
    ga_events_free(events, n);
    ga_run_records_free(r, 1);
    ga_store_close(s);
}

static void a_rewound_and_repeated_run_exports_the_same_bytes(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t a, b;
    char c10[128];
    snprintf(c10, sizeof c10, "%s/c10", p->folder);
    ga_store *s = with_run(p, "undisturbed", &a);
    const ga_run_new run = gan("resumed");
    CHECK_OK(ga_store_run_create(s, &run, &b, &err));
    for (int i = 0; i < 20; i++) {
        const ga_point points[] = {{"loss_g", i, 1.0 / (i + 1)},
                                   {"loss_d", i, i == 7 ? NAN : i / 3.0}};
        CHECK_OK(ga_store_points_add(s, a, points, 2, &err));
    }
    CHECK_OK(ga_store_artifact_add(s, b, "checkpoint", 10, c10, 5, "00", &err));
    CHECK_OK(ga_store_artifact_add(s, b, "checkpoint", 11, "c11", 5, "00", &err));
    for (int i = 0; i < 15; i++) { /* killed at 15; what it wrote after its checkpoint differs */
        const ga_point points[] = {{"loss_g", i, i > 10 ? -1 : 1.0 / (i + 1)},
                                   {"loss_d", i, i == 7 ? NAN : i / 3.0},
                                   {"extra", i + 11, 1}};
        CHECK_OK(ga_store_points_add(s, b, points, 3, &err));
    }
    CHECK_OK(ga_store_rewind(s, b, 10, &err));
    for (int i = 11; i < 20; i++) {
        const ga_point points[] = {{"loss_d", i, i / 3.0}, {"loss_g", i, 1.0 / (i + 1)}};
        CHECK_OK(ga_store_points_add(s, b, points, 2, &err));
    }
    char *want, *got;
    size_t n_want, n_got;
    CHECK_OK(ga_store_export(s, a, &want, &n_want, &err));
    CHECK_OK(ga_store_export(s, b, &got, &n_got, &err));
    assert_string_equal(got, want);
    assert_int_equal(n_got, n_want);
    assert_non_null(strstr(want, "loss_d\t7\tnan\nloss_d\t8\t2.6666666666666665\n"));
    assert_true(strncmp(want, "loss_d\t0\t0\nloss_d\t1\t0.3333333333333333\n", 39) == 0);
    ga_store_text_free(want);
    ga_store_text_free(got);
    ga_artifact *files;
    CHECK_OK(ga_store_artifacts(s, b, &files, &n_got, &err));
    assert_int_equal(n_got, 1);
    assert_string_equal(files[0].path, c10);
    ga_artifacts_free(files, n_got);
    ga_store_close(s);
}

static void files_are_listed_and_recorded_once(void **state)
{
    ga_err err;
    int64_t id;
    size_t n;
    ga_artifact *a;
    ga_store *s = with_run(*state, "digits", &id);
    CHECK_OK(ga_store_artifact_add(s, id, "samples", 200, "b.png", 1, "aa", &err));
    CHECK_OK(ga_store_artifact_add(s, id, "samples", 100, "a.png", 2, "bb", &err));
    CHECK_OK(ga_store_artifact_add(s, id, "weights", -1, "w.safetensors", 3, "cc", &err));
    CHECK_OK(ga_store_artifact_add(s, id, "samples", 100, "a.png", 4, "dd", &err));
    CHECK_OK(ga_store_artifacts(s, id, &a, &n, &err));
    assert_int_equal(n, 3);
    assert_true(a[0].step == -1 && a[1].step == 100 && a[2].step == 200);
    assert_true(a[1].bytes == 4 && strcmp(a[1].sha256, "dd") == 0);
    ga_artifacts_free(a, n);
    CHECK_FAILS(ga_store_artifact_add(s, 9, "x", 0, "p", 1, "", &err), GA_ENOTFOUND,
                "run number 9");
    for (int i = 0; i < 40; i++) {
        char path[16];
        snprintf(path, sizeof path, "f%d", i);
        CHECK_OK(ga_store_artifact_add(s, id, "samples", i, path, 1, "aa", &err));
    }
    CHECK_OK(ga_store_artifacts(s, id, &a, &n, &err));
    assert_int_equal(n, 43);
    ga_artifacts_free(a, n);
    ga_store_close(s);
}

static void a_deleted_run_takes_its_rows_along(void **state)
{
    ga_err err;
    int64_t id, next;
    size_t n;
    char **names;
    ga_store *s = with_run(*state, "digits", &id);
    const ga_point point = {"loss", 1, 1};
    const ga_run_new again = gan("digits");
    CHECK_OK(ga_store_points_add(s, id, &point, 1, &err));
    CHECK_OK(ga_store_run_delete(s, id, &err));
    CHECK_FAILS(ga_store_run_delete(s, id, &err), GA_ENOTFOUND, "no run number");
    CHECK_OK(ga_store_series_names(s, id, &names, &n, &err));
    assert_int_equal(n, 0);
    ga_store_names_free(names, n);
    CHECK_OK(ga_store_run_create(s, &again, &next, &err));
    assert_true(next > id);
    ga_store_close(s);
}

static void runs_of_dead_processes_become_interrupted(void **state)
{
    const place *p = *state;
    ga_err err;
    const pid_t child = fork();
    if (child == 0) {
        int64_t id;
        ga_store *s;
        const ga_run_new run = gan("dead");
        if (ga_store_open(p->db, &s, NULL) != GA_OK ||
            ga_store_run_create(s, &run, &id, NULL) != GA_OK)
            _exit(1);
        raise(SIGKILL);
    }
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFSIGNALED(how));
    int64_t id;
    int n;
    ga_run_record *r;
    ga_store *s = with_run(p, "alive", &id);
    CHECK_OK(ga_store_mark_interrupted(s, &n, &err));
    assert_int_equal(n, 1);
    CHECK_OK(ga_store_run_find(s, "dead", &r, &err));
    assert_int_equal(r->state, GA_RUN_FAILED);
    assert_string_equal(r->error, "interrupted");
    ga_run_records_free(r, 1);
    CHECK_OK(ga_store_run_find(s, "alive", &r, &err));
    assert_int_equal(r->state, GA_RUN_RUNNING);
    ga_run_records_free(r, 1);
    ga_store_close(s);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_run_comes_back_as_it_was_recorded),
        ROW(a_taken_name_is_refused_with_a_free_one),
        ROW(bad_names_and_configs_are_refused),
        ROW(states_change_and_say_when),
        ROW(an_unknown_run_is_answered_with_the_runs_there_are),
        ROW(runs_are_listed_oldest_first_and_by_kind),
        ROW(points_come_back_bit_for_bit_and_nan_is_nan),
        ROW(long_curves_and_many_names_are_read_whole),
        ROW(bad_points_add_nothing),
        ROW(other_options_come_with_the_event_that_says_so_or_not_at_all),
        ROW(a_rewound_and_repeated_run_exports_the_same_bytes),
        ROW(files_are_listed_and_recorded_once),
        ROW(a_deleted_run_takes_its_rows_along),
        ROW(runs_of_dead_processes_become_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
