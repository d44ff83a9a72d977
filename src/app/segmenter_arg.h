/* segmenter_arg.h - how verbs are told what says what pixels are.
 *
 *     colors           the eleven basic colours
 *     strokes          parts of strokes, by rules
 *     digits           ink with the class that lenet5 reads
 *     classes:MODEL    the same by another classifier of grey pictures
 *     MODEL            a network that makes labels: file, or a name that `ganatomy doctor` lists
 *     MODEL:quad       of upernet, with quadrants of objects; MODEL:quad-2018: as published
 *     a+b              several, side by side
 */
#ifndef GA_SEGMENTER_ARG_H
#define GA_SEGMENTER_ARG_H
#include "app/verb.h"
#include "ganatomy/seg.h"

#define GA_SEGMENTER_HELP                                                                          \
    "a network by file or name, colors, strokes, digits, classes:CLASSIFIER, or several with '+' " \
    "between"

enum { GA_SEGMENTER_PARTS = 16 };
typedef struct ga_segmenter_arg {
    ga_segmenter *segmenter;
    ga_model *model[GA_SEGMENTER_PARTS]; /* that it borrows */
    int n_models;
    size_t memory_limit; /* of each network; 0: none */
} ga_segmenter_arg;

/* Opens what text says; arg is zeroed or freed before. memory_limit: what a network may take to run,
 * 0: as much as it does, for who counts all together. GA_ENOTFOUND, GA_EINVAL with the words above;
 * GA_ENOMEM. */
ga_status ga_segmenter_arg_open(ga_request *rq, const char *text, size_t memory_limit,
                                ga_segmenter_arg *arg, ga_err *err);
void ga_segmenter_arg_free(ga_segmenter_arg *arg); /* zeroed ones are fine */
/* Notes where a network among them was taught on other data than `data` (NULL: nobody knows), which
 * it is asked about: it says something all the same. */
void ga_segmenter_arg_note(ga_request *rq, const ga_segmenter_arg *arg, const char *data);
/* What fits pictures of a known set (NULL: of an unknown one): scenes-segmenter, digits+strokes,
 * else colors. */
const char *ga_segmenter_usual(const char *data);
/* A colour to draw a label in: that of scenes for their words, of its name for the basic colours,
 * else one of a wheel; 0 is black, or nearly. */
void ga_segmenter_color(const ga_vocabulary *v, int label, uint8_t rgb[3]);
#endif
