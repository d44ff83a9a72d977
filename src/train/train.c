/* train.c - making and ending a training, what it says of itself, and the models that come out. */
#include "base/alloc.h"
#include "base/cpu.h"
#include "train/train_inner.h"
#include <math.h>
#include <stddef.h>
#include <string.h>


/* ---- options ----------------------------------------------------------------------------------*/

ga_train_options ga_train_classifier_defaults(void)
{
    return (ga_train_options){.batch = 100,
                              .optimizer = GA_ADAM,
                              .lr = 1e-3,
                              .beta1 = 0.9,
                              .beta2 = 0.999,
                              .decay_from = 1,
                              .real_target = 1,
                              .augment_p = 1,
                              .kl_weight = 1};
}

ga_train_options ga_train_gan_defaults(void)
{
    ga_train_options o = ga_train_classifier_defaults();
    o.lr = 2e-4;
    o.beta1 = 0.5;
    o.ema = 0.999;
    o.start = GA_START_DCGAN;
    return o;
}

ga_train_options ga_train_vae_defaults(void)
{
    return ga_train_classifier_defaults();
}

ga_train_options ga_train_encoder_defaults(void)
{
    ga_train_options o = ga_train_classifier_defaults();
    o.ema = 0.999;
    return o;
}

static ga_status check_options(const ga_train_options *o, const ga_train_parts *parts, ga_err *err)
{
    const int most = parts->data != NULL ? ga_dataset_n(parts->data) : 65536;
    if (o->steps < 1)
        return ga_fail(err, GA_EINVAL, "steps are 0: expected at least 1");
    if (o->batch < parts->least_batch || o->batch > most)
        return ga_fail(err, GA_EINVAL, "batch %d: expected %d to %d%s%s%s", o->batch,
                       parts->least_batch, most, parts->data != NULL ? ", the pictures of '" : "",
                       parts->data != NULL ? ga_dataset_name(parts->data) : "",
                       parts->data != NULL ? "'" : "");
    const struct {
        const char *name;
        double value, lo, hi;
    } limits[] = {{"lr", o->lr, 1e-12, 1e30},
                  {"lr-d", o->lr_d, 0, 1e30},
                  {"beta1", o->beta1, 0, 0.9999},
                  {"beta2", o->beta2, 0, 0.999999},
                  {"weight-decay", o->weight_decay, 0, 1e6},
                  {"decay-from", o->decay_from, 0, 1},
                  {"ema", o->ema, 0, 0.999999},
                  {"real-target", o->real_target, 0.5, 1},
                  {"noise", o->noise, 0, 10},
                  {"shift", o->shift, 0, 16},
                  {"d-steps", o->d_steps, 0, 100},
                  {"clip", o->clip, 0, 1e6},
                  {"r1", o->r1, 0, 1e9},
                  {"r1-every", o->r1_every, 0, 10000},
                  {"augment-p", o->augment_p, 0, 1},
                  {"ada-target", o->ada_target, 0, 1},
                  {"kl-weight", o->kl_weight, 0, 1e6},
                  {"pixel-weight", o->pixel_weight, 0, 1e6}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (!(limits[i].value >= limits[i].lo && limits[i].value <= limits[i].hi))
            return ga_fail(err, GA_EINVAL, "%s is %g: expected %g to %g", limits[i].name,
                           limits[i].value, limits[i].lo, limits[i].hi);
    return GA_OK;
}

ga_status ga_train_check_channels(const ga_dataset *data, int channels, const ga_arch *arch,
                                  ga_err *err)
{
    const int has = ga_dataset_dims(data).c;
    if (has == channels)
        return GA_OK;
    return ga_fail(err, GA_ESHAPE, "pictures of '%s' have %d channels, but those of '%s' have %d",
                   ga_dataset_name(data), has, ga_arch_name(arch), channels);
}

ga_status ga_train_check_pictures(const ga_arch *maker, const ga_arch *reader, ga_err *err)
{
    const ga_dims made = ga_graph_output_dims(ga_arch_graph(maker)), read = ga_arch_input(reader);
    if (made.c == read.c && made.h == read.h && made.w == read.w)
        return GA_OK;
    return ga_fail(err, GA_ESHAPE,
                   "'%s' makes pictures of %dx%dx%d, but '%s' reads %dx%dx%d (channels, rows, "
                   "columns)",
                   ga_arch_name(maker), made.c, made.h, made.w, ga_arch_name(reader), read.c,
                   read.h, read.w);
}

/* ---- memory -----------------------------------------------------------------------------------*/

static ga_plan_options learning(const ga_train *t)
{
    return (ga_plan_options){.batch = t->options.batch,
                             .train = true,
                             .bn = GA_BN_BATCH,
                             .bf16 = t->options.bf16,
                             .threads = t->options.threads};
}

static ga_plan_options learning_of(const ga_train *t, int learner)
{
    ga_plan_options o = learning(t);
    o.penalty = learner == 1 && t->options.r1 > 0;
    return o;
}

static ga_plan_options looking(const ga_train *t)
{
    return (ga_plan_options){.batch = GA_LOOK_BATCH,
                             .bn = GA_BN_RUNNING,
                             .bf16 = t->options.bf16,
                             .threads = t->options.threads};
}

/* The frozen generator: gradients pass through it, and nothing of it changes. */
static ga_plan_options passing(const ga_train *t)
{
    ga_plan_options o = learning(t);
    o.bn = GA_BN_RUNNING;
    return o;
}

static size_t numbers_of(const ga_graph *g)
{
    size_t n = 0;
    for (int i = 0; i < ga_graph_n_params(g); i++)
        n += ga_graph_param(g, i)->count;
    return n;
}

static ga_status add_plan(ga_train *t, const ga_graph *g, ga_plan_options o, ga_err *err)
{
    ga_plan_cost cost;
    const ga_status status = ga_plan_forecast(g, &o, &cost, err);
    t->bytes += cost.total_bytes;
    return status;
}

static ga_optim_options optimising(const ga_train *t)
{
    ga_optim_options o = ga_optim_defaults(t->options.optimizer);
    o.lr = t->options.lr;
    o.beta1 = t->options.beta1;
    o.beta2 = t->options.beta2;
    o.weight_decay = t->options.weight_decay;
    o.threads = t->options.threads;
    return o;
}

/* Room for batches: where its pointer is in a ga_train, and n elements of size bytes. */
typedef struct room {
    size_t offset, n, size;
} room;
enum { ROOMS = 17 };

static void list_rooms(const ga_train *t, const ga_train_parts *parts, room list[ROOMS])
{
    const size_t n = (size_t)(t->options.batch > GA_LOOK_BATCH ? t->options.batch : GA_LOOK_BATCH);
    const size_t picture = ga_dims_count(t->real) * sizeof(float),
                 output = (size_t)parts->outputs * sizeof(float),
                 latent = ((size_t)t->z + 1) * sizeof(float);
    size_t most = 1;
    for (int i = 0; i < 2 && parts->arch[i] != NULL; i++) {
        const size_t numbers = numbers_of(ga_arch_graph(parts->arch[i]));
        most = numbers > most ? numbers : most;
    }
    const room all[ROOMS] = {
        {offsetof(ga_train, order), t->data != NULL ? (size_t)ga_dataset_n(t->data) : 1,
         sizeof *t->order},
        {offsetof(ga_train, labels), n, sizeof *t->labels},
        {offsetof(ga_train, fake_labels), n, sizeof *t->fake_labels},
        {offsetof(ga_train, label_room), n, sizeof *t->label_room},
        {offsetof(ga_train, pictures), n, picture},
        {offsetof(ga_train, seen), n, picture},
        {offsetof(ga_train, fake), n, picture},
        /* a conditional discriminator's label has one too */
        {offsetof(ga_train, diff_fake), n, picture + sizeof(float)},
        {offsetof(ga_train, latents), n, latent},
        {offsetof(ga_train, diff_latents), n, latent},
        {offsetof(ga_train, output), n, output},
        {offsetof(ga_train, diff), n, output},
        {offsetof(ga_train, picked), n, sizeof *t->picked},
        {offsetof(ga_train, maps), n,
         (size_t)t->planes * (size_t)t->real.h * (size_t)t->real.w * sizeof *t->maps},
        {offsetof(ga_train, before), most, sizeof *t->before},
        {offsetof(ga_train, draws), n, sizeof *t->draws},
        {offsetof(ga_train, augment_room), (size_t)t->threads, ga_augment_room(t->real)}};
    memcpy(list, all, sizeof all);
}

static ga_status make_rooms(ga_train *t, const ga_train_parts *parts, ga_err *err)
{
    room list[ROOMS];
    list_rooms(t, parts, list);
    for (int i = 0; i < ROOMS; i++) {
        void *p = ga_mem_new(list[i].n, list[i].size);
        if (p == NULL)
            return ga_fail(err, GA_ENOMEM, "no memory for a batch of %d pictures",
                           t->options.batch);
        memcpy((char *)t + list[i].offset, &p, sizeof p);
    }
    return GA_OK;
}

/* What a learner holds beside its plans: weights, gradients, the optimiser's slots, and the average
 * or the weights before they are normalised. */
static size_t numbers_held(const ga_train *t, int learner, const ga_graph *g)
{
    const ga_optim_options o = optimising(t);
    const bool third = learner == 0 ? t->options.ema > 0 : t->options.spectral;
    const size_t numbers = numbers_of(g);
    return (third ? 3 : 2) * numbers * sizeof(float) + ga_optim_bytes(&o, numbers);
}

/* Adds all that will be made to t->bytes; nothing big is made before the sum is known. */
static ga_status forecast(ga_train *t, const ga_train_parts *parts, ga_err *err)
{
    ga_status status = GA_OK;
    room list[ROOMS];
    list_rooms(t, parts, list);
    for (int i = 0; i < ROOMS; i++)
        t->bytes += list[i].n * list[i].size;
    for (int i = 0; i < 2 && parts->arch[i] != NULL && status == GA_OK; i++) {
        const ga_graph *g = ga_arch_graph(parts->arch[i]);
        t->bytes += numbers_held(t, i, g);
        status = add_plan(t, g, learning_of(t, i), err);
        if (status == GA_OK)
            status = add_plan(t, g, looking(t), err);
    }
    if (parts->frozen != NULL && status == GA_OK)
        status = add_plan(t, ga_model_graph(parts->frozen), passing(t), err);
    if (parts->frozen != NULL && status == GA_OK)
        status = add_plan(t, ga_model_graph(parts->frozen), looking(t), err);
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

/* ---- learners ---------------------------------------------------------------------------------*/

static ga_status make_spectral(ga_train *t, ga_learner *l, ga_err *err)
{
    ga_params *params = ga_model_params(l->model);
    ga_status status = ga_params_copy(params, &l->raw, err);
    if (status == GA_OK)
        status = ga_spectral_create(ga_model_graph(l->model), t->options.seed, &l->spectral, err);
    if (status == GA_OK)
        status = ga_spectral_apply(l->spectral, l->raw, params, true, err);
    ga_params_changed(params);
    return status;
}

static ga_status make_learner(ga_train *t, const char *name, const ga_arch *arch, ga_err *err)
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
                   ga_arch_start(arch, t->options.start));
    if (at == 1 && t->options.spectral)
        status = make_spectral(t, l, err);
    if (status == GA_OK && at == 0 && t->options.ema > 0)
        status = ga_params_copy(params, &t->average, err);
    if (status == GA_OK)
        status = ga_params_create(g, &l->grads, err);
    if (status != GA_OK)
        return status;
    size_t count;
    (void)ga_params_weights(params, &count);
    const ga_optim_options o = optimising(t);
    status = ga_optim_create(&o, count, &l->optim, err);
    if (status != GA_OK)
        return status;
    const ga_plan_options learn = learning_of(t, at), look = looking(t);
    status = ga_plan_create(g, params, &learn, &l->plan, err);
    if (status == GA_OK)
        status = ga_plan_create(g, at == 0 && t->average != NULL ? t->average : params, &look,
                                &l->look, err);
    return status;
}

static ga_status make_layout(ga_train *t, const ga_vocabulary *v, ga_err *err)
{
    const size_t labels = (size_t)ga_vocabulary_n(v), planes = (size_t)t->planes;
    t->first = ga_mem_new(planes, sizeof *t->first);
    t->size = ga_mem_new(planes, sizeof *t->size);
    t->channel = ga_mem_new(labels, sizeof *t->channel);
    if (t->first == NULL || t->size == NULL || t->channel == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a vocabulary of %zu labels", labels);
    const int channels = ga_vocabulary_layout(v, t->first, t->size, NULL, t->channel);
    t->layout = (ga_label_layout){channels, t->planes, t->first, t->size, t->channel};
    return GA_OK;
}

static ga_status make_frozen(ga_train *t, ga_model *generator, ga_err *err)
{
    const ga_graph *g = ga_model_graph(generator);
    const ga_plan_options pass = passing(t), look = looking(t);
    t->frozen = generator;
    ga_status status = ga_plan_create(g, ga_model_params(generator), &pass, &t->frozen_plan, err);
    if (status == GA_OK)
        status = ga_plan_create(g, ga_model_params(generator), &look, &t->frozen_look, err);
    return status;
}

/* ---- the whole --------------------------------------------------------------------------------*/

static void name_curves(ga_train *t, const ga_train_parts *parts)
{
    int n = 0;
    for (; parts->curves[n] != NULL; n++)
        t->curves[n] = parts->curves[n];
    if (t->options.r1 > 0)
        t->curves[n++] = "penalty";
    if (t->options.ada_target > 0)
        t->curves[n] = "augment_p";
    int measures = 0;
    while (parts->trade->measures[measures] != NULL)
        measures++;
    if (t->test == NULL)
        measures -= parts->trade->n_test_measures;
    for (int i = 0; i < measures; i++)
        t->measures[i] = parts->trade->measures[i];
}

static ga_status make_all(ga_train *t, const ga_train_parts *parts, ga_err *err)
{
    ga_status status = forecast(t, parts, err);
    if (status == GA_OK)
        status = check_memory(t, err);
    if (status == GA_OK)
        status = make_rooms(t, parts, err);
    if (status == GA_OK && parts->vocabulary != NULL)
        status = make_layout(t, parts->vocabulary, err);
    for (int i = 0; i < 2 && parts->arch[i] != NULL && status == GA_OK; i++)
        status = make_learner(t, parts->name[i], parts->arch[i], err);
    if (status == GA_OK && parts->frozen != NULL)
        status = make_frozen(t, parts->frozen, err);
    return status;
}

ga_status ga_train_make(const ga_train_parts *parts, ga_train **out, ga_err *err)
{
    *out = NULL;
    ga_status status = check_options(parts->options, parts, err);
    if (status != GA_OK)
        return status;
    ga_train *t = ga_mem_new(1, sizeof *t);
    if (t == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a training");
    t->trade = parts->trade;
    t->options = *parts->options;
    t->options.d_steps = t->options.d_steps < 1 ? 1 : t->options.d_steps;
    t->options.r1_every = t->options.r1_every < 1 ? 1 : t->options.r1_every;
    t->threads = ga_cpu_threads(t->options.threads);
    t->data = parts->data;
    t->test = parts->test;
    t->epoch = UINT64_MAX;
    t->augment_p = t->options.augment_p;
    t->real = parts->picture;
    t->z = parts->z;
    t->classes = ga_arch_classes(parts->arch[0]);
    t->planes = parts->vocabulary != NULL ? ga_vocabulary_categories(parts->vocabulary) : 0;
    t->spec.h = t->real.h;
    t->spec.w = t->real.w;
    if (ga_arch_law(parts->range) != GA_LAW_NONE)
        ga_arch_output_range(parts->range, &t->spec.lo, &t->spec.hi);
    else
        ga_arch_input_range(parts->range, &t->spec.lo, &t->spec.hi);
    name_curves(t, parts);
    status = make_all(t, parts, err);
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
    for (int i = 0; i < t->n_learners; i++) {
        ga_plan_free(t->learner[i].look);
        ga_plan_free(t->learner[i].plan);
        ga_spectral_free(t->learner[i].spectral);
        ga_params_free(t->learner[i].raw);
        ga_optim_free(t->learner[i].optim);
        ga_params_free(t->learner[i].grads);
        ga_model_free(t->learner[i].model);
    }
    ga_plan_free(t->frozen_look);
    ga_plan_free(t->frozen_plan);
    ga_params_free(t->average);
    void *const buffers[] = {t->order,  t->labels, t->fake_labels,  t->label_room, t->pictures,
                             t->seen,   t->fake,   t->diff_fake,    t->latents,    t->output,
                             t->diff,   t->before, t->diff_latents, t->draws,      t->augment_room,
                             t->picked, t->maps,   t->first,        t->size,       t->channel};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        ga_mem_free(buffers[i]);
    ga_mem_free(t);
}

const char *ga_train_kind(const ga_train *t)
{
    return t->trade->name;
}

const ga_arch *ga_train_arch(const ga_train *t)
{
    return ga_model_arch(t->learner[0].model);
}

bool ga_train_renders(const ga_train *t)
{
    return t->trade->renders;
}

uint64_t ga_train_steps_done(const ga_train *t)
{
    return t->done;
}

uint64_t ga_train_steps_an_epoch(const ga_train *t)
{
    if (t->data == NULL)
        return 0;
    const int steps = ga_dataset_n(t->data) / (t->options.batch * t->options.d_steps);
    return steps < 1 ? 1 : (uint64_t)steps;
}

size_t ga_train_bytes(const ga_train *t)
{
    return t->bytes;
}

const char *const *ga_train_curves(const ga_train *t)
{
    return t->curves;
}

const char *const *ga_train_measures(const ga_train *t)
{
    return t->measures;
}

ga_status ga_train_step(ga_train *t, double *values, ga_err *err)
{
    const ga_status status = t->trade->step(t, values, err);
    if (status == GA_OK)
        t->done++;
    return status;
}

ga_status ga_train_measure(ga_train *t, int n, double *values, ga_err *err)
{
    if (n < 1)
        return ga_fail(err, GA_EINVAL, "0 pictures to measure on: expected at least 1");
    return t->trade->measure(t, n, values, err);
}

ga_train_dials ga_train_dials_of(const ga_train *t)
{
    const ga_train_options *o = &t->options;
    return (ga_train_dials){o->lr, o->lr_d, o->real_target, o->noise, o->r1};
}

ga_status ga_train_set_dials(ga_train *t, const ga_train_dials *dials, ga_err *err)
{
    const ga_train_parts parts = {.data = t->data, .least_batch = 1};
    ga_train_options o = t->options;
    o.lr = dials->lr;
    o.lr_d = dials->lr_d;
    o.real_target = dials->real_target;
    o.noise = dials->noise;
    o.r1 = dials->r1;
    if ((o.r1 > 0) != (t->options.r1 > 0))
        return ga_fail(err, GA_EINVAL,
                       "r1 is %g, and the training was begun %s it: it can change, "
                       "but neither begin nor end",
                       o.r1, t->options.r1 > 0 ? "with" : "without");
    const ga_status status = check_options(&o, &parts, err);
    if (status == GA_OK)
        t->options = o;
    return status;
}
