/* parts.h - names for the parts of what one generator draws, from a few painted pictures
 * (palette.h) and the generator's activations to a segmenter.
 *
 * Method: the units of a generator already tell its parts apart, so that a small classifier of one
 * pixel's activations, resized bilinearly to the picture and stacked, needs few painted pictures:
 * Zhang et al. 2021 (DatasetGAN, arXiv:2104.06490), Tritrong et al. 2021 (arXiv:2012.04641).
 * Departures: one network in place of ten that vote, one hidden layer in place of two.
 *
 * Letters: N pictures, C channels, H rows, W columns, D planes, L labels, U units of all layers. */
#ifndef GA_PARTS_H
#define GA_PARTS_H
#include "ganatomy/model.h"
#include "ganatomy/palette.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ga_painted {
    const ga_vocabulary *vocabulary;
    int n;                 /* pictures */
    const float *z;        /* (N,Z) */
    const int32_t *labels; /* (N); NULL: the generator draws no classes */
    const uint16_t *maps;  /* (N,D,H,W) of the generator's pictures, with GA_UNPAINTED */
} ga_painted;

typedef struct ga_parts_options {
    const char *const *layers; /* taps of the generator with a map of units */
    int n_layers;              /* 1..16 */
    ga_bn_mode bn;             /* GA_BN_RUNNING or GA_BN_IMAGE */
    int hidden;                /* units of the hidden layer, 0: a linear classifier */
    int steps;                 /* of Adam, each on up to 256 pixels */
    double lr;                 /* at the start; falls linearly to 0 */
    uint64_t seed;             /* of the weights and of the order of pixels */
    bool check;          /* train N times more, each time without one picture, for ga_parts_check */
    int threads;         /* of the generator; training itself takes one */
    size_t memory_limit; /* bytes of painted pixels' activations; 0: none */
} ga_parts_options;
#define GA_PARTS_OPTIONS_DEFAULT                                                                   \
    ((ga_parts_options){                                                                           \
        .bn = GA_BN_RUNNING, .hidden = 64, .steps = 1000, .lr = 0.003, .seed = 1, .check = true})

/* How well pictures that it was not trained on are labelled: painted pixels alone. */
typedef struct ga_parts_check {
    uint64_t pixels; /* painted, of all pictures and planes */
    double right;    /* share of them that the trained segmenter labels right */
    double left_out; /* the same where each picture is labelled by one trained without it; with
                        mean_iou and the counts 0 where that was not asked for, or N is 1 */
    double mean_iou; /* over labels that are painted, none of a category left out */
    uint64_t *both, *said, *truth; /* (L) pixels; ended by ga_parts_check_free */
} ga_parts_check;
GA_API void ga_parts_check_free(ga_parts_check *c); /* zeroed ones are fine */

/* *out: a network with label logits that reads (U,H,W), the layers' maps resized to the picture and
 * stacked in the order given. Its notes say whose activations these are, so that
 * ga_segmenter_of_model makes a segmenter of them (seg.h). The same inputs give the same bytes.
 * GA_ENOTFOUND: a layer; GA_EINVAL: a model that makes no pictures, no painted pixel, one label
 * alone; GA_ENOMEM: above memory_limit, in numbers; GA_EINTERRUPTED. check and progress may be
 * NULL. */
GA_API ga_status ga_train_parts(ga_model *generator, const ga_painted *painted,
                                const ga_parts_options *options, const ga_progress *progress,
                                ga_model **out, ga_parts_check *check, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
