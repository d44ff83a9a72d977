/* checkpoint.c - a training as one file, and back. */
#include "base/alloc.h"
#include "base/text.h"
#include "train/train_inner.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FORMAT "ganatomy-checkpoint-2"

/* Walks everything that a checkpoint holds. */
typedef struct entries {
    ga_arena *names;
    ga_array *array;
    float **place; /* where the numbers of array[i] are in the training */
    int n, room;
    bool failed;
} entries;

static void add(entries *e, const char *prefix, const ga_param_spec *spec, float *data)
{
    ga_text name = {0};
    ga_text_add(&name, prefix);
    ga_text_add(&name, spec->name);
    char *kept = name.failed ? NULL : ga_arena_string(e->names, name.data, name.length);
    ga_text_free(&name);
    if (kept == NULL || e->n == e->room) {
        e->failed = true;
        return;
    }
    ga_array *a = &e->array[e->n];
    *a = (ga_array){kept, GA_F32, spec->rank, {0}, spec->count, data};
    memcpy(a->dim, spec->dim, sizeof a->dim);
    e->place[e->n++] = data;
}

static void add_params(entries *e, const char *prefix, const ga_graph *g, ga_params *p)
{
    size_t count;
    float *weights = ga_params_weights(p, &count), *buffers = ga_params_buffers(p, &count);
    for (int i = 0; i < ga_graph_n_params(g); i++) {
        const ga_param_spec *spec = ga_graph_param(g, i);
        add(e, prefix, spec, (spec->kind == GA_WEIGHT ? weights : buffers) + spec->offset);
    }
}

static void add_slots(entries *e, const char *name, const ga_graph *g, ga_optim *o)
{
    for (int s = 0; s < ga_optim_n_slots(o); s++) {
        char prefix[64];
        snprintf(prefix, sizeof prefix, "%s.slot%d.", name, s);
        for (int i = 0; i < ga_graph_n_params(g); i++) {
            const ga_param_spec *spec = ga_graph_param(g, i);
            if (spec->kind == GA_WEIGHT)
                add(e, prefix, spec, ga_optim_slot(o, s) + spec->offset);
        }
    }
}

/* The weights that the optimiser sees, and the vectors of the power iteration. */
static void add_spectral(entries *e, const ga_learner *l)
{
    size_t n;
    float *vectors = ga_spectral_state(l->spectral, &n);
    const ga_param_spec spec = {.name = "vectors", .rank = 1, .dim = {(int64_t)n}, .count = n};
    add_params(e, "spectral.raw.", ga_model_graph(l->model), l->raw);
    add(e, "spectral.", &spec, vectors);
}

static void entries_free(entries *e)
{
    ga_arena_free(e->names);
    ga_mem_free(e->array);
    ga_mem_free(e->place);
}

static ga_status entries_of(ga_train *t, entries *e, ga_err *err)
{
    *e = (entries){.names = ga_arena_create(16u << 20)};
    for (int i = 0; i < t->n_learners; i++)
        e->room += 1 + 6 * ga_graph_n_params(ga_model_graph(t->learner[i].model));
    e->array = ga_mem_new((size_t)e->room, sizeof *e->array);
    e->place = ga_mem_new((size_t)e->room, sizeof *e->place);
    if (e->names == NULL || e->array == NULL || e->place == NULL)
        e->failed = true;
    for (int i = 0; i < t->n_learners && !e->failed; i++) {
        ga_learner *l = &t->learner[i];
        const ga_graph *g = ga_model_graph(l->model);
        char prefix[64];
        snprintf(prefix, sizeof prefix, "%s.", l->name);
        add_params(e, prefix, g, ga_model_params(l->model));
        add_slots(e, l->name, g, l->optim);
        if (l->spectral != NULL)
            add_spectral(e, l);
    }
    if (t->average != NULL && !e->failed)
        add_params(e, "average.", ga_model_graph(t->learner[0].model), t->average);
    if (e->failed) {
        entries_free(e);
        return ga_fail(err, GA_ENOMEM, "no memory for a checkpoint");
    }
    return GA_OK;
}

ga_status ga_train_save(ga_train *t, const char *path, const char *config, ga_err *err)
{
    entries e;
    ga_status status = entries_of(t, &e, err);
    if (status != GA_OK)
        return status;
    char step[32], dials[256];
    const ga_train_dials d = ga_train_dials_of(t);
    snprintf(step, sizeof step, "%llu", (unsigned long long)t->done);
    snprintf(dials, sizeof dials, "%.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g", d.lr, d.lr_d,
             d.real_target, d.noise, d.r1, t->penalty, t->augment_p, t->sign_sum);
    const char *const metadata[] = {"format", FORMAT,   "step", step, "dials",
                                    dials,    "config", config, NULL};
    status = ga_weights_write(path, GA_FORM_SAFETENSORS, e.array, e.n, metadata, err);
    entries_free(&e);
    return status;
}

static bool all_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static ga_status check_format(const ga_weights *w, const char *path, ga_err *err)
{
    const char *format = ga_weights_metadata(w, "format");
    if (format == NULL || strcmp(format, FORMAT) != 0)
        return ga_fail(err, GA_EDATA, "'%s': metadata 'format' is '%s', expected '" FORMAT "'",
                       path, format != NULL ? format : "absent");
    return GA_OK;
}

static ga_status read_step(const ga_weights *w, const char *path, uint64_t most, uint64_t *step,
                           ga_err *err)
{
    const char *text = ga_weights_metadata(w, "step");
    int64_t value;
    if (text == NULL || !ga_parse_i64(text, &value) || value < 0 || (uint64_t)value > most)
        return ga_fail(err, GA_EDATA, "'%s': metadata 'step' is '%s', expected 0 to %llu", path,
                       text != NULL ? text : "absent", (unsigned long long)most);
    *step = (uint64_t)value;
    return GA_OK;
}

static ga_status check_config(const ga_weights *w, const char *path, const char *config,
                              ga_err *err)
{
    const char *had = ga_weights_metadata(w, "config");
    if (had == NULL || strcmp(had, config) != 0)
        return ga_fail(err, GA_EDATA, "'%s' was written by a training with other options", path);
    return GA_OK;
}

ga_status ga_train_peek(const char *path, uint64_t *step, char **config, ga_err *err)
{
    ga_weights *w = NULL;
    *config = NULL;
    ga_status status = ga_weights_read(path, 0, &w, err);
    if (status == GA_OK)
        status = check_format(w, path, err);
    if (status == GA_OK)
        status = read_step(w, path, INT64_MAX, step, err);
    if (status == GA_OK) {
        const char *text = ga_weights_metadata(w, "config");
        *config = ga_mem_string(text != NULL ? text : "");
        if (*config == NULL)
            status = ga_fail(err, GA_ENOMEM, "no memory for the options of '%s'", path);
    }
    ga_weights_free(w);
    return status;
}

void ga_train_config_free(char *config)
{
    ga_mem_free(config);
}

/* What was changed while the training lasted, and numbers that the coming steps go on with: the
 * penalty that the next curve point repeats, the chance of augmentation and what it adapts by. */
typedef struct numbers {
    ga_train_dials dials;
    double penalty, augment_p, sign_sum;
} numbers;

static ga_status read_dials(const ga_weights *w, const char *path, numbers *out, ga_err *err)
{
    ga_train_dials *d = &out->dials;
    double *const to[] = {&d->lr, &d->lr_d,      &d->real_target, &d->noise,
                          &d->r1, &out->penalty, &out->augment_p, &out->sign_sum};
    enum { N = sizeof to / sizeof *to };
    const char *text = ga_weights_metadata(w, "dials"), *at = text;
    int n = 0;
    for (; at != NULL && *at != 0 && n < N; n++) {
        char number[40];
        const size_t length = strcspn(at, " ");
        if (length >= sizeof number)
            break;
        memcpy(number, at, length);
        number[length] = 0;
        if (!ga_parse_f64(number, to[n]))
            break;
        at += length + (at[length] == ' ');
    }
    if (n == N && *at == 0)
        return GA_OK;
    return ga_fail(err, GA_EDATA, "'%s': metadata 'dials' is '%.60s', expected %d numbers", path,
                   text != NULL ? text : "absent", (int)N);
}

/* The array of w that belongs to entry a, all finite. */
static ga_status find(const ga_weights *w, const ga_array *a, const char *path,
                      const ga_array **found, ga_err *err)
{
    const ga_array *f = ga_weights_find(w, a->name);
    if (f == NULL)
        return ga_fail(err, GA_EDATA, "'%s': array '%s' is missing", path, a->name);
    bool same = f->dtype == GA_F32 && f->rank == a->rank && f->count == a->count;
    for (int i = 0; same && i < a->rank; i++)
        same = f->dim[i] == a->dim[i];
    if (!same)
        return ga_fail(err, GA_EDATA, "'%s': array '%s' has another shape than the network", path,
                       a->name);
    if (!all_finite(f->data, f->count))
        return ga_fail(err, GA_EDATA, "'%s': array '%s' holds numbers that are not finite", path,
                       a->name);
    *found = f;
    return GA_OK;
}

ga_status ga_train_load(ga_train *t, const char *path, const char *config, ga_err *err)
{
    entries e;
    ga_weights *w = NULL;
    const ga_array *found = NULL;
    numbers more = {0};
    uint64_t step = 0;
    ga_status status = entries_of(t, &e, err);
    if (status != GA_OK)
        return status;
    status = ga_weights_read(path, 0, &w, err);
    if (status == GA_OK)
        status = check_format(w, path, err);
    if (status == GA_OK)
        status = check_config(w, path, config, err);
    if (status == GA_OK)
        status = read_step(w, path, t->options.steps, &step, err);
    if (status == GA_OK)
        status = read_dials(w, path, &more, err);
    /* all is checked before anything is taken over */
    for (int i = 0; i < e.n && status == GA_OK; i++)
        status = find(w, &e.array[i], path, &found, err);
    if (status == GA_OK)
        status = ga_train_set_dials(t, &more.dials, err);
    for (int i = 0; i < e.n && status == GA_OK; i++) {
        status = find(w, &e.array[i], path, &found, err);
        if (status == GA_OK)
            ga_array_to_f32(found, e.place[i]);
    }
    if (status == GA_OK) {
        t->done = step;
        t->penalty = more.penalty;
        t->augment_p = more.augment_p;
        t->sign_sum = more.sign_sum;
        for (int i = 0; i < t->n_learners; i++) {
            /* the discriminator may be updated several times a step */
            ga_optim_set_steps(t->learner[i].optim,
                               t->done * (i == 1 ? (uint64_t)t->options.d_steps : 1));
            ga_params_changed(ga_model_params(t->learner[i].model));
            /* the largest singular values are no part of the file */
            if (t->learner[i].spectral != NULL && status == GA_OK)
                status = ga_spectral_apply(t->learner[i].spectral, t->learner[i].raw,
                                           ga_model_params(t->learner[i].model), false, err);
        }
        if (t->average != NULL)
            ga_params_changed(t->average);
    }
    ga_weights_free(w);
    entries_free(&e);
    return status;
}
