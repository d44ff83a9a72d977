/* verb_model_import.c - `ganatomy model import` and `model export`: weights in and out. */
#include "app/latent_arg.h"
#include "app/sheets.h"
#include "base/file.h"
#include "base/text.h"
#include "ganatomy/seg.h"
#include <string.h>

static const char *const types[] = {"f32", "f16", "bf16", NULL};
static const char *const forms[] = {"safetensors", "npz", "torch", NULL};

static ga_dtype type_of(const char *word)
{
    return strcmp(word, "f16") == 0 ? GA_F16 : strcmp(word, "bf16") == 0 ? GA_BF16 : GA_F32;
}

/* ---- import ------------------------------------------------------------------------------------*/

static ga_status note_origin(ga_request *rq, ga_model *m, const char *const *paths, int n, ga_err *err)
{
    ga_text origin = {0};
    const char *given = ga_rq_text(rq, "origin");
    if (given != NULL) {
        ga_text_add(&origin, given);
    } else {
        ga_text_add(&origin, "imported from");
        for (int i = 0; i < n; i++)
            ga_text_addf(&origin, " %s", ga_path_base(paths[i]));
    }
    ga_status s = origin.failed ? ga_fail(err, GA_ENOMEM, "no memory for the origin")
                                : ga_model_set_note(m, "origin", origin.data, err);
    ga_text_free(&origin);
    if (s == GA_OK && ga_rq_text(rq, "licence") != NULL)
        s = ga_model_set_note(m, "licence", ga_rq_text(rq, "licence"), err);
    return s;
}

/* The names that --labels has for what the network says of pixels. */
static ga_status note_labels(ga_request *rq, ga_model *m, ga_err *err)
{
    const char *path = ga_rq_text(rq, "labels");
    ga_file file;
    if (path == NULL && ga_arch_output_kind(ga_model_arch(m)) == GA_OUTPUT_PARSING)
        ga_rq_note(rq, "without --labels labels.json the model has no names for what it sees: no segmenter");
    if (path == NULL)
        return GA_OK;
    ga_status s = ga_file_open(path, &file, err);
    if (s != GA_OK)
        return s;
    s = ga_segmenter_note_labels(m, (const char *)file.data, file.size, path, err);
    ga_file_close(&file);
    return s;
}

/* ---- keys that do not fit ----------------------------------------------------------------------*/

typedef struct telling {
    const char *sentence; /* of the failure */
    bool several;         /* files */
    bool cut;             /* a key is not in the sentence */
    json_t *list, *lines; /* for programs, for people */
} telling;

static json_t *dims_json(bool there, const int64_t *dim, int rank)
{
    json_t *list = there ? json_array() : json_null();
    for (int i = 0; there && i < rank; i++)
        json_array_append_new(list, json_integer(dim[i]));
    return list;
}

static void hear(void *user, const ga_misfit *m)
{
    telling *t = user;
    char found[GA_SHAPE_WORDS], expected[GA_SHAPE_WORDS];
    ga_text line = {0};
    ga_shape_words(m->found_rank, m->found_dim, found);
    ga_shape_words(m->expected_rank, m->expected_dim, expected);
    ga_text_addf(&line, "'%s' ", m->key);
    t->cut |= line.failed || strstr(t->sentence, line.data) == NULL;
    line.length = 0;
    if (t->several)
        ga_text_addf(&line, "%s: ", m->file);
    if (!m->found)
        ga_text_addf(&line, "missing '%s' %s", m->key, expected);
    else if (!m->expected)
        ga_text_addf(&line, "unexpected '%s' %s", m->key, found);
    else
        ga_text_addf(&line, "'%s' is %s, expected %s", m->key, found, expected);
    json_array_append_new(t->lines, json_string(line.data));
    ga_text_free(&line);
    json_array_append_new(
        t->list, json_pack("{s:s, s:s, s:s, s:o, s:o}", "file", m->file, "key", m->key, "what",
                           !m->found ? "missing" : !m->expected ? "unexpected" : "shape", "found",
                           dims_json(m->found, m->found_dim, m->found_rank), "expected",
                           dims_json(m->expected, m->expected_dim, m->expected_rank)));
}

/* Every key that does not fit, as the result of the failed request; and one a line where the
 * sentence could not hold them all. Nothing if it was refused for another reason. */
static void tell_misfits(ga_request *rq, const ga_arch *a, const char *const *paths, int n,
                         const ga_err *err)
{
    telling t = {.sentence = err->text, .several = n > 1, .list = json_array(), .lines = json_array()};
    if (ga_model_misfits(a, paths, n, hear, &t, NULL) == GA_OK && json_array_size(t.list) > 0) {
        for (size_t i = 0; t.cut && i < json_array_size(t.lines); i++)
            ga_rq_note(rq, "%s", json_string_value(json_array_get(t.lines, i)));
        ga_rq_result(rq, json_pack("{s:O}", "misfits", t.list));
    }
    json_decref(t.list);
    json_decref(t.lines);
}

/* The architecture that --arch names, with the latent that --z asks for. */
static ga_status open_arch(ga_request *rq, const char *const *paths, int n, ga_arch **out,
                           ga_err *err)
{
    ga_arch *named;
    ga_status s = ga_arch_open_for(ga_rq_text(rq, "arch"), paths, n, &named, err);
    *out = named;
    if (s != GA_OK || !ga_rq_given(rq, "z"))
        return s;
    s = ga_arch_with_latent(named, (int)ga_rq_int(rq, "z", 0), out, err);
    ga_arch_free(named);
    return s;
}

static ga_status run_import(ga_request *rq, ga_err *err)
{
    int n;
    const char *const *paths = ga_rq_list(rq, "files", &n);
    const char *out = ga_rq_text(rq, "output");
    ga_arch *a;
    ga_model *m = NULL;
    char hash[65];
    ga_status s = ga_output_check(out, err);
    if (s == GA_OK)
        s = open_arch(rq, paths, n, &a, err);
    if (s != GA_OK)
        return s;
    s = ga_model_import(a, paths, n, &m, err);
    if (s == GA_EDATA && err != NULL)
        tell_misfits(rq, a, paths, n, err);
    if (s == GA_OK)
        s = note_origin(rq, m, paths, n, err);
    if (s == GA_OK)
        s = note_labels(rq, m, err);
    if (s == GA_OK)
        s = ga_model_save(m, out, type_of(ga_rq_text(rq, "type")), err);
    if (s == GA_OK && strcmp(ga_rq_text(rq, "type"), "f32") != 0) { /* rounded: as it now stands */
        ga_model_free(m);
        s = ga_model_open(out, &m, err);
    }
    if (s == GA_OK) {
        size_t count;
        ga_params_weights(ga_model_params(m), &count);
        ga_model_hash(m, hash);
        ga_rq_say(rq, "wrote %s: %s, %zu parameters, content %.12s", out, ga_arch_name(a), count, hash);
        ga_rq_say(rq, "next: ganatomy model info %s", out);
        ga_rq_result(rq, json_pack("{s:s, s:s, s:I, s:s}", "model", out, "architecture",
                                   ga_arch_name(a), "parameters", (json_int_t)count, "hash", hash));
    }
    ga_model_free(m);
    ga_arch_free(a);
    return s;
}

static const ga_field import_fields[] = {
    {.name = "files", .type = GA_FIELD_FILE, .value = "FILE", .positional = true, .required = true,
     .many = true, .help = "weights: PyTorch (.pt, .pth, .zip), safetensors, .npz; several are pieces"},
    {.name = "arch", .type = GA_FIELD_TEXT, .value = "ARCH", .required = true,
     .help = "architecture: a built-in name, or a JSON file (docs/arch.md); progan without knobs takes "
             "them from the weights"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_OUTPUT, .value = "MODEL.safetensors",
     .required = true, .help = "model file to write"},
    {.name = "z", .type = GA_FIELD_INT, .value = "Z", .min = 1, .max = 4096,
     .help = "length of the latent (default: the architecture's)"},
    {.name = "type", .type = GA_FIELD_CHOICE, .value = "TYPE", .fallback = "f32", .choices = types,
     .help = "number format in the file; 16 bits round the weights"},
    {.name = "origin", .type = GA_FIELD_TEXT, .value = "TEXT",
     .help = "where the weights come from, kept in the file (file names if absent)"},
    {.name = "licence", .type = GA_FIELD_TEXT, .value = "TEXT", .help = "their licence, kept in the file"},
    {.name = "labels", .type = GA_FIELD_FILE, .value = "LABELS.json",
     .help = "upernet: names of objects, parts and materials, as published beside the weights"},
    {0}};

static const ga_example import_examples[] = {
    {"ganatomy model import --arch mnist-gan g_layer_0.zip g_layer_1.zip g_layer_2.zip g_layer_3.zip "
     "-o mnist-gan.safetensors",
     "the four published pieces of the mnist-gan study"},
    {"ganatomy model import --arch mine.json generator.pth -o mine.safetensors",
     "your own network, described in JSON"},
    {"ganatomy model import --arch progan church.pth -o church.safetensors",
     "a progressive GAN, under any of its three kinds of keys"},
    {"ganatomy model import --arch upernet encoder_epoch_40.pth decoder_epoch_40.pth --labels labels.json "
     "-o upernet.safetensors",
     "the segmenter of GAN Dissection, for dissect --segmenter upernet.safetensors"},
    {0}};

const ga_verb ga_verb_model_import = {
    .name = "model import",
    .summary = "read foreign weights into a model file",
    .description =
        "Reads weights of any supported format into an architecture and writes one safetensors file "
        "that carries both. Wrapper keys such as state_dict, model or g_ema are taken off. Keys that "
        "are missing, unexpected or of another shape are all named with both shapes, a line each "
        "where there are many; --json gives them as \"misfits\". Nothing in the files is executed.",
    .fields = import_fields,
    .examples = import_examples,
    .run = run_import,
};

/* ---- export ------------------------------------------------------------------------------------*/

/* --form, else what the file's name ends in. */
static ga_status form_of(ga_request *rq, const char *path, ga_weights_form *form, ga_err *err)
{
    const char *word = ga_rq_text(rq, "form");
    if (word == NULL)
        word = ga_ends_with(path, ".safetensors")                               ? "safetensors"
               : ga_ends_with(path, ".npz")                                     ? "npz"
               : ga_ends_with(path, ".pt") || ga_ends_with(path, ".pth")        ? "torch"
                                                                                : NULL;
    if (word == NULL)
        return ga_fail(err, GA_EINVAL,
                       "'%s' ends in none of .safetensors, .npz, .pt, .pth: say which with --form", path);
    *form = strcmp(word, "npz") == 0     ? GA_FORM_NPZ
            : strcmp(word, "torch") == 0 ? GA_FORM_TORCH
                                         : GA_FORM_SAFETENSORS;
    return GA_OK;
}

static ga_status run_export(ga_request *rq, ga_err *err)
{
    const char *out = ga_rq_text(rq, "output");
    ga_weights_form form = GA_FORM_SAFETENSORS;
    ga_model *m;
    ga_status s = form_of(rq, out, &form, err);
    if (s != GA_OK)
        return s;
    s = ga_app_model(rq, ga_rq_text(rq, "model"), &m, err);
    if (s != GA_OK)
        return s;
    s = ga_model_export(m, out, form, err);
    if (s == GA_OK) {
        ga_rq_say(rq, "wrote %s (%s)", out, forms[form == GA_FORM_NPZ     ? 1
                                                  : form == GA_FORM_TORCH ? 2
                                                                          : 0]);
        ga_rq_result(rq, json_pack("{s:s}", "file", out));
    }
    ga_model_free(m);
    return s;
}

static const ga_field export_fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "model file, or a name that `ganatomy doctor` lists"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_OUTPUT, .value = "FILE", .required = true,
     .help = "weight file to write"},
    {.name = "form", .type = GA_FIELD_CHOICE, .value = "FORM", .choices = forms,
     .help = "file format; told from the name if absent"},
    {0}};

static const ga_example export_examples[] = {
    {"ganatomy model export mnist-gan -o mnist-gan.pth", "for torch.load(..., weights_only=True)"},
    {"ganatomy model export mnist-gan -o mnist-gan.npz", "for numpy.load"},
    {0}};

const ga_verb ga_verb_model_export = {
    .name = "model export",
    .summary = "write a model's weights for other programs",
    .description = "Writes the weights under their state-dict names as safetensors, as .npz, or as a "
                   "PyTorch zip file that torch.load reads with weights_only=True.",
    .fields = export_fields,
    .examples = export_examples,
    .run = run_export,
};
