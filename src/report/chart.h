/* report/chart.h - one drawing, two papers: chart.c lays a chart out once and draws it with strokes
 * and words; draw_svg.c and draw_png.c put these on paper.
 *
 * Units: see ga_chart.w; x to the right, y downwards. */
#ifndef GA_CHART_INSIDE_H
#define GA_CHART_INSIDE_H
#include "base/text.h"
#include "ganatomy/report.h"

/* What is not a curve; curves have colours 0..GA_CHART_COLOURS-1. */
enum { GA_INK_TEXT = -1, GA_INK_SOFT = -2, GA_INK_GRID = -3, GA_CHART_COLOURS = 7 };

typedef struct ga_stroke {
    int ink;
    double width, opacity;
    double dash[2]; /* lengths of line and gap; 0: solid */
    bool crisp;     /* a straight horizontal or vertical line that shall not be blurred */
} ga_stroke;

typedef enum ga_align { GA_LEFT, GA_CENTRE, GA_RIGHT } ga_align;
typedef struct ga_words {
    double x, y; /* of the base line's left end, middle or right end */
    double size; /* as in font-size: capitals are 0.72 of it high */
    ga_align align;
    int ink;
    bool bold;
    const char *text;
} ga_words;

typedef struct ga_paper ga_paper;
struct ga_paper {
    /* n points x0 y0 x1 y1 ..., connected */
    void (*line)(ga_paper *paper, const double *xy, size_t n, const ga_stroke *stroke);
    void (*dot)(ga_paper *paper, double x, double y, double radius, int ink);
    void (*words)(ga_paper *paper, const ga_words *words);
    bool failed; /* out of memory */
};

/* Of a letter, in sizes: generous for proportional letters, exact for those of draw_png.c. */
#define GA_ADVANCE 0.615
double ga_words_width(const char *text, double size);

/* "#0072b2" of an ink, as three bytes. */
const uint8_t *ga_ink_rgb(int ink);

/* Width and height of the chart, its defaults filled in. */
void ga_chart_size(const ga_chart *chart, int *w, int *h);
void ga_chart_draw(const ga_chart *chart, ga_paper *paper);
/* One sentence for each curve. */
void ga_chart_describe(const ga_chart *chart, ga_text *text);
/* <svg>: a file of its own, or a part of a page. */
void ga_chart_add_svg(const ga_chart *chart, bool alone, ga_text *text);

/* ---- axes (axis.c) ----------------------------------------------------------------------------*/

enum { GA_MAX_TICKS = 64 };
typedef struct ga_chart_axis {
    double lo, hi;  /* lo < hi */
    bool log;       /* then lo > 0 */
    bool whole;     /* whole numbers are marked only */
    double at, end; /* where lo and hi are drawn */
    int n;          /* ticks, ascending */
    double tick[GA_MAX_TICKS];
    char label[GA_MAX_TICKS][16]; /* "" for a line without words */
} ga_chart_axis;
/* Fills an axis of which log and whole are set, over the data's range, which may be empty or a
 * point. fixed: the ends stay; else they move out to the next tick. room: units for labels along
 * it; gap: between two labels. */
void ga_chart_axis_make(ga_chart_axis *axis, double lo, double hi, bool fixed, double room,
                        double gap);
/* Where a value is drawn; NaN if it has no place (not finite, or not positive on a log axis). */
double ga_chart_axis_place(const ga_chart_axis *axis, double value);
#endif
