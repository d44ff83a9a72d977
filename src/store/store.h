/* store/store.h - what the files of this room share: the connection, statements, sentences. */
#ifndef GA_STORE_INSIDE_H
#define GA_STORE_INSIDE_H
#include "ganatomy/store.h"
#include <sqlite3.h>

struct ga_store {
    sqlite3 *db;
    char *path;
};

/* 'GANA' in ASCII: tells our file from any other program's. */
#define GA_STORE_APPLICATION_ID 0x47414E41

/* Turns what SQLite said last into a sentence: doing is "recording a run". */
ga_status ga_store_fail(const ga_store *s, const char *doing, ga_err *err);
/* Brings a database of any older schema forward, one migration a transaction. */
ga_status ga_store_migrate(ga_store *s, ga_err *err);

ga_status ga_store_prepare(ga_store *s, const char *sql, sqlite3_stmt **out, const char *doing,
                           ga_err *err);
/* Runs a statement that gives no rows, and ends it. */
ga_status ga_store_finish(ga_store *s, sqlite3_stmt *statement, const char *doing, ga_err *err);
/* BEGIN IMMEDIATE: the write lock is taken at once, so that nothing fails halfway for want of it.
 */
ga_status ga_store_begin(ga_store *s, const char *doing, ga_err *err);
/* COMMIT if status is GA_OK, else ROLLBACK; returns what is true afterwards. */
ga_status ga_store_end(ga_store *s, ga_status status, const char *doing, ga_err *err);
/* GA_ENOTFOUND unless the run is there. */
ga_status ga_store_need_run(ga_store *s, int64_t id, ga_err *err);
/* A column as a new string (ga_mem_free), "" for NULL; NULL when out of memory. */
char *ga_store_text(sqlite3_stmt *statement, int column);
#endif
