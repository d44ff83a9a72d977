/* verb_compare_detectors.c - `ganatomy compare detectors`: one unit, several, a probe, a segmenter.
 */
#include "app/contest.h"
#include "app/data_arg.h"
#include "app/latent_arg.h"
#include "app/layer_advice.h"
#include "app/models.h"
#include "app/named.h"
#include "app/names_arg.h"
#include "app/segmenter_arg.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/file.h"
#include "ganatomy/scenes.h"
#include <string.h>

typedef struct job {
    ga_request *rq;
    ga_model *model;
    ga_dataset *data;
    ga_segmenter_arg seer;   /* zeroed: no segmenter */
    ga_segmenter *segmenter; /* its, or NULL */
    bool own; /* the data have label maps: they are the truth, and the segmenter takes part */
    ga_subject *subject;
    ga_names layers;
    int label[GA_DETECT_LABELS];
    ga_detect_options o;
    ga_contest contest;
    char truth[256], pictures[256];
} job;

static void free_job(job *j)
{
    ga_subject_free(j->subject);
    ga_segmenter_arg_free(&j->seer);
    ga_dataset_free(j->data);
    ga_model_free(j->model);
    ga_names_free(&j->layers);
    json_decref(j->contest.identity);
}

/* ---- what is asked ----------------------------------------------------------------------------*/

static ga_status open_data(job *j, ga_err *err)
{
    const ga_status status = ga_data_arg_open_for(j->rq, j->model, &j->data, err);
    if (status != GA_OK || j->data == NULL)
        return status;
    j->own = ga_dataset_vocabulary(j->data) != NULL;
    const int64_t need = ga_rq_int(j->rq, "train", 200) + ga_rq_int(j->rq, "test", 200);
    if (need > ga_dataset_n(j->data))
        return ga_fail(err, GA_EINVAL,
                       "%lld training and test images: '%s' has %d pictures, and none may be both",
                       (long long)need, ga_dataset_name(j->data), ga_dataset_n(j->data));
    return GA_OK;
}

/* What takes part as a segmenter, or says what is true; NULL: nothing. */
static const char *segmenter_name(const job *j)
{
    const char *name = ga_rq_text(j->rq, "segmenter");
    if (name != NULL)
        return strcmp(name, "none") != 0 ? name : NULL;
    if (!j->own)
        return ga_segmenter_usual(ga_data_arg_shown(j->data, j->model));
    const bool scenes = strcmp(ga_dataset_name(j->data), "scenes") == 0;
    return scenes ? ga_segmenter_usual("scenes") : NULL;
}

static ga_status open_segmenter(job *j, ga_err *err)
{
    const char *name = segmenter_name(j);
    if (name == NULL && !j->own)
        return ga_fail(err, GA_EINVAL,
                       "nothing says what is in the pictures: name a segmenter with --segmenter");
    if (name == NULL)
        return GA_OK;
    const ga_status status = ga_segmenter_arg_open(j->rq, name, ga_rq_memory(j->rq), &j->seer, err);
    j->segmenter = j->seer.segmenter;
    return status;
}

static ga_status open_subject(job *j, ga_err *err)
{
    ga_dissect_options usual;
    int side;
    ga_status status = ga_dissect_preset("2018-iqr", ga_data_arg_side(j->data, j->model), &usual,
                                         &side, err);
    if (status != GA_OK)
        return status;
    const ga_subject_spec spec = {.model = j->model,
                                  .data = j->data,
                                  .segmenter = j->own ? NULL : j->segmenter,
                                  .layers = j->layers.name,
                                  .n_layers = j->layers.n,
                                  .bn = ga_bn_parse(ga_rq_text(j->rq, "bn")),
                                  .side = (int)ga_rq_int(j->rq, "side", side),
                                  .threads = ga_rq_threads(j->rq),
                                  .memory_limit = ga_rq_memory(j->rq)};
    status = ga_subject_create(&spec, &j->subject, err);
    j->o.lie = usual.lie;
    return status;
}

static ga_status find_labels(job *j, ga_err *err)
{
    ga_names names;
    ga_status status = ga_names_arg(j->rq, "labels", GA_DETECT_LABELS, &names, err);
    for (int i = 0; i < names.n && status == GA_OK; i++)
        status = ga_vocabulary_find(ga_subject_vocabulary(j->subject), names.name[i], &j->label[i],
                                    err);
    j->o.labels = j->label;
    j->o.n_labels = names.n;
    ga_names_free(&names);
    return status;
}

static void choose_options(job *j)
{
    ga_request *rq = j->rq;
    const size_t all = ga_rq_memory(rq), plans = ga_subject_bytes(j->subject);
    j->o.train = (int)ga_rq_int(rq, "train", 200);
    j->o.test = (int)ga_rq_int(rq, "test", 200);
    j->o.seed = (uint32_t)ga_rq_int(rq, "seed", 1);
    j->o.rival = j->own ? j->segmenter : NULL;
    j->o.most = (int)ga_rq_int(rq, "most", 20);
    j->o.samples = (int)ga_rq_int(rq, "probe-pixels", 128);
    j->o.l2 = ga_rq_number(rq, "l2", 1e-4);
    j->o.bootstrap = (int)ga_rq_int(rq, "bootstrap", 1000);
    j->o.threads = ga_rq_threads(rq);
    /* samples and a chunk of pairs each take at most half of what the plans leave */
    j->o.memory = all == 0 ? (size_t)1 << 30 : all > plans ? (all - plans) / 2 : 0;
}

/* ---- what it costs ----------------------------------------------------------------------------*/

/* The last of the layers, up to which a network that reads pictures runs; NULL: to its end. */
static const char *last_layer(const job *j)
{
    const ga_graph *g = ga_model_graph(j->model);
    int last = 0;
    for (int i = 0; i < j->layers.n && j->data != NULL; i++) {
        const int tap = ga_graph_find(g, j->layers.name[i]);
        last = tap > last ? tap : last;
    }
    return last > 0 ? ga_graph_tap_name(g, last) : NULL;
}

static ga_status cost_of(ga_model *m, const char *to, const char *const *keep, int n_keep,
                         ga_contest_cost *out, ga_err *err)
{
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    ga_plan *plan;
    o.batch = 1;
    o.to = to;
    o.keep = keep;
    o.n_keep = n_keep;
    o.threads = 1;
    const ga_status status = ga_plan_create(ga_model_graph(m), ga_model_params(m), &o, &plan, err);
    if (status != GA_OK)
        return status;
    const ga_plan_cost cost = ga_plan_cost_of(plan);
    *out = (ga_contest_cost){cost.total_bytes, cost.multiply_adds};
    ga_plan_free(plan);
    return GA_OK;
}

/* ---- the verb ---------------------------------------------------------------------------------*/

static ga_status describe(job *j, ga_err *err)
{
    ga_contest *c = &j->contest;
    if (j->own)
        snprintf(j->truth, sizeof j->truth, "the label maps of %.200s", ga_dataset_name(j->data));
    else
        snprintf(j->truth, sizeof j->truth, "what segmenter %.200s says", segmenter_name(j));
    if (j->data != NULL)
        snprintf(j->pictures, sizeof j->pictures, "of %.200s %s, seed %u", ga_dataset_name(j->data),
                 ga_split_name(ga_dataset_split(j->data)), j->o.seed);
    else
        snprintf(j->pictures, sizeof j->pictures, "that %.200s makes, seed %u",
                 ga_path_base(ga_rq_text(j->rq, "model")), j->o.seed);
    c->o = &j->o;
    c->vocabulary = ga_subject_vocabulary(j->subject);
    c->model = ga_rq_text(j->rq, "model");
    c->truth = j->truth;
    c->pictures = j->pictures;
    c->rival = j->o.rival != NULL ? segmenter_name(j) : NULL;
    if (j->o.rival != NULL && j->seer.n_models == 1)
        c->rival_origin = ga_model_note(j->seer.model[0], "command");
    c->layers = j->layers.name;
    c->n_layers = j->layers.n;
    c->side = ga_subject_side(j->subject);
    for (int k = 0; k < j->layers.n; k++)
        c->dims[k] = ga_subject_layer_dims(j->subject, k);
    c->identity = json_pack(
        "{s:o, s:o*, s:s?, s:s?}", "model", ga_identity_of_model(c->model, j->model), "data",
        j->data != NULL ? ga_identity_of_data(j->data, j->o.train + j->o.test) : NULL, "segmenter",
        j->segmenter != NULL ? ga_segmenter_name(j->segmenter) : NULL, "segmenter_sha256",
        j->segmenter != NULL ? ga_segmenter_hash(j->segmenter) : NULL);
    if (c->identity == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for what is asked");
    ga_status status = cost_of(j->model, last_layer(j), j->layers.name, j->layers.n, &c->network,
                               err);
    for (int i = 0; i < j->seer.n_models && status == GA_OK; i++) {
        ga_contest_cost one;
        status = cost_of(j->seer.model[i], NULL, NULL, 0, &one, err);
        c->of_seer.bytes += status == GA_OK ? one.bytes : 0;
        c->of_seer.multiply_adds += status == GA_OK ? one.multiply_adds : 0;
    }
    return status;
}

static ga_status prepare(job *j, ga_err *err)
{
    ga_status status = ga_app_model(j->rq, ga_rq_text(j->rq, "model"), &j->model, err);
    if (status == GA_OK)
        status = ga_names_arg(j->rq, "layers", GA_CONTEST_LAYERS, &j->layers, err);
    if (status == GA_OK)
        status = ga_layers_need(j->model, ga_rq_text(j->rq, "model"), j->layers.name, j->layers.n,
                                err);
    if (status == GA_OK)
        status = open_data(j, err);
    if (status == GA_OK)
        status = open_segmenter(j, err);
    if (status == GA_OK)
        status = open_subject(j, err);
    if (status == GA_OK)
        status = find_labels(j, err);
    if (status != GA_OK)
        return status;
    choose_options(j);
    return describe(j, err);
}

/* Asks whether the page can be written there, before the work is done. */
static ga_status make_folder(const char *folder, ga_err *err)
{
    char *page = ga_path_join(folder, "detectors.html");
    ga_status status = page != NULL ? ga_make_folders(folder, err)
                                    : ga_fail(err, GA_ENOMEM, "no memory for a path");
    if (status == GA_OK)
        status = ga_output_check(page, err);
    ga_mem_free(page);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    job j = {.rq = rq};
    const char *folder = ga_rq_text(rq, "output");
    ga_detections *d = NULL;
    ga_status status = prepare(&j, err);
    if (status == GA_OK)
        status = make_folder(folder, err);
    if (status == GA_OK)
        status = ga_detect(j.subject, &j.o, ga_rq_progress(rq), &d, err);
    j.contest.d = d;
    json_t *json = status == GA_OK ? ga_contest_json(&j.contest) : NULL;
    if (status == GA_OK && json == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for what was found");
    if (status == GA_OK)
        status = ga_contest_write(&j.contest, json, folder, err);
    if (status == GA_OK) {
        ga_contest_say(rq, &j.contest);
        ga_rq_say(rq, "next: open %s/detectors.html", folder);
        ga_rq_result(rq, json_incref(json));
    }
    json_decref(json);
    ga_detections_free(d);
    free_job(&j);
    return status;
}

/* clang-format off */
static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "a network that reads pictures, or a generator: file, or a name that `ganatomy doctor` lists"},
    {.name = "layers", .type = GA_FIELD_TEXT, .value = "LAYERS", .many = true,
     .help = "whose units are judged, with ',' between; needed: without it you are told which would do "
             "(`ganatomy model info` lists all)"},
    {.name = "labels", .type = GA_FIELD_TEXT, .value = "LABELS", .many = true, .required = true,
     .help = "what is looked for, with ',' between: tree,sky,door"},
    {.name = "data", .type = GA_FIELD_TEXT, .value = "DATA",
     .help = "of a network that reads pictures: " GA_DATA_HELP
             "; if not given, what it was trained on. Label maps that the data have are the truth"},
    GA_DATA_FIELDS,
    GA_DATA_SPLIT_FIELD("test"),
    {.name = "segmenter", .type = GA_FIELD_TEXT, .value = "S",
     .help = GA_SEGMENTER_HELP "; takes part where the data have label maps, else says what is true. "
             "none: nothing takes part. If not given, scenes-segmenter for scenes; where a truth is "
             "needed, digits+strokes for mnist, else colors"},
    {.name = "train", .type = GA_FIELD_INT, .value = "N", .fallback = "200", .min = 1, .max = 1e6,
     .help = "images that detectors learn from"},
    {.name = "test", .type = GA_FIELD_INT, .value = "N", .fallback = "200", .min = 1, .max = 1e6,
     .help = "other images that they are judged by"},
    {.name = "most", .type = GA_FIELD_INT, .value = "K", .fallback = "20", .min = 1,
     .max = GA_DETECT_CANDIDATES, .help = "units of a union at most; how many is found in training"},
    {.name = "probe-pixels", .type = GA_FIELD_INT, .value = "N", .fallback = "128", .min = 1,
     .max = 1048576, .help = "pixels of each training image that the probe learns from"},
    {.name = "l2", .type = GA_FIELD_NUMBER, .value = "X", .fallback = "0.0001", .min = 1e-12, .max = 1e6,
     .help = "how much the probe's weights are held down, with units brought to deviation 1"},
    {.name = "bootstrap", .type = GA_FIELD_INT, .value = "N", .fallback = "1000", .min = 0,
     .max = 100000, .help = "rounds of resampled test images for intervals; 0: no intervals"},
    {.name = "side", .type = GA_FIELD_INT, .value = "N", .min = 1, .max = 1024,
     .help = "rows and columns of label maps (default: as `ganatomy dissect` has it)"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "N", .fallback = "1", .min = 0, .max = 4294967295.0,
     .help = "of the images, the probe's pixels and the resampling"},
    {.name = "bn", .type = GA_FIELD_CHOICE, .value = "MODE", .fallback = "running",
     .choices = ga_bn_words_alone,
     .help = "batch-norm statistics: running, or of each image alone"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_FOLDER, .value = "FOLDER",
     .fallback = "detectors", .help = "what gets detectors.html, detectors.json, detectors.csv"},
    {0}};
/* clang-format on */

static const ga_example examples[] = {
    {"ganatomy compare detectors scenes-segmenter --layers down1.2,down3.2,up1.2 --images 400 "
     "--labels tree,sky,door -o detectors",
     "what inner layers of a network know about trees, beside what it answers"},
    {"ganatomy compare detectors scenes-gan --layers layer4,layer6,layer8 --labels tree,sky,door "
     "-o scenes-detectors",
     "a generator of scenes; scenes-segmenter says what its pictures show"},
    {"ganatomy compare detectors fashion-gan --layers layer2 --labels black,white --segmenter "
     "colors "
     "-o clothes",
     "a generator; what its pictures show is told by colours"},
    {0}};

const ga_verb ga_verb_compare_detectors = {
    .name = "compare detectors",
    .summary = "who finds a concept: one unit, several, all of a layer, a segmenter",
    .description =
        "Judges four ways to find the pixels of a label by the same test images: the best unit "
        "above its threshold, the union of the best few units, a linear probe (logistic "
        "regression, pixel by pixel) on all units of the layer, and a segmenter. Units, "
        "thresholds, the number of units and the probe are chosen on training images only, and no "
        "image is both.\n\n"
        "Told are IoU and average precision over all test pixels with 95 % intervals over "
        "resampled "
        "images, the paired difference to the best unit, how many labelled pixels each has learned "
        "from, and time and memory an image; in short at the end, each detector at the layer where "
        "it was best in training.\n\n"
        "What is true is what the label maps of the data say, where they have some; else, and for "
        "generators, what a segmenter says, which then does not take part. The same inputs give the same "
        "numbers, but for times, whatever --threads and --memory are.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
