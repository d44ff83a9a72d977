/* worker_stat.c - 512 units of 16x16 cells against 11 of 336 labels in three planes, as GAN
 * Dissection has them at layer4 of a 256x256 generator. counts     one image of 256x256 pixels:
 * pixels where each unit is active, by label iqr        one image of 128x128: both passes that
 * thresholds of the IQR rule take, levels and the ladder of 100 levels quantiles  100 images: the
 * 0.5 % largest cells of each unit of 1,000 images, and top images */
#include "worker_stat.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "ganatomy/tally.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 2, UNITS = 512, SIDE = 16, CELLS = SIDE * SIDE, LABELS = 336, PLANES = 3 };
enum { IMAGES = 8, BATCH = 100, SAMPLE = 1000, TOP = 20 };

static void must(ga_status s, const ga_err *err)
{
    if (s == GA_OK)
        return;
    fprintf(stderr, "bench worker: %s\n", err->text);
    exit(1);
}

static float *random_maps(int images)
{
    ga_rng rng = ga_rng_of(5, 0);
    const size_t n = (size_t)images * UNITS * CELLS;
    float *maps = ga_mem_new(n, sizeof *maps);
    for (size_t i = 0; i < n; i++)
        maps[i] = (float)ga_rng_normal(&rng);
    return maps;
}

/* Six objects with wavy borders, three parts in the middle, two materials. */
static uint16_t *wavy_labels(int side)
{
    uint16_t *l = ga_mem_new((size_t)(PLANES * side * side), sizeof *l);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            const double wave = 0.05 * side * sin(12.0 * (x + y) / side);
            const double v = fmin(fmax(y + wave, 0), side - 1),
                         h = fmin(fmax(x + wave, 0), side - 1);
            const int row = (int)(2 * v / side), column = (int)(3 * h / side);
            uint16_t *p = l + y * side + x;
            p[0] = (uint16_t)(1 + 3 * row + column);
            p[side * side] = (uint16_t)(v > side / 4.0 && v < side * 3 / 4.0 ? 101 + column : 0);
            p[2 * side * side] = (uint16_t)(201 + row);
        }
    return l;
}

static ga_tally_spec spec_of(int side)
{
    static uint8_t category[LABELS];
    for (int c = 0; c < LABELS; c++)
        category[c] = (uint8_t)(c / 100 % 3);
    return (ga_tally_spec){
        UNITS, LABELS, category, 3, PLANES, {SIDE, SIDE, side, side, GA_LIE_CLAMP}, THREADS};
}

/* ---- counts
 * ------------------------------------------------------------------------------------*/

typedef struct counting {
    ga_tally *tally;
    float *maps;
    uint16_t *labels;
    int next;
} counting;

void *make_counts(const char *name)
{
    (void)name;
    ga_err err = {0};
    counting *s = ga_mem_new(1, sizeof *s);
    const ga_tally_spec spec = spec_of(256);
    float threshold[UNITS];
    s->maps = random_maps(IMAGES);
    s->labels = wavy_labels(256);
    for (int u = 0; u < UNITS; u++)
        threshold[u] = 2.326f; /* 1 % of the cells are above, as in the 2020 programme */
    must(ga_tally_create(&spec, threshold, &s->tally, &err), &err);
    return s;
}

void once_counts(void *state)
{
    ga_err err = {0};
    counting *s = state;
    const float *maps = s->maps + (size_t)(s->next++ % IMAGES) * UNITS * CELLS;
    must(ga_tally_add(s->tally, maps, s->labels, NULL, &err), &err);
}

/* ---- iqr
 * ---------------------------------------------------------------------------------------*/

typedef struct climbing {
    ga_levels *levels;
    ga_ladder *ladder;
    float *maps;
    uint16_t *labels;
    int next;
} climbing;

void *make_iqr(const char *name)
{
    (void)name;
    ga_err err = {0};
    climbing *s = ga_mem_new(1, sizeof *s);
    const ga_tally_spec spec = spec_of(128);
    double share[GA_IQR_LEVELS];
    float *levels = ga_mem_new((size_t)UNITS * GA_IQR_LEVELS, sizeof *levels);
    s->maps = random_maps(IMAGES);
    s->labels = wavy_labels(128);
    must(ga_levels_create(UNITS, spec.grid, THREADS, &s->levels, &err), &err);
    for (int i = 0; i < IMAGES; i++)
        must(ga_levels_add(s->levels, s->maps + (size_t)i * UNITS * CELLS, &err), &err);
    ga_iqr_shares(share);
    must(ga_levels_at(s->levels, share, GA_IQR_LEVELS, levels, NULL, &err), &err);
    must(ga_ladder_create(&spec, levels, GA_IQR_LEVELS, &s->ladder, &err), &err);
    ga_mem_free(levels);
    return s;
}

void once_iqr(void *state)
{
    ga_err err = {0};
    climbing *s = state;
    const float *maps = s->maps + (size_t)(s->next++ % IMAGES) * UNITS * CELLS;
    must(ga_levels_add(s->levels, maps, &err), &err);
    must(ga_ladder_add(s->ladder, maps, s->labels, &err), &err);
}

/* ---- quantiles
 * ---------------------------------------------------------------------------------*/

typedef struct tailing {
    ga_tail *tail;
    ga_top *top;
    float *maps;
    int seen;
} tailing;

void *make_quantiles(const char *name)
{
    (void)name;
    tailing *s = ga_mem_new(1, sizeof *s);
    s->maps = random_maps(BATCH);
    return s;
}

void once_quantiles(void *state)
{
    ga_err err = {0};
    tailing *s = state;
    if (s->seen % SAMPLE == 0) { /* the next dissection */
        const ga_tail_spec spec = {UNITS, (uint64_t)SAMPLE * CELLS, 0.005, NULL, THREADS};
        ga_tail_free(s->tail);
        ga_top_free(s->top);
        must(ga_tail_create(&spec, &s->tail, &err), &err);
        must(ga_top_create(UNITS, TOP, &s->top, &err), &err);
    }
    for (int i = 0; i < BATCH; i++, s->seen++) {
        float most[UNITS];
        const float *maps = s->maps + (size_t)i * UNITS * CELLS;
        must(ga_tail_add(s->tail, maps, CELLS, &err), &err);
        ga_map_maxima(maps, UNITS, CELLS, most);
        must(ga_top_add(s->top, (uint32_t)(s->seen % SAMPLE), most, &err), &err);
    }
}
