/* verb_model_note.c - `ganatomy model note`: the words that travel with a model. */
#include "app/models.h"
#include "base/alloc.h"
#include "base/text.h"
#include <string.h>

static const char *const keys[] = {"origin", "licence", "data",    "data_sha256", "command",
                                   "seed",   "steps",   "classes", "note",        NULL};

/* How many classes the network tells apart, or is told; 0: neither. */
static int classes_of(const ga_model *m)
{
    const ga_arch *a = ga_model_arch(m);
    const ga_graph *g = ga_model_graph(m);
    return ga_arch_output_kind(a) == GA_OUTPUT_LOGITS && ga_arch_classes(a) == 0
               ? ga_graph_output_dims(g).c
               : ga_arch_classes(a);
}

/* "robin,wren": a name for each class. Splits list in place. */
static ga_status name_classes(ga_model *m, char *list, ga_err *err)
{
    const int expected = classes_of(m);
    int n = 1;
    for (const char *c = list; *c != 0; c++)
        n += *c == ',';
    if (n != expected || n < 2)
        return ga_fail(err, GA_EINVAL, "classes: %d names, but '%s' has %d classes", n,
                       ga_arch_name(ga_model_arch(m)), expected < 2 ? 0 : expected);
    const char **names = ga_mem_new((size_t)n, sizeof *names);
    if (names == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d names", n);
    for (int i = 0; i < n; i++) {
        names[i] = list;
        list += strcspn(list, ",");
        *list++ = 0;
    }
    const ga_status status = ga_model_set_class_names(m, names, n, err);
    ga_mem_free(names);
    return status;
}

/* KEY=VALUE; an empty value takes the note away. */
static ga_status set_note(ga_model *m, const char *text, ga_err *err)
{
    char key[32], near[GA_DID_YOU_MEAN];
    const size_t length = strcspn(text, "=");
    bool known = false;
    snprintf(key, sizeof key, "%.*s", (int)(length < sizeof key ? length : sizeof key - 1), text);
    for (int i = 0; keys[i] != NULL; i++)
        known = known || strcmp(keys[i], key) == 0;
    if (text[length] != '=')
        return ga_fail(err, GA_EINVAL, "'%s' is not KEY=VALUE, such as licence=MIT", text);
    if (!known)
        return ga_fail(err, GA_EINVAL,
                       "'%s' is no note of a model%s: origin, licence, data, data_sha256, command, "
                       "seed, steps, classes and note are",
                       key, ga_did_you_mean(key, keys, near));
    const char *value = text + length + 1;
    if (value[0] == 0 || strcmp(key, "classes") != 0)
        return ga_model_set_note(m, key, value[0] != 0 ? value : NULL, err);
    char *list = ga_mem_string(value);
    const ga_status status = list != NULL ? name_classes(m, list, err)
                                          : ga_fail(err, GA_ENOMEM, "no memory for names");
    ga_mem_free(list);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    int n;
    const char *const *notes = ga_rq_list(rq, "notes", &n);
    const char *out = ga_rq_text(rq, "output");
    char hash[65];
    ga_model *m;
    ga_status status = ga_app_model(rq, ga_rq_text(rq, "model"), &m, err);
    for (int i = 0; i < n && status == GA_OK; i++)
        status = set_note(m, notes[i], err);
    if (status == GA_OK)
        status = ga_model_save(m, out, ga_model_stored(m), err);
    if (status == GA_OK) {
        ga_model_hash(m, hash);
        ga_rq_say(rq, "wrote %s, its numbers unchanged: content %s", out, hash);
        ga_rq_result(rq, json_pack("{s:s, s:s}", "file", out, "content", hash));
    }
    ga_model_free(m);
    return status;
}

static const ga_field fields[] = {{.name = "model",
                                   .type = GA_FIELD_TEXT,
                                   .value = "MODEL",
                                   .positional = true,
                                   .required = true,
                                   .help = "model file, or a name that `ganatomy doctor` lists"},
                                  {.name = "notes",
                                   .type = GA_FIELD_TEXT,
                                   .value = "KEY=VALUE",
                                   .positional = true,
                                   .required = true,
                                   .many = true,
                                   .help = "origin, licence, data, data_sha256, command, seed, "
                                           "steps, note, or classes with a name for each class; "
                                           "an empty value takes the note away"},
                                  {.name = "output",
                                   .letter = 'o',
                                   .type = GA_FIELD_OUTPUT,
                                   .value = "FILE",
                                   .required = true,
                                   .help = "model file to write; may be the one that is read"},
                                  {0}};

static const ga_example examples[] = {
    {"ganatomy model note birds.safetensors classes=robin,wren licence=MIT -o birds.safetensors",
     "what the classes are called, and who may use it"},
    {0}};

const ga_verb ga_verb_model_note = {
    .name = "model note",
    .summary = "change the words that travel with a model",
    .description =
        "Notes say where a model comes from, how it was trained and what its classes are "
        "called. Its numbers stay what they are, bit for bit, and so does its content hash.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
