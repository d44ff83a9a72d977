/* detectors.h - what the files about detectors share. */
#ifndef GA_DISSECT_DETECTORS_H
#define GA_DISSECT_DETECTORS_H
#include "ganatomy/detect.h"

/* Levels that a unit's threshold is chosen from: exceeded by shares of 1e-4 to 1 of all pixels,
 * each 1.047 times the one before. */
enum { GA_DETECT_LEVELS = 200 };

/* What is learned of a label at a layer. */
typedef struct ga_learned {
    int candidates; /* units by their training IoU, best first */
    int unit[GA_DETECT_CANDIDATES];
    float threshold[GA_DETECT_CANDIDATES];
    double iou[GA_DETECT_CANDIDATES];
    int chosen;                     /* of the union */
    int pick[GA_DETECT_CANDIDATES]; /* (chosen) places among the candidates */
    double union_iou;
    bool has_probe;
    double *weight; /* (U+1) of raw values, bias last */
    double probe_iou;
} ga_learned;

typedef struct ga_detect_layer {
    ga_dims dims;
    ga_grid grid;
    ga_levels *levels;
    ga_ladder *ladder;
    float *level;   /* (U,GA_DETECT_LEVELS) */
    float *sample;  /* (U,samples of all training images) */
    float *spread;  /* (U) standard deviation over the samples; 1 where it is 0 */
    double *mean;   /* (U) */
    ga_learned *of; /* (labels) */
} ga_detect_layer;

/* What a detector gave on one test image: pixels. */
typedef struct ga_detect_counts {
    uint32_t both, said, truth;
} ga_detect_counts;

struct ga_detections {
    ga_detect_options o;
    int n_layers, planes, labels;
    size_t pixels;                /* of a label map's plane */
    uint16_t *known;              /* (L) 1 + place of a label among those asked for, or 0 */
    size_t n_samples;             /* of all training images */
    uint8_t *answer;              /* (labels,n_samples) */
    int *rival;                   /* (labels) numbers in the rival's vocabulary */
    ga_detect_counts *rival_gave; /* (labels,test) */
    ga_detect_layer *layer;
    ga_detected *found; /* (layers,labels) */
    double network_seconds;
    const ga_progress *progress;
    uint64_t done, total; /* images of all passes */
};

/* Images of a block as they come: of each layer (n,U,h,w), and label maps (n,D,side,side). */
typedef struct ga_detect_look {
    const ga_detections *d;
    float *const *activation;
    const uint16_t *maps;
    const float *pictures;
    int image; /* of the pass */
    int at;    /* in the block */
} ga_detect_look;

const float *ga_look_maps(const ga_detect_look *l, int layer);
/* out (pixels): 1 where any plane has the label (by its place). */
void ga_look_truth(const ga_detect_look *l, int label, uint8_t *out);

/* Calls see for images first .. first + n - 1, in their order. seconds (may be NULL) receives what
 * the network took. */
typedef ga_status ga_detect_see(void *user, const ga_detect_look *look, ga_err *err);
ga_status ga_detect_pass(ga_detections *d, ga_subject *s, int first, int n, bool pictures,
                         ga_detect_see *see, void *user, double *seconds, ga_err *err);

/* Reports how far it is. GA_EINTERRUPTED: it was cancelled. */
ga_status ga_detect_tell(const ga_detections *d, const char *what, uint64_t done, uint64_t total,
                         ga_err *err);

/* Thresholds, candidates and probes, from two passes over the training images. */
ga_status ga_detect_learn(ga_detections *d, ga_subject *s, ga_err *err);
/* Unions of the label-layer pairs first .. first + n - 1 (layer by layer), from one more pass. */
ga_status ga_detect_unite(ga_detections *d, ga_subject *s, int first, int n, ga_err *err);
size_t ga_detect_unite_bytes(const ga_detections *d); /* a pair */
/* The same pairs on the test images; with them the rival, when first is 0. */
ga_status ga_detect_judge(ga_detections *d, ga_subject *s, int first, int n, ga_err *err);
size_t ga_detect_judge_bytes(const ga_detections *d); /* a pair */
#endif
