/* verb_model_plan.c - `ganatomy model plan`: what running a model will cost, before it runs. */
#include "app/latent_arg.h"
#include "base/text.h"
#include <stdio.h>

static json_t *cost_json(ga_plan_cost c)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "activation_bytes",
                     (json_int_t)c.activation_bytes, "gradient_bytes", (json_int_t)c.gradient_bytes,
                     "packed_weight_bytes", (json_int_t)c.packed_weight_bytes, "scratch_bytes",
                     (json_int_t)c.scratch_bytes, "total_bytes", (json_int_t)c.total_bytes,
                     "multiply_adds", (json_int_t)c.multiply_adds);
}

static void say_layer(ga_request *rq, const ga_plan_layer *l, bool explain)
{
    char shape[48], bytes[16], work[24] = "";
    snprintf(shape, sizeof shape, "%dx%dx%d", l->dims.c, l->dims.h, l->dims.w);
    if (l->multiply_adds > 0)
        snprintf(work, sizeof work, "%.3f", (double)l->multiply_adds * 1e-6);
    ga_rq_say(rq, "  %-16s %-16s %12s %10s %18s  %s", l->name, l->type, shape,
              ga_format_bytes(l->activation_bytes, bytes, sizeof bytes), work, l->kernel);
    if (explain && l->reason != NULL && l->reason[0] != 0)
        ga_rq_say(rq, "  %16s   %s", "", l->reason);
}

/* The numbers of the network itself, which every plan of it shares. */
static size_t parameter_bytes(ga_model *m)
{
    size_t weights, buffers;
    ga_params_weights(ga_model_params(m), &weights);
    ga_params_buffers(ga_model_params(m), &buffers);
    return (weights + buffers) * sizeof(float);
}

static ga_status show(ga_request *rq, const ga_plan *plan, int batch, size_t parameters)
{
    const bool explain = ga_rq_flag(rq, "explain");
    const ga_plan_cost cost = ga_plan_cost_of(plan);
    char total[16], activations[16], gradients[16], packed[16], scratch[16], beside[16];
    json_t *layers = json_array();
    ga_rq_say(rq, "  %-16s %-16s %12s %10s %18s  %s", "layer", "type", "shape", "bytes",
              "10^6 multiply-adds", "kernel");
    for (int i = 0; i < ga_plan_n_layers(plan); i++) {
        const ga_plan_layer l = ga_plan_layer_at(plan, i);
        say_layer(rq, &l, explain);
        json_array_append_new(
            layers, json_pack("{s:s, s:s, s:[i,i,i], s:I, s:I, s:I, s:s, s:s}", "name", l.name, "type",
                              l.type, "shape", l.dims.c, l.dims.h, l.dims.w, "activation_bytes",
                              (json_int_t)l.activation_bytes, "packed_weight_bytes",
                              (json_int_t)l.packed_weight_bytes, "multiply_adds",
                              (json_int_t)l.multiply_adds, "kernel", l.kernel, "reason",
                              l.reason != NULL ? l.reason : ""));
    }
    ga_rq_say(rq,
              "\n  batch %d: %s in all (activations %s, gradients %s, packed weights %s, scratch %s) "
              "beside the model's own %s, %.1f million multiply-adds a picture",
              batch, ga_format_bytes(cost.total_bytes, total, sizeof total),
              ga_format_bytes(cost.activation_bytes, activations, sizeof activations),
              ga_format_bytes(cost.gradient_bytes, gradients, sizeof gradients),
              ga_format_bytes(cost.packed_weight_bytes, packed, sizeof packed),
              ga_format_bytes(cost.scratch_bytes, scratch, sizeof scratch),
              ga_format_bytes(parameters, beside, sizeof beside),
              (double)cost.multiply_adds * 1e-6 / batch);
    ga_rq_result(rq, json_pack("{s:i, s:o, s:I, s:o}", "batch", batch, "cost", cost_json(cost),
                               "parameter_bytes", (json_int_t)parameters, "layers", layers));
    return GA_OK;
}

/* A model; where there is none of that name, an architecture, whose plan needs no trained numbers. */
static ga_status open_network(ga_request *rq, const char *name, ga_model **out, ga_err *err)
{
    ga_arch *a;
    ga_err other;
    const bool described = ga_ends_with(name, ".json"); /* a model file is never called that */
    const ga_status s = described ? GA_ENOTFOUND : ga_app_model(rq, name, out, err);
    if (s != GA_ENOTFOUND)
        return s;
    const ga_status opened = ga_arch_open(name, &a, &other);
    if (opened == GA_ENOTFOUND && !described)
        return s;
    if (opened != GA_OK) /* a knob that is wrong, a file that is none */
        return ga_fail(err, opened, "%s", other.text);
    const ga_status made = ga_model_create(a, out, err);
    ga_arch_free(a);
    return made;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    ga_model *m;
    ga_plan *plan = NULL;
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = (int)ga_rq_int(rq, "batch", 1);
    o.train = ga_rq_flag(rq, "train");
    o.bn = o.train ? GA_BN_BATCH : GA_BN_RUNNING;
    o.from = ga_rq_text(rq, "from");
    o.to = ga_rq_text(rq, "to");
    o.bf16 = ga_rq_flag(rq, "bf16");
    o.threads = ga_rq_threads(rq);
    o.memory_limit = ga_rq_memory(rq);
    ga_status s = open_network(rq, ga_rq_text(rq, "model"), &m, err);
    if (s != GA_OK)
        return s;
    s = ga_plan_create(ga_model_graph(m), ga_model_params(m), &o, &plan, err);
    if (s == GA_OK)
        s = show(rq, plan, o.batch, parameter_bytes(m));
    ga_plan_free(plan);
    ga_model_free(m);
    return s;
}

static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "model file, a name that `ganatomy doctor` lists, or a network that `ganatomy model archs` "
             "lists, with its knobs"},
    {.name = "batch", .type = GA_FIELD_INT, .value = "N", .fallback = "1", .min = 1, .max = 65536,
     .help = "images that run together"},
    {.name = "train", .type = GA_FIELD_FLAG, .help = "plan for training: forward and backward"},
    {.name = "from", .type = GA_FIELD_TEXT, .value = "LAYER", .help = "start at this tap"},
    {.name = "to", .type = GA_FIELD_TEXT, .value = "LAYER", .help = "stop at this tap"},
    {.name = "bf16", .type = GA_FIELD_FLAG, .help = "multiply in bfloat16 where the processor can"},
    {.name = "explain", .type = GA_FIELD_FLAG, .help = "say why each kernel was chosen"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy model plan mnist-gan --batch 100 --explain", "bytes, work and kernels of a batch of 100"},
    {"ganatomy model plan mnist-gan --batch 100 --train --memory 100M",
     "does training fit? if not, which batch would"},
    {"ganatomy model plan dcgan:pixels=64,channels=3 --batch 64 --train",
     "what a network would cost, before there is one"},
    {0}};

const ga_verb ga_verb_model_plan = {
    .name = "model plan",
    .summary = "say what running a model costs: bytes, multiply-adds, kernels",
    .description = "Compiles the model as a run would and prints what it allocated, layer by layer. "
                   "Multiply-adds count only products with real pixels, never padding.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
