/* outcome.c - what comes out of a training: pictures of latents, and models. */
#include "base/alloc.h"
#include "train/train_inner.h"
#include <string.h>

#define SETTLE_FIRST 50 /* batches until the old statistics are forgotten: 0.9^50 is 0.5 % */

ga_status ga_train_render(ga_train *t, const float *z, const int32_t *labels, int n,
                          float *pictures, ga_err *err)
{
    if (!t->trade->renders)
        return ga_fail(err, GA_EINVAL, "a training of a%s %s makes no pictures",
                       strchr("aeiou", t->trade->name[0]) != NULL ? "n" : "", t->trade->name);
    for (int at = 0; at < n; at += GA_LOOK_BATCH) {
        const ga_pass pass = {.plan = t->learner[0].look,
                              .model = t->learner[0].model,
                              .in = z + (size_t)at * (size_t)t->z,
                              .labels = labels != NULL ? labels + at : NULL,
                              .n = n - at < GA_LOOK_BATCH ? n - at : GA_LOOK_BATCH,
                              .out = pictures + (size_t)at * ga_dims_count(t->real)};
        const ga_status status = ga_train_pass(t, &pass, err);
        if (status != GA_OK)
            return status;
    }
    return GA_OK;
}

static void swap_floats(float *a, float *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float was = a[i];
        a[i] = b[i];
        b[i] = was;
    }
}

/* The numbers of two networks of one graph change places. */
static void swap_numbers(ga_params *a, ga_params *b)
{
    size_t count;
    float *x = ga_params_weights(a, &count);
    swap_floats(x, ga_params_weights(b, &count), count);
    x = ga_params_buffers(a, &count);
    swap_floats(x, ga_params_buffers(b, &count), count);
    ga_params_changed(a);
    ga_params_changed(b);
}

/* Puts the mean of the running statistics over batches of fresh latents into m. Running statistics
 * are themselves means of some ten batches each, whatever the momentum of a layer. The plan is the
 * learner's own, in which m takes its place meanwhile: a second one would need as much memory. */
static ga_status settle_statistics(ga_train *t, ga_model *m, int batches, ga_err *err)
{
    const ga_learner *l = &t->learner[0];
    ga_params *params = ga_model_params(l->model);
    ga_status status = GA_OK;
    size_t count;
    float *buffers = ga_params_buffers(params, &count);
    double *sum = ga_mem_new(count, sizeof *sum);
    if (sum == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %zu statistics", count);
    swap_numbers(params, ga_model_params(m));
    for (int b = 0; b < batches + SETTLE_FIRST && status == GA_OK; b++) {
        ga_train_draw_latents(t, ga_model_arch(m), GA_DRAW_SETTLE, (uint64_t)b, t->options.batch,
                              t->latents);
        for (int i = 0; i < t->options.batch && t->classes > 0; i++)
            t->fake_labels[i] = (b * t->options.batch + i) % t->classes;
        const ga_pass pass = {.plan = l->plan,
                              .model = l->model,
                              .in = t->latents,
                              .labels = t->fake_labels,
                              .n = t->options.batch,
                              .out = t->fake};
        status = ga_train_pass(t, &pass, err);
        for (size_t i = 0; i < count && b >= SETTLE_FIRST; i++)
            sum[i] += (double)buffers[i];
    }
    for (size_t i = 0; i < count && status == GA_OK; i++)
        buffers[i] = (float)(sum[i] / batches);
    swap_numbers(params, ga_model_params(m));
    ga_mem_free(sum);
    return status;
}

/* A model of learner l with the numbers of `from`. */
static ga_status model_of(const ga_learner *l, ga_params *from, ga_model **out, ga_err *err)
{
    const ga_status status = ga_model_create(ga_model_arch(l->model), out, err);
    if (status != GA_OK)
        return status;
    size_t count;
    ga_params *to = ga_model_params(*out);
    float *weights = ga_params_weights(to, &count);
    memcpy(weights, ga_params_weights(from, &count), count * sizeof *weights);
    float *buffers = ga_params_buffers(to, &count);
    memcpy(buffers, ga_params_buffers(from, &count), count * sizeof *buffers);
    ga_params_changed(to);
    return GA_OK;
}

ga_status ga_train_model(ga_train *t, int settle, ga_model **out, ga_err *err)
{
    const ga_learner *l = &t->learner[0];
    size_t count;
    *out = NULL;
    ga_model *m = NULL;
    ga_status status = model_of(l, t->average != NULL ? t->average : ga_model_params(l->model), &m,
                                err);
    if (status != GA_OK)
        return status;
    (void)ga_params_buffers(ga_model_params(m), &count);
    if (t->trade->settles && settle > 0 && count > 0)
        status = settle_statistics(t, m, settle, err);
    if (status != GA_OK) {
        ga_model_free(m);
        return status;
    }
    *out = m;
    return GA_OK;
}

const char *ga_train_partner_name(const ga_train *t)
{
    return t->trade->partner;
}

ga_status ga_train_partner(ga_train *t, ga_model **out, ga_err *err)
{
    *out = NULL;
    if (t->n_learners < 2)
        return GA_OK;
    const ga_learner *l = &t->learner[1];
    return model_of(l, ga_model_params(l->model), out, err);
}
