/* runs_import.c - see runs_import.h. */
#include "app/runs_import.h"
#include "app/runs_bundle.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "ganatomy/store.h"
#include <string.h>

#define MOST_UNPACKED ((size_t)2 << 30)

/* One run on its way; strings are borrowed from about. */
typedef struct arrival {
    ga_request *rq;
    ga_bundle_in *from;
    size_t at;
    ga_store *s;
    json_t *about; /* run.json */
    ga_json_at where;
    ga_run_record record;
    char *config; /* of record, as text */
    ga_session *sessions;
    ga_event *events;
    ga_artifact *files;
    size_t n_sessions, n_events, n_files;
    ga_csv_points points;
} arrival;

static void arrival_free(arrival *a)
{
    for (size_t i = 0; i < a->n_sessions; i++)
        ga_mem_free(a->sessions[i].about);
    for (size_t i = 0; i < a->n_events; i++)
        ga_mem_free(a->events[i].text);
    for (size_t i = 0; i < a->n_files; i++)
        ga_mem_free(a->files[i].path);
    ga_mem_free(a->sessions);
    ga_mem_free(a->events);
    ga_mem_free(a->files);
    ga_mem_free(a->config);
    ga_csv_points_free(&a->points);
    json_decref(a->about);
}

/* ---- run.json ---------------------------------------------------------------------------------*/

static const char *word(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text != NULL ? text : "";
}

static char *object_text(const json_t *o)
{
    return json_is_object(o) ? ga_json_canonical(o) : NULL;
}

static ga_status read_record(arrival *a, ga_err *err)
{
    const json_t *o = a->about;
    const char *name = "", *uuid = "", *kind = "", *state = "";
    int64_t created = 0;
    const struct {
        const char *key, **to;
    } needed[] = {{"name", &name}, {"uuid", &uuid}, {"kind", &kind}, {"state", &state}};
    ga_status status = GA_OK;
    for (size_t i = 0; i < sizeof needed / sizeof *needed && status == GA_OK; i++)
        status = ga_json_get_string(o, &a->where, needed[i].key, false, needed[i].to, err);
    if (status == GA_OK)
        status = ga_json_get_int(o, &a->where, "created", false, 0, INT64_MAX, &created, err);
    if (status == GA_OK)
        status = ga_run_state_parse(state, &a->record.state, err);
    if (status == GA_OK && strlen(uuid) != 36)
        status = ga_json_fail(&a->where, "uuid", err, "'%.40s' is none", uuid);
    if (status == GA_OK && (a->config = object_text(json_object_get(o, "options"))) == NULL)
        status = ga_json_fail(&a->where, "options", err, "expected an object");
    if (status != GA_OK)
        return status;
    ga_run_record *r = &a->record;
    r->name = (char *)name;
    r->kind = (char *)kind;
    r->config = a->config;
    r->command = (char *)word(o, "command");
    r->code_version = (char *)word(o, "program");
    r->data_name = (char *)word(o, "data");
    r->data_hash = (char *)word(o, "data_sha256");
    r->error = (char *)word(o, "error");
    r->seed = (uint64_t)json_integer_value(json_object_get(o, "seed"));
    r->created = created;
    memcpy(r->uuid, uuid, sizeof r->uuid);
    return GA_OK;
}

/* The array of that name, each item an object. */
static ga_status list_of(arrival *a, const char *key, size_t size, const json_t **list, void **room,
                         ga_err *err)
{
    *list = json_object_get(a->about, key);
    bool good = json_is_array(*list);
    for (size_t i = 0; good && i < json_array_size(*list); i++)
        good = json_is_object(json_array_get(*list, i));
    if (!good)
        return ga_json_fail(&a->where, key, err, "expected a list of objects");
    *room = ga_mem_new(json_array_size(*list) + 1, size);
    return *room != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for the %s of a run", key);
}

static ga_status read_sessions(arrival *a, ga_err *err)
{
    const json_t *list;
    void *room = NULL;
    const ga_status status = list_of(a, "sessions", sizeof *a->sessions, &list, &room, err);
    a->sessions = room;
    for (size_t i = 0; status == GA_OK && room != NULL && i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        char *about = object_text(json_object_get(o, "about"));
        if (about == NULL)
            return ga_json_fail(&a->where, "sessions", err, "item %zu: 'about' is no object", i);
        a->sessions[a->n_sessions++] = (ga_session){
            .machine = (char *)word(o, "machine"),
            .pid = json_integer_value(json_object_get(o, "pid")),
            .started = json_number_value(json_object_get(o, "started")),
            .seen = json_number_value(json_object_get(o, "seen")),
            .memory = json_integer_value(json_object_get(o, "memory")),
            .about = about};
    }
    return status;
}

static ga_status read_events(arrival *a, ga_err *err)
{
    const json_t *list;
    void *room = NULL;
    const ga_status status = list_of(a, "events", sizeof *a->events, &list, &room, err);
    a->events = room;
    for (size_t i = 0; status == GA_OK && room != NULL && i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        char *text = object_text(json_object_get(o, "what"));
        if (text == NULL)
            return ga_json_fail(&a->where, "events", err, "item %zu: 'what' is no object", i);
        a->events[a->n_events++] = (ga_event){json_integer_value(json_object_get(o, "step")),
                                              (char *)word(o, "kind"), text};
    }
    return status;
}

/* Files lie in the run's folder here; a->files[i].path is where item i is to be. */
static ga_status read_files(arrival *a, const char *name, ga_err *err)
{
    const json_t *list;
    void *room = NULL;
    const ga_status status = list_of(a, "files", sizeof *a->files, &list, &room, err);
    a->files = room;
    for (size_t i = 0; status == GA_OK && room != NULL && i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        ga_text path = {0};
        if (!ga_bundle_is_name(word(o, "path")) || strlen(word(o, "sha256")) != 64)
            return ga_json_fail(&a->where, "files", err, "item %zu: '%.80s' is no file of a run", i,
                                word(o, "path"));
        ga_text_addf(&path, "%s/runs/%s/%s", ga_rq_home(a->rq), name, word(o, "path"));
        if (path.failed)
            return ga_fail(err, GA_ENOMEM, "no memory for the files of a run");
        a->files[a->n_files++] = (ga_artifact){
            .kind = (char *)word(o, "kind"),
            .step = json_integer_value(json_object_get(o, "step")),
            .path = path.data, /* the text's memory becomes the file's */
            .bytes = json_integer_value(json_object_get(o, "bytes")),
            .sha256 = (char *)word(o, "sha256")};
    }
    return status;
}

/* ---- what comes with it -----------------------------------------------------------------------*/

/* Writes the files, each checked to be what the run wrote. */
static ga_status unpack(arrival *a, ga_import_tally *t, ga_err *err)
{
    const json_t *list = json_object_get(a->about, "files");
    ga_status status = GA_OK;
    for (size_t i = 0; i < a->n_files && status == GA_OK; i++) {
        const char *name = word(json_array_get(list, i), "path"), *path = a->files[i].path;
        const uint8_t *data;
        size_t size;
        char hex[65];
        status = ga_bundle_get(a->from, a->at, name, &data, &size, err);
        if (status != GA_OK)
            return status;
        ga_sha256_hex(data, size, hex);
        if (strcmp(hex, a->files[i].sha256) != 0)
            return ga_fail(err, GA_EDATA,
                           "%s: '%s' is not what the run wrote (its SHA-256 differs)",
                           a->where.where, name);
        char *folder = ga_mem_string_n(path, (size_t)(ga_path_base(path) - path));
        status = folder != NULL ? ga_make_folders(folder, err)
                                : ga_fail(err, GA_ENOMEM, "no memory for a path");
        ga_mem_free(folder);
        if (status == GA_OK)
            status = ga_file_write(path, data, size, err);
        t->files++;
        t->bytes += size;
    }
    return status;
}

static ga_status read_curves(arrival *a, ga_err *err)
{
    const uint8_t *data;
    size_t size;
    char where[400];
    const ga_status status = ga_bundle_get(a->from, a->at, "curves.csv", &data, &size, err);
    if (status != GA_OK)
        return status;
    ga_bundle_where(a->from, a->at, "curves.csv", where, sizeof where);
    return ga_store_points_of_csv(data, size, where, &a->points, err);
}

/* ---- the run ----------------------------------------------------------------------------------*/

/* *here: this very run is recorded. GA_EEXIST: another one has its name. */
static ga_status look_for(arrival *a, const char *name, ga_import_tally *t, bool *here, ga_err *err)
{
    ga_run_record *r;
    ga_err unused;
    *here = false;
    if (ga_store_run_find(a->s, a->record.uuid, &r, &unused) == GA_OK) {
        *here = true;
        snprintf(t->name, sizeof t->name, "%s", r->name); /* as it is called here */
        ga_run_records_free(r, 1);
        return GA_OK;
    }
    if (ga_store_run_find(a->s, name, &r, &unused) != GA_OK)
        return GA_OK;
    ga_run_records_free(r, 1);
    return ga_fail(err, GA_EEXIST,
                   "another run is called '%s' here: `ganatomy runs delete %s` removes it, and a "
                   "single run can be given another name (--name)",
                   name, name);
}

static ga_status take_over(arrival *a, const char *name, ga_import_tally *t, ga_err *err)
{
    int64_t id;
    ga_status status = read_files(a, name, err);
    if (status == GA_OK)
        status = read_sessions(a, err);
    if (status == GA_OK)
        status = read_events(a, err);
    if (status == GA_OK)
        status = read_curves(a, err);
    if (status == GA_OK)
        status = unpack(a, t, err);
    a->record.name = (char *)name;
    const ga_run_import run = {.record = &a->record,
                               .sessions = a->sessions,
                               .points = a->points.points,
                               .events = a->events,
                               .files = a->files,
                               .n_sessions = a->n_sessions,
                               .n_points = a->points.n,
                               .n_events = a->n_events,
                               .n_files = a->n_files};
    if (status == GA_OK)
        status = ga_store_run_import(a->s, &run, &id, err);
    if (status == GA_OK) {
        t->runs++;
        t->points += a->points.n;
    }
    return status;
}

static ga_status import_one(arrival *a, const char *name, ga_import_tally *t, ga_err *err)
{
    const uint8_t *data;
    size_t size;
    bool here = false;
    ga_status status = ga_bundle_get(a->from, a->at, "run.json", &data, &size, err);
    if (status == GA_OK)
        status = ga_json_parse((const char *)data, size, a->where.where, &a->about, err);
    if (status == GA_OK && !json_is_object(a->about))
        status = ga_fail(err, GA_EDATA, "%s: expected an object", a->where.where);
    if (status == GA_OK)
        status = read_record(a, err);
    if (status != GA_OK)
        return status;
    if (name == NULL)
        name = a->record.name;
    if (!ga_bundle_is_name(name) || strchr(name, '/') != NULL)
        return ga_fail(err, GA_EDATA, "%s: '%.100s' is no name of a run", a->where.where, name);
    snprintf(t->name, sizeof t->name, "%s", name);
    status = look_for(a, name, t, &here, err);
    t->present += here;
    return status == GA_OK && !here ? take_over(a, name, t, err) : status;
}

static ga_status open_store(ga_request *rq, ga_store **out, ga_err *err)
{
    char *path = ga_path_join(ga_rq_home(rq), "ganatomy.db");
    const ga_status status = path != NULL ? ga_store_open(path, out, err)
                                          : ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_mem_free(path);
    return status;
}

ga_status ga_runs_import(ga_request *rq, const char *path, const char *name, ga_import_tally *out,
                         ga_err *err)
{
    const ga_progress *progress = ga_rq_progress(rq);
    ga_bundle_in *from = NULL;
    ga_store *s = NULL;
    *out = (ga_import_tally){0};
    ga_status status = ga_bundle_open(path, MOST_UNPACKED, &from, err);
    if (status == GA_OK && name != NULL && ga_bundle_n(from) != 1)
        status = ga_fail(err, GA_EINVAL, "--name is for a single run: '%s' holds %zu", path,
                         ga_bundle_n(from));
    if (status == GA_OK)
        status = open_store(rq, &s, err);
    for (size_t i = 0; status == GA_OK && i < ga_bundle_n(from); i++) {
        char where[400];
        ga_bundle_where(from, i, "run.json", where, sizeof where);
        arrival a = {.rq = rq, .from = from, .at = i, .s = s, .where = {.where = where}};
        status = import_one(&a, name, out, err);
        arrival_free(&a);
        if (progress->report != NULL)
            progress->report(progress->user, "runs", i + 1, ga_bundle_n(from));
        if (status == GA_OK && progress->cancelled != NULL && progress->cancelled(progress->user))
            status = ga_fail(err, GA_EINTERRUPTED, "stopped after %zu of %zu runs", i + 1,
                             ga_bundle_n(from));
    }
    ga_store_close(s);
    ga_bundle_close(from);
    return status;
}

void ga_runs_import_tell(ga_request *rq, const ga_import_tally *t, const char *did)
{
    char bytes[32];
    ga_format_bytes(t->bytes, bytes, sizeof bytes);
    if (t->runs == 1)
        ga_rq_say(rq, "%s run '%s': %zu points of curves, %d files (%s)", did, t->name, t->points,
                  t->files, bytes);
    else if (t->runs > 0)
        ga_rq_say(rq, "%s %d runs: %zu points of curves, %d files (%s)", did, t->runs, t->points,
                  t->files, bytes);
    if (t->present == 1)
        ga_rq_say(rq, "1 run was here already, as '%s'", t->name);
    else if (t->present > 1)
        ga_rq_say(rq, "%d runs were here already", t->present);
    ga_rq_say(rq, "next: ganatomy runs show %s", t->name);
    ga_rq_result(rq, json_pack("{s:i, s:i, s:I, s:i}", "runs", t->runs, "present", t->present,
                               "points", (json_int_t)t->points, "files", t->files));
}
