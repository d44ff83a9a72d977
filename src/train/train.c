/* train.c - making and ending a training, the model that comes out of it, and the loop. */
#include "base/alloc.h"
#include "train/train_inner.h"
#include <math.h>
#include <string.h>

#define RENDER_BATCH 64
#define SETTLE_FIRST 50 /* batches until the old statistics are forgotten: 0.9^50 is 0.5 % */

ga_train_options ga_train_gan_defaults(void)
{
    return (ga_train_options){.batch = 100,
                              .lr = 2e-4,
                              .beta1 = 0.5,
                              .decay_from = 1,
                              .ema = 0.999,
                              .real_target = 1,
                              .dcgan = true};
}

ga_train_options ga_train_classifier_defaults(void)
{
    return (ga_train_options){
        .batch = 100, .lr = 1e-3, .beta1 = 0.9, .decay_from = 1, .real_target = 1};
}

static ga_status check_options(const ga_train_options *o, const ga_dataset *data, bool gan,
                               ga_err *err)
{
    const int least = gan ? 2 : 1;
    if (o->steps < 1)
        return ga_fail(err, GA_EINVAL, "steps are 0: expected at least 1");
    if (o->batch < least || o->batch > ga_dataset_n(data))
        return ga_fail(err, GA_EINVAL, "batch %d: expected %d to %d, the pictures of '%s'",
                       o->batch, least, ga_dataset_n(data), ga_dataset_name(data));
    const struct {
        const char *name;
        double value, lo, hi;
    } limits[] = {{"lr", o->lr, 1e-12, 1e30},     {"lr-d", o->lr_d, 0, 1e30},
                  {"beta1", o->beta1, 0, 0.9999}, {"decay-from", o->decay_from, 0, 1},
                  {"ema", o->ema, 0, 0.999999},   {"real-target", o->real_target, 0.5, 1},
                  {"noise", o->noise, 0, 10},     {"shift", o->shift, 0, 16}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (!(limits[i].value >= limits[i].lo && limits[i].value <= limits[i].hi))
            return ga_fail(err, GA_EINVAL, "%s is %g: expected %g to %g", limits[i].name,
                           limits[i].value, limits[i].lo, limits[i].hi);
    return GA_OK;
}

static ga_dims output_of(const ga_graph *g)
{
    return ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1);
}

static ga_plan_options plan_options(const ga_train *t, bool train)
{
    return (ga_plan_options){.batch = train ? t->options.batch : RENDER_BATCH,
                             .train = train,
                             .bn = train ? GA_BN_BATCH : GA_BN_RUNNING,
                             .bf16 = t->options.bf16,
                             .threads = t->options.threads};
}

/* Adds what a learner needs to t->bytes; nothing big is made before the sum is known. */
static ga_status forecast(ga_train *t, const ga_graph *g, bool render, ga_err *err)
{
    ga_plan_cost cost;
    ga_plan_options o = plan_options(t, true);
    ga_status status = ga_plan_forecast(g, &o, &cost, err);
    if (status != GA_OK)
        return status;
    size_t numbers = 0;
    for (int i = 0; i < ga_graph_n_params(g); i++)
        numbers += ga_graph_param(g, i)->count;
    t->bytes += cost.total_bytes + 4 * numbers * sizeof(float); /* weights, gradients, two slots */
    if (!render)
        return GA_OK;
    o = plan_options(t, false);
    status = ga_plan_forecast(g, &o, &cost, err);
    t->bytes += cost.total_bytes + numbers * sizeof(float);
    return status;
}

static ga_status check_memory(const ga_train *t, ga_err *err)
{
    const size_t limit = t->options.memory_limit;
    if (limit != 0 && t->bytes > limit)
        return ga_fail(err, GA_ENOMEM,
                       "training with batch %d needs %zu MiB, but %zu MiB are allowed: a smaller "
                       "batch needs less",
                       t->options.batch, t->bytes >> 20, limit >> 20);
    return GA_OK;
}

static ga_status learner_create(ga_train *t, const char *name, const ga_arch *arch, ga_err *err)
{
    ga_learner *l = &t->learner[t->n_learners];
    ga_status status = ga_model_create(arch, &l->model, err);
    if (status != GA_OK)
        return status;
    l->name = name;
    const int at = t->n_learners++; /* from here on ga_train_free ends it */
    const ga_graph *g = ga_model_graph(l->model);
    ga_params *params = ga_model_params(l->model);
    /* another stream for each learner, or equal layers would start equal */
    ga_params_init(params, g, t->options.seed + (uint64_t)at * 0x9e3779b97f4a7c15u,
                   t->options.dcgan);
    ga_params_changed(params);
    status = ga_params_create(g, &l->grads, err);
    if (status != GA_OK)
        return status;
    size_t count;
    (void)ga_params_weights(params, &count);
    ga_optim_options o = ga_optim_defaults(GA_ADAM);
    o.lr = t->options.lr;
    o.beta1 = t->options.beta1;
    status = ga_optim_create(&o, count, &l->optim, err);
    if (status != GA_OK)
        return status;
    const ga_plan_options plan = plan_options(t, true);
    return ga_plan_create(g, params, &plan, &l->plan, err);
}

static float *floats(size_t n, size_t each, ga_train *t)
{
    t->bytes += n * each * sizeof(float);
    return ga_mem_new(n, each * sizeof(float));
}

static ga_status make_buffers(ga_train *t, size_t outputs, ga_err *err)
{
    const size_t n = (size_t)t->options.batch, picture = ga_dims_count(t->real);
    t->order = ga_mem_new((size_t)ga_dataset_n(t->data), sizeof *t->order);
    t->labels = ga_mem_new(n, sizeof *t->labels);
    t->pictures = floats(n, picture, t);
    t->seen = floats(n, picture, t);
    t->logits = floats(n, outputs, t);
    t->diff = floats(n, outputs, t);
    bool all = t->order && t->labels && t->pictures && t->seen && t->logits && t->diff;
    if (t->gan) {
        t->fake = floats(n, picture, t);
        t->diff_fake = floats(n, picture, t);
        t->latents = floats(n, (size_t)t->z, t);
        all = all && t->fake && t->diff_fake && t->latents;
    }
    if (!all)
        return ga_fail(err, GA_ENOMEM, "no memory for a batch of %d pictures", t->options.batch);
    return GA_OK;
}

static ga_status create(const ga_dataset *data, const ga_train_options *options, bool gan,
                        ga_train **out, ga_err *err)
{
    const ga_status status = check_options(options, data, gan, err);
    if (status != GA_OK)
        return status;
    ga_train *t = ga_mem_new(1, sizeof *t);
    if (t == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a training");
    t->options = *options;
    t->data = data;
    t->gan = gan;
    t->epoch = UINT64_MAX;
    *out = t;
    return GA_OK;
}

static ga_status check_gan(const ga_arch *generator, const ga_arch *discriminator,
                           const ga_dataset *data, ga_err *err)
{
    const ga_dims made = output_of(ga_arch_graph(generator)), read = ga_arch_input(discriminator);
    const ga_dims judged = output_of(ga_arch_graph(discriminator)), real = ga_dataset_dims(data);
    if (ga_arch_law(generator) == GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads pictures: a generator is needed",
                       ga_arch_name(generator));
    if (made.c != read.c || made.h != read.h || made.w != read.w)
        return ga_fail(err, GA_ESHAPE,
                       "'%s' makes pictures of %dx%dx%d, but '%s' reads %dx%dx%d (channels, rows, "
                       "columns)",
                       ga_arch_name(generator), made.c, made.h, made.w, ga_arch_name(discriminator),
                       read.c, read.h, read.w);
    if (ga_dims_count(judged) != 1)
        return ga_fail(err, GA_ESHAPE, "'%s' gives %dx%dx%d numbers a picture: expected one logit",
                       ga_arch_name(discriminator), judged.c, judged.h, judged.w);
    if (real.c != made.c)
        return ga_fail(err, GA_ESHAPE, "pictures of '%s' have %d channels, but '%s' makes %d",
                       ga_dataset_name(data), real.c, ga_arch_name(generator), made.c);
    return GA_OK;
}

ga_status ga_train_gan(const ga_arch *generator, const ga_arch *discriminator,
                       const ga_dataset *data, const ga_train_options *options, ga_train **out,
                       ga_err *err)
{
    ga_train *t = NULL;
    *out = NULL;
    ga_status status = check_gan(generator, discriminator, data, err);
    if (status == GA_OK)
        status = create(data, options, true, &t, err);
    if (status != GA_OK)
        return status;
    t->real = output_of(ga_arch_graph(generator));
    t->z = (int)ga_dims_count(ga_arch_input(generator));
    t->spec.h = t->real.h;
    t->spec.w = t->real.w;
    ga_arch_output_range(generator, &t->spec.lo, &t->spec.hi);
    status = forecast(t, ga_arch_graph(generator), true, err);
    if (status == GA_OK)
        status = forecast(t, ga_arch_graph(discriminator), false, err);
    if (status == GA_OK)
        status = make_buffers(t, 1, err);
    if (status == GA_OK)
        status = check_memory(t, err);
    if (status == GA_OK)
        status = learner_create(t, "generator", generator, err);
    if (status == GA_OK)
        status = learner_create(t, "discriminator", discriminator, err);
    ga_params *params = t->n_learners > 0 ? ga_model_params(t->learner[0].model) : NULL;
    if (status == GA_OK && t->options.ema > 0)
        status = ga_params_copy(params, &t->average, err);
    if (status == GA_OK) {
        const ga_plan_options o = plan_options(t, false);
        status = ga_plan_create(ga_model_graph(t->learner[0].model),
                                t->average != NULL ? t->average : params, &o, &t->render, err);
    }
    if (status != GA_OK) {
        ga_train_free(t);
        return status;
    }
    *out = t;
    return GA_OK;
}

ga_status ga_train_classifier(const ga_arch *arch, const ga_dataset *data,
                              const ga_train_options *options, ga_train **out, ga_err *err)
{
    ga_train *t = NULL;
    *out = NULL;
    const ga_dims outputs = output_of(ga_arch_graph(arch)), real = ga_dataset_dims(data);
    const int classes = ga_dataset_classes(data);
    if (ga_arch_law(arch) != GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads latents: a classifier is needed",
                       ga_arch_name(arch));
    if (outputs.c != classes || outputs.h != 1 || outputs.w != 1)
        return ga_fail(err, GA_ESHAPE,
                       "'%s' gives %dx%dx%d numbers a picture, but '%s' has %d "
                       "classes",
                       ga_arch_name(arch), outputs.c, outputs.h, outputs.w, ga_dataset_name(data),
                       classes);
    if (ga_arch_input(arch).c != real.c)
        return ga_fail(err, GA_ESHAPE, "'%s' reads %d channels, but pictures of '%s' have %d",
                       ga_arch_name(arch), ga_arch_input(arch).c, ga_dataset_name(data), real.c);
    ga_status status = create(data, options, false, &t, err);
    if (status != GA_OK)
        return status;
    t->real = ga_arch_input(arch);
    t->spec.h = t->real.h;
    t->spec.w = t->real.w;
    ga_arch_input_range(arch, &t->spec.lo, &t->spec.hi);
    status = forecast(t, ga_arch_graph(arch), false, err);
    if (status == GA_OK)
        status = make_buffers(t, (size_t)classes, err);
    if (status == GA_OK)
        status = check_memory(t, err);
    if (status == GA_OK)
        status = learner_create(t, "classifier", arch, err);
    if (status == GA_OK && t->options.ema > 0)
        status = ga_params_copy(ga_model_params(t->learner[0].model), &t->average, err);
    if (status != GA_OK) {
        ga_train_free(t);
        return status;
    }
    *out = t;
    return GA_OK;
}

void ga_train_free(ga_train *t)
{
    if (t == NULL)
        return;
    ga_plan_free(t->render);
    for (int i = 0; i < t->n_learners; i++) {
        ga_plan_free(t->learner[i].plan);
        ga_optim_free(t->learner[i].optim);
        ga_params_free(t->learner[i].grads);
        ga_model_free(t->learner[i].model);
    }
    ga_params_free(t->average);
    void *const buffers[] = {t->order, t->labels, t->pictures,  t->seen,   t->logits,
                             t->diff,  t->fake,   t->diff_fake, t->latents};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        ga_mem_free(buffers[i]);
    ga_mem_free(t);
}

const ga_arch *ga_train_arch(const ga_train *t)
{
    return ga_model_arch(t->learner[0].model);
}

uint64_t ga_train_steps_done(const ga_train *t)
{
    return t->done;
}

uint64_t ga_train_steps_an_epoch(const ga_train *t)
{
    return (uint64_t)(ga_dataset_n(t->data) / t->options.batch);
}

size_t ga_train_bytes(const ga_train *t)
{
    return t->bytes;
}

const char *const *ga_train_curves(const ga_train *t)
{
    static const char *const gan[] = {"loss_d", "loss_g", "d_real", "d_fake", NULL};
    static const char *const classifier[] = {"loss", "accuracy", NULL};
    return t->gan ? gan : classifier;
}

ga_status ga_train_step(ga_train *t, double *values, ga_err *err)
{
    const ga_status status = t->gan ? ga_train_gan_step(t, values, err)
                                    : ga_train_classifier_step(t, values, err);
    if (status == GA_OK)
        t->done++;
    return status;
}

ga_status ga_train_render(ga_train *t, const float *z, int n, float *pictures, ga_err *err)
{
    if (!t->gan)
        return ga_fail(err, GA_EINVAL, "a classifier makes no pictures");
    const ga_graph *g = ga_model_graph(t->learner[0].model);
    const ga_dims in = ga_graph_tap_dims(g, 0);
    for (int at = 0; at < n; at += RENDER_BATCH) {
        const int some = n - at < RENDER_BATCH ? n - at : RENDER_BATCH;
        const ga_view v = {z + (size_t)at * (size_t)t->z, some, in.c, in.h, in.w};
        ga_status status = ga_plan_write(t->render, ga_graph_tap_name(g, 0), v, err);
        if (status == GA_OK)
            status = ga_plan_forward(t->render, NULL, err);
        if (status == GA_OK)
            status = ga_plan_read(t->render, ga_graph_tap_name(g, ga_graph_n_taps(g) - 1),
                                  pictures + (size_t)at * ga_dims_count(t->real), err);
        if (status != GA_OK)
            return status;
    }
    return GA_OK;
}

/* Puts the mean of the running statistics over batches of fresh latents into m. Running statistics
 * are themselves means of some ten batches each, whatever the momentum of a layer. */
static ga_status settle_statistics(ga_train *t, ga_model *m, int batches, ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    ga_params *params = ga_model_params(m);
    const ga_dims in = ga_graph_tap_dims(g, 0);
    const ga_plan_options o = plan_options(t, true);
    size_t count;
    float *buffers = ga_params_buffers(params, &count);
    ga_plan *plan = NULL;
    double *sum = ga_mem_new(count, sizeof *sum);
    if (sum == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %zu statistics", count);
    ga_status status = ga_plan_create(g, params, &o, &plan, err);
    for (int b = 0; b < batches + SETTLE_FIRST && status == GA_OK; b++) {
        const size_t numbers = (size_t)t->options.batch * (size_t)t->z;
        const bool uniform = ga_arch_law(ga_model_arch(m)) == GA_LAW_UNIFORM;
        ga_rng rng = ga_draw(t, GA_DRAW_SETTLE, (uint64_t)b);
        for (size_t i = 0; i < numbers; i++)
            t->latents[i] = (float)(uniform ? 2 * ga_rng_uniform(&rng) - 1 : ga_rng_normal(&rng));
        const ga_view v = {t->latents, t->options.batch, in.c, in.h, in.w};
        status = ga_plan_write(plan, ga_graph_tap_name(g, 0), v, err);
        if (status == GA_OK)
            status = ga_plan_forward(plan, NULL, err);
        for (size_t i = 0; i < count && b >= SETTLE_FIRST; i++)
            sum[i] += (double)buffers[i];
    }
    for (size_t i = 0; i < count && status == GA_OK; i++)
        buffers[i] = (float)(sum[i] / batches);
    ga_params_changed(params);
    ga_plan_free(plan);
    ga_mem_free(sum);
    return status;
}

ga_status ga_train_model(ga_train *t, int settle, ga_model **out, ga_err *err)
{
    ga_model *m = NULL;
    *out = NULL;
    ga_status status = ga_model_create(ga_model_arch(t->learner[0].model), &m, err);
    if (status != GA_OK)
        return status;
    ga_params *from = t->average != NULL ? t->average : ga_model_params(t->learner[0].model);
    size_t count;
    float *weights = ga_params_weights(ga_model_params(m), &count);
    memcpy(weights, ga_params_weights(from, &count), count * sizeof *weights);
    float *buffers = ga_params_buffers(ga_model_params(m), &count);
    memcpy(buffers, ga_params_buffers(from, &count), count * sizeof *buffers);
    ga_params_changed(ga_model_params(m));
    if (t->gan && settle > 0 && count > 0)
        status = settle_statistics(t, m, settle, err);
    if (status != GA_OK) {
        ga_model_free(m);
        return status;
    }
    *out = m;
    return GA_OK;
}

static bool due(uint64_t step, uint64_t every, uint64_t steps)
{
    return step == steps || (every != 0 && step % every == 0);
}

ga_status ga_train_run(ga_train *t, const ga_train_events *events, ga_err *err)
{
    const uint64_t steps = t->options.steps;
    ga_status status = GA_OK;
    while (status == GA_OK && t->done < steps) {
        double values[GA_TRAIN_MAX_CURVES];
        status = ga_train_step(t, values, err);
        if (status == GA_OK)
            status = events->step(events->user, t->done, values, err);
        if (status == GA_OK && events->sheet != NULL && due(t->done, events->sheet_every, steps))
            status = events->sheet(events->user, t->done, err);
        const bool save = events->save != NULL && due(t->done, events->save_every, steps);
        if (status == GA_OK && save)
            status = events->save(events->user, t->done, err);
        if (status != GA_OK || events->cancelled == NULL || t->done == steps)
            continue;
        const ga_status wish = events->cancelled(events->user);
        if (wish == GA_OK)
            continue;
        if (!save && events->save != NULL)
            status = events->save(events->user, t->done, err);
        if (status == GA_OK)
            status = ga_fail(err, wish, "stopped after step %llu of %llu",
                             (unsigned long long)t->done, (unsigned long long)steps);
    }
    return status;
}
