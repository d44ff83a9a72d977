/* eye.c - a classifier looks at pictures. */
#include "base/alloc.h"
#include "metric/eye.h"
#include <math.h>

#define EYE_BATCH 100

struct ga_eye {
    ga_model *model;
    ga_plan *plan;
    const char *input, *output, *tap; /* borrowed from the graph */
    ga_dims in;
    float lo, hi; /* the classifier's range */
    int n_features, n_classes;
    char hash[65];
    bool remember;
    float *pictures; /* (EYE_BATCH,C,H,W) as the classifier reads them */
};

/* Room for n pictures of v's size, rescaled and resized, is e->pictures. */
static void prepare(ga_eye *e, ga_view v, float lo, float hi, float *scaled)
{
    const double factor = ((double)e->hi - (double)e->lo) / ((double)hi - (double)lo);
    const size_t count = ga_view_count(v);
    for (size_t i = 0; i < count; i++)
        scaled[i] = (float)((double)e->lo + factor * ((double)v.data[i] - (double)lo));
    ga_resize_bilinear(scaled, v.n * v.c, v.h, v.w, e->pictures, e->in.h, e->in.w);
}

ga_status ga_eye_create(ga_model *classifier, const char *tap, int threads, size_t memory_limit,
                        ga_eye **out, ga_err *err)
{
    *out = NULL;
    const ga_graph *g = ga_model_graph(classifier);
    const ga_arch *arch = ga_model_arch(classifier);
    const int last = ga_graph_output(g);
    const ga_dims classes = ga_graph_tap_dims(g, last);
    int index = -1;
    if (ga_arch_law(arch) != GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads latents: a classifier is needed",
                       ga_arch_name(arch));
    if (ga_arch_output_kind(arch) == GA_OUTPUT_LABELS ||
        ga_arch_output_kind(arch) == GA_OUTPUT_PARSING)
        return ga_fail(
            err, GA_ESHAPE,
            "'%s' says what pixels are, not pictures: `ganatomy segment` holds it against "
            "the truth",
            ga_arch_name(arch));
    if (classes.h != 1 || classes.w != 1 || classes.c < 2 || classes.c > GA_METRIC_MAX_CLASSES)
        return ga_fail(err, GA_ESHAPE,
                       "'%s' gives %dx%dx%d numbers a picture: expected 2 to %d "
                       "classes",
                       ga_arch_name(arch), classes.c, classes.h, classes.w, GA_METRIC_MAX_CLASSES);
    if (tap != NULL && ga_graph_need(g, tap, &index, err) != GA_OK)
        return err != NULL ? err->status : GA_ENOTFOUND;
    ga_eye *e = ga_mem_new(1, sizeof *e);
    if (e == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a classifier's plan");
    *e = (ga_eye){.model = classifier,
                  .input = ga_graph_tap_name(g, 0),
                  .output = ga_graph_tap_name(g, last),
                  .tap = index >= 0 ? ga_graph_tap_name(g, index) : NULL,
                  .in = ga_graph_tap_dims(g, 0),
                  .n_features = index >= 0 ? (int)ga_dims_count(ga_graph_tap_dims(g, index)) : 0,
                  .n_classes = classes.c};
    ga_arch_input_range(arch, &e->lo, &e->hi);
    ga_model_hash(classifier, e->hash);
    const ga_plan_options options = {.batch = EYE_BATCH,
                                     .bn = GA_BN_RUNNING,
                                     .keep = &e->tap,
                                     .n_keep = index >= 0 ? 1 : 0,
                                     .threads = threads,
                                     .memory_limit = memory_limit};
    e->pictures = ga_mem_new(EYE_BATCH * ga_dims_count(e->in), sizeof *e->pictures);
    ga_status status = e->pictures != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for a batch of pictures");
    if (status == GA_OK)
        status = ga_plan_create(g, ga_model_params(classifier), &options, &e->plan, err);
    if (status != GA_OK) {
        ga_eye_free(e);
        return status;
    }
    *out = e;
    return GA_OK;
}

void ga_eye_free(ga_eye *e)
{
    if (e == NULL)
        return;
    ga_plan_free(e->plan);
    ga_mem_free(e->pictures);
    ga_mem_free(e);
}

int ga_eye_features(const ga_eye *e)
{
    return e->n_features;
}

int ga_eye_classes(const ga_eye *e)
{
    return e->n_classes;
}

const char *ga_eye_hash(const ga_eye *e)
{
    return e->hash;
}

void ga_eye_remember(ga_eye *e, bool each)
{
    e->remember = each;
}

bool ga_eye_remembers(const ga_eye *e)
{
    return e->remember;
}

double ga_certainty_of(const float *logits, int k, ga_certainty kind, int *label)
{
    int best = 0;
    double mean = 0, squares = 0, sum = 0;
    for (int j = 0; j < k; j++) {
        best = logits[j] > logits[best] ? j : best;
        mean += (double)logits[j] / k;
    }
    for (int j = 0; j < k; j++)
        squares += ((double)logits[j] - mean) * ((double)logits[j] - mean);
    double factor = 1;
    if (kind == GA_CERTAINTY_SCALED)
        factor = squares > 0 ? 3 / sqrt(squares / (k - 1)) : 0;
    for (int j = 0; j < k; j++)
        sum += exp(factor * ((double)logits[j] - (double)logits[best]));
    if (label != NULL)
        *label = best;
    return 1 / sum;
}

ga_status ga_eye_look(ga_eye *e, ga_view v, float lo, float hi, float *features, float *logits,
                      ga_err *err)
{
    if (v.c != e->in.c)
        return ga_fail(err, GA_ESHAPE, "pictures of %d channels, but the classifier reads %d", v.c,
                       e->in.c);
    if (features != NULL && e->tap == NULL)
        return ga_fail(err, GA_EINVAL, "features are asked for, but no tap was named");
    const size_t picture = (size_t)v.c * (size_t)v.h * (size_t)v.w;
    float *scaled = ga_mem_new(EYE_BATCH * picture, sizeof *scaled);
    if (scaled == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a batch of pictures");
    ga_status status = GA_OK;
    for (int at = 0; at < v.n && status == GA_OK; at += EYE_BATCH) {
        const int n = v.n - at < EYE_BATCH ? v.n - at : EYE_BATCH;
        const ga_view part = {v.data + (size_t)at * picture, n, v.c, v.h, v.w};
        prepare(e, part, lo, hi, scaled);
        status = ga_plan_write(e->plan, e->input,
                               (ga_view){e->pictures, n, e->in.c, e->in.h, e->in.w}, err);
        if (status == GA_OK)
            status = ga_plan_forward(e->plan, NULL, err);
        if (status == GA_OK && features != NULL)
            status = ga_plan_read(e->plan, e->tap, features + (size_t)at * (size_t)e->n_features,
                                  err);
        if (status == GA_OK && logits != NULL)
            status = ga_plan_read(e->plan, e->output, logits + (size_t)at * (size_t)e->n_classes,
                                  err);
    }
    ga_mem_free(scaled);
    return status;
}
