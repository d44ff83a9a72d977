/* max_pool2d.c - the largest number of each window. */
#include "net/ops/common.h"
#include "net/ops/max_windows.h"
#include "net/ops/pool.h"

enum { KERNEL = GA_POOL_KERNEL, PADDING = GA_POOL_PADDING, DILATION = GA_POOL_N_ATTRS };
static const ga_attr_spec attrs[] = {
    GA_POOL_ATTRS,
    [DILATION] = GA_WHOLE("dilation", 1, 2, 1, 1024, 1),
};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    return ga_pool_shape(node, DILATION, out, err);
}

static ga_window window(const ga_node *node, int axis, int o)
{
    return (ga_window){o * ga_pool_stride(node, axis) - ga_node_int(node, PADDING, axis),
                       ga_node_int(node, KERNEL, axis), ga_node_int(node, DILATION, axis)};
}

static void forward(const ga_call *call)
{
    ga_max_forward(call, window);
}

static void backward(const ga_call *call)
{
    ga_max_backward(call, window);
}

static bool in_window(const ga_node *node, int axis, int o, int i)
{
    const int from_start = i + ga_node_int(node, PADDING, axis) - o * ga_pool_stride(node, axis),
              step = ga_node_int(node, DILATION, axis);
    return from_start >= 0 && from_start % step == 0 &&
           from_start / step < ga_node_int(node, KERNEL, axis);
}

static void tangent(const ga_call *call)
{
    ga_max_tangent(call, window);
}

static void reference(const ga_ref *ref)
{
    const ga_dims in = ref->node->in[0], out = ref->node->out;
    double *dst = ref->dst;
    for (int map = 0; map < ref->n * in.c; map++)
        for (int oh = 0; oh < out.h; oh++)
            for (int ow = 0; ow < out.w; ow++) {
                double best = -INFINITY;
                for (int h = 0; h < in.h; h++)
                    for (int w = 0; w < in.w; w++)
                        if (in_window(ref->node, 0, oh, h) && in_window(ref->node, 1, ow, w))
                            best = fmax(best, ref->src[0][((size_t)map * (size_t)in.h + (size_t)h) *
                                                              (size_t)in.w +
                                                          (size_t)w]);
                *dst++ = best;
            }
}

static const ga_case cases[] = {
    {1, 1, {{1, 1, 1}}, 1, {GA_ONE("kernel_size", 1)}},
    {3, 1, {{5, 6, 4}}, 1, {GA_ONE("kernel_size", 2)}},
    {2, 1, {{3, 7, 7}}, 3, {GA_ONE("kernel_size", 3), GA_ONE("stride", 2), GA_ONE("padding", 1)}},
    {2, 1, {{2, 7, 6}}, 3, {GA_ONE("kernel_size", 2), GA_ONE("stride", 3), GA_ONE("ceil_mode", 1)}},
    {1,
     1,
     {{4, 8, 5}},
     4,
     {GA_PAIR("kernel_size", 2, 3), GA_PAIR("stride", 1, 2), GA_PAIR("padding", 0, 1),
      GA_PAIR("dilation", 3, 1)}},
};

const ga_op ga_op_max_pool2d = {
    .type = "MaxPool2d",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = tangent,
    .kernel = "windows",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
