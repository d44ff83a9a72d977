/* run_config.c - options of a training: request -> JSON -> options, and JSON -> command. */
#include "app/run_config.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"
#include <math.h>
#include <string.h>

/* One option: its name in the command and in the JSON, its type, its default. Both kinds of
 * training read this table; a default that differs has a second column. */
typedef enum option_type { NUMBER, WHOLE, SWITCH, WORD } option_type;
typedef struct option {
    const char *name;
    option_type type;
    bool gan, classifier; /* which training has it */
} option;

static const option table[] = {
    {"arch", WORD, true, true},           {"discriminator", WORD, true, false},
    {"data", WORD, true, true},           {"batch", WHOLE, true, true},
    {"seed", WHOLE, true, true},          {"lr", NUMBER, true, true},
    {"lr-d", NUMBER, true, false},        {"beta1", NUMBER, true, true},
    {"decay-from", NUMBER, true, true},   {"ema", NUMBER, true, true},
    {"real-target", NUMBER, true, false}, {"noise", NUMBER, true, false},
    {"shift", WHOLE, false, true},        {"z", WHOLE, true, false},
    {"init", WORD, true, true},           {"bf16", SWITCH, true, true},
    {"half", SWITCH, true, true},         {"settle", WHOLE, true, false},
    {"sheet-every", WHOLE, true, false},  {"save-every", WHOLE, true, true},
};
#define N_OPTIONS (sizeof table / sizeof *table)

static json_t *value_of(const ga_request *rq, const option *o)
{
    switch (o->type) {
    case NUMBER:
        return json_real(ga_rq_number(rq, o->name, 0));
    case WHOLE:
        return json_integer((json_int_t)ga_rq_int(rq, o->name, 0));
    case SWITCH:
        return json_boolean(ga_rq_flag(rq, o->name));
    case WORD:
        break;
    }
    const char *word = ga_rq_text(rq, o->name);
    return json_string(word != NULL ? word : "");
}

void ga_config_arch_hash(const ga_arch *arch, const ga_arch *partner, char hex[65])
{
    ga_sha256 h;
    uint8_t digest[32];
    const char *text = ga_arch_json(arch);
    ga_sha256_start(&h);
    ga_sha256_add(&h, text, strlen(text));
    if (partner != NULL) {
        text = ga_arch_json(partner);
        ga_sha256_add(&h, text, strlen(text));
    }
    ga_sha256_end(&h, digest);
    ga_hex(digest, sizeof digest, hex);
}

/* --steps, or --epochs in steps of batch. */
static ga_status steps_of(const ga_request *rq, const ga_dataset *data, int64_t batch,
                          json_int_t *steps, ga_err *err)
{
    if (ga_rq_given(rq, "steps") && ga_rq_given(rq, "epochs"))
        return ga_fail(err, GA_EINVAL, "--steps and --epochs exclude each other");
    if (ga_rq_given(rq, "steps")) {
        *steps = (json_int_t)ga_rq_int(rq, "steps", 0);
        return GA_OK;
    }
    const int64_t an_epoch = ga_dataset_n(data) / (batch < 1 ? 1 : batch);
    *steps = (json_int_t)(ga_rq_int(rq, "epochs", 0) * (an_epoch < 1 ? 1 : an_epoch));
    return GA_OK;
}

ga_status ga_config_of_request(const ga_request *rq, bool gan, const ga_arch *arch,
                               const ga_arch *partner, const ga_dataset *data, char **text,
                               ga_err *err)
{
    char hex[65];
    json_int_t steps = 0;
    *text = NULL;
    ga_status status = steps_of(rq, data, ga_rq_int(rq, "batch", 1), &steps, err);
    if (status != GA_OK)
        return status;
    json_t *o = json_object();
    bool good = o != NULL;
    for (size_t i = 0; i < N_OPTIONS && good; i++)
        if (gan ? table[i].gan : table[i].classifier)
            good = json_object_set_new(o, table[i].name, value_of(rq, &table[i])) == 0;
    ga_config_arch_hash(arch, partner, hex);
    good = good && json_object_set_new(o, "steps", json_integer(steps)) == 0 &&
           json_object_set_new(o, "arch_sha256", json_string(hex)) == 0 &&
           json_object_set_new(o, "data_sha256", json_string(ga_dataset_hash(data))) == 0;
    if (good && gan) /* what was resolved, so that it is kept even if a default changes */
        good = json_object_set_new(
                   o, "z", json_integer((json_int_t)ga_dims_count(ga_arch_input(arch)))) == 0;
    *text = good ? ga_json_canonical(o) : NULL;
    json_decref(o);
    return *text != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for the run's options");
}

static void words_of(const json_t *v, char *buf, size_t size)
{
    if (json_is_string(v))
        snprintf(buf, size, "'%s'", json_string_value(v));
    else if (json_is_integer(v))
        snprintf(buf, size, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        snprintf(buf, size, "%.9g", json_real_value(v));
    else
        snprintf(buf, size, "%s", json_is_true(v) ? "on" : json_is_false(v) ? "off" : "absent");
}

static bool equal(const json_t *a, const json_t *b)
{
    /* numbers were kept with 9 digits */
    if (json_is_number(a) && json_is_number(b))
        return fabs(json_number_value(a) - json_number_value(b)) <=
               1e-8 * fabs(json_number_value(a));
    return json_equal(a, b) != 0;
}

static ga_status differs(const char *run, const char *name, const json_t *was, const json_t *is,
                         ga_err *err)
{
    char old[200], now[200];
    words_of(was, old, sizeof old);
    words_of(is, now, sizeof now);
    return ga_fail(err, GA_EINVAL,
                   "run '%s' was begun with --%s %s, not %s: a resumed run keeps its options", run,
                   name, old, now);
}

ga_status ga_config_same(const ga_request *rq, const char *run, bool gan, const ga_config *c,
                         const ga_dataset *data, ga_err *err)
{
    ga_status status = GA_OK;
    for (size_t i = 0; i < N_OPTIONS && status == GA_OK; i++) {
        const char *name = table[i].name;
        if (!(gan ? table[i].gan : table[i].classifier) || !ga_rq_given(rq, name))
            continue;
        const json_t *was = json_object_get(c->json, name);
        json_t *is = value_of(rq, &table[i]);
        if (!equal(was, is))
            status = differs(run, name, was, is, err);
        json_decref(is);
    }
    if (status != GA_OK || !(ga_rq_given(rq, "steps") || ga_rq_given(rq, "epochs")))
        return status;
    json_int_t steps;
    status = steps_of(rq, data, c->options.batch, &steps, err);
    if (status == GA_OK && (uint64_t)steps != c->options.steps) {
        json_t *is = json_integer(steps);
        status = differs(run, "steps", json_object_get(c->json, "steps"), is, err);
        json_decref(is);
    }
    return status;
}

static double number(const json_t *o, const char *key, double other)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : other;
}

static const char *word(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s != NULL ? s : "";
}

ga_status ga_config_read(const char *text, const char *where, ga_config *out, ga_err *err)
{
    json_t *o = NULL;
    *out = (ga_config){0};
    ga_status status = ga_json_parse(text, strlen(text), where, &o, err);
    if (status != GA_OK)
        return status;
    if (number(o, "steps", 0) < 1 || number(o, "batch", 0) < 1 || word(o, "arch")[0] == 0 ||
        word(o, "data")[0] == 0) {
        json_decref(o);
        return ga_fail(err, GA_EDATA, "options of run '%s' are not those of a training", where);
    }
    *out = (ga_config){.json = o,
                       .arch = word(o, "arch"),
                       .arch_hash = word(o, "arch_sha256"),
                       .data = word(o, "data"),
                       .data_hash = word(o, "data_sha256"),
                       .partner = word(o, "discriminator"),
                       .z = (int)number(o, "z", 0),
                       .sheet_every = (uint64_t)number(o, "sheet-every", 0),
                       .save_every = (uint64_t)number(o, "save-every", 0),
                       .settle = (int)number(o, "settle", 0),
                       .half = json_is_true(json_object_get(o, "half")),
                       .options = {.steps = (uint64_t)number(o, "steps", 0),
                                   .batch = (int)number(o, "batch", 0),
                                   .seed = (uint64_t)number(o, "seed", 0),
                                   .lr = number(o, "lr", 0),
                                   .lr_d = number(o, "lr-d", 0),
                                   .beta1 = number(o, "beta1", 0),
                                   .decay_from = number(o, "decay-from", 1),
                                   .ema = number(o, "ema", 0),
                                   .real_target = number(o, "real-target", 1),
                                   .noise = number(o, "noise", 0),
                                   .shift = (int)number(o, "shift", 0),
                                   .dcgan = strcmp(word(o, "init"), "dcgan") == 0,
                                   .bf16 = json_is_true(json_object_get(o, "bf16"))}};
    return GA_OK;
}

void ga_config_command(const ga_config *c, bool gan, ga_text *text)
{
    ga_text_addf(text, "ganatomy train %s", gan ? "gan" : "classifier");
    for (size_t i = 0; i <= N_OPTIONS; i++) {
        const char *name = i < N_OPTIONS ? table[i].name : "steps";
        const json_t *v = json_object_get(c->json, name);
        if (json_is_string(v) && json_string_value(v)[0] != 0)
            ga_text_addf(text, " --%s %s", name, json_string_value(v));
        else if (json_is_integer(v))
            ga_text_addf(text, " --%s %lld", name, (long long)json_integer_value(v));
        else if (json_is_real(v))
            ga_text_addf(text, " --%s %.9g", name, json_real_value(v));
        else if (json_is_true(v))
            ga_text_addf(text, " --%s", name);
    }
}
