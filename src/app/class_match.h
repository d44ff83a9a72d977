/* class_match.h - which class of a classifier is which class of somebody else. */
#ifndef GA_CLASS_MATCH_H
#define GA_CLASS_MATCH_H
#include "ganatomy/data.h"
#include "ganatomy/model.h"

/* to (n) receives the classifier's class (of K) that each of n classes is, -1 where it has none: by
 * names if both sides have some (names may be NULL); else by number, which is the name of a class
 * where that is one, else its place. */
void ga_classes_match(const ga_model *classifier, int k, const char *const *names, int n, int *to);
/* Names of a data set's classes, borrowed from it, in a new array (ga_mem_free); NULL: GA_ENOMEM.
 */
const char **ga_class_names_of_data(const ga_dataset *data, ga_err *err);
/* ga_classes_match for the classes of a data set, and for those of a conditional generator. to has
 * ga_dataset_classes, ga_arch_classes numbers. GA_ENOMEM. */
ga_status ga_classes_of_data(const ga_model *classifier, int k, const ga_dataset *data, int *to,
                             ga_err *err);
ga_status ga_classes_of_generator(const ga_model *classifier, int k, const ga_model *generator,
                                  int *to, ga_err *err);
/* What a classifier's class is called: its own name, else that of the class of data (may be NULL)
 * that it is by number (not if the classifier was trained on another set), else the number in buf.
 */
const char *ga_class_called(const ga_model *classifier, const ga_dataset *data, int i, char *buf,
                            size_t size);
#endif
