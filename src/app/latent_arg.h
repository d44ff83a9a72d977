/* latent_arg.h - the words in which people name latents, pictures and units. */
#ifndef GA_LATENT_ARG_H
#define GA_LATENT_ARG_H
#include "app/label_arg.h"
#include "app/models.h"

/* Length of a latent: ga_dims_count of the first input. */
int ga_latent_size(const ga_model *m);

/* "256x7x7", or "84" for a plain vector, into buf (at least 40), returns buf. */
const char *ga_dims_words(ga_dims d, char *buf, size_t size);

/* "id:17" (row 17 of the seed's stream), "v,v,...", "FILE.npy:ROW" -> z (Z floats). Behind it, for a
 * model that draws classes, '@' and a class: "id:17@3", "id:17@Coat"; *label is that class as
 * ga_label_of says. */
ga_status ga_latent_parse(const char *text, const ga_model *m, uint32_t seed, float *z,
                          int32_t *label, ga_err *err);

/* Latents with their classes. */
typedef struct ga_latent_set {
    int n;
    float *z;        /* (n,Z) */
    int32_t *labels; /* (n); NULL: the model draws no classes */
} ga_latent_set;

/* Room for n latents of m. GA_ENOMEM. */
ga_status ga_latent_set_create(const ga_model *m, int n, ga_latent_set *set, ga_err *err);
void ga_latent_set_free(ga_latent_set *set); /* zeroed ones are fine */
/* One latent, as above. */
ga_status ga_latent_set_parse(const char *text, const ga_model *m, uint32_t seed,
                              ga_latent_set *set, ga_err *err);
/* All rows of a (n,Z) .npy file; (Z) alone is one row. Behind its name, for a model that draws
 * classes, the class of all of them: "FILE.npy@3". */
ga_status ga_latent_set_read(const char *text, const ga_model *m, ga_latent_set *set, ga_err *err);

/* "0-63", "3", "0-7,12,20-31" -> ids, in the order given; *ids is freed with ga_mem_free. At most
 * 1,000,000 of them. */
ga_status ga_ids_parse(const char *text, uint64_t **ids, int *n, ga_err *err);
/* The same for unit lists, each below n_units and none twice. */
ga_status ga_units_parse(const char *text, int n_units, int **units, int *n, ga_err *err);

/* "running", "batch" or "image" of a field of choices ga_bn_words; without "batch" where a picture
 * must not hang on those beside it. */
extern const char *const ga_bn_words[], *const ga_bn_words_alone[];
ga_bn_mode ga_bn_parse(const char *word);
#endif
