/* test_read_weights.c - readers of weight files, on tests/data/weights, which
 * tools/golden/make_weight_fixtures.py makes: good.txt has what PyTorch and NumPy see in every good
 * file, bad/expected.txt a part of the sentence with which every bad one is refused. */
#include "check.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/rng.h"
#include "array/weights.h"

#define FOLDER GA_SOURCE_DIR "/tests/data/weights/"

static const char *const good_files[] = {
    "attributes.pt",     "bare.pt",          "checkpoint.pt",      "deflated.pt",
    "kinds.pt",          "protocol4.pt",     "python2.pt",         "small.pt",
    "untyped.pt",        "kinds_stream.pth", "view_stream.pth",    "small_stream.pth",
    "kinds.safetensors", "kinds.npz",        "kinds_deflated.npz", "fortran.npy",
    "row.npy",           "version2.npy",     "version3.npy",
};
enum { GOOD_FILES = sizeof good_files / sizeof *good_files, FIELDS = 6 };

static const char *path_of(const char *name, char *buf, size_t size)
{
    snprintf(buf, size, "%s%s", FOLDER, name);
    return buf;
}

/* Cuts a line into its fields at tabs; returns how many there are. */
static int cut(char *line, char *field[FIELDS])
{
    int n = 0;
    field[n++] = line;
    for (char *p = line; *p != 0 && *p != '\n'; p++)
        if (*p == '\t' && n < FIELDS) {
            *p = 0;
            field[n++] = p + 1;
        }
    line = field[n - 1];
    line[strcspn(line, "\n")] = 0;
    return n;
}

/* One line of good.txt: file, format, name, type, dims, values. */
static void check_line(const ga_weights *w, int index, char *field[FIELDS])
{
    const ga_array *a = ga_weights_at(w, index);
    if (a == NULL)
        fail_msg("%s: array %d '%s' is missing", field[0], index, field[2]);
    assert_string_equal(ga_weights_format(w), field[1]);
    assert_string_equal(a->name, field[2]);
    assert_string_equal(ga_dtype_name(a->dtype), field[3]);
    assert_ptr_equal(ga_weights_find(w, a->name), a);
    assert_int_equal((uintptr_t)a->data % ga_dtype_size(a->dtype), 0);
    int rank = 0;
    size_t count = 1;
    for (char *p = field[4]; *p != 0; rank++) {
        const int64_t dim = strtoll(p, &p, 10);
        assert_true(rank < a->rank);
        assert_int_equal(a->dim[rank], dim);
        count *= (size_t)dim;
    }
    assert_int_equal(a->rank, rank);
    assert_int_equal(a->count, count);
    float *values = test_malloc((count + 1) * sizeof *values);
    ga_array_to_f32(a, values);
    char *p = field[5];
    for (size_t i = 0; i < count; i++)
        if (values[i] != strtof(p, &p))
            fail_msg("%s: '%s' element %zu is %.9g", field[0], field[2], i, (double)values[i]);
    test_free(values);
}

static void every_good_file_holds_what_pytorch_and_numpy_see(void **state)
{
    (void)state;
    ga_err err;
    char line[8192], path[1024], last[128] = "";
    ga_weights *w = NULL;
    int index = 0, files = 0;
    FILE *f = fopen(FOLDER "good.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        char *field[FIELDS];
        assert_int_equal(cut(line, field), FIELDS);
        if (strcmp(field[0], last) != 0) {
            if (w != NULL)
                assert_int_equal(ga_weights_count(w), index);
            ga_weights_free(w);
            CHECK_OK(ga_weights_read(path_of(field[0], path, sizeof path), 0, &w, &err));
            snprintf(last, sizeof last, "%s", field[0]);
            index = 0;
            files++;
        }
        check_line(w, index++, field);
    }
    assert_int_equal(ga_weights_count(w), index);
    ga_weights_free(w);
    fclose(f);
    assert_int_equal(files, GOOD_FILES);
}

static void every_bad_file_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    char line[1024], path[1024];
    int files = 0;
    FILE *f = fopen(FOLDER "bad/expected.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        char *field[FIELDS], name[256];
        if (cut(line, field) != 2)
            fail_msg("not a file and what its sentence says: %s", line);
        snprintf(name, sizeof name, "bad/%s", field[0]);
        ga_weights *w = (ga_weights *)&err; /* anything but NULL */
        CHECK_FAILS(ga_weights_read(path_of(name, path, sizeof path), 0, &w, &err), GA_EDATA,
                    field[1]);
        assert_null(w);
        assert_non_null(strstr(err.text, field[0])); /* the sentence names the file */
        for (const char *p = err.text; *p != 0; p++)
            assert_true(*p >= 0x20 && *p < 0x7f); /* and shows nothing that a terminal obeys */
        files++;
    }
    fclose(f);
    assert_true(files > 130);
}

/* A copy of exactly n bytes, so that a sanitizer sees one byte more being read. */
static uint8_t *exact_copy(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, data, n);
    return copy;
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    ga_err err;
    char path[1024];
    for (int i = 0; i < GOOD_FILES; i++) {
        ga_file file;
        CHECK_OK(ga_file_open(path_of(good_files[i], path, sizeof path), &file, &err));
        for (size_t n = 0; n < file.size; n++) {
            ga_weights *w;
            uint8_t *copy = exact_copy(file.data, n);
            err.text[0] = 0;
            if (ga_weights_parse(copy, n, "cut", 0, &w, &err) != GA_EDATA ||
                strncmp(err.text, "cut: ", 5) != 0)
                fail_msg("%s cut to %zu bytes: '%s'", good_files[i], n, err.text);
            free(copy);
        }
        ga_file_close(&file);
    }
}

/* Damage: any result is fine, as long as it is GA_OK with readable arrays or GA_EDATA in words. */
static void a_damaged_file_is_read_or_refused(void **state)
{
    (void)state;
    ga_err err;
    char path[1024];
    ga_rng rng = ga_rng_of(1, 0);
    for (int i = 0; i < GOOD_FILES; i++) {
        ga_file file;
        CHECK_OK(ga_file_open(path_of(good_files[i], path, sizeof path), &file, &err));
        for (size_t at = 0; at < file.size; at++) {
            ga_weights *w;
            uint8_t *copy = exact_copy(file.data, file.size);
            copy[at] ^= (uint8_t)(1 + ga_rng_below(&rng, 255));
            err.text[0] = 0;
            const ga_status status = ga_weights_parse(copy, file.size, "damaged", 0, &w, &err);
            if (status != GA_OK && (status != GA_EDATA || err.text[0] == 0))
                fail_msg("%s damaged at %zu: %d '%s'", good_files[i], at, status, err.text);
            for (int k = 0; status == GA_OK && k < ga_weights_count(w); k++)
                ga_array_count_nan(ga_weights_at(w, k));
            ga_weights_free(w);
            free(copy);
        }
        ga_file_close(&file);
    }
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    ga_err err;
    char path[1024];
    for (int i = 0; i < GOOD_FILES; i++) {
        path_of(good_files[i], path, sizeof path);
        ga_status status = GA_ENOMEM;
        long n = 0;
        for (; status != GA_OK && n < 200; n++) {
            ga_weights *w;
            err.text[0] = 0;
            ga_mem_fail_after(n);
            status = ga_weights_read(path, 0, &w, &err);
            ga_mem_fail_after(-1);
            if (status != GA_OK && (status != GA_ENOMEM || err.text[0] == 0 || w != NULL))
                fail_msg("%s, allocation %ld: %d '%s'", good_files[i], n, status, err.text);
            ga_weights_free(w);
        }
        assert_int_equal(status, GA_OK);
        assert_true(n > 2); /* some did fail */
    }
}

static void a_memory_limit_is_kept_and_named(void **state)
{
    (void)state;
    ga_err err;
    ga_weights *w;
    char path[1024];
    CHECK_FAILS(ga_weights_read(path_of("kinds_deflated.npz", path, sizeof path), 3000, &w, &err),
                GA_ENOMEM, "needs more memory than the limit of 2.9 KiB");
    CHECK_FAILS(ga_weights_read(path_of("kinds.pt", path, sizeof path), 3000, &w, &err), GA_ENOMEM,
                "more memory than the limit");
    CHECK_OK(ga_weights_read(path_of("kinds.pt", path, sizeof path), 1 << 20, &w, &err));
    ga_weights_free(w);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    ga_err err;
    ga_weights *w;
    char path[1024];
    CHECK_FAILS(ga_weights_read(FOLDER "absent.pt", 0, &w, &err), GA_ENOTFOUND, "absent.pt");
    assert_null(w);
    CHECK_FAILS(ga_weights_read(FOLDER, 0, &w, &err), GA_EIO, "weights");
    CHECK_OK(ga_weights_read(path_of("small.pt", path, sizeof path), 0, &w, NULL));
    assert_null(ga_weights_find(w, "c"));
    assert_null(ga_weights_at(w, 2));
    assert_null(ga_weights_at(w, -1));
    assert_null(ga_weights_metadata(w, "origin"));
    ga_weights_free(w);
    ga_weights_free(NULL);
}

static void metadata_of_safetensors_is_found(void **state)
{
    (void)state;
    ga_err err;
    ga_weights *w;
    char path[1024];
    CHECK_OK(ga_weights_read(path_of("kinds.safetensors", path, sizeof path), 0, &w, &err));
    assert_string_equal(ga_weights_metadata(w, "made by"), "hand");
    assert_string_equal(ga_weights_metadata(w, "quote"), "\"\xc3\xa9\xf0\x9f\x98\x80");
    assert_null(ga_weights_metadata(w, "made"));
    ga_weights_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_good_file_holds_what_pytorch_and_numpy_see),
        cmocka_unit_test(every_bad_file_is_refused_in_words),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_damaged_file_is_read_or_refused),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
        cmocka_unit_test(a_memory_limit_is_kept_and_named),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(metadata_of_safetensors_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
