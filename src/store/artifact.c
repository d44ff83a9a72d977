/* artifact.c - the records of a run's files. */
#include "store/store.h"
#include "base/alloc.h"
#include "base/file.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* path as it is kept: relative to the database's folder if it lies in there, else absolute, so that
 * it does not depend on where the command was called. NULL when out of memory. */
static char *kept_path(const ga_store *s, const char *path)
{
    char resolved[PATH_MAX];
    const size_t n = strlen(s->real);
    if (realpath(path, resolved) != NULL) {
        const bool inside = strncmp(resolved, s->real, n) == 0 && resolved[n] == '/';
        return ga_mem_string(inside ? resolved + n + 1 : resolved);
    }
    if (path[0] == '/' || getcwd(resolved, sizeof resolved) == NULL)
        return ga_mem_string(path);
    return ga_path_join(resolved, path);
}

ga_status ga_store_artifact_add(ga_store *s, int64_t run, const char *kind, int64_t step,
                                const char *path, int64_t bytes, const char *sha256, ga_err *err)
{
    sqlite3_stmt *q;
    ga_status status = ga_store_need_run(s, run, err);
    if (status != GA_OK)
        return status;
    char *kept = kept_path(s, path);
    if (kept == NULL)
        return ga_fail(err, GA_ENOMEM, "'%s': recording a file: out of memory", s->path);
    status = ga_store_prepare(s,
                              "INSERT INTO artifact(run,kind,step,path,bytes,sha256) "
                              "VALUES(?,?,?,?,?,?) ON CONFLICT(run,path) DO UPDATE SET "
                              "kind=excluded.kind,step=excluded.step,bytes=excluded.bytes,"
                              "sha256=excluded.sha256",
                              &q, "recording a file", err);
    if (status == GA_OK) {
        sqlite3_bind_int64(q, 1, run);
        sqlite3_bind_text(q, 2, kind, -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 3, step);
        sqlite3_bind_text(q, 4, kept, -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 5, bytes);
        sqlite3_bind_text(q, 6, sha256, -1, SQLITE_STATIC);
        status = ga_store_finish(s, q, "recording a file", err);
    }
    ga_mem_free(kept);
    return status;
}

static bool read_artifact(sqlite3_stmt *q, void *item)
{
    ga_artifact *a = item;
    a->kind = ga_store_text(q, 0);
    a->step = sqlite3_column_int64(q, 1);
    a->path = ga_store_text(q, 2);
    a->bytes = sqlite3_column_int64(q, 3);
    a->sha256 = ga_store_text(q, 4);
    return a->kind != NULL && a->path != NULL && a->sha256 != NULL;
}

static void end_artifact(void *item)
{
    ga_artifact *a = item;
    ga_mem_free(a->kind);
    ga_mem_free(a->path);
    ga_mem_free(a->sha256);
}

static const ga_row_kind artifact_kind = {sizeof(ga_artifact), read_artifact, end_artifact};

/* From where the database is now. */
static ga_status place(const ga_store *s, ga_artifact *a, ga_err *err)
{
    if (a->path[0] == '/')
        return GA_OK;
    char *path = ga_path_join(s->folder, a->path);
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "'%s': reading files: out of memory", s->path);
    ga_mem_free(a->path);
    a->path = path;
    return GA_OK;
}

ga_status ga_store_artifacts(ga_store *s, int64_t run, ga_artifact **out, size_t *n, ga_err *err)
{
    sqlite3_stmt *q;
    void *items;
    *out = NULL;
    *n = 0;
    ga_status status = ga_store_prepare(s,
                                        "SELECT kind,step,path,bytes,sha256 FROM artifact "
                                        "WHERE run=? ORDER BY step,path",
                                        &q, "reading files", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    status = ga_store_rows(s, q, &artifact_kind, "reading files", &items, n, err);
    ga_artifact *list = items;
    for (size_t i = 0; status == GA_OK && i < *n; i++)
        status = place(s, &list[i], err);
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
    ga_store_rows_free(&artifact_kind, artifacts, n);
}
