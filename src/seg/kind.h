/* kind.h - what a kind of segmenter has to say for itself. */
#ifndef GA_SEG_KIND_H
#define GA_SEG_KIND_H
#include "ganatomy/seg.h"

typedef struct ga_seg_kind {
    int batch; /* pictures at a time that maps is called with, at most */
    /* n pictures (n,C,H,W) of the kind's own dims -> maps (n,D,h,w) */
    ga_status (*maps)(ga_segmenter *s, const float *x, int n, int h, int w, uint16_t *maps,
                      ga_err *err);
    void (*end)(void *own);
} ga_seg_kind;

struct ga_segmenter {
    const ga_seg_kind *kind;
    void *own; /* the kind's */
    char name[128], hash[65];
    ga_vocabulary *vocabulary;
    int planes;
    ga_dims dims; /* it reads; h = 0: pictures of any size, resized to the map's */
    float lo, hi; /* and their range */
    float *room;  /* (batch,C,H,W) pictures as it reads them */
    size_t room_count;
};

/* Takes over own and vocabulary (ended on failure too). */
ga_status ga_seg_make(ga_segmenter from, ga_segmenter **out, ga_err *err);
#endif
