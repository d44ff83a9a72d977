/* Eigenvalues by hand and by multiplying back; the Fréchet distance against NumPy and closed forms.
 */
#include "check.h"
#include "frechet_golden.h"
#include "ganatomy/stat.h"

static void eigenvalues_of_a_two_by_two_come_out_as_by_hand(void **state)
{
    (void)state;
    ga_err err;
    /* [[2,1],[1,2]]: values 1 and 3, vectors (1,-1) and (1,1) over root 2 */
    const double a[] = {2, 1, 1, 2};
    double values[2], vectors[4];
    CHECK_OK(ga_symmetric_eigen(a, 2, values, vectors, &err));
    assert_true(fabs(values[0] - 1) < 1e-15 && fabs(values[1] - 3) < 1e-15);
    assert_true(fabs(vectors[0] + vectors[1]) < 1e-15 && fabs(vectors[2] - vectors[3]) < 1e-15);
    assert_true(fabs(fabs(vectors[0]) - sqrt(0.5)) < 1e-15);
}

/* 84 x 84, as large as the features of lenet5, of rank 40: half of its eigenvalues are 0 */
static void a_large_singular_matrix_is_put_together_again(void **state)
{
    (void)state;
    enum { D = 84, R = 40 };
    static double factor[R][D], a[D * D], values[D], vectors[D * D];
    ga_err err;
    uint64_t x = 1;
    for (int r = 0; r < R; r++)
        for (int i = 0; i < D; i++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            factor[r][i] = (double)(x >> 40) / (1 << 24) - 0.5;
        }
    double largest = 0;
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++) {
            a[i * D + j] = 0;
            for (int r = 0; r < R; r++)
                a[i * D + j] += factor[r][i] * factor[r][j];
            largest = fmax(largest, fabs(a[i * D + j]));
        }
    CHECK_OK(ga_symmetric_eigen(a, D, values, vectors, &err));
    for (int i = 0; i < D; i++) {
        assert_true(i == 0 || values[i] >= values[i - 1]);
        assert_true(i >= D - R || fabs(values[i]) < 1e-13 * values[D - 1]);
        for (int j = 0; j < D; j++) {
            double again = 0, dot = 0;
            for (int k = 0; k < D; k++) {
                again += values[k] * vectors[k * D + i] * vectors[k * D + j];
                dot += vectors[i * D + k] * vectors[j * D + k];
            }
            assert_true(fabs(again - a[i * D + j]) < 1e-12 * largest);
            assert_true(fabs(dot - (i == j)) < 1e-12);
        }
    }
}

static void the_distance_agrees_with_numpy(void **state)
{
    (void)state;
    ga_err err;
    double distance;
    CHECK_OK(ga_frechet(mean_a, covariance_a, mean_b, covariance_b, 5, &distance, &err));
    if (!(fabs(distance - distance_a_b) < 1e-9 * distance_a_b)) /* NumPy's way is the less exact */
        fail_msg("distance is %.17g, expected %.17g", distance, distance_a_b);
    CHECK_OK(ga_frechet(mean_b, covariance_b, mean_a, covariance_a, 5, &distance, &err));
    assert_true(fabs(distance - distance_a_b) < 1e-9 * distance_a_b);
    CHECK_OK(ga_frechet(mean_a, covariance_a, mean_a, covariance_a, 5, &distance, &err));
    assert_true(fabs(distance) < 1e-12);
}

static void the_distance_of_round_clouds_has_a_closed_form(void **state)
{
    (void)state;
    ga_err err;
    /* means (0,0) and (3,4), covariances 4 I and 9 I: 25 + 2 (2 - 3)^2 = 27 */
    const double m1[] = {0, 0}, m2[] = {3, 4}, c1[] = {4, 0, 0, 4}, c2[] = {9, 0, 0, 9};
    double distance;
    CHECK_OK(ga_frechet(m1, c1, m2, c2, 2, &distance, &err));
    assert_true(fabs(distance - 27) < 1e-12);
}

static void numbers_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    ga_err err;
    const double a[] = {1, NAN, 0, 1};
    double values[2] = {-1, -1};
    CHECK_FAILS(ga_symmetric_eigen(a, 2, values, NULL, &err), GA_EDATA, "not finite");
    assert_true(values[0] == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenvalues_of_a_two_by_two_come_out_as_by_hand),
        cmocka_unit_test(a_large_singular_matrix_is_put_together_again),
        cmocka_unit_test(the_distance_agrees_with_numpy),
        cmocka_unit_test(the_distance_of_round_clouds_has_a_closed_form),
        cmocka_unit_test(numbers_that_are_not_finite_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
