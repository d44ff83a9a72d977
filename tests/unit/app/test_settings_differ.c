/* In what two dissections differ, in the words of the command. */
#include "check.h"
#include "app/settings_differ.h"

static const char asked[] =
    "{'model': {'name': 'gan', 'sha256': 'aaaaaaaaaaaaaaaa'}, 'segmenter': 'colors',"
    " 'segmenter_sha256': 'c0', 'layers': [['layer1', 'layer1'], ['layer2', 'late']],"
    " 'preset': '2020', 'size': 500, 'share': 0.01, 'rule_seed': 2, 'random_twin': false}";

/* `asked` with one text in place of another. */
static json_t *asked_but(const char *of, const char *is)
{
    ga_text t = {0};
    const char *at = of != NULL ? strstr(asked, of) : NULL;
    assert_true(of == NULL || at != NULL);
    if (at != NULL) {
        ga_text_add_n(&t, asked, (size_t)(at - asked));
        ga_text_add(&t, is);
        ga_text_add(&t, at + strlen(of));
    } else {
        ga_text_add(&t, asked);
    }
    for (char *c = t.data; *c != 0; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *settings = json_loads(t.data, 0, NULL);
    ga_text_free(&t);
    assert_non_null(settings);
    return settings;
}

static void expect(json_t *there, json_t *here, const char *sentence)
{
    ga_text why = {0};
    assert_int_equal(ga_settings_differ(there, here, &why), sentence != NULL);
    if (sentence != NULL)
        assert_string_equal(why.data, sentence);
    else
        assert_null(why.data);
    ga_text_free(&why);
    json_decref(there);
    json_decref(here);
}

static void what_differs_is_told_as_one_would_ask_for_it(void **state)
{
    (void)state;
    static const struct {
        const char *of, *is, *sentence;
    } rows[] = {
        {"500", "1000", "--size 1000 there, 500 here"},
        {"'rule_seed': 2", "'rule_seed': 7", "--rule-seed 7 there, 2 here"},
        {"['layer2', 'late']", "['layer3', 'layer3']",
         "--layers layer1,layer3 there, layer1,layer2:late here"},
        {"'gan'", "'other'", "MODEL other there, gan here"},
        {"'random_twin': false", "'random_twin': true", "--random-twin there, not here"},
        {"'preset'", "'covariance': true, 'preset'", "--covariance there, not here"},
        {"'preset'", "'class': 3, 'preset'", "--label 3 there, none here"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(asked_but(rows[i].of, rows[i].is), asked_but(NULL, NULL), rows[i].sentence);
    expect(asked_but(NULL, NULL), asked_but("'random_twin': false", "'random_twin': true"),
           "--random-twin here, not there");
    expect(asked_but(NULL, NULL), asked_but("'preset'", "'covariance': true, 'preset'"),
           "--covariance here, not there");
}

static void one_name_of_two_contents_is_told_with_them(void **state)
{
    (void)state;
    expect(asked_but("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"), asked_but(NULL, NULL),
           "MODEL gan (bbbbbbbbbbbb) there, gan (aaaaaaaaaaaa) here");
    expect(asked_but("'c0'", "'c1'"), asked_but(NULL, NULL),
           "the segmenter's content c1 there, c0 here");
}

static void what_follows_from_another_difference_is_not_told(void **state)
{
    (void)state;
    expect(asked_but("'colors', 'segmenter_sha256': 'c0'", "'strokes', 'segmenter_sha256': 'c1'"),
           asked_but(NULL, NULL), "--segmenter strokes there, colors here");
    expect(asked_but("'2020', 'size': 500, 'share': 0.01",
                     "'2018-fixed', 'size': 500, 'share': 0.005"),
           asked_but(NULL, NULL), "--preset 2018-fixed there, 2020 here");
}

static void of_many_differences_three_are_told(void **state)
{
    (void)state;
    expect(json_loads("{\"size\": 1}", 0, NULL), asked_but(NULL, NULL),
           "MODEL none there, gan here; --segmenter none there, colors here; "
           "--layers none there, layer1,layer2:late here; and 3 more");
}

static void of_alike_ones_and_of_none_nothing_is_told(void **state)
{
    (void)state;
    expect(asked_but(NULL, NULL), asked_but(NULL, NULL), NULL);
    expect(asked_but(", 'random_twin': false", ""), asked_but(NULL, NULL), NULL);
    expect(NULL, asked_but(NULL, NULL), NULL);
    expect(asked_but(NULL, NULL), NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_is_told_as_one_would_ask_for_it),
        cmocka_unit_test(one_name_of_two_contents_is_told_with_them),
        cmocka_unit_test(what_follows_from_another_difference_is_not_told),
        cmocka_unit_test(of_many_differences_three_are_told),
        cmocka_unit_test(of_alike_ones_and_of_none_nothing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
