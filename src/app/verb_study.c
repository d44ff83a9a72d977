/* verb_study.c - `ganatomy study mnist-gan`: the whole feature-map study as one page. */
#include "app/latent_arg.h"
#include "app/sheets.h"
#include "app/study.h"
#include "base/alloc.h"
#include "base/file.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ga_status open_networks(study *st, ga_err *err)
{
    static const char *const layers[2] = {"layer1", "layer2"};
    ga_request *rq = st->rq;
    ga_status s = ga_app_generator(rq, ga_rq_text(rq, "model"), &st->model, err);
    if (s == GA_OK && ga_arch_classes(ga_model_arch(st->model)) > 0)
        s = ga_fail(err, GA_EINVAL,
                    "'%s' is told which class to draw: the study asks a generator that is not",
                    ga_rq_text(rq, "model"));
    if (s == GA_OK)
        s = ga_app_model(rq, ga_rq_text(rq, "classifier"), &st->classifier, err);
    if (s == GA_OK)
        s = ga_eye_create(st->classifier, NULL, ga_rq_threads(rq), ga_rq_memory(rq), &st->eye, err);
    if (s == GA_OK && ga_eye_classes(st->eye) != N_CLASSES)
        s = ga_fail(err, GA_EINVAL, "'%s' knows %d classes: the study needs the ten digits",
                    ga_rq_text(rq, "classifier"), ga_eye_classes(st->eye));
    for (int i = 0; i < 2 && s == GA_OK; i++) {
        const ga_lab_options o = {.tap = layers[i], .bn = GA_BN_IMAGE, .threads = ga_rq_threads(rq),
                                  .memory_limit = ga_rq_memory(rq)};
        s = ga_lab_create(st->model, &o, &st->lab[i], err);
        if (s == GA_OK)
            st->dims[i] = ga_lab_tap_dims(st->lab[i]);
    }
    if (s == GA_OK) {
        st->picture = ga_lab_output_dims(st->lab[0]);
        ga_arch_output_range(ga_model_arch(st->model), &st->scale.lo, &st->scale.hi);
        if (st->picture.c != 1)
            s = ga_fail(err, GA_ESHAPE, "'%s' makes pictures of %d channels: the study needs grey ones",
                        ga_rq_text(rq, "model"), st->picture.c);
    }
    return s;
}

static ga_status write_json(study *st, const char *path, ga_err *err)
{
    char *text = json_dumps(st->json, JSON_INDENT(1) | JSON_REAL_PRECISION(9) | JSON_SORT_KEYS);
    if (text == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for '%s'", path);
    const ga_status s = ga_file_write(path, text, strlen(text), err);
    free(text); /* jansson's own allocation */
    return s;
}

/* Makes the folder and asks whether the page can be written there, before the work is done. */
static ga_status make_folder(const char *folder, ga_err *err)
{
    ga_status s = ga_make_folders(folder, err);
    char *page = ga_path_join(folder, "study.html");
    if (s == GA_OK)
        s = page != NULL ? ga_output_check(page, err)
                         : ga_fail(err, GA_ENOMEM, "no memory for paths");
    ga_mem_free(page);
    return s;
}

static ga_status write_all(study *st, const char *folder, ga_err *err)
{
    ga_status s = GA_OK;
    char *page = ga_path_join(folder, "study.html"), *numbers = ga_path_join(folder, "study.json");
    if (page == NULL || numbers == NULL)
        s = ga_fail(err, GA_ENOMEM, "no memory for paths");
    if (s == GA_OK)
        s = write_json(st, numbers, err);
    if (s == GA_OK)
        s = ga_page_save(st->page, page, err);
    if (s == GA_OK) {
        ga_rq_say(st->rq, "wrote %s (open it in a browser) and %s", page, numbers);
        json_object_set_new(st->json, "page", json_string(page));
        ga_rq_result(st->rq, json_incref(st->json));
    }
    ga_mem_free(page);
    ga_mem_free(numbers);
    return s;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    char hash[65];
    study st = {.rq = rq, .json = json_object(), .seed = (uint64_t)ga_rq_int(rq, "seed", 1)};
    const char *folder = ga_rq_text(rq, "output");
    const bool there = ga_is_folder(folder);
    ga_status s = open_networks(&st, err);
    if (s == GA_OK)
        s = make_folder(folder, err);
    if (s == GA_OK)
        s = ga_page_create("Which feature maps carry a digit?",
                           "The mnist-gan feature-map study, repeated: maps of one image are given to "
                           "another, and a classifier reads what comes out.",
                           &st.page, err);
    if (s == GA_OK)
        s = study_read_sets(&st, ga_rq_text(rq, "latents"), err);
    if (s == GA_OK) {
        ga_model_hash(st.model, hash);
        json_object_set_new(st.json, "model_hash", json_string(hash));
        ga_page_text(st.page, "Generator `%s` (content %.12s), %d units at `layer1`, %d at `layer2`.",
                     ga_path_base(ga_rq_text(rq, "model")), hash, st.dims[0].c, st.dims[1].c);
        ga_model_hash(st.classifier, hash);
        json_object_set_new(st.json, "classifier_hash", json_string(hash));
        ga_page_text(st.page, "Read by classifier `%s` (content %.12s).",
                     ga_path_base(ga_rq_text(rq, "classifier")), hash);
        s = study_experiments(&st, err);
    }
    if (s == GA_OK)
        s = study_curves(&st, err);
    if (s == GA_OK)
        s = write_all(&st, folder, err);
    if (s != GA_OK && !there)
        rmdir(folder); /* made in vain; stays if something is in it */

    for (int k = 0; k < N_SETS; k++) {
        ga_mem_free(st.set[k].z);
        ga_mem_free(st.set[k].pictures);
        ga_mem_free(st.set[k].maps[0]);
        ga_mem_free(st.set[k].maps[1]);
    }
    ga_text_free(&st.crossed_words);
    ga_page_free(st.page);
    json_decref(st.json);
    ga_lab_free(st.lab[0]);
    ga_lab_free(st.lab[1]);
    ga_eye_free(st.eye);
    ga_model_free(st.classifier);
    ga_model_free(st.model);
    return s;
}

static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "a generator of digits with layers named layer1 and layer2"},
    {.name = "latents", .type = GA_FIELD_FILE, .value = "FILE.json",
     .help = "latents of each kind: {\"zeros\":[[...],...],\"ones\":...,\"threes\",\"fours\",\"fives\","
             "\"sevens\",\"crossed_sevens\"}, five or more each; chosen by the classifier if absent"},
    {.name = "classifier", .type = GA_FIELD_TEXT, .value = "MODEL", .fallback = "lenet5",
     .help = "the network that reads the digits"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0,
     .max = 4294967295.0, .help = "seed of the chosen samples and the random draws"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_FOLDER, .value = "FOLDER", .required = true,
     .help = "folder for study.html and study.json"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy study mnist-gan mnist-gan -o study", "the study on the model that came with the program"},
    {"ganatomy study mnist-gan published.safetensors --latents latents.json -o study",
     "on the published weights and the study's own latents"},
    {0}};

const ga_verb ga_verb_study_mnist_gan = {
    .name = "study mnist-gan",
    .summary = "repeat the mnist-gan feature-map study as one page",
    .description =
        "Runs experiments 1 to 5 and the appendix of the study (github.com/binhanle/mnist-gan): which "
        "feature maps have to be swapped between two images before the digit changes? Every picture "
        "is read by a classifier; batch-norm statistics are those of each image alone, as in the "
        "study. Experiment 1a is done as published (25 of the maps after layer2) and as described "
        "(25 of those after layer1).\n\n"
        "Writes one self-contained page, study.html, with pictures, numbers and the curves that "
        "answer the question, and the same numbers as study.json.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
