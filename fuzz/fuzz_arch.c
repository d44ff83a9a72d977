/* fuzz_arch.c - an architecture from outside: read, written as canonical text, read again, widened.
 */
#include <stdlib.h>
#include <string.h>
#include "ganatomy/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_err err;
    ga_arch *a, *b;
    if (ga_arch_parse((const char *)data, size, "fuzz", &a, &err) != GA_OK)
        return 0;
    const char *json = ga_arch_json(a);
    if (ga_arch_parse(json, strlen(json), "again", &b, &err) != GA_OK ||
        strcmp(ga_arch_json(b), json) != 0)
        abort(); /* what was accepted once is accepted again, and is the same */
    ga_arch_free(b);
    if (ga_arch_with_latent(a, 3, &b, &err) == GA_OK)
        ga_arch_free(b);
    ga_arch_free(a);
    return 0;
}
