/* model.h - which networks there are, and how they come off disk and go back to it.
 *
 *     ga_arch     an architecture: a JSON list of named layers, the latent or image it reads, the
 *                 range of what it makes. Built in by name, or a user's file. Format: docs/arch.md.
 *     ga_model    an architecture with its numbers and its origin; on disk one safetensors file.
 *
 * Files from outside are opponents: nothing in them is executed, every length is checked before it
 * is believed, and a refusal names file, offset or field, what was found and what was expected. */
#ifndef GA_MODEL_H
#define GA_MODEL_H
#include "ganatomy/array.h"
#include "ganatomy/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- architectures -----------------------------------------------------------------------------*/

typedef enum ga_law { GA_LAW_NONE, GA_LAW_NORMAL, GA_LAW_UNIFORM } ga_law; /* N(0,1); U(-1,1) */

/* What a network makes, as its description says. */
typedef enum ga_output_kind {
    GA_OUTPUT_IMAGE,    /* pictures (C,H,W) in ga_arch_output_range */
    GA_OUTPUT_LOGITS,   /* (K,1,1), a number a class; (1,1,1), how real a picture looks */
    GA_OUTPUT_GAUSSIAN, /* (2Z,1,1): Z means of a latent, then Z natural logarithms of its variances
                         */
    GA_OUTPUT_LATENT,   /* (Z,1,1), a latent */
    GA_OUTPUT_LABELS, /* (C,H,W), logits of labels a pixel: for each category of its vocabulary, in
                         their order, one for none of it, then one for each of its labels. The
                         note "vocabulary" has their names (ga_vocabulary_json) */
    GA_OUTPUT_PARSING /* (C,H,W), logits a pixel of unified parsing (upernet): objects, then the parts
                         of each object that has some, then materials. The note "labels" has their
                         names (ga_segmenter_note_labels, seg.h) */
} ga_output_kind;

typedef struct ga_arch ga_arch;

GA_API const char *const *ga_arch_names(void); /* the built-in ones, NULL at the end */
/* name: a built-in one; or a family, alone or with knobs as in "dcgan:pixels=32,width=10"; else a
 * JSON file. GA_ENOTFOUND lists the names and families; GA_EINVAL: a knob that the family has not
 * (with the nearest one) or a value out of its range. */
GA_API ga_status ga_arch_open(const char *name, ga_arch **out, ga_err *err);
/* As ga_arch_open, for weights that are to be imported: a family that is named without knobs gets
 * those that its arrays in the first file show, where it can be told (progan). GA_ENOTFOUND,
 * GA_EIO, GA_EDATA of that file too. */
GA_API ga_status ga_arch_open_for(const char *name, const char *const *paths, int n_paths,
                                  ga_arch **out, ga_err *err);
/* text: JSON, need not end in 0; where: what the messages call it. */
GA_API ga_status ga_arch_parse(const char *text, size_t length, const char *where, ga_arch **out,
                               ga_err *err);
GA_API void ga_arch_free(ga_arch *a);
/* Of a family: with the knobs that are not at their defaults, in the family's order, so that equal
 * networks have equal names. */
GA_API const char *ga_arch_name(const ga_arch *a);
GA_API const char *ga_arch_json(const ga_arch *a); /* canonical text, lives as long as a */
GA_API const ga_graph *ga_arch_graph(const ga_arch *a);
GA_API ga_law ga_arch_law(const ga_arch *a);       /* GA_LAW_NONE: reads pictures, not latents */
/* The first input; further ones (a label) are taps 1 .. ga_graph_n_inputs-1 of the graph. */
GA_API ga_dims ga_arch_input(const ga_arch *a);
GA_API void ga_arch_input_range(const ga_arch *a, float *lo, float *hi);  /* of pictures read */
/* A conditional network also reads the class of each image: (N,1,1,1) whole numbers 0 .. classes-1
 * as floats, written to the input of this index. Without one: 0 classes, index -1. */
GA_API int ga_arch_classes(const ga_arch *a);
GA_API int ga_arch_label_input(const ga_arch *a);
GA_API ga_output_kind ga_arch_output_kind(const ga_arch *a);
/* of pictures made; 0 and 0 where the output is something else */
GA_API void ga_arch_output_range(const ga_arch *a, float *lo, float *hi);
/* How its parameters begin: as its description says ("start"), else `otherwise`. */
GA_API ga_start ga_arch_start(const ga_arch *a, ga_start otherwise);
/* Name of the network that belongs to a generator, or NULL: its discriminator ("mnist-gan-d"), or
 * its encoder where its output kind is GA_OUTPUT_GAUSSIAN. */
GA_API const char *ga_arch_partner(const ga_arch *a);
/* The same architecture with another latent size: a family's knob z; else the input, and the linear
 * or convolutional layer that reads it, are changed. GA_EINVAL if it reads no latent or no such
 * layer depends on it. */
GA_API ga_status ga_arch_with_latent(const ga_arch *a, int z, ga_arch **out, ga_err *err);

/* ---- families: architectures with knobs --------------------------------------------------------*/

typedef struct ga_knob {
    const char *name, *help;  /* help: one line, lower case, no full stop */
    const char *fallback;     /* the default, as text */
    const char *const *words; /* a choice: the words allowed, NULL at the end; NULL: a number */
    bool whole;               /* whole numbers only */
    double lo, hi;            /* of a number, both allowed */
} ga_knob;

typedef struct ga_family {
    const char *name, *summary;
    const ga_knob *knobs; /* ended by one whose name is NULL */
    const char *partner;  /* family of its discriminator or encoder, or NULL */
    const char *same_as;  /* another name for a family with other defaults: "dcgan:classes=10"; NULL */
} ga_family;

GA_API const ga_family *ga_family_at(int i); /* NULL behind the last one */

/* ---- models ------------------------------------------------------------------------------------*/

typedef struct ga_model ga_model;

/* Reads a model file of this program: safetensors whose metadata holds the architecture.
 * GA_EDATA: no architecture in it, keys that do not fit it, or values that are not finite (the
 * sentence names the key and counts them). */
GA_API ga_status ga_model_open(const char *path, ga_model **out, ga_err *err);
/* A model with freshly made parameters (ga_params_create). Copies a. */
GA_API ga_status ga_model_create(const ga_arch *a, ga_model **out, ga_err *err);
/* Foreign weights into an architecture. Several files are pieces: keys of file i get the i-th
 * prefix that the architecture lists under "pieces". Wrapper keys (state_dict, model, g_ema, ...)
 * are taken off: the prefix under which most keys fit is used, what stands beside it is left alone,
 * averaged weights are preferred. Counters of batch norms (num_batches_tracked, _running_iter,
 * _tmp_running_mean, _tmp_running_var) are ignored. Where a family's networks are
 * published under other names and in other layouts (progan: docs/formats/progan.md), those are
 * brought to its own. Sets the note "origin" to the
 * files' names and format. GA_EDATA: missing, unexpected and mis-shaped keys of the first file that
 * has some, with both shapes, as many as a sentence holds and how many more (ga_model_misfits tells
 * all); a key with values that are not finite. */
GA_API ga_status ga_model_import(const ga_arch *a, const char *const *paths, int n_paths,
                                 ga_model **out, ga_err *err);

/* A key that does not fit: missing (not found), unexpected (not expected) or of another shape
 * (both). The pointers last for the call that tells it. */
typedef struct ga_misfit {
    const char *file; /* its path as given */
    const char *key;  /* in the file; of a missing one, in the architecture without its piece */
    bool found, expected;
    int found_rank, expected_rank; /* shapes; only those that are there mean something */
    int64_t found_dim[GA_MAX_RANK], expected_dim[GA_MAX_RANK];
} ga_misfit;

/* Tells every key for which ga_model_import refuses these files, file by file. Reads them, makes
 * nothing. GA_OK also if there are some. GA_EINVAL: the number of files; GA_EDATA: a file that
 * cannot be read, or holds the network twice. */
GA_API ga_status ga_model_misfits(const ga_arch *a, const char *const *paths, int n_paths,
                                  void (*see)(void *user, const ga_misfit *m), void *user,
                                  ga_err *err);
GA_API void ga_model_free(ga_model *m);
GA_API const ga_arch *ga_model_arch(const ga_model *m);
GA_API const ga_graph *ga_model_graph(const ga_model *m);
GA_API ga_params *ga_model_params(ga_model *m);
/* Strings that travel with the file: "origin", "licence", "data", "command", "seed", "note",
 * "classes".
 * Valid until the note is set again; NULL if there is none. */
GA_API const char *ga_model_note(const ga_model *m, const char *key);
/* value NULL takes the note away. On failure the note is as it was. GA_EINVAL: no UTF-8; GA_EDATA:
 * "classes" that is no JSON list of names. */
GA_API ga_status ga_model_set_note(ga_model *m, const char *key, const char *value, ga_err *err);
/* What the classes are called that a classifier tells apart or a conditional generator draws: kept
 * in the note "classes", as a JSON list of n names. GA_EINVAL: a name is no UTF-8. */
GA_API ga_status ga_model_set_class_names(ga_model *m, const char *const *names, int n,
                                          ga_err *err);
/* Name of class i; lives as long as m and the note. NULL: there is none. */
GA_API const char *ga_model_class_name(const ga_model *m, int i);
/* SHA-256 over the canonical architecture and all parameters as f32, 64 hex digits and a 0.
 * The same for the same network however it was stored without loss. */
GA_API void ga_model_hash(const ga_model *m, char hex[65]);
GA_API size_t ga_model_count_nan(const ga_model *m);
/* How the file that it was opened from holds the trained numbers: GA_F16 or GA_BF16 if all of them,
 * else GA_F32, as for a model of no file. Saved in that type, it has the same numbers. */
GA_API ga_dtype ga_model_stored(const ga_model *m);
/* dtype: GA_F32, or GA_F16 / GA_BF16 to round the trained numbers (running statistics stay F32).
 * Atomic; the same architecture, numbers and notes are the same bytes. GA_EDATA: a number beyond
 * F16. */
GA_API ga_status ga_model_save(const ga_model *m, const char *path, ga_dtype dtype, ga_err *err);
/* Writes the weights as F32 for other programs: safetensors (then with the architecture), npz,
 * torch. GA_EINVAL: npy, which holds one array only. */
GA_API ga_status ga_model_export(const ga_model *m, const char *path, ga_weights_form form,
                                 ga_err *err);

/* ---- latents, labels, pictures -----------------------------------------------------------------*/

/* Row first .. first+n-1 of NumPy's RandomState(seed).standard_normal((..., z)) (or uniform(-1,1)
 * for GA_LAW_UNIFORM), cast to f32, into dst (n,z). Row i is the same whatever is asked, and costs
 * all rows before it. GA_EINVAL: GA_LAW_NONE, or more than 2^32 draws. */
GA_API ga_status ga_latents(ga_law law, uint32_t seed, uint64_t first, int n, int z, float *dst,
                            ga_err *err);
/* The same rows one by one, holding none: in ascending order they cost no more than all at once. */
typedef struct ga_latent_rows ga_latent_rows;
/* GA_EINVAL: GA_LAW_NONE, or z below 1. */
GA_API ga_status ga_latent_rows_create(ga_law law, uint32_t seed, int z, ga_latent_rows **out,
                                       ga_err *err);
GA_API void ga_latent_rows_free(ga_latent_rows *r); /* NULL is fine */
/* Row `id` into dst (z). One that is not behind the row asked for last costs all before it again.
 * GA_EINVAL: it ends behind 2^32 draws. */
GA_API ga_status ga_latent_rows_get(ga_latent_rows *r, uint64_t id, float *dst, ga_err *err);
/* The classes that samples of a conditional generator get where nobody says which: sample i is of
 * class i mod classes. dst (n) receives those of samples first .. first+n-1; classes at least 1. */
GA_API void ga_labels(int classes, uint64_t first, int n, int32_t *dst);

/* A generator made ready to draw. Borrows the model. Not for two threads at once. */
typedef struct ga_renderer ga_renderer;

typedef struct ga_renderer_options {
    const char *to; /* tap whose activation is made; NULL: the last, the pictures */
    ga_bn_mode bn;  /* GA_BN_BATCH: the images of one call are one batch */
    int batch;      /* largest number of images run at a time; 0: 128. Made smaller to fit
                       memory_limit, unless the batch's own statistics are asked for */
    bool bf16;
    int threads;
    size_t memory_limit; /* bytes; 0: none */
} ga_renderer_options;

/* *out becomes the caller's. GA_EINVAL: the model reads pictures; GA_ENOTFOUND: no such tap;
 * GA_ENOMEM as of ga_plan_create. */
GA_API ga_status ga_renderer_create(ga_model *generator, const ga_renderer_options *options,
                                    ga_renderer **out, ga_err *err);
GA_API void ga_renderer_free(ga_renderer *r);         /* NULL is fine */
GA_API ga_dims ga_renderer_dims(const ga_renderer *r); /* C, H, W of what it makes */
GA_API int ga_renderer_batch(const ga_renderer *r);   /* as options.batch, after that */
GA_API size_t ga_renderer_bytes(const ga_renderer *r);
/* Latents z (n,Z) and, of a conditional generator, their classes labels (n) into dst (n,C,H,W);
 * labels NULL where it has none. With running and image statistics a picture does not depend on the
 * others. progress (may be NULL) counts images. GA_EINVAL: labels missing, one too many or outside
 * 0..classes-1; more images than ga_renderer_batch with GA_BN_BATCH. GA_EINTERRUPTED. */
GA_API ga_status ga_renderer_draw(ga_renderer *r, const float *z, const int32_t *labels, int n,
                                  float *dst, const ga_progress *progress, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
