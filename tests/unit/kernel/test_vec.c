/* The elementwise loops, of every instruction set that this machine has, against plain double. */
#include "check.h"
#include "kernel/vec.h"
#include "kernel/vec_tables.h"

enum { MOST = 700 };

/* The tables that this CPU can run. */
static int tables(const ga_vec *out[3])
{
    int n = 0;
    out[n++] = &ga_vec_portable;
#if defined(__x86_64__)
    if (ga_cpu_isa() >= GA_ISA_AVX2)
        out[n++] = &ga_vec_avx2;
    if (ga_cpu_isa() >= GA_ISA_AVX512)
        out[n++] = &ga_vec_avx512;
#endif
    return n;
}

#define FOR_TABLES(v)                                                                              \
    const ga_vec *all_[3], *v = NULL;                                                              \
    for (int t_ = 0, n_ = tables(all_); t_ < n_ && (v = all_[t_]) != NULL; t_++)

static float number(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) * 0x1p-23f - 1;
}

static void fill(float *x, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++)
        x[i] = number(&seed);
}

/* Within `ulps` units in the last place of want, which is not subnormal. */
static bool near(float got, double want, double ulps)
{
    if (isnan(want))
        return isnan(got);
    return fabs((double)got - want) <= ulps * fabs(want) * 0x1p-23 + 1e-37;
}

static void transcendentals_are_within_a_few_ulps(void **state)
{
    (void)state;
    static float x[200001], y[200001];
    const size_t n = sizeof x / sizeof *x;
    for (size_t i = 0; i < n; i++) /* -100..100, denser around 0 */
        x[i] = (float)pow((double)i / (double)(n - 1) * 2 - 1, 5) * 100;
    FOR_TABLES(v)
    {
        v->tanh(x, y, n);
        for (size_t i = 0; i < n; i++)
            assert_true(near(y[i], tanh((double)x[i]), 4));
        v->sigmoid(x, y, n);
        for (size_t i = 0; i < n; i++)
            if (x[i] > -80)
                assert_true(near(y[i], 1 / (1 + exp(-(double)x[i])), 4));
            else
                assert_true(y[i] >= 0 && y[i] < 1e-34f);
        v->silu(x, y, n);
        for (size_t i = 0; i < n; i++)
            if (x[i] > -80)
                assert_true(near(y[i], (double)x[i] / (1 + exp(-(double)x[i])), 5));
        v->elu(x, y, n, 1.5f);
        for (size_t i = 0; i < n; i++)
            assert_true(near(y[i], x[i] > 0 ? (double)x[i] : 1.5 * expm1((double)x[i]), 4));
    }
}

static const float tanh_of[] = {0, 1, -1, 0}, sigmoid_of[] = {0, 1, 0, 0.5f};

static void a_nan_stays_one_and_infinity_ends_somewhere(void **state)
{
    (void)state;
    FOR_TABLES(v)
    {
        float x[40], y[40];
        for (int i = 0; i < 40; i++)
            x[i] = i % 4 == 0 ? NAN : i % 4 == 1 ? INFINITY : i % 4 == 2 ? -INFINITY : 0;
        v->tanh(x, y, 40);
        for (int i = 0; i < 40; i++)
            assert_true(i % 4 == 0 ? isnan(y[i]) : y[i] == tanh_of[i % 4]);
        v->sigmoid(x, y, 40);
        for (int i = 0; i < 40; i++)
            assert_true(i % 4 == 0 ? isnan(y[i]) : fabsf(y[i] - sigmoid_of[i % 4]) < 1e-30f);
        v->rectify(x, y, 40, 0.5f);
        for (int i = 0; i < 40; i++)
            assert_true(i % 4 == 0 ? isnan(y[i]) : y[i] == x[i]);
        v->elu(x, y, 40, 1);
        assert_true(isnan(y[0]) && y[1] == INFINITY && y[2] == -1 && y[3] == 0);
        v->softmax(x, y, 10, 4);
        assert_true(isnan(y[3]));
    }
}

/* What an element becomes must not depend on where it lies: every function, every start, in place
 * or not, gives the same bytes for the same number. */
static void a_lane_is_a_lane(void **state)
{
    (void)state;
    enum { N = 77 };
    float x[N], d[N], a[N], b[N], m[N], p[N], q[N], whole[N], piece[N];
    fill(x, N, 1);
    fill(d, N, 2);
    fill(a, N, 3);
    fill(b, N, 4);
    fill(m, N, 5);
    fill(p, N, 6);
    fill(q, N, 7);
#define SAME(call_whole, call_piece)                                                               \
    do {                                                                                           \
        call_whole;                                                                                \
        for (size_t at = 0; at < N; at += 5) {                                                     \
            const size_t n = N - at < 5 ? N - at : 5;                                              \
            memcpy(piece, x, sizeof x);                                                            \
            call_piece;                                                                            \
            assert_memory_equal(whole + at, piece + at, n * sizeof(float));                        \
        }                                                                                          \
    } while (0)
    FOR_TABLES(v)
    {
        SAME(v->affine(x, whole, 1, N, N, a, b, m, 0.2f),
             v->affine(piece + at, piece + at, 1, n, n, a + at, b + at, m + at, 0.2f));
        SAME(v->affine_backward(x, d, whole, 1, N, N, a, b, m, p, q, 0.2f),
             v->affine_backward(x + at, d + at, piece + at, 1, n, n, a + at, b + at, m + at, p + at,
                                q + at, 0.2f));
        SAME(v->tanh(x, whole, N), v->tanh(piece + at, piece + at, n));
        SAME(v->sigmoid(x, whole, N), v->sigmoid(piece + at, piece + at, n));
        SAME(v->silu(x, whole, N), v->silu(piece + at, piece + at, n));
        SAME(v->elu(x, whole, N, 0.5f), v->elu(piece + at, piece + at, n, 0.5f));
        SAME(v->silu_backward(x, d, whole, N), v->silu_backward(x + at, d + at, piece + at, n));
        SAME(v->scale(x, whole, N, 0.3f, 0.7f), v->scale(piece + at, piece + at, n, 0.3f, 0.7f));
        SAME(v->dropout(x, whole, N, 9, 100, 0.4f),
             v->dropout(piece + at, piece + at, n, 9, 100 + at, 0.4f));
        SAME((memcpy(whole, x, sizeof x), v->average(whole, d, N, 0.9f, 0.1f)),
             v->average(piece + at, d + at, n, 0.9f, 0.1f));
        float w[N], s[N], t[N], w2[N], s2[N], t2[N];
        const ga_vec_step step = {.lr = 0.01f,
                                  .beta1 = 0.5f,
                                  .beta2 = 0.99f,
                                  .eps = 1e-8f,
                                  .weight_decay = 0.1f,
                                  .rest1 = 0.5f,
                                  .rest2 = 0.01f,
                                  .correction1 = 0.02f,
                                  .correction2 = 0.1f};
        memcpy(w, x, sizeof x);
        memset(s, 0, sizeof s);
        memset(t, 0, sizeof t);
        memcpy(w2, w, sizeof w);
        memcpy(s2, s, sizeof s);
        memcpy(t2, t, sizeof t);
        v->adam(w, d, s, t, N, &step);
        for (size_t i = 0; i < N; i += 3)
            v->adam(w2 + i, d + i, s2 + i, t2 + i, N - i < 3 ? N - i : 3, &step);
        assert_memory_equal(w, w2, sizeof w);
        assert_memory_equal(s, s2, sizeof s);
        assert_memory_equal(t, t2, sizeof t);
    }
}

static void moments_are_those_of_each_column(void **state)
{
    (void)state;
    enum { ROWS = 128, COLS = 37, STRIDE = 40 };
    static float x[ROWS * STRIDE], mean[COLS], m2[COLS];
    fill(x, ROWS * STRIDE, 8);
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        x[i] += 100; /* a mean far from 0 must not hide the spread */
    FOR_TABLES(v)
    for (size_t rows = 1; rows <= ROWS; rows += rows < 9 ? 1 : 17) {
        v->moments(x, rows, COLS, STRIDE, mean, m2);
        for (size_t c = 0; c < COLS; c++) {
            double sum = 0, square = 0;
            for (size_t r = 0; r < rows; r++)
                sum += (double)x[r * STRIDE + c];
            for (size_t r = 0; r < rows; r++) {
                const double e = (double)x[r * STRIDE + c] - sum / (double)rows;
                square += e * e;
            }
            assert_true(fabs((double)mean[c] - sum / (double)rows) < 1e-5);
            /* the f32 mean is off by up to 1e-5, which counts squared */
            assert_true(fabs((double)m2[c] - square) <= 2e-6 * square + (double)rows * 1e-9);
        }
    }
}

static void norm_loops_agree_with_their_formulas(void **state)
{
    (void)state;
    enum { ROWS = 7, COLS = 21, STRIDE = 24 };
    static float x[ROWS * STRIDE], d[ROWS * STRIDE], y[ROWS * STRIDE], a[COLS], b[COLS], m[COLS],
        p[COLS], q[COLS], sum[COLS], sum_x[COLS];
    fill(x, ROWS * STRIDE, 1);
    fill(d, ROWS * STRIDE, 2);
    fill(a, COLS, 3);
    fill(b, COLS, 4);
    fill(m, COLS, 5);
    fill(p, COLS, 6);
    fill(q, COLS, 7);
    FOR_TABLES(v)
    {
        v->affine_sums(x, d, ROWS, COLS, STRIDE, a, b, m, 0.2f, sum, sum_x);
        for (int pass = 0; pass < 2; pass++) {
            memset(y, 0, sizeof y);
            if (pass == 0)
                v->affine(x, y, ROWS, COLS, STRIDE, a, b, m, 0.2f);
            else
                v->affine_backward(x, d, y, ROWS, COLS, STRIDE, a, b, m, p, q, 0.2f);
            for (size_t c = 0; c < STRIDE; c++) {
                double s = 0, s_x = 0;
                for (size_t r = 0; r < ROWS; r++) {
                    const size_t i = r * STRIDE + c;
                    if (c >= COLS) {
                        assert_true(y[i] == 0); /* between the rows nothing is written */
                        continue;
                    }
                    const double e = (double)x[i] - (double)m[c],
                                 u = (double)a[c] * e + (double)b[c],
                                 g = (double)d[i] * (u > 0 ? 1 : (double)0.2f);
                    s += g;
                    s_x += g * e;
                    const double want = pass == 0
                                            ? (u > 0 ? u : (double)0.2f * u)
                                            : (double)a[c] * (g + (double)q[c] + (double)p[c] * e);
                    assert_true(fabs((double)y[i] - want) < 1e-6);
                }
                if (c < COLS)
                    assert_true(fabs((double)sum[c] - s) < 2e-6 &&
                                fabs((double)sum_x[c] - s_x) < 4e-6);
            }
        }
    }
}

static void gradients_of_activations_agree_with_differences(void **state)
{
    (void)state;
    enum { N = 400 };
    static float x[N], y[N], d[N], g[N];
    for (int i = 0; i < N; i++)
        x[i] = ((float)i + 0.5f) / N * 16 - 8;
    fill(d, N, 3);
    FOR_TABLES(v)
    for (int kind = 0; kind < 5; kind++) {
        if (kind == 0)
            v->tanh(x, y, N), v->tanh_backward(y, d, g, N);
        else if (kind == 1)
            v->sigmoid(x, y, N), v->sigmoid_backward(y, d, g, N);
        else if (kind == 2)
            v->elu(x, y, N, 0.7f), v->elu_backward(x, y, d, g, N, 0.7f);
        else if (kind == 3)
            v->silu_backward(x, d, g, N);
        else
            v->rectify_backward(x, d, g, N, 0.1f);
        for (int i = 0; i < N; i++) {
            double f[2];
            for (int k = 0; k < 2; k++) {
                const double u = (double)x[i] + (k == 0 ? -1e-6 : 1e-6);
                f[k] = kind == 0   ? tanh(u)
                       : kind == 1 ? 1 / (1 + exp(-u))
                       : kind == 2 ? (u > 0 ? u : (double)0.7f * expm1(u))
                       : kind == 3 ? u / (1 + exp(-u))
                                   : (u > 0 ? u : (double)0.1f * u);
            }
            assert_true(fabs((double)g[i] - (double)d[i] * (f[1] - f[0]) / 2e-6) < 1e-6);
        }
    }
}

static void transposes_put_every_number_in_its_place(void **state)
{
    (void)state;
    static float x[MOST], y[MOST];
    fill(x, MOST, 4);
    FOR_TABLES(v)
    for (size_t rows = 1; rows < 22; rows++)
        for (size_t cols = 1; cols < 22; cols++) {
            memset(y, 0, sizeof y);
            v->transpose(x, cols + 2, y, rows + 1, rows, cols);
            for (size_t r = 0; r < rows; r++)
                for (size_t c = 0; c < cols; c++)
                    assert_true(y[c * (rows + 1) + r] == x[r * (cols + 2) + c]);
            for (size_t c = 0; c < cols; c++)
                assert_true(y[c * (rows + 1) + rows] == 0);
        }
}

static void softmax_and_pixel_norm_agree_with_their_formulas(void **state)
{
    (void)state;
    enum { ROWS = 3 };
    static float x[ROWS * 40], y[ROWS * 40];
    FOR_TABLES(v)
    for (size_t cols = 1; cols <= 40; cols++) {
        fill(x, ROWS * cols, 5);
        for (size_t i = 0; i < ROWS * cols; i++)
            x[i] *= 50;
        v->softmax(x, y, ROWS, cols);
        for (size_t r = 0; r < ROWS; r++) {
            double sum = 0;
            for (size_t c = 0; c < cols; c++)
                sum += exp((double)x[r * cols + c]);
            for (size_t c = 0; c < cols; c++)
                assert_true(fabs((double)y[r * cols + c] - exp((double)x[r * cols + c]) / sum) <
                            2e-6);
        }
        v->pixel_norm(x, y, ROWS, cols, 0.1f);
        for (size_t r = 0; r < ROWS; r++) {
            double sum = 0;
            for (size_t c = 0; c < cols; c++)
                sum += (double)x[r * cols + c] * (double)x[r * cols + c];
            for (size_t c = 0; c < cols; c++)
                assert_true(near(y[r * cols + c],
                                 (double)x[r * cols + c] / sqrt(sum / (double)cols + (double)0.1f),
                                 8));
        }
    }
}

/* 100,000 draws with p = 0.3: 70,000 kept, give or take 5 standard deviations (145 each); the same
 * numbers whatever the instruction set. */
/* Every table gives the bits of the first, which are those of a sum in double. */
static void a_dot_product_is_the_same_everywhere(void **state)
{
    (void)state;
    enum { N = 77 };
    float x[N], y[N];
    double first[N + 1] = {0};
    fill(x, N, 1);
    fill(y, N, 2);
    bool have = false;
    FOR_TABLES(v)
    {
        double sum = 0, size = 0;
        for (size_t n = 0; n <= N; n++) {
            const double dot = v->dot(x, y, n);
            assert_true(fabs(dot - sum) <= size * 0x1p-50);
            assert_true(!have || dot == first[n]);
            first[n] = dot;
            if (n < N) {
                sum += (double)x[n] * (double)y[n];
                size += fabs((double)x[n] * (double)y[n]);
            }
        }
        have = true;
    }
}

static void dropout_keeps_its_share(void **state)
{
    (void)state;
    enum { N = 100000 };
    static float x[N], y[N], first[N];
    for (int i = 0; i < N; i++)
        x[i] = 1;
    ga_vec_portable.dropout(x, first, N, 12345, 7, 0.3f);
    int kept = 0;
    for (int i = 0; i < N; i++) {
        kept += first[i] != 0;
        assert_true(first[i] == 0 || fabsf(first[i] - 1 / 0.7f) < 1e-6f);
    }
    assert_true(abs(kept - 70000) < 5 * 145);
    FOR_TABLES(v)
    {
        v->dropout(x, y, N, 12345, 7, 0.3f);
        assert_memory_equal(y, first, sizeof y);
        v->dropout(x, y, N, 12346, 7, 0.3f); /* another layer, other places */
        assert_memory_not_equal(y, first, sizeof y);
        v->dropout(x, y, 100, 1, 0, 1);
        for (int i = 0; i < 100; i++)
            assert_true(y[i] == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transcendentals_are_within_a_few_ulps),
        cmocka_unit_test(a_nan_stays_one_and_infinity_ends_somewhere),
        cmocka_unit_test(a_lane_is_a_lane),
        cmocka_unit_test(moments_are_those_of_each_column),
        cmocka_unit_test(norm_loops_agree_with_their_formulas),
        cmocka_unit_test(gradients_of_activations_agree_with_differences),
        cmocka_unit_test(transposes_put_every_number_in_its_place),
        cmocka_unit_test(softmax_and_pixel_norm_agree_with_their_formulas),
        cmocka_unit_test(a_dot_product_is_the_same_everywhere),
        cmocka_unit_test(dropout_keeps_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
