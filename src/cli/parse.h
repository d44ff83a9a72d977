/* parse.h - words of a command line into a verb and the values of its fields.
 *
 * `ganatomy VERB [WORDS] [OPTIONS]`: a verb has one or two words; options stand anywhere, as
 * `--name value`, `--name=value`, `-o value`, `-ovalue`; flags may be joined (`-qh`); after `--`
 * everything is a word. A word that begins with a minus sign and a digit is a word. */
#ifndef GA_PARSE_H
#define GA_PARSE_H
#include "app/verb.h"

typedef struct ga_asked {
    const ga_verb *verb; /* NULL: none was named */
    const char *group;   /* first word of two-word verbs, if only that was given */
    int word1, word2;    /* places of the verb's words in args; -1: none */
    bool help;           /* -h or --help is there */
} ga_asked;

/* Which verb args ask for. GA_ENOTFOUND: no such verb, with the nearest one. */
ga_status ga_cli_find(const ga_verb *const *verbs, int n, char *const *args, ga_asked *out,
                      ga_err *err);
/* Puts all other words and options of args into rq. GA_EINVAL: an unknown option (with the nearest
 * one), a missing or wrong value, a word too many. */
ga_status ga_cli_fill(const ga_asked *asked, int n, char *const *args, ga_request *rq, ga_err *err);
/* The command as one would type it in a shell, quoted where needed; ga_mem_free. */
char *ga_cli_quote(int n, char *const *args);
#endif
