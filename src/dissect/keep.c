/* keep.c - blocks in memory, then in a nameless file. */
#include "dissect/keep.h"
#include "base/alloc.h"
#include "base/file.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { NOWHERE = -1 };

struct ga_keep {
    size_t bytes;
    uint8_t **in_memory; /* (n) or NULL each */
    int64_t *in_file;    /* (n) slot, NOWHERE */
    int n, held, most;   /* blocks: in all, in memory, and that may be there */
    int file_left, slots;
    int file; /* descriptor, or -1 */
};

static int fitting(size_t memory, size_t bytes, int n)
{
    const size_t fit = memory / bytes;
    return fit < (size_t)n ? (int)fit : n;
}

ga_status ga_keep_create(int n, size_t bytes, const char *folder, size_t file_bytes, ga_keep **out,
                         ga_err *err)
{
    *out = NULL;
    ga_keep *k = ga_mem_new(1, sizeof *k);
    if (k == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to keep images");
    const size_t fit_file = file_bytes / bytes;
    *k = (ga_keep){.bytes = bytes,
                   .n = n,
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
    if (folder != NULL && k->file_left > 0)
        k->file = ga_file_nameless(folder);
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
        if (done < 0 && errno == EINTR)
            continue;
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
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        data += done;
        n -= (size_t)done;
        at += done;
    }
    return true;
}

static void put_in_file(ga_keep *k, int block, const void *data)
{
    if (k->file < 0 || k->file_left == 0)
        return;
    if (write_all(k->file, data, k->bytes, (off_t)((size_t)k->slots * k->bytes))) {
        k->in_file[block] = k->slots++;
        k->file_left--;
    } else {
        k->file_left = 0;
    }
}

void ga_keep_put(ga_keep *k, int block, const void *data)
{
    if (k->in_memory[block] != NULL || k->in_file[block] != NOWHERE)
        return;
    uint8_t *copy = k->held < k->most ? ga_mem_new(k->bytes, 1) : NULL;
    if (copy == NULL) {
        put_in_file(k, block, data);
        return;
    }
    memcpy(copy, data, k->bytes);
    k->in_memory[block] = copy;
    k->held++;
}

void ga_keep_allow(ga_keep *k, size_t memory)
{
    k->most = fitting(memory, k->bytes, k->n);
    for (int i = k->n - 1; i >= 0 && k->held > k->most; i--) {
        if (k->in_memory[i] == NULL)
            continue;
        put_in_file(k, i, k->in_memory[i]);
        ga_mem_free(k->in_memory[i]);
        k->in_memory[i] = NULL;
        k->held--;
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
