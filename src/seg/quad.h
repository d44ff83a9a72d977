/* quad.h - each connected piece of an object in four: top and bottom, left and right. */
#ifndef GA_SEG_QUAD_H
#define GA_SEG_QUAD_H
#include "ganatomy/seg.h"

/* objects (h,w): labels 1 .. step, 0 for none. rows and columns (h,w) receive the label plus step
 * times 1 (top) or 3 (bottom), and plus step times 2 (left) or 4 (right) of the half of its piece
 * that a pixel is in; 0 where there is no object. A piece is pixels of one label that touch,
 * corners too; its middle is at (top + bottom + 1) / 2, rounded down, of its rows, and so for its
 * columns: what lies before is the top (left). skip_last: the piece whose first pixel (row by row)
 * comes last stays without, as published (netdissect/segmenter.py, component_masks: its loop ends
 * one short). room (h w): for the work. */
void ga_quad_split(const uint16_t *objects, int h, int w, int step, bool skip_last, uint16_t *rows,
                   uint16_t *columns, int *room);
#endif
