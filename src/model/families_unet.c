/* families_unet.c - from pictures to labels of pixels: U-Net (Ronneberger, Fischer and Brox 2015,
 * arXiv:1505.04597), with padding, so that maps keep their size, batch norm behind each
 * convolution, and nearest neighbours in place of transposed convolutions, whose chequers label
 * maps would show. */
#include "model/family.h"
#include <stdio.h>

/* conv 3x3, batch norm, rectifier; the tap is NAME. */
static void convolve(ga_draft *d, const char *name, int in, int out)
{
    char part[48];
    snprintf(part, sizeof part, "%s.conv", name);
    ga_draft_conv(d, part, in, out, 3, 1, 1, false);
    snprintf(part, sizeof part, "%s.bn", name);
    ga_draft_add(d, part, "BatchNorm2d", "{s:i}", "num_features", out);
    ga_draft_add(d, name, "ReLU", NULL);
}

static void build_unet(ga_draft *d)
{
    const int width = ga_draft_int(d, "width"), depth = ga_draft_int(d, "depth");
    const int channels = ga_draft_int(d, "channels");
    char name[32], other[32];
    ga_draft_picture(d, channels, ga_draft_int(d, "pixels"), -1, 1);
    ga_draft_makes(d, "labels");
    int have = channels;
    for (int i = 0; i <= depth; i++) { /* down; the last level is the bottom */
        if (i > 0) {
            snprintf(name, sizeof name, "pool%d", i);
            ga_draft_add(d, name, "MaxPool2d", "{s:i}", "kernel_size", 2);
        }
        for (int k = 1; k <= 2; k++) {
            snprintf(name, sizeof name, "down%d.%d", i, k);
            convolve(d, name, have, width << i);
            have = width << i;
        }
    }
    for (int i = depth - 1; i >= 0; i--) { /* up, joined with what came down at that size */
        snprintf(name, sizeof name, "up%d", i);
        ga_draft_add(d, name, "Upsample", "{s:i}", "scale_factor", 2);
        snprintf(other, sizeof other, "down%d.2", i);
        snprintf(name, sizeof name, "join%d", i);
        ga_draft_add(d, name, "Concat", NULL);
        snprintf(name, sizeof name, "up%d", i);
        ga_draft_reads(d, name, other);
        have += width << i;
        for (int k = 1; k <= 2; k++) {
            snprintf(name, sizeof name, "up%d.%d", i, k);
            convolve(d, name, have, width << i);
            have = width << i;
        }
    }
    ga_draft_conv(d, "labels", have, ga_draft_int(d, "outputs"), 1, 1, 0, true);
}

/* clang-format off */
static const char *const pixel_words[] = {"16", "32", "64", "128", "256", NULL};
static const ga_knob unet_knobs[] = {
    {.name = "pixels", .words = pixel_words, .fallback = "64",
     .help = "height and width of the pictures"},
    GA_KNOB_CHANNELS,
    GA_KNOB_WHOLE("outputs", 2, 4096, "2",
                  "logits of a pixel: for each category one more than it has labels"),
    GA_KNOB_WHOLE("width", 1, 512, "16", "channels at full size, doubled at each half of it"),
    GA_KNOB_WHOLE("depth", 1, 4, "3", "how often the size is halved"),
    {0}};
/* clang-format on */

const ga_family_row ga_family_unet = {
    .face = {.name = "unet",
             .summary = "segmenter: down to small maps, up again beside what came down",
             .knobs = unet_knobs},
    .build = build_unet,
};
