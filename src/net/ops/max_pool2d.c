/* max_pool2d.c - the largest number of each window; the first of equal ones gets the gradient. */
#include "net/ops/common.h"
#include <math.h>
#include <string.h>

enum { KERNEL, STRIDE, PADDING, DILATION, CEIL };
static const ga_attr_spec attrs[] = {
    [KERNEL] = GA_WHOLE_NEEDED("kernel_size", 1, 2, 1, 1024),
    [STRIDE] = GA_WHOLE("stride", 1, 2, 1, 1024, NAN), /* the kernel's size if absent */
    [PADDING] = GA_WHOLE("padding", 1, 2, 0, 512, 0),
    [DILATION] = GA_WHOLE("dilation", 1, 2, 1, 1024, 1),
    [CEIL] = GA_WHOLE("ceil_mode", 1, 1, 0, 1, 0),
};

enum { STRIP = 256 }; /* columns (image, channel) of a piece */

static int stride_of(const ga_node *node, int k)
{
    return ga_node_int(node, ga_node_has(node, STRIDE) ? STRIDE : KERNEL, k);
}

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    int64_t size[2];
    for (int k = 0; k < 2; k++) {
        const int kernel = ga_node_int(node, KERNEL, k), pad = ga_node_int(node, PADDING, k);
        if (2 * pad > kernel)
            return ga_fail(err, GA_EINVAL,
                           "layer '%s' (%s): padding is %d, expected at most half of kernel_size %d",
                           node->name, node->op->type, pad, kernel);
        size[k] = ga_window_count(k == 0 ? node->in[0].h : node->in[0].w, kernel, stride_of(node, k),
                                  pad, ga_node_int(node, DILATION, k),
                                  ga_node_int(node, CEIL, 0) != 0);
    }
    return ga_node_out(node, node->in[0].c, size[0], size[1], out, err);
}

/* Calls for every input pixel of the window of an output pixel, in reading order. */
#define FOR_WINDOW(node, out_h, out_w, h, w)                                                       \
    for (int r_ = 0, h = (out_h) * stride_of(node, 0) - ga_node_int(node, PADDING, 0);             \
         r_ < ga_node_int(node, KERNEL, 0); r_++, h += ga_node_int(node, DILATION, 0))             \
        for (int q_ = 0, w = (out_w) * stride_of(node, 1) - ga_node_int(node, PADDING, 1);         \
             q_ < ga_node_int(node, KERNEL, 1); q_++, w += ga_node_int(node, DILATION, 1))         \
            if (h >= 0 && h < (node)->in[0].h && w >= 0 && w < (node)->in[0].w)

/* Largest of each column at one output pixel, and at which input pixel. A NaN wins, as in PyTorch. */
static void best_of(const ga_call *c, int oh, int ow, size_t column, size_t n, float *best,
                    uint32_t *pixel)
{
    const size_t cols = (size_t)c->n * (size_t)c->node->in[0].c;
    bool first = true;
    FOR_WINDOW(c->node, oh, ow, h, w)
    {
        const uint32_t at = (uint32_t)(h * c->node->in[0].w + w);
        const float *x = c->src[0] + (size_t)at * cols + column;
        for (size_t k = 0; k < n; k++) {
            const bool better = first || x[k] > best[k] || isnan(x[k]);
            best[k] = better ? x[k] : best[k];
            pixel[k] = better ? at : pixel[k];
        }
        first = false;
    }
}

static void strips(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const ga_dims out = c->node->out;
    const size_t cols = (size_t)c->n * (size_t)out.c;
    uint32_t pixel[STRIP] = {0};
    for (int oh = 0; oh < out.h; oh++)
        for (int ow = 0; ow < out.w; ow++)
            best_of(c, oh, ow, begin, end - begin,
                    c->dst + (size_t)(oh * out.w + ow) * cols + begin, pixel);
}

static void forward(const ga_call *call)
{
    ga_parallel(call->threads, (size_t)call->n * (size_t)call->node->out.c, STRIP, strips, call);
}

static void back_strips(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const ga_dims out = c->node->out;
    const size_t cols = (size_t)c->n * (size_t)out.c, n = end - begin;
    float best[STRIP] = {0};
    uint32_t pixel[STRIP] = {0};
    for (size_t p = 0; p < ga_pixels(c->node->in[0]); p++)
        memset(c->diff_src[0] + p * cols + begin, 0, n * sizeof(float));
    for (int oh = 0; oh < out.h; oh++)
        for (int ow = 0; ow < out.w; ow++) {
            const float *diff = c->diff_dst + (size_t)(oh * out.w + ow) * cols + begin;
            best_of(c, oh, ow, begin, n, best, pixel);
            for (size_t k = 0; k < n; k++)
                c->diff_src[0][pixel[k] * cols + begin + k] += diff[k];
        }
}

static void backward(const ga_call *call)
{
    ga_parallel(call->threads, (size_t)call->n * (size_t)call->node->out.c, STRIP, back_strips, call);
}

static void reference(const ga_ref *ref)
{
    const ga_dims in = ref->node->in[0], out = ref->node->out;
    double *dst = ref->dst;
    for (int map = 0; map < ref->n * in.c; map++)
        for (int oh = 0; oh < out.h; oh++)
            for (int ow = 0; ow < out.w; ow++) {
                double best = -INFINITY;
                FOR_WINDOW(ref->node, oh, ow, h, w)
                best = fmax(best, ref->src[0][((size_t)map * (size_t)in.h + (size_t)h) * (size_t)in.w +
                                              (size_t)w]);
                *dst++ = best;
            }
}

#define ONE(k, x)     {.key = k, .n = 1, .v = {x}}
#define PAIR(k, a, b) {.key = k, .n = 2, .v = {a, b}}
static const ga_case cases[] = {
    {1, 1, {{1, 1, 1}}, 1, {ONE("kernel_size", 1)}},
    {3, 1, {{5, 6, 4}}, 1, {ONE("kernel_size", 2)}},
    {2, 1, {{3, 7, 7}}, 3, {ONE("kernel_size", 3), ONE("stride", 2), ONE("padding", 1)}},
    {2, 1, {{2, 7, 6}}, 3, {ONE("kernel_size", 2), ONE("stride", 3), ONE("ceil_mode", 1)}},
    {1, 1, {{4, 8, 5}}, 4,
     {PAIR("kernel_size", 2, 3), PAIR("stride", 1, 2), PAIR("padding", 0, 1), PAIR("dilation", 3, 1)}},
};

const ga_op ga_op_max_pool2d = {
    .type = "MaxPool2d", .min_inputs = 1, .max_inputs = 1, .attrs = attrs,
    .n_attrs = GA_COUNT(attrs), .shape = shape, .forward = forward, .backward = backward,
    .reference = reference, .kernel = "windows", .cases = cases, .n_cases = GA_COUNT(cases),
};
