/* write_weights.c - arrays to a file of any form: what they must be like, and the order of things.
 */
#include "array/weights.h"
#include <stdlib.h>
#include <string.h>

static int compare_words(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static ga_status check_unique(const ga_array *arrays, int n, ga_err *err)
{
    if (n < 2)
        return GA_OK;
    const char **names = ga_mem_new((size_t)n, sizeof *names);
    if (names == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d names", n);
    for (int i = 0; i < n; i++)
        names[i] = arrays[i].name;
    qsort(names, (size_t)n, sizeof *names, compare_words);
    ga_status status = GA_OK;
    for (int i = 1; i < n && status == GA_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = ga_fail(err, GA_EINVAL, "array '%s' is there twice", names[i]);
    ga_mem_free(names);
    return status;
}

static ga_status check_array(const ga_array *a, ga_err *err)
{
    size_t count;
    char shown[GA_SHOW];
    if (!ga_name_is_clean(a->name, strlen(a->name)))
        return ga_fail(err, GA_EINVAL,
                       "array name '%s': expected at most %d bytes of UTF-8 without control "
                       "characters",
                       ga_show(a->name, strlen(a->name), shown), GA_NAME_MAX);
    if (a->rank < 0 || a->rank > GA_MAX_RANK || !ga_shape_count(a->rank, a->dim, &count) ||
        count != a->count)
        return ga_fail(err, GA_EINVAL, "array '%s' of %zu elements has another shape", a->name,
                       a->count);
    return GA_OK;
}

ga_status ga_weights_write(const char *path, ga_weights_form form, const ga_array *arrays, int n,
                           const char *const *metadata, ga_err *err)
{
    ga_status status = GA_OK;
    if (form == GA_FORM_NPY && n != 1)
        return ga_fail(err, GA_EINVAL, "a .npy file holds one array, found %d; use .npz", n);
    for (int i = 0; i < n && status == GA_OK; i++)
        status = check_array(&arrays[i], err);
    if (status == GA_OK)
        status = check_unique(arrays, n, err);
    ga_writer *out = NULL;
    if (status == GA_OK)
        status = ga_writer_open(path, &out, err);
    if (status != GA_OK)
        return status;
    switch (form) {
    case GA_FORM_SAFETENSORS:
        status = ga_write_safetensors(out, arrays, n, metadata, err);
        break;
    case GA_FORM_NPZ:
        status = ga_write_npz(out, arrays, n, err);
        break;
    case GA_FORM_NPY:
        status = ga_write_npy(out, &arrays[0], err);
        break;
    case GA_FORM_TORCH:
        status = ga_write_torch(out, arrays, n, err);
        break;
    }
    if (status == GA_OK)
        return ga_writer_commit(out, err);
    ga_writer_abort(out);
    return status;
}
