/* store.h - the workspace's database: runs, their curves, events and files.
 *
 * One SQLite file, usually HOME/ganatomy.db, in WAL mode. It knows no tensors and no networks.
 * Every change is one transaction: a process killed at any moment leaves a readable database with
 * all of a change or none of it. Several processes may write at once; one waits for the other,
 * at most 10 s. Times stand with runs and their sessions only; curves and events hold nothing that
 * differs between two equal runs. */
#ifndef GA_STORE_H
#define GA_STORE_H
#include "ganatomy/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GA_STORE_SCHEMA 2 /* the newest schema that this version reads and writes */

typedef struct ga_store ga_store; /* not for use by two threads at once; open one each */

/* Opens or makes the database at path (its folder is made), and brings an older schema forward.
 * GA_EDATA: not a database, another program's, damaged, or of a newer schema than this version
 * knows (left untouched). GA_EIO: full disk; a folder that cannot be written, unless the database is
 * there, up to date and at rest: then it is open for reading, and what writes fails with GA_EIO. */
GA_API ga_status ga_store_open(const char *path, ga_store **out, ga_err *err);
GA_API void ga_store_close(ga_store *s); /* NULL is fine */

/* ---- runs -------------------------------------------------------------------------------------*/

#define GA_RUN_STATE_MAP(X)                                                                        \
    X(QUEUED, "queued")                                                                            \
    X(RUNNING, "running")                                                                          \
    X(DONE, "done")                                                                                \
    X(FAILED, "failed")                                                                            \
    X(DIVERGED, "diverged") /* a loss was not finite */                                            \
    X(STOPPED, "stopped")   /* by its user; can be resumed */

typedef enum ga_run_state {
#define GA_RUN_STATE_ENUM(name, word) GA_RUN_##name,
    GA_RUN_STATE_MAP(GA_RUN_STATE_ENUM)
#undef GA_RUN_STATE_ENUM
} ga_run_state;

GA_API const char *ga_run_state_name(ga_run_state state);
/* The state of that name. GA_EDATA. */
GA_API ga_status ga_run_state_parse(const char *name, ga_run_state *out, ga_err *err);

/* What a new run is; all strings are copied, those that may be NULL become "". */
typedef struct ga_run_new {
    const char *name;         /* 1..100 of A-Z a-z 0-9 . _ -, beginning with a letter or digit */
    const char *kind;         /* "gan", "classifier", ... */
    const char *config;       /* JSON of everything that the run depends on */
    const char *command;      /* as typed; may be NULL */
    const char *code_version; /* may be NULL: ga_version() */
    uint64_t seed;
    const char *data_name, *data_hash; /* may be NULL */
} ga_run_new;

/* Records a run in state running, owned by this process: its first session begins. *id is its
 * number.
 * GA_EEXIST: the name is taken; the sentence proposes a free one. GA_EINVAL: a bad name, or config
 * that is no JSON. */
GA_API ga_status ga_store_run_create(ga_store *s, const ga_run_new *run, int64_t *id, ga_err *err);

/* base if no run has that name, else "base-2", "base-3", ... into name (size chars). */
GA_API ga_status ga_store_free_name(ga_store *s, const char *base, char *name, size_t size,
                                    ga_err *err);

/* Changes the state. error: a sentence, or NULL for none. GA_RUN_RUNNING makes this process the
 * owner (a new session, unless the run is its own already) and clears error; done, failed, diverged
 * and stopped end its session. GA_ENOTFOUND; GA_EEXIST: GA_RUN_RUNNING for a run that another
 * living process trains, or one on another machine, of which nobody here can tell. */
GA_API ga_status ga_store_run_set_state(ga_store *s, int64_t id, ga_run_state state,
                                        const char *error, ga_err *err);

/* Runs in state running whose process on this machine is gone become failed, "interrupted"; they
 * ended at their last sign of life. *n (may be NULL) is how many. */
GA_API ga_status ga_store_mark_interrupted(ga_store *s, int *n, ga_err *err);

/* One row of the run table; strings are owned by the row. */
typedef struct ga_run_record {
    int64_t id;
    char uuid[37];
    ga_run_state state;
    char *name, *kind, *config, *command, *code_version, *data_name, *data_hash;
    uint64_t seed;
    char *machine;             /* host name of the owner, who trains it or did so last */
    int64_t pid;               /* process of the owner */
    bool alive;                /* running, and not by a process of this machine that is gone */
    int64_t created, finished; /* seconds since 1970; finished is 0 while it is not */
    double seconds;            /* that were spent training: the sum of its sessions */
    int64_t memory;            /* bytes of resident memory at most; 0 if unknown */
    char *error;               /* "" for none */
} ga_run_record;

/* The run of that name or uuid. *out becomes the caller's (ga_run_records_free(out, 1)).
 * GA_ENOTFOUND: the sentence names the nearest or newest runs. */
GA_API ga_status ga_store_run_find(ga_store *s, const char *name_or_uuid, ga_run_record **out,
                                   ga_err *err);
/* All runs, oldest first; of one kind if kind is not NULL. *out becomes the caller's. */
GA_API ga_status ga_store_runs(ga_store *s, const char *kind, ga_run_record **out, size_t *n,
                               ga_err *err);
GA_API void ga_run_records_free(ga_run_record *records, size_t n);

/* Gives a run another config (a JSON object), and says so with an event of that kind and text at
 * that step; both or none. GA_ENOTFOUND: no such run; GA_EINVAL as ga_store_event_add. */
GA_API ga_status ga_store_run_reconfigure(ga_store *s, int64_t id, const char *config, int64_t step,
                                          const char *kind, const char *text, ga_err *err);

/* Removes a run with its curves, events, sessions and the records of its files (not the files).
 * GA_ENOTFOUND; GA_EEXIST: another living process trains it (as for GA_RUN_RUNNING). */
GA_API ga_status ga_store_run_delete(ga_store *s, int64_t id, ga_err *err);

/* ---- sessions ---------------------------------------------------------------------------------*/

/* One process's work on a run; a run that was taken up again has several. */
typedef struct ga_session {
    char *machine;        /* host name */
    int64_t pid;
    double started, seen; /* seconds since 1970; seen: the last sign of life, or the end */
    int64_t memory;       /* bytes of resident memory at most so far; 0 if unknown */
    char *about;          /* JSON: what ga_store_session_about was given, else "{}" */
} ga_session;

/* Describes the machine and program of this process's session: about is a JSON object, such as
 * {"cpu": "...", "threads": 2}. Call it after ga_store_run_create and after GA_RUN_RUNNING.
 * GA_ENOTFOUND: this process has no session of that run; GA_EINVAL: no JSON object. */
GA_API ga_status ga_store_session_about(ga_store *s, int64_t run, const char *about, ga_err *err);
/* A run's sessions, oldest first. Adding points or events is a sign of life, and notes the memory.
 * *out becomes the caller's (ga_sessions_free). */
GA_API ga_status ga_store_sessions(ga_store *s, int64_t run, ga_session **out, size_t *n,
                                   ga_err *err);
GA_API void ga_sessions_free(ga_session *sessions, size_t n);

/* ---- curves -----------------------------------------------------------------------------------*/

/* One number of one curve. value may be NaN or infinite and comes back so; every other value comes
 * back bit for bit, but -0 as 0. series: 1..100 chars, no line break and no tab. What is measured
 * once an epoch is a curve too: its points lie at the last step of each epoch, and at step 0 for
 * what was measured before the first. */
typedef struct ga_point {
    const char *series; /* "loss_d" */
    int64_t step;       /* >= 0 */
    double value;
} ga_point;

/* Adds n points in one transaction; a point that was there gets the new value. */
GA_API ga_status ga_store_points_add(ga_store *s, int64_t run, const ga_point *points, size_t n,
                                     ga_err *err);

/* Forgets what came after step: points, events and artifacts with a larger one; and, at whatever
 * step, the events lint and samples, which tell of an end that is none any more. A resumed run calls
 * this with the step of its checkpoint, so that its rows end equal to those of an undisturbed run. */
GA_API ga_status ga_store_rewind(ga_store *s, int64_t run, int64_t step, ga_err *err);

/* Names of a run's curves in alphabetical order; *names[i] and *names end with
 * ga_store_names_free. */
GA_API ga_status ga_store_series_names(ga_store *s, int64_t run, char ***names, size_t *n,
                                       ga_err *err);
GA_API void ga_store_names_free(char **names, size_t n);

/* The last point of every curve, in alphabetical order of the names. *out becomes the caller's
 * (ga_last_points_free). A run's curves can be seen to stand without reading them. */
typedef struct ga_last_point {
    char *series;
    int64_t step;
    double value;
} ga_last_point;
GA_API ga_status ga_store_last_points(ga_store *s, int64_t run, ga_last_point **out, size_t *n,
                                      ga_err *err);
GA_API void ga_last_points_free(ga_last_point *points, size_t n);

/* Points of one curve with first <= step <= last, in order of step; free steps and values with
 * ga_store_series_free. An unknown curve has no points. */
GA_API ga_status ga_store_series_read(ga_store *s, int64_t run, const char *series, int64_t first,
                                      int64_t last, int64_t **steps, double **values, size_t *n,
                                      ga_err *err);
GA_API void ga_store_series_free(int64_t *steps, double *values);

/* All points of a run as text, a line each, "SERIES\tSTEP\tVALUE\n", by series, then step; VALUE
 * with as few digits as bring it back bit for bit, or nan, inf, -inf. Equal runs give equal bytes. *text ends with
 * ga_store_text_free. */
GA_API ga_status ga_store_export(ga_store *s, int64_t run, char **text, size_t *length,
                                 ga_err *err);
GA_API void ga_store_text_free(char *text);

/* ---- events -----------------------------------------------------------------------------------*/

/* What happened at a step. Kinds that the commands know, with the fields of their text:
 *     change   {"option": "lr", "from": 0.0002, "to": 0.0001}: an option, while the run lasted
 *     lint     a finding of ga_lint (lint.h), as ga_lint_json writes it
 *     samples  what was measured of samples in the end, under the names of ga_lint_input
 * Others may be added. */
typedef struct ga_event {
    int64_t step; /* the last step done when it happened; 0: before the first */
    char *kind;   /* 1..40 of a-z 0-9 - */
    char *text;   /* a JSON object */
} ga_event;

/* GA_ENOTFOUND: no such run; GA_EINVAL: a bad kind, a step below 0, text that is no JSON object. */
GA_API ga_status ga_store_event_add(ga_store *s, int64_t run, int64_t step, const char *kind,
                                    const char *text, ga_err *err);
/* A run's events by step, then as they were added; of one kind if kind is not NULL. *out becomes
 * the caller's (ga_events_free). */
GA_API ga_status ga_store_events(ga_store *s, int64_t run, const char *kind, ga_event **out,
                                 size_t *n, ga_err *err);
GA_API void ga_events_free(ga_event *events, size_t n);

/* ---- files of a run ---------------------------------------------------------------------------*/

typedef struct ga_artifact {
    char *kind;   /* "checkpoint", "weights", "samples", ... */
    int64_t step; /* -1: of the whole run */
    char *path;   /* as it can be opened from here; it moves with the workspace */
    int64_t bytes;
    char *sha256; /* 64 hex digits */
} ga_artifact;

/* Records a file that is already in place; the same path again replaces the record. A path within
 * the database's folder is kept relative to it, so that a workspace can be moved. */
GA_API ga_status ga_store_artifact_add(ga_store *s, int64_t run, const char *kind, int64_t step,
                                       const char *path, int64_t bytes, const char *sha256,
                                       ga_err *err);
/* A run's files by step, then path. *out becomes the caller's (ga_artifacts_free). */
GA_API ga_status ga_store_artifacts(ga_store *s, int64_t run, ga_artifact **out, size_t *n,
                                    ga_err *err);
GA_API void ga_artifacts_free(ga_artifact *artifacts, size_t n);

/* ---- runs of other workspaces -----------------------------------------------------------------*/

/* A run that was recorded elsewhere. Of record are read: uuid, state, name, kind, config, command,
 * code_version, data_name, data_hash, seed, created and error; who worked on it and how long are
 * its sessions. Files are in place already. */
typedef struct ga_run_import {
    const ga_run_record *record;
    const ga_session *sessions;
    const ga_point *points;
    const ga_event *events;
    const ga_artifact *files;
    size_t n_sessions, n_points, n_events, n_files;
} ga_run_import;
/* Records it whole, in one transaction; *id is its number. GA_EEXIST: the name is taken;
 * GA_EINVAL: a bad name, a state of a run that has not ended, texts that are no JSON objects. */
GA_API ga_status ga_store_run_import(ga_store *s, const ga_run_import *run, int64_t *id,
                                     ga_err *err);

/* Curves as CSV, as `ganatomy runs export` writes them: a heading "step,NAME,...", then a row a
 * step, steps rising, an empty field where a curve has no point, nan, inf and -inf as words. Names
 * may be in quotes. End with ga_csv_points_free, zeroed structs are fine. GA_EDATA: the sentence
 * names where (the file), line, offset and what was found. */
typedef struct ga_csv_points {
    ga_point *points; /* by step, then in the order of the heading; names are those below */
    size_t n;
    char **names;
    size_t n_names;
} ga_csv_points;
GA_API ga_status ga_store_points_of_csv(const void *text, size_t length, const char *where,
                                        ga_csv_points *out, ga_err *err);
GA_API void ga_csv_points_free(ga_csv_points *p);

#ifdef __cplusplus
}
#endif
#endif
