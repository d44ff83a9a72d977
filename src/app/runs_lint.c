/* runs_lint.c - see runs_lint.h. */
#include "app/runs_lint.h"
#include "app/lint_curves.h"
#include "base/alloc.h"
#include "base/json.h"
#include "ganatomy/model.h"
#include <math.h>
#include <string.h>

/* ---- from the database ------------------------------------------------------------------------*/

static double number_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    const char *word = json_string_value(v);
    if (word != NULL)
        return strcmp(word, "inf") == 0 ? INFINITY : strcmp(word, "-inf") == 0 ? -INFINITY : NAN;
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* What was measured of samples, as the last event of that kind has it. */
static ga_status read_samples(ga_store *s, int64_t run, ga_lint_input *in, double **sensitivity,
                              ga_err *err)
{
    ga_event *events;
    size_t n;
    json_t *o = NULL;
    ga_status status = ga_store_events(s, run, "samples", &events, &n, err);
    if (status != GA_OK)
        return status;
    if (n > 0 && ga_json_parse(events[n - 1].text, strlen(events[n - 1].text), "samples", &o,
                               NULL) == GA_OK) {
        const json_t *list = json_object_get(o, "sensitivity");
        const size_t z = json_array_size(list);
        in->distance_fake = number_of(o, "distance_fake");
        in->distance_real = number_of(o, "distance_real");
        in->nearest_fake = number_of(o, "nearest_fake");
        in->nearest_test = number_of(o, "nearest_test");
        *sensitivity = ga_mem_new(z, sizeof **sensitivity);
        for (size_t i = 0; *sensitivity != NULL && i < z; i++)
            (*sensitivity)[i] = json_number_value(json_array_get(list, i));
        in->sensitivity = *sensitivity;
        in->z = *sensitivity != NULL ? (int)z : 0;
    }
    json_decref(o);
    ga_events_free(events, n);
    return GA_OK;
}

/* How many classes the run's model tells apart; 0 if it is not there. */
static int classes_of(ga_store *s, int64_t run)
{
    ga_artifact *files;
    size_t n;
    int classes = 0;
    if (ga_store_artifacts(s, run, &files, &n, NULL) != GA_OK)
        return 0;
    for (size_t i = 0; i < n; i++) {
        ga_model *m;
        if (strcmp(files[i].kind, "weights") != 0 ||
            ga_model_open(files[i].path, &m, NULL) != GA_OK)
            continue;
        const ga_graph *g = ga_model_graph(m);
        classes = ga_graph_output_dims(g).c;
        ga_model_free(m);
    }
    ga_artifacts_free(files, n);
    return classes;
}

/* Only these losses are sums of cross-entropies of logits. Runs of before there was a choice had
 * the first. */
static bool is_logistic(const json_t *config)
{
    const char *loss = json_string_value(json_object_get(config, "loss"));
    return loss == NULL || strcmp(loss, "nonsaturating") == 0 || strcmp(loss, "minimax") == 0;
}

/* ---- recorded ---------------------------------------------------------------------------------*/

/* An event as a finding; false if its code is none that this version knows. */
static bool finding_of(const ga_event *e, ga_lint_finding *f)
{
    json_t *o = NULL;
    if (ga_json_parse(e->text, strlen(e->text), "lint", &o, NULL) != GA_OK)
        return false;
    const char *code = json_string_value(json_object_get(o, "code")),
               *words = json_string_value(json_object_get(o, "words"));
    const char *const *known = ga_lint_codes();
    while (code != NULL && *known != NULL && strcmp(*known, code) != 0)
        known++;
    const bool good = code != NULL && *known != NULL && words != NULL;
    if (good) {
        const json_t *step = json_object_get(o, "step");
        *f = (ga_lint_finding){.code = *known,
                               .value = number_of(o, "value"),
                               .threshold = number_of(o, "threshold"),
                               .step = json_is_integer(step) ? json_integer_value(step) : -1};
        snprintf(f->words, sizeof f->words, "%s", words);
    }
    json_decref(o);
    return good;
}

static bool has(const ga_runs_findings *findings, const char *code)
{
    for (int i = 0; i < findings->n; i++)
        if (strcmp(findings->list[i].code, code) == 0)
            return true;
    return false;
}

static ga_status read_recorded(ga_store *s, int64_t run, ga_runs_findings *out, ga_err *err)
{
    ga_event *events;
    size_t n;
    const ga_status status = ga_store_events(s, run, "lint", &events, &n, err);
    if (status != GA_OK)
        return status;
    for (size_t i = 0; i < n && out->n < GA_LINT_MAX; i++) {
        ga_lint_finding f;
        if (finding_of(&events[i], &f) && !has(out, f.code))
            out->list[out->n++] = f;
    }
    ga_events_free(events, n);
    return GA_OK;
}

/* ---- both -------------------------------------------------------------------------------------*/

ga_status ga_runs_lint(ga_store *s, const ga_run_found *run, ga_runs_findings *out, ga_err *err)
{
    ga_lint_finding shown[GA_LINT_MAX];
    ga_lint_curves curves = {0};
    double *sensitivity = NULL;
    ga_lint_input in = ga_lint_nothing();
    const bool classifier = strcmp(run->record->kind, "classifier") == 0;
    *out = (ga_runs_findings){0};
    ga_status status = read_recorded(s, run->record->id, out, err);
    if (status == GA_OK)
        status = ga_lint_curves_read(s, run->record->id, is_logistic(run->config), &in, &curves,
                                     err);
    if (status == GA_OK)
        status = read_samples(s, run->record->id, &in, &sensitivity, err);
    if (status == GA_OK) {
        in.classes = classifier ? classes_of(s, run->record->id) : 0;
        if (run->record->state == GA_RUN_DIVERGED)
            in.diverged_at = curves.last + 1;
        const int n = ga_lint(&in, shown, GA_LINT_MAX);
        for (int i = 0; i < n && out->n < GA_LINT_MAX; i++)
            if (!has(out, shown[i].code))
                out->list[out->n++] = shown[i];
    }
    ga_lint_curves_free(&curves);
    ga_mem_free(sensitivity);
    return status;
}

void ga_runs_lint_say(ga_request *rq, const ga_runs_findings *findings)
{
    for (int i = 0; i < findings->n; i++) {
        const ga_lint_finding *f = &findings->list[i];
        char value[GA_RUN_WORDS], threshold[GA_RUN_WORDS], numbers[2 * GA_RUN_WORDS] = "",
                                                                       line[640];
        if (isfinite(f->threshold))
            snprintf(numbers, sizeof numbers, "%s against %s; ",
                     ga_words_number(f->value, 4, value),
                     ga_words_number(f->threshold, 4, threshold));
        snprintf(line, sizeof line, "%s: %s (%sdocs/lint/%s.md)", f->code, f->words, numbers,
                 f->code);
        ga_say_entry(rq, i == 0 ? "lint" : "", line);
    }
}

json_t *ga_runs_lint_json(const ga_runs_findings *findings)
{
    json_t *list = json_array();
    for (int i = 0; i < findings->n; i++) {
        char text[1024];
        json_t *o = NULL;
        const int n = ga_lint_json(&findings->list[i], text, sizeof text);
        if (n < (int)sizeof text && ga_json_parse(text, (size_t)n, "lint", &o, NULL) == GA_OK)
            (void)json_array_append_new(list, o);
    }
    return list;
}
