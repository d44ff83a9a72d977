/* runs_film.c - see runs_film.h. */
#include "app/runs_film.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/text.h"

/* A sheet as a frame: whole pixels are averaged until it is about FRAME_WIDTH wide. */
static ga_status read_frame(const char *path, ga_image *out, ga_err *err)
{
    enum { FRAME_WIDTH = 232 };
    ga_image whole;
    ga_status status = ga_image_read(path, &whole, err);
    if (status != GA_OK)
        return status;
    const int k = whole.w > FRAME_WIDTH ? (whole.w + FRAME_WIDTH / 2) / FRAME_WIDTH : 1;
    status = ga_image_create(whole.w / k, whole.h / k, whole.c, out, err);
    for (int y = 0; status == GA_OK && y < out->h; y++)
        for (int x = 0; x < out->w; x++)
            for (int c = 0; c < out->c; c++) {
                int sum = 0;
                for (int i = 0; i < k * k; i++)
                    sum += whole.pixels[((size_t)(y * k + i / k) * (size_t)whole.w +
                                         (size_t)(x * k + i % k)) *
                                            (size_t)whole.c +
                                        (size_t)c];
                out->pixels[((size_t)y * (size_t)out->w + (size_t)x) * (size_t)out->c + (size_t)c] =
                    (uint8_t)((sum + k * k / 2) / (k * k));
            }
    ga_image_free(&whole);
    return status;
}

static ga_status read_all(const ga_film_frame *frames, size_t n, ga_image *images, int *w, int *h,
                          ga_err *err)
{
    ga_status status = GA_OK;
    *w = *h = 0;
    for (size_t i = 0; i < n && status == GA_OK; i++) {
        status = read_frame(frames[i].path, &images[i], err);
        if (status != GA_OK)
            return status;
        *w = images[i].w > *w ? images[i].w : *w;
        *h = images[i].h > *h ? images[i].h : *h;
    }
    return status;
}

static ga_status put_all(const ga_film_frame *frames, const ga_image *images, size_t n, int most,
                         ga_sheet **out, int w, int h, const char *title, ga_err *err)
{
    const int rows = ((int)n + most - 1) / most, columns = ((int)n + rows - 1) / rows;
    const ga_status status = ga_sheet_create(columns, rows, w, h, 1, true, title, out, err);
    for (size_t i = 0; i < n && status == GA_OK; i++)
        ga_sheet_put(*out, (int)i % columns, (int)i / columns, &images[i], frames[i].caption);
    return status;
}

ga_status ga_film_write(const ga_film_frame *frames, size_t n, int columns, const char *title,
                        const char *path, ga_err *err)
{
    ga_sheet *sheet = NULL;
    int w, h;
    if (!ga_ends_with(path, ".png"))
        return ga_fail(err, GA_EINVAL, "'%s': expected a name that ends in .png", path);
    ga_image *images = ga_mem_new(n, sizeof *images);
    if (images == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %zu sheets", n);
    ga_status status = read_all(frames, n, images, &w, &h, err);
    if (status == GA_OK)
        status = put_all(frames, images, n, columns, &sheet, w, h, title, err);
    if (status == GA_OK)
        status = ga_image_write_png(path, ga_sheet_image(sheet), err);
    ga_sheet_free(sheet);
    for (size_t i = 0; i < n; i++)
        ga_image_free(&images[i]);
    ga_mem_free(images);
    return status;
}
