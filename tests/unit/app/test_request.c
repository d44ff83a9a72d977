/* Requests: what may be set, what a verb then reads, and the words for what may not. */
#include <unistd.h>
#include "check.h"
#include "app/verb.h"

static const char *const modes[] = {"running", "batch", "image", NULL};

static const ga_field fields[] = {
    {.name = "model",
     .type = GA_FIELD_FILE,
     .value = "MODEL",
     .help = "a model",
     .positional = true,
     .required = true},
    {.name = "pieces",
     .type = GA_FIELD_FILE,
     .value = "FILE",
     .help = "files",
     .positional = true,
     .many = true},
    {.name = "count",
     .type = GA_FIELD_INT,
     .value = "N",
     .help = "how many",
     .fallback = "8",
     .min = 1,
     .max = 64},
    {.name = "offset", .type = GA_FIELD_INT, .value = "N", .help = "any number"},
    {.name = "rate", .type = GA_FIELD_NUMBER, .value = "R", .help = "a rate", .min = 0, .max = 1},
    {.name = "bn",
     .type = GA_FIELD_CHOICE,
     .value = "MODE",
     .help = "a mode",
     .choices = modes,
     .fallback = "running"},
    {.name = "note", .type = GA_FIELD_TEXT, .value = "TEXT", .help = "words", .many = true},
    {.name = "bold", .type = GA_FIELD_FLAG, .help = "a flag"},
    {.name = "sheet", .type = GA_FIELD_PICTURE, .value = "FILE.png", .help = "a picture"},
    {.name = NULL},
};

typedef struct seen {
    int said, noted;
    char last[64];
} seen;

static void keep_said(void *user, const char *line)
{
    seen *s = user;
    s->said++;
    snprintf(s->last, sizeof s->last, "%s", line);
}

static void keep_noted(void *user, const char *line)
{
    seen *s = user;
    s->noted++;
    snprintf(s->last, sizeof s->last, "%s", line);
}

/* The verb answers with what it read. */
static ga_status run(ga_request *rq, ga_err *err)
{
    int n_pieces = 0, n_notes = 0;
    const char *const *pieces = ga_rq_list(rq, "pieces", &n_pieces);
    (void)ga_rq_list(rq, "note", &n_notes);
    if (ga_rq_flag(rq, "bold"))
        return ga_fail(err, GA_EDATA, "'bold' was asked for");
    ga_rq_say(rq, "count is %d", (int)ga_rq_int(rq, "count", -1));
    ga_rq_note(rq, "rate is %g", ga_rq_number(rq, "rate", 0.5));
    ga_rq_result(rq,
                 json_pack("{s:s, s:I, s:I, s:f, s:s, s:i, s:s, s:i, s:b}", "model",
                           ga_rq_text(rq, "model"), "count", (json_int_t)ga_rq_int(rq, "count", -1),
                           "offset", (json_int_t)ga_rq_int(rq, "offset", -7), "rate",
                           ga_rq_number(rq, "rate", 0.5), "bn", ga_rq_text(rq, "bn"), "pieces",
                           n_pieces, "last", n_pieces > 0 ? pieces[n_pieces - 1] : "", "notes",
                           n_notes, "given", ga_rq_given(rq, "count")));
    return GA_OK;
}

static const ga_verb verb = {.name = "test", .summary = "a test", .fields = fields, .run = run};

static ga_request *make(seen *s)
{
    const ga_request_sink sink = {.say = keep_said, .note = keep_noted, .user = s};
    ga_request *rq = NULL;
    ga_err err;
    *s = (seen){0};
    CHECK_OK(ga_request_create(&verb, &sink, &rq, &err));
    return rq;
}

static void check_result(const ga_request *rq, const char *wanted)
{
    char *text = json_dumps(ga_request_result(rq), JSON_REAL_PRECISION(9));
    assert_string_equal(text, wanted);
    free(text);
}

static void fallbacks_fill_what_was_not_given(void **state)
{
    (void)state;
    seen s;
    ga_err err;
    ga_request *rq = make(&s);
    CHECK_OK(ga_request_set(rq, "model", "a.st", &err));
    CHECK_OK(ga_request_run(rq, &err));
    check_result(rq, "{\"model\": \"a.st\", \"count\": 8, \"offset\": -7, \"rate\": 0.5, "
                     "\"bn\": \"running\", \"pieces\": 0, \"last\": \"\", \"notes\": 0, "
                     "\"given\": false}");
    assert_int_equal(s.said, 1);
    assert_int_equal(s.noted, 1);
    assert_string_equal(s.last, "rate is 0.5");
    ga_request_free(rq);
}

static void given_values_are_read_back(void **state)
{
    (void)state;
    seen s;
    ga_err err;
    ga_request *rq = make(&s);
    CHECK_OK(ga_request_set(rq, "model", "a.st", &err));
    CHECK_OK(ga_request_set(rq, "count", "3", &err));
    CHECK_OK(ga_request_set(rq, "count", "64", &err)); /* the last one counts */
    CHECK_OK(ga_request_set(rq, "offset", "-9000000000", &err));
    CHECK_OK(ga_request_set(rq, "rate", "1", &err));
    CHECK_OK(ga_request_set(rq, "bn", "image", &err));
    CHECK_OK(ga_request_set(rq, "pieces", "x", &err));
    CHECK_OK(ga_request_set(rq, "pieces", "y", &err));
    CHECK_OK(ga_request_set(rq, "note", "", &err));
    CHECK_OK(ga_request_run(rq, &err));
    check_result(rq, "{\"model\": \"a.st\", \"count\": 64, \"offset\": -9000000000, \"rate\": 1.0, "
                     "\"bn\": \"image\", \"pieces\": 2, \"last\": \"y\", \"notes\": 1, "
                     "\"given\": true}");
    ga_request_free(rq);
}

static void wrong_values_are_named_with_what_was_expected(void **state)
{
    (void)state;
    seen s;
    ga_err err;
    ga_request *rq = make(&s);
    CHECK_FAILS(ga_request_set(rq, "count", "0", &err), GA_EINVAL,
                "'--count': found '0', expected a whole number from 1 to 64");
    CHECK_FAILS(ga_request_set(rq, "count", "65", &err), GA_EINVAL, "found '65'");
    CHECK_FAILS(ga_request_set(rq, "count", "3.5", &err), GA_EINVAL, "found '3.5'");
    CHECK_FAILS(ga_request_set(rq, "count", "", &err), GA_EINVAL, "found ''");
    CHECK_FAILS(ga_request_set(rq, "offset", "9223372036854775808", &err), GA_EINVAL,
                "expected a whole number");
    CHECK_FAILS(ga_request_set(rq, "rate", "1.01", &err), GA_EINVAL,
                "'--rate': found '1.01', expected a number from 0 to 1");
    CHECK_FAILS(ga_request_set(rq, "rate", "nan", &err), GA_EINVAL, "found 'nan'");
    CHECK_FAILS(ga_request_set(rq, "bn", "runing", &err), GA_EINVAL,
                "'--bn': found 'runing', expected one of running, batch, image (did you mean "
                "'running'?)");
    CHECK_FAILS(ga_request_set(rq, "bold", "yes", &err), GA_EINVAL, "expected true or false");
    CHECK_FAILS(ga_request_set(rq, "model", "", &err), GA_EINVAL,
                "'MODEL': found nothing, expected a path");
    CHECK_FAILS(ga_request_set(rq, "sheet", "a.png/b.jpg", &err), GA_EINVAL,
                "'--sheet': found 'a.png/b.jpg', expected a name that ends in .png");
    CHECK_FAILS(ga_request_set(rq, "sheet", "", &err), GA_EINVAL, "found nothing");
    CHECK_FAILS(ga_request_set(rq, "memory", "0", &err), GA_EINVAL, "'--memory': found '0'");
    CHECK_FAILS(ga_request_set(rq, "colour", "red", &err), GA_EINVAL, "no field 'colour'");
    CHECK_FAILS(ga_request_run(rq, &err), GA_EINVAL, "'test' needs MODEL: a model");
    assert_null(ga_request_result(rq));
    ga_request_free(rq);
}

static void pictures_are_png_by_name_or_have_no_suffix(void **state)
{
    (void)state;
    static const char *const names[] = {"a.png", "A.PNG", "in.jpg/a.b.png", "/dev/stdout",
                                        "v1.2/sheet"};
    seen s;
    ga_err err;
    ga_request *rq = make(&s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_OK(ga_request_set(rq, "sheet", names[i], &err));
        assert_string_equal(ga_rq_text(rq, "sheet"), names[i]);
    }
    ga_request_free(rq);
}

static void quiet_and_json_drop_words(void **state)
{
    (void)state;
    const struct {
        const char *flag;
        int said, noted;
    } cases[] = {{"quiet", 0, 0}, {"json", 0, 1}};
    for (size_t i = 0; i < 2; i++) {
        seen s;
        ga_err err;
        ga_request *rq = make(&s);
        CHECK_OK(ga_request_set(rq, "model", "a.st", &err));
        CHECK_OK(ga_request_set(rq, cases[i].flag, "true", &err));
        CHECK_OK(ga_request_run(rq, &err));
        assert_int_equal(s.said, cases[i].said);
        assert_int_equal(s.noted, cases[i].noted);
        ga_request_free(rq);
    }
}

/* Asks for the workspace instead of running a verb. */
static char home[256];
static ga_status keep_home(ga_request *rq, ga_err *err)
{
    (void)err;
    snprintf(home, sizeof home, "%s", ga_rq_home(rq));
    return GA_OK;
}

static void the_workspace_is_the_first_that_was_named(void **state)
{
    (void)state;
    const ga_verb asks = {.name = "asks", .fields = fields + 9, .run = keep_home};
    const ga_request_sink sink = {.user = NULL};
    char base[] = "/tmp/ganatomy-test-XXXXXX", path[128];
    assert_non_null(mkdtemp(base));
    ga_err err;
    for (int step = 0; step < 5; step++) {
        ga_request *rq = NULL;
        CHECK_OK(ga_request_create(&asks, &sink, &rq, &err));
        static const char *const wanted[] = {"given", "variable", "xdg/ganatomy",
                                             "home/.local/share/ganatomy",
                                             "home/.local/share/ganatomy"};
        snprintf(path, sizeof path, "%s/given", base);
        if (step == 0)
            CHECK_OK(ga_request_set(rq, "home", path, &err));
        snprintf(path, sizeof path, "%s/variable", base);
        setenv("GANATOMY_HOME", step <= 1 ? path : "", 1);
        snprintf(path, sizeof path, "%s/xdg", base);
        setenv("XDG_DATA_HOME", step <= 2 ? path : step == 3 ? "relative" : "", 1);
        snprintf(path, sizeof path, "%s/home", base);
        setenv("HOME", path, 1);
        CHECK_OK(ga_request_run(rq, &err));
        snprintf(path, sizeof path, "%s/%s", base, wanted[step]);
        assert_string_equal(home, path);
        ga_request_free(rq);
    }
    assert_int_equal(rmdir(base), 0); /* asking made nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fallbacks_fill_what_was_not_given),
        cmocka_unit_test(given_values_are_read_back),
        cmocka_unit_test(wrong_values_are_named_with_what_was_expected),
        cmocka_unit_test(pictures_are_png_by_name_or_have_no_suffix),
        cmocka_unit_test(quiet_and_json_drop_words),
        cmocka_unit_test(the_workspace_is_the_first_that_was_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
