/* inner.h - what the files of this room share: the state of a dissection. */
#ifndef GA_DISSECT_INNER_H
#define GA_DISSECT_INNER_H
#include "dissect/records.h"
#include "ganatomy/array.h"
#include "ganatomy/dissect.h"

typedef struct ga_dissect_layer {
    ga_dims dims;
    ga_tally_spec spec; /* of the judged images */
    /* passes; only those of the rule, and only while they are needed */
    ga_tail *tail;
    ga_levels *levels;
    float *level; /* (U,GA_IQR_LEVELS) */
    ga_ladder *ladder;
    /* what they lead to */
    float *threshold;  /* (U) */
    ga_iqr_pick *pick; /* (U), GA_RULE_IQR */
    ga_iqr_pick *best; /* (L,U), GA_RULE_IQR */
    ga_tally *tally;
    ga_tally *chance[GA_DISSECT_BLOCK]; /* (shuffles) */
    ga_covariance *covariance;          /* NULL: not asked for */
    ga_top *top;
    ga_tally_image *image; /* what the image at hand gave; NULL without intervals */
    float *maxima;         /* (U) of the image at hand */
    ga_records records;
    /* judged */
    ga_unit_finding *unit; /* (U) */
    ga_layer_finding finding;
} ga_dissect_layer;

struct ga_dissection {
    ga_dissect_options options;
    int labels, categories, planes, n_layers;
    uint8_t *category; /* (L) */
    ga_dissect_layer *layer;
    const char *folder;   /* for what memory has no room for; NULL: there is none */
    size_t record_memory; /* bytes that what single images gave may take in a layer */
    size_t spare;         /* bytes that judging may take beside what it needs */
};

/* One that has seen nothing. *out becomes the caller's. GA_EINVAL: the options. */
ga_status ga_dissection_create(const ga_subject *s, const ga_dissect_options *options,
                               ga_dissection **out, ga_err *err);
/* From counts to findings, of one layer. */
ga_status ga_dissect_judge(const ga_dissection *d, ga_dissect_layer *l, const ga_progress *progress,
                           ga_err *err);
/* Bytes that the intervals of a few findings take; of `spare`, as many go side by side as fit. */
size_t ga_bootstrap_least(const ga_dissection *d);
/* Intervals of the findings of a layer, from its records. */
ga_status ga_dissect_bootstrap(const ga_dissection *d, ga_dissect_layer *l,
                               const ga_progress *progress, ga_err *err);
#endif
