/* detect.h - units as detectors: how well does what a layer knows tell where a concept is?
 *
 * Four ways to find the pixels of a label in a picture, learned from the same training images and
 * judged by other ones:
 *
 *     UNIT    the unit above its threshold, both with the largest IoU on the training images
 *     UNION   any of several units above theirs; added greedily while that helps on the training
 *             images, from the GA_DETECT_CANDIDATES best
 *     PROBE   a logistic regression on all units of the layer, pixel by pixel, cut where its IoU is
 *             largest on the pixels that it learned from
 *     RIVAL   a segmenter, as it is; learns nothing here
 *
 * The truth are the labels of the subject (ga_subject): label maps of the data, or a segmenter's.
 * Activations lie on the pixels as in a dissection. Training images are 0 .. train-1 of the seed,
 * test images those after them, so that no image is both. Whole images are drawn again for
 * intervals, the same ones for all detectors, so that differences are paired.
 *
 * The question is that of network dissection (Bau et al. 2017, arXiv:1704.05796); the probe is that
 * of Alain and Bengio 2016 (arXiv:1610.01644), for pixels. docs/compare.md has the formulas. */
#ifndef GA_DETECT_H
#define GA_DETECT_H
#include "ganatomy/dissect.h"
#include "ganatomy/stat.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GA_DETECT_CANDIDATES 64
#define GA_DETECT_LABELS     64

typedef enum ga_detector {
    GA_DETECT_UNIT,
    GA_DETECT_UNION,
    GA_DETECT_PROBE,
    GA_DETECT_RIVAL,
    GA_DETECTORS
} ga_detector;

typedef struct ga_detect_options {
    int train, test;     /* images, at least 1 each */
    uint32_t seed;       /* of the images, the probe's pixels and the resampling */
    const int *labels;   /* (n_labels) numbers of the subject's vocabulary, borrowed */
    int n_labels;        /* 1..GA_DETECT_LABELS */
    ga_segmenter *rival; /* NULL: none; borrowed. Its labels are found by their titles */
    ga_lie lie;
    int most;      /* units of a union, 1..GA_DETECT_CANDIDATES */
    int samples;   /* pixels of each training image that the probe learns from, drawn evenly */
    double l2;     /* of the probe, above 0; numbers are brought to mean 0 and deviation 1 */
    int bootstrap; /* rounds, 0 or 100..100000 */
    int threads;
    size_t memory; /* bytes for what is kept of images at a time */
} ga_detect_options;

/* How good a detector is on the test images. */
typedef struct ga_judged {
    bool judged;                /* false: nothing could be learned, or there is no such detector */
    double train_iou;           /* on what it was chosen by; 0 for RIVAL */
    uint64_t both, said, truth; /* pixels: said and true, said, true */
    double iou;                 /* both / (said + truth - both) */
    double ap; /* average precision over all pixels (ga_average_precision); -1: the label does not
                  occur. RIVAL: of its yes or no, as it has no scores */
    double ap_by_steps; /* the same as its intervals see it */
    double gain;        /* IoU less that of UNIT */
    /* 95 % intervals over resampled test images; equal ends: none were made */
    double iou_lo, iou_hi, ap_lo, ap_hi, gain_lo, gain_hi;
    double seconds; /* a test image, without the network; of the clock, so never the same twice */
} ga_judged;

/* One label at one layer. */
typedef struct ga_detected {
    ga_judged by[GA_DETECTORS]; /* RIVAL is the same at every layer */
    int n_units;                /* of the union; the first is the best unit */
    int unit[GA_DETECT_CANDIDATES];
    float threshold[GA_DETECT_CANDIDATES];
    ga_logistic_fit fit;
    float cut;                           /* of the probe's logit */
    uint64_t train_images, train_pixels; /* that hold the label; that have it */
    uint64_t test_images, test_pixels;
    uint64_t samples, sample_pixels; /* that the probe learned from; of these with the label */
} ga_detected;

typedef struct ga_detections ga_detections;

/* Looks at all images, some of them several times. GA_EINVAL: options out of range; GA_ENOTFOUND: a
 * label that the rival does not know; GA_ENOMEM: memory is too small, with what would do; GA_EDATA:
 * an activation that is not a number. The same bytes, but for seconds, whatever threads and memory
 * are. */
GA_API ga_status ga_detect(ga_subject *s, const ga_detect_options *options,
                           const ga_progress *progress, ga_detections **out, ga_err *err);
GA_API void ga_detections_free(ga_detections *d); /* NULL is fine */
/* label: its place in the options' list. Borrowed. */
GA_API const ga_detected *ga_detections_of(const ga_detections *d, int layer, int label);
/* Of the network up to the last layer and of getting its input, a test image. */
GA_API double ga_detections_network_seconds(const ga_detections *d);

#ifdef __cplusplus
}
#endif
#endif
