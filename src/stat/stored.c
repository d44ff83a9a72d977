#include "stat/stored.h"
#include <stdio.h>
#include <string.h>

ga_stat_array ga_stored(const char *name, ga_stat_type type, size_t a, size_t b, size_t c,
                        const void *data)
{
    ga_stat_array s = {.type = type, .shape = {a, b, c}, .data = data};
    s.rank = b == 0 ? 1 : c == 0 ? 2 : 3;
    snprintf(s.name, sizeof s.name, "%s", name);
    return s;
}

/* "(512,3)" */
static void shape_words(const ga_stat_array *a, char *text, size_t size)
{
    size_t at = 0;
    for (int i = 0; i < a->rank && i < 3 && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%zu", i == 0 ? "(" : ",", a->shape[i]);
    if (at < size)
        snprintf(text + at, size - at, ")");
}

ga_status ga_stored_find(const ga_stat_array *arrays, int n, ga_stat_array wanted,
                         const void **data, ga_err *err)
{
    static const char *const types[] = {"f32", "i32", "u32", "u64"};
    const ga_stat_array *found = NULL;
    char is[80], expected[80];
    for (int i = 0; i < n && found == NULL; i++)
        if (strncmp(arrays[i].name, wanted.name, sizeof wanted.name) == 0)
            found = &arrays[i];
    shape_words(&wanted, expected, sizeof expected);
    if (found == NULL)
        return ga_fail(err, GA_EDATA, "no array '%s': expected %s %s", wanted.name,
                       types[wanted.type], expected);
    bool same = found->type == wanted.type && found->rank == wanted.rank && found->data != NULL;
    for (int i = 0; i < wanted.rank && same; i++)
        same = found->shape[i] == wanted.shape[i];
    if (!same) {
        shape_words(found, is, sizeof is);
        return ga_fail(err, GA_EDATA, "array '%s' is %s %s: expected %s %s", wanted.name,
                       (unsigned)found->type <= GA_STAT_U64 ? types[found->type] : "of no type", is,
                       types[wanted.type], expected);
    }
    *data = found->data;
    return GA_OK;
}
