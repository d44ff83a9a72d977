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
    GA_TRAINING_ENCODER = 16,
    GA_TRAINING_SEGMENTER = 32
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
    const char *data_path; /* of a data set that was named by a path: from the root; "": none */
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

/* A run may be made longer: its config then has the new number of steps, and under "lengths" what it
 * was before, oldest first, each as [steps, the step at which that was given up]. Whether the coming
 * steps differ from those of a run that was begun with the new length: rates that fall and noise
 * that fades do so over the whole. */
bool ga_config_knows_length(const ga_config *c);
/* *text (ga_mem_free) is c's config with `steps` instead, given up at step `at`. */
ga_status ga_config_lengthen(const ga_config *c, uint64_t steps, uint64_t at, char **text,
                             ga_err *err);
/* Do two texts differ in nothing but the length, as a checkpoint's and a longer run's may? */
bool ga_config_same_but_length(const char *a, const char *b);

/* GA_EINVAL if the command names an option (given by its user, not by default) that differs from
 * that of run's config c; the sentence has both values. --epochs is compared in steps of data, and
 * the length may be larger: *steps is what is asked for, else the run's own. arch: what --arch
 * names, fitted as the run's was; NULL if it is not given. */
ga_status ga_config_same(const ga_request *rq, const char *run, ga_training what,
                         const ga_config *c, const ga_dataset *data, const char *arch,
                         uint64_t *steps, ga_err *err);

/* The command that makes the same model, with every option that the run has, and where its length
 * was changed to another effect than having it from the start, what to say after it. text is freed
 * with ga_text_free. */
void ga_config_command(const ga_config *c, ga_training what, ga_text *text);

/* SHA-256 of the canonical architecture(s). */
void ga_config_arch_hash(const ga_arch *arch, const ga_arch *partner, char hex[65]);
#endif
