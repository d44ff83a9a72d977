/* Drawing in batches, with and without labels, against single runs of a plan; names of classes. */
#include "ganatomy/model.h"
#include "models.h"
#include <stdint.h>
#include <unistd.h>

enum { N = 7, Z = 3 };

static ga_model *make_model(const char *name)
{
    ga_model *m = model_named(name);
    ga_params_init(ga_model_params(m), ga_model_graph(m), 3, GA_START_PYTORCH);
    return m;
}

static void latents(float *z)
{
    ga_err err;
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 5, 0, N, Z, z, &err));
}

static ga_renderer *renderer(ga_model *m, ga_renderer_options o)
{
    ga_err err;
    ga_renderer *r;
    CHECK_OK(ga_renderer_create(m, &o, &r, &err));
    return r;
}

/* The picture of one latent, by a plan of its own. */
static void draw_alone(ga_model *m, const float *z, float label, float *picture)
{
    ga_err err;
    ga_plan *plan;
    const ga_graph *g = ga_model_graph(m);
    const ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    CHECK_OK(ga_plan_create(g, ga_model_params(m), &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){z, 1, Z, 1, 1}, &err));
    if (ga_arch_label_input(ga_model_arch(m)) >= 0)
        CHECK_OK(ga_plan_write(plan, "label", (ga_view){&label, 1, 1, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, ga_graph_output_name(g), picture, &err));
    ga_plan_free(plan);
}

static void batches_draw_what_single_runs_draw(void **state)
{
    (void)state;
    static const char *const names[] = {"dcgan:width=4,z=3", "cdcgan:width=4,z=3"};
    const int32_t labels[N] = {0, 9, 3, 3, 7, 1, 0};
    static float z[N * Z], many[N * 784], one[784];
    latents(z);
    for (int i = 0; i < 2; i++)
        for (int batch = 1; batch <= 8; batch += 3) {
            ga_err err;
            ga_model *m = make_model(names[i]);
            ga_renderer *r = renderer(m, (ga_renderer_options){.batch = batch});
            assert_int_equal(ga_renderer_dims(r).h, 28);
            CHECK_OK(ga_renderer_draw(r, z, i == 1 ? labels : NULL, N, many, NULL, &err));
            for (int k = 0; k < N; k++) {
                draw_alone(m, z + k * Z, (float)labels[k], one);
                assert_memory_equal(many + k * 784, one, sizeof one);
            }
            ga_renderer_free(r);
            ga_model_free(m);
        }
}

/* An activation on the way; a tap that does not depend on the label is made without it. */
static void a_tap_is_what_a_plan_keeps_there(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = make_model("cdcgan:width=4,z=3");
    const ga_graph *g = ga_model_graph(m);
    const int32_t labels[2] = {4, 2};
    const float as_read[2] = {4, 2};
    static float z[N * Z], got[2 * 8 * 49], want[2 * 8 * 49];
    latents(z);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    ga_plan *plan;
    o.batch = 2;
    o.to = "layer0";
    CHECK_OK(ga_plan_create(g, ga_model_params(m), &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){z, 2, Z, 1, 1}, &err));
    CHECK_OK(ga_plan_write(plan, "label", (ga_view){as_read, 2, 1, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, "layer0", want, &err));
    ga_plan_free(plan);
    ga_renderer *r = renderer(m, (ga_renderer_options){.to = "layer0"});
    assert_int_equal(ga_renderer_dims(r).c, 8);
    CHECK_OK(ga_renderer_draw(r, z, labels, 2, got, NULL, &err));
    assert_memory_equal(got, want, sizeof got);
    ga_renderer_free(r);
    /* what depends on the label alone, and on the latent alone */
    r = renderer(m, (ga_renderer_options){.to = "label.code"});
    assert_int_equal(ga_renderer_dims(r).c, 10);
    CHECK_OK(ga_renderer_draw(r, z, labels, 2, got, NULL, &err));
    assert_memory_not_equal(got, got + 10, 10 * sizeof(float));
    ga_renderer_free(r);
    ga_model_free(m);

    const char *text =
        "{\"format\":\"ganatomy-arch-1\",\"name\":\"late\",\"input\":[{\"name\":\"z\","
        "\"size\":3,\"law\":\"normal\"},{\"name\":\"label\",\"classes\":2}],\"output\":"
        "{\"range\":[-1,1]},\"layers\":[{\"name\":\"early\",\"type\":\"Tanh\"},"
        "{\"name\":\"code\",\"type\":\"Embedding\",\"inputs\":\"label\","
        "\"num_embeddings\":2,\"embedding_dim\":3},{\"name\":\"sum\",\"type\":\"Add\","
        "\"inputs\":[\"early\",\"code\"]}]}";
    m = model_described(text);
    r = renderer(m, (ga_renderer_options){.to = "early"});
    CHECK_OK(ga_renderer_draw(r, z, (const int32_t[]){1, 0}, 2, got, NULL, &err));
    for (int i = 0; i < 2 * Z; i++)
        assert_true(fabsf(got[i] - tanhf(z[i])) < 1e-6f);
    ga_renderer_free(r);
    ga_model_free(m);
}

static void labels_must_be_those_of_the_model(void **state)
{
    (void)state;
    ga_err err;
    static float z[N * Z], out[N * 784];
    const int32_t labels[2] = {0, 10}, below[2] = {0, -1};
    latents(z);
    ga_model *plain = make_model("dcgan:width=4,z=3"), *m = make_model("cdcgan:width=4,z=3");
    ga_renderer *r = renderer(plain, (ga_renderer_options){0});
    CHECK_FAILS(ga_renderer_draw(r, z, labels, 2, out, NULL, &err), GA_EINVAL,
                "'dcgan:width=4,z=3' draws no classes, and labels are given");
    ga_renderer_free(r);
    r = renderer(m, (ga_renderer_options){0});
    CHECK_FAILS(ga_renderer_draw(r, z, NULL, 2, out, NULL, &err), GA_EINVAL,
                "'dcgan:width=4,z=3,classes=10' draws 10 classes, and no labels are given");
    CHECK_FAILS(ga_renderer_draw(r, z, labels, 2, out, NULL, &err), GA_EINVAL,
                "label 10 of image 1: the classes of 'dcgan:width=4,z=3,classes=10' are 0 to 9");
    CHECK_FAILS(ga_renderer_draw(r, z, below, 2, out, NULL, &err), GA_EINVAL,
                "label -1 of image 1");
    ga_renderer_free(r);
    ga_model_free(m);
    ga_model_free(plain);
}

static void samples_get_the_classes_in_turn(void **state)
{
    (void)state;
    int32_t labels[5];
    ga_labels(3, 0, 5, labels);
    assert_memory_equal(labels, ((const int32_t[]){0, 1, 2, 0, 1}), sizeof labels);
    ga_labels(3, 10000000000000000004u, 5, labels); /* 2^63 is no end: 10^19 + 4 = 2 mod 3 */
    assert_memory_equal(labels, ((const int32_t[]){2, 0, 1, 2, 0}), sizeof labels);
}

static void memory_bounds_the_batch_and_a_batch_of_statistics_is_not_cut(void **state)
{
    (void)state;
    ga_err err;
    static float z[N * Z], all[N * 784], some[N * 784];
    latents(z);
    ga_model *m = make_model("dcgan:width=4,z=3");
    ga_renderer *r = renderer(m, (ga_renderer_options){.batch = 8}), *small;
    const size_t bytes = ga_renderer_bytes(r);
    assert_int_equal(ga_renderer_batch(r), 8);
    CHECK_OK(ga_renderer_draw(r, z, NULL, N, all, NULL, &err));
    ga_renderer_free(r);
    small = renderer(m, (ga_renderer_options){.batch = 8, .memory_limit = bytes / 2});
    assert_in_range(ga_renderer_batch(small), 1, 4);
    assert_true(ga_renderer_bytes(small) <= bytes / 2 + 64);
    CHECK_OK(ga_renderer_draw(small, z, NULL, N, some, NULL, &err));
    assert_memory_equal(all, some, sizeof all);
    ga_renderer_free(small);

    ga_renderer_options o = {.batch = 8, .bn = GA_BN_BATCH, .memory_limit = bytes / 2};
    CHECK_FAILS(ga_renderer_create(m, &o, &r, &err), GA_ENOMEM, "a batch of 8 needs");
    assert_null(r);
    o.memory_limit = 0;
    o.batch = 4;
    CHECK_OK(ga_renderer_create(m, &o, &r, &err));
    CHECK_FAILS(ga_renderer_draw(r, z, NULL, 5, all, NULL, &err), GA_EINVAL,
                "5 images do not fit one batch of 4");
    CHECK_OK(ga_renderer_draw(r, z, NULL, 4, all, NULL, &err));
    CHECK_OK(ga_renderer_draw(r, z, NULL, 2, some, NULL, &err));
    assert_memory_not_equal(all, some, 784 * sizeof(float)); /* other neighbours */
    ga_renderer_free(r);
    ga_model_free(m);
}

static void only_generators_draw_and_only_to_their_taps(void **state)
{
    (void)state;
    ga_err err;
    ga_renderer *r;
    ga_model *m = make_model("cnn:width=4");
    CHECK_FAILS(ga_renderer_create(m, &(ga_renderer_options){0}, &r, &err), GA_EINVAL,
                "'cnn:width=4' reads pictures: a generator is needed");
    ga_model_free(m);
    m = make_model("dcgan:width=4,z=3");
    CHECK_FAILS(ga_renderer_create(m, &(ga_renderer_options){.to = "layer9"}, &r, &err),
                GA_ENOTFOUND, "there is no layer 'layer9'");
    assert_null(r);
    ga_model_free(m);
}

/* ---- progress ---------------------------------------------------------------------------------*/

static uint64_t told;
static void tell(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)user;
    assert_string_equal(what, "images");
    assert_int_equal(total, N);
    told = done;
}

static bool enough(void *user)
{
    (void)user;
    return told >= 4;
}

static void drawing_can_be_watched_and_stopped(void **state)
{
    (void)state;
    ga_err err;
    static float z[N * Z], out[N * 784];
    const ga_progress p = {.report = tell, .cancelled = enough};
    latents(z);
    ga_model *m = make_model("dcgan:width=4,z=3");
    ga_renderer *r = renderer(m, (ga_renderer_options){.batch = 2});
    CHECK_FAILS(ga_renderer_draw(r, z, NULL, N, out, &p, &err), GA_EINTERRUPTED,
                "stopped after 4 of 7 images");
    ga_renderer_free(r);
    ga_model_free(m);
}

/* ---- names of classes -------------------------------------------------------------------------*/

static void names_of_classes_travel_with_the_file(void **state)
{
    (void)state;
    ga_err err;
    static const char *const names[] = {"T-shirt/top", "a \"quoted\", name", "caf\xc3\xa9"};
    char folder[] = P_tmpdir "/ganatomy-render-XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m.safetensors", folder);
    ga_model *m = make_model("dcgan:width=4,z=3,classes=3"), *again;
    assert_null(ga_model_class_name(m, 0));
    CHECK_OK(ga_model_set_class_names(m, names, 3, &err));
    CHECK_OK(ga_model_save(m, path, GA_F32, &err));
    CHECK_OK(ga_model_open(path, &again, &err));
    for (int i = 0; i < 3; i++)
        assert_string_equal(ga_model_class_name(again, i), names[i]);
    assert_null(ga_model_class_name(again, 3));
    assert_null(ga_model_class_name(again, -1));

    CHECK_FAILS(ga_model_set_note(again, "classes", "[1]", &err), GA_EDATA,
                "note 'classes': is not a list of names");
    CHECK_FAILS(ga_model_set_note(again, "classes", "shirt", &err), GA_EDATA,
                "note 'classes': line");
    CHECK_FAILS(ga_model_set_class_names(again, (const char *const[]){"\xff"}, 1, &err), GA_EINVAL,
                "the name of class 0 is no text in UTF-8");
    assert_string_equal(ga_model_class_name(again, 0), names[0]); /* as it was */
    CHECK_OK(ga_model_set_note(again, "classes", NULL, &err));
    assert_null(ga_model_class_name(again, 0));
    ga_model_free(again);

    /* a file that holds something else there is refused */
    char *text = NULL;
    size_t size;
    FILE *f = fopen(path, "rb");
    fseek(f, 0, SEEK_END);
    size = (size_t)ftell(f);
    rewind(f);
    text = malloc(size);
    assert_int_equal(fread(text, 1, size, f), size);
    fclose(f);
    char *list = memmem(text, size, "[\\\\\\\"T-shirt", 10); /* a string in JSON in a string */
    list = list != NULL ? list : memmem(text, size, "T-shirt/top", 11);
    assert_non_null(list);
    while (*list != '[')
        list--;
    *list = '{';
    f = fopen(path, "wb");
    fwrite(text, 1, size, f);
    fclose(f);
    CHECK_FAILS(ga_model_open(path, &again, &err), GA_EDATA, "note 'classes'");
    if (strstr(err.text, path) == NULL)
        fail_msg("'%s' does not name the file", err.text);
    free(text);
    ga_model_free(m);
    remove(path);
    remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_draw_what_single_runs_draw),
        cmocka_unit_test(a_tap_is_what_a_plan_keeps_there),
        cmocka_unit_test(labels_must_be_those_of_the_model),
        cmocka_unit_test(samples_get_the_classes_in_turn),
        cmocka_unit_test(memory_bounds_the_batch_and_a_batch_of_statistics_is_not_cut),
        cmocka_unit_test(only_generators_draw_and_only_to_their_taps),
        cmocka_unit_test(drawing_can_be_watched_and_stopped),
        cmocka_unit_test(names_of_classes_travel_with_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
