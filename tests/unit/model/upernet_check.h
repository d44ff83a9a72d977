/* upernet_check.h - UPerNet with drawn weights against PyTorch (tools/golden/upernet.py). */
#ifndef GA_UPERNET_CHECK_H
#define GA_UPERNET_CHECK_H
#include "base/rng.h"
#include "ganatomy/model.h"
#include "golden/golden.h"

enum { UPERNET_PICKED = 17, UPERNET_TAPS = 256 };

/* Every parameter in the order of the graph, which is that of the published state dicts. */
static inline void upernet_draw(ga_model *m, double factor)
{
    ga_numpy_rng rng;
    const ga_graph *g = ga_model_graph(m);
    float *weights = ga_params_weights(ga_model_params(m), NULL),
          *buffers = ga_params_buffers(ga_model_params(m), NULL);
    ga_numpy_seed(&rng, 1);
    for (int p = 0; p < ga_graph_n_params(g); p++) {
        const ga_param_spec *s = ga_graph_param(g, p);
        const bool norm = strcmp(ga_graph_tap_type(g, s->tap), "BatchNorm2d") == 0;
        const bool variance = strstr(s->name, ".running_var") != NULL;
        const bool around_one = norm && strstr(s->name, ".weight") != NULL;
        float *to = (s->kind == GA_WEIGHT ? weights : buffers) + s->offset;
        for (size_t i = 0; i < s->count; i++) {
            const double x = ga_numpy_normal(&rng) * factor;
            to[i] = (float)(variance ? 1 + fabs(x) : around_one ? 1 + x : x);
        }
    }
    ga_params_changed(ga_model_params(m));
}

/* Relative to the largest number of a tap: sums of some thousand products in f32, layer after
 * layer, against double. */
static const double upernet_tolerance = 1e-5;

static inline void upernet_check_tap(const ga_golden *gold, const char *network, const char *tap,
                                     const float *x, size_t n)
{
    char key[160];
    double sum = 0, square = 0, most = 0;
    if (n == 0) {
        fail_msg("%s: nothing is there", tap);
        return;
    }
    snprintf(key, sizeof key, "%s.%s.moments", network, tap);
    const float *want = golden_find(gold, key, 3, true);
    const double tolerance = upernet_tolerance * (double)want[2];
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i];
        square += (double)x[i] * (double)x[i];
        most = fmax(most, fabs((double)x[i]));
    }
    const double mean = sum / (double)n,
                 got[3] = {mean, sqrt(square / (double)n - mean * mean), most};
    for (int i = 0; i < 3; i++)
        if (!(fabs(got[i] - (double)want[i]) <= tolerance))
            fail_msg("%s: moment %d is %.8g, PyTorch has %.8g", tap, i, got[i], (double)want[i]);
    snprintf(key, sizeof key, "%s.%s.picked", network, tap);
    const float *picked = golden_find(gold, key, UPERNET_PICKED, true);
    for (size_t i = 0; i < UPERNET_PICKED; i++)
        if (!(fabs((double)x[i * 7919 % n] - (double)picked[i]) <= tolerance))
            fail_msg("%s: number %zu is %.8g, PyTorch has %.8g", tap, i * 7919 % n,
                     (double)x[i * 7919 % n], (double)picked[i]);
}

/* Every tap that the golden file has of a network. */
static inline void upernet_agrees(const char *arch, const char *network, double factor)
{
    ga_err err;
    ga_arch *a;
    ga_model *m;
    ga_plan *plan;
    ga_golden gold = golden_open("upernet");
    static char taps[UPERNET_TAPS][48];
    const char *keep[UPERNET_TAPS], *at = NULL;
    char line[128], of[32];
    int n = 0;
    while (golden_line(&gold, "case", &at, line, sizeof line)) {
        assert_true(n < UPERNET_TAPS);
        if (sscanf(line, "%31s %47s", of, taps[n]) == 2 && strcmp(of, network) == 0) {
            keep[n] = taps[n];
            n++;
        }
    }
    assert_true(n > 50);
    CHECK_OK(ga_arch_open(arch, &a, &err));
    CHECK_OK(ga_model_create(a, &m, &err));
    upernet_draw(m, factor);
    const ga_dims in = ga_arch_input(a);
    const ga_graph *g = ga_model_graph(m);
    float *x = ga_mem_new(ga_dims_count(in), sizeof *x);
    ga_numpy_rng rng;
    ga_numpy_seed(&rng, 2);
    for (size_t i = 0; i < ga_dims_count(in); i++)
        x[i] = (float)(ga_numpy_normal(&rng) / 2);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.keep = keep;
    o.n_keep = n;
    CHECK_OK(ga_plan_create(g, ga_model_params(m), &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "image", (ga_view){x, 1, in.c, in.h, in.w}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    for (int k = 0; k < n; k++) {
        const size_t count = ga_dims_count(ga_graph_tap_dims(g, ga_graph_find(g, keep[k])));
        float *values = ga_mem_new(count, sizeof *values);
        CHECK_OK(ga_plan_read(plan, keep[k], values, &err));
        upernet_check_tap(&gold, network, keep[k], values, count);
        ga_mem_free(values);
    }
    ga_plan_free(plan);
    ga_mem_free(x);
    ga_model_free(m);
    ga_arch_free(a);
    golden_close(&gold);
}
#endif
