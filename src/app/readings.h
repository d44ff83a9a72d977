/* readings.h - what a classifier read of labelled pictures, and its pictures: mistakes, confusion
 * matrix. For verb_classify.c. */
#ifndef GA_READINGS_H
#define GA_READINGS_H
#include "app/verb.h"
#include "ganatomy/metric.h"

typedef struct ga_reading {
    int picture; /* of the data set */
    int truth;   /* class of the data set */
    int read;    /* class of the classifier */
    double certainty;
} ga_reading;

typedef struct ga_readings {
    const ga_model *classifier;
    const ga_dataset *data;
    ga_certainty kind;
    int n, classes, read_classes; /* pictures; K of the data, K of the classifier */
    int *to; /* (classes) the classifier's class of each of the data's, or -1 */
    int right;
    double certainty, certainty_right, certainty_wrong; /* means; 0 of none */
    int *pictures, *hits;                               /* (classes) */
    int *confusion;                                     /* (classes,read_classes) */
    ga_reading *mistakes; /* the surest first; of equals the first picture */
    int n_mistakes;
} ga_readings;

/* Reads all pictures of data. Borrows classifier and data. */
ga_status ga_readings_of(ga_request *rq, ga_model *classifier, const ga_dataset *data,
                         ga_certainty kind, ga_readings *out, ga_err *err);
void ga_readings_free(ga_readings *r);
/* What a class of the data, of the classifier is called; buf for numbers. */
const char *ga_readings_truth(const ga_readings *r, int c);
const char *ga_readings_read(const ga_readings *r, int c, char *buf, size_t size);

/* PNG files; worst: how many mistakes are shown. Without mistakes no file is written, and said so.
 */
ga_status ga_readings_draw_mistakes(ga_request *rq, const ga_readings *r, int worst,
                                    const char *path, ga_err *err);
ga_status ga_readings_draw_confusion(ga_request *rq, const ga_readings *r, const char *path,
                                     ga_err *err);
#endif
