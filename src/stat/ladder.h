/* ladder.h - what a ladder holds, for ladder.c and for the rule that chooses from it. */
#ifndef GA_LADDER_H
#define GA_LADDER_H
#include "stat/label_planes.h"

struct ga_ladder {
    ga_tally_spec spec;
    int j;
    ga_lay *lay;
    ga_label_sets sets; /* of the image at hand */
    float *levels;      /* (U,J) */
    float *distinct;    /* (U,J + 1) each level once, then -infinity */
    uint8_t *first;     /* (U,J + 1) where in levels a distinct one is first */
    uint8_t *start;     /* (U,GA_LAY_KEYS) */
    ga_rungs *rungs;    /* (U) */
    uint32_t *from;     /* (H,W) where a pixel's histogram begins */
    bool *present;      /* (L) in the image at hand */
    uint16_t **hist;    /* (threads) of (sets,GA_LAY_COPIES,entries) */
    /* What is counted; histograms are of the first level that a pixel is above. */
    uint64_t images;
    uint64_t *label;           /* (L) pixels */
    uint32_t **both;           /* (L) of (U,J), NULL: never seen */
    uint32_t *active;          /* (U,J) */
    uint32_t *category_active; /* (K,U,J) */
    uint64_t *category_pixels; /* (K) */
};

typedef struct ga_ladder_counts {
    uint64_t images;
    const uint64_t *label;
    const uint32_t *active, *category_active;
    const uint64_t *category_pixels;
    const uint32_t *const *both;
} ga_ladder_counts;
#endif
