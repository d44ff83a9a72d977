/* man.c - the verb table as manual pages in roff (man(7)) and as one page of Markdown. */
#include "cli/describe.h"
#include <string.h>

/* ---- roff -------------------------------------------------------------------------------------*/

/* Text into roff: backslashes and minus signs are kept as typed, a line cannot become a request. */
static void roff(ga_text *t, const char *s)
{
    bool line_start = true;
    for (; *s != 0; s++) {
        if (line_start && (*s == '.' || *s == '\''))
            ga_text_add(t, "\\&");
        if (*s == '\\')
            ga_text_add(t, "\\e");
        else if (*s == '-')
            ga_text_add(t, "\\-");
        else
            ga_text_add_n(t, s, 1);
        line_start = *s == '\n';
    }
}

static void roff_paragraphs(ga_text *t, const char *s)
{
    while (*s != 0) {
        const char *end = strstr(s, "\n\n");
        ga_text part = {0};
        ga_text_add_n(&part, s, end != NULL ? (size_t)(end - s) : strlen(s));
        ga_text_add(t, ".PP\n");
        roff(t, part.data != NULL ? part.data : "");
        ga_text_add(t, "\n");
        ga_text_free(&part);
        s = end != NULL ? end + 2 : s + strlen(s);
    }
}

/* A tagged paragraph: bold tag, then words. */
static void roff_row(ga_text *t, const char *tag, const char *words)
{
    ga_text_add(t, ".TP\n.B ");
    roff(t, tag);
    ga_text_add(t, "\n");
    roff(t, words);
    ga_text_add(t, "\n");
}

static void roff_fields(ga_text *t, const ga_field *fields, bool positional)
{
    for (const ga_field *f = fields; f->name != NULL; f++) {
        if (f->positional != positional)
            continue;
        ga_text tag = {0}, words = {0};
        ga_cli_option(f, &tag);
        ga_text_add(&words, f->help);
        ga_cli_limits(f, &words);
        roff_row(t, tag.data, words.data);
        ga_text_free(&tag);
        ga_text_free(&words);
    }
}

/* "model info" -> "model-info": the page's name. */
static void page_name(ga_text *t, const char *verb)
{
    ga_text_add(t, "ganatomy-");
    for (; *verb != 0; verb++)
        ga_text_add_n(t, *verb == ' ' ? "-" : verb, 1);
}

static void roff_exit_status(ga_text *t)
{
    ga_text_add(t, ".SH EXIT STATUS\n");
#define EXIT_ROW(name, exit_code, http_code, words)                                                \
    ga_text_addf(t, ".TP\n.B %d\n%s\n", exit_code, words);
    GA_STATUS_MAP(EXIT_ROW)
#undef EXIT_ROW
}

static void roff_environment(ga_text *t)
{
    ga_text_add(t, ".SH ENVIRONMENT\n");
    for (const ga_variable *v = ga_cli_environment; v->name != NULL; v++)
        roff_row(t, v->name, v->meaning);
}

void ga_cli_man(const ga_verb *verb, ga_text *t)
{
    ga_text name = {0};
    page_name(&name, verb->name);
    ga_text_add(t, ".TH \"");
    roff(t, name.data);
    ga_text_addf(t, "\" 1 \"\" \"ganatomy %s\" \"ganatomy\"\n.ad l\n.SH NAME\n", GA_VERSION);
    roff(t, name.data);
    ga_text_add(t, " \\- ");
    roff(t, verb->summary);
    ga_text_add(t, "\n.SH SYNOPSIS\n.B ");
    ga_text usage = {0};
    ga_cli_usage(verb, &usage);
    roff(t, usage.data);
    ga_text_free(&usage);
    ga_text_add(t, "\n");
    if (verb->examples != NULL && verb->examples[0].command != NULL) {
        ga_text_add(t, ".SH EXAMPLES\n");
        for (const ga_example *e = verb->examples; e->command != NULL; e++) {
            ga_text_add(t, ".PP\n");
            roff(t, e->what);
            ga_text_add(t, ":\n.PP\n.nf\n.RS 4\n");
            roff(t, e->command);
            ga_text_add(t, "\n.RE\n.fi\n");
        }
    }
    if (verb->description != NULL && verb->description[0] != 0) {
        ga_text_add(t, ".SH DESCRIPTION\n");
        roff_paragraphs(t, verb->description);
    }
    if (verb->terms_title != NULL) {
        ga_text_add(t, ".SS ");
        roff(t, verb->terms_title);
        ga_text_add(t, "\n");
        for (const ga_term *term = verb->terms; term->name != NULL; term++)
            roff_row(t, term->name, term->meaning);
    }
    ga_text_add(t, ".SH OPTIONS\n");
    roff_fields(t, verb->fields, true);
    roff_fields(t, verb->fields, false);
    ga_text_add(t, ".SS Options of every verb\n");
    roff_fields(t, ga_common_fields, false);
    roff_exit_status(t);
    ga_text_add(t, ".SH SEE ALSO\n.BR ganatomy (1)\n");
    ga_text_free(&name);
}

void ga_cli_man_overview(const ga_verb *const *verbs, ga_text *t)
{
    ga_text_addf(
        t,
        ".TH GANATOMY 1 \"\" \"ganatomy %s\" \"ganatomy\"\n.ad l\n.SH NAME\nganatomy \\- train "
        "generative networks, look inside them, edit what they make\n.SH SYNOPSIS\n.B "
        "ganatomy VERB [WORDS] [OPTIONS]\n.SH VERBS\n",
        GA_VERSION);
    for (int i = 0; verbs[i] != NULL; i++) {
        ga_text name = {0};
        page_name(&name, verbs[i]->name);
        ga_text_add(t, ".TP\n.BR ");
        roff(t, name.data);
        ga_text_add(t, " (1)\n");
        roff(t, verbs[i]->summary);
        ga_text_add(t, "\n");
        ga_text_free(&name);
    }
    ga_text_add(t, ".SH OPTIONS\nEvery verb has these; they may stand anywhere.\n");
    roff_fields(t, ga_common_fields, false);
    roff_row(t, "--version", "print the version");
    roff_row(t, "--schema", "print the table of verbs, fields, types and limits as JSON");
    roff_environment(t);
    roff_exit_status(t);
}

/* ---- Markdown ---------------------------------------------------------------------------------*/

/* Text into a table cell or a line: the signs that Markdown would take for its own are escaped. */
static void markdown(ga_text *t, const char *s)
{
    for (char before = 0; *s != 0; before = *s++) {
        if (strchr("|<>*_", *s) != NULL)
            ga_text_add(t, "\\");
        ga_text_add_n(t, *s == '\n' && s[1] != '\n' && before != '\n' ? " " : s, 1);
    }
}

static void markdown_fields(ga_text *t, const ga_field *fields)
{
    for (const ga_field *f = fields; f->name != NULL; f++) {
        ga_text words = {0};
        ga_text_add(t, "| `");
        ga_cli_option(f, t);
        ga_text_add(t, "` | ");
        ga_text_add(&words, f->help);
        ga_cli_limits(f, &words);
        if (f->required)
            ga_text_add(&words, "; required");
        markdown(t, words.data);
        ga_text_add(t, " |\n");
        ga_text_free(&words);
    }
}

static void markdown_terms(ga_text *t, const ga_verb *verb)
{
    ga_text_add(t, "| ");
    markdown(t, verb->terms_title);
    ga_text_add(t, " | |\n|---|---|\n");
    for (const ga_term *term = verb->terms; term->name != NULL; term++) {
        ga_text_addf(t, "| `%s` | ", term->name);
        markdown(t, term->meaning);
        ga_text_add(t, " |\n");
    }
    ga_text_add(t, "\n");
}

void ga_cli_markdown(const ga_verb *const *verbs, ga_text *t)
{
    ga_text_add(t,
                "# Commands\n\nThis page is made from the verb table by `make docs`; do not edit "
                "it by hand.\n\n| verb | |\n|---|---|\n");
    for (int i = 0; verbs[i] != NULL; i++) {
        ga_text_addf(t, "| [`%s`](#", verbs[i]->name);
        for (const char *c = verbs[i]->name; *c != 0; c++)
            ga_text_add_n(t, *c == ' ' ? "-" : c, 1);
        ga_text_add(t, ") | ");
        markdown(t, verbs[i]->summary);
        ga_text_add(t, " |\n");
    }
    for (int i = 0; verbs[i] != NULL; i++) {
        const ga_verb *v = verbs[i];
        ga_text_addf(t, "\n## %s\n\n", v->name);
        markdown(t, v->summary);
        ga_text_add(t, "\n\n```sh\n");
        for (const ga_example *e = v->examples; e != NULL && e->command != NULL; e++)
            ga_text_addf(t, "# %s\n%s\n", e->what, e->command);
        ga_text_add(t, "```\n\nUsage: `");
        ga_cli_usage(v, t);
        ga_text_add(t, "`\n\n");
        if (v->description != NULL && v->description[0] != 0) {
            markdown(t, v->description);
            ga_text_add(t, "\n\n");
        }
        if (v->terms_title != NULL)
            markdown_terms(t, v);
        if (v->fields[0].name != NULL) {
            ga_text_add(t, "| option | |\n|---|---|\n");
            markdown_fields(t, v->fields);
        }
    }
    ga_text_add(t, "\n## Options of every verb\n\n| option | |\n|---|---|\n");
    markdown_fields(t, ga_common_fields);
    ga_text_add(t, "\n## Environment\n\n| variable | |\n|---|---|\n");
    for (const ga_variable *v = ga_cli_environment; v->name != NULL; v++) {
        ga_text_addf(t, "| `%s` | ", v->name);
        markdown(t, v->meaning);
        ga_text_add(t, " |\n");
    }
    ga_text_add(t, "\n## Exit status\n\n| code | |\n|---|---|\n");
#define EXIT_ROW(name, exit_code, http_code, words)                                                \
    ga_text_addf(t, "| %d | %s |\n", exit_code, words);
    GA_STATUS_MAP(EXIT_ROW)
#undef EXIT_ROW
}
