/* conv_transpose2d.c - transposed convolution: the gradient of a convolution, run forward. */
#include "net/ops/common.h"
#include "net/ops/conv2d.h"

enum { OUTPUT_PADDING = GA_CONV2D_N_ATTRS };
static const ga_attr_spec attrs[] = {
    GA_CONV2D_ATTRS,
    [OUTPUT_PADDING] = GA_WHOLE("output_padding", 1, 2, 0, 1024, 0),
};

static bool conv(const ga_node *node, ga_conv_shape *s)
{
    *s = ga_conv2d_product(node, true);
    return true;
}

static int64_t length(const ga_node *node, int64_t in, int k)
{
    return (in - 1) * ga_node_int(node, GA_CONV2D_STRIDE, k) -
           2 * (int64_t)ga_node_int(node, GA_CONV2D_PADDING, k) +
           (int64_t)ga_node_int(node, GA_CONV2D_DILATION, k) *
               (ga_node_int(node, GA_CONV2D_KERNEL, k) - 1) +
           ga_node_int(node, OUTPUT_PADDING, k) + 1;
}

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const ga_status status = ga_conv2d_check_channels(node, err);
    if (status != GA_OK)
        return status;
    for (int k = 0; k < 2; k++) {
        const int more = ga_node_int(node, OUTPUT_PADDING, k),
                  stride = ga_node_int(node, GA_CONV2D_STRIDE, k),
                  dilation = ga_node_int(node, GA_CONV2D_DILATION, k);
        if (more >= stride && more >= dilation)
            return ga_fail(err, GA_EINVAL,
                           "layer '%s' (%s): output_padding is %d, expected less than stride %d or "
                           "dilation %d",
                           node->name, node->op->type, more, stride, dilation);
    }
    return ga_node_out(node, ga_node_int(node, GA_CONV2D_OC, 0), length(node, node->in[0].h, 0),
                       length(node, node->in[0].w, 1), out, err);
}

static const ga_case cases[] = {
    {1,
     1,
     {{1, 1, 1}},
     3,
     {GA_ONE("in_channels", 1), GA_ONE("out_channels", 1), GA_ONE("kernel_size", 1)}},
    {3,
     1,
     {{4, 3, 3}},
     5,
     {GA_ONE("in_channels", 4), GA_ONE("out_channels", 3), GA_ONE("kernel_size", 5),
      GA_ONE("stride", 1), GA_ONE("padding", 2)}},
    {2,
     1,
     {{4, 5, 4}},
     6,
     {GA_ONE("in_channels", 4), GA_ONE("out_channels", 2), GA_ONE("kernel_size", 5),
      GA_ONE("stride", 2), GA_ONE("padding", 2), GA_ONE("output_padding", 1)}},
    {2,
     1,
     {{6, 3, 2}},
     7,
     {GA_ONE("in_channels", 6), GA_ONE("out_channels", 4), GA_PAIR("kernel_size", 2, 3),
      GA_PAIR("stride", 3, 2), GA_PAIR("padding", 1, 0), GA_PAIR("dilation", 2, 1),
      GA_ONE("groups", 2)}},
    {1,
     1,
     {{5, 1, 1}},
     4,
     {GA_ONE("in_channels", 5), GA_ONE("out_channels", 7), GA_ONE("kernel_size", 4),
      GA_ONE("bias", 0)}},
    {4,
     1,
     {{8, 4, 4}},
     6,
     {GA_ONE("in_channels", 8), GA_ONE("out_channels", 1), GA_ONE("kernel_size", 5),
      GA_ONE("stride", 2), GA_ONE("padding", 2), GA_ONE("output_padding", 1)}},
};

const ga_op ga_op_conv_transpose2d = {
    .type = "ConvTranspose2d",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .params = ga_conv2d_params,
    .conv = conv,
    .forward = ga_product_forward,
    .backward = ga_product_backward,
    .reference = ga_product_reference,
    .tangent = ga_product_tangent,
    .kernel = "product",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
