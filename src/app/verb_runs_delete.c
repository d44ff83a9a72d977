/* verb_runs_delete.c - `ganatomy runs delete`. */
#include "app/runs.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What was removed. */
typedef struct tally {
    int files;
    uint64_t bytes;
} tally;

/* Removes what is in an open folder, and closes it. Links are removed, never followed. */
static ga_status empty(int folder, const char *path, tally *t, ga_err *err)
{
    DIR *dir = fdopendir(folder);
    if (dir == NULL) {
        close(folder);
        return ga_fail(err, GA_EIO, "'%s': %s", path, strerror(errno));
    }
    ga_status status = GA_OK;
    for (struct dirent *e; status == GA_OK && (e = readdir(dir)) != NULL;) {
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            status = ga_fail(err, GA_EIO, "'%s/%s': %s", path, e->d_name, strerror(errno));
        } else if (S_ISDIR(st.st_mode)) {
            char *inner = ga_path_join(path, e->d_name);
            const int at = openat(dirfd(dir), e->d_name,
                                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            status = inner == NULL || at < 0
                         ? ga_fail(err, GA_EIO, "'%s/%s': %s", path, e->d_name, strerror(errno))
                         : empty(at, inner, t, err);
            ga_mem_free(inner);
            if (status == GA_OK && unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR) != 0)
                status = ga_fail(err, GA_EIO, "'%s/%s': %s", path, e->d_name, strerror(errno));
        } else if (unlinkat(dirfd(dir), e->d_name, 0) != 0) {
            status = ga_fail(err, GA_EIO, "'%s/%s': %s", path, e->d_name, strerror(errno));
        } else {
            t->files++;
            t->bytes += (uint64_t)st.st_size;
        }
    }
    closedir(dir);
    return status;
}

static ga_status remove_folder(const char *path, tally *t, ga_err *err)
{
    const int at = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (at < 0)
        return ga_fail(err, GA_EIO, "'%s': %s", path, strerror(errno));
    const ga_status status = empty(at, path, t, err);
    if (status == GA_OK && rmdir(path) != 0)
        return ga_fail(err, GA_EIO, "'%s': %s", path, strerror(errno));
    return status;
}

/* The folder is moved aside first, so that a training of that name that begins meanwhile finds
 * nothing of the old one; and back again if the run may not be deleted after all. */
static ga_status delete_run(ga_store *s, const ga_run_record *r, const char *folder,
                            const char *aside, tally *t, ga_err *err)
{
    const bool moved = folder != NULL && rename(folder, aside) == 0;
    if (folder != NULL && !moved && errno != ENOENT)
        return ga_fail(err, GA_EIO, "'%s': %s", folder, strerror(errno));
    const ga_status status = ga_store_run_delete(s, r->id, err);
    if (status != GA_OK) {
        if (moved)
            (void)rename(aside, folder);
        return status;
    }
    return moved ? remove_folder(aside, t, err) : GA_OK;
}

static void say_removed(ga_request *rq, const char *name, const char *folder, bool kept,
                        const tally *t)
{
    char bytes[32];
    if (kept && ga_is_folder(folder))
        ga_rq_say(rq, "removed run '%s' from the database; its files stay in %s", name, folder);
    else if (t->files > 0)
        ga_rq_say(rq, "removed run '%s': its curves, and %d files (%s) in %s", name, t->files,
                  ga_format_bytes(t->bytes, bytes, sizeof bytes), folder);
    else
        ga_rq_say(rq, "removed run '%s': its curves; there were no files", name);
}

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *name = ga_rq_text(rq, "run");
    const bool keep = ga_rq_flag(rq, "keep-files");
    ga_store *s = NULL;
    ga_run_found found = {0};
    ga_text folder = {0}, aside = {0};
    tally t = {0};
    ga_status status = ga_runs_open(rq, &s, err);
    if (status == GA_OK)
        status = ga_runs_find(s, name, &found, err);
    if (status == GA_OK && strcmp(found.record->name, name) != 0)
        status = ga_fail(err, GA_EINVAL, "'%s' is run '%s': to delete it, give its name", name,
                         found.record->name);
    ga_text_addf(&folder, "%s/runs/%s", ga_rq_home(rq), name);
    ga_text_addf(&aside, "%s/runs/%s.tmp-deleted-%d", ga_rq_home(rq), name, (int)getpid());
    if (status == GA_OK &&
        found.record->alive) /* its files are not to be touched, not even moved */
        status = ga_fail(err, GA_EEXIST,
                         "run '%s' is being trained by process %lld on '%s': stop it first", name,
                         (long long)found.record->pid, found.record->machine);
    if (status == GA_OK && (folder.failed || aside.failed))
        status = ga_fail(err, GA_ENOMEM, "no memory for a path");
    if (status == GA_OK)
        status = delete_run(s, found.record, keep ? NULL : folder.data, aside.data, &t, err);
    if (status == GA_OK) {
        say_removed(rq, name, folder.data, keep, &t);
        ga_rq_result(rq, json_pack("{s:s, s:i, s:I, s:b}", "run", name, "files", t.files, "bytes",
                                   (json_int_t)t.bytes, "kept_files", keep));
    }
    ga_text_free(&folder);
    ga_text_free(&aside);
    ga_run_found_free(&found);
    ga_store_close(s);
    return status;
}

static const ga_field fields[] = {{.name = "run",
                                   .type = GA_FIELD_TEXT,
                                   .value = "RUN",
                                   .positional = true,
                                   .required = true,
                                   .help = "its name, in full"},
                                  {.name = "keep-files",
                                   .type = GA_FIELD_FLAG,
                                   .help = "remove it from the database alone; the folder stays"},
                                  {0}};

static const ga_example examples[] = {
    {"ganatomy runs delete digits", "curves, samples, checkpoint and model"},
    {"ganatomy runs delete digits --keep-files", "the name and the curves only"},
    {0}};

const ga_verb ga_verb_runs_delete = {
    .name = "runs delete",
    .summary = "remove a training and its files",
    .description =
        "Asks for nothing: the name in full is the question. Removes the run with its curves and "
        "events, and the folder HOME/runs/RUN. A model that was written elsewhere (--out FILE) "
        "stays. A run that a living process trains is refused.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
