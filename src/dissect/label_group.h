/* label_group.h - the labels of a layer in the published order of dissect.json: categories in their
 * order, then more units first, then the better IoU, then the lower number. */
#ifndef GA_LABEL_GROUP_H
#define GA_LABEL_GROUP_H

/* What some of a layer's units stand for. */
typedef struct ga_label_group {
    int label, category, units;
    double best; /* IoU */
} ga_label_group;

/* For qsort. */
int ga_label_groups_compare(const void *a, const void *b);
#endif
