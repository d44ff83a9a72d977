#include "check.h"
#include "base/alloc.h"
#include "ganatomy/image.h"
#include "tensor/font.h"

enum { MARGIN = 4, GAP = 2 }; /* what the header calls "2 pixels apart", and the white edge */

static const uint8_t *at(const ga_image *image, int x, int y)
{
    return image->pixels + (size_t)(y * image->w + x) * (size_t)image->c;
}

static void pictures_lie_in_their_cells_enlarged(void **state)
{
    (void)state;
    ga_err err;
    ga_sheet *s;
    uint8_t pixels[] = {10, 20, 30, 40};
    const ga_image picture = {pixels, 2, 2, 1};
    CHECK_OK(ga_sheet_create(3, 2, 2, 2, 3, false, NULL, &s, &err));
    ga_sheet_put(s, 2, 1, &picture, "not drawn");
    const ga_image *image = ga_sheet_image(s);
    assert_int_equal(image->c, 1);
    assert_int_equal(image->w, 2 * MARGIN + 3 * 6 + 2 * GAP);
    assert_int_equal(image->h, 2 * MARGIN + 2 * 6 + GAP);
    for (int y = 0; y < image->h; y++)
        for (int x = 0; x < image->w; x++) {
            const int px = x - MARGIN - 2 * (6 + GAP), py = y - MARGIN - (6 + GAP);
            const bool inside = px >= 0 && px < 6 && py >= 0 && py < 6;
            assert_int_equal(*at(image, x, y), inside ? pixels[py / 3 * 2 + px / 3] : 255);
        }
    ga_sheet_put(s, 3, 0, &picture, NULL); /* outside of the grid */
    ga_sheet_put(s, 0, -1, &picture, NULL);
    assert_int_equal(*at(image, MARGIN, MARGIN), 255);
    ga_sheet_free(s);
    ga_sheet_free(NULL);
}

static void other_sizes_are_centred_or_cut(void **state)
{
    (void)state;
    ga_err err;
    ga_sheet *s;
    uint8_t pixels[25];
    for (int i = 0; i < 25; i++)
        pixels[i] = (uint8_t)i;
    const ga_image large = {pixels, 5, 5, 1}, small = {pixels, 1, 1, 1};
    CHECK_OK(ga_sheet_create(2, 1, 3, 3, 1, false, NULL, &s, &err));
    ga_sheet_put(s, 0, 0, &large, NULL);
    ga_sheet_put(s, 1, 0, &small, NULL);
    const ga_image *image = ga_sheet_image(s);
    assert_int_equal(*at(image, MARGIN, MARGIN), 6);
    assert_int_equal(*at(image, MARGIN + 2, MARGIN + 2), 18);
    assert_int_equal(*at(image, MARGIN + 5, MARGIN), 255);
    assert_int_equal(*at(image, MARGIN + 5 + 1, MARGIN + 1), 0);
    ga_sheet_free(s);
}

static void colour_makes_the_sheet_coloured_and_keeps_what_was_there(void **state)
{
    (void)state;
    ga_err err;
    ga_sheet *s;
    uint8_t grey[] = {77}, colour[] = {1, 2, 3}, glass[] = {0, 100, 255, 51};
    CHECK_OK(ga_sheet_create(3, 1, 1, 1, 2, false, NULL, &s, &err));
    ga_sheet_put(s, 0, 0, &(ga_image){grey, 1, 1, 1}, NULL);
    ga_sheet_put(s, 1, 0, &(ga_image){colour, 1, 1, 3}, NULL);
    ga_sheet_put(s, 2, 0, &(ga_image){glass, 1, 1, 4}, NULL);
    const ga_image *image = ga_sheet_image(s);
    assert_int_equal(image->c, 3);
    assert_memory_equal(at(image, MARGIN + 1, MARGIN + 1), ((uint8_t[]){77, 77, 77, 255}), 4);
    assert_memory_equal(at(image, MARGIN + 4, MARGIN), ((uint8_t[]){1, 2, 3, 1}), 4);
    /* a fifth of it on white: (v + 4 * 255) / 5 */
    assert_memory_equal(at(image, MARGIN + 8, MARGIN), ((uint8_t[]){204, 224, 255}), 3);
    ga_sheet_free(s);
}

static int ink(const ga_image *image, int x0, int y0, int x1, int y1)
{
    int n = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            n += *at(image, x, y) < 128;
    return n;
}

static void every_letter_is_drawn_and_no_two_look_alike(void **state)
{
    (void)state;
    uint8_t seen[95][GA_LETTER_W * GA_LETTER_H];
    for (int k = 0; k < 95; k++) {
        memset(seen[k], 255, sizeof seen[k]);
        ga_image cell = {seen[k], GA_LETTER_W, GA_LETTER_H, 1};
        const char text[2] = {(char)(32 + k), 0};
        ga_font_draw(&cell, 0, 0, text, 1, 0);
        if ((ink(&cell, 0, 0, GA_LETTER_W, GA_LETTER_H) > 1) != (k > 0))
            fail_msg("'%s' has %d dots", text, ink(&cell, 0, 0, GA_LETTER_W, GA_LETTER_H));
        /* the last column and row stay empty, so that letters do not touch */
        assert_int_equal(ink(&cell, GA_LETTER_W - 1, 0, GA_LETTER_W, GA_LETTER_H), 0);
        assert_int_equal(ink(&cell, 0, GA_LETTER_H - 1, GA_LETTER_W, GA_LETTER_H), 0);
        for (int i = 0; i < k; i++)
            if (memcmp(seen[i], seen[k], sizeof seen[k]) == 0)
                fail_msg("'%c' looks like '%c'", 32 + k, 32 + i);
    }
}

static void what_the_font_lacks_is_one_question_mark(void **state)
{
    (void)state;
    uint8_t a[60 * 10], b[60 * 10];
    memset(a, 255, sizeof a);
    memset(b, 255, sizeof b);
    ga_image left = {a, 60, 10, 1}, right = {b, 60, 10, 1};
    const char *words = "a\xc3\xa9\xe2\x82\xac\xff\x01z";
    assert_int_equal(ga_font_count(words), 6);
    ga_font_draw(&left, 0, 0, words, 100, 0);
    ga_font_draw(&right, 0, 0, "a????z", 100, 0);
    assert_memory_equal(a, b, sizeof a);
    ga_font_draw(&left, -3, -4, "cut", 3, 0); /* partly outside: no harm */
    ga_font_draw(&left, 55, 5, "cut", 3, 0);
}

/* The drawn words, looked up again: the same words alone at the place where they should be. */
static void check_words(const ga_image *image, int x, int y, const char *words)
{
    const int w = (int)ga_font_count(words) * GA_LETTER_W;
    uint8_t *pixels = malloc((size_t)(w * GA_LETTER_H));
    memset(pixels, 255, (size_t)(w * GA_LETTER_H));
    ga_image alone = {pixels, w, GA_LETTER_H, 1};
    ga_font_draw(&alone, 0, 0, words, 1000, 0);
    for (int row = 0; row < GA_LETTER_H - 1; row++)
        for (int i = 0; i < w - 1; i++)
            if (*at(image, x + i, y + row) != *at(&alone, i, row))
                fail_msg("'%s' is not at (%d,%d)", words, x, y);
    free(pixels);
}

static void titles_and_captions_have_their_places(void **state)
{
    (void)state;
    ga_err err;
    ga_sheet *s;
    uint8_t black[29 * 8] = {0};
    const ga_image picture = {black, 29, 8, 1};
    CHECK_OK(ga_sheet_create(2, 2, 29, 8, 1, true, "a title", &s, &err));
    ga_sheet_put(s, 0, 0, &picture, "12345");
    ga_sheet_put(s, 1, 0, &picture, "7");
    ga_sheet_put(s, 0, 1, &picture, "123456");
    const ga_image *image = ga_sheet_image(s);
    check_words(image, MARGIN, MARGIN, "a title");
    const int top = MARGIN + 10 + MARGIN, words = top + 8 + 2;
    assert_int_equal(*at(image, MARGIN, top), 0);
    check_words(image, MARGIN, words, "12345");             /* 29 pixels, just so */
    check_words(image, MARGIN + 29 + GAP + 12, words, "7"); /* centred: (29 - 5) / 2 */
    const int step = 8 + 2 + 10 + 2 + GAP;
    check_words(image, MARGIN, words + step, "1234.");
    assert_int_equal(image->h, top + 2 * step - GAP + MARGIN);
    ga_sheet_free(s);
    /* a small sheet is as wide as its title, up to 100 letters */
    CHECK_OK(ga_sheet_create(1, 1, 2, 2, 1, true, "a long title for so small a sheet", &s, &err));
    ga_sheet_put(s, 0, 0, &(ga_image){black, 2, 2, 1}, "no room");
    image = ga_sheet_image(s);
    assert_int_equal(image->w, 2 * MARGIN + 33 * GA_LETTER_W - 1);
    check_words(image, MARGIN, MARGIN, "a long title for so small a sheet");
    assert_int_equal(*at(image, MARGIN + 1, MARGIN + GA_LETTER_H + MARGIN + 1), 0);
    assert_int_equal(*at(image, MARGIN + 2, MARGIN + GA_LETTER_H + MARGIN + 1), 255);
    ga_sheet_free(s);
    char endless[300];
    memset(endless, 'x', sizeof endless);
    endless[299] = 0;
    CHECK_OK(ga_sheet_create(1, 1, 2, 2, 1, false, endless, &s, &err));
    assert_int_equal(ga_sheet_image(s)->w, 2 * MARGIN + 100 * GA_LETTER_W - 1);
    ga_sheet_free(s);
}

static void impossible_sheets_are_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_sheet *s;
    CHECK_FAILS(ga_sheet_create(0, 1, 1, 1, 1, false, NULL, &s, &err), GA_EINVAL, "0 x 1 cells");
    CHECK_FAILS(ga_sheet_create(1, 20000, 1, 1, 1, false, NULL, &s, &err), GA_EINVAL,
                "1 x 20000 cells");
    CHECK_FAILS(ga_sheet_create(1, 1, 0, 1, 1, false, NULL, &s, &err), GA_EINVAL, "cells of 0 x 1");
    CHECK_FAILS(ga_sheet_create(1, 1, 1, 1, 17, false, NULL, &s, &err), GA_EINVAL,
                "zoom 17, expected 1 to 16");
    CHECK_FAILS(ga_sheet_create(10000, 10000, 9000, 9000, 16, true, "t", &s, &err), GA_EINVAL,
                "a sheet of 10000 x 10000 cells would have");
    assert_null(s);
    for (long n = 0; n < 2; n++) {
        ga_mem_fail_after(n);
        CHECK_FAILS(ga_sheet_create(1, 1, 1, 1, 1, false, NULL, &s, &err), GA_ENOMEM, "no memory");
    }
}

/* ---- legends ----------------------------------------------------------------------------------*/

/* A pixel of a sheet in colour is this. */
static bool is(const ga_image *image, int x, int y, int r, int g, int b)
{
    const uint8_t *p = image->pixels + ((size_t)y * (size_t)image->w + (size_t)x) * 3;
    return image->c == 3 && p[0] == r && p[1] == g && p[2] == b;
}

/* Whether a rectangle of a sheet in colour has a pixel of that grey. */
static bool has_grey(const ga_image *image, int x0, int x1, int y0, int y1, int grey)
{
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            if (is(image, x, y, grey, grey, grey))
                return true;
    return false;
}

/* 108 wide: the heading takes 70, "ab" 27 more, so that "c" has no room and begins a line. */
static void a_legend_grows_below_the_cells_and_wraps(void **state)
{
    (void)state;
    static uint8_t white[100 * 8];
    const ga_image picture = {memset(white, 255, sizeof white), 100, 8, 1};
    static const ga_sheet_key keys[] = {{"ab", {255, 0, 0}}, {"c", {0, 0, 255}}};
    ga_err err;
    ga_sheet *s;
    CHECK_OK(ga_sheet_create(1, 1, 100, 8, 1, false, NULL, &s, &err));
    ga_sheet_put(s, 0, 0, &picture, NULL);
    assert_int_equal(ga_sheet_image(s)->h, 16);
    CHECK_OK(ga_sheet_add_keys(s, "part", keys, 2, &err));
    const ga_image *image = ga_sheet_image(s);
    assert_true(image->w == 108 && image->h == 16 + 2 * 16);
    assert_true(is(image, 71, 17, 255, 0, 0) && is(image, 70, 16, 120, 120, 120));
    assert_true(is(image, 71, 33, 0, 0, 255) && is(image, 79, 41, 120, 120, 120));
    assert_true(has_grey(image, 4, 28, 16, 26, 90));   /* "part" */
    assert_true(has_grey(image, 85, 97, 16, 26, 0));   /* "ab" */
    assert_true(has_grey(image, 85, 91, 32, 42, 0));   /* "c" */
    assert_false(has_grey(image, 0, 108, 0, 16, 0));   /* nothing on the cells */
    assert_false(has_grey(image, 4, 70, 32, 48, 90));  /* one heading */
    assert_false(has_grey(image, 97, 108, 16, 32, 0)); /* nothing behind "ab" */
    CHECK_OK(ga_sheet_add_keys(s, "", keys, 1, &err));
    assert_true(ga_sheet_image(s)->h == 64 && is(ga_sheet_image(s), 71, 49, 255, 0, 0));
    ga_sheet_free(s);
}

static void a_grey_sheet_with_a_grey_legend_stays_grey(void **state)
{
    (void)state;
    static const ga_sheet_key grey = {"none", {0, 0, 0}}, red = {"door", {200, 0, 0}};
    ga_err err;
    ga_sheet *s;
    CHECK_OK(ga_sheet_create(1, 1, 120, 8, 1, false, NULL, &s, &err));
    CHECK_OK(ga_sheet_add_keys(s, "", &grey, 1, &err));
    const ga_image *image = ga_sheet_image(s);
    assert_true(image->c == 1 && image->pixels[17 * image->w + 71] == 0);
    assert_true(image->pixels[16 * image->w + 70] == 120);
    CHECK_OK(ga_sheet_add_keys(s, "", &red, 1, &err));
    image = ga_sheet_image(s);
    assert_true(is(image, 71, 17, 0, 0, 0) && is(image, 71, 33, 200, 0, 0));
    ga_sheet_free(s);
}

static void long_headings_are_cut_and_long_names_stay_on_the_sheet(void **state)
{
    (void)state;
    static const ga_sheet_key key = {"a name that is longer than all of the sheet", {0, 90, 0}};
    ga_err err;
    ga_sheet *s;
    CHECK_OK(ga_sheet_create(1, 1, 100, 8, 1, false, NULL, &s, &err));
    CHECK_OK(ga_sheet_add_keys(s, "more than ten letters", &key, 1, &err));
    const ga_image *image = ga_sheet_image(s);
    assert_int_equal(image->h, 32);
    assert_false(has_grey(image, 64, 70, 16, 32, 90)); /* ten letters end at 64 */
    assert_true(has_grey(image, 58, 64, 16, 32, 90));  /* the dot */
    assert_false(has_grey(image, 104, 108, 16, 32, 0));
    ga_sheet_free(s);
}

static void a_legend_that_has_no_room_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const ga_sheet_key key = {"tree", {0, 90, 0}};
    ga_err err;
    ga_sheet *s;
    CHECK_OK(ga_sheet_create(1, 1, 10000, 6386, 1, false, NULL, &s, &err));
    CHECK_FAILS(ga_sheet_add_keys(s, "object", &key, 1, &err), GA_EINVAL,
                "no room for a legend of 1 lines");
    assert_true(ga_sheet_image(s)->h == 6394 && ga_sheet_image(s)->c == 1);
    ga_sheet_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_lie_in_their_cells_enlarged),
        cmocka_unit_test(other_sizes_are_centred_or_cut),
        cmocka_unit_test(colour_makes_the_sheet_coloured_and_keeps_what_was_there),
        cmocka_unit_test(every_letter_is_drawn_and_no_two_look_alike),
        cmocka_unit_test(what_the_font_lacks_is_one_question_mark),
        cmocka_unit_test(titles_and_captions_have_their_places),
        cmocka_unit_test(impossible_sheets_are_refused),
        cmocka_unit_test(a_legend_grows_below_the_cells_and_wraps),
        cmocka_unit_test(a_grey_sheet_with_a_grey_legend_stays_grey),
        cmocka_unit_test(long_headings_are_cut_and_long_names_stay_on_the_sheet),
        cmocka_unit_test(a_legend_that_has_no_room_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
