/* runs_bundle.c - see runs_bundle.h. */
#include "app/runs_bundle.h"
#include "array/zip.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>

struct ga_bundle {
    char *folder;      /* on disk, or in the archive */
    ga_writer *writer; /* of an archive */
    ga_zip_maker zip;
};

static bool is_empty(const char *folder)
{
    DIR *dir = opendir(folder);
    bool empty = dir != NULL;
    for (struct dirent *e; dir != NULL && empty && (e = readdir(dir)) != NULL;)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    if (dir != NULL)
        closedir(dir);
    return empty;
}

static ga_status begin(ga_bundle *b, const char *path, ga_err *err)
{
    static const char ending[] = ".zip";
    if (ga_ends_with(path, ending)) {
        const char *base = ga_path_base(path);
        b->folder = ga_mem_string_n(base, strlen(base) - (sizeof ending - 1));
        if (b->folder == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for '%s'", path);
        const ga_status status = ga_writer_open(path, &b->writer, err);
        b->zip.out = b->writer;
        return status;
    }
    b->folder = ga_mem_string(path);
    if (b->folder == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for '%s'", path);
    if (ga_is_folder(path) && !is_empty(path))
        return ga_fail(err, GA_EEXIST, "'%s' is not empty: give a new folder, or FILE.zip", path);
    return ga_make_folders(path, err);
}

ga_status ga_bundle_create(const char *path, ga_bundle **out, ga_err *err)
{
    ga_bundle *b = ga_mem_new(1, sizeof *b);
    *out = NULL;
    if (b == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for '%s'", path);
    const ga_status status = begin(b, path, err);
    if (status == GA_OK)
        *out = b;
    else
        ga_bundle_abandon(b);
    return status;
}

static ga_status put_in_folder(const char *path, const void *data, size_t size, ga_err *err)
{
    char *folder = ga_mem_string_n(path, (size_t)(ga_path_base(path) - path - 1));
    if (folder == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_status status = ga_make_folders(folder, err);
    ga_mem_free(folder);
    return status == GA_OK ? ga_file_write(path, data, size, err) : status;
}

ga_status ga_bundle_put(ga_bundle *b, const char *name, const void *data, size_t size, ga_err *err)
{
    char *path = ga_path_join(b->folder, name);
    ga_status status = GA_OK;
    if (path == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a path");
    else if (b->writer != NULL)
        status = ga_zip_pack(&b->zip, path, data, size, err);
    else
        status = put_in_folder(path, data, size, err);
    ga_mem_free(path);
    return status;
}

ga_status ga_bundle_finish(ga_bundle *b, ga_err *err)
{
    ga_status status = GA_OK;
    if (b->writer != NULL) {
        status = ga_zip_end(&b->zip, err);
        if (status == GA_OK)
            status = ga_writer_commit(b->writer, err);
        else
            ga_writer_abort(b->writer);
    }
    ga_mem_free(b->folder);
    ga_mem_free(b);
    return status;
}

void ga_bundle_abandon(ga_bundle *b)
{
    if (b == NULL)
        return;
    ga_text_free(&b->zip.directory);
    ga_writer_abort(b->writer);
    ga_mem_free(b->folder);
    ga_mem_free(b);
}
