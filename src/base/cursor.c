#include "base/cursor.h"
#include <stdarg.h>
#include <stdio.h>

ga_cursor ga_cursor_of(const void *data, size_t size, const char *where)
{
    return (ga_cursor){.data = data, .size = size, .at = 0, .where = where};
}

ga_status ga_cursor_fail(const ga_cursor *c, size_t at, const char *field, ga_err *err,
                         const char *format, ...)
{
    char words[512];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return ga_fail(err, GA_EDATA, "%s: offset %zu: %s: %s", c->where, at, field, words);
}

size_t ga_cursor_left(const ga_cursor *c)
{
    return c->size - c->at;
}

ga_status ga_read_bytes(ga_cursor *c, size_t n, const uint8_t **out, const char *field, ga_err *err)
{
    *out = NULL;
    if (n > ga_cursor_left(c))
        return ga_cursor_fail(c, c->at, field, err,
                              "cut short: %zu bytes are left, but it takes %zu", ga_cursor_left(c),
                              n);
    *out = c->data + c->at;
    c->at += n;
    return GA_OK;
}

/* The next n bytes as a number; n at most 8. */
static ga_status read_number(ga_cursor *c, size_t n, bool big_endian, uint64_t *out,
                             const char *field, ga_err *err)
{
    const uint8_t *bytes;
    const ga_status status = ga_read_bytes(c, n, &bytes, field, err);
    if (bytes == NULL)
        return status;
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | bytes[big_endian ? i : n - 1 - i];
    *out = value;
    return GA_OK;
}

ga_status ga_read_u8(ga_cursor *c, uint8_t *out, const char *field, ga_err *err)
{
    uint64_t value = 0;
    const ga_status status = read_number(c, 1, false, &value, field, err);
    if (status == GA_OK)
        *out = (uint8_t)value;
    return status;
}

ga_status ga_read_u16le(ga_cursor *c, uint16_t *out, const char *field, ga_err *err)
{
    uint64_t value = 0;
    const ga_status status = read_number(c, 2, false, &value, field, err);
    if (status == GA_OK)
        *out = (uint16_t)value;
    return status;
}

ga_status ga_read_u32le(ga_cursor *c, uint32_t *out, const char *field, ga_err *err)
{
    uint64_t value = 0;
    const ga_status status = read_number(c, 4, false, &value, field, err);
    if (status == GA_OK)
        *out = (uint32_t)value;
    return status;
}

ga_status ga_read_u64le(ga_cursor *c, uint64_t *out, const char *field, ga_err *err)
{
    uint64_t value = 0;
    const ga_status status = read_number(c, 8, false, &value, field, err);
    if (status == GA_OK)
        *out = value;
    return status;
}

ga_status ga_read_u32be(ga_cursor *c, uint32_t *out, const char *field, ga_err *err)
{
    uint64_t value = 0;
    const ga_status status = read_number(c, 4, true, &value, field, err);
    if (status == GA_OK)
        *out = (uint32_t)value;
    return status;
}

ga_status ga_seek(ga_cursor *c, size_t at, const char *field, ga_err *err)
{
    if (at > c->size)
        return ga_cursor_fail(c, c->at, field, err, "points to offset %zu, but the end is at %zu",
                              at, c->size);
    c->at = at;
    return GA_OK;
}
