/* fuzz_torch_zip.c - PyTorch's zip form, and whatever else is a zip archive: directory, entries,
 * pickle. */
#include "arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_arrays(ga_read_zip, data, size);
}
