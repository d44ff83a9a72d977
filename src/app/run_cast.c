/* run_cast.c - see run_cast.h. */
#include "app/run_cast.h"
#include "app/data_arg.h"
#include "app/models.h"
#include "base/alloc.h"
#include "ganatomy/scenes.h"
#include <string.h>
#include <unistd.h>

/* Everything by name; NULL or "" where nothing is named. */
typedef struct names {
    const char *arch, *partner, *generator, *features;
    ga_data_arg data;
    int z; /* 0: the architecture's */
} names;

/* ---- families fitted to pictures --------------------------------------------------------------*/

/* The one that has the knobs: another name leads to it. */
static const ga_family *family_of(const char *arch)
{
    const size_t length = strcspn(arch, ":");
    const ga_family *f = ga_family_at(0);
    for (int i = 0; f != NULL; f = ga_family_at(++i))
        if (strlen(f->name) == length && strncmp(f->name, arch, length) == 0)
            break;
    return f != NULL && f->same_as != NULL ? family_of(f->same_as) : f;
}

/* Is knob=... among the knobs that the name gives? */
static bool is_given(const char *arch, const char *knob)
{
    const size_t length = strlen(knob);
    for (const char *at = strchr(arch, ':'); at != NULL; at = strchr(at + 1, ','))
        if (strncmp(at + 1, knob, length) == 0 && at[1 + length] == '=')
            return true;
    return false;
}

static bool takes(const ga_knob *knob, int value)
{
    char text[16];
    if (knob->words == NULL)
        return value >= knob->lo && value <= knob->hi;
    snprintf(text, sizeof text, "%d", value);
    for (int i = 0; knob->words[i] != NULL; i++)
        if (strcmp(knob->words[i], text) == 0)
            return true;
    return false;
}

/* Adds knob=value to a family's name, if the family has it, takes the value and was not told. */
static void fit_knob(const ga_family *f, const char *knob, int value, ga_text *name)
{
    for (const ga_knob *k = f->knobs; k->name != NULL; k++)
        if (strcmp(k->name, knob) == 0 && !is_given(name->data, knob) && takes(k, value))
            ga_text_addf(name, "%s%s=%d", strchr(name->data, ':') != NULL ? "," : ":", knob, value);
}

ga_status ga_cast_fitted(const char *arch, ga_training what, const ga_cast *cast, char **out,
                         ga_err *err)
{
    const bool told = what == GA_TRAINING_CGAN || what == GA_TRAINING_CLASSIFIER;
    const ga_family *f = family_of(arch);
    ga_text name = {0};
    ga_text_add(&name, arch);
    if (f != NULL && !name.failed && cast->data != NULL) {
        const ga_dims d = ga_dataset_dims(cast->data);
        if (d.h == d.w)
            fit_knob(f, "pixels", d.h, &name);
        fit_knob(f, "channels", d.c, &name);
        if (told)
            fit_knob(f, "classes", ga_dataset_classes(cast->data), &name);
        const ga_vocabulary *v = ga_dataset_vocabulary(cast->data);
        if (what == GA_TRAINING_SEGMENTER && v != NULL)
            fit_knob(f, "outputs", ga_vocabulary_layout(v, NULL, NULL, NULL, NULL), &name);
    } else if (f != NULL && !name.failed && cast->generator != NULL) {
        const ga_graph *g = ga_model_graph(cast->generator);
        const ga_dims d = ga_graph_output_dims(g);
        fit_knob(f, "pixels", d.h, &name);
        fit_knob(f, "channels", d.c, &name);
        fit_knob(f, "z", (int)ga_dims_count(ga_graph_tap_dims(g, 0)), &name);
    }
    *out = name.failed ? NULL : ga_mem_string(name.data);
    ga_text_free(&name);
    return *out != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for a name");
}

/* ---- opening ----------------------------------------------------------------------------------*/

static ga_status open_data(ga_request *rq, ga_cast *cast, ga_data_arg data, ga_err *err)
{
    ga_err none;
    const ga_status status = ga_data_arg_load(rq, &data, GA_SPLIT_TRAIN, &cast->data, err);
    data.what.images = 0;
    /* a data set without a test half is measured on its training half alone */
    if (status == GA_OK && ga_data_arg_load(rq, &data, GA_SPLIT_TEST, &cast->test, &none) != GA_OK)
        cast->test = NULL;
    return status;
}

static ga_status open_arch(const names *n, ga_training what, ga_cast *cast, ga_err *err)
{
    ga_arch *opened;
    ga_status status = ga_cast_fitted(n->arch, what, cast, &cast->arch_name, err);
    if (status == GA_OK)
        status = ga_arch_open(cast->arch_name, &opened, err);
    if (status != GA_OK)
        return status;
    if (n->z == 0 || ga_arch_law(opened) == GA_LAW_NONE) {
        cast->arch = opened;
        return GA_OK;
    }
    status = ga_arch_with_latent(opened, n->z, &cast->arch, err);
    ga_arch_free(opened);
    return status;
}

/* A gradient penalty does not pass batch norm, and batch norm undoes what spectral normalisation
 * bounds. So where a preset has one of them and nobody names a discriminator, the usual one is taken
 * without, if its family can be. */
static ga_status choose_partner(ga_request *rq, ga_training what, const ga_cast *cast, names *n,
                                ga_err *err)
{
    const char *preset = (what & (GA_TRAINING_GAN | GA_TRAINING_CGAN)) != 0
                             ? ga_rq_text(rq, "preset")
                             : NULL;
    const char *usual = ga_arch_partner(cast->arch);
    const bool needs = preset != NULL &&
                       (strcmp(preset, "r1") == 0 || strcmp(preset, "hinge-sn") == 0);
    const ga_family *f = needs && n->partner == NULL && usual != NULL ? family_of(usual) : NULL;
    const ga_knob *k = f != NULL ? f->knobs : NULL;
    while (k != NULL && k->name != NULL && strcmp(k->name, "norm") != 0)
        k++;
    if (k == NULL || k->name == NULL || is_given(usual, "norm"))
        return GA_OK;
    ga_text name = {0};
    ga_text_addf(&name, "%s%snorm=none", usual, strchr(usual, ':') != NULL ? "," : ":");
    ga_status status = name.failed ? ga_fail(err, GA_ENOMEM, "no memory for a name")
                                   : ga_request_set(rq, "discriminator", name.data, err);
    if (status == GA_OK)
        ga_rq_note(rq, "--preset %s takes --discriminator %s, as batch norm would stand in its way",
                   preset, name.data);
    n->partner = ga_rq_text(rq, "discriminator");
    ga_text_free(&name);
    return status;
}

static ga_status open_partner(const names *n, ga_training what, ga_cast *cast, ga_err *err)
{
    const char *partner = n->partner, *word = what == GA_TRAINING_VAE ? "encoder" : "discriminator";
    if (partner == NULL || partner[0] == 0)
        partner = ga_arch_partner(cast->arch);
    if (ga_arch_law(cast->arch) == GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads pictures: a %s, which reads latents, is needed",
                       n->arch, what == GA_TRAINING_VAE ? "decoder" : "generator");
    if (partner == NULL)
        return ga_fail(err, GA_EINVAL, "'%s' names no %s: give one with --%s", n->arch, word, word);
    return ga_arch_open(partner, &cast->partner, err);
}

static ga_status check_conditional(ga_training what, const ga_cast *cast, ga_err *err)
{
    const int classes = ga_arch_classes(cast->arch);
    if (what == GA_TRAINING_CGAN && classes == 0)
        return ga_fail(
            err, GA_EINVAL,
            "'%s' is not told the class: 'train cgan' needs a network with a label, such "
            "as cdcgan; 'train gan' trains this one",
            cast->arch_name);
    if (what == GA_TRAINING_GAN && classes > 0)
        return ga_fail(err, GA_EINVAL, "'%s' is told the class: use 'train cgan'", cast->arch_name);
    return GA_OK;
}

static ga_status open_all(ga_request *rq, ga_training what, names *n, bool begins, ga_cast *out,
                          ga_err *err)
{
    const bool encoder = what == GA_TRAINING_ENCODER,
               alone = (what & (GA_TRAINING_CLASSIFIER | GA_TRAINING_SEGMENTER)) != 0;
    ga_status status = encoder ? ga_app_generator(rq, n->generator, &out->generator, err)
                               : open_data(rq, out, n->data, err);
    if (status == GA_OK)
        status = open_arch(n, what, out, err);
    if (status == GA_OK)
        status = check_conditional(what, out, err);
    if (status == GA_OK && begins)
        status = choose_partner(rq, what, out, n, err);
    if (status == GA_OK && !encoder && !alone)
        status = open_partner(n, what, out, err);
    if (status == GA_OK && n->features != NULL && n->features[0] != 0)
        status = ga_app_model(rq, n->features, &out->features, err);
    return status;
}

ga_status ga_cast_of_request(ga_request *rq, ga_training what, ga_cast *out, ga_err *err)
{
    const bool gan = what == GA_TRAINING_GAN || what == GA_TRAINING_CGAN;
    const bool vae = what == GA_TRAINING_VAE, encoder = what == GA_TRAINING_ENCODER;
    names n = {.arch = ga_rq_text(rq, "arch"),
                     .partner = gan   ? ga_rq_text(rq, "discriminator")
                                : vae ? ga_rq_text(rq, "encoder")
                                      : NULL,
                     .generator = encoder ? ga_rq_text(rq, "generator") : NULL,
                     .features = gan || vae ? ga_rq_text(rq, "features") : NULL,
                     .data = encoder ? (ga_data_arg){0} : ga_data_arg_of(rq),
                     .z = gan || vae ? (int)ga_rq_int(rq, "z", 0) : 0};
    *out = (ga_cast){0};
    return open_all(rq, what, &n, true, out, err);
}

/* GA_EDATA if what is there now is not what the run was begun with. */
static ga_status check_same(const char *what, const char *name, const char *is, const char *was,
                            const char *run, ga_err *err)
{
    if (strcmp(is, was) == 0)
        return GA_OK;
    return ga_fail(err, GA_EDATA, "%s '%s' is not what run '%s' was begun with", what, name, run);
}

/* Where the data lay when the run was begun; as it was named, if there is nothing any more. */
static const char *path_of(const ga_config *c)
{
    const bool there = c->data_path[0] != 0 && access(c->data_path, R_OK) == 0;
    return there ? c->data_path : c->data;
}

ga_status ga_cast_of_config(ga_request *rq, ga_training what, const ga_config *c, const char *run,
                            ga_cast *out, ga_err *err)
{
    names n = {.arch = c->arch,
                     .partner = c->partner,
                     .generator = c->generator,
                     .features = c->features,
                     .data = {.data = path_of(c),
                              .what = {.classes = c->classes[0] != 0 ? c->classes : NULL,
                                       .images = c->images,
                                       .seed = 1,
                                       .pixels = c->pixels}},
                     .z = c->z};
    char hex[65];
    *out = (ga_cast){0};
    ga_status status = open_all(rq, what, &n, false, out, err);
    if (status != GA_OK)
        return status;
    ga_config_arch_hash(out->arch, out->partner, hex);
    status = check_same("architecture", c->arch, hex, c->arch_hash, run, err);
    if (status == GA_OK && out->data != NULL)
        status = check_same("data", c->data, ga_dataset_hash(out->data), c->data_hash, run, err);
    if (status == GA_OK && out->generator != NULL) {
        ga_model_hash(out->generator, hex);
        status = check_same("generator", c->generator, hex, c->generator_hash, run, err);
    }
    if (status == GA_OK && out->features != NULL) {
        ga_model_hash(out->features, hex);
        status = check_same("classifier", c->features, hex, c->features_hash, run, err);
    }
    return status;
}

void ga_cast_free(ga_cast *cast)
{
    ga_dataset_free(cast->data);
    ga_dataset_free(cast->test);
    ga_arch_free(cast->arch);
    ga_arch_free(cast->partner);
    ga_model_free(cast->generator);
    ga_model_free(cast->features);
    ga_mem_free(cast->arch_name);
    *cast = (ga_cast){0};
}
