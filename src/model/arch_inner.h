/* arch_inner.h - what the files of this room share about architectures. */
#ifndef GA_ARCH_INNER_H
#define GA_ARCH_INNER_H
#include <jansson.h>
#include "ganatomy/model.h"

#define GA_ARCH_FORMAT "ganatomy-arch-1"

struct ga_arch {
    json_t *document; /* owns the strings below */
    char *json;       /* canonical text of document */
    ga_graph *graph;
    const char *name, *partner;
    const json_t *pieces; /* array of strings, or NULL */
    ga_law law;
    const ga_start *start; /* NULL: any */
    ga_dims input;
    int classes, label_input; /* 0: reads no label */
    ga_output_kind output_kind;
    float input_lo, input_hi, output_lo, output_hi;
};

/* The architecture that document describes. Takes the reference to document, also on failure.
 * where: what the messages call the source. */
ga_status ga_arch_take(json_t *document, const char *where, ga_arch **out, ga_err *err);
ga_status ga_arch_copy(const ga_arch *a, ga_arch **out, ga_err *err);

/* How many pieces a published model comes in; 0: always one file with all keys. */
int ga_arch_n_pieces(const ga_arch *a);
const char *ga_arch_piece(const ga_arch *a, int i); /* prefix of its keys: "layer0." */
#endif
