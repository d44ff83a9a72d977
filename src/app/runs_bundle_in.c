/* runs_bundle_in.c - bundles read; see runs_bundle.h. */
#include "app/runs_bundle.h"
#include "array/zip.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char card[] = "run.json";

struct ga_bundle_in {
    char *path;
    bool packed; /* a .zip file, else a folder */
    ga_file file;
    ga_zip zip;
    ga_budget budget;
    char **folders; /* in the archive, or on disk; "" for the top of an archive */
    size_t n;
    ga_file *open; /* files of folders */
    size_t n_open, room;
};

bool ga_bundle_is_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "._-";
    for (int depth = 0; depth < 2; depth++) {
        const size_t n = strspn(name, allowed);
        if (n < 1 || n > 200 || name[0] == '.')
            return false;
        if (name[n] == 0)
            return true;
        if (name[n] != '/')
            return false;
        name += n + 1;
    }
    return false;
}

/* Takes folder, a new string or NULL without memory. */
static ga_status add_folder(ga_bundle_in *b, char *folder, ga_err *err)
{
    if (folder != NULL && b->n < GA_BUNDLE_RUNS) {
        b->folders[b->n++] = folder;
        return GA_OK;
    }
    ga_mem_free(folder);
    return folder == NULL
               ? ga_fail(err, GA_ENOMEM, "no memory for the names of runs")
               : ga_fail(err, GA_EDATA, "'%s': more than %d runs", b->path, GA_BUNDLE_RUNS);
}

static ga_status open_archive(ga_bundle_in *b, size_t limit, ga_err *err)
{
    const size_t tail = sizeof card - 1;
    b->budget = (ga_budget){.limit = limit, .where = b->path, .arena = ga_arena_create(limit)};
    if (b->budget.arena == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for '%s'", b->path);
    ga_status status = ga_file_open(b->path, &b->file, err);
    if (status == GA_OK && (b->file.size < 2 || memcmp(b->file.data, "PK", 2) != 0))
        status = ga_fail(err, GA_EDATA,
                         "'%s' is no zip archive: expected one that `ganatomy runs export` or "
                         "`gallery build` wrote",
                         b->path);
    if (status == GA_OK)
        status = ga_zip_open(b->file.data, b->file.size, b->path, &b->budget, &b->zip, err);
    for (size_t i = 0; i < b->zip.n && status == GA_OK; i++) {
        const ga_zip_entry *e = &b->zip.entries[i];
        if (e->name_length < tail || memcmp(e->name + e->name_length - tail, card, tail) != 0)
            continue;
        const size_t n = e->name_length - tail;
        if (n == 0 || e->name[n - 1] == '/')
            status = add_folder(b, ga_mem_string_n(e->name, n > 0 ? n - 1 : 0), err);
    }
    return status;
}

/* folder/name is a file: the folder is a run's. */
static bool holds_run(const char *folder)
{
    char *path = ga_path_join(folder, card);
    const bool holds = path != NULL && ga_is_file(path);
    ga_mem_free(path);
    return holds;
}

static ga_status open_folder(ga_bundle_in *b, ga_err *err)
{
    if (holds_run(b->path))
        return add_folder(b, ga_mem_string(b->path), err);
    DIR *dir = opendir(b->path);
    if (dir == NULL)
        return ga_fail(err, GA_ENOTFOUND,
                       "'%s' is not there: expected a .zip file or a folder that `ganatomy runs "
                       "export` wrote",
                       b->path);
    ga_status status = GA_OK;
    for (struct dirent *e; status == GA_OK && (e = readdir(dir)) != NULL;) {
        char *folder = e->d_name[0] != '.' ? ga_path_join(b->path, e->d_name) : NULL;
        if (folder != NULL && holds_run(folder))
            status = add_folder(b, folder, err);
        else
            ga_mem_free(folder);
    }
    closedir(dir);
    return status;
}

ga_status ga_bundle_open(const char *path, size_t limit, ga_bundle_in **out, ga_err *err)
{
    ga_bundle_in *b = ga_mem_new(1, sizeof *b);
    *out = NULL;
    if (b == NULL || (b->path = ga_mem_string(path)) == NULL ||
        (b->folders = ga_mem_new(GA_BUNDLE_RUNS, sizeof *b->folders)) == NULL) {
        ga_bundle_close(b);
        return ga_fail(err, GA_ENOMEM, "no memory for '%s'", path);
    }
    b->packed = ga_is_file(path);
    ga_status status = b->packed ? open_archive(b, limit, err) : open_folder(b, err);
    if (status == GA_OK && b->n == 0)
        status = ga_fail(err, GA_EDATA, "'%s': no run in it: there is no %s", path, card);
    if (status == GA_OK)
        *out = b;
    else
        ga_bundle_close(b);
    return status;
}

void ga_bundle_close(ga_bundle_in *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; b->folders != NULL && i < b->n; i++)
        ga_mem_free(b->folders[i]);
    for (size_t i = 0; i < b->n_open; i++)
        ga_file_close(&b->open[i]);
    if (b->file.data != NULL)
        ga_file_close(&b->file);
    ga_arena_free(b->budget.arena);
    ga_mem_free(b->open);
    ga_mem_free(b->folders);
    ga_mem_free(b->path);
    ga_mem_free(b);
}

size_t ga_bundle_n(const ga_bundle_in *b)
{
    return b->n;
}

const char *ga_bundle_where(const ga_bundle_in *b, size_t run, const char *name, char *buf,
                            size_t size)
{
    const char *folder = b->folders[run];
    snprintf(buf, size, "%s%s%.200s%s%s", b->packed ? b->path : "", b->packed ? ": " : "", folder,
             folder[0] != 0 ? "/" : "", name);
    return buf;
}

static ga_status get_packed(ga_bundle_in *b, const char *path, const uint8_t **data, size_t *size,
                            ga_err *err)
{
    ga_zip_entry *e = ga_zip_find(&b->zip, path, strlen(path));
    if (e == NULL)
        return ga_fail(err, GA_EDATA, "'%s': '%s' is missing", b->path, path);
    *size = e->size;
    return ga_zip_get(&b->zip, e, data, err);
}

static ga_status get_file(ga_bundle_in *b, const char *path, const uint8_t **data, size_t *size,
                          ga_err *err)
{
    if (b->n_open == b->room) {
        const size_t more = b->room > 0 ? 2 * b->room : 64;
        ga_file *open = ga_mem_new(more, sizeof *open);
        if (open == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for '%s'", path);
        if (b->n_open > 0)
            memcpy(open, b->open, b->n_open * sizeof *open);
        ga_mem_free(b->open);
        b->open = open;
        b->room = more;
    }
    ga_file *f = &b->open[b->n_open];
    const ga_status status = ga_file_open(path, f, err);
    if (status != GA_OK)
        return status;
    b->n_open++;
    *data = f->data;
    *size = f->size;
    return GA_OK;
}

ga_status ga_bundle_get(ga_bundle_in *b, size_t run, const char *name, const uint8_t **data,
                        size_t *size, ga_err *err)
{
    ga_text path = {0};
    const char *folder = b->folders[run];
    ga_text_addf(&path, "%s%s%s", folder, folder[0] != 0 ? "/" : "", name);
    ga_status status;
    if (path.failed)
        status = ga_fail(err, GA_ENOMEM, "no memory for a path");
    else
        status = b->packed ? get_packed(b, path.data, data, size, err)
                           : get_file(b, path.data, data, size, err);
    ga_text_free(&path);
    return status;
}
