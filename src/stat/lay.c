/* lay.c - where each pixel reads a map, and a map's rows on the pixels. */
#include "stat/lay.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include <math.h>
#include <string.h>

const ga_lay_isa *ga_lay_best(void)
{
#if defined(__x86_64__)
    const ga_isa isa = ga_cpu_isa();
    if (isa >= GA_ISA_AVX512)
        return &ga_lay_avx512;
    if (isa >= GA_ISA_AVX2)
        return &ga_lay_avx2;
#endif
    return &ga_lay_portable;
}

ga_status ga_lay_check(ga_grid g, ga_err *err)
{
    if (g.h < 1 || g.w < 1 || g.H < g.h || g.W < g.w || g.H > GA_LAY_MAX || g.W > GA_LAY_MAX)
        return ga_fail(err, GA_EINVAL,
                       "maps of %dx%d cells on %dx%d pixels: expected 1 to %d of each, and not "
                       "fewer pixels than cells",
                       g.h, g.w, g.H, g.W, GA_LAY_MAX);
    if (g.lie != GA_LIE_CLAMP && g.lie != GA_LIE_ZERO && g.lie != GA_LIE_MAGNIFIED)
        return ga_fail(err, GA_EINVAL, "no such way for a map to lie: %d", (int)g.lie);
    return GA_OK;
}

bool ga_lay_same(ga_grid a, ga_grid b)
{
    return a.h == b.h && a.w == b.w && a.H == b.H && a.W == b.W && a.lie == b.lie;
}

static size_t words_of(int pixels)
{
    return ((size_t)pixels + GA_LAY_WORD - 1) / GA_LAY_WORD;
}

static size_t padded_size(ga_grid g)
{
    return ((size_t)g.h + 2) * ((size_t)g.w + 2) + GA_LAY_SLACK;
}

size_t ga_lay_bytes(ga_grid g, int threads)
{
    const size_t across = words_of(g.W) * GA_LAY_WORD, down = words_of(g.H) * GA_LAY_WORD;
    const size_t room = (padded_size(g) + 2 * across + (size_t)g.h + 2) * sizeof(float) +
                        sizeof(ga_lay_room);
    return sizeof(ga_lay) + (across + down) * (sizeof(int32_t) + sizeof(float)) +
           ((size_t)g.h + 2) * sizeof(ga_band) + ((size_t)g.w + 2) * sizeof(uint32_t) +
           (size_t)threads * room;
}

/* Where pixel t reads, as a whole number of cells and a fraction num / den of the next. All sizes
 * are at most 1024, so that nothing comes near 2^63. */
static void place(int n, int t_of, ga_lie lie, int t, int32_t *at, float *share)
{
    int64_t den = 2 * (int64_t)t_of, num = (2 * (int64_t)t + 1) * n - t_of;
    if (lie == GA_LIE_MAGNIFIED && n > 1) {
        num = num * n - (int64_t)t_of * (n - 1);
        den *= n - 1;
    }
    if (lie != GA_LIE_ZERO && num < 0)
        num = 0;
    if (lie != GA_LIE_ZERO && num > (n - 1) * den)
        num = (n - 1) * den;
    const int64_t cell = (num + den) / den - 1; /* rounded down: num >= -den / 2 */
    *at = (int32_t)cell + 1;
    *share = (float)((double)(num - cell * den) / (double)den);
}

static ga_status axis_create(ga_axis *a, int cells, int pixels, ga_lie lie, ga_err *err)
{
    const size_t padded = words_of(pixels) * GA_LAY_WORD;
    a->cells = cells;
    a->pixels = pixels;
    a->near = true;
    a->at = ga_mem_new(padded, sizeof *a->at);
    a->share = ga_mem_new(padded, sizeof *a->share);
    if (a->at == NULL || a->share == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for an axis of %d pixels", pixels);
    for (size_t t = 0; t < padded; t++) {
        const int same = t < (size_t)pixels ? (int)t : pixels - 1;
        place(cells, pixels, lie, same, &a->at[t], &a->share[t]);
        a->near = a->near && (t == 0 || a->at[t] - a->at[t - 1] <= 1);
    }
    return GA_OK;
}

static ga_status rooms_create(ga_lay *l, ga_err *err)
{
    const size_t across = (size_t)l->words * GA_LAY_WORD;
    l->room = ga_mem_new((size_t)l->threads, sizeof *l->room);
    bool all = l->room != NULL;
    for (int i = 0; i < l->threads && all; i++) {
        ga_lay_room *r = &l->room[i];
        r->cells = ga_mem_new(padded_size(l->grid), sizeof *r->cells);
        r->row[0] = ga_mem_new(across, sizeof(float));
        r->row[1] = ga_mem_new(across, sizeof(float));
        r->reach = ga_mem_new((size_t)l->grid.h + 2, sizeof *r->reach);
        all = r->cells != NULL && r->row[0] != NULL && r->row[1] != NULL && r->reach != NULL;
    }
    return all ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory for maps of %dx%d cells on %d threads",
                         l->grid.h, l->grid.w, l->threads);
}

static void find_bands(ga_lay *l)
{
    for (int y = 0; y < l->grid.H; y++) {
        if (l->bands > 0 && l->band[l->bands - 1].at == l->y.at[y])
            l->band[l->bands - 1].rows++;
        else
            l->band[l->bands++] = (ga_band){y, 1, l->y.at[y]};
    }
}

static void find_touched(ga_lay *l)
{
    for (int px = 0; px < l->grid.W; px++) {
        const uint32_t word = 1u << (px / GA_LAY_WORD);
        l->touch[l->x.at[px]] |= word;
        if (l->x.share[px] > 0)
            l->touch[l->x.at[px] + 1] |= word;
    }
}

ga_status ga_lay_create(ga_grid grid, int threads, ga_lay **out, ga_err *err)
{
    *out = NULL;
    ga_status status = ga_lay_check(grid, err);
    if (status == GA_OK && (threads < 1 || threads > 1024))
        status = ga_fail(err, GA_EINVAL, "%d threads: expected 1 to 1024", threads);
    if (status != GA_OK)
        return status;
    ga_lay *l = ga_mem_new(1, sizeof *l);
    if (l == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a grid");
    l->grid = grid;
    l->isa = ga_lay_best();
    l->words = (int)words_of(grid.W);
    l->threads = threads;
    l->band = ga_mem_new((size_t)grid.h + 2, sizeof *l->band);
    l->touch = ga_mem_new((size_t)grid.w + 2, sizeof *l->touch);
    if (l->band == NULL || l->touch == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a grid of %dx%d cells", grid.h, grid.w);
    if (status == GA_OK)
        status = axis_create(&l->x, grid.w, grid.W, grid.lie, err);
    if (status == GA_OK)
        status = axis_create(&l->y, grid.h, grid.H, grid.lie, err);
    if (status == GA_OK)
        status = rooms_create(l, err);
    if (status != GA_OK) {
        ga_lay_free(l);
        return status;
    }
    find_bands(l);
    find_touched(l);
    *out = l;
    return GA_OK;
}

void ga_lay_free(ga_lay *l)
{
    if (l == NULL)
        return;
    for (int i = 0; i < l->threads && l->room != NULL; i++) {
        ga_mem_free(l->room[i].cells);
        ga_mem_free(l->room[i].row[0]);
        ga_mem_free(l->room[i].row[1]);
        ga_mem_free(l->room[i].reach);
    }
    ga_mem_free(l->room);
    ga_mem_free(l->x.at);
    ga_mem_free(l->x.share);
    ga_mem_free(l->y.at);
    ga_mem_free(l->y.share);
    ga_mem_free(l->band);
    ga_mem_free(l->touch);
    ga_mem_free(l);
}

uint32_t ga_lay_all(const ga_lay *l)
{
    return (1u << l->words) - 1; /* at most 16 words */
}

void ga_lay_take(const ga_lay *l, ga_lay_room *room, const float *map)
{
    const size_t h = (size_t)l->grid.h, w = (size_t)l->grid.w, stride = w + 2;
    const bool zero = l->grid.lie == GA_LIE_ZERO;
    for (size_t y = 0; y < h; y++) {
        float *to = room->cells + (y + 1) * stride;
        memcpy(to + 1, map + y * w, w * sizeof *to);
        to[0] = zero ? 0 : to[1];
        to[w + 1] = zero ? 0 : to[w];
    }
    if (zero) {
        memset(room->cells, 0, stride * sizeof(float));
        memset(room->cells + (h + 1) * stride, 0, stride * sizeof(float));
    } else {
        memcpy(room->cells, room->cells + stride, stride * sizeof(float));
        memcpy(room->cells + (h + 1) * stride, room->cells + h * stride, stride * sizeof(float));
    }
    room->held[0] = room->held[1] = -1;
}

void ga_lay_reach(const ga_lay *l, ga_lay_room *room, float t)
{
    const int stride = l->grid.w + 2;
    for (int y = 0; y < l->grid.h + 2; y++)
        room->reach[y] = l->isa->reach(room->cells + (size_t)y * (size_t)stride, stride, t,
                                       l->touch);
}

const float *ga_lay_row(const ga_lay *l, ga_lay_room *room, int i, uint32_t words)
{
    const int place_of = i & 1;
    if (room->held[place_of] != i) {
        room->held[place_of] = i;
        room->done[place_of] = 0;
    }
    const uint32_t missing = words & ~room->done[place_of];
    if (missing != 0) {
        l->isa->row(&l->x, room->cells + (size_t)i * ((size_t)l->grid.w + 2), missing,
                    room->row[place_of]);
        room->done[place_of] |= missing;
    }
    return room->row[place_of];
}

ga_status ga_maps_check(const ga_lay_isa *isa, const float *maps, int units, size_t count,
                        int threads, ga_err *err)
{
    int bad = units;
#pragma omp parallel for num_threads(ga_team(threads, 0.1 * (double)units * (double)count))        \
    schedule(static) reduction(min                                                                 \
                               : bad)
    for (int u = 0; u < units; u++)
        if (!isa->sound(maps + (size_t)u * count, count))
            bad = u < bad ? u : bad;
    if (bad == units)
        return GA_OK;
    const float *map = maps + (size_t)bad * count;
    size_t i = 0;
    while (fabsf(map[i]) <= GA_TALLY_MAX)
        i++;
    return ga_fail(err, GA_EDATA, "unit %d: value %zu of its map is %g, expected -1e37 to 1e37",
                   bad, i, (double)map[i]);
}
