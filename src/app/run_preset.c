/* run_preset.c - sets of options that were tried, by name. */
#include "app/run_train.h"
#include <string.h>

typedef struct preset {
    const char *name;
    const char *set[14][2]; /* option, value */
} preset;

/* Sources: docs/training.md. */
static const preset gan[] = {
    {"study", {{"lr", "0.0002"}, {"beta1", "0.5"}, {"batch", "100"}, {"ema", "0.999"}}},
    {"lsgan", {{"loss", "least-squares"}, {"lr", "0.0002"}, {"beta1", "0.5"}}},
    {"hinge-sn",
     {{"loss", "hinge"},
      {"spectral", "true"},
      {"lr", "0.0002"},
      {"lr-d", "0.0004"},
      {"beta1", "0"},
      {"init", "pytorch"}}},
    {"wgan",
     {{"loss", "wasserstein"},
      {"clip", "0.01"},
      {"d-steps", "5"},
      {"optimizer", "rmsprop"},
      {"lr", "0.00005"}}},
    {"small-data",
     {{"augment", "translate=0.125,rotate=10,jitter=0.2"},
      {"augment-p", "0"},
      {"ada-target", "0.6"},
      {"lr", "0.0002"},
      {"ema", "0.999"}}},
    {"r1",
     {{"r1", "0.1"}, {"r1-every", "16"}, {"lr", "0.0005"}, {"beta1", "0"}, {"beta2", "0.99"}}},
    {"progan",
     {{"r1", "0.1"},
      {"r1-every", "16"},
      {"lr", "0.001"},
      {"beta1", "0"},
      {"beta2", "0.99"},
      {"batch", "16"},
      {"ema", "0.999"}}},
};
static const preset classifier[] = {
    {"quick", {{"epochs", "3"}, {"lr", "0.003"}, {"decay-from", "0"}}},
    {"careful", {{"epochs", "20"}, {"lr", "0.002"}, {"decay-from", "0"}, {"ema", "0.999"}}},
};

const char *const ga_gan_presets[] = {"study",      "lsgan", "hinge-sn", "wgan",
                                      "small-data", "r1",    "progan",   NULL};
const char *const ga_classifier_presets[] = {"quick", "careful", NULL};

static ga_status apply(ga_request *rq, const preset *p, ga_err *err)
{
    for (size_t i = 0; i < sizeof p->set / sizeof *p->set && p->set[i][0] != NULL; i++) {
        const char *option = p->set[i][0];
        if (ga_rq_given(rq, option))
            continue;
        const ga_status status = ga_request_set(rq, option, p->set[i][1], err);
        if (status != GA_OK)
            return status;
    }
    return GA_OK;
}

ga_status ga_preset_apply(ga_request *rq, ga_training what, ga_err *err)
{
    const bool is_gan = what == GA_TRAINING_GAN || what == GA_TRAINING_CGAN;
    if (!is_gan && what != GA_TRAINING_CLASSIFIER)
        return GA_OK;
    const char *name = ga_rq_text(rq, "preset");
    const preset *rows = is_gan ? gan : classifier;
    const size_t n = is_gan ? sizeof gan / sizeof *gan : sizeof classifier / sizeof *classifier;
    for (size_t i = 0; i < n && name != NULL; i++)
        if (strcmp(rows[i].name, name) == 0)
            return apply(rq, &rows[i], err);
    return GA_OK;
}
