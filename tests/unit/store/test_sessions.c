/* Who trains a run and for how long, what happened meanwhile, and databases of the first schema. */
#include "place.h"
#include <signal.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Changes rows behind the store's back. */
static void forge(const place *p, const char *sql)
{
    sqlite3 *db;
    char *words = NULL;
    assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
        fail_msg("%s: %s", sql, words);
    sqlite3_close(db);
}

static ga_run_record *find(ga_store *s, const char *name)
{
    ga_err err;
    ga_run_record *r;
    CHECK_OK(ga_store_run_find(s, name, &r, &err));
    return r;
}

static int64_t count_sessions(ga_store *s, int64_t run)
{
    ga_err err;
    ga_session *sessions;
    size_t n;
    CHECK_OK(ga_store_sessions(s, run, &sessions, &n, &err));
    ga_sessions_free(sessions, n);
    return (int64_t)n;
}

/* ---- the first schema -------------------------------------------------------------------------*/

/* Loads the database that was written by the version with schema 1. */
static void load_schema_1(const place *p)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/unit/store/schema1.sql", GA_SOURCE_DIR);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *sql = calloc(1, 1 << 16);
    assert_true(fread(sql, 1, (1 << 16) - 1, f) > 5000);
    fclose(f);
    forge(p, sql);
    free(sql);
}

static int64_t ask(const place *p, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    const int64_t answer = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return answer;
}

static void a_database_of_schema_1_keeps_its_rows(void **state)
{
    const place *p = *state;
    ga_err err;
    ga_store *s;
    ga_run_record *r;
    size_t n;
    load_schema_1(p);
    assert_int_equal(ask(p, "PRAGMA user_version"), 1);
    const int64_t points = ask(p, "SELECT count(*) FROM point"),
                  runs = ask(p, "SELECT count(*) FROM run");
    assert_true(points == 94 && runs == 4);
    CHECK_OK(ga_store_open(p->db, &s, &err));
    assert_int_equal(ask(p, "PRAGMA user_version"), GA_STORE_SCHEMA);
    assert_int_equal(ask(p, "SELECT count(*) FROM point"), points);
    CHECK_OK(ga_store_runs(s, NULL, &r, &n, &err));
    assert_int_equal(n, runs);
    assert_string_equal(r[0].name, "digits");
    assert_string_equal(r[0].uuid, "1efeea5d-80ba-46de-a1a7-4349fa669208");
    assert_string_equal(r[0].machine, "ada");
    assert_true(r[0].pid == 4194305 && r[0].created == 1795622144 && r[0].finished == 1795622234);
    assert_true(r[0].state == GA_RUN_DONE && r[0].seconds == 90);
    assert_non_null(strstr(r[0].config, "\"settle\":5"));
    assert_non_null(strstr(r[0].command, "--lr 0.002 --settle 5"));
    assert_int_equal(r[1].state, GA_RUN_DIVERGED);
    assert_non_null(strstr(r[1].error, "is not a number at step 1"));
    assert_true(r[3].state == GA_RUN_RUNNING && r[3].finished == 0 && r[3].seconds == 0);
    ga_run_records_free(r, n);
    char *text;
    CHECK_OK(ga_store_export(s, 1, &text, &n, &err));
    assert_non_null(strstr(text, "loss_d\t1\t1.3892049109909803\n"));
    ga_store_text_free(text);
    CHECK_OK(ga_store_export(s, 4, &text, &n, &err));
    assert_non_null(strstr(text, "loss\t30\tnan\n"));
    ga_store_text_free(text);
    ga_store_close(s);
    CHECK_OK(ga_store_open(p->db, &s, &err)); /* once more: nothing is left to do */
    assert_int_equal(count_sessions(s, 4), 1);
    ga_store_close(s);
}

static void files_of_schema_1_are_found_where_the_workspace_is_now(void **state)
{
    const place *p = *state;
    ga_err err;
    ga_store *s;
    ga_artifact *a;
    size_t n;
    char path[160];
    load_schema_1(p);
    forge(p, "INSERT INTO artifact VALUES(9,1,'weights',-1,'/other/model.safetensors',1,'aa')");
    CHECK_OK(ga_store_open(p->db, &s, &err));
    CHECK_OK(ga_store_artifacts(s, 1, &a, &n, &err));
    assert_int_equal(n, 3);
    assert_string_equal(a[0].path, "/other/model.safetensors"); /* was never in the workspace */
    snprintf(path, sizeof path, "%s/runs/digits/model.safetensors", p->folder);
    assert_string_equal(a[1].path, path);
    snprintf(path, sizeof path, "%s/runs/digits/samples/step-000006.png", p->folder);
    assert_string_equal(a[2].path, path);
    ga_artifacts_free(a, n);
    ga_store_close(s);
}

static void processes_that_migrate_at_once_all_succeed(void **state)
{
    const place *p = *state;
    load_schema_1(p);
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            ga_err err;
            ga_store *s;
            if (ga_store_open(p->db, &s, &err) != GA_OK) {
                fprintf(stderr, "%s\n", err.text);
                _exit(1);
            }
            ga_store_close(s);
            _exit(0);
        }
    for (int i = 0; i < 4; i++) {
        int how;
        wait(&how);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    assert_int_equal(ask(p, "SELECT count(*) FROM session"), 4);
}

static void a_migrated_database_has_the_columns_of_a_new_one(void **state)
{
    static const char columns[] =
        "SELECT group_concat(t.name||'.'||c.name||' '||c.type||c.pk||c.\"notnull\", ', ') "
        "FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type='table' ORDER BY 1";
    const place *p = *state;
    ga_err err;
    ga_store *s;
    char text[2][4096];
    load_schema_1(p);
    for (int i = 0; i < 2; i++) {
        char path[128];
        sqlite3 *db;
        sqlite3_stmt *q;
        snprintf(path, sizeof path, i == 0 ? "%s/ganatomy.db" : "%s/new.db", p->folder);
        CHECK_OK(ga_store_open(path, &s, &err));
        ga_store_close(s);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, columns, -1, &q, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(q), SQLITE_ROW);
        snprintf(text[i], sizeof text[i], "%s", (const char *)sqlite3_column_text(q, 0));
        sqlite3_finalize(q);
        sqlite3_close(db);
    }
    assert_string_equal(text[0], text[1]);
    assert_non_null(strstr(text[0], "event.text TEXT"));
}

/* ---- sessions ---------------------------------------------------------------------------------*/

/* A process that makes run `name` its own, says so, and waits to be killed. */
static pid_t start_owner(const place *p, const char *name)
{
    int ends[2];
    char word = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        ga_err err;
        ga_store *s;
        ga_run_record *r;
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when this test fails */
        if (ga_store_open(p->db, &s, &err) != GA_OK ||
            ga_store_run_find(s, name, &r, &err) != GA_OK ||
            ga_store_run_set_state(s, r->id, GA_RUN_RUNNING, NULL, &err) != GA_OK) {
            fprintf(stderr, "%s\n", err.text);
            _exit(1);
        }
        if (write(ends[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &word, 1), 1);
    close(ends[0]);
    return child;
}

static void end_owner(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void time_is_the_sum_of_the_sessions(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_session *list;
    size_t n;
    ga_store *s = with_run(p, "digits", &id);
    CHECK_OK(ga_store_run_set_state(s, id, GA_RUN_RUNNING, NULL, &err));
    assert_int_equal(count_sessions(s, id), 1); /* it was its own already */
    CHECK_OK(ga_store_run_set_state(s, id, GA_RUN_STOPPED, NULL, &err));
    forge(p, "UPDATE session SET started=1700000000000, seen=1700000012500");
    end_owner(start_owner(p, "digits"));
    CHECK_OK(ga_store_sessions(s, id, &list, &n, &err));
    assert_int_equal(n, 2);
    assert_true(list[0].started == 1700000000 && list[0].seen == 1700000012.5);
    assert_int_equal(list[0].pid, getpid());
    assert_true(list[1].pid != getpid() && list[1].started > 1700000013);
    assert_true(list[0].memory > 100000 && list[1].memory > 100000);
    ga_sessions_free(list, n);
    forge(p, "UPDATE session SET started=1700005000000, seen=1700005030000 WHERE id=2");
    ga_run_record *r = find(s, "digits");
    assert_true(r->seconds == 42.5);
    ga_run_records_free(r, 1);
    /* a clock that was set back takes nothing away */
    forge(p, "UPDATE session SET seen=started-7000 WHERE id=2");
    r = find(s, "digits");
    assert_true(r->seconds == 12.5);
    ga_run_records_free(r, 1);
    ga_store_close(s);
}

static void signs_of_life_and_the_end_are_noted(void **state)
{
    const place *p = *state;
    const ga_point point = {"loss", 1, 1};
    ga_err err;
    int64_t id;
    ga_session *list;
    size_t n;
    ga_store *s = with_run(p, "digits", &id);
    for (int i = 0; i < 3; i++) {
        forge(p, "UPDATE session SET started=5000, seen=5000, memory=0");
        if (i == 0)
            CHECK_OK(ga_store_points_add(s, id, &point, 1, &err));
        else if (i == 1)
            CHECK_OK(ga_store_event_add(s, id, 1, "checkpoint", "{}", &err));
        else
            CHECK_OK(ga_store_run_set_state(s, id, GA_RUN_DONE, NULL, &err));
        CHECK_OK(ga_store_sessions(s, id, &list, &n, &err));
        assert_true(n == 1 && list[0].seen > 1700000000 && list[0].memory > 100000);
        ga_sessions_free(list, n);
    }
    ga_store_close(s);
}

static void a_run_belongs_to_the_process_that_trains_it(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_store *s = with_run(p, "digits", &id);
    CHECK_OK(ga_store_run_set_state(s, id, GA_RUN_STOPPED, NULL, &err));
    const pid_t child = start_owner(p, "digits");
    char words[64];
    snprintf(words, sizeof words, "run 'digits' is being trained by process %d on", (int)child);
    CHECK_FAILS(ga_store_run_set_state(s, id, GA_RUN_RUNNING, NULL, &err), GA_EEXIST, words);
    CHECK_FAILS(ga_store_run_delete(s, id, &err), GA_EEXIST, words);
    assert_int_equal(count_sessions(s, id), 2);
    ga_run_record *r = find(s, "digits");
    assert_true(r->alive && r->pid == child);
    ga_run_records_free(r, 1);
    end_owner(child);
    r = find(s, "digits");
    assert_true(!r->alive && r->state == GA_RUN_RUNNING);
    ga_run_records_free(r, 1);
    CHECK_OK(ga_store_run_set_state(s, id, GA_RUN_RUNNING, NULL, &err));
    assert_int_equal(count_sessions(s, id), 3);
    CHECK_OK(ga_store_run_delete(s, id, &err)); /* one's own may be deleted */
    ga_store_close(s);
}

static void a_process_number_that_came_back_is_somebody_else(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    int n;
    ga_store *s = with_run(p, "digits", &id);
    CHECK_OK(ga_store_mark_interrupted(s, &n, &err));
    assert_int_equal(n, 0);
    forge(p, "UPDATE session SET birth=substr(birth,1,37)||'1', started=5000, seen=9000");
    ga_run_record *r = find(s, "digits");
    assert_true(r->state == GA_RUN_RUNNING && !r->alive && r->pid == getpid());
    ga_run_records_free(r, 1);
    CHECK_OK(ga_store_mark_interrupted(s, &n, &err));
    assert_int_equal(n, 1);
    r = find(s, "digits");
    assert_int_equal(r->state, GA_RUN_FAILED);
    assert_true(r->finished == 9 && r->seconds == 4); /* its last sign of life */
    ga_run_records_free(r, 1);
    ga_store_close(s);
}

static void of_other_machines_nobody_can_tell(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    int n;
    ga_store *s = with_run(p, "digits", &id);
    forge(p, "UPDATE session SET machine='elsewhere', pid=1");
    CHECK_OK(ga_store_mark_interrupted(s, &n, &err));
    assert_int_equal(n, 0);
    CHECK_FAILS(ga_store_run_set_state(s, id, GA_RUN_RUNNING, NULL, &err), GA_EEXIST,
                "process 1 on 'elsewhere'");
    ga_store_close(s);
}

static void a_session_is_described_by_its_own_process(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    ga_session *list;
    size_t n;
    ga_store *s = with_run(p, "digits", &id);
    CHECK_OK(ga_store_session_about(s, id, "{\"threads\":2}", &err));
    CHECK_OK(ga_store_sessions(s, id, &list, &n, &err));
    assert_string_equal(list[0].about, "{\"threads\":2}");
    ga_sessions_free(list, n);
    CHECK_FAILS(ga_store_session_about(s, id, "[2]", &err), GA_EINVAL, "not JSON");
    CHECK_FAILS(ga_store_session_about(s, id, "{", &err), GA_EINVAL, "not JSON");
    forge(p, "UPDATE session SET pid=1");
    CHECK_FAILS(ga_store_session_about(s, id, "{}", &err), GA_ENOTFOUND, "no session");
    ga_store_close(s);
}

/* ---- events -----------------------------------------------------------------------------------*/

static void events_come_back_by_step_and_by_kind(void **state)
{
    ga_err err;
    int64_t id;
    size_t n;
    ga_event *e;
    ga_store *s = with_run(*state, "digits", &id);
    CHECK_OK(ga_store_event_add(s, id, 20, "checkpoint", "{}", &err));
    CHECK_OK(ga_store_event_add(s, id, 10, "change", "{\"option\":\"lr\"}", &err));
    CHECK_OK(ga_store_event_add(s, id, 10, "change", "{\"option\":\"batch\"}", &err));
    CHECK_OK(ga_store_events(s, id, NULL, &e, &n, &err));
    assert_int_equal(n, 3);
    assert_true(e[0].step == 10 && strcmp(e[0].text, "{\"option\":\"lr\"}") == 0);
    assert_true(e[1].step == 10 && strcmp(e[1].text, "{\"option\":\"batch\"}") == 0);
    assert_true(e[2].step == 20 && strcmp(e[2].kind, "checkpoint") == 0);
    ga_events_free(e, n);
    CHECK_OK(ga_store_events(s, id, "change", &e, &n, &err));
    assert_int_equal(n, 2);
    ga_events_free(e, n);
    int64_t other;
    const ga_run_new run = gan("other");
    CHECK_OK(ga_store_run_create(s, &run, &other, &err));
    CHECK_OK(ga_store_event_add(s, other, 30, "checkpoint", "{}", &err));
    CHECK_OK(ga_store_rewind(s, id, 10, &err));
    CHECK_OK(ga_store_events(s, id, NULL, &e, &n, &err));
    assert_int_equal(n, 2);
    ga_events_free(e, n);
    CHECK_OK(ga_store_run_delete(s, id, &err));
    CHECK_OK(ga_store_events(s, id, NULL, &e, &n, &err));
    assert_int_equal(n, 0);
    ga_events_free(e, n);
    CHECK_OK(ga_store_events(s, other, NULL, &e, &n, &err));
    assert_int_equal(n, 1);
    ga_events_free(e, n);
    ga_store_close(s);
}

static void a_run_that_goes_on_forgets_what_was_said_of_its_end(void **state)
{
    ga_err err;
    int64_t id, other;
    size_t n;
    ga_event *e;
    ga_store *s = with_run(*state, "digits", &id);
    const ga_run_new run = gan("other");
    CHECK_OK(ga_store_run_create(s, &run, &other, &err));
    CHECK_OK(ga_store_event_add(s, id, 10, "change", "{}", &err));
    CHECK_OK(ga_store_event_add(s, id, 10, "samples", "{}", &err));
    CHECK_OK(ga_store_event_add(s, id, 10, "lint", "{}", &err));
    CHECK_OK(ga_store_event_add(s, other, 10, "lint", "{}", &err));
    CHECK_OK(ga_store_rewind(s, id, 10, &err));
    CHECK_OK(ga_store_events(s, id, NULL, &e, &n, &err));
    assert_true(n == 1 && strcmp(e[0].kind, "change") == 0);
    ga_events_free(e, n);
    CHECK_OK(ga_store_events(s, other, "lint", &e, &n, &err));
    assert_int_equal(n, 1);
    ga_events_free(e, n);
    ga_store_close(s);
}

static void bad_events_are_refused(void **state)
{
    ga_err err;
    int64_t id;
    size_t n;
    ga_event *e;
    ga_store *s = with_run(*state, "digits", &id);
    CHECK_FAILS(ga_store_event_add(s, id, 1, "", "{}", &err), GA_EINVAL, "expected 1 to 40");
    CHECK_FAILS(ga_store_event_add(s, id, 1, "No", "{}", &err), GA_EINVAL, "'No'");
    CHECK_FAILS(ga_store_event_add(s, id, -1, "stop", "{}", &err), GA_EINVAL, "step -1");
    CHECK_FAILS(ga_store_event_add(s, id, 1, "stop", "words", &err), GA_EINVAL,
                "not JSON (an object was expected): 'words'");
    CHECK_FAILS(ga_store_event_add(s, id, 1, "stop", "\"words\"", &err), GA_EINVAL, "not JSON");
    CHECK_FAILS(ga_store_event_add(s, 8, 1, "stop", "{}", &err), GA_ENOTFOUND, "run number 8");
    CHECK_OK(ga_store_events(s, id, NULL, &e, &n, &err));
    assert_int_equal(n, 0);
    ga_events_free(e, n);
    ga_store_close(s);
}

static void events_of_processes_that_write_at_once_are_all_there(void **state)
{
    enum { WRITERS = 4, EACH = 30 };
    const place *p = *state;
    ga_err err;
    int64_t id;
    size_t n;
    ga_event *e;
    ga_store *s = with_run(p, "digits", &id);
    ga_store_close(s); /* a connection must not go through fork */
    for (int i = 0; i < WRITERS; i++)
        if (fork() == 0) {
            if (ga_store_open(p->db, &s, &err) != GA_OK)
                _exit(1);
            for (int k = 0; k < EACH; k++)
                if (ga_store_event_add(s, id, i * EACH + k, "change", "{}", &err) != GA_OK)
                    _exit(2);
            _exit(0);
        }
    for (int i = 0; i < WRITERS; i++) {
        int how;
        wait(&how);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    CHECK_OK(ga_store_open(p->db, &s, &err));
    CHECK_OK(ga_store_events(s, id, NULL, &e, &n, &err));
    assert_int_equal(n, WRITERS * EACH);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(e[i].step, i);
    ga_events_free(e, n);
    ga_store_close(s);
}

/* ---- reading ----------------------------------------------------------------------------------*/

static void the_last_points_are_those_of_every_curve(void **state)
{
    ga_err err;
    int64_t id;
    size_t n;
    ga_last_point *last;
    ga_store *s = with_run(*state, "digits", &id);
    CHECK_OK(ga_store_last_points(s, id, &last, &n, &err));
    assert_int_equal(n, 0);
    ga_last_points_free(last, n);
    const ga_point points[] = {
        {"loss_g", 5, 2.5}, {"loss_g", 1, 9}, {"loss_d", 4, 1}, {"loss_d", 7, NAN}};
    CHECK_OK(ga_store_points_add(s, id, points, 4, &err));
    CHECK_OK(ga_store_last_points(s, id, &last, &n, &err));
    assert_int_equal(n, 2);
    assert_true(strcmp(last[0].series, "loss_d") == 0 && last[0].step == 7);
    assert_true(isnan(last[0].value));
    assert_true(strcmp(last[1].series, "loss_g") == 0 && last[1].step == 5);
    assert_true(last[1].value == 2.5);
    ga_last_points_free(last, n);
    ga_store_close(s);
}

static void files_move_with_the_workspace(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t id;
    size_t n;
    ga_artifact *a;
    char inside[128], outside[128], was[128], now[160];
    ga_store *s = with_run(p, "digits", &id);
    snprintf(inside, sizeof inside, "%s/x.png", p->folder);
    snprintf(outside, sizeof outside, "%s-outside.png", p->folder);
    fclose(fopen(inside, "w"));
    fclose(fopen(outside, "w"));
    CHECK_OK(ga_store_artifact_add(s, id, "samples", 1, inside, 0, "", &err));
    CHECK_OK(ga_store_artifact_add(s, id, "weights", 2, outside, 0, "", &err));
    CHECK_OK(ga_store_artifacts(s, id, &a, &n, &err));
    assert_true(n == 2 && strcmp(a[0].path, inside) == 0 && strcmp(a[1].path, outside) == 0);
    ga_artifacts_free(a, n);
    ga_store_close(s);
    snprintf(was, sizeof was, "%s", p->folder);
    snprintf(now, sizeof now, "%s-moved", p->folder);
    assert_int_equal(rename(was, now), 0);
    char db[192];
    snprintf(db, sizeof db, "%s/ganatomy.db", now);
    CHECK_OK(ga_store_open(db, &s, &err));
    CHECK_OK(ga_store_artifacts(s, id, &a, &n, &err));
    snprintf(db, sizeof db, "%s/x.png", now);
    assert_true(n == 2 && strcmp(a[0].path, db) == 0 && strcmp(a[1].path, outside) == 0);
    assert_int_equal(access(a[0].path, R_OK), 0);
    ga_artifacts_free(a, n);
    ga_store_close(s);
    unlink(outside);
    assert_int_equal(rename(now, was), 0); /* tear_down removes it */
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_database_of_schema_1_keeps_its_rows),
        ROW(files_of_schema_1_are_found_where_the_workspace_is_now),
        ROW(processes_that_migrate_at_once_all_succeed),
        ROW(a_migrated_database_has_the_columns_of_a_new_one),
        ROW(time_is_the_sum_of_the_sessions),
        ROW(signs_of_life_and_the_end_are_noted),
        ROW(a_run_belongs_to_the_process_that_trains_it),
        ROW(a_process_number_that_came_back_is_somebody_else),
        ROW(of_other_machines_nobody_can_tell),
        ROW(a_session_is_described_by_its_own_process),
        ROW(events_come_back_by_step_and_by_kind),
        ROW(a_run_that_goes_on_forgets_what_was_said_of_its_end),
        ROW(bad_events_are_refused),
        ROW(events_of_processes_that_write_at_once_are_all_there),
        ROW(the_last_points_are_those_of_every_curve),
        ROW(files_move_with_the_workspace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
