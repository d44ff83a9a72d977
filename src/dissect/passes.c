/* passes.c - what is added up of every image, in which order. */
#include "dissect/passes.h"
#include "base/alloc.h"
#include "dissect/state.h"

static const float *maps_of(const ga_dissection *d, ga_look at)
{
    return at.block->activation[at.layer] + (size_t)at.at * ga_dims_count(d->layer[at.layer].dims);
}

static const uint16_t *labels_of(const ga_dissection *d, ga_look at, int image)
{
    const ga_grid g = d->layer[at.layer].spec.grid;
    return at.block->maps + (size_t)image * (size_t)d->planes * (size_t)g.H * (size_t)g.W;
}

/* ---- levels -----------------------------------------------------------------------------------*/

static size_t bytes_of_levels(const ga_dissect_layer *l)
{
    return (size_t)l->dims.c * GA_IQR_LEVELS * sizeof *l->level;
}

static size_t need_levels(const ga_dissection *d, const ga_dissect_layer *l, int seen)
{
    (void)seen;
    return ga_levels_bytes(l->dims.c, l->spec.grid, d->options.threads) + bytes_of_levels(l);
}

static ga_status begin_levels(const ga_dissection *d, ga_dissect_layer *l, ga_err *err)
{
    return ga_levels_create(l->dims.c, l->spec.grid, d->options.threads, &l->levels, err);
}

static ga_status add_levels(const ga_dissection *d, ga_dissect_layer *l, ga_look at, ga_err *err)
{
    return ga_levels_add(l->levels, maps_of(d, at), err);
}

static ga_status merge_levels(ga_dissect_layer *l, const ga_dissect_layer *other, ga_err *err)
{
    return ga_levels_merge(l->levels, other->levels, err);
}

static ga_status end_levels(const ga_dissection *d, ga_dissect_layer *l, ga_err *err)
{
    (void)d;
    double share[GA_IQR_LEVELS];
    ga_iqr_shares(share);
    l->level = ga_mem_new((size_t)l->dims.c * GA_IQR_LEVELS, sizeof *l->level);
    if (l->level == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the levels of %d units", l->dims.c);
    const ga_status status = ga_levels_at(l->levels, share, GA_IQR_LEVELS, l->level, NULL, err);
    ga_levels_free(l->levels);
    l->levels = NULL;
    return status;
}

/* ---- ladder -----------------------------------------------------------------------------------*/

/* And once more as numbers, while they are written. */
static size_t bytes_of_picks(const ga_dissection *d, const ga_dissect_layer *l)
{
    return ((size_t)d->labels + 1) * (size_t)l->dims.c * (sizeof(ga_iqr_pick) + GA_PICK_BYTES);
}

static size_t need_ladder(const ga_dissection *d, const ga_dissect_layer *l, int seen)
{
    return bytes_of_levels(l) + ga_ladder_bytes(&l->spec, GA_IQR_LEVELS, seen) +
           bytes_of_picks(d, l);
}

static ga_status begin_ladder(const ga_dissection *d, ga_dissect_layer *l, ga_err *err)
{
    (void)d;
    return ga_ladder_create(&l->spec, l->level, GA_IQR_LEVELS, &l->ladder, err);
}

static ga_status add_ladder(const ga_dissection *d, ga_dissect_layer *l, ga_look at, ga_err *err)
{
    return ga_ladder_add(l->ladder, maps_of(d, at), labels_of(d, at, at.at), err);
}

static ga_status merge_ladder(ga_dissect_layer *l, const ga_dissect_layer *other, ga_err *err)
{
    return ga_ladder_merge(l->ladder, other->ladder, err);
}

static ga_status end_ladder(const ga_dissection *d, ga_dissect_layer *l, ga_err *err)
{
    const size_t units = (size_t)l->dims.c;
    l->pick = ga_mem_new(units, sizeof *l->pick);
    l->best = ga_mem_new((size_t)d->labels * units, sizeof *l->best);
    if (l->pick == NULL || l->best == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the choices of %d units", l->dims.c);
    const ga_status status = ga_ladder_pick(l->ladder, GA_IQR_RULES_2018, l->pick, l->best, err);
    for (size_t u = 0; u < units && status == GA_OK; u++)
        l->threshold[u] = l->pick[u].level;
    ga_ladder_free(l->ladder);
    l->ladder = NULL;
    return status;
}

/* ---- tail -------------------------------------------------------------------------------------*/

static bool is_laid(const ga_dissection *d)
{
    return d->options.rule == GA_RULE_LAID_SHARE;
}

static ga_tail_spec spec_of_tail(const ga_dissection *d, const ga_dissect_layer *l)
{
    const ga_grid g = l->spec.grid;
    const uint64_t cells = (uint64_t)g.h * (uint64_t)g.w, pixels = (uint64_t)g.H * (uint64_t)g.W;
    const uint64_t images = (uint64_t)d->options.size;
    return (ga_tail_spec){.units = l->dims.c,
                          .values = (is_laid(d) ? pixels : cells) * images,
                          .share = d->options.share,
                          .grid = is_laid(d) ? &l->spec.grid : NULL,
                          .threads = d->options.threads};
}

static size_t need_tail(const ga_dissection *d, const ga_dissect_layer *l, int seen)
{
    (void)seen;
    const ga_tail_spec spec = spec_of_tail(d, l);
    return ga_tail_bytes(&spec);
}

static ga_status begin_tail(const ga_dissection *d, ga_dissect_layer *l, ga_err *err)
{
    const ga_tail_spec spec = spec_of_tail(d, l);
    return ga_tail_create(&spec, &l->tail, err);
}

static ga_status add_tail(const ga_dissection *d, ga_dissect_layer *l, ga_look at, ga_err *err)
{
    return ga_tail_add(l->tail, maps_of(d, at), (size_t)l->dims.h * (size_t)l->dims.w, err);
}

static ga_status merge_tail(ga_dissect_layer *l, const ga_dissect_layer *other, ga_err *err)
{
    return ga_tail_merge(l->tail, other->tail, err);
}

static ga_status end_tail(const ga_dissection *d, ga_dissect_layer *l, ga_err *err)
{
    const ga_status status = ga_tail_quantile(l->tail, d->options.share, l->threshold, err);
    ga_tail_free(l->tail);
    l->tail = NULL;
    return status;
}

/* ---- tally ------------------------------------------------------------------------------------*/

/* What judging takes beside the counts. */
static size_t bytes_of_judging(const ga_dissection *d, const ga_dissect_layer *l)
{
    return (size_t)d->options.shuffles * (size_t)l->dims.c * sizeof(float) +
           (size_t)d->labels * (sizeof(double) + sizeof(bool));
}

static size_t need_tally(const ga_dissection *d, const ga_dissect_layer *l, int seen)
{
    const ga_dissect_options *o = &d->options;
    const size_t units = (size_t)l->dims.c, tallies = 1 + (size_t)o->shuffles;
    size_t bytes = tallies * ga_tally_bytes(&l->spec) + ga_top_bytes(l->dims.c, o->examples) +
                   units * sizeof *l->maxima + bytes_of_judging(d, l);
    if (o->covariance)
        bytes += ga_covariance_bytes(&l->spec, seen);
    if (o->bootstrap > 0)
        bytes += ga_tally_image_bytes(&l->spec);
    if (o->rule == GA_RULE_IQR)
        bytes += bytes_of_levels(l) + bytes_of_picks(d, l);
    return bytes;
}

static ga_status begin_tally(const ga_dissection *d, ga_dissect_layer *l, ga_err *err)
{
    l->records.units = l->dims.c;
    l->records.memory = d->record_memory;
    l->records.folder = d->folder;
    ga_status status = ga_tally_create(&l->spec, l->threshold, &l->tally, err);
    for (int s = 0; s < d->options.shuffles && status == GA_OK; s++)
        status = ga_tally_create(&l->spec, l->threshold, &l->chance[s], err);
    if (status == GA_OK && d->options.covariance)
        status = ga_covariance_create(&l->spec, l->threshold, &l->covariance, err);
    if (status == GA_OK && d->options.bootstrap > 0)
        status = ga_tally_image_create(&l->spec, &l->image, err);
    if (status == GA_OK)
        status = ga_top_create(l->dims.c, d->options.examples, &l->top, err);
    if (status != GA_OK)
        return status;
    l->maxima = ga_mem_new((size_t)l->dims.c, sizeof *l->maxima);
    return l->maxima != NULL
               ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory for the maxima of %d units", l->dims.c);
}

/* Baseline: the same maps against the labels of the images behind this one in its block. */
static ga_status add_chance(const ga_dissection *d, ga_dissect_layer *l, ga_look at, ga_err *err)
{
    const int n = at.block->n;
    ga_status status = GA_OK;
    for (int s = 0; s < d->options.shuffles && status == GA_OK; s++)
        if ((s + 1) % n != 0)
            status = ga_tally_add(l->chance[s], maps_of(d, at),
                                  labels_of(d, at, (at.at + s + 1) % n), NULL, err);
    return status;
}

static ga_status add_tally(const ga_dissection *d, ga_dissect_layer *l, ga_look at, ga_err *err)
{
    const float *maps = maps_of(d, at);
    ga_status status = ga_tally_add(l->tally, maps, labels_of(d, at, at.at), l->image, err);
    if (status == GA_OK && l->image != NULL)
        status = ga_records_add(&l->records, ga_tally_image_of(l->image), err);
    if (status == GA_OK && l->covariance != NULL)
        status = ga_covariance_add(l->covariance, maps, labels_of(d, at, at.at), err);
    if (status != GA_OK)
        return status;
    ga_map_maxima(maps, l->dims.c, (size_t)l->dims.h * (size_t)l->dims.w, l->maxima);
    status = ga_top_add(l->top, at.block->first + (uint32_t)at.at, l->maxima, err);
    return status == GA_OK ? add_chance(d, l, at, err) : status;
}

static ga_status merge_tally(ga_dissect_layer *l, const ga_dissect_layer *other, ga_err *err)
{
    ga_status status = ga_tally_merge(l->tally, other->tally, err);
    for (int s = 0; s < GA_DISSECT_BLOCK && l->chance[s] != NULL && status == GA_OK; s++)
        status = ga_tally_merge(l->chance[s], other->chance[s], err);
    if (status == GA_OK)
        status = ga_top_merge(l->top, other->top, err);
    if (status == GA_OK && l->covariance != NULL)
        status = ga_covariance_merge(l->covariance, other->covariance, err);
    return status == GA_OK ? ga_records_join(&l->records, &other->records, err) : status;
}

/* ---- the order --------------------------------------------------------------------------------*/

static const ga_pass levels_pass = {true,       need_levels,  begin_levels,
                                    add_levels, merge_levels, end_levels};
static const ga_pass ladder_pass = {true,       need_ladder,  begin_ladder,
                                    add_ladder, merge_ladder, end_ladder};
static const ga_pass tail_pass = {false, need_tail, begin_tail, add_tail, merge_tail, end_tail};
static const ga_pass tally_pass = {false, need_tally, begin_tally, add_tally, merge_tally, NULL};

static const ga_pass *const by_iqr[] = {&levels_pass, &ladder_pass, &tally_pass};
static const ga_pass *const by_share[] = {&tail_pass, &tally_pass};

const ga_pass *const *ga_passes_of(const ga_dissect_options *o, int *n)
{
    const bool iqr = o->rule == GA_RULE_IQR;
    if (n != NULL)
        *n = iqr ? 3 : 2;
    return iqr ? by_iqr : by_share;
}

size_t ga_pass_bytes(const ga_pass *p, const ga_dissection *d, int seen)
{
    size_t bytes = 0;
    for (int k = 0; k < d->n_layers; k++)
        bytes += p->bytes(d, &d->layer[k], seen);
    return bytes;
}

ga_status ga_pass_begin(const ga_pass *p, ga_dissection *d, ga_err *err)
{
    ga_status status = GA_OK;
    for (int k = 0; k < d->n_layers && status == GA_OK; k++)
        status = p->begin(d, &d->layer[k], err);
    return status;
}

ga_status ga_pass_end(const ga_pass *p, ga_dissection *d, const ga_progress *progress, ga_err *err)
{
    ga_status status = GA_OK;
    for (int k = 0; k < d->n_layers && status == GA_OK; k++)
        status = p->end != NULL ? p->end(d, &d->layer[k], err)
                                : ga_dissect_judge(d, &d->layer[k], progress, err);
    return status;
}
