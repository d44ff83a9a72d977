/* dissect_memory.h - does a dissection fit into --memory? */
#ifndef GA_DISSECT_MEMORY_H
#define GA_DISSECT_MEMORY_H
#include "app/verb.h"
#include "ganatomy/dissect.h"

/* Everything together, before anything large is made: the model and what else is open already, what
 * looks at images, and what is counted of them (`copies` times). Sets memory and held of options.
 * guess: the data, and so the size of pictures, are not open yet; only what is sure is refused.
 * GA_ENOMEM, with the parts and with what will do; failures of ga_dissect_forecast. */
ga_status ga_dissect_memory(const ga_request *rq, const ga_subject_spec *spec, int copies,
                            bool guess, ga_dissect_options *options, ga_err *err);
#endif
