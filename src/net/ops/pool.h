/* pool.h - what AvgPool2d and MaxPool2d share: how their windows lie. */
#ifndef GA_OPS_POOL_H
#define GA_OPS_POOL_H
#include "net/op.h"
#include <math.h>

enum { GA_POOL_KERNEL, GA_POOL_STRIDE, GA_POOL_PADDING, GA_POOL_CEIL, GA_POOL_N_ATTRS };
/* The first rows of both tables of options. Without stride the kernel's size is meant. */
#define GA_POOL_ATTRS                                                                              \
    [GA_POOL_KERNEL] = GA_WHOLE_NEEDED("kernel_size", 1, 2, 1, 1024),                              \
    [GA_POOL_STRIDE] = GA_WHOLE("stride", 1, 2, 1, 1024, NAN),                                     \
    [GA_POOL_PADDING] = GA_WHOLE("padding", 1, 2, 0, 512, 0),                                      \
    [GA_POOL_CEIL] = GA_WHOLE("ceil_mode", 1, 1, 0, 1, 0)

int ga_pool_stride(const ga_node *node, int axis);
/* The shape rule; dilation is option `dilation`, or 1 if that is below 0. */
ga_status ga_pool_shape(const ga_node *node, int dilation, ga_dims *out, ga_err *err);
#endif
