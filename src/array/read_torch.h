/* read_torch.h - what both of PyTorch's forms share once the pickle is read. */
#ifndef GA_MODEL_READ_TORCH_H
#define GA_MODEL_READ_TORCH_H
#include "array/pickle.h"
#include "array/zip.h"

/* Adds every tensor that can be reached from root, in order. Nested dicts, lists and tuples are
 * joined by '.', a bare tensor is called "tensor"; numbers, strings and the like are skipped.
 * All storages have their data. where names the pickle in messages. */
ga_status ga_torch_collect(ga_weights *w, ga_pv *root, const char *where, ga_err *err);

/* The two kinds of zip archives. */
ga_status ga_read_torch_zip(ga_weights *w, ga_zip *zip, const ga_zip_entry *pickle, ga_err *err);
ga_status ga_read_npz(ga_weights *w, ga_zip *zip, ga_err *err);

/* "WHERE: NAME" in the budget. */
ga_status ga_where_in(ga_weights *w, const char *name, size_t length, char **out, ga_err *err);
#endif
