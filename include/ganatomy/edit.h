/* edit.h - what is done to units at a tap, and what it does to the picture.
 *
 * Letters: N images, U units (channels of the tap), H rows, W columns. source = the picture that is
 * changed, donor = the picture that gives its features. Scores are mean squared differences over all
 * pixels and channels of the generator's output, in its own range, images in f32, sums in f64. */
#ifndef GA_EDIT_H
#define GA_EDIT_H
#include "ganatomy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What happens to a chosen unit. */
typedef enum ga_operation {
    GA_OP_SWAP,       /* the donor's map at the tap */
    GA_OP_ZERO,       /* 0 after the activation */
    GA_OP_MEAN,       /* its spatial mean in the same image */
    GA_OP_ZERO_FILTER /* its filter's weights are 0 before the norm: the map becomes what norm and
                         activation make of the filter's bias, as the mnist-gan study did */
} ga_operation;

/* Order of a greedy search: the unit whose change moves the picture most / least away from the
 * source's picture, or nearest to the donor's. */
typedef enum ga_search_goal { GA_SEARCH_MOST, GA_SEARCH_LEAST, GA_SEARCH_TOWARD } ga_search_goal;

/* A generator made ready for edits at one tap: the plans from z to the tap and from the tap to the
 * picture. Borrows the model. Not for use by two threads at once. */
typedef struct ga_lab ga_lab;

typedef struct ga_lab_options {
    const char *tap; /* any tap of the generator but its inputs and its output */
    ga_bn_mode bn;   /* GA_BN_BATCH: the images of one call are one batch */
    int batch;       /* largest number of images of one call to the generator; 0: 64. Made smaller
                        to fit memory_limit, unless the batch's own statistics are asked for */
    int threads;
    size_t memory_limit; /* bytes of all plans of the lab and its searches; 0: none */
} ga_lab_options;

GA_API ga_status ga_lab_create(ga_model *model, const ga_lab_options *options, ga_lab **out,
                               ga_err *err);
GA_API void ga_lab_free(ga_lab *lab);
GA_API ga_dims ga_lab_tap_dims(const ga_lab *lab);    /* U, H, W at the tap */
GA_API ga_dims ga_lab_output_dims(const ga_lab *lab); /* C, H, W of a picture */

/* z (n,Z) and, of a conditional generator, classes labels (n; else NULL) -> activation at the tap,
 * (n,U,H,W), and/or pictures (n,C,H,W); NULL for what is not wanted. GA_EINVAL also as
 * ga_renderer_draw. */
GA_API ga_status ga_lab_render(ga_lab *lab, const float *z, const int32_t *labels, int n,
                               float *activation, float *pictures, ga_err *err);

/* Pictures of n activations at the tap (n,U,H,W), as they stand: for activations changed by hand. */
GA_API ga_status ga_lab_continue(ga_lab *lab, const float *activation, int n, float *pictures,
                                 ga_err *err);

/* Pictures of n sources after operation on the listed units. source and donor: activations at the
 * tap (n,U,H,W) (donor NULL unless GA_OP_SWAP). */
GA_API ga_status ga_lab_apply(ga_lab *lab, ga_operation operation, const int *units, int n_units,
                              const float *source, const float *donor, int n, float *pictures,
                              ga_err *err);

/* Greedy search on one pair. At each of count steps, for every unit not yet taken, the operation is
 * done to it on top of those already taken, the picture is rendered and scored against the source's
 * (most, least) or the donor's picture (toward); the best is kept, ties to the lower index.
 * source, donor: (U,H,W). units[count], scores[count] (the score after each step).
 * GA_EINVAL: count outside 1..U. Batch-norm mode GA_BN_BATCH treats each candidate as a batch of 1. */
GA_API ga_status ga_lab_search(ga_lab *lab, ga_search_goal goal, ga_operation operation,
                               const float *source, const float *donor, int count, int *units,
                               double *scores, const ga_progress *progress, ga_err *err);

/* count different units of n_units, drawn as by a Fisher-Yates shuffle of the stream (seed). With
 * nested true the first k of a larger draw are the draw of k. */
GA_API ga_status ga_random_units(int n_units, int count, uint64_t seed, int *units, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
