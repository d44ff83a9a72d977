/* show_scenes.c - scenes beside their label maps, and what the colours of the maps mean. */
#include "data/show.h"
#include "ganatomy/scenes.h"
#include "base/alloc.h"
#include "tensor/font.h"
#include <stdio.h>
#include <string.h>

enum { CELL = 128, LINE = 16, MARGIN = 6, SWATCH = 10, MAX_LABELS = 64 };

static const char *const lights[] = {"day", "evening", "overcast"};

/* A sheet under way. */
typedef struct show {
    const ga_dataset *d;
    ga_sheet *sheet;
    ga_image cell;
    uint16_t *map;            /* (planes, side, side) */
    int side, planes, groups; /* samples beside each other */
    int done;                 /* samples so far */
    bool occurs[MAX_LABELS];
} show;

static void put_plane(show *s, int column, int row, int k)
{
    const size_t area = (size_t)s->side * (size_t)s->side;
    for (size_t p = 0; p < area; p++) {
        const int label = s->map[(size_t)k * area + p];
        s->occurs[label] = true;
        ga_scenes_label_color(label, s->cell.pixels + 3 * p);
    }
    ga_sheet_put(s->sheet, column, row, &s->cell,
                 ga_vocabulary_category(ga_scenes_vocabulary(), k));
}

static ga_status put_sample(show *s, int i, ga_err *err)
{
    uint64_t seed = 0, index = 0;
    ga_scene scene;
    char caption[64];
    ga_dataset_scene(s->d, i, &seed, &index);
    const ga_status status = ga_scene_draw(seed, index, s->side, s->cell.pixels, s->map, &scene,
                                           err);
    if (status != GA_OK)
        return status;
    const int column = s->done % s->groups * (s->planes + 1), row = s->done / s->groups;
    snprintf(caption, sizeof caption, "%s, %s", ga_scenes_season_name(scene.season),
             lights[scene.light]);
    ga_sheet_put(s->sheet, column, row, &s->cell, caption);
    for (int k = 0; k < s->planes; k++)
        put_plane(s, column + 1 + k, row, k);
    s->done++;
    return GA_OK;
}

/* ---- the legend -------------------------------------------------------------------------------*/

/* Draws the labels of category k that occur, each with its colour, from y down; with image NULL
 * only measures. Returns y below the last line. */
static int legend_of(const show *s, ga_image *image, int width, int k, int y)
{
    const ga_vocabulary *v = ga_scenes_vocabulary();
    const char *category = ga_vocabulary_category(v, k);
    const int indent = MARGIN + 10 * GA_LETTER_W;
    int x = indent;
    if (image != NULL)
        ga_font_draw(image, MARGIN, y, category, strlen(category), 90);
    for (int label = 0; label < ga_vocabulary_n(v); label++) {
        const char *name = ga_vocabulary_at(v, label).name;
        if (ga_vocabulary_at(v, label).category != k || label == 0 || !s->occurs[label])
            continue;
        const int w = SWATCH + 5 + (int)strlen(name) * GA_LETTER_W + 2 * GA_LETTER_W;
        if (x + w > width && x > indent) {
            x = indent;
            y += LINE;
        }
        for (int j = 0; image != NULL && j < SWATCH; j++)
            for (int i = 0; i < SWATCH && x + i < width; i++) {
                uint8_t *at = image->pixels +
                              ((size_t)(y + j) * (size_t)width + (size_t)(x + i)) * 3;
                if (j == 0 || i == 0 || j == SWATCH - 1 || i == SWATCH - 1)
                    memset(at, 120, 3);
                else
                    ga_scenes_label_color(label, at);
            }
        if (image != NULL)
            ga_font_draw(image, x + SWATCH + 5, y, name, strlen(name), 0);
        x += w;
    }
    return y + LINE;
}

static ga_status add_legend(const show *s, ga_image *out, ga_err *err)
{
    const ga_image *top = ga_sheet_image(s->sheet);
    const size_t bytes = (size_t)top->w * (size_t)top->h * 3;
    int h = top->h + MARGIN;
    for (int k = 0; k < s->planes; k++)
        h = legend_of(s, NULL, top->w, k, h);
    const ga_status status = ga_image_create(top->w, h, 3, out, err);
    if (status != GA_OK)
        return status;
    memset(out->pixels, 255, (size_t)out->w * (size_t)out->h * 3);
    memcpy(out->pixels, top->pixels, bytes); /* maps have colours, so it is RGB */
    h = top->h + MARGIN;
    for (int k = 0; k < s->planes; k++)
        h = legend_of(s, out, top->w, k, h);
    return GA_OK;
}

/* ---- the sheet --------------------------------------------------------------------------------*/

static ga_status draw(show *s, const ga_samples *samples, int zoom, ga_image *out, ga_err *err)
{
    char title[160];
    int n = 0;
    const int32_t *picked = samples->picked + (size_t)samples->first * (size_t)samples->columns;
    for (int i = 0; i < samples->rows * samples->columns; i++)
        n += picked[i] >= 0;
    ga_show_title(s->d, title, sizeof title);
    ga_status status = ga_sheet_create(s->groups * (s->planes + 1), (n + s->groups - 1) / s->groups,
                                       s->side, s->side, zoom, true, title, &s->sheet, err);
    if (status == GA_OK)
        status = ga_image_create(s->side, s->side, 3, &s->cell, err);
    for (int i = 0; status == GA_OK && i < samples->rows * samples->columns; i++)
        if (picked[i] >= 0)
            status = put_sample(s, picked[i], err);
    return status == GA_OK ? add_legend(s, out, err) : status;
}

ga_status ga_show_scenes(const ga_dataset *d, const ga_samples *samples, int zoom, ga_image *out,
                         ga_err *err)
{
    show s = {.d = d,
              .side = ga_dataset_dims(d).w,
              .planes = ga_vocabulary_categories(ga_scenes_vocabulary())};
    if (zoom == 0)
        zoom = s.side < CELL ? CELL / s.side : 1;
    s.groups = s.side * zoom > CELL || samples->rows * samples->columns < 2 ? 1 : 2;
    s.map = ga_mem_new((size_t)s.planes * (size_t)s.side * (size_t)s.side, sizeof *s.map);
    const ga_status status = s.map != NULL
                                 ? draw(&s, samples, zoom, out, err)
                                 : ga_fail(err, GA_ENOMEM, "no memory for maps of labels");
    ga_mem_free(s.map);
    ga_image_free(&s.cell);
    ga_sheet_free(s.sheet);
    return status;
}
