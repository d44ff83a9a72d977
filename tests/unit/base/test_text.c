#include "check.h"
#include "base/alloc.h"
#include "base/text.h"

static void text_grows_and_ends_in_zero(void **state)
{
    (void)state;
    ga_text t = {0};
    for (int i = 0; i < 1000; i++)
        ga_text_addf(&t, "%d,", i % 10);
    ga_text_add_n(&t, "end!", 3);
    assert_false(t.failed);
    assert_int_equal(t.length, 2003);
    assert_int_equal(strlen(t.data), 2003);
    assert_string_equal(t.data + 1996, "8,9,end");
    ga_text_free(&t);
    assert_null(t.data);
}

static void without_memory_a_text_fails_and_stays_failed(void **state)
{
    (void)state;
    ga_text t = {0};
    ga_mem_fail_after(0);
    ga_text_add(&t, "a");
    assert_true(t.failed);
    ga_text_add(&t, "b");
    ga_text_addf(&t, "%d", 3);
    assert_null(t.data);
    ga_text_free(&t);
}

static void check_json(const char *s, const char *wanted)
{
    ga_text t = {0};
    ga_text_add_json(&t, s);
    assert_string_equal(t.data, wanted);
    ga_text_free(&t);
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    check_json("", "\"\"");
    check_json("a\"b\\c/\n\t\r\b\f\x01\x1f\x7f",
               "\"a\\\"b\\\\c/\\n\\t\\r\\b\\f\\u0001\\u001f\x7f\"");
    check_json("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

#define BAD "\xef\xbf\xbd"

static void bad_utf8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    check_json("a\xff"
               "b",
               "\"a" BAD "b\"");
    check_json("\x80", "\"" BAD "\"");         /* continuation alone */
    check_json("\xc3", "\"" BAD "\"");         /* cut short by the end */
    check_json("\xe2\x82", "\"" BAD BAD "\""); /* likewise */
    check_json("\xc0\xaf", "\"" BAD BAD "\""); /* '/' in two bytes */
    check_json("\xe0\x80\xaf", "\"" BAD BAD BAD "\"");
    check_json("\xed\xa0\x80", "\"" BAD BAD BAD "\"");         /* a surrogate */
    check_json("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""); /* above U+10FFFF */
    check_json("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");    /* U+10FFFF itself */
    check_json("\xc3\"", "\"" BAD "\\\"\"");                   /* what follows is still escaped */
}

static void html_is_escaped(void **state)
{
    (void)state;
    ga_text t = {0};
    ga_text_add_html(&t, "<a href=\"x\">&'\xff</a>");
    assert_string_equal(t.data, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;" BAD "&lt;/a&gt;");
    ga_text_free(&t);
}

static void beginnings_and_ends(void **state)
{
    (void)state;
    assert_true(ga_starts_with("layer1", "layer"));
    assert_false(ga_starts_with("lay", "layer"));
    assert_true(ga_ends_with("x.png", ".png"));
    assert_false(ga_ends_with("png", ".png"));
    assert_true(ga_ends_with("x", ""));
}

static void the_nearest_word_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"layer", "layers", "seed", "generate", "donor", "bn", NULL};
    assert_string_equal(ga_nearest_word("laeyr", names), "layer"); /* neighbours swapped */
    assert_string_equal(ga_nearest_word("Seed", names), "seed");
    assert_string_equal(ga_nearest_word("genrate", names), "generate");
    assert_string_equal(ga_nearest_word("gen", names), "generate"); /* an abbreviation */
    assert_string_equal(ga_nearest_word("donnor", names), "donor");
    assert_string_equal(ga_nearest_word("layers", names), "layers");
    assert_null(ga_nearest_word("zebra", names));
    assert_null(ga_nearest_word("", names));
    assert_null(ga_nearest_word("x", names));
    assert_null(ga_nearest_word("q", (const char *const[]){"x", "y", NULL})); /* nothing in common */
    char hint[GA_DID_YOU_MEAN];
    assert_string_equal(ga_did_you_mean("layr", names, hint), " (did you mean 'layer'?)");
    assert_string_equal(ga_did_you_mean("zebra", names, hint), "");
    char giant[500];
    memset(giant, 'a', sizeof giant - 1);
    giant[sizeof giant - 1] = 0;
    assert_null(ga_nearest_word(giant, names));
}

static void whole_numbers_are_read_whole(void **state)
{
    (void)state;
    int64_t v = 5;
    assert_true(ga_parse_i64("-12", &v) && v == -12);
    assert_true(ga_parse_i64("+7", &v) && v == 7);
    assert_true(ga_parse_i64("9223372036854775807", &v) && v == INT64_MAX);
    assert_true(ga_parse_i64("-9223372036854775808", &v) && v == INT64_MIN);
    v = 5;
    static const char *const bad[] = {
        "", " 1", "1 ", "1.0", "0x10", "--1", "-", "1e3", "9223372036854775808", "one"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ga_parse_i64(bad[i], &v));
    assert_int_equal(v, 5);
}

static void decimal_numbers_are_read_whole(void **state)
{
    (void)state;
    double v = 5;
    assert_true(ga_parse_f64("-1.5e-3", &v) && v == -1.5e-3);
    assert_true(ga_parse_f64(".5", &v) && v == 0.5);
    assert_true(ga_parse_f64("3", &v) && v == 3);
    v = 5;
    static const char *const bad[] = {"",    " 1",    "1 ", "1,5", "0x1p3", "inf",
                                      "nan", "1e999", "1e", ".",   "1.2.3", "1-2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ga_parse_f64(bad[i], &v))
            fail_msg("'%s' was read as %g", bad[i], v);
    assert_true(v == 5);
}

static void bytes_have_units(void **state)
{
    (void)state;
    uint64_t v = 5;
    assert_true(ga_parse_bytes("512", &v) && v == 512);
    assert_true(ga_parse_bytes("64M", &v) && v == 64u << 20);
    assert_true(ga_parse_bytes("4g", &v) && v == (uint64_t)4 << 30);
    assert_true(ga_parse_bytes("1.5GiB", &v) && v == (uint64_t)3 << 29);
    assert_true(ga_parse_bytes("2 kB", &v) && v == 2048);
    assert_true(ga_parse_bytes("7B", &v) && v == 7);
    static const char *const bad[] = {"", "M", "-1M", "1X", "1MM", "99999999999T", "1iB", "1 MiBs"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ga_parse_bytes(bad[i], &v));
    char buf[16];
    assert_string_equal(ga_format_bytes(0, buf, sizeof buf), "0 B");
    assert_string_equal(ga_format_bytes(1023, buf, sizeof buf), "1023 B");
    assert_string_equal(ga_format_bytes(1536, buf, sizeof buf), "1.5 KiB");
    assert_string_equal(ga_format_bytes((1u << 20) - 1, buf, sizeof buf), "1.0 MiB");
    assert_string_equal(ga_format_bytes(3328599655u, buf, sizeof buf), "3.1 GiB");
    ga_format_bytes(UINT64_MAX, buf, sizeof buf);
}

/* Digits between the first and the last that is not 0, before the exponent. */
static int digits_of(const char *words)
{
    int n = 0, last = 0;
    for (; *words != 0 && *words != 'e'; words++)
        if (*words >= '0' && *words <= '9' && (n > 0 || *words != '0')) {
            n++;
            last = *words != '0' ? n : last;
        }
    return last;
}

static void a_number_gets_as_few_digits_as_bring_it_back(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *words;
    } some[] = {{0.1, "0.1"},
                {0.1 + 0.2, "0.30000000000000004"},
                {2e-4, "0.0002"},
                {-1.5, "-1.5"},
                {0, "0"},
                {300, "300"},
                {1e300, "1e+300"},
                {0.69314718055994529, "0.6931471805599453"},
                {5e-324, "5e-324"},
                {1.7976931348623157e308, "1.7976931348623157e+308"}};
    char buf[GA_DOUBLE_WORDS], other[64];
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        assert_string_equal(ga_format_double(some[i].v, buf), some[i].words);
    uint64_t bits = 0x9e3779b97f4a7c15u; /* every finite double is as likely as any other */
    for (int i = 0; i < 20000; i++) {
        double v, back;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        ga_format_double(v, buf);
        assert_true(ga_parse_f64(buf, &back));
        assert_memory_equal(&back, &v, sizeof v);
        for (int digits = 1; digits < digits_of(buf); digits++) {
            snprintf(other, sizeof other, "%.*g", digits, v);
            if (strtod(other, NULL) == v)
                fail_msg("%s could be %s", buf, other);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_ends_in_zero),
        cmocka_unit_test(without_memory_a_text_fails_and_stays_failed),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(bad_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(html_is_escaped),
        cmocka_unit_test(beginnings_and_ends),
        cmocka_unit_test(the_nearest_word_is_found),
        cmocka_unit_test(whole_numbers_are_read_whole),
        cmocka_unit_test(decimal_numbers_are_read_whole),
        cmocka_unit_test(a_number_gets_as_few_digits_as_bring_it_back),
        cmocka_unit_test(bytes_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
