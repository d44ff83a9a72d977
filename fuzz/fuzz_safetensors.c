/* fuzz_safetensors.c - safetensors: JSON header and data. */
#include "arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_arrays(ga_read_safetensors, data, size);
}
