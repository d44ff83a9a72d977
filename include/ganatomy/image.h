/* image.h - pictures in bytes, PNG in and out, and sheets of many pictures.
 * A picture is (H,W,C) uint8, C = 1 (grey), 3 (RGB) or 4 (RGBA), row by row. */
#ifndef GA_IMAGE_H
#define GA_IMAGE_H
#include "ganatomy/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GA_IMAGE_MAX_PIXELS 64000000

typedef struct ga_image {
    uint8_t *pixels; /* owned */
    int w, h, c;
} ga_image;

/* Black (and see-through). *out becomes the caller's, ended by ga_image_free. GA_EINVAL: no pixels
 * or more than GA_IMAGE_MAX_PIXELS, c not 1, 3 or 4; GA_ENOMEM. */
GA_API ga_status ga_image_create(int w, int h, int c, ga_image *out, ga_err *err);
GA_API void ga_image_free(ga_image *image); /* NULL and zeroed structs are fine; zeroes *image */

/* PNG of any kind, and JPEG, told from the bytes; C = 1 if grey, else 3 (4 with alpha; grey with
 * alpha too). 16 bits become 8; colour profiles and gamma are not applied. A JPEG stands as its
 * camera noted (orientation 1 to 8 of its EXIF; if there is none or it is damaged, as stored).
 * GA_EDATA above GA_IMAGE_MAX_PIXELS, when broken or cut short in any way, and for JPEG in printing
 * colours. */
GA_API ga_status ga_image_read(const char *path, ga_image *out, ga_err *err);
/* The same from memory; where is what sentences call the bytes. */
GA_API ga_status ga_image_decode(const void *data, size_t size, const char *where, ga_image *out,
                                 ga_err *err);
/* Whole or not at all, over what was there. The same pixels always give the same bytes. GA_EIO. */
GA_API ga_status ga_image_write_png(const char *path, const ga_image *image, ga_err *err);
/* PNG bytes in memory, for pages; *data is freed with ga_image_bytes_free. */
GA_API ga_status ga_image_encode_png(const ga_image *image, uint8_t **data, size_t *size,
                                     ga_err *err);
GA_API void ga_image_bytes_free(uint8_t *data);

/* How numbers become grey or colour: lo is black, hi is white, floor(255 (x-lo)/(hi-lo) + 0.5)
 * between. stretch: each picture's own minimum and maximum over all channels instead (a constant
 * picture becomes mid grey, 128; infinities do not count and show as black or white). */
typedef struct ga_scale {
    float lo, hi;
    bool stretch;
} ga_scale;

/* One picture of a (N,C,H,W) batch, C = 1 or 3. Values outside lo..hi are clamped. A pixel with NaN
 * is red, and a grey picture with such pixels becomes RGB. GA_EINVAL: n outside the batch, or hi not
 * above lo without stretch; GA_ESHAPE: another C. */
GA_API ga_status ga_image_from_view(ga_view v, int n, ga_scale scale, ga_image *out, ga_err *err);

/* A sheet under construction: a grid of equal cells on white, with optional words. */
typedef struct ga_sheet ga_sheet;
/* columns*rows cells of cell_w x cell_h picture pixels, each pixel drawn zoom x zoom (1..16), 2
 * pixels apart, a caption line under each cell if captions, a title line above if title is not NULL.
 * Words are drawn with a built-in bitmap font, 6 pixels a letter and 10 high, ASCII only; what it
 * lacks becomes '?'. GA_EINVAL: sizes out of range, or more than GA_IMAGE_MAX_PIXELS. */
GA_API ga_status ga_sheet_create(int columns, int rows, int cell_w, int cell_h, int zoom,
                                 bool captions, const char *title, ga_sheet **out, ga_err *err);
GA_API void ga_sheet_free(ga_sheet *s);
/* Puts a picture (nearest-neighbour enlarged, centred in the cell or cut to it, see-through parts on
 * white) and its caption (may be NULL; too long is cut with a dot) at column, row. Outside of the
 * grid nothing happens. */
GA_API void ga_sheet_put(ga_sheet *s, int column, int row, const ga_image *picture,
                         const char *caption);
/* A name beside a square of its colour. */
typedef struct ga_sheet_key {
    const char *name; /* borrowed for the call */
    uint8_t rgb[3];
} ga_sheet_key;
/* A legend below the cells, and below the legends that are there: a heading of at most 10 letters
 * (longer ones are cut with a dot, "" has none), and behind it n keys, in as many lines as they
 * take. The sheet grows by that, so its picture is another one from then on. GA_EINVAL: more than
 * GA_IMAGE_MAX_PIXELS then; GA_ENOMEM. On failure the sheet is as it was. */
GA_API ga_status ga_sheet_add_keys(ga_sheet *s, const char *heading, const ga_sheet_key *keys,
                                   int n, ga_err *err);
/* The finished picture, borrowed from the sheet: grey if all that was put is grey, else RGB. */
GA_API const ga_image *ga_sheet_image(const ga_sheet *s);

#ifdef __cplusplus
}
#endif
#endif
