/* joined.c - several segmenters as one. */
#include "base/alloc.h"
#include "base/hash.h"
#include "base/text.h"
#include "seg/kind.h"
#include <stdio.h>
#include <string.h>

enum { MOST = 16 };

typedef struct joined {
    ga_segmenter *part[MOST];
    int offset[MOST]; /* added to a part's labels other than 0 */
    int n;
    uint16_t *room;
    size_t room_count;
} joined;

static void end(void *own)
{
    joined *j = own;
    if (j == NULL)
        return;
    for (int i = 0; i < j->n; i++)
        ga_segmenter_free(j->part[i]);
    ga_mem_free(j->room);
    ga_mem_free(j);
}

static ga_status need_room(joined *j, size_t count, ga_err *err)
{
    if (count <= j->room_count)
        return GA_OK;
    ga_mem_free(j->room);
    j->room_count = 0;
    j->room = ga_mem_new(count, sizeof *j->room);
    if (j->room == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for label maps");
    j->room_count = count;
    return GA_OK;
}

/* Each part's own, and maps of the one with most planes. */
static size_t room(const ga_segmenter *s, ga_dims pictures, int n, int h, int w)
{
    const joined *j = s->own;
    size_t bytes = 0, most = 0;
    for (int i = 0; i < j->n; i++) {
        const size_t planes = (size_t)ga_segmenter_planes(j->part[i]);
        bytes += ga_segmenter_room(j->part[i], pictures, n, h, w);
        most = planes > most ? planes : most;
    }
    return bytes + most * (size_t)n * (size_t)h * (size_t)w * sizeof *j->room;
}

static ga_status look(ga_segmenter *s, ga_seg_pictures p, int h, int w, uint16_t *maps, ga_err *err)
{
    joined *j = s->own;
    const size_t pixels = (size_t)h * (size_t)w;
    ga_status status = GA_OK;
    for (int i = 0, before = 0; i < j->n && status == GA_OK; i++) {
        const int planes = ga_segmenter_planes(j->part[i]);
        const size_t one = (size_t)planes * pixels;
        status = need_room(j, (size_t)p.n * one, err);
        if (status == GA_OK)
            status = ga_segmenter_maps(j->part[i], p, h, w, j->room, err);
        for (int k = 0; k < p.n && status == GA_OK; k++) {
            uint16_t *to = maps + ((size_t)k * (size_t)s->planes + (size_t)before) * pixels;
            for (size_t at = 0; at < one; at++) {
                const uint16_t label = j->room[(size_t)k * one + at];
                to[at] = (uint16_t)(label != 0 ? label + j->offset[i] : 0);
            }
        }
        before += planes;
    }
    return status;
}

/* The same of the part whose label or plane it is. */
static ga_status ask(ga_segmenter *s, ga_seg_pictures p, const ga_seg_ask *asked, ga_err *err)
{
    const joined *j = s->own;
    ga_seg_ask own = *asked;
    int i = 0;
    if (own.label > 0) {
        while (i + 1 < j->n && own.label > j->offset[i + 1])
            i++;
        own.label -= j->offset[i];
    } else {
        while (own.plane >= ga_segmenter_planes(j->part[i]))
            own.plane -= ga_segmenter_planes(j->part[i++]);
    }
    return ga_segmenter_score(j->part[i], p, &own, err);
}

/* ---- making one -------------------------------------------------------------------------------*/

static ga_status join_words(joined *j, ga_vocabulary **out, ga_err *err)
{
    const char *categories[GA_MAX_CATEGORIES];
    int labels = 0, n_categories = 0;
    for (int i = 0; i < j->n; i++)
        labels += ga_vocabulary_n(ga_segmenter_vocabulary(j->part[i])) - 1;
    ga_label *all = ga_mem_new((size_t)labels, sizeof *all);
    if (all == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d labels", labels);
    ga_status status = GA_OK;
    labels = 0;
    for (int i = 0; i < j->n && status == GA_OK; i++) {
        const ga_vocabulary *v = ga_segmenter_vocabulary(j->part[i]);
        const int first = n_categories;
        j->offset[i] = labels;
        for (int k = 0; k < ga_vocabulary_categories(v) && status == GA_OK; k++) {
            const char *name = ga_vocabulary_category(v, k);
            for (int before = 0; before < first && status == GA_OK; before++)
                if (strcmp(categories[before], name) == 0)
                    status = ga_fail(err, GA_EINVAL,
                                     "'%s' has labels of category '%s', as another of the "
                                     "segmenters to be joined has",
                                     ga_segmenter_name(j->part[i]), name);
            if (status == GA_OK && n_categories == GA_MAX_CATEGORIES)
                status = ga_fail(err, GA_EINVAL, "more than %d categories", GA_MAX_CATEGORIES);
            if (status == GA_OK)
                categories[n_categories++] = name;
        }
        for (int c = 1; c < ga_vocabulary_n(v); c++) {
            const ga_label label = ga_vocabulary_at(v, c);
            all[labels++] = (ga_label){label.name, first + label.category};
        }
    }
    if (status == GA_OK)
        status = ga_vocabulary_create(categories, n_categories, all, labels, out, err);
    ga_mem_free(all);
    return status;
}

/* Names with '+' between, and what decides the answers. */
static ga_status name_all(const joined *j, ga_segmenter *s, ga_err *err)
{
    ga_text names = {0}, hashes = {0};
    ga_text_add(&hashes, "joined, version 1");
    for (int i = 0; i < j->n; i++) {
        ga_text_addf(&names, "%s%s", i > 0 ? "+" : "", ga_segmenter_name(j->part[i]));
        ga_text_addf(&hashes, " %s", ga_segmenter_hash(j->part[i]));
        s->planes += ga_segmenter_planes(j->part[i]);
    }
    ga_status status = GA_OK;
    if (names.failed || hashes.failed)
        status = ga_fail(err, GA_ENOMEM, "no memory for the names of segmenters");
    else {
        snprintf(s->name, sizeof s->name, "%.127s", names.data);
        ga_sha256_hex(hashes.data, hashes.length, s->hash);
    }
    ga_text_free(&names);
    ga_text_free(&hashes);
    return status;
}

ga_status ga_segmenter_join(ga_segmenter *const *parts, int n, ga_segmenter **out, ga_err *err)
{
    static const ga_seg_kind kind = {
        .batch = 1, .look = look, .ask = ask, .room = room, .end = end};
    *out = NULL;
    joined *j = n >= 1 && n <= MOST ? ga_mem_new(1, sizeof *j) : NULL;
    if (j == NULL) {
        for (int i = 0; i < n; i++)
            ga_segmenter_free(parts[i]);
        return n < 1 || n > MOST
                   ? ga_fail(err, GA_EINVAL, "%d segmenters to join: expected 1 to %d", n, MOST)
                   : ga_fail(err, GA_ENOMEM, "no memory to join segmenters");
    }
    memcpy(j->part, parts, (size_t)n * sizeof *parts);
    j->n = n;
    for (int i = 0; i < n; i++)
        if (parts[i]->inside != NULL) {
            const ga_status status = ga_fail(
                err, GA_EINVAL,
                "'%s' reads activations of a generator, not pictures: it cannot be joined",
                parts[i]->name);
            end(j);
            return status;
        }
    ga_segmenter s = {.kind = &kind, .own = j, .lo = 0, .hi = 1};
    ga_status status = join_words(j, &s.vocabulary, err);
    if (status == GA_OK)
        status = name_all(j, &s, err);
    if (status == GA_OK)
        return ga_seg_make(s, out, err);
    ga_vocabulary_free(s.vocabulary);
    end(j);
    return status;
}
