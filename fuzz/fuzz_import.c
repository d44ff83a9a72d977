/* fuzz_import.c - a dissect.json of another programme: refused with a sentence, or made into one that
 * can be imported in its turn, to as many layers, units and labels. */
#include "ganatomy/findings.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_err err = {0};
    ga_imported first, second;
    if (ga_dissection_import((const char *)data, size, "fuzz", &first, &err) != GA_OK) {
        if (first.json != NULL || strncmp(err.text, "fuzz", 4) != 0)
            abort();
        return 0;
    }
    if (ga_dissection_import(first.json, strlen(first.json), "again", &second, &err) != GA_OK)
        abort();
    if (second.layers != first.layers || second.units != first.units ||
        second.interpretable != first.interpretable || second.labelled != first.labelled ||
        second.left_out != 0 || !second.ours || strcmp(first.title, second.title) != 0 ||
        first.interpretable > first.units || first.labelled > first.units)
        abort();
    ga_imported_end(&first);
    ga_imported_end(&second);
    return 0;
}
