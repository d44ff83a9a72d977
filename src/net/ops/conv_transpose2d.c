/* conv_transpose2d.c - transposed convolution: the gradient of a convolution, run forward. */
#include "net/ops/common.h"

enum { IC, OC, KERNEL, STRIDE, PADDING, OUTPUT_PADDING, DILATION, GROUPS, BIAS };
static const ga_attr_spec attrs[] = {
    [IC] = GA_WHOLE_NEEDED("in_channels", 1, 1, 1, 1 << 24),
    [OC] = GA_WHOLE_NEEDED("out_channels", 1, 1, 1, 1 << 24),
    [KERNEL] = GA_WHOLE_NEEDED("kernel_size", 1, 2, 1, 1024),
    [STRIDE] = GA_WHOLE("stride", 1, 2, 1, 1024, 1),
    [PADDING] = GA_WHOLE("padding", 1, 2, 0, 1024, 0),
    [OUTPUT_PADDING] = GA_WHOLE("output_padding", 1, 2, 0, 1024, 0),
    [DILATION] = GA_WHOLE("dilation", 1, 2, 1, 1024, 1),
    [GROUPS] = GA_WHOLE("groups", 1, 1, 1, 1 << 24, 1),
    [BIAS] = GA_WHOLE("bias", 1, 1, 0, 1, 1),
};

static bool conv(const ga_node *node, ga_conv_shape *s)
{
    const ga_dims in = node->in[0], out = node->out;
    *s = (ga_conv_shape){.transposed = true,
                         .groups = ga_node_int(node, GROUPS, 0),
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

static int64_t length(const ga_node *node, int64_t in, int k)
{
    return (in - 1) * ga_node_int(node, STRIDE, k) - 2 * (int64_t)ga_node_int(node, PADDING, k) +
           (int64_t)ga_node_int(node, DILATION, k) * (ga_node_int(node, KERNEL, k) - 1) +
           ga_node_int(node, OUTPUT_PADDING, k) + 1;
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
    for (int k = 0; k < 2; k++) {
        const int more = ga_node_int(node, OUTPUT_PADDING, k),
                  stride = ga_node_int(node, STRIDE, k), dilation = ga_node_int(node, DILATION, k);
        if (more >= stride && more >= dilation)
            return ga_fail(err, GA_EINVAL,
                           "layer '%s' (%s): output_padding is %d, expected less than stride %d or "
                           "dilation %d",
                           node->name, node->op->type, more, stride, dilation);
    }
    return ga_node_out(node, oc, length(node, node->in[0].h, 0), length(node, node->in[0].w, 1),
                       out, err);
}

static int params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    ga_conv_shape s;
    conv(node, &s);
    const int64_t dim[4] = {s.ic, s.oc / s.groups, s.kh, s.kw};
    /* PyTorch takes fan-in from dim 1 of the weight here too, though that is the way out. */
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
