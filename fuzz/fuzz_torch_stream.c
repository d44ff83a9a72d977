/* fuzz_torch_stream.c - PyTorch's form before 1.6: five pickles and raw storages. */
#include "arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_arrays(ga_read_torch_stream, data, size);
}
