/* sheets.c - batches of pictures as one PNG. */
#include "app/sheets.h"
#include "base/file.h"
#include <math.h>

ga_status ga_output_check(const char *path, ga_err *err)
{
    ga_writer *w;
    if (path == NULL)
        return GA_OK;
    const ga_status s = ga_writer_open(path, &w, err);
    if (s == GA_OK)
        ga_writer_abort(w);
    return s;
}

ga_scale ga_model_scale(const ga_model *m, bool stretch)
{
    ga_scale s = {.lo = -1, .hi = 1, .stretch = stretch};
    ga_arch_output_range(ga_model_arch(m), &s.lo, &s.hi);
    return s;
}

int ga_zoom_for(int cell_w, int target)
{
    const int zoom = (target + cell_w / 2) / cell_w;
    return zoom < 1 ? 1 : zoom > 16 ? 16 : zoom;
}

int ga_columns_for(int n)
{
    const int columns = (int)ceil(sqrt((double)n));
    return columns > 64 ? 64 : columns < 1 ? 1 : columns;
}

int ga_columns_for_cycle(int n, int cycle)
{
    enum { WIDEST = 64 };
    const int square = ga_columns_for(n);
    if (cycle < 2 || cycle > WIDEST || cycle > n)
        return square;
    const int times = (2 * square + cycle - 1) / (2 * cycle), most = WIDEST / cycle;
    return cycle * (times < 1 ? 1 : times > most ? most : times);
}

ga_status ga_picture_of_view(ga_view v, int n, ga_scale scale, ga_image *out, ga_err *err)
{
    ga_view one = v;
    if (v.c != 1 && v.c != 3) { /* show the first channel of what is neither grey nor colour */
        one.data = v.data + (size_t)n * (size_t)v.c * (size_t)v.h * (size_t)v.w;
        one.n = one.c = 1;
        n = 0;
    }
    return ga_image_from_view(one, n, scale, out, err);
}

ga_status ga_sheet_put_view(ga_sheet *s, int column, int row, ga_view v, int n, ga_scale scale,
                            const char *caption, ga_err *err)
{
    ga_image picture;
    const ga_status status = ga_picture_of_view(v, n, scale, &picture, err);
    if (status != GA_OK)
        return status;
    ga_sheet_put(s, column, row, &picture, caption);
    ga_image_free(&picture);
    return GA_OK;
}

ga_status ga_sheet_save(ga_request *rq, ga_sheet *s, const char *path, ga_err *err)
{
    const ga_image *image = ga_sheet_image(s);
    const bool was_there = ga_is_file(path);
    const ga_status status = ga_image_write_png(path, image, err);
    if (status == GA_OK)
        ga_rq_say(rq, "wrote %s (%d x %d pixels)%s", path, image->w, image->h,
                  was_there ? ", in place of the one that was there" : "");
    return status;
}

ga_status ga_save_grid(ga_request *rq, ga_view v, int columns, ga_scale scale,
                       const char *const *captions, const char *title, const char *path,
                       ga_err *err)
{
    ga_sheet *sheet;
    const int rows = (v.n + columns - 1) / columns;
    ga_status s = ga_sheet_create(columns, rows, v.w, v.h, ga_zoom_for(v.w, 56), captions != NULL,
                                  title, &sheet, err);
    for (int i = 0; i < v.n && s == GA_OK; i++)
        s = ga_sheet_put_view(sheet, i % columns, i / columns, v, i, scale,
                              captions != NULL ? captions[i] : NULL, err);
    if (s == GA_OK)
        s = ga_sheet_save(rq, sheet, path, err);
    ga_sheet_free(sheet);
    return s;
}
