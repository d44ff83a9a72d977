/* graph.h - inside of a graph and of its parameters. */
#ifndef GA_GRAPH_H
#define GA_GRAPH_H
#include "net/op.h"

struct ga_graph {
    ga_node *nodes; /* inputs, then layers: index = tap */
    int n_nodes, node_capacity, n_inputs;
    ga_param_spec *params; /* in layer order */
    ga_op_param *starts;   /* how each of them begins */
    int n_params, param_capacity;
    size_t n_weights, n_buffers;
    bool quick;
};

struct ga_params {
    float *weights, *buffers;
    size_t n_weights, n_buffers;
    uint64_t version; /* of the contents: grows with ga_params_changed */
};

/* Fills node->attrs from what a layer gives. GA_EINVAL. */
ga_status ga_resolve_attrs(ga_node *node, const ga_attr *attrs, int n, ga_err *err);
#endif
