/* test_conv.c - the product kernels of every instruction set that this CPU has, in all directions,
 * against the definition (conv_reference.h), over shapes that are odd on purpose. */
#include "conv_check.h"

/* Factors are rounded to 8 bits (relative error up to 2^-9 each, independent), so a sum of m random
 * products is off by about 2^-9 of its own standard deviation; 4 deviations plus the largest of
 * many results lie below 2^-6 of the scale. */
static const tolerances BF16_ERROR = {0.015625, 0.015625};

static const struct odd_shape {
    const char *name;
    int n;
    ga_conv_shape s;
} shapes[] = {
    {"one number", 1, CONV(1, 1, 1, 1, 1, 1, 1, 1, 0)},
    {"linear 5 to 196", 7, CONV(5, 196, 1, 1, 1, 1, 1, 1, 0)},
    {"linear 392 to 1", 33, CONV(392, 1, 1, 1, 1, 1, 1, 1, 0)},
    {"linear 120 to 84, one image", 1, CONV(120, 84, 1, 1, 1, 1, 1, 1, 0)},
    {"linear 37 to 5", 20, CONV(37, 5, 1, 1, 1, 1, 1, 1, 0)},
    {"1x1 of 17 to 33", 3, CONV(17, 33, 5, 4, 5, 4, 1, 1, 0)},
    {"3x3 same", 2, CONV(16, 24, 6, 7, 6, 7, 3, 1, 1)},
    {"3x3 same, 31 images", 31, CONV(8, 48, 5, 5, 5, 5, 3, 1, 1)},
    {"5x5 same on 7x7, one image", 1, CONV(32, 40, 7, 7, 7, 7, 5, 1, 2)},
    {"5x5 stride 2", 20, CONV(32, 64, 14, 14, 7, 7, 5, 2, 2)},
    {"5x5 stride 2 from one channel", 24, CONV(1, 64, 28, 28, 14, 14, 5, 2, 2)},
    {"3x3 from three channels", 3, CONV(3, 20, 9, 11, 9, 11, 3, 1, 1)},
    {"3x3 to three channels", 3, CONV(20, 3, 9, 11, 9, 11, 3, 1, 1)},
    {"stride 2 to two channels", 5, CONV(24, 2, 9, 8, 5, 4, 3, 2, 1)},
    {"stride above kernel", 2, CONV(4, 6, 11, 13, 4, 5, 2, 3, 0)},
    {"no output touches the image", 2, CONV(4, 6, 2, 2, 6, 6, 1, 1, 2)},
    {"kernel as large as the image", 4, CONV(16, 120, 5, 5, 1, 1, 5, 1, 0)},
    {"even kernel 4x4 stride 2", 6, CONV(12, 18, 16, 16, 8, 8, 4, 2, 1)},
    {"asymmetric", 3, {false, 1, 6, 10, 9, 12, 5, 11, 3, 4, 2, 1, 1, 1, 1, 1}},
    {"dilated", 2, {false, 1, 8, 16, 12, 12, 8, 10, 3, 2, 1, 1, 0, 0, 2, 2}},
    {"dilated, strided, padded", 3, {false, 1, 5, 9, 13, 12, 6, 4, 3, 3, 2, 3, 2, 1, 2, 1}},
    {"groups of 4 to 6", 3, {false, 3, 12, 18, 7, 7, 7, 7, 3, 3, 1, 1, 1, 1, 1, 1}},
    {"groups of 16 to 17", 15, {false, 2, 32, 34, 5, 5, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1}},
    {"groups of 20 to 1", 4, {false, 2, 40, 2, 6, 6, 3, 3, 3, 3, 2, 2, 1, 1, 1, 1}},
    {"groups of 1 to 20", 4, {false, 2, 2, 40, 6, 6, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1}},
    {"depthwise", 3, {false, 21, 21, 21, 8, 8, 4, 4, 3, 3, 2, 2, 1, 1, 1, 1}},
    {"depthwise times 2", 3, {false, 5, 5, 10, 6, 6, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1}},
    {"transposed 5x5 same on 7x7", 16, BACK(48, 32, 7, 7, 7, 7, 5, 1, 2)},
    {"transposed 5x5 stride 2, output padding", 15, BACK(32, 64, 7, 7, 14, 14, 5, 2, 2)},
    {"the same, one image", 1, BACK(32, 64, 7, 7, 14, 14, 5, 2, 2)},
    {"the same, four images", 4, BACK(32, 64, 7, 7, 14, 14, 5, 2, 2)},
    {"transposed to one channel", 17, BACK(64, 1, 14, 14, 28, 28, 5, 2, 2)},
    {"transposed to one channel, one image", 1, BACK(64, 1, 7, 7, 14, 14, 5, 2, 2)},
    {"transposed from one channel", 3, BACK(1, 18, 5, 5, 10, 10, 4, 2, 1)},
    {"transposed 4x4 from 1x1", 5, BACK(100, 24, 1, 1, 4, 4, 4, 1, 0)},
    {"transposed to three channels", 2, BACK(20, 3, 8, 8, 16, 16, 4, 2, 1)},
    {"transposed, stride above kernel", 2, BACK(6, 4, 4, 5, 11, 14, 2, 3, 0)},
    {"transposed, dilated, asymmetric", 3, {true, 1, 7, 9, 5, 6, 11, 16, 3, 2, 2, 3, 1, 1, 2, 1}},
    {"transposed groups", 3, {true, 2, 10, 8, 5, 5, 9, 9, 3, 3, 2, 2, 1, 1, 1, 1}},
    {"transposed depthwise", 2, {true, 19, 19, 19, 5, 5, 10, 10, 4, 4, 2, 2, 1, 1, 1, 1}},
    {"13 x 13 kernel", 2, {false, 1, 18, 20, 14, 14, 14, 14, 13, 13, 1, 1, 6, 6, 1, 1}},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static results run_kernel(const expected *e, const ga_conv_shape *s, int n, int most, bool bf16,
                          ga_isa isa, int threads)
{
    ga_err err;
    ga_conv *c;
    CHECK_OK(ga_conv_create(s, most, bf16, GA_CONV_TRAIN, isa, threads, &c, &err));
    return run_conv(c, e, s, n);
}

/* What a plan for training may be off by. */
static tolerances error_of(const ga_conv_shape *s, bool bf16, ga_isa isa)
{
    ga_err err;
    ga_conv *c;
    CHECK_OK(ga_conv_create(s, 1, bf16, GA_CONV_TRAIN, isa, 1, &c, &err));
    const bool winograd = strstr(ga_conv_describe(c).kernel, "winograd") != NULL;
    ga_conv_free(c);
    return bf16 ? BF16_ERROR : winograd ? WINOGRAD_ERROR : F32_ERROR;
}

static void compare_all(ga_isa isa, bool bf16)
{
    if (isa > ga_cpu_isa()) {
        print_message("skipped: this CPU has no %s\n", ga_isa_name(isa));
        return;
    }
    for (size_t i = 0; i < N_SHAPES; i++) {
        const struct odd_shape *x = &shapes[i];
        expected e = expect(&x->s, x->n);
        results r = run_kernel(&e, &x->s, x->n, x->n, bf16, isa, 2);
        compare(x->name, &e, &r, x->s.oc, error_of(&x->s, bf16, isa));
        results_free(&r);
        expected_free(&e);
    }
}

static void portable_agrees_with_the_definition(void **state)
{
    (void)state;
    compare_all(GA_ISA_PORTABLE, false);
}

static void avx2_agrees_with_the_definition(void **state)
{
    (void)state;
    compare_all(GA_ISA_AVX2, false);
}

static void avx512_agrees_with_the_definition(void **state)
{
    (void)state;
    compare_all(GA_ISA_AVX512, false);
}

static void bf16_agrees_with_the_definition(void **state)
{
    (void)state;
    compare_all(GA_ISA_AVX512_BF16, true);
}

static void one_and_two_threads_give_the_same_bytes(void **state)
{
    (void)state;
    const ga_isa isas[] = {GA_ISA_PORTABLE, ga_cpu_isa()};
    for (size_t i = 0; i < N_SHAPES; i++)
        for (int k = 0; k < 3; k++) {
            const struct odd_shape *x = &shapes[i];
            expected e = draw_inputs(&x->s, x->n);
            results one = run_kernel(&e, &x->s, x->n, x->n, k == 2, isas[k > 0], 1);
            results two = run_kernel(&e, &x->s, x->n, x->n, k == 2, isas[k > 0], 2);
            same_bytes(x->name, one.dst, two.dst, e.n_dst);
            same_bytes(x->name, one.diff_src, two.diff_src, e.n_src);
            same_bytes(x->name, one.diff_weights, two.diff_weights, e.n_weights);
            same_bytes(x->name, one.diff_bias, two.diff_bias, (size_t)x->s.oc);
            results_free(&one);
            results_free(&two);
            expected_free(&e);
        }
}

static void an_image_does_not_depend_on_its_batch(void **state)
{
    (void)state;
    const ga_isa isas[] = {GA_ISA_PORTABLE, GA_ISA_AVX2, GA_ISA_AVX512, GA_ISA_AVX512_BF16};
    for (size_t i = 0; i < N_SHAPES; i++)
        for (int k = 0; k < 4 && isas[k] <= ga_cpu_isa(); k++) {
            const ga_conv_shape *s = &shapes[i].s;
            const int n = 16, image = 11;
            const size_t in = (size_t)s->ih * s->iw, out = (size_t)s->oh * s->ow;
            expected e = draw_inputs(s, n), alone = e;
            alone.n_src = in * s->ic;
            alone.n_dst = out * s->oc;
            alone.src = pick(e.src, in, n, s->ic, image);
            alone.diff_dst = pick(e.diff_dst, out, n, s->oc, image);
            results all = run_kernel(&e, s, n, n, k == 3, isas[k], 2);
            results one = run_kernel(&alone, s, 1, n, k == 3, isas[k], 2);
            float *dst = pick(all.dst, out, n, s->oc, image);
            float *diff_src = pick(all.diff_src, in, n, s->ic, image);
            same_bytes(shapes[i].name, one.dst, dst, alone.n_dst);
            same_bytes(shapes[i].name, one.diff_src, diff_src, alone.n_src);
            ga_mem_free(dst);
            ga_mem_free(diff_src);
            ga_mem_free(alone.src);
            ga_mem_free(alone.diff_dst);
            results_free(&all);
            results_free(&one);
            expected_free(&e);
        }
}

static void gradients_can_be_added_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const ga_conv_shape *s = &shapes[i].s;
        ga_err err;
        ga_conv *c;
        expected e = expect(s, shapes[i].n);
        CHECK_OK(ga_conv_create(s, shapes[i].n, false, GA_CONV_TRAIN, ga_cpu_isa(), 2, &c, &err));
        void *scratch = ga_mem_new(ga_conv_describe(c).scratch_bytes, 1);
        float *w = ga_mem_new(e.n_weights, sizeof *w), *b = ga_mem_new((size_t)s->oc, sizeof *b);
        for (size_t k = 0; k < e.n_weights; k++) {
            w[k] = e.weights[k];
            e.diff_weights[k] += e.weights[k];
        }
        for (size_t k = 0; k < (size_t)s->oc; k++) {
            b[k] = e.bias[k];
            e.diff_bias[k] += e.bias[k];
        }
        ga_conv_backward_weights(c, shapes[i].n, e.src, e.diff_dst, w, b, true, scratch);
        check_close(shapes[i].name, w, e.diff_weights, e.n_weights,
                    error_of(s, false, ga_cpu_isa()).weights);
        check_close(shapes[i].name, b, e.diff_bias, (size_t)s->oc, F32_ERROR.sums);
        ga_mem_free(w);
        ga_mem_free(b);
        ga_mem_free(scratch);
        ga_conv_free(c);
        expected_free(&e);
    }
}

static void count_one(void *user, size_t src, size_t weight, size_t dst)
{
    (void)src;
    (void)weight;
    (void)dst;
    ++*(uint64_t *)user;
}

static void descriptions_count_valid_multiplications(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        ga_err err;
        ga_conv *c;
        uint64_t count = 0;
        CHECK_OK(ga_conv_create(&shapes[i].s, 1, false, GA_CONV_EXACT, ga_cpu_isa(), 1, &c, &err));
        const ga_conv_info info = ga_conv_describe(c);
        conv_enumerate(&shapes[i].s, 1, count_one, &count);
        if (info.multiply_adds != count)
            fail_msg("%s: %llu multiplications, expected %llu", shapes[i].name,
                     (unsigned long long)info.multiply_adds, (unsigned long long)count);
        assert_true(strlen(info.kernel) > 0 && strlen(info.reason) > 0);
        ga_conv_free(c);
    }
}

static void bad_shapes_are_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_conv *c;
    ga_conv_shape s = CONV(4, 6, 5, 5, 5, 5, 3, 1, 1);
    s.groups = 4;
    CHECK_FAILS(ga_conv_create(&s, 1, false, GA_CONV_TRAIN, GA_ISA_PORTABLE, 1, &c, &err),
                GA_EINVAL, "4 groups do not divide 4 channels in and 6 out");
    assert_null(c);
    s.groups = 1;
    s.sh = 0;
    CHECK_FAILS(ga_conv_create(&s, 1, false, GA_CONV_TRAIN, GA_ISA_PORTABLE, 1, &c, &err),
                GA_EINVAL, "'sh' is 0, but must be at least 1");
    s.sh = 1;
    CHECK_FAILS(ga_conv_create(&s, 0, false, GA_CONV_TRAIN, GA_ISA_PORTABLE, 1, &c, &err),
                GA_EINVAL, "'n' is 0");
    s.ic = s.oc = 1 << 16;
    CHECK_FAILS(ga_conv_create(&s, 1, false, GA_CONV_TRAIN, GA_ISA_PORTABLE, 1, &c, &err),
                GA_ENOMEM, "38654705664 weights, but at most 2147483647");
    s.ic = s.oc = s.ih = s.iw = 1 << 30;
    CHECK_FAILS(ga_conv_create(&s, 1 << 30, false, GA_CONV_TRAIN, GA_ISA_PORTABLE, 1, &c, &err),
                GA_ENOMEM, "too many");
}

static void running_out_of_memory_is_a_status(void **state)
{
    (void)state;
    const ga_conv_shape s = CONV(4, 6, 5, 5, 5, 5, 3, 1, 1);
    ga_err err;
    ga_conv *c;
    for (long i = 0; i < 5; i++) {
        ga_mem_fail_after(i);
        CHECK_FAILS(ga_conv_create(&s, 1, false, GA_CONV_TRAIN, GA_ISA_PORTABLE, 1, &c, &err),
                    GA_ENOMEM, "no memory");
        assert_null(c);
    }
    ga_mem_fail_after(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(portable_agrees_with_the_definition),
        cmocka_unit_test(avx2_agrees_with_the_definition),
        cmocka_unit_test(avx512_agrees_with_the_definition),
        cmocka_unit_test(bf16_agrees_with_the_definition),
        cmocka_unit_test(one_and_two_threads_give_the_same_bytes),
        cmocka_unit_test(an_image_does_not_depend_on_its_batch),
        cmocka_unit_test(gradients_can_be_added_to),
        cmocka_unit_test(descriptions_count_valid_multiplications),
        cmocka_unit_test(bad_shapes_are_refused_in_words),
        cmocka_unit_test(running_out_of_memory_is_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
