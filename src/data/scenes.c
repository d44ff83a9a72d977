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
    uint16_t seen[SAMPLES * SAMPLES];
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
    rgb sum = {0};
    bool same = true;
    const surface *first =
        &c->surfaces[c->id[(size_t)py * SAMPLES * (size_t)c->side + (size_t)px * SAMPLES]];
    for (int k = 0; k < N; k++) {
        const int i = px * SAMPLES + k % SAMPLES, j = py * SAMPLES + k / SAMPLES;
        const surface *s = &c->surfaces[c->id[(size_t)j * (size_t)c->side + (size_t)i]];
        const rgb at = ga_surface_color(s, (i + 0.5) / c->side, (j + 0.5) / c->side);
        sum.r += clamp01(at.r);
        sum.g += clamp01(at.g);
        sum.b += clamp01(at.b);
        same = same && s == first;
        planes[0][k] = s->object;
        planes[1][k] = s->part;
        planes[2][k] = s->material;
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
