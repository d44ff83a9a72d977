/* The way to the orientation of a photo: segments of the JPEG up to its first scan, in the first
 * APP1 that says "Exif" a TIFF header, in its first folder (IFD0) the tag. Everything goes through
 * the bounded cursor, whose sentences nobody needs here. */
#include "tensor/exif.h"
#include "base/alloc.h"
#include "base/cursor.h"
#include <string.h>

enum {
    MARKER = 0xff,
    SCAN = 0xda,
    END = 0xd9,
    APP1 = 0xe1,
    TAG_ORIENTATION = 0x0112,
    TYPE_SHORT = 3,
    AS_IT_IS = 1
};

typedef struct tiff {
    ga_cursor at; /* offsets in a TIFF count from its header */
    bool big_endian;
} tiff;

static bool read_number(ga_cursor *c, size_t n, bool big_endian, uint32_t *out)
{
    const uint8_t *bytes;
    if (ga_read_bytes(c, n, &bytes, "number", NULL) != GA_OK)
        return false;
    *out = 0;
    for (size_t i = 0; i < n; i++)
        *out = *out << 8 | bytes[big_endian ? i : n - 1 - i];
    return true;
}

/* The next segment: its marker, and a cursor over its body. False: no more before the scan. */
static bool next_segment(ga_cursor *c, uint8_t *marker, ga_cursor *body)
{
    uint32_t length;
    const uint8_t *bytes;
    if (ga_read_u8(c, marker, "marker", NULL) != GA_OK || *marker != MARKER)
        return false;
    while (*marker == MARKER) /* any number of them may fill up */
        if (ga_read_u8(c, marker, "marker", NULL) != GA_OK)
            return false;
    if (*marker == SCAN || *marker == END || !read_number(c, 2, true, &length) || length < 2 ||
        ga_read_bytes(c, length - 2, &bytes, "segment", NULL) != GA_OK)
        return false;
    *body = ga_cursor_of(bytes, length - 2, c->where);
    return true;
}

static bool open_tiff(ga_cursor body, tiff *t)
{
    static const uint8_t exif[6] = {'E', 'x', 'i', 'f', 0, 0};
    const uint8_t *lead, *order;
    uint32_t version;
    if (ga_read_bytes(&body, sizeof exif, &lead, "name", NULL) != GA_OK ||
        memcmp(lead, exif, sizeof exif) != 0)
        return false;
    t->at = ga_cursor_of(body.data + body.at, ga_cursor_left(&body), body.where);
    if (ga_read_bytes(&t->at, 2, &order, "byte order", NULL) != GA_OK || order[0] != order[1] ||
        (order[0] != 'I' && order[0] != 'M'))
        return false;
    t->big_endian = order[0] == 'M';
    return read_number(&t->at, 2, t->big_endian, &version) && version == 42;
}

static int orientation_in(tiff t)
{
    uint32_t folder, entries;
    if (!read_number(&t.at, 4, t.big_endian, &folder) ||
        ga_seek(&t.at, folder, "IFD0", NULL) != GA_OK ||
        !read_number(&t.at, 2, t.big_endian, &entries))
        return AS_IT_IS;
    for (uint32_t i = 0; i < entries; i++) {
        uint32_t tag, type, count, value, rest;
        if (!read_number(&t.at, 2, t.big_endian, &tag) ||
            !read_number(&t.at, 2, t.big_endian, &type) ||
            !read_number(&t.at, 4, t.big_endian, &count) ||
            !read_number(&t.at, 2, t.big_endian, &value) ||
            !read_number(&t.at, 2, t.big_endian, &rest))
            return AS_IT_IS;
        if (tag == TAG_ORIENTATION)
            return type == TYPE_SHORT && count == 1 && value >= 1 && value <= 8 ? (int)value
                                                                                : AS_IT_IS;
    }
    return AS_IT_IS;
}

int ga_exif_orientation(const uint8_t *jpeg, size_t size)
{
    ga_cursor c = ga_cursor_of(jpeg, size, "JPEG"), body;
    uint8_t marker;
    tiff t;
    if (ga_seek(&c, 2, "first segment", NULL) != GA_OK)
        return AS_IT_IS;
    while (next_segment(&c, &marker, &body))
        if (marker == APP1 && open_tiff(body, &t))
            return orientation_in(t);
    return AS_IT_IS;
}

ga_status ga_image_turn(ga_image *image, int orientation, ga_err *err)
{
    if (orientation <= AS_IT_IS || orientation > 8)
        return GA_OK;
    const bool lying = orientation >= 5; /* stored rows stand as columns */
    const bool from_right = orientation == 2 || orientation == 3 || orientation == 6 ||
                            orientation == 7;
    const bool from_below = orientation == 3 || orientation == 4 || orientation == 7 ||
                            orientation == 8;
    ga_image turned;
    const ga_status status = ga_image_create(lying ? image->h : image->w,
                                             lying ? image->w : image->h, image->c, &turned, err);
    if (status != GA_OK)
        return status;
    /* where the first stored pixel goes, and how far on the next in its row and its column */
    const ptrdiff_t w = turned.w, h = turned.h;
    const ptrdiff_t right = from_right ? -1 : 1, down = from_below ? -w : w;
    const ptrdiff_t along_row = lying ? down : right, along_column = lying ? right : down;
    const ptrdiff_t first = (from_right ? w - 1 : 0) + (from_below ? (h - 1) * w : 0);
    const size_t c = (size_t)image->c;
    const uint8_t *from = image->pixels;
    for (ptrdiff_t y = 0; y < image->h; y++)
        for (ptrdiff_t x = 0; x < image->w; x++, from += c)
            memcpy(turned.pixels + (size_t)(first + y * along_column + x * along_row) * c, from, c);
    ga_image_free(image);
    *image = turned;
    return GA_OK;
}
