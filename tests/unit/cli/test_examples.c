/* Every example in the verb table is a command line that its verb accepts. */
#include "check.h"
#include "cli/parse.h"
#include <wordexp.h>

/* Words of the part of command that calls ganatomy: after variables, before a pipe or a list. */
static bool words_of(const char *command, wordexp_t *words)
{
    char part[512];
    const char *start = strstr(command, "ganatomy ");
    if (start == NULL)
        return false;
    snprintf(part, sizeof part, "%.*s", (int)strcspn(start, "|;&><"), start);
    return wordexp(part, words, WRDE_NOCMD) == 0;
}

static void every_example_is_accepted(void **state)
{
    (void)state;
    for (int v = 0; ga_verbs[v] != NULL; v++)
        for (const ga_example *e = ga_verbs[v]->examples; e != NULL && e->command != NULL; e++) {
            wordexp_t words;
            if (!words_of(e->command, &words))
                fail_msg("not a command of ganatomy: %s", e->command);
            ga_err err = {0};
            ga_asked asked;
            ga_request *rq = NULL;
            const ga_request_sink sink = {.user = NULL};
            const int n = (int)words.we_wordc - 1;
            if (ga_cli_find(ga_verbs, n, words.we_wordv + 1, &asked, &err) != GA_OK)
                fail_msg("%s: %s", e->command, err.text);
            if (asked.verb != ga_verbs[v])
                fail_msg("an example of '%s' asks for another verb: %s", ga_verbs[v]->name,
                         e->command);
            CHECK_OK(ga_request_create(asked.verb, &sink, &rq, &err));
            if (ga_cli_fill(&asked, n, words.we_wordv + 1, rq, &err) != GA_OK)
                fail_msg("%s: %s", e->command, err.text);
            ga_request_free(rq);
            wordfree(&words);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_example_is_accepted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
