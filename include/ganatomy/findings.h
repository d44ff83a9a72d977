/* findings.h - a finished dissection, read back from the dissect.json that it left.
 *
 * Enough of it to hold dissections side by side: what was asked, what every layer came to, and for
 * each label that occurs the best unit of every layer. The reader is bounded (128 MiB) and believes
 * nothing twice: numbers that are told in two places must agree.
 *
 * Letters: U units, L labels. docs/formats/dissect.md has the file. */
#ifndef GA_FINDINGS_H
#define GA_FINDINGS_H
#include "ganatomy/dissect.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ga_findings ga_findings;

/* where: what sentences call the text. *out becomes the caller's. GA_EDATA: no JSON, the result of
 * something else, another version, or numbers that contradict each other, with the field. */
GA_API ga_status ga_findings_parse(const char *text, size_t length, const char *where,
                                   ga_findings **out, ga_err *err);
GA_API ga_status ga_findings_read(const char *path, ga_findings **out, ga_err *err);
GA_API void ga_findings_free(ga_findings *f); /* NULL is fine */

/* What was asked. Strings live as long as the findings. */
typedef struct ga_findings_about {
    const char *model, *model_sha256;
    const char *data, *data_sha256, *split;   /* NULL: the model made its pictures itself */
    const char *segmenter, *segmenter_sha256; /* "own" and "": the label maps of the data */
    const char *preset, *bn;
    const char *key; /* names all that the result depends on */
    int size;        /* images */
    int side;        /* rows and columns of label maps */
    int shuffles, bootstrap;
    int image_class; /* the class of all images; -1: as they come */
    uint32_t seed, rule_seed;
    bool random_twin;
    bool covariance; /* findings have correlations */
} ga_findings_about;
GA_API ga_findings_about ga_findings_of(const ga_findings *f);

/* Layers in the order in which they were named; the twin's are not counted among them. */
GA_API int ga_findings_layers(const ga_findings *f);

typedef struct ga_found_layer {
    const char *name;
    ga_dims dims;
    ga_layer_finding finding;
} ga_found_layer;
GA_API ga_found_layer ga_findings_layer(const ga_findings *f, int layer);
/* The same layer with random weights. Only where about.random_twin. */
GA_API ga_found_layer ga_findings_twin(const ga_findings *f, int layer);

/* Labels are known by their number: those that a unit lists somewhere. Number 0 and the others have
 * title NULL. */
typedef struct ga_found_label {
    const char *title, *category;
} ga_found_label;
GA_API int ga_findings_labels(const ga_findings *f); /* 1 + the largest number */
GA_API ga_found_label ga_findings_label(const ga_findings *f, int label);

/* The best unit of a label in a layer (not the twin's). */
typedef struct ga_found_best {
    int unit; /* -1: no unit of the layer lists the label, and the file ranks none by it */
    double iou;
    bool exact;    /* the largest IoU of all units; else that of the units that list the label */
    double lo, hi; /* 95 % of bootstrapped IoU; equal: there is none, as for a unit that is best but
                      does not list the label among its own best */
    double chance; /* 99th percentile with labels of other images; -1: not known */
    int stand;     /* units above chance whose own best label it is */
} ga_found_best;
GA_API ga_found_best ga_findings_best(const ga_findings *f, int layer, int label);

/* The best unit of a label in any layer (not the twin's) that passes all limits with it: IoU and IQR
 * above the preset's, and IoU above chance where that was measured. The label is one that the unit
 * lists, but need not be its first. Of equals the first unit. */
typedef struct ga_found_champion {
    int layer, unit;    /* unit -1: none does, and the rest means nothing */
    int first;          /* the unit's first label */
    ga_finding finding; /* the unit's, of this label; its table is zero */
} ga_found_champion;
GA_API ga_found_champion ga_findings_champion(const ga_findings *f, int label);

/* GA_EINVAL: IoU does not mean the same in the two: another segmenter, or another preset; or they
 * are one dissection twice. a_name, b_name: what sentences call them. */
GA_API ga_status ga_findings_comparable(const ga_findings *a, const char *a_name,
                                        const ga_findings *b, const char *b_name, ga_err *err);

/* ---- of the published programme ---------------------------------------------------------------*/

/* A dissect.json as the programme of 2018 wrote it (CSAILVision/gandissect), in this one's form:
 * the published keys, each of the kind and in the range that docs/formats/dissect.md says, and of
 * the further ones `labels`, with the one label that such a file tells of a unit. Left out are
 * colours, the bar graph, keys that are not known, and the rankings LABEL-maxiou of several layers,
 * in which that programme gives every layer the scores of the last one. */
typedef struct ga_imported {
    char *json;
    char title[256]; /* of the network */
    int layers, units, interpretable;
    int labelled; /* units with a label; 0: labels were not asked for */
    int left_out; /* rankings LABEL-maxiou */
    bool ours;    /* the text says that this program wrote it */
} ga_imported;

/* where: what sentences call the text; at most 128 MiB of it are read. The same text gives the same
 * bytes, with the text's SHA-256 as key; what it gives can be imported itself. out is ended by ga_imported_end, also after a failure. GA_EDATA: no JSON, or a
 * field that is missing, of another kind, out of its range, or that another one contradicts; named. */
GA_API ga_status ga_dissection_import(const char *text, size_t length, const char *where,
                                      ga_imported *out, ga_err *err);
GA_API void ga_imported_end(ga_imported *i);

#ifdef __cplusplus
}
#endif
#endif
