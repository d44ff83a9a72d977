/* Words of a command line into verbs and values, over a table of our own. */
#include "check.h"
#include "cli/parse.h"
#include "cli/screen.h"
#include "base/alloc.h"

static const ga_field fields[] = {
    {.name = "model",
     .type = GA_FIELD_FILE,
     .value = "MODEL",
     .help = "a model",
     .positional = true},
    {.name = "others",
     .type = GA_FIELD_TEXT,
     .value = "WORD",
     .help = "more",
     .positional = true,
     .many = true},
    {.name = "out", .letter = 'o', .type = GA_FIELD_OUTPUT, .value = "FILE", .help = "a file"},
    {.name = "z", .type = GA_FIELD_TEXT, .value = "Z", .help = "a latent"},
    {.name = "bold", .letter = 'b', .type = GA_FIELD_FLAG, .help = "a flag"},
    {.name = NULL},
};
static const ga_field none[] = {{.name = NULL}};

static ga_status run(ga_request *rq, ga_err *err)
{
    (void)err;
    int n = 0;
    const char *const *others = ga_rq_list(rq, "others", &n);
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, json_string(others[i]));
    ga_rq_result(rq, json_pack("[s?, o, s?, s?, b, b]", ga_rq_text(rq, "model"), list,
                               ga_rq_text(rq, "out"), ga_rq_text(rq, "z"), ga_rq_flag(rq, "bold"),
                               ga_rq_flag(rq, "quiet")));
    return GA_OK;
}

static const ga_verb swap = {.name = "swap", .fields = fields, .run = run};
static const ga_verb info = {.name = "model info", .fields = fields, .run = run};
static const ga_verb plan = {.name = "model plan", .fields = none, .run = run};
static const ga_verb *const verbs[] = {&swap, &info, &plan, NULL};

enum { MAX = 16 };

/* Splits words at spaces, parses and runs; the answer as JSON, or the sentence of the failure. */
static const char *answer(const char *words)
{
    static char text[800], buf[256];
    char *args[MAX];
    int n = 0;
    snprintf(buf, sizeof buf, "%s", words);
    for (char *p = buf; *p != 0 && n < MAX;) {
        args[n++] = p;
        p += strcspn(p, " ");
        if (*p == ' ')
            *p++ = 0;
    }
    ga_asked asked;
    ga_err err = {0};
    ga_request *rq = NULL;
    const ga_request_sink sink = {.user = NULL};
    ga_status st = ga_cli_find(verbs, n, args, &asked, &err);
    if (st == GA_OK && asked.help)
        return asked.verb != NULL ? asked.verb->name : "help";
    if (st == GA_OK && asked.verb == NULL)
        return asked.group != NULL ? "group" : "nothing";
    if (st == GA_OK)
        st = ga_request_create(asked.verb, &sink, &rq, &err);
    if (st == GA_OK)
        st = ga_cli_fill(&asked, n, args, rq, &err);
    if (st == GA_OK)
        st = ga_request_run(rq, &err);
    if (st == GA_OK) {
        char *dump = json_dumps(ga_request_result(rq), JSON_COMPACT);
        snprintf(text, sizeof text, "%s", dump);
        free(dump);
    } else {
        snprintf(text, sizeof text, "%s", err.text);
    }
    ga_request_free(rq);
    return text;
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    static const char *const same[] = {"swap m a --out f --z 1,2 -b",
                                       "--out f swap m --bold a --z=1,2", "-b --z 1,2 -of swap m a",
                                       "swap -o f -b m --z 1,2 -- a", "-q --z 1,2 -bo f swap m a"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(answer(same[i]), "[\"m\",[\"a\"],\"f\",\"1,2\",true,false]");
    assert_string_equal(answer(same[4]), "[\"m\",[\"a\"],\"f\",\"1,2\",true,true]");
}

static void verbs_have_one_word_or_two(void **state)
{
    (void)state;
    assert_string_equal(answer("model info m"), "[\"m\",[],null,null,false,false]");
    assert_string_equal(answer("model --quiet info m"), "[\"m\",[],null,null,false,true]");
    assert_string_equal(answer("swap model info"), "[\"model\",[\"info\"],null,null,false,false]");
    assert_string_equal(answer("model"), "group");
    assert_string_equal(answer(""), "nothing");
    assert_string_equal(answer("model -h plan"), "model plan");
    assert_string_equal(answer("--help"), "help");
}

static void words_may_look_like_options(void **state)
{
    (void)state;
    assert_string_equal(answer("swap m --z -0.5,1"), "[\"m\",[],null,\"-0.5,1\",false,false]");
    assert_string_equal(answer("swap m -0.5 -.5 -"),
                        "[\"m\",[\"-0.5\",\"-.5\",\"-\"],null,null,false,false]");
    assert_string_equal(answer("swap -- -h --z"), "[\"-h\",[\"--z\"],null,null,false,false]");
    assert_string_equal(answer("swap m --z="), "[\"m\",[],null,\"\",false,false]");
}

static void mistakes_name_the_nearest_right_word(void **state)
{
    (void)state;
    assert_string_equal(answer("swp m"), "unknown verb 'swp' (did you mean 'swap'?)");
    assert_string_equal(answer("swop model.st"), "unknown verb 'swop' (did you mean 'swap'?)");
    assert_string_equal(answer("model inof x"),
                        "unknown verb 'model inof' (did you mean 'model info'?); "
                        "there are: model info, model plan");
    assert_string_equal(answer("modle info x"),
                        "unknown verb 'modle info' (did you mean 'model info'?)");
    assert_string_equal(answer("swap m --otu f"), "unknown option '--otu' of 'swap' (did you mean "
                                                  "'--out'?)");
    assert_string_equal(answer("swap m --otu=f"), "unknown option '--otu' of 'swap' (did you mean "
                                                  "'--out'?)");
    assert_string_equal(answer("swap -k"), "unknown option '-k' of 'swap'");
    assert_string_equal(answer("swap -o"), "'--out' needs a value: FILE");
    assert_string_equal(answer("swap --z --out f"), "'--z' needs a value: Z, found the option "
                                                    "'--out'");
    assert_string_equal(answer("swap --bold=1"), "'--bold' takes no value, found '1'");
    assert_string_equal(answer("model plan x"), "'model plan' takes options only, found the word "
                                                "'x'");
}

static void a_command_is_quoted_for_a_shell(void **state)
{
    (void)state;
    char *args[] = {"swap", "a b", "it's", "", "--z=-1,2"};
    char *text = ga_cli_quote(5, args);
    assert_string_equal(text, "ganatomy swap 'a b' 'it'\\''s' '' --z=-1,2");
    ga_mem_free(text);
}

static void progress_has_a_rate_and_the_time_left(void **state)
{
    (void)state;
    char line[160];
    ga_screen s = {.what = "epochs", .first = 2, .done = 6, .total = 20, .started = 100};
    ga_screen_line(&s, 108, line, sizeof line); /* 4 in 8 s: 14 more take 28 s */
    assert_string_equal(line, "epochs 6 of 20, 0.50/s, 0:28 left");
    s.started = 100 - 3992; /* 4 in 4000 s: 14 more take 14000 s */
    ga_screen_line(&s, 108, line, sizeof line);
    assert_string_equal(line, "epochs 6 of 20, 1000.0 s each, 3:53:20 left");
    s.done = 20;
    ga_screen_line(&s, 108, line, sizeof line);
    assert_string_equal(line, "epochs 20 of 20, 222.2 s each, took 1:06:40");
    s = (ga_screen){.what = "images", .started = 100};
    ga_screen_line(&s, 108, line, sizeof line);
    assert_string_equal(line, "images 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(verbs_have_one_word_or_two),
        cmocka_unit_test(words_may_look_like_options),
        cmocka_unit_test(mistakes_name_the_nearest_right_word),
        cmocka_unit_test(a_command_is_quoted_for_a_shell),
        cmocka_unit_test(progress_has_a_rate_and_the_time_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
