/* prroi_pool2d.c - precise pooling (Jiang et al. 2018, arXiv:1807.11590, eq. 4) of the whole map:
 * the exact mean over each of output_size pieces of the surface that joins the numbers of a map
 * bilinearly and falls to 0 beyond its border.
 *
 * The region is [0, H] x [0, W] with pixel i at place i, as UPerNet asks for it, so the first pixel
 * counts half and the last one whole: all weights of a line of 8 in one piece are 1/8 but the
 * first, 1/16. They do not add up to 1, which a mean (AdaptiveAvgPool2d) does. The integral is a
 * product of one for rows and one for columns, each of tents of width 1. */
#include "net/ops/common.h"
#include "net/ops/pixel_map.h"
#include <math.h>

enum { SIZE };
static const ga_attr_spec attrs[] = {[SIZE] = GA_WHOLE_NEEDED("output_size", 1, 2, 1, 1 << 14)};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    return ga_node_out(node, node->in[0].c, ga_node_int(node, SIZE, 0), ga_node_int(node, SIZE, 1),
                       out, err);
}

/* The area below the tent max(1 - |x|, 0) from its left end to x. */
static double below_tent(double x)
{
    if (x <= -1)
        return 0;
    if (x >= 1)
        return 1;
    return x < 0 ? (1 + x) * (1 + x) / 2 : 1 - (1 - x) * (1 - x) / 2;
}

static double border(const ga_node *node, int axis, int o)
{
    return (double)o * ga_axis_length(node->in[0], axis) / ga_axis_length(node->out, axis);
}

static float weight(const ga_node *node, int axis, int o, int i)
{
    const double begin = border(node, axis, o), end = border(node, axis, o + 1);
    return (float)((below_tent(end - i) - below_tent(begin - i)) / (end - begin));
}

static ga_axis_taps taps(const ga_node *node, int axis, int o)
{
    const int last = ga_axis_length(node->in[0], axis) - 1;
    const int begin = (int)floor(border(node, axis, o)), end = (int)ceil(border(node, axis, o + 1));
    return (ga_axis_taps){
        .first = begin, .count = (end < last ? end : last) - begin + 1, .weight = weight};
}

static void forward(const ga_call *call)
{
    ga_pixel_map_forward(call, taps);
}

static void backward(const ga_call *call)
{
    ga_pixel_map_backward(call, taps);
}

/* Mean over [begin, end] of the tent at `centre`, which is straight between whole numbers: there
 * the trapezoid is the integral. */
static double mean_of_tent(double begin, double end, int centre)
{
    double sum = 0;
    for (double x = begin; x < end;) {
        const double next = fmin(floor(x) + 1, end);
        sum += (next - x) / 2 * (fmax(0, 1 - fabs(x - centre)) + fmax(0, 1 - fabs(next - centre)));
        x = next;
    }
    return sum / (end - begin);
}

static void reference(const ga_ref *ref)
{
    const ga_dims in = ref->node->in[0], out = ref->node->out;
    const double high = (double)in.h / out.h, wide = (double)in.w / out.w;
    double *dst = ref->dst;
    for (int map = 0; map < ref->n * in.c; map++)
        for (int oh = 0; oh < out.h; oh++)
            for (int ow = 0; ow < out.w; ow++) {
                double sum = 0;
                for (int h = 0; h < in.h; h++)
                    for (int w = 0; w < in.w; w++)
                        sum += mean_of_tent(oh * high, (oh + 1) * high, h) *
                               mean_of_tent(ow * wide, (ow + 1) * wide, w) *
                               ref->src[0][((size_t)map * (size_t)in.h + (size_t)h) * (size_t)in.w +
                                           (size_t)w];
                *dst++ = sum;
            }
}

static const ga_case cases[] = {
    {2, 1, {{3, 8, 8}}, 1, {GA_ONE("output_size", 1)}},
    {1, 1, {{2, 8, 8}}, 1, {GA_ONE("output_size", 6)}},
    {2, 1, {{3, 7, 5}}, 1, {GA_PAIR("output_size", 3, 2)}},
    {1, 1, {{2, 2, 3}}, 1, {GA_ONE("output_size", 4)}}, /* pieces smaller than a pixel */
    {1, 1, {{2, 1, 1}}, 1, {GA_ONE("output_size", 1)}},
};

const ga_op ga_op_prroi_pool2d = {
    .type = "PrRoIPool2d",
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
