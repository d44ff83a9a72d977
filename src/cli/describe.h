/* describe.h - what the verb table says, in the forms that people and other programs read. All of
 * them come from the rows alone, so that none can differ from what the command does. */
#ifndef GA_DESCRIBE_H
#define GA_DESCRIBE_H
#include "app/verb.h"

/* Pieces that several forms share. */
void ga_cli_usage(const ga_verb *verb, ga_text *t);    /* "ganatomy swap MODEL --layer L ..." */
void ga_cli_option(const ga_field *f, ga_text *t);     /* "-o, --out FILE" or "MODEL" */
void ga_cli_limits(const ga_field *f, ga_text *t);     /* " (1 to 64; default 8)" or nothing */
bool ga_cli_has(const ga_verb *verb, bool positional); /* any such field? */

typedef struct ga_variable {
    const char *name, *meaning;
} ga_variable;
extern const ga_variable ga_cli_environment[]; /* ended by a name that is NULL */

/* help.c: plain text for a terminal. bold: with escape sequences for headings. */
void ga_cli_help(const ga_verb *verb, bool bold, ga_text *t);
/* group: only verbs whose first word it is; NULL: all. */
void ga_cli_overview(const ga_verb *const *verbs, const char *group, bool bold, ga_text *t);

void ga_cli_man(const ga_verb *verb, ga_text *t); /* man.c: roff of ganatomy-VERB(1) */
void ga_cli_man_overview(const ga_verb *const *verbs, ga_text *t);    /* ganatomy(1) */
void ga_cli_markdown(const ga_verb *const *verbs, ga_text *t);        /* docs/commands.md */
void ga_cli_bash_completion(const ga_verb *const *verbs, ga_text *t); /* for bash-completion */
json_t *ga_cli_schema(const ga_verb *const *verbs); /* new reference, NULL without memory */
#endif
