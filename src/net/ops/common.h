/* common.h - what several ops share. */
#ifndef GA_OPS_COMMON_H
#define GA_OPS_COMMON_H
#include "net/op.h"
#include "net/par.h"

/* Calls fn with the ga_call over pieces of all elements of the output. */
void ga_for_elements(const ga_call *call, ga_range_fn *fn);
/* Number of elements of the output, of all images. */
size_t ga_call_count(const ga_call *call);
size_t ga_ref_count(const ga_ref *ref);

/* cost of ops with one multiply-add a number of the output. */
uint64_t ga_cost_of_numbers(const ga_node *node);

/* dst = src and diff_src[0] = diff_dst, for layers that move nothing. */
void ga_copy_forward(const ga_call *call);
void ga_copy_backward(const ga_call *call);
bool ga_always_view(const ga_need *need);

/* ---- second order (op.h: tangent, bend) -------------------------------------------------------*/

/* The tangent of ops that are linear in src[0] with nothing added: forward of it. */
void ga_tangent_by_forward(const ga_call *call);
/* Of elementwise ops: what backward makes of a gradient, slope times it. */
void ga_tangent_by_backward(const ga_call *call);
/* bend of elementwise ops from their second derivative at x, where y = f(x). */
typedef float ga_second_fn(const ga_node *node, float x, float y);
void ga_bend_elements(const ga_call *call, ga_second_fn *second);

/* ---- products: Linear, Conv2d, ConvTranspose2d; param 0 is the weight, 1 the bias -------------*/

void ga_product_forward(const ga_call *call);
void ga_product_backward(const ga_call *call);
void ga_product_tangent(const ga_call *call);
/* The definition of both kinds of convolution. */
void ga_product_reference(const ga_ref *ref);
/* Parameters of a product: weight (dim, rank) and, if bias, bias (out). */
int ga_product_params(ga_op_param out[GA_MAX_OP_PARAMS], int rank, const int64_t *dim, int64_t oc,
                      double fan_in, bool bias);

/* ---- pooling and windows ----------------------------------------------------------------------*/

/* Output length of windows of `kernel` taps, `dilation` apart, every `stride`, on a line of `in`
 * with `pad` before and after; below 1 if none fits. up: round up, as ceil_mode. */
int64_t ga_window_count(int64_t in, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation,
                        bool up);
#endif
