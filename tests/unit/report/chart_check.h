/* chart_check.h - what the tests of charts share: a paper that remembers, and charts to draw. */
#ifndef GA_CHART_CHECK_H
#define GA_CHART_CHECK_H
#include "check.h"
#include "report/chart.h"

static inline double draw(void) /* 0..1, the same every time */
{
    static uint32_t seed = 1;
    seed = seed * 1664525u + 1013904223u;
    return (double)(seed >> 8) / (1 << 24);
}

/* A paper that remembers what was drawn on it. */
enum { MOST = 4000, MOST_POINTS = 200000 };
typedef struct memory {
    ga_paper paper;
    ga_words words[MOST];
    char text[MOST][80];
    int n_words;
    ga_stroke stroke[MOST];
    size_t first[MOST + 1]; /* points of line i are first[i] .. first[i+1]-1 */
    int n_lines, n_dots;
    double xy[2 * MOST_POINTS];
} memory;

static inline void keep_line(ga_paper *paper, const double *xy, size_t n, const ga_stroke *stroke)
{
    memory *m = (memory *)paper;
    assert_true(m->n_lines < MOST && m->first[m->n_lines] + n <= MOST_POINTS);
    m->stroke[m->n_lines] = *stroke;
    memcpy(m->xy + 2 * m->first[m->n_lines], xy, 2 * n * sizeof *xy);
    m->first[m->n_lines + 1] = m->first[m->n_lines] + n;
    m->n_lines++;
}

static inline void keep_dot(ga_paper *paper, double x, double y, double radius, int ink)
{
    (void)x;
    (void)y;
    (void)radius;
    (void)ink;
    ((memory *)paper)->n_dots++;
}

static inline void keep_words(ga_paper *paper, const ga_words *words)
{
    memory *m = (memory *)paper;
    if (words->text[0] == 0)
        return;
    assert_true(m->n_words < MOST);
    m->words[m->n_words] = *words;
    snprintf(m->text[m->n_words++], sizeof m->text[0], "%s", words->text);
}

static inline memory *remember(const ga_chart *chart)
{
    memory *m = calloc(1, sizeof *m);
    m->paper = (ga_paper){.line = keep_line, .dot = keep_dot, .words = keep_words};
    ga_chart_draw(chart, &m->paper);
    assert_false(m->paper.failed);
    return m;
}

/* Where words are: left, top, right, bottom. */
static inline void box_of(const memory *m, int i, double box[4])
{
    const ga_words *w = &m->words[i];
    const double width = ga_words_width(m->text[i], w->size);
    box[0] = w->x - (w->align == GA_LEFT ? 0 : w->align == GA_CENTRE ? width / 2 : width);
    box[1] = w->y - 0.75 * w->size;
    box[2] = box[0] + width;
    box[3] = w->y + 0.2 * w->size;
}

/* A chart with everything, random. */
typedef struct made {
    ga_chart chart;
    ga_curve curves[GA_CHART_MAX_CURVES];
    ga_chart_mark levels[4], moments[8];
    char names[GA_CHART_MAX_CURVES][40];
    double *x, *y;
} made;

static inline made *make(int n_curves, int n)
{
    made *m = calloc(1, sizeof *m);
    m->x = calloc((size_t)n, sizeof *m->x);
    m->y = calloc((size_t)n * (size_t)n_curves, sizeof *m->y);
    const double size = pow(10, 12 * draw() - 6), from = draw() < 0.5 ? 0 : (draw() - 0.5) * size,
                 last = floor(pow(10, 6 * draw())) * n;
    for (int i = 0; i < n; i++)
        m->x[i] = floor(last / n) * i + 1;
    for (int c = 0; c < n_curves; c++) {
        snprintf(m->names[c], sizeof m->names[c], "%.*s", 2 + (int)(draw() * 34),
                 "a-name-that-may-be-rather-long-too-0123");
        for (int i = 0; i < n; i++)
            m->y[c * n + i] = draw() < 0.01 ? NAN : from + size * draw();
        m->curves[c] = (ga_curve){.name = m->names[c],
                                  .x = m->x,
                                  .y = m->y + c * n,
                                  .n = n,
                                  .look = c,
                                  .faint = draw() < 0.3};
    }
    for (int i = 0; i < 8; i++)
        m->moments[i] = (ga_chart_mark){m->x[n - 1] * (i + draw()) / 8, "lr 0.0002 -> 0.0001"};
    for (int i = 0; i < 4; i++)
        m->levels[i] = (ga_chart_mark){from + size * draw(), "2 ln 2"};
    m->chart = (ga_chart){.title = "A title of some length",
                          .note = draw() < 0.5 ? "what was done to the numbers" : NULL,
                          .x_label = "step",
                          .y_label = "loss (nats)",
                          .curves = m->curves,
                          .n_curves = n_curves,
                          .y_log = draw() < 0.3,
                          .levels = m->levels,
                          .n_levels = (int)(draw() * 5),
                          .moments = m->moments,
                          .n_moments = (int)(draw() * 9)};
    return m;
}

static inline void end(made *m)
{
    free(m->x);
    free(m->y);
    free(m);
}

static inline ga_chart plain(const ga_curve *curves, int n)
{
    return (ga_chart){
        .title = "t", .x_label = "x", .y_label = "y", .curves = curves, .n_curves = n};
}
#endif
