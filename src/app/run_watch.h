/* run_watch.h - a training while it runs: what is recorded, drawn, measured and changed. */
#ifndef GA_RUN_WATCH_H
#define GA_RUN_WATCH_H
#include "app/run_log.h"

typedef struct ga_watch {
    ga_request *rq;
    ga_run_log *log;
    ga_train *train;
    ga_training what;
    const ga_config *config;
    const char *config_text;
    const ga_cast *cast;
    const char *file;     /* that gets the model too, or NULL */
    uint64_t longer_from; /* the steps that it had until now, 0: its length stays */
} ga_watch;

/* Trains to the end: loads the checkpoint if there is one, steps, writes the models. */
ga_status ga_watch_train(const ga_watch *w, ga_err *err);
#endif
