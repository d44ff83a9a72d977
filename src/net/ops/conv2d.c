/* conv2d.c - convolution. */
#include "net/ops/conv2d.h"
#include "net/ops/common.h"

static const ga_attr_spec attrs[] = {GA_CONV2D_ATTRS};

ga_conv_shape ga_conv2d_product(const ga_node *node, bool transposed)
{
    const ga_dims in = node->in[0], out = node->out;
    return (ga_conv_shape){.transposed = transposed,
                           .groups = ga_node_int(node, GA_CONV2D_GROUPS, 0),
                           .ic = in.c,
                           .oc = out.c,
                           .ih = in.h,
                           .iw = in.w,
                           .oh = out.h,
                           .ow = out.w,
                           .kh = ga_node_int(node, GA_CONV2D_KERNEL, 0),
                           .kw = ga_node_int(node, GA_CONV2D_KERNEL, 1),
                           .sh = ga_node_int(node, GA_CONV2D_STRIDE, 0),
                           .sw = ga_node_int(node, GA_CONV2D_STRIDE, 1),
                           .ph = ga_node_int(node, GA_CONV2D_PADDING, 0),
                           .pw = ga_node_int(node, GA_CONV2D_PADDING, 1),
                           .dh = ga_node_int(node, GA_CONV2D_DILATION, 0),
                           .dw = ga_node_int(node, GA_CONV2D_DILATION, 1)};
}

ga_status ga_conv2d_check_channels(const ga_node *node, ga_err *err)
{
    const int ic = ga_node_int(node, GA_CONV2D_IC, 0), oc = ga_node_int(node, GA_CONV2D_OC, 0),
              groups = ga_node_int(node, GA_CONV2D_GROUPS, 0);
    if (node->in[0].c != ic)
        return ga_node_misfit(node, 0, err, "takes (%d,H,W)", ic);
    if (ic % groups != 0 || oc % groups != 0)
        return ga_fail(err, GA_EINVAL,
                       "layer '%s' (%s): %d groups do not divide %d and %d channels", node->name,
                       node->op->type, groups, ic, oc);
    return GA_OK;
}

/* PyTorch takes fan-in from dim 1 of the weight of transposed ones too, though that is the way out.
 */
int ga_conv2d_params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    ga_conv_shape s;
    (void)node->op->conv(node, &s);
    const int64_t dim[4] = {s.transposed ? s.ic : s.oc, (s.transposed ? s.oc : s.ic) / s.groups,
                            s.kh, s.kw};
    return ga_product_params(out, 4, dim, s.oc, (double)(dim[1] * dim[2] * dim[3]),
                             ga_node_int(node, GA_CONV2D_BIAS, 0) != 0);
}

static bool conv(const ga_node *node, ga_conv_shape *s)
{
    *s = ga_conv2d_product(node, false);
    return true;
}

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const ga_status status = ga_conv2d_check_channels(node, err);
    if (status != GA_OK)
        return status;
    const ga_conv_shape s = ga_conv2d_product(node, false);
    return ga_node_out(node, ga_node_int(node, GA_CONV2D_OC, 0),
                       ga_window_count(s.ih, s.kh, s.sh, s.ph, s.dh, false),
                       ga_window_count(s.iw, s.kw, s.sw, s.pw, s.dw, false), out, err);
}

static const ga_case cases[] = {
    {1,
     1,
     {{1, 1, 1}},
     3,
     {GA_ONE("in_channels", 1), GA_ONE("out_channels", 1), GA_ONE("kernel_size", 1)}},
    {3,
     1,
     {{3, 7, 5}},
     4,
     {GA_ONE("in_channels", 3), GA_ONE("out_channels", 4), GA_ONE("kernel_size", 3),
      GA_ONE("padding", 1)}},
    {2,
     1,
     {{4, 9, 6}},
     6,
     {GA_ONE("in_channels", 4), GA_ONE("out_channels", 6), GA_PAIR("kernel_size", 3, 2),
      GA_PAIR("stride", 2, 3), GA_PAIR("padding", 2, 1), GA_PAIR("dilation", 2, 1)}},
    {2,
     1,
     {{6, 5, 5}},
     5,
     {GA_ONE("in_channels", 6), GA_ONE("out_channels", 9), GA_ONE("kernel_size", 2),
      GA_ONE("groups", 3), GA_ONE("bias", 0)}},
    {1,
     1,
     {{2, 8, 8}},
     4,
     {GA_ONE("in_channels", 2), GA_ONE("out_channels", 3), GA_ONE("kernel_size", 2),
      GA_ONE("stride", 5)}}, /* gaps */
    {5,
     1,
     {{1, 8, 8}},
     5,
     {GA_ONE("in_channels", 1), GA_ONE("out_channels", 8), GA_ONE("kernel_size", 5),
      GA_ONE("stride", 2), GA_ONE("padding", 2)}},
};

const ga_op ga_op_conv2d = {
    .type = "Conv2d",
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
