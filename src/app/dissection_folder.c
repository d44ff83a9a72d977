/* dissection_folder.c - whose dissection a folder holds. */
#include "app/dissection_folder.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include "ganatomy/array.h"
#include <string.h>

#define MOST_BYTES ((size_t)1 << 30)

/* The key of a finished dissection; "" where the file is anything else. */
static void key_of_result(const char *path, char key[65])
{
    json_t *old = NULL;
    ga_file file;
    const char *text = NULL;
    key[0] = 0;
    if (ga_file_open(path, &file, NULL) != GA_OK)
        return;
    if (ga_json_parse_up_to((const char *)file.data, file.size, MOST_BYTES, path, &old, NULL) ==
        GA_OK)
        text = json_string_value(json_object_get(json_object_get(old, "ganatomy"), "key"));
    snprintf(key, 65, "%s", text != NULL ? text : "");
    json_decref(old);
    ga_file_close(&file);
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
            status = ga_fail(err, GA_EEXIST,
                             "%s %s: name another folder with -o, or replace it with --force", path,
                             found[0] != 0 ? holdings[i].what : "is none that can be read");
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
