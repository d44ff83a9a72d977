/* painting.h - a folder of pictures that somebody paints: labels.json says what colours mean and
 * whose pictures these are; id-3.png is picture 3, id-3-part.png what is painted over it for the
 * labels of category "part". */
#ifndef GA_PAINTING_H
#define GA_PAINTING_H
#include "app/verb.h"
#include "ganatomy/parts.h"

enum { GA_PAINTING_MOST = 100 }; /* pictures */

typedef struct ga_painting {
    char sha256[65]; /* of the generator */
    int64_t seed;    /* of the ids' stream */
    ga_bn_mode bn;
    uint64_t id[GA_PAINTING_MOST];
    int n;
    ga_palette *palette; /* owned */
} ga_painting;

void ga_painting_free(ga_painting *p); /* zeroed ones are fine */
/* Reads FOLDER/labels.json. GA_ENOTFOUND: there is none, with what makes one; GA_EDATA. */
ga_status ga_painting_read(const char *folder, ga_painting *p, ga_err *err);
/* Writes it. name: what people call the generator. */
ga_status ga_painting_write(const char *folder, const ga_painting *p, const char *name,
                            ga_err *err);
/* Path of picture i; category NULL: the picture, else what is painted (letters of the category that
 * are none of A-Z a-z 0-9 - become '_'). A new string (ga_mem_free), NULL without memory. */
char *ga_painting_path(const char *folder, const ga_painting *p, int i, const char *category);
/* maps (n,D,h,w) of all that is painted; a file that is not there is unpainted. */
ga_status ga_painting_maps(const char *folder, const ga_painting *p, int h, int w, uint16_t *maps,
                           ga_err *err);
/* Latents of the pictures, and their classes (NULL: m draws none), each ended by ga_mem_free on
 * failure too. GA_EINVAL: m is another network than that which was painted. */
ga_status ga_painting_latents(const ga_painting *p, const ga_model *m, float **z, int32_t **labels,
                              ga_err *err);
#endif
