/* idx.c - reads IDX files. Packed and plain bytes go through one source, so that there is one
 * parser and one set of checks. */
#include "data/idx.h"
#include "base/alloc.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/hash.h"
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* DEFLATE cannot shrink more than this (RFC 1951: 258 bytes from two bits or so; zlib's own limit
 * is 1032:1). What claims more is refused before memory is asked for. */
#define MOST_EXPANSION 1032

typedef struct source {
    ga_cursor plain; /* the bytes at hand, packed or not */
    z_stream z;      /* only if packed */
    bool packed, ended;
    size_t at; /* offset in the unpacked content */
} source;

static ga_status source_fail(const source *s, const char *field, ga_err *err, const char *words)
{
    return ga_cursor_fail(&s->plain, s->at, field, err, "%s%s", words,
                          s->packed ? " (offset in the unpacked content)" : "");
}

static ga_status source_open(source *s, const uint8_t *bytes, size_t size, const char *where,
                             ga_err *err)
{
    memset(s, 0, sizeof *s);
    s->plain = ga_cursor_of(bytes, size, where);
    s->packed = size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
    if (!s->packed)
        return GA_OK;
    if (inflateInit2(&s->z, 15 + 16) != Z_OK) /* 16: a gzip header, nothing else */
        return ga_fail(err, GA_ENOMEM, "'%s': out of memory for unpacking", where);
    return GA_OK;
}

static void source_close(source *s)
{
    if (s->packed)
        inflateEnd(&s->z);
}

/* Unpacks until n bytes are there or the stream ends; *got is how many came. */
static ga_status unpack(source *s, uint8_t *dst, size_t n, size_t *got, const char *field,
                        ga_err *err)
{
    *got = 0;
    while (*got < n && !s->ended) {
        const size_t left = ga_cursor_left(&s->plain), room = n - *got;
        s->z.next_in = (z_const Bytef *)(uintptr_t)(s->plain.data + s->plain.at);
        s->z.avail_in = left > (1u << 30) ? 1u << 30 : (uInt)left;
        s->z.next_out = dst + *got;
        s->z.avail_out = room > (1u << 30) ? 1u << 30 : (uInt)room;
        const uInt in = s->z.avail_in, out = s->z.avail_out;
        const int rc = inflate(&s->z, Z_NO_FLUSH);
        s->plain.at += in - s->z.avail_in;
        *got += out - s->z.avail_out;
        s->at += out - s->z.avail_out;
        s->ended = rc == Z_STREAM_END;
        if (rc == Z_MEM_ERROR)
            return ga_fail(err, GA_ENOMEM, "'%s': out of memory for unpacking", s->plain.where);
        const bool starved = ga_cursor_left(&s->plain) == 0 && s->z.avail_out > 0;
        if (rc == Z_BUF_ERROR || (rc == Z_OK && starved))
            return ga_cursor_fail(&s->plain, s->plain.size, field, err,
                                  "the gzip stream breaks off after %zu unpacked bytes", s->at);
        if (rc != Z_OK && rc != Z_STREAM_END)
            return ga_cursor_fail(&s->plain, s->plain.at, field, err, "broken gzip stream: %s",
                                  s->z.msg != NULL ? s->z.msg : "no words from zlib");
    }
    return GA_OK;
}

static ga_status take(source *s, uint8_t *dst, size_t n, const char *field, ga_err *err)
{
    if (!s->packed) {
        const uint8_t *from;
        const ga_status status = ga_read_bytes(&s->plain, n, &from, field, err);
        if (status != GA_OK)
            return status;
        memcpy(dst, from, n);
        s->at += n;
        return GA_OK;
    }
    const size_t start = s->at;
    size_t got;
    const ga_status status = unpack(s, dst, n, &got, field, err);
    if (status != GA_OK)
        return status;
    if (got < n)
        return ga_cursor_fail(&s->plain, start, field, err,
                              "the unpacked content ends after %zu of %zu bytes", got, n);
    return GA_OK;
}

/* Nothing may follow: neither unpacked bytes nor bytes after the gzip stream. */
static ga_status expect_end(source *s, ga_err *err)
{
    if (s->packed) {
        uint8_t more;
        size_t got;
        const ga_status status = unpack(s, &more, 1, &got, "end", err);
        if (status != GA_OK)
            return status;
        if (got != 0) {
            s->at -= 1;
            return source_fail(s, "end", err, "more bytes than the dimensions ask for");
        }
    }
    if (ga_cursor_left(&s->plain) != 0)
        return ga_cursor_fail(&s->plain, s->plain.at, "end", err,
                              "%zu bytes too many, expected the end of the file",
                              ga_cursor_left(&s->plain));
    return GA_OK;
}

static size_t type_size(int type)
{
    switch (type) {
    case GA_IDX_U8:
    case GA_IDX_I8:
        return 1;
    case GA_IDX_I16:
        return 2;
    case GA_IDX_I32:
        return 4;
    default:
        return 0;
    }
}

static ga_status read_header(source *s, ga_idx *x, ga_err *err)
{
    uint8_t magic[4] = {0}, raw[4] = {0};
    ga_status status = take(s, magic, 4, "magic number", err);
    if (status != GA_OK)
        return status;
    if (magic[0] != 0 || magic[1] != 0)
        return ga_cursor_fail(&s->plain, 0, "magic number", err,
                              "found %02x %02x, expected 00 00: not an IDX file", magic[0],
                              magic[1]);
    x->type = magic[2];
    if (type_size(x->type) == 0)
        return ga_cursor_fail(&s->plain, 2, "element type", err,
                              "found 0x%02x, expected 0x08 (bytes), 0x09, 0x0b or 0x0c", x->type);
    x->rank = magic[3];
    if (x->rank < 1 || x->rank > GA_IDX_MAX_RANK)
        return ga_cursor_fail(&s->plain, 3, "number of dimensions", err,
                              "found %d, expected 1 to %d", x->rank, GA_IDX_MAX_RANK);
    x->count = 1;
    for (int i = 0; i < x->rank; i++) {
        char field[32];
        snprintf(field, sizeof field, "dimension %d", i);
        const size_t at = s->at;
        if ((status = take(s, raw, 4, field, err)) != GA_OK)
            return status;
        x->dim[i] = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 |
                    raw[3];
        if (x->dim[i] < 1 || x->dim[i] > INT32_MAX)
            return ga_cursor_fail(&s->plain, at, field, err, "found %u, expected 1 to %d",
                                  x->dim[i], INT32_MAX);
        if (!ga_mul(x->count, x->dim[i], &x->count))
            return ga_cursor_fail(&s->plain, at, field, err, "the sizes multiply to too much");
    }
    return GA_OK;
}

/* The elements' size must be believable before memory is asked for. */
static ga_status check_size(const source *s, ga_idx *x, size_t max_bytes, ga_err *err)
{
    if (!ga_mul(x->count, type_size(x->type), &x->bytes) || x->bytes > max_bytes)
        return ga_cursor_fail(&s->plain, 4, "dimensions", err,
                              "they ask for %zu elements, more than the limit of %zu bytes",
                              x->count, max_bytes);
    if (!s->packed && x->bytes != ga_cursor_left(&s->plain))
        return ga_cursor_fail(&s->plain, s->at, "elements", err,
                              "found %zu bytes, expected the %zu that the dimensions ask for",
                              ga_cursor_left(&s->plain), x->bytes);
    if (s->packed && x->bytes / MOST_EXPANSION > s->plain.size)
        return ga_cursor_fail(&s->plain, 4, "dimensions", err,
                              "they ask for %zu bytes, which %zu packed bytes cannot hold",
                              x->bytes, s->plain.size);
    return GA_OK;
}

ga_status ga_idx_parse(const uint8_t *bytes, size_t size, const char *where, size_t max_bytes,
                       ga_idx *out, ga_err *err)
{
    memset(out, 0, sizeof *out);
    source s;
    ga_idx x = {0};
    ga_status status = source_open(&s, bytes, size, where, err);
    if (status != GA_OK)
        return status;
    if ((status = read_header(&s, &x, err)) != GA_OK ||
        (status = check_size(&s, &x, max_bytes, err)) != GA_OK)
        goto done;
    x.data = ga_mem_new(x.bytes, 1);
    if (x.data == NULL) {
        status = ga_fail(err, GA_ENOMEM, "'%s': out of memory for %zu bytes", where, x.bytes);
        goto done;
    }
    if ((status = take(&s, x.data, x.bytes, "elements", err)) != GA_OK ||
        (status = expect_end(&s, err)) != GA_OK)
        goto done;
    *out = x;
    x.data = NULL;
done:
    ga_mem_free(x.data);
    source_close(&s);
    return status;
}

ga_status ga_idx_read(const char *path, size_t max_bytes, ga_idx *out, ga_err *err)
{
    memset(out, 0, sizeof *out);
    ga_file f;
    ga_status status = ga_file_open(path, &f, err);
    if (status != GA_OK)
        return status;
    status = ga_idx_parse(f.data, f.size, path, max_bytes, out, err);
    ga_file_close(&f);
    return status;
}

void ga_idx_free(ga_idx *x)
{
    if (x == NULL)
        return;
    ga_mem_free(x->data);
    memset(x, 0, sizeof *x);
}

int32_t ga_idx_at(const ga_idx *x, size_t i)
{
    const uint8_t *p = x->data + i * type_size(x->type);
    switch (x->type) {
    case GA_IDX_U8:
        return p[0];
    case GA_IDX_I8:
        return (int8_t)p[0];
    case GA_IDX_I16:
        return (int16_t)((uint16_t)p[0] << 8 | p[1]);
    default:
        return (int32_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
    }
}

void ga_idx_sha256(const ga_idx *x, char hex[65])
{
    ga_sha256 h;
    uint8_t digest[32];
    const uint8_t magic[4] = {0, 0, (uint8_t)x->type, (uint8_t)x->rank};
    ga_sha256_start(&h);
    ga_sha256_add(&h, magic, 4);
    for (int i = 0; i < x->rank; i++) {
        const uint32_t d = x->dim[i];
        const uint8_t raw[4] = {(uint8_t)(d >> 24), (uint8_t)(d >> 16), (uint8_t)(d >> 8),
                                (uint8_t)d};
        ga_sha256_add(&h, raw, 4);
    }
    ga_sha256_add(&h, x->data, x->bytes);
    ga_sha256_end(&h, digest);
    ga_hex(digest, 32, hex);
}
