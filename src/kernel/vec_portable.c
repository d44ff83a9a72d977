#include "kernel/vec_tables.h"
#define VEC_TABLE ga_vec_portable
#include "kernel/vec_template.h"
