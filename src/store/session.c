/* session.c - who works on a run, and for how long. */
#include "store/store.h"
#include "base/alloc.h"
#include "base/clock.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- owners -----------------------------------------------------------------------------------*/

/* The first line of a file, without its end; false if there is none. */
static bool first_line(const char *path, char *line, int size)
{
    FILE *f = fopen(path, "re");
    const bool good = f != NULL && fgets(line, size, f) != NULL;
    if (f != NULL)
        fclose(f);
    if (good)
        line[strcspn(line, "\n")] = 0;
    return good;
}

/* Numbers of processes come back, after a restart most of all: which boot it was, and how many
 * ticks after it the process began (field 22 of /proc/PID/stat), tell one from the next. The
 * second field is a name in brackets, which may hold anything. */
static void read_birth(int64_t pid, char *birth, size_t size)
{
    char path[64], boot[64], line[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    birth[0] = 0;
    if (!first_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot) ||
        !first_line(path, line, sizeof line))
        return;
    const char *field = strrchr(line, ')');
    for (int i = 2; field != NULL && i < 22; i++)
        field = strchr(field + 1, ' ');
    if (field != NULL)
        snprintf(birth, size, "%.40s/%.*s", boot, (int)strcspn(field + 1, " "), field + 1);
}

ga_owner ga_owner_self(void)
{
    ga_owner owner = {.pid = getpid()};
    if (gethostname(owner.machine, sizeof owner.machine) != 0)
        snprintf(owner.machine, sizeof owner.machine, "?");
    owner.machine[sizeof owner.machine - 1] = 0;
    read_birth(owner.pid, owner.birth, sizeof owner.birth);
    return owner;
}

ga_owner ga_owner_of_row(sqlite3_stmt *row, int column)
{
    ga_owner owner = {.pid = sqlite3_column_int64(row, column + 1)};
    const char *machine = (const char *)sqlite3_column_text(row, column),
               *birth = (const char *)sqlite3_column_text(row, column + 2);
    snprintf(owner.machine, sizeof owner.machine, "%s", machine != NULL ? machine : "");
    snprintf(owner.birth, sizeof owner.birth, "%s", birth != NULL ? birth : "");
    return owner;
}

bool ga_owner_equal(const ga_owner *a, const ga_owner *b)
{
    return a->pid == b->pid && strcmp(a->machine, b->machine) == 0 &&
           strcmp(a->birth, b->birth) == 0;
}

bool ga_owner_alive(const ga_owner *owner)
{
    const ga_owner self = ga_owner_self();
    char birth[sizeof owner->birth];
    if (strcmp(owner->machine, self.machine) != 0)
        return true;
    if (owner->pid <= 0 || (kill((pid_t)owner->pid, 0) != 0 && errno == ESRCH))
        return false;
    read_birth(owner->pid, birth, sizeof birth);
    return owner->birth[0] == 0 || birth[0] == 0 || strcmp(owner->birth, birth) == 0;
}

/* ---- sessions ---------------------------------------------------------------------------------*/

/* The run's newest session, number 0 if it has none. */
static ga_status newest(ga_store *s, int64_t run, int64_t *id, ga_owner *owner, ga_err *err)
{
    const char *doing = "looking up who trains a run";
    sqlite3_stmt *q;
    *id = 0;
    *owner = (ga_owner){0};
    ga_status status = ga_store_prepare(s,
                                        "SELECT id,machine,pid,birth FROM session WHERE run=? "
                                        "ORDER BY id DESC LIMIT 1",
                                        &q, doing, err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    const int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) {
        *id = sqlite3_column_int64(q, 0);
        *owner = ga_owner_of_row(q, 1);
    } else if (rc != SQLITE_DONE) {
        status = ga_store_fail(s, doing, err);
    }
    sqlite3_finalize(q);
    return status;
}

/* The newest session if it is this process's, else number 0. */
static ga_status own(ga_store *s, int64_t run, int64_t *id, ga_err *err)
{
    ga_owner owner;
    const ga_owner self = ga_owner_self();
    const ga_status status = newest(s, run, id, &owner, err);
    if (status != GA_OK || !ga_owner_equal(&owner, &self))
        *id = 0;
    return status;
}

/* Milliseconds since 1970: short trainings last less than a second. */
static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

ga_status ga_session_begin(ga_store *s, int64_t run, ga_err *err)
{
    const char *doing = "recording who trains a run";
    const ga_owner self = ga_owner_self();
    const int64_t now = now_ms();
    sqlite3_stmt *q;
    int64_t id;
    ga_status status = own(s, run, &id, err);
    if (status != GA_OK || id != 0)
        return status == GA_OK ? ga_session_touch(s, run, err) : status;
    status = ga_store_prepare(s,
                              "INSERT INTO session(run,machine,pid,birth,started,seen,memory,about)"
                              " VALUES(?1,?2,?3,?4,?5,?5,?6,'{}')",
                              &q, doing, err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    sqlite3_bind_text(q, 2, self.machine, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, self.pid);
    sqlite3_bind_text(q, 4, self.birth, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 5, now);
    sqlite3_bind_int64(q, 6, (int64_t)ga_peak_memory());
    return ga_store_finish(s, q, doing, err);
}

ga_status ga_session_touch(ga_store *s, int64_t run, ga_err *err)
{
    const char *doing = "recording a sign of life";
    sqlite3_stmt *q;
    int64_t id;
    ga_status status = own(s, run, &id, err);
    if (status != GA_OK || id == 0)
        return status;
    status = ga_store_prepare(
        s, "UPDATE session SET seen=max(seen,?),memory=max(memory,?) WHERE id=?", &q, doing, err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, now_ms());
    sqlite3_bind_int64(q, 2, (int64_t)ga_peak_memory());
    sqlite3_bind_int64(q, 3, id);
    return ga_store_finish(s, q, doing, err);
}

ga_status ga_session_free_of_others(ga_store *s, int64_t run, ga_err *err)
{
    const char *doing = "looking up who trains a run";
    const ga_owner self = ga_owner_self();
    ga_owner owner;
    char name[128];
    int64_t id;
    sqlite3_stmt *q;
    ga_status status = newest(s, run, &id, &owner, err);
    if (status == GA_OK)
        status = ga_store_prepare(s, "SELECT name FROM run WHERE id=? AND state='running'", &q,
                                  doing, err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    const int rc = sqlite3_step(q);
    const bool running = rc == SQLITE_ROW;
    if (running)
        snprintf(name, sizeof name, "%s", (const char *)sqlite3_column_text(q, 0));
    else if (rc != SQLITE_DONE)
        status = ga_store_fail(s, doing, err);
    sqlite3_finalize(q);
    if (status == GA_OK && running && id != 0 && !ga_owner_equal(&owner, &self) &&
        ga_owner_alive(&owner))
        return ga_fail(err, GA_EEXIST, "run '%s' is being trained by process %lld on '%s'", name,
                       (long long)owner.pid, owner.machine);
    return status;
}

ga_status ga_store_session_about(ga_store *s, int64_t run, const char *about, ga_err *err)
{
    const char *doing = "describing a session";
    sqlite3_stmt *q;
    int64_t id = 0;
    ga_status status = ga_store_need_object(s, about, "the description of a session", err);
    if (status != GA_OK || (status = ga_store_begin(s, doing, err)) != GA_OK)
        return status;
    status = own(s, run, &id, err);
    if (status == GA_OK && id == 0)
        status = ga_fail(err, GA_ENOTFOUND, "'%s': this process has no session of run number %lld",
                         s->path, (long long)run);
    if (status == GA_OK)
        status = ga_store_prepare(s, "UPDATE session SET about=? WHERE id=?", &q, doing, err);
    if (status == GA_OK) {
        sqlite3_bind_text(q, 1, about, -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 2, id);
        status = ga_store_finish(s, q, doing, err);
    }
    return ga_store_end(s, status, doing, err);
}

static bool read_session(sqlite3_stmt *q, void *item)
{
    ga_session *session = item;
    session->machine = ga_store_text(q, 0);
    session->pid = sqlite3_column_int64(q, 1);
    session->started = (double)sqlite3_column_int64(q, 2) / 1000;
    session->seen = (double)sqlite3_column_int64(q, 3) / 1000;
    session->memory = sqlite3_column_int64(q, 4);
    session->about = ga_store_text(q, 5);
    return session->machine != NULL && session->about != NULL;
}

static void end_session(void *item)
{
    ga_session *session = item;
    ga_mem_free(session->machine);
    ga_mem_free(session->about);
}

static const ga_row_kind session_kind = {sizeof(ga_session), read_session, end_session};

ga_status ga_store_sessions(ga_store *s, int64_t run, ga_session **out, size_t *n, ga_err *err)
{
    sqlite3_stmt *q;
    void *items;
    *out = NULL;
    *n = 0;
    ga_status status = ga_store_prepare(s,
                                        "SELECT machine,pid,started,seen,memory,about FROM session "
                                        "WHERE run=? ORDER BY id",
                                        &q, "reading sessions", err);
    if (status != GA_OK)
        return status;
    sqlite3_bind_int64(q, 1, run);
    status = ga_store_rows(s, q, &session_kind, "reading sessions", &items, n, err);
    *out = items;
    return status;
}

void ga_sessions_free(ga_session *sessions, size_t n)
{
    ga_store_rows_free(&session_kind, sessions, n);
}
