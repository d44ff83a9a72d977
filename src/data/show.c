/* show.c - a sheet of samples, a class a row. */
#include "data/show.h"
#include "data/dataset.h"
#include "ganatomy/scenes.h"
#include "base/alloc.h"
#include <stdio.h>
#include <string.h>

#define CELL 96 /* pixels of a picture on a sheet, at most, unless it is larger itself */

/* The first `columns` pictures of each class in the order of the seed; -1 where a class has fewer.
 * picked is (classes, columns). */
static void pick(const ga_dataset *d, int columns, const uint32_t *order, int32_t *picked)
{
    const int n = ga_dataset_n(d), classes = ga_dataset_classes(d);
    for (int i = 0; i < classes * columns; i++)
        picked[i] = -1;
    for (int i = 0; i < n; i++) {
        int32_t *row = picked + (size_t)ga_dataset_labels(d)[order[i]] * (size_t)columns;
        for (int k = 0; k < columns; k++)
            if (row[k] < 0) {
                row[k] = (int32_t)order[i];
                break;
            }
    }
}

void ga_show_title(const ga_dataset *d, char *title, size_t size)
{
    snprintf(title, size, "%s, %s: %d pictures in %d classes", ga_dataset_name(d),
             ga_split_name(ga_dataset_split(d)), ga_dataset_n(d), ga_dataset_classes(d));
}

/* Whether its maps can be drawn: a selection may have made the pictures smaller than scenes are. */
static bool has_maps(const ga_dataset *d)
{
    return d->scene != NULL && d->dims.w >= GA_SCENES_MIN_PIXELS &&
           d->dims.w <= GA_SCENES_MAX_PIXELS;
}

static ga_status draw(const ga_dataset *d, const int32_t *picked, int columns, int first, int rows,
                      int zoom, ga_image *out, ga_err *err)
{
    const ga_dims dims = ga_dataset_dims(d);
    char title[160];
    ga_show_title(d, title, sizeof title);
    ga_sheet *sheet;
    ga_status status = ga_sheet_create(columns, rows, dims.w, dims.h, zoom, true, title, &sheet,
                                       err);
    if (status != GA_OK)
        return status;
    ga_image cell = {0};
    if ((status = ga_image_create(dims.w, dims.h, dims.c, &cell, err)) != GA_OK)
        goto done;
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < columns; k++) {
            const int32_t i = picked[(size_t)(first + r) * (size_t)columns + (size_t)k];
            if (i < 0)
                continue;
            memcpy(cell.pixels, ga_dataset_pixels(d) + (size_t)i * ga_dims_count(dims),
                   ga_dims_count(dims));
            ga_sheet_put(sheet, k, r, &cell, ga_dataset_class_name(d, first + r));
        }
    const ga_image *done = ga_sheet_image(sheet);
    if ((status = ga_image_create(done->w, done->h, done->c, out, err)) == GA_OK)
        memcpy(out->pixels, done->pixels, (size_t)done->w * (size_t)done->h * (size_t)done->c);
done:
    ga_image_free(&cell);
    ga_sheet_free(sheet);
    return status;
}

ga_status ga_data_show(const ga_dataset *d, const ga_data_show_options *options, ga_image *out,
                       ga_err *err)
{
    memset(out, 0, sizeof *out);
    const int classes = ga_dataset_classes(d), first = options->first;
    const bool maps = has_maps(d) && !options->plain;
    const int columns = options->columns != 0 ? options->columns : maps ? 2 : 10;
    const int side = ga_dataset_dims(d).w, usual = side < CELL ? CELL / side : 1;
    const int zoom = options->zoom != 0 ? options->zoom : usual < 16 ? usual : 16;
    int rows = options->rows != 0 ? options->rows : 10;
    if (columns < 1 || columns > 200 || rows < 1 || zoom < 1 || zoom > 16)
        return ga_fail(err, GA_EINVAL,
                       "%d samples of %d classes at zoom %d: expected 1 to 200 samples, at least "
                       "one class, zoom 1 to 16",
                       columns, rows, zoom);
    if (first < 0 || first >= classes)
        return ga_fail(err, GA_EINVAL, "class %d of data set '%s': expected 0 to %d", first,
                       ga_dataset_name(d), classes - 1);
    rows = rows < classes - first ? rows : classes - first;
    const uint32_t n = (uint32_t)ga_dataset_n(d);
    uint32_t *order = ga_mem_new(n, sizeof *order);
    int32_t *picked = ga_mem_new((size_t)classes * (size_t)columns, sizeof *picked);
    ga_status status;
    if (order == NULL || picked == NULL) {
        status = ga_fail(err, GA_ENOMEM, "out of memory");
    } else {
        ga_epoch_order(n, options->seed, 0, order);
        pick(d, columns, order, picked);
        const ga_samples samples = {picked, columns, first, rows};
        status = maps ? ga_show_scenes(d, &samples, options->zoom, out, err)
                      : draw(d, picked, columns, first, rows, zoom, out, err);
    }
    ga_mem_free(order);
    ga_mem_free(picked);
    return status;
}
