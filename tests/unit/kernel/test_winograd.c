/* test_winograd.c - products with fewer multiplications: the transforms against the identity that
 * makes them one, then all directions against the definition, over shapes that are odd on purpose
 * and with every size of tile, also where they would not pay. */
#include "conv_check.h"
#include "kernel/conv_plan.h"

static const ga_isa isas[] = {GA_ISA_PORTABLE, GA_ISA_AVX2, GA_ISA_AVX512};

static const ga_conv_isa *table_of(ga_isa isa)
{
    return isa > ga_cpu_isa()       ? NULL
           : isa == GA_ISA_PORTABLE ? ga_conv_portable()
           : isa == GA_ISA_AVX2     ? ga_conv_avx2()
                                    : ga_conv_avx512();
}

/* ---- transforms -------------------------------------------------------------------------------*/

/* One tile of m outputs and r taps along both lines, 16 floats (all the same) an element. */
typedef struct tile_numbers {
    float source[8][8][16], kernel[5][5][16], out[4][4][16];
    float points[3][64][16];
} tile_numbers;

static ga_wino_move move_of(const ga_wino_line *lines, float *in, int in_n, int in_step, float *out,
                            int out_n, int out_step)
{
    ga_wino_move m = {
        .lines = lines, .in_h = in_n, .in_w = in_n, .out_h = out_n, .out_w = out_n, .count = 16};
    for (int i = 0; i < in_n * in_n; i++)
        m.in[i] = in + (i / in_n * in_step + i % in_n) * 16;
    for (int i = 0; i < out_n * out_n; i++)
        m.out[i] = out + (i / out_n * out_step + i % out_n) * 16;
    return m;
}

static void check_tile(const ga_conv_isa *isa, const ga_wino_line *lines, int m, int r)
{
    static tile_numbers t;
    const int n = m + r - 1;
    ga_rng rng = ga_rng_of(3, (uint64_t)(m * 10 + r));
    for (int i = 0; i < n * n * 16; i++)
        t.source[i / 16 / n][i / 16 % n][i % 16] = (float)(2 * ga_rng_uniform(&rng) - 1);
    for (int i = 0; i < r * r * 16; i++)
        t.kernel[i / 16 / r][i / 16 % r][i % 16] = (float)(2 * ga_rng_uniform(&rng) - 1);
    ga_wino_move move = move_of(lines, **t.source, n, 8, *t.points[0], n, n);
    isa->wino_source(&move);
    move = move_of(lines, **t.kernel, r, 5, *t.points[1], n, n);
    isa->wino_evaluate(&move);
    for (int i = 0; i < n * n * 16; i++)
        t.points[2][i / 16][i % 16] = t.points[0][i / 16][i % 16] * t.points[1][i / 16][i % 16];
    move = move_of(lines, *t.points[2], n, n, **t.out, m, 4);
    isa->wino_collect(&move);
    for (int i = 0; i < m * m * 16; i++) {
        const int y = i / 16 / m, x = i / 16 % m, c = i % 16;
        double sum = 0;
        for (int k = 0; k < r * r; k++)
            sum += (double)t.source[y + k / r][x + k % r][c] * t.kernel[k / r][k % r][c];
        if (!(fabs(sum - t.out[y][x][c]) < 5e-5))
            fail_msg("%s, %d outputs, %d taps: (%d,%d) is %g, expected %g", isa->name, m, r, y, x,
                     (double)t.out[y][x][c], sum);
    }
}

static void transforms_make_products_a_correlation(void **state)
{
    (void)state;
    ga_wino_line lines[GA_WINO_POINTS + 1];
    ga_wino_lines(lines);
    for (int i = 0; i < 3; i++)
        for (int m = 1; m <= GA_WINO_OUTPUTS && table_of(isas[i]) != NULL; m++)
            for (int r = 1; r <= GA_WINO_TAPS; r++)
                check_tile(table_of(isas[i]), lines, m, r);
}

/* ---- shapes -----------------------------------------------------------------------------------*/

static const struct wino_shape {
    const char *name;
    int n;
    ga_conv_shape s;
} shapes[] = {
    {"5x5 on 7x7", 5, CONV(32, 48, 7, 7, 7, 7, 5, 1, 2)},
    {"transposed 5x5 on 7x7", 5, BACK(48, 32, 7, 7, 7, 7, 5, 1, 2)},
    {"the same, one image", 1, BACK(48, 32, 7, 7, 7, 7, 5, 1, 2)},
    {"3x3 on 13x9", 3, CONV(16, 32, 13, 9, 13, 9, 3, 1, 1)},
    {"transposed 3x3 on 6x11", 2, BACK(32, 16, 6, 11, 6, 11, 3, 1, 1)},
    {"3x3 without padding", 2, CONV(16, 16, 9, 10, 7, 8, 3, 1, 0)},
    {"3x3 with much padding", 2, CONV(16, 16, 4, 3, 8, 7, 3, 1, 3)},
    {"to one pixel", 9, CONV(16, 48, 5, 5, 1, 1, 5, 1, 0)},
    {"from one pixel", 9, BACK(48, 16, 1, 1, 4, 4, 4, 1, 0)},
    {"2x2", 3, CONV(16, 32, 6, 5, 5, 4, 2, 1, 0)},
    {"4x4", 3, CONV(32, 16, 8, 9, 7, 8, 4, 1, 1)},
    {"5x5 stride 2", 7, CONV(16, 32, 14, 14, 7, 7, 5, 2, 2)},
    {"5x5 stride 2 on odd sizes", 2, CONV(16, 32, 13, 11, 7, 6, 5, 2, 2)},
    {"transposed 5x5 stride 2, output padding", 7, BACK(32, 16, 7, 7, 14, 14, 5, 2, 2)},
    {"the same to odd sizes", 4, BACK(32, 16, 7, 6, 13, 11, 5, 2, 2)},
    {"4x4 stride 2", 3, CONV(16, 48, 16, 16, 8, 8, 4, 2, 1)},
    {"transposed 4x4 stride 2", 3, BACK(48, 16, 8, 8, 16, 16, 4, 2, 1)},
    {"transposed 4x4 stride 2, more padding", 3, BACK(16, 16, 5, 5, 7, 7, 4, 2, 2)},
    {"3x3 stride 2", 4, CONV(16, 16, 9, 9, 5, 5, 3, 2, 1)},
    {"6x6 stride 3", 2, CONV(16, 16, 14, 17, 4, 5, 6, 3, 1)},
    {"transposed 5x5 stride 3", 2, BACK(16, 16, 4, 5, 12, 14, 5, 3, 1)},
    {"5x6 with steps of 1 and 4", 2, {false, 1, 16, 16, 8, 15, 7, 4, 5, 6, 1, 4, 1, 2, 1, 1}},
    {"many rows a block, and blocks", 150, CONV(16, 32, 8, 8, 8, 8, 5, 1, 2)},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static results run_tile(const expected *e, const ga_conv_shape *s, int n, int most, int tile,
                        ga_isa isa, int threads)
{
    ga_err err;
    ga_conv *c;
    CHECK_OK(ga_conv_make(s, most, false, true, isa, threads, tile, &c, &err));
    assert_non_null(strstr(ga_conv_describe(c).kernel, "winograd"));
    return run_conv(c, e, s, n);
}

static void every_tile_agrees_with_the_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const struct wino_shape *x = &shapes[i];
        assert_true(ga_wino_fits(&x->s));
        expected e = expect(&x->s, x->n);
        for (int k = 0; k < 3; k++)
            for (int tile = 2; tile <= GA_WINO_OUTPUTS && table_of(isas[k]) != NULL; tile++) {
                char name[120];
                snprintf(name, sizeof name, "%s, %s, tiles of %d", x->name, ga_isa_name(isas[k]),
                         tile);
                results r = run_tile(&e, &x->s, x->n, x->n + k * x->n / 3, tile, isas[k], 2);
                compare(name, &e, &r, x->s.oc, WINOGRAD_ERROR);
                results_free(&r);
            }
        expected_free(&e);
    }
}

static void threads_and_neighbours_do_not_show(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const ga_conv_shape *s = &shapes[i].s;
        const int n = 6, image = 4;
        const size_t in = (size_t)s->ih * s->iw, out = (size_t)s->oh * s->ow;
        expected e = draw_inputs(s, n), alone = e;
        alone.n_src = in * s->ic;
        alone.n_dst = out * s->oc;
        alone.src = pick(e.src, in, n, s->ic, image);
        alone.diff_dst = pick(e.diff_dst, out, n, s->oc, image);
        results two = run_tile(&e, s, n, n, 4, ga_cpu_isa(), 2);
        results three = run_tile(&e, s, n, 2 * n, 4, ga_cpu_isa(), 3);
        results one = run_tile(&alone, s, 1, n, 4, ga_cpu_isa(), 1);
        float *dst = pick(two.dst, out, n, s->oc, image);
        float *diff_src = pick(two.diff_src, in, n, s->ic, image);
        same_bytes(shapes[i].name, two.dst, three.dst, e.n_dst);
        same_bytes(shapes[i].name, two.diff_src, three.diff_src, e.n_src);
        same_bytes(shapes[i].name, two.diff_weights, three.diff_weights, e.n_weights);
        same_bytes(shapes[i].name, two.diff_bias, three.diff_bias, (size_t)s->oc);
        same_bytes(shapes[i].name, one.dst, dst, alone.n_dst);
        same_bytes(shapes[i].name, one.diff_src, diff_src, alone.n_src);
        ga_mem_free(dst);
        ga_mem_free(diff_src);
        ga_mem_free(alone.src);
        ga_mem_free(alone.diff_dst);
        results_free(&one);
        results_free(&two);
        results_free(&three);
        expected_free(&e);
    }
}

static void without_training_the_results_are_the_same(void **state)
{
    (void)state;
    const ga_conv_shape s = CONV(64, 64, 16, 16, 16, 16, 3, 1, 1);
    ga_err err;
    const ga_conv_use uses[] = {GA_CONV_TRAIN, GA_CONV_QUICK};
    float *dst[2];
    expected e = draw_inputs(&s, 3);
    for (int i = 0; i < 2; i++) {
        ga_conv *c;
        CHECK_OK(ga_conv_create(&s, 3, false, uses[i], ga_cpu_isa(), 2, &c, &err));
        const ga_conv_info info = ga_conv_describe(c);
        assert_non_null(strstr(info.kernel, "winograd"));
        assert_true((info.packed_backward_bytes > 0) == (i == 0));
        void *packed = ga_mem_new(info.packed_bytes, 1),
             *scratch = ga_mem_new(info.scratch_bytes, 1);
        dst[i] = ga_mem_new(e.n_dst, sizeof *dst[i]);
        ga_conv_pack(c, e.weights, packed);
        ga_conv_forward(c, 3, e.src, packed, e.bias, dst[i], scratch);
        ga_mem_free(packed);
        ga_mem_free(scratch);
        ga_conv_free(c);
    }
    same_bytes("quick and train", dst[0], dst[1], e.n_dst);
    ga_mem_free(dst[0]);
    ga_mem_free(dst[1]);
    expected_free(&e);
}

/* ---- choice -----------------------------------------------------------------------------------*/

static void check_choice(const ga_conv_shape *s, ga_conv_use use, const char *kernel,
                         const char *reason)
{
    ga_err err;
    ga_conv *c;
    CHECK_OK(ga_conv_create(s, 1, false, use, ga_cpu_isa(), 1, &c, &err));
    const ga_conv_info info = ga_conv_describe(c);
    if (strstr(info.kernel, kernel) == NULL || strstr(info.reason, reason) == NULL)
        fail_msg("'%s', %s: not '%s', ... %s", info.kernel, info.reason, kernel, reason);
    ga_conv_free(c);
}

static void training_takes_tiles_where_they_pay(void **state)
{
    (void)state;
    const ga_conv_shape same = BACK(256, 128, 7, 7, 7, 7, 5, 1, 2),
                        one = CONV(16, 120, 5, 5, 1, 1, 5, 1, 0),
                        strided = CONV(64, 128, 14, 14, 7, 7, 5, 2, 2),
                        wide = CONV(64, 64, 32, 32, 32, 32, 3, 1, 1),
                        few = CONV(3, 64, 32, 32, 32, 32, 3, 1, 1);
    check_choice(&same, GA_CONV_TRAIN, "winograd 4x4", "3.7 times fewer multiplications");
    check_choice(&same, GA_CONV_EXACT, "taps", "products over valid taps only");
    check_choice(&same, GA_CONV_QUICK, "winograd 4x4", "for errors near 1e-5");
    check_choice(&strided, GA_CONV_TRAIN, "winograd 4x4", "2.6 times fewer multiplications");
    check_choice(&wide, GA_CONV_TRAIN, "winograd 4x4", "3.8 times fewer multiplications");
    check_choice(&few, GA_CONV_TRAIN, "taps", "products over valid taps only");
    check_choice(&one, GA_CONV_TRAIN, "taps", "products over valid taps only");
}

static void running_out_of_memory_is_a_status(void **state)
{
    (void)state;
    ga_err err;
    ga_conv *c;
    for (long i = 0;; i++) {
        ga_mem_fail_after(i);
        if (ga_conv_make(&shapes[0].s, 1, false, true, GA_ISA_PORTABLE, 1, 4, &c, &err) == GA_OK)
            break;
        assert_null(c);
        assert_non_null(strstr(err.text, "no memory"));
        assert_true(i < 20);
    }
    ga_mem_fail_after(-1);
    ga_conv_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_make_products_a_correlation),
        cmocka_unit_test(every_tile_agrees_with_the_definition),
        cmocka_unit_test(threads_and_neighbours_do_not_show),
        cmocka_unit_test(without_training_the_results_are_the_same),
        cmocka_unit_test(training_takes_tiles_where_they_pay),
        cmocka_unit_test(running_out_of_memory_is_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
