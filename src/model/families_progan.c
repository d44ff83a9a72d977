/* families_progan.c - the progressive GAN (Karras et al. 2018, arXiv:1710.10196), grown: its
 * generator as the dissection of Bau et al. 2019 (arXiv:1811.10597) names its layers and their
 * numbers, and a discriminator that mirrors it. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include "model/family.h"

static const char *const pixel_words[] = {"8", "16", "32", "64", "128", "256", "512", "1024", NULL};

/* clang-format off */
#define PIXELS {.name = "pixels", .words = pixel_words, .fallback = "64", \
                .help = "height and width of the pictures"}
#define TOP    GA_KNOB_WHOLE("top", 1, 4096, "512", "most channels of a layer")
#define WIDTH  GA_KNOB_WHOLE("width", 0, 4096, "0", \
                             "channels at full size, doubled with each halving up to top; " \
                             "0: as published")
/* clang-format on */

/* Published ladders come from 8192 / size, of the largest networks from 16384 / size. */
int ga_progan_width(int pixels)
{
    return (pixels > 256 ? 16384 : 8192) / pixels;
}

/* Channels of the maps of size x size. */
static int ladder(const ga_draft *d, int size)
{
    const int pixels = ga_draft_int(d, "pixels"), top = ga_draft_int(d, "top");
    int width = ga_draft_int(d, "width");
    if (width == 0)
        width = ga_progan_width(pixels);
    const long long wanted = (long long)width * (pixels / size);
    return wanted < top ? (int)wanted : top;
}

/* A convolution of normal(0, 1) weights, scaled to a gain over the root of what it sums: the
 * product is of deviation `gain` where its input is of deviation 1. */
static void scaled_conv(ga_draft *d, const char *conv, const char *scale, const int size[4],
                        double gain)
{
    const int in = size[0], out = size[1], kernel = size[2], padding = size[3];
    ga_draft_conv(d, conv, in, out, kernel, 1, padding, false);
    /* a float: its nine digits in a file are read as the same number */
    const float by = (float)(gain / (kernel * sqrt((double)in)));
    ga_draft_add(d, scale, "WScale", "{s:i, s:f}", "num_features", out, "scale", (double)by);
}

/* ---- progan -----------------------------------------------------------------------------------*/

static void generator_block(ga_draft *d, int block, const int size[4], bool up)
{
    ga_draft_block(d, block);
    ga_draft_add(d, ".norm", "PixelNorm", NULL);
    if (up)
        ga_draft_add(d, ".up", "Upsample", "{s:i}", "scale_factor", 2);
    scaled_conv(d, ".conv", ".wscale", size, sqrt(2));
    ga_draft_activate(d, "LeakyReLU", NULL, 0);
}

static void build_progan(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels"), z = ga_draft_int(d, "z");
    int have = ladder(d, 4), block = 1;
    char name[4][32];
    d->start = "normal";
    d->quick = true;
    ga_draft_latent(d, z);
    ga_draft_makes_pictures(d, -1, 1);
    generator_block(d, block++, (const int[]){z, have, 4, 3}, false);
    generator_block(d, block++, (const int[]){have, have, 3, 1}, false);
    for (int size = 8; size <= pixels; size *= 2) {
        const int next = ladder(d, size);
        generator_block(d, block++, (const int[]){have, next, 3, 1}, true);
        generator_block(d, block++, (const int[]){next, next, 3, 1}, false);
        have = next;
    }
    static const char *const parts[] = {".norm", ".conv", ".wscale", ""};
    for (int i = 0; i < 4; i++)
        (void)snprintf(name[i], sizeof name[i], "output_%dx%d%s", pixels, pixels, parts[i]);
    ga_draft_add(d, name[0], "PixelNorm", NULL);
    scaled_conv(d, name[1], name[2], (const int[]){have, ga_draft_int(d, "channels"), 1, 0}, 1);
    ga_draft_add(d, name[3], "Identity", NULL);
}

static const char *const shared[] = {"pixels", "channels", "top", "width", NULL};

static const ga_knob progan_knobs[] = {PIXELS,
                                       {.name = "channels",
                                        .words = ga_channel_words,
                                        .fallback = "3",
                                        .help = "1 for grey, 3 for colour"},
                                       GA_KNOB_WHOLE("z", 1, 4096, "512", "numbers of a latent"),
                                       TOP,
                                       WIDTH,
                                       {0}};

const ga_family_row ga_family_progan = {
    .face = {.name = "progan",
             .summary = "generator of pixel norms and 3x3 convolutions, the one that was dissected",
             .knobs = progan_knobs,
             .partner = "progan-d"},
    .shared = shared,
    .build = build_progan,
    .foreign = ga_progan_foreign,
    .ignored = ga_progan_ignored,
    .infer = ga_progan_infer,
};

/* ---- progan-d ---------------------------------------------------------------------------------*/

static void critic_block(ga_draft *d, int block, const int size[4], bool down)
{
    ga_draft_block(d, block);
    scaled_conv(d, ".conv", ".wscale", size, sqrt(2));
    if (!down) {
        ga_draft_activate(d, "LeakyReLU", NULL, 0);
        return;
    }
    ga_draft_add(d, ".act", "LeakyReLU", "{s:f}", "negative_slope", 0.2);
    ga_draft_add(d, "", "AvgPool2d", "{s:i}", "kernel_size", 2);
}

static void build_progan_d(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels"), channels = ga_draft_int(d, "channels");
    int have = ladder(d, pixels), block = 0;
    d->start = "normal";
    ga_draft_picture(d, channels, pixels, -1, 1);
    ga_draft_makes(d, "logits");
    critic_block(d, block++, (const int[]){channels, have, 1, 0}, false);
    for (int size = pixels; size > 4; size /= 2) {
        const int next = ladder(d, size / 2);
        if (ga_draft_is(d, "convs", "2"))
            critic_block(d, block++, (const int[]){have, have, 3, 1}, false);
        critic_block(d, block++, (const int[]){have, next, 3, 1}, true);
        have = next;
    }
    const int group = ga_draft_int(d, "group");
    if (group > 0)
        ga_draft_add(d, "spread", "MinibatchStddev", "{s:i}", "group_size", group);
    critic_block(d, block++, (const int[]){have + (group > 0), have, 3, 1}, false);
    critic_block(d, block, (const int[]){have, have, 4, 0}, false);
    scaled_conv(d, "logit.conv", "logit", (const int[]){have, 1, 1, 0}, 1);
}

static const char *const convs_words[] = {"2", "1", NULL};

static const ga_knob progan_d_knobs[] = {
    PIXELS,
    {.name = "channels",
     .words = ga_channel_words,
     .fallback = "3",
     .help = "1 for grey, 3 for colour"},
    TOP,
    WIDTH,
    {.name = "convs",
     .words = convs_words,
     .fallback = "2",
     .help = "convolutions at each size; 1 costs a third less"},
    GA_KNOB_WHOLE("group", 0, 64, "4",
                  "images whose spread the last layers are told, against collapse; 0: none"),
    {0}};

const ga_family_row ga_family_progan_d = {
    .face = {.name = "progan-d",
             .summary =
                 "discriminator of 3x3 convolutions and means, the ladder of progan backward",
             .knobs = progan_d_knobs},
    .build = build_progan_d,
};
