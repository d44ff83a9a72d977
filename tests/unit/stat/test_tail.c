/* The largest values of every unit: quantiles against NumPy and against all values sorted. */
#include "cloud.h"
#include "tail_golden.h"
#include "tally_plain.h"

/* (UNITS,COUNT), as tests/golden/tail.py makes them. */
static float *image_of(int i)
{
    float *x = cloud((uint64_t)(100 + i), UNITS, COUNT, 0);
    for (int k = 0; k < COUNT; k++) {
        x[COUNT + k] = floorf(x[COUNT + k] * 16) / 16;
        x[2 * COUNT + k] = fmaxf(x[2 * COUNT + k] - 0.96875f, 0);
    }
    return x;
}

static ga_tail *tail_of_images(ga_tail_spec spec, int first, int step)
{
    ga_err err;
    ga_tail *t;
    CHECK_OK(ga_tail_create(&spec, &t, &err));
    for (int i = first; i < IMAGES; i += step) {
        float *x = image_of(i);
        CHECK_OK(ga_tail_add(t, x, COUNT, &err));
        ga_mem_free(x);
    }
    return t;
}

static const ga_tail_spec usual = {UNITS, (uint64_t)COUNT *IMAGES, 0.05, NULL, 2};

static void quantiles_are_those_of_numpy(void **state)
{
    (void)state;
    ga_err err;
    ga_tail *t = tail_of_images(usual, 0, 1);
    assert_int_equal(ga_tail_seen(t), (uint64_t)COUNT * IMAGES);
    for (int i = 0; i < QUANTILES; i++) {
        float got[UNITS];
        CHECK_OK(ga_tail_quantile(t, asked_at[i], got, &err));
        for (int u = 0; u < UNITS; u++) /* NumPy interpolates in f64, too, in another form */
            if (!(fabs((double)got[u] - quantile[i][u]) <= 6e-8 * fabs(quantile[i][u])))
                fail_msg("quantile 1 - %g of unit %d is %.9g, expected %.17g", asked_at[i], u,
                         (double)got[u], quantile[i][u]);
    }
    ga_tail_free(t);
}

static int descending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* Pixels of maps as they lie, many more of them than are kept, with ties and without. */
static void pixels_of_maps_are_kept_exactly(void **state)
{
    (void)state;
    ga_err err;
    const int which[] = {0, 1, 2, 3, 4, 6, 12};
    for (int i = 0; i < 7; i++) {
        plain_case c = plain_cases[which[i]];
        c.images = 40;
        plain_world w = plain_make(c, 40);
        const int H = c.grid.H, W = c.grid.W, cells = c.grid.h * c.grid.w;
        const size_t n = (size_t)(H * W * c.images);
        ga_tail_spec spec = {c.units, n, 0.02, &c.grid, 3};
        ga_tail *t;
        ga_stat_array a;
        CHECK_OK(ga_tail_create(&spec, &t, &err));
        for (int k = 0; k < c.images; k++)
            CHECK_OK(ga_tail_add(t, plain_maps(&w, k), (size_t)cells, &err));
        float *all = ga_mem_new(n, sizeof *all);
        assert_true(ga_tail_array(t, 1, &a));
        for (int u = 0; u < c.units; u++) {
            for (size_t p = 0; p < n; p++)
                all[p] = plain_pixel(plain_maps(&w, (int)p / (H * W)) + u * cells, c.grid,
                                     (int)p % (H * W) / W, (int)p % W);
            qsort(all, n, sizeof *all, descending);
            const float *kept = (const float *)a.data + (size_t)u * a.shape[1];
            size_t k = 0;
            for (; k < a.shape[1] && kept[k] != -INFINITY; k++)
                assert_true(kept[k] == all[k]);
            assert_true((double)k >= 0.02 * (double)n);
        }
        ga_mem_free(all);
        ga_tail_free(t);
        plain_free(&w);
    }
}

static void merged_parts_are_the_whole_whatever_order_and_threads(void **state)
{
    (void)state;
    ga_err err;
    ga_tail *whole = tail_of_images(usual, 0, 1), *part[3];
    ga_tail_spec spec = usual;
    for (int i = 0; i < 3; i++) {
        spec.threads = 1 + i;
        part[i] = tail_of_images(spec, i, 3);
    }
    CHECK_OK(ga_tail_merge(part[1], part[2], &err));
    CHECK_OK(ga_tail_merge(part[1], part[0], &err));
    CHECK_SAME_ARRAYS(ga_tail_array, part[1], whole);
    CHECK_FAILS(ga_tail_merge(part[1], part[0], &err), GA_EINVAL, "3007 and 1067 values a unit");
    for (int i = 0; i < 3; i++)
        ga_tail_free(part[i]);
    spec.share = 0.06;
    part[0] = tail_of_images(spec, 0, 1);
    CHECK_FAILS(ga_tail_merge(whole, part[0], &err), GA_EINVAL, "grids or shares");
    ga_tail_free(part[0]);
    ga_tail_free(whole);
}

static void adding_allocates_nothing_and_asking_in_between_changes_nothing(void **state)
{
    (void)state;
    ga_err err;
    ga_tail *asked, *whole = tail_of_images(usual, 0, 1);
    float q[UNITS];
    CHECK_OK(ga_tail_create(&usual, &asked, &err));
    CHECK_FAILS(ga_tail_quantile(asked, 0.01, q, &err), GA_EDATA, "of no values");
    for (int i = 0; i < IMAGES; i++) {
        float *x = image_of(i);
        const uint64_t before = ga_mem_count();
        CHECK_OK(ga_tail_add(asked, x, COUNT, &err));
        assert_int_equal(ga_mem_count(), before);
        CHECK_OK(ga_tail_quantile(asked, 0.01, q, &err));
        ga_mem_free(x);
    }
    CHECK_SAME_ARRAYS(ga_tail_array, asked, whole);
    ga_tail_free(asked);
    ga_tail_free(whole);
}

static void a_saved_tail_goes_on_where_it_was(void **state)
{
    (void)state;
    ga_err err;
    ga_tail *whole = tail_of_images(usual, 0, 1), *half = tail_of_images(usual, 0, 2),
            *rest = tail_of_images(usual, 1, 2), *loaded;
    ga_stat_array arrays[4];
    int n;
    COPY_ARRAYS(ga_tail_array, half, arrays, &n);
    CHECK_OK(ga_tail_create(&usual, &loaded, &err));
    CHECK_OK(ga_tail_load(loaded, arrays, n, &err));
    CHECK_OK(ga_tail_merge(loaded, rest, &err));
    CHECK_SAME_ARRAYS(ga_tail_array, loaded, whole);
    float *list = plain_array(arrays, n, "largest");
    uint64_t *seen = plain_array(arrays, n, "seen");
    list[3] = list[2] + 1;
    CHECK_FAILS(ga_tail_load(loaded, arrays, n, &err), GA_EDATA,
                "number 3 of unit 0 is none, out of");
    list[3] = NAN;
    CHECK_FAILS(ga_tail_load(loaded, arrays, n, &err), GA_EDATA, "number 3 of unit 0");
    list[3] = list[2];
    *seen = 3;
    CHECK_FAILS(ga_tail_load(loaded, arrays, n, &err), GA_EDATA, "more than the 3 that were seen");
    *seen = 1000000;
    CHECK_FAILS(ga_tail_load(loaded, arrays, n, &err), GA_EDATA,
                "1000000 values, 3007 were announced");
    CHECK_SAME_ARRAYS(ga_tail_array, loaded, whole);
    plain_free_arrays(arrays, n);
    ga_tail_free(whole);
    ga_tail_free(half);
    ga_tail_free(rest);
    ga_tail_free(loaded);
}

static void what_does_not_fit_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_tail *t;
    float x[3 * 4] = {0}, q[3];
    ga_tail_spec spec = {3, 10, 0, NULL, 1};
    CHECK_FAILS(ga_tail_create(&spec, &t, &err), GA_EINVAL,
                "the largest 0 of 10 values of 3 units");
    assert_int_equal(ga_tail_bytes(&spec), 0);
    spec.share = 0.5;
    CHECK_OK(ga_tail_create(&spec, &t, &err));
    CHECK_FAILS(ga_tail_quantile(t, 0.6, q, &err), GA_EINVAL,
                "quantile 1 - 0.6: expected 0 to 0.5");
    CHECK_OK(ga_tail_add(t, x, 4, &err));
    x[9] = -INFINITY;
    CHECK_FAILS(ga_tail_add(t, x, 4, &err), GA_EDATA, "unit 2: value 1 of its map is -inf");
    assert_int_equal(ga_tail_seen(t), 4);
    x[9] = 0;
    CHECK_OK(ga_tail_add(t, x, 4, &err));
    CHECK_FAILS(ga_tail_add(t, x, 4, &err), GA_EINVAL,
                "4 values a unit after 8: 10 were announced");
    ga_tail_free(t);
    const ga_grid grid = {2, 2, 4, 4, GA_LIE_CLAMP};
    spec.grid = &grid;
    spec.values = 16;
    CHECK_OK(ga_tail_create(&spec, &t, &err));
    CHECK_FAILS(ga_tail_add(t, x, 3, &err), GA_EINVAL, "maps of 3 values: expected 4");
    ga_tail_free(t);
    ga_status status = GA_ENOMEM;
    long n = 0;
    for (; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_tail_create(&spec, &t, &err);
    }
    ga_mem_fail_after(-1);
    assert_int_equal(status, GA_OK);
    assert_true(n > 12);
    ga_tail_free(t);
}

/* Against all lists sorted: 200 images in two orders, values with ties. */
static void the_top_images_are_the_best_and_of_equals_the_first(void **state)
{
    (void)state;
    ga_err err;
    ga_rng rng = ga_rng_of(5, 0);
    float values[200][2], best[2];
    ga_top *a, *b[2];
    ga_stat_array arrays[4];
    int n;
    CHECK_OK(ga_top_create(2, 7, &a, &err));
    CHECK_OK(ga_top_create(2, 7, &b[0], &err));
    CHECK_OK(ga_top_create(2, 7, &b[1], &err));
    for (int i = 0; i < 200; i++) {
        values[i][0] = (float)ga_rng_below(&rng, 20);
        values[i][1] = -(float)ga_rng_below(&rng, 1000);
        CHECK_OK(ga_top_add(a, (uint32_t)i, values[i], &err));
    }
    for (int i = 199; i >= 0; i--)
        CHECK_OK(ga_top_add(b[i % 3 == 0], (uint32_t)i, values[i], &err));
    CHECK_OK(ga_top_merge(b[0], b[1], &err));
    CHECK_SAME_ARRAYS(ga_top_array, a, b[0]);
    for (int u = 0; u < 2; u++) {
        const ga_top_entry *list = ga_top_of(a, u, &n);
        assert_int_equal(n, 7);
        for (int r = 0; r < 7; r++) {
            int before = 0; /* how many of the 200 come before it */
            for (int i = 0; i < 200; i++)
                before += values[i][u] > list[r].value ||
                          (values[i][u] == list[r].value && i < (int)list[r].image);
            assert_int_equal(before, r);
            assert_true(values[list[r].image][u] == list[r].value);
        }
    }
    best[0] = 1;
    best[1] = NAN;
    CHECK_FAILS(ga_top_add(a, 200, best, &err), GA_EDATA, "image 200: unit 1 is nan");
    COPY_ARRAYS(ga_top_array, a, arrays, &n);
    CHECK_OK(ga_top_load(b[1], arrays, n, &err));
    CHECK_SAME_ARRAYS(ga_top_array, a, b[1]);
    uint32_t *image = plain_array(arrays, n, "image");
    const uint32_t second = image[1];
    image[1] = image[0];
    float *value = plain_array(arrays, n, "value"), second_value = value[1];
    value[1] = value[0];
    CHECK_FAILS(ga_top_load(b[1], arrays, n, &err), GA_EDATA, "entry 1 of unit 0");
    value[1] = second_value;
    ((uint32_t *)plain_array(arrays, n, "entries"))[1] = 8;
    image[1] = second;
    CHECK_FAILS(ga_top_load(b[1], arrays, n, &err), GA_EDATA, "8 top images of unit 1, of 7");
    plain_free_arrays(arrays, n);
    ga_top_free(a);
    ga_top_free(b[0]);
    ga_top_free(b[1]);
    CHECK_FAILS(ga_top_create(1, 1001, &a, &err), GA_EINVAL, "the top 1001 images");
}

static void maxima_are_the_largest_values(void **state)
{
    (void)state;
    ga_rng rng = ga_rng_of(6, 0);
    for (int count = 1; count < 70; count++) {
        float maps[3 * 70], got[3];
        for (int i = 0; i < 3 * count; i++)
            maps[i] = (float)ga_rng_normal(&rng) - 5;
        ga_map_maxima(maps, 3, (size_t)count, got);
        for (int u = 0; u < 3; u++) {
            float want = -INFINITY;
            for (int i = 0; i < count; i++)
                want = fmaxf(want, maps[u * count + i]);
            assert_true(got[u] == want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_those_of_numpy),
        cmocka_unit_test(pixels_of_maps_are_kept_exactly),
        cmocka_unit_test(merged_parts_are_the_whole_whatever_order_and_threads),
        cmocka_unit_test(adding_allocates_nothing_and_asking_in_between_changes_nothing),
        cmocka_unit_test(a_saved_tail_goes_on_where_it_was),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
        cmocka_unit_test(the_top_images_are_the_best_and_of_equals_the_first),
        cmocka_unit_test(maxima_are_the_largest_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
