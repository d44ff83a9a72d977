/* The progressive generator: its numbers are PyTorch's at 256 pixels, and its published weights are
 * read under all three kinds of keys. */
#include "ganatomy/model.h"
#include <unistd.h>
#include "arch_check.h"
#include "base/rng.h"
#include "golden/golden.h"
#include "models.h"

enum { PICKED = 97 };

/* ---- by PyTorch -------------------------------------------------------------------------------*/

static void fill_normal(float *x, size_t n, uint32_t seed, double factor)
{
    ga_numpy_rng rng;
    ga_numpy_seed(&rng, seed);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(ga_numpy_normal(&rng) * factor);
}

static void check_tap(const ga_golden *gold, const ga_plan *plan, const ga_graph *g,
                      const char *tap, float *values)
{
    ga_err err;
    char key[64];
    const size_t n = ga_dims_count(ga_graph_tap_dims(g, ga_graph_find(g, tap)));
    double sum = 0, square = 0, most = 0;
    if (n == 0) {
        fail_msg("%s: nothing is there", tap);
        return;
    }
    CHECK_OK(ga_plan_read(plan, tap, values, &err));
    snprintf(key, sizeof key, "%s.moments", tap);
    const float *want = golden_find(gold, key, 3, true);
    const double tolerance = 1e-5 * (double)want[2]; /* ten times better than promised */
    for (size_t i = 0; i < n; i++) {
        sum += (double)values[i];
        square += (double)values[i] * (double)values[i];
        most = fmax(most, fabs((double)values[i]));
    }
    const double mean = sum / (double)n, deviation = sqrt(square / (double)n - mean * mean);
    const double got[3] = {mean, deviation, most};
    for (int i = 0; i < 3; i++)
        if (!(fabs(got[i] - (double)want[i]) <= tolerance))
            fail_msg("%s: moment %d is %.8g, PyTorch has %.8g", tap, i, got[i], (double)want[i]);
    snprintf(key, sizeof key, "%s.picked", tap);
    const float *picked = golden_find(gold, key, PICKED, true);
    for (size_t i = 0; i < PICKED; i++) {
        const float x = values[i * 7919 % n];
        if (!(fabs((double)x - (double)picked[i]) <= tolerance))
            fail_msg("%s: number %zu is %.8g, PyTorch has %.8g", tap, i * 7919 % n, (double)x,
                     (double)picked[i]);
    }
}

static void every_tap_at_256_pixels_agrees_with_pytorch(void **state)
{
    (void)state;
    ga_err err;
    ga_plan *plan;
    ga_golden gold = golden_open("progan");
    ga_model *m = model_named("progan:pixels=256");
    const ga_graph *g = ga_model_graph(m);
    size_t n;
    float *w = ga_params_weights(ga_model_params(m), &n), z[512];
    char names[15][24];
    const char *keep[15];
    for (int k = 0; k < 15; k++) {
        snprintf(names[k], sizeof names[k], k < 14 ? "layer%d" : "output_256x256", k + 1);
        keep[k] = names[k];
    }
    fill_normal(w, n, 1, 0.7); /* in key order */
    fill_normal(z, 512, 2, 1);
    ga_params_changed(ga_model_params(m));
    float *values = ga_mem_new((size_t)64 * 256 * 256, sizeof *values);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.keep = keep;
    o.n_keep = 15;
    CHECK_OK(ga_plan_create(g, ga_model_params(m), &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){z, 1, 512, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    for (int k = 0; k < 15; k++)
        check_tap(&gold, plan, g, keep[k], values);
    ga_plan_free(plan);
    ga_mem_free(values);
    ga_model_free(m);
    golden_close(&gold);
}

/* ---- keys -------------------------------------------------------------------------------------*/

static char path[64] = P_tmpdir "/ganatomy-progan-XXXXXX";
enum { MOST = 40 };

/* A file as another program would write it. */
typedef struct foreign_file {
    ga_array a[MOST];
    char names[MOST][80];
    float *data[MOST];
    int n;
} foreign_file;

static float *add(foreign_file *f, const char *name, int rank, const int64_t *dim)
{
    ga_array *a = &f->a[f->n];
    *a = (ga_array){.name = f->names[f->n], .dtype = GA_F32, .rank = rank, .count = 1};
    snprintf(f->names[f->n], sizeof f->names[f->n], "%s", name);
    for (int i = 0; i < rank; i++) {
        a->dim[i] = dim[i];
        a->count *= (size_t)dim[i];
    }
    a->data = f->data[f->n] = ga_mem_new(a->count, sizeof(float));
    return f->data[f->n++];
}

static void write_file(foreign_file *f)
{
    ga_err err;
    CHECK_OK(ga_weights_write(path, GA_FORM_NPZ, f->a, f->n, NULL, &err));
    for (int i = 0; i < f->n; i++)
        ga_mem_free(f->data[i]);
    f->n = 0;
}

static const ga_param_spec *spec_of(const ga_model *m, int i)
{
    return ga_graph_param(ga_model_graph(m), i);
}

/* 8x8 and 16x16: six layers and the picture. */
static const char *const torch_blocks[] = {"features.0", "features.1", "features.2", "features.3",
                                           "features.4", "features.5", "output"};
static const char *const tensorflow_blocks[] = {"4x4/Dense", "4x4/Conv",       "8x8/Conv0_up",
                                                "8x8/Conv1", "16x16/Conv0_up", "16x16/Conv1",
                                                "ToRGB_lod0"};

static void add_copies(foreign_file *f, ga_model *m, const char *prefix, bool own)
{
    const float *w = ga_params_weights(ga_model_params(m), NULL);
    char name[80];
    for (int i = 0; i < 14; i++) {
        const ga_param_spec *s = spec_of(m, i);
        if (own)
            snprintf(name, sizeof name, "%s%s", prefix, s->name);
        else
            snprintf(name, sizeof name, "%s%s.%s", prefix, torch_blocks[i / 2],
                     i % 2 == 0 ? "conv.weight" : "wscale.b");
        memcpy(add(f, name, s->rank, s->dim), w + s->offset, s->count * sizeof *w);
    }
}

/* Element (o,i,y,x) of ours at its place in TensorFlow's. */
static void add_tensorflow(foreign_file *f, ga_model *m)
{
    const float *w = ga_params_weights(ga_model_params(m), NULL);
    char name[80];
    for (int p = 0; p < 14; p++) {
        const ga_param_spec *s = spec_of(m, p);
        const int64_t outs = s->dim[0], ins = s->dim[1], k = s->dim[2];
        snprintf(name, sizeof name, "%s/%s", tensorflow_blocks[p / 2],
                 p % 2 == 0 ? "weight" : "bias");
        if (p % 2 == 1) {
            memcpy(add(f, name, 1, s->dim), w + s->offset, s->count * sizeof *w);
            continue;
        }
        const bool dense = p == 0, up = p == 4 || p == 8;
        float *dst = dense ? add(f, name, 2, (const int64_t[]){ins, outs * 16})
                     : up  ? add(f, name, 4, (const int64_t[]){k, k, outs, ins})
                           : add(f, name, 4, (const int64_t[]){k, k, ins, outs});
        const float *src = w + s->offset;
        for (int64_t o = 0; o < outs; o++)
            for (int64_t i = 0; i < ins; i++)
                for (int64_t y = 0; y < k; y++)
                    for (int64_t x = 0; x < k; x++, src++)
                        dst[dense ? (i * outs + o) * 16 + (3 - y) * 4 + 3 - x
                            : up  ? (((k - 1 - y) * k + k - 1 - x) * outs + o) * ins + i
                                  : ((y * k + x) * ins + i) * outs + o] = *src;
    }
}

#define SMALL "progan:pixels=16,z=6,top=8,width=3" /* 6, 8, 6, 3 */

static ga_model *small(void)
{
    ga_model *m = model_named(SMALL);
    ga_params_init(ga_model_params(m), ga_model_graph(m), 9, GA_START_PYTORCH);
    size_t n;
    float *w = ga_params_weights(ga_model_params(m), &n);
    fill_normal(w, n, 5, 1); /* biases too */
    return m;
}

/* What was written, asked for by the family's name alone, is m. */
static void comes_back(ga_model *m, double factor)
{
    ga_err err;
    ga_arch *a;
    ga_model *got;
    size_t n;
    const char *const paths[] = {path};
    CHECK_OK(ga_arch_open_for("progan", paths, 1, &a, &err));
    assert_string_equal(ga_arch_name(a), ga_arch_name(ga_model_arch(m)));
    CHECK_OK(ga_model_import(a, paths, 1, &got, &err));
    const float *want = ga_params_weights(ga_model_params(m), &n),
                *is = ga_params_weights(ga_model_params(got), NULL);
    for (int p = 0; p < 14; p++) {
        const ga_param_spec *s = spec_of(m, p);
        for (size_t i = s->offset; i < s->offset + s->count; i++)
            if (!(fabs((double)is[i] - (double)want[i] * (p % 2 == 0 ? factor : 1)) <=
                  1e-6 * fabs((double)want[i])))
                fail_msg("%s %zu is %g, written as %g", s->name, i - s->offset, (double)is[i],
                         (double)want[i]);
    }
    ga_model_free(got);
    ga_arch_free(a);
}

static void all_three_kinds_of_keys_come_back_with_their_sizes(void **state)
{
    (void)state;
    static const char *const wrappers[] = {"", "state_dict.", "state_dict.module."};
    ga_model *m = small();
    foreign_file f = {0};
    for (int i = 0; i < 3; i++) {
        add_copies(&f, m, wrappers[i], true);
        write_file(&f);
        comes_back(m, 1);
        add_copies(&f, m, wrappers[i], false);
        write_file(&f);
        comes_back(m, 1);
    }
    add_tensorflow(&f, m);
    *add(&f, "lod", 0, NULL) = 0;
    *add(&f, "ToRGB_lod1/weight", 1, (const int64_t[]){1}) = 3; /* a coarser picture */
    write_file(&f);
    comes_back(m, 1);
    ga_model_free(m);
}

/* Old files carry the scale that this network has as a given number: weights make up for the
 * difference. */
static void a_learned_scale_goes_into_the_weights(void **state)
{
    (void)state;
    char name[80];
    ga_model *m = small();
    const ga_graph *g = ga_model_graph(m);
    for (int own = 0; own < 2; own++) {
        foreign_file f = {0};
        add_copies(&f, m, "state_dict.", own == 1);
        for (int k = 0; k < 7; k++) {
            double scale[4];
            char tap[40];
            snprintf(tap, sizeof tap, k < 6 ? "layer%d" : "output_16x16", k + 1);
            snprintf(name, sizeof name, "state_dict.%s.wscale.scale",
                     own == 1 ? tap : torch_blocks[k]);
            snprintf(tap + strlen(tap), sizeof tap - strlen(tap), ".wscale");
            assert_int_equal(ga_graph_attr(g, ga_graph_find(g, tap), "scale", scale), 1);
            *add(&f, name, k % 2, (const int64_t[]){1}) = (float)(1.5 * scale[0]);
        }
        write_file(&f);
        comes_back(m, 1.5);
    }
    ga_model_free(m);
}

/* TensorFlow's first layer is z times (z, C*4*4): so says the layer that was read from it. */
static void the_first_layer_is_the_dense_one(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = small(), *got;
    ga_arch *a;
    ga_plan *plan;
    foreign_file f = {0};
    float z[6] = {0.5f, -1, 2, 0.25f, 1, -0.75f}, unit[6], out[8 * 16];
    double dense[8 * 16] = {0};
    add_tensorflow(&f, m);
    for (int i = 0; i < 6; i++) {
        double square = 0;
        for (int k = 0; k < 6; k++)
            square += (double)z[k] * (double)z[k];
        unit[i] = (float)((double)z[i] / sqrt(square / 6 + 1e-8));
        for (int k = 0; k < 8 * 16; k++)
            dense[k] += (double)unit[i] * (double)f.data[0][i * 8 * 16 + k];
    }
    write_file(&f);
    const char *const paths[] = {path}, *const keep[] = {"layer1.conv"};
    CHECK_OK(ga_arch_open(SMALL, &a, &err));
    CHECK_OK(ga_model_import(a, paths, 1, &got, &err));
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.keep = keep;
    o.n_keep = 1;
    CHECK_OK(ga_plan_create(ga_model_graph(got), ga_model_params(got), &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){z, 1, 6, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, "layer1.conv", out, &err));
    for (int k = 0; k < 8 * 16; k++)
        assert_true(fabs((double)out[k] - dense[k]) < 1e-5);
    ga_plan_free(plan);
    ga_model_free(got);
    ga_model_free(m);
    ga_arch_free(a);
}

static void what_does_not_fit_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a, *plain;
    ga_model *m = small(), *got;
    foreign_file f = {0};
    const char *const paths[] = {path};
    add_copies(&f, m, "", false);
    f.a[2].dim[0] = 4; /* layer2 makes 4 and then 8 */
    f.a[2].count /= 2;
    write_file(&f);
    CHECK_OK(ga_arch_open_for("progan", paths, 1, &a, &err));
    CHECK_FAILS(ga_model_import(a, paths, 1, &got, &err), GA_EDATA,
                "of another shape: 'layer2.conv.weight' is (4,8,3,3), expected (8,8,3,3)");
    ga_arch_free(a);

    /* no ladder: 8, 6, 2 at 4, 8, 16; the family's usual one is named, and what it would need */
    add_copies(&f, m, "", true);
    f.a[8].dim[0] = 2;
    f.a[8].count = 2 * 6 * 9;
    write_file(&f);
    CHECK_OK(ga_arch_open_for("progan", paths, 1, &a, &err));
    assert_string_equal(ga_arch_name(a), "progan");
    CHECK_FAILS(ga_model_import(a, paths, 1, &got, &err), GA_EDATA, "keys do not fit 'progan'");
    ga_arch_free(a);

    /* knobs that are given count, and other families ask no file */
    CHECK_OK(ga_arch_open_for("progan:pixels=8", paths, 1, &a, &err));
    assert_string_equal(ga_arch_name(a), "progan:pixels=8");
    ga_arch_free(a);
    CHECK_OK(ga_arch_open_for("dcgan", (const char *const[]){"/nowhere"}, 1, &plain, &err));
    ga_arch_free(plain);
    CHECK_FAILS(ga_arch_open_for("progan", (const char *const[]){"/nowhere"}, 1, &a, &err),
                GA_ENOTFOUND, "/nowhere");

    /* sizes beyond reason are nobody's */
    add(&f, "layer1.conv.weight", 4, (const int64_t[]){5000, 1, 1, 1});
    write_file(&f);
    CHECK_OK(ga_arch_open_for("progan", paths, 1, &a, &err));
    assert_string_equal(ga_arch_name(a), "progan");
    ga_arch_free(a);
    ga_model_free(m);
}

static int set_up(void **state)
{
    (void)state;
    const int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

/* All plans of the family take quick products, whatever they are for, and those of others do not.
 */
static void its_products_are_quick_whoever_asks(void **state)
{
    (void)state;
    ga_err err;
    static const char *const names[] = {"progan:pixels=32,z=8,top=64",
                                        "dcgan:pixels=32,channels=3"};
    for (int i = 0; i < 2; i++) {
        ga_arch *a = open_arch(names[i]);
        ga_params *p;
        ga_plan *plan[2];
        float *z = ga_mem_new(8 * 100, sizeof *z), *made[2];
        const ga_graph *g = ga_arch_graph(a);
        const ga_dims in = ga_arch_input(a);
        const int last = ga_graph_n_taps(g) - 1;
        const size_t n = ga_dims_count(ga_graph_tap_dims(g, last));
        CHECK_OK(ga_params_create(g, &p, &err));
        ga_params_init(p, g, 3, false);
        CHECK_OK(ga_latents(GA_LAW_NORMAL, 1, 0, 1, in.c, z, &err));
        for (int k = 0; k < 2; k++) {
            ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
            o.quick = k == 1;
            made[k] = ga_mem_new(n, sizeof *made[k]);
            CHECK_OK(ga_plan_create(g, p, &o, &plan[k], &err));
            CHECK_OK(ga_plan_write(plan[k], "z", (ga_view){z, 1, in.c, 1, 1}, &err));
            CHECK_OK(ga_plan_forward(plan[k], NULL, &err));
            CHECK_OK(ga_plan_read(plan[k], ga_graph_tap_name(g, last), made[k], &err));
        }
        assert_int_equal(memcmp(made[0], made[1], n * sizeof *made[0]) == 0, i == 0);
        for (int k = 0; k < 2; k++) {
            ga_plan_free(plan[k]);
            ga_mem_free(made[k]);
        }
        ga_mem_free(z);
        ga_params_free(p);
        ga_arch_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tap_at_256_pixels_agrees_with_pytorch),
        cmocka_unit_test(its_products_are_quick_whoever_asks),
        cmocka_unit_test(all_three_kinds_of_keys_come_back_with_their_sizes),
        cmocka_unit_test(a_learned_scale_goes_into_the_weights),
        cmocka_unit_test(the_first_layer_is_the_dense_one),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
