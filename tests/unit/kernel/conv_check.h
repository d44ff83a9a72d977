/* conv_check.h - what tests of the product kernels share: shapes in short, what must come out of
 * them (conv_reference.h), and one run of all directions of a kernel. */
#ifndef GA_CONV_CHECK_H
#define GA_CONV_CHECK_H
#include "check.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "conv_reference.h"

/* f32: a result is a sum of up to some 10,000 products; rounding grows like the root of their
 * number times 2^-24, and the sum itself likewise, so that errors stay near 1e-6 of the scale.
 * Winograd's transforms pass through larger numbers: kernel/conv_winograd.h says how much; twice
 * that is allowed. */
typedef struct tolerances {
    double sums, weights; /* of results and gradients of sources; of gradients of weights */
} tolerances;
static const tolerances F32_ERROR = {1e-5, 1e-5}, WINOGRAD_ERROR = {2e-5, 8e-5};

#define CONV(ic, oc, h, w, oh, ow, k, s, p)                                                        \
    {                                                                                              \
        false, 1, ic, oc, h, w, oh, ow, k, k, s, s, p, p, 1, 1                                     \
    }
#define BACK(ic, oc, h, w, oh, ow, k, s, p)                                                        \
    {                                                                                              \
        true, 1, ic, oc, h, w, oh, ow, k, k, s, s, p, p, 1, 1                                      \
    }

static inline float *draw(ga_rng *rng, size_t n)
{
    float *x = ga_mem_new(n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * ga_rng_uniform(rng) - 1);
    return x;
}

static inline float *narrowed(const double *x, size_t n)
{
    float *out = ga_mem_new(n, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)x[i];
    return out;
}

/* Inputs of a shape and what must come out. */
typedef struct expected {
    size_t n_src, n_dst, n_weights;
    float *src, *weights, *bias, *diff_dst;
    float *dst, *diff_src, *diff_weights, *diff_bias;
} expected;

static inline expected draw_inputs(const ga_conv_shape *s, int n)
{
    ga_rng rng = ga_rng_of(7, (uint64_t)(s->ic * 1000 + s->oc));
    expected e = {.n_src = (size_t)s->ih * s->iw * n * s->ic,
                  .n_dst = (size_t)s->oh * s->ow * n * s->oc,
                  .n_weights = (size_t)s->ic * (s->oc / s->groups) * s->kh * s->kw};
    e.src = draw(&rng, e.n_src);
    e.weights = draw(&rng, e.n_weights);
    e.bias = draw(&rng, (size_t)s->oc);
    e.diff_dst = draw(&rng, e.n_dst);
    return e;
}

static inline expected expect(const ga_conv_shape *s, int n)
{
    expected e = draw_inputs(s, n);
    double *dst = ga_mem_new(e.n_dst, sizeof *dst), *bias = ga_mem_new((size_t)s->oc, sizeof *bias);
    double *diff_src = ga_mem_new(e.n_src, sizeof *diff_src);
    double *diff_weights = ga_mem_new(e.n_weights, sizeof *diff_weights);
    conv_numbers x = {e.src, e.weights, e.diff_dst, dst, diff_src, diff_weights};
    conv_enumerate(s, n, conv_multiply, &x);
    for (size_t i = 0; i < e.n_dst; i++) {
        dst[i] += e.bias[i % s->oc];
        bias[i % s->oc] += e.diff_dst[i];
    }
    e.dst = narrowed(dst, e.n_dst);
    e.diff_src = narrowed(diff_src, e.n_src);
    e.diff_weights = narrowed(diff_weights, e.n_weights);
    e.diff_bias = narrowed(bias, (size_t)s->oc);
    ga_mem_free(dst);
    ga_mem_free(bias);
    ga_mem_free(diff_src);
    ga_mem_free(diff_weights);
    return e;
}

static inline void expected_free(expected *e)
{
    float *all[] = {e->src, e->weights,  e->bias,         e->diff_dst,
                    e->dst, e->diff_src, e->diff_weights, e->diff_bias};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ga_mem_free(all[i]);
}

/* What one kernel made of it. */
typedef struct results {
    float *dst, *diff_src, *diff_weights, *diff_bias;
} results;

static inline void fill(void *p, size_t bytes)
{
    memset(p, 0xff, bytes); /* NaN: whatever is read before it is written shows */
}

/* All directions of c, which is freed, with memory of exactly the sizes that it asks for. */
static inline results run_conv(ga_conv *c, const expected *e, const ga_conv_shape *s, int n)
{
    enum { GUARD = 64 };
    const ga_conv_info info = ga_conv_describe(c);
    char *scratch = ga_mem_new(info.scratch_bytes + GUARD, 1), guard[GUARD];
    void *packed = ga_mem_new(info.packed_bytes, 1);
    void *packed_backward = ga_mem_new(info.packed_backward_bytes, 1);
    results r = {ga_mem_new(e->n_dst, sizeof(float)), ga_mem_new(e->n_src, sizeof(float)),
                 ga_mem_new(e->n_weights, sizeof(float)), ga_mem_new((size_t)s->oc, sizeof(float))};
    fill(guard, GUARD);
    fill(packed, info.packed_bytes);
    fill(packed_backward, info.packed_backward_bytes);
    fill(scratch, info.scratch_bytes + GUARD);
    fill(r.dst, e->n_dst * sizeof(float));
    fill(r.diff_src, e->n_src * sizeof(float));
    fill(r.diff_weights, e->n_weights * sizeof(float));
    fill(r.diff_bias, (size_t)s->oc * sizeof(float));
    ga_conv_pack(c, e->weights, packed);
    ga_conv_pack_backward(c, e->weights, packed_backward);
    ga_conv_forward(c, n, e->src, packed, e->bias, r.dst, scratch);
    fill(scratch, info.scratch_bytes);
    ga_conv_backward_data(c, n, e->diff_dst, packed_backward, r.diff_src, scratch);
    fill(scratch, info.scratch_bytes);
    ga_conv_backward_weights(c, n, e->src, e->diff_dst, r.diff_weights, r.diff_bias, false,
                             scratch);
    assert_memory_equal(scratch + info.scratch_bytes, guard, GUARD);
    ga_mem_free(packed);
    ga_mem_free(packed_backward);
    ga_mem_free(scratch);
    ga_conv_free(c);
    return r;
}

static inline void results_free(results *r)
{
    ga_mem_free(r->dst);
    ga_mem_free(r->diff_src);
    ga_mem_free(r->diff_weights);
    ga_mem_free(r->diff_bias);
}

static inline void compare(const char *name, const expected *e, const results *r, int oc, tolerances t)
{
    char what[160];
    snprintf(what, sizeof what, "%s: forward", name);
    check_close(what, r->dst, e->dst, e->n_dst, t.sums);
    snprintf(what, sizeof what, "%s: backward data", name);
    check_close(what, r->diff_src, e->diff_src, e->n_src, t.sums);
    snprintf(what, sizeof what, "%s: backward weights", name);
    check_close(what, r->diff_weights, e->diff_weights, e->n_weights, t.weights);
    snprintf(what, sizeof what, "%s: backward bias", name);
    check_close(what, r->diff_bias, e->diff_bias, (size_t)oc, F32_ERROR.sums);
}

static inline void same_bytes(const char *what, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(a + i, b + i, sizeof *a) != 0)
            fail_msg("%s: element %zu is %.9g and %.9g", what, i, (double)a[i], (double)b[i]);
}

/* Image `image` of n of HWNC data with c channels, as a batch of one. */
static inline float *pick(const float *data, size_t pixels, int n, int c, int image)
{
    float *out = ga_mem_new(pixels * (size_t)c, sizeof *out);
    for (size_t p = 0; p < pixels; p++)
        memcpy(out + p * (size_t)c, data + (p * (size_t)n + (size_t)image) * (size_t)c,
               (size_t)c * sizeof *out);
    return out;
}

#endif
