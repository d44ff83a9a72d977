/* pad.c - rows and columns around each map: zeros, mirrored without the edge, or the edge repeated.
 * Four layer types in one file, because they differ in one word: Pad with a mode, and PyTorch's
 * ZeroPad2d, ReflectionPad2d and ReplicationPad2d. */
#include "net/ops/common.h"
#include "net/ops/pixel_map.h"
#include <string.h>

enum { PADDING, MODE };
static const char *const modes[] = {"zero", "reflect", "replicate", NULL};
static const ga_attr_spec attrs[] = {
    [PADDING] = GA_WHOLE_NEEDED("padding", 1, 4, 0, 4096), /* all, or left, right, top, bottom */
    [MODE] = GA_WORD("mode", modes),                       /* Pad only */
};

static const char *mode_of(const ga_node *node)
{
    const char *type = node->op->type;
    return strcmp(type, "ReflectionPad2d") == 0    ? "reflect"
           : strcmp(type, "ReplicationPad2d") == 0 ? "replicate"
           : node->op->n_attrs > 1                 ? node->attrs[MODE].word
                                                   : "zero";
}

/* before and after along an axis; the options start with columns */
static int amount(const ga_node *node, int axis, int after)
{
    return ga_node_int(node, PADDING, (axis == 1 ? 0 : 2) + after);
}

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    int size[2];
    if (node->attrs[PADDING].n != 1 && node->attrs[PADDING].n != 4)
        return ga_fail(err, GA_EINVAL, "layer '%s' (%s): padding has %d numbers, expected 1 or 4",
                       node->name, node->op->type, node->attrs[PADDING].n);
    for (int k = 0; k < 2; k++) {
        const int length = ga_axis_length(node->in[0], k), before = amount(node, k, 0),
                  after = amount(node, k, 1);
        size[k] = length + before + after;
        if (strcmp(mode_of(node), "reflect") == 0 && (before >= length || after >= length))
            return ga_node_misfit(node, 0, err, "mirrors %d and %d %s, fewer than there must be",
                                  before, after, k == 0 ? "rows" : "columns");
    }
    return ga_node_out(node, node->in[0].c, size[0], size[1], out, err);
}

/* Input place that output place o shows, or -1. */
static int source(const ga_node *node, int axis, int o)
{
    const int length = ga_axis_length(node->in[0], axis), at = o - amount(node, axis, 0);
    const char *mode = mode_of(node);
    if (at >= 0 && at < length)
        return at;
    if (strcmp(mode, "zero") == 0)
        return -1;
    if (strcmp(mode, "replicate") == 0)
        return at < 0 ? 0 : length - 1;
    return at < 0 ? -at : 2 * (length - 1) - at;
}

static ga_axis_taps taps(const ga_node *node, int axis, int o)
{
    const int at = source(node, axis, o);
    return (ga_axis_taps){at, at >= 0 ? 1 : 0, 1, 0, NULL};
}

static void forward(const ga_call *call)
{
    ga_pixel_map_forward(call, taps);
}

static void backward(const ga_call *call)
{
    ga_pixel_map_backward(call, taps);
}

/* Walks back into the map one step at a time. */
static int walk(const char *mode, int at, int length)
{
    while (at < 0 || at >= length) {
        if (mode[0] == 'z')
            return -1;
        if (strcmp(mode, "replicate") == 0)
            at += at < 0 ? 1 : -1;
        else
            at = at < 0 ? -at : 2 * length - 2 - at;
    }
    return at;
}

static void reference(const ga_ref *ref)
{
    const ga_dims in = ref->node->in[0], out = ref->node->out;
    const ga_attr_value *p = &ref->node->attrs[PADDING];
    const int left = (int)p->v[0], top = (int)p->v[p->n == 4 ? 2 : 0];
    double *dst = ref->dst;
    for (int map = 0; map < ref->n * in.c; map++)
        for (int oh = 0; oh < out.h; oh++)
            for (int ow = 0; ow < out.w; ow++, dst++) {
                const int h = walk(mode_of(ref->node), oh - top, in.h),
                          w = walk(mode_of(ref->node), ow - left, in.w);
                *dst = h < 0 || w < 0
                           ? 0
                           : ref->src[0][((size_t)map * (size_t)in.h + (size_t)h) * (size_t)in.w +
                                         (size_t)w];
            }
}

static const ga_case pad_cases[] = {
    {2, 1, {{3, 4, 5}}, 1, {GA_FOUR("padding", 1, 0, 2, 3)}},
    {2, 1, {{3, 4, 5}}, 2, {GA_FOUR("padding", 4, 1, 2, 3), GA_WORD_IS("mode", "reflect")}},
    {2, 1, {{2, 2, 3}}, 2, {GA_FOUR("padding", 4, 1, 0, 5), GA_WORD_IS("mode", "replicate")}},
};
static const ga_case cases[] = {
    {2, 1, {{3, 4, 5}}, 1, {GA_ONE("padding", 2)}},
    {1, 1, {{17, 3, 3}}, 1, {GA_FOUR("padding", 0, 2, 1, 0)}},
};

#define PAD_OP(id, name, attr_count, rows)                                                         \
    const ga_op ga_op_##id = {                                                                     \
        .type = name,                                                                              \
        .min_inputs = 1,                                                                           \
        .max_inputs = 1,                                                                           \
        .attrs = attrs,                                                                            \
        .n_attrs = attr_count,                                                                     \
        .shape = shape,                                                                            \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .reference = reference,                                                                    \
        .tangent = ga_tangent_by_forward,                                                          \
        .kernel = "pixels",                                                                        \
        .cases = rows,                                                                             \
        .n_cases = GA_COUNT(rows),                                                                 \
    }
PAD_OP(pad, "Pad", 2, pad_cases);
PAD_OP(zero_pad2d, "ZeroPad2d", 1, cases);
PAD_OP(reflection_pad2d, "ReflectionPad2d", 1, cases);
PAD_OP(replication_pad2d, "ReplicationPad2d", 1, cases);
