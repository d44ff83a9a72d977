/* batch_norm2d.c - batch norm of maps: statistics of training, of the batch, or of each image. */
#include "net/ops/batch_norm.h"
#include "net/ops/common.h"
#include "net/ops/norm.h"

enum { FEATURES = GA_BATCH_NORM_FEATURES, EPS, MOMENTUM, AFFINE };
const ga_attr_spec ga_batch_norm_attrs[4] = {
    [FEATURES] = GA_WHOLE_NEEDED("num_features", 1, 1, 1, 1 << 24),
    [EPS] = GA_NUMBER("eps", 0, 1, 1e-5),
    [MOMENTUM] = GA_NUMBER("momentum", 0, 1, 0.1),
    [AFFINE] = GA_WHOLE("affine", 1, 1, 0, 1, 1),
};

/* weight and bias if affine, then the running statistics. */
int ga_batch_norm_params(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS])
{
    const int64_t c = node->in[0].c;
    int n = ga_node_int(node, AFFINE, 0) != 0 ? ga_norm_affine_params(node, out) : 0;
    out[n++] = (ga_op_param){
        .suffix = "running_mean", .kind = GA_BUFFER, .init = GA_INIT_ZERO, .rank = 1, .dim = {c}};
    out[n++] = (ga_op_param){
        .suffix = "running_var", .kind = GA_BUFFER, .init = GA_INIT_ONE, .rank = 1, .dim = {c}};
    return n;
}

static ga_norm norm_of(const ga_node *node, ga_bn_mode mode, float *const *param)
{
    const bool affine = ga_node_int(node, AFFINE, 0) != 0;
    const int first = affine ? 2 : 0;
    return (ga_norm){.eps = ga_node_num(node, EPS, 0),
                     .momentum = ga_node_num(node, MOMENTUM, 0),
                     .affine = affine,
                     .mode = mode,
                     .running_mean = param != NULL ? param[first] : NULL,
                     .running_var = param != NULL ? param[first + 1] : NULL};
}

void ga_batch_norm_forward(const ga_call *call)
{
    const ga_norm norm = norm_of(call->node, call->bn, call->param);
    ga_norm_forward(call, &norm);
}

void ga_batch_norm_backward(const ga_call *call)
{
    const ga_norm norm = norm_of(call->node, call->bn, call->param);
    ga_norm_backward(call, &norm);
}

void ga_batch_norm_reference(const ga_ref *ref)
{
    const ga_norm norm = norm_of(ref->node, ref->bn, NULL);
    const int first = norm.affine ? 2 : 0;
    ga_norm_reference(ref, &norm, ref->param[first], ref->param[first + 1]);
}

static const ga_case cases[] = {
    {2, 1, {{1, 1, 1}}, 1, {GA_ONE("num_features", 1)}},
    {3, 1, {{5, 3, 4}}, 1, {GA_ONE("num_features", 5)}},
    {2,
     1,
     {{17, 9, 9}},
     3,
     {GA_ONE("num_features", 17), GA_ONE("eps", 0.01), GA_ONE("momentum", 0.5)}},
    {4, 1, {{3, 2, 2}}, 2, {GA_ONE("num_features", 3), GA_ONE("affine", 0)}},
};

const ga_op ga_op_batch_norm2d = {
    .type = "BatchNorm2d",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs = ga_batch_norm_attrs,
    .n_attrs = GA_COUNT(ga_batch_norm_attrs),
    .in_place = true,
    .backward_in_place = true,
    .fuses_slope = true,
    .shape = ga_norm_shape,
    .params = ga_batch_norm_params,
    .memory = ga_norm_memory,
    .cost = ga_cost_of_numbers,
    .forward = ga_batch_norm_forward,
    .backward = ga_batch_norm_backward,
    .reference = ga_batch_norm_reference,
    .no_tangent = "it ties the images of a batch together, so that none has a gradient of its own",
    .kernel = "norm",
    .cases = cases,
    .n_cases = GA_COUNT(cases),
};
