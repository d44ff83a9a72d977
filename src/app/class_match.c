/* class_match.c - which class of a classifier is which class of somebody else. */
#include "app/class_match.h"
#include "base/alloc.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* The number that a class is called by ("7" of a set of which only 7 was taken), else its place. */
static int number_of(const char *name, int place)
{
    int64_t number;
    return name != NULL && ga_parse_i64(name, &number) && number >= 0 && number < INT32_MAX
               ? (int)number
               : place;
}

void ga_classes_match(const ga_model *classifier, int k, const char *const *names, int n, int *to)
{
    const bool by_name = names != NULL && ga_model_class_name(classifier, 0) != NULL;
    for (int i = 0; i < n; i++) {
        const int number = number_of(names != NULL ? names[i] : NULL, i);
        to[i] = !by_name && number < k ? number : -1;
        for (int j = 0; by_name && j < k; j++) {
            const char *name = ga_model_class_name(classifier, j);
            if (name != NULL && strcmp(name, names[i]) == 0)
                to[i] = j;
        }
    }
}

const char **ga_class_names_of_data(const ga_dataset *data, ga_err *err)
{
    const int n = ga_dataset_classes(data);
    const char **names = ga_mem_new((size_t)n, sizeof *names);
    if (names == NULL)
        (void)ga_fail(err, GA_ENOMEM, "no memory for names of classes");
    for (int i = 0; names != NULL && i < n; i++)
        names[i] = ga_dataset_class_name(data, i);
    return names;
}

ga_status ga_classes_of_data(const ga_model *classifier, int k, const ga_dataset *data, int *to,
                             ga_err *err)
{
    const char **names = ga_class_names_of_data(data, err);
    if (names == NULL)
        return GA_ENOMEM;
    ga_classes_match(classifier, k, names, ga_dataset_classes(data), to);
    ga_mem_free(names);
    return GA_OK;
}

ga_status ga_classes_of_generator(const ga_model *classifier, int k, const ga_model *generator,
                                  int *to, ga_err *err)
{
    const int n = ga_arch_classes(ga_model_arch(generator));
    const char **names = ga_mem_new((size_t)n, sizeof *names);
    if (names == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for names of classes");
    bool all = true;
    for (int i = 0; i < n; i++) {
        names[i] = ga_model_class_name(generator, i);
        all = all && names[i] != NULL;
    }
    ga_classes_match(classifier, k, all ? names : NULL, n, to);
    ga_mem_free(names);
    return GA_OK;
}

const char *ga_class_called(const ga_model *classifier, const ga_dataset *data, int i, char *buf,
                            size_t size)
{
    const char *name = ga_model_class_name(classifier, i);
    if (name != NULL)
        return name;
    const char *known = ga_model_note(classifier, "data");
    const bool stranger = data == NULL || ga_model_class_name(classifier, 0) != NULL ||
                          (known != NULL && strcmp(known, ga_dataset_name(data)) != 0);
    for (int c = 0; !stranger && c < ga_dataset_classes(data); c++)
        if (number_of(ga_dataset_class_name(data, c), c) == i)
            return ga_dataset_class_name(data, c);
    snprintf(buf, size, "%d", i);
    return buf;
}
