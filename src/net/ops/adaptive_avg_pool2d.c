/* adaptive_avg_pool2d.c - the mean of windows that cut the map into output_size pieces: output o of
 * O on a line of L reads floor(o L / O) to ceil((o + 1) L / O). */
#include "net/ops/common.h"
#include "net/ops/pixel_map.h"

enum { SIZE };
static const ga_attr_spec attrs[] = {[SIZE] = GA_WHOLE_NEEDED("output_size", 1, 2, 1, 1 << 14)};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    return ga_node_out(node, node->in[0].c, ga_node_int(node, SIZE, 0), ga_node_int(node, SIZE, 1),
                       out, err);
}

static ga_axis_taps taps(const ga_node *node, int axis, int o)
{
    const int64_t length = ga_axis_length(node->in[0], axis),
                  outs = ga_axis_length(node->out, axis);
    const int begin = (int)(o * length / outs), end = (int)(((o + 1) * length + outs - 1) / outs);
    const float share = 1.0f / (float)(end - begin);
    return (ga_axis_taps){begin, end - begin, share, share, NULL};
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
    const ga_dims in = ref->node->in[0], out = ref->node->out;
    double *dst = ref->dst;
    for (int map = 0; map < ref->n * in.c; map++)
        for (int oh = 0; oh < out.h; oh++)
            for (int ow = 0; ow < out.w; ow++, dst++) {
                double sum = 0, count = 0;
                for (int h = 0; h < in.h; h++)
                    for (int w = 0; w < in.w; w++) /* the pixels whose area meets the output's */
                        if (h * out.h < (oh + 1) * in.h && (h + 1) * out.h > oh * in.h &&
                            w * out.w < (ow + 1) * in.w && (w + 1) * out.w > ow * in.w) {
                            sum += ref->src[0][((size_t)map * (size_t)in.h + (size_t)h) *
                                                   (size_t)in.w +
                                               (size_t)w];
                            count++;
                        }
                *dst = sum / count;
            }
}

static const ga_case cases[] = {
    {3, 1, {{5, 6, 4}}, 1, {GA_ONE("output_size", 1)}},
    {2, 1, {{3, 7, 5}}, 1, {GA_PAIR("output_size", 3, 2)}},
    {1, 1, {{2, 2, 3}}, 1, {GA_ONE("output_size", 4)}}, /* more than there are */
};

const ga_op ga_op_adaptive_avg_pool2d = {
    .type = "AdaptiveAvgPool2d",
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
