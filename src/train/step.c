/* step.c - the parts that steps of every kind are made of. */
#include "net/par.h"
#include "train/train_inner.h"
#include <math.h>
#include <string.h>

double ga_train_left(const ga_train *t)
{
    return 1 - (double)t->done / (double)t->options.steps;
}

ga_status ga_train_not_finite(const ga_train *t, const char *what, double loss, ga_err *err)
{
    return ga_fail(err, GA_EDIVERGED,
                   "the loss of the %s is %s at step %llu: try a learning rate below %g", what,
                   isnan(loss) ? "not a number" : "infinite", (unsigned long long)t->done + 1,
                   t->options.lr);
}

/* ---- pictures ---------------------------------------------------------------------------------*/

static void fill(float *to, int n, float value)
{
    for (int i = 0; i < n; i++)
        to[i] = value;
}

/* Moves a picture by (dy,dx) pixels; what comes in at the edges is the range's low end. */
static void move_picture(float *p, ga_dims d, int dy, int dx, float empty, float *room)
{
    const int left = dx > 0 ? (dx < d.w ? dx : d.w) : 0, from = dx < 0 ? -dx : 0;
    const int stays = d.w > left + from ? d.w - left - from : 0;
    const size_t plane = (size_t)d.h * (size_t)d.w;
    for (int c = 0; c < d.c; c++) {
        memcpy(room, p, plane * sizeof *p);
        for (int y = 0; y < d.h; y++, p += d.w) {
            const int sy = y - dy, kept = sy >= 0 && sy < d.h ? stays : 0;
            fill(p, left, empty);
            if (kept > 0)
                memcpy(p + left, room + (size_t)sy * (size_t)d.w + from,
                       (size_t)kept * sizeof *p);
            fill(p + left + kept, d.w - left - kept, empty);
        }
    }
}

static void shift_pictures(ga_train *t, uint64_t index)
{
    ga_rng rng = ga_draw(t, GA_DRAW_SHIFT, index);
    const uint32_t choices = 2 * (uint32_t)t->options.shift + 1;
    for (int i = 0; i < t->options.batch; i++) {
        const int dy = (int)ga_rng_below(&rng, choices) - t->options.shift;
        const int dx = (int)ga_rng_below(&rng, choices) - t->options.shift;
        move_picture(t->pictures + (size_t)i * ga_dims_count(t->real), t->real, dy, dx, t->spec.lo,
                     t->seen);
    }
}

/* Pictures are changed one by one, each as it was drawn, so it does not matter which thread does it;
 * a piece of the batch has working room of its own. */
typedef struct change {
    const ga_train *t;
    const float *src;
    float *dst;
    bool back; /* the adjoint */
    size_t grain;
} change;

static void change_some(const void *user, size_t begin, size_t end)
{
    const change *c = user;
    const ga_train *t = c->t;
    const size_t at = begin * ga_dims_count(t->real);
    const int n = (int)(end - begin);
    char *room = (char *)t->augment_room + begin / c->grain * ga_augment_room(t->real);
    if (c->back)
        ga_augment_adjoint(t->draws + begin, n, t->real, c->src + at, c->dst + at, room);
    else
        ga_augment_apply(t->draws + begin, n, t->real, t->spec.lo, t->spec.hi, c->src + at,
                         c->dst + at, room);
}

static void change_all(const ga_train *t, const float *src, float *dst, bool back)
{
    const size_t n = (size_t)t->options.batch, threads = (size_t)t->threads;
    const change c = {t, src, dst, back, (n + threads - 1) / threads};
    ga_parallel(t->threads, n, c.grain, change_some, &c);
}

void ga_train_augment(ga_train *t, const float *src, float *dst, uint64_t index, uint64_t kind)
{
    const int n = t->options.batch;
    ga_augment_draw(&t->options.augment, t->augment_p, t->real, t->options.seed,
                    ((uint64_t)GA_DRAW_AUGMENT << 56) | kind, index * (uint64_t)n, n, t->draws);
    change_all(t, src, dst, false);
}

void ga_train_augment_back(const ga_train *t, float *grad)
{
    change_all(t, grad, grad, true);
}

ga_status ga_train_fill(ga_train *t, uint64_t index, ga_err *err)
{
    const int n = t->options.batch;
    const uint64_t an_epoch = (uint64_t)(ga_dataset_n(t->data) / n);
    const uint64_t epoch = index / an_epoch, batch = index % an_epoch;
    if (epoch != t->epoch) {
        ga_epoch_order((uint32_t)ga_dataset_n(t->data), t->options.seed, epoch, t->order);
        t->epoch = epoch;
    }
    t->from = t->data;
    memcpy(t->picked, t->order + batch * (uint64_t)n, (size_t)n * sizeof *t->picked);
    const ga_status status = ga_batch_fill(t->data, t->picked, n, t->spec, t->pictures, t->labels,
                                           err);
    if (status == GA_OK && t->options.shift > 0)
        shift_pictures(t, index);
    return status;
}

ga_status ga_train_each(ga_train *t, const ga_dataset *data, int n,
                        ga_status (*look)(ga_train *t, int n, double *sums, ga_err *err),
                        double *sums, int n_sums, ga_err *err)
{
    const int all = n < ga_dataset_n(data) ? n : ga_dataset_n(data);
    t->from = data;
    memset(sums, 0, (size_t)n_sums * sizeof *sums);
    for (int at = 0; at < all; at += GA_LOOK_BATCH) {
        const int some = all - at < GA_LOOK_BATCH ? all - at : GA_LOOK_BATCH;
        for (int i = 0; i < some; i++)
            t->picked[i] = (uint32_t)(at + i);
        ga_status status = ga_batch_fill(data, t->picked, some, t->spec, t->pictures, t->labels,
                                         err);
        if (status == GA_OK)
            status = look(t, some, sums, err);
        if (status != GA_OK)
            return status;
    }
    for (int i = 0; i < n_sums; i++)
        sums[i] /= all;
    return GA_OK;
}

ga_status ga_train_both(ga_train *t, int n,
                        ga_status (*look)(ga_train *t, int n, double *sums, ga_err *err),
                        double *sums, int n_sums, ga_err *err)
{
    ga_status status = ga_train_each(t, t->data, n, look, sums, n_sums, err);
    if (status == GA_OK && t->test != NULL)
        status = ga_train_each(t, t->test, n, look, sums + n_sums, n_sums, err);
    return status;
}

/* ---- networks ---------------------------------------------------------------------------------*/

void ga_train_draw_latents(const ga_train *t, const ga_arch *arch, int kind, uint64_t index, int n,
                           float *z)
{
    const size_t count = (size_t)n * (size_t)t->z;
    const bool uniform = ga_arch_law(arch) == GA_LAW_UNIFORM;
    ga_rng rng = ga_draw(t, kind, index);
    for (size_t i = 0; i < count; i++)
        z[i] = (float)(uniform ? 2 * ga_rng_uniform(&rng) - 1 : ga_rng_normal(&rng));
}

ga_status ga_train_pass(ga_train *t, const ga_pass *pass, ga_err *err)
{
    const ga_graph *g = ga_model_graph(pass->model);
    const ga_dims in = ga_graph_tap_dims(g, 0);
    const int label = ga_arch_label_input(ga_model_arch(pass->model));
    ga_rng rng = ga_draw(t, GA_DRAW_DROPOUT, pass->dropout);
    const ga_run run = {.dropout_seed = ga_rng_u64(&rng)};
    ga_status status = ga_plan_write(pass->plan, ga_graph_tap_name(g, 0),
                                     (ga_view){pass->in, pass->n, in.c, in.h, in.w}, err);
    if (status == GA_OK && label >= 0) {
        for (int i = 0; i < pass->n; i++)
            t->label_room[i] = (float)pass->labels[i];
        status = ga_plan_write(pass->plan, ga_graph_tap_name(g, label),
                               (ga_view){t->label_room, pass->n, 1, 1, 1}, err);
    }
    if (status == GA_OK)
        status = ga_plan_forward(pass->plan, &run, err);
    if (status == GA_OK)
        status = ga_plan_read(pass->plan, ga_graph_output_name(g), pass->out, err);
    return status;
}

/* ---- weights ----------------------------------------------------------------------------------*/

/* The learning rate of this step. */
static double rate_of(const ga_train *t, int learner)
{
    const ga_train_options *o = &t->options;
    const double at = (double)t->done / (double)o->steps;
    const double share = at <= o->decay_from ? 1 : (1 - at) / (1 - o->decay_from);
    return (learner == 1 && o->lr_d > 0 ? o->lr_d : o->lr) * share;
}

ga_status ga_train_update(ga_train *t, int learner, double *grad, double *update, ga_err *err)
{
    ga_learner *l = &t->learner[learner];
    size_t n;
    ga_params *params = ga_model_params(l->model);
    ga_status status = l->spectral == NULL
                           ? GA_OK
                           : ga_spectral_backward(l->spectral, params, l->grads, err);
    if (status != GA_OK)
        return status;
    const float *grads = ga_params_weights(l->grads, &n);
    float *weights = ga_params_weights(l->spectral != NULL ? l->raw : params, &n);
    *grad = ga_norm2(grads, n);
    memcpy(t->before, weights, n * sizeof *weights);
    ga_optim_set_lr(l->optim, rate_of(t, learner));
    ga_optim_step(l->optim, weights, grads);
    if (learner == 1 && t->options.clip > 0)
        ga_clip(weights, n, (float)t->options.clip);
    *update = ga_update_ratio(t->before, weights, n);
    if (l->spectral != NULL)
        status = ga_spectral_apply(l->spectral, l->raw, params, true, err);
    ga_params_changed(params);
    return status;
}

void ga_train_average(ga_train *t)
{
    if (t->average == NULL)
        return;
    const double now = (double)t->done;
    const double decay = fmin(t->options.ema, (1 + now) / (10 + now));
    size_t count;
    ga_params *params = ga_model_params(t->learner[0].model);
    float *weights = ga_params_weights(t->average, &count);
    ga_moving_average(weights, ga_params_weights(params, &count), count, decay);
    float *buffers = ga_params_buffers(t->average, &count);
    ga_moving_average(buffers, ga_params_buffers(params, &count), count, decay);
    ga_params_changed(t->average);
}
