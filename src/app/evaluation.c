/* evaluation.c - opening and looking for `evaluate`. */
#include "app/evaluation.h"
#include "app/latent_arg.h"
#include "app/models.h"
#include "base/alloc.h"
#include <string.h>

/* A classifier of one kind of pictures gives names of its own to others. */
static void warn_of_strangers(ga_request *rq, const ga_model *classifier, const ga_dataset *data,
                              const char *asked)
{
    const char *known = ga_model_note(classifier, "data");
    if (known != NULL && strcmp(known, ga_dataset_name(data)) != 0 && strcmp(known, asked) != 0)
        ga_rq_note(rq,
                   "the classifier was trained on %s: its classes are not those of %s, and its "
                   "distances compare generators of %s with each other only",
                   known, ga_dataset_name(data), ga_dataset_name(data));
}

/* --data, else what the model was trained on, else what the samples come from, else mnist. */
static const char *data_name(const ga_evaluation *e)
{
    if (ga_rq_given(e->rq, "data"))
        return ga_rq_text(e->rq, "data");
    const char *note = e->model != NULL ? ga_model_note(e->model, "data") : NULL;
    if (note == NULL && e->model == NULL)
        note = ga_rq_text(e->rq, "samples");
    return note != NULL && note[0] != 0 ? note : "mnist";
}

static ga_status open_eye(ga_evaluation *e, const char *data, ga_err *err)
{
    ga_request *rq = e->rq;
    e->eye_name = ga_rq_given(rq, "features") ? ga_rq_text(rq, "features") : ga_app_usual_eye(data);
    if (e->eye_name == NULL)
        return ga_fail(err, GA_EINVAL,
                       "--features is missing: the classifier that looks at the samples and at the "
                       "pictures of %s, such as --features lenet5",
                       data);
    ga_status status = ga_app_model(rq, e->eye_name, &e->eye_model, err);
    if (status == GA_OK)
        status = ga_eye_create(e->eye_model, GA_FEATURE_TAP, ga_rq_threads(rq), ga_rq_memory(rq),
                               &e->eye, err);
    if (status == GA_OK)
        ga_eye_remember(e->eye, true);
    return status;
}

static ga_status open_data(ga_evaluation *e, const char *name, ga_err *err)
{
    ga_request *rq = e->rq;
    ga_split split;
    ga_data_arg arg = ga_data_arg_of(rq);
    arg.data = name;
    if (e->model != NULL)
        ga_data_arg_of_model(&arg, e->model);
    ga_status status = ga_split_parse(ga_rq_text(rq, "split"), &split, err);
    if (status == GA_OK)
        status = ga_data_arg_load(rq, &arg, split, &e->data, err);
    arg.what.images = 0;
    arg.quiet = true;
    const bool copying = (e->set & 1u << GA_SCORE_COPYING) != 0;
    if (status == GA_OK && copying && split == GA_SPLIT_TRAIN)
        status = ga_fail(err, GA_EINVAL,
                         "copying compares samples with unseen pictures, and --split train are the "
                         "seen ones: leave copying out, or take --split test");
    if (status == GA_OK && (e->wants_floor || copying))
        status = ga_data_arg_load(rq, &arg, split == GA_SPLIT_TEST ? GA_SPLIT_TRAIN : GA_SPLIT_TEST,
                                  &e->other, err);
    if (status != GA_OK || e->model != NULL)
        return status;
    arg = (ga_data_arg){.data = ga_rq_text(rq, "samples"), .what = arg.what};
    status = ga_split_parse(ga_rq_text(rq, "samples-split"), &split, err);
    return status == GA_OK ? ga_data_arg_load(rq, &arg, split, &e->samples, err) : status;
}

static int at_most(int n, const ga_dataset *d)
{
    return n < ga_dataset_n(d) ? n : ga_dataset_n(d);
}

/* n of the pictures of d, drawn at random once and for all; all of them in their order. (Sets may
 * be sorted by class, and the first half of MNIST's test digits is easier than the second.) */
static ga_status pick(const ga_dataset *d, int n, uint32_t **index, ga_err *err)
{
    const uint32_t all = (uint32_t)ga_dataset_n(d);
    if (n == (int)all)
        return GA_OK;
    *index = ga_mem_new(all, sizeof **index);
    if (*index == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the order of %u pictures", all);
    ga_epoch_order(all, 1, 0, *index);
    return GA_OK;
}

/* All that is seen is kept until the end. */
static ga_status check_memory(const ga_evaluation *e, ga_err *err)
{
    const size_t limit = ga_rq_memory(e->rq);
    const size_t pictures = (size_t)e->n_fake + (size_t)e->n_real + (size_t)e->n_floor +
                            ((e->set & 1u << GA_SCORE_COPYING) != 0 ? (size_t)ga_dataset_n(e->other)
                                                                    : 0);
    const size_t each = 4 * ((size_t)ga_eye_features(e->eye) + (size_t)ga_eye_classes(e->eye) + 1);
    char needs[16], has[16];
    if (limit == 0 || pictures < limit / each)
        return GA_OK;
    return ga_fail(
        err, GA_ENOMEM,
        "what is seen of %zu pictures needs %s, the limit is %s: a smaller --n needs less",
        pictures, ga_format_bytes(pictures * each, needs, sizeof needs),
        ga_format_bytes(limit, has, sizeof has));
}

ga_status ga_evaluation_open(ga_evaluation *e, ga_err *err)
{
    ga_request *rq = e->rq;
    const int n = (int)ga_rq_int(rq, "n", 10000);
    const char *name = data_name(e);
    e->seed = (uint32_t)ga_rq_int(rq, "seed", 1);
    e->bn = ga_bn_parse(ga_rq_text(rq, "bn"));
    e->options.threads = ga_rq_threads(rq);
    e->wants_floor = ga_rq_flag(rq, "floor");
    ga_status status = open_eye(e, name, err);
    if (status == GA_OK)
        status = open_data(e, name, err);
    if (status != GA_OK)
        return status;
    warn_of_strangers(rq, e->eye_model, e->data, name);
    e->n_real = at_most(n, e->data);
    e->n_fake = e->samples != NULL ? at_most(n, e->samples) : n;
    e->n_floor = e->wants_floor ? at_most(n, e->other) : 0;
    status = check_memory(e, err);
    if (status == GA_OK)
        status = pick(e->data, e->n_real, &e->real_index, err);
    if (status == GA_OK && e->samples != NULL)
        status = pick(e->samples, e->n_fake, &e->fake_index, err);
    if (status == GA_OK && e->wants_floor)
        status = pick(e->other, e->n_floor, &e->floor_index, err);
    return status;
}

/* Counts anew how many were read as meant, now that it is known which class is which. Where a class
 * has no counterpart, nothing is said about labels. */
static void settle_labels(ga_sight *s, const int *to, int classes)
{
    s->right = 0;
    for (int c = 0; c < classes; c++)
        s->has_labels = s->has_labels && to[c] >= 0;
    for (size_t i = 0; i < s->n && s->has_labels; i++) {
        int label;
        (void)ga_certainty_of(s->logits + i * (size_t)s->classes, s->classes, GA_CERTAINTY_SOFTMAX,
                              &label);
        s->right += to[s->labels[i]] == label;
    }
}

static ga_status settle(ga_evaluation *e, ga_sight *s, const ga_dataset *from, ga_err *err)
{
    const int k = ga_eye_classes(e->eye);
    const int n = from != NULL ? ga_dataset_classes(from)
                               : ga_arch_classes(ga_model_arch(e->model));
    if (!s->has_labels)
        return GA_OK;
    int *to = ga_mem_new((size_t)n, sizeof *to);
    if (to == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for names of classes");
    const ga_status status = from != NULL
                                 ? ga_classes_of_data(e->eye_model, k, from, to, err)
                                 : ga_classes_of_generator(e->eye_model, k, e->model, to, err);
    if (status == GA_OK && n > 1)
        settle_labels(s, to, n);
    else
        s->has_labels = false; /* one class is no class */
    if (!s->has_labels && from == NULL)
        ga_rq_note(e->rq,
                   "no score of labels: the classes that the generator draws and those that "
                   "%s knows have different names or numbers",
                   e->eye_name);
    ga_mem_free(to);
    return status;
}

static ga_status look(ga_evaluation *e, ga_err *err)
{
    ga_request *rq = e->rq;
    const ga_progress *progress = ga_rq_progress(rq);
    ga_status status = ga_sight_of_some(e->eye, e->data, e->real_index, e->n_real, &e->real,
                                        progress, err);
    if (status == GA_OK && e->samples != NULL)
        status = ga_sight_of_some(e->eye, e->samples, e->fake_index, e->n_fake, &e->fake, progress,
                                  err);
    else if (status == GA_OK)
        status = ga_sight_of_generator(e->eye, e->model, e->n_fake, e->seed, e->bn,
                                       ga_rq_threads(rq), ga_rq_memory(rq), &e->fake, progress,
                                       err);
    if (status == GA_OK)
        status = settle(e, &e->fake, e->samples, err);
    if (status == GA_OK && e->wants_floor)
        status = ga_sight_of_some(e->eye, e->other, e->floor_index, e->n_floor, &e->floor, progress,
                                  err);
    if (status == GA_OK && e->wants_floor)
        status = settle(e, &e->floor, e->other, err);
    if (status == GA_OK && (e->set & 1u << GA_SCORE_COPYING) != 0)
        status = ga_sight_of_data(e->eye, e->other, 0, &e->train, NULL, progress, err);
    return status;
}

ga_status ga_evaluation_run(ga_evaluation *e, ga_err *err)
{
    const ga_progress *progress = ga_rq_progress(e->rq);
    const unsigned floor_set = e->set & ~(1u << GA_SCORE_COPYING);
    ga_status status = look(e, err);
    if (status == GA_OK)
        status = ga_scores_of(&e->fake, &e->real, e->train.n > 0 ? &e->train : NULL, e->set,
                              &e->options, &e->scores, progress, err);
    if (status == GA_OK && e->wants_floor)
        status = ga_scores_of(&e->floor, &e->real, NULL, floor_set, &e->options, &e->floor_scores,
                              progress, err);
    return status;
}

void ga_evaluation_free(ga_evaluation *e)
{
    ga_sight_free(&e->fake);
    ga_sight_free(&e->real);
    ga_sight_free(&e->floor);
    ga_sight_free(&e->train);
    ga_mem_free(e->fake_index);
    ga_mem_free(e->real_index);
    ga_mem_free(e->floor_index);
    ga_eye_free(e->eye);
    ga_dataset_free(e->data);
    ga_dataset_free(e->other);
    ga_dataset_free(e->samples);
    ga_model_free(e->eye_model);
    ga_model_free(e->model);
}

void ga_evaluation_title(const ga_evaluation *e, ga_text *text)
{
    if (e->model != NULL)
        ga_text_addf(text, "%s: %d samples of seed %u with %s statistics",
                     ga_rq_text(e->rq, "model"), e->n_fake, e->seed, ga_rq_text(e->rq, "bn"));
    else
        ga_text_addf(text, "%d %s pictures of %s", e->n_fake,
                     ga_split_name(ga_dataset_split(e->samples)), ga_dataset_name(e->samples));
    ga_text_addf(text, ", against %d %s pictures of %s", e->n_real,
                 ga_split_name(ga_dataset_split(e->data)), ga_dataset_name(e->data));
}

ga_dims ga_evaluation_sample_dims(const ga_evaluation *e, float *lo, float *hi)
{
    *lo = 0;
    *hi = 1;
    if (e->samples != NULL)
        return ga_dataset_dims(e->samples);
    const ga_graph *g = ga_model_graph(e->model);
    ga_arch_output_range(ga_model_arch(e->model), lo, hi);
    return ga_graph_output_dims(g);
}

ga_status ga_evaluation_samples(const ga_evaluation *e, int first, int n, float *pictures,
                                int32_t *labels, ga_err *err)
{
    if (e->samples == NULL)
        return ga_samples_of_generator(e->model, first, n, e->seed, e->bn, ga_rq_threads(e->rq),
                                       ga_rq_memory(e->rq), pictures, labels, err);
    const size_t size = ga_dims_count(ga_dataset_dims(e->samples));
    ga_status status = GA_OK;
    for (int i = 0; i < n && status == GA_OK; i++) {
        const uint32_t at = e->fake_index != NULL ? e->fake_index[first + i]
                                                  : (uint32_t)(first + i);
        status = ga_batch_fill(e->samples, &at, 1, (ga_batch_spec){0, 1, 0, 0},
                               pictures + (size_t)i * size, labels != NULL ? labels + i : NULL,
                               err);
    }
    return status;
}
