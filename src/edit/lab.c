/* lab.c - a generator cut in two at a tap: render to it, edit there, render on. */
#include "edit/lab.h"
#include "base/alloc.h"
#include <string.h>

static ga_plan_options behind(const ga_lab_options *o, const char *from, const char *to)
{
    ga_plan_options p = GA_PLAN_OPTIONS_DEFAULT;
    p.batch = o->batch;
    p.bn = o->bn;
    p.from = from;
    p.to = to;
    p.threads = o->threads;
    p.memory_limit = o->memory_limit;
    return p;
}

size_t ga_lab_less(size_t limit, size_t bytes)
{
    return limit == 0 ? 0 : limit > bytes ? limit - bytes : 1;
}

/* Both halves for the batch of lab->options, or the smaller one that the first can have. */
static ga_status make_halves(ga_lab *lab, ga_err *err)
{
    ga_lab_options *o = &lab->options;
    const ga_renderer_options front = {.to = lab->tap,
                                       .bn = o->bn,
                                       .batch = o->batch,
                                       .threads = o->threads,
                                       .memory_limit = o->memory_limit};
    ga_status s = ga_renderer_create(lab->model, &front, &lab->front, err);
    if (s != GA_OK)
        return s;
    o->batch = ga_renderer_batch(lab->front);
    ga_plan_options back = behind(o, lab->tap, NULL);
    back.memory_limit = ga_lab_less(o->memory_limit, ga_renderer_bytes(lab->front));
    s = ga_plan_create(ga_model_graph(lab->model), ga_model_params(lab->model), &back, &lab->back,
                       err);
    if (s == GA_OK) {
        lab->memory_left = ga_lab_less(back.memory_limit, ga_plan_cost_of(lab->back).total_bytes);
        return GA_OK;
    }
    ga_renderer_free(lab->front);
    lab->front = NULL;
    return s;
}

ga_status ga_lab_create(ga_model *model, const ga_lab_options *options, ga_lab **out, ga_err *err)
{
    const ga_graph *g = ga_model_graph(model);
    const int last = ga_graph_output(g);
    int tap;
    *out = NULL;
    ga_status s = ga_graph_need(g, options->tap, &tap, err);
    if (s != GA_OK)
        return s;
    if (tap < ga_graph_n_inputs(g) || tap == last)
        return ga_fail(err, GA_EINVAL, "'%s' is the %s of the network: edits need a layer between",
                       options->tap, tap == last ? "output" : "input");
    ga_lab *lab = ga_mem_new(1, sizeof *lab);
    char *name = ga_mem_string(options->tap);
    if (lab == NULL || name == NULL) {
        ga_mem_free(lab);
        ga_mem_free(name);
        return ga_fail(err, GA_ENOMEM, "no memory to prepare edits at '%s'", options->tap);
    }
    lab->model = model;
    lab->tap = name;
    lab->options = *options;
    lab->options.tap = name;
    if (lab->options.batch == 0)
        lab->options.batch = 64;
    lab->tap_dims = ga_graph_tap_dims(g, tap);
    lab->output_dims = ga_graph_tap_dims(g, last);

    s = make_halves(lab, err);
    while (s == GA_ENOMEM && lab->options.batch > 1 && lab->options.bn != GA_BN_BATCH) {
        lab->options.batch /= 2;
        s = make_halves(lab, err);
    }
    if (s != GA_OK) {
        ga_lab_free(lab);
        return s;
    }
    *out = lab;
    return GA_OK;
}

void ga_lab_free(ga_lab *lab)
{
    if (lab == NULL)
        return;
    ga_renderer_free(lab->front);
    ga_plan_free(lab->back);
    ga_mem_free(lab->filter_values);
    ga_mem_free(lab->tap);
    ga_mem_free(lab);
}

ga_dims ga_lab_tap_dims(const ga_lab *lab)
{
    return lab->tap_dims;
}

ga_dims ga_lab_output_dims(const ga_lab *lab)
{
    return lab->output_dims;
}

/* How many of the images left go into the next call; 0 with a sentence if they would have to be
 * split although the batch's own statistics are wanted. */
static int next_chunk(const ga_lab *lab, int left, int n, ga_err *err)
{
    if (left <= lab->options.batch)
        return left;
    if (lab->options.bn == GA_BN_BATCH) {
        ga_fail(
            err, GA_EINVAL,
            "%d images do not fit one batch of %d, and batch statistics need all of them in one", n,
            lab->options.batch);
        return 0;
    }
    return lab->options.batch;
}

static ga_view images(const float *data, int n, ga_dims d)
{
    return (ga_view){data, n, d.c, d.h, d.w};
}

/* A plan on n images that fit a batch: dst gets its last tap. */
static ga_status run_plan(ga_plan *plan, const char *from, const char *to, ga_view src,
                          const ga_run *run, float *dst, ga_err *err)
{
    ga_status s = ga_plan_write(plan, from, src, err);
    if (s == GA_OK)
        s = ga_plan_forward(plan, run, err);
    return s == GA_OK ? ga_plan_read(plan, to, dst, err) : s;
}

ga_status ga_lab_render(ga_lab *lab, const float *z, const int32_t *labels, int n,
                        float *activation, float *pictures, ga_err *err)
{
    const ga_graph *g = ga_model_graph(lab->model);
    const char *output = ga_graph_output_name(g);
    const size_t z_size = ga_dims_count(ga_graph_tap_dims(g, 0)),
                 tap_size = ga_dims_count(lab->tap_dims),
                 out_size = ga_dims_count(lab->output_dims);
    float *own = NULL; /* the tap's activation when only pictures are asked for */
    ga_status s = GA_OK;
    if (activation == NULL) {
        own = ga_mem_new((size_t)lab->options.batch * tap_size, sizeof *own);
        if (own == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for the activations of %d images at '%s'",
                           lab->options.batch, lab->tap);
    }
    for (int at = 0; at < n && s == GA_OK;) {
        const int count = next_chunk(lab, n - at, n, err);
        if (count == 0) {
            s = GA_EINVAL;
            break;
        }
        float *here = own != NULL ? own : activation + (size_t)at * tap_size;
        s = ga_renderer_draw(lab->front, z + (size_t)at * z_size,
                             labels != NULL ? labels + at : NULL, count, here, NULL, err);
        if (s == GA_OK && pictures != NULL)
            s = run_plan(lab->back, lab->tap, output, images(here, count, lab->tap_dims), NULL,
                         pictures + (size_t)at * out_size, err);
        at += count;
    }
    ga_mem_free(own);
    return s;
}

ga_status ga_lab_continue(ga_lab *lab, const float *activation, int n, float *pictures, ga_err *err)
{
    return ga_lab_apply(lab, GA_OP_ZERO, NULL, 0, activation, NULL, n, pictures, err);
}

ga_status ga_lab_apply(ga_lab *lab, ga_operation operation, const int *units, int n_units,
                       const float *source, const float *donor, int n, float *pictures, ga_err *err)
{
    const ga_graph *g = ga_model_graph(lab->model);
    const char *output = ga_graph_output_name(g);
    const size_t tap_size = ga_dims_count(lab->tap_dims),
                 out_size = ga_dims_count(lab->output_dims);
    float *values = NULL;
    ga_status s = GA_OK;
    for (int i = 0; i < n_units; i++)
        if (units[i] < 0 || units[i] >= lab->tap_dims.c)
            return ga_fail(err, GA_EINVAL, "'%s' has no unit %d: its units are 0 to %d", lab->tap,
                           units[i], lab->tap_dims.c - 1);
    if (operation == GA_OP_SWAP && donor == NULL)
        return ga_fail(err, GA_EINVAL, "a swap at '%s' needs a donor", lab->tap);
    if (operation == GA_OP_ZERO_FILTER) {
        s = ga_lab_need_filter_values(lab, err);
        if (s != GA_OK)
            return s;
        values = ga_mem_new((size_t)n_units, sizeof *values);
        if (values == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for the values of %d units", n_units);
        for (int i = 0; i < n_units; i++)
            values[i] = lab->filter_values[units[i]];
    }
    for (int at = 0; at < n && s == GA_OK;) {
        const int count = next_chunk(lab, n - at, n, err);
        if (count == 0) {
            s = GA_EINVAL;
            break;
        }
        ga_edit edit = {.tap = lab->tap, .units = units, .n_units = n_units, .alpha = 1};
        if (operation == GA_OP_SWAP) {
            edit.value = GA_EDIT_DONOR;
            edit.donor = images(donor + (size_t)at * tap_size, count, lab->tap_dims);
        } else if (operation == GA_OP_MEAN) {
            edit.value = GA_EDIT_MEAN;
        } else {
            edit.value = GA_EDIT_CONSTANT;
            edit.values = values;
        }
        const ga_run run = {.edits = &edit, .n_edits = n_units > 0 ? 1 : 0};
        s = run_plan(lab->back, lab->tap, output,
                     images(source + (size_t)at * tap_size, count, lab->tap_dims), &run,
                     pictures + (size_t)at * out_size, err);
        at += count;
    }
    ga_mem_free(values);
    return s;
}

/* The layer with filters whose output reaches the tap through layers that treat each unit alone. */
static int filter_layer(const ga_graph *g, int tap)
{
    static const char *const alone[] = {"BatchNorm2d", "BatchNorm1d", "InstanceNorm2d", "ReLU",
                                        "LeakyReLU",   "Tanh",        "Sigmoid",        "ELU",
                                        "SiLU",        "ScaleBias",   "Identity",       NULL};
    for (;;) {
        const char *type = ga_graph_tap_type(g, tap);
        if (strcmp(type, "Conv2d") == 0 || strcmp(type, "ConvTranspose2d") == 0)
            return tap;
        int k = 0;
        while (alone[k] != NULL && strcmp(alone[k], type) != 0)
            k++;
        if (alone[k] == NULL)
            return -1;
        tap = ga_graph_tap_input(g, tap, 0);
    }
}

/* A filter of zeros leaves its bias everywhere, so the map after norm and activation is one number,
 * the same for every image; it is found by sending the biases through those layers. */
ga_status ga_lab_need_filter_values(ga_lab *lab, ga_err *err)
{
    if (lab->filter_values != NULL)
        return GA_OK;
    const ga_graph *g = ga_model_graph(lab->model);
    const int layer = filter_layer(g, ga_graph_find(g, lab->tap));
    if (layer < 0)
        return ga_fail(
            err, GA_EINVAL,
            "no convolution feeds '%s' unit by unit, so there is no filter to set to zero",
            lab->tap);
    const char *from = ga_graph_tap_name(g, layer);
    const ga_dims d = ga_graph_tap_dims(g, layer);
    const size_t hw = (size_t)d.h * (size_t)d.w;
    const float *bias = NULL;
    for (int i = 0; i < ga_graph_n_params(g); i++) {
        const ga_param_spec *p = ga_graph_param(g, i);
        if (p->tap == layer && p->rank == 1)
            bias = ga_params_weights(ga_model_params(lab->model), NULL) + p->offset;
    }
    float *maps = ga_mem_new(hw * (size_t)d.c, sizeof *maps);
    float *values = ga_mem_new((size_t)d.c, sizeof *values);
    ga_plan *plan = NULL;
    ga_status s = GA_OK;
    if (maps == NULL || values == NULL)
        s = ga_fail(err, GA_ENOMEM, "no memory for the maps of '%s'", from);
    for (size_t i = 0; s == GA_OK && i < hw * (size_t)d.c; i++)
        maps[i] = bias != NULL ? bias[i / hw] : 0.0f;
    if (s == GA_OK && strcmp(from, lab->tap) != 0) {
        ga_plan_options o = behind(&lab->options, from, lab->tap);
        o.batch = 1;
        s = ga_plan_create(g, ga_model_params(lab->model), &o, &plan, err);
        if (s == GA_OK)
            s = run_plan(plan, from, lab->tap, images(maps, 1, d), NULL, maps, err);
    }
    if (s == GA_OK) {
        for (int u = 0; u < d.c; u++)
            values[u] = maps[(size_t)u * hw];
        lab->filter_values = values;
        values = NULL;
    }
    ga_plan_free(plan);
    ga_mem_free(maps);
    ga_mem_free(values);
    return s;
}

void ga_lab_new_map(const ga_lab *lab, ga_operation operation, const float *source,
                    const float *donor, int u, float *map)
{
    const size_t hw = (size_t)lab->tap_dims.h * (size_t)lab->tap_dims.w;
    const float *x = source + (size_t)u * hw;
    if (operation == GA_OP_SWAP) {
        memcpy(map, donor + (size_t)u * hw, hw * sizeof *map);
        return;
    }
    float value = operation == GA_OP_ZERO_FILTER ? lab->filter_values[u] : 0.0f;
    if (operation == GA_OP_MEAN) {
        double sum = 0;
        for (size_t i = 0; i < hw; i++)
            sum += (double)x[i];
        value = (float)(sum / (double)hw);
    }
    for (size_t i = 0; i < hw; i++)
        map[i] = value;
}
