/* Edits: y = x (1 - A) + V A at any tap, scoped to one run. */
#include "net_check.h"

enum { N = 3, Z = 5, OUT = 2 * 6 * 6, TAP = 6 * 9 };

typedef struct fixture {
    ga_graph *g;
    ga_params *p;
    ga_plan *plan;
    float z[N * Z];
} fixture;

static void start(fixture *f, ga_bn_mode bn)
{
    ga_err err;
    static const char *const keep[] = {"act1", "act0"};
    f->g = small_network();
    f->p = new_params(f->g, 11);
    fill_distinct(f->z, N * Z, 12);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = N;
    o.bn = bn;
    o.keep = keep;
    o.n_keep = 2;
    CHECK_OK(ga_plan_create(f->g, f->p, &o, &f->plan, &err));
    CHECK_OK(ga_plan_write(f->plan, "z", (ga_view){f->z, N, Z, 1, 1}, &err));
}

static void stop(fixture *f)
{
    ga_plan_free(f->plan);
    ga_params_free(f->p);
    ga_graph_free(f->g);
}

static void run(fixture *f, const ga_edit *edits, int n, const char *tap, float *out)
{
    ga_err err;
    CHECK_OK(ga_plan_forward(f->plan, &(ga_run){.edits = edits, .n_edits = n}, &err));
    CHECK_OK(ga_plan_read(f->plan, tap, out, &err));
}

static void no_edit_and_alpha_0_change_no_byte(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    float plain[N * OUT], edited[N * OUT];
    for (int bn = 0; bn < 3; bn++) {
        start(&f, (ga_bn_mode)bn);
        CHECK_OK(ga_plan_forward(f.plan, NULL, &err));
        CHECK_OK(ga_plan_read(f.plan, "out", plain, &err));
        run(&f, NULL, 0, "out", edited);
        assert_memory_equal(plain, edited, sizeof plain);
        for (int t = 0; t < f.g->n_nodes; t++) { /* also the taps that are fused away */
            const int unit = 0;
            const ga_edit nothing[] = {{.tap = f.g->nodes[t].name, .alpha = 0},
                                       {.tap = f.g->nodes[t].name, .alpha = 1, .units = &unit}};
            run(&f, nothing, 2, "out", edited);
            assert_memory_equal(plain, edited, sizeof plain);
        }
        stop(&f);
    }
}

/* The activation at act1 changed by hand and sent on from there is the same picture. */
static void an_edit_is_the_tap_changed_by_hand(void **state)
{
    (void)state;
    fixture f;
    float plain[N * TAP], want[N * OUT], got[N * OUT], donor[N * TAP], mask[9];
    const int units[] = {4, 1};
    const float values[] = {0.25f, -2};
    fill_distinct(donor, N * TAP, 77);
    for (int i = 0; i < 9; i++)
        mask[i] = (float)i / 8;
    for (int kind = 0; kind < 6; kind++) {
        ga_edit e = {.tap = "act1", .units = units, .n_units = 2, .alpha = 0.75f};
        e.value = kind < 2 ? GA_EDIT_CONSTANT : kind == 2 ? GA_EDIT_MEAN : GA_EDIT_DONOR;
        e.values = kind == 1 ? values : NULL;
        e.mask = kind == 1 || kind == 3 ? mask : NULL;
        e.donor = (ga_view){donor, kind == 4 ? 1 : N, 6, 3, 3};
        if (kind == 5)
            e.units = NULL; /* all */
        start(&f, GA_BN_IMAGE);
        run(&f, NULL, 0, "act1", plain);
        for (int n = 0; n < N; n++)
            for (int u = 0; u < 6; u++) {
                float *x = plain + (n * 6 + u) * 9;
                double mean = 0;
                if (kind != 5 && u != 4 && u != 1)
                    continue;
                for (int p = 0; p < 9; p++)
                    mean += (double)x[p] / 9;
                for (int p = 0; p < 9; p++) {
                    const double a = 0.75 * (e.mask != NULL ? (double)mask[p] : 1);
                    double v = kind == 1 ? (double)values[u == 4 ? 0 : 1] : kind == 2 ? mean : 0;
                    if (kind >= 3)
                        v = (double)donor[((kind == 4 ? 0 : n) * 6 + u) * 9 + p];
                    x[p] = (float)((double)x[p] * (1 - a) + v * a);
                }
            }
        run(&f, &e, 1, "out", got);
        /* The same through a tap that replaces everything by the changed activation. */
        const ga_edit all = {
            .tap = "act1", .alpha = 1, .value = GA_EDIT_DONOR, .donor = {plain, N, 6, 3, 3}};
        run(&f, &all, 1, "out", want);
        check_close("edited picture", got, want, N * OUT, 1e-6);
        run(&f, NULL, 0, "out", want);
        assert_memory_not_equal(got, want, sizeof got);
        stop(&f);
    }
}

static void alpha_1_sets_exactly(void **state)
{
    (void)state;
    fixture f;
    float tap[N * TAP];
    const int units[] = {2};
    const float value = 0.1f;
    start(&f, GA_BN_RUNNING);
    const ga_edit e = {.tap = "act1", .units = units, .n_units = 1, .values = &value, .alpha = 1};
    run(&f, &e, 1, "act1", tap);
    for (int n = 0; n < N; n++)
        for (int p = 0; p < 9; p++)
            assert_true(tap[(n * 6 + 2) * 9 + p] == 0.1f);
    /* and nothing of what it hides shows through */
    for (size_t i = 0; i < f.p->n_buffers; i++)
        f.p->buffers[i] = NAN;
    run(&f, &e, 1, "act1", tap);
    assert_true(isnan(tap[0]) && tap[2 * 9] == 0.1f);
    stop(&f);
}

/* bn1 is fused with act1; an edit of it must lie before the rectifier. */
static void an_edit_inside_a_fused_pair_is_seen_by_the_rectifier(void **state)
{
    (void)state;
    fixture f;
    float plain[N * TAP], tap[N * TAP];
    const int unit = 3;
    for (int bn = 0; bn < 3; bn++) {
        start(&f, (ga_bn_mode)bn);
        run(&f, NULL, 0, "act1", plain);
        for (int k = 0; k < 2; k++) {
            const float value = k == 0 ? -1 : 2;
            const ga_edit e = {
                .tap = "bn1", .units = &unit, .n_units = 1, .values = &value, .alpha = 1};
            run(&f, &e, 1, "act1", tap);
            for (int i = 0; i < N * TAP; i++)
                assert_true(tap[i] == (i / 9 % 6 == unit ? (k == 0 ? 0 : 2) : plain[i]));
        }
        run(&f, NULL, 0, "act1", tap); /* the next run is as if nothing had been */
        assert_memory_equal(plain, tap, sizeof tap);
        stop(&f);
    }
}

static void an_edit_of_the_start_does_not_spoil_what_was_written(void **state)
{
    (void)state;
    fixture f;
    float plain[N * OUT], got[N * OUT], want[N * OUT], z[N * Z];
    start(&f, GA_BN_RUNNING);
    run(&f, NULL, 0, "out", plain);
    const int unit = 1;
    const float value = 3;
    const ga_edit e = {.tap = "z", .units = &unit, .n_units = 1, .values = &value, .alpha = 1};
    run(&f, &e, 1, "out", got);
    run(&f, NULL, 0, "out", want);
    assert_memory_equal(plain, want, sizeof want);
    ga_err err;
    memcpy(z, f.z, sizeof z);
    for (int n = 0; n < N; n++)
        z[n * Z + 1] = 3;
    CHECK_OK(ga_plan_write(f.plan, "z", (ga_view){z, N, Z, 1, 1}, &err));
    run(&f, NULL, 0, "out", want);
    assert_memory_equal(got, want, sizeof want);
    stop(&f);
}

static void the_order_of_edits_of_different_units_does_not_matter(void **state)
{
    (void)state;
    fixture f;
    float donor[N * TAP], a[N * OUT], b[N * OUT];
    const int first[] = {0, 5}, second[] = {2, 3};
    fill_distinct(donor, N * TAP, 78);
    start(&f, GA_BN_RUNNING);
    const ga_edit x = {.tap = "act1",
                       .units = first,
                       .n_units = 2,
                       .value = GA_EDIT_MEAN,
                       .alpha = 0.5f},
                  y = {.tap = "act1",
                       .units = second,
                       .n_units = 2,
                       .value = GA_EDIT_DONOR,
                       .donor = {donor, N, 6, 3, 3},
                       .alpha = 0.3f},
                  other = {.tap = "act0", .units = first, .n_units = 1, .alpha = 1};
    run(&f, (ga_edit[]){x, y, other}, 3, "out", a);
    run(&f, (ga_edit[]){other, y, x}, 3, "out", b);
    assert_memory_equal(a, b, sizeof a);
    stop(&f);
}

/* Painting b over a: x(1-a)(1-b) + A a (1-b) + B b. */
static void edits_of_one_unit_compose_over_each_other(void **state)
{
    (void)state;
    fixture f;
    float plain[N * TAP], got[N * TAP];
    const int unit = 2;
    const float first = 4, second = -1;
    start(&f, GA_BN_RUNNING);
    run(&f, NULL, 0, "act1", plain);
    const ga_edit
        x = {.tap = "act1", .units = &unit, .n_units = 1, .values = &first, .alpha = 0.5f},
        y = {.tap = "act1", .units = &unit, .n_units = 1, .values = &second, .alpha = 0.25f};
    run(&f, (ga_edit[]){x, y}, 2, "act1", got);
    for (int i = 0; i < N * TAP; i++)
        if (i / 9 % 6 == unit)
            assert_float_equal(got[i], plain[i] * 0.5f * 0.75f + 4 * 0.5f * 0.75f - 0.25f, 1e-6);
        else
            assert_true(got[i] == plain[i]);
    stop(&f);
}

static void wrong_edits_are_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    float x[N * TAP] = {0};
    const int bad = 6;
    start(&f, GA_BN_RUNNING);
    const struct {
        ga_edit edit;
        ga_status status;
        const char *words;
    } cases[] = {
        {{.tap = "act7", .alpha = 1},
         GA_ENOTFOUND,
         "there is no layer 'act7' (did you mean 'act0'?): the layers are fc"},
        {{.tap = "act1", .alpha = 1, .units = &bad, .n_units = 1},
         GA_EINVAL,
         "'act1' has no unit 6: its units are 0 to 5"},
        {{.tap = "act1", .alpha = 1.5f}, GA_EINVAL, "alpha 1.5, expected 0 to 1"},
        {{.tap = "act1", .alpha = NAN}, GA_EINVAL, "alpha nan"},
        {{.tap = "act1", .alpha = 1, .value = GA_EDIT_DONOR, .donor = {x, 2, 6, 3, 3}},
         GA_ESHAPE,
         "has the shape (2,6,3,3), expected (1 or 3,6,3,3)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_FAILS(ga_plan_forward(f.plan, &(ga_run){.edits = &cases[i].edit, .n_edits = 1}, &err),
                    cases[i].status, cases[i].words);

    const ga_edit fine = {.tap = "act1", .alpha = 1};
    ga_plan *plan;
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.train = true;
    CHECK_OK(ga_plan_create(f.g, f.p, &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){f.z, 1, Z, 1, 1}, &err));
    CHECK_FAILS(ga_plan_forward(plan, &(ga_run){.edits = &fine, .n_edits = 1}, &err), GA_EINVAL,
                "a training run takes no edits");
    ga_plan_free(plan);
    o.train = false;
    o.from = "sum";
    CHECK_OK(ga_plan_create(f.g, f.p, &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "sum", (ga_view){x, 1, 4, 6, 6}, &err));
    CHECK_FAILS(ga_plan_forward(plan, &(ga_run){.edits = &fine, .n_edits = 1}, &err), GA_ENOTFOUND,
                "'act1', which this run does not pass");
    ga_plan_free(plan);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_edit_and_alpha_0_change_no_byte),
        cmocka_unit_test(an_edit_is_the_tap_changed_by_hand),
        cmocka_unit_test(alpha_1_sets_exactly),
        cmocka_unit_test(an_edit_inside_a_fused_pair_is_seen_by_the_rectifier),
        cmocka_unit_test(an_edit_of_the_start_does_not_spoil_what_was_written),
        cmocka_unit_test(the_order_of_edits_of_different_units_does_not_matter),
        cmocka_unit_test(edits_of_one_unit_compose_over_each_other),
        cmocka_unit_test(wrong_edits_are_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
