/* write_torch.c - PyTorch's zip form: what torch.save(OrderedDict of tensors) makes, with a pickle
 * that holds just what torch.load(weights_only=True) allows. The same arrays give the same bytes.
 */
#include "base/hash.h"
#include "array/zip.h"
#include <stdio.h>
#include <string.h>

/* The top folder must not depend on the file's name, or renaming would change the contents. */
#define TOP "archive/"

static const char *const storages[] = {
    [GA_F64] = "Double", [GA_F32] = "Float", [GA_F16] = "Half",  [GA_BF16] = "BFloat16",
    [GA_I64] = "Long",   [GA_I32] = "Int",   [GA_I16] = "Short", [GA_I8] = "Char",
    [GA_U8] = "Byte",    [GA_BOOL] = "Bool",
};

static void op(ga_text *t, int byte)
{
    const char c = (char)byte;
    ga_text_add_n(t, &c, 1);
}

static void add_string(ga_text *t, const char *s)
{
    const uint32_t n = (uint32_t)strlen(s);
    op(t, 'X'); /* BINUNICODE */
    ga_text_add_n(t, (const char *)&n, sizeof n);
    ga_text_add_n(t, s, n);
}

static void add_int(ga_text *t, int64_t value)
{
    if (value <= INT32_MAX) {
        const int32_t small = (int32_t)value;
        op(t, 'J'); /* BININT */
        ga_text_add_n(t, (const char *)&small, sizeof small);
    } else {
        op(t, 0x8a); /* LONG1 */
        op(t, 8);
        ga_text_add_n(t, (const char *)&value, sizeof value);
    }
}

static void add_tuple(ga_text *t, int n, const int64_t *values)
{
    op(t, '(');
    for (int i = 0; i < n; i++)
        add_int(t, values[i]);
    op(t, 't');
}

/* name, _rebuild_tensor_v2(persistent id, 0, size, stride, False, OrderedDict()) */
static void add_tensor(ga_text *t, const ga_array *a, int index)
{
    char key[16];
    int64_t stride[GA_MAX_RANK], step = 1;
    snprintf(key, sizeof key, "%d", index);
    for (int d = a->rank - 1; d >= 0; d--) {
        stride[d] = step;
        if (a->dim[d] > 0 && step <= INT64_MAX / a->dim[d])
            step *= a->dim[d]; /* an empty array may have dims without a product */
    }
    add_string(t, a->name);
    ga_text_add(t, "ctorch._utils\n_rebuild_tensor_v2\n");
    op(t, '(');
    op(t, '(');
    add_string(t, "storage");
    ga_text_addf(t, "ctorch\n%sStorage\n", storages[a->dtype]);
    add_string(t, key);
    add_string(t, "cpu");
    add_int(t, (int64_t)a->count);
    ga_text_add(t, "tQ"); /* TUPLE BINPERSID */
    add_int(t, 0);
    add_tuple(t, a->rank, a->dim);
    add_tuple(t, a->rank, stride);
    op(t, 0x89); /* NEWFALSE */
    ga_text_add(t, "ccollections\nOrderedDict\n)R");
    ga_text_add(t, "tR"); /* TUPLE REDUCE */
}

static void add_pickle(ga_text *t, const ga_array *arrays, int n)
{
    ga_text_add(t, "\x80\x02"
                   "ccollections\nOrderedDict\n)R");
    op(t, '(');
    for (int i = 0; i < n; i++)
        add_tensor(t, &arrays[i], i);
    ga_text_add(t, "u."); /* SETITEMS STOP */
}

ga_status ga_write_torch(ga_writer *out, const ga_array *arrays, int n, ga_err *err)
{
    ga_zip_maker zip = {.out = out};
    ga_text pickle = {0};
    add_pickle(&pickle, arrays, n);
    const bool failed = pickle.failed;
    if (!failed)
        ga_zip_put(&zip, TOP "data.pkl", pickle.data, pickle.length);
    ga_text_free(&pickle);
    ga_zip_put(&zip, TOP "byteorder", "little", 6);
    for (int i = 0; i < n; i++) {
        char name[40];
        snprintf(name, sizeof name, TOP "data/%d", i);
        ga_zip_put(&zip, name, arrays[i].data, arrays[i].count * ga_dtype_size(arrays[i].dtype));
    }
    ga_zip_put(&zip, TOP "version", "3\n", 2);
    const ga_status status = ga_zip_end(&zip, err);
    return failed ? ga_fail(err, GA_ENOMEM, "no memory for a pickle of %d tensors", n) : status;
}
