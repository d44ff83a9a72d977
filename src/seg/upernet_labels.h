/* upernet_labels.h - the words of unified parsing, labels.json, and the numbers that labels get.
 *
 *     {"object": ["-", "wall", ...], "material": ["-", "brick", ...], "scene": [...], "part":
 * [...], "object_part": {"sky": ["-", "cloud"], "building": ["-", "window", ...], ...}}
 *
 * A head has an output for each name, "-" for none of them; the part head has those of every owner
 * behind each other, owners in the order of the objects. Labels are numbered as Bau et al. 2019 do
 * (CSAILVision/gandissect): objects; with quadrants all objects four times more, top, left, bottom
 * and right of each; materials; and the parts of sky, building and person that no object is called
 * like. A part that is ("window") has the object's number. */
#ifndef GA_SEG_UPERNET_LABELS_H
#define GA_SEG_UPERNET_LABELS_H
#include "ganatomy/seg.h"

#define GA_NOTE_LABELS "labels" /* of a model: the canonical text */

enum { GA_PARSING_OWNERS = 3 }; /* whose parts are told: sky, building, person */

/* Outputs of the heads. */
typedef struct ga_parsing_heads {
    int objects, parts, materials, scenes; /* scenes 0: there is no such head */
} ga_parsing_heads;

typedef struct ga_parsing_owner {
    uint16_t object; /* its label */
    int first, n;    /* its outputs of the part head */
    uint16_t *label; /* (n) which label each of these is */
} ga_parsing_owner;

typedef struct ga_parsing_words {
    char *text; /* canonical; ga_mem_free */
    ga_vocabulary *vocabulary;
    int objects;  /* labels 1 .. objects - 1 */
    int quad;     /* as many labels on is the next quadrant: objects - 1; 0: none */
    int material; /* material m is label material + m - 1 */
    int owners;
    ga_parsing_owner owner[GA_PARSING_OWNERS];
} ga_parsing_words;

/* where: what sentences call the text; network: and the network. GA_EDATA: no such document, or
 * lists that do not fit the heads (names the list, what was found and what was expected). */
ga_status ga_parsing_words_read(const char *text, size_t length, const char *where,
                                const char *network, ga_parsing_heads heads, bool quad,
                                ga_parsing_words *out, ga_err *err);
void ga_parsing_words_free(ga_parsing_words *w); /* what is in it; all zero is fine */
#endif
