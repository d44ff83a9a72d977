/* fuzz_npy.c - .npy, and .npz where the bytes are those of a zip archive. */
#include "arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool zip = size > 1 && data[0] == 'P' && data[1] == 'K';
    return fuzz_arrays(zip ? ga_read_zip : ga_read_npy, data, size);
}
