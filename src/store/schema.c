/* schema.c - the tables, and how an older database becomes a newer one. A migration that was ever
 * released is never changed; a new one is added at the end, and GA_STORE_SCHEMA with it. */
#include "store/store.h"
#include <stdio.h>

/* kind of a point: 0 a number, 1 NaN, 2 +infinity, 3 -infinity. SQLite stores NaN as NULL, so a
 * value that is no number is a state of its own and cannot be mistaken for a missing one. */
static const char *const migrations[] = {
    "CREATE TABLE run("
    " id INTEGER PRIMARY KEY AUTOINCREMENT," /* numbers of deleted runs do not come back */
    " uuid TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL UNIQUE,"
    " kind TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK(state IN"
    "  ('queued','running','done','failed','diverged','stopped')),"
    " config TEXT NOT NULL," /* JSON; checked on writing: trusted_schema=OFF has no json_valid */
    " command TEXT NOT NULL,"
    " code_version TEXT NOT NULL,"
    " seed INTEGER NOT NULL,"
    " data_name TEXT NOT NULL,"
    " data_hash TEXT NOT NULL,"
    " machine TEXT NOT NULL,"
    " pid INTEGER NOT NULL,"
    " created INTEGER NOT NULL,"
    " finished INTEGER,"
    " error TEXT) STRICT;"
    "CREATE TABLE series("
    " id INTEGER PRIMARY KEY,"
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " UNIQUE(run, name)) STRICT;"
    "CREATE TABLE point("
    " series INTEGER NOT NULL REFERENCES series(id) ON DELETE CASCADE,"
    " step INTEGER NOT NULL,"
    " kind INTEGER NOT NULL CHECK(kind BETWEEN 0 AND 3),"
    " v REAL CHECK((kind = 0) = (v IS NOT NULL)),"
    " PRIMARY KEY(series, step)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE artifact("
    " id INTEGER PRIMARY KEY,"
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " kind TEXT NOT NULL,"
    " step INTEGER NOT NULL," /* -1: of the whole run */
    " path TEXT NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " sha256 TEXT NOT NULL,"
    " UNIQUE(run, path)) STRICT;",

    /* 2: every process that works on a run has its own row, so that its time is a sum; events; and
     * files are found relative to the database, wherever the workspace was moved to. What schema 1
     * knew of a run's times becomes one session, in which a pause cannot be told from work. */
    "CREATE TABLE session("
    " id INTEGER PRIMARY KEY,"
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " machine TEXT NOT NULL,"
    " pid INTEGER NOT NULL,"
    " birth TEXT NOT NULL,"         /* tells the process from a later one of that number; or '' */
    " started INTEGER NOT NULL,"    /* milliseconds since 1970 */
    " seen INTEGER NOT NULL,"       /* last sign of life, in the end the end */
    " memory INTEGER NOT NULL,"     /* bytes; 0: unknown */
    " about TEXT NOT NULL) STRICT;" /* JSON */
    "CREATE INDEX session_of_run ON session(run);"
    "CREATE TABLE event("
    " id INTEGER PRIMARY KEY,"
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " step INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " text TEXT NOT NULL) STRICT;" /* JSON */
    "CREATE INDEX event_of_run ON event(run, step);"
    "INSERT INTO session(run,machine,pid,birth,started,seen,memory,about)"
    " SELECT id,machine,pid,'',created*1000,ifnull(finished,created)*1000,0,'{}' FROM run"
    " WHERE state<>'queued' ORDER BY id;"
    "ALTER TABLE run DROP COLUMN machine;"
    "ALTER TABLE run DROP COLUMN pid;"
    "ALTER TABLE run DROP COLUMN finished;"
    "WITH told(id,rel) AS (SELECT artifact.id,'runs/'||run.name||CASE artifact.kind"
    "  WHEN 'weights' THEN '/model.safetensors'"
    "  ELSE printf('/samples/step-%06lld.png',artifact.step) END"
    " FROM artifact JOIN run ON run.id=artifact.run)"
    "UPDATE artifact SET path=told.rel FROM told"
    " WHERE told.id=artifact.id AND substr(path,-length(rel)-1)='/'||rel;",
};
enum { N_MIGRATIONS = (int)(sizeof migrations / sizeof migrations[0]) };
_Static_assert(N_MIGRATIONS == GA_STORE_SCHEMA, "store.h names the newest schema");

static ga_status pragma(ga_store *s, const char *sql, int64_t *out, ga_err *err)
{
    sqlite3_stmt *statement;
    *out = 0;
    ga_status status = ga_store_prepare(s, sql, &statement, "opening", err);
    if (status != GA_OK)
        return status;
    const int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        status = ga_store_fail(s, "opening", err);
    sqlite3_finalize(statement);
    return status;
}

/* Is this our database, and of which schema? A new, empty file is ours with schema 0. Called within
 * a transaction: the three answers must be of one moment. */
static ga_status look(ga_store *s, int64_t *version, ga_err *err)
{
    int64_t id, tables;
    ga_status status;
    if ((status = pragma(s, "PRAGMA application_id", &id, err)) != GA_OK ||
        (status = pragma(s, "PRAGMA user_version", version, err)) != GA_OK ||
        (status = pragma(s, "SELECT count(*) FROM sqlite_schema", &tables, err)) != GA_OK)
        return status;
    const bool fresh = id == 0 && *version == 0 && tables == 0;
    if (id != GA_STORE_APPLICATION_ID && !fresh)
        return ga_fail(err, GA_EDATA,
                       "'%s' is a database of another program (application id %08llx, expected "
                       "%08x)",
                       s->path, (unsigned long long)id, GA_STORE_APPLICATION_ID);
    if (*version > N_MIGRATIONS || *version < 0)
        return ga_fail(err, GA_EDATA,
                       "'%s' has schema %lld, but this ganatomy %s knows up to %d: use the newer "
                       "ganatomy that wrote it, or another workspace (--home)",
                       s->path, (long long)*version, GA_VERSION, N_MIGRATIONS);
    return GA_OK;
}

ga_status ga_store_migrate(ga_store *s, ga_err *err)
{
    int64_t version = 0;
    if (sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        return ga_store_fail(s, "opening", err);
    ga_status status = ga_store_end(s, look(s, &version, err), "opening", err);
    while (status == GA_OK && version < N_MIGRATIONS) {
        char mark[96];
        if ((status = ga_store_begin(s, "migrating", err)) != GA_OK)
            return status;
        /* Another process may have done it while we waited for the lock. */
        const int64_t before = version;
        status = look(s, &version, err);
        if (status == GA_OK && version == before) {
            snprintf(mark, sizeof mark, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
                     GA_STORE_APPLICATION_ID, (int)version + 1);
            if (sqlite3_exec(s->db, migrations[version], NULL, NULL, NULL) != SQLITE_OK ||
                sqlite3_exec(s->db, mark, NULL, NULL, NULL) != SQLITE_OK)
                status = ga_store_fail(s, "migrating", err);
            else
                version++;
        }
        status = ga_store_end(s, status, "migrating", err);
    }
    return status;
}
