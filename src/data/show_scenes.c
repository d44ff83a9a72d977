/* show_scenes.c - scenes beside their label maps, and what the colours of the maps mean. */
#include "data/legend.h"
#include "data/show.h"
#include "ganatomy/scenes.h"
#include "base/alloc.h"
#include <stdio.h>
#include <string.h>

enum { CELL = 128 };

static const char *const lights[] = {"day", "evening", "overcast"};

/* A sheet under way. */
typedef struct show {
    const ga_dataset *d;
    ga_sheet *sheet;
    ga_image cell;
    uint16_t *map;            /* (planes, side, side) */
    int side, planes, groups; /* samples beside each other */
    int done;                 /* samples so far */
    ga_legend *legend;
} show;

static void put_plane(show *s, int column, int row, int k)
{
    const size_t area = (size_t)s->side * (size_t)s->side;
    const uint16_t *plane = s->map + (size_t)k * area;
    ga_legend_count(s->legend, plane, area, k);
    for (size_t p = 0; p < area; p++)
        ga_scenes_label_color(plane[p], s->cell.pixels + 3 * p);
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

static void color(const void *user, int label, int category, uint8_t rgb[3])
{
    (void)user;
    (void)category;
    ga_scenes_label_color(label, rgb);
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
    if (status == GA_OK)
        status = ga_legend_add(s->legend, color, NULL, s->sheet, err);
    const ga_image *all = ga_sheet_image(s->sheet);
    if (status == GA_OK)
        status = ga_image_create(all->w, all->h, all->c, out, err);
    if (status == GA_OK)
        memcpy(out->pixels, all->pixels, (size_t)all->w * (size_t)all->h * (size_t)all->c);
    return status;
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
    ga_status status = s.map != NULL ? ga_legend_create(ga_scenes_vocabulary(), &s.legend, err)
                                     : ga_fail(err, GA_ENOMEM, "no memory for maps of labels");
    if (status == GA_OK)
        status = draw(&s, samples, zoom, out, err);
    ga_legend_free(s.legend);
    ga_mem_free(s.map);
    ga_image_free(&s.cell);
    ga_sheet_free(s.sheet);
    return status;
}
