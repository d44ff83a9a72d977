/* read_zip.c - zip archives: which kind they are, and PyTorch's own. */
#include "array/read_torch.h"
#include <stdio.h>
#include <string.h>

static bool ends(const ga_zip_entry *e, const char *suffix)
{
    const size_t n = strlen(suffix);
    return e->name_length >= n && memcmp(e->name + e->name_length - n, suffix, n) == 0;
}

ga_status ga_where_in(ga_weights *w, const char *name, size_t length, char **out, ga_err *err)
{
    char shown[GA_SHOW];
    ga_show(name, length, shown);
    const size_t bytes = strlen(w->where) + strlen(shown) + 3;
    void *text = NULL;
    const ga_status status = ga_budget_new(&w->budget, bytes, 1, &text, err);
    if (status != GA_OK)
        return status;
    snprintf(text, bytes, "%s: %s", w->where, shown);
    *out = text;
    return GA_OK;
}

/* The entry TOP/folder/name, where TOP is the folder of the pickle and folder (middle bytes) ends
 * in '/' or is empty; NULL if there is none. */
static ga_status find_in_top(ga_weights *w, const ga_zip *zip, const ga_zip_entry *pickle,
                             const char *folder, size_t middle, const char *name,
                             size_t name_length, ga_zip_entry **out, ga_err *err)
{
    const size_t top = pickle->name_length - strlen("data.pkl");
    char stack_path[256], *path = stack_path;
    *out = NULL;
    if (name_length > UINT16_MAX)
        return GA_OK; /* longer than any name in a zip archive */
    const size_t length = top + middle + name_length;
    if (length > sizeof stack_path) {
        void *longer = NULL;
        const ga_status status = ga_budget_new(&w->budget, length, 1, &longer, err);
        if (status != GA_OK)
            return status;
        path = longer;
    }
    memcpy(path, pickle->name, top);
    if (middle > 0)
        memcpy(path + top, folder, middle);
    if (name_length > 0)
        memcpy(path + top + middle, name, name_length);
    *out = ga_zip_find(zip, path, length);
    return GA_OK;
}

static ga_status check_byteorder(ga_weights *w, ga_zip *zip, const ga_zip_entry *pickle,
                                 ga_err *err)
{
    ga_zip_entry *e = NULL;
    const uint8_t *text = NULL;
    ga_status status = find_in_top(w, zip, pickle, "", 0, "byteorder", 9, &e, err);
    if (status != GA_OK || e == NULL) /* older files have none: they are little-endian */
        return status;
    status = ga_zip_get(zip, e, &text, err);
    if (status != GA_OK)
        return status;
    char shown[GA_SHOW];
    if (e->size != 6 || memcmp(text, "little", 6) != 0)
        return ga_fail(err, GA_EDATA, "%s: byteorder is '%s', expected 'little'", w->where,
                       ga_show(text, e->size, shown));
    return GA_OK;
}

static ga_status refuse_torchscript(ga_weights *w, const ga_zip *zip, const ga_zip_entry *pickle,
                                    ga_err *err)
{
    const size_t top = pickle->name_length - strlen("data.pkl");
    for (size_t i = 0; i < zip->n; i++) {
        const ga_zip_entry *e = &zip->entries[i];
        const char *rest = e->name + top;
        if (e->name_length <= top || memcmp(e->name, pickle->name, top) != 0)
            continue;
        const size_t left = e->name_length - top;
        if ((left == 13 && memcmp(rest, "constants.pkl", 13) == 0) ||
            (left >= 5 && memcmp(rest, "code/", 5) == 0))
            return ga_fail(err, GA_EDATA,
                           "%s: a TorchScript archive, which holds a program; save its "
                           "state_dict() with torch.save and read that",
                           w->where);
    }
    return GA_OK;
}

/* Gives a storage its bytes: the entry TOP/data/KEY, of exactly its size. */
static ga_status resolve(ga_weights *w, ga_zip *zip, const ga_zip_entry *pickle,
                         ga_pickle_storage *s, ga_err *err)
{
    char shown[GA_SHOW];
    ga_zip_entry *e = NULL;
    const uint8_t *bytes = NULL;
    ga_show(s->key, s->key_length, shown);
    ga_status status = find_in_top(w, zip, pickle, "data/", 5, s->key, s->key_length, &e, err);
    if (status != GA_OK)
        return status;
    if (e == NULL)
        return ga_fail(err, GA_EDATA, "%s: storage '%s' is missing: no entry 'data/%s'", w->where,
                       shown, shown);
    size_t wanted;
    if (!ga_mul(s->numel, ga_dtype_size(s->dtype), &wanted) || wanted != e->size)
        return ga_fail(err, GA_EDATA,
                       "%s: entry 'data/%s' has %zu bytes, expected %zu elements of %s", w->where,
                       shown, e->size, s->numel, ga_dtype_name(s->dtype));
    status = ga_zip_get(zip, e, &bytes, err);
    s->data = bytes;
    return status;
}

ga_status ga_read_torch_zip(ga_weights *w, ga_zip *zip, const ga_zip_entry *pickle, ga_err *err)
{
    const uint8_t *bytes = NULL;
    char *where = NULL;
    ga_zip_entry *entry = &zip->entries[pickle - zip->entries];
    ga_status status = refuse_torchscript(w, zip, pickle, err);
    if (status == GA_OK)
        status = check_byteorder(w, zip, pickle, err);
    if (status == GA_OK)
        status = ga_zip_get(zip, entry, &bytes, err);
    if (status == GA_OK)
        status = ga_where_in(w, "data.pkl", 8, &where, err);
    if (status != GA_OK)
        return status;

    ga_pickle p;
    ga_pv *root = NULL;
    ga_cursor c = ga_cursor_of(bytes, entry->size, where);
    status = ga_pickle_open(&p, where, w->budget.limit, err);
    if (status == GA_OK)
        status = ga_pickle_run(&p, &c, &root, err);
    for (size_t i = 0; status == GA_OK && i < p.n_storages; i++)
        status = resolve(w, zip, pickle, p.storages[i], err);
    if (status == GA_OK)
        status = ga_torch_collect(w, root, where, err);
    ga_pickle_close(&p);
    w->format = "PyTorch zip";
    return status;
}

ga_status ga_read_npz(ga_weights *w, ga_zip *zip, ga_err *err)
{
    ga_status status = GA_OK;
    for (size_t i = 0; status == GA_OK && i < zip->n; i++) {
        ga_zip_entry *e = &zip->entries[i];
        const uint8_t *bytes = NULL;
        char *where = NULL;
        char shown[GA_SHOW];
        if (!ends(e, ".npy"))
            return ga_fail(err, GA_EDATA,
                           "%s: a zip archive with '%s' in it, expected .npy entries only",
                           w->where, ga_show(e->name, e->name_length, shown));
        status = ga_zip_get(zip, e, &bytes, err);
        if (status == GA_OK)
            status = ga_where_in(w, e->name, e->name_length, &where, err);
        if (status == GA_OK)
            status = ga_npy_add(w, bytes, e->size, where, e->name, e->name_length - 4, err);
    }
    w->format = "NumPy npz";
    return status;
}

ga_status ga_read_zip(ga_weights *w, ga_err *err)
{
    ga_zip zip;
    ga_status status = ga_zip_open(w->data, w->size, w->where, &w->budget, &zip, err);
    if (status != GA_OK)
        return status;
    const ga_zip_entry *pickle = NULL;
    bool npy = false;
    for (size_t i = 0; i < zip.n; i++) {
        const ga_zip_entry *e = &zip.entries[i];
        npy = npy || ends(e, ".npy");
        const size_t top = ends(e, "data.pkl") ? e->name_length - 8 : 0;
        if (top < 2 || memchr(e->name, '/', top) != e->name + top - 1)
            continue; /* data.pkl stands in a folder of the outermost level */
        if (pickle != NULL)
            return ga_fail(err, GA_EDATA, "%s: a zip archive with more than one data.pkl",
                           w->where);
        pickle = e;
    }
    if (pickle != NULL)
        return ga_read_torch_zip(w, &zip, pickle, err);
    if (npy)
        return ga_read_npz(w, &zip, err);
    return ga_fail(err, GA_EDATA,
                   "%s: a zip archive of %zu entries, but neither PyTorch's data.pkl nor .npy "
                   "files are among them",
                   w->where, zip.n);
}
