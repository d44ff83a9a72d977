/* recognise.h - what a classifier reads in pictures that were just made. */
#ifndef GA_RECOGNISE_H
#define GA_RECOGNISE_H
#include "app/models.h"
#include "ganatomy/metric.h"

typedef struct ga_recognised {
    int label;              /* of the largest logit */
    double softmax, scaled; /* how sure: ga_certainty_of both kinds */
} ga_recognised;

/* Readings of pictures v, whose values lie in lo..hi, by the classifier of that path or name;
 * *out[v.n] is freed with ga_mem_free. */
ga_status ga_recognise(ga_request *rq, const char *classifier, ga_view v, float lo, float hi,
                       ga_recognised **out, ga_err *err);
#endif
