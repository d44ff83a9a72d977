/* point.c - curves of a run. */
#include "store/store.h"
#include "base/alloc.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

#define MAX_SERIES_NAME 100

enum { KIND_NUMBER, KIND_NAN, KIND_PLUS, KIND_MINUS };

static int kind_of(double v)
{
    return isnan(v) ? KIND_NAN : !isinf(v) ? KIND_NUMBER : v > 0 ? KIND_PLUS : KIND_MINUS;
}

static double value_of(int kind, double v)
{
    return kind == KIND_NAN     ? NAN
           : kind == KIND_PLUS  ? INFINITY
           : kind == KIND_MINUS ? -INFINITY
                                : v;
}

static ga_status check_point(const ga_point *p, ga_err *err)
{
    const size_t n = strlen(p->series);
    if (n < 1 || n > MAX_SERIES_NAME || strpbrk(p->series, "\t\n\r") != NULL)
        return ga_fail(err, GA_EINVAL,
                       "curve '%.120s': expected a name of 1 to %d chars without tabs and line "
                       "breaks",
                       p->series, MAX_SERIES_NAME);
    if (p->step < 0)
        return ga_fail(err, GA_EINVAL, "step %lld of curve '%s': expected 0 or more",
                       (long long)p->step, p->series);
    return GA_OK;
}

/* Statements of one transaction of points. */
typedef struct adder {
    ga_store *s;
    sqlite3_stmt *make, *find, *add;
    int64_t run, series;
    const char *last; /* name that `series` is the number of */
} adder;

/* The number of a curve, which is made if it is new. */
static ga_status find_series(adder *a, const char *name, ga_err *err)
{
    if (a->last != NULL && strcmp(a->last, name) == 0)
        return GA_OK;
    sqlite3_stmt *const both[] = {a->make, a->find};
    int rc = SQLITE_OK;
    for (int i = 0; i < 2; i++) {
        sqlite3_reset(both[i]);
        sqlite3_bind_int64(both[i], 1, a->run);
        sqlite3_bind_text(both[i], 2, name, -1, SQLITE_STATIC);
        rc = sqlite3_step(both[i]);
        if (i == 0 && rc != SQLITE_DONE)
            return ga_store_fail(a->s, "adding points", err);
    }
    if (rc != SQLITE_ROW)
        return ga_store_fail(a->s, "adding points", err);
    a->series = sqlite3_column_int64(a->find, 0);
    a->last = name;
    sqlite3_reset(a->find);
    return GA_OK;
}

static ga_status add_point(adder *a, const ga_point *p, ga_err *err)
{
    ga_status status = find_series(a, p->series, err);
    if (status != GA_OK)
        return status;
    const int kind = kind_of(p->value);
    sqlite3_reset(a->add);
    sqlite3_bind_int64(a->add, 1, a->series);
    sqlite3_bind_int64(a->add, 2, p->step);
    sqlite3_bind_int(a->add, 3, kind);
    if (kind == KIND_NUMBER)
        sqlite3_bind_double(a->add, 4, p->value);
    else
        sqlite3_bind_null(a->add, 4);
    if (sqlite3_step(a->add) != SQLITE_DONE)
        return ga_store_fail(a->s, "adding points", err);
    return GA_OK;
}

ga_status ga_points_insert(ga_store *s, int64_t run, const ga_point *points, size_t n, ga_err *err)
{
    const char *doing = "adding points";
    adder a = {.s = s, .run = run};
    ga_status status = GA_OK;
    for (size_t i = 0; status == GA_OK && i < n; i++)
        status = check_point(&points[i], err);
    if (status == GA_OK)
        status = ga_store_prepare(s,
                                  "INSERT INTO series(run,name) VALUES(?,?) ON CONFLICT DO NOTHING",
                                  &a.make, doing, err);
    if (status == GA_OK)
        status = ga_store_prepare(s, "SELECT id FROM series WHERE run=? AND name=?", &a.find, doing,
                                  err);
    if (status == GA_OK)
        status = ga_store_prepare(
            s, "INSERT OR REPLACE INTO point(series,step,kind,v) VALUES(?,?,?,?)", &a.add, doing,
            err);
    for (size_t i = 0; status == GA_OK && i < n; i++)
        status = add_point(&a, &points[i], err);
    sqlite3_finalize(a.make);
    sqlite3_finalize(a.find);
    sqlite3_finalize(a.add);
    return status;
}

ga_status ga_store_points_add(ga_store *s, int64_t run, const ga_point *points, size_t n,
                              ga_err *err)
{
    const char *doing = "adding points";
    ga_status status = ga_store_need_run(s, run, err);
    if (status != GA_OK || (status = ga_store_begin(s, doing, err)) != GA_OK)
        return status;
    status = ga_points_insert(s, run, points, n, err);
    if (status == GA_OK)
        status = ga_session_touch(s, run, err);
    return ga_store_end(s, status, doing, err);
}

ga_status ga_store_rewind(ga_store *s, int64_t run, int64_t step, ga_err *err)
{
    static const char points[] = "DELETE FROM point WHERE step>?2 AND series IN "
                                 "(SELECT id FROM series WHERE run=?1)";
    /* A curve that has no point left goes too: an undisturbed run would not have it yet. */
    static const char empty_series[] = "DELETE FROM series WHERE run=?1 AND ?2 IS NOT NULL AND NOT "
                                       "EXISTS (SELECT 1 FROM point WHERE point.series=series.id)";
    static const char events[] = "DELETE FROM event WHERE run=?1 AND (step>?2 OR kind IN "
                                 "('lint','samples'))";
    static const char artifacts[] = "DELETE FROM artifact WHERE run=?1 AND step>?2";
    const char *const sql[] = {points, empty_series, events, artifacts};
    const char *doing = "rewinding a run";
    ga_status status = ga_store_need_run(s, run, err);
    if (status != GA_OK || (status = ga_store_begin(s, doing, err)) != GA_OK)
        return status;
    for (int i = 0; status == GA_OK && i < 4; i++) {
        sqlite3_stmt *q;
        if ((status = ga_store_prepare(s, sql[i], &q, doing, err)) != GA_OK)
            break;
        sqlite3_bind_int64(q, 1, run);
        sqlite3_bind_int64(q, 2, step);
        status = ga_store_finish(s, q, doing, err);
    }
    return ga_store_end(s, status, doing, err);
}

/* ---- reading ----------------------------------------------------------------------------------*/

static bool read_name(sqlite3_stmt *q, void *item)
{
    char **name = item;
    return (*name = ga_store_text(q, 0)) != NULL;
}

static void end_name(void *item)
{
    char **name = item;
    ga_mem_free(*name);
}

static const ga_row_kind name_kind = {sizeof(char *), read_name, end_name};

ga_status ga_store_series_names(ga_store *s, int64_t run, char ***names, size_t *n, ga_err *err)
{
    sqlite3_stmt *q;
    void *items;
    *names = NULL;
    *n = 0;
    ga_status status = ga_store_prepare(s, "SELECT name FROM series WHERE run=? ORDER BY name", &q,
                                        "reading curves", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    status = ga_store_rows(s, q, &name_kind, "reading curves", &items, n, err);
    *names = items;
    return status;
}

void ga_store_names_free(char **names, size_t n)
{
    ga_store_rows_free(&name_kind, names, n);
}

static bool read_last(sqlite3_stmt *q, void *item)
{
    ga_last_point *p = item;
    p->series = ga_store_text(q, 0);
    p->step = sqlite3_column_int64(q, 1);
    p->value = value_of(sqlite3_column_int(q, 2), sqlite3_column_double(q, 3));
    return p->series != NULL;
}

static void end_last(void *item)
{
    ga_last_point *p = item;
    ga_mem_free(p->series);
}

static const ga_row_kind last_kind = {sizeof(ga_last_point), read_last, end_last};

ga_status ga_store_last_points(ga_store *s, int64_t run, ga_last_point **out, size_t *n,
                               ga_err *err)
{
    sqlite3_stmt *q;
    void *items;
    *out = NULL;
    *n = 0;
    ga_status status = ga_store_prepare(
        s,
        "SELECT name,step,kind,v FROM series JOIN point ON point.series=series.id AND "
        "step=(SELECT max(step) FROM point WHERE point.series=series.id) WHERE run=? ORDER BY name",
        &q, "reading curves", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    status = ga_store_rows(s, q, &last_kind, "reading curves", &items, n, err);
    *out = items;
    return status;
}

void ga_last_points_free(ga_last_point *points, size_t n)
{
    ga_store_rows_free(&last_kind, points, n);
}

ga_status ga_store_series_read(ga_store *s, int64_t run, const char *series, int64_t first,
                               int64_t last, int64_t **steps, double **values, size_t *n,
                               ga_err *err)
{
    sqlite3_stmt *q;
    size_t capacity = 1024;
    int rc = SQLITE_ROW;
    *steps = NULL;
    *values = NULL;
    *n = 0;
    ga_status status = ga_store_prepare(
        s,
        "SELECT step,kind,v FROM point WHERE series=(SELECT id FROM series WHERE run=?1 AND "
        "name=?2) AND step BETWEEN ?3 AND ?4 ORDER BY step",
        &q, "reading a curve", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    sqlite3_bind_text(q, 2, series, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, first);
    sqlite3_bind_int64(q, 4, last);
    int64_t *at = ga_mem_new(capacity, sizeof *at);
    double *v = ga_mem_new(capacity, sizeof *v);
    while (at != NULL && v != NULL && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (*n == capacity) {
            int64_t *more_at = ga_mem_resize(at, capacity, 2 * capacity, sizeof *at);
            at = more_at != NULL ? more_at : at;
            double *more_v = ga_mem_resize(v, capacity, 2 * capacity, sizeof *v);
            v = more_v != NULL ? more_v : v;
            if (more_at == NULL || more_v == NULL)
                break;
            capacity *= 2;
        }
        at[*n] = sqlite3_column_int64(q, 0);
        v[(*n)++] = value_of(sqlite3_column_int(q, 1), sqlite3_column_double(q, 2));
    }
    if (rc == SQLITE_ROW)
        status = ga_fail(err, GA_ENOMEM, "'%s': out of memory", s->path);
    else if (rc != SQLITE_DONE)
        status = ga_store_fail(s, "reading a curve", err);
    sqlite3_finalize(q);
    if (status != GA_OK) {
        ga_store_series_free(at, v);
        *n = 0;
        return status;
    }
    *steps = at;
    *values = v;
    return GA_OK;
}

void ga_store_series_free(int64_t *steps, double *values)
{
    ga_mem_free(steps);
    ga_mem_free(values);
}

ga_status ga_store_export(ga_store *s, int64_t run, char **text, size_t *length, ga_err *err)
{
    static const char *const words[] = {"", "nan", "inf", "-inf"};
    sqlite3_stmt *q;
    ga_text t = {0};
    char number[GA_DOUBLE_WORDS];
    int rc;
    *text = NULL;
    *length = 0;
    ga_status status = ga_store_need_run(s, run, err);
    if (status == GA_OK)
        status = ga_store_prepare(s,
                                  "SELECT name,step,kind,v FROM point JOIN series ON "
                                  "series.id=point.series WHERE run=? ORDER BY name,step",
                                  &q, "reading curves", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    ga_text_add(&t, "");
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const int kind = sqlite3_column_int(q, 2);
        ga_text_addf(&t, "%s\t%lld\t", (const char *)sqlite3_column_text(q, 0),
                     (long long)sqlite3_column_int64(q, 1));
        if (kind == KIND_NUMBER)
            ga_text_addf(&t, "%s\n", ga_format_double(sqlite3_column_double(q, 3), number));
        else
            ga_text_addf(&t, "%s\n", words[kind & 3]);
    }
    if (rc != SQLITE_DONE)
        status = ga_store_fail(s, "reading curves", err);
    else if (t.failed)
        status = ga_fail(err, GA_ENOMEM, "'%s': out of memory", s->path);
    sqlite3_finalize(q);
    if (status != GA_OK) {
        ga_text_free(&t);
        return status;
    }
    *text = t.data;
    *length = t.length;
    return GA_OK;
}

void ga_store_text_free(char *text)
{
    ga_mem_free(text);
}
