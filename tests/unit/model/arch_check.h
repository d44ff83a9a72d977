/* arch_check.h - what tests of architectures share: to open one, to count what it learns. */
#ifndef GA_ARCH_CHECK_H
#define GA_ARCH_CHECK_H
#include "check.h"
#include "ganatomy/model.h"

static inline ga_arch *open_arch(const char *name)
{
    ga_err err;
    ga_arch *a;
    CHECK_OK(ga_arch_open(name, &a, &err));
    return a;
}

/* Numbers that are learned. */
static inline size_t arch_weights(const ga_arch *a)
{
    size_t n = 0;
    for (int i = 0; i < ga_graph_n_params(ga_arch_graph(a)); i++) {
        const ga_param_spec *p = ga_graph_param(ga_arch_graph(a), i);
        n += p->kind == GA_WEIGHT ? p->count : 0;
    }
    return n;
}

/* The shape of a tap; NULL: of the output. */
static inline void check_dims(const ga_arch *a, const char *tap, int c, int h, int w)
{
    const ga_graph *g = ga_arch_graph(a);
    const int i = tap != NULL ? ga_graph_find(g, tap) : ga_graph_output(g);
    if (i < 0)
        fail_msg("'%s' has no tap '%s'", ga_arch_name(a), tap != NULL ? tap : "output");
    const ga_dims d = ga_graph_tap_dims(g, i);
    if (d.c != c || d.h != h || d.w != w)
        fail_msg("'%s': '%s' is (%d,%d,%d), expected (%d,%d,%d)", ga_arch_name(a),
                 ga_graph_tap_name(g, i), d.c, d.h, d.w, c, h, w);
}
#endif
