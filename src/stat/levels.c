/* levels.c - a histogram of every unit's values. Steps are equal in the bits of a float, from a
 * lowest octave that depends on the largest cell of all maps alone. When a larger one comes, the
 * octave moves up, and what is now nearer to 0 joins the steps beside it; it does not matter when.
 */
#include "base/alloc.h"
#include "stat/lay.h"
#include "stat/stored.h"
#include <math.h>
#include <omp.h>
#include <string.h>

struct ga_levels {
    int units, threads;
    ga_lay *lay;
    uint64_t seen;
    int32_t *base;   /* (U) exponent, biased as in a float, of the lowest octave; 0: nothing seen */
    uint32_t *count; /* (U,GA_LAY_STEPS) */
};

static bool sizes_fit(int units, ga_grid grid, int threads)
{
    return units >= 1 && units <= 65536 && threads >= 1 && threads <= 1024 &&
           ga_lay_check(grid, NULL) == GA_OK;
}

size_t ga_levels_bytes(int units, ga_grid grid, int threads)
{
    if (!sizes_fit(units, grid, threads))
        return 0;
    return sizeof(ga_levels) + ga_lay_bytes(grid, threads) +
           (size_t)units * (sizeof(int32_t) + GA_LAY_STEPS * sizeof(uint32_t));
}

ga_status ga_levels_create(int units, ga_grid grid, int threads, ga_levels **out, ga_err *err)
{
    *out = NULL;
    if (ga_lay_check(grid, err) != GA_OK)
        return GA_EINVAL;
    if (!sizes_fit(units, grid, threads))
        return ga_fail(err, GA_EINVAL,
                       "levels of %d units on %d threads: expected 1 to 65536 on 1 to 1024", units,
                       threads);
    ga_levels *l = ga_mem_new(1, sizeof *l);
    if (l == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for levels");
    l->units = units;
    l->threads = threads;
    l->base = ga_mem_new((size_t)units, sizeof *l->base);
    l->count = ga_mem_new((size_t)units * GA_LAY_STEPS, sizeof *l->count);
    ga_status status = ga_lay_create(grid, threads, &l->lay, err);
    if (status == GA_OK && (l->base == NULL || l->count == NULL))
        status = ga_fail(err, GA_ENOMEM, "no memory for the levels of %d units: %zu bytes", units,
                         ga_levels_bytes(units, grid, threads));
    if (status != GA_OK) {
        ga_levels_free(l);
        return status;
    }
    *out = l;
    return GA_OK;
}

void ga_levels_free(ga_levels *l)
{
    if (l == NULL)
        return;
    ga_lay_free(l->lay);
    ga_mem_free(l->base);
    ga_mem_free(l->count);
    ga_mem_free(l);
}

/* ---- adding -----------------------------------------------------------------------------------*/

/* Lowest octave of maps whose largest magnitude this is. */
static int32_t base_of(float magnitude)
{
    uint32_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    const int32_t base = (int32_t)(bits >> 23) - (GA_LEVEL_OCTAVES - 1);
    return base < 1 ? 1 : base;
}

static float magnitude_of(const float *x, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
    return most;
}

/* The steps of a histogram whose lowest octave is `octaves` higher, in place: r becomes r less as
 * many steps, or 0. From the middle outward, so that nothing is read after it was written. */
static void raise_base(uint32_t *count, int32_t octaves)
{
    const int32_t by = octaves > GA_LEVEL_OCTAVES ? GA_LAY_FAR : octaves * GA_LEVEL_STEPS;
    uint32_t *down = count + GA_LAY_ZERO, *up = count + GA_LAY_ZERO + 1;
    for (int32_t r = 1; r <= GA_LAY_FAR; r++) {
        const int32_t to = r - by < 0 ? 0 : r - by;
        const uint32_t below = *(down - r), above = up[r];
        *(down - r) = up[r] = 0;
        *(down - to) += below;
        up[to] += above;
    }
}

static void raise_to(ga_levels *l, int unit, int32_t base)
{
    if (base <= l->base[unit])
        return;
    if (l->base[unit] > 0)
        raise_base(l->count + (size_t)unit * GA_LAY_STEPS, base - l->base[unit]);
    l->base[unit] = base;
}

static void add_unit(ga_levels *l, int unit, const float *map, int thread)
{
    const ga_lay *lay = l->lay;
    ga_lay_room *room = &lay->room[thread];
    const uint32_t all = ga_lay_all(lay);
    raise_to(l, unit, base_of(magnitude_of(map, (size_t)lay->grid.h * (size_t)lay->grid.w)));
    ga_lay_take(lay, room, map);
    for (int b = 0; b < lay->bands; b++) {
        const ga_band band = lay->band[b];
        const float *p = ga_lay_row(lay, room, band.at, all),
                    *q = ga_lay_row(lay, room, band.at + 1, all);
        lay->isa->steps(p, q, lay->y.share + band.first, band.rows, lay->grid.W, l->base[unit],
                        l->count + (size_t)unit * GA_LAY_STEPS);
    }
}

static ga_status fits(const ga_levels *l, uint64_t more, ga_err *err)
{
    if (l->seen + more <= UINT32_MAX)
        return GA_OK;
    return ga_fail(err, GA_EINVAL, "%llu values a unit after %llu: levels count up to %u",
                   (unsigned long long)more, (unsigned long long)l->seen, UINT32_MAX);
}

ga_status ga_levels_add(ga_levels *l, const float *maps, ga_err *err)
{
    const ga_grid g = l->lay->grid;
    const size_t cells = (size_t)g.h * (size_t)g.w;
    const uint64_t pixels = (uint64_t)g.H * (uint64_t)g.W;
    ga_status status = fits(l, pixels, err);
    if (status == GA_OK)
        status = ga_maps_check(l->lay->isa, maps, l->units, cells, l->threads, err);
    if (status != GA_OK)
        return status;
#pragma omp parallel for num_threads(ga_team(l->threads, (double)l->units *(double)pixels))        \
    schedule(static)
    for (int u = 0; u < l->units; u++)
        add_unit(l, u, maps + (size_t)u * cells, omp_get_thread_num());
    l->seen += pixels;
    return GA_OK;
}

ga_status ga_levels_merge(ga_levels *l, const ga_levels *other, ga_err *err)
{
    if (l->units != other->units || !ga_lay_same(l->lay->grid, other->lay->grid))
        return ga_fail(err, GA_EINVAL,
                       "levels of %d units do not merge with those of %d, or on "
                       "other grids",
                       l->units, other->units);
    const ga_status status = fits(l, other->seen, err);
    if (status != GA_OK)
        return status;
    for (int u = 0; u < l->units && other->seen > 0; u++) {
        uint32_t *count = l->count + (size_t)u * GA_LAY_STEPS;
        const uint32_t *more = other->count + (size_t)u * GA_LAY_STEPS;
        raise_to(l, u, other->base[u]);
        const int32_t octaves = l->base[u] - other->base[u];
        const int32_t by = octaves > GA_LEVEL_OCTAVES ? GA_LAY_FAR : octaves * GA_LEVEL_STEPS;
        for (int32_t r = 0; r <= GA_LAY_FAR; r++) {
            const int32_t to = r - by < 0 ? 0 : r - by;
            count[GA_LAY_ZERO - to] += more[GA_LAY_ZERO - r];
            count[GA_LAY_ZERO + 1 + to] += more[GA_LAY_ZERO + 1 + r];
        }
    }
    l->seen += other->seen;
    return GA_OK;
}

uint64_t ga_levels_seen(const ga_levels *l)
{
    return l->seen;
}

/* ---- answers ----------------------------------------------------------------------------------*/

/* Upper border of step i of a histogram; i = -1: the lower border of all. */
static float border(int32_t base, int32_t i)
{
    const int32_t up = i - GA_LAY_ZERO; /* steps above that of 0 */
    if (up == 0)
        return 0;
    const int32_t r = up > 0 ? up : -up;
    const uint32_t bits = (uint32_t)(base * GA_LEVEL_STEPS - 1 + r) << 15;
    float size;
    memcpy(&size, &bits, sizeof size);
    return up > 0 ? size : -size;
}

static void levels_of_unit(const ga_levels *l, int unit, const double *share, int j, float *out,
                           uint64_t *above)
{
    const uint32_t *count = l->count + (size_t)unit * GA_LAY_STEPS;
    for (int k = 0; k < j; k++) {
        const uint64_t most = (uint64_t)floor(share[k] * (double)l->seen);
        uint64_t n = 0;
        int32_t i = GA_LAY_STEPS - 1; /* n values are above the upper border of step i */
        for (; i >= 0 && n < l->seen && n + count[i] <= most; i--)
            n += count[i];
        out[k] = border(l->base[unit], i);
        if (above != NULL)
            above[k] = n;
    }
}

ga_status ga_levels_at(const ga_levels *l, const double *share, int j, float *out, uint64_t *above,
                       ga_err *err)
{
    for (int k = 0; k < j; k++)
        if (!(share[k] >= 0 && share[k] <= 1))
            return ga_fail(err, GA_EINVAL, "share %d is %g: expected 0 to 1", k, share[k]);
    if (l->seen == 0)
        return ga_fail(err, GA_EDATA, "levels of no values");
#pragma omp parallel for num_threads(l->threads) schedule(static)
    for (int u = 0; u < l->units; u++)
        levels_of_unit(l, u, share, j, out + (size_t)u * (size_t)j,
                       above == NULL ? NULL : above + (size_t)u * (size_t)j);
    return GA_OK;
}

static ga_stat_array stored(const ga_levels *l, int i)
{
    const size_t units = (size_t)l->units;
    if (i == 0)
        return ga_stored("seen", GA_STAT_U64, 1, 0, 0, &l->seen);
    return i == 1 ? ga_stored("base", GA_STAT_I32, units, 0, 0, l->base)
                  : ga_stored("count", GA_STAT_U32, units, GA_LAY_STEPS, 0, l->count);
}

bool ga_levels_array(const ga_levels *l, int i, ga_stat_array *out)
{
    if (i < 0 || i > 2)
        return false;
    *out = stored(l, i);
    return true;
}

ga_status ga_levels_load(ga_levels *l, const ga_stat_array *arrays, int n, ga_err *err)
{
    const void *found[3];
    for (int i = 0; i < 3; i++) {
        const ga_status status = ga_stored_find(arrays, n, stored(l, i), &found[i], err);
        if (status != GA_OK)
            return status;
    }
    const uint64_t seen = *(const uint64_t *)found[0],
                   pixels = (uint64_t)l->lay->grid.H * (uint64_t)l->lay->grid.W;
    const int32_t *base = found[1], top = base_of(GA_TALLY_MAX);
    const uint32_t *count = found[2];
    if (seen > UINT32_MAX || seen % pixels != 0)
        return ga_fail(err, GA_EDATA, "array 'seen': %llu values are not those of whole images",
                       (unsigned long long)seen);
    for (int u = 0; u < l->units; u++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < GA_LAY_STEPS; i++)
            sum += count[(size_t)u * GA_LAY_STEPS + i];
        if (sum != seen || base[u] > top || base[u] < (seen > 0) || (seen == 0 && base[u] != 0))
            return ga_fail(err, GA_EDATA, "unit %d: %llu values from octave %d, expected %llu", u,
                           (unsigned long long)sum, base[u], (unsigned long long)seen);
    }
    l->seen = seen;
    memcpy(l->base, base, (size_t)l->units * sizeof *base);
    memcpy(l->count, count, (size_t)l->units * GA_LAY_STEPS * sizeof *count);
    return GA_OK;
}
