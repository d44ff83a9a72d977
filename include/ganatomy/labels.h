/* labels.h - the words that pixels can have, and maps of them.
 *
 * A vocabulary is a list of labels, each of one category: tree (object), door (part), brick
 * (material), red (color). A pixel may have a label of every category at once, so a map has a plane
 * for each: it is a wall (object), of it the door (part), of wood (material).
 *
 * Letters: N pictures, D planes, H rows, W columns, L labels, K categories. */
#ifndef GA_LABELS_H
#define GA_LABELS_H
#include "ganatomy/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GA_MAX_LABELS     4096 /* of a vocabulary, "-" included */
#define GA_MAX_CATEGORIES 16
#define GA_LABEL_NAME     64 /* chars of a name with its 0 */

/* Never changes once made. Label 0 is always "-" of category 0: nothing that is known by name.
 * A name may occur in several categories ("glass" is an object and a material), never twice in
 * one. */
typedef struct ga_vocabulary ga_vocabulary;

typedef struct ga_label {
    const char *name;
    int category;
} ga_label;

/* labels: n of them without the "-", which is put before them; copied. GA_EINVAL: no category, more
 * than there is room for, an empty or long name, one that is no UTF-8, a category out of range, a
 * name twice in one category. */
GA_API ga_status ga_vocabulary_create(const char *const *categories, int k, const ga_label *labels,
                                      int n, ga_vocabulary **out, ga_err *err);
GA_API void ga_vocabulary_free(ga_vocabulary *v);   /* NULL is fine */
GA_API int ga_vocabulary_n(const ga_vocabulary *v); /* L, with the "-" */
GA_API int ga_vocabulary_categories(const ga_vocabulary *v);
GA_API ga_label ga_vocabulary_at(const ga_vocabulary *v, int label);
GA_API const char *ga_vocabulary_category(const ga_vocabulary *v, int category);
/* The name, with its category behind it where others have it too: "glass (material)". Lives as long
 * as v. */
GA_API const char *ga_vocabulary_title(const ga_vocabulary *v, int label);
/* name: a name that only one label has, or a title. GA_ENOTFOUND with the nearest one;
 * GA_EINVAL: several have it (lists their titles). */
GA_API ga_status ga_vocabulary_find(const ga_vocabulary *v, const char *name, int *label,
                                    ga_err *err);
/* Whether both have the same labels in the same categories and order. */
GA_API bool ga_vocabulary_same(const ga_vocabulary *a, const ga_vocabulary *b);
/* {"categories":["object", ...], "labels":[["sky","object"], ...]} without the "-"; a new string
 * (ga_vocabulary_text_free). The same vocabulary is the same text. */
GA_API ga_status ga_vocabulary_json(const ga_vocabulary *v, char **text, ga_err *err);
GA_API void ga_vocabulary_text_free(char *text);
/* where: what sentences call the text. GA_EDATA names field and place. */
GA_API ga_status ga_vocabulary_parse(const char *text, size_t length, const char *where,
                                     ga_vocabulary **out, ga_err *err);

/* Maps of N pictures, (N,D,H,W): the labels of each pixel, at most one a plane, 0 where the plane
 * has nothing to say. A label occurs in one plane only, but for parts that are objects too (a door of
 * a building, upernet); never twice at a pixel. Borrowed; passed by value. */
typedef struct ga_label_maps {
    const uint16_t *data;
    int n, d, h, w;
} ga_label_maps;

/* How a network lays out its logits of v: C = K + L - 1 channels, for each category, in their
 * order, first one for none of it, then one for each of its labels in their order. first (K): the
 * category's channel of none; size (K): its channels; label (C): which label a channel is, 0 for
 * none; channel (L): of each label (entry 0 is not written). Any may be NULL. Returns C. */
GA_API int ga_vocabulary_layout(const ga_vocabulary *v, int *first, int *size, uint16_t *label,
                                uint16_t *channel);

/* Brings one map (D,H,W) down to (D,h,w): of the pixels that a cell covers (its centre half-open,
 * [y H/h, (y+1) H/h)), the label that most of them have, the lowest of equals. h <= H, w <= W, all
 * at least 1. */
GA_API ga_status ga_labels_shrink(const uint16_t *map, int d, int H, int W, uint16_t *out, int h,
                                  int w, ga_err *err);

/* Intersection over union of a label from counted pixels: those where it was said and true, said,
 * true. 0 where it is neither said nor true. */
GA_API double ga_label_iou(uint64_t both, uint64_t said, uint64_t truth);
/* Its mean over the labels 1..n-1 that are true anywhere; all (n) by label. 0 if none is. */
GA_API double ga_labels_mean_iou(const uint64_t *both, const uint64_t *said, const uint64_t *truth,
                                 int n);

/* ---- colours ----------------------------------------------------------------------------------*/

/* The eleven basic colours of Berlin and Kay (Basic Color Terms, 1969), in their order of age. */
typedef enum ga_basic_color_index {
    GA_BLACK,
    GA_WHITE,
    GA_RED,
    GA_GREEN,
    GA_YELLOW,
    GA_BLUE,
    GA_BROWN,
    GA_PURPLE,
    GA_PINK,
    GA_ORANGE,
    GA_GREY,
    GA_BASIC_COLORS
} ga_basic_color_index;

/* What people call an sRGB colour. Borders in hue (in whole degrees), in the largest and smallest
 * channel and their difference, in integers only, so that it is the same everywhere. The borders
 * are our own, laid where the names of the xkcd colour survey (Munroe 2010, 222,500 people, in the
 * public domain) change; tests/unit/data/test_labels.c has the names that they were laid by and how
 * many agree. */
GA_API ga_basic_color_index ga_basic_color(uint8_t r, uint8_t g, uint8_t b);
GA_API const char *ga_basic_color_name(int color); /* "black" ...; "?" outside */

#ifdef __cplusplus
}
#endif
#endif
