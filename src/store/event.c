/* event.c - what happened at a step. */
#include "store/store.h"
#include "base/alloc.h"
#include <string.h>

#define MAX_KIND 40

static ga_status check_event(ga_store *s, int64_t step, const char *kind, const char *text,
                             ga_err *err)
{
    const size_t n = strlen(kind);
    if (n < 1 || n > MAX_KIND || strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
        return ga_fail(err, GA_EINVAL, "kind of an event '%.60s': expected 1 to %d of a-z 0-9 -",
                       kind, MAX_KIND);
    if (step < 0)
        return ga_fail(err, GA_EINVAL, "step %lld of an event: expected 0 or more",
                       (long long)step);
    return ga_store_need_object(s, text, "the text of an event", err);
}

ga_status ga_event_insert(ga_store *s, int64_t run, const ga_event *event, ga_err *err)
{
    const char *doing = "recording an event";
    sqlite3_stmt *q;
    ga_status status = check_event(s, event->step, event->kind, event->text, err);
    if (status == GA_OK)
        status = ga_store_prepare(s, "INSERT INTO event(run,step,kind,text) VALUES(?,?,?,?)", &q,
                                  doing, err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    sqlite3_bind_int64(q, 2, event->step);
    sqlite3_bind_text(q, 3, event->kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 4, event->text, -1, SQLITE_STATIC);
    return ga_store_finish(s, q, doing, err);
}

ga_status ga_store_event_add(ga_store *s, int64_t run, int64_t step, const char *kind,
                             const char *text, ga_err *err)
{
    const char *doing = "recording an event";
    const ga_event event = {step, (char *)kind, (char *)text};
    ga_status status = ga_store_begin(s, doing, err);
    if (status != GA_OK)
        return status;
    if ((status = ga_store_need_run(s, run, err)) == GA_OK)
        status = ga_event_insert(s, run, &event, err);
    if (status == GA_OK)
        status = ga_session_touch(s, run, err);
    return ga_store_end(s, status, doing, err);
}

static bool read_event(sqlite3_stmt *q, void *item)
{
    ga_event *event = item;
    event->step = sqlite3_column_int64(q, 0);
    event->kind = ga_store_text(q, 1);
    event->text = ga_store_text(q, 2);
    return event->kind != NULL && event->text != NULL;
}

static void end_event(void *item)
{
    ga_event *event = item;
    ga_mem_free(event->kind);
    ga_mem_free(event->text);
}

static const ga_row_kind event_kind = {sizeof(ga_event), read_event, end_event};

ga_status ga_store_events(ga_store *s, int64_t run, const char *kind, ga_event **out, size_t *n,
                          ga_err *err)
{
    sqlite3_stmt *q;
    void *items;
    *out = NULL;
    *n = 0;
    ga_status status = ga_store_prepare(s,
                                        "SELECT step,kind,text FROM event WHERE run=?1 AND "
                                        "(?2 IS NULL OR kind=?2) ORDER BY step,id",
                                        &q, "reading events", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    if (kind != NULL)
        sqlite3_bind_text(q, 2, kind, -1, SQLITE_STATIC);
    status = ga_store_rows(s, q, &event_kind, "reading events", &items, n, err);
    *out = items;
    return status;
}

void ga_events_free(ga_event *events, size_t n)
{
    ga_store_rows_free(&event_kind, events, n);
}
