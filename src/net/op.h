/* op.h - what an op is: one row of one table (op_list.h), defined in ops/NAME.c.
 *
 * A row says how a layer of that type checks its options and shapes, which parameters it has, how
 * it runs forward and backward on HWNC activations (element (h,w,n,c) at ((h*W + w)*N + n)*C + c),
 * a plain reference of it in double on NCHW, and shapes that tests try. Everything else (names,
 * memory, order, edits, packing) is the plan's work.
 *
 * Letters: N images of the run, C, H, W. */
#ifndef GA_OP_H
#define GA_OP_H
#include "ganatomy/net.h"
#include "kernel/conv.h"
#include "kernel/vec.h"

enum { GA_MAX_INPUTS = 16, GA_MAX_ATTRS = 12, GA_MAX_OP_PARAMS = 4, GA_MAX_CASES = 8 };

typedef struct ga_op ga_op;

/* One option that a layer type knows. */
typedef struct ga_attr_spec {
    const char *key;
    int min, max; /* how many numbers; both 0: a word */
    bool whole;   /* whole numbers only */
    double lo, hi;
    bool required;
    double init;              /* every number when absent; NAN: then it has none */
    const char *const *words; /* the words allowed, the first is the default; NULL at the end */
} ga_attr_spec;

typedef struct ga_attr_value {
    int n; /* numbers; 0 for a word, or absent without default */
    double v[4];
    const char *word;
    bool differs; /* from the default; required ones always do */
} ga_attr_value;

/* A layer of a graph, or an input (op NULL). */
typedef struct ga_node {
    const char *name;
    const ga_op *op;
    int tap, n_inputs;
    int inputs[GA_MAX_INPUTS];
    const char *input_names[GA_MAX_INPUTS];
    ga_dims in[GA_MAX_INPUTS], out;
    ga_attr_value attrs[GA_MAX_ATTRS]; /* as op->attrs */
    int first_param, n_params;
} ga_node;

typedef enum ga_init { GA_INIT_FAN, GA_INIT_ONE, GA_INIT_ZERO, GA_INIT_NORMAL } ga_init;

typedef struct ga_op_param {
    const char *suffix; /* "weight" */
    ga_param_kind kind;
    ga_init init;
    int rank;
    int64_t dim[4];
    double fan_in; /* GA_INIT_FAN: uniform within 1/sqrt(fan_in) */
} ga_op_param;

/* One layer's work in one run. Pointers are set where they are wanted and NULL otherwise. */
typedef struct ga_call {
    const ga_node *node;
    const ga_conv *conv; /* of ops that have a conv shape */
    bool doubled;        /* then src[0] is what would be doubled before (ga_conv_double) */
    const ga_vec *vec;
    int n, threads;
    bool train;
    ga_bn_mode bn;
    float slope; /* norms: r(v) = v > 0 ? v : slope v is applied in the same pass; 1: none */
    const float *src[GA_MAX_INPUTS];
    float *dst; /* may be src[0] where the op is in_place or a view */
    float *param[GA_MAX_OP_PARAMS];
    const void *packed, *packed_backward;
    float *saved; /* from forward to backward of one run */
    void *scratch;
    uint64_t dropout_seed;
    /* backward */
    const float *diff_dst;
    float *diff_src[GA_MAX_INPUTS]; /* overwritten; [0] may be diff_dst where backward_in_place */
    float *diff_param[GA_MAX_OP_PARAMS];
    bool accumulate; /* diff_param is added to */
    /* second order: derivatives along a direction of the plan's start */
    const float *tangent_src[GA_MAX_INPUTS]; /* of src; NULL: 0 */
    float *tangent_dst;                      /* of dst; NULL: not wanted */
    const float *tangent_diff;               /* of diff_dst; NULL: 0 */
} ga_call;

/* What a plan asks before it runs. */
typedef struct ga_need {
    const ga_node *node;
    int n, threads;
    bool train;
    ga_bn_mode bn;
} ga_need;

/* The plain form: double, (N,C,H,W), one loop after the other. */
typedef struct ga_ref {
    const ga_node *node;
    int n;
    bool train;
    ga_bn_mode bn;
    uint64_t dropout_seed;
    const double *src[GA_MAX_INPUTS], *param[GA_MAX_OP_PARAMS];
    double *dst;
} ga_ref;

/* A layer that tests build and try. */
typedef struct ga_case {
    int n, n_in;
    ga_dims in[3];
    int n_attrs;
    ga_attr attrs[8];
} ga_case;

/* Whose statistics a norm uses. */
typedef enum ga_norm_kind {
    GA_NORM_PLAN,  /* as the plan's bn says */
    GA_NORM_IMAGE, /* always those of each image */
    GA_NORM_NONE   /* none: a x + b only */
} ga_norm_kind;

struct ga_op {
    const char *type; /* PyTorch's word */
    int min_inputs, max_inputs;
    const ga_attr_spec *attrs;
    int n_attrs;
    bool in_place, backward_in_place; /* dst may be src[0]; diff_src[0] may be diff_dst */
    bool fuses_slope;                 /* a norm (ops/norm.h), which obeys ga_call.slope */
    ga_norm_kind norm;

    /* Fills *out; GA_ESHAPE in a sentence that names both layers and both shapes. */
    ga_status (*shape)(const ga_node *node, ga_dims *out, ga_err *err);
    int (*params)(const ga_node *node, ga_op_param out[GA_MAX_OP_PARAMS]); /* NULL: none */
    bool (*conv)(const ga_node *node, ga_conv_shape *shape); /* it is a product; NULL: it is not */
    bool (*slope)(const ga_node *node, float *slope);        /* it is r(v); NULL: it is not */
    bool (*doubles)(const ga_node *node); /* it repeats each pixel 2 x 2 times; NULL: it does not */
    bool (*view)(const ga_need *need); /* dst holds the same bytes as src[0]; NULL: never */
    void (*memory)(const ga_need *need, size_t *saved_floats, size_t *scratch_bytes);
    uint64_t (*cost)(const ga_node *node);                /* multiply-adds per image; NULL: none */
    ga_status (*check)(const ga_call *call, ga_err *err); /* of the data; NULL: all is fine */
    void (*forward)(const ga_call *call);
    void (*backward)(const ga_call *call); /* of the forward just done with train */
    void (*reference)(const ga_ref *ref);

    /* For gradient penalties (penalty.c): tangent makes tangent_dst from tangent_src, and adds to
     * diff_param what (tangent_src, diff_dst) give there, if these are set. NULL: no penalty passes
     * this op, and no_tangent says why ("..., as it ..."). */
    void (*tangent)(const ga_call *call);
    const char *no_tangent;
    /* Ops whose slope changes between kinks: makes in diff_src the derivatives along the direction
     * of what backward makes there. NULL: that is backward of tangent_diff, as the slope is fixed.
     */
    void (*bend)(const ga_call *call);
    bool bilinear; /* the slope of an input depends on the other inputs alone */

    const char *kernel; /* word for --explain */
    const ga_case *cases;
    int n_cases;
};

/* Option i, number k (the last one given if there are fewer). */
int ga_node_int(const ga_node *node, int attr, int k);
double ga_node_num(const ga_node *node, int attr, int k);
bool ga_node_has(const ga_node *node, int attr);
bool ga_node_word_is(const ga_node *node, int attr, const char *word);

/* "layer 'conv1' (Conv2d) WORDS, but 'layer0' gives (128,7,7)" about input i; GA_ESHAPE. */
ga_status ga_node_misfit(const ga_node *node, int i, ga_err *err, const char *format, ...)
    GA_PRINTF(4, 5);
/* The output shape (c,h,w) of a layer; GA_ESHAPE if h or w is below 1 or a size overflows. */
ga_status ga_node_out(const ga_node *node, int64_t c, int64_t h, int64_t w, ga_dims *out,
                      ga_err *err);
/* Shape rule of ops whose output is shaped like their first input. */
ga_status ga_same_shape(const ga_node *node, ga_dims *out, ga_err *err);

/* The table. */
const ga_op *ga_op_find(const char *type); /* or NULL */
const ga_op *ga_op_at(int i);              /* NULL behind the last one */

static inline size_t ga_pixels(ga_dims d)
{
    return (size_t)d.h * (size_t)d.w;
}

/* Words of tables: option specs, and options given. */
#define GA_COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
/* clang-format off */
#define GA_WHOLE(key, min, max, lo, hi, init)  {key, min, max, true, lo, hi, false, init, NULL}
#define GA_WHOLE_NEEDED(key, min, max, lo, hi) {key, min, max, true, lo, hi, true, 0, NULL}
#define GA_NUMBER(key, lo, hi, init)           {key, 1, 1, false, lo, hi, false, init, NULL}
#define GA_WORD(key, words)                    {key, 0, 0, false, 0, 0, false, 0, words}
#define GA_ONE(k, x)                           {.key = (k), .n = 1, .v = {x}}
#define GA_PAIR(k, x, y)                       {.key = (k), .n = 2, .v = {x, y}}
#define GA_THREE(k, x, y, z)                   {.key = (k), .n = 3, .v = {x, y, z}}
#define GA_FOUR(k, x, y, z, w)                 {.key = (k), .n = 4, .v = {x, y, z, w}}
#define GA_WORD_IS(k, w)                       {.key = (k), .word = (w)}
/* clang-format on */
#endif
