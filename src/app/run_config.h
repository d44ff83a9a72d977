/* run_config.h - the options of a training as data: one flat JSON object, kept with the run.
 *
 * It holds everything that the run's numbers depend on and nothing else (no paths of outputs, no
 * thread counts), under the names of the command's options. What trains is always read out of it,
 * so a run that is taken up again is the run that was begun. */
#ifndef GA_RUN_CONFIG_H
#define GA_RUN_CONFIG_H
#include "app/verb.h"
#include "ganatomy/train.h"

/* What the command asks for, defaults filled in. data: the opened data set. *text is canonical JSON
 * (ga_mem_free). */
ga_status ga_config_of_request(const ga_request *rq, bool gan, const ga_arch *arch,
                               const ga_arch *partner, const ga_dataset *data, char **text,
                               ga_err *err);
/* A config that was read. Strings are borrowed from `json`. */
typedef struct ga_config {
    json_t *json;
    const char *arch, *arch_hash, *data, *data_hash; /* as the user named them */
    const char *partner;                             /* a file or name; "" for a classifier */
    int z;                                           /* 0: a classifier */
    uint64_t sheet_every, save_every;
    int settle;
    bool half;
    ga_train_options options; /* threads and memory are not in it: 0 */
} ga_config;
/* Reads what ga_config_of_request wrote; where is for messages. End with json_decref(c->json). */
ga_status ga_config_read(const char *text, const char *where, ga_config *out, ga_err *err);

/* GA_EINVAL if the command names an option (given by its user, not by default) that differs from
 * that of run's config c; the sentence has both values. --epochs is compared in steps of data. */
ga_status ga_config_same(const ga_request *rq, const char *run, bool gan, const ga_config *c,
                         const ga_dataset *data, ga_err *err);

/* The command that begins the same run, with every option that is not at its default; text is
 * freed with ga_text_free. */
void ga_config_command(const ga_config *c, bool gan, ga_text *text);

/* SHA-256 of the canonical architecture(s). */
void ga_config_arch_hash(const ga_arch *arch, const ga_arch *partner, char hex[65]);
#endif
