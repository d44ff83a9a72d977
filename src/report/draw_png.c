/* draw_png.c - charts in pixels. Lines are as dark as the part of a pixel that they cover. Letters
 * are those of tensor/font.h, their steps rounded off as they grow. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "report/chart.h"
#include "tensor/font.h"
#include <math.h>
#include <string.h>

typedef struct raster {
    ga_paper paper;
    ga_image *image;    /* RGB */
    double scale;       /* pixels a unit */
    uint8_t *coverage;  /* (H,W): of what is being drawn, 0 everywhere in between */
    int x0, x1, y0, y1; /* where it is not 0: x0 <= x < x1 */
} raster;

static void start(raster *r)
{
    r->x0 = r->image->w;
    r->y0 = r->image->h;
    r->x1 = r->y1 = 0;
}

/* Pixels of the box that lie in the picture become part of what is drawn. */
static void reach(raster *r, double left, double top, double right, double bottom, int box[4])
{
    box[0] = (int)fmin(fmax(floor(left), 0), r->image->w);
    box[1] = (int)fmin(fmax(floor(top), 0), r->image->h);
    box[2] = (int)fmax(fmin(ceil(right), r->image->w), 0);
    box[3] = (int)fmax(fmin(ceil(bottom), r->image->h), 0);
    if (box[0] >= box[2] || box[1] >= box[3])
        return;
    r->x0 = box[0] < r->x0 ? box[0] : r->x0;
    r->y0 = box[1] < r->y0 ? box[1] : r->y0;
    r->x1 = box[2] > r->x1 ? box[2] : r->x1;
    r->y1 = box[3] > r->y1 ? box[3] : r->y1;
}

/* Where parts of one line overlap, the darker one counts: joints are not seen. */
static void cover(raster *r, int x, int y, double share)
{
    uint8_t *c = &r->coverage[(size_t)y * (size_t)r->image->w + (size_t)x];
    const uint8_t level = (uint8_t)lround(255 * fmin(fmax(share, 0), 1));
    *c = level > *c ? level : *c;
}

/* Puts the colour where the coverage is, and forgets the coverage. */
static void ink_in(raster *r, int ink, double opacity)
{
    const uint8_t *rgb = ga_ink_rgb(ink);
    for (int y = r->y0; y < r->y1; y++) {
        const size_t row = (size_t)y * (size_t)r->image->w;
        for (int x = r->x0; x < r->x1; x++) {
            uint8_t *pixel = r->image->pixels + 3 * (row + (size_t)x);
            const double a = opacity * r->coverage[row + (size_t)x] / 255;
            for (int c = 0; c < 3 && a > 0; c++)
                pixel[c] = (uint8_t)lround(pixel[c] + a * (rgb[c] - pixel[c]));
        }
        if (r->x1 > r->x0)
            memset(r->coverage + row + r->x0, 0, (size_t)(r->x1 - r->x0));
    }
}

/* ---- lines ------------------------------------------------------------------------------------*/

/* A segment with round ends; half its width, all in pixels. */
static void cover_segment(raster *r, double ax, double ay, double bx, double by, double half)
{
    const double dx = bx - ax, dy = by - ay, length2 = dx * dx + dy * dy, edge = half + 1;
    const double full = fmin(1, 2 * half); /* thinner than a pixel: paler */
    int box[4];
    reach(r, fmin(ax, bx) - edge, fmin(ay, by) - edge, fmax(ax, bx) + edge, fmax(ay, by) + edge,
          box);
    for (int y = box[1]; y < box[3]; y++)
        for (int x = box[0]; x < box[2]; x++) {
            const double px = x + 0.5 - ax, py = y + 0.5 - ay;
            const double along = length2 > 0 ? (px * dx + py * dy) / length2 : 0;
            const double t = fmin(fmax(along, 0), 1);
            const double distance = hypot(px - t * dx, py - t * dy);
            cover(r, x, y, full * (fmax(half, 0.5) + 0.5 - distance));
        }
}

/* Cuts the line into dashes that go on around its corners. */
static void cover_dashes(raster *r, const double *xy, size_t n, const ga_stroke *s)
{
    const double on = s->dash[0] * r->scale, period = on + s->dash[1] * r->scale,
                 half = s->width * r->scale / 2;
    double walked = 0;
    for (size_t i = 1; i < n; i++) {
        const double ax = xy[2 * i - 2] * r->scale, ay = xy[2 * i - 1] * r->scale,
                     bx = xy[2 * i] * r->scale, by = xy[2 * i + 1] * r->scale,
                     length = hypot(bx - ax, by - ay);
        for (double k = floor(walked / period); k * period < walked + length; k++) {
            const double from = fmax(k * period, walked) - walked,
                         to = fmin(k * period + on, walked + length) - walked;
            if (to > from)
                cover_segment(r, ax + (bx - ax) * from / length, ay + (by - ay) * from / length,
                              ax + (bx - ax) * to / length, ay + (by - ay) * to / length, half);
        }
        walked += length;
    }
}

/* A horizontal or vertical line that fills whole pixels. */
static void cover_crisp(raster *r, const double xy[4], const ga_stroke *s)
{
    const bool vertical = xy[0] == xy[2];
    const double wide = fmax(1, round(s->width * r->scale)), k = r->scale;
    const double across = round((vertical ? xy[0] : xy[1]) * k - wide / 2);
    const double from = round(fmin(vertical ? xy[1] : xy[0], vertical ? xy[3] : xy[2]) * k),
                 to = round(fmax(vertical ? xy[1] : xy[0], vertical ? xy[3] : xy[2]) * k);
    const double on = s->dash[0] * k, period = on + s->dash[1] * k;
    int box[4];
    if (vertical)
        reach(r, across, from, across + wide, to, box);
    else
        reach(r, from, across, to, across + wide, box);
    for (int y = box[1]; y < box[3]; y++)
        for (int x = box[0]; x < box[2]; x++)
            if (period <= 0 || fmod((vertical ? y : x) - from, period) < on)
                cover(r, x, y, 1);
}

static void png_line(ga_paper *paper, const double *xy, size_t n, const ga_stroke *s)
{
    raster *r = (raster *)paper;
    const double k = r->scale;
    start(r);
    if (s->crisp && n == 2)
        cover_crisp(r, xy, s);
    else if (s->dash[0] > 0)
        cover_dashes(r, xy, n, s);
    else
        for (size_t i = 1; i < n; i++)
            cover_segment(r, xy[2 * i - 2] * k, xy[2 * i - 1] * k, xy[2 * i] * k, xy[2 * i + 1] * k,
                          s->width * k / 2);
    ink_in(r, s->ink, s->opacity);
}

static void png_dot(ga_paper *paper, double x, double y, double radius, int ink)
{
    raster *r = (raster *)paper;
    const double k = r->scale;
    start(r);
    cover_segment(r, x * k, y * k, x * k, y * k, radius * k);
    ink_in(r, ink, 1);
}

/* ---- letters ----------------------------------------------------------------------------------*/

/* Twice the size: a corner takes the side of its two neighbours where they agree and the opposite
 * ones do not ("Scale2x", Mazzoleni 2001). Values are 0 or 1. */
static void grow(const ga_image *from, ga_image *to)
{
    for (int y = 0; y < from->h; y++)
        for (int x = 0; x < from->w; x++) {
            const uint8_t *p = from->pixels + (size_t)y * (size_t)from->w + x;
            const uint8_t here = *p, left = x > 0 ? p[-1] : 0, right = x + 1 < from->w ? p[1] : 0,
                          up = y > 0 ? p[-from->w] : 0, down = y + 1 < from->h ? p[from->w] : 0;
            uint8_t *q = to->pixels + 2 * ((size_t)y * (size_t)to->w + (size_t)x);
            q[0] = left == up && left != down && up != right ? up : here;
            q[1] = up == right && up != left && right != down ? right : here;
            q[to->w] = down == left && down != right && left != up ? left : here;
            q[to->w + 1] = right == down && right != up && down != left ? down : here;
        }
}

enum { GROWN = 8, EDGE = 1 }; /* an empty edge, so that corners can grow */

/* Letters of text, GROWN times their size, 0 or 1, with an edge of EDGE letters' pixels. */
static bool draw_letters(const char *text, ga_image *out)
{
    const int n = (int)ga_font_count(text);
    ga_image step = {0}, next = {0};
    bool good = ga_image_create(n * GA_LETTER_W + 2 * EDGE, GA_LETTER_H + 2 * EDGE, 1, &step,
                                NULL) == GA_OK;
    if (good)
        ga_font_draw(&step, EDGE, EDGE, text, (size_t)n, 1);
    for (int k = 1; k < GROWN && good; k *= 2) {
        good = ga_image_create(2 * step.w, 2 * step.h, 1, &next, NULL) == GA_OK;
        if (good)
            grow(&step, &next);
        ga_image_free(&step);
        step = next;
    }
    *out = step;
    return good;
}

/* Share of a square of the letters that is dark; its sides in pixels of the picture. */
static double dark_share(const ga_image *letters, double x0, double y0, double side)
{
    const int left = (int)fmax(floor(x0), 0), top = (int)fmax(floor(y0), 0),
              right = (int)fmin(ceil(x0 + side), letters->w),
              bottom = (int)fmin(ceil(y0 + side), letters->h);
    double sum = 0;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            if (letters->pixels[(size_t)y * (size_t)letters->w + (size_t)x] != 0)
                sum += (fmin(x + 1, x0 + side) - fmax(x, x0)) *
                       (fmin(y + 1, y0 + side) - fmax(y, y0));
    return sum / (side * side);
}

static void png_words(ga_paper *paper, const ga_words *w)
{
    raster *r = (raster *)paper;
    ga_image letters;
    if (w->text[0] == 0 || paper->failed)
        return;
    if (!draw_letters(w->text, &letters)) {
        paper->failed = true;
        return;
    }
    const double pixel = w->size * GA_ADVANCE / GA_LETTER_W * r->scale; /* of a letter */
    const double width = ga_words_width(w->text, w->size) * r->scale;
    const double left = w->x * r->scale -
                        (w->align == GA_LEFT     ? 0
                         : w->align == GA_CENTRE ? width / 2
                                                 : width) -
                        EDGE * pixel;
    const double top = w->y * r->scale - (7 + EDGE) * pixel; /* letters stand 7 above their line */
    const double side = GROWN / pixel; /* of a pixel of the picture, in the grown letters */
    int box[4];
    start(r);
    reach(r, left, top, left + letters.w * pixel / GROWN + 1, top + letters.h * pixel / GROWN, box);
    for (int y = box[1]; y < box[3]; y++)
        for (int x = box[0]; x < box[2]; x++) {
            const double at_x = (x - left) * side, at_y = (y - top) * side;
            double share = dark_share(&letters, at_x, at_y, side);
            if (w->bold)
                share = fmax(share, dark_share(&letters, at_x - 0.4 * GROWN, at_y, side));
            cover(r, x, y, share);
        }
    ink_in(r, w->ink, 1);
    ga_image_free(&letters);
}

/* ---- the whole --------------------------------------------------------------------------------*/

ga_status ga_chart_image(const ga_chart *chart, double scale, ga_image *out, ga_err *err)
{
    int w, h;
    *out = (ga_image){0};
    ga_chart_size(chart, &w, &h);
    if (!(scale >= 0.5 && scale <= 8))
        return ga_fail(err, GA_EINVAL, "a chart with %g pixels a unit, expected 0.5 to 8", scale);
    ga_status status = ga_image_create((int)lround(w * scale), (int)lround(h * scale), 3, out, err);
    if (status != GA_OK)
        return status;
    const size_t area = (size_t)out->w * (size_t)out->h;
    raster r = {.paper = {.line = png_line, .dot = png_dot, .words = png_words},
                .image = out,
                .scale = scale,
                .coverage = ga_mem_new(area, 1)};
    memset(out->pixels, 255, 3 * area);
    r.paper.failed = r.coverage == NULL;
    if (!r.paper.failed)
        ga_chart_draw(chart, &r.paper);
    ga_mem_free(r.coverage);
    if (r.paper.failed) {
        ga_image_free(out);
        return ga_fail(err, GA_ENOMEM, "no memory for the chart '%s'", chart->title);
    }
    return GA_OK;
}

ga_status ga_chart_save(const ga_chart *chart, const char *path, ga_err *err)
{
    ga_image image;
    char *text;
    size_t length;
    ga_status status;
    if (ga_ends_with(path, ".svg")) {
        status = ga_chart_svg(chart, &text, &length, err);
        if (status == GA_OK)
            status = ga_file_write(path, text, length, err);
        ga_chart_text_free(text);
        return status;
    }
    if (!ga_ends_with(path, ".png"))
        return ga_fail(err, GA_EINVAL, "'%s' ends neither in .svg nor in .png", path);
    status = ga_chart_image(chart, 1.5, &image, err);
    if (status == GA_OK)
        status = ga_image_write_png(path, &image, err);
    ga_image_free(&image);
    return status;
}
