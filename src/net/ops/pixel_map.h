/* pixel_map.h - layers whose output pixels are weighted sums of input pixels, the same for every
 * channel and image, rows and columns apart: average pools, resampling, padding. In HWNC a pixel is
 * one run of N C floats, so such a layer is a list of scaled additions. */
#ifndef GA_OPS_PIXEL_MAP_H
#define GA_OPS_PIXEL_MAP_H
#include "net/op.h"

/* Along one axis an output place is weight first_weight of input place first, and next_weight each
 * of the count - 1 places behind it; or, where weight is set, that of each. count 0: nothing is read
 * there. */
typedef struct ga_axis_taps {
    int first, count;
    float first_weight, next_weight;
    float (*weight)(const ga_node *node, int axis, int o, int i); /* of input place i in output o */
} ga_axis_taps;

/* Taps of output place o; axis 0 is rows, 1 columns. */
typedef ga_axis_taps ga_axis_fn(const ga_node *node, int axis, int o);

void ga_pixel_map_forward(const ga_call *call, ga_axis_fn *taps);
void ga_pixel_map_backward(const ga_call *call, ga_axis_fn *taps);

static inline int ga_axis_length(ga_dims d, int axis)
{
    return axis == 0 ? d.h : d.w;
}
#endif
