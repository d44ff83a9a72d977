/* lint_curves.c - see lint_curves.h. */
#include "app/lint_curves.h"

static const struct wanted {
    const char *series;
    size_t offset;
    bool chance; /* a mean sigmoid of logits */
} wanted[] = {
    {"update", offsetof(ga_lint_input, update), false},
    {"update_d", offsetof(ga_lint_input, update_d), false},
    {"update_g", offsetof(ga_lint_input, update_g), false},
    {"loss", offsetof(ga_lint_input, loss), false},
    {"accuracy", offsetof(ga_lint_input, accuracy), false},
    {"loss_d", offsetof(ga_lint_input, loss_d), false},
    {"loss_g", offsetof(ga_lint_input, loss_g), false},
    {"d_real", offsetof(ga_lint_input, d_real), true},
    {"d_fake", offsetof(ga_lint_input, d_fake), true},
    {"right_real", offsetof(ga_lint_input, right_real), false},
    {"right_fake", offsetof(ga_lint_input, right_fake), false},
};
_Static_assert(sizeof wanted / sizeof *wanted == GA_LINT_CURVES, "room for every curve");

ga_status ga_lint_curves_read(ga_store *s, int64_t run, bool logistic, ga_lint_input *in,
                              ga_lint_curves *c, ga_err *err)
{
    in->logistic = logistic;
    for (int i = 0; i < GA_LINT_CURVES; i++) {
        size_t n;
        const ga_status status = ga_store_series_read(s, run, wanted[i].series, 0, INT64_MAX,
                                                      &c->steps[i], &c->values[i], &n, err);
        if (status != GA_OK)
            return status;
        if (n > 0 && c->steps[i][n - 1] > c->last)
            c->last = c->steps[i][n - 1];
        if (logistic || !wanted[i].chance)
            *(ga_lint_curve *)(void *)((char *)in + wanted[i].offset) = (ga_lint_curve){
                c->steps[i], c->values[i], n};
    }
    return GA_OK;
}

void ga_lint_curves_free(ga_lint_curves *c)
{
    for (int i = 0; i < GA_LINT_CURVES; i++)
        ga_store_series_free(c->steps[i], c->values[i]);
    *c = (ga_lint_curves){0};
}
