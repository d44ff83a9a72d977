/* Words of the verbs about runs: times, numbers, tables, wrapped lines. */
#include "check.h"
#include "app/runs.h"

static char said[4096];

static void keep(void *user, const char *line)
{
    (void)user;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", line);
}

static ga_status nothing(ga_request *rq, ga_err *err)
{
    (void)rq;
    (void)err;
    return GA_OK;
}

static ga_request *request(void)
{
    static const ga_field fields[] = {{0}};
    static const ga_example examples[] = {{0}};
    static const ga_verb verb = {
        .name = "say", .fields = fields, .examples = examples, .run = nothing};
    const ga_request_sink sink = {.say = keep, .note = keep};
    ga_request *rq;
    ga_err err;
    said[0] = 0;
    CHECK_OK(ga_request_create(&verb, &sink, &rq, &err));
    return rq;
}

static void durations_have_two_units_at_most(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *words;
    } cases[] = {{0.04, "0.0 s"},        {0.4, "0.4 s"},          {9.94, "9.9 s"},
                 {9.96, "10 s"},         {59.4, "59 s"},          {60, "1 min 0 s"},
                 {723, "12 min 3 s"},    {3599.4, "59 min 59 s"}, {3600, "1 h 0 min"},
                 {2 * 86400, "2 d 0 h"}, {100000, "1 d 3 h"},     {-5, "0.0 s"}};
    char buf[GA_RUN_WORDS];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ga_words_duration(cases[i].seconds, buf), cases[i].words);
}

static void ages_are_told_from_now(void **state)
{
    (void)state;
    static const struct {
        int64_t ago;
        const char *words;
    } cases[] = {{-9, "just now"},      {59, "just now"},  {60, "1 min ago"},
                 {3599, "59 min ago"},  {3600, "1 h ago"}, {47 * 3600, "47 h ago"},
                 {48 * 3600, "2 d ago"}};
    char buf[GA_RUN_WORDS];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ga_words_age(1000000 - cases[i].ago, 1000000, buf), cases[i].words);
}

static void numbers_that_are_none_are_words(void **state)
{
    (void)state;
    char buf[GA_RUN_WORDS];
    assert_string_equal(ga_words_number(1.0 / 3, 4, buf), "0.3333");
    assert_string_equal(ga_words_number(-NAN, 4, buf), "nan");
    assert_string_equal(ga_words_number(INFINITY, 4, buf), "inf");
    assert_string_equal(ga_words_number(-INFINITY, 4, buf), "-inf");
    json_t *o = ga_json_number(0.5), *bad = ga_json_number(NAN);
    assert_true(json_real_value(o) == 0.5);
    assert_string_equal(json_string_value(bad), "nan");
    json_decref(o);
    json_decref(bad);
}

static void tables_are_as_wide_as_they_need_be(void **state)
{
    (void)state;
    static const char *const headings[] = {"name", ">steps", "last"};
    static const char *const cells[] = {"a", "300", "x", "caf\xc3\xa9-long", "7", NULL};
    ga_request *rq = request();
    ga_say_table(rq, 2, headings, 3, cells, 2);
    assert_string_equal(said, "  name       steps  last\n"
                              "  a            300  x\n"
                              "  caf\xc3\xa9-long      7\n");
    ga_request_free(rq);
}

static void long_words_are_wrapped_under_their_first_letter(void **state)
{
    (void)state;
    char long_word[120], line[512];
    memset(long_word, 'x', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = 0;
    ga_request *rq = request();
    ga_say_entry(rq, "label", "short");
    assert_string_equal(said, "label       short\n");
    said[0] = 0;
    snprintf(line, sizeof line, "%s and %s",
             "one two three four five six seven eight nine ten "
             "eleven twelve thirteen fourteen fifteen",
             long_word);
    ga_say_entry(rq, "label", line);
    snprintf(line, sizeof line,
             "label       one two three four five six seven eight nine ten eleven twelve thirteen "
             "fourteen\n            fifteen and\n            %s\n",
             long_word);
    assert_string_equal(said, line);
    ga_request_free(rq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_two_units_at_most),
        cmocka_unit_test(ages_are_told_from_now),
        cmocka_unit_test(numbers_that_are_none_are_words),
        cmocka_unit_test(tables_are_as_wide_as_they_need_be),
        cmocka_unit_test(long_words_are_wrapped_under_their_first_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
