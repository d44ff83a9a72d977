/* Vocabularies, maps of labels, and the names of colours. */
#include "ganatomy/labels.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "unit/data/make.h"

static const char *const kinds[] = {"object", "material"};
static const ga_label things[] = {{"sky", 0}, {"glass", 0}, {"glass", 1}, {"tree", 0}, {"-", 1}};

static ga_vocabulary *small(void)
{
    ga_err err;
    ga_vocabulary *v;
    CHECK_OK(ga_vocabulary_create(kinds, 2, things, 5, &v, &err));
    return v;
}

static void labels_are_counted_from_nothing(void **state)
{
    (void)state;
    ga_vocabulary *v = small();
    assert_int_equal(ga_vocabulary_n(v), 6);
    assert_int_equal(ga_vocabulary_categories(v), 2);
    assert_string_equal(ga_vocabulary_category(v, 1), "material");
    assert_string_equal(ga_vocabulary_category(v, 2), "?");
    assert_string_equal(ga_vocabulary_at(v, 0).name, "-");
    assert_int_equal(ga_vocabulary_at(v, 0).category, 0);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(ga_vocabulary_at(v, i + 1).name, things[i].name);
        assert_int_equal(ga_vocabulary_at(v, i + 1).category, things[i].category);
    }
    assert_string_equal(ga_vocabulary_at(v, 6).name, "?");
    assert_string_equal(ga_vocabulary_at(v, -1).name, "?");
    ga_vocabulary_free(v);
    ga_vocabulary_free(NULL);
}

static void names_that_repeat_are_told_apart_by_their_category(void **state)
{
    (void)state;
    ga_err err;
    ga_vocabulary *v = small();
    static const char *const titles[] = {"- (object)",       "sky",  "glass (object)",
                                         "glass (material)", "tree", "- (material)"};
    for (int i = 0; i < 6; i++)
        assert_string_equal(ga_vocabulary_title(v, i), titles[i]);
    assert_string_equal(ga_vocabulary_title(v, 6), "?");
    int label = -1;
    for (int i = 0; i < 6; i++) {
        CHECK_OK(ga_vocabulary_find(v, titles[i], &label, &err));
        assert_int_equal(label, i);
    }
    label = -1;
    CHECK_FAILS(ga_vocabulary_find(v, "glass", &label, &err), GA_EINVAL,
                "several labels are called 'glass': say 'glass (object)' or 'glass (material)'");
    CHECK_FAILS(ga_vocabulary_find(v, "tre", &label, &err), GA_ENOTFOUND,
                "no label is called 'tre' (did you mean 'tree'?): there are 5");
    assert_int_equal(label, -1);
    ga_vocabulary_free(v);
}

static void vocabularies_are_the_same_word_by_word(void **state)
{
    (void)state;
    ga_err err;
    ga_vocabulary *a = small(), *b = small(), *c, *d, *e;
    static const char *const other[] = {"object", "stuff"};
    ga_label moved[5];
    memcpy(moved, things, sizeof moved);
    moved[3].name = "bush";
    CHECK_OK(ga_vocabulary_create(other, 2, things, 5, &c, &err));
    CHECK_OK(
        ga_vocabulary_create((const char *const[]){"object", "material"}, 2, moved, 5, &d, &err));
    CHECK_OK(
        ga_vocabulary_create((const char *const[]){"object", "material"}, 2, things, 4, &e, &err));
    assert_true(ga_vocabulary_same(a, b));
    assert_false(ga_vocabulary_same(a, c));
    assert_false(ga_vocabulary_same(a, d));
    assert_false(ga_vocabulary_same(a, e));
    ga_vocabulary_free(a);
    ga_vocabulary_free(b);
    ga_vocabulary_free(c);
    ga_vocabulary_free(d);
    ga_vocabulary_free(e);
}

static void what_cannot_be_a_vocabulary_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_vocabulary *v = (ga_vocabulary *)state;
    char longest[GA_LABEL_NAME + 1];
    memset(longest, 'x', sizeof longest);
    longest[GA_LABEL_NAME] = 0;
    const char *const none[] = {""}, *const twice[] = {"a", "a"}, *const too_long[] = {longest};
    CHECK_FAILS(ga_vocabulary_create(kinds, 0, things, 5, &v, &err), GA_EINVAL,
                "0 categories of labels, expected 1 to 16");
    assert_null(v);
    CHECK_FAILS(ga_vocabulary_create(kinds, 17, things, 5, &v, &err), GA_EINVAL, "17 categories");
    CHECK_FAILS(ga_vocabulary_create(none, 1, things, 1, &v, &err), GA_EINVAL,
                "category 0, '': expected 1 to 63 bytes");
    CHECK_FAILS(ga_vocabulary_create(too_long, 1, things, 1, &v, &err), GA_EINVAL,
                "category 0, 'xxx");
    CHECK_FAILS(ga_vocabulary_create(twice, 2, things, 1, &v, &err), GA_EINVAL,
                "category 'a' is there twice, as 0 and 1");
    CHECK_FAILS(ga_vocabulary_create(kinds, 2, things, -1, &v, &err), GA_EINVAL, "-1 labels");
    CHECK_FAILS(ga_vocabulary_create(kinds, 2, things, GA_MAX_LABELS, &v, &err), GA_EINVAL,
                "4096 labels, expected at most 4095");
    const struct {
        ga_label label;
        const char *part;
    } bad[] = {
        {{"", 0}, "label 2, '': expected 1 to 63 bytes of UTF-8"},
        {{NULL, 0}, "label 2, '': expected"},
        {{longest, 0}, "label 2, 'xxxx"},
        {{"a\xff", 0}, "label 2, 'a"},
        {{"a\n", 0}, "without control characters"},
        {{"roof", -1}, "label 2, 'roof': category -1, expected 0 to 1"},
        {{"roof", 2}, "label 2, 'roof': category 2, expected 0 to 1"},
        {{"sky", 0}, "label 'sky' is twice in one category, as 1 and 2"},
        {{"-", 0}, "label 2 is '-', which every vocabulary has as label 0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const ga_label two[] = {things[0], bad[i].label};
        CHECK_FAILS(ga_vocabulary_create(kinds, 2, two, 2, &v, &err), GA_EINVAL, bad[i].part);
        assert_null(v);
    }
    longest[GA_LABEL_NAME - 1] = 0; /* 63 bytes fit */
    const ga_label fits[] = {{longest, 1}, {"W\xc3\xa4nde", 0}};
    CHECK_OK(ga_vocabulary_create(kinds, 2, fits, 2, &v, &err));
    assert_string_equal(ga_vocabulary_at(v, 1).name, longest);
    ga_vocabulary_free(v);
    CHECK_OK(ga_vocabulary_create(kinds, 1, NULL, 0, &v, &err));
    assert_int_equal(ga_vocabulary_n(v), 1);
    ga_vocabulary_free(v);
}

static void the_largest_vocabulary_fits(void **state)
{
    (void)state;
    ga_err err;
    ga_vocabulary *v, *again;
    enum { N = GA_MAX_LABELS - 1 };
    static char name[N][GA_LABEL_NAME];
    static ga_label label[N];
    for (int i = 0; i < N; i++) {
        snprintf(name[i], sizeof name[i], "%063d", i / 2); /* each twice, with the longest titles */
        label[i] = (ga_label){name[i], i % 2};
    }
    CHECK_OK(ga_vocabulary_create(kinds, 2, label, N, &v, &err));
    char *text;
    CHECK_OK(ga_vocabulary_json(v, &text, &err));
    CHECK_OK(ga_vocabulary_parse(text, strlen(text), "large", &again, &err));
    assert_int_equal(ga_vocabulary_n(again), GA_MAX_LABELS);
    assert_string_equal(ga_vocabulary_title(again, N), ga_vocabulary_title(v, N));
    ga_vocabulary_text_free(text);
    ga_vocabulary_free(v);
    ga_vocabulary_free(again);
}

static void a_vocabulary_goes_through_json(void **state)
{
    (void)state;
    ga_err err;
    ga_vocabulary *v = small(), *again;
    char *text, *second;
    CHECK_OK(ga_vocabulary_json(v, &text, &err));
    assert_string_equal(
        text, "{\"categories\":[\"object\",\"material\"],\"labels\":[[\"sky\",\"object\"],"
              "[\"glass\",\"object\"],[\"glass\",\"material\"],[\"tree\",\"object\"],[\"-\","
              "\"material\"]]}");
    CHECK_OK(ga_vocabulary_parse(text, strlen(text), "here", &again, &err));
    for (int i = 0; i < 6; i++)
        assert_string_equal(ga_vocabulary_title(again, i), ga_vocabulary_title(v, i));
    CHECK_OK(ga_vocabulary_json(again, &second, &err));
    assert_string_equal(text, second);
    ga_vocabulary_text_free(second);
    ga_vocabulary_text_free(text);
    ga_vocabulary_free(again);
    ga_vocabulary_free(v);
}

static void a_broken_text_is_named_with_its_place(void **state)
{
    (void)state;
    ga_err err;
    ga_vocabulary *v;
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"", "f.json: line 1"},
        {"[]", "expected an object with 'categories' and 'labels'"},
        {"{\"categories\":[\"a\"]}", "'labels': expected a list of at most 4095 labels"},
        {"{\"labels\":[]}", "'categories': expected a list of 1 to 16 names"},
        {"{\"categories\":[],\"labels\":[]}", "f.json: 0 categories of labels"},
        {"{\"categories\":[1],\"labels\":[]}", "'categories': entry 0 is no string"},
        {"{\"categories\":[\"a\"],\"labels\":[],\"label\":1}", "label"},
        {"{\"categories\":[\"a\"],\"labels\":[[\"x\"]]}",
         "'labels[0]': expected two strings, name and category"},
        {"{\"categories\":[\"a\"],\"labels\":[[\"x\",\"a\"],[\"y\",1]]}",
         "'labels[1]': expected two strings"},
        {"{\"categories\":[\"a\"],\"labels\":[\"x\"]}", "'labels[0]': expected two strings"},
        {"{\"categories\":[\"a\"],\"labels\":[[\"x\",\"b\"]]}",
         "'labels[0]': 'x' is of category 'b', which is not among"},
        {"{\"categories\":[\"a\"],\"labels\":[[\"x\",\"a\"],[\"x\",\"a\"]]}",
         "f.json: label 'x' is twice in one category"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_FAILS(ga_vocabulary_parse(bad[i].text, strlen(bad[i].text), "f.json", &v, &err),
                    GA_EDATA, bad[i].part);
        assert_null(v);
    }
}

static void no_memory_at_any_point_leaves_nothing(void **state)
{
    (void)state;
    ga_err err;
    ga_vocabulary *v = NULL;
    for (long n = 0; v == NULL; n++) {
        ga_mem_fail_after(n);
        const ga_status status = ga_vocabulary_create(kinds, 2, things, 5, &v, &err);
        ga_mem_fail_after(-1);
        assert_true(status == (v != NULL ? GA_OK : GA_ENOMEM));
        assert_true(n < 50);
    }
    ga_vocabulary_free(v);
}

/* ---- maps -------------------------------------------------------------------------------------*/

/* The definition, word for word, in doubles. */
static uint16_t plain(const uint16_t *map, int H, int W, int h, int w, int y, int x)
{
    int count[8] = {0}, best = 0;
    for (int r = 0; r < H; r++)
        for (int c = 0; c < W; c++) {
            const double cy = r + 0.5, cx = c + 0.5;
            if (cy >= (double)y * H / h && cy < (double)(y + 1) * H / h &&
                cx >= (double)x * W / w && cx < (double)(x + 1) * W / w)
                count[map[r * W + c]]++;
        }
    for (int i = 1; i < 8; i++)
        if (count[i] > count[best])
            best = i;
    return (uint16_t)best;
}

static void shrinking_takes_what_most_pixels_say(void **state)
{
    (void)state;
    ga_err err;
    ga_rng rng = ga_rng_of(1, 1);
    static uint16_t map[2 * 13 * 11], out[2 * 13 * 11];
    for (int trial = 0; trial < 60; trial++) {
        const int H = 1 + (int)ga_rng_below(&rng, 13), W = 1 + (int)ga_rng_below(&rng, 11);
        const int h = 1 + (int)ga_rng_below(&rng, (uint32_t)H),
                  w = 1 + (int)ga_rng_below(&rng, (uint32_t)W);
        for (int i = 0; i < 2 * H * W; i++)
            map[i] = (uint16_t)ga_rng_below(&rng, trial % 2 == 0 ? 8 : 2); /* with many ties */
        CHECK_OK(ga_labels_shrink(map, 2, H, W, out, h, w, &err));
        for (int k = 0; k < 2; k++)
            for (int y = 0; y < h; y++)
                for (int x = 0; x < w; x++)
                    assert_int_equal(out[(k * h + y) * w + x],
                                     plain(map + k * H * W, H, W, h, w, y, x));
    }
    static const uint16_t high[] = {65535, 65535, 65535, 3};
    CHECK_OK(ga_labels_shrink(high, 1, 2, 2, out, 1, 1, &err));
    assert_int_equal(out[0], 65535);
}

static void maps_do_not_grow(void **state)
{
    (void)state;
    ga_err err;
    uint16_t map[4] = {0}, out[9] = {7};
    CHECK_FAILS(ga_labels_shrink(map, 1, 2, 2, out, 3, 2, &err), GA_EINVAL,
                "1 maps of 2 x 2 labels to 3 x 2");
    CHECK_FAILS(ga_labels_shrink(map, 1, 2, 2, out, 2, 3, &err), GA_EINVAL, "to 2 x 3");
    CHECK_FAILS(ga_labels_shrink(map, 1, 2, 2, out, 0, 1, &err), GA_EINVAL, "to 0 x 1");
    CHECK_FAILS(ga_labels_shrink(map, 1, 2, 2, out, 1, 0, &err), GA_EINVAL, "to 1 x 0");
    CHECK_FAILS(ga_labels_shrink(map, 0, 2, 2, out, 1, 1, &err), GA_EINVAL, "0 maps");
    assert_int_equal(out[0], 7);
    ga_mem_fail_after(0);
    CHECK_FAILS(ga_labels_shrink(map, 1, 2, 2, out, 1, 1, &err), GA_ENOMEM, "memory");
    ga_mem_fail_after(-1);
}

/* ---- colours ----------------------------------------------------------------------------------*/

/* Names of the xkcd colour survey (https://xkcd.com/color/rgb.txt, in the public domain) that end
 * in a basic term, or mean one plainly. The borders were laid by these, so they prove that the rule
 * says what people say, not that it would of colours that it has not seen. */
static const struct {
    int color;
    uint32_t rgb;
    const char *name;
} survey[] = {
    {GA_PURPLE, 0x7e1e9c, "purple"},
    {GA_GREEN, 0x15b01a, "green"},
    {GA_BLUE, 0x0343df, "blue"},
    {GA_PINK, 0xff81c0, "pink"},
    {GA_BROWN, 0x653700, "brown"},
    {GA_RED, 0xe50000, "red"},
    {GA_BLUE, 0x95d0fc, "light blue"},
    {GA_ORANGE, 0xf97306, "orange"},
    {GA_GREEN, 0x96f97b, "light green"},
    {GA_YELLOW, 0xffff14, "yellow"},
    {GA_BLUE, 0x75bbfd, "sky blue"},
    {GA_GREY, 0x929591, "grey"},
    {GA_GREEN, 0x89fe05, "lime green"},
    {GA_PURPLE, 0xbf77f6, "light purple"},
    {GA_GREEN, 0x033500, "dark green"},
    {GA_BLUE, 0x00035b, "dark blue"},
    {GA_GREEN, 0x06470c, "forest green"},
    {GA_PURPLE, 0x35063e, "dark purple"},
    {GA_GREEN, 0x01ff07, "bright green"},
    {GA_BLUE, 0x0504aa, "royal blue"},
    {GA_BLUE, 0x001146, "navy blue"},
    {GA_BLACK, 0x000000, "black"},
    {GA_WHITE, 0xffffff, "white"},
    {GA_PINK, 0xff028d, "hot pink"},
    {GA_BROWN, 0xad8150, "light brown"},
    {GA_GREEN, 0xc7fdb5, "pale green"},
    {GA_GREEN, 0x677a04, "olive green"},
    {GA_PINK, 0xcb416b, "dark pink"},
    {GA_GREEN, 0x53fca1, "sea green"},
    {GA_PINK, 0xffd1df, "light pink"},
    {GA_GREEN, 0x56ae57, "dark pastel green"},
    {GA_GREEN, 0x69d84f, "fresh green"},
    {GA_GREEN, 0x70b23f, "nasty green"},
    {GA_BLUE, 0xd4ffff, "really light blue"},
    {GA_PURPLE, 0x952e8f, "warm purple"},
    {GA_BLUE, 0x3778bf, "windows blue"},
    {GA_BLUE, 0x2242c7, "blue blue"},
    {GA_PINK, 0xff0789, "strong pink"},
    {GA_PINK, 0xdd85d7, "lavender pink"},
    {GA_GREEN, 0xa6c875, "light moss green"},
    {GA_PINK, 0xe78ea5, "pig pink"},
    {GA_PINK, 0xff63e9, "candy pink"},
    {GA_GREEN, 0xb2fba5, "light pastel green"},
    {GA_GREEN, 0x63b365, "boring green"},
    {GA_BROWN, 0xd3b683, "very light brown"},
    {GA_PURPLE, 0x430541, "eggplant purple"},
    {GA_PINK, 0xffb2d0, "powder pink"},
    {GA_BLUE, 0x507b9c, "stormy blue"},
    {GA_BROWN, 0x7d7103, "ugly brown"},
    {GA_PINK, 0xda467d, "darkish pink"},
    {GA_BROWN, 0x410200, "deep brown"},
    {GA_GREY, 0x6b7c85, "battleship grey"},
    {GA_GREEN, 0x009337, "kelley green"},
    {GA_YELLOW, 0xd0e429, "sickly yellow"},
    {GA_YELLOW, 0xfff917, "sunny yellow"},
    {GA_BLUE, 0x5684ae, "off blue"},
    {GA_RED, 0x850e04, "indian red"},
    {GA_GREY, 0x3c4142, "charcoal grey"},
    {GA_BROWN, 0x8b3103, "rust brown"},
    {GA_BROWN, 0xcba560, "sand brown"},
    {GA_BLUE, 0x26538d, "dusk blue"},
    {GA_PINK, 0xf6688e, "rosy pink"},
    {GA_ORANGE, 0xca6b02, "browny orange"},
    {GA_BLUE, 0x107ab0, "nice blue"},
    {GA_YELLOW, 0xfdb915, "orangey yellow"},
    {GA_BLUE, 0x247afd, "clear blue"},
    {GA_BROWN, 0x1d0200, "very dark brown"},
    {GA_BLUE, 0x31668a, "ugly blue"},
    {GA_PURPLE, 0x720058, "rich purple"},
    {GA_YELLOW, 0xffda03, "sunflower yellow"},
    {GA_GREEN, 0x014600, "racing green"},
    {GA_PURPLE, 0x9900fa, "vivid purple"},
    {GA_PINK, 0xd1768f, "muted pink"},
    {GA_GREY, 0x95a3a6, "cool grey"},
    {GA_PURPLE, 0x751973, "darkish purple"},
    {GA_GREEN, 0x089404, "true green"},
    {GA_PINK, 0xff6163, "coral pink"},
    {GA_BLUE, 0x3c73a8, "flat blue"},
    {GA_PURPLE, 0x734a65, "dirty purple"},
    {GA_RED, 0xff073a, "neon red"},
    {GA_PINK, 0xc77986, "old pink"},
    {GA_BLUE, 0xd6fffe, "very pale blue"},
    {GA_ORANGE, 0xfe4b03, "blood orange"},
    {GA_YELLOW, 0xfce166, "sand yellow"},
    {GA_BROWN, 0xb2713d, "clay brown"},
    {GA_GREEN, 0x699d4c, "flat green"},
    {GA_PINK, 0xfb5581, "warm pink"},
    {GA_BLUE, 0x152eff, "vivid blue"},
    {GA_BROWN, 0xab7e4c, "tan brown"},
    {GA_BLUE, 0x030764, "darkblue"},
    {GA_RED, 0x8c0034, "red wine"},
    {GA_RED, 0xdb5856, "pastel red"},
    {GA_YELLOW, 0xddd618, "piss yellow"},
    {GA_RED, 0xa90308, "darkish red"},
    {GA_BROWN, 0x6e1005, "reddy brown"},
    {GA_BROWN, 0x964e02, "warm brown"},
    {GA_PINK, 0xfe828c, "blush pink"},
    {GA_YELLOW, 0xfeff7f, "faded yellow"},
    {GA_ORANGE, 0xf0833a, "dusty orange"},
    {GA_YELLOW, 0xf1f33f, "off yellow"},
    {GA_ORANGE, 0xc14a09, "brick orange"},
    {GA_YELLOW, 0xbfac05, "muddy yellow"},
    {GA_RED, 0xb9484e, "dusty red"},
    {GA_RED, 0xaf2f0d, "rusty red"},
    {GA_RED, 0xfe2f4a, "lightish red"},
    {GA_PURPLE, 0xa552e6, "lightish purple"},
    {GA_PURPLE, 0xad03de, "vibrant purple"},
    {GA_YELLOW, 0xfafe4b, "banana yellow"},
    {GA_RED, 0xc0022f, "lipstick red"},
    {GA_YELLOW, 0xfdee73, "sandy yellow"},
    {GA_BLUE, 0xc4fff7, "eggshell blue"},
    {GA_BROWN, 0x947706, "puke brown"},
    {GA_PINK, 0xf36196, "medium pink"},
    {GA_PINK, 0xfff4f2, "very light pink"},
    {GA_GREEN, 0xcffdbc, "very pale green"},
    {GA_ORANGE, 0xc45508, "rust orange"},
    {GA_ORANGE, 0xf0944d, "faded orange"},
    {GA_RED, 0xec2d01, "tomato red"},
    {GA_BROWN, 0xac7e04, "mustard brown"},
    {GA_BROWN, 0x876e4b, "dull brown"},
    {GA_ORANGE, 0xff964f, "pastel orange"},
    {GA_ORANGE, 0xffab0f, "yellowish orange"},
    {GA_ORANGE, 0xff724c, "pinkish orange"},
    {GA_PURPLE, 0x280137, "midnight purple"},
    {GA_PINK, 0xff0490, "electric pink"},
    {GA_PURPLE, 0x805b87, "muted purple"},
    {GA_YELLOW, 0xcfff04, "neon yellow"},
    {GA_PINK, 0xcd7584, "ugly pink"},
    {GA_BROWN, 0x886806, "muddy brown"},
    {GA_BLUE, 0x3b719f, "muted blue"},
    {GA_ORANGE, 0xcd5909, "rusty orange"},
    {GA_RED, 0xbe013c, "rose red"},
    {GA_ORANGE, 0xdc4d01, "deep orange"},
    {GA_GREY, 0x978a84, "warm grey"},
    {GA_GREY, 0x7d7f7c, "medium grey"},
    {GA_RED, 0x770001, "blood"},
    {GA_BROWN, 0xb25f03, "orangish brown"},
    {GA_BROWN, 0xc4a661, "sandy brown"},
    {GA_PURPLE, 0xc071fe, "easter purple"},
    {GA_ORANGE, 0xc87606, "dirty orange"},
    {GA_RED, 0xaa2704, "rust red"},
    {GA_ORANGE, 0xfb7d07, "pumpkin orange"},
    {GA_YELLOW, 0xcb9d06, "yellow ochre"},
    {GA_PINK, 0xfe02a2, "shocking pink"},
    {GA_RED, 0xfe0002, "fire engine red"},
    {GA_BROWN, 0x836539, "dirt brown"},
    {GA_BROWN, 0x885f01, "poo brown"},
    {GA_BROWN, 0x7f5112, "medium brown"},
    {GA_PURPLE, 0xf6cefc, "very light purple"},
    {GA_BLUE, 0x000133, "very dark blue"},
    {GA_YELLOW, 0xffff81, "butter"},
    {GA_BLUE, 0x475f94, "dusky blue"},
    {GA_PURPLE, 0x895b7b, "dusky purple"},
    {GA_PURPLE, 0xa66fb5, "soft purple"},
};

static void colours_are_called_as_people_call_them(void **state)
{
    (void)state;
    enum { N = (int)(sizeof survey / sizeof survey[0]) };
    int agree = 0;
    for (int i = 0; i < N; i++) {
        const uint32_t c = survey[i].rgb;
        const int found = ga_basic_color((uint8_t)(c >> 16), (uint8_t)(c >> 8), (uint8_t)c);
        agree += found == survey[i].color;
        if (found != survey[i].color)
            printf("%06x, %s: found %s\n", c, survey[i].name, ga_basic_color_name(found));
        if (strcmp(survey[i].name, ga_basic_color_name(survey[i].color)) == 0)
            assert_int_equal(found, survey[i].color); /* the eleven themselves */
    }
    printf("%d of %d agree\n", agree, N);
    assert_true(agree >= 147);
}

static void every_colour_has_a_name_and_every_name_a_colour(void **state)
{
    (void)state;
    int count[GA_BASIC_COLORS] = {0};
    for (int r = 0; r < 256; r += 3)
        for (int g = 0; g < 256; g += 3)
            for (int b = 0; b < 256; b += 3) {
                const int c = ga_basic_color((uint8_t)r, (uint8_t)g, (uint8_t)b);
                assert_true(c >= 0 && c < GA_BASIC_COLORS);
                count[c]++;
            }
    for (int i = 0; i < GA_BASIC_COLORS; i++)
        assert_true(count[i] > 500);
    for (int v = 1; v < 256; v++) { /* grey has no hue: black, then grey, then white */
        const int before = ga_basic_color((uint8_t)(v - 1), (uint8_t)(v - 1), (uint8_t)(v - 1));
        const int now = ga_basic_color((uint8_t)v, (uint8_t)v, (uint8_t)v);
        assert_true(now == before || (before == GA_BLACK && now == GA_GREY) ||
                    (before == GA_GREY && now == GA_WHITE));
    }
    assert_int_equal(ga_basic_color(255, 255, 255), GA_WHITE);
    assert_string_equal(ga_basic_color_name(GA_GREY), "grey");
    assert_string_equal(ga_basic_color_name(-1), "?");
    assert_string_equal(ga_basic_color_name(GA_BASIC_COLORS), "?");
}

/* Counted on paper: label 1 in 8 of 12 pixels, label 2 never where it is true, 3 is true nowhere.
 */
static void agreement_is_intersection_over_union(void **state)
{
    (void)state;
    const uint64_t both[] = {90, 8, 0, 0}, said[] = {95, 10, 4, 5}, truth[] = {90, 10, 6, 0};
    assert_true(ga_label_iou(8, 10, 10) == 8.0 / 12);
    assert_true(ga_label_iou(7, 7, 7) == 1);
    assert_true(ga_label_iou(0, 0, 0) == 0);
    assert_true(ga_labels_mean_iou(both, said, truth, 4) == 8.0 / 12 / 2);
    assert_true(ga_labels_mean_iou(both, said, truth, 1) == 0); /* 0 is no label */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_counted_from_nothing),
        cmocka_unit_test(names_that_repeat_are_told_apart_by_their_category),
        cmocka_unit_test(vocabularies_are_the_same_word_by_word),
        cmocka_unit_test(what_cannot_be_a_vocabulary_is_refused),
        cmocka_unit_test(the_largest_vocabulary_fits),
        cmocka_unit_test(a_vocabulary_goes_through_json),
        cmocka_unit_test(a_broken_text_is_named_with_its_place),
        cmocka_unit_test(no_memory_at_any_point_leaves_nothing),
        cmocka_unit_test(shrinking_takes_what_most_pixels_say),
        cmocka_unit_test(maps_do_not_grow),
        cmocka_unit_test(agreement_is_intersection_over_union),
        cmocka_unit_test(colours_are_called_as_people_call_them),
        cmocka_unit_test(every_colour_has_a_name_and_every_name_a_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
