/* lint.c - the table of rules, and what all of them ask of a curve. */
#include "lint/rules.h"
#include "base/text.h"
#include <math.h>
#include <stdio.h>

static const ga_lint_rule rules[] = {
#define ROW(code, look) {code, look},
    GA_LINT_RULES(ROW)
#undef ROW
};
enum { N_RULES = (int)(sizeof rules / sizeof rules[0]) };
_Static_assert(N_RULES <= GA_LINT_MAX, "lint.h promises room for all");

static const char *const codes[] = {
#define CODE(code, look) code,
    GA_LINT_RULES(CODE)
#undef CODE
        NULL};

const char *const *ga_lint_codes(void)
{
    return codes;
}

ga_lint_input ga_lint_nothing(void)
{
    return (ga_lint_input){.diverged_at = -1,
                           .eval_first = NAN,
                           .eval_again = NAN,
                           .as_trained = NAN,
                           .evaluated = NAN,
                           .reported = NAN,
                           .distance_fake = NAN,
                           .distance_real = NAN,
                           .nearest_fake = NAN,
                           .nearest_test = NAN};
}

double ga_lint_mean(const ga_lint_curve *c, double from, double to)
{
    const size_t first = (size_t)(from * (double)c->n), end = (size_t)(to * (double)c->n);
    double sum = 0;
    size_t n = 0;
    for (size_t i = first; i < end; i++)
        if (isfinite(c->values[i])) {
            sum += c->values[i];
            n++;
        }
    return n > 0 ? sum / (double)n : NAN;
}

double ga_lint_tail(const ga_lint_curve *c)
{
    enum { LEAST = 3 }; /* fewer points are no tendency */
    if (c->n < LEAST)
        return NAN;
    return ga_lint_mean(c, c->n < 10 * LEAST ? 1 - (double)LEAST / (double)c->n : 0.9, 1);
}

int ga_lint(const ga_lint_input *input, ga_lint_finding *out, int most)
{
    int n = 0;
    for (int i = 0; i < N_RULES && n < most; i++) {
        out[n] = (ga_lint_finding){.code = rules[i].code, .step = -1};
        n += rules[i].look(input, &out[n]);
    }
    return n;
}

static void add_number(ga_text *t, const char *key, double v)
{
    if (isfinite(v))
        ga_text_addf(t, "\"%s\":%.9g,", key, v);
    else
        ga_text_addf(t, "\"%s\":\"%s\",", key, isnan(v) ? "nan" : v > 0 ? "inf" : "-inf");
}

int ga_lint_json(const ga_lint_finding *f, char *text, size_t size)
{
    ga_text t = {0};
    ga_text_addf(&t, "{\"code\":\"%s\",", f->code);
    add_number(&t, "value", f->value);
    add_number(&t, "threshold", f->threshold);
    ga_text_addf(&t, "\"step\":%lld,\"words\":", (long long)f->step);
    ga_text_add_json(&t, f->words);
    ga_text_addf(&t, ",\"page\":\"docs/lint/%s.md\"}", f->code);
    const int n = snprintf(text, size, "%s", t.failed ? "" : t.data);
    ga_text_free(&t);
    return n;
}
