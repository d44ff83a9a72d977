/* verb_classify.c - `ganatomy classify`: what a classifier reads, and where it errs. */
#include "app/class_match.h"
#include "app/data_arg.h"
#include "app/named.h"
#include "app/loose_pictures.h"
#include "app/models.h"
#include "app/readings.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/file.h"
#include <string.h>

static const char *const certainty_words[] = {"softmax", "scaled", NULL};

static ga_certainty certainty_of(const ga_request *rq)
{
    return strcmp(ga_rq_text(rq, "certainty"), "scaled") == 0 ? GA_CERTAINTY_SCALED
                                                              : GA_CERTAINTY_SOFTMAX;
}

/* ---- labelled pictures ------------------------------------------------------------------------*/

enum { TABLE_CLASSES = 30 }; /* as many as a matrix in letters can have */

static void say_class(ga_request *rq, const ga_readings *r, int t)
{
    char name[32], most[160] = "";
    bool said[GA_METRIC_MAX_CLASSES] = {false};
    double lo, hi;
    ga_wilson((uint64_t)r->hits[t], (uint64_t)r->pictures[t], &lo, &hi);
    for (int turn = 0; turn < 3; turn++) { /* the three most frequent mistakes */
        int best = -1;
        const int *row = r->confusion + t * r->read_classes;
        for (int c = 0; c < r->read_classes; c++)
            if (c != r->to[t] && !said[c] && row[c] > 0 && (best < 0 || row[c] > row[best]))
                best = c;
        if (best < 0)
            break;
        said[best] = true;
        const size_t at = strlen(most);
        snprintf(most + at, sizeof most - at, "%s%s (%d)", turn > 0 ? ", " : "",
                 ga_readings_read(r, best, name, sizeof name), row[best]);
    }
    ga_rq_say(rq, "  %-12s  %8d  %6.2f %% (%6.2f to %6.2f)  %s", ga_readings_truth(r, t),
              r->pictures[t], r->pictures[t] > 0 ? 100.0 * r->hits[t] / r->pictures[t] : 0,
              100 * lo, 100 * hi, most);
}

static void say_matrix(ga_request *rq, const ga_readings *r)
{
    char name[32];
    ga_text line = {0};
    if (r->read_classes > TABLE_CLASSES || r->classes > TABLE_CLASSES) {
        ga_rq_say(rq, "the matrix of %d x %d classes is in --json and -o", r->classes,
                  r->read_classes);
        return;
    }
    ga_rq_say(rq, "rows: what pictures are; columns: what they are read as");
    for (int t = -1; t < r->classes; t++) {
        line.length = 0;
        ga_text_addf(&line, "  %-8.8s", t < 0 ? "" : ga_readings_truth(r, t));
        for (int c = 0; c < r->read_classes; c++)
            if (t < 0)
                ga_text_addf(&line, " %5.5s", ga_readings_read(r, c, name, sizeof name));
            else if (r->confusion[t * r->read_classes + c] > 0)
                ga_text_addf(&line, " %5d", r->confusion[t * r->read_classes + c]);
            else
                ga_text_addf(&line, "     .");
        if (!line.failed)
            ga_rq_say(rq, "%s", line.data);
    }
    ga_text_free(&line);
}

static void say_readings(ga_request *rq, const ga_readings *r)
{
    double lo, hi;
    int strangers = 0;
    ga_wilson((uint64_t)r->right, (uint64_t)r->n, &lo, &hi);
    ga_rq_say(rq, "reads %d of %d %s pictures of %s right: %.2f %% (%.2f to %.2f)", r->right, r->n,
              ga_split_name(ga_dataset_split(r->data)), ga_dataset_name(r->data),
              100.0 * r->right / r->n, 100 * lo, 100 * hi);
    ga_rq_say(rq, "certainty (%s) %.4f: %.4f where right, %.4f where wrong",
              ga_rq_text(rq, "certainty"), r->certainty, r->certainty_right, r->certainty_wrong);
    ga_rq_say(rq, "  %-12s  %8s  %-27s  %s", "class", "pictures", "read right",
              "mostly mistaken for");
    for (int t = 0; t < r->classes; t++) {
        say_class(rq, r, t);
        strangers += r->to[t] < 0 ? r->pictures[t] : 0;
    }
    say_matrix(rq, r);
    if (strangers > 0)
        ga_rq_note(rq,
                   "%d pictures are of classes that the classifier does not know; it cannot read "
                   "them right",
                   strangers);
}

static json_t *class_list(const ga_readings *r)
{
    json_t *list = json_array();
    for (int t = 0; t < r->classes; t++) {
        double lo, hi;
        ga_wilson((uint64_t)r->hits[t], (uint64_t)r->pictures[t], &lo, &hi);
        json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:[f,f]}", "name",
                                              ga_readings_truth(r, t), "pictures", r->pictures[t],
                                              "right", r->hits[t], "interval", lo, hi));
    }
    return list;
}

static json_t *matrix(const ga_readings *r)
{
    json_t *rows = json_array();
    for (int t = 0; t < r->classes; t++) {
        json_t *row = json_array();
        for (int c = 0; c < r->read_classes; c++)
            json_array_append_new(row, json_integer(r->confusion[t * r->read_classes + c]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *mistake_list(const ga_readings *r, int worst)
{
    json_t *list = json_array();
    char name[32];
    for (int i = 0; i < r->n_mistakes && i < worst; i++) {
        const ga_reading *m = &r->mistakes[i];
        json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:f}", "picture", m->picture, "is",
                                              ga_readings_truth(r, m->truth), "read",
                                              ga_readings_read(r, m->read, name, sizeof name),
                                              "certainty", m->certainty));
    }
    return list;
}

static json_t *result_of(const ga_request *rq, const ga_readings *r, int worst)
{
    double lo, hi;
    ga_wilson((uint64_t)r->right, (uint64_t)r->n, &lo, &hi);
    json_t *certainty = json_pack("{s:s, s:f, s:f, s:f}", "kind", ga_rq_text(rq, "certainty"),
                                  "mean", r->certainty, "right", r->certainty_right, "wrong",
                                  r->certainty_wrong);
    return json_pack("{s:f, s:[f,f], s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "accuracy",
                     (double)r->right / r->n, "interval", lo, hi, "right", r->right, "pictures",
                     r->n, "certainty", certainty, "classes", class_list(r), "confusion", matrix(r),
                     "mistakes", mistake_list(r, worst), "data", ga_identity_of_data(r->data, r->n),
                     "model", ga_identity_of_model(ga_rq_text(rq, "model"), r->classifier));
}

/* --data, else what the classifier was trained on, else mnist. */
static ga_status open_data(ga_request *rq, const ga_model *m, ga_dataset **out, ga_err *err)
{
    const char *note = ga_model_note(m, "data");
    ga_split split;
    ga_data_arg arg = {.data = ga_rq_text(rq, "data"),
                       .what = {.classes = ga_rq_text(rq, "classes"),
                                .images = (int)ga_rq_int(rq, "n", 0),
                                .pixels = (int)ga_rq_int(rq, "pixels", 0),
                                .seed = 1}};
    ga_data_arg_of_model(&arg, m);
    const ga_status status = ga_split_parse(ga_rq_text(rq, "split"), &split, err);
    if (status == GA_OK && note != NULL && note[0] != 0 && strcmp(note, arg.data) != 0)
        ga_rq_note(rq, "the classifier was trained on %s, and reads pictures of %s", note,
                   arg.data);
    return status == GA_OK ? ga_data_arg_load(rq, &arg, split, out, err) : status;
}

/* FOLDER/NAME, to be freed; NULL and a failure without memory. */
static char *in_folder(const char *folder, const char *name, ga_status *status, ga_err *err)
{
    char *path = ga_path_join(folder, name);
    if (path == NULL)
        *status = ga_fail(err, GA_ENOMEM, "no memory for a path");
    return path;
}

static ga_status draw(ga_request *rq, const ga_readings *r, const char *folder, int worst,
                      ga_err *err)
{
    ga_status status = GA_OK;
    char *mistakes = in_folder(folder, "mistakes.png", &status, err);
    char *confusion = in_folder(folder, "confusion.png", &status, err);
    if (status == GA_OK)
        status = ga_readings_draw_mistakes(rq, r, worst, mistakes, err);
    if (status == GA_OK)
        status = ga_readings_draw_confusion(rq, r, confusion, err);
    ga_mem_free(mistakes);
    ga_mem_free(confusion);
    return status;
}

static ga_status classify_data(ga_request *rq, ga_model *m, ga_err *err)
{
    const char *folder = ga_rq_text(rq, "output");
    const int worst = (int)ga_rq_int(rq, "worst", 36);
    ga_dataset *data = NULL;
    ga_readings r = {0};
    ga_status status = open_data(rq, m, &data, err);
    if (status == GA_OK)
        status = ga_readings_of(rq, m, data, certainty_of(rq), &r, err);
    if (status == GA_OK) {
        say_readings(rq, &r);
        ga_rq_result(rq, result_of(rq, &r, worst));
    }
    if (status == GA_OK && folder != NULL)
        status = draw(rq, &r, folder, worst, err);
    ga_readings_free(&r);
    ga_dataset_free(data);
    return status;
}

/* ---- files without labels ---------------------------------------------------------------------*/

/* What one file is read as, and what would have been second. */
static json_t *say_file(ga_request *rq, const ga_model *m, const char *path, const float *logits,
                        int k)
{
    char names[2][32];
    int best, second = -1;
    const double certainty = ga_certainty_of(logits, k, certainty_of(rq), &best);
    for (int c = 0; c < k; c++)
        if (c != best && (second < 0 || logits[c] > logits[second]))
            second = c;
    const char *read = ga_class_called(m, NULL, best, names[0], sizeof names[0]);
    const char *next = ga_class_called(m, NULL, second, names[1], sizeof names[1]);
    ga_rq_say(rq, "  %-12s  %.4f  %s   (second: %s)", read, certainty, path, next);
    return json_pack("{s:s, s:s, s:f, s:s}", "file", path, "read", read, "certainty", certainty,
                     "second", next);
}

static ga_status draw_files(ga_request *rq, const ga_model *m, const ga_loose_pictures *p,
                            const float *logits, int k, ga_err *err)
{
    enum { MOST = 400 };
    const int n = p->n < MOST ? p->n : MOST, columns = ga_columns_for(n);
    const ga_dims d = p->dims;
    char name[32], caption[64];
    ga_sheet *sheet = NULL;
    ga_status status = GA_OK;
    char *path = in_folder(ga_rq_text(rq, "output"), "readings.png", &status, err);
    if (status == GA_OK)
        status = ga_sheet_create(columns, (n + columns - 1) / columns, d.w, d.h,
                                 ga_zoom_for(d.w, 96), true,
                                 "As the classifier gets them, and what it reads", &sheet, err);
    for (int i = 0; i < n && status == GA_OK; i++) {
        int best;
        const double certainty = ga_certainty_of(logits + (size_t)i * (size_t)k, k,
                                                 certainty_of(rq), &best);
        snprintf(caption, sizeof caption, "%s %.3f",
                 ga_class_called(m, NULL, best, name, sizeof name), certainty);
        status = ga_sheet_put_view(sheet, i % columns, i / columns,
                                   (ga_view){p->pixels, p->n, d.c, d.h, d.w}, i,
                                   (ga_scale){.lo = 0, .hi = 1}, caption, err);
    }
    if (status == GA_OK)
        status = ga_sheet_save(rq, sheet, path, err);
    ga_sheet_free(sheet);
    ga_mem_free(path);
    return status;
}

static ga_status classify_files(ga_request *rq, ga_model *m, ga_err *err)
{
    int n_names;
    const char *const *names = ga_rq_list(rq, "images", &n_names);
    ga_loose_pictures p = {0};
    ga_eye *eye = NULL;
    float *logits = NULL;
    int k = 0;
    ga_status status = ga_eye_create(m, NULL, ga_rq_threads(rq), ga_rq_memory(rq), &eye, err);
    if (status == GA_OK)
        status = ga_loose_pictures_read(rq, names, n_names, ga_arch_input(ga_model_arch(m)),
                                        ga_rq_flag(rq, "invert"), &p, err);
    if (status == GA_OK) {
        k = ga_eye_classes(eye);
        logits = ga_mem_new((size_t)p.n * (size_t)k, sizeof *logits);
        status = logits != NULL
                     ? ga_eye_look(eye, (ga_view){p.pixels, p.n, p.dims.c, p.dims.h, p.dims.w}, 0,
                                   1, NULL, logits, err)
                     : ga_fail(err, GA_ENOMEM, "no memory for what %d pictures are read as", p.n);
    }
    if (status == GA_OK) {
        json_t *list = json_array();
        for (int i = 0; i < p.n; i++)
            json_array_append_new(list,
                                  say_file(rq, m, p.path[i], logits + (size_t)i * (size_t)k, k));
        ga_rq_result(rq, json_pack("{s:o, s:s, s:o}", "files", list, "certainty",
                                   ga_rq_text(rq, "certainty"), "model",
                                   ga_identity_of_model(ga_rq_text(rq, "model"), m)));
    }
    if (status == GA_OK && ga_rq_text(rq, "output") != NULL)
        status = draw_files(rq, m, &p, logits, k, err);
    ga_mem_free(logits);
    ga_eye_free(eye);
    ga_loose_pictures_free(&p);
    return status;
}

/* ---- the verb ---------------------------------------------------------------------------------*/

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *folder = ga_rq_text(rq, "output");
    const bool files = ga_rq_given(rq, "images");
    ga_model *m = NULL;
    if (files && (ga_rq_given(rq, "data") || ga_rq_given(rq, "classes") || ga_rq_given(rq, "n") ||
                  ga_rq_given(rq, "pixels") || ga_rq_given(rq, "split")))
        return ga_fail(
            err, GA_EINVAL,
            "--images are files without labels: --data and its options do not go with it");
    ga_status status = ga_app_model(rq, ga_rq_text(rq, "model"), &m, err);
    if (status == GA_OK && folder != NULL)
        status = ga_make_folders(folder, err);
    if (status == GA_OK)
        status = files ? classify_files(rq, m, err) : classify_data(rq, m, err);
    ga_model_free(m);
    return status;
}

static const ga_field fields[] = {
    {.name = "model",
     .type = GA_FIELD_TEXT,
     .value = "CLASSIFIER",
     .positional = true,
     .required = true,
     .help = "a classifier: file, or a name that `ganatomy doctor` lists"},
    {.name = "data",
     .type = GA_FIELD_TEXT,
     .value = "DATA",
     .help = GA_DATA_HELP "; if not given, what the classifier was trained on"},
    {.name = "classes",
     .type = GA_FIELD_TEXT,
     .value = "CLASSES",
     .help = "only pictures of these, by number or name: 7, 0-4, 1,3,5 or cat,dog"},
    {.name = "n",
     .type = GA_FIELD_INT,
     .value = "N",
     .min = 1,
     .max = 1e9,
     .help = "only so many, as evenly over the classes as can be; always the same ones"},
    {.name = "pixels",
     .type = GA_FIELD_INT,
     .value = "N",
     .min = 1,
     .max = 4096,
     .help = "make every picture N x N first: its middle square, resized"},
    GA_DATA_SPLIT_FIELD("test"),
    {.name = "images",
     .type = GA_FIELD_TEXT,
     .value = "PATH",
     .many = true,
     .help = "instead of --data: a picture, or a folder of pictures, without labels"},
    {.name = "invert",
     .type = GA_FIELD_FLAG,
     .help = "with --images: exchange black and white, for ink on paper"},
    {.name = "certainty",
     .type = GA_FIELD_CHOICE,
     .value = "KIND",
     .fallback = "softmax",
     .choices = certainty_words,
     .help = "the largest softmax of the logits, or of 3 logits / their standard deviation"},
    {.name = "worst",
     .type = GA_FIELD_INT,
     .value = "N",
     .fallback = "36",
     .min = 0,
     .max = 1000,
     .help = "how many mistakes are listed and drawn, the surest first"},
    {.name = "output",
     .letter = 'o',
     .type = GA_FIELD_FOLDER,
     .value = "FOLDER",
     .help = "write mistakes.png and confusion.png there (readings.png with --images)"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy classify lenet5 --data mnist", "accuracy, class by class"},
    {"ganatomy classify lenet5 --data mnist -o mistakes", "with the worst mistakes as a picture"},
    {"ganatomy classify lenet5 --images three.png --invert", "one's own digit, ink on paper"},
    {0}};

const ga_verb ga_verb_classify = {
    .name = "classify",
    .summary = "read pictures with a classifier",
    .description =
        "Of labelled pictures: how many are read right, with Wilson's 95 % interval; the same for "
        "each class, and what it is mistaken for; the confusion matrix; the worst mistakes, those "
        "of "
        "which the classifier is surest. Pictures are resized bilinearly with half-pixel centres "
        "to "
        "what it reads. Classes are told by their names where both sides have names, else by "
        "number."
        "\n\n"
        "With --images: what each file is read as. The middle square of a picture is taken, and "
        "made as large as the classifier reads; digits should fill it as the training pictures do.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
