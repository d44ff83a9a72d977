/* conv.c - checks a shape, chooses kernels for it, says which and why. */
#include "kernel/conv.h"
#include "base/alloc.h"
#include "kernel/conv_plan.h"
#include <stdio.h>

static const ga_conv_isa *isa_for(ga_isa isa)
{
    const ga_conv_isa *best = NULL;
    if (isa >= GA_ISA_AVX512)
        best = ga_conv_avx512();
    if (best == NULL && isa >= GA_ISA_AVX2)
        best = ga_conv_avx2();
    return best != NULL ? best : ga_conv_portable();
}

static ga_status check_shape(const ga_conv_shape *s, int n, ga_err *err)
{
    const struct {
        const char *name;
        int value, least;
    } fields[] = {{"n", n, 1},      {"groups", s->groups, 1}, {"ic", s->ic, 1}, {"oc", s->oc, 1},
                  {"ih", s->ih, 1}, {"iw", s->iw, 1},         {"oh", s->oh, 1}, {"ow", s->ow, 1},
                  {"kh", s->kh, 1}, {"kw", s->kw, 1},         {"sh", s->sh, 1}, {"sw", s->sw, 1},
                  {"ph", s->ph, 0}, {"pw", s->pw, 0},         {"dh", s->dh, 1}, {"dw", s->dw, 1}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].value < fields[i].least)
            return ga_fail(err, GA_EINVAL, "convolution: '%s' is %d, but must be at least %d",
                           fields[i].name, fields[i].value, fields[i].least);
    if (s->ic % s->groups != 0 || s->oc % s->groups != 0)
        return ga_fail(err, GA_EINVAL,
                       "convolution: %d groups do not divide %d channels in and %d out", s->groups,
                       s->ic, s->oc);
    return GA_OK;
}

/* No size below overflows: all are sums of products of these. */
static ga_status check_sizes(const ga_conv_shape *s, int n, ga_err *err)
{
    const int dims[3][5] = {{s->ih, s->iw, s->ic, n, 64},
                            {s->oh, s->ow, s->oc, n, 64},
                            {s->kh, s->kw, s->ic, s->oc, 2048}};
    for (int i = 0; i < 3; i++) {
        size_t size = 1;
        for (int j = 0; j < 5; j++)
            if (!ga_mul(size, (size_t)dims[i][j], &size))
                return ga_fail(err, GA_ENOMEM,
                               "convolution: %d channels of %d x %d times %d are too many",
                               dims[i][2], dims[i][0], dims[i][1], dims[i][3]);
    }
    if ((int64_t)s->kh * s->kw > 1 << 20 || (int64_t)s->ih * s->iw > 1 << 28 ||
        (int64_t)s->oh * s->ow > 1 << 28)
        return ga_fail(err, GA_ENOMEM, "convolution: kernel or image of too many pixels");
    const uint64_t weights = (uint64_t)s->kh * (uint64_t)s->kw * (uint64_t)(s->ic / s->groups) *
                             (uint64_t)s->oc;
    if (weights > INT32_MAX) /* jobs are counted in int, and each has a weight of its own */
        return ga_fail(err, GA_ENOMEM, "convolution: %llu weights, but at most %d can be handled",
                       (unsigned long long)weights, INT32_MAX);
    return GA_OK;
}

static void describe(ga_conv *c, bool bf16_wanted, ga_isa isa)
{
    const ga_product *p = &c->forward;
    const ga_conv_isa *f32 = c->kernels.f32;
    const char *precision = p->bf16 ? " bf16" : "";
    const char *note = "";
    if (bf16_wanted && !p->bf16)
        note = c->kernels.bf16 == NULL ? "; f32, as this instruction set has no bf16 products"
                                       : "; f32, as bf16 gains nothing with few channels";
    if (p->kind == GA_PRODUCT_DEPTH) {
        snprintf(c->kernel, sizeof c->kernel, "%s depthwise %d", f32->name, f32->lanes);
        snprintf(c->reason, sizeof c->reason, "one channel a group, so vectors run along groups%s",
                 note);
    } else if (p->kind == GA_PRODUCT_WINOGRAD) {
        snprintf(c->kernel, sizeof c->kernel, "%s winograd %dx%d", f32->name, c->tile, c->tile);
        snprintf(c->reason, sizeof c->reason,
                 "tiles of %d x %d results by %d x %d taps take %.1f times fewer multiplications, "
                 "for errors near 1e-5 of the largest result",
                 c->tile, c->tile, c->shape.kh, c->shape.kw,
                 (double)ga_product_work(p) /
                     ((double)p->wino->sources * (double)p->red * (double)p->out));
    } else if (p->kind == GA_PRODUCT_SCATTER) {
        snprintf(c->kernel, sizeof c->kernel, "%s scatter %dx%d", f32->name, f32->rows,
                 2 * f32->lanes);
        snprintf(c->reason, sizeof c->reason,
                 "%d taps times %d output channels fill vectors, then each result collects%s",
                 p->taps, p->out, note);
    } else if (p->kind == GA_PRODUCT_DOT) {
        snprintf(c->kernel, sizeof c->kernel, "%s dot %dx%d", f32->name, f32->dot_rows[p->out - 1],
                 p->out);
        snprintf(c->reason, sizeof c->reason,
                 "%d output channels cannot fill a vector, so vectors run along the %d inputs%s",
                 p->out, p->red, note);
    } else {
        snprintf(c->kernel, sizeof c->kernel, "%s%s taps %dx%d", f32->name, precision, f32->rows,
                 2 * f32->lanes);
        snprintf(c->reason, sizeof c->reason,
                 "products over valid taps only, %d x %d registers of results%s%s", f32->rows, 2,
                 isa == GA_ISA_PORTABLE ? ", plain C" : "", note);
    }
}

ga_status ga_conv_create(const ga_conv_shape *shape, int n, bool bf16, ga_conv_use use, ga_isa isa,
                         int threads, ga_conv **out, ga_err *err)
{
    *out = NULL;
    ga_status status = check_shape(shape, n, err);
    if (status == GA_OK)
        status = check_sizes(shape, n, err);
    if (status != GA_OK)
        return status;
    return ga_conv_make(shape, n, bf16, use == GA_CONV_TRAIN, isa, threads,
                        use != GA_CONV_EXACT ? ga_wino_tile(shape) : 0, out, err);
}

ga_status ga_conv_make(const ga_conv_shape *shape, int n, bool bf16, bool train, ga_isa isa,
                       int threads, int tile, ga_conv **out, ga_err *err)
{
    *out = NULL;
    ga_conv *c = ga_mem_new(1, sizeof *c);
    if (c == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a convolution");
    c->shape = *shape;
    c->n = n;
    c->train = train;
    c->kernels.f32 = isa_for(isa);
    c->kernels.bf16 = bf16 && isa >= GA_ISA_AVX512_BF16 ? ga_conv_avx512_bf16() : NULL;
    c->kernels.threads = threads < 1 ? 1 : threads;
    c->tile = c->kernels.bf16 == NULL ? tile : 0;
    ga_status status = ga_product_make(&c->forward, shape, false, &c->kernels, c->tile, n, err);
    if (status == GA_OK && train)
        status = ga_product_make(&c->backward, shape, true, &c->kernels, c->tile, n, err);
    if (status != GA_OK) {
        ga_conv_free(c);
        return status;
    }
    c->scratch_bytes = ga_product_scratch(&c->forward, c->kernels.threads);
    if (train) {
        const size_t backward = ga_product_scratch(&c->backward, c->kernels.threads);
        ga_gradient_make(&c->gradient, shape, &c->kernels, n, &c->forward);
        c->scratch_bytes = backward > c->scratch_bytes ? backward : c->scratch_bytes;
        if (c->gradient.scratch_bytes > c->scratch_bytes)
            c->scratch_bytes = c->gradient.scratch_bytes;
    }
    describe(c, bf16, isa);
    *out = c;
    return GA_OK;
}

void ga_conv_free(ga_conv *c)
{
    if (c == NULL)
        return;
    ga_product_end(&c->forward);
    ga_product_end(&c->backward);
    ga_mem_free(c);
}

ga_conv_info ga_conv_describe(const ga_conv *c)
{
    return (ga_conv_info){.kernel = c->kernel,
                          .reason = c->reason,
                          .packed_bytes = c->forward.packed_bytes,
                          .packed_backward_bytes = c->train ? c->backward.packed_bytes : 0,
                          .scratch_bytes = c->scratch_bytes,
                          .multiply_adds = ga_product_work(&c->forward)};
}

void ga_conv_pack(const ga_conv *c, const float *weights, void *packed)
{
    ga_product_pack(&c->forward, &c->kernels, weights, packed);
}

void ga_conv_pack_backward(const ga_conv *c, const float *weights, void *packed)
{
    ga_product_pack(&c->backward, &c->kernels, weights, packed);
}

void ga_conv_forward(const ga_conv *c, int n, const float *src, const void *packed,
                     const float *bias, float *dst, void *scratch)
{
    ga_product_run(&c->forward, &c->kernels, n, src, packed, bias, dst, scratch);
}

void ga_conv_backward_data(const ga_conv *c, int n, const float *diff_dst, const void *packed,
                           float *diff_src, void *scratch)
{
    ga_product_run(&c->backward, &c->kernels, n, diff_dst, packed, NULL, diff_src, scratch);
}

void ga_conv_backward_weights(const ga_conv *c, int n, const float *src, const float *diff_dst,
                              float *diff_weights, float *diff_bias, bool accumulate, void *scratch)
{
    ga_gradient_run(c, n, src, diff_dst, diff_weights, diff_bias, accumulate, scratch);
}
