/* artifact.c - the records of a run's files. */
#include "store/store.h"
#include "base/alloc.h"
#include <string.h>

ga_status ga_store_artifact_add(ga_store *s, int64_t run, const char *kind, int64_t step,
                                const char *path, int64_t bytes, const char *sha256, ga_err *err)
{
    sqlite3_stmt *q;
    ga_status status = ga_store_need_run(s, run, err);
    if (status == GA_OK)
        status = ga_store_prepare(s,
                                  "INSERT INTO artifact(run,kind,step,path,bytes,sha256) "
                                  "VALUES(?,?,?,?,?,?) ON CONFLICT(run,path) DO UPDATE SET "
                                  "kind=excluded.kind,step=excluded.step,bytes=excluded.bytes,"
                                  "sha256=excluded.sha256",
                                  &q, "recording a file", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    sqlite3_bind_text(q, 2, kind, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, step);
    sqlite3_bind_text(q, 4, path, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 5, bytes);
    sqlite3_bind_text(q, 6, sha256, -1, SQLITE_STATIC);
    return ga_store_finish(s, q, "recording a file", err);
}

static bool read_artifact(sqlite3_stmt *q, ga_artifact *a)
{
    a->kind = ga_store_text(q, 0);
    a->step = sqlite3_column_int64(q, 1);
    a->path = ga_store_text(q, 2);
    a->bytes = sqlite3_column_int64(q, 3);
    a->sha256 = ga_store_text(q, 4);
    return a->kind != NULL && a->path != NULL && a->sha256 != NULL;
}

ga_status ga_store_artifacts(ga_store *s, int64_t run, ga_artifact **out, size_t *n, ga_err *err)
{
    sqlite3_stmt *q;
    size_t capacity = 16;
    int rc = SQLITE_ROW;
    *out = NULL;
    *n = 0;
    ga_status status = ga_store_prepare(s,
                                        "SELECT kind,step,path,bytes,sha256 FROM artifact "
                                        "WHERE run=? ORDER BY step,path",
                                        &q, "reading files", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    ga_artifact *list = ga_mem_new(capacity, sizeof *list);
    while (list != NULL && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (*n == capacity) {
            ga_artifact *more = ga_mem_resize(list, capacity, 2 * capacity, sizeof *more);
            if (more == NULL)
                break;
            list = more;
            capacity *= 2;
        }
        if (!read_artifact(q, &list[(*n)++]))
            break;
    }
    if (list == NULL || rc == SQLITE_ROW)
        status = ga_fail(err, GA_ENOMEM, "'%s': out of memory", s->path);
    else if (rc != SQLITE_DONE)
        status = ga_store_fail(s, "reading files", err);
    sqlite3_finalize(q);
    if (status != GA_OK) {
        ga_artifacts_free(list, *n);
        *n = 0;
        return status;
    }
    *out = list;
    return GA_OK;
}

void ga_artifacts_free(ga_artifact *artifacts, size_t n)
{
    for (size_t i = 0; artifacts != NULL && i < n; i++) {
        ga_mem_free(artifacts[i].kind);
        ga_mem_free(artifacts[i].path);
        ga_mem_free(artifacts[i].sha256);
    }
    ga_mem_free(artifacts);
}
