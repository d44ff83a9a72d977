/* keep.c - blocks in memory, then in a nameless file. */
#include "dissect/keep.h"
#include "base/alloc.h"
#include "base/file.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOWHERE = -1 };

struct ga_keep {
    size_t bytes;
    uint8_t **in_memory; /* (n) or NULL each */
    int64_t *in_file;    /* (n) slot, NOWHERE */
    int n, memory_left, file_left, slots;
    int file; /* descriptor, or -1 */
};

static int open_nameless(const char *folder)
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

ga_status ga_keep_create(int n, size_t bytes, size_t memory, const char *folder, size_t file_bytes,
                         ga_keep **out, ga_err *err)
{
    *out = NULL;
    ga_keep *k = ga_mem_new(1, sizeof *k);
    if (k == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to keep images");
    const size_t fit = memory / bytes, fit_file = file_bytes / bytes;
    *k = (ga_keep){.bytes = bytes,
                   .n = n,
                   .memory_left = fit < (size_t)n ? (int)fit : n,
                   .file_left = fit_file < (size_t)n ? (int)fit_file : n,
                   .file = -1,
                   .in_memory = ga_mem_new((size_t)n, sizeof *k->in_memory),
                   .in_file = ga_mem_new((size_t)n, sizeof *k->in_file)};
    if (k->in_memory == NULL || k->in_file == NULL) {
        ga_keep_free(k);
        return ga_fail(err, GA_ENOMEM, "no memory to keep %d blocks of images", n);
    }
    for (int i = 0; i < n; i++)
        k->in_file[i] = NOWHERE;
    if (folder != NULL && k->file_left > 0 && k->memory_left < n)
        k->file = open_nameless(folder);
    *out = k;
    return GA_OK;
}

void ga_keep_free(ga_keep *k)
{
    if (k == NULL)
        return;
    for (int i = 0; i < k->n && k->in_memory != NULL; i++)
        ga_mem_free(k->in_memory[i]);
    ga_mem_free(k->in_memory);
    ga_mem_free(k->in_file);
    if (k->file >= 0)
        close(k->file);
    ga_mem_free(k);
}

static bool write_all(int file, const uint8_t *data, size_t n, off_t at)
{
    while (n > 0) {
        const ssize_t done = pwrite(file, data, n, at);
        if (done <= 0)
            return false;
        data += done;
        n -= (size_t)done;
        at += done;
    }
    return true;
}

static bool read_all(int file, uint8_t *data, size_t n, off_t at)
{
    while (n > 0) {
        const ssize_t done = pread(file, data, n, at);
        if (done <= 0)
            return false;
        data += done;
        n -= (size_t)done;
        at += done;
    }
    return true;
}

void ga_keep_put(ga_keep *k, int block, const void *data)
{
    if (k->in_memory[block] != NULL || k->in_file[block] != NOWHERE)
        return;
    if (k->memory_left > 0) {
        uint8_t *copy = ga_mem_new(k->bytes, 1);
        if (copy != NULL) {
            memcpy(copy, data, k->bytes);
            k->in_memory[block] = copy;
            k->memory_left--;
            return;
        }
        k->memory_left = 0;
    }
    if (k->file < 0 || k->file_left == 0)
        return;
    if (write_all(k->file, data, k->bytes, (off_t)((size_t)k->slots * k->bytes))) {
        k->in_file[block] = k->slots++;
        k->file_left--;
    } else {
        k->file_left = 0;
    }
}

bool ga_keep_get(ga_keep *k, int block, void *data)
{
    if (k->in_memory[block] != NULL) {
        memcpy(data, k->in_memory[block], k->bytes);
        return true;
    }
    const int64_t slot = k->in_file[block];
    return slot != NOWHERE && read_all(k->file, data, k->bytes, (off_t)((size_t)slot * k->bytes));
}
