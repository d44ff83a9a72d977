/* Charts: numbers lie where the axes say, and words never lie on each other. */
#include "chart_check.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
