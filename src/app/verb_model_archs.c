/* verb_model_archs.c - `ganatomy model archs`: the networks that can be asked for by name. */
#include "app/latent_arg.h"
#include "app/sheets.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* ---- what a network is, in a line -------------------------------------------------------------*/

/* "latent 64, class of 10 -> pictures 1x28x28" */
static void describe(const ga_arch *a, ga_text *out)
{
    static const char *const made[] = {
        [GA_OUTPUT_IMAGE] = "pictures",
        [GA_OUTPUT_LOGITS] = "logits",
        [GA_OUTPUT_GAUSSIAN] = "means and log-variances",
        [GA_OUTPUT_LATENT] = "latent",
        [GA_OUTPUT_LABELS] = "labels of pixels",
        [GA_OUTPUT_PARSING] = "objects, parts and materials of pixels"};
    const ga_graph *g = ga_arch_graph(a);
    char in[48], result[48];
    ga_text_addf(out, "%s %s", ga_arch_law(a) == GA_LAW_NONE ? "pictures" : "latent",
                 ga_dims_words(ga_arch_input(a), in, sizeof in));
    if (ga_arch_classes(a) > 0)
        ga_text_addf(out, ", one of %d classes", ga_arch_classes(a));
    ga_text_addf(out, " -> %s %s", made[ga_arch_output_kind(a)],
                 ga_dims_words(ga_graph_output_dims(g), result, sizeof result));
}

static size_t weights_of(const ga_graph *g)
{
    size_t n = 0;
    for (int i = 0; i < ga_graph_n_params(g); i++)
        n += ga_graph_param(g, i)->kind == GA_WEIGHT ? ga_graph_param(g, i)->count : 0;
    return n;
}

/* What --json prints of a network, a new object. */
static ga_status facts(const ga_arch *a, json_t **out, ga_err *err)
{
    ga_plan_cost cost = {0};
    const ga_plan_options one = GA_PLAN_OPTIONS_DEFAULT;
    ga_text words = {0};
    const ga_status s = ga_plan_forecast(ga_arch_graph(a), &one, &cost, err);
    if (s != GA_OK)
        return s;
    describe(a, &words);
    *out = json_pack("{s:s, s:s, s:s?, s:I, s:I, s:i, s:i}", "name", ga_arch_name(a), "what",
                     words.data != NULL ? words.data : "", "partner", ga_arch_partner(a),
                     "parameters", (json_int_t)weights_of(ga_arch_graph(a)), "multiply_adds",
                     (json_int_t)cost.multiply_adds, "classes", ga_arch_classes(a), "z",
                     ga_arch_law(a) == GA_LAW_NONE ? 0 : (int)ga_dims_count(ga_arch_input(a)));
    ga_text_free(&words);
    return GA_OK;
}

/* Opens name, says one line and gives its facts. */
static ga_status row(ga_request *rq, const char *name, json_t **out, ga_err *err)
{
    ga_arch *a;
    ga_status s = ga_arch_open(name, &a, err);
    if (s != GA_OK)
        return s;
    s = facts(a, out, err);
    if (s == GA_OK)
        ga_rq_say(rq, "  %-22s %11lld %18.3f  %s", name,
                  (long long)json_integer_value(json_object_get(*out, "parameters")),
                  (double)json_integer_value(json_object_get(*out, "multiply_adds")) * 1e-6,
                  json_string_value(json_object_get(*out, "what")));
    ga_arch_free(a);
    return s;
}

/* ---- the list ---------------------------------------------------------------------------------*/

/* "28, 32, 64, 128" or "1 to 4096" */
static void range_words(const ga_knob *k, ga_text *out)
{
    if (k->words == NULL)
        ga_text_addf(out, "%g to %g", k->lo, k->hi);
    for (int i = 0; k->words != NULL && k->words[i] != NULL; i++)
        ga_text_addf(out, "%s%s", i > 0 ? ", " : "", k->words[i]);
}

static json_t *knob_row(ga_request *rq, const ga_knob *k)
{
    ga_text range = {0};
    char setting[48];
    json_t *choices = NULL;
    range_words(k, &range);
    snprintf(setting, sizeof setting, "%s=%s", k->name, k->fallback);
    ga_rq_say(rq, "    %-20s %s (%s)", setting, k->help, range.data != NULL ? range.data : "");
    ga_text_free(&range);
    for (int i = 0; k->words != NULL && k->words[i] != NULL; i++) {
        choices = choices != NULL ? choices : json_array();
        json_array_append_new(choices, json_string(k->words[i]));
    }
    json_t *o = json_pack("{s:s, s:s, s:s, s:o*}", "name", k->name, "default", k->fallback, "help",
                          k->help, "choices", choices);
    if (k->words == NULL)
        json_object_update_new(o, json_pack("{s:f, s:f}", "min", k->lo, "max", k->hi));
    return o;
}

static ga_status family_row(ga_request *rq, const ga_family *f, json_t **out, ga_err *err)
{
    ga_rq_say(rq, "\n%s: %s%s%s", f->name, f->summary, f->same_as != NULL ? ", short for " : "",
              f->same_as != NULL ? f->same_as : "");
    const ga_status s = row(rq, f->name, out, err);
    if (s != GA_OK)
        return s;
    json_t *knobs = json_array();
    for (int k = 0; f->knobs != NULL && f->knobs[k].name != NULL; k++)
        json_array_append_new(knobs, knob_row(rq, &f->knobs[k]));
    json_object_update_new(*out, json_pack("{s:s, s:s, s:s?, s:o}", "name", f->name, "summary",
                                           f->summary, "same_as", f->same_as, "knobs", knobs));
    return GA_OK;
}

static ga_status list(ga_request *rq, ga_err *err)
{
    json_t *fixed = json_array(), *families = json_array(), *o = NULL;
    const char *const *names = ga_arch_names();
    ga_status s = GA_OK;
    ga_rq_say(rq, "  %-22s %11s %18s  %s", "name", "parameters", "10^6 multiply-adds", "what");
    for (int i = 0; names[i] != NULL && s == GA_OK; i++)
        if ((s = row(rq, names[i], &o, err)) == GA_OK)
            json_array_append_new(fixed, o);
    for (int i = 0; ga_family_at(i) != NULL && s == GA_OK; i++)
        if ((s = family_row(rq, ga_family_at(i), &o, err)) == GA_OK)
            json_array_append_new(families, o);
    if (s != GA_OK) {
        json_decref(fixed);
        json_decref(families);
        return s;
    }
    ga_rq_say(
        rq, "\nKnobs follow a family's name: --arch dcgan:pixels=32,width=10. A network as a file "
            "to change: ganatomy model archs NAME -o FILE.json");
    ga_rq_result(rq, json_pack("{s:o, s:o}", "architectures", fixed, "families", families));
    return GA_OK;
}

/* ---- one of them, as a file -------------------------------------------------------------------*/

static int add_piece(const char *piece, size_t n, void *text)
{
    ga_text_add_n(text, piece, n);
    return 0; /* a text that is out of memory says so at the end */
}

static void add_value(const json_t *v, ga_text *out)
{
    (void)json_dump_callback(v, add_piece, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
}

static bool listed(const char *const *words, const char *word)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

/* The fields of o that are in first in that order, then what is left of them. */
static void add_object(const json_t *o, const char *const *first, ga_text *out)
{
    const char *key, *mark = "{";
    json_t *v;
    for (int i = 0; first[i] != NULL; i++) {
        if ((v = json_object_get(o, first[i])) == NULL)
            continue;
        ga_text_addf(out, "%s\"%s\": ", mark, first[i]);
        add_value(v, out);
        mark = ", ";
    }
    json_object_foreach((json_t *)(uintptr_t)o, key, v)
    {
        if (listed(first, key))
            continue;
        ga_text_addf(out, "%s\"%s\": ", mark, key);
        add_value(v, out);
        mark = ", ";
    }
    ga_text_add(out, "}");
}

/* The document as the built-in files are laid out: a field a line, a layer a line. */
static void lay_out(const json_t *document, ga_text *out)
{
    static const char *const fields[] = {"format", "name",  "about",   "input",  "output",
                                         "start",  "quick", "partner", "pieces", NULL};
    static const char *const order[] = {
        "name",         "type",        "inputs", "in_features", "in_channels", "out_features",
        "out_channels", "kernel_size", "stride", "padding",     NULL};
    const json_t *v, *layers = json_object_get(document, "layers");
    ga_text_add(out, "{\n");
    for (int i = 0; fields[i] != NULL; i++) {
        if ((v = json_object_get(document, fields[i])) == NULL)
            continue;
        ga_text_addf(out, "    \"%s\": ", fields[i]);
        add_value(v, out);
        ga_text_add(out, ",\n");
    }
    ga_text_add(out, "    \"layers\": [\n");
    for (size_t i = 0; i < json_array_size(layers); i++) {
        ga_text_add(out, "        ");
        add_object(json_array_get(layers, i), order, out);
        ga_text_add(out, i + 1 < json_array_size(layers) ? ",\n" : "\n");
    }
    ga_text_add(out, "    ]\n}");
}

static ga_status show(ga_request *rq, const char *name, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    ga_arch *a = NULL;
    json_t *document = NULL, *o = NULL;
    ga_text text = {0};
    ga_status s = ga_output_check(path, err);
    if (s == GA_OK)
        s = ga_arch_open(name, &a, err);
    if (s != GA_OK)
        return s;
    s = ga_json_parse(ga_arch_json(a), strlen(ga_arch_json(a)), name, &document, err);
    if (s == GA_OK)
        s = facts(a, &o, err);
    if (s == GA_OK)
        lay_out(document, &text);
    if (s == GA_OK && text.failed)
        s = ga_fail(err, GA_ENOMEM, "%s: out of memory", name);
    if (s == GA_OK && path == NULL)
        ga_rq_say(rq, "%s", text.data);
    if (s == GA_OK && path != NULL) {
        ga_text_add(&text, "\n");
        s = ga_file_write(path, text.data, text.length, err);
        if (s == GA_OK)
            ga_rq_say(rq, "wrote %s: %s", path, ga_arch_name(a));
    }
    if (s == GA_OK) {
        json_object_update_new(o, json_pack("{s:s?, s:O}", "file", path, "architecture", document));
        ga_rq_result(rq, json_incref(o));
    }
    json_decref(o);
    json_decref(document);
    ga_text_free(&text);
    ga_arch_free(a);
    return s;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *name = ga_rq_text(rq, "name");
    if (name == NULL && ga_rq_given(rq, "output"))
        return ga_fail(err, GA_EINVAL, "-o writes one network: which? NAME is missing");
    return name == NULL ? list(rq, err) : show(rq, name, err);
}

static const ga_field fields[] = {
    {.name = "name",
     .type = GA_FIELD_TEXT,
     .value = "NAME",
     .positional = true,
     .help = "a built-in network, a family with knobs, or a file: printed as a file; without it, a "
             "list of all"},
    {.name = "output",
     .letter = 'o',
     .type = GA_FIELD_OUTPUT,
     .value = "FILE.json",
     .help = "write it there, to be changed and used as --arch FILE.json"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy model archs", "all networks, with the knobs of the families"},
    {"ganatomy model archs dcgan:pixels=32,classes=10", "a conditional generator, layer by layer"},
    {"ganatomy model archs cnn:width=16 -o my-cnn.json", "a start for a network of one's own"},
    {0}};

const ga_verb ga_verb_model_archs = {
    .name = "model archs",
    .summary = "list the networks that have a name, or print one as a file",
    .description =
        "Networks are asked for by name (mnist-gan), by family and knobs "
        "(dcgan:pixels=32,width=10) "
        "or as a file. The list says what each reads and makes, its trained numbers, and the "
        "multiply-adds of one picture in millions; of a family those at the defaults of its "
        "knobs.\n\n"
        "With NAME the network is printed as a file of the form that `--arch` reads, a layer a "
        "line.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
