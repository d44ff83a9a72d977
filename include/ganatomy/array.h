/* array.h - named arrays on disk and in memory: what programs of numbers exchange.
 *
 *     ga_array    one array: name, element type, shape, dense elements.
 *     ga_weights  a bare bag of them, as found in a file of any supported format: the weights of a
 *                 network, or pictures and labels. Formats: docs/formats/npy.md, pytorch.md,
 *                 safetensors.md.
 *
 * Files from outside are opponents: nothing in them is executed, every length is checked before it
 * is believed, and a refusal names file, offset or field, what was found and what was expected. */
#ifndef GA_ARRAY_H
#define GA_ARRAY_H
#include "ganatomy/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ga_dtype {
    GA_F64, GA_F32, GA_F16, GA_BF16, GA_I64, GA_I32, GA_I16, GA_I8, GA_U8, GA_BOOL
} ga_dtype;

typedef struct ga_array {
    const char *name; /* state-dict key with nested dicts joined by '.', wrapper keys kept */
    ga_dtype dtype;
    int rank; /* 0: one number */
    int64_t dim[GA_MAX_RANK];
    size_t count;     /* of elements */
    const void *data; /* dense C-order, little-endian, count * ga_dtype_size bytes */
} ga_array;

typedef struct ga_weights ga_weights;

GA_API size_t ga_dtype_size(ga_dtype t);
GA_API const char *ga_dtype_name(ga_dtype t); /* "F32", as in safetensors */

/* Reads .pt/.pth/.zip (PyTorch's zip form and the older stream), .safetensors, .npz, .npy; the
 * format is told from the bytes, not the name. *out becomes the caller's. memory_limit bounds what
 * is allocated (0: four times the file and at least 64 MiB). GA_ENOTFOUND, GA_EIO, GA_EDATA. */
GA_API ga_status ga_weights_read(const char *path, size_t memory_limit, ga_weights **out,
                                 ga_err *err);
/* Copies n arrays into a bag of their own. where: what messages call it; format: static words. No
 * pointer is kept but that. GA_EDATA: a name is there twice, or is no clean UTF-8. */
GA_API ga_status ga_weights_copy(const ga_array *arrays, int n, const char *where,
                                 const char *format, ga_weights **out, ga_err *err);
GA_API void ga_weights_free(ga_weights *w);
GA_API const char *ga_weights_format(const ga_weights *w); /* "PyTorch zip", "safetensors", ... */
GA_API int ga_weights_count(const ga_weights *w);
GA_API const ga_array *ga_weights_at(const ga_weights *w, int i); /* in file order */
GA_API const ga_array *ga_weights_find(const ga_weights *w, const char *name); /* or NULL */
/* Metadata string of a safetensors file, or NULL. */
GA_API const char *ga_weights_metadata(const ga_weights *w, const char *key);
/* Element i of a as f32 for all i, whatever the type. dst has a->count floats. */
GA_API void ga_array_to_f32(const ga_array *a, float *dst);
GA_API size_t ga_array_count_nan(const ga_array *a);
/* A shape in words: "(256,128,3,3)", "(5)", "()". Into buf of GA_SHAPE_WORDS chars, returns buf. */
enum { GA_SHAPE_WORDS = 192 };
GA_API const char *ga_shape_words(int rank, const int64_t *dim, char *buf);

typedef enum ga_weights_form { GA_FORM_SAFETENSORS, GA_FORM_NPZ, GA_FORM_NPY, GA_FORM_TORCH } ga_weights_form;

/* Writes arrays to path: aside, flushed, renamed. metadata: key, value, key, value, ..., NULL
 * (safetensors only). Torch files are zips that torch.load(weights_only=True) reads. GA_EIO. */
GA_API ga_status ga_weights_write(const char *path, ga_weights_form form, const ga_array *arrays,
                                  int n, const char *const *metadata, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
