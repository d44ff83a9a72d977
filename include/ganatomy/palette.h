/* palette.h - which colour means which label, and painted pictures read by it: how people tell the
 * program what is where, with any paint program.
 *
 * Letters: H rows, W columns, L labels. */
#ifndef GA_PALETTE_H
#define GA_PALETTE_H
#include "ganatomy/image.h"
#include "ganatomy/labels.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GA_UNPAINTED  0xFFFF /* in maps: nobody said what the pixel is */
#define GA_MAX_PAINTS 256    /* labels of a palette */

/* Colours of a vocabulary's labels, of none of them in each category, and of what is left
 * unpainted. All differ within a category. Never changes once made. */
typedef struct ga_palette ga_palette;

/* A palette for n names of one category, with colours that are easy to tell apart; white is
 * unpainted, black none of them. GA_EINVAL as of ga_vocabulary_create; more than
 * GA_MAX_PAINTS - 1. */
GA_API ga_status ga_palette_create(const char *category, const char *const *names, int n,
                                   ga_palette **out, ga_err *err);
GA_API void ga_palette_free(ga_palette *p); /* NULL is fine */
GA_API const ga_vocabulary *ga_palette_vocabulary(const ga_palette *p);
/* label 0: none of the labels of `category`, which is read for it only; where that has no colour,
 * that of what is unpainted. */
GA_API void ga_palette_color(const ga_palette *p, int label, int category, uint8_t rgb[3]);
GA_API void ga_palette_unpainted(const ga_palette *p, uint8_t rgb[3]);
/* JSON, "unpainted": "#rrggbb" and "labels": a list of {"name", "category", "color"}, "-" for none
 * of a category, which need not be there; categories are in the order in which they come first.
 * Other keys are left alone. where: what sentences call the text. GA_EDATA names field and place.
 */
GA_API ga_status ga_palette_parse(const char *text, size_t length, const char *where,
                                  ga_palette **out, ga_err *err);
/* As ga_palette_parse reads it, without other keys; ended by ga_vocabulary_text_free. */
GA_API ga_status ga_palette_json(const ga_palette *p, char **text, ga_err *err);
/* A painted picture into labels of one category, map (h,w), GA_UNPAINTED where it has that colour
 * or is see-through. A picture k times as high and wide is brought down: a pixel gets what most of
 * its k x k have, the lowest label of equals. GA_EDATA: another size; a colour that is in no list
 * (says where, and which listed one is nearest); half see-through. */
GA_API ga_status ga_palette_read(const ga_palette *p, const ga_image *painted, int category,
                                 const char *where, int h, int w, uint16_t *map, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
