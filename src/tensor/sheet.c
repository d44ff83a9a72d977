#include "base/alloc.h"
#include "ganatomy/image.h"
#include "tensor/font.h"
#include <string.h>

enum {
    MARGIN = 4,    /* around everything, in pixels of the sheet */
    GAP = 2,       /* between cells */
    WORDS_GAP = 2, /* above and below a caption */
    MAX_ZOOM = 16,
    MAX_TITLE = 100, /* letters that a sheet is made wider for */
    MAX_CELLS = 10000, /* in one direction; the picture's own limit comes first */
    INK = 0,
    PAPER = 255,
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

const ga_image *ga_sheet_image(const ga_sheet *s)
{
    return &s->image;
}
