/* chart.c - a line chart, laid out and drawn on any paper. From top to bottom: title, note, legend,
 * names of moments, name of the y axis, drawing, numbers and name of the x axis. The legend has
 * rows of its own, so that it never hides a line. */
#include "report/chart.h"
#include "base/alloc.h"
#include "ganatomy/curve.h"
#include "tensor/font.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MARGIN = 24, LETTER = 13, TITLE = 20, ROW = 22, SWATCH = 26, GAP = 20, MOMENT_ROWS = 4 };

/* After Okabe and Ito (2008), "Color universal design": told apart with every kind of colour
 * vision. Their yellow is too pale for lines on white, and grey stands for their black. */
static const uint8_t colours[GA_CHART_COLOURS][3] = {
    {0x00, 0x72, 0xb2}, {0xd5, 0x5e, 0x00}, {0x00, 0x9e, 0x73}, {0xcc, 0x79, 0xa7},
    {0xe6, 0x9f, 0x00}, {0x56, 0xb4, 0xe9}, {0x60, 0x60, 0x60}};
static const uint8_t inks[3][3] = {{0x1c, 0x23, 0x30}, {0x5a, 0x64, 0x74}, {0xd5, 0xda, 0xe2}};

const uint8_t *ga_ink_rgb(int ink)
{
    return ink >= 0 ? colours[ink % GA_CHART_COLOURS] : inks[-ink - 1];
}

double ga_words_width(const char *text, double size)
{
    return (double)ga_font_count(text) * GA_ADVANCE * size;
}

void ga_chart_size(const ga_chart *chart, int *w, int *h)
{
    *w = chart->w > 0 ? chart->w : 960;
    *h = chart->h > 0 ? chart->h : 540;
}

/* Where everything is. */
typedef struct layout {
    const ga_chart *chart;
    ga_paper *paper;
    double w, h, left, right, top, bottom; /* of the drawing */
    double legend_y, moments_y;            /* base lines: the legend's first, the moments' last */
    int moment_rows;
    ga_chart_axis x, y;
} layout;

static ga_stroke stroke_of(const ga_curve *c)
{
    static const double dashes[3][2] = {{0, 0}, {9, 5}, {2.5, 4}};
    const int look = c->look < 0 ? 0 : c->look % GA_CHART_MAX_CURVES;
    const double *dash = dashes[look / GA_CHART_COLOURS];
    return (ga_stroke){.ink = look % GA_CHART_COLOURS,
                       .width = c->faint ? 1.1 : 2.2,
                       .opacity = c->faint ? 0.35 : 1,
                       .dash = {c->faint ? 0 : dash[0], dash[1]}};
}

static void say(const layout *l, double x, double y, ga_align align, int ink, const char *text)
{
    l->paper->words(
        l->paper,
        &(ga_words){.x = x, .y = y, .size = LETTER, .align = align, .ink = ink, .text = text});
}

/* ---- where things go --------------------------------------------------------------------------*/

/* Range of the finite points; empty (lo > hi) without any. */
static void range_of(const ga_chart *c, bool of_x, double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int i = 0; i < c->n_curves; i++)
        for (int k = 0; k < c->curves[i].n; k++) {
            const double x = c->curves[i].x[k], y = c->curves[i].y[k], v = of_x ? x : y;
            const bool outside = c->x_max > c->x_min && (x < c->x_min || x > c->x_max);
            if (!isfinite(v) || (!of_x && (outside || (c->y_log && y <= 0))))
                continue;
            *lo = fmin(*lo, v);
            *hi = fmax(*hi, v);
        }
}

static bool whole_numbers(const ga_chart *c)
{
    for (int i = 0; i < c->n_curves; i++)
        for (int k = 0; k < c->curves[i].n; k++)
            if (c->curves[i].x[k] != floor(c->curves[i].x[k]))
                return false;
    return c->n_curves > 0;
}

static bool any_bad(const ga_chart *c)
{
    for (int i = 0; i < c->n_curves; i++)
        for (int k = 0; k < c->curves[i].n; k++)
            if (!isfinite(c->curves[i].y[k]))
                return true;
    return false;
}

static void draw_cross(ga_paper *paper, double x, double y, int ink)
{
    const double r = 4.5;
    const ga_stroke stroke = {.ink = ink, .width = 2.2, .opacity = 1};
    paper->line(paper, (const double[]){x - r, y - r, x + r, y + r}, 2, &stroke);
    paper->line(paper, (const double[]){x - r, y + r, x + r, y - r}, 2, &stroke);
}

/* Lays the legend out in rows, and draws it if asked; returns the number of rows. */
static int legend(const layout *l, bool draw)
{
    const ga_chart *c = l->chart;
    double x = MARGIN;
    int rows = 0;
    for (int i = 0; i <= c->n_curves; i++) {
        const bool last = i == c->n_curves; /* what a cross means, if there is one */
        const char *name = last ? (any_bad(c) ? "not a finite number" : NULL) : c->curves[i].name;
        if (name == NULL)
            continue;
        const double width = SWATCH + 8 + ga_words_width(name, LETTER);
        if (rows == 0 || x + width > l->w - MARGIN) {
            x = MARGIN;
            rows++;
        }
        const double y = l->legend_y + (rows - 1) * ROW;
        if (draw && last) {
            draw_cross(l->paper, x + SWATCH / 2.0, y - 4.5, GA_INK_SOFT);
        } else if (draw) {
            const ga_stroke stroke = stroke_of(&c->curves[i]);
            l->paper->line(l->paper, (const double[]){x, y - 4.5, x + SWATCH, y - 4.5}, 2, &stroke);
        }
        if (draw)
            say(l, x + SWATCH + 8, y, GA_LEFT, GA_INK_TEXT, name);
        x += width + GAP;
    }
    return rows;
}

/* A moment's name begins at its line, and at the right edge ends there. From the last one back,
 * each takes the lowest row that is free; so no line of an earlier one, which comes from above,
 * crosses the name of a later one. Returns the number of rows. */
static int moments(const layout *l, int most, bool draw)
{
    double taken_from[MOMENT_ROWS] = {INFINITY, INFINITY, INFINITY, INFINITY};
    int rows = 0;
    for (int i = l->chart->n_moments - 1; i >= 0; i--) {
        const ga_chart_mark *m = &l->chart->moments[i];
        if (!(m->at >= l->x.lo && m->at <= l->x.hi))
            continue;
        const double width = ga_words_width(m->words, LETTER),
                     at = ga_chart_axis_place(&l->x, m->at);
        const bool right = at + width > l->w - 4;
        const double x = right ? at - width : at;
        int row = 0;
        while (row < most && x + width + 10 > taken_from[row])
            row++;
        const bool named = row < most;
        if (named)
            taken_from[row] = x;
        rows = named && row + 1 > rows ? row + 1 : rows;
        if (!draw)
            continue;
        const double y = l->moments_y - row * ROW;
        if (named)
            say(l, at, y, right ? GA_RIGHT : GA_LEFT, GA_INK_SOFT, m->words);
        const double line[4] = {at, named ? y + 5 : l->top, at, l->bottom};
        l->paper->line(
            l->paper, line, 2,
            &(ga_stroke){
                .ink = GA_INK_SOFT, .width = 1, .opacity = 0.8, .dash = {2, 3}, .crisp = true});
    }
    return rows;
}

static double widest(const ga_chart_axis *a)
{
    double most = 0;
    for (int i = 0; i < a->n; i++)
        most = fmax(most, ga_words_width(a->label[i], LETTER));
    return most;
}

static double right_margin(const ga_chart *c)
{
    double most = MARGIN;
    for (int i = 0; i < c->n_levels; i++)
        most = fmax(most, ga_words_width(c->levels[i].words, LETTER) + 8 + MARGIN / 2.0);
    return most;
}

/* Everything below y, the legend's last base line, with numbers of the y axis up to left. */
static void lay_out_drawing(layout *l, double y, double left)
{
    const ga_chart *c = l->chart;
    double lo, hi;
    l->left = left;
    range_of(c, true, &lo, &hi);
    const bool x_fixed = c->x_max > c->x_min, y_fixed = c->y_max > c->y_min;
    lo = x_fixed ? c->x_min : lo > 0 && lo < 0.05 * hi ? 0 : lo;
    hi = x_fixed ? c->x_max : hi;
    l->x.whole = whole_numbers(c);
    ga_chart_axis_make(&l->x, lo, hi, true, l->right - l->left, 80);
    l->x.at = l->left;
    l->x.end = l->right;
    l->moment_rows = moments(l, MOMENT_ROWS, false);
    l->moments_y = y + l->moment_rows * ROW;
    l->top = l->moments_y + ROW + 22;
    range_of(c, false, &lo, &hi);
    if (!y_fixed && !c->y_log && lo > 0 && lo < 0.3 * hi)
        lo = 0;
    l->y.log = c->y_log;
    ga_chart_axis_make(&l->y, y_fixed ? c->y_min : lo, y_fixed ? c->y_max : hi, y_fixed,
                       l->bottom - l->top, 46);
    l->y.at = l->bottom;
    l->y.end = l->top;
}

static void lay_out(const ga_chart *c, ga_paper *paper, layout *l)
{
    int w, h;
    ga_chart_size(c, &w, &h);
    *l = (layout){.chart = c, .paper = paper, .w = w, .h = h};
    l->bottom = h - MARGIN / 2.0 - 2 * ROW;
    l->right = w - right_margin(c);
    l->legend_y = MARGIN + TITLE * 0.8 + ROW + 4;
    if (c->note != NULL && c->note[0] != 0)
        l->legend_y += ROW;
    const double y = l->legend_y + (legend(l, false) - 1) * ROW;
    /* how wide the numbers of the y axis are is known when there is one */
    lay_out_drawing(l, y, MARGIN + 40);
    lay_out_drawing(l, y, MARGIN + widest(&l->y) + 8);
}

/* ---- axes, levels -----------------------------------------------------------------------------*/

static void draw_axes(const layout *l)
{
    const ga_stroke grid = {.ink = GA_INK_GRID, .width = 1, .opacity = 1, .crisp = true},
                    axis = {.ink = GA_INK_SOFT, .width = 1, .opacity = 1, .crisp = true};
    for (int i = 0; i < l->y.n; i++) {
        const double y = ga_chart_axis_place(&l->y, l->y.tick[i]);
        ga_stroke line = grid;
        line.opacity = l->y.label[i][0] != 0 ? 1 : 0.5;
        l->paper->line(l->paper, (const double[]){l->left, y, l->right, y}, 2, &line);
        say(l, l->left - 8, y + 4.5, GA_RIGHT, GA_INK_SOFT, l->y.label[i]);
    }
    for (int i = 0; i < l->x.n; i++) {
        const double x = ga_chart_axis_place(&l->x, l->x.tick[i]);
        l->paper->line(l->paper, (const double[]){x, l->bottom, x, l->bottom + 5}, 2, &axis);
        say(l, x, l->bottom + 19, GA_CENTRE, GA_INK_SOFT, l->x.label[i]);
    }
    l->paper->line(l->paper, (const double[]){l->left, l->bottom, l->right, l->bottom}, 2, &axis);
    say(l, (l->left + l->right) / 2, l->bottom + 19 + ROW, GA_CENTRE, GA_INK_TEXT,
        l->chart->x_label);
    say(l, MARGIN, l->top - 14, GA_LEFT, GA_INK_TEXT, l->chart->y_label);
}

static void draw_levels(const layout *l)
{
    enum { MOST_NAMES = 32 };
    double named[MOST_NAMES];
    int n = 0;
    for (int i = 0; i < l->chart->n_levels; i++) {
        const ga_chart_mark *m = &l->chart->levels[i];
        const double y = ga_chart_axis_place(&l->y, m->at);
        if (!(y >= l->top && y <= l->bottom))
            continue;
        l->paper->line(
            l->paper, (const double[]){l->left, y, l->right, y}, 2,
            &(ga_stroke){
                .ink = GA_INK_SOFT, .width = 1, .opacity = 1, .dash = {6, 4}, .crisp = true});
        bool room = n < MOST_NAMES; /* a name that would lie on another is left out */
        for (int k = 0; k < n; k++)
            room = room && fabs(y - named[k]) >= LETTER;
        if (!room)
            continue;
        say(l, l->right + 8, y + 4.5, GA_LEFT, GA_INK_SOFT, m->words);
        named[n++] = y;
    }
}

/* ---- curves -----------------------------------------------------------------------------------*/

/* The part of a segment between top and bottom (and left and right); false: none. Liang and Barsky
 * 1984. */
static bool clip(const layout *l, const double in[4], double out[4])
{
    const double dx = in[2] - in[0], dy = in[3] - in[1], p[4] = {-dx, dx, -dy, dy},
                 q[4] = {in[0] - l->left, l->right - in[0], in[1] - l->top, l->bottom - in[1]};
    double from = 0, to = 1;
    for (int i = 0; i < 4; i++) {
        if (p[i] == 0 && q[i] < 0)
            return false;
        if (p[i] < 0)
            from = fmax(from, q[i] / p[i]);
        else if (p[i] > 0)
            to = fmin(to, q[i] / p[i]);
    }
    out[0] = in[0] + from * dx;
    out[1] = in[1] + from * dy;
    out[2] = in[0] + to * dx;
    out[3] = in[1] + to * dy;
    return from <= to;
}

/* A line under construction. */
typedef struct pen {
    double *xy;
    size_t n;
    double x, y; /* the last point, also outside of the drawing */
    bool down;
} pen;

static void lift(const layout *l, pen *p, const ga_stroke *stroke)
{
    if (p->n > 1)
        l->paper->line(l->paper, p->xy, p->n, stroke);
    else if (p->n == 1 && stroke->opacity < 1) { /* a point between two gaps has no line */
        const double r = stroke->width / 2, x = p->xy[0], y = p->xy[1];
        l->paper->line(l->paper, (const double[]){x - r, y, x + r, y}, 2, stroke);
    } else if (p->n == 1)
        l->paper->dot(l->paper, p->xy[0], p->xy[1], stroke->width * 0.8, stroke->ink);
    p->n = 0;
    p->down = false;
}

static void move(const layout *l, pen *p, double x, double y, const ga_stroke *stroke)
{
    const double given[4] = {p->down ? p->x : x, p->down ? p->y : y, x, y};
    double seen[4];
    const bool inside = clip(l, given, seen);
    if (inside && (p->n == 0 || seen[0] != p->xy[2 * p->n - 2] || seen[1] != p->xy[2 * p->n - 1])) {
        lift(l, p, stroke);
        p->xy[0] = seen[0];
        p->xy[1] = seen[1];
        p->n = 1;
    }
    if (inside && (seen[2] != seen[0] || seen[3] != seen[1])) {
        p->xy[2 * p->n] = seen[2];
        p->xy[2 * p->n + 1] = seen[3];
        p->n++;
    }
    p->x = x;
    p->y = y;
    p->down = true;
}

/* Were points taken out behind index `after`, up to index `at`? */
static bool gap_between(const ga_curve *c, size_t after, size_t at)
{
    bool gap = false;
    for (size_t i = after + 1; c->gap != NULL && i <= at; i++)
        gap = gap || c->gap[i];
    return gap;
}

/* kept: room for indices; p->xy: room for points. */
static void draw_curve(const layout *l, const ga_curve *c, size_t columns, size_t *kept, pen *p)
{
    enum { FEW = 40 };
    const ga_stroke stroke = stroke_of(c);
    const size_t n = ga_curve_thin(c->x, c->y, (size_t)c->n, columns, kept);
    bool was_bad = false;
    for (size_t k = 0; k < n; k++) {
        const double x = ga_chart_axis_place(&l->x, c->x[kept[k]]),
                     y = ga_chart_axis_place(&l->y, c->y[kept[k]]);
        const bool bad = !isfinite(c->y[kept[k]]), shown = x >= l->left && x <= l->right;
        if (isnan(x) || isnan(y) || (k > 0 && gap_between(c, kept[k - 1], kept[k])))
            lift(l, p, &stroke);
        if (!isnan(x) && !isnan(y))
            move(l, p, x, y, &stroke);
        if (!isnan(y) && shown && y >= l->top && y <= l->bottom && c->n <= FEW && !c->faint)
            l->paper->dot(l->paper, x, y, 3.2, stroke.ink);
        if (bad && !was_bad && shown && !c->faint)
            draw_cross(l->paper, x, l->top, stroke.ink);
        was_bad = bad;
    }
    lift(l, p, &stroke);
}

static void draw_curves(const layout *l)
{
    const double width = l->right - l->left;
    const size_t columns = width > 1 ? (size_t)width : 1;
    size_t *kept = ga_mem_new(5 * columns, sizeof *kept);
    pen p = {.xy = ga_mem_new(10 * columns + 4, sizeof *p.xy)};
    if (kept == NULL || p.xy == NULL)
        l->paper->failed = true;
    for (int pass = 0; pass < 2 && !l->paper->failed; pass++) /* what is faint lies below */
        for (int i = 0; i < l->chart->n_curves; i++)
            if (l->chart->curves[i].faint == (pass == 0))
                draw_curve(l, &l->chart->curves[i], columns, kept, &p);
    ga_mem_free(kept);
    ga_mem_free(p.xy);
}

void ga_chart_draw(const ga_chart *chart, ga_paper *paper)
{
    layout l;
    lay_out(chart, paper, &l);
    paper->words(paper, &(ga_words){.x = MARGIN,
                                    .y = MARGIN + TITLE * 0.7,
                                    .size = TITLE,
                                    .ink = GA_INK_TEXT,
                                    .bold = true,
                                    .text = chart->title});
    if (chart->note != NULL && chart->note[0] != 0)
        say(&l, MARGIN, MARGIN + TITLE * 0.7 + ROW, GA_LEFT, GA_INK_SOFT, chart->note);
    legend(&l, true);
    draw_axes(&l);
    draw_levels(&l);
    moments(&l, l.moment_rows, true);
    draw_curves(&l);
}

/* ---- in words ---------------------------------------------------------------------------------*/

void ga_chart_describe(const ga_chart *chart, ga_text *text)
{
    ga_text_addf(text, "%s over %s.", chart->y_label, chart->x_label);
    if (chart->note != NULL && chart->note[0] != 0)
        ga_text_addf(text, " %s.", chart->note);
    for (int i = 0; i < chart->n_curves; i++) {
        const ga_curve *c = &chart->curves[i];
        int low = -1, high = -1, last = -1, bad = -1;
        for (int k = 0; k < c->n; k++) {
            if (!isfinite(c->y[k])) {
                bad = bad < 0 ? k : bad;
                continue;
            }
            low = low < 0 || c->y[k] < c->y[low] ? k : low;
            high = high < 0 || c->y[k] > c->y[high] ? k : high;
            last = k;
        }
        if (c->name == NULL)
            continue;
        ga_text_addf(text, " %s: %d points", c->name, c->n);
        if (low >= 0)
            ga_text_addf(text, ", lowest %.4g at %.6g, highest %.4g at %.6g, last %.4g at %.6g",
                         c->y[low], c->x[low], c->y[high], c->x[high], c->y[last], c->x[last]);
        if (bad >= 0)
            ga_text_addf(text, ", not a finite number first at %.6g", c->x[bad]);
        ga_text_add(text, ".");
    }
}
