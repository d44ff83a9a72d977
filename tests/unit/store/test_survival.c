/* The workspace's database: what several processes, death, bad files and full disks leave of it. */
#include "place.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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
