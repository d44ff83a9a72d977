/* verb_evaluate.c - `ganatomy evaluate`: how good a generator (or a set of pictures) is. */
#include "app/evaluation.h"
#include "app/named.h"
#include "app/latent_arg.h"
#include "app/score_table.h"
#include "base/alloc.h"
#include "base/file.h"
#include <string.h>

/* ---- a classifier -----------------------------------------------------------------------------*/

/* --data, else what the classifier was trained on, else mnist. */
static ga_status open_pictures(ga_request *rq, const ga_model *m, ga_dataset **out, ga_err *err)
{
    ga_data_arg arg = ga_data_arg_of(rq);
    ga_split split;
    ga_data_arg_of_model(&arg, m);
    *out = NULL;
    const ga_status status = ga_split_parse(ga_rq_text(rq, "split"), &split, err);
    return status == GA_OK ? ga_data_arg_load(rq, &arg, split, out, err) : status;
}

static ga_status evaluate_classifier(ga_request *rq, ga_model *m, ga_err *err)
{
    ga_dataset *data = NULL;
    ga_eye *eye = NULL;
    ga_sight sight = {0};
    int right = 0;
    ga_status status = open_pictures(rq, m, &data, err);
    const int n = status != GA_OK || !ga_rq_given(rq, "n") ? 0 : (int)ga_rq_int(rq, "n", 0);
    if (status == GA_OK)
        status = ga_eye_create(m, NULL, ga_rq_threads(rq), ga_rq_memory(rq), &eye, err);
    if (status == GA_OK)
        status = ga_sight_of_data(eye, data, n, &sight, &right, ga_rq_progress(rq), err);
    if (status == GA_OK) {
        const char *split = ga_split_name(ga_dataset_split(data));
        const double share = (double)right / (double)sight.n;
        double lo, hi;
        ga_wilson((uint64_t)right, sight.n, &lo, &hi);
        ga_rq_say(rq,
                  "reads %d of %zu %s pictures of %s right: %.2f %% (%.2f to %.2f), certainty %.3f",
                  right, sight.n, split, ga_dataset_name(data), 100 * share, 100 * lo, 100 * hi,
                  sight.certainty);
        ga_rq_say(rq, "`ganatomy classify` has the mistakes and more");
        ga_rq_result(rq, json_pack("{s:f, s:[f,f], s:i, s:I, s:f, s:s, s:s, s:s, s:o}", "accuracy",
                                   share, "interval", lo, hi, "right", right, "pictures",
                                   (json_int_t)sight.n, "certainty", sight.certainty, "data",
                                   ga_dataset_name(data), "split", split, "data_sha256",
                                   ga_dataset_hash(data), "model",
                                   ga_identity_of_model(ga_rq_text(rq, "model"), m)));
    }
    ga_sight_free(&sight);
    ga_eye_free(eye);
    ga_dataset_free(data);
    return status;
}

/* ---- what makes pictures ----------------------------------------------------------------------*/

static void say_classes(const ga_evaluation *e)
{
    enum { MOST = 40 };
    const int k = e->fake.classes;
    char name[32];
    ga_rq_say(e->rq, "  %-12s  %8s  %8s   (as %s reads them)", "class", "samples", "pictures",
              e->eye_name);
    for (int c = 0; c < k && c < MOST; c++)
        ga_rq_say(e->rq, "  %-12s  %6.2f %%  %6.2f %%",
                  ga_class_called(e->eye_model, e->data, c, name, sizeof name),
                  100 * (double)e->fake.count[c] / (double)e->fake.n,
                  100 * (double)e->real.count[c] / (double)e->real.n);
    if (k > MOST)
        ga_rq_say(e->rq, "  and %d more; --json has all", k - MOST);
}

static void say_cas(const ga_evaluation *e)
{
    const uint64_t n = (uint64_t)ga_dataset_n(e->data);
    double lo, hi;
    if (!e->has_cas)
        return;
    ga_wilson((uint64_t)e->cas_right, n, &lo, &hi);
    ga_rq_say(e->rq,
              "a classifier trained on the %d samples reads %d of %llu %s pictures of %s right: "
              "%.2f %% (%.2f to %.2f)",
              e->n_fake, e->cas_right, (unsigned long long)n,
              ga_split_name(ga_dataset_split(e->data)), ga_dataset_name(e->data),
              100 * (double)e->cas_right / (double)n, 100 * lo, 100 * hi);
    if (!e->has_floor_cas)
        return;
    ga_wilson((uint64_t)e->floor_cas_right, n, &lo, &hi);
    ga_rq_say(e->rq, "  trained on %d real pictures: %.2f %% (%.2f to %.2f)",
              e->n_floor < e->n_fake ? e->n_floor : e->n_fake,
              100 * (double)e->floor_cas_right / (double)n, 100 * lo, 100 * hi);
}

static void say(const ga_evaluation *e)
{
    ga_text title = {0};
    ga_evaluation_title(e, &title);
    if (!title.failed)
        ga_rq_say(e->rq, "%s", title.data);
    ga_text_free(&title);
    ga_rq_say(e->rq, "seen by %s (network %.12s), %d features", e->eye_name, e->scores.by,
              e->scores.features);
    ga_scores_say(e->rq, &e->scores, e->wants_floor ? &e->floor_scores : NULL);
    if (e->wants_floor)
        ga_rq_say(e->rq, "  floor: %d %s pictures in place of the samples%s", e->n_floor,
                  ga_split_name(ga_dataset_split(e->other)),
                  e->n_floor == e->n_fake ? ""
                                          : ", ANOTHER NUMBER than there are samples: distances "
                                            "of different numbers must not be compared");
    say_cas(e);
    say_classes(e);
}

static json_t *class_list(const ga_evaluation *e)
{
    const int k = e->fake.classes;
    char name[32];
    json_t *list = json_array();
    for (int c = 0; c < k; c++)
        json_array_append_new(
            list, json_pack("{s:s, s:f, s:f}", "name",
                            ga_class_called(e->eye_model, e->data, c, name, sizeof name), "samples",
                            (double)e->fake.count[c] / (double)e->fake.n, "pictures",
                            (double)e->real.count[c] / (double)e->real.n));
    return list;
}

static json_t *cas_json(const ga_evaluation *e)
{
    const double n = ga_dataset_n(e->data);
    json_t *cas = json_pack("{s:s, s:I, s:i, s:f}", "arch", ga_rq_text(e->rq, "train-on-fakes"),
                            "epochs", (json_int_t)ga_rq_int(e->rq, "epochs", 0), "pictures",
                            ga_dataset_n(e->data), "accuracy", e->cas_right / n);
    if (e->has_floor_cas)
        json_object_set_new(cas, "floor", json_real(e->floor_cas_right / n));
    return cas;
}

static json_t *result_of(const ga_evaluation *e)
{
    json_t *eye = ga_identity_of_model(e->eye_name, e->eye_model);
    json_object_set_new(eye, "tap", json_string(GA_FEATURE_TAP));
    json_object_set_new(eye, "numbers", json_integer(e->scores.features));
    json_t *r = json_pack("{s:i, s:i, s:o, s:o, s:i, s:i, s:o, s:o}", "samples", e->n_fake,
                          "pictures", e->n_real, "data", ga_identity_of_data(e->data, e->n_real),
                          "features", eye, "k", e->options.k, "kernel_subset",
                          e->scores.kernel_size, "scores", ga_scores_json(&e->scores), "classes",
                          class_list(e));
    if (e->model != NULL) {
        json_object_set_new(r, "model", ga_identity_of_model(ga_rq_text(e->rq, "model"), e->model));
        json_object_set_new(r, "seed", json_integer((json_int_t)e->seed));
        json_object_set_new(r, "bn", json_string(ga_rq_text(e->rq, "bn")));
    } else {
        json_object_set_new(r, "of", ga_identity_of_data(e->samples, e->n_fake));
    }
    if (e->wants_floor)
        json_object_set_new(r, "floor",
                            json_pack("{s:o, s:o}", "data",
                                      ga_identity_of_data(e->other, e->n_floor), "scores",
                                      ga_scores_json(&e->floor_scores)));
    if (e->has_cas)
        json_object_set_new(r, "trained_on_samples", cas_json(e));
    return r;
}

/* Which scores: those asked for; the usual ones, labels where there are some, and what a page of
 * pictures needs. */
static ga_status choose_scores(ga_evaluation *e, ga_err *err)
{
    const char *list = ga_rq_text(e->rq, "scores");
    const bool unseen = strcmp(ga_rq_text(e->rq, "split"), "test") == 0;
    ga_status status = GA_OK;
    e->set = GA_SCORES_USUAL | 1u << GA_SCORE_LABELS;
    if (list != NULL)
        status = ga_scores_parse(list, &e->set, err);
    if (status == GA_OK && list != NULL && strstr(list, "copying") == NULL && !unseen)
        e->set &= ~(1u << GA_SCORE_COPYING); /* "all" of what there can be */
    if (status == GA_OK && ga_rq_text(e->rq, "output") != NULL)
        e->set |= 1u << GA_SCORE_COPYING;
    return status;
}

static ga_status evaluate_samples(ga_evaluation *e, ga_err *err)
{
    const char *folder = ga_rq_text(e->rq, "output"), *arch = ga_rq_text(e->rq, "train-on-fakes");
    e->options = ga_scores_defaults();
    e->options.k = (int)ga_rq_int(e->rq, "k", e->options.k);
    ga_status status = choose_scores(e, err);
    if (status == GA_OK && folder != NULL)
        status = ga_make_folders(folder, err);
    if (status == GA_OK)
        status = ga_evaluation_open(e, err);
    if (status == GA_OK)
        status = ga_evaluation_run(e, err);
    if (status == GA_OK && arch != NULL)
        status = ga_evaluation_cas(e, arch, (int)ga_rq_int(e->rq, "epochs", 5), err);
    if (status == GA_OK) {
        say(e);
        ga_rq_result(e->rq, result_of(e));
    }
    if (status == GA_OK && folder != NULL)
        status = ga_evaluation_page(e, folder, err);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *name = ga_rq_text(rq, "model");
    ga_evaluation e = {.rq = rq};
    if ((name != NULL) == (ga_rq_text(rq, "samples") != NULL))
        return ga_fail(err, GA_EINVAL,
                       name != NULL
                           ? "MODEL and --samples exclude each other: who makes the samples?"
                           : "'evaluate' needs MODEL, or --samples with the pictures to be scored");
    ga_status status = name != NULL ? ga_app_model(rq, name, &e.model, err) : GA_OK;
    if (status == GA_OK) {
        const bool makes = e.model == NULL || ga_arch_law(ga_model_arch(e.model)) != GA_LAW_NONE;
        status = makes ? evaluate_samples(&e, err) : evaluate_classifier(rq, e.model, err);
    }
    ga_evaluation_free(&e);
    return status;
}

static const ga_field fields[] = {
    {.name = "model",
     .type = GA_FIELD_TEXT,
     .value = "MODEL",
     .positional = true,
     .help = "a generator (or a classifier): file, or a name that `ganatomy doctor` lists"},
    {.name = "samples",
     .type = GA_FIELD_TEXT,
     .value = "DATA",
     .help = "score the pictures of this set, folder or file instead of a model's"},
    {.name = "samples-split",
     .type = GA_FIELD_CHOICE,
     .value = "HALF",
     .fallback = "train",
     .choices = ga_split_words,
     .help = "which half of --samples"},
    {.name = "features",
     .type = GA_FIELD_TEXT,
     .value = "CLASSIFIER",
     .help = "the classifier that looks, at its tap 'features' (for mnist: lenet5 if not given)"},
    {.name = "data",
     .type = GA_FIELD_TEXT,
     .value = "DATA",
     .help = "the pictures to compare with: " GA_DATA_HELP
             "; if not given, what the model was trained on"},
    GA_DATA_FIELDS,
    GA_DATA_SPLIT_FIELD("test"),
    {.name = "n",
     .type = GA_FIELD_INT,
     .value = "N",
     .fallback = "10000",
     .min = 2,
     .max = 1e6,
     .help = "samples, and pictures as far as there are (for a classifier: all, if not given)"},
    {.name = "scores",
     .type = GA_FIELD_TEXT,
     .value = "LIST",
     .help = "all, or names of scores with commas between; if not given, all but copying"},
    {.name = "floor",
     .type = GA_FIELD_FLAG,
     .help = "beside each score that of the data's other half: as good as it gets"},
    {.name = "k",
     .type = GA_FIELD_INT,
     .value = "K",
     .fallback = "3",
     .min = 1,
     .max = 64,
     .help = "neighbour that balls reach to, for precision, recall, density and coverage"},
    {.name = "train-on-fakes",
     .type = GA_FIELD_TEXT,
     .value = "ARCH",
     .help = "also train this classifier on the samples and let it read the pictures"},
    {.name = "epochs",
     .type = GA_FIELD_INT,
     .value = "N",
     .fallback = "5",
     .min = 1,
     .max = 1000,
     .help = "how long --train-on-fakes trains"},
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
    {.name = "output",
     .letter = 'o',
     .type = GA_FIELD_FOLDER,
     .value = "FOLDER",
     .help = "write a page of the scores, with samples beside their nearest training pictures"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy evaluate mnist-gan", "all the usual scores against 10,000 test digits"},
    {"ganatomy evaluate mnist-gan --floor", "beside those of real digits"},
    {"ganatomy evaluate mnist-gan --scores frechet,recall --n 5000", "some, of fewer samples"},
    {"ganatomy evaluate --samples mnist --samples-split train", "real digits against real digits"},
    {"ganatomy evaluate mnist-gan -o scores", "as a page with pictures"},
    {0}};

#define WHEN_LOWER "lower is better"
#define WHEN_HIGHER "higher is better"
#define WHEN_HALF "1/2 is best"
#define SCORE_TERM(id, word, better, meaning) {word, meaning "; " WHEN_##better},
static const ga_term score_terms[] = {GA_SCORE_MAP(SCORE_TERM){0}};

const ga_verb ga_verb_evaluate = {
    .name = "evaluate",
    .summary = "score a generator, or pictures from elsewhere",
    .description =
        "Compares N samples with N pictures of a data set, on the features of a classifier, and "
        "says in a table what each number means and which way is better. Formulas, sources and "
        "traps: docs/scores.md. Scores may be compared only where the classifier, the numbers of "
        "samples and pictures and k are the same; all of them are printed, the classifier with its "
        "hash.\n\n"
        "Samples are rows 0 to N-1 of the seed's latents; a conditional generator is asked for its "
        "classes in turn. Of a data set with more than N pictures, N are drawn, always the same "
        "ones. Pictures are enlarged bilinearly with half-pixel centres to what the classifier "
        "reads.\n\n"
        "For a classifier: the share of the pictures that it reads right; `ganatomy classify` has "
        "more.",
    .fields = fields,
    .examples = examples,
    .terms_title = "Scores",
    .terms = score_terms,
    .run = run,
};
