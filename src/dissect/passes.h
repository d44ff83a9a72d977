/* passes.h - what is added up of every image, in which order.
 *
 *     GA_RULE_IQR      levels (other images), ladder (the same), tally
 *     shares           tail, tally
 *
 * A pass adds every image to something in every layer; its end turns that into what the next one
 * needs. What different images were added to can be merged before the end, in the order of images.
 */
#ifndef GA_PASSES_H
#define GA_PASSES_H
#include "dissect/inner.h"

/* A block of images in memory: activations of each layer, then label maps. */
typedef struct ga_block {
    uint8_t *data;
    size_t bytes;
    float *activation[2 * GA_DISSECT_LAYERS]; /* of each layer, (n,U,h,w) */
    uint16_t *maps;            /* (n,D,side,side) */
    int n;
    uint32_t first; /* number of its first image */
} ga_block;

/* One image for one layer. */
typedef struct ga_look {
    const ga_block *block;
    int layer, at; /* which layer, which image of the block */
} ga_look;

typedef struct ga_pass {
    bool of_rule_seed;
    /* that l takes once `seen` labels occur, with what earlier passes left and what its end takes */
    size_t (*bytes)(const ga_dissection *d, const ga_dissect_layer *l, int seen);
    ga_status (*begin)(const ga_dissection *d, ga_dissect_layer *l, ga_err *err);
    ga_status (*add)(const ga_dissection *d, ga_dissect_layer *l, ga_look at, ga_err *err);
    /* to l what other was given, which saw later images */
    ga_status (*merge)(ga_dissect_layer *l, const ga_dissect_layer *other, ga_err *err);
    /* NULL: the last pass, after which layers are judged */
    ga_status (*end)(const ga_dissection *d, ga_dissect_layer *l, ga_err *err);
} ga_pass;

/* *n (may be NULL) of them. */
const ga_pass *const *ga_passes_of(const ga_dissect_options *o, int *n);
/* Of all layers: memory with `seen` labels, beside what single images gave. */
size_t ga_pass_bytes(const ga_pass *p, const ga_dissection *d, int seen);
/* Of all layers. */
ga_status ga_pass_begin(const ga_pass *p, ga_dissection *d, ga_err *err);
ga_status ga_pass_end(const ga_pass *p, ga_dissection *d, const ga_progress *progress, ga_err *err);
#endif
