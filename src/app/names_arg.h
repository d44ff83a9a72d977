/* names_arg.h - a field that takes names with ',' between, and may be given several times. */
#ifndef GA_NAMES_ARG_H
#define GA_NAMES_ARG_H
#include "app/verb.h"

/* Start with {0}; the names are without blanks around them, and none is empty. */
typedef struct ga_names {
    const char **name;
    int n;
    char *words; /* what they point into */
} ga_names;

/* The names that were given for a `many` field of text, in order; none given: n is 0. GA_EINVAL: an
 * empty one, or more than `most`. */
ga_status ga_names_arg(const ga_request *rq, const char *field, int most, ga_names *out,
                       ga_err *err);
void ga_names_free(ga_names *names); /* zeroed ones are fine */
#endif
