/* Pages: nothing that was handed in can leave its place, pictures and numbers come out as they went
 * in, and a page that cannot be written says so. */
#include "check.h"
#include "base/file.h"
#include "ganatomy/report.h"
#include <unistd.h>

static char folder[] = "/tmp/page_XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* The page as text; free() it. Ends the page. */
static char *text_of(ga_page *p)
{
    ga_err err;
    ga_file f;
    char path[64];
    snprintf(path, sizeof path, "%s/page.html", folder);
    CHECK_OK(ga_page_save(p, path, &err));
    ga_page_free(p);
    CHECK_OK(ga_file_open(path, &f, &err));
    char *text = calloc(1, f.size + 1);
    assert_non_null(text);
    memcpy(text, f.data, f.size);
    ga_file_close(&f);
    unlink(path);
    return text;
}

static ga_page *page(void)
{
    ga_err err;
    ga_page *p;
    CHECK_OK(ga_page_create("Title", "Lead", &p, &err));
    return p;
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        n++;
    return n;
}

static void check_has(const char *text, const char *word)
{
    if (strstr(text, word) == NULL)
        fail_msg("the page lacks %s", word);
}

static void words_stay_words_wherever_they_are_put(void **state)
{
    (void)state;
    static const char evil[] = "<script>alert('1')</script>\"&";
    static const char escaped[] = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;";
    ga_err err;
    ga_page *p;
    uint8_t grey[4] = {0, 85, 170, 255};
    const ga_image image = {.pixels = grey, .w = 2, .h = 2, .c = 1};
    const char *cells[2] = {evil, NULL}, *headers[2] = {evil, "b"};
    const double x[2] = {0, 1}, y[2] = {0, 1};
    const ga_curve curve = {.name = evil, .x = x, .y = y, .n = 2};
    CHECK_OK(ga_page_create(evil, evil, &p, &err));
    ga_page_section(p, "one", evil);
    ga_page_text(p, "%s", evil);
    ga_page_finding(p, "%s %d", evil, 7);
    CHECK_OK(ga_page_image(p, &image, evil, evil, &err));
    ga_page_table(p, evil, headers, 2, cells, 1);
    ga_page_chart(p, &(ga_chart){.title = evil,
                                 .x_label = evil,
                                 .y_label = evil,
                                 .curves = &curve,
                                 .n_curves = 1,
                                 .x_max = 1,
                                 .y_max = 1});
    char *text = text_of(p);
    assert_int_equal(count(text, "<script"), 0);
    /* title and heading, lead, contents, section; text, finding; alt and caption; caption, header
     * and cell of the table; chart: title, axes and curve, each in its description and in the
     * drawing, and the curve in the numbers */
    assert_int_equal(count(text, escaped), 5 + 2 + 2 + 3 + 9);
    check_has(text, "&quot;&amp; 7</p>");
    free(text);
}

static void backticks_make_code(void **state)
{
    (void)state;
    ga_page *p = page();
    ga_page_text(p, "at `layer<1>`, of `x` and `open");
    char *text = text_of(p);
    check_has(text,
              "<p>at <code>layer&lt;1&gt;</code>, of <code>x</code> and <code>open</code></p>");
    free(text);
}

static void sections_are_listed_and_closed(void **state)
{
    (void)state;
    ga_page *p = page();
    ga_page_section(p, "first", "The first");
    ga_page_text(p, "words");
    ga_page_section(p, "second", "The second");
    char *text = text_of(p);
    check_has(text,
              "<li><a href=\"#first\">The first</a></li>\n<li><a href=\"#second\">The second</a>");
    check_has(text, "<section id=\"first\"");
    assert_int_equal(count(text, "<section"), 2);
    assert_int_equal(count(text, "</section>"), 2);
    assert_int_equal(count(text, "http"), 0); /* nothing from elsewhere */
    assert_int_equal(strncmp(text, "<!doctype html>", 15), 0);
    check_has(text, "</main></body></html>\n");
    free(text);
}

static int value_of(char letter)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = letter != 0 ? strchr(letters, letter) : NULL;
    return at != NULL ? (int)(at - letters) : -1;
}

/* Decodes up to the closing quote; returns the number of bytes. */
static size_t decode(const char *text, uint8_t *out)
{
    size_t n = 0;
    uint32_t bits = 0;
    int held = 0, padding = 0;
    for (; *text != '"'; text++) {
        if (*text == '=') {
            padding++;
            continue;
        }
        assert_int_equal(padding, 0);
        assert_true(value_of(*text) >= 0);
        bits = bits << 6 | (uint32_t)value_of(*text);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (uint8_t)(bits >> held);
        }
    }
    assert_true(padding <= 2);
    return n;
}

/* The encoder is inside; its bytes are compared with the PNG itself, of sizes that leave 0, 1 and 2
 * bytes over. The decoder is checked against the vectors of RFC 4648 first. */
static void pictures_come_back_byte_for_byte(void **state)
{
    (void)state;
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    uint8_t back[16384];
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char quoted[16];
        snprintf(quoted, sizeof quoted, "%s\"", vectors[i][1]);
        assert_int_equal(decode(quoted, back), strlen(vectors[i][0]));
        assert_memory_equal(back, vectors[i][0], strlen(vectors[i][0]));
    }
    bool left_over[3] = {false};
    for (int size = 1; size < 90;
         size += size < 30 ? 1 : 17) { /* noise: PNG cannot make it small */
        ga_err err;
        uint8_t pixels[90 * 90], *png;
        size_t n;
        uint32_t seed = 1;
        for (int i = 0; i < size * size; i++) {
            seed = seed * 1664525u + 1013904223u;
            pixels[i] = (uint8_t)(seed >> 24);
        }
        const ga_image image = {.pixels = pixels, .w = size, .h = size, .c = 1};
        ga_page *p = page();
        CHECK_OK(ga_page_image(p, &image, "alt", NULL, &err));
        CHECK_OK(ga_image_encode_png(&image, &png, &n, &err));
        char *text = text_of(p);
        const char *at = strstr(text, "src=\"data:image/png;base64,");
        assert_non_null(at);
        assert_int_equal(decode(at + strlen("src=\"data:image/png;base64,"), back), n);
        assert_memory_equal(back, png, n);
        left_over[n % 3] = true;
        ga_image_bytes_free(png);
        free(text);
    }
    assert_true(left_over[0] && left_over[1] && left_over[2]);
}

static void tables_have_their_cells_in_order(void **state)
{
    (void)state;
    ga_page *p = page();
    const char *headers[2] = {"a", "b"}, *cells[4] = {"1", NULL, "3", "4"};
    ga_page_table(p, "numbers", headers, 2, cells, 2);
    char *text = text_of(p);
    check_has(text, "<caption>numbers</caption>");
    check_has(text, "<th scope=\"col\">a</th><th scope=\"col\">b</th>");
    check_has(text, "<tr><td>1</td><td></td></tr>\n<tr><td>3</td><td>4</td></tr>");
    free(text);
}

/* Where the curve lies is proved in test_chart.c. */
static void charts_have_their_numbers_below(void **state)
{
    (void)state;
    const double x[4] = {0, 5, 7.5, 10}, y[4] = {0, 1, NAN, 2};
    const ga_curve curve = {.name = "rise", .x = x, .y = y, .n = 4};
    ga_page *p = page();
    ga_page_chart(p, &(ga_chart){.title = "t",
                                 .x_label = "x",
                                 .y_label = "y",
                                 .curves = &curve,
                                 .n_curves = 1,
                                 .x_max = 10,
                                 .y_max = 2});
    char *text = text_of(p);
    check_has(text, "<figure><svg viewBox=\"0 0 960 540\"");
    check_has(text, "<th scope=\"row\">rise</th><td>0: 0</td><td>5: 1</td><td>7.5: not finite</td>"
                    "<td>10: 2</td></tr>");
    assert_int_equal(count(text, "nan"), 0);
    free(text);
}

static void a_page_that_cannot_be_written_says_so(void **state)
{
    (void)state;
    ga_err err;
    ga_page *p = page();
    ga_page_text(p, "words");
    CHECK_FAILS(ga_page_save(p, "/no/such/folder/page.html", &err), GA_EIO,
                "writing '/no/such/folder/page.html': No such file or directory");
    CHECK_FAILS(ga_page_save(p, folder, &err), GA_EIO, "Is a directory");
    CHECK_FAILS(ga_page_save(p, "/dev/full", &err), GA_EIO, "No space left on device");
    char *text = text_of(p); /* and is still whole */
    check_has(text, "<p>words</p>");
    free(text);
    ga_page_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stay_words_wherever_they_are_put),
        cmocka_unit_test(backticks_make_code),
        cmocka_unit_test(sections_are_listed_and_closed),
        cmocka_unit_test(pictures_come_back_byte_for_byte),
        cmocka_unit_test(tables_have_their_cells_in_order),
        cmocka_unit_test(charts_have_their_numbers_below),
        cmocka_unit_test(a_page_that_cannot_be_written_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
