/* test_write_weights.c - every form read back, and the very bytes that PyTorch and NumPy were shown
 * to read: tests/data/weights/ours.*, checked by tools/golden/check_weight_exports.py. With the
 * environment variable GA_WRITE_GOLDEN set, those files are written anew. */
#include "check.h"
#include "base/alloc.h"
#include "base/file.h"
#include "array/zip.h"
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER GA_SOURCE_DIR "/tests/data/weights/"

/* 2x3 of every type, with the ends of its range. */
static const double f64[] = {0.1, -1, 2, 1e300, 4, 5};
static const float f32[] = {0.5f, -1, 2, 3e38f, 4, 5};
static const uint16_t f16[] = {0x3c00, 0xbc00, 0x7bff, 1, 0x8000, 0x3555}; /* 1 -1 65504 ... */
static const uint16_t bf16[] = {0x3f80, 0xbf80, 0x7f7f, 1, 0x8000, 0x3eab};
static const int64_t i64[] = {-1, (int64_t)1 << 62, 0, 3, 4, 5};
static const int32_t i32[] = {-1, INT32_MAX, 0, 3, 4, 5};
static const int16_t i16[] = {-1, INT16_MAX, 0, 3, 4, 5};
static const int8_t i8[] = {-1, 127, 0, 3, 4, 5};
static const uint8_t u8[] = {1, 255, 0, 3, 4, 5}, flags[] = {1, 0, 0, 1, 1, 0};
static const float half = 0.5f;

#define ARRAY(text, type, bytes)                                                                   \
    {                                                                                              \
        .name = text, .dtype = type, .rank = 2, .dim = {2, 3}, .count = 6, .data = bytes           \
    }
static const ga_array arrays[] = {
    ARRAY("flag", GA_BOOL, flags),
    ARRAY("layer.f64", GA_F64, f64),
    ARRAY("layer.f32", GA_F32, f32),
    ARRAY("layer.f16", GA_F16, f16),
    ARRAY("layer.bf16", GA_BF16, bf16),
    ARRAY("i64", GA_I64, i64),
    ARRAY("i32", GA_I32, i32),
    ARRAY("i16", GA_I16, i16),
    ARRAY("i8", GA_I8, i8),
    ARRAY("u8 \"\\/\xc3\xa9", GA_U8, u8),
    {.name = "scalar", .dtype = GA_F32, .rank = 0, .count = 1, .data = &half},
    {.name = "empty", .dtype = GA_F32, .rank = 2, .dim = {0, 3}, .count = 0, .data = &half},
    {.name = "row", .dtype = GA_F32, .rank = 1, .dim = {6}, .count = 6, .data = f32},
};
enum { N = sizeof arrays / sizeof *arrays };
static const char *const notes[] = {"origin", "a \"test\"\n", "z", "5", NULL};

static const char *scratch(const char *name, char *buf, size_t size)
{
    const char *folder = getenv("TMPDIR");
    snprintf(buf, size, "%s/ganatomy-test-%ld-%s", folder != NULL ? folder : "/tmp", (long)getpid(),
             name);
    return buf;
}

static void check_array(const ga_array *got, const ga_array *want)
{
    assert_non_null(got);
    assert_string_equal(got->name, want->name);
    assert_int_equal(got->rank, want->rank);
    for (int d = 0; d < want->rank; d++)
        assert_int_equal(got->dim[d], want->dim[d]);
    assert_int_equal(got->count, want->count);
    assert_int_equal((uintptr_t)got->data % ga_dtype_size(got->dtype), 0);
    if (got->dtype == want->dtype) {
        assert_memory_equal(got->data, want->data, want->count * ga_dtype_size(want->dtype));
        return;
    }
    float a[8], b[8]; /* NumPy has no bfloat16 */
    assert_true(want->dtype == GA_BF16 && got->dtype == GA_F32);
    ga_array_to_f32(got, a);
    ga_array_to_f32(want, b);
    assert_memory_equal(a, b, want->count * sizeof *a);
}

static void check_round_trip(ga_weights_form form, const char *format, const ga_array *what, int n)
{
    ga_err err;
    ga_weights *w;
    char path[1024];
    scratch("trip", path, sizeof path);
    CHECK_OK(ga_weights_write(path, form, what, n, notes, &err));
    CHECK_OK(ga_weights_read(path, 0, &w, &err));
    assert_string_equal(ga_weights_format(w), format);
    assert_int_equal(ga_weights_count(w), n);
    for (int i = 0; i < n; i++)
        check_array(ga_weights_at(w, i), &what[i]);
    const char *origin = ga_weights_metadata(w, "origin");
    if (form == GA_FORM_SAFETENSORS)
        assert_string_equal(origin, notes[1]);
    else
        assert_null(origin);
    ga_weights_free(w);
    unlink(path);
}

static void safetensors_come_back_as_they_were(void **state)
{
    (void)state;
    check_round_trip(GA_FORM_SAFETENSORS, "safetensors", arrays, N);
}

static void npz_comes_back_as_it_was(void **state)
{
    (void)state;
    check_round_trip(GA_FORM_NPZ, "NumPy npz", arrays, N);
}

static void torch_files_come_back_as_they_were(void **state)
{
    (void)state;
    check_round_trip(GA_FORM_TORCH, "PyTorch zip", arrays, N);
}

static void npy_comes_back_as_it_was(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        ga_array a = arrays[i];
        a.name = "arr_0";
        check_round_trip(GA_FORM_NPY, "NumPy npy", &a, 1);
    }
}

static void bf16_is_widened_piece_by_piece(void **state)
{
    (void)state;
    enum { MANY = 10001 };
    static uint16_t many[MANY];
    static float wide[MANY];
    ga_err err;
    ga_weights *w;
    char path[1024];
    for (int i = 0; i < MANY; i++)
        many[i] = (uint16_t)(0x3f80 + i % 100);
    const ga_array a = {
        .name = "m", .dtype = GA_BF16, .rank = 1, .dim = {MANY}, .count = MANY, .data = many};
    scratch("wide.npz", path, sizeof path);
    CHECK_OK(ga_weights_write(path, GA_FORM_NPZ, &a, 1, NULL, &err));
    CHECK_OK(ga_weights_read(path, 0, &w, &err));
    ga_array_to_f32(&a, wide);
    assert_memory_equal(ga_weights_at(w, 0)->data, wide, sizeof wide);
    ga_weights_free(w);
    unlink(path);
}

static const struct {
    const char *file;
    ga_weights_form form;
} golden[] = {{"ours.pt", GA_FORM_TORCH},
              {"ours.npz", GA_FORM_NPZ},
              {"ours.npy", GA_FORM_NPY},
              {"ours.safetensors", GA_FORM_SAFETENSORS}};

static void written_files_are_the_ones_that_python_was_shown_to_read(void **state)
{
    (void)state;
    ga_err err;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        char path[1024], fixed[1024];
        ga_file got, want;
        const bool one = golden[i].form == GA_FORM_NPY;
        snprintf(fixed, sizeof fixed, "%s%s", FOLDER, golden[i].file);
        scratch("golden", path, sizeof path);
        if (getenv("GA_WRITE_GOLDEN") != NULL)
            snprintf(path, sizeof path, "%s", fixed);
        CHECK_OK(ga_weights_write(path, golden[i].form, one ? &arrays[4] : arrays, one ? 1 : N,
                                  notes, &err));
        CHECK_OK(ga_file_open(path, &got, &err));
        CHECK_OK(ga_file_open(fixed, &want, &err));
        assert_int_equal(got.size, want.size);
        assert_memory_equal(got.data, want.data, want.size);
        ga_file_close(&got);
        ga_file_close(&want);
        if (getenv("GA_WRITE_GOLDEN") == NULL)
            unlink(path);
    }
}

static void data_in_zips_begin_at_multiples_of_64(void **state)
{
    (void)state;
    ga_err err;
    ga_file file;
    static const char *const files[] = {"ours.pt", "ours.npz"};
    for (size_t k = 0; k < 2; k++) {
        char path[1024];
        ga_zip zip;
        ga_budget budget = {.arena = ga_arena_create(1 << 20), .limit = 1 << 20, .where = "x"};
        snprintf(path, sizeof path, "%s%s", FOLDER, files[k]);
        CHECK_OK(ga_file_open(path, &file, &err));
        CHECK_OK(ga_zip_open(file.data, file.size, "x", &budget, &zip, &err));
        for (size_t i = 0; i < zip.n; i++)
            assert_int_equal(zip.entries[i].data_at % 64, 0);
        ga_arena_free(budget.arena);
        ga_file_close(&file);
    }
}

static void zip64_fields_are_written_and_read(void **state)
{
    (void)state;
    ga_err err;
    ga_file file;
    ga_writer *out;
    ga_zip zip;
    ga_budget budget = {.arena = ga_arena_create(1 << 20), .limit = 1 << 20, .where = "x"};
    char path[1024];
    const uint8_t *bytes;
    scratch("zip64", path, sizeof path);
    CHECK_OK(ga_writer_open(path, &out, &err));
    ga_zip_maker maker = {.out = out, .zip64 = true};
    ga_zip_put(&maker, "one", "first", 5);
    ga_zip_put(&maker, "two", "second", 6);
    CHECK_OK(ga_zip_end(&maker, &err));
    CHECK_OK(ga_writer_commit(out, &err));
    CHECK_OK(ga_file_open(path, &file, &err));
    CHECK_OK(ga_zip_open(file.data, file.size, "x", &budget, &zip, &err));
    assert_int_equal(zip.n, 2);
    ga_zip_entry *two = ga_zip_find(&zip, "two", 3);
    assert_non_null(two);
    assert_int_equal(two->size, 6);
    assert_int_equal(two->data_at % 64, 0);
    CHECK_OK(ga_zip_get(&zip, two, &bytes, &err));
    assert_memory_equal(bytes, "second", 6);
    for (size_t n = 0; n < file.size; n++) /* and cut anywhere they are refused */
        assert_int_equal(ga_zip_open(file.data, n, "x", &budget, &zip, &err), GA_EDATA);
    ga_file_close(&file);
    ga_arena_free(budget.arena);
    unlink(path);
}

/* Text becomes smaller, noise stays as it is; both come back, and damage is noticed. */
static void packed_entries_are_read_back(void **state)
{
    (void)state;
    ga_err err;
    ga_file file;
    ga_writer *out;
    ga_zip zip;
    ga_budget budget = {.arena = ga_arena_create(1 << 20), .limit = 1 << 20, .where = "x"};
    char path[1024], text[3000];
    uint8_t noise[300];
    const uint8_t *bytes;
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "0.125,"[i % 6];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
    scratch("packed", path, sizeof path);
    CHECK_OK(ga_writer_open(path, &out, &err));
    ga_zip_maker maker = {.out = out};
    CHECK_OK(ga_zip_pack(&maker, "text", text, sizeof text, &err));
    CHECK_OK(ga_zip_pack(&maker, "noise", noise, sizeof noise, &err));
    CHECK_OK(ga_zip_pack(&maker, "empty", "", 0, &err));
    CHECK_OK(ga_zip_end(&maker, &err));
    CHECK_OK(ga_writer_commit(out, &err));
    CHECK_OK(ga_file_open(path, &file, &err));
    CHECK_OK(ga_zip_open(file.data, file.size, "x", &budget, &zip, &err));
    ga_zip_entry *a = ga_zip_find(&zip, "text", 4), *b = ga_zip_find(&zip, "noise", 5);
    assert_true(a->deflated && a->packed_size < 100 && a->data_at % 64 == 0);
    assert_true(!b->deflated && b->packed_size == sizeof noise);
    CHECK_OK(ga_zip_get(&zip, a, &bytes, &err));
    assert_memory_equal(bytes, text, sizeof text);
    CHECK_OK(ga_zip_get(&zip, b, &bytes, &err));
    assert_memory_equal(bytes, noise, sizeof noise);
    assert_int_equal(ga_zip_find(&zip, "empty", 5)->size, 0);
    ga_file_close(&file);
    ga_arena_free(budget.arena);
    unlink(path);
}

static void what_cannot_be_written_is_refused_and_leaves_the_old_file(void **state)
{
    (void)state;
    ga_err err;
    ga_file file;
    char path[1024];
    scratch("kept", path, sizeof path);
    CHECK_OK(ga_file_write(path, "old", 3, &err));
    CHECK_FAILS(ga_weights_write(path, GA_FORM_NPY, arrays, 2, NULL, &err), GA_EINVAL,
                "a .npy file holds one array, found 2; use .npz");
    const ga_array twice[] = {arrays[0], arrays[1], arrays[0]};
    CHECK_FAILS(ga_weights_write(path, GA_FORM_NPZ, twice, 3, NULL, &err), GA_EINVAL,
                "array 'flag' is there twice");
    ga_array wrong = arrays[0];
    wrong.count = 7;
    CHECK_FAILS(ga_weights_write(path, GA_FORM_TORCH, &wrong, 1, NULL, &err), GA_EINVAL,
                "array 'flag' of 7 elements has another shape");
    wrong = arrays[0];
    wrong.name = "a\nb";
    CHECK_FAILS(ga_weights_write(path, GA_FORM_TORCH, &wrong, 1, NULL, &err), GA_EINVAL,
                "array name 'a?b'");
    wrong.name = "__metadata__";
    CHECK_FAILS(ga_weights_write(path, GA_FORM_SAFETENSORS, &wrong, 1, NULL, &err), GA_EINVAL,
                "__metadata__");
    CHECK_FAILS(ga_weights_write("/no/such/folder/x.pt", GA_FORM_TORCH, arrays, N, NULL, &err),
                GA_EIO, "/no/such/folder");
    CHECK_OK(ga_file_open(path, &file, &err));
    assert_int_equal(file.size, 3);
    assert_memory_equal(file.data, "old", 3);
    ga_file_close(&file);
    unlink(path);
}

static void a_full_disk_is_reported(void **state)
{
    (void)state;
    ga_err err;
    struct stat s;
    if (stat("/dev/full", &s) != 0)
        skip();
    static const ga_weights_form forms[] = {GA_FORM_SAFETENSORS, GA_FORM_NPZ, GA_FORM_TORCH};
    for (size_t i = 0; i < 3; i++)
        CHECK_FAILS(ga_weights_write("/dev/full", forms[i], arrays, N, NULL, &err), GA_EIO,
                    "No space left");
}

static void running_out_of_memory_while_writing_leaves_nothing_half_written(void **state)
{
    (void)state;
    ga_err err;
    char path[1024];
    scratch("memory", path, sizeof path);
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        const int n = golden[i].form == GA_FORM_NPY ? 1 : N;
        ga_status status = GA_ENOMEM;
        for (long k = 0; status != GA_OK && k < 2000; k++) {
            err.text[0] = 0;
            ga_mem_fail_after(k);
            status = ga_weights_write(path, golden[i].form, arrays, n, notes, &err);
            ga_mem_fail_after(-1);
            if (status != GA_OK) {
                assert_int_equal(status, GA_ENOMEM);
                assert_true(err.text[0] != 0);
                /* the very last thing, flushing the folder, may fail with the file whole */
                ga_weights *w = NULL;
                assert_true(!ga_is_file(path) || ga_weights_read(path, 0, &w, &err) == GA_OK);
                ga_weights_free(w);
                unlink(path);
            }
        }
        assert_int_equal(status, GA_OK);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safetensors_come_back_as_they_were),
        cmocka_unit_test(npz_comes_back_as_it_was),
        cmocka_unit_test(torch_files_come_back_as_they_were),
        cmocka_unit_test(npy_comes_back_as_it_was),
        cmocka_unit_test(bf16_is_widened_piece_by_piece),
        cmocka_unit_test(written_files_are_the_ones_that_python_was_shown_to_read),
        cmocka_unit_test(data_in_zips_begin_at_multiples_of_64),
        cmocka_unit_test(zip64_fields_are_written_and_read),
        cmocka_unit_test(packed_entries_are_read_back),
        cmocka_unit_test(what_cannot_be_written_is_refused_and_leaves_the_old_file),
        cmocka_unit_test(a_full_disk_is_reported),
        cmocka_unit_test(running_out_of_memory_while_writing_leaves_nothing_half_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
