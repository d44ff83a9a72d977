/* tally.c - pixels where a unit is active, by label. A unit's map becomes bits, band by band
 * (lay.h), which meet the bits of the labels (labels.h). */
#include "base/alloc.h"
#include "stat/label_planes.h"
#include "stat/stored.h"
#include "stat/table.h"
#include <math.h>
#include <omp.h>
#include <string.h>

struct ga_tally_image {
    int units, labels;
    size_t room; /* labels that it can hold */
    int n;
    uint16_t *which;  /* (L) */
    uint32_t *label;  /* (L) */
    uint32_t *both;   /* (L,U), the first n rows */
    uint32_t *active; /* (U) */
};

/* What a thread counts with. */
typedef struct desk {
    uint64_t *bits;   /* (rows of the largest band, words) */
    uint32_t *counts; /* (L) by place among those present */
} desk;

struct ga_tally {
    ga_tally_spec spec;
    ga_lay *lay;
    ga_mask_maker masks;
    desk *desk;            /* (threads) */
    ga_tally_image *image; /* of the image at hand */
    float *threshold;      /* (U) */
    uint64_t images;
    uint64_t *both;            /* (L,U) */
    uint64_t *label;           /* (L) */
    uint64_t *active;          /* (U) */
    uint64_t *category_active; /* (K,U) */
    uint64_t *category_pixels; /* (K) */
    uint64_t *label_images;    /* (L) */
};

/* ---- one image --------------------------------------------------------------------------------*/

/* Labels that one image can have. */
static size_t most_present(const ga_tally_spec *s)
{
    const size_t pixels = (size_t)s->grid.H * (size_t)s->grid.W * (size_t)s->planes,
                 labels = (size_t)s->labels - 1;
    return pixels < labels ? pixels : labels;
}

static size_t image_bytes(const ga_tally_spec *s)
{
    const size_t units = (size_t)s->units, n = most_present(s);
    return sizeof(ga_tally_image) + n * (sizeof(uint16_t) + sizeof(uint32_t)) +
           (n + 1) * units * sizeof(uint32_t);
}

size_t ga_tally_image_bytes(const ga_tally_spec *s)
{
    return ga_spec_check(s, NULL) == GA_OK ? image_bytes(s) : 0;
}

ga_status ga_tally_image_create(const ga_tally_spec *spec, ga_tally_image **out, ga_err *err)
{
    *out = NULL;
    const ga_status status = ga_spec_check(spec, err);
    if (status != GA_OK)
        return status;
    ga_tally_image *i = ga_mem_new(1, sizeof *i);
    if (i == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for an image's counts");
    const size_t units = (size_t)spec->units, n = most_present(spec);
    i->units = spec->units;
    i->labels = spec->labels;
    i->room = n;
    i->which = ga_mem_new(n, sizeof *i->which);
    i->label = ga_mem_new(n, sizeof *i->label);
    i->both = ga_mem_new(n * units, sizeof *i->both);
    i->active = ga_mem_new(units, sizeof *i->active);
    if (i->which == NULL || i->label == NULL || i->both == NULL || i->active == NULL) {
        ga_tally_image_free(i);
        return ga_fail(err, GA_ENOMEM, "no memory for an image's counts: %zu bytes",
                       image_bytes(spec));
    }
    *out = i;
    return GA_OK;
}

void ga_tally_image_free(ga_tally_image *i)
{
    if (i == NULL)
        return;
    ga_mem_free(i->which);
    ga_mem_free(i->label);
    ga_mem_free(i->both);
    ga_mem_free(i->active);
    ga_mem_free(i);
}

ga_tally_present ga_tally_image_of(const ga_tally_image *i)
{
    return (ga_tally_present){i->n, i->which, i->label, i->both, i->active};
}

/* ---- life -------------------------------------------------------------------------------------*/

/* No band has more rows than this: H pixels on h cells, at most two cells' worth. */
static size_t band_rows(const ga_lay *l)
{
    int most = 0;
    for (int b = 0; b < l->bands; b++)
        most = l->band[b].rows > most ? l->band[b].rows : most;
    return (size_t)most;
}

static size_t desk_bytes(const ga_tally_spec *s)
{
    const size_t words = ((size_t)s->grid.W + GA_LAY_WORD - 1) / GA_LAY_WORD;
    return sizeof(desk) + (size_t)s->grid.H * words * sizeof(uint64_t) +
           (size_t)s->labels * sizeof(uint32_t);
}

size_t ga_tally_bytes(const ga_tally_spec *s)
{
    if (ga_spec_check(s, NULL) != GA_OK)
        return 0;
    const size_t units = (size_t)s->units, labels = (size_t)s->labels,
                 categories = (size_t)s->categories;
    return sizeof(ga_tally) + labels + ga_lay_bytes(s->grid, s->threads) + ga_masks_bytes(s) +
           (size_t)s->threads * desk_bytes(s) + image_bytes(s) + units * sizeof(float) +
           ((labels + categories + 1) * units + 2 * labels + categories) * sizeof(uint64_t);
}

static ga_status desks_create(ga_tally *t, ga_err *err)
{
    const size_t bits = band_rows(t->lay) * (size_t)t->lay->words;
    t->desk = ga_mem_new((size_t)t->spec.threads, sizeof *t->desk);
    bool all = t->desk != NULL;
    for (int i = 0; i < t->spec.threads && all; i++) {
        t->desk[i].bits = ga_mem_new(bits, sizeof(uint64_t));
        t->desk[i].counts = ga_mem_new((size_t)t->spec.labels, sizeof(uint32_t));
        all = t->desk[i].bits != NULL && t->desk[i].counts != NULL;
    }
    return all ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory to count on %d threads", t->spec.threads);
}

static ga_status counts_create(ga_tally *t, ga_err *err)
{
    const size_t units = (size_t)t->spec.units, labels = (size_t)t->spec.labels,
                 categories = (size_t)t->spec.categories;
    t->threshold = ga_mem_new(units, sizeof *t->threshold);
    t->both = ga_mem_new(labels * units, sizeof *t->both);
    t->label = ga_mem_new(labels, sizeof *t->label);
    t->active = ga_mem_new(units, sizeof *t->active);
    t->category_active = ga_mem_new(categories * units, sizeof *t->category_active);
    t->category_pixels = ga_mem_new(categories, sizeof *t->category_pixels);
    t->label_images = ga_mem_new(labels, sizeof *t->label_images);
    if (t->threshold != NULL && t->both != NULL && t->label != NULL && t->active != NULL &&
        t->category_active != NULL && t->category_pixels != NULL && t->label_images != NULL)
        return GA_OK;
    return ga_fail(err, GA_ENOMEM, "no memory to count %d units against %d labels: %zu bytes",
                   t->spec.units, t->spec.labels, ga_tally_bytes(&t->spec));
}

ga_status ga_tally_create(const ga_tally_spec *spec, const float *threshold, ga_tally **out,
                          ga_err *err)
{
    *out = NULL;
    ga_status status = ga_spec_check(spec, err);
    if (status != GA_OK)
        return status;
    for (int u = 0; u < spec->units; u++)
        if (isnan(threshold[u]))
            return ga_fail(err, GA_EINVAL, "the threshold of unit %d is not a number", u);
    ga_tally *t = ga_mem_new(1, sizeof *t);
    if (t == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a tally");
    status = ga_spec_copy(spec, &t->spec, err);
    if (status == GA_OK)
        status = ga_lay_create(spec->grid, spec->threads, &t->lay, err);
    if (status == GA_OK)
        status = ga_masks_create(spec, &t->masks, err);
    if (status == GA_OK)
        status = ga_tally_image_create(spec, &t->image, err);
    if (status == GA_OK)
        status = desks_create(t, err);
    if (status == GA_OK)
        status = counts_create(t, err);
    if (status != GA_OK) {
        ga_tally_free(t);
        return status;
    }
    memcpy(t->threshold, threshold, (size_t)spec->units * sizeof *threshold);
    *out = t;
    return GA_OK;
}

void ga_tally_free(ga_tally *t)
{
    if (t == NULL)
        return;
    for (int i = 0; i < t->spec.threads && t->desk != NULL; i++) {
        ga_mem_free(t->desk[i].bits);
        ga_mem_free(t->desk[i].counts);
    }
    ga_mem_free(t->desk);
    ga_lay_free(t->lay);
    ga_masks_free(&t->masks);
    ga_tally_image_free(t->image);
    ga_spec_free(&t->spec);
    ga_mem_free(t->threshold);
    ga_mem_free(t->both);
    ga_mem_free(t->label);
    ga_mem_free(t->active);
    ga_mem_free(t->category_active);
    ga_mem_free(t->category_pixels);
    ga_mem_free(t->label_images);
    ga_mem_free(t);
}

/* ---- counting ---------------------------------------------------------------------------------*/

static void count_unit(ga_tally *t, int unit, const float *map, int thread)
{
    const ga_lay *l = t->lay;
    const ga_label_words *labels = &t->masks.out;
    ga_lay_room *room = &l->room[thread];
    const desk *d = &t->desk[thread];
    ga_tally_image *image = t->image;
    uint32_t active = 0;
    memset(d->counts, 0, (size_t)labels->n * sizeof *d->counts);
    ga_lay_take(l, room, map);
    ga_lay_reach(l, room, t->threshold[unit]);
    for (int b = 0; b < l->bands; b++) {
        const ga_band band = l->band[b];
        const uint32_t words = room->reach[band.at] | room->reach[band.at + 1];
        if (words == 0)
            continue;
        const float *p = ga_lay_row(l, room, band.at, words),
                    *q = ga_lay_row(l, room, band.at + 1, words);
        l->isa->above(p, q, l->y.share + band.first, band.rows, t->threshold[unit], words, l->words,
                      d->bits);
        active += l->isa->count(d->bits, labels, band.first, band.rows, words, d->counts);
    }
    image->active[unit] = active;
    for (int i = 0; i < labels->n; i++)
        image->both[(size_t)i * (size_t)t->spec.units + (size_t)unit] = d->counts[i];
}

static void add_rows(uint64_t *to, const uint32_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

static void add_image(ga_tally *t)
{
    const ga_tally_image *image = t->image;
    const size_t units = (size_t)t->spec.units;
    uint64_t held = 0; /* categories, bit k */
    t->images++;
    add_rows(t->active, image->active, units);
    for (int i = 0; i < image->n; i++) {
        const size_t c = image->which[i];
        add_rows(t->both + c * units, image->both + (size_t)i * units, units);
        t->label[c] += image->label[i];
        t->label_images[c]++;
        held |= (uint64_t)1 << t->spec.category[c];
    }
    for (; held != 0; held &= held - 1) {
        const size_t k = (size_t)__builtin_ctzll(held);
        add_rows(t->category_active + k * units, image->active, units);
        t->category_pixels[k] += (uint64_t)t->spec.grid.H * (uint64_t)t->spec.grid.W;
    }
}

static int team_for(const ga_tally *t)
{
    return ga_team(t->spec.threads, 0.03 * t->spec.units * t->spec.grid.H * t->spec.grid.W);
}

ga_status ga_tally_add(ga_tally *t, const float *maps, const uint16_t *labels,
                       ga_tally_image *image, ga_err *err)
{
    const size_t cells = (size_t)t->spec.grid.h * (size_t)t->spec.grid.w,
                 units = (size_t)t->spec.units;
    if (image != NULL && (image->units != t->spec.units || image->labels != t->spec.labels ||
                          image->room != t->image->room))
        return ga_fail(err, GA_EINVAL,
                       "an image's counts of %d units and %d labels: expected %d and %d, and the "
                       "same grid and planes",
                       image->units, image->labels, t->spec.units, t->spec.labels);
    const ga_status status = ga_masks_make(&t->masks, &t->spec, t->lay->isa, labels, err);
    if (status != GA_OK)
        return status;
    const ga_label_words *present = &t->masks.out;
    t->image->n = present->n;
    memcpy(t->image->which, present->which, (size_t)present->n * sizeof *present->which);
    memcpy(t->image->label, present->pixels, (size_t)present->n * sizeof *present->pixels);
    bool sound = true; /* counts go to the image first, so a bad map harms nothing */
#pragma omp parallel for num_threads(team_for(t)) schedule(dynamic, 16) reduction(&& : sound)
    for (int u = 0; u < t->spec.units; u++) {
        const float *map = maps + (size_t)u * cells;
        sound = sound && t->lay->isa->sound(map, cells);
        if (sound)
            count_unit(t, u, map, omp_get_thread_num());
    }
    if (!sound)
        return ga_maps_check(t->lay->isa, maps, t->spec.units, cells, 1, err);
    add_image(t);
    if (image != NULL) {
        const size_t n = (size_t)present->n;
        image->n = present->n;
        memcpy(image->which, t->image->which, n * sizeof *image->which);
        memcpy(image->label, t->image->label, n * sizeof *image->label);
        memcpy(image->both, t->image->both, n * units * sizeof *image->both);
        memcpy(image->active, t->image->active, units * sizeof *image->active);
    }
    return GA_OK;
}

ga_tally_counts ga_tally_counts_of(const ga_tally *t)
{
    return (ga_tally_counts){
        t->images,          t->both,        t->label, t->active, t->category_active,
        t->category_pixels, t->label_images};
}

ga_table ga_tally_table(const ga_tally *t, int label, int unit, ga_denominator of)
{
    const size_t units = (size_t)t->spec.units, c = (size_t)label, u = (size_t)unit;
    if (label < 1 || t->label[c] == 0)
        return (ga_table){0};
    const size_t k = t->spec.category[c];
    const uint64_t pixels = t->images * (uint64_t)t->spec.grid.H * (uint64_t)t->spec.grid.W;
    return ga_table_of(of, (ga_table_counts){t->both[c * units + u], t->label[c], t->active[u],
                                             t->category_active[k * units + u],
                                             t->category_pixels[k], pixels});
}

/* ---- merging, saving --------------------------------------------------------------------------*/

enum { ARRAYS = 8 };

static ga_stat_array stored(const ga_tally *t, int i)
{
    const size_t units = (size_t)t->spec.units, labels = (size_t)t->spec.labels,
                 categories = (size_t)t->spec.categories;
    const ga_stat_array all[ARRAYS] = {
        ga_stored("threshold", GA_STAT_F32, units, 0, 0, t->threshold),
        ga_stored("images", GA_STAT_U64, 1, 0, 0, &t->images),
        ga_stored("both", GA_STAT_U64, labels, units, 0, t->both),
        ga_stored("label", GA_STAT_U64, labels, 0, 0, t->label),
        ga_stored("active", GA_STAT_U64, units, 0, 0, t->active),
        ga_stored("category_active", GA_STAT_U64, categories, units, 0, t->category_active),
        ga_stored("category_pixels", GA_STAT_U64, categories, 0, 0, t->category_pixels),
        ga_stored("label_images", GA_STAT_U64, labels, 0, 0, t->label_images)};
    return all[i];
}

bool ga_tally_array(const ga_tally *t, int i, ga_stat_array *out)
{
    if (i < 0 || i >= ARRAYS)
        return false;
    *out = stored(t, i);
    return true;
}

static void add_counts(ga_tally *t, const ga_tally_counts *c)
{
    const size_t units = (size_t)t->spec.units, labels = (size_t)t->spec.labels,
                 categories = (size_t)t->spec.categories;
    t->images += c->images;
    for (size_t i = 0; i < labels * units; i++)
        t->both[i] += c->both[i];
    for (size_t i = 0; i < labels; i++) {
        t->label[i] += c->label[i];
        t->label_images[i] += c->label_images[i];
    }
    for (size_t i = 0; i < units; i++)
        t->active[i] += c->active[i];
    for (size_t i = 0; i < categories * units; i++)
        t->category_active[i] += c->category_active[i];
    for (size_t i = 0; i < categories; i++)
        t->category_pixels[i] += c->category_pixels[i];
}

ga_status ga_tally_merge(ga_tally *t, const ga_tally *other, ga_err *err)
{
    if (!ga_spec_same(&t->spec, &other->spec))
        return ga_fail(err, GA_EINVAL, "tallies of other units, labels or grids do not merge");
    if (memcmp(t->threshold, other->threshold, (size_t)t->spec.units * sizeof(float)) != 0)
        return ga_fail(err, GA_EINVAL, "tallies at other thresholds do not merge");
    const ga_tally_counts counts = ga_tally_counts_of(other);
    add_counts(t, &counts);
    return GA_OK;
}

/* Do they agree with each other? Names the one that does not, or NULL. */
static const char *contradiction(const ga_tally_spec *s, const ga_tally_counts *c)
{
    const size_t units = (size_t)s->units;
    const uint64_t picture = (uint64_t)s->grid.H * (uint64_t)s->grid.W;
    if (c->images > UINT64_MAX / 2 / picture)
        return "images";
    for (size_t u = 0; u < units; u++)
        if (c->active[u] > c->images * picture)
            return "active";
    for (size_t k = 0; k < (size_t)s->categories; k++) {
        if (c->category_pixels[k] > c->images * picture || c->category_pixels[k] % picture != 0)
            return "category_pixels";
        for (size_t u = 0; u < units; u++)
            if (c->category_active[k * units + u] > c->active[u] ||
                c->category_active[k * units + u] > c->category_pixels[k])
                return "category_active";
    }
    for (size_t i = 0; i < (size_t)s->labels; i++) {
        const size_t k = s->category[i];
        if ((i == 0 && c->label_images[i] != 0) || c->label_images[i] > c->images ||
            c->label_images[i] * picture > c->category_pixels[k])
            return "label_images";
        if (c->label[i] > c->label_images[i] * picture || c->label[i] < c->label_images[i])
            return "label";
        for (size_t u = 0; u < units; u++)
            if (c->both[i * units + u] > c->label[i] ||
                c->both[i * units + u] > c->category_active[k * units + u])
                return "both";
    }
    return NULL;
}

ga_status ga_tally_load(ga_tally *t, const ga_stat_array *arrays, int n, ga_err *err)
{
    const void *found[ARRAYS];
    for (int i = 0; i < ARRAYS; i++) {
        const ga_status status = ga_stored_find(arrays, n, stored(t, i), &found[i], err);
        if (status != GA_OK)
            return status;
    }
    if (memcmp(found[0], t->threshold, (size_t)t->spec.units * sizeof(float)) != 0)
        return ga_fail(err, GA_EDATA, "array 'threshold' has other thresholds");
    const ga_tally_counts counts = {
        *(const uint64_t *)found[1], found[2], found[3], found[4], found[5], found[6], found[7]};
    const char *wrong = contradiction(&t->spec, &counts);
    if (wrong != NULL)
        return ga_fail(err, GA_EDATA, "array '%s' contradicts the others", wrong);
    const size_t units = (size_t)t->spec.units, labels = (size_t)t->spec.labels,
                 categories = (size_t)t->spec.categories;
    t->images = 0;
    memset(t->both, 0, labels * units * sizeof *t->both);
    memset(t->label, 0, labels * sizeof *t->label);
    memset(t->active, 0, units * sizeof *t->active);
    memset(t->category_active, 0, categories * units * sizeof *t->category_active);
    memset(t->category_pixels, 0, categories * sizeof *t->category_pixels);
    memset(t->label_images, 0, labels * sizeof *t->label_images);
    add_counts(t, &counts);
    return GA_OK;
}
