/* data_arg.h - how verbs are told which pictures: the fields they have in common, and what opens
 * them. A verb has a field `data` of its own (an option or its first word) with the help below, the
 * rows of GA_DATA_FIELDS, and where it asks for one split GA_DATA_SPLIT_FIELD. */
#ifndef GA_DATA_ARG_H
#define GA_DATA_ARG_H
#include "app/verb.h"
#include "ganatomy/data.h"
#include "ganatomy/model.h"

#define GA_DATA_HELP                                                                               \
    "a known set (`ganatomy data list`), a folder of pictures or of IDX files, or an .npz file"

/* clang-format off */
#define GA_DATA_FIELDS                                                                             \
    {.name = "classes", .type = GA_FIELD_TEXT, .value = "CLASSES",                                 \
     .help = "only these, by number or name: 7, 0-4, 1,3,5 or cat,dog; relabelled from 0"},        \
    {.name = "images", .type = GA_FIELD_INT, .value = "N", .min = 1, .max = 1e9,                   \
     .help = "only so many pictures, as evenly over the classes as can be; always the same ones"}, \
    {.name = "pixels", .type = GA_FIELD_INT, .value = "N", .min = 1, .max = 4096,                  \
     .help = "make every picture N x N: its middle square, resized (default: as they are)"}

#define GA_DATA_SPLIT_FIELD(which)                                                                 \
    {.name = "split", .type = GA_FIELD_CHOICE, .value = "SPLIT", .fallback = which,                \
     .choices = ga_split_words, .help = "which half of the data"}
/* clang-format on */

extern const char *const ga_split_words[]; /* train, test, NULL */

/* What a command says about its data; strings are borrowed. */
typedef struct ga_data_arg {
    const char *data;
    ga_data_selection what; /* its seed is always 1, so that `--images 500` are the same for all */
    bool quiet; /* the reader's notes are not passed on: they were, for the other split */
} ga_data_arg;

/* The fields data, classes, images and pixels of the request. */
ga_data_arg ga_data_arg_of(const ga_request *rq);
/* Opens one split with the request's workspace and progress, and passes the reader's notes on. A
 * verb that opens both splits sets what.images to 0 and quiet for the second one. */
ga_status ga_data_arg_load(ga_request *rq, const ga_data_arg *arg, ga_split split, ga_dataset **out,
                           ga_err *err);
/* What a model was trained on, by its notes: the data where arg names none ("mnist" if they say
 * nothing either), and then classes and pixels where arg says none. */
void ga_data_arg_of_model(ga_data_arg *arg, const ga_model *m);
/* What a network that reads pictures is shown, --split of --data or of what it was trained on; *out is
 * NULL for one that makes them. GA_EINVAL: --data, or an option
 * about data, for one that makes them. */
ga_status ga_data_arg_open_for(ga_request *rq, const ga_model *m, ga_dataset **out, ga_err *err);
/* Of those pictures, the set by name and the pixels of a side. Where data is NULL they are the
 * network's own: the set that its notes say it learned from (NULL: they do not say), and what it
 * makes; of one that reads pictures, whose data are not open yet, what it reads. */
const char *ga_data_arg_shown(const ga_dataset *data, const ga_model *m);
int ga_data_arg_side(const ga_dataset *data, const ga_model *m);
/* ga_data_arg_of and ga_data_arg_load in one. */
ga_status ga_data_arg_open(ga_request *rq, ga_split split, ga_dataset **out, ga_err *err);
#endif
