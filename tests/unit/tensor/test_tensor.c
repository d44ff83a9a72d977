#include "check.h"
#include "base/alloc.h"
#include "ganatomy/tensor.h"

static void an_array_is_zero_and_as_large_as_its_dimensions(void **state)
{
    (void)state;
    ga_err err;
    ga_tensor t;
    CHECK_OK(ga_tensor_create(3, (int64_t[]){2, 3, 5}, &t, &err));
    assert_int_equal(t.count, 30);
    assert_int_equal(t.rank, 3);
    assert_int_equal(t.dim[2], 5);
    for (int i = 0; i < 30; i++)
        assert_true(t.data[i] == 0);
    ga_tensor_free(&t);
    assert_null(t.data);
    assert_int_equal(t.count, 0);
    CHECK_OK(ga_tensor_create(0, NULL, &t, &err));
    assert_int_equal(t.count, 1);
    ga_tensor_free(&t);
    CHECK_OK(ga_tensor_create(2, (int64_t[]){0, 7}, &t, &err));
    assert_int_equal(t.count, 0);
    assert_non_null(t.data);
    ga_tensor_free(&t);
    ga_tensor_free(&t);
    ga_tensor_free(NULL);
}

static void impossible_dimensions_are_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_tensor t;
    const int64_t many[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    CHECK_FAILS(ga_tensor_create(9, many, &t, &err), GA_EINVAL, "9 dimensions, at most 8");
    CHECK_FAILS(ga_tensor_create(-1, many, &t, &err), GA_EINVAL, "-1 dimensions");
    CHECK_FAILS(ga_tensor_create(2, (int64_t[]){2, -3}, &t, &err), GA_EINVAL,
                "dimension 1 of an array is -3");
    CHECK_FAILS(ga_tensor_create(3, (int64_t[]){INT64_MAX, 2, 2}, &t, &err), GA_EINVAL,
                "overflows at dimension 2");
    CHECK_FAILS(ga_tensor_create(1, (int64_t[]){INT64_MAX}, &t, &err), GA_ENOMEM,
                "no memory for an array of");
    assert_null(t.data);
    ga_mem_fail_after(0);
    CHECK_FAILS(ga_tensor_create(1, (int64_t[]){4}, &t, &err), GA_ENOMEM, "4 numbers");
}

static void counts_do_not_overflow_int(void **state)
{
    (void)state;
    assert_true(ga_view_count((ga_view){NULL, 100000, 512, 64, 64}) == (size_t)100000 * 512 * 4096);
    assert_true(ga_dims_count((ga_dims){70000, 1000, 1000}) == (size_t)70000 * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_is_zero_and_as_large_as_its_dimensions),
        cmocka_unit_test(impossible_dimensions_are_refused),
        cmocka_unit_test(counts_do_not_overflow_int),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
