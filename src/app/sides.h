/* sides.h - dissections side by side: what `ganatomy compare dissections` says and writes of them.
 */
#ifndef GA_APP_SIDES_H
#define GA_APP_SIDES_H
#include "app/verb.h"
#include "ganatomy/findings.h"

enum { GA_MOST_SIDES = 20, GA_SIDE_NAME = 128 };

typedef struct ga_side {
    char name[GA_SIDE_NAME]; /* what it is called beside the others */
    const char *folder;
    ga_findings *findings;
} ga_side;

typedef struct ga_sides {
    ga_side side[GA_MOST_SIDES];
    int n;
} ga_sides;

/* How many layers a layer is away from the pictures, among those that were dissected: the nearest
 * is 1. Layers count from the latents in a network that makes pictures, and from the pictures in
 * one that reads them. */
int ga_side_away(const ga_side *s, int layer);
/* Does a unit of any of them stand for the label? */
bool ga_sides_stand(const ga_sides *s, int label);
int ga_sides_labels(const ga_sides *s); /* the most of any */
ga_found_label ga_sides_label(const ga_sides *s, int label);

/* Setting number i that not all have alike, as a sentence; false past the last. */
bool ga_sides_differ(const ga_sides *s, int *i, ga_text *sentence);

/* The tables: of layers, and of labels by layers where there are not too many. */
void ga_sides_say(ga_request *rq, const ga_sides *s);
/* What compare.json has, or NULL without memory. */
json_t *ga_sides_json(const ga_sides *s);
/* compare.html, compare.json, layers.csv and labels.csv into a folder; compare.json last. */
ga_status ga_sides_write(const ga_sides *s, const json_t *json, const char *folder, ga_err *err);
/* Adds everything to the page. */
ga_status ga_sides_page(const ga_sides *s, const char *path, ga_err *err);
#endif
