/* cli.c - the command: find the verb, run it, print what it says, end with its exit code. */
#include "cli/cli.h"
#include "cli/describe.h"
#include "cli/parse.h"
#include "cli/screen.h"
#include "base/alloc.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A reader that went away: what a shell reports for a filter that SIGPIPE ended. */
enum { EXIT_BROKEN_PIPE = 141 };

static int print_failure(ga_status status, const char *sentence)
{
    fprintf(stderr, "ganatomy: %s\n", sentence[0] != 0 ? sentence : ga_status_words(status));
    return ga_status_exit_code(status);
}

/* Whatever was printed has to have arrived: output that is lost is not success. */
static int finish(int code)
{
    errno = 0;
    const bool lost = fflush(stdout) != 0 || ferror(stdout) != 0;
    if (!lost)
        return code;
    if (ga_screen_lost() != 0)
        errno = ga_screen_lost();
    if (errno == EPIPE)
        return code != 0 ? code : EXIT_BROKEN_PIPE;
    fprintf(stderr, "ganatomy: 'standard output': writing failed: %s\n",
            errno != 0 ? strerror(errno) : "not all was written");
    return code != 0 ? code : ga_status_exit_code(GA_EIO);
}

static int print_text(ga_text *t)
{
    const bool failed = t->failed || t->data == NULL;
    if (!failed)
        fputs(t->data, stdout);
    ga_text_free(t);
    return failed ? print_failure(GA_ENOMEM, "") : 0;
}

/* One object on one line; floats with nine digits, which a float survives. */
static int print_json(const json_t *object)
{
    if (object == NULL)
        return print_failure(GA_ENOMEM, "");
    json_dumpf(object, stdout, JSON_REAL_PRECISION(9) | JSON_ENCODE_ANY);
    fputc('\n', stdout);
    return 0;
}

/* ---- pages about the command ------------------------------------------------------------------*/

static int print_help(const ga_asked *asked)
{
    ga_text t = {0};
    if (asked->verb != NULL)
        ga_cli_help(asked->verb, ga_screen_bold(), &t);
    else
        ga_cli_overview(ga_verbs, asked->group, ga_screen_bold(), &t);
    return print_text(&t);
}

/* `ganatomy help [VERB]` */
static int help_verb(int n, char *const *args)
{
    ga_asked asked;
    ga_err err = {0};
    const ga_status st = ga_cli_find(ga_verbs, n, args, &asked, &err);
    return st == GA_OK ? print_help(&asked) : print_failure(st, err.text);
}

/* `ganatomy --man [VERB]`, for `make install`. */
static int man_page(int n, char *const *args)
{
    ga_asked asked;
    ga_err err = {0};
    ga_text t = {0};
    const ga_status st = ga_cli_find(ga_verbs, n, args, &asked, &err);
    if (st != GA_OK)
        return print_failure(st, err.text);
    if (asked.verb != NULL)
        ga_cli_man(asked.verb, &t);
    else
        ga_cli_man_overview(ga_verbs, &t);
    return print_text(&t);
}

static int schema(void)
{
    json_t *table = ga_cli_schema(ga_verbs);
    const int code = print_json(table);
    json_decref(table);
    return code;
}

static int completion(int n, char *const *args)
{
    if (n != 1 || strcmp(args[0], "bash") != 0)
        return print_failure(GA_EINVAL, "'--completion': expected bash");
    ga_text t = {0};
    ga_cli_bash_completion(ga_verbs, &t);
    return print_text(&t);
}

static int list_of_verbs(void)
{
    for (int i = 0; ga_verbs[i] != NULL; i++)
        puts(ga_verbs[i]->name);
    return 0;
}

static int commands_page(void)
{
    ga_text t = {0};
    ga_cli_markdown(ga_verbs, &t);
    return print_text(&t);
}

/* Answers to a first word that is no verb; -1 if it is not one of them. */
static int special(int n, char *const *args)
{
    if (strcmp(args[0], "help") == 0)
        return help_verb(n - 1, args + 1);
    if (strcmp(args[0], "--version") == 0 || strcmp(args[0], "version") == 0)
        return printf("ganatomy %s\n", ga_version()) < 0; /* finish() finds out more */
    if (strcmp(args[0], "--schema") == 0)
        return schema();
    if (strcmp(args[0], "--man") == 0)
        return man_page(n - 1, args + 1);
    if (strcmp(args[0], "--completion") == 0)
        return completion(n - 1, args + 1);
    if (strcmp(args[0], "--verbs") == 0)
        return list_of_verbs();
    if (strcmp(args[0], "--commands") == 0)
        return commands_page();
    return -1;
}

/* ---- verbs ------------------------------------------------------------------------------------*/

static ga_status run_verb(const ga_asked *asked, int n, char *const *args, ga_err *err)
{
    ga_screen screen = ga_screen_open();
    const ga_request_sink sink = ga_screen_sink(&screen);
    ga_request *rq = NULL;
    ga_status st = ga_request_create(asked->verb, &sink, &rq, err);
    if (st != GA_OK)
        return st;
    st = ga_cli_fill(asked, n, args, rq, err);
    if (st != GA_OK) {
        ga_request_free(rq);
        return st;
    }
    char *command = ga_cli_quote(n, args);
    if (command != NULL)
        ga_request_set_command(rq, command);
    ga_mem_free(command);
    screen.quiet = ga_rq_flag(rq, "quiet");
    ga_signals_catch();
    st = ga_request_run(rq, err);
    ga_screen_clear(&screen);
    if (st == GA_EINTERRUPTED && ga_signals_asked() == GA_ETERMINATED)
        st = GA_ETERMINATED;
    /* An interrupted or diverged run may have something to tell, too. */
    if (ga_rq_wants_json(rq) && ga_request_result(rq) != NULL)
        print_json(ga_request_result(rq));
    ga_request_free(rq);
    return st;
}

static int command(int n, char *const *args)
{
    ga_asked asked;
    ga_err err = {0};
    ga_status st = ga_cli_find(ga_verbs, n, args, &asked, &err);
    if (st != GA_OK) {
        const int code = print_failure(st, err.text);
        fputs("'ganatomy help' lists the verbs\n", stderr);
        return code;
    }
    if (asked.help)
        return print_help(&asked);
    if (asked.verb == NULL) {
        ga_text t = {0};
        ga_cli_overview(ga_verbs, asked.group, false, &t);
        if (t.data != NULL)
            fputs(t.data, stderr);
        ga_text_free(&t);
        return ga_status_exit_code(GA_EINVAL);
    }
    st = run_verb(&asked, n, args, &err);
    if (st == GA_OK)
        return 0;
    const int code = print_failure(st, err.text);
    if (st == GA_EINVAL)
        fprintf(stderr, "'ganatomy help %s' shows examples and all options\n", asked.verb->name);
    return code;
}

int ga_cli(int argc, char **argv)
{
    if (argc > 1) {
        const int code = special(argc - 1, argv + 1);
        if (code >= 0)
            return finish(code);
    }
    return finish(command(argc > 1 ? argc - 1 : 0, argv + 1));
}
