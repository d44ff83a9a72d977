/* font.h - the letters that are drawn into sheets: ASCII 32..126, one size, drawn for this project.
 * A letter is 5 wide and 9 high (7 above the line that it stands on, 2 below) in a cell of 6 x 10.
 */
#ifndef GA_FONT_H
#define GA_FONT_H
#include "ganatomy/image.h"

enum { GA_LETTER_W = 6, GA_LETTER_H = 10 };

/* Draws the first n letters of text with its top left corner at (x,y); level is the value of all
 * three channels. A UTF-8 sequence outside ASCII is one '?'. What lies outside image is cut. */
void ga_font_draw(ga_image *image, int x, int y, const char *text, size_t n, uint8_t level);
/* Letters of text as they are drawn: UTF-8 sequences count once. */
size_t ga_font_count(const char *text);
#endif
