/* Plans with a gradient penalty: what must not change it, what it must not change, and what they
 * refuse. */
#include "penalty_check.h"

/* ---- what must not matter ---------------------------------------------------------------------*/

/* Sizes above every grain, and nothing allocated. */
static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    ga_err err;
    network large = networks[6]; /* which bends */
    assert_string_equal(large.name, "products of what moves");
    large.n = 400;
    fixture f;
    start(&f, &large, 3);
    float *first = new_floats(f.p->n_weights, 0);
    double value = 0, kept = 0;
    for (int threads = 1; threads <= 3; threads++) {
        ga_plan_options o = room_for(&f);
        o.threads = threads;
        ga_plan *plan = run(&f, o);
        plan->threads = threads; /* also where there are fewer cores */
        memset(f.grads->weights, 0, f.grads->n_weights * sizeof(float));
        const uint64_t before = ga_mem_count();
        CHECK_OK(ga_plan_gradient_penalty(plan, 1, f.grads, &value, &err));
        assert_true(ga_mem_count() == before);
        if (threads == 1) {
            kept = value;
            memcpy(first, f.grads->weights, f.grads->n_weights * sizeof(float));
        }
        assert_true(value == kept && value > 0);
        assert_memory_equal(first, f.grads->weights, f.grads->n_weights * sizeof(float));
        ga_plan_free(plan);
    }
    ga_mem_free(first);
    stop(&f);
}

/* Gradients that are there are added to; without gradients the value is the same. A plan with room
 * for the penalty does everything else as one without. */
static void the_penalty_is_added_and_disturbs_nothing(void **state)
{
    (void)state;
    ga_err err;
    for (int i = 0; i < GA_COUNT(networks); i++) {
        fixture f;
        start(&f, &networks[i], 20);
        const size_t count = f.p->n_weights, out = (size_t)f.what->n * 2;
        double value, alone;
        float *plain = new_floats(count, 0), *pure = new_floats(count, 0),
              *diff = new_floats(out, 7), *diff_x = new_floats(2 * (f.x_count + out), 0),
              *diff_x2 = diff_x + f.x_count + out;
        ga_plan_options o = room_for(&f);
        ga_plan *plan = run(&f, o), *other;
        const ga_plan_cost with = ga_plan_cost_of(plan);
        CHECK_OK(ga_plan_gradient_penalty(plan, 3, NULL, &alone, &err));
        CHECK_OK(ga_plan_gradient_penalty(plan, 3, f.grads, &value, &err));
        assert_true(value == alone);
        memcpy(pure, f.grads->weights, count * sizeof *pure);
        CHECK_OK(ga_plan_backward(plan, diff, f.grads, false, diff_x, &err));
        memcpy(plain, f.grads->weights, count * sizeof *plain);
        CHECK_OK(ga_plan_gradient_penalty(plan, 3, f.grads, &value, &err));
        for (size_t k = 0; k < count; k++) {
            const double want = (double)plain[k] + (double)pure[k],
                         size = fabs((double)plain[k]) + fabs((double)pure[k]);
            assert_true(fabs((double)f.grads->weights[k] - want) <= 1e-6 * size);
        }
        ga_plan_free(plan);

        o.train = true;
        CHECK_OK(ga_plan_create(f.g, f.p, &o, &other, &err));
        CHECK_OK(ga_plan_write(other, "x", view_of(f.x, f.what->n, f.what->image), &err));
        if (f.what->label)
            CHECK_OK(ga_plan_write(other, "label", (ga_view){f.labels, f.what->n, 1, 1, 1}, &err));
        CHECK_OK(ga_plan_forward(other, &(ga_run){.dropout_seed = SEED}, &err));
        CHECK_OK(ga_plan_backward(other, diff, f.grads, false, diff_x2, &err));
        assert_memory_equal(diff_x, diff_x2, f.x_count * sizeof *diff_x);
        check_close("gradients", f.grads->weights, plain, count, 1e-6); /* norms are not fused */
        assert_true(ga_plan_cost_of(other).gradient_bytes < with.gradient_bytes);
        assert_true(ga_plan_cost_of(other).activation_bytes <= with.activation_bytes);
        ga_plan_free(other);
        o.penalty = true;
        ga_plan_cost forecast;
        CHECK_OK(ga_plan_forecast(f.g, &o, &forecast, &err));
        assert_memory_equal(&forecast, &with, sizeof with);
        ga_mem_free(plain);
        ga_mem_free(pure);
        ga_mem_free(diff);
        ga_mem_free(diff_x);
        stop(&f);
    }
}

/* There the run back is one product long: it ends at the embedding. */
static void a_projection_has_no_run_back_into_the_picture(void **state)
{
    (void)state;
    fixture f;
    start(&f, &judge, 1);
    ga_plan *plan = run(&f, room_for(&f));
    for (int t = 0; t < f.g->n_nodes; t++) {
        const char *name = ga_graph_tap_name(f.g, t);
        assert_true(plan->taps[t].diff_moves == (strcmp(name, "word") == 0));
        assert_true(plan->taps[t].moves ==
                    (strcmp(name, "word") != 0 && strcmp(name, "label") != 0));
    }
    ga_plan_free(plan);
    stop(&f);
}

/* ---- refusals ---------------------------------------------------------------------------------*/

static void what_has_no_rule_is_refused_by_name(void **state)
{
    (void)state;
    ga_err err;
    const network bad[] = {
        {"batch norm",
         1,
         {2, 4, 4},
         false,
         {{"conv0", "Conv2d", BEFORE, CONV(2, 3, 3, 1, 1)},
          {"bn0", "BatchNorm2d", BEFORE, OPTIONS(GA_ONE("num_features", 3))},
          {"act0", LEAKY}}},
        {"pixel norm", 1, {2, 4, 4}, false, {{"norm", "PixelNorm", BEFORE, NONE}}},
        {"index",
         1,
         {1, 1, 1},
         false,
         {{"word", "Embedding", BEFORE,
           OPTIONS(GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 2))}}},
        {"nothing", 1, {1, 1, 1}, true, {{"word", LINEAR(1, 1)}}}};
    const char *const words[] = {
        "layer 'bn0' (BatchNorm2d): no gradient penalty passes it, as it ties the images of a "
        "batch "
        "together, so that none has a gradient of its own; take a network without it, or no "
        "penalty",
        "layer 'norm' (PixelNorm): no gradient penalty passes it, as its second derivative",
        "layer 'word' (Embedding): no gradient penalty passes it, as it reads an index",
        "no gradient to penalise: 'word' does not depend on 'x'"};
    for (int i = 0; i < GA_COUNT(bad); i++) {
        ga_graph *g = build(&bad[i]);
        ga_params *p = new_params(g, 1);
        ga_plan *plan;
        ga_plan_cost cost;
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.train = o.penalty = true;
        const char *const keep = "x";
        o.keep = &keep;
        o.n_keep = i == 3 ? 1 : 0;
        CHECK_FAILS(ga_plan_create(g, p, &o, &plan, &err), GA_EINVAL, words[i]);
        assert_null(plan);
        CHECK_FAILS(ga_plan_forecast(g, &o, &cost, &err), GA_EINVAL, words[i]);
        ga_params_free(p);
        ga_graph_free(g);
    }
}

static void wrong_use_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    ga_plan *plan;
    double value;
    start(&f, &networks[0], 1);
    ga_plan_options o = room_for(&f);
    o.penalty = true;
    CHECK_FAILS(ga_plan_create(f.g, f.p, &o, &plan, &err), GA_EINVAL, "a plan for training");
    plan = run(&f, o);
    CHECK_FAILS(ga_plan_gradient_penalty(plan, -1, f.grads, &value, &err), GA_EINVAL,
                "the gradient penalty's weight is -1, expected 0 or more");
    CHECK_FAILS(ga_plan_gradient_penalty(plan, NAN, f.grads, &value, &err), GA_EINVAL, "nan");
    CHECK_OK(ga_plan_write(plan, "x", view_of(f.x, 1, f.what->image), &err));
    CHECK_FAILS(ga_plan_gradient_penalty(plan, 1, f.grads, &value, &err), GA_EINVAL,
                "comes before forward");
    ga_plan_free(plan);
    o.penalty = false;
    o.train = true;
    CHECK_OK(ga_plan_create(f.g, f.p, &o, &plan, &err));
    CHECK_FAILS(ga_plan_gradient_penalty(plan, 1, f.grads, &value, &err), GA_EINVAL,
                "made without a gradient penalty");
    ga_plan_free(plan);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(the_penalty_is_added_and_disturbs_nothing),
        cmocka_unit_test(a_projection_has_no_run_back_into_the_picture),
        cmocka_unit_test(what_has_no_rule_is_refused_by_name),
        cmocka_unit_test(wrong_use_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
