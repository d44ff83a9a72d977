/* optim.c - optimisers: torch.optim 1.13's algorithms, elementwise. */
#include "base/alloc.h"
#include "base/cpu.h"
#include "kernel/vec.h"
#include "net/par.h"
#include "ganatomy/net.h"
#include <math.h>

enum { GRAIN = 16384 }; /* weights of a piece */

struct ga_optim {
    ga_optim_options options;
    const ga_vec *vec;
    size_t count;
    uint64_t steps;
    int n_slots;
    float *slots[2]; /* m: Adam's first moment or the momentum buffer; v: second moment */
};

ga_optim_options ga_optim_defaults(ga_optim_kind kind)
{
    return (ga_optim_options){.kind = kind,
                              .lr = kind == GA_SGD       ? 0
                                    : kind == GA_RMSPROP ? 1e-2
                                                         : 1e-3,
                              .beta1 = 0.9,
                              .beta2 = 0.999,
                              .eps = 1e-8,
                              .weight_decay = kind == GA_ADAMW ? 1e-2 : 0,
                              .alpha = 0.99};
}

static ga_status check(const ga_optim_options *o, ga_err *err)
{
    const struct {
        const char *name;
        double value, below;
    } fields[] = {{"lr", o->lr, INFINITY},
                  {"beta1", o->beta1, 1},
                  {"beta2", o->beta2, 1},
                  {"eps", o->eps, INFINITY},
                  {"weight_decay", o->weight_decay, INFINITY},
                  {"momentum", o->momentum, INFINITY},
                  {"alpha", o->alpha, INFINITY}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!(fields[i].value >= 0 && fields[i].value < fields[i].below))
            return ga_fail(err, GA_EINVAL, "the optimiser's %s is %g, expected 0 to below %g",
                           fields[i].name, fields[i].value, fields[i].below);
    if (o->nesterov && o->momentum == 0)
        return ga_fail(err, GA_EINVAL, "nesterov needs a momentum above 0");
    return GA_OK;
}

static int slots_of(const ga_optim_options *o)
{
    const bool momentum = o->momentum != 0;
    return o->kind == GA_SGD ? momentum : o->kind == GA_RMSPROP && !momentum ? 1 : 2;
}

size_t ga_optim_bytes(const ga_optim_options *options, size_t count)
{
    return (size_t)slots_of(options) * count * sizeof(float);
}

ga_status ga_optim_create(const ga_optim_options *options, size_t count, ga_optim **out,
                          ga_err *err)
{
    *out = NULL;
    const ga_status s = check(options, err);
    if (s != GA_OK)
        return s;
    ga_optim *o = ga_mem_new(1, sizeof *o);
    if (o == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for an optimiser");
    *o = (ga_optim){.options = *options, .vec = ga_vec_of(ga_cpu_isa()), .count = count};
    o->n_slots = slots_of(options);
    for (int i = 0; i < o->n_slots; i++) {
        o->slots[i] = ga_mem_new(count, sizeof **o->slots);
        if (o->slots[i] == NULL) {
            ga_optim_free(o);
            return ga_fail(err, GA_ENOMEM, "no memory for the optimiser's state of %zu weights",
                           count);
        }
    }
    *out = o;
    return GA_OK;
}

void ga_optim_free(ga_optim *o)
{
    if (o == NULL)
        return;
    for (int i = 0; i < o->n_slots; i++)
        ga_mem_free(o->slots[i]);
    ga_mem_free(o);
}

void ga_optim_set_lr(ga_optim *o, double lr)
{
    o->options.lr = lr;
}

typedef struct step {
    const ga_optim *optim;
    ga_vec_step numbers;
    float *weights;
    const float *grads;
} step;

static void step_range(const void *user, size_t begin, size_t end)
{
    const step *s = user;
    const ga_optim *o = s->optim;
    const size_t n = end - begin;
    float *w = s->weights + begin, *first = o->n_slots > 0 ? o->slots[0] + begin : NULL,
          *second = o->n_slots > 1 ? o->slots[1] + begin : NULL;
    const float *g = s->grads + begin;
    switch (o->options.kind) {
    case GA_SGD:
        o->vec->sgd(w, g, first, n, &s->numbers);
        break;
    case GA_ADAM:
        o->vec->adam(w, g, first, second, n, &s->numbers);
        break;
    case GA_ADAMW:
        o->vec->adamw(w, g, first, second, n, &s->numbers);
        break;
    case GA_RMSPROP: /* the average of squares is always there, so it comes first */
        o->vec->rmsprop(w, g, second, first, n, &s->numbers);
        break;
    }
}

void ga_optim_step(ga_optim *o, float *weights, const float *grads)
{
    const ga_optim_options *p = &o->options;
    const double t = (double)(o->steps + 1);
    step s = {.optim = o,
              .numbers = {.lr = (float)p->lr,
                          .beta1 = (float)p->beta1,
                          .beta2 = (float)p->beta2,
                          .eps = (float)p->eps,
                          .weight_decay = (float)p->weight_decay,
                          .momentum = (float)p->momentum,
                          .alpha = (float)p->alpha,
                          .rest1 = (float)(1 - p->beta1),
                          .rest2 = (float)(1 - p->beta2),
                          .rest_alpha = (float)(1 - p->alpha),
                          .correction1 = (float)(p->lr / (1 - pow(p->beta1, t))),
                          .correction2 = (float)sqrt(1 - pow(p->beta2, t)),
                          .nesterov = p->nesterov,
                          .first = o->steps == 0},
              .grads = grads};
    s.weights = weights;
    ga_parallel(ga_cpu_threads(p->threads), o->count, GRAIN, step_range, &s);
    o->steps++;
}

int ga_optim_n_slots(const ga_optim *o)
{
    return o->n_slots;
}

float *ga_optim_slot(ga_optim *o, int i)
{
    return o->slots[i];
}

uint64_t ga_optim_steps(const ga_optim *o)
{
    return o->steps;
}

void ga_optim_set_steps(ga_optim *o, uint64_t steps)
{
    o->steps = steps;
}
