#include "check.h"

static void every_status_has_words_and_codes(void **state)
{
    (void)state;
    assert_string_equal(ga_status_words(GA_OK), "ok");
    assert_int_equal(ga_status_exit_code(GA_OK), 0);
    assert_int_equal(ga_status_exit_code(GA_EINVAL), 2);
    assert_int_equal(ga_status_exit_code(GA_EDATA), 3);
    assert_int_equal(ga_status_exit_code(GA_ENOMEM), 4);
    assert_int_equal(ga_status_exit_code(GA_EDIVERGED), 5);
    assert_int_equal(ga_status_exit_code(GA_EINTERRUPTED), 130);
    assert_int_equal(ga_status_exit_code(GA_ETERMINATED), 143);
    assert_int_equal(ga_status_http_code(GA_ENOTFOUND), 404);
    assert_int_equal(ga_status_http_code(GA_EDATA), 422);
    assert_int_equal(ga_status_exit_code((ga_status)99), 1);
    assert_int_equal(ga_status_http_code((ga_status)99), 500);
    assert_string_equal(ga_version(), GA_VERSION);
}

static void a_failure_fills_the_error_and_returns_its_status(void **state)
{
    (void)state;
    ga_err err;
    assert_int_equal(ga_fail(&err, GA_EDATA, "layer '%s' has %d units", "layer1", 7), GA_EDATA);
    assert_int_equal(err.status, GA_EDATA);
    assert_string_equal(err.text, "layer 'layer1' has 7 units");
    assert_int_equal(ga_fail(NULL, GA_EIO, "nobody reads this"), GA_EIO);
    ga_fail(&err, GA_EIO, "'%s' again", err.text); /* an argument inside the error itself */
    assert_string_equal(err.text, "'layer 'layer1' has 7 units' again");
}

static void words_can_be_put_before_a_sentence(void **state)
{
    (void)state;
    ga_err err;
    ga_fail(&err, GA_ESHAPE, "two and three");
    assert_int_equal(ga_fail_in(&err, GA_EFAILED, "model '%s'", "m"), GA_ESHAPE);
    assert_string_equal(err.text, "model 'm': two and three");
    assert_int_equal(ga_fail_in(NULL, GA_EFAILED, "x"), GA_EFAILED);
}

static void a_sentence_stays_one_line_and_in_its_bounds(void **state)
{
    (void)state;
    ga_err err;
    char name[2000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    ga_fail(&err, GA_EDATA, "'%s'", name);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    ga_fail_in(&err, GA_EDATA, "'%s'", name);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    ga_fail(&err, GA_EDATA, "file 'a\nb\x1b[31m\x7f'");
    assert_string_equal(err.text, "file 'a?b?[31m?'");
}

static void a_cut_sentence_does_not_end_in_half_a_letter(void **state)
{
    (void)state;
    ga_err err;
    char name[900];
    for (size_t front = 0; front < 4; front++) { /* e acute, euro sign and a smile at the cut */
        static const char *const letters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
        for (size_t k = 0; k < 3; k++) {
            const size_t n = k + 2;
            size_t length = front;
            memset(name, 'x', front);
            for (; length + n < sizeof name; length += n)
                memcpy(name + length, letters[k], n);
            name[length] = 0;
            ga_fail(&err, GA_EDATA, "%s", name);
            const size_t kept = strlen(err.text);
            assert_true(kept + n > sizeof err.text - 1);
            assert_int_equal((kept - front) % n, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_words_and_codes),
        cmocka_unit_test(a_failure_fills_the_error_and_returns_its_status),
        cmocka_unit_test(words_can_be_put_before_a_sentence),
        cmocka_unit_test(a_sentence_stays_one_line_and_in_its_bounds),
        cmocka_unit_test(a_cut_sentence_does_not_end_in_half_a_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
