/* units.c - random choices of units. */
#include "base/alloc.h"
#include "base/rng.h"
#include "ganatomy/edit.h"

ga_status ga_random_units(int n_units, int count, uint64_t seed, int *units, ga_err *err)
{
    if (count < 0 || count > n_units)
        return ga_fail(err, GA_EINVAL, "%d random units asked for: there are %d", count, n_units);
    uint32_t *all = ga_mem_new((size_t)n_units, sizeof *all);
    if (all == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to shuffle %d units", n_units);
    for (int i = 0; i < n_units; i++)
        all[i] = (uint32_t)i;
    ga_rng rng = ga_rng_of(seed, 0);
    ga_rng_shuffle(&rng, all, (uint32_t)n_units);
    for (int i = 0; i < count; i++)
        units[i] = (int)all[i];
    ga_mem_free(all);
    return GA_OK;
}
