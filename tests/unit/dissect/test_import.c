/* test_import.c - dissections of the published programme, written by hand after its form
 * (fuzz/corpus/import), are taken over; what is wrong with one is said with its field. */
#include "base/file.h"
#include "base/json.h"
#include "check.h"
#include "ganatomy/findings.h"

static ga_file open_old(const char *name)
{
    char path[512];
    ga_err err;
    ga_file f;
    snprintf(path, sizeof path, GA_SOURCE_DIR "/fuzz/corpus/import/%s", name);
    CHECK_OK(ga_file_open(path, &f, &err));
    return f;
}

static ga_imported import_file(const char *name)
{
    ga_err err;
    ga_imported in;
    ga_file f = open_old(name);
    CHECK_OK(ga_dissection_import((const char *)f.data, f.size, name, &in, &err));
    ga_file_close(&f);
    return in;
}

static json_t *parse(const char *text)
{
    ga_err err;
    json_t *all;
    CHECK_OK(ga_json_parse(text, strlen(text), "it", &all, &err));
    return all;
}

/* The value at "layers/0/units/1/iou". */
static const json_t *at(const json_t *o, const char *path)
{
    char step[64];
    for (const char *next; *path != 0; path = next + (*next == '/')) {
        next = path + strcspn(path, "/");
        snprintf(step, sizeof step, "%.*s", (int)(next - path), path);
        o = json_is_array(o) ? json_array_get(o, strtoul(step, NULL, 10))
                             : json_object_get(o, step);
    }
    return o;
}

static void says(const json_t *all, const char *path, const char *want)
{
    const char *found = json_string_value(at(all, path));
    if (found == NULL || strcmp(found, want) != 0)
        fail_msg("%s: '%s', expected '%s'", path, found != NULL ? found : "nothing", want);
}

static void is(const json_t *all, const char *path, double want)
{
    const json_t *v = at(all, path);
    if (!json_is_number(v) || json_number_value(v) != want)
        fail_msg("%s: %.17g, expected %.17g", path, json_number_value(v), want);
}

static void published_keys_are_taken_over(void **state)
{
    (void)state;
    ga_imported in = import_file("good.json");
    json_t *all = parse(in.json);
    assert_string_equal(in.title, "InstrumentedModel");
    assert_true(in.layers == 2 && in.units == 5 && in.interpretable == 3 && in.labelled == 4);
    assert_false(in.ours);
    says(all, "quantile_threshold", "iqr");
    says(all, "settings/model", "proggan.from_pth_file('church.pth')");
    is(all, "meta/epoch", 30);
    assert_null(at(all, "meta/words"));
    assert_null(at(all, "segcolors"));
    assert_null(at(all, "layers/0/bargraph"));
    is(all, "layers/0/iou_threshold/0", 0.05);
    is(all, "iou_threshold", 0.05);
    says(all, "layers/1/layer", "late ");
    says(all, "layers/1/dirname", "late");
    is(all, "layers/0/units/0/lc", 812345);
    is(all, "layers/0/units/0/top/1/imgnum", 3);
    is(all, "layers/0/units/0/maxiou_quantile", 0.06);
    is(all, "layers/0/units/0/iqr_iou", 0.13);
    is(all, "layers/0/units/0/cor", 0.3);
    says(all, "layers/0/units/1/cor_label", "sky");
    assert_null(at(all, "layers/0/units/2/iqr"));
    says(all, "ganatomy/form", "imported dissection");
    assert_int_equal(strlen(json_string_value(at(all, "ganatomy/key"))), 64);
    json_decref(all);
    ga_imported_end(&in);
}

/* The one label of a unit is its list of labels; names that two labels have are qualified, and "-"
 * is none. */
static void labels_are_those_of_this_program(void **state)
{
    (void)state;
    ga_imported in = import_file("good.json");
    json_t *all = parse(in.json);
    says(all, "layers/0/units/0/labels/0/label", "tree");
    says(all, "layers/0/units/1/labels/0/label", "glass (object)");
    says(all, "layers/0/units/1/iou_label", "glass (object)");
    says(all, "layers/0/units/2/labels/0/label", "glass (material)");
    is(all, "layers/0/units/2/labels/0/labelnum", 1680);
    is(all, "layers/0/units/2/labels/0/iqr", 0.2);
    assert_int_equal(json_array_size(at(all, "layers/0/units/3/labels")), 0);
    /* objects before materials, of one unit each the better IoU first */
    says(all, "layers/0/labels/0/label", "glass (object)");
    says(all, "layers/0/labels/1/label", "tree");
    says(all, "layers/0/labels/2/label", "glass (material)");
    is(all, "layers/0/labels/2/units/0", 2);
    assert_int_equal(json_array_size(at(all, "layers/0/labels")), 3);
    json_decref(all);
    ga_imported_end(&in);
}

/* Scores stay negated. LABEL-maxiou of several layers is that of the last one: left out. */
static void rankings_are_kept_but_the_broken_one(void **state)
{
    (void)state;
    ga_imported in = import_file("good.json");
    json_t *all = parse(in.json);
    assert_int_equal(in.left_out, 1);
    assert_int_equal(json_array_size(at(all, "layers/0/rankings")), 6);
    is(all, "layers/0/rankings/2/score/1", -0.5);
    says(all, "layers/0/rankings/3/name", "max maxiou");
    says(all, "layers/0/rankings/4/concept", "tree");
    says(all, "layers/0/rankings/5/metric", "ace");
    assert_null(at(all, "layers/0/rankings/5/concept"));
    json_decref(all);
    ga_imported_end(&in);
}

static void stages_may_be_missing(void **state)
{
    (void)state;
    ga_imported in = import_file("no_labels.json");
    json_t *all = parse(in.json);
    assert_true(in.layers == 1 && in.units == 2 && in.labelled == 0);
    says(all, "default_ranking", "unit");
    is(all, "quantile_threshold", 0.005);
    is(all, "layers/0/iou_threshold/0", 0.05);
    says(all, "layers/0/dirname", "conv5_3");
    is(all, "layers/0/units/0/level", 1.5);
    assert_true(json_is_true(at(all, "layers/0/units/0/interp")));
    assert_null(at(all, "layers/0/units/0/iou"));
    assert_int_equal(json_array_size(at(all, "layers/0/units/0/labels")), 0);
    assert_int_equal(json_array_size(at(all, "layers/0/labels")), 0);
    json_decref(all);
    ga_imported_end(&in);
    in = import_file("shortest.json");
    assert_string_equal(in.title, "a network");
    ga_imported_end(&in);
}

/* What comes out has the published form too: it goes in again, and nothing but the key changes. */
static void what_was_imported_can_be_imported(void **state)
{
    (void)state;
    ga_err err;
    static const char *const names[] = {"good.json", "no_labels.json", "shortest.json"};
    for (int i = 0; i < 3; i++) {
        ga_imported in = import_file(names[i]), again;
        CHECK_OK(ga_dissection_import(in.json, strlen(in.json), "it", &again, &err));
        assert_true(again.ours);
        const size_t n = strlen(in.json);
        assert_int_equal(strlen(again.json), n);
        const size_t same = n - strlen("\"\n }\n}\n") - 64;
        assert_memory_equal(again.json, in.json, same);
        assert_memory_not_equal(again.json + same, in.json + same, 64);
        ga_imported_end(&in);
        ga_imported_end(&again);
    }
}

static const char small[] =
    "{\"netname\": \"n\", \"meta\": {}, \"settings\": {}, \"quantile_threshold\": \"iqr\","
    " \"iou_threshold\": 0.05, \"layers\": [{\"layer\": \"one\", \"iou_threshold\": [0.05],"
    " \"interpretable\": 1, \"units\": ["
    "{\"unit\": 0, \"interp\": true, \"level\": 1, \"top\": [{\"imgnum\": 1, \"maxact\": 2},"
    " {\"imgnum\": 0, \"maxact\": 1.5}],"
    " \"iou\": 0.5, \"iou_iqr\": 0.25, \"lc\": 3, \"cc\": 3, \"ic\": 2, \"iou_labelnum\": 7,"
    " \"iou_label\": \"sky\", \"iou_cat\": \"object\", \"cor\": 0.5, \"cor_label\": \"sky\"},"
    "{\"unit\": 1, \"interp\": false, \"level\": 0, \"top\": [], \"iou\": 0,"
    " \"iou_labelnum\": 8, \"iou_label\": \"sea\"}],"
    " \"rankings\": [{\"name\": \"unit\", \"score\": [0, 1]}]},"
    "{\"layer\": \"two\", \"units\": [{\"unit\": 0, \"interp\": false, \"level\": 0, \"top\": []}]}]}";

static void what_is_wrong_is_said_with_its_field(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        {"{\"netname\"", "[{\"netname\"", "it: line 1"},
        {"\"n\",", "7,", "it: 'netname': is not a text"},
        {"\"settings\": {}", "\"settings\": []", "'settings': is not an object"},
        {"\"iqr\",", "\"often\",", "'quantile_threshold': is not \"iqr\", nor a number"},
        {"0.05, \"layers\"", "[0.05, 1], \"layers\"", "'iou_threshold': is not a number from 0 to 1"},
        {"\"layers\"", "\"layer\"", "'layers': is missing"},
        {"\"two\"", "\"one\"", "'layers[1].layer': is 'one', as layers[0] is"},
        {"\"interpretable\": 1", "\"interpretable\": 2", "says 2 units, but 'interp' is true of 1"},
        {"\"unit\": 1", "\"unit\": 2", "'layers[0].units[1].unit': is 2, expected 1"},
        {"\"interp\": true", "\"interp\": 1", "'layers[0].units[0].interp': is missing, or not"},
        {"\"level\": 1,", "\"level\": null,", "'layers[0].units[0].level': is not a number"},
        {"\"imgnum\": 1,", "\"imgnum\": 1.5,", "top[0].imgnum': is 1.5, expected a whole number"},
        {"\"maxact\": 1.5", "\"maxact\": 2.5", "top[1].maxact': is 2.5, above the 2 before it"},
        {"\"iou\": 0.5", "\"iou\": 1.5", "units[0].iou': is 1.5, expected"},
        {"\"iou\": 0.5", "\"iou\": 0.6", "units[0].iou': is 0.6, but ic / (lc + cc - ic) is 0.5"},
        {"\"iou\": 0.5, ", "", "units[0].iou': is missing, and 'iou_label' is there"},
        {"\"ic\": 2", "\"ic\": 4", "units[0].ic': is 4, more than lc (3) or cc (3)"},
        {"\"lc\": 3, ", "", "units[0].lc': is missing, and others of lc, cc, ic are there"},
        {"\"lc\": 3", "\"lc\": -3", "units[0].lc': is -3, expected 0 to"},
        {"\"iou_labelnum\": 8", "\"iou_labelnum\": 7", "7 is 'sea' (), and was 'sky' (object) before"},
        {"\"iou_labelnum\": 8", "\"iou_labelnum\": 4096", "is 4096, expected 0 to 4095"},
        {"\"iou_label\": \"sea\"", "\"iou_name\": \"sea\"", "units[1].iou_label': is missing"},
        {"\"cor\": 0.5", "\"cor\": -1.5", "units[0].cor': is -1.5, expected -1.0001 to 1.0001"},
        {"\"iou_iqr\": 0.25", "\"iou_iqr\": 2", "units[0].iou_iqr': is 2, expected"},
        {"[0, 1]}]", "[0]}]", "rankings[0].score': has 1 entries, expected 2 to 2"},
        {"[0, 1]}]", "[0, \"b\"]}]", "rankings[0].score': has no number for unit 1"},
        {"\"name\": \"unit\"", "\"name\": \"\"", "rankings[0].name': is 0 bytes long"},
    };
    ga_err err;
    ga_imported in;
    CHECK_OK(ga_dissection_import(small, strlen(small), "it", &in, &err));
    ga_imported_end(&in);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char buf[sizeof small + 64];
        const char *from = strstr(small, cases[i].from);
        assert_non_null(from);
        snprintf(buf, sizeof buf, "%.*s%s%s", (int)(from - small), small, cases[i].to,
                 from + strlen(cases[i].from));
        CHECK_FAILS(ga_dissection_import(buf, strlen(buf), "it", &in, &err), GA_EDATA,
                    cases[i].said);
        assert_null(in.json);
        ga_imported_end(&in);
    }
}

/* It is no dissection of this program's to be compared with others. */
static void what_was_imported_is_not_compared(void **state)
{
    (void)state;
    ga_err err;
    ga_findings *f;
    ga_imported in = import_file("good.json");
    CHECK_FAILS(ga_findings_parse(in.json, strlen(in.json), "it", &f, &err), GA_EDATA,
                "it: was imported");
    ga_imported_end(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_keys_are_taken_over),
        cmocka_unit_test(labels_are_those_of_this_program),
        cmocka_unit_test(rankings_are_kept_but_the_broken_one),
        cmocka_unit_test(stages_may_be_missing),
        cmocka_unit_test(what_was_imported_can_be_imported),
        cmocka_unit_test(what_is_wrong_is_said_with_its_field),
        cmocka_unit_test(what_was_imported_is_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
