/* layout.h - between (N,C,H,W) and HWNC: element (h,w,n,c) at ((h*W + w)*N + n)*C + c. */
#ifndef GA_LAYOUT_H
#define GA_LAYOUT_H
#include "kernel/vec.h"
#include "ganatomy/tensor.h"

void ga_from_nchw(const ga_vec *vec, int threads, ga_dims d, int n, const float *src, float *dst);
void ga_to_nchw(const ga_vec *vec, int threads, ga_dims d, int n, const float *src, float *dst);
/* HWNC of one shape to HWNC of another with as many numbers, in (C,H,W) order within an image. */
void ga_reshape(const ga_vec *vec, int threads, ga_dims from, ga_dims to, int n, const float *src,
                float *dst);
#endif
