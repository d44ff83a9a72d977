#if defined(__x86_64__)
#include "kernel/vec_tables.h"
#define VEC_TABLE ga_vec_avx2
#include "kernel/vec_template.h"
#else
typedef int vec_avx2_is_empty; /* a translation unit may not be */
#endif
