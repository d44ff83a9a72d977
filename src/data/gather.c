/* gather.c - grey or colour, see-through or not, of one size or made so. */
#include "data/gather.h"
#include "base/alloc.h"
#include <string.h>

/* RGBA on black, in place, as RGB; as grey where all of it is (grey pictures with alpha are read as
 * RGBA). Returns whether anything was see-through. */
static bool flatten(ga_image *picture)
{
    const size_t n = (size_t)picture->w * (size_t)picture->h;
    const uint8_t *from = picture->pixels;
    bool grey = true, see_through = false;
    for (size_t i = 0; i < n; i++) {
        const int alpha = from[4 * i + 3];
        see_through = see_through || alpha != 255;
        for (size_t k = 0; k < 3; k++)
            picture->pixels[3 * i + k] = (uint8_t)((from[4 * i + k] * alpha + 127) / 255);
        const uint8_t *p = picture->pixels + 3 * i;
        grey = grey && p[0] == p[1] && p[1] == p[2];
    }
    picture->c = 3;
    if (grey) {
        for (size_t i = 0; i < n; i++)
            picture->pixels[i] = picture->pixels[3 * i];
        picture->c = 1;
    }
    return see_through;
}

/* The first picture says how large the set becomes. */
static ga_status begin(ga_gathering *g, const ga_image *picture, const char *where, ga_err *err)
{
    const int side = g->reading->what->pixels;
    g->first = where;
    g->dims = (ga_dims){picture->c, side > 0 ? side : picture->h, side > 0 ? side : picture->w};
    if (g->dims.h > GA_MAX_SIDE || g->dims.w > GA_MAX_SIDE)
        return ga_fail(err, GA_EDATA,
                       "'%s' is %d x %d pixels, expected at most %d x %d: choose a size with "
                       "--pixels, such as --pixels 64",
                       where, picture->w, picture->h, GA_MAX_SIDE, GA_MAX_SIDE);
    size_t bytes;
    const ga_status status = ga_dataset_bytes(g->reading->name, g->wanted, g->dims, &bytes, err);
    if (status != GA_OK)
        return status;
    g->pixels = ga_mem_new(bytes, 1);
    return g->pixels != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "'%s': out of memory", where);
}

/* What is there so far becomes colour. */
static ga_status make_colour(ga_gathering *g, const char *where, ga_err *err)
{
    size_t bytes;
    const ga_dims dims = {3, g->dims.h, g->dims.w};
    const ga_status status = ga_dataset_bytes(g->reading->name, g->wanted, dims, &bytes, err);
    if (status != GA_OK)
        return status;
    uint8_t *pixels = ga_mem_new(bytes, 1);
    if (pixels == NULL)
        return ga_fail(err, GA_ENOMEM, "'%s': out of memory", where);
    const size_t n = (size_t)g->n * ga_dims_count(g->dims);
    for (size_t i = 0; i < n; i++)
        memset(pixels + 3 * i, g->pixels[i], 3);
    ga_mem_free(g->pixels);
    g->pixels = pixels;
    g->dims = dims;
    return GA_OK;
}

static ga_status check_size(const ga_gathering *g, const ga_image *picture, const char *where,
                            ga_err *err)
{
    if (g->reading->what->pixels > 0 || (picture->w == g->dims.w && picture->h == g->dims.h))
        return GA_OK;
    int side = picture->w < picture->h ? picture->w : picture->h;
    side = side < g->dims.w ? side : g->dims.w;
    side = side < g->dims.h ? side : g->dims.h;
    return ga_fail(err, GA_EDATA,
                   "'%s' is %d x %d pixels, but '%s' is %d x %d: the pictures of a set have one "
                   "size; --pixels %d makes all of them %d x %d",
                   where, picture->w, picture->h, g->first, g->dims.w, g->dims.h, side, side, side);
}

ga_status ga_gather(ga_gathering *g, ga_image *picture, const char *where, ga_err *err)
{
    ga_status status = GA_OK;
    if (picture->c == 4)
        g->n_see_through += flatten(picture);
    if (g->n == 0)
        status = begin(g, picture, where, err);
    if (status == GA_OK)
        status = check_size(g, picture, where, err);
    if (status == GA_OK && picture->c > g->dims.c)
        status = make_colour(g, where, err);
    const ga_dims dims = {picture->c, picture->h, picture->w};
    const bool resized = g->reading->what->pixels > 0;
    if (status == GA_OK && resized)
        status = ga_square_set(&g->square, dims, g->dims.w, err);
    if (status != GA_OK)
        return status;
    const size_t area = (size_t)g->dims.h * (size_t)g->dims.w;
    uint8_t *to = g->pixels + (size_t)g->n * ga_dims_count(g->dims);
    if (resized)
        ga_square_run(&g->square, picture->pixels, to);
    else
        memcpy(to, picture->pixels, area * (size_t)picture->c);
    if (picture->c < g->dims.c) /* backwards: a pixel moves to or behind its place */
        for (size_t i = area; i-- > 0;) {
            const uint8_t grey = to[i];
            memset(to + 3 * i, grey, 3);
        }
    g->n_grey += picture->c == 1;
    g->n++;
    return GA_OK;
}

void ga_gather_note(const ga_gathering *g, ga_dataset *d)
{
    if (g->n_grey > 0 && g->n_grey < g->n)
        ga_dataset_add_note(d, "'%s': grey pictures were made colour (%d of %d)", g->reading->name,
                            g->n_grey, g->n);
    if (g->n_see_through > 0)
        ga_dataset_add_note(d, "'%s': see-through pictures were put on black (%d of %d)",
                            g->reading->name, g->n_see_through, g->n);
}

void ga_gather_free(ga_gathering *g)
{
    ga_mem_free(g->pixels);
    ga_square_free(&g->square);
}
