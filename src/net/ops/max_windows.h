/* max_windows.h - the largest number of windows: MaxPool2d, AdaptiveMaxPool2d. The first of equal
 * ones gets the gradient; a NaN is the largest, as in PyTorch. */
#ifndef GA_OPS_MAX_WINDOWS_H
#define GA_OPS_MAX_WINDOWS_H
#include "net/op.h"

/* Along one axis a window has `count` places, `step` apart, from `first`; those outside are left
 * out. */
typedef struct ga_window {
    int first, count, step;
} ga_window;
typedef ga_window ga_window_fn(const ga_node *node, int axis, int o);

void ga_max_forward(const ga_call *call, ga_window_fn *window);
void ga_max_tangent(const ga_call *call, ga_window_fn *window);
void ga_max_backward(const ga_call *call, ga_window_fn *window);
#endif
