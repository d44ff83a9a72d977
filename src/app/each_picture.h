/* each_picture.h - pictures as files of their own, a folder full. */
#ifndef GA_EACH_PICTURE_H
#define GA_EACH_PICTURE_H
#include "app/verb.h"
#include "ganatomy/image.h"

/* Which picture a file shows. */
typedef struct ga_picture_name {
    uint64_t id; /* in the seed's stream, or its number where it has no id */
    int label;   /* class, -1: the model is not told one */
    bool no_id;
} ga_picture_name;

enum { GA_PICTURE_NAME = 48 };
/* "000017.png"; of class 3 "000017@3.png", as --z has it; "z000002.png" without an id. Ids have at
 * least 6 digits, so that names sort as ids do. buf of GA_PICTURE_NAME; returned. */
char *ga_picture_file(const ga_picture_name *p, char *buf);

/* Makes the folder if it is not there. GA_EEXIST: it holds a .png file that is none of these n, so
 * that afterwards a reader of the folder would find more than was asked for; the sentence names it.
 * Files of these names may be there: they will be replaced. GA_EIO. */
ga_status ga_each_picture_check(const char *folder, const ga_picture_name *names, int n,
                                ga_err *err);
/* Picture i of v as names[i], one pixel each; every file whole or not at all. Says how many. */
ga_status ga_each_picture_write(ga_request *rq, const char *folder, const ga_picture_name *names,
                                ga_view v, ga_scale scale, ga_err *err);
#endif
