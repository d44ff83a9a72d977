/* conv_plan.h - inside the product kernels: what a shape is compiled to, and the table of register
 * tiles that each instruction set provides. Only src/kernel/conv*.c include it.
 *
 * A *product* is one direction: every output pixel is the sum over its valid taps of
 * (source row) x (weights of the tap). Forward and backward data of convolutions and transposed
 * convolutions are all products; they differ in which tap of which source pixel is valid (ga_axis)
 * and in how the weights are packed. Weight gradients are sums of outer products of rows.
 *
 * A *word* is 32 bits: one f32, or a pair of bf16. All offsets of tiles count words, so f32 and
 * bf16 share drivers. */
#ifndef GA_CONV_PLAN_H
#define GA_CONV_PLAN_H
#include "kernel/conv.h"
#include "kernel/conv_winograd.h"
#include <omp.h>

enum {
    GA_TILE_ROWS = 14,  /* most rows of any register tile */
    GA_BLOCK_ROWS = 448 /* rows that a tap-by-tap block has at most */
};

/* Address sanitizers make unrolled tiles so long that compiling them takes minutes; they get small
 * ones, which walk the same memory. */
#if defined(__SANITIZE_ADDRESS__)
#define GA_SMALL_TILES
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GA_SMALL_TILES
#endif
#endif

/* ---- geometry ---------------------------------------------------------------------------------*/

/* Rows or columns of a product. Outputs whose valid taps and relative inputs agree form a class. */
typedef struct ga_axis {
    int n_in, n_out, k, n_classes;
    int *source;   /* (n_out,k) input index that tap k reads, or -1 */
    int *order;    /* (n_out) outputs, class by class, ascending in each */
    int *class_of; /* (n_out) */
    int *lowest;   /* (n_out) least input index of its taps; 0 without taps */
    int *first;    /* (n_classes+1) where each class starts in order */
    int *n_taps;   /* (n_classes) */
    int *tap;      /* (n_classes,k) kernel index of each valid tap, ascending */
    int *delta;    /* (n_classes,k) its input index minus lowest; >= 0 */
    int *memory;   /* what holds all of these */
} ga_axis;

/* gather: input = output*stride - pad + k*dilation (a convolution's forward); otherwise input =
 * (output + pad - k*dilation) / stride where that divides (its backward data). */
bool ga_axis_make(ga_axis *axis, bool gather, int n_in, int n_out, int k, int stride, int pad,
                  int dilation);
void ga_axis_end(ga_axis *axis);
uint64_t ga_axis_pairs(const ga_axis *axis); /* valid (output, tap) pairs */

/* ---- register tiles ---------------------------------------------------------------------------*/

/* c[row][columns] = start + sum over taps, k: a[row + tap + k] * b[tap][k][columns]. */
typedef struct ga_tile {
    const float *a;      /* source words */
    const size_t *a_tap; /* per tap, and */
    const size_t *a_row; /* per row: added to find the source row */
    const float *b;      /* packed weights, rows of the tile's width */
    const size_t *b_tap; /* per tap: its first row */
    size_t n_taps, k;
    float *c;
    const size_t *c_row;
    const float *bias; /* start, NULL: 0; unless add, then c itself is the start */
    int columns;       /* valid ones; the rest of the width is computed and dropped */
    bool add;
} ga_tile;
typedef void (*ga_tile_fn)(const ga_tile *t);

/* The same for few outputs: c[row][o] = bias[o] + sum over lanes of a[row + tap + k] *
 * b[tap][o][k]; b has k padded with zeros to a multiple of the vector length. */
typedef struct ga_dot {
    const float *a;
    const size_t *a_tap, *a_row;
    const float *b;
    const size_t *b_tap;
    size_t n_taps, k, b_out; /* b_out: words from one output's weights to the next's */
    float *c;
    const size_t *c_row;
    const float *bias;
} ga_dot;
typedef void (*ga_dot_fn)(const ga_dot *t);

/* c[r][col] = (add ? c : 0) + sum over i, j, n: a[i*a_i + j*a_j + n*a_n + r] * b[... + col]. */
typedef struct ga_outer {
    const float *a, *b;
    size_t a_i, a_j, a_n, b_i, b_j, b_n;
    size_t n_i, n_j, n;
    float *c;
    size_t c_row;
    bool add;
} ga_outer;
typedef void (*ga_outer_fn)(const ga_outer *t);

/* One output pixel of all images, channel by channel. weights (tap,channels_padded). */
typedef struct ga_depth {
    const float *a;
    const size_t *a_tap, *b_tap;
    const float *b;
    size_t n_taps, n, channels;
    const float *bias;
    float *c;
} ga_depth;

/* What one instruction set provides. Widths: a full panel is 2*lanes columns, a last one may be
 * lanes. Functions for r rows are at [r-1]. */
typedef struct ga_conv_isa {
    const char *name;
    int lanes, rows;
    ga_tile_fn tile[2][GA_TILE_ROWS]; /* [0]: one vector wide, [1]: two */
    ga_outer_fn outer[2][GA_TILE_ROWS];
    int dot_rows[8];              /* rows of dot[o-1] for o outputs */
    ga_dot_fn dot[8], dot_one[8]; /* dot_one: a single row */
    void (*depth)(const ga_depth *t);
    /* c[ch] += sum over i, j, n of a * b; a_i ... as in ga_outer, c_row is the channel count */
    void (*depth_weights)(const ga_outer *t);
    /* dst[c][r] = src[r][c], or added; rows, columns <= 16 */
    void (*transpose)(const float *const *src, int rows, int columns, float *const *dst, bool add);
    /* dst[r*width + c] = src[r*step + c] for c < count, 0 up to width */
    void (*copy_part)(const float *src, size_t step, size_t rows, int count, float *dst,
                      size_t width);
    /* out[i] = start + rows[0][i] + rows[1][i] + ... for i < n */
    void (*sum_rows)(const float *const *rows, size_t n_rows, float start, size_t n, float *out);
    void (*column_sums)(const float *src, size_t rows, size_t columns,
                        float *sums); /* overwrites */
    /* B^T; A and G; A^T and G^T of conv_winograd.h */
    ga_wino_fn wino_source, wino_evaluate, wino_collect;
} ga_conv_isa;

/* Tiles over pairs of bf16, made for the widths of AVX-512's f32 ones. */
typedef struct ga_conv_bf16 {
    ga_tile_fn tile[2][GA_TILE_ROWS];
    ga_outer_fn outer[2][GA_TILE_ROWS];
    /* as copy_part, but word (r,c) is the pair of rows 2r and 2r+1 (0 beyond the last) */
    void (*pair_part)(const float *src, size_t step, size_t rows, int count, float *dst,
                      size_t width);
    /* words[i] = bf16(low[i]) | bf16(high[i]) << 16; high NULL: 0 */
    void (*pair_rows)(const float *low, const float *high, size_t n, uint32_t *words);
    /* dst[i] = bf16(src[i]); n of them, and a zero after them if n is odd */
    void (*to_bf16)(const float *src, size_t n, uint16_t *dst);
} ga_conv_bf16;

const ga_conv_isa *ga_conv_portable(void);
/* NULL where the compiler's target has no such instructions. */
const ga_conv_isa *ga_conv_avx2(void);
const ga_conv_isa *ga_conv_avx512(void);
const ga_conv_bf16 *ga_conv_avx512_bf16(void);

/* What a call works with. */
typedef struct ga_kernels {
    const ga_conv_isa *f32;
    const ga_conv_bf16 *bf16; /* NULL: not there or not wanted */
    int threads;
} ga_kernels;

/* ---- products ---------------------------------------------------------------------------------*/

typedef enum ga_product_kind {
    GA_PRODUCT_TAPS,    /* register tiles of rows x output channels */
    GA_PRODUCT_DOT,     /* few output channels: vectors along the input channels */
    GA_PRODUCT_SCATTER, /* few output channels, most taps valid: all taps of each source pixel as
                           one product, then every output collects its share */
    GA_PRODUCT_DEPTH,   /* one channel in and out a group */
    GA_PRODUCT_WINOGRAD /* register tiles over transformed sources and weights */
} ga_product_kind;

/* Element (v,r,t) of the weights, v output and r input channel of this product within group g, t
 * tap, lies at g*group + v*output + r*input + t in PyTorch's layout. */
typedef struct ga_weight_strides {
    size_t group, output, input;
} ga_weight_strides;

typedef struct ga_product {
    ga_product_kind kind;
    bool bf16;
    int groups, red, out; /* channels a group: summed over, produced */
    int taps;
    ga_axis rows, cols;
    ga_weight_strides strides;
    int panels;
    size_t red_words;    /* words a source row has for a group */
    size_t source_words; /* and from one source row to the next */
    bool convert;        /* source rows are rewritten into scratch first */
    int columns;         /* of a panel row in all: out, or taps * out when scattering */
    size_t panel_words;  /* packed: from one full panel to the next */
    size_t group_words;  /* packed: from one group to the next */
    size_t packed_bytes;
    /* scratch, in this order; copy: converted rows, or the products to be collected */
    size_t copy_bytes, units_bytes, thread_bytes;
    ga_wino *wino; /* if that is its kind, else NULL */
} ga_product;

/* tile: of conv_winograd.h, or 0. */
ga_status ga_product_make(ga_product *p, const ga_conv_shape *s, bool backward,
                          const ga_kernels *kernels, int tile, int n, ga_err *err);
void ga_product_end(ga_product *p);
size_t ga_product_units_bytes(const ga_product *p, const ga_kernels *kernels, size_t rows);
size_t ga_product_scratch(const ga_product *p, int threads);
uint64_t ga_product_work(const ga_product *p); /* multiply-adds per image */
void ga_product_pack(const ga_product *p, const ga_kernels *kernels, const float *weights,
                     float *packed);
void ga_product_run(const ga_product *p, const ga_kernels *kernels, int n, const float *src,
                    const float *packed, const float *bias, float *dst, void *scratch);

/* The call of GA_PRODUCT_SCATTER, conv_scatter.c. */
void ga_product_run_scatter(const ga_product *p, const ga_kernels *kernels, size_t n,
                            const float *src, const float *packed, const float *bias, float *dst,
                            void *scratch, bool parallel);
size_t ga_product_scatter_bytes(const ga_kernels *kernels, const ga_product *p); /* a thread */

/* The call of GA_PRODUCT_WINOGRAD, conv_winograd_run.c. */
void ga_wino_run(const ga_product *p, const ga_kernels *kernels, size_t n, const float *src,
                 const float *packed, const float *bias, float *dst, void *scratch, bool parallel);
/* By all threads of a team: sums (slot, channel in, channel out) of the weight gradients' points,
 * then in `sums` of (tap, channel in, channel out). points: room for slots of ga_wino_point_step,
 * block: that of a run. A barrier at the end. */
void ga_wino_sum(const ga_product *forward, const ga_kernels *kernels, size_t n, const float *src,
                 const float *diff_dst, float *points, float *sums, void *block);

/* ---- weight gradients -------------------------------------------------------------------------*/

typedef enum ga_gradient_kind {
    GA_GRADIENT_OUTER, /* a tile per tap */
    GA_GRADIENT_PATCH, /* one side has few channels: its patches are the tile's rows */
    GA_GRADIENT_DEPTH,
    GA_GRADIENT_WINOGRAD /* a tile per point of conv_winograd.h */
} ga_gradient_kind;

/* Either side of the sums: the source or the gradient of the result. */
typedef struct ga_side {
    int channels;  /* a group */
    bool is_dst;   /* it is the gradient of the result */
    bool strided;  /* its pixel is pixel_of_the_other*stride - pad + k*dilation */
    bool packed;   /* copied into scratch, tile by tile */
    int h, w;      /* of its image */
    size_t offset; /* of the copy in scratch, bytes */
} ga_side;

/* Sums are made as (chunk, group, tap, row channel, column channel padded to width), then added up
 * and turned into PyTorch's layout. */
typedef struct ga_gradient {
    ga_gradient_kind kind;
    bool bf16;
    int groups, taps;
    ga_side row, col;          /* which is broadcast, which is read as vectors */
    int tiles, panels, chunks; /* chunks: parts of the sum; fixed by the shape and N */
    size_t width;
    ga_weight_strides strides;          /* output: of a column channel, input: of a row channel */
    size_t block_offset, points_offset; /* of GA_GRADIENT_WINOGRAD */
    size_t sums_offset, thread_offset, thread_bytes, bias_offset;
    size_t scratch_bytes;
} ga_gradient;

/* forward: the shape's, which decides whether this is GA_GRADIENT_WINOGRAD. */
void ga_gradient_make(ga_gradient *g, const ga_conv_shape *s, const ga_kernels *kernels, int n,
                      const ga_product *forward);

struct ga_conv {
    ga_conv_shape shape;
    int n;
    bool train;
    int tile; /* of conv_winograd.h, or 0 */
    ga_kernels kernels;
    ga_product forward, backward;
    ga_gradient gradient;
    size_t scratch_bytes;
    char kernel[64], reason[160];
};

/* As ga_conv_create, of a shape that it accepts; tile: of a shape that fits conv_winograd.h, or 0.
 * Here for tests, that want tiles also where they do not pay. */
ga_status ga_conv_make(const ga_conv_shape *shape, int n, bool bf16, bool train, ga_isa isa,
                       int threads, int tile, ga_conv **out, ga_err *err);

void ga_gradient_run(const ga_conv *c, int n, const float *src, const float *diff_dst,
                     float *diff_weights, float *diff_bias, bool accumulate, void *scratch);

/* ---- small helpers ----------------------------------------------------------------------------*/

static inline size_t ga_thread(void) /* which thread of the team this is */
{
    return (size_t)omp_get_thread_num();
}

static inline size_t ga_round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}
static inline int ga_div_up(int n, int by)
{
    return (n + by - 1) / by;
}
static inline int ga_min(int a, int b)
{
    return a < b ? a : b;
}
/* Where part i of n things in `parts` nearly equal parts starts. */
static inline size_t ga_part(size_t n, size_t parts, size_t i)
{
    return n / parts * i + (i < n % parts ? i : n % parts);
}
#endif
