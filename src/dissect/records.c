/* records.c - what single images gave: in memory, then in a file that is mapped. */
#include "dissect/records.h"
#include "base/alloc.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LEAST_WORDS = 1 << 16 }; /* that they grow by */

static size_t words_of(size_t labels, size_t units)
{
    return 1 + 2 * labels + labels * units + units;
}

void ga_records_free(ga_records *r)
{
    if (r->in_file) {
        munmap(r->w, r->capacity * sizeof *r->w);
        close(r->file);
    } else {
        ga_mem_free(r->w);
    }
    *r = (ga_records){.units = r->units, .memory = r->memory, .folder = r->folder};
}

size_t ga_records_bytes(const ga_records *r)
{
    return r->in_file ? 0 : r->capacity * sizeof *r->w;
}

/* ---- growing ----------------------------------------------------------------------------------*/

static ga_status fail_file(const ga_records *r, int cause, ga_err *err)
{
    return ga_fail(err, GA_EIO,
                   "'%s': no file for what %d images gave: %s (--bootstrap 0 needs none)",
                   r->folder, r->images, strerror(cause));
}

static int allocate(int file, size_t bytes)
{
    int cause;
    do
        cause = posix_fallocate(file, 0, (off_t)bytes);
    while (cause == EINTR);
    return cause;
}

/* The disk has room for all of the file from now on: writing to a mapping could not say that it has
 * none. */
static ga_status grow_file(ga_records *r, size_t capacity, ga_err *err)
{
    const int cause = allocate(r->file, capacity * sizeof *r->w);
    if (cause != 0)
        return fail_file(r, cause, err);
    void *w = mremap(r->w, r->capacity * sizeof *r->w, capacity * sizeof *r->w, MREMAP_MAYMOVE);
    if (w == MAP_FAILED)
        return fail_file(r, errno, err);
    r->w = w;
    r->capacity = capacity;
    return GA_OK;
}

static ga_status move_to_file(ga_records *r, size_t capacity, ga_err *err)
{
    const size_t bytes = capacity * sizeof *r->w;
    const int file = ga_file_nameless(r->folder);
    if (file < 0)
        return fail_file(r, errno, err);
    const int cause = allocate(file, bytes);
    void *w = cause == 0 ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                         : MAP_FAILED;
    if (w == MAP_FAILED) {
        const ga_status status = fail_file(r, cause != 0 ? cause : errno, err);
        close(file);
        return status;
    }
    if (r->length > 0)
        memcpy(w, r->w, r->length * sizeof *r->w);
    ga_mem_free(r->w);
    r->w = w;
    r->capacity = capacity;
    r->in_file = true;
    r->file = file;
    return GA_OK;
}

/* Room for `more` words behind those that are there. */
static ga_status need_room(ga_records *r, size_t more, ga_err *err)
{
    const size_t length = r->length + more;
    if (length <= r->capacity)
        return GA_OK;
    const size_t step = r->capacity / 4 > LEAST_WORDS ? r->capacity / 4 : LEAST_WORDS,
                 wanted = r->capacity + step > length ? r->capacity + step : length,
                 fits = r->memory / sizeof *r->w;
    if (r->in_file)
        return grow_file(r, wanted, err);
    const size_t capacity = wanted <= fits ? wanted : fits;
    uint32_t *w = capacity >= length ? ga_mem_resize(r->w, r->capacity, capacity, sizeof *w) : NULL;
    if (w == NULL)
        return r->folder != NULL
                   ? move_to_file(r, wanted, err)
                   : ga_fail(err, GA_ENOMEM,
                             "no memory for what %d images gave (--bootstrap 0 needs none)",
                             r->images + 1);
    r->w = w;
    r->capacity = capacity;
    return GA_OK;
}

ga_status ga_records_add(ga_records *r, ga_tally_present p, ga_err *err)
{
    const size_t n = (size_t)p.n, u = (size_t)r->units, need = words_of(n, u);
    const ga_status status = need_room(r, need, err);
    if (status != GA_OK)
        return status;
    uint32_t *w = r->w + r->length;
    *w++ = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        *w++ = p.which[i];
    memcpy(w, p.label, n * sizeof *w);
    memcpy(w + n, p.both, n * u * sizeof *w);
    memcpy(w + n + n * u, p.active, u * sizeof *w);
    r->length += need;
    if (r->in_file && (r->length ^ (r->length - need)) >> 20 != 0) /* every 4 MiB */
        ga_records_rest(r);
    r->images++;
    return GA_OK;
}

ga_status ga_records_join(ga_records *r, const ga_records *other, ga_err *err)
{
    if (other->images == 0)
        return GA_OK;
    const ga_status status = need_room(r, other->length, err);
    if (status != GA_OK)
        return status;
    memcpy(r->w + r->length, other->w, other->length * sizeof *r->w);
    r->length += other->length;
    r->images += other->images;
    ga_records_rest(r);
    return GA_OK;
}

/* ---- foreign ones -----------------------------------------------------------------------------*/

/* Checked as far as reading them could go wrong; how many images there are, or -1. */
static int count_images(const uint32_t *w, size_t length, size_t units, size_t labels)
{
    int images = 0;
    for (size_t at = 0; at < length; images++) {
        const size_t n = w[at];
        if (n >= labels || length - at < words_of(n, units) || images == INT32_MAX)
            return -1;
        for (size_t k = 0; k < n; k++)
            if (w[at + 1 + k] >= labels)
                return -1;
        at += words_of(n, units);
    }
    return images;
}

ga_status ga_records_take(ga_records *r, const uint32_t *w, size_t length, int labels, ga_err *err)
{
    const int images = count_images(w, length, (size_t)r->units, (size_t)labels);
    if (images < 0)
        return ga_fail(err, GA_EDATA, "what single images gave does not fit together");
    ga_records_free(r);
    const ga_status status = need_room(r, length, err);
    if (status != GA_OK || length == 0)
        return status;
    memcpy(r->w, w, length * sizeof *w);
    r->length = length;
    r->images = images;
    ga_records_rest(r);
    return GA_OK;
}

/* ---- reading them -----------------------------------------------------------------------------*/

bool ga_records_next(const ga_records *r, size_t *at, uint16_t *which, ga_tally_present *p)
{
    if (*at >= r->length)
        return false;
    const uint32_t *w = r->w + *at;
    const size_t n = *w, u = (size_t)r->units;
    for (size_t k = 0; k < n; k++)
        which[k] = (uint16_t)w[1 + k];
    *p = (ga_tally_present){.n = (int)n,
                            .which = which,
                            .label = w + 1 + n,
                            .both = w + 1 + 2 * n,
                            .active = w + 1 + 2 * n + n * u};
    *at += words_of(n, u);
    return true;
}

void ga_records_rest(const ga_records *r)
{
    if (r->in_file)
        madvise(r->w, r->capacity * sizeof *r->w, MADV_DONTNEED);
}
