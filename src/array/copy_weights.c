/* copy_weights.c - a bag of arrays from arrays in memory. */
#include "array/weights.h"
#include <string.h>

/* The "file" is the caller's arrays. */
static ga_status read_arrays(ga_weights *w, ga_err *err)
{
    const ga_array *arrays = (const ga_array *)(const void *)w->data;
    ga_status s = GA_OK;
    for (size_t i = 0; i < w->size / sizeof *arrays && s == GA_OK; i++) {
        const ga_array *a = &arrays[i];
        const size_t bytes = a->count * ga_dtype_size(a->dtype);
        void *copy = NULL;
        s = ga_budget_new(&w->budget, bytes, 1, &copy, err);
        if (s != GA_OK)
            break;
        if (bytes > 0)
            memcpy(copy, a->data, bytes);
        s = ga_weights_add(w, a->name, strlen(a->name), a->dtype, a->rank, a->dim, copy, err);
    }
    return s;
}

ga_status ga_weights_copy(const ga_array *arrays, int n, const char *where, const char *format,
                          ga_weights **out, ga_err *err)
{
    /* elements, names, tables that doubled, and what the arena rounds up */
    size_t limit = (size_t)1 << 16;
    for (int i = 0; i < n; i++)
        limit += arrays[i].count * ga_dtype_size(arrays[i].dtype) + strlen(arrays[i].name) +
                 8 * sizeof *arrays;
    const ga_status s = ga_weights_parse_as(read_arrays, arrays, (size_t)n * sizeof *arrays, where,
                                            limit, out, err);
    if (s == GA_OK) {
        (*out)->data = NULL; /* the caller's arrays may go */
        (*out)->size = 0;
        (*out)->format = format;
    }
    return s;
}
