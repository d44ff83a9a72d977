#include "ganatomy/model.h"
#include <unistd.h>
#include "check.h"

/* Two pieces of one layer each: a.weight (2,3), a.bias (2); b.weight (1,2), b.bias (1). */
static const char text[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"pair\","
    "\"input\":{\"name\":\"z\",\"size\":3,\"law\":\"normal\"},\"output\":{\"range\":[-1,1]},"
    "\"pieces\":[\"a.\",\"b.\"],\"layers\":["
    "{\"name\":\"a\",\"type\":\"Linear\",\"in_features\":3,\"out_features\":2},"
    "{\"name\":\"b\",\"type\":\"Linear\",\"in_features\":2,\"out_features\":1}]}";

static char folder[] = P_tmpdir "/ganatomy-import-XXXXXX";
static char path[128], path2[128];
static ga_arch *arch;

static const float numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/weights.npz", folder);
    snprintf(path2, sizeof path2, "%s/more.npz", folder);
    return ga_arch_parse(text, sizeof text - 1, "pair", &arch, NULL) == GA_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ga_arch_free(arch);
    unlink(path);
    unlink(path2);
    return rmdir(folder);
}

static ga_array array(const char *name, int rank, int64_t d0, int64_t d1, const float *data)
{
    ga_array a = {.name = name, .dtype = GA_F32, .rank = rank, .dim = {d0, d1}, .data = data};
    a.count = rank == 0 ? 1 : (size_t)(d0 * (rank > 1 ? d1 : 1));
    return a;
}

/* The network's four arrays with prefix before their names; strings live in names. */
static void four(ga_array *a, char names[4][64], const char *prefix, const float *from)
{
    static const char *const keys[] = {"a.weight", "a.bias", "b.weight", "b.bias"};
    for (int i = 0; i < 4; i++)
        snprintf(names[i], 64, "%s%s", prefix, keys[i]);
    a[0] = array(names[0], 2, 2, 3, from);
    a[1] = array(names[1], 1, 2, 0, from + 6);
    a[2] = array(names[2], 2, 1, 2, from + 8);
    a[3] = array(names[3], 1, 1, 0, from + 10);
}

static void write_npz(const char *to, const ga_array *a, int n)
{
    ga_err err;
    CHECK_OK(ga_weights_write(to, GA_FORM_NPZ, a, n, NULL, &err));
}

static void imports(const float *want)
{
    ga_err err;
    ga_model *m;
    size_t n;
    const char *const paths[] = {path};
    CHECK_OK(ga_model_import(arch, paths, 1, &m, &err));
    const float *got = ga_params_weights(ga_model_params(m), &n);
    assert_int_equal(n, 11);
    assert_memory_equal(got, want, 11 * sizeof(float));
    ga_model_free(m);
}

static void refuses(const char *const *paths, int n, ga_status status, const char *part)
{
    ga_err err;
    ga_model *m = (ga_model *)&err;
    CHECK_FAILS(ga_model_import(arch, paths, n, &m, &err), status, part);
    assert_null(m);
}

static void plain_keys_fit(void **state)
{
    (void)state;
    ga_array a[4];
    char names[4][64];
    four(a, names, "", numbers);
    write_npz(path, a, 4);
    imports(numbers);
}

static void wrappers_are_taken_off(void **state)
{
    (void)state;
    static const char *const prefixes[] = {
        "state_dict.", "model.", "g_ema.",      "generator.",
        "module.",     "netG.",  "params.net.", "state_dict.module."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        ga_array a[4];
        char names[4][64];
        four(a, names, prefixes[i], numbers);
        write_npz(path, a, 4);
        imports(numbers);
    }
}

static void what_stands_beside_the_network_is_left_out(void **state)
{
    (void)state;
    ga_array a[7];
    char names[4][64];
    four(a, names, "netG.", numbers);
    a[4] = array("netD.a.weight", 2, 1, 1, numbers);
    a[5] = array("optimizer.0.exp_avg", 1, 4, 0, numbers);
    a[6] = array("epoch", 0, 0, 0, numbers);
    write_npz(path, a, 7);
    imports(numbers);
}

static void averaged_weights_win_over_raw_ones(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        ga_array a[8];
        char names[8][64];
        four(a + 4 * order, names + 4 * order, "G.", numbers);
        four(a + 4 * (1 - order), names + 4 * (1 - order), "G_ema.", numbers + 1);
        write_npz(path, a, 8);
        imports(numbers + 1);
    }
}

static void two_networks_in_one_file_are_refused(void **state)
{
    (void)state;
    ga_array a[8];
    char names[8][64];
    four(a, names, "netG_A.", numbers);
    four(a + 4, names + 4, "netG_B.", numbers);
    write_npz(path, a, 8);
    refuses((const char *const[]){path}, 1, GA_EDATA, "under 'netG_A.' and under 'netG_B.'");
}

static void counters_of_batch_norm_are_ignored(void **state)
{
    (void)state;
    ga_array a[5];
    char names[4][64];
    four(a, names, "", numbers);
    a[4] = array("a.num_batches_tracked", 0, 0, 0, numbers);
    write_npz(path, a, 5);
    imports(numbers);
}

static void pieces_get_their_prefix_in_order(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m;
    size_t n;
    const ga_array a[] = {array("state_dict.weight", 2, 2, 3, numbers),
                          array("state_dict.bias", 1, 2, 0, numbers + 6)};
    const ga_array b[] = {array("weight", 2, 1, 2, numbers + 8),
                          array("bias", 1, 1, 0, numbers + 10)};
    write_npz(path, a, 2);
    write_npz(path2, b, 2);
    CHECK_OK(ga_model_import(arch, (const char *const[]){path, path2}, 2, &m, &err));
    assert_memory_equal(ga_params_weights(ga_model_params(m), &n), numbers, 11 * sizeof(float));
    assert_string_equal(ga_model_note(m, "origin"), "weights.npz, more.npz (NumPy npz)");
    ga_model_free(m);
    refuses((const char *const[]){path2, path}, 2, GA_EDATA,
            "of another shape: 'weight' is (1,2), expected (2,3), 'bias' is (1), expected (2)");
    refuses((const char *const[]){path, path2, path}, 3, GA_EINVAL,
            "3 weight files were given, expected 1, or one for each of its 2 pieces");
    refuses(NULL, 0, GA_EINVAL, "no weight files");
    refuses((const char *const[]){path}, 1, GA_EDATA, "missing: 'a.weight' (2,3)");
}

static void all_keys_that_do_not_fit_are_named_with_their_shapes(void **state)
{
    (void)state;
    const ga_array a[] = {array("a.weight", 2, 3, 2, numbers), array("a.bias", 1, 2, 0, numbers),
                          array("b.wait", 2, 1, 2, numbers), array("c", 0, 0, 0, numbers)};
    write_npz(path, a, 4);
    const char *const paths[] = {path};
    refuses(paths, 1, GA_EDATA, "weights.npz: keys do not fit 'pair'; ");
    refuses(paths, 1, GA_EDATA, "missing: 'b.weight' (1,2), 'b.bias' (1); ");
    refuses(paths, 1, GA_EDATA, "unexpected: 'b.wait' (1,2), 'c' (); ");
    refuses(paths, 1, GA_EDATA, "of another shape: 'a.weight' is (3,2), expected (2,3)");
}

/* "la.weight" ends in "a.weight", but nobody wrapped "a.weight" in "l". */
static void a_prefix_ends_at_a_dot(void **state)
{
    (void)state;
    ga_array a[4];
    char names[4][64];
    four(a, names, "l", numbers);
    write_npz(path, a, 4);
    refuses((const char *const[]){path}, 1, GA_EDATA, "unexpected: 'la.weight' (2,3)");
}

static void a_shape_of_another_rank_is_refused(void **state)
{
    (void)state;
    ga_array a[4];
    char names[4][64];
    four(a, names, "", numbers);
    a[0] = array("a.weight", 1, 2, 0, numbers);
    write_npz(path, a, 4);
    refuses((const char *const[]){path}, 1, GA_EDATA, "'a.weight' is (2), expected (2,3)");
}

/* What ga_model_misfits tells, a line each. */
static void note_misfit(void *user, const ga_misfit *m)
{
    char found[GA_SHAPE_WORDS] = "-", expected[GA_SHAPE_WORDS] = "-", *told = user;
    if (m->found)
        ga_shape_words(m->found_rank, m->found_dim, found);
    if (m->expected)
        ga_shape_words(m->expected_rank, m->expected_dim, expected);
    assert_true(strcmp(m->file, path) == 0 || strcmp(m->file, path2) == 0);
    snprintf(told + strlen(told), 8000 - strlen(told), "%s%s found %s expected %s\n",
             strcmp(m->file, path2) == 0 ? "2: " : "", m->key, found, expected);
}

static void a_long_list_is_cut_with_the_count_of_the_rest(void **state)
{
    (void)state;
    ga_array a[104];
    char names[4][64], more[100][32];
    four(a, names, "", numbers);
    for (int i = 0; i < 100; i++) {
        snprintf(more[i], sizeof more[i], "unexpected.key.%d", i);
        a[4 + i] = array(more[i], 1, 1, 0, numbers);
    }
    write_npz(path, a, 104);
    refuses((const char *const[]){path}, 1, GA_EDATA, "'unexpected.key.0' (1), ");
    ga_err err;
    ga_model *m;
    CHECK_FAILS(ga_model_import(arch, (const char *const[]){path}, 1, &m, &err), GA_EDATA, " more");
    /* those shown and the count of the rest are 100 together */
    int shown = 0, rest = 0;
    for (const char *s = err.text; (s = strstr(s, "unexpected.key.")) != NULL; s++)
        shown++;
    assert_int_equal(sscanf(strstr(err.text, " and "), " and %d more", &rest), 1);
    assert_int_equal(shown + rest, 100);
    assert_true(shown >= 5);
    char told[8000] = ""; /* asked for one by one, all are told */
    CHECK_OK(ga_model_misfits(arch, (const char *const[]){path}, 1, note_misfit, told, &err));
    for (int i = 0; i < 100; i++)
        assert_non_null(strstr(told, more[i]));
}

static void every_misfit_is_told_with_both_shapes_over_all_files(void **state)
{
    (void)state;
    ga_err err;
    char told[8000] = "";
    const ga_array a[] = {array("a.weight", 2, 3, 2, numbers), array("a.bias", 1, 2, 0, numbers),
                          array("b.wait", 2, 1, 2, numbers), array("c", 0, 0, 0, numbers)};
    write_npz(path, a, 4);
    CHECK_OK(ga_model_misfits(arch, (const char *const[]){path}, 1, note_misfit, told, &err));
    assert_string_equal(told, "a.weight found (3,2) expected (2,3)\n"
                              "b.weight found - expected (1,2)\n"
                              "b.bias found - expected (1)\n"
                              "b.wait found (1,2) expected -\n"
                              "c found () expected -\n");
    /* pieces: both files, not only the first that is wrong */
    const ga_array one[] = {array("weight", 2, 2, 2, numbers), array("bias", 1, 2, 0, numbers)},
                   two[] = {array("weight", 2, 1, 2, numbers)};
    write_npz(path, one, 2);
    write_npz(path2, two, 1);
    told[0] = 0;
    CHECK_OK(ga_model_misfits(arch, (const char *const[]){path, path2}, 2, note_misfit, told, &err));
    assert_string_equal(told, "weight found (2,2) expected (2,3)\n2: bias found - expected (1)\n");
    ga_array whole[4];
    char names[4][64];
    four(whole, names, "g_ema.", numbers);
    write_npz(path, whole, 4);
    told[0] = 0;
    CHECK_OK(ga_model_misfits(arch, (const char *const[]){path}, 1, note_misfit, told, &err));
    assert_string_equal(told, "");
    CHECK_FAILS(ga_model_misfits(arch, (const char *const[]){"gone.npz"}, 1, note_misfit, told, &err),
                GA_ENOTFOUND, "gone.npz");
}

static void numbers_that_are_none_are_refused_by_key(void **state)
{
    (void)state;
    ga_array a[4];
    char names[4][64];
    float broken[12];
    memcpy(broken, numbers, sizeof broken);
    broken[6] = NAN;
    four(a, names, "state_dict.", broken);
    write_npz(path, a, 4);
    refuses((const char *const[]){path}, 1, GA_EDATA,
            "'state_dict.a.bias' holds 1 NaN and 0 infinite values among 2");
    broken[6] = -INFINITY;
    write_npz(path, a, 4);
    refuses((const char *const[]){path}, 1, GA_EDATA, "holds 0 NaN and 1 infinite");
}

static void double_precision_and_halves_are_read_as_floats(void **state)
{
    (void)state;
    ga_array a[4];
    char names[4][64];
    const double doubles[] = {1, 2, 3, 4, 5, 6};
    const uint16_t halves[] = {0x4700, 0x4800}; /* 7, 8 in F16 */
    four(a, names, "", numbers);
    a[0].dtype = GA_F64;
    a[0].data = doubles;
    a[1].dtype = GA_F16;
    a[1].data = halves;
    write_npz(path, a, 4);
    imports(numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_keys_fit),
        cmocka_unit_test(wrappers_are_taken_off),
        cmocka_unit_test(what_stands_beside_the_network_is_left_out),
        cmocka_unit_test(averaged_weights_win_over_raw_ones),
        cmocka_unit_test(two_networks_in_one_file_are_refused),
        cmocka_unit_test(counters_of_batch_norm_are_ignored),
        cmocka_unit_test(pieces_get_their_prefix_in_order),
        cmocka_unit_test(all_keys_that_do_not_fit_are_named_with_their_shapes),
        cmocka_unit_test(a_prefix_ends_at_a_dot),
        cmocka_unit_test(a_shape_of_another_rank_is_refused),
        cmocka_unit_test(a_long_list_is_cut_with_the_count_of_the_rest),
        cmocka_unit_test(every_misfit_is_told_with_both_shapes_over_all_files),
        cmocka_unit_test(numbers_that_are_none_are_refused_by_key),
        cmocka_unit_test(double_precision_and_halves_are_read_as_floats),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
