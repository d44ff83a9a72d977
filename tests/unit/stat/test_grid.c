/* How a small map lies on the pixels: against the definition, and by hand. */
#include "tally_plain.h"

static void pixels_are_those_of_the_definition_to_the_last_bit(void **state)
{
    (void)state;
    ga_err err;
    for (int i = 0; i < PLAIN_CASES; i++) {
        plain_world w = plain_make(plain_cases[i], 1);
        const ga_grid g = w.c.grid;
        float *out = ga_mem_new((size_t)(g.H * g.W), sizeof *out);
        CHECK_OK(ga_grid_lay(g, w.maps, out, &err));
        for (int y = 0; y < g.H; y++)
            for (int x = 0; x < g.W; x++) {
                const float want = plain_pixel(w.maps, g, y, x), got = out[y * g.W + x];
                if (!(got == want))
                    fail_msg("%s: pixel (%d,%d) is %.9g, expected %.9g", w.c.name, y, x,
                             (double)got, (double)want);
            }
        ga_mem_free(out);
        plain_free(&w);
    }
}

/* Where a row of 8 cells 0..7 is read is what it says there, but for what clamps it. */
static void eight_cells_on_128_pixels_are_read_where_the_papers_programme_reads(void **state)
{
    (void)state;
    ga_err err;
    float map[64], out[128 * 128];
    for (int i = 0; i < 64; i++)
        map[i] = (float)(i % 8);
    ga_grid g = {8, 8, 128, 128, GA_LIE_CLAMP};
    CHECK_OK(ga_grid_lay(g, map, out, &err));
    for (int t = 0; t < 128; t++) {
        const double f = (t + 0.5) / 16 - 0.5, want = f < 0 ? 0 : f > 7 ? 7 : f;
        assert_true(fabs((double)out[5 * 128 + t] - want) < 1e-6);
    }
    g.lie = GA_LIE_MAGNIFIED; /* f' from -1.036 to 8.036: 8/7 as fast about the centre, 3.5 */
    CHECK_OK(ga_grid_lay(g, map, out, &err));
    for (int t = 0; t < 128; t++) {
        const double f = ((t + 0.5) / 16 - 4) * 8 / 7 + 3.5, want = f < 0 ? 0 : f > 7 ? 7 : f;
        assert_true(fabs((double)out[5 * 128 + t] - want) < 1e-6);
    }
    assert_true(out[14] == 0 && out[15] > 0 && out[112] < 7 && out[113] == 7);
}

static void a_zero_border_fades_as_in_the_2020_programme(void **state)
{
    (void)state;
    ga_err err;
    float map[64], out[64 * 64];
    for (int i = 0; i < 64; i++)
        map[i] = 1;
    CHECK_OK(ga_grid_lay((ga_grid){8, 8, 64, 64, GA_LIE_ZERO}, map, out, &err));
    assert_true(out[32] == 0.5625f);    /* an edge */
    assert_true(out[0] == 0.31640625f); /* a corner, its square */
    assert_true(out[32 * 64 + 32] == 1.0f);
}

/* Pairs for which a + (b - a) exceeds b in f32: what rounding does at worst. The shares come as
 * near to 1 as the sizes allow. */
static void no_pixel_leaves_the_range_of_its_cells(void **state)
{
    (void)state;
    ga_err err;
    ga_rng rng = ga_rng_of(7, 0);
    static float map[1023], out[1024];
    const ga_grid g = {1, 1023, 1, 1024, GA_LIE_MAGNIFIED};
    assert_true(-1.0f + (1.5f * 0x1p-24f - -1.0f) > 1.5f * 0x1p-24f);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 1023; i++) {
            const float size = ldexpf(1 + (float)ga_rng_uniform(&rng),
                                      (int)ga_rng_below(&rng, 60) - 50);
            map[i] = i % 2 == 0 ? -1.0f : size * 0.5f;
        }
        CHECK_OK(ga_grid_lay(g, map, out, &err));
        for (int x = 0; x < 1024; x++) {
            const plain_place p = plain_axis(1023, 1024, g.lie, x);
            const float a = map[p.lo], b = map[p.hi < 1023 ? p.hi : 1022];
            assert_true(out[x] >= fminf(a, b) && out[x] <= fmaxf(a, b));
        }
    }
}

static void sizes_and_values_that_cannot_be_are_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    float map[4] = {0, 0, NAN, 0}, out[16];
    CHECK_FAILS(ga_grid_lay((ga_grid){2, 2, 1, 4, GA_LIE_CLAMP}, map, out, &err), GA_EINVAL,
                "maps of 2x2 cells on 1x4 pixels");
    CHECK_FAILS(ga_grid_lay((ga_grid){2, 2, 4, 1025, GA_LIE_CLAMP}, map, out, &err), GA_EINVAL,
                "expected 1 to 1024 of each");
    CHECK_FAILS(ga_grid_lay((ga_grid){0, 2, 4, 4, GA_LIE_CLAMP}, map, out, &err), GA_EINVAL, "0x2");
    CHECK_FAILS(ga_grid_lay((ga_grid){2, 2, 4, 4, (ga_lie)3}, map, out, &err), GA_EINVAL,
                "no such way for a map to lie: 3");
    CHECK_FAILS(ga_grid_lay((ga_grid){2, 2, 4, 4, GA_LIE_CLAMP}, map, out, &err), GA_EDATA,
                "value 2 of its map is nan");
    map[2] = 1.1e37f;
    CHECK_FAILS(ga_grid_lay((ga_grid){2, 2, 4, 4, GA_LIE_CLAMP}, map, out, &err), GA_EDATA,
                "expected -1e37 to 1e37");
}

static void running_out_of_memory_is_survived(void **state)
{
    (void)state;
    ga_err err;
    float map[4] = {1, 2, 3, 4}, out[16];
    ga_status status = GA_ENOMEM;
    long n = 0;
    for (; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_grid_lay((ga_grid){2, 2, 4, 4, GA_LIE_CLAMP}, map, out, &err);
    }
    ga_mem_fail_after(-1);
    assert_int_equal(status, GA_OK);
    assert_true(n > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_those_of_the_definition_to_the_last_bit),
        cmocka_unit_test(eight_cells_on_128_pixels_are_read_where_the_papers_programme_reads),
        cmocka_unit_test(a_zero_border_fades_as_in_the_2020_programme),
        cmocka_unit_test(no_pixel_leaves_the_range_of_its_cells),
        cmocka_unit_test(sizes_and_values_that_cannot_be_are_refused_in_words),
        cmocka_unit_test(running_out_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
