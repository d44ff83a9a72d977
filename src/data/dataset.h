/* dataset.h - the inside of a data set, for the files of this room. */
#ifndef GA_DATASET_H
#define GA_DATASET_H
#include "data/catalog.h"

#define GA_MAX_CLASSES 1000
#define GA_CLASS_NAME  64 /* chars of a class name with its 0 */

struct ga_dataset {
    char *name, *folder;
    ga_split split;
    int n, classes;
    ga_dims dims;
    uint8_t *pixels;                    /* (N,H,W,C) */
    int32_t *labels;                    /* (N) */
    char (*class_names)[GA_CLASS_NAME]; /* (classes) */
    char hash[65];
    bool published;
};

/* Takes over pixels and labels (freed on failure too), which were checked already. */
ga_status ga_dataset_take(const char *name, const char *folder, ga_split split, uint8_t *pixels,
                          int32_t *labels, int n, ga_dims dims, int classes,
                          const char *const *class_names, ga_dataset **out, ga_err *err);
#endif
