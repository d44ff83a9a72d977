/* select.h - which pictures a selection means; for the readers of this room. */
#ifndef GA_SELECT_H
#define GA_SELECT_H
#include "data/dataset.h"

/* A split before its pixels are read, or a whole set: what a selection is about. */
typedef struct ga_listing {
    const char *name; /* of the set, for sentences */
    ga_split split;
    const int32_t *labels; /* (n) */
    int n, classes;
    char (*class_names)[GA_CLASS_NAME]; /* (classes) */
} ga_listing;

typedef struct ga_picked {
    uint32_t *index; /* (n) ascending */
    int32_t *label;  /* (n) new labels */
    int n;
    int32_t *class_index; /* (classes) old labels, ascending */
    int classes;
} ga_picked;

/* what may be NULL: all. pixels is only checked. *out is zeroed on failure; ga_picked_free. */
ga_status ga_pick(const ga_listing *from, const ga_data_selection *what, ga_picked *out,
                  ga_err *err);
void ga_picked_free(ga_picked *p);
#endif
