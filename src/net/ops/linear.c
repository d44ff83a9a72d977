/* linear.c - y = W x + b on vectors: a product with one pixel and one tap. */
#include "net/ops/common.h"

enum { IN, OUT, BIAS };
static const ga_attr_spec attrs[] = {
    [IN] = GA_WHOLE_NEEDED("in_features", 1, 1, 1, 1 << 28),
    [OUT] = GA_WHOLE_NEEDED("out_features", 1, 1, 1, 1 << 28),
    [BIAS] = GA_WHOLE("bias", 1, 1, 0, 1, 1),
};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const int in = ga_node_int(node, IN, 0);
    const ga_dims d = node->in[0];
    if (d.c != in || d.h != 1 || d.w != 1)
        return ga_node_misfit(node, 0, err, "takes (%d,1,1)%s", in,
                              (int64_t)d.c * d.h * d.w == in ? " (a Flatten is missing between)"
                                                             : "");
    return ga_node_out(node, ga_node_int(node, OUT, 0), 1, 1, out, err);
}

static int params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    const int64_t dim[2] = {node->out.c, node->in[0].c};
    return ga_product_params(out, 2, dim, node->out.c, node->in[0].c,
                             ga_node_int(node, BIAS, 0) != 0);
}

static bool conv(const ga_node *node, ga_conv_shape *s)
{
    *s = (ga_conv_shape){.groups = 1,
                         .ic = node->in[0].c,
                         .oc = node->out.c,
                         .ih = 1,
                         .iw = 1,
                         .oh = 1,
                         .ow = 1,
                         .kh = 1,
                         .kw = 1,
                         .sh = 1,
                         .sw = 1,
                         .dh = 1,
                         .dw = 1};
    return true;
}

static void reference(const ga_ref *ref)
{
    const size_t in = (size_t)ref->node->in[0].c, out = (size_t)ref->node->out.c;
    for (size_t n = 0; n < (size_t)ref->n; n++)
        for (size_t o = 0; o < out; o++) {
            double sum = ref->node->n_params > 1 ? ref->param[1][o] : 0;
            for (size_t i = 0; i < in; i++)
                sum += ref->param[0][o * in + i] * ref->src[0][n * in + i];
            ref->dst[n * out + o] = sum;
        }
}

static const ga_case cases[] = {
    {1, 1, {{1, 1, 1}}, 2, {GA_ONE("in_features", 1), GA_ONE("out_features", 1)}},
    {3, 1, {{5, 1, 1}}, 2, {GA_ONE("in_features", 5), GA_ONE("out_features", 33)}},
    {17,
     1,
     {{40, 1, 1}},
     3,
     {GA_ONE("in_features", 40), GA_ONE("out_features", 3), GA_ONE("bias", 0)}},
};

const ga_op ga_op_linear = {
    .type = "Linear",
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
