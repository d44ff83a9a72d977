/* Plans do a doubling and the 3x3 product behind it as one; nobody can tell but by the clock. */
#include "net_check.h"

enum { N = 3, Z = 4, OUT = 2 * 8 * 8 };

/* z (4) -> 6x2x2 -> doubled, 3x3 -> 5x4x4, which two read -> doubled, 3x3 -> 3x8x8; + a side way.
 */
static ga_graph *network(void)
{
    ga_err err;
    ga_graph *g;
    const ga_layer layers[] = {
        {"fc", "Linear", NULL, 0,
         (const ga_attr[]){GA_ONE("in_features", Z), GA_ONE("out_features", 24)}, 2},
        {"view", "Unflatten", NULL, 0, (const ga_attr[]){GA_THREE("unflattened_size", 6, 2, 2)}, 1},
        {"up0", "Upsample", NULL, 0, (const ga_attr[]){GA_ONE("scale_factor", 2)}, 1},
        {"conv0", "Conv2d", NULL, 0,
         (const ga_attr[]){GA_ONE("in_channels", 6), GA_ONE("out_channels", 5),
                           GA_ONE("kernel_size", 3), GA_ONE("padding", 1)},
         4},
        {"act0", "Scale", NULL, 0, (const ga_attr[]){GA_ONE("scale", 0.7)}, 1},
        {"up1", "Upsample", NULL, 0, (const ga_attr[]){GA_ONE("scale_factor", 2)}, 1},
        {"conv1", "Conv2d", NULL, 0,
         (const ga_attr[]){GA_ONE("in_channels", 5), GA_ONE("out_channels", 3),
                           GA_ONE("kernel_size", 3), GA_ONE("padding", 1), GA_ONE("bias", 0)},
         5},
        {"side", "Conv2d", (const char *const[]){"act0"}, 1,
         (const ga_attr[]){GA_ONE("in_channels", 5), GA_ONE("out_channels", 3),
                           GA_ONE("kernel_size", 1)},
         3},
        {"wide", "Upsample", NULL, 0, (const ga_attr[]){GA_ONE("scale_factor", 2)}, 1},
        {"sum", "Add", (const char *const[]){"conv1", "wide"}, 2, NULL, 0},
        {"out", "Conv2d", NULL, 0,
         (const ga_attr[]){GA_ONE("in_channels", 3), GA_ONE("out_channels", 2),
                           GA_ONE("kernel_size", 3), GA_ONE("padding", 1)},
         4},
    };
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "z", (ga_dims){Z, 1, 1}, &err));
    for (int i = 0; i < GA_COUNT(layers); i++)
        CHECK_OK(ga_graph_add(g, &layers[i], &err));
    return g;
}

static const char *const ups[] = {"up0", "up1"};

typedef struct fixture {
    ga_graph *g;
    ga_params *p;
    float z[N * Z];
} fixture;

static void start(fixture *f)
{
    f->g = network();
    f->p = new_params(f->g, 3);
    fill_distinct(f->z, N * Z, 5);
}

static void stop(fixture *f)
{
    ga_params_free(f->p);
    ga_graph_free(f->g);
}

/* kept: with the doublings for everybody to read, so that none is done by its product. */
static ga_plan *make(const fixture *f, bool train, bool kept)
{
    ga_err err;
    ga_plan *plan;
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = N + 1;
    o.train = train;
    o.keep = ups;
    o.n_keep = kept ? 2 : 0;
    CHECK_OK(ga_plan_create(f->g, f->p, &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){f->z, N, Z, 1, 1}, &err));
    return plan;
}

static void forward(ga_plan *plan, const ga_run *run, float *out)
{
    ga_err err;
    const uint64_t before = ga_mem_count();
    CHECK_OK(ga_plan_forward(plan, run, &err));
    assert_true(ga_mem_count() == before);
    CHECK_OK(ga_plan_read(plan, "out", out, &err));
}

static void a_doubling_before_a_3x3_product_is_done_by_it(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool fused;
    } layers[] = {{"up0", true}, {"up1", true}, {"wide", false}};
    fixture f;
    start(&f);
    for (int train = 0; train < 2; train++)
        for (int kept = 0; kept < 2; kept++) {
            ga_plan *plan = make(&f, train == 1, kept == 1);
            for (int i = 0; i < ga_plan_n_layers(plan); i++) {
                const ga_plan_layer l = ga_plan_layer_at(plan, i);
                for (int k = 0; k < 3; k++)
                    if (strcmp(l.name, layers[k].name) == 0)
                        assert_true((strcmp(l.kernel, "fused") == 0) ==
                                    (layers[k].fused && kept == 0));
                if (strcmp(l.name, "conv0") == 0) { /* by definition: 10 taps in each line of 4 */
                    assert_true((strstr(l.reason, "2.25 times") != NULL) == (kept == 0));
                    assert_int_equal(l.multiply_adds, (N + 1) * 10 * 10 * 6 * 5);
                }
            }
            for (int i = 0; i < plan->n_steps; i++) { /* what is doubled lasts until it is read */
                const ga_step *s = &plan->steps[i];
                assert_true((s->doubling >= 0) ==
                            (kept == 0 && strncmp(s->node->name, "conv", 4) == 0));
                if (s->doubling >= 0)
                    assert_true(plan->items[plan->taps[ga_plan_input(plan, s, 0)].item].last >= i);
            }
            ga_plan_free(plan);
        }
    stop(&f);
}

static void pictures_and_gradients_are_those_of_the_layers_alone(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    float out[2][N * OUT], diff[N * OUT], diff_z[2][N * Z], up[2][N * 5 * 64];
    ga_params *grads[2];
    start(&f);
    fill_distinct(diff, N * OUT, 8);
    for (int train = 0; train < 2; train++)
        for (int kept = 0; kept < 2; kept++) {
            ga_plan *plan = make(&f, train == 1, kept == 1);
            forward(plan, NULL, out[kept]);
            if (train == 0) {
                ga_plan_free(plan);
                continue;
            }
            CHECK_OK(ga_plan_read(plan, "up1", up[kept], &err)); /* also where nobody made it */
            CHECK_OK(ga_params_create(f.g, &grads[kept], &err));
            CHECK_OK(ga_plan_backward(plan, diff, grads[kept], false, diff_z[kept], &err));
            CHECK_OK(ga_plan_backward(plan, diff, grads[kept], true, NULL, &err));
            ga_plan_free(plan);
            if (kept == 0)
                continue;
            check_close("doubled tap", up[0], up[1], N * 5 * 64, 1e-6);
            check_close("gradient of z", diff_z[0], diff_z[1], N * Z, 2e-6);
            check_close("gradients", grads[0]->weights, grads[1]->weights, f.p->n_weights, 2e-6);
            ga_params_free(grads[0]);
            ga_params_free(grads[1]);
        }
    check_close("pictures", out[0], out[1], N * OUT, 2e-6);
    stop(&f);
}

/* Against finite differences, since both ways above share the products. */
static void gradients_agree_with_differences(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    float out[N * OUT], diff[N * OUT];
    ga_params *grads;
    start(&f);
    fill_distinct(diff, N * OUT, 8);
    ga_plan *plan = make(&f, true, false);
    forward(plan, NULL, out);
    CHECK_OK(ga_params_create(f.g, &grads, &err));
    CHECK_OK(ga_plan_backward(plan, diff, grads, false, NULL, &err));
    double scale = 0;
    for (size_t i = 0; i < f.p->n_weights; i++)
        scale = fmax(scale, fabs((double)grads->weights[i]));
    for (size_t i = 0; i < f.p->n_weights; i += 7) {
        const float kept = f.p->weights[i], h = 0.1f; /* the network is linear in each */
        double at[2];
        for (int side = 0; side < 2; side++) {
            f.p->weights[i] = side == 0 ? kept - h : kept + h;
            ga_params_changed(f.p);
            forward(plan, NULL, out);
            at[side] = 0;
            for (size_t k = 0; k < N * OUT; k++)
                at[side] += (double)out[k] * (double)diff[k];
        }
        const double slope = (at[1] - at[0]) / (2 * (double)h);
        f.p->weights[i] = kept;
        if (!(fabs(slope - (double)grads->weights[i]) <= 1e-4 * scale))
            fail_msg("weight %zu: %.7g, differences say %.7g", i, (double)grads->weights[i], slope);
    }
    ga_params_free(grads);
    ga_plan_free(plan);
    stop(&f);
}

/* An edit between a doubling and its product is met by the product; before and after it plans run
 * as ever, and new weights are seen in both ways. */
static void an_edit_of_a_doubled_tap_is_seen(void **state)
{
    (void)state;
    fixture f;
    float out[N * OUT], want[N * OUT], plain[N * OUT];
    float mask[64] = {0};
    const int units[] = {1, 4};
    for (int i = 0; i < 64; i++)
        mask[i] = i % 3 == 0; /* finer than the small source */
    const ga_edit edit = {.tap = "up1", .units = units, .n_units = 2, .mask = mask, .alpha = 1};
    const ga_run run = {.edits = &edit, .n_edits = 1};
    start(&f);
    ga_plan *fused = make(&f, false, false), *kept = make(&f, false, true);
    for (int round = 0; round < 2; round++) {
        forward(fused, NULL, plain);
        forward(fused, &run, out);
        forward(kept, &run, want);
        check_close("edited", out, want, N * OUT, 1e-6);
        assert_memory_not_equal(out, plain, sizeof out);
        forward(fused, NULL, out);
        assert_memory_equal(out, plain, sizeof out);
        fill_distinct(f.p->weights, f.p->n_weights, 77);
        ga_params_changed(f.p);
    }
    ga_plan_free(fused);
    ga_plan_free(kept);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_doubling_before_a_3x3_product_is_done_by_it),
        cmocka_unit_test(pictures_and_gradients_are_those_of_the_layers_alone),
        cmocka_unit_test(gradients_agree_with_differences),
        cmocka_unit_test(an_edit_of_a_doubled_tap_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
