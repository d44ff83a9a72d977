/* batch_norm.h - what BatchNorm1d and BatchNorm2d share: all but the shapes they take. */
#ifndef GA_OPS_BATCH_NORM_H
#define GA_OPS_BATCH_NORM_H
#include "net/op.h"

enum { GA_BATCH_NORM_FEATURES, GA_BATCH_NORM_EPS, GA_BATCH_NORM_MOMENTUM, GA_BATCH_NORM_AFFINE };
extern const ga_attr_spec ga_batch_norm_attrs[4];

int ga_batch_norm_params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS]);
void ga_batch_norm_forward(const ga_call *call);
void ga_batch_norm_backward(const ga_call *call);
void ga_batch_norm_reference(const ga_ref *ref);
#endif
