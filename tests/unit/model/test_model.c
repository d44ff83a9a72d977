#include "ganatomy/model.h"
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/file.h"
#include "models.h"

static const char small[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"small\","
    "\"input\":{\"name\":\"z\",\"size\":3,\"law\":\"normal\"},\"output\":{\"range\":[-1,1]},"
    "\"layers\":[{\"name\":\"fc\",\"type\":\"Linear\",\"in_features\":3,\"out_features\":8},"
    "{\"name\":\"view\",\"type\":\"Unflatten\",\"unflattened_size\":[2,2,2]},"
    "{\"name\":\"bn\",\"type\":\"BatchNorm2d\",\"num_features\":2},"
    "{\"name\":\"out\",\"type\":\"Tanh\"}]}";

static char folder[] = P_tmpdir "/ganatomy-model-XXXXXX";
static char path[128], other[128];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    snprintf(other, sizeof other, "%s/other.safetensors", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder);
}

static ga_model *small_model(uint64_t seed)
{
    ga_model *m = model_described(small);
    ga_params_init(ga_model_params(m), ga_model_graph(m), seed, GA_START_PYTORCH);
    return m;
}

static float *weights(ga_model *m)
{
    size_t n;
    return ga_params_weights(ga_model_params(m), &n);
}

static void same_files(const char *a, const char *b)
{
    ga_err err;
    ga_file x, y;
    CHECK_OK(ga_file_open(a, &x, &err));
    CHECK_OK(ga_file_open(b, &y, &err));
    assert_int_equal(x.size, y.size);
    assert_memory_equal(x.data, y.data, x.size);
    ga_file_close(&x);
    ga_file_close(&y);
}

static void a_model_comes_back_as_it_was_saved(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model(1), *r;
    size_t n, n_buffers;
    char before[65], after[65];
    ga_params_buffers(ga_model_params(m), &n_buffers)[1] = -0.25f;
    CHECK_OK(ga_model_set_note(m, "origin", "drawn from \"seed\" 1\nand kept", &err));
    CHECK_OK(ga_model_save(m, path, GA_F32, &err));
    CHECK_OK(ga_model_open(path, &r, &err));
    ga_params_weights(ga_model_params(r), &n);
    assert_int_equal(n, 8 * 3 + 8 + 4);
    assert_int_equal(n_buffers, 4);
    assert_memory_equal(weights(m), weights(r), n * sizeof(float));
    assert_memory_equal(ga_params_buffers(ga_model_params(m), &n),
                        ga_params_buffers(ga_model_params(r), &n), n_buffers * sizeof(float));
    assert_string_equal(ga_model_note(r, "origin"), "drawn from \"seed\" 1\nand kept");
    assert_null(ga_model_note(r, "licence"));
    assert_string_equal(ga_arch_json(ga_model_arch(m)), ga_arch_json(ga_model_arch(r)));
    ga_model_hash(m, before);
    ga_model_hash(r, after);
    assert_string_equal(before, after);
    /* the same content is the same bytes */
    CHECK_OK(ga_model_save(r, other, GA_F32, &err));
    same_files(path, other);
    ga_model_free(m);
    ga_model_free(r);
}

/* A safetensors file begins with the length of its header: whatever its lowest byte is (0x80 begins
 * a pickle, 0x93 a .npy file), it is read as what it is. */
static void a_header_of_any_length_is_read(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model(1);
    char note[257] = "";
    for (int n = 0; n < 256; n++) {
        ga_model *r;
        note[n] = 'x';
        CHECK_OK(ga_model_set_note(m, "note", note, &err));
        CHECK_OK(ga_model_save(m, path, GA_F32, &err));
        CHECK_OK(ga_model_open(path, &r, &err));
        assert_string_equal(ga_model_note(r, "note"), note);
        ga_model_free(r);
    }
    ga_model_free(m);
}

static void the_hash_is_of_architecture_and_numbers_only(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model(1), *same = small_model(1);
    char a[65], b[65];
    size_t n;
    CHECK_OK(ga_model_set_note(same, "note", "words do not count", &err));
    ga_model_hash(m, a);
    ga_model_hash(same, b);
    assert_int_equal(strlen(a), 64);
    assert_string_equal(a, b);
    ga_params_buffers(ga_model_params(same), &n)[0] += 1e-6f;
    ga_model_hash(same, b);
    assert_string_not_equal(a, b);
    ga_model_free(same);
    same = small_model(1);
    weights(same)[35] += 1e-6f;
    ga_model_hash(same, b);
    assert_string_not_equal(a, b);
    ga_model_free(same);
    /* the same numbers under another name */
    ga_arch *arch;
    char text[sizeof small];
    memcpy(text, small, sizeof small);
    memcpy(strstr(text, "\"small\""), "\"smile\"", 7);
    CHECK_OK(ga_arch_parse(text, strlen(text), "smile", &arch, &err));
    CHECK_OK(ga_model_create(arch, &same, &err));
    ga_arch_free(arch);
    ga_params_init(ga_model_params(same), ga_model_graph(same), 1, GA_START_PYTORCH);
    ga_model_hash(same, b);
    assert_string_not_equal(a, b);
    ga_model_free(m);
    ga_model_free(same);
}

/* Every pattern of 16 bits, up to its value as a float and down again. */
static void rounding_to_16_bits_keeps_what_16_bits_can_hold(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a;
    ga_model *m, *r;
    const char *wide =
        "{\"format\":\"ganatomy-arch-1\",\"name\":\"wide\",\"input\":{\"name\":\"z\",\"size\":256,"
        "\"law\":\"normal\"},\"output\":{\"range\":[-1,1]},\"layers\":[{\"name\":\"fc\",\"type\":"
        "\"Linear\",\"in_features\":256,\"out_features\":256,\"bias\":false}]}";
    static uint16_t bits[65536];
    static float values[65536];
    for (int i = 0; i < 65536; i++)
        bits[i] = (uint16_t)i;
    CHECK_OK(ga_arch_parse(wide, strlen(wide), "wide", &a, &err));
    for (int form = 0; form < 2; form++) {
        const ga_dtype dtype = form == 0 ? GA_F16 : GA_BF16;
        ga_array_to_f32(&(ga_array){.dtype = dtype, .count = 65536, .data = bits}, values);
        CHECK_OK(ga_model_create(a, &m, &err));
        for (int i = 0; i < 65536; i++)
            weights(m)[i] = isfinite(values[i]) ? values[i] : 0;
        assert_int_equal(ga_model_stored(m), GA_F32);
        CHECK_OK(ga_model_save(m, path, dtype, &err));
        CHECK_OK(ga_model_open(path, &r, &err));
        assert_int_equal(ga_model_stored(r), dtype);
        assert_memory_equal(weights(m), weights(r), sizeof values);
        ga_model_free(m);
        ga_model_free(r);
    }
    ga_arch_free(a);
}

static void rounding_to_16_bits_is_to_the_nearest_and_even(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model(1), *r;
    /* between neighbours of F16 (11 bits): a tie to even down, a tie to even up, just above a tie;
     * the least subnormal, half of it (a tie to 0), a little more; the largest; rounded down to it
     */
    const float in[] = {1 + 1 / 2048.f, 1 + 3 / 2048.f, 1 + 1.01f / 2048, 0x1p-24f,
                        0x1p-25f,       0x1.1p-25f,     -65504,           65519};
    const float f16[] = {1, 1 + 4 / 2048.f, 1 + 2 / 2048.f, 0x1p-24f, 0, 0x1p-24f, -65504, 65504};
    memcpy(weights(m), in, sizeof in);
    CHECK_OK(ga_model_save(m, path, GA_F16, &err));
    CHECK_OK(ga_model_open(path, &r, &err));
    assert_memory_equal(weights(r), f16, sizeof f16);
    ga_model_free(r);
    /* BF16 has 8 bits: ties to even down and up, just above, and 65519 goes to 65536 */
    const float in2[] = {1 + 1 / 256.f, 1 + 3 / 256.f, 1 + 1.01f / 256, 65519};
    const float bf16[] = {1, 1 + 4 / 256.f, 1 + 2 / 256.f, 65536};
    memcpy(weights(m), in2, sizeof in2);
    CHECK_OK(ga_model_save(m, path, GA_BF16, &err));
    CHECK_OK(ga_model_open(path, &r, &err));
    assert_memory_equal(weights(r), bf16, sizeof bf16);
    ga_model_free(r);
    ga_model_free(m);
}

static void running_statistics_stay_f32(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model(1), *r;
    size_t n;
    ga_params_buffers(ga_model_params(m), &n)[3] = 1e-9f; /* 0 in F16 */
    CHECK_OK(ga_model_save(m, path, GA_F16, &err));
    CHECK_OK(ga_model_open(path, &r, &err));
    assert_true(ga_params_buffers(ga_model_params(r), &n)[3] == 1e-9f);
    ga_model_free(m);
    ga_model_free(r);
}

static void a_number_beyond_f16_is_refused_by_name_and_leaves_no_file(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model(1);
    weights(m)[5] = 70000;
    unlink(path);
    CHECK_FAILS(ga_model_save(m, path, GA_F16, &err), GA_EDATA, "'fc.weight' holds 70000");
    assert_int_equal(access(path, F_OK), -1);
    CHECK_OK(ga_model_save(m, path, GA_BF16, &err));
    CHECK_FAILS(ga_model_save(m, path, GA_I64, &err), GA_EINVAL, "I64");
    CHECK_FAILS(ga_model_save(m, "/nowhere/x.safetensors", GA_F32, &err), GA_EIO, "/nowhere");
    ga_model_free(m);
}

static void a_file_without_architecture_is_refused_with_the_way_out(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = (ga_model *)&err;
    const float x[2] = {1, 2};
    const ga_array a = {.name = "x", .dtype = GA_F32, .rank = 1, .dim = {2}, .count = 2, .data = x};
    CHECK_OK(ga_weights_write(path, GA_FORM_SAFETENSORS, &a, 1, NULL, &err));
    CHECK_FAILS(ga_model_open(path, &m, &err), GA_EDATA, "ganatomy model import --arch");
    assert_null(m);
    CHECK_FAILS(ga_model_open("/nowhere", &m, &err), GA_ENOTFOUND, "/nowhere");
}

/* The safetensors file of one array, with metadata that claims to be a model's. */
static void opens_badly(const char *metadata, ga_status status, const char *part)
{
    ga_err err;
    ga_model *m = (ga_model *)&err;
    static const float x[24] = {0};
    const ga_array a = {
        .name = "fc.weight", .dtype = GA_F32, .rank = 2, .dim = {8, 3}, .count = 24, .data = x};
    const char *const pairs[] = {"ganatomy", metadata, NULL};
    CHECK_OK(ga_weights_write(path, GA_FORM_SAFETENSORS, &a, 1, pairs, &err));
    CHECK_FAILS(ga_model_open(path, &m, &err), status, part);
    if (strstr(err.text, path) == NULL)
        fail_msg("\"%s\" does not name the file", err.text);
    assert_null(m);
}

static void wrong_metadata_is_refused_by_field(void **state)
{
    (void)state;
    char text[2048];
    opens_badly("{", GA_EDATA, "metadata 'ganatomy': line 1");
    opens_badly("{}", GA_EDATA, "'arch': is missing");
    opens_badly("{\"arch\":3}", GA_EDATA, "no architecture");
    opens_badly("{\"arch\":{},\"note\":{}}", GA_EDATA, "did you mean 'notes'");
    snprintf(text, sizeof text, "{\"arch\":%s,\"notes\":[]}", small);
    opens_badly(text, GA_EDATA, "'notes': is not an object");
    snprintf(text, sizeof text, "{\"arch\":%s,\"notes\":{\"seed\":3}}", small);
    opens_badly(text, GA_EDATA, "'seed': a note is not a string");
    snprintf(text, sizeof text, "{\"arch\":%s}", small);
    opens_badly(text, GA_EDATA, "missing: 'fc.bias' (8), 'bn.weight' (2)");
    /* 16 GiB of numbers that the file does not hold are not allocated */
    opens_badly(
        "{\"arch\":{\"format\":\"ganatomy-arch-1\",\"name\":\"n\",\"input\":{\"name\":"
        "\"z\",\"size\":65536,\"law\":\"normal\"},\"output\":{\"range\":[-1,1]},\"layers\":"
        "[{\"name\":\"fc\",\"type\":\"Linear\",\"in_features\":65536,\"out_features\":65536,"
        "\"bias\":false}]}}",
        GA_EDATA, "'fc.weight' is (8,3), expected (65536,65536)");
}

static void numbers_that_are_none_are_refused_and_counted(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model(1), *r;
    assert_int_equal(ga_model_count_nan(m), 0);
    weights(m)[2] = NAN;
    weights(m)[7] = NAN;
    weights(m)[9] = INFINITY;
    assert_int_equal(ga_model_count_nan(m), 2);
    CHECK_OK(ga_model_save(m, path, GA_BF16, &err));
    CHECK_FAILS(ga_model_open(path, &r, &err), GA_EDATA,
                "'fc.weight' holds 2 NaN and 1 infinite values among 24");
    assert_null(r);
    ga_model_free(m);
}

static void notes_are_set_replaced_and_taken_away(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model(1);
    assert_null(ga_model_note(m, "seed"));
    CHECK_OK(ga_model_set_note(m, "seed", "1", &err));
    CHECK_OK(ga_model_set_note(m, "seed", "2", &err));
    assert_string_equal(ga_model_note(m, "seed"), "2");
    CHECK_OK(ga_model_set_note(m, "seed", NULL, &err));
    assert_null(ga_model_note(m, "seed"));
    CHECK_FAILS(ga_model_set_note(m, "seed", "\xff\xfe", &err), GA_EINVAL, "'seed': no text");
    ga_model_free(m);
}

static void an_exported_model_has_the_same_numbers(void **state)
{
    (void)state;
    static const ga_weights_form forms[] = {GA_FORM_SAFETENSORS, GA_FORM_NPZ, GA_FORM_TORCH};
    ga_err err;
    ga_model *m = small_model(3);
    char want[65], got[65];
    ga_model_hash(m, want);
    for (size_t i = 0; i < 3; i++) {
        ga_model *r;
        const char *const paths[] = {path};
        CHECK_OK(ga_model_export(m, path, forms[i], &err));
        CHECK_OK(ga_model_import(ga_model_arch(m), paths, 1, &r, &err));
        ga_model_hash(r, got);
        assert_string_equal(got, want);
        ga_model_free(r);
    }
    CHECK_FAILS(ga_model_export(m, path, GA_FORM_NPY, &err), GA_EINVAL,
                "holds one array, and 'small' "
                "has 6");
    ga_model_free(m);
}

/* Whichever allocation fails: a sentence, no model, and (says the sanitizer) nothing lost. */
static void memory_that_runs_out_leaves_nothing_behind(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small_model(1), *r = NULL;
    ga_arch *wide;
    CHECK_OK(ga_model_save(m, path, GA_F16, &err));
    long n = 0;
    for (ga_status s = GA_ENOMEM; s != GA_OK; n++) {
        ga_mem_fail_after(n);
        s = ga_model_open(path, &r, &err);
        ga_mem_fail_after(-1);
        if (s != GA_OK && (s != GA_ENOMEM || r != NULL))
            fail_msg("allocation %ld: status %d (%s)", n, s, err.text);
    }
    assert_true(n > 10);
    ga_model_free(r);
    n = 0;
    for (ga_status s = GA_ENOMEM; s != GA_OK; n++) {
        ga_mem_fail_after(n);
        s = ga_arch_with_latent(ga_model_arch(m), 9, &wide, &err);
        ga_mem_fail_after(-1);
        if (s != GA_OK && (s != GA_ENOMEM || wide != NULL))
            fail_msg("allocation %ld: status %d (%s)", n, s, err.text);
    }
    ga_arch_free(wide);
    n = 0;
    for (ga_status s = GA_ENOMEM; s != GA_OK; n++) {
        ga_mem_fail_after(n);
        s = ga_model_save(m, other, GA_F16, &err);
        ga_mem_fail_after(-1);
        if (s != GA_OK && s != GA_ENOMEM)
            fail_msg("allocation %ld: status %d (%s)", n, s, err.text);
    }
    same_files(path, other);
    ga_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_comes_back_as_it_was_saved),
        cmocka_unit_test(a_header_of_any_length_is_read),
        cmocka_unit_test(the_hash_is_of_architecture_and_numbers_only),
        cmocka_unit_test(rounding_to_16_bits_keeps_what_16_bits_can_hold),
        cmocka_unit_test(rounding_to_16_bits_is_to_the_nearest_and_even),
        cmocka_unit_test(running_statistics_stay_f32),
        cmocka_unit_test(a_number_beyond_f16_is_refused_by_name_and_leaves_no_file),
        cmocka_unit_test(a_file_without_architecture_is_refused_with_the_way_out),
        cmocka_unit_test(wrong_metadata_is_refused_by_field),
        cmocka_unit_test(numbers_that_are_none_are_refused_and_counted),
        cmocka_unit_test(notes_are_set_replaced_and_taken_away),
        cmocka_unit_test(memory_that_runs_out_leaves_nothing_behind),
        cmocka_unit_test(an_exported_model_has_the_same_numbers),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
