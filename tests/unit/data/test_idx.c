/* IDX files: good ones, cut ones, hostile ones. */
#include "base/alloc.h"
#include "data/idx.h"
#include "unit/data/make.h"

static const uint32_t dims_2x3x2[] = {2, 3, 2};
static const uint8_t twelve[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255};

static void plain_and_packed_files_read_the_same(void **state)
{
    (void)state;
    ga_err err;
    const blob plain = make_idx(8, 3, dims_2x3x2, twelve, 12), packed = gzip_blob(plain);
    const blob *const both[] = {&plain, &packed};
    for (int i = 0; i < 2; i++) {
        ga_idx x;
        CHECK_OK(ga_idx_parse(both[i]->data, both[i]->size, "f", GA_IDX_MAX_BYTES, &x, &err));
        assert_int_equal(x.type, GA_IDX_U8);
        assert_int_equal(x.rank, 3);
        assert_true(x.dim[0] == 2 && x.dim[1] == 3 && x.dim[2] == 2 && x.count == 12);
        assert_memory_equal(x.data, twelve, 12);
        assert_int_equal(ga_idx_at(&x, 11), 255);
        ga_idx_free(&x);
        assert_null(x.data);
    }
    blob_free(plain);
    blob_free(packed);
}

static void integers_of_each_width_are_read_big_endian(void **state)
{
    (void)state;
    ga_err err;
    const uint8_t raw[] = {0xff, 0xfe, 0x01, 0x02, 0x80, 0x00, 0x00, 0x01};
    const struct {
        int type;
        uint32_t n;
        int32_t want[2];
    } rows[] = {{GA_IDX_U8, 8, {255, 254}},
                {GA_IDX_I8, 8, {-1, -2}},
                {GA_IDX_I16, 4, {-2, 258}},
                {GA_IDX_I32, 2, {-130814, INT32_MIN + 1}}};
    for (int i = 0; i < 4; i++) {
        ga_idx x;
        const blob b = make_idx(rows[i].type, 1, &rows[i].n, raw, 8);
        CHECK_OK(ga_idx_parse(b.data, b.size, "f", GA_IDX_MAX_BYTES, &x, &err));
        assert_int_equal(ga_idx_at(&x, 0), rows[i].want[0]);
        assert_int_equal(ga_idx_at(&x, 1), rows[i].want[1]);
        ga_idx_free(&x);
        blob_free(b);
    }
}

static void the_checksum_is_that_of_the_unpacked_file(void **state)
{
    (void)state;
    ga_err err;
    ga_idx x;
    char hex[65];
    const uint32_t three = 3;
    const blob plain = make_idx(8, 1, &three, "abc", 3), packed = gzip_blob(plain);
    CHECK_OK(ga_idx_parse(packed.data, packed.size, "f", GA_IDX_MAX_BYTES, &x, &err));
    ga_idx_sha256(&x, hex);
    /* printf '\0\0\10\1\0\0\0\3abc' | sha256sum */
    assert_string_equal(hex, "379a7afbfd9f0de0a36184463dd209c260f4582821ea2e5e4c40c7eb713dbda2");
    ga_idx_free(&x);
    blob_free(plain);
    blob_free(packed);
}

static void a_file_cut_at_any_length_is_refused(void **state)
{
    (void)state;
    ga_err err;
    const blob plain = make_idx(8, 3, dims_2x3x2, twelve, 12), packed = gzip_blob(plain);
    const blob *const both[] = {&plain, &packed};
    for (int i = 0; i < 2; i++)
        for (size_t n = 0; n < both[i]->size; n++) {
            ga_idx x;
            uint8_t *exact = malloc(n + (n == 0)); /* so that ASan sees a read past the end */
            memcpy(exact, both[i]->data, n);
            CHECK_FAILS(ga_idx_parse(exact, n, "cut.idx", GA_IDX_MAX_BYTES, &x, &err), GA_EDATA,
                        "cut.idx: offset ");
            assert_null(x.data);
            free(exact);
        }
    blob_free(plain);
    blob_free(packed);
}

static void bytes_too_many_are_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_idx x;
    const blob longer = make_idx(8, 3, dims_2x3x2, "0123456789abc", 13);
    CHECK_FAILS(ga_idx_parse(longer.data, longer.size, "f", GA_IDX_MAX_BYTES, &x, &err), GA_EDATA,
                "f: offset 16: elements: found 13 bytes, expected the 12");
    const blob packed = gzip_blob(longer);
    CHECK_FAILS(ga_idx_parse(packed.data, packed.size, "f", GA_IDX_MAX_BYTES, &x, &err), GA_EDATA,
                "offset 28: end: more bytes than the dimensions ask for");
    const blob right = make_idx(8, 3, dims_2x3x2, twelve, 12), good = gzip_blob(right);
    uint8_t *tail = malloc(good.size + 1);
    memcpy(tail, good.data, good.size);
    tail[good.size] = 0;
    CHECK_FAILS(ga_idx_parse(tail, good.size + 1, "f", GA_IDX_MAX_BYTES, &x, &err), GA_EDATA,
                "1 bytes too many");
    free(tail);
    blob_free(longer);
    blob_free(packed);
    blob_free(right);
    blob_free(good);
}

static void hostile_headers_are_refused_before_memory_is_asked_for(void **state)
{
    (void)state;
    ga_err err;
    const uint32_t huge[] = {0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff};
    const uint32_t negative[] = {0xffffffff}, zero[] = {3, 0}, large[] = {60000, 28, 28};
    const struct {
        int type, rank;
        const uint32_t *dim;
        const char *words;
    } rows[] = {
        {0x0d, 1, large, "offset 2: element type: found 0x0d, expected 0x08"},
        {0x08, 0, large, "offset 3: number of dimensions: found 0, expected 1 to 4"},
        {0x08, 4, huge, "the sizes multiply to too much"},
        {0x08, 2, huge, "offset 4: dimensions: they ask for"},
        {0x08, 1, huge, "offset 8: elements: found 0 bytes, expected the 2147483647"},
        {0x08, 1, negative, "offset 4: dimension 0: found 4294967295, expected 1 to 2147483647"},
        {0x08, 2, zero, "offset 8: dimension 1: found 0"},
        {0x08, 3, large, "offset 16: elements: found 0 bytes, expected the 47040000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ga_idx x;
        const blob b = make_idx(rows[i].type, rows[i].rank, rows[i].dim, "", 0);
        const uint64_t before = ga_mem_count();
        CHECK_FAILS(ga_idx_parse(b.data, b.size, "f", GA_IDX_MAX_BYTES, &x, &err), GA_EDATA,
                    rows[i].words);
        assert_int_equal(ga_mem_count(), before);
        blob_free(b);
    }
    ga_idx x;
    const uint8_t text[] = "hello, world, this is text";
    CHECK_FAILS(ga_idx_parse(text, sizeof text, "f", GA_IDX_MAX_BYTES, &x, &err), GA_EDATA,
                "offset 0: magic number: found 68 65, expected 00 00: not an IDX file");
    const uint8_t rank5[] = {0, 0, 8, 5, 0, 0, 0, 1};
    CHECK_FAILS(ga_idx_parse(rank5, sizeof rank5, "f", GA_IDX_MAX_BYTES, &x, &err), GA_EDATA,
                "found 5, expected 1 to 4");
}

static void gzip_bombs_are_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_idx x;
    /* Claims 1 GiB in a hundred bytes. */
    const uint32_t gib = 1 << 30;
    const blob lie = make_idx(8, 1, &gib, "", 0), packed_lie = gzip_blob(lie);
    const uint64_t before = ga_mem_count();
    CHECK_FAILS(ga_idx_parse(packed_lie.data, packed_lie.size, "f", GA_IDX_MAX_BYTES, &x, &err),
                GA_EDATA, "packed bytes cannot hold");
    assert_int_equal(ga_mem_count(), before);
    /* Is what it says, but more than the caller allows. */
    const uint32_t mib = 1 << 20;
    uint8_t *zeros = calloc(mib, 1);
    const blob big = make_idx(8, 1, &mib, zeros, mib), packed_big = gzip_blob(big);
    CHECK_FAILS(ga_idx_parse(packed_big.data, packed_big.size, "f", 1000, &x, &err), GA_EDATA,
                "more than the limit of 1000 bytes");
    CHECK_OK(ga_idx_parse(packed_big.data, packed_big.size, "f", mib, &x, &err));
    ga_idx_free(&x);
    /* Says little, unpacks to much: stops at the first byte too many. */
    blob liar = big;
    liar.data[5] = 0;
    liar.data[6] = 1; /* 256 elements */
    const blob packed_liar = gzip_blob(liar);
    CHECK_FAILS(ga_idx_parse(packed_liar.data, packed_liar.size, "f", mib, &x, &err), GA_EDATA,
                "more bytes than the dimensions ask for");
    free(zeros);
    blob_free(lie);
    blob_free(packed_lie);
    blob_free(big);
    blob_free(packed_big);
    blob_free(packed_liar);
}

static void a_flipped_bit_in_a_gzip_stream_never_changes_the_content(void **state)
{
    (void)state;
    ga_err err;
    uint8_t noise[400];
    int accepted = 0;
    const uint32_t n = sizeof noise;
    for (uint32_t i = 0; i < n; i++)
        noise[i] = (uint8_t)(i * i * 31 + i);
    const blob plain = make_idx(8, 1, &n, noise, n), packed = gzip_blob(plain);
    for (size_t at = 10; at < packed.size;
         at++) { /* after the header, whose time may be anything */
        ga_idx x;
        packed.data[at] ^= 0x10;
        err.text[0] = 0;
        const ga_status status = ga_idx_parse(packed.data, packed.size, "f", n, &x, &err);
        if (status == GA_OK) { /* a bit of padding between the last block and the checksum */
            assert_memory_equal(x.data, noise, n);
            accepted++;
        } else {
            assert_int_equal(status, GA_EDATA);
            assert_null(x.data);
        }
        ga_idx_free(&x);
        packed.data[at] ^= 0x10;
    }
    assert_true(accepted <= 1);
    blob_free(plain);
    blob_free(packed);
}

static void running_out_of_memory_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_idx x;
    const blob b = make_idx(8, 3, dims_2x3x2, twelve, 12);
    ga_mem_fail_after(0);
    CHECK_FAILS(ga_idx_parse(b.data, b.size, "f", GA_IDX_MAX_BYTES, &x, &err), GA_ENOMEM,
                "'f': out of memory for 12 bytes");
    ga_mem_fail_after(-1);
    blob_free(b);
}

static void a_missing_file_is_named(void **state)
{
    ga_err err;
    ga_idx x;
    char path[256];
    snprintf(path, sizeof path, "%s/absent", (char *)*state);
    CHECK_FAILS(ga_idx_read(path, GA_IDX_MAX_BYTES, &x, &err), GA_ENOTFOUND, path);
    CHECK_FAILS(ga_idx_read(*state, GA_IDX_MAX_BYTES, &x, &err), GA_EIO, (const char *)*state);
    put_file(*state, "empty", "", 0);
    snprintf(path, sizeof path, "%s/empty", (char *)*state);
    CHECK_FAILS(ga_idx_read(path, GA_IDX_MAX_BYTES, &x, &err), GA_EDATA, "offset 0: magic number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_and_packed_files_read_the_same),
        cmocka_unit_test(integers_of_each_width_are_read_big_endian),
        cmocka_unit_test(the_checksum_is_that_of_the_unpacked_file),
        cmocka_unit_test(a_file_cut_at_any_length_is_refused),
        cmocka_unit_test(bytes_too_many_are_refused),
        cmocka_unit_test(hostile_headers_are_refused_before_memory_is_asked_for),
        cmocka_unit_test(gzip_bombs_are_refused),
        cmocka_unit_test(a_flipped_bit_in_a_gzip_stream_never_changes_the_content),
        cmocka_unit_test(running_out_of_memory_is_said),
        WITH_FOLDER(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
