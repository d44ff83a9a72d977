/* tensor.h - arrays of floats with a shape, and pictures.
 *
 * Letters: N images, C channels (units of a layer), H rows, W columns.
 * Everything a caller sees is dense, row-major and C-order; a picture batch is (N,C,H,W).
 * (Inside a running plan activations lie as (H,W,N,C), see src/net/README; nobody outside sees it.) */
#ifndef GA_TENSOR_H
#define GA_TENSOR_H
#include "ganatomy/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GA_MAX_RANK 8

/* An owned array of f32. Made by ga_tensor_create, ended by ga_tensor_free. rank 0 is one number. */
typedef struct ga_tensor {
    float *data;
    size_t count;         /* product of dim */
    int rank;             /* 0..GA_MAX_RANK */
    int64_t dim[GA_MAX_RANK];
} ga_tensor;

/* The shape of one image's activation at one place: C units of H x W. A plain vector is (C,1,1). */
typedef struct ga_dims {
    int c, h, w;
} ga_dims;

/* A borrowed dense (N,C,H,W) array; passed by value, never freed. */
typedef struct ga_view {
    const float *data;
    int n, c, h, w;
} ga_view;

/* Zero-filled; *out becomes the caller's. GA_EINVAL: rank or a dim out of range; GA_ENOMEM. */
GA_API ga_status ga_tensor_create(int rank, const int64_t *dim, ga_tensor *out, ga_err *err);
GA_API void ga_tensor_free(ga_tensor *t); /* NULL and zeroed structs are fine; zeroes *t */

/* n*c*h*w as size_t; every factor must be >= 0 */
static inline size_t ga_view_count(ga_view v)
{
    return (size_t)v.n * (size_t)v.c * (size_t)v.h * (size_t)v.w;
}
static inline size_t ga_dims_count(ga_dims d)
{
    return (size_t)d.c * (size_t)d.h * (size_t)d.w;
}

#ifdef __cplusplus
}
#endif
#endif
