/* verb_segment.c - `ganatomy segment`: what a segmenter says of pictures, beside the truth if it is
 * known. */
#include "app/class_score.h"
#include "app/data_arg.h"
#include "app/named.h"
#include "app/segmenter_arg.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "data/legend.h"
#include "ganatomy/areas.h"
#include "ganatomy/scenes.h"
#include "ganatomy/seg.h"
#include <string.h>

enum { BATCH = 16 };

/* A data set being looked at. */
typedef struct job {
    ga_request *rq;
    ga_segmenter_arg arg;
    ga_segmenter *segmenter; /* its */
    ga_dataset *data;
    bool known;             /* data know their pixels in the segmenter's words */
    ga_seg_score *score;    /* if known */
    ga_class_score classes; /* zeroed: labels are no classes, or other ones */
    ga_areas *areas;        /* of what is said */
    int n, shown;           /* pictures; of which on the sheet */
    ga_sheet *sheet;
    ga_legend *legend;      /* of the sheet */
    float *pictures;        /* (BATCH,C,H,W) */
    uint16_t *said, *truth; /* (BATCH,D,H,W) */
    int32_t *is;            /* (BATCH) classes */
} job;

static void free_job(job *j)
{
    ga_segmenter_arg_free(&j->arg);
    ga_dataset_free(j->data);
    ga_seg_score_free(j->score);
    ga_class_score_free(&j->classes);
    ga_areas_free(j->areas);
    ga_sheet_free(j->sheet);
    ga_legend_free(j->legend);
    ga_mem_free(j->pictures);
    ga_mem_free(j->said);
    ga_mem_free(j->truth);
    ga_mem_free(j->is);
}

static ga_status open_all(job *j, ga_err *err)
{
    ga_split split;
    ga_data_arg arg = ga_data_arg_of(j->rq);
    ga_status status = ga_segmenter_arg_open(j->rq, ga_rq_text(j->rq, "segmenter"),
                                             ga_rq_memory(j->rq), &j->arg, err);
    if (status == GA_OK)
        status = ga_split_parse(ga_rq_text(j->rq, "split"), &split, err);
    if (status != GA_OK)
        return status;
    j->segmenter = j->arg.segmenter;
    const ga_vocabulary *v = ga_segmenter_vocabulary(j->segmenter);
    if (j->arg.n_models > 0)
        ga_data_arg_of_model(&arg, j->arg.model[0]);
    else if (arg.data == NULL)
        return ga_fail(err, GA_EINVAL,
                       "'%s' was not trained on anything: name pictures with --data",
                       ga_segmenter_name(j->segmenter));
    status = ga_data_arg_load(j->rq, &arg, split, &j->data, err);
    if (status != GA_OK)
        return status;
    ga_segmenter_arg_note(j->rq, &j->arg, ga_dataset_name(j->data));
    const ga_vocabulary *truth = ga_dataset_vocabulary(j->data);
    j->known = truth != NULL && ga_vocabulary_same(truth, v);
    status = ga_class_score_open(v, j->data, &j->classes, err);
    if (status != GA_OK)
        return status;
    if (!j->known)
        ga_rq_note(j->rq, "%s %s: %s", ga_dataset_name(j->data),
                   truth != NULL ? "has other words for its pixels" : "has no label maps",
                   j->classes.category >= 0 ? "only the classes of its pictures can be held "
                                              "against the truth"
                                            : "what is said cannot be held against the truth");
    status = ga_areas_create(v, &j->areas, err);
    return status == GA_OK && j->known ? ga_seg_score_create(v, &j->score, err) : status;
}

static ga_status make_room(job *j, ga_err *err)
{
    const ga_dims d = ga_dataset_dims(j->data);
    const size_t map = (size_t)ga_segmenter_planes(j->segmenter) * (size_t)d.h * (size_t)d.w;
    j->n = ga_dataset_n(j->data);
    j->shown = ga_rq_text(j->rq, "output") != NULL ? (int)ga_rq_int(j->rq, "shown", 6) : 0;
    j->shown = j->shown < j->n ? j->shown : j->n;
    j->pictures = ga_mem_new(BATCH * ga_dims_count(d), sizeof *j->pictures);
    j->said = ga_mem_new(BATCH * map, sizeof *j->said);
    j->truth = ga_mem_new(j->known ? BATCH * map : 1, sizeof *j->truth);
    j->is = ga_mem_new(BATCH, sizeof *j->is);
    if (j->pictures == NULL || j->said == NULL || j->truth == NULL || j->is == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d pictures and their labels", BATCH);
    if (j->shown == 0)
        return GA_OK;
    const ga_status status = ga_legend_create(ga_segmenter_vocabulary(j->segmenter), &j->legend,
                                              err);
    if (status != GA_OK)
        return status;
    return ga_sheet_create(1 + (j->known ? 2 : 1) * ga_segmenter_planes(j->segmenter), j->shown,
                           d.w, d.h, ga_zoom_for(d.w, 96), true,
                           j->known ? "Pictures; for each category what is true, and what the "
                                      "segmenter says"
                                    : "Pictures, and what the segmenter says",
                           &j->sheet, err);
}

static void color(const void *vocabulary, int label, int category, uint8_t rgb[3])
{
    (void)category;
    ga_segmenter_color(vocabulary, label, rgb);
}

/* One plane of a map in the colours of its labels. */
static ga_status put_plane(job *j, const uint16_t *map, int category, int column, int row,
                           const char *caption, ga_err *err)
{
    const ga_dims d = ga_dataset_dims(j->data);
    const size_t pixels = (size_t)d.h * (size_t)d.w;
    ga_image cell;
    const ga_status status = ga_image_create(d.w, d.h, 3, &cell, err);
    if (status != GA_OK)
        return status;
    ga_legend_count(j->legend, map, pixels, category);
    for (size_t i = 0; i < pixels; i++)
        ga_segmenter_color(ga_segmenter_vocabulary(j->segmenter), map[i], cell.pixels + 3 * i);
    ga_sheet_put(j->sheet, column, row, &cell, caption);
    ga_image_free(&cell);
    return GA_OK;
}

static ga_status put_row(job *j, int at, int row, ga_err *err)
{
    const ga_dims d = ga_dataset_dims(j->data);
    const ga_vocabulary *v = ga_segmenter_vocabulary(j->segmenter);
    const size_t plane = (size_t)d.h * (size_t)d.w;
    const int planes = ga_segmenter_planes(j->segmenter);
    ga_status status = ga_sheet_put_view(j->sheet, 0, row,
                                         (ga_view){j->pictures, BATCH, d.c, d.h, d.w}, at,
                                         (ga_scale){.lo = 0, .hi = 1}, "picture", err);
    for (int k = 0, column = 1; k < planes && status == GA_OK; k++) {
        const size_t map = ((size_t)at * (size_t)planes + (size_t)k) * plane;
        /* quadrants have planes of their own, with more labels of the last category */
        const int last = ga_vocabulary_categories(v) - 1, category = k < last ? k : last;
        const char *name = k <= last ? ga_vocabulary_category(v, k) : "more";
        if (j->known)
            status = put_plane(j, j->truth + map, category, column++, row, name, err);
        if (status == GA_OK)
            status = put_plane(j, j->said + map, category, column++, row, j->known ? "said" : name,
                               err);
    }
    return status;
}

static ga_status look_some(job *j, int first, int n, ga_err *err)
{
    const ga_dims d = ga_dataset_dims(j->data);
    const int planes = ga_segmenter_planes(j->segmenter);
    uint32_t index[BATCH];
    for (int i = 0; i < n; i++)
        index[i] = (uint32_t)(first + i);
    ga_status status = ga_batch_fill(j->data, index, n, (ga_batch_spec){.lo = 0, .hi = 1},
                                     j->pictures, j->is, err);
    if (status == GA_OK && j->known)
        status = ga_dataset_fill_maps(j->data, index, n, j->truth, err);
    const ga_seg_pictures seen = {j->pictures, n, d, 0, 1};
    if (status == GA_OK)
        status = ga_segmenter_maps(j->segmenter, seen, d.h, d.w, j->said, err);
    if (status == GA_OK)
        status = ga_areas_add(j->areas, (ga_label_maps){j->said, n, planes, d.h, d.w}, err);
    if (status == GA_OK && j->known)
        status = ga_seg_score_add(j->score, (ga_label_maps){j->said, n, planes, d.h, d.w},
                                  (ga_label_maps){j->truth, n, planes, d.h, d.w}, err);
    for (int i = 0; i < n && j->classes.category >= 0 && status == GA_OK; i++)
        ga_class_score_add(&j->classes,
                           j->said + ((size_t)i * (size_t)planes + (size_t)j->classes.category) *
                                         (size_t)d.h * (size_t)d.w,
                           (size_t)d.h * (size_t)d.w, j->is[i]);
    for (int i = 0; i < n && first + i < j->shown && status == GA_OK; i++)
        status = put_row(j, i, first + i, err);
    return status;
}

static ga_status look(job *j, ga_err *err)
{
    const ga_progress *p = ga_rq_progress(j->rq);
    ga_status status = GA_OK;
    for (int first = 0; first < j->n && status == GA_OK; first += BATCH) {
        const int left = j->n - first, n = left < BATCH ? left : BATCH;
        status = look_some(j, first, n, err);
        if (p->report != NULL)
            p->report(p->user, "pictures", (uint64_t)(first + n), (uint64_t)j->n);
        if (status == GA_OK && p->cancelled != NULL && p->cancelled(p->user))
            status = ga_fail(err, GA_EINTERRUPTED, "interrupted");
    }
    return status;
}

/* How many pictures have the class that the data say, as words and JSON. */
static json_t *say_classes(job *j)
{
    const ga_class_score *c = &j->classes;
    const double right = c->pictures > 0 ? (double)c->right / c->pictures : 0;
    ga_rq_say(j->rq, "  %.2f %% of the pictures have the class that the data say (%d of %d)",
              100 * right, c->right, c->pictures);
    if (c->silent > 0)
        ga_rq_say(j->rq, "  %d have no pixel with a class, which is not right", c->silent);
    if (c->pictures < j->n)
        ga_rq_say(j->rq, "  %d are of classes that the segmenter does not know",
                  j->n - c->pictures);
    return json_pack("{s:f, s:i, s:i, s:i}", "right", right, "pictures", c->pictures,
                     "right_pictures", c->right, "without_class", c->silent);
}

/* What is said, label by label, as words and JSON. */
static json_t *say(job *j)
{
    const ga_vocabulary *v = ga_segmenter_vocabulary(j->segmenter);
    json_t *labels = json_object();
    ga_rq_say(j->rq, "%s of %d %s pictures of %s", ga_rq_text(j->rq, "segmenter"), j->n,
              ga_split_name(ga_dataset_split(j->data)), ga_dataset_name(j->data));
    json_t *classes = j->classes.category >= 0 ? say_classes(j) : NULL;
    ga_rq_say(j->rq, "  %-20s  %-10s  %9s  %9s", "label", "category", "area", "pictures");
    for (int c = 1; c < ga_vocabulary_n(v); c++) {
        const char *category = ga_vocabulary_category(v, ga_vocabulary_at(v, c).category);
        const ga_area area = ga_areas_of(j->areas, c);
        ga_rq_say(j->rq, "  %-20s  %-10s  %7.2f %%  %7.1f %%", ga_vocabulary_title(v, c), category,
                  area.mean, 100 * (double)area.pictures / j->n);
        json_object_set_new(labels, ga_vocabulary_title(v, c),
                            json_pack("{s:s, s:f, s:I}", "category", category, "said_area",
                                      area.mean / 100, "pictures", (json_int_t)area.pictures));
    }
    return json_pack("{s:i, s:o*, s:o}", "pictures", j->n, "class", classes, "labels", labels);
}

/* Category by category. */
static json_t *say_categories(job *j)
{
    const ga_vocabulary *v = ga_segmenter_vocabulary(j->segmenter);
    json_t *categories = json_object();
    ga_rq_say(j->rq,
              "labels: those of a category that are true somewhere, which its mean IoU is over; "
              "right: pixels whose label of the category, or none, is right");
    ga_rq_say(j->rq, "  %-20s  %10s  %8s  %6s", "category", "mean IoU", "labels", "right");
    for (int k = 0; k < ga_vocabulary_categories(v); k++) {
        const char *name = ga_vocabulary_category(v, k);
        const ga_seg_category q = ga_seg_score_category(j->score, k);
        ga_rq_say(j->rq, "  %-20s  %10.4f  %8d  %6.2f %%", name, q.mean_iou, q.labels,
                  100 * q.pixel_right);
        json_object_set_new(categories, name,
                            json_pack("{s:f, s:i, s:f}", "mean_iou", q.mean_iou, "labels", q.labels,
                                      "right", q.pixel_right));
    }
    return categories;
}

/* A line of the table, and as JSON, without an IoU where it neither is true nor said; *untrue
 * counts those that are not true. */
static json_t *say_label(job *j, const ga_seg_quality *q, int c, double pixels, int *untrue)
{
    const ga_vocabulary *v = ga_segmenter_vocabulary(j->segmenter);
    const char *category = ga_vocabulary_category(v, ga_vocabulary_at(v, c).category);
    const double iou = ga_label_iou(q->both[c], q->predicted[c], q->truth[c]);
    const double of_truth = (double)q->truth[c] / pixels,
                 of_said = (double)q->predicted[c] / pixels;
    const bool occurs = q->truth[c] > 0 || q->predicted[c] > 0;
    char words[16] = "-";
    if (occurs)
        snprintf(words, sizeof words, "%.3f", iou);
    *untrue += q->truth[c] == 0;
    ga_rq_say(j->rq, "  %-20s  %-10s  %6s  %7.2f %%  %7.2f %%", ga_vocabulary_title(v, c), category,
              words, 100 * of_truth, 100 * of_said);
    return json_pack("{s:s, s:o, s:f, s:f}", "category", category, "iou",
                     occurs ? json_real(iou) : json_null(), "true_area", of_truth, "said_area",
                     of_said);
}

/* The same beside the truth. */
static json_t *say_known(job *j)
{
    const ga_vocabulary *v = ga_segmenter_vocabulary(j->segmenter);
    const ga_seg_quality q = ga_seg_score_of(j->score);
    const ga_dims d = ga_dataset_dims(j->data);
    const double pixels = (double)q.pictures * (double)d.h * (double)d.w;
    json_t *labels = json_object();
    int untrue = 0;
    ga_rq_say(j->rq,
              "%s: mean IoU %.4f over the labels that occur, %.2f %% of all labels right (%d %s "
              "pictures of %s)",
              ga_rq_text(j->rq, "segmenter"), q.mean_iou, 100 * q.pixel_right, j->n,
              ga_split_name(ga_dataset_split(j->data)), ga_dataset_name(j->data));
    json_t *categories = say_categories(j);
    ga_rq_say(j->rq, "  %-20s  %-10s  %6s  %9s  %9s", "label", "category", "IoU", "true area",
              "said area");
    for (int c = 1; c < ga_vocabulary_n(v); c++)
        json_object_set_new(labels, ga_vocabulary_title(v, c),
                            say_label(j, &q, c, pixels, &untrue));
    if (untrue > 0)
        ga_rq_say(j->rq,
                  "no mean counts labels that are nowhere true, %d of %d here; -: not said either",
                  untrue, ga_vocabulary_n(v) - 1);
    return json_pack("{s:f, s:f, s:i, s:o, s:o}", "mean_iou", q.mean_iou, "right", q.pixel_right,
                     "pictures", j->n, "categories", categories, "labels", labels);
}

static void tell(job *j)
{
    json_t *said = j->known ? say_known(j) : say(j);
    json_object_set_new(said, "data", ga_identity_of_data(j->data, j->n));
    json_object_set_new(said, "segmenter", json_string(ga_segmenter_name(j->segmenter)));
    json_object_set_new(said, "segmenter_sha256", json_string(ga_segmenter_hash(j->segmenter)));
    ga_rq_result(j->rq, said);
}

static ga_status run(ga_request *rq, ga_err *err)
{
    job j = {.rq = rq};
    ga_status status = ga_output_check(ga_rq_text(rq, "output"), err);
    if (status == GA_OK)
        status = open_all(&j, err);
    if (status == GA_OK)
        status = make_room(&j, err);
    if (status == GA_OK)
        status = look(&j, err);
    if (status == GA_OK)
        tell(&j);
    if (status == GA_OK && j.sheet != NULL)
        status = ga_legend_add(j.legend, color, ga_segmenter_vocabulary(j.segmenter), j.sheet, err);
    if (status == GA_OK && j.sheet != NULL)
        status = ga_sheet_save(rq, j.sheet, ga_rq_text(rq, "output"), err);
    free_job(&j);
    return status;
}

/* clang-format off */
static const ga_field fields[] = {
    {.name = "segmenter", .type = GA_FIELD_TEXT, .value = "SEGMENTER", .positional = true,
     .required = true, .help = GA_SEGMENTER_HELP},
    {.name = "data", .type = GA_FIELD_TEXT, .value = "DATA",
     .help = GA_DATA_HELP "; if not given, what its network was trained on"},
    GA_DATA_FIELDS,
    GA_DATA_SPLIT_FIELD("test"),
    {.name = "shown", .type = GA_FIELD_INT, .value = "N", .fallback = "6", .min = 1, .max = 200,
     .help = "pictures on the sheet of --output, the first ones"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_PICTURE, .value = "FILE.png",
     .help = "pictures beside what is said, and what is true if that is known"},
    {0}};
/* clang-format on */

static const ga_example examples[] = {
    {"ganatomy segment scenes-segmenter --images 500 -o labels.png",
     "how well the shipped segmenter knows unseen scenes"},
    {"ganatomy segment digits+strokes --images 100 -o strokes.png",
     "loops, ends and crossings of digits"},
    {0}};

const ga_verb ga_verb_segment = {
    .name = "segment",
    .summary = "what a segmenter says of pictures, beside the truth if it is known",
    .description =
        "Says what every pixel is, and tells how much of the pictures each label has.\n\n"
        "Where the data know the labels of their pixels in the same words (scenes do), it is also "
        "held against the truth: the intersection over union (IoU) of each label; the mean of "
        "these over the labels that occur in the truth, all of them and category by category; and "
        "the share of pixels that have the right label, where none of a category counts as a "
        "label, too. A label that is said and never true has IoU 0, one that is neither has none; "
        "no mean counts either.\n\n"
        "Segmenters that give ink the class of its picture (digits, classes:MODEL) are held "
        "against the classes of the data where these have the same names: a picture is right if "
        "most of its ink has its class. Where ink is, and what other segmenters say of such data, "
        "is not scored.\n\n"
        "With -o: pictures, and for each category the labels that the segmenter says, behind the "
        "true ones; below, which colour is which label, those of most pixels first.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
