/* runs.c - the run table. */
#include "store/store.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define MAX_NAME 100

/* A run with its newest session; read_record reads these columns. */
#define SELECT_RUNS                                                                                \
    "SELECT run.id,uuid,state,name,kind,config,command,code_version,data_name,data_hash,error,"    \
    "seed,created,machine,pid,birth,seen/1000,"                                                    \
    "(SELECT sum(max(seen-started,0)) FROM session WHERE session.run=run.id),"                     \
    "(SELECT max(memory) FROM session WHERE session.run=run.id) "                                  \
    "FROM run LEFT JOIN session ON session.id="                                                    \
    "(SELECT max(id) FROM session WHERE session.run=run.id) "

static const char *const state_names[] = {
#define STATE_NAME(name, word) [GA_RUN_##name] = word,
    GA_RUN_STATE_MAP(STATE_NAME)
#undef STATE_NAME
};
enum { N_STATES = (int)(sizeof state_names / sizeof state_names[0]) };

const char *ga_run_state_name(ga_run_state state)
{
    return state_names[state];
}

/* RFC 9562, version 4: random. Names a row for other machines; nothing is computed from it. */
static void make_uuid(char out[37])
{
    uint8_t raw[16];
    if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw)
        sqlite3_randomness(sizeof raw, raw);
    raw[6] = (uint8_t)((raw[6] & 0x0f) | 0x40);
    raw[8] = (uint8_t)((raw[8] & 0x3f) | 0x80);
    char hex[33];
    ga_hex(raw, 16, hex);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

ga_status ga_run_state_parse(const char *name, ga_run_state *out, ga_err *err)
{
    for (int i = 0; i < N_STATES; i++) {
        if (strcmp(name, state_names[i]) != 0)
            continue;
        *out = (ga_run_state)i;
        return GA_OK;
    }
    return ga_fail(err, GA_EDATA, "'%.40s' is no state of a run", name);
}

/* Names become names of folders: nothing that a shell or a path could take amiss. */
static ga_status check_name(const char *name, ga_err *err)
{
    const size_t n = strlen(name);
    bool good = n >= 1 && n <= MAX_NAME && isalnum((unsigned char)name[0]);
    for (size_t i = 0; good && i < n; i++)
        good = (unsigned char)name[i] < 128 &&
               (isalnum((unsigned char)name[i]) || strchr("._-", name[i]) != NULL);
    if (!good)
        return ga_fail(err, GA_EINVAL,
                       "run name '%s': expected 1 to %d of A-Z a-z 0-9 . _ -, beginning with a "
                       "letter or digit",
                       name, MAX_NAME);
    return GA_OK;
}

static ga_status name_taken(ga_store *s, const char *name, bool *taken, ga_err *err)
{
    sqlite3_stmt *statement;
    const char *doing = "looking up a run";
    ga_status status = ga_store_prepare(s, "SELECT 1 FROM run WHERE name=?", &statement, doing,
                                        err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    const int rc = sqlite3_step(statement);
    *taken = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        status = ga_store_fail(s, doing, err);
    sqlite3_finalize(statement);
    return status;
}

ga_status ga_store_free_name(ga_store *s, const char *base, char *name, size_t size, ga_err *err)
{
    ga_status status = check_name(base, err);
    for (int64_t i = 1; status == GA_OK; i++) {
        char candidate[MAX_NAME + 32];
        bool taken;
        if (i == 1)
            snprintf(candidate, sizeof candidate, "%s", base);
        else /* a long base is cut, so that the proposal is itself a good name */
            snprintf(candidate, sizeof candidate, "%.*s-%lld", MAX_NAME - 20, base, (long long)i);
        status = name_taken(s, candidate, &taken, err);
        if (status != GA_OK || taken)
            continue;
        if (strlen(candidate) >= size)
            return ga_fail(err, GA_EINVAL, "run name '%s' is too long", candidate);
        memcpy(name, candidate, strlen(candidate) + 1);
        return GA_OK;
    }
    return status;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static ga_status insert_run(ga_store *s, const ga_run_new *run, int64_t *id, ga_err *err)
{
    const char *doing = "recording a run";
    char uuid[37];
    sqlite3_stmt *q;
    make_uuid(uuid);
    ga_status status = ga_store_prepare(
        s,
        "INSERT INTO run(uuid,name,kind,state,config,command,code_version,seed,data_name,"
        "data_hash,created) VALUES(?,?,?,'running',?,?,?,?,?,?,?)",
        &q, doing, err);
    if (status != GA_OK)
        return status;
    const char *const text[] = {uuid,
                                run->name,
                                run->kind,
                                run->config,
                                or_empty(run->command),
                                run->code_version != NULL ? run->code_version : GA_VERSION};
    int at = 1;
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
        sqlite3_bind_text(q, at++, text[i], -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, at++, (int64_t)run->seed);
    sqlite3_bind_text(q, at++, or_empty(run->data_name), -1, SQLITE_STATIC);
    sqlite3_bind_text(q, at++, or_empty(run->data_hash), -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, at++, ga_unix_time());
    status = ga_store_finish(s, q, doing, err);
    if (status != GA_OK)
        return status;
    *id = sqlite3_last_insert_rowid(s->db);
    return ga_session_begin(s, *id, err);
}

ga_status ga_run_name_free(ga_store *s, const char *name, ga_err *err)
{
    char proposal[MAX_NAME + 32];
    bool taken = false;
    ga_status status = check_name(name, err);
    if (status == GA_OK)
        status = name_taken(s, name, &taken, err);
    if (status != GA_OK || !taken)
        return status;
    status = ga_store_free_name(s, name, proposal, sizeof proposal, err);
    return status == GA_OK ? ga_fail(err, GA_EEXIST,
                                     "there is a run '%s' already: choose another name, such as "
                                     "'%s'",
                                     name, proposal)
                           : status;
}

ga_status ga_store_run_create(ga_store *s, const ga_run_new *run, int64_t *id, ga_err *err)
{
    const char *doing = "recording a run";
    ga_status status = check_name(run->name, err);
    if (status == GA_OK)
        status = ga_store_need_object(s, run->config, "the configuration of a run", err);
    if (status != GA_OK || (status = ga_store_begin(s, doing, err)) != GA_OK)
        return status;
    status = ga_run_name_free(s, run->name, err);
    if (status == GA_OK)
        status = insert_run(s, run, id, err);
    return ga_store_end(s, status, doing, err);
}

/* The row alone; sessions are the caller's matter. */
static ga_status write_state(ga_store *s, int64_t id, ga_run_state state, const char *error,
                             ga_err *err)
{
    const char *doing = "recording the state of a run";
    sqlite3_stmt *q;
    const ga_status status = ga_store_prepare(s, "UPDATE run SET state=?,error=? WHERE id=?", &q,
                                              doing, err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_text(q, 1, state_names[state], -1, SQLITE_STATIC);
    if (error != NULL && state != GA_RUN_RUNNING)
        sqlite3_bind_text(q, 2, error, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, id);
    return ga_store_finish(s, q, doing, err);
}

ga_status ga_store_run_set_state(ga_store *s, int64_t id, ga_run_state state, const char *error,
                                 ga_err *err)
{
    const char *doing = "recording the state of a run";
    ga_status status = ga_store_begin(s, doing, err);
    if (status != GA_OK)
        return status;
    status = ga_store_need_run(s, id, err);
    if (status == GA_OK && state == GA_RUN_RUNNING)
        status = ga_session_free_of_others(s, id, err);
    if (status == GA_OK)
        status = state == GA_RUN_RUNNING ? ga_session_begin(s, id, err)
                                         : ga_session_touch(s, id, err);
    if (status == GA_OK)
        status = write_state(s, id, state, error, err);
    return ga_store_end(s, status, doing, err);
}

ga_status ga_store_run_reconfigure(ga_store *s, int64_t id, const char *config, int64_t step,
                                   const char *kind, const char *text, ga_err *err)
{
    const char *doing = "recording the options of a run";
    const ga_event event = {step, (char *)kind, (char *)text};
    sqlite3_stmt *q;
    ga_status status = ga_store_need_object(s, config, "the configuration of a run", err);
    if (status != GA_OK || (status = ga_store_begin(s, doing, err)) != GA_OK)
        return status;
    if ((status = ga_store_need_run(s, id, err)) == GA_OK)
        status = ga_store_prepare(s, "UPDATE run SET config=? WHERE id=?", &q, doing, err);
    if (status == GA_OK) {
        sqlite3_bind_text(q, 1, config, -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 2, id);
        status = ga_store_finish(s, q, doing, err);
    }
    if (status == GA_OK)
        status = ga_event_insert(s, id, &event, err);
    return ga_store_end(s, status, doing, err);
}

/* A run that says it is running, and who is said to train it. */
typedef struct claim {
    int64_t run;
    ga_owner owner;
} claim;

static bool read_claim(sqlite3_stmt *q, void *item)
{
    claim *c = item;
    c->run = sqlite3_column_int64(q, 0);
    c->owner = ga_owner_of_row(q, 1);
    return true;
}

static void end_claim(void *item)
{
    (void)item;
}

static const ga_row_kind claim_kind = {sizeof(claim), read_claim, end_claim};

/* Inside a transaction: nobody can take a run up between the look and the mark. */
static ga_status mark_dead(ga_store *s, int *n, ga_err *err)
{
    const char *doing = "looking for interrupted runs";
    sqlite3_stmt *q;
    void *items;
    size_t n_claims;
    ga_status status = ga_store_prepare(s,
                                        "SELECT run,machine,pid,birth,max(session.id) FROM session "
                                        "JOIN run ON run.id=run WHERE state='running' GROUP BY run",
                                        &q, doing, err);
    if (status == GA_OK)
        status = ga_store_rows(s, q, &claim_kind, doing, &items, &n_claims, err);
    if (status != GA_OK)
        return status;
    const claim *claims = items;
    for (size_t i = 0; status == GA_OK && i < n_claims; i++) {
        if (ga_owner_alive(&claims[i].owner))
            continue;
        status = write_state(s, claims[i].run, GA_RUN_FAILED, "interrupted", err);
        ++*n;
    }
    ga_store_rows_free(&claim_kind, items, n_claims);
    return status;
}

ga_status ga_store_mark_interrupted(ga_store *s, int *n, ga_err *err)
{
    const char *doing = "looking for interrupted runs";
    int marked = 0;
    ga_status status = ga_store_begin(s, doing, err);
    if (n != NULL)
        *n = 0;
    if (status == GA_OK)
        status = ga_store_end(s, mark_dead(s, &marked, err), doing, err);
    if (n != NULL && status == GA_OK)
        *n = marked;
    return status;
}

ga_status ga_store_run_delete(ga_store *s, int64_t id, ga_err *err)
{
    const char *doing = "deleting a run";
    sqlite3_stmt *q;
    ga_status status = ga_store_begin(s, doing, err);
    if (status != GA_OK)
        return status;
    if ((status = ga_store_need_run(s, id, err)) == GA_OK &&
        (status = ga_session_free_of_others(s, id, err)) == GA_OK)
        status = ga_store_prepare(s, "DELETE FROM run WHERE id=?", &q, doing, err);
    if (status == GA_OK) {
        sqlite3_bind_int64(q, 1, id);
        status = ga_store_finish(s, q, doing, err);
    }
    return ga_store_end(s, status, doing, err);
}

/* ---- reading ----------------------------------------------------------------------------------*/

static bool read_record(sqlite3_stmt *q, void *item)
{
    ga_run_record *r = item;
    const char *uuid = (const char *)sqlite3_column_text(q, 1),
               *state = (const char *)sqlite3_column_text(q, 2);
    char **const text[] = {&r->name,         &r->kind,      &r->config,    &r->command,
                           &r->code_version, &r->data_name, &r->data_hash, &r->error};
    enum { N_TEXT = (int)(sizeof text / sizeof text[0]) };
    bool good = true;
    r->id = sqlite3_column_int64(q, 0);
    snprintf(r->uuid, sizeof r->uuid, "%s", or_empty(uuid));
    for (int i = 0; i < N_STATES; i++)
        if (state != NULL && strcmp(state, state_names[i]) == 0)
            r->state = (ga_run_state)i;
    for (int i = 0; i < N_TEXT; i++)
        good &= (*text[i] = ga_store_text(q, 3 + i)) != NULL;
    r->seed = (uint64_t)sqlite3_column_int64(q, 11);
    r->created = sqlite3_column_int64(q, 12);
    good &= (r->machine = ga_store_text(q, 13)) != NULL;
    const ga_owner owner = ga_owner_of_row(q, 13);
    r->pid = owner.pid;
    r->alive = r->state == GA_RUN_RUNNING && ga_owner_alive(&owner);
    const bool over = r->state != GA_RUN_QUEUED && r->state != GA_RUN_RUNNING;
    r->finished = over ? sqlite3_column_int64(q, 16) : 0;
    r->seconds = (double)sqlite3_column_int64(q, 17) / 1000;
    r->memory = sqlite3_column_int64(q, 18);
    return good;
}

static void end_record(void *item)
{
    ga_run_record *r = item;
    char *const text[] = {r->name,      r->kind,      r->config,  r->command, r->code_version,
                          r->data_name, r->data_hash, r->machine, r->error};
    for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
        ga_mem_free(text[k]);
}

static const ga_row_kind record_kind = {sizeof(ga_run_record), read_record, end_record};

ga_status ga_store_runs(ga_store *s, const char *kind, ga_run_record **out, size_t *n, ga_err *err)
{
    sqlite3_stmt *q;
    void *items;
    *out = NULL;
    *n = 0;
    ga_status status = ga_store_prepare(
        s, SELECT_RUNS "WHERE ?1 IS NULL OR kind=?1 ORDER BY run.id", &q, "reading runs", err);
    if (status != GA_OK)
        return status;
    if (kind != NULL)
        sqlite3_bind_text(q, 1, kind, -1, SQLITE_STATIC);
    status = ga_store_rows(s, q, &record_kind, "reading runs", &items, n, err);
    *out = items;
    return status;
}

/* "no run 'chruch': did you mean 'church'? there are church, mnist-1" */
static ga_status unknown_run(ga_store *s, const char *name, ga_err *err)
{
    enum { MOST = 10 };
    ga_run_record *runs;
    size_t n;
    ga_status status = ga_store_runs(s, NULL, &runs, &n, err);
    if (status != GA_OK)
        return status;
    const char **names = ga_mem_new(n + 1, sizeof *names);
    ga_text list = {0};
    for (size_t i = 0; names != NULL && i < n; i++) {
        names[i] = runs[n - 1 - i].name;
        if (i < MOST)
            ga_text_addf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    char hint[GA_DID_YOU_MEAN] = "";
    if (names != NULL)
        ga_did_you_mean(name, names, hint);
    if (n == 0)
        status = ga_fail(err, GA_ENOTFOUND, "there is no run '%s': none was recorded in '%s'", name,
                         s->path);
    else
        status = ga_fail(err, GA_ENOTFOUND, "there is no run '%s'%s: %s %s", name, hint,
                         n > MOST ? "the newest are" : "the runs are",
                         list.data != NULL ? list.data : "?");
    ga_text_free(&list);
    ga_mem_free(names);
    ga_run_records_free(runs, n);
    return status;
}

ga_status ga_store_run_find(ga_store *s, const char *name_or_uuid, ga_run_record **out, ga_err *err)
{
    sqlite3_stmt *q;
    void *items;
    size_t n;
    *out = NULL;
    ga_status status = ga_store_prepare(
        s, SELECT_RUNS "WHERE name=?1 OR uuid=?1 ORDER BY name=?1 DESC LIMIT 1", &q,
        "looking up a run", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_text(q, 1, name_or_uuid, -1, SQLITE_STATIC);
    status = ga_store_rows(s, q, &record_kind, "looking up a run", &items, &n, err);
    if (status != GA_OK)
        return status;
    if (n == 0) {
        ga_run_records_free(items, 0);
        return unknown_run(s, name_or_uuid, err);
    }
    *out = items;
    return GA_OK;
}

void ga_run_records_free(ga_run_record *records, size_t n)
{
    ga_store_rows_free(&record_kind, records, n);
}
