/* walk.c - the way through blocks of images, and the one through all of them. */
#include "dissect/walk.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "dissect/need.h"
#include <stdio.h>
#include <string.h>

int ga_walk_blocks(const ga_dissect_options *o)
{
    return (o->size + GA_DISSECT_BLOCK - 1) / GA_DISSECT_BLOCK;
}

uint64_t ga_walk_images(const ga_dissect_options *o, int from, int to)
{
    const int end = to * GA_DISSECT_BLOCK < o->size ? to * GA_DISSECT_BLOCK : o->size;
    return to > from ? (uint64_t)(end - from * GA_DISSECT_BLOCK) : 0;
}

/* ---- a block ----------------------------------------------------------------------------------*/

ga_status ga_walk_start(ga_walk *w, ga_err *err)
{
    const ga_dissection *d = w->d;
    w->block.bytes = ga_need_block(d);
    w->block.data = ga_mem_new(w->block.bytes, 1);
    w->seen = ga_mem_new((size_t)d->labels, sizeof *w->seen);
    if (w->block.data == NULL || w->seen == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a block of %d images", GA_DISSECT_BLOCK);
    float *at = (float *)(void *)w->block.data;
    for (int k = 0; k < d->n_layers; k++) {
        w->block.activation[k] = at;
        at += GA_DISSECT_BLOCK * ga_dims_count(d->layer[k].dims);
    }
    w->block.maps = (uint16_t *)(void *)at;
    w->saved = ga_seconds();
    return GA_OK;
}

void ga_walk_end(ga_walk *w)
{
    ga_walk_keep_none(w);
    ga_mem_free(w->block.data);
    ga_mem_free(w->seen);
}

void ga_walk_keep_none(ga_walk *w)
{
    ga_keep_free(w->keep);
    w->keep = NULL;
}

ga_status ga_walk_keep_anew(ga_walk *w, const char *folder, size_t file, ga_err *err)
{
    ga_walk_keep_none(w);
    return ga_keep_create(w->to, w->block.bytes, folder, file, &w->keep, err);
}

/* *kept: it was not made anew. */
static ga_status get_block(ga_walk *w, uint32_t seed, int number, bool *kept, ga_err *err)
{
    ga_block *b = &w->block;
    b->n = (int)ga_walk_images(&w->d->options, number, number + 1);
    b->first = (uint32_t)(number * GA_DISSECT_BLOCK);
    *kept = w->keep != NULL && ga_keep_get(w->keep, number, b->data);
    if (*kept)
        return GA_OK;
    uint32_t ids[GA_DISSECT_BLOCK];
    for (int i = 0; i < b->n; i++)
        ids[i] = b->first + (uint32_t)i;
    const ga_subject_block into = {.activation = b->activation, .maps = b->maps};
    return ga_subject_look(w->subject, seed, ids, b->n, into, err);
}

static void look_for_labels(ga_walk *w)
{
    const ga_dissection *d = w->d;
    const ga_grid g = d->layer[0].spec.grid;
    const size_t n = (size_t)w->block.n * (size_t)d->planes * (size_t)g.H * (size_t)g.W;
    for (size_t i = 0; i < n; i++) {
        const uint16_t c = w->block.maps[i];
        if (c == 0 || c >= d->labels ||
            w->seen[c]) /* one that there is not is told by the counts */
            continue;
        w->seen[c] = true;
        w->n_seen++;
    }
}

/* Before the block is added: is there memory for the labels in it? Images that are kept give way.
 */
static ga_status make_way(ga_walk *w, const ga_pass *p, ga_err *err)
{
    size_t left;
    look_for_labels(w);
    const ga_status status = ga_need_left(w->d, p, 1, w->block.bytes, w->n_seen, &left, err);
    if (w->keep != NULL)
        ga_keep_allow(w->keep, left == GA_NEED_FREE ? GA_NEED_USUAL : left);
    return status;
}

static ga_status add_block(ga_walk *w, const ga_pass *p, ga_err *err)
{
    for (int i = 0; i < w->block.n; i++)
        for (int k = 0; k < w->d->n_layers; k++) {
            const ga_look at = {&w->block, k, i};
            const ga_status status = p->add(w->d, &w->d->layer[k], at, err);
            if (status != GA_OK)
                return err != NULL
                           ? ga_fail_in(err, status, "image %u", w->block.first + (uint32_t)i)
                           : status;
        }
    return GA_OK;
}

/* ---- a pass -----------------------------------------------------------------------------------*/

static void tell(ga_walk *w)
{
    const ga_progress *g = w->progress;
    w->done += (uint64_t)w->block.n;
    if (g != NULL && g->report != NULL)
        g->report(g->user, w->what, w->done, w->total);
}

static ga_status write_state(ga_walk *w, int pass, int block, ga_err *err)
{
    w->stamp.pass = pass;
    w->stamp.block = block;
    const double begun = ga_seconds();
    const ga_status status = ga_dissect_save(w->d, w->state, &w->stamp, err);
    w->saved = ga_seconds();
    w->save_took = w->saved - begun;
    return status;
}

/* All of the state is written each time: at most a tenth of the time goes into that. */
enum { SAVE_SECONDS = 20, SAVE_SHARE = 10 };

static bool is_time_to_save(const ga_walk *w)
{
    const double since = ga_seconds() - w->saved;
    return since > SAVE_SECONDS && since > SAVE_SHARE * w->save_took;
}

/* Now and then, and when somebody wants it to stop, what was seen goes into the file. */
static ga_status save(ga_walk *w, int pass, int block, bool at_once, ga_err *err)
{
    const ga_progress *g = w->progress;
    const bool stop = g != NULL && g->cancelled != NULL && g->cancelled(g->user);
    ga_status status = GA_OK;
    if (w->state != NULL && (stop || at_once || is_time_to_save(w)))
        status = write_state(w, pass, block, err);
    if (status == GA_OK && stop)
        return ga_fail(err, GA_EINTERRUPTED,
                       w->state != NULL ? "interrupted after %llu of %llu images; the same command "
                                          "goes on from there"
                                        : "interrupted after %llu of %llu images",
                       (unsigned long long)w->done, (unsigned long long)w->total);
    return status;
}

/* Without memory for it: all that was seen before block b is kept. */
static ga_status save_before(ga_walk *w, int b, ga_err *err)
{
    if (w->state == NULL || w->done == 0)
        return GA_ENOMEM;
    const ga_status status = write_state(w, w->stamp.pass, b, err);
    return status != GA_OK ? status
                           : ga_fail_in(err, GA_ENOMEM,
                                        "%llu of %llu images are looked at, and the same command "
                                        "goes on from there",
                                        (unsigned long long)w->done, (unsigned long long)w->total);
}

static ga_status walk_block(ga_walk *w, const ga_pass *p, int b, ga_err *err)
{
    const ga_dissect_options *o = &w->d->options;
    bool kept;
    ga_status status = get_block(w, p->of_rule_seed ? o->rule_seed : o->seed, b, &kept, err);
    if (status != GA_OK)
        return status;
    if (make_way(w, p, err) != GA_OK)
        return save_before(w, b, err);
    if (w->keep != NULL && !kept)
        ga_keep_put(w->keep, b, w->block.data);
    status = add_block(w, p, err);
    if (status != GA_OK)
        return status;
    tell(w);
    return save(w, w->stamp.pass, b + 1, false, err);
}

ga_status ga_walk_pass(ga_walk *w, const ga_pass *p, int from, const ga_weights *file, ga_err *err)
{
    ga_status status = ga_need_share(w->d, p, 1, w->block.bytes, err);
    if (status == GA_OK)
        status = ga_pass_begin(p, w->d, err);
    if (status == GA_OK && file != NULL)
        status = ga_dissect_restore(w->d, file, err);
    memset(w->seen, 0, (size_t)w->d->labels * sizeof *w->seen);
    w->n_seen = status == GA_OK ? ga_need_seen(w->d, w->seen) : 0;
    for (int b = from; b < w->to && status == GA_OK; b++)
        status = walk_block(w, p, b, err);
    return status;
}

/* ---- all of them ------------------------------------------------------------------------------*/

/* Where an earlier call with the same key has come to, if there was one. */
static ga_status find_state(ga_walk *w, int *pass, int *block, ga_weights **file, ga_err *err)
{
    ga_stamp found;
    *pass = *block = 0;
    *file = NULL;
    if (w->state == NULL || ga_dissect_open(w->state, file, &found, NULL) != GA_OK)
        return GA_OK;
    if (strcmp(found.key, w->stamp.key) != 0 || found.shards != 0) {
        ga_weights_free(*file);
        *file = NULL;
        return GA_OK;
    }
    ga_status status = GA_OK;
    *pass = found.pass;
    *block = found.block;
    if (*pass >= w->stamp.passes || *block > w->to)
        status = ga_fail(err, GA_EDATA, "it is at a place that there is not");
    if (status == GA_OK && *pass > 0)
        status = ga_dissect_restore_rule(w->d, *file, err);
    return status != GA_OK
               ? ga_fail_in(err, status, "%s: delete it, and the work begins anew", w->state)
               : GA_OK;
}

/* Judging may take what images took that were kept. */
static ga_status end_pass(ga_walk *w, const ga_pass *p, ga_err *err)
{
    if (p->end == NULL) {
        ga_walk_keep_none(w);
        ga_need_spare(w->d, p, w->block.bytes, w->n_seen);
    }
    const ga_status status = ga_pass_end(p, w->d, w->progress, err);
    return status == GA_EINTERRUPTED && w->state != NULL
               ? ga_fail(err, status, "interrupted in judging; the same command goes on from there")
               : status;
}

/* What was kept of one seed is of no use for the other. All that was seen is in the state before
 * anything is judged: what follows may fail, and can be done again without an image. */
static ga_status run_passes(ga_walk *w, const char *folder, int pass, int block,
                            const ga_weights *file, ga_err *err)
{
    const ga_dissect_options *o = &w->d->options;
    const ga_pass *const *passes = ga_passes_of(o, NULL);
    ga_status status = GA_OK;
    for (int i = pass; i < w->stamp.passes && status == GA_OK; i++) {
        const bool first = i == pass;
        w->stamp.pass = i;
        if (first || passes[i]->of_rule_seed != passes[i - 1]->of_rule_seed)
            status = ga_walk_keep_anew(w, folder, o->cache, err);
        if (status == GA_OK)
            status = ga_walk_pass(w, passes[i], first ? block : 0, first && block > 0 ? file : NULL,
                                  err);
        if (status == GA_OK && i + 1 == w->stamp.passes)
            status = save(w, i, w->to, true, err);
        if (status == GA_OK)
            status = end_pass(w, passes[i], err);
        if (status == GA_OK && i + 1 < w->stamp.passes)
            status = save(w, i + 1, 0, true, err);
    }
    return status;
}

static ga_status walk_all(ga_walk *w, const char *folder, ga_err *err)
{
    ga_weights *file;
    int pass, block;
    ga_status status = find_state(w, &pass, &block, &file, err);
    if (status == GA_OK) {
        const uint64_t images = (uint64_t)w->d->options.size;
        w->total = (uint64_t)w->stamp.passes * images;
        w->done = (uint64_t)pass * images + ga_walk_images(&w->d->options, 0, block);
        status = run_passes(w, folder, pass, block, file, err);
    }
    ga_weights_free(file);
    return status;
}

static const char state_name[] = "state.safetensors";

void ga_dissect_done(const ga_dissect_work *work)
{
    char *path = ga_path_join(work->folder, state_name);
    ga_weights *file = NULL;
    ga_stamp found;
    if (path != NULL && ga_dissect_open(path, &file, &found, NULL) == GA_OK &&
        strcmp(found.key, work->key) == 0)
        remove(path);
    ga_weights_free(file);
    ga_mem_free(path);
}

ga_status ga_dissect(ga_subject *s, const ga_dissect_options *options, const ga_dissect_work *asked,
                     ga_dissection **out, ga_err *err)
{
    ga_dissection *d;
    char *state = NULL;
    *out = NULL;
    ga_status status = ga_dissection_create(s, options, &d, err);
    if (status != GA_OK)
        return status;
    d->folder = asked->folder;
    if (asked->folder != NULL && (state = ga_path_join(asked->folder, state_name)) == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_walk w = {.d = d,
                 .subject = s,
                 .progress = asked->progress,
                 .to = ga_walk_blocks(options),
                 .what = "images, all passes:",
                 .state = state,
                 .stamp = {.key = asked->key}};
    ga_passes_of(options, &w.stamp.passes);
    if (status == GA_OK)
        status = ga_walk_start(&w, err);
    if (status == GA_OK)
        status = walk_all(&w, asked->folder, err);
    ga_walk_end(&w);
    ga_mem_free(state);
    d->folder = NULL; /* the caller's */
    if (status != GA_OK)
        ga_dissection_free(d);
    else
        *out = d;
    return status;
}
