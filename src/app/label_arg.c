/* label_arg.c - parsing of the words for classes. */
#include "app/label_arg.h"
#include "base/alloc.h"
#include "base/text.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_LABELS = 1000000, SHOWN = 12 };

/* "its classes are 0 to 9", with their names as far as they are known and few. */
static ga_status no_class(const char *word, const ga_model *m, ga_err *err)
{
    const int classes = ga_arch_classes(ga_model_arch(m));
    const char *names[SHOWN + 1] = {NULL};
    ga_text list = {0};
    int named = 0;
    while (named < classes && named < SHOWN && ga_model_class_name(m, named) != NULL) {
        names[named] = ga_model_class_name(m, named);
        ga_text_addf(&list, "%s%s", named == 0 ? " (" : ", ", names[named]);
        named++;
    }
    if (named > 0)
        ga_text_add(&list, named < classes ? ", ...)" : ")");
    char hint[GA_DID_YOU_MEAN];
    const ga_status s = ga_fail(err, GA_EINVAL, "there is no class '%.60s'%s: '%s' draws 0 to %d%s",
                                word, ga_did_you_mean(word, names, hint),
                                ga_arch_name(ga_model_arch(m)), classes - 1,
                                list.data != NULL ? list.data : "");
    ga_text_free(&list);
    return s;
}

/* The class of that name, or -1. */
static int by_name(const char *word, const ga_model *m)
{
    const char *name;
    for (int i = 0; (name = ga_model_class_name(m, i)) != NULL; i++)
        if (strcmp(name, word) == 0)
            return i;
    for (int i = 0; (name = ga_model_class_name(m, i)) != NULL; i++)
        if (strcasecmp(name, word) == 0)
            return i;
    return -1;
}

ga_status ga_label_parse(const char *word, const ga_model *m, int32_t *label, ga_err *err)
{
    const int classes = ga_arch_classes(ga_model_arch(m));
    if (classes == 0)
        return ga_fail(err, GA_EINVAL, "'%s' draws no classes: a label means nothing to it",
                       ga_arch_name(ga_model_arch(m)));
    int64_t value = by_name(word, m);
    if (value < 0 && !ga_parse_i64(word, &value))
        value = -1;
    if (value < 0 || value >= classes)
        return no_class(word, m, err);
    *label = (int32_t)value;
    return GA_OK;
}

ga_status ga_label_arg(const ga_request *rq, const ga_model *m, int *label, ga_err *err)
{
    const char *word = ga_rq_text(rq, "label"), *name = ga_rq_text(rq, "model");
    const ga_arch *a = ga_model_arch(m);
    int32_t one = -1;
    *label = -1;
    if (word != NULL && ga_arch_law(a) == GA_LAW_NONE)
        return ga_fail(
            err, GA_EINVAL,
            "'%s' reads pictures: --label is for what makes them; --classes takes data of "
            "some classes",
            name);
    if (word != NULL && ga_arch_classes(a) == 0)
        return ga_fail(err, GA_EINVAL, "'%s' draws no classes: --label means nothing to it", name);
    const ga_status s = word != NULL ? ga_label_parse(word, m, &one, err) : GA_OK;
    *label = one;
    return s;
}

const char *ga_label_words(const ga_model *m, int label, char *buf, size_t size)
{
    char number[16];
    const char *name = ga_model_class_name(m, label);
    snprintf(number, sizeof number, "%d", label);
    if (name == NULL || strcmp(name, number) == 0)
        snprintf(buf, size, "class %s", number);
    else
        snprintf(buf, size, "class %s, '%.60s'", number, name);
    return buf;
}

/* One item of a list: a class, else (names may hold a '-') a range of classes. */
static ga_status parse_item(const char *item, const ga_model *m, int32_t *first, int32_t *last,
                            ga_err *err)
{
    char low[16];
    const char *dash = strchr(item, '-');
    ga_status s = ga_label_parse(item, m, first, err);
    *last = *first;
    if (s == GA_OK || dash == NULL || dash == item || (size_t)(dash - item) >= sizeof low)
        return s;
    memcpy(low, item, (size_t)(dash - item));
    low[dash - item] = 0;
    s = ga_label_parse(low, m, first, err);
    if (s == GA_OK)
        s = ga_label_parse(dash + 1, m, last, err);
    if (s == GA_OK && *last < *first)
        s = ga_fail(err, GA_EINVAL, "'%.40s' is no range: it ends before it begins", item);
    return s;
}

ga_status ga_labels_parse(const char *list, const ga_model *m, int32_t **labels, int *n,
                          ga_err *err)
{
    ga_status s = GA_OK;
    size_t room = 0, count = 0;
    int32_t *all = NULL;
    char item[80];
    *labels = NULL;
    *n = 0;
    for (const char *at = list; at != NULL && s == GA_OK;) {
        int32_t first = 0, last = 0;
        const size_t length = strcspn(at, ",");
        (void)snprintf(item, sizeof item, "%.*s", (int)(length < 79 ? length : 79), at);
        s = parse_item(item, m, &first, &last, err);
        const size_t more = s == GA_OK ? (size_t)(last - first) + 1 : 0;
        if (count + more > MAX_LABELS)
            s = ga_fail(err, GA_EINVAL, "'%.80s' lists more than %d classes", list, MAX_LABELS);
        int32_t *grown = s == GA_OK ? ga_mem_resize(all, room, count + more, sizeof *all) : NULL;
        if (s == GA_OK && grown == NULL)
            s = ga_fail(err, GA_ENOMEM, "no memory for the classes '%.80s'", list);
        if (s == GA_OK) {
            all = grown;
            room = count + more;
        }
        for (int32_t v = first; s == GA_OK && v <= last; v++)
            all[count++] = v;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    if (s != GA_OK) {
        ga_mem_free(all);
        return s;
    }
    *labels = all;
    *n = (int)count;
    return GA_OK;
}

/* ---- behind a latent --------------------------------------------------------------------------*/

/* Are these letters a latent: id:N, numbers with commas, FILE:ROW, or FILE.npy, all its rows? */
static bool is_latent(const char *text, size_t length)
{
    size_t digits = 0;
    while (digits < length && isdigit((unsigned char)text[length - 1 - digits]))
        digits++;
    if (digits > 0 && digits < length && text[length - 1 - digits] == ':')
        return true;
    if (length > 4 && strncmp(text + length - 4, ".npy", 4) == 0)
        return true;
    return length > 0 && strspn(text, "0123456789+-.eE,") >= length;
}

const char *ga_label_mark(const char *text)
{
    const char *at = strchr(text, '@');
    while (at != NULL && !is_latent(text, (size_t)(at - text)))
        at = strchr(at + 1, '@');
    return at;
}

ga_status ga_label_of(const char *text, const char *mark, const ga_model *m, int32_t *label,
                      ga_err *err)
{
    const char *name = ga_arch_name(ga_model_arch(m));
    const int classes = ga_arch_classes(ga_model_arch(m));
    if (classes == 0) {
        *label = -1;
        return mark == NULL
                   ? GA_OK
                   : ga_fail(err, GA_EINVAL,
                             "latent '%.80s': '%s' draws no classes, so '%.40s' means nothing "
                             "to it",
                             text, name, mark);
    }
    if (mark != NULL) {
        const ga_status s = ga_label_parse(mark + 1, m, label, err);
        return s == GA_OK ? s : ga_fail_in(err, s, "latent '%.80s'", text);
    }
    if (*label >= 0)
        return GA_OK;
    const char *first = ga_model_class_name(m, 0);
    return ga_fail(err, GA_EINVAL,
                   "latent '%.80s': of which class? '%s' draws 0 to %d: say it as in %.80s@0%s%s",
                   text, name, classes - 1, text, first != NULL ? " or @" : "",
                   first != NULL ? first : "");
}
