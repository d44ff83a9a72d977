/* Losses against values by hand, their gradients against central differences in double. */
#include "check.h"
#include "ganatomy/train.h"

static void loss_of_a_logit_is_as_by_hand(void **state)
{
    (void)state;
    float diff[2];
    double mean;
    /* logit 0: ln 2 whatever the target; p = 1/2 */
    const float zero[] = {0, 0};
    assert_true(fabs(ga_loss_logits(zero, 2, 1, diff, &mean) - log(2)) < 1e-15);
    assert_true(mean == 0.5 && diff[0] == -0.25f && diff[1] == -0.25f);
    assert_true(fabs(ga_loss_logits(zero, 2, 0, diff, NULL) - log(2)) < 1e-15);
    assert_true(diff[0] == 0.25f);
}

static void loss_of_huge_logits_stays_finite_and_linear(void **state)
{
    (void)state;
    float diff[2];
    const float huge[] = {1e4f, -1e4f};
    /* the wrong side of a sure logit costs its size: (0 + 10000) / 2 */
    assert_true(fabs(ga_loss_logits(huge, 2, 1, diff, NULL) - 5000) < 1e-9);
    assert_true(diff[0] == 0.0f && diff[1] == -0.5f);
}

static void a_logit_that_is_no_number_gives_a_loss_that_is_none(void **state)
{
    (void)state;
    float diff[2];
    const float bad[] = {1, NAN};
    assert_true(isnan(ga_loss_logits(bad, 2, 1, diff, NULL)));
    const float inf[] = {INFINITY, 0};
    assert_true(isinf(ga_loss_logits(inf, 2, 0, diff, NULL)));
    const int32_t label[] = {0};
    assert_true(isnan(ga_loss_classes(bad, label, 1, 2, diff, NULL)));
}

/* Logits are kept as f32; a step of 2^-8 is exact in them, and the error of the central difference
 * is h^2 / 6 times the third derivative, at most 1.5e-7 here. */
static void gradient_of_the_logit_loss_agrees_with_differences(void **state)
{
    (void)state;
    const double targets[] = {0, 0.9, 1};
    const double h = 1.0 / 256;
    float x[] = {-3, -0.5f, 0, 0.25f, 4}, diff[5], unused[5];
    for (int k = 0; k < 3; k++) {
        ga_loss_logits(x, 5, targets[k], diff, NULL);
        for (int i = 0; i < 5; i++) {
            const float kept = x[i];
            x[i] = kept + (float)h;
            const double up = ga_loss_logits(x, 5, targets[k], unused, NULL);
            x[i] = kept - (float)h;
            const double down = ga_loss_logits(x, 5, targets[k], unused, NULL);
            x[i] = kept;
            assert_true(fabs((up - down) / (2 * h) - (double)diff[i]) < 1e-6);
        }
    }
}

static void cross_entropy_is_as_by_hand(void **state)
{
    (void)state;
    /* equal logits: ln k. Logits (ln 3, 0): probabilities 3/4 and 1/4 */
    const float x[] = {0, 0, logf(3), 0};
    const int32_t labels[] = {1, 0};
    float diff[4];
    int right;
    const double loss = ga_loss_classes(x, labels, 2, 2, diff, &right);
    assert_true(fabs(loss - (log(2) + log(4.0 / 3)) / 2) < 1e-7);
    assert_int_equal(right, 1); /* of equal logits the first counts, and it is not the label */
    assert_true(fabs((double)diff[0] - 0.25) < 1e-7 && fabs((double)diff[3] - 0.125) < 1e-7);
}

static void gradient_of_cross_entropy_agrees_with_differences(void **state)
{
    (void)state;
    const double h = 1.0 / 256;
    float x[] = {1, -2, 0.5f, 3, 0, -1, 200, 199, 201}, diff[9], unused[9];
    const int32_t labels[] = {0, 2, 1};
    ga_loss_classes(x, labels, 3, 3, diff, NULL);
    for (int i = 0; i < 9; i++) {
        const float kept = x[i];
        x[i] = kept + (float)h;
        const double up = ga_loss_classes(x, labels, 3, 3, unused, NULL);
        x[i] = kept - (float)h;
        const double down = ga_loss_classes(x, labels, 3, 3, unused, NULL);
        x[i] = kept;
        assert_true(fabs((up - down) / (2 * h) - (double)diff[i]) < 2e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_of_a_logit_is_as_by_hand),
        cmocka_unit_test(loss_of_huge_logits_stays_finite_and_linear),
        cmocka_unit_test(a_logit_that_is_no_number_gives_a_loss_that_is_none),
        cmocka_unit_test(gradient_of_the_logit_loss_agrees_with_differences),
        cmocka_unit_test(cross_entropy_is_as_by_hand),
        cmocka_unit_test(gradient_of_cross_entropy_agrees_with_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
