/* layer_norm.c - each image by the mean and variance of all its numbers; weight and bias (C,H,W).
 */
#include "net/ops/common.h"
#include <math.h>

enum { SHAPE, EPS, AFFINE };
static const ga_attr_spec attrs[] = {
    [SHAPE] = GA_WHOLE_NEEDED("normalized_shape", 1, 3, 1, 1 << 24),
    [EPS] = GA_NUMBER("eps", 0, 1, 1e-5),
    [AFFINE] = GA_WHOLE("elementwise_affine", 1, 1, 0, 1, 1),
};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    const int n = node->attrs[SHAPE].n;
    const ga_dims in = node->in[0];
    if (n == 2)
        return ga_fail(err, GA_EINVAL,
                       "layer '%s' (%s): normalized_shape has 2 numbers, expected C, or C, H and W",
                       node->name, node->op->type);
    const ga_dims want = {ga_node_int(node, SHAPE, 0), n == 3 ? ga_node_int(node, SHAPE, 1) : 1,
                          n == 3 ? ga_node_int(node, SHAPE, 2) : 1};
    if (in.c != want.c || in.h != want.h || in.w != want.w)
        return ga_node_misfit(node, 0, err, "takes (%d,%d,%d)", want.c, want.h, want.w);
    *out = in;
    return GA_OK;
}

static bool affine(const ga_node *node)
{
    return ga_node_int(node, AFFINE, 0) != 0;
}

static int params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    if (!affine(node))
        return 0;
    const ga_dims d = node->in[0];
    out[0] = (ga_op_param){.suffix = "weight",
                           .kind = GA_WEIGHT,
                           .init = GA_INIT_ONE,
                           .rank = node->attrs[SHAPE].n,
                           .dim = {d.c, d.h, d.w}};
    out[1] = out[0];
    out[1].suffix = "bias";
    out[1].init = GA_INIT_ZERO;
    return 2;
}

/* Saved: mean and 1/sqrt(var + eps) of each image. Scratch: mean and squares of its channels. */
static void memory(const ga_need *need, size_t *saved_floats, size_t *scratch_bytes)
{
    *saved_floats = 2 * (size_t)need->n;
    *scratch_bytes = 2 * (size_t)need->n * (size_t)need->node->out.c * sizeof(float);
}

/* Mean and variance of image i: blocks of rows of each channel, combined in double. */
static void measure(const ga_call *c, size_t i)
{
    const size_t n = (size_t)c->n, c_count = (size_t)c->node->out.c, hw = ga_pixels(c->node->out);
    float *mean = (float *)c->scratch + 2 * i * c_count, *square = mean + c_count;
    double count = 0, total = 0, squares = 0;
    for (size_t p = 0; p < hw; p += GA_VEC_ROWS) {
        const size_t rows = hw - p < GA_VEC_ROWS ? hw - p : GA_VEC_ROWS;
        c->vec->moments(c->src[0] + (p * n + i) * c_count, rows, c_count, n * c_count, mean,
                        square);
        for (size_t k = 0; k < c_count; k++) {
            const double more = (double)rows, d = (double)mean[k] - total;
            squares += (double)square[k] + d * d * count * more / (count + more);
            total += d * more / (count + more);
            count += more;
        }
    }
    c->saved[2 * i] = (float)total;
    c->saved[2 * i + 1] = (float)(1 / sqrt(squares / count + ga_node_num(c->node, EPS, 0)));
}

static void images(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t n = (size_t)c->n, c_count = (size_t)c->node->out.c, hw = ga_pixels(c->node->out);
    for (size_t i = begin; i < end; i++) {
        measure(c, i);
        const float mean = c->saved[2 * i], inverse = c->saved[2 * i + 1];
        for (size_t p = 0; p < hw; p++) {
            const float *x = c->src[0] + (p * n + i) * c_count;
            float *y = c->dst + (p * n + i) * c_count;
            for (size_t k = 0; k < c_count; k++) {
                const float v = (x[k] - mean) * inverse;
                y[k] = c->param[0] != NULL ? c->param[0][k * hw + p] * v + c->param[1][k * hw + p]
                                           : v;
            }
        }
    }
}

static void forward(const ga_call *call)
{
    ga_parallel(call->threads, (size_t)call->n, 1, images, call);
}

/* With g = dy weight, v = (x - mean) inverse, M numbers: dx = inverse (g - mean(g) - v mean(g v)).
 */
static void back_images(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t n = (size_t)c->n, c_count = (size_t)c->node->out.c, hw = ga_pixels(c->node->out);
    for (size_t i = begin; i < end; i++) {
        const float mean = c->saved[2 * i], inverse = c->saved[2 * i + 1];
        double sum = 0, sum_v = 0;
        for (size_t pass = 0; pass < 2; pass++) {
            const float g_mean = (float)(sum / (double)(c_count * hw)),
                        v_mean = (float)(sum_v / (double)(c_count * hw));
            for (size_t p = 0; p < hw; p++)
                for (size_t k = 0; k < c_count; k++) {
                    const size_t at = (p * n + i) * c_count + k;
                    const float v = (c->src[0][at] - mean) * inverse,
                                g = c->param[0] != NULL ? c->diff_dst[at] * c->param[0][k * hw + p]
                                                        : c->diff_dst[at];
                    if (pass == 0) {
                        sum += (double)g;
                        sum_v += (double)g * (double)v;
                    } else {
                        c->diff_src[0][at] = inverse * (g - g_mean - v * v_mean);
                    }
                }
        }
    }
}

static void back_pixels(const void *user, size_t begin, size_t end)
{
    const ga_call *c = user;
    const size_t n = (size_t)c->n, c_count = (size_t)c->node->out.c, hw = ga_pixels(c->node->out);
    for (size_t p = begin; p < end; p++)
        for (size_t k = 0; k < c_count; k++) {
            double weight = c->accumulate ? (double)c->diff_param[0][k * hw + p] : 0,
                   bias = c->accumulate ? (double)c->diff_param[1][k * hw + p] : 0;
            for (size_t i = 0; i < n; i++) {
                const size_t at = (p * n + i) * c_count + k;
                const float v = (c->src[0][at] - c->saved[2 * i]) * c->saved[2 * i + 1];
                weight += (double)c->diff_dst[at] * (double)v;
                bias += (double)c->diff_dst[at];
            }
            c->diff_param[0][k * hw + p] = (float)weight;
            c->diff_param[1][k * hw + p] = (float)bias;
        }
}

static void backward(const ga_call *call)
{
    if (call->diff_param[0] != NULL)
        ga_parallel(call->threads, ga_pixels(call->node->out), 1, back_pixels, call);
    if (call->diff_src[0] != NULL)
        ga_parallel(call->threads, (size_t)call->n, 1, back_images, call);
}

static void reference(const ga_ref *ref)
{
    const size_t count = ga_dims_count(ref->node->out);
    for (size_t n = 0; n < (size_t)ref->n; n++) {
        const double *x = ref->src[0] + n * count;
        double mean = 0, var = 0;
        for (size_t i = 0; i < count; i++)
            mean += x[i] / (double)count;
        for (size_t i = 0; i < count; i++)
            var += (x[i] - mean) * (x[i] - mean) / (double)count;
        for (size_t i = 0; i < count; i++) {
            const double v = (x[i] - mean) / sqrt(var + ga_node_num(ref->node, EPS, 0));
            ref->dst[n * count + i] = affine(ref->node) ? ref->param[0][i] * v + ref->param[1][i]
                                                        : v;
        }
    }
}

static const ga_case cases[] = {
    {3, 1, {{7, 1, 1}}, 1, {GA_ONE("normalized_shape", 7)}},
    {2, 1, {{5, 3, 4}}, 1, {GA_THREE("normalized_shape", 5, 3, 4)}},
    {3,
     1,
     {{2, 12, 12}},
     2,
     {GA_THREE("normalized_shape", 2, 12, 12), GA_ONE("elementwise_affine", 0)}},
};

const ga_op ga_op_layer_norm = {
    .type = "LayerNorm",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .in_place = true,
    .backward_in_place = true,
    .shape = shape,
    .params = params,
    .memory = memory,
    .cost = ga_cost_of_numbers,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .no_tangent = "its second derivative is not known here",
    .kernel = "images",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
