/* skeleton.h - strokes as lines of one pixel. */
#ifndef GA_SEG_SKELETON_H
#define GA_SEG_SKELETON_H
#include <stdint.h>

/* Pixels (h,w), 1 where there is ink. Takes ink away until what is left is one pixel wide, with the
 * same pieces, holes and ends: in turn from above, below, left and right every border pixel whose
 * going changes neither (a simple point: Hilditch's crossing number is 1), row by row, but no end.
 * Ink connects over corners, ground over sides. Rosenfeld 1975; Hilditch 1969. room: (h,w). */
void ga_skeleton(uint8_t *ink, int h, int w, uint8_t *room);

/* The eight neighbours of a pixel from the right against the clock (right, above right, above,
 * ...), 0 outside. Returns how many are 1. */
int ga_skeleton_around(const uint8_t *bone, int h, int w, int y, int x, uint8_t around[8]);
/* How many lines leave a pixel: runs of ones in that circle. */
int ga_skeleton_branches(const uint8_t around[8]);
#endif
