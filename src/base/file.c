#include "base/file.h"
#include "base/alloc.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAP_FROM = 1 << 20, /* below, a copy: it stays whole when somebody shortens the file */
    WRITE_BLOCK = 1 << 18,
    PIPE_FIRST = 1 << 16,
    MAX_ASIDE = 100, /* leftovers of one name */
};
static const size_t PIPE_MAX = (size_t)1 << 30; /* a file without a size may not grow for ever */

static ga_status fail_errno(ga_err *err, const char *doing, const char *path, int cause)
{
    const bool absent = cause == ENOENT || cause == ENOTDIR;
    if (cause == ENOMEM)
        return ga_fail(err, GA_ENOMEM, "no memory %s '%s'", doing, path);
    return ga_fail(err, absent ? GA_ENOTFOUND : GA_EIO, "%s '%s': %s", doing, path,
                   strerror(cause));
}

/* Reads up to max bytes; fewer only at the end of the file. -1: errno. */
static ssize_t read_all(int fd, uint8_t *data, size_t max)
{
    size_t have = 0;
    while (have < max) {
        const ssize_t n = read(fd, data + have, max - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

/* A file whose size is known and small. */
static ga_status read_sized(int fd, size_t size, const char *path, ga_file *out, ga_err *err)
{
    uint8_t *data = ga_mem_new(size, 1);
    if (data == NULL)
        return fail_errno(err, "reading", path, ENOMEM);
    const ssize_t n = read_all(fd, data, size);
    if (n < 0) {
        const int cause = errno;
        ga_mem_free(data);
        return fail_errno(err, "reading", path, cause);
    }
    *out = (ga_file){.data = data, .size = (size_t)n};
    return GA_OK;
}

/* A pipe, a device, a file of /proc: no size is known before the end. */
static ga_status read_unsized(int fd, const char *path, ga_file *out, ga_err *err)
{
    size_t capacity = PIPE_FIRST, have = 0;
    uint8_t *data = ga_mem_new(capacity, 1);
    ga_status status = data == NULL ? fail_errno(err, "reading", path, ENOMEM) : GA_OK;
    while (status == GA_OK) {
        const ssize_t n = read_all(fd, data + have, capacity - have);
        if (n < 0) {
            status = fail_errno(err, "reading", path, errno);
            break;
        }
        have += (size_t)n;
        if (have < capacity)
            break;
        uint8_t *larger = capacity < PIPE_MAX ? ga_mem_resize(data, have, 2 * capacity, 1) : NULL;
        if (capacity >= PIPE_MAX)
            status = ga_fail(err, GA_EIO, "reading '%s': no end after %zu bytes", path, have);
        else if (larger == NULL)
            status = fail_errno(err, "reading", path, ENOMEM);
        else
            data = larger, capacity *= 2;
    }
    if (status != GA_OK) {
        ga_mem_free(data);
        return status;
    }
    *out = (ga_file){.data = data, .size = have};
    return GA_OK;
}

ga_status ga_file_open(const char *path, ga_file *out, ga_err *err)
{
    *out = (ga_file){0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(err, "reading", path, errno);
    struct stat info;
    ga_status status;
    if (fstat(fd, &info) != 0)
        status = fail_errno(err, "reading", path, errno);
    else if (S_ISDIR(info.st_mode))
        status = ga_fail(err, GA_EIO, "reading '%s': it is a folder, expected a file", path);
    else if (!S_ISREG(info.st_mode) || info.st_size == 0)
        status = read_unsized(fd, path, out, err);
    else if (info.st_size < MAP_FROM)
        status = read_sized(fd, (size_t)info.st_size, path, out, err);
    else {
        void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        status = data == MAP_FAILED ? fail_errno(err, "reading", path, errno) : GA_OK;
        if (status == GA_OK)
            *out = (ga_file){.data = data, .size = (size_t)info.st_size, .mapped = true};
    }
    close(fd);
    return status;
}

void ga_file_close(ga_file *f)
{
    /* the file was opened for reading only; freeing needs the pointer without const */
    void *data = (void *)(uintptr_t)f->data;
    if (f->mapped)
        munmap(data, f->size);
    else
        ga_mem_free(data);
    *f = (ga_file){0};
}

struct ga_writer {
    char *path;   /* as the caller said it */
    char *target; /* what is renamed over: path, or the file that the link at path means */
    char *aside;  /* room for its name; NULL: target is a device or pipe and is written directly */
    size_t aside_size;
    bool named; /* a file of that name is on disk */
    int fd;
    int cause; /* errno of the first failure, 0 if none */
    size_t waiting;
    uint8_t block[WRITE_BLOCK];
};

static void writer_free(ga_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    ga_mem_free(w->path);
    ga_mem_free(w->target);
    ga_mem_free(w->aside);
    ga_mem_free(w);
}

/* The name aside with that number. The number steps past leftovers of a killed process that had the
 * same id. */
static const char *aside_name(ga_writer *w, int number)
{
    snprintf(w->aside, w->aside_size, "%s.tmp-%ld-%d", w->target, (long)getpid(), number);
    return w->aside;
}

/* "a/b" becomes "a", "b" becomes "." */
static void cut_to_folder(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        memcpy(path, ".", 2);
    else
        slash[slash == path ? 1 : 0] = 0;
}

/* A file without a name in the target's folder: a process that is killed leaves nothing. Not every
 * file system can do it, and giving it a name in the end goes through /proc. */
static bool open_nameless(ga_writer *w, mode_t mode)
{
    if (access("/proc/self/fd", X_OK) != 0)
        return false;
    snprintf(w->aside, w->aside_size, "%s", w->target);
    cut_to_folder(w->aside);
    w->fd = open(w->aside, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
    return w->fd >= 0;
}

/* Opens a fresh file beside the target. */
static int open_aside(ga_writer *w, mode_t mode)
{
    w->aside_size = strlen(w->target) + 48;
    w->aside = ga_mem_new(w->aside_size, 1);
    if (w->aside == NULL)
        return ENOMEM;
    if (open_nameless(w, mode))
        return 0;
    for (int number = 0; number < MAX_ASIDE; number++) {
        w->fd = open(aside_name(w, number), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        w->named = w->fd >= 0;
        if (w->named)
            return 0;
        if (errno != EEXIST)
            return errno;
    }
    return EEXIST;
}

/* Gives a nameless file the name aside; returns errno. */
static int give_name(ga_writer *w)
{
    char from[40];
    snprintf(from, sizeof from, "/proc/self/fd/%d", w->fd);
    for (int number = 0; number < MAX_ASIDE; number++) {
        w->named = linkat(AT_FDCWD, from, AT_FDCWD, aside_name(w, number), AT_SYMLINK_FOLLOW) == 0;
        if (w->named)
            return 0;
        if (errno != EEXIST)
            return errno;
    }
    return EEXIST;
}

/* Sets target, aside and fd; returns errno. */
static int writer_start(ga_writer *w)
{
    struct stat info;
    char *resolved = realpath(w->path, NULL);
    w->target = ga_mem_string(resolved != NULL ? resolved : w->path);
    free(resolved);
    if (w->target == NULL)
        return ENOMEM;
    if (w->target[0] == 0)
        return ENOENT;
    if (stat(w->target, &info) != 0)
        return open_aside(w, 0666);
    if (S_ISDIR(info.st_mode))
        return EISDIR;
    if (S_ISREG(info.st_mode)) {
        const int cause = open_aside(w, 0600);
        /* keeps who may read it; a file system without modes may refuse, which changes nothing */
        if (cause == 0 && fchmod(w->fd, info.st_mode & 07777) != 0)
            errno = 0;
        return cause;
    }
    w->fd = open(w->target, O_WRONLY | O_CLOEXEC);
    return w->fd < 0 ? errno : 0;
}

/* Nothing that is written is "not found" for the caller: a missing folder is a failure of writing.
 */
static ga_status fail_writing(ga_err *err, const char *path, int cause)
{
    if (cause == ENOMEM)
        return fail_errno(err, "writing", path, cause);
    return ga_fail(err, GA_EIO, "writing '%s': %s", path, strerror(cause));
}

ga_status ga_writer_open(const char *path, ga_writer **out, ga_err *err)
{
    *out = NULL;
    ga_writer *w = ga_mem_new(1, sizeof *w);
    if (w == NULL)
        return fail_writing(err, path, ENOMEM);
    w->fd = -1;
    w->path = ga_mem_string(path);
    const int cause = w->path == NULL ? ENOMEM : writer_start(w);
    if (cause != 0) {
        writer_free(w);
        return fail_writing(err, path, cause);
    }
    *out = w;
    return GA_OK;
}

static void put(ga_writer *w, const uint8_t *data, size_t n)
{
    while (n > 0 && w->cause == 0) {
        const ssize_t done = write(w->fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            w->cause = errno;
        else {
            data += done;
            n -= (size_t)done;
        }
    }
}

void ga_writer_add(ga_writer *w, const void *data, size_t n)
{
    const uint8_t *bytes = data;
    if (w->waiting + n > WRITE_BLOCK) {
        put(w, w->block, w->waiting);
        w->waiting = 0;
    }
    if (n > WRITE_BLOCK)
        put(w, bytes, n);
    else if (n > 0) {
        memcpy(w->block + w->waiting, bytes, n);
        w->waiting += n;
    }
}

/* A renamed file is only safe from a power cut once its folder is on disk too. Some file systems
 * cannot do that for folders; there is nothing to be done about it then. */
static int sync_folder_of(const char *path)
{
    char *folder = ga_mem_string(path);
    if (folder == NULL)
        return ENOMEM;
    if (folder[0] != 0)
        cut_to_folder(folder);
    int cause = 0;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        if (fsync(fd) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
            cause = errno;
        close(fd);
    }
    ga_mem_free(folder);
    return cause;
}

ga_status ga_writer_commit(ga_writer *w, ga_err *err)
{
    put(w, w->block, w->waiting);
    if (w->cause == 0 && w->aside != NULL && fsync(w->fd) != 0)
        w->cause = errno;
    if (w->cause == 0 && w->aside != NULL && !w->named)
        w->cause = give_name(w);
    if (close(w->fd) != 0 && w->cause == 0)
        w->cause = errno;
    w->fd = -1;
    bool renamed = false;
    if (w->cause == 0 && w->aside != NULL) {
        if (rename(w->aside, w->target) != 0)
            w->cause = errno;
        else {
            renamed = true;
            w->cause = sync_folder_of(w->target);
        }
    }
    if (w->named && !renamed)
        unlink(w->aside);
    const ga_status status = w->cause == 0 ? GA_OK : fail_writing(err, w->path, w->cause);
    writer_free(w);
    return status;
}

void ga_writer_abort(ga_writer *w)
{
    if (w == NULL)
        return;
    if (w->named)
        unlink(w->aside);
    writer_free(w);
}

ga_status ga_file_write(const char *path, const void *data, size_t n, ga_err *err)
{
    ga_writer *w;
    const ga_status status = ga_writer_open(path, &w, err);
    if (w == NULL)
        return status;
    ga_writer_add(w, data, n);
    return ga_writer_commit(w, err);
}

int ga_file_nameless(const char *folder)
{
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0)
        return file;
    char *name = ga_path_join(folder, "kept-XXXXXX"); /* file systems without O_TMPFILE */
    if (name == NULL)
        return -1;
    file = mkostemp(name, O_CLOEXEC);
    if (file >= 0)
        unlink(name);
    ga_mem_free(name);
    return file;
}

bool ga_is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool ga_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

ga_status ga_make_folders(const char *path, ga_err *err)
{
    char *part = ga_mem_string(path);
    if (part == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory making the folder '%s'", path);
    int cause = path[0] == 0 ? ENOENT : 0;
    for (size_t i = 1; cause == 0 && path[0] != 0; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        part[i] = 0;
        /* "already there" may also come as EROFS or EACCES for a folder above that is not ours */
        if (mkdir(part, 0777) != 0 && !ga_is_folder(part))
            cause = errno == EEXIST ? ENOTDIR : errno;
        part[i] = path[i];
        if (path[i] == 0)
            break;
    }
    ga_mem_free(part);
    if (cause == 0)
        return GA_OK;
    return ga_fail(err, GA_EIO, "making the folder '%s': %s", path, strerror(cause));
}

char *ga_path_join(const char *folder, const char *name)
{
    ga_text t = {0};
    ga_text_add(&t, folder);
    if (folder[0] != 0 && !ga_ends_with(folder, "/"))
        ga_text_add(&t, "/");
    ga_text_add(&t, name);
    if (t.failed)
        ga_text_free(&t);
    return t.data;
}

const char *ga_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}
