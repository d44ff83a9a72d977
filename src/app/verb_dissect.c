/* verb_dissect.c - `ganatomy dissect`: which unit stands for what. */
#include "app/data_arg.h"
#include "app/dissect_memory.h"
#include "app/dissect_shards.h"
#include "app/dissection_files.h"
#include "app/dissection_folder.h"
#include "app/dissection_told.h"
#include "app/label_arg.h"
#include "app/latent_arg.h"
#include "app/layer_advice.h"
#include "app/models.h"
#include "app/named.h"
#include "app/names_arg.h"
#include "app/segmenter_arg.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "ganatomy/scenes.h"
#include <string.h>

/* Everything that a dissection is of. */
typedef struct job {
    ga_request *rq;
    ga_model *model;
    ga_dataset *data;
    ga_segmenter_arg seer;   /* zeroed: the data's own maps */
    ga_segmenter *segmenter; /* its, or NULL */
    ga_subject *subject;
    ga_dissect_options options;
    int side;
    int copies;     /* of what is counted, in memory at a time: 2 where shards are merged */
    ga_names asked; /* what taps and names point into */
    const char *tap[GA_DISSECT_LAYERS];
    char name[GA_DISSECT_LAYERS][112],
        twin[GA_DISSECT_LAYERS][128]; /* of layers as reported, and of the twin's */
    const char *names[2 * GA_DISSECT_LAYERS];
    int n_layers;
    int label;        /* the class of all images, or -1: as they come */
    json_t *settings; /* what was asked, which the key is made of */
    char key[65];
} job;

static void free_job(job *j)
{
    ga_subject_free(j->subject);
    ga_segmenter_arg_free(&j->seer);
    ga_dataset_free(j->data);
    ga_model_free(j->model);
    ga_names_free(&j->asked);
    json_decref(j->settings);
}

/* ---- what is asked ----------------------------------------------------------------------------*/

static bool fits_name(const char *name)
{
    for (; *name != 0; name++)
        if (strchr("._- ", *name) == NULL &&
            !((*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
              (*name >= 'A' && *name <= 'Z')))
            return false;
    return true;
}

/* "layer4,layer6:late": taps and what they are called. */
static ga_status parse_layers(job *j, ga_err *err)
{
    const ga_status status = ga_names_arg(j->rq, "layers", GA_DISSECT_LAYERS, &j->asked, err);
    if (status != GA_OK)
        return status;
    for (int i = 0; i < j->asked.n; i++) {
        const char *at = j->asked.name[i];
        char *name = strchr(at, ':');
        if (name != NULL)
            *name++ = 0;
        j->tap[j->n_layers] = at;
        snprintf(j->name[j->n_layers], sizeof j->name[0], "%s", name != NULL ? name : at);
        if (at[0] == 0 || j->name[j->n_layers][0] == 0 || !fits_name(j->name[j->n_layers]))
            return ga_fail(err, GA_EINVAL,
                           "layer '%s': expected TAP or TAP:NAME, the name of letters, digits and "
                           "\"._- \"",
                           at);
        j->n_layers++;
    }
    for (int i = 0; i < j->n_layers; i++) {
        const size_t length = strlen(j->name[i]);
        memcpy(j->twin[i], j->name[i], length);
        memcpy(j->twin[i] + length, " random", sizeof " random");
        j->names[i] = j->name[i];
        j->names[j->n_layers + i] = j->twin[i];
    }
    return GA_OK;
}

/* The segmenter in the words of the command. */
static const char *segmenter_called(const job *j)
{
    const char *name = ga_rq_text(j->rq, "segmenter");
    return name != NULL ? name : ga_segmenter_usual(ga_model_note(j->model, "data"));
}

static const char *labels_by(const job *j)
{
    return j->segmenter != NULL ? segmenter_called(j) : "the data themselves";
}

static bool makes_pictures(const job *j)
{
    return ga_arch_law(ga_model_arch(j->model)) != GA_LAW_NONE;
}

static bool wants_own_maps(const job *j)
{
    return strcmp(segmenter_called(j), "own") == 0;
}

static ga_status open_segmenter(job *j, ga_err *err)
{
    const char *name = segmenter_called(j);
    if (wants_own_maps(j))
        return !makes_pictures(j)
                   ? GA_OK
                   : ga_fail(err, GA_EINVAL,
                             "--segmenter own is for data with label maps, and '%s' makes its "
                             "pictures itself: name colors or a segmenter",
                             ga_rq_text(j->rq, "model"));
    const ga_status status = ga_segmenter_arg_open(j->rq, name, 0, &j->seer, err);
    j->segmenter = j->seer.segmenter;
    return status;
}

/* But for the side, which hangs on the pictures. */
static ga_status choose_options(job *j, ga_err *err)
{
    ga_request *rq = j->rq;
    ga_dissect_options *o = &j->options;
    const ga_status status = ga_dissect_preset(ga_rq_text(rq, "preset"), 1, o, NULL, err);
    if (status != GA_OK)
        return status;
    o->size = (int)ga_rq_int(rq, "size", 1000);
    o->seed = (uint32_t)ga_rq_int(rq, "seed", 1);
    o->rule_seed = (uint32_t)ga_rq_int(rq, "rule-seed", 2);
    o->examples = (int)ga_rq_int(rq, "examples", 20);
    o->shuffles = (int)ga_rq_int(rq, "shuffles", 8);
    o->bootstrap = (int)ga_rq_int(rq, "bootstrap", 1000);
    o->covariance = ga_rq_flag(rq, "covariance");
    o->threads = ga_rq_threads(rq);
    o->cache = (size_t)ga_rq_bytes(rq, "cache", 0);
    return ga_dissect_check(o, err);
}

static ga_status choose_side(job *j, ga_err *err)
{
    ga_dissect_options ignored;
    const ga_status status = ga_dissect_preset(
        ga_rq_text(j->rq, "preset"), ga_data_arg_side(j->data, j->model), &ignored, &j->side, err);
    j->side = (int)ga_rq_int(j->rq, "side", j->side);
    return status;
}

static ga_status open_data(job *j, ga_err *err)
{
    const ga_status status = ga_data_arg_open_for(j->rq, j->model, &j->data, err);
    if (status != GA_OK)
        return status;
    const int n = j->data != NULL ? ga_dataset_n(j->data) : 0;
    if (j->data != NULL && j->options.size > n) /* both seeds look at that many */
        return ga_fail(err, GA_EINVAL, "--size %d: '%s' has %d pictures here, so at most --size %d",
                       j->options.size, ga_dataset_name(j->data), n, n);
    if (wants_own_maps(j) && ga_dataset_vocabulary(j->data) == NULL)
        return ga_fail(err, GA_EINVAL,
                       "--segmenter own is for data with label maps (scenes), and '%s' has none: "
                       "name colors or a segmenter",
                       ga_dataset_name(j->data));
    ga_segmenter_arg_note(j->rq, &j->seer, ga_data_arg_shown(j->data, j->model));
    return GA_OK;
}

static ga_subject_spec spec_of(const job *j)
{
    return (ga_subject_spec){.model = j->model,
                             .data = j->data,
                             .segmenter = j->segmenter,
                             .layers = j->tap,
                             .n_layers = j->n_layers,
                             .one_class = j->label >= 0,
                             .image_class = j->label,
                             .bn = ga_bn_parse(ga_rq_text(j->rq, "bn")),
                             .side = j->side,
                             .twin = ga_rq_flag(j->rq, "random-twin"),
                             .twin_seed = 1,
                             .threads = ga_rq_threads(j->rq)};
}

static ga_status check_subject(const job *j, ga_err *err)
{
    const ga_subject_spec spec = spec_of(j);
    return ga_subject_check(&spec, err);
}

static ga_status check_size(job *j, ga_err *err)
{
    const ga_status status = choose_side(j, err);
    const bool guess = j->data == NULL && !makes_pictures(j);
    if (guess) /* the side is held against the data's when they are open */
        j->side = ga_data_arg_side(j->data, j->model);
    const ga_subject_spec spec = spec_of(j);
    return status == GA_OK ? ga_dissect_memory(j->rq, &spec, j->copies, guess, &j->options, err)
                           : status;
}

static ga_status open_subject(job *j, ga_err *err)
{
    const ga_subject_spec spec = spec_of(j);
    return ga_subject_create(&spec, &j->subject, err);
}

/* What the result depends on, as far as that needs no data. */
static ga_status describe(job *j, ga_err *err)
{
    const ga_dissect_options *o = &j->options;
    json_t *layers = json_array();
    for (int i = 0; i < j->n_layers; i++)
        json_array_append_new(layers, json_pack("[s,s]", j->tap[i], j->name[i]));
    j->settings = json_pack(
        "{s:o, s:s, s:s, s:o, s:s, s:i, s:i, s:i, s:f, s:i, s:i, s:i, s:i, s:s, s:b, s:i}", "model",
        ga_identity_of_model(ga_rq_text(j->rq, "model"), j->model), "segmenter",
        j->segmenter != NULL ? ga_segmenter_name(j->segmenter) : "own", "segmenter_sha256",
        j->segmenter != NULL ? ga_segmenter_hash(j->segmenter) : "", "layers", layers, "preset",
        ga_rq_text(j->rq, "preset"), "size", o->size, "seed", (int)o->seed, "rule_seed",
        (int)o->rule_seed, "share", o->share, "examples", o->examples, "shuffles", o->shuffles,
        "bootstrap", o->bootstrap, "labels", o->labels, "bn", ga_rq_text(j->rq, "bn"),
        "random_twin", ga_rq_flag(j->rq, "random-twin"), "version", GA_DISSECT_VERSION);
    if (j->settings == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for what is asked");
    /* what is not given has no entry: keys of what was made before it could be given stay */
    if (o->covariance)
        json_object_set_new(j->settings, "covariance", json_true());
    if (j->label >= 0)
        json_object_set_new(j->settings, "class", json_integer(j->label));
    return GA_OK;
}

/* And the rest of it; the key. */
static ga_status make_key(job *j, ga_err *err)
{
    json_object_set_new(j->settings, "side", json_integer(j->side));
    if (j->data != NULL)
        json_object_set_new(j->settings, "data",
                            ga_identity_of_data(j->data, ga_dataset_n(j->data)));
    char *text = ga_json_canonical(j->settings);
    if (text == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for what is asked");
    ga_sha256_hex(text, strlen(text), j->key);
    ga_mem_free(text);
    return GA_OK;
}

/* Labels that say little: those of units by a network that reads these units, or by itself. */
static void note_circles(const job *j)
{
    const ga_seg_inside *in = j->segmenter != NULL ? ga_segmenter_inside(j->segmenter) : NULL;
    for (int i = 0; i < j->n_layers && in != NULL; i++)
        for (int k = 0; k < in->n_layers; k++)
            if (strcmp(j->tap[i], in->layers[k]) == 0)
                ga_rq_note(
                    j->rq,
                    "'%s' is one of the layers that '%s' reads: this says which of its units "
                    "are of use to it; another layer, or --random-twin beside it, says more",
                    j->tap[i], segmenter_called(j));
    if (j->segmenter != NULL && strcmp(segmenter_called(j), ga_rq_text(j->rq, "model")) == 0)
        ga_rq_note(j->rq,
                   "the labels are this network's own answers; --segmenter own takes those of "
                   "data that have them");
}

/* The folder may be written to; one that holds another dissection is not. */
static ga_status check_folder(const job *j, ga_err *err)
{
    const char *folder = ga_rq_text(j->rq, "output");
    const ga_status status = ga_dissection_folder_check(folder, err);
    return status == GA_OK && !ga_rq_flag(j->rq, "force")
               ? ga_dissection_folder_may_be(folder, j->settings, err)
               : status;
}

/* ---- what was found ---------------------------------------------------------------------------*/

static void say_lead(const job *j, char *lead, size_t size)
{
    char words[GA_LABEL_WORDS], of[GA_LABEL_WORDS + 8] = "";
    if (j->label >= 0)
        snprintf(of, sizeof of, "%s, ", ga_label_words(j->model, j->label, words, sizeof words));
    snprintf(lead, size, "%d images of %sseed %u, rule %s, labels by %.120s.", j->options.size, of,
             j->options.seed, ga_rq_text(j->rq, "preset"), labels_by(j));
    ga_rq_say(j->rq, "%s: %s", ga_rq_text(j->rq, "model"), lead);
}

/* Files that failed are no reason to look at all images again. */
static void note_kept(const job *j, const char *folder)
{
    ga_rq_note(j->rq,
               "all images are looked at, and what was seen is kept in %s: the same command only "
               "judges and writes",
               folder);
}

/* d as files. */
static ga_status write_files(job *j, const ga_dissection *d, const char *folder, ga_err *err)
{
    char lead[512], *settings = ga_json_canonical(j->settings);
    if (settings == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for what was asked");
    const ga_dissect_naming names = {.title = ga_rq_text(j->rq, "model"),
                                     .layers = j->names,
                                     .vocabulary = ga_subject_vocabulary(j->subject),
                                     .settings = settings,
                                     .key = j->key};
    say_lead(j, lead, sizeof lead);
    ga_status status = ga_dissection_write(j->rq, d, j->subject, &names, lead, j->n_layers, folder,
                                           err);
    ga_mem_free(settings);
    return status;
}

static ga_status dissect(job *j, const char *folder, ga_err *err)
{
    const ga_dissect_work work = {
        .folder = folder, .key = j->key, .progress = ga_rq_progress(j->rq)};
    ga_dissection *d = NULL;
    ga_status status = ga_dissect(j->subject, &j->options, &work, &d, err);
    if (status == GA_OK)
        status = write_files(j, d, folder, err);
    if (status == GA_OK)
        ga_dissect_done(&work);
    else if (d != NULL)
        note_kept(j, folder);
    ga_dissection_free(d);
    return status;
}

/* ---- the verb ---------------------------------------------------------------------------------*/

/* All that can be wrong without a picture, before pictures are loaded or drawn. */
static ga_status check_asked(job *j, ga_err *err)
{
    ga_dissect_share share;
    const char *shard = ga_rq_text(j->rq, "shard");
    ga_status status = ga_app_model(j->rq, ga_rq_text(j->rq, "model"), &j->model, err);
    if (status == GA_OK)
        status = ga_label_arg(j->rq, j->model, &j->label, err);
    if (status == GA_OK)
        status = parse_layers(j, err);
    if (status == GA_OK)
        status = ga_layers_need(j->model, ga_rq_text(j->rq, "model"), j->tap, j->n_layers, err);
    if (status == GA_OK)
        status = choose_options(j, err);
    if (status == GA_OK && shard != NULL)
        status = ga_dissect_share_parse(shard, &share, err);
    if (status == GA_OK && shard != NULL && ga_rq_flag(j->rq, "force"))
        status = ga_fail(err, GA_EINVAL,
                         "'--force' and '--shard': shards of another dissection are not replaced; "
                         "delete them, or name another folder with -o");
    if (status == GA_OK)
        status = check_subject(j, err); /* before a large segmenter is read, and with it */
    if (status == GA_OK)
        status = open_segmenter(j, err);
    if (status == GA_OK)
        status = check_subject(j, err);
    if (status == GA_OK && j->segmenter != NULL) /* else the data say what there is to see */
        status = check_size(j, err);
    if (status == GA_OK)
        status = describe(j, err);
    return status == GA_OK ? check_folder(j, err) : status;
}

static ga_status prepare(job *j, ga_err *err)
{
    ga_status status = check_asked(j, err);
    if (status == GA_OK)
        status = open_data(j, err);
    if (status == GA_OK && (j->data != NULL || j->segmenter == NULL))
        status = check_size(j, err);
    if (status == GA_OK)
        status = open_subject(j, err);
    return status == GA_OK ? make_key(j, err) : status;
}

static void note_few(const job *j)
{
    const int n = j->options.size;
    if (n < 100)
        ga_rq_note(j->rq,
                   "%d image%s few: chance and intervals are of little worth below some hundreds",
                   n, n == 1 ? " is" : "s are");
}

/* there: it was found, not made. Both say the same of it. */
static ga_status say_done(const job *j, const char *folder, bool there, ga_err *err)
{
    char lead[512];
    if (there) {
        ga_rq_say(j->rq, "%s is this very dissection already", folder);
        say_lead(j, lead, sizeof lead);
    }
    const ga_status status = ga_dissection_tell(j->rq, folder, err);
    if (status == GA_OK)
        ga_rq_say(j->rq, "next: open %s/dissect.html", folder);
    return status;
}

/* Is the dissection there? Looked at again while nobody else can be writing it. */
static ga_status look_into(const job *j, const char *folder, bool *there, ga_err *err)
{
    const ga_dissection_wanted wanted = {j->key, j->settings, ga_rq_flag(j->rq, "force")};
    return ga_dissection_look_into(folder, &wanted, there, err);
}

static ga_status dissect_if_needed(job *j, const char *folder, bool *there, ga_err *err)
{
    ga_lock lock;
    ga_status status = ga_dissection_hold(folder, ga_dissection_lock, &lock, err);
    if (status == GA_OK)
        status = look_into(j, folder, there, err);
    if (status == GA_OK && !*there)
        status = dissect(j, folder, err);
    ga_lock_end(&lock);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    job j = {.rq = rq, .label = -1, .copies = 1};
    const char *folder = ga_rq_text(rq, "output");
    const bool shard = ga_rq_given(rq, "shard");
    bool there = false;
    ga_status status = prepare(&j, err);
    if (status == GA_OK)
        status = look_into(&j, folder, &there, err);
    if (status == GA_OK && !there) {
        note_few(&j);
        note_circles(&j);
    }
    if (status == GA_OK && !there)
        status = shard ? ga_dissect_shard_run(rq, j.subject, &j.options, j.key, err)
                       : dissect_if_needed(&j, folder, &there, err);
    if (status == GA_OK && (there || !shard))
        status = say_done(&j, folder, there, err);
    free_job(&j);
    return status;
}

/* All shards are of the key that the request has here, now. */
static ga_status check_key(const job *j, const ga_shards *shards, ga_err *err)
{
    if (strcmp(j->key, ga_shards_key(shards)) == 0)
        return GA_OK;
    return ga_fail(err, GA_EDATA,
                   "the shards are of another '%s', segmenter, data or version of this program "
                   "than there are here: merge where these are what they were there",
                   ga_rq_text(j->rq, "model"));
}

ga_status ga_dissect_merge_run(ga_request *rq, const ga_shards *shards, ga_err *err)
{
    job j = {.rq = rq, .label = -1, .copies = 2};
    const char *folder = ga_rq_text(rq, "output");
    const ga_dissect_round round = ga_shards_round(shards);
    const ga_dissect_work work = {.folder = round.pass == round.passes ? folder : NULL,
                                  .progress = ga_rq_progress(rq)};
    ga_dissection *d = NULL;
    ga_lock lock = {0};
    bool there = false;
    ga_status status = prepare(&j, err);
    if (status == GA_OK)
        status = check_key(&j, shards, err);
    if (status == GA_OK && round.pass == round.passes)
        status = ga_dissection_hold(folder, ga_dissection_lock, &lock, err);
    if (status == GA_OK && round.pass == round.passes)
        status = look_into(&j, folder, &there, err);
    if (status == GA_OK && !there)
        status = ga_shards_merge(shards, j.subject, &j.options, &work, &d, err);
    if (d != NULL)
        status = write_files(&j, d, folder, err);
    ga_lock_end(&lock);
    if (status == GA_OK && round.pass == round.passes)
        status = say_done(&j, folder, there, err);
    ga_dissection_free(d);
    free_job(&j);
    return status;
}

/* clang-format off */
static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "a generator, or a network that reads pictures: file, or a name that `ganatomy doctor` lists"},
    {.name = "layers", .type = GA_FIELD_TEXT, .value = "LAYERS", .many = true,
     .help = "layers to look at, with ',' between; LAYER:NAME calls one otherwise in the results; needed: "
             "without it you are told which would do (`ganatomy model info` lists all)"},
    {.name = "segmenter", .type = GA_FIELD_TEXT, .value = "S",
     .help = "what says what is in the pictures: " GA_SEGMENTER_HELP "; or own (label maps of the data); "
             "if not given, scenes-segmenter for scenes, digits+strokes for mnist, else colors"},
    {.name = "size", .type = GA_FIELD_INT, .value = "N", .fallback = "1000", .min = 1, .max = 1e6,
     .help = "images that are judged"},
    {.name = "preset", .type = GA_FIELD_CHOICE, .value = "RULES", .fallback = "2018-iqr",
     .choices = ga_dissect_presets, .help = "how thresholds are found and what counts: see Presets"},
    {.name = "side", .type = GA_FIELD_INT, .value = "N", .min = 1, .max = 1024,
     .help = "rows and columns of label maps (default: half of the picture's, with 2020 a quarter, but at "
             "least 64, or all where there are fewer)"},
    {.name = "examples", .type = GA_FIELD_INT, .value = "K", .fallback = "20", .min = 1, .max = 100,
     .help = "top images of each unit"},
    {.name = "shuffles", .type = GA_FIELD_INT, .value = "N", .fallback = "8", .min = 0,
     .max = GA_DISSECT_BLOCK - 1, .help = "rounds of the baseline with labels of other images; 0: no chance levels"},
    {.name = "bootstrap", .type = GA_FIELD_INT, .value = "N", .fallback = "1000", .min = 0,
     .max = 100000, .help = "rounds of resampled images for intervals; 0: no intervals"},
    {.name = "covariance", .type = GA_FIELD_FLAG,
     .help = "also how values correlate with labels, whatever the threshold"},
    {.name = "random-twin", .type = GA_FIELD_FLAG,
     .help = "also the same layers with random weights, against the same labels"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "N", .fallback = "1", .min = 0, .max = 4294967295.0,
     .help = "of the images that are judged"},
    {.name = "rule-seed", .type = GA_FIELD_INT, .value = "N", .fallback = "2", .min = 0,
     .max = 4294967295.0, .help = "of the images that choose thresholds (2018-iqr)"},
    GA_LABEL_FIELD,
    {.name = "bn", .type = GA_FIELD_CHOICE, .value = "MODE", .fallback = "running",
     .choices = ga_bn_words_alone,
     .help = "batch-norm statistics: running, or of each image alone"},
    {.name = "data", .type = GA_FIELD_TEXT, .value = "DATA",
     .help = "of a network that reads pictures: " GA_DATA_HELP
             "; if not given, what it was trained on"},
    GA_DATA_FIELDS,
    GA_DATA_SPLIT_FIELD("test"),
    {.name = "cache", .type = GA_FIELD_BYTES, .value = "SIZE",
     .help = "how large a file in the folder may be that keeps images between passes where --memory has "
             "no room for them, such as 2G (default: no file; they are made again)"},
    {.name = "shard", .type = GA_FIELD_TEXT, .value = "I/N",
     .help = "do share I of N of the pass that is due; `ganatomy dissect merge` goes on from there"},
    {.name = "force", .type = GA_FIELD_FLAG, .help = "replace another dissection in the folder; not with --shard"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_FOLDER, .value = "FOLDER",
     .fallback = "dissection", .help = "what gets dissect.html, dissect.json, units.csv, counts.npz"},
    {0}};
/* clang-format on */

static const ga_example examples[] = {
    {"ganatomy dissect scenes-gan --layers layer4,layer6,layer8 --covariance -o scenes",
     "which unit draws trees, which one doors; labels by scenes-segmenter"},
    {"ganatomy dissect fashion-gan --layers layer1,layer2 --segmenter colors -o fashion",
     "which unit draws what is white, which one what is black"},
    {"ganatomy dissect fashion-cgan --layers layer1 --segmenter colors --label dress -o dresses",
     "the same of a generator that is told a class, when it draws dresses"},
    {"ganatomy dissect mnist-cnn --layers layer2 --data mnist --segmenter colors -o cnn",
     "a network that reads pictures"},
    {"ganatomy dissect fashion-gan --layers layer1 --segmenter colors --shard 1/3 -o part1",
     "a third of the work, the others on other machines; `dissect merge` puts it together"},
    {0}};

static const ga_term presets[] = {
    {"2018-iqr", "the threshold at which some label's IQR is largest, chosen on other images "
                 "(--rule-seed); interpretable: IoU > 0.05 and IQR > 0.01"},
    {"2018-fixed", "the threshold that 0.5 % of a unit's cells exceed; interpretable: the same"},
    {"2020", "the threshold that 1 % of the pixels exceed, where maps fade to 0 at the border; "
             "interpretable: IoU > 0.04"},
    {0}};

const ga_verb ga_verb_dissect = {
    .name = "dissect",
    .summary = "find which unit stands for what",
    .description =
        "For every unit (channel) of a layer: where in the pictures is it active, and how well "
        "does "
        "that agree with what the pixels are? The measure is the intersection over union (IoU) of "
        "the pixels where the unit is above its threshold and the pixels of a label, over all "
        "images; beside it the information quality ratio (IQR).\n\n"
        "A unit is interpretable if they are above the preset's limits, and stands for its label "
        "if "
        "its IoU is also above the 99th percentile of what units of the layer reach with labels of "
        "other images. Intervals are bootstrapped over images.\n\n"
        "The same inputs give the same bytes. What was seen is kept in the folder until all files "
        "stand: after a stop, a crash or a full disk the same command goes on from there. A folder "
        "that holds this dissection already is left alone, and what it holds is told again; one "
        "that holds another is not replaced without --force; what differs is told.",
    .fields = fields,
    .examples = examples,
    .terms_title = "Presets",
    .terms = presets,
    .run = run,
};
