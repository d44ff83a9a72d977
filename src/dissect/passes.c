/* passes.c - the passes of a dissection over its images.
 *
 *     GA_RULE_IQR      levels (other images), ladder (the same), tally
 *     shares           tail, tally
 *
 * A pass adds every image to something in every layer; its end turns that into what the next one
 * needs. Blocks of images are made once a seed and kept as far as there is room (keep.h). */
#include "base/alloc.h"
#include "dissect/inner.h"
#include "base/clock.h"
#include "base/file.h"
#include "dissect/keep.h"
#include "dissect/state.h"
#include <stdio.h>
#include <string.h>

/* A block of images in memory: activations of each layer, then label maps. */
typedef struct block {
    uint8_t *data;
    size_t bytes;
    float *activation[2 * 64]; /* of each layer, (n,U,h,w) */
    uint16_t *maps;            /* (n,D,side,side) */
    int n;
    uint32_t first; /* number of its first image */
} block;

typedef struct work {
    ga_dissection *d;
    ga_subject *subject;
    const ga_dissect_work *asked;
    int blocks;
    ga_keep *keep;
    block block;
    uint64_t done, total; /* images, of all passes */
    char *state;          /* path of the file that it is taken up from; NULL: none */
    double saved;         /* when it was written last */
} work;

/* One image for one layer. */
typedef struct look {
    const block *block;
    int layer, at; /* which layer, which image of the block */
} look;

typedef struct pass {
    bool of_rule_seed;
    ga_status (*begin)(work *w, ga_dissect_layer *l, ga_err *err);
    ga_status (*add)(work *w, ga_dissect_layer *l, look at, ga_err *err);
    ga_status (*end)(work *w, ga_dissect_layer *l, ga_err *err);
} pass;

static const float *maps_of(const work *w, look at)
{
    const ga_dims d = w->d->layer[at.layer].dims;
    return at.block->activation[at.layer] + (size_t)at.at * ga_dims_count(d);
}

static const uint16_t *labels_of(const work *w, look at, int image)
{
    const ga_grid g = w->d->layer[at.layer].spec.grid;
    return at.block->maps + (size_t)image * (size_t)w->d->planes * (size_t)g.H * (size_t)g.W;
}

/* ---- levels -----------------------------------------------------------------------------------*/

static ga_status begin_levels(work *w, ga_dissect_layer *l, ga_err *err)
{
    return ga_levels_create(l->dims.c, l->spec.grid, w->d->options.threads, &l->levels, err);
}

static ga_status add_levels(work *w, ga_dissect_layer *l, look at, ga_err *err)
{
    return ga_levels_add(l->levels, maps_of(w, at), err);
}

static ga_status end_levels(work *w, ga_dissect_layer *l, ga_err *err)
{
    (void)w;
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

static ga_status begin_ladder(work *w, ga_dissect_layer *l, ga_err *err)
{
    (void)w;
    return ga_ladder_create(&l->spec, l->level, GA_IQR_LEVELS, &l->ladder, err);
}

static ga_status add_ladder(work *w, ga_dissect_layer *l, look at, ga_err *err)
{
    return ga_ladder_add(l->ladder, maps_of(w, at), labels_of(w, at, at.at), err);
}

static ga_status end_ladder(work *w, ga_dissect_layer *l, ga_err *err)
{
    const size_t units = (size_t)l->dims.c;
    l->pick = ga_mem_new(units, sizeof *l->pick);
    l->best = ga_mem_new((size_t)w->d->labels * units, sizeof *l->best);
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

static bool is_laid(const work *w)
{
    return w->d->options.rule == GA_RULE_LAID_SHARE;
}

static ga_status begin_tail(work *w, ga_dissect_layer *l, ga_err *err)
{
    const ga_grid g = l->spec.grid;
    const uint64_t cells = (uint64_t)g.h * (uint64_t)g.w, pixels = (uint64_t)g.H * (uint64_t)g.W;
    const uint64_t images = (uint64_t)w->d->options.size;
    const ga_tail_spec spec = {.units = l->dims.c,
                               .values = (is_laid(w) ? pixels : cells) * images,
                               .share = w->d->options.share,
                               .grid = is_laid(w) ? &l->spec.grid : NULL,
                               .threads = w->d->options.threads};
    return ga_tail_create(&spec, &l->tail, err);
}

static ga_status add_tail(work *w, ga_dissect_layer *l, look at, ga_err *err)
{
    return ga_tail_add(l->tail, maps_of(w, at), (size_t)l->dims.h * (size_t)l->dims.w, err);
}

static ga_status end_tail(work *w, ga_dissect_layer *l, ga_err *err)
{
    const ga_status status = ga_tail_quantile(l->tail, w->d->options.share, l->threshold, err);
    ga_tail_free(l->tail);
    l->tail = NULL;
    return status;
}

/* ---- tally ------------------------------------------------------------------------------------*/

static ga_status begin_tally(work *w, ga_dissect_layer *l, ga_err *err)
{
    ga_status status = ga_tally_create(&l->spec, l->threshold, &l->tally, err);
    for (int s = 0; s < w->d->options.shuffles && status == GA_OK; s++)
        status = ga_tally_create(&l->spec, l->threshold, &l->chance[s], err);
    if (status == GA_OK && w->d->options.bootstrap > 0)
        status = ga_tally_image_create(&l->spec, &l->image, err);
    if (status == GA_OK)
        status = ga_top_create(l->dims.c, w->d->options.examples, &l->top, err);
    if (status != GA_OK)
        return status;
    l->maxima = ga_mem_new((size_t)l->dims.c, sizeof *l->maxima);
    return l->maxima != NULL
               ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory for the maxima of %d units", l->dims.c);
}

/* Baseline: the same maps against the labels of the images behind this one in its block. */
static ga_status add_chance(work *w, ga_dissect_layer *l, look at, ga_err *err)
{
    const int n = at.block->n;
    ga_status status = GA_OK;
    for (int s = 0; s < w->d->options.shuffles && status == GA_OK; s++)
        if ((s + 1) % n != 0)
            status = ga_tally_add(l->chance[s], maps_of(w, at),
                                  labels_of(w, at, (at.at + s + 1) % n), NULL, err);
    return status;
}

static ga_status add_tally(work *w, ga_dissect_layer *l, look at, ga_err *err)
{
    const float *maps = maps_of(w, at);
    ga_status status = ga_tally_add(l->tally, maps, labels_of(w, at, at.at), l->image, err);
    if (status == GA_OK && l->image != NULL)
        status = ga_records_add(&l->records, ga_tally_image_of(l->image), l->dims.c, err);
    if (status != GA_OK)
        return status;
    ga_map_maxima(maps, l->dims.c, (size_t)l->dims.h * (size_t)l->dims.w, l->maxima);
    status = ga_top_add(l->top, at.block->first + (uint32_t)at.at, l->maxima, err);
    return status == GA_OK ? add_chance(w, l, at, err) : status;
}

static ga_status end_tally(work *w, ga_dissect_layer *l, ga_err *err)
{
    return ga_dissect_judge(w->d, l, w->asked->progress, err);
}

/* ---- the loop ---------------------------------------------------------------------------------*/

static const pass levels_pass = {true, begin_levels, add_levels, end_levels};
static const pass ladder_pass = {true, begin_ladder, add_ladder, end_ladder};
static const pass tail_pass = {false, begin_tail, add_tail, end_tail};
static const pass tally_pass = {false, begin_tally, add_tally, end_tally};

static const pass *const by_iqr[] = {&levels_pass, &ladder_pass, &tally_pass, NULL};
static const pass *const by_share[] = {&tail_pass, &tally_pass, NULL};

static const pass *const *passes_of(const ga_dissect_options *o)
{
    return o->rule == GA_RULE_IQR ? by_iqr : by_share;
}

static ga_status get_block(work *w, uint32_t seed, int number, ga_err *err)
{
    block *b = &w->block;
    const int left = w->d->options.size - number * GA_DISSECT_BLOCK;
    b->n = left < GA_DISSECT_BLOCK ? left : GA_DISSECT_BLOCK;
    b->first = (uint32_t)(number * GA_DISSECT_BLOCK);
    if (ga_keep_get(w->keep, number, b->data))
        return GA_OK;
    uint32_t ids[GA_DISSECT_BLOCK];
    for (int i = 0; i < b->n; i++)
        ids[i] = b->first + (uint32_t)i;
    const ga_subject_block into = {.activation = b->activation, .maps = b->maps};
    const ga_status status = ga_subject_look(w->subject, seed, ids, b->n, into, err);
    if (status == GA_OK)
        ga_keep_put(w->keep, number, b->data);
    return status;
}

/* One word for all passes: a screen that hears another one takes its rate anew. */
static void tell(work *w)
{
    const ga_progress *g = w->asked->progress;
    w->done += (uint64_t)w->block.n;
    if (g != NULL && g->report != NULL)
        g->report(g->user, "images, all passes:", w->done, w->total);
}

enum { SAVE_SECONDS = 20 };

/* Now and then, and when somebody wants it to stop, what was seen goes into the file. */
static ga_status save(work *w, ga_dissect_place next, bool at_once, ga_err *err)
{
    const ga_progress *g = w->asked->progress;
    const bool stop = g != NULL && g->cancelled != NULL && g->cancelled(g->user);
    ga_status status = GA_OK;
    if (w->state != NULL && (stop || at_once || ga_seconds() - w->saved > SAVE_SECONDS)) {
        status = ga_dissect_save(w->d, w->state, w->asked->key, next, err);
        w->saved = ga_seconds();
    }
    if (status == GA_OK && stop)
        return ga_fail(err, GA_EINTERRUPTED,
                       w->state != NULL ? "interrupted after %llu of %llu images; the same command "
                                          "goes on from there"
                                        : "interrupted after %llu of %llu images",
                       (unsigned long long)w->done, (unsigned long long)w->total);
    return status;
}

static ga_status add_block(work *w, const pass *p, ga_err *err)
{
    for (int i = 0; i < w->block.n; i++)
        for (int k = 0; k < w->d->n_layers; k++) {
            const look at = {&w->block, k, i};
            const ga_status status = p->add(w, &w->d->layer[k], at, err);
            if (status != GA_OK)
                return err != NULL
                           ? ga_fail_in(err, status, "image %u", w->block.first + (uint32_t)i)
                           : status;
        }
    return GA_OK;
}

/* Pass number `number`, from a block on; file: what was seen before that block, or NULL. */
static ga_status run_pass(work *w, int number, const pass *p, int from, const ga_weights *file,
                          ga_err *err)
{
    const ga_dissect_options *o = &w->d->options;
    ga_status status = GA_OK;
    for (int k = 0; k < w->d->n_layers && status == GA_OK; k++)
        status = p->begin(w, &w->d->layer[k], err);
    if (status == GA_OK && file != NULL)
        status = ga_dissect_restore(w->d, file, err);
    for (int b = from; b < w->blocks && status == GA_OK; b++) {
        status = get_block(w, p->of_rule_seed ? o->rule_seed : o->seed, b, err);
        if (status == GA_OK)
            status = add_block(w, p, err);
        if (status != GA_OK)
            break;
        tell(w);
        status = save(w, (ga_dissect_place){number, b + 1}, false, err);
    }
    for (int k = 0; k < w->d->n_layers && status == GA_OK; k++)
        status = p->end(w, &w->d->layer[k], err);
    return status;
}

/* What was kept of one seed is of no use for the other. */
static ga_status keep_anew(work *w, ga_err *err)
{
    ga_keep_free(w->keep);
    return ga_keep_create(w->blocks, w->block.bytes, w->d->options.memory, w->asked->folder,
                          w->d->options.cache, &w->keep, err);
}

/* Where an earlier call with the same key has come to, if there was one. */
static ga_status find_state(work *w, int passes, ga_dissect_place *place, ga_weights **file,
                            ga_err *err)
{
    *place = (ga_dissect_place){0};
    *file = NULL;
    if (w->asked->folder == NULL)
        return GA_OK;
    w->state = ga_path_join(w->asked->folder, "state.safetensors");
    if (w->state == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    *file = ga_dissect_find(w->state, w->asked->key, place);
    if (*file == NULL) {
        *place = (ga_dissect_place){0};
        return GA_OK;
    }
    ga_status status = GA_OK;
    if (place->pass >= passes || place->block > w->blocks)
        status = ga_fail(err, GA_EDATA, "it is at a place that there is not");
    if (status == GA_OK && place->pass > 0)
        status = ga_dissect_restore_rule(w->d, *file, err);
    return status != GA_OK
               ? ga_fail_in(err, status, "%s: delete it, and the work begins anew", w->state)
               : GA_OK;
}

static ga_status run_passes(work *w, const pass *const *passes, ga_dissect_place place,
                            const ga_weights *file, ga_err *err)
{
    ga_status status = GA_OK;
    for (int i = place.pass; passes[i] != NULL && status == GA_OK; i++) {
        const bool first = i == place.pass;
        if (first || passes[i]->of_rule_seed != passes[i - 1]->of_rule_seed)
            status = keep_anew(w, err);
        if (status == GA_OK)
            status = run_pass(w, i, passes[i], first ? place.block : 0,
                              first && place.block > 0 ? file : NULL, err);
        if (status == GA_OK && passes[i + 1] != NULL)
            status = save(w, (ga_dissect_place){i + 1, 0}, true, err);
    }
    return status;
}

static ga_status run_all(work *w, ga_err *err)
{
    const pass *const *passes = passes_of(&w->d->options);
    ga_dissect_place place;
    ga_weights *file;
    int n = 0;
    while (passes[n] != NULL)
        n++;
    ga_status status = find_state(w, n, &place, &file, err);
    if (status == GA_OK) {
        const uint64_t images = (uint64_t)w->d->options.size;
        const uint64_t into = (uint64_t)place.block * GA_DISSECT_BLOCK;
        w->total = (uint64_t)n * images;
        w->done = (uint64_t)place.pass * images + (into < images ? into : images);
        w->saved = ga_seconds();
        status = run_passes(w, passes, place, file, err);
    }
    ga_weights_free(file);
    if (status == GA_OK && w->state != NULL)
        remove(w->state);
    ga_mem_free(w->state);
    return status;
}

static ga_status make_block(work *w, ga_err *err)
{
    const ga_dissection *d = w->d;
    size_t offset[2 * 64 + 1] = {0}, bytes = 0;
    for (int k = 0; k < d->n_layers; k++) {
        offset[k] = bytes;
        bytes += GA_DISSECT_BLOCK * ga_dims_count(d->layer[k].dims) * sizeof(float);
    }
    const ga_grid g = d->layer[0].spec.grid;
    const size_t maps = bytes;
    bytes += GA_DISSECT_BLOCK * (size_t)d->planes * (size_t)g.H * (size_t)g.W * sizeof(uint16_t);
    w->block.data = ga_mem_new(bytes, 1);
    if (w->block.data == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a block of %d images", GA_DISSECT_BLOCK);
    for (int k = 0; k < d->n_layers; k++)
        w->block.activation[k] = (float *)(void *)(w->block.data + offset[k]);
    w->block.maps = (uint16_t *)(void *)(w->block.data + maps);
    w->block.bytes = bytes;
    return GA_OK;
}

/* ---- the dissection ---------------------------------------------------------------------------*/

static ga_status check_options(const ga_dissect_options *o, ga_err *err)
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

ga_status ga_dissect(ga_subject *s, const ga_dissect_options *options, const ga_dissect_work *asked,
                     ga_dissection **out, ga_err *err)
{
    *out = NULL;
    ga_status status = check_options(options, err);
    if (status != GA_OK)
        return status;
    ga_dissection *d = ga_mem_new(1, sizeof *d);
    if (d == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to dissect");
    d->options = *options;
    work w = {.d = d,
              .subject = s,
              .asked = asked,
              .blocks = (options->size + GA_DISSECT_BLOCK - 1) / GA_DISSECT_BLOCK};
    status = make_labels(d, s, err);
    if (status == GA_OK)
        status = make_layers(d, s, err);
    if (status == GA_OK)
        status = make_block(&w, err);
    if (status == GA_OK)
        status = run_all(&w, err);
    ga_keep_free(w.keep);
    ga_mem_free(w.block.data);
    if (status != GA_OK)
        ga_dissection_free(d);
    else
        *out = d;
    return status;
}

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

ga_tally_counts ga_dissection_counts(const ga_dissection *d, int layer)
{
    return ga_tally_counts_of(d->layer[layer].tally);
}
