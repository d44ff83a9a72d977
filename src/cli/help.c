/* help.c - the verb table as text for a terminal, and the pieces that other forms share. */
#include "cli/describe.h"
#include <stdio.h>
#include <string.h>

enum { WIDTH = 88, OPTION_COLUMN = 26 };

const ga_variable ga_cli_environment[] = {
    {"GANATOMY_HOME", "the workspace folder, unless --home says another"},
    {"GANATOMY_ISA", "the instruction set to compute with, if less than the CPU has: portable, "
                     "avx2, avx512, avx512_bf16"},
    {"GANATOMY_THREADS", "threads to compute with, 1 to 1024, unless --threads says another number"},
    {"GANATOMY_MODELS", "folders where models are looked for by name, with ':' between them"},
    {"GANATOMY_DATA", "folders where data sets are looked for, with ':' between them"},
    {"XDG_DATA_HOME",
     "where the workspace folder 'ganatomy' is by default; ~/.local/share if unset"},
    {"NO_COLOR", "if set, no bold type on a terminal"},
    {NULL, NULL},
};

/* ---- shared pieces ----------------------------------------------------------------------------*/

void ga_cli_usage(const ga_verb *verb, ga_text *t)
{
    ga_text_addf(t, "ganatomy %s", verb->name);
    for (const ga_field *f = verb->fields; f->name != NULL; f++)
        if (f->positional)
            ga_text_addf(t, f->required ? " %s%s" : " [%s%s]", f->value, f->many ? "..." : "");
    for (const ga_field *f = verb->fields; f->name != NULL; f++)
        if (!f->positional && (f->required || f->unless != NULL))
            ga_text_addf(t, " --%s %s", f->name, f->value);
    ga_text_add(t, " [OPTIONS]");
}

void ga_cli_option(const ga_field *f, ga_text *t)
{
    if (f->positional) {
        ga_text_addf(t, "%s%s", f->value, f->many ? "..." : "");
        return;
    }
    if (f->letter != 0)
        ga_text_addf(t, "-%c, ", f->letter);
    ga_text_addf(t, "--%s", f->name);
    if (f->type != GA_FIELD_FLAG)
        ga_text_addf(t, " %s", f->value);
}

void ga_cli_limits(const ga_field *f, ga_text *t)
{
    const char *open = " (";
    if (f->type == GA_FIELD_CHOICE) {
        for (int i = 0; f->choices[i] != NULL; i++) {
            ga_text_addf(t, "%s%s", i == 0 ? open : ", ", f->choices[i]);
            open = "; ";
        }
    } else if ((f->type == GA_FIELD_INT || f->type == GA_FIELD_NUMBER) &&
               (f->min != 0 || f->max != 0)) {
        /* A limit that only keeps numbers in a type says nothing to a person. */
        if (f->max >= 1e6)
            ga_text_addf(t, "%sat least %.15g", open, f->min);
        else
            ga_text_addf(t, "%s%.15g to %.15g", open, f->min, f->max);
        open = "; ";
    }
    if (f->fallback != NULL) {
        ga_text_addf(t, "%sdefault %s", open, f->fallback);
        open = "; ";
    }
    if (f->many && !f->positional) {
        ga_text_addf(t, "%smay be given several times", open);
        open = "; ";
    }
    if (f->unless != NULL) {
        ga_text_addf(t, "%snot needed with --%s", open, f->unless);
        open = "; ";
    }
    if (open[0] == ';')
        ga_text_add(t, ")");
}

bool ga_cli_has(const ga_verb *verb, bool positional)
{
    for (const ga_field *f = verb->fields; f->name != NULL; f++)
        if (f->positional == positional)
            return true;
    return false;
}

/* ---- text -------------------------------------------------------------------------------------*/

static void heading(ga_text *t, bool bold, const char *words)
{
    ga_text_addf(t, bold ? "\n\033[1m%s\033[0m\n" : "\n%s\n", words);
}

/* Words from column `from` on, wrapped, every later line indented by `indent`. Ends the line.
 * "\n\n" in words starts a paragraph. */
static void wrap(ga_text *t, const char *words, size_t from, size_t indent)
{
    size_t column = from;
    const char *p = words;
    while (*p != 0) {
        if (p[0] == '\n' && p[1] == '\n') {
            ga_text_addf(t, "\n\n%*s", (int)indent, "");
            column = indent;
            p += 2;
            continue;
        }
        if (*p == ' ' || *p == '\n') {
            p++;
            continue;
        }
        const size_t length = strcspn(p, " \n");
        const bool at_start = column == from || column == indent;
        if (!at_start && column + 1 + length > WIDTH) {
            ga_text_addf(t, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!at_start) {
            ga_text_add(t, " ");
            column++;
        }
        ga_text_add_n(t, p, length);
        column += length;
        p += length;
    }
    ga_text_add(t, "\n");
}

/* Two columns: what, and words about it (and limits). */
static void row(ga_text *t, const char *what, const char *words)
{
    const size_t length = strlen(what) + 2;
    ga_text_addf(t, "  %s", what);
    if (length + 2 > OPTION_COLUMN)
        ga_text_addf(t, "\n%*s", OPTION_COLUMN, "");
    else
        ga_text_addf(t, "%*s", (int)(OPTION_COLUMN - length), "");
    wrap(t, words, OPTION_COLUMN, OPTION_COLUMN);
}

static void field_rows(ga_text *t, const ga_field *fields, bool positional)
{
    for (const ga_field *f = fields; f->name != NULL; f++) {
        if (f->positional != positional)
            continue;
        ga_text what = {0}, words = {0};
        ga_cli_option(f, &what);
        /* Options without a letter line up with the names of those that have one. */
        ga_text shown = {0};
        ga_text_addf(&shown, "%s%s", !positional && f->letter == 0 ? "    " : "", what.data);
        ga_text_add(&words, f->help);
        ga_cli_limits(f, &words);
        row(t, shown.data, words.data);
        ga_text_free(&what);
        ga_text_free(&shown);
        ga_text_free(&words);
    }
}

void ga_cli_help(const ga_verb *verb, bool bold, ga_text *t)
{
    ga_text_addf(t, "ganatomy %s: %s\n", verb->name, verb->summary);
    if (verb->examples != NULL && verb->examples[0].command != NULL) {
        heading(t, bold, "Examples");
        for (const ga_example *e = verb->examples; e->command != NULL; e++)
            ga_text_addf(t, "  # %s\n  %s\n", e->what, e->command);
    }
    heading(t, bold, "Usage");
    ga_text_add(t, "  ");
    ga_cli_usage(verb, t);
    ga_text_add(t, "\n");
    if (verb->description != NULL && verb->description[0] != 0) {
        heading(t, bold, "Description");
        ga_text_add(t, "  ");
        wrap(t, verb->description, 2, 2);
    }
    if (verb->terms_title != NULL) {
        heading(t, bold, verb->terms_title);
        for (const ga_term *term = verb->terms; term->name != NULL; term++)
            row(t, term->name, term->meaning);
    }
    if (ga_cli_has(verb, true)) {
        heading(t, bold, "Words");
        field_rows(t, verb->fields, true);
    }
    if (ga_cli_has(verb, false)) {
        heading(t, bold, "Options");
        field_rows(t, verb->fields, false);
    }
    heading(t, bold, "Options of every verb");
    field_rows(t, ga_common_fields, false);
}

void ga_cli_overview(const ga_verb *const *verbs, const char *group, bool bold, ga_text *t)
{
    if (group == NULL)
        ga_text_add(t, "ganatomy: train generative networks, look inside them, edit what they "
                       "make\n\nUsage: ganatomy VERB [WORDS] [OPTIONS]\n");
    else
        ga_text_addf(t, "Usage: ganatomy %s VERB [WORDS] [OPTIONS]\n", group);
    heading(t, bold, "Verbs");
    const size_t length = group != NULL ? strlen(group) : 0;
    for (int i = 0; verbs[i] != NULL; i++)
        if (group == NULL ||
            (strncmp(verbs[i]->name, group, length) == 0 && verbs[i]->name[length] == ' '))
            row(t, verbs[i]->name, verbs[i]->summary);
    if (group == NULL) {
        heading(t, bold, "Options of every verb");
        field_rows(t, ga_common_fields, false);
        heading(t, bold, "Environment");
        for (const ga_variable *v = ga_cli_environment; v->name != NULL; v++)
            row(t, v->name, v->meaning);
        ga_text_add(t, "\n'ganatomy help VERB' shows examples and all options of a verb; "
                       "'ganatomy --version' the version;\n'ganatomy --schema' the table of verbs "
                       "as JSON.\n");
    } else {
        ga_text_addf(t, "\n'ganatomy help %s VERB' shows examples and all options.\n", group);
    }
}
