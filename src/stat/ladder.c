/* ladder.c - units against labels at many levels.
 *
 * A pixel is active at level i and all lower ones if i is the first level that it is above. So one
 * histogram of these first levels for each set of labels that some pixel of the image has, and one
 * increment a pixel, hold all tables at once. Histograms of sets are added to those of their labels
 * after each image; tables are sums over levels. */
#include "stat/ladder.h"
#include "base/alloc.h"
#include "stat/stored.h"
#include "stat/table.h"
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_WIDE = 16 }; /* a histogram's entries are a multiple */

/* Entries of one histogram: J first levels, and none. */
static size_t entries_of(int j)
{
    return ((size_t)j + 1 + STEPS_WIDE - 1) / STEPS_WIDE * STEPS_WIDE;
}

static size_t hist_of(int j)
{
    return (size_t)GA_SETS * GA_LAY_COPIES * entries_of(j);
}

static size_t unit_bytes(int j)
{
    return sizeof(ga_rungs) + 2 * (size_t)j * sizeof(float) + sizeof(float) + GA_LAY_KEYS +
           (size_t)j + 1;
}

size_t ga_ladder_bytes(const ga_tally_spec *s, int j, int seen)
{
    if (ga_spec_check(s, NULL) != GA_OK || j < 1 || j > 255 || seen < 0 || seen >= s->labels)
        return 0;
    const size_t units = (size_t)s->units, labels = (size_t)s->labels,
                 blocks = (size_t)seen + (size_t)s->categories + 1;
    return sizeof(ga_ladder) + 2 * labels + ga_lay_bytes(s->grid, s->threads) + ga_sets_bytes(s) +
           (size_t)s->grid.H * (size_t)s->grid.W * sizeof(uint32_t) + units * unit_bytes(j) +
           (size_t)s->threads * (hist_of(j) * sizeof(uint16_t) + sizeof(uint16_t *)) +
           labels * (sizeof(uint64_t) + sizeof(uint32_t *)) +
           (size_t)s->categories * sizeof(uint64_t) + blocks * units * (size_t)j * sizeof(uint32_t);
}

/* ---- levels made ready ------------------------------------------------------------------------*/

/* As the loop does it (lay_lanes.h), so that a value and a level that are equal have the same key.
 */
static int key_of(const ga_rungs *r, float v)
{
    const float x = (r->top - v) * r->scale;
    return (int)(x > 0 ? (x < GA_LAY_KEYS - 1 ? x : GA_LAY_KEYS - 1) : 0);
}

/* Levels with a lower key are above every value of a key (the way from value to key never falls),
 * and those with a higher one below; those with the same need a look: depth, at most. */
static void make_rungs(ga_ladder *l, int unit)
{
    const size_t j = (size_t)l->j, u = (size_t)unit;
    const float *levels = l->levels + u * j;
    float *distinct = l->distinct + u * (j + 1);
    uint8_t *first = l->first + u * (j + 1), *start = l->start + u * GA_LAY_KEYS;
    int n = 0;
    for (int i = 0; i < l->j; i++)
        if (i == 0 || levels[i] < levels[i - 1]) {
            first[n] = (uint8_t)i;
            distinct[n++] = levels[i];
        }
    first[n] = (uint8_t)l->j;
    distinct[n] = -INFINITY;
    ga_rungs *r = &l->rungs[u];
    *r = (ga_rungs){.top = distinct[0], .distinct = n, .level = distinct, .start = start};
    r->scale = (float)(GA_LAY_KEYS - 1) / (distinct[0] - distinct[n - 1]);
    if (n == 1 || !(r->scale <= GA_TALLY_MAX))
        r->scale = 0;
    for (int k = 0, i = 0; k < GA_LAY_KEYS; k++) {
        int same = 0;
        start[k] = (uint8_t)i;
        for (; i < n && key_of(r, distinct[i]) == k; i++)
            same++;
        r->depth = same > r->depth ? same : r->depth;
    }
}

static ga_status check_levels(const ga_tally_spec *spec, const float *levels, int j, ga_err *err)
{
    if (j < 1 || j > 255)
        return ga_fail(err, GA_EINVAL, "a ladder of %d levels: expected 1 to 255", j);
    for (int u = 0; u < spec->units; u++)
        for (int i = 0; i < j; i++) {
            const float *at = levels + (size_t)u * (size_t)j + i;
            if (!(fabsf(*at) <= 2 * GA_TALLY_MAX))
                return ga_fail(err, GA_EINVAL, "level %d of unit %d is %g, expected -2e37 to 2e37",
                               i, u, (double)*at);
            if (i > 0 && at[0] > at[-1])
                return ga_fail(err, GA_EINVAL,
                               "level %d of unit %d is %g, above the one before, %g", i, u,
                               (double)at[0], (double)at[-1]);
        }
    return GA_OK;
}

/* ---- life -------------------------------------------------------------------------------------*/

static ga_status take_memory(ga_ladder *l, ga_err *err)
{
    const size_t units = (size_t)l->spec.units, labels = (size_t)l->spec.labels, j = (size_t)l->j,
                 categories = (size_t)l->spec.categories;
    l->levels = ga_mem_new(units * j, sizeof *l->levels);
    l->distinct = ga_mem_new(units * (j + 1), sizeof *l->distinct);
    l->first = ga_mem_new(units * (j + 1), 1);
    l->start = ga_mem_new(units * GA_LAY_KEYS, 1);
    l->rungs = ga_mem_new(units, sizeof *l->rungs);
    l->from = ga_mem_new((size_t)l->spec.grid.H * (size_t)l->spec.grid.W, sizeof *l->from);
    l->present = ga_mem_new(labels, sizeof *l->present);
    l->label = ga_mem_new(labels, sizeof *l->label);
    l->both = ga_mem_new(labels, sizeof *l->both);
    l->active = ga_mem_new(units * j, sizeof *l->active);
    l->category_active = ga_mem_new(categories * units * j, sizeof *l->category_active);
    l->category_pixels = ga_mem_new(categories, sizeof *l->category_pixels);
    l->hist = ga_mem_new((size_t)l->spec.threads, sizeof *l->hist);
    bool all = l->levels != NULL && l->distinct != NULL && l->first != NULL && l->start != NULL &&
               l->rungs != NULL && l->from != NULL && l->present != NULL && l->label != NULL &&
               l->both != NULL && l->active != NULL && l->category_active != NULL &&
               l->category_pixels != NULL && l->hist != NULL;
    for (int i = 0; i < l->spec.threads && all; i++)
        all = (l->hist[i] = ga_mem_new(hist_of(l->j), sizeof(uint16_t))) != NULL;
    return all ? GA_OK
               : ga_fail(err, GA_ENOMEM,
                         "no memory for %d levels of %d units: %zu bytes before the first label",
                         l->j, l->spec.units, ga_ladder_bytes(&l->spec, l->j, 0));
}

ga_status ga_ladder_create(const ga_tally_spec *spec, const float *levels, int j, ga_ladder **out,
                           ga_err *err)
{
    *out = NULL;
    ga_status status = ga_spec_check(spec, err);
    if (status == GA_OK)
        status = check_levels(spec, levels, j, err);
    if (status != GA_OK)
        return status;
    ga_ladder *l = ga_mem_new(1, sizeof *l);
    if (l == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a ladder");
    l->j = j;
    status = ga_spec_copy(spec, &l->spec, err);
    if (status == GA_OK)
        status = ga_lay_create(spec->grid, spec->threads, &l->lay, err);
    if (status == GA_OK)
        status = ga_sets_create(spec, &l->sets, err);
    if (status == GA_OK)
        status = take_memory(l, err);
    if (status != GA_OK) {
        ga_ladder_free(l);
        return status;
    }
    memcpy(l->levels, levels, (size_t)spec->units * (size_t)j * sizeof *levels);
    for (int u = 0; u < spec->units; u++)
        make_rungs(l, u);
    *out = l;
    return GA_OK;
}

void ga_ladder_free(ga_ladder *l)
{
    if (l == NULL)
        return;
    for (int i = 0; i < l->spec.threads && l->hist != NULL; i++)
        ga_mem_free(l->hist[i]);
    for (int c = 0; c < l->spec.labels && l->both != NULL; c++)
        ga_mem_free(l->both[c]);
    ga_lay_free(l->lay);
    ga_sets_free(&l->sets);
    ga_spec_free(&l->spec);
    ga_mem_free(l->levels);
    ga_mem_free(l->distinct);
    ga_mem_free(l->first);
    ga_mem_free(l->start);
    ga_mem_free(l->rungs);
    ga_mem_free(l->from);
    ga_mem_free(l->present);
    ga_mem_free(l->label);
    ga_mem_free(l->both);
    ga_mem_free(l->active);
    ga_mem_free(l->category_active);
    ga_mem_free(l->category_pixels);
    ga_mem_free(l->hist);
    ga_mem_free(l);
}

/* ---- adding -----------------------------------------------------------------------------------*/

/* A block of counts for each label that has none and is wanted. */
static ga_status blocks_for(ga_ladder *l, const bool *wanted, ga_err *err)
{
    const size_t size = (size_t)l->spec.units * (size_t)l->j;
    for (int c = 1; c < l->spec.labels; c++)
        if (wanted[c] && l->both[c] == NULL &&
            (l->both[c] = ga_mem_new(size, sizeof(uint32_t))) == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for label %d: %zu bytes", c,
                           size * sizeof(uint32_t));
    return GA_OK;
}

/* to[first level] += of a histogram over distinct levels. */
static void add_levels(uint32_t *to, const uint32_t *of, const ga_ladder *l, int unit)
{
    const int n = l->rungs[unit].distinct;
    if (n == l->j) { /* every level is its own first */
        for (int b = 0; b < n; b++)
            to[b] += of[b];
        return;
    }
    const uint8_t *first = l->first + (size_t)unit * ((size_t)l->j + 1);
    for (int b = 0; b < n; b++)
        to[first[b]] += of[b];
}

/* The histograms of all sets into those of their labels, of the categories held (bit k), and of
 * all. */
static void add_sets(ga_ladder *l, int unit, const uint16_t *hist, uint64_t held)
{
    const ga_label_sets *s = &l->sets;
    const size_t n = entries_of(l->j), j = (size_t)l->j, u = (size_t)unit,
                 planes = (size_t)l->spec.planes;
    uint32_t all[256 + STEPS_WIDE] = {0};
    for (int set = 0; set < s->n; set++, hist += GA_LAY_COPIES * n) {
        uint32_t sum[256 + STEPS_WIDE];
        for (size_t b = 0; b < n; b++) {
            sum[b] = (uint32_t)hist[b] + hist[n + b] + hist[2 * n + b] + hist[3 * n + b];
            all[b] += sum[b];
        }
        for (int i = 0; i < s->members[set]; i++)
            add_levels(l->both[s->member[(size_t)set * planes + (size_t)i]] + u * j, sum, l, unit);
    }
    add_levels(l->active + u * j, all, l, unit);
    for (; held != 0; held &= held - 1) {
        const size_t k = (size_t)__builtin_ctzll(held);
        add_levels(l->category_active + (k * (size_t)l->spec.units + u) * j, all, l, unit);
    }
}

/* The pixel rows that the sets are about. */
static void add_unit(ga_ladder *l, int unit, const float *map, uint64_t held, int thread)
{
    const ga_lay *lay = l->lay;
    const ga_label_sets *s = &l->sets;
    ga_lay_room *room = &lay->room[thread];
    uint16_t *hist = l->hist[thread];
    const uint32_t words = ga_lay_all(lay);
    memset(hist, 0, (size_t)s->n * GA_LAY_COPIES * entries_of(l->j) * sizeof *hist);
    ga_lay_take(lay, room, map);
    for (int b = 0; b < lay->bands; b++) {
        const ga_band band = lay->band[b];
        const int from = band.first > s->from ? band.first : s->from, end = band.first + band.rows,
                  to = end < s->to ? end : s->to;
        if (from >= to)
            continue;
        const float *p = ga_lay_row(lay, room, band.at, words),
                    *q = ga_lay_row(lay, room, band.at + 1, words);
        lay->isa->rungs(p, q, lay->y.share + from, to - from, lay->grid.W, &l->rungs[unit],
                        l->from + (size_t)from * (size_t)lay->grid.W, hist);
    }
    add_sets(l, unit, hist, held);
}

/* Where each pixel's histogram begins: neighbours take turns with the copies. */
static void place_pixels(ga_ladder *l)
{
    const ga_label_sets *s = &l->sets;
    const size_t W = (size_t)l->spec.grid.W;
    const uint32_t n = (uint32_t)entries_of(l->j);
    for (size_t i = (size_t)s->from * W; i < (size_t)s->to * W; i++)
        l->from[i] = (s->set_of[i] * GA_LAY_COPIES + (uint32_t)(i % GA_LAY_COPIES)) * n;
    for (int set = 0; set < s->n; set++)
        for (int i = 0; i < s->members[set]; i++)
            l->label[s->member[(size_t)set * (size_t)l->spec.planes + (size_t)i]] += s->pixels[set];
}

static ga_status fits(const ga_ladder *l, uint64_t images, ga_err *err)
{
    const uint64_t picture = (uint64_t)l->spec.grid.H * (uint64_t)l->spec.grid.W;
    if (images <= UINT32_MAX / picture && l->images + images <= UINT32_MAX / picture)
        return GA_OK;
    return ga_fail(err, GA_EINVAL, "%llu images of %llu pixels: a ladder counts up to %u pixels",
                   (unsigned long long)(l->images + images), (unsigned long long)picture,
                   UINT32_MAX);
}

ga_status ga_ladder_add(ga_ladder *l, const float *maps, const uint16_t *labels, ga_err *err)
{
    const ga_grid g = l->spec.grid;
    const size_t cells = (size_t)g.h * (size_t)g.w;
    ga_status status = fits(l, 1, err);
    if (status == GA_OK)
        status = ga_maps_check(l->lay->isa, maps, l->spec.units, cells, l->spec.threads, err);
    if (status == GA_OK)
        status = ga_labels_present(&l->spec, labels, l->present, err);
    if (status == GA_OK)
        status = blocks_for(l, l->present, err);
    if (status != GA_OK)
        return status;
    uint64_t held = 0;
    for (int c = 1; c < l->spec.labels; c++)
        if (l->present[c])
            held |= (uint64_t)1 << l->spec.category[c];
    for (int from = 0; from < g.H; from = l->sets.to) {
        ga_sets_make(&l->sets, &l->spec, labels, from);
        place_pixels(l);
#pragma omp parallel for num_threads(ga_team(l->spec.threads, 3.0 * l->spec.units * g.H * g.W))    \
    schedule(dynamic, 8)
        for (int u = 0; u < l->spec.units; u++)
            add_unit(l, u, maps + (size_t)u * cells, held, omp_get_thread_num());
    }
    l->images++;
    for (; held != 0; held &= held - 1)
        l->category_pixels[__builtin_ctzll(held)] += (uint64_t)g.H * (uint64_t)g.W;
    return GA_OK;
}

/* ---- tables -----------------------------------------------------------------------------------*/

static uint64_t sum_to(const uint32_t *count, int level)
{
    uint64_t n = 0;
    for (int i = 0; i <= level; i++)
        n += count[i];
    return n;
}

ga_table ga_ladder_table(const ga_ladder *l, int label, int unit, int level, ga_denominator of)
{
    const size_t j = (size_t)l->j, units = (size_t)l->spec.units, u = (size_t)unit;
    if (label < 1 || l->label[label] == 0)
        return (ga_table){0};
    const size_t k = l->spec.category[label];
    const ga_table_counts n = {sum_to(l->both[label] + u * j, level),
                               l->label[label],
                               sum_to(l->active + u * j, level),
                               sum_to(l->category_active + (k * units + u) * j, level),
                               l->category_pixels[k],
                               l->images * (uint64_t)l->spec.grid.H * (uint64_t)l->spec.grid.W};
    return ga_table_of(of, n);
}

/* ---- merging, saving --------------------------------------------------------------------------*/

enum { ARRAYS = 6 }; /* and one for each label that was seen, "both.7" */

static ga_stat_array stored(const ga_ladder *l, int i)
{
    const size_t units = (size_t)l->spec.units, labels = (size_t)l->spec.labels, j = (size_t)l->j,
                 categories = (size_t)l->spec.categories;
    const ga_stat_array all[ARRAYS] = {
        ga_stored("levels", GA_STAT_F32, units, j, 0, l->levels),
        ga_stored("images", GA_STAT_U64, 1, 0, 0, &l->images),
        ga_stored("label", GA_STAT_U64, labels, 0, 0, l->label),
        ga_stored("active", GA_STAT_U32, units, j, 0, l->active),
        ga_stored("category_active", GA_STAT_U32, categories, units, j, l->category_active),
        ga_stored("category_pixels", GA_STAT_U64, categories, 0, 0, l->category_pixels)};
    return all[i];
}

static ga_stat_array stored_label(const ga_ladder *l, int label, const uint32_t *data)
{
    char name[24];
    snprintf(name, sizeof name, "both.%d", label);
    return ga_stored(name, GA_STAT_U32, (size_t)l->spec.units, (size_t)l->j, 0, data);
}

bool ga_ladder_array(const ga_ladder *l, int i, ga_stat_array *out)
{
    if (i >= 0 && i < ARRAYS) {
        *out = stored(l, i);
        return true;
    }
    int left = i - ARRAYS;
    for (int c = 1; c < l->spec.labels && i >= 0; c++)
        if (l->label[c] != 0 && left-- == 0) {
            *out = stored_label(l, c, l->both[c]);
            return true;
        }
    return false;
}

static void add_counts(ga_ladder *l, const ga_ladder_counts *n)
{
    const size_t size = (size_t)l->spec.units * (size_t)l->j,
                 categories = (size_t)l->spec.categories;
    l->images += n->images;
    for (size_t i = 0; i < size; i++)
        l->active[i] += n->active[i];
    for (size_t i = 0; i < categories * size; i++)
        l->category_active[i] += n->category_active[i];
    for (size_t k = 0; k < categories; k++)
        l->category_pixels[k] += n->category_pixels[k];
    for (int c = 1; c < l->spec.labels; c++) {
        l->label[c] += n->label[c];
        for (size_t i = 0; i < size && n->label[c] != 0; i++)
            l->both[c][i] += n->both[c][i];
    }
}

ga_status ga_ladder_merge(ga_ladder *l, const ga_ladder *other, ga_err *err)
{
    if (!ga_spec_same(&l->spec, &other->spec) || l->j != other->j)
        return ga_fail(err, GA_EINVAL,
                       "ladders of other units, labels, grids or levels do not merge");
    const size_t size = (size_t)l->spec.units * (size_t)l->j;
    if (memcmp(l->levels, other->levels, size * sizeof *l->levels) != 0)
        return ga_fail(err, GA_EINVAL, "ladders of other levels do not merge");
    ga_status status = fits(l, other->images, err);
    for (int c = 0; c < l->spec.labels; c++)
        l->present[c] = other->label[c] != 0;
    if (status == GA_OK)
        status = blocks_for(l, l->present, err);
    if (status != GA_OK)
        return status;
    const ga_ladder_counts n = {other->images,          other->label,
                                other->active,          other->category_active,
                                other->category_pixels, (const uint32_t *const *)other->both};
    add_counts(l, &n);
    return GA_OK;
}

/* Is every histogram of J at most the other, step for step? A histogram's sum stays below 2^32. */
static bool no_more(const uint32_t *part, const uint32_t *whole, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (part[i] > whole[i])
            return false;
    return true;
}

static bool sums_fit(const uint32_t *count, size_t units, int j, uint64_t most)
{
    for (size_t u = 0; u < units; u++)
        if (sum_to(count + u * (size_t)j, j - 1) > most)
            return false;
    return true;
}

/* Names the array that contradicts the others, or NULL. */
static const char *contradiction(const ga_ladder *l, const ga_ladder_counts *n)
{
    const ga_tally_spec *s = &l->spec;
    const size_t units = (size_t)s->units, size = units * (size_t)l->j;
    const uint64_t picture = (uint64_t)s->grid.H * (uint64_t)s->grid.W;
    if (n->images > UINT32_MAX / picture)
        return "images";
    if (!sums_fit(n->active, units, l->j, n->images * picture))
        return "active";
    for (size_t k = 0; k < (size_t)s->categories; k++) {
        const uint32_t *of = n->category_active + k * size;
        if (n->category_pixels[k] > n->images * picture || n->category_pixels[k] % picture != 0)
            return "category_pixels";
        if (!no_more(of, n->active, size) || !sums_fit(of, units, l->j, n->category_pixels[k]))
            return "category_active";
    }
    for (int c = 0; c < s->labels; c++) {
        const size_t k = s->category[c];
        if (n->label[c] > (c == 0 ? 0 : n->category_pixels[k]))
            return "label";
        if (n->label[c] != 0 && (!no_more(n->both[c], n->category_active + k * size, size) ||
                                 !sums_fit(n->both[c], units, l->j, n->label[c])))
            return "both";
    }
    return NULL;
}

static ga_status find_counts(const ga_ladder *l, const ga_stat_array *arrays, int n,
                             const uint32_t **both, ga_ladder_counts *out, ga_err *err)
{
    const void *found[ARRAYS];
    for (int i = 0; i < ARRAYS; i++) {
        const ga_status status = ga_stored_find(arrays, n, stored(l, i), &found[i], err);
        if (status != GA_OK)
            return status;
    }
    const size_t size = (size_t)l->spec.units * (size_t)l->j;
    if (memcmp(found[0], l->levels, size * sizeof *l->levels) != 0)
        return ga_fail(err, GA_EDATA, "array 'levels' has other levels");
    *out = (ga_ladder_counts){
        *(const uint64_t *)found[1], found[2], found[3], found[4], found[5], both};
    for (int c = 1; c < l->spec.labels; c++) {
        const void *block = NULL;
        if (out->label[c] != 0) {
            const ga_status status = ga_stored_find(arrays, n, stored_label(l, c, NULL), &block,
                                                    err);
            if (status != GA_OK)
                return status;
        }
        both[c] = block;
    }
    return GA_OK;
}

ga_status ga_ladder_load(ga_ladder *l, const ga_stat_array *arrays, int n, ga_err *err)
{
    const size_t labels = (size_t)l->spec.labels, units = (size_t)l->spec.units,
                 size = units * (size_t)l->j, categories = (size_t)l->spec.categories;
    const uint32_t **both = ga_mem_new(labels, sizeof *both);
    ga_ladder_counts counts = {0};
    ga_status status = both == NULL ? ga_fail(err, GA_ENOMEM, "no memory for a ladder")
                                    : find_counts(l, arrays, n, both, &counts, err);
    const char *wrong = status == GA_OK ? contradiction(l, &counts) : NULL;
    if (wrong != NULL)
        status = ga_fail(err, GA_EDATA, "array '%s' contradicts the others", wrong);
    if (status == GA_OK) {
        for (size_t c = 0; c < labels; c++)
            l->present[c] = counts.label[c] != 0;
        status = blocks_for(l, l->present, err);
    }
    if (status == GA_OK) {
        l->images = 0;
        memset(l->label, 0, labels * sizeof *l->label);
        memset(l->active, 0, size * sizeof *l->active);
        memset(l->category_active, 0, categories * size * sizeof *l->category_active);
        memset(l->category_pixels, 0, categories * sizeof *l->category_pixels);
        for (size_t c = 1; c < labels; c++)
            if (l->both[c] != NULL)
                memset(l->both[c], 0, size * sizeof *l->both[c]);
        add_counts(l, &counts);
    }
    ga_mem_free(both);
    return status;
}
