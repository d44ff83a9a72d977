/* write_safetensors.c - the header lists arrays in the caller's order; the data lie by falling
 * element size, so that with the data starting at a multiple of 8 every array is aligned for its
 * type. */
#include "base/text.h"
#include "array/weights.h"
#include <string.h>

static size_t bytes_of(const ga_array *a)
{
    return a->count * ga_dtype_size(a->dtype);
}

/* Where each array begins in the data. */
static uint64_t place(const ga_array *arrays, int n, uint64_t *begin)
{
    uint64_t at = 0;
    for (size_t size = 8; size > 0; size /= 2)
        for (int i = 0; i < n; i++)
            if (ga_dtype_size(arrays[i].dtype) == size) {
                begin[i] = at;
                at += bytes_of(&arrays[i]);
            }
    return at;
}

static void add_header(ga_text *t, const ga_array *arrays, int n, const uint64_t *begin,
                       const char *const *metadata)
{
    ga_text_add(t, "{");
    const char *comma = "";
    if (metadata != NULL && metadata[0] != NULL) {
        ga_text_add(t, "\"__metadata__\":{");
        for (size_t i = 0; metadata[i] != NULL; i += 2) {
            ga_text_add(t, i > 0 ? "," : "");
            ga_text_add_json(t, metadata[i]);
            ga_text_add(t, ":");
            ga_text_add_json(t, metadata[i + 1]);
        }
        ga_text_add(t, "}");
        comma = ",";
    }
    for (int i = 0; i < n; i++) {
        const ga_array *a = &arrays[i];
        const uint64_t end = begin[i] + bytes_of(a);
        ga_text_add(t, comma);
        ga_text_add_json(t, a->name);
        ga_text_addf(t, ":{\"dtype\":\"%s\",\"shape\":[", ga_dtype_name(a->dtype));
        for (int d = 0; d < a->rank; d++)
            ga_text_addf(t, "%s%lld", d > 0 ? "," : "", (long long)a->dim[d]);
        ga_text_addf(t, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)begin[i],
                     (unsigned long long)end);
        comma = ",";
    }
    ga_text_add(t, "}");
    while (t->length % 8 != 0 && !t->failed)
        ga_text_add(t, " ");
}

ga_status ga_write_safetensors(ga_writer *out, const ga_array *arrays, int n,
                               const char *const *metadata, ga_err *err)
{
    for (int i = 0; i < n; i++)
        if (strcmp(arrays[i].name, "__metadata__") == 0)
            return ga_fail(err, GA_EINVAL, "no array can be called '__metadata__' in safetensors");
    uint64_t *begin = ga_mem_new((size_t)n, sizeof *begin);
    if (begin == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the header of %d arrays", n);
    place(arrays, n, begin);
    ga_text header = {0};
    add_header(&header, arrays, n, begin, metadata);
    ga_mem_free(begin);
    if (header.failed) {
        ga_text_free(&header);
        return ga_fail(err, GA_ENOMEM, "no memory for the header of %d arrays", n);
    }
    const uint64_t length = header.length;
    ga_writer_add(out, &length, sizeof length); /* little-endian here: weights_dtype.c asserts */
    ga_writer_add(out, header.data, header.length);
    ga_text_free(&header);
    for (size_t size = 8; size > 0; size /= 2)
        for (int i = 0; i < n; i++)
            if (ga_dtype_size(arrays[i].dtype) == size)
                ga_writer_add(out, arrays[i].data, bytes_of(&arrays[i]));
    return GA_OK;
}
