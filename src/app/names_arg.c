/* names_arg.c - cutting "a,b,c" at its commas. */
#include "app/names_arg.h"
#include "base/alloc.h"
#include <string.h>

/* Cuts the blanks around a name off; it ends where its text does. */
static char *trimmed(char *name)
{
    name += strspn(name, " ");
    for (size_t end = strlen(name); end > 0 && name[end - 1] == ' '; end--)
        name[end - 1] = 0;
    return name;
}

static ga_status cut(ga_names *names, const char *field, int most, ga_err *err)
{
    for (char *at = names->words, *next; at != NULL; at = next) {
        next = strchr(at, ',');
        if (next != NULL)
            *next++ = 0;
        at = trimmed(at);
        if (at[0] == 0)
            return ga_fail(err, GA_EINVAL,
                           "--%s has an empty name: expected names with ',' between", field);
        if (names->n == most)
            return ga_fail(err, GA_EINVAL, "--%s has more than %d names", field, most);
        names->name[names->n++] = at;
    }
    return GA_OK;
}

ga_status ga_names_arg(const ga_request *rq, const char *field, int most, ga_names *out,
                       ga_err *err)
{
    int n;
    const char *const *given = ga_rq_list(rq, field, &n);
    ga_text all = {0};
    *out = (ga_names){0};
    if (n == 0)
        return GA_OK;
    for (int i = 0; i < n; i++)
        ga_text_addf(&all, "%s%s", i > 0 ? "," : "", given[i]);
    out->words = all.data;
    out->name = ga_mem_new((size_t)most, sizeof *out->name);
    const ga_status status = all.failed || out->name == NULL
                                 ? ga_fail(err, GA_ENOMEM, "no memory for --%s", field)
                                 : cut(out, field, most, err);
    if (status != GA_OK)
        ga_names_free(out);
    return status;
}

void ga_names_free(ga_names *names)
{
    ga_mem_free(names->name);
    ga_mem_free(names->words);
    *names = (ga_names){0};
}
