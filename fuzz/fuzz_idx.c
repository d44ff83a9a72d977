/* fuzz_idx.c - an IDX file from outside, packed or not. What is accepted has exactly the bytes that
 * its dimensions ask for, and says the same again when it is written plainly. */
#include "data/idx.h"
#include "base/alloc.h"
#include <stdlib.h>
#include <string.h>

#define LIMIT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *write_plain(const ga_idx *x, size_t *size)
{
    const size_t head = 4 + 4 * (size_t)x->rank;
    *size = head + x->bytes;
    uint8_t *out = ga_mem_new(*size, 1);
    if (out == NULL)
        abort();
    out[2] = (uint8_t)x->type;
    out[3] = (uint8_t)x->rank;
    for (int i = 0; i < x->rank; i++)
        for (int k = 0; k < 4; k++)
            out[4 + 4 * i + k] = (uint8_t)(x->dim[i] >> (24 - 8 * k));
    memcpy(out + head, x->data, x->bytes);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_err err;
    ga_idx x, again;
    if (ga_idx_parse(data, size, "fuzz", LIMIT, &x, &err) != GA_OK) {
        if (x.data != NULL || err.text[0] == 0)
            abort();
        return 0;
    }
    size_t count = 1, n;
    for (int i = 0; i < x.rank; i++)
        count *= x.dim[i];
    if (count != x.count || x.bytes < count || x.bytes > LIMIT)
        abort();
    for (size_t i = 0; i < x.count; i++) /* every element can be read */
        if (x.type == GA_IDX_U8 && ga_idx_at(&x, i) != x.data[i])
            abort();
        else if (x.type == GA_IDX_I16 && ga_idx_at(&x, i) != (int16_t)ga_idx_at(&x, i))
            abort();
    uint8_t *plain = write_plain(&x, &n);
    if (ga_idx_parse(plain, n, "again", LIMIT, &again, &err) != GA_OK || again.count != x.count ||
        again.type != x.type || memcmp(again.data, x.data, x.bytes) != 0)
        abort();
    ga_mem_free(plain);
    ga_idx_free(&again);
    ga_idx_free(&x);
    return 0;
}
