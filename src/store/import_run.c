/* import_run.c - a run that another workspace recorded, taken over whole. */
#include "store/store.h"
#include <math.h>

static ga_status insert_record(ga_store *s, const ga_run_record *r, int64_t *id, ga_err *err)
{
    const char *doing = "taking over a run";
    sqlite3_stmt *q;
    const ga_status status = ga_store_prepare(
        s,
        "INSERT INTO run(uuid,name,kind,state,config,command,code_version,data_name,data_hash,"
        "error,seed,created) VALUES(?,?,?,?,?,?,?,?,?,nullif(?,''),?,?)",
        &q, doing, err);
    if (status != GA_OK)
        return status;
    const char *const text[] = {
        r->uuid,      r->name,    r->kind,         ga_run_state_name(r->state),
        r->config,    r->command, r->code_version, r->data_name,
        r->data_hash, r->error};
    int at = 1;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        sqlite3_bind_text(q, at++, text[i] != NULL ? text[i] : "", -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, at++, (int64_t)r->seed);
    sqlite3_bind_int64(q, at++, r->created);
    const ga_status done = ga_store_finish(s, q, doing, err);
    *id = sqlite3_last_insert_rowid(s->db);
    return done;
}

static ga_status insert_session(ga_store *s, int64_t run, const ga_session *session, ga_err *err)
{
    const char *doing = "taking over a run";
    sqlite3_stmt *q;
    ga_status status = ga_store_need_object(s, session->about, "the description of a session", err);
    if (status == GA_OK)
        status = ga_store_prepare(s,
                                  "INSERT INTO session(run,machine,pid,birth,started,seen,memory,"
                                  "about) VALUES(?,?,?,'',?,?,?,?)",
                                  &q, doing, err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    sqlite3_bind_text(q, 2, session->machine, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, session->pid);
    sqlite3_bind_int64(q, 4, llround(session->started * 1000));
    sqlite3_bind_int64(q, 5, llround(session->seen * 1000));
    sqlite3_bind_int64(q, 6, session->memory);
    sqlite3_bind_text(q, 7, session->about, -1, SQLITE_STATIC);
    return ga_store_finish(s, q, doing, err);
}

static ga_status insert_all(ga_store *s, const ga_run_import *run, int64_t *id, ga_err *err)
{
    ga_status status = ga_run_name_free(s, run->record->name, err);
    if (status == GA_OK)
        status = insert_record(s, run->record, id, err);
    for (size_t i = 0; i < run->n_sessions && status == GA_OK; i++)
        status = insert_session(s, *id, &run->sessions[i], err);
    if (status == GA_OK)
        status = ga_points_insert(s, *id, run->points, run->n_points, err);
    for (size_t i = 0; i < run->n_events && status == GA_OK; i++)
        status = ga_event_insert(s, *id, &run->events[i], err);
    for (size_t i = 0; i < run->n_files && status == GA_OK; i++) {
        const ga_artifact *f = &run->files[i];
        status = ga_store_artifact_add(s, *id, f->kind, f->step, f->path, f->bytes, f->sha256, err);
    }
    return status;
}

ga_status ga_store_run_import(ga_store *s, const ga_run_import *run, int64_t *id, ga_err *err)
{
    const ga_run_record *r = run->record;
    ga_status status = ga_store_need_object(s, r->config, "the configuration of a run", err);
    if (status == GA_OK && (r->state == GA_RUN_QUEUED || r->state == GA_RUN_RUNNING))
        status = ga_fail(err, GA_EINVAL, "run '%s' is %s: expected one that has ended", r->name,
                         ga_run_state_name(r->state));
    if (status == GA_OK)
        status = ga_store_begin(s, "taking over a run", err);
    if (status != GA_OK)
        return status;
    return ga_store_end(s, insert_all(s, run, id, err), "taking over a run", err);
}
