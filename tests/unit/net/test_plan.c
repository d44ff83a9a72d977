/* Plans: whole networks forward and backward, partial runs, and what must not matter. */
#include "plan_check.h"

/* ---- numbers ----------------------------------------------------------------------------------*/

static void every_tap_agrees_with_the_reference(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    for (int m = 0; m < 3; m++) {
        start(&f);
        double *weights = doubles(f.p->weights, f.p->n_weights),
               *buffers = doubles(f.p->buffers, f.p->n_buffers), *taps[32] = {NULL};
        taps[0] = doubles(f.z, N * Z);
        refer_graph(f.g, weights, buffers, modes[m], true, 9, N, taps);
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = N + 1;
        o.train = true;
        o.bn = modes[m];
        ga_plan *plan = new_plan(f.g, f.p, &o);
        CHECK_OK(ga_plan_write(plan, "z", (ga_view){f.z, N, Z, 1, 1}, &err));
        CHECK_OK(ga_plan_forward(plan, &(ga_run){.dropout_seed = 9}, &err));
        for (int t = 0; t < f.g->n_nodes; t++) {
            const size_t count = N * ga_dims_count(f.g->nodes[t].out);
            float *got = new_floats(count, 0), *want = new_floats(count, 0);
            CHECK_OK(ga_plan_read(plan, f.g->nodes[t].name, got, &err));
            for (size_t i = 0; i < count; i++)
                want[i] = (float)taps[t][i];
            /* f32 through at most 16 layers, each within some 1e-6 */
            check_close(f.g->nodes[t].name, got, want, count, 2e-5);
            ga_mem_free(got);
            ga_mem_free(want);
        }
        for (int t = 0; t < f.g->n_nodes; t++)
            ga_mem_free(taps[t]);
        ga_mem_free(weights);
        ga_mem_free(buffers);
        ga_plan_free(plan);
        stop(&f);
    }
}

typedef struct whole {
    const ga_graph *g;
    double *weights, *buffers, *taps[32];
    float *diff;
    ga_bn_mode bn;
} whole;

static double loss(whole *w)
{
    double sum = 0;
    refer_graph(w->g, w->weights, w->buffers, w->bn, true, 9, N, w->taps);
    for (size_t i = 0; i < N * OUT; i++)
        sum += w->taps[w->g->n_nodes - 1][i] * (double)w->diff[i];
    return sum;
}

/* Of every third number, which meets every layer. */
static void check_slopes(whole *w, double *x, const float *got, size_t n, const char *what)
{
    double scale = 0;
    for (size_t i = 0; i < n; i++)
        scale = fmax(scale, fabs((double)got[i]));
    for (size_t i = 0; i < n; i += 3) {
        const double h = 1e-7, kept = x[i];
        x[i] = kept + h;
        const double above = loss(w);
        x[i] = kept - h;
        const double below = loss(w), slope = (above - below) / (2 * h);
        x[i] = kept;
        if (!(fabs(slope - (double)got[i]) <= 1e-4 * scale))
            fail_msg("%s %zu, bn %d: %.8g, differences say %.8g", what, i, w->bn, (double)got[i],
                     slope);
    }
}

static void whole_gradients_agree_with_finite_differences(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    for (int m = 0; m < 3; m++) {
        start(&f);
        whole w = {.g = f.g, .bn = modes[m], .diff = new_floats(N * OUT, 21)};
        w.weights = doubles(f.p->weights, f.p->n_weights);
        w.buffers = doubles(f.p->buffers, f.p->n_buffers);
        w.taps[0] = doubles(f.z, N * Z);
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = N;
        o.train = true;
        o.bn = modes[m];
        ga_plan *plan = new_plan(f.g, f.p, &o);
        ga_params *grads;
        float diff_z[N * Z];
        CHECK_OK(ga_params_create(f.g, &grads, &err));
        CHECK_OK(ga_plan_write(plan, "z", (ga_view){f.z, N, Z, 1, 1}, &err));
        CHECK_OK(ga_plan_forward(plan, &(ga_run){.dropout_seed = 9}, &err));
        CHECK_OK(ga_plan_backward(plan, w.diff, grads, false, diff_z, &err));
        check_slopes(&w, w.taps[0], diff_z, N * Z, "z");
        check_slopes(&w, w.weights, grads->weights, grads->n_weights, "weight");
        for (int t = 0; t < f.g->n_nodes; t++)
            ga_mem_free(w.taps[t]);
        ga_mem_free(w.weights);
        ga_mem_free(w.buffers);
        ga_mem_free(w.diff);
        ga_params_free(grads);
        ga_plan_free(plan);
        stop(&f);
    }
}

/* x -> norm -> rectifier, and scale -> tanh, where the first of each pair is read again at the end:
 * nothing may be fused or done in place. */
static void a_tap_with_two_readers_is_left_alone(void **state)
{
    (void)state;
    ga_err err;
    enum { IMAGES = 3, COUNT = IMAGES * 4 * 9 };
    const ga_attr features[] = {GA_ONE("num_features", 4)}, twice[] = {GA_ONE("scale", 2)};
    const char *const all[] = {"relu", "norm", "tanh", "scale"};
    const ga_layer last = {"sum", "Add", all, 4, NULL, 0};
    float x[COUNT], got[COUNT], want[COUNT];
    fill_distinct(x, COUNT, 3);
    for (int m = 0; m < 6; m++) {
        ga_graph *g;
        double *taps[8] = {doubles(x, COUNT)};
        CHECK_OK(ga_graph_create(&g, &err));
        CHECK_OK(ga_graph_add_input(g, "x", (ga_dims){4, 3, 3}, &err));
        CHECK_OK(add_layer(g, "norm", "BatchNorm2d", NULL, features, 1, &err));
        CHECK_OK(add_layer(g, "relu", "ReLU", NULL, NULL, 0, &err));
        CHECK_OK(add_layer(g, "scale", "Scale", "x", twice, 1, &err));
        CHECK_OK(add_layer(g, "tanh", "Tanh", NULL, NULL, 0, &err));
        CHECK_OK(ga_graph_add(g, &last, &err));
        ga_params *p = new_params(g, 4);
        double *weights = doubles(p->weights, p->n_weights),
               *buffers = doubles(p->buffers, p->n_buffers);
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = IMAGES;
        o.bn = modes[m % 3];
        o.train = m >= 3;
        ga_plan *plan = new_plan(g, p, &o);
        CHECK_OK(ga_plan_write(plan, "x", (ga_view){x, IMAGES, 4, 3, 3}, &err));
        CHECK_OK(ga_plan_forward(plan, NULL, &err));
        CHECK_OK(ga_plan_read(plan, "sum", got, &err));
        refer_graph(g, weights, buffers, o.bn, o.train, 0, IMAGES, taps);
        for (int i = 0; i < COUNT; i++)
            want[i] = (float)taps[g->n_nodes - 1][i];
        check_close("sum", got, want, COUNT, 1e-5);
        for (int t = 0; t < g->n_nodes; t++)
            ga_mem_free(taps[t]);
        ga_mem_free(weights);
        ga_mem_free(buffers);
        ga_plan_free(plan);
        ga_params_free(p);
        ga_graph_free(g);
    }
}

/* Backward from act1: the layers behind it have gradient 0, or keep what was there. */
static void layers_behind_the_end_have_no_gradient(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = N;
    o.train = true;
    o.bn = GA_BN_BATCH;
    o.to = "act1";
    ga_plan *plan = new_plan(f.g, f.p, &o);
    ga_params *grads;
    float *diff = new_floats(N * 6 * 9, 7);
    CHECK_OK(ga_params_create(f.g, &grads, &err));
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){f.z, N, Z, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    for (int accumulate = 0; accumulate < 2; accumulate++) {
        for (size_t i = 0; i < grads->n_weights; i++)
            grads->weights[i] = 5;
        CHECK_OK(ga_plan_backward(plan, diff, grads, accumulate == 1, NULL, &err));
        for (int i = 0; i < f.g->n_params; i++) {
            const ga_param_spec *s = &f.g->params[i];
            const bool behind = s->tap > ga_graph_find(f.g, "act1");
            bool touched = false;
            if (strstr(s->name, ".weight") == NULL) /* a bias before a norm has gradient 0 anyway */
                continue;
            for (size_t k = 0; k < s->count; k++)
                touched = touched || grads->weights[s->offset + k] != (accumulate == 1 ? 5 : 0);
            assert_true(touched != behind);
        }
    }
    ga_mem_free(diff);
    ga_params_free(grads);
    ga_plan_free(plan);
    stop(&f);
}

/* By hand: one channel, the numbers 1, 2, 3, 6: mean 3, biased variance 3.5, unbiased 14/3. */
static void training_moves_the_running_statistics(void **state)
{
    (void)state;
    ga_err err;
    ga_graph *g;
    ga_params *p;
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "x", (ga_dims){1, 1, 2}, &err));
    const ga_attr attrs[] = {GA_ONE("num_features", 1), GA_ONE("momentum", 0.25)};
    CHECK_OK(add_layer(g, "bn", "BatchNorm2d", NULL, attrs, 2, &err));
    CHECK_OK(ga_params_create(g, &p, &err));
    const float x[] = {1, 2, 3, 6};
    for (int image = 0; image < 2; image++) {
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = 2;
        o.train = true;
        o.bn = image ? GA_BN_IMAGE : GA_BN_BATCH;
        p->buffers[0] = 0;
        p->buffers[1] = 1;
        ga_plan *plan = new_plan(g, p, &o);
        CHECK_OK(ga_plan_write(plan, "x", (ga_view){x, 2, 1, 1, 2}, &err));
        CHECK_OK(ga_plan_forward(plan, NULL, &err));
        /* images alone: means 1.5 and 4.5, unbiased variances 0.5 and 4.5; averaged 3 and 2.5 */
        assert_float_equal(p->buffers[0], 0.25 * 3, 1e-6);
        assert_float_equal(p->buffers[1], 0.75 + 0.25 * (image ? 2.5 : 14.0 / 3), 1e-6);
        ga_plan_free(plan);
    }
    ga_params_free(p);
    ga_graph_free(g);
}

static void inference_and_frozen_training_leave_the_statistics_alone(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    float *before = new_floats(f.p->n_buffers, 0);
    memcpy(before, f.p->buffers, f.p->n_buffers * sizeof *before);
    for (int k = 0; k < 4; k++) {
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = N;
        o.bn = k < 3 ? modes[k] : GA_BN_RUNNING;
        o.train = k == 3;
        ga_plan *plan = new_plan(f.g, f.p, &o);
        CHECK_OK(ga_plan_write(plan, "z", (ga_view){f.z, N, Z, 1, 1}, &err));
        CHECK_OK(ga_plan_forward(plan, NULL, &err));
        assert_memory_equal(before, f.p->buffers, f.p->n_buffers * sizeof *before);
        ga_plan_free(plan);
    }
    ga_mem_free(before);
    stop(&f);
}

/* ---- what must not matter ---------------------------------------------------------------------*/

static void an_image_does_not_depend_on_its_batch(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    for (int m = 0; m < 3; m += 2) { /* running and image */
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = N;
        o.bn = modes[m];
        ga_plan *many = new_plan(f.g, f.p, &o);
        o.batch = 1;
        ga_plan *one = new_plan(f.g, f.p, &o);
        float alone[OUT], first[N * OUT];
        render(many, f.z, N, f.out);
        for (int i = 0; i < N; i++) {
            render(one, f.z + i * Z, 1, alone);
            assert_memory_equal(alone, f.out + i * OUT, sizeof alone);
            render(many, f.z + i * Z, N - i, first); /* the same plan with fewer */
            assert_memory_equal(first, f.out + i * OUT, (size_t)(N - i) * sizeof alone);
        }
        ga_plan_free(many);
        ga_plan_free(one);
    }
    stop(&f);
}

/* Sizes above every grain, so that several threads get work. */
static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    ga_err err;
    enum { M = 400 };
    float *z = new_floats(M * Z, 31), *diff = new_floats(M * OUT, 32);
    float *kept_out = new_floats(M * OUT, 0), *kept_z = new_floats(M * Z, 0);
    ga_params *kept = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        fixture f;
        start(&f);
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = M;
        o.train = true;
        o.bn = GA_BN_BATCH;
        o.threads = threads;
        ga_plan *plan = new_plan(f.g, f.p, &o);
        plan->threads = threads; /* also where there are fewer cores */
        ga_params *grads;
        float *out = new_floats(M * OUT, 0), *diff_z = new_floats(M * Z, 0);
        CHECK_OK(ga_params_create(f.g, &grads, &err));
        CHECK_OK(ga_plan_write(plan, "z", (ga_view){z, M, Z, 1, 1}, &err));
        CHECK_OK(ga_plan_forward(plan, &(ga_run){.dropout_seed = 3}, &err));
        CHECK_OK(ga_plan_read(plan, "out", out, &err));
        CHECK_OK(ga_plan_backward(plan, diff, grads, false, diff_z, &err));
        if (threads == 1) {
            memcpy(kept_out, out, M * OUT * sizeof *out);
            memcpy(kept_z, diff_z, M * Z * sizeof *out);
            CHECK_OK(ga_params_copy(grads, &kept, &err));
            memcpy(kept->buffers, f.p->buffers, f.p->n_buffers * sizeof(float));
        }
        assert_memory_equal(out, kept_out, M * OUT * sizeof *out);
        assert_memory_equal(diff_z, kept_z, M * Z * sizeof *out);
        assert_memory_equal(grads->weights, kept->weights, kept->n_weights * sizeof(float));
        assert_memory_equal(f.p->buffers, kept->buffers, kept->n_buffers * sizeof(float));
        ga_mem_free(out);
        ga_mem_free(diff_z);
        ga_params_free(grads);
        ga_plan_free(plan);
        stop(&f);
    }
    ga_params_free(kept);
    ga_mem_free(kept_out);
    ga_mem_free(kept_z);
    ga_mem_free(z);
    ga_mem_free(diff);
}

static void keeping_taps_changes_no_byte(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    const char *names[32];
    for (int t = 0; t < f.g->n_nodes; t++)
        names[t] = f.g->nodes[t].name;
    for (int m = 0; m < 3; m++) {
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = N;
        o.bn = modes[m];
        ga_plan *lean = new_plan(f.g, f.p, &o);
        o.keep = names;
        o.n_keep = f.g->n_nodes;
        ga_plan *full = new_plan(f.g, f.p, &o);
        float out[N * OUT], tap[N * 8 * 36], one[N * 8 * 36];
        render(lean, f.z, N, f.out);
        render(full, f.z, N, out);
        assert_memory_equal(out, f.out, sizeof out);
        assert_true(ga_plan_cost_of(lean).activation_bytes <
                    ga_plan_cost_of(full).activation_bytes);
        for (int t = 0; t < f.g->n_nodes; t++) {
            const size_t bytes = N * ga_dims_count(f.g->nodes[t].out) * sizeof(float);
            o.keep = &names[t];
            o.n_keep = 1;
            ga_plan *single = new_plan(f.g, f.p, &o);
            render(single, f.z, N, out);
            assert_memory_equal(out, f.out, sizeof out);
            CHECK_OK(ga_plan_read(full, names[t], tap, &err));
            CHECK_OK(ga_plan_read(single, names[t], one, &err));
            assert_memory_equal(tap, one, bytes);
            ga_plan_free(single);
        }
        CHECK_FAILS(ga_plan_read(lean, "bn1", tap, &err), GA_ENOTFOUND, "'bn1' is not kept");
        ga_plan_free(lean);
        ga_plan_free(full);
    }
    stop(&f);
}

/* Every tap that all of the rest can be made from. */
static void partial_runs_give_the_same_bytes(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    float tap[N * 8 * 36], out[N * OUT];
    for (int m = 0; m < 3; m++) {
        int joined = 0;
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = N;
        o.bn = modes[m];
        ga_plan *all = new_plan(f.g, f.p, &o);
        render(all, f.z, N, f.out);
        for (int t = 0; t < f.g->n_nodes; t++) {
            const char *name = f.g->nodes[t].name;
            o.from = NULL;
            o.to = name;
            ga_plan *front = new_plan(f.g, f.p, &o), *back;
            CHECK_OK(ga_plan_write(front, "z", (ga_view){f.z, N, Z, 1, 1}, &err));
            CHECK_OK(ga_plan_forward(front, NULL, &err));
            CHECK_OK(ga_plan_read(front, name, tap, &err));
            ga_plan_free(front);
            o.from = name;
            o.to = NULL;
            const bool branch = strcmp(name, "conv2") == 0 || strcmp(name, "bn2") == 0 ||
                                strcmp(name, "act2") == 0 || strcmp(name, "up") == 0 ||
                                strcmp(name, "skip") == 0;
            if (branch) {
                CHECK_FAILS(ga_plan_create(f.g, f.p, &o, &back, &err), GA_ENOTFOUND,
                            "cannot reach 'out': that needs 'z' too");
                continue;
            }
            joined++;
            back = new_plan(f.g, f.p, &o);
            CHECK_OK(ga_plan_write(back, name, view_of(tap, N, f.g->nodes[t].out), &err));
            CHECK_OK(ga_plan_forward(back, NULL, &err));
            CHECK_OK(ga_plan_read(back, "out", out, &err));
            assert_memory_equal(out, f.out, sizeof out);
            CHECK_OK(ga_plan_forward(back, NULL, &err)); /* again, on what was written once */
            CHECK_OK(ga_plan_read(back, "out", out, &err));
            assert_memory_equal(out, f.out, sizeof out);
            ga_plan_free(back);
        }
        assert_int_equal(joined, f.g->n_nodes - 5);
        ga_plan_free(all);
    }
    stop(&f);
}

static void a_training_plan_gives_back_the_norm_that_it_fused(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    float fused[N * 6 * 9], kept[N * 6 * 9];
    const char *const name = "bn1";
    for (int m = 0; m < 3; m++) {
        start(&f);
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = N;
        o.bn = modes[m];
        o.train = true;
        ga_plan *plan = new_plan(f.g, f.p, &o);
        o.keep = &name;
        o.n_keep = 1;
        ga_plan *apart = new_plan(f.g, f.p, &o);
        render(plan, f.z, N, f.out);
        CHECK_OK(ga_plan_read(plan, name, fused, &err));
        render(apart, f.z, N, f.out);
        CHECK_OK(ga_plan_read(apart, name, kept, &err));
        check_close(name, fused, kept, N * 6 * 9, 1e-6);
        ga_plan_free(plan);
        ga_plan_free(apart);
        stop(&f);
    }
}

static void changed_weights_are_packed_anew(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    ga_plan *plan = new_plan(f.g, f.p, &o), *other;
    float out[OUT], again[OUT];
    render(plan, f.z, 1, f.out);
    for (size_t i = 0; i < f.p->n_weights; i++)
        f.p->weights[i] *= 0.5f;
    ga_params_changed(f.p);
    render(plan, f.z, 1, out);
    other = new_plan(f.g, f.p, &o);
    render(other, f.z, 1, again);
    assert_memory_equal(out, again, sizeof out);
    assert_memory_not_equal(out, f.out, sizeof out);
    ga_plan_free(plan);
    ga_plan_free(other);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tap_agrees_with_the_reference),
        cmocka_unit_test(whole_gradients_agree_with_finite_differences),
        cmocka_unit_test(a_tap_with_two_readers_is_left_alone),
        cmocka_unit_test(layers_behind_the_end_have_no_gradient),
        cmocka_unit_test(training_moves_the_running_statistics),
        cmocka_unit_test(inference_and_frozen_training_leave_the_statistics_alone),
        cmocka_unit_test(an_image_does_not_depend_on_its_batch),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(keeping_taps_changes_no_byte),
        cmocka_unit_test(partial_runs_give_the_same_bytes),
        cmocka_unit_test(a_training_plan_gives_back_the_norm_that_it_fused),
        cmocka_unit_test(changed_weights_are_packed_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
