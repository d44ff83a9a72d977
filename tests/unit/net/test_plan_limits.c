/* Plans: memory, and what is refused. */
#include "plan_check.h"

/* ---- memory -----------------------------------------------------------------------------------*/

static void runs_allocate_nothing(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = N;
    o.train = true;
    o.bn = GA_BN_BATCH;
    ga_plan *plan = new_plan(f.g, f.p, &o);
    o.train = false;
    ga_plan *lean = new_plan(f.g, f.p, &o);
    ga_params *grads;
    float *diff = new_floats(N * OUT, 5), diff_z[N * Z];
    CHECK_OK(ga_params_create(f.g, &grads, &err));
    const ga_edit edit = {.tap = "bn1", .alpha = 0.5f, .value = GA_EDIT_MEAN};
    const uint64_t before = ga_mem_count();
    for (int i = 0; i < 10; i++) {
        render(plan, f.z, N, f.out);
        CHECK_OK(ga_plan_backward(plan, diff, grads, false, diff_z, &err));
        ga_params_changed(f.p);
        render(lean, f.z, N, f.out);
        CHECK_OK(ga_plan_forward(lean, &(ga_run){.edits = &edit, .n_edits = 1}, &err));
    }
    assert_true(ga_mem_count() == before);
    ga_mem_free(diff);
    ga_params_free(grads);
    ga_plan_free(plan);
    ga_plan_free(lean);
    stop(&f);
}

static void the_forecast_is_what_is_allocated(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    for (int k = 0; k < 6; k++) {
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = k % 3 * 7 + 1;
        o.train = k >= 3;
        o.bn = modes[k % 3];
        ga_plan_cost cost;
        CHECK_OK(ga_plan_forecast(f.g, &o, &cost, &err));
        ga_plan *plan = new_plan(f.g, f.p, &o);
        const ga_plan_cost real = ga_plan_cost_of(plan);
        assert_memory_equal(&cost, &real, sizeof cost);
        assert_int_equal(cost.total_bytes, cost.activation_bytes + cost.gradient_bytes +
                                               cost.packed_weight_bytes + cost.scratch_bytes);
        assert_true((cost.gradient_bytes > 0) == o.train);
        uint64_t products = 0;
        for (int i = 0; i < ga_plan_n_layers(plan); i++) {
            const ga_plan_layer l = ga_plan_layer_at(plan, i);
            assert_true(l.name != NULL && l.type != NULL && l.kernel != NULL && l.reason != NULL);
            products += l.multiply_adds;
        }
        assert_int_equal(products, cost.multiply_adds);
        assert_int_equal(ga_plan_n_layers(plan), f.g->n_nodes - 1);
        ga_plan_free(plan);
    }
    stop(&f);
}

static void too_large_is_refused_with_the_batch_that_fits(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    ga_plan *plan;
    ga_plan_cost cost;
    start(&f);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = 7;
    CHECK_OK(ga_plan_forecast(f.g, &o, &cost, &err));
    o.batch = 100;
    o.memory_limit = cost.total_bytes;
    CHECK_FAILS(ga_plan_create(f.g, f.p, &o, &plan, &err), GA_ENOMEM, "a batch of 7 would fit");
    assert_null(plan);
    char limit[40];
    snprintf(limit, sizeof limit, "(%zu bytes)", cost.total_bytes);
    assert_non_null(strstr(err.text, "a batch of 100 needs"));
    assert_non_null(strstr(err.text, limit));
    o.batch = 7;
    CHECK_OK(ga_plan_create(f.g, f.p, &o, &plan, &err));
    ga_plan_free(plan);
    o.memory_limit = 100;
    CHECK_FAILS(ga_plan_create(f.g, f.p, &o, &plan, &err), GA_ENOMEM,
                "not even one image would fit");
    stop(&f);
}

static void every_failed_allocation_is_a_sentence(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.train = true;
    ga_plan *plan = NULL;
    long n = 0;
    for (; plan == NULL && n < 500; n++) {
        ga_mem_fail_after(n);
        const ga_status s = ga_plan_create(f.g, f.p, &o, &plan, &err);
        ga_mem_fail_after(-1);
        assert_true((s == GA_OK && plan != NULL) || (s == GA_ENOMEM && plan == NULL));
    }
    assert_true(n > 4 && n < 500);
    ga_plan_free(plan);
    stop(&f);
}

/* Items whose times meet lie apart; others may share. */
static void placed_items_do_not_overlap(void **state)
{
    (void)state;
    enum { ITEMS = 60 };
    ga_item items[ITEMS];
    ga_rng r = ga_rng_of(5, 0);
    size_t sum = 0;
    for (int i = 0; i < ITEMS; i++) {
        items[i] = (ga_item){.bytes = 1 + ga_rng_below(&r, 5000),
                             .first = (int)ga_rng_below(&r, 40)};
        items[i].last = items[i].first + (int)ga_rng_below(&r, 6);
    }
    const size_t total = ga_place_items(items, ITEMS);
    for (int i = 0; i < ITEMS; i++) {
        sum += items[i].bytes;
        assert_true(items[i].offset % 64 == 0 && items[i].offset + items[i].bytes <= total);
        for (int k = 0; k < i; k++)
            if (items[i].first <= items[k].last && items[k].first <= items[i].last)
                assert_true(items[i].offset + items[i].bytes <= items[k].offset ||
                            items[k].offset + items[k].bytes <= items[i].offset);
    }
    assert_true(total < sum / 2);
}

/* ---- refusals ---------------------------------------------------------------------------------*/

static void wrong_use_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    ga_plan *plan;
    start(&f);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.to = "act9";
    CHECK_FAILS(ga_plan_create(f.g, f.p, &o, &plan, &err), GA_ENOTFOUND,
                "there is no layer 'act9' (did you mean 'act0'?): the layers are fc, view, bn0");
    o.from = "act2";
    o.to = "act1";
    CHECK_FAILS(ga_plan_create(f.g, f.p, &o, &plan, &err), GA_ENOTFOUND,
                "a run from 'act2' cannot reach 'act1'");
    o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = 0;
    CHECK_FAILS(ga_plan_create(f.g, f.p, &o, &plan, &err), GA_EINVAL, "a batch of 0 images");
    o.batch = 2;
    plan = new_plan(f.g, f.p, &o);
    CHECK_FAILS(ga_plan_forward(plan, NULL, &err), GA_EINVAL, "'z' was not written");
    CHECK_FAILS(ga_plan_write(plan, "fc", (ga_view){f.z, 1, 72, 1, 1}, &err), GA_ENOTFOUND,
                "starts at 'z', so 'fc' cannot be written");
    CHECK_FAILS(ga_plan_write(plan, "z", (ga_view){f.z, 1, 6, 1, 1}, &err), GA_ESHAPE,
                "'z' takes (5,1,1), got (6,1,1)");
    CHECK_FAILS(ga_plan_write(plan, "z", (ga_view){f.z, 3, 5, 1, 1}, &err), GA_ESHAPE,
                "got 3 images, the plan takes 1 to 2");
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){f.z, 1, 5, 1, 1}, &err));
    CHECK_FAILS(ga_plan_read(plan, "out", f.out, &err), GA_EINVAL, "read before the run");
    CHECK_FAILS(ga_plan_backward(plan, f.out, NULL, false, NULL, &err), GA_EINVAL, "for inference");
    ga_plan_free(plan);
    o.train = true;
    plan = new_plan(f.g, f.p, &o);
    CHECK_FAILS(ga_plan_backward(plan, f.out, NULL, false, NULL, &err), GA_EINVAL,
                "backward comes before forward");
    ga_plan_free(plan);
    stop(&f);
}

static void an_index_outside_the_table_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_graph *g;
    ga_params *p;
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "class", (ga_dims){1, 1, 1}, &err));
    const ga_attr attrs[] = {GA_ONE("num_embeddings", 10), GA_ONE("embedding_dim", 3)};
    CHECK_OK(add_layer(g, "table", "Embedding", NULL, attrs, 2, &err));
    CHECK_OK(ga_params_create(g, &p, &err));
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = 2;
    ga_plan *plan = new_plan(g, p, &o);
    const float bad[] = {10, -1, 2.5f, NAN};
    for (int i = 0; i < 4; i++) {
        const float x[] = {3, bad[i]};
        CHECK_OK(ga_plan_write(plan, "class", (ga_view){x, 2, 1, 1, 1}, &err));
        CHECK_FAILS(ga_plan_forward(plan, NULL, &err), GA_EDATA, "image 1 has the index");
    }
    ga_plan_free(plan);
    ga_params_free(p);
    ga_graph_free(g);
}

/* Kernel 2, dilation 10, padding 1 on 9 columns: both places of the only window are outside. */
static void a_pool_that_sees_nothing_is_minus_infinity(void **state)
{
    (void)state;
    ga_err err;
    ga_graph *g;
    ga_params *p;
    float x[9], out, diff = 1, diff_x[9];
    const ga_attr attrs[] = {GA_PAIR("kernel_size", 1, 2), GA_PAIR("dilation", 1, 10),
                             GA_PAIR("padding", 0, 1)};
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "x", (ga_dims){1, 1, 9}, &err));
    CHECK_OK(add_layer(g, "pool", "MaxPool2d", NULL, attrs, 3, &err));
    CHECK_OK(ga_params_create(g, &p, &err));
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.train = true;
    ga_plan *plan = new_plan(g, p, &o);
    fill_distinct(x, 9, 1);
    CHECK_OK(ga_plan_write(plan, "x", (ga_view){x, 1, 1, 1, 9}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, "pool", &out, &err));
    CHECK_OK(ga_plan_backward(plan, &diff, NULL, false, diff_x, &err));
    assert_true(out == -INFINITY);
    for (int i = 0; i < 9; i++)
        assert_true(diff_x[i] == 0);
    ga_plan_free(plan);
    ga_params_free(p);
    ga_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_allocate_nothing),
        cmocka_unit_test(the_forecast_is_what_is_allocated),
        cmocka_unit_test(too_large_is_refused_with_the_batch_that_fits),
        cmocka_unit_test(every_failed_allocation_is_a_sentence),
        cmocka_unit_test(placed_items_do_not_overlap),
        cmocka_unit_test(wrong_use_is_refused_in_words),
        cmocka_unit_test(an_index_outside_the_table_is_refused),
        cmocka_unit_test(a_pool_that_sees_nothing_is_minus_infinity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
