/* gather.h - pictures of any kind, one after the other, into the bytes of a data set. */
#ifndef GA_GATHER_H
#define GA_GATHER_H
#include "data/reading.h"
#include "data/square.h"

typedef struct ga_gathering {
    const ga_reading *reading; /* its name and size; borrowed */
    int n, wanted;             /* pictures so far, in all */
    ga_dims dims;              /* c is 1 until a colour picture comes, then 3 */
    uint8_t *pixels;           /* room for wanted of dims */
    int n_grey, n_see_through;
    const char *first; /* where the first one is from; borrowed */
    ga_square square;
} ga_gathering;

/* Adds a picture, which may be changed. What is see-through goes on black. where: its name in
 * sentences, which must live as long as g. GA_EDATA: another size than the first one's and none
 * asked for, or more than a data set may have. */
ga_status ga_gather(ga_gathering *g, ga_image *picture, const char *where, ga_err *err);
/* Adds what is worth knowing to d. */
void ga_gather_note(const ga_gathering *g, ga_dataset *d);
void ga_gather_free(ga_gathering *g);
#endif
