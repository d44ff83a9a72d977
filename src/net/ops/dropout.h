/* dropout.h - what Dropout and Dropout2d share. In training each element (of Dropout2d: each
 * channel of an image) becomes 0 with probability p, the others 1/(1-p) of themselves. Which ones
 * depends on the run's dropout_seed and the layer alone: each has a number in the layer's stream
 * (ga_vec_keep), so threads do not matter and backward makes the mask again. */
#ifndef GA_OPS_DROPOUT_H
#define GA_OPS_DROPOUT_H
#include "net/op.h"

extern const ga_attr_spec ga_dropout_attrs[2];
bool ga_dropout_view(const ga_need *need);

/* Channel c of pixel p of image n has the number (n H W + p) C + c in the stream; with channels,
 * the number n C + c. */
void ga_dropout_forward(const ga_call *call, bool channels);
void ga_dropout_backward(const ga_call *call, bool channels);
void ga_dropout_reference(const ga_ref *ref, bool channels);
#endif
