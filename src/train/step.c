/* step.c - one step of each kind of training. */
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

void ga_train_set_rates(ga_train *t)
{
    const ga_train_options *o = &t->options;
    const double at = (double)t->done / (double)o->steps;
    const double share = at <= o->decay_from ? 1 : (1 - at) / (1 - o->decay_from);
    ga_optim_set_lr(t->learner[0].optim, o->lr * share);
    if (t->gan)
        ga_optim_set_lr(t->learner[1].optim, (o->lr_d > 0 ? o->lr_d : o->lr) * share);
}

void ga_train_update(ga_learner *l)
{
    size_t count;
    ga_params *params = ga_model_params(l->model);
    float *weights = ga_params_weights(params, &count);
    ga_optim_step(l->optim, weights, ga_params_weights(l->grads, &count));
    ga_params_changed(params);
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

/* Moves a picture by (dy,dx) pixels; what comes in at the edges is the range's low end. */
static void move_picture(float *p, ga_dims d, int dy, int dx, float empty, float *room)
{
    const size_t plane = (size_t)d.h * (size_t)d.w;
    for (int c = 0; c < d.c; c++, p += plane) {
        memcpy(room, p, plane * sizeof *p);
        for (int y = 0; y < d.h; y++)
            for (int x = 0; x < d.w; x++) {
                const int sy = y - dy, sx = x - dx;
                const bool inside = sy >= 0 && sy < d.h && sx >= 0 && sx < d.w;
                p[y * d.w + x] = inside ? room[sy * d.w + sx] : empty;
            }
    }
}

ga_status ga_train_next_pictures(ga_train *t, ga_err *err)
{
    const uint64_t an_epoch = ga_train_steps_an_epoch(t);
    const uint64_t epoch = t->done / an_epoch, batch = t->done % an_epoch;
    if (epoch != t->epoch) {
        ga_epoch_order((uint32_t)ga_dataset_n(t->data), t->options.seed, epoch, t->order);
        t->epoch = epoch;
    }
    const int n = t->options.batch;
    ga_status status = ga_batch_fill(t->data, t->order + batch * (uint64_t)n, n, t->spec,
                                     t->pictures, t->labels, err);
    if (status != GA_OK || t->options.shift == 0)
        return status;
    ga_rng rng = ga_draw(t, GA_DRAW_SHIFT, t->done);
    const uint32_t choices = 2 * (uint32_t)t->options.shift + 1;
    for (int i = 0; i < n; i++) {
        const int dy = (int)ga_rng_below(&rng, choices) - t->options.shift;
        const int dx = (int)ga_rng_below(&rng, choices) - t->options.shift;
        move_picture(t->pictures + (size_t)i * ga_dims_count(t->real), t->real, dy, dx, t->spec.lo,
                     t->seen);
    }
    return GA_OK;
}

static uint64_t dropout_seed(const ga_train *t, uint64_t pass)
{
    ga_rng rng = ga_draw(t, GA_DRAW_DROPOUT, t->done * 4 + pass);
    return ga_rng_u64(&rng);
}

/* src plus normal noise, or src itself where there is none to add. */
static const float *with_noise(ga_train *t, const float *src, int kind)
{
    const double sigma = t->options.noise * ga_train_left(t);
    if (t->options.noise == 0)
        return src;
    const size_t count = (size_t)t->options.batch * ga_dims_count(t->real);
    ga_rng rng = ga_draw(t, kind, t->done);
    for (size_t i = 0; i < count; i++)
        t->seen[i] = src[i] + (float)(sigma * ga_rng_normal(&rng));
    return t->seen;
}

/* Pictures through the discriminator, into t->logits. pass tells the dropout of the passes apart.
 */
static ga_status judge(ga_train *t, const float *pictures, uint64_t pass, ga_err *err)
{
    ga_plan *plan = t->learner[1].plan;
    const ga_graph *g = ga_model_graph(t->learner[1].model);
    const ga_view v = {pictures, t->options.batch, t->real.c, t->real.h, t->real.w};
    const ga_run run = {.dropout_seed = dropout_seed(t, pass)};
    ga_status status = ga_plan_write(plan, ga_graph_tap_name(g, 0), v, err);
    if (status == GA_OK)
        status = ga_plan_forward(plan, &run, err);
    if (status == GA_OK)
        status = ga_plan_read(plan, ga_graph_tap_name(g, ga_graph_n_taps(g) - 1), t->logits, err);
    return status;
}

static ga_status imagine(ga_train *t, ga_err *err)
{
    ga_plan *plan = t->learner[0].plan;
    const ga_graph *g = ga_model_graph(t->learner[0].model);
    const ga_dims in = ga_graph_tap_dims(g, 0);
    const size_t count = (size_t)t->options.batch * (size_t)t->z;
    const bool uniform = ga_arch_law(ga_model_arch(t->learner[0].model)) == GA_LAW_UNIFORM;
    ga_rng rng = ga_draw(t, GA_DRAW_Z, t->done);
    for (size_t i = 0; i < count; i++)
        t->latents[i] = (float)(uniform ? 2 * ga_rng_uniform(&rng) - 1 : ga_rng_normal(&rng));
    const ga_view v = {t->latents, t->options.batch, in.c, in.h, in.w};
    const ga_run run = {.dropout_seed = dropout_seed(t, 3)};
    ga_status status = ga_plan_write(plan, ga_graph_tap_name(g, 0), v, err);
    if (status == GA_OK)
        status = ga_plan_forward(plan, &run, err);
    if (status == GA_OK)
        status = ga_plan_read(plan, ga_graph_tap_name(g, ga_graph_n_taps(g) - 1), t->fake, err);
    return status;
}

ga_status ga_train_gan_step(ga_train *t, double *values, ga_err *err)
{
    ga_learner *g = &t->learner[0], *d = &t->learner[1];
    const int n = t->options.batch;
    ga_train_set_rates(t);
    ga_status status = ga_train_next_pictures(t, err);
    if (status == GA_OK)
        status = imagine(t, err);

    /* the discriminator on real and on fake; its two gradients add up */
    if (status == GA_OK)
        status = judge(t, with_noise(t, t->pictures, GA_DRAW_NOISE_REAL), 0, err);
    if (status != GA_OK)
        return status;
    values[0] = ga_loss_logits(t->logits, n, t->options.real_target, t->diff, &values[2]);
    status = ga_plan_backward(d->plan, t->diff, d->grads, false, NULL, err);
    if (status == GA_OK)
        status = judge(t, with_noise(t, t->fake, GA_DRAW_NOISE_FAKE), 1, err);
    if (status != GA_OK)
        return status;
    values[0] += ga_loss_logits(t->logits, n, 0, t->diff, &values[3]);
    if (!isfinite(values[0]))
        return ga_train_not_finite(t, "discriminator", values[0], err);
    status = ga_plan_backward(d->plan, t->diff, d->grads, true, NULL, err);
    if (status != GA_OK)
        return status;
    ga_train_update(d);

    /* the generator: the same fakes before the new discriminator */
    status = judge(t, with_noise(t, t->fake, GA_DRAW_NOISE_AGAIN), 2, err);
    if (status != GA_OK)
        return status;
    values[1] = ga_loss_logits(t->logits, n, 1, t->diff, NULL);
    if (!isfinite(values[1]))
        return ga_train_not_finite(t, "generator", values[1], err);
    status = ga_plan_backward(d->plan, t->diff, NULL, false, t->diff_fake, err);
    if (status == GA_OK)
        status = ga_plan_backward(g->plan, t->diff_fake, g->grads, false, NULL, err);
    if (status != GA_OK)
        return status;
    ga_train_update(g);
    ga_train_average(t);
    return GA_OK;
}

ga_status ga_train_classifier_step(ga_train *t, double *values, ga_err *err)
{
    ga_learner *c = &t->learner[0];
    const ga_graph *g = ga_model_graph(c->model);
    const int n = t->options.batch, classes = ga_dataset_classes(t->data);
    const ga_view v = {t->pictures, n, t->real.c, t->real.h, t->real.w};
    const ga_run run = {.dropout_seed = dropout_seed(t, 0)};
    int right;
    ga_train_set_rates(t);
    ga_status status = ga_train_next_pictures(t, err);
    if (status == GA_OK)
        status = ga_plan_write(c->plan, ga_graph_tap_name(g, 0), v, err);
    if (status == GA_OK)
        status = ga_plan_forward(c->plan, &run, err);
    if (status == GA_OK)
        status = ga_plan_read(c->plan, ga_graph_tap_name(g, ga_graph_n_taps(g) - 1), t->logits,
                              err);
    if (status != GA_OK)
        return status;
    values[0] = ga_loss_classes(t->logits, t->labels, n, classes, t->diff, &right);
    values[1] = (double)right / n;
    if (!isfinite(values[0]))
        return ga_train_not_finite(t, "classifier", values[0], err);
    status = ga_plan_backward(c->plan, t->diff, c->grads, false, NULL, err);
    if (status != GA_OK)
        return status;
    ga_train_update(c);
    ga_train_average(t);
    return GA_OK;
}
