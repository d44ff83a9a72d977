/* image.h - pictures in bytes, PNG in and out, and sheets of many pictures.
 * A picture is (H,W,C) uint8, C = 1 (grey), 3 (RGB) or 4 (RGBA), row by row. */
#ifndef GA_IMAGE_H
#define GA_IMAGE_H
#include "ganatomy/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ga_image {
    uint8_t *pixels; /* owned */
    int w, h, c;
} ga_image;

GA_API ga_status ga_image_create(int w, int h, int c, ga_image *out, ga_err *err);
GA_API void ga_image_free(ga_image *image);

/* PNG of any kind, and JPEG, told from the bytes; C = 1 if grey, else 3 (4 with alpha).
 * GA_EDATA above 64 million pixels or when broken. */
GA_API ga_status ga_image_read(const char *path, ga_image *out, ga_err *err);
GA_API ga_status ga_image_write_png(const char *path, const ga_image *image, ga_err *err);
/* PNG bytes in memory, for pages; *data is freed with ga_image_bytes_free. */
GA_API ga_status ga_image_encode_png(const ga_image *image, uint8_t **data, size_t *size,
                                     ga_err *err);
GA_API void ga_image_bytes_free(uint8_t *data);

/* How numbers become grey or colour: lo is black, hi is white. stretch: each picture's own
 * minimum and maximum instead (a constant picture becomes mid grey). */
typedef struct ga_scale {
    float lo, hi;
    bool stretch;
} ga_scale;

/* One picture of a (N,C,H,W) batch, C = 1 or 3. Values outside lo..hi are clamped; NaN is red. */
GA_API ga_status ga_image_from_view(ga_view v, int n, ga_scale scale, ga_image *out, ga_err *err);

/* A sheet under construction: a grid of equal cells on white, with optional words. */
typedef struct ga_sheet ga_sheet;
/* columns*rows cells of cell_w x cell_h picture pixels, each pixel drawn zoom x zoom (1..16),
 * caption lines under each cell if captions, a title line above if title is not NULL. Words are
 * drawn with a built-in 6x10-like bitmap font; what it lacks becomes '?'. */
GA_API ga_status ga_sheet_create(int columns, int rows, int cell_w, int cell_h, int zoom,
                                 bool captions, const char *title, ga_sheet **out, ga_err *err);
GA_API void ga_sheet_free(ga_sheet *s);
/* Puts a picture (nearest-neighbour enlarged, cut or centred to the cell) and its caption (may be
 * NULL; too long is cut with a dot) at column, row. */
GA_API void ga_sheet_put(ga_sheet *s, int column, int row, const ga_image *picture,
                         const char *caption);
/* The finished picture, borrowed from the sheet. */
GA_API const ga_image *ga_sheet_image(const ga_sheet *s);

#ifdef __cplusplus
}
#endif
#endif
