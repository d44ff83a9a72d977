/* top.c - the k images that excite a unit most. */
#include "base/alloc.h"
#include "stat/lay.h"
#include "stat/stored.h"
#include <math.h>
#include <string.h>

/* Sorted as they come: a list is short, and all but the first images change little of it. */
struct ga_top {
    int units, k;
    uint32_t *n;        /* (U) entries of each */
    ga_top_entry *list; /* (U,k) best first */
    float *value;       /* (U,k) and below: the list's columns, for saving */
    uint32_t *image;
};

static bool sizes_fit(int units, int k)
{
    return units >= 1 && units <= 65536 && k >= 1 && k <= 1000;
}

size_t ga_top_bytes(int units, int k)
{
    if (!sizes_fit(units, k))
        return 0;
    return sizeof(ga_top) +
           (size_t)units * (sizeof(uint32_t) + 2 * (size_t)k * sizeof(ga_top_entry));
}

ga_status ga_top_create(int units, int k, ga_top **out, ga_err *err)
{
    *out = NULL;
    if (!sizes_fit(units, k))
        return ga_fail(err, GA_EINVAL,
                       "the top %d images of %d units: expected 1 to 1000 of 1 to 65536", k, units);
    ga_top *t = ga_mem_new(1, sizeof *t);
    if (t == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for top images");
    const size_t n = (size_t)units * (size_t)k;
    t->units = units;
    t->k = k;
    t->n = ga_mem_new((size_t)units, sizeof *t->n);
    t->list = ga_mem_new(n, sizeof *t->list);
    t->value = ga_mem_new(n, sizeof *t->value);
    t->image = ga_mem_new(n, sizeof *t->image);
    if (t->n == NULL || t->list == NULL || t->value == NULL || t->image == NULL) {
        ga_top_free(t);
        return ga_fail(err, GA_ENOMEM, "no memory for the top %d images of %d units: %zu bytes", k,
                       units, ga_top_bytes(units, k));
    }
    *out = t;
    return GA_OK;
}

void ga_top_free(ga_top *t)
{
    if (t == NULL)
        return;
    ga_mem_free(t->n);
    ga_mem_free(t->list);
    ga_mem_free(t->value);
    ga_mem_free(t->image);
    ga_mem_free(t);
}

static bool better(ga_top_entry a, ga_top_entry b)
{
    return a.value > b.value || (a.value == b.value && a.image < b.image);
}

static void insert(ga_top *t, int unit, ga_top_entry entry)
{
    ga_top_entry *list = t->list + (size_t)unit * (size_t)t->k;
    uint32_t at = t->n[unit];
    if (at == (uint32_t)t->k) {
        if (!better(entry, list[at - 1]))
            return;
        at--;
    } else {
        t->n[unit]++;
    }
    for (; at > 0 && better(entry, list[at - 1]); at--)
        list[at] = list[at - 1];
    list[at] = entry;
}

ga_status ga_top_add(ga_top *t, uint32_t image, const float *values, ga_err *err)
{
    for (int u = 0; u < t->units; u++)
        if (!(fabsf(values[u]) <= GA_TALLY_MAX))
            return ga_fail(err, GA_EDATA, "image %u: unit %d is %g, expected -1e37 to 1e37", image,
                           u, (double)values[u]);
    for (int u = 0; u < t->units; u++)
        insert(t, u, (ga_top_entry){values[u] + 0.0f, image}); /* -0 becomes 0 */
    return GA_OK;
}

ga_status ga_top_merge(ga_top *t, const ga_top *other, ga_err *err)
{
    if (t->units != other->units || t->k != other->k)
        return ga_fail(err, GA_EINVAL,
                       "the top %d images of %d units do not merge with the top %d of %d", t->k,
                       t->units, other->k, other->units);
    for (int u = 0; u < t->units; u++)
        for (uint32_t i = 0; i < other->n[u]; i++)
            insert(t, u, other->list[(size_t)u * (size_t)t->k + i]);
    return GA_OK;
}

const ga_top_entry *ga_top_of(const ga_top *t, int unit, int *n)
{
    *n = (int)t->n[unit];
    return t->list + (size_t)unit * (size_t)t->k;
}

void ga_map_maxima(const float *maps, int units, size_t count, float *out)
{
    const ga_lay_isa *isa = ga_lay_best();
    for (int u = 0; u < units; u++)
        out[u] = isa->largest(maps + (size_t)u * count, count);
}

static ga_stat_array column(const ga_top *t, int i)
{
    const size_t units = (size_t)t->units, k = (size_t)t->k;
    if (i == 0)
        return ga_stored("entries", GA_STAT_U32, units, 0, 0, t->n);
    return i == 1 ? ga_stored("value", GA_STAT_F32, units, k, 0, t->value)
                  : ga_stored("image", GA_STAT_U32, units, k, 0, t->image);
}

bool ga_top_array(ga_top *t, int i, ga_stat_array *out)
{
    if (i < 0 || i > 2)
        return false;
    for (int u = 0; u < t->units && i > 0; u++)
        for (int r = 0; r < t->k; r++) {
            const size_t at = (size_t)u * (size_t)t->k + (size_t)r;
            const bool there = r < (int)t->n[u];
            t->value[at] = there ? t->list[at].value : 0;
            t->image[at] = there ? t->list[at].image : 0;
        }
    *out = column(t, i);
    return true;
}

ga_status ga_top_load(ga_top *t, const ga_stat_array *arrays, int n, ga_err *err)
{
    const void *found[3];
    for (int i = 0; i < 3; i++) {
        const ga_status status = ga_stored_find(arrays, n, column(t, i), &found[i], err);
        if (status != GA_OK)
            return status;
    }
    const uint32_t *entries = found[0], *image = found[2];
    const float *value = found[1];
    for (int u = 0; u < t->units; u++) {
        const size_t first = (size_t)u * (size_t)t->k;
        if (entries[u] > (uint32_t)t->k)
            return ga_fail(err, GA_EDATA, "array 'entries': %u top images of unit %d, of %d",
                           entries[u], u, t->k);
        for (uint32_t r = 0; r < entries[u]; r++) {
            const ga_top_entry now = {value[first + r], image[first + r]};
            if (!(fabsf(now.value) <= GA_TALLY_MAX) ||
                (r > 0 && !better((ga_top_entry){value[first + r - 1], image[first + r - 1]}, now)))
                return ga_fail(err, GA_EDATA,
                               "array 'value': entry %u of unit %d is no number or out of order", r,
                               u);
        }
    }
    for (int u = 0; u < t->units; u++) {
        const size_t first = (size_t)u * (size_t)t->k;
        t->n[u] = entries[u];
        for (uint32_t r = 0; r < entries[u]; r++)
            t->list[first + r] = (ga_top_entry){value[first + r], image[first + r]};
    }
    return GA_OK;
}
