/* weights.c - a bag of named arrays: which reader a file gets, and what readers put into it. */
#include "array/weights.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Unless told otherwise a file may need four times its size in memory, a small one 64 MiB. */
enum { LIMIT_FACTOR = 4, LIMIT_LEAST = 64 << 20 };

/* ---- words -----------------------------------------------------------------------------------*/

const char *ga_show(const void *text, size_t length, char *buf)
{
    const unsigned char *s = text;
    const size_t shown = length > 60 ? 60 : length;
    for (size_t i = 0; i < shown; i++)
        buf[i] = s[i] >= 0x20 && s[i] < 0x7f ? (char)s[i] : '?';
    snprintf(buf + shown, GA_SHOW - shown, "%s", length > shown ? "..." : "");
    return buf;
}

const char *ga_shape_words(int rank, const int64_t *dim, char *buf)
{
    size_t at = (size_t)snprintf(buf, GA_SHAPE_WORDS, "(");
    for (int i = 0; i < rank; i++)
        at += (size_t)snprintf(buf + at, GA_SHAPE_WORDS - at, "%s%lld", i > 0 ? "," : "",
                               (long long)dim[i]);
    snprintf(buf + at, GA_SHAPE_WORDS - at, ")");
    return buf;
}

/* Bytes of the UTF-8 sequence at s, 0 if it is none or a control character. */
static size_t clean_sequence(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f;
    const size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || left < n)
        return 0;
    uint32_t point = s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (s[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000}; /* 0x80..0x9f are controls */
    if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    return n;
}

bool ga_name_is_clean(const char *name, size_t length)
{
    if (length > GA_NAME_MAX)
        return false;
    for (size_t i = 0; i < length;) {
        const size_t n = clean_sequence((const unsigned char *)name + i, length - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

bool ga_shape_count(int rank, const int64_t *dim, size_t *count)
{
    size_t product = 1;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 0)
            return false;
        empty = empty || dim[i] == 0;
    }
    for (int i = 0; i < rank && !empty; i++)
        if (!ga_mul(product, (size_t)dim[i], &product))
            return false;
    *count = empty ? 0 : product;
    return true;
}

/* ---- memory ----------------------------------------------------------------------------------*/

ga_status ga_budget_new(ga_budget *b, size_t n, size_t size, void **out, ga_err *err)
{
    void *p = ga_arena_new(b->arena, n, size);
    if (p != NULL) {
        *out = p;
        return GA_OK;
    }
    size_t bytes;
    if (ga_mul(n, size, &bytes) && bytes <= b->limit - ga_arena_used(b->arena) &&
        b->limit - ga_arena_used(b->arena) - bytes >= 16) /* the arena rounds up to 16 */
        return ga_fail(err, GA_ENOMEM, "%s: no memory for %zu bytes", b->where, bytes);
    char limit[16];
    ga_format_bytes(b->limit, limit, sizeof limit);
    if (b->given)
        return ga_fail(err, GA_ENOMEM, "%s: needs more memory than the limit of %s", b->where,
                       limit);
    return ga_fail(err, GA_EDATA,
                   "%s: needs more memory than %s, the most for a file of its size unless a "
                   "limit is given",
                   b->where, limit);
}

ga_status ga_budget_string(ga_budget *b, const char *text, size_t length, char **out, ga_err *err)
{
    void *copy = NULL;
    const ga_status status = ga_budget_new(b, length + 1, 1, &copy, err);
    if (status != GA_OK)
        return status;
    if (length > 0)
        memcpy(copy, text, length);
    *out = copy;
    return GA_OK;
}

/* ---- arrays ----------------------------------------------------------------------------------*/

/* The table doubles inside the arena, so that many tiny arrays count against the budget too. */
static ga_status grow(ga_weights *w, ga_err *err)
{
    const size_t capacity = w->capacity > 0 ? 2 * w->capacity : 16;
    void *table = NULL;
    const ga_status status = ga_budget_new(&w->budget, capacity, sizeof *w->arrays, &table, err);
    if (status != GA_OK)
        return status;
    if (w->n > 0)
        memcpy(table, w->arrays, w->n * sizeof *w->arrays);
    w->arrays = table;
    w->capacity = capacity;
    return GA_OK;
}

/* Copies elements to dst in C order. Runs along the last dimension: a memcpy where its stride is
 * 1; an odometer counts through the others. */
static void gather(unsigned char *dst, const unsigned char *src, size_t size, int rank,
                   const int64_t *dim, const int64_t *stride)
{
    const size_t run = rank > 0 ? (size_t)dim[rank - 1] : 1;
    const size_t step = rank > 0 ? (size_t)stride[rank - 1] * size : size;
    int64_t at[GA_MAX_RANK] = {0};
    size_t offset = 0;
    for (;;) {
        if (step == size)
            memcpy(dst, src + offset, run * size);
        else
            for (size_t i = 0; i < run; i++)
                memcpy(dst + i * size, src + offset + i * step, size);
        dst += run * size;
        int d = rank - 2;
        for (; d >= 0; d--) {
            offset += (size_t)stride[d] * size;
            if (++at[d] < dim[d])
                break;
            offset -= (size_t)dim[d] * (size_t)stride[d] * size;
            at[d] = 0;
        }
        if (d < 0)
            return;
    }
}

static bool is_dense(int rank, const int64_t *dim, const int64_t *stride)
{
    int64_t want = 1;
    for (int i = rank - 1; i >= 0; i--) {
        if (dim[i] != 1 && stride[i] != want)
            return false;
        want *= dim[i];
    }
    return true;
}

ga_status ga_weights_add_strided(ga_weights *w, const char *name, size_t name_length,
                                 ga_dtype dtype, int rank, const int64_t *dim,
                                 const int64_t *stride, const void *data, ga_err *err)
{
    char shown[GA_SHOW];
    if (!ga_name_is_clean(name, name_length))
        return ga_fail(err, GA_EDATA,
                       "%s: name '%s' of %zu bytes: expected at most %d bytes of UTF-8 without "
                       "control characters",
                       w->where, ga_show(name, name_length, shown), name_length, GA_NAME_MAX);
    size_t count, bytes;
    const size_t size = ga_dtype_size(dtype);
    if (!ga_shape_count(rank, dim, &count) || !ga_mul(count, size, &bytes))
        return ga_fail(err, GA_EDATA, "%s: '%s': the number of its elements overflows", w->where,
                       ga_show(name, name_length, shown));

    ga_status status = GA_OK;
    if (w->n == w->capacity)
        status = grow(w, err);
    char *copied_name = NULL;
    if (status == GA_OK)
        status = ga_budget_string(&w->budget, name, name_length, &copied_name, err);
    void *copy = NULL;
    if (status == GA_OK &&
        (count == 0 || !is_dense(rank, dim, stride) || (uintptr_t)data % size != 0)) {
        status = ga_budget_new(&w->budget, bytes, 1, &copy, err);
        if (status == GA_OK && count > 0)
            gather(copy, data, size, rank, dim, stride);
    }
    if (status != GA_OK)
        return status;
    ga_array *a = &w->arrays[w->n++];
    *a = (ga_array){.name = copied_name, .dtype = dtype, .rank = rank, .count = count};
    a->data = copy != NULL ? copy : data;
    for (int i = 0; i < rank; i++)
        a->dim[i] = dim[i];
    return GA_OK;
}

ga_status ga_weights_add(ga_weights *w, const char *name, size_t name_length, ga_dtype dtype,
                         int rank, const int64_t *dim, const void *data, ga_err *err)
{
    int64_t stride[GA_MAX_RANK] = {0};
    uint64_t step = 1; /* wraps without harm where the shape overflows: that is refused below */
    for (int i = rank - 1; i >= 0; i--) {
        stride[i] = (int64_t)(step & INT64_MAX);
        step *= (uint64_t)dim[i];
    }
    return ga_weights_add_strided(w, name, name_length, dtype, rank, dim, stride, data, err);
}

static int compare_names(const void *a, const void *b)
{
    const ga_array *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* The index of names; refuses a name that is there twice. */
static ga_status seal(ga_weights *w, ga_err *err)
{
    void *index = NULL;
    if (w->n > INT32_MAX)
        return ga_fail(err, GA_EDATA, "%s: has %zu arrays, more than can be counted", w->where,
                       w->n);
    const ga_status status = ga_budget_new(&w->budget, w->n, sizeof(ga_array *), &index, err);
    if (status != GA_OK)
        return status;
    w->by_name = index;
    for (size_t i = 0; i < w->n; i++)
        w->by_name[i] = &w->arrays[i];
    if (w->n > 0)
        qsort(w->by_name, w->n, sizeof(ga_array *), compare_names);
    char shown[GA_SHOW];
    for (size_t i = 1; i < w->n; i++)
        if (strcmp(w->by_name[i - 1]->name, w->by_name[i]->name) == 0)
            return ga_fail(err, GA_EDATA, "%s: array '%s' is there twice", w->where,
                           ga_show(w->by_name[i]->name, strlen(w->by_name[i]->name), shown));
    return GA_OK;
}

int ga_weights_count(const ga_weights *w)
{
    return (int)w->n;
}

const ga_array *ga_weights_at(const ga_weights *w, int i)
{
    return i >= 0 && (size_t)i < w->n ? &w->arrays[i] : NULL;
}

const ga_array *ga_weights_find(const ga_weights *w, const char *name)
{
    size_t lo = 0, hi = w->n;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        const int order = strcmp(name, w->by_name[mid]->name);
        if (order == 0)
            return w->by_name[mid];
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

const char *ga_weights_format(const ga_weights *w)
{
    return w->format;
}

const char *ga_weights_metadata(const ga_weights *w, const char *key)
{
    for (size_t i = 0; i < w->n_notes; i++)
        if (strcmp(w->notes[i].key, key) == 0)
            return w->notes[i].value;
    return NULL;
}

/* ---- which format ----------------------------------------------------------------------------*/

static bool begins(const ga_weights *w, const char *bytes, size_t n)
{
    return w->size >= n && memcmp(w->data, bytes, n) == 0;
}

static bool has_early(const ga_weights *w, const char *bytes, size_t n, size_t within)
{
    return memmem(w->data, w->size < within ? w->size : within, bytes, n) != NULL;
}

/* A pickle that is not a file of torch.save. */
static ga_status refuse_pickle(const ga_weights *w, ga_err *err)
{
    static const char *const stylegan[] = {"torch_utils.persistence", "dnnlib", "torch_utils"};
    for (size_t i = 0; i < sizeof stylegan / sizeof *stylegan; i++)
        if (has_early(w, stylegan[i], strlen(stylegan[i]), (size_t)1 << 20))
            return ga_fail(err, GA_EDATA,
                           "%s: a StyleGAN pickle, which holds program code next to its weights; "
                           "save its state_dict() with torch.save and read that",
                           w->where);
    return ga_fail(err, GA_EDATA,
                   "%s: a bare pickle, not a file of torch.save; save a state_dict() with "
                   "torch.save and read that",
                   w->where);
}

static ga_status refuse_unknown(const ga_weights *w, ga_err *err)
{
    static const struct {
        const char *bytes, *words;
        size_t n;
    } known[] = {
        {"version https://git-lfs", "a pointer of Git LFS, not the file itself", 23},
        {"\x1f\x8b", "packed with gzip; unpack it first", 2},
        {"\x89HDF", "an HDF5 file (Keras), which is not read here", 4},
        {"<", "text that begins with '<' (a web page?), not a weight file", 1},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (begins(w, known[i].bytes, known[i].n))
            return ga_fail(err, GA_EDATA, "%s: %s", w->where, known[i].words);
    if (w->size >= 262 && memcmp(w->data + 257, "ustar", 5) == 0)
        return ga_fail(err, GA_EDATA,
                       "%s: a tar archive, the form of PyTorch before 0.2, which is not read here; "
                       "load and save it again with a newer PyTorch",
                       w->where);
    char hex[9] = "";
    for (size_t i = 0; i < 4 && i < w->size; i++)
        snprintf(hex + 2 * i, sizeof hex - 2 * i, "%02x", w->data[i]);
    if (w->size == 0)
        return ga_fail(err, GA_EDATA, "%s: the file is empty", w->where);
    return ga_fail(err, GA_EDATA,
                   "%s: begins with the bytes %s, expected a PyTorch, safetensors, .npz or .npy "
                   "file",
                   w->where, hex);
}

/* Length of a header that fits, then JSON. The length's first byte may be any, also that of a
 * pickle. */
static bool is_safetensors(const ga_weights *w)
{
    uint64_t length = 0;
    if (w->size <= 8 || w->data[8] != '{')
        return false;
    memcpy(&length, w->data, sizeof length);
    return length <= w->size - 8;
}

static ga_status read_any(ga_weights *w, ga_err *err)
{
    static const char magic[] = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    if (begins(w, "PK\3\4", 4) || begins(w, "PK\5\6", 4))
        return ga_read_zip(w, err);
    if (is_safetensors(w))
        return ga_read_safetensors(w, err);
    if (begins(w, "\x80", 1))
        return has_early(w, magic, sizeof magic - 1, 32) ? ga_read_torch_stream(w, err)
                                                         : refuse_pickle(w, err);
    if (begins(w, "\x93NUMPY", 6))
        return ga_read_npy(w, err);
    if (w->size > 8 && w->data[8] == '{')
        return ga_read_safetensors(w, err);
    return refuse_unknown(w, err);
}

/* ---- life ------------------------------------------------------------------------------------*/

static ga_status parse(ga_weights_reader reader, const void *data, size_t size, const char *where,
                       size_t memory_limit, ga_weights **out, ga_err *err)
{
    *out = NULL;
    ga_weights *w = ga_mem_new(1, sizeof *w);
    size_t limit = memory_limit;
    if (limit == 0 && (!ga_mul(size, LIMIT_FACTOR, &limit) || limit < LIMIT_LEAST))
        limit = LIMIT_LEAST;
    if (w != NULL)
        w->budget.arena = ga_arena_create(limit);
    if (w == NULL || w->budget.arena == NULL) {
        ga_weights_free(w);
        return ga_fail(err, GA_ENOMEM, "%s: no memory", where);
    }
    w->budget.limit = limit;
    w->budget.given = memory_limit != 0;
    w->data = data;
    w->size = size;
    w->where = w->budget.where = where;
    char *kept = NULL;
    ga_status status = ga_budget_string(&w->budget, where, strlen(where), &kept, err);
    if (status == GA_OK) {
        w->where = w->budget.where = kept;
        status = reader(w, err);
    }
    if (status == GA_OK)
        status = seal(w, err);
    if (status != GA_OK) {
        ga_weights_free(w);
        return status;
    }
    *out = w;
    return GA_OK;
}

ga_status ga_weights_parse(const void *data, size_t size, const char *where, size_t memory_limit,
                           ga_weights **out, ga_err *err)
{
    return parse(read_any, data, size, where, memory_limit, out, err);
}

ga_status ga_weights_parse_as(ga_weights_reader reader, const void *data, size_t size,
                              const char *where, size_t memory_limit, ga_weights **out, ga_err *err)
{
    return parse(reader, data, size, where, memory_limit, out, err);
}

ga_status ga_weights_read(const char *path, size_t memory_limit, ga_weights **out, ga_err *err)
{
    ga_file file;
    *out = NULL;
    ga_status status = ga_file_open(path, &file, err);
    if (status != GA_OK)
        return status;
    status = parse(read_any, file.data, file.size, path, memory_limit, out, err);
    if (status != GA_OK)
        ga_file_close(&file);
    else
        (*out)->file = file;
    return status;
}

void ga_weights_free(ga_weights *w)
{
    if (w == NULL)
        return;
    if (w->file.data != NULL)
        ga_file_close(&w->file);
    ga_arena_free(w->budget.arena);
    ga_mem_free(w);
}
