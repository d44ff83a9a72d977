/* each_picture.c - see each_picture.h. */
#include "app/each_picture.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

char *ga_picture_file(const ga_picture_name *p, char *buf)
{
    const int at = snprintf(buf, GA_PICTURE_NAME, "%s%06" PRIu64, p->no_id ? "z" : "", p->id);
    if (p->label >= 0)
        snprintf(buf + at, GA_PICTURE_NAME - (size_t)at, "@%d.png", p->label);
    else
        snprintf(buf + at, GA_PICTURE_NAME - (size_t)at, ".png");
    return buf;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The names of all files, sorted, each in GA_PICTURE_NAME chars; ga_mem_free. */
static char *sorted_files(const ga_picture_name *names, int n)
{
    char *files = ga_mem_new((size_t)n, GA_PICTURE_NAME);
    for (int i = 0; files != NULL && i < n; i++)
        ga_picture_file(&names[i], files + (size_t)i * GA_PICTURE_NAME);
    if (files != NULL)
        qsort(files, (size_t)n, GA_PICTURE_NAME, by_name);
    return files;
}

ga_status ga_each_picture_check(const char *folder, const ga_picture_name *names, int n,
                                ga_err *err)
{
    ga_status status = ga_make_folders(folder, err);
    if (status != GA_OK)
        return status;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return ga_fail(err, GA_EIO, "folder '%s' cannot be read: %s", folder, strerror(errno));
    char *files = sorted_files(names, n);
    if (files == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for the names of %d pictures", n);
    for (struct dirent *e; status == GA_OK && (e = readdir(dir)) != NULL;) {
        char name[GA_PICTURE_NAME] = "";
        if (!ga_ends_with(e->d_name, ".png"))
            continue;
        const bool fits = strlen(e->d_name) < sizeof name;
        if (fits)
            memcpy(name, e->d_name, strlen(e->d_name) + 1);
        if (!fits || bsearch(name, files, (size_t)n, GA_PICTURE_NAME, by_name) == NULL)
            status = ga_fail(err, GA_EEXIST,
                             "folder '%s' holds '%s', which is none of the %d pictures asked for: "
                             "give a folder without other pictures",
                             folder, e->d_name, n);
    }
    closedir(dir);
    ga_mem_free(files);
    return status;
}

static ga_status write_one(const char *folder, const ga_picture_name *name, ga_view v, int i,
                           ga_scale scale, ga_err *err)
{
    char file[GA_PICTURE_NAME];
    ga_image picture = {0};
    char *path = ga_path_join(folder, ga_picture_file(name, file));
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_status status = ga_picture_of_view(v, i, scale, &picture, err);
    if (status == GA_OK)
        status = ga_image_write_png(path, &picture, err);
    ga_image_free(&picture);
    ga_mem_free(path);
    return status;
}

ga_status ga_each_picture_write(ga_request *rq, const char *folder, const ga_picture_name *names,
                                ga_view v, ga_scale scale, ga_err *err)
{
    const ga_progress *progress = ga_rq_progress(rq);
    ga_status status = GA_OK;
    for (int i = 0; i < v.n && status == GA_OK; i++) {
        status = write_one(folder, &names[i], v, i, scale, err);
        if (progress->report != NULL)
            progress->report(progress->user, "files", (uint64_t)(i + 1), (uint64_t)v.n);
        if (status == GA_OK && progress->cancelled != NULL && progress->cancelled(progress->user))
            status = ga_fail(err, GA_EINTERRUPTED, "stopped after %d of %d files", i + 1, v.n);
    }
    if (status == GA_OK)
        ga_rq_say(rq, "wrote %d picture%s of %d x %d pixels into %s", v.n, v.n == 1 ? "" : "s", v.w,
                  v.h, folder);
    return status;
}
