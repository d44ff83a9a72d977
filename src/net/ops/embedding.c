/* embedding.c - row number x of a learned table; x is one whole number an image, as a float. */
#include "net/ops/common.h"
#include <math.h>
#include <string.h>

enum { ROWS, COLS };
static const ga_attr_spec attrs[] = {
    [ROWS] = GA_WHOLE_NEEDED("num_embeddings", 1, 1, 1, 1 << 24), /* all are exact as floats */
    [COLS] = GA_WHOLE_NEEDED("embedding_dim", 1, 1, 1, 1 << 24),
};

static ga_status shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    if (ga_dims_count(node->in[0]) != 1)
        return ga_node_misfit(node, 0, err, "takes (1,1,1), one index");
    return ga_node_out(node, ga_node_int(node, COLS, 0), 1, 1, out, err);
}

static int params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    out[0] = (ga_op_param){.suffix = "weight",
                           .kind = GA_WEIGHT,
                           .init = GA_INIT_NORMAL,
                           .rank = 2,
                           .dim = {ga_node_int(node, ROWS, 0), ga_node_int(node, COLS, 0)}};
    return 1;
}

static ga_status check(const ga_call *c, ga_err *err)
{
    const int rows = ga_node_int(c->node, ROWS, 0);
    for (int n = 0; n < c->n; n++) {
        const float x = c->src[0][n];
        if (!(x >= 0 && x < (float)rows) || x != floorf(x))
            return ga_fail(
                err, GA_EDATA,
                "layer '%s' (%s): image %d has the index %g, expected a whole number 0 to %d",
                c->node->name, c->node->op->type, n, (double)x, rows - 1);
    }
    return GA_OK;
}

static void forward(const ga_call *c)
{
    const size_t cols = (size_t)c->node->out.c;
    for (size_t n = 0; n < (size_t)c->n; n++)
        memcpy(c->dst + n * cols, c->param[0] + (size_t)c->src[0][n] * cols, cols * sizeof *c->dst);
}

static void backward(const ga_call *c)
{
    const size_t cols = (size_t)c->node->out.c, rows = (size_t)ga_node_int(c->node, ROWS, 0);
    if (c->diff_src[0] != NULL) /* an index has no slope */
        memset(c->diff_src[0], 0, (size_t)c->n * sizeof(float));
    if (c->diff_param[0] == NULL)
        return;
    if (!c->accumulate)
        memset(c->diff_param[0], 0, rows * cols * sizeof(float));
    for (size_t n = 0; n < (size_t)c->n; n++) {
        float *row = c->diff_param[0] + (size_t)c->src[0][n] * cols;
        c->vec->add(row, c->diff_dst + n * cols, row, cols);
    }
}

static void reference(const ga_ref *ref)
{
    const size_t cols = (size_t)ref->node->out.c;
    for (size_t n = 0; n < (size_t)ref->n; n++)
        for (size_t k = 0; k < cols; k++)
            ref->dst[n * cols + k] = ref->param[0][(size_t)ref->src[0][n] * cols + k];
}

static const ga_case cases[] = {
    {5, 1, {{1, 1, 1}}, 2, {GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 7)}},
};

const ga_op ga_op_embedding = {
    .type = "Embedding",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = attrs,
    .n_attrs = GA_COUNT(attrs),
    .shape = shape,
    .params = params,
    .check = check,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .no_tangent = "it reads an index, which has no slope",
    .kernel = "rows",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
