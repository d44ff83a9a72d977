/* The words for classes: names, numbers and ranges, and the class behind a latent. */
#include "app/latent_arg.h"
#include "base/alloc.h"
#include "models.h"
#include <unistd.h>

enum { Z = 4 };

static ga_model *plain, *named, *unnamed;
static const char *const names[] = {"T-shirt/top", "Trouser", "2"};
static char folder[] = "/tmp/label_arg_XXXXXX", file[64];

static ga_model *open_model(const char *json)
{
    char path[512];
    snprintf(path, sizeof path, GA_SOURCE_DIR "/tests/data/small/%s.json", json);
    return model_named(path);
}

static int set_up(void **state)
{
    (void)state;
    ga_err err;
    const float data[2 * Z] = {1, 2, 3, 4, 5, 6, 7, 8};
    const ga_array a = {
        .name = "z", .dtype = GA_F32, .rank = 2, .dim = {2, Z}, .count = 2 * Z, .data = data};
    plain = open_model("generator");
    named = open_model("conditional");
    unnamed = open_model("conditional");
    CHECK_OK(ga_model_set_class_names(named, names, 3, &err));
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(file, sizeof file, "%s/me@home.npy", folder);
    CHECK_OK(ga_weights_write(file, GA_FORM_NPY, &a, 1, NULL, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ga_model_free(plain);
    ga_model_free(named);
    ga_model_free(unnamed);
    remove(file);
    return remove(folder);
}

static void a_class_is_a_name_or_a_number(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int label;
    } cases[] = {{"T-shirt/top", 0}, {"trouser", 1}, {"TROUSER", 1}, {"2", 2}, {"1", 1}, {"0", 0}};
    ga_err err;
    int32_t label = 7;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_OK(ga_label_parse(cases[i].word, named, &label, &err));
        assert_int_equal(label, cases[i].label);
    }
    CHECK_OK(ga_label_parse("2", unnamed, &label, &err));
    CHECK_FAILS(ga_label_parse("Trousers", named, &label, &err), GA_EINVAL,
                "there is no class 'Trousers' (did you mean 'Trouser'?): 'conditional' draws 0 to 2 "
                "(T-shirt/top, Trouser, 2)");
    CHECK_FAILS(ga_label_parse("3", unnamed, &label, &err), GA_EINVAL,
                "there is no class '3': 'conditional' draws 0 to 2");
    CHECK_FAILS(ga_label_parse("-1", unnamed, &label, &err), GA_EINVAL, "there is no class '-1'");
    CHECK_FAILS(ga_label_parse("1.0", unnamed, &label, &err), GA_EINVAL, "there is no class '1.0'");
    CHECK_FAILS(ga_label_parse("", named, &label, &err), GA_EINVAL, "there is no class ''");
    CHECK_FAILS(ga_label_parse("0", plain, &label, &err), GA_EINVAL,
                "'generator' draws no classes: a label means nothing to it");
    assert_int_equal(label, 2); /* as it was */
}

static void a_class_is_told_with_its_name(void **state)
{
    (void)state;
    char buf[GA_LABEL_WORDS];
    assert_string_equal(ga_label_words(named, 1, buf, sizeof buf), "class 1, 'Trouser'");
    assert_string_equal(ga_label_words(named, 2, buf, sizeof buf), "class 2"); /* its name */
    assert_string_equal(ga_label_words(unnamed, 1, buf, sizeof buf), "class 1");
}

/* A name wins over a number: of a set of the classes 7 and 3 alone, "7" is class 0. */
static void a_name_that_is_a_number_is_a_name(void **state)
{
    (void)state;
    ga_err err;
    int32_t label;
    ga_model *m = open_model("conditional");
    CHECK_OK(ga_model_set_class_names(m, (const char *const[]){"2", "7", "3"}, 3, &err));
    CHECK_OK(ga_label_parse("2", m, &label, &err));
    assert_int_equal(label, 0);
    CHECK_OK(ga_label_parse("7", m, &label, &err));
    assert_int_equal(label, 1);
    CHECK_OK(ga_label_parse("1", m, &label, &err)); /* no name: the number */
    assert_int_equal(label, 1);
    ga_model_free(m);
}

static void lists_of_classes_keep_their_order(void **state)
{
    (void)state;
    ga_err err;
    int32_t *labels;
    int n;
    CHECK_OK(ga_labels_parse("2,0-1,Trouser,T-shirt/top,1-1", named, &labels, &n, &err));
    assert_int_equal(n, 6);
    assert_memory_equal(labels, ((const int32_t[]){2, 0, 1, 1, 0, 1}), 6 * sizeof *labels);
    ga_mem_free(labels);
    static const char *const bad[] = {"", "0,", ",0", "0-3", "3", "0-", "-1", "a-b", "0 1", "0;1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS(ga_labels_parse(bad[i], unnamed, &labels, &n, &err), GA_EINVAL,
                    "there is no class '");
        assert_null(labels);
    }
    CHECK_FAILS(ga_labels_parse("2-1", unnamed, &labels, &n, &err), GA_EINVAL,
                "'2-1' is no range: it ends before it begins");
    CHECK_FAILS(ga_labels_parse("0", plain, &labels, &n, &err), GA_EINVAL,
                "'generator' draws no classes: a label means nothing to it");
}

static void the_mark_is_behind_a_whole_latent(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int at; /* -1: none */
    } cases[] = {{"id:17@3", 5},
                 {"0.5,-1e-3,2,+1@T-shirt/top", 14},
                 {"f.npy:2@a@b", 7},
                 {"f.npy@2", 5},
                 {"me@home.npy:1", -1},
                 {"me@home.npy:1@2", 13},
                 {"me@home.npy@2", 11},
                 {"id:17", -1},
                 {"@3", -1},
                 {"id:@3", -1},
                 {"a@b/c.npy:0@1", 11},
                 {"id:1@", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *mark = ga_label_mark(cases[i].text);
        if ((mark == NULL ? -1 : (int)(mark - cases[i].text)) != cases[i].at)
            fail_msg("'%s': mark '%s'", cases[i].text, mark != NULL ? mark : "none");
    }
}

static void a_latent_may_carry_its_class(void **state)
{
    (void)state;
    ga_err err;
    float z[Z], want[Z];
    int32_t label = -1;
    char word[128];
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 7, 2, 1, Z, want, &err));
    CHECK_OK(ga_latent_parse("id:2@1", unnamed, 7, z, &label, &err));
    assert_memory_equal(z, want, sizeof z);
    assert_int_equal(label, 1);
    CHECK_OK(ga_latent_parse("1,2,3,4@T-shirt/top", named, 7, z, &label, &err));
    assert_int_equal(label, 0);
    assert_true(z[3] == 4);
    snprintf(word, sizeof word, "%s:1@trouser", file);
    CHECK_OK(ga_latent_parse(word, named, 7, z, &label, &err));
    assert_int_equal(label, 1);
    assert_true(z[0] == 5);
    label = 2; /* where the word names none, the class that was there */
    CHECK_OK(ga_latent_parse("id:2", named, 7, z, &label, &err));
    assert_int_equal(label, 2);
    label = 2;
    CHECK_OK(ga_latent_parse("id:2", plain, 7, z, &label, &err));
    assert_int_equal(label, -1);

    label = -1;
    CHECK_FAILS(ga_latent_parse("id:2", unnamed, 7, z, &label, &err), GA_EINVAL,
                "latent 'id:2': of which class? 'conditional' draws 0 to 2: say it as in id:2@0");
    CHECK_FAILS(ga_latent_parse("id:2", named, 7, z, &label, &err), GA_EINVAL,
                "say it as in id:2@0 or @T-shirt/top");
    CHECK_FAILS(ga_latent_parse("id:2@1", plain, 7, z, &label, &err), GA_EINVAL,
                "latent 'id:2@1': 'generator' draws no classes, so '@1' means nothing to it");
    CHECK_FAILS(ga_latent_parse("id:2@3", unnamed, 7, z, &label, &err), GA_EINVAL,
                "latent 'id:2@3': there is no class '3'");
    CHECK_FAILS(ga_latent_parse("id:2@", unnamed, 7, z, &label, &err), GA_EINVAL,
                "there is no class ''");
    CHECK_FAILS(ga_latent_parse("1,2,3@0", unnamed, 7, z, &label, &err), GA_EINVAL,
                "latent '1,2,3' has 3 values, the model reads 4");
}

static void rows_of_a_file_share_a_class(void **state)
{
    (void)state;
    ga_err err;
    ga_latent_set set;
    char word[128];
    snprintf(word, sizeof word, "%s@2", file);
    CHECK_OK(ga_latent_set_read(word, unnamed, &set, &err));
    assert_int_equal(set.n, 2);
    assert_true(set.z[4] == 5);
    assert_memory_equal(set.labels, ((const int32_t[]){2, 2}), 2 * sizeof *set.labels);
    ga_latent_set_free(&set);
    assert_null(set.z);
    CHECK_OK(ga_latent_set_read(file, plain, &set, &err));
    assert_null(set.labels);
    ga_latent_set_free(&set);
    CHECK_FAILS(ga_latent_set_read(word, plain, &set, &err), GA_EINVAL, "draws no classes");
    CHECK_FAILS(ga_latent_set_read(file, unnamed, &set, &err), GA_EINVAL, "of which class?");
    assert_null(set.z);
    CHECK_OK(ga_latent_set_parse("id:2@1", unnamed, 7, &set, &err));
    assert_int_equal(set.labels[0], 1);
    ga_latent_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_is_a_name_or_a_number),
        cmocka_unit_test(a_class_is_told_with_its_name),
        cmocka_unit_test(a_name_that_is_a_number_is_a_name),
        cmocka_unit_test(lists_of_classes_keep_their_order),
        cmocka_unit_test(the_mark_is_behind_a_whole_latent),
        cmocka_unit_test(a_latent_may_carry_its_class),
        cmocka_unit_test(rows_of_a_file_share_a_class),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
