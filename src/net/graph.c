/* graph.c - layers, names and shapes; knows no numbers. */
#include "net/graph.h"
#include "base/alloc.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

enum { MAX_LAYERS = 10000, MAX_NAME = 200 };

ga_status ga_graph_create(ga_graph **out, ga_err *err)
{
    *out = ga_mem_new(1, sizeof **out);
    return *out != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for a graph");
}

void ga_graph_free(ga_graph *g)
{
    if (g == NULL)
        return;
    for (int i = 0; i < g->n_nodes; i++)
        ga_mem_free((char *)(uintptr_t)g->nodes[i].name);
    for (int i = 0; i < g->n_params; i++)
        ga_mem_free((char *)(uintptr_t)g->params[i].name);
    ga_mem_free(g->nodes);
    ga_mem_free(g->params);
    ga_mem_free(g->starts);
    ga_mem_free(g);
}

void ga_graph_set_quick(ga_graph *g, bool quick)
{
    g->quick = quick;
}

bool ga_graph_quick(const ga_graph *g)
{
    return g->quick;
}

/* ---- building ---------------------------------------------------------------------------------*/

static ga_status check_name(const ga_graph *g, const char *name, ga_err *err)
{
    if (name == NULL || name[0] == 0)
        return ga_fail(err, GA_EINVAL, "a layer has no name");
    if (strlen(name) > MAX_NAME)
        return ga_fail(err, GA_EINVAL,
                       "layer name '%.40s...' has %zu letters, at most %d are allowed", name,
                       strlen(name), MAX_NAME);
    if (ga_graph_find(g, name) >= 0)
        return ga_fail(err, GA_EINVAL, "the name '%s' is taken twice", name);
    if (g->n_nodes >= MAX_LAYERS)
        return ga_fail(err, GA_EINVAL, "layer '%s' is one too many: at most %d are allowed", name,
                       MAX_LAYERS);
    return GA_OK;
}

static bool room_for_node(ga_graph *g)
{
    if (g->n_nodes < g->node_capacity)
        return true;
    const int capacity = g->node_capacity == 0 ? 16 : 2 * g->node_capacity;
    ga_node *nodes = ga_mem_resize(g->nodes, (size_t)g->node_capacity, (size_t)capacity,
                                   sizeof *nodes);
    if (nodes == NULL)
        return false;
    g->nodes = nodes;
    g->node_capacity = capacity;
    return true;
}

static bool room_for_params(ga_graph *g, int n)
{
    if (g->n_params + n <= g->param_capacity)
        return true;
    const int capacity = 2 * g->param_capacity + GA_MAX_OP_PARAMS;
    ga_param_spec *params = ga_mem_resize(g->params, (size_t)g->param_capacity, (size_t)capacity,
                                          sizeof *params);
    if (params == NULL)
        return false;
    g->params = params;
    ga_op_param *starts = ga_mem_resize(g->starts, (size_t)g->param_capacity, (size_t)capacity,
                                        sizeof *starts);
    if (starts == NULL)
        return false;
    g->starts = starts;
    g->param_capacity = capacity;
    return true;
}

ga_status ga_graph_add_input(ga_graph *g, const char *name, ga_dims dims, ga_err *err)
{
    const ga_status s = check_name(g, name, err);
    if (s != GA_OK)
        return s;
    if (g->n_nodes > g->n_inputs)
        return ga_fail(err, GA_EINVAL, "input '%s' comes after layers", name);
    const int64_t limit = INT32_MAX / 4;
    if (dims.c < 1 || dims.h < 1 || dims.w < 1 || dims.c > limit / dims.h ||
        (int64_t)dims.c * dims.h > limit / dims.w)
        return ga_fail(err, GA_EINVAL,
                       "input '%s' has the shape (%d,%d,%d), expected 1 to 2^29 numbers", name,
                       dims.c, dims.h, dims.w);
    char *copy = ga_mem_string(name);
    if (copy == NULL || !room_for_node(g)) {
        ga_mem_free(copy);
        return ga_fail(err, GA_ENOMEM, "no memory for input '%s'", name);
    }
    g->nodes[g->n_nodes] = (ga_node){.name = copy, .tap = g->n_nodes, .out = dims};
    g->n_nodes++;
    g->n_inputs++;
    return GA_OK;
}

static ga_status find_inputs(const ga_graph *g, const ga_layer *layer, ga_node *node, ga_err *err)
{
    const char *const *names = layer->inputs;
    const bool before = names == NULL;
    node->n_inputs = before ? 1 : layer->n_inputs;
    const ga_op *op = node->op;
    if (before && g->n_nodes == 0)
        return ga_fail(err, GA_EINVAL, "layer '%s' comes first, but there is no input",
                       layer->name);
    if (node->n_inputs < op->min_inputs || node->n_inputs > op->max_inputs) {
        char wanted[40];
        snprintf(wanted, sizeof wanted, op->min_inputs == op->max_inputs ? "%d" : "%d to %d",
                 op->min_inputs, op->max_inputs);
        return ga_fail(err, GA_EINVAL, "layer '%s' (%s) has %d inputs, expected %s", layer->name,
                       op->type, node->n_inputs, wanted);
    }
    for (int i = 0; i < node->n_inputs; i++) {
        const int tap = before ? g->n_nodes - 1 : ga_graph_find(g, names[i]);
        if (tap < 0)
            return ga_fail(err, GA_EINVAL,
                           "layer '%s' reads '%s', but no layer before it has that name",
                           layer->name, before ? "" : names[i]);
        node->inputs[i] = tap;
        node->input_names[i] = g->nodes[tap].name;
        node->in[i] = g->nodes[tap].out;
    }
    return GA_OK;
}

/* Adds the specs of a layer's parameters; on failure none. */
static ga_status add_params(ga_graph *g, ga_node *node, ga_err *err)
{
    ga_op_param starts[GA_MAX_OP_PARAMS];
    const int n = node->op->params != NULL ? node->op->params(node, starts) : 0;
    node->first_param = g->n_params;
    node->n_params = n;
    if (!room_for_params(g, n))
        return ga_fail(err, GA_ENOMEM, "no memory for layer '%s'", node->name);
    const size_t weights = g->n_weights, buffers = g->n_buffers;
    for (int i = 0; i < n; i++) {
        ga_param_spec *spec = &g->params[node->first_param + i];
        const size_t size = strlen(node->name) + strlen(starts[i].suffix) + 2;
        char *name = ga_mem_new(size, 1);
        *spec = (ga_param_spec){.name = name,
                                .kind = starts[i].kind,
                                .tap = node->tap,
                                .rank = starts[i].rank,
                                .count = 1};
        bool fits = true;
        for (int k = 0; k < spec->rank; k++) {
            spec->dim[k] = starts[i].dim[k];
            fits = fits && ga_mul(spec->count, (size_t)spec->dim[k], &spec->count);
        }
        size_t *total = spec->kind == GA_WEIGHT ? &g->n_weights : &g->n_buffers;
        spec->offset = *total;
        fits = fits && ga_add(*total, spec->count, total) && *total <= SIZE_MAX / 64;
        if (name == NULL || !fits) {
            for (int k = 0; k <= i; k++)
                ga_mem_free((char *)(uintptr_t)g->params[node->first_param + k].name);
            g->n_weights = weights;
            g->n_buffers = buffers;
            return fits ? ga_fail(err, GA_ENOMEM, "no memory for layer '%s'", node->name)
                        : ga_fail(err, GA_EINVAL, "layer '%s' has too many weights", node->name);
        }
        snprintf(name, size, "%s.%s", node->name, starts[i].suffix);
        g->starts[node->first_param + i] = starts[i];
    }
    g->n_params += n;
    return GA_OK;
}

ga_status ga_graph_add(ga_graph *g, const ga_layer *layer, ga_err *err)
{
    ga_status s = check_name(g, layer->name, err);
    if (s != GA_OK)
        return s;
    const ga_op *op = layer->type != NULL ? ga_op_find(layer->type) : NULL;
    if (op == NULL) {
        const char *type = layer->type != NULL ? layer->type : "";
        char hint[GA_DID_YOU_MEAN];
        return ga_fail(err, GA_EINVAL, "layer '%s' has the unknown type '%s'%s", layer->name, type,
                       ga_did_you_mean(type, ga_op_names(), hint));
    }
    ga_node node = {.name = layer->name, .op = op, .tap = g->n_nodes};
    s = find_inputs(g, layer, &node, err);
    if (s == GA_OK)
        s = ga_resolve_attrs(&node, layer->attrs, layer->n_attrs, err);
    if (s == GA_OK)
        s = op->shape(&node, &node.out, err);
    if (s != GA_OK)
        return s;
    char *name = ga_mem_string(layer->name);
    if (name == NULL || !room_for_node(g)) {
        ga_mem_free(name);
        return ga_fail(err, GA_ENOMEM, "no memory for layer '%s'", layer->name);
    }
    node.name = name;
    s = add_params(g, &node, err);
    if (s != GA_OK) {
        ga_mem_free(name);
        return s;
    }
    g->nodes[g->n_nodes++] = node;
    return GA_OK;
}

/* ---- asking -----------------------------------------------------------------------------------*/

int ga_graph_n_inputs(const ga_graph *g)
{
    return g->n_inputs;
}

int ga_graph_n_taps(const ga_graph *g)
{
    return g->n_nodes;
}

int ga_graph_find(const ga_graph *g, const char *tap)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (strcmp(g->nodes[i].name, tap) == 0)
            return i;
    return -1;
}

const char *ga_graph_tap_name(const ga_graph *g, int tap)
{
    return g->nodes[tap].name;
}

int ga_graph_output(const ga_graph *g)
{
    return g->n_nodes - 1;
}

const char *ga_graph_output_name(const ga_graph *g)
{
    return ga_graph_tap_name(g, ga_graph_output(g));
}

ga_dims ga_graph_output_dims(const ga_graph *g)
{
    return ga_graph_tap_dims(g, ga_graph_output(g));
}

const char *ga_graph_tap_type(const ga_graph *g, int tap)
{
    return g->nodes[tap].op != NULL ? g->nodes[tap].op->type : "input";
}

ga_dims ga_graph_tap_dims(const ga_graph *g, int tap)
{
    return g->nodes[tap].out;
}

int ga_graph_tap_n_inputs(const ga_graph *g, int tap)
{
    return g->nodes[tap].n_inputs;
}

int ga_graph_tap_input(const ga_graph *g, int tap, int i)
{
    return g->nodes[tap].inputs[i];
}

/* Is it "layer1.conv", and there is a layer1? */
static bool is_inner(const ga_graph *g, int node)
{
    const char *name = g->nodes[node].name;
    for (int i = 0; i < g->n_nodes; i++) {
        const size_t n = strlen(g->nodes[i].name);
        if (strncmp(name, g->nodes[i].name, n) == 0 && name[n] == '.')
            return true;
    }
    return false;
}

/* "layer1, layer2, and what is inside them, such as layer1.conv": not the inputs. */
static void add_layers(const ga_graph *g, ga_text *list)
{
    const char *inner = NULL;
    for (int i = g->n_inputs; i < g->n_nodes; i++)
        if (!is_inner(g, i))
            ga_text_addf(list, "%s%s", list->length > 0 ? ", " : "", g->nodes[i].name);
        else if (inner == NULL)
            inner = g->nodes[i].name;
    if (inner != NULL)
        ga_text_addf(list, ", and what is inside them, such as %s", inner);
}

ga_status ga_graph_need(const ga_graph *g, const char *tap, int *index, ga_err *err)
{
    const int found = ga_graph_find(g, tap);
    if (found >= 0) {
        *index = found;
        return GA_OK;
    }
    char hint[GA_DID_YOU_MEAN] = "";
    const char **names = ga_mem_new((size_t)g->n_nodes + 1, sizeof *names);
    ga_text list = {0};
    add_layers(g, &list);
    for (int i = 0; names != NULL && i < g->n_nodes; i++)
        names[i] = g->nodes[i].name;
    if (names != NULL)
        ga_did_you_mean(tap, names, hint);
    const ga_status s = ga_fail(err, GA_ENOTFOUND, "there is no layer '%s'%s: the layers are %s",
                                tap, hint, list.data != NULL ? list.data : "none");
    ga_text_free(&list);
    ga_mem_free(names);
    return s;
}

int ga_graph_attr(const ga_graph *g, int tap, const char *key, double v[4])
{
    const ga_node *node = &g->nodes[tap];
    for (int i = 0; node->op != NULL && i < node->op->n_attrs; i++)
        if (strcmp(node->op->attrs[i].key, key) == 0) {
            memcpy(v, node->attrs[i].v, sizeof node->attrs[i].v);
            return node->attrs[i].n;
        }
    return 0;
}

bool ga_graph_attr_at(const ga_graph *g, int tap, int i, ga_attr *attr)
{
    const ga_node *node = &g->nodes[tap];
    for (int k = 0; node->op != NULL && k < node->op->n_attrs; k++)
        if (node->attrs[k].differs && i-- == 0) {
            *attr = (ga_attr){
                .key = node->op->attrs[k].key, .word = node->attrs[k].word, .n = node->attrs[k].n};
            memcpy(attr->v, node->attrs[k].v, sizeof attr->v);
            return true;
        }
    return false;
}

int ga_graph_n_params(const ga_graph *g)
{
    return g->n_params;
}

const ga_param_spec *ga_graph_param(const ga_graph *g, int i)
{
    return &g->params[i];
}
