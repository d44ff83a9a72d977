/* dissect.h - which unit stands for what.
 *
 *     ga_subject     pictures, their label maps and the activations of some layers, image by image
 *     ga_dissection  what units of these layers have to do with what labels
 *
 * A dissection looks at images 0 .. N-1 of a seed. Where a rule has to choose the thresholds on
 * other images than those it is judged by, it looks at as many of a second seed first. Every image
 * is made and segmented once; what later passes need of it is kept, in memory or in a file, and
 * made again only where there is no room.
 *
 * Images run in blocks of GA_DISSECT_BLOCK, cut by number, and all counts are whole numbers; so the
 * result is the same bytes for any batch, number of threads and amount of memory, interrupted or
 * not, on one machine and instruction set.
 *
 * Method: Bau et al. 2019 (arXiv:1811.10597); formulas, sources and departures: docs/dissection.md.
 *
 * Letters: N images, U units, L labels, K categories, D planes. */
#ifndef GA_DISSECT_H
#define GA_DISSECT_H
#include "ganatomy/data.h"
#include "ganatomy/seg.h"
#include "ganatomy/tally.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GA_DISSECT_BLOCK  16
#define GA_DISSECT_LAYERS 64 /* at most, those of a twin not counted */

/* ---- what is looked at ------------------------------------------------------------------------*/

typedef struct ga_subject ga_subject;

typedef struct ga_subject_spec {
    ga_model *model;         /* whose layers; borrowed, as all below */
    const ga_dataset *data;  /* NULL: the model is a generator and makes the pictures; else it reads
                                those of data, in the order of the stream (seed, 0) */
    ga_segmenter *segmenter; /* NULL: data has label maps of its own (ga_dataset_vocabulary). One
                                that looks inside a generator must belong to model */
    const char *const *layers; /* taps with a map of units (h and w of 1 are fine), n_layers */
    int n_layers;              /* 1..GA_DISSECT_LAYERS */
    bool one_class;  /* of a generator that is told a class: all images are of image_class, the
                        twin's too; else image i is of class i modulo their number (ga_labels) */
    int image_class; /* 0 .. ga_arch_classes-1; read only with one_class */
    ga_bn_mode bn; /* GA_BN_RUNNING or GA_BN_IMAGE: an image may not depend on its block */
    int side;      /* rows and columns of label maps */
    bool twin;     /* also the layers of a twin with random weights (ga_params_init, twin_seed),
                      given the same latents or pictures, held against the same labels: what the
                      architecture and chance alone bring about. Its layers come behind the others */
    uint64_t twin_seed;
    int threads;
    size_t memory_limit; /* bytes of all plans; 0: none */
} ga_subject_spec;

/* *out becomes the caller's. GA_ENOTFOUND: a layer that is not there (with the nearest name);
 * GA_EINVAL: a model that reads pictures without data, or makes them with data; no layer, one named
 * twice or an input; no way to labels; a side larger than the pictures or smaller than a layer's
 * maps; batch statistics; a segmenter that looks inside another generator; one_class of a model that
 * draws no classes or reads pictures, or a class that it does not draw. GA_ENOMEM: above
 * memory_limit, with the smallest limit that will do. */
GA_API ga_status ga_subject_create(const ga_subject_spec *spec, ga_subject **out, ga_err *err);
/* The same sentences, as far as they need no data: model, segmenter, layers, statistics and memory.
 * For whoever would look before pictures are loaded; spec->data and side may be missing. */
GA_API ga_status ga_subject_check(const ga_subject_spec *spec, ga_err *err);
GA_API void ga_subject_free(ga_subject *s); /* NULL is fine */
GA_API const ga_vocabulary *ga_subject_vocabulary(const ga_subject *s);
GA_API int ga_subject_planes(const ga_subject *s);
GA_API int ga_subject_layers(const ga_subject *s); /* twin's included */
GA_API ga_dims ga_subject_layer_dims(const ga_subject *s, int layer);
GA_API ga_dims ga_subject_picture_dims(const ga_subject *s);
GA_API int ga_subject_side(const ga_subject *s); /* of label maps */
/* What its plans, twin and pictures take, and the segmenter once it has looked at some; model,
 * segmenter and data are others'. */
GA_API size_t ga_subject_bytes(const ga_subject *s);

/* Images ids[0..n-1] of a seed, n at most GA_DISSECT_BLOCK. What is NULL is not made.
 * activation[layer]: (n,U,h,w) each; maps (n,D,side,side); pictures (n,C,H,W) in lo..hi of
 * ga_subject_range. An image is the same whatever it is asked with. GA_EINVAL: an image that data
 * do not have. */
typedef struct ga_subject_block {
    float *const *activation;
    uint16_t *maps;
    float *pictures;
} ga_subject_block;
GA_API ga_status ga_subject_look(ga_subject *s, uint32_t seed, const uint32_t *ids, int n,
                                 ga_subject_block block, ga_err *err);
GA_API void ga_subject_range(const ga_subject *s, float *lo, float *hi);

/* ---- the dissection ---------------------------------------------------------------------------*/

/* How a unit's threshold is found. */
typedef enum ga_dissect_rule {
    GA_RULE_IQR,   /* the level at which some label tells most about the unit, on other images */
    GA_RULE_SHARE, /* exceeded in a fixed share of the cells of its maps */
    GA_RULE_LAID_SHARE /* exceeded in a fixed share of the pixels that its maps lie on */
} ga_dissect_rule;

typedef struct ga_dissect_options {
    int size;           /* N, at least 1 */
    uint32_t seed;      /* of the images that are judged */
    uint32_t rule_seed; /* of those that choose thresholds (GA_RULE_IQR) */
    ga_dissect_rule rule;
    double share;                /* of the two shares */
    ga_lie lie;                  /* how maps lie on label maps */
    ga_denominator of;           /* pixels that count against a unit */
    double least_iou, least_iqr; /* "interpretable" is above both */
    int labels;                  /* labels told a unit, 1..8 */
    int examples;                /* top images of a unit, 1..100 */
    int shuffles;                /* rounds of the baseline with labels of other images of the block,
                                    0..GA_DISSECT_BLOCK-1 */
    bool covariance;             /* also how values go with labels, whatever the threshold */
    int bootstrap;               /* rounds of resampling images, 0 or 100..100000 */
    int threads;
    size_t memory; /* bytes for all of it, `held` included; 0: no limit. What is left of it keeps
                      images between passes (without a limit 1 GiB) */
    size_t held;   /* bytes of what there is besides: model, segmenter, data and subject */
    size_t cache;  /* bytes of a file in the work's folder for images that memory has no room for */
} ga_dissect_options;

/* name: "2018-iqr", "2018-fixed", "2020" (docs/dissection.md has the table). side (may be NULL)
 * receives the side of label maps for pictures of `pixels`. GA_ENOTFOUND. */
GA_API ga_status ga_dissect_preset(const char *name, int pixels, ga_dissect_options *options,
                                   int *side, ga_err *err);
GA_API extern const char *const ga_dissect_presets[]; /* NULL at the end */

/* GA_EINVAL: what is out of range, or does not go together; every dissection begins with it. */
GA_API ga_status ga_dissect_check(const ga_dissect_options *options, ga_err *err);

/* Bytes that a dissection takes besides model, segmenter and data. */
typedef struct ga_dissect_needs {
    size_t subject; /* ga_subject_bytes */
    size_t least;   /* beside it, before any label has been seen. What single images gave, for
                       intervals, is not in it: it goes to the work's folder if need be */
    size_t most;    /* if all labels occur: `memory` of held + most is always enough, with a folder or
                       without intervals */
    int labels;     /* all of them, but for none */
} ga_dissect_needs;

/* Without taking them. Without spec->data pictures count as what a network that reads them reads.
 * Failures of ga_subject_create (memory_limit has no part) and ga_dissect_check. */
GA_API ga_status ga_dissect_forecast(const ga_subject_spec *spec, const ga_dissect_options *options,
                                     ga_dissect_needs *out, ga_err *err);

typedef struct ga_dissection ga_dissection;

typedef struct ga_dissect_work {
    const char *folder; /* gets state.safetensors, from which a later call with the same key takes
                           the work up; NULL: none */
    const char *key;    /* names all that the result depends on; NULL without a folder */
    const ga_progress *progress; /* counts images over all passes, under one word */
} ga_dissect_work;
/* Looks at all images, and judges. A state of another key is written over. The state stays, with
 * all that was seen: a caller who fails to store what was found calls again, and it is only judged
 * again. GA_EINTERRUPTED: all is in the state; GA_ENOMEM: options->memory, with what would do; where a
 * label came in for which it is too little, all that was seen before is in the state; GA_EDATA: the state does not fit together, or an
 * activation is no number (names image); GA_EIO: the state, or a file for what single images gave,
 * cannot be written. */
GA_API ga_status ga_dissect(ga_subject *s, const ga_dissect_options *options,
                            const ga_dissect_work *work, ga_dissection **out, ga_err *err);
/* What was found is stored: removes the state, if it is of this key. */
GA_API void ga_dissect_done(const ga_dissect_work *work);
GA_API void ga_dissection_free(ga_dissection *d); /* NULL is fine */

/* ---- the same by several, who need not share a disk -------------------------------------------*/

/* A dissection has two passes, with GA_RULE_IQR three. A shard has a range of blocks, and adds up
 * its share of the pass that is due; when all have, a merge says what the next pass begins with.
 * What the last merge says is what one that looked at all images says, byte for byte.
 *
 *     shard-I-of-N.pass-P.safetensors    what a shard has seen, whole or not there
 *     shard-I-of-N.state.safetensors     the same while the work goes on
 *     merged.pass-P.safetensors          what all shards together make of pass P
 *
 * Files carry the key and a SHA-256 over all that they hold. */
#define GA_MOST_SHARDS 4096

typedef struct ga_dissect_share {
    int shard, shards; /* 1..shards, at most GA_MOST_SHARDS; more than there are blocks is fine */
    const char *about; /* kept for ga_shards_about: a text of the caller's, not NULL */
} ga_dissect_share;

typedef struct ga_dissect_round {
    int pass, passes; /* 1..passes */
    bool found;       /* this share was done before */
} ga_dissect_round;

/* Does the shard's share of the pass that follows the last merge in work->folder (which it needs,
 * as a key). Makes each of its images once a pass: options' cache has no part in it.
 * GA_EINVAL: no such shard; GA_EEXIST: the folder holds that shard of another key;
 * GA_EINTERRUPTED, GA_ENOMEM, GA_EIO and GA_EDATA as ga_dissect. */
GA_API ga_status ga_dissect_shard(ga_subject *s, const ga_dissect_options *options,
                                  const ga_dissect_work *work, const ga_dissect_share *share,
                                  ga_dissect_round *out, ga_err *err);

/* All shards of a pass, which may lie in one folder or in several. */
typedef struct ga_shards ga_shards;
/* Of the pass that is due in all folders (n), which are borrowed. Reads every file, and holds it
 * against its seal and the others. GA_ENOTFOUND: a folder or shard that is not there; GA_EINVAL: a
 * shard twice, or shards of two divisions; GA_EDATA: a damaged file, one of another key or of
 * another merge. Each names file and way out. */
GA_API ga_status ga_shards_open(const char *const *folders, int n, ga_shards **out, ga_err *err);
GA_API void ga_shards_free(ga_shards *s);               /* NULL is fine */
GA_API const char *ga_shards_about(const ga_shards *s); /* of the first shard; borrowed */
GA_API const char *ga_shards_key(const ga_shards *s);
GA_API ga_dissect_round ga_shards_round(const ga_shards *s);
/* Merges them, in order. If passes follow, every folder gets what the next one begins with, and
 * *out is NULL; else *out becomes the caller's. subject and options are those of the shards, of the
 * same key (the caller sees to that); two parts are in memory at a time. work: its folder is for what
 * memory has no room for. GA_EDATA: they do not fit each other or the subject; GA_ENOMEM, GA_EIO and
 * GA_EINTERRUPTED as ga_dissect. */
GA_API ga_status ga_shards_merge(const ga_shards *shards, ga_subject *s,
                                 const ga_dissect_options *options, const ga_dissect_work *work,
                                 ga_dissection **out, ga_err *err);

/* ---- what was found ---------------------------------------------------------------------------*/

/* A label that a unit may stand for. */
typedef struct ga_finding {
    int label;
    double iou, iqr; /* on the judged images */
    double lo, hi;   /* 95 % of bootstrapped IoU; equal: none was made */
    double chance;   /* 99th percentile of the IoU of this label and any unit of the layer with
                        labels of other images; -1: no shuffles */
    ga_table table;  /* pixels */
    double cor;      /* correlation of values and label, -1..1; 0 unless covariance was asked for */
} ga_finding;

typedef struct ga_unit_finding {
    float threshold;
    int n; /* findings: first that of the rule's choice, else of the largest IoU; then by IoU */
    ga_finding finding[8];
    bool interpretable;      /* the first one: IoU and IQR above the options' limits */
    bool above_chance;       /* and its IoU above `chance` */
    ga_iqr_pick pick;        /* GA_RULE_IQR: what chose the threshold */
    const ga_top_entry *top; /* best first */
    int n_top;
    int cor_label; /* of the largest correlation, of equals the lower; 0: none above 0 */
    double cor;    /* 0: none */
} ga_unit_finding;

/* One row of the table of layers. */
typedef struct ga_layer_finding {
    int units, interpretable, above_chance;
    int concepts;              /* distinct labels of interpretable units above chance */
    double mean_iou, best_iou; /* of the units' first findings */
    double chance_iou;         /* mean over labels that occur of their 99th percentile by chance */
} ga_layer_finding;

GA_API ga_unit_finding ga_dissection_unit(const ga_dissection *d, int layer, int unit);
GA_API ga_layer_finding ga_dissection_layer(const ga_dissection *d, int layer);
GA_API ga_tally_counts ga_dissection_counts(const ga_dissection *d, int layer);
/* NULL if no covariance was asked for; borrowed. */
GA_API const ga_covariance *ga_dissection_covariance(const ga_dissection *d, int layer);
GA_API int ga_dissection_layers(const ga_dissection *d);
/* Version of the method: part of every key, so that a result of another one is not taken for it. */
#define GA_DISSECT_VERSION 1

/* ---- dissect.json -----------------------------------------------------------------------------*/

typedef struct ga_dissect_naming {
    const char *title;         /* of the network */
    const char *const *layers; /* what each layer is called; letters, digits and "._- " */
    const ga_vocabulary *vocabulary;
    const char *settings; /* a JSON object: what was asked */
    const char *key;      /* 64 hex digits: a name for all that the result depends on */
} ga_dissect_naming;

/* The published form with indents of 1, and further keys (docs/formats/dissect.md); the same
 * dissection is the same text. *text is ended by ga_dissect_text_free. GA_EDATA: settings are no
 * JSON; GA_ENOMEM. */
GA_API ga_status ga_dissection_json(const ga_dissection *d, const ga_dissect_naming *names,
                                    char **text, ga_err *err);
/* What web/dissect shows units with: the top images of the units of the first `layers` layers, their
 * label maps and masks; JSON, read by web/dissect/data.ts. Goes to `to` piece by piece, in order, so
 * that no more than a block of images is in memory. progress (may be NULL) counts pictures. */
GA_API ga_status ga_dissection_pictures(const ga_dissection *d, ga_subject *s, int layers,
                                        const ga_progress *progress,
                                        void (*to)(void *user, const char *text, size_t length),
                                        void *user, ga_err *err);
GA_API void ga_dissect_text_free(char *text); /* of ga_dissection_json; NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
