/* parts_inner.h - what training a segmenter of parts goes through: painted pixels first. */
#ifndef GA_PARTS_INNER_H
#define GA_PARTS_INNER_H
#include "ganatomy/parts.h"

#define GA_PARTS_LAYERS 16

/* Painted pixels as a classifier reads them, and what they are. */
typedef struct ga_parts_job {
    ga_model *generator;
    const ga_painted *painted;
    const ga_parts_options *options;
    const ga_progress *progress;
    ga_dims made;                      /* the generator's pictures */
    ga_dims tap[GA_PARTS_LAYERS];      /* its layers */
    const char *name[GA_PARTS_LAYERS]; /* as the graph has them */
    int units, planes, channels;
    int *first, *size;    /* (D) channels of each plane */
    uint16_t *channel;    /* (L) */
    size_t n;             /* pixels painted in some plane */
    float *x;             /* (n,U) */
    uint16_t *label;      /* (n,D) */
    int *picture;         /* (n) that each is of */
    uint64_t done, steps; /* of all trainings */
} ga_parts_job;

/* Checks all that was asked, and gathers x, label and picture. What is there is ended by
 * ga_parts_job_free on failure too. */
ga_status ga_parts_gather(ga_parts_job *j, ga_err *err);
void ga_parts_job_free(ga_parts_job *j);
#endif
