/* run_train.h - what the training verbs share. */
#ifndef GA_RUN_TRAIN_H
#define GA_RUN_TRAIN_H
#include "app/run_config.h"

/* The whole verb: options, data, run, training, model. */
ga_status ga_train_verb(ga_request *rq, ga_training what, ga_err *err);

/* Names of the presets of a training, for the field `preset`; NULL at the end. */
extern const char *const ga_gan_presets[], *const ga_classifier_presets[];
/* Sets what --preset says, where the user said nothing. */
ga_status ga_preset_apply(ga_request *rq, ga_training what, ga_err *err);
#endif
