/* class_score.h - do label maps say the class that the data know of a picture? For segmenters that
 * label with classes (`digits`, `classes:MODEL`): such data know what a picture shows, not where.
 */
#ifndef GA_CLASS_SCORE_H
#define GA_CLASS_SCORE_H
#include "ganatomy/data.h"
#include "ganatomy/labels.h"

typedef struct ga_class_score {
    int category; /* "class" in the vocabulary; -1: it has none, or the data know none of its names
                   */
    int labels, classes; /* of the vocabulary, of the data */
    int *class_of;       /* (labels) the data's class of that name, or -1 */
    uint64_t *seen;      /* (labels) room */
    int known;           /* the data's classes that have a label */
    int pictures;        /* of these classes */
    int right;  /* of which the class most of the labelled pixels have is that of the data */
    int silent; /* of which have no labelled pixel, which is not right */
} ga_class_score;

/* *s is ended by ga_class_score_free, also after a failure. GA_ENOMEM. */
ga_status ga_class_score_open(const ga_vocabulary *v, const ga_dataset *data, ga_class_score *s,
                              ga_err *err);
/* plane: of category `category` of one picture, n pixels; is: its class in the data. */
void ga_class_score_add(ga_class_score *s, const uint16_t *plane, size_t n, int is);
void ga_class_score_free(ga_class_score *s); /* zeroed ones are fine */
#endif
