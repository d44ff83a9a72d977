#include "kernel/vec.h"
#include "kernel/vec_tables.h"

const ga_vec *ga_vec_of(ga_isa isa)
{
#if defined(__x86_64__)
    if (isa >= GA_ISA_AVX512)
        return &ga_vec_avx512;
    if (isa >= GA_ISA_AVX2)
        return &ga_vec_avx2;
#endif
    (void)isa;
    return &ga_vec_portable;
}
