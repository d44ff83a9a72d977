/* classifier.c - from pictures to classes. */
#include "train/train_inner.h"
#include <math.h>

enum { LOSS, ACCURACY, GRAD, UPDATE };
static const char *const curves[] = {"loss", "accuracy", "grad", "update", NULL};
static const char *const measures[] = {"train/loss", "train/accuracy", "test/loss", "test/accuracy",
                                       NULL};

static int outputs(const ga_train *t)
{
    return ga_graph_output_dims(ga_model_graph(t->learner[0].model)).c;
}

static ga_status step(ga_train *t, double *values, ga_err *err)
{
    ga_learner *c = &t->learner[0];
    const int n = t->options.batch;
    int right;
    const ga_pass pass = {.plan = c->plan,
                          .model = c->model,
                          .in = t->pictures,
                          .n = n,
                          .dropout = t->done * 4,
                          .out = t->output};
    ga_status status = ga_train_fill(t, t->done, err);
    if (status == GA_OK && ga_augment_any(&t->options.augment))
        ga_train_augment(t, t->pictures, t->pictures, t->done, 0);
    if (status == GA_OK)
        status = ga_train_pass(t, &pass, err);
    if (status != GA_OK)
        return status;
    values[LOSS] = ga_loss_classes(t->output, t->labels, n, outputs(t), t->diff, &right);
    values[ACCURACY] = (double)right / n;
    if (!isfinite(values[LOSS]))
        return ga_train_not_finite(t, "classifier", values[LOSS], err);
    status = ga_plan_backward(c->plan, t->diff, c->grads, false, NULL, err);
    if (status != GA_OK)
        return status;
    status = ga_train_update(t, 0, &values[GRAD], &values[UPDATE], err);
    if (status == GA_OK)
        ga_train_average(t);
    return status;
}

static ga_status look(ga_train *t, int n, double *sums, ga_err *err)
{
    int right;
    const ga_pass pass = {.plan = t->learner[0].look,
                          .model = t->learner[0].model,
                          .in = t->pictures,
                          .n = n,
                          .out = t->output};
    const ga_status status = ga_train_pass(t, &pass, err);
    if (status != GA_OK)
        return status;
    sums[0] += ga_loss_classes(t->output, t->labels, n, outputs(t), t->diff, &right) * n;
    sums[1] += right;
    return GA_OK;
}

static ga_status measure(ga_train *t, int n, double *values, ga_err *err)
{
    return ga_train_both(t, n, look, values, 2, err);
}

static ga_status check_fit(const ga_arch *arch, const ga_dataset *data, ga_err *err)
{
    const ga_dims out = ga_graph_output_dims(ga_arch_graph(arch));
    const int classes = ga_dataset_classes(data);
    if (ga_arch_law(arch) != GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads latents: a classifier is needed",
                       ga_arch_name(arch));
    if (out.c != classes || out.h != 1 || out.w != 1)
        return ga_fail(err, GA_ESHAPE,
                       "'%s' gives %dx%dx%d numbers a picture, but '%s' has %d classes",
                       ga_arch_name(arch), out.c, out.h, out.w, ga_dataset_name(data), classes);
    return ga_train_check_channels(data, ga_arch_input(arch).c, arch, err);
}

ga_status ga_train_classifier(const ga_arch *arch, const ga_dataset *data, const ga_dataset *test,
                              const ga_train_options *options, ga_train **out, ga_err *err)
{
    static const ga_train_trade trade = {.name = "classifier",
                                         .measures = measures,
                                         .n_test_measures = 2,
                                         .step = step,
                                         .measure = measure};
    *out = NULL;
    const ga_status status = check_fit(arch, data, err);
    if (status != GA_OK)
        return status;
    const ga_train_parts parts = {.trade = &trade,
                                  .arch = {arch},
                                  .name = {"classifier"},
                                  .data = data,
                                  .test = test,
                                  .options = options,
                                  .picture = ga_arch_input(arch),
                                  .range = arch,
                                  .outputs = ga_graph_output_dims(ga_arch_graph(arch)).c,
                                  .least_batch = 1,
                                  .curves = curves};
    return ga_train_make(&parts, out, err);
}
