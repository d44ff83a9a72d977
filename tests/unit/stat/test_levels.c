/* Levels of all values: against all pixels sorted. */
#include "books.h"
#include "tally_plain.h"

static ga_levels *levels_of(const plain_world *w, int threads, int first, int step)
{
    ga_err err;
    ga_levels *l;
    CHECK_OK(ga_levels_create(w->c.units, w->c.grid, threads, &l, &err));
    for (int i = first; i < w->c.images; i += step)
        CHECK_OK(ga_levels_add(l, plain_maps(w, i), &err));
    return l;
}

static int descending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* The promise of the header, for one unit whose n pixels are sorted. */
static void check_unit(const plain_world *w, const float *sorted, size_t n, float magnitude,
                       const double *share, int j, const float *level, const uint64_t *above)
{
    for (int i = 0; i < j; i++) {
        const size_t most = (size_t)floor(share[i] * (double)n);
        const float x =
            sorted[most < n ? most : n - 1]; /* smallest with at most that share above */
        size_t more = 0;
        while (more < n && sorted[more] > level[i])
            more++;
        if (more != above[i] || more > most)
            fail_msg("%s: %zu pixels above level %d, said %llu, at most %zu", w->c.name, more, i,
                     (unsigned long long)above[i], most);
        const double bound = fmax((double)fabsf(x) / GA_LEVEL_STEPS,
                                  (double)magnitude * pow(2, 1 - GA_LEVEL_OCTAVES) + 0x1p-126);
        const double over = (double)level[i] - (double)x;
        const bool fits = most < n ? over >= 0 && over <= bound : over < 0 && over >= -bound;
        if (!fits)
            fail_msg("%s: level %d (share %g) is %.9g, exact %.9g, bound %g", w->c.name, i,
                     share[i], (double)level[i], (double)x, bound);
    }
}

static void levels_keep_their_promise(void **state)
{
    (void)state;
    ga_err err;
    double share[GA_IQR_LEVELS + 2];
    ga_iqr_shares(share + 1);
    share[0] = 0;
    share[GA_IQR_LEVELS + 1] = 0.5;
    const int J = GA_IQR_LEVELS + 2;
    for (int i = 0; i < PLAIN_CASES - 1; i++) {
        plain_world w = plain_make(plain_cases[i], 60 + (uint64_t)i);
        const int U = w.c.units, H = w.c.grid.H, W = w.c.grid.W, cells = w.c.grid.h * w.c.grid.w;
        for (int k = 0; k < w.c.images * U * cells; k++) /* units of all sizes; some mostly 0 */
            w.maps[k] = k / cells % U == 2 ? fmaxf(w.maps[k], 0)
                                           : w.maps[k] * powf(1000, (float)(k / cells % U - 1));
        const size_t n = (size_t)(H * W * w.c.images);
        ga_levels *l = levels_of(&w, 2, 0, 1);
        assert_int_equal(ga_levels_seen(l), n);
        float *level = ga_mem_new((size_t)(U * J), sizeof *level),
              *all = ga_mem_new(n, sizeof *all);
        uint64_t *above = ga_mem_new((size_t)(U * J), sizeof *above);
        CHECK_OK(ga_levels_at(l, share, J, level, above, &err));
        for (int u = 0; u < U; u++) {
            float magnitude = 0;
            for (int k = 0; k < w.c.images * cells; k++)
                magnitude = fmaxf(magnitude,
                                  fabsf(plain_maps(&w, k / cells)[u * cells + k % cells]));
            for (size_t p = 0; p < n; p++)
                all[p] = plain_pixel(plain_maps(&w, (int)p / (H * W)) + u * cells, w.c.grid,
                                     (int)p % (H * W) / W, (int)p % W);
            qsort(all, n, sizeof *all, descending);
            check_unit(&w, all, n, magnitude, share, J, level + u * J, above + u * J);
        }
        ga_levels_free(l);
        ga_mem_free(level);
        ga_mem_free(above);
        ga_mem_free(all);
        plain_free(&w);
    }
}

/* 1, 2, 4, 8 on 0: borders are where they are said to be. */
static void levels_of_four_values_are_as_by_hand(void **state)
{
    (void)state;
    ga_err err;
    const float map[4] = {8, 4, 0, -2};
    const double share[6] = {0, 0.25, 0.49, 0.5, 0.75, 1};
    float level[6];
    uint64_t above[6];
    ga_levels *l;
    CHECK_OK(ga_levels_create(1, (ga_grid){2, 2, 2, 2, GA_LIE_CLAMP}, 1, &l, &err));
    CHECK_FAILS(ga_levels_at(l, share, 6, level, NULL, &err), GA_EDATA, "levels of no values");
    CHECK_OK(ga_levels_add(l, map, &err));
    CHECK_OK(ga_levels_at(l, share, 6, level, above, &err));
    const float want[6] = {8, 4, 4, 0, -2 + 2.0f / 256, -2 - 2.0f / 256};
    const uint64_t counts[6] = {0, 1, 1, 2, 3, 4};
    /* -2 lies in (-2 - 2/256, -2]: the upper border is the value itself */
    for (int i = 0; i < 6; i++) {
        const float expected = i == 4 ? -2 : want[i];
        if (level[i] != expected || above[i] != counts[i])
            fail_msg("level %d is %.9g above %llu, expected %.9g", i, (double)level[i],
                     (unsigned long long)above[i], (double)expected);
    }
    ga_levels_free(l);
}

/* Magnitudes that come late move the lowest octave of what was there: one image after the other by
 * a factor of 64, down or up, alone and merged. */
static void merged_parts_are_the_whole_whatever_order_and_threads(void **state)
{
    (void)state;
    ga_err err;
    plain_case c = plain_cases[3];
    c.images = 7;
    c.ties = false;
    plain_world w = plain_make(c, 70), r = plain_make(c, 70);
    const int size = c.units * c.grid.h * c.grid.w;
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < size; k++) {
            w.maps[i * size + k] *= powf(64, (float)i);
            r.maps[(6 - i) * size + k] = w.maps[i * size + k];
        }
    memset(w.maps, 0, (size_t)size * sizeof(float)); /* and one image of nothing but 0 */
    memset(r.maps + 6 * size, 0, (size_t)size * sizeof(float));
    ga_levels *up = levels_of(&w, 1, 0, 1), *down = levels_of(&r, 3, 0, 1), *part[3];
    CHECK_SAME_ARRAYS(ga_levels_array, up, down);
    for (int i = 0; i < 3; i++)
        part[i] = levels_of(&w, 1 + i, i, 3);
    CHECK_OK(ga_levels_merge(part[0], part[2], &err));
    CHECK_OK(ga_levels_merge(part[0], part[1], &err));
    CHECK_SAME_ARRAYS(ga_levels_array, part[0], up);
    ga_stat_array arrays[4];
    int n;
    COPY_ARRAYS(ga_levels_array, part[1], arrays, &n);
    CHECK_OK(ga_levels_load(part[2], arrays, n, &err));
    CHECK_SAME_ARRAYS(ga_levels_array, part[1], part[2]);
    ((uint32_t *)plain_array(arrays, n, "count"))[5]++;
    CHECK_FAILS(ga_levels_load(part[2], arrays, n, &err), GA_EDATA, "unit 0: 513 values");
    ((uint32_t *)plain_array(arrays, n, "count"))[5]--;
    ((int32_t *)plain_array(arrays, n, "base"))[1] = 255;
    CHECK_FAILS(ga_levels_load(part[2], arrays, n, &err), GA_EDATA,
                "unit 1: 512 values from octave 255");
    *(uint64_t *)plain_array(arrays, n, "seen") = 511;
    CHECK_FAILS(ga_levels_load(part[2], arrays, n, &err), GA_EDATA, "not those of whole images");
    CHECK_SAME_ARRAYS(ga_levels_array, part[1], part[2]);
    plain_free_arrays(arrays, n);
    for (int i = 0; i < 3; i++)
        ga_levels_free(part[i]);
    ga_levels_free(up);
    ga_levels_free(down);
    plain_free(&w);
    plain_free(&r);
}

static void what_does_not_fit_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    const ga_grid grid = {2, 2, 4, 4, GA_LIE_CLAMP}, large = {1, 1, 1024, 1024, GA_LIE_CLAMP};
    const double share[1] = {1.5};
    float map[4] = {0, 0, 0, NAN}, level[1];
    ga_levels *l, *other;
    CHECK_FAILS(ga_levels_create(0, grid, 1, &l, &err), GA_EINVAL, "levels of 0 units");
    assert_int_equal(ga_levels_bytes(0, grid, 1), 0);
    CHECK_OK(ga_levels_create(1, grid, 1, &l, &err));
    CHECK_FAILS(ga_levels_add(l, map, &err), GA_EDATA, "unit 0: value 3 of its map is nan");
    assert_int_equal(ga_levels_seen(l), 0);
    CHECK_FAILS(ga_levels_at(l, share, 1, level, NULL, &err), GA_EINVAL, "share 0 is 1.5");
    CHECK_OK(ga_levels_create(1, large, 1, &other, &err));
    CHECK_FAILS(ga_levels_merge(l, other, &err), GA_EINVAL, "other grids");
    ga_levels_free(l);
    /* 4095 pictures of 2^20 pixels fit into 32 bits, one more does not */
    CHECK_OK(ga_levels_create(1, large, 1, &l, &err));
    CHECK_OK(ga_levels_add(l, map, &err));
    for (int i = 0; i < 11; i++) /* 2^0 + 2^1 + .. + 2^11 = 4095 */
        CHECK_OK(ga_levels_merge(other, l, &err) == GA_OK ? ga_levels_merge(l, l, &err)
                                                          : err.status);
    CHECK_OK(ga_levels_merge(other, l, &err));
    assert_true(ga_levels_seen(other) == 4095ull << 20);
    CHECK_FAILS(ga_levels_add(other, map, &err), GA_EINVAL, "levels count up to 4294967295");
    ga_levels_free(l);
    ga_levels_free(other);
}

static void memory_is_what_was_said_and_running_out_of_it_is_survived(void **state)
{
    (void)state;
    ga_err err;
    const ga_grid grid = {16, 16, 128, 128, GA_LIE_CLAMP};
    ga_levels *l = NULL;
    ga_status status = GA_ENOMEM;
    long n = 0;
    const size_t before = held();
    for (; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_levels_create(64, grid, 2, &l, &err);
    }
    ga_mem_fail_after(-1);
    assert_int_equal(status, GA_OK);
    assert_true(n > 12);
    const size_t taken = held() - before, said = ga_levels_bytes(64, grid, 2);
    if (books_are_kept())
        if (taken < said || taken > said + (size_t)n * 144 + 8192) /* pages */
            fail_msg("%zu bytes taken, %zu said", taken, said);
    ga_levels_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_keep_their_promise),
        cmocka_unit_test(levels_of_four_values_are_as_by_hand),
        cmocka_unit_test(merged_parts_are_the_whole_whatever_order_and_threads),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
        cmocka_unit_test(memory_is_what_was_said_and_running_out_of_it_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
