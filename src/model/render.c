/* render.c - pictures of a generator (or activations on the way), in batches as memory allows. */
#include <string.h>
#include "base/alloc.h"
#include "ganatomy/model.h"

struct ga_renderer {
    const ga_arch *arch; /* of the borrowed model */
    ga_plan *plan;
    ga_renderer_options options;
    const char *input, *label, *output; /* taps; input or label NULL: not read on the way */
    ga_dims in, out;
    float *classes; /* (batch) the labels of one run, as the network reads them */
};

void ga_labels(int classes, uint64_t first, int n, int32_t *dst)
{
    for (int i = 0; i < n; i++)
        dst[i] = (int32_t)((first + (uint64_t)i) % (uint64_t)classes);
}

static ga_status make_plan(ga_renderer *r, ga_model *m, ga_err *err)
{
    ga_renderer_options *o = &r->options;
    for (;; o->batch /= 2) {
        ga_plan_options p = GA_PLAN_OPTIONS_DEFAULT;
        p.batch = o->batch;
        p.bn = o->bn;
        p.to = r->output;
        p.bf16 = o->bf16;
        p.threads = o->threads;
        p.memory_limit = o->memory_limit;
        const ga_status s = ga_plan_create(ga_model_graph(m), ga_model_params(m), &p, &r->plan,
                                           err);
        if (s != GA_ENOMEM || o->batch == 1 || o->bn == GA_BN_BATCH)
            return s;
    }
}

/* Whether tap depends on an input: a plan that ends there does not take others. */
static bool depends(const ga_graph *g, int tap, int input, bool *seen)
{
    memset(seen, 0, (size_t)ga_graph_n_taps(g) * sizeof *seen);
    if (input >= 0)
        seen[input] = true;
    for (int t = ga_graph_n_inputs(g); t <= tap; t++)
        for (int i = 0; i < ga_graph_tap_n_inputs(g, t); i++)
            seen[t] = seen[t] || seen[ga_graph_tap_input(g, t, i)];
    return seen[tap];
}

ga_status ga_renderer_create(ga_model *generator, const ga_renderer_options *options,
                             ga_renderer **out, ga_err *err)
{
    const ga_arch *arch = ga_model_arch(generator);
    const ga_graph *g = ga_arch_graph(arch);
    const int label = ga_arch_label_input(arch);
    int tap = ga_graph_output(g);
    ga_status s = GA_OK;
    *out = NULL;
    if (ga_arch_law(arch) == GA_LAW_NONE)
        return ga_fail(err, GA_EINVAL, "'%s' reads pictures: a generator is needed",
                       ga_arch_name(arch));
    if (options->to != NULL)
        s = ga_graph_need(g, options->to, &tap, err);
    if (s != GA_OK)
        return s;
    ga_renderer *r = ga_mem_new(1, sizeof *r);
    bool *seen = ga_mem_new((size_t)ga_graph_n_taps(g), sizeof *seen);
    if (r == NULL || seen == NULL) {
        s = ga_fail(err, GA_ENOMEM, "no memory to draw with '%s'", ga_arch_name(arch));
    } else {
        *r = (ga_renderer){.arch = arch,
                           .options = *options,
                           .input = depends(g, tap, 0, seen) ? ga_graph_tap_name(g, 0) : NULL,
                           .output = ga_graph_tap_name(g, tap),
                           .in = ga_arch_input(arch),
                           .out = ga_graph_tap_dims(g, tap)};
        if (depends(g, tap, label, seen))
            r->label = ga_graph_tap_name(g, label);
        if (r->options.batch == 0)
            r->options.batch = 128;
        s = make_plan(r, generator, err);
        if (s == GA_OK &&
            (r->classes = ga_mem_new((size_t)r->options.batch, sizeof(float))) == NULL)
            s = ga_fail(err, GA_ENOMEM, "no memory for %d labels", r->options.batch);
    }
    ga_mem_free(seen);
    if (s != GA_OK) {
        ga_renderer_free(r);
        return s;
    }
    r->options.to = r->output;
    *out = r;
    return GA_OK;
}

void ga_renderer_free(ga_renderer *r)
{
    if (r == NULL)
        return;
    ga_plan_free(r->plan);
    ga_mem_free(r->classes);
    ga_mem_free(r);
}

ga_dims ga_renderer_dims(const ga_renderer *r)
{
    return r->out;
}

int ga_renderer_batch(const ga_renderer *r)
{
    return r->options.batch;
}

size_t ga_renderer_bytes(const ga_renderer *r)
{
    return ga_plan_cost_of(r->plan).total_bytes + (size_t)r->options.batch * sizeof(float);
}

static ga_status check_labels(const ga_renderer *r, const int32_t *labels, int n, ga_err *err)
{
    const int classes = ga_arch_classes(r->arch);
    if (classes == 0)
        return labels == NULL
                   ? GA_OK
                   : ga_fail(err, GA_EINVAL, "'%s' draws no classes, and labels are given",
                             ga_arch_name(r->arch));
    if (labels == NULL)
        return ga_fail(err, GA_EINVAL, "'%s' draws %d classes, and no labels are given",
                       ga_arch_name(r->arch), classes);
    for (int i = 0; i < n; i++)
        if (labels[i] < 0 || labels[i] >= classes)
            return ga_fail(err, GA_EINVAL, "label %d of image %d: the classes of '%s' are 0 to %d",
                           labels[i], i, ga_arch_name(r->arch), classes - 1);
    return GA_OK;
}

static ga_status draw_batch(ga_renderer *r, const float *z, const int32_t *labels, int n,
                            float *dst, ga_err *err)
{
    ga_status s = GA_OK;
    if (r->input != NULL)
        s = ga_plan_write(r->plan, r->input, (ga_view){z, n, r->in.c, r->in.h, r->in.w}, err);
    if (s == GA_OK && r->label != NULL && labels != NULL) { /* which were asked for */
        for (int i = 0; i < n; i++)
            r->classes[i] = (float)labels[i];
        s = ga_plan_write(r->plan, r->label, (ga_view){r->classes, n, 1, 1, 1}, err);
    }
    if (s == GA_OK)
        s = ga_plan_forward(r->plan, NULL, err);
    return s == GA_OK ? ga_plan_read(r->plan, r->output, dst, err) : s;
}

ga_status ga_renderer_draw(ga_renderer *r, const float *z, const int32_t *labels, int n, float *dst,
                           const ga_progress *progress, ga_err *err)
{
    const int batch = r->options.batch;
    ga_status s = check_labels(r, labels, n, err);
    if (s == GA_OK && r->options.bn == GA_BN_BATCH && n > batch)
        return ga_fail(
            err, GA_EINVAL,
            "%d images do not fit one batch of %d, and batch statistics need all of them in one", n,
            batch);
    for (int at = 0; at < n && s == GA_OK; at += batch) {
        const int some = n - at < batch ? n - at : batch;
        s = draw_batch(r, z + (size_t)at * ga_dims_count(r->in),
                       labels != NULL ? labels + at : NULL, some,
                       dst + (size_t)at * ga_dims_count(r->out), err);
        if (s == GA_OK && progress != NULL && progress->report != NULL)
            progress->report(progress->user, "images", (uint64_t)(at + some), (uint64_t)n);
        if (s == GA_OK && progress != NULL && progress->cancelled != NULL &&
            progress->cancelled(progress->user))
            s = ga_fail(err, GA_EINTERRUPTED, "stopped after %d of %d images", at + some, n);
    }
    return s;
}
