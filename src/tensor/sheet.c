#include "base/alloc.h"
#include "ganatomy/image.h"
#include "tensor/font.h"
#include <string.h>

enum {
    MARGIN = 4,    /* around everything, in pixels of the sheet */
    GAP = 2,       /* between cells */
    WORDS_GAP = 2, /* above and below a caption */
    MAX_ZOOM = 16,
    MAX_TITLE = 100,   /* letters that a sheet is made wider for */
    MAX_CELLS = 10000, /* in one direction; the picture's own limit comes first */
    INK = 0,
    PAPER = 255,
    LINE = 16,    /* of a legend */
    SWATCH = 10,  /* side of its squares, with their border */
    BORDER = 120, /* its grey */
    HEADING = 10, /* letters in front of a legend's keys */
    HEADING_INK = 90,
};

struct ga_sheet {
    ga_image image; /* grey until something coloured is put; the block has room for colour */
    int columns, rows, cell_w, cell_h, zoom, top;
    bool captions;
};

static int step_x(const ga_sheet *s)
{
    return s->cell_w * s->zoom + GAP;
}

static int step_y(const ga_sheet *s)
{
    return s->cell_h * s->zoom + GAP + (s->captions ? 2 * WORDS_GAP + GA_LETTER_H : 0);
}

/* Letters that fit into width pixels; the last one needs no empty column behind it. */
static size_t letters_in(int width)
{
    return width < GA_LETTER_W ? 0 : (size_t)(width + 1) / GA_LETTER_W;
}

/* Words in a place of so many pixels, centred or at its left; what is too long ends in a dot. */
static void draw_words(ga_sheet *s, int x, int y, int width, bool centred, const char *words)
{
    const size_t room = letters_in(width), n = ga_font_count(words);
    const size_t shown = n <= room ? n : room == 0 ? 0 : room - 1;
    const int drawn = (int)(n <= room ? n : room) * GA_LETTER_W - 1;
    if (centred && width > drawn)
        x += (width - drawn) / 2;
    ga_font_draw(&s->image, x, y, words, shown, INK);
    if (n > room && room > 0)
        ga_font_draw(&s->image, x + (int)shown * GA_LETTER_W, y, ".", 1, INK);
}

/* A small sheet is as wide as its title. */
static int64_t width_for(int64_t cells, const char *title)
{
    const size_t letters = title != NULL ? ga_font_count(title) : 0;
    const int64_t words = (int64_t)(letters < MAX_TITLE ? letters : MAX_TITLE) * GA_LETTER_W - 1;
    return 2 * MARGIN + (words > cells ? words : cells);
}

static ga_status check_sheet(const ga_sheet *s, ga_err *err)
{
    if (s->columns < 1 || s->rows < 1 || s->columns > MAX_CELLS || s->rows > MAX_CELLS)
        return ga_fail(err, GA_EINVAL, "a sheet of %d x %d cells, expected 1 to %d in a direction",
                       s->columns, s->rows, MAX_CELLS);
    if (s->cell_w < 1 || s->cell_h < 1 || s->cell_w > MAX_CELLS || s->cell_h > MAX_CELLS)
        return ga_fail(err, GA_EINVAL, "a sheet with cells of %d x %d, expected 1 to %d pixels",
                       s->cell_w, s->cell_h, MAX_CELLS);
    if (s->zoom < 1 || s->zoom > MAX_ZOOM)
        return ga_fail(err, GA_EINVAL, "a sheet with zoom %d, expected 1 to %d", s->zoom, MAX_ZOOM);
    return GA_OK;
}

ga_status ga_sheet_create(int columns, int rows, int cell_w, int cell_h, int zoom, bool captions,
                          const char *title, ga_sheet **out, ga_err *err)
{
    *out = NULL;
    const ga_sheet plan = {.columns = columns,
                           .rows = rows,
                           .cell_w = cell_w,
                           .cell_h = cell_h,
                           .zoom = zoom,
                           .top = MARGIN + (title != NULL ? GA_LETTER_H + MARGIN : 0),
                           .captions = captions};
    ga_status status = check_sheet(&plan, err);
    if (status != GA_OK)
        return status;
    const int64_t w = width_for((int64_t)columns * step_x(&plan) - GAP, title);
    const int64_t h = plan.top + MARGIN + (int64_t)rows * step_y(&plan) - GAP;
    if (w > GA_IMAGE_MAX_PIXELS / h)
        return ga_fail(err, GA_EINVAL,
                       "a sheet of %d x %d cells would have %lld x %lld pixels, at most %d million "
                       "are possible",
                       columns, rows, (long long)w, (long long)h, GA_IMAGE_MAX_PIXELS / 1000000);
    ga_sheet *s = ga_mem_new(1, sizeof *s);
    if (s == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a sheet of pictures");
    *s = plan;
    status = ga_image_create((int)w, (int)h, 3, &s->image, err);
    if (status != GA_OK) {
        ga_mem_free(s);
        return status;
    }
    s->image.c = 1;
    memset(s->image.pixels, PAPER, (size_t)w * (size_t)h);
    if (title != NULL)
        draw_words(s, MARGIN, MARGIN, (int)w - 2 * MARGIN, false, title);
    *out = s;
    return GA_OK;
}

void ga_sheet_free(ga_sheet *s)
{
    if (s == NULL)
        return;
    ga_image_free(&s->image);
    ga_mem_free(s);
}

/* From the end, since each pixel moves to where later ones were. */
static void become_coloured(ga_image *image)
{
    for (size_t i = (size_t)image->w * (size_t)image->h; i-- > 0;)
        memset(image->pixels + 3 * i, image->pixels[i], 3);
    image->c = 3;
}

/* Copies one pixel of the picture onto a square of the sheet. See-through pixels lie on paper. */
static void put_square(const ga_sheet *s, int x, int y, const uint8_t *from, int from_c)
{
    uint8_t colour[3];
    const unsigned alpha = from_c == 4 ? from[3] : 255;
    for (int c = 0; c < 3; c++)
        colour[c] = (uint8_t)((from[from_c == 1 ? 0 : c] * alpha + PAPER * (255 - alpha) + 127) /
                              255);
    for (int row = 0; row < s->zoom; row++) {
        uint8_t *to = s->image.pixels +
                      ((size_t)(y + row) * (size_t)s->image.w + (size_t)x) * (size_t)s->image.c;
        for (int i = 0; i < s->zoom; i++, to += s->image.c)
            memcpy(to, colour, s->image.c == 1 ? 1 : 3);
    }
}

void ga_sheet_put(ga_sheet *s, int column, int row, const ga_image *picture, const char *caption)
{
    if (column < 0 || column >= s->columns || row < 0 || row >= s->rows)
        return;
    const int left = MARGIN + column * step_x(s), top = s->top + row * step_y(s);
    if (picture->c != 1 && s->image.c == 1)
        become_coloured(&s->image);
    /* the same middle for both: a smaller picture gets a border, of a larger one its middle shows
     */
    const int dx = (s->cell_w - picture->w) / 2, dy = (s->cell_h - picture->h) / 2;
    for (int y = 0; y < s->cell_h; y++)
        for (int x = 0; x < s->cell_w; x++) {
            const int px = x - dx, py = y - dy;
            if (px < 0 || py < 0 || px >= picture->w || py >= picture->h)
                continue;
            const uint8_t *from = picture->pixels + ((size_t)py * (size_t)picture->w + (size_t)px) *
                                                        (size_t)picture->c;
            put_square(s, left + x * s->zoom, top + y * s->zoom, from, picture->c);
        }
    if (s->captions && caption != NULL)
        draw_words(s, left, top + s->cell_h * s->zoom + WORDS_GAP, s->cell_w * s->zoom, true,
                   caption);
}

/* ---- legends ----------------------------------------------------------------------------------*/

/* Where the keys of a legend go: places in reading order, from the left edge behind the heading. */
typedef struct cursor {
    int x, y; /* of the next key */
} cursor;

static int keys_left(void)
{
    return MARGIN + (HEADING + 1) * GA_LETTER_W;
}

/* The place of a key that begins at c or, where it does not fit, in the next line; c goes behind
 * it. */
static cursor take_place(cursor *c, const char *name, int width)
{
    const int w = SWATCH + GA_LETTER_W * (int)ga_font_count(name) + 5;
    if (c->x > keys_left() && c->x + w > width - MARGIN)
        *c = (cursor){keys_left(), c->y + LINE};
    const cursor place = *c;
    c->x += w + 2 * GA_LETTER_W;
    return place;
}

static bool any_coloured(const ga_sheet_key *keys, int n)
{
    for (int i = 0; i < n; i++)
        if (keys[i].rgb[0] != keys[i].rgb[1] || keys[i].rgb[1] != keys[i].rgb[2])
            return true;
    return false;
}

/* Paper of `more` rows below; the block keeps room for colour. */
static ga_status grow(ga_sheet *s, int more, ga_err *err)
{
    ga_image larger;
    const int c = s->image.c;
    const size_t used = (size_t)s->image.w * (size_t)s->image.h * (size_t)c;
    if (s->image.h + (int64_t)more > GA_IMAGE_MAX_PIXELS / s->image.w)
        return ga_fail(err, GA_EINVAL,
                       "a sheet of %d x %d pixels has no room for a legend of %d lines: at most %d "
                       "million pixels are possible",
                       s->image.w, s->image.h, more / LINE, GA_IMAGE_MAX_PIXELS / 1000000);
    const ga_status status = ga_image_create(s->image.w, s->image.h + more, 3, &larger, err);
    if (status != GA_OK)
        return status;
    larger.c = c;
    memcpy(larger.pixels, s->image.pixels, used);
    memset(larger.pixels + used, PAPER, (size_t)larger.w * (size_t)more * (size_t)c);
    ga_image_free(&s->image);
    s->image = larger;
    return GA_OK;
}

static void draw_swatch(ga_image *image, cursor at, const uint8_t rgb[3])
{
    for (int y = 0; y < SWATCH; y++)
        for (int x = 0; x < SWATCH && at.x + x < image->w; x++) {
            const bool border = y == 0 || x == 0 || y == SWATCH - 1 || x == SWATCH - 1;
            uint8_t *to = image->pixels +
                          ((size_t)(at.y + y) * (size_t)image->w + (size_t)(at.x + x)) *
                              (size_t)image->c;
            for (int c = 0; c < image->c; c++)
                to[c] = border ? BORDER : rgb[c];
        }
}

ga_status ga_sheet_add_keys(ga_sheet *s, const char *heading, const ga_sheet_key *keys, int n,
                            ga_err *err)
{
    const int top = s->image.h;
    const size_t letters = ga_font_count(heading);
    cursor c = {keys_left(), top};
    for (int i = 0; i < n; i++)
        (void)take_place(&c, keys[i].name, s->image.w);
    const ga_status status = grow(s, c.y + LINE - top, err);
    if (status != GA_OK)
        return status;
    if (s->image.c == 1 && any_coloured(keys, n))
        become_coloured(&s->image);
    ga_font_draw(&s->image, MARGIN, top, heading, letters <= HEADING ? letters : HEADING - 1,
                 HEADING_INK);
    if (letters > HEADING)
        ga_font_draw(&s->image, MARGIN + (HEADING - 1) * GA_LETTER_W, top, ".", 1, HEADING_INK);
    c = (cursor){keys_left(), top};
    for (int i = 0; i < n; i++) {
        const cursor at = take_place(&c, keys[i].name, s->image.w);
        draw_swatch(&s->image, at, keys[i].rgb);
        const int x = at.x + SWATCH + 5;
        draw_words(s, x, at.y, s->image.w - MARGIN - x, false, keys[i].name);
    }
    return GA_OK;
}

const ga_image *ga_sheet_image(const ga_sheet *s)
{
    return &s->image;
}
