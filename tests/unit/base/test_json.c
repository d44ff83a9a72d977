#include "check.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include <unistd.h>

static ga_status parse(const char *text, json_t **out, ga_err *err)
{
    return ga_json_parse(text, strlen(text), "net.json", out, err);
}

static void broken_texts_are_refused_with_line_and_column(void **state)
{
    (void)state;
    ga_err err;
    json_t *v;
    CHECK_FAILS(parse("{\n  \"a\": 1,\n  b\n}", &v, &err), GA_EDATA, "net.json: line 3 column 3: ");
    assert_null(v);
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,\"a\":2}",
        "[1] x",
        "[01]",
        "[1e999]",
        "[NaN]",
        "nul",
        "[99999999999999999999]",
        "[\"\xff\"]",
        "[\"\\u0000\"]",
        "\"only a string\"",
        "[\"\x01\"]",
        "['a']",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i], &v, &err) != GA_EDATA || v != NULL)
            fail_msg("'%s' was read", bad[i]);
    CHECK_FAILS(ga_json_parse(NULL, 0, "x", &v, &err), GA_EDATA, "x: line 1");
}

/* An array in an array in ... around nothing. */
static ga_status parse_nested(int depth, const char *front, ga_err *err)
{
    ga_text t = {0};
    json_t *v;
    ga_text_add(&t, front);
    for (int i = 0; i < depth; i++)
        ga_text_add(&t, "[");
    for (int i = 0; i < depth; i++)
        ga_text_add(&t, "]");
    if (front[0] != 0)
        ga_text_add(&t, "}");
    const ga_status status = parse(t.data, &v, err);
    json_decref(v);
    ga_text_free(&t);
    return status;
}

static void nesting_and_size_are_limited(void **state)
{
    (void)state;
    ga_err err;
    json_t *v;
    CHECK_OK(parse_nested(64, "", &err));
    CHECK_FAILS(parse_nested(65, "", &err), GA_EDATA, "line 1: nested deeper than 64 levels");
    CHECK_FAILS(parse_nested(1000000, "", &err), GA_EDATA, "nested deeper");
    /* brackets in a string do not count, also behind a quote that does not end it */
    CHECK_OK(parse_nested(
        63,
        "{\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\": ", &err));
    CHECK_FAILS(parse_nested(64, "{\"a\": \n", &err), GA_EDATA, "line 2: nested deeper");
    CHECK_FAILS(ga_json_parse("[]", (16 << 20) + 1, "x", &v, &err), GA_EDATA, "16777217 bytes");
}

static void fields_are_read_or_named(void **state)
{
    (void)state;
    ga_err err;
    json_t *v;
    const ga_json_at top = {.where = "net.json"}, at = {.where = "net.json", .path = "layers[3]"};
    const char *name = "kept";
    int64_t n = 5;
    double x = 0.5;
    CHECK_OK(
        parse("{\"name\":\"conv\",\"n\":7,\"x\":2,\"y\":1.5,\"list\":[],\"no\":null}", &v, &err));
    CHECK_OK(ga_json_get_string(v, &at, "name", false, &name, &err));
    assert_string_equal(name, "conv");
    CHECK_OK(ga_json_get_int(v, &at, "n", false, 0, 7, &n, &err));
    assert_int_equal(n, 7);
    CHECK_OK(ga_json_get_double(v, &at, "x", false, &x, &err));
    assert_true(x == 2);
    CHECK_OK(ga_json_get_double(v, &at, "y", true, &x, &err));
    assert_true(x == 1.5);
    CHECK_OK(ga_json_get_int(v, &at, "absent", true, 0, 1, &n, &err));
    CHECK_OK(ga_json_get_string(v, &at, "absent", true, &name, &err));
    assert_int_equal(n, 7);
    CHECK_FAILS(ga_json_get_int(v, &at, "absent", false, 0, 1, &n, &err), GA_EDATA,
                "net.json: 'layers[3].absent': is missing");
    CHECK_FAILS(ga_json_get_int(v, &at, "n", true, 0, 6, &n, &err), GA_EDATA,
                "'layers[3].n': is 7, expected 0 to 6");
    CHECK_FAILS(ga_json_get_int(v, &at, "n", true, 8, 9, &n, &err), GA_EDATA, "expected 8 to 9");
    CHECK_FAILS(ga_json_get_int(v, &top, "y", true, 0, 6, &n, &err), GA_EDATA,
                "net.json: 'y': is a number, expected an integer from 0 to 6");
    CHECK_FAILS(ga_json_get_string(v, &at, "n", true, &name, &err), GA_EDATA,
                "is an integer, expected a string");
    CHECK_FAILS(ga_json_get_string(v, &at, "no", true, &name, &err), GA_EDATA,
                "is null, expected a string");
    CHECK_FAILS(ga_json_get_double(v, &at, "name", true, &x, &err), GA_EDATA,
                "is a string, expected a number");
    const json_t *list = json_object_get(v, "list");
    CHECK_FAILS(ga_json_get_double(list, &at, "name", true, &x, &err), GA_EDATA,
                "net.json: 'layers[3]': is a list, expected an object");
    CHECK_FAILS(ga_json_get_double(list, &top, "name", true, &x, &err), GA_EDATA,
                "net.json: is a list, expected an object");
    json_decref(v);
}

static void unknown_fields_are_named_with_the_nearest_known_one(void **state)
{
    (void)state;
    ga_err err;
    json_t *v;
    const ga_json_at at = {.where = "net.json"};
    static const char *const keys[] = {"kernel_size", "stride", NULL};
    CHECK_OK(parse("{\"stride\":1,\"kernal_size\":3}", &v, &err));
    CHECK_FAILS(ga_json_only(v, &at, keys, &err), GA_EDATA,
                "'kernal_size': is not a known field (did you mean 'kernel_size'?)");
    json_object_del(v, "kernal_size");
    CHECK_OK(ga_json_only(v, &at, keys, &err));
    json_object_set_new(v, "zzz", json_null());
    CHECK_FAILS(ga_json_only(v, &at, keys, &err), GA_EDATA, "'zzz': is not a known field");
    json_decref(v);
}

static void canonical_text_does_not_depend_on_order_or_spaces(void **state)
{
    (void)state;
    ga_err err;
    json_t *a, *b;
    CHECK_OK(parse("{\"b\": [1, 2.0, 0.1, true], \"a\": \"\xc3\xa9\"}", &a, &err));
    CHECK_OK(parse("{\"a\":\"\\u00e9\",\"b\":[1,2.0,0.10000000001,true]}", &b, &err));
    char *x = ga_json_canonical(a), *y = ga_json_canonical(b);
    assert_string_equal(x, "{\"a\":\"\xc3\xa9\",\"b\":[1,2.0,0.1,true]}");
    assert_string_equal(x, y);
    ga_mem_free(x);
    ga_mem_free(y);
    ga_mem_fail_after(0);
    assert_null(ga_json_canonical(a));
    json_decref(a);
    json_decref(b);
}

static void files_are_read_and_named(void **state)
{
    (void)state;
    ga_err err;
    json_t *v;
    char path[100];
    snprintf(path, sizeof path, "/tmp/ganatomy-json-%ld", (long)getpid());
    CHECK_FAILS(ga_json_read(path, &v, &err), GA_ENOTFOUND, path);
    assert_null(v);
    CHECK_OK(ga_file_write(path, "[1", 2, &err));
    CHECK_FAILS(ga_json_read(path, &v, &err), GA_EDATA, path);
    CHECK_OK(ga_file_write(path, "[1]", 3, &err));
    CHECK_OK(ga_json_read(path, &v, &err));
    json_decref(v);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_texts_are_refused_with_line_and_column),
        cmocka_unit_test(nesting_and_size_are_limited),
        cmocka_unit_test(fields_are_read_or_named),
        cmocka_unit_test(unknown_fields_are_named_with_the_nearest_known_one),
        cmocka_unit_test(canonical_text_does_not_depend_on_order_or_spaces),
        cmocka_unit_test(files_are_read_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
