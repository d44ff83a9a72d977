/* The workspace's database: what is kept, what is refused, and what survives. */
#include "place.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

/* ---- several processes, and death -------------------------------------------------------------*/

enum { WRITERS = 4, ROUNDS = 50, PER_ROUND = 5 };

static void write_rounds(const char *db, int me)
{
    ga_err err;
    ga_store *s;
    int64_t id;
    char name[16];
    snprintf(name, sizeof name, "w%d", me);
    const ga_run_new run = gan(name);
    if (ga_store_open(db, &s, &err) != GA_OK || ga_store_run_create(s, &run, &id, &err) != GA_OK) {
        fprintf(stderr, "writer %d: %s\n", me, err.text);
        _exit(1);
    }
    for (int i = 0; i < ROUNDS; i++) {
        ga_point points[PER_ROUND];
        for (int k = 0; k < PER_ROUND; k++)
            points[k] = (ga_point){"loss", i * PER_ROUND + k, me + i};
        if (ga_store_points_add(s, id, points, PER_ROUND, &err) != GA_OK) {
            fprintf(stderr, "writer %d: %s\n", me, err.text);
            _exit(2);
        }
    }
    ga_store_close(s);
    _exit(0);
}

static void processes_that_write_at_once_lose_nothing(void **state)
{
    const place *p = *state;
    ga_err err;
    ga_store *s;
    pid_t child[WRITERS];
    for (int i = 0; i < WRITERS; i++) /* all of them open a database that is not there yet */
        if ((child[i] = fork()) == 0)
            write_rounds(p->db, i);
    for (int i = 0; i < WRITERS; i++) {
        int how;
        waitpid(child[i], &how, 0);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    CHECK_OK(ga_store_open(p->db, &s, &err));
    for (int i = 0; i < WRITERS; i++) {
        char name[16];
        int64_t *steps;
        double *values;
        size_t n;
        ga_run_record *r;
        snprintf(name, sizeof name, "w%d", i);
        CHECK_OK(ga_store_run_find(s, name, &r, &err));
        CHECK_OK(ga_store_series_read(s, r->id, "loss", 0, INT64_MAX, &steps, &values, &n, &err));
        assert_int_equal(n, ROUNDS * PER_ROUND);
        ga_store_series_free(steps, values);
        ga_run_records_free(r, 1);
    }
    ga_store_close(s);
}

static void processes_that_make_the_database_at_once_all_get_it(void **state)
{
    const place *p = *state;
    for (int round = 0; round < 25; round++) {
        char path[128];
        snprintf(path, sizeof path, "%s/new/%d.db", p->folder, round);
        for (int i = 0; i < WRITERS; i++)
            if (fork() == 0) {
                ga_err err;
                ga_store *s;
                if (ga_store_open(path, &s, &err) != GA_OK) {
                    fprintf(stderr, "%s\n", err.text);
                    _exit(1);
                }
                ga_store_close(s);
                _exit(0);
            }
        for (int i = 0; i < WRITERS; i++) {
            int how;
            wait(&how);
            assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
        }
    }
}

/* Writes transactions of PER_ROUND points for ever, telling each commit through the pipe. */
static void write_until_killed(const char *db, int out)
{
    ga_store *s;
    ga_run_record *r;
    if (ga_store_open(db, &s, NULL) != GA_OK || ga_store_run_find(s, "victim", &r, NULL) != GA_OK)
        _exit(1);
    for (int i = 0;; i++) {
        ga_point points[PER_ROUND];
        for (int k = 0; k < PER_ROUND; k++)
            points[k] = (ga_point){"loss", i * PER_ROUND + k, i};
        if (ga_store_points_add(s, r->id, points, PER_ROUND, NULL) != GA_OK ||
            write(out, &i, sizeof i) != (ssize_t)sizeof i)
            _exit(2);
    }
}

static void a_process_killed_while_writing_leaves_whole_transactions(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_store *s = with_run(p, "victim", &id);
    ga_store_close(s);
    for (int round = 0; round < 8; round++) {
        int ends[2], committed = -1, i;
        assert_int_equal(pipe(ends), 0);
        const pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            write_until_killed(p->db, ends[1]);
        }
        close(ends[1]);
        for (int k = 0; k < 3; k++) /* until it is in the middle of its work */
            if (read(ends[0], &i, sizeof i) == (ssize_t)sizeof i)
                committed = i;
        usleep((useconds_t)(round * 700));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &i, sizeof i) == (ssize_t)sizeof i)
            committed = i;
        close(ends[0]);
        assert_true(committed >= 2);
        int64_t *steps;
        double *values;
        size_t n;
        CHECK_OK(ga_store_open(p->db, &s, &err));
        CHECK_OK(ga_store_series_read(s, id, "loss", 0, INT64_MAX, &steps, &values, &n, &err));
        assert_int_equal(n % PER_ROUND, 0);
        assert_true(n >= (size_t)(committed + 1) * PER_ROUND);
        for (size_t k = 0; k < n; k++) {
            const size_t written_in = k / PER_ROUND;
            assert_true(steps[k] == (int64_t)k && values[k] == (double)written_in);
        }
        ga_store_series_free(steps, values);
        CHECK_OK(ga_store_rewind(s, id, -1, &err));
        ga_store_close(s);
    }
}

/* ---- bad files --------------------------------------------------------------------------------*/

static void patch(const char *path, long at, const uint8_t *bytes, size_t n)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static char *bytes_of(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *data = malloc(1 << 20);
    *n = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_store *s = with_run(p, "digits", &id);
    ga_store_close(s);
    patch(p->db, 60, (const uint8_t[]){0, 0, 0, 99}, 4); /* user_version in the file's header */
    size_t n_before, n_after;
    char *before = bytes_of(p->db, &n_before);
    CHECK_FAILS(ga_store_open(p->db, &s, &err), GA_EDATA, "has schema 99, but this ganatomy");
    assert_null(s);
    char *after = bytes_of(p->db, &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_after);
    free(before);
    free(after);
}

static void another_programs_database_is_refused(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_store *s = with_run(p, "digits", &id);
    ga_store_close(s);
    patch(p->db, 68, (const uint8_t[]){1, 2, 3, 4}, 4); /* application_id */
    CHECK_FAILS(ga_store_open(p->db, &s, &err), GA_EDATA, "another program");
    patch(p->db, 68, (const uint8_t[]){0, 0, 0, 0}, 4); /* none, but tables are there */
    CHECK_FAILS(ga_store_open(p->db, &s, &err), GA_EDATA, "another program");
}

static void what_is_no_database_is_refused(void **state)
{
    const place *p = *state;
    ga_err err;
    ga_store *s;
    FILE *f = fopen(p->db, "wb");
    for (int i = 0; i < 3000; i++)
        fputs("not a database ", f);
    fclose(f);
    CHECK_FAILS(ga_store_open(p->db, &s, &err), GA_EDATA, "is not a database");
    assert_null(s);
}

static void a_damaged_database_is_an_error_not_a_crash(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_store *s = with_run(p, "digits", &id);
    ga_point points[500];
    for (int i = 0; i < 500; i++)
        points[i] = (ga_point){"loss", i, i * 0.1};
    CHECK_OK(ga_store_points_add(s, id, points, 500, &err));
    ga_store_close(s);
    size_t n;
    char *good = bytes_of(p->db, &n);
    uint8_t junk[512];
    memset(junk, 0xa5, sizeof junk);
    int refused = 0;
    for (size_t at = 100; at + sizeof junk < n; at += 512) {
        patch(p->db, 0, (const uint8_t *)good, n);
        patch(p->db, (long)at, junk, sizeof junk);
        char *text = NULL;
        size_t length;
        err.text[0] = 0;
        ga_status status = ga_store_open(p->db, &s, &err);
        if (status == GA_OK) {
            status = ga_store_export(s, id, &text, &length, &err);
            ga_store_text_free(text);
            ga_store_close(s);
        }
        if (status != GA_OK)
            assert_true(err.text[0] != 0);
        refused += status == GA_EDATA;
    }
    assert_true(refused > 0);
    free(good);
}

static void a_folder_that_cannot_be_written_is_said(void **state)
{
    const place *p = *state;
    ga_err err;
    ga_store *s;
    char locked[160], path[192];
    CHECK_FAILS(ga_store_open("/proc/ganatomy-no/ganatomy.db", &s, &err), GA_EIO, "/proc/ganatomy");
    assert_null(s);
    if (geteuid() == 0)
        return; /* root writes everywhere */
    snprintf(locked, sizeof locked, "%s/locked", p->folder);
    snprintf(path, sizeof path, "%s/ganatomy.db", locked);
    assert_int_equal(mkdir(locked, 0500), 0);
    CHECK_FAILS(ga_store_open(path, &s, &err), GA_EIO, "cannot be written");
}

/* As somebody who may read all and write nothing, which root is only in the shape of another. */
static int look_only(const char *db, int64_t id)
{
    ga_err err;
    ga_store *s;
    char *text;
    size_t n;
    const ga_point point = {"loss", 5, 5};
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 1;
    if (ga_store_open(db, &s, &err) != GA_OK || ga_store_export(s, id, &text, &n, &err) != GA_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    if (strcmp(text, "loss\t1\t1\n") != 0)
        return 3;
    ga_store_text_free(text);
    if (ga_store_points_add(s, id, &point, 1, &err) != GA_EIO ||
        strstr(err.text, "cannot be written") == NULL)
        return 4;
    ga_store_close(s);
    return 0;
}

static void a_workspace_that_may_only_be_read_is_read(void **state)
{
    const place *p = *state;
    const ga_point point = {"loss", 1, 1};
    ga_err err;
    int64_t id;
    char folder[96], db[160];
    snprintf(folder, sizeof folder, "%s/odd%%3f?name", p->folder);
    snprintf(db, sizeof db, "%s/ganatomy.db", folder);
    place inner;
    snprintf(inner.db, sizeof inner.db, "%.95s", db);
    ga_store *s = with_run(&inner, "digits", &id);
    CHECK_OK(ga_store_points_add(s, id, &point, 1, &err));
    ga_store_close(s);
    assert_int_equal(chmod(p->folder, 0755), 0);
    assert_int_equal(chmod(db, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    const pid_t child = fork();
    if (child == 0)
        _exit(look_only(db, id));
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

static void missing_folders_are_made(void **state)
{
    const place *p = *state;
    ga_err err;
    ga_store *s;
    char path[160];
    snprintf(path, sizeof path, "%s/a/b/ganatomy.db", p->folder);
    CHECK_OK(ga_store_open(path, &s, &err));
    ga_store_close(s);
}

/* A limit on the size of files stands in for a full disk; what was there before stays readable. */
static void a_full_disk_is_said_and_loses_nothing(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_store *s = with_run(p, "digits", &id);
    const ga_point first = {"loss", 0, 1};
    CHECK_OK(ga_store_points_add(s, id, &first, 1, &err));
    ga_store_close(s);
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit small = {128 * 1024, 128 * 1024};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        if (ga_store_open(p->db, &s, &err) != GA_OK)
            _exit(1);
        ga_status status = GA_OK;
        for (int i = 0; i < 1000 && status == GA_OK; i++) {
            ga_point points[100];
            for (int k = 0; k < 100; k++)
                points[k] = (ga_point){"big", i * 100 + k, i + 0.1};
            status = ga_store_points_add(s, id, points, 100, &err);
        }
        if (status != GA_EIO || strstr(err.text, "adding points") == NULL) {
            fprintf(stderr, "%d %s\n", status, err.text);
            _exit(2);
        }
        _exit(0);
    }
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    CHECK_OK(ga_store_open(p->db, &s, &err));
    int64_t *steps;
    double *values;
    size_t n;
    CHECK_OK(ga_store_series_read(s, id, "loss", 0, 9, &steps, &values, &n, &err));
    assert_true(n == 1 && values[0] == 1);
    ga_store_series_free(steps, values);
    CHECK_OK(ga_store_series_read(s, id, "big", 0, INT64_MAX, &steps, &values, &n, &err));
    assert_int_equal(n % 100, 0); /* whole transactions */
    ga_store_series_free(steps, values);
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
        ROW(processes_that_write_at_once_lose_nothing),
        ROW(processes_that_make_the_database_at_once_all_get_it),
        ROW(a_process_killed_while_writing_leaves_whole_transactions),
        ROW(a_newer_schema_is_refused_and_left_alone),
        ROW(another_programs_database_is_refused),
        ROW(what_is_no_database_is_refused),
        ROW(a_damaged_database_is_an_error_not_a_crash),
        ROW(a_folder_that_cannot_be_written_is_said),
        ROW(a_workspace_that_may_only_be_read_is_read),
        ROW(missing_folders_are_made),
        ROW(a_full_disk_is_said_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
