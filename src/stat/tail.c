/* tail.c - the largest values of every unit.
 *
 * `need` values are needed for every quantile that can be asked. A unit's list takes what is above
 * its cut, which is -infinity first; when the list is full, all but the `need` largest go, and the
 * smallest of those becomes the cut: what is not above it can no longer be one of them, or is as
 * large as one that is there. */
#include "base/alloc.h"
#include "stat/lay.h"
#include "stat/stored.h"
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 }; /* values that are looked at before the room is */

struct ga_tail {
    ga_tail_spec spec; /* without grid */
    ga_grid grid;
    ga_lay *lay; /* NULL: cells */
    const ga_lay_isa *isa;
    float **laid; /* (threads) with a grid: a row of pixels */
    uint64_t seen;
    size_t need, room; /* values of a unit: kept, held at most */
    size_t *held;      /* (U) */
    float *cut;        /* (U) */
    float *list;       /* (U,room) */
};

static bool spec_fits(const ga_tail_spec *s)
{
    return s->units >= 1 && s->units <= 65536 && s->values >= 1 && s->values <= UINT64_MAX / 2 &&
           s->share > 0 && s->share <= 1 && s->threads >= 1 && s->threads <= 1024 &&
           (s->grid == NULL || ga_lay_check(*s->grid, NULL) == GA_OK);
}

/* Place of quantile 1 - q among n ascending values: order statistic *at, and how far to the next.
 */
static double place(uint64_t n, double q, uint64_t *at)
{
    const double x = (double)(n - 1) * (1 - q);
    *at = (uint64_t)x;
    return x - (double)*at;
}

/* Of all values the largest that some quantile needs. */
static size_t needed(const ga_tail_spec *s)
{
    uint64_t at;
    place(s->values, s->share, &at);
    const uint64_t above = s->values - at + 1; /* and one for rounding, should fewer be seen */
    return (size_t)(above < s->values ? above : s->values);
}

static size_t room_for(size_t need)
{
    return need + need / 4 + BLOCK;
}

size_t ga_tail_bytes(const ga_tail_spec *s)
{
    size_t list;
    if (!spec_fits(s) || !ga_mul(room_for(needed(s)) * sizeof(float), (size_t)s->units, &list))
        return 0;
    size_t bytes = sizeof(ga_tail) + list + (size_t)s->units * (sizeof(size_t) + sizeof(float));
    if (s->grid != NULL)
        bytes += ga_lay_bytes(*s->grid, s->threads) +
                 (size_t)s->threads * (GA_LAY_MAX * sizeof(float) + sizeof(float *));
    return bytes;
}

static ga_status take_memory(ga_tail *t, ga_err *err)
{
    size_t count;
    const size_t units = (size_t)t->spec.units;
    t->held = ga_mem_new(units, sizeof *t->held);
    t->cut = ga_mem_new(units, sizeof *t->cut);
    t->list = ga_mul(units, t->room, &count) ? ga_mem_new(count, sizeof *t->list) : NULL;
    bool all = t->held != NULL && t->cut != NULL && t->list != NULL;
    if (all && t->lay != NULL) {
        t->laid = ga_mem_new((size_t)t->spec.threads, sizeof *t->laid);
        all = t->laid != NULL;
        for (int i = 0; i < t->spec.threads && all; i++)
            all = (t->laid[i] = ga_mem_new(GA_LAY_MAX, sizeof(float))) != NULL;
    }
    return all ? GA_OK
               : ga_fail(
                     err, GA_ENOMEM,
                     "no memory for the largest %g of %llu values of %d units: %zu numbers a unit",
                     t->spec.share, (unsigned long long)t->spec.values, t->spec.units, t->room);
}

ga_status ga_tail_create(const ga_tail_spec *spec, ga_tail **out, ga_err *err)
{
    *out = NULL;
    if (spec->grid != NULL && ga_lay_check(*spec->grid, err) != GA_OK)
        return GA_EINVAL;
    if (!spec_fits(spec))
        return ga_fail(err, GA_EINVAL,
                       "the largest %g of %llu values of %d units on %d threads: expected a share "
                       "above 0 up to 1, a value, 1 to 65536 units, 1 to 1024 threads",
                       spec->share, (unsigned long long)spec->values, spec->units, spec->threads);
    ga_tail *t = ga_mem_new(1, sizeof *t);
    if (t == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for largest values");
    t->spec = *spec;
    t->spec.grid = NULL;
    t->isa = ga_lay_best();
    t->need = needed(spec);
    t->room = room_for(t->need);
    ga_status status = GA_OK;
    if (spec->grid != NULL) {
        t->grid = *spec->grid;
        status = ga_lay_create(*spec->grid, spec->threads, &t->lay, err);
    }
    if (status == GA_OK)
        status = take_memory(t, err);
    if (status != GA_OK) {
        ga_tail_free(t);
        return status;
    }
    for (int u = 0; u < spec->units; u++)
        t->cut[u] = -INFINITY;
    *out = t;
    return GA_OK;
}

void ga_tail_free(ga_tail *t)
{
    if (t == NULL)
        return;
    for (int i = 0; i < t->spec.threads && t->laid != NULL; i++)
        ga_mem_free(t->laid[i]);
    ga_mem_free(t->laid);
    ga_lay_free(t->lay);
    ga_mem_free(t->held);
    ga_mem_free(t->cut);
    ga_mem_free(t->list);
    ga_mem_free(t);
}

/* ---- selection --------------------------------------------------------------------------------*/

static float middle(float a, float b, float c)
{
    return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/* Reorders n values so that the first k are the largest. Quickselect in three parts (above, equal,
 * below), so that equal values, which units that are often 0 have many of, cost nothing. */
static void select_largest(float *x, size_t n, size_t k)
{
    size_t from = 0, to = n; /* the border is in here */
    while (to - from > 1 && k > from && k < to) {
        const float pivot = middle(x[from], x[from + (to - from) / 2], x[to - 1]);
        size_t above = from, at = from, below = to;
        while (at < below) {
            const float v = x[at];
            if (v > pivot) {
                x[at++] = x[above];
                x[above++] = v;
            } else if (v < pivot) {
                x[at] = x[--below];
                x[below] = v;
            } else {
                at++;
            }
        }
        if (k <= above)
            to = above;
        else if (k >= below)
            from = below;
        else
            return;
    }
}

static void prune(ga_tail *t, int unit)
{
    float *list = t->list + (size_t)unit * t->room;
    if (t->held[unit] < t->need)
        return;
    select_largest(list, t->held[unit], t->need);
    float least = list[0];
    for (size_t i = 1; i < t->need; i++)
        least = list[i] < least ? list[i] : least;
    t->held[unit] = t->need;
    t->cut[unit] = least;
}

/* Makes room more cheaply: guesses from some values a cut that leaves a few more than are needed,
 * all that are above it. False: the guess was bad, and nothing was done. */
static bool thin(ga_tail *t, int unit)
{
    enum { SOME = 32 };
    float *list = t->list + (size_t)unit * t->room, some[SOME];
    const size_t n = t->held[unit], spare = n > t->need ? n - t->need : 0;
    if (spare < SOME)
        return false;
    for (size_t i = 0; i < SOME; i++) { /* descending */
        const float v = list[i * n / SOME];
        size_t at = i;
        for (; at > 0 && some[at - 1] < v; at--)
            some[at] = some[at - 1];
        some[at] = v;
    }
    const float cut = some[(t->need + spare / 4) * SOME / n];
    size_t above = 0;
    for (size_t i = 0; i < n; i++)
        above += list[i] > cut;
    if (above < t->need || above > t->need + spare / 2)
        return false;
    for (size_t i = 0, to = 0; i < n; i++) {
        const float v = list[i];
        list[to] = v;
        to += v > cut;
    }
    t->held[unit] = above;
    t->cut[unit] = cut;
    return true;
}

static void take_values(ga_tail *t, int unit, const float *x, size_t n)
{
    float *list = t->list + (size_t)unit * t->room;
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t some = n - i < BLOCK ? n - i : BLOCK;
        if (t->held[unit] + some > t->room && (!thin(t, unit) || t->held[unit] + some > t->room))
            prune(t, unit);
        t->held[unit] += t->isa->filter(x + i, some, t->cut[unit], list + t->held[unit]);
    }
}

/* Bands of which every cell is at most the cut have nothing above it. */
static void take_pixels(ga_tail *t, int unit, const float *map, int thread)
{
    const ga_lay *l = t->lay;
    ga_lay_room *room = &l->room[thread];
    float *laid = t->laid[thread];
    const uint32_t all = ga_lay_all(l);
    ga_lay_take(l, room, map);
    ga_lay_reach(l, room, t->cut[unit]);
    for (int b = 0; b < l->bands; b++) {
        const ga_band band = l->band[b];
        if ((room->reach[band.at] | room->reach[band.at + 1]) == 0)
            continue;
        const float *p = ga_lay_row(l, room, band.at, all),
                    *q = ga_lay_row(l, room, band.at + 1, all);
        for (int y = band.first; y < band.first + band.rows; y++) {
            t->isa->blend(p, q, l->y.share[y], all, laid);
            take_values(t, unit, laid, (size_t)l->grid.W);
        }
    }
}

static int team_for(const ga_tail *t, size_t count)
{
    const double values = t->lay != NULL ? (double)t->grid.H * t->grid.W : (double)count;
    return ga_team(t->spec.threads, 3.0 * t->spec.units * values);
}

/* False, and nothing is taken, if some map is not sound. One parallel region for both: to begin one
 * takes as long as the work. */
static bool take_all(ga_tail *t, const float *maps, size_t count)
{
    bool sound = true;
#pragma omp parallel num_threads(team_for(t, count))
    {
#pragma omp for schedule(static) reduction(&& : sound)
        for (int u = 0; u < t->spec.units; u++)
            sound = sound && t->isa->sound(maps + (size_t)u * count, count);
#pragma omp for schedule(static) nowait
        for (int u = 0; u < t->spec.units; u++) {
            if (sound && t->lay != NULL)
                take_pixels(t, u, maps + (size_t)u * count, omp_get_thread_num());
            else if (sound)
                take_values(t, u, maps + (size_t)u * count, count);
        }
    }
    return sound;
}

ga_status ga_tail_add(ga_tail *t, const float *maps, size_t count, ga_err *err)
{
    const size_t cells = (size_t)t->grid.h * (size_t)t->grid.w;
    if (count < 1 || (t->lay != NULL && count != cells))
        return ga_fail(err, GA_EINVAL, "maps of %zu values: expected %s%zu", count,
                       t->lay != NULL ? "" : "at least ", t->lay != NULL ? cells : (size_t)1);
    const uint64_t more = t->lay != NULL ? (uint64_t)t->grid.H * (uint64_t)t->grid.W : count;
    if (more > t->spec.values - t->seen)
        return ga_fail(err, GA_EINVAL, "%llu values a unit after %llu: %llu were announced",
                       (unsigned long long)more, (unsigned long long)t->seen,
                       (unsigned long long)t->spec.values);
    if (!take_all(t, maps, count))
        return ga_maps_check(t->isa, maps, t->spec.units, count, 1, err);
    t->seen += more;
    return GA_OK;
}

ga_status ga_tail_merge(ga_tail *t, const ga_tail *other, ga_err *err)
{
    if (t->spec.units != other->spec.units || t->spec.values != other->spec.values ||
        t->need != other->need || !ga_lay_same(t->grid, other->grid))
        return ga_fail(err, GA_EINVAL,
                       "these two look at other values: %d and %d units, %llu and "
                       "%llu values, or other grids or shares",
                       t->spec.units, other->spec.units, (unsigned long long)t->spec.values,
                       (unsigned long long)other->spec.values);
    if (other->seen > t->spec.values - t->seen)
        return ga_fail(err, GA_EINVAL, "%llu and %llu values a unit: %llu were announced",
                       (unsigned long long)t->seen, (unsigned long long)other->seen,
                       (unsigned long long)t->spec.values);
    for (int u = 0; u < t->spec.units; u++)
        take_values(t, u, other->list + (size_t)u * t->room, other->held[u]);
    t->seen += other->seen;
    return GA_OK;
}

uint64_t ga_tail_seen(const ga_tail *t)
{
    return t->seen;
}

/* ---- answers ----------------------------------------------------------------------------------*/

static int descending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* A unit's list is what it must hold, best first, and -infinity behind. */
static void settle(ga_tail *t, int unit)
{
    float *list = t->list + (size_t)unit * t->room;
    if (t->held[unit] > t->need)
        prune(t, unit);
    qsort(list, t->held[unit], sizeof *list, descending);
    for (size_t i = t->held[unit]; i < t->room; i++)
        list[i] = -INFINITY;
}

ga_status ga_tail_quantile(ga_tail *t, double q, float *out, ga_err *err)
{
    if (!(q >= 0 && q <= t->spec.share))
        return ga_fail(err, GA_EINVAL, "quantile 1 - %g: expected 0 to %g", q, t->spec.share);
    if (t->seen == 0)
        return ga_fail(err, GA_EDATA, "a quantile of no values");
    uint64_t at;
    const double part = place(t->seen, q, &at);
    const size_t lower = (size_t)(t->seen - 1 - at), upper = lower > 0 ? lower - 1 : 0;
    for (int u = 0; u < t->spec.units; u++) {
        settle(t, u);
        const float *list = t->list + (size_t)u * t->room;
        const double a = (double)list[lower], b = (double)list[upper];
        out[u] = (float)(a + part * (b - a));
    }
    return GA_OK;
}

static ga_stat_array stored(const ga_tail *t, int i)
{
    return i == 0 ? ga_stored("seen", GA_STAT_U64, 1, 0, 0, &t->seen)
                  : ga_stored("largest", GA_STAT_F32, (size_t)t->spec.units, t->room, 0, t->list);
}

bool ga_tail_array(ga_tail *t, int i, ga_stat_array *out)
{
    if (i < 0 || i > 1)
        return false;
    for (int u = 0; u < t->spec.units && i == 1; u++)
        settle(t, u);
    *out = stored(t, i);
    return true;
}

ga_status ga_tail_load(ga_tail *t, const ga_stat_array *arrays, int n, ga_err *err)
{
    const void *found[2];
    for (int i = 0; i < 2; i++) {
        const ga_status status = ga_stored_find(arrays, n, stored(t, i), &found[i], err);
        if (status != GA_OK)
            return status;
    }
    const uint64_t seen = *(const uint64_t *)found[0];
    const float *list = found[1];
    const size_t held = seen < t->need ? (size_t)seen : t->need;
    if (seen > t->spec.values)
        return ga_fail(err, GA_EDATA, "array 'seen': %llu values, %llu were announced",
                       (unsigned long long)seen, (unsigned long long)t->spec.values);
    for (int u = 0; u < t->spec.units; u++)
        for (size_t i = 0; i < t->room; i++) {
            const float *v = list + (size_t)u * t->room + i;
            const bool fits = i >= held ? *v == -INFINITY
                                        : fabsf(*v) <= GA_TALLY_MAX && (i == 0 || v[-1] >= v[0]);
            if (!fits)
                return ga_fail(err, GA_EDATA,
                               "array 'largest': number %zu of unit %d is none, out of order, or "
                               "more than the %zu that were seen",
                               i, u, held);
        }
    memcpy(t->list, list, (size_t)t->spec.units * t->room * sizeof *list);
    t->seen = seen;
    for (int u = 0; u < t->spec.units; u++) {
        t->held[u] = held;
        t->cut[u] = held < t->need ? -INFINITY : t->list[(size_t)u * t->room + held - 1];
    }
    return GA_OK;
}
