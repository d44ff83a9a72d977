#include "check.h"
#include "base/cursor.h"

static const uint8_t BYTES[] = {1, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 8, 7,   6,   5,
                                4, 3,    2,    1,    0,    0,    8,    3, 'e', 'n', 'd'};

/* Reads all fields of BYTES; fields tells how many were read. */
static ga_status read_all(ga_cursor *c, int *fields, ga_err *err)
{
    uint8_t a = 0;
    uint16_t b = 0;
    uint32_t d = 0, f = 0;
    uint64_t e = 0;
    const uint8_t *end;
    ga_status s;
    *fields = 0;
    if ((s = ga_read_u8(c, &a, "a", err)) != GA_OK || ++*fields < 0)
        return s;
    if ((s = ga_read_u16le(c, &b, "b", err)) != GA_OK || ++*fields < 0)
        return s;
    if ((s = ga_read_u32le(c, &d, "d", err)) != GA_OK || ++*fields < 0)
        return s;
    if ((s = ga_read_u64le(c, &e, "e", err)) != GA_OK || ++*fields < 0)
        return s;
    if ((s = ga_read_u32be(c, &f, "f", err)) != GA_OK || ++*fields < 0)
        return s;
    if ((s = ga_read_bytes(c, 3, &end, "end", err)) != GA_OK || ++*fields < 0)
        return s;
    assert_int_equal(a, 1);
    assert_int_equal(b, 0x1234);
    assert_int_equal(d, 0x12345678);
    assert_true(e == 0x0102030405060708u);
    assert_int_equal(f, 0x803);
    assert_memory_equal(end, "end", 3);
    return GA_OK;
}

static void numbers_come_in_their_byte_order(void **state)
{
    (void)state;
    ga_err err;
    int fields;
    ga_cursor c = ga_cursor_of(BYTES, sizeof BYTES, "x.bin");
    CHECK_OK(read_all(&c, &fields, &err));
    assert_int_equal(ga_cursor_left(&c), 0);
}

static void every_truncation_names_file_offset_and_field(void **state)
{
    (void)state;
    static const size_t starts[] = {0, 1, 3, 7, 15, 19, 22};
    static const char *const names[] = {"a", "b", "d", "e", "f", "end"};
    for (size_t n = 0; n < sizeof BYTES; n++) {
        /* a block of exactly n bytes, so that the sanitizer sees a read behind it */
        uint8_t *cut = malloc(n == 0 ? 1 : n);
        memcpy(cut, BYTES, n);
        ga_err err;
        int fields;
        ga_cursor c = ga_cursor_of(cut, n, "x.bin");
        size_t k = 0;
        while (starts[k + 1] <= n)
            k++;
        char wanted[100];
        snprintf(wanted, sizeof wanted,
                 "x.bin: offset %zu: %s: cut short: %zu bytes are left, but it takes %zu",
                 starts[k], names[k], n - starts[k], starts[k + 1] - starts[k]);
        CHECK_FAILS(read_all(&c, &fields, &err), GA_EDATA, wanted);
        assert_int_equal(fields, k);
        assert_int_equal(c.at, starts[k]);
        free(cut);
    }
}

static void a_failed_read_leaves_numbers_alone_and_pointers_null(void **state)
{
    (void)state;
    ga_cursor c = ga_cursor_of(BYTES, 1, "x");
    uint32_t number = 77;
    const uint8_t *bytes = BYTES;
    assert_int_equal(ga_read_u32le(&c, &number, "n", NULL), GA_EDATA);
    assert_int_equal(number, 77);
    assert_int_equal(ga_read_bytes(&c, SIZE_MAX, &bytes, "n", NULL), GA_EDATA);
    assert_null(bytes);
    ga_cursor none = ga_cursor_of(NULL, 0, "empty");
    assert_int_equal(ga_read_bytes(&none, 0, &bytes, "n", NULL), GA_OK);
}

static void seeking_stays_inside(void **state)
{
    (void)state;
    ga_err err;
    ga_cursor c = ga_cursor_of(BYTES, 10, "x");
    CHECK_OK(ga_seek(&c, 10, "directory", &err));
    assert_int_equal(ga_cursor_left(&c), 0);
    CHECK_FAILS(ga_seek(&c, 11, "directory", &err), GA_EDATA,
                "x: offset 10: directory: points to offset 11, but the end is at 10");
    assert_int_equal(c.at, 10);
    CHECK_FAILS(ga_cursor_fail(&c, 3, "type", &err, "is %d", 4), GA_EDATA,
                "x: offset 3: type: is 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_in_their_byte_order),
        cmocka_unit_test(every_truncation_names_file_offset_and_field),
        cmocka_unit_test(a_failed_read_leaves_numbers_alone_and_pointers_null),
        cmocka_unit_test(seeking_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
