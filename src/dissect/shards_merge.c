/* shards_merge.c - parts of shards put together: which are there, and what they say together. */
#include "base/alloc.h"
#include "base/file.h"
#include "dissect/need.h"
#include "dissect/shard.h"
#include "dissect/state.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of a shard, by its name. */
typedef struct part {
    char *path;
    int shard, shards, pass;
} part;

struct ga_shards {
    const char *const *folder; /* (n_folders), the caller's */
    int n_folders;
    part *part; /* (n), by shard and then by path; after opening only those of the pass */
    int n, room;
    int pass, passes;
    char *about, *key, *after;
};

void ga_shards_free(ga_shards *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < s->n; i++)
        ga_mem_free(s->part[i].path);
    ga_mem_free(s->part);
    ga_mem_free(s->about);
    ga_mem_free(s->key);
    ga_mem_free(s->after);
    ga_mem_free(s);
}

/* ---- what is there ----------------------------------------------------------------------------*/

/* Reads `words` and a number at *at, which goes on behind them. */
static bool number_behind(const char **at, const char *words, int *out)
{
    const size_t length = strlen(words);
    char *end;
    if (strncmp(*at, words, length) != 0 || (*at)[length] < '0' || (*at)[length] > '9')
        return false;
    const long x = strtol(*at + length, &end, 10);
    *at = end;
    *out = x > 0 && x <= GA_MOST_SHARDS ? (int)x : 0;
    return *out > 0;
}

static bool parse_part(const char *name, part *out)
{
    const char *at = name;
    if (!number_behind(&at, "shard-", &out->shard) || !number_behind(&at, "-of-", &out->shards) ||
        !number_behind(&at, ".pass-", &out->pass) || strcmp(at, ".safetensors") != 0)
        return false;
    out->pass--;
    return true;
}

static bool parse_merged(const char *name, int *pass)
{
    const char *at = name;
    return number_behind(&at, "merged.pass-", pass) && strcmp(at, ".safetensors") == 0;
}

static ga_status add_part(ga_shards *s, const char *folder, const char *name, part p, ga_err *err)
{
    if (s->n == s->room) {
        const int room = s->room > 0 ? 2 * s->room : 16;
        part *grown = ga_mem_resize(s->part, (size_t)s->room, (size_t)room, sizeof *grown);
        if (grown == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for %d shards", room);
        s->part = grown;
        s->room = room;
    }
    p.path = ga_path_join(folder, name);
    if (p.path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    s->part[s->n++] = p;
    return GA_OK;
}

/* Files of a folder; *merged: the last pass that it has a merge for, or 0. */
static ga_status scan_folder(ga_shards *s, const char *folder, int *merged, ga_err *err)
{
    const int before = s->n;
    ga_status status = GA_OK;
    *merged = 0;
    DIR *d = opendir(folder);
    if (d == NULL)
        return ga_fail(err, GA_ENOTFOUND,
                       "'%s' cannot be read: expected a folder that `ganatomy dissect --shard` has "
                       "filled",
                       folder);
    for (const struct dirent *e; status == GA_OK && (e = readdir(d)) != NULL;) {
        part p = {0};
        int pass;
        if (parse_part(e->d_name, &p))
            status = add_part(s, folder, e->d_name, p, err);
        else if (parse_merged(e->d_name, &pass) && pass > *merged)
            *merged = pass;
    }
    closedir(d);
    if (status == GA_OK && s->n == before)
        return ga_fail(err, GA_ENOTFOUND,
                       "'%s' has nothing of a shard: expected a folder in which `ganatomy dissect "
                       "--shard` has done its share",
                       folder);
    return status;
}

static int compare_parts(const void *a, const void *b)
{
    const part *x = a, *y = b;
    return x->shard != y->shard ? (x->shard > y->shard) - (x->shard < y->shard)
                                : strcmp(x->path, y->path);
}

/* All files, the pass that is due everywhere, and of the files those of this pass. */
static ga_status scan(ga_shards *s, ga_err *err)
{
    ga_status status = GA_OK;
    int merged, kept = 0;
    for (int i = 0; i < s->n_folders && status == GA_OK; i++) {
        status = scan_folder(s, s->folder[i], &merged, err);
        s->pass = i == 0 || merged < s->pass ? merged : s->pass;
    }
    if (status != GA_OK)
        return status;
    for (int i = 1; i < s->n; i++)
        if (s->part[i].shards != s->part[0].shards)
            return ga_fail(err, GA_EINVAL,
                           "%s is one of %d shards, %s one of %d: delete those of the division "
                           "that you do not want",
                           s->part[0].path, s->part[0].shards, s->part[i].path, s->part[i].shards);
    qsort(s->part, (size_t)s->n, sizeof *s->part, compare_parts);
    const int shards = s->part[0].shards;
    for (int i = 0; i < s->n; i++)
        if (s->part[i].pass == s->pass)
            s->part[kept++] = s->part[i];
        else
            ga_mem_free(s->part[i].path);
    s->n = kept;
    for (int i = 0; i < shards; i++) {
        if (i + 1 < s->n && s->part[i + 1].shard == i + 1)
            return ga_fail(err, GA_EINVAL,
                           "shard %d of %d is there twice, as %s and %s: name each shard once",
                           i + 1, shards, s->part[i].path, s->part[i + 1].path);
        if (i >= s->n || s->part[i].shard != i + 1)
            return ga_fail(err, GA_ENOTFOUND,
                           "shard %d of %d has not done pass %d in any of these folders: run "
                           "`ganatomy dissect ... --shard %d/%d` there, or name its folder, too",
                           i + 1, shards, s->pass + 1, i + 1, shards);
    }
    return GA_OK;
}

/* ---- do they belong together? -----------------------------------------------------------------*/

static ga_status remember(ga_shards *s, const ga_stamp *stamp, ga_err *err)
{
    s->passes = stamp->passes;
    s->key = ga_mem_string(stamp->key);
    s->about = ga_mem_string(stamp->about);
    s->after = ga_mem_string(stamp->after);
    return s->key != NULL && s->about != NULL && s->after != NULL
               ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory for what was asked");
}

/* Opens part i, and holds what it says against its name and the others. */
static ga_status open_part(const ga_shards *s, int i, ga_weights **out, ga_stamp *stamp,
                           ga_err *err)
{
    const part *p = &s->part[i];
    const ga_status status = ga_dissect_open(p->path, out, stamp, err);
    if (status == GA_EDATA)
        return ga_fail_in(
            err, status, "copy it again, or delete it and run `ganatomy dissect ... --shard %d/%d`",
            p->shard, p->shards);
    if (status != GA_OK)
        return status;
    const char *wrong = NULL;
    if (stamp->seal == NULL || stamp->after == NULL || stamp->pass != p->pass ||
        stamp->shard != p->shard || stamp->shards != p->shards || stamp->passes <= stamp->pass)
        wrong = "is not what its name says: delete it and run that shard again";
    else if (s->key != NULL && strcmp(stamp->key, s->key) != 0)
        wrong = "is of another dissection than the first shard: other settings, network or "
                "segmenter; name the folders of one";
    else if (s->after != NULL &&
             (strcmp(stamp->after, s->after) != 0 || stamp->passes != s->passes))
        wrong = "was begun with another merge than the first shard: run that shard again";
    if (wrong == NULL)
        return GA_OK;
    ga_weights_free(*out);
    *out = NULL;
    return ga_fail(err, GA_EDATA, "%s: %s", p->path, wrong);
}

ga_status ga_shards_open(const char *const *folders, int n, ga_shards **out, ga_err *err)
{
    *out = NULL;
    ga_shards *s = ga_mem_new(1, sizeof *s);
    if (s == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for shards");
    s->folder = folders;
    s->n_folders = n;
    ga_status status = n > 0 ? scan(s, err) : ga_fail(err, GA_EINVAL, "no folder of shards");
    for (int i = 0; i < s->n && status == GA_OK; i++) {
        ga_weights *file;
        ga_stamp stamp;
        status = open_part(s, i, &file, &stamp, err);
        if (status == GA_OK && i == 0)
            status = remember(s, &stamp, err);
        if (status == GA_OK)
            ga_weights_free(file);
    }
    if (status != GA_OK)
        ga_shards_free(s);
    else
        *out = s;
    return status;
}

const char *ga_shards_about(const ga_shards *s)
{
    return s->about;
}

const char *ga_shards_key(const ga_shards *s)
{
    return s->key;
}

ga_dissect_round ga_shards_round(const ga_shards *s)
{
    return (ga_dissect_round){.pass = s->pass + 1, .passes = s->passes, .found = true};
}

/* ---- together ---------------------------------------------------------------------------------*/

enum { TOGETHER = 2 }; /* dissections in memory: what is merged so far, and the next part */

/* What part i has seen, as a dissection of its own; folder: for what memory has no room for. */
static ga_status load_part(const ga_shards *s, int i, ga_subject *subject,
                           const ga_dissect_options *o, const char *folder, ga_dissection **out,
                           ga_err *err)
{
    ga_weights *file;
    ga_stamp stamp;
    int from, to;
    ga_status status = ga_dissection_create(subject, o, out, err);
    if (status != GA_OK)
        return status;
    status = open_part(s, i, &file, &stamp, err);
    if (status != GA_OK)
        return status;
    ga_shard_blocks(o, stamp.shard, stamp.shards, &from, &to);
    if (stamp.block != to)
        status = ga_fail(err, GA_EDATA, "ends at block %d, not at %d", stamp.block, to);
    const ga_pass *p = ga_passes_of(o, NULL)[s->pass];
    (*out)->folder = folder;
    if (status == GA_OK && s->pass > 0)
        status = ga_dissect_restore_rule(*out, file, err);
    if (status == GA_OK)
        status = ga_need_share(*out, p, TOGETHER, 0, err);
    if (status == GA_OK)
        status = ga_pass_begin(p, *out, err);
    if (status == GA_OK)
        status = ga_dissect_restore(*out, file, err);
    ga_weights_free(file);
    return status != GA_OK ? ga_fail_in(err, status, "%s", s->part[i].path) : GA_OK;
}

/* Adds part i to what those before it say together; seen (L): labels that occur in these. */
static ga_status add_to(ga_dissection *d, const ga_shards *s, int i, ga_subject *subject,
                        bool *seen, ga_err *err)
{
    const ga_pass *p = ga_passes_of(&d->options, NULL)[s->pass];
    ga_dissection *other;
    size_t left;
    ga_status status = load_part(s, i, subject, &d->options, d->folder, &other, err);
    if (status == GA_OK)
        status = ga_need_left(d, p, TOGETHER, 0, ga_need_seen(other, seen), &left, err);
    for (int k = 0; k < d->n_layers && status == GA_OK; k++) {
        status = p->merge(&d->layer[k], &other->layer[k], err);
        if (status != GA_OK)
            ga_fail_in(err, status, "%s", s->part[i].path);
    }
    ga_dissection_free(other);
    return status;
}

/* All parts but the first, which d is; and what judging may take then. */
static ga_status add_others(ga_dissection *d, const ga_shards *s, ga_subject *subject, ga_err *err)
{
    bool *seen = ga_mem_new((size_t)d->labels, sizeof *seen);
    if (seen == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d labels", d->labels);
    ga_need_seen(d, seen);
    ga_status status = GA_OK;
    for (int i = 1; i < s->n && status == GA_OK; i++)
        status = add_to(d, s, i, subject, seen, err);
    ga_need_spare(d, ga_passes_of(&d->options, NULL)[s->pass], 0, ga_need_seen(d, seen));
    ga_mem_free(seen);
    return status;
}

static ga_status save_merged(const ga_shards *s, const ga_dissection *d, ga_err *err)
{
    const ga_stamp stamp = {
        .key = s->key, .pass = s->pass + 1, .passes = s->passes, .about = "", .after = s->after};
    char name[GA_SHARD_NAME];
    ga_status status = GA_OK;
    ga_shard_merged_name(stamp.pass, name);
    for (int i = 0; i < s->n_folders && status == GA_OK; i++) {
        char *path = ga_path_join(s->folder[i], name);
        status = path != NULL ? ga_dissect_save(d, path, &stamp, err)
                              : ga_fail(err, GA_ENOMEM, "no memory for a path");
        ga_mem_free(path);
    }
    return status;
}

ga_status ga_shards_merge(const ga_shards *s, ga_subject *subject, const ga_dissect_options *o,
                          const ga_dissect_work *work, ga_dissection **out, ga_err *err)
{
    *out = NULL;
    ga_dissection *d = NULL;
    int passes;
    const ga_pass *const *pass = ga_passes_of(o, &passes);
    if (passes != s->passes)
        return ga_fail(err, GA_EDATA, "%s: is of %d passes, this rule has %d", s->part[0].path,
                       s->passes, passes);
    ga_status status = load_part(s, 0, subject, o, work->folder, &d, err);
    if (status == GA_OK)
        status = add_others(d, s, subject, err);
    if (status == GA_OK)
        status = ga_pass_end(pass[s->pass], d, work->progress, err);
    if (status == GA_OK && s->pass + 1 < passes)
        status = save_merged(s, d, err);
    if (status != GA_OK || s->pass + 1 < passes) {
        ga_dissection_free(d);
        return status;
    }
    d->folder = NULL; /* the caller's */
    *out = d;
    return GA_OK;
}
