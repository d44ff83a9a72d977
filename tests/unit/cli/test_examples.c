/* Every example in the verb table is a command line that its verb accepts, and so is what shipped
 * models say of how they were made. */
#include "check.h"
#include "cli/parse.h"
#include "ganatomy/model.h"
#include <glob.h>
#include <wordexp.h>

/* Words of the part of command that calls ganatomy: after variables, before a pipe or a list. */
static bool words_of(const char *command, wordexp_t *words)
{
    char part[1024];
    const char *start = strstr(command, "ganatomy ");
    if (start == NULL)
        return false;
    snprintf(part, sizeof part, "%.*s", (int)strcspn(start, "|;&><"), start);
    return wordexp(part, words, WRDE_NOCMD) == 0;
}

/* Fails unless a verb (this one, if it is not NULL) accepts the words. */
static void check_accepted(const char *command, const ga_verb *verb)
{
    wordexp_t words;
    ga_err err = {0};
    ga_asked asked;
    ga_request *rq = NULL;
    const ga_request_sink sink = {.user = NULL};
    if (!words_of(command, &words))
        fail_msg("not a command of ganatomy: %s", command);
    const int n = (int)words.we_wordc - 1;
    if (ga_cli_find(ga_verbs, n, words.we_wordv + 1, &asked, &err) != GA_OK)
        fail_msg("%s: %s", command, err.text);
    if (verb != NULL && asked.verb != verb)
        fail_msg("an example of '%s' asks for another verb: %s", verb->name, command);
    CHECK_OK(ga_request_create(asked.verb, &sink, &rq, &err));
    if (ga_cli_fill(&asked, n, words.we_wordv + 1, rq, &err) != GA_OK)
        fail_msg("%s: %s", command, err.text);
    ga_request_free(rq);
    wordfree(&words);
}

static void every_example_is_accepted(void **state)
{
    (void)state;
    for (int v = 0; ga_verbs[v] != NULL; v++)
        for (const ga_example *e = ga_verbs[v]->examples; e != NULL && e->command != NULL; e++)
            check_accepted(e->command, ga_verbs[v]);
}

/* What a shipped model says that it was made with must be a command of this version. */
static void commands_of_shipped_models_are_accepted(void **state)
{
    (void)state;
    glob_t found;
    assert_int_equal(glob(GA_SOURCE_DIR "/models/*.safetensors", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 3);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        ga_err err;
        ga_model *m;
        CHECK_OK(ga_model_open(found.gl_pathv[i], &m, &err));
        const char *command = ga_model_note(m, "command");
        if (command == NULL)
            fail_msg("%s does not say how it was made", found.gl_pathv[i]);
        check_accepted(command, NULL);
        ga_model_free(m);
    }
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_example_is_accepted),
                                       cmocka_unit_test(commands_of_shipped_models_are_accepted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
