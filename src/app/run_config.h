/* run_config.h - the options of a training as data: one flat JSON object, kept with the run.
 *
 * It holds everything that the run's numbers depend on and nothing else (no paths of outputs, no
 * thread counts), under the names of the command's options. What trains is always read out of it,
 * so a run that is taken up again is the run that was begun. */
#ifndef GA_RUN_CONFIG_H
#define GA_RUN_CONFIG_H
#include "app/verb.h"
#include "ganatomy/train.h"

/* The training verbs, as bits of masks. */
typedef enum ga_training {
    GA_TRAINING_GAN = 1,
    GA_TRAINING_CGAN = 2,
    GA_TRAINING_CLASSIFIER = 4,
    GA_TRAINING_VAE = 8,
    GA_TRAINING_ENCODER = 16
} ga_training;
const char *ga_training_word(ga_training what); /* "gan", ...: of the verb and in the database */

extern const char *const ga_init_words[];      /* "dcgan", "pytorch" */
extern const char *const ga_optimizer_words[]; /* in the order of ga_optim_kind */

/* Who takes part, opened; NULL where a kind has no such part. */
typedef struct ga_cast {
    char *arch_name; /* as ga_arch_open takes it, knobs fitted to the data */
    ga_arch *arch, *partner;
    ga_model *generator; /* encoder: that it inverts */
    ga_model *features;  /* scored with */
    ga_dataset *data, *test;
} ga_cast;

/* What the command asks for, defaults filled in. *text is canonical JSON (ga_mem_free). */
ga_status ga_config_of_request(const ga_request *rq, ga_training what, const ga_cast *cast,
                               char **text, ga_err *err);
/* A config that was read. Strings are borrowed from `json`; "" where a kind has no such thing. */
typedef struct ga_config {
    json_t *json;
    const char *arch, *arch_hash, *data, *data_hash; /* as the user named them */
    const char *classes;                             /* of the data, as --classes has it */
    int images, pixels;                              /* 0: all, as they are */
    const char *partner;                             /* a file or name */
    const char *generator, *generator_hash;
    const char *features, *features_hash; /* scored with; "": not */
    const char *scores;                   /* names with commas between */
    int z;                                /* 0: no latent */
    uint64_t sample_every, save_every, eval_every, detail_every;
    int sample_count, sample_zoom; /* 0: as usual */
    int settle, eval_images, score_images;
    bool half;
    ga_train_options options; /* threads and memory are not in it: 0 */
} ga_config;
/* Reads what ga_config_of_request wrote; where is for messages. End with json_decref(c->json). */
ga_status ga_config_read(const char *text, const char *where, ga_config *out, ga_err *err);

/* GA_EINVAL if the command names an option (given by its user, not by default) that differs from
 * that of run's config c; the sentence has both values. --epochs is compared in steps of data. arch:
 * what --arch names, fitted as the run's was; NULL if it is not given. */
ga_status ga_config_same(const ga_request *rq, const char *run, ga_training what,
                         const ga_config *c, const ga_dataset *data, const char *arch, ga_err *err);

/* The command that begins the same run, with every option that it has; text is freed with
 * ga_text_free. */
void ga_config_command(const ga_config *c, ga_training what, ga_text *text);

/* SHA-256 of the canonical architecture(s). */
void ga_config_arch_hash(const ga_arch *arch, const ga_arch *partner, char hex[65]);
#endif
