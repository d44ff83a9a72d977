/* vec_tables.h - the tables that vec_portable.c, vec_avx2.c and vec_avx512.c define. */
#ifndef GA_VEC_TABLES_H
#define GA_VEC_TABLES_H
#include "kernel/vec.h"

extern const ga_vec ga_vec_portable, ga_vec_avx2, ga_vec_avx512;
#endif
