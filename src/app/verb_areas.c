/* verb_areas.c - `ganatomy areas`: how much of what a generator draws, beside real pictures. */
#include "app/class_match.h"
#include "app/data_arg.h"
#include "app/label_arg.h"
#include "app/latent_arg.h"
#include "app/models.h"
#include "app/named.h"
#include "app/segmenter_arg.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/file.h"
#include "ganatomy/areas.h"
#include "ganatomy/metric.h"
#include "ganatomy/scenes.h"
#include "ganatomy/seg.h"
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 100 }; /* pictures at a time; a multiple of what generators run in */

/* Pictures of a data set, and what is seen in them. */
typedef struct pictures {
    ga_dataset *data;
    int n;
    uint32_t *order; /* the first n are looked at, as `evaluate` picks them */
    int class;       /* of data, the only one that is looked at; -1: all */
    ga_areas *areas;
    ga_areas *truth; /* by the data's own maps, where they have the same words; else NULL */
} pictures;

typedef struct job {
    ga_request *rq;
    ga_model *model;
    ga_segmenter_arg seer;
    ga_segmenter *segmenter; /* its */
    const char *called;      /* it, in the words of the command */
    const ga_vocabulary *v;
    int n;     /* samples */
    int label; /* the class of all samples, or -1: as they come */
    char label_words[GA_LABEL_WORDS];
    ga_areas *made;
    pictures real, other; /* other: of the other split, for --floor */
    uint16_t *maps;
    float *room; /* pictures at hand */
    ga_areas_distance distance, floor;
    int category;
} job;

static void free_pictures(pictures *p)
{
    ga_areas_free(p->areas);
    ga_areas_free(p->truth);
    ga_dataset_free(p->data);
    ga_mem_free(p->order);
}

static void free_job(job *j)
{
    ga_areas_free(j->made);
    free_pictures(&j->real);
    free_pictures(&j->other);
    ga_segmenter_arg_free(&j->seer);
    ga_model_free(j->model);
    ga_mem_free(j->maps);
    ga_mem_free(j->room);
}

/* ---- looking ----------------------------------------------------------------------------------*/

static ga_dims made_dims(const job *j)
{
    const ga_graph *g = ga_model_graph(j->model);
    return ga_graph_output_dims(g);
}

/* n pictures of the side and range given, into a. */
static ga_status see(job *j, int n, ga_dims d, float lo, float hi, ga_areas *a, ga_err *err)
{
    const ga_seg_pictures p = {j->room, n, d, lo, hi};
    const ga_status status = ga_segmenter_maps(j->segmenter, p, d.h, d.w, j->maps, err);
    const ga_label_maps maps = {j->maps, n, ga_segmenter_planes(j->segmenter), d.h, d.w};
    return status == GA_OK ? ga_areas_add(a, maps, err) : status;
}

static ga_status went_on(const job *j, int done, ga_err *err)
{
    const ga_progress *p = ga_rq_progress(j->rq);
    if (p->report != NULL)
        p->report(p->user, "pictures", (uint64_t)done,
                  (uint64_t)j->n + (uint64_t)j->real.n + (uint64_t)j->other.n);
    return p->cancelled != NULL && p->cancelled(p->user)
               ? ga_fail(err, GA_EINTERRUPTED, "interrupted")
               : GA_OK;
}

/* Samples at .. at+n-1, into the room. */
static ga_status make(job *j, int at, int n, ga_err *err)
{
    const uint32_t seed = (uint32_t)ga_rq_int(j->rq, "seed", 1);
    const ga_bn_mode bn = ga_bn_parse(ga_rq_text(j->rq, "bn"));
    const int threads = ga_rq_threads(j->rq);
    const size_t memory = ga_rq_memory(j->rq);
    return j->label >= 0 ? ga_samples_of_class(j->model, j->label, at, n, seed, bn, threads, memory,
                                               j->room, err)
                         : ga_samples_of_generator(j->model, at, n, seed, bn, threads, memory,
                                                   j->room, NULL, err);
}

static ga_status see_made(job *j, ga_err *err)
{
    const ga_dims d = made_dims(j);
    float lo, hi;
    ga_status status = GA_OK;
    ga_arch_output_range(ga_model_arch(j->model), &lo, &hi);
    for (int at = 0; at < j->n && status == GA_OK; at += CHUNK) {
        const int n = j->n - at < CHUNK ? j->n - at : CHUNK;
        status = make(j, at, n, err);
        if (status == GA_OK)
            status = see(j, n, d, lo, hi, j->made, err);
        if (status == GA_OK)
            status = went_on(j, at + n, err);
    }
    return status;
}

/* before: pictures that were looked at before these. */
static ga_status see_pictures(job *j, pictures *p, int before, ga_err *err)
{
    const ga_dims d = ga_dataset_dims(p->data);
    ga_status status = GA_OK;
    for (int at = 0; at < p->n && status == GA_OK; at += CHUNK) {
        const int n = p->n - at < CHUNK ? p->n - at : CHUNK;
        const uint32_t *index = p->order + at;
        status = ga_batch_fill(p->data, index, n, (ga_batch_spec){.lo = 0, .hi = 1}, j->room, NULL,
                               err);
        if (status == GA_OK)
            status = see(j, n, d, 0, 1, p->areas, err);
        if (status == GA_OK && p->truth != NULL)
            status = ga_dataset_fill_maps(p->data, index, n, j->maps, err);
        if (status == GA_OK && p->truth != NULL)
            status = ga_areas_add(
                p->truth, (ga_label_maps){j->maps, n, ga_vocabulary_categories(j->v), d.h, d.w},
                err);
        if (status == GA_OK)
            status = went_on(j, before + at + n, err);
    }
    return status;
}

static ga_status see_all(job *j, ga_err *err)
{
    ga_status status = see_made(j, err);
    if (status == GA_OK)
        status = see_pictures(j, &j->real, j->n, err);
    if (status == GA_OK && j->other.data != NULL)
        status = see_pictures(j, &j->other, j->n + j->real.n, err);
    if (status == GA_OK)
        status = ga_areas_compare(j->made, j->real.areas, j->category, &j->distance, err);
    if (status == GA_OK && j->other.data != NULL)
        status = ga_areas_compare(j->other.areas, j->real.areas, j->category, &j->floor, err);
    return status;
}

/* ---- what is asked ----------------------------------------------------------------------------*/

static ga_status open_segmenter(job *j, ga_err *err)
{
    j->called = ga_rq_text(j->rq, "segmenter");
    if (j->called == NULL)
        j->called = ga_segmenter_usual(ga_model_note(j->model, "data"));
    const ga_status status = ga_segmenter_arg_open(j->rq, j->called, ga_rq_memory(j->rq), &j->seer,
                                                   err);
    j->segmenter = j->seer.segmenter;
    return status;
}

/* The class of p->data that the samples are of, or -1: all of its classes are looked at. */
static ga_status match_class(const job *j, pictures *p, ga_err *err)
{
    const int n = ga_dataset_classes(p->data), draws = ga_arch_classes(ga_model_arch(j->model));
    p->class = -1;
    if (j->label < 0 || ga_rq_given(j->rq, "classes"))
        return GA_OK;
    int *to = ga_mem_new((size_t)n, sizeof *to);
    const ga_status status = to != NULL ? ga_classes_of_data(j->model, draws, p->data, to, err)
                                        : ga_fail(err, GA_ENOMEM, "no memory for %d classes", n);
    for (int i = 0; i < n && status == GA_OK; i++)
        if (to[i] == j->label)
            p->class = i;
    ga_mem_free(to);
    return status;
}

/* The order of the pictures that are looked at, n of them at most; more: others could be had. */
static ga_status put_in_order(pictures *p, int n, bool more, ga_err *err)
{
    const int all = ga_dataset_n(p->data);
    const int32_t *labels = ga_dataset_labels(p->data);
    int kept = 0;
    p->order = ga_mem_new((size_t)all, sizeof *p->order);
    if (p->order == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the order of %d pictures", all);
    ga_epoch_order((uint32_t)all, 1, 0, p->order);
    for (int i = 0; i < all; i++)
        if (p->class < 0 || labels[p->order[i]] == p->class)
            p->order[kept++] = p->order[i];
    p->n = n < kept ? n : kept;
    if (p->n > 0)
        return GA_OK;
    return ga_fail(err, GA_EINVAL, "none of the %d %s pictures of '%s' is of class '%s'%s", all,
                   ga_split_name(ga_dataset_split(p->data)), ga_dataset_name(p->data),
                   ga_dataset_class_name(p->data, p->class), more ? ": ask for more --images" : "");
}

/* Where samples and pictures are not of the same classes. */
static void note_classes(const job *j, const pictures *p)
{
    const char *samples = j->label >= 0 ? j->label_words : "whatever the model makes";
    if (ga_rq_given(j->rq, "classes"))
        ga_rq_note(j->rq, "only classes %s of the pictures; samples are of %s",
                   ga_rq_text(j->rq, "classes"), samples);
    else if (j->label >= 0 && p->class < 0)
        ga_rq_note(j->rq,
                   "pictures of all classes of '%s', which has none of that name, stand beside "
                   "samples of %s",
                   ga_dataset_name(p->data), samples);
}

static ga_status open_split(job *j, ga_split split, pictures *p, ga_err *err)
{
    ga_data_arg arg = ga_data_arg_of(j->rq);
    ga_data_arg_of_model(&arg, j->model);
    ga_status status = ga_data_arg_load(j->rq, &arg, split, &p->data, err);
    if (status != GA_OK)
        return status;
    const ga_dims made = made_dims(j), real = ga_dataset_dims(p->data);
    if (made.h != real.h || made.w != real.w)
        return ga_fail(
            err, GA_ESHAPE,
            "'%s' makes pictures of %d x %d, those of '%s' are %d x %d: give --pixels %d",
            ga_rq_text(j->rq, "model"), made.w, made.h, ga_dataset_name(p->data), real.w, real.h,
            made.h);
    status = match_class(j, p, err);
    if (status == GA_OK && p == &j->real)
        note_classes(j, p);
    if (status == GA_OK)
        status = put_in_order(p, j->n, ga_rq_given(j->rq, "images"), err);
    return status == GA_OK ? ga_areas_create(j->v, &p->areas, err) : status;
}

static ga_status open_data(job *j, ga_err *err)
{
    ga_split split;
    ga_status status = ga_split_parse(ga_rq_text(j->rq, "split"), &split, err);
    if (status == GA_OK)
        status = open_split(j, split, &j->real, err);
    if (status == GA_OK)
        ga_segmenter_arg_note(j->rq, &j->seer, ga_dataset_name(j->real.data));
    if (status == GA_OK && ga_rq_flag(j->rq, "floor"))
        status = open_split(j, split == GA_SPLIT_TEST ? GA_SPLIT_TRAIN : GA_SPLIT_TEST, &j->other,
                            err);
    if (status == GA_OK && j->other.data != NULL && j->other.n != j->n)
        ga_rq_note(j->rq, "the floor is that of %d pictures, not of %d", j->other.n, j->n);
    return status;
}

static ga_status make_room(job *j, ga_err *err)
{
    const ga_dims made = made_dims(j), d = ga_dataset_dims(j->real.data);
    const size_t picture = (size_t)d.h * (size_t)d.w,
                 channels = (size_t)(made.c > d.c ? made.c : d.c);
    const int planes = ga_segmenter_planes(j->segmenter), own = ga_vocabulary_categories(j->v);
    const ga_vocabulary *words = ga_dataset_vocabulary(j->real.data);
    j->room = ga_mem_new(CHUNK * channels * picture, sizeof *j->room);
    j->maps = ga_mem_new(CHUNK * (size_t)(planes > own ? planes : own) * picture, sizeof *j->maps);
    if (j->room == NULL || j->maps == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d pictures and their labels", CHUNK);
    const ga_status status = ga_areas_create(j->v, &j->made, err);
    if (status == GA_OK && words != NULL && ga_vocabulary_same(words, j->v))
        return ga_areas_create(j->v, &j->real.truth, err);
    return status;
}

static ga_status find_category(job *j, ga_err *err)
{
    const char *wanted = ga_rq_text(j->rq, "category");
    ga_text all = {0};
    for (int k = 0; k < ga_vocabulary_categories(j->v); k++) {
        const char *name = ga_vocabulary_category(j->v, k);
        if (wanted == NULL || strcmp(name, wanted) == 0) {
            j->category = k;
            ga_text_free(&all);
            return GA_OK;
        }
        ga_text_addf(&all, "%s%s", k > 0 ? ", " : "", name);
    }
    const ga_status status = ga_fail(err, GA_ENOTFOUND, "'%s' has no category '%s': it has %s",
                                     j->called, wanted, all.data != NULL ? all.data : "none");
    ga_text_free(&all);
    return status;
}

/* ---- what was seen ----------------------------------------------------------------------------*/

typedef struct row {
    int label;
    ga_area made, real;
    ga_area_change change;
} row;

/* By category, in each by real area. */
static int by_area(const void *a, const void *b)
{
    const row *x = a, *y = b;
    const double dx = x->real.mean, dy = y->real.mean;
    return dx != dy ? (dx < dy) - (dx > dy) : (x->label > y->label) - (x->label < y->label);
}

/* Rows of the labels that occur; *n of them. NULL: no memory. */
static row *rows_of(const job *j, int *n)
{
    const int labels = ga_vocabulary_n(j->v);
    row *rows = ga_mem_new((size_t)labels, sizeof *rows);
    int first = *n = 0;
    for (int k = 0; rows != NULL && k < ga_vocabulary_categories(j->v); k++, first = *n) {
        for (int c = 1; c < labels; c++) {
            const ga_area made = ga_areas_of(j->made, c), real = ga_areas_of(j->real.areas, c);
            if (ga_vocabulary_at(j->v, c).category == k && made.pictures + real.pictures > 0)
                rows[(*n)++] = (row){c, made, real, ga_area_change_of(made, real)};
        }
        qsort(rows + first, (size_t)(*n - first), sizeof *rows, by_area);
    }
    return rows;
}

static const char *category_of(const job *j, int label)
{
    return ga_vocabulary_category(j->v, ga_vocabulary_at(j->v, label).category);
}

static void say_row(const job *j, const row *r)
{
    char change[64] = "none is made", truth[24] = "";
    if (r->real.pictures == 0)
        snprintf(change, sizeof change, "none is real");
    if (r->change.have)
        snprintf(change, sizeof change, "%+.0f %% (%+.0f to %+.0f)", 100 * r->change.change,
                 100 * r->change.lo, 100 * r->change.hi);
    if (j->real.truth != NULL)
        snprintf(truth, sizeof truth, "  %7.2f %%", ga_areas_of(j->real.truth, r->label).mean);
    ga_rq_say(j->rq, "  %-20s  %-10s  %7.2f %%  %7.2f %%%s  %7.1f %%  %7.1f %%  %s",
              ga_vocabulary_title(j->v, r->label), category_of(j, r->label), r->made.mean,
              r->real.mean, truth, 100 * (double)r->made.pictures / j->n,
              100 * (double)r->real.pictures / j->real.n, change);
}

static json_t *json_of(const job *j, const row *rows, int n)
{
    json_t *labels = json_object();
    for (int i = 0; i < n; i++) {
        const row *r = &rows[i];
        json_t *o = json_pack("{s:s, s:f, s:f, s:f, s:f, s:I, s:I}", "category",
                              category_of(j, r->label), "made_percent", r->made.mean, "made_error",
                              r->made.error, "real_percent", r->real.mean, "real_error",
                              r->real.error, "made_pictures", (json_int_t)r->made.pictures,
                              "real_pictures", (json_int_t)r->real.pictures);
        if (r->change.have)
            json_object_set_new(o, "change_percent",
                                json_pack("[f,f,f]", 100 * r->change.change, 100 * r->change.lo,
                                          100 * r->change.hi));
        if (j->real.truth != NULL)
            json_object_set_new(o, "truth_percent",
                                json_real(ga_areas_of(j->real.truth, r->label).mean));
        json_object_set_new(labels, ga_vocabulary_title(j->v, r->label), o);
    }
    json_t *all = json_pack("{s:o, s:o, s:s, s:s, s:i, s:I, s:{s:s, s:f, s:f, s:i}, s:o}", "model",
                            ga_identity_of_model(ga_rq_text(j->rq, "model"), j->model), "data",
                            ga_identity_of_data(j->real.data, j->real.n), "segmenter", j->called,
                            "segmenter_sha256", ga_segmenter_hash(j->segmenter), "samples", j->n,
                            "seed", (json_int_t)ga_rq_int(j->rq, "seed", 1), "distance", "category",
                            ga_vocabulary_category(j->v, j->category), "frechet",
                            j->distance.distance, "means", j->distance.means, "components",
                            j->distance.components, "labels", labels);
    if (j->label >= 0)
        json_object_set_new(all, "class", json_integer(j->label));
    if (j->real.class >= 0)
        json_object_set_new(all, "real_class",
                            json_string(ga_dataset_class_name(j->real.data, j->real.class)));
    if (j->other.data != NULL)
        json_object_set_new(all, "floor", json_real(j->floor.distance));
    return all;
}

static ga_status write_csv(const job *j, const row *rows, int n, const char *path, ga_err *err)
{
    ga_text t = {0};
    ga_text_add(&t, "label,category,made_percent,made_error,real_percent,real_error,change_percent,"
                    "change_low,change_high,"
                    "made_pictures,real_pictures,truth_percent\n");
    for (int i = 0; i < n; i++) {
        const row *r = &rows[i];
        ga_text_addf(&t, "\"%s\",%s,%.9g,%.9g,%.9g,%.9g,", ga_vocabulary_title(j->v, r->label),
                     category_of(j, r->label), r->made.mean, r->made.error, r->real.mean,
                     r->real.error);
        if (r->change.have)
            ga_text_addf(&t, "%.9g,%.9g,%.9g", 100 * r->change.change, 100 * r->change.lo,
                         100 * r->change.hi);
        else
            ga_text_add(&t, ",,");
        ga_text_addf(&t, ",%llu,%llu,", (unsigned long long)r->made.pictures,
                     (unsigned long long)r->real.pictures);
        if (j->real.truth != NULL)
            ga_text_addf(&t, "%.9g", ga_areas_of(j->real.truth, r->label).mean);
        ga_text_add(&t, "\n");
    }
    const ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "%s: no memory for it", path)
                                      : ga_file_write(path, t.data, t.length, err);
    ga_text_free(&t);
    if (status == GA_OK)
        ga_rq_say(j->rq, "wrote %s", path);
    return status;
}

static void say_lead(const job *j)
{
    const pictures *p = &j->real;
    char made[GA_LABEL_WORDS + 8] = "", real[96] = "";
    if (j->label >= 0)
        snprintf(made, sizeof made, "%s, ", j->label_words);
    if (p->class >= 0)
        snprintf(real, sizeof real, " of class '%.60s'", ga_dataset_class_name(p->data, p->class));
    ga_rq_say(j->rq, "%s: %d samples of %sseed %lld beside %d %s pictures%s of %s, labels by %s",
              ga_rq_text(j->rq, "model"), j->n, made, (long long)ga_rq_int(j->rq, "seed", 1), p->n,
              ga_split_name(ga_dataset_split(p->data)), real, ga_dataset_name(p->data), j->called);
}

static ga_status tell(job *j, ga_err *err)
{
    const char *path = ga_rq_text(j->rq, "output");
    int n;
    row *rows = rows_of(j, &n);
    if (rows == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the table");
    say_lead(j);
    ga_rq_say(j->rq, "Fréchet segmentation distance (%s): %.2f, of which means %.2f",
              ga_vocabulary_category(j->v, j->category), j->distance.distance, j->distance.means);
    if (j->other.data != NULL)
        ga_rq_say(j->rq, "that of %d %s pictures in place of the samples: %.2f", j->other.n,
                  ga_split_name(ga_dataset_split(j->other.data)), j->floor.distance);
    ga_rq_say(j->rq, "  %-20s  %-10s  %9s  %9s%s  %9s  %9s  %s", "area of", "category", "made",
              "real", j->real.truth != NULL ? "      truth" : "", "in made", "in real",
              "made against real (95 %)");
    for (int i = 0; i < n; i++)
        say_row(j, &rows[i]);
    ga_rq_say(j->rq,
              "made, real: mean share of the pixels of samples and of pictures%s; in made, in "
              "real: in how many of them the label is",
              j->real.truth != NULL ? ", by the segmenter (truth: by the data themselves)" : "");
    ga_rq_result(j->rq, json_of(j, rows, n));
    const ga_status status = path != NULL ? write_csv(j, rows, n, path, err) : GA_OK;
    ga_mem_free(rows);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    job j = {.rq = rq, .n = (int)ga_rq_int(rq, "n", 2000), .label = -1, .real.class = -1};
    ga_status status = ga_output_check(ga_rq_text(rq, "output"), err);
    if (status == GA_OK)
        status = ga_app_generator(rq, ga_rq_text(rq, "model"), &j.model, err);
    if (status == GA_OK)
        status = ga_label_arg(rq, j.model, &j.label, err);
    if (status == GA_OK && j.label >= 0)
        ga_label_words(j.model, j.label, j.label_words, sizeof j.label_words);
    if (status == GA_OK)
        status = open_segmenter(&j, err);
    if (status == GA_OK) {
        j.v = ga_segmenter_vocabulary(j.segmenter);
        status = find_category(&j, err);
    }
    if (status == GA_OK)
        status = open_data(&j, err);
    if (status == GA_OK)
        status = make_room(&j, err);
    if (status == GA_OK)
        status = see_all(&j, err);
    if (status == GA_OK)
        status = tell(&j, err);
    free_job(&j);
    return status;
}

/* clang-format off */
static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "a generator: file, or a name that `ganatomy doctor` lists"},
    {.name = "segmenter", .type = GA_FIELD_TEXT, .value = "S",
     .help = "what says what pixels are: " GA_SEGMENTER_HELP "; if not given, scenes-segmenter for "
             "scenes, digits+strokes for mnist, else colors"},
    {.name = "data", .type = GA_FIELD_TEXT, .value = "DATA",
     .help = "the pictures to compare with: " GA_DATA_HELP
             "; if not given, what the model was trained on"},
    GA_DATA_FIELDS,
    GA_DATA_SPLIT_FIELD("test"),
    {.name = "n", .type = GA_FIELD_INT, .value = "N", .fallback = "2000", .min = 2, .max = 1e6,
     .help = "samples, and pictures as far as there are"},
    {.name = "category", .type = GA_FIELD_TEXT, .value = "NAME",
     .help = "whose labels the distance is of (default: the first, which is what was published)"},
    {.name = "floor", .type = GA_FIELD_FLAG,
     .help = "also the distance of the data's other half: as good as it gets"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0,
     .max = 4294967295.0, .help = "of the samples"},
    GA_LABEL_FIELD,
    {.name = "bn", .type = GA_FIELD_CHOICE, .value = "MODE", .fallback = "running",
     .choices = ga_bn_words,
     .help = "batch-norm statistics: running, of the batch, or of each image alone"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_OUTPUT, .value = "FILE.csv",
     .help = "the table with all digits"},
    {0}};
/* clang-format on */

static const ga_example examples[] = {
    {"ganatomy areas fashion-gan --segmenter colors --n 1000", "does it draw as much white?"},
    {"ganatomy areas fashion-cgan --label dress --segmenter colors --n 1000",
     "the dresses of a generator that is told a class, beside real dresses"},
    {0}};

const ga_verb ga_verb_areas = {
    .name = "areas",
    .summary = "how much of what a generator draws, beside real pictures",
    .description =
        "A segmenter says what every pixel is, in samples of the generator and in real pictures. "
        "For each label that occurs: its mean area in both, in how many pictures it is, and how "
        "much less or more is made, with a 95 % interval. What a generator leaves out stands "
        "here.\n\n"
        "The Fréchet segmentation distance puts it into one number: that of the areas (in per "
        "cent) of a category's labels, picture by picture, as scores have it of features. It falls "
        "with more pictures; compare only where their number and the segmenter are the same.\n\n"
        "A generator that is told a class draws all of them in turn. With --label its samples are "
        "of that one, and so are the pictures beside them, if the data have a class of that name; "
        "--classes chooses others.\n\n"
        "Both sides are read by the same segmenter, mistakes included. Where the data know the "
        "labels of their pixels themselves, `truth` is the area by them. Formulas and sources: "
        "docs/scores/areas.md.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
