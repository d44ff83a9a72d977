/* avg_pool2d.c - the mean of each window. */
#include "net/ops/common.h"
#include "net/ops/pixel_map.h"
#include "net/ops/pool.h"

enum { KERNEL = GA_POOL_KERNEL, PADDING = GA_POOL_PADDING, INCLUDE = GA_POOL_N_ATTRS };
static const ga_attr_spec attrs[] = {
    GA_POOL_ATTRS,
    [INCLUDE] = GA_WHOLE("count_include_pad", 1, 1, 0, 1, 1),
};

int ga_pool_stride(const ga_node *node, int axis)
{
    return ga_node_int(node, ga_node_has(node, GA_POOL_STRIDE) ? GA_POOL_STRIDE : GA_POOL_KERNEL,
                       axis);
}

ga_status ga_pool_shape(const ga_node *node, int dilation, ga_dims *out, ga_err *err)
{
    int64_t size[2];
    for (int k = 0; k < 2; k++) {
        const int kernel = ga_node_int(node, GA_POOL_KERNEL, k),
                  pad = ga_node_int(node, GA_POOL_PADDING, k);
        if (2 * pad > kernel)
            return ga_fail(
                err, GA_EINVAL,
                "layer '%s' (%s): padding is %d, expected at most half of kernel_size %d",
                node->name, node->op->type, pad, kernel);
        size[k] = ga_window_count(ga_axis_length(node->in[0], k), kernel, ga_pool_stride(node, k),
                                  pad, dilation < 0 ? 1 : ga_node_int(node, dilation, k),
                                  ga_node_int(node, GA_POOL_CEIL, 0) != 0);
    }
    return ga_node_out(node, node->in[0].c, size[0], size[1], out, err);
}

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    return ga_pool_shape(node, -1, out, err);
}

/* A window is cut off at the end of the padding, and divided by what is left of it, with the
 * padding or without. */
static ga_axis_taps taps(const ga_node *node, int axis, int o)
{
    const int length = ga_axis_length(node->in[0], axis), pad = ga_node_int(node, PADDING, axis),
              begin = o * ga_pool_stride(node, axis) - pad;
    int end = begin + ga_node_int(node, KERNEL, axis);
    end = end > length + pad ? length + pad : end;
    const int first = begin < 0 ? 0 : begin, count = (end > length ? length : end) - first;
    const float share = 1.0f / (float)(ga_node_int(node, INCLUDE, 0) != 0 ? end - begin : count);
    return (ga_axis_taps){first, count, share, share, NULL};
}

static void forward(const ga_call *call)
{
    ga_pixel_map_forward(call, taps);
}

static void backward(const ga_call *call)
{
    ga_pixel_map_backward(call, taps);
}

static void reference(const ga_ref *ref)
{
    const ga_node *node = ref->node;
    const ga_dims in = node->in[0], out = node->out;
    const int ph = ga_node_int(node, PADDING, 0), pw = ga_node_int(node, PADDING, 1);
    double *dst = ref->dst;
    for (int map = 0; map < ref->n * in.c; map++)
        for (int oh = 0; oh < out.h; oh++)
            for (int ow = 0; ow < out.w; ow++, dst++) {
                double sum = 0;
                int all = 0, inside = 0;
                for (int r = 0; r < ga_node_int(node, KERNEL, 0); r++)
                    for (int q = 0; q < ga_node_int(node, KERNEL, 1); q++) {
                        const int h = oh * ga_pool_stride(node, 0) - ph + r,
                                  w = ow * ga_pool_stride(node, 1) - pw + q;
                        all += h < in.h + ph && w < in.w + pw;
                        if (h < 0 || h >= in.h || w < 0 || w >= in.w)
                            continue;
                        inside++;
                        sum += ref->src[0][((size_t)map * (size_t)in.h + (size_t)h) * (size_t)in.w +
                                           (size_t)w];
                    }
                *dst = sum / (ga_node_int(node, INCLUDE, 0) != 0 ? all : inside);
            }
}

static const ga_case cases[] = {
    {1, 1, {{1, 1, 1}}, 1, {GA_ONE("kernel_size", 1)}},
    {3, 1, {{5, 6, 4}}, 1, {GA_ONE("kernel_size", 2)}},
    {2, 1, {{3, 7, 7}}, 3, {GA_ONE("kernel_size", 3), GA_ONE("stride", 2), GA_ONE("padding", 1)}},
    {2,
     1,
     {{2, 7, 6}},
     5,
     {GA_ONE("kernel_size", 3), GA_ONE("stride", 2), GA_ONE("padding", 1), GA_ONE("ceil_mode", 1),
      GA_ONE("count_include_pad", 0)}},
    {2,
     1,
     {{2, 8, 5}},
     4,
     {GA_PAIR("kernel_size", 3, 2), GA_PAIR("stride", 2, 3), GA_PAIR("padding", 1, 0),
      GA_ONE("ceil_mode", 1)}},
};

const ga_op ga_op_avg_pool2d = {
    .type = "AvgPool2d",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = ga_tangent_by_forward,
    .kernel = "pixels",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
