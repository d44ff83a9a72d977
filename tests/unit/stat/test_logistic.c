/* test_logistic.c - logistic regression: its gradient by differences, a case with a known solution,
 * and against a plain solver in long double. */
#include "base/rng.h"
#include "check.h"
#include "ganatomy/stat.h"

enum { N = 700, D = 6 };

/* Rows are correlated, and the answers depend on three of them. */
static void draw(uint64_t seed, float *x, uint8_t *y)
{
    ga_rng r = ga_rng_of(seed, 1);
    for (int k = 0; k < N; k++) {
        const double common = ga_rng_normal(&r);
        double z = -0.7;
        for (int i = 0; i < D; i++) {
            const double v = 0.6 * common + ga_rng_normal(&r);
            x[i * N + k] = (float)v;
            z += i < 3 ? (1 - i) * v : 0;
        }
        y[k] = ga_rng_uniform(&r) < 1 / (1 + exp(-z));
    }
}

static void the_gradient_is_that_of_the_loss(void **state)
{
    (void)state;
    ga_err err;
    static float x[D * N];
    static uint8_t y[N];
    draw(1, x, y);
    const ga_logistic data = {x, y, N, D, 0.3};
    double w[D + 1] = {0.4, -1.2, 0.1, 2, -0.5, 0.03, 0.8}, loss, gradient[D + 1];
    CHECK_OK(ga_logistic_loss(&data, w, &loss, gradient, &err));
    for (int i = 0; i <= D; i++) {
        const double h = 1e-5, at = w[i];
        double up, down;
        w[i] = at + h;
        CHECK_OK(ga_logistic_loss(&data, w, &up, NULL, &err));
        w[i] = at - h;
        CHECK_OK(ga_logistic_loss(&data, w, &down, NULL, &err));
        w[i] = at;
        /* central differences: h^2 times a third derivative of order 1, and rounding of 1e-16 / h
         */
        assert_true(fabs((up - down) / (2 * h) - gradient[i]) < 1e-9);
    }
}

/* One number that is 0 or 1: without l2 the solution has each group's log odds. */
static void a_known_solution_is_found(void **state)
{
    (void)state;
    ga_err err;
    static float x[100];
    static uint8_t y[100];
    for (int k = 0; k < 100; k++) {
        x[k] = k < 40;
        y[k] = k < 40 ? k < 30 : k < 52; /* 30 of 40, 12 of 60 */
    }
    const ga_logistic data = {x, y, 100, 1, 1e-12};
    double w[2];
    ga_logistic_fit fit;
    CHECK_OK(ga_logistic_solve(&data, 1, w, &fit, &err));
    assert_true(fabs(w[1] - log(12.0 / 48)) < 1e-6);
    assert_true(fabs(w[0] - (log(30.0 / 10) - log(12.0 / 48))) < 1e-6);
    assert_true(fit.gradient <= 1e-9 && fit.steps < 20);
}

/* Gradient descent with long steps in long double, till nothing moves. */
static void plain(const float *x, const uint8_t *y, double l2, double *w)
{
    long double v[D + 1] = {0};
    for (int turn = 0; turn < 20000; turn++) {
        long double g[D + 1] = {0}, most = 0;
        for (int k = 0; k < N; k++) {
            long double z = v[D];
            for (int i = 0; i < D; i++)
                z += v[i] * x[i * N + k];
            const long double r = 1 / (1 + expl(-z)) - y[k];
            for (int i = 0; i < D; i++)
                g[i] += r * x[i * N + k] / N;
            g[D] += r / N;
        }
        for (int i = 0; i <= D; i++) {
            g[i] += i < D ? l2 * v[i] : 0;
            v[i] -= 0.7L * g[i];
            most = fabsl(g[i]) > most ? fabsl(g[i]) : most;
        }
        if (most < 1e-12L)
            break;
    }
    for (int i = 0; i <= D; i++)
        w[i] = (double)v[i];
}

static void equal_to_a_plain_solver(void **state)
{
    (void)state;
    ga_err err;
    static float x[D * N];
    static uint8_t y[N];
    for (int seed = 0; seed < 3; seed++) {
        draw(10 + (uint64_t)seed, x, y);
        const double l2 = seed == 0 ? 0.1 : 0.005;
        const ga_logistic data = {x, y, N, D, l2};
        double w[D + 1], want[D + 1];
        ga_logistic_fit fit;
        CHECK_OK(ga_logistic_solve(&data, 1, w, &fit, &err));
        plain(x, y, l2, want);
        for (int i = 0; i <= D; i++)
            assert_true(fabs(w[i] - want[i]) <
                        1e-7); /* gradients of 1e-9 over curvatures of 0.02 */
    }
}

static void threads_change_nothing(void **state)
{
    (void)state;
    ga_err err;
    static float x[D * N];
    static uint8_t y[N];
    draw(3, x, y);
    const ga_logistic data = {x, y, N, D, 1e-3};
    double one[D + 1], three[D + 1];
    ga_logistic_fit fit;
    CHECK_OK(ga_logistic_solve(&data, 1, one, &fit, &err));
    CHECK_OK(ga_logistic_solve(&data, 3, three, &fit, &err));
    assert_memory_equal(one, three, sizeof one);
}

/* Answers that a plane separates have a solution only because of l2, and Newton's first steps
 * overshoot. A number twice makes the curvature singular but for l2. */
static void separable_and_repeated_numbers_converge(void **state)
{
    (void)state;
    ga_err err;
    static float x[2 * N];
    static uint8_t y[N];
    for (int k = 0; k < N; k++) {
        const int from_middle = k - N / 2;
        x[k] = x[N + k] = (float)from_middle / 20 + 0.025F;
        y[k] = k >= N / 2;
    }
    const ga_logistic data = {x, y, N, 2, 1e-6};
    double w[3], loss;
    ga_logistic_fit fit;
    CHECK_OK(ga_logistic_solve(&data, 1, w, &fit, &err));
    assert_true(fit.gradient <= 1e-9 && w[0] > 1 && fabs(w[0] - w[1]) < 1e-3);
    CHECK_OK(ga_logistic_loss(&data, w, &loss, NULL, &err));
    assert_true(loss == fit.loss && loss < 0.01);
}

static void what_cannot_be_told_apart_is_said(void **state)
{
    (void)state;
    ga_err err;
    float x[] = {1, 2, 3};
    uint8_t y[] = {1, 1, 1};
    double w[2];
    ga_logistic_fit fit;
    ga_logistic data = {x, y, 3, 1, 0.1};
    CHECK_FAILS(ga_logistic_solve(&data, 1, w, &fit, &err), GA_EDATA, "the same answer");
    y[1] = 0;
    x[2] = INFINITY;
    CHECK_FAILS(ga_logistic_solve(&data, 1, w, &fit, &err), GA_EDATA, "number 0 of sample 2");
    x[2] = 1;
    data.l2 = 0;
    CHECK_FAILS(ga_logistic_solve(&data, 1, w, &fit, &err), GA_EINVAL, "l2 above 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_is_that_of_the_loss),
        cmocka_unit_test(a_known_solution_is_found),
        cmocka_unit_test(equal_to_a_plain_solver),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(separable_and_repeated_numbers_converge),
        cmocka_unit_test(what_cannot_be_told_apart_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
