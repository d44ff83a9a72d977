/* scenes.c - scenes from seed and index to colours and labels. */
#include "data/scene.h"
#include "data/vocabulary.h"
#include "base/alloc.h"
#include <string.h>

/* ---- words ------------------------------------------------------------------------------------*/

static const char *const categories[] = {"object", "part", "material", "color"};
enum { OBJECT, PART, MATERIAL, COLOR, N_PLANES };

/* In the order of scene.h; then the basic colours in theirs. */
static const ga_label words[] = {
    {"-", OBJECT},         {"sky", OBJECT},     {"cloud", OBJECT},     {"sun", OBJECT},
    {"mountain", OBJECT},  {"tree", OBJECT},    {"grass", OBJECT},     {"snow", OBJECT},
    {"water", OBJECT},     {"path", OBJECT},    {"building", OBJECT},  {"wall", PART},
    {"roof", PART},        {"dome", PART},      {"chimney", PART},     {"door", PART},
    {"window", PART},      {"trunk", PART},     {"crown", PART},       {"brick", MATERIAL},
    {"plaster", MATERIAL}, {"wood", MATERIAL},  {"stone", MATERIAL},   {"tile", MATERIAL},
    {"metal", MATERIAL},   {"glass", MATERIAL}, {"foliage", MATERIAL}, {"snow", MATERIAL},
    {"earth", MATERIAL},   {"black", COLOR},    {"white", COLOR},      {"red", COLOR},
    {"green", COLOR},      {"yellow", COLOR},   {"blue", COLOR},       {"brown", COLOR},
    {"purple", COLOR},     {"pink", COLOR},     {"orange", COLOR},     {"grey", COLOR},
};
static const char *const titles[] = {
    "-",        "sky",    "cloud",    "sun",
    "mountain", "tree",   "grass",    "snow (object)",
    "water",    "path",   "building", "wall",
    "roof",     "dome",   "chimney",  "door",
    "window",   "trunk",  "crown",    "brick",
    "plaster",  "wood",   "stone",    "tile",
    "metal",    "glass",  "foliage",  "snow (material)",
    "earth",    "black",  "white",    "red",
    "green",    "yellow", "blue",     "brown",
    "purple",   "pink",   "orange",   "grey",
};
enum { N_WORDS = (int)(sizeof words / sizeof words[0]) };
_Static_assert(N_WORDS == N_SCENE_LABELS + GA_BASIC_COLORS, "one word for each label");
_Static_assert(sizeof titles / sizeof titles[0] == N_WORDS, "one title for each label");

/* 0xRRGGBB each. */
static const uint32_t painted[] = {
    0x202226, 0x8fc7f2, 0xffffff, 0xffd84a, 0x8d86a8, 0x1f6b3a, 0x8ccb5a, 0xd5dcf5,
    0x2f6fc0, 0xd6b27a, 0xc8503c, 0xe8a87c, 0x8c3b4a, 0x2fb3a0, 0xf05fa8, 0x7a4a2a,
    0xf7e05a, 0xb08968, 0x3f9a4c, 0xc24d36, 0xf3e6c8, 0x9a6a3c, 0x9aa1ab, 0xe0803a,
    0x2fb3a0, 0x6fd0f0, 0x5fae4a, 0xf2f5ff, 0xcbb083, 0x000000, 0xffffff, 0xd8262c,
    0x3f9f3f, 0xf7e03c, 0x2f62c8, 0x7a4a26, 0x7d3fa0, 0xf79ac0, 0xf28a20, 0x8e8e8e,
};
_Static_assert(sizeof painted / sizeof painted[0] == N_WORDS, "one colour for each label");

void ga_scenes_label_color(int label, uint8_t color[3])
{
    const uint32_t c = painted[label > 0 && label < N_WORDS ? label : 0];
    color[0] = (uint8_t)(c >> 16);
    color[1] = (uint8_t)(c >> 8);
    color[2] = (uint8_t)c;
}

static const ga_vocabulary vocabulary = {N_PLANES, N_WORDS, categories, words, titles, NULL};

const ga_vocabulary *ga_scenes_vocabulary(void)
{
    return &vocabulary;
}

static const char *const seasons[GA_SCENES_SEASONS] = {"spring", "summer", "autumn", "winter"};

const char *ga_scenes_season_name(int season)
{
    return season >= 0 && season < GA_SCENES_SEASONS ? seasons[season] : "?";
}

/* ---- pixels -----------------------------------------------------------------------------------*/

#define SCENES_STREAM 0x7363656e65000000u /* "scene": apart from the other streams of a seed */

/* What most of the points say, the lowest of equals. */
static uint16_t most(const uint16_t *label, int n)
{
    uint16_t seen[SAMPLES * SAMPLES] = {label[0]};
    int count[SAMPLES * SAMPLES], kinds = 0, best = 0;
    for (int i = 0; i < n; i++) {
        int k = 0;
        while (k < kinds && seen[k] != label[i])
            k++;
        if (k == kinds) {
            seen[k] = label[i];
            count[kinds++] = 0;
        }
        count[k]++;
    }
    for (int k = 1; k < kinds; k++)
        if (count[k] > count[best] || (count[k] == count[best] && seen[k] < seen[best]))
            best = k;
    return seen[best];
}

static uint8_t to_byte(double v)
{
    return (uint8_t)(clamp01(v) * 255 + 0.5);
}

/* One pixel's colour, and its labels of object, part and material. */
static void resolve_pixel(const canvas *c, int px, int py, uint8_t *out, uint16_t *label)
{
    enum { N = SAMPLES * SAMPLES };
    uint16_t planes[3][N];
    double x[SAMPLES];
    rgb sum = {0}, colors[SAMPLES] = {{0}};
    const size_t corner = (size_t)py * SAMPLES * (size_t)c->side + (size_t)px * SAMPLES;
    const surface *first = &c->surfaces[c->id[corner]];
    bool same = true;
    for (int i = 0; i < SAMPLES; i++)
        x[i] = (px * SAMPLES + i + 0.5) / c->side;
    for (int j = 0; j < SAMPLES; j++) {
        const double y = (py * SAMPLES + j + 0.5) / c->side;
        const uint8_t *id = c->id + corner + (size_t)j * (size_t)c->side;
        for (int i = 0; i < SAMPLES; i++) {
            const surface *s = &c->surfaces[id[i]];
            if (i == 0 || id[i] != id[i - 1])
                ga_surface_colors(s, x, y, colors);
            sum.r += clamp01(colors[i].r);
            sum.g += clamp01(colors[i].g);
            sum.b += clamp01(colors[i].b);
            same = same && s == first;
            planes[0][j * SAMPLES + i] = s->object;
            planes[1][j * SAMPLES + i] = s->part;
            planes[2][j * SAMPLES + i] = s->material;
        }
    }
    out[0] = to_byte(sum.r / N);
    out[1] = to_byte(sum.g / N);
    out[2] = to_byte(sum.b / N);
    for (int k = 0; k < 3; k++)
        label[k] = same ? planes[k][0] : most(planes[k], N);
}

static void resolve(const canvas *c, int pixels, uint8_t *out, uint16_t *labels)
{
    const size_t plane = (size_t)pixels * (size_t)pixels;
    for (int y = 0; y < pixels; y++)
        for (int x = 0; x < pixels; x++) {
            const size_t at = (size_t)y * (size_t)pixels + (size_t)x;
            uint16_t label[N_PLANES];
            resolve_pixel(c, x, y, out + 3 * at, label);
            label[COLOR] = (uint16_t)(N_SCENE_LABELS + ga_basic_color(out[3 * at], out[3 * at + 1],
                                                                      out[3 * at + 2]));
            for (size_t k = 0; labels != NULL && k < N_PLANES; k++)
                labels[k * plane + at] = label[k];
        }
}

int ga_scenes_season(uint64_t index)
{
    return (int)(index % GA_SCENES_SEASONS);
}

ga_status ga_scene_draw(uint64_t seed, uint64_t index, int pixels, uint8_t *out, uint16_t *labels,
                        ga_scene *scene, ga_err *err)
{
    if (pixels < GA_SCENES_MIN_PIXELS || pixels > GA_SCENES_MAX_PIXELS)
        return ga_fail(err, GA_EINVAL,
                       "scenes of %d x %d pixels: they are drawn at %d to %d a side", pixels,
                       pixels, GA_SCENES_MIN_PIXELS, GA_SCENES_MAX_PIXELS);
    canvas *c = ga_mem_new(1, sizeof *c);
    const size_t side = (size_t)pixels * SAMPLES;
    uint8_t *id = ga_mem_new(side * side, 1);
    if (c == NULL || id == NULL) {
        ga_mem_free(c);
        ga_mem_free(id);
        return ga_fail(err, GA_ENOMEM, "no memory for a scene of %d x %d pixels", pixels, pixels);
    }
    c->side = (int)side;
    c->id = id;
    scene_plan p = {.rng = ga_rng_of(seed, SCENES_STREAM + index),
                    .season = ga_scenes_season(index),
                    .canvas = c};
    ga_compose_scene(&p);
    resolve(c, pixels, out, labels);
    if (scene != NULL)
        *scene = (ga_scene){.season = p.season, .light = p.light};
    ga_mem_free(id);
    ga_mem_free(c);
    return GA_OK;
}
