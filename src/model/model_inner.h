/* model_inner.h - what the files of this room share about models. */
#ifndef GA_MODEL_INNER_H
#define GA_MODEL_INNER_H
#include <jansson.h>
#include "model/arch_inner.h"

#define GA_MODEL_KEY "ganatomy" /* of the safetensors metadata */

struct ga_model {
    ga_arch *arch;
    ga_params *params;
    ga_dtype stored;     /* type of the weights in the file that it was read from */
    json_t *notes;       /* object of strings */
    json_t *class_names; /* list that the note GA_NOTE_CLASSES holds as text, or NULL */
};

#define GA_NOTE_CLASSES "classes"
/* Sets class_names by the note, to be called when it changed. GA_EDATA: it is no list of names. */
ga_status ga_model_read_class_names(ga_model *m, ga_err *err);

/* The floats of one parameter inside m. */
float *ga_model_values(const ga_model *m, const ga_param_spec *spec);

/* As ga_model_create, but owns arch from now on, also on failure. */
ga_status ga_model_take(ga_arch *arch, ga_model **out, ga_err *err);

/* Do the keys of w fit the parameters whose names begin with piece ("": all), less that beginning?
 * strict: the keys are those of a model file; otherwise wrappers are looked for.
 * where: the file, for the sentence. GA_EDATA names all missing, unexpected and mis-shaped keys (as
 * many as fit, and the count of the rest). To be asked before ga_model_take: an architecture from
 * outside may claim any size, but not that the file holds it. */
ga_status ga_model_check_keys(const ga_arch *arch, const ga_weights *w, const char *piece,
                              bool strict, const char *where, ga_err *err);

/* Fills those parameters, after the same check. GA_EDATA also names the first key with values that
 * are not finite. */
ga_status ga_model_fill(ga_model *m, const ga_weights *w, const char *piece, bool strict,
                        const char *where, ga_err *err);
#endif
