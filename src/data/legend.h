/* legend.h - which label has which colour, in words below a sheet of label maps. */
#ifndef GA_DATA_LEGEND_H
#define GA_DATA_LEGEND_H
#include "ganatomy/image.h"
#include "ganatomy/labels.h"

/* What the planes that a sheet shows are made of, counted in pixels. */
typedef struct ga_legend ga_legend;

/* v is borrowed. GA_ENOMEM; *out is NULL then. */
ga_status ga_legend_create(const ga_vocabulary *v, ga_legend **out, ga_err *err);
void ga_legend_free(ga_legend *l); /* NULL is fine */
/* n pixels of a plane; category: whose plane it is, read for label 0, none of its labels. Labels
 * that v has not, and GA_UNPAINTED, count as not painted. */
void ga_legend_count(ga_legend *l, const uint16_t *plane, size_t n, int category);

/* The colour that a label is drawn in; 0: none of category's; GA_UNPAINTED: not painted. */
typedef void ga_legend_color(const void *user, int label, int category, uint8_t rgb[3]);
/* A line of keys for each category that was counted: its labels, those of most pixels first, of
 * equals in the vocabulary's order, and "none" behind them; then what is not painted. Only what
 * occurs. GA_ENOMEM, GA_EINVAL as of ga_sheet_add_keys. */
ga_status ga_legend_add(const ga_legend *l, ga_legend_color *color, const void *user,
                        ga_sheet *sheet, ga_err *err);
#endif
