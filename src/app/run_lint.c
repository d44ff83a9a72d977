/* run_lint.c - see run_lint.h. */
#include "app/run_lint.h"
#include "app/lint_curves.h"
#include "base/alloc.h"
#include "base/json.h"
#include "ganatomy/stat.h"
#include <math.h>
#include <string.h>

enum {
    SAMPLES = 64, /* latents looked at, and test pictures beside them */
    POOL = 10000, /* training pictures that may have been learnt by heart */
    PROBES = 8    /* latents each of whose numbers is changed alone */
};

/* ---- samples ----------------------------------------------------------------------------------*/

typedef struct samples {
    ga_train *t;
    int z, classes, threads;
    size_t p; /* numbers of a picture */
    float *latents, *pictures, *real, *pool, *distance;
    int32_t *labels;
    double *sensitivity; /* (Z) */
} samples;

static void samples_free(samples *s)
{
    ga_mem_free(s->latents);
    ga_mem_free(s->pictures);
    ga_mem_free(s->real);
    ga_mem_free(s->pool);
    ga_mem_free(s->distance);
    ga_mem_free(s->labels);
    ga_mem_free(s->sensitivity);
}

static ga_status samples_make(samples *s, size_t pool, ga_err *err)
{
    s->latents = ga_mem_new(SAMPLES * (size_t)s->z, sizeof(float));
    s->pictures = ga_mem_new(SAMPLES * s->p, sizeof(float));
    s->real = ga_mem_new(SAMPLES * s->p, sizeof(float));
    s->pool = ga_mem_new(pool * s->p, sizeof(float));
    s->distance = ga_mem_new(SAMPLES, sizeof(float));
    s->labels = ga_mem_new(SAMPLES, sizeof *s->labels);
    s->sensitivity = ga_mem_new((size_t)s->z, sizeof *s->sensitivity);
    if (s->latents && s->pictures && s->real && s->pool && s->distance && s->labels &&
        s->sensitivity)
        return GA_OK;
    return ga_fail(err, GA_ENOMEM, "no memory to look at samples");
}

static double distance_of(const float *a, const float *b, size_t p)
{
    double sum = 0;
    for (size_t i = 0; i < p; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sqrt(sum);
}

static double mean_distance(const float *pictures, int n, size_t p)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            sum += distance_of(pictures + (size_t)i * p, pictures + (size_t)j * p, p);
    return sum / ((double)n * (n - 1) / 2);
}

/* How far a picture moves when one number of its latent grows by 1, mean over a few latents. */
static ga_status probe(samples *s, ga_err *err)
{
    for (int j = 0; j < s->z; j++) {
        for (int i = 0; i < PROBES; i++) {
            float *z = s->latents + (size_t)(PROBES + i) * (size_t)s->z;
            memcpy(z, s->latents + (size_t)i * (size_t)s->z, (size_t)s->z * sizeof *z);
            z[j] += 1;
            s->labels[PROBES + i] = s->labels[i];
        }
        const ga_status status = ga_train_render(s->t, s->latents, s->labels, 2 * PROBES,
                                                 s->pictures, err);
        if (status != GA_OK)
            return status;
        for (int i = 0; i < PROBES; i++)
            s->sensitivity[j] += distance_of(s->pictures + (size_t)i * s->p,
                                             s->pictures + (size_t)(PROBES + i) * s->p, s->p) /
                                 PROBES;
    }
    return GA_OK;
}

static ga_status first_pictures(const ga_dataset *d, ga_batch_spec spec, int n, float *to, size_t p,
                                ga_err *err)
{
    for (int i = 0; i < n; i++) {
        const uint32_t index = (uint32_t)i;
        const ga_status status = ga_batch_fill(d, &index, 1, spec, to + (size_t)i * p, NULL, err);
        if (status != GA_OK)
            return status;
    }
    return GA_OK;
}

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Median distance of n pictures to the nearest of the pool. */
static ga_status nearest(samples *s, const float *pictures, int n, size_t pool, double *median,
                         ga_err *err)
{
    const ga_points x = {pictures, (size_t)n, (int)s->p}, all = {s->pool, pool, (int)s->p};
    const ga_status status = ga_nearest(x, all, 1, s->threads, NULL, s->distance, err);
    if (status != GA_OK)
        return status;
    qsort(s->distance, (size_t)n, sizeof *s->distance, by_size);
    *median = s->distance[n / 2];
    return GA_OK;
}

static ga_status draw_samples(samples *s, const ga_arch *arch, ga_err *err)
{
    ga_status status = ga_latents(ga_arch_law(arch), 1, 0, SAMPLES, s->z, s->latents, err);
    if (s->classes > 0)
        ga_labels(s->classes, 0, SAMPLES, s->labels);
    if (status == GA_OK)
        status = ga_train_render(s->t, s->latents, s->labels, SAMPLES, s->pictures, err);
    return status;
}

static ga_status look_at_samples(samples *s, const ga_cast *cast, ga_lint_input *in, ga_err *err)
{
    const ga_arch *arch = ga_train_arch(s->t);
    const ga_graph *g = ga_arch_graph(arch);
    const ga_dims d = ga_graph_output_dims(g);
    const ga_dataset *beside = cast->test != NULL ? cast->test : cast->data;
    const int n_train = ga_dataset_n(cast->data), n_real = ga_dataset_n(beside);
    const int real = n_real < SAMPLES ? n_real : SAMPLES, pool = n_train < POOL ? n_train : POOL;
    ga_batch_spec spec = {.h = d.h, .w = d.w};
    ga_arch_output_range(arch, &spec.lo, &spec.hi);
    s->z = (int)ga_dims_count(ga_arch_input(arch));
    s->classes = ga_arch_classes(arch);
    s->p = ga_dims_count(d);
    if (real < 2)
        return GA_OK;
    ga_status status = samples_make(s, (size_t)pool, err);
    if (status == GA_OK)
        status = first_pictures(beside, spec, real, s->real, s->p, err);
    if (status == GA_OK)
        status = first_pictures(cast->data, spec, pool, s->pool, s->p, err);
    if (status == GA_OK)
        status = draw_samples(s, arch, err);
    if (status == GA_OK) {
        in->distance_fake = mean_distance(s->pictures, SAMPLES, s->p);
        in->distance_real = mean_distance(s->real, real, s->p);
        status = nearest(s, s->pictures, SAMPLES, (size_t)pool, &in->nearest_fake, err);
    }
    if (status == GA_OK && cast->test != NULL)
        status = nearest(s, s->real, real, (size_t)pool, &in->nearest_test, err);
    if (status == GA_OK)
        status = probe(s, err);
    in->sensitivity = s->sensitivity;
    in->z = s->z;
    return status;
}

static ga_status record_samples(ga_run_log *log, uint64_t step, const ga_lint_input *in,
                                ga_err *err)
{
    json_t *o = json_object(), *sensitivity = json_array();
    for (int i = 0; i < in->z; i++)
        (void)json_array_append_new(sensitivity, json_real(in->sensitivity[i]));
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"distance_fake", in->distance_fake},
                   {"distance_real", in->distance_real},
                   {"nearest_fake", in->nearest_fake},
                   {"nearest_test", in->nearest_test}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (isfinite(numbers[i].value))
            (void)json_object_set_new(o, numbers[i].name, json_real(numbers[i].value));
    (void)json_object_set_new(o, "sensitivity", sensitivity);
    return ga_run_event(log, step, "samples", o, err);
}

/* ---- the whole --------------------------------------------------------------------------------*/

static ga_status tell(ga_request *rq, ga_run_log *log, uint64_t step, const ga_lint_finding *f,
                      ga_err *err)
{
    char text[1024];
    json_t *o = NULL;
    ga_rq_note(rq, "%s: %s (docs/lint/%s.md)", f->code, f->words, f->code);
    (void)ga_lint_json(f, text, sizeof text);
    const ga_status status = ga_json_parse(text, strlen(text), "finding", &o, err);
    return status == GA_OK ? ga_run_event(log, step, "lint", o, err) : status;
}

ga_status ga_run_lint(ga_request *rq, ga_run_log *log, ga_train *t, const ga_config *c,
                      const ga_cast *cast, const ga_seen *seen, ga_err *err)
{
    const uint64_t step = ga_train_steps_done(t);
    ga_lint_input in = ga_lint_nothing();
    ga_lint_finding found[GA_LINT_MAX];
    ga_lint_curves curves = {0};
    const bool logistic = c->options.loss == GA_LOSS_NONSATURATING ||
                          c->options.loss == GA_LOSS_MINIMAX;
    samples s = {.t = t, .threads = ga_rq_threads(rq)};
    ga_status status = ga_run_lint_curves(log, logistic, &in, &curves, err);
    if (strcmp(ga_train_kind(t), "classifier") == 0)
        in.classes = ga_dataset_classes(cast->data);
    if (seen == NULL) {
        in.diverged_at = (int64_t)step + 1;
    } else {
        in.classes_seen = seen->classes;
        in.share_fake = seen->share_fake;
        in.share_real = seen->share_real;
    }
    if (status == GA_OK && seen != NULL && ga_train_renders(t))
        status = look_at_samples(&s, cast, &in, err);
    if (status == GA_OK && in.z > 0)
        status = record_samples(log, step, &in, err);
    const int n = status == GA_OK ? ga_lint(&in, found, GA_LINT_MAX) : 0;
    for (int i = 0; i < n && status == GA_OK; i++)
        status = tell(rq, log, step, &found[i], err);
    samples_free(&s);
    ga_lint_curves_free(&curves);
    return status;
}
