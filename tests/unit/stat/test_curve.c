/* Curves made fit to be looked at: bound, rolling mean, range, thinning, summary. */
#include "check.h"
#include "ganatomy/curve.h"

/* A reproducible series with spikes, gaps and infinities. */
static void make(double *v, int64_t *steps, size_t n, bool holes)
{
    uint32_t seed = 7;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        v[i] = (double)(seed >> 8) / (1 << 24) - 0.5;
        if (seed >> 24 == 17)
            v[i] = 40;
        if (holes && seed >> 25 == 9)
            v[i] = seed & 1 << 20 ? NAN : INFINITY;
        steps[i] = (int64_t)(3 * i + 1);
    }
}

static void a_range_holds_its_ends(void **state)
{
    (void)state;
    const int64_t steps[] = {0, 10, 20, 30};
    static const struct {
        int64_t from, to;
        size_t first, count;
    } cases[] = {{0, 30, 0, 4},  {10, 20, 1, 2}, {11, 19, 2, 0},       {-5, 9, 0, 1},
                 {31, 99, 4, 0}, {20, 10, 2, 0}, {30, INT64_MAX, 3, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t first, count;
        ga_curve_range(steps, 4, cases[i].from, cases[i].to, &first, &count);
        assert_int_equal(count, cases[i].count);
        if (count > 0)
            assert_int_equal(first, cases[i].first);
    }
    size_t first, count;
    ga_curve_range(NULL, 0, 0, 10, &first, &count);
    assert_int_equal(count, 0);
}

static void a_bound_drops_or_clamps_and_counts(void **state)
{
    (void)state;
    static const double given[] = {1, 10, 10.5, NAN, -30, INFINITY, 99};
    for (int clamp = 0; clamp < 2; clamp++) {
        int64_t steps[] = {1, 2, 3, 4, 5, 6, 7};
        double v[7];
        size_t above;
        bool gap[7];
        memcpy(v, given, sizeof v);
        const size_t n = ga_curve_bound(steps, v, 7, 10, clamp ? GA_BOUND_CLAMP : GA_BOUND_DROP,
                                        &above, gap);
        for (size_t i = 0; i < n; i++) /* the last one taken out has no point behind it */
            assert_int_equal(gap[i], !clamp && i == 2);
        assert_int_equal(above, 2); /* 10 is not above 10, and the infinity is no number */
        assert_int_equal(n, clamp ? 7 : 5);
        assert_true(v[0] == 1 && v[1] == 10);
        if (clamp) {
            assert_true(v[2] == 10 && isnan(v[3]) && v[4] == -30 && v[5] == INFINITY && v[6] == 10);
        } else {
            assert_true(isnan(v[2]) && v[3] == -30 && v[4] == INFINITY);
            assert_true(steps[2] == 4 && steps[3] == 5 && steps[4] == 6);
        }
    }
}

static void what_a_bound_takes_out_leaves_a_gap(void **state)
{
    (void)state;
    int64_t steps[] = {1, 2, 3, 4, 5, 6};
    double v[] = {9, 1, 9, 9, 2, 3};
    bool gap[6];
    size_t above;
    assert_int_equal(ga_curve_bound(steps, v, 6, 5, GA_BOUND_DROP, &above, gap), 3);
    assert_true(!gap[0] && gap[1] && !gap[2]); /* nothing comes to the first point that is left */
}

/* Straight from the definition, one window at a time. */
static double mean_of(const double *v, size_t i, size_t window)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = i + 1 > window ? i + 1 - window : 0; k <= i; k++)
        if (isfinite(v[k])) {
            sum += v[k];
            n++;
        }
    return sum / (double)n;
}

static void a_rolling_mean_is_the_mean_of_each_window(void **state)
{
    (void)state;
    enum { N = 1000 };
    static const size_t windows[] = {1, 2, 3, 7, 50, 333, 999, 1000, 5000};
    double v[N], got[N];
    int64_t steps[N];
    ga_err err;
    for (int holes = 0; holes < 2; holes++) {
        make(v, steps, N, holes);
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
            CHECK_OK(ga_curve_rolling(v, N, windows[w], got, &err));
            for (size_t i = 0; i < N; i++) {
                if (!isfinite(v[i]))
                    assert_true(isnan(v[i]) ? isnan(got[i]) : got[i] == v[i]);
                else /* both add at most N numbers below 40 in f64 */
                    assert_true(fabs(got[i] - mean_of(v, i, windows[w])) < 1e-11);
            }
        }
    }
    CHECK_FAILS(ga_curve_rolling(v, N, 0, got, &err), GA_EINVAL, "expected 1 or more");
    CHECK_OK(ga_curve_rolling(v, 0, 5, got, &err));
}

static void a_huge_value_leaves_no_trace_behind_its_window(void **state)
{
    (void)state;
    double v[20], got[20];
    ga_err err;
    for (int i = 0; i < 20; i++)
        v[i] = i == 4 ? 1e300 : 0.1;
    CHECK_OK(ga_curve_rolling(v, 20, 3, got, &err));
    assert_true(got[6] > 1e299);
    for (int i = 7; i < 20; i++)
        assert_true(fabs(got[i] - 0.1) < 1e-16);
}

static void thinning_keeps_every_peak_and_every_gap(void **state)
{
    (void)state;
    enum { N = 20000, COLUMNS = 100 };
    double *v = calloc(N, sizeof *v), *x = calloc(N, sizeof *x);
    int64_t *steps = calloc(N, sizeof *steps);
    size_t *kept = calloc(5 * COLUMNS, sizeof *kept);
    make(v, steps, N, true);
    for (size_t i = 0; i < N; i++)
        x[i] = (double)(i < N / 2 ? i : 3 * i); /* steps need not be evenly spaced */
    const size_t n = ga_curve_thin(x, v, N, COLUMNS, kept);
    assert_true(n <= 5 * COLUMNS && n > 2 * COLUMNS);
    for (size_t k = 1; k < n; k++)
        assert_true(kept[k] > kept[k - 1]);
    assert_true(kept[0] == 0 && kept[n - 1] == N - 1);
    for (size_t c = 0; c < COLUMNS; c++) { /* the same extremes, column by column */
        const double from = x[N - 1] * (double)c / COLUMNS,
                     to = c + 1 == COLUMNS ? INFINITY : x[N - 1] * ((double)(c + 1) / COLUMNS);
        double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
        bool bad[2] = {false, false};
        size_t k = 0;
        for (size_t i = 0; i < N; i++) {
            while (k < n && kept[k] < i)
                k++;
            const bool is_kept = k < n && kept[k] == i;
            if (x[i] < from || x[i] >= to)
                continue;
            for (int which = 0; which <= is_kept; which++) {
                if (!isfinite(v[i])) {
                    bad[which] = true;
                } else {
                    lo[which] = fmin(lo[which], v[i]);
                    hi[which] = fmax(hi[which], v[i]);
                }
            }
        }
        assert_true(lo[0] == lo[1] && hi[0] == hi[1] && bad[0] == bad[1]);
    }
    assert_int_equal(ga_curve_thin(x, v, 500, COLUMNS, kept), 500); /* few are all kept */
    for (size_t i = 0; i < N; i++)
        x[i] = 4; /* one column, whatever the number */
    assert_true(ga_curve_thin(x, v, N, COLUMNS, kept) <= 5);
    assert_int_equal(ga_curve_thin(x, v, 0, COLUMNS, kept), 0);
    free(v);
    free(x);
    free(steps);
    free(kept);
}

static void a_summary_knows_the_extremes_and_where_it_went_bad(void **state)
{
    (void)state;
    const int64_t steps[] = {1, 2, 3, 4, 5, 6};
    const double v[] = {3, -1, NAN, 7, 7, INFINITY};
    ga_curve_summary s = ga_curve_summarise(steps, v, 6);
    assert_true(s.n == 6 && s.not_finite == 2 && s.bad_step == 3);
    assert_true(s.first == 3 && s.first_step == 1 && s.last == INFINITY && s.last_step == 6);
    assert_true(s.low == -1 && s.low_step == 2 && s.high == 7 && s.high_step == 4);
    s = ga_curve_summarise(steps, v, 0);
    assert_true(s.n == 0 && isnan(s.last) && isnan(s.low) && s.last_step == -1);
    assert_true(s.low_step == -1 && s.bad_step == -1);
    s = ga_curve_summarise(steps + 2, v + 2, 1);
    assert_true(isnan(s.low) && s.low_step == -1 && s.bad_step == 3 && s.last_step == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_holds_its_ends),
        cmocka_unit_test(a_bound_drops_or_clamps_and_counts),
        cmocka_unit_test(what_a_bound_takes_out_leaves_a_gap),
        cmocka_unit_test(a_rolling_mean_is_the_mean_of_each_window),
        cmocka_unit_test(a_huge_value_leaves_no_trace_behind_its_window),
        cmocka_unit_test(thinning_keeps_every_peak_and_every_gap),
        cmocka_unit_test(a_summary_knows_the_extremes_and_where_it_went_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
