/* zip_write.c - zip archives written: aligned, the same bytes for the same contents. */
#include "base/alloc.h"
#include "base/hash.h"
#include "array/zip.h"
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

enum {
    ALIGN = 64,
    DATE = 0x21,  /* 1980-01-01, the first day there is */
    VERSION = 20, /* of the format: 2.0 */
    VERSION_64 = 45,
    STORED = 0,
    DEFLATED = 8,
    UTF8_NAMES = 0x800, /* flag: names are UTF-8 */
    PADDING = 0x4246    /* "FB": the extra field that PyTorch pads with */
};

static void add_number(ga_text *t, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        const char byte = (char)(value >> (8 * i) & 0xff);
        ga_text_add_n(t, &byte, 1);
    }
}

/* What an entry is: packed bytes lie in the archive, size of them when unpacked. */
typedef struct entry {
    const char *name;
    uint32_t crc;
    uint64_t packed, size;
} entry;

/* The part that a local header and a central entry have in common: version to name length. */
static void add_common(ga_text *t, bool wide, const entry *e)
{
    add_number(t, wide ? VERSION_64 : VERSION, 2);
    add_number(t, UTF8_NAMES, 2);
    add_number(t, e->packed < e->size ? DEFLATED : STORED, 2);
    add_number(t, 0, 2); /* time */
    add_number(t, DATE, 2);
    add_number(t, e->crc, 4);
    add_number(t, wide ? 0xffffffff : e->packed, 4);
    add_number(t, wide ? 0xffffffff : e->size, 4);
    add_number(t, strlen(e->name), 2);
}

static void flush(ga_zip_maker *z, const ga_text *t)
{
    if (t->length > 0)
        ga_zip_data(z, t->data, t->length);
}

void ga_zip_data(ga_zip_maker *z, const void *data, size_t size)
{
    ga_writer_add(z->out, data, size);
    z->at += size;
}

static void add_entry(ga_zip_maker *z, const entry *e)
{
    const char *name = e->name;
    const uint64_t size = e->size;
    const size_t name_length = strlen(name);
    const uint64_t at = z->at;
    const bool wide = z->zip64 || size >= 0xffffffff, far = z->zip64 || at >= 0xffffffff;
    ga_text local = {0};
    ga_text_add_n(&local, "PK\3\4", 4);
    add_common(&local, wide, e);
    const size_t wide_length = wide ? 20 : 0;
    const size_t unpadded = (size_t)(at % ALIGN) + 30 + name_length + wide_length + 4;
    const size_t padding = (ALIGN - unpadded % ALIGN) % ALIGN;
    add_number(&local, wide_length + 4 + padding, 2);
    ga_text_add_n(&local, name, name_length);
    if (wide) {
        add_number(&local, 1, 2);
        add_number(&local, 16, 2);
        add_number(&local, size, 8);
        add_number(&local, e->packed, 8);
    }
    add_number(&local, PADDING, 2);
    add_number(&local, padding, 2);
    for (size_t i = 0; i < padding; i++)
        ga_text_add_n(&local, "Z", 1);
    flush(z, &local);
    z->directory.failed = z->directory.failed || local.failed;
    ga_text_free(&local);

    ga_text *d = &z->directory;
    ga_text_add_n(d, "PK\1\2", 4);
    add_number(d, VERSION_64, 2);
    add_common(d, wide, e);
    const int wide_fields = (wide ? 16 : 0) + (far ? 8 : 0);
    add_number(d, wide_fields > 0 ? (uint64_t)wide_fields + 4 : 0, 2);
    add_number(d, 0, 2); /* comment */
    add_number(d, 0, 2); /* disk */
    add_number(d, 0, 2); /* attributes */
    add_number(d, 0, 4);
    add_number(d, far ? 0xffffffff : at, 4);
    ga_text_add_n(d, name, name_length);
    if (wide_fields > 0) {
        add_number(d, 1, 2);
        add_number(d, (uint64_t)wide_fields, 2);
        if (wide) {
            add_number(d, size, 8);
            add_number(d, e->packed, 8);
        }
        if (far)
            add_number(d, at, 8);
    }
    z->n++;
}

void ga_zip_add(ga_zip_maker *z, const char *name, uint32_t crc, uint64_t size)
{
    add_entry(z, &(entry){name, crc, size, size});
}

void ga_zip_put(ga_zip_maker *z, const char *name, const void *data, size_t size)
{
    ga_zip_add(z, name, ga_crc32(0, data, size), size);
    ga_zip_data(z, data, size);
}

/* Raw DEFLATE of data into out, which has room for size bytes; 0: it does not get smaller. */
static size_t deflate_into(const void *data, size_t size, uint8_t *out)
{
    z_stream s = {
        .next_in = data, .avail_in = (uInt)size, .next_out = out, .avail_out = (uInt)size};
    if (deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    const bool whole = deflate(&s, Z_FINISH) == Z_STREAM_END;
    const size_t n = size - s.avail_out;
    deflateEnd(&s);
    return whole && n < size ? n : 0;
}

ga_status ga_zip_pack(ga_zip_maker *z, const char *name, const void *data, size_t size, ga_err *err)
{
    uint8_t *packed = ga_mem_new(size + 1, 1);
    if (packed == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to pack '%s'", name);
    const size_t n = size < UINT32_MAX ? deflate_into(data, size, packed) : 0;
    if (n > 0) {
        add_entry(z, &(entry){name, ga_crc32(0, data, size), n, size});
        ga_zip_data(z, packed, n);
    } else {
        ga_zip_put(z, name, data, size);
    }
    ga_mem_free(packed);
    return GA_OK;
}

ga_status ga_zip_end(ga_zip_maker *z, ga_err *err)
{
    const uint64_t at = z->at, size = z->directory.length;
    const bool wide = z->zip64 || at >= 0xffffffff || size >= 0xffffffff || z->n >= 0xffff;
    flush(z, &z->directory);
    ga_text end = {0};
    if (wide) {
        ga_text_add_n(&end, "PK\6\6", 4);
        add_number(&end, 44, 8); /* bytes that follow in this record */
        add_number(&end, VERSION_64, 2);
        add_number(&end, VERSION_64, 2);
        add_number(&end, 0, 8); /* disks */
        add_number(&end, z->n, 8);
        add_number(&end, z->n, 8);
        add_number(&end, size, 8);
        add_number(&end, at, 8);
        ga_text_add_n(&end, "PK\6\7", 4);
        add_number(&end, 0, 4);
        add_number(&end, at + size, 8);
        add_number(&end, 1, 4);
    }
    ga_text_add_n(&end, "PK\5\6", 4);
    add_number(&end, 0, 4); /* disks */
    add_number(&end, wide ? 0xffff : z->n, 2);
    add_number(&end, wide ? 0xffff : z->n, 2);
    add_number(&end, wide ? 0xffffffff : size, 4);
    add_number(&end, wide ? 0xffffffff : at, 4);
    add_number(&end, 0, 2); /* comment */
    flush(z, &end);
    const bool failed = z->directory.failed || end.failed;
    ga_text_free(&end);
    ga_text_free(&z->directory);
    return failed ? ga_fail(err, GA_ENOMEM, "no memory for the directory of a zip archive") : GA_OK;
}
