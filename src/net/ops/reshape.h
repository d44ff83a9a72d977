/* reshape.h - what Reshape, Unflatten and Flatten share: numbers in (C,H,W) order under another
 * (C,H,W). */
#ifndef GA_OPS_RESHAPE_H
#define GA_OPS_RESHAPE_H
#include "net/op.h"

/* To the three numbers of option 0; GA_ESHAPE: there are more or fewer. */
ga_status ga_reshape_shape(const ga_node *node, ga_dims *out, ga_err *err);
bool ga_reshape_view(const ga_need *need);
void ga_reshape_forward(const ga_call *call);
void ga_reshape_backward(const ga_call *call);
void ga_reshape_reference(const ga_ref *ref);
#endif
