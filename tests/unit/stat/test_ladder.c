/* Units against labels at many levels: against as many tallies, and the rule that chooses against
 * the published one written as it is described. */
#include "books.h"
#include "tally_plain.h"

enum { J = 23 };

/* Descending levels of unit u, by its kind: even, uneven (the table of first guesses does not
 * help), many equal ones, all equal; for maps of whole numbers levels are such, too. */
static void levels_for(const plain_case *c, int u, float *level)
{
    for (int i = 0; i < J; i++) {
        const int kind = u % 4, step = i / 4;
        float v = 2.2f - 0.2f * (float)i;
        if (kind == 1)
            v = i == 0 ? 1e30f : i == J - 1 ? -1e30f : 1.1f - 0.05f * (float)i;
        if (kind == 2)
            v = 1.5f - 0.5f * (float)step;
        if (kind == 3)
            v = 0.25f;
        level[i] = c->ties ? rintf(v) : v;
    }
}

static float *all_levels(const plain_world *w)
{
    float *levels = ga_mem_new((size_t)(w->c.units * J), sizeof *levels);
    for (int u = 0; u < w->c.units; u++)
        levels_for(&w->c, u, levels + u * J);
    return levels;
}

static ga_ladder *ladder_of(const plain_world *w, const float *levels, int threads, int first,
                            int step)
{
    ga_err err;
    ga_ladder *l;
    ga_tally_spec spec = w->spec;
    spec.threads = threads;
    CHECK_OK(ga_ladder_create(&spec, levels, J, &l, &err));
    for (int i = first; i < w->c.images; i += step)
        CHECK_OK(ga_ladder_add(l, plain_maps(w, i), plain_labels(w, i), &err));
    return l;
}

static bool same_table(ga_table a, ga_table b)
{
    return a.both == b.both && a.active_only == b.active_only && a.label_only == b.label_only &&
           a.neither == b.neither;
}

/* The tally has its own plain reference (test_tally.c). */
static void every_level_is_a_tally(void **state)
{
    (void)state;
    ga_err err;
    static const int some[] = {0, 1, 2, 10, 22};
    for (int i = 0; i < PLAIN_CASES; i++) {
        plain_world w = plain_make(plain_cases[i], 80 + (uint64_t)i);
        const int U = w.c.units;
        float *levels = all_levels(&w), *threshold = ga_mem_new((size_t)U, sizeof *threshold);
        ga_ladder *l = ladder_of(&w, levels, 2, 0, 1);
        for (int s = 0; s < 5; s++) {
            ga_tally *t;
            for (int u = 0; u < U; u++)
                threshold[u] = levels[u * J + some[s]];
            CHECK_OK(ga_tally_create(&w.spec, threshold, &t, &err));
            for (int n = 0; n < w.c.images; n++)
                CHECK_OK(ga_tally_add(t, plain_maps(&w, n), plain_labels(&w, n), NULL, &err));
            for (int c = 0; c < w.c.labels; c++)
                for (int u = 0; u < U; u++)
                    for (int of = GA_OF_CATEGORY; of <= GA_OF_MIXED; of++)
                        if (!same_table(ga_ladder_table(l, c, u, some[s], (ga_denominator)of),
                                        ga_tally_table(t, c, u, (ga_denominator)of)))
                            fail_msg("%s: label %d, unit %d, level %d", w.c.name, c, u, some[s]);
            ga_tally_free(t);
        }
        ga_ladder_free(l);
        ga_mem_free(levels);
        ga_mem_free(threshold);
        plain_free(&w);
    }
}

/* More sets than are counted at a time: rows go in several parts. */
static void noise_for_labels_is_counted_in_parts(void **state)
{
    (void)state;
    ga_err err;
    plain_case c = {"noise", {4, 4, 70, 1000, GA_LIE_CLAMP}, 2, 60, 3, 3, 1, false};
    plain_world w = plain_make(c, 90);
    ga_rng rng = ga_rng_of(91, 0);
    for (int i = 0; i < 3 * 70 * 1000; i++)
        w.labels[i] = (uint16_t)ga_rng_below(&rng, 60);
    float *levels = all_levels(&w), threshold[2] = {levels[5], levels[J + 5]};
    ga_ladder *l = ladder_of(&w, levels, 2, 0, 1);
    ga_tally *t;
    CHECK_OK(ga_tally_create(&w.spec, threshold, &t, &err));
    CHECK_OK(ga_tally_add(t, w.maps, w.labels, NULL, &err));
    for (int label = 0; label < 60; label++)
        for (int u = 0; u < 2; u++)
            assert_true(same_table(ga_ladder_table(l, label, u, 5, GA_OF_CATEGORY),
                                   ga_tally_table(t, label, u, GA_OF_CATEGORY)));
    ga_tally_free(t);
    ga_ladder_free(l);
    ga_mem_free(levels);
    plain_free(&w);
}

static void more_equal_pixels_than_16_bits_count_are_counted(void **state)
{
    (void)state;
    ga_err err;
    enum { PIXELS = 300 * 1000 }; /* in four copies: 75,000 each */
    const float map[1] = {1}, levels[2] = {2, 0};
    const uint8_t category[2] = {0, 0};
    const ga_tally_spec spec = {1, 2, category, 1, 1, {1, 1, 300, 1000, GA_LIE_CLAMP}, 1};
    uint16_t *labels = ga_mem_new(PIXELS, sizeof *labels);
    for (int i = 0; i < PIXELS; i++)
        labels[i] = 1;
    ga_ladder *l;
    CHECK_OK(ga_ladder_create(&spec, levels, 2, &l, &err));
    CHECK_OK(ga_ladder_add(l, map, labels, &err));
    assert_true(ga_ladder_table(l, 1, 0, 0, GA_OF_ALL).both == 0);
    assert_true(ga_ladder_table(l, 1, 0, 1, GA_OF_ALL).both == PIXELS);
    ga_ladder_free(l);
    ga_mem_free(labels);
}

static void merged_parts_are_the_whole_whatever_order_and_threads(void **state)
{
    (void)state;
    ga_err err;
    plain_case c = plain_cases[3];
    c.images = 6;
    plain_world w = plain_make(c, 92);
    float *levels = all_levels(&w);
    ga_ladder *whole = ladder_of(&w, levels, 2, 0, 1), *part[3], *loaded;
    for (int i = 0; i < 3; i++)
        part[i] = ladder_of(&w, levels, 1 + i, i, 3);
    ga_stat_array arrays[32];
    int n;
    COPY_ARRAYS(ga_ladder_array, part[1], arrays, &n);
    CHECK_OK(ga_ladder_create(&w.spec, levels, J, &loaded, &err));
    CHECK_OK(ga_ladder_load(loaded, arrays, n, &err));
    CHECK_OK(ga_ladder_merge(loaded, part[2], &err));
    CHECK_OK(ga_ladder_merge(loaded, part[0], &err));
    CHECK_SAME_ARRAYS(ga_ladder_array, loaded, whole);
    static const char *const names[] = {"images", "label", "category_pixels"};
    for (int i = 0; i < 3; i++) {
        uint64_t *array = plain_array(arrays, n, names[i]);
        const uint64_t kept = array[0];
        array[0] = UINT64_MAX;
        CHECK_FAILS(ga_ladder_load(loaded, arrays, n, &err), GA_EDATA, "contradicts the others");
        array[0] = kept;
    }
    for (int i = 3; i < n; i++) {
        uint32_t *array = (uint32_t *)(uintptr_t)arrays[i].data;
        if (arrays[i].type != GA_STAT_U32)
            continue;
        const uint32_t kept = array[2];
        array[2] = 100000;
        CHECK_FAILS(ga_ladder_load(loaded, arrays, n, &err), GA_EDATA, "contradicts the others");
        array[2] = kept;
    }
    CHECK_FAILS(ga_ladder_load(loaded, arrays, n - 1, &err), GA_EDATA, "no array 'both.");
    ((float *)plain_array(arrays, n, "levels"))[0] += 1;
    CHECK_FAILS(ga_ladder_load(loaded, arrays, n, &err), GA_EDATA, "other levels");
    CHECK_SAME_ARRAYS(ga_ladder_array, loaded, whole);
    plain_free_arrays(arrays, n);
    for (int i = 0; i < 3; i++)
        ga_ladder_free(part[i]);
    ga_ladder_free(whole);
    ga_ladder_free(loaded);
    ga_mem_free(levels);
    plain_free(&w);
}

/* ---- the rule ---------------------------------------------------------------------------------*/

static void shares_go_from_a_thousandth_to_all(void **state)
{
    (void)state;
    double share[GA_IQR_LEVELS];
    ga_iqr_shares(share);
    assert_true(fabs(share[0] - 1e-3) < 1e-18 && fabs(share[33] - 1e-2) < 1e-16 &&
                fabs(share[66] - 1e-1) < 1e-15 && share[99] == 1);
}

/* x ln(x / y), 0 for x = 0. */
static double gain(double x, double y)
{
    return x > 0 ? x * log(x / y) : 0;
}

/* As described: P(active | label) times the label's share of all pixels, P(active) of the images of
 * its category (or, mended, everything of these images, or of all), then the six rules, then the
 * largest over levels, then over labels. */
static ga_iqr_pick choose_plainly(const ga_ladder *l, const plain_world *w, const float *levels,
                                  int u, ga_denominator of)
{
    ga_iqr_pick best = {levels[u * J], 0, 0, 0, 0};
    for (int c = 1; c < w->c.labels; c++)
        for (int i = 0; i < J; i++) {
            const ga_table in = ga_ladder_table(l, c, u, i, GA_OF_CATEGORY),
                           out = ga_ladder_table(l, c, u, i, GA_OF_ALL);
            const double here = in.both + in.active_only + in.label_only + in.neither,
                         all = out.both + out.active_only + out.label_only + out.neither;
            if (all == 0)
                continue;
            const double whole = of == GA_OF_CATEGORY ? here : all;
            const double tau = (in.both + in.label_only) / whole,
                         a = in.both + in.label_only > 0 ? in.both / (in.both + in.label_only) : 0,
                         p = of == GA_OF_ALL ? (out.both + out.active_only) / all
                                             : (in.both + in.active_only) / here;
            const double I = a * tau, un = tau + p - I;
            double joint[2][2] = {{I, p - I}, {tau - I, 1 - un}};
            for (int k = 0; k < 4; k++)
                joint[k / 2][k % 2] = fmin(1, fmax(0, joint[k / 2][k % 2]));
            double mi = 0, je = 0;
            for (int k = 0; k < 4; k++) {
                const int r = k / 2, s = k % 2;
                mi += gain(joint[r][s], (joint[r][0] + joint[r][1]) * (joint[0][s] + joint[1][s]));
                je -= gain(joint[r][s], 1);
            }
            const bool trusted = (out.both + out.label_only) / all >= 1e-3;
            double iqr = je > 0 && mi > 0 && trusted && i != J - 1 ? mi / je : 0;
            if (I + (1 - un) <= 0.8 || levels[u * J + i] <= 0)
                iqr = 0;
            if (iqr > best.iqr * (1 + 1e-12)) /* other roundings; equal ones to the first */
                best = (ga_iqr_pick){levels[u * J + i], c, i, iqr, un > 0 ? I / un : 0};
        }
    return best;
}

static void the_choice_is_that_of_the_published_rule(void **state)
{
    (void)state;
    ga_err err;
    int found = 0, differ = 0;
    for (int i = 0; i < PLAIN_CASES; i++) {
        plain_world w = plain_make(plain_cases[i], 110 + (uint64_t)i);
        const int U = w.c.units, L = w.c.labels, cells = w.c.grid.h * w.c.grid.w;
        for (int n = 0; n < w.c.images && w.c.grid.h > 1;
             n++) /* units that know where label u + 1 is */
            for (int u = 0; u < U; u++)
                for (int k = 0; k < cells; k++) {
                    const int y = (k / w.c.grid.w * 2 + 1) * w.c.grid.H / w.c.grid.h / 2,
                              x = (k % w.c.grid.w * 2 + 1) * w.c.grid.W / w.c.grid.w / 2;
                    float *v = w.maps + (n * U + u) * cells + k;
                    *v = w.c.ties ? rintf(*v / 2 + (float)plain_is(&w, n, y, x, 1 + u % (L - 1)))
                                  : *v / 2 + 1.5f * (float)plain_is(&w, n, y, x, 1 + u % (L - 1));
                }
        float *levels = all_levels(&w);
        ga_ladder *l = ladder_of(&w, levels, 2, 0, 1);
        ga_iqr_pick *pick = ga_mem_new((size_t)U, sizeof *pick),
                    *mixed = ga_mem_new((size_t)U, sizeof *mixed),
                    *best = ga_mem_new((size_t)(U * L), sizeof *best);
        for (int of = GA_OF_CATEGORY; of <= GA_OF_MIXED; of++) {
            ga_iqr_rules rules = GA_IQR_RULES_2018;
            rules.of = (ga_denominator)of;
            CHECK_OK(ga_ladder_pick(l, rules, pick, best, &err));
            for (int u = 0; u < U; u++) {
                const ga_iqr_pick want = choose_plainly(l, &w, levels, u, rules.of);
                if (pick[u].label != want.label || pick[u].at != want.at ||
                    pick[u].level != want.level || fabs(pick[u].iqr - want.iqr) > 1e-12 ||
                    fabs(pick[u].iou - want.iou) > 1e-12)
                    fail_msg(
                        "%s, of %d: unit %d: label %d at %d (%.17g), expected %d at %d (%.17g)",
                        w.c.name, of, u, pick[u].label, pick[u].at, pick[u].iqr, want.label,
                        want.at, want.iqr);
                const ga_iqr_pick same = best[pick[u].label * U + u];
                assert_true(same.label == pick[u].label && same.iqr == pick[u].iqr);
                found += pick[u].label != 0;
                differ += of == GA_OF_MIXED && pick[u].iqr != mixed[u].iqr;
                if (of == GA_OF_CATEGORY)
                    mixed[u] = pick[u];
            }
        }
        ga_mem_free(pick);
        ga_mem_free(mixed);
        ga_mem_free(best);
        ga_ladder_free(l);
        ga_mem_free(levels);
        plain_free(&w);
    }
    assert_true(found > 20 && differ > 5); /* the cases are not idle ones */
}

/* 10 x 10 pixels of one image; the unit is 2 on label 1 (10 pixels), which are label 2's as well, 1
 * on 5 more, else 0. Levels 3, 1.5, 0.5, 0, -1. */
static void rules_are_as_by_hand(void **state)
{
    (void)state;
    ga_err err;
    float map[100] = {0};
    uint16_t labels[200] = {0};
    const uint8_t category[4] = {0, 0, 0, 0};
    const float levels[5] = {3, 1.5f, 0.5f, 0, -1};
    const ga_tally_spec spec = {1, 4, category, 1, 2, {10, 10, 10, 10, GA_LIE_CLAMP}, 1};
    for (int i = 0; i < 15; i++)
        map[i] = i < 10 ? 2 : 1;
    for (int i = 0; i < 10; i++) {
        labels[i] = 1;
        labels[100 + i] = 2;
    }
    for (int i = 15; i < 100; i++)
        labels[100 + i] = 3; /* where the unit is not: agreement is below 0.8 at every level > 0 */
    ga_ladder *l;
    ga_iqr_pick pick, best[4];
    CHECK_OK(ga_ladder_create(&spec, levels, 5, &l, &err));
    CHECK_FAILS(ga_ladder_pick(l, GA_IQR_RULES_2018, &pick, NULL, &err), GA_EDATA,
                "from no images");
    CHECK_OK(ga_ladder_add(l, map, labels, &err));
    CHECK_OK(ga_ladder_pick(l, GA_IQR_RULES_2018, &pick, best, &err));
    assert_true(pick.label == 1 && pick.at == 1 && pick.level == 1.5f && pick.iou == 1);
    assert_true(fabs(pick.iqr - 1) < 1e-15);
    assert_true(best[2].label == 2 && best[2].iqr == pick.iqr); /* of equals the lower label */
    assert_true(best[3].label == 0 && best[3].iqr == 0 && best[3].level == 3 && best[0].label == 0);
    ga_iqr_rules strict = GA_IQR_RULES_2018;
    strict.label_share = 0.11; /* labels 1 and 2 have 0.1 */
    CHECK_OK(ga_ladder_pick(l, strict, &pick, NULL, &err));
    assert_true(pick.label == 0 && pick.at == 0 && pick.level == 3 && pick.iqr == 0);
    strict.agreement = 0; /* label 3 is at 0.5 or below exactly where the unit is not */
    CHECK_OK(ga_ladder_pick(l, strict, &pick, NULL, &err));
    assert_true(pick.label == 3 && pick.at == 1 && pick.iou == 0); /* both + neither = 5 % */
    ga_ladder_free(l);
    /* as the last level, 1.5 counts only if it is said to */
    CHECK_OK(ga_ladder_create(&spec, levels, 2, &l, &err));
    CHECK_OK(ga_ladder_add(l, map, labels, &err));
    ga_iqr_rules all = GA_IQR_RULES_2018;
    CHECK_OK(ga_ladder_pick(l, all, &pick, NULL, &err));
    assert_true(pick.label == 0);
    all.last = true;
    CHECK_OK(ga_ladder_pick(l, all, &pick, NULL, &err));
    assert_true(pick.label == 1 && pick.at == 1);
    ga_ladder_free(l);
}

/* ---- refused ----------------------------------------------------------------------------------*/

static void what_does_not_fit_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[0], 120);
    float *levels = all_levels(&w);
    ga_ladder *l, *other;
    CHECK_FAILS(ga_ladder_create(&w.spec, levels, 256, &l, &err), GA_EINVAL,
                "a ladder of 256 levels");
    assert_int_equal(ga_ladder_bytes(&w.spec, 256, 3), 0);
    levels[2 * J + 5] += 10;
    CHECK_FAILS(ga_ladder_create(&w.spec, levels, J, &l, &err), GA_EINVAL,
                "level 5 of unit 2 is 11, above the one before, 1");
    levels[2 * J + 5] = NAN;
    CHECK_FAILS(ga_ladder_create(&w.spec, levels, J, &l, &err), GA_EINVAL,
                "level 5 of unit 2 is nan");
    levels[2 * J + 5] = 1;
    l = ladder_of(&w, levels, 1, 0, 3);
    other = ladder_of(&w, levels, 2, 0, 3);
    w.labels[5] = 77;
    CHECK_FAILS(ga_ladder_add(l, w.maps, w.labels, &err), GA_EDATA,
                "label 77 at (0,5) of plane 0: labels end at 11");
    w.maps[3] = NAN;
    CHECK_FAILS(ga_ladder_add(l, w.maps, w.labels, &err), GA_EDATA, "unit 0: value 3");
    CHECK_SAME_ARRAYS(ga_ladder_array, l, other);
    ga_ladder_free(other);
    levels[0] += 1;
    CHECK_OK(ga_ladder_create(&w.spec, levels, J, &other, &err));
    CHECK_FAILS(ga_ladder_merge(l, other, &err), GA_EINVAL, "ladders of other levels");
    ga_ladder_free(l);
    ga_ladder_free(other);
    ga_mem_free(levels);
    plain_free(&w);
}

static void memory_is_what_was_said_and_running_out_of_it_is_survived(void **state)
{
    (void)state;
    ga_err err;
    plain_world w = plain_make(plain_cases[0], 130);
    float *levels = all_levels(&w);
    ga_ladder *l = NULL, *same = NULL;
    ga_status status = GA_ENOMEM;
    long n = 0, more = 0;
    const size_t before = held();
    for (; status == GA_ENOMEM; n++) {
        ga_mem_fail_after(n);
        status = ga_ladder_create(&w.spec, levels, J, &l, &err);
    }
    ga_mem_fail_after(-1);
    CHECK_OK(status);
    assert_true(n > 25);
    for (status = GA_ENOMEM; status == GA_ENOMEM; more++) { /* a label at a time is what it lacks */
        ga_mem_fail_after(0);
        status = ga_ladder_add(l, w.maps, w.labels, &err);
        ga_mem_fail_after(-1);
        if (status == GA_ENOMEM) {
            assert_non_null(strstr(err.text, "no memory for label"));
            ga_stat_array images;
            assert_true(ga_ladder_array(l, 1, &images) && *(const uint64_t *)images.data == 0);
            CHECK_OK(ga_ladder_add(l, w.maps, w.labels, &err));
            status = GA_OK;
        }
    }
    int seen = -6; /* arrays but those of labels */
    ga_stat_array a;
    for (int i = 0; ga_ladder_array(l, i, &a); i++)
        seen++;
    const size_t taken = held() - before, said = ga_ladder_bytes(&w.spec, J, seen);
    if (books_are_kept())
        assert_true(taken > said / 2 && taken <= said + (size_t)(n + seen) * 144 + 8192);
    CHECK_OK(ga_ladder_create(&w.spec, levels, J, &same, &err));
    const uint64_t allocated = ga_mem_count();
    CHECK_OK(ga_ladder_add(l, w.maps, w.labels, &err));
    assert_int_equal(ga_mem_count(), allocated); /* no label is new */
    CHECK_OK(ga_ladder_add(same, w.maps, w.labels, &err));
    CHECK_OK(ga_ladder_add(same, w.maps, w.labels, &err));
    CHECK_SAME_ARRAYS(ga_ladder_array, l, same);
    ga_ladder_free(l);
    ga_ladder_free(same);
    ga_mem_free(levels);
    plain_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_is_a_tally),
        cmocka_unit_test(noise_for_labels_is_counted_in_parts),
        cmocka_unit_test(more_equal_pixels_than_16_bits_count_are_counted),
        cmocka_unit_test(merged_parts_are_the_whole_whatever_order_and_threads),
        cmocka_unit_test(shares_go_from_a_thousandth_to_all),
        cmocka_unit_test(the_choice_is_that_of_the_published_rule),
        cmocka_unit_test(rules_are_as_by_hand),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
        cmocka_unit_test(memory_is_what_was_said_and_running_out_of_it_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
