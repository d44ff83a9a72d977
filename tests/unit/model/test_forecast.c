/* What a plan says that it will need, beside what the process then really holds: counted by the C
 * library's own books (mallinfo2), not by ours. */
#include "ganatomy/model.h"
#include "base/alloc.h"
#include "books.h"
#include "check.h"

static const char *const names[] = {"mnist-gan",      "mnist-gan-d",
                                    "lenet5",         "dcgan-28",
                                    "dcgan-28-d",     "homework-generator",
                                    "homework-cnn",   "homework-discriminator",
                                    NULL};

/* A plan is made, used once in the way it is for, and measured while it stands. */
static size_t truth(const ga_graph *g, ga_params *p, ga_params *grads, const ga_plan_options *o)
{
    ga_err err;
    ga_plan *plan;
    const ga_dims in = ga_graph_tap_dims(g, 0);
    const int last = ga_graph_output(g);
    const ga_dims out = ga_graph_tap_dims(g, last);
    float *x = ga_mem_new((size_t)o->batch * ga_dims_count(in), sizeof *x),
          *diff = ga_mem_new((size_t)o->batch * ga_dims_count(out), sizeof *diff);
    const size_t before = held();
    CHECK_OK(ga_plan_create(g, p, o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, ga_graph_tap_name(g, 0), (ga_view){x, o->batch, in.c, in.h, in.w},
                           &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    if (o->train)
        CHECK_OK(ga_plan_backward(plan, diff, grads, false, NULL, &err));
    const size_t grown = held() - before;
    ga_plan_free(plan);
    ga_mem_free(x);
    ga_mem_free(diff);
    return grown;
}

static void the_forecast_is_within_a_tenth_of_what_is_held(void **state)
{
    (void)state;
    ga_err err;
    if (!books_are_kept())
        skip();
    for (size_t k = 0; names[k] != NULL; k++) {
        ga_arch *a;
        ga_params *p, *grads;
        CHECK_OK(ga_arch_open(names[k], &a, &err));
        const ga_graph *g = ga_arch_graph(a);
        CHECK_OK(ga_params_create(g, &p, &err));
        CHECK_OK(ga_params_create(g, &grads, &err));
        ga_params_init(p, g, 1, GA_START_DCGAN);
        for (int i = 0; i < 8; i++) {
            ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
            o.batch = (int[]){1, 8, 33, 100}[i / 2];
            o.train = i % 2 != 0;
            o.bn = o.train ? GA_BN_BATCH : GA_BN_RUNNING;
            o.threads = 1; /* OpenMP keeps its workers' memory, which is no plan's */
            ga_plan_cost cost;
            CHECK_OK(ga_plan_forecast(g, &o, &cost, &err));
            const double ratio = (double)truth(g, p, grads, &o) / (double)cost.total_bytes;
            if (ratio < 1 || ratio > 1.1)
                fail_msg("%s, batch %d, %s: held is %.3f of the forecast of %zu bytes", names[k],
                         o.batch, o.train ? "training" : "inference", ratio, cost.total_bytes);
        }
        ga_params_free(grads);
        ga_params_free(p);
        ga_arch_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_forecast_is_within_a_tenth_of_what_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
