/* The words for latents, lists and models: every form read, every mistake named. */
#include "models.h"
#include "app/latent_arg.h"
#include "base/alloc.h"
#include "base/file.h"
#include <sys/stat.h>
#include <unistd.h>

enum { Z = 4 };

static ga_model *model;
static char folder[] = "/tmp/latent_arg_XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    ga_err err;
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    model = model_named(GA_SOURCE_DIR "/tests/data/small/generator.json");
    CHECK_OK(ga_model_save(model, in_folder("g.safetensors"), GA_F32, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[160];
    ga_model_free(model);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* ---- latents ----------------------------------------------------------------------------------*/

static void numbers_are_taken_as_they_stand(void **state)
{
    (void)state;
    ga_err err;
    int32_t label = -1;
    float z[Z];
    const float wanted[Z] = {0.5f, -1.25f, 3e-3f, 0};
    assert_int_equal(ga_latent_size(model), Z);
    CHECK_OK(ga_latent_parse("0.5,-1.25,3e-3,0", model, 1, z, &label, &err));
    assert_memory_equal(z, wanted, sizeof z);
    CHECK_OK(
        ga_latent_parse("3.4e38,-3.4e38,1e-60,0", model, 1, z, &label, &err)); /* the ends of f32 */
    assert_true(z[0] == 3.4e38f && z[1] == -3.4e38f && z[2] == 0);
}

static void an_id_is_that_row_of_the_stream(void **state)
{
    (void)state;
    ga_err err;
    int32_t label = -1;
    float z[Z], rows[3 * Z];
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 7, 0, 3, Z, rows, &err));
    CHECK_OK(ga_latent_parse("id:2", model, 7, z, &label, &err));
    assert_memory_equal(z, rows + 2 * Z, sizeof z);
    CHECK_OK(ga_latent_parse("id:0", model, 7, z, &label, &err));
    assert_memory_equal(z, rows, sizeof z);
    CHECK_FAILS(ga_latent_parse("id:", model, 7, z, &label, &err), GA_EINVAL,
                "latent 'id:': an id is");
    CHECK_FAILS(ga_latent_parse("id:-1", model, 7, z, &label, &err), GA_EINVAL,
                "an id is a whole number");
    CHECK_FAILS(ga_latent_parse("id:1.5", model, 7, z, &label, &err), GA_EINVAL,
                "an id is a whole number");
    CHECK_FAILS(ga_latent_parse("id:1000000001", model, 7, z, &label, &err), GA_EINVAL,
                "0 to 10^9");
}

static void what_is_no_latent_is_said(void **state)
{
    (void)state;
    ga_err err;
    int32_t label = -1;
    float z[Z];
    char long_word[200];
    CHECK_FAILS(ga_latent_parse("1,2,3", model, 1, z, &label, &err), GA_EINVAL,
                "latent '1,2,3' has 3 values, the model reads 4");
    CHECK_FAILS(ga_latent_parse("1,2,3,4,5", model, 1, z, &label, &err), GA_EINVAL,
                "latent '1,2,3,4,5' has 5 values, the model reads 4");
    CHECK_FAILS(ga_latent_parse("", model, 1, z, &label, &err), GA_EINVAL, "'' is not a number");
    CHECK_FAILS(ga_latent_parse("1,2,3,", model, 1, z, &label, &err), GA_EINVAL,
                "'' is not a number");
    CHECK_FAILS(ga_latent_parse("1, 2,3x,4", model, 1, z, &label, &err), GA_EINVAL,
                "is not a number");
    CHECK_FAILS(ga_latent_parse("1,2,3,nan", model, 1, z, &label, &err), GA_EINVAL,
                "'nan' is not a number");
    CHECK_FAILS(ga_latent_parse("1,2,3,inf", model, 1, z, &label, &err), GA_EINVAL,
                "'inf' is not a number");
    CHECK_FAILS(ga_latent_parse("1,2,3,4e38", model, 1, z, &label, &err), GA_EINVAL,
                "4e38 is beyond 32-bit floats");
    memset(long_word, '1', sizeof long_word);
    long_word[sizeof long_word - 1] = 0;
    CHECK_FAILS(ga_latent_parse(long_word, model, 1, z, &label, &err), GA_EINVAL,
                "value 0 is not a number");
}

static void rows_of_a_file_are_latents(void **state)
{
    (void)state;
    ga_err err;
    int32_t label = -1;
    float z[Z];
    ga_latent_set set;
    const float data[2 * Z] = {1, 2, 3, 4, 5, 6, 7, 8};
    const double doubles[Z] = {0.5, 1e300, 0, 0};
    ga_array a = {
        .name = "z", .dtype = GA_F32, .rank = 2, .dim = {2, Z}, .count = 2 * Z, .data = data};
    CHECK_OK(ga_weights_write(in_folder("two.npy"), GA_FORM_NPY, &a, 1, NULL, &err));
    CHECK_OK(ga_latent_set_read(in_folder("two.npy"), model, &set, &err));
    assert_int_equal(set.n, 2);
    assert_memory_equal(set.z, data, sizeof data);
    assert_null(set.labels);
    ga_latent_set_free(&set);
    char word[160];
    snprintf(word, sizeof word, "%s:1", in_folder("two.npy"));
    CHECK_OK(ga_latent_parse(word, model, 1, z, &label, &err));
    assert_memory_equal(z, data + Z, sizeof z);
    word[strlen(word) - 1] = '2';
    CHECK_FAILS(ga_latent_parse(word, model, 1, z, &label, &err), GA_EINVAL,
                "has no row 2: its rows are 0 to 1");
    word[strlen(word) - 1] = 'x';
    CHECK_FAILS(ga_latent_parse(word, model, 1, z, &label, &err), GA_EINVAL,
                "'x' is not a row number");
    CHECK_FAILS(ga_latent_parse(in_folder("two.npy"), model, 1, z, &label, &err), GA_EINVAL,
                "which row?");
    CHECK_FAILS(ga_latent_parse("/no/such.npy:0", model, 1, z, &label, &err), GA_ENOTFOUND,
                "/no/such.npy");

    a.rank = 1; /* one latent alone */
    a.dim[0] = Z;
    a.count = Z;
    CHECK_OK(ga_weights_write(in_folder("one.npy"), GA_FORM_NPY, &a, 1, NULL, &err));
    CHECK_OK(ga_latent_set_read(in_folder("one.npy"), model, &set, &err));
    assert_int_equal(set.n, 1);
    ga_latent_set_free(&set);

    a = (ga_array){
        .name = "z", .dtype = GA_F32, .rank = 2, .dim = {4, 2}, .count = 8, .data = data};
    CHECK_OK(ga_weights_write(in_folder("wrong.npy"), GA_FORM_NPY, &a, 1, NULL, &err));
    CHECK_FAILS(ga_latent_set_read(in_folder("wrong.npy"), model, &set, &err), GA_ESHAPE,
                "holds rows of 2 values, the model reads latents of 4");
    assert_null(set.z);
    a = (ga_array){
        .name = "z", .dtype = GA_F64, .rank = 1, .dim = {Z}, .count = Z, .data = doubles};
    CHECK_OK(ga_weights_write(in_folder("far.npy"), GA_FORM_NPY, &a, 1, NULL, &err));
    CHECK_FAILS(ga_latent_set_read(in_folder("far.npy"), model, &set, &err), GA_EDATA,
                "value 1 of row 0 is not a number that fits 32-bit floats");
    assert_null(set.z);
    CHECK_FAILS(ga_latent_set_read(in_folder("g.safetensors"), model, &set, &err), GA_ESHAPE,
                "is not one array of shape (n,4)");
}

/* ---- lists ------------------------------------------------------------------------------------*/

static void lists_keep_their_order(void **state)
{
    (void)state;
    ga_err err;
    uint64_t *ids;
    int n;
    const uint64_t wanted[] = {3, 0, 1, 2, 9, 9};
    CHECK_OK(ga_ids_parse("3,0-2,9,9-9", &ids, &n, &err));
    assert_int_equal(n, 6);
    assert_memory_equal(ids, wanted, sizeof wanted);
    ga_mem_free(ids);
    static const char *const bad[] = {"",
                                      "a",
                                      "1,",
                                      ",1",
                                      "1-",
                                      "-1",
                                      "3-1",
                                      "1--2",
                                      "1 2",
                                      "1-2-3",
                                      "1;2",
                                      "0x10",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS(ga_ids_parse(bad[i], &ids, &n, &err), GA_EINVAL,
                    "is not a list of numbers and ranges like 0-7,12,20-31");
        assert_null(ids);
    }
    CHECK_OK(ga_ids_parse("0-999999", &ids, &n, &err));
    assert_int_equal(n, 1000000);
    ga_mem_free(ids);
    CHECK_FAILS(ga_ids_parse("0-999999,5", &ids, &n, &err), GA_EINVAL,
                "lists more than 1000000 numbers");
}

static void units_are_there_and_listed_once(void **state)
{
    (void)state;
    ga_err err;
    int *units, n;
    CHECK_OK(ga_units_parse("7,0-2", 8, &units, &n, &err));
    assert_int_equal(n, 4);
    assert_int_equal(units[0], 7);
    assert_int_equal(units[3], 2);
    ga_mem_free(units);
    CHECK_FAILS(ga_units_parse("8", 8, &units, &n, &err), GA_EINVAL,
                "there is no unit 8: units are 0 to 7");
    assert_null(units);
    CHECK_FAILS(ga_units_parse("1,0-2", 8, &units, &n, &err), GA_EINVAL, "unit 1 is listed twice");
}

/* ---- models -----------------------------------------------------------------------------------*/

static ga_status look_for_models(ga_request *rq, ga_err *outer)
{
    (void)outer;
    ga_err err;
    ga_model *m;
    char path[160];
    snprintf(path, sizeof path, "%s", in_folder("g.safetensors"));
    CHECK_OK(ga_app_generator(rq, path, &m, &err));
    ga_model_free(m);
    assert_int_equal(mkdir(in_folder("models"), 0700), 0);
    CHECK_OK(ga_model_save(model, in_folder("models/mine.safetensors"), GA_F32, &err));
    CHECK_OK(ga_app_model(rq, "mine", &m, &err));
    ga_model_free(m);
    CHECK_FAILS(ga_app_model(rq, "yours", &m, &err), GA_ENOTFOUND,
                "no model 'yours': no such file");
    assert_null(m);
    CHECK_FAILS(ga_app_model(rq, "../models/mine", &m, &err), GA_ENOTFOUND, "no such file");
    CHECK_FAILS(ga_app_model(rq, in_folder("models"), &m, &err), GA_EINVAL, "is a folder");
    CHECK_OK(ga_file_write(in_folder("models/broken.safetensors"), "x", 1, &err));
    CHECK_FAILS(ga_app_model(rq, "broken", &m, &err), GA_EDATA, "broken.safetensors");

    m = model_named(GA_SOURCE_DIR "/tests/data/small/classifier.json");
    CHECK_OK(ga_model_save(m, in_folder("models/reader.safetensors"), GA_F32, &err));
    ga_model_free(m);
    CHECK_FAILS(ga_app_generator(rq, "reader", &m, &err), GA_EINVAL, "'reader' reads pictures");
    assert_null(m);
    return GA_OK;
}

static void models_are_found_by_path_and_by_name(void **state)
{
    (void)state;
    static const ga_field no_fields[] = {{.name = NULL}};
    static const ga_verb verb = {.name = "v",
                                 .summary = "s",
                                 .description = "d",
                                 .fields = no_fields,
                                 .run = look_for_models};
    static const ga_request_sink silent = {.user = NULL};
    ga_err err;
    ga_request *rq;
    CHECK_OK(ga_request_create(&verb, &silent, &rq, &err));
    CHECK_OK(ga_request_set(rq, "home", folder, &err));
    CHECK_OK(ga_request_run(rq, &err));
    ga_request_free(rq);
}

static void norm_modes_have_names(void **state)
{
    (void)state;
    assert_int_equal(ga_bn_parse("running"), GA_BN_RUNNING);
    assert_int_equal(ga_bn_parse("batch"), GA_BN_BATCH);
    assert_int_equal(ga_bn_parse("image"), GA_BN_IMAGE);
    assert_int_equal(ga_bn_parse(NULL), GA_BN_RUNNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_taken_as_they_stand),
        cmocka_unit_test(an_id_is_that_row_of_the_stream),
        cmocka_unit_test(what_is_no_latent_is_said),
        cmocka_unit_test(rows_of_a_file_are_latents),
        cmocka_unit_test(lists_keep_their_order),
        cmocka_unit_test(units_are_there_and_listed_once),
        cmocka_unit_test(models_are_found_by_path_and_by_name),
        cmocka_unit_test(norm_modes_have_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
