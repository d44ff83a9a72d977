/* runs.c - the run table. */
#include "store/store.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define MAX_NAME 100
#define RUN_COLUMNS                                                                                \
    "id,uuid,state,name,kind,config,command,code_version,data_name,data_hash,seed,machine,pid,"    \
    "created,finished,error"

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

static void machine_name(char *buf, size_t size)
{
    if (gethostname(buf, size) != 0)
        snprintf(buf, size, "?");
    buf[size - 1] = 0;
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
    char uuid[37], machine[256];
    sqlite3_stmt *q;
    make_uuid(uuid);
    machine_name(machine, sizeof machine);
    ga_status status = ga_store_prepare(
        s,
        "INSERT INTO run(uuid,name,kind,state,config,command,code_version,seed,data_name,"
        "data_hash,machine,pid,created) VALUES(?,?,?,'running',?,?,?,?,?,?,?,?,?)",
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
    sqlite3_bind_text(q, at++, machine, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, at++, getpid());
    sqlite3_bind_int64(q, at++, ga_unix_time());
    status = ga_store_finish(s, q, doing, err);
    if (status == GA_OK)
        *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

static ga_status check_config(ga_store *s, const char *config, ga_err *err)
{
    sqlite3_stmt *q;
    ga_status status = ga_store_prepare(s, "SELECT json_valid(?)", &q, "recording a run", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_text(q, 1, config, -1, SQLITE_STATIC);
    if (sqlite3_step(q) != SQLITE_ROW)
        status = ga_store_fail(s, "recording a run", err);
    else if (!sqlite3_column_int(q, 0))
        status = ga_fail(err, GA_EINVAL, "the configuration of a run is not JSON: '%.100s'",
                         config);
    sqlite3_finalize(q);
    return status;
}

ga_status ga_store_run_create(ga_store *s, const ga_run_new *run, int64_t *id, ga_err *err)
{
    bool taken;
    ga_status status;
    if ((status = check_name(run->name, err)) != GA_OK ||
        (status = check_config(s, run->config, err)) != GA_OK ||
        (status = ga_store_begin(s, "recording a run", err)) != GA_OK)
        return status;
    status = name_taken(s, run->name, &taken, err);
    if (status == GA_OK && taken) {
        char proposal[MAX_NAME + 32];
        status = ga_store_free_name(s, run->name, proposal, sizeof proposal, err);
        if (status == GA_OK)
            status = ga_fail(err, GA_EEXIST,
                             "there is a run '%s' already: choose another name, such as '%s'",
                             run->name, proposal);
    } else if (status == GA_OK)
        status = insert_run(s, run, id, err);
    return ga_store_end(s, status, "recording a run", err);
}

ga_status ga_store_run_set_state(ga_store *s, int64_t id, ga_run_state state, const char *error,
                                 ga_err *err)
{
    const char *doing = "recording the state of a run";
    const bool over = state != GA_RUN_QUEUED && state != GA_RUN_RUNNING;
    char machine[256];
    sqlite3_stmt *q;
    ga_status status = ga_store_need_run(s, id, err);
    if (status != GA_OK)
        return status;
    status = ga_store_prepare(s,
                              state == GA_RUN_RUNNING
                                  ? "UPDATE run SET state=?,finished=?,error=?,machine=?,pid=? "
                                    "WHERE id=?6"
                                  : "UPDATE run SET state=?,finished=?,error=? WHERE id=?6",
                              &q, doing, err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_text(q, 1, state_names[state], -1, SQLITE_STATIC);
    if (over)
        sqlite3_bind_int64(q, 2, ga_unix_time());
    if (error != NULL && state != GA_RUN_RUNNING)
        sqlite3_bind_text(q, 3, error, -1, SQLITE_STATIC);
    if (state == GA_RUN_RUNNING) {
        machine_name(machine, sizeof machine);
        sqlite3_bind_text(q, 4, machine, -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 5, getpid());
    }
    sqlite3_bind_int64(q, 6, id);
    return ga_store_finish(s, q, doing, err);
}

ga_status ga_store_mark_interrupted(ga_store *s, int *n, ga_err *err)
{
    ga_run_record *runs;
    size_t n_runs;
    int ignored;
    char machine[256];
    if (n == NULL)
        n = &ignored;
    *n = 0;
    ga_status status = ga_store_runs(s, NULL, &runs, &n_runs, err);
    machine_name(machine, sizeof machine);
    for (size_t i = 0; status == GA_OK && i < n_runs; i++) {
        const ga_run_record *r = &runs[i];
        const bool gone = r->pid > 0 && kill((pid_t)r->pid, 0) != 0 && errno == ESRCH;
        if (r->state != GA_RUN_RUNNING || strcmp(r->machine, machine) != 0 || !gone)
            continue;
        status = ga_store_run_set_state(s, r->id, GA_RUN_FAILED, "interrupted", err);
        *n += status == GA_OK;
    }
    ga_run_records_free(runs, n_runs);
    return status;
}

ga_status ga_store_run_delete(ga_store *s, int64_t id, ga_err *err)
{
    sqlite3_stmt *q;
    ga_status status = ga_store_need_run(s, id, err);
    if (status == GA_OK)
        status = ga_store_prepare(s, "DELETE FROM run WHERE id=?", &q, "deleting a run", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, id);
    return ga_store_finish(s, q, "deleting a run", err);
}

/* ---- reading ----------------------------------------------------------------------------------*/

static bool read_record(sqlite3_stmt *q, ga_run_record *r)
{
    memset(r, 0, sizeof *r);
    r->id = sqlite3_column_int64(q, 0);
    const char *uuid = (const char *)sqlite3_column_text(q, 1);
    const char *state = (const char *)sqlite3_column_text(q, 2);
    snprintf(r->uuid, sizeof r->uuid, "%s", or_empty(uuid));
    for (int i = 0; i < N_STATES; i++)
        if (state != NULL && strcmp(state, state_names[i]) == 0)
            r->state = (ga_run_state)i;
    char **const text[] = {&r->name,         &r->kind,      &r->config,   &r->command,
                           &r->code_version, &r->data_name, &r->data_hash};
    bool good = true;
    for (int i = 0; i < 7; i++)
        good &= (*text[i] = ga_store_text(q, 3 + i)) != NULL;
    r->seed = (uint64_t)sqlite3_column_int64(q, 10);
    good &= (r->machine = ga_store_text(q, 11)) != NULL;
    r->pid = sqlite3_column_int64(q, 12);
    r->created = sqlite3_column_int64(q, 13);
    r->finished = sqlite3_column_int64(q, 14);
    good &= (r->error = ga_store_text(q, 15)) != NULL;
    return good;
}

/* All rows of q; ends q. */
static ga_status read_records(ga_store *s, sqlite3_stmt *q, ga_run_record **out, size_t *n,
                              ga_err *err)
{
    size_t capacity = 16;
    int rc = SQLITE_ROW;
    ga_status status = GA_OK;
    *n = 0;
    *out = ga_mem_new(capacity, sizeof **out);
    while (*out != NULL && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (*n == capacity) {
            ga_run_record *more = ga_mem_resize(*out, capacity, 2 * capacity, sizeof *more);
            if (more == NULL)
                break;
            *out = more;
            capacity *= 2;
        }
        if (!read_record(q, &(*out)[(*n)++]))
            break;
    }
    if (*out == NULL || rc == SQLITE_ROW)
        status = ga_fail(err, GA_ENOMEM, "'%s': out of memory", s->path);
    else if (rc != SQLITE_DONE)
        status = ga_store_fail(s, "reading runs", err);
    sqlite3_finalize(q);
    if (status != GA_OK) {
        ga_run_records_free(*out, *n);
        *out = NULL;
        *n = 0;
    }
    return status;
}

ga_status ga_store_runs(ga_store *s, const char *kind, ga_run_record **out, size_t *n, ga_err *err)
{
    sqlite3_stmt *q;
    *out = NULL;
    *n = 0;
    const ga_status status = ga_store_prepare(
        s, "SELECT " RUN_COLUMNS " FROM run WHERE ?1 IS NULL OR kind=?1 ORDER BY id", &q,
        "reading runs", err);
    if (status != GA_OK)
        return status;
    if (kind != NULL)
        sqlite3_bind_text(q, 1, kind, -1, SQLITE_STATIC);
    return read_records(s, q, out, n, err);
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
    size_t n;
    *out = NULL;
    ga_status status = ga_store_prepare(
        s, "SELECT " RUN_COLUMNS " FROM run WHERE name=?1 OR uuid=?1 ORDER BY name=?1 DESC LIMIT 1",
        &q, "looking up a run", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_text(q, 1, name_or_uuid, -1, SQLITE_STATIC);
    status = read_records(s, q, out, &n, err);
    if (status == GA_OK && n == 0) {
        ga_run_records_free(*out, 0);
        *out = NULL;
        status = unknown_run(s, name_or_uuid, err);
    }
    return status;
}

void ga_run_records_free(ga_run_record *records, size_t n)
{
    for (size_t i = 0; records != NULL && i < n; i++) {
        ga_run_record *r = &records[i];
        char *const text[] = {r->name,      r->kind,      r->config,  r->command, r->code_version,
                              r->data_name, r->data_hash, r->machine, r->error};
        for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
            ga_mem_free(text[k]);
    }
    ga_mem_free(records);
}
