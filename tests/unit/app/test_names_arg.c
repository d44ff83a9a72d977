/* Names with ',' between: given at once or one after the other, and what is refused. */
#include "check.h"
#include "app/names_arg.h"
#include "base/alloc.h"

static const ga_field fields[] = {
    {.name = "layers", .type = GA_FIELD_TEXT, .value = "LAYERS", .help = "layers", .many = true},
    {.name = "parts",
     .type = GA_FIELD_TEXT,
     .value = "PARTS",
     .help = "parts",
     .many = true,
     .fallback = "part 1,part 2"},
    {.name = NULL},
};

static ga_status nothing(ga_request *rq, ga_err *err)
{
    (void)rq;
    (void)err;
    return GA_OK;
}

static const ga_verb verb = {.name = "test", .summary = "a test", .fields = fields, .run = nothing};

/* A request in which --layers was given these texts, up to NULL. */
static ga_request *asked(const char *const *given)
{
    const ga_request_sink sink = {0};
    ga_request *rq;
    ga_err err;
    CHECK_OK(ga_request_create(&verb, &sink, &rq, &err));
    for (; *given != NULL; given++)
        CHECK_OK(ga_request_set(rq, "layers", *given, &err));
    CHECK_OK(ga_request_ready(rq, &err));
    return rq;
}

static ga_status names_of(const char *given, int most, ga_names *names, ga_err *err)
{
    ga_request *rq = asked((const char *const[]){given, NULL});
    const ga_status status = ga_names_arg(rq, "layers", most, names, err);
    ga_request_free(rq); /* names outlive it */
    return status;
}

static void names_come_in_order_however_they_were_given(void **state)
{
    (void)state;
    static const char *const ways[][4] = {
        {"up1,up2.1,z"}, {"up1", "up2.1", "z"}, {"up1,up2.1", "z"}, {" up1 , up2.1", "  z "}};
    ga_names names;
    ga_err err;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        ga_request *rq = asked(ways[i]);
        CHECK_OK(ga_names_arg(rq, "layers", 3, &names, &err));
        assert_int_equal(names.n, 3);
        assert_string_equal(names.name[0], "up1");
        assert_string_equal(names.name[1], "up2.1");
        assert_string_equal(names.name[2], "z");
        ga_names_free(&names);
        ga_request_free(rq);
    }
}

static void blanks_within_a_name_are_the_name_s(void **state)
{
    (void)state;
    ga_names names;
    ga_err err;
    CHECK_OK(names_of("dark sleeve, hem", 2, &names, &err));
    assert_string_equal(names.name[0], "dark sleeve");
    assert_string_equal(names.name[1], "hem");
    ga_names_free(&names);
}

static void no_names_or_the_fallback_s(void **state)
{
    (void)state;
    ga_names names;
    ga_err err;
    ga_request *rq = asked((const char *const[]){NULL});
    CHECK_OK(ga_names_arg(rq, "layers", 3, &names, &err));
    assert_int_equal(names.n, 0);
    ga_names_free(&names);
    CHECK_OK(ga_names_arg(rq, "parts", 3, &names, &err));
    assert_int_equal(names.n, 2);
    assert_string_equal(names.name[1], "part 2");
    ga_names_free(&names);
    ga_names_free(&names); /* once more is fine */
    ga_request_free(rq);
}

static void empty_names_and_too_many_are_refused(void **state)
{
    (void)state;
    static const char *const empty[] = {"", " ", "a,", ",a", "a,,b", "a, ,b"};
    ga_names names;
    ga_err err;
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        assert_int_equal(names_of(empty[i], 9, &names, &err), GA_EINVAL);
        assert_string_equal(err.text,
                            "--layers has an empty name: expected names with ',' between");
        assert_null(names.name);
        assert_null(names.words);
    }
    CHECK_OK(names_of("a,b", 2, &names, &err));
    ga_names_free(&names);
    assert_int_equal(names_of("a,b,c", 2, &names, &err), GA_EINVAL);
    assert_string_equal(err.text, "--layers has more than 2 names");
}

static void without_memory_it_says_so(void **state)
{
    (void)state;
    ga_request *rq = asked((const char *const[]){"a,b", NULL});
    ga_names names;
    ga_err err;
    ga_status status = GA_ENOMEM;
    int refused = 0;
    for (; status != GA_OK; refused++) {
        assert_in_range(refused, 0, 9);
        ga_mem_fail_after(refused);
        status = ga_names_arg(rq, "layers", 2, &names, &err);
        ga_mem_fail_after(-1);
        if (status != GA_OK) {
            assert_int_equal(status, GA_ENOMEM);
            assert_string_equal(err.text, "no memory for --layers");
            assert_null(names.words);
        }
    }
    assert_true(refused > 1);
    ga_names_free(&names);
    ga_request_free(rq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_in_order_however_they_were_given),
        cmocka_unit_test(blanks_within_a_name_are_the_name_s),
        cmocka_unit_test(no_names_or_the_fallback_s),
        cmocka_unit_test(empty_names_and_too_many_are_refused),
        cmocka_unit_test(without_memory_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
