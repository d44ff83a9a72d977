/* families_upernet.c - unified perceptual parsing (Xiao et al. 2018, arXiv:1807.10221): a ResNet-50
 * (He et al. 2016, arXiv:1512.03385) with a stem of three convolutions, a pyramid of its maps on
 * the way back, and heads for scene, object, part and material. It is the network with which
 * GAN Dissection looks at pictures; names below `encoder.` and `decoder.` are the published keys.
 */
#include "model/family.h"
#include <stdio.h>
#include <string.h>

/* Pools of the deepest map; sizes of maps, 1/4 to 1/32; letters of a tap. */
enum { POOLS = 4, LEVELS = 4, NAME = 40 };

static int half(int side)
{
    return (side + 1) / 2;
}

/* ---- parts ------------------------------------------------------------------------------------*/

/* A product without bias and its norm, NAME.0 and NAME.1, then the rectifier NAME. from: what it
 * reads; NULL: the layer before. */
static void convolve(ga_draft *d, const char *name, const char *from, const int size[3])
{
    char part[64];
    snprintf(part, sizeof part, "%s.0", name);
    ga_draft_conv(d, part, size[0], size[1], size[2], 1, size[2] / 2, false);
    if (from != NULL)
        ga_draft_reads(d, from, NULL);
    snprintf(part, sizeof part, "%s.1", name);
    ga_draft_add(d, part, "BatchNorm2d", "{s:i}", "num_features", size[1]);
    ga_draft_add(d, name, "ReLU", NULL);
}

/* BLOCK.convK and its norm BLOCK.bnK; size: channels in, out, kernel, stride. */
static void numbered(ga_draft *d, const char *block, int k, const int size[4])
{
    char part[64];
    snprintf(part, sizeof part, "%s.conv%d", block, k);
    ga_draft_conv(d, part, size[0], size[1], size[2], size[3], size[2] / 2, false);
    snprintf(part, sizeof part, "%s.bn%d", block, k);
    ga_draft_add(d, part, "BatchNorm2d", "{s:i}", "num_features", size[1]);
}

static void rectify(ga_draft *d, const char *block, int k)
{
    char part[64];
    snprintf(part, sizeof part, "%s.relu%d", block, k);
    ga_draft_add(d, part, "ReLU", NULL);
}

static void resize(ga_draft *d, const char *name, const char *from, int side)
{
    ga_draft_add(d, name, "Upsample", "{s:i, s:s}", "size", side, "mode", "bilinear");
    ga_draft_reads(d, from, NULL);
}

/* ---- encoder ----------------------------------------------------------------------------------*/

/* Colours from -1 to 1 as the published network reads them: blue, green, red from 0 to 255, less a
 * mean. */
static void normalise(ga_draft *d)
{
    static const char *const names[] = {"red", "green", "blue"};
    static const double means[] = {122.7717, 115.9465, 102.9801};
    char part[32];
    for (int c = 0; c < 3; c++) {
        ga_draft_add(d, names[c], "Slice", "{s:i, s:i}", "start", c, "stop", c + 1);
        ga_draft_reads(d, "image", NULL);
        snprintf(part, sizeof part, "%s.level", names[c]);
        ga_draft_add(d, part, "Scale", "{s:f, s:f}", "scale", 127.5, "bias", 127.5 - means[c]);
    }
    ga_draft_add(d, "bgr", "Concat", NULL);
    ga_draft_reads_all(d, (const char *const[]){"blue.level", "green.level", "red.level"}, 3);
}

/* A bottleneck: 1x1, 3x3 that may halve the map, 1x1 to four times as many channels, and what came
 * in added, through a product of its own where the shape changes. size: channels in, planes,
 * stride. */
static void bottleneck(ga_draft *d, const char *name, const char *from, const int size[3])
{
    const int in = size[0], planes = size[1], stride = size[2], out = 4 * planes;
    char part[64], last[64];
    numbered(d, name, 1, (const int[]){in, planes, 1, 1});
    rectify(d, name, 1);
    numbered(d, name, 2, (const int[]){planes, planes, 3, stride});
    rectify(d, name, 2);
    numbered(d, name, 3, (const int[]){planes, out, 1, 1});
    if (stride != 1 || in != out) {
        snprintf(part, sizeof part, "%s.downsample.0", name);
        ga_draft_conv(d, part, in, out, 1, stride, 0, false);
        ga_draft_reads(d, from, NULL);
        snprintf(part, sizeof part, "%s.downsample.1", name);
        ga_draft_add(d, part, "BatchNorm2d", "{s:i}", "num_features", out);
        from = part;
    }
    snprintf(last, sizeof last, "%s.sum", name);
    ga_draft_add(d, last, "Add", NULL);
    snprintf(last, sizeof last, "%s.bn3", name);
    ga_draft_reads(d, last, from);
    ga_draft_add(d, name, "ReLU", NULL);
}

/* Bottlenecks at each size. */
static const int *blocks_of(const ga_draft *d)
{
    static const int fourteen[] = {1, 1, 1, 1}, fifty[] = {3, 4, 6, 3}, hundred[] = {3, 4, 23, 3};
    const int depth = ga_draft_int(d, "depth");
    return depth == 14 ? fourteen : depth == 50 ? fifty : hundred;
}

/* levels: gets the names of the last maps of each size. */
static void encode(ga_draft *d, char levels[LEVELS][NAME])
{
    const int width = ga_draft_int(d, "width"), *blocks = blocks_of(d);
    const int stem[3][4] = {{3, width, 3, 2}, {width, width, 3, 1}, {width, 2 * width, 3, 1}};
    char from[NAME] = "encoder.maxpool", name[NAME];
    int have = 2 * width;
    normalise(d);
    for (int k = 1; k <= 3; k++) {
        numbered(d, "encoder", k, stem[k - 1]);
        rectify(d, "encoder", k);
    }
    ga_draft_add(d, from, "MaxPool2d", "{s:i, s:i, s:i}", "kernel_size", 3, "stride", 2, "padding",
                 1);
    for (int level = 0; level < LEVELS; level++) {
        const int planes = width << level;
        for (int k = 0; k < blocks[level]; k++) {
            snprintf(name, sizeof name, "encoder.layer%d.%d", level + 1, k);
            bottleneck(d, name, from, (const int[]){have, planes, k == 0 && level > 0 ? 2 : 1});
            memcpy(from, name, sizeof from);
            have = 4 * planes;
        }
        memcpy(levels[level], from, sizeof from);
    }
}

/* ---- decoder ----------------------------------------------------------------------------------*/

/* The deepest map beside its means over 1, 4, 9 and 36 pieces. */
static void pool_pyramid(ga_draft *d, const char *deepest, int side)
{
    static const int pieces[POOLS] = {1, 2, 3, 6};
    const int have = 32 * ga_draft_int(d, "width"), fpn = ga_draft_int(d, "fpn");
    char name[POOLS][NAME], pool[NAME], up[NAME];
    const char *all[1 + POOLS] = {deepest};
    for (int k = 0; k < POOLS; k++) {
        snprintf(pool, sizeof pool, "decoder.ppm_pooling.%d", k);
        ga_draft_add(d, pool, "PrRoIPool2d", "{s:i}", "output_size", pieces[k]);
        ga_draft_reads(d, deepest, NULL);
        snprintf(up, sizeof up, "decoder.ppm_up.%d", k);
        resize(d, up, pool, side);
        snprintf(name[k], sizeof name[k], "decoder.ppm_conv.%d", k);
        convolve(d, name[k], NULL, (const int[]){have, fpn, 1});
        all[1 + k] = name[k];
    }
    ga_draft_add(d, "decoder.ppm", "Concat", NULL);
    ga_draft_reads_all(d, all, 1 + POOLS);
    convolve(d, "decoder.ppm_last_conv", NULL, (const int[]){have + POOLS * fpn, fpn, 3});
}

/* From the deepest map back up: at each size what comes from below, resized, plus what the encoder
 * had there. Layers with numbers stand in the order of the published keys. */
static void climb(ga_draft *d, char levels[LEVELS][NAME], const int side[LEVELS])
{
    const int width = ga_draft_int(d, "width"), fpn = ga_draft_int(d, "fpn");
    char from[NAME] = "decoder.ppm_last_conv", down[NAME], in[NAME], name[NAME];
    for (int k = 0; k < LEVELS - 1; k++) {
        snprintf(name, sizeof name, "decoder.fpn_in.%d", k);
        convolve(d, name, levels[k], (const int[]){(4 * width) << k, fpn, 1});
    }
    for (int k = LEVELS - 2; k >= 0; k--) {
        snprintf(down, sizeof down, "decoder.down.%d", k);
        resize(d, down, from, side[k]);
        snprintf(in, sizeof in, "decoder.fpn_in.%d", k);
        snprintf(from, sizeof from, "decoder.sum.%d", k);
        ga_draft_add(d, from, "Add", NULL);
        ga_draft_reads(d, in, down);
    }
    for (int k = 0; k < LEVELS - 1; k++) {
        snprintf(name, sizeof name, "decoder.fpn_out.%d.0", k);
        snprintf(from, sizeof from, "decoder.sum.%d", k);
        convolve(d, name, from, (const int[]){fpn, fpn, 3});
    }
}

/* All sizes at the largest, joined. */
static void fuse(ga_draft *d, int side)
{
    const int fpn = ga_draft_int(d, "fpn");
    char name[LEVELS][NAME] = {"decoder.fpn_out.0.0"}, from[NAME];
    const char *all[LEVELS] = {name[0]};
    for (int k = 1; k < LEVELS; k++) {
        snprintf(from, sizeof from, "decoder.fpn_out.%d.0", k);
        snprintf(name[k], sizeof name[k], "decoder.up.%d", k);
        resize(d, name[k], k < LEVELS - 1 ? from : "decoder.ppm_last_conv", side);
        all[k] = name[k];
    }
    ga_draft_add(d, "decoder.fusion", "Concat", NULL);
    ga_draft_reads_all(d, all, LEVELS);
    convolve(d, "decoder.conv_fusion", NULL, (const int[]){LEVELS * fpn, fpn, 3});
}

/* A head that says something of every pixel: WHAT_head.1. */
static void say_pixels(ga_draft *d, const char *what, const char *from, int outputs)
{
    const int fpn = ga_draft_int(d, "fpn");
    char name[NAME];
    snprintf(name, sizeof name, "decoder.%s_head.0", what);
    convolve(d, name, from, (const int[]){fpn, fpn, 3});
    snprintf(name, sizeof name, "decoder.%s_head.1", what);
    ga_draft_conv(d, name, fpn, outputs, 1, 1, 0, true);
}

static void say_scene(ga_draft *d)
{
    const int fpn = ga_draft_int(d, "fpn");
    convolve(d, "decoder.scene_head.0", "decoder.ppm_last_conv", (const int[]){fpn, fpn, 3});
    ga_draft_add(d, "decoder.scene_head.1", "AdaptiveAvgPool2d", "{s:i}", "output_size", 1);
    ga_draft_conv(d, "decoder.scene_head.2", fpn, ga_draft_int(d, "scenes"), 1, 1, 0, true);
}

static void build_upernet(ga_draft *d)
{
    const int pixels = ga_draft_int(d, "pixels");
    int side[LEVELS] = {half(half(pixels))};
    char levels[LEVELS][NAME];
    for (int k = 1; k < LEVELS; k++)
        side[k] = half(side[k - 1]);
    ga_draft_picture(d, 3, pixels, -1, 1);
    ga_draft_makes(d, "parsing");
    ga_draft_piece(d, "encoder.");
    ga_draft_piece(d, "decoder.");
    encode(d, levels);
    pool_pyramid(d, levels[LEVELS - 1], side[LEVELS - 1]);
    climb(d, levels, side);
    fuse(d, side[0]);
    say_scene(d);
    say_pixels(d, "object", "decoder.conv_fusion", ga_draft_int(d, "objects"));
    say_pixels(d, "part", "decoder.conv_fusion", ga_draft_int(d, "parts"));
    say_pixels(d, "material", "decoder.fpn_out.0.0", ga_draft_int(d, "materials"));
    ga_draft_add(d, "logits", "Concat", NULL);
    ga_draft_reads_all(d,
                       (const char *const[]){"decoder.object_head.1", "decoder.part_head.1",
                                             "decoder.material_head.1"},
                       3);
}

/* clang-format off */
static const char *const depth_words[] = {"14", "50", "101", NULL};
static const ga_knob upernet_knobs[] = {
    GA_KNOB_WHOLE("pixels", 32, 1024, "256", "height and width at which pictures are looked at"),
    {.name = "depth", .words = depth_words, .fallback = "50",
     .help = "of the encoder; 14 has one bottleneck at each size"},
    GA_KNOB_WHOLE("width", 1, 256, "64", "channels of the first bottleneck, doubled at each halving"),
    GA_KNOB_WHOLE("fpn", 1, 4096, "512", "channels of the way back"),
    GA_KNOB_WHOLE("objects", 1, 4096, "336", "names of objects, \"-\" included"),
    GA_KNOB_WHOLE("parts", 1, 4096, "427", "parts of all objects, a \"-\" of each included"),
    GA_KNOB_WHOLE("materials", 1, 4096, "26", "names of materials, \"-\" included"),
    GA_KNOB_WHOLE("scenes", 1, 4096, "365", "names of scenes"),
    {0}};
/* clang-format on */

const ga_family_row ga_family_upernet = {
    .face = {.name = "upernet",
             .summary = "segmenter of everyday scenes: objects, parts and materials of each pixel",
             .knobs = upernet_knobs},
    .build = build_upernet,
};
