/* Values of units against labels: against two passes over laid pixels, and cases that are known. */
#include "books.h"
#include "tally_plain.h"

/* ---- the reference ----------------------------------------------------------------------------*/

/* A pixel as the definition has it, but f64 from the shares on. */
static double plain_value(const float *map, ga_grid g, int y, int x)
{
    const plain_place v = plain_axis(g.h, g.H, g.lie, y), h = plain_axis(g.w, g.W, g.lie, x);
    const double s = (double)h.share, t = (double)v.share;
    const double p = (1 - s) * (double)plain_cell(map, g, v.lo, h.lo) +
                     s * (double)plain_cell(map, g, v.lo, h.hi);
    const double q = (1 - s) * (double)plain_cell(map, g, v.hi, h.lo) +
                     s * (double)plain_cell(map, g, v.hi, h.hi);
    return (1 - t) * p + t * q;
}

static double plain_at(const plain_world *w, int image, int unit, int pixel)
{
    const ga_grid g = w->c.grid;
    return plain_value(plain_maps(w, image) + unit * g.h * g.w, g, pixel / g.W, pixel % g.W);
}

/* Mean first, then deviations from it. */
static ga_joint plain_joint(const plain_world *w, int label, int unit)
{
    const int W = w->c.grid.W, pixels = w->c.grid.H * W;
    const double n = (double)w->c.images * pixels;
    double mean = 0, share = 0, variance = 0, both = 0;
    for (int i = 0; i < w->c.images; i++)
        for (int p = 0; p < pixels; p++) {
            mean += plain_at(w, i, unit, p) / n;
            share += plain_is(w, i, p / W, p % W, label) / n;
        }
    for (int i = 0; i < w->c.images; i++)
        for (int p = 0; p < pixels; p++) {
            const double d = plain_at(w, i, unit, p) - mean;
            variance += d * d / n;
            both += d * (plain_is(w, i, p / W, p % W, label) - share) / n;
        }
    ga_joint out = {mean, variance, both, 0};
    if (variance > 0 && share > 0 && share < 1 - 0.5 / n)
        out.correlation = both / sqrt(variance * share * (1 - share));
    else
        out.covariance = 0;
    return out;
}

static float *about_of(const plain_world *w)
{
    float *about = ga_mem_new((size_t)w->c.units, sizeof *about);
    for (int u = 0; u < w->c.units; u++)
        about[u] = 0.7f * (float)(u % 5) - 1;
    return about;
}

static ga_covariance *covariance_of(const plain_world *w, const float *about, int first, int step)
{
    ga_err err;
    ga_covariance *c;
    CHECK_OK(ga_covariance_create(&w->spec, about, &c, &err));
    for (int i = first; i < w->c.images; i += step)
        CHECK_OK(ga_covariance_add(c, plain_maps(w, i), plain_labels(w, i), &err));
    return c;
}

static void near_to(const char *name, const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-11 * fmax(1, fabs(want))))
        fail_msg("%s: %s is %.17g, expected %.17g", name, what, got, want);
}

static void joints_are_those_of_two_plain_passes(void **state)
{
    (void)state;
    for (int i = 0; i < PLAIN_CASES; i++) {
        plain_world w = plain_make(plain_cases[i], 31 + (uint64_t)i);
        float *about = about_of(&w);
        ga_covariance *c = covariance_of(&w, about, 0, 1);
        const int units = w.c.units < 5 ? w.c.units : 5, step = 1 + w.c.labels / 16;
        for (int u = 0; u < units; u++)
            for (int l = 0; l < w.c.labels; l += step) {
                const ga_joint got = ga_covariance_of(c, l, u),
                               want = l > 0 ? plain_joint(&w, l, u)
                                            : (ga_joint){plain_joint(&w, 1, u).mean,
                                                         plain_joint(&w, 1, u).variance, 0, 0};
                near_to(w.c.name, "mean", got.mean, want.mean);
                near_to(w.c.name, "variance", got.variance, want.variance);
                near_to(w.c.name, "covariance", got.covariance, want.covariance);
                near_to(w.c.name, "correlation", got.correlation, want.correlation);
            }
        ga_covariance_free(c);
        ga_mem_free(about);
        plain_free(&w);
    }
}

/* More labels in an image than weights are held of at a time, several of them at a pixel. */
static void many_labels_in_an_image_are_all_told(void **state)
{
    (void)state;
    plain_case of = {"noise", {4, 3, 20, 70, GA_LIE_CLAMP}, 2, 50, 3, 3, 2, false};
    plain_world w = plain_make(of, 3);
    ga_rng rng = ga_rng_of(4, 0);
    for (int i = 0; i < 2 * 3 * 20 * 70; i++)
        w.labels[i] = (uint16_t)ga_rng_below(&rng, 50);
    float *about = about_of(&w);
    ga_covariance *c = covariance_of(&w, about, 0, 1);
    for (int l = 1; l < 50; l++)
        near_to("noise", "covariance", ga_covariance_of(c, l, 1).covariance,
                plain_joint(&w, l, 1).covariance);
    ga_covariance_free(c);
    ga_mem_free(about);
    plain_free(&w);
}

/* ---- what is known ----------------------------------------------------------------------------*/

/* Unit 0 draws the label itself, 1 its opposite, 2 nothing, 3 a constant, 4 the label on a high
 * ground. */
static void units_that_draw_a_label_go_with_it_exactly(void **state)
{
    (void)state;
    ga_err err;
    enum { SIDE = 6, PIXELS = SIDE * SIDE };
    const uint8_t category[3] = {0, 0, 0};
    const ga_tally_spec spec = {5, 3, category, 1, 1, {SIDE, SIDE, SIDE, SIDE, GA_LIE_ZERO}, 1};
    const float about[5] = {0, 0.3f, 0, 0.25f, 1024};
    static float maps[5 * PIXELS];
    uint16_t labels[PIXELS];
    for (int p = 0; p < PIXELS; p++) {
        labels[p] = p % 7 < 3 ? 1 : 2;
        const float is = labels[p] == 1;
        const float value[5] = {is, -2 * is, 0, 0.1f, 1024 + is / 64};
        for (int u = 0; u < 5; u++)
            maps[u * PIXELS + p] = value[u];
    }
    ga_covariance *c;
    CHECK_OK(ga_covariance_create(&spec, about, &c, &err));
    CHECK_OK(ga_covariance_add(c, maps, labels, &err));
    const double want[5] = {1, -1, 0, 0, 1};
    for (int u = 0; u < 5; u++) {
        near_to("drawn", "correlation", ga_covariance_of(c, 1, u).correlation, want[u]);
        near_to("drawn", "correlation", ga_covariance_of(c, 2, u).correlation, -want[u]);
    }
    assert_true(ga_covariance_of(c, 1, 3).variance == 0); /* not merely next to nothing */
    near_to("drawn", "mean", ga_covariance_of(c, 1, 3).mean, (double)0.1f);
    /* a label that is everywhere varies no more than one that is nowhere */
    for (int p = 0; p < PIXELS; p++)
        labels[p] = 1;
    ga_covariance_free(c);
    CHECK_OK(ga_covariance_create(&spec, about, &c, &err));
    CHECK_OK(ga_covariance_add(c, maps, labels, &err));
    const ga_joint all = ga_covariance_of(c, 1, 0), none = ga_covariance_of(c, 2, 0);
    assert_true(all.correlation == 0 && all.covariance == 0 && all.variance > 0.2);
    assert_true(none.correlation == 0 && none.covariance == 0);
    ga_covariance_free(c);
}

static void a_unit_that_never_changes_varies_not_at_all(void **state)
{
    (void)state;
    plain_case of = {"constant", {7, 5, 37, 41, GA_LIE_CLAMP}, 40, 6, 1, 1, 3, false};
    plain_world w = plain_make(of, 4);
    float about[40];
    for (int u = 0; u < 40; u++) {
        const float value = 0.1f * (float)(u + 1);
        about[u] = u % 4 == 0 ? value : value * (1 + 1.0f / 256);
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 35; k++)
                w.maps[(i * 40 + u) * 35 + k] = value;
    }
    ga_covariance *c = covariance_of(&w, about, 0, 1);
    for (int u = 0; u < 40; u++) {
        const ga_joint j = ga_covariance_of(c, 3, u);
        assert_true(j.variance == 0 && j.covariance == 0 && j.correlation == 0);
        near_to("constant", "mean", j.mean, (double)(0.1f * (float)(u + 1)));
    }
    ga_covariance_free(c);
    plain_free(&w);
}

/* The largest values there may be, and ones that are next to nothing. */
static void values_of_any_size_can_be_told(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[0], 5);
    const int cells = w.c.grid.h * w.c.grid.w;
    const float size[5] = {1, 1e36f, 1e-12f, 1e-36f, 1e5f};
    const float zero[5] = {0};
    ga_covariance *plain = covariance_of(&w, zero, 0, 1), *scaled;
    CHECK_OK(ga_covariance_create(&w.spec, zero, &scaled, &err));
    for (int i = 0; i < w.c.images * 5 * cells; i++)
        w.maps[i] = fminf(fmaxf(w.maps[i], -9), 9);
    for (int i = 0; i < w.c.images; i++) {
        static float maps[5 * 64];
        for (int u = 0; u < 5; u++)
            for (int k = 0; k < cells; k++) /* all units draw what unit 1 draws */
                maps[u * cells + k] = plain_maps(&w, i)[cells + k] * size[u];
        CHECK_OK(ga_covariance_add(scaled, maps, plain_labels(&w, i), &err));
    }
    for (int u = 0; u < 5; u++) {
        const double got = ga_covariance_of(scaled, 3, u).correlation,
                     want = ga_covariance_of(plain, 3, 1).correlation;
        if (!(fabs(got - want) < 1e-6)) /* f32 rounds the scaled maps */
            fail_msg("values of size %g: %.9f, expected %.9f", (double)size[u], got, want);
    }
    ga_covariance_free(plain);
    ga_covariance_free(scaled);
    plain_free(&w);
}

/* ---- parts, files, mistakes -------------------------------------------------------------------*/

static void merged_parts_are_the_whole_whatever_order_and_threads(void **state)
{
    (void)state;
    ga_err err;
    plain_case of[] = {plain_cases[9], plain_cases[16]};
    for (int k = 0; k < 2; k++) {
        of[k].images = 7;
        plain_world w = plain_make(of[k], 6);
        float *about = about_of(&w);
        ga_covariance *whole = covariance_of(&w, about, 0, 1), *part[3];
        for (int i = 0; i < 3; i++) {
            w.spec.threads = 1 + 2 * i;
            part[i] = covariance_of(&w, about, 2 - i, 3);
        }
        CHECK_OK(ga_covariance_merge(part[1], part[0], &err));
        CHECK_OK(ga_covariance_merge(part[1], part[2], &err));
        CHECK_SAME_ARRAYS(ga_covariance_array, part[1], whole);
        for (int i = 0; i < 3; i++)
            ga_covariance_free(part[i]);
        ga_covariance_free(whole);
        ga_mem_free(about);
        plain_free(&w);
    }
}

static void a_saved_one_goes_on_where_it_was(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[0], 8);
    float *about = about_of(&w);
    ga_stat_array arrays[32];
    int n;
    ga_covariance *whole = covariance_of(&w, about, 0, 1), *half = covariance_of(&w, about, 0, 3),
                  *rest = covariance_of(&w, about, 1, 1);
    COPY_ARRAYS(ga_covariance_array, half, arrays, &n);
    CHECK_OK(ga_covariance_load(rest, arrays, n, &err));
    for (int i = 1; i < 3; i++)
        CHECK_OK(ga_covariance_add(rest, plain_maps(&w, i), plain_labels(&w, i), &err));
    CHECK_SAME_ARRAYS(ga_covariance_array, rest, whole);
    /* one number at a time is spoiled, of sums the highest limb; what was there stays */
    const struct {
        const char *name;
        int at;
    } spoil[] = {{"images", 0}, {"label", 0}, {"sum", 4}, {"squares", 9}};
    for (int i = 0; i < 4; i++) {
        uint64_t *number = (uint64_t *)plain_array(arrays, n, spoil[i].name) + spoil[i].at;
        const uint64_t kept = *number;
        *number = (uint64_t)1 << 63;
        CHECK_FAILS(ga_covariance_load(rest, arrays, n, &err), GA_EDATA, "contradicts the others");
        *number = kept;
    }
    uint64_t *with = (uint64_t *)(uintptr_t)arrays[n - 1].data;
    with[4] ^= (uint64_t)1 << 40;
    CHECK_FAILS(ga_covariance_load(rest, arrays, n, &err), GA_EDATA, "'with' contradicts");
    CHECK_FAILS(ga_covariance_load(rest, arrays, n - 1, &err), GA_EDATA, "no array 'with");
    ((float *)plain_array(arrays, n, "about"))[1] += 1;
    CHECK_FAILS(ga_covariance_load(rest, arrays, n, &err), GA_EDATA, "other values");
    CHECK_SAME_ARRAYS(ga_covariance_array, rest, whole);
    plain_free_arrays(arrays, n);
    ga_covariance_free(whole);
    ga_covariance_free(half);
    ga_covariance_free(rest);
    ga_mem_free(about);
    plain_free(&w);
}

static void a_bad_image_is_named_and_adds_nothing(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[0], 9);
    float *about = about_of(&w);
    ga_covariance *c, *empty;
    CHECK_OK(ga_covariance_create(&w.spec, about, &c, &err));
    CHECK_OK(ga_covariance_create(&w.spec, about, &empty, &err));
    w.maps[4 * 64 + 63] = NAN;
    CHECK_FAILS(ga_covariance_add(c, w.maps, w.labels, &err), GA_EDATA,
                "unit 4: value 63 of its map is nan");
    w.maps[4 * 64 + 63] = 0;
    w.labels[7] = 12;
    CHECK_FAILS(ga_covariance_add(c, w.maps, w.labels, &err), GA_EDATA, "labels end at 11");
    CHECK_SAME_ARRAYS(ga_covariance_array, c, empty);
    assert_true(ga_covariance_of(c, 1, 0).correlation == 0); /* nothing seen */
    about[1] = NAN;
    ga_covariance *none;
    CHECK_FAILS(ga_covariance_create(&w.spec, about, &none, &err), GA_EINVAL,
                "unit 1 is about nan");
    assert_null(none);
    about[1] = 3;
    CHECK_OK(ga_covariance_create(&w.spec, about, &none, &err));
    CHECK_FAILS(ga_covariance_merge(c, none, &err), GA_EINVAL, "about other values");
    ga_covariance_free(none);
    w.spec.grid.lie = GA_LIE_ZERO;
    CHECK_OK(ga_covariance_create(&w.spec, about, &none, &err));
    CHECK_FAILS(ga_covariance_merge(c, none, &err), GA_EINVAL, "other units, labels or grids");
    ga_covariance_free(none);
    ga_covariance_free(c);
    ga_covariance_free(empty);
    ga_mem_free(about);
    plain_free(&w);
}

static void memory_is_what_was_said_and_running_out_of_it_is_survived(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[2], 10);
    float *about = about_of(&w);
    ga_covariance *c = NULL;
    ga_status status = GA_ENOMEM;
    long n = 0;
    const size_t before = held();
    for (; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_covariance_create(&w.spec, about, &c, &err);
    }
    assert_int_equal(status, GA_OK);
    assert_true(n > 20);
    for (status = GA_ENOMEM, n = 0; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_covariance_add(c, w.maps, w.labels, &err);
        ga_stat_array a;
        assert_true(ga_covariance_array(c, 1, &a));
        assert_int_equal(*(const uint64_t *)a.data, status == GA_OK);
    }
    ga_mem_fail_after(-1);
    assert_int_equal(status, GA_OK);
    const int seen = (int)n - 1;
    assert_true(seen > 2);
    const size_t taken = held() - before, said = ga_covariance_bytes(&w.spec, seen);
    if (books_are_kept()) /* each block is aligned to 64 bytes and has a head */
        assert_true(taken > said / 2 && taken <= said + 64 * 144 + 8192);
    ga_covariance_free(c);
    ga_mem_free(about);
    plain_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joints_are_those_of_two_plain_passes),
        cmocka_unit_test(many_labels_in_an_image_are_all_told),
        cmocka_unit_test(units_that_draw_a_label_go_with_it_exactly),
        cmocka_unit_test(a_unit_that_never_changes_varies_not_at_all),
        cmocka_unit_test(values_of_any_size_can_be_told),
        cmocka_unit_test(merged_parts_are_the_whole_whatever_order_and_threads),
        cmocka_unit_test(a_saved_one_goes_on_where_it_was),
        cmocka_unit_test(a_bad_image_is_named_and_adds_nothing),
        cmocka_unit_test(memory_is_what_was_said_and_running_out_of_it_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
