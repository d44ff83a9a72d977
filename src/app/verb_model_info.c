/* verb_model_info.c - `ganatomy model info`: what is in a model or weight file. */
#include "app/latent_arg.h"
#include "base/alloc.h"
#include "base/file.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static json_t *shape_json(int rank, const int64_t *dim)
{
    json_t *a = json_array();
    for (int i = 0; i < rank; i++)
        json_array_append_new(a, json_integer(dim[i]));
    return a;
}

static json_t *dims_json(ga_dims d)
{
    return d.h == 1 && d.w == 1 ? json_pack("[i]", d.c) : json_pack("[i,i,i]", d.c, d.h, d.w);
}

/* ---- a model of ours --------------------------------------------------------------------------*/

static size_t tap_params(const ga_graph *g, int tap)
{
    size_t count = 0;
    for (int i = 0; i < ga_graph_n_params(g); i++)
        if (ga_graph_param(g, i)->tap == tap && ga_graph_param(g, i)->kind == GA_WEIGHT)
            count += ga_graph_param(g, i)->count;
    return count;
}

static json_t *layers_json(const ga_graph *g)
{
    json_t *list = json_array();
    for (int t = 0; t < ga_graph_n_taps(g); t++) {
        json_t *inputs = json_array(), *params = json_array();
        for (int i = 0; i < ga_graph_tap_n_inputs(g, t); i++)
            json_array_append_new(inputs,
                                  json_string(ga_graph_tap_name(g, ga_graph_tap_input(g, t, i))));
        for (int i = 0; i < ga_graph_n_params(g); i++) {
            const ga_param_spec *p = ga_graph_param(g, i);
            if (p->tap == t)
                json_array_append_new(params, json_pack("{s:s, s:o, s:b}", "name", p->name, "shape",
                                                        shape_json(p->rank, p->dim), "trained",
                                                        p->kind == GA_WEIGHT));
        }
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", ga_graph_tap_name(g, t), "type",
                            ga_graph_tap_type(g, t), "shape", dims_json(ga_graph_tap_dims(g, t)),
                            "inputs", inputs, "parameters", params));
    }
    return list;
}

static const char *law_words(ga_law law)
{
    return law == GA_LAW_NORMAL ? "normal" : law == GA_LAW_UNIFORM ? "uniform" : "none";
}

static const char *const note_keys[] = {"origin",      "licence", "data", "data_classes",
                                        "data_pixels", "command", "seed", "steps",
                                        "note",        NULL};

/* Says and returns which classes the network reads as a label; JSON null: it reads none. */
static json_t *label_info(ga_request *rq, const ga_model *m)
{
    const int classes = ga_arch_classes(ga_model_arch(m));
    ga_text words = {0};
    json_t *names = NULL;
    if (classes == 0)
        return json_null();
    for (int i = 0; i < classes && ga_model_class_name(m, i) != NULL; i++) {
        names = names != NULL ? names : json_array();
        json_array_append_new(names, json_string(ga_model_class_name(m, i)));
        ga_text_addf(&words, "%s%s", i > 0 ? ", " : ": ", ga_model_class_name(m, i));
    }
    ga_rq_say(rq, "  label       one of %d classes%s", classes,
              words.data != NULL ? words.data : "");
    ga_text_free(&words);
    return json_pack("{s:i, s:o?}", "classes", classes, "names", names);
}

/* What comes out, in a word of docs/arch.md. */
static const char *output_words(const ga_arch *a)
{
    static const char *const kinds[] = {[GA_OUTPUT_IMAGE] = "image",
                                        [GA_OUTPUT_LOGITS] = "logits",
                                        [GA_OUTPUT_GAUSSIAN] = "gaussian",
                                        [GA_OUTPUT_LATENT] = "latent",
                                        [GA_OUTPUT_LABELS] = "labels",
                                        [GA_OUTPUT_PARSING] = "parsing"};
    return kinds[ga_arch_output_kind(a)];
}

static ga_status model_info(ga_request *rq, const char *path, ga_model *m, ga_err *err)
{
    (void)err;
    const ga_graph *g = ga_model_graph(m);
    const ga_arch *a = ga_model_arch(m);
    char hash[65], shape[48];
    size_t weights = 0;
    float lo = 0, hi = 0;
    ga_model_hash(m, hash);
    ga_params_weights(ga_model_params(m), &weights);
    ga_rq_say(rq, "%s: %s", path, ga_arch_name(a));
    ga_rq_say(rq, "  content     %s", hash);
    ga_rq_say(rq, "  parameters  %zu trained", weights);
    if (ga_arch_law(a) != GA_LAW_NONE) {
        ga_arch_output_range(a, &lo, &hi);
        ga_rq_say(rq, "  latent      %zu values, %s; pictures from %g to %g",
                  ga_dims_count(ga_arch_input(a)), law_words(ga_arch_law(a)), (double)lo,
                  (double)hi);
    } else {
        ga_arch_input_range(a, &lo, &hi);
        ga_rq_say(rq, "  reads       pictures %s from %g to %g",
                  ga_dims_words(ga_arch_input(a), shape, sizeof shape), (double)lo, (double)hi);
    }
    json_t *label = label_info(rq, m), *notes = json_object();
    for (int i = 0; note_keys[i] != NULL; i++)
        if (ga_model_note(m, note_keys[i]) != NULL) {
            ga_rq_say(rq, "  %-11s %s", note_keys[i], ga_model_note(m, note_keys[i]));
            json_object_set_new(notes, note_keys[i], json_string(ga_model_note(m, note_keys[i])));
        }
    ga_rq_say(rq, "\n  %-18s %-18s %12s %11s", "tap", "type", "shape", "parameters");
    for (int t = 0; t < ga_graph_n_taps(g); t++) {
        const size_t own = tap_params(g, t);
        char count[24] = "";
        if (own > 0)
            snprintf(count, sizeof count, "%zu", own);
        ga_rq_say(rq, "  %-18s %-18s %12s %11s", ga_graph_tap_name(g, t), ga_graph_tap_type(g, t),
                  ga_dims_words(ga_graph_tap_dims(g, t), shape, sizeof shape), count);
    }
    ga_rq_result(rq, json_pack("{s:s, s:s, s:s, s:I, s:{s:s, s:o}, s:o, s:s, s:[f,f], s:o, s:o}",
                               "file", path, "architecture", ga_arch_name(a), "hash", hash,
                               "parameters", (json_int_t)weights, "input", "law",
                               law_words(ga_arch_law(a)), "shape", dims_json(ga_arch_input(a)),
                               "label", label, "output", output_words(a), "range", (double)lo,
                               (double)hi, "notes", notes, "layers", layers_json(g)));
    return GA_OK;
}

/* ---- a bare weight file -----------------------------------------------------------------------*/

static ga_status weights_info(ga_request *rq, const char *path, const ga_weights *w)
{
    char shape[GA_SHAPE_WORDS];
    size_t total = 0;
    json_t *list = json_array();
    ga_rq_say(rq, "%s: %s, %d %s, no architecture", path, ga_weights_format(w), ga_weights_count(w),
              ga_weights_count(w) == 1 ? "array" : "arrays");
    ga_rq_say(rq, "\n  %-36s %-5s %-20s %10s %6s", "name", "type", "shape", "count", "NaN");
    for (int i = 0; i < ga_weights_count(w); i++) {
        const ga_array *a = ga_weights_at(w, i);
        const size_t bad = ga_array_count_nan(a);
        total += a->count;
        ga_shape_words(a->rank, a->dim, shape);
        ga_rq_say(rq, "  %-36s %-5s %-20s %10zu %6zu", a->name, ga_dtype_name(a->dtype), shape,
                  a->count, bad);
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:I, s:I}", "name", a->name, "type",
                                              ga_dtype_name(a->dtype), "shape",
                                              shape_json(a->rank, a->dim), "count",
                                              (json_int_t)a->count, "nan", (json_int_t)bad));
    }
    ga_rq_say(rq,
              "\n  %zu numbers in all. To make it a model: ganatomy model import --arch ARCH %s -o "
              "MODEL.safetensors",
              total, path);
    ga_rq_result(rq, json_pack("{s:s, s:s, s:I, s:o}", "file", path, "format", ga_weights_format(w),
                               "numbers", (json_int_t)total, "arrays", list));
    return GA_OK;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *path = ga_rq_text(rq, "file");
    ga_model *m = NULL;
    ga_weights *w = NULL;
    ga_status s = GA_OK;
    if (ga_is_file(path)) { /* any weight file will do; ours says so in its metadata */
        s = ga_weights_read(path, ga_rq_memory(rq), &w, err);
        if (s == GA_OK && ga_weights_metadata(w, "ganatomy") == NULL) {
            s = weights_info(rq, path, w);
            ga_weights_free(w);
            return s;
        }
        ga_weights_free(w);
    }
    if (s == GA_OK)
        s = ga_app_model(rq, path, &m, err);
    if (s == GA_OK)
        s = model_info(rq, path, m, err);
    ga_model_free(m);
    return s;
}

static const ga_field fields[] = {
    {.name = "file",
     .type = GA_FIELD_TEXT,
     .value = "FILE",
     .positional = true,
     .required = true,
     .help = "a model file or name, or any weight file: PyTorch, safetensors, .npz, .npy"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy model info mnist-gan", "layers, shapes and origin of a model"},
    {"ganatomy model info generator.pth", "the arrays in somebody else's weights"},
    {0}};

const ga_verb ga_verb_model_info = {
    .name = "model info",
    .summary = "list the layers of a model, or the arrays of a weight file",
    .description =
        "For a model: its taps (places whose activation can be shown and edited) with type, "
        "shape and parameters, the latent it reads, where it came from and the hash of its "
        "content. For a bare weight file: every array with type, shape and how many of its "
        "values are NaN. Nothing in the file is executed.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
