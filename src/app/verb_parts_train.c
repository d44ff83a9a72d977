/* verb_parts_train.c - `ganatomy parts train`: a few painted pictures become a segmenter. */
#include "app/latent_arg.h"
#include "app/layer_advice.h"
#include "app/models.h"
#include "app/named.h"
#include "app/names_arg.h"
#include "app/parts_sheet.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include <string.h>

enum { MOST_LAYERS = 64 };

typedef struct job {
    ga_request *rq;
    ga_model *model, *parts;
    ga_painting painting;
    float *z;
    int32_t *labels;
    uint16_t *maps;
    ga_parts_check check;
    ga_names layers;
} job;

static void free_job(job *j)
{
    ga_painting_free(&j->painting);
    ga_parts_check_free(&j->check);
    ga_model_free(j->parts);
    ga_model_free(j->model);
    ga_mem_free(j->z);
    ga_mem_free(j->labels);
    ga_mem_free(j->maps);
    ga_names_free(&j->layers);
}

static ga_status read_painting(job *j, ga_err *err)
{
    const char *folder = ga_rq_text(j->rq, "folder");
    ga_status status = ga_painting_read(folder, &j->painting, err);
    if (status == GA_OK)
        status = ga_painting_latents(&j->painting, j->model, &j->z, &j->labels, err);
    if (status != GA_OK)
        return status;
    const ga_graph *g = ga_model_graph(j->model);
    const ga_dims d = ga_graph_output_dims(g);
    const size_t planes = (size_t)ga_vocabulary_categories(
        ga_palette_vocabulary(j->painting.palette));
    j->maps = ga_mem_new((size_t)j->painting.n * planes * (size_t)d.h * (size_t)d.w,
                         sizeof *j->maps);
    return j->maps == NULL ? ga_fail(err, GA_ENOMEM, "no memory for %d label maps", j->painting.n)
                           : ga_painting_maps(folder, &j->painting, d.h, d.w, j->maps, err);
}

static ga_status train(job *j, ga_err *err)
{
    const ga_painted painted = {.vocabulary = ga_palette_vocabulary(j->painting.palette),
                                .n = j->painting.n,
                                .z = j->z,
                                .labels = j->labels,
                                .maps = j->maps};
    ga_parts_options o = GA_PARTS_OPTIONS_DEFAULT;
    o.layers = j->layers.name;
    o.n_layers = j->layers.n;
    o.bn = j->painting.bn;
    o.hidden = (int)ga_rq_int(j->rq, "hidden", o.hidden);
    o.steps = (int)ga_rq_int(j->rq, "steps", o.steps);
    o.lr = ga_rq_number(j->rq, "lr", o.lr);
    o.seed = (uint64_t)ga_rq_int(j->rq, "seed", 1);
    o.check = !ga_rq_flag(j->rq, "no-check");
    o.threads = ga_rq_threads(j->rq);
    o.memory_limit = ga_rq_memory(j->rq);
    ga_status status = ga_train_parts(j->model, &painted, &o, ga_rq_progress(j->rq), &j->parts,
                                      &j->check, err);
    if (status == GA_OK)
        status = ga_model_set_note(j->parts, "origin", "trained by ganatomy " GA_VERSION, err);
    if (status == GA_OK)
        status = ga_model_set_note(j->parts, "command", ga_rq_command(j->rq), err);
    return status;
}

/* Pictures that have label k on some pixel; k 0: that are painted at all. */
static int painted_with(const job *j, int k)
{
    const ga_dims d = ga_graph_output_dims(ga_model_graph(j->model));
    const size_t map = (size_t)ga_vocabulary_categories(
                           ga_palette_vocabulary(j->painting.palette)) *
                       (size_t)d.h * (size_t)d.w;
    int n = 0;
    for (int i = 0; i < j->painting.n; i++) {
        const uint16_t *at = j->maps + (size_t)i * map, *end = at + map;
        while (at < end && (k == 0 ? *at == GA_UNPAINTED : *at != k))
            at++;
        n += at < end;
    }
    return n;
}

/* What the figures cannot say. */
static void note_little(const job *j)
{
    const ga_vocabulary *v = ga_palette_vocabulary(j->painting.palette);
    const int painted = painted_with(j, 0);
    if (painted == 1)
        ga_rq_note(
            j->rq,
            "1 of %d pictures is painted: how good this is on others cannot be told before a "
            "second one is",
            j->painting.n);
    for (int k = 1; k < ga_vocabulary_n(v); k++) {
        const int n = painted_with(j, k);
        if (n == 0)
            ga_rq_note(j->rq, "'%s' is painted nowhere, and will not be said",
                       ga_vocabulary_title(v, k));
        else if (n == 1 && painted > 1)
            ga_rq_note(j->rq,
                       "'%s' is painted in one picture, and so not known when that is left out",
                       ga_vocabulary_title(v, k));
    }
}

static json_t *tell(const job *j)
{
    const ga_vocabulary *v = ga_palette_vocabulary(j->painting.palette);
    const ga_parts_check *c = &j->check;
    json_t *labels = json_object();
    const bool checked = c->left_out > 0;
    ga_rq_say(j->rq, "%d pictures, %llu painted pixels, of which %.1f %% are labelled right",
              j->painting.n, (unsigned long long)c->pixels, 100 * c->right);
    if (checked)
        ga_rq_say(
            j->rq,
            "left out in turn, pictures are labelled right in %.1f %% of the pixels, mean IoU "
            "%.3f:",
            100 * c->left_out, c->mean_iou);
    for (int k = 1; k < ga_vocabulary_n(v) && checked; k++) {
        const double iou = ga_label_iou(c->both[k], c->said[k], c->truth[k]);
        if (c->truth[k] == 0)
            continue;
        ga_rq_say(j->rq, "  %-20s  IoU %.3f, %llu pixels painted", ga_vocabulary_title(v, k), iou,
                  (unsigned long long)c->truth[k]);
        json_object_set_new(labels, ga_vocabulary_title(v, k),
                            json_pack("{s:f, s:I}", "iou", iou, "pixels", (json_int_t)c->truth[k]));
    }
    note_little(j);
    return json_pack("{s:o, s:i, s:I, s:f, s:o*, s:o*, s:o, s:s}", "model",
                     ga_identity_of_model(ga_rq_text(j->rq, "model"), j->model), "pictures",
                     j->painting.n, "pixels", (json_int_t)c->pixels, "right", c->right, "left_out",
                     checked ? json_real(c->left_out) : NULL, "mean_iou",
                     checked ? json_real(c->mean_iou) : NULL, "labels", labels, "file",
                     ga_rq_text(j->rq, "output"));
}

static ga_status run(ga_request *rq, ga_err *err)
{
    job j = {.rq = rq};
    const char *output = ga_rq_text(rq, "output");
    ga_status status = ga_app_generator(rq, ga_rq_text(rq, "model"), &j.model, err);
    if (status == GA_OK)
        status = ga_output_check(output, err);
    if (status == GA_OK)
        status = ga_output_check(ga_rq_text(rq, "sheet"), err);
    if (status == GA_OK)
        status = ga_names_arg(rq, "layers", MOST_LAYERS, &j.layers, err);
    if (status == GA_OK)
        status = ga_layers_need(j.model, ga_rq_text(rq, "model"), j.layers.name, j.layers.n, err);
    if (status == GA_OK)
        status = read_painting(&j, err);
    if (status == GA_OK)
        status = train(&j, err);
    if (status == GA_OK)
        status = ga_model_save(j.parts, output, GA_F32, err);
    const char *sheet = ga_rq_text(rq, "sheet");
    const ga_parts_sheet shown = {.generator = j.model,
                                  .parts = j.parts,
                                  .painting = &j.painting,
                                  .maps = j.maps,
                                  .unseen = 6};
    if (status == GA_OK && sheet != NULL)
        status = ga_parts_sheet_save(rq, &shown, sheet, err);
    if (status == GA_OK) {
        ga_rq_result(rq, tell(&j));
        ga_rq_say(rq, "wrote %s", output);
        ga_rq_say(rq,
                  "next: ganatomy areas %s --segmenter %s; ganatomy dissect %s --layers LAYER "
                  "--segmenter %s, of another layer than it reads",
                  ga_rq_text(rq, "model"), output, ga_rq_text(rq, "model"), output);
    }
    free_job(&j);
    return status;
}

/* clang-format off */
static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "the generator whose pictures were painted: file, or a name that `ganatomy doctor` lists"},
    {.name = "folder", .type = GA_FIELD_FOLDER, .value = "FOLDER", .positional = true,
     .required = true, .help = "what `ganatomy parts paint` wrote, painted"},
    {.name = "layers", .type = GA_FIELD_TEXT, .value = "LAYERS", .many = true,
     .help = "whose units tell the parts apart, with ',' between; needed: without it you are told which "
             "would do (`ganatomy model info` lists all)"},
    {.name = "hidden", .type = GA_FIELD_INT, .value = "N", .fallback = "64", .min = 0, .max = 4096,
     .help = "units of the hidden layer; 0: a linear classifier"},
    {.name = "steps", .type = GA_FIELD_INT, .value = "N", .fallback = "1000", .min = 1, .max = 1e6,
     .help = "of Adam, each on 256 painted pixels"},
    {.name = "lr", .type = GA_FIELD_NUMBER, .value = "X", .fallback = "0.003", .min = 1e-6,
     .max = 1, .help = "learning rate at the start; it falls to 0"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0,
     .max = 4294967295.0, .help = "of the weights and of the order of pixels"},
    {.name = "no-check", .type = GA_FIELD_FLAG,
     .help = "do not measure how well it labels a picture that was left out (one training for each is saved)"},
    {.name = "sheet", .type = GA_FIELD_PICTURE, .value = "FILE.png",
     .help = "what was painted beside what is said, and what is said of six pictures more"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_OUTPUT, .value = "FILE.safetensors",
     .required = true, .help = "the segmenter"},
    {0}};
/* clang-format on */

static const ga_example examples[] = {
    {"ganatomy parts train fashion-gan paint --layers layer1,layer2 -o sleeves.safetensors",
     "from the painted pictures in paint/ to a segmenter"},
    {0}};

const ga_verb ga_verb_parts_train = {
    .name = "parts train",
    .summary = "from a few painted pictures to a segmenter of a generator's parts",
    .description =
        "What the units of a generator do at a pixel tells what the pixel is, so that a few "
        "painted pictures are enough: the maps of the layers are enlarged to the picture, stacked, "
        "and a small classifier learns the label of every painted pixel (Zhang et al. 2021, "
        "Tritrong "
        "et al. 2021). Seconds, and the same file every time.\n\n"
        "How good it is, is measured on pictures that were left out: each in turn is labelled by a "
        "classifier trained on all others, and held against what is painted. Paint every part in "
        "two "
        "pictures at least: one that is painted in a single picture is not known when that one is "
        "left out. --sheet shows all of it.\n\n"
        "The segmenter reads activations, not pictures, so it labels what this generator draws: "
        "`ganatomy dissect` with the same generator takes it as --segmenter. It refuses other "
        "models and loose pictures.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
