/* models.h - models for tests: by the name of an architecture, or described in the test itself. */
#ifndef GA_TEST_MODELS_H
#define GA_TEST_MODELS_H
#include "check.h"
#include "ganatomy/model.h"

/* "dcgan:width=4" or the path of a description; weights are 0. Ended by ga_model_free. */
static inline ga_model *model_named(const char *arch)
{
    ga_err err;
    ga_arch *a;
    ga_model *m;
    CHECK_OK(ga_arch_open(arch, &a, &err));
    CHECK_OK(ga_model_create(a, &m, &err));
    ga_arch_free(a);
    return m;
}

/* The same of a description in JSON. */
static inline ga_model *model_described(const char *json)
{
    ga_err err;
    ga_arch *a;
    ga_model *m;
    CHECK_OK(ga_arch_parse(json, strlen(json), "described", &a, &err));
    CHECK_OK(ga_model_create(a, &m, &err));
    ga_arch_free(a);
    return m;
}

/* The weights of a parameter, to be read or written (then ga_params_changed). */
static inline float *weights_of(ga_model *m, const char *param)
{
    const ga_graph *g = ga_model_graph(m);
    for (int i = 0; i < ga_graph_n_params(g); i++)
        if (strcmp(ga_graph_param(g, i)->name, param) == 0)
            return ga_params_weights(ga_model_params(m), NULL) + ga_graph_param(g, i)->offset;
    fail_msg("no parameter '%s'", param);
    return NULL;
}
#endif
