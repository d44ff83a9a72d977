/* raw.h - a plan's own buffers, for code that fills or reads them in place (edit/search.c).
 *
 * Layout HWNC: element (h,w,n,c) at ((h*W + w)*N + n)*C + c, N that of the run. */
#ifndef GA_RAW_H
#define GA_RAW_H
#include "ganatomy/net.h"

/* The start tap's buffer (the first input's, or that of `from`), and the promise that the coming
 * run has n images (1..batch); to be called in place of ga_plan_write before every run. */
float *ga_plan_raw_input(ga_plan *plan, int n);
/* The last tap of the run just done; valid until the next run. */
const float *ga_plan_raw_output(const ga_plan *plan);
#endif
