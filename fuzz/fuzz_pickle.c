/* fuzz_pickle.c - the pickle machine alone, without a zip archive around it: storages that it asks
 * for are there and hold zeros. */
#include "arrays.h"
#include "array/read_torch.h"

enum { STORED = 1 << 12 }; /* bytes of any storage */

static ga_status read_pickle(ga_weights *w, ga_err *err)
{
    ga_pickle p;
    ga_pv *root = NULL;
    ga_cursor c = ga_cursor_of(w->data, w->size, w->where);
    ga_status status = ga_pickle_open(&p, w->where, w->budget.limit, err);
    if (status == GA_OK)
        status = ga_pickle_run(&p, &c, &root, err);
    for (size_t i = 0; status == GA_OK && i < p.n_storages; i++) {
        ga_pickle_storage *s = p.storages[i];
        void *zeros = NULL;
        if (s->numel > STORED / ga_dtype_size(s->dtype))
            status = ga_fail(err, GA_EDATA, "fuzz: too large for here");
        else
            status = ga_budget_new(&w->budget, s->numel, ga_dtype_size(s->dtype), &zeros, err);
        s->data = zeros;
    }
    if (status == GA_OK)
        status = ga_torch_collect(w, root, w->where, err);
    ga_pickle_close(&p);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_arrays(read_pickle, data, size);
}
