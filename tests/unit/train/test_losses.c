/* Losses against values by hand, their gradients against central differences in double. */
#include "check.h"
#include "ganatomy/train.h"

static ga_verdict judge(ga_gan_loss loss, ga_gan_side side, double target, const float *x, int n,
                        float *diff)
{
    return ga_loss_gan(loss, side, target, x, n, diff);
}

static void loss_of_a_logit_is_as_by_hand(void **state)
{
    (void)state;
    float diff[2];
    /* logit 0: ln 2 whatever the target; p = 1/2 */
    const float zero[] = {0, 0};
    const ga_verdict real = judge(GA_LOSS_NONSATURATING, GA_SIDE_REAL, 1, zero, 2, diff);
    assert_true(fabs(real.loss - log(2)) < 1e-15);
    assert_true(real.mean == 0.5 && diff[0] == -0.25f && diff[1] == -0.25f);
    const ga_verdict fake = judge(GA_LOSS_NONSATURATING, GA_SIDE_FAKE, 1, zero, 2, diff);
    assert_true(fabs(fake.loss - log(2)) < 1e-15);
    assert_true(diff[0] == 0.25f);
}

static void loss_of_huge_logits_stays_finite_and_linear(void **state)
{
    (void)state;
    float diff[2];
    const float huge[] = {1e4f, -1e4f};
    /* the wrong side of a sure logit costs its size: (0 + 10000) / 2 */
    const ga_verdict v = judge(GA_LOSS_NONSATURATING, GA_SIDE_REAL, 1, huge, 2, diff);
    assert_true(fabs(v.loss - 5000) < 1e-9);
    assert_true(diff[0] == 0.0f && diff[1] == -0.5f);
}

static void a_logit_that_is_no_number_gives_a_loss_that_is_none(void **state)
{
    (void)state;
    float diff[2];
    const float bad[] = {1, NAN};
    for (int loss = 0; ga_gan_loss_words[loss] != NULL; loss++)
        for (int side = 0; side < 3; side++)
            assert_true(isnan(judge((ga_gan_loss)loss, (ga_gan_side)side, 1, bad, 2, diff).loss));
    const float inf[] = {INFINITY, 0};
    assert_true(isinf(judge(GA_LOSS_NONSATURATING, GA_SIDE_FAKE, 1, inf, 2, diff).loss));
    const int32_t label[] = {0};
    assert_true(isnan(ga_loss_classes(bad, label, 1, 2, diff, NULL)));
}

/* The table of train.h by hand, at x = 2 (a real and a fake that look real) and t = 0.9. */
static void losses_of_a_gan_are_those_of_the_table(void **state)
{
    (void)state;
    const float x[] = {2};
    const double sp = log1p(exp(2)), sn = log1p(exp(-2)), p = 1 / (1 + exp(-2));
    const struct {
        ga_gan_loss loss;
        double real, fake, generator, mean;
    } rows[] = {{GA_LOSS_NONSATURATING, 0.9 * sn + 0.1 * sp, sp, sn, p},
                {GA_LOSS_MINIMAX, 0.9 * sn + 0.1 * sp, sp, -sp, p},
                {GA_LOSS_LEAST_SQUARES, 1.1 * 1.1 / 2, 2, 0.5, 2},
                {GA_LOSS_HINGE, 0, 3, -2, 2},
                {GA_LOSS_WASSERSTEIN, -2, 2, -2, 2}};
    float diff[1];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ga_verdict real = judge(rows[i].loss, GA_SIDE_REAL, 0.9, x, 1, diff);
        assert_true(fabs(real.loss - rows[i].real) < 1e-12);
        assert_true(fabs(real.mean - rows[i].mean) < 1e-12 && real.right == 1);
        const ga_verdict fake = judge(rows[i].loss, GA_SIDE_FAKE, 0.9, x, 1, diff);
        assert_true(fabs(fake.loss - rows[i].fake) < 1e-12 && fake.right == 0);
        const ga_verdict made = judge(rows[i].loss, GA_SIDE_GENERATOR, 0.9, x, 1, diff);
        assert_true(fabs(made.loss - rows[i].generator) < 1e-12);
    }
    /* a hinge is flat where the side is safe, and least squares has its border between 0 and 1 */
    const float sure[] = {-1.5f}, middle[] = {0.4f};
    assert_true(judge(GA_LOSS_HINGE, GA_SIDE_FAKE, 1, sure, 1, diff).loss == 0 && diff[0] == 0);
    assert_true(judge(GA_LOSS_LEAST_SQUARES, GA_SIDE_REAL, 1, middle, 1, diff).right == 0);
    assert_true(judge(GA_LOSS_HINGE, GA_SIDE_REAL, 1, middle, 1, diff).right == 1);
}

/* Outputs are kept as f32; a step of 2^-8 is exact in them, and the error of the central difference
 * is h^2 / 6 times the third derivative, at most 1.5e-7 here. No output lies at a kink. */
static void gradients_of_gan_losses_agree_with_differences(void **state)
{
    (void)state;
    const double h = 1.0 / 256;
    float x[] = {-3, -0.5f, 0.125f, 0.25f, 4}, diff[5], unused[5];
    for (int loss = 0; ga_gan_loss_words[loss] != NULL; loss++)
        for (int k = 0; k < 6; k++) {
            const ga_gan_side side = (ga_gan_side)(k % 3);
            const double target = k < 3 ? 1 : 0.9;
            judge((ga_gan_loss)loss, side, target, x, 5, diff);
            for (int i = 0; i < 5; i++) {
                const float kept = x[i];
                x[i] = kept + (float)h;
                const double up = judge((ga_gan_loss)loss, side, target, x, 5, unused).loss;
                x[i] = kept - (float)h;
                const double down = judge((ga_gan_loss)loss, side, target, x, 5, unused).loss;
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

/* Two planes, of 1 + 2 and 1 + 1 channels; two pictures of 300 pixels, so that stretches end within
 * one. Against the softmax of each pixel, one by one. */
static void loss_of_labels_is_that_of_each_pixel(void **state)
{
    (void)state;
    enum { N = 2, P = 300, C = 5, D = 2 };
    static const int first[D] = {0, 3}, size[D] = {3, 2};
    static const uint16_t channel[] = {0, 1, 2, 4}; /* of labels 1, 2 and 3 */
    static const ga_label_layout layout = {C, D, first, size, channel};
    static float x[N * C * P], diff[N * C * P], unused[N * C * P];
    static uint16_t maps[N * D * P];
    for (int i = 0; i < N * C * P; i++)
        x[i] = (float)((i * 37 % 101) - 50) / 20;
    for (int i = 0; i < N * P; i++) {
        const int n = i / P, p = i % P;
        maps[(n * D + 0) * P + p] = (uint16_t)(i % 3);
        maps[(n * D + 1) * P + p] = (uint16_t)(i % 2 * 3);
    }
    double want = 0;
    uint64_t hits = 0, right;
    for (int n = 0; n < N; n++)
        for (int d = 0; d < D; d++)
            for (int p = 0; p < P; p++) {
                const uint16_t label = maps[(n * D + d) * P + p];
                const int is = label > 0 ? channel[label] : first[d];
                double sum = 0;
                int best = first[d];
                for (int c = first[d]; c < first[d] + size[d]; c++) {
                    sum += exp((double)x[(n * C + c) * P + p]);
                    best = x[(n * C + c) * P + p] > x[(n * C + best) * P + p] ? c : best;
                }
                want += log(sum) - (double)x[(n * C + is) * P + p];
                hits += best == is;
            }
    want /= N * P;
    const double loss = ga_loss_labels(x, maps, layout, N, P, diff, &right);
    assert_true(fabs(loss - want) < 1e-6 * want);
    assert_int_equal(right, hits);
    const double h = 1.0 / 64;
    for (int i = 7; i < N * C * P; i += 211) {
        const float kept = x[i];
        x[i] = kept + (float)h;
        const double up = ga_loss_labels(x, maps, layout, N, P, unused, NULL);
        x[i] = kept - (float)h;
        const double down = ga_loss_labels(x, maps, layout, N, P, unused, NULL);
        x[i] = kept;
        assert_true(fabs((up - down) / (2 * h) - (double)diff[i]) < 1e-6);
    }
    /* a label of the other plane is none of this one */
    maps[0] = 3;
    ga_loss_labels(x, maps, layout, N, P, unused, NULL);
    maps[0] = 0;
    ga_loss_labels(x, maps, layout, N, P, diff, NULL);
    assert_memory_equal(diff, unused, sizeof diff);
}

static void losses_of_an_autoencoder_are_as_by_hand(void **state)
{
    (void)state;
    float diff[4];
    const float x[] = {0, 1, 0.5f, -1}, y[] = {1, 1, -0.5f, 1};
    /* squares: 1 + 0 of the first, 1 + 4 of the second picture */
    assert_true(ga_loss_squares(x, y, 2, 2, diff) == 3);
    assert_true(diff[0] == -1 && diff[1] == 0 && diff[2] == 1 && diff[3] == -2);
    /* on -1..1: chances 1/2 for white, 3/4 for 1/4 */
    const float q[] = {0, 0.5f}, t[] = {1, -0.5f};
    const double want = log(2) - 0.25 * log(0.75) - 0.75 * log(0.25);
    assert_true(fabs(ga_loss_bernoulli(q, t, 1, 2, -1, 1, diff) - want) < 1e-12);
    /* black where white was is dear, but not infinitely */
    const float black[] = {-1}, white[] = {1};
    assert_true(fabs(ga_loss_bernoulli(black, white, 1, 1, -1, 1, diff) + log(1e-6)) < 1e-9);
    /* normal(1, e) from normal(0, 1): (1 + e - 1 - 1) / 2; the prior itself costs nothing */
    const float gaussian[] = {1, 0, 1, 0};
    assert_true(fabs(ga_loss_gaussian(gaussian, 1, 2, diff) - (exp(1) - 1) / 2) < 1e-12);
    assert_true(diff[1] == 0 && diff[3] == 0);
}

typedef double (*loss_of)(const float *x, float *diff);
static double squares(const float *x, float *diff)
{
    static const float y[] = {0.5f, -1, 2, 0, 1, 1};
    return ga_loss_squares(x, y, 3, 2, diff);
}
static double bernoulli(const float *x, float *diff)
{
    static const float y[] = {0.5f, -1, 1, 0, 1, -0.25f};
    return ga_loss_bernoulli(x, y, 3, 2, -1, 1, diff);
}
static double gaussian(const float *x, float *diff)
{
    return ga_loss_gaussian(x, 3, 1, diff);
}

/* Third derivatives reach 150 at a chance of 1/4 and h is 2^-10, so differences err by 3e-5. */
static void gradients_of_its_losses_agree_with_differences(void **state)
{
    (void)state;
    const loss_of losses[] = {squares, bernoulli, gaussian};
    const double h = 1.0 / 1024;
    float x[] = {0.25f, -0.5f, 0.5f, 0.125f, -0.25f, 0}, diff[6], unused[6];
    for (int k = 0; k < 3; k++) {
        losses[k](x, diff);
        for (int i = 0; i < 6; i++) {
            const float kept = x[i];
            x[i] = kept + (float)h;
            const double up = losses[k](x, unused);
            x[i] = kept - (float)h;
            const double down = losses[k](x, unused);
            x[i] = kept;
            assert_true(fabs((up - down) / (2 * h) - (double)diff[i]) < 5e-5);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_of_a_logit_is_as_by_hand),
        cmocka_unit_test(loss_of_huge_logits_stays_finite_and_linear),
        cmocka_unit_test(a_logit_that_is_no_number_gives_a_loss_that_is_none),
        cmocka_unit_test(losses_of_a_gan_are_those_of_the_table),
        cmocka_unit_test(gradients_of_gan_losses_agree_with_differences),
        cmocka_unit_test(loss_of_labels_is_that_of_each_pixel),
        cmocka_unit_test(losses_of_an_autoencoder_are_as_by_hand),
        cmocka_unit_test(gradients_of_its_losses_agree_with_differences),
        cmocka_unit_test(cross_entropy_is_as_by_hand),
        cmocka_unit_test(gradient_of_cross_entropy_agrees_with_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
