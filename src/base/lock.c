/* lock.c - a file with flock(2) on it, which the kernel ends with the process. */
#include "base/lock.h"
#include "base/alloc.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 100 };

/* Whoever held the file before may have removed it after it was opened here. */
static bool is_still_there(const char *path, int file)
{
    struct stat here, there;
    return fstat(file, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

/* *file: the descriptor, or -1 where the file was removed meanwhile. */
static ga_status try_once(const char *path, int *file, ga_err *err)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    *file = -1;
    if (fd < 0)
        return ga_fail(err, GA_EIO, "making '%s': %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(fd);
        return ga_fail(err, GA_EEXIST, "'%s' is held by another process", path);
    }
    if (is_still_there(path, fd))
        *file = fd;
    else
        close(fd);
    return GA_OK;
}

ga_status ga_lock_take(const char *path, ga_lock *out, ga_err *err)
{
    int file = -1;
    *out = (ga_lock){0};
    for (int i = 0; i < TRIES && file < 0; i++) {
        const ga_status status = try_once(path, &file, err);
        if (status != GA_OK)
            return status;
    }
    if (file < 0)
        return ga_fail(err, GA_EEXIST, "'%s' goes from one process to the next", path);
    *out = (ga_lock){.path = ga_mem_string(path), .file = file};
    if (out->path != NULL)
        return GA_OK;
    close(file);
    return ga_fail(err, GA_ENOMEM, "no memory for a path");
}

void ga_lock_end(ga_lock *l)
{
    if (l->path == NULL)
        return;
    unlink(l->path); /* while it is held: nobody else's is removed */
    close(l->file);
    ga_mem_free(l->path);
    *l = (ga_lock){0};
}
