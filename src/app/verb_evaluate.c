/* verb_evaluate.c - `ganatomy evaluate`: how good a generator or a classifier is. */
#include "app/latent_arg.h"
#include "base/alloc.h"
#include "ganatomy/metric.h"
#include <string.h>

/* The file's identity in the result: two scores are comparable only with the same one. */
static json_t *identity(const char *name, const ga_model *m)
{
    char hex[65];
    ga_model_hash(m, hex);
    return json_pack("{s:s, s:s, s:s}", "name", name, "arch", ga_arch_name(ga_model_arch(m)),
                     "sha256", hex);
}

static ga_status open_data(const ga_request *rq, ga_dataset **out, ga_err *err)
{
    const ga_data_places places = {.home = ga_rq_home(rq)};
    ga_split split;
    *out = NULL;
    const ga_status status = ga_split_parse(ga_rq_text(rq, "split"), &split, err);
    return status == GA_OK ? ga_dataset_open(ga_rq_text(rq, "data"), split, &places, out, err)
                           : status;
}

static json_t *shares_of(const ga_sight *s, int classes)
{
    json_t *list = json_array();
    for (int k = 0; k < classes; k++)
        json_array_append_new(list, json_real((double)s->count[k] / (double)s->n));
    return list;
}

static void say_shares(ga_request *rq, const ga_sight *fake, const ga_sight *real,
                       const ga_dataset *data, int classes)
{
    for (int k = 0; k < classes; k++)
        ga_rq_say(rq, "  %-12s %5.2f %%   (%s: %5.2f %%)",
                  k < ga_dataset_classes(data) ? ga_dataset_class_name(data, k) : "?",
                  100 * (double)fake->count[k] / (double)fake->n, ga_dataset_name(data),
                  100 * (double)real->count[k] / (double)real->n);
}

static ga_status look_at_generator(ga_request *rq, ga_model *m, const ga_model *eye_model,
                                   ga_eye *eye, const ga_dataset *data, ga_err *err)
{
    const int n = (int)ga_rq_int(rq, "n", 10000), classes = ga_eye_classes(eye);
    const uint32_t seed = (uint32_t)ga_rq_int(rq, "seed", 1);
    const int real_n = n < ga_dataset_n(data) ? n : ga_dataset_n(data);
    const ga_progress *progress = ga_rq_progress(rq);
    ga_sight real = {0}, fake = {0};
    double distance = 0;
    ga_status status = ga_sight_of_data(eye, data, real_n, &real, NULL, progress, err);
    if (status == GA_OK)
        status = ga_sight_of_generator(eye, m, n, seed, ga_bn_parse(ga_rq_text(rq, "bn")),
                                       ga_rq_threads(rq), ga_rq_memory(rq), &fake, progress, err);
    if (status == GA_OK)
        status = ga_sight_distance(&fake, &real, &distance, err);
    if (status == GA_OK) {
        const char *split = ga_split_name(ga_dataset_split(data));
        ga_rq_say(rq,
                  "Fréchet distance %.3f: %d samples of seed %u against %d %s pictures of %s, "
                  "%d features of %s, statistics %s",
                  distance, n, seed, real_n, split, ga_dataset_name(data), ga_eye_features(eye),
                  ga_rq_text(rq, "features"), ga_rq_text(rq, "bn"));
        ga_rq_say(rq,
                  "classes of the samples (certainty %.3f; of the pictures %.3f):", fake.certainty,
                  real.certainty);
        say_shares(rq, &fake, &real, data, classes);
        ga_rq_result(rq,
                     json_pack("{s:f, s:i, s:i, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:f, s:o, s:o}",
                               "frechet", distance, "samples", n, "pictures", real_n, "seed",
                               (json_int_t)seed, "bn", ga_rq_text(rq, "bn"), "data",
                               ga_dataset_name(data), "split", split, "data_sha256",
                               ga_dataset_hash(data), "model", identity(ga_rq_text(rq, "model"), m),
                               "features", identity(ga_rq_text(rq, "features"), eye_model),
                               "certainty", fake.certainty, "shares", shares_of(&fake, classes),
                               "data_shares", shares_of(&real, classes)));
    }
    ga_sight_free(&fake);
    ga_sight_free(&real);
    return status;
}

static ga_status look_as_classifier(ga_request *rq, ga_model *m, const ga_dataset *data,
                                    ga_err *err)
{
    ga_eye *eye;
    ga_sight sight = {0};
    int right = 0;
    const int all = ga_dataset_n(data);
    const int n = ga_rq_given(rq, "n") ? (int)ga_rq_int(rq, "n", all) : all;
    ga_status status = ga_eye_create(m, NULL, ga_rq_threads(rq), ga_rq_memory(rq), &eye, err);
    if (status == GA_OK)
        status = ga_sight_of_data(eye, data, n, &sight, &right, ga_rq_progress(rq), err);
    if (status == GA_OK) {
        const char *split = ga_split_name(ga_dataset_split(data));
        const double share = (double)right / n;
        ga_rq_say(rq, "reads %d of %d %s pictures of %s right: %.2f %% (certainty %.3f)", right, n,
                  split, ga_dataset_name(data), 100 * share, sight.certainty);
        ga_rq_result(rq, json_pack("{s:f, s:i, s:i, s:s, s:s, s:s, s:o}", "accuracy", share,
                                   "right", right, "pictures", n, "data", ga_dataset_name(data),
                                   "split", split, "data_sha256", ga_dataset_hash(data), "model",
                                   identity(ga_rq_text(rq, "model"), m)));
    }
    ga_sight_free(&sight);
    ga_eye_free(eye);
    return status;
}

/* A classifier of one kind of pictures gives names of its own to others. */
static void warn_of_strangers(ga_request *rq, const ga_model *classifier, const ga_dataset *data)
{
    const char *known = ga_model_note(classifier, "data");
    if (known != NULL && strcmp(known, ga_dataset_name(data)) != 0)
        ga_rq_note(rq,
                   "the classifier was trained on %s: its classes are not those of %s, and its "
                   "distances compare generators of %s with each other only",
                   known, ga_dataset_name(data), ga_dataset_name(data));
}

static ga_status run(ga_request *rq, ga_err *err)
{
    ga_model *m = NULL, *eye_model = NULL;
    ga_dataset *data = NULL;
    ga_eye *eye = NULL;
    const char *features = ga_rq_text(rq, "features");
    ga_status status = ga_app_model(rq, ga_rq_text(rq, "model"), &m, err);
    if (status == GA_OK && features == NULL && ga_arch_law(ga_model_arch(m)) != GA_LAW_NONE)
        status = ga_fail(err, GA_EINVAL,
                         "--features is missing: the classifier that looks at the samples of '%s', "
                         "such as --features lenet5",
                         ga_rq_text(rq, "model"));
    if (status == GA_OK)
        status = open_data(rq, &data, err);
    if (status == GA_OK && ga_arch_law(ga_model_arch(m)) == GA_LAW_NONE) {
        warn_of_strangers(rq, m, data);
        status = look_as_classifier(rq, m, data, err);
    } else if (status == GA_OK) {
        status = ga_app_model(rq, features, &eye_model, err);
        if (status == GA_OK)
            warn_of_strangers(rq, eye_model, data);
        if (status == GA_OK)
            status = ga_eye_create(eye_model, GA_FEATURE_TAP, ga_rq_threads(rq), ga_rq_memory(rq),
                                   &eye, err);
        if (status == GA_OK)
            status = look_at_generator(rq, m, eye_model, eye, data, err);
    }
    ga_eye_free(eye);
    ga_dataset_free(data);
    ga_model_free(eye_model);
    ga_model_free(m);
    return status;
}

static const char *const split_words[] = {"train", "test", NULL};

static const ga_field fields[] = {
    {.name = "model",
     .type = GA_FIELD_TEXT,
     .value = "MODEL",
     .positional = true,
     .required = true,
     .help = "a generator or a classifier: file, or name in the workspace"},
    {.name = "features",
     .type = GA_FIELD_TEXT,
     .value = "CLASSIFIER",
     .help = "the classifier whose tap 'features' looks at samples (for a generator)"},
    {.name = "data",
     .type = GA_FIELD_TEXT,
     .value = "DATA",
     .fallback = "mnist",
     .help = "the pictures to compare with: mnist, fashion-mnist, ... or a folder with IDX files"},
    {.name = "split",
     .type = GA_FIELD_CHOICE,
     .value = "HALF",
     .fallback = "test",
     .choices = split_words,
     .help = "which half of the data"},
    {.name = "n",
     .type = GA_FIELD_INT,
     .value = "N",
     .fallback = "10000",
     .min = 2,
     .max = 1e6,
     .help = "samples, and pictures as far as there are (for a classifier: all, if not given)"},
    {.name = "seed",
     .type = GA_FIELD_INT,
     .value = "S",
     .fallback = "1",
     .min = 0,
     .max = 4294967295.0,
     .help = "seed of the stream of latents"},
    {.name = "bn",
     .type = GA_FIELD_CHOICE,
     .value = "MODE",
     .fallback = "running",
     .choices = ga_bn_words,
     .help = "batch-norm statistics: running, of batches of 100, or of each image alone"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy evaluate mnist-gan --features lenet5", "Fréchet distance and class shares"},
    {"ganatomy evaluate lenet5 --data mnist", "accuracy of a classifier"},
    {0}};

const ga_verb ga_verb_evaluate = {
    .name = "evaluate",
    .summary = "score a generator or a classifier",
    .description =
        "For a generator: the squared Fréchet distance between its samples and pictures of a data "
        "set, on the features of a classifier (means and covariances, divided by N - 1, in double "
        "precision), and the share of the samples in each class as the classifier reads them. "
        "Pictures are enlarged bilinearly with half-pixel centres to what the classifier reads. "
        "Distances with different numbers of samples or other classifiers must not be compared.\n\n"
        "For a classifier: the share of the pictures that it reads right.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
