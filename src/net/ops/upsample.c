/* upsample.c - resampling: the nearest pixel, or bilinear. Output place o reads input place
 *     nearest                 floor(o s)
 *     bilinear                max((o + 1/2) s - 1/2, 0), between its neighbours
 *     bilinear, align_corners o (L - 1) / (O - 1)
 * with s = 1 / scale_factor if that is given, else L / O, in f32, as PyTorch does. */
#include "net/ops/common.h"
#include "net/ops/pixel_map.h"
#include <math.h>

enum { SIZE, FACTOR, MODE, ALIGN };
static const char *const modes[] = {"nearest", "bilinear", NULL};
static const ga_attr_spec attrs[] = {
    [SIZE] = GA_WHOLE("size", 1, 2, 1, 1 << 14, NAN),
    [FACTOR] = {"scale_factor", 1, 2, false, 1e-3, 1024, false, NAN, NULL},
    [MODE] = GA_WORD("mode", modes),
    [ALIGN] = GA_WHOLE("align_corners", 1, 1, 0, 1, 0),
};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    if (ga_node_has(node, SIZE) == ga_node_has(node, FACTOR))
        return ga_fail(err, GA_EINVAL, "layer '%s' (%s) needs either size or scale_factor",
                       node->name, node->op->type);
    if (ga_node_int(node, ALIGN, 0) != 0 && !ga_node_word_is(node, MODE, "bilinear"))
        return ga_fail(err, GA_EINVAL,
                       "layer '%s' (%s): align_corners is only for the mode bilinear", node->name,
                       node->op->type);
    int64_t size[2];
    for (int k = 0; k < 2; k++)
        size[k] = ga_node_has(node, SIZE) ? ga_node_int(node, SIZE, k)
                                          : (int64_t)floor(ga_axis_length(node->in[0], k) *
                                                           ga_node_num(node, FACTOR, k));
    return ga_node_out(node, node->in[0].c, size[0], size[1], out, err);
}

static bool doubles(const ga_node *node)
{
    return ga_node_word_is(node, MODE, "nearest") && node->out.h == 2 * node->in[0].h &&
           node->out.w == 2 * node->in[0].w;
}

static float ratio(const ga_node *node, int axis)
{
    const float length = (float)ga_axis_length(node->in[0], axis),
                outs = (float)ga_axis_length(node->out, axis);
    if (ga_node_int(node, ALIGN, 0) != 0)
        return outs > 1 ? (length - 1) / (outs - 1) : 0;
    return ga_node_has(node, FACTOR) ? (float)(1 / ga_node_num(node, FACTOR, axis)) : length / outs;
}

static ga_axis_taps taps(const ga_node *node, int axis, int o)
{
    const int last = ga_axis_length(node->in[0], axis) - 1;
    const float s = ratio(node, axis);
    if (!ga_node_word_is(node, MODE, "bilinear")) {
        const int at = (int)floorf((float)o * s);
        return (ga_axis_taps){at < last ? at : last, 1, 1, 0, NULL};
    }
    float at = ga_node_int(node, ALIGN, 0) != 0 ? (float)o * s : ((float)o + 0.5f) * s - 0.5f;
    at = at < 0 ? 0 : at;
    const int first = (int)at < last ? (int)at : last;
    const float t = at - (float)first;
    if (first == last) /* both neighbours are the last place */
        return (ga_axis_taps){last, 1, 1, 0, NULL};
    return (ga_axis_taps){first, 2, 1 - t, t, NULL};
}

static void forward(const ga_call *call)
{
    ga_pixel_map_forward(call, taps);
}

static void backward(const ga_call *call)
{
    ga_pixel_map_backward(call, taps);
}

/* Interpolation with a tent of width 1 around the place that is read. */
static double tent(double at, int i, int length)
{
    at = at < 0 ? 0 : at > length - 1 ? length - 1 : at;
    const double d = 1 - fabs(at - i);
    return d > 0 ? d : 0;
}

static double place(const ga_node *node, int axis, int o)
{
    const double length = ga_axis_length(node->in[0], axis), outs = ga_axis_length(node->out, axis),
                 s = ga_node_has(node, FACTOR) ? 1 / ga_node_num(node, FACTOR, axis)
                                               : length / outs;
    if (!ga_node_word_is(node, MODE, "bilinear"))
        return floor(o * s + 1e-6);
    if (ga_node_int(node, ALIGN, 0) != 0)
        return outs > 1 ? o * (length - 1) / (outs - 1) : 0;
    return (o + 0.5) * s - 0.5;
}

static void reference(const ga_ref *ref)
{
    const ga_dims in = ref->node->in[0], out = ref->node->out;
    double *dst = ref->dst;
    for (int map = 0; map < ref->n * in.c; map++)
        for (int oh = 0; oh < out.h; oh++)
            for (int ow = 0; ow < out.w; ow++, dst++) {
                double sum = 0;
                for (int h = 0; h < in.h; h++)
                    for (int w = 0; w < in.w; w++)
                        sum += tent(place(ref->node, 0, oh), h, in.h) *
                               tent(place(ref->node, 1, ow), w, in.w) *
                               ref->src[0][((size_t)map * (size_t)in.h + (size_t)h) * (size_t)in.w +
                                           (size_t)w];
                *dst = sum;
            }
}

static const ga_case cases[] = {
    {3, 1, {{5, 3, 2}}, 1, {GA_ONE("scale_factor", 2)}},
    {1, 1, {{2, 5, 7}}, 1, {GA_PAIR("size", 3, 11)}},
    {2, 1, {{3, 3, 4}}, 2, {GA_ONE("scale_factor", 2), GA_WORD_IS("mode", "bilinear")}},
    {2, 1, {{1, 4, 4}}, 2, {GA_ONE("scale_factor", 1.5), GA_WORD_IS("mode", "bilinear")}},
    {2,
     1,
     {{2, 3, 5}},
     3,
     {GA_PAIR("size", 7, 4), GA_WORD_IS("mode", "bilinear"), GA_ONE("align_corners", 1)}},
    {1,
     1,
     {{3, 1, 1}},
     3,
     {GA_PAIR("size", 1, 3), GA_WORD_IS("mode", "bilinear"), GA_ONE("align_corners", 1)}},
};

const ga_op ga_op_upsample = {
    .type = "Upsample",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .doubles = doubles,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .tangent = ga_tangent_by_forward,
    .kernel = "pixels",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
