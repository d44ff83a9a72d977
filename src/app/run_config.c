/* run_config.c - options of a training: request -> JSON -> options, and JSON -> command. */
#include "app/run_config.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"
#include "ganatomy/metric.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const ga_init_words[] = {"dcgan", "pytorch", NULL};
const char *const ga_optimizer_words[] = {"sgd", "adam", "adamw", "rmsprop", NULL};
_Static_assert(GA_SGD == 0 && GA_ADAM == 1 && GA_ADAMW == 2 && GA_RMSPROP == 3,
               "ga_optimizer_words is in the order of ga_optim_kind");

const char *ga_training_word(ga_training what)
{
    switch (what) {
    case GA_TRAINING_GAN:
        return "gan";
    case GA_TRAINING_CGAN:
        return "cgan";
    case GA_TRAINING_CLASSIFIER:
        return "classifier";
    case GA_TRAINING_VAE:
        return "vae";
    case GA_TRAINING_SEGMENTER:
        return "segmenter";
    case GA_TRAINING_ENCODER:
        break;
    }
    return "encoder";
}

/* One option: its name in the command and in the JSON, which trainings have it, and where it goes
 * in ga_train_options, if it goes there as it is. */
typedef enum option_type { NUMBER, WHOLE, SWITCH, WORD, CHOICE } option_type;
typedef enum option_place { ELSEWHERE, DOUBLE, INT, ENUM, BOOL, U64 } option_place;
typedef struct option {
    const char *name;
    option_type type;
    unsigned trainings;
    option_place place;
    size_t offset;
    const char *const *words; /* ENUM: in the order of the enum */
} option;

enum {
    GANS = GA_TRAINING_GAN | GA_TRAINING_CGAN,
    CLASSIFIER = GA_TRAINING_CLASSIFIER,
    SEGMENTER = GA_TRAINING_SEGMENTER,
    VAE = GA_TRAINING_VAE,
    ENCODER = GA_TRAINING_ENCODER,
    WITH_DATA = GANS | CLASSIFIER | SEGMENTER | VAE,
    GENERATORS = GANS | VAE,
    ALL = WITH_DATA | ENCODER
};

#define AT(member) offsetof(ga_train_options, member)
/* clang-format off */
static const option table[] = {
    {"arch", WORD, ALL, ELSEWHERE, 0, NULL},
    {"discriminator", WORD, GANS, ELSEWHERE, 0, NULL},
    {"encoder", WORD, VAE, ELSEWHERE, 0, NULL},
    {"generator", WORD, ENCODER, ELSEWHERE, 0, NULL},
    {"data", WORD, WITH_DATA, ELSEWHERE, 0, NULL},
    {"classes", WORD, WITH_DATA, ELSEWHERE, 0, NULL},
    {"images", WHOLE, WITH_DATA, ELSEWHERE, 0, NULL},
    {"pixels", WHOLE, WITH_DATA, ELSEWHERE, 0, NULL},
    {"batch", WHOLE, ALL, INT, AT(batch), NULL},
    {"seed", WHOLE, ALL, U64, AT(seed), NULL},
    {"lr", NUMBER, ALL, DOUBLE, AT(lr), NULL},
    {"lr-d", NUMBER, GANS, DOUBLE, AT(lr_d), NULL},
    {"optimizer", CHOICE, ALL, ENUM, AT(optimizer), ga_optimizer_words},
    {"beta1", NUMBER, ALL, DOUBLE, AT(beta1), NULL},
    {"beta2", NUMBER, ALL, DOUBLE, AT(beta2), NULL},
    {"weight-decay", NUMBER, ALL, DOUBLE, AT(weight_decay), NULL},
    {"decay-from", NUMBER, ALL, DOUBLE, AT(decay_from), NULL},
    {"ema", NUMBER, ALL, DOUBLE, AT(ema), NULL},
    {"loss", CHOICE, GANS, ENUM, AT(loss), ga_gan_loss_words},
    {"d-steps", WHOLE, GANS, INT, AT(d_steps), NULL},
    {"real-target", NUMBER, GANS, DOUBLE, AT(real_target), NULL},
    {"noise", NUMBER, GANS, DOUBLE, AT(noise), NULL},
    {"clip", NUMBER, GANS, DOUBLE, AT(clip), NULL},
    {"spectral", SWITCH, GANS, BOOL, AT(spectral), NULL},
    {"r1", NUMBER, GANS, DOUBLE, AT(r1), NULL},
    {"r1-every", WHOLE, GANS, INT, AT(r1_every), NULL},
    {"recon", CHOICE, VAE, ENUM, AT(recon), ga_recon_words},
    {"kl-weight", NUMBER, VAE, DOUBLE, AT(kl_weight), NULL},
    {"pixel-weight", NUMBER, ENCODER, DOUBLE, AT(pixel_weight), NULL},
    {"augment", WORD, WITH_DATA, ELSEWHERE, 0, NULL},
    {"augment-p", NUMBER, WITH_DATA, DOUBLE, AT(augment_p), NULL},
    {"ada-target", NUMBER, GANS, DOUBLE, AT(ada_target), NULL},
    {"shift", WHOLE, CLASSIFIER, INT, AT(shift), NULL},
    {"z", WHOLE, GENERATORS, ELSEWHERE, 0, NULL},
    {"init", WORD, ALL, ELSEWHERE, 0, NULL},
    {"bf16", SWITCH, ALL, BOOL, AT(bf16), NULL},
    {"half", SWITCH, ALL, ELSEWHERE, 0, NULL},
    {"settle", WHOLE, GANS, ELSEWHERE, 0, NULL},
    {"features", WORD, GENERATORS, ELSEWHERE, 0, NULL},
    {"score-images", WHOLE, GENERATORS, ELSEWHERE, 0, NULL},
    {"scores", WORD, GENERATORS, ELSEWHERE, 0, NULL},
    {"sample-every", WHOLE, GENERATORS, ELSEWHERE, 0, NULL},
    {"sample-count", WHOLE, GENERATORS, ELSEWHERE, 0, NULL},
    {"sample-zoom", WHOLE, GENERATORS, ELSEWHERE, 0, NULL},
    {"eval-every", WHOLE, ALL, ELSEWHERE, 0, NULL},
    {"eval-images", WHOLE, ALL, ELSEWHERE, 0, NULL},
    {"detail-every", WHOLE, ALL, ELSEWHERE, 0, NULL},
    {"save-every", WHOLE, ALL, ELSEWHERE, 0, NULL},
};
/* clang-format on */
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
    case CHOICE:
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

/* Steps that go over the data once. */
static int64_t epoch_of(const ga_request *rq, ga_training what, const ga_dataset *data)
{
    const int64_t d_steps = what & GANS ? ga_rq_int(rq, "d-steps", 1) : 1;
    const int64_t steps = ga_dataset_n(data) / (ga_rq_int(rq, "batch", 1) * d_steps);
    return steps < 1 ? 1 : steps;
}

/* --steps, or --epochs in steps of batch. */
static ga_status steps_of(const ga_request *rq, ga_training what, int64_t an_epoch,
                          json_int_t *steps, ga_err *err)
{
    if (what == GA_TRAINING_ENCODER) {
        *steps = (json_int_t)ga_rq_int(rq, "steps", 0);
        return GA_OK;
    }
    if (ga_rq_given(rq, "steps") && ga_rq_given(rq, "epochs"))
        return ga_fail(err, GA_EINVAL, "--steps and --epochs exclude each other");
    *steps = ga_rq_given(rq, "steps") ? (json_int_t)ga_rq_int(rq, "steps", 0)
                                      : (json_int_t)(ga_rq_int(rq, "epochs", 0) * an_epoch);
    return GA_OK;
}

/* Steps between sheets where nobody says: at least ten sheets, however short the training is. */
static json_int_t sheets_of(json_int_t steps)
{
    const json_int_t tenth = steps / 10;
    return tenth < 1 ? 1 : tenth > 600 ? 600 : tenth;
}

/* A path is kept from the root too, so that the run can be taken up in another folder. */
static bool add_data_path(json_t *o)
{
    const char *data = json_string_value(json_object_get(o, "data"));
    for (int i = 0; data != NULL && i < ga_data_known_count(); i++)
        if (strcmp(ga_data_known_at(i)->name, data) == 0)
            return true;
    char path[PATH_MAX];
    json_t *text = data != NULL && realpath(data, path) != NULL ? json_string(path) : NULL;
    return text == NULL || json_object_set_new(o, "data_path", text) == 0; /* NULL: no UTF-8 */
}

/* What was resolved is kept, so that it stays even if a default changes. */
static bool add_cast(json_t *o, ga_training what, const ga_cast *cast)
{
    char hex[65];
    ga_config_arch_hash(cast->arch, cast->partner, hex);
    bool good = json_object_set_new(o, "arch_sha256", json_string(hex)) == 0 &&
                json_object_set_new(o, "arch", json_string(cast->arch_name)) == 0;
    if (cast->data != NULL)
        good = good && add_data_path(o) &&
               json_object_set_new(o, "data_sha256", json_string(ga_dataset_hash(cast->data))) == 0;
    if (what & GENERATORS)
        good = good &&
               json_object_set_new(
                   o, "z", json_integer((json_int_t)ga_dims_count(ga_arch_input(cast->arch)))) == 0;
    if (cast->generator != NULL) {
        ga_model_hash(cast->generator, hex);
        good = good && json_object_set_new(o, "generator_sha256", json_string(hex)) == 0;
    }
    if (cast->features != NULL) {
        ga_model_hash(cast->features, hex);
        good = good && json_object_set_new(o, "features_sha256", json_string(hex)) == 0;
    }
    return good;
}

ga_status ga_config_of_request(const ga_request *rq, ga_training what, const ga_cast *cast,
                               char **text, ga_err *err)
{
    json_int_t steps = 0;
    *text = NULL;
    const int64_t an_epoch = cast->data != NULL ? epoch_of(rq, what, cast->data) : 1000;
    unsigned scores;
    ga_status status = steps_of(rq, what, an_epoch, &steps, err);
    if (status == GA_OK && (what & GENERATORS))
        status = ga_scores_parse(ga_rq_text(rq, "scores"), &scores, err);
    if (status != GA_OK)
        return status;
    json_t *o = json_object();
    bool good = o != NULL;
    for (size_t i = 0; i < N_OPTIONS && good; i++)
        if (table[i].trainings & (unsigned)what)
            good = json_object_set_new(o, table[i].name, value_of(rq, &table[i])) == 0;
    good = good && json_object_set_new(o, "steps", json_integer(steps)) == 0 &&
           add_cast(o, what, cast);
    if (good && !ga_rq_given(rq, "eval-every"))
        good = json_object_set_new(o, "eval-every", json_integer((json_int_t)an_epoch)) == 0;
    if (good && (what & GENERATORS) && !ga_rq_given(rq, "sample-every"))
        good = json_object_set_new(o, "sample-every", json_integer(sheets_of(steps))) == 0;
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

ga_status ga_config_same(const ga_request *rq, const char *run, ga_training what,
                         const ga_config *c, const ga_dataset *data, const char *arch,
                         uint64_t *wanted, ga_err *err)
{
    ga_status status = GA_OK;
    *wanted = c->options.steps;
    for (size_t i = 0; i < N_OPTIONS && status == GA_OK; i++) {
        const char *name = table[i].name;
        if (!(table[i].trainings & (unsigned)what) || !ga_rq_given(rq, name))
            continue;
        const json_t *was = json_object_get(c->json, name);
        const bool fitted = arch != NULL && strcmp(name, "arch") == 0;
        json_t *is = fitted ? json_string(arch) : value_of(rq, &table[i]);
        if (!equal(was, is))
            status = differs(run, name, was, is, err);
        json_decref(is);
    }
    const bool epochs = what != GA_TRAINING_ENCODER && ga_rq_given(rq, "epochs");
    if (status != GA_OK || !(epochs || ga_rq_given(rq, "steps")))
        return status;
    json_int_t steps;
    const int64_t an_epoch = data != NULL ? ga_dataset_n(data) / c->options.batch /
                                                (c->options.d_steps > 0 ? c->options.d_steps : 1)
                                          : 1;
    status = steps_of(rq, what, an_epoch < 1 ? 1 : an_epoch, &steps, err);
    if (status == GA_OK && (uint64_t)steps < c->options.steps)
        return ga_fail(err, GA_EINVAL,
                       "run '%s' has --steps %llu, not %llu: a run can be made longer, not shorter",
                       run, (unsigned long long)c->options.steps, (unsigned long long)steps);
    *wanted = (uint64_t)steps;
    return status;
}

/* ---- lengths ----------------------------------------------------------------------------------*/

bool ga_config_knows_length(const ga_config *c)
{
    return c->options.decay_from < 1 || c->options.noise > 0;
}

ga_status ga_config_lengthen(const ga_config *c, uint64_t steps, uint64_t at, char **text,
                             ga_err *err)
{
    json_t *o = json_deep_copy(c->json);
    json_t *lengths = json_object_get(o, "lengths");
    bool good = o != NULL;
    if (good && lengths == NULL) {
        lengths = json_array();
        good = json_object_set_new(o, "lengths", lengths) == 0;
    }
    good = good &&
           json_array_append_new(lengths, json_pack("[I,I]", (json_int_t)c->options.steps,
                                                    (json_int_t)at)) == 0 &&
           json_object_set_new(o, "steps", json_integer((json_int_t)steps)) == 0;
    *text = good ? ga_json_canonical(o) : NULL;
    json_decref(o);
    return *text != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for the run's options");
}

static json_t *without_length(const char *text)
{
    json_t *o = NULL;
    if (ga_json_parse(text, strlen(text), "options", &o, NULL) != GA_OK)
        return NULL;
    (void)json_object_del(o, "steps");
    (void)json_object_del(o, "lengths");
    return o;
}

bool ga_config_same_but_length(const char *a, const char *b)
{
    json_t *x = without_length(a), *y = without_length(b);
    const bool same = x != NULL && y != NULL && json_equal(x, y);
    json_decref(x);
    json_decref(y);
    return same;
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

/* Puts one option where it belongs. */
static ga_status place(const json_t *o, const option *from, ga_train_options *to, const char *where,
                       ga_err *err)
{
    char *const at = (char *)to + from->offset;
    const double v = number(o, from->name, 0);
    switch (from->place) {
    case ELSEWHERE:
        break;
    case DOUBLE:
        *(double *)(void *)at = v;
        break;
    case INT:
        *(int *)(void *)at = (int)v;
        break;
    case U64:
        *(uint64_t *)(void *)at = (uint64_t)v;
        break;
    case BOOL:
        *(bool *)(void *)at = json_is_true(json_object_get(o, from->name));
        break;
    case ENUM: {
        const char *const *words = from->words;
        int i = 0;
        while (words[i] != NULL && strcmp(words[i], word(o, from->name)) != 0)
            i++;
        if (words[i] == NULL)
            return ga_fail(err, GA_EDATA, "options of run '%s': '%s' is '%.40s'", where, from->name,
                           word(o, from->name));
        *(unsigned *)(void *)at = (unsigned)i; /* as every enum of ga_train_options is kept */
        break;
    }
    }
    return GA_OK;
}
_Static_assert(sizeof(ga_gan_loss) == sizeof(unsigned) && sizeof(ga_recon) == sizeof(unsigned) &&
                   sizeof(ga_optim_kind) == sizeof(unsigned),
               "enums are kept as unsigned numbers");

ga_status ga_config_read(const char *text, const char *where, ga_config *out, ga_err *err)
{
    json_t *o = NULL;
    *out = (ga_config){0};
    ga_status status = ga_json_parse(text, strlen(text), where, &o, err);
    if (status != GA_OK)
        return status;
    if (number(o, "steps", 0) < 1 || number(o, "batch", 0) < 1 || word(o, "arch")[0] == 0)
        status = ga_fail(err, GA_EDATA, "options of run '%s' are not those of a training", where);
    ga_train_options options = {.steps = (uint64_t)number(o, "steps", 0),
                                .start = strcmp(word(o, "init"), "dcgan") == 0 ? GA_START_DCGAN
                                                                               : GA_START_PYTORCH,
                                .real_target = 1};
    for (size_t i = 0; i < N_OPTIONS && status == GA_OK; i++)
        if (json_object_get(o, table[i].name) != NULL)
            status = place(o, &table[i], &options, where, err);
    if (status == GA_OK)
        status = ga_augment_parse(word(o, "augment"), &options.augment, err);
    if (status != GA_OK) {
        json_decref(o);
        return status;
    }
    *out = (ga_config){
        .json = o,
        .arch = word(o, "arch"),
        .arch_hash = word(o, "arch_sha256"),
        .data = word(o, "data"),
        .data_hash = word(o, "data_sha256"),
        .data_path = word(o, "data_path"),
        .classes = word(o, "classes"),
        .images = (int)number(o, "images", 0),
        .pixels = (int)number(o, "pixels", 0),
        .partner = word(o, json_object_get(o, "encoder") != NULL ? "encoder" : "discriminator"),
        .generator = word(o, "generator"),
        .generator_hash = word(o, "generator_sha256"),
        .features = word(o, "features"),
        .features_hash = word(o, "features_sha256"),
        .z = (int)number(o, "z", 0),
        .scores = word(o, "scores"),
        .sample_every = (uint64_t)number(o, "sample-every", 0),
        .sample_count = (int)number(o, "sample-count", 0),
        .sample_zoom = (int)number(o, "sample-zoom", 0),
        .detail_every = (uint64_t)number(o, "detail-every", 1),
        .save_every = (uint64_t)number(o, "save-every", 0),
        .eval_every = (uint64_t)number(o, "eval-every", 0),
        .settle = (int)number(o, "settle", 0),
        .eval_images = (int)number(o, "eval-images", 0),
        .score_images = (int)number(o, "score-images", 0),
        .half = json_is_true(json_object_get(o, "half")),
        .options = options};
    return GA_OK;
}

/* 0 stands for "not given" where the option has no 0. */
static bool is_absent(const char *name, const json_t *v)
{
    return json_integer_value(v) == 0 &&
           (strcmp(name, "images") == 0 || strcmp(name, "pixels") == 0);
}

void ga_config_command(const ga_config *c, ga_training what, ga_text *text)
{
    const json_t *lengths = ga_config_knows_length(c) ? json_object_get(c->json, "lengths") : NULL;
    const size_t n = json_array_size(lengths);
    ga_text_addf(text, "ganatomy train %s", ga_training_word(what));
    for (size_t i = 0; i <= N_OPTIONS; i++) {
        const char *name = i < N_OPTIONS ? table[i].name : "steps";
        const json_t *v = json_object_get(c->json, name);
        if (i == N_OPTIONS && n > 0)
            v = json_array_get(json_array_get(lengths, 0), 0); /* what it was begun with */
        if (json_is_string(v) && json_string_value(v)[0] != 0)
            ga_text_addf(text, " --%s %s", name, json_string_value(v));
        else if (json_is_integer(v) && !is_absent(name, v))
            ga_text_addf(text, " --%s %lld", name, (long long)json_integer_value(v));
        else if (json_is_real(v))
            ga_text_addf(text, " --%s %.9g", name, json_real_value(v));
        else if (json_is_true(v))
            ga_text_addf(text, " --%s", name);
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *next = i + 1 < n ? json_array_get(json_array_get(lengths, i + 1), 0)
                                       : json_object_get(c->json, "steps");
        ga_text_addf(text, "; after step %lld: --resume --steps %lld",
                     (long long)json_integer_value(json_array_get(json_array_get(lengths, i), 1)),
                     (long long)json_integer_value(next));
    }
}
