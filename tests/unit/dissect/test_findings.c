/* test_findings.c - a small dissect.json, written by hand, is read back; what contradicts itself is
 * refused with the field. */
#include "check.h"
#include "ganatomy/findings.h"

/* One layer of three units and its twin. Unit 0 stands for sky, unit 1 is interpretable for tree
 * and not above chance, unit 2 is nothing. Unit 2 has the largest IoU with tree (.4), which only
 * the ranking says. */
#define UNITS                                                                                      \
    "{\"unit\": 0, \"interp\": true, \"above_chance\": true, \"labels\": ["                        \
    "{\"label\": \"sky\", \"cat\": \"object\", \"labelnum\": 2, \"iou\": 0.5, \"iqr\": 0.2,"       \
    " \"interval\": [0.45, 0.55], \"chance\": 0.2},"                                               \
    "{\"label\": \"brick\", \"cat\": \"material\", \"labelnum\": 7, \"iou\": 0.1, \"iqr\": "       \
    "0.02}]},"                                                                                     \
    "{\"unit\": 1, \"interp\": true, \"above_chance\": false, \"labels\": ["                       \
    "{\"label\": \"tree\", \"cat\": \"object\", \"labelnum\": 3, \"iou\": 0.3, \"iqr\": 0.1,"      \
    " \"interval\": [0.25, 0.35], \"chance\": 0.31}]},"                                            \
    "{\"unit\": 2, \"interp\": false, \"above_chance\": false, \"labels\": []}"

static const char small[] =
    "{\"netname\": \"little\", \"settings\": {"
    "\"model\": {\"name\": \"little\", \"arch\": \"a\", \"sha256\": \"aa\"},"
    "\"segmenter\": \"colors\", \"segmenter_sha256\": \"cc\", \"preset\": \"2018-iqr\","
    "\"bn\": \"running\", \"size\": 100, \"side\": 8, \"shuffles\": 4, \"bootstrap\": 200,"
    "\"seed\": -1, \"rule_seed\": 2, \"random_twin\": true},"
    "\"layers\": [{\"layer\": \"one\", \"shape\": [3, 4, 5], \"units\": [" UNITS "],"
    "\"rankings\": [{\"name\": \"unit\", \"score\": [0, 1, 2]},"
    "{\"name\": \"tree-iqr\", \"metric\": \"iqr\", \"concept\": \"tree\", \"score\": [-1, -1, -1]},"
    "{\"name\": \"tree-iou\", \"metric\": \"iou\", \"concept\": \"tree\","
    " \"score\": [-0.01, -0.3, -0.4]},"
    "{\"name\": \"sky-iou\", \"metric\": \"iou\", \"concept\": \"sky\","
    " \"score\": [-0.5, 0, 0]}],"
    "\"summary\": {\"units\": 3, \"interpretable\": 2, \"above_chance\": 1, \"concepts\": 1,"
    " \"mean_iou\": 0.4, \"best_iou\": 0.5, \"chance_iou\": 0.25}},"
    "{\"layer\": \"one random\", \"shape\": [1, 4, 5], \"units\": ["
    "{\"unit\": 0, \"interp\": false, \"above_chance\": false, \"labels\": []}],"
    "\"rankings\": [], \"summary\": {\"units\": 1, \"interpretable\": 0, \"above_chance\": 0,"
    " \"concepts\": 0, \"mean_iou\": 0.125, \"best_iou\": 0.125, \"chance_iou\": -1}}],"
    "\"ganatomy\": {\"form\": \"dissection\", \"version\": 1, \"key\": \"k1\"}}";

enum { SKY = 2, TREE = 3, BRICK = 7 };

static ga_findings *read_text(const char *text)
{
    ga_err err;
    ga_findings *f;
    CHECK_OK(ga_findings_parse(text, strlen(text), "it", &f, &err));
    return f;
}

/* small with `from` replaced by `to`, in buf. */
static const char *changed(const char *from, const char *to, char *buf, size_t size)
{
    const char *at = strstr(small, from);
    assert_non_null(at);
    const int n = snprintf(buf, size, "%.*s%s%s", (int)(at - small), small, to, at + strlen(from));
    assert_true(n > 0 && (size_t)n < size);
    return buf;
}

static void what_was_asked_and_found_is_there(void **state)
{
    (void)state;
    ga_findings *f = read_text(small);
    const ga_findings_about a = ga_findings_of(f);
    assert_string_equal(a.model, "little");
    assert_null(a.data);
    assert_string_equal(a.key, "k1");
    assert_int_equal(a.seed, UINT32_MAX); /* as version 1 writes it */
    assert_int_equal(a.image_class, -1);  /* nothing is said of it */
    assert_true(a.size == 100 && a.side == 8 && a.shuffles == 4 && a.bootstrap == 200);
    assert_int_equal(ga_findings_layers(f), 1); /* the other is its twin */
    const ga_found_layer one = ga_findings_layer(f, 0), twin = ga_findings_twin(f, 0);
    assert_string_equal(one.name, "one");
    assert_string_equal(twin.name, "one random");
    assert_true(one.dims.c == 3 && one.dims.h == 4 && one.dims.w == 5);
    assert_true(one.finding.above_chance == 1 && one.finding.concepts == 1);
    assert_true(twin.finding.chance_iou == -1 && twin.finding.mean_iou == 0.125);
    assert_int_equal(ga_findings_labels(f), BRICK + 1);
    assert_string_equal(ga_findings_label(f, BRICK).category, "material");
    assert_null(ga_findings_label(f, 1).title);
    assert_null(ga_findings_label(f, 1000).title);
    ga_findings_free(f);
}

static void the_class_of_all_images_is_told(void **state)
{
    (void)state;
    char buf[sizeof small + 64];
    ga_findings *f = read_text(
        changed("\"seed\": -1", "\"class\": 3, \"seed\": -1", buf, sizeof buf));
    assert_int_equal(ga_findings_of(f).image_class, 3);
    ga_findings_free(f);
}

static void the_best_unit_of_a_label_is_that_of_all(void **state)
{
    (void)state;
    ga_findings *f = read_text(small);
    const ga_found_best sky = ga_findings_best(f, 0, SKY), tree = ga_findings_best(f, 0, TREE),
                        brick = ga_findings_best(f, 0, BRICK), none = ga_findings_best(f, 0, 1);
    assert_true(sky.unit == 0 && sky.iou == 0.5 && sky.exact && sky.stand == 1);
    assert_true(sky.lo == 0.45 && sky.hi == 0.55 && sky.chance == 0.2);
    /* unit 2 does not list it, so that nothing is known of its interval; chance is the label's */
    assert_true(tree.unit == 2 && tree.iou == 0.4 && tree.exact && tree.stand == 0);
    assert_true(tree.lo == tree.hi && tree.chance == 0.31);
    assert_true(brick.unit == 0 && brick.iou == 0.1 && !brick.exact && brick.chance == -1);
    assert_true(none.unit == -1 && ga_findings_best(f, 0, 4095).unit == -1);
    ga_findings_free(f);
}

/* Unit 0 lists brick second, above the limits; tree's unit 1 is not above chance. */
static void a_champion_stands_for_its_label(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        int label, unit, first;
    } cases[] = {
        {"", "", SKY, 0, SKY},
        {"", "", BRICK, 0, SKY},
        {"", "", TREE, -1, 0},
        {"", "", 1, -1, 0},    /* does not occur */
        {"", "", 4095, -1, 0}, /* nor does this */
        {"\"chance\": 0.31", "\"chance\": 0.29", TREE, 1, TREE},
        {", \"chance\": 0.31", "", TREE, 1, TREE}, /* not measured */
        {"\"iou\": 0.1", "\"iou\": 0.05", BRICK, -1, 0},
        {"\"iqr\": 0.02", "\"iqr\": 0.01", BRICK, -1, 0},
        {"\"2018-iqr\"", "\"2020\"", BRICK, 0, SKY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char buf[sizeof small + 64];
        ga_findings *f = read_text(changed(cases[i].from, cases[i].to, buf, sizeof buf));
        const ga_found_champion c = ga_findings_champion(f, cases[i].label);
        assert_int_equal(c.unit, cases[i].unit);
        if (c.unit >= 0) {
            assert_int_equal(c.layer, 0);
            assert_int_equal(c.first, cases[i].first);
            assert_int_equal(c.finding.label, cases[i].label);
        }
        ga_findings_free(f);
    }
    ga_findings *f = read_text(small);
    const ga_finding sky = ga_findings_champion(f, SKY).finding;
    assert_true(sky.iou == 0.5 && sky.iqr == 0.2 && sky.lo == 0.45 && sky.hi == 0.55 &&
                sky.chance == 0.2);
    ga_findings_free(f);
}

static void what_contradicts_itself_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        {"\"dissection\"", "\"card\"", "is no dissection that this program left"},
        {"\"version\": 1", "\"version\": 2", "ganatomy.version"},
        {"\"size\": 100", "\"size\": 0", "settings.size"},
        {"\"segmenter\": \"colors\",", "", "settings.segmenter"},
        {"\"shape\": [3,", "\"shape\": [4,", "has 3 entries, but the shape says 4"},
        {"\"shape\": [3, 4,", "\"shape\": [3, 0,", "three numbers from 1"},
        {"\"unit\": 1", "\"unit\": 2", "layers[0].units[1].unit"},
        {"\"interp\": true, \"above_chance\": false", "\"interp\": false, \"above_chance\": false",
         "count to 1 interpretable, 1 above chance, 1 concepts, but its summary says 2, 1, 1"},
        {"\"labelnum\": 7", "\"labelnum\": 2", "2 is 'brick', and was 'sky' before"},
        {"\"labelnum\": 7", "\"labelnum\": 4096", "expected 1 to 4095"},
        {"\"iou\": 0.5", "\"iou\": 1.5", "is 1.5, expected 0 to 1"},
        {"\"iqr\": 0.2", "\"iqr\": 2", "is 2, expected 0 to 1"},
        {"[0.45, 0.55]", "[0.55, 0.45]", "two ascending numbers"},
        {"\"2018-iqr\"", "\"2019\"", "settings.preset"},
        {"[-0.01, -0.3, -0.4]", "[-0.01, -0.3]", "by 'tree' has 2 scores for 3 units"},
        {"[-0.01, -0.3, -0.4]", "[-0.01, 0.3, -0.4]", "unit 1 has no score"},
        {"[-0.5, 0, 0]", "[-0.4, 0, 0]", "no more than 0.4, but unit 0 says 0.5"},
        {"\"random_twin\": true", "\"random_twin\": 1", "settings.random_twin"},
        {"\"seed\": -1", "\"class\": -1, \"seed\": -1", "settings.class"},
        {"\"mean_iou\": 0.4,", "", "layers[0].summary.mean_iou"},
        {"\"sha256\": \"aa\"", "\"sha\": \"aa\"", "settings.model.sha256"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_err err;
        ga_findings *f;
        char buf[sizeof small + 64];
        const char *text = changed(cases[i].from, cases[i].to, buf, sizeof buf);
        CHECK_FAILS(ga_findings_parse(text, strlen(text), "it", &f, &err), GA_EDATA, cases[i].said);
        assert_null(f);
    }
}

static void only_what_means_the_same_is_compared(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        {"\"k1\"", "\"k1\"", "'a' and 'b' are the same dissection"},
        {"\"cc\"", "\"dd\"", "their labels do not mean the same"},
        {"\"2018-iqr\"", "\"2020\"", "'a' is by preset 2018-iqr, 'b' by 2020"},
        {"{\"label\": \"brick\"", "{\"label\": \"stone\"", "label 7 is 'brick' in 'a' and 'stone'"},
    };
    ga_err err;
    ga_findings *a = read_text(small);
    char first[sizeof small + 64], buf[sizeof small + 64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(first, sizeof first, "%s", changed(cases[i].from, cases[i].to, buf, sizeof buf));
        char *key = strstr(first, "\"k1\"");
        if (i > 0)
            memcpy(key, "\"k2\"", 4);
        ga_findings *b = read_text(first);
        CHECK_FAILS(ga_findings_comparable(a, "a", b, "b", &err), GA_EINVAL, cases[i].said);
        ga_findings_free(b);
    }
    ga_findings *b = read_text(changed("\"k1\"", "\"k2\"", buf, sizeof buf));
    CHECK_OK(ga_findings_comparable(a, "a", b, "b", &err));
    ga_findings_free(b);
    ga_findings_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_and_found_is_there),
        cmocka_unit_test(the_class_of_all_images_is_told),
        cmocka_unit_test(the_best_unit_of_a_label_is_that_of_all),
        cmocka_unit_test(a_champion_stands_for_its_label),
        cmocka_unit_test(what_contradicts_itself_is_refused),
        cmocka_unit_test(only_what_means_the_same_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
