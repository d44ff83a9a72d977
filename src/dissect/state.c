/* state.c - saving and restoring what was seen. */
#include "dissect/state.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- statistics: each knows its own arrays ----------------------------------------------------*/

typedef struct part {
    char name[24];
    void *thing;
    bool (*array)(void *thing, int i, ga_stat_array *out);
    ga_status (*load)(void *thing, const ga_stat_array *arrays, int n, ga_err *err);
} part;

#define GA_PART(type)                                                                              \
    static bool type##_array(void *thing, int i, ga_stat_array *out)                               \
    {                                                                                              \
        return ga_##type##_array(thing, i, out);                                                   \
    }                                                                                              \
    static ga_status type##_load(void *thing, const ga_stat_array *arrays, int n, ga_err *err)     \
    {                                                                                              \
        return ga_##type##_load(thing, arrays, n, err);                                            \
    }
GA_PART(tail)
GA_PART(levels)
GA_PART(ladder)
GA_PART(tally)
GA_PART(covariance)
GA_PART(top)

enum {
    MAX_PARTS = 6 + GA_DISSECT_BLOCK,
    MAX_ARRAYS = GA_MAX_LABELS + 64 /* of one thing: a ladder and a covariance have one a label */
};

static int parts_of(const ga_dissect_layer *l, part *out)
{
    const part all[] = {{"tail", l->tail, tail_array, tail_load},
                        {"levels", l->levels, levels_array, levels_load},
                        {"ladder", l->ladder, ladder_array, ladder_load},
                        {"tally", l->tally, tally_array, tally_load},
                        {"covariance", l->covariance, covariance_array, covariance_load},
                        {"top", l->top, top_array, top_load}};
    int n = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].thing != NULL)
            out[n++] = all[i];
    for (int s = 0; s < GA_DISSECT_BLOCK; s++)
        if (l->chance[s] != NULL) {
            out[n] = (part){.thing = l->chance[s], .array = tally_array, .load = tally_load};
            snprintf(out[n++].name, sizeof out[0].name, "chance%d", s);
        }
    return n;
}

/* Files have no unsigned numbers: which array is unsigned stands in its name. */
static const char no_sign[] = ":u";

static ga_dtype dtype_of(ga_stat_type type)
{
    return type == GA_STAT_F32 ? GA_F32 : type == GA_STAT_U64 ? GA_I64 : GA_I32;
}

static ga_stat_type type_of(ga_dtype dtype, bool is_unsigned)
{
    return dtype == GA_F32   ? GA_STAT_F32
           : dtype == GA_I64 ? GA_STAT_U64
           : is_unsigned     ? GA_STAT_U32
                             : GA_STAT_I32;
}

/* ---- a list of arrays to be written -----------------------------------------------------------*/

typedef struct list {
    ga_array *a;
    int n, room;
    double *owned[2 * 2 * GA_DISSECT_LAYERS]; /* picks of each layer, as numbers */
    int n_owned;
    bool failed;
} list;

static ga_array *add(list *l, int layer, const char *of, const char *name, const char *more)
{
    ga_text path = {0};
    if (l->n == l->room) {
        const int room = l->room > 0 ? 2 * l->room : 64;
        ga_array *a = ga_mem_resize(l->a, (size_t)l->room, (size_t)room, sizeof *a);
        if (a == NULL) {
            l->failed = true;
            return NULL;
        }
        l->a = a;
        l->room = room;
    }
    ga_text_addf(&path, "%d/%s/%s%s", layer, of, name, more);
    if (path.failed) {
        l->failed = true;
        return NULL;
    }
    l->a[l->n] = (ga_array){.name = path.data};
    return &l->a[l->n++];
}

static void add_plain(list *l, int layer, const char *name, ga_dtype dtype, size_t count,
                      const void *data)
{
    ga_array *a = data != NULL ? add(l, layer, "own", name, "") : NULL;
    if (a == NULL)
        return;
    a->dtype = dtype;
    a->rank = 1;
    a->dim[0] = (int64_t)count;
    a->count = count;
    a->data = data;
}

/* A pick as numbers, so that a file can go to another machine. */
enum { PICK = GA_PICK_BYTES / sizeof(double) };

static void write_pick(const ga_iqr_pick *p, double out[PICK])
{
    out[0] = (double)p->level;
    out[1] = p->label;
    out[2] = p->at;
    out[3] = p->iqr;
    out[4] = p->iou;
}

static void add_picks(list *l, int layer, const char *name, size_t count, const ga_iqr_pick *picks)
{
    double *numbers = picks != NULL ? ga_mem_new(count * PICK, sizeof *numbers) : NULL;
    if (numbers == NULL) {
        l->failed = l->failed || picks != NULL;
        return;
    }
    for (size_t i = 0; i < count; i++)
        write_pick(&picks[i], numbers + i * PICK);
    add_plain(l, layer, name, GA_F64, count * PICK, numbers);
    if (l->failed)
        ga_mem_free(numbers);
    else
        l->owned[l->n_owned++] = numbers;
}

static void add_layer(list *out, const ga_dissection *d, int k)
{
    const ga_dissect_layer *l = &d->layer[k];
    const size_t units = (size_t)l->dims.c;
    part parts[MAX_PARTS];
    const int n = parts_of(l, parts);
    for (int p = 0; p < n; p++) {
        ga_stat_array from;
        for (int i = 0; parts[p].array(parts[p].thing, i, &from); i++) {
            ga_array *a = add(out, k, parts[p].name, from.name,
                              from.type == GA_STAT_U32 ? no_sign : "");
            if (a == NULL)
                return;
            a->dtype = dtype_of(from.type);
            a->rank = from.rank;
            a->count = 1;
            for (int r = 0; r < from.rank; r++) {
                a->dim[r] = (int64_t)from.shape[r];
                a->count *= from.shape[r];
            }
            a->data = from.data;
        }
    }
    add_plain(out, k, "threshold", GA_F32, units, l->threshold);
    add_plain(out, k, "level", GA_F32, units * GA_IQR_LEVELS, l->level);
    add_picks(out, k, "pick", units, l->pick);
    add_picks(out, k, "best", (size_t)d->labels * units, l->best);
    add_plain(out, k, "records", GA_I32, l->records.length, l->records.w);
}

/* ---- what a file says of itself ---------------------------------------------------------------*/

static void add_to_seal(ga_sha256 *h, const char *text)
{
    ga_sha256_add(h, text, strlen(text) + 1);
}

/* SHA-256 over all metadata but the seal, and all arrays. */
static void seal(const char *const *metadata, const ga_array *const *arrays, int n, char hex[65])
{
    ga_sha256 h;
    uint8_t digest[32];
    ga_sha256_start(&h);
    for (int i = 0; metadata[i] != NULL; i++)
        add_to_seal(&h, metadata[i]);
    for (int i = 0; i < n; i++) {
        const ga_array *a = arrays[i];
        add_to_seal(&h, a->name);
        add_to_seal(&h, ga_dtype_name(a->dtype));
        ga_sha256_add(&h, a->dim, (size_t)a->rank * sizeof a->dim[0]);
        ga_sha256_add(&h, a->data, a->count * ga_dtype_size(a->dtype));
    }
    ga_sha256_end(&h, digest);
    ga_hex(digest, sizeof digest, hex);
}

enum { WORDS = 9 };
static const char *const words[WORDS] = {"key",    "pass",  "passes", "block", "shard",
                                         "shards", "after", "about",  "seal"};

ga_status ga_dissect_save(const ga_dissection *d, const char *path, const ga_stamp *stamp,
                          ga_err *err)
{
    const int number[] = {stamp->pass, stamp->passes, stamp->block, stamp->shard, stamp->shards};
    char text[5][16], hex[65];
    const char *metadata[2 * WORDS + 1] = {words[0], stamp->key};
    list l = {0};
    for (int i = 0; i < 5; i++) {
        snprintf(text[i], sizeof text[i], "%d", number[i]);
        metadata[2 + 2 * i] = words[1 + i];
        metadata[3 + 2 * i] = text[i];
    }
    for (int k = 0; k < d->n_layers; k++)
        add_layer(&l, d, k);
    const ga_array **all = ga_mem_new((size_t)l.n, sizeof *all);
    l.failed = l.failed || all == NULL;
    for (int i = 0; i < l.n && all != NULL; i++)
        all[i] = &l.a[i];
    if (stamp->about != NULL && !l.failed) {
        metadata[12] = "after";
        metadata[13] = stamp->after;
        metadata[14] = "about";
        metadata[15] = stamp->about;
        seal(metadata, all, l.n, hex);
        metadata[16] = "seal";
        metadata[17] = hex;
    }
    const ga_status status = l.failed ? ga_fail(err, GA_ENOMEM, "no memory to save what was seen")
                                      : ga_weights_write(path, GA_FORM_SAFETENSORS, l.a, l.n,
                                                         metadata, err);
    for (int k = 0; k < d->n_layers; k++)
        ga_records_rest(&d->layer[k].records);
    for (int i = 0; i < l.n; i++)
        ga_mem_free((char *)(uintptr_t)l.a[i].name);
    for (int i = 0; i < l.n_owned; i++)
        ga_mem_free(l.owned[i]);
    ga_mem_free(all);
    ga_mem_free(l.a);
    return status;
}

/* ---- reading it -------------------------------------------------------------------------------*/

static bool number_of(const ga_weights *file, const char *key, int *out)
{
    const char *text = ga_weights_metadata(file, key);
    int64_t x;
    if (text == NULL || !ga_parse_i64(text, &x) || x < 0 || x > 1 << 24)
        return false;
    *out = (int)x;
    return true;
}

/* False: it says that it is sealed, and what is in it is not what was sealed. */
static bool seal_holds(const ga_weights *file)
{
    const char *said = ga_weights_metadata(file, "seal"), *metadata[2 * WORDS + 1];
    const int n = ga_weights_count(file);
    char hex[65];
    int m = 0;
    if (said == NULL)
        return ga_weights_metadata(file, "about") == NULL;
    for (int i = 0; i < WORDS - 1; i++) {
        metadata[m++] = words[i];
        metadata[m] = ga_weights_metadata(file, words[i]);
        if (metadata[m++] == NULL)
            return false;
    }
    metadata[m] = NULL;
    const ga_array **all = ga_mem_new((size_t)n, sizeof *all);
    if (all == NULL)
        return false;
    for (int i = 0; i < n; i++)
        all[i] = ga_weights_at(file, i);
    seal(metadata, all, n, hex);
    ga_mem_free(all);
    return strcmp(hex, said) == 0;
}

ga_status ga_dissect_open(const char *path, ga_weights **out, ga_stamp *stamp, ga_err *err)
{
    ga_weights *w = NULL;
    *out = NULL;
    *stamp = (ga_stamp){0};
    const ga_status status = ga_weights_read(path, 0, &w, err);
    if (status != GA_OK)
        return status;
    stamp->key = ga_weights_metadata(w, "key");
    stamp->after = ga_weights_metadata(w, "after");
    stamp->about = ga_weights_metadata(w, "about");
    stamp->seal = ga_weights_metadata(w, "seal");
    if (stamp->key == NULL || !number_of(w, "pass", &stamp->pass) ||
        !number_of(w, "passes", &stamp->passes) || !number_of(w, "block", &stamp->block) ||
        !number_of(w, "shard", &stamp->shard) || !number_of(w, "shards", &stamp->shards) ||
        !seal_holds(w)) {
        ga_weights_free(w);
        return ga_fail(err, GA_EDATA, "%s: is damaged, or nothing that a dissection has seen",
                       path);
    }
    *out = w;
    return GA_OK;
}

/* Array NAME of the layer's own, of exactly that type and count, or NULL. */
static const void *plain(const ga_weights *file, int layer, const char *name, ga_dtype dtype,
                         size_t count)
{
    char path[64];
    snprintf(path, sizeof path, "%d/own/%s", layer, name);
    const ga_array *a = ga_weights_find(file, path);
    return a != NULL && a->dtype == dtype && a->count == count ? a->data : NULL;
}

/* A new copy of levels; NULL if they are not there. */
static float *copy_levels(const ga_weights *file, int layer, size_t count)
{
    const void *from = plain(file, layer, "level", GA_F32, count);
    float *to = from != NULL ? ga_mem_new(count, sizeof *to) : NULL;
    if (to != NULL)
        memcpy(to, from, count * sizeof *to);
    return to;
}

static bool is_whole_below(double x, int n)
{
    return x >= 0 && x < n && x == (double)(int)x;
}

/* *out: as numbers lie in the file; NULL if they are not there. False: out of range. */
static bool copy_picks(const ga_weights *file, int layer, const char *name, size_t count,
                       int labels, ga_iqr_pick **out)
{
    const double *from = plain(file, layer, name, GA_F64, count * PICK);
    *out = from != NULL ? ga_mem_new(count, sizeof **out) : NULL;
    for (size_t i = 0; i < count && *out != NULL; i++, from += PICK) {
        if (!is_whole_below(from[1], labels) || !is_whole_below(from[2], GA_IQR_LEVELS))
            return false;
        (*out)[i] = (ga_iqr_pick){.level = (float)from[0],
                                  .label = (int)from[1],
                                  .at = (int)from[2],
                                  .iqr = from[3],
                                  .iou = from[4]};
    }
    return true;
}

static ga_status load_part(const part *p, const ga_weights *file, int layer, ga_err *err)
{
    ga_stat_array *arrays = ga_mem_new(MAX_ARRAYS, sizeof *arrays);
    char prefix[64];
    int n = 0;
    if (arrays == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to read what was seen");
    snprintf(prefix, sizeof prefix, "%d/%.23s/", layer, p->name);
    for (int i = 0; i < ga_weights_count(file) && n < MAX_ARRAYS; i++) {
        const ga_array *a = ga_weights_at(file, i);
        if (!ga_starts_with(a->name, prefix) || a->rank < 1 || a->rank > 3)
            continue;
        ga_stat_array *to = &arrays[n++];
        *to = (ga_stat_array){.rank = a->rank, .data = a->data};
        const char *name = a->name + strlen(prefix);
        const bool is_unsigned = ga_ends_with(name, no_sign);
        const int length = (int)strlen(name) - (is_unsigned ? (int)strlen(no_sign) : 0);
        snprintf(to->name, sizeof to->name, "%.*s", length < 23 ? length : 23, name);
        for (int r = 0; r < a->rank; r++)
            to->shape[r] = (size_t)a->dim[r];
        to->type = type_of(a->dtype, is_unsigned);
    }
    const ga_status status = p->load(p->thing, arrays, n, err);
    ga_mem_free(arrays);
    return status;
}

static ga_status load_records(ga_dissection *d, ga_dissect_layer *l, const ga_weights *file,
                              int layer, ga_err *err)
{
    char path[64];
    snprintf(path, sizeof path, "%d/own/records", layer);
    const ga_array *w = ga_weights_find(file, path);
    if (w == NULL)
        return GA_OK;
    if (w->dtype != GA_I32)
        return ga_fail(err, GA_EDATA, "what single images gave is of type %s, not %s",
                       ga_dtype_name(w->dtype), ga_dtype_name(GA_I32));
    return ga_records_take(&l->records, w->data, w->count, d->labels, err);
}

static ga_status load_layer(ga_dissection *d, int k, const ga_weights *file, ga_err *err)
{
    ga_dissect_layer *l = &d->layer[k];
    part parts[MAX_PARTS];
    const int n = parts_of(l, parts);
    for (int p = 0; p < n; p++) {
        const ga_status status = load_part(&parts[p], file, k, err);
        if (status != GA_OK)
            return status;
    }
    return load_records(d, l, file, k, err);
}

ga_status ga_dissect_restore(ga_dissection *d, const ga_weights *file, ga_err *err)
{
    for (int k = 0; k < d->n_layers; k++) {
        const ga_status status = load_layer(d, k, file, err);
        if (status != GA_OK)
            return status;
    }
    return GA_OK;
}

ga_status ga_dissect_restore_rule(ga_dissection *d, const ga_weights *file, ga_err *err)
{
    for (int k = 0; k < d->n_layers; k++) {
        ga_dissect_layer *l = &d->layer[k];
        const size_t units = (size_t)l->dims.c;
        const float *threshold = plain(file, k, "threshold", GA_F32, units);
        if (threshold == NULL)
            return ga_fail(err, GA_EDATA, "the thresholds of layer %d are not there", k);
        memcpy(l->threshold, threshold, units * sizeof *threshold);
        l->level = copy_levels(file, k, units * GA_IQR_LEVELS);
        if (d->options.rule == GA_RULE_IQR && l->level == NULL)
            return ga_fail(err, GA_EDATA, "the levels of layer %d are not there", k);
        if (!copy_picks(file, k, "pick", units, d->labels, &l->pick) ||
            !copy_picks(file, k, "best", (size_t)d->labels * units, d->labels, &l->best))
            return ga_fail(err, GA_EDATA, "the choices of layer %d are out of range", k);
    }
    return GA_OK;
}
