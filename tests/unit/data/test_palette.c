/* test_palette.c - colours that mean labels, and painted pictures read by them. */
#include "check.h"
#include "ganatomy/palette.h"

static const char listed[] =
    "{\"generator\": \"g\", \"unpainted\": \"#ffffff\", \"labels\": ["
    "{\"name\": \"sleeve\", \"category\": \"part\", \"color\": \"#ff0000\"},"
    "{\"name\": \"-\", \"category\": \"part\", \"color\": \"#000000\"},"
    "{\"name\": \"wool\", \"category\": \"material\", \"color\": \"#FF0000\"},"
    "{\"name\": \"body\", \"category\": \"part\", \"color\": \"#0000ff\"}]}";
enum { SLEEVE = 1, WOOL = 2, BODY = 3, PART = 0, MATERIAL = 1 };

static ga_palette *parse(const char *text)
{
    ga_err err;
    ga_palette *p;
    CHECK_OK(ga_palette_parse(text, strlen(text), "labels.json", &p, &err));
    return p;
}

static void colours_mean_labels_of_their_category(void **state)
{
    (void)state;
    ga_err err;
    ga_palette *p = parse(listed), *again;
    const ga_vocabulary *v = ga_palette_vocabulary(p);
    uint8_t rgb[3];
    char *text, *second;
    assert_int_equal(ga_vocabulary_n(v), 4);
    assert_string_equal(ga_vocabulary_at(v, BODY).name, "body");
    assert_string_equal(ga_vocabulary_category(v, MATERIAL), "material");
    ga_palette_color(p, BODY, PART, rgb);
    assert_memory_equal(rgb, "\x00\x00\xff", 3);
    ga_palette_color(p, 0, PART, rgb);
    assert_memory_equal(rgb, "\x00\x00\x00", 3);
    ga_palette_color(p, 0, MATERIAL, rgb); /* none of it has no colour */
    assert_memory_equal(rgb, "\xff\xff\xff", 3);
    CHECK_OK(ga_palette_json(p, &text, &err));
    again = parse(text);
    assert_true(ga_vocabulary_same(v, ga_palette_vocabulary(again)));
    CHECK_OK(ga_palette_json(again, &second, &err));
    assert_string_equal(text, second);
    ga_vocabulary_text_free(text);
    ga_vocabulary_text_free(second);
    ga_palette_free(again);
    ga_palette_free(p);
}

static void fresh_colours_are_all_different(void **state)
{
    (void)state;
    ga_err err;
    ga_palette *p;
    enum { N = GA_MAX_PAINTS - 1 };
    static char name[N][8];
    static uint8_t color[N + 2][3];
    const char *names[N + 1];
    for (int i = 0; i < N; i++) {
        snprintf(name[i], sizeof name[i], "p%d", i);
        names[i] = name[i];
    }
    names[N] = "one more";
    CHECK_OK(ga_palette_create("part", names, N, &p, &err));
    for (int i = 0; i <= N; i++)
        ga_palette_color(p, i, 0, color[i]);
    ga_palette_unpainted(p, color[N + 1]);
    for (int i = 0; i < N + 2; i++)
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(color[i], color[k], 3);
    ga_palette_free(p);
    CHECK_FAILS(ga_palette_create("part", names, N + 1, &p, &err), GA_EINVAL, "256 names");
    CHECK_FAILS(ga_palette_create("part", names, 0, &p, &err), GA_EINVAL, "0 names");
}

/* A picture 4 wide and 2 high of the colours given as letters: s, b, -, space (unpainted). */
static ga_image painted(const char *letters, int w, int h, int c)
{
    ga_err err;
    ga_image image;
    CHECK_OK(ga_image_create(w, h, c, &image, &err));
    for (int i = 0; i < w * h; i++) {
        uint8_t *pixel = image.pixels + i * c;
        memset(pixel, letters[i] == ' ' ? 255 : 0, (size_t)c);
        if (letters[i] == 's')
            pixel[0] = 255;
        if (letters[i] == 'b')
            pixel[2] = 255;
        if (c == 4)
            pixel[3] = letters[i] == '0' ? 0 : 255;
    }
    return image;
}

static void what_is_painted_is_read(void **state)
{
    (void)state;
    ga_err err;
    ga_palette *p = parse(listed);
    uint16_t map[8];
    static const uint16_t want[8] = {SLEEVE, BODY, 0, GA_UNPAINTED, SLEEVE, SLEEVE, BODY, 0};
    ga_image image = painted("sb- ssb-", 4, 2, 3);
    CHECK_OK(ga_palette_read(p, &image, PART, "a.png", 2, 4, map, &err));
    assert_memory_equal(map, want, sizeof want);
    ga_image_free(&image);
    image = painted("sb-0ssb-", 4, 2, 4); /* see-through is unpainted */
    CHECK_OK(ga_palette_read(p, &image, PART, "a.png", 2, 4, map, &err));
    assert_memory_equal(map, want, sizeof want);
    ga_image_free(&image);
    /* twice as large: what most of 2 x 2 pixels say, the lower of equals; unpainted is a say too */
    image = painted("ssbb"
                    "sbb-"
                    " s -"
                    "  -s",
                    4, 4, 3);
    CHECK_OK(ga_palette_read(p, &image, PART, "a.png", 2, 2, map, &err));
    static const uint16_t small[4] = {SLEEVE, BODY, GA_UNPAINTED, 0};
    assert_memory_equal(map, small, sizeof small);
    ga_image_free(&image);
    image = painted("ss  ", 2, 2, 3); /* the same colour in the other category */
    CHECK_OK(ga_palette_read(p, &image, MATERIAL, "a.png", 2, 2, map, &err));
    assert_int_equal(map[0], WOOL);
    assert_int_equal(map[3], GA_UNPAINTED);
    ga_image_free(&image);
    ga_palette_free(p);
}

static void what_cannot_be_read_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_palette *p = parse(listed);
    uint16_t map[8];
    ga_image image = painted("sb-ssssb", 4, 2, 3);
    image.pixels[3 * 6 + 1] = 9; /* not quite sleeve */
    CHECK_FAILS(ga_palette_read(p, &image, PART, "id-3-part.png", 2, 4, map, &err), GA_EDATA,
                "id-3-part.png: the pixel at column 2, row 1 is #ff0900, which no label of 'part' "
                "has; nearest is #ff0000 ('sleeve')");
    image.pixels[3 * 6 + 1] = 0;
    CHECK_FAILS(ga_palette_read(p, &image, MATERIAL, "a.png", 2, 4, map, &err), GA_EDATA,
                "column 1, row 0 is #0000ff");
    CHECK_FAILS(ga_palette_read(p, &image, PART, "a.png", 2, 3, map, &err), GA_EDATA,
                "a.png is 4 x 2: expected 3 x 2");
    CHECK_FAILS(ga_palette_read(p, &image, PART, "a.png", 4, 8, map, &err), GA_EDATA, "8 x 4");
    ga_image_free(&image);
    image = painted("sb-ssssb", 4, 2, 4);
    image.pixels[3] = 128;
    CHECK_FAILS(ga_palette_read(p, &image, PART, "a.png", 2, 4, map, &err), GA_EDATA,
                "half see-through");
    ga_image_free(&image);
    ga_palette_free(p);
}

static void lists_of_colours_that_mean_two_things_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"{\"labels\": [{\"name\": \"a\", \"category\": \"b\", \"color\": \"#000000\"}]}",
         "unpainted"},
        {"{\"unpainted\": \"#fff\", \"labels\": [1]}", "is \"#fff\", expected a colour"},
        {"{\"unpainted\": \"#ffffff\", \"labels\": [1]}", "labels[0]"},
        {"{\"unpainted\": \"#ffffff\", \"labels\": []}", "is not a list of labels"},
        {"[]", "is not a list of labels"},
        {"{\"unpainted\": \"#ffffff\", \"labels\": [{\"name\": \"-\", \"category\": \"b\", "
         "\"color\": \"#000000\"}]}",
         "no label besides '-'"},
        {"{\"unpainted\": \"#ffffff\", \"labels\": [{\"name\": \"a\", \"category\": \"b\", "
         "\"color\": \"#ffffff\"}]}",
         "left unpainted"},
        {"{\"unpainted\": \"#ffffff\", \"labels\": [{\"name\": \"a\", \"category\": \"b\", "
         "\"color\": \"#00000g\"}]}",
         "labels[0].color"},
        {"{\"unpainted\": \"#ffffff\", \"labels\": [{\"name\": \"a\", \"category\": \"p\", "
         "\"color\": \"#000001\"}, {\"name\": \"b\", \"category\": \"p\", \"color\": "
         "\"#000001\"}]}",
         "'a' and 'b' have one colour"},
        {"{\"unpainted\": \"#ffffff\", \"labels\": [{\"name\": \"a\", \"category\": \"p\", "
         "\"color\": \"#000001\"}, {\"name\": \"-\", \"category\": \"p\", \"color\": "
         "\"#000001\"}]}",
         "'a' and '-'"},
        {"{\"unpainted\": \"#ffffff\", \"labels\": [{\"name\": \"a\", \"category\": \"p\", "
         "\"color\": \"#000001\"}, {\"name\": \"a\", \"category\": \"p\", \"color\": "
         "\"#000002\"}]}",
         "labels.json: label 'a' is twice"}};
    ga_err err;
    ga_palette *p;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS(ga_palette_parse(bad[i][0], strlen(bad[i][0]), "labels.json", &p, &err),
                    GA_EDATA, bad[i][1]);
        assert_null(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_mean_labels_of_their_category),
        cmocka_unit_test(fresh_colours_are_all_different),
        cmocka_unit_test(what_is_painted_is_read),
        cmocka_unit_test(what_cannot_be_read_is_said),
        cmocka_unit_test(lists_of_colours_that_mean_two_things_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
