/* dissection_folder.c - whose dissection a folder holds, and who may write there. */
#include "app/dissection_folder.h"
#include "app/settings_differ.h"
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

/* What a dissection of this program was asked; NULL of an imported one. */
static const json_t *settings_of(const json_t *result)
{
    const json_t *ours = json_object_get(result, "ganatomy");
    const char *form = json_string_value(json_object_get(ours, "form"));
    return form != NULL && strcmp(form, "dissection") == 0 ? json_object_get(result, "settings")
                                                           : NULL;
}

/* "is another dissection (--size 1000 there, 500 here)": what it is, and why it is not the one that
 * is asked for, as far as both are known. */
static ga_status is_another(const char *path, const char *what, const json_t *there,
                            const json_t *here, ga_err *err)
{
    ga_text why = {0};
    if (ga_settings_differ(there, here, &why))
        ga_text_add(&why, ")");
    const bool known = why.data != NULL && !why.failed;
    const ga_status status = ga_fail(
        err, GA_EEXIST, "%s %s%s%s: name another folder with -o, or replace it with --force", path,
        what, known ? " (" : "", known ? why.data : "");
    ga_text_free(&why);
    return status;
}

/* ---- what it may hold -------------------------------------------------------------------------*/

enum { FINISHED, INTERRUPTED };
static const char *const file_names[] = {"dissect.json", "state.safetensors"};

/* A dissect.json that is there: whose is it? */
static ga_status look_at_result(const char *path, const ga_dissection_wanted *w, bool *same,
                                ga_err *err)
{
    json_t *old = read_result(path);
    const char *key = json_string_value(json_object_get(json_object_get(old, "ganatomy"), "key"));
    *same = key != NULL && strcmp(key, w->key) == 0;
    ga_status status = GA_OK;
    if (!*same && !w->force)
        status = is_another(path,
                            key != NULL ? "is another dissection" : "is none that can be read",
                            settings_of(old), w->settings, err);
    json_decref(old);
    return status;
}

/* The same of one that was interrupted: it has its key, and no settings. */
static ga_status look_at_state(const char *path, const ga_dissection_wanted *w, bool *same,
                               ga_err *err)
{
    ga_weights *state = NULL;
    const char *key = NULL;
    if (ga_weights_read(path, 0, &state, NULL) == GA_OK)
        key = ga_weights_metadata(state, "key");
    *same = key != NULL && strcmp(key, w->key) == 0;
    ga_status status = GA_OK;
    if (!*same && !w->force)
        status = is_another(path,
                            key != NULL ? "is where another dissection was interrupted"
                                        : "is none that can be read",
                            NULL, NULL, err);
    ga_weights_free(state);
    return status;
}

/* *same: the folder has that file, of this very dissection. GA_EEXIST: of another one. */
static ga_status look_at(const char *folder, int which, const ga_dissection_wanted *w, bool *same,
                         ga_err *err)
{
    char *path = ga_path_join(folder, file_names[which]);
    *same = false;
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_status status = GA_OK;
    if (ga_is_file(path))
        status = which == FINISHED ? look_at_result(path, w, same, err)
                                   : look_at_state(path, w, same, err);
    ga_mem_free(path);
    return status;
}

ga_status ga_dissection_look_into(const char *folder, const ga_dissection_wanted *wanted,
                                  bool *there, ga_err *err)
{
    bool begun;
    const ga_status status = look_at(folder, FINISHED, wanted, there, err);
    return status == GA_OK && !*there ? look_at(folder, INTERRUPTED, wanted, &begun, err) : status;
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
    else if (access(there, W_OK | X_OK) != 0 && !holds(folder, file_names[FINISHED]))
        status = ga_fail(err, GA_EIO, "folder '%s' cannot be written to: %s", there,
                         strerror(errno));
    ga_mem_free(path);
    return status;
}

/* Settings that hang on the pictures. */
static const char *const of_pictures[] = {"side", "data"};

ga_status ga_dissection_folder_may_be(const char *folder, const json_t *settings, ga_err *err)
{
    char *path = ga_path_join(folder, file_names[FINISHED]);
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    json_t *old = read_result(path), *there = json_object_get(old, "settings");
    /* known with pictures only */
    for (size_t i = 0; i < sizeof of_pictures / sizeof *of_pictures; i++)
        if (json_object_get(settings, of_pictures[i]) == NULL)
            json_object_del(there, of_pictures[i]);
    const ga_status status = there != NULL && !json_equal(there, settings)
                                 ? is_another(path, "is another dissection", settings_of(old),
                                              settings, err)
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
