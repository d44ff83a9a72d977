/* read_npy.c - .npy, versions 1 to 3. The header is a Python dict literal, read by its own grammar.
 * Source: numpy/lib/format.py. */
#include "array/weights.h"
#include <string.h>

enum { HEADER_MAX = 1 << 16 }; /* numpy itself stops at 10,000 unless told otherwise */

struct header {
    ga_dtype dtype;
    bool fortran_order;
    int rank;
    int64_t dim[GA_MAX_RANK];
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_space(ga_cursor *c)
{
    while (c->at < c->size && is_space(c->data[c->at]))
        c->at++;
}

/* Takes text if it comes next. */
static bool take(ga_cursor *c, const char *text)
{
    const size_t n = strlen(text);
    skip_space(c);
    if (ga_cursor_left(c) < n || memcmp(c->data + c->at, text, n) != 0)
        return false;
    c->at += n;
    return true;
}

static ga_status expect(ga_cursor *c, const char *text, ga_err *err)
{
    if (take(c, text))
        return GA_OK;
    return ga_cursor_fail(c, c->at, "npy header", err, "expected '%s'", text);
}

/* A string without escapes in either kind of quotes. */
static ga_status quoted(ga_cursor *c, const char **text, size_t *length, const char *field,
                        ga_err *err)
{
    skip_space(c);
    const size_t at = c->at;
    const int quote = at < c->size ? c->data[at] : 0;
    if (quote != '\'' && quote != '"')
        return ga_cursor_fail(c, at, field, err,
                              quote == '[' ? "a list of fields (a structured type) is not read here"
                                           : "expected a string in quotes");
    const uint8_t *start = c->data + at + 1;
    const uint8_t *end = memchr(start, quote, c->size - at - 1);
    if (end == NULL || memchr(start, '\\', (size_t)(end - start)) != NULL)
        return ga_cursor_fail(c, at, field, err, "a string without end");
    *text = (const char *)start;
    *length = (size_t)(end - start);
    c->at = at + *length + 2;
    return GA_OK;
}

static ga_status read_descr(ga_cursor *c, struct header *h, ga_err *err)
{
    static const struct {
        const char *code;
        ga_dtype dtype;
    } types[] = {{"f8", GA_F64}, {"f4", GA_F32}, {"f2", GA_F16}, {"i8", GA_I64}, {"i4", GA_I32},
                 {"i2", GA_I16}, {"i1", GA_I8},  {"u1", GA_U8},  {"b1", GA_BOOL}};
    const char *text;
    size_t length;
    skip_space(c);
    const size_t at = c->at;
    const ga_status status = quoted(c, &text, &length, "descr", err);
    if (status != GA_OK)
        return status;
    char shown[GA_SHOW];
    ga_show(text, length, shown);
    for (size_t i = 0; length == 3 && i < sizeof types / sizeof *types; i++) {
        if (memcmp(text + 1, types[i].code, 2) != 0 || strchr("<>|=", text[0]) == NULL)
            continue;
        if (text[0] == '>' && ga_dtype_size(types[i].dtype) > 1)
            return ga_cursor_fail(c, at, "descr", err, "'%s' is big-endian, expected little-endian",
                                  shown);
        h->dtype = types[i].dtype;
        return GA_OK;
    }
    if (length > 1 && text[1] == 'O')
        return ga_cursor_fail(c, at, "descr", err,
                              "'%s' is an array of Python objects, expected numbers", shown);
    return ga_cursor_fail(c, at, "descr", err,
                          "'%s' is not read here, expected <f8, <f4, <f2, <i8, <i4, <i2, |i1, |u1 "
                          "or |b1",
                          shown);
}

/* A whole number; Python 2 wrote an L behind it. */
static ga_status read_dim(ga_cursor *c, int64_t *out, ga_err *err)
{
    skip_space(c);
    const size_t at = c->at;
    int64_t value = 0;
    if (at < c->size && c->data[at] == '-')
        return ga_cursor_fail(c, at, "shape", err, "a dimension is negative");
    while (c->at < c->size && c->data[c->at] >= '0' && c->data[c->at] <= '9') {
        const int digit = c->data[c->at] - '0';
        if (value > (INT64_MAX - digit) / 10)
            return ga_cursor_fail(c, at, "shape", err, "a dimension is beyond 2^63");
        value = 10 * value + digit;
        c->at++;
    }
    if (c->at == at)
        return ga_cursor_fail(c, at, "shape", err, "expected a whole number");
    if (c->at < c->size && c->data[c->at] == 'L')
        c->at++;
    *out = value;
    return GA_OK;
}

static ga_status read_shape(ga_cursor *c, struct header *h, ga_err *err)
{
    ga_status status = expect(c, "(", err);
    h->rank = 0;
    while (status == GA_OK && !take(c, ")")) {
        if (h->rank == GA_MAX_RANK)
            return ga_cursor_fail(c, c->at, "shape", err, "expected at most %d dimensions",
                                  GA_MAX_RANK);
        status = read_dim(c, &h->dim[h->rank++], err);
        if (status == GA_OK && !take(c, ","))
            return expect(c, ")", err);
    }
    return status;
}

static ga_status read_order(ga_cursor *c, struct header *h, ga_err *err)
{
    h->fortran_order = take(c, "True");
    if (!h->fortran_order && !take(c, "False"))
        return ga_cursor_fail(c, c->at, "fortran_order", err, "expected True or False");
    return GA_OK;
}

static ga_status read_item(ga_cursor *c, struct header *h, unsigned *seen, ga_err *err)
{
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    const char *key;
    size_t length;
    const size_t at = c->at;
    ga_status status = quoted(c, &key, &length, "npy header", err);
    if (status == GA_OK)
        status = expect(c, ":", err);
    if (status != GA_OK)
        return status;
    unsigned i = 0;
    while (i < 3 && (strlen(keys[i]) != length || memcmp(keys[i], key, length) != 0))
        i++;
    char shown[GA_SHOW];
    if (i == 3 || (*seen & 1u << i) != 0)
        return ga_cursor_fail(c, at, "npy header", err,
                              "key '%s', expected descr, fortran_order and shape once each",
                              ga_show(key, length, shown));
    *seen |= 1u << i;
    return i == 0 ? read_descr(c, h, err) : i == 1 ? read_order(c, h, err) : read_shape(c, h, err);
}

static ga_status read_dict(ga_cursor *c, struct header *h, ga_err *err)
{
    unsigned seen = 0;
    ga_status status = expect(c, "{", err);
    while (status == GA_OK && !take(c, "}")) {
        status = read_item(c, h, &seen, err);
        if (status == GA_OK && !take(c, ",")) {
            status = expect(c, "}", err);
            break;
        }
    }
    if (status != GA_OK)
        return status;
    skip_space(c);
    if (c->at != c->size)
        return ga_cursor_fail(c, c->at, "npy header", err, "something follows its end");
    if (seen != 7)
        return ga_cursor_fail(c, c->at, "npy header", err,
                              "lacks one of descr, fortran_order and shape");
    return GA_OK;
}

/* Magic, version, header length; leaves c with its end at the end of the header. */
static ga_status read_start(ga_cursor *c, ga_err *err)
{
    const uint8_t *magic;
    uint8_t major = 0, minor = 0;
    uint16_t short_length = 0;
    uint32_t length = 0;
    ga_status status = ga_read_bytes(c, 6, &magic, "magic", err);
    if (status == GA_OK && memcmp(magic, "\x93NUMPY", 6) != 0)
        return ga_cursor_fail(c, 0, "magic", err, "is not that of a .npy file");
    if (status == GA_OK)
        status = ga_read_u8(c, &major, "version", err);
    if (status == GA_OK)
        status = ga_read_u8(c, &minor, "version", err);
    if (status == GA_OK && (major < 1 || major > 3 || minor != 0))
        return ga_cursor_fail(c, 6, "version", err, "%d.%d, expected 1.0, 2.0 or 3.0", major,
                              minor);
    if (status == GA_OK && major == 1) {
        status = ga_read_u16le(c, &short_length, "header length", err);
        length = short_length;
    } else if (status == GA_OK) {
        status = ga_read_u32le(c, &length, "header length", err);
    }
    if (status != GA_OK)
        return status;
    if (length > HEADER_MAX || length > ga_cursor_left(c))
        return ga_cursor_fail(c, 8, "header length", err,
                              "%u bytes, expected at most %d and no more than the %zu that follow",
                              length, HEADER_MAX, ga_cursor_left(c));
    c->size = c->at + length;
    return GA_OK;
}

ga_status ga_npy_add(ga_weights *w, const uint8_t *data, size_t size, const char *where,
                     const char *name, size_t name_length, ga_err *err)
{
    struct header h = {0};
    ga_cursor c = ga_cursor_of(data, size, where);
    ga_status status = read_start(&c, err);
    if (status == GA_OK)
        status = read_dict(&c, &h, err);
    if (status != GA_OK)
        return status;
    size_t count, bytes;
    char shape[GA_SHAPE_WORDS];
    ga_shape_words(h.rank, h.dim, shape);
    if (!ga_shape_count(h.rank, h.dim, &count) || !ga_mul(count, ga_dtype_size(h.dtype), &bytes))
        return ga_cursor_fail(&c, c.size, "shape", err, "the size of %s overflows", shape);
    if (bytes != size - c.size)
        return ga_cursor_fail(&c, c.size, "data", err, "%zu bytes, expected %zu for %s of %s",
                              size - c.size, bytes, shape, ga_dtype_name(h.dtype));
    if (!h.fortran_order)
        return ga_weights_add(w, name, name_length, h.dtype, h.rank, h.dim, data + c.size, err);
    int64_t stride[GA_MAX_RANK];
    uint64_t step = 1;
    for (int i = 0; i < h.rank; i++) {
        stride[i] = (int64_t)(step & INT64_MAX);
        step *= (uint64_t)h.dim[i];
    }
    return ga_weights_add_strided(w, name, name_length, h.dtype, h.rank, h.dim, stride,
                                  data + c.size, err);
}

ga_status ga_read_npy(ga_weights *w, ga_err *err)
{
    w->format = "NumPy npy";
    return ga_npy_add(w, w->data, w->size, w->where, "arr_0", 5, err);
}
