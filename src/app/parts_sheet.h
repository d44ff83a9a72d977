/* parts_sheet.h - a sheet to judge a segmenter of parts by: what was painted, what it says there,
 * and what it says of pictures that nobody painted. */
#ifndef GA_PARTS_SHEET_H
#define GA_PARTS_SHEET_H
#include "app/painting.h"

typedef struct ga_parts_sheet {
    ga_model *generator, *parts;
    const ga_painting *painting;
    const uint16_t *maps; /* (n,D,H,W) as painted */
    int unseen;           /* further pictures: the first of the seed's that were not painted */
} ga_parts_sheet;

/* A row a picture: it, and for each category what was painted and what is said. Saved at path. */
ga_status ga_parts_sheet_save(ga_request *rq, const ga_parts_sheet *s, const char *path,
                              ga_err *err);
#endif
