/* zip.c - zip archives: the central directory, and one entry at a time. */
#include "array/zip.h"
#include "base/hash.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* zlib does not write to its input */
#include <zlib.h>

enum {
    END_SIZE = 22,       /* end of central directory, without its comment */
    LOCATOR_SIZE = 20,   /* ZIP64 locator, just before it */
    ENTRY_SIZE = 46,     /* central entry, without name, extra field and comment */
    LOCAL_SIZE = 30,     /* local header, without name and extra field */
    DEFLATE_RATIO = 1032 /* no deflate stream unpacks to more times its size */
};

static ga_status fail(const ga_zip *z, const ga_zip_entry *e, ga_err *err, const char *words)
{
    char shown[GA_SHOW];
    return ga_fail(err, GA_EDATA, "%s: zip entry '%s' at offset %zu %s", z->where,
                   ga_show(e->name, e->name_length, shown), e->header_at, words);
}

static uint16_t u16_at(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)u16_at(p) | (uint32_t)u16_at(p + 2) << 16;
}

static uint64_t u64_at(const uint8_t *p)
{
    return (uint64_t)u32_at(p) | (uint64_t)u32_at(p + 4) << 32;
}

struct directory {
    uint64_t at, size, n;
    size_t end; /* where the end records begin: nothing else may reach past it */
};

/* The ZIP64 record that the locator just before the end record points to. */
static ga_status read_zip64(const ga_zip *z, size_t end_at, struct directory *d, ga_err *err)
{
    ga_cursor c = ga_cursor_of(z->data, end_at, z->where);
    if (end_at < LOCATOR_SIZE || u32_at(z->data + end_at - LOCATOR_SIZE) != 0x07064b50)
        return ga_cursor_fail(&c, end_at, "zip directory", err,
                              "wants a ZIP64 locator, but none is there");
    const uint64_t at = u64_at(z->data + end_at - LOCATOR_SIZE + 8);
    const uint8_t *p = NULL;
    ga_status status = GA_OK;
    if (at > SIZE_MAX)
        status = ga_cursor_fail(&c, end_at, "ZIP64 locator", err, "points behind the end");
    if (status == GA_OK)
        status = ga_seek(&c, (size_t)at, "ZIP64 locator", err);
    if (status == GA_OK)
        status = ga_read_bytes(&c, 56, &p, "ZIP64 end record", err);
    if (status != GA_OK)
        return status;
    if (u32_at(p) != 0x06064b50)
        return ga_cursor_fail(&c, (size_t)at, "ZIP64 end record", err, "is not there");
    d->n = u64_at(p + 32);
    d->size = u64_at(p + 40);
    d->at = u64_at(p + 48);
    d->end = (size_t)at;
    if (u64_at(p + 24) != d->n || u32_at(p + 16) != 0 || u32_at(p + 20) != 0)
        return ga_cursor_fail(&c, (size_t)at, "ZIP64 end record", err,
                              "the archive is in several parts");
    return GA_OK;
}

/* Finds the end record: the last one whose comment ends with the file. */
static ga_status find_directory(const ga_zip *z, struct directory *d, ga_err *err)
{
    size_t back = END_SIZE;
    const uint8_t *p = NULL;
    for (; back <= z->size && back <= END_SIZE + 0xffff; back++) {
        p = z->data + z->size - back;
        if (u32_at(p) == 0x06054b50 && u16_at(p + 20) == back - END_SIZE)
            break;
    }
    if (back > z->size || back > END_SIZE + 0xffff)
        return ga_fail(err, GA_EDATA,
                       "%s: begins as a zip archive of %zu bytes, but its end record is missing: "
                       "is the file cut short?",
                       z->where, z->size);
    const size_t at = z->size - back;
    const ga_cursor c = ga_cursor_of(z->data, z->size, z->where);
    *d = (struct directory){u32_at(p + 16), u32_at(p + 12), u16_at(p + 10), at};
    ga_status status = GA_OK;
    if (d->n == 0xffff || d->size == 0xffffffff || d->at == 0xffffffff)
        status = read_zip64(z, at, d, err);
    else if (u16_at(p + 4) != 0 || u16_at(p + 6) != 0 || u16_at(p + 8) != u16_at(p + 10))
        status = ga_cursor_fail(&c, at, "zip directory", err, "the archive is in several parts");
    if (status != GA_OK)
        return status;
    if (d->at > d->end || d->size > d->end - d->at)
        return ga_cursor_fail(&c, at, "zip directory", err,
                              "%llu bytes at offset %llu reach into the end record at %zu",
                              (unsigned long long)d->size, (unsigned long long)d->at, d->end);
    if (d->n > d->size / ENTRY_SIZE)
        return ga_cursor_fail(&c, at, "zip directory", err,
                              "%llu entries do not fit into its %llu bytes",
                              (unsigned long long)d->n, (unsigned long long)d->size);
    return GA_OK;
}

/* Sizes and offset that stand as 0xffffffff are in the ZIP64 extra field, in this order. */
static bool widen(const uint8_t *extra, size_t length, uint64_t *size, uint64_t *packed,
                  uint64_t *offset)
{
    uint64_t *const wanted[] = {size, packed, offset};
    while (length >= 4) {
        const size_t n = u16_at(extra + 2);
        if (n > length - 4)
            return false;
        if (u16_at(extra) == 1) {
            size_t at = 0;
            for (size_t i = 0; i < 3; i++) {
                if (*wanted[i] != 0xffffffff)
                    continue;
                if (n - at < 8)
                    return false;
                *wanted[i] = u64_at(extra + 4 + at);
                at += 8;
            }
            return true;
        }
        extra += 4 + n;
        length -= 4 + n;
    }
    return *size != 0xffffffff && *packed != 0xffffffff && *offset != 0xffffffff;
}

/* The local header: it must be there, carry the same name, and leave room for the data before the
 * directory. Its sizes are not looked at. */
static ga_status check_local(const ga_zip *z, ga_zip_entry *e, size_t limit, ga_err *err)
{
    if (e->header_at > limit || limit - e->header_at < LOCAL_SIZE)
        return fail(z, e, err, "lies outside the archive");
    const uint8_t *p = z->data + e->header_at;
    if (u32_at(p) != 0x04034b50)
        return fail(z, e, err, "has no local header");
    const size_t name = u16_at(p + 26), extra = u16_at(p + 28);
    const size_t left = limit - e->header_at - LOCAL_SIZE;
    if (name + extra > left || e->packed_size > left - name - extra)
        return fail(z, e, err, "reaches into the directory");
    if (name != e->name_length || memcmp(p + LOCAL_SIZE, e->name, name) != 0)
        return fail(z, e, err, "has another name in its local header");
    e->data_at = e->header_at + LOCAL_SIZE + name + extra;
    return GA_OK;
}

static ga_status read_entry(const ga_zip *z, ga_cursor *c, size_t limit, ga_zip_entry *e,
                            ga_err *err)
{
    const uint8_t *p = NULL, *name = NULL, *extra = NULL, *comment = NULL;
    const size_t at = c->at;
    ga_status status = ga_read_bytes(c, ENTRY_SIZE, &p, "zip directory", err);
    if (status != GA_OK)
        return status;
    if (u32_at(p) != 0x02014b50)
        return ga_cursor_fail(c, at, "zip directory", err, "no entry where one is expected");
    status = ga_read_bytes(c, u16_at(p + 28), &name, "zip entry name", err);
    if (status == GA_OK)
        status = ga_read_bytes(c, u16_at(p + 30), &extra, "zip extra field", err);
    if (status == GA_OK)
        status = ga_read_bytes(c, u16_at(p + 32), &comment, "zip entry comment", err);
    if (status != GA_OK)
        return status;

    uint64_t size = u32_at(p + 24), packed = u32_at(p + 20), offset = u32_at(p + 42);
    *e = (ga_zip_entry){.name = (const char *)name, .name_length = u16_at(p + 28)};
    e->crc = u32_at(p + 16);
    const int flags = u16_at(p + 8), method = u16_at(p + 10);
    if (!widen(extra, u16_at(p + 30), &size, &packed, &offset) || size > SIZE_MAX ||
        packed > SIZE_MAX || offset > SIZE_MAX)
        return fail(z, e, err, "has a broken extra field");
    e->size = (size_t)size;
    e->packed_size = (size_t)packed;
    e->header_at = (size_t)offset;
    e->deflated = method == 8;
    if ((flags & 1) != 0)
        return fail(z, e, err, "is encrypted");
    if (method != 0 && method != 8)
        return fail(z, e, err, "is packed in a way that is not read here (stored and deflate are)");
    if (method == 0 && size != packed)
        return fail(z, e, err, "is stored, but its two sizes differ");
    if (method == 8 && size / DEFLATE_RATIO > packed)
        return fail(z, e, err, "says that it unpacks to more than deflate can make of it");
    return check_local(z, e, limit, err);
}

static int order_of_names(const ga_zip_entry *a, const char *name, size_t length)
{
    const size_t n = a->name_length < length ? a->name_length : length;
    const int order = n > 0 ? memcmp(a->name, name, n) : 0;
    if (order != 0)
        return order;
    return (a->name_length > length) - (a->name_length < length);
}

static int compare_names(const void *a, const void *b)
{
    const ga_zip_entry *const *x = a, *const *y = b;
    return order_of_names(*x, (*y)->name, (*y)->name_length);
}

static int compare_places(const void *a, const void *b)
{
    const ga_zip_entry *const *x = a, *const *y = b;
    return ((*x)->header_at > (*y)->header_at) - ((*x)->header_at < (*y)->header_at);
}

ga_status ga_zip_open(const uint8_t *data, size_t size, const char *where, ga_budget *budget,
                      ga_zip *out, ga_err *err)
{
    ga_zip z = {.data = data, .size = size, .where = where, .budget = budget};
    struct directory d = {0};
    ga_status status = find_directory(&z, &d, err);
    if (status != GA_OK)
        return status;
    void *entries = NULL, *order = NULL;
    status = ga_budget_new(budget, (size_t)d.n, sizeof *z.entries, &entries, err);
    if (status == GA_OK)
        status = ga_budget_new(budget, (size_t)d.n, sizeof(ga_zip_entry *), &order, err);
    if (status != GA_OK)
        return status;
    z.entries = entries;
    z.by_name = order;
    z.n = (size_t)d.n;

    ga_cursor c = ga_cursor_of(data, (size_t)(d.at + d.size), where);
    c.at = (size_t)d.at;
    for (size_t i = 0; i < z.n; i++) {
        status = read_entry(&z, &c, (size_t)d.at, &z.entries[i], err);
        if (status != GA_OK)
            return status;
        z.by_name[i] = &z.entries[i];
    }
    if (ga_cursor_left(&c) != 0)
        return ga_cursor_fail(&c, c.at, "zip directory", err,
                              "%zu bytes follow the last of its %zu entries", ga_cursor_left(&c),
                              z.n);
    if (z.n > 0)
        qsort(z.by_name, z.n, sizeof(ga_zip_entry *), compare_places);
    for (size_t i = 1; i < z.n; i++)
        if (z.by_name[i]->header_at < z.by_name[i - 1]->data_at + z.by_name[i - 1]->packed_size)
            return fail(&z, z.by_name[i], err, "overlaps the entry before it");
    if (z.n > 0)
        qsort(z.by_name, z.n, sizeof(ga_zip_entry *), compare_names);
    for (size_t i = 1; i < z.n; i++)
        if (compare_names(&z.by_name[i - 1], &z.by_name[i]) == 0)
            return fail(&z, z.by_name[i], err, "is there twice");
    *out = z;
    return GA_OK;
}

ga_zip_entry *ga_zip_find(const ga_zip *zip, const char *name, size_t length)
{
    size_t lo = 0, hi = zip->n;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        const int order = order_of_names(zip->by_name[mid], name, length);
        if (order == 0)
            return zip->by_name[mid];
        if (order > 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

/* zlib's working memory through our allocator, where the tests can make it fail. */
static voidpf zlib_new(voidpf user, uInt n, uInt size)
{
    (void)user;
    return ga_mem_new(n, size);
}

static void zlib_free(voidpf user, voidpf p)
{
    (void)user;
    ga_mem_free(p);
}

/* Unpacks all of an entry into dst, which has room for exactly its size. */
static ga_status inflate_into(const ga_zip *z, const ga_zip_entry *e, uint8_t *dst, ga_err *err)
{
    z_stream s = {.zalloc = zlib_new, .zfree = zlib_free};
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
        return ga_fail(err, GA_ENOMEM, "%s: no memory for unpacking", z->where);
    size_t in = e->packed_size, out = e->size;
    s.next_in = z->data + e->data_at;
    s.next_out = dst;
    int result = Z_OK;
    while (result == Z_OK) { /* in pieces: zlib counts in 32 bits */
        const uInt in_now = in > UINT_MAX ? UINT_MAX : (uInt)in;
        const uInt out_now = out > UINT_MAX ? UINT_MAX : (uInt)out;
        s.avail_in = in_now;
        s.avail_out = out_now;
        result = inflate(&s, Z_NO_FLUSH);
        in -= in_now - s.avail_in;
        out -= out_now - s.avail_out;
        if (in_now == s.avail_in && out_now == s.avail_out && result == Z_OK)
            result = Z_BUF_ERROR; /* no progress: it would unpack to more than it says */
    }
    inflateEnd(&s);
    if (result == Z_MEM_ERROR)
        return ga_fail(err, GA_ENOMEM, "%s: no memory for unpacking", z->where);
    if (result == Z_STREAM_END && in == 0 && out == 0)
        return GA_OK;
    if (result == Z_STREAM_END)
        return fail(z, e, err, "unpacks to another size than it says");
    return fail(z, e, err, "is broken or unpacks to more than it says");
}

ga_status ga_zip_get(ga_zip *zip, ga_zip_entry *entry, const uint8_t **bytes, ga_err *err)
{
    if (entry->bytes != NULL) {
        *bytes = entry->bytes;
        return GA_OK;
    }
    const uint8_t *data = zip->data + entry->data_at;
    if (entry->deflated) {
        void *unpacked = NULL;
        ga_status status = ga_budget_new(zip->budget, entry->size, 1, &unpacked, err);
        if (status == GA_OK)
            status = inflate_into(zip, entry, unpacked, err);
        if (status != GA_OK)
            return status;
        data = unpacked;
    }
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION /* a fuzzer cannot guess checksums */
    const uint32_t crc = ga_crc32(0, data, entry->size);
    if (crc != entry->crc)
        return fail(zip, entry, err, "is damaged: its checksum differs");
#endif
    entry->bytes = data;
    *bytes = data;
    return GA_OK;
}
