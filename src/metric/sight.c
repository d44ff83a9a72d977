/* sight.c - what a classifier sees of many pictures: class shares and the moments of features. */
#include "base/alloc.h"
#include "ganatomy/metric.h"
#include <math.h>

#define SIGHT_BATCH 100

/* Room for one batch on its way. */
typedef struct desk {
    float *pictures, *features, *logits, *z;
    int32_t *labels;
} desk;

static void desk_free(desk *d)
{
    ga_mem_free(d->pictures);
    ga_mem_free(d->features);
    ga_mem_free(d->logits);
    ga_mem_free(d->z);
    ga_mem_free(d->labels);
}

static ga_status desk_create(const ga_eye *e, size_t picture, size_t z, desk *d, ga_err *err)
{
    *d = (desk){.pictures = ga_mem_new(SIGHT_BATCH * picture, sizeof *d->pictures),
                .features = ga_mem_new(SIGHT_BATCH * (size_t)ga_eye_features(e), sizeof(float)),
                .logits = ga_mem_new(SIGHT_BATCH * (size_t)ga_eye_classes(e), sizeof(float)),
                .z = ga_mem_new(SIGHT_BATCH * z, sizeof *d->z),
                .labels = ga_mem_new(SIGHT_BATCH, sizeof *d->labels)};
    if (d->pictures && d->features && d->logits && d->z && d->labels)
        return GA_OK;
    desk_free(d);
    return ga_fail(err, GA_ENOMEM, "no memory for a batch of pictures");
}

void ga_sight_free(ga_sight *s)
{
    ga_moments_free(s->moments);
    s->moments = NULL;
}

static ga_status sight_create(const ga_eye *e, ga_sight *s, ga_err *err)
{
    *s = (ga_sight){0};
    return ga_eye_features(e) > 0 ? ga_moments_create(ga_eye_features(e), &s->moments, err) : GA_OK;
}

/* Adds one batch of logits to the counts; *right grows by the rows read as labels (if not NULL). */
static void count_classes(ga_sight *s, const float *logits, const int32_t *labels, int n, int k,
                          int *right)
{
    for (int i = 0; i < n; i++, logits += k) {
        int best = 0;
        double sum = 0;
        for (int j = 1; j < k; j++)
            if (logits[j] > logits[best])
                best = j;
        for (int j = 0; j < k; j++)
            sum += exp((double)logits[j] - (double)logits[best]);
        s->count[best]++;
        s->certainty += 1 / sum;
        if (labels != NULL)
            *right += labels[i] == best;
    }
    s->n += (size_t)n;
}

static ga_status look(ga_eye *e, desk *d, ga_view v, float lo, float hi, const int32_t *labels,
                      ga_sight *s, int *right, ga_err *err)
{
    const ga_status status = ga_eye_look(e, v, lo, hi, s->moments != NULL ? d->features : NULL,
                                         d->logits, err);
    if (status != GA_OK)
        return status;
    if (s->moments != NULL)
        ga_moments_add(s->moments, d->features, (size_t)v.n);
    count_classes(s, d->logits, labels, v.n, ga_eye_classes(e), right);
    return GA_OK;
}

static ga_status tell(const ga_progress *p, int done, int total, ga_err *err)
{
    if (p == NULL)
        return GA_OK;
    if (p->report != NULL)
        p->report(p->user, "pictures", (uint64_t)done, (uint64_t)total);
    if (p->cancelled != NULL && p->cancelled(p->user))
        return ga_fail(err, GA_EINTERRUPTED, "stopped after %d of %d pictures", done, total);
    return GA_OK;
}

ga_status ga_sight_of_data(ga_eye *e, const ga_dataset *data, int n, ga_sight *out, int *right,
                           const ga_progress *progress, ga_err *err)
{
    const ga_dims dims = ga_dataset_dims(data);
    const int all = ga_dataset_n(data), total = n == 0 ? all : n;
    ga_sight s = {0};
    desk d = {0};
    int hits = 0;
    if (total < 1 || total > all)
        return ga_fail(err, GA_EINVAL, "%d pictures of '%s' %s are asked for, it has %d", total,
                       ga_dataset_name(data), ga_split_name(ga_dataset_split(data)), all);
    ga_status status = sight_create(e, &s, err);
    if (status == GA_OK)
        status = desk_create(e, ga_dims_count(dims), 1, &d, err);
    for (int at = 0; at < total && status == GA_OK; at += SIGHT_BATCH) {
        const int some = total - at < SIGHT_BATCH ? total - at : SIGHT_BATCH;
        uint32_t index[SIGHT_BATCH];
        for (int i = 0; i < some; i++)
            index[i] = (uint32_t)(at + i);
        status = ga_batch_fill(data, index, some, (ga_batch_spec){0, 1, 0, 0}, d.pictures, d.labels,
                               err);
        if (status == GA_OK)
            status = look(e, &d, (ga_view){d.pictures, some, dims.c, dims.h, dims.w}, 0, 1,
                          d.labels, &s, &hits, err);
        if (status == GA_OK)
            status = tell(progress, at + some, total, err);
    }
    desk_free(&d);
    if (status != GA_OK) {
        ga_sight_free(&s);
        return status;
    }
    s.certainty /= (double)s.n;
    if (right != NULL)
        *right = hits;
    *out = s;
    return GA_OK;
}

static ga_status generate(ga_plan *plan, const ga_graph *g, const float *z, int n, float *pictures,
                          ga_err *err)
{
    const ga_dims in = ga_graph_tap_dims(g, 0);
    ga_status status = ga_plan_write(plan, ga_graph_tap_name(g, 0),
                                     (ga_view){z, n, in.c, in.h, in.w}, err);
    if (status == GA_OK)
        status = ga_plan_forward(plan, NULL, err);
    if (status == GA_OK)
        status = ga_plan_read(plan, ga_graph_tap_name(g, ga_graph_n_taps(g) - 1), pictures, err);
    return status;
}

ga_status ga_sight_of_generator(ga_eye *e, ga_model *generator, int n, uint32_t seed, ga_bn_mode bn,
                                int threads, size_t memory_limit, ga_sight *out,
                                const ga_progress *progress, ga_err *err)
{
    const ga_arch *arch = ga_model_arch(generator);
    const ga_graph *g = ga_model_graph(generator);
    const ga_dims dims = ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1);
    const int z = (int)ga_dims_count(ga_arch_input(arch));
    const ga_plan_options options = {
        .batch = SIGHT_BATCH, .bn = bn, .threads = threads, .memory_limit = memory_limit};
    ga_sight s = {0};
    desk d = {0};
    ga_plan *plan = NULL;
    float lo, hi;
    if (ga_arch_law(arch) == GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads pictures: a generator is needed",
                       ga_arch_name(arch));
    if (n < 1)
        return ga_fail(err, GA_EINVAL, "%d pictures are asked for: expected at least 1", n);
    ga_arch_output_range(arch, &lo, &hi);
    ga_status status = sight_create(e, &s, err);
    if (status == GA_OK)
        status = desk_create(e, ga_dims_count(dims), (size_t)z, &d, err);
    if (status == GA_OK)
        status = ga_plan_create(g, ga_model_params(generator), &options, &plan, err);
    for (int at = 0; at < n && status == GA_OK; at += SIGHT_BATCH) {
        const int some = n - at < SIGHT_BATCH ? n - at : SIGHT_BATCH;
        status = ga_latents(ga_arch_law(arch), seed, (uint64_t)at, some, z, d.z, err);
        if (status == GA_OK)
            status = generate(plan, g, d.z, some, d.pictures, err);
        if (status == GA_OK)
            status = look(e, &d, (ga_view){d.pictures, some, dims.c, dims.h, dims.w}, lo, hi, NULL,
                          &s, NULL, err);
        if (status == GA_OK)
            status = tell(progress, at + some, n, err);
    }
    ga_plan_free(plan);
    desk_free(&d);
    if (status != GA_OK) {
        ga_sight_free(&s);
        return status;
    }
    s.certainty /= (double)s.n;
    *out = s;
    return GA_OK;
}

ga_status ga_sight_distance(const ga_sight *a, const ga_sight *b, double *distance, ga_err *err)
{
    if (a->moments == NULL || b->moments == NULL)
        return ga_fail(err, GA_EDATA, "a distance of pictures whose features were not looked at");
    const int d = ga_moments_d(a->moments);
    if (d != ga_moments_d(b->moments))
        return ga_fail(err, GA_ESHAPE, "a distance of %d features to %d", d,
                       ga_moments_d(b->moments));
    const size_t size = (size_t)d;
    double *room = ga_mem_new(2 * size * (size + 1), sizeof *room);
    if (room == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the covariances of %d features", d);
    double *m1 = room, *m2 = m1 + size, *c1 = m2 + size, *c2 = c1 + size * size;
    ga_status status = ga_moments_get(a->moments, m1, c1, err);
    if (status == GA_OK)
        status = ga_moments_get(b->moments, m2, c2, err);
    if (status == GA_OK)
        status = ga_frechet(m1, c1, m2, c2, d, distance, err);
    ga_mem_free(room);
    return status;
}
