/* adaptive_max_pool2d.c - the largest number of windows that cut the map into output_size pieces,
 * as in adaptive_avg_pool2d.c. */
#include "net/ops/max_windows.h"
#include <math.h>

enum { SIZE };
static const ga_attr_spec attrs[] = {[SIZE] = GA_WHOLE_NEEDED("output_size", 1, 2, 1, 1 << 14)};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    return ga_node_out(node, node->in[0].c, ga_node_int(node, SIZE, 0), ga_node_int(node, SIZE, 1),
                       out, err);
}

static ga_window window(const ga_node *node, int axis, int o)
{
    const int64_t length = axis == 0 ? node->in[0].h : node->in[0].w,
                  outs = axis == 0 ? node->out.h : node->out.w;
    const int begin = (int)(o * length / outs), end = (int)(((o + 1) * length + outs - 1) / outs);
    return (ga_window){begin, end - begin, 1};
}

static void forward(const ga_call *call)
{
    ga_max_forward(call, window);
}

static void backward(const ga_call *call)
{
    ga_max_backward(call, window);
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
            for (int ow = 0; ow < out.w; ow++, dst++) {
                double best = -INFINITY;
                for (int h = 0; h < in.h; h++)
                    for (int w = 0; w < in.w; w++) /* the pixels whose area meets the output's */
                        if (h * out.h < (oh + 1) * in.h && (h + 1) * out.h > oh * in.h &&
                            w * out.w < (ow + 1) * in.w && (w + 1) * out.w > ow * in.w)
                            best = fmax(best, ref->src[0][((size_t)map * (size_t)in.h + (size_t)h) *
                                                              (size_t)in.w +
                                                          (size_t)w]);
                *dst = best;
            }
}

static const ga_case cases[] = {
    {3, 1, {{5, 6, 4}}, 1, {GA_ONE("output_size", 1)}},
    {2, 1, {{3, 7, 5}}, 1, {GA_PAIR("output_size", 3, 2)}},
};

const ga_op ga_op_adaptive_max_pool2d = {
    .type = "AdaptiveMaxPool2d",
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
