/* sight.c - what a classifier sees of many pictures: class shares, the moments of features and, if
 * it is to remember, each picture's features and logits. */
#include "base/alloc.h"
#include "metric/eye.h"
#include <string.h>

enum { BATCH = 100 };

/* ---- where pictures come from -----------------------------------------------------------------*/

/* Pictures at .. at+n-1 (n <= BATCH) in order, and what each is meant to be. */
typedef struct source {
    ga_status (*fill)(void *from, int at, int n, float *pictures, int32_t *labels, ga_err *err);
    void *from;
    ga_dims dims;
    float lo, hi;
    bool has_labels;
} source;

/* Pictures of a data set: those of a list, or from the first on. */
typedef struct shelf {
    const ga_dataset *data;
    const uint32_t *index; /* or NULL */
} shelf;

static ga_status fill_from_data(void *from, int at, int n, float *pictures, int32_t *labels,
                                ga_err *err)
{
    const shelf *s = from;
    uint32_t index[BATCH];
    for (int i = 0; i < n; i++)
        index[i] = s->index != NULL ? s->index[at + i] : (uint32_t)(at + i);
    return ga_batch_fill(s->data, index, n, (ga_batch_spec){0, 1, 0, 0}, pictures, labels, err);
}

/* A generator, its stream of latents and its turn of classes. */
typedef struct maker {
    const ga_arch *arch;
    ga_renderer *renderer;
    uint32_t seed;
    int z;
    float *latents; /* (BATCH,Z) */
    int one;        /* the class of all; -1: each has its turn */
} maker;

static void maker_free(maker *m)
{
    ga_renderer_free(m->renderer);
    ga_mem_free(m->latents);
}

static ga_status maker_create(ga_model *generator, uint32_t seed, ga_bn_mode bn, int threads,
                              size_t memory_limit, maker *m, ga_err *err)
{
    const ga_arch *arch = ga_model_arch(generator);
    const ga_renderer_options options = {
        .bn = bn, .batch = BATCH, .threads = threads, .memory_limit = memory_limit};
    *m = (maker){
        .arch = arch, .seed = seed, .z = (int)ga_dims_count(ga_arch_input(arch)), .one = -1};
    m->latents = ga_mem_new(BATCH * (size_t)m->z, sizeof *m->latents);
    if (m->latents == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a batch of latents");
    ga_status status = ga_renderer_create(generator, &options, &m->renderer, err);
    if (status == GA_OK && ga_arch_output_kind(arch) != GA_OUTPUT_IMAGE)
        status = ga_fail(err, GA_EINVAL, "'%s' makes no pictures: a generator is needed",
                         ga_arch_name(arch));
    return status;
}

static ga_status fill_from_generator(void *from, int at, int n, float *pictures, int32_t *labels,
                                     ga_err *err)
{
    const maker *m = from;
    const int classes = ga_arch_classes(m->arch);
    ga_status status = ga_latents(ga_arch_law(m->arch), m->seed, (uint64_t)at, n, m->z, m->latents,
                                  err);
    if (classes > 0)
        ga_labels(classes, (uint64_t)at, n, labels);
    for (int i = 0; i < n && m->one >= 0; i++)
        labels[i] = m->one;
    if (status == GA_OK)
        status = ga_renderer_draw(m->renderer, m->latents, classes > 0 ? labels : NULL, n, pictures,
                                  NULL, err);
    return status;
}

/* ---- looking ----------------------------------------------------------------------------------*/

void ga_sight_free(ga_sight *s)
{
    ga_moments_free(s->moments);
    ga_mem_free(s->features);
    ga_mem_free(s->logits);
    ga_mem_free(s->labels);
    *s = (ga_sight){0};
}

static ga_status sight_create(const ga_eye *e, int total, bool has_labels, ga_sight *s, ga_err *err)
{
    const size_t n = (size_t)total, d = (size_t)ga_eye_features(e), k = (size_t)ga_eye_classes(e);
    *s = (ga_sight){.classes = (int)k, .has_labels = has_labels};
    memcpy(s->by, ga_eye_hash(e), sizeof s->by);
    if (ga_eye_remembers(e)) {
        size_t values, classes;
        if (!ga_mul(n, d, &values) || !ga_mul(n, k, &classes) ||
            (s->features = ga_mem_new(values, sizeof *s->features)) == NULL ||
            (s->logits = ga_mem_new(classes, sizeof *s->logits)) == NULL ||
            (s->labels = ga_mem_new(n, sizeof *s->labels)) == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for what is seen of %d pictures", total);
    }
    return d > 0 ? ga_moments_create((int)d, &s->moments, err) : GA_OK;
}

/* Room for one batch on its way. */
typedef struct desk {
    float *pictures, *features, *logits;
    int32_t *labels;
} desk;

static void desk_free(desk *d)
{
    ga_mem_free(d->pictures);
    ga_mem_free(d->features);
    ga_mem_free(d->logits);
    ga_mem_free(d->labels);
}

static ga_status desk_create(const ga_eye *e, size_t picture, desk *d, ga_err *err)
{
    *d = (desk){.pictures = ga_mem_new(BATCH * picture, sizeof *d->pictures),
                .features = ga_mem_new(BATCH * (size_t)ga_eye_features(e), sizeof *d->features),
                .logits = ga_mem_new(BATCH * (size_t)ga_eye_classes(e), sizeof *d->logits),
                .labels = ga_mem_new(BATCH, sizeof *d->labels)};
    if (d->pictures != NULL && d->features != NULL && d->logits != NULL && d->labels != NULL)
        return GA_OK;
    return ga_fail(err, GA_ENOMEM, "no memory for a batch of pictures");
}

/* Adds the n pictures of a batch. */
static void count_batch(ga_sight *s, const desk *d, int n)
{
    const size_t k = (size_t)s->classes;
    for (int i = 0; i < n; i++) {
        int label;
        s->certainty += ga_certainty_of(d->logits + (size_t)i * k, s->classes, GA_CERTAINTY_SOFTMAX,
                                        &label);
        s->count[label]++;
        s->right += s->has_labels && d->labels[i] == label;
    }
    if (s->moments != NULL)
        ga_moments_add(s->moments, d->features, (size_t)n);
    if (s->logits != NULL) {
        const size_t features = s->moments != NULL ? (size_t)ga_moments_d(s->moments) : 0;
        memcpy(s->features + s->n * features, d->features, (size_t)n * features * sizeof(float));
        memcpy(s->logits + s->n * k, d->logits, (size_t)n * k * sizeof(float));
        memcpy(s->labels + s->n, d->labels, (size_t)n * sizeof *d->labels);
    }
    s->n += (size_t)n;
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

static ga_status sight_of(ga_eye *e, const source *from, int total, ga_sight *out,
                          const ga_progress *progress, ga_err *err)
{
    ga_sight s;
    desk d = {0};
    if (total < 1)
        return ga_fail(err, GA_EINVAL, "%d pictures are asked for: expected at least 1", total);
    ga_status status = sight_create(e, total, from->has_labels, &s, err);
    if (status == GA_OK)
        status = desk_create(e, ga_dims_count(from->dims), &d, err);
    for (int at = 0; at < total && status == GA_OK; at += BATCH) {
        const int n = total - at < BATCH ? total - at : BATCH;
        const ga_view v = {d.pictures, n, from->dims.c, from->dims.h, from->dims.w};
        status = from->fill(from->from, at, n, d.pictures, d.labels, err);
        if (status == GA_OK)
            status = ga_eye_look(e, v, from->lo, from->hi, s.moments != NULL ? d.features : NULL,
                                 d.logits, err);
        if (status == GA_OK) {
            count_batch(&s, &d, n);
            status = tell(progress, at + n, total, err);
        }
    }
    desk_free(&d);
    if (status != GA_OK) {
        ga_sight_free(&s);
        return status;
    }
    s.certainty /= (double)s.n;
    *out = s;
    return GA_OK;
}

ga_status ga_sight_of_data(ga_eye *e, const ga_dataset *data, int n, ga_sight *out, int *right,
                           const ga_progress *progress, ga_err *err)
{
    const int all = ga_dataset_n(data), total = n == 0 ? all : n;
    if (total < 1 || total > all)
        return ga_fail(err, GA_EINVAL, "%d pictures of '%s' %s are asked for, it has %d", total,
                       ga_dataset_name(data), ga_split_name(ga_dataset_split(data)), all);
    const ga_status status = ga_sight_of_some(e, data, NULL, total, out, progress, err);
    if (status == GA_OK && right != NULL)
        *right = (int)out->right;
    return status;
}

ga_status ga_sight_of_some(ga_eye *e, const ga_dataset *data, const uint32_t *index, int n,
                           ga_sight *out, const ga_progress *progress, ga_err *err)
{
    shelf set = {data, index};
    const source from = {fill_from_data, &set, ga_dataset_dims(data), 0, 1, true};
    return sight_of(e, &from, n, out, progress, err);
}

ga_status ga_sight_of_generator(ga_eye *e, ga_model *generator, int n, uint32_t seed, ga_bn_mode bn,
                                int threads, size_t memory_limit, ga_sight *out,
                                const ga_progress *progress, ga_err *err)
{
    maker m = {0};
    ga_status status = maker_create(generator, seed, bn, threads, memory_limit, &m, err);
    if (status == GA_OK) {
        source from = {.fill = fill_from_generator,
                       .from = &m,
                       .dims = ga_renderer_dims(m.renderer),
                       .has_labels = ga_arch_classes(m.arch) > 0};
        ga_arch_output_range(m.arch, &from.lo, &from.hi);
        status = sight_of(e, &from, n, out, progress, err);
    }
    maker_free(&m);
    return status;
}

/* Pictures of rows first .. first+n-1; labels (n) or NULL. */
static ga_status draw_samples(maker *m, int first, int n, float *pictures, int32_t *labels,
                              ga_err *err)
{
    int32_t unwanted[BATCH];
    const size_t picture = ga_dims_count(ga_renderer_dims(m->renderer));
    ga_status status = GA_OK;
    for (int at = 0; at < n && status == GA_OK; at += BATCH)
        status = fill_from_generator(m, first + at, n - at < BATCH ? n - at : BATCH,
                                     pictures + (size_t)at * picture,
                                     labels != NULL ? labels + at : unwanted, err);
    return status;
}

ga_status ga_samples_of_generator(ga_model *generator, int first, int n, uint32_t seed,
                                  ga_bn_mode bn, int threads, size_t memory_limit, float *pictures,
                                  int32_t *labels, ga_err *err)
{
    maker m = {0};
    ga_status status = maker_create(generator, seed, bn, threads, memory_limit, &m, err);
    if (status == GA_OK)
        status = draw_samples(&m, first, n, pictures, labels, err);
    maker_free(&m);
    return status;
}

ga_status ga_samples_of_class(ga_model *generator, int one, int first, int n, uint32_t seed,
                              ga_bn_mode bn, int threads, size_t memory_limit, float *pictures,
                              ga_err *err)
{
    const ga_arch *arch = ga_model_arch(generator);
    maker m = {0};
    if (ga_arch_classes(arch) == 0)
        return ga_fail(err, GA_EINVAL, "'%s' draws no classes: its samples cannot be of class %d",
                       ga_arch_name(arch), one);
    if (one < 0 || one >= ga_arch_classes(arch))
        return ga_fail(err, GA_EINVAL, "there is no class %d: '%s' draws 0 to %d", one,
                       ga_arch_name(arch), ga_arch_classes(arch) - 1);
    ga_status status = maker_create(generator, seed, bn, threads, memory_limit, &m, err);
    m.one = one;
    if (status == GA_OK)
        status = draw_samples(&m, first, n, pictures, NULL, err);
    maker_free(&m);
    return status;
}
