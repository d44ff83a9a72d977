/* families_conv.c - convolutional families: DCGAN (Radford et al. 2016, arXiv:1511.06434), with
 * labels on demand; the same ladder as a VAE (Kingma and Welling 2014, arXiv:1312.6114) and as an
 * encoder; and a classifier. */
#include <stddef.h>
#include "model/family.h"

static const char *const pixel_words[] = {"28", "32", "64", "128", NULL};

/* clang-format off */
#define PIXELS   {.name = "pixels", .words = pixel_words, .fallback = "28", \
                  .help = "height and width of the pictures"}
#define DROPOUT(of) {.name = "dropout", .lo = 0, .hi = 0.9, .fallback = of, \
                     .help = "share of the maps of each block that training switches off"}
/* clang-format on */

static const char *const gan_shared[] = {"pixels", "channels", "width", "classes", NULL};

/* ---- the ladder -------------------------------------------------------------------------------*/

/* Pictures of 28 pixels are 7x7 doubled twice, all others 4x4 doubled some times. */
static int lowest(int pixels)
{
    return pixels == 28 ? 7 : 4;
}

static int doublings(int pixels)
{
    int n = 0;
    while (pixels >> n > lowest(pixels))
        n++;
    return n;
}

/* From `in` numbers in a row to pictures in blocks layer0 ..: each but the last a transposed
 * convolution, a norm and a rectifier; the map doubles as the channels halve, down to width. */
static void climb(ga_draft *d, int in, const char *last)
{
    const int pixels = ga_draft_int(d, "pixels"), n = doublings(pixels);
    const int width = ga_draft_int(d, "width"), channels = ga_draft_int(d, "channels");
    int have = in;
    for (int i = 0; i < n; i++) {
        const int next = width << (n - 1 - i);
        ga_draft_block(d, i);
        if (i == 0)
            ga_draft_conv_transpose(d, ".conv", have, next, lowest(pixels), 1, 0, false);
        else
            ga_draft_conv_transpose(d, ".conv", have, next, 4, 2, 1, false);
        ga_draft_add(d, ".bn", "BatchNorm2d", "{s:i}", "num_features", next);
        ga_draft_activate(d, "ReLU", NULL, 0);
        have = next;
    }
    ga_draft_block(d, n);
    ga_draft_conv_transpose(d, ".conv", have, channels, 4, 2, 1, true);
    ga_draft_activate(d, last, NULL, 0);
}

/* From pictures of `have` channels down to the lowest map, the same ladder backward; returns its
 * channels. The first block has no norm. */
static int descend(ga_draft *d, int have, bool norm, double dropout)
{
    const int n = doublings(ga_draft_int(d, "pixels")), width = ga_draft_int(d, "width");
    for (int i = 0; i < n; i++) {
        const bool normed = norm && i > 0;
        ga_draft_block(d, i);
        ga_draft_conv(d, ".conv", have, width << i, 4, 2, 1, !normed);
        have = width << i;
        if (normed)
            ga_draft_add(d, ".bn", "BatchNorm2d", "{s:i}", "num_features", have);
        ga_draft_activate(d, "LeakyReLU", "Dropout2d", dropout);
    }
    return have;
}

/* ---- dcgan ------------------------------------------------------------------------------------*/

static void build_dcgan(ga_draft *d)
{
    const int z = ga_draft_int(d, "z"), classes = ga_draft_int(d, "classes");
    ga_draft_latent(d, z);
    ga_draft_label(d, classes);
    ga_draft_makes_pictures(d, -1, 1);
    climb(d, ga_draft_labelled_latent(d, z, classes), "Tanh");
}

static const ga_knob dcgan_knobs[] = {
    PIXELS,
    GA_KNOB_CHANNELS,
    GA_KNOB_WHOLE("width", 1, 1024, "64",
                  "channels of the last hidden block, doubled in each one before it"),
    GA_KNOB_WHOLE("z", 1, 4096, "64", "numbers of a latent"),
    GA_KNOB_CLASSES,
    {0}};

const ga_family_row ga_family_dcgan = {
    .face = {.name = "dcgan",
             .summary = "generator of transposed convolutions, of classes on demand",
             .knobs = dcgan_knobs,
             .partner = "dcgan-d"},
    .shared = gan_shared,
    .build = build_dcgan,
};

/* ---- dcgan-d ----------------------------------------------------------------------------------*/

static void build_dcgan_d(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels"), channels = ga_draft_int(d, "channels");
    const int classes = ga_draft_int(d, "classes"), kernel = lowest(pixels);
    const bool concat = classes > 0 && ga_draft_is(d, "cond", "concat");
    ga_draft_picture(d, channels, pixels, -1, 1);
    ga_draft_label(d, classes);
    ga_draft_makes(d, "logits");
    if (concat) {
        ga_draft_add(d, "label.code", "Embedding", "{s:i, s:i}", "num_embeddings", classes,
                     "embedding_dim", pixels * pixels);
        ga_draft_reads(d, "label", NULL);
        ga_draft_add(d, "label.map", "Unflatten", "{s:[i,i,i]}", "unflattened_size", 1, pixels,
                     pixels);
        ga_draft_add(d, "image.label", "Concat", NULL);
        ga_draft_reads(d, "image", "label.map");
    }
    const int top = descend(d, channels + concat, ga_draft_is(d, "norm", "batch"),
                            ga_draft_number(d, "dropout"));
    if (classes == 0 || concat) {
        ga_draft_conv(d, "logit", top, 1, kernel, 1, 0, true);
        return;
    }
    const int count = top * kernel * kernel;
    ga_draft_add(d, "features", "Flatten", NULL);
    ga_draft_linear(d, "score", count, 1);
    ga_draft_project(d, "features", count, "score", classes);
}

static const char *const norm_words[] = {"batch", "none", NULL};
static const char *const cond_words[] = {"projection", "concat", NULL};

static const ga_knob dcgan_d_knobs[] = {
    PIXELS,
    GA_KNOB_CHANNELS,
    GA_KNOB_WHOLE("width", 1, 1024, "64",
                  "channels of the first block, doubled in each one behind it"),
    GA_KNOB_CLASSES,
    {.name = "cond",
     .words = cond_words,
     .fallback = "projection",
     .help = "how the label is read: its product with the features, or joined to the picture"},
    {.name = "norm",
     .words = norm_words,
     .fallback = "batch",
     .help = "none for gradient penalties and spectral normalisation"},
    DROPOUT("0"),
    {0}};

const ga_family_row ga_family_dcgan_d = {
    .face = {.name = "dcgan-d",
             .summary = "discriminator of convolutions, the ladder of dcgan backward",
             .knobs = dcgan_d_knobs},
    .build = build_dcgan_d,
};

/* ---- vae --------------------------------------------------------------------------------------*/

static void build_vae(ga_draft *d)
{
    const int z = ga_draft_int(d, "z");
    ga_draft_latent(d, z);
    ga_draft_makes_pictures(d, 0, 1);
    climb(d, z, "Sigmoid");
}

/* The ladder down to its lowest map, then through a fully connected layer. */
static void build_vae_e(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels"), channels = ga_draft_int(d, "channels");
    ga_draft_picture(d, channels, pixels, 0, 1);
    ga_draft_makes(d, "gaussian");
    const int top = descend(d, channels, true, 0);
    ga_draft_add(d, "features", "Flatten", NULL);
    ga_draft_linear(d, "moments", top * lowest(pixels) * lowest(pixels), 2 * ga_draft_int(d, "z"));
}

static const char *const vae_shared[] = {"pixels", "channels", "width", "z", NULL};

static const ga_knob vae_knobs[] = {
    PIXELS,
    GA_KNOB_CHANNELS,
    GA_KNOB_WHOLE("width", 1, 1024, "32",
                  "channels of the block next to the picture, doubled in each one farther"),
    GA_KNOB_WHOLE("z", 1, 4096, "16", "numbers of a latent"),
    {0}};

const ga_family_row ga_family_vae = {
    .face = {.name = "vae",
             .summary = "decoder of a variational autoencoder, as dcgan; pictures from 0 to 1",
             .knobs = vae_knobs,
             .partner = "vae-e"},
    .shared = vae_shared,
    .build = build_vae,
};

const ga_family_row ga_family_vae_e = {
    .face = {.name = "vae-e",
             .summary = "encoder of vae: the means of a latent, then its log-variances",
             .knobs = vae_knobs},
    .build = build_vae_e,
};

/* ---- encoder ----------------------------------------------------------------------------------*/

static void build_encoder(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels"), channels = ga_draft_int(d, "channels");
    const int hidden = 8 * ga_draft_int(d, "width");
    ga_draft_picture(d, channels, pixels, -1, 1);
    ga_draft_makes(d, "latent");
    const int top = descend(d, channels, true, 0);
    ga_draft_add(d, "flat", "Flatten", NULL);
    ga_draft_linear(d, "hidden", top * lowest(pixels) * lowest(pixels), hidden);
    ga_draft_add(d, "features", "LeakyReLU", "{s:f}", "negative_slope", 0.2);
    ga_draft_linear(d, "latent", hidden, ga_draft_int(d, "z"));
}

static const ga_knob encoder_knobs[] = {
    PIXELS,
    GA_KNOB_CHANNELS,
    GA_KNOB_WHOLE("width", 1, 1024, "32",
                  "channels of the first block, doubled in each one behind it"),
    GA_KNOB_WHOLE("z", 1, 4096, "64", "numbers of the generator's latent"),
    {0}};

const ga_family_row ga_family_encoder = {
    .face = {.name = "encoder",
             .summary = "from a generator's picture back to its latent",
             .knobs = encoder_knobs},
    .build = build_encoder,
};

/* ---- cnn --------------------------------------------------------------------------------------*/

/* A stage is two 3x3 convolutions and a pooling; the first has one convolution only, since at full
 * size each costs as much as two behind it. The mean over the last map are the features. */
static void build_cnn(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels"), classes = ga_draft_int(d, "classes");
    const int width = ga_draft_int(d, "width"), stages = pixels == 64 ? 4 : 3;
    const double dropout = ga_draft_number(d, "dropout");
    int have = ga_draft_int(d, "channels"), block = 0;
    ga_draft_picture(d, have, pixels, 0, 1);
    ga_draft_makes(d, "logits");
    for (int stage = 0; stage < stages; stage++) {
        for (int i = stage == 0 ? 1 : 0; i < 2; i++, block++) {
            ga_draft_block(d, block);
            ga_draft_conv(d, ".conv", have, width << stage, 3, 1, 1, false);
            have = width << stage;
            ga_draft_add(d, ".bn", "BatchNorm2d", "{s:i}", "num_features", have);
            ga_draft_activate(d, "ReLU", NULL, 0);
        }
        if (stage < stages - 1)
            ga_draft_add(d, ".pool", "MaxPool2d", "{s:i}", "kernel_size", 2);
        if (stage < stages - 1 && dropout > 0)
            ga_draft_add(d, ".dropout", "Dropout2d", "{s:f}", "p", dropout / 2);
    }
    ga_draft_add(d, "features", "AdaptiveAvgPool2d", "{s:i}", "output_size", 1);
    if (dropout > 0)
        ga_draft_add(d, "dropout", "Dropout", "{s:f}", "p", dropout);
    ga_draft_linear(d, "logits", have, classes);
}

static const char *const cnn_pixel_words[] = {"28", "32", "64", NULL};

static const ga_knob cnn_knobs[] = {
    {.name = "pixels",
     .words = cnn_pixel_words,
     .fallback = "28",
     .help = "height and width of the pictures"},
    GA_KNOB_CHANNELS,
    GA_KNOB_WHOLE("classes", 2, 1000, "10", "classes told apart"),
    GA_KNOB_WHOLE("width", 1, 512, "32",
                  "channels of the first stage, doubled in each one behind it"),
    {.name = "dropout",
     .lo = 0,
     .hi = 0.9,
     .fallback = "0.25",
     .help = "share of the features that training switches off; half of it for maps"},
    {0}};

const ga_family_row ga_family_cnn = {
    .face = {.name = "cnn",
             .summary = "classifier: convolution, batch norm and rectifier, mean of the last map",
             .knobs = cnn_knobs},
    .build = build_cnn,
};
