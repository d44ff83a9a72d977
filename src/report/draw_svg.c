/* draw_svg.c - charts as SVG. Colours are attributes, which every viewer knows; the classes beside
 * them let a page's style sheet have its way, in the dark for instance. */
#include "base/alloc.h"
#include "report/chart.h"
#include <stdio.h>

typedef struct svg {
    ga_paper paper;
    ga_text *text;
} svg;

static const char *class_of(int ink)
{
    return ink == GA_INK_TEXT   ? "ink"
           : ink == GA_INK_SOFT ? "soft"
           : ink == GA_INK_GRID ? "grid"
                                : "";
}

/* Attribute `what` (fill or stroke) with its class. */
static void add_ink(ga_text *t, const char *what, int ink)
{
    const uint8_t *rgb = ga_ink_rgb(ink);
    ga_text_addf(t, " %s=\"#%02x%02x%02x\"", what, rgb[0], rgb[1], rgb[2]);
    if (ink < 0)
        ga_text_addf(t, " class=\"%s\"", class_of(ink));
}

static void svg_line(ga_paper *paper, const double *xy, size_t n, const ga_stroke *s)
{
    ga_text *t = ((svg *)paper)->text;
    ga_text_add(t, "<path fill=\"none\"");
    add_ink(t, "stroke", s->ink);
    ga_text_addf(t, " stroke-width=\"%.3g\"", s->width);
    if (s->opacity < 1)
        ga_text_addf(t, " stroke-opacity=\"%.3g\"", s->opacity);
    if (s->dash[0] > 0)
        ga_text_addf(t, " stroke-dasharray=\"%.3g %.3g\"", s->dash[0], s->dash[1]);
    ga_text_add(t, s->crisp ? " shape-rendering=\"crispEdges\"" : " stroke-linejoin=\"round\"");
    ga_text_add(t, " d=\"");
    for (size_t i = 0; i < n; i++)
        ga_text_addf(t, "%c%.1f %.1f", i == 0 ? 'M' : 'L', xy[2 * i], xy[2 * i + 1]);
    ga_text_add(t, "\"/>\n");
}

static void svg_dot(ga_paper *paper, double x, double y, double radius, int ink)
{
    ga_text *t = ((svg *)paper)->text;
    ga_text_addf(t, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.3g\"", x, y, radius);
    add_ink(t, "fill", ink);
    ga_text_add(t, "/>\n");
}

static void svg_words(ga_paper *paper, const ga_words *w)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    ga_text *t = ((svg *)paper)->text;
    if (w->text[0] == 0)
        return;
    ga_text_addf(t, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.4g\"", w->x, w->y, w->size);
    if (w->align != GA_LEFT)
        ga_text_addf(t, " text-anchor=\"%s\"", anchors[w->align]);
    if (w->bold)
        ga_text_add(t, " font-weight=\"600\"");
    add_ink(t, "fill", w->ink);
    ga_text_add(t, ">");
    ga_text_add_html(t, w->text);
    ga_text_add(t, "</text>\n");
}

void ga_chart_add_svg(const ga_chart *chart, bool alone, ga_text *text)
{
    svg s = {.paper = {.line = svg_line, .dot = svg_dot, .words = svg_words}, .text = text};
    ga_text words = {0};
    int w, h;
    ga_chart_size(chart, &w, &h);
    ga_chart_describe(chart, &words);
    if (alone)
        ga_text_add(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    ga_text_addf(text,
                 "<svg%s viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
                 "font-family=\"system-ui,'DejaVu Sans',sans-serif\" "
                 "style=\"font-variant-numeric:tabular-nums\">\n<title>",
                 alone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "", w, h, w, h);
    ga_text_add_html(text, chart->title);
    ga_text_add(text, "</title>\n<desc>");
    ga_text_add_html(text, words.data != NULL ? words.data : "");
    ga_text_add(text, "</desc>\n");
    if (alone)
        ga_text_addf(text, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", w, h);
    ga_chart_draw(chart, &s.paper);
    ga_text_add(text, "</svg>\n");
    text->failed = text->failed || words.failed || s.paper.failed;
    ga_text_free(&words);
}

ga_status ga_chart_svg(const ga_chart *chart, char **text, size_t *length, ga_err *err)
{
    ga_text t = {0};
    *text = NULL;
    *length = 0;
    ga_chart_add_svg(chart, true, &t);
    if (t.failed) {
        ga_text_free(&t);
        return ga_fail(err, GA_ENOMEM, "no memory for the chart '%s'", chart->title);
    }
    *text = t.data;
    *length = t.length;
    return GA_OK;
}

void ga_chart_text_free(char *text)
{
    ga_mem_free(text);
}
