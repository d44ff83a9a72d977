/* contest.h - what `ganatomy compare detectors` says and writes. */
#ifndef GA_APP_CONTEST_H
#define GA_APP_CONTEST_H
#include "app/cells.h"
#include "app/verb.h"
#include "ganatomy/detect.h"

enum { GA_CONTEST_LAYERS = 64 };

/* What a network takes for one image. */
typedef struct ga_contest_cost {
    size_t bytes;           /* of a plan for one image; 0: no network */
    uint64_t multiply_adds; /* of it */
} ga_contest_cost;

typedef struct ga_contest {
    const ga_detections *d;
    const ga_detect_options *o;
    const ga_vocabulary *vocabulary;
    const char *model;
    const char *truth;        /* words: who says what pixels are */
    const char *rival;        /* the segmenter's name, or NULL */
    const char *rival_origin; /* the command that trained it, or NULL */
    const char *pictures;     /* words: which images */
    const char *const *layers;
    ga_dims dims[GA_CONTEST_LAYERS];
    int n_layers, side;
    ga_contest_cost network;
    ga_contest_cost of_seer; /* the segmenter that takes part, or that says what is true */
    json_t *identity;        /* of model, data, segmenter; borrowed */
} ga_contest;

extern const char *const ga_detector_words[GA_DETECTORS]; /* "best unit", ... */

/* "0.512 (0.480 to 0.541)" into buf, which is returned; without an interval where lo = hi. */
const char *ga_contest_number(double v, double lo, double hi, char *buf, size_t size);
/* What the detector has learned from, in words, into buf, which is returned. */
const char *ga_contest_learned(const ga_contest *c, const ga_detected *f, int detector, char *buf,
                               size_t size);

/* Where a detector of a label (by its place among those asked for) had the largest IoU on the
 * training images, the first of equals; -1: it had nothing to learn from. For a segmenter 0. */
int ga_contest_best_layer(const ga_contest *c, int label, int detector);
/* The same in a cell: "layer8 0.314 (0.295 to 0.334)". */
void ga_contest_add_best(ga_cells *cells, const ga_contest *c, int label, int detector);

void ga_contest_say(ga_request *rq, const ga_contest *c);
json_t *ga_contest_json(const ga_contest *c); /* NULL without memory */
/* detectors.html, detectors.json and detectors.csv; the second comes last. */
ga_status ga_contest_write(const ga_contest *c, const json_t *json, const char *folder,
                           ga_err *err);
ga_status ga_contest_page(const ga_contest *c, const char *path, ga_err *err);
#endif
