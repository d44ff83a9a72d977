/* conv2d.c - convolution. */
#include "net/ops/common.h"

enum { IC, OC, KERNEL, STRIDE, PADDING, DILATION, GROUPS, BIAS };
static const ga_attr_spec attrs[] = {
    [IC] = GA_WHOLE_NEEDED("in_channels", 1, 1, 1, 1 << 24),
    [OC] = GA_WHOLE_NEEDED("out_channels", 1, 1, 1, 1 << 24),
    [KERNEL] = GA_WHOLE_NEEDED("kernel_size", 1, 2, 1, 1024),
    [STRIDE] = GA_WHOLE("stride", 1, 2, 1, 1024, 1),
    [PADDING] = GA_WHOLE("padding", 1, 2, 0, 1024, 0),
    [DILATION] = GA_WHOLE("dilation", 1, 2, 1, 1024, 1),
    [GROUPS] = GA_WHOLE("groups", 1, 1, 1, 1 << 24, 1),
    [BIAS] = GA_WHOLE("bias", 1, 1, 0, 1, 1),
};

static bool conv(const ga_node *node, ga_conv_shape *s)
{
    const ga_dims in = node->in[0], out = node->out;
    *s = (ga_conv_shape){.groups = ga_node_int(node, GROUPS, 0),
                         .ic = in.c,
                         .oc = out.c,
                         .ih = in.h,
                         .iw = in.w,
                         .oh = out.h,
                         .ow = out.w,
                         .kh = ga_node_int(node, KERNEL, 0),
                         .kw = ga_node_int(node, KERNEL, 1),
                         .sh = ga_node_int(node, STRIDE, 0),
                         .sw = ga_node_int(node, STRIDE, 1),
                         .ph = ga_node_int(node, PADDING, 0),
                         .pw = ga_node_int(node, PADDING, 1),
                         .dh = ga_node_int(node, DILATION, 0),
                         .dw = ga_node_int(node, DILATION, 1)};
    return true;
}

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const int ic = ga_node_int(node, IC, 0), oc = ga_node_int(node, OC, 0),
              groups = ga_node_int(node, GROUPS, 0);
    if (node->in[0].c != ic)
        return ga_node_misfit(node, 0, err, "takes (%d,H,W)", ic);
    if (ic % groups != 0 || oc % groups != 0)
        return ga_fail(err, GA_EINVAL,
                       "layer '%s' (%s): %d groups do not divide %d and %d channels", node->name,
                       node->op->type, groups, ic, oc);
    ga_conv_shape s;
    conv(node, &s);
    return ga_node_out(node, oc, ga_window_count(s.ih, s.kh, s.sh, s.ph, s.dh, false),
                       ga_window_count(s.iw, s.kw, s.sw, s.pw, s.dw, false), out, err);
}

static int params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    ga_conv_shape s;
    conv(node, &s);
    const int64_t dim[4] = {s.oc, s.ic / s.groups, s.kh, s.kw};
    return ga_product_params(out, 4, dim, s.oc, (double)(dim[1] * dim[2] * dim[3]),
                             ga_node_int(node, BIAS, 0) != 0);
}

static void reference(const ga_ref *ref)
{
    ga_conv_shape s;
    conv(ref->node, &s);
    ga_product_reference(ref, &s);
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
    .params = params,
    .conv = conv,
    .forward = ga_product_forward,
    .backward = ga_product_backward,
    .reference = reference,
    .tangent = ga_product_tangent,
    .kernel = "product",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
