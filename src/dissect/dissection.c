/* dissection.c - a dissection made and ended, and what can be asked of it. */
#include "base/alloc.h"
#include "dissect/inner.h"

/* ---- making one -------------------------------------------------------------------------------*/

ga_status ga_dissect_check(const ga_dissect_options *o, ga_err *err)
{
    if (o->size < 1 || o->size > 1 << 24)
        return ga_fail(err, GA_EINVAL, "%d images: expected 1 to %d", o->size, 1 << 24);
    if (o->rule != GA_RULE_IQR && !(o->share > 0 && o->share < 1))
        return ga_fail(err, GA_EINVAL, "a share of %g: expected one between 0 and 1", o->share);
    if (o->rule == GA_RULE_IQR && o->seed == o->rule_seed)
        return ga_fail(err, GA_EINVAL,
                       "seed %u chooses thresholds and is judged by them: the two need different "
                       "seeds",
                       o->seed);
    if (o->labels < 1 || o->labels > 8 || o->examples < 1 || o->examples > 100)
        return ga_fail(err, GA_EINVAL,
                       "%d labels and %d examples a unit: expected 1 to 8 and 1 to 100", o->labels,
                       o->examples);
    if (o->shuffles < 0 || o->shuffles >= GA_DISSECT_BLOCK)
        return ga_fail(err, GA_EINVAL, "%d shuffles: expected 0 to %d", o->shuffles,
                       GA_DISSECT_BLOCK - 1);
    if (o->bootstrap != 0 && (o->bootstrap < 100 || o->bootstrap > 100000))
        return ga_fail(err, GA_EINVAL, "%d rounds of resampling: expected 0, or 100 to 100000",
                       o->bootstrap);
    return GA_OK;
}

static ga_status make_labels(ga_dissection *d, const ga_subject *s, ga_err *err)
{
    const ga_vocabulary *v = ga_subject_vocabulary(s);
    d->labels = ga_vocabulary_n(v);
    d->categories = ga_vocabulary_categories(v);
    d->planes = ga_subject_planes(s);
    d->category = ga_mem_new((size_t)d->labels, sizeof *d->category);
    if (d->category == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d labels", d->labels);
    for (int c = 0; c < d->labels; c++)
        d->category[c] = (uint8_t)ga_vocabulary_at(v, c).category;
    return GA_OK;
}

static ga_status make_layers(ga_dissection *d, const ga_subject *s, ga_err *err)
{
    const int n = ga_subject_layers(s), side = ga_subject_side(s);
    d->layer = ga_mem_new((size_t)n, sizeof *d->layer);
    if (d->layer == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d layers", n);
    d->n_layers = n;
    for (int k = 0; k < n; k++) {
        ga_dissect_layer *l = &d->layer[k];
        const ga_dims dims = ga_subject_layer_dims(s, k);
        l->dims = dims;
        l->spec = (ga_tally_spec){.units = dims.c,
                                  .labels = d->labels,
                                  .category = d->category,
                                  .categories = d->categories,
                                  .planes = d->planes,
                                  .grid = {dims.h, dims.w, side, side, d->options.lie},
                                  .threads = d->options.threads};
        l->threshold = ga_mem_new((size_t)dims.c, sizeof *l->threshold);
        l->unit = ga_mem_new((size_t)dims.c, sizeof *l->unit);
        if (l->threshold == NULL || l->unit == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for %d units", dims.c);
    }
    return GA_OK;
}

static void free_layer(ga_dissect_layer *l)
{
    ga_tail_free(l->tail);
    ga_levels_free(l->levels);
    ga_ladder_free(l->ladder);
    ga_tally_free(l->tally);
    for (int s = 0; s < GA_DISSECT_BLOCK; s++)
        ga_tally_free(l->chance[s]);
    ga_covariance_free(l->covariance);
    ga_top_free(l->top);
    ga_tally_image_free(l->image);
    ga_mem_free(l->maxima);
    ga_records_free(&l->records);
    ga_mem_free(l->level);
    ga_mem_free(l->threshold);
    ga_mem_free(l->pick);
    ga_mem_free(l->best);
    ga_mem_free(l->unit);
}

void ga_dissection_free(ga_dissection *d)
{
    if (d == NULL)
        return;
    for (int k = 0; k < d->n_layers; k++)
        free_layer(&d->layer[k]);
    ga_mem_free(d->layer);
    ga_mem_free(d->category);
    ga_mem_free(d);
}

ga_status ga_dissection_create(const ga_subject *s, const ga_dissect_options *options,
                               ga_dissection **out, ga_err *err)
{
    *out = NULL;
    ga_status status = ga_dissect_check(options, err);
    if (status != GA_OK)
        return status;
    ga_dissection *d = ga_mem_new(1, sizeof *d);
    if (d == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to dissect");
    d->options = *options;
    status = make_labels(d, s, err);
    if (status == GA_OK)
        status = make_layers(d, s, err);
    if (status != GA_OK)
        ga_dissection_free(d);
    else
        *out = d;
    return status;
}

/* ---- asking -----------------------------------------------------------------------------------*/

ga_unit_finding ga_dissection_unit(const ga_dissection *d, int layer, int unit)
{
    return d->layer[layer].unit[unit];
}

int ga_dissection_layers(const ga_dissection *d)
{
    return d->n_layers;
}

ga_layer_finding ga_dissection_layer(const ga_dissection *d, int layer)
{
    return d->layer[layer].finding;
}

const ga_covariance *ga_dissection_covariance(const ga_dissection *d, int layer)
{
    return d->layer[layer].covariance;
}

ga_tally_counts ga_dissection_counts(const ga_dissection *d, int layer)
{
    return ga_tally_counts_of(d->layer[layer].tally);
}
