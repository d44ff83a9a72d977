/* Charts: numbers lie where the axes say, words never lie on each other, colours can be told apart,
 * and both papers show the same. */
#include "check.h"
#include "base/alloc.h"
#include "base/file.h"
#include "report/chart.h"
#include <ctype.h>
#include <unistd.h>

static double draw(void) /* 0..1, the same every time */
{
    static uint32_t seed = 1;
    seed = seed * 1664525u + 1013904223u;
    return (double)(seed >> 8) / (1 << 24);
}

/* ---- a paper that remembers -------------------------------------------------------------------*/

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

static void keep_line(ga_paper *paper, const double *xy, size_t n, const ga_stroke *stroke)
{
    memory *m = (memory *)paper;
    assert_true(m->n_lines < MOST && m->first[m->n_lines] + n <= MOST_POINTS);
    m->stroke[m->n_lines] = *stroke;
    memcpy(m->xy + 2 * m->first[m->n_lines], xy, 2 * n * sizeof *xy);
    m->first[m->n_lines + 1] = m->first[m->n_lines] + n;
    m->n_lines++;
}

static void keep_dot(ga_paper *paper, double x, double y, double radius, int ink)
{
    (void)x;
    (void)y;
    (void)radius;
    (void)ink;
    ((memory *)paper)->n_dots++;
}

static void keep_words(ga_paper *paper, const ga_words *words)
{
    memory *m = (memory *)paper;
    if (words->text[0] == 0)
        return;
    assert_true(m->n_words < MOST);
    m->words[m->n_words] = *words;
    snprintf(m->text[m->n_words++], sizeof m->text[0], "%s", words->text);
}

static memory *remember(const ga_chart *chart)
{
    memory *m = calloc(1, sizeof *m);
    m->paper = (ga_paper){.line = keep_line, .dot = keep_dot, .words = keep_words};
    ga_chart_draw(chart, &m->paper);
    assert_false(m->paper.failed);
    return m;
}

/* Where words are: left, top, right, bottom. */
static void box_of(const memory *m, int i, double box[4])
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

static made *make(int n_curves, int n)
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

static void end(made *m)
{
    free(m->x);
    free(m->y);
    free(m);
}

/* ---- layout -----------------------------------------------------------------------------------*/

static void words_lie_on_the_sheet_and_never_on_each_other(void **state)
{
    (void)state;
    for (int turn = 0; turn < 300; turn++) {
        made *c = make(1 + (int)(draw() * 12), 2 + (int)(draw() * 200));
        memory *m = remember(&c->chart);
        for (int i = 0; i < m->n_words; i++) {
            double a[4], b[4];
            box_of(m, i, a);
            if (a[0] < 0 || a[2] > 960 || a[1] < 0 || a[3] > 540)
                fail_msg("turn %d: '%s' leaves the sheet", turn, m->text[i]);
            for (int k = 0; k < i; k++) {
                box_of(m, k, b);
                if (a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3])
                    fail_msg("turn %d: '%s' lies on '%s'", turn, m->text[i], m->text[k]);
            }
        }
        free(m);
        end(c);
    }
}

/* The drawing lies between the lines of the axes. */
static void drawing_of(const memory *m, double box[4])
{
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (int i = 0; i < m->n_lines; i++) {
        const double *xy = m->xy + 2 * m->first[i];
        if (m->stroke[i].ink != GA_INK_GRID &&
            !(m->stroke[i].ink == GA_INK_SOFT && xy[1] == xy[3] && m->stroke[i].dash[0] == 0 &&
              m->stroke[i].crisp))
            continue;
        box[0] = fmin(box[0], xy[0]);
        box[1] = fmin(box[1], xy[1]);
        box[2] = fmax(box[2], xy[2]);
        box[3] = fmax(box[3], xy[3]);
    }
    for (int i = 0; i < m->n_words; i++) /* the name of the y axis stands 14 above */
        if (strcmp(m->text[i], "loss (nats)") == 0)
            box[1] = m->words[i].y + 14;
}

static void curves_stay_in_the_drawing_and_words_outside(void **state)
{
    (void)state;
    for (int turn = 0; turn < 100; turn++) {
        made *c = make(1 + (int)(draw() * 5), 2 + (int)(draw() * 3000));
        if (turn % 2) { /* ends that cut the curves */
            c->chart.y_log = false;
            c->chart.y_min = c->y[0] - 1e-9;
            c->chart.y_max = c->y[1] > c->y[0] ? c->y[1] : c->y[0] + 1;
            c->chart.x_min = c->x[c->curves[0].n / 4];
            c->chart.x_max = c->x[c->curves[0].n / 2] + 1;
        }
        if (!isfinite(c->chart.y_min) || !isfinite(c->chart.y_max))
            c->chart.y_min = c->chart.y_max = 0;
        memory *m = remember(&c->chart);
        double box[4], b[4];
        drawing_of(m, box);
        for (int i = 0; i < m->n_lines; i++) {
            const bool curve = m->stroke[i].ink >= 0 && m->xy[2 * m->first[i] + 1] > box[1] - 6;
            for (size_t k = m->first[i]; curve && k < m->first[i + 1]; k++) {
                const double x = m->xy[2 * k], y = m->xy[2 * k + 1];
                /* a cross may stand out by its arms */
                assert_true(x > box[0] - 5 && x < box[2] + 5 && y > box[1] - 5 &&
                            y < box[3] + 0.01);
            }
        }
        for (int i = 0; i < m->n_words; i++) {
            box_of(m, i, b);
            if (b[0] < box[2] && b[2] > box[0] && b[1] < box[3] - 1 && b[3] > box[1] + 1)
                fail_msg("turn %d: '%s' lies in the drawing", turn, m->text[i]);
        }
        free(m);
        end(c);
    }
}

/* ---- axes -------------------------------------------------------------------------------------*/

static double number_of(const char *label)
{
    char *rest;
    const double v = strtod(label, &rest);
    const double unit = *rest == 'k' ? 1e3 : *rest == 'M' ? 1e6 : 1;
    assert_true(rest != label && (*rest == 0 || (unit > 1 && rest[1] == 0)));
    return v * unit;
}

static void labels_say_where_they_are(void **state)
{
    (void)state;
    for (int turn = 0; turn < 4000; turn++) {
        const double size = pow(10, 24 * draw() - 12), lo = draw() < 0.5 ? 0 : size * draw(),
                     hi = lo + size * (0.01 + draw());
        const bool log = turn % 3 == 0, fixed = draw() < 0.5;
        ga_chart_axis a = {.log = log, .whole = turn % 5 == 0};
        if (log && lo <= 0)
            continue;
        const double room = 200 + 800 * draw(), gap = 40 + 40 * draw();
        ga_chart_axis_make(&a, lo, hi, fixed, room, gap);
        a.at = 10;
        a.end = 10 + room;
        const double slack = 1e-8 * (log ? lo : fmax(hi - lo, a.whole));
        assert_true(a.hi > a.lo);
        assert_true(fixed ? a.lo == lo && a.hi == hi : a.lo <= lo + slack && a.hi >= hi - slack);
        double last = -INFINITY, step = 0;
        int labels = 0;
        for (int i = 0; i < a.n; i++) {
            const double place = ga_chart_axis_place(&a, a.tick[i]);
            assert_true(place > 9.99 && place < room + 10.01);
            assert_true(i == 0 || a.tick[i] > a.tick[i - 1]);
            if (a.label[i][0] == 0)
                continue;
            labels++;
            assert_true(place - last > gap * 0.999 || room < 2 * gap);
            last = place;
            const double said = number_of(a.label[i]);
            assert_true(fabs(said - a.tick[i]) <= 1e-9 * fabs(a.tick[i]) ||
                        fabs(said - a.tick[i]) <= 0.006 * fabs(a.tick[i])); /* three digits */
            if (!log && i > 0) { /* 1, 2 or 5 times a power of ten, always the same */
                const double by = a.tick[i] - a.tick[i - 1],
                             lead = by / pow(10, floor(log10(by * (1 + 1e-6))));
                assert_true(step == 0 || fabs(by - step) < 1e-6 * step);
                assert_true(fabs(lead - 1) < 1e-3 || fabs(lead - 2) < 1e-3 ||
                            fabs(lead - 5) < 1e-3);
                step = by;
                if (a.whole)
                    assert_true(fabs(a.tick[i] - round(a.tick[i])) < 1e-6);
            }
        }
        assert_true(labels >= 1 || a.whole || log);
    }
}

static void labels_are_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        double lo, hi;
        bool log, whole;
        const char *labels;
    } cases[] = {{0, 1, false, false, "0 0.2 0.4 0.6 0.8 1.0 "},
                 {0, 12000, false, true, "0 2k 4k 6k 8k 10k 12k "},
                 {1, 3, false, true, "1 2 3 "},
                 {-3, 3, false, false, "-3 -2 -1 0 1 2 3 "},
                 {0, 25000000, false, false, "0 5M 10M 15M 20M 25M "},
                 {0.001, 100, true, false, "0.001 0.01 0.1 1 10 100 "},
                 {1, 20, true, false, "1 2 5 10 20 "},
                 {1e-12, 1, true, false, "1e-12 1e-10 1e-08 1e-06 0.0001 0.01 1 "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char said[200] = "";
        ga_chart_axis a = {.log = cases[i].log, .whole = cases[i].whole};
        ga_chart_axis_make(&a, cases[i].lo, cases[i].hi, true, 560, 80);
        for (int k = 0; k < a.n; k++)
            if (a.label[k][0] != 0)
                snprintf(said + strlen(said), sizeof said - strlen(said), "%s ", a.label[k]);
        assert_string_equal(said, cases[i].labels);
    }
}

static void odd_ranges_have_an_axis_too(void **state)
{
    (void)state;
    static const double odd[][2] = {
        {INFINITY, -INFINITY}, {5, 5},           {0, 0},   {-1e308, 1e308},
        {1, 1 + 1e-15},        {1e-320, 2e-320}, {NAN, 1}, {-7, -7}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (int log = 0; log < 2; log++) {
            ga_chart_axis a = {.log = log};
            ga_chart_axis_make(&a, odd[i][0], odd[i][1], false, 500, 50);
            assert_true(isfinite(a.lo) && isfinite(a.hi) && a.hi > a.lo && a.n <= GA_MAX_TICKS);
        }
}

/* ---- curves -----------------------------------------------------------------------------------*/

static ga_chart plain(const ga_curve *curves, int n)
{
    return (ga_chart){
        .title = "t", .x_label = "x", .y_label = "y", .curves = curves, .n_curves = n};
}

/* A point at a tick of both axes lies where these are drawn. */
static void points_lie_where_the_axes_say(void **state)
{
    (void)state;
    const double x[] = {0, 5, 7, 10}, y[] = {0, 1, NAN, 2};
    const ga_curve curve = {.name = "rise", .x = x, .y = y, .n = 4};
    const ga_chart chart = plain(&curve, 1);
    memory *m = remember(&chart);
    double level_of_1 = -1, place_of_5 = -1;
    for (int i = 0; i < m->n_words; i++) {
        if (strcmp(m->text[i], "1.0") == 0 && m->words[i].align == GA_RIGHT)
            level_of_1 = m->words[i].y - 4.5;
        if (strcmp(m->text[i], "5") == 0 && m->words[i].align == GA_CENTRE)
            place_of_5 = m->words[i].x;
    }
    int found = 0, crosses = 0;
    for (int i = 0; i < m->n_lines; i++) {
        const double *xy = m->xy + 2 * m->first[i];
        const size_t n = m->first[i + 1] - m->first[i];
        if (m->stroke[i].ink == 0 && n == 2 && xy[2] == place_of_5 && xy[3] == level_of_1)
            found++; /* and the line ends there: NaN lifts the pen */
        crosses += m->stroke[i].ink == 0 && n == 2 && fabs(xy[2] - xy[0] - 9) < 1e-9 &&
                   fabs(fabs(xy[3] - xy[1]) - 9) < 1e-9;
    }
    assert_int_equal(found, 1);
    assert_int_equal(crosses, 2); /* the two strokes of one cross, at 7 */
    /* 0, 5 and 10 have dots, 10 also as a point between a gap and the end */
    assert_true(m->n_dots >= 3);
    free(m);
}

/* A flat line, so that what crosses the gap would lie on the points' own height. */
static void no_line_crosses_a_gap(void **state)
{
    (void)state;
    const double x[] = {0, 1, 2, 7, 8, 9, 10}, y[] = {1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1};
    const bool gap[] = {false, false, false, true, false, false, false};
    for (int faint = 0; faint < 2; faint++) {
        const ga_curve curve = {.name = "gap", .x = x, .y = y, .n = 7, .faint = faint, .gap = gap};
        ga_chart chart = plain(&curve, 1);
        chart.y_max = 2.1; /* no line of the grid at 1.1 */
        ga_err err;
        ga_image image;
        memory *m = remember(&chart);
        CHECK_OK(ga_chart_image(&chart, 1, &image, &err));
        const double *part[2] = {0};
        int parts = 0;
        for (int i = 0; i < m->n_lines; i++) {
            const size_t n = m->first[i + 1] - m->first[i];
            if (m->stroke[i].ink != 0 || n < 3) /* 2: the legend's */
                continue;
            assert_true(parts < 2);
            assert_int_equal(n, parts == 0 ? 3 : 4);
            part[parts++] = m->xy + 2 * m->first[i];
        }
        if (parts != 2)
            fail_msg("%d parts of the curve, expected 2", parts);
        const double end = part[0][4], begin = part[1][0];
        const int middle = (int)((end + begin) / 2), row = (int)part[0][1];
        assert_true(begin > end + 100);
        for (int c = 0; c < 3; c++) /* the PNG has nothing there either */
            assert_int_equal(image.pixels[3 * (row * image.w + middle) + c], 255);
        ga_image_free(&image);
        free(m);
    }
}

/* The gap lies before a point that thinning leaves out. */
static void thinning_keeps_gaps(void **state)
{
    (void)state;
    enum { N = 100000 };
    double *x = calloc(N, sizeof *x), *y = calloc(N, sizeof *y);
    bool *gap = calloc(N, sizeof *gap);
    for (int i = 0; i < N; i++) {
        x[i] = i < N / 2 ? i : i + N;
        y[i] = 1 + 0.001 * (i % 7);
    }
    gap[N / 2] = true;
    const ga_curve curve = {.name = "gap", .x = x, .y = y, .n = N, .gap = gap};
    const ga_chart chart = plain(&curve, 1);
    memory *m = remember(&chart);
    double box[4];
    int parts = 0;
    drawing_of(m, box);
    for (int i = 0; i < m->n_lines; i++)
        for (size_t k = m->first[i] + 1; m->stroke[i].ink == 0 && k < m->first[i + 1]; k++) {
            parts += k == m->first[i] + 1 && m->first[i + 1] - m->first[i] > 100;
            if (m->first[i + 1] - m->first[i] > 2) /* not the legend's */
                assert_true(m->xy[2 * k] - m->xy[2 * k - 2] < (box[2] - box[0]) / 4);
        }
    assert_int_equal(parts, 2);
    free(m);
    free(x);
    free(y);
    free(gap);
}

static void long_curves_are_thinned_but_keep_their_peaks(void **state)
{
    (void)state;
    enum { N = 100000 };
    double *x = calloc(N, sizeof *x), *y = calloc(N, sizeof *y), top = INFINITY, bottom = 0;
    for (int i = 0; i < N; i++) {
        x[i] = i;
        y[i] = draw();
    }
    y[54321] = 20;
    const ga_curve curve = {.name = "noise", .x = x, .y = y, .n = N};
    const ga_chart chart = plain(&curve, 1);
    memory *m = remember(&chart);
    double box[4];
    size_t n = 0;
    drawing_of(m, box);
    for (int i = 0; i < m->n_lines; i++)
        for (size_t k = m->first[i]; m->stroke[i].ink == 0 && k < m->first[i + 1]; k++) {
            if (m->first[i + 1] - m->first[i] > 100) {
                top = fmin(top, m->xy[2 * k + 1]);
                bottom = fmax(bottom, m->xy[2 * k + 1]);
                n++;
            }
        }
    assert_true(n > 1000 && n < 5 * 960);
    assert_true(fabs(top - box[1]) < 0.01 && bottom > box[3] - 1); /* 20 is the last tick */
    free(m);
    free(x);
    free(y);
}

/* ---- SVG --------------------------------------------------------------------------------------*/

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        n++;
    return n;
}

/* Tags are opened and closed in order, attributes are quoted, and no < or & is bare. */
static void check_well_formed(const char *s)
{
    char open[32][16];
    int depth = 0;
    for (; *s != 0; s++) {
        if (*s == '&') {
            assert_true(strncmp(s, "&lt;", 4) == 0 || strncmp(s, "&gt;", 4) == 0 ||
                        strncmp(s, "&amp;", 5) == 0 || strncmp(s, "&quot;", 6) == 0 ||
                        strncmp(s, "&#39;", 5) == 0);
        } else if (*s == '<' && s[1] == '/') {
            assert_true(depth > 0);
            depth--;
            s += 2;
            assert_int_equal(strncmp(s, open[depth], strlen(open[depth])), 0);
            s = strchr(s, '>');
        } else if (*s == '<' && s[1] != '?') {
            const size_t n = strcspn(s + 1, " >/");
            const char *end = s + 1 + n;
            assert_true(n < 16 && depth < 32);
            snprintf(open[depth++], 16, "%.*s", (int)n, s + 1);
            for (bool quoted = false; quoted || *end != '>'; end++) {
                assert_true(*end != 0 && *end != '<');
                quoted ^= *end == '"';
            }
            if (end[-1] == '/')
                depth--;
            s = end;
        }
    }
    assert_int_equal(depth, 0);
}

static void an_svg_is_well_formed_and_tells_those_who_cannot_see(void **state)
{
    (void)state;
    static const char evil[] = "<b>\"'&</b>";
    const double x[] = {1, 2, 3, 4}, y[] = {4, NAN, 2, INFINITY};
    const ga_curve curve = {.name = evil, .x = x, .y = y, .n = 4};
    const ga_chart_mark mark = {2, evil};
    const ga_chart chart = {.title = evil,
                            .note = evil,
                            .x_label = evil,
                            .y_label = evil,
                            .curves = &curve,
                            .n_curves = 1,
                            .levels = &mark,
                            .n_levels = 1,
                            .moments = &mark,
                            .n_moments = 1};
    ga_err err;
    char *text;
    size_t n;
    CHECK_OK(ga_chart_svg(&chart, &text, &n, &err));
    assert_int_equal(n, strlen(text));
    check_well_formed(text);
    assert_int_equal(count(text, "<b>"), 0);
    assert_int_equal(count(text, "<title>&lt;b&gt;"), 1);
    assert_int_equal(count(text, "role=\"img\""), 1);
    assert_non_null(strstr(text, ": 4 points, lowest 2 at 3, highest 4 at 1, last 2 at 3, not a "
                                 "finite number first at 2.</desc>"));
    assert_int_equal(count(text, "nan"), 0);
    assert_int_equal(count(text, "http"), 1); /* the name of SVG itself; nothing from elsewhere */
    ga_chart_text_free(text);
    for (int i = 0; i < 20; i++) {
        made *c = make(4, 50);
        CHECK_OK(ga_chart_svg(&c->chart, &text, &n, &err));
        check_well_formed(text);
        ga_chart_text_free(text);
        end(c);
    }
}

/* ---- pixels -----------------------------------------------------------------------------------*/

static void both_papers_have_a_curve_at_the_same_place(void **state)
{
    (void)state;
    const double x[] = {0, 10}, y[] = {1, 1};
    const ga_curve curve = {.name = "flat", .x = x, .y = y, .n = 2, .look = 1};
    ga_chart chart = plain(&curve, 1);
    chart.y_max = 2.1;
    memory *m = remember(&chart);
    ga_err err;
    ga_image image;
    CHECK_OK(ga_chart_image(&chart, 2, &image, &err));
    assert_true(image.w == 1920 && image.h == 1080 && image.c == 3);
    for (int i = 0; i < m->n_lines; i++) {
        const double *xy = m->xy + 2 * m->first[i];
        if (m->stroke[i].ink != 1)
            continue;
        const int px = (int)(xy[0] + xy[2]), py = (int)(2 * xy[1]); /* the middle of the line */
        const uint8_t *p = image.pixels + 3 * ((size_t)py * 1920 + (size_t)px);
        assert_memory_equal(p, ga_ink_rgb(1), 3);
        p += 3 * 1920 * 8;
        assert_true(p[0] == 255 && p[1] == 255 && p[2] == 255);
        double ink = 0, at = 0; /* its middle: pixel k reaches from k to k + 1 */
        for (int row = py - 8; row < py + 8; row++) {
            const double share = 255.0 - image.pixels[3 * ((size_t)row * 1920 + (size_t)px) + 2];
            ink += share;
            at += share * (row + 0.5);
        }
        assert_true(fabs(at / ink - 2 * xy[1]) < 0.05);
    }
    for (int row = 70; row < 90; row++) { /* the title's t stands on its line, at 38 */
        int dark = 0;
        for (int column = 0; column < 200; column++)
            dark += image.pixels[3 * (row * 1920 + column)] < 128;
        assert_true((dark > 0) == (row < 76));
    }
    ga_image_free(&image);
    free(m);
}

/* Darkness of a picture in whole pixels of grey ink of GA_INK_TEXT. */
static double ink_of(const ga_image *image)
{
    double sum = 0;
    for (size_t i = 0; i < (size_t)image->w * (size_t)image->h; i++)
        sum += (255.0 - image->pixels[3 * i]) / (255.0 - ga_ink_rgb(GA_INK_TEXT)[0]);
    return sum;
}

/* Draws one thing with the paper of pixels: a chart whose only curve is a segment would bring its
 * axes along, so they are subtracted. */
static void a_line_has_as_much_ink_as_its_area(void **state)
{
    (void)state;
    const double width = 2.2;
    for (int k = 0; k < 9; k++) {
        const double x[] = {0.21, 0.79}, y[] = {0.51 - 0.05 * k, 0.51 + 0.053 * k},
                     below[] = {-9, -9};
        ga_curve curve = {.x = x, .y = y, .n = 2, .look = 6};
        ga_chart chart = plain(&curve, 1);
        chart.x_max = chart.y_max = 1;
        memory *m = remember(&chart);
        double length = 0;
        for (int i = 0; i < m->n_lines; i++)
            if (m->stroke[i].ink == 6) {
                const double *p = m->xy + 2 * m->first[i];
                length = hypot(p[2] - p[0], p[3] - p[1]);
            }
        ga_err err;
        ga_image with, without;
        CHECK_OK(ga_chart_image(&chart, 2, &with, &err));
        curve.y = below;
        CHECK_OK(ga_chart_image(&chart, 2, &without, &err));
        double sum = 0;
        const double grey = ga_ink_rgb(6)[0];
        for (size_t i = 0; i < (size_t)with.w * (size_t)with.h; i++)
            if (without.pixels[3 * i] == 255)
                sum += (255.0 - with.pixels[3 * i]) / (255.0 - grey);
        /* round ends and dots of the points; grid lines that it crosses take a little */
        const double want = 4 *
                            (length * width + 2 * (3.14159 * 3.2 * 3.2 / 2 + 3.2 * (3.2 - 1.1)));
        assert_true(fabs(sum / want - 1) < 0.03);
        ga_image_free(&with);
        ga_image_free(&without);
        free(m);
    }
}

/* A hyphen is a bar of 5 x 1 letter pixels, of 0.1025 of the size each; its four corners are
 * rounded off at the second and third doubling, by 1/16 and 1/64 of a letter pixel. */
static void letters_have_the_size_that_was_asked_for(void **state)
{
    (void)state;
    ga_err err;
    for (int i = 1; i < 4; i++) {
        double ink[2];
        for (int with = 0; with < 2; with++) {
            ga_image image;
            ga_chart chart = plain(NULL, 0);
            chart.title = with ? "x----" : "x";
            CHECK_OK(ga_chart_image(&chart, i, &image, &err));
            ink[with] = ink_of(&image);
            ga_image_free(&image);
        }
        const double pixel = 20 * GA_ADVANCE / 6 *
                             i; /* a title is 20 high, and 0.4 pixels bolder */
        const double want = 4 * (5 + 0.4 - 0.3125) * pixel * pixel;
        assert_true(fabs((ink[1] - ink[0]) / want - 1) < 0.01);
    }
}

/* Machado, Oliveira and Fernandes 2009: what is seen without long, middle or short cones, of linear
 * RGB; then CIE 1976 L*a*b* distance. */
static void to_lab(const uint8_t rgb[3], const double sight[3][3], double lab[3])
{
    static const double to_xyz[3][3] = {{0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505},
                                        {0.2126, 0.7152, 0.0722},
                                        {0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089}};
    double linear[3], seen[3], f[3];
    for (int i = 0; i < 3; i++) {
        const double c = rgb[i] / 255.0;
        linear[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
    for (int i = 0; i < 3; i++) {
        seen[i] = 0;
        for (int k = 0; k < 3; k++)
            seen[i] += sight[i][k] * linear[k];
        seen[i] = fmin(fmax(seen[i], 0), 1);
    }
    for (int i = 0; i < 3; i++) {
        double v = 0;
        for (int k = 0; k < 3; k++)
            v += to_xyz[i][k] * seen[k];
        f[i] = v > 0.008856 ? cbrt(v) : 7.787 * v + 16.0 / 116;
    }
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

static void colours_are_told_apart_with_every_colour_vision(void **state)
{
    (void)state;
    static const double sights[4][3][3] = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
                                           {{0.152286, 1.052583, -0.204868},
                                            {0.114503, 0.786281, 0.099216},
                                            {-0.003882, -0.048116, 1.051998}},
                                           {{0.367322, 0.860646, -0.227968},
                                            {0.280085, 0.672501, 0.047413},
                                            {-0.011820, 0.042940, 0.968881}},
                                           {{1.255528, -0.076749, -0.178779},
                                            {-0.078411, 0.930809, 0.147602},
                                            {0.004733, 0.691367, 0.303900}}};
    static const uint8_t white[3] = {255, 255, 255};
    for (int s = 0; s < 4; s++)
        for (int i = 0; i < GA_CHART_COLOURS; i++)
            for (int k = 0; k <= i; k++) {
                double a[3], b[3];
                to_lab(ga_ink_rgb(i), sights[s], a);
                to_lab(k == i ? white : ga_ink_rgb(k), sights[s], b);
                const double d = sqrt(pow(a[0] - b[0], 2) + pow(a[1] - b[1], 2) +
                                      pow(a[2] - b[2], 2));
                /* 2.3 is just noticeable */
                if (d < (k == i ? 30 : 9))
                    fail_msg("sight %d: colours %d and %d are %.1f apart", s, i, k, d);
            }
}

/* ---- files, failures --------------------------------------------------------------------------*/

static void charts_are_written_in_the_form_that_is_asked_for(void **state)
{
    (void)state;
    char folder[] = "/tmp/chart_XXXXXX", svg[64], png[64];
    assert_non_null(mkdtemp(folder));
    snprintf(svg, sizeof svg, "%s/a.svg", folder);
    snprintf(png, sizeof png, "%s/a.png", folder);
    const ga_chart chart = plain(NULL, 0);
    ga_err err;
    ga_file first, again;
    CHECK_FAILS(ga_chart_save(&chart, "a.gif", &err), GA_EINVAL, "neither in .svg nor in .png");
    CHECK_FAILS(ga_chart_save(&chart, "/no/a.svg", &err), GA_EIO, "/no/a.svg");
    CHECK_OK(ga_chart_save(&chart, svg, &err));
    CHECK_OK(ga_chart_save(&chart, png, &err));
    CHECK_OK(ga_file_open(png, &first, &err));
    assert_memory_equal(first.data, "\x89PNG", 4);
    CHECK_OK(ga_chart_save(&chart, png, &err));
    CHECK_OK(ga_file_open(png, &again, &err));
    assert_int_equal(first.size, again.size);
    assert_memory_equal(first.data, again.data, first.size);
    ga_file_close(&first);
    ga_file_close(&again);
    ga_image image;
    CHECK_FAILS(ga_chart_image(&chart, 9, &image, &err), GA_EINVAL, "expected 0.5 to 8");
    CHECK_FAILS(ga_chart_image(&chart, NAN, &image, &err), GA_EINVAL, "expected 0.5 to 8");
    unlink(svg);
    unlink(png);
    rmdir(folder);
}

static void without_memory_there_is_no_half_chart(void **state)
{
    (void)state;
    made *c = make(2, 60);
    ga_err err;
    for (int png = 0; png < 2; png++) {
        ga_status status = GA_ENOMEM;
        long n = 0;
        for (; status == GA_ENOMEM && n < 3000; n++) {
            char *text = NULL;
            size_t length;
            ga_image image = {0};
            ga_mem_fail_after(n);
            status = png ? ga_chart_image(&c->chart, 0.5, &image, &err)
                         : ga_chart_svg(&c->chart, &text, &length, &err);
            ga_mem_fail_after(-1);
            if (status != GA_OK)
                assert_true(status == GA_ENOMEM && text == NULL && image.pixels == NULL);
            ga_chart_text_free(text);
            ga_image_free(&image);
        }
        assert_true(status == GA_OK && n > 3);
    }
    end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_lie_on_the_sheet_and_never_on_each_other),
        cmocka_unit_test(curves_stay_in_the_drawing_and_words_outside),
        cmocka_unit_test(labels_say_where_they_are),
        cmocka_unit_test(labels_are_as_people_write_them),
        cmocka_unit_test(odd_ranges_have_an_axis_too),
        cmocka_unit_test(points_lie_where_the_axes_say),
        cmocka_unit_test(no_line_crosses_a_gap),
        cmocka_unit_test(thinning_keeps_gaps),
        cmocka_unit_test(long_curves_are_thinned_but_keep_their_peaks),
        cmocka_unit_test(an_svg_is_well_formed_and_tells_those_who_cannot_see),
        cmocka_unit_test(both_papers_have_a_curve_at_the_same_place),
        cmocka_unit_test(a_line_has_as_much_ink_as_its_area),
        cmocka_unit_test(letters_have_the_size_that_was_asked_for),
        cmocka_unit_test(colours_are_told_apart_with_every_colour_vision),
        cmocka_unit_test(charts_are_written_in_the_form_that_is_asked_for),
        cmocka_unit_test(without_memory_there_is_no_half_chart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
