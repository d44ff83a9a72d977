/* label_arg.h - the words in which people name classes of a conditional generator. */
#ifndef GA_LABEL_ARG_H
#define GA_LABEL_ARG_H
#include "ganatomy/model.h"

/* A class by its name (exactly, else but for upper and lower case), else by its number. GA_EINVAL:
 * none of m's; the sentence lists them. m draws classes. */
ga_status ga_label_parse(const char *word, const ga_model *m, int32_t *label, ga_err *err);
/* "0-9", "3", "7,2", "Coat,5": classes and ranges of numbers in the order given; *labels is freed
 * with ga_mem_free. GA_EINVAL also for a model that draws no classes. */
ga_status ga_labels_parse(const char *list, const ga_model *m, int32_t **labels, int *n,
                          ga_err *err);

/* The '@' that begins the class of a latent ("id:17@3"), or NULL: one behind a whole latent, so
 * that names of files and classes may hold others. */
const char *ga_label_mark(const char *text);
/* What text says behind mark (NULL: nothing) about the class of an image of m: *label is it, or
 * stays as it was, a default; -1 there: none, and a model that draws classes wants one. With a
 * model that draws none it becomes -1, and a class is refused. */
ga_status ga_label_of(const char *text, const char *mark, const ga_model *m, int32_t *label,
                      ga_err *err);
#endif
