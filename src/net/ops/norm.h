/* norm.h - normalising each channel over pixels, and over images or not: BatchNorm1d, BatchNorm2d,
 * InstanceNorm2d. In HWNC both are "down the columns of a matrix": (H W N, C) for statistics of
 * the batch, (H W, N C) for those of each image.
 *
 * y = r(a (x - mean) + b) with a = weight / sqrt(var + eps), b = bias. Kept from forward to
 * backward, in this order: a, b, mean, 1/sqrt(var + eps), one number a column each.
 * Variances are Chan, Golub and LeVeque's (1983): blocks of rows about their own means, combined
 * in double; the blocks are fixed, so threads do not change a bit. */
#ifndef GA_OPS_NORM_H
#define GA_OPS_NORM_H
#include "net/op.h"

typedef struct ga_norm {
    double eps, momentum;
    bool affine;
    bool fixed; /* a is the number `scale`, and parameter 0 is b */
    double scale;
    ga_bn_mode mode;
    float *running_mean, *running_var; /* NULL: there are none; then GA_BN_RUNNING means 0 and 1 */
} ga_norm;

/* The shape rule of those that take maps: option 0 is num_features. */
ga_status ga_norm_shape(const ga_node *node, ga_dims *out, ga_err *err);
/* weight and bias, a number a channel each; returns 2. */
int ga_norm_affine_params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS]);
/* The mode of a layer in a plan whose bn is `bn`. */
ga_bn_mode ga_norm_mode(const ga_node *node, ga_bn_mode bn);
void ga_norm_memory(const ga_need *need, size_t *saved_floats, size_t *scratch_bytes);
void ga_norm_forward(const ga_call *call, const ga_norm *norm);
void ga_norm_backward(const ga_call *call, const ga_norm *norm);
void ga_norm_reference(const ga_ref *ref, const ga_norm *norm, const double *running_mean,
                       const double *running_var);
#endif
