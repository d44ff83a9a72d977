/* bootstrap.c - how much a finding's IoU would move with other images of the same kind.
 *
 * Images are resampled with replacement, all findings of a round on the same images; the interval
 * is that between the 2.5th and 97.5th percentile of the rounds (Efron 1979). Counts of an image go
 * in or out together, so that the dependence of neighbouring pixels does not narrow it. */
#include "base/alloc.h"
#include "base/rng.h"
#include "dissect/inner.h"
#include "ganatomy/stat.h"
#include <string.h>

/* ---- records ----------------------------------------------------------------------------------*/

void ga_records_free(ga_records *r)
{
    ga_mem_free(r->w);
    ga_mem_free(r->at);
    *r = (ga_records){0};
}

ga_status ga_records_add(ga_records *r, ga_tally_present p, int units, ga_err *err)
{
    const size_t n = (size_t)p.n, u = (size_t)units, need = 1 + 2 * n + n * u + u;
    if (r->images == r->room) {
        const int room = r->room > 0 ? 2 * r->room : 256;
        size_t *at = ga_mem_resize(r->at, (size_t)r->room, (size_t)room, sizeof *at);
        if (at == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for what %d images gave", room);
        r->at = at;
        r->room = room;
    }
    if (r->length + need > r->capacity) {
        const size_t more = r->capacity + r->capacity / 2,
                     capacity = more > r->length + need ? more : r->length + 16 * need;
        uint32_t *w = ga_mem_resize(r->w, r->capacity, capacity, sizeof *w);
        if (w == NULL)
            return ga_fail(err, GA_ENOMEM,
                           "no memory for what %d images gave (--bootstrap 0 needs none)",
                           r->images + 1);
        r->w = w;
        r->capacity = capacity;
    }
    uint32_t *w = r->w + r->length;
    r->at[r->images++] = r->length;
    r->length += need;
    *w++ = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        *w++ = p.which[i];
    memcpy(w, p.label, n * sizeof *w);
    memcpy(w + n, p.both, n * u * sizeof *w);
    memcpy(w + n + n * u, p.active, u * sizeof *w);
    return GA_OK;
}

ga_status ga_records_join(ga_records *r, const ga_records *other, ga_err *err)
{
    if (other->images == 0)
        return GA_OK;
    const int room = r->images + other->images;
    const size_t capacity = r->length + other->length;
    size_t *at = ga_mem_resize(r->at, (size_t)r->room, (size_t)room, sizeof *at);
    if (at == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for what %d images gave", room);
    r->at = at;
    r->room = room;
    uint32_t *w = ga_mem_resize(r->w, r->capacity, capacity, sizeof *w);
    if (w == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for what %d images gave", room);
    r->w = w;
    r->capacity = capacity;
    memcpy(w + r->length, other->w, other->length * sizeof *w);
    for (int i = 0; i < other->images; i++)
        at[r->images + i] = r->length + other->at[i];
    r->images = room;
    r->length = capacity;
    return GA_OK;
}

ga_tally_present ga_records_of(const ga_records *r, int i, int units, uint16_t *which)
{
    const uint32_t *w = r->w + r->at[i];
    const size_t n = *w, u = (size_t)units;
    for (size_t k = 0; k < n; k++)
        which[k] = (uint16_t)w[1 + k];
    return (ga_tally_present){.n = (int)n,
                              .which = which,
                              .label = w + 1 + n,
                              .both = w + 1 + 2 * n,
                              .active = w + 1 + 2 * n + n * u};
}

/* ---- rounds -----------------------------------------------------------------------------------*/

/* One number an image, of all images: what a finding adds to each part of its IoU. */
typedef struct columns {
    double *both, *either; /* (images): both; active where it counts + label - both */
} columns;

/* Of label c and unit u. */
static void fill(const ga_dissection *d, const ga_dissect_layer *l, int label, int unit,
                 uint16_t *which, columns to)
{
    const int units = l->dims.c, category = d->category[label];
    for (int i = 0; i < l->records.images; i++) {
        const ga_tally_present p = ga_records_of(&l->records, i, units, which);
        double both = 0, of_label = 0;
        bool counts = d->options.of == GA_OF_ALL;
        for (int k = 0; k < p.n; k++) {
            counts = counts || d->category[p.which[k]] == category;
            if (p.which[k] != label)
                continue;
            both = p.both[(size_t)k * (size_t)units + (size_t)unit];
            of_label = p.label[k];
        }
        to.both[i] = both;
        to.either[i] = (counts ? (double)p.active[unit] : 0) + of_label - both;
    }
}

/* times (rounds,images): how often each image is drawn in each round. */
static void draw(const ga_dissection *d, int images, uint8_t *times)
{
    for (int r = 0; r < d->options.bootstrap; r++) {
        ga_rng rng = ga_rng_of(d->options.seed, (uint64_t)r);
        uint8_t *row = times + (size_t)r * (size_t)images;
        for (int i = 0; i < images; i++) {
            uint8_t *t = &row[ga_rng_below(&rng, (uint32_t)images)];
            if (*t < UINT8_MAX) /* 255 times: less likely than a broken machine */
                (*t)++;
        }
    }
}

/* values (rounds) of one finding. Counts are whole and below 2^53, so that sums are exact. */
static void rounds(columns c, const uint8_t *times, int images, int rounds, float *values)
{
    for (int r = 0; r < rounds; r++) {
        const uint8_t *row = times + (size_t)r * (size_t)images;
        double both = 0, either = 0;
        for (int i = 0; i < images; i++) {
            both += row[i] * c.both[i];
            either += row[i] * c.either[i];
        }
        values[r] = either > 0 ? (float)(both / either) : 0;
    }
}

static ga_status intervals(const ga_dissection *d, ga_dissect_layer *l, columns c, uint8_t *times,
                           float *values, uint16_t *which, const ga_progress *progress, ga_err *err)
{
    static const double at[2] = {0.025, 0.975};
    const int images = l->records.images, n = d->options.bootstrap;
    ga_status status = GA_OK;
    for (int u = 0; u < l->dims.c && status == GA_OK; u++) {
        if (progress != NULL && progress->cancelled != NULL && progress->cancelled(progress->user))
            return ga_fail(err, GA_EINTERRUPTED, "interrupted");
        for (int k = 0; k < l->unit[u].n && status == GA_OK; k++) {
            ga_finding *f = &l->unit[u].finding[k];
            double ends[2];
            fill(d, l, f->label, u, which, c);
            rounds(c, times, images, n, values);
            status = ga_quantiles(values, (size_t)n, at, 2, ends, err);
            f->lo = ends[0];
            f->hi = ends[1];
        }
    }
    return status;
}

ga_status ga_dissect_bootstrap(const ga_dissection *d, ga_dissect_layer *l,
                               const ga_progress *progress, ga_err *err)
{
    const size_t images = (size_t)l->records.images, n = (size_t)d->options.bootstrap;
    const columns c = {ga_mem_new(images, sizeof(double)), ga_mem_new(images, sizeof(double))};
    uint8_t *times = ga_mem_new(n * images, 1);
    float *values = ga_mem_new(n, sizeof *values);
    uint16_t *which = ga_mem_new((size_t)d->labels, sizeof *which);
    ga_status status = GA_OK;
    if (c.both == NULL || c.either == NULL || times == NULL || values == NULL || which == NULL) {
        status = ga_fail(err, GA_ENOMEM, "no memory for %zu rounds of %zu images", n, images);
    } else {
        draw(d, (int)images, times);
        status = intervals(d, l, c, times, values, which, progress, err);
    }
    ga_mem_free(c.both);
    ga_mem_free(c.either);
    ga_mem_free(times);
    ga_mem_free(values);
    ga_mem_free(which);
    return status;
}
