/* Runs of other workspaces: curves as CSV, and a run taken over whole or not at all. */
#include "place.h"

static ga_status parse(const char *text, ga_csv_points *out, ga_err *err)
{
    return ga_store_points_of_csv(text, strlen(text), "curves.csv", out, err);
}

static void curves_are_read_back_point_by_point(void **state)
{
    (void)state;
    ga_err err;
    ga_csv_points p;
    CHECK_OK(parse("step,loss_d,\"a,\"\"b\"\"\"\n0,,-inf\n1,0.10000000000000001,nan\n20,-3e-05,",
                   &p, &err));
    assert_int_equal(p.n, 4);
    assert_int_equal(p.n_names, 2);
    assert_string_equal(p.points[0].series, "a,\"b\"");
    assert_true(p.points[0].step == 0 && p.points[0].value == -INFINITY);
    assert_string_equal(p.points[1].series, "loss_d");
    assert_true(p.points[1].step == 1 && p.points[1].value == 0.1);
    assert_true(isnan(p.points[2].value));
    assert_true(p.points[3].step == 20 && p.points[3].value == -3e-05);
    ga_csv_points_free(&p);
    CHECK_OK(parse("step\n", &p, &err));
    assert_int_equal(p.n, 0);
    ga_csv_points_free(&p);
}

static void damaged_curves_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "line 1, offset 0: '': expected 'step'"},
        {"time,loss\n", "'time': expected 'step'"},
        {"step,loss\n1,2,3\n", "line 2, offset 16: '3': expected no more fields"},
        {"step,loss,acc\n1,2\n", "expected as many fields as the heading has"},
        {"step,loss\n1,0x12\n", "'0x12': expected a number"},
        {"step,loss\n1,1e999\n", "'1e999': expected a number"},
        {"step,loss\n1,2\n1,3\n", "line 3, offset 16: '1': expected a step above the one before"},
        {"step,loss\n-1,2\n", "'-1': expected a step"},
        {"step,loss\n1234567890123456,2\n", "expected a step"},
        {"step,\"loss\n1,2\n", "expected a shorter field, on one line"},
        {"step,\"loss\"x\n", "expected a comma or a line break"},
        {"step,\"loss", "expected a closing quote"},
    };
    ga_err err;
    ga_csv_points p;
    char text[300] = "step,loss\n1,";
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_FAILS(parse(bad[i].text, &p, &err), GA_EDATA, bad[i].says);
    memset(text + 12, '1', 200);
    CHECK_FAILS(parse(text, &p, &err), GA_EDATA, "expected a shorter field");
    assert_null(p.points);
}

/* A run as it is read from an export. */
static ga_run_record record_of(ga_run_state state)
{
    return (ga_run_record){.uuid = "0b5f0f6c-6a5e-4a51-b7f5-0c1a5b1f2d3e",
                           .state = state,
                           .name = "theirs",
                           .kind = "gan",
                           .config = "{\"lr\":0.001}",
                           .command = "ganatomy train gan",
                           .code_version = "0.1.0",
                           .data_name = "mnist",
                           .data_hash = "abc",
                           .error = "a loss is not finite",
                           .seed = 7,
                           .created = 1700000000};
}
static const ga_session sessions[] = {{"there", 12, 1700000000.25, 1700000060, 1 << 20, "{}"},
                                      {"there", 13, 1700000100, 1700000130.5, 2 << 20, "{}"}};
static const ga_point points[] = {{"loss_d", 1, 0.5}, {"loss_d", 2, NAN}, {"loss_g", 2, 1}};
static const ga_event events[] = {{2, "lint", "{\"code\":\"diverged\"}"}};

static void a_run_of_another_workspace_is_taken_over_as_it_was(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t own, id;
    ga_store *s = with_run(p, "mine", &own);
    ga_run_record record = record_of(GA_RUN_DIVERGED), *r;
    const ga_artifact files[] = {{"weights", -1, "/elsewhere/model.safetensors", 5, "00"}};
    const ga_run_import run = {&record, sessions, points, events, files, 2, 3, 1, 1};
    char *text;
    size_t n;
    ga_event *got;
    CHECK_OK(ga_store_run_import(s, &run, &id, &err));
    CHECK_OK(ga_store_run_find(s, "theirs", &r, &err));
    assert_string_equal(r->uuid, record.uuid);
    assert_string_equal(r->error, record.error);
    assert_string_equal(r->config, record.config);
    assert_true(r->seed == 7 && r->created == 1700000000 && r->finished == 1700000130);
    assert_true(fabs(r->seconds - 90.25) < 1e-6 && r->memory == 2 << 20);
    assert_int_equal(r->state, GA_RUN_DIVERGED);
    CHECK_OK(ga_store_export(s, id, &text, &n, &err));
    assert_string_equal(text, "loss_d\t1\t0.5\nloss_d\t2\tnan\nloss_g\t2\t1\n");
    CHECK_OK(ga_store_events(s, id, NULL, &got, &n, &err));
    assert_int_equal(n, 1);
    assert_string_equal(got[0].text, events[0].text);
    ga_events_free(got, n);
    ga_store_text_free(text);
    ga_run_records_free(r, 1);
    CHECK_FAILS(ga_store_run_import(s, &run, &id, &err), GA_EEXIST, "'theirs-2'");
    ga_store_close(s);
}

static void nothing_is_left_of_a_run_that_is_refused(void **state)
{
    const place *p = *state;
    ga_err err;
    int64_t own, id;
    ga_store *s = with_run(p, "mine", &own);
    ga_run_record running = record_of(GA_RUN_RUNNING), good = record_of(GA_RUN_DONE), *all;
    const ga_event bad[] = {{2, "lint", "no object"}};
    const ga_run_import unfinished = {.record = &running};
    const ga_run_import broken = {&good, sessions, points, bad, NULL, 2, 3, 1, 0};
    size_t n;
    CHECK_FAILS(ga_store_run_import(s, &unfinished, &id, &err), GA_EINVAL,
                "is running: expected one that has ended");
    CHECK_FAILS(ga_store_run_import(s, &broken, &id, &err), GA_EINVAL, "the text of an event");
    CHECK_OK(ga_store_runs(s, NULL, &all, &n, &err));
    assert_int_equal(n, 1);
    ga_run_records_free(all, n);
    ga_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_read_back_point_by_point),
        cmocka_unit_test(damaged_curves_are_refused_with_their_place),
        cmocka_unit_test_setup_teardown(a_run_of_another_workspace_is_taken_over_as_it_was, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_left_of_a_run_that_is_refused, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
