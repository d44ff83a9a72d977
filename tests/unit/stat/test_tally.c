/* Units against labels at one threshold: counts against a plain reference, tables by hand. */
#include "books.h"
#include "tally_plain.h"

/* ---- the reference ----------------------------------------------------------------------------*/

typedef struct plain_counts {
    uint64_t *both, *label, *active, *category_active, *category_pixels, *label_images;
} plain_counts;

static float *thresholds(const plain_world *w)
{
    float *t = ga_mem_new((size_t)w->c.units, sizeof *t);
    for (int u = 0; u < w->c.units; u++) /* from most pixels to few; ties: whole numbers */
        t[u] = w->c.ties ? (float)(u % 4 - 2) : -0.5f + 0.4f * (float)(u % 6);
    return t;
}

static plain_counts count_plainly(const plain_world *w, const float *threshold)
{
    const int U = w->c.units, L = w->c.labels, K = w->c.categories, H = w->c.grid.H,
              W = w->c.grid.W, cells = w->c.grid.h * w->c.grid.w;
    plain_counts n = {ga_mem_new((size_t)(L * U), 8), ga_mem_new((size_t)L, 8),
                      ga_mem_new((size_t)U, 8),       ga_mem_new((size_t)(K * U), 8),
                      ga_mem_new((size_t)K, 8),       ga_mem_new((size_t)L, 8)};
    for (int i = 0; i < w->c.images; i++) {
        bool *present = ga_mem_new((size_t)L, 1), *held = ga_mem_new((size_t)K, 1);
        for (int c = 1; c < L; c++)
            for (int p = 0; p < H * W; p++)
                if (plain_is(w, i, p / W, p % W, c)) {
                    n.label[c]++;
                    present[c] = held[w->category[c]] = true;
                }
        for (int u = 0; u < U; u++)
            for (int p = 0; p < H * W; p++) {
                const float *map = plain_maps(w, i) + u * cells;
                if (!(plain_pixel(map, w->c.grid, p / W, p % W) > threshold[u]))
                    continue;
                n.active[u]++;
                for (int k = 0; k < K; k++)
                    n.category_active[k * U + u] += held[k];
                for (int c = 1; c < L; c++)
                    if (present[c] && plain_is(w, i, p / W, p % W, c))
                        n.both[c * U + u]++;
            }
        for (int c = 1; c < L; c++)
            n.label_images[c] += present[c];
        for (int k = 0; k < K; k++)
            n.category_pixels[k] += held[k] ? (uint64_t)(H * W) : 0;
        ga_mem_free(present);
        ga_mem_free(held);
    }
    return n;
}

static void free_counts(plain_counts *n)
{
    ga_mem_free(n->both);
    ga_mem_free(n->label);
    ga_mem_free(n->active);
    ga_mem_free(n->category_active);
    ga_mem_free(n->category_pixels);
    ga_mem_free(n->label_images);
}

static void same(const char *name, const char *what, const uint64_t *got, const uint64_t *want,
                 int n)
{
    for (int i = 0; i < n; i++)
        if (got[i] != want[i])
            fail_msg("%s: %s[%d] is %llu, expected %llu", name, what, i, (unsigned long long)got[i],
                     (unsigned long long)want[i]);
}

static void counts_are_those_of_a_plain_reference(void **state)
{
    (void)state;
    ga_err err;
    for (int i = 0; i < PLAIN_CASES; i++) {
        plain_world w = plain_make(plain_cases[i], 11 + (uint64_t)i);
        const int U = w.c.units, L = w.c.labels, K = w.c.categories;
        float *t = thresholds(&w);
        plain_counts want = count_plainly(&w, t);
        ga_tally *tally;
        CHECK_OK(ga_tally_create(&w.spec, t, &tally, &err));
        for (int n = 0; n < w.c.images; n++)
            CHECK_OK(ga_tally_add(tally, plain_maps(&w, n), plain_labels(&w, n), NULL, &err));
        const ga_tally_counts got = ga_tally_counts_of(tally);
        assert_int_equal(got.images, w.c.images);
        same(w.c.name, "both", got.both, want.both, L * U);
        same(w.c.name, "label", got.label, want.label, L);
        same(w.c.name, "active", got.active, want.active, U);
        same(w.c.name, "category_active", got.category_active, want.category_active, K * U);
        same(w.c.name, "category_pixels", got.category_pixels, want.category_pixels, K);
        same(w.c.name, "label_images", got.label_images, want.label_images, L);
        ga_tally_free(tally);
        free_counts(&want);
        ga_mem_free(t);
        plain_free(&w);
    }
}

static void values_on_the_threshold_are_not_active(void **state)
{
    (void)state;
    ga_err err;
    const float map[4] = {1, 2, 3, 2}, threshold[1] = {2};
    const uint16_t labels[4] = {1, 1, 0, 1};
    const uint8_t category[2] = {0, 0};
    const ga_tally_spec spec = {1, 2, category, 1, 1, {2, 2, 2, 2, GA_LIE_CLAMP}, 1};
    ga_tally *t;
    CHECK_OK(ga_tally_create(&spec, threshold, &t, &err));
    CHECK_OK(ga_tally_add(t, map, labels, NULL, &err));
    const ga_tally_counts n = ga_tally_counts_of(t);
    assert_true(n.active[0] == 1 && n.both[1] == 0 && n.label[1] == 3);
    ga_tally_free(t);
}

/* Noise for labels: as many a word as there can be, several planes, one label in two of them. */
static void a_label_in_two_planes_counts_once(void **state)
{
    (void)state;
    ga_err err;
    plain_case c = {"noise", {4, 4, 40, 70, GA_LIE_CLAMP}, 2, 300, 3, 3, 1, false};
    plain_world w = plain_make(c, 3);
    ga_rng rng = ga_rng_of(4, 0);
    for (int i = 0; i < 3 * 40 * 70; i++)
        w.labels[i] = (uint16_t)ga_rng_below(&rng, 300);
    memcpy(w.labels, w.labels + 40 * 70, 70 * sizeof *w.labels); /* a row of one in the other */
    float *t = thresholds(&w);
    plain_counts want = count_plainly(&w, t);
    ga_tally *tally;
    CHECK_OK(ga_tally_create(&w.spec, t, &tally, &err));
    CHECK_OK(ga_tally_add(tally, plain_maps(&w, 0), plain_labels(&w, 0), NULL, &err));
    same("noise", "both", ga_tally_counts_of(tally).both, want.both, 600);
    same("noise", "label", ga_tally_counts_of(tally).label, want.label, 300);
    ga_tally_free(tally);
    free_counts(&want);
    ga_mem_free(t);
    plain_free(&w);
}

static void merged_parts_are_the_whole_whatever_order_and_threads(void **state)
{
    (void)state;
    ga_err err;
    plain_case c = plain_cases[3];
    c.images = 6;
    plain_world w = plain_make(c, 5);
    float *t = thresholds(&w);
    ga_tally *whole, *part[3];
    CHECK_OK(ga_tally_create(&w.spec, t, &whole, &err));
    for (int n = 0; n < 6; n++)
        CHECK_OK(ga_tally_add(whole, plain_maps(&w, n), plain_labels(&w, n), NULL, &err));
    for (int i = 0; i < 3; i++) {
        w.spec.threads = 1 + 2 * i;
        CHECK_OK(ga_tally_create(&w.spec, t, &part[i], &err));
        for (int n = 5; n >= 0; n--)
            if (n % 3 == i)
                CHECK_OK(ga_tally_add(part[i], plain_maps(&w, n), plain_labels(&w, n), NULL, &err));
    }
    CHECK_OK(ga_tally_merge(part[2], part[0], &err));
    CHECK_OK(ga_tally_merge(part[2], part[1], &err));
    CHECK_SAME_ARRAYS(ga_tally_array, part[2], whole);
    for (int i = 0; i < 3; i++)
        ga_tally_free(part[i]);
    ga_tally_free(whole);
    ga_mem_free(t);
    plain_free(&w);
}

static void images_give_what_they_add(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[0], 6);
    const int U = w.c.units, L = w.c.labels;
    float *t = thresholds(&w);
    uint64_t *both = ga_mem_new((size_t)(L * U), 8), label[12] = {0}, active[5] = {0};
    ga_tally *tally;
    ga_tally_image *image;
    CHECK_OK(ga_tally_create(&w.spec, t, &tally, &err));
    CHECK_OK(ga_tally_image_create(&w.spec, &image, &err));
    for (int n = 0; n < w.c.images; n++) {
        const uint64_t before = ga_mem_count();
        CHECK_OK(ga_tally_add(tally, plain_maps(&w, n), plain_labels(&w, n), image, &err));
        assert_int_equal(ga_mem_count(), before); /* nothing is allocated */
        const ga_tally_present p = ga_tally_image_of(image);
        for (int i = 0; i < p.n; i++) {
            assert_true(p.which[i] > (i == 0 ? 0 : p.which[i - 1]) && p.label[i] > 0);
            label[p.which[i]] += p.label[i];
            for (int u = 0; u < U; u++)
                both[p.which[i] * U + u] += p.both[i * U + u];
        }
        for (int u = 0; u < U; u++)
            active[u] += p.active[u];
    }
    same("images", "both", both, ga_tally_counts_of(tally).both, L * U);
    same("images", "label", label, ga_tally_counts_of(tally).label, L);
    same("images", "active", active, ga_tally_counts_of(tally).active, U);
    ga_tally_image_free(image);
    ga_tally_free(tally);
    ga_mem_free(both);
    ga_mem_free(t);
    plain_free(&w);
}

/* ---- tables -----------------------------------------------------------------------------------*/

static void near_to(const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 4e-16 * fmax(1, fabs(want))))
        fail_msg("%s is %.17g, expected %.17g", what, got, want);
}

static void measures_of_a_table_are_as_by_hand(void **state)
{
    (void)state;
    const ga_table equal = {10, 0, 0, 90}, apart = {0, 10, 20, 70}, chance = {2, 8, 18, 72},
                   some = {30, 20, 10, 40}, none = {0}, always = {20, 80, 0, 0};
    near_to("equal iou", ga_table_iou(equal), 1);
    near_to("equal iqr", ga_table_iqr(equal), 1); /* information is all there is: MI = JE */
    near_to("equal correlation", ga_table_correlation(equal), 1);
    near_to("apart iou", ga_table_iou(apart), 0);
    near_to("chance iou", ga_table_iou(chance), 2.0 / 28);
    near_to("chance iqr", ga_table_iqr(chance), 0); /* 10 % of 20 %: independent */
    near_to("chance correlation", ga_table_correlation(chance), 0);
    near_to("some iou", ga_table_iou(some), 0.5);
    near_to("some correlation", ga_table_correlation(some),
            (30.0 * 40 - 200) / sqrt(50 * 50 * 40 * 60.));
    const double mi = 0.3 * log(0.3 / (0.5 * 0.4)) + 0.2 * log(0.2 / (0.5 * 0.6)) +
                      0.1 * log(0.1 / (0.5 * 0.4)) + 0.4 * log(0.4 / (0.5 * 0.6)),
                 je = -(0.3 * log(0.3) + 0.2 * log(0.2) + 0.1 * log(0.1) + 0.4 * log(0.4));
    near_to("some iqr", ga_table_iqr(some), mi / je);
    near_to("nothing", ga_table_iou(none) + ga_table_iqr(none) + ga_table_correlation(none), 0);
    near_to("constant", ga_table_iqr(always) + ga_table_correlation(always), 0);
    near_to("constant iou", ga_table_iou(always), 0.2);
}

/* Two images of 4 pixels; label 1 (category 0) is in the first only, label 2 (category 1) in both.
 *     unit      X X   . X        label 1   1 .   . .      label 2   . 2   2 2
 *               X .   . .                  1 .   . .                . .   . .   */
static void tables_hold_against_the_images_of_a_category_or_all(void **state)
{
    (void)state;
    ga_err err;
    const float maps[2][4] = {{1, 1, 1, 0}, {0, 1, 0, 0}}, threshold[1] = {0.5f};
    const uint16_t labels[2][4] = {{1, 2, 1, 0}, {2, 2, 0, 0}};
    const uint8_t category[3] = {9, 0, 1};
    const ga_tally_spec spec = {1, 3, category, 2, 1, {2, 2, 2, 2, GA_LIE_CLAMP}, 1};
    ga_tally *t;
    CHECK_OK(ga_tally_create(&spec, threshold, &t, &err));
    for (int i = 0; i < 2; i++)
        CHECK_OK(ga_tally_add(t, maps[i], labels[i], NULL, &err));
    const ga_table in = ga_tally_table(t, 1, 0, GA_OF_CATEGORY),
                   all = ga_tally_table(t, 1, 0, GA_OF_ALL),
                   two = ga_tally_table(t, 2, 0, GA_OF_CATEGORY),
                   mixed = ga_tally_table(t, 1, 0, GA_OF_MIXED),
                   none = ga_tally_table(t, 0, 0, GA_OF_ALL);
    assert_true(in.both == 2 && in.active_only == 1 && in.label_only == 0 && in.neither == 1);
    assert_true(all.both == 2 && all.active_only == 2 && all.label_only == 0 && all.neither == 4);
    assert_true(two.both == 2 && two.active_only == 2 && two.label_only == 1 && two.neither == 3);
    assert_true(mixed.both == 0.25 && mixed.active_only == 0.5 && mixed.label_only == 0 &&
                mixed.neither == 0.25); /* 2 of 8 pixels, 3 of 4 of the first image's */
    assert_true(none.both + none.active_only + none.label_only + none.neither == 0);
    ga_tally_free(t);
}

/* ---- saved, refused ---------------------------------------------------------------------------*/

static void a_saved_tally_goes_on_where_it_was(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[0], 8);
    float *t = thresholds(&w);
    ga_stat_array arrays[16];
    int n;
    ga_tally *whole, *half, *rest;
    CHECK_OK(ga_tally_create(&w.spec, t, &whole, &err));
    CHECK_OK(ga_tally_create(&w.spec, t, &half, &err));
    CHECK_OK(ga_tally_create(&w.spec, t, &rest, &err));
    for (int i = 0; i < 3; i++)
        CHECK_OK(ga_tally_add(whole, plain_maps(&w, i), plain_labels(&w, i), NULL, &err));
    CHECK_OK(ga_tally_add(half, plain_maps(&w, 0), plain_labels(&w, 0), NULL, &err));
    COPY_ARRAYS(ga_tally_array, half, arrays, &n);
    CHECK_OK(ga_tally_load(rest, arrays, n, &err));
    for (int i = 1; i < 3; i++)
        CHECK_OK(ga_tally_add(rest, plain_maps(&w, i), plain_labels(&w, i), NULL, &err));
    CHECK_SAME_ARRAYS(ga_tally_array, rest, whole);
    /* one number at a time is spoiled; what was there stays */
    static const char *const names[] = {
        "images", "both", "label", "active", "category_active", "category_pixels", "label_images"};
    for (int i = 0; i < 7; i++) {
        uint64_t *array = plain_array(arrays, n, names[i]);
        const uint64_t kept = array[0];
        array[0] = UINT64_MAX;
        CHECK_FAILS(ga_tally_load(rest, arrays, n, &err), GA_EDATA, "contradicts the others");
        array[0] = kept;
    }
    ((float *)plain_array(arrays, n, "threshold"))[1] += 1;
    CHECK_FAILS(ga_tally_load(rest, arrays, n, &err), GA_EDATA, "other thresholds");
    CHECK_FAILS(ga_tally_load(rest, arrays, 2, &err), GA_EDATA,
                "no array 'both': expected u64 (12,5)");
    arrays[2].shape[1] = 4;
    CHECK_FAILS(ga_tally_load(rest, arrays, n, &err), GA_EDATA,
                "array 'both' is u64 (12,4): expected u64 (12,5)");
    CHECK_SAME_ARRAYS(ga_tally_array, rest, whole);
    plain_free_arrays(arrays, n);
    ga_tally_free(whole);
    ga_tally_free(half);
    ga_tally_free(rest);
    ga_mem_free(t);
    plain_free(&w);
}

static void a_bad_image_is_named_and_counts_nothing(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[0], 9);
    float *t = thresholds(&w);
    ga_tally *tally, *empty;
    CHECK_OK(ga_tally_create(&w.spec, t, &tally, &err));
    CHECK_OK(ga_tally_create(&w.spec, t, &empty, &err));
    const uint16_t was = w.labels[64 * 64 + 3 * 64 + 7];
    w.labels[64 * 64 + 3 * 64 + 7] = 12;
    CHECK_FAILS(ga_tally_add(tally, w.maps, w.labels, NULL, &err), GA_EDATA,
                "label 12 at (3,7) of plane 1: labels end at 11");
    w.labels[64 * 64 + 3 * 64 + 7] = was;
    w.maps[4 * 64 + 63] = INFINITY;
    CHECK_FAILS(ga_tally_add(tally, w.maps, w.labels, NULL, &err), GA_EDATA,
                "unit 4: value 63 of its map is inf");
    CHECK_SAME_ARRAYS(ga_tally_array, tally, empty);
    ga_tally_free(tally);
    ga_tally_free(empty);
    ga_mem_free(t);
    plain_free(&w);
}

static void what_does_not_fit_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[0], 10), v = plain_make(plain_cases[1], 10);
    float *t = thresholds(&w);
    ga_tally *a, *b;
    ga_tally_spec s = w.spec;
    s.labels = 1;
    CHECK_FAILS(ga_tally_create(&s, t, &a, &err), GA_EINVAL, "5 units, 1 labels of 3 categories");
    assert_null(a);
    assert_int_equal(ga_tally_bytes(&s), 0);
    s = w.spec;
    w.category[7] = 3;
    CHECK_FAILS(ga_tally_create(&s, t, &a, &err), GA_EINVAL,
                "label 7 is of category 3: categories end at 2");
    w.category[7] = 1;
    t[2] = NAN;
    CHECK_FAILS(ga_tally_create(&s, t, &a, &err), GA_EINVAL, "threshold of unit 2 is not a number");
    t[2] = 0;
    CHECK_OK(ga_tally_create(&w.spec, t, &a, &err));
    CHECK_OK(ga_tally_create(&v.spec, t, &b, &err));
    CHECK_FAILS(ga_tally_merge(a, b, &err), GA_EINVAL, "other units, labels or grids");
    ga_tally_image *image;
    s = w.spec;
    s.grid = (ga_grid){1, 1, 1, 3, GA_LIE_CLAMP}; /* has room for fewer labels */
    CHECK_OK(ga_tally_image_create(&s, &image, &err));
    CHECK_FAILS(ga_tally_add(a, w.maps, w.labels, image, &err), GA_EINVAL,
                "the same grid and planes");
    ga_tally_image_free(image);
    ga_tally_free(b);
    t[2] = 1;
    CHECK_OK(ga_tally_create(&w.spec, t, &b, &err));
    CHECK_FAILS(ga_tally_merge(a, b, &err), GA_EINVAL, "other thresholds");
    ga_tally_free(a);
    ga_tally_free(b);
    ga_mem_free(t);
    plain_free(&w);
    plain_free(&v);
}

static void memory_is_what_was_said_and_running_out_of_it_is_survived(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[2], 10);
    float *t = thresholds(&w);
    ga_tally *a = NULL;
    ga_status status = GA_ENOMEM;
    long n = 0;
    const size_t before = held();
    for (; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_tally_create(&w.spec, t, &a, &err);
    }
    ga_mem_fail_after(-1);
    assert_int_equal(status, GA_OK);
    assert_true(n > 25);
    const size_t taken = held() - before, said = ga_tally_bytes(&w.spec);
    if (books_are_kept()) /* each block is aligned to 64 bytes and has a head */
        assert_true(taken > said / 2 && taken <= said + (size_t)n * 144 + 8192);
    ga_tally_free(a);
    ga_mem_free(t);
    plain_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_those_of_a_plain_reference),
        cmocka_unit_test(values_on_the_threshold_are_not_active),
        cmocka_unit_test(a_label_in_two_planes_counts_once),
        cmocka_unit_test(merged_parts_are_the_whole_whatever_order_and_threads),
        cmocka_unit_test(images_give_what_they_add),
        cmocka_unit_test(measures_of_a_table_are_as_by_hand),
        cmocka_unit_test(tables_hold_against_the_images_of_a_category_or_all),
        cmocka_unit_test(a_saved_tally_goes_on_where_it_was),
        cmocka_unit_test(a_bad_image_is_named_and_counts_nothing),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
        cmocka_unit_test(memory_is_what_was_said_and_running_out_of_it_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
