/* loose_pictures.h - picture files without labels, made fit for a classifier. */
#ifndef GA_LOOSE_PICTURES_H
#define GA_LOOSE_PICTURES_H
#include "app/verb.h"
#include "ganatomy/tensor.h"

typedef struct ga_loose_pictures {
    int n;
    char **path;   /* (n) */
    float *pixels; /* (n,C,H,W) in 0..1 */
    ga_dims dims;  /* of one */
} ga_loose_pictures;

/* The files named, and of folders named the .png, .jpg, .jpeg in them, in the order of their names
 * (2.png before 10.png). Each becomes dims: its middle square, shrunk with a triangle filter or
 * enlarged bilinearly (ga_data_selection); grey from colour as 0.299 R + 0.587 G + 0.114 B, colour
 * from grey three times; see-through on black. invert: black and white are exchanged.
 * GA_ENOTFOUND: no such file, a folder without pictures; GA_EDATA: not a picture; GA_EINVAL: dims
 * that are not square, or of other than 1 or 3 channels. */
ga_status ga_loose_pictures_read(const ga_request *rq, const char *const *names, int n_names,
                                 ga_dims dims, bool invert, ga_loose_pictures *out, ga_err *err);
void ga_loose_pictures_free(ga_loose_pictures *p); /* zeroed structs are fine */
#endif
