#include "net/par.h"

void ga_parallel(int threads, size_t count, size_t grain, ga_range_fn *fn, const void *user)
{
    const size_t pieces = (count + grain - 1) / grain;
    if (threads <= 1 || pieces <= 1) {
        for (size_t begin = 0; begin < count; begin += grain)
            fn(user, begin, begin + grain < count ? begin + grain : count);
        return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < pieces; i++) {
        const size_t begin = i * grain;
        fn(user, begin, begin + grain < count ? begin + grain : count);
    }
}
