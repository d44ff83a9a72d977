/* store.c - the connection: opening, statements, transactions, sentences. */
#include "store/store.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 10000

ga_status ga_store_fail(const ga_store *s, const char *doing, ga_err *err)
{
    const int code = s->db != NULL ? sqlite3_errcode(s->db) & 0xff : SQLITE_NOMEM;
    const char *words = s->db != NULL ? sqlite3_errmsg(s->db) : "out of memory";
    switch (code) {
    case SQLITE_NOMEM:
        return ga_fail(err, GA_ENOMEM, "'%s': %s: out of memory", s->path, doing);
    case SQLITE_NOTADB:
        return ga_fail(err, GA_EDATA, "'%s': %s: the file is not a database", s->path, doing);
    case SQLITE_CORRUPT:
        return ga_fail(err, GA_EDATA, "'%s': %s: the database is damaged (%s)", s->path, doing,
                       words);
    case SQLITE_FULL:
        return ga_fail(err, GA_EIO, "'%s': %s: the disk is full", s->path, doing);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ga_fail(err, GA_EIO, "'%s': %s: another process has kept it locked for %d s",
                       s->path, doing, BUSY_MS / 1000);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return ga_fail(err, GA_EIO, "'%s': %s: the file or its folder cannot be written (%s)",
                       s->path, doing, words);
    case SQLITE_IOERR: {
        const int cause = sqlite3_system_errno(s->db);
        return ga_fail(err, GA_EIO, "'%s': %s: %s%s%s", s->path, doing, words,
                       cause != 0 ? ": " : "", cause != 0 ? strerror(cause) : "");
    }
    default:
        return ga_fail(err, GA_EFAILED, "'%s': %s: %s", s->path, doing, words);
    }
}

ga_status ga_store_prepare(ga_store *s, const char *sql, sqlite3_stmt **out, const char *doing,
                           ga_err *err)
{
    if (sqlite3_prepare_v2(s->db, sql, -1, out, NULL) == SQLITE_OK)
        return GA_OK;
    *out = NULL;
    return ga_store_fail(s, doing, err);
}

ga_status ga_store_finish(ga_store *s, sqlite3_stmt *statement, const char *doing, ga_err *err)
{
    ga_status status = GA_OK;
    if (sqlite3_step(statement) != SQLITE_DONE)
        status = ga_store_fail(s, doing, err);
    sqlite3_finalize(statement);
    return status;
}

ga_status ga_store_begin(ga_store *s, const char *doing, ga_err *err)
{
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return ga_store_fail(s, doing, err);
    return GA_OK;
}

ga_status ga_store_end(ga_store *s, ga_status status, const char *doing, ga_err *err)
{
    if (status == GA_OK && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        status = ga_store_fail(s, doing, err);
    if (status != GA_OK && !sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

ga_status ga_store_need_run(ga_store *s, int64_t id, ga_err *err)
{
    sqlite3_stmt *statement;
    ga_status status = ga_store_prepare(s, "SELECT 1 FROM run WHERE id=?", &statement,
                                        "looking up a run", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(statement, 1, id);
    const int rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        status = ga_fail(err, GA_ENOTFOUND, "'%s' has no run number %lld", s->path, (long long)id);
    else if (rc != SQLITE_ROW)
        status = ga_store_fail(s, "looking up a run", err);
    sqlite3_finalize(statement);
    return status;
}

ga_status ga_store_need_object(ga_store *s, const char *text, const char *what, ga_err *err)
{
    sqlite3_stmt *q;
    ga_status status = ga_store_prepare(
        s, "SELECT CASE WHEN json_valid(?1) THEN json_type(?1)='object' ELSE 0 END", &q, what, err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_text(q, 1, text, -1, SQLITE_STATIC);
    if (sqlite3_step(q) != SQLITE_ROW)
        status = ga_store_fail(s, what, err);
    else if (!sqlite3_column_int(q, 0))
        status = ga_fail(err, GA_EINVAL, "%s is not JSON (an object was expected): '%.100s'", what,
                         text);
    sqlite3_finalize(q);
    return status;
}

/* Makes the folder of the database, and notes where it is. */
static ga_status settle_folder(ga_store *s, ga_err *err)
{
    char resolved[PATH_MAX];
    const char *slash = strrchr(s->path, '/');
    const size_t n = slash == NULL ? 0 : slash == s->path ? 1 : (size_t)(slash - s->path);
    s->folder = n > 0 ? ga_mem_string_n(s->path, n) : ga_mem_string(".");
    if (s->folder == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory");
    const ga_status status = ga_make_folders(s->folder, err);
    if (status != GA_OK)
        return status;
    s->real = ga_mem_string(realpath(s->folder, resolved) != NULL ? resolved : s->folder);
    return s->real != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "out of memory");
}

/* SQLite does not wait on its own for this one lock when several processes open a new file. */
static ga_status switch_to_wal(ga_store *s, ga_err *err)
{
    const int pause_ms = 10;
    int rc = SQLITE_BUSY;
    for (int waited = 0; waited < BUSY_MS && rc == SQLITE_BUSY; waited += pause_ms) {
        rc = sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if (rc == SQLITE_BUSY)
            sqlite3_sleep(pause_ms);
    }
    return rc == SQLITE_OK ? GA_OK : ga_store_fail(s, "opening", err);
}

/* Whoever may read a workspace but not write into its folder (a gallery of a course, say) can look
 * at it all the same. WAL needs a file beside the database, so SQLite has to be told that nothing
 * will change; with commits that are still in the log alone that would be a lie. */
static bool only_readable(const ga_store *s)
{
    ga_text log = {0};
    struct stat st;
    ga_text_addf(&log, "%s-wal", s->path);
    const bool settled = !log.failed && (stat(log.data, &st) != 0 || st.st_size == 0);
    ga_text_free(&log);
    return settled && access(s->path, R_OK) == 0 && access(s->folder, W_OK) != 0;
}

static ga_status open_unchanging(ga_store *s, ga_err *err)
{
    ga_text uri = {0};
    ga_text_add(&uri, "file:");
    for (const char *at = s->path; *at != 0; at++)
        ga_text_addf(&uri, strchr("?#%", *at) != NULL ? "%%%02x" : "%c", (unsigned char)*at);
    ga_text_add(&uri, "?immutable=1");
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    ga_status status = GA_OK;
    if (uri.failed)
        status = ga_fail(err, GA_ENOMEM, "out of memory");
    else if (sqlite3_open_v2(uri.data, &s->db, flags, NULL) != SQLITE_OK)
        status = ga_store_fail(s, "opening", err);
    ga_text_free(&uri);
    return status;
}

/* Before anything is written: a file that another program, or a newer version, made stays as it is.
 * FULL, not NORMAL: a resumed run relies on the rows up to its checkpoint being there, also after
 * the power failed; commits are few (one a second), so it costs nothing that is felt. */
static ga_status configure(ga_store *s, bool unchanging, ga_err *err)
{
    sqlite3_busy_timeout(s->db, BUSY_MS);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (sqlite3_exec(s->db,
                     "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON;"
                     "PRAGMA synchronous=FULL;",
                     NULL, NULL, NULL) != SQLITE_OK)
        return ga_store_fail(s, "opening", err);
    const ga_status status = ga_store_migrate(s, err);
    return status != GA_OK || unchanging ? status : switch_to_wal(s, err);
}

ga_status ga_store_open(const char *path, ga_store **out, ga_err *err)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    *out = NULL;
    ga_store *s = ga_mem_new(1, sizeof *s);
    if (s == NULL || (s->path = ga_mem_string(path)) == NULL) {
        ga_mem_free(s);
        return ga_fail(err, GA_ENOMEM, "out of memory");
    }
    ga_status status = settle_folder(s, err);
    const bool unchanging = status == GA_OK && only_readable(s);
    if (unchanging)
        status = open_unchanging(s, err);
    else if (status == GA_OK && sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
        status = ga_store_fail(s, "opening", err);
    if (status == GA_OK)
        status = configure(s, unchanging, err);
    if (status != GA_OK) {
        ga_store_close(s);
        return status;
    }
    *out = s;
    return GA_OK;
}

void ga_store_close(ga_store *s)
{
    if (s == NULL)
        return;
    sqlite3_close(s->db);
    ga_mem_free(s->path);
    ga_mem_free(s->folder);
    ga_mem_free(s->real);
    ga_mem_free(s);
}
