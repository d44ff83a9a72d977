/* parts.c - from a few painted pictures and a generator's activations to a segmenter of its parts.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "ganatomy/data.h"
#include "ganatomy/train.h"
#include "train/parts_inner.h"
#include <string.h>

enum { BATCH = 256 }; /* pixels of a step */

/* ---- a classifier -----------------------------------------------------------------------------*/

/* Of pictures (h,w); standardised by a norm whose statistics are those of the painted pixels. */
static ga_status make_model(const ga_parts_job *j, int h, int w, ga_model **out, ga_err *err)
{
    const int hidden = j->options->hidden, last = hidden > 0 ? hidden : j->units;
    ga_arch *a = NULL;
    ga_text t = {0};
    *out = NULL;
    ga_text_addf(&t,
                 "{\"format\": \"ganatomy-arch-1\", \"name\": \"parts\", \"input\": {\"name\": "
                 "\"units\", \"shape\": [%d, %d, %d], \"range\": [0, 1]}, \"output\": {\"kind\": "
                 "\"labels\"}, \"layers\": [{\"name\": \"standard\", \"type\": \"BatchNorm2d\", "
                 "\"num_features\": %d, \"affine\": false, \"eps\": 0}",
                 j->units, h, w, j->units);
    if (hidden > 0)
        ga_text_addf(&t,
                     ", {\"name\": \"hidden\", \"type\": \"Conv2d\", \"in_channels\": %d, "
                     "\"out_channels\": %d, \"kernel_size\": 1}, {\"name\": \"bent\", \"type\": "
                     "\"ReLU\"}",
                     j->units, hidden);
    ga_text_addf(&t,
                 ", {\"name\": \"labels\", \"type\": \"Conv2d\", \"in_channels\": %d, "
                 "\"out_channels\": %d, \"kernel_size\": 1}]}",
                 last, j->channels);
    ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "no memory for a classifier")
                                : ga_arch_parse(t.data, t.length, "parts", &a, err);
    if (status == GA_OK)
        status = ga_model_create(a, out, err);
    ga_arch_free(a);
    ga_text_free(&t);
    return status;
}

/* Mean and variance of each unit over the samples given into the norm's statistics. A unit that
 * hardly varies beside the others of its layer is not blown up: its variance counts as 1e-4 of the
 * largest one's. */
static void standardise(const ga_parts_job *j, const uint32_t *sample, uint32_t n, float *mean,
                        float *variance)
{
    int unit = 0;
    for (int l = 0; l < j->options->n_layers; l++) {
        const int begin = unit;
        float most = 0;
        for (; unit < begin + j->tap[l].c; unit++) {
            double sum = 0, square = 0;
            for (uint32_t i = 0; i < n; i++)
                sum += (double)j->x[sample[i] * (size_t)j->units + (size_t)unit];
            mean[unit] = (float)(sum / n);
            for (uint32_t i = 0; i < n; i++) {
                const double d = (double)j->x[sample[i] * (size_t)j->units + (size_t)unit] -
                                 (double)mean[unit];
                square += d * d;
            }
            variance[unit] = (float)(square / n);
            most = variance[unit] > most ? variance[unit] : most;
        }
        const float least = most > 0 ? most * 1e-4F : 1;
        for (int u = begin; u < unit; u++)
            variance[u] = variance[u] > least ? variance[u] : least;
    }
}

/* A training under way. */
typedef struct fit {
    ga_model *model; /* of one pixel */
    ga_params *grads;
    ga_plan *plan;
    ga_optim *optim;
    uint32_t *sample, *order; /* (n) */
    uint32_t n;
    float *x, *logits, *diff; /* of a batch */
    uint16_t *label, *told;   /* (BATCH,D); told: 0 where unpainted */
} fit;

static void free_fit(fit *f)
{
    ga_optim_free(f->optim);
    ga_plan_free(f->plan);
    ga_params_free(f->grads);
    ga_mem_free(f->sample);
    ga_mem_free(f->order);
    ga_mem_free(f->x);
    ga_mem_free(f->logits);
    ga_mem_free(f->diff);
    ga_mem_free(f->label);
    ga_mem_free(f->told);
}

static ga_status make_batch_room(const ga_parts_job *j, fit *f, ga_err *err)
{
    f->sample = ga_mem_new(j->n, sizeof *f->sample);
    f->order = ga_mem_new(j->n, sizeof *f->order);
    f->x = ga_mem_new(BATCH, (size_t)j->units * sizeof *f->x);
    f->logits = ga_mem_new(BATCH, (size_t)j->channels * sizeof *f->logits);
    f->diff = ga_mem_new(BATCH, (size_t)j->channels * sizeof *f->diff);
    f->label = ga_mem_new(BATCH, (size_t)j->planes * sizeof *f->label);
    f->told = ga_mem_new(BATCH, (size_t)j->planes * sizeof *f->told);
    return f->told != NULL && f->sample != NULL && f->order != NULL && f->x != NULL &&
                   f->logits != NULL && f->diff != NULL && f->label != NULL
               ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory to train on %d pixels at a time", BATCH);
}

static ga_status begin(const ga_parts_job *j, int without, fit *f, ga_err *err)
{
    const ga_graph *g = ga_model_graph(f->model);
    ga_params *p = ga_model_params(f->model);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    ga_optim_options adam = ga_optim_defaults(GA_ADAM);
    size_t count;
    ga_status status = make_batch_room(j, f, err);
    if (status != GA_OK)
        return status;
    for (size_t i = 0; i < j->n; i++)
        if (j->picture[i] != without)
            f->sample[f->n++] = (uint32_t)i;
    ga_params_init(p, g, j->options->seed, GA_START_PYTORCH);
    float *buffers = ga_params_buffers(p, &count);
    if (f->n > 0)
        standardise(j, f->sample, f->n, buffers, buffers + j->units);
    ga_params_changed(p);
    o.batch = BATCH;
    o.train = true;               /* with the norm's statistics as they are */
    o.threads = adam.threads = 1; /* a step is too little work to be shared */
    adam.lr = j->options->lr;
    ga_params_weights(p, &count);
    status = ga_plan_create(g, p, &o, &f->plan, err);
    if (status == GA_OK)
        status = ga_params_create(g, &f->grads, err);
    return status == GA_OK ? ga_optim_create(&adam, count, &f->optim, err) : status;
}

/* Samples index[0..n-1] through the network: logits of each. */
static ga_status look(const ga_parts_job *j, fit *f, const uint32_t *index, int n, ga_err *err)
{
    const ga_graph *g = ga_model_graph(f->model);
    for (int i = 0; i < n; i++) {
        memcpy(f->x + (size_t)i * (size_t)j->units, j->x + index[i] * (size_t)j->units,
               (size_t)j->units * sizeof *f->x);
        memcpy(f->label + (size_t)i * (size_t)j->planes, j->label + index[i] * (size_t)j->planes,
               (size_t)j->planes * sizeof *f->label);
    }
    ga_status status = ga_plan_write(f->plan, ga_graph_tap_name(g, 0),
                                     (ga_view){f->x, n, j->units, 1, 1}, err);
    if (status == GA_OK)
        status = ga_plan_forward(f->plan, NULL, err);
    return status == GA_OK ? ga_plan_read(f->plan, ga_graph_output_name(g), f->logits, err)
                           : status;
}

/* The derivative of the cross-entropy of n pixels, in planes that are painted. */
static void differentiate(const ga_parts_job *j, fit *f, int n)
{
    const ga_label_layout layout = {j->channels, j->planes, j->first, j->size, j->channel};
    for (int i = 0; i < n * j->planes; i++)
        f->told[i] = f->label[i] != GA_UNPAINTED ? f->label[i] : 0;
    ga_loss_labels(f->logits, f->told, layout, n, 1, f->diff, NULL);
    for (int i = 0; i < n; i++)
        for (int d = 0; d < j->planes; d++)
            if (f->label[i * j->planes + d] == GA_UNPAINTED)
                memset(f->diff + i * j->channels + j->first[d], 0,
                       (size_t)j->size[d] * sizeof *f->diff);
}

static ga_status step(ga_parts_job *j, fit *f, int number, ga_err *err)
{
    const uint32_t batch = f->n < BATCH ? f->n : BATCH, rounds = f->n / batch;
    uint32_t index[BATCH] = {0};
    size_t count;
    if ((uint32_t)number % rounds == 0)
        ga_epoch_order(f->n, j->options->seed, (uint64_t)number / rounds, f->order);
    for (uint32_t i = 0; i < batch; i++)
        index[i] = f->sample[f->order[(uint32_t)number % rounds * batch + i]];
    ga_status status = look(j, f, index, (int)batch, err);
    if (status == GA_OK) {
        differentiate(j, f, (int)batch);
        status = ga_plan_backward(f->plan, f->diff, f->grads, false, NULL, err);
    }
    if (status != GA_OK)
        return status;
    ga_params *p = ga_model_params(f->model);
    ga_optim_set_lr(f->optim, j->options->lr * (1 - (double)number / j->options->steps));
    ga_optim_step(f->optim, ga_params_weights(p, &count), ga_params_weights(f->grads, &count));
    ga_params_changed(p);
    return GA_OK;
}

static ga_status train(ga_parts_job *j, fit *f, ga_err *err)
{
    const ga_progress *p = j->progress;
    ga_status status = GA_OK;
    for (int i = 0; i < j->options->steps && status == GA_OK; i++) {
        status = step(j, f, i, err);
        j->done++;
        if (p != NULL && p->report != NULL && j->done % 50 == 0)
            p->report(p->user, "steps", j->done, j->steps);
        if (status == GA_OK && p != NULL && p->cancelled != NULL && p->cancelled(p->user))
            status = ga_fail(err, GA_EINTERRUPTED, "interrupted");
    }
    return status;
}

/* ---- how good it is ---------------------------------------------------------------------------*/

/* Counts samples of one picture (or, at -1, of all): how many of their labels are right. */
typedef struct tally {
    uint64_t right, all;
    uint64_t *both, *said, *truth; /* (L), or NULL */
} tally;

static void count(const ga_parts_job *j, const fit *f, int n, const uint16_t *label_of, tally *t)
{
    for (int i = 0; i < n; i++)
        for (int d = 0; d < j->planes; d++) {
            const uint16_t is = f->label[i * j->planes + d];
            const float *x = f->logits + i * j->channels;
            int best = j->first[d];
            if (is == GA_UNPAINTED)
                continue;
            for (int c = best + 1; c < j->first[d] + j->size[d]; c++)
                best = x[c] > x[best] ? c : best;
            const uint16_t said = label_of[best];
            t->all++;
            t->right += said == is;
            if (t->both == NULL)
                continue;
            t->truth[is]++;
            t->said[said]++;
            t->both[is] += said == is;
        }
}

static ga_status judge(const ga_parts_job *j, fit *f, int picture, tally *t, ga_err *err)
{
    uint32_t index[BATCH];
    uint16_t *label_of = ga_mem_new((size_t)j->channels, sizeof *label_of);
    ga_status status = label_of == NULL ? ga_fail(err, GA_ENOMEM, "no memory for a vocabulary")
                                        : GA_OK;
    if (status == GA_OK)
        ga_vocabulary_layout(j->painted->vocabulary, NULL, NULL, label_of, NULL);
    for (size_t i = 0; i < j->n && status == GA_OK;) {
        int n = 0;
        for (; i < j->n && n < BATCH; i++)
            if (picture < 0 || j->picture[i] == picture)
                index[n++] = (uint32_t)i;
        if (n == 0)
            break;
        status = look(j, f, index, n, err);
        if (status == GA_OK)
            count(j, f, n, label_of, t);
    }
    ga_mem_free(label_of);
    return status;
}

static ga_status fit_and_judge(ga_parts_job *j, int without, tally *t, ga_model **out, ga_err *err)
{
    fit f = {0};
    ga_status status = make_model(j, 1, 1, &f.model, err);
    if (status == GA_OK)
        status = begin(j, without, &f, err);
    if (status == GA_OK && f.n > 0)
        status = train(j, &f, err);
    if (status == GA_OK && f.n > 0)
        status = judge(j, &f, without, t, err);
    free_fit(&f);
    if (status == GA_OK && out != NULL)
        *out = f.model;
    else
        ga_model_free(f.model);
    return status;
}

static ga_status leave_out(ga_parts_job *j, ga_parts_check *c, ga_err *err)
{
    const int labels = ga_vocabulary_n(j->painted->vocabulary);
    tally t = {.both = c->both, .said = c->said, .truth = c->truth};
    ga_status status = GA_OK;
    for (int i = 0; i < j->painted->n && status == GA_OK; i++)
        status = fit_and_judge(j, i, &t, NULL, err);
    if (status != GA_OK || t.all == 0)
        return status;
    c->mean_iou = ga_labels_mean_iou(t.both, t.said, t.truth, labels);
    c->left_out = (double)t.right / (double)t.all;
    return GA_OK;
}

void ga_parts_check_free(ga_parts_check *c)
{
    ga_mem_free(c->both);
    ga_mem_free(c->said);
    ga_mem_free(c->truth);
    *c = (ga_parts_check){0};
}

/* ---- all of it --------------------------------------------------------------------------------*/

/* The classifier of one pixel as one of whole pictures, with what it has to know of its generator.
 */
static ga_status finish(const ga_parts_job *j, ga_model *pixel, ga_model **out, ga_err *err)
{
    char hash[65], *words = NULL;
    size_t n;
    ga_status status = make_model(j, j->made.h, j->made.w, out, err);
    if (status != GA_OK)
        return status;
    ga_params *from = ga_model_params(pixel), *to = ga_model_params(*out);
    const float *weights = ga_params_weights(from, &n);
    memcpy(ga_params_weights(to, &n), weights, n * sizeof *weights);
    const float *buffers = ga_params_buffers(from, &n);
    memcpy(ga_params_buffers(to, &n), buffers, n * sizeof *buffers);
    ga_params_changed(to);
    ga_text t = {0};
    ga_model_hash(j->generator, hash);
    ga_text_add(&t, "{\"generator\":");
    ga_text_add_json(&t, ga_arch_name(ga_model_arch(j->generator)));
    ga_text_addf(&t, ",\"sha256\":\"%s\",\"bn\":\"%s\",\"layers\":[", hash,
                 j->options->bn == GA_BN_IMAGE ? "image" : "running");
    for (int i = 0; i < j->options->n_layers; i++) {
        ga_text_add(&t, i > 0 ? "," : "");
        ga_text_add_json(&t, j->name[i]);
    }
    ga_text_add(&t, "]}");
    status = t.failed ? ga_fail(err, GA_ENOMEM, "no memory for the names of layers")
                      : ga_model_set_note(*out, "inside", t.data, err);
    if (status == GA_OK)
        status = ga_vocabulary_json(j->painted->vocabulary, &words, err);
    if (status == GA_OK)
        status = ga_model_set_note(*out, "vocabulary", words, err);
    ga_vocabulary_text_free(words);
    ga_text_free(&t);
    return status;
}

static ga_status run(ga_parts_job *j, ga_model **out, ga_parts_check *c, ga_err *err)
{
    const bool leave = c != NULL && j->options->check && j->painted->n > 1;
    ga_model *pixel = NULL;
    tally t = {0};
    j->steps = (uint64_t)j->options->steps * (leave ? 1 + (uint64_t)j->painted->n : 1);
    ga_status status = fit_and_judge(j, -1, &t, &pixel, err);
    if (status == GA_OK && c != NULL) {
        c->pixels = t.all;
        c->right = (double)t.right / (double)t.all;
    }
    if (status == GA_OK && leave)
        status = leave_out(j, c, err);
    if (status == GA_OK)
        status = finish(j, pixel, out, err);
    ga_model_free(pixel);
    return status;
}

static ga_status make_check(const ga_parts_job *j, ga_parts_check *c, ga_err *err)
{
    const size_t labels = (size_t)ga_vocabulary_n(j->painted->vocabulary);
    *c = (ga_parts_check){.both = ga_mem_new(labels, sizeof *c->both),
                          .said = ga_mem_new(labels, sizeof *c->said),
                          .truth = ga_mem_new(labels, sizeof *c->truth)};
    return c->both != NULL && c->said != NULL && c->truth != NULL
               ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory to count %zu labels", labels);
}

ga_status ga_train_parts(ga_model *generator, const ga_painted *painted,
                         const ga_parts_options *options, const ga_progress *progress,
                         ga_model **out, ga_parts_check *c, ga_err *err)
{
    ga_parts_job j = {
        .generator = generator, .painted = painted, .options = options, .progress = progress};
    *out = NULL;
    if (c != NULL)
        *c = (ga_parts_check){0};
    ga_status status = ga_parts_gather(&j, err);
    if (status == GA_OK && c != NULL)
        status = make_check(&j, c, err);
    if (status == GA_OK)
        status = run(&j, out, c, err);
    if (status != GA_OK) {
        ga_model_free(*out);
        *out = NULL;
        if (c != NULL)
            ga_parts_check_free(c);
    }
    ga_parts_job_free(&j);
    return status;
}
