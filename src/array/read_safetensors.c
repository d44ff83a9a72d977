/* read_safetensors.c - u64 length N, N bytes of JSON, data. The header is read by a parser of its
 * own that knows just the shape it must have: no tree is built, so a header cannot ask for more
 * memory than its names need, and every refusal has an offset in the file. Source: the format
 * section of the safetensors README (0.4). */
#include "array/weights.h"
#include <stdlib.h>
#include <string.h>

static const uint64_t HEADER_MAX = 100000000; /* bytes; the limit of the reference reader */

/* A tensor as the header has it. */
struct entry {
    char *name;
    size_t name_length;
    ga_dtype dtype;
    int rank;
    int64_t dim[GA_MAX_RANK];
    uint64_t begin, end; /* in the data */
};

struct reader {
    ga_weights *w;
    ga_cursor c;
    struct entry *entries;
    size_t n, capacity, notes_capacity;
};

/* ---- JSON ------------------------------------------------------------------------------------*/

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_space(ga_cursor *c)
{
    while (c->at < c->size && is_space(c->data[c->at]))
        c->at++;
}

/* The next byte after spaces, without taking it; 0 at the end. */
static uint8_t peek(ga_cursor *c)
{
    skip_space(c);
    return c->at < c->size ? c->data[c->at] : 0;
}

static ga_status expect(ga_cursor *c, char wanted, ga_err *err)
{
    const uint8_t found = peek(c);
    if (found != (uint8_t)wanted)
        return ga_cursor_fail(c, c->at, "header", err, "expected '%c', found byte 0x%02x", wanted,
                              found);
    c->at++;
    return GA_OK;
}

/* After an item: true if a comma follows, false at the closing bracket (taken). */
static ga_status more(ga_cursor *c, char close, bool *again, ga_err *err)
{
    *again = peek(c) == ',';
    if (!*again)
        return expect(c, close, err);
    c->at++;
    return GA_OK;
}

static ga_status natural(ga_cursor *c, uint64_t *out, const char *field, ga_err *err)
{
    const uint8_t first = peek(c);
    const size_t at = c->at;
    uint64_t value = 0;
    if (first < '0' || first > '9')
        return ga_cursor_fail(c, at, field, err, "expected a whole number of 0 or more");
    while (c->at < c->size && c->data[c->at] >= '0' && c->data[c->at] <= '9') {
        const uint64_t digit = (uint64_t)(c->data[c->at] - '0');
        if (value > (INT64_MAX - digit) / 10)
            return ga_cursor_fail(c, at, field, err, "the number is beyond 2^63");
        value = 10 * value + digit;
        c->at++;
    }
    const uint8_t next = c->at < c->size ? c->data[c->at] : 0;
    if ((first == '0' && c->at - at > 1) || next == '.' || next == 'e' || next == 'E')
        return ga_cursor_fail(c, at, field, err, "expected a whole number without fraction");
    *out = value;
    return GA_OK;
}

/* Four hex digits at p; false if they are none. */
static bool hex4(const uint8_t *p, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        const uint8_t d = p[i];
        if (d >= '0' && d <= '9')
            *out = *out << 4 | (uint32_t)(d - '0');
        else if ((d | 0x20) >= 'a' && (d | 0x20) <= 'f')
            *out = *out << 4 | (uint32_t)((d | 0x20) - 'a' + 10);
        else
            return false;
    }
    return true;
}

static size_t put_utf8(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    const size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[n] | point);
    return n;
}

/* The character behind a backslash at *at; moves *at behind it. 0: not valid. Never more bytes out
 * than in. */
static size_t unescape(const uint8_t *text, size_t length, size_t *at, char *out)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const uint8_t letter = *at + 1 < length ? text[*at + 1] : 0;
    const char *found = letter != 0 ? strchr(plain, letter) : NULL;
    if (found != NULL) {
        out[0] = meant[found - plain];
        *at += 2;
        return 1;
    }
    uint32_t point, low;
    if (letter != 'u' || length - *at < 6 || !hex4(text + *at + 2, &point) || point == 0)
        return 0;
    *at += 6;
    if (point >= 0xdc00 && point <= 0xdfff)
        return 0;
    if (point >= 0xd800 && point <= 0xdbff) {
        if (length - *at < 6 || text[*at] != '\\' || text[*at + 1] != 'u' ||
            !hex4(text + *at + 2, &low) || low < 0xdc00 || low > 0xdfff)
            return 0;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        *at += 6;
    }
    return put_utf8(point, out);
}

/* A string, decoded into the budget and ended by a 0. */
static ga_status string(struct reader *r, char **out, size_t *length, const char *field,
                        ga_err *err)
{
    ga_cursor *c = &r->c;
    ga_status status = expect(c, '"', err);
    if (status != GA_OK)
        return status;
    const uint8_t *text = c->data + c->at;
    size_t n = 0;
    while (n < ga_cursor_left(c) && text[n] != '"') {
        if (text[n] < 0x20)
            return ga_cursor_fail(c, c->at + n, field, err, "control character in a string");
        n += text[n] == '\\' ? 2 : 1;
    }
    if (n >= ga_cursor_left(c))
        return ga_cursor_fail(c, c->at, field, err, "a string without end");
    void *copy = NULL;
    status = ga_budget_new(&r->w->budget, n + 1, 1, &copy, err);
    if (status != GA_OK)
        return status;
    char *to = copy;
    for (size_t at = 0; at < n;) {
        if (text[at] != '\\') {
            *to++ = (char)text[at++];
            continue;
        }
        const size_t start = at, bytes = unescape(text, n, &at, to);
        if (bytes == 0)
            return ga_cursor_fail(c, c->at + start, field, err, "a broken escape in a string");
        to += bytes;
    }
    *length = (size_t)(to - (char *)copy);
    *out = copy;
    c->at += n + 1;
    return GA_OK;
}

/* ---- the header ------------------------------------------------------------------------------*/

/* Doubles a table inside the budget. */
static ga_status grow(struct reader *r, void **table, size_t n, size_t *capacity, size_t size,
                      ga_err *err)
{
    if (n < *capacity)
        return GA_OK;
    const size_t larger = *capacity > 0 ? 2 * *capacity : 16;
    void *fresh = NULL;
    const ga_status status = ga_budget_new(&r->w->budget, larger, size, &fresh, err);
    if (status != GA_OK)
        return status;
    if (n > 0)
        memcpy(fresh, *table, n * size);
    *table = fresh;
    *capacity = larger;
    return GA_OK;
}

static ga_status read_note(struct reader *r, ga_err *err)
{
    char *key, *value;
    size_t length;
    void *notes = r->w->notes;
    ga_status status = grow(r, &notes, r->w->n_notes, &r->notes_capacity, sizeof *r->w->notes, err);
    r->w->notes = notes;
    if (status == GA_OK)
        status = string(r, &key, &length, "__metadata__", err);
    if (status == GA_OK)
        status = expect(&r->c, ':', err);
    if (status == GA_OK)
        status = string(r, &value, &length, "__metadata__", err);
    if (status == GA_OK)
        r->w->notes[r->w->n_notes++] = (struct ga_weights_note){key, value};
    return status;
}

static int compare_notes(const void *a, const void *b)
{
    const struct ga_weights_note *x = a, *y = b;
    return strcmp(x->key, y->key);
}

static ga_status read_metadata(struct reader *r, ga_err *err)
{
    const size_t at = r->c.at;
    if (r->w->notes != NULL)
        return ga_cursor_fail(&r->c, at, "__metadata__", err, "is there twice");
    ga_status status = expect(&r->c, '{', err);
    bool again = status == GA_OK && peek(&r->c) != '}';
    if (status == GA_OK && !again)
        return expect(&r->c, '}', err);
    while (status == GA_OK && again) {
        status = read_note(r, err);
        if (status == GA_OK)
            status = more(&r->c, '}', &again, err);
    }
    if (status != GA_OK)
        return status;
    qsort(r->w->notes, r->w->n_notes, sizeof *r->w->notes, compare_notes);
    for (size_t i = 1; i < r->w->n_notes; i++)
        if (strcmp(r->w->notes[i - 1].key, r->w->notes[i].key) == 0)
            return ga_cursor_fail(&r->c, at, "__metadata__", err, "a key is there twice");
    return GA_OK;
}

static ga_status read_dtype(struct reader *r, struct entry *e, ga_err *err)
{
    static const ga_dtype all[] = {GA_F64, GA_F32, GA_F16, GA_BF16, GA_I64,
                                   GA_I32, GA_I16, GA_I8,  GA_U8,   GA_BOOL};
    char *word, shown[GA_SHOW];
    size_t length;
    const size_t at = r->c.at;
    const ga_status status = string(r, &word, &length, "dtype", err);
    if (status != GA_OK)
        return status;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(word, ga_dtype_name(all[i])) == 0) {
            e->dtype = all[i];
            return GA_OK;
        }
    return ga_cursor_fail(&r->c, at, "dtype", err,
                          "'%s' is not read here, expected F64, F32, F16, BF16, I64, I32, I16, "
                          "I8, U8 or BOOL",
                          ga_show(word, length, shown));
}

/* [a, b, ...] of at most max numbers. */
static ga_status naturals(struct reader *r, uint64_t *out, int max, int *n, const char *field,
                          ga_err *err)
{
    ga_status status = expect(&r->c, '[', err);
    bool again = status == GA_OK && peek(&r->c) != ']';
    *n = 0;
    if (status == GA_OK && !again)
        return expect(&r->c, ']', err);
    while (status == GA_OK && again) {
        if (*n == max)
            return ga_cursor_fail(&r->c, r->c.at, field, err, "expected at most %d numbers", max);
        status = natural(&r->c, &out[(*n)++], field, err);
        if (status == GA_OK)
            status = more(&r->c, ']', &again, err);
    }
    return status;
}

/* One of the three fields of a tensor; seen has a bit for each. */
static ga_status read_field(struct reader *r, struct entry *e, unsigned *seen, ga_err *err)
{
    static const char *const fields[] = {"dtype", "shape", "data_offsets"};
    char *word, shown[GA_SHOW];
    size_t length;
    const size_t at = r->c.at;
    ga_status status = string(r, &word, &length, "field", err);
    if (status == GA_OK)
        status = expect(&r->c, ':', err);
    if (status != GA_OK)
        return status;
    unsigned field = 0;
    while (field < 3 && strcmp(word, fields[field]) != 0)
        field++;
    if (field == 3)
        return ga_cursor_fail(&r->c, at, "field", err,
                              "'%s', expected dtype, shape or data_offsets",
                              ga_show(word, length, shown));
    if ((*seen & 1u << field) != 0)
        return ga_cursor_fail(&r->c, at, "field", err, "'%s' is there twice", word);
    *seen |= 1u << field;
    uint64_t number[GA_MAX_RANK];
    int n = 0;
    if (field == 0)
        return read_dtype(r, e, err);
    if (field == 1) {
        status = naturals(r, number, GA_MAX_RANK, &e->rank, "shape", err);
        for (int i = 0; status == GA_OK && i < e->rank; i++)
            e->dim[i] = (int64_t)number[i];
        return status;
    }
    status = naturals(r, number, 2, &n, "data_offsets", err);
    if (status == GA_OK && n != 2)
        return ga_cursor_fail(&r->c, at, "data_offsets", err, "expected two numbers");
    if (status == GA_OK) {
        e->begin = number[0];
        e->end = number[1];
    }
    return status;
}

static ga_status read_tensor(struct reader *r, char *name, size_t name_length, ga_err *err)
{
    struct entry e = {.name = name, .name_length = name_length};
    char shown[GA_SHOW], shape[GA_SHAPE_WORDS];
    const size_t at = r->c.at;
    unsigned seen = 0;
    bool again = true;
    ga_show(name, name_length, shown);
    ga_status status = expect(&r->c, '{', err);
    while (status == GA_OK && again) {
        status = read_field(r, &e, &seen, err);
        if (status == GA_OK)
            status = more(&r->c, '}', &again, err);
    }
    if (status != GA_OK)
        return status;
    if (seen != 7)
        return ga_cursor_fail(&r->c, at, "header", err,
                              "'%s' lacks one of dtype, shape and data_offsets", shown);
    size_t count, bytes;
    if (!ga_shape_count(e.rank, e.dim, &count) || !ga_mul(count, ga_dtype_size(e.dtype), &bytes))
        return ga_cursor_fail(&r->c, at, "shape", err, "the size of '%s' %s overflows", shown,
                              ga_shape_words(e.rank, e.dim, shape));
    if (e.begin > e.end || e.end - e.begin != bytes)
        return ga_cursor_fail(&r->c, at, "data_offsets", err,
                              "'%s' has %llu to %llu, expected %zu bytes for %s of %s", shown,
                              (unsigned long long)e.begin, (unsigned long long)e.end, bytes,
                              ga_shape_words(e.rank, e.dim, shape), ga_dtype_name(e.dtype));
    void *entries = r->entries;
    status = grow(r, &entries, r->n, &r->capacity, sizeof *r->entries, err);
    r->entries = entries;
    if (status == GA_OK)
        r->entries[r->n++] = e;
    return status;
}

static ga_status read_header(struct reader *r, ga_err *err)
{
    ga_status status = expect(&r->c, '{', err);
    bool again = status == GA_OK && peek(&r->c) != '}';
    if (status == GA_OK && !again)
        status = expect(&r->c, '}', err);
    while (status == GA_OK && again) {
        char *name;
        size_t length;
        status = string(r, &name, &length, "name", err);
        if (status == GA_OK)
            status = expect(&r->c, ':', err);
        if (status == GA_OK)
            status = strcmp(name, "__metadata__") == 0 ? read_metadata(r, err)
                                                       : read_tensor(r, name, length, err);
        if (status == GA_OK)
            status = more(&r->c, '}', &again, err);
    }
    skip_space(&r->c);
    if (status == GA_OK && r->c.at != r->c.size)
        return ga_cursor_fail(&r->c, r->c.at, "header", err, "something follows its end");
    return status;
}

/* ---- the data --------------------------------------------------------------------------------*/

static int compare_places(const void *a, const void *b)
{
    const struct entry *const *x = a, *const *y = b;
    if ((*x)->begin != (*y)->begin)
        return (*x)->begin < (*y)->begin ? -1 : 1;
    return ((*x)->end > (*y)->end) - ((*x)->end < (*y)->end);
}

/* Every byte of the data belongs to exactly one tensor. */
static ga_status check_cover(struct reader *r, uint64_t data_size, ga_err *err)
{
    void *order = NULL;
    char shown[GA_SHOW];
    const ga_status status = ga_budget_new(&r->w->budget, r->n, sizeof(struct entry *), &order,
                                           err);
    if (status != GA_OK)
        return status;
    struct entry **by_place = order;
    for (size_t i = 0; i < r->n; i++)
        by_place[i] = &r->entries[i];
    if (r->n > 0)
        qsort(by_place, r->n, sizeof(struct entry *), compare_places);
    uint64_t end = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct entry *e = by_place[i];
        if (e->begin != end)
            return ga_fail(
                err, GA_EDATA, "%s: data_offsets: '%s' begins at byte %llu of the data, %s at %llu",
                r->w->where, ga_show(e->name, e->name_length, shown), (unsigned long long)e->begin,
                e->begin < end ? "inside another tensor that ends" : "after a gap that begins",
                (unsigned long long)end);
        end = e->end;
    }
    if (end != data_size)
        return ga_fail(err, GA_EDATA,
                       "%s: data_offsets: the tensors end at byte %llu of the data, the file at "
                       "%llu%s",
                       r->w->where, (unsigned long long)end, (unsigned long long)data_size,
                       end > data_size ? "; is it cut short?" : "");
    return GA_OK;
}

ga_status ga_read_safetensors(ga_weights *w, ga_err *err)
{
    struct reader r = {.w = w, .c = ga_cursor_of(w->data, w->size, w->where)};
    uint64_t n = 0;
    ga_status status = ga_read_u64le(&r.c, &n, "header length", err);
    if (status != GA_OK)
        return status;
    if (n > HEADER_MAX)
        return ga_cursor_fail(&r.c, 0, "header length", err, "%llu bytes, expected at most %llu",
                              (unsigned long long)n, (unsigned long long)HEADER_MAX);
    if (n > ga_cursor_left(&r.c))
        return ga_cursor_fail(&r.c, 0, "header length", err,
                              "%llu bytes, but %zu follow; is the file cut short?",
                              (unsigned long long)n, ga_cursor_left(&r.c));
    const uint8_t *data = w->data + 8 + n;
    r.c.size = 8 + (size_t)n; /* the header may not read on into the data */
    status = read_header(&r, err);
    if (status == GA_OK)
        status = check_cover(&r, w->size - 8 - n, err);
    for (size_t i = 0; status == GA_OK && i < r.n; i++) {
        const struct entry *e = &r.entries[i];
        status = ga_weights_add(w, e->name, e->name_length, e->dtype, e->rank, e->dim,
                                data + e->begin, err);
    }
    w->format = "safetensors";
    return status;
}
