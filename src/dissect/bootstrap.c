/* bootstrap.c - how much a finding's IoU would move with other images of the same kind.
 *
 * Images are resampled with replacement, all findings of a round on the same images; the interval
 * is that between the 2.5th and 97.5th percentile of the rounds (Efron 1979). Counts of an image go
 * in or out together, so that the dependence of neighbouring pixels does not narrow it.
 *
 * Findings go in groups: a group has its numbers of all images side by side in memory, as many as
 * fit, and reads the records once. Sums are whole numbers, so that groups do not show. */
#include "base/alloc.h"
#include "dissect/inner.h"
#include "ganatomy/stat.h"

enum {
    ROUNDS_AT_ONCE = 64, /* between two looks at whether to stop */
    LEAST_GROUP = 32     /* findings: fewer would read what images gave too often */
};

typedef struct place {
    int unit, k; /* finding k of the unit */
} place;

typedef struct group {
    const ga_dissection *d;
    ga_dissect_layer *l;
    size_t images, rounds;
    place *place;            /* (n) */
    int n;                   /* findings at hand */
    uint32_t *both, *either; /* (n,images): what a finding adds to each part of its IoU, above and
                                below the line */
    float *values;           /* (n,rounds) */
    /* of the image at hand */
    uint16_t *which; /* (L) */
    int *at;         /* (L) where a label stands among those present, or -1 */
} group;

static size_t bytes_of_finding(size_t images, size_t rounds)
{
    return sizeof(place) + 2 * images * sizeof(uint32_t) + rounds * sizeof(float);
}

static size_t bytes_beside(size_t images, size_t labels, size_t threads)
{
    return threads * images + labels * (sizeof(uint16_t) + sizeof(int));
}

size_t ga_bootstrap_least(const ga_dissection *d)
{
    const size_t images = (size_t)d->options.size, rounds = (size_t)d->options.bootstrap;
    return rounds == 0 ? 0
                       : LEAST_GROUP * bytes_of_finding(images, rounds) +
                             bytes_beside(images, (size_t)d->labels, (size_t)d->options.threads);
}

/* ---- what findings are made of ----------------------------------------------------------------*/

/* Image i, for all findings at hand. */
static void add_image(const group *g, ga_tally_present p, size_t i)
{
    const ga_dissection *d = g->d;
    const size_t units = (size_t)g->l->dims.c;
    uint64_t held = 0; /* categories that the image has labels of */
    for (int k = 0; k < p.n; k++) {
        g->at[p.which[k]] = k;
        held |= UINT64_C(1) << d->category[p.which[k]];
    }
    for (int f = 0; f < g->n; f++) {
        const size_t unit = (size_t)g->place[f].unit, to = (size_t)f * g->images + i;
        const int label = g->l->unit[unit].finding[g->place[f].k].label, at = g->at[label];
        const bool counts = d->options.of == GA_OF_ALL || (held >> d->category[label] & 1) != 0;
        g->both[to] = at >= 0 ? p.both[(size_t)at * units + unit] : 0;
        g->either[to] = (counts ? p.active[unit] : 0) + (at >= 0 ? p.label[at] : 0) - g->both[to];
    }
    for (int k = 0; k < p.n; k++)
        g->at[p.which[k]] = -1;
}

static void fill(const group *g)
{
    const ga_records *r = &g->l->records;
    ga_tally_present p;
    size_t i = 0;
    for (size_t at = 0; ga_records_next(r, &at, g->which, &p); i++) {
        add_image(g, p, i);
        if (i % 1024 == 1023)
            ga_records_rest(r);
    }
    ga_records_rest(r);
}

/* ---- rounds -----------------------------------------------------------------------------------*/

static ga_status run_rounds(const group *g, const ga_progress *progress, ga_err *err)
{
    const ga_ratios ratios = {g->both, g->either, (size_t)g->n, (uint32_t)g->images};
    const ga_dissect_options *o = &g->d->options;
    ga_status status = GA_OK;
    for (int from = 0; from < o->bootstrap && status == GA_OK; from += ROUNDS_AT_ONCE) {
        const int to = from + ROUNDS_AT_ONCE < o->bootstrap ? from + ROUNDS_AT_ONCE : o->bootstrap;
        if (progress != NULL && progress->cancelled != NULL && progress->cancelled(progress->user))
            return ga_fail(err, GA_EINTERRUPTED, "interrupted");
        status = ga_resampled_ratios(ratios, o->seed, from, to, o->bootstrap, o->threads, g->values,
                                     err);
    }
    return status;
}

/* ---- findings ---------------------------------------------------------------------------------*/

static ga_status run_group(const group *g, const ga_progress *progress, ga_err *err)
{
    static const double at[2] = {0.025, 0.975};
    fill(g);
    ga_status status = run_rounds(g, progress, err);
    for (int f = 0; f < g->n && status == GA_OK; f++) {
        ga_finding *to = &g->l->unit[g->place[f].unit].finding[g->place[f].k];
        double ends[2] = {0, 0};
        status = ga_quantiles(g->values + (size_t)f * g->rounds, g->rounds, at, 2, ends, err);
        to->lo = ends[0];
        to->hi = ends[1];
    }
    return status;
}

/* All findings, `most` at a time. */
static ga_status run_groups(group *g, int most, const ga_progress *progress, ga_err *err)
{
    ga_status status = GA_OK;
    for (int u = 0; u < g->l->dims.c && status == GA_OK; u++)
        for (int k = 0; k < g->l->unit[u].n && status == GA_OK; k++) {
            g->place[g->n++] = (place){u, k};
            if (g->n == most) {
                status = run_group(g, progress, err);
                g->n = 0;
            }
        }
    return status == GA_OK && g->n > 0 ? run_group(g, progress, err) : status;
}

static size_t count_findings(const ga_dissect_layer *l)
{
    size_t n = 0;
    for (int u = 0; u < l->dims.c; u++)
        n += (size_t)l->unit[u].n;
    return n;
}

static bool take_memory(group *g, size_t most, size_t labels)
{
    g->place = ga_mem_new(most, sizeof *g->place);
    g->both = ga_mem_new(most * g->images, sizeof *g->both);
    g->either = ga_mem_new(most * g->images, sizeof *g->either);
    g->values = ga_mem_new(most * g->rounds, sizeof *g->values);
    g->which = ga_mem_new(labels, sizeof *g->which);
    g->at = ga_mem_new(labels, sizeof *g->at);
    for (size_t c = 0; c < labels && g->at != NULL; c++)
        g->at[c] = -1;
    return g->place != NULL && g->both != NULL && g->either != NULL && g->values != NULL &&
           g->which != NULL && g->at != NULL;
}

static const size_t most_room = (size_t)64 << 20; /* more would make nothing faster */

ga_status ga_dissect_bootstrap(const ga_dissection *d, ga_dissect_layer *l,
                               const ga_progress *progress, ga_err *err)
{
    group g = {.d = d,
               .l = l,
               .images = (size_t)l->records.images,
               .rounds = (size_t)d->options.bootstrap};
    const size_t labels = (size_t)d->labels, all = count_findings(l),
                 each = bytes_of_finding(g.images, g.rounds),
                 room = d->spare < most_room ? d->spare : most_room, fit = room / each,
                 most = fit == 0    ? 1
                        : fit < all ? fit
                                    : all;
    ga_status status = GA_OK;
    if (all == 0)
        return GA_OK;
    if (take_memory(&g, most, labels))
        status = run_groups(&g, (int)most, progress, err);
    else
        status = ga_fail(err, GA_ENOMEM, "no memory for %zu rounds of %zu images", g.rounds,
                         g.images);
    ga_mem_free(g.place);
    ga_mem_free(g.both);
    ga_mem_free(g.either);
    ga_mem_free(g.values);
    ga_mem_free(g.which);
    ga_mem_free(g.at);
    return status;
}
