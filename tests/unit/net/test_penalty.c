/* Gradient penalties: value and weight gradient of gamma/2 mean |dS/dx|^2 against differences of
 * differences, taken with the plain references in double, and against PyTorch. */
#include "golden/golden.h"
#include "penalty_check.h"

/* ---- by differences ---------------------------------------------------------------------------*/

static double outputs(fixture *f)
{
    double sum = 0;
    const int end = f->g->n_nodes - 1;
    refer_graph(f->g, f->weights, NULL, GA_BN_BATCH, true, SEED, f->what->n, f->taps);
    for (size_t i = 0; i < (size_t)f->what->n * ga_dims_count(f->g->nodes[end].out); i++)
        sum += f->taps[end][i];
    return sum;
}

/* mean over n of |dS/dx_n|^2 / 2. Steps of 1e-4: what a third derivative does is about 1e-9 and the
 * same for neighbouring weights; rounding leaves 1e-12. */
static double penalty_of(fixture *f)
{
    const double h = 1e-4;
    double sum = 0;
    for (size_t i = 0; i < f->x_count; i++) {
        const double kept = f->taps[0][i];
        f->taps[0][i] = kept + h;
        const double above = outputs(f);
        f->taps[0][i] = kept - h;
        const double slope = (above - outputs(f)) / (2 * h);
        f->taps[0][i] = kept;
        sum += slope * slope / 2;
    }
    return sum / f->what->n;
}

/* Some weights of every layer; in which |dS/dx|^2 is a polynomial between kinks,
 * of low degree. */
static void check_slopes(fixture *f, const float *got, double gamma, double value)
{
    const double h = 1e-4;
    for (int i = 0; i < f->g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(f->g, i);
        double scale = 0.1 * value; /* a bias has gradient 0 between kinks; rounding is left */
        for (size_t k = 0; k < s->count; k++)
            scale = fmax(scale, fabs((double)got[s->offset + k]));
        for (size_t k = 0; k < s->count; k += 1 + s->count / 9) {
            double *w = &f->weights[s->offset + k];
            const double kept = *w;
            *w = kept + h;
            const double above = penalty_of(f);
            *w = kept - h;
            const double slope = gamma * (above - penalty_of(f)) / (2 * h);
            *w = kept;
            if (!(fabs(slope - (double)got[s->offset + k]) <= 3e-5 * scale))
                fail_msg("%s: %s %zu is %.8g, differences say %.8g", f->what->name, s->name, k,
                         (double)got[s->offset + k], slope);
        }
    }
}

static void penalties_agree_with_differences_of_differences(void **state)
{
    (void)state;
    ga_err err;
    const double gamma = 3;
    for (int i = 0; i < GA_COUNT(networks); i++) {
        fixture f;
        double value;
        start(&f, &networks[i], 20);
        ga_plan *plan = run(&f, room_for(&f));
        CHECK_OK(ga_plan_gradient_penalty(plan, gamma, f.grads, &value, &err));
        const double want = gamma * penalty_of(&f);
        if (!(fabs(value - want) <= 3e-6 * want))
            fail_msg("%s: the penalty is %.9g, differences say %.9g", f.what->name, value, want);
        check_slopes(&f, f.grads->weights, gamma, value);
        ga_plan_free(plan);
        stop(&f);
    }
}

/* What the picture does not reach may be anything: batch norm of words. */
static void a_norm_beside_the_picture_is_no_obstacle(void **state)
{
    (void)state;
    ga_err err;
    const network beside = {"beside",
                            4,
                            {3, 1, 1},
                            true,
                            {{"word", "Embedding", NAMES("label"),
                              OPTIONS(GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 3))},
                             {"bn", "BatchNorm1d", BEFORE, OPTIONS(GA_ONE("num_features", 3))},
                             {"act", LEAKY},
                             {"agree", "Multiply", NAMES("x", "act"), NONE},
                             {"fc", LINEAR(3, 1)}}};
    fixture f;
    double value;
    start(&f, &beside, 5);
    ga_plan_options o = room_for(&f);
    o.bn = GA_BN_BATCH;
    ga_plan *plan = run(&f, o);
    CHECK_OK(ga_plan_gradient_penalty(plan, 3, f.grads, &value, &err));
    assert_float_equal(value, 3 * penalty_of(&f), 1e-5);
    check_slopes(&f, f.grads->weights, 3, value);
    ga_plan_free(plan);
    stop(&f);
}

/* ---- by PyTorch -------------------------------------------------------------------------------*/

static void check_golden(const ga_golden *gold, const ga_graph *g, const ga_params *got,
                         const char *what)
{
    for (int i = 0; i < g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(g, i);
        char key[100];
        snprintf(key, sizeof key, "%s.%s", what, s->name);
        const float *want = golden_find(gold, key, s->count, true);
        double scale = 1e-3; /* a bias behind the last kink has gradient 0 */
        for (size_t k = 0; k < s->count; k++)
            scale = fmax(scale, fabs((double)want[k]));
        for (size_t k = 0; k < s->count; k++) /* f32 through 8 layers there and back */
            if (!(fabs((double)got->weights[s->offset + k] - (double)want[k]) <= 1e-5 * scale))
                fail_msg("%s %zu is %.8g, PyTorch has %.8g", key, k,
                         (double)got->weights[s->offset + k], (double)want[k]);
    }
}

/* The whole step on real pictures, with the penalty before or after the loss. */
static void a_step_with_a_penalty_agrees_with_pytorch(void **state)
{
    (void)state;
    ga_err err;
    ga_golden gold = golden_open("penalty");
    fixture f;
    start(&f, &judge, 1);
    memcpy(f.x, golden_find(&gold, "x", f.x_count, true), f.x_count * sizeof *f.x);
    memcpy(f.labels, golden_find(&gold, "label", 5, true), 5 * sizeof *f.labels);
    for (int i = 0; i < f.g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(f.g, i);
        char key[100];
        snprintf(key, sizeof key, "weight.%s", s->name);
        memcpy(f.p->weights + s->offset, golden_find(&gold, key, s->count, true),
               s->count * sizeof(float));
    }
    ga_params_changed(f.p);
    ga_plan *plan = run(&f, room_for(&f));
    float out[5], diff[5];
    double value;
    CHECK_OK(ga_plan_read(plan, "out", out, &err));
    check_close("out", out, golden_find(&gold, "out", 5, true), 5, 2e-6);
    for (int i = 0; i < 5; i++)
        diff[i] = (float)(-1 / (1 + exp((double)out[i])) / 5);
    for (int first = 0; first < 2; first++) {
        memset(f.grads->weights, 0, f.grads->n_weights * sizeof(float));
        if (first == 1)
            CHECK_OK(ga_plan_backward(plan, diff, f.grads, true, NULL, &err));
        CHECK_OK(ga_plan_gradient_penalty(plan, 10, f.grads, &value, &err));
        assert_float_equal(value, golden_find(&gold, "penalty", 1, true)[0], 1e-6 * value);
        if (first == 0) {
            check_golden(&gold, f.g, f.grads, "penalty");
            CHECK_OK(ga_plan_backward(plan, diff, f.grads, true, NULL, &err));
        }
        check_golden(&gold, f.g, f.grads, "total");
    }
    ga_plan_free(plan);
    stop(&f);
    golden_close(&gold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(penalties_agree_with_differences_of_differences),
        cmocka_unit_test(a_norm_beside_the_picture_is_no_obstacle),
        cmocka_unit_test(a_step_with_a_penalty_agrees_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
