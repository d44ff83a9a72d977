/* areas.h - how much of pictures each label has, and how that differs between two sets of them:
 * what a generator draws too little of, too much of, or not at all.
 *
 *     ga_areas   areas of the labels in the pictures of one set, picture by picture
 *
 * Areas are in per cent of a picture's pixels. Two sets may be compared only where the same
 * segmenter looked at both, at maps of the same size.
 *
 * Source: Bau et al. 2019, "Seeing what a GAN cannot generate" (arXiv:1910.11626); departures:
 * docs/scores/areas.md.
 *
 * Letters: N pictures, L labels. */
#ifndef GA_AREAS_H
#define GA_AREAS_H
#include "ganatomy/labels.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ga_areas ga_areas;

/* Of no picture yet. Borrows v. GA_ENOMEM. */
GA_API ga_status ga_areas_create(const ga_vocabulary *v, ga_areas **out, ga_err *err);
GA_API void ga_areas_free(ga_areas *a); /* NULL is fine */
/* GA_EDATA: a label that v does not have (nothing is counted then); GA_ENOMEM. */
GA_API ga_status ga_areas_add(ga_areas *a, ga_label_maps maps, ga_err *err);
GA_API uint64_t ga_areas_n(const ga_areas *a);

typedef struct ga_area {
    double mean;       /* over all pictures, 0..100 */
    double error;      /* standard error of it; 0 below 2 pictures */
    uint64_t pictures; /* that have a pixel of it */
} ga_area;
/* label 1..L-1. */
GA_API ga_area ga_areas_of(const ga_areas *a, int label);

/* (made - real) / real, with a 95 % interval: that of the ratio of two independent means, normal on
 * the logarithm (delta method). have is false where one of the two has none of it. */
typedef struct ga_area_change {
    bool have;
    double change, lo, hi;
} ga_area_change;
GA_API ga_area_change ga_area_change_of(ga_area made, ga_area real);

/* The Fréchet segmentation distance: the squared Fréchet distance of the areas of one category's
 * labels, and of what of a picture has none of them, as normal distributions (ga_frechet). */
typedef struct ga_areas_distance {
    double distance;
    double means;   /* its part |m1 - m2|^2; the rest is from covariances */
    int components; /* labels of the category, and one */
} ga_areas_distance;
/* GA_ESHAPE: other labels; GA_EINVAL: no such category; GA_EDATA: fewer than 2 pictures in one. */
GA_API ga_status ga_areas_compare(const ga_areas *made, const ga_areas *real, int category,
                                  ga_areas_distance *out, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
