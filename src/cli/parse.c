/* parse.c - words of a command line into a verb and the values of its fields. */
#include "cli/parse.h"
#include "base/alloc.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NAMES = 128, NAME_SIZE = 64 };

/* ---- which verb -------------------------------------------------------------------------------*/

/* "-", "-1.5,2" and plain words are words; "-o", "--out" are options. */
static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] != 0 && !isdigit((unsigned char)arg[1]) && arg[1] != '.';
}

static const ga_field *find_long(const ga_field *fields, const char *name, size_t length)
{
    for (const ga_field *f = fields; f->name != NULL; f++)
        if (!f->positional && strlen(f->name) == length && strncmp(f->name, name, length) == 0)
            return f;
    return NULL;
}

static const ga_field *find_letter(const ga_field *fields, char letter)
{
    for (const ga_field *f = fields; f->name != NULL; f++)
        if (!f->positional && f->letter == letter)
            return f;
    return NULL;
}

/* The field of that name (letter if name is NULL) in the common fields or those of any verb. */
static const ga_field *find_anywhere(const ga_verb *const *verbs, const char *name, char letter)
{
    const ga_field *f = name != NULL ? find_long(ga_common_fields, name, strlen(name))
                                     : find_letter(ga_common_fields, letter);
    for (int i = 0; f == NULL && verbs[i] != NULL; i++)
        f = name != NULL ? find_long(verbs[i]->fields, name, strlen(name))
                         : find_letter(verbs[i]->fields, letter);
    return f;
}

/* While the verb is not known yet: is the argument after this option its value? */
static bool takes_next(const ga_verb *const *verbs, const char *arg)
{
    if (ga_starts_with(arg, "--")) {
        const ga_field *f = find_anywhere(verbs, arg + 2, 0);
        return f != NULL && f->type != GA_FIELD_FLAG;
    }
    for (const char *letter = arg + 1; *letter != 0; letter++) {
        const ga_field *f = find_anywhere(verbs, NULL, *letter);
        if (f != NULL && f->type != GA_FIELD_FLAG)
            return letter[1] == 0;
    }
    return false;
}

/* Place of the first word at or after `from`, or n. */
static int next_word(const ga_verb *const *verbs, int n, char *const *args, int from)
{
    for (int i = from; i < n; i++) {
        if (strcmp(args[i], "--") == 0)
            return n;
        if (!is_option(args[i]))
            return i;
        if (takes_next(verbs, args[i]))
            i++;
    }
    return n;
}

static const ga_verb *find_verb(const ga_verb *const *verbs, const char *name)
{
    for (int i = 0; verbs[i] != NULL; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

/* Is `word` the first of the two words of some verb? */
static bool is_group(const ga_verb *const *verbs, const char *word)
{
    const size_t length = strlen(word);
    for (int i = 0; verbs[i] != NULL; i++)
        if (strncmp(verbs[i]->name, word, length) == 0 && verbs[i]->name[length] == ' ')
            return true;
    return false;
}

/* Names of verbs that start with prefix, as "model info, model plan". */
static void list_verbs(const ga_verb *const *verbs, const char *prefix, char *buf, size_t size)
{
    size_t at = 0;
    buf[0] = 0;
    for (int i = 0; verbs[i] != NULL && at < size; i++)
        if (ga_starts_with(verbs[i]->name, prefix)) {
            const int n = snprintf(buf + at, size - at, "%s%s", at > 0 ? ", " : "", verbs[i]->name);
            at += n > 0 ? (size_t)n : 0;
        }
}

/* Nearest among the verbs of two words if two were typed, else among first words. */
static const char *nearest_verb(const ga_verb *const *verbs, const char *typed,
                                char firsts[MAX_NAMES][NAME_SIZE])
{
    const bool two = strchr(typed, ' ') != NULL;
    const char *names[MAX_NAMES + 2];
    int n = 0;
    for (int i = 0; verbs[i] != NULL && i < MAX_NAMES; i++) {
        snprintf(firsts[i], NAME_SIZE, "%.*s", (int)strcspn(verbs[i]->name, " "), verbs[i]->name);
        if (!two)
            names[n++] = firsts[i];
        else if (strchr(verbs[i]->name, ' ') != NULL)
            names[n++] = verbs[i]->name;
    }
    if (!two)
        names[n++] = "help";
    names[n] = NULL;
    return ga_nearest_word(typed, names);
}

static ga_status unknown_verb(const ga_verb *const *verbs, const char *word1, const char *word2,
                              ga_err *err)
{
    char list[400], prefix[NAME_SIZE], both[2 * NAME_SIZE], firsts[MAX_NAMES][NAME_SIZE];
    const char *nearest = NULL;
    if (word2 != NULL) {
        snprintf(both, sizeof both, "%.60s %.60s", word1, word2);
        nearest = nearest_verb(verbs, both, firsts);
    }
    if (is_group(verbs, word1)) {
        snprintf(prefix, sizeof prefix, "%.60s ", word1);
        list_verbs(verbs, prefix, list, sizeof list);
        if (nearest != NULL)
            return ga_fail(err, GA_ENOTFOUND, "unknown verb '%s' (did you mean '%s'?); there are: %s",
                           both, nearest, list);
        return ga_fail(err, GA_ENOTFOUND, "unknown verb '%s'; there are: %s", both, list);
    }
    if (nearest != NULL)
        return ga_fail(err, GA_ENOTFOUND, "unknown verb '%s' (did you mean '%s'?)", both, nearest);
    nearest = nearest_verb(verbs, word1, firsts);
    if (nearest != NULL)
        return ga_fail(err, GA_ENOTFOUND, "unknown verb '%.100s' (did you mean '%s'?)", word1, nearest);
    list_verbs(verbs, "", list, sizeof list);
    return ga_fail(err, GA_ENOTFOUND, "unknown verb '%.100s'; there are: %s", word1, list);
}

ga_status ga_cli_find(const ga_verb *const *verbs, int n, char *const *args, ga_asked *out,
                      ga_err *err)
{
    *out = (ga_asked){.word1 = -1, .word2 = -1};
    for (int i = 0; i < n && strcmp(args[i], "--") != 0; i++)
        if (strcmp(args[i], "-h") == 0 || strcmp(args[i], "--help") == 0)
            out->help = true;

    const int first = next_word(verbs, n, args, 0);
    if (first == n)
        return GA_OK;
    out->word1 = first;
    const int second = next_word(verbs, n, args, first + 1);
    if (second < n && strlen(args[first]) + strlen(args[second]) < NAME_SIZE) {
        char both[2 * NAME_SIZE];
        snprintf(both, sizeof both, "%s %s", args[first], args[second]);
        out->verb = find_verb(verbs, both);
        if (out->verb != NULL)
            out->word2 = second;
    }
    if (out->verb == NULL)
        out->verb = find_verb(verbs, args[first]);
    if (out->verb != NULL)
        return GA_OK;
    if (second == n && is_group(verbs, args[first])) {
        out->group = args[first];
        return GA_OK;
    }
    return unknown_verb(verbs, args[first], second < n ? args[second] : NULL, err);
}

/* ---- its values -------------------------------------------------------------------------------*/

static const ga_field *find_option(const ga_verb *verb, const char *name, size_t length)
{
    const ga_field *f = find_long(verb->fields, name, length);
    return f != NULL ? f : find_long(ga_common_fields, name, length);
}

static const ga_field *find_short(const ga_verb *verb, char letter)
{
    const ga_field *f = find_letter(verb->fields, letter);
    return f != NULL ? f : find_letter(ga_common_fields, letter);
}

static ga_status unknown_option(const ga_verb *verb, const char *arg, ga_err *err)
{
    const char *names[MAX_NAMES + 1];
    int n = 0;
    for (const ga_field *f = verb->fields; f->name != NULL && n < MAX_NAMES; f++)
        if (!f->positional)
            names[n++] = f->name;
    for (const ga_field *f = ga_common_fields; f->name != NULL && n < MAX_NAMES; f++)
        names[n++] = f->name;
    names[n] = NULL;

    char typed[NAME_SIZE];
    const char *start = arg[1] == '-' ? arg + 2 : arg + 1;
    snprintf(typed, sizeof typed, "%.*s", (int)strcspn(start, "="), start);
    const char *nearest = typed[0] != 0 && typed[1] != 0 ? ga_nearest_word(typed, names) : NULL;
    const int shown = (int)strcspn(arg, "=");
    if (nearest != NULL)
        return ga_fail(err, GA_EINVAL, "unknown option '%.*s' of '%s' (did you mean '--%s'?)", shown,
                       arg, verb->name, nearest);
    return ga_fail(err, GA_EINVAL, "unknown option '%.*s' of '%s'", shown, arg, verb->name);
}

/* Where parsing stands. */
typedef struct walk {
    const ga_asked *asked;
    int n, at;
    char *const *args;
    ga_request *rq;
    int n_words; /* words that were given to fields so far */
} walk;

/* The value that follows an option which came without one. */
static ga_status take_next(walk *w, const ga_field *f, const char **value, ga_err *err)
{
    const char *next = w->at + 1 < w->n ? w->args[w->at + 1] : NULL;
    if (next == NULL)
        return ga_fail(err, GA_EINVAL, "'--%s' needs a value: %s", f->name, f->value);
    if (ga_starts_with(next, "--") &&
        find_option(w->asked->verb, next + 2, strcspn(next + 2, "=")) != NULL)
        return ga_fail(err, GA_EINVAL, "'--%s' needs a value: %s, found the option '%s'", f->name,
                       f->value, next);
    w->at++;
    *value = next;
    return GA_OK;
}

static ga_status fill_long(walk *w, ga_err *err)
{
    const char *arg = w->args[w->at], *equals = strchr(arg, '=');
    const size_t length = equals != NULL ? (size_t)(equals - arg) - 2 : strlen(arg) - 2;
    const ga_field *f = find_option(w->asked->verb, arg + 2, length);
    if (f == NULL)
        return unknown_option(w->asked->verb, arg, err);
    if (f->type == GA_FIELD_FLAG) {
        if (equals != NULL)
            return ga_fail(err, GA_EINVAL, "'--%s' takes no value, found '%s'", f->name,
                           equals + 1);
        return ga_request_set(w->rq, f->name, "true", err);
    }
    const char *value = equals != NULL ? equals + 1 : NULL;
    const ga_status st = value != NULL ? GA_OK : take_next(w, f, &value, err);
    return st != GA_OK ? st : ga_request_set(w->rq, f->name, value, err);
}

/* "-o FILE", "-oFILE", and flags in a row: "-qh". */
static ga_status fill_short(walk *w, ga_err *err)
{
    const char *arg = w->args[w->at];
    for (const char *letter = arg + 1; *letter != 0; letter++) {
        const ga_field *f = find_short(w->asked->verb, *letter);
        if (f == NULL)
            return unknown_option(w->asked->verb, arg, err);
        if (f->type != GA_FIELD_FLAG) {
            const char *value = letter[1] != 0 ? letter + 1 : NULL;
            const ga_status st = value != NULL ? GA_OK : take_next(w, f, &value, err);
            return st != GA_OK ? st : ga_request_set(w->rq, f->name, value, err);
        }
        const ga_status st = ga_request_set(w->rq, f->name, "true", err);
        if (st != GA_OK)
            return st;
    }
    return GA_OK;
}

static ga_status fill_word(walk *w, ga_err *err)
{
    int place = 0;
    const ga_field *last = NULL;
    for (const ga_field *f = w->asked->verb->fields; f->name != NULL; f++) {
        if (!f->positional)
            continue;
        last = f;
        if (place++ == w->n_words) {
            w->n_words += f->many ? 0 : 1;
            return ga_request_set(w->rq, f->name, w->args[w->at], err);
        }
    }
    if (last == NULL)
        return ga_fail(err, GA_EINVAL, "'%s' takes options only, found the word '%s'",
                       w->asked->verb->name, w->args[w->at]);
    return ga_fail(err, GA_EINVAL, "'%s' takes no word after %s, found '%s'", w->asked->verb->name,
                   last->value, w->args[w->at]);
}

ga_status ga_cli_fill(const ga_asked *asked, int n, char *const *args, ga_request *rq, ga_err *err)
{
    walk w = {.asked = asked, .n = n, .args = args, .rq = rq};
    bool only_words = false;
    for (w.at = 0; w.at < n; w.at++) {
        const char *arg = args[w.at];
        ga_status st = GA_OK;
        if (w.at == asked->word1 || w.at == asked->word2)
            continue;
        if (only_words || !is_option(arg))
            st = fill_word(&w, err);
        else if (strcmp(arg, "--") == 0)
            only_words = true;
        else if (arg[1] == '-')
            st = fill_long(&w, err);
        else
            st = fill_short(&w, err);
        if (st != GA_OK)
            return st;
    }
    return GA_OK;
}

char *ga_cli_quote(int n, char *const *args)
{
    ga_text t = {0};
    ga_text_add(&t, "ganatomy");
    for (int i = 0; i < n; i++) {
        ga_text_add(&t, " ");
        bool plain = args[i][0] != 0;
        for (const char *c = args[i]; *c != 0; c++)
            plain = plain && (isalnum((unsigned char)*c) || strchr("-_./,:=@%+", *c) != NULL);
        if (plain) {
            ga_text_add(&t, args[i]);
            continue;
        }
        ga_text_add(&t, "'");
        for (const char *c = args[i]; *c != 0; c++)
            if (*c == '\'')
                ga_text_add(&t, "'\\''");
            else
                ga_text_add_n(&t, c, 1);
        ga_text_add(&t, "'");
    }
    char *copy = t.failed ? NULL : ga_mem_string(t.data);
    ga_text_free(&t);
    return copy;
}
