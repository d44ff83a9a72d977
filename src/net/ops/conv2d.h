/* conv2d.h - what Conv2d and ConvTranspose2d share: all but how large the result is. */
#ifndef GA_OPS_CONV2D_H
#define GA_OPS_CONV2D_H
#include "net/op.h"

enum {
    GA_CONV2D_IC,
    GA_CONV2D_OC,
    GA_CONV2D_KERNEL,
    GA_CONV2D_STRIDE,
    GA_CONV2D_PADDING,
    GA_CONV2D_DILATION,
    GA_CONV2D_GROUPS,
    GA_CONV2D_BIAS,
    GA_CONV2D_N_ATTRS
};
/* The first rows of both tables of options. */
#define GA_CONV2D_ATTRS                                                                            \
    [GA_CONV2D_IC] = GA_WHOLE_NEEDED("in_channels", 1, 1, 1, 1 << 24),                             \
    [GA_CONV2D_OC] = GA_WHOLE_NEEDED("out_channels", 1, 1, 1, 1 << 24),                            \
    [GA_CONV2D_KERNEL] = GA_WHOLE_NEEDED("kernel_size", 1, 2, 1, 1024),                            \
    [GA_CONV2D_STRIDE] = GA_WHOLE("stride", 1, 2, 1, 1024, 1),                                     \
    [GA_CONV2D_PADDING] = GA_WHOLE("padding", 1, 2, 0, 1024, 0),                                   \
    [GA_CONV2D_DILATION] = GA_WHOLE("dilation", 1, 2, 1, 1024, 1),                                 \
    [GA_CONV2D_GROUPS] = GA_WHOLE("groups", 1, 1, 1, 1 << 24, 1),                                  \
    [GA_CONV2D_BIAS] = GA_WHOLE("bias", 1, 1, 0, 1, 1)

/* The product that a layer is; its result's size is that of node->out. */
ga_conv_shape ga_conv2d_product(const ga_node *node, bool transposed);
/* GA_ESHAPE: other channels come in than the layer says; GA_EINVAL: groups do not divide them. */
ga_status ga_conv2d_check_channels(const ga_node *node, ga_err *err);
int ga_conv2d_params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS]);
#endif
