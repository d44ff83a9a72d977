/* label_arg.h - the words in which people name classes of a conditional generator. */
#ifndef GA_LABEL_ARG_H
#define GA_LABEL_ARG_H
#include "app/verb.h"
#include "ganatomy/model.h"

/* clang-format off */
#define GA_LABEL_FIELD                                                                             \
    {.name = "label", .type = GA_FIELD_TEXT, .value = "CLASS",                                     \
     .help = "of a generator that is told a class: all images of this one, by name or number "     \
             "(default: the classes in turn)"}
/* clang-format on */

/* The class of that field for m, -1 where it is not given. GA_EINVAL as ga_label_parse. */
ga_status ga_label_arg(const ga_request *rq, const ga_model *m, int *label, ga_err *err);
enum { GA_LABEL_WORDS = 96 };
/* "class 3, 'dress'", or "class 3" where it has no other name, into buf (GA_LABEL_WORDS are
 * enough); returns buf. */
const char *ga_label_words(const ga_model *m, int label, char *buf, size_t size);

/* A class by its name (exactly, else but for upper and lower case), else by its number. GA_EINVAL:
 * none of m's (the sentence lists them), or m draws no classes. */
ga_status ga_label_parse(const char *word, const ga_model *m, int32_t *label, ga_err *err);
/* "0-9", "3", "7,2", "Coat,5": classes and ranges of numbers in the order given; *labels is freed
 * with ga_mem_free. GA_EINVAL as above, or a range that ends before it begins. */
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
