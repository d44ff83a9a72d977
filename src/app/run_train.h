/* run_train.h - what `train gan` and `train classifier` share. */
#ifndef GA_RUN_TRAIN_H
#define GA_RUN_TRAIN_H
#include "app/run_config.h"

/* The whole verb: options, data, run, training, model. */
ga_status ga_train_verb(ga_request *rq, bool gan, ga_err *err);

/* Words of --init: "dcgan", "pytorch"; ended by NULL. */
extern const char *const ga_init_words[];
#endif
