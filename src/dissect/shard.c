/* shard.c - a shard's share of the pass that is due. */
#include "dissect/shard.h"
#include "base/alloc.h"
#include "base/file.h"
#include "dissect/walk.h"
#include <stdio.h>
#include <string.h>

/* ---- names ------------------------------------------------------------------------------------*/

void ga_shard_part_name(int shard, int shards, int pass, char *name)
{
    snprintf(name, GA_SHARD_NAME, "shard-%d-of-%d.pass-%d.safetensors", shard, shards, pass + 1);
}

void ga_shard_merged_name(int pass, char *name)
{
    snprintf(name, GA_SHARD_NAME, "merged.pass-%d.safetensors", pass);
}

void ga_shard_blocks(const ga_dissect_options *o, int shard, int shards, int *from, int *to)
{
    const int64_t blocks = ga_walk_blocks(o);
    *from = (int)(blocks * (shard - 1) / shards);
    *to = (int)(blocks * shard / shards);
}

/* ---- what is due ------------------------------------------------------------------------------*/

/* A shard at work. */
typedef struct shard {
    ga_walk walk;
    const ga_dissect_work *asked;
    char *part, *state;
    ga_weights *merged; /* what the pass is begun with, which stamp.after points into */
} shard;

static ga_status path_of(const char *folder, const char *name, char **out, ga_err *err)
{
    *out = ga_path_join(folder, name);
    return *out != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for a path");
}

static ga_status fail_foreign(const char *path, ga_err *err)
{
    return ga_fail(err, GA_EEXIST,
                   "%s is of another dissection: name another folder with -o, or delete it", path);
}

/* Opens what the merge before pass `pass` has left, if it is there. */
static ga_status find_merged(shard *s, int pass, ga_err *err)
{
    char name[GA_SHARD_NAME], *path;
    ga_stamp found;
    ga_shard_merged_name(pass, name);
    ga_status status = path_of(s->asked->folder, name, &path, err);
    if (status != GA_OK)
        return status;
    status = ga_dissect_open(path, &s->merged, &found, err);
    if (status == GA_ENOTFOUND) {
        ga_mem_free(path);
        return GA_OK;
    }
    if (status == GA_EDATA)
        status = ga_fail_in(err, status, "delete it and merge again");
    else if (status == GA_OK && strcmp(found.key, s->asked->key) != 0)
        status = fail_foreign(path, err);
    else if (status == GA_OK && (found.seal == NULL || found.pass != pass))
        status = ga_fail(err, GA_EDATA, "%s: is not what its name says: delete it and merge again",
                         path);
    if (status == GA_OK) {
        s->walk.stamp.pass = pass;
        s->walk.stamp.after = found.seal;
    }
    ga_mem_free(path);
    return status;
}

/* The last pass that there is a merge for, and what it says. */
static ga_status find_pass(shard *s, ga_err *err)
{
    ga_status status = GA_OK;
    for (int p = s->walk.stamp.passes - 1; p > 0 && s->merged == NULL && status == GA_OK; p--)
        status = find_merged(s, p, err);
    if (status == GA_OK && s->merged != NULL)
        status = ga_dissect_restore_rule(s->walk.d, s->merged, err);
    return status;
}

/* Is the file of this shard, pass and merge? */
static bool is_same(const ga_stamp *a, const ga_stamp *b)
{
    return a->seal != NULL && strcmp(a->key, b->key) == 0 && a->pass == b->pass &&
           a->shard == b->shard && a->shards == b->shards && a->after != NULL &&
           strcmp(a->after, b->after) == 0;
}

/* *done: the part is there already. A damaged one, or one of an older merge, is made anew. */
static ga_status find_part(const shard *s, bool *done, ga_err *err)
{
    ga_weights *file;
    ga_stamp found;
    *done = false;
    if (ga_dissect_open(s->part, &file, &found, NULL) != GA_OK)
        return GA_OK;
    ga_status status = GA_OK;
    if (strcmp(found.key, s->asked->key) != 0)
        status = fail_foreign(s->part, err);
    *done = is_same(&found, &s->walk.stamp) && found.block == s->walk.to;
    ga_weights_free(file);
    return status;
}

/* ---- its work ---------------------------------------------------------------------------------*/

static ga_status walk_shard(shard *s, const ga_pass *p, ga_err *err)
{
    ga_walk *w = &s->walk;
    ga_weights *file;
    ga_stamp found;
    int from = w->from;
    if (ga_dissect_open(s->state, &file, &found, NULL) == GA_OK) {
        if (is_same(&found, &w->stamp) && found.block >= w->from && found.block <= w->to) {
            from = found.block;
        } else {
            ga_weights_free(file);
            file = NULL;
        }
    }
    w->total = ga_walk_images(&w->d->options, w->from, w->to);
    w->done = ga_walk_images(&w->d->options, w->from, from);
    ga_status status = ga_walk_start(w, err);
    if (status == GA_OK)
        status = ga_walk_pass(w, p, from, file, err);
    ga_weights_free(file);
    if (status == GA_OK) {
        w->stamp.block = w->to;
        status = ga_dissect_save(w->d, s->part, &w->stamp, err);
    }
    if (status == GA_OK)
        remove(s->state);
    return status;
}

static ga_status run_shard(shard *s, ga_dissect_round *out, ga_err *err)
{
    const ga_stamp *stamp = &s->walk.stamp;
    char name[GA_SHARD_NAME], state[GA_SHARD_NAME];
    ga_status status = find_pass(s, err);
    ga_shard_part_name(stamp->shard, stamp->shards, stamp->pass, name);
    snprintf(state, sizeof state, "shard-%d-of-%d.state.safetensors", stamp->shard, stamp->shards);
    if (status == GA_OK)
        status = path_of(s->asked->folder, name, &s->part, err);
    if (status == GA_OK)
        status = path_of(s->asked->folder, state, &s->state, err);
    if (status != GA_OK)
        return status;
    s->walk.state = s->state;
    *out = (ga_dissect_round){.pass = stamp->pass + 1, .passes = stamp->passes};
    status = find_part(s, &out->found, err);
    if (status != GA_OK || out->found)
        return status;
    return walk_shard(s, ga_passes_of(&s->walk.d->options, NULL)[stamp->pass], err);
}

ga_status ga_dissect_shard(ga_subject *subject, const ga_dissect_options *options,
                           const ga_dissect_work *asked, const ga_dissect_share *share,
                           ga_dissect_round *out, ga_err *err)
{
    *out = (ga_dissect_round){0};
    if (share->shards < 1 || share->shards > GA_MOST_SHARDS || share->shard < 1 ||
        share->shard > share->shards)
        return ga_fail(err, GA_EINVAL, "shard %d of %d: expected 1 of 1 to %d of %d", share->shard,
                       share->shards, GA_MOST_SHARDS, GA_MOST_SHARDS);
    shard s = {.walk = {.subject = subject,
                        .progress = asked->progress,
                        .what = "images of this pass:",
                        .stamp = {.key = asked->key,
                                  .shard = share->shard,
                                  .shards = share->shards,
                                  .about = share->about,
                                  .after = ""}},
               .asked = asked};
    ga_status status = ga_dissection_create(subject, options, &s.walk.d, err);
    if (status != GA_OK)
        return status;
    s.walk.d->folder = asked->folder;
    ga_passes_of(options, &s.walk.stamp.passes);
    ga_shard_blocks(options, share->shard, share->shards, &s.walk.from, &s.walk.to);
    status = run_shard(&s, out, err);
    ga_walk_end(&s.walk);
    ga_weights_free(s.merged);
    ga_dissection_free(s.walk.d);
    ga_mem_free(s.part);
    ga_mem_free(s.state);
    return status;
}
