/* dissection_folder.c - whose dissection a folder holds, and who may write there. */
#include "app/dissection_folder.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include "ganatomy/array.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MOST_BYTES ((size_t)1 << 30)

/* A dissect.json, or NULL where the file is anything else. */
static json_t *read_result(const char *path)
{
    json_t *all = NULL;
    ga_file file;
    if (ga_file_open(path, &file, NULL) != GA_OK)
        return NULL;
    if (ga_json_parse_up_to((const char *)file.data, file.size, MOST_BYTES, path, &all, NULL) !=
        GA_OK)
        all = NULL;
    ga_file_close(&file);
    return all;
}

/* The key of a finished dissection; "" where the file is anything else. */
static void key_of_result(const char *path, char key[65])
{
    json_t *old = read_result(path);
    const char *text = json_string_value(json_object_get(json_object_get(old, "ganatomy"), "key"));
    snprintf(key, 65, "%s", text != NULL ? text : "");
    json_decref(old);
}

/* The key of one that was interrupted; "" where the file cannot be read. */
static void key_of_state(const char *path, char key[65])
{
    ga_weights *state = NULL;
    const char *text = NULL;
    if (ga_weights_read(path, 0, &state, NULL) == GA_OK)
        text = ga_weights_metadata(state, "key");
    snprintf(key, 65, "%s", text != NULL ? text : "");
    ga_weights_free(state);
}

/* What a folder may hold: how its key is read, and what it is called where it is another's. */
static const struct {
    const char *file;
    void (*key)(const char *path, char key[65]);
    const char *what;
} holdings[] = {{"dissect.json", key_of_result, "is another dissection"},
                {"state.safetensors", key_of_state, "is where another dissection was interrupted"}};

static ga_status is_another(const char *path, const char *what, ga_err *err)
{
    return ga_fail(err, GA_EEXIST, "%s %s: name another folder with -o, or replace it with --force",
                   path, what);
}

/* *same: the folder has that file, of this very dissection. GA_EEXIST: of another one. */
static ga_status look_at(const char *folder, int i, const char *key, bool force, bool *same,
                         ga_err *err)
{
    char *path = ga_path_join(folder, holdings[i].file);
    char found[65] = "";
    *same = false;
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_status status = GA_OK;
    if (ga_is_file(path)) {
        holdings[i].key(path, found);
        *same = strcmp(found, key) == 0;
        if (!*same && !force)
            status = is_another(path, found[0] != 0 ? holdings[i].what : "is none that can be read",
                                err);
    }
    ga_mem_free(path);
    return status;
}

ga_status ga_dissection_look_into(const char *folder, const char *key, bool force, bool *there,
                                  ga_err *err)
{
    bool begun;
    const ga_status status = look_at(folder, 0, key, force, there, err);
    return status == GA_OK && !*there ? look_at(folder, 1, key, force, &begun, err) : status;
}

/* ---- before, and while, it is written to ------------------------------------------------------*/

/* Is there a file of that name in the folder? */
static bool holds(const char *folder, const char *name)
{
    char *path = ga_path_join(folder, name);
    const bool there = path != NULL && ga_is_file(path);
    ga_mem_free(path);
    return there;
}

/* The part of path that is there: itself, or the nearest folder above. path is cut short. */
static const char *nearest_there(char *path)
{
    while (access(path, F_OK) != 0) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return ".";
        if (slash == path)
            return "/";
        *slash = 0;
    }
    return path;
}

ga_status ga_dissection_folder_check(const char *folder, ga_err *err)
{
    char *path = ga_mem_string(folder);
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    const char *there = nearest_there(path);
    ga_status status = GA_OK;
    if (!ga_is_folder(there))
        status = ga_fail(err, GA_EEXIST, "'%s' is a file, and no folder: name another one with -o",
                         there);
    else if (access(there, W_OK | X_OK) != 0 && !holds(folder, holdings[0].file))
        status = ga_fail(err, GA_EIO, "folder '%s' cannot be written to: %s", there,
                         strerror(errno));
    ga_mem_free(path);
    return status;
}

/* Of each setting that is given, what the old one says. */
static bool fits(const json_t *old, const json_t *settings)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)settings, name, value)
        if (!json_equal(json_object_get(old, name), value))
            return false;
    return true;
}

ga_status ga_dissection_folder_may_be(const char *folder, const json_t *settings, ga_err *err)
{
    char *path = ga_path_join(folder, holdings[0].file);
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    json_t *old = read_result(path);
    const json_t *of_old = json_object_get(old, "settings");
    const ga_status status = of_old != NULL && !fits(of_old, settings)
                                 ? is_another(path, holdings[0].what, err)
                                 : GA_OK;
    json_decref(old);
    ga_mem_free(path);
    return status;
}

const char ga_dissection_lock[] = "dissect.lock";

ga_status ga_dissection_hold(const char *folder, const char *name, ga_lock *out, ga_err *err)
{
    *out = (ga_lock){0};
    char *path = ga_path_join(folder, name);
    ga_status status = path != NULL ? ga_make_folders(folder, err)
                                    : ga_fail(err, GA_ENOMEM, "no memory for a path");
    if (status == GA_OK)
        status = ga_lock_take(path, out, err);
    if (status == GA_EEXIST)
        status = ga_fail(err, status,
                         "another process is at work in '%s' (it holds %s): let it end, or name "
                         "another folder with -o",
                         folder, name);
    ga_mem_free(path);
    return status;
}
