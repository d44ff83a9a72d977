/* read_torch_stream.c - PyTorch's form before 1.6: five pickles, then the storages. */
#include "array/read_torch.h"
#include <stdlib.h>
#include <string.h>

static const char magic[] = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"; /* 0x1950a86a20f9469cfc6c */
enum { MAGIC_SIZE = 10, PROTOCOL = 1001 };

static bool is_text(const ga_pv *v, const char *text)
{
    return v->kind == GA_PV_STRING && v->string.n == strlen(text) &&
           memcmp(v->string.s, text, v->string.n) == 0;
}

/* Pickles one to three: magic number, protocol, the machine that wrote it. */
static ga_status read_head(ga_pickle *p, ga_cursor *c, ga_err *err)
{
    ga_pv *v = NULL;
    ga_status status = ga_pickle_run(p, c, &v, err);
    if (status != GA_OK)
        return status;
    if (v->kind != GA_PV_LONG || v->string.n != MAGIC_SIZE ||
        memcmp(v->string.s, magic, MAGIC_SIZE) != 0)
        return ga_cursor_fail(c, 0, "magic number", err, "is not that of torch.save");
    const size_t protocol_at = c->at;
    status = ga_pickle_run(p, c, &v, err);
    if (status != GA_OK)
        return status;
    if (v->kind != GA_PV_INT || v->i != PROTOCOL)
        return ga_cursor_fail(c, protocol_at, "protocol", err, "expected %d", PROTOCOL);
    const size_t system_at = c->at;
    status = ga_pickle_run(p, c, &v, err);
    if (status != GA_OK)
        return status;
    if (v->kind != GA_PV_DICT)
        return ga_cursor_fail(c, system_at, "system", err, "is %s, expected a dict",
                              ga_pv_words(v));
    for (size_t i = 0; i < v->seq.n; i += 2)
        if (is_text(v->seq.at[i], "little_endian") &&
            (v->seq.at[i + 1]->kind != GA_PV_BOOL || v->seq.at[i + 1]->i == 0))
            return ga_cursor_fail(c, system_at, "system", err,
                                  "the file is big-endian, expected little-endian");
    return GA_OK;
}

static int order_of_keys(const ga_pickle_storage *s, const char *key, size_t length)
{
    const size_t n = s->key_length < length ? s->key_length : length;
    const int order = n > 0 ? memcmp(s->key, key, n) : 0;
    return order != 0 ? order : (s->key_length > length) - (s->key_length < length);
}

static int compare_keys(const void *a, const void *b)
{
    const ga_pickle_storage *const *x = a, *const *y = b;
    return order_of_keys(*x, (*y)->key, (*y)->key_length);
}

/* The first of the storages (ordered by key) that has this key, or their number. */
static size_t first_of(const ga_pickle *p, const char *key, size_t length)
{
    size_t lo = 0, hi = p->n_storages;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (order_of_keys(p->storages[mid], key, length) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < p->n_storages && order_of_keys(p->storages[lo], key, length) == 0 ? lo
                                                                                  : p->n_storages;
}

/* One storage: the number of its elements, then they. All ids with its key look at it. */
static ga_status read_storage(ga_pickle *p, ga_cursor *c, const ga_pv *key, ga_err *err)
{
    char shown[GA_SHOW];
    const size_t at = c->at;
    if (key->kind != GA_PV_STRING)
        return ga_cursor_fail(c, at, "storage key", err, "is %s, expected a string",
                              ga_pv_words(key));
    ga_show(key->string.s, key->string.n, shown);
    size_t i = first_of(p, key->string.s, key->string.n);
    if (i == p->n_storages)
        return ga_cursor_fail(c, at, "storage", err, "'%s' belongs to no tensor", shown);
    if (p->storages[i]->data != NULL)
        return ga_cursor_fail(c, at, "storage", err, "'%s' is there twice", shown);
    const size_t size = ga_dtype_size(p->storages[i]->dtype);
    uint64_t n = 0;
    size_t bytes = 0;
    const uint8_t *data = NULL;
    ga_status status = ga_read_u64le(c, &n, "storage size", err);
    if (status == GA_OK && (n > SIZE_MAX || !ga_mul((size_t)n, size, &bytes)))
        return ga_cursor_fail(c, at, "storage size", err, "%llu elements of '%s' overflow",
                              (unsigned long long)n, shown);
    if (status == GA_OK)
        status = ga_read_bytes(c, bytes, &data, "storage", err);
    for (; status == GA_OK && i < p->n_storages; i++) {
        ga_pickle_storage *s = p->storages[i];
        if (order_of_keys(s, key->string.s, key->string.n) != 0)
            break;
        if (s->numel != n || ga_dtype_size(s->dtype) != size)
            return ga_cursor_fail(c, at, "storage size", err,
                                  "'%s' has %llu elements of %zu bytes, expected %zu of %s", shown,
                                  (unsigned long long)n, size, s->numel, ga_dtype_name(s->dtype));
        s->data = data;
    }
    return status;
}

static ga_status read_storages(ga_pickle *p, ga_cursor *c, const ga_pv *keys, ga_err *err)
{
    ga_status status = GA_OK;
    if (keys->kind != GA_PV_LIST)
        return ga_cursor_fail(c, c->at, "storage keys", err, "are %s, expected a list",
                              ga_pv_words(keys));
    if (p->n_storages > 0)
        qsort(p->storages, p->n_storages, sizeof(ga_pickle_storage *), compare_keys);
    for (size_t i = 0; status == GA_OK && i < keys->seq.n; i++)
        status = read_storage(p, c, keys->seq.at[i], err);
    char shown[GA_SHOW];
    for (size_t i = 0; status == GA_OK && i < p->n_storages; i++)
        if (p->storages[i]->data == NULL)
            status = ga_cursor_fail(
                c, c->at, "storage keys", err, "do not list storage '%s'",
                ga_show(p->storages[i]->key, p->storages[i]->key_length, shown));
    return status;
}

ga_status ga_read_torch_stream(ga_weights *w, ga_err *err)
{
    ga_pickle p;
    ga_pv *root = NULL, *keys = NULL;
    ga_cursor c = ga_cursor_of(w->data, w->size, w->where);
    ga_status status = ga_pickle_open(&p, w->where, w->budget.limit, err);
    if (status == GA_OK)
        status = read_head(&p, &c, err);
    if (status == GA_OK)
        status = ga_pickle_run(&p, &c, &root, err);
    if (status == GA_OK)
        status = ga_pickle_run(&p, &c, &keys, err);
    if (status == GA_OK)
        status = read_storages(&p, &c, keys, err);
    if (status == GA_OK)
        status = ga_torch_collect(w, root, w->where, err);
    ga_pickle_close(&p);
    w->format = "PyTorch stream";
    return status;
}
