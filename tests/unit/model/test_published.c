/* Networks that others trained and published, read from their files and run: the numbers must be
 * those of plain PyTorch on the same files (tools/golden/published.py). Engine and readers are
 * proved together here. */
#include "ganatomy/model.h"
#include "base/file.h"
#include "check.h"

/* Features and logits: f32 sums in another order than PyTorch's, through a few layers (7e-7 seen).
 * Pictures: the last layer of the study's generator adds products to sums as large as 17 before the
 * tanh, so one rounding there is 1e-6 of the picture's range (6e-6 seen; PyTorch's own f32 pictures
 * are 1.4e-6 from its double ones). */
#define TOLERANCE         3e-6
#define PICTURE_TOLERANCE 2e-5

static float *golden(const char *name, size_t count)
{
    ga_err err;
    ga_file f;
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/published/%s.f32", GA_SOURCE_DIR, name);
    CHECK_OK(ga_file_open(path, &f, &err));
    assert_int_equal(f.size, count * sizeof(float));
    float *values = malloc(f.size);
    memcpy(values, f.data, f.size);
    ga_file_close(&f);
    return values;
}

static void check_golden(const char *name, const float *got, size_t count, double tolerance)
{
    float *want = golden(name, count);
    check_close(name, got, want, count, tolerance);
    free(want);
}

static ga_model *import(const char *arch, const char *const *files, int n)
{
    ga_err err;
    ga_arch *a;
    ga_model *m;
    static char paths[8][512];
    const char *list[8];
    for (int i = 0; i < n; i++)
        list[i] = need_shared(files[i], paths[i], sizeof paths[i]);
    CHECK_OK(ga_arch_open(arch, &a, &err));
    CHECK_OK(ga_model_import(a, list, n, &m, &err));
    ga_arch_free(a);
    return m;
}

/* x (n, input) -> tap (NULL: the last layer) */
static void run(ga_model *m, ga_bn_mode bn, const float *x, int n, const char *tap, float *dst)
{
    ga_err err;
    ga_plan *plan;
    const ga_graph *g = ga_model_graph(m);
    const ga_dims in = ga_graph_tap_dims(g, 0);
    const char *end = ga_graph_output_name(g);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = n;
    o.bn = bn;
    o.to = tap;
    CHECK_OK(ga_plan_create(g, ga_model_params(m), &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, ga_graph_tap_name(g, 0), (ga_view){x, n, in.c, in.h, in.w}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, tap != NULL ? tap : end, dst, &err));
    ga_plan_free(plan);
}

static const char *const pieces[] = {"mnist-gan/g_layer_0.zip", "mnist-gan/g_layer_1.zip",
                                     "mnist-gan/g_layer_2.zip", "mnist-gan/g_layer_3.zip"};
/* The published pair: a 1 and a 3. */
static const float pair[] = {0.1785f, 1.2583f,  0.0501f, 0.6782f,  -0.1833f,
                             0.3420f, -1.7319f, 0.7826f, -0.0266f, 0.0961f};

static void the_study_s_generator_draws_the_published_pair(void **state)
{
    (void)state;
    ga_model *m = import("mnist-gan", pieces, 4);
    static float images[2 * 784], units[2 * 64 * 196], some[2 * 8 * 196];
    run(m, GA_BN_IMAGE, pair, 2, NULL, images); /* as the study: one picture at a time */
    check_golden("mnist-gan-image", images, 2 * 784, PICTURE_TOLERANCE);
    run(m, GA_BN_BATCH, pair, 2, NULL, images);
    check_golden("mnist-gan-batch", images, 2 * 784, PICTURE_TOLERANCE);
    run(m, GA_BN_BATCH, pair, 1, NULL, images); /* a batch of one is that image alone */
    float *want = golden("mnist-gan-image", 2 * 784);
    check_close("batch of one", images, want, 784, PICTURE_TOLERANCE);
    free(want);
    run(m, GA_BN_RUNNING, pair, 2, NULL, images);
    check_golden("mnist-gan-running", images, 2 * 784, PICTURE_TOLERANCE);
    run(m, GA_BN_RUNNING, pair, 2, "layer2", units); /* every eighth of the 64 units */
    for (int n = 0; n < 2; n++)
        for (int u = 0; u < 8; u++)
            memcpy(some + (n * 8 + u) * 196, units + (n * 64 + u * 8) * 196, 196 * sizeof(float));
    check_golden("mnist-gan-layer2", some, 2 * 8 * 196, TOLERANCE);
    ga_model_free(m);
}

static void a_saved_and_opened_generator_draws_the_same_bytes(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = import("mnist-gan", pieces, 4), *r;
    static float before[2 * 784], after[2 * 784];
    char folder[] = P_tmpdir "/ganatomy-published-XXXXXX", path[128], a[65], b[65];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/g.safetensors", folder);
    CHECK_OK(ga_model_save(m, path, GA_F32, &err));
    CHECK_OK(ga_model_open(path, &r, &err));
    run(m, GA_BN_IMAGE, pair, 2, NULL, before);
    run(r, GA_BN_IMAGE, pair, 2, NULL, after);
    assert_memory_equal(before, after, sizeof before);
    ga_model_hash(m, a);
    ga_model_hash(r, b);
    assert_string_equal(a, b);
    assert_string_equal(ga_model_note(r, "origin"), "g_layer_0.zip, g_layer_1.zip, g_layer_2.zip, "
                                                    "g_layer_3.zip (PyTorch zip)");
    remove(path);
    remove(folder);
    ga_model_free(m);
    ga_model_free(r);
}

static void the_published_lenet_reads_a_pattern(void **state)
{
    (void)state;
    const char *const file[] = {"lenet/lenet_epoch=12_test_acc=0.991.pth"};
    ga_model *m = import("lenet5", file, 1);
    static float x[32 * 32];
    float features[84], logits[10];
    for (int h = 0; h < 32; h++)
        for (int w = 0; w < 32; w++)
            x[h * 32 + w] = (float)((7 * h + 13 * w + h * w) % 32) / 31.0f;
    run(m, GA_BN_RUNNING, x, 1, "features", features);
    check_golden("lenet-features", features, 84, TOLERANCE);
    run(m, GA_BN_RUNNING, x, 1, NULL, logits);
    check_golden("lenet-logits", logits, 10, TOLERANCE);
    ga_model_free(m);
}

/* Label and certainty of one picture as the course work defines them: p = softmax(3 o / s) with s
 * the unbiased standard deviation of the logits o. */
static int certainty_of(const float *o, double *certainty)
{
    double mean = 0, var = 0, sum = 0;
    int best = 0;
    for (int i = 0; i < 10; i++) {
        mean += (double)o[i] / 10;
        best = o[i] > o[best] ? i : best;
    }
    for (int i = 0; i < 10; i++)
        var += ((double)o[i] - mean) * ((double)o[i] - mean) / 9;
    for (int i = 0; i < 10; i++)
        sum += exp(3 * ((double)o[i] - (double)o[best]) / sqrt(var));
    *certainty = 1 / sum;
    return best;
}

static void the_mean_latents_of_the_course_work_render_to_their_digits(void **state)
{
    (void)state;
    ga_err err;
    const char *const generator[] = {"homework/Generator_digit"};
    const char *const discriminator[] = {"homework/Discriminator_digit"};
    const char *const classifier[] = {"homework/CNN_digit"};
    static const double certainties[] = {.998,  .9969, .9989, .9967, .9986,
                                         .9983, .9981, .9977, .9985, .9985};
    static const double norms[] = {2.478, 2.141, 2.729, 2.537, 3.087,
                                   2.469, 3.368, 2.418, 2.529, 2.244};
    static float z[1000], images[10 * 784], some[2 * 784];
    float logits[100], real[10];
    char path[512];
    ga_weights *w;
    CHECK_OK(ga_weights_read(need_shared("homework/LatentVectorsdigit", path, sizeof path), 0, &w,
                             &err));
    assert_int_equal(ga_weights_count(w), 1); /* a bare tensor of doubles */
    assert_int_equal(ga_weights_at(w, 0)->dtype, GA_F64);
    assert_int_equal(ga_weights_at(w, 0)->count, 1000);
    ga_array_to_f32(ga_weights_at(w, 0), z);
    ga_weights_free(w);

    ga_model *g = import("homework-generator", generator, 1);
    ga_model *d = import("homework-discriminator", discriminator, 1);
    ga_model *c = import("homework-cnn", classifier, 1);
    run(g, GA_BN_RUNNING, z, 10, NULL, images);
    run(c, GA_BN_RUNNING, images, 10, NULL, logits);
    run(d, GA_BN_RUNNING, images, 10, NULL, real);
    for (int i = 0; i < 10; i++) {
        double norm = 0, certainty;
        for (int k = 0; k < 100; k++)
            norm += (double)z[i * 100 + k] * (double)z[i * 100 + k];
        assert_true(fabs(sqrt(norm) - norms[i]) < 5e-4); /* half of the last printed digit */
        assert_int_equal(certainty_of(logits + i * 10, &certainty), i);
        assert_true(fabs(certainty - certainties[i]) < 6e-5);
    }
    memcpy(some, images, 784 * sizeof(float));
    memcpy(some + 784, images + 7 * 784, 784 * sizeof(float));
    check_golden("homework-generator", some, 2 * 784, PICTURE_TOLERANCE);
    check_golden("homework-cnn", logits, 100, TOLERANCE);
    check_golden("homework-discriminator", real, 10, TOLERANCE);
    ga_model_free(g);
    ga_model_free(d);
    ga_model_free(c);
}

static void published_weights_in_the_wrong_architecture_are_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a, *wide;
    ga_model *m;
    char path[512];
    const char *const paths[] = {need_shared("homework/Generator_digit", path, sizeof path)};
    CHECK_OK(ga_arch_open("homework-generator", &a, &err));
    CHECK_OK(ga_arch_with_latent(a, 64, &wide, &err));
    CHECK_FAILS(ga_model_import(wide, paths, 1, &m, &err), GA_EDATA,
                "of another shape: 'fc.weight' is (3136,100), expected (3136,64)");
    ga_arch_free(a);
    ga_arch_free(wide);
    CHECK_OK(ga_arch_open("homework-discriminator", &a, &err));
    CHECK_FAILS(ga_model_import(a, paths, 1, &m, &err), GA_EDATA,
                "missing: 'conv0.weight' "
                "(32,1,3,3), ");
    CHECK_FAILS(ga_model_import(a, paths, 1, &m, &err), GA_EDATA,
                "unexpected: 'trans_conv1.weight' "
                "(64,64,3,3), ");
    CHECK_FAILS(ga_model_import(a, paths, 1, &m, &err), GA_EDATA,
                "of another shape: 'fc.weight' is (3136,100), expected (1,6272)");
    ga_arch_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_study_s_generator_draws_the_published_pair),
        cmocka_unit_test(a_saved_and_opened_generator_draws_the_same_bytes),
        cmocka_unit_test(the_published_lenet_reads_a_pattern),
        cmocka_unit_test(the_mean_latents_of_the_course_work_render_to_their_digits),
        cmocka_unit_test(published_weights_in_the_wrong_architecture_are_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
