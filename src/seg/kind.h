/* kind.h - what a kind of segmenter has to say for itself. */
#ifndef GA_SEG_KIND_H
#define GA_SEG_KIND_H
#include "ganatomy/seg.h"

typedef struct ga_seg_kind {
    int batch;  /* pictures at a time that maps is called with, at most */
    bool means; /* pictures of another size become means of windows; else bilinear */
    /* n pictures (n,C,H,W) of the kind's own dims -> maps (n,D,h,w) */
    ga_status (*maps)(ga_segmenter *s, const float *x, int n, int h, int w, uint16_t *maps,
                      ga_err *err);
    /* or, instead: the pictures as they are (checked) -> maps; batch does not count then */
    ga_status (*look)(ga_segmenter *s, ga_seg_pictures p, int h, int w, uint16_t *maps,
                      ga_err *err);
    /* The same pictures asked of one label: ask's arrays are of these n, its gradient by the kind's
     * own pictures (n,C,H,W), label and plane both filled in. */
    ga_status (*score)(ga_segmenter *s, const float *x, int n, const ga_seg_ask *ask, ga_err *err);
    /* or, instead: the pictures as they are (checked), and all that was asked. Neither: as maps
     * say, without gradient. */
    ga_status (*ask)(ga_segmenter *s, ga_seg_pictures p, const ga_seg_ask *ask, ga_err *err);
    /* bytes that look takes and keeps; NULL: next to none */
    size_t (*room)(const ga_segmenter *s, ga_dims pictures, int n, int h, int w);
    void (*end)(void *own);
} ga_seg_kind;

typedef struct ga_seg_own_inside ga_seg_own_inside;

struct ga_segmenter {
    const ga_seg_kind *kind;
    void *own; /* the kind's */
    char name[128], hash[65];
    ga_vocabulary *vocabulary;
    int planes;   /* 0 before ga_seg_make: one a category */
    ga_dims dims; /* it reads; h = 0: pictures of any size, resized to the map's */
    float lo, hi; /* and their range */
    float *room;  /* (batch,C,H,W) pictures as it reads them, and a plane of theirs */
    size_t room_count;
    ga_seg_own_inside *inside; /* whose activations it reads; NULL: pictures */
};

/* The note of a model that looks inside a generator. */
ga_status ga_seg_inside_read(const char *note, ga_seg_own_inside **out, ga_err *err);
void ga_seg_inside_free(ga_seg_own_inside *in);
ga_status ga_seg_need_room(ga_segmenter *s, size_t count, ga_err *err);

/* Picture i of p as grey (p.dims.h, p.dims.w) in 0..1: the luma of ITU-R BT.601 where it has
 * colours. GA_EDATA: NaN. */
ga_status ga_seg_grey(ga_seg_pictures p, int i, float *grey, ga_err *err);
/* GA_EINVAL unless maps of (h,w) can be made of such pictures. */
ga_status ga_seg_check(const ga_segmenter *s, ga_seg_pictures p, int h, int w, ga_err *err);
/* What the kind reads for maps of (h,w). */
ga_dims ga_seg_reads(const ga_segmenter *s, int h, int w);
/* Pictures first .. first+n-1 as the kind reads them (n,c,h,w), n at most its batch, into s->room.
 */
ga_status ga_seg_bring(ga_segmenter *s, ga_seg_pictures p, int first, int n, ga_dims to,
                       ga_err *err);
/* Its derivative: of one picture, by what the kind reads (c,h,w), becomes that by the picture as
 * given (C,H,W). room: a plane of p.dims. */
void ga_seg_bring_gradient(const ga_segmenter *s, ga_seg_pictures p, ga_dims to, const float *diff,
                           float *gradient, float *room);
/* The segmenter of a model of unified parsing (upernet.c). */
ga_status ga_segmenter_of_parsing(ga_model *m, const ga_segmenter_options *options,
                                  ga_segmenter **out, ga_err *err);

/* ga_plan_create for what a segmenter runs, whose number of pictures at a time nobody can choose:
 * GA_ENOMEM says the smallest limit. */
ga_status ga_seg_plan(ga_model *m, const ga_plan_options *o, ga_plan **out, ga_err *err);
/* Takes over own, inside and vocabulary (ended on failure too). */
ga_status ga_seg_make(ga_segmenter from, ga_segmenter **out, ga_err *err);
#endif
