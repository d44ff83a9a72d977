/* store/store.h - what the files of this room share: the connection, statements, lists, owners. */
#ifndef GA_STORE_INSIDE_H
#define GA_STORE_INSIDE_H
#include "ganatomy/store.h"
#include <sqlite3.h>

struct ga_store {
    sqlite3 *db;
    char *path;
    char *folder; /* of path, as it was given: "home" */
    char *real;   /* the same without links and dots: "/home/ada/home" */
};

/* 'GANA' in ASCII: tells our file from any other program's. */
#define GA_STORE_APPLICATION_ID 0x47414E41

/* ---- statements (store.c) ---------------------------------------------------------------------*/

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
/* GA_EINVAL unless text is a JSON object; what is what sentences call it. */
ga_status ga_store_need_object(ga_store *s, const char *text, const char *what, ga_err *err);

/* Inside a transaction, what the functions of the same words do in one of their own. */
ga_status ga_points_insert(ga_store *s, int64_t run, const ga_point *points, size_t n, ga_err *err);
ga_status ga_event_insert(ga_store *s, int64_t run, const ga_event *event, ga_err *err);
/* GA_EINVAL: no name of a run; GA_EEXIST: it is taken, with a proposal. */
ga_status ga_run_name_free(ga_store *s, const char *name, ga_err *err);

/* ---- rows into lists (rows.c) -----------------------------------------------------------------*/

/* A column as a new string (ga_mem_free), "" for NULL; NULL when out of memory. */
char *ga_store_text(sqlite3_stmt *statement, int column);

/* How a row becomes an item of a list. */
typedef struct ga_row_kind {
    size_t size;                                 /* of an item */
    bool (*read)(sqlite3_stmt *row, void *item); /* fills a zeroed item; false: out of memory */
    void (*end)(void *item);                     /* frees what it owns, also half filled */
} ga_row_kind;
/* All rows of q as *n items; ends q. doing is for sentences. On failure nothing is left. */
ga_status ga_store_rows(ga_store *s, sqlite3_stmt *q, const ga_row_kind *kind, const char *doing,
                        void **out, size_t *n, ga_err *err);
void ga_store_rows_free(const ga_row_kind *kind, void *items, size_t n);

/* ---- owners (session.c) -----------------------------------------------------------------------*/

/* Who works on a run: a process, told from later ones that get its number. */
typedef struct ga_owner {
    char machine[256]; /* host name */
    int64_t pid;
    char birth[80]; /* when the process began, as the system counts; "" if unknown */
} ga_owner;
ga_owner ga_owner_self(void);
/* The owner in three columns of a row (machine, pid, birth) from column on. */
ga_owner ga_owner_of_row(sqlite3_stmt *row, int column);
bool ga_owner_equal(const ga_owner *a, const ga_owner *b);
/* False if it is a process of this machine that is gone. Of other machines nobody can tell. */
bool ga_owner_alive(const ga_owner *owner);

/* Inside a transaction. Begins a session of this process, unless the run's newest is its own. */
ga_status ga_session_begin(ga_store *s, int64_t run, ga_err *err);
/* A sign of life: if the run's newest session is this process's, it notes time and memory. */
ga_status ga_session_touch(ga_store *s, int64_t run, ga_err *err);
/* GA_EEXIST if the run is being trained by somebody else who lives. */
ga_status ga_session_free_of_others(ga_store *s, int64_t run, ga_err *err);
#endif
