/* Folded weights on the small source against the definition: every pixel four times, then 3x3. */
#include "conv_check.h"
#include "kernel/conv_plan.h"

/* dst[p'] for every place of a doubled source, in NHWC as the kernels have it: (h,w,n,c). */
static float *doubled(const float *src, const ga_conv_shape *s, int n)
{
    const size_t row = (size_t)n * s->ic;
    float *dst = ga_mem_new((size_t)s->ih * s->iw * row, sizeof *dst);
    for (int h = 0; h < s->ih; h++)
        for (int w = 0; w < s->iw; w++)
            memcpy(dst + ((size_t)h * s->iw + w) * row,
                   src + ((size_t)(h / 2) * (s->iw / 2) + w / 2) * row, row * sizeof *dst);
    return dst;
}

/* The sum of each pixel's four. */
static void halve(const float *src, const ga_conv_shape *s, int n, float *dst)
{
    const size_t row = (size_t)n * s->ic;
    for (size_t i = 0; i < (size_t)(s->ih / 2) * (s->iw / 2) * row; i++)
        dst[i] = 0;
    for (int h = 0; h < s->ih; h++)
        for (int w = 0; w < s->iw; w++)
            for (size_t c = 0; c < row; c++)
                dst[((size_t)(h / 2) * (s->iw / 2) + w / 2) * row + c] +=
                    src[((size_t)h * s->iw + w) * row + c];
}

static void check_shape(const ga_conv_shape *s, int n, ga_isa isa, bool train)
{
    ga_err err;
    ga_conv *c;
    const ga_conv_shape small = ga_conv_double(s);
    expected e = draw_inputs(s, n);
    const size_t n_small = e.n_src / 4, n_folded = ga_conv_folded_count(s);
    float *source = ga_mem_new(n_small, sizeof *source), *diff = ga_mem_new(n_small, sizeof *diff);
    memcpy(source, e.src, n_small * sizeof *source); /* a quarter of what was drawn */
    ga_mem_free(e.src);
    e.src = doubled(source, s, n);
    double *dst = ga_mem_new(e.n_dst, sizeof *dst),
           *diff_src = ga_mem_new(e.n_src, sizeof *diff_src),
           *diff_weights = ga_mem_new(e.n_weights, sizeof *diff_weights);
    conv_numbers x = {e.src, e.weights, e.diff_dst, dst, diff_src, diff_weights};
    conv_enumerate(s, n, conv_multiply, &x);
    for (size_t i = 0; i < e.n_dst; i++)
        dst[i] += e.bias[i % s->oc];
    e.dst = narrowed(dst, e.n_dst);
    float *wide = narrowed(diff_src, e.n_src);
    halve(wide, s, n, diff);
    e.diff_weights = narrowed(diff_weights, e.n_weights);

    expected f = {.n_src = n_small,
                  .n_dst = e.n_dst,
                  .n_weights = n_folded,
                  .src = source,
                  .weights = ga_mem_new(n_folded, sizeof(float)),
                  .bias = e.bias,
                  .diff_dst = e.diff_dst};
    ga_conv_fold(s, e.weights, f.weights, 2);
    CHECK_OK(
        ga_conv_create(&small, n, false, train ? GA_CONV_TRAIN : GA_CONV_EXACT, isa, 2, &c, &err));
    if (!train) { /* the backward calls want it, without Winograd's errors */
        ga_conv_free(c);
        CHECK_OK(ga_conv_make(&small, n, false, true, isa, 2, 0, &c, &err));
    }
    char what[96];
    snprintf(what, sizeof what, "%d -> %d, %d x %d, isa %d", s->ic, s->oc, s->ih, s->iw, (int)isa);
    results r = run_conv(c, &f, &small, n);
    const tolerances t = train ? WINOGRAD_ERROR : F32_ERROR;
    check_close(what, r.dst, e.dst, e.n_dst, t.sums);
    check_close(what, r.diff_src, diff, n_small, t.sums);
    float *unfolded = ga_mem_new(e.n_weights, sizeof *unfolded);
    ga_conv_unfold(s, r.diff_weights, unfolded, false, 2);
    check_close(what, unfolded, e.diff_weights, e.n_weights, t.weights);
    ga_conv_unfold(s, r.diff_weights, unfolded, true, 1);
    for (size_t i = 0; i < e.n_weights; i++)
        e.diff_weights[i] *= 2;
    check_close(what, unfolded, e.diff_weights, e.n_weights, t.weights);

    float *all[] = {source, diff, wide, f.weights, unfolded};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ga_mem_free(all[i]);
    ga_mem_free(dst);
    ga_mem_free(diff_src);
    ga_mem_free(diff_weights);
    results_free(&r);
    expected_free(&e);
}

static void folded_weights_are_the_doubled_convolution(void **state)
{
    (void)state;
    static const ga_conv_shape shapes[] = {
        CONV(3, 5, 2, 2, 2, 2, 3, 1, 1), CONV(1, 1, 4, 6, 4, 6, 3, 1, 1),
        CONV(7, 3, 10, 4, 10, 4, 3, 1, 1), CONV(16, 32, 8, 8, 8, 8, 3, 1, 1),
        CONV(64, 80, 16, 16, 16, 16, 3, 1, 1)};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int isa = GA_ISA_PORTABLE; isa <= (int)ga_cpu_isa(); isa++)
            for (int train = 0; train < 2; train++) {
                assert_true(ga_conv_can_double(&shapes[i]));
                check_shape(&shapes[i], 3, (ga_isa)isa, train == 1);
            }
}

static void other_shapes_are_left_alone(void **state)
{
    (void)state;
    static const ga_conv_shape shapes[] = {CONV(3, 5, 4, 4, 4, 4, 1, 1, 0),
                                           CONV(3, 5, 4, 4, 2, 2, 3, 1, 0),
                                           CONV(3, 5, 4, 4, 2, 2, 3, 2, 1),
                                           CONV(3, 5, 4, 4, 4, 4, 5, 1, 2),
                                           BACK(3, 5, 4, 4, 4, 4, 3, 1, 1),
                                           CONV(3, 5, 3, 4, 3, 4, 3, 1, 1),
                                           {false, 2, 4, 4, 4, 4, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        assert_false(ga_conv_can_double(&shapes[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folded_weights_are_the_doubled_convolution),
        cmocka_unit_test(other_shapes_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
