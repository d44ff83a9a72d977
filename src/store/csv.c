/* csv.c - curves as CSV, read: see ga_store_points_of_csv. */
#include "base/alloc.h"
#include "base/cursor.h"
#include "ganatomy/store.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CURVES = 1000, MAX_NAME = 100, MAX_FIELD = 64 };

/* A table being read. */
typedef struct table {
    ga_cursor in;
    int line;
    char **names;
    size_t n_names;
    ga_point *points;
    size_t n, capacity;
} table;

static ga_status fail(const table *t, ga_err *err, const char *found, const char *expected)
{
    return ga_fail(err, GA_EDATA, "%s: line %d, offset %zu: '%.40s': expected %s", t->in.where,
                   t->line, t->in.at, found, expected);
}

static bool at_end(const table *t)
{
    return t->in.at == t->in.size;
}

/* The next field into buf (size bytes, ended by 0), quoted or not, with what ended it: ',' or
 * '\n'; the end of the text ends a line. */
static ga_status read_field(table *t, char *buf, size_t size, char *ended, ga_err *err)
{
    const char *text = (const char *)t->in.data;
    const bool quoted = !at_end(t) && text[t->in.at] == '"';
    size_t n = 0;
    t->in.at += quoted;
    while (!at_end(t)) {
        const char c = text[t->in.at];
        const bool twice = quoted && c == '"' && t->in.at + 1 < t->in.size &&
                           text[t->in.at + 1] == '"';
        if (quoted ? c == '"' && !twice : c == ',' || c == '\n')
            break;
        if (c == 0 || c == '\n' || n + 1 == size) {
            buf[n] = 0;
            return fail(t, err, buf, "a shorter field, on one line");
        }
        buf[n++] = c;
        t->in.at += twice ? 2 : 1;
    }
    buf[n] = 0;
    if (quoted && at_end(t))
        return fail(t, err, buf, "a closing quote");
    t->in.at += quoted;
    *ended = at_end(t) ? '\n' : text[t->in.at];
    t->in.at += !at_end(t);
    return *ended == ',' || *ended == '\n' ? GA_OK : fail(t, err, buf, "a comma or a line break");
}

static ga_status read_heading(table *t, ga_err *err)
{
    char name[MAX_NAME + 1], ended = 0;
    ga_status status = read_field(t, name, sizeof name, &ended, err);
    if (status == GA_OK && strcmp(name, "step") != 0)
        status = fail(t, err, name, "'step', the first column of curves");
    while (status == GA_OK && ended == ',') {
        status = read_field(t, name, sizeof name, &ended, err);
        if (status == GA_OK && t->n_names == MAX_CURVES)
            status = fail(t, err, name, "at most 1000 curves");
        if (status == GA_OK && (t->names[t->n_names++] = ga_mem_string(name)) == NULL)
            status = ga_fail(err, GA_ENOMEM, "%s: no memory for names of curves", t->in.where);
    }
    t->line++;
    return status;
}

static ga_status add_point(table *t, size_t curve, int64_t step, double value, ga_err *err)
{
    if (t->n == t->capacity) {
        const size_t more = t->capacity > 0 ? 2 * t->capacity : 1024;
        ga_point *points = ga_mem_new(more, sizeof *points);
        if (points == NULL)
            return ga_fail(err, GA_ENOMEM, "%s: no memory for %zu points", t->in.where, more);
        if (t->n > 0)
            memcpy(points, t->points, t->n * sizeof *points);
        ga_mem_free(t->points);
        t->points = points;
        t->capacity = more;
    }
    t->points[t->n++] = (ga_point){t->names[curve], step, value};
    return GA_OK;
}

/* A number as the writer has it: digits, or one of the three words. */
static ga_status read_value(const table *t, const char *field, double *value, ga_err *err)
{
    char *end;
    if (strcmp(field, "nan") == 0)
        *value = NAN;
    else if (strcmp(field, "inf") == 0 || strcmp(field, "-inf") == 0)
        *value = field[0] == '-' ? -INFINITY : INFINITY;
    else if (strspn(field, "0123456789+-.eE") == strlen(field) &&
             (*value = strtod(field, &end), *end == 0) && isfinite(*value))
        return GA_OK;
    else
        return fail(t, err, field, "a number, nan, inf or -inf");
    return GA_OK;
}

static ga_status read_step(const table *t, const char *field, int64_t last, int64_t *step,
                           ga_err *err)
{
    const size_t n = strlen(field);
    if (n < 1 || n > 15 || strspn(field, "0123456789") != n)
        return fail(t, err, field, "a step, a whole number");
    *step = strtoll(field, NULL, 10);
    return *step > last ? GA_OK : fail(t, err, field, "a step above the one before");
}

static ga_status read_row(table *t, int64_t *last, ga_err *err)
{
    char field[MAX_FIELD], ended = 0;
    int64_t step = 0;
    size_t column = 0;
    ga_status status = read_field(t, field, sizeof field, &ended, err);
    if (status == GA_OK)
        status = read_step(t, field, *last, &step, err);
    while (status == GA_OK && ended == ',') {
        double value = 0;
        status = read_field(t, field, sizeof field, &ended, err);
        if (status == GA_OK && column == t->n_names)
            status = fail(t, err, field, "no more fields than the heading has");
        if (status != GA_OK)
            return status;
        if (field[0] != 0)
            status = read_value(t, field, &value, err);
        if (status == GA_OK && field[0] != 0)
            status = add_point(t, column, step, value, err);
        column++;
    }
    if (status == GA_OK && column != t->n_names)
        status = fail(t, err, field, "as many fields as the heading has");
    *last = step;
    t->line++;
    return status;
}

ga_status ga_store_points_of_csv(const void *text, size_t length, const char *where,
                                 ga_csv_points *out, ga_err *err)
{
    table t = {.in = ga_cursor_of(text, length, where), .line = 1};
    int64_t last = -1;
    *out = (ga_csv_points){0};
    t.names = ga_mem_new(MAX_CURVES, sizeof *t.names);
    ga_status status = t.names != NULL ? read_heading(&t, err)
                                       : ga_fail(err, GA_ENOMEM, "%s: no memory", where);
    while (status == GA_OK && !at_end(&t))
        status = read_row(&t, &last, err);
    *out = (ga_csv_points){t.points, t.n, t.names, t.n_names};
    if (status != GA_OK)
        ga_csv_points_free(out);
    return status;
}

void ga_csv_points_free(ga_csv_points *p)
{
    for (size_t i = 0; i < p->n_names; i++)
        ga_mem_free(p->names[i]);
    ga_mem_free(p->names);
    ga_mem_free(p->points);
    *p = (ga_csv_points){0};
}
