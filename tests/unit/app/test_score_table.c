/* How scores are written: digits, intervals, limits, columns. */
#include "app/score_table.h"
#include "check.h"

static const ga_field fields[] = {{0}};
static const ga_verb verb = {.name = "look", .fields = fields};

static ga_scores some_scores(void)
{
    ga_scores s = {.options = ga_scores_defaults(), .classes = 10, .kernel_size = 1000};
    s.score[GA_SCORE_FRECHET] = (ga_score){.have = true, .value = 12.8730};
    s.score[GA_SCORE_KERNEL] = (ga_score){.have = true, .value = 21.906, .spread = 10.4};
    s.score[GA_SCORE_PRESENT] = (ga_score){.have = true, .value = 9};
    s.score[GA_SCORE_SUPPORT] = (ga_score){.have = true, .value = 16665000, .at_least = true};
    s.score[GA_SCORE_LABELS] = (ga_score){.have = true, .value = 0.98, .lo = 0.97, .hi = 0.99};
    return s;
}

static void check_text(const ga_scores *s, ga_score_id id, const char *wanted)
{
    char buf[64];
    assert_string_equal(ga_score_text(s, id, buf, sizeof buf), wanted);
}

static void numbers_have_the_digits_that_mean_something(void **state)
{
    (void)state;
    ga_scores s = some_scores();
    check_text(&s, GA_SCORE_FRECHET, "12.873");
    check_text(&s, GA_SCORE_KERNEL, "22 ± 10");
    check_text(&s, GA_SCORE_PRESENT, "9 of 10");
    check_text(&s, GA_SCORE_SUPPORT, "> 16665000");
    check_text(&s, GA_SCORE_LABELS, "0.9800 (0.9700 to 0.9900)");
    s.score[GA_SCORE_KERNEL].spread = 0.0123;
    s.score[GA_SCORE_KERNEL].value = -0.00456;
    check_text(&s, GA_SCORE_KERNEL, "-0.005 ± 0.012");
    s.score[GA_SCORE_KERNEL].spread = 1e-15; /* every subset is the whole */
    check_text(&s, GA_SCORE_KERNEL, "-0.005");
    s.score[GA_SCORE_FRECHET].value = 955.25;
    check_text(&s, GA_SCORE_FRECHET, "955.2");
}

enum { SAID = 4096 };

static void keep(void *user, const char *line)
{
    char *said = user;
    const size_t n = strlen(said);
    snprintf(said + n, SAID - n, "%s\n", line);
}

static void the_table_has_a_column_for_the_floor_if_there_is_one(void **state)
{
    (void)state;
    ga_err err;
    char said[SAID] = "";
    ga_request *rq;
    const ga_scores s = some_scores();
    ga_scores floor = some_scores();
    floor.score[GA_SCORE_LABELS].have = false;
    floor.score[GA_SCORE_FRECHET].value = 1.2079;
    CHECK_OK(ga_request_create(&verb, &(ga_request_sink){.say = keep, .user = said}, &rq, &err));
    ga_scores_say(rq, &s, NULL);
    assert_non_null(strstr(said, "  score    value                      better\n"));
    assert_non_null(strstr(said, "  kernel   22 ± 10                    lower   distance of"));
    assert_non_null(strstr(said, "  kernel: mean and deviation over 100 subsets of 1000\n"));
    assert_null(strstr(said, "precision"));
    said[0] = 0;
    ga_scores_say(rq, &s, &floor);
    assert_non_null(
        strstr(said, "  frechet  12.873                     1.208       lower   distance"));
    assert_non_null(
        strstr(said, "  labels   0.9800 (0.9700 to 0.9900)              higher  samples"));
    ga_request_free(rq);
}

static void json_has_numbers_with_their_direction(void **state)
{
    (void)state;
    ga_scores s = some_scores();
    s.score[GA_SCORE_DENSITY] = (ga_score){.have = true, .value = INFINITY};
    json_t *all = ga_scores_json(&s);
    char *text = json_dumps(all, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(6));
    assert_string_equal(
        text, "{\"density\":{\"better\":\"higher\",\"value\":null},"
              "\"frechet\":{\"better\":\"lower\",\"value\":12.873},"
              "\"kernel\":{\"better\":\"lower\",\"sd\":10.4,\"value\":21.906},"
              "\"labels\":{\"better\":\"higher\",\"interval\":[0.97,0.99],\"value\":0.98},"
              "\"present\":{\"better\":\"higher\",\"value\":9.0},"
              "\"support\":{\"at_least\":true,\"better\":\"higher\",\"value\":1.6665e7}}");
    free(text);
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_the_digits_that_mean_something),
        cmocka_unit_test(the_table_has_a_column_for_the_floor_if_there_is_one),
        cmocka_unit_test(json_has_numbers_with_their_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
