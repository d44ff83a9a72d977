/* zip_member.c - source: APPNOTE.TXT of PKWARE, sections 4.3.7 (local header), 4.3.12 (central
 * directory), 4.3.16 (its end). The central directory rules; the local header is only skipped. */
#include "data/zip_member.h"
#include "base/alloc.h"
#include "base/cursor.h"
#include "base/hash.h"
#include <string.h>
#include <zlib.h>

#define MAX_MEMBERS 10000
#define END_SIZE    22
#define MAX_COMMENT 65535

typedef struct member {
    uint32_t method, crc, packed, unpacked, local_at;
} member;

static uint32_t u16_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32_at(const uint8_t *p)
{
    return u16_at(p) | u16_at(p + 2) << 16;
}

/* Moves the cursor to the central directory; *n is how many members it lists. */
static ga_status find_directory(ga_cursor *c, uint32_t *n, ga_err *err)
{
    const size_t lowest = c->size > END_SIZE + MAX_COMMENT ? c->size - END_SIZE - MAX_COMMENT : 0;
    if (c->size < END_SIZE)
        return ga_cursor_fail(c, 0, "end record", err, "%zu bytes are no zip file", c->size);
    for (size_t at = c->size - END_SIZE;; at--) {
        const uint8_t *p = c->data + at;
        if (u32_at(p) == 0x06054b50 && at + END_SIZE + u16_at(p + 20) == c->size) {
            *n = u16_at(p + 10);
            if (*n > MAX_MEMBERS || u32_at(p + 16) == 0xffffffff)
                return ga_cursor_fail(c, at, "end record", err,
                                      "a zip64 file or more than %d members", MAX_MEMBERS);
            return ga_seek(c, u32_at(p + 16), "central directory", err);
        }
        if (at == lowest)
            return ga_cursor_fail(c, at, "end record", err,
                                  "there is none: not a zip file, or cut short");
    }
}

static ga_status find_member(ga_cursor *c, const char *name, member *m, ga_err *err)
{
    uint32_t n = 0;
    const size_t wanted = strlen(name);
    ga_status status = find_directory(c, &n, err);
    for (uint32_t i = 0; status == GA_OK && i < n; i++) {
        const uint8_t *h, *found;
        const size_t at = c->at;
        if ((status = ga_read_bytes(c, 46, &h, "central directory", err)) != GA_OK)
            break;
        if (u32_at(h) != 0x02014b50)
            return ga_cursor_fail(c, at, "central directory", err, "found %08x, expected 02014b50",
                                  u32_at(h));
        const size_t length = u16_at(h + 28), more = u16_at(h + 30) + (size_t)u16_at(h + 32);
        if ((status = ga_read_bytes(c, length, &found, "member name", err)) != GA_OK)
            break;
        if (length == wanted && memcmp(found, name, wanted) == 0) {
            if (u16_at(h + 8) & 1)
                return ga_cursor_fail(c, at + 8, "flags", err, "'%s' is encrypted", name);
            *m = (member){u16_at(h + 10), u32_at(h + 16), u32_at(h + 20), u32_at(h + 24),
                          u32_at(h + 42)};
            return GA_OK;
        }
        status = ga_read_bytes(c, more, &found, "extra field", err);
    }
    return status != GA_OK ? status
                           : ga_fail(err, GA_ENOTFOUND, "'%s' has no member '%s'", c->where, name);
}

/* Raw DEFLATE of exactly m->packed bytes into exactly m->unpacked. */
static ga_status inflate_member(const ga_cursor *c, const member *m, const uint8_t *packed,
                                uint8_t *dst, ga_err *err)
{
    z_stream z = {0};
    if (inflateInit2(&z, -15) != Z_OK)
        return ga_fail(err, GA_ENOMEM, "'%s': out of memory for unpacking", c->where);
    z.next_in = (z_const Bytef *)(uintptr_t)packed;
    z.avail_in = m->packed;
    z.next_out = dst;
    z.avail_out = m->unpacked;
    const int rc = inflate(&z, Z_FINISH);
    const bool whole = rc == Z_STREAM_END && z.avail_in == 0 && z.avail_out == 0;
    inflateEnd(&z);
    if (!whole)
        return ga_cursor_fail(c, m->local_at, "member", err,
                              "broken, or not of the %u bytes that the directory says",
                              m->unpacked);
    return GA_OK;
}

ga_status ga_zip_member(const uint8_t *zip, size_t size, const char *where, const char *name,
                        size_t max_bytes, uint8_t **out, size_t *out_size, ga_err *err)
{
    *out = NULL;
    *out_size = 0;
    ga_cursor c = ga_cursor_of(zip, size, where);
    member m = {0};
    const uint8_t *h, *packed;
    ga_status status;
    if ((status = find_member(&c, name, &m, err)) != GA_OK ||
        (status = ga_seek(&c, m.local_at, "local header", err)) != GA_OK ||
        (status = ga_read_bytes(&c, 30, &h, "local header", err)) != GA_OK)
        return status;
    if (u32_at(h) != 0x04034b50)
        return ga_cursor_fail(&c, m.local_at, "local header", err, "found %08x, expected 04034b50",
                              u32_at(h));
    const size_t skip = u16_at(h + 26) + (size_t)u16_at(h + 28);
    if ((status = ga_read_bytes(&c, skip, &h, "local header", err)) != GA_OK ||
        (status = ga_read_bytes(&c, m.packed, &packed, "member", err)) != GA_OK)
        return status;
    if (m.unpacked > max_bytes || m.unpacked / 1032 > m.packed)
        return ga_cursor_fail(&c, m.local_at, "size", err,
                              "'%s' claims %u bytes from %u, expected at most %zu", name,
                              m.unpacked, m.packed, max_bytes);
    if ((m.method != 0 && m.method != 8) || (m.method == 0 && m.packed != m.unpacked))
        return ga_cursor_fail(&c, m.local_at, "method", err, "found %u, expected 0 or 8", m.method);
    uint8_t *data = ga_mem_new(m.unpacked, 1);
    if (data == NULL)
        return ga_fail(err, GA_ENOMEM, "'%s': out of memory for %u bytes", where, m.unpacked);
    if (m.method == 0)
        memcpy(data, packed, m.unpacked);
    else
        status = inflate_member(&c, &m, packed, data, err);
    if (status == GA_OK && ga_crc32(0, data, m.unpacked) != m.crc)
        status = ga_cursor_fail(&c, m.local_at, "CRC-32", err, "found %08x in '%s', expected %08x",
                                ga_crc32(0, data, m.unpacked), name, m.crc);
    if (status != GA_OK) {
        ga_mem_free(data);
        return status;
    }
    *out = data;
    *out_size = m.unpacked;
    return GA_OK;
}
