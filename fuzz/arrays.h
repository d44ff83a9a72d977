/* arrays.h - what every target for weight files does with what was read: looks at all of it. */
#ifndef GA_FUZZ_ARRAYS_H
#define GA_FUZZ_ARRAYS_H
#include <stdlib.h>
#include <string.h>
#include "array/weights.h"

enum { FUZZ_MEMORY = 1 << 24 }; /* a limit that keeps the fuzzer fast; others are tested */

/* Reads; on success every element is converted, every name found; on failure there are words. */
static inline int fuzz_arrays(ga_weights_reader reader, const uint8_t *data, size_t size)
{
    ga_err err = {0};
    ga_weights *w;
    const ga_status status = ga_weights_parse_as(reader, data, size, "fuzz", FUZZ_MEMORY, &w, &err);
    if (status != GA_OK) {
        if (w != NULL || (status != GA_EDATA && status != GA_ENOMEM) ||
            strncmp(err.text, "fuzz", 4) != 0)
            abort();
        return 0;
    }
    for (int i = 0; i < ga_weights_count(w); i++) {
        const ga_array *a = ga_weights_at(w, i);
        if (ga_weights_find(w, a->name) != a || a->rank > GA_MAX_RANK)
            abort();
        const size_t nans = ga_array_count_nan(a);
        if (a->count > 1 << 16)
            continue;
        float *values = malloc((a->count + 1) * sizeof *values);
        if (values == NULL)
            abort();
        ga_array_to_f32(a, values);
        size_t found = 0;
        for (size_t k = 0; k < a->count; k++)
            found += values[k] != values[k];
        if (found != nans)
            abort();
        free(values);
    }
    ga_weights_free(w);
    return 0;
}
#endif
