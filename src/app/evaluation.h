/* evaluation.h - what `evaluate` works with: who makes the samples, who looks at them, which
 * pictures they are compared with. Only verb_evaluate.c and its parts include it. */
#ifndef GA_EVALUATION_H
#define GA_EVALUATION_H
#include "app/class_match.h"
#include "app/data_arg.h"
#include "app/verb.h"
#include "ganatomy/metric.h"

typedef struct ga_evaluation {
    ga_request *rq;
    /* One of the two makes the samples. */
    ga_model *model;
    ga_dataset *samples;
    uint32_t seed;
    ga_bn_mode bn;
    ga_model *eye_model;
    const char *eye_name;
    ga_eye *eye;
    ga_dataset *data, *other; /* reference, and the other half of it (NULL if nobody wants it) */
    int n_fake, n_real, n_floor;
    uint32_t *fake_index, *real_index, *floor_index; /* NULL: the first ones, in order */
    unsigned set;
    ga_scores_options options;
    bool wants_floor;
    /* What was seen; train only if copying is asked for. */
    ga_sight fake, real, floor, train;
    ga_scores scores, floor_scores;
    /* Of a classifier trained on the samples: right of all pictures of data, with the floor's. */
    bool has_cas, has_floor_cas;
    int cas_right, floor_cas_right;
} ga_evaluation;

/* Opens what the command names; e is zeroed but for rq, model (may be NULL), set and options. */
ga_status ga_evaluation_open(ga_evaluation *e, ga_err *err);
/* Looks and scores. */
ga_status ga_evaluation_run(ga_evaluation *e, ga_err *err);
void ga_evaluation_free(ga_evaluation *e); /* also model */

/* "mnist-gan: 10000 samples of seed 1, ..." and the like: who was compared with whom. */
void ga_evaluation_title(const ga_evaluation *e, ga_text *text);

/* Pictures (n,C,H,W) of samples first .. first+n-1, in lo..hi; dims of one. */
ga_dims ga_evaluation_sample_dims(const ga_evaluation *e, float *lo, float *hi);
ga_status ga_evaluation_samples(const ga_evaluation *e, int first, int n, float *pictures,
                                int32_t *labels, ga_err *err);

/* score_page.c: folder/neighbours.png and folder/index.html. */
ga_status ga_evaluation_page(ga_evaluation *e, const char *folder, ga_err *err);
/* score_cas.c: trains networks of arch on samples (and, for the floor, on as many training
 * pictures) for so many epochs, and lets them read the pictures of data. */
ga_status ga_evaluation_cas(ga_evaluation *e, const char *arch, int epochs, ga_err *err);
#endif
