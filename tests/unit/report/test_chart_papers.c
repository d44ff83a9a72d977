/* Charts as SVG and PNG: well formed, both the same, colours that can be told apart. */
#include "base/alloc.h"
#include "base/file.h"
#include "chart_check.h"
#include <unistd.h>

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
