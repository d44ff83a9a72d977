/* score.c - what all kinds say of one label: scores, masks, derivatives by the pictures as given.
 */
#include "base/alloc.h"
#include "seg/kind.h"

/* Room for derivatives of one batch, as the kind's own sizes are. */
typedef struct room {
    float *diff; /* by what the kind reads */
    float *plane;
} room;

static void free_room(room *r)
{
    ga_mem_free(r->diff);
    ga_mem_free(r->plane);
}

static ga_status make_room(const ga_segmenter *s, ga_seg_pictures p, const ga_seg_ask *ask, room *r,
                           ga_err *err)
{
    if (ask->gradient == NULL)
        return GA_OK;
    r->diff = ga_mem_new((size_t)s->kind->batch * ga_dims_count(ga_seg_reads(s, ask->h, ask->w)),
                         sizeof *r->diff);
    r->plane = ga_mem_new((size_t)p.dims.h * (size_t)p.dims.w, sizeof *r->plane);
    return r->diff != NULL && r->plane != NULL
               ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory for the derivatives of a score");
}

static ga_status check(const ga_segmenter *s, ga_seg_pictures p, const ga_seg_ask *ask, ga_err *err)
{
    const int last = ga_vocabulary_n(s->vocabulary) - 1;
    const ga_status status = ga_seg_check(s, p, ask->h, ask->w, err);
    if (status != GA_OK)
        return status;
    if (ask->label < 0 || ask->label > last)
        return ga_fail(err, GA_EINVAL, "label %d: '%s' has 0 to %d", ask->label, s->name, last);
    if (ask->label == 0 && (ask->plane < 0 || ask->plane >= s->planes))
        return ga_fail(err, GA_EINVAL, "none of plane %d: '%s' has planes 0 to %d", ask->plane,
                       s->name, s->planes - 1);
    if (ask->gradient != NULL && ask->weight == NULL)
        return ga_fail(err, GA_EINVAL, "a gradient of scores needs their weights");
    if (ask->gradient != NULL && s->kind->score == NULL && s->kind->ask == NULL)
        return ga_fail(err, GA_EINVAL,
                       "'%s' has no derivative: its scores are 0 or 1 (a network trained here "
                       "has one)",
                       s->name);
    return GA_OK;
}

/* Whether a map (D,h,w) has at pixel k what is asked for; a label is in one plane alone. */
static bool has(const ga_segmenter *s, const uint16_t *map, const ga_seg_ask *ask, size_t k)
{
    const size_t pixels = (size_t)ask->h * (size_t)ask->w;
    if (ask->label == 0)
        return map[(size_t)ask->plane * pixels + k] == 0;
    for (int d = 0; d < s->planes; d++)
        if (map[(size_t)d * pixels + k] == ask->label)
            return true;
    return false;
}

/* 1 and 0 as the maps have it. */
static ga_status score_by_maps(ga_segmenter *s, ga_seg_pictures p, const ga_seg_ask *ask,
                               ga_err *err)
{
    const size_t pixels = (size_t)ask->h * (size_t)ask->w;
    uint16_t *map = ga_mem_new((size_t)s->planes * pixels, sizeof *map);
    ga_status status = map == NULL ? ga_fail(err, GA_ENOMEM, "no memory for a label map") : GA_OK;
    for (int i = 0; i < p.n && status == GA_OK; i++) {
        const ga_seg_pictures one = {p.x + (size_t)i * ga_dims_count(p.dims), 1, p.dims, p.lo,
                                     p.hi};
        status = ga_segmenter_maps(s, one, ask->h, ask->w, map, err);
        for (size_t k = 0; k < pixels && status == GA_OK; k++) {
            const bool is = has(s, map, ask, k);
            ask->score[(size_t)i * pixels + k] = is;
            if (ask->mask != NULL)
                ask->mask[(size_t)i * pixels + k] = is;
        }
    }
    ga_mem_free(map);
    return status;
}

/* What is asked of pictures first and after alone, in a kind's own terms. */
static ga_seg_ask part_of(const ga_segmenter *s, const ga_seg_ask *ask, int first, const room *r)
{
    const size_t at = (size_t)first * (size_t)ask->h * (size_t)ask->w;
    ga_seg_ask part = *ask;
    if (part.label > 0)
        part.plane = ga_vocabulary_at(s->vocabulary, part.label).category;
    part.score += at;
    part.mask = part.mask != NULL ? part.mask + at : NULL;
    part.weight = part.gradient != NULL ? part.weight + at : NULL;
    part.gradient = part.gradient != NULL ? r->diff : NULL;
    return part;
}

ga_status ga_segmenter_score(ga_segmenter *s, ga_seg_pictures p, const ga_seg_ask *ask, ga_err *err)
{
    const size_t picture = ga_dims_count(p.dims);
    room r = {0};
    ga_status status = check(s, p, ask, err);
    if (status != GA_OK)
        return status;
    if (s->kind->ask != NULL)
        return s->kind->ask(s, p, ask, err);
    if (s->kind->score == NULL)
        return score_by_maps(s, p, ask, err);
    status = make_room(s, p, ask, &r, err);
    for (int first = 0; first < p.n && status == GA_OK; first += s->kind->batch) {
        const ga_dims reads = ga_seg_reads(s, ask->h, ask->w);
        const int left = p.n - first, n = left < s->kind->batch ? left : s->kind->batch;
        const ga_seg_ask part = part_of(s, ask, first, &r);
        status = ga_seg_bring(s, p, first, n, reads, err);
        if (status == GA_OK)
            status = s->kind->score(s, s->room, n, &part, err);
        for (int i = 0; i < n && status == GA_OK && ask->gradient != NULL; i++)
            ga_seg_bring_gradient(s, p, reads, r.diff + (size_t)i * ga_dims_count(reads),
                                  ask->gradient + (size_t)(first + i) * picture, r.plane);
    }
    free_room(&r);
    return status;
}
