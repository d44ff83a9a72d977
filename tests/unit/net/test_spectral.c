/* Spectral normalisation: against PyTorch, against matrices whose singular values are known, and
 * against finite differences. */
#include "golden/golden.h"
#include "net_check.h"

#define OPTIONS(...)                                                                               \
    (const ga_attr[]){__VA_ARGS__}, (int)(sizeof((const ga_attr[]){__VA_ARGS__}) / sizeof(ga_attr))
#define NAMES(...)                                                                                 \
    (const char *const[]){__VA_ARGS__},                                                            \
        (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

enum { N = 4, FEATURES = 4 * 49 };

/* All layers that have a matrix. */
static ga_graph *network(void)
{
    ga_err err;
    ga_graph *g;
    const ga_layer layers[] = {
        {"conv", "Conv2d", NAMES("x"),
         OPTIONS(GA_ONE("in_channels", 2), GA_ONE("out_channels", 6), GA_ONE("kernel_size", 3),
                 GA_ONE("padding", 1), GA_ONE("groups", 2))},
        {"act0", "ReLU", NULL, 0, NULL, 0},
        {"up", "ConvTranspose2d", NULL, 0,
         OPTIONS(GA_ONE("in_channels", 6), GA_ONE("out_channels", 4), GA_ONE("kernel_size", 3),
                 GA_ONE("stride", 2), GA_ONE("padding", 1), GA_ONE("bias", 0))},
        {"act1", "ReLU", NULL, 0, NULL, 0},
        {"flat", "Flatten", NULL, 0, NULL, 0},
        {"fc", "Linear", NULL, 0,
         OPTIONS(GA_ONE("in_features", FEATURES), GA_ONE("out_features", 5))},
        {"word", "Embedding", NAMES("label"),
         OPTIONS(GA_ONE("num_embeddings", 3), GA_ONE("embedding_dim", 5))},
        {"out", "Multiply", NAMES("fc", "word"), NULL, 0},
    };
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "x", (ga_dims){2, 4, 4}, &err));
    CHECK_OK(ga_graph_add_input(g, "label", (ga_dims){1, 1, 1}, &err));
    for (int i = 0; i < GA_COUNT(layers); i++)
        CHECK_OK(ga_graph_add(g, &layers[i], &err));
    return g;
}

typedef struct fixture {
    ga_graph *g;
    ga_params *raw, *effective, *grads;
    ga_spectral *s;
} fixture;

static void start(fixture *f)
{
    ga_err err;
    f->g = network();
    f->raw = new_params(f->g, 2);
    CHECK_OK(ga_params_create(f->g, &f->effective, &err));
    CHECK_OK(ga_params_create(f->g, &f->grads, &err));
    CHECK_OK(ga_spectral_create(f->g, 7, &f->s, &err));
}

static void stop(fixture *f)
{
    ga_spectral_free(f->s);
    ga_params_free(f->raw);
    ga_params_free(f->effective);
    ga_params_free(f->grads);
    ga_graph_free(f->g);
}

/* ---- by PyTorch -------------------------------------------------------------------------------*/

static const float *named(const ga_golden *gold, const char *prefix, const ga_param_spec *s)
{
    char key[100];
    snprintf(key, sizeof key, "%s.%s", prefix, s->name);
    return golden_find(gold, key, s->count, true);
}

static void run(ga_plan *plan, const ga_golden *gold, const char *key)
{
    ga_err err;
    float out[N * 5];
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, "out", out, &err));
    check_close(key, out, golden_find(gold, key, N * 5, true), N * 5, 5e-6);
}

static void three_steps_agree_with_pytorch(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    ga_golden gold = golden_open("spectral");
    ga_plan *plan;
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    size_t n_state, n_weights;
    char key[40];
    start(&f);
    float *uv = ga_spectral_state(f.s, &n_state), *raw = ga_params_weights(f.raw, &n_weights);
    memcpy(uv, golden_find(&gold, "state", n_state, true), n_state * sizeof *uv);
    for (int i = 0; i < f.g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(f.g, i);
        memcpy(raw + s->offset, named(&gold, "start", s), s->count * sizeof *raw);
    }
    o.batch = N;
    o.train = true;
    CHECK_OK(ga_plan_create(f.g, f.effective, &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "x", (ga_view){golden_find(&gold, "x", N * 32, true), N, 2, 4, 4},
                           &err));
    CHECK_OK(ga_plan_write(plan, "label",
                           (ga_view){golden_find(&gold, "label", N, true), N, 1, 1, 1}, &err));
    for (int step = 0; step < 3; step++) {
        CHECK_OK(ga_spectral_apply(f.s, f.raw, f.effective, true, &err));
        snprintf(key, sizeof key, "%d.sigma", step);
        const float *sigma = golden_find(&gold, key, 4, true);
        for (int i = 0; i < 4; i++)
            assert_float_equal(ga_spectral_sigma(f.s, i, NULL), sigma[i], 2e-6 * sigma[i]);
        snprintf(key, sizeof key, "%d.out", step);
        run(plan, &gold, key);
        CHECK_OK(ga_plan_backward(plan, golden_find(&gold, "target", N * 5, true), f.grads, false,
                                  NULL, &err));
        CHECK_OK(ga_spectral_backward(f.s, f.effective, f.grads, &err));
        snprintf(key, sizeof key, "%d.grad", step);
        for (int i = 0; i < f.g->n_params; i++) {
            const ga_param_spec *s = ga_graph_param(f.g, i);
            check_close(s->name, f.grads->weights + s->offset, named(&gold, key, s), s->count,
                        1e-5);
        }
        for (size_t i = 0; i < n_weights; i++) /* SGD */
            raw[i] -= 0.5f * f.grads->weights[i];
    }
    CHECK_OK(ga_spectral_apply(f.s, f.raw, f.effective, false, &err));
    run(plan, &gold, "eval.out");
    ga_plan_free(plan);
    golden_close(&gold);
    stop(&f);
}

/* ---- matrices that are known ------------------------------------------------------------------*/

/* Turned by a reflection on each side, singular values 3, 1, 1, ...; and from any start they are
 * found, since 1/3 to the power of twice 30 is nothing. */
static void power_iteration_finds_the_largest_singular_value(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    int param, seen = 0;
    start(&f);
    for (int i = 0; i < ga_spectral_n(f.s); i++) {
        assert_true(ga_spectral_sigma(f.s, i, &param) == 0); /* nothing was applied yet */
        const ga_param_spec *s = ga_graph_param(f.g, param);
        const bool second = strcmp(s->name, "up.weight") == 0;
        const int rows = (int)s->dim[second ? 1 : 0], cols = (int)s->count / rows,
                  inner = second ? 9 : cols;
        float *p = new_floats((size_t)rows, 3), *q = new_floats((size_t)cols, 4);
        double pp = 0, qq = 0;
        for (int r = 0; r < rows; r++)
            pp += (double)p[r] * (double)p[r];
        for (int c = 0; c < cols; c++)
            qq += (double)q[c] * (double)q[c];
        const int least = rows < cols ? rows : cols;
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < cols; c++) {
                double sum = 0;
                for (int k = 0; k < least; k++)
                    sum += (k == least - 1 ? 3 : 1) *
                           ((r == k) - 2 * (double)p[r] * (double)p[k] / pp) *
                           ((c == k) - 2 * (double)q[c] * (double)q[k] / qq);
                f.raw->weights[s->offset + (size_t)((c / inner * (second ? rows : 0) + r) * inner +
                                                    c % inner)] = (float)sum;
            }
        ga_mem_free(p);
        ga_mem_free(q);
        seen++;
    }
    assert_int_equal(seen, 4);
    for (int i = 0; i < 30; i++)
        CHECK_OK(ga_spectral_apply(f.s, f.raw, f.effective, true, &err));
    for (int i = 0; i < ga_spectral_n(f.s); i++) {
        const ga_param_spec *s = (ga_spectral_sigma(f.s, i, &param), ga_graph_param(f.g, param));
        assert_float_equal(ga_spectral_sigma(f.s, i, NULL), 3, 1e-6);
        for (size_t k = 0; k < s->count; k++)
            assert_float_equal(f.effective->weights[s->offset + k],
                               f.raw->weights[s->offset + k] / 3, 1e-6);
    }
    stop(&f);
}

/* L = sum of g W / (u^T W v) with u and v held: what apply without iteration computes. */
static double loss(fixture *f, const float *diff)
{
    ga_err err;
    double sum = 0;
    CHECK_OK(ga_spectral_apply(f->s, f->raw, f->effective, false, &err));
    for (size_t i = 0; i < f->raw->n_weights; i++)
        sum += (double)f->effective->weights[i] * (double)diff[i];
    return sum;
}

static void gradients_agree_with_finite_differences(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    float *diff = new_floats(f.raw->n_weights, 9);
    for (int i = 0; i < 3; i++)
        CHECK_OK(ga_spectral_apply(f.s, f.raw, f.effective, true, &err));
    memcpy(f.grads->weights, diff, f.raw->n_weights * sizeof *diff);
    CHECK_OK(ga_spectral_backward(f.s, f.effective, f.grads, &err));
    for (int i = 0; i < f.g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(f.g, i);
        double scale = 0;
        for (size_t k = 0; k < s->count; k++)
            scale = fmax(scale, fabs((double)f.grads->weights[s->offset + k]));
        for (size_t k = 0; k < s->count; k += 1 + s->count / 20) {
            float *w = &f.raw->weights[s->offset + k];
            const float kept = *w, above = kept + 1e-2f, below = kept - 1e-2f;
            *w = above;
            const double up = loss(&f, diff);
            *w = below;
            const double slope = (up - loss(&f, diff)) / ((double)above - (double)below);
            *w = kept;
            /* steps of f32: rounding 1e-7 of a sum of about 10 over 2e-2 */
            assert_float_equal(f.grads->weights[s->offset + k], slope, 2e-3 * scale);
        }
    }
    ga_mem_free(diff);
    stop(&f);
}

/* ---- what must not matter, and what must stay -------------------------------------------------*/

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    ga_err err;
    const ga_attr wide[] = {GA_ONE("in_features", 3000), GA_ONE("out_features", 70)},
                  deep[] = {GA_ONE("in_channels", 70), GA_ONE("out_channels", 90),
                            GA_ONE("kernel_size", 5)};
    ga_graph *g;
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "x", (ga_dims){3000, 1, 1}, &err));
    CHECK_OK(add_layer(g, "fc", "Linear", NULL, wide, 2, &err));
    CHECK_OK(add_layer(g, "up", "ConvTranspose2d", NULL, deep, 3, &err));
    ga_params *raw = new_params(g, 1), *first[2] = {NULL}, *effective, *grads;
    for (int threads = 2; threads >= 1; threads--) {
        ga_spectral *s;
        setenv("GANATOMY_THREADS", threads == 1 ? "1" : "2", 1);
        CHECK_OK(ga_spectral_create(g, 3, &s, &err));
        CHECK_OK(ga_params_create(g, &effective, &err));
        CHECK_OK(ga_params_copy(raw, &grads, &err));
        const uint64_t before = ga_mem_count();
        for (int i = 0; i < 2; i++)
            CHECK_OK(ga_spectral_apply(s, raw, effective, true, &err));
        CHECK_OK(ga_spectral_backward(s, effective, grads, &err));
        assert_true(ga_mem_count() == before);
        const size_t last = raw->n_weights - 1; /* of a bias behind all matrices */
        assert_true(effective->weights[last] == raw->weights[last]);
        if (threads == 2) {
            first[0] = effective;
            first[1] = grads;
        } else {
            assert_memory_equal(effective->weights, first[0]->weights,
                                raw->n_weights * sizeof(float));
            assert_memory_equal(grads->weights, first[1]->weights, raw->n_weights * sizeof(float));
            ga_params_free(effective);
            ga_params_free(grads);
        }
        ga_spectral_free(s);
    }
    unsetenv("GANATOMY_THREADS");
    for (int i = 0; i < 2; i++)
        ga_params_free(first[i]);
    ga_params_free(raw);
    ga_graph_free(g);
}

static void u_and_v_are_drawn_from_the_seed(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    ga_spectral *other;
    size_t n, at = 0;
    start(&f);
    const float *uv = ga_spectral_state(f.s, &n);
    for (int seed = 7; seed < 9; seed++) {
        CHECK_OK(ga_spectral_create(f.g, (uint64_t)seed, &other, &err));
        assert_true((memcmp(uv, ga_spectral_state(other, NULL), n * sizeof *uv) == 0) ==
                    (seed == 7));
        ga_spectral_free(other);
    }
    const size_t lengths[] = {6, 9, 4, 54, 5, FEATURES, 3, 5}; /* u, v of each weight */
    for (int i = 0; i < GA_COUNT(lengths); i++) {
        const float *x = uv + at;
        double square = 0;
        for (size_t k = 0; k < lengths[i]; k++)
            square += (double)x[k] * (double)x[k];
        assert_float_equal(square, 1, 1e-6);
        at += lengths[i];
        if (i % 2 == 0) /* another direction than the next one's */
            assert_true(fabs((double)x[0] / (double)x[1] - (double)uv[at] / (double)uv[at + 1]) >
                        1e-3);
    }
    assert_int_equal(at, n);
    stop(&f);
}

static void state_can_be_saved_and_put_back(void **state)
{
    (void)state;
    ga_err err;
    fixture f, other;
    size_t n;
    start(&f);
    start(&other);
    float *uv = ga_spectral_state(f.s, &n), *kept = new_floats(n, 0);
    for (int i = 0; i < 2; i++)
        CHECK_OK(ga_spectral_apply(f.s, f.raw, f.effective, true, &err));
    memcpy(kept, uv, n * sizeof *uv);
    memcpy(ga_spectral_state(other.s, NULL), uv, n * sizeof *uv);
    CHECK_OK(ga_spectral_apply(f.s, f.raw, f.effective, false, &err));
    assert_memory_equal(kept, uv, n * sizeof *uv); /* without iteration nothing moves */
    for (int i = 0; i < 2; i++) {
        CHECK_OK(ga_spectral_apply(f.s, f.raw, f.effective, i == 1, &err));
        CHECK_OK(ga_spectral_apply(other.s, f.raw, other.effective, i == 1, &err));
        assert_memory_equal(f.effective->weights, other.effective->weights,
                            f.raw->n_weights * sizeof(float));
    }
    assert_memory_not_equal(kept, uv, n * sizeof *uv);
    ga_mem_free(kept);
    stop(&f);
    stop(&other);
}

static void biases_and_buffers_are_left_as_they_are(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    const uint64_t version = f.effective->version;
    CHECK_OK(ga_spectral_apply(f.s, f.raw, f.effective, true, &err));
    assert_true(f.effective->version != version); /* so that plans pack anew */
    float *grads = f.grads->weights;
    fill_distinct(grads, f.raw->n_weights, 5);
    CHECK_OK(ga_spectral_backward(f.s, f.effective, f.grads, &err));
    float *before = new_floats(f.raw->n_weights, 5);
    for (int i = 0; i < f.g->n_params; i++) {
        const ga_param_spec *s = ga_graph_param(f.g, i);
        const bool bias = strstr(s->name, ".bias") != NULL;
        for (size_t k = s->offset; k < s->offset + s->count; k++) {
            assert_true((f.effective->weights[k] == f.raw->weights[k]) == bias);
            assert_true((grads[k] == before[k]) == bias);
        }
    }
    ga_mem_free(before);
    stop(&f);
}

static void a_matrix_of_zeros_stays_one(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    start(&f);
    memset(f.raw->weights, 0, f.raw->n_weights * sizeof(float));
    for (int i = 0; i < 3; i++)
        CHECK_OK(ga_spectral_apply(f.s, f.raw, f.effective, true, &err));
    for (size_t k = 0; k < f.raw->n_weights; k++)
        assert_true(f.effective->weights[k] == 0);
    stop(&f);
}

static void wrong_use_is_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    fixture f;
    ga_graph *g;
    ga_params *p;
    ga_spectral *s;
    start(&f);
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "x", (ga_dims){2, 1, 1}, &err));
    CHECK_FAILS(ga_spectral_create(g, 1, &s, &err), GA_EINVAL, "no layer has a weight matrix");
    assert_null(s);
    CHECK_OK(ga_params_create(g, &p, &err));
    CHECK_FAILS(ga_spectral_apply(f.s, f.raw, p, true, &err), GA_EINVAL, "got 1276 and 0");
    CHECK_FAILS(ga_spectral_backward(f.s, p, f.grads, &err), GA_EINVAL, "got 0 and 1276");
    ga_spectral_free(f.s);
    f.s = NULL;
    long n = 0;
    for (; f.s == NULL && n < 20; n++) {
        ga_mem_fail_after(n);
        const ga_status status = ga_spectral_create(f.g, 1, &f.s, &err);
        ga_mem_fail_after(-1);
        assert_true(status == (f.s != NULL ? GA_OK : GA_ENOMEM));
    }
    assert_int_equal(n, 4);
    ga_params_free(p);
    ga_graph_free(g);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_steps_agree_with_pytorch),
        cmocka_unit_test(power_iteration_finds_the_largest_singular_value),
        cmocka_unit_test(gradients_agree_with_finite_differences),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(u_and_v_are_drawn_from_the_seed),
        cmocka_unit_test(state_can_be_saved_and_put_back),
        cmocka_unit_test(biases_and_buffers_are_left_as_they_are),
        cmocka_unit_test(a_matrix_of_zeros_stays_one),
        cmocka_unit_test(wrong_use_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
