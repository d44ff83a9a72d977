/* plan_check.h - the small network with numbers in it, for the tests of plans. */
#ifndef GA_PLAN_CHECK_H
#define GA_PLAN_CHECK_H
#include "net_check.h"

enum { N = 5, Z = 5, OUT = 2 * 6 * 6 };

static inline ga_plan *new_plan(const ga_graph *g, ga_params *p, const ga_plan_options *o)
{
    ga_err err;
    ga_plan *plan;
    CHECK_OK(ga_plan_create(g, p, o, &plan, &err));
    return plan;
}

/* z -> out, n images. */
static inline void render(ga_plan *plan, const float *z, int n, float *out)
{
    ga_err err;
    CHECK_OK(ga_plan_write(plan, "z", (ga_view){z, n, Z, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, "out", out, &err));
}

typedef struct fixture {
    ga_graph *g;
    ga_params *p;
    float z[N * Z], out[N * OUT];
} fixture;

static inline void start(fixture *f)
{
    f->g = small_network();
    f->p = new_params(f->g, 11);
    fill_distinct(f->z, N * Z, 12);
}

static inline void stop(fixture *f)
{
    ga_params_free(f->p);
    ga_graph_free(f->g);
}

static const ga_bn_mode modes[] = {GA_BN_RUNNING, GA_BN_BATCH, GA_BN_IMAGE};

#endif
