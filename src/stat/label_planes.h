/* label_planes.h - what the pixels of one image are, made ready for all units: as bit masks (for one
 * threshold a unit), or as a number for each set of labels that some pixel has (for many). */
#ifndef GA_LABEL_PLANES_H
#define GA_LABEL_PLANES_H
#include "stat/lay.h"

ga_status ga_spec_check(const ga_tally_spec *spec, ga_err *err); /* GA_EINVAL */
/* A copy that owns its categories. GA_EINVAL, GA_ENOMEM. */
ga_status ga_spec_copy(const ga_tally_spec *spec, ga_tally_spec *out, ga_err *err);
void ga_spec_free(ga_tally_spec *spec);
/* All but threads. */
bool ga_spec_same(const ga_tally_spec *a, const ga_tally_spec *b);

/* ---- bit masks --------------------------------------------------------------------------------*/

typedef struct ga_mask_maker {
    ga_label_words out;
    uint32_t *where;     /* (L) entry of a label that was seen last */
    uint32_t *pixels_of; /* (L) in this image */
    uint16_t *slot_of;   /* (L) */
} ga_mask_maker;

ga_status ga_masks_create(const ga_tally_spec *spec, ga_mask_maker *m, ga_err *err);
void ga_masks_free(ga_mask_maker *m);
size_t ga_masks_bytes(const ga_tally_spec *spec);
/* Of labels (D,H,W). GA_EDATA: one is not below L. */
ga_status ga_masks_make(ga_mask_maker *m, const ga_tally_spec *spec, const ga_lay_isa *isa,
                        const uint16_t *labels, ga_err *err);

/* ---- sets -------------------------------------------------------------------------------------*/

enum { GA_SETS = 1024 }; /* at a time; a row of pixels has no more */

/* Sets of labels of the pixel rows from..to-1, at most GA_SETS of them; and no more pixels than a
 * ladder's histograms can count. */
typedef struct ga_label_sets {
    int n, from, to;
    uint16_t *labels; /* (GA_SETS,D) as the planes say */
    uint16_t *member; /* (GA_SETS,D) each once, without 0 */
    int *members;     /* (GA_SETS) */
    uint32_t *pixels; /* (GA_SETS) */
    uint32_t *set_of; /* (H,W) number of a pixel's set */
    uint32_t *bucket; /* hash table: number + 1 */
} ga_label_sets;

ga_status ga_sets_create(const ga_tally_spec *spec, ga_label_sets *s, ga_err *err);
void ga_sets_free(ga_label_sets *s);
size_t ga_sets_bytes(const ga_tally_spec *spec);
/* present (L): which labels occur. GA_EDATA: one is not below L. */
ga_status ga_labels_present(const ga_tally_spec *spec, const uint16_t *labels, bool *present,
                            ga_err *err);
/* From row `from` as many rows as fit; labels have been looked at. */
void ga_sets_make(ga_label_sets *s, const ga_tally_spec *spec, const uint16_t *labels, int from);
#endif
