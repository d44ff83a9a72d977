/* conv_portable.c - register tiles in plain C, four floats at a time (every compiler that takes
 * GCC's vector types turns them into what the machine has). */
#include "kernel/conv_plan.h"
#include <stddef.h>

#define LANES 4
#ifdef GA_SMALL_TILES
#define ROWS 4
#else
#define ROWS 6
#endif
#define ISA_NAME     "portable"
#define ISA_FUNCTION ga_conv_portable
#define DOT_ROWS_1   4
#define DOT_ROWS_2   4
#define DOT_ROWS_3   2
#define DOT_ROWS_4   2
#define DOT_ROWS_5   2
#define DOT_ROWS_6   1
#define DOT_ROWS_7   1
#define DOT_ROWS_8   1

typedef float V __attribute__((vector_size(16)));
typedef float V_unaligned __attribute__((vector_size(16), aligned(4), may_alias));

static inline V v_set(float x)
{
    return (V){x, x, x, x};
}
static inline V v_zero(void)
{
    return v_set(0);
}
static inline V v_load(const float *p)
{
    return *(const V_unaligned *)p;
}
static inline void v_store(float *p, V x)
{
    *(V_unaligned *)p = x;
}
static inline V v_fma(V a, V b, V c)
{
    return a * b + c;
}
static inline V v_add(V a, V b)
{
    return a + b;
}
static inline V v_sub(V a, V b)
{
    return a - b;
}
static inline V v_mul(V a, V b)
{
    return a * b;
}
static inline float v_sum(V x)
{
    return (x[0] + x[2]) + (x[1] + x[3]);
}
static inline V v_load_n(const float *p, int n)
{
    V x = {0, 0, 0, 0};
    for (int i = 0; i < n && i < LANES; i++)
        x[i] = p[i];
    return x;
}
static inline void v_store_n(float *p, V x, int n)
{
    for (int i = 0; i < n && i < LANES; i++)
        p[i] = x[i];
}
static void transpose_block(const float *const *src, int rows, int columns, float *const *dst,
                            _Bool add)
{
    for (int c = 0; c < columns; c++)
        for (int r = 0; r < rows; r++)
            dst[c][r] = add ? dst[c][r] + src[r][c] : src[r][c];
}

#include "kernel/conv_tiles.inc"
