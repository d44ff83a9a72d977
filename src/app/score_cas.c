/* score_cas.c - a classifier is trained on samples and reads real pictures: what the samples
 * taught. Source: Ravuri and Vinyals 2019, arXiv:1905.10887 (classification accuracy score). */
#include "app/evaluation.h"
#include "base/alloc.h"
#include "ganatomy/train.h"
#include <string.h>

enum { BATCH = 100 };

/* A training set under construction: bytes as data sets have them. */
typedef struct lesson {
    uint8_t *pixels; /* (n,H,W,C) */
    int32_t *labels; /* classes of the reference data */
    int n;
    ga_dims dims;
} lesson;

static void lesson_free(lesson *l)
{
    ga_mem_free(l->pixels);
    ga_mem_free(l->labels);
}

static ga_status lesson_create(int n, ga_dims dims, lesson *l, ga_err *err)
{
    size_t bytes;
    *l = (lesson){.dims = dims};
    if (ga_mul((size_t)n, ga_dims_count(dims), &bytes))
        l->pixels = ga_mem_new(bytes, 1);
    l->labels = ga_mem_new((size_t)n, sizeof *l->labels);
    if (l->pixels != NULL && l->labels != NULL)
        return GA_OK;
    lesson_free(l);
    *l = (lesson){0};
    return ga_fail(err, GA_ENOMEM, "no memory for %d pictures to learn from", n);
}

/* One picture (C,H,W) of lo..hi; label below 0: it is left out. */
static void lesson_add(lesson *l, const float *picture, float lo, float hi, int label)
{
    const ga_dims d = l->dims;
    const size_t hw = (size_t)d.h * (size_t)d.w, c = (size_t)d.c;
    if (label < 0)
        return;
    uint8_t *to = l->pixels + (size_t)l->n * hw * c;
    for (size_t i = 0; i < hw * c; i++) {
        const float v = 255 * (picture[i % c * hw + i / c] - lo) / (hi - lo) + 0.5f;
        to[i] = v <= 0 ? 0 : v >= 255 ? 255 : (uint8_t)v;
    }
    l->labels[l->n++] = label;
}

/* Which class of the reference data each class of the samples is: of what a conditional generator
 * was asked for, of a set's own, or of what the features' classifier reads (*read). to has
 * GA_METRIC_MAX_CLASSES. */
static ga_status match(const ga_evaluation *e, int *to, bool *read, ga_err *err)
{
    const int n = ga_dataset_classes(e->data), k = ga_eye_classes(e->eye);
    int of_data[GA_METRIC_MAX_CLASSES];
    for (int i = 0; i < GA_METRIC_MAX_CLASSES; i++)
        to[i] = -1;
    const int asked = e->model != NULL ? ga_arch_classes(ga_model_arch(e->model))
                                       : ga_dataset_classes(e->samples);
    *read = asked < 2;
    for (int i = 0; !*read && i < asked && i < GA_METRIC_MAX_CLASSES; i++) {
        const char *name = e->model != NULL ? ga_model_class_name(e->model, i)
                                            : ga_dataset_class_name(e->samples, i);
        to[i] = name == NULL && i < n ? i : -1;
        for (int j = 0; name != NULL && j < n; j++)
            if (strcmp(name, ga_dataset_class_name(e->data, j)) == 0)
                to[i] = j;
    }
    if (!*read)
        return GA_OK;
    const ga_status status = ga_classes_of_data(e->eye_model, k, e->data, of_data, err);
    for (int j = 0; status == GA_OK && j < n; j++)
        if (of_data[j] >= 0)
            to[of_data[j]] = j;
    return status;
}

static ga_status learn_from_samples(const ga_evaluation *e, lesson *l, ga_err *err)
{
    float lo, hi;
    const ga_dims dims = ga_evaluation_sample_dims(e, &lo, &hi);
    const size_t size = ga_dims_count(dims), k = (size_t)e->fake.classes;
    int to[GA_METRIC_MAX_CLASSES];
    int32_t labels[BATCH];
    bool read;
    float *pictures = ga_mem_new(BATCH * size, sizeof *pictures);
    ga_status status = pictures != NULL ? lesson_create(e->n_fake, dims, l, err)
                                        : ga_fail(err, GA_ENOMEM, "no memory for a batch");
    if (status == GA_OK)
        status = match(e, to, &read, err);
    for (int at = 0; at < e->n_fake && status == GA_OK; at += BATCH) {
        const int n = e->n_fake - at < BATCH ? e->n_fake - at : BATCH;
        status = ga_evaluation_samples(e, at, n, pictures, labels, err);
        for (int i = 0; i < n && status == GA_OK; i++) {
            int label = labels[i];
            if (read)
                (void)ga_certainty_of(e->fake.logits + (size_t)(at + i) * k, (int)k,
                                      GA_CERTAINTY_SOFTMAX, &label);
            lesson_add(l, pictures + (size_t)i * size, lo, hi, to[label]);
        }
    }
    if (status == GA_OK && read)
        ga_rq_note(e->rq,
                   "the samples are asked for no class: %s reads which class each is, and the "
                   "classifier trained on them learns from that",
                   e->eye_name);
    ga_mem_free(pictures);
    return status;
}

/* As many training pictures as there are samples. */
static ga_status learn_from_pictures(const ga_evaluation *e, lesson *l, ga_err *err)
{
    const ga_dims dims = ga_dataset_dims(e->other);
    const int n = e->n_fake < e->n_floor ? e->n_fake : e->n_floor;
    float *picture = ga_mem_new(ga_dims_count(dims), sizeof *picture);
    ga_status status = picture != NULL ? lesson_create(n, dims, l, err)
                                       : ga_fail(err, GA_ENOMEM, "no memory for a picture");
    for (int i = 0; i < n && status == GA_OK; i++) {
        const uint32_t at = e->floor_index != NULL ? e->floor_index[i] : (uint32_t)i;
        int32_t label;
        status = ga_batch_fill(e->other, &at, 1, (ga_batch_spec){0, 1, 0, 0}, picture, &label, err);
        if (status == GA_OK)
            lesson_add(l, picture, 0, 1, label);
    }
    ga_mem_free(picture);
    return status;
}

static ga_status train(const ga_evaluation *e, const ga_arch *arch, const ga_dataset *data,
                       int epochs, ga_model **out, ga_err *err)
{
    const ga_progress *progress = ga_rq_progress(e->rq);
    ga_train_options o = ga_train_classifier_defaults();
    double values[GA_TRAIN_MAX_CURVES];
    ga_train *t = NULL;
    o.batch = ga_dataset_n(data) < BATCH ? ga_dataset_n(data) : BATCH;
    o.steps = (uint64_t)epochs * (uint64_t)(ga_dataset_n(data) / o.batch);
    o.seed = e->seed;
    o.lr = 0.002;
    o.decay_from = 0;
    o.shift = 2;
    o.threads = ga_rq_threads(e->rq);
    o.memory_limit = ga_rq_memory(e->rq);
    *out = NULL;
    ga_status status = ga_train_classifier(arch, data, NULL, &o, &t, err);
    for (uint64_t s = 0; s < o.steps && status == GA_OK; s++) {
        status = ga_train_step(t, values, err);
        progress->report(progress->user, "steps", s + 1, o.steps);
        if (status == GA_OK && progress->cancelled(progress->user))
            status = ga_fail(err, GA_EINTERRUPTED, "stopped after %llu of %llu steps",
                             (unsigned long long)(s + 1), (unsigned long long)o.steps);
    }
    if (status == GA_OK)
        status = ga_train_model(t, 0, out, err);
    ga_train_free(t);
    return status;
}

/* Trains on the lesson; *right of all pictures of the reference are then read right. */
static ga_status teach(const ga_evaluation *e, const lesson *l, const ga_arch *arch, int epochs,
                       int *right, ga_err *err)
{
    ga_dataset *data = NULL;
    ga_model *m = NULL;
    ga_eye *eye = NULL;
    ga_sight sight = {0};
    if (l->n == 0)
        return ga_fail(err, GA_EDATA, "no sample is of a class that %s has",
                       ga_dataset_name(e->data));
    ga_status status = ga_dataset_create("samples", GA_SPLIT_TRAIN, l->pixels, l->labels, l->n,
                                         l->dims, ga_dataset_classes(e->data), NULL, &data, err);
    if (status == GA_OK)
        status = train(e, arch, data, epochs, &m, err);
    if (status == GA_OK)
        status = ga_eye_create(m, NULL, ga_rq_threads(e->rq), ga_rq_memory(e->rq), &eye, err);
    if (status == GA_OK)
        status = ga_sight_of_data(eye, e->data, 0, &sight, right, ga_rq_progress(e->rq), err);
    ga_sight_free(&sight);
    ga_eye_free(eye);
    ga_model_free(m);
    ga_dataset_free(data);
    return status;
}

ga_status ga_evaluation_cas(ga_evaluation *e, const char *arch_name, int epochs, ga_err *err)
{
    ga_arch *arch;
    lesson samples = {0}, pictures = {0};
    ga_status status = ga_arch_open(arch_name, &arch, err);
    if (status == GA_OK)
        status = learn_from_samples(e, &samples, err);
    if (status == GA_OK)
        status = teach(e, &samples, arch, epochs, &e->cas_right, err);
    e->has_cas = status == GA_OK;
    if (status == GA_OK && e->wants_floor)
        status = learn_from_pictures(e, &pictures, err);
    if (status == GA_OK && e->wants_floor)
        status = teach(e, &pictures, arch, epochs, &e->floor_cas_right, err);
    e->has_floor_cas = status == GA_OK && e->wants_floor;
    lesson_free(&samples);
    lesson_free(&pictures);
    ga_arch_free(arch);
    return status;
}
