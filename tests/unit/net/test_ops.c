/* Walks the table of ops: every test shape of every op, forward against its plain reference in
 * double, backward against finite differences of that reference. */
#include "net_check.h"

enum { MOST_PARAMS = GA_MAX_OP_PARAMS };

/* One case of one op, built. */
typedef struct bench {
    const ga_op *op;
    const ga_case *c;
    ga_graph *graph;
    ga_params *params;
    const ga_node *node;
    size_t in_count[3], out_count, in_total;
    float *in[3], *diff_out;
    double *in_d[3], *param_d[MOST_PARAMS], *out_d;
    char what[96];
} bench;

static void start(bench *b, const ga_op *op, int k, uint64_t seed)
{
    ga_err err;
    const ga_case *c = &op->cases[k];
    const ga_layer layer = {.name = "op",
                            .type = op->type,
                            .inputs = case_inputs,
                            .n_inputs = c->n_in,
                            .attrs = c->attrs,
                            .n_attrs = c->n_attrs};
    *b = (bench){.op = op, .c = c};
    snprintf(b->what, sizeof b->what, "%s, case %d", op->type, k);
    CHECK_OK(ga_graph_create(&b->graph, &err));
    add_case_inputs(b->graph, c->in, c->n_in);
    CHECK_OK(ga_graph_add(b->graph, &layer, &err));
    b->params = new_params(b->graph, seed);
    b->node = &b->graph->nodes[c->n_in];
    for (int i = 0; i < c->n_in; i++) {
        b->in_count[i] = (size_t)c->n * ga_dims_count(c->in[i]);
        b->in_total += b->in_count[i];
        b->in[i] = new_floats(b->in_count[i], seed + 10 + (uint64_t)i);
        if (strcmp(op->type, "Embedding") == 0)
            for (size_t m = 0; m < b->in_count[i]; m++)
                b->in[i][m] = (float)(m % 3);
        b->in_d[i] = ga_mem_new(b->in_count[i], sizeof(double));
        for (size_t m = 0; m < b->in_count[i]; m++)
            b->in_d[i][m] = (double)b->in[i][m];
    }
    b->out_count = (size_t)c->n * ga_dims_count(b->node->out);
    b->diff_out = new_floats(b->out_count, seed + 20);
    b->out_d = ga_mem_new(b->out_count, sizeof(double));
    for (int i = 0; i < b->node->n_params; i++) {
        const ga_param_spec *spec = ga_graph_param(b->graph, i);
        const float *from = (spec->kind == GA_WEIGHT ? b->params->weights : b->params->buffers) +
                            spec->offset;
        b->param_d[i] = ga_mem_new(spec->count, sizeof(double));
        for (size_t m = 0; m < spec->count; m++)
            b->param_d[i][m] = (double)from[m];
    }
}

static void stop(bench *b)
{
    for (int i = 0; i < 3; i++) {
        ga_mem_free(b->in[i]);
        ga_mem_free(b->in_d[i]);
    }
    for (int i = 0; i < MOST_PARAMS; i++)
        ga_mem_free(b->param_d[i]);
    ga_mem_free(b->diff_out);
    ga_mem_free(b->out_d);
    ga_params_free(b->params);
    ga_graph_free(b->graph);
}

static void refer(const bench *b, bool train, ga_bn_mode bn)
{
    ga_ref ref = {.node = b->node,
                  .n = b->c->n,
                  .train = train,
                  .bn = bn,
                  .dropout_seed = 7,
                  .dst = b->out_d};
    for (int i = 0; i < b->c->n_in; i++)
        ref.src[i] = b->in_d[i];
    for (int i = 0; i < b->node->n_params; i++)
        ref.param[i] = b->param_d[i];
    b->op->reference(&ref);
}

/* A plan for the case, with room for more images than it has, run forward. */
static ga_plan *run(const bench *b, bool train, ga_bn_mode bn)
{
    ga_err err;
    ga_plan *plan;
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = b->c->n + 2;
    o.train = train;
    o.bn = bn;
    CHECK_OK(ga_plan_create(b->graph, b->params, &o, &plan, &err));
    for (int i = 0; i < b->c->n_in; i++) {
        const ga_dims d = b->c->in[i];
        CHECK_OK(ga_plan_write(plan, b->graph->nodes[i].name,
                               (ga_view){b->in[i], b->c->n, d.c, d.h, d.w}, &err));
    }
    CHECK_OK(ga_plan_forward(plan, &(ga_run){.dropout_seed = 7}, &err));
    return plan;
}

static void check_forward(const bench *b, bool train, ga_bn_mode bn)
{
    ga_err err;
    char what[160];
    ga_plan *plan = run(b, train, bn);
    float *got = new_floats(b->out_count, 0), *want = new_floats(b->out_count, 0);
    CHECK_OK(ga_plan_read(plan, "op", got, &err));
    refer(b, train, bn);
    for (size_t i = 0; i < b->out_count; i++)
        want[i] = (float)b->out_d[i];
    snprintf(what, sizeof what, "%s, train %d, bn %d: forward", b->what, train, bn);
    /* Sums of at most a few hundred f32 products, each within 2^-24 of its size. */
    check_close(what, got, want, b->out_count, 4e-6);
    ga_mem_free(got);
    ga_mem_free(want);
    ga_plan_free(plan);
}

static double loss(const bench *b, ga_bn_mode bn)
{
    double sum = 0;
    refer(b, true, bn);
    for (size_t i = 0; i < b->out_count; i++)
        sum += b->out_d[i] * (double)b->diff_out[i];
    return sum;
}

/* dLoss/dx of n numbers of the reference, by central differences: error some 1e-10. */
static void differences(const bench *b, ga_bn_mode bn, double *x, size_t n, float *slope)
{
    const double h = 1e-6;
    for (size_t i = 0; i < n; i++) {
        const double kept = x[i];
        x[i] = kept + h;
        const double above = loss(b, bn);
        x[i] = kept - h;
        const double below = loss(b, bn);
        x[i] = kept;
        slope[i] = (float)((above - below) / (2 * h));
    }
}

/* Gradients that are 0 in theory (a bias before batch statistics) leave only rounding, which is
 * measured against the size of what was summed, 1. */
static void check_gradient(const char *what, const float *got, const float *want, size_t n)
{
    double scale = 0.05;
    for (size_t i = 0; i < n; i++)
        scale = fmax(scale, fabs((double)want[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)want[i]) <= 2e-5 * scale))
            fail_msg("%s: element %zu is %.9g, differences say %.9g (scale %.3g)", what, i,
                     (double)got[i], (double)want[i], scale);
}

static void check_backward(bench *b, ga_bn_mode bn)
{
    ga_err err;
    char what[200];
    const bool continuous = strcmp(b->op->type, "Embedding") != 0; /* whose input is an index */
    ga_plan *plan = run(b, true, bn);
    ga_params *grads;
    float *diff_in = new_floats(b->in_total, 1), *want = new_floats(b->in_total, 0);
    CHECK_OK(ga_params_create(b->graph, &grads, &err));
    fill_distinct(grads->weights, grads->n_weights, 3); /* which must be overwritten */
    CHECK_OK(ga_plan_backward(plan, b->diff_out, grads, false, diff_in, &err));
    size_t at = 0;
    for (int i = 0; i < b->c->n_in; i++) {
        if (continuous)
            differences(b, bn, b->in_d[i], b->in_count[i], want + at);
        at += b->in_count[i];
    }
    snprintf(what, sizeof what, "%s, bn %d: gradient of the input", b->what, bn);
    check_gradient(what, diff_in, want, b->in_total);
    for (int i = 0; i < b->node->n_params; i++) {
        const ga_param_spec *spec = ga_graph_param(b->graph, i);
        if (spec->kind != GA_WEIGHT)
            continue;
        float *slope = new_floats(spec->count, 0);
        differences(b, bn, b->param_d[i], spec->count, slope);
        snprintf(what, sizeof what, "%s, bn %d: gradient of %s", b->what, bn, spec->name);
        check_gradient(what, grads->weights + spec->offset, slope, spec->count);
        ga_mem_free(slope);
    }

    /* Accumulating doubles; one without the other gives the same bytes. */
    float *once = new_floats(grads->n_weights, 0), *again = new_floats(b->in_total, 0);
    memcpy(once, grads->weights, grads->n_weights * sizeof *once);
    CHECK_OK(ga_plan_backward(plan, b->diff_out, grads, true, NULL, &err));
    for (size_t i = 0; i < grads->n_weights; i++)
        assert_true(fabsf(grads->weights[i] - 2 * once[i]) <= 1e-5f * fmaxf(1, fabsf(once[i])));
    CHECK_OK(ga_plan_backward(plan, b->diff_out, grads, false, NULL, &err));
    assert_memory_equal(once, grads->weights, grads->n_weights * sizeof *once);
    CHECK_OK(ga_plan_backward(plan, b->diff_out, NULL, false, again, &err));
    assert_memory_equal(again, diff_in, b->in_total * sizeof *again);
    ga_mem_free(once);
    ga_mem_free(again);
    ga_mem_free(diff_in);
    ga_mem_free(want);
    ga_params_free(grads);
    ga_plan_free(plan);
}

static void every_op_agrees_with_its_reference_forward(void **state)
{
    (void)state;
    bench b;
    for (int i = 0; ga_op_at(i) != NULL; i++)
        for (int k = 0; k < ga_op_at(i)->n_cases; k++)
            for (int mode = 0; mode < 3; mode++)
                for (int train = 0; train < 2; train++) {
                    start(&b, ga_op_at(i), k, 100 + (uint64_t)k);
                    check_forward(&b, train == 1, (ga_bn_mode)mode);
                    stop(&b);
                }
}

static void every_op_agrees_with_finite_differences_backward(void **state)
{
    (void)state;
    bench b;
    for (int i = 0; ga_op_at(i) != NULL; i++)
        for (int k = 0; k < ga_op_at(i)->n_cases; k++)
            for (int mode = 0; mode < (ga_op_at(i)->fuses_slope ? 3 : 1); mode++) {
                start(&b, ga_op_at(i), k, 200 + (uint64_t)k);
                check_backward(&b, (ga_bn_mode)mode);
                stop(&b);
            }
}

static void every_op_has_all_its_columns(void **state)
{
    (void)state;
    const char *const *names = ga_op_names();
    int i = 0;
    for (; ga_op_at(i) != NULL; i++) {
        const ga_op *op = ga_op_at(i);
        assert_string_equal(names[i], op->type);
        assert_ptr_equal(ga_op_find(op->type), op);
        assert_true(op->shape != NULL && op->forward != NULL && op->backward != NULL);
        assert_true(op->reference != NULL && op->kernel != NULL && op->n_cases > 0);
        assert_true((op->tangent == NULL) == (op->no_tangent != NULL)); /* a rule or a reason */
        assert_true(op->bend == NULL || (op->tangent != NULL && op->params == NULL));
        assert_true(!op->bilinear || (op->bend != NULL && op->min_inputs == 2));
        assert_true(op->n_attrs <= GA_MAX_ATTRS && op->max_inputs <= GA_MAX_INPUTS);
        for (int k = 0; k < op->n_attrs; k++)
            assert_true(op->attrs[k].max <= 4 &&
                        (op->attrs[k].max > 0) == (op->attrs[k].words == NULL));
    }
    assert_null(names[i]);
}

/* How many of the (N,C) maps of ones are 0 throughout, doubled throughout, or neither. */
static void dropped_maps(const char *type, int kind[3])
{
    enum { N = 3, C = 8, SIDE = 5, HW = SIDE * SIDE };
    ga_err err;
    ga_graph *g;
    ga_plan *plan;
    float x[N * C * HW], y[N * C * HW];
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = N;
    o.train = true;
    for (int i = 0; i < N * C * HW; i++)
        x[i] = 1;
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "in0", (ga_dims){C, SIDE, SIDE}, &err));
    CHECK_OK(add_layer(g, "op", type, NULL, (const ga_attr[]){GA_ONE("p", 0.5)}, 1, &err));
    ga_params *params = new_params(g, 1);
    CHECK_OK(ga_plan_create(g, params, &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "in0", (ga_view){x, N, C, SIDE, SIDE}, &err));
    CHECK_OK(ga_plan_forward(plan, &(ga_run){.dropout_seed = 7}, &err));
    CHECK_OK(ga_plan_read(plan, "op", y, &err));
    kind[0] = kind[1] = kind[2] = 0;
    for (int map = 0; map < N * C; map++) {
        int doubled = 0;
        for (int p = 0; p < HW; p++) {
            assert_true(y[map * HW + p] == 0 || y[map * HW + p] == 2);
            doubled += y[map * HW + p] == 2;
        }
        kind[doubled == 0 ? 0 : doubled == HW ? 1 : 2]++;
    }
    ga_plan_free(plan);
    ga_params_free(params);
    ga_graph_free(g);
}

static void dropout_takes_elements_and_dropout2d_whole_channels(void **state)
{
    (void)state;
    int kind[3];
    dropped_maps("Dropout2d", kind);
    assert_true(kind[0] > 4 && kind[1] > 4 && kind[2] == 0); /* of 24, 12 expected of both */
    dropped_maps("Dropout", kind);
    assert_int_equal(kind[2], 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropout_takes_elements_and_dropout2d_whole_channels),
        cmocka_unit_test(every_op_has_all_its_columns),
        cmocka_unit_test(every_op_agrees_with_its_reference_forward),
        cmocka_unit_test(every_op_agrees_with_finite_differences_backward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
