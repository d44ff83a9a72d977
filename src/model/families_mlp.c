/* families_mlp.c - fully connected families: GAN (Goodfellow et al. 2014, arXiv:1406.2661), with
 * labels on demand (Mirza and Osindero 2014, arXiv:1411.1784), and VAE (Kingma and Welling 2014,
 * arXiv:1312.6114). */
#include <stddef.h>
#include "model/family.h"

/* clang-format off */
#define PIXELS   {.name = "pixels", .whole = true, .lo = 4, .hi = 128, .fallback = "28", \
                  .help = "height and width of the pictures"}
/* clang-format on */

static const char *const shared[] = {"pixels", "channels", "width", "classes", NULL};

/* ---- mlp-gan ----------------------------------------------------------------------------------*/

static void build_mlp_gan(ga_draft *d)
{
    const int z = ga_draft_int(d, "z"), classes = ga_draft_int(d, "classes");
    const int pixels = ga_draft_int(d, "pixels"), channels = ga_draft_int(d, "channels");
    ga_draft_latent(d, z);
    ga_draft_label(d, classes);
    ga_draft_makes_pictures(d, -1, 1);
    int have = ga_draft_labelled_latent(d, z, classes), next = ga_draft_int(d, "width");
    for (int i = 0; i < 3; i++, next *= 2) {
        ga_draft_block(d, i);
        ga_draft_linear(d, ".fc", have, next);
        have = next;
        if (i > 0)
            ga_draft_add(d, ".bn", "BatchNorm1d", "{s:i}", "num_features", have);
        ga_draft_activate(d, "LeakyReLU", NULL, 0);
    }
    ga_draft_block(d, 3);
    ga_draft_linear(d, ".fc", have, channels * pixels * pixels);
    ga_draft_add(d, ".view", "Unflatten", "{s:[i,i,i]}", "unflattened_size", channels, pixels,
                 pixels);
    ga_draft_activate(d, "Tanh", NULL, 0);
}

static const ga_knob mlp_gan_knobs[] = {
    PIXELS,
    GA_KNOB_CHANNELS,
    GA_KNOB_WHOLE("width", 1, 4096, "128",
                  "units of the first block, doubled in each of the two behind it"),
    GA_KNOB_WHOLE("z", 1, 4096, "64", "numbers of a latent"),
    GA_KNOB_CLASSES,
    {0}};

const ga_family_row ga_family_mlp_gan = {
    .face = {.name = "mlp-gan",
             .summary = "fully connected generator, of classes on demand",
             .knobs = mlp_gan_knobs,
             .partner = "mlp-gan-d"},
    .shared = shared,
    .build = build_mlp_gan,
};

/* ---- mlp-gan-d --------------------------------------------------------------------------------*/

static void build_mlp_gan_d(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels"), channels = ga_draft_int(d, "channels");
    const int classes = ga_draft_int(d, "classes"), code = classes < 64 ? classes : 64;
    int have = channels * pixels * pixels, next = 4 * ga_draft_int(d, "width");
    ga_draft_picture(d, channels, pixels, -1, 1);
    ga_draft_label(d, classes);
    ga_draft_makes(d, "logits");
    ga_draft_add(d, "flat", "Flatten", NULL);
    ga_draft_reads(d, "image", NULL);
    if (classes > 0) {
        ga_draft_add(d, "label.code", "Embedding", "{s:i, s:i}", "num_embeddings", classes,
                     "embedding_dim", code);
        ga_draft_reads(d, "label", NULL);
        ga_draft_add(d, "flat.label", "Concat", NULL);
        ga_draft_reads(d, "flat", "label.code");
        have += code;
    }
    for (int i = 0; i < 3; i++, next /= 2) {
        ga_draft_block(d, i);
        ga_draft_linear(d, ".fc", have, next);
        ga_draft_activate(d, "LeakyReLU", "Dropout", ga_draft_number(d, "dropout"));
        have = next;
    }
    ga_draft_linear(d, "logit", have, 1);
}

static const ga_knob mlp_gan_d_knobs[] = {
    PIXELS,
    GA_KNOB_CHANNELS,
    GA_KNOB_WHOLE("width", 1, 4096, "128",
                  "units of the last block, doubled in each of the two before it"),
    GA_KNOB_CLASSES,
    {.name = "dropout",
     .lo = 0,
     .hi = 0.9,
     .fallback = "0",
     .help = "share of the units of each block that training switches off"},
    {0}};

const ga_family_row ga_family_mlp_gan_d = {
    .face = {.name = "mlp-gan-d",
             .summary = "fully connected discriminator, with the label joined to the picture",
             .knobs = mlp_gan_d_knobs},
    .build = build_mlp_gan_d,
};

/* ---- vae-mlp ----------------------------------------------------------------------------------*/

static void build_vae_mlp(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels"), channels = ga_draft_int(d, "channels");
    const int width = ga_draft_int(d, "width");
    int have = ga_draft_int(d, "z");
    ga_draft_latent(d, have);
    ga_draft_makes_pictures(d, 0, 1);
    for (int i = 0; i < 2; i++, have = width) {
        ga_draft_block(d, i);
        ga_draft_linear(d, ".fc", have, width);
        ga_draft_activate(d, "ReLU", NULL, 0);
    }
    ga_draft_block(d, 2);
    ga_draft_linear(d, ".fc", have, channels * pixels * pixels);
    ga_draft_add(d, ".view", "Unflatten", "{s:[i,i,i]}", "unflattened_size", channels, pixels,
                 pixels);
    ga_draft_activate(d, "Sigmoid", NULL, 0);
}

static void build_vae_mlp_e(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels"), channels = ga_draft_int(d, "channels");
    const int width = ga_draft_int(d, "width");
    int have = channels * pixels * pixels;
    ga_draft_picture(d, channels, pixels, 0, 1);
    ga_draft_makes(d, "gaussian");
    ga_draft_add(d, "flat", "Flatten", NULL);
    for (int i = 0; i < 2; i++, have = width) {
        ga_draft_block(d, i);
        ga_draft_linear(d, ".fc", have, width);
        ga_draft_activate(d, "ReLU", NULL, 0);
    }
    ga_draft_linear(d, "moments", have, 2 * ga_draft_int(d, "z"));
}

static const char *const vae_shared[] = {"pixels", "channels", "width", "z", NULL};

static const ga_knob vae_knobs[] = {
    PIXELS,
    GA_KNOB_CHANNELS,
    GA_KNOB_WHOLE("width", 1, 4096, "512", "units of the two hidden blocks"),
    GA_KNOB_WHOLE("z", 1, 4096, "16", "numbers of a latent"),
    {0}};

const ga_family_row ga_family_vae_mlp = {
    .face = {.name = "vae-mlp",
             .summary =
                 "fully connected decoder of a variational autoencoder; pictures from 0 to 1",
             .knobs = vae_knobs,
             .partner = "vae-mlp-e"},
    .shared = vae_shared,
    .build = build_vae_mlp,
};

const ga_family_row ga_family_vae_mlp_e = {
    .face = {.name = "vae-mlp-e",
             .summary = "encoder of vae-mlp: the means of a latent, then its log-variances",
             .knobs = vae_knobs},
    .build = build_vae_mlp_e,
};
