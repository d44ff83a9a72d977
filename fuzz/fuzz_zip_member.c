/* fuzz_zip_member.c - a zip file from outside, asked for the member "a". */
#include "data/zip_member.h"
#include "base/alloc.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t limit = 1 << 20;
    ga_err err;
    uint8_t *out;
    size_t n;
    const ga_status status = ga_zip_member(data, size, "fuzz", "a", limit, &out, &n, &err);
    if (status == GA_OK ? out == NULL || n > limit : out != NULL || n != 0 || err.text[0] == 0)
        abort();
    ga_mem_free(out);
    return 0;
}
