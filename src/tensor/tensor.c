#include "ganatomy/tensor.h"
#include "base/alloc.h"

ga_status ga_tensor_create(int rank, const int64_t *dim, ga_tensor *out, ga_err *err)
{
    *out = (ga_tensor){0};
    if (rank < 0 || rank > GA_MAX_RANK)
        return ga_fail(err, GA_EINVAL, "an array of %d dimensions, at most %d are possible", rank,
                       GA_MAX_RANK);
    ga_tensor t = {.rank = rank, .count = 1};
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 0)
            return ga_fail(err, GA_EINVAL, "dimension %d of an array is %lld, expected 0 or more",
                           i, (long long)dim[i]);
        if (!ga_mul(t.count, (size_t)dim[i], &t.count))
            return ga_fail(err, GA_EINVAL, "an array whose size overflows at dimension %d (%lld)",
                           i, (long long)dim[i]);
        t.dim[i] = dim[i];
    }
    t.data = ga_mem_new(t.count, sizeof *t.data);
    if (t.data == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for an array of %zu numbers", t.count);
    *out = t;
    return GA_OK;
}

void ga_tensor_free(ga_tensor *t)
{
    if (t == NULL)
        return;
    ga_mem_free(t->data);
    *t = (ga_tensor){0};
}
