/* upernet_split.h - unified parsing with a third of the multiplications: its fusion, a 3x3
 * convolution of four joined maps of which three were resized to the size of the first, is taken
 * apart (net/ops/gather_taps.c): the first one's share as a convolution, of the others the products
 * with each tap at their own sizes. The same numbers up to rounding. */
#ifndef GA_SEG_UPERNET_SPLIT_H
#define GA_SEG_UPERNET_SPLIT_H
#include "ganatomy/model.h"

/* A model of its own (ga_model_free) with the parameters that m has now. *out is NULL where m's
 * fusion is not as the family upernet writes it: then m itself is to be used. */
ga_status ga_upernet_split(ga_model *m, ga_model **out, ga_err *err);
#endif
