/* covariance.c - how values of units go with labels. Cells are taken with their border (lay.h), and
 * as distances from the unit's `about`. */
#include "base/alloc.h"
#include "stat/label_planes.h"
#include "stat/stored.h"
#include "stat/wide.h"
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

enum {
    LANES = 8,  /* sums of a product, each over every eighth cell: the same on all machines */
    CHUNK = 16, /* labels whose weights are held at a time */
    SUM = 5,    /* limbs: distances to 2^124, of 2^20 pixels in 2^24 images, in units of 2^-144 */
    SUM_UNIT = -144,
    SQUARES = 10, /* their squares in units of 2^-340 */
    SQUARES_UNIT = -340,
    MOST_IMAGES = 1 << 24
};

/* What the pixels of an axis give a cell (with its border): each pixel 1 - s to one, s to the next.
 */
typedef struct weights {
    double *sum;    /* (cells + 2) */
    double *square; /* (cells + 2) sums of squares */
    double *next;   /* (cells + 2) of products with the weight of the next cell */
} weights;

struct ga_covariance {
    ga_tally_spec spec;
    ga_lay *lay;
    ga_mask_maker masks;
    weights x, y;
    int stride, cells; /* of a row of cells, of all of them in whole lanes */
    double *weight;    /* (CHUNK,cells) */
    double **distance; /* (threads) of (cells) */
    float *about;      /* (U) */
    uint64_t images;
    uint64_t *label;   /* (L) pixels */
    uint64_t *sum;     /* (U,SUM) */
    uint64_t *squares; /* (U,SQUARES) */
    uint64_t **with;   /* (L) of (U,SUM): sum over the label's pixels; NULL: never seen */
};

/* ---- life -------------------------------------------------------------------------------------*/

static size_t padded_cells(ga_grid g)
{
    const size_t n = ((size_t)g.h + 2) * ((size_t)g.w + 2);
    return (n + LANES - 1) / LANES * LANES;
}

size_t ga_covariance_bytes(const ga_tally_spec *s, int seen)
{
    if (ga_spec_check(s, NULL) != GA_OK || seen < 0 || seen >= s->labels)
        return 0;
    const size_t units = (size_t)s->units, labels = (size_t)s->labels,
                 axes = 3 * ((size_t)s->grid.h + (size_t)s->grid.w + 4);
    return sizeof(ga_covariance) + labels + ga_lay_bytes(s->grid, s->threads) + ga_masks_bytes(s) +
           (axes + ((size_t)s->threads + CHUNK) * padded_cells(s->grid)) * sizeof(double) +
           (size_t)s->threads * sizeof(double *) + units * sizeof(float) +
           labels * (sizeof(uint64_t) + sizeof(uint64_t *)) +
           (SUM + SQUARES + (size_t)seen * SUM) * units * sizeof(uint64_t);
}

static bool weights_create(weights *w, const ga_axis *a)
{
    const size_t n = (size_t)a->cells + 2;
    w->sum = ga_mem_new(n, sizeof *w->sum);
    w->square = ga_mem_new(n, sizeof *w->square);
    w->next = ga_mem_new(n, sizeof *w->next);
    if (w->sum == NULL || w->square == NULL || w->next == NULL)
        return false;
    for (int t = 0; t < a->pixels; t++) {
        const double s = (double)a->share[t], r = 1 - s;
        const int at = a->at[t];
        w->sum[at] += r;
        w->square[at] += r * r;
        w->next[at] += r * s;
        w->sum[at + 1] += s;
        w->square[at + 1] += s * s;
    }
    return true;
}

static void weights_free(weights *w)
{
    ga_mem_free(w->sum);
    ga_mem_free(w->square);
    ga_mem_free(w->next);
}

static bool take_memory(ga_covariance *c)
{
    const size_t units = (size_t)c->spec.units, labels = (size_t)c->spec.labels,
                 cells = (size_t)c->cells, threads = (size_t)c->spec.threads;
    c->weight = ga_mem_new(CHUNK * cells, sizeof *c->weight);
    c->about = ga_mem_new(units, sizeof *c->about);
    c->label = ga_mem_new(labels, sizeof *c->label);
    c->sum = ga_mem_new(units * SUM, sizeof *c->sum);
    c->squares = ga_mem_new(units * SQUARES, sizeof *c->squares);
    c->with = ga_mem_new(labels, sizeof *c->with);
    c->distance = ga_mem_new(threads, sizeof *c->distance);
    bool all = c->weight != NULL && c->about != NULL && c->label != NULL && c->sum != NULL &&
               c->squares != NULL && c->with != NULL && c->distance != NULL;
    for (size_t i = 0; i < threads && all; i++)
        all = (c->distance[i] = ga_mem_new(cells, sizeof(double))) != NULL;
    return all && weights_create(&c->x, &c->lay->x) && weights_create(&c->y, &c->lay->y);
}

ga_status ga_covariance_create(const ga_tally_spec *spec, const float *about, ga_covariance **out,
                               ga_err *err)
{
    *out = NULL;
    ga_status status = ga_spec_check(spec, err);
    for (int u = 0; u < spec->units && status == GA_OK; u++)
        if (!(fabsf(about[u]) <= 2 * GA_TALLY_MAX))
            status = ga_fail(err, GA_EINVAL, "unit %d is about %g, expected -2e37 to 2e37", u,
                             (double)about[u]);
    if (status != GA_OK)
        return status;
    ga_covariance *c = ga_mem_new(1, sizeof *c);
    if (c == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a covariance");
    status = ga_spec_copy(spec, &c->spec, err);
    if (status == GA_OK)
        status = ga_lay_create(spec->grid, spec->threads, &c->lay, err);
    if (status == GA_OK)
        status = ga_masks_create(spec, &c->masks, err);
    c->stride = spec->grid.w + 2;
    c->cells = (int)padded_cells(spec->grid);
    if (status == GA_OK && !take_memory(c))
        status = ga_fail(err, GA_ENOMEM,
                         "no memory for the covariance of %d units and %d labels: %zu bytes",
                         spec->units, spec->labels, ga_covariance_bytes(spec, 0));
    if (status != GA_OK) {
        ga_covariance_free(c);
        return status;
    }
    memcpy(c->about, about, (size_t)spec->units * sizeof *about);
    *out = c;
    return GA_OK;
}

void ga_covariance_free(ga_covariance *c)
{
    if (c == NULL)
        return;
    for (int i = 0; i < c->spec.threads && c->distance != NULL; i++)
        ga_mem_free(c->distance[i]);
    for (int i = 0; i < c->spec.labels && c->with != NULL; i++)
        ga_mem_free(c->with[i]);
    ga_mem_free(c->distance);
    ga_mem_free(c->with);
    weights_free(&c->x);
    weights_free(&c->y);
    ga_lay_free(c->lay);
    ga_masks_free(&c->masks);
    ga_spec_free(&c->spec);
    ga_mem_free(c->weight);
    ga_mem_free(c->about);
    ga_mem_free(c->label);
    ga_mem_free(c->sum);
    ga_mem_free(c->squares);
    ga_mem_free(c);
}

/* ---- one image --------------------------------------------------------------------------------*/

/* What the pixels of a word give the cells. */
static void add_word(const ga_covariance *c, int y, int word, uint64_t mask, double *weight)
{
    const ga_axis *ax = &c->lay->x, *ay = &c->lay->y;
    const double s = (double)ay->share[y];
    double *up = weight + (size_t)ay->at[y] * (size_t)c->stride, *down = up + c->stride;
    for (; mask != 0; mask &= mask - 1) {
        const int x = word * GA_LAY_WORD + __builtin_ctzll(mask), at = ax->at[x];
        const double second = (double)ax->share[x], first = 1 - second;
        up[at] += (1 - s) * first;
        up[at + 1] += (1 - s) * second;
        down[at] += s * first;
        down[at + 1] += s * second;
    }
}

/* weight, of the labels present from number `first` on. */
static void make_weights(ga_covariance *c, int first)
{
    const ga_label_words *l = &c->masks.out;
    memset(c->weight, 0, CHUNK * (size_t)c->cells * sizeof *c->weight);
    for (int y = 0; y < c->spec.grid.H; y++)
        for (int word = 0; word < l->words; word++) {
            const int i = y * l->words + word;
            for (uint32_t e = l->start[i]; e < l->start[i + 1]; e++) {
                const int at = l->slot[e] - first;
                if (at >= 0 && at < CHUNK)
                    add_word(c, y, word, l->mask[e], c->weight + (size_t)at * (size_t)c->cells);
            }
        }
}

static void make_distances(const ga_covariance *c, int unit, const float *map, int thread)
{
    ga_lay_room *room = &c->lay->room[thread];
    double *to = c->distance[thread];
    const int n = (c->spec.grid.h + 2) * c->stride;
    const double about = (double)c->about[unit];
    ga_lay_take(c->lay, room, map);
    for (int i = 0; i < n; i++)
        to[i] = (double)room->cells[i] - about;
}

static double product(const double *a, const double *b, int n)
{
    double lane[LANES] = {0};
    for (int i = 0; i < n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += a[i + k] * b[i + k];
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* Sums over all pixels of a unit's distances and of their squares. */
static void add_unit(ga_covariance *c, int unit, const double *d)
{
    const int h = c->spec.grid.h + 2, w = c->stride;
    const weights *x = &c->x, *y = &c->y;
    double sum = 0, squares = 0;
    for (int i = 0; i < h; i++) {
        const double *p = d + (size_t)i * (size_t)w, *q = i + 1 < h ? p + w : p;
        double row = 0, own = 0, both = 0; /* both: of a pixel's share of this row and the next */
        for (int j = 0; j < w; j++) {
            row += x->sum[j] * p[j];
            own += x->square[j] * p[j] * p[j];
            both += x->square[j] * p[j] * q[j];
        }
        for (int j = 0; j + 1 < w; j++) {
            own += 2 * x->next[j] * p[j] * p[j + 1];
            both += x->next[j] * (p[j] * q[j + 1] + p[j + 1] * q[j]);
        }
        sum += y->sum[i] * row;
        squares += y->square[i] * own + 2 * y->next[i] * both;
    }
    ga_wide_add(c->sum + (size_t)unit * SUM, SUM, SUM_UNIT, sum);
    ga_wide_add(c->squares + (size_t)unit * SQUARES, SQUARES, SQUARES_UNIT, fmax(squares, 0));
}

/* The labels present from `first` on. */
static void add_chunk(ga_covariance *c, const float *maps, int first)
{
    const ga_label_words *l = &c->masks.out;
    const int n = l->n - first < CHUNK ? l->n - first : CHUNK;
    const size_t count = (size_t)c->spec.grid.h * (size_t)c->spec.grid.w;
    if (n > 0)
        make_weights(c, first);
#pragma omp parallel for num_threads(                                                              \
    ga_team(c->spec.threads, 0.7 * (n + 4) * c->spec.units * c->cells)) schedule(static)
    for (int u = 0; u < c->spec.units; u++) {
        const int thread = omp_get_thread_num();
        const double *d = c->distance[thread];
        make_distances(c, u, maps + (size_t)u * count, thread);
        if (first == 0)
            add_unit(c, u, d);
        for (int i = 0; i < n; i++)
            ga_wide_add(c->with[l->which[first + i]] + (size_t)u * SUM, SUM, SUM_UNIT,
                        product(d, c->weight + (size_t)i * (size_t)c->cells, c->cells));
    }
}

static ga_status room_for(ga_covariance *c, int label, ga_err *err)
{
    if (c->with[label] == NULL)
        c->with[label] = ga_mem_new((size_t)c->spec.units * SUM, sizeof(uint64_t));
    return c->with[label] != NULL
               ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory for the covariance of %d units and label %d",
                         c->spec.units, label);
}

static ga_status rooms_for(ga_covariance *c, const uint64_t *label, ga_err *err)
{
    ga_status status = GA_OK;
    for (int l = 1; l < c->spec.labels && status == GA_OK; l++)
        if (label[l] != 0)
            status = room_for(c, l, err);
    return status;
}

static ga_status check_images(const ga_covariance *c, uint64_t more, ga_err *err)
{
    return c->images + more <= MOST_IMAGES
               ? GA_OK
               : ga_fail(err, GA_EINVAL, "a covariance of more than %d images", (int)MOST_IMAGES);
}

ga_status ga_covariance_add(ga_covariance *c, const float *maps, const uint16_t *labels,
                            ga_err *err)
{
    const ga_tally_spec *s = &c->spec;
    ga_status status = check_images(c, 1, err);
    if (status == GA_OK)
        status = ga_maps_check(c->lay->isa, maps, s->units, (size_t)s->grid.h * (size_t)s->grid.w,
                               s->threads, err);
    if (status == GA_OK)
        status = ga_masks_make(&c->masks, s, c->lay->isa, labels, err);
    const ga_label_words *l = &c->masks.out;
    for (int i = 0; status == GA_OK && i < l->n; i++)
        status = room_for(c, l->which[i], err);
    if (status != GA_OK)
        return status;
    for (int first = 0; first == 0 || first < l->n; first += CHUNK)
        add_chunk(c, maps, first);
    for (int i = 0; i < l->n; i++)
        c->label[l->which[i]] += l->pixels[i];
    c->images++;
    return GA_OK;
}

/* ---- what comes of it -------------------------------------------------------------------------*/

ga_joint ga_covariance_of(const ga_covariance *c, int label, int unit)
{
    const size_t u = (size_t)unit;
    const uint64_t all = c->images * (uint64_t)c->spec.grid.H * (uint64_t)c->spec.grid.W,
                   of = label > 0 ? c->label[label] : 0;
    const double n = (double)all;
    if (all == 0)
        return (ga_joint){0};
    const double mean = ga_wide_value(c->sum + u * SUM, SUM, SUM_UNIT) / n,
                 square = ga_wide_value(c->squares + u * SQUARES, SQUARES, SQUARES_UNIT) / n,
                 variance = square - mean * mean;
    ga_joint out = {.mean = mean + (double)c->about[u],
                    .variance = variance > 1e-12 * square ? variance : 0};
    if (of == 0 || of == all || !(out.variance > 0))
        return out;
    const double share = (double)of / n;
    out.covariance = ga_wide_value(c->with[label] + u * SUM, SUM, SUM_UNIT) / n - mean * share;
    out.correlation = out.covariance / (sqrt(out.variance) * sqrt(share * (1 - share)));
    out.correlation = fmin(fmax(out.correlation, -1), 1);
    return out;
}

/* ---- merging, saving --------------------------------------------------------------------------*/

enum { ABOUT, IMAGES, LABEL, TOTAL, SQUARED, ARRAYS }; /* then one a label that was seen */

static ga_stat_array stored(const ga_covariance *c, int i)
{
    const size_t units = (size_t)c->spec.units;
    const ga_stat_array all[ARRAYS] = {
        ga_stored("about", GA_STAT_F32, units, 0, 0, c->about),
        ga_stored("images", GA_STAT_U64, 1, 0, 0, &c->images),
        ga_stored("label", GA_STAT_U64, (size_t)c->spec.labels, 0, 0, c->label),
        ga_stored("sum", GA_STAT_U64, units, SUM, 0, c->sum),
        ga_stored("squares", GA_STAT_U64, units, SQUARES, 0, c->squares)};
    return all[i];
}

static ga_stat_array stored_label(const ga_covariance *c, int label, const uint64_t *with)
{
    char name[24];
    snprintf(name, sizeof name, "with%d", label);
    return ga_stored(name, GA_STAT_U64, (size_t)c->spec.units, SUM, 0, with);
}

bool ga_covariance_array(const ga_covariance *c, int i, ga_stat_array *out)
{
    if (i >= 0 && i < ARRAYS) {
        *out = stored(c, i);
        return true;
    }
    int left = i - ARRAYS;
    for (int l = 1; l < c->spec.labels && i >= 0; l++)
        if (c->label[l] != 0 && left-- == 0) {
            *out = stored_label(c, l, c->with[l]);
            return true;
        }
    return false;
}

/* All that can be added to a covariance. */
typedef struct sums {
    uint64_t images;
    const uint64_t *label, *sum, *squares;
    const uint64_t *const *with; /* (L), of labels with pixels */
} sums;

static ga_status add_sums(ga_covariance *c, const sums *n, ga_err *err)
{
    const size_t units = (size_t)c->spec.units;
    ga_status status = check_images(c, n->images, err);
    if (status == GA_OK)
        status = rooms_for(c, n->label, err);
    if (status != GA_OK)
        return status;
    c->images += n->images;
    for (size_t u = 0; u < units; u++) {
        ga_wide_merge(c->sum + u * SUM, n->sum + u * SUM, SUM);
        ga_wide_merge(c->squares + u * SQUARES, n->squares + u * SQUARES, SQUARES);
    }
    for (int l = 1; l < c->spec.labels; l++) {
        c->label[l] += n->label[l];
        for (size_t u = 0; u < units && n->label[l] != 0; u++)
            ga_wide_merge(c->with[l] + u * SUM, n->with[l] + u * SUM, SUM);
    }
    return GA_OK;
}

ga_status ga_covariance_merge(ga_covariance *c, const ga_covariance *other, ga_err *err)
{
    if (!ga_spec_same(&c->spec, &other->spec))
        return ga_fail(err, GA_EINVAL, "covariances of other units, labels or grids do not merge");
    if (memcmp(c->about, other->about, (size_t)c->spec.units * sizeof *c->about) != 0)
        return ga_fail(err, GA_EINVAL, "covariances about other values do not merge");
    const sums n = {other->images, other->label, other->sum, other->squares,
                    (const uint64_t *const *)other->with};
    return add_sums(c, &n, err);
}

/* May rows (U,SUM) be sums of so many pixels' distances? Rounded up a little. */
static bool sums_fit(const ga_covariance *c, const uint64_t *sum, uint64_t pixels)
{
    const double most = (1 + 1e-9) * (double)pixels * (4 * (double)GA_TALLY_MAX);
    for (size_t u = 0; u < (size_t)c->spec.units; u++)
        if (!(fabs(ga_wide_value(sum + u * SUM, SUM, SUM_UNIT)) <= most))
            return false;
    return true;
}

/* Names the array that contradicts the others, or NULL. */
static const char *contradiction(const ga_covariance *c, const sums *n)
{
    if (n->images > MOST_IMAGES)
        return "images";
    const uint64_t pixels = n->images * (uint64_t)c->spec.grid.H * (uint64_t)c->spec.grid.W;
    if (!sums_fit(c, n->sum, pixels))
        return "sum";
    const double most = 16 * (double)GA_TALLY_MAX * (double)GA_TALLY_MAX;
    for (size_t u = 0; u < (size_t)c->spec.units; u++) {
        const double s = ga_wide_value(n->squares + u * SQUARES, SQUARES, SQUARES_UNIT);
        if (!(s >= 0 && s <= (1 + 1e-9) * (double)pixels * most))
            return "squares";
    }
    for (int l = 0; l < c->spec.labels; l++) {
        if (n->label[l] > (l == 0 ? 0 : pixels))
            return "label";
        if (n->label[l] != 0 && !sums_fit(c, n->with[l], n->label[l]))
            return "with";
    }
    return NULL;
}

static ga_status find_sums(const ga_covariance *c, const ga_stat_array *arrays, int n,
                           const uint64_t **with, sums *out, ga_err *err)
{
    const void *found[ARRAYS];
    for (int i = 0; i < ARRAYS; i++) {
        const ga_status status = ga_stored_find(arrays, n, stored(c, i), &found[i], err);
        if (status != GA_OK)
            return status;
    }
    if (memcmp(found[ABOUT], c->about, (size_t)c->spec.units * sizeof *c->about) != 0)
        return ga_fail(err, GA_EDATA, "array 'about' has other values");
    *out = (sums){*(const uint64_t *)found[IMAGES], found[LABEL], found[TOTAL], found[SQUARED],
                  with};
    for (int l = 1; l < c->spec.labels; l++) {
        const void *rows = NULL;
        if (out->label[l] != 0) {
            const ga_status status = ga_stored_find(arrays, n, stored_label(c, l, NULL), &rows,
                                                    err);
            if (status != GA_OK)
                return status;
        }
        with[l] = rows;
    }
    return GA_OK;
}

static void forget(ga_covariance *c)
{
    const size_t units = (size_t)c->spec.units, labels = (size_t)c->spec.labels;
    c->images = 0;
    memset(c->label, 0, labels * sizeof *c->label);
    memset(c->sum, 0, units * SUM * sizeof *c->sum);
    memset(c->squares, 0, units * SQUARES * sizeof *c->squares);
    for (size_t l = 0; l < labels; l++)
        if (c->with[l] != NULL)
            memset(c->with[l], 0, units * SUM * sizeof *c->with[l]);
}

ga_status ga_covariance_load(ga_covariance *c, const ga_stat_array *arrays, int n, ga_err *err)
{
    const uint64_t **with = ga_mem_new((size_t)c->spec.labels, sizeof *with);
    sums all = {0};
    ga_status status = with == NULL ? ga_fail(err, GA_ENOMEM, "no memory for a covariance")
                                    : find_sums(c, arrays, n, with, &all, err);
    const char *wrong = status == GA_OK ? contradiction(c, &all) : NULL;
    if (wrong != NULL)
        status = ga_fail(err, GA_EDATA, "array '%s' contradicts the others", wrong);
    if (status == GA_OK)
        status = rooms_for(c, all.label, err);
    if (status == GA_OK) {
        forget(c);
        status = add_sums(c, &all, err);
    }
    ga_mem_free(with);
    return status;
}
